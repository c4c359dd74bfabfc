// The API as a function, over tiny random models: what they say is noise, so shapes make their answers definite.
#include "deepseek/support.hpp"

#include <random>

using namespace retort;
using namespace std::chrono_literals;
using namespace api_checks;
using support::model_of;

TEST_CASE("completions: good requests get responses that validate, and the same in chunks") {
  const std::vector<std::string> good = {
      R"({})",
      R"({"model": "deepseek-v4-pro"})",
      R"({"model": "deepseek-chat"})",
      R"({"model": "deepseek-reasoner"})",
      R"({"model": null})",
      R"({"max_tokens": null, "max_completion_tokens": 7})",
      R"({"max_tokens": 1})",
      R"({"temperature": 0})",
      R"({"temperature": 2, "top_p": 0.5, "seed": 7})",
      R"({"temperature": null, "top_p": 1, "stop": null, "tools": null, "user": "u"})",
      R"({"presence_penalty": -2, "frequency_penalty": 2})",
      R"({"repetition_penalty": 1.2, "min_p": 0.1, "top_k": 5})",
      R"({"logit_bias": {"65": 100}})",
      R"({"n": 1, "user_id": "someone-1"})",
      R"({"stop": "e"})",
      R"({"stop": ["e", "a", "\n"]})",
      R"({"stop": []})",
      R"({"logprobs": true})",
      R"({"logprobs": true, "top_logprobs": 5})",
      R"({"logprobs": true, "top_logprobs": 20, "temperature": 0})",
      R"({"logprobs": false})",
      R"({"response_format": {"type": "text"}})",
      R"({"response_format": {"type": "json_object"}, "max_tokens": 60})",
      R"({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "integer"}}}, "max_tokens": 40})",
      R"({"thinking": {"type": "enabled"}})",
      R"({"thinking": {"type": "disabled"}})",
      R"({"reasoning_effort": "minimal"})",
      R"({"reasoning_effort": "ultra", "thinking": {"type": "enabled"}})",
      R"({"reasoning_effort": "none"})",
      R"({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u", "name": "me"}]})",
      R"({"messages": [{"role": "developer", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]})",
      R"({"messages": [{"role": "user", "content": ""}]})",
      R"({"messages": [{"role": "user", "content": "Grüße \u0000 \ud83d\ude00"}]})",
      R"({"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a", "reasoning_content": "t"}, {"role": "user", "content": "v"}]})",
      R"({"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": null}, {"role": "user", "content": "v"}]})",
      R"({"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "one, two,", "prefix": true}]})",
      R"({"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "x", "reasoning_content": "t", "prefix": true}]})",
      R"({"messages": [{"role": "user", "content": "u"},
          {"role": "assistant", "content": null, "reasoning_content": "", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}]},
          {"role": "tool", "tool_call_id": "c1", "content": "12:00"}]})",
      R"({"messages": [{"role": "user", "content": "u"},
          {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "now", "arguments": ""}},
          {"id": "c2", "type": "function", "function": {"name": "now", "arguments": "not JSON"}}]}, {"role": "tool", "tool_call_id": "c1", "content": "12:00"}]})",
      "{" + two_tools + "}",
      "{" + two_tools + R"(, "tool_choice": "auto"})",
      "{" + two_tools + R"(, "tool_choice": "none"})",
      "{" + two_tools + R"(, "tool_choice": "required", "max_tokens": 200})",
      "{" + two_tools + R"(, "tool_choice": {"type": "function", "function": {"name": "now"}}, "max_tokens": 200})",
      R"({"tools": []})",
      R"({"tool_choice": "none"})",
      R"({"tool_choice": "auto"})",
      R"({"tools": [{"type": "function", "function": {"name": "f", "strict": true}}, {"type": "function", "function": {"name": "g"}}]})",
      "{" + two_tools + R"(, "tool_choice": "required", "parallel_tool_calls": false, "max_tokens": 200})",
      R"({"chat_template_kwargs": {"mood": "good", "enable_thinking": false}})",
      R"({"thinking": {"type": "enabled", "budget_tokens": 3}})",
      R"({"top_k": -1, "typical_p": 0.9, "top_n_sigma": 2, "xtc_probability": 0.5, "xtc_threshold": 0.05, "repeat_penalty": 1.1, "repeat_last_n": -1})",
      R"({"dynatemp_range": 0.5, "dynatemp_exponent": 2, "samplers": ["penalties", "dry", "top_k", "typ_p", "temperature"]})",
      R"({"dry_multiplier": 0.8, "dry_base": 2, "dry_allowed_length": 1, "dry_penalty_last_n": -1, "dry_sequence_breakers": ["l", "\n"]})",
      R"({"mirostat": 2, "mirostat_tau": 3, "mirostat_eta": 0.2})",
      R"({"samplers": [], "mirostat": 0, "top_n_sigma": -1})",
      R"({"stream": false, "stream_options": null, "unknown_field": {"x": [1]}})",
  };
  for (const std::string* source : {&hermes, &begun_thought, &switched_thought}) {
    auto c = make(*source);
    for (const std::string& more : good) {
      INFO(more << " with " << *source);
      const json r = request(more);
      const answer a = ask(c, r), b = ask_in_chunks(c, r);
      CHECK(a == b);
      CHECK(a.n_scores == b.n_scores);
      json counted = r;
      counted["stream"] = true;
      counted["stream_options"] = {{"include_usage", true}};
      const std::string events = c.complete(counted.dump());
      const answer d = check_chunks(chunks_of(events), counted);
      CHECK(a == d);
      for (const char* n : {"prompt_tokens", "completion_tokens", "total_tokens"}) CHECK(d.usage[n] == a.usage[n]);
    }
  }
}

TEST_CASE("completions: bad requests get their error object") {
  struct row {
    const char* more;
    int status;
    const char* param;
  };
  const std::vector<row> bad = {
      {R"({"messages": null})", 422, "messages"},
      {R"({"messages": []})", 400, "messages"},
      {R"({"messages": "hello"})", 400, "messages"},
      {R"({"messages": [1]})", 400, "messages[0]"},
      {R"({"messages": [{}]})", 400, "messages[0].role"},
      {R"({"messages": [{"role": "robot", "content": "x"}]})", 400, "messages[0].role"},
      {R"({"messages": [{"role": 7, "content": "x"}]})", 400, "messages[0].role"},
      {R"({"messages": [{"role": "user"}]})", 400, "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": null}]})", 400, "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": 7}]})", 400, "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]})", 400,
       "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": [{"type": "text"}]}]})", 400, "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": ["x"]}]})", 400, "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": "x", "tool_calls": []}]})", 400, "messages[0].tool_calls"},
      {R"({"messages": [{"role": "user", "content": "x", "name": 1}]})", 400, "messages[0].name"},
      {R"({"messages": [{"role": "tool", "content": "x"}]})", 400, "messages[0].tool_call_id"},
      {R"({"messages": [{"role": "assistant", "content": "x", "tool_calls": [{"id": 1}]}]})", 400,
       "messages[0].tool_calls"},
      {R"({"messages": [{"role": "assistant", "content": "x", "tool_calls": "f"}]})", 400, "messages[0].tool_calls"},
      {R"({"messages": [{"role": "assistant", "content": "x", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {}}}]}]})",
       400, "messages[0].tool_calls"},
      {R"({"messages": [{"role": "user", "content": "x", "prefix": true}]})", 400, "messages[0].prefix"},
      {R"({"messages": [{"role": "assistant", "content": "x", "prefix": true}, {"role": "user", "content": "x"}]})",
       400, "messages[0].prefix"},
      {R"({"messages": [{"role": "assistant", "content": "x", "prefix": true}]})", 400, "messages"},
      {R"({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "x", "prefix": 1}]})", 400,
       "messages[1].prefix"},
      {R"({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "x", "prefix": true}],
           "response_format": {"type": "json_object"}})",
       400, "messages"},
      {R"({"model": 7})", 422, "model"},
      {R"({"max_tokens": 0})", 422, "max_tokens"},
      {R"({"max_tokens": -1})", 422, "max_tokens"},
      {R"({"max_tokens": 1.5})", 422, "max_tokens"},
      {R"({"max_tokens": "10"})", 422, "max_tokens"},
      {R"({"temperature": 2.1})", 422, "temperature"},
      {R"({"temperature": -0.1})", 422, "temperature"},
      {R"({"temperature": "hot"})", 422, "temperature"},
      {R"({"top_p": 1.1})", 422, "top_p"},
      {R"({"top_p": []})", 422, "top_p"},
      {R"({"presence_penalty": 3})", 422, "presence_penalty"},
      {R"({"frequency_penalty": -3})", 422, "frequency_penalty"},
      {R"({"seed": -1})", 422, "seed"},
      {R"({"typical_p": 2})", 422, "typical_p"},
      {R"({"xtc_probability": -1})", 422, "xtc_probability"},
      {R"({"dry_base": 0.5})", 422, "dry_base"},
      {R"({"dry_sequence_breakers": "x"})", 422, "dry_sequence_breakers"},
      {R"({"dry_sequence_breakers": [""]})", 422, "dry_sequence_breakers"},
      {R"({"repeat_last_n": -2})", 422, "repeat_last_n"},
      {R"({"mirostat": 1})", 422, "mirostat"},
      {R"({"samplers": "top_k"})", 422, "samplers"},
      {R"({"samplers": ["top_k", "top_k"]})", 422, "samplers"},
      {R"({"samplers": ["entropy"]})", 422, "samplers"},
      {R"({"samplers": [1]})", 422, "samplers"},
      {R"({"parallel_tool_calls": "no"})", 422, "parallel_tool_calls"},
      {R"({"chat_template_kwargs": "no"})", 422, "chat_template_kwargs"},
      {R"({"thinking": {"type": "enabled", "budget_tokens": 0}})", 422, "thinking.budget_tokens"},
      {R"({"n": 2})", 422, "n"},
      {R"({"stop": 7})", 422, "stop"},
      {R"({"stop": [1]})", 422, "stop"},
      {R"({"stop": ["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"]})", 422, "stop"},
      {R"({"stream": "yes"})", 422, "stream"},
      {R"({"stream_options": {"include_usage": true}})", 400, "stream_options"},
      {R"({"stream": true, "stream_options": 1})", 422, "stream_options"},
      {R"({"stream": true, "stream_options": {"include_usage": 1}})", 422, "stream_options.include_usage"},
      {R"({"logit_bias": [1]})", 422, "logit_bias"},
      {R"({"logit_bias": {"x": 1}})", 422, "logit_bias"},
      {R"({"logit_bias": {"1": 101}})", 422, "logit_bias"},
      {R"({"logit_bias": {"99999999": 1}})", 422, "logit_bias"},
      {R"({"logprobs": 1})", 422, "logprobs"},
      {R"({"top_logprobs": 3})", 400, "top_logprobs"},
      {R"({"logprobs": true, "top_logprobs": 21})", 422, "top_logprobs"},
      {R"({"response_format": "json_object"})", 422, "response_format"},
      {R"({"response_format": {"type": "xml"}})", 422, "response_format"},
      {R"({"response_format": {"type": "json_schema"}})", 422, "response_format.json_schema"},
      {R"({"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "colour"}}}})", 400,
       "response_format"},
      {R"({"response_format": {"type": "json_schema", "json_schema": {"schema": {"not": {}}}}})", 400,
       "response_format"},
      {R"({"thinking": true})", 422, "thinking"},
      {R"({"thinking": {"type": "maybe"}})", 422, "thinking"},
      {R"({"reasoning_effort": "huge"})", 422, "reasoning_effort"},
      {R"({"user_id": 1})", 422, "user_id"},
      {R"({"tools": {}})", 422, "tools"},
      {R"({"tools": [1]})", 422, "tools[0]"},
      {R"({"tools": [{"type": "retrieval", "function": {"name": "f"}}]})", 422, "tools[0]"},
      {R"({"tools": [{"type": "function", "function": {}}]})", 422, "tools[0].function.name"},
      {R"({"tools": [{"type": "function", "function": {"name": "a b"}}]})", 422, "tools[0].function.name"},
      {R"({"tools": [{"type": "function", "function": {"name": "f", "parameters": 1}}]})", 422,
       "tools[0].function.parameters"},
      {R"({"tools": [{"type": "function", "function": {"name": "f", "strict": "yes"}}]})", 422,
       "tools[0].function.strict"},
      {R"({"tools": [{"type": "function", "function": {"name": "f", "strict": true, "parameters": {"$ref": "far.json"}}}]})",
       400, "tools"},
      {R"({"tool_choice": "required"})", 400, "tool_choice"},
      {R"({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "sometimes"})", 422,
       "tool_choice"},
      {R"({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": {"type": "function", "function": {"name": "g"}}})",
       400, "tool_choice"},
      {R"({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": {}})", 400, "tool_choice"},
  };
  auto c = make(hermes);
  for (const row& b : bad) {
    refused(c, request(b.more).dump(), b.status, b.param);
    std::vector<std::string> chunks;
    int status = 0;
    const std::string error = c.stream(
        request(b.more).dump(),
        [&](std::string_view chunk) {
          chunks.emplace_back(chunk);
          return flow::go_on;
        },
        endpoint::chat_completions, &status);
    CHECK(chunks.empty());
    if (std::string(b.param) != "stream_options") {
      CHECK(status == b.status);
      check_error(parse(error), b.param);
    }
  }
  for (const char* text :
       {"", "{", "[]", "null", "7", "\"x\"", "{\"messages\": [}", "{\"a\": \"\xff\"}", "{\"max_tokens\": 1e999}"})
    refused(c, text, 400, "");
  refused(c, "{\"a\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}", 400, "");
  json many = request();
  for (int i = 0; i < 129; ++i)
    many["tools"].push_back({{"type", "function"}, {"function", {{"name", "f" + std::to_string(i)}}}});
  refused(c, many.dump(), 422, "tools");
  refused(c, request("{}", std::string(2000, 'x')).dump(), 400, "messages");
  CHECK(parse(c.complete(request("{}", std::string(2000, 'x')).dump()))["error"]["code"] == "context_length_exceeded");
  refused(c, request("{\"user_id\": \"" + std::string(513, 'x') + "\"}").dump(), 422, "user_id");
  // arguments that nest without end are text to the template, whatever it wants
  json deep = request();
  deep["messages"].push_back(
      {{"role", "assistant"},
       {"tool_calls",
        json::array({{{"id", "c"},
                      {"function",
                       {{"name", "f"},
                        {"arguments", "{\"a\":" + std::string(50'000, '[') + std::string(50'000, ']') + "}"}}}}})}});
  refused(c, deep.dump(), 400, "messages");
  auto raises = make("{{ raise_exception('only one message, please') }}");
  refused(raises, request().dump(), 400, "messages");
  auto no_tools = make(plain);
  refused(no_tools, request("{" + two_tools + R"(, "tool_choice": "required"})").dump(), 400, "tools");
}

TEST_CASE("completions: the hosted service refuses and ignores more") {
  auto hosted = make(begun_thought, true), local = make(begun_thought);
  const std::string history = R"([{"role": "user", "content": "u"}, {"role": "assistant", "content": "", "tool_calls":
    [{"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "noon"}])";
  struct row {
    std::string more, param;
  };
  for (
      const row& r : std::vector<row>{
          {"{\"messages\": " + history + "}", "messages[1]"},
          {"{" + two_tools + R"(, "tool_choice": "required"})", "tool_choice"},
          {"{" + two_tools + R"(, "tool_choice": {"type": "function", "function": {"name": "now"}}})", "tool_choice"},
          {R"({"tools": [{"type": "function", "function": {"name": "f", "strict": true}}, {"type": "function", "function": {"name": "g"}}]})",
           "tools"},
          {R"({"response_format": {"type": "json_object"}})", "response_format"}}) {
    refused(hosted, request(r.more).dump(), 400, r.param);
    (void)ask(local, request(r.more));
  }
  const std::string off = R"("thinking": {"type": "disabled"}, "max_tokens": 200)";
  (void)ask(hosted, request("{\"messages\": " + history + ", " + off + "}"));
  CHECK(ask(hosted, request("{" + two_tools + R"(, "tool_choice": "required", )" + off + "}")).finish_reason ==
        "tool_calls");
  (void)ask(hosted, request(R"({"response_format": {"type": "json_object"}, )" + off + "}", "in JSON, please"));
  // a thought is thought at one temperature
  const auto thought = [](completions& c, const char* more) { return ask(c, request(more)).thought; };
  CHECK(thought(hosted, R"({"temperature": 0})") == thought(hosted, R"({"temperature": 2})"));
  CHECK(thought(local, R"({"temperature": 0})") != thought(local, R"({"temperature": 2})"));
  // what the service does not know, it does not look at
  const json asked = request(R"({"thinking": {"type": "disabled"}, "max_tokens": 30})");
  for (const char* more :
       {R"({"seed": 9})", R"({"seed": -9})", R"({"top_k": 1})", R"({"min_p": 7})", R"({"logit_bias": {"65": 100}})",
        R"({"repetition_penalty": 50})", R"({"samplers": []})", R"({"mirostat": 2})", R"({"n": 3})",
        R"({"chat_template_kwargs": 7})", R"({"parallel_tool_calls": "?"})", R"({"max_completion_tokens": 0})",
        R"({"thinking": {"type": "disabled", "budget_tokens": -1}})"}) {
    json with = asked;
    with.update(json::parse(more));
    INFO(more);
    CHECK(ask(hosted, with) == ask(hosted, asked));
  }
}

TEST_CASE("completions: stop texts are looked for in the content, not in the thought") {
  auto c = make(begun_thought);
  // a thought of 30 tokens, then a value that holds what is looked for
  json r = request(R"({"max_tokens": 120, "temperature": 0, "thinking": {"type": "enabled", "budget_tokens": 30},
    "response_format": {"type": "json_schema", "json_schema": {"schema": {"const": "one\ntwo, three"}}}})");
  const answer whole = ask(c, r);
  REQUIRE(whole.content == R"("one\ntwo, three")");
  REQUIRE(whole.thought.size() > 5);
  for (const std::string stop : {"two", ",", "\n", "\n\n", "\"", "hree\"", "no such text"}) {
    INFO(stop);
    r["stop"] = json::array({stop, whole.thought});
    const answer a = ask(c, r);
    CHECK(a.thought == whole.thought);
    CHECK(a.content == whole.content.substr(0, whole.content.find(stop)));
    CHECK(a.finish_reason == "stop");
    CHECK(ask_in_chunks(c, r) == a);
  }
}

TEST_CASE("completions: one call where several are not wanted") {
  const model& m = model_with({"<tool_call>", "</tool_call>"});
  auto c = make(hermes, false, m);
  json r = request("{" + two_tools + R"(, "max_tokens": 400, "tool_choice": "required"})");
  std::size_t most = 0;
  for (int seed = 1; seed <= 8; ++seed) {
    r["seed"] = seed;
    r["parallel_tool_calls"] = true;
    const answer several = ask(c, r);
    most = std::max(most, several.calls.size());
    r["parallel_tool_calls"] = false;
    const answer one = ask(c, r);
    REQUIRE(one.calls.size() == 1);
    CHECK(one.calls[0]["function"] == several.calls[0]["function"]);
    CHECK(one.finish_reason == "tool_calls");
    CHECK(ask_in_chunks(c, r) == one);
  }
  CHECK(most > 1);
}

TEST_CASE("completions: tools that are not strict take any object where their schema cannot be kept") {
  auto c = make(hermes);
  const std::string odd =
      R"({"type": "object", "properties": {"a": {"type": "string", "pattern": "(a)\\1"}}, "required": ["a"]})";
  const auto with = [&](bool strict) {
    json r = request("{" + two_tools +
                     R"(, "max_tokens": 300, "tool_choice": {"type": "function", "function": {"name": "odd"}}})");
    r["tools"].push_back(
        {{"type", "function"}, {"function", {{"name", "odd"}, {"strict", strict}, {"parameters", parse(odd)}}}});
    return r;
  };
  const answer a = ask(c, with(false));
  REQUIRE(a.calls.size() == 1);
  CHECK(a.calls[0]["function"]["name"] == "odd");
  // the others keep theirs
  json any = with(false);
  any["tool_choice"] = "required";
  for (int seed = 0; seed < 6; ++seed) {
    any["seed"] = seed;
    for (const json& call : ask(c, any).calls) CHECK((call["function"]["name"] == "odd" || fits(call)));
  }
}

TEST_CASE("completions: what templates are told") {
  // a template that says what it was told, as an error
  const auto told = [](const std::string& source, const char* more, bool hosted = false) {
    auto c = make(source, hosted);
    const json j = parse(c.complete(request(more).dump()));
    const std::string message = j["error"]["message"].get<std::string>();
    return message.substr(message.rfind('(') + 1, message.rfind(')') - message.rfind('(') - 1);
  };
  const std::string any = "{{ raise_exception('(' ~ (reasoning_effort or 'none') ~ ')') }}";
  const std::string three = "{# 'low' 'medium' 'high' #}" + any;
  const auto effort = [](const char* level) { return std::string("{\"reasoning_effort\": \"") + level + "\"}"; };
  for (const auto& [asked, level] : std::map<std::string, std::string>{{"minimal", "low"},
                                                                       {"low", "low"},
                                                                       {"medium", "high"},
                                                                       {"high", "high"},
                                                                       {"xhigh", "high"},
                                                                       {"max", "max"},
                                                                       {"ultra", "max"},
                                                                       {"none", "none"}}) {
    INFO(asked);
    CHECK(told(any, effort(asked.c_str()).c_str()) == level);
    CHECK(told(any, effort(asked.c_str()).c_str(), true) == level);
    CHECK(told(three, effort(asked.c_str()).c_str()) == (asked == "medium" ? "medium"
                                                         : level == "max"  ? "high"
                                                                           : level));
  }
  CHECK(told(any, "{}") == "none");
  const std::string more =
      "{{ raise_exception('(' ~ (mood or 'none') ~ ' ' ~ enable_thinking ~ ' ' ~ thinking ~ ' ' ~ messages[0].role ~ "
      "')') }}";
  CHECK(told(more, "{}") == "none True True user");
  CHECK(told(more, R"({"chat_template_kwargs": {"mood": "good"}})") == "good True True user");
  CHECK(told(more, R"({"chat_template_kwargs": {"mood": "good"}})", true) == "none True True user");
  CHECK(told(more, R"({"chat_template_kwargs": {"enable_thinking": false}})") == "none False False user");
  CHECK(told(more, R"({"chat_template_kwargs": {"thinking": false}, "thinking": {"type": "disabled"}})") ==
        "none False False user");
  CHECK(told(more, R"({"chat_template_kwargs": {"messages": [], "add_generation_prompt": false}})") ==
        "none True True user");
}

TEST_CASE("completions: samplers do what they are called") {
  auto c = make(plain);
  const auto content = [&c](const char* more) {
    json r = request(R"({"max_tokens": 40, "temperature": 1.5, "seed": 4})");
    r.update(parse(more));
    return ask(c, r).content;
  };
  const std::string greedy = content(R"({"temperature": 0})"), drawn = content("{}");
  CHECK(greedy != drawn);
  CHECK(content(R"({"samplers": ["temperature", "top_k", "top_p"], "top_k": 0})") == drawn);
  for (const char* like_greedy :
       {R"({"top_k": 1})", R"({"typical_p": 1, "top_k": 1, "samplers": ["top_k"]})", R"({"top_n_sigma": 0.0001})",
        R"({"mirostat": 2, "mirostat_tau": 0.0001})", R"({"min_p": 1})"}) {
    INFO(like_greedy);
    CHECK(content(like_greedy) == greedy);
  }
  CHECK(content(R"({"top_k": 1, "samplers": ["temperature"]})") == drawn);
  CHECK(content(R"({"samplers": [], "temperature": 1.9})") == content(R"({"temperature": 1, "top_p": 1})"));
  CHECK(content(R"({"xtc_probability": 1, "xtc_threshold": 0, "temperature": 1})") != content(R"({"temperature": 1})"));
  CHECK(content(R"({"repeat_penalty": 1.5})") == content(R"({"repetition_penalty": 1.5})"));
  CHECK(content(R"({"dynatemp_range": 1.5, "temperature": 0})") != greedy);
  // a model that would say one thing for ever is made to stop repeating it
  const std::string id = std::to_string(model_of("llama").encode("ab").value().back());
  const std::string loop = "{\"temperature\": 0, \"logit_bias\": {\"" + id + "\": 30}";
  const std::string same = content((loop + "}").c_str());
  CHECK(std::count(same.begin(), same.end(), same[0]) == static_cast<long>(same.size()));
  const std::string dry = content((loop + ", \"dry_multiplier\": 10, \"dry_base\": 4}").c_str());
  CHECK(dry != same);
  CHECK(content((loop + ", \"dry_multiplier\": 10, \"dry_base\": 4, \"samplers\": []}").c_str()) == same);
  CHECK(content((loop + ", \"dry_multiplier\": 10, \"dry_base\": 4, \"dry_sequence_breakers\": [\"" +
                 same.substr(0, 1) + "\"]}")
                    .c_str()) == same);
}

TEST_CASE("completions: thinking is had or not, whatever the template does") {
  for (const std::string* source : {&begun_thought, &open_thought, &switched_thought}) {
    INFO(*source);
    auto c = make(*source);
    const answer off = ask(c, request(R"({"thinking": {"type": "disabled"}, "max_tokens": 30})"));
    CHECK_FALSE(off.has_thought);
    CHECK(off.usage["completion_tokens_details"]["reasoning_tokens"] == 0);
    CHECK_FALSE(off.content.empty());
    const answer on = ask(c, request(R"({"max_tokens": 30})"));
    CHECK(on.has_thought);
    const answer shaped = ask(c, request(R"({"max_tokens": 120, "response_format": {"type": "json_object"}})"));
    INFO(shaped.content);
    INFO(shaped.thought);
    CHECK(json::parse(shaped.content, nullptr, false).is_object());
    CHECK(shaped.has_thought);
    CHECK_FALSE(shaped.thought.empty());
    CHECK(shaped.usage["completion_tokens_details"]["reasoning_tokens"].get<int>() > 0);
  }
  auto thinks = make(begun_thought);
  const answer cut = ask(thinks, request(R"({"max_tokens": 20, "temperature": 0})"));
  CHECK(cut.content.empty());
  CHECK(cut.finish_reason == "length");
  CHECK(cut.usage["completion_tokens_details"]["reasoning_tokens"] == 20);
  auto none = make(plain);
  const answer plainly = ask(none, request(R"({"thinking": {"type": "enabled"}})"));
  CHECK_FALSE(plainly.has_thought);
  CHECK(plainly.usage["completion_tokens_details"]["reasoning_tokens"] == 0);
}

TEST_CASE("completions: limits, stop texts and what follows a prefix") {
  auto c = make(plain);
  const answer whole = ask(c, request(R"({"max_tokens": 60, "seed": 3})"));
  CHECK(whole.usage["completion_tokens"].get<int>() <= 60);
  const answer part = ask(c, request(R"({"max_tokens": 20, "seed": 3})"));
  CHECK(part.finish_reason == "length");
  CHECK(whole.content.starts_with(part.content.substr(0, part.content.size() / 2)));
  // the text ends before the first of the texts
  std::size_t at = whole.content.find_first_of("abcdefghijklmnopqrstuvwxyz");
  REQUIRE(at != std::string::npos);
  json stopped = request(R"({"max_tokens": 60, "seed": 3})");
  stopped["stop"] = json::array({std::string(1, whole.content[at]), "never comes"});
  const answer s = ask(c, stopped);
  CHECK(s.finish_reason == "stop");
  CHECK(s.content == whole.content.substr(0, at));
  CHECK(ask_in_chunks(c, stopped) == s);
  // a prefix goes on where it ends: here with the rest of a value, of which it is the beginning
  json begun = request(R"({"max_tokens": 40, "response_format": {"type": "json_schema", "json_schema": {"schema":
    {"type": "object", "properties": {"a": {"enum": ["xyz"]}}, "required": ["a"], "additionalProperties": false}}}})");
  begun["messages"].push_back({{"role", "assistant"}, {"content", "{\"a\": \"x"}, {"prefix", true}});
  CHECK(ask(c, begun).content == "yz\"}");
  CHECK(ask_in_chunks(c, begun).content == "yz\"}");
  // line ends at the beginning of what follows belong to it
  json lines = request(R"({"max_tokens": 3})");
  lines["messages"].push_back({{"role", "assistant"}, {"content", "a list:"}, {"prefix", true}});
  lines["logit_bias"] = {{std::to_string(model_of("llama").encode("\n").value()[0]), 100}};
  CHECK(ask(c, lines).content == "\n\n\n");
  // the context is the last limit
  auto o = options(plain);
  o.session.context = 64;
  auto small = completions::make(model_of("llama"), o);
  REQUIRE(small);
  json endless = request(R"({"max_tokens": 100000})");
  const answer full = ask(*small, endless);
  CHECK((full.finish_reason == "stop" || full.usage["total_tokens"] == 65));
}

TEST_CASE("completions: schemas are kept, also in little room") {
  auto c = make(plain);
  const json schema = parse(weather)["function"]["parameters"];
  json r = request(R"({"response_format": {"type": "json_schema", "json_schema": {"name": "w"}}})");
  r["response_format"]["json_schema"]["schema"] = schema;
  for (int seed = 1; seed <= 4; ++seed)
    for (int room : {70, 300}) {
      r["seed"] = seed;
      r["max_tokens"] = room;
      const answer a = ask(c, r);
      INFO(a.content);
      CHECK(a.finish_reason == "stop");
      CHECK(satisfies(parse(a.content), schema));
    }
}

TEST_CASE("completions: every format of calls can be required, and is read back") {
  struct form {
    const char* name;
    std::string marker;
    std::vector<std::string> tags;
  };
  const std::vector<form> forms = {
      {"hermes", "<tool_call>", {"<tool_call>", "</tool_call>"}},
      {"deepseek fenced",
       "<｜tool▁calls▁begin｜> ```json",
       {"<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>",
        "<｜tool▁calls▁end｜>"}},
      {"deepseek",
       "<｜tool▁calls▁begin｜>",
       {"<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>",
        "<｜tool▁calls▁end｜>"}},
      {"llama", "<|python_tag|>", {"<|python_tag|>"}},
      {"qwen_coder", "<tool_call> <function=", {"<tool_call>", "</tool_call>"}},
      {"dsml", "DSML function_calls", {}},
  };
  for (const form& f : forms)
    for (const bool tags : {false, true}) {
      auto c = make("{# " + f.marker + " #}" + body, false, tags ? model_with(f.tags) : model_of("llama"));
      for (int seed = 1; seed <= 4; ++seed) {
        INFO(f.name << (tags ? " with tags as tokens" : "") << ", seed " << seed);
        json r = request("{" + two_tools + R"(, "max_tokens": 400, "temperature": 1, "tool_choice": "required"})");
        r["seed"] = seed;
        const answer any = ask(c, r);
        INFO(any.content);
        CHECK(any.finish_reason == "tool_calls");
        CHECK(any.content.empty());
        for (const json& call : any.calls) {
          INFO(call.dump());
          CHECK(fits(call));
        }
        CHECK(any == ask_in_chunks(c, r));
        r["tool_choice"] = {{"type", "function"}, {"function", {{"name", "weather"}}}};
        const answer named = ask(c, r);
        INFO(named.content);
        REQUIRE(named.calls.size() == 1);
        INFO(named.calls.dump());
        CHECK(named.calls[0]["function"]["name"] == "weather");
        CHECK(fits(named.calls[0]));
        // strict: a call or none, but no wrong one; the beginnings of tags are made likely
        json strict = request(R"({"max_tokens": 400, "temperature": 1})");
        strict["seed"] = seed;
        strict["tools"] = strict_tools();
        strict["tool_choice"] = "auto";
        strict["logit_bias"] = json::object();
        for (const char* often : {"<", "{", "｜", "t", "\n"})
          for (const auto ids = model_of("llama").encode(often).value(); const token t : ids)
            strict["logit_bias"][std::to_string(t)] = 6;
        if (tags)
          for (int t = 261; t < 261 + static_cast<int>(f.tags.size()); ++t)
            strict["logit_bias"][std::to_string(t)] = 12;
        const answer free = ask(c, strict);
        INFO(free.content);
        CHECK((free.finish_reason == "tool_calls") == !free.calls.empty());
        CHECK(free.finish_reason != "length");
        for (const json& call : free.calls) CHECK(fits(call));
      }
    }
}

TEST_CASE("completions: parameters that refer to definitions, and those no format can write") {
  const std::string tool =
      R"({"type": "function", "function": {"name": "f", "strict": true, "parameters": {"type": "object", "properties":
    {"a": {"$ref": "#/$defs/small"}}, "required": ["a"], "additionalProperties": false, "$defs": {"small": {"type": "integer", "minimum": 3, "maximum": 4}}}}})";
  for (const char* marker : {"<tool_call>", "<function=", "DSML function_calls"}) {
    auto c = make(std::string("{# ") + marker + " #}" + body);
    INFO(marker);
    const answer a = ask(c, request("{\"tools\": [" + tool + R"(], "tool_choice": "required", "max_tokens": 300})"));
    REQUIRE_FALSE(a.calls.empty());
    const json given = parse(a.calls[0]["function"]["arguments"].get<std::string>());
    CHECK((given["a"] == 3 || given["a"] == 4));
  }
  auto coder = make("{# <function= #}" + body);
  const auto with = [](const char* property, bool strict) {
    return request(
        std::string(
            R"({"tool_choice": "required", "max_tokens": 300, "tools": [{"type": "function", "function": {"name": "f", "strict": )") +
        (strict ? "true" : "false") + R"(, "parameters": {"type": "object", "properties": {)" + property + "}}}}]}");
  };
  refused(coder, with(R"("a": {"type": "string", "pattern": "x+"})", true).dump(), 400, "tools");
  CHECK_FALSE(ask(coder, with(R"("a": {"type": "string", "pattern": "x+"})", false)).calls.empty());
  refused(coder, with(R"("a>b": {"type": "string"})", true).dump(), 400, "tools");
  auto dsml = make("{# DSML function_calls #}" + body);
  for (const json& call : ask(dsml, with(R"("a": {"type": "string", "pattern": "^x{2}$"})", true)).calls) {
    const json given = parse(call["function"]["arguments"].get<std::string>());
    CHECK((!given.contains("a") || given["a"] == "xx"));
  }
}

TEST_CASE("completions: calls in the history are written as the template wants them") {
  const std::string start = "{# <tool_call> #}{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}";
  const std::string end = "{% endfor %}{% endfor %}";
  json r = request();
  r["messages"].push_back(
      {{"role", "assistant"},
       {"content", nullptr},
       {"tool_calls",
        json::array(
            {{{"id", "c"}, {"type", "function"}, {"function", {{"name", "f"}, {"arguments", "{\"k\": [1, 2]}"}}}}})}});
  r["messages"].push_back({{"role", "tool"}, {"tool_call_id", "c"}, {"content", "done"}});
  std::optional<std::uint64_t> n_prompt;
  for (const char* call :
       {"{{ c.function.arguments | tojson }}", "{{ '' + c.function.arguments }}", "{{ c.function.arguments }}",
        "{% for k, v in c.function.arguments | items %}{\"{{ k }}\": {{ v | tojson }}}{% endfor %}"}) {
    INFO(call);
    auto c = make(start + call + end);
    const answer a = ask(c, r);
    const auto n = a.usage["prompt_tokens"].get<std::uint64_t>();
    if (n_prompt) CHECK(n == *n_prompt);  // all of them write {"k": [1, 2]}
    n_prompt = n;
  }
}

TEST_CASE("completions: text is completed, and filled in where the model can") {
  const auto check = [](const json& j, const json& r) {
    has_keys(j, {"id", "object", "created", "model", "choices", "usage", "system_fingerprint"});
    CHECK(j["object"] == "text_completion");
    CHECK(j["model"] == r["model"]);
    REQUIRE(j["choices"].size() == 1);
    has_keys(j["choices"][0], {"text", "index", "logprobs", "finish_reason"});
    CHECK(is_finish_reason(j["choices"][0]["finish_reason"]));
    check_usage(j["usage"]);
    return j["choices"][0]["text"].get<std::string>();
  };
  const model& fills = model_with({"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"});
  auto c = make("", false, fills), without = make("");
  const auto of = [](const std::string& more) {
    json r = {{"model", "deepseek-v4-pro"}, {"prompt", "def f("}, {"max_tokens", 12}};
    r.update(parse(more));
    return r;
  };
  for (const char* more :
       {R"({})", R"({"suffix": "return x"})", R"({"suffix": ""})", R"({"echo": true})", R"({"logprobs": 4})",
        R"({"stop": ["a", "e"]})", R"({"temperature": 0, "seed": 5, "suffix": null})"}) {
    INFO(more);
    json r = of(more);
    const json j = parse(c.complete(r.dump(), endpoint::completions));
    INFO(j.dump());
    const std::string text = check(j, r);
    CHECK(text.starts_with("def f(") == r.contains("echo"));
    const json& scores = j["choices"][0]["logprobs"];
    CHECK(scores.is_null() == !r.contains("logprobs"));
    if (!scores.is_null()) {
      has_keys(scores, {"tokens", "token_logprobs", "top_logprobs", "text_offset"});
      CHECK(scores["tokens"].size() == j["usage"]["completion_tokens"]);
      CHECK(scores["token_logprobs"].size() == scores["tokens"].size());
      CHECK(scores["top_logprobs"].size() == scores["tokens"].size());
      CHECK(scores["text_offset"].size() == scores["tokens"].size());
    }
    r["stream"] = true;
    r["stream_options"] = {{"include_usage", true}};
    std::string streamed, finished;
    for (const json& k : chunks_of(c.complete(r.dump(), endpoint::completions))) {
      has_keys(k, {"id", "object", "created", "model", "system_fingerprint", "choices", "usage"});
      CHECK(k["object"] == "text_completion");
      if (k["choices"].empty()) {
        check_usage(k["usage"]);
        continue;
      }
      has_keys(k["choices"][0], {"text", "index", "logprobs", "finish_reason"});
      streamed += k["choices"][0]["text"].get<std::string>();
      if (!k["choices"][0]["finish_reason"].is_null()) finished = k["choices"][0]["finish_reason"].get<std::string>();
    }
    CHECK(streamed == text);
    CHECK(finished == j["choices"][0]["finish_reason"]);
  }
  // what a template would take for the end of a thought is text here; so are line ends
  json lines = of(R"({"max_tokens": 2})");
  lines["logit_bias"] = {{std::to_string(fills.encode("\n").value()[0]), 100}};
  CHECK(parse(c.complete(lines.dump(), endpoint::completions))["choices"][0]["text"] == "\n\n");
  refused(without, of(R"({"suffix": "x"})").dump(), 400, "suffix", endpoint::completions);
  refused(c, of(R"({"prompt": null})").dump(), 422, "prompt", endpoint::completions);
  refused(c, of(R"({"prompt": ["a"]})").dump(), 422, "prompt", endpoint::completions);
  refused(c, of(R"({"suffix": 1})").dump(), 422, "suffix", endpoint::completions);
  refused(c, of(R"({"logprobs": true})").dump(), 422, "logprobs", endpoint::completions);
  refused(c, of(R"({"echo": 1})").dump(), 422, "echo", endpoint::completions);
  refused(c, of(R"({"echo": true, "logprobs": 1})").dump(), 400, "echo", endpoint::completions);
  refused(c, of("{\"prompt\": \"" + std::string(2000, 'x') + "\"}").dump(), 400, "prompt", endpoint::completions);
  refused(c, "[]", 400, "", endpoint::completions);
  refused(c, request().dump(), 400, "", endpoint::chat_completions);  // no chat template
}

TEST_CASE("completions: the list of models") {
  auto c = make(plain);
  int status = 0;
  const json j = parse(c.complete("", endpoint::models, &status));
  CHECK(status == 200);
  has_keys(j, {"object", "data"});
  CHECK(j["object"] == "list");
  REQUIRE(j["data"].size() == 1);
  has_keys(j["data"][0], {"id", "object", "owned_by"});
  CHECK(j["data"][0]["object"] == "model");
  const json one = parse(c.complete(R"({"id": "deepseek-chat"})", endpoint::models, &status));
  CHECK(status == 200);
  CHECK(one == json{{"id", "deepseek-chat"}, {"object", "model"}, {"owned_by", "local"}});
}

TEST_CASE("completions: what one owner has read is cached for that owner only") {
  auto c = make(plain);
  const auto n_hit = [&c](const char* owner, const char* text) {
    json r = request("{}", text);
    r["user_id"] = owner;
    return ask(c, r).usage["prompt_cache_hit_tokens"].get<std::uint64_t>();
  };
  const std::uint64_t n =
      ask(c, request("{}", "a question that is asked again")).usage["prompt_tokens"].get<std::uint64_t>();
  CHECK(n_hit("", "a question that is asked again") >= n - 1);
  CHECK(n_hit("eve", "a question that is asked again") == 0);
  CHECK(n_hit("eve", "a question that is asked again") >= n - 1);
  CHECK(n_hit("", "a question that is asked again") >= n - 1);
  const std::uint64_t part = n_hit("", "a question that is asked otherwise");
  CHECK(part > 20);
  CHECK(part < n);
  // what was answered is read again for nothing
  json r = request("{}", "and the next turn");
  const answer a = ask(c, r);
  r["messages"].push_back({{"role", "assistant"}, {"content", a.content}});
  r["messages"].push_back({{"role", "user"}, {"content", "goes on"}});
  const answer b = ask(c, r);
  CHECK(b.usage["prompt_cache_hit_tokens"] >= a.usage["prompt_tokens"]);
}

TEST_CASE("completions: one at a time, cancelled, stopped and in steps") {
  auto c = make(hermes);
  const std::string r = request(R"({"max_tokens": 40})").dump();
  int inner = 0, outer = 0;
  json second;
  (void)c.stream(
      r,
      [&](std::string_view) {
        second = parse(c.complete(r, endpoint::chat_completions, &inner));
        return flow::go_on;
      },
      endpoint::chat_completions, &outer);
  CHECK(outer == 200);
  CHECK(inner == 429);
  check_error(second, "");
  int n = 0;
  std::vector<json> chunks;
  const std::string rest = c.stream(r, [&](std::string_view chunk) {
    chunks.push_back(parse(std::string(chunk)));
    return ++n == 3 ? flow::stop : flow::go_on;
  });
  CHECK(rest.empty());
  CHECK(chunks.size() == 3);
  // cancelled in the middle: what there is, and "aborted"
  chunks.clear();
  (void)c.stream(r, [&](std::string_view chunk) {
    chunks.push_back(parse(std::string(chunk)));
    if (chunks.size() == 3) c.cancel();
    return flow::go_on;
  });
  CHECK(check_chunks(chunks, json::object()).finish_reason == "aborted");
  c.begin(r);
  for (int i = 0; i < 60; ++i) (void)c.step(0ns);
  c.cancel();
  while (c.step(0ns) == status::running) {}
  CHECK(check_response(parse(c.take()), json::object()).finish_reason == "aborted");
  // a callback's own requests are refused in steps too, and change nothing
  const auto alone = ask_in_chunks(c, json::parse(r));
  chunks.clear();
  c.begin(r, endpoint::chat_completions, [&](std::string_view chunk) {
    chunks.push_back(parse(std::string(chunk)));
    c.begin(r);
    CHECK(c.step(1s) == status::done);
    CHECK(parse(c.take(&inner))["error"]["code"] == "rate_limit_reached");
    CHECK(inner == 429);
    (void)c.complete(r, endpoint::chat_completions, &inner);
    CHECK(inner == 429);
    return flow::go_on;
  });
  while (c.step(1s) == status::running) {}
  CHECK(c.take().empty());
  CHECK(check_chunks(chunks, json::object()) == alone);
  // what a callback throws leaves nothing busy
  CHECK_THROWS_AS(c.stream(r, [](std::string_view) -> flow { throw 7; }), int);
  CHECK(ask_in_chunks(c, json::parse(r)) == alone);
  // with nothing in the making, nothing is cancelled
  c.cancel();
  CHECK(ask(c, json::parse(r)).finish_reason != "aborted");
  // an unfinished one gives way
  c.begin(r);
  (void)c.step(0ns);
  (void)ask(c, json::parse(r));
  for (const std::string& text :
       {r, request("{" + two_tools + R"(, "tool_choice": "required", "max_tokens": 200})").dump(),
        request(R"({"stream": true})").dump(), std::string("{}")}) {
    auto a = make(hermes), b = make(hermes);
    int waited = 0, stepped = 0;
    const std::string whole = a.complete(text, endpoint::chat_completions, &waited);
    b.begin(text);
    int steps = 1;
    while (b.step(0ns) == status::running) ++steps;
    CHECK(b.take(&stepped) == whole);
    CHECK(stepped == waited);
    CHECK((steps > 10 || waited != 200));
  }
}

TEST_CASE("completions: guessed tokens change nothing") {
  for (const char* more :
       {R"({"temperature": 0, "max_tokens": 80})", R"({"temperature": 1, "seed": 9, "max_tokens": 80})",
        R"({"temperature": 1, "max_tokens": 120, "response_format": {"type": "json_object"}})"}) {
    auto o = options(begun_thought);
    auto without = completions::make(model_of("llama"), o);
    o.session.max_guesses = 6;
    auto with = completions::make(model_of("llama"), o);
    REQUIRE(without);
    REQUIRE(with);
    const json r = request(more, "la la la la la la la la");
    CHECK(ask(*without, r) == ask(*with, r));
  }
}

TEST_CASE("completions: whatever is asked, an object is answered") {
  std::mt19937 random(11);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> values = {"null",
                                           "true",
                                           "0",
                                           "-1",
                                           "1",
                                           "2.5",
                                           "1e308",
                                           "18446744073709551615",
                                           "\"\"",
                                           "\"x\"",
                                           "[]",
                                           "{}",
                                           "[[]]",
                                           R"({"type": "function"})",
                                           R"([{"type": "text", "text": "x"}])",
                                           R"("\u0000")",
                                           R"({"function": {"name": "now"}})"};
  std::vector<json> seeds = {
      request(
          "{" + two_tools +
          R"(, "tool_choice": "required", "logprobs": true, "top_logprobs": 2, "stop": ["x"], "logit_bias": {"3": 1}})"),
      request(
          R"({"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object", "properties": {"a": {"enum": [1, "b"]}}}}},
                  "thinking": {"type": "enabled"}, "reasoning_effort": "low", "stream": true, "stream_options": {"include_usage": true}})"),
      request(R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "content": null, "reasoning_content": "r", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "now", "arguments": "{\"a\": 1}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "noon"}, {"role": "assistant", "content": "x", "prefix": true}]})"),
      json{{"model", "m"}, {"prompt", "def"}, {"suffix", "end"}, {"echo", true}, {"logprobs", 3}, {"max_tokens", 8}},
      parse(
          R"({"input": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}, {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "t"}]},
        {"type": "function_call", "call_id": "c", "name": "now", "arguments": "{}"}, {"type": "function_call_output", "call_id": "c", "output": [{"type": "output_text", "text": "noon"}]}],
        "instructions": "i", "max_output_tokens": 6, "reasoning": {"effort": "low"}, "text": {"format": {"type": "json_schema", "schema": {"enum": [1]}}}, "stream": true,
        "tools": [{"type": "function", "name": "now", "parameters": {"type": "object"}}], "tool_choice": {"type": "function", "name": "now"}, "include": ["x"], "top_k": 3})"),
      parse(
          R"({"system": [{"type": "text", "text": "s"}], "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "document", "source": {"type": "text", "data": "d"}}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "t"}, {"type": "tool_use", "id": "c", "name": "now", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": [{"type": "text", "text": "noon"}]}]}, {"role": "assistant", "content": "so"}],
        "max_tokens": 6, "thinking": {"type": "enabled", "budget_tokens": 2}, "metadata": {"user_id": "u"}, "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"enum": [1]}}},
        "tools": [{"name": "now", "input_schema": {"type": "object"}}], "tool_choice": {"type": "tool", "name": "now"}, "stop_sequences": ["x"], "stream": true})")};
  seeds[0]["tools"] = strict_tools();
  auto o = options(begun_thought);
  o.session.context = 640;
  auto c = completions::make(model_with({"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"}), o);
  REQUIRE(c);
  const auto is_good = [](const std::string& out) {
    return out.starts_with("data: ")    ? out.ends_with("data: [DONE]\n\n")
           : out.starts_with("event: ") ? out.ends_with("}\n\n")
                                        : json::parse(out, nullptr, false).is_object();
  };
  const auto answered = [&](const std::string& text, endpoint to) {
    (void)c->begin(text, to);
    for (int i = 0; i < 3; ++i) (void)c->step(0ns);
    c->cancel();
    const status end = c->step(1s);
    int http = 0;
    const std::string out = c->take(&http);
    INFO(text << " gave " << http << " " << out);
    CHECK(end == status::done);
    CHECK(is_good(out));
    CHECK((http == 200 || http == 400 || http == 422));
  };
  for (int i = 0; i < 600; ++i) {
    json j = seeds[below(seeds.size())];
    const endpoint to = j.contains("prompt")   ? endpoint::completions
                        : j.contains("input")  ? endpoint::responses
                        : j.contains("system") ? endpoint::messages
                                               : endpoint::chat_completions;
    json* at = &j;  // a value somewhere inside becomes another
    while (at->is_structured() && !at->empty() && (at == &j || below(3) != 0))
      at = &std::next(at->begin(), static_cast<std::ptrdiff_t>(below(at->size()))).value();
    *at = json::parse(values[below(values.size())]);
    answered(j.dump(), to);
    std::string text = seeds[below(seeds.size())].dump();  // bytes somewhere become others
    for (std::size_t n = 1 + below(3); n > 0; --n) {
      const std::size_t place = below(text.size());
      if (below(2)) text[place] = static_cast<char>(random());
      else text.erase(place, 1 + below(4));
    }
    for (const endpoint any : {to, below(2) ? endpoint::chat_completions : endpoint::completions}) answered(text, any);
  }
}
