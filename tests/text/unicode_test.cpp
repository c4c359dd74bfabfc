#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

#include <retort/text/unicode.hpp>

using namespace retort;
using detail::unicode::flag;

namespace {

std::string text_of(std::initializer_list<char32_t> codes) {
  std::string out;
  for (char32_t c : codes) detail::utf8::append(out, c);
  return out;
}
std::string repaired(std::string_view text) {
  std::string out;
  detail::utf8::append_valid(out, text);
  return out;
}

}  // namespace

TEST_CASE("text/utf8: malformed bytes become one U+FFFD for each maximal subpart") {
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(repaired("plain text, longer than a word") == "plain text, longer than a word");
  CHECK(repaired("a\xFFz") == "a" + bad + "z");
  CHECK(repaired("\xC0\x80") == bad + bad);            // overlong
  CHECK(repaired("\xE0\x80\x80") == bad + bad + bad);  // overlong: the lead byte alone
  CHECK(repaired("\xED\xA0\x80") == bad + bad + bad);  // a surrogate
  CHECK(repaired("\xF4\x90\x80\x80") == bad + bad + bad + bad);
  CHECK(repaired("\xF0\x9F\x99") == bad);  // cut off: all three bytes
  CHECK(repaired("\xE2\x82z\xE2\x82\xAC") == bad + "z\xE2\x82\xAC");
  CHECK(repaired("\x80\x80") == bad + bad);
}

TEST_CASE("text/utf8: characters survive writing and reading") {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::string text = text_of({c});
    unsigned n = 0;
    const auto step = detail::utf8::next(text.data(), text.data() + text.size());
    if (detail::utf8::decode(text.data(), n) != c || n != text.size() || !step.valid || step.code != c ||
        step.length != n || detail::utf8::length(text[0]) != n)
      FAIL("U+" << std::hex << static_cast<unsigned>(c));
  }
}

TEST_CASE("text/unicode: classes of well known characters") {
  const auto& table = detail::unicode::class_table::get();
  CHECK(table[U'a'] == (flag::letter | flag::lower));
  CHECK(table[U'Ж'] == (flag::letter | flag::upper));
  CHECK(table[U'ǅ'] == (flag::letter | flag::upper));  // titlecase
  CHECK(table[U'ب'] == flag::letter);
  CHECK(table[U'的'] == flag::letter);
  CHECK(table[U'7'] == flag::number);
  CHECK(table[U'٧'] == flag::number);
  CHECK(table[U'½'] == flag::number);
  CHECK(table[0x301] == flag::mark);
  CHECK(table[U'.'] == flag::punctuation);
  CHECK(table[U'$'] == flag::symbol);
  CHECK(table[U'~'] == flag::symbol);
  CHECK(table[U' '] == flag::white);
  CHECK(table[U'\n'] == (flag::white | flag::newline));
  CHECK(table[0xA0] == flag::white);
  CHECK(table[0x3000] == flag::white);
  CHECK(table[0x200B] == 0);  // zero width space is no white space
  CHECK(table[0xFEFF] == 0);
  CHECK(table[0] == 0);
  CHECK(table[0x10FFFF] == 0);
  CHECK(table[0x1C89] == (flag::letter | flag::upper));  // new in 16.0
}

TEST_CASE("text/unicode: how many characters each class has in Unicode 16.0") {
  const auto& table = detail::unicode::class_table::get();
  std::map<unsigned, int> count;
  for (char32_t c = 0; c < 0x110000; ++c)
    for (unsigned f = 1; f <= 256; f *= 2) count[f] += (table[c] & f) != 0;
  CHECK(count[flag::letter] == 141028);
  CHECK(count[flag::mark] == 2501);
  CHECK(count[flag::number] == 1911);
  CHECK(count[flag::punctuation] == 855);
  CHECK(count[flag::symbol] == 8514);
  CHECK(count[flag::white] == 25);
  CHECK(count[flag::upper] == 1858 + 31);
  CHECK(count[flag::lower] == 2258);
  CHECK(count[flag::newline] == 2);
}

TEST_CASE("text/unicode: classes equal those of the reference engine", "[golden]") {
  const auto path = golden("text/unicode/classes_u16.json");
  if (path.empty()) return;
  const auto file = fixtures::json::parse(fixtures::contents(path));
  std::vector<unsigned> want(0x110000);
  const auto mark = [&](const char* name, unsigned flags) {
    for (const auto& range : file["ranges"][name])
      for (unsigned c = range[0]; c <= range[1].get<unsigned>(); ++c) want[c] |= flags;
  };
  mark("L", flag::letter);
  mark("Lu", flag::upper);
  mark("Lt", flag::upper);
  mark("Ll", flag::lower);
  mark("M", flag::mark);
  mark("N", flag::number);
  mark("P", flag::punctuation);
  mark("S", flag::symbol);
  mark("space", flag::white);
  want['\r'] |= flag::newline;
  want['\n'] |= flag::newline;
  const auto& table = detail::unicode::class_table::get();
  for (char32_t c = 0; c < 0x110000; ++c)
    if (table[c] != want[c])
      FAIL("U+" << std::hex << static_cast<unsigned>(c) << " has " << table[c] << ", not " << want[c]);
}
