// tokenizer.json with tokenizer_config.json: what loads encodes and decodes any text within its vocabulary.
#include "fuzz/fuzz.hpp"
#include "hostile_texts.hpp"

#include <retort/text/json_reader.hpp>
#include <retort/text/json_writer.hpp>
#include <retort/tokenizer/from_json.hpp>
#include <retort/tokenizer/tokenizer.hpp>

using namespace retort;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = all.find('\0');  // behind it comes the configuration
  const auto file = read_tokenizer_json(all.substr(0, cut), cut == all.npos ? std::string_view() : all.substr(cut + 1));
  if (!file) {
    HOLDS(!file.error().what.empty());
    return 0;
  }
  const auto with = tokenizer::make(file->words);
  if (!with) {
    HOLDS(!with.error().what.empty());
    return 0;
  }
  const std::size_t n = file->words.texts.size();
  for (const std::string_view text :
       {std::string_view("the the<|end|> 12\n  \t'll é日本😀"), std::string_view("\xff\xc3 \xe6\x97", 5),
        all.substr(0, std::min<std::size_t>(all.size(), 200))})
    for (const special mode : {special::parse, special::plain}) {
      std::vector<token> ids;
      const auto done = with->encode(text, mode, ids);
      HOLDS(done || !done.error().what.empty());
      if (!done) continue;
      for (const token id : ids) HOLDS(id >= 0 && static_cast<std::size_t>(id) < n);
      const std::string whole = with->decode(ids, true);
      decoder streamed(*with, true);
      std::string pieces;
      for (const token id : ids) pieces += streamed.push(id);
      pieces += streamed.flush();
      HOLDS(pieces == whole);
    }
  return 0;
}

fuzz::corpus fuzz::seeds() {
  using json = detail::json;
  corpus c;
  json bytes = json::object(), letters = json::object();
  int shifted = 256;
  for (int b = 0; b < 256; ++b) {
    std::string name;
    detail::utf8::append(
        name, static_cast<char32_t>((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? b : shifted++));
    bytes[name] = b;
  }
  bytes["th"] = 256;
  bytes["the"] = 257;
  json j = json::object();
  j["added_tokens"] = json::array({{{"id", 258}, {"content", "<|end|>"}, {"special", true}}});
  j["normalizer"] = {{"type", "NFC"}};
  j["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  j["decoder"] = {{"type", "ByteLevel"}};
  j["model"] = {{"type", "BPE"}, {"vocab", bytes}, {"merges", json::array({"t h", "th e"})}};
  c.inputs.push_back(detail::dump(j));
  c.inputs.push_back(detail::dump(j) + std::string(1, '\0') +
                     R"({"add_bos_token": true, "bos_token": "<|end|>", "eos_token": {"content": "<|end|>"},
    "chat_template": "{{ messages }}"})");
  for (const char* l : {"<unk>", "\xe2\x96\x81", "a", "b", "ab",
                        "\xe2\x96\x81"
                        "ab"})
    letters[l] = letters.size();
  json sp = json::object();
  sp["normalizer"] = {
      {"type", "Sequence"},
      {"normalizers",
       json::array({{{"type", "Prepend"}, {"prepend", "\xe2\x96\x81"}},
                    {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\xe2\x96\x81"}}})}};
  sp["model"] = {{"type", "BPE"},         {"unk_token", "<unk>"}, {"fuse_unk", true},
                 {"byte_fallback", true}, {"vocab", letters},     {"merges", json::array({"a b", "\xe2\x96\x81 ab"})}};
  c.inputs.push_back(detail::dump(sp));
  json unigram = json::object();
  unigram["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "\xe2\x96\x81"}, {"prepend_scheme", "first"}};
  unigram["model"] = {{"type", "Unigram"},
                      {"unk_id", 0},
                      {"vocab", *detail::parse_json(R"([["<unk>", 0], ["a", -1.5], ["\u2581a", -2], ["b", -3]])")}};
  c.inputs.push_back(detail::dump(unigram));
  for (const char* word : {"\"added_tokens\":",
                           "\"normalizer\":",
                           "\"pre_tokenizer\":",
                           "\"post_processor\":",
                           "\"decoder\":",
                           "\"model\":",
                           "\"vocab\":",
                           "\"merges\":",
                           "\"type\":",
                           "\"BPE\"",
                           "\"Unigram\"",
                           "\"WordPiece\"",
                           "\"ByteLevel\"",
                           "\"Metaspace\"",
                           "\"Split\"",
                           "\"Sequence\"",
                           "\"NFC\"",
                           "\"NFKC\"",
                           "\"Replace\"",
                           "\"Prepend\"",
                           "\"Strip\"",
                           "\"Precompiled\"",
                           "\"precompiled_charsmap\":",
                           "\"TemplateProcessing\"",
                           "\"Digits\"",
                           "\"Regex\":",
                           "\"String\":",
                           "\"byte_fallback\":true",
                           "\"ignore_merges\":true",
                           "\"unk_id\":",
                           "\"special\":true",
                           "\"lstrip\":true",
                           "\"rstrip\":true",
                           "\"single_word\":true",
                           "\"normalized\":true",
                           "\"id\":"})
    c.words.push_back(word);
  return c;
}
