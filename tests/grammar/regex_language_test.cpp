#include "grammar/texts.hpp"

#include <retort/grammar/regex_language.hpp>

using namespace retort::detail;

namespace {

language must_match(std::string_view pattern, bool whole = false, bool widely = false) {
  auto of = regex_language::of(pattern, whole, {}, widely);
  if (!of) FAIL(of.error().what);
  return *of;
}

}  // namespace

TEST_CASE("regular expressions: what contains a match") {
  // what ECMA-262 says of each; \b and looking around among them
  const std::vector<words::sample> samples = {
      {"a", {"a", "xay"}, {"", "b"}},
      {"^a|c$", {"ab", "bc"}, {"ba", "cb"}},
      {"a^b", {}, {"ab", "a"}},
      {"(^|-)x($|-)", {"x", "a-x-b", "x-"}, {"ax", "xa"}},
      {"\\bred\\b", {"red", "a red one", "red."}, {"bored", "redo"}},
      {"\\Bed", {"red"}, {"ed", "an ed"}},
      {"^(?=.*\\d)(?=.*[a-z]).{4,}$", {"ab12", "1xyz"}, {"abcd", "1234", "a1"}},
      {"^(?!.*(--|_$))[a-z_-]+$", {"a-b", "_a"}, {"a--b", "a_"}},
      {"^((?!-)[a-z-]{1,3}(?<!-)\\.)+$", {"a.", "a-b.c."}, {"-a.", "a-.", "abcd."}},
      {"(?<=\\$)\\d", {"$5"}, {"5", "$ 5"}},
      {"^(?<year>\\d{4})$", {"2031"}, {"31"}},
      {"^\\p{L}+$", {"\xc3\xa9\xd7\x90"}, {"1", ""}},
      {"^\\p{Lu}$", {"A", "\xc3\x89"}, {"a", "\xc7\x85"}},
      {"^[^\\s]+$", {"ab"}, {"a b", "\xc2\xa0"}},
  };
  words::check_texts(samples, [](const char* pattern) {
    return [l = must_match(pattern)](const std::string& text) { return l.contains(text); };
  });
}

TEST_CASE("regular expressions: narrow and wide readings") {
  // a no-break space is a blank for some engines only
  CHECK_FALSE(must_match("^\\s$").contains("\xc2\xa0"));
  CHECK(must_match("^\\s$", false, true).contains("\xc2\xa0"));
  CHECK_FALSE(must_match("^\\S$").contains("\xc2\xa0"));
  CHECK(must_match("^\\S$", false, true).contains("\xc2\xa0"));
}

TEST_CASE("regular expressions: what is refused") {
  for (const char* pattern : {"(a)\\1", "\\p{Script=Arabic}", "(?i)a", "a**", "[b-a]", "(", "a)", "\\", "(?<!a$)b"}) {
    INFO(pattern);
    CHECK_FALSE(regex_language::of(pattern, false, {}));
  }
}

TEST_CASE("languages: together, without, of lengths") {
  const language letters = must_match("[a-c]+", true), two = language::lengths(2, 2);
  const language both = *language::both(letters, two, {});
  CHECK(both.contains("ab"));
  CHECK_FALSE(both.contains("abc"));
  CHECK_FALSE(both.contains("zz"));
  const language rest = *language::but_not(letters, both, {});
  CHECK(rest.contains("a"));
  CHECK(rest.contains("abc"));
  CHECK_FALSE(rest.contains("ab"));
  CHECK(language::but_not(both, letters, {})->is_empty());
  CHECK(both.lengths_of().least == 2);
  CHECK(both.lengths_of().most == 2);
  CHECK(letters.lengths_of().most == language::unbounded);
  const language words = language::of(std::vector<std::string>{"a", "ab", "\xe6\x97\xa5"});
  CHECK(words.contains("\xe6\x97\xa5"));
  CHECK_FALSE(words.contains(""));
  const language until = language::until("aab");
  CHECK(until.contains("xaaab"));
  CHECK_FALSE(until.contains("aabb"));
  CHECK_FALSE(until.contains("aa"));
}
