// How models write replies, and which model does it how: one table of call syntaxes, one of thought marks. A new
// format is a row. calls.hpp and parser.hpp read by these rows what shape.hpp writes by them.
#pragma once

#include <retort/reply/marks.hpp>
#include <retort/tokenizer/tokenizer.hpp>

#include <array>

RETORT_BEGIN

/// The shapes of tool calls that Retort knows.
enum class reply_format : std::uint8_t {
  plain,          ///< no tool calls, only thoughts and answers
  deepseek,       ///< V3, R1 and distills: fullwidth tags, arguments in a json fence; V3.1's are read too
  hermes,         ///< Qwen2.5, Qwen3, QwQ, Hermes, Granite 4: <tool_call>{"name": .., "arguments": ..}</tool_call>
  qwen_coder,     ///< Qwen3-Coder, Qwen3.5, Nemotron 3: <function=f><parameter=p>..</parameter></function>
  llama,          ///< Llama 3.x: the message is {"name": .., "parameters": ..}, or follows <|python_tag|>
  dsml,           ///< DeepSeek V3.2, V4: <｜DSML｜invoke name="f">
  deepseek_v31,   ///< V3.1: fullwidth tags, name and bare arguments around the separator
  harmony,        ///< gpt-oss: messages with channels, a call is one that is sent to=functions.f
  mistral,        ///< [TOOL_CALLS][{"name": .., "arguments": ..}]
  mistral_args,   ///< Small 3.2, Devstral, Ministral 3: [TOOL_CALLS]f[ARGS]{..}
  kimi,           ///< K2: <|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{..}<|tool_call_end|>
  glm,            ///< 4.5, 4.6: <tool_call>f, then <arg_key> and <arg_value> on lines
  glm_47,         ///< 4.7: the same without lines
  minimax,        ///< M2: <minimax:tool_call><invoke name="f"><parameter name="p">
  seed,           ///< Seed-OSS: <seed:tool_call><function=f><parameter=p>
  function_tags,  ///< Functionary 3.1, Llama with custom tools: <function=f>{..}</function>
  functionary,    ///< 3.2: >>>f and a line end before the arguments, >>>all before text
  lfm2,           ///< <|tool_call_start|>[f(k="v")]<|tool_call_end|>
  gemma4,         ///< <|tool_call>call:f{k:<|"|>v<|"|>}<tool_call|>
  granite,        ///< 3.x: <|tool_call|>[{"name": .., "arguments": ..}]
  phi4,           ///< Phi-4-mini: the same, closed by <|/tool_call|>
  cohere,         ///< Command R7B, A: <|START_ACTION|>[{"tool_name": .., "parameters": ..}]<|END_ACTION|>
  apertus,        ///< <|tools_prefix|>[{"f": {..}}]<|tools_suffix|>
  nemotron,       ///< Nano 2, Super 1.5: <TOOLCALL>[{"name": .., "arguments": ..}]</TOOLCALL>
  functools,      ///< Firefunction, other Phi-4-mini: functools[{"name": .., "arguments": ..}]
  tool_calls,     ///< Apriel, Hunyuan, Jamba: <tool_calls>[{"name": .., "arguments": ..}]</tool_calls>
  gigachat,       ///< 3: a message "function call" that is {"name": .., "arguments": ..}
  gigachat_31,    ///< 3.1: <|function_call|>{"name": .., "arguments": ..}
  command_r,      ///< Command R+: Action: and a json fence with [{"tool_name": .., "parameters": ..}]
};

/// The marks around thoughts.
enum class thought_format : std::uint8_t {
  think,        ///< <think>, by far the most
  mistral,      ///< [THINK]
  seed,         ///< <seed:think>
  cohere,       ///< <|START_THINKING|>, and the answer between <|START_RESPONSE|> and <|END_RESPONSE|>
  gemma4,       ///< <|channel>thought
  apertus,      ///< <|inner_prefix|>
  thinking,     ///< <thinking>
  granite,      ///< <think>, and the answer between <response> and </response>
  cohere_text,  ///< newer ones of Cohere, the answer between <|START_TEXT|> and <|END_TEXT|>
};

/// What a model writes, as its template and vocabulary tell.
struct reply_syntax {
  reply_format calls = reply_format::plain;
  thought_format thoughts = thought_format::think;
};

/// Where a reply begins.
enum class reply_start : std::uint8_t {
  open,     ///< an opening <think> may follow
  thought,  ///< the prompt ends with <think>
  answer,   ///< the prompt ends with </think>
  text,     ///< the prompt ends inside the answer: its line ends are kept, no thought follows; never told from a prompt
};

struct tool_call {
  std::string id;         ///< as the model wrote it, else "call_0", "call_1", ...
  std::string name;       ///< as the model wrote it, known or not
  std::string arguments;  ///< a JSON object as text
};

namespace detail::reply {

/// How the name and the arguments of a call stand to each other.
enum class call_body : std::uint8_t {
  members,  ///< one JSON object: the name and the arguments are members of it
  keyed,    ///< one JSON object: the name is its only key, the arguments what it holds
  named,    ///< a name, a mark, and the arguments as JSON
  tagged,   ///< a name, then each argument by itself between marks; what the schema calls a string stands as it is
  python,   ///< f(k=v, ..)
  bare,     ///< f{k:v, ..} with bare keys, and strings between marks of their own
};

/// One way of writing calls. Marks are given as the model writes them, white space included: the shape of a reply is
/// written so; the reader forgives other white space. What a format has not is empty.
struct call_syntax {
  reply_format is = reply_format::plain;
  std::array<std::string_view, 2> told_by{};  ///< both stand in the template of such a model
  call_body body = call_body::members;

  std::string_view begins{}, also_begins{};        ///< where a block of calls begins; none: each call stands alone
  std::string_view block_end{}, also_block_end{};  ///< of the block; the latter after also_begins
  std::string_view between{};                      ///< written between calls
  bool list = false;                               ///< the calls of a block stand in [ ], commas between them

  std::string_view call_begin{}, call_end{};                        ///< around one call
  std::string_view kind{};                                          ///< stands before the name, and need not
  std::string_view name_begin{}, name_end{};                        ///< around the name
  std::string_view arguments_end{};                                 ///< after the arguments
  std::string_view value_begin{}, key_end{};                        ///< around the key of one argument
  std::string_view value_open{}, value_end{};                       ///< around its value
  std::string_view quote{};                                         ///< around strings, where it is not that of JSON
  std::string_view name_key = "name", arguments_key = "arguments";  ///< of members

  bool on_lines = false;       ///< a line end at each end of a value is not of it
  bool bare_list = false;      ///< a reply that begins with [f( is calls
  bool unwrapped = false;      ///< call_begin may be missing
  bool numbered = false;       ///< the name is followed by a colon and the number of the call; together they are its id
  bool bare_object = false;    ///< a reply that is one JSON object is a call
  bool one_a_turn = false;     ///< the reply ends with its first call
  bool by_vocabulary = false;  ///< the templates say nothing, the vocabulary knows the marks

  /// Messages: each begins with a header that says what follows.
  std::array<std::string_view, 2> header_begins{};  ///< the prompt ends with the former
  std::string_view header_end{};
  std::array<std::string_view, 3> message_ends{};
  std::string_view text_header{}, thought_header{};  ///< written after the former of header_begins
};

// clang-format off
inline constexpr call_syntax call_syntaxes[] = {
    {},
    {.is = reply_format::deepseek, .told_by = {"<｜tool▁calls▁begin｜>"}, .body = call_body::named,
     .begins = "<｜tool▁calls▁begin｜>", .also_begins = "<｜tool▁call▁begin｜>",
     .block_end = "\n<｜tool▁calls▁end｜>", .between = "\n", .call_begin = "<｜tool▁call▁begin｜>",
     .call_end = "<｜tool▁call▁end｜>", .kind = "function<｜tool▁sep｜>", .name_end = "\n```json\n",
     .arguments_end = "\n```"},
    {.is = reply_format::hermes, .told_by = {"<tool_call>"}, .between = "\n", .call_begin = "<tool_call>\n",
     .call_end = "\n</tool_call>", .name_begin = "<function=", .name_end = ">\n", .arguments_end = "</function>",
     .value_begin = "<parameter=", .key_end = ">\n", .value_end = "\n</parameter>\n",
     .on_lines = true},  // some write Qwen3-Coder's form under a template that asks for JSON
    {.is = reply_format::qwen_coder, .told_by = {"<function="}, .body = call_body::tagged,
     .between = "\n", .call_begin = "<tool_call>\n", .call_end = "\n</tool_call>", .name_begin = "<function=",
     .name_end = ">\n", .arguments_end = "</function>", .value_begin = "<parameter=", .key_end = ">\n",
     .value_end = "\n</parameter>\n", .on_lines = true, .unwrapped = true},
    {.is = reply_format::llama, .told_by = {"ipython"}, .begins = "<|python_tag|>", .arguments_key = "parameters",
     .bare_object = true, .one_a_turn = true},
    {.is = reply_format::dsml, .told_by = {"DSML", "_calls"}, .body = call_body::tagged,
     .begins = "<｜DSML｜function_calls>\n", .also_begins = "<｜DSML｜tool_calls>\n",
     .block_end = "\n</｜DSML｜function_calls>", .also_block_end = "\n</｜DSML｜tool_calls>", .between = "\n",
     .name_begin = "<｜DSML｜invoke name=\"", .name_end = "\">\n", .arguments_end = "</｜DSML｜invoke>",
     .value_begin = "<｜DSML｜parameter name=\"", .key_end = "\" string=\"true\">",
     .value_end = "</｜DSML｜parameter>\n"},
    {.is = reply_format::deepseek_v31, .body = call_body::named, .begins = "<｜tool▁calls▁begin｜>",
     .also_begins = "<｜tool▁call▁begin｜>", .block_end = "<｜tool▁calls▁end｜>",
     .call_begin = "<｜tool▁call▁begin｜>", .call_end = "<｜tool▁call▁end｜>", .name_end = "<｜tool▁sep｜>"},
    {.is = reply_format::harmony, .told_by = {"<|channel|>", "<|message|>"}, .body = call_body::named,
     .kind = "functions.", .name_begin = "<|channel|>commentary to=", .name_end = " <|constrain|>json<|message|>",
     .one_a_turn = true, .header_begins = {"<|start|>assistant", "<|channel|>"},
     .header_end = "<|message|>", .message_ends = {"<|end|>", "<|return|>", "<|call|>"},
     .text_header = "<|channel|>final<|message|>", .thought_header = "<|channel|>analysis<|message|>"},
    {.is = reply_format::mistral, .told_by = {"[TOOL_CALLS]"}, .begins = "[TOOL_CALLS]", .list = true},
    {.is = reply_format::mistral_args, .told_by = {"[TOOL_CALLS]", "[ARGS]"}, .body = call_body::named,
     .call_begin = "[TOOL_CALLS]", .name_end = "[ARGS]"},
    {.is = reply_format::kimi, .told_by = {"<|tool_calls_section_begin|>"}, .body = call_body::named,
     .begins = "<|tool_calls_section_begin|>", .also_begins = "<|tool_call_begin|>",
     .block_end = "<|tool_calls_section_end|>", .call_begin = "<|tool_call_begin|>",
     .call_end = "<|tool_call_end|>", .kind = "functions.", .name_end = "<|tool_call_argument_begin|>",
     .numbered = true},
    {.is = reply_format::glm, .told_by = {"<arg_key>", "<arg_value>"}, .body = call_body::tagged, .between = "\n",
     .call_begin = "<tool_call>", .name_end = "\n", .arguments_end = "</tool_call>", .value_begin = "<arg_key>",
     .key_end = "</arg_key>\n", .value_open = "<arg_value>", .value_end = "</arg_value>\n"},
    {.is = reply_format::glm_47, .told_by = {"</arg_key><arg_value>"}, .body = call_body::tagged,
     .call_begin = "<tool_call>", .arguments_end = "</tool_call>", .value_begin = "<arg_key>",
     .key_end = "</arg_key>", .value_open = "<arg_value>", .value_end = "</arg_value>"},
    {.is = reply_format::minimax, .told_by = {"minimax:tool_call"}, .body = call_body::tagged,
     .begins = "<minimax:tool_call>\n", .block_end = "\n</minimax:tool_call>", .between = "\n",
     .name_begin = "<invoke name=\"", .name_end = "\">\n", .arguments_end = "</invoke>",
     .value_begin = "<parameter name=\"", .key_end = "\">", .value_end = "</parameter>\n", .on_lines = true},
    {.is = reply_format::seed, .told_by = {"<seed:tool_call>"}, .body = call_body::tagged, .between = "\n",
     .call_begin = "<seed:tool_call>\n", .call_end = "\n</seed:tool_call>", .name_begin = "<function=",
     .name_end = ">\n", .arguments_end = "</function>", .value_begin = "<parameter=", .key_end = ">",
     .value_end = "</parameter>\n", .on_lines = true, .unwrapped = true},
    {.is = reply_format::function_tags, .told_by = {"<function=", "ipython"}, .body = call_body::named,
     .call_end = "</function>", .name_begin = "<function=", .name_end = ">"},
    {.is = reply_format::functionary, .told_by = {">>>all"}, .body = call_body::named, .between = ">>>",
     .name_end = "\n", .header_begins = {">>>"}, .header_end = "\n", .text_header = "all\n"},
    {.is = reply_format::lfm2, .told_by = {"<|tool_call_start|>"}, .body = call_body::python,
     .begins = "<|tool_call_start|>", .block_end = "<|tool_call_end|>", .list = true, .bare_list = true,
     .by_vocabulary = true},
    {.is = reply_format::gemma4, .told_by = {"<|tool_call>"}, .body = call_body::bare, .call_begin = "<|tool_call>",
     .call_end = "<tool_call|>", .name_begin = "call:", .quote = "<|\"|>"},
    {.is = reply_format::granite, .told_by = {"<|tool_call|>"}, .begins = "<|tool_call|>", .list = true},
    {.is = reply_format::phi4, .told_by = {"<|/tool_call|>"}, .begins = "<|tool_call|>",
     .block_end = "<|/tool_call|>", .list = true, .by_vocabulary = true},
    {.is = reply_format::cohere, .told_by = {"<|START_ACTION|>"}, .begins = "<|START_ACTION|>",
     .block_end = "<|END_ACTION|>", .list = true, .name_key = "tool_name", .arguments_key = "parameters"},
    {.is = reply_format::apertus, .told_by = {"<|tools_prefix|>"}, .body = call_body::keyed,
     .begins = "<|tools_prefix|>", .block_end = "<|tools_suffix|>", .list = true},
    {.is = reply_format::nemotron, .told_by = {"<TOOLCALL>"}, .begins = "<TOOLCALL>", .block_end = "</TOOLCALL>",
     .list = true},
    {.is = reply_format::functools, .told_by = {"functools["}, .begins = "functools", .list = true},
    {.is = reply_format::tool_calls, .told_by = {"<tool_calls>["}, .begins = "<tool_calls>",
     .block_end = "</tool_calls>", .list = true},
    {.is = reply_format::gigachat, .told_by = {"function call", "<|role_sep|>"},
     .call_begin = "<|message_sep|>\n\nfunction call<|role_sep|>\n"},
    {.is = reply_format::gigachat_31, .told_by = {"<|function_call|>"}, .call_begin = "<|function_call|>"},
    {.is = reply_format::command_r, .told_by = {"Action:", "tool_name"}, .begins = "Action:\n```json\n",
     .block_end = "\n```", .list = true, .name_key = "tool_name", .arguments_key = "parameters"},
};

/// The order in which templates are looked at: what is written in few of them first. DeepSeek V3.1 is told from V3 by
/// the fence that it lacks.
inline constexpr reply_format told_in_order[] = {
    reply_format::dsml, reply_format::deepseek, reply_format::harmony, reply_format::kimi, reply_format::glm_47,
    reply_format::glm, reply_format::minimax, reply_format::seed, reply_format::mistral_args, reply_format::mistral,
    reply_format::phi4, reply_format::granite, reply_format::cohere, reply_format::apertus, reply_format::nemotron,
    reply_format::gemma4, reply_format::lfm2, reply_format::functools, reply_format::functionary,
    reply_format::gigachat, reply_format::gigachat_31, reply_format::command_r, reply_format::function_tags,
    reply_format::qwen_coder, reply_format::tool_calls, reply_format::hermes,
    reply_format::llama,
};
// clang-format on

[[nodiscard]] constexpr const call_syntax& syntax_of(reply_format format) noexcept {
  return call_syntaxes[static_cast<std::size_t>(format)];
}

/// The marks around a thought, and those around the answer, which are hidden.
struct thought_syntax {
  std::string_view begin, end;
  std::string_view told_by;  ///< stands in the template; the first row is for all others
  std::string_view answer_begin{}, answer_end{};
};
inline constexpr thought_syntax thought_syntaxes[] = {
    {"<think>", "</think>", ""},
    {"[THINK]", "[/THINK]", "[/THINK]"},
    {"<seed:think>", "</seed:think>", "</seed:think>"},
    {"<|START_THINKING|>", "<|END_THINKING|>", "<|START_THINKING|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"},
    {"<|channel>thought\n", "<channel|>", "<|channel>"},
    {"<|inner_prefix|>", "<|inner_suffix|>", "<|inner_prefix|>"},
    {"<thinking>", "</thinking>", "</thinking>"},
    {"<think>", "</think>", "<response></response>", "<response>", "</response>"},
    {"<|START_THINKING|>", "<|END_THINKING|>", "<|START_TEXT|>", "<|START_TEXT|>", "<|END_TEXT|>"},
};
[[nodiscard]] constexpr const thought_syntax& marks_of(thought_format format) noexcept {
  return thought_syntaxes[static_cast<std::size_t>(format)];
}

}  // namespace detail::reply

/// The format of a model's calls, told from its chat template.
/// source  the templates themselves: each format is described in the system turn or written into the history
inline reply_format reply_format_of(std::string_view template_source) noexcept {
  const auto has = [&](std::string_view s) { return template_source.find(s) != std::string_view::npos; };
  for (const reply_format f : detail::reply::told_in_order) {
    const auto& marks = detail::reply::syntax_of(f).told_by;
    if (!has(marks[0]) || !has(marks[1])) continue;
    const bool bare = f == reply_format::deepseek && has("<｜tool▁sep｜>") && !has("```json");
    return bare ? reply_format::deepseek_v31 : f;
  }
  return has("<|python_tag|>") ? reply_format::llama : reply_format::plain;
}

/// How a model writes thoughts and calls. A vocabulary says what some templates do not.
inline reply_syntax reply_syntax_of(std::string_view template_source, const tokenizer* words = nullptr) {
  reply_syntax of;
  of.calls = reply_format_of(template_source);
  for (const auto& row : detail::reply::call_syntaxes)
    if (words && of.calls == reply_format::plain && row.by_vocabulary && words->find(row.begins) &&
        words->find(row.block_end))
      of.calls = row.is;
  for (std::size_t i = 1; i < std::size(detail::reply::thought_syntaxes); ++i)
    if (template_source.find(detail::reply::thought_syntaxes[i].told_by) != std::string_view::npos)
      of.thoughts = static_cast<thought_format>(i);
  return of;
}

/// Told from the end of the rendered prompt.
inline reply_start reply_start_of(std::string_view prompt, reply_syntax of = {}) noexcept {
  using detail::reply::core;
  const auto& marks = detail::reply::marks_of(of.thoughts);
  const auto& row = detail::reply::syntax_of(of.calls);
  const auto ends = [&](std::string_view mark) { return !mark.empty() && prompt.ends_with(mark); };
  if (!row.header_end.empty())
    return ends(row.thought_header) ? reply_start::thought
           : ends(row.text_header)  ? reply_start::answer
                                    : reply_start::open;
  prompt = prompt.substr(0, detail::utf8::strip(prompt, false, true).end);
  return ends(core(marks.begin)) ? reply_start::thought : ends(marks.end) ? reply_start::answer : reply_start::open;
}

/// Whether a model of this template thinks before it answers, or may.
inline bool may_think(std::string_view template_source, reply_syntax of) noexcept {
  return !detail::reply::syntax_of(of.calls).thought_header.empty() ||
         template_source.find(detail::reply::marks_of(of.thoughts).end) != std::string_view::npos;
}

/// What stands at the borders of a thought, for those who must write it in the model's place.
struct reply_phrases {
  std::string open_thought;   ///< as the model begins to think
  std::string no_thought;     ///< as it answers without; empty where that cannot be said
  std::string close_thought;  ///< ends a thought and begins the answer
  std::string after_thought;  ///< between a thought that the model ended and the answer
  std::string at_once;        ///< begins the answer of a reply without a thought
};
/// `of_calls`: the answer is bound to be calls, which begin in their own way.
inline reply_phrases phrases_of(reply_syntax of, bool of_calls) {
  const auto& marks = detail::reply::marks_of(of.thoughts);
  const auto& row = detail::reply::syntax_of(of.calls);
  const auto join = [](std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const std::string_view part : parts) all += part;
    return all;
  };
  const std::string_view header = of_calls ? std::string_view() : row.text_header;
  if (!row.thought_header.empty()) {
    const std::string next = join({row.header_begins[0], header});
    return {std::string(row.thought_header), {}, join({row.message_ends[0], next}), next, std::string(header)};
  }
  if (!row.header_end.empty()) return {{}, {}, {}, {}, std::string(header)};
  const std::string_view answer = of_calls ? std::string_view() : marks.answer_begin;
  if (of.thoughts != thought_format::think && of.thoughts != thought_format::granite)
    return {std::string(marks.begin), join({marks.begin, marks.end}), join({marks.end, answer}), std::string(answer),
            std::string(answer)};
  const std::string close = join({"\n", marks.end, "\n\n"});
  return {join({marks.begin, "\n"}), join({marks.begin, "\n", close}), close + std::string(answer),
          join({"\n\n", answer}), std::string(answer)};
}

RETORT_END
