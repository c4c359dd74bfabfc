// JSON that is not parsed: where a value ends in a text that is still arriving, and a member as it was written.
#pragma once

#include <retort/text/json_writer.hpp>

RETORT_BEGIN
namespace detail {

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Finds the end of a JSON object while it arrives; brackets inside strings do not count.
class json_scanner {
 public:
  enum class state : std::uint8_t { more, done, bad };
  /// Reads on from `at`, which must not move otherwise. At the first call it is at the '{'.
  state scan(std::string_view s, std::size_t& at) noexcept {
    for (; at < s.size(); ++at) {
      const char c = s[at];
      if (escaped_) {
        escaped_ = false;
      } else if (quoted_) {
        escaped_ = c == '\\';
        quoted_ = c != '"';
      } else if (c == '"') {
        quoted_ = true;
      } else if (c == '{' || c == '[') {
        if (++depth_ > json_depth) return state::bad;
      } else if (c == '}' || c == ']') {
        if (--depth_ == 0) {
          ++at;
          return state::done;
        }
      }
    }
    return state::more;
  }

 private:
  std::size_t depth_ = 0;
  bool quoted_ = false, escaped_ = false;
};

/// The text of a member's value in a valid JSON object, as it was written; empty if there is none.
inline std::string_view member_text(std::string_view object, std::string_view key) {
  std::size_t i = object.find('{') + 1;
  const auto skip = [&] {
    while (i < object.size() && (is_blank(object[i]) || object[i] == ',' || object[i] == ':')) ++i;
  };
  const auto past_value = [&] {
    unsigned depth = 0;
    for (bool quoted = false; i < object.size(); ++i) {
      const char c = object[i];
      if (quoted) {
        if (c == '\\' && i + 1 < object.size()) ++i;  // malformed text may end here
        if (c == '"') quoted = false;
        if (c == '"' && depth == 0) return void(++i);
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == ',' || c == '}' || c == ']') && depth == 0) {
        return;
      } else if (c == '}' || c == ']') {
        if (--depth == 0) return void(++i);
      }
    }
  };
  while (true) {
    skip();
    if (i >= object.size() || object[i] == '}') return {};
    const std::size_t begin = i;
    past_value();
    const bool here = object.substr(begin, i - begin) == json_quoted(key);
    skip();
    const std::size_t value = i;
    past_value();
    if (i == begin) return {};  // only in malformed text
    std::string_view found = object.substr(value, i - value);
    while (!found.empty() && is_blank(found.back())) found.remove_suffix(1);
    if (here) return found;
  }
}

}  // namespace detail
RETORT_END
