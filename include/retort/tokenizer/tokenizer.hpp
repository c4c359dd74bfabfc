// Text to tokens and back: byte-level BPE, SentencePiece BPE and Unigram behind one class.
// Read on: split.hpp (where text is cut), bpe.hpp (how pieces are merged).
#pragma once

#include <retort/tokenizer/lexicon.hpp>
#include <retort/tokenizer/normalize.hpp>
#include <retort/tokenizer/unigram.hpp>
#include <retort/tokenizer/vocabulary.hpp>

RETORT_BEGIN

/// Which tokens with a meaning beyond their text are recognised in a text.
enum class special : std::uint8_t {
  parse,  ///< all: control, user-defined and unknown tokens
  plain,  ///< user-defined ones only, so that a text cannot forge the structure of a prompt
};

/// A stretch of a prompt and whether it may carry control tokens.
struct text_part {
  std::string_view text;
  bool trusted = true;
};

/// Turns text into tokens and tokens into bytes. Immutable: share it between threads.
class tokenizer {
 public:
  /// errors  unsupported (model kind or pre-tokenizer not known), mismatch (array lengths differ), missing (no
  ///         tokens, or what the model kind needs), bad_file (too large, made to be slow, or merges that make few of
  ///         the tokens)
  /// cost    one pass over texts and merges; 150,000 tokens take 0.05 to 0.1 s and about 20 MB
  static result<tokenizer> make(const vocabulary& from);

  /// Appends the tokens of `text` to `out`; no BOS is added. Malformed UTF-8 is read as U+FFFD.
  ///
  /// errors  limit: more than 1 GiB of text
  /// cost    O(n log n) for any text, typically 25 to 90 MB/s; memory: 20 bytes for each byte of the longest piece
  /// source  the tokenizers the models were trained with; specials leftmost, longest first
  /// tested  tests/tokenizer/tokenizer_golden_test.cpp, tests/tokenizer/bpe_test.cpp
  result<void> encode(std::string_view text, special mode, std::vector<token>& out) const {
    const text_part part{text, mode == special::parse};
    return encode(std::span<const text_part>(&part, 1), out);
  }
  /// The same for a prompt whose parts come from different hands. Parts are joined before anything is cut, so
  /// that ids do not depend on where one ends; a control token is recognised only where all its bytes are trusted.
  result<void> encode(std::span<const text_part> parts, std::vector<token>& out) const;

  /// What the token stands for, as bytes; not always whole UTF-8 characters. Empty for an id out of range.
  [[nodiscard]] std::string_view bytes(token id) const noexcept { return valid(id) ? texts_[id] : std::string_view{}; }
  [[nodiscard]] token_type type(token id) const noexcept {
    return valid(id) ? types_[static_cast<std::size_t>(id)] : token_type::unused;
  }
  /// Control and unknown tokens, which decoding leaves out unless asked for.
  [[nodiscard]] bool is_control(token id) const noexcept {
    const token_type t = type(id);
    return t == token_type::control || t == token_type::unknown;
  }
  /// Whether the token ends a reply.
  [[nodiscard]] bool is_end(token id) const noexcept {
    return std::find(ends_.begin(), ends_.end(), id) != ends_.end();
  }
  [[nodiscard]] const std::vector<token>& ends() const noexcept { return ends_; }
  [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }

  [[nodiscard]] std::optional<token> bos() const noexcept { return ids_.bos; }
  [[nodiscard]] std::optional<token> eos() const noexcept { return ids_.eos; }
  [[nodiscard]] std::optional<token> eot() const noexcept { return ids_.eot; }
  [[nodiscard]] std::optional<token> unknown() const noexcept { return ids_.unknown; }
  [[nodiscard]] std::optional<token> padding() const noexcept { return ids_.padding; }
  [[nodiscard]] std::optional<token> fim_prefix() const noexcept { return ids_.fim_prefix; }
  [[nodiscard]] std::optional<token> fim_suffix() const noexcept { return ids_.fim_suffix; }
  [[nodiscard]] std::optional<token> fim_middle() const noexcept { return ids_.fim_middle; }
  /// Whether the model expects BOS before (EOS after) a text that does not bring its own.
  [[nodiscard]] bool add_bos() const noexcept { return add_bos_; }
  [[nodiscard]] bool add_eos() const noexcept { return add_eos_; }
  /// Whether decoding drops one leading space, which encoding has put there.
  [[nodiscard]] bool drops_leading_space() const noexcept { return space_prefix_; }

  /// The token with exactly these bytes; one with a meaning of its own before a normal one.
  [[nodiscard]] std::optional<token> find(std::string_view text) const noexcept {
    token id = specials_.find(text);
    if (id < 0) id = texts_.find(text).id;
    return !valid(id) ? std::nullopt : std::optional<token>(id);
  }

  /// The text of some tokens, with U+FFFD for each maximal malformed subpart.
  [[nodiscard]] std::string decode(std::span<const token> ids, bool render_special = false) const;

 private:
  tokenizer() = default;
  enum class kind : std::uint8_t { bytes, characters, unigram };
  struct special_ids {
    std::optional<token> bos, eos, eot, unknown, padding, fim_prefix, fim_suffix, fim_middle;
  };
  using merge = detail::bpe::merge;
  using scratch = detail::bpe::scratch;
  static constexpr std::size_t max_text = std::size_t{1} << 30, max_tokens = std::size_t{1} << 24;
  static constexpr std::size_t max_token = 4096, max_special = 256;  // bytes; real ones have 256 and 80 at most
  static constexpr std::size_t max_characters = 256;                 // of a token that SentencePiece may merge to

  [[nodiscard]] bool valid(token id) const noexcept { return id >= 0 && static_cast<std::size_t>(id) < types_.size(); }
  [[nodiscard]] bool is_special(token id) const noexcept {
    const token_type t = type(id);
    return t == token_type::control || t == token_type::user_defined || t == token_type::unknown;
  }

  // Building, in this order.
  result<void> take_texts(const vocabulary& from);
  void take_ids(const vocabulary& from);
  result<void> take_merges(const vocabulary& from);
  [[nodiscard]] result<void> check_merges(const std::vector<bool>& made, std::size_t n_merges) const;
  result<void> take_scores(const vocabulary& from);
  result<void> take_unigram(const vocabulary& from);
  void finish_pairs(bool ignore_merges);
  void find_safe_characters();
  static error slow_table() { return {errc::bad_file, "the vocabulary's texts collide as only chosen ones do"}; }
  /// Room for characters that are not tokens but parts of some.
  static constexpr std::size_t spare(std::size_t n) noexcept { return n / 4 + 64; }

  // Encoding: text without specials, then one piece of it.
  void encode_plain(std::string_view text, bool at_start, scratch& work, std::string& copy,
                    std::vector<token>& out) const;
  void encode_piece(std::string_view piece, scratch& work, std::vector<token>& out) const;
  std::size_t merge_piece(std::string_view piece, scratch& work) const;
  void put_unknown(std::string_view bytes, std::vector<token>& out) const;
  [[nodiscard]] token character(std::string_view bytes) const noexcept {
    return bytes.size() == 1 ? first_[static_cast<unsigned char>(bytes[0])] : texts_.find(bytes).id;
  }

  kind kind_ = kind::bytes;
  pretokenizer how_;
  bool add_bos_ = false, add_eos_ = false;
  bool space_prefix_ = false, space_prefix_once_ = false, squeeze_spaces_ = false;
  bool cut_at_spaces_ = false;  // characters: no token has a space after another character
  special_ids ids_;
  std::vector<token> ends_;
  std::vector<token_type> types_;
  detail::lexicon texts_;  // ids from size() on: characters that only parts of tokens have
  detail::token_finder specials_;
  detail::bpe::pair_table pairs_;
  std::vector<merge> byte_pairs_;      // bytes: what two single bytes become
  std::vector<token> characters_;      // bytes: by code point below 10000, see find_safe_characters()
  std::vector<bool> torn_;             // bytes: by two neighbouring bytes, likewise
  std::array<token, 256> first_{};     // the token of each single byte (characters: ASCII), -1 for none
  std::array<token, 256> fallback_{};  // characters, unigram: "<0x41>" tokens
  std::size_t longest_ = 0;            // bytes of the longest token
  detail::unigram::model unigram_;
  detail::unigram::character_map map_;
};

/// Gives the text of a reply while its tokens arrive, never cutting a character.
///
/// needs   the tokenizer outlives it          errors none
/// cost    no allocation after the first tokens; O(bytes)
/// tested  tests/tokenizer/tokenizer_decode_test.cpp
class decoder {
 public:
  explicit decoder(const tokenizer& from, bool render_special = false) noexcept
      : from_(&from), render_special_(render_special), drop_space_(from.drops_leading_space()) {}

  /// Takes one token; gives the characters that are now whole. The view lives until the next call.
  std::string_view push(token id) {
    raw_ = !render_special_ && from_->is_control(id) ? std::string_view{} : from_->bytes(id);
    if (drop_space_ && !raw_.empty()) {
      if (raw_[0] == ' ') raw_.remove_prefix(1);
      drop_space_ = false;
    }
    text_.clear();
    pending_.append(raw_);
    take(false);
    return text_;
  }
  /// The bytes of the last token as they are, whole or not; without the leading space that is dropped.
  [[nodiscard]] std::string_view raw() const noexcept { return raw_; }
  /// Ends the text: what was held back as the beginning of a character becomes U+FFFD.
  std::string_view flush() {
    text_.clear();
    take(true);
    return text_;
  }
  /// Bytes held back: 0 to 3.
  [[nodiscard]] std::size_t pending() const noexcept { return pending_.size(); }

 private:
  void take(bool all) {
    std::string_view rest = pending_;
    while (!rest.empty()) {
      const std::size_t good = detail::utf8::valid_prefix(rest);
      text_.append(rest.substr(0, good));
      rest.remove_prefix(good);
      if (rest.empty()) break;
      const auto s = detail::utf8::next(rest.data(), rest.data() + rest.size());
      if (s.cut && !all) break;
      detail::utf8::append(text_, detail::utf8::replacement);
      rest.remove_prefix(s.length);
    }
    pending_.erase(0, pending_.size() - rest.size());
  }
  const tokenizer* from_;
  std::string pending_, text_;
  std::string_view raw_;
  bool render_special_, drop_space_;
};

namespace detail {

/// A text made of parts, and the stretches of it that are not trusted.
struct joined_text {
  std::string copy;
  std::string_view text;
  std::vector<std::pair<std::size_t, std::size_t>> closed;

  explicit joined_text(std::span<const text_part> parts) {
    if (parts.size() == 1) {
      text = parts[0].text;
      if (!parts[0].trusted) closed.emplace_back(0, text.size());
    } else {
      for (const text_part& p : parts) {
        if (!p.trusted && !p.text.empty()) closed.emplace_back(copy.size(), copy.size() + p.text.size());
        copy.append(p.text);
      }
      text = copy;
    }
    if (utf8::valid_prefix(text) != text.size()) repair();
  }

 private:
  /// Puts U+FFFD for malformed bytes and moves the stretches along.
  void repair() {
    std::string good;
    std::vector<std::size_t> moved;  // new offset of every begin and end, in order
    std::size_t at = 0;
    const auto up_to = [&](std::size_t end) {
      while (at < end) {
        const auto s = utf8::next(text.data() + at, text.data() + text.size());
        if (s.valid) good.append(text.substr(at, s.length));
        else utf8::append(good, s.code);
        at += s.length;
      }
      moved.push_back(good.size());
    };
    for (const auto& [begin, end] : closed) {
      up_to(begin);
      up_to(end);
    }
    up_to(text.size());
    for (std::size_t i = 0; i < closed.size(); ++i) closed[i] = {moved[2 * i], moved[2 * i + 1]};
    copy = std::move(good);
    text = copy;
  }
};

}  // namespace detail

#if RETORT_CARRIES(RETORT_PART_TOKENIZER)

RETORT_INLINE result<tokenizer> tokenizer::make(const vocabulary& from) {
  tokenizer t;
  if (from.model == "gpt2") {
    RETORT_TRY(t.how_, find_pretokenizer(from.pre));
  } else if (from.model == "llama") {
    t.kind_ = kind::characters;
  } else if (from.model == "t5") {
    t.kind_ = kind::unigram;
  } else {
    return error{errc::unsupported, "tokenizer model \"" + printable(from.model) + "\" is not gpt2, llama or t5"};
  }
  t.how_.compose = from.compose.value_or(t.how_.compose);
  RETORT_CHECK(t.take_texts(from));
  t.take_ids(from);
  if (t.kind_ == kind::unigram) {
    RETORT_CHECK(t.take_unigram(from));
  } else {
    if (t.kind_ == kind::bytes || from.scores.empty()) {
      RETORT_CHECK(t.take_merges(from));
    } else {
      RETORT_CHECK(t.take_scores(from));
    }
    t.finish_pairs(from.ignore_merges.value_or(t.how_.ignore_merges));
  }
  return t;
}

RETORT_INLINE result<void> tokenizer::take_texts(const vocabulary& from) {
  const std::size_t n = from.texts.size();
  const auto wrong = [&](const char* what, std::size_t found) {
    return error{errc::mismatch,
                 "the vocabulary has " + std::to_string(n) + " tokens but " + std::to_string(found) + " " + what};
  };
  if (n == 0) return error{errc::missing, "the vocabulary has no tokens"};
  if (!from.types.empty() && from.types.size() != n) return wrong("token types", from.types.size());
  if (!from.scores.empty() && from.scores.size() != n) return wrong("scores", from.scores.size());
  std::size_t total = 0;
  for (std::string_view text : from.texts) {
    total += text.size();
    if (total > max_text || n > max_tokens)
      return error{errc::bad_file, "the vocabulary is larger than 1 GiB or 16 million tokens"};
  }
  types_ = from.types;
  types_.resize(n, token_type::normal);
  texts_.reserve(n + spare(n), total + 4 * spare(n));
  fallback_.fill(-1);
  std::string bytes;
  for (std::size_t i = 0; i < n; ++i) {
    const auto id = static_cast<token>(i);
    bytes.clear();
    int byte = -1;
    if (types_[i] == token_type::byte && (byte = detail::byte_of_name(from.texts[i])) >= 0) {
      bytes = static_cast<char>(static_cast<unsigned char>(byte));
      fallback_[static_cast<unsigned>(byte)] = id;
    } else if (is_special(id)) {
      bytes = from.texts[i];
      specials_.add(id, bytes);
    } else if (kind_ == kind::bytes) {
      detail::append_from_alphabet(bytes, from.texts[i]);
    } else {
      detail::append_with_spaces(bytes, from.texts[i]);
    }
    if (bytes.size() > (is_special(id) ? max_special : max_token))
      return error{errc::bad_file, "token " + std::to_string(i) + " has " + std::to_string(bytes.size()) + " bytes"};
    if (bytes.size() > longest_) longest_ = bytes.size();
    texts_.add(bytes);
  }
  specials_.build();
  for (const bool specials : {false, true})  // merges may name special tokens, but normal ones come first
    for (std::size_t i = 0; i < n; ++i) {
      constexpr std::size_t ahead = 12;
      if (i + ahead < n) texts_.prefetch(texts_[static_cast<token>(i + ahead)]);
      const auto id = static_cast<token>(i);
      const bool byte = types_[i] == token_type::byte && detail::byte_of_name(from.texts[i]) >= 0;
      if (!byte && is_special(id) == specials && !texts_.index(id, !specials)) return slow_table();
    }
  return {};
}

RETORT_INLINE void tokenizer::take_ids(const vocabulary& from) {
  const auto given = [&](std::optional<token> id) { return id && valid(*id) ? id : std::nullopt; };
  // A token is known by its text only if it is more than text.
  const auto named = [&](std::initializer_list<std::string_view> texts) -> std::optional<token> {
    for (std::string_view text : texts)
      if (const token id = specials_.find(text); id >= 0 && type(id) != token_type::unknown) return id;
    return {};
  };
  const auto usual = [&](token id) {
    return valid(id) && (from.types.empty() || is_special(id)) ? std::optional<token>(id) : std::nullopt;
  };
  const auto first_of = [](std::optional<token> a, std::optional<token> b) { return a ? a : b; };
  ids_.bos = given(from.bos);
  ids_.eos = given(from.eos);
  ids_.unknown = given(from.unknown);
  ids_.padding = given(from.padding);
  if (kind_ == kind::characters) {
    ids_.bos = first_of(ids_.bos, usual(1));
    ids_.eos = first_of(ids_.eos, usual(2));
    ids_.unknown = first_of(ids_.unknown, usual(0));
  } else if (kind_ == kind::unigram) {
    ids_.eos = first_of(ids_.eos, usual(1));
    ids_.unknown = first_of(ids_.unknown, usual(2));
    ids_.padding = first_of(ids_.padding, usual(0));
  }
  // In harmony <|end|> ends a message, and the turn goes on.
  const bool harmony = named({"<|message|>"}) && named({"<|return|>"}) && named({"<|call|>"});
  const std::optional<token> message_end = harmony ? named({"<|end|>"}) : std::nullopt;
  const auto of_turn = [&](std::optional<token> id) { return harmony && id == message_end ? std::nullopt : id; };
  ids_.eot =
      first_of(of_turn(given(from.eot)),
               of_turn(named({"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<turn|>", "<EOT>", "<|EOT|>"})));
  ids_.fim_prefix = first_of(given(from.fim_prefix), named({"<|fim_prefix|>", "<fim_prefix>", "<｜fim▁begin｜>"}));
  ids_.fim_suffix = first_of(given(from.fim_suffix), named({"<|fim_suffix|>", "<fim_suffix>", "<｜fim▁hole｜>"}));
  ids_.fim_middle = first_of(given(from.fim_middle), named({"<|fim_middle|>", "<fim_middle>", "<｜fim▁end｜>"}));

  const auto end = [&](std::optional<token> id) {
    if (of_turn(id) && !is_end(*id)) ends_.push_back(*id);
  };
  for (const auto& id : {ids_.eos, ids_.eot, given(from.eom), given(from.fim_padding), given(from.fim_repository),
                         given(from.fim_separator)})
    end(id);
  for (std::string_view text : {"<｜end▁of▁sentence｜>",
                                "<|im_end|>",
                                "<|endoftext|>",
                                "<|eot_id|>",
                                "<|eom_id|>",
                                "<|end_of_text|>",
                                "<|end|>",
                                "<|return|>",
                                "<end_of_turn>",
                                "<turn|>",
                                "<EOT>",
                                "<|EOT|>",
                                "<|END_OF_TURN_TOKEN|>",
                                "<|assistant_end|>",
                                "<seed:eos>",
                                "[e~[",
                                "<|observation|>",
                                "<|fim_pad|>",
                                "<|repo_name|>",
                                "<|file_sep|>"})
    end(named({text}));
  if (harmony) end(named({"<|call|>"}));
  if (named({"<|observation|>"})) end(named({"<|user|>"}));  // GLM's, which end a turn by beginning the next

  const bool sentencepiece = kind_ != kind::bytes;
  add_bos_ = from.add_bos.value_or(kind_ == kind::characters || how_.add_bos) && ids_.bos;
  add_eos_ = from.add_eos.value_or(kind_ == kind::unigram) && ids_.eos;
  space_prefix_ = sentencepiece && from.add_space_prefix.value_or(true);
  space_prefix_once_ = from.space_prefix_once;
  squeeze_spaces_ = kind_ == kind::unigram && from.remove_extra_spaces.value_or(true);
}

RETORT_INLINE result<void> tokenizer::take_merges(const vocabulary& from) {
  if (from.merges.size() > max_tokens) return error{errc::bad_file, "the vocabulary has over 16 million merges"};
  pairs_.reserve(from.merges.size());
  // Each look-up waits for memory, so a few merges are under way at once.
  constexpr std::size_t batch = 16;
  struct read {
    std::string bytes;
    std::size_t cut = 0;  // length of the left half
  };
  std::array<read, batch> reads;
  std::vector<bool> made(size());
  const auto append = kind_ == kind::bytes ? detail::append_from_alphabet : detail::append_with_spaces;
  for (std::size_t begin = 0; begin < from.merges.size(); begin += batch) {
    const std::size_t n = std::min(batch, from.merges.size() - begin);
    for (std::size_t i = 0; i < n; ++i) {
      const std::string_view text = from.merges[begin + i];
      const std::size_t space = text.find(' ', 1);
      reads[i].bytes.clear();
      if (space == text.npos || space + 1 == text.size())
        return error{errc::bad_file, "merge " + std::to_string(begin + i) + ", \"" + printable(text) +
                                         "\", is not two tokens with a space between them"};
      append(reads[i].bytes, text.substr(0, space));
      reads[i].cut = reads[i].bytes.size();
      append(reads[i].bytes, text.substr(space + 1));
      const std::string_view whole = reads[i].bytes;
      for (std::string_view part : {whole.substr(0, reads[i].cut), whole.substr(reads[i].cut), whole})
        texts_.prefetch(part);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const std::string_view whole = reads[i].bytes;
      const token left = texts_.find(whole.substr(0, reads[i].cut)).id,
                  right = texts_.find(whole.substr(reads[i].cut)).id;
      const token both = texts_.find(whole).id;
      if (left < 0 || right < 0 || both < 0) continue;  // a merge of what is not there never happens
      if (!pairs_.insert(left, right, {static_cast<std::uint32_t>(begin + i), both})) return slow_table();
      made[static_cast<std::size_t>(both)] = true;
    }
  }
  return check_merges(made, from.merges.size());
}

/// Tokens that no merge makes are found in no text. Without its merges, or with those of another file, a vocabulary
/// would cut all text into single bytes, and nothing would tell.
RETORT_INLINE result<void> tokenizer::check_merges(const std::vector<bool>& made, std::size_t n_merges) const {
  std::size_t n_long = 0, n_made = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    const std::string_view text = texts_[static_cast<token>(i)];
    const std::size_t first = kind_ == kind::bytes || text.empty() ? 1 : detail::utf8::length(text[0]);
    if (types_[i] != token_type::normal || text.size() <= first) continue;
    ++n_long;
    n_made += made[i];
  }
  if (2 * n_made >= n_long) return {};
  return error{n_merges == 0 ? errc::missing : errc::bad_file,
               "the " + std::to_string(n_merges) + " merges of the vocabulary make " + std::to_string(n_made) +
                   " of its " + std::to_string(n_long) + " longer tokens; more than half are expected"};
}

/// SentencePiece gives a score to each token instead of a list of merges: any two neighbours merge whose bytes
/// together are a token, the best score first. All such pairs are made here once.
RETORT_INLINE result<void> tokenizer::take_scores(const vocabulary& from) {
  const std::size_t n = size();
  const auto score = [&](std::size_t i) { return from.scores[i] == from.scores[i] ? from.scores[i] : -1e30f; };
  std::vector<float> order;
  for (std::size_t i = 0; i < n; ++i) order.push_back(score(i));
  std::sort(order.begin(), order.end(), std::greater<>());
  order.erase(std::unique(order.begin(), order.end()), order.end());

  struct row {
    token left, right;
    merge what;
  };
  std::vector<row> rows;
  std::vector<std::uint32_t> cuts;
  for (std::size_t i = 0; i < n; ++i) {
    const auto id = static_cast<token>(i);
    const std::string_view text = texts_[id];
    if (types_[i] == token_type::byte || is_special(id) || texts_.find(text).id != id) continue;
    if (detail::utf8::valid_prefix(text) != text.size()) continue;
    cuts.clear();
    for (std::size_t k = 0; k < text.size(); k += detail::utf8::length(text[k]))
      cuts.push_back(static_cast<std::uint32_t>(k));
    if (cuts.size() < 2 || cuts.size() > max_characters) continue;
    const auto rank = std::lower_bound(order.begin(), order.end(), score(i), std::greater<>()) - order.begin();
    cuts.push_back(static_cast<std::uint32_t>(text.size()));
    for (std::size_t c = 1; c + 1 < cuts.size(); ++c) {
      const auto half = [&](std::size_t first, std::size_t last) {
        // texts_ grows inside, so the view is taken anew
        const std::string_view part = texts_[id].substr(cuts[first], cuts[last] - cuts[first]);
        const token known = texts_.find(part).id;
        if (known >= 0 || last - first > 1 || texts_.size() == n + spare(n)) return known;
        const auto made = static_cast<token>(texts_.size());  // a character that is no token itself
        texts_.add(std::string(part));
        return texts_.index(made, false) ? made : -1;
      };
      const token left = half(0, c), right = half(c, cuts.size() - 1);
      if (left >= 0 && right >= 0) rows.push_back({left, right, {static_cast<std::uint32_t>(rank), id}});
    }
  }
  pairs_.reserve(rows.size());
  for (const row& r : rows)
    if (!pairs_.insert(r.left, r.right, r.what)) return slow_table();
  return {};
}

/// Fills the short cuts: single bytes, pairs of bytes, and which tokens a piece can be taken for as a whole. Merging
/// arrives at nearly every token from its own bytes; one it does not arrive at must not be found whole, unless the
/// model says so (ignore_merges).
RETORT_INLINE void tokenizer::finish_pairs(bool ignore_merges) {
  for (unsigned b = 0; b < 256; ++b) {
    const char byte = static_cast<char>(static_cast<unsigned char>(b));
    first_[b] = texts_.find({&byte, 1}).id;
  }
  if (kind_ == kind::bytes) {
    byte_pairs_.resize(65536);
    for (std::size_t p = 0; p < 65536; ++p)
      if (first_[p >> 8] >= 0 && first_[p & 255] >= 0) byte_pairs_[p] = pairs_.find(first_[p >> 8], first_[p & 255]);
  }
  cut_at_spaces_ = kind_ == kind::characters;
  scratch work;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto id = static_cast<token>(i);
    if (is_special(id) || types_[i] == token_type::byte) continue;
    const std::string_view text = texts_[id];
    for (std::size_t k = 1; k < text.size() && cut_at_spaces_; ++k)
      if (text[k] == ' ' && text[k - 1] != ' ') cut_at_spaces_ = false;
    if (text.size() < 2) continue;
    if (!ignore_merges) {
      if (kind_ == kind::characters && detail::utf8::valid_prefix(text) != text.size()) continue;
      if (merge_piece(text, work) != 1 || work.symbols[0] != id) continue;
    }
    texts_.set_whole(id);
  }
  if (kind_ == kind::bytes) find_safe_characters();  // only now: the loop above needs every byte on its own
}

/// Byte-level merging can start from whole characters where nothing can come of starting from their bytes. That holds
/// for a character if (a) its bytes alone merge into one token; (b) that token takes part in no merge of a rank
/// below those it is made by, so it is complete before it is used; (c) no token reaches from outside into a part of
/// it. (a) and (b) are settled here for each character. For (c), two neighbouring bytes are `torn` if some token has
/// them next to each other where a character begins and holds only a part of the character on one side; a
/// character is taken whole where neither of its ends is torn.
RETORT_INLINE void tokenizer::find_safe_characters() {
  torn_.assign(65536, false);
  characters_.assign(65536, -1);
  std::vector<std::uint32_t> made(size(), 0);  // the highest rank inside a character's token, plus one
  const auto byte = [](std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto inner = [&](std::string_view text, std::size_t i) { return (byte(text, i) & 0xC0) == 0x80; };
  for (std::size_t i = 0; i < size(); ++i) {
    const auto id = static_cast<token>(i);
    const std::string_view text = texts_[id];
    if (text.size() < 2) continue;
    std::size_t head = 0, tail = text.size() - 1;
    while (head < text.size() && inner(text, head)) ++head;
    if (head > 0 && head < text.size()) torn_[byte(text, head - 1) * 256u + byte(text, head)] = true;
    while (tail > 0 && inner(text, tail)) --tail;
    if (tail > 0 && !inner(text, tail) && tail + detail::utf8::length(text[tail]) > text.size())
      torn_[byte(text, tail - 1) * 256u + byte(text, tail)] = true;
    if (text.size() > 3 || byte(text, 0) < 0xC2 || detail::utf8::length(text[0]) != text.size() ||
        detail::utf8::valid_prefix(text) != text.size() || is_special(id) || types_[i] == token_type::byte)
      continue;
    const auto pair = [&](std::size_t k) { return byte_pairs_[byte(text, k) * 256u + byte(text, k + 1)]; };
    merge last = pair(0);
    std::uint32_t rank = last.rank;
    if (text.size() == 3) {
      const merge right = pair(1);
      const bool left_first = last.rank <= right.rank;
      const merge first = left_first ? last : right;
      if (first.rank == merge::never) continue;
      last = left_first ? pairs_.find(first.id, first_[byte(text, 2)]) : pairs_.find(first_[byte(text, 0)], first.id);
      rank = std::max(first.rank, last.rank);
    }
    if (last.rank == merge::never || last.id != id) continue;
    unsigned n;
    characters_[detail::utf8::decode(text.data(), n)] = id;
    made[i] = rank + 1;
  }
  pairs_.each([&](token left, token right, const merge& m) {
    for (token part : {left, right})
      if (made[static_cast<std::size_t>(part)] > m.rank) made[static_cast<std::size_t>(part)] = merge::never;
  });
  for (token& id : characters_)
    if (id >= 0 && made[static_cast<std::size_t>(id)] == merge::never) id = -1;
}

RETORT_INLINE result<void> tokenizer::take_unigram(const vocabulary& from) {
  if (from.scores.empty()) return error{errc::missing, "a t5 vocabulary needs scores"};
  float lowest = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto id = static_cast<token>(i);
    const bool user = types_[i] == token_type::user_defined;
    if (!user && types_[i] != token_type::normal) continue;
    if (!user && from.scores[i] < lowest) lowest = from.scores[i];
    if (detail::utf8::valid_prefix(texts_[id]) == texts_[id].size())
      unigram_.add(id, texts_[id], user ? 0.0f : from.scores[i]);
  }
  unigram_.build(lowest);
  map_ = detail::unigram::character_map(from.character_map);
  return {};
}

RETORT_INLINE result<void> tokenizer::encode(std::span<const text_part> parts, std::vector<token>& out) const {
  std::size_t total = 0;
  for (const text_part& p : parts) {
    if (p.text.size() > max_text - total) return error{errc::limit, "a text to tokenize is longer than 1 GiB"};
    total += p.text.size();
  }
  const detail::joined_text in(parts);
  const std::string_view text = in.text;
  scratch work;
  std::string copy;
  std::size_t begin = 0, range = 0;
  for (std::size_t i = specials_.empty() ? text.size() : 0; i < text.size();) {
    i = specials_.candidate(text, i);
    if (i == text.size()) break;
    while (range < in.closed.size() && in.closed[range].second <= i) ++range;
    token best = -1;
    std::size_t length = 0;
    specials_.walk(text, i, [&](token id, std::size_t n) {
      const bool closed = range < in.closed.size() && in.closed[range].first < i + n;
      if (closed && type(id) != token_type::user_defined) return;
      best = id;
      length = n;
    });
    if (best < 0) {
      ++i;
      continue;
    }
    encode_plain(text.substr(begin, i - begin), begin == 0, work, copy, out);
    out.push_back(best);
    begin = i += length;
  }
  encode_plain(text.substr(begin), begin == 0, work, copy, out);
  return {};
}

RETORT_INLINE void tokenizer::encode_plain(std::string_view text, bool at_start, scratch& work, std::string& copy,
                                           std::vector<token>& out) const {
  if (text.empty()) return;
  if (kind_ == kind::bytes) {
    if (how_.compose) {
      const auto& table = detail::unicode::composition_table::get();
      if (detail::unicode::composed_prefix(text, table) != text.size()) {
        copy.clear();
        detail::unicode::append_composed(copy, text);
        text = copy;
      }
    }
    split_text(how_.rule, text, [&](std::size_t b, std::size_t e) { encode_piece(text.substr(b, e - b), work, out); });
    return;
  }
  copy.clear();
  if (space_prefix_ && (at_start || !space_prefix_once_)) copy += ' ';
  if (kind_ == kind::unigram) {
    std::string mapped;
    map_.append(mapped, text);
    detail::append_with_spaces(copy, mapped);
    if (squeeze_spaces_) {
      const bool prefix = space_prefix_ && (at_start || !space_prefix_once_);
      std::size_t n = 0;
      for (char c : copy)
        if (c != ' ' || (n > 0 ? copy[n - 1] != ' ' : prefix)) copy[n++] = c;
      while (n > 0 && copy[n - 1] == ' ') --n;
      copy.resize(n);
    }
    unigram_.cut(copy, [&](token id, std::size_t b, std::size_t e) {
      if (id >= 0) out.push_back(id);
      else put_unknown(std::string_view(copy).substr(b, e - b), out);
    });
    return;
  }
  detail::append_with_spaces(copy, text);
  text = copy;
  if (!cut_at_spaces_) return encode_piece(text, work, out);
  for (std::size_t b = 0; b < text.size();) {
    std::size_t e = text.find_first_not_of(' ', b);
    e = text.find(' ', e == text.npos ? text.size() : e);
    if (e == text.npos) e = text.size();
    encode_piece(text.substr(b, e - b), work, out);
    b = e;
  }
}

RETORT_INLINE void tokenizer::encode_piece(std::string_view piece, scratch& work, std::vector<token>& out) const {
  if (piece.size() == 1) {
    if (const token id = first_[static_cast<unsigned char>(piece[0])]; id >= 0 && valid(id)) out.push_back(id);
    else put_unknown(piece, out);
    return;
  }
  if (piece.size() <= longest_) {
    if (const auto hit = texts_.find(piece); hit.whole) {
      out.push_back(hit.id);
      return;
    }
  }
  const std::size_t n = merge_piece(piece, work);
  std::size_t at = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const token id = work.symbols[i];
    if (valid(id)) {
      out.push_back(id);
      at += texts_[id].size();
    } else {
      const std::size_t length = kind_ == kind::bytes ? 1 : detail::utf8::length(piece[at]);
      put_unknown(piece.substr(at, length), out);
      at += length;
    }
  }
}

RETORT_INLINE std::size_t tokenizer::merge_piece(std::string_view piece, scratch& work) const {
  if (work.symbols.size() < piece.size()) work.symbols.resize(piece.size());
  token* const symbols = work.symbols.data();
  if (kind_ == kind::bytes) {
    const auto* const p = reinterpret_cast<const unsigned char*>(piece.data());
    const std::size_t size = piece.size();
    const auto torn = [&](std::size_t i) { return i > 0 && i < size && torn_[p[i - 1] * 256u + p[i]]; };
    std::size_t n = 0;
    for (std::size_t i = 0; i < size;) {
      if (p[i] >= 0xC2 && p[i] < 0xF0 && !characters_.empty()) {
        unsigned length;
        const token id = characters_[detail::utf8::decode(piece.data() + i, length)];
        if (id >= 0 && !torn(i) && !torn(i + length)) {
          symbols[n++] = id;
          i += length;
          continue;
        }
      }
      symbols[n++] = first_[p[i++]];
    }
    if (n == size)
      return detail::bpe::merge_all(symbols, n, pairs_, work,
                                    [&](std::size_t i) { return byte_pairs_[p[i] * 256u + p[i + 1]]; });
    return detail::bpe::merge_all(symbols, n, pairs_, work,
                                  [&](std::size_t i) { return pairs_.find(symbols[i], symbols[i + 1]); });
  }
  std::size_t n = 0;
  for (std::size_t i = 0; i < piece.size();) {
    const std::size_t length = detail::utf8::length(piece[i]);
    symbols[n++] = character(piece.substr(i, length));
    i += length;
  }
  return detail::bpe::merge_all(symbols, n, pairs_, work,
                                [&](std::size_t i) { return pairs_.find(symbols[i], symbols[i + 1]); });
}

RETORT_INLINE void tokenizer::put_unknown(std::string_view bytes, std::vector<token>& out) const {
  bool all = true;
  for (char c : bytes) all = all && fallback_[static_cast<unsigned char>(c)] >= 0;
  if (all)
    for (char c : bytes) out.push_back(fallback_[static_cast<unsigned char>(c)]);
  else if (ids_.unknown) out.push_back(*ids_.unknown);
}

RETORT_INLINE std::string tokenizer::decode(std::span<const token> ids, bool render_special) const {
  decoder stream(*this, render_special);
  std::string out;
  for (token id : ids) out.append(stream.push(id));
  out.append(stream.flush());
  return out;
}

#endif

RETORT_END
