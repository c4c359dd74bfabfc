#include "catch.hpp"

#include "reply/replies.hpp"

#include <cstring>
#include <random>

using namespace retort;
using namespace replies;

TEST_CASE("reply: a thought and an answer") {
  const auto r = parse("<think>\nI wonder.\n</think>\n\nYes.", with(reply_format::plain));
  CHECK(r.parts.thought == "I wonder.");
  CHECK(r.parts.answer == "Yes.");
  CHECK(r.hidden == "<think>\n\n</think>\n\n");
  CHECK_FALSE(r.parts.thought_open);
}

TEST_CASE("reply: the prompt opened the thought") {
  const auto r = parse("\nhm\n\nwell \n</think>\n\nNo.\n", with(reply_format::deepseek, reply_start::thought));
  CHECK(r.parts.thought == "hm\n\nwell");
  CHECK(r.parts.answer == "No.\n");
  // a model that opens it again
  const auto again = parse("<think>\nx</think>y", with(reply_format::deepseek, reply_start::thought));
  CHECK(again.parts.thought == "x");
  CHECK(again.parts.answer == "y");
}

TEST_CASE("reply: the prompt closed the thought, or there is none") {
  CHECK(parse("Plain.", with(reply_format::plain)).parts.answer == "Plain.");
  CHECK(parse("\n\nPlain", with(reply_format::plain, reply_start::answer)).parts.answer == "Plain");
  CHECK(parse(" <think", with(reply_format::plain)).parts.answer == " <think");
  CHECK(parse(" a <think>b", with(reply_format::plain)).parts.answer == " a <think>b");
  CHECK(parse("", with(reply_format::plain)).parts.answer.empty());
  CHECK(parse("a</think>b", with(reply_format::plain)).parts.answer == "a</think>b");
}

TEST_CASE("reply: a thought that never ends stays a thought") {
  auto r = parse("thinking about </thin", with(reply_format::deepseek, reply_start::thought));
  CHECK(r.parts.thought == "thinking about </thin");
  CHECK(r.parts.answer.empty());
  CHECK(r.parts.thought_open);
  r = parse("<think>\n", with(reply_format::hermes));
  CHECK(r.parts.thought.empty());
  CHECK(r.parts.thought_open);
}

TEST_CASE("reply: where a reply begins is told from the prompt") {
  CHECK(reply_start_of("<｜Assistant｜><think>\n") == reply_start::thought);
  CHECK(reply_start_of("<｜Assistant｜></think>") == reply_start::answer);
  CHECK(reply_start_of("<think>\n\n</think>\n\n") == reply_start::answer);
  CHECK(reply_start_of("user: what does <think> mean?<|im_end|>\n<|im_start|>assistant\n") == reply_start::open);
}

TEST_CASE("reply: the format is told from the template") {
  CHECK(reply_format_of("x '<｜tool▁calls▁begin｜>' y") == reply_format::deepseek);
  CHECK(reply_format_of("{{ '<tool_call>\\n{\"name\": ' }}") == reply_format::hermes);
  CHECK(reply_format_of("<tool_call>\\n<function=f>") == reply_format::qwen_coder);
  CHECK(reply_format_of("role == 'ipython'") == reply_format::llama);
  CHECK(reply_format_of("<｜DSML｜function_calls>") == reply_format::dsml);
  CHECK(reply_format_of("{{ messages }}") == reply_format::plain);
}

TEST_CASE("reply: DeepSeek V3 and R1 calls") {
  const std::string one =
      "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": "
      "\"Paris\"}\n```<｜tool▁call▁end｜>";
  const auto r = parse("<think>\nlook it up\n</think>\n\nLet me see.\n" + one +
                           "\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n```json\n{}\n```<｜tool▁call▁end｜><"
                           "｜tool▁calls▁end｜>",
                       with(reply_format::deepseek));
  CHECK(r.parts.thought == "look it up");
  CHECK(r.parts.answer == "Let me see.");
  REQUIRE(r.parts.calls.size() == 2);
  CHECK(r.parts.calls[0].id == "call_0");
  CHECK(r.parts.calls[0].name == "get_weather");
  CHECK(r.parts.calls[0].arguments == "{\"city\": \"Paris\"}");
  CHECK(r.parts.calls[1].id == "call_1");
  CHECK(r.parts.calls[1].name == "get_time");
  // a tool call ends a thought that was not closed; end marks may be missing
  const auto inside = parse("so call it\n" + one, with(reply_format::deepseek, reply_start::thought));
  CHECK(inside.parts.thought == "so call it");
  CHECK(inside.parts.calls.size() == 1);
  CHECK_FALSE(inside.parts.thought_open);
  const auto bare = parse("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\": 1}",
                          with(reply_format::deepseek));
  REQUIRE(bare.parts.calls.size() == 1);
  CHECK(bare.parts.calls[0].arguments == "{\"a\": 1}");
}

TEST_CASE("reply: what distilled models make of DeepSeek's tags") {
  for (const char* s : {"_", " ", "\\_", "▁"}) {
    const auto tag = [&](std::string words) {
      std::string t = "<｜";
      for (char c : words) c == ' ' ? t += s : t += c;
      return t + "｜>";
    };
    const auto r = parse(tag("tool calls begin") + "\n" + tag("tool call begin") + "function" + tag("tool sep") +
                             "f\n```json\n{\"q\": \"a ``` } <｜tool▁call▁end｜>\"}\n```\n" + tag("tool call end") +
                             "\n" + tag("tool calls end"),
                         with(reply_format::deepseek));
    REQUIRE(r.parts.calls.size() == 1);
    CHECK(r.parts.calls[0].name == "f");
    CHECK(r.parts.calls[0].arguments == "{\"q\": \"a ``` } <｜tool▁call▁end｜>\"}");
    CHECK(r.parts.answer.empty());
  }
  // ASCII look-alikes are text
  const std::string fake = "<|tool_calls_begin|><|tool_call_begin|>function<|tool_sep|>f";
  CHECK(parse(fake, with(reply_format::deepseek)).parts.answer == fake);
}

TEST_CASE("reply: DeepSeek V3.1 calls") {
  const auto r = parse(
      "Sure.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>search<｜tool▁sep｜>{\"q\": {\"x\": [1, 2]}}<｜tool▁call▁end｜>"
      "<｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
      with(reply_format::deepseek, reply_start::answer));
  CHECK(r.parts.answer == "Sure.");
  REQUIRE(r.parts.calls.size() == 2);
  CHECK(r.parts.calls[0].name == "search");
  CHECK(r.parts.calls[0].arguments == "{\"q\": {\"x\": [1, 2]}}");
  CHECK(r.parts.calls[1].name == "f");
}

TEST_CASE("reply: Hermes and Qwen calls") {
  const auto r = parse(
      "<think>\na\n</think>\n\nOne moment.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"s\": \"</tool_call> "
      "}\\\"\", \"n\": 1.0}}\n</tool_call>\n"
      "<tool_call>\n{\"arguments\": \"{\\\"k\\\": 2}\", \"name\": \"g\"}\n</tool_call>\n",
      with(reply_format::hermes));
  CHECK(r.parts.answer == "One moment.");
  REQUIRE(r.parts.calls.size() == 2);
  CHECK(r.parts.calls[0].arguments == "{\"s\": \"</tool_call> }\\\"\", \"n\": 1.0}");
  CHECK(r.parts.calls[1].name == "g");
  CHECK(r.parts.calls[1].arguments == "{\"k\": 2}");
  CHECK(parse("<tool_call>{\"name\": \"f\"}", with(reply_format::hermes)).parts.calls[0].arguments == "{}");
}

TEST_CASE("reply: what only looks like a call is given back") {
  for (const std::string text : {"Use <tool_call> to call.", "<tool_call>\n{\"nome\": 1}\n</tool_call>",
                                 "<tool_call>{nonsense}</tool_call> x", "<tool_call>", "a <tool_cal",
                                 "<tool_call>\n[1]\n</tool_call>", "<tool_call>{\"name\": \"f\", \"arguments\": [1]}",
                                 "  <tool_call> no", "x \n <tool_call>{\"name\": 3}</tool_call>\n"}) {
    const auto r = parse(text, with(reply_format::hermes));
    CHECK(r.parts.calls.empty());
    CHECK(r.parts.answer + r.cut_text == text);
  }
  const auto thought =
      parse("I could write <tool_call> here.</think>ok", with(reply_format::hermes, reply_start::thought));
  CHECK(thought.parts.thought == "I could write <tool_call> here.");
  CHECK(thought.parts.answer == "ok");
  auto off = with(reply_format::hermes);
  off.calls = false;
  CHECK(parse("<tool_call>\n{\"name\": \"f\"}\n</tool_call>", off).parts.calls.empty());
  // the second call is malformed, the first one counts
  const auto half = parse(
      "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁call▁begin｜>g<"
      "｜tool▁sep｜>nothing",
      with(reply_format::deepseek));
  CHECK(half.parts.calls.size() == 1);
  CHECK((half.parts.answer + half.cut_text).find("nothing") != std::string::npos);
}

TEST_CASE("reply: a call that was cut off is reported") {
  const auto r = parse("Wait.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"b", with(reply_format::hermes));
  CHECK(r.parts.call_cut);
  CHECK(r.parts.calls.empty());
  CHECK(r.parts.answer == "Wait.");
  CHECK(r.cut_name == "f");
  CHECK(r.cut_text == "\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"b");
  const auto d = parse("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get\n```json\n{\"ci",
                       with(reply_format::deepseek));
  CHECK(d.parts.call_cut);
  CHECK(d.cut_name == "get");
  for (const char* cut : {"{\"x\\", "{\"name\": \"x\\", "{\"name\\"})  // inside an escape
    CHECK(parse(std::string("<tool_call>\n") + cut, with(reply_format::hermes)).parts.call_cut);
}

TEST_CASE("reply: Qwen3-Coder calls, with values typed by the schema") {
  auto s = with(reply_format::qwen_coder);
  s.tools_json = R"([{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":
      {"s":{"type":"string"},"n":{"type":"integer"},"o":{"type":"object"},"x":{}}}}}])";
  const auto r = parse(
      "Go.\n<tool_call>\n<function=f>\n<parameter=s>\n12\n</parameter>\n<parameter=n>\n12\n</parameter>\n"
      "<parameter=o>\n{\"k\": [1]}\n</parameter>\n<parameter=x>\ntrue\n</parameter>\n<parameter=unknown>\nline 1\nline "
      "\"2\"\n</parameter>\n</function>\n</tool_call>",
      s);
  CHECK(r.parts.answer == "Go.");
  REQUIRE(r.parts.calls.size() == 1);
  CHECK(r.parts.calls[0].name == "f");
  CHECK(r.parts.calls[0].arguments ==
        "{\"s\": \"12\", \"n\": 12, \"o\": {\"k\": [1]}, \"x\": true, \"unknown\": \"line 1\\nline \\\"2\\\"\"}");
  // without the outer tag, without parameters, two in a row
  const auto two = parse("<function=f>\n</function>\n<function=g><parameter=a>1</parameter></function>", s);
  REQUIRE(two.parts.calls.size() == 2);
  CHECK(two.parts.calls[0].arguments == "{}");
  CHECK(two.parts.calls[1].arguments == "{\"a\": \"1\"}");
  // and JSON, as its siblings write it
  CHECK(parse("<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", s).parts.calls.size() == 1);
}

TEST_CASE("reply: Llama calls") {
  const auto r = parse("{\"name\": \"f\", \"parameters\": {\"a\": 1}}", with(reply_format::llama));
  REQUIRE(r.parts.calls.size() == 1);
  CHECK(r.parts.calls[0].arguments == "{\"a\": 1}");
  CHECK(r.parts.answer.empty());
  CHECK(parse("{\"type\": \"function\", \"name\": \"f\", \"parameters\": {}}", with(reply_format::llama))
            .parts.calls.size() == 1);
  for (const std::string text :
       {"{\"answer\": 42}", "Use {\"name\": \"f\", \"parameters\": {}}", "{ {", "{\"name\": \"f\"} { x"}) {
    const auto t = parse(text, with(reply_format::llama));
    CHECK(t.parts.answer + t.cut_text + (t.parts.calls.empty() ? "" : "{\"name\": \"f\"}") + "" != "");
    CHECK(t.raw == text);
  }
  const auto tool = parse("<|python_tag|>brave_search.call(query=\"weather \\\"x\\\"\", n=3, deep=True)<|eom_id|>",
                          with(reply_format::llama));
  REQUIRE(tool.parts.calls.size() == 1);
  CHECK(tool.parts.calls[0].name == "brave_search");
  CHECK(tool.parts.calls[0].arguments == "{\"query\": \"weather \\\"x\\\"\", \"n\": 3, \"deep\": true}");
  const auto code = parse("<|python_tag|>print(1)\nx = 2", with(reply_format::llama));
  REQUIRE(code.parts.calls.size() == 1);
  CHECK(code.parts.calls[0].name == "python");
  CHECK(code.parts.calls[0].arguments == "{\"code\": \"print(1)\\nx = 2\"}");
  CHECK(parse("<|python_tag|>print(1", with(reply_format::llama), true).parts.call_cut);
}

TEST_CASE("reply: DSML calls") {
  const auto r = parse(
      "Ok\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"s\" string=\"true\">1 < "
      "2\n</｜DSML｜parameter>\n"
      "<｜DSML｜parameter name=\"n\" string=\"false\">[1, 2]</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke "
      "name=\"g\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
      with(reply_format::dsml));
  CHECK(r.parts.answer == "Ok");
  REQUIRE(r.parts.calls.size() == 2);
  CHECK(r.parts.calls[0].arguments == "{\"s\": \"1 < 2\\n\", \"n\": [1, 2]}");
  CHECK(r.parts.calls[1].name == "g");
  CHECK(r.parts.calls[1].arguments == "{}");
  CHECK(parse("<｜DSML｜tool_calls><｜DSML｜invoke name=\"f\"></｜DSML｜invoke></｜DSML｜tool_calls>",
              with(reply_format::dsml))
            .parts.calls.size() == 1);
}

TEST_CASE("reply: stop strings are held back and end the reply") {
  auto s = with(reply_format::hermes);
  s.stop = {"\nUser:", "###", "<|end"};
  auto r = parse("Hello\nUs there\nUser: hi", s);
  CHECK(r.parts.answer == "Hello\nUs there");
  CHECK(r.parts.stopped);
  r = parse("<think>a ## b</think>c##<|en", s);
  CHECK(r.parts.thought == "a ## b");
  CHECK(r.parts.answer == "c##<|en");
  CHECK_FALSE(r.parts.stopped);
  r = parse("<think>a ### b</think>c", s);
  CHECK(r.parts.thought == "a ");
  CHECK(r.parts.stopped);
  CHECK(r.parts.thought_open);
}

TEST_CASE("reply: text comes out as soon as it can") {
  std::string seen;
  reply_parser parser(with(reply_format::hermes));
  const auto take = [&](const reply_event& e) { seen += e.text; };
  for (const char* piece : {"Hel", "lo", " wor", "ld", " <b", ">"}) parser.feed(piece, take);
  CHECK(seen == "Hello world <b>");
  parser.feed(" <", take);
  CHECK(seen == "Hello world <b>");
  parser.feed("i>", take);
  CHECK(seen == "Hello world <b> <i>");
}

TEST_CASE("reply: however noise is cut, nothing is lost and nothing changes") {
  const std::vector<std::string> bits = {"<think>",
                                         "</think>",
                                         "<tool_call>",
                                         "</tool_call>",
                                         "{\"name\": \"f\", \"arguments\": {}}",
                                         "{",
                                         "}",
                                         "\"",
                                         "<function=f>",
                                         "<parameter=p>",
                                         "</parameter>",
                                         "</function>",
                                         "<｜tool▁calls▁begin｜>",
                                         "<｜tool_call_begin｜>",
                                         "function",
                                         "<｜tool▁sep｜>",
                                         "\n```json\n",
                                         "{\"a\": 1}",
                                         "```",
                                         "<｜tool▁call▁end｜>",
                                         "<｜tool▁calls▁end｜>",
                                         "<|python_tag|>",
                                         "f.call(a=1)",
                                         "<｜DSML｜function_calls>",
                                         "<｜DSML｜invoke name=\"f\">",
                                         "<｜DSML｜parameter name=\"p\" string=\"true\">",
                                         "</｜DSML｜parameter>",
                                         "</｜DSML｜invoke>",
                                         "</｜DSML｜function_calls>",
                                         "\n",
                                         " ",
                                         "text",
                                         "سلام",
                                         "你好",
                                         "😀",
                                         "<",
                                         "｜",
                                         "[TOOL_CALLS]",
                                         "[ARGS]",
                                         "[",
                                         "]",
                                         "<|channel|>analysis<|message|>",
                                         "<|channel|>commentary to=functions.f<|message|>",
                                         "<|end|>",
                                         "<|start|>assistant",
                                         "<|call|>",
                                         ">>>f\n",
                                         "all\n",
                                         "f\n",
                                         "<|tool_calls_section_begin|>",
                                         "<|tool_call_begin|>functions.f:0",
                                         "<|tool_call_argument_begin|>",
                                         "<tool_call>f\n",
                                         "<arg_key>k</arg_key>",
                                         "<arg_value>",
                                         "</arg_value>",
                                         "<|tool_call_start|>",
                                         "f(a=1, b='x')",
                                         "<|tool_call>call:f{k:<|\"|>",
                                         "<|\"|>,n:1}<tool_call|>",
                                         "<|START_ACTION|>",
                                         "<TOOLCALL>",
                                         "</TOOLCALL>",
                                         "functools[",
                                         "STOP",
                                         "ST",
                                         "\xff",
                                         "\\"};
  std::mt19937 random(42);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (auto n = random() % 14; n > 0; --n) text += bits[random() % bits.size()];
    auto s = with(static_cast<reply_format>(random() % std::size(detail::reply::call_syntaxes)),
                  static_cast<reply_start>(random() % 3));
    if (random() % 3 == 0) s.stop = {"STOP"};
    const bool limit = random() % 2 == 0;
    const outcome whole = feed(text, s, [&] { return text.size(); }, limit);
    REQUIRE(whole.raw == text);
    for (std::size_t n : {1, 2, 3, 5}) {
      const outcome cut = feed(text, s, [&] { return n; }, limit);
      CAPTURE(text, n, static_cast<int>(s.format), static_cast<int>(s.start), whole.parts.answer, cut.parts.answer,
              whole.parts.thought, cut.parts.thought, whole.hidden, cut.hidden, whole.cut_text, cut.cut_text, limit);
      REQUIRE(cut.raw == text);
      REQUIRE(cut == whole);
    }
  }
}

TEST_CASE("reply: long replies cost linear time") {
  const std::size_t n = 30'000;
  for (const auto& row : detail::reply::call_syntaxes) {
    std::vector<std::string> heads = {"", "<think>", "x", "</think>"};
    for (const std::string_view begin : {row.begins, row.call_begin, row.name_begin, row.header_begins[0]})
      if (!begin.empty()) heads.emplace_back(begin);
    if (row.is == reply_format::hermes)
      heads.insert(heads.end(), {"<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"",
                                 "<think><tool_call>\n{\"name\": \"f\"}</tool_call>"});
    if (row.is == reply_format::qwen_coder) heads.emplace_back("<function=f>\n<parameter=p>\n");
    if (row.is == reply_format::lfm2) heads.emplace_back("<|tool_call_start|>[f(a='");
    if (row.is == reply_format::gemma4) heads.emplace_back("<|tool_call>call:f{a:<|\"|>");
    if (row.is == reply_format::harmony) heads.emplace_back("<|channel|>commentary to=python<|message|>");
    for (const std::string& head : heads)
      for (const char* const body : {"\n", " ", "<", "a", "</", "{", "["}) {
        std::size_t given = 0;
        reply_parser parser(with(row.is));
        const auto take = [&](const reply_event& e) { given += e.raw.size(); };
        parser.feed(head, take);
        for (std::size_t i = 0; i < n; ++i) parser.feed(body, take);
        parser.finish(take);
        REQUIRE(given == head.size() + n * std::strlen(body));
      }
  }
}

TEST_CASE("reply: in the middle of an answer nothing is hidden") {
  reply_settings s;
  s.start = reply_start::text;
  const auto r = parse("\n\n<think> is text\n</think>\n\nas well", s);
  CHECK(r.parts.answer == "\n\n<think> is text\n</think>\n\nas well");
  CHECK(r.parts.thought.empty());
}
