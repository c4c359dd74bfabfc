#include "grammar/vocabularies.hpp"

#include <nlohmann/json.hpp>

using namespace retort;
using namespace words;

namespace {

/// An output of at most n tokens, drawn evenly from what is allowed; checks every mask against accept().
struct output {
  std::string text;
  bool ended = false;
  std::size_t n_tokens = 0;
};
output walk(const matcher& start, const vocabulary_of_words& v, std::size_t n, std::mt19937& random, bool check) {
  matcher m = start.fork().value();
  output out;
  for (; n > 0; --n) {
    const auto mask = m.allowed(n).value();
    const auto ids = ids_of(mask, v.size());
    if (ids.empty()) FAIL("nothing is allowed after " << out.text);
    if (check) {
      const auto free = m.allowed().value();
      for (std::size_t i = 0; i < v.size(); ++i) {
        matcher k = m.fork().value();
        if (bit(free, static_cast<token>(i)) != bool(k.accept(static_cast<token>(i))))
          FAIL("mask and accept() disagree on token " << i << " after " << out.text);
      }
    }
    const token id = ids[random() % ids.size()];
    if (!m.accept(id)) FAIL("an allowed token is refused after " << out.text);
    ++out.n_tokens;
    if (id == v.end) {
      out.ended = true;
      return out;
    }
    if (id != v.mark) out.text += v.text->bytes(id);
  }
  return out;
}

}  // namespace

TEST_CASE("constraint: JSON schema keywords") {
  const std::vector<sample> samples = {
      {R"({"type":"null"})", {"null"}, {"", "nul", "nulll", "0", " null"}},
      {R"({"type":"boolean"})", {"true", "false"}, {"True", "null", "1"}},
      {R"({"type":"integer"})",
       {"0", "-1", "120", "345345"},
       {"01", "1.0", "1e1", "+1", "--1", "", "-", "123456789012345678901"}},
      {R"({"type":"number"})",
       {"0", "-0.5", "1e9", "12.345E-1", "0.0"},
       {".5", "1.", "1e", "1e+", "00", "1e123", "NaN"}},
      {R"({"type":"string"})",
       {R"("")", R"("ab\n\u00e9é日😀")", R"("\ud83d\ude00")", R"("\"\\\/\b\f\r\t")"},
       {R"(")", R"("\x")", R"("\u12")", R"("\ud83d")", R"("\ude00")", R"("\ud83d\u0041")", "\"\n\"", "\"\xc3\"",
        "\"\xed\xa0\x80\"", "\"\xc0\xaf\"", "\"\xf5\x80\x80\x80\"", "ab"}},
      {R"({"type":["integer","null"]})", {"1", "null"}, {"true", "1.5"}},
      {R"({"type":"integer","nullable":true})", {"1", "null"}, {"\"\""}},
      {R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"},"c":{"type":"boolean"}},"required":["b"]})",
       {R"({"b":null})", R"({"a":1,"b":null})", R"({"a": 1, "b": null, "c": true})", R"({"b":null,"c":false})"},
       {R"({})", R"({"a":1})", R"({"b":null,"a":1})", R"({"b":null,})", R"({,"b":null})", R"({"b":null,"d":1})",
        R"({"b":  null})", R"({"b":null} )", R"({ "b":null})"}},
      {R"({"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"boolean"}})",
       {R"({})", R"({"a":1})", R"({"x":true})", R"({"a":1,"b":true,"c":false})", R"({"ab":true})", R"({"":true})"},
       {R"({"a":true})", R"({"x":1})", R"({"x":true,"a":1})", R"({"\u0061":true})"}},
      {R"({"type":"object","required":["z"],"additionalProperties":{"type":"null"}})",
       {R"({"z":null})", R"({"z":null,"y":null})"},
       {R"({"y":null})", R"({"z":1})"}},
      {R"({"type":"object"})", {R"({})", R"({"a":{"b":[1,"x",null]}})"}, {R"([])", R"({"a"})", R"({"a":})"}},
      {R"({"properties":{"a":{"type":"null"}},"required":["a\u0000b"]})",
       {R"({"a\u0000b":1})", R"({"a":null,"a\u0000b":null})"},
       {"{}", R"({"a":null})"}},
      {R"({"type":"object","additionalProperties":false})", {"{}"}, {R"({"a":1})"}},
      {R"({"type":"array","items":{"type":"integer"}})",
       {"[]", "[1]", "[1,2, 345]"},
       {"[", "[1,]", "[,1]", "[1 ,2]", "[true]"}},
      {R"({"type":"array","items":{"type":"null"},"minItems":2,"maxItems":3})",
       {"[null,null]", "[null,null,null]"},
       {"[]", "[null]", "[null,null,null,null]"}},
      {R"({"type":"array","items":{"type":"null"},"maxItems":0})", {"[]"}, {"[null]"}},
      {R"({"type":"array","prefixItems":[{"type":"null"},{"type":"boolean"}],"items":false})",
       {"[]", "[null]", "[null,true]"},
       {"[true]", "[null,true,1]"}},
      {R"({"type":"array","prefixItems":[{"type":"null"},{"type":"boolean"}],"items":{"type":"integer"},"minItems":3})",
       {"[null,true,1]", "[null,true,1,2]"},
       {"[null,true]", "[null,true,null]"}},
      {R"({"enum":["a",1,null,{"x":[1.5]}]})",
       {R"("a")", "1", "null", R"({"x":[1.5]})"},
       {R"("b")", "2", R"({"x": [1.5]})"}},
      {R"({"enum":["a",1],"type":"string"})", {R"("a")"}, {"1"}},
      {R"({"const":"é\n"})", {R"("é\n")"}, {R"("e")", R"("\u00e9\n")"}},
      {R"({"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]})", {"12", R"("a")"}, {R"("ab")", "null"}},
      {R"({"type":"object","anyOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{"type":"null"}},"required":["b"]}]})",
       {R"({"a":1})", R"({"b":null})"},
       {"{}", R"({"a":null})"}},
      {R"({"oneOf":[{"type":"object","properties":{"k":{"const":"x"},"v":{"type":"integer"}},"required":["k","v"]},
           {"type":"object","properties":{"k":{"const":"y"}},"required":["k"]}]})",
       {R"({"k":"x","v":1})", R"({"k":"y"})"},
       {R"({"k":"x"})", R"({"k":"y","v":1})"}},
      {R"({"oneOf":[{"type":"integer"},{"type":"string"}]})", {"1", "\"\""}, {"1.5"}},
      {R"({"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"a":{"maximum":3,"minimum":2},"b":{"type":"null"}}}]})",
       {R"({"a":2})", R"({"a":3,"b":null})"},
       {R"({"a":4})", R"({"b":null})"}},
      {R"({"allOf":[{"type":["string","null"]},{"type":"string","nullable":true},{"maxLength":0}]})",
       {"null", "\"\""},
       {"1"}},
      {R"({"allOf":[{"type":"string","nullable":true},{"type":"string"},{"maxLength":0}]})", {"\"\""}, {"null"}},
      {R"({"allOf":[{"type":"number"},{"type":"integer"}]})", {"1"}, {"1.5"}},
      {R"({"$ref":"#/$defs/list","$defs":{"list":{"anyOf":[{"type":"null"},{"type":"array","prefixItems":[{"type":"integer"},{"$ref":"#/$defs/list"}],"items":false,"minItems":2}]}}})",
       {"null", "[1,null]", "[1,[2,[3,null]]]"},
       {"[1]", "[1,2]", "[null,1]"}},
      {R"({"$ref":"#/definitions/a~1b%20c","definitions":{"a/b c":{"type":"null"}}})", {"null"}, {"1"}},
      {R"({"type":"string","minLength":2,"maxLength":3})",
       {R"("ab")", R"("日é😀")", R"("\u0041\n")", R"("\ud83d\ude00b")"},
       {R"("a")", R"("abcd")", R"("\n")"}},
      {R"({"type":"string","minLength":3})", {R"("abc")", R"("abcabcabc")"}, {R"("ab")"}},
      {R"({"type":"string","pattern":"^[a-c]{2}\"?$"})", {R"("ab")", R"("cc\"")"}, {R"("a")", R"("abx")", R"("ab"")"}},
      {R"({"type":"string","pattern":"b+"})", {R"("b")", R"("aabb12")"}, {R"("")", R"("ac")"}},
      {R"({"type":"string","pattern":"^a|c$"})", {R"("a12")", R"("bbc")"}, {R"("ba")"}},
      {R"({"type":"string","format":"date"})",
       {R"("2024-12-31")", R"("1999-02-28")"},
       {R"("2024-13-01")", R"("2024-02-30")", R"("2024-1-1")", R"("2023-02-29")"}},
      {R"({"type":"string","format":"time"})",
       {R"("23:59:59Z")", R"("00:00:00.5+01:00")"},
       {R"("24:00:00Z")", R"("12:00:00")"}},
      {R"({"type":"string","format":"date-time"})", {R"("2024-12-31T23:59:59Z")"}, {R"("2024-12-31 23:59:59Z")"}},
      {R"({"type":"string","format":"email"})", {R"("a.b@c.de")"}, {R"("a@b")", R"("@c.de")", R"("a..b@c.de")"}},
      {R"({"type":"string","format":"hostname"})", {R"("a-1.b")"}, {R"("-a")", R"("a-.b")", R"("a..b")"}},
      {R"({"type":"string","format":"ipv4"})", {R"("255.0.10.1")"}, {R"("256.0.0.1")", R"("1.2.3")", R"("01.2.3.4")"}},
      {R"({"type":"string","format":"ipv6"})",
       {R"("::")", R"("1:2:3:4:5:6:7:8")", R"("fe80::1")"},
       {R"("1::2::3")", R"("1:2")"}},
      {R"({"type":"string","format":"uuid"})",
       {R"("01234567-89ab-cdef-0123-456789abcdef")"},
       {R"("01234567-89ab-cdef-0123-456789abcde")"}},
      {R"({"type":"string","format":"uri"})", {R"("https://a.de/b/c")"}, {R"("a.de")"}},
      {R"(true)", {"1", "null", R"({"a":[]})"}, {"", "]"}},
      {R"({"properties":{"a":{"type":"null"}}})", {"{}", R"({"a":null})"}, {R"({"a":1})", R"({"b":1})"}},
      {R"({"title":"t","description":"d","default":1,"examples":[1],"$schema":"x","$id":"y","$comment":"z","type":"null"})",
       {"null"},
       {"1"}},
  };
  check_texts(samples, [](const char* schema) { return accepting(try_schema(schema)); });
}

TEST_CASE("constraint: bounds of numbers") {
  const auto check = [](const std::string& bounds, bool integers) {
    const std::string schema = "{\"type\":\"" + std::string(integers ? "integer" : "number") + "\"," + bounds + "}";
    INFO(schema);
    const auto s = nlohmann::json::parse(schema);
    const auto c = try_schema(schema);
    const auto fits = [&](double x) {
      return (!s.contains("minimum") || x >= s["minimum"].get<double>()) &&
             (!s.contains("maximum") || x <= s["maximum"].get<double>()) &&
             (!s.contains("exclusiveMinimum") || x > s["exclusiveMinimum"].get<double>()) &&
             (!s.contains("exclusiveMaximum") || x < s["exclusiveMaximum"].get<double>());
    };
    const matcher m = must(c);
    std::vector<std::string> texts;
    for (int i = -130; i <= 130; ++i) texts.push_back(std::to_string(i));
    if (!integers)
      for (const char* whole : {"-13", "-3", "-2", "-1", "-0", "0", "1", "2", "3", "12"})
        for (const char* fraction :
             {".0", ".00", ".1", ".25", ".249", ".2500", ".251", ".5", ".75", ".9", ".999", ".05"})
          texts.push_back(std::string(whole) + fraction);
    for (const auto& t : texts) {
      INFO(t);
      if (std::stod(t) == 0 && t[0] == '-') continue;  // zero has a sign only where negative numbers fit
      CHECK(accepts(m, t) == fits(std::stod(t)));
    }
    for (const char* t : {"", "-", "01", "1.", "--1"}) CHECK_FALSE(accepts(m, t));
  };
  for (const char* b : {"\"minimum\":0", "\"minimum\":-12,\"maximum\":115", "\"maximum\":-3",
                        "\"exclusiveMinimum\":-1,\"exclusiveMaximum\":10", "\"minimum\":99", "\"minimum\":2.5",
                        "\"maximum\":-2.5", "\"minimum\":-7.25,\"maximum\":7.75", "\"minimum\":5,\"maximum\":5",
                        "\"minimum\":-100,\"exclusiveMinimum\":-10", "\"maximum\":0", "\"exclusiveMinimum\":0"})
    check(b, true);
  for (const char* b :
       {"\"minimum\":0", "\"minimum\":0.25", "\"exclusiveMinimum\":0.25", "\"maximum\":2.5", "\"exclusiveMaximum\":2.5",
        "\"minimum\":-2.25,\"maximum\":1.25", "\"exclusiveMinimum\":1,\"exclusiveMaximum\":2",
        "\"minimum\":0.25,\"maximum\":0.75", "\"exclusiveMaximum\":0", "\"maximum\":-1", "\"minimum\":2,\"maximum\":3",
        "\"minimum\":0.249,\"exclusiveMaximum\":0.25", "\"minimum\":0.12345678901234567",
        "\"exclusiveMaximum\":2.4999999999999996", "\"minimum\":-1.0000000000000002,\"maximum\":1e-30",
        "\"minimum\":-0.5,\"maximum\":-0.05"})
    check(b, false);
}

TEST_CASE("constraint: what a schema cannot say is refused by name") {
  struct refusal {
    const char* schema;
    errc code;
    const char* says;
  };
  const std::string deep = std::string(2000, '[') + std::string(2000, ']');
  std::string nested = "true";
  for (int i = 0; i < 200; ++i) nested = R"({"items":)" + nested + "}";
  const std::vector<refusal> all = {
      {"", errc::bad_argument, "JSON"},
      {"{", errc::bad_argument, "JSON"},
      {"1", errc::bad_argument, "neither"},
      {R"({"type":"strange"})", errc::bad_argument, "type"},
      {R"({"type":1})", errc::bad_argument, "type"},
      {R"({"type":"array","uniqueItems":true})", errc::unsupported, "uniqueItems"},
      {R"({"type":"string","pattern":"a(b"})", errc::bad_grammar, "("},
      {R"({"$ref":"other.json"})", errc::unsupported, "other.json"},
      {R"({"$ref":"#/nowhere"})", errc::bad_argument, "nowhere"},
      {R"({"not":{}})", errc::missing, "nothing satisfies"},
      {R"({"type":"string","pattern":"(a)\\1"})", errc::unsupported, "\\1"},
      {R"({"type":"string","minLength":100000000})", errc::limit, "characters"},
      {R"({"type":"integer","multipleOf":0})", errc::bad_argument, "multipleOf"},
      {R"({"type":"string","minLength":3,"pattern":"^a?$"})", errc::missing, "nothing satisfies"},
      {R"({"enum":[]})", errc::missing, "nothing satisfies"},
      {R"({"type":"integer","minimum":3,"maximum":2})", errc::missing, "nothing satisfies"},
      {R"({"type":"array","minItems":-1})", errc::bad_argument, "minItems"},
      {R"({"type":"array","minItems":100000000})", errc::limit, "minItems"},
      {R"({"type":"array","prefixItems":[true],"items":false,"minItems":2})", errc::missing, "nothing satisfies"},
      {R"({"required":["a"],"additionalProperties":false})", errc::missing, "nothing satisfies"},
      {R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})", errc::missing, "nothing satisfies"},
      {deep.c_str(), errc::limit, "deep"},
      {nested.c_str(), errc::limit, "deep"},
  };
  for (const auto& r : all) {
    INFO(std::string(r.schema).substr(0, 200));
    const auto c = try_schema(r.schema);
    REQUIRE_FALSE(c);
    INFO(c.error().what);
    CHECK(c.error().code == r.code);
    CHECK(c.error().what.find(r.says) != std::string::npos);
  }
}

TEST_CASE("constraint: regular expressions") {
  const std::vector<sample> samples = {
      {"", {""}, {"a"}},
      {"abc", {"abc"}, {"ab", "abcd"}},
      {"^a(b|c)*d?$", {"a", "abcbd", "ad"}, {"", "add", "bd"}},
      {"[^a-c]\\d+", {"x1", "é12"}, {"a1", "x"}},
      {"a{2}b{1,3}?c{2,}", {"aabcc", "aabbbcccc"}, {"abcc", "aabc", "aabbbbcc"}},
      {"\\u0041\\x42[\\]\\-x]\\.", {"AB].", "AB-.", "ABx."}, {"AB.."}},
      {".", {"a", "é", "😀"}, {"", "\n", "ab"}},
      {"\\w\\W\\s\\S", {"a- b", "_é\nx"}, {"--  "}},
      {"(?:a|)b", {"ab", "b"}, {"a"}},
      {"a{,2}|{", {"a{,2}", "{"}, {"aa"}},
  };
  check_texts(samples, [](const char* text) { return accepting(try_regex(text)); });
  const std::string open(100000, '('), stars = "a" + std::string(50000, '*'),
                                       twice = "(((((a{1000}){1000}){1000}){1000}){1000})";
  for (const auto& [pattern, code] :
       std::vector<std::pair<std::string, errc>>{{"(", errc::bad_grammar},      {")", errc::bad_grammar},
                                                 {"[a", errc::bad_grammar},     {"[b-a]", errc::bad_grammar},
                                                 {"*a", errc::bad_grammar},     {"a**", errc::bad_grammar},
                                                 {"a{3,2}", errc::bad_grammar}, {"\\", errc::bad_grammar},
                                                 {"\\u12", errc::bad_grammar},  {"[]", errc::missing},
                                                 {"(?>a)", errc::unsupported},  {"\\p{Han}", errc::unsupported},
                                                 {"a^b", errc::missing},        {"(a)\\1", errc::unsupported},
                                                 {open, errc::limit},           {stars, errc::bad_grammar},
                                                 {twice, errc::limit},          {"\xff", errc::bad_grammar},
                                                 {"a{99999}", errc::limit},     {"(a|b|ab)*a[ab]{40}", errc::limit},
                                                 {"[a-\\d]", errc::bad_grammar}}) {
    INFO(pattern.substr(0, 100));
    const auto c = try_regex(pattern);
    REQUIRE_FALSE(c);
    INFO(c.error().what);
    CHECK(c.error().code == code);
  }
}

TEST_CASE("constraint: GBNF grammars") {
  const std::vector<sample> samples = {
      {"root ::= \"yes\" | \"no\"", {"yes", "no"}, {"yesno", ""}},
      {"# a comment\nroot ::= item (\",\" item)* # more\nitem ::= [a-z]+\n", {"a", "ab,c"}, {"", "a,", "A"}},
      {"root ::=\n  \"a\" |\n  \"b\"\n  | \"c\"\nother ::= root", {"a", "b", "c"}, {"d"}},
      {"root ::= x{2,3} y{2} z{1,} w{,1} v?\nx ::= \"x\"\ny ::= \"y\"\nz ::= \"z\"\nw ::= \"w\"\nv ::= \"v\"",
       {"xxyyz", "xxxyyzzzwv"},
       {"xyyz", "xxyyzww"}},
      {"root ::= (\"a\"\n \"b\")+ [^\"\\]\\n] .", {"abx1", "ababéé"}, {"ab]1", "a"}},
      {"root ::= \"\\x41\\u00e9\\U0001F600\\t\\\"\"", {"A\xc3\xa9\xf0\x9f\x98\x80\t\""}, {"A"}},
      {"root ::= expr\nexpr ::= term ((\"+\" | \"-\") term)*\nterm ::= [0-9]+ | \"(\" expr \")\"",
       {"1", "(1+2)-345", "((12))"},
       {"(1", "1+", "()"}},
      {"root ::= \"(\" root \")\" | \"(\" root \"]\" | \"\"", {"", "((()]]", "(())"}, {"(", "()("}},
      {"root ::= a | b\na ::= \"(\" root \")\" | \"x\"\nb ::= \"(\" root \"]\" | \"x\"", {"x", "((((x)]))"}, {"((x)"}},
      {"root ::= opt opt \"a\" opt\nopt ::= \"-\"?", {"a", "-a", "--a-"}, {"---a", "a--"}},
  };
  check_texts(samples, [](const char* text) { return accepting(try_gbnf(text)); });
  const std::string open = "root ::= " + std::string(100000, '(');
  std::string chain = "root ::= r0\n";  // 20,000 rules that only call the next one
  for (int i = 0; i < 20000; ++i) chain += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + "\n";
  std::string doubling = "root ::= r0\n";  // a shortest text of 2^60 bytes
  for (int i = 0; i < 60; ++i)
    doubling += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + " r" + std::to_string(i + 1) + "\n";
  for (const auto& [text, code] :
       std::vector<std::pair<std::string, errc>>{{"", errc::bad_grammar},
                                                 {"a ::= \"a\"", errc::bad_grammar},
                                                 {"root ::= x", errc::bad_grammar},
                                                 {"root ::= \"a", errc::bad_grammar},
                                                 {"root ::= [a", errc::bad_grammar},
                                                 {"root = \"a\"", errc::bad_grammar},
                                                 {"root ::= \"a\"\nroot ::= \"b\"", errc::bad_grammar},
                                                 {"root ::= root \"a\" | \"b\"", errc::bad_grammar},
                                                 {"root ::= e root\ne ::= \"\"", errc::bad_grammar},
                                                 {"root ::= a\na ::= b\nb ::= a | \"x\"", errc::bad_grammar},
                                                 {"root ::= (\"a\"", errc::bad_grammar},
                                                 {"root ::= \"a\")", errc::bad_grammar},
                                                 {"root ::= \"\\q\"", errc::bad_grammar},
                                                 {"root ::= \"a\"{2,1}", errc::bad_grammar},
                                                 {"root ::= \"a\"{100000}", errc::limit},
                                                 {"root ::= \"a\" root", errc::missing},
                                                 {"root ::= <[100000]>", errc::bad_argument},
                                                 {"root ::= <think>", errc::bad_grammar},
                                                 {"root ::= <[3", errc::bad_grammar},
                                                 {"root ::= <[]>", errc::bad_grammar},
                                                 {"root ::= <mark", errc::bad_grammar},
                                                 {"root ::= !\"a\"", errc::bad_grammar},
                                                 {"root ::= ! <mark>", errc::bad_grammar},
                                                 {"root ::= !<[100000]>", errc::bad_argument},
                                                 {"root ::= \"\\", errc::bad_grammar},
                                                 {"root ::= [\\", errc::bad_grammar},
                                                 {"root ::= \"a\\u00", errc::bad_grammar},
                                                 {open, errc::limit},
                                                 {chain, errc::bad_grammar},
                                                 {doubling + "r60 ::= \"a\"", errc::missing}}) {
    INFO(text.substr(0, 100));
    const auto c = try_gbnf(text);
    REQUIRE_FALSE(c);
    INFO(c.error().what);
    CHECK(c.error().code == code);
  }
  CHECK(accepts(must(try_gbnf(chain + "r20000 ::= \"a\"")), "a"));
}

TEST_CASE("constraint: a grammar built by hand mixes text, control tokens and schemas") {
  const auto& v = full();
  detail::grammar g;
  detail::json_text json(g);
  const auto arguments = detail::json_schema::add_text(
      g, json, R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]})");
  REQUIRE(arguments);
  const auto call = g.sequence({g.control(v.mark), g.literal("weather"), *arguments, g.control(v.mark)});
  g.define(detail::grammar::root,
           g.sequence({detail::language::until("</think>").in(g), g.any_of({call, g.literal("no")})}));
  matcher m = must(compile(g, v));
  const auto say = [&](std::string_view text) {
    for (const char c : text)
      if (!m.accept(v.find(std::string_view(&c, 1)))) return false;
    return true;
  };
  CHECK_FALSE(m.accept(v.mark));
  CHECK(say("so </think </thin</think>"));
  CHECK_FALSE(m.complete());
  matcher other = m.fork().value();
  CHECK(say("no"));
  CHECK(m.finished());
  CHECK(ids_of(m.allowed().value(), v.size()) == std::vector<token>{v.end});
  m = other.fork().value();
  CHECK(ids_of(m.allowed().value(), v.size()) == std::vector<token>{v.find("n"), v.mark});
  CHECK(m.accept(v.mark));
  CHECK(m.forced().value() == "weather{\"city\":");
  CHECK(say("weather{\"city\": \"x\"}"));
  CHECK_FALSE(m.complete());
  CHECK(ids_of(m.allowed().value(), v.size()) == std::vector<token>{v.mark});
  CHECK(m.accept(v.mark));
  CHECK(m.finished());
  CHECK(m.accept(v.end));
  CHECK(m.finished());
  std::mt19937 random(3);
  const matcher start = must(compile(g, v));
  for (int i = 0; i < 20; ++i) CHECK(walk(start, v, 80, random, i < 2).ended);
  // a token named in GBNF
  matcher named = must(try_gbnf("root ::= <[" + std::to_string(v.mark) + "]> \"a\""));
  CHECK(ids_of(named.allowed().value(), v.size()) == std::vector<token>{v.mark});
}

TEST_CASE("constraint: tokens of GBNF by id and by text, and all the others") {
  const auto& v = full();
  const auto inner = [&](token but) {  // every token that may stand in a text, but one
    std::vector<token> out;
    for (token id = 0; static_cast<std::size_t>(id) < v.size(); ++id)
      if (id != but && id != v.end) out.push_back(id);
    return out;
  };
  const std::string mark = "<[" + std::to_string(v.mark) + "]>";
  for (const std::string& name : {std::string("<mark>"), mark}) {
    INFO(name);
    // a thought between marks, then text
    matcher m = must(try_gbnf("root ::= " + name + " (!" + name + ")* " + name + " [a-c]+"));
    CHECK(ids_of(m.allowed().value(), v.size()) == std::vector<token>{v.mark});
    CHECK_FALSE(m.accept(v.find("a")));
    REQUIRE(m.accept(v.mark));
    CHECK(m.allowed().value().size() == (v.size() + 63) / 64);
    std::vector<token> all = inner(-1);
    CHECK(ids_of(m.allowed().value(), v.size()) == all);
    CHECK_FALSE(m.accept(v.end));
    for (const char* word : {"aaaa", "\n", "\xe6\x97", "{\""}) REQUIRE(m.accept(v.find(word)));
    CHECK(ids_of(m.allowed(2).value(), v.size()) ==
          std::vector<token>{v.mark});  // the mark, a letter, the end: over the limit
    REQUIRE(m.accept(v.mark));
    CHECK_FALSE(m.accept(v.mark));
    CHECK(m.accept(v.find("ab")));
    CHECK(m.complete());
  }
  // beside text and other tokens at the same place
  matcher m = must(try_gbnf("root ::= !<mark> \"x\" | <mark> \"y\" | \"ab\" \"z\""));
  CHECK(ids_of(m.allowed().value(), v.size()) == inner(-1));
  matcher other = m.fork().value();
  CHECK(other.accept(v.mark));
  CHECK(other.forced().value() == "y");
  CHECK(m.accept(v.find("ab")));
  CHECK(ids_of(m.allowed().value(), v.size()) == std::vector<token>{v.find("x"), v.find("z")});
  // nothing but tokens
  m = must(try_gbnf("root ::= <[5]>"));
  CHECK(ids_of(m.allowed().value(), v.size()) == std::vector<token>{5});
  CHECK(m.accept(5));
  CHECK(m.complete());
  m = must(try_gbnf("root ::= !<[5]>{2}"));
  CHECK(ids_of(m.allowed().value(), v.size()) == inner(5));
  CHECK_FALSE(m.accept(5));
  CHECK(m.accept(v.mark));
  CHECK(m.accept(6));
  CHECK(m.complete());
  std::mt19937 random(5);
  for (const auto* w : {&full(), &bytes(), &poor(), &pieces()}) {
    const std::string id = "<[" + std::to_string(w->mark) + "]>";
    const matcher start = must(try_gbnf("root ::= (" + id + " !" + id + "* " + id + " | [a-z!]+ <[9]>?){1,3}", *w));
    for (int i = 0; i < 10; ++i) CHECK(walk(start, *w, 60, random, i < 2).ended);
  }
}

TEST_CASE("constraint: masks agree with accept() and outputs end, whatever the vocabulary") {
  const std::vector<const char*> schemas = {
      R"({"type":"object"})",
      R"({"type":"object","properties":{"name":{"type":"string","minLength":3,"maxLength":9},"age":{"type":"integer","minimum":0,"maximum":130},
          "ok":{"type":"boolean"},"tags":{"type":"array","items":{"enum":["ab","abc","\u00e9"]},"maxItems":3}},"required":["age"]})",
      R"({"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"v":{"type":"number"},"c":{"type":"array","items":{"$ref":"#/$defs/n"}}},"required":["v","c"]}}})",
      R"({"type":"array","items":{"type":"string","format":"date-time"},"minItems":1})",
      R"({"type":"object","properties":{"a":{"type":"null"},"ab":{"type":"null"}},"additionalProperties":{"type":"integer","minimum":12}})"};
  std::mt19937 random(1);
  for (const auto* v : {&full(), &bytes(), &poor(), &pieces()})
    for (const char* schema : schemas) {
      INFO(schema);
      INFO(v->size());
      const auto c = try_schema(schema, *v);
      const matcher m = must(c);
      const auto check = must(try_schema(schema));
      const std::size_t least = detail::completion::add(c->impl()->grammar.costs[c->impl()->grammar.code.starts[0]], 1);
      for (int i = 0; i < 12; ++i) {
        const output out = walk(m, *v, least + static_cast<std::size_t>(i) * 9, random, i == 5);
        INFO(out.text);
        CHECK(out.ended);
        CHECK(nlohmann::json::accept(out.text));
        CHECK(accepts(check, out.text));
      }
    }
}

TEST_CASE("constraint: at every limit the output is closed in time") {
  std::mt19937 random(5);
  for (
      const char* schema :
      {R"({"type":"object","properties":{"name":{"type":"string","minLength":5},"list":{"type":"array","minItems":2}},"required":["name","list"]})",
       R"({"type":"object"})", R"({"type":"string","minLength":20,"maxLength":30})"}) {
    const auto c = try_schema(schema);
    const matcher m = must(c);
    const std::size_t least = c->impl()->grammar.costs[c->impl()->grammar.code.starts[0]] + 1;
    for (std::size_t n = least; n < least + 40; ++n) {
      const output out = walk(m, full(), n, random, false);
      INFO(n << ": " << out.text);
      CHECK(out.ended);
    }
    // too short a limit: no token is lost, and the shortest value comes out if the limit is then ignored
    output out;
    matcher k = m.fork().value();
    while (!k.finished() && out.n_tokens < 200) {
      const auto ids = ids_of(k.allowed(1).value(), full().size());
      REQUIRE_FALSE(ids.empty());
      REQUIRE(k.accept(ids[0]));
      if (ids[0] == full().end) break;
      ++out.n_tokens;
    }
    CHECK(k.complete());
    CHECK(out.n_tokens <= least);
  }
  // deep recursion without a limit is steered to close, too
  const auto c = try_gbnf("root ::= \"[\" root \"]\" | \"\"");
  matcher m = must(c);
  std::size_t n = 0;
  while (bit(m.allowed().value(), full().find("[")) && n < 5000) {
    REQUIRE(m.accept(full().find("[")));
    ++n;
  }
  CHECK(n > 100);
  CHECK(n < 1000);
  for (; n > 0; --n) REQUIRE(m.accept(full().find("]")));
  CHECK(m.finished());
}

TEST_CASE("matcher: what is needed is what the shortest way takes, the end token counted") {
  const auto c = try_gbnf("root ::= \"[\" root \"]\" | \"x\"");
  matcher m = must(c);
  CHECK(m.n_needed() == 2);
  for (std::size_t n = 1; n < 5; ++n) {
    REQUIRE(m.accept(full().find("[")));
    CHECK(m.n_needed() == n + 2);
  }
  // whatever is allowed within what is needed needs one less
  for (std::size_t n = m.n_needed(); n > 0; --n) {
    CHECK(m.n_needed() == n);
    const auto ids = ids_of(m.allowed(n).value(), full().size());
    REQUIRE_FALSE(ids.empty());
    REQUIRE(m.accept(ids[0]));
  }
  CHECK(m.finished());
  CHECK(m.n_needed() == 0);
}

TEST_CASE("constraint: a vocabulary that cannot write it is an error, and one that barely can is enough") {
  const auto only = make({"tr", "ue", "fal", "se", "{\"a\"", ":", "}"});
  CHECK(try_schema(R"({"type":"null"})", only).error().code == errc::missing);
  matcher m = must(try_schema(R"({"type":"boolean"})", only));
  CHECK(ids_of(m.allowed().value(), only.size()) == std::vector<token>{0, 2});
  CHECK(m.accept(0));
  CHECK(ids_of(m.allowed().value(), only.size()) == std::vector<token>{1});
  // numbers cannot be written: only the empty object is left of these
  const auto few = make({"{", "}", "\"a\"", ":", "b", "true"});
  matcher o =
      must(try_schema(R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"}}})", few));
  CHECK(o.accept(0));
  CHECK(ids_of(o.allowed().value(), 8) == std::vector<token>{1});
  // é has no bytes of its own here, but a token
  CHECK(must(try_schema(R"({"const":"é"})", poor())).forced().value() == "\"\xc3\xa9\"");
  CHECK(try_schema(R"({"const":"è"})", poor()).error().code == errc::missing);
  CHECK(try_schema(R"({"const":"7"})", poor()).error().code == errc::missing);
  CHECK(try_schema(R"({"const":"17"})", poor()));
}

TEST_CASE("constraint: outputs are copied, shared and kept apart") {
  const matcher start = must(try_schema(R"({"type":"array","items":{"type":"integer"}})"));
  matcher a = start.fork().value();
  REQUIRE(a.accept(full().find("[")));
  matcher b = a.fork().value();
  REQUIRE(a.accept(full().find("12")));
  CHECK_FALSE(b.accept(full().find(",")));
  CHECK(a.accept(full().find("]")));
  CHECK(a.finished());
  CHECK_FALSE(a.accept(full().find("]")));
  CHECK(a.complete());
  CHECK_FALSE(b.accept(full().find("]]")));
  CHECK(b.accept(full().find("]")));
  CHECK_FALSE(start.complete());
  CHECK_FALSE(start.fork().value().accept(-1));
  CHECK_FALSE(start.fork().value().accept(100000));
  CHECK_FALSE(start.fork().value().accept(full().mark));
  CHECK_FALSE(start.fork().value().accept(full().end));
}
