#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

#include <retort/tokenizer/normalize.hpp>

using namespace retort;

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

}  // namespace

TEST_CASE("tokenizer/normalize: composition") {
  CHECK(composed("plain") == "plain");
  CHECK(composed("cafe\xCC\x81 ole\xCC\x81") == "café olé");
  CHECK(composed("é") == "é");
  CHECK(composed(text_of({U'q', 0x307, 0x323})) == text_of({U'q', 0x323, 0x307}));  // canonical order
  CHECK(composed(text_of({U'd', 0x307, 0x323})) == text_of({0x1E0D, 0x307}));
  CHECK(composed(text_of({U'a', 0x315, 0x300, 0x5AE, 0x301})) == text_of({0xE0, 0x5AE, 0x301, 0x315}));
  CHECK(composed(text_of({U'a', 0x315, 0x316})) == text_of({U'a', 0x316, 0x315}));  // order alone is wrong
  CHECK(composed(text_of({U'a', 0x313, 0x301})) == text_of({U'a', 0x313, 0x301}));  // the second mark is blocked
  CHECK(composed(text_of({0x1100, 0x1161, 0x11A8})) == text_of({0xAC01}));          // Hangul
  CHECK(composed(text_of({0x1100, 0x1161, U'a'})) == text_of({0xAC00, U'a'}));
  CHECK(composed(text_of({0xAC00, 0x11A8})) == text_of({0xAC01}));
  CHECK(composed(text_of({0x2126})) == text_of({0x3A9}));        // a singleton
  CHECK(composed(text_of({0x958})) == text_of({0x915, 0x93C}));  // excluded from composition
  CHECK(composed(text_of({0x1F82})) == text_of({0x1F82}));       // three steps down and up again
  CHECK(composed(text_of({0x3B1, 0x313, 0x300, 0x345})) == text_of({0x1F82}));
  CHECK(composed(text_of({0x301, U'e'})) == text_of({0x301, U'e'}));                // a mark without a base
  CHECK(composed(text_of({U'e', 0x34F, 0x301})) == text_of({U'e', 0x34F, 0x301}));  // a joiner between blocks
  CHECK(composed(text_of({0x1E9B, 0x323})) == text_of({0x1E9B, 0x323}));
}

TEST_CASE("tokenizer/normalize: the conformance test of Unicode, where its database is installed") {
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

TEST_CASE("tokenizer/normalize: composition is stable and does not depend on what stands around") {
  fixtures::random_text random(11);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random(12), once = composed(text);
    REQUIRE(composed(once) == once);
    REQUIRE(composed("中" + text + "x") == std::string("中").append(composed(text + "x")));
  }
}

TEST_CASE("tokenizer/normalize: data equals the reference's", "[golden]") {
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
    if (table.combining(c) != (at == ccc.end() ? 0 : at->second))
      FAIL("combining class of " << static_cast<unsigned>(c));
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

TEST_CASE("tokenizer/normalize: a million marks are ordered") {
  for (const auto& [name, text] : fixtures::hostile_texts()) {
    if (detail::utf8::valid_prefix(text) != text.size()) continue;
    std::string out;
    INFO(name);
    detail::unicode::append_composed(out, text);
    CHECK(out.size() >= text.size() - 2);
  }
}
