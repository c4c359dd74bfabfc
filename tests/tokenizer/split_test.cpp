#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

#include <retort/tokenizer/split.hpp>

using namespace retort;

namespace {

/// Pieces joined with bars.
std::string cut(split_rule rule, std::string_view text) {
  std::string out;
  split_text(rule, text, [&](std::size_t b, std::size_t e) {
    if (b > 0) out += '|';
    out += text.substr(b, e - b);
  });
  return out;
}

const std::pair<const char*, split_rule> rules[] = {{"llama3", split_rule::llama3},
                                                    {"qwen2", split_rule::qwen2},
                                                    {"qwen35", split_rule::qwen35},
                                                    {"deepseek-v3", split_rule::deepseek_v3},
                                                    {"gpt-2", split_rule::gpt2},
                                                    {"deepseek-llm", split_rule::deepseek_llm},
                                                    {"deepseek-coder", split_rule::deepseek_coder},
                                                    {"default", split_rule::historic},
                                                    {"tekken", split_rule::tekken},
                                                    {"gpt-4o", split_rule::gpt4o}};

}  // namespace

TEST_CASE("tokenizer/split: llama3 and its kin") {
  const auto rule = split_rule::llama3;
  CHECK(cut(rule, "") == "");
  CHECK(cut(rule, "Hello, world!") == "Hello|,| world|!");
  CHECK(cut(rule, "I'm sure THEY'RE he'll'd") == "I|'m| sure| THEY|'RE| he|'ll|'d");
  CHECK(cut(rule, "it'\xC5\xBF x'\xC5\xBF") == "it|'\xC5\xBF| x|'\xC5\xBF");  // U+017F folds to s
  CHECK(cut(rule, "it’s") == "it|’s");                                        // only U+0027 contracts
  CHECK(cut(rule, "12345 67") == "123|45| |67");
  CHECK(cut(rule, "a  1") == "a| | |1");
  CHECK(cut(rule, "a   b") == "a|  | b");
  CHECK(cut(rule, "x.na $abc\tx") == "x|.na| $|abc|\tx");
  CHECK(cut(rule, " \n \n  b") == " \n \n| | b");
  CHECK(cut(rule, "a!\r\n\r\nb") == "a|!\r\n\r\n|b");
  CHECK(cut(rule, "end   ") == "end|   ");
  CHECK(cut(rule, "½²٣") == "½²٣");
  CHECK(cut(rule, "e\xCC\x81x") == "e|\xCC\x81x");  // a mark is no letter
  CHECK(cut(split_rule::qwen2, "12345 67") == "1|2|3|4|5| |6|7");
  CHECK(cut(split_rule::qwen2, "e\xCC\x81x") == "e|\xCC\x81x");
  CHECK(cut(split_rule::qwen35, "e\xCC\x81x") == "e\xCC\x81x");
}

TEST_CASE("tokenizer/split: deepseek-v3") {
  const auto rule = split_rule::deepseek_v3;
  CHECK(cut(rule, "I'm I'M it’s") == "I|'m| I|'M| it|’|s");
  CHECK(cut(rule, ".naïve x~y") == ".na|ïve| x|~y");
  CHECK(cut(rule, "a  1") == "a|  |1");
  CHECK(cut(rule, " 1234") == " |123|4");
  CHECK(cut(rule, "的 的中文abc") == "的| |的中文|abc");
  CHECK(cut(rule, "カ・ーヽ゛") == "カ|・|ーヽ|゛");  // the third pattern cuts inside a run of ideographs
  CHECK(cut(rule, "a\x01\x02 b") == "a|\x01\x02| b");
  CHECK(cut(rule, "x  \n\n  y") == "x|  \n\n| | y");
}

TEST_CASE("tokenizer/split: the older DeepSeek rules") {
  CHECK(cut(split_rule::deepseek_coder, "naïve café\n\nint x=12;") == "naïve| café|\n|\n|int| x|=|1|2|;");
  CHECK(cut(split_rule::deepseek_coder, " hello你好") == " hello|你好");
  CHECK(cut(split_rule::deepseek_llm, "naïve café") == "na|ï|ve| caf|é");
  CHECK(cut(split_rule::deepseek_llm, "Мир и war") == "Мир| и| war");
  CHECK(cut(split_rule::deepseek_llm, "x  12  ") == "x|  |1|2|  ");
  CHECK(cut(split_rule::deepseek_llm, "سلام") == "سلام");
}

TEST_CASE("tokenizer/split: gpt-2 and what is made of it") {
  CHECK(cut(split_rule::gpt2, "I'm I'M 12345 \n\nx  y") == "I|'m| I|'|M| 12345| \n|\n|x| | y");
  CHECK(cut(split_rule::starcoder, "x 12") == "x| |1|2");
  CHECK(cut(split_rule::historic, "pay $12345, now") == "pay| |$|123|45|,| now");
  CHECK(cut(split_rule::historic, "a\t\tb") == "a|\t|\t|b");
}

TEST_CASE("tokenizer/split: rules that look at case") {
  CHECK(cut(split_rule::tekken, "helloWorld HTTPServer1/2") == "hello|World| HTTPServer|1|/|2");
  CHECK(cut(split_rule::tekken, "abc'LL a!/\nb") == "abc|'LL| a|!/\n|b");
  CHECK(cut(split_rule::gpt4o, "abc'LL 1234") == "abc'LL| |123|4");
  CHECK(cut(split_rule::gpt4o,
            "\xCC\x81"
            "A") == "\xCC\x81|A");
}

TEST_CASE("tokenizer/split: pieces are whole characters and make up the text") {
  fixtures::random_text random(3);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random();
    for (const auto& [name, rule] : rules) {
      std::string joined;
      std::size_t at = 0;
      split_text(rule, text, [&](std::size_t b, std::size_t e) {
        REQUIRE(b == at);
        REQUIRE(e > b);
        REQUIRE((e == text.size() || (text[e] & 0xC0) != 0x80));
        at = e;
      });
      REQUIRE(at == text.size());
    }
  }
}

TEST_CASE("tokenizer/split: a million of anything is split") {
  for (const auto& [what, text] : fixtures::hostile_texts()) {
    if (detail::utf8::valid_prefix(text) != text.size()) continue;
    for (const auto& [name, rule] : rules) {
      std::size_t n = 0;
      INFO(what << " by " << name);
      split_text(rule, text, [&](std::size_t, std::size_t) { ++n; });
      CHECK(n > 0);
    }
  }
}

TEST_CASE("tokenizer/split: pieces equal those of the reference engine", "[golden]") {
  const auto folder = golden("text/pretok");
  if (folder.empty()) return;
  for (const auto& [name, rule] : rules) {
    int wrong = 0, n = 0;
    for (const auto& line : fixtures::lines(folder / (std::string(name) + ".jsonl.gz"))) {
      const auto text = line["text"].get<std::string>();
      std::vector<int> lengths;
      split_text(rule, text, [&](std::size_t b, std::size_t e) {
        int k = 0;
        for (std::size_t i = b; i < e; ++i) k += (text[i] & 0xC0) != 0x80;
        lengths.push_back(k);
      });
      ++n;
      if (lengths != line["pieces"].get<std::vector<int>>() && wrong++ == 0)
        UNSCOPED_INFO("first: " << printable(text));
    }
    INFO(name << ": " << wrong << " of " << n << " texts differ");
    CHECK(n > 1000);
    CHECK(wrong == 0);
  }
}
