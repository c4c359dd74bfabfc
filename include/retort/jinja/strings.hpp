// Strings of a chat template the way Python sees them: code points, white space, case, repr, number printing.
// Every function keeps the origin of the bytes it moves.
#pragma once

#include <retort/jinja/tables.hpp>
#include <retort/jinja/value.hpp>
#include <retort/text/json_writer.hpp>
#include <retort/text/real.hpp>
#include <retort/text/unicode.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

RETORT_BEGIN
namespace detail::templates {

inline constexpr std::size_t npos = std::string_view::npos;
using utf8::count_points;
using utf8::is_space;
using utf8::point_at;
using utf8::point_before;
using utf8::strip;

/// str.splitlines() breaks at these.
constexpr bool is_line_end(char32_t c) noexcept {
  return (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/// len(); counted once per string
inline std::size_t points_of(text& t) noexcept {
  if (t.points == std::size_t(-1)) t.points = count_points(t.bytes);
  return t.points;
}

/// Byte offset of code point `index` (at most len()).
inline std::size_t offset_of(text& t, std::size_t index) noexcept {
  if (points_of(t) == t.bytes.size()) return index;
  std::size_t at = 0;
  for (; index > 0 && at < t.bytes.size(); --index) at += point_at(t.bytes, at).length;
  return at;
}

/// str.find() on bytes, linear for any needle (Knuth, Morris and Pratt for the long ones).
inline std::size_t find_bytes(std::string_view s, std::string_view needle, std::size_t from = 0) {
  if (needle.size() <= 16) return s.find(needle, from);
  if (from > s.size() || s.size() - from < needle.size()) return npos;
  std::vector<std::uint32_t> border(needle.size() + 1, 0);
  for (std::size_t i = 1, k = 0; i < needle.size(); ++i) {
    while (k > 0 && needle[i] != needle[k]) k = border[k];
    if (needle[i] == needle[k]) ++k;
    border[i + 1] = static_cast<std::uint32_t>(k);
  }
  for (std::size_t i = from, k = 0; i < s.size(); ++i) {
    while (k > 0 && s[i] != needle[k]) k = border[k];
    if (s[i] == needle[k]) ++k;
    if (k == needle.size()) return i + 1 - k;
  }
  return npos;
}

/// str.rfind() on bytes
inline std::size_t rfind_bytes(std::string_view s, std::string_view needle) {
  if (needle.size() <= 16) return s.rfind(needle);
  std::size_t last = npos;
  for (std::size_t at = find_bytes(s, needle); at != npos; at = find_bytes(s, needle, at + 1)) last = at;
  return last;
}

inline value substring(const value& s, std::size_t begin, std::size_t end) {
  auto* t = new text;
  value v = make_text(t);
  t->append(s.string(), begin, end);
  t->markup = s.string().markup;
  return v;
}

inline value substring(const value& s, byte_range r) { return substring(s, r.begin, r.end); }

/// tables.hpp, expanded. One instance, made on the first use (some 20 us), never changed.
struct case_tables {
  struct run {
    char32_t first, last, stride;
    std::int32_t distance;
  };
  template <std::size_t N>
  struct runs {
    std::array<run, N> all{};
    std::size_t n = 0;
    void push(const run& r) noexcept {
      if (n < N) all[n++] = r;
    }
    /// The last run that begins at or before `c`, or nullptr.
    [[nodiscard]] const run* find(char32_t c) const noexcept {
      std::size_t low = 0;
      for (std::size_t count = n; count > 0;) {
        const std::size_t half = count / 2;
        if (all[low + half].first <= c) {
          low += half + 1;
          count -= half + 1;
        } else {
          count = half;
        }
      }
      return low == 0 || c > all[low - 1].last ? nullptr : &all[low - 1];
    }
  };
  runs<256> lower, upper, many;  // many: `distance` is where the replacement is in `parts`
  runs<768> hide;
  std::array<char32_t, 512> parts{};

  static const case_tables& get() noexcept {
    static const case_tables tables;
    return tables;
  }

 private:
  case_tables() noexcept {
    fill(lower, to_lower);
    fill(upper, to_upper);
    char32_t end = 0x80;
    for (unicode::digits in(hidden); in.more();) {
      const char32_t begin = end + in.next();
      end = begin + in.next();
      hide.push({begin, end - 1, 1, 0});
    }
    std::size_t at = 0;
    for (unicode::digits in(to_upper_many); in.more();) {
      const char32_t c = in.next();
      many.push({c, c, 1, static_cast<std::int32_t>(at)});
      for (std::uint32_t left = parts[at++] = in.next(); left > 0; --left) parts[at++] = in.next();
    }
  }
  static void fill(runs<256>& to, const char* table) noexcept {
    char32_t last = 0x80;
    for (unicode::digits in(table); in.more();) {
      const char32_t first = last + in.next();
      const std::uint32_t shape = in.next();
      const std::int32_t distance = in.next_signed();
      last = first + shape / 2 * (shape % 2 + 1);
      to.push({first, last, shape % 2 + 1, distance});
    }
  }
};

enum class letter_case : std::uint8_t { lower, upper };

inline void append_case(std::string& out, char32_t c, letter_case to) {
  if (c < 0x80) {
    if (to == letter_case::lower) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    else out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return;
  }
  const case_tables& tables = case_tables::get();
  if (to == letter_case::lower && c == 0x130) {
    out += "i\xCC\x87";
    return;
  }
  if (const auto* r = to == letter_case::upper ? tables.many.find(c) : nullptr) {
    const auto at = static_cast<std::size_t>(r->distance);
    for (char32_t i = 1; i <= tables.parts[at]; ++i) utf8::append(out, tables.parts[at + i]);
    return;
  }
  const auto* r = (to == letter_case::lower ? tables.lower : tables.upper).find(c);
  utf8::append(out, r && (c - r->first) % r->stride == 0 ? c + static_cast<char32_t>(r->distance) : c);
}

inline bool is_cased(char32_t c) noexcept {
  return (unicode::class_table::get()[c] & (unicode::upper | unicode::lower)) != 0;
}

enum class casing : std::uint8_t { lower, upper, capital, title, words };

/// Whether a word may begin after `c`: str.title() says after anything without case, Jinja's filter has a list.
inline bool before_word(char32_t c, casing how) noexcept {
  if (how == casing::title) return !is_cased(c);
  return is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
}

/// lower(), upper(), capitalize(), str.title() and the filter `title` (words); input if any byte of `s` is.
inline value recase(const value& s, casing how) {
  auto* t = new text;
  value v = make_text(t);
  const std::string& from = s.bytes();
  const bool titles = how == casing::title || how == casing::words;
  bool begins = true;  // a word may begin here
  for (std::size_t at = 0; at < from.size();) {
    const utf8::step p = point_at(from, at);
    const bool up = how == casing::upper || (how == casing::capital && at == 0) || (titles && begins);
    if (p.valid) append_case(t->bytes, p.code, up ? letter_case::upper : letter_case::lower);
    else t->bytes.append(from, at, p.length);
    if (titles) begins = p.valid && before_word(p.code, how);
    at += p.length;
  }
  if (!s.string().input.empty()) t->mark(0, t->bytes.size());
  t->markup = s.string().markup;
  return v;
}

inline bool is_hidden(char32_t c) noexcept {
  return c < 0x80 ? c < 0x20 || c == 0x7F : case_tables::get().hide.find(c) != nullptr;
}

/// repr(str)
inline void append_repr(std::string& out, std::string_view s) {
  const char quote = s.find('\'') != npos && s.find('"') == npos ? '"' : '\'';
  out += quote;
  for (std::size_t at = 0; at < s.size();) {
    const utf8::step p = point_at(s, at);
    const char32_t c = p.code;
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (is_hidden(c)) {
      out += c < 0x100 ? "\\x" : c < 0x10000 ? "\\u" : "\\U";
      append_hex(out, c, c < 0x100 ? 2 : c < 0x10000 ? 4 : 8);
    } else {
      out.append(s, at, p.length);
    }
    at += p.length;
  }
  out += quote;
}

inline void append_integer(std::string& out, std::int64_t i) {
  char digits[24];
  const auto done = std::to_chars(digits, digits + sizeof digits, i);
  out.append(digits, done.ptr);
}

/// repr(float); `json` spells the special values as JavaScript does.
inline void append_real(std::string& out, double d, bool json = false) {
  if (std::isnan(d)) {
    out += json ? "NaN" : "nan";
    return;
  }
  if (std::isinf(d)) {
    out += d < 0 ? "-" : "";
    out += json ? "Infinity" : "inf";
    return;
  }
  append_digits(out, d, 16);
}

/// float(str) without the underscores; false where Python raises ValueError.
inline bool parse_real(std::string_view s, double& out) {
  std::string copy(s);
  const byte_range r = strip(copy, true, true);
  copy = copy.substr(r.begin, r.end - r.begin);
  bool digit = false;
  for (char c : copy) {
    digit = digit || (c >= '0' && c <= '9');
    if (!((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E')) return false;
  }
  if (!digit) return false;
  const char* first = copy.data() + (copy[0] == '+' ? 1 : 0);
  const char* last = copy.data() + copy.size();
  if (first != copy.data() && *first == '-') return false;
  return read_real({first, last}, out) == last;
}

/// int(str, base) for 2..36 within 64 bits; false where Python raises ValueError (or the number is too big).
inline bool parse_integer(std::string_view s, int base, std::int64_t& out) {
  const byte_range r = strip(s, true, true);
  std::string digits;
  s = s.substr(r.begin, r.end - r.begin);
  if (!s.empty() && (s[0] == '+' || s[0] == '-')) {
    if (s[0] == '-') digits = "-";
    s.remove_prefix(1);
  }
  const auto prefix = [&](char low, int means) {
    if (base != means || s.size() < 3 || s[0] != '0' || (s[1] | 32) != low) return;
    s.remove_prefix(s[2] == '_' ? 3 : 2);
  };
  prefix('x', 16);
  prefix('o', 8);
  prefix('b', 2);
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '_' && i > 0 && i + 1 < s.size() && s[i + 1] != '_') continue;
    if (s[i] == '_' || s[i] == '-' || s[i] == '+') return false;
    digits += s[i];
  }
  if (digits.empty() || digits == "-") return false;
  const auto done = std::from_chars(digits.data(), digits.data() + digits.size(), out, base);
  return done.ec == std::errc{} && done.ptr == digits.data() + digits.size();
}

}  // namespace detail::templates
RETORT_END
