// Random requests to completions. An answer is that of a fresh object; whatever became of one request, the next is
// answered as ever.
#pragma once

#include "chat_calls.hpp"

#include <retort/text/json_reader.hpp>

namespace faults {

/// What is answered, without its name and without what depends on a cache.
inline std::string without_names(std::string body) {
  for (std::size_t at = 0; (at = body.find("\"id\":", at)) != std::string::npos;) {
    const std::size_t begin = body.find('"', at + 5), end = body.find('"', begin + 1);
    if (end == std::string::npos) break;
    body.erase(begin, end - begin + 1);
    at += 5;
  }
  for (const char* key : {"item_id\":", "response_id\":"})
    for (std::size_t at = 0; (at = body.find(key, at)) != std::string::npos;) {
      const std::size_t begin = body.find('"', at + std::strlen(key)), end = body.find('"', begin + 1);
      if (end == std::string::npos) break;
      body.erase(begin, end - begin + 1);
      at += std::strlen(key);
    }
  for (const char* count : {"cached_tokens\":", "cache_hit_tokens\":", "cache_miss_tokens\":",
                            "cache_read_input_tokens\":", "\"input_tokens\":"})
    for (std::size_t at = 0; (at = body.find(count, at)) != std::string::npos;) {
      at += std::string_view(count).size();
      while (at < body.size() && body[at] == ' ') ++at;
      body.erase(at, body.find_first_not_of("0123456789", at) - at);
    }
  return body;
}

struct request {
  endpoint to;
  const char* text;
};
inline const std::vector<request> requests = {
    {endpoint::chat_completions, R"({"messages":[{"role":"user","content":"barley"}],"max_tokens":8,"temperature":0})"},
    {endpoint::chat_completions,
     R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"oats"}],"max_tokens":5,"seed":4,"stream":true,"stream_options":{"include_usage":true}})"},
    {endpoint::chat_completions,
     R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","prefix":true}],"max_tokens":5,"seed":1,"stop":["e"],"logprobs":true,"top_logprobs":2,"user":"me"})"},
    {endpoint::chat_completions,
     R"({"messages":[{"role":"user","content":"x"}],"max_tokens":40,"seed":2,"tool_choice":"required","tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"],"additionalProperties":false}}}]})"},
    {endpoint::chat_completions,
     R"({"messages":[{"role":"user","content":"x"}],"max_tokens":40,"temperature":0,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"enum":[1,2]}},"required":["a"],"additionalProperties":false}}}})"},
    {endpoint::chat_completions, R"({"messages":[],"max_tokens":8})"},
    {endpoint::chat_completions,
     R"({"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"not":{}}}}})"},
    {endpoint::chat_completions, "[1"},
    {endpoint::completions, R"({"prompt":"once upon","max_tokens":6,"seed":3,"echo":true,"logprobs":2})"},
    {endpoint::completions, R"({"prompt":"once","suffix":"end"})"},
    {endpoint::models, R"({})"},
    {endpoint::models, R"({"id":"none"})"},
    {endpoint::responses, R"({"input":"barley","max_output_tokens":6,"temperature":0})"},
    {endpoint::responses,
     R"({"input":[{"role":"user","content":[{"type":"input_text","text":"x"}]}],"max_output_tokens":5,"temperature":0,"stream":true})"},
    {endpoint::messages,
     R"({"messages":[{"role":"user","content":"barley"}],"max_tokens":6,"temperature":0,"stop_sequences":["z"]})"},
    {endpoint::messages,
     R"({"system":"s","messages":[{"role":"user","content":"x"}],"max_tokens":5,"temperature":0,"stream":true,"thinking":{"type":"disabled"}})"},
    {endpoint::messages, R"({"messages":"x"})"}};

inline void make_api(zoo& z) {
  const auto at = any_place(z);
  if (!at) return;
  auto e = std::make_shared<an_api>();
  e->kind = at->kind;
  e->of = at->m;
  e->o.session.context = z.one_of<std::size_t>({100, 300, 600});
  e->o.session.chunk = z.one_of<std::size_t>({0, 8, 32});
  e->o.session.memory = &z.memory;
  e->o.session.reproducible = true;
  e->o.session.max_guesses = z.one_in(4) ? 2 : 0;
  if (z.one_in(8)) e->o.session.pool = &zoo::pool();
  if (z.one_in(6)) e->o.session.on_logits = [&z](std::size_t, std::span<const float>) { z.called_back(); };
  e->o.hosted = z.one_in(3);
  e->o.chat_template = z.one_of({plain_template, tools_template, tools_template});
  e->o.now = [&z] {
    z.called_back();
    return std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000));
  };
  if (at->in && at->in->of.impl() == at->m.impl() && at->in->o.reproducible && at->in->o.target.empty()) {
    e->o.session.in = &*at->in->b;
    e->o.session.context = std::min(e->o.session.context, at->in->o.context);
    e->o.session.max_guesses = at->in->o.max_guesses;
  }
  z.say("completions: make");
  auto c = completions::make(at->m, e->o);
  if (!z.worked(c, {errc::bad_argument})) return;
  e->c.emplace(std::move(*c));
  e->o.session.in = nullptr;  // for those that judge it
  z.add(z.apis, e, 3);
}
inline std::shared_ptr<an_api> any_api(zoo& z) {
  const auto e = z.any(z.apis);
  return e && e->c ? e : nullptr;
}
inline std::string random_request(zoo& z, endpoint& to) {
  const request& r = z.one_of(requests);
  to = r.to;
  std::string text = r.text;
  if (z.one_in(6)) text[z.below(text.size())] = static_cast<char>(z.below(256));
  if (z.one_in(20)) text.resize(z.below(text.size()));
  if (z.one_in(20)) to = static_cast<endpoint>(z.below(5));
  return text;
}
/// As it must be whatever was asked.
inline void check_body(zoo& z, const std::string& body, int status, bool streamed) {
  z.must(status == 200 || (status >= 400 && status < 600), "a status that is none");
  if (body.empty()) return z.must(streamed, "nothing is answered");
  if (body.starts_with("data:") || body.starts_with("event:")) return z.must(status == 200, "a stream of errors");
  const auto j = detail::parse_json(body);
  z.must(j && j->is_object(), "an answer is no JSON object");
  if (j && status != 200) z.must(j->contains("error"), "an error object without an error");
}
struct answered {
  std::string body, chunks;
  int status = 0;
  [[nodiscard]] std::string told() const {
    return std::to_string(status) + without_names(body) + "\n" + without_names(chunks);
  }
};
inline answered ask_api(zoo& z, completions& c, const std::string& text, endpoint to, bool streamed,
                        std::size_t stop_at) {
  answered a;
  std::size_t n = 0;
  const auto each = [&](std::string_view chunk) {
    a.chunks += chunk;
    a.chunks += "\n";
    z.must(!completions::event(chunk, to).empty(), "an event of nothing");
    z.called_back();
    return ++n == stop_at ? flow::stop : flow::go_on;
  };
  a.body = streamed ? c.stream(text, each, to, &a.status) : c.complete(text, to, &a.status);
  return a;
}
/// What an object that did nothing else answers.
inline void judge(zoo& z, an_api& e, const answered& a, const std::string& text, endpoint to, bool streamed) {
  if (z.lost) return;
  const zoo::silence hush(z);
  completions_options o = e.o;
  o.session.chunk = 0;
  o.session.pool = nullptr;
  o.session.on_logits = {};
  o.session.memory = nullptr;
  auto fresh = completions::make(e.of, o);
  if (!z.worked(fresh)) return;
  const answered right = ask_api(z, *fresh, text, to, streamed, 0);
  if (right.told() != a.told())
    z.finding("an answer is not that of a fresh object:\n" + text + "\n---\n" + a.told() + "\n---\n" + right.told() +
              "\n---");
}
inline void complete(zoo& z) {
  const auto e = any_api(z);
  if (!e) return;
  endpoint to{};
  const std::string text = random_request(z, to);
  const bool streamed = z.one_in(2);
  const std::size_t stop_at = z.one_in(4) ? 1 + z.below(5) : 0;
  const unsigned version = ++e->version;
  const std::size_t callbacks = z.n_called;
  z.say("completions: " + std::string(streamed ? "stream " : "complete ") + text.substr(0, 60));
  z.try_to([&] {
    const answered a = ask_api(z, *e->c, text, to, streamed, stop_at);
    if (a.status == 429) return z.must(z.depth > 0, "busy, with nothing to do");
    check_body(z, a.body, a.status, streamed);
    if (stop_at == 0 && e->c && e->version == version && z.n_called == callbacks && z.depth == 0)
      judge(z, *e, a, text, to, streamed);
  });
  e->begun = false;
}
inline void begin_request(zoo& z) {
  const auto e = any_api(z);
  if (!e) return;
  endpoint to{};
  const std::string text = random_request(z, to);
  const auto chunks = std::make_shared<std::string>();
  const bool streamed = z.one_in(2);
  completions::on_chunk each;
  if (streamed)
    each = [&z, chunks](std::string_view chunk) {
      *chunks += chunk;
      *chunks += "\n";
      z.called_back();
      return flow::go_on;
    };
  const unsigned version = ++e->version;
  const std::size_t callbacks = z.n_called;
  const std::size_t n = z.below(30);
  z.say("completions: begin, " + number(n) + " steps: " + text.substr(0, 60));
  bool over = false;
  const bool quiet = z.try_to([&] {
    if (!z.worked(e->c->begin(text, to, each))) return;
    e->begun = true;
    for (std::size_t i = 0; (n == 29 || i < n) && !over && e->c; ++i)
      over = e->c->step(n == 29 ? std::chrono::nanoseconds(0) : z.budget()) == status::done;
    if (!over || !e->c || e->version != version || z.n_called != callbacks || z.depth > 0) return;
    answered a;
    a.body = e->c->take(&a.status);
    a.chunks = *chunks;
    check_body(z, a.body, a.status, streamed);
    judge(z, *e, a, text, to, streamed);
    e->begun = false;
  });
  if (!quiet) e->begun = false;
}
inline void go_on_with_request(zoo& z) {
  const auto e = any_api(z);
  if (!e) return;
  ++e->version;
  z.say("completions: cancel, step, take");
  z.try_to([&] {
    if (z.one_in(2)) e->c->cancel();
    const bool whole = z.one_in(2);
    auto done = status::running;
    for (std::size_t i = 0; (whole || i < 4) && done == status::running && e->c; ++i) done = e->c->step(z.budget());
    if (!e->c || z.one_in(2)) return;
    int status = 0;
    const std::string body = e->c->take(&status);
    z.must(status == 200 || (status >= 400 && status < 600), "a status that is none");
  });
}
inline void move_api(zoo& z) {
  const auto e = any_api(z);
  if (!e) return;
  ++e->version;
  if (z.one_in(2)) {
    z.say("completions: destroy");
    e->c.reset();
    return z.remove(z.apis, e);
  }
  z.say("completions: move");
  completions taken = std::move(*e->c);
  int status = 0;
  const std::string body = e->c->complete("{}", endpoint::models, &status);
  check_body(z, body, status, false);
  z.must(status == 400, "what was moved from answers");
  z.refused(e->c->begin("{}"), {errc::bad_argument});
  z.must(e->c->step(z.budget()) == status::done, "what was moved from is at work");
  e->c->cancel();
  e->c.emplace(std::move(taken));
}

}  // namespace faults
