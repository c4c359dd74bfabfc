#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

#include <retort/tokenizer/from_json.hpp>

using namespace retort;
using fixtures::encode;
using fixtures::json;
using ids = std::vector<token>;

namespace {

/// A byte-level tokenizer.json with all bytes and three merges.
json byte_level() {
  json j = json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
      {"id": 260, "content": "<|end|>", "special": true, "normalized": false, "lstrip": false},
      {"id": 259, "content": "<think>", "special": false}],
    "normalizer": {"type": "NFC"},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
      {"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {"Regex": "?"}},
      {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}]},
    "post_processor": {"type": "ByteLevel"}, "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "unk_token": null, "ignore_merges": true, "vocab": {}, "merges": []}})");
  j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "
      "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!"
      "\\S)|\\s+";
  for (unsigned b = 0; b < 256; ++b) j["model"]["vocab"][fixtures::alphabet(b)] = b;
  j["model"]["vocab"]["th"] = 256;
  j["model"]["vocab"]["the"] = 257;
  j["model"]["vocab"]["Ġthe"] = 258;
  j["model"]["merges"] = {"t h", "th e", "Ġ the"};
  return j;
}

tokenizer_file read(const json& j, const std::string& config = "", const char* pre = "") {
  auto file = read_tokenizer_json(j.dump(), config, pre);
  INFO((file ? "" : file.error().what));
  REQUIRE(file);
  return std::move(*file);
}
errc code(const std::string& text, const std::string& config = "") {
  const auto file = read_tokenizer_json(text, config);
  REQUIRE_FALSE(file);
  REQUIRE_FALSE(file.error().what.empty());
  return file.error().code;
}
tokenizer make(const tokenizer_file& file) {
  auto made = tokenizer::make(file.words);
  INFO((made ? "" : made.error().what));
  REQUIRE(made);
  return std::move(*made);
}

}  // namespace

TEST_CASE("text/tokenizer_json: byte-level BPE") {
  json j = byte_level();
  const tokenizer_file file = read(j);
  CHECK(file.words.pre == "qwen2");
  CHECK(file.words.compose == true);
  CHECK(file.words.ignore_merges == true);
  CHECK(file.words.types[259] == token_type::user_defined);
  CHECK(file.words.types[260] == token_type::control);
  CHECK(file.templates.empty());
  const tokenizer with = make(file);
  const ids want{257, 258, 260, 259, '1', '2'};
  CHECK(encode(with, "the the<|end|><think>12") == want);
  CHECK_FALSE(with.add_bos());

  j["model"]["merges"] = json::parse(R"([["t", "h"], ["th", "e"], ["Ġ", "the"]])");  // the newer form
  CHECK(encode(make(read(j)), "the the<|end|><think>12") == want);
  j["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Removed";
  j["pre_tokenizer"]["pretokenizers"][0]["invert"] = true;
  CHECK(read(j).words.pre == "qwen2");
  j["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  CHECK(read(j).words.pre == "gpt-2");
  j["normalizer"] = nullptr;
  CHECK(read(j).words.compose == false);
  // A line end in a pattern may be a character or an escape.
  j = byte_level();
  auto& regex = j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"];
  std::string text = regex;
  for (const auto& [escape, end] : {std::pair<std::string, char>{"\\r", '\r'}, {"\\n", '\n'}})
    for (std::size_t at; (at = text.find(escape)) != text.npos;) text.replace(at, 2, 1, end);
  regex = text;
  CHECK(read(j).words.pre == "qwen2");
}

TEST_CASE("text/tokenizer_json: who decides about BOS and EOS") {
  json j = byte_level();
  j["post_processor"] = json::parse(R"({"type": "Sequence", "processors": [{"type": "ByteLevel"},
    {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|end|>", "type_id": 0}}, {"Sequence": {"id": "A"}}]}]})");
  CHECK(make(read(j)).add_bos());
  CHECK(make(read(j)).bos() == 260);
  CHECK_FALSE(make(read(j)).add_eos());
  const std::string config = R"({"add_bos_token": false, "add_eos_token": true, "bos_token": "<think>",
    "eos_token": {"content": "<|end|>", "lstrip": false}, "pad_token": null, "model_max_length": 1e30,
    "chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]})";
  const tokenizer_file file = read(j, config);
  const tokenizer with = make(file);
  CHECK_FALSE(with.add_bos());
  CHECK(with.add_eos());
  CHECK(with.bos() == 259);
  CHECK(with.eos() == 260);
  CHECK(with.is_end(260));
  CHECK_FALSE(with.padding());
  REQUIRE(file.templates.size() == 2);
  CHECK(file.templates[0].source == "D");
  CHECK(file.templates[1].name == "tool_use");
  REQUIRE(read(j, R"({"chat_template": "{{ x }}"})").templates.size() == 1);
}

TEST_CASE("text/tokenizer_json: SentencePiece BPE with merges") {
  json j = json::parse(R"({
    "added_tokens": [{"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "</s>", "special": true}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
      {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
    "pre_tokenizer": null, "post_processor": null,
    "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}]},
    "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true,
      "vocab": {"<unk>": 0, "</s>": 1, "<0x7A>": 2, "▁": 3, "a": 4, "b": 5, "ab": 6, "▁ab": 7, "▁a": 8},
      "merges": ["a b", "▁ ab", "▁ a"]}})");
  const tokenizer with = make(read(j));
  CHECK(encode(with, "ab a") == ids{7, 8});
  CHECK(encode(with, "zx") == ids{3, 2, 0});
  CHECK(with.decode(ids{7, 8}) == "ab a");
  CHECK(with.drops_leading_space());
  j["normalizer"] = nullptr;
  j["pre_tokenizer"] =
      json::parse(R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false})");
  const tokenizer first = make(read(j));
  CHECK(encode(first, "a</s>a") == ids{8, 1, 4});
  j["pre_tokenizer"]["prepend_scheme"] = "never";
  CHECK(encode(make(read(j)), "a</s>a") == ids{4, 1, 4});
}

TEST_CASE("text/tokenizer_json: Unigram") {
  json j = json::parse(R"({
    "added_tokens": [{"id": 0, "content": "<pad>", "special": true}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": "AAAAAA=="}]},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace"}]},
    "model": {"type": "Unigram", "unk_id": 1,
      "vocab": [["<pad>", 0], ["<unk>", 0.0], ["▁", -2.5], ["a", -3], ["b", -3], ["▁ab", -4.5]]}})");
  const tokenizer_file file = read(j);
  CHECK(file.words.scores == std::vector<float>{0, 0, -2.5f, -3, -3, -4.5f});
  CHECK(file.words.character_map == std::string(4, '\0'));
  const tokenizer with = make(file);
  CHECK(encode(with, "  ab  ba z") == ids{5, 2, 4, 3, 2, 1});
}

TEST_CASE("text/tokenizer_json: what is not supported is refused by name") {
  const auto refused = [](const std::function<void(json&)>& change, const char* named) {
    json j = byte_level();
    change(j);
    const auto file = read_tokenizer_json(j.dump());
    INFO(named);
    REQUIRE_FALSE(file);
    CHECK(file.error().code == errc::unsupported);
    CHECK(file.error().what.find(named) != std::string::npos);
  };
  refused([](json& j) { j["model"]["type"] = "WordPiece"; }, "WordPiece");
  refused([](json& j) { j["normalizer"]["type"] = "NFKC"; }, "NFKC");
  refused([](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "[a-z]+"; }, "[a-z]+");
  refused([](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "MergedWithNext"; }, "MergedWithNext");
  refused([](json& j) { j["pre_tokenizer"]["pretokenizers"][0]["type"] = "Whitespace"; }, "Whitespace");
  refused([](json& j) { j["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = true; }, "add_prefix_space");
  refused([](json& j) { j["added_tokens"][0]["rstrip"] = true; }, "rstrip");
  refused([](json& j) { j["model"]["end_of_word_suffix"] = "</w>"; }, "</w>");
  json j = byte_level();
  j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "[a-z]+";
  CHECK(read(j, "", "llama-bpe").words.pre == "llama-bpe");  // chosen by the caller
}

TEST_CASE("text/tokenizer_json: damaged files are refused") {
  CHECK(code("") == errc::bad_file);
  CHECK(code("{") == errc::bad_file);
  CHECK(code("[]") == errc::unsupported);
  CHECK(code("3") == errc::bad_file);
  CHECK(code("{\"model\": {\"vocab\": {\"a\": \"\xFF\"}}}") == errc::bad_file);
  CHECK(code(byte_level().dump(), "nonsense") == errc::bad_file);
  const auto bad = [](const std::function<void(json&)>& change) {
    json j = byte_level();
    change(j);
    return code(j.dump());
  };
  CHECK(bad([](json& j) { j["model"]["vocab"]["x"] = -1; }) == errc::bad_file);
  CHECK(bad([](json& j) { j["model"]["vocab"]["x"] = 1e9; }) == errc::bad_file);
  CHECK(bad([](json& j) { j["model"]["vocab"]["x"] = 16000000; }) == errc::bad_file);
  CHECK(bad([](json& j) { j["model"]["vocab"]["x"] = "y"; }) == errc::bad_file);
  CHECK(bad([](json& j) { j["model"]["vocab"]["x"] = json::array(); }) == errc::bad_file);
  CHECK(bad([](json& j) { j["model"]["merges"] = json::object(); }) == errc::bad_file);
  CHECK(bad([](json& j) { j["model"]["merges"] = {1}; }) == errc::bad_file);
  CHECK(bad([](json& j) { j["model"]["merges"] = {{"a"}}; }) == errc::bad_file);
  CHECK(bad([](json& j) { j["model"]["merges"] = {{"a", "b", "c"}}; }) == errc::bad_file);
  CHECK(bad([](json& j) { j["added_tokens"][0]["id"] = 1u << 30; }) == errc::bad_file);
  CHECK(bad([](json& j) {  // each only a little further than the last
          for (unsigned i = 0; i < 3000; ++i) j["added_tokens"].push_back({{"id", 300 + 3000 * i}, {"content", "x"}});
        }) == errc::bad_file);
  CHECK(bad([](json& j) { j["added_tokens"][0].erase("content"); }) == errc::bad_file);
  CHECK(code(std::string(100000, '[')) == errc::bad_file);
  CHECK(code("{\"model\": {\"vocab\": " + std::string(100000, '[')) == errc::bad_file);
  CHECK(code("{\"model\": {\"vocab\": {}, \"vocab\": {}}}") == errc::bad_file);
}

TEST_CASE("text/tokenizer_json: cut and changed files never do harm") {
  json j = byte_level();
  json small;  // fewer bytes, so that changes hit the structure
  for (const char* text : {"t", "h", "e", "th", "the"}) small[text] = small.size();
  j["model"]["vocab"] = small;
  const std::string good = j.dump();
  std::mt19937 random(17);
  int accepted = 0;
  const std::string_view marks = "{}[]\",:0e-\\ n";
  for (int i = 0; i < 20000; ++i) {
    std::string text = good;
    if (i % 3 == 0) text.resize(random() % text.size());
    for (unsigned n = static_cast<unsigned>(random() % 4); n > 0 && !text.empty(); --n)
      text[random() % text.size()] = random() % 2 ? marks[random() % marks.size()] : static_cast<char>(random());
    const auto file = read_tokenizer_json(text);
    if (!file) continue;
    ++accepted;
    if (const auto with = tokenizer::make(file->words)) encode(*with, "the <think> text<|end|>");
  }
  CHECK(accepted > 100);
}
