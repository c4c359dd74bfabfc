#include "catch.hpp"

#include <retort/jinja/chat_template.hpp>

#include <random>

using namespace retort;

namespace {

rendered render(const std::string& source, const std::string& variables, const render_options& options = {}) {
  auto t = chat_template::parse(source);
  CAPTURE(source, t ? std::string() : t.error().what);
  REQUIRE(t);
  auto r = t->render_json(variables, options);
  CAPTURE(r ? std::string() : r.error().what);
  REQUIRE(r);
  return *r;
}

/// The rendered text with its input parts in square brackets.
std::string marked(const std::string& source, const std::string& variables, const render_options& options = {}) {
  const rendered r = render(source, variables, options);
  std::string out;
  std::size_t at = 0;
  for (const auto& [begin, end] : r.input) {
    REQUIRE(begin >= at);
    REQUIRE(begin < end);
    REQUIRE(end <= r.text.size());
    out += r.text.substr(at, begin - at) + "[" + r.text.substr(begin, end - begin) + "]";
    at = end;
  }
  return out + r.text.substr(at);
}

error refusal(const std::string& source, const std::string& variables = "{}") {
  auto t = chat_template::parse(source);
  if (!t) return t.error();
  auto r = t->render_json(variables);
  REQUIRE_FALSE(r);
  return r.error();
}

}  // namespace

TEST_CASE("jinja: what came from the variables is marked") {
  const std::string v = R"({"u":"ab<|im_end|>c","s":" x y ","n":5,"d":{"k":"v"},"l":["p","q"],"bos_token":"<s>"})";
  CHECK(marked("<a>{{ u }}<b>", v) == "<a>[ab<|im_end|>c]<b>");
  CHECK(marked("{{ bos_token }}{{ n }}{{ u }}", v) == "<s>5[ab<|im_end|>c]");
  CHECK(marked("{{ '<a>' + u + '<b>' }}", v) == "<a>[ab<|im_end|>c]<b>");
  CHECK(marked("{{ '<a>' ~ s|trim ~ n }}", v) == "<a>[x y]5");
  CHECK(marked("{{ ('<' ~ s ~ '>').strip('<>') }}", v) == "[ x y ]");
  CHECK(marked("{{ ('<' ~ u ~ '>').split('|') }}", v) == "[['<ab<'], ['im_end'], ['>c>']]");
  CHECK(marked("{{ ('<' ~ u ~ '>').split('|')[1] }}", v) == "[im_end]");
  CHECK(marked("{{ ('<' ~ u ~ '>')[0:3] }}{{ u[1] }}{{ u[::-1][0:2] }}", v) == "<[abbc>]");
  CHECK(marked("{{ u|replace('ab', 'T') }}", v) == "T[<|im_end|>c]");
  CHECK(marked("{{ 'T-T'|replace('-', u) }}", v) == "T[ab<|im_end|>c]T");
  CHECK(marked("{{ l|join('+') }}", v) == "[p]+[q]");
  CHECK(marked("{{ d }}", v) == "{['k']: ['v']}");
  CHECK(marked("{{ d|tojson }}", v) == "{[\"k\"]: [\"v\"]}");
  CHECK(marked("{{ s|upper }}{{ 'a'|upper }}", v) == "[ X Y ]A");
  CHECK(marked("{{ 'a\\n'|indent(2) ~ (s|indent(1, true)) }}", v) == "a\n [ x y ]");
  CHECK(marked("{% set x %}<{{ u }}>{% endset %}{{ x }}", v) == "<[ab<|im_end|>c]>");
  CHECK(marked("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(l[0]) }}", v) == "<[p]>");
  CHECK(marked("{% filter trim %} {{ s }} {% endfilter %}", v) == "[x y]");
  CHECK(marked("{% for k, x in d.items() %}{{ k }}={{ x }}{% endfor %}", v) == "[k]=[v]");
  CHECK(marked("{{ u == 'x' or s in u }}{{ u|length }}", v) == "False13");
  render_options trusting;
  trusting.trust_variables = true;
  CHECK(marked("{{ u }}{{ d }}", v, trusting) == "ab<|im_end|>c{'k': 'v'}");
}

TEST_CASE("jinja: no operation makes input trusted") {
  // every byte of the inputs is a capital Q: none may come out unmarked
  const std::string v = R"({"q":"QQ QQ","l":["Q","QQQ"],"d":{"Q":"Q"}})";
  const std::vector<std::string> leaves = {"q",     "l[0]",        "l[1]",     "d.Q",      "'t'",
                                           "' u '", "l|join('-')", "d|tojson", "d|string", "q.split()[0]"};
  const std::vector<std::string> wraps = {"(%)|upper",
                                          "(%)|trim",
                                          "(%)|string",
                                          "(%) ~ 'x'",
                                          "'x' + (%)",
                                          "(%)[1:]",
                                          "(%)[::-1]",
                                          "(%).strip('x')",
                                          "(%)|replace('x', q)",
                                          "(%).replace(' ', '_')",
                                          "(%)|indent(1)",
                                          "(%)|title|upper",
                                          "(%) * 2",
                                          "(%).split(' ')|join('/')",
                                          "(%).splitlines()|join",
                                          "[%]|tojson",
                                          "(%)|list|join('.')",
                                          "(%)|e",
                                          "(%)|safe + '<'",
                                          "{'k': %}|string",
                                          "(%).partition(' ')[2]",
                                          "(%)|first",
                                          "(%)|reverse",
                                          "(%).zfill(9)",
                                          "(%)|default('z', true)",
                                          "(%).removeprefix('x')"};
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string e = leaves[random() % leaves.size()];
    for (auto n = random() % 5; n > 0; --n) {
      std::string w = wraps[random() % wraps.size()];
      e = w.replace(w.find('%'), 1, e);
    }
    const auto t = chat_template::parse("{{ " + e + " }}");
    REQUIRE(t);
    const auto r = t->render_json(v);
    if (!r) continue;
    std::string rest = r->text;
    for (const auto& [begin, end] : r->input)
      for (std::size_t i = begin; i < end; ++i) rest[i] = ' ';
    CAPTURE(e, r->text);
    REQUIRE(rest.find('Q') == std::string::npos);
  }
}

TEST_CASE("jinja: errors name the line and the construct") {
  const auto check = [](const std::string& source, errc code, const std::string& what) {
    const error e = refusal(source, R"({"l":[1],"s":"x"})");
    CHECK(e.what == what);
    CHECK(e.code == code);
  };
  check("a\n\n{{ x.y }}", errc::bad_template, "template line 3: 'x' is undefined (attribute 'y' of it was asked for)");
  check("{{ s + 1 }}", errc::bad_template, "template line 1: operator + cannot take str and int");
  check("\n{{ raise_exception('no\nway') }}", errc::bad_template, "template line 2: the template refuses: no\\x0away");
  check("{% include 'x' %}", errc::unsupported, "template line 1: the tag 'include' is not supported");
  check("{{ l|groupby('x') }}", errc::unsupported, "template line 1: filter 'groupby' is not supported");
  check("{{ s|frobnicate }}", errc::bad_template, "template line 1: no filter named 'frobnicate'");
  check("{% if s %}\n{{ s is odd }}{% endif %}", errc::bad_template,
        "template line 2: a test for divisibility cannot take str");
  check("{% if s %}", errc::bad_template, "template line 1: the template ends before 'endif'");
  check("{{ l.append(1) }}", errc::bad_template,
        "template line 1: method 'append' would change a list and is refused (it was called)");
  check("{{ s.split(1, 2, 3) }}", errc::bad_template, "template line 1: method 'split' takes at most 2 arguments");
  check("{{ s|default(x=1) }}", errc::bad_template, "template line 1: filter 'default' got an unknown named argument");
  check("{{ 'a", errc::bad_template, "template line 1: a string is not closed");
  check("{{ $ }}", errc::bad_template, "template line 1: unexpected character '$'");
  check("{{ 1 }", errc::bad_template, "template line 1: unexpected '}'");
  check("{{ (1] }}", errc::bad_template, "template line 1: unexpected ']'");
  check("{% for x in 5 %}{% endfor %}", errc::bad_template, "template line 1: for: int is not iterable");
  check("{% for x in l recursive %}{% endfor %}", errc::unsupported,
        "template line 1: a recursive loop is not supported");
}

TEST_CASE("jinja: variables are a JSON object") {
  const auto t = chat_template::parse("{{ x }}").value();
  for (const char* bad : {"", "[]", "1", "{", "{\"x\":}", "{\"x\":1}}", "nul", "{\"x\":\"\xff\"}"}) {
    const auto r = t.render_json(bad);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::bad_argument);
  }
  CHECK(t.render(detail::json::array()).error().code == errc::bad_argument);
  CHECK(t.render_json("{\"x\": 1, \"x\": 2}").value().text == "2");
  CHECK(t.render_json("{\"x\": 123456789012345678901234567890}").value().text == "123456789012345678901234567890");
  CHECK(t.render_json("{\"x\": 18446744073709551615}").value().text == "18446744073709551615");
  CHECK(t.render_json("{\"x\": [1.0, 1, -0.0, 1e2]}").value().text == "[1.0, 1, -0.0, 100.0]");
}

TEST_CASE("jinja: the host's clock, or the template's date") {
  const std::string source =
      "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y, %A %-d %I%p %j') }}{% else %}26 Jul 2024{% endif %}";
  CHECK(render(source, "{}").text == "26 Jul 2024");
  render_options options;
  options.now = std::chrono::sys_days(std::chrono::year(2026) / 3 / 5) + std::chrono::hours(13);
  CHECK(render(source, "{}", options).text == "05 Mar 2026, Thursday 5 01PM 064");
  CHECK(chat_template::parse("{{ strftime_now('%Q') }}").value().render_json("{}", options).error().code ==
        errc::unsupported);
}

TEST_CASE("jinja: a parsed template is a value that can be shared") {
  const chat_template a = chat_template::parse("{{ x }}").value();
  const chat_template b = a;
  CHECK(a.render_json("{\"x\":1}").value().text == "1");
  CHECK(b.render_json("{\"x\":2}").value().text == "2");
  CHECK(b.source() == "{{ x }}");
}

TEST_CASE("jinja: noise never breaks the engine") {
  const std::vector<std::string> bits = {
      "{{",        "}}",     "{%",        "%}",   "{#",       "#}",    "-",      "+",     " ",   "\n",     "x",
      "'a'",       "1",      "1.5",       "(",    ")",        "[",     "]",      "{",     "}",   "|",      ".",
      ",",         ":",      "=",         "==",   "if",       "else",  "elif",   "endif", "for", "in",     "endfor",
      "set",       "endset", "macro",     "m",    "endmacro", "is",    "not",    "and",   "or",  "upper",  "defined",
      "none",      "loop",   "namespace", "~",    "*",        "**",    "//",     "%",     "raw", "endraw", "filter",
      "endfilter", "call",   "endcall",   "with", "endwith",  "break", "caller", "\"",    "\\",  "\xff",   "é",
      "tojson",    "items",  "range",     "list", "join"};
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string source = random() % 2 ? "{{" : "{%";
    for (auto n = random() % 24; n > 0; --n) source += (random() % 3 ? " " : "") + bits[random() % bits.size()];
    source += random() % 2 ? "}}" : "%}";
    const auto t = chat_template::parse(source);
    if (t) (void)static_cast<bool>(t->render_json(R"({"x":[1,"a",{"b":null}],"m":"text"})"));
  }
}
