#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

#include <retort/tokenizer/normalize.hpp>
#include <retort/text/unicode.hpp>

using namespace retort;
using detail::unicode::flag;

namespace {

std::string text_of(std::initializer_list<char32_t> codes) {
  std::string out;
  for (char32_t c : codes) detail::utf8::append(out, c);
  return out;
}
std::string composed(std::string_view text) {
  std::string out;
  detail::unicode::append_composed(out, text);
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
  CHECK(repaired("\xC0\x80") == bad + bad);              // overlong
  CHECK(repaired("\xE0\x80\x80") == bad + bad + bad);    // overlong: the lead byte alone
  CHECK(repaired("\xED\xA0\x80") == bad + bad + bad);    // a surrogate
  CHECK(repaired("\xF4\x90\x80\x80") == bad + bad + bad + bad);
  CHECK(repaired("\xF0\x9F\x99") == bad);                // cut off: all three bytes
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

TEST_CASE("text/unicode: classes equal those of the reference engine") {
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
    if (table[c] != want[c]) FAIL("U+" << std::hex << static_cast<unsigned>(c) << " has " << table[c] << ", not " << want[c]);
}

TEST_CASE("text/normalize: composition") {
  CHECK(composed("plain") == "plain");
  CHECK(composed("cafe\xCC\x81 ole\xCC\x81") == "café olé");
  CHECK(composed("é") == "é");
  CHECK(composed(text_of({U'q', 0x307, 0x323})) == text_of({U'q', 0x323, 0x307}));  // canonical order
  CHECK(composed(text_of({U'd', 0x307, 0x323})) == text_of({0x1E0D, 0x307}));
  CHECK(composed(text_of({U'a', 0x315, 0x300, 0x5AE, 0x301})) == text_of({0xE0, 0x5AE, 0x301, 0x315}));
  CHECK(composed(text_of({U'a', 0x315, 0x316})) == text_of({U'a', 0x316, 0x315}));  // order alone is wrong
  CHECK(composed(text_of({U'a', 0x313, 0x301})) == text_of({U'a', 0x313, 0x301}));  // the second mark is blocked
  CHECK(composed(text_of({0x1100, 0x1161, 0x11A8})) == text_of({0xAC01}));       // Hangul
  CHECK(composed(text_of({0x1100, 0x1161, U'a'})) == text_of({0xAC00, U'a'}));
  CHECK(composed(text_of({0xAC00, 0x11A8})) == text_of({0xAC01}));
  CHECK(composed(text_of({0x2126})) == text_of({0x3A9}));                        // a singleton
  CHECK(composed(text_of({0x958})) == text_of({0x915, 0x93C}));                  // excluded from composition
  CHECK(composed(text_of({0x1F82})) == text_of({0x1F82}));                       // three steps down and up again
  CHECK(composed(text_of({0x3B1, 0x313, 0x300, 0x345})) == text_of({0x1F82}));
  CHECK(composed(text_of({0x301, U'e'})) == text_of({0x301, U'e'}));             // a mark without a base
  CHECK(composed(text_of({U'e', 0x34F, 0x301})) == text_of({U'e', 0x34F, 0x301}));  // a joiner between blocks
  CHECK(composed(text_of({0x1E9B, 0x323})) == text_of({0x1E9B, 0x323}));
}

TEST_CASE("text/normalize: the conformance test of Unicode, where its database is installed") {
  const std::string path = "/usr/share/unicode/NormalizationTest.txt.bz2";
  if (!std::filesystem::exists(path)) {
    std::printf("skipped: no %s (Debian's unicode-data)\n", path.c_str());
    return;
  }
  std::string all;
  char block[65536];
  std::FILE* pipe = popen(("bzip2 -dc " + path).c_str(), "r");
  REQUIRE(pipe);
  for (std::size_t n; (n = std::fread(block, 1, sizeof block, pipe)) > 0;) all.append(block, n);
  pclose(pipe);
  std::istringstream in(all);
  int n = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#' || line[0] == '@') continue;
    std::string column[5];
    std::istringstream fields(line);
    for (std::string& c : column) {
      std::string field;
      std::getline(fields, field, ';');
      std::istringstream codes(field);
      for (std::string hex; codes >> hex;) c += text_of({static_cast<char32_t>(std::stoul(hex, nullptr, 16))});
    }
    ++n;
    const bool right = composed(column[0]) == column[1] && composed(column[1]) == column[1] &&
                       composed(column[2]) == column[1] && composed(column[3]) == column[3] &&
                       composed(column[4]) == column[3];
    if (!right) FAIL(line);
  }
  CHECK(n > 18000);
}

TEST_CASE("text/normalize: composition is stable and does not depend on what stands around") {
  fixtures::random_text random(11);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random(12), once = composed(text);
    REQUIRE(composed(once) == once);
    REQUIRE(composed("中" + text + "x") == std::string("中").append(composed(text + "x")));
  }
}

TEST_CASE("text/normalize: data equals the reference's") {
  const auto path = golden("text/unicode/nfc_u15.json");
  if (path.empty()) return;
  const auto file = fixtures::json::parse(fixtures::contents(path));
  const auto number = [](const std::string& hex) { return static_cast<char32_t>(std::stoul(hex, nullptr, 16)); };
  const auto& table = detail::unicode::composition_table::get();
  std::map<char32_t, unsigned> ccc;
  for (const auto& [code, value] : file["ccc"].items()) ccc[number(code)] = value.get<unsigned>();
  std::map<char32_t, std::vector<char32_t>> parts;
  for (const auto& [code, list] : file["canonical_decomposition"].items())
    for (const auto& p : list) parts[number(code)].push_back(number(p.get<std::string>()));
  std::vector<char32_t> excluded;
  for (const auto& code : file["composition_exclusions"]) excluded.push_back(number(code.get<std::string>()));
  CHECK(ccc.size() == 922);
  CHECK(parts.size() == 2061);
  for (char32_t c = 0; c < 0x110000; ++c) {
    const auto at = ccc.find(c);
    if (table.combining(c) != (at == ccc.end() ? 0 : at->second)) FAIL("combining class of " << static_cast<unsigned>(c));
  }
  int composing = 0;
  for (const auto& [code, list] : parts) {
    std::vector<char32_t> full{code}, got;
    for (std::size_t i = 0; i < full.size();) {  // expand until nothing does
      const auto at = parts.find(full[i]);
      if (at == parts.end()) {
        ++i;
        continue;
      }
      full.erase(full.begin() + static_cast<std::ptrdiff_t>(i));
      full.insert(full.begin() + static_cast<std::ptrdiff_t>(i), at->second.begin(), at->second.end());
    }
    table.decompose(code, got);
    if (got != full) FAIL("decomposition of " << static_cast<unsigned>(code));
    if (list.size() != 2) continue;
    const bool never = std::count(excluded.begin(), excluded.end(), code) > 0 || ccc.count(code) || ccc.count(list[0]);
    if (table.compose(list[0], list[1]) != (never ? 0 : code)) FAIL("composition of " << static_cast<unsigned>(code));
    composing += !never;
  }
  CHECK(composing == 941);
}

TEST_CASE("text/normalize: a million marks are ordered") {
  for (const auto& [name, text] : fixtures::hostile_texts()) {
    if (detail::utf8::valid_prefix(text) != text.size()) continue;
    std::string out;
    INFO(name);
    detail::unicode::append_composed(out, text);
    CHECK(out.size() >= text.size() - 2);
  }
}
