// JSON as every room reads it: parsed without exceptions and within a depth, objects in the order they were written;
// strings as JSON writes them; and where a value ends in a text that is still arriving.
#pragma once

#include <retort/text/utf8.hpp>

#include <nlohmann/json.hpp>

#include <optional>

RETORT_BEGIN
namespace detail {

using json = nlohmann::ordered_json;

/// Nesting of a value that is read from outside; deeper ones would cost stack wherever they are walked.
inline constexpr std::size_t json_depth = 256;

/// A value of JSON.
///
/// errors  bad_argument: no JSON; limit: arrays and objects in one another deeper than `depth`
inline result<json> parse_json(std::string_view text, std::size_t depth = json_depth) {
  bool too_deep = false;
  const auto within = [&](int at, json::parse_event_t event, const json&) {
    using is = json::parse_event_t;
    const bool opens = event == is::object_start || event == is::array_start;
    too_deep = too_deep || (opens && static_cast<std::size_t>(at) >= depth);
    return !too_deep;
  };
  json j = json::parse(text.begin(), text.end(), within, false);
  if (too_deep) return error{errc::limit, "the JSON is nested deeper than " + std::to_string(depth)};
  if (j.is_discarded()) return error{errc::bad_argument, "the text is no JSON"};
  return j;
}

/// A JSON object, or nothing.
inline std::optional<json> parse_object(std::string_view text) {
  auto j = parse_json(text);
  if (!j || !j->is_object()) return std::nullopt;
  return std::move(*j);
}

inline bool is_json(std::string_view text) { return json::accept(text.begin(), text.end()); }

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

inline bool is_json_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' && is_json(text);
}

/// A value as compact text; malformed UTF-8 in it becomes U+FFFD.
inline std::string dump(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

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
inline std::string json_quoted(std::string_view s) {
  std::string valid, out;
  utf8::append_valid(valid, s);
  append_json_string(out, valid, false);
  return out;
}

/// A JSON string's content; false for anything else.
inline bool json_unquoted(std::string_view text, std::string& out) {
  if (text.empty() || text[0] != '"') return false;
  const json j = json::parse(text.begin(), text.end(), nullptr, false);
  const auto* s = j.get_ptr<const std::string*>();
  if (s) out = *s;
  return s != nullptr;
}

// ---- text that is not parsed ----------------------------------------------------------------------------

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
        if (c == '\\') ++i;
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
