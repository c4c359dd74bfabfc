// The border between a host and the library: what every public call does around its work.
// Inside, containers may throw when memory is out; nothing of that reaches a host.
#pragma once

#include <retort/base/types.hpp>

#include <new>

RETORT_BEGIN
namespace detail {

/// Memory that ran out, said without needing any: short enough to stand in the string itself.
inline error out_of_memory() { return {errc::no_memory, "out of memory"}; }

/// An object that was never made, or was moved from.
inline error is_empty(const char* what) {
  return {errc::bad_argument, std::string("the ") + what + " is empty: it was never made, or moved from"};
}
/// A call on an object from one of its own callbacks.
inline error is_running(const char* what) {
  return {errc::busy, std::string("the ") + what + " is in the middle of a step, whose callback asked for this"};
}

/// Runs a public call. Memory that runs out becomes `out` of it; an exception of a host's callback passes through.
/// Either way `undo` first puts the object back where it stood. Both must not throw.
template <class Work, class Undo, class Out>
auto at_border(Work&& work, [[maybe_unused]] Undo&& undo, [[maybe_unused]] Out&& out) -> decltype(work()) {
#if RETORT_EXCEPTIONS
  try {
    return work();
  } catch (const std::bad_alloc&) {
    undo();
    return out();
  } catch (const std::length_error&) {  // a container larger than any memory
    undo();
    return out();
  } catch (...) {
    undo();
    throw;
  }
#else
  return work();
#endif
}
template <class Work, class Undo>
auto at_border(Work&& work, Undo&& undo) -> decltype(work()) {
  return at_border(std::forward<Work>(work), std::forward<Undo>(undo), [] { return out_of_memory(); });
}
/// Of calls that change nothing before they succeed.
template <class Work>
auto at_border(Work&& work) -> decltype(work()) {
  return at_border(std::forward<Work>(work), [] {});
}

/// A flag that is up while a scope lasts, however it is left.
template <class Flag>
class raised {
 public:
  explicit raised(Flag& flag) noexcept : flag_(flag) { flag_ = true; }
  raised(const raised&) = delete;
  raised& operator=(const raised&) = delete;
  ~raised() { flag_ = false; }

 private:
  Flag& flag_;
};

}  // namespace detail
RETORT_END
