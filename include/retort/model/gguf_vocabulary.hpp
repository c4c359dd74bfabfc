// The vocabulary and chat template of a GGUF file, as the text floor takes them.
#pragma once

#include <retort/io/weights.hpp>
#include <retort/tokenizer/tokenizer.hpp>

RETORT_BEGIN

namespace detail {

/// The ids of the special tokens, under their present and older names.
inline result<void> read_special_ids(const gguf& file, vocabulary& v) {
  const auto id = [&file](std::initializer_list<const char*> keys, std::optional<token>& out) -> result<void> {
    for (const char* k : keys) {
      const std::string key = std::string("tokenizer.ggml.") + k;
      if (out || !file.has(key)) continue;
      RETORT_TRY(const std::uint64_t n, file.uint(key, 0xffffffffu));
      if (n <= 0x7fffffff) out = static_cast<token>(n);
    }
    return {};
  };
  RETORT_CHECK(id({"bos_token_id"}, v.bos));
  RETORT_CHECK(id({"eos_token_id"}, v.eos));
  RETORT_CHECK(id({"eot_token_id"}, v.eot));
  RETORT_CHECK(id({"eom_token_id"}, v.eom));
  RETORT_CHECK(id({"unknown_token_id"}, v.unknown));
  RETORT_CHECK(id({"padding_token_id"}, v.padding));
  RETORT_CHECK(id({"fim_pre_token_id", "prefix_token_id"}, v.fim_prefix));
  RETORT_CHECK(id({"fim_suf_token_id", "suffix_token_id"}, v.fim_suffix));
  RETORT_CHECK(id({"fim_mid_token_id", "middle_token_id"}, v.fim_middle));
  RETORT_CHECK(id({"fim_pad_token_id"}, v.fim_padding));
  RETORT_CHECK(id({"fim_rep_token_id"}, v.fim_repository));
  RETORT_CHECK(id({"fim_sep_token_id"}, v.fim_separator));
  return {};
}

inline result<void> read_flags(const gguf& file, vocabulary& v) {
  const auto flag = [&file](const char* k, std::optional<bool>& out) -> result<void> {
    const std::string key = std::string("tokenizer.ggml.") + k;
    if (!file.has(key)) return {};
    RETORT_TRY(out, file.boolean(key));
    return {};
  };
  RETORT_CHECK(flag("add_bos_token", v.add_bos));
  RETORT_CHECK(flag("add_eos_token", v.add_eos));
  RETORT_CHECK(flag("add_space_prefix", v.add_space_prefix));
  RETORT_CHECK(flag("remove_extra_whitespaces", v.remove_extra_spaces));
  return {};
}

}  // namespace detail

/// The vocabulary of a file; views into it.
///
/// `pre` overrides the file's pre-tokenizer name where it is not empty.
/// errors  missing, mismatch, bad_file: the key, what was expected and found
inline result<vocabulary> read_vocabulary(const gguf& file, std::string_view pre = {}) {
  vocabulary v;
  RETORT_TRY(v.model, file.string("tokenizer.ggml.model"));
  RETORT_TRY(v.pre, file.string_or("tokenizer.ggml.pre", ""));
  if (!pre.empty()) v.pre = pre;
  RETORT_TRY(const gguf_strings texts, file.strings("tokenizer.ggml.tokens"));
  v.texts.reserve(texts.size());
  for (std::string_view t : texts) v.texts.push_back(t);
  if (file.has("tokenizer.ggml.token_type")) {
    RETORT_TRY(const gguf_ints types, file.ints("tokenizer.ggml.token_type", texts.size()));
    v.types.reserve(types.size());
    for (std::size_t i = 0; i < types.size(); ++i)
      v.types.push_back(types[i] >= 1 && types[i] <= 6 ? static_cast<token_type>(types[i]) : token_type::normal);
  }
  if (file.has("tokenizer.ggml.scores")) {
    RETORT_TRY(const gguf_reals scores, file.reals("tokenizer.ggml.scores", texts.size()));
    v.scores.reserve(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) v.scores.push_back(static_cast<float>(scores[i]));
  }
  if (file.has("tokenizer.ggml.merges")) {
    RETORT_TRY(const gguf_strings merges, file.strings("tokenizer.ggml.merges"));
    v.merges.reserve(merges.size());
    for (std::string_view m : merges) v.merges.push_back(m);
  }
  if (const gguf_value* map = file.find("tokenizer.ggml.precompiled_charsmap")) {
    if (map->type != gguf_type::array || (map->element != gguf_type::u8 && map->element != gguf_type::i8))
      return error{errc::mismatch,
                   printable(file.file_name()) + ": key \"tokenizer.ggml.precompiled_charsmap\" is no byte array"};
    v.character_map = {reinterpret_cast<const char*>(map->data), static_cast<std::size_t>(map->bytes)};
  }
  RETORT_CHECK(detail::read_special_ids(file, v));
  RETORT_CHECK(detail::read_flags(file, v));
  return v;
}

RETORT_END
