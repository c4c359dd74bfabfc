// Real vocabularies against what the engines they were trained with gave. RETORT_ROUND_TRIP=1000000 makes the round
// trip as long as the requirement asks, and takes the hostile texts to every vocabulary; the default is a sample.
#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

#include <retort/tokenizer/from_json.hpp>

using namespace retort;
using fixtures::encode;
using fixtures::json;
using ids = std::vector<token>;

namespace {

const char* const byte_level[] = {"deepseek_v3",  "qwen2_5",        "qwen3", "llama3",
                                  "deepseek-llm", "deepseek-coder", "gpt-2"};
const char* const all[] = {"deepseek_v3",  "qwen2_5",        "qwen3", "llama3",
                           "deepseek-llm", "deepseek-coder", "gpt-2", "llama-spm"};

/// A tokenizer from its tokenizer.json; read once for all tests.
struct real {
  tokenizer_file file;
  tokenizer with;
};
const real& from_json(const std::string& name) {
  static std::map<std::string, real> made;
  if (const auto at = made.find(name); at != made.end()) return at->second;
  const auto folder = golden("text/tokenizers") / name;
  const auto config = folder / "tokenizer_config.json";
  auto file = read_tokenizer_json(fixtures::contents(folder / "tokenizer.json.gz"),
                                  std::filesystem::exists(config) ? fixtures::contents(config) : "");
  INFO(name << (file ? "" : ": " + file.error().what));
  REQUIRE(file);
  auto with = tokenizer::make(file->words);
  INFO((with ? "" : with.error().what));
  REQUIRE(with);
  return made.emplace(name, real{std::move(*file), std::move(*with)}).first->second;
}

struct tally {
  int n = 0, wrong = 0;
  void operator()(bool right, const std::string& what) {
    ++n;
    if (!right && wrong++ < 3) UNSCOPED_INFO("differs: " << what);
  }
};

/// All goldens of one tokenizer. `same_types`: its file marks special tokens as tokenizer.json does, which plain mode
/// goes by; GGUF files mark more of them as control.
void check_tokens(const std::string& name, const tokenizer& with, bool same_types) {
  tally parsed, plain, decoded;
  for (const json& line : fixtures::lines(golden("text/tokens") / (name + ".jsonl.gz"))) {
    const auto text = line["text"].get<std::string>();
    const ids want = line["ids"].get<ids>();
    parsed(encode(with, text, special::parse) == want, printable(text));
    if (same_types)
      plain(encode(with, text, special::plain) == (line.contains("ids_plain") ? line["ids_plain"].get<ids>() : want),
            printable(text));
    decoded(with.decode(want, true) == (line.contains("dec") ? line["dec"].get<std::string>() : text), printable(text));
  }
  INFO(name << ": " << parsed.wrong << " of " << parsed.n << " differ parsed, " << plain.wrong << " plain, "
            << decoded.wrong << " decoded");
  CHECK((parsed.wrong == 0 && plain.wrong == 0 && decoded.wrong == 0));
  CHECK(parsed.n > 500);
}

std::vector<std::string> blocks(const std::string& text, const std::string& between) {
  std::vector<std::string> out;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(between, at);
    if (end == text.npos) return out;
    out.push_back(text.substr(at, end - at));
    at = end + between.size();
  }
}

}  // namespace

TEST_CASE("tokenizer/golden: tokens by tokenizer.json, both modes", "[golden]") {
  if (golden("text/tokens").empty()) return;
  for (const char* name : all) check_tokens(name, from_json(name).with, true);
}

TEST_CASE("tokenizer/golden: tokens by GGUF", "[golden]") {
  if (golden("text/tokens").empty()) return;
  for (const char* name : all) {
    auto path = golden("text/tokenizers") / name / "vocab.gguf.gz";
    if (!std::filesystem::exists(path))
      path = golden("text/gguf-vocab") / ("ggml-vocab-" + std::string(name) + ".gguf");
    const auto file = fixtures::gguf_at(path);
    auto with = tokenizer::make(file.words);
    INFO(name << (with ? "" : with.error().what));
    REQUIRE(with);
    check_tokens(name, *with, false);
  }
}

TEST_CASE("tokenizer/golden: disputed lines, where the engines disagree, are counted and not required", "[golden]") {
  const auto path = golden("text/tokens/disputed.jsonl.gz");
  if (path.empty()) return;
  tally same;
  for (const json& line : fixtures::lines(path)) {
    const std::string name = line.contains("tokenizer") ? line["tokenizer"].get<std::string>() : "qwen2_5";
    same(encode(from_json(name).with, line["text"].get<std::string>()) == line["ids"].get<ids>(), "");
  }
  std::printf("disputed normalization lines: %d of %d as the Rust engine\n", same.n - same.wrong, same.n);
  CHECK(same.n == 8);
}

TEST_CASE("tokenizer/golden: decoding, at once and in pieces of any size", "[golden]") {
  if (golden("text/decode").empty()) return;
  std::mt19937 random(1);
  for (const char* name : byte_level) {
    const tokenizer& with = from_json(name).with;
    tally right;
    for (const json& line : fixtures::lines(golden("text/decode") / (std::string(name) + ".jsonl"))) {
      const ids list = line["ids"].get<ids>();
      const auto want = line["text"].get<std::string>();
      std::string raw;
      for (const char* hex = "0123456789abcdef"; char c : [&] {
             std::string bytes;
             for (token id : list) bytes += with.bytes(id);
             return bytes;
           }()) {
        raw += hex[static_cast<unsigned char>(c) >> 4];
        raw += hex[static_cast<unsigned char>(c) & 15];
      }
      right(raw == line["hex"].get<std::string>(), "bytes of " + want);
      right(with.decode(list, true) == want, want);
      for (unsigned size : {1u, 2u, 3u, 0u}) {  // tokens arrive in groups; 0: of random sizes
        decoder stream(with, true);
        std::string out;
        for (std::size_t i = 0; i < list.size();) {
          std::string group;
          for (unsigned n = size ? size : 1 + static_cast<unsigned>(random() % 7); n > 0 && i < list.size(); --n)
            group += stream.push(list[i++]);
          right(detail::utf8::valid_prefix(group) == group.size(), "a character cut in two");
          out += group;
        }
        out += stream.flush();
        right(out == want, want);
      }
    }
    INFO(name << ": " << right.wrong << " of " << right.n);
    CHECK(right.wrong == 0);
    CHECK(right.n > 1000);
  }
}

TEST_CASE("tokenizer/golden: the pairs of texts and ids beside vocabulary files", "[golden]") {
  if (golden("text/gguf-vocab").empty()) return;
  const std::pair<const char*, const char*> pairs[] = {
      {"deepseek-coder", nullptr},    {"deepseek-llm", nullptr}, {"gpt-2", nullptr},
      {"llama-spm", nullptr},         {"qwen2", "qwen2_5"},      {"llama-bpe", "llama3"},
      {"deepseek-r1-qwen", "qwen2_5"}};
  for (const auto& [name, other] : pairs) {
    const auto base = golden("text/gguf-vocab") / ("ggml-vocab-" + std::string(name) + ".gguf");
    const auto file = fixtures::gguf_at(other ? golden("text/tokenizers") / other / "vocab.gguf.gz" : base);
    vocabulary words = file.words;
    if (other) words.pre = name;
    const auto with = tokenizer::make(words);
    REQUIRE(with);
    const auto texts = blocks(fixtures::contents(base.string() + ".inp"), "\n__ggml_vocab_test__\n");
    const auto want = blocks(fixtures::contents(base.string() + ".out"), "\n");
    tally right;
    for (std::size_t i = 0; i < texts.size() && i < want.size(); ++i) {
      std::string got;
      for (token id : encode(*with, texts[i], special::plain)) got.append(1, ' ').append(std::to_string(id));
      right(got == want[i], printable(texts[i]));
    }
    INFO(name);
    CHECK(right.wrong == 0);
    CHECK(texts.size() == want.size());
    CHECK(right.n > 40);
  }
}

TEST_CASE("tokenizer/golden: small vocabularies", "[golden]") {
  const auto folder = golden("models/tokenizer");
  if (folder.empty()) return;
  for (const char* pre : {"deepseek-llm", "deepseek-r1-qwen", "deepseek-v3", "gpt-4o", "llama-bpe", "olmo", "qwen2"}) {
    auto file = fixtures::gguf_at(folder / ("vocab-" + std::string(pre) + ".gguf"));
    file.words.compose = false;  // these goldens were made without normalization
    const auto with = tokenizer::make(file.words);
    INFO(pre << (with ? "" : with.error().what));
    REQUIRE(with);
    tally right;
    for (const json& line : json::parse(fixtures::contents(folder / ("tokens-" + std::string(pre) + ".json")))) {
      const auto text = line["text"].get<std::string>();
      right(encode(*with, text, special::parse) == line["reference_special"].get<ids>(), printable(text));
      right(encode(*with, text, special::plain) == line["reference_plain"].get<ids>(), printable(text));
    }
    CHECK(right.wrong == 0);
    CHECK(right.n > 200);
  }
}

TEST_CASE("tokenizer/golden: the vocabulary of a trained toy model", "[golden]") {
  const auto folder = golden("stories");
  if (folder.empty()) return;
  const auto file = fixtures::gguf_at(folder / "stories260K-f32.gguf");
  const auto with = tokenizer::make(file.words);
  REQUIRE(with);
  for (const json& line : json::parse(fixtures::contents(folder / "tokens-spm.json"))) {
    ids got;
    if (with->add_bos()) got.push_back(*with->bos());
    const auto text = line["text"].get<std::string>();
    // The goldens were made with special tokens read as text.
    const ids rest = encode(*with, text, special::plain);
    got.insert(got.end(), rest.begin(), rest.end());
    INFO(printable(text));
    CHECK(got == line["reference"].get<ids>());
  }
}

TEST_CASE("tokenizer/golden: merging equals its definition with real vocabularies", "[golden]") {
  if (golden("text/tokenizers").empty()) return;
  for (const char* name : byte_level) {
    const auto& [file, with] = from_json(name);
    if (std::string(name) == "llama3") continue;  // takes pieces whole that merging would cut
    const fixtures::slow_bpe slow(file.words);
    vocabulary words = file.words;
    const split_rule rule = find_pretokenizer(words.pre)->rule;
    fixtures::random_text random(31);
    tally right;
    for (int i = 0; i < 600; ++i) {
      std::string text, sound;
      for (unsigned n = random.below(12); n > 0; --n)
        text += random.below(3) ? random(6) : std::string(with.bytes(static_cast<token>(random.below(30000))));
      detail::utf8::append_valid(sound, text);
      if (words.compose.value_or(false)) {
        text.clear();
        detail::unicode::append_composed(text, sound);
        sound = text;
      }
      if (encode(with, sound, special::parse) != encode(with, sound, special::plain)) continue;
      ids want;
      split_text(rule, sound,
                 [&](std::size_t b, std::size_t e) { want = want + slow(std::string_view(sound).substr(b, e - b)); });
      bool special_inside = false;
      const ids got = encode(with, sound);
      for (token id : got) special_inside |= with.type(id) != token_type::normal;
      if (!special_inside) right(got == want, printable(sound));
    }
    INFO(name);
    CHECK(right.wrong == 0);
    CHECK(right.n > 400);
  }
}

TEST_CASE("tokenizer/golden: decoding gives back what was encoded", "[golden]") {
  if (golden("text/tokenizers").empty()) return;
  const char* asked = std::getenv("RETORT_ROUND_TRIP");
  const int n = asked ? std::atoi(asked) : 5000;
  for (const char* name : byte_level) {
    const auto& [file, with] = from_json(name);
    fixtures::random_text random(41);
    int wrong = 0;
    for (int i = 0; i < n; ++i) {
      std::string text = random(), sound;
      if (file.words.compose.value_or(false)) detail::unicode::append_composed(sound, text);  // the text it stands for
      wrong += with.decode(encode(with, text), true) != (sound.empty() ? text : sound);
    }
    if (asked) std::printf("round trip: %s, %d of %d texts came back changed\n", name, wrong, n);
    INFO(name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("tokenizer/golden: a million of anything takes under 256 MB with real vocabularies", "[golden]") {
  if (golden("text/tokenizers").empty()) return;
  const auto texts = fixtures::hostile_texts();
  for (const char* name : all) {
    const std::string sample[] = {"deepseek_v3", "qwen2_5", "llama-spm"};
    if (!std::getenv("RETORT_ROUND_TRIP") && std::find(std::begin(sample), std::end(sample), name) == std::end(sample))
      continue;
    const tokenizer& with = from_json(name).with;
    for (const auto& [what, text] : texts) {
      ids out;
      fixtures::peak_memory::reset();
      const double before = fixtures::peak_memory::megabytes("VmRSS:");
      INFO(what << " by " << name);
      REQUIRE(with.encode(text, special::parse, out));
      CHECK(fixtures::peak_memory::megabytes("VmHWM:") - before < 256);
    }
  }
}
