#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

using namespace retort;
using fixtures::encode;
using ids = std::vector<token>;

namespace {

constexpr const char* sample =
    "the smith heats the blade until the steel is bright, then he quenches the blade in oil. "
    "يحمّي الحداد النصل حتى يحمرّ الفولاذ ثم يسقي النصل بالزيت. النصل الجديد أشدّ من القديم. "
    "铁匠加热刀刃直到钢变亮，然后把刀刃浸入油中。新的刀刃比旧的刀刃更硬。 "
    "the blade the blade the smith; int main() { return 0; } 0123 0123 🔥🔥 🔨🔥";

struct vocabulary_and_text {
  fixtures::trained trained;
  std::vector<std::string> texts;
};

fixtures::trained smithy() { return fixtures::train(sample, 300); }

tokenizer make(const vocabulary& words) {
  auto made = tokenizer::make(words);
  INFO((made ? "" : made.error().what));
  REQUIRE(made);
  return std::move(*made);
}

}  // namespace

TEST_CASE("text/bpe: merges happen in the order of their ranks, leftmost first") {
  fixtures::trained t = fixtures::train("", 0);
  const auto add = [&](const char* left, const char* right) {
    t.texts.push_back(fixtures::alphabet(std::string(left) + right));
    t.types.push_back(token_type::normal);
    t.merges.push_back(fixtures::alphabet(left) + " " + fixtures::alphabet(right));
    return static_cast<token>(t.texts.size() - 1);
  };
  const token bc = add("b", "c"), ab = add("a", "b"), aa = add("a", "a"), aab = add("aa", "b"), abc = add("ab", "c");
  const tokenizer with = make(t.words("gpt-2"));
  CHECK(encode(with, "abc") == ids{'a', bc});
  CHECK(encode(with, "ab") == ids{ab});
  CHECK(encode(with, "aab") == ids{'a', ab});  // "a b" ranks before "a a"
  CHECK(encode(with, "aaaaa") == ids{aa, aa, 'a'});
  CHECK(encode(with, "aaaab") == ids{aa, 'a', ab});
  // Merging never arrives at these two from their own bytes, so they are not found whole either...
  CHECK(with.find("aab") == aab);
  CHECK(with.find("abc") == abc);
  // ... unless the vocabulary says that merges are ignored for whole pieces.
  vocabulary words = t.words("gpt-2");
  words.ignore_merges = true;
  const tokenizer whole = make(words);
  CHECK(encode(whole, "aab abc") == ids{aab, ' ', 'a', bc});
  CHECK(encode(whole, "abc") == ids{abc});
}

TEST_CASE("text/bpe: equals the definition on any text") {
  const fixtures::trained t = smithy();
  const vocabulary words = t.words("gpt-2");
  const fixtures::slow_bpe slow(words);
  const tokenizer with = make(words);
  fixtures::random_text random(5);
  const std::string text = sample;
  for (int i = 0; i < 1500; ++i) {
    std::string x = random(30);
    const std::size_t from = random.below(text.size()), length = random.below(120);
    std::string part;
    detail::utf8::append_valid(part, std::string_view(text).substr(from, length));
    x += part;
    ids want;
    split_text(split_rule::gpt2, x, [&](std::size_t b, std::size_t e) {
      const ids piece = slow(std::string_view(x).substr(b, e - b));
      want.insert(want.end(), piece.begin(), piece.end());
    });
    REQUIRE(encode(with, x) == want);
  }
}

TEST_CASE("text/bpe: tokens that reach into half a character are made as from bytes") {
  // A vocabulary whose merges all cross the ends of characters: training on bytes shifted by one.
  const std::string shifted = "\xBDΩ\xCE";
  fixtures::trained t =
      fixtures::train(std::string(40, 'x') + "刀刃刀刃" + shifted + shifted + "刃刀\xE5 \xE5 \xE5", 40);
  const vocabulary words = t.words("gpt-2");
  const fixtures::slow_bpe slow(words);
  const tokenizer with = make(words);
  fixtures::random_text random(6);
  const std::string_view bits[] = {"刀", "刃", "Ω", " ", "x", "ä", "½", "冀"};
  for (int i = 0; i < 5000; ++i) {
    std::string x;
    for (unsigned n = random.below(70); n > 0; --n) x += bits[random.below(std::size(bits))];
    ids want;
    split_text(split_rule::gpt2, x, [&](std::size_t b, std::size_t e) {
      const ids piece = slow(std::string_view(x).substr(b, e - b));
      want.insert(want.end(), piece.begin(), piece.end());
    });
    REQUIRE(encode(with, x) == want);
  }
}

TEST_CASE("text/bpe: a character used by a merge that ranks before its own is made as from bytes") {
  fixtures::trained t = fixtures::train("", 0);
  const auto add = [&](const char* left, const char* right) {
    const std::string text = fixtures::alphabet(std::string(left) + right);
    if (std::find(t.texts.begin(), t.texts.end(), text) == t.texts.end()) t.texts.push_back(text);
    t.merges.push_back(fixtures::alphabet(left) + " " + fixtures::alphabet(right));
  };
  add("é", "x");
  add("x", "y");
  add("\xC3", "\xA9");
  add("\xE5\x88", "\x80");
  add("刀", "x");
  add("\xE5", "\x88");
  t.types.assign(t.texts.size(), token_type::normal);
  const vocabulary words = t.words("gpt-2");
  const fixtures::slow_bpe slow(words);
  const tokenizer with = make(words);
  for (const char* text : {"éxy", "éx", "xéxy", "刀xy", "刀x", "é刀xyé"}) CHECK(encode(with, text) == slow(text));
  CHECK(encode(with, "éxy") == ids{*with.find("é"), *with.find("xy")});
}

TEST_CASE("text/bpe: equals the definition on long pieces, too") {
  const std::string sentence = "abaabbbaababbabaaabbabab刀刃刀刀刃刀刃abbaaaabaéaéaaéé";
  const vocabulary_and_text long_ones = [&] {
    vocabulary_and_text out{fixtures::train(sentence + sentence + "baéa刃", 60), {}};
    fixtures::random_text random(14);
    const std::string_view bits[] = {"a", "b", "刀", "刃", "é", "ab", "z"};
    for (int i = 0; i < 150; ++i) {
      std::string text;
      for (unsigned n = 40 + random.below(400); n > 0; --n) text += bits[random.below(i % 2 ? 2 : std::size(bits))];
      out.texts.push_back(text);
    }
    return out;
  }();
  const vocabulary words = long_ones.trained.words("gpt-2");
  const fixtures::slow_bpe slow(words);
  const tokenizer with = make(words);
  for (const std::string& text : long_ones.texts) REQUIRE(encode(with, text) == slow(text));
}

TEST_CASE("tokenizer: special tokens, leftmost and longest first, in both modes") {
  fixtures::trained t = smithy();
  const token end = t.add_special("<|end|>", token_type::control);
  const token ending = t.add_special("<|end|>ing", token_type::control);
  const token think = t.add_special("<think>", token_type::user_defined);
  const token letter = t.add_special("ö", token_type::user_defined);
  const tokenizer with = make(t.words("gpt-2"));
  const auto both = [&](std::string_view text, special mode) { return encode(with, text, mode); };
  CHECK(both("<|end|><|end|>ing<|end|>in", special::parse).size() == 3 + encode(with, "in").size());
  CHECK(both("<|end|>", special::parse) == ids{end});
  CHECK(both("<|end|>ing", special::parse) == ids{ending});
  CHECK(both("<|end|>", special::plain) == encode(with, "<|") + ids{} + encode(with, "end") + encode(with, "|>"));
  CHECK(both("<think>", special::plain) == ids{think});
  CHECK(both("coöl", special::plain) == encode(with, "co") + ids{letter} + encode(with, "l"));
  CHECK(both("<|end|", special::parse) == both("<|end|", special::plain));
  CHECK(with.decode(both("a<|end|>b<think>ö", special::parse)) == "ab<think>ö");
  CHECK(with.decode(both("a<|end|>b<think>ö", special::parse), true) == "a<|end|>b<think>ö");
  CHECK(with.is_control(end));
  CHECK_FALSE(with.is_control(think));
  CHECK(with.is_end(end));
  CHECK_FALSE(with.is_end(ending));
  CHECK(with.find("<think>") == think);
  CHECK(with.find("no such token") == std::nullopt);
  CHECK(with.bytes(letter) == "ö");
  CHECK(with.bytes(-1).empty());
  CHECK(with.bytes(1 << 30).empty());
}

TEST_CASE("tokenizer: untrusted text cannot make control tokens, and parts are joined first") {
  fixtures::trained t = smithy();
  const token end = t.add_special("<|end|>", token_type::control);
  const tokenizer with = make(t.words("gpt-2"));
  const auto parts = [&](std::vector<text_part> list) {
    ids out;
    REQUIRE(with.encode(list, out));
    return out;
  };
  CHECK(parts({{"the blade<|end|>"}, {"the smith"}}) == encode(with, "the blade<|end|>the smith"));
  CHECK(parts({{"the bla"}, {"de", false}}) == encode(with, "the blade"));  // not cut where parts meet
  CHECK(parts({{"x "}, {"<|end|>", false}, {"<|end|>"}}) == encode(with, "x <|end|>", special::plain) + ids{end});
  CHECK(parts({{"<|en"}, {"d|>"}}) == ids{end});
  CHECK(parts({{"<|en"}, {"d|>", false}}) == encode(with, "<|end|>", special::plain));
  CHECK(parts({{"<|en", false}, {"d|>"}}) == encode(with, "<|end|>", special::plain));
  CHECK(parts({{"<|end|>"}, {"", false}, {"<|end|>"}}) == ids{end, end});
  CHECK(parts({}).empty());
  // Malformed bytes before move everything behind them.
  const std::string bad(6, '\xFF');
  const std::string mark = "\xEF\xBF\xBD", marks = mark + mark + mark + mark + mark + mark;
  CHECK(parts({{bad}, {"<|end|>", false}, {"\xFF<|end|>"}}) ==
        encode(with, marks + "<|end|>" + mark, special::plain) + ids{end});
  CHECK(encode(with, bad + "<|end|>", special::plain) == encode(with, marks + "<|end|>", special::plain));
}

TEST_CASE("tokenizer: malformed UTF-8 is read as U+FFFD") {
  const tokenizer with = make(smithy().words("gpt-2"));
  CHECK(encode(with, "a\xFFz") == encode(with, "a\xEF\xBF\xBDz"));
  CHECK(encode(with, "\xE5\x88") == encode(with, "\xEF\xBF\xBD"));
}

TEST_CASE("tokenizer: normalization where the pre-tokenizer's model had it") {
  const fixtures::trained t = smithy();
  const tokenizer qwen = make(t.words("qwen2")), llama = make(t.words("llama-bpe"));
  CHECK(encode(qwen, "cafe\xCC\x81") == encode(qwen, "café"));
  CHECK(encode(llama, "cafe\xCC\x81") != encode(llama, "café"));
  vocabulary words = t.words("qwen2");
  words.compose = false;
  CHECK(encode(make(words), "cafe\xCC\x81") != encode(qwen, "café"));
}

TEST_CASE("tokenizer: what is wrong with a vocabulary is said") {
  const fixtures::trained t = smithy();
  const auto code = [](const vocabulary& words) {
    const auto made = tokenizer::make(words);
    REQUIRE_FALSE(made);
    REQUIRE_FALSE(made.error().what.empty());
    return made.error().code;
  };
  CHECK(code(t.words("no-such-rule")) == errc::unsupported);
  CHECK(code(t.words("")) == errc::unsupported);
  CHECK(tokenizer::make(t.words("default")));  // chosen by the caller
  vocabulary words = t.words("gpt-2");
  words.model = "bert";
  CHECK(code(words) == errc::unsupported);
  words = t.words("gpt-2");
  words.types.pop_back();
  CHECK(code(words) == errc::mismatch);
  words = t.words("gpt-2");
  words.scores.resize(3);
  CHECK(code(words) == errc::mismatch);
  words = t.words("gpt-2");
  words.texts.clear();
  words.types.clear();
  CHECK(code(words) == errc::missing);
  words = t.words("gpt-2");
  words.model = "t5";
  CHECK(code(words) == errc::missing);
  // Tokens that no model has, but a file made to cost time may.
  const std::string long_text(5000, 'a');
  words = t.words("gpt-2");
  words.texts[300] = long_text;
  CHECK(code(words) == errc::bad_file);
  words.texts[300] = std::string_view(long_text).substr(0, 300);
  CHECK(tokenizer::make(words));
  words.types[300] = token_type::user_defined;
  CHECK(code(words) == errc::bad_file);
}

TEST_CASE("tokenizer: odd vocabularies are read as far as they make sense") {
  fixtures::trained t = smithy();
  t.merges.insert(t.merges.begin(), {"no such", "a b c"});
  t.texts.emplace_back("");       // no text
  t.texts.emplace_back("a\xC3");  // not UTF-8
  t.texts.emplace_back("日本");   // outside the byte alphabet: kept as it is
  t.types.resize(t.texts.size(), token_type::normal);
  vocabulary words = t.words("gpt-2");
  words.bos = 1 << 20;
  words.eos = -5;
  const tokenizer with = make(words);
  CHECK_FALSE(with.bos());
  CHECK_FALSE(with.eos());
  CHECK_FALSE(with.add_bos());
  CHECK(with.ends().empty());
  CHECK(with.find("日本"));
  CHECK(with.decode(encode(with, "the smith heats 日本")) == "the smith heats 日本");
}

TEST_CASE("tokenizer: a vocabulary without merges that make its tokens is refused") {
  const auto code = [](const vocabulary& v) {
    const auto made = tokenizer::make(v);
    return made ? errc{} : made.error().code;
  };
  const fixtures::trained t = smithy();
  for (const char* pre : {"gpt-2", "llama-bpe"}) {  // the latter takes whole pieces without merging
    vocabulary words = t.words(pre);
    REQUIRE(tokenizer::make(words));
    words.merges.clear();
    CHECK(code(words) == errc::missing);
    CHECK(tokenizer::make(words).error().what.find("0 merges") != std::string::npos);
  }
  std::vector<std::string> written;  // each pair as a list in another language's notation
  for (const std::string& m : t.merges)
    written.push_back("['" + m.substr(0, m.find(' ', 1)) + "', '" + m.substr(m.find(' ', 1) + 1) + "']");
  vocabulary words = t.words("gpt-2");
  words.merges.assign(written.begin(), written.end());
  CHECK(code(words) == errc::bad_file);
  for (const char* broken : {"", "x", " ", "Ġ", "ab ", "a\tb"}) {
    words = t.words("gpt-2");
    words.merges[3] = broken;
    CHECK(code(words) == errc::bad_file);
    CHECK(tokenizer::make(words).error().what.find("merge 3") != std::string::npos);
  }
  words = t.words("gpt-2");  // cut off after a quarter
  words.merges.resize(words.merges.size() / 4);
  CHECK(code(words) == errc::bad_file);
  words.texts.resize(256);  // bytes alone need none
  words.types.clear();
  words.merges.clear();
  CHECK(tokenizer::make(words));

  vocabulary pieces;  // SentencePiece has scores, or merges
  pieces.model = "llama";
  pieces.texts = {"a",
                  "b",
                  "\xe2\x96\x81",
                  "\xe6\x97\xa5",
                  "ab",
                  "\xe2\x96\x81"
                  "ab"};
  CHECK(code(pieces) == errc::missing);
  pieces.merges = {"a b", "\xe2\x96\x81 ab"};
  CHECK(tokenizer::make(pieces));
  pieces.merges.clear();
  pieces.scores.assign(pieces.texts.size(), -1.0f);
  CHECK(tokenizer::make(pieces));
}

TEST_CASE("tokenizer: bytes the vocabulary lacks become the unknown token, or nothing") {
  vocabulary words;
  words.model = "gpt2";
  words.pre = "gpt-2";
  words.texts = {"a", "b", "<unk>", "ab"};
  words.types = {token_type::normal, token_type::normal, token_type::unknown, token_type::normal};
  words.merges = {"a b"};
  CHECK(encode(make(words), "abcab").empty() == false);
  CHECK(encode(make(words), "abcab") == ids{3, 3});
  words.unknown = 2;
  CHECK(encode(make(words), "abcab") == ids{3, 2, 3});
}

TEST_CASE("tokenizer: names of pre-tokenizers") {
  CHECK(find_pretokenizer("deepseek-v3")->rule == split_rule::deepseek_v3);
  CHECK(find_pretokenizer("joyai-llm")->rule == split_rule::deepseek_v3);
  CHECK(find_pretokenizer("deepseek-r1-qwen")->compose);
  CHECK(find_pretokenizer("llama-bpe")->ignore_merges);
  CHECK(find_pretokenizer("llama-bpe")->add_bos);
  CHECK_FALSE(find_pretokenizer("dbrx")->add_bos);
  CHECK(find_pretokenizer("x\x01").error().what.find("\\x01") != std::string::npos);
}

TEST_CASE("tokenizer: decoding gives back what was encoded") {
  const tokenizer with = make(smithy().words("deepseek-v3"));
  fixtures::random_text random(9);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = random();
    REQUIRE(with.decode(encode(with, text), true) == text);
  }
}

TEST_CASE("tokenizer: a million of anything takes under 256 MB") {
  fixtures::trained t = smithy();
  t.add_special("<｜end▁of▁sentence｜>", token_type::control);
  const auto texts = fixtures::hostile_texts();
  for (const char* pre : {"deepseek-v3", "qwen2"}) {
    const tokenizer with = make(t.words(pre));
    for (const auto& [what, text] : texts) {
      ids out;
      fixtures::peak_memory::reset();
      const double before = fixtures::peak_memory::megabytes("VmRSS:");
      INFO(what << " by " << pre);
      REQUIRE(with.encode(text, special::parse, out));
      CHECK(fixtures::peak_memory::megabytes("VmHWM:") - before < 256);
      CHECK(out.size() > 100);
    }
  }
}

TEST_CASE("tokenizer: in harmony the end of a message is not the end of the turn") {
  fixtures::trained t = smithy();
  const token end = t.add_special("<|end|>", token_type::control);
  const token message = t.add_special("<|message|>", token_type::control);
  const token returned = t.add_special("<|return|>", token_type::control);
  const token called = t.add_special("<|call|>", token_type::control);
  for (const bool named : {false, true}) {
    vocabulary words = t.words("gpt-2");
    if (named) words.eot = end;  // as some files say
    words.eos = returned;
    const tokenizer with = make(words);
    CHECK(with.is_end(returned));
    CHECK(with.is_end(called));
    CHECK_FALSE(with.is_end(end));
    CHECK_FALSE(with.is_end(message));
    CHECK(with.eot() != end);
  }
}
