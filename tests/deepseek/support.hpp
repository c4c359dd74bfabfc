// Tiny models behind the API, templates and tools: what the tests of this room ask with.
#pragma once

#include "deepseek/checks.hpp"

#include <retort/retort.hpp>
#include <retort/text/json_reader.hpp>
#include <retort/text/json_writer.hpp>

namespace api_checks {

using namespace retort;
using support::model_of;

// A template that writes all it is given; the model's kind of calls and thoughts is told by what stands in its comment.
inline const std::string body =
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]{{ m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}";
inline const std::string plain = body;
inline const std::string hermes = "{# <tool_call> #}" + body;
inline const std::string open_thought = "{# </think> #}" + body;  // the model may open a thought
inline const std::string begun_thought = hermes + "{% if add_generation_prompt %}<think>\n{% endif %}";
inline const std::string switched_thought =
    hermes + "{% if add_generation_prompt and not thinking %}<think>\n\n</think>\n\n{% endif %}";

/// A value as the library has it, and back.
inline retort::detail::json ours(const json& j) { return retort::detail::parse_json(j.dump()).value(); }
inline json theirs(const retort::detail::json& j) { return parse(retort::detail::dump(j)); }

inline completions_options options(const std::string& source, bool hosted = false) {
  completions_options o;
  o.session = support::small(1024);
  o.session.reproducible = true;
  o.chat_template = source;
  o.hosted = hosted;
  o.now = [] { return std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000)); };
  return o;
}
inline completions make(const std::string& source, bool hosted = false, const model& m = model_of("llama")) {
  auto c = completions::make(m, options(source, hosted));
  if (!c) FAIL(c.error().what);
  return std::move(*c);
}

/// A tiny model with control tokens of its own.
inline const model& model_with(const std::vector<std::string>& control_tokens) {
  struct entry {
    std::vector<std::byte> bytes;
    model m;
  };
  static std::map<std::vector<std::string>, entry> all;
  entry& e = all[control_tokens];
  if (e.bytes.empty()) {
    tiny::recipe r;
    r.control_tokens = control_tokens;
    e.bytes = tiny::make(r).bytes();
    auto m = model::view(e.bytes, "tiny");
    if (!m) FAIL(m.error().what);
    e.m = *m;
  }
  return e.m;
}

inline json request(const std::string& more = "{}", const std::string& text = "hello") {
  json r = {{"model", "deepseek-flash"},
            {"messages", json::array({{{"role", "user"}, {"content", text}}})},
            {"max_tokens", 10}};
  r.update(parse(more));
  return r;
}

inline answer ask(completions& c, const json& r) {
  int status = 0;
  const json j = parse(c.complete(r.dump(), endpoint::chat_completions, &status));
  INFO(j.dump());
  REQUIRE(status == 200);
  return check_response(j, r);
}
/// The events of a stream.
inline std::vector<json> streamed(completions& c, json r, endpoint to) {
  r["stream"] = true;
  std::vector<json> events;
  int status = 0;
  const std::string rest = c.stream(
      r.dump(),
      [&](std::string_view event) {
        events.push_back(parse(std::string(event)));
        return flow::go_on;
      },
      to, &status);
  INFO(rest);
  REQUIRE(status == 200);
  CHECK(rest.empty());
  return events;
}
inline answer ask_in_chunks(completions& c, json r) {
  r["stream"] = true;
  return check_chunks(streamed(c, r, endpoint::chat_completions), r);
}
inline void refused(completions& c, const std::string& r, int status, const std::string& param,
                    endpoint to = endpoint::chat_completions) {
  INFO(r);
  int found = 0;
  const json j = parse(c.complete(r, to, &found));
  INFO(j.dump());
  REQUIRE(found == status);
  check_error(j, param);
}

inline constexpr const char* weather =
    R"({"type": "function", "function": {"name": "weather", "description": "of a city", "parameters":
  {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 9},
  "unit": {"type": "string", "enum": ["c", "f"]}, "at": {"type": "array", "items": {"type": "integer"}, "maxItems": 2}},
  "required": ["city", "days", "unit", "at"], "additionalProperties": false}}})";
inline constexpr const char* now = R"({"type": "function", "function": {"name": "now"}})";
inline const std::string two_tools = std::string("\"tools\": [") + weather + ", " + now + "]";

inline json strict_tools() {
  json t = json::array({json::parse(weather)});
  t[0]["function"]["strict"] = true;
  return t;
}
inline bool fits(const json& call) {
  const json& f = call["function"];
  const json arguments = json::parse(f["arguments"].get<std::string>());
  if (f["name"] == "now") return arguments == json::object();
  return f["name"] == "weather" && satisfies(arguments, json::parse(weather)["function"]["parameters"]);
}

}  // namespace api_checks
