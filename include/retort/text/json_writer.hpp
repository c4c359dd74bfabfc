// JSON as text: strings, numbers and values.
#pragma once

#include <retort/text/json.hpp>
#include <retort/text/utf8.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>

RETORT_BEGIN
namespace detail {

// ---- strings ------------------------------------------------------------------------------------------

inline void append_hex(std::string& out, std::uint64_t v, int width) {
  for (int shift = 4 * (width - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[v >> shift & 15];
}

/// Python's json.dumps of a string; malformed bytes stay as they are.
inline void append_json_string(std::string& out, std::string_view s, bool ascii_only) {
  out += '"';
  for (std::size_t at = 0; at < s.size();) {
    const utf8::step p = utf8::point_at(s, at);
    const char32_t c = p.code;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20) {
      constexpr std::string_view short_forms = "btn.fr";  // 8 to 13, without 11
      out += '\\';
      if (c >= 8 && c <= 13 && c != 11) {
        out += short_forms[c - 8];
      } else {
        out += 'u';
        append_hex(out, c, 4);
      }
    } else if (c >= 0x7F && ascii_only) {
      const char32_t low = c - 0x10000;
      out += "\\u";
      append_hex(out, c < 0x10000 ? c : 0xD800 + (low >> 10), 4);
      if (c >= 0x10000) {
        out += "\\u";
        append_hex(out, 0xDC00 + (low & 0x3FF), 4);
      }
    } else {
      out.append(s, at, p.length);
    }
    at += p.length;
  }
  out += '"';
}

/// A string as JSON writes it; malformed bytes become U+FFFD.
inline void append_quoted(std::string& out, std::string_view s) {
  if (utf8::valid_prefix(s) == s.size()) return append_json_string(out, s, false);
  std::string valid;
  utf8::append_valid(valid, s);
  append_json_string(out, valid, false);
}
inline std::string json_quoted(std::string_view s) {
  std::string out;
  append_quoted(out, s);
  return out;
}

// ---- numbers ------------------------------------------------------------------------------------------

/// Shortest scientific digits of a finite number: digits without point, and the decimal exponent.
inline std::string shortest_digits(double d, int& exponent) {
  char buffer[40];
  const auto done = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific);
  const std::string_view all(buffer, static_cast<std::size_t>(done.ptr - buffer));
  const std::size_t e = all.find('e');
  const std::size_t sign = all[e + 1] == '+' ? 2 : 1;  // from_chars takes no '+'
  std::from_chars(all.data() + e + sign, done.ptr, exponent);
  std::string digits(1, all[0]);
  if (e > 2) digits += all.substr(2, e - 2);
  return digits;
}

/// The shortest digits that are read as this number again, with a point or an exponent. `most`: the first power of ten
/// that is written with an exponent.
inline void append_digits(std::string& out, double finite, int most) {
  if (std::signbit(finite)) out += '-';
  int exponent = 0;
  std::string digits = shortest_digits(std::fabs(finite), exponent);
  if (exponent < -4 || exponent >= most) {
    out += digits[0];
    if (digits.size() > 1) out.append(".").append(digits, 1);
    out += exponent < 0 ? "e-" : "e+";
    if (std::abs(exponent) < 10) out += '0';
    out += std::to_string(std::abs(exponent));
  } else if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) digits.append(whole - digits.size() + 1, '0');
    out.append(digits, 0, whole).append(".").append(digits, whole);
  }
}

// ---- values -------------------------------------------------------------------------------------------

/// Appends a value as compact text; malformed UTF-8 in it becomes U+FFFD, and what is no number null.
RETORT_INLINE void append_json(std::string& out, const json& j);

inline std::string dump(const json& j) {
  std::string out;
  append_json(out, j);
  return out;
}

#if RETORT_CARRIES(RETORT_PART_TEXT)

RETORT_INLINE void append_json(std::string& out, const json& j) {
  switch (j.type()) {
    case json_type::null: out += "null"; return;
    case json_type::boolean: out += j.get<bool>() ? "true" : "false"; return;
    case json_type::integer: out += std::to_string(j.get<std::int64_t>()); return;
    case json_type::natural: out += std::to_string(j.get<std::uint64_t>()); return;
    case json_type::real:
      if (std::isfinite(j.get<double>())) append_digits(out, j.get<double>(), 15);
      else out += "null";
      return;
    case json_type::string: append_quoted(out, j.text()); return;
    case json_type::array: {
      out += '[';
      for (const json& element : j) {
        if (&element != j.begin()) out += ',';
        append_json(out, element);
      }
      out += ']';
      return;
    }
    case json_type::object: {
      const char* before = "{";
      for (const json_member& m : j.items()) {
        out += before;
        append_quoted(out, m.key);
        out += ':';
        append_json(out, m.value);
        before = ",";
      }
      out += j.empty() ? "{}" : "}";
      return;
    }
  }
}

#endif

}  // namespace detail
RETORT_END
