#include "grammar/texts.hpp"

#include <retort/grammar/regex_language.hpp>
#include <retort/grammar/schema_formats.hpp>

using namespace retort::detail;

namespace {

language of(const char* format, std::size_t limit = schema_formats::unlimited) {
  const auto pattern = schema_formats::pattern_of(format, limit);
  REQUIRE(pattern);
  auto l = regex_language::of(*pattern, true, {});
  if (!l) FAIL(l.error().what);
  return *l;
}

}  // namespace

TEST_CASE("formats: what is of them and what is not") {
  const std::vector<words::sample> samples = {
      {"date",
       {"2024-02-29", "2000-02-29", "1999-12-31"},
       {"2023-02-29", "1900-02-29", "2024-00-10", "0000-01-01", "2024-1-1"}},
      {"time",
       {"23:59:60Z", "00:00:00.25+05:30", "12:00:00z"},
       {"24:00:00Z", "12:00:60Z", "12:00:00", "12:00:00+24:00"}},
      {"date-time",
       {"2024-02-29T10:00:00Z", "1985-04-12t23:20:50.52z"},
       {"2024-02-30T10:00:00Z", "2024-02-29 10:00:00Z"}},
      {"duration", {"P1Y2M3DT4H5M6S", "P4W", "PT36H", "P1Y"}, {"P", "P1Y2D", "PT", "P1W2D", "1Y", "PT1H6S"}},
      {"email", {"ann.lee+x@mail.example.org"}, {"ann", "@a.b", "a@b", "a..b@c.de", ".a@c.de", "a@-b.de"}},
      {"idn-email", {"\xd0\xb0\xd0\xbd\xd0\xbd\xd0\xb0@\xd0\xbf\xd0\xbe\xd1\x87.org"}, {"a@"}},
      {"hostname", {"a", "Example.ORG", "x-1.y"}, {"-a", "a-", "a..b", "ab--c", "", "a_b"}},
      {"ipv4", {"0.0.0.0", "255.249.199.9"}, {"256.1.1.1", "1.1.1", "01.1.1.1"}},
      {"ipv6",
       {"::", "1::", "::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::ffff:1.2.3.4", "A::b:1.2.3.4"},
       {":", ":::", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "1.2.3.4", "::1.2.3"}},
      {"uuid",
       {"01234567-89AB-cdef-0123-456789abcdef"},
       {"0123456789ABcdef0123456789abcdef", "01234567-89AB-cdef-0123-456789abcdeg"}},
      {"uri",
       {"http://localhost:7070/?q=1#a", "mailto:ann@example.org", "urn:a:b", "file:///x/y", "a://[::1]:8/"},
       {"", "//x/y", "a b:c", "http://a b", "http://a/%zz", "1a:b", "a#b#c"}},
      {"uri-reference", {"", "/a/b?c", "#d", "../x", "http://a"}, {"a b", "%", "\\a"}},
      {"iri",
       {"http://b\xc3\xbc"
        "cher.example/\xc3\xa9"},
       {"b\xc3\xbc"
        "cher"}},
      {"uri-template", {"/a/{b}{?c,d*}", "{+x:3}"}, {"{", "{a", "a}", "{a b}"}},
      {"json-pointer", {"", "/a~1b/0", "/"}, {"a", "/~2", "/~"}},
      {"relative-json-pointer", {"0", "12/a", "1#"}, {"", "/a", "-1", "01"}},
      {"regex", {"^a+(b|c)?[0-9]{2}$", "\\d+"}, {"(", "[", "a**", "*a"}},
      {"byte", {"", "QUJD", "QQ==", "QUI="}, {"A", "QQ=", "Q-=="}},
  };
  words::check_texts(samples, [](const char* format) {
    return [l = of(format)](const std::string& text) { return l.contains(text); };
  });
  CHECK_FALSE(schema_formats::pattern_of("colour"));
}

TEST_CASE("formats: where few characters are wanted, none is longer") {
  for (const char* format : {"email", "hostname", "idn-hostname"})
    for (const std::size_t limit : {10u, 40u, 100u, 255u}) {
      INFO(format << " " << limit);
      const language l = of(format, limit);
      CHECK_FALSE(l.is_empty());
      CHECK(l.lengths_of().most <= limit);
    }
}
