// Arguments of calls as JSON, from what models write: members of an object, values as plain text, and literals that
// are not quite JSON.
#pragma once

#include <retort/reply/formats.hpp>

RETORT_BEGIN
namespace detail::reply {

/// The call in a JSON object, by the row's keys; the arguments may be a string that holds the object. `parameters`
/// and `arguments` are taken for each other.
inline bool call_of_object(std::string_view object, const call_syntax& by, tool_call& call) {
  if (!is_json_object(object)) return false;
  std::string_view arguments;
  if (by.body == call_body::keyed) {
    const auto whole = parse_json(object);
    if (!whole || whole->size() != 1) return false;
    call.name = whole->items().begin()->key;
    arguments = member_text(object, call.name);
  } else {
    std::string_view name = member_text(object, by.name_key);
    if (name.empty()) name = member_text(object, "name");
    if (!json_unquoted(name, call.name)) return false;
    for (const std::string_view key : {by.arguments_key, std::string_view("arguments"), std::string_view("parameters")})
      if (arguments.empty()) arguments = member_text(object, key);
  }
  if (call.name.empty()) return false;
  if (arguments.empty() || arguments == "null") {
    call.arguments = "{}";
    return true;
  }
  if (!json_unquoted(arguments, call.arguments)) call.arguments = arguments;
  return is_json_object(call.arguments);
}

/// What such an object says before its arguments: the name, and where they begin; `begin` 0: not yet, or not in this
/// order.
struct call_head {
  std::string name;
  std::size_t begin = 0;
};
inline call_head head_of_object(std::string_view object, const call_syntax& by) {
  call_head head;
  std::size_t i = 1;
  const auto skip = [&](std::string_view also) {
    while (i < object.size() && (is_blank(object[i]) || also.find(object[i]) != npos)) ++i;
  };
  const auto string = [&](std::string& out) {
    if (i >= object.size() || object[i] != '"') return false;
    for (std::size_t end = i + 1; end < object.size(); ++end) {
      if (object[end] == '\\') ++end;
      else if (object[end] == '"') {
        const std::string_view text = object.substr(i, end + 1 - i);
        i = end + 1;
        return json_unquoted(text, out);
      }
    }
    return false;
  };
  for (;;) {
    std::string key, value;
    skip(",");
    if (!string(key)) return {};
    skip(":");
    if (i >= object.size()) return {};
    const bool is_arguments =
        by.body == call_body::keyed || key == by.arguments_key || key == "arguments" || key == "parameters";
    if (is_arguments && object[i] == '{') {
      if (by.body == call_body::keyed) head.name = key;
      if (head.name.empty()) return {};
      head.begin = i;
      return head;
    }
    if (!string(value)) return {};
    if (key == by.name_key || (key == "name" && head.name.empty())) head.name = value;
  }
}

/// What is known about the tools: only the types of their parameters matter, for formats that write values as text.
class tool_types {
 public:
  tool_types() = default;
  explicit tool_types(std::string_view tools_json) {
    if (auto parsed = parse_json(tools_json)) tools_ = std::move(*parsed);
  }

  /// Whether what is written is the value of a string, whatever it looks like: what is not known is text too.
  [[nodiscard]] bool is_text(const std::string& tool, const std::string& parameter) const {
    const std::string type = type_of(tool, parameter);
    return type.empty() || type == "string";
  }
  /// A value written as plain text, as JSON: what the schema calls a string stays one, so does what is no JSON.
  [[nodiscard]] std::string value(const std::string& tool, const std::string& parameter,
                                  std::string_view written) const {
    return is_text(tool, parameter) || !is_json(written) ? json_quoted(written) : std::string(written);
  }

 private:
  static const json* member(const json* j, const std::string& key) { return j ? j->find(key) : nullptr; }
  [[nodiscard]] std::string type_of(const std::string& tool, const std::string& parameter) const {
    if (!tools_.is_array()) return {};
    for (const json& t : tools_) {
      const json* f = member(&t, "function");
      if (!f) f = &t;
      const json* name = member(f, "name");
      if (!name || *name != tool) continue;
      const json* schema = member(member(member(f, "parameters"), "properties"), parameter);
      const json* type = member(schema, "type");
      if (type && type->is_string()) return *type->get_ptr<const std::string*>();
      return schema ? "any" : "";
    }
    return {};
  }
  json tools_;  ///< an array, or nothing
};

/// Turns the arguments of f(k="v", n=1) and f{k:<|"|>v<|"|>,n:1} into a JSON object while they arrive: keys may be
/// bare, strings stand in quotes of either kind or between marks, True, False and None are written as in Python.
class loose_reader {
 public:
  enum class state : std::uint8_t { more, done, bad };

  loose_reader() = default;
  /// `python`: the arguments end with a bracket, a key is followed by =.
  loose_reader(bool python, std::string_view quote) : quote_(quote) {
    frames_.push_back(python ? ')' : '}');
    named_ = python;
  }

  /// Reads on from `at`, which must not move otherwise; at the first call it is behind the opening bracket. What is
  /// certain is appended to `out`; `ended`: no more text will come.
  state scan(std::string_view s, std::size_t& at, std::string& out) {
    if (frames_.empty()) return state::bad;
    if (out.empty()) out = "{";
    for (;;) {
      if (closing_) {
        const state in = string(s, at, out);
        if (in != state::done) return in;
        continue;
      }
      while (at < s.size() && is_blank(s[at])) ++at;
      if (at == s.size()) return state::more;
      const char c = s[at];
      if (c == frames_.back() && expects_ != expects::value) {
        ++at;
        out += c == ']' || (c == ')' && frames_.size() > 1) ? ']' : '}';
        frames_.pop_back();
        comma_ = false;
        expects_ = expects::comma;
        if (frames_.empty()) return state::done;
        continue;
      }
      switch (expects_) {
        case expects::comma:
          if (c != ',') return state::bad;
          ++at;
          comma_ = true;
          expects_ = in_object() ? expects::key : expects::item;
          continue;
        case expects::colon:
          if (c != (named_ && frames_.size() == 1 ? '=' : ':')) return state::bad;
          ++at;
          out += ": ";
          expects_ = expects::value;
          continue;
        case expects::key:
        case expects::item:
        case expects::value: break;
      }
      const state read = expects_ == expects::key ? key(s, at, out) : value(s, at, out);
      if (read != state::done) return read;
    }
  }

 private:
  enum class expects : std::uint8_t { key, colon, item, value, comma };

  [[nodiscard]] bool in_object() const noexcept {
    return frames_.back() == '}' || (frames_.back() == ')' && frames_.size() == 1 && named_);
  }
  void separate(std::string& out) {
    if (std::exchange(comma_, false)) out += ", ";
  }
  /// Opens a string, if one begins here; `more` where that is not clear.
  state open(std::string_view s, std::size_t& at, std::string& out) {
    const match m = quote_.empty() ? match{} : literal_at(s, at, quote_);
    if (m.is == match::answer::partly) return state::more;
    if (m.is == match::answer::no && s[at] != '"' && s[at] != '\'') return state::bad;
    separate(out);
    closing_ = m.is == match::answer::yes ? quote_[0] : s[at];
    marked_ = m.is == match::answer::yes;
    at += marked_ ? quote_.size() : 1;
    out += '"';
    return state::done;
  }
  state string(std::string_view s, std::size_t& at, std::string& out) {
    std::string text;
    const auto give = [&] {
      const std::string quoted = json_quoted(text);
      out.append(quoted, 1, quoted.size() - 2);
      text.clear();
    };
    while (at < s.size()) {
      const match m = literal_at(s, at, marked_ ? quote_ : std::string_view(&closing_, 1));
      if (m.is == match::answer::partly) break;
      if (m.is == match::answer::yes) {
        give();
        at += m.length;
        out += '"';
        closing_ = '\0';
        return state::done;
      }
      if (s[at] == '\\' && !marked_) {
        const std::size_t n = escape(s.substr(at), text);
        if (n == 0) break;
        at += n;
        continue;
      }
      const utf8::step p = utf8::point_at(s, at);
      if (whole_characters(s, s.size()) <= at) break;
      text.append(s, at, p.length);
      at += p.length;
    }
    give();
    return state::more;
  }
  /// An escape of JSON or Python; its length, or 0 where the text ends in it.
  static std::size_t escape(std::string_view s, std::string& out) {
    if (s.size() < 2) return 0;
    constexpr std::string_view from = "nrtbfav0", to("\n\r\t\b\f\a\v\0", 8);
    const char c = s[1];
    if (const std::size_t i = from.find(c); i != npos) {
      out += to[i];
      return 2;
    }
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits > 0) {
      char32_t code = 0;
      for (std::size_t i = 2; i < 2 + digits; ++i) {
        if (i >= s.size()) return 0;
        const int digit = hex_digit(s[i]);
        if (digit < 0) return out += '\\', 1;
        code = code << 4 | static_cast<char32_t>(digit);
      }
      if (code >= 0xD800 && code < 0xDC00) {  // half a pair
        if (s.size() < 12 && std::string_view("\\u").starts_with(s.substr(6, 2))) return 0;
        std::string low;
        if (s.substr(6, 2) == "\\u" && json_unquoted("\"" + std::string(s.substr(0, 12)) + "\"", low)) {
          out += low;
          return 12;
        }
      }
      utf8::append(out, code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? U'\xFFFD' : code);
      return 2 + digits;
    }
    if (std::string_view("\\'\"/\n").find(c) == npos) return out += '\\', 1;
    if (c != '\n') out += c;
    return 2;
  }

  state key(std::string_view s, std::size_t& at, std::string& out) {
    const state opened = open(s, at, out);
    if (opened == state::more) return opened;
    if (opened == state::done) {
      expects_ = expects::colon;
      return state::done;
    }
    const std::size_t end = s.find_first_of("=:,{}[]()\"' \n", at);
    if (end == npos) return s.size() - at > longest_word ? state::bad : state::more;
    if (end == at || end - at > longest_word) return state::bad;
    separate(out);
    out += json_quoted(s.substr(at, end - at));
    at = end;
    expects_ = expects::colon;
    return state::done;
  }
  state value(std::string_view s, std::size_t& at, std::string& out) {
    const char c = s[at];
    if (c == '{' || c == '[' || c == '(') {
      if (frames_.size() >= json_depth) return state::bad;
      separate(out);
      out += c == '{' ? '{' : '[';
      frames_.push_back(c == '{' ? '}' : c == '[' ? ']' : ')');
      expects_ = c == '{' ? expects::key : expects::item;
      ++at;
      return state::done;
    }
    const state opened = open(s, at, out);
    if (opened == state::more) return opened;
    expects_ = expects::comma;
    if (opened == state::done) return state::done;
    expects_ = expects::value;
    const std::size_t end = s.find_first_of(",}])\n", at);
    if (end == npos) return s.size() - at > longest_word ? state::bad : state::more;
    const std::string_view word = core(s.substr(at, end - at));
    if (word.empty() || end - at > longest_word) return state::bad;
    separate(out);
    if (word == "True" || word == "False" || word == "None")
      out += word == "True" ? "true" : word == "False" ? "false" : "null";
    else out += is_json(word) ? std::string(word) : json_quoted(word);
    at = end;
    expects_ = expects::comma;
    return state::done;
  }

  static constexpr std::size_t longest_word = 256;
  std::string_view quote_;
  std::string frames_;  ///< the brackets that close what is open
  expects expects_ = expects::key;
  bool named_ = false, comma_ = false, marked_ = false;
  char closing_ = '\0';  ///< of the string that is open
};

}  // namespace detail::reply
RETORT_END
