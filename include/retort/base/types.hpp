// Errors as values, and the few small types every floor shares.
#pragma once

#include <retort/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#if RETORT_EXCEPTIONS
#include <stdexcept>
#endif

RETORT_BEGIN

/// What kind of thing went wrong. Values are never renumbered.
enum class errc : std::uint8_t {
  io = 1,             ///< a file could not be opened, read or mapped
  bad_file = 2,       ///< a file is damaged, truncated or hostile
  unsupported = 3,    ///< well formed, but asks for something Retort does not do
  missing = 4,        ///< a required key, tensor or token is absent
  mismatch = 5,       ///< two things that must fit do not (shape, type, count)
  bad_argument = 6,   ///< the caller passed something outside the contract
  no_memory = 7,      ///< an allocation failed or a memory limit was reached
  full = 8,           ///< the context has no room for more tokens
  cancelled = 9,      ///< cancel() was called
  bad_template = 10,  ///< a chat template is malformed or raised an exception
  limit = 11,         ///< a safety limit on steps, depth or size was reached
  bad_grammar = 12,   ///< a schema, grammar or expression is malformed
  busy = 13,          ///< the object is in the middle of another call
};

/// An error: its kind, and one sentence for a person that names the file, the
/// tensor or the argument, what was expected and what was found.
struct error {
  errc code;
  std::string what;
};

#if RETORT_EXCEPTIONS
/// Thrown by result::value() and by nothing else in the library.
class exception : public std::runtime_error {
 public:
  explicit exception(error e) : std::runtime_error(e.what), error_(std::move(e)) {}
  [[nodiscard]] const error& why() const noexcept { return error_; }

 private:
  error error_;
};
#endif

namespace detail {
[[noreturn]] inline void value_of_error([[maybe_unused]] const error& e) {
#if RETORT_EXCEPTIONS
  throw exception(e);
#else
  std::terminate();  // the host's std::set_terminate handler decides
#endif
}
}  // namespace detail

/// Either a T or an error. Test it with `if (r)`; then `*r` or `r.error()`.
/// `.value()` throws retort::exception (std::terminate without exceptions).
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : value_(std::move(value)) {}
  result(retort::error e) : error_(std::move(e)) {}
  template <class U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
             !std::is_same_v<std::remove_cvref_t<U>, retort::error> && !std::is_same_v<std::remove_cvref_t<U>, T>)
  result(U&& value) : value_(std::forward<U>(value)) {}

  explicit operator bool() const noexcept { return value_.has_value(); }
  [[nodiscard]] T& operator*() & noexcept { return *value_; }
  [[nodiscard]] const T& operator*() const& noexcept { return *value_; }
  [[nodiscard]] T&& operator*() && noexcept { return *std::move(value_); }
  [[nodiscard]] T* operator->() noexcept { return &*value_; }
  [[nodiscard]] const T* operator->() const noexcept { return &*value_; }
  [[nodiscard]] const retort::error& error() const noexcept { return error_; }

  T& value() & {
    if (!*this) detail::value_of_error(error());
    return **this;
  }
  T&& value() && {
    if (!*this) detail::value_of_error(error());
    return std::move(**this);
  }

 private:
  std::optional<T> value_;  // beside the error, not in its place: a variant costs each file that includes this far more
  retort::error error_{};
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(retort::error e) : failed_(true), error_(std::move(e)) {}  // in place: what says that memory is out needs none
  explicit operator bool() const noexcept { return !failed_; }
  [[nodiscard]] const retort::error& error() const noexcept { return error_; }
  void value() const {
    if (failed_) detail::value_of_error(error_);
  }

 private:
  bool failed_ = false;
  retort::error error_{};
};

/// Hands an error upwards: `RETORT_TRY(auto file, map(path));`
#define RETORT_CAT_(a, b) a##b
#define RETORT_CAT(a, b) RETORT_CAT_(a, b)
#define RETORT_TRY(decl, expr) RETORT_TRY_(RETORT_CAT(retort_try_, __LINE__), decl, expr)
#define RETORT_TRY_(tmp, decl, expr) \
  auto tmp = (expr);                 \
  if (!tmp) return tmp.error();      \
  decl = std::move(*tmp)
/// The same for result<void>.
#define RETORT_CHECK(expr)                                                           \
  do {                                                                               \
    if (auto&& retort_check_ = (expr); !retort_check_) return retort_check_.error(); \
  } while (0)

/// An entry of a vocabulary.
using token = std::int32_t;

/// Which experts were asked for one token, and how much: what an observer of a mixture of experts sees.
struct expert_route {
  std::size_t layer = 0;
  std::size_t position = 0;
  std::span<const std::int32_t> experts;  // [n_used], best first
  std::span<const float> weights;         // [n_used]
};

/// A borrowed callable: two words, no allocation. The callable must outlive it.
template <class Signature>
class function_ref;
template <class R, class... Args>
class function_ref<R(Args...)> {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, function_ref> && std::is_invocable_r_v<R, F&, Args...>)
  function_ref(F&& f) noexcept
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))), call_([](void* o, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(o))(std::forward<Args>(args)...);
        }) {}
  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

/// Text from a file made fit for a message: control bytes escaped, cut at 200 bytes.
inline std::string printable(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (char c : text.substr(0, 200)) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f) {
      out += "\\x";
      out += hex[u >> 4];
      out += hex[u & 15];
    } else {
      out += c;
    }
  }
  if (text.size() > 200) out += "...";
  return out;
}

RETORT_END
