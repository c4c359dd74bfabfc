// The Responses API: a client of its events, written from their description, must arrive at what the response says.
#include "deepseek/support.hpp"

#include <retort/deepseek/responses_form.hpp>

using namespace api_checks;

namespace {

json ask_responses(completions& c, const json& r, int wanted = 200) {
  int status = 0;
  json j = parse(c.complete(r.dump(), endpoint::responses, &status));
  INFO(r.dump());
  INFO(j.dump());
  REQUIRE(status == wanted);
  return j;
}
json asked(const std::string& more = "{}") {
  json r = {{"model", "deepseek-flash"}, {"input", "hello"}, {"max_output_tokens", 12}};
  r.update(parse(more));
  return r;
}
json with_tools(const std::string& more = "{}") {
  json r = asked(more);
  for (const char* tool : {weather, now}) {
    json f = parse(tool)["function"];
    f["type"] = "function";
    r["tools"].push_back(f);
  }
  return r;
}

void check_item(const json& i) {
  INFO(i.dump());
  CHECK((i["status"] == "completed" || i["status"] == "incomplete" || i["status"] == "in_progress"));
  if (i["type"] == "message") {
    has_keys(i, {"id", "type", "role", "content", "status"});
    CHECK(i["id"].get<std::string>().starts_with("msg_"));
  } else if (i["type"] == "reasoning") {
    has_keys(i, {"id", "type", "summary", "content?", "status"});
    for (const json& part : i["summary"]) {
      has_keys(part, {"type", "text"});
      CHECK(part["type"] == "summary_text");
    }
    if (i["status"] != "in_progress") CHECK(i["summary"].empty() == i.contains("content"));
    if (!i.contains("content")) return;
    CHECK(i["id"].get<std::string>().starts_with("rs_"));
  } else {
    CHECK(i["type"] == "function_call");
    has_keys(i, {"id", "type", "call_id", "name", "arguments", "status"});
    CHECK(i["id"].get<std::string>().starts_with("fc_"));
    CHECK(i["call_id"].get<std::string>().starts_with("call_"));
    return;
  }
  for (const json& part : i["content"]) {
    if (i["type"] == "reasoning") has_keys(part, {"type", "text"});
    else has_keys(part, {"type", "text", "annotations", "logprobs"});
    CHECK(part["type"] == (i["type"] == "reasoning" ? "reasoning_text" : "output_text"));
  }
}

void check_whole(const json& r) {
  has_keys(r, {"id",
               "object",
               "created_at",
               "status",
               "background",
               "error",
               "incomplete_details",
               "instructions",
               "max_output_tokens",
               "metadata",
               "model",
               "output",
               "parallel_tool_calls",
               "previous_response_id",
               "reasoning",
               "store",
               "temperature",
               "text",
               "tool_choice",
               "tools",
               "top_p",
               "truncation",
               "usage",
               "user"});
  CHECK(r["id"].get<std::string>().starts_with("resp_"));
  CHECK(r["object"] == "response");
  for (const json& i : r["output"]) check_item(i);
  const json& u = r["usage"];
  has_keys(u, {"input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details", "total_tokens"});
  CHECK(u["input_tokens"].get<int>() + u["output_tokens"].get<int>() == u["total_tokens"].get<int>());
}

/// What a client makes of the events.
json followed(const std::vector<json>& events) {
  json output = json::array(), last;
  for (std::size_t n = 0; n < events.size(); ++n) {
    const json& e = events[n];
    INFO(e.dump());
    CHECK(e["sequence_number"] == n);
    CHECK(last.is_null());
    const std::string type = e["type"].get<std::string>();
    if (n < 2) {
      CHECK(type == (n == 0 ? "response.created" : "response.in_progress"));
      CHECK(e["response"]["status"] == "in_progress");
      CHECK(e["response"]["output"].empty());
      continue;
    }
    if (type == "response.completed" || type == "response.incomplete") {
      last = e["response"];
      continue;
    }
    const auto index = e["output_index"].get<std::size_t>();
    if (type == "response.output_item.added") {
      REQUIRE(index == output.size());
      check_item(e["item"]);
      output.push_back(e["item"]);
      continue;
    }
    REQUIRE(index + 1 == output.size());
    json& item = output[index];
    if (type == "response.output_item.done") {
      json done = e["item"];
      check_item(done);
      done["status"] = item["status"];
      if (done.contains("content"))
        for (json& part : done["content"]) part.erase("logprobs");
      json grown = item;
      if (grown.contains("content"))
        for (json& part : grown["content"]) part.erase("logprobs");
      CHECK(done == grown);
      item = e["item"];
      continue;
    }
    CHECK(e["item_id"] == item["id"]);
    if (type == "response.function_call_arguments.delta") {
      item["arguments"] = item["arguments"].get<std::string>() + e["delta"].get<std::string>();
    } else if (type == "response.function_call_arguments.done") {
      CHECK(e["arguments"] == item["arguments"]);
      CHECK(e["name"] == item["name"]);
    } else {
      const bool thinks = item["type"] == "reasoning", is_summary = e.contains("summary_index");
      REQUIRE(e[is_summary ? "summary_index" : "content_index"] == 0);
      json& list = item[is_summary ? "summary" : "content"];
      const std::string part = is_summary ? "response.reasoning_summary_part." : "response.content_part.";
      const std::string of = is_summary ? "response.reasoning_summary_text."
                             : thinks   ? "response.reasoning_text."
                                        : "response.output_text.";
      if (type == part + "added") {
        REQUIRE(list.empty());
        list.push_back(e["part"]);
      } else if (type == part + "done") {
        CHECK(e["part"]["text"] == list[0]["text"]);
      } else if (type == of + "delta") {
        list[0]["text"] = list[0]["text"].get<std::string>() + e["delta"].get<std::string>();
        CHECK(e.contains("logprobs") == !thinks);
      } else {
        CHECK(type == of + "done");
        CHECK(e["text"] == list[0]["text"]);
      }
    }
  }
  check_whole(last);
  CHECK(last["output"].size() == output.size());
  for (std::size_t i = 0; i < output.size(); ++i) {
    json a = last["output"][i], b = output[i];
    for (json* j : {&a, &b}) {
      (*j).erase("status");
      if (j->contains("content"))
        for (json& part : (*j)["content"]) part.erase("logprobs");
    }
    CHECK(a == b);
  }
  return last;
}

json stream_responses(completions& c, const json& r) { return followed(streamed(c, r, endpoint::responses)); }

/// Without what differs from answer to answer.
json said(json r) {
  json all = json::array({r["status"], r["incomplete_details"]});
  for (json i : r["output"]) {
    for (const char* key : {"id", "call_id"}) i.erase(key);
    all.push_back(i);
  }
  return all;
}

}  // namespace

TEST_CASE("responses: answers, streamed and whole") {
  for (const std::string* source : {&hermes, &begun_thought, &switched_thought}) {
    auto c = make(*source);
    for (
        const char* more :
        {"{}", R"({"instructions": "be short"})", R"({"reasoning": {"effort": "none"}})",
         R"({"reasoning": {"effort": "low", "summary": "auto"}, "temperature": 0})",
         R"({"max_output_tokens": 150, "text": {"format": {"type": "json_object"}}})",
         R"({"max_output_tokens": 90, "text": {"format": {"type": "json_schema", "name": "n", "strict": true, "schema": {"type": "integer"}}}})",
         R"({"include": ["message.output_text.logprobs"], "top_logprobs": 2, "reasoning": {"effort": "none"}})",
         R"({"input": [{"role": "user", "content": [{"type": "input_text", "text": "hello"}]}], "store": true, "user": "u"})"}) {
      INFO(more << " with " << *source);
      const json r = asked(more);
      const json whole = ask_responses(c, r);
      check_whole(whole);
      CHECK(said(whole) == said(stream_responses(c, r)));
      CHECK(whole["model"] == "deepseek-flash");
      for (const char* same : {"instructions", "text", "reasoning", "temperature"})
        if (r.contains(same)) CHECK(whole[same] == r[same]);
      const bool is_cut = whole["status"] == "incomplete";
      CHECK((is_cut || whole["status"] == "completed"));
      if (is_cut) CHECK(whole["incomplete_details"]["reason"] == "max_output_tokens");
    }
  }
  auto c = make(begun_thought);
  const json both = ask_responses(
      c, asked(R"({"max_output_tokens": 90, "text": {"format": {"type": "json_schema", "schema": {"const": 42}}}})"));
  REQUIRE(both["output"].size() == 2);
  CHECK(both["output"][0]["type"] == "reasoning");
  CHECK(both["output"][1]["content"][0]["text"] == "42");
  CHECK(both["usage"]["output_tokens_details"]["reasoning_tokens"].get<int>() > 0);
  // to those who ask for a summary the thought is one, and goes back as one
  const json summed = ask_responses(c, asked(R"({"max_output_tokens": 20, "reasoning": {"summary": "auto"}})"));
  CHECK(summed["output"][0]["summary"].size() == 1);
  retort::detail::json chat;
  REQUIRE_FALSE(retort::detail::api::chat_of_responses(
      ours({{"input",
             json::array({summed["output"][0], {{"type", "function_call"}, {"call_id", "c"}, {"name", "now"}}})}}),
      chat));
  CHECK(chat["messages"][0]["reasoning_content"] == ours(summed["output"][0]["summary"][0]["text"]));
  auto scored = make(plain);
  const json s = ask_responses(scored, asked(R"({"include": ["message.output_text.logprobs"], "top_logprobs": 2})"));
  const json& list = s["output"][0]["content"][0]["logprobs"];
  CHECK(check_scores(list, 2) == s["usage"]["output_tokens"]);
}

TEST_CASE("responses: the same as a chat completion that says the same") {
  auto c = make(hermes);
  const json items = parse(R"({"i": [
    {"role": "developer", "content": "s"}, {"type": "message", "role": "user", "content": "what time is it?"},
    {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "t"}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "let me see", "annotations": []}]},
    {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "now", "arguments": "{}"},
    {"type": "function_call", "call_id": "b", "name": "weather", "arguments": "{\"city\": \"x\"}"},
    {"type": "function_call_output", "call_id": "a", "output": "noon"},
    {"type": "function_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "rain"}]},
    {"role": "user", "content": [{"type": "input_text", "text": "and "}, {"type": "input_text", "text": "then?"}]}]})")
      ["i"];
  const json messages = parse(R"({"m": [
    {"role": "system", "content": "be short"}, {"role": "developer", "content": "s"}, {"role": "user", "content": "what time is it?"},
    {"role": "assistant", "content": "let me see", "reasoning_content": "t", "tool_calls": [
      {"id": "a", "type": "function", "function": {"name": "now", "arguments": "{}"}},
      {"id": "b", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"x\"}"}}]},
    {"role": "tool", "tool_call_id": "a", "content": "noon"}, {"role": "tool", "tool_call_id": "b", "content": "rain"},
    {"role": "user", "content": "and then?"}]})")["m"];
  json a = with_tools(R"({"instructions": "be short", "seed": 3, "top_k": 20, "tool_choice": "auto"})");
  a["input"] = items;
  json b = request("{" + two_tools + R"(, "seed": 3, "top_k": 20, "max_tokens": 12})");
  b["messages"] = messages;
  retort::detail::json chat;
  const auto wrong = retort::detail::api::chat_of_responses(ours(a), chat);
  INFO((wrong ? wrong->message : ""));
  REQUIRE_FALSE(wrong);
  CHECK(chat["messages"] == ours(messages));
  CHECK(chat["tools"] == ours(b["tools"]));
  const json mine = ask_responses(c, a);
  const answer theirs = ask(c, b);
  CHECK(mine["usage"]["input_tokens"] == theirs.usage["prompt_tokens"]);
  CHECK(mine["output"][0]["content"][0]["text"] == theirs.content);
}

TEST_CASE("responses: calls") {
  auto c = make(hermes);
  for (int seed = 1; seed <= 4; ++seed) {
    json r = with_tools(R"({"max_output_tokens": 400, "tool_choice": "required"})");
    r["seed"] = seed;
    const json whole = ask_responses(c, r);
    CHECK(whole["status"] == "completed");
    CHECK(whole["tools"] == r["tools"]);
    REQUIRE_FALSE(whole["output"].empty());
    for (const json& i : whole["output"]) {
      REQUIRE(i["type"] == "function_call");
      CHECK(fits({{"function", i}}));
    }
    CHECK(said(stream_responses(c, r)) == said(whole));
    r["tool_choice"] = {{"type", "function"}, {"name", "now"}};
    r["parallel_tool_calls"] = false;
    const json one = ask_responses(c, r);
    REQUIRE(one["output"].size() == 1);
    CHECK(one["output"][0]["name"] == "now");
    // what came goes back
    r["input"] = json::array({{{"role", "user"}, {"content", "hello"}}});
    for (const json& i : one["output"]) r["input"].push_back(i);
    r["input"].push_back(
        {{"type", "function_call_output"}, {"call_id", one["output"][0]["call_id"]}, {"output", "noon"}});
    r["tool_choice"] = "auto";
    r["max_output_tokens"] = 5;
    CHECK(ask_responses(c, r)["usage"]["input_tokens"] > one["usage"]["input_tokens"]);
  }
}

TEST_CASE("responses: event streams name their types, and have no [DONE]") {
  auto c = make(plain);
  json r = asked(R"({"stream": true})");
  const std::string events = c.complete(r.dump(), endpoint::responses);
  std::vector<json> all;
  for (std::size_t at = 0; at < events.size();) {
    const std::size_t end = events.find("\n\n", at), line = events.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string type = events.substr(at, line - at), data = events.substr(line + 1, end - line - 1);
    REQUIRE(data.starts_with("data: "));
    all.push_back(parse(data.substr(6)));
    CHECK(type == "event: " + all.back()["type"].get<std::string>());
    at = end + 2;
  }
  (void)followed(all);
  // cancelled in the middle
  int n = 0;
  json last;
  (void)c.stream(
      r.dump(),
      [&](std::string_view e) {
        last = parse(std::string(e));
        if (++n == 5) c.cancel();
        return flow::go_on;
      },
      endpoint::responses);
  CHECK(last["type"] == "response.incomplete");
  CHECK(last["response"]["status"] == "cancelled");
}

TEST_CASE("responses: bad requests get their error object") {
  auto c = make(hermes);
  struct row {
    const char* more;
    int status;
    const char* param;
  };
  for (const row& b : std::vector<row>{
           {R"({"input": null})", 422, "input"},
           {R"({"input": 7})", 422, "input"},
           {R"({"input": []})", 400, "input"},
           {R"({"input": [7]})", 400, "input[0]"},
           {R"({"input": [{"role": "user"}]})", 400, "input[0].content"},
           {R"({"input": [{"role": "robot", "content": "x"}]})", 400, "input"},
           {R"({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]})", 400,
            "input[0].content"},
           {R"({"input": [{"type": "web_search_call"}]})", 400, "input[0].type"},
           {R"({"input": [{"type": "function_call_output", "call_id": "c"}]})", 400, "input[0].output"},
           {R"({"previous_response_id": "resp_1"})", 400, "previous_response_id"},
           {R"({"background": true})", 400, "background"},
           {R"({"max_output_tokens": 0})", 422, "max_output_tokens"},
           {R"({"reasoning": 1})", 422, "reasoning"},
           {R"({"reasoning": {"effort": "huge"}})", 422, "reasoning.effort"},
           {R"({"tools": [{"type": "web_search"}]})", 422, "tools[0]"},
           {R"({"tools": [{"type": "function", "name": "a b"}]})", 422, "tools[0].function.name"},
           {R"({"text": {"format": {"type": "json_schema"}}})", 422, "text.format"},
           {R"({"text": {"format": {"type": "json_schema", "schema": {"type": "colour"}}}})", 400, "text.format"},
           {R"({"tool_choice": {"type": "function", "name": "f"}})", 400, "tool_choice"},
           {R"({"temperature": 3})", 422, "temperature"}})
    refused(c, asked(b.more).dump(), b.status, b.param, endpoint::responses);
  refused(c, "[]", 400, "", endpoint::responses);
}
