// Fails the k-th allocation of a call, for every k, in one scenario after another: each call must return, with
// no_memory or what it returns otherwise, throw nothing, end nothing and leak nothing; afterwards the same objects
// answer as if nothing had happened.
//
// Sizes of scenarios differ: the whole of it, 0, takes an hour.
//
// usage: allocation_failures [MOST_PER_SCENARIO [NAME [K]]]     0 = every k; K = this one alone
#include "failing_new.hpp"

#include "tiny/model.hpp"

#include <retort/retort.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <map>
#include <random>

using namespace retort;

namespace {

/// The host's own memory, which may be out as well.
struct host_memory final : allocator {
  void* allocate(std::size_t n, std::size_t alignment) noexcept override {
    return ::operator new(n, std::align_val_t{alignment}, std::nothrow);
  }
  void release(void* p, std::size_t, std::size_t alignment) noexcept override {
    ::operator delete(p, std::align_val_t{alignment});
  }
} host;

/// How a call ended: "" for success, else the sentence; `other`: an error that is not the memory's.
struct outcome {
  bool worked = true, other = false;
  std::string what{};
};
template <class T>
outcome of(const result<T>& r) {
  if (r) return {};
  failing::disarm();  // to say so is this program's business
  return {false, r.error().code != errc::no_memory, r.error().what};
}

/// A call, and what its objects say afterwards: the same after a failure and a second try as without any failure.
struct scene {
  std::function<outcome()> call;
  std::function<std::string()> answer;
};
struct scenario {
  const char* name;
  std::function<scene()> make;
};

const std::vector<std::byte>& bytes_of(const std::string& kind) {
  static std::map<std::string, std::vector<std::byte>> all;
  auto& bytes = all[kind];
  if (bytes.empty()) bytes = tiny::make(kind, dtype::f32, 1).bytes();
  return bytes;
}
const model& model_of(const std::string& kind) {
  static std::map<std::string, model> all;
  if (!all.count(kind)) all[kind] = model::view(bytes_of(kind), kind).value();
  return all[kind];
}
session_options small(std::size_t context = 192) {
  session_options o;
  o.context = context;
  o.chunk = 32;
  o.reproducible = true;
  return o;
}
const std::vector<token> prompt = {1, 5, 9, 2, 7, 3};
const std::string name = "a model with a name of some length";
const std::vector<std::string> answers = {"yes", "no"};

std::string digits(std::span<const float> logits) {
  std::string out;
  for (const float x : logits) out.append(reinterpret_cast<const char*>(&x), sizeof x);
  return out;
}
std::string logits_of(session& s) {
  s.sync(prompt).value();
  s.step().value();
  return digits(s.logits());
}

const char* const plain = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[a]";
const char* const with_tools =
    "{# <tool_call> </think> #}{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]{{ "
    "m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}{% endfor "
    "%}[a]";
const char* const person =
    R"({"type":"object","properties":{"name":{"type":"string","maxLength":6},"age":{"type":"integer","minimum":0}},"required":["age"]})";

chat_options chat_with(const char* source) {
  chat_options o;
  o.session = small(512);
  o.how.temperature = 0;
  o.max_tokens = 10;
  o.reserve = 16;
  o.chat_template = source;
  o.now = std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000));
  return o;
}
tool weather() {
  tool t;
  t.name = "weather";
  t.parameters = R"({"type":"object","properties":{"day":{"enum":["mon","tue"]}},"required":["day"]})";
  t.call = [](std::string_view) -> result<std::string> { return std::string("rain"); };
  return t;
}
std::string said(const result<reply>& r) { return r ? r->answer + "/" + r->thought : "error: " + r.error().what; }

template <class T>
std::shared_ptr<T> kept(T object) {
  return std::make_shared<T>(std::move(object));
}

completions api() {
  completions_options o;
  o.session = small(512);
  o.chat_template = with_tools;
  o.now = [] { return std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000)); };
  return completions::make(model_of("llama"), o).value();
}
/// What is answered, without its name.
std::string told(std::string body) {
  for (std::size_t at; (at = body.find("\"id\":\"")) != std::string::npos;)
    body.erase(at, body.find('"', at + 6) - at + 2);
  // what was found in a cache depends on what was tried before
  for (const char* count : {"cached_tokens\":", "cache_hit_tokens\":", "cache_miss_tokens\":",
                            "cache_read_input_tokens\":", "\"input_tokens\":"})
    for (std::size_t at = 0; (at = body.find(count, at)) != std::string::npos;) {
      at += std::string_view(count).size();
      body.erase(at, body.find_first_not_of("0123456789", at) - at);
    }
  return body;
}
scene request(endpoint to, const char* text, bool streamed = false) {
  auto c = kept(api());
  const auto ask = [c, to, text, streamed](int& status) {
    if (!streamed) {
      std::string body = c->complete(text, to, &status);
      failing::disarm();
      return body;
    }
    std::string all;
    const std::string rest = c->stream(
        text,
        [&](std::string_view chunk) {
          const long left = failing::until;  // the host's own memory is not at stake
          failing::until = 0;
          all += chunk;
          failing::until = left;
          return flow::go_on;
        },
        to, &status);
    failing::disarm();
    return all + rest;
  };
  return {[ask]() -> outcome {
            int status = 0;
            const std::string body = ask(status);
            if (status == 200) return {};
            return {false, status != 503, body};
          },
          [ask] {
            int status = 0;
            return told(ask(status)) + std::to_string(status);
          }};
}

template <class Make>
scene makes(Make make) {
  return {[make] { return of(make()); }, [] { return std::string(); }};
}

const std::vector<scenario> scenarios = {
    {"model: view", [] { return makes([] { return model::view(bytes_of("llama"), name); }); }},
    {"model: view, experts", [] { return makes([] { return model::view(bytes_of("qwen2moe"), name); }); }},
    {"model: view, latent attention", [] { return makes([] { return model::view(bytes_of("deepseek2"), name); }); }},
    {"model: encode, decode",
     [] {
       return scene{[]() -> outcome {
                      const auto ids = model_of("llama").encode("a b c, and a good deal more of it");
                      return ids ? of(model_of("llama").decode(*ids)) : of(ids);
                    },
                    [] { return model_of("llama").decode(model_of("llama").encode("abc").value()).value(); }};
     }},
    {"model: tensors, tokens_with",
     [] {
       return makes([]() -> result<stored_tensor> {
         RETORT_TRY(const auto names, model_of("llama").tensors());
         RETORT_TRY(const auto ids, model_of("llama").tokens_with("a"));
         return model_of("llama").tensor(names.at(ids.empty() ? 0 : 1));
       });
     }},
    {"session: make", [] { return makes([] { return session::make(model_of("llama"), small()); }); }},
    {"session: make in the host's memory",
     [] {
       auto o = small();
       o.memory = &host;
       return makes([o] { return session::make(model_of("qwen2moe"), o); });
     }},
    {"session: sync and step",
     [] {
       auto s = kept(session::make(model_of("llama"), small()).value());
       return scene{[s]() -> outcome {
                      if (const auto r = s->sync(prompt); !r) return of(r);
                      return of(s->step());
                    },
                    [s] { return logits_of(*s); }};
     }},
    {"session: fork",
     [] {
       auto s = kept(session::make(model_of("llama"), small()).value());
       logits_of(*s);
       return scene{[s] { return of(s->fork()); }, [s] { return logits_of(*s); }};
     }},
    {"session: save and restore",
     [] {
       auto s = kept(session::make(model_of("llama"), small()).value());
       auto other = kept(session::make(model_of("llama"), small()).value());
       logits_of(*s);
       return scene{[s, other]() -> outcome {
                      const auto bytes = s->save();
                      return bytes ? of(other->restore(*bytes)) : of(bytes);
                    },
                    [s, other] { return logits_of(*s) + logits_of(*other); }};
     }},
    {"session: with a prefix cache",
     [] {
       auto cache = kept(prefix_cache::make(model_of("llama"), 1 << 20).value());
       auto o = small();
       o.prefixes = cache.get();
       auto s = kept(session::make(model_of("llama"), o).value());
       return scene{[s, cache]() -> outcome {
                      if (const auto r = s->sync(prompt); !r) return of(r);
                      if (const auto r = s->step(); !r) return of(r);
                      s->remember();
                      return of(s->sync(std::span(prompt).first(3)));
                    },
                    [s, cache] { return logits_of(*s); }};
     }},
    {"batch: make and step",
     [] {
       return scene{[]() -> outcome {
                      auto b = batch::make(model_of("llama"), small());
                      if (!b) return of(b);
                      auto o = small();
                      o.in = &*b;
                      auto one = session::make(model_of("llama"), o), two = session::make(model_of("llama"), o);
                      if (!one || !two) return of(one ? two : one);
                      if (const auto r = one->sync(prompt); !r) return of(r);
                      session* const both[] = {&*one, &*two};
                      return of(b->step(both));
                    },
                    [] { return std::string(); }};
     }},
    {"sampler: make",
     [] {
       sampling how;
       how.logit_bias = {{3, 1.0f}};
       how.dry.multiplier = 1;
       how.presence_penalty = 1;
       return makes([how] { return sampler::make(how, 300); });
     }},
    {"constraint: JSON schema",
     [] { return makes([] { return constraint::json_schema(model_of("llama"), person); }); }},
    {"constraint: JSON object", [] { return makes([] { return constraint::json_object(model_of("llama")); }); }},
    {"constraint: regular expression",
     [] { return makes([] { return constraint::regex(model_of("llama"), "(a|bc){1,3}[^x]*\\d+"); }); }},
    {"constraint: GBNF",
     [] {
       return makes(
           [] { return constraint::grammar(model_of("llama"), "root ::= a* \"x\"\na ::= [a-c] | \"(\" a \")\""); });
     }},
    {"constraint: choices", [] { return makes([] { return constraint::choices(model_of("llama"), answers); }); }},
    {"matcher: a text",
     [] {
       auto c = kept(constraint::json_schema(model_of("llama"), person).value());
       auto m = kept(matcher::make(*c).value());
       const auto write = [](matcher& of, std::size_t n) -> result<std::uint64_t> {
         std::uint64_t text = 0;  // enough to tell one from another
         for (; n > 0 && !of.finished(); --n) {
           RETORT_TRY(const auto mask, of.allowed());
           std::size_t id = 0;
           while ((mask[id / 64] >> id % 64 & 1) == 0) ++id;
           RETORT_CHECK(of.accept(static_cast<token>(id)));
           text = text * 1000003 + id;
         }
         return text;
       };
       return scene{[m, write]() -> outcome {
                      auto ahead = m->fork();
                      if (!ahead) return of(ahead);
                      if (const auto r = ahead->forced(); !r) return of(r);
                      return of(write(*ahead, 12));
                    },
                    [m, c, write] {
                      auto ahead = m->fork().value();
                      return std::to_string(write(ahead, 12).value());
                    }};
     }},
    {"chat: make",
     [] {
       const auto o = chat_with(plain);
       return makes([o] { return chat::make(model_of("llama"), o); });
     }},
    {"chat: make with tools",
     [] {
       auto o = chat_with(with_tools);
       o.tools = {weather()};
       o.use = tool_use::must;
       return makes([o] { return chat::make(model_of("llama"), o); });
     }},
    {"chat: ask",
     [] {
       auto c = kept(chat::make(model_of("llama"), chat_with(plain)).value());
       (void)c->ask("barley");
       return scene{[c] {
                      const auto r = c->ask("oats and rye");
                      return r ? of(c->retry()) : of(r);
                    },
                    [c] {
                      const auto past = c->history().value();
                      c->recall(std::span<const message>(past).first(2)).value();
                      return said(c->ask("oats and rye"));
                    }};
     }},
    {"chat: begin, step, take",
     [] {
       auto c = kept(chat::make(model_of("llama"), chat_with(plain)).value());
       return scene{[c]() -> outcome {
                      auto j = c->begin("barley", [](const piece&) { return flow::go_on; });
                      if (!j) return of(j);
                      for (;;) {
                        const auto r = j->step(std::chrono::nanoseconds(1));
                        if (!r) return of(r);
                        if (*r == status::done) break;
                      }
                      const reply r = j->take();
                      failing::disarm();
                      return {r.why != finish::nothing, false, "nothing was taken"};
                    },
                    [c] {
                      c->clear();
                      return said(c->ask("barley"));
                    }};
     }},
    {"chat: tools that must be called",
     [] {
       auto o = chat_with(with_tools);
       o.tools = {weather()};
       o.use = tool_use::must;
       o.max_tokens = 60;
       auto c = kept(chat::make(model_of("llama"), o).value());
       return scene{[c] { return of(c->ask("rain?")); },
                    [c] {
                      c->clear();
                      return said(c->ask("rain?"));
                    }};
     }},
    {"chat: a shape",
     [] {
       auto o = chat_with(plain);
       o.shape = constraint::json_schema(model_of("llama"), person).value();
       o.max_tokens = 60;
       auto c = kept(chat::make(model_of("llama"), o).value());
       return scene{[c] { return of(c->ask("who?")); },
                    [c] {
                      c->clear();
                      return said(c->ask("who?"));
                    }};
     }},
    {"chat: retry, edit, go on",
     [] {
       auto c = kept(chat::make(model_of("llama"), chat_with(plain)).value());
       (void)c->ask("barley");
       const auto past = kept(c->history().value());
       return scene{[c]() -> outcome {
                      if (const auto r = c->retry(); !r) return of(r);
                      if (const auto r = c->go_on(); !r) return of(r);
                      static const question oats{"oats", {}, {}};
                      return of(c->edit(0, oats));
                    },
                    [c, past] {
                      c->recall(*past).value();
                      return said(c->edit(0, {"rye", {}, {}}));
                    }};
     }},
    {"chat: fork",
     [] {
       auto c = kept(chat::make(model_of("llama"), chat_with(plain)).value());
       (void)c->ask("barley");
       return scene{[c] { return of(c->fork()); },
                    [c] {
                      auto other = c->fork().value();
                      return said(other.ask("oats"));
                    }};
     }},
    {"chat: history as JSON and back",
     [] {
       auto c = kept(chat::make(model_of("llama"), chat_with(plain)).value());
       (void)c->ask("barley");
       return scene{[c]() -> outcome {
                      const auto past = c->history();
                      if (!past) return of(past);
                      const auto text = to_json(*past);
                      if (!text) return of(text);
                      const auto again = messages_from_json(*text);
                      return again ? of(c->recall(*again)) : of(again);
                    },
                    [c] { return to_json(c->history().value()).value(); }};
     }},
    {"completions: make",
     [] {
       completions_options o;
       o.session = small();
       o.chat_template = plain;
       return makes([o] { return completions::make(model_of("llama"), o); });
     }},
    {"completions: chat",
     [] {
       return request(
           endpoint::chat_completions,
           R"({"messages":[{"role":"user","content":"barley"}],"max_tokens":8,"temperature":0,"logprobs":true,"top_logprobs":2})");
     }},
    {"completions: chat, streamed",
     [] {
       return request(
           endpoint::chat_completions,
           R"({"messages":[{"role":"user","content":"barley"}],"max_tokens":8,"temperature":0,"stream":true})", true);
     }},
    {"completions: a schema",
     [] {
       return request(
           endpoint::chat_completions,
           R"({"messages":[{"role":"user","content":"who?"}],"max_tokens":60,"temperature":0,"response_format":{"type":"json_schema",
"json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"enum":[1,2]}},"required":["a"],"additionalProperties":false}}}})");
     }},
    {"completions: tools",
     [] {
       return request(
           endpoint::chat_completions,
           R"({"messages":[{"role":"user","content":"x"}],"max_tokens":60,"temperature":0,"tool_choice":"required","tools":[{"type":
"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"],"additionalProperties":false}}}]})");
     }},
    {"completions: responses",
     [] { return request(endpoint::responses, R"({"input":"barley","max_output_tokens":8,"temperature":0})"); }},
    {"completions: messages",
     [] {
       return request(
           endpoint::messages,
           R"({"messages":[{"role":"user","content":"barley"}],"max_tokens":8,"temperature":0,"stop_sequences":["z"]})");
     }},
    {"completions: text",
     [] { return request(endpoint::completions, R"({"prompt":"once","max_tokens":8,"temperature":0})"); }},
};

const char* at_scenario = "";
long at_k = 0;
bool at_all = false;

long n_failures = 0, n_findings = 0, only_k = 0;
void finding(const std::string& what) {
  if (++n_findings <= 60)
    std::printf("%s, allocation %ld%s: %s\n", at_scenario, at_k, at_all ? " and all that follow" : "", what.c_str());
}

void run(const scenario& s, long most, bool all) {
  at_scenario = s.name;
  at_all = all;
  std::string right;
  for (int warm = 0; warm < 2; ++warm) {  // what is made once and kept is made now
    const scene fresh = s.make();
    if (const outcome r = fresh.call(); !r.worked) return finding("does not work at all: " + r.what);
    right = fresh.answer();
  }
  long n = 0;  // allocations of the whole call
  {
    const scene fresh = s.make();
    failing::arm(1L << 60, false);
    fresh.call();
    n = (1L << 60) - failing::until;
    failing::disarm();
  }
  std::mt19937_64 random(7);
  const long n_tries = most == 0 ? n : std::min(n, most);
  for (long i = 1; i <= n_tries; ++i) {
    at_k = n_tries == n || i <= most / 2 ? i : 1 + static_cast<long>(random() % static_cast<unsigned long>(n));
    if (only_k && at_k != only_k) continue;
    const long live = failing::live;
    {
      const scene fresh = s.make();
      outcome r;
      try {
        failing::arm(at_k, all);
        r = fresh.call();
        failing::disarm();
      } catch (const std::exception& e) {
        failing::disarm();
        finding(std::string("an exception leaves: ") + e.what());
      } catch (...) {
        failing::disarm();
        finding("an exception leaves");
      }
      n_failures += failing::fired;
      if (!r.worked && r.other) finding("another error than no_memory: " + r.what);
      try {
        if (const std::string a = fresh.answer(); a != right)
          finding("it answers otherwise afterwards: " + a.substr(0, 300));
      } catch (const std::exception& e) {
        finding(std::string("it does not answer afterwards: ") + e.what());
      }
    }
    if (failing::live != live) finding(std::to_string(failing::live - live) + " blocks are not given back");
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
  const long most = argc > 1 ? std::atol(argv[1]) : 60;
  if (argc > 3) only_k = std::atol(argv[3]);
  std::set_terminate([] {
    failing::disarm();
    std::printf("%s, allocation %ld%s: the process is ended\n", at_scenario, at_k,
                at_all ? " and all that follow" : "");
    std::fflush(stdout);
    std::_Exit(1);
  });
  for (const scenario& s : scenarios)
    for (const bool all : {false, true})
      if (argc < 3 || std::string_view(s.name).find(argv[2]) != std::string_view::npos) run(s, most, all);
  std::printf("%zu scenarios, %ld failures, %ld findings\n", scenarios.size(), n_failures, n_findings);
  std::printf("%ld runs, each with a failure\n", n_failures);
  return n_findings == 0 ? 0 : 1;
}
