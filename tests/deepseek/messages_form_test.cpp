// Anthropic's Messages API: a client of its events, written from their description, must arrive at what the message
// says.
#include "deepseek/support.hpp"

#include <retort/deepseek/messages_form.hpp>

using namespace api_checks;

namespace {

json asked(const std::string& more = "{}") {
  json r = {{"model", "deepseek-flash"},
            {"max_tokens", 12},
            {"messages", json::array({{{"role", "user"}, {"content", "hello"}}})}};
  r.update(parse(more));
  return r;
}
json with_tools(const std::string& more = "{}") {
  json r = asked(more);
  for (const char* tool : {weather, now}) {
    const json f = parse(tool)["function"];
    json t = {{"name", f["name"]}};
    if (f.contains("description")) t["description"] = f["description"];
    t["input_schema"] = f.contains("parameters") ? f["parameters"] : json{{"type", "object"}};
    r["tools"].push_back(t);
  }
  return r;
}

void check_usage_of_message(const json& u) {
  has_keys(u, {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"});
  CHECK(u["input_tokens"].get<int>() + u["cache_read_input_tokens"].get<int>() > 0);
}
void check_message(const json& m) {
  has_keys(m, {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"});
  CHECK(m["id"].get<std::string>().starts_with("msg_"));
  CHECK(m["type"] == "message");
  CHECK(m["role"] == "assistant");
  CHECK(m["model"] == "deepseek-flash");
  check_usage_of_message(m["usage"]);
  for (const json& b : m["content"]) {
    if (b["type"] == "text") has_keys(b, {"type", "text"});
    else if (b["type"] == "thinking") has_keys(b, {"type", "thinking", "signature"});
    else {
      CHECK(b["type"] == "tool_use");
      has_keys(b, {"type", "id", "name", "input"});
      CHECK(b["id"].get<std::string>().starts_with("toolu_"));
      CHECK(b["input"].is_object());
    }
  }
}

json ask_message(completions& c, const json& r) {
  int status = 0;
  json j = parse(c.complete(r.dump(), endpoint::messages, &status));
  INFO(r.dump());
  INFO(j.dump());
  REQUIRE(status == 200);
  check_message(j);
  return j;
}

/// What a client makes of the events.
json followed(const std::vector<json>& events) {
  json m;
  std::map<std::size_t, std::string> inputs;
  bool open = false, stopped = false;
  for (const json& e : events) {
    INFO(e.dump());
    CHECK_FALSE(stopped);
    const std::string type = e["type"].get<std::string>();
    if (type == "message_start") {
      REQUIRE(m.is_null());
      m = e["message"];
      CHECK(m["content"].empty());
      CHECK(m["stop_reason"].is_null());
      continue;
    }
    REQUIRE(m.is_object());
    if (type == "content_block_start") {
      REQUIRE_FALSE(std::exchange(open, true));
      REQUIRE(e["index"] == m["content"].size());
      m["content"].push_back(e["content_block"]);
    } else if (type == "content_block_delta") {
      REQUIRE(open);
      REQUIRE(e["index"].get<std::size_t>() + 1 == m["content"].size());
      json& b = m["content"].back();
      const json& d = e["delta"];
      const auto append = [&](const char* to) { b[to] = b[to].get<std::string>() + d[to].get<std::string>(); };
      if (d["type"] == "text_delta") append("text");
      else if (d["type"] == "thinking_delta") append("thinking");
      else if (d["type"] == "signature_delta") b["signature"] = d["signature"];
      else {
        CHECK(d["type"] == "input_json_delta");
        inputs[m["content"].size() - 1] += d["partial_json"].get<std::string>();
      }
    } else if (type == "content_block_stop") {
      REQUIRE(std::exchange(open, false));
    } else if (type == "message_delta") {
      CHECK_FALSE(open);
      m.update(e["delta"]);
      m["usage"].update(e["usage"]);
    } else {
      CHECK(type == "message_stop");
      stopped = true;
    }
  }
  CHECK(stopped);
  for (const auto& [index, text] : inputs) {
    CHECK(m["content"][index]["input"] == json::object());
    m["content"][index]["input"] = parse(text);
  }
  check_message(m);
  return m;
}

json stream_message(completions& c, const json& r) { return followed(streamed(c, r, endpoint::messages)); }

json said(const json& m) {
  json all = json::array({m["stop_reason"], m["stop_sequence"], m["usage"]["output_tokens"]});
  for (json b : m["content"]) {
    b.erase("id");
    all.push_back(b);
  }
  return all;
}

}  // namespace

TEST_CASE("messages: answers, streamed and whole") {
  for (const std::string* source : {&hermes, &begun_thought, &switched_thought}) {
    auto c = make(*source);
    for (
        const char* more :
        {"{}", R"({"system": "be short"})",
         R"({"system": [{"type": "text", "text": "be "}, {"type": "text", "text": "short"}]})",
         R"({"thinking": {"type": "disabled"}})",
         R"({"thinking": {"type": "enabled", "budget_tokens": 5}, "max_tokens": 60})",
         R"({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}})",
         R"({"temperature": 0, "top_k": 5, "top_p": 0.9, "metadata": {"user_id": "u"}})",
         R"({"stop_sequences": ["e", "a"], "max_tokens": 80})",
         R"({"max_tokens": 90, "output_config": {"format": {"type": "json_schema", "schema": {"type": "integer"}}}})",
         R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]})",
         R"({"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "so it begins"}]})",
         R"({"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "facts"}}]}]})"}) {
      INFO(more << " with " << *source);
      const json r = asked(more);
      const json whole = ask_message(c, r);
      CHECK(said(whole) == said(stream_message(c, r)));
      const json& why = whole["stop_reason"];
      CHECK((why == "end_turn" || why == "max_tokens" || why == "stop_sequence"));
      CHECK(whole["stop_sequence"].is_null() == (why != "stop_sequence"));
    }
  }
  auto c = make(begun_thought);
  const json both = ask_message(
      c, asked(R"({"max_tokens": 90, "output_format": {"type": "json_schema", "schema": {"const": "x, y"}}})"));
  REQUIRE(both["content"].size() == 2);
  CHECK(both["content"][0]["type"] == "thinking");
  CHECK(both["content"][1]["text"] == "\"x, y\"");
  CHECK(both["stop_reason"] == "end_turn");
  const json cut = ask_message(c, asked(R"({"max_tokens": 90, "stop_sequences": [","],
    "output_format": {"type": "json_schema", "schema": {"const": "x, y"}}})"));
  CHECK(cut["content"][1]["text"] == "\"x");
  CHECK(cut["stop_reason"] == "stop_sequence");
  CHECK(cut["stop_sequence"] == ",");
  // what was read before is counted apart
  CHECK(cut["usage"]["cache_read_input_tokens"].get<int>() > 0);
}

TEST_CASE("messages: the same as a chat completion that says the same") {
  json a = with_tools(
      R"({"system": "be short", "seed": 3, "tool_choice": {"type": "auto", "disable_parallel_tool_use": true}})");
  a["messages"] = parse(R"({"m": [
    {"role": "user", "content": "what time is it?"},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "text", "text": "let me see"},
      {"type": "tool_use", "id": "a", "name": "now", "input": {}}, {"type": "tool_use", "id": "b", "name": "weather", "input": {"city": "x"}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "noon"},
      {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "rain"}]}, {"type": "text", "text": "and then?"}]},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "now", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c"}]},
    {"role": "assistant", "content": "It is"}]})")["m"];
  const json messages = parse(R"({"m": [
    {"role": "system", "content": "be short"}, {"role": "user", "content": "what time is it?"},
    {"role": "assistant", "tool_calls": [
      {"id": "a", "type": "function", "function": {"name": "now", "arguments": "{}"}},
      {"id": "b", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"x\"}"}}],
      "content": "let me see", "reasoning_content": "t"},
    {"role": "tool", "tool_call_id": "a", "content": "noon"}, {"role": "tool", "tool_call_id": "b", "content": "rain"},
    {"role": "user", "content": "and then?"},
    {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}], "content": ""},
    {"role": "tool", "tool_call_id": "c", "content": ""},
    {"role": "assistant", "content": "It is", "prefix": true}]})")["m"];
  retort::detail::json chat;
  REQUIRE_FALSE(retort::detail::api::chat_of_messages(ours(a), chat));
  CHECK(chat["messages"] == ours(messages));
  CHECK(chat["parallel_tool_calls"] == false);
  auto c = make(hermes);
  json b = request("{" + two_tools + R"(, "seed": 3, "max_tokens": 12})");
  b["tools"][1]["function"]["parameters"] = {{"type", "object"}};
  b["messages"] = messages;
  const json mine = ask_message(c, a);
  const answer theirs = ask(c, b);
  CHECK(mine["usage"]["input_tokens"].get<int>() + mine["usage"]["cache_read_input_tokens"].get<int>() ==
        theirs.usage["prompt_tokens"].get<int>());
  CHECK(mine["content"][0]["text"] == theirs.content);
}

TEST_CASE("messages: tools") {
  auto c = make(hermes);
  for (int seed = 1; seed <= 4; ++seed) {
    json r = with_tools(R"({"max_tokens": 400, "tool_choice": {"type": "any"}})");
    r["seed"] = seed;
    const json whole = ask_message(c, r);
    CHECK(whole["stop_reason"] == "tool_use");
    REQUIRE_FALSE(whole["content"].empty());
    for (const json& b : whole["content"]) {
      REQUIRE(b["type"] == "tool_use");
      CHECK(fits({{"function", {{"name", b["name"]}, {"arguments", b["input"].dump()}}}}));
    }
    CHECK(said(stream_message(c, r)) == said(whole));
    r["tool_choice"] = {{"type", "tool"}, {"name", "weather"}};
    const json named = ask_message(c, r);
    REQUIRE(named["content"].size() == 1);
    CHECK(named["content"][0]["name"] == "weather");
    // what came goes back
    r["messages"].push_back({{"role", "assistant"}, {"content", named["content"]}});
    r["messages"].push_back({{"role", "user"},
                             {"content", json::array({{{"type", "tool_result"},
                                                       {"tool_use_id", named["content"][0]["id"]},
                                                       {"content", "rain"},
                                                       {"is_error", false}}})}});
    r["tool_choice"] = {{"type", "none"}};
    r["max_tokens"] = 5;
    (void)ask_message(c, r);
  }
}

TEST_CASE("messages: errors have their own form") {
  auto c = make(hermes);
  const auto refused = [&c](const std::string& r, int wanted, const std::string& type) {
    int status = 0;
    const json j = parse(c.complete(r, endpoint::messages, &status));
    INFO(r << " gave " << j.dump());
    CHECK(status == wanted);
    has_keys(j, {"type", "error", "request_id"});
    CHECK(j["type"] == "error");
    has_keys(j["error"], {"type", "message"});
    CHECK(j["error"]["type"] == type);
    CHECK_FALSE(j["error"]["message"].get<std::string>().empty());
  };
  for (const char* more :
       {R"({"messages": []})", R"({"messages": null})", R"({"messages": [7]})", R"({"messages": [{"role": "user"}]})",
        R"({"messages": [{"role": "robot", "content": "x"}]})",
        R"({"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]})",
        R"({"messages": [{"role": "user", "content": [7]}]})", R"({"max_tokens": 0})", R"({"temperature": 3})",
        R"({"tools": [{"type": "web_search_20250305", "name": "web_search"}]})", R"({"tools": [{"name": "a b"}]})",
        R"({"tool_choice": {"type": "any"}})", R"({"thinking": {"type": "maybe"}})",
        R"({"output_config": {"effort": "huge"}})", R"({"stop_sequences": "x y", "metadata": 1})"})
    refused(asked(more).dump(), 400, "invalid_request_error");
  refused("[]", 400, "invalid_request_error");
  refused(asked("{\"system\": \"" + std::string(3000, 'x') + "\"}").dump(), 400, "invalid_request_error");
  int inner = 0;
  json second;
  json r = asked(R"({"stream": true})");
  (void)c.stream(
      r.dump(),
      [&](std::string_view) {
        second = parse(c.complete(r.dump(), endpoint::messages, &inner));
        return flow::go_on;
      },
      endpoint::messages);
  CHECK(inner == 429);
  CHECK(second["error"]["type"] == "rate_limit_error");
}
