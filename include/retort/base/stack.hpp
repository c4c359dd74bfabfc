// How much of the stack a recursion may take: what a program gives a thread or a fiber is not much, and frames differ
// from compiler to compiler, so depth is measured in bytes where the input decides it.
#pragma once

#include <retort/base/config.hpp>

#include <cstddef>
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

RETORT_BEGIN
namespace detail {

/// Begins where it is made, which is where a recursion begins.
class stack_budget {
 public:
  /// Half of the 128 KB that the library promises to make do with.
#if defined(__SANITIZE_ADDRESS__)
  static constexpr std::size_t most = 512 << 10;  // sanitizers make frames many times as large
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  static constexpr std::size_t most = 512 << 10;
#else
  static constexpr std::size_t most = 64 << 10;
#endif
#else
  static constexpr std::size_t most = 64 << 10;
#endif

  RETORT_ALWAYS_INLINE stack_budget() noexcept : begin_(here()) {}
  /// Whether more than that lies between the beginning and here.
  [[nodiscard]] RETORT_ALWAYS_INLINE bool is_spent() const noexcept {
    const char* const now = here();
    return static_cast<std::size_t>(now < begin_ ? begin_ - now : now - begin_) > most;
  }

 private:
  static RETORT_ALWAYS_INLINE const char* here() noexcept {
#if defined(_MSC_VER) && !defined(__clang__)
    return static_cast<const char*>(_AddressOfReturnAddress());
#else
    return static_cast<const char*>(__builtin_frame_address(0));
#endif
  }
  const char* begin_;
};

}  // namespace detail
RETORT_END
