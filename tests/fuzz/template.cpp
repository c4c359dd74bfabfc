// Chat templates: rendered with a few messages, twice, and once with variables that are trusted.
#include "fuzz/fuzz.hpp"

#include <retort/jinja/chat_template.hpp>

using namespace retort;

namespace {

constexpr std::string_view variables[] = {
    R"({"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1 < 2 & \"x\"?\n"},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nYes.", "tool_calls": [{"id": "c1", "type": "function",
         "function": {"name": "sum", "arguments": {"a": 1, "b": [2.5, null, true]}}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "3"}, {"role": "user", "content": "é😀"}],
        "tools": [{"type": "function", "function": {"name": "sum", "description": "adds", "parameters": {"type": "object",
         "properties": {"a": {"type": "integer"}}}}}], "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>"})",
    R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}], "add_generation_prompt": false,
        "enable_thinking": false, "bos_token": "<s>"})",
    R"({"messages": []})"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  template_limits limits;
  limits.steps = 200'000;  // so that most time goes into what is new
  limits.iterations = 50'000;
  limits.produced_bytes = std::size_t{4} << 20;
  const auto t = chat_template::parse(std::string(reinterpret_cast<const char*>(data), size), limits);
  if (!t) {
    HOLDS(!t.error().what.empty());
    return 0;
  }
  render_options options;
  options.now = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
  for (const std::string_view v : variables) {
    options.trust_variables = false;
    const auto r = t->render_json(v, options);
    const auto again = t->render_json(v, options);
    HOLDS(static_cast<bool>(r) == static_cast<bool>(again));
    options.trust_variables = true;
    const auto trusted = t->render_json(v, options);
    HOLDS(static_cast<bool>(r) == static_cast<bool>(trusted) || (r ? trusted : r).error().code == errc::limit);
    if (!r) {
      HOLDS(!r.error().what.empty());
      continue;
    }
    HOLDS(r->text == again->text && r->input == again->input);
    if (trusted) HOLDS(trusted->text == r->text && trusted->input.empty());
    std::size_t end = 0;
    for (const rendered::range& in : r->input) {
      HOLDS(in.begin >= end && in.begin < in.end && in.end <= r->text.size());
      end = in.end;
    }
  }
  return 0;
}

fuzz::corpus fuzz::seeds() {
  return {{"{% for m in messages %}<|{{ m.role }}|>{{ m['content'] | trim }}\n{% endfor %}{% if add_generation_prompt "
           "%}<|assistant|>{% endif %}",
           "{%- set ns = namespace(found=false, n=0) -%}{%- for m in messages if m.role == 'user' -%}{% set ns.n = "
           "ns.n + loop.index0 %}"
           "{%- endfor -%}{{ ns.n ~ '/' ~ messages | length }}{{ messages[-1:] | tojson(indent=2) }}",
           "{% macro show(x, deep=true) %}{% if x is mapping %}{% for k, v in x.items() %}{{ k }}: {{ show(v) }}{% "
           "endfor %}{% else %}{{ x }}"
           "{% endif %}{% endmacro %}{{ show(tools[0] if tools is defined else {}) }}",
           "{{ bos_token }}{% if messages[0].content is string %}{{ "
           "messages[0].content.split('</think>')[-1].lstrip('\\n') }}{% endif %}"
           "{{ strftime_now('%d %b %Y') }}{% if not messages %}{{ raise_exception('no messages') }}{% endif %}",
           "{% generation %}{{ 'a' * 3 + \"b\"|upper }}{% endgeneration %}{{ (1, 2.5, -3 // 2, 7 % 4, 2 ** 5) | "
           "join(', ') }}{# done #}",
           "{% for x in [3,1,2] | sort(reverse=true) %}{% if loop.last %}{% break %}{% endif %}{{ loop.cycle('a','b') "
           "}}{% endfor %}",
           "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list | last }}"},
          {"{%-",          "-%}",
           "{{-",          "-}}",
           "{#",           "#}",
           "{% if ",       "{% elif ",
           "{% else %}",   "{% endif %}",
           "{% for ",      "{% endfor %}",
           "{% set ",      "{% endset %}",
           "{% macro ",    "{% endmacro %}",
           "{% call ",     "{% endcall %}",
           "{% filter ",   "{% endfilter %}",
           "{% raw %}",    "{% endraw %}",
           "{% break %}",  "{% continue %}",
           "namespace(",   "loop.",
           "recursive",    "range(",
           "dict(",        "cycler(",
           "joiner(",      "is defined",
           "is not none",  "is string",
           "is iterable",  " not in ",
           " and ",        " or ",
           " if ",         "~",
           "//",           "**",
           "[::-1]",       "|tojson",
           "|trim",        "|replace(",
           "|join(",       "|default(",
           "|selectattr(", "|rejectattr(",
           "|groupby(",    "|batch(",
           "|slice(",      "|indent(",
           "|format(",     "|int",
           "|float",       "|round(",
           "|sum",         "|unique",
           "|map(",        "|sort",
           "|dictsort",    "|items",
           "|first",       "|last",
           "|length",      "|urlencode",
           "|wordwrap(",   "|center(",
           ".split(",      ".strip(",
           ".startswith(", ".format(",
           ".get(",        ".items()",
           ".append(",     ".pop(",
           "messages",     "tools",
           "caller()",     "varargs",
           "kwargs",       "0x1F",
           "1_000",        "1e9",
           "'\\u00e9'"}};
}
