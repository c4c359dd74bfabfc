#include "catch.hpp"

#include <retort/jinja/chat_template.hpp>

using namespace retort;

namespace {

std::string times(std::string_view s, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

/// Parses and renders; the error must come. Work that no limit counted would take hours: ctest's time limit ends it.
error refused(const std::string& source, const char* variables = "{}") {
  error e{errc::io, "no error"};
  if (auto t = chat_template::parse(source); !t) {
    e = t.error();
  } else if (auto r = t->render_json(variables); !r) {
    e = r.error();
  }
  CAPTURE(source.substr(0, 120), e.what);
  CHECK(e.code != errc::io);
  return e;
}

}  // namespace

TEST_CASE("jinja: macros that call themselves end in an error") {
  CHECK(refused("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").code == errc::limit);
  CHECK(refused("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}").code ==
        errc::limit);
  CHECK(refused("{% macro m(x=m()) %}{% endmacro %}{{ m() }}").code == errc::limit);
  CHECK(refused("{% macro m() %}" + times("{% if true %}", 90) + "{{ " + times("(", 90) + "m()" + times(")", 90) +
                " }}" + times("{% endif %}", 90) + "{% endmacro %}{{ m() }}")
            .code == errc::limit);
  CHECK(refused("{% macro m() %}{% for i in range(100) %}{{ m() }}{{ m() }}{% endfor %}{% endmacro %}{{ m() }}").code ==
        errc::limit);
  CHECK(
      refused("{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}").code ==
      errc::limit);
}

TEST_CASE("jinja: deep nesting is an error, not a crash") {
  constexpr int n = 20'000;
  for (const auto& [open, close] : {std::pair{"(", ")"},
                                    {"[", "]"},
                                    {"{1:", "}"},
                                    {"not ", ""},
                                    {"- ", ""},
                                    {"x[", "]"},
                                    {"x(", ")"},
                                    {"'a' if 1 else ", ""}})
    CHECK(refused("{{ " + times(open, n) + "1" + times(close, n) + " }}").code == errc::limit);
  CHECK(refused("{{ " + times("(", n)).code == errc::limit);
  CHECK(refused(times("{% if true %}", n) + times("{% endif %}", n)).code == errc::limit);
  CHECK(refused(times("{% for i in [1] %}", n) + times("{% endfor %}", n)).code == errc::limit);
  CHECK(refused(times("{% filter upper %}", n) + times("{% endfilter %}", n)).code == errc::limit);
  CHECK(refused("{% set " + times("(", n) + "a" + times(")", n) + " = 1 %}").code == errc::limit);
  CHECK(refused("{{ 1" + times(" + 1", n) + " }}").code == errc::limit);
  CHECK(refused("{{ 'a'" + times("|upper", n) + " }}").code == errc::limit);
  CHECK(refused("{{ ''" + times(".upper()", n) + " }}").code == errc::limit);
  CHECK(refused("{{ x" + times(".a", n) + " }}").code == errc::limit);
}

TEST_CASE("jinja: wide is fine where deep is not") {
  const auto t = chat_template::parse("{{ 'a'" + times(" ~ 'b'", 5000) + " }}" +
                                      times("{% if 0 %}x{% elif 1 %}y{% endif %}", 2000));
  REQUIRE(t);
  const auto r = t->render_json("{}");
  REQUIRE(r);
  CHECK(r->text == "a" + times("b", 5000) + times("y", 2000));
}

TEST_CASE("jinja: endless and huge loops end in an error") {
  CHECK(refused("{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}x{% endfor %}{% "
                "endfor %}{% endfor %}")
            .code == errc::limit);
  CHECK(refused("{% for a in range(99999) %}{% for b in range(99999) if false %}{% endfor %}{% endfor %}").code ==
        errc::limit);
  CHECK(refused("{{ range(100000000) }}").code == errc::limit);
  CHECK(refused("{{ range(-9223372036854775807, 9223372036854775807) }}").code == errc::unsupported);
  CHECK(refused("{% for a in range(99999) %}{{ range(99999)|list|length }}{% endfor %}").code == errc::limit);
  CHECK(refused("{% for a in range(99999) %}{{ 99998 in range(99999) }}{% endfor %}").code == errc::limit);
  CHECK(refused("{% for a in range(9999) %}{{ loop.length }}{% for b in range(9999) if loop is undefined %}{{ "
                "loop.length }}{% break %}{% endfor %}{% endfor %}")
            .code == errc::limit);
}

TEST_CASE("jinja: memory is bounded") {
  CHECK(
      refused(
          "{% set n = namespace(s='xxxxxxxxxxxxxxxx') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}")
          .code == errc::limit);
  CHECK(refused("{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}").code ==
        errc::limit);
  CHECK(refused("{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}").code ==
        errc::limit);
  CHECK(refused(
            "{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s.replace('x', 'xx') %}{% endfor %}")
            .code == errc::limit);
  CHECK(refused("{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = [n.s, n.s]|tojson %}{% endfor %}")
            .code == errc::limit);
  CHECK(refused("{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s.join(n.s) %}{% endfor %}")
            .code == errc::limit);
  CHECK(
      refused("{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s|replace('', n.s) %}{% endfor %}")
          .code == errc::limit);
  CHECK(
      refused(
          "{% set n = namespace(s='x\\ny') %}{% for i in range(99) %}{% set n.s = n.s|indent(n.s, true) %}{% endfor %}")
          .code == errc::limit);
  CHECK(refused(
            "{% set n = namespace(s='é') %}{% for i in range(99) %}{% set n.s = n.s * 2 %}{{ n.s[::-1] }}{% endfor %}")
            .code == errc::limit);
  CHECK(refused("{{ 'x' * 100000000000 }}").code == errc::limit);
  CHECK(refused("{{ [1] * 100000000000 }}").code == errc::limit);
  CHECK(refused("{{ [] * 100000000000 }}{{ 1/0 }}").code == errc::bad_template);
  CHECK(refused("{{ {'a':[1]}|tojson(indent=100000000000) }}").code == errc::limit);
  CHECK(refused("{{ 'x'|indent(100000000000, true) }}").code == errc::limit);
  CHECK(refused("{{ 'x'.zfill(100000000000) }}").code == errc::limit);
  CHECK(refused("{{ 10 ** 100000000000 }}").code == errc::unsupported);
  CHECK(refused("{{ 2.5|round(100000000000) }}").code == errc::unsupported);
  CHECK(refused("{% for i in range(99999) %}{% set x = namespace(a=i, b=[1,2,3,4,5,6,7,8]) %}{% macro m() %}{{ x }}{% "
                "endmacro %}{% endfor %}{% for i in range(999999) %}{% endfor %}")
            .code == errc::limit);
}

TEST_CASE("jinja: values cannot be nested without end") {
  CHECK(refused("{% set n = namespace(x=[]) %}{% for i in range(99999) %}{% set n.x = [n.x] %}{% endfor %}").code ==
        errc::limit);
  CHECK(
      refused("{% set n = namespace(x={}) %}{% for i in range(99999) %}{% set n.x = {'a': n.x} %}{% endfor %}").code ==
      errc::limit);
  CHECK(refused("{% set n = namespace(x=[1]) %}{% for i in range(99999) %}{% set n.x = [[n.x]|select] %}{% endfor %}")
            .code == errc::limit);
  CHECK(refused("{% set n = namespace(x={}) %}{% for i in range(99999) %}{% set n.x = {'a': n.x.items} %}{% set n.x = "
                "{'a': n.x.get} %}{% endfor %}")
            .code != errc::io);
  CHECK(refused("{{ x }}", ("{\"x\":" + times("[", 5000) + times("]", 5000) + "}").c_str()).code == errc::limit);
  // namespaces may hold each other, in chains and circles; that must not leak and not overflow when they go
  const auto t = chat_template::parse(
      "{% set n = namespace() %}{% set n.self = n %}{% for i in range(50000) %}{% set m = namespace(last=n.last) %}{% "
      "set n.last = m %}{% endfor %}ok");
  REQUIRE(t);
  CHECK(t->render_json("{}").value().text == "ok");
}

TEST_CASE("jinja: searching cannot be made slow") {
  const std::string variables = "{\"a\":\"" + times("a", 1 << 20) + "\",\"b\":\"" + times("a", 1 << 19) + "b\"}";
  CHECK(refused("{% for i in range(99999) %}{{ b in a }}{% endfor %}", variables.c_str()).code == errc::limit);
  CHECK(refused("{% for i in range(99999) %}{{ a.split(b)|length }}{{ a.rfind(b) }}{{ a.count(b) }}{% endfor %}",
                variables.c_str())
            .code == errc::limit);
  CHECK(refused("{% for i in range(99999) %}{{ a.strip(b)|length }}{% endfor %}", variables.c_str()).code ==
        errc::limit);
  CHECK(refused("{% for i in range(99999) %}{{ a == a ~ 'x' }}{{ a < b }}{% endfor %}", variables.c_str()).code ==
        errc::limit);
  CHECK(refused("{{ range(99999)|unique|list|length }}").code == errc::limit);
  CHECK(refused("{{ range(99999)|map('string')|sort|length }}{{ 1/0 }}").code == errc::bad_template);
}

TEST_CASE("jinja: hostile sources are read to their error") {
  CHECK(refused(std::string((1 << 20) + 1, 'x')).code == errc::limit);
  for (const char* bit : {"{{",
                          "{%",
                          "{#",
                          "{",
                          "{{}}",
                          "{%%}",
                          "{{ x }}{{ ",
                          "{% set x = 1 %}{%",
                          "'",
                          "{{ '",
                          "{{ \"\\\"",
                          "{% raw %}",
                          "{%- ",
                          " {%-",
                          "{{ 1.1.1.1e ",
                          "{{ x|",
                          "{{ x is ",
                          "{{ x if ",
                          "{% for x in ",
                          "{% macro m(a=",
                          "\n{%",
                          "{{ a,",
                          "{{ a:",
                          "{%if%}",
                          "{% raw %}{% endra"})
    refused(times(bit, (1 << 20) / static_cast<int>(std::string_view(bit).size())) + "{{");
}

TEST_CASE("jinja: limits are the caller's") {
  template_limits small;
  small.iterations = 10;
  const auto t = chat_template::parse("{% for i in range(11) %}{{ i }}{% endfor %}", small);
  REQUIRE(t);
  const auto r = t->render_json("{}");
  REQUIRE_FALSE(r);
  CHECK(r.error().what == "template line 1: more than 10 loop iterations");
  small.source_bytes = 3;
  CHECK(chat_template::parse("abcd", small).error().code == errc::limit);
}
