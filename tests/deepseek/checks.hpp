// What responses and chunks of the API must look like, field by field, and a checker of small schemas.
#pragma once

#include "run/support.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace api_checks {

using json = nlohmann::ordered_json;

inline json parse(const std::string& text) {
  const json j = json::parse(text, nullptr, false);
  INFO(text);
  REQUIRE(j.is_object());
  return j;
}

/// Exactly these keys, in any order; those with a question mark may be absent.
inline void has_keys(const json& j, std::vector<std::string> keys) {
  REQUIRE(j.is_object());
  std::size_t n = 0;
  for (std::string& k : keys) {
    const bool optional = k.back() == '?';
    if (optional) k.pop_back();
    INFO("key " << k << " of " << j.dump());
    if (!optional) CHECK(j.contains(k));
    n += j.contains(k);
  }
  INFO(j.dump());
  CHECK(n == j.size());
}

inline void check_error(const json& j, const std::string& param) {
  has_keys(j, {"error"});
  const json& e = j["error"];
  has_keys(e, {"message", "type", "param", "code"});
  CHECK(e["message"].is_string());
  CHECK_FALSE(e["message"].get<std::string>().empty());
  CHECK(e["type"].is_string());
  CHECK(e["code"].is_string());
  if (param.empty()) CHECK(e["param"].is_null());
  else CHECK(e["param"] == param);
}

inline void check_usage(const json& u) {
  has_keys(u, {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "prompt_cache_hit_tokens",
               "prompt_cache_miss_tokens", "completion_tokens_details"});
  const auto n = [&u](const char* key) {
    REQUIRE(u[key].is_number_unsigned());
    return u[key].get<std::uint64_t>();
  };
  CHECK(n("prompt_tokens") > 0);
  CHECK(n("prompt_cache_hit_tokens") + n("prompt_cache_miss_tokens") == n("prompt_tokens"));
  CHECK(n("prompt_tokens") + n("completion_tokens") == n("total_tokens"));
  CHECK(u["prompt_tokens_details"]["cached_tokens"] == u["prompt_cache_hit_tokens"]);
  CHECK(u["completion_tokens_details"]["reasoning_tokens"].get<std::uint64_t>() <= n("completion_tokens"));
}

inline bool is_finish_reason(const json& j) {
  for (const char* r : {"stop", "length", "content_filter", "tool_calls", "insufficient_system_resource", "aborted"})
    if (j == r) return true;
  return false;
}

/// One list of {token, logprob, bytes, top_logprobs}; returns how many.
inline std::size_t check_scores(const json& list, std::size_t n_top) {
  REQUIRE(list.is_array());
  for (const json& s : list) {
    has_keys(s, {"token", "logprob", "bytes", "top_logprobs"});
    CHECK(s["token"].is_string());
    const double own = s["logprob"].get<double>();
    CHECK(own <= 1e-6);
    for (const json& b : s["bytes"]) CHECK((b.is_number_unsigned() && b.get<unsigned>() < 256));
    REQUIRE(s["top_logprobs"].size() == n_top);
    double sum = 0, last = 1;
    bool listed = false;
    for (const json& t : s["top_logprobs"]) {
      has_keys(t, {"token", "logprob", "bytes"});
      const double p = t["logprob"].get<double>();
      CHECK(p <= last);
      last = p;
      sum += std::exp(p);
      listed = listed || (t["bytes"] == s["bytes"] && t["token"] == s["token"]);
    }
    CHECK(sum <= 1 + 1e-4);
    // a token among the likeliest is listed; one that is not is less likely than they
    CHECK((listed || n_top == 0 || own <= last + 1e-6));
  }
  return list.size();
}

inline std::size_t check_logprobs(const json& l, std::size_t n_top) {
  has_keys(l, {"content", "reasoning_content?"});
  return check_scores(l["content"], n_top) +
         (l.contains("reasoning_content") ? check_scores(l["reasoning_content"], n_top) : 0);
}

inline void check_calls(const json& calls) {
  REQUIRE(calls.is_array());
  CHECK_FALSE(calls.empty());
  for (const json& c : calls) {
    has_keys(c, {"id", "type", "function"});
    CHECK_FALSE(c["id"].get<std::string>().empty());
    CHECK(c["type"] == "function");
    has_keys(c["function"], {"name", "arguments"});
    CHECK(json::parse(c["function"]["arguments"].get<std::string>(), nullptr, false).is_object());
  }
}

/// What an answer says, however it came.
struct answer {
  std::string content, thought, finish_reason;
  bool has_thought = false;
  json calls = json::array();
  json usage;
  std::size_t n_scores = 0;
  bool operator==(const answer& o) const {
    const auto said = [](const answer& a) {
      json j = json::array({a.content, a.thought, a.finish_reason, a.has_thought});
      for (const json& c : a.calls) j.push_back(c["function"]);
      return j;
    };
    return said(*this) == said(o);
  }
};

/// A chat completion. `request` tells the model's name and the scores that are wanted.
inline answer check_response(const json& r, const json& request) {
  has_keys(r, {"id", "object", "created", "model", "choices", "usage", "system_fingerprint"});
  CHECK_FALSE(r["id"].get<std::string>().empty());
  CHECK(r["object"] == "chat.completion");
  CHECK(r["created"].is_number_integer());
  CHECK(r["model"].is_string());
  if (request.contains("model") && request["model"].is_string()) CHECK(r["model"] == request["model"]);
  CHECK(r["system_fingerprint"].get<std::string>().starts_with("fp_"));
  REQUIRE(r["choices"].size() == 1);
  const json& c = r["choices"][0];
  has_keys(c, {"index", "message", "logprobs", "finish_reason"});
  CHECK(c["index"] == 0);
  CHECK(is_finish_reason(c["finish_reason"]));
  const json& m = c["message"];
  has_keys(m, {"role", "content", "reasoning_content?", "tool_calls?"});
  CHECK(m["role"] == "assistant");
  REQUIRE(m["content"].is_string());
  check_usage(r["usage"]);
  answer a;
  a.content = m["content"].get<std::string>();
  a.finish_reason = c["finish_reason"].get<std::string>();
  a.has_thought = m.contains("reasoning_content");
  if (a.has_thought) a.thought = m["reasoning_content"].get<std::string>();
  if (m.contains("tool_calls")) {
    check_calls(m["tool_calls"]);
    a.calls = m["tool_calls"];
  }
  a.usage = r["usage"];
  if (a.finish_reason == "tool_calls") CHECK_FALSE(a.calls.empty());
  if (request.contains("logprobs") && request["logprobs"] == true) {
    a.n_scores = check_logprobs(c["logprobs"], request.value("top_logprobs", std::size_t{0}));
    CHECK(a.n_scores == r["usage"]["completion_tokens"]);
  } else {
    CHECK(c["logprobs"].is_null());
  }
  return a;
}

/// The chunks of a stream, in their order.
inline answer check_chunks(const std::vector<json>& chunks, const json& request) {
  answer a;
  const bool wants_usage = request.contains("stream_options") && request["stream_options"].is_object() &&
                           request["stream_options"].value("include_usage", false);
  const bool wants_scores = request.contains("logprobs") && request["logprobs"] == true;
  enum { role, thought, content, calls, finished, counted } at = role;
  for (const json& k : chunks) {
    INFO(k.dump());
    has_keys(k,
             {"id", "object", "created", "model", "system_fingerprint", "choices", wants_usage ? "usage" : "usage?"});
    for (const char* same : {"id", "created", "model", "system_fingerprint"}) CHECK(k[same] == chunks[0][same]);
    CHECK(k["object"] == "chat.completion.chunk");
    if (k["choices"].empty()) {
      CHECK(wants_usage);
      CHECK(at == finished);
      at = counted;
      check_usage(k["usage"]);
      a.usage = k["usage"];
      continue;
    }
    if (k.contains("usage")) CHECK(k["usage"].is_null());
    REQUIRE(k["choices"].size() == 1);
    const json& c = k["choices"][0];
    has_keys(c, {"index", "delta", "logprobs", "finish_reason"});
    CHECK(c["index"] == 0);
    const json& d = c["delta"];
    has_keys(d, {"role?", "content?", "reasoning_content?", "tool_calls?"});
    CHECK(d.contains("role") == (at == role));
    CHECK(at < finished);
    if (wants_scores && !c["logprobs"].is_null())
      a.n_scores += check_logprobs(c["logprobs"], request.value("top_logprobs", std::size_t{0}));
    if (!wants_scores) CHECK(c["logprobs"].is_null());
    const bool thinks = d.contains("reasoning_content") && d["reasoning_content"].is_string();
    if (at == role) {
      CHECK(d["role"] == "assistant");
      if (thinks) CHECK(d["reasoning_content"] == "");
      a.has_thought = thinks;
      at = thought;
      continue;
    }
    if (!c["finish_reason"].is_null()) {
      CHECK(is_finish_reason(c["finish_reason"]));
      a.finish_reason = c["finish_reason"].get<std::string>();
      at = finished;
    } else if (d.contains("tool_calls")) {
      at = calls;
      REQUIRE(d["tool_calls"].size() == 1);
      const json& t = d["tool_calls"][0];
      const auto index = t["index"].get<std::size_t>();
      if (index == a.calls.size()) {
        has_keys(t, {"index", "id", "type", "function"});
        has_keys(t["function"], {"name", "arguments"});
        CHECK(t["type"] == "function");
        a.calls.push_back(t);
        a.calls.back().erase("index");
      } else {
        REQUIRE(index < a.calls.size());
        has_keys(t, {"index", "function"});
        has_keys(t["function"], {"arguments"});
        auto& all = a.calls[index]["function"]["arguments"];
        all = all.get<std::string>() + t["function"]["arguments"].get<std::string>();
      }
    } else if (thinks) {
      CHECK(at == thought);
      a.has_thought = true;
      a.thought += d["reasoning_content"].get<std::string>();
    } else {
      at = std::max(at, content);
      a.content += d["content"].get<std::string>();
    }
  }
  CHECK(at == (wants_usage ? counted : finished));
  if (!a.calls.empty()) check_calls(a.calls);
  return a;
}

/// The chunks in an event stream, which ends with [DONE].
inline std::vector<json> chunks_of(const std::string& events) {
  std::vector<json> all;
  std::size_t at = 0;
  bool done = false;
  while (at < events.size()) {
    const std::size_t end = events.find("\n\n", at);
    REQUIRE(end != std::string::npos);
    const std::string event = events.substr(at, end - at);
    at = end + 2;
    REQUIRE(event.starts_with("data: "));
    CHECK_FALSE(done);
    done = event == "data: [DONE]";
    if (!done) all.push_back(parse(event.substr(6)));
  }
  CHECK(done);
  return all;
}

/// Whether a value satisfies a schema of the few keywords that the tests use.
inline bool satisfies(const json& v, const json& schema) {
  const std::string type = schema.value("type", "");
  if (type == "object" && !v.is_object()) return false;
  if (type == "array" && !v.is_array()) return false;
  if (type == "string" && !v.is_string()) return false;
  if (type == "integer" && !v.is_number_integer()) return false;
  if (type == "number" && !v.is_number()) return false;
  if (type == "boolean" && !v.is_boolean()) return false;
  if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), v) == schema["enum"].end())
    return false;
  if (v.is_number() && schema.contains("minimum") && v.get<double>() < schema["minimum"].get<double>()) return false;
  if (v.is_number() && schema.contains("maximum") && v.get<double>() > schema["maximum"].get<double>()) return false;
  if (v.is_array()) {
    if (v.size() < schema.value("minItems", std::size_t{0})) return false;
    if (schema.contains("maxItems") && v.size() > schema["maxItems"].get<std::size_t>()) return false;
    if (schema.contains("items"))
      for (const json& e : v)
        if (!satisfies(e, schema["items"])) return false;
  }
  if (v.is_object()) {
    if (schema.contains("required"))
      for (const json& r : schema["required"])
        if (!v.contains(r.get<std::string>())) return false;
    for (const auto& [k, e] : v.items()) {
      const bool known = schema.contains("properties") && schema["properties"].contains(k);
      if (known && !satisfies(e, schema["properties"][k])) return false;
      if (!known && schema.contains("additionalProperties") && schema["additionalProperties"] == false) return false;
    }
  }
  return true;
}

}  // namespace api_checks
