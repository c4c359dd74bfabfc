// Every format of the table, by examples.
#include "reply/replies.hpp"

using namespace retort;
using namespace replies;

namespace {

/// A reply in a format and what it must be taken apart into.
struct example {
  reply_format format;
  thought_format thoughts;
  std::string text;
  std::string thought, answer;
  std::vector<std::string> calls;  ///< name and arguments
  reply_start start = reply_start::open;
};

const char* const tools = R"([{"type": "function", "function": {"name": "sow", "parameters": {"type": "object",
  "properties": {"seed": {"type": "string"}, "rows": {"type": "integer"}, "where": {"type": "object"},
  "wet": {"type": "boolean"}}}}}])";

outcome take_apart(const example& e) {
  reply_settings s = with(e.format, e.start);
  s.thoughts = e.thoughts;
  s.tools_json = tools;
  return parse(e.text, s);
}

const std::string barley = R"({"seed": "barley", "rows": 3})";

std::vector<example> examples() {
  using f = reply_format;
  using t = thought_format;
  const std::string one = "sow" + barley, other = R"(sow{"seed": "flax"})";
  return {
      // gpt-oss
      {f::harmony,
       t::think,
       "<|channel|>analysis<|message|>Rows of "
       "what?<|end|><|start|>assistant<|channel|>final<|message|>Barley.<|return|>",
       "Rows of what?",
       "Barley.",
       {}},
      {f::harmony,
       t::think,
       "<|channel|>analysis<|message|>Sow.<|end|><|start|>assistant<|channel|>commentary to=functions.sow "
       "<|constrain|>json<|message|>" +
           barley + "<|call|>",
       "Sow.",
       "",
       {one}},
      {f::harmony, t::think, " to=functions.sow<|channel|>commentary json<|message|>" + barley, "", "", {one}},
      {f::harmony,
       t::think,
       "<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>analysis<|message|>B<|end|><|start|>"
       "assistant"
       "<|channel|>commentary<|message|>First the plough.<|end|><|start|>assistant<|channel|>commentary "
       "to=functions.sow<|message|>" +
           barley + "<|call|>",
       "AB",
       "First the plough.",
       {one}},
      {f::harmony, t::think, "<|channel|>analysis to=functions.sow code<|message|>" + barley, "", "", {one}},
      {f::harmony, t::think, "<|channel|>final <|constrain|>json<|message|>{\"n\": 1}", "", "{\"n\": 1}", {}},
      {f::harmony, t::think, "Without a header.", "", "Without a header.", {}},
      {f::harmony, t::think, "<|channel|><|channel|><|channel|>", "", "", {}},
      {f::harmony,
       t::think,
       " and so on<|end|><|start|>assistant<|channel|>final<|message|>Yes.",
       " and so on",
       "Yes.",
       {},
       reply_start::thought},
      {f::harmony,
       t::think,
       "<|channel|>analysis<|message|>Count.<|end|><|start|>assistant<|channel|>commentary to=python "
       "<|constrain|>code<|message|>print(3 * 4)<|call|>",
       "Count.",
       "",
       {"python{\"code\": \"print(3 * 4)\"}"}},
      // Mistral
      {f::mistral,
       t::mistral,
       "[TOOL_CALLS][{\"name\": \"sow\", \"arguments\": " + barley +
           ", \"id\": \"a1b2c3d4e\"}, "
           "{\"name\": \"sow\", \"arguments\": {\"seed\": \"flax\"}}]",
       "",
       "",
       {one, other}},
      {f::mistral,
       t::mistral,
       "[THINK]Rows?[/THINK]At once.[TOOL_CALLS] [{\"name\": \"sow\", \"arguments\": {}}]",
       "Rows?",
       "At once.",
       {"sow{}"}},
      {f::mistral_args,
       t::mistral,
       "[TOOL_CALLS]sow[ARGS]" + barley + "[TOOL_CALLS]sow[ARGS]{\"seed\": \"flax\"}",
       "",
       "",
       {one, other}},
      {f::mistral_args, t::mistral, "Now. [TOOL_CALLS]sow[CALL_ID]a1b2c3d4e[ARGS]" + barley, "", "Now.", {one}},
      // Kimi
      {f::kimi,
       t::think,
       "Two beds.<|tool_calls_section_begin|><|tool_call_begin|>functions.sow:0<|tool_call_argument_begin|>" + barley +
           "<|tool_call_end|><|tool_call_begin|>functions.sow:1<|tool_call_argument_begin|>{\"seed\": \"flax\"}"
           "<|tool_call_end|><|tool_calls_section_end|>",
       "",
       "Two beds.",
       {one, other}},
      // GLM
      {f::glm,
       t::think,
       "\n<think>Rows.</think>\nSowing.\n<tool_call>sow\n<arg_key>seed</arg_key>\n<arg_value>barley</arg_value>\n"
       "<arg_key>rows</arg_key>\n<arg_value>3</arg_value>\n</tool_call>",
       "Rows.",
       "Sowing.",
       {one}},
      {f::glm_47,
       t::think,
       "<tool_call>sow<arg_key>seed</arg_key><arg_value>barley</arg_value><arg_key>rows</arg_key>"
       "<arg_value>3</arg_value></tool_call><tool_call>sow</tool_call>",
       "",
       "",
       {one, "sow{}"}},
      {f::glm, t::think, "Write <tool_call> for that.", "", "Write <tool_call> for that.", {}},
      // MiniMax
      {f::minimax,
       t::think,
       "rows</think>\n\n<minimax:tool_call>\n<invoke name=\"sow\">\n<parameter name=\"seed\">barley</parameter>\n"
       "<parameter name=\"rows\">3</parameter>\n</invoke>\n<invoke name=\"sow\">\n<parameter "
       "name=\"seed\">flax</parameter>\n</invoke>\n</minimax:tool_call>",
       "rows",
       "",
       {one, other},
       reply_start::thought},
      // Seed
      {f::seed,
       t::seed,
       "<seed:think>rows</seed:think>\n<seed:tool_call>\n<function=sow>\n<parameter=seed>barley</parameter>\n"
       "<parameter=rows>3</parameter>\n</function>\n</seed:tool_call>",
       "rows",
       "",
       {one}},
      // Functionary
      {f::function_tags,
       t::think,
       "<function=sow>" + barley + "</function><function=sow>{\"seed\": \"flax\"}</function>",
       "",
       "",
       {one, other}},
      {f::functionary,
       t::think,
       "all\nBoth then.>>>sow\n" + barley + ">>>sow\n{\"seed\": \"flax\"}",
       "",
       "Both then.",
       {one, other}},
      {f::functionary, t::think, "python\nprint(3)\n>>>all\nDone.", "", "Done.", {"python{\"code\": \"print(3)\\n\"}"}},
      {f::functionary, t::think, "Sure\nThree rows.", "", "Sure\nThree rows.", {}},
      {f::functionary, t::think, "sow\n" + barley, "", "", {one}},
      {f::functionary, t::think, "all\nIn Python:\n>>> 1 + 1\n2", "", "In Python:\n>>> 1 + 1\n2", {}},
      // LFM2
      {f::lfm2,
       t::think,
       "<|tool_call_start|>[sow(seed=\"barley\", rows=3), sow(seed='flax')]<|tool_call_end|>Done.",
       "",
       "Done.",
       {one, other}},
      {f::lfm2,
       t::think,
       "<|tool_call_start|>[{\"name\": \"sow\", \"arguments\": " + barley + "}]<|tool_call_end|>",
       "",
       "",
       {one}},
      {f::lfm2,
       t::think,
       "<|tool_call_start|>[sow(where={\"bed\": [1, (2.5, None)]}, wet=True, seed='it\\'s "
       "\\u0041\\n')]<|tool_call_end|>",
       "",
       "",
       {R"(sow{"where": {"bed": [1, [2.5, null]]}, "wet": true, "seed": "it's A\n"})"}},
      {f::lfm2, t::think, "[sow(seed=\"barley\", rows=3), sow(seed='flax')]", "", "", {one, other}},
      {f::lfm2, t::think, "<think>Rows</think>[sow(seed=\"barley\", rows=3)]", "Rows", "", {one}},
      {f::lfm2, t::think, "[sow](sow.html) is a word.", "", "[sow](sow.html) is a word.", {}},
      // Gemma 4
      {f::gemma4, t::gemma4, "Sown.<|channel>thought\n<channel|>", "", "Sown.", {}},
      {f::gemma4,
       t::gemma4,
       "<|channel>thought\nRows.\n<channel|>Sowing.<|tool_call>call:sow{seed:<|\"|>barley<|\"|>,rows:3}<tool_call|>",
       "Rows.",
       "Sowing.",
       {one}},
      {f::gemma4,
       t::gemma4,
       "<|tool_call>call:sow{where:{bed:<|\"|>\"north\", {2}<|\"|>,deep:[1,true]}}<tool_call|><|tool_call>call:sow{}"
       "<tool_call|>",
       "",
       "",
       {R"(sow{"where": {"bed": "\"north\", {2}", "deep": [1, true]}})", "sow{}"}},
      // Granite, Phi
      {f::granite, t::granite, "<|tool_call|>[{\"name\": \"sow\", \"arguments\": " + barley + "}]", "", "", {one}},
      {f::granite, t::granite, "<think>Rows</think>\n<response>Three.</response>", "Rows", "Three.", {}},
      {f::phi4,
       t::think,
       "<|tool_call|>[{\"name\": \"sow\", \"arguments\": " + barley + "}]<|/tool_call|>",
       "",
       "",
       {one}},
      {f::phi4,
       t::think,
       "<|tool_call|>{\"name\": \"sow\", \"arguments\": " + barley + "}<|/tool_call|>",
       "",
       "",
       {one}},
      {f::functools, t::think, " functools[{\"name\": \"sow\", \"arguments\": " + barley + "}]", "", "", {one}},
      {f::functools, t::think, "The functools module.", "", "The functools module.", {}},
      // Cohere
      {f::cohere,
       t::cohere,
       "<|START_THINKING|>Rows.<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": "
       "\"sow\", "
       "\"parameters\": " +
           barley +
           "},\n    {\"tool_call_id\": \"1\", \"tool_name\": \"sow\", \"parameters\": {\"seed\": "
           "\"flax\"}}\n]<|END_ACTION|>",
       "Rows.",
       "",
       {one, other}},
      {f::cohere, t::cohere, "<|START_RESPONSE|>Three rows.<|END_RESPONSE|>", "", "Three rows.", {}},
      {f::cohere,
       t::cohere_text,
       "Rows.<|END_THINKING|><|START_TEXT|>Three.<|END_TEXT|>",
       "Rows.",
       "Three.",
       {},
       reply_start::thought},
      {f::command_r,
       t::think,
       "Action:\n```json\n[\n    {\n        \"tool_name\": \"sow\",\n        \"parameters\": " + barley +
           "\n    }\n]\n```",
       "",
       "",
       {one}},
      // GigaChat
      {f::gigachat,
       t::think,
       "Now.<|message_sep|>\n\nfunction call<|role_sep|>\n{\"name\": \"sow\", \"arguments\": " + barley + "}",
       "",
       "Now.",
       {one}},
      {f::gigachat_31,
       t::think,
       "Now.<|function_call|>{\"name\": \"sow\", \"arguments\": " + barley + "}",
       "",
       "Now.",
       {one}},
      // Apertus
      {f::apertus,
       t::apertus,
       "<|inner_prefix|>Rows.<|inner_suffix|>So be it.<|tools_prefix|>[{\"sow\": " + barley +
           "}, {\"sow\": {\"seed\": "
           "\"flax\"}}]<|tools_suffix|>",
       "Rows.",
       "So be it.",
       {one, other}},
      // Nemotron, and the formats that differ by their marks only
      {f::nemotron,
       t::think,
       "\n\nRows\n</think>\n\n<TOOLCALL>[{\"name\": \"sow\", \"arguments\": " + barley + "}]</TOOLCALL>",
       "\nRows",
       "",
       {one},
       reply_start::thought},
      {f::tool_calls,
       t::thinking,
       "<thinking>Rows</thinking>\n<tool_calls>[{\"name\": \"sow\", \"arguments\": " + barley + "}]</tool_calls>",
       "Rows",
       "",
       {one}},
      {f::deepseek_v31,
       t::think,
       "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>sow<｜tool▁sep｜>" + barley +
           "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
       "",
       "",
       {one}},
  };
}

}  // namespace

TEST_CASE("reply formats: every one is read, however it is cut, and no mark of it is seen") {
  for (const example& e : examples()) {
    CAPTURE(static_cast<int>(e.format), e.text);
    const outcome o = take_apart(e);
    CHECK(o.parts.thought == e.thought);
    CHECK(o.parts.answer == e.answer);
    CHECK(o.cut_text.empty());
    std::vector<std::string> calls;
    for (const tool_call& c : o.parts.calls) calls.push_back(c.name + c.arguments);
    CHECK(calls == e.calls);
    CHECK(o.told == e.calls);
  }
}

TEST_CASE("reply formats: whatever a reply breaks off in, its marks are not seen and its calls are no longer") {
  for (const example& e : examples()) {
    if (e.calls.empty()) continue;
    reply_settings s = with(e.format, e.start);
    s.thoughts = e.thoughts;
    s.tools_json = tools;
    for (std::size_t n = 0; n < e.text.size(); ++n) {
      const std::string cut = e.text.substr(0, n);
      CAPTURE(static_cast<int>(e.format), cut);
      const outcome whole = feed(cut, s, [&] { return n; }, true), bytes = feed(cut, s, [] { return 1; }, true);
      REQUIRE(whole.raw == cut);
      REQUIRE(whole == bytes);
      REQUIRE(whole.parts.calls.size() <= e.calls.size());
      for (std::size_t i = 0; i < whole.parts.calls.size(); ++i)
        REQUIRE(whole.parts.calls[i].name + whole.parts.calls[i].arguments == e.calls[i]);
    }
  }
}

TEST_CASE("reply formats: a call that a thought only mentions stays thought") {
  for (const example& e : examples()) {
    if (e.calls.empty() || !e.thought.empty() || !e.answer.empty() || e.format == reply_format::harmony ||
        e.format == reply_format::functionary || (e.text[0] == '[' && e.format == reply_format::lfm2))
      continue;
    const auto& marks = detail::reply::marks_of(e.thoughts);
    reply_settings s = with(e.format, reply_start::thought);
    s.thoughts = e.thoughts;
    s.tools_json = tools;
    const auto said = [&](const std::string& text) { return parse(text, s).parts; };
    CAPTURE(static_cast<int>(e.format), e.text);
    const std::string end(marks.end);
    const auto mentioned = said("It might be\n" + e.text + "\nbut think." + end + "No.");
    CHECK(mentioned.thought == "It might be\n" + e.text + "\nbut think.");
    CHECK(mentioned.answer == "No.");
    CHECK(mentioned.calls.empty());
    const auto both = said("It might be\n" + e.text + "\n" + end + "\n\n" + e.text);
    CHECK(both.thought == "It might be\n" + e.text);
    CHECK(both.calls.size() == e.calls.size());
    CHECK(both.answer.empty());
    // one that ends the reply is meant: the model forgot to close the thought
    const auto meant = said("It must be\n" + e.text);
    CHECK(meant.thought == "It must be");
    CHECK(meant.calls.size() == e.calls.size());
  }
}

TEST_CASE("reply formats: end marks that end nothing are hidden at the ends of lines, and quoted within") {
  for (const thought_format f : {thought_format::think, thought_format::mistral, thought_format::seed}) {
    auto s = with(reply_format::hermes);
    s.thoughts = f;
    const std::string end(detail::reply::marks_of(f).end);
    CHECK(parse("One.\n" + end + "\n\nTwo.", s).parts.answer == "One.Two.");
    CHECK(parse(end + "Two.", s).parts.answer == "Two.");
    CHECK(parse("Two." + end, s).parts.answer == "Two.");
    CHECK(parse("It ends with `" + end + "`.", s).parts.answer == "It ends with `" + end + "`.");
  }
  const std::string call = "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>";
  const auto twice = parse(call + "\n</tool_call>", with(reply_format::hermes));
  CHECK(twice.parts.calls.size() == 1);
  CHECK(twice.parts.answer.empty());
}

TEST_CASE("reply formats: a reply that is allowed one call ends with it") {
  for (const example& e : examples()) {
    if (e.calls.size() < 2) continue;
    CAPTURE(static_cast<int>(e.format));
    reply_settings s = with(e.format, e.start);
    s.thoughts = e.thoughts;
    s.tools_json = tools;
    s.one_call = true;
    const auto o = parse(e.text, s);
    CHECK(o.parts.stopped);
    REQUIRE(o.parts.calls.size() == 1);
    CHECK(o.parts.calls[0].name + o.parts.calls[0].arguments == e.calls[0]);
    CHECK(o.parts.thought == e.thought);
  }
}

TEST_CASE("reply formats: ids are those that the model wrote, where it writes any") {
  const auto ids = [](reply_format f, const std::string& text) {
    std::string all;
    for (const tool_call& c : parse(text, with(f)).parts.calls) all += c.id + " ";
    return all;
  };
  CHECK(ids(reply_format::kimi,
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:4<|tool_call_argument_begin|>"
            "{}<|tool_call_end|><|tool_calls_section_end|>") == "functions.f:4 ");
  CHECK(ids(reply_format::mistral_args, "[TOOL_CALLS]f[CALL_ID]a1b2c3d4e[ARGS]{}") == "a1b2c3d4e ");
  CHECK(ids(reply_format::hermes, "<tool_call>{\"name\": \"f\"}</tool_call><tool_call>{\"name\": \"g\"}</tool_call>") ==
        "call_0 call_1 ");
}

TEST_CASE("reply formats: the rows of the table are those of the enumeration, and their marks can be told apart") {
  using namespace detail::reply;
  for (std::size_t i = 0; i < std::size(call_syntaxes); ++i) {
    const call_syntax& row = call_syntaxes[i];
    CAPTURE(i);
    CHECK(static_cast<std::size_t>(row.is) == i);
    if (i == 0) continue;
    CHECK(std::count(std::begin(told_in_order), std::end(told_in_order), row.is) ==
          (row.is == reply_format::deepseek_v31 ? 0 : 1));
    const bool headed = !row.header_end.empty();
    CHECK((headed || row.bare_object || !core(row.begins).empty() || !core(row.call_begin).empty() ||
           !core(row.name_begin).empty()));
    if (row.body == call_body::tagged) {
      CHECK_FALSE(core(row.value_begin).empty());
      CHECK_FALSE(core(row.value_end).empty());
      CHECK_FALSE(core(row.key_end).empty());
    }
  }
}

TEST_CASE("reply formats: told from templates and vocabularies") {
  const auto told = [](const char* s) { return reply_format_of(s); };
  CHECK(told("'<|start|>assistant<|channel|>analysis<|message|>'") == reply_format::harmony);
  CHECK(told("'[TOOL_CALLS][' }}") == reply_format::mistral);
  CHECK(told("'[TOOL_CALLS]' + name + '[ARGS]'") == reply_format::mistral_args);
  CHECK(told("<|tool_calls_section_begin|>") == reply_format::kimi);
  CHECK(told("<tool_call>{name}\n<arg_key>k</arg_key>\n<arg_value>") == reply_format::glm);
  CHECK(told("<tool_call>{name}<arg_key>k</arg_key><arg_value>") == reply_format::glm_47);
  CHECK(told("'<minimax:tool_call>'") == reply_format::minimax);
  CHECK(told("'<seed:tool_call>' <function=f> <parameter=") == reply_format::seed);
  CHECK(told("ipython <|python_tag|> '<function=' name") == reply_format::function_tags);
  CHECK(told("{{ '>>>all\n' + content }}") == reply_format::functionary);
  CHECK(told("<|tool_call>call:") == reply_format::gemma4);
  CHECK(told("<|tool_call|> followed by a list") == reply_format::granite);
  CHECK(told("<|tool_call|>{}<|/tool_call|>") == reply_format::phi4);
  CHECK(told("<|START_ACTION|>") == reply_format::cohere);
  CHECK(told("<|tools_prefix|>") == reply_format::apertus);
  CHECK(told("<TOOLCALL>[") == reply_format::nemotron);
  CHECK(told("<｜tool▁calls▁begin｜> <｜tool▁sep｜>") == reply_format::deepseek_v31);
  CHECK(reply_syntax_of("[THINK] [/THINK]").thoughts == thought_format::mistral);
  CHECK(reply_syntax_of("<seed:think></seed:think>").thoughts == thought_format::seed);
  CHECK(reply_start_of("x<|start|>assistant", {reply_format::harmony}) == reply_start::open);
  CHECK(reply_start_of("x<|start|>assistant<|channel|>final<|message|>", {reply_format::harmony}) ==
        reply_start::answer);
  CHECK(reply_start_of("[THINK]", {reply_format::mistral, thought_format::mistral}) == reply_start::thought);
  CHECK(reply_start_of("<|channel>thought\n<channel|>", {reply_format::gemma4, thought_format::gemma4}) ==
        reply_start::answer);
}
