// Unigram tokenizers (T5): the likeliest cut of a text, and the normalizer their files carry.
#pragma once

#include <retort/tokenizer/lexicon.hpp>
#include <retort/text/utf8.hpp>

RETORT_BEGIN
namespace detail::unigram {

/// The `precompiled_charsmap` of SentencePiece: a double array of prefixes, then their replacements.
///
/// errors  none: a damaged map replaces nothing where it leads outside itself
/// source  SentencePiece's normalizer and the darts-clone unit layout
class character_map {
 public:
  character_map() = default;
  explicit character_map(std::string_view file) {
    if (file.size() < 4) return;
    const std::size_t n = load(file, 0);
    if (n > file.size() - 4) return;
    for (std::size_t i = 0; i + 4 <= n; i += 4) units_.push_back(load(file, 4 + i));
    texts_ = file.substr(4 + n);
  }
  [[nodiscard]] bool empty() const noexcept { return units_.empty(); }

  /// Appends `text` with each longest known prefix replaced. Linear: a walk follows at most 64 bytes.
  void append(std::string& out, std::string_view text) const {
    while (!text.empty()) {
      std::size_t best = 0, at = 0;
      std::uint32_t value = 0;
      if (!units_.empty()) at = offset(units_[0]);
      for (std::size_t i = 0; i < text.size() && i < 64 && !units_.empty(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        at ^= c;
        if (at >= units_.size() || (units_[at] & 0x800000FFu) != c) break;
        const std::uint32_t unit = units_[at];
        at ^= offset(unit);
        if (unit >> 8 & 1) {
          if (at >= units_.size()) break;
          best = i + 1;
          value = units_[at] & 0x7FFFFFFFu;
        }
      }
      if (best > 0 && value < texts_.size()) {
        const std::string_view from = std::string_view(texts_).substr(value);
        out.append(from.substr(0, from.find('\0')));
        text.remove_prefix(best);
      } else {
        const std::size_t n = utf8::length(text[0]);
        out.append(text.substr(0, n));
        text.remove_prefix(n < text.size() ? n : text.size());
      }
    }
  }

 private:
  static std::uint32_t load(std::string_view file, std::size_t at) noexcept {
    std::uint32_t v = 0;
    for (unsigned i = 0; i < 4; ++i) v |= std::uint32_t{static_cast<unsigned char>(file[at + i])} << 8 * i;
    return v;
  }
  static std::size_t offset(std::uint32_t unit) noexcept { return std::size_t{unit >> 10} << ((unit & 0x200) >> 6); }
  std::vector<std::uint32_t> units_;
  std::string texts_;
};

/// The tokens that may be cut out, with their log-probabilities.
class model {
 public:
  void add(token id, std::string_view bytes, float score) {
    if (bytes.empty()) return;
    finder_.add(id, bytes);
    if (scores_.size() <= static_cast<std::size_t>(id)) scores_.resize(static_cast<std::size_t>(id) + 1);
    scores_[static_cast<std::size_t>(id)] = static_cast<double>(score);
  }
  /// `lowest`: the lowest score of a normal token; an unknown character scores 10 less.
  void build(float lowest) {
    finder_.build();
    unknown_score_ = static_cast<double>(lowest) - 10;
  }

  /// Calls `piece(id, begin, end)` for the likeliest cut of `text`; id -1 for a run of unknown characters.
  ///
  /// needs   valid UTF-8     cost  O(bytes x longest token), 24 bytes of memory for each byte of text
  /// source  Kudo 2018 (arXiv:1804.10959), section 3.2: Viterbi
  template <class Piece>
  void cut(std::string_view text, Piece piece) const {
    struct node {
      double score = 0;
      std::uint32_t begin = 0;
      token id = none;
    };
    std::vector<node> best(text.size() + 1);
    best[0].id = -1;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t n = utf8::length(text[i]);
      const double here = best[i].score;
      const auto offer = [&](std::size_t e, double score, token id) {
        if (best[e].id == none || best[e].score < score) best[e] = {score, static_cast<std::uint32_t>(i), id};
      };
      bool single = false;
      finder_.walk(text, i, [&](token id, std::size_t length) {
        if (i + length < text.size() && (text[i + length] & 0xC0) == 0x80) return;  // not inside a character
        single |= length == n;
        offer(i + length, here + scores_[static_cast<std::size_t>(id)], id);
      });
      if (!single) offer(i + n, here + unknown_score_, -1);
      i += n;
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> cuts;  // begin, end; last first
    for (std::size_t e = text.size(); e > 0; e = best[e].begin) {
      if (best[e].id < 0 && !cuts.empty() && best[cuts.back().second].id < 0)
        cuts.back().first = best[e].begin;  // neighbours that are unknown become one
      else cuts.emplace_back(best[e].begin, static_cast<std::uint32_t>(e));
    }
    for (std::size_t i = cuts.size(); i-- > 0;) piece(best[cuts[i].second].id, cuts[i].first, cuts[i].second);
  }

 private:
  static constexpr token none = -2;
  token_finder finder_;
  std::vector<double> scores_;
  double unknown_score_ = -10;
};

}  // namespace detail::unigram
RETORT_END
