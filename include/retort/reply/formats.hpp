// How models write tool calls, and which model does it how. parser.hpp reads them while they arrive.
#pragma once

#include <retort/text/json.hpp>

#include <array>

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
  const std::size_t end = detail::utf8::strip(prompt, false, true).end;
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

/// A mark of the table below. For each ▁ in it, distilled models also write _, \_ or a space.
inline match mark_at(std::string_view s, std::size_t at, std::string_view mark) noexcept {
  constexpr std::string_view separator = "▁";
  std::size_t i = at;
  for (;;) {
    const std::string_view part = mark.substr(0, mark.find(separator));
    const match m = literal_at(s, i, part);
    if (m.is != match::answer::yes) return m;
    i += m.length;
    if (part.size() == mark.size()) return {match::answer::yes, i - at};
    mark.remove_prefix(part.size() + separator.size());
    match best;
    for (const std::string_view written :
         {separator, std::string_view("_"), std::string_view("\\_"), std::string_view(" ")})
      if (const match one = literal_at(s, i, written); one.is > best.is) best = one;
    if (best.is != match::answer::yes) return {best.is, 0};
    i += best.length;
  }
}

/// The better of two answers about the same place.
inline match either(match a, match b) noexcept { return b.is > a.is ? b : a; }

/// {"name": .., "arguments" or "parameters": {..}}; the arguments may be a string that holds the object.
inline bool call_of_object(std::string_view object, tool_call& call) {
  if (!is_json_object(object) || !json_unquoted(member_text(object, "name"), call.name) || call.name.empty())
    return false;
  std::string_view arguments = member_text(object, "arguments");
  if (arguments.empty()) arguments = member_text(object, "parameters");
  if (arguments.empty() || arguments == "null") {
    call.arguments = "{}";
    return true;
  }
  if (!json_unquoted(arguments, call.arguments)) call.arguments = arguments;
  return is_json_object(call.arguments);
}

/// The marks by which a format writes calls, for the reader and for the shape of a reply alike. What a format has not
/// is empty.
struct call_syntax {
  std::string_view begins{}, also_begins{};        ///< where a block of calls begins
  std::array<std::string_view, 2> never{};         ///< what a text before calls must not hold, lest a call begin there
  std::string_view block_end{}, also_block_end{};  ///< of all calls; the latter after also_begins
  std::string_view call_begin{}, call_end{};       ///< around one call
  std::string_view separator{};                    ///< between the kind of a call, or its name, and what follows
  std::string_view function_begin{}, function_end{};  ///< around its parameters; the name follows the former
  std::string_view value_begin{}, value_end{};        ///< around one of them; its name likewise
};
inline constexpr call_syntax call_syntaxes[] = {
    // clang-format off
    {},
    {.begins = "<｜tool▁calls▁begin｜>", .also_begins = "<｜tool▁call▁begin｜>", .never = {"<｜tool"},
     .block_end = "<｜tool▁calls▁end｜>", .call_begin = "<｜tool▁call▁begin｜>", .call_end = "<｜tool▁call▁end｜>",
     .separator = "<｜tool▁sep｜>"},
    {.begins = "<tool_call>", .never = {"<tool_call>"}, .call_begin = "<tool_call>", .call_end = "</tool_call>",
     .function_begin = "<function=", .function_end = "</function>", .value_begin = "<parameter=",
     .value_end = "</parameter>"},  // some write Qwen3-Coder's form under a template that asks for JSON
    {.begins = "<tool_call>", .also_begins = "<function=", .never = {"<tool_call>", "<function="},
     .call_begin = "<tool_call>", .call_end = "</tool_call>", .function_begin = "<function=",
     .function_end = "</function>", .value_begin = "<parameter=", .value_end = "</parameter>"},
    {.begins = "<|python_tag|>", .never = {"<|python_tag|>"}},
    {.begins = "<｜DSML｜function_calls>", .also_begins = "<｜DSML｜tool_calls>", .never = {"<｜DSML｜"},
     .block_end = "</｜DSML｜function_calls>", .also_block_end = "</｜DSML｜tool_calls>",
     .function_begin = "<｜DSML｜invoke name=\"", .function_end = "</｜DSML｜invoke>",
     .value_begin = "<｜DSML｜parameter name=\"", .value_end = "</｜DSML｜parameter>"},
    // clang-format on
};
[[nodiscard]] constexpr const call_syntax& syntax_of(reply_format format) noexcept {
  return call_syntaxes[static_cast<std::size_t>(format)];
}

/// What is known about the tools: only the types of their parameters matter, for formats that write values as text.
class tool_types {
 public:
  tool_types() = default;
  explicit tool_types(std::string_view tools_json) {
    if (auto parsed = parse_json(tools_json)) tools_ = std::move(*parsed);
  }

  /// A value written as plain text, as JSON: what the schema calls a string stays one, so does what is no JSON.
  [[nodiscard]] std::string value(const std::string& tool, const std::string& parameter,
                                  std::string_view written) const {
    const std::string type = type_of(tool, parameter);
    if (type.empty() || type == "string" || !is_json(written)) return json_quoted(written);
    return std::string(written);
  }

 private:
  static const json* member(const json* j, const std::string& key) {
    if (!j || !j->is_object()) return nullptr;
    const auto it = j->find(key);
    return it == j->end() ? nullptr : &*it;
  }
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
    const bool text = quote && !is_json(written);
    const std::string inner = text ? json_quoted(written.substr(1, written.size() - 2)) : std::string(written);
    const std::string plain = written == "True"    ? "true"
                              : written == "False" ? "false"
                              : written == "None"  ? "null"
                                                   : inner;
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
