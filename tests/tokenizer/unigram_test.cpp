#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

using namespace retort;
using fixtures::encode;
using ids = std::vector<token>;

namespace {

/// A SentencePiece vocabulary: specials, bytes, then pieces with scores.
struct pieces {
  std::vector<std::string> texts;
  std::vector<float> scores;
  std::vector<token_type> types;
  vocabulary words;

  explicit pieces(const char* model, bool bytes) {
    words.model = model;
    add("<unk>", 0, token_type::unknown);
    add("<s>", 0, token_type::control);
    add("</s>", 0, token_type::control);
    char name[8];
    for (unsigned b = 0; bytes && b < 256; ++b) {
      std::snprintf(name, sizeof name, "<0x%02X>", b);
      add(name, 0, token_type::byte);
    }
  }
  token add(const std::string& text, float score, token_type type = token_type::normal) {
    texts.push_back(text);
    scores.push_back(score);
    types.push_back(type);
    return static_cast<token>(texts.size() - 1);
  }
  tokenizer make() {
    words.texts.assign(texts.begin(), texts.end());
    words.scores = scores;
    words.types = types;
    auto made = tokenizer::make(words);
    INFO((made ? "" : made.error().what));
    REQUIRE(made);
    return std::move(*made);
  }
};

/// What SentencePiece does, as its definition reads: merge the two neighbours whose text is the token of the best
/// score, leftmost first.
ids slow_spm(const pieces& p, const std::string& text) {
  std::map<std::string, token> known;
  for (std::size_t i = 0; i < p.texts.size(); ++i)
    if (p.types[i] == token_type::normal) known[p.texts[i]] = static_cast<token>(i);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < text.size(); i += parts.back().size())
    parts.push_back(text.substr(i, detail::utf8::length(text[i])));
  while (true) {
    std::size_t where = parts.size();
    float best = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
      if (const auto at = known.find(parts[i] + parts[i + 1]); at != known.end())
        if (const float s = p.scores[static_cast<std::size_t>(at->second)]; where == parts.size() || s > best) {
          where = i;
          best = s;
        }
    if (where == parts.size()) break;
    parts[where] += parts[where + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(where) + 1);
  }
  ids out;
  for (const std::string& part : parts) {
    if (const auto at = known.find(part); at != known.end()) out.push_back(at->second);
    else
      for (char c : part) out.push_back(3 + static_cast<unsigned char>(c));
  }
  return out;
}

pieces forge() {
  pieces p("llama", true);
  float score = -1;
  for (const char* text : {"▁t",     "he",   "▁the",   "er", "▁s", "mi",   "▁b",   "th", "la", "de", "▁bla", "mith",
                           "▁smith", "lade", "▁blade", "eq", "▁▁", "▁▁▁▁", "刀刃", "ab", "ba", "▁",  "t",    "h",
                           "e",      "s",    "m",      "i",  "b",  "l",    "a",    "d",  "r",  "刀"})
    p.add(text, score -= 1);
  return p;
}

}  // namespace

TEST_CASE("text/spm: merges by score, from characters, with bytes for what is unknown") {
  pieces p = forge();
  const tokenizer with = p.make();
  const auto id = [&](const char* text) { return *with.find(text); };
  CHECK(encode(with, "the smith") == ids{id(" the"), id(" smith")});
  CHECK(encode(with, "") == ids{});
  CHECK(encode(with, "z") == ids{id(" "), 3 + 'z'});
  CHECK(encode(with, "刀刃") == ids{id(" "), id("刀刃")});  // 刃 is no token, but a part of one
  CHECK(encode(with, "刃") == ids{id(" "), 3 + 0xE5, 3 + 0x88, 3 + 0x83});
  CHECK(encode(with, "▁the") == encode(with, " the"));  // the mark and the space are one
  CHECK(encode(with, "\xFF") == encode(with, "\xEF\xBF\xBD"));
  CHECK(with.add_bos());
  CHECK(with.bos() == 1);
  CHECK(with.eos() == 2);
  CHECK(with.unknown() == 0);
  CHECK(with.is_end(2));
}

TEST_CASE("text/spm: equals the definition on any text") {
  pieces p = forge();
  p.add("eq", -3);   // a second token of the same text: the last one counts
  p.add("lad", -7);  // the same score as another
  for (const bool across : {false, true}) {
    if (across) p.add("e▁b", -4);  // now words hang together
    const tokenizer with = p.make();
    fixtures::random_text random(4);
    const std::string_view bits[] = {"the", "smith", "blade", " ", "  ", "e", "a", "b", "刀", "刃", "z", "la", "q"};
    for (int i = 0; i < 2000; ++i) {
      std::string text;
      for (unsigned n = 1 + random.below(30); n > 0; --n) text += bits[random.below(std::size(bits))];
      std::string marked = "▁";
      for (char c : text) marked += c == ' ' ? "▁" : std::string(1, c);
      REQUIRE(encode(with, text) == slow_spm(p, marked));
    }
  }
}

TEST_CASE("text/spm: where the leading space is put and taken away") {
  pieces p = forge();
  const tokenizer with = p.make();
  const auto id = [&](const char* text) { return *with.find(text); };
  CHECK(encode(with, "the</s>the") == ids{id(" the"), 2, id(" the")});
  CHECK(with.decode(ids{id(" the"), id(" smith")}) == "the smith");
  CHECK(with.decode(ids{1, id(" the"), 2, id(" the")}) == "the the");
  CHECK(with.decode(ids{3 + 0xE5, 3 + 0x88, 3 + 0x83}) == "刃");
  p.words.space_prefix_once = true;
  CHECK(encode(p.make(), "the</s>the") == ids{id(" the"), 2, id("t"), id("he")});
  p.words.add_space_prefix = false;
  const tokenizer bare = p.make();
  CHECK(encode(bare, "the") == ids{id("t"), id("he")});
  CHECK(bare.decode(ids{id(" the")}) == " the");
}

TEST_CASE("text/spm: a million of anything takes under 256 MB") {
  pieces p = forge();
  p.add("aa", -50);
  p.add("aaaa", -51);
  for (const bool across : {false, true}) {
    if (across) p.add("a▁", -60);
    const tokenizer with = p.make();
    for (const auto& [what, text] : fixtures::hostile_texts()) {
      ids out;
      fixtures::peak_memory::reset();
      const double before = fixtures::peak_memory::megabytes("VmRSS:");
      INFO(what);
      REQUIRE(with.encode(text, special::parse, out));
      CHECK(fixtures::peak_memory::megabytes("VmHWM:") - before < 256);
      CHECK(out.size() > 100);
    }
  }
}

TEST_CASE("text/unigram: the likeliest cut") {
  pieces p("t5", false);
  for (const auto& [text, score] : std::initializer_list<std::pair<const char*, float>>{{"▁", -3},
                                                                                        {"a", -4},
                                                                                        {"b", -4},
                                                                                        {"c", -4},
                                                                                        {"ab", -5},
                                                                                        {"bc", -6},
                                                                                        {"abc", -9.5f},
                                                                                        {"▁a", -5},
                                                                                        {"▁ab", -6.5f}})
    p.add(text, score);
  p.words.unknown = 0;
  const tokenizer with = p.make();
  const auto id = [&](const char* text) { return *with.find(text); };
  CHECK(encode(with, "abc") == ids{id(" ab"), id("c")});  // -10.5, before -11
  CHECK(encode(with, "abcbc") == ids{id(" ab"), id("c"), id("bc")});
  CHECK(encode(with, "  ab   c ") == ids{id(" ab"), id(" "), id("c")});
  CHECK(encode(with, "axyzb") == ids{id(" a"), 0, id("b")});  // neighbours that are unknown become one
  CHECK(encode(with, "").empty());
  CHECK(with.add_eos());
  p.words.add_space_prefix = false;
  CHECK(encode(p.make(), "abc") == ids{id("ab"), id("c")});
}

TEST_CASE("text/unigram: equals trying all cuts") {
  pieces p("t5", false);
  fixtures::random_text random(8);
  const char* letters = "abc";
  for (const char* one : {"▁", "a", "b", "c", "é"}) p.add(one, -5.0f - static_cast<float>(random.below(100)) / 17);
  for (int i = 0; i < 25; ++i) {
    std::string text;
    for (unsigned n = 2 + random.below(4); n > 0; --n) text += letters[random.below(3)];
    if (std::find(p.texts.begin(), p.texts.end(), text) == p.texts.end())
      p.add(text, -5.0f - static_cast<float>(random.below(1000)) / 100);
  }
  p.words.unknown = 0;
  p.words.add_space_prefix = false;
  p.words.remove_extra_spaces = false;
  const tokenizer with = p.make();
  for (int i = 0; i < 500; ++i) {
    std::string text;
    for (unsigned n = 1 + random.below(11); n > 0; --n) text += letters[random.below(3)];
    double best = -1e30;
    for (unsigned cuts = 0; cuts < 1u << (text.size() - 1); ++cuts) {
      double score = 0;
      std::string piece;
      for (std::size_t k = 0; k < text.size(); ++k) {
        piece += text[k];
        if (k + 1 < text.size() && !(cuts >> k & 1)) continue;
        const auto at = std::find(p.texts.begin(), p.texts.end(), piece);
        score +=
            at == p.texts.end() ? -1e9 : static_cast<double>(p.scores[static_cast<std::size_t>(at - p.texts.begin())]);
        piece.clear();
      }
      best = std::max(best, score);
    }
    double got = 0;
    for (token t : encode(with, text)) got += static_cast<double>(p.scores[static_cast<std::size_t>(t)]);
    REQUIRE(got == Approx(best));
    REQUIRE(with.decode(encode(with, text), true) == text);
  }
}

TEST_CASE("text/unigram: the normalizer in the file") {
  // A double array made by hand that knows "A" -> "a" and "AB" -> "x": the children of the root lie at 512 + byte,
  // those of "A" at 1024 + byte; values lie at the offset itself.
  const auto unit = [](std::uint32_t offset, std::uint32_t label, bool leaf) {
    return offset << 10 | (leaf ? 1u << 8 : 0u) | label;
  };
  std::vector<std::uint32_t> units(2048);
  units[0] = unit(512, 0, false);
  units[512 ^ 'A'] = unit((512 ^ 'A') ^ 1024, 'A', true);
  units[1024] = 1u << 31 | 0;
  units[1024 ^ 'B'] = unit((1024 ^ 'B') ^ 1536, 'B', true);
  units[1536] = 1u << 31 | 2;
  std::string map;
  const auto put = [&](std::uint32_t v) {
    for (unsigned i = 0; i < 4; ++i) map += static_cast<char>(static_cast<unsigned char>(v >> 8 * i & 255));
  };
  put(static_cast<std::uint32_t>(units.size() * 4));
  for (std::uint32_t u : units) put(u);
  map += std::string("a\0x\0", 4);
  const detail::unigram::character_map with(map);
  const auto mapped = [&](std::string_view text) {
    std::string out;
    with.append(out, text);
    return out;
  };
  CHECK(mapped("AcABéA") == "acxéa");
  CHECK(mapped("") == "");
  // Damaged maps replace nothing outside themselves.
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    std::string bad = map.substr(0, random() % (map.size() + 1));
    for (int k = 0; k < 8 && !bad.empty(); ++k) bad[random() % bad.size()] = static_cast<char>(random());
    std::string out;
    detail::unigram::character_map(bad).append(out, "AcABéA AAAB");
    REQUIRE(out.size() < 20000);
  }
}
