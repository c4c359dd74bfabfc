// How models write tool calls, and which model does it how. reply.hpp reads them while they arrive.
#pragma once

#include <retort/text/template_text.hpp>

#include <nlohmann/json.hpp>

RETORT_BEGIN

/// The shapes of tool calls that Retort reads.
enum class reply_format : std::uint8_t {
  plain,       ///< no tool calls, only thoughts and answers
  deepseek,    ///< V3, R1, V3.1 and distills: fullwidth tags, arguments bare or in a json fence
  hermes,      ///< Qwen2.5, Qwen3, QwQ, Hermes: <tool_call>{"name": .., "arguments": ..}</tool_call>
  qwen_coder,  ///< Qwen3-Coder, Qwen3.5: <function=f><parameter=p>..</parameter></function>
  llama,       ///< Llama 3.x: the message is {"name": .., "parameters": ..}, or follows <|python_tag|>
  dsml,        ///< DeepSeek V3.2, V4: <｜DSML｜invoke name="f">
};

/// The format of a model, told from its chat template.
/// source  the templates themselves: each format is described in the system turn or written into the history
inline reply_format reply_format_of(std::string_view template_source) noexcept {
  const auto has = [&](std::string_view s) { return template_source.find(s) != std::string_view::npos; };
  if (has("DSML") && (has("function_calls") || has("tool_calls"))) return reply_format::dsml;
  if (has("<｜tool▁calls▁begin｜>")) return reply_format::deepseek;
  if (has("<function=")) return reply_format::qwen_coder;
  if (has("<tool_call>")) return reply_format::hermes;
  if (has("<|python_tag|>") || has("ipython")) return reply_format::llama;
  return reply_format::plain;
}

/// Where a reply begins.
enum class reply_start : std::uint8_t {
  open,     ///< an opening <think> may follow
  thought,  ///< the prompt ends with <think>
  answer,   ///< the prompt ends with </think>
  text,     ///< the prompt ends inside the answer: its line ends are kept, no thought follows; never told from a prompt
};

/// Told from the end of the rendered prompt.
inline reply_start reply_start_of(std::string_view prompt) noexcept {
  const std::size_t end = detail::templates::strip(prompt, nullptr, false, true).end;
  prompt = prompt.substr(0, end);
  if (prompt.ends_with("<think>")) return reply_start::thought;
  return prompt.ends_with("</think>") ? reply_start::answer : reply_start::open;
}

struct tool_call {
  std::string id;         ///< "call_0", "call_1", ...
  std::string name;       ///< as the model wrote it, known or not
  std::string arguments;  ///< a JSON object as text
};

namespace detail::reply {

inline constexpr std::size_t npos = std::string_view::npos;

/// Whether a marker stands somewhere: yes, no, or the text ends before that is clear.
struct match {
  enum class answer : std::uint8_t { no, partly, yes } is = answer::no;
  std::size_t length = 0;
};

inline match literal_at(std::string_view s, std::size_t at, std::string_view wanted) noexcept {
  const std::string_view rest = s.substr(at, wanted.size());
  if (rest == wanted) return {match::answer::yes, wanted.size()};
  return {wanted.starts_with(rest) && rest.size() == s.size() - at ? match::answer::partly : match::answer::no, 0};
}

/// A DeepSeek tag of words, as "tool calls begin". Distilled models separate them by ▁, _, \_ or a space.
inline match tag_at(std::string_view s, std::size_t at, std::string_view words) noexcept {
  std::size_t i = at;
  match m = literal_at(s, i, "<｜");
  if (m.is != match::answer::yes) return m;
  i += m.length;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(word.size() + (word.size() < words.size()));
    m = literal_at(s, i, word);
    if (m.is != match::answer::yes) return m;
    i += word.size();
    if (words.empty()) break;
    match::answer best = match::answer::no;
    for (std::string_view separator : {"▁", "_", "\\_", " "}) {
      m = literal_at(s, i, separator);
      if (m.is > best) best = m.is;
      if (m.is == match::answer::yes) break;
    }
    if (best != match::answer::yes) return {best, 0};
    i += m.length;
  }
  m = literal_at(s, i, "｜>");
  return m.is == match::answer::yes ? match{match::answer::yes, i + m.length - at} : m;
}

/// The better of two answers about the same place.
inline match either(match a, match b) noexcept { return b.is > a.is ? b : a; }

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
        if (++depth_ > 200) return state::bad;
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
  unsigned depth_ = 0;
  bool quoted_ = false, escaped_ = false;
};

inline bool is_json_object(std::string_view s) {
  const std::size_t first = s.find_first_not_of(" \t\r\n");
  return first != npos && s[first] == '{' && nlohmann::ordered_json::accept(s.begin(), s.end());
}

inline std::string json_quoted(std::string_view s) {
  std::string valid, out;
  utf8::append_valid(valid, s);
  templates::append_json_string(out, valid, false);
  return out;
}

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

/// A JSON string's content; false for anything else.
inline bool json_unquoted(std::string_view text, std::string& out) {
  if (text.empty() || text[0] != '"') return false;
  const auto j = nlohmann::ordered_json::parse(text.begin(), text.end(), nullptr, false);
  const auto* s = j.get_ptr<const std::string*>();
  if (s) out = *s;
  return s != nullptr;
}

/// {"name": .., "arguments" or "parameters": {..}}; the arguments may be a string that holds the object.
inline bool call_of_object(std::string_view object, tool_call& call) {
  if (!is_json_object(object) || !json_unquoted(member_text(object, "name"), call.name) || call.name.empty()) return false;
  std::string_view arguments = member_text(object, "arguments");
  if (arguments.empty()) arguments = member_text(object, "parameters");
  if (arguments.empty() || arguments == "null") {
    call.arguments = "{}";
    return true;
  }
  if (!json_unquoted(arguments, call.arguments)) call.arguments = arguments;
  return is_json_object(call.arguments);
}

/// What is known about the tools: only the types of their parameters matter, for formats that write values as text.
class tool_types {
 public:
  tool_types() = default;
  explicit tool_types(std::string_view tools_json)
      : tools_(nlohmann::ordered_json::parse(tools_json.begin(), tools_json.end(), nullptr, false)) {}

  /// A value written as plain text, as JSON: what the schema calls a string stays one, so does what is no JSON.
  [[nodiscard]] std::string value(const std::string& tool, const std::string& parameter, std::string_view written) const {
    const std::string type = type_of(tool, parameter);
    if (type.empty() || type == "string" || !nlohmann::ordered_json::accept(written.begin(), written.end()))
      return json_quoted(written);
    return std::string(written);
  }

 private:
  static const nlohmann::ordered_json* member(const nlohmann::ordered_json* j, const std::string& key) {
    if (!j || !j->is_object()) return nullptr;
    const auto it = j->find(key);
    return it == j->end() ? nullptr : &*it;
  }
  [[nodiscard]] std::string type_of(const std::string& tool, const std::string& parameter) const {
    if (!tools_.is_array()) return {};
    for (const nlohmann::ordered_json& t : tools_) {
      const nlohmann::ordered_json* f = member(&t, "function");
      if (!f) f = &t;
      const nlohmann::ordered_json* name = member(f, "name");
      if (!name || *name != tool) continue;
      const nlohmann::ordered_json* schema = member(member(member(f, "parameters"), "properties"), parameter);
      const nlohmann::ordered_json* type = member(schema, "type");
      if (type && type->is_string()) return *type->get_ptr<const std::string*>();
      return schema ? "any" : "";
    }
    return {};
  }
  nlohmann::ordered_json tools_;
};

/// f.call(a="x", n=1), which Llama writes for its built-in tools.
inline bool call_of_python(std::string_view s, tool_call& call) {
  const std::size_t open = s.find(".call(");
  if (open == npos || !s.ends_with(")") || open == 0) return false;
  for (char c : s.substr(0, open))
    if (is_blank(c) || c == '(' || c == '"' || c == '=') return false;
  call.name = s.substr(0, open);
  call.arguments = "{";
  std::string_view rest = s.substr(open + 6, s.size() - open - 7);
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    if (equals == npos) return false;
    std::string_view key = rest.substr(0, equals);
    while (!key.empty() && is_blank(key.front())) key.remove_prefix(1);
    std::size_t end = equals + 1;
    const char quote = end < rest.size() && (rest[end] == '"' || rest[end] == '\'') ? rest[end] : '\0';
    if (quote) {
      for (++end; end < rest.size() && rest[end] != quote; ++end)
        if (rest[end] == '\\') ++end;
      if (end >= rest.size()) return false;
      ++end;
    } else {
      end = rest.find(',', end);
      if (end == npos) end = rest.size();
    }
    const std::string_view written = rest.substr(equals + 1, end - equals - 1);
    const bool text = quote && !nlohmann::ordered_json::accept(written.begin(), written.end());
    const std::string inner = text ? json_quoted(written.substr(1, written.size() - 2)) : std::string(written);
    const std::string plain = written == "True" ? "true" : written == "False" ? "false" : written == "None" ? "null" : inner;
    if (call.arguments.size() > 1) call.arguments += ", ";
    call.arguments += json_quoted(key) + ": " + plain;
    rest.remove_prefix(end);
    const std::size_t next = rest.find_first_not_of(" ,");
    rest.remove_prefix(next == npos ? rest.size() : next);
  }
  call.arguments += "}";
  return is_json_object(call.arguments);
}

}  // namespace detail::reply
RETORT_END
