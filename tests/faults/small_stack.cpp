// Inputs nested as deep as they may be and far deeper, each worked on by a thread that has no more stack than the
// library promises to make do with: an answer or an error, never an overflow.
#include "tiny/model.hpp"

#include <retort/base/stack.hpp>
#include <retort/retort.hpp>

#if !defined(__wasi__)
#include <pthread.h>
#endif
#include <cstdio>
#include <functional>

using namespace retort;

namespace {

constexpr std::size_t promised = 2 * detail::stack_budget::most;

#if defined(__wasi__)  // no threads: the program is linked with a small stack
bool on_a_small_stack(const std::function<void()>& task) { return task(), true; }
#else
void* run_task(void* task) {
  (*static_cast<const std::function<void()>*>(task))();
  return nullptr;
}
bool on_a_small_stack(const std::function<void()>& task) {
  pthread_attr_t a;
  pthread_t t;
  pthread_attr_init(&a);
  pthread_attr_setstacksize(&a, promised);
  const bool started = pthread_create(&t, &a, run_task, const_cast<std::function<void()>*>(&task)) == 0;
  if (started) pthread_join(t, nullptr);
  pthread_attr_destroy(&a);
  return started;
}
#endif

std::string times(std::size_t n, std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += s;
  return out;
}
std::string nested(std::size_t n, std::string_view open, std::string_view inner, std::string_view close) {
  return times(n, open) + std::string(inner) + times(n, close);
}

int n_done = 0, n_errors = 0;

/// errors of nesting are as good as answers
template <class T>
void count(const char* what, std::size_t n, const result<T>& r) {
  ++n_done;
  if (r) return;
  ++n_errors;
  if (r.error().code == errc::no_memory) std::printf("%s, %zu: %s\n", what, n, r.error().what.c_str());
}

}  // namespace

int main() {
  static const std::vector<std::byte> bytes = tiny::make("llama", dtype::f32, 1).bytes();
  const model m = model::view(bytes, "tiny").value();
  const auto small = [] {
    chat_options o;
    o.session.context = 256;
    o.max_tokens = 2;
    o.reserve = 4;
    return o;
  };
  using input = std::function<std::string(std::size_t)>;
  const std::vector<std::pair<const char*, input>> templates = {
      {"sum", [](std::size_t n) { return "{{ 1" + times(n, "+1") + " }}"; }},
      {"joined", [](std::size_t n) { return "{{ 'a'" + times(n, "~'a'") + " }}"; }},
      {"brackets", [](std::size_t n) { return "{{ " + nested(n, "(", "1", ")") + " }}"; }},
      {"lists", [](std::size_t n) { return "{{ " + nested(n, "[", "1", "]") + " }}"; }},
      {"dicts", [](std::size_t n) { return "{{ " + nested(n, "{'a':", "1", "}") + " }}"; }},
      {"not", [](std::size_t n) { return "{{ " + times(n, "not ") + "x }}"; }},
      {"minus", [](std::size_t n) { return "{{ " + times(n, "-") + "1 }}"; }},
      {"powers", [](std::size_t n) { return "{{ 1" + times(n, "**1") + " }}"; }},
      {"filters", [](std::size_t n) { return "{{ 'a'" + times(n, "|upper") + " }}"; }},
      {"attributes", [](std::size_t n) { return "{{ messages" + times(n, "[0]") + " }}"; }},
      {"choices", [](std::size_t n) { return "{{ " + times(n, "1 if 0 else ") + "2 }}"; }},
      {"ifs", [](std::size_t n) { return nested(n, "{% if 1 %}", "x", "{% endif %}"); }},
      {"elifs", [](std::size_t n) { return "{% if 0 %}" + times(n, "{% elif 0 %}a") + "{% endif %}"; }},
      {"loops", [](std::size_t n) { return nested(n, "{% for i in [1] %}", "x", "{% endfor %}"); }},
      {"sets", [](std::size_t n) { return nested(n, "{% set a %}", "x", "{% endset %}"); }},
      {"macro",
       [](std::size_t n) {
         return "{% macro f(n) %}{% if n > 0 %}{% for i in [1] %}{% if 1 %}{% set x = (f(n-1)) ~ 'a' %}{{ x|upper|trim "
                "}}{% endif %}"
                "{% endfor %}{% endif %}{% endmacro %}{{ f(" +
                std::to_string(n) + ") }}";
       }},
      {"values", [](std::size_t n) {
         return "{% set ns = namespace(a=[1]) %}{% for i in range(" + std::to_string(n) +
                ") %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}{{ ns.a | tojson }}{{ ns.a == ns.a }}";
       }}};
  const std::vector<std::pair<const char*, input>> schemas = {
      {"properties", [](std::size_t n) { return nested(n, R"({"type":"object","properties":{"a":)", "{}", "}}"); }},
      {"items", [](std::size_t n) { return nested(n, R"({"type":"array","items":)", "{}", "}"); }},
      {"allOf", [](std::size_t n) { return nested(n, R"({"allOf":[)", "{}", "]}"); }},
      {"anyOf", [](std::size_t n) { return nested(n, R"({"anyOf":[{"type":"null"},)", "{}", "]}"); }},
      {"oneOf", [](std::size_t n) { return nested(n, R"({"oneOf":[{"type":"null"},)", R"({"type":"object"})", "]}"); }},
      {"not", [](std::size_t n) { return nested(n, R"({"not":)", R"({"type":"null"})", "}"); }},
      {"if", [](std::size_t n) { return nested(n, R"({"type":"object","if":{"required":["a"]},"then":)", "{}", "}"); }},
      {"const", [](std::size_t n) { return R"({"const":)" + nested(n, "[", "1", "]") + "}"; }},
      {"references",
       [](std::size_t n) {
         std::string all = R"({"$ref":"#/$defs/0","$defs":{)";
         for (std::size_t i = 0; i < n; ++i)
           all += "\"" + std::to_string(i) + R"(":{"$ref":"#/$defs/)" + std::to_string(i + 1) + "\"},";
         return all + "\"" + std::to_string(n) + R"(":{}}})";
       }},
      {"pattern",
       [](std::size_t n) { return R"({"type":"string","pattern":")" + nested(n, "(a", "b", ")?") + "\"}"; }}};
  const std::vector<std::pair<const char*, input>> expressions = {
      {"groups", [](std::size_t n) { return nested(n, "(a", "b", ")?"); }},
      {"alternatives", [](std::size_t n) { return nested(n, "(a|", "b", ")"); }},
      {"lookaheads", [](std::size_t n) { return nested(n, "(?=a", "", ")") + "a*"; }},
      {"sequence", [](std::size_t n) { return times(n, "a?"); }}};
  const std::vector<std::pair<const char*, input>> grammars = {
      {"groups", [](std::size_t n) { return "root ::= " + nested(n, "(\"a\" ", "\"b\"", ")?"); }},
      {"rules", [](std::size_t n) {
         std::string all = "root ::= r0\n";
         for (std::size_t i = 0; i < n; ++i)
           all += "r" + std::to_string(i) + " ::= \"(\" r" + std::to_string(i + 1) + "\n";
         return all + "r" + std::to_string(n) + " ::= \"x\"\n";
       }}};

  bool started = true;
  for (const std::size_t n :
       {10u, 30u, 60u, 63u, 64u, 90u, 100u, 200u, 255u, 256u, 400u, 500u, 1400u, 5000u, 100000u}) {
    const auto each = [&](const char* kind, const auto& inputs, auto use) {
      for (const auto& [name, make] : inputs) {
        const std::string text = make(n);
        const std::string what = std::string(kind) + ", " + name;
        started = started && on_a_small_stack([&] { use(what.c_str(), text); });
      }
    };
    each("template", templates, [&](const char* what, const std::string& text) {
      auto o = small();
      o.chat_template = text + "{{ messages[0].content }}";
      const auto c = chat::make(m, o);
      count(what, n, c);
      if (c) count(what, n, const_cast<chat&>(*c).ask("x"));
    });
    if (n <= 5000) {
      each("schema", schemas,
           [&](const char* what, const std::string& text) { count(what, n, constraint::json_schema(m, text)); });
      each("schema, open", schemas, [&](const char* what, const std::string& text) {
        count(what, n, constraint::json_schema(m, text, schema_style::open));
      });
      each("regular expression", expressions,
           [&](const char* what, const std::string& text) { count(what, n, constraint::regex(m, text)); });
      each("grammar", grammars,
           [&](const char* what, const std::string& text) { count(what, n, constraint::grammar(m, text)); });
    }
    const std::vector<std::pair<const char*, input>> values = {
        {"lists", [](std::size_t k) { return nested(k, "[", "1", "]"); }},
        {"objects", [](std::size_t k) { return nested(k, "{\"a\":", "1", "}"); }}};
    each("variables", values, [&](const char* what, const std::string& text) {
      auto o = small();
      o.chat_template = "{{ v }}{{ v | tojson }}{{ messages[0].content }}";
      o.variables = "{\"v\":" + text + "}";
      auto c = chat::make(m, o);
      count(what, n, c);
      if (c) count(what, n, c->ask("x"));
    });
    each("request", values, [&](const char* what, const std::string& text) {
      completions_options o;
      o.session.context = 256;
      o.chat_template = "{# <tool_call> #}{{ tools | tojson }}{{ messages[0].content }}";
      auto c = completions::make(m, o);
      count(what, n, c);
      for (
          const char* before :
          {R"({"messages":[{"role":"user","content":"x"}],"max_tokens":2,"tools":[{"type":"function","function":{"name":"f","parameters":{"const":)",
           R"({"messages":[{"role":"user","content":"x"}],"max_tokens":2,"tool_choice":"required","tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"const":)"})
        (void)c->complete(before + text + "}}}]}");
    });
  }
  std::printf("%d calls on %zu KB of stack, %d of them refused\n", n_done, promised >> 10, n_errors);
  return started ? 0 : 1;
}
