// UTF-8: one decoder for text that is known to be valid, one for text that is not.
#pragma once

#include <retort/base/types.hpp>

#include <cstring>

RETORT_BEGIN
namespace detail {

/// The value of a hexadecimal digit of either case, or -1.
constexpr int hex_digit(char c) noexcept {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

}  // namespace detail

namespace detail::utf8 {

inline constexpr char32_t replacement = 0xFFFD;

/// One step through text that may be malformed.
struct step {
  char32_t code;    ///< the character, or `replacement`
  unsigned length;  ///< bytes it covers; for a malformed sequence its maximal subpart (1 to 3)
  bool valid;       ///< false: malformed, or cut off by the end of the text
  bool cut;         ///< the text ended inside what could still become a character
};

/// Decodes at `at` (before `end`). Overlong forms, surrogates and values over 10FFFF are malformed.
/// source: Unicode 15 section 3.9, tables 3-7 and "maximal subpart"; the WHATWG decoder does the same
constexpr step next(const char* at, const char* end) noexcept {
  const auto byte = [&](int i) { return static_cast<unsigned char>(at[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1, true, false};
  const unsigned n = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (n == 0) return {replacement, 1, false, false};
  char32_t code = lead & (0x7Fu >> n);
  for (unsigned i = 1; i < n; ++i) {
    if (at + i == end) return {replacement, i, false, true};
    const unsigned b = byte(static_cast<int>(i));
    unsigned low = 0x80, high = 0xBF;
    if (i == 1) {
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    }
    if (b < low || b > high) return {replacement, i, false, false};
    code = code << 6 | (b & 0x3F);
  }
  return {code, n, true, false};
}

/// Bytes of the character that starts with `lead`, in valid text.
constexpr unsigned length(char lead) noexcept {
  const auto u = static_cast<unsigned char>(lead);
  return u < 0x80 ? 1 : u < 0xE0 ? 2 : u < 0xF0 ? 3 : 4;
}

/// The character at `at` in valid text, and where the next one begins.
RETORT_ALWAYS_INLINE char32_t decode(const char* at, unsigned& n) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(at);
  if (p[0] < 0x80) {
    n = 1;
    return p[0];
  }
  if (p[0] < 0xE0) {
    n = 2;
    return (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
  }
  if (p[0] < 0xF0) {
    n = 3;
    return (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
  }
  n = 4;
  return (p[0] & 7u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
}

/// Appends one character (any value up to 10FFFF).
inline void append(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

/// Length of the longest prefix that is ASCII, rounded down to whole words of 8 bytes.
inline std::size_t ascii_prefix(std::string_view text) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if (word & 0x8080808080808080u) break;
  }
  return i;
}

/// Where the first malformed byte is; text.size() when the text is valid.
inline std::size_t valid_prefix(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  std::size_t i = ascii_prefix(text);
  while (i < text.size()) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      if (const std::size_t more = ascii_prefix(text.substr(i)); more != 0) {
        i += more;
        continue;
      }
      ++i;
      continue;
    }
    const step s = next(text.data() + i, end);
    if (!s.valid) return i;
    i += s.length;
  }
  return text.size();
}

/// Appends `text` with one U+FFFD for each maximal malformed subpart.
inline void append_valid(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t good = valid_prefix(text);
    out.append(text.substr(0, good));
    if (good == text.size()) return;
    const step s = next(text.data() + good, text.data() + text.size());
    append(out, replacement);
    text.remove_prefix(good + s.length);
  }
}

// ---- characters of a text --------------------------------------------------------------------------------

/// A stretch of bytes [begin, end).
struct byte_range {
  std::size_t begin;
  std::size_t end;
  bool operator==(const byte_range&) const = default;
};

/// White space as Unicode and Python's str.isspace have it.
constexpr bool is_space(char32_t c) noexcept {
  if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

/// The character at `at`, in text that may be malformed.
inline step point_at(std::string_view s, std::size_t at) noexcept { return next(s.data() + at, s.data() + s.size()); }

/// Where the code point that ends at `end` begins.
inline std::size_t point_before(std::string_view s, std::size_t end) noexcept {
  std::size_t at = end - 1;
  while (at > 0 && end - at < 4 && (static_cast<unsigned char>(s[at]) & 0xC0) == 0x80) --at;
  return at + point_at(s, at).length == end ? at : end - 1;
}

inline std::size_t count_points(std::string_view s) noexcept {
  std::size_t n = 0;
  for (std::size_t at = 0; at < s.size(); ++n)
    at += static_cast<unsigned char>(s[at]) < 0x80 ? 1 : point_at(s, at).length;
  return n;
}

/// What is left without `chars` at the ends: a set of code points; nullptr means white space. As Python's str.strip.
inline byte_range strip(std::string_view s, bool left, bool right, const std::string_view* chars = nullptr) noexcept {
  const auto drop = [&](std::size_t at, std::size_t length) {
    if (!chars) return is_space(point_at(s, at).code);
    for (std::size_t i = 0; i < chars->size(); i += point_at(*chars, i).length)
      if (point_at(*chars, i).length == length && chars->compare(i, length, s, at, length) == 0) return true;
    return false;
  };
  std::size_t begin = 0, end = s.size();
  while (left && begin < end) {
    const std::size_t n = point_at(s, begin).length;
    if (!drop(begin, n)) break;
    begin += n;
  }
  while (right && begin < end) {
    const std::size_t at = point_before(s, end);
    if (!drop(at, end - at)) break;
    end = at;
  }
  return {begin, end};
}

}  // namespace detail::utf8
RETORT_END
