// What a tokenizer is made from, whatever file it came from.
#pragma once

#include <retort/tokenizer/bpe.hpp>
#include <retort/tokenizer/split.hpp>

#include <optional>

RETORT_BEGIN

/// What a token is for. The values are those of GGUF's token_type.
enum class token_type : std::uint8_t {
  normal = 1,
  unknown = 2,       ///< stands for text the vocabulary cannot express
  control = 3,       ///< structure of a prompt: never text, never printed
  user_defined = 4,  ///< found in text before anything else, printed as it is
  unused = 5,
  byte = 6,  ///< "<0x41>": one byte
};

/// A vocabulary as its file gives it. Views need to live only until tokenizer::make() returns.
///
/// Absent flags and ids take the defaults of the model kind and of `pre`; an id out of range counts as absent.
struct vocabulary {
  std::string model;  ///< "gpt2" (byte-level BPE), "llama" (SentencePiece BPE), "t5" (Unigram)
  std::string pre;    ///< name of the pre-tokenizer; only "gpt2" has one

  std::vector<std::string_view> texts;   ///< by id; in the byte alphabet for gpt2, with U+2581 for a space otherwise
  std::vector<float> scores;             ///< by id; for llama (unless it has merges) and t5
  std::vector<token_type> types;         ///< by id; empty: all normal
  std::vector<std::string_view> merges;  ///< "left right", best first; for gpt2, and for llama without scores

  std::optional<token> bos, eos, eot, eom, unknown, padding;
  std::optional<token> fim_prefix, fim_suffix, fim_middle, fim_padding, fim_repository, fim_separator;

  std::optional<bool> add_bos, add_eos;
  std::optional<bool> add_space_prefix;     ///< llama, t5: text starts with a space that was not written
  bool space_prefix_once = false;           ///< ... but only at the very start, not after special tokens
  std::optional<bool> remove_extra_spaces;  ///< t5: runs of spaces become one, none at either end
  std::optional<bool> ignore_merges;        ///< a piece that is a token is taken whole
  std::optional<bool> compose;              ///< text is put into NFC first
  std::string_view character_map;           ///< t5: precompiled_charsmap
};

/// How the texts of a model are cut and prepared, by the name its file gives.
struct pretokenizer {
  split_rule rule = split_rule::none;
  bool compose = false;
  bool ignore_merges = false;
  bool add_bos = false;
};

/// errors  unsupported: Retort does not know the name
/// source  names as GGUF files carry them in tokenizer.ggml.pre
inline result<pretokenizer> find_pretokenizer(std::string_view name) {
  struct row {
    std::string_view name;
    pretokenizer how;
  };
  constexpr pretokenizer llama3{split_rule::llama3, false, true, true};
  constexpr pretokenizer plain_llama3{split_rule::llama3, false, false, false};
  constexpr pretokenizer qwen2{split_rule::qwen2, true, false, false};
  constexpr pretokenizer plain_qwen2{split_rule::qwen2, false, false, false};
  constexpr pretokenizer v3{split_rule::deepseek_v3, false, false, false};
  constexpr pretokenizer gpt2{split_rule::gpt2, false, false, false};
  constexpr pretokenizer starcoder{split_rule::starcoder, false, false, false};
  static constexpr row rows[] = {
      {"llama-bpe", llama3},
      {"llama3", llama3},
      {"llama-v3", llama3},
      {"falcon3", llama3},
      {"falcon-h1", llama3},
      {"pixtral", llama3},
      {"lfm2", llama3},
      {"dbrx", plain_llama3},
      {"smaug-bpe", plain_llama3},
      {"glm4", plain_llama3},
      {"chatglm-bpe", plain_llama3},
      {"qwen2", qwen2},
      {"deepseek-r1-qwen", qwen2},
      {"megrez", qwen2},
      {"stablelm2", plain_qwen2},
      {"hunyuan", plain_qwen2},
      {"solar-open", plain_qwen2},
      {"qwen35", {split_rule::qwen35, true, false, false}},
      {"deepseek-v3", v3},
      {"joyai-llm", v3},
      {"hunyuan-dense", v3},
      {"deepseek-llm", {split_rule::deepseek_llm, false, false, false}},
      {"deepseek-coder", {split_rule::deepseek_coder, false, false, false}},
      {"gpt-2", gpt2},
      {"phi-2", gpt2},
      {"mpt", gpt2},
      {"olmo", gpt2},
      {"jais", gpt2},
      {"trillion", gpt2},
      {"exaone4", gpt2},
      {"starcoder", starcoder},
      {"refact", starcoder},
      {"command-r", starcoder},
      {"smollm", starcoder},
      {"default", {split_rule::historic, false, false, false}},
      {"tekken", {split_rule::tekken, false, false, false}},
      {"gpt-4o", {split_rule::gpt4o, false, false, false}},
  };
  for (const row& r : rows)
    if (r.name == name) return r.how;
  if (name.empty())
    return error{errc::unsupported,
                 "the file names no pre-tokenizer: choose one by name (old files were read with \"default\", a guess)"};
  return error{errc::unsupported, "unknown pre-tokenizer \"" + printable(name) + "\": choose a known one by name"};
}

RETORT_END
