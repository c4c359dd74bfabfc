// What readers of notations have in common: GBNF and regular expressions.
#pragma once

#include <retort/base/stack.hpp>
#include <retort/grammar/grammar.hpp>
#include <retort/text/utf8.hpp>

RETORT_BEGIN
namespace detail {

/// A text that is read from front to back. Nothing is taken but what was asked for.
class notation_reader {
 public:
  static constexpr std::size_t max_count = 65536;  ///< of a repetition

 protected:
  explicit notation_reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(std::string_view s) {
    if (!text_.substr(at_).starts_with(s)) return false;
    at_ += s.size();
    return true;
  }
  /// A decimal number, at most 2^30; false where there is none.
  bool number(std::size_t& n) {
    const std::size_t begin = at_;
    for (n = 0; peek() >= '0' && peek() <= '9'; ++at_)
      n = std::min<std::size_t>(n * 10 + static_cast<std::size_t>(peek() - '0'), 1u << 30);
    return at_ > begin;
  }
  /// So many hexadecimal digits; false, and standing at what is none, otherwise.
  bool hex(std::size_t n_digits, char32_t& value) {
    value = 0;
    for (std::size_t i = 0; i < n_digits; ++i, ++at_) {
      const int digit = hex_digit(peek());
      if (digit < 0) return false;
      value = value * 16 + static_cast<char32_t>(digit);
    }
    return true;
  }
  [[nodiscard]] static bool too_many(std::size_t min, std::size_t max) {
    return min > max_count || (max != grammar::unbounded && max > max_count);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const stack_budget stack_;  ///< of what is nested
};

}  // namespace detail
RETORT_END
