// Texts to watch for in a stream: stop strings and tags, which may arrive in any number of parts.
#pragma once

#include <retort/base/types.hpp>

#include <algorithm>
#include <optional>
#include <vector>

RETORT_BEGIN

/// Passes a stream on, holds back what may be the beginning of a watched text, and stops at the first whole one.
///
/// Of several finds the one that ends first counts; of those that end together the longest. If the stream comes in
/// whole characters and the watched texts are UTF-8, whole characters come out.
///
/// errors none        cost  O(bytes x watched texts); holds back less than the longest watched text
/// source Knuth, Morris, Pratt 1977, one automaton for each text
/// tested tests/text/tokenizer_decode_test.cpp
class stop_watch {
 public:
  /// Empty texts are never found.
  explicit stop_watch(std::vector<std::string> texts) : texts_(std::move(texts)), matched_(texts_.size(), 0) {
    for (const std::string& t : texts_) {
      std::vector<std::size_t> border(t.size() + 1, 0);  // length of the longest proper prefix that is a suffix
      for (std::size_t i = 1; i < t.size(); ++i) {
        std::size_t k = border[i];
        while (k > 0 && t[k] != t[i]) k = border[k];
        border[i + 1] = t[k] == t[i] ? k + 1 : 0;
      }
      borders_.push_back(std::move(border));
    }
  }

  /// Takes the next part; gives what certainly belongs to no watched text. The view lives until the next call.
  /// After a find it gives nothing and adds to rest().
  std::string_view push(std::string_view part) {
    out_.clear();
    if (found_) {
      rest_.append(part);
      return out_;
    }
    rest_.append(part);
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      held_ += rest_[i];
      std::size_t longest = 0;
      for (std::size_t k = 0; k < texts_.size(); ++k) {
        const std::string& t = texts_[k];
        if (t.empty()) continue;
        std::size_t& m = matched_[k];
        while (m > 0 && t[m] != rest_[i]) m = borders_[k][m];
        if (t[m] == rest_[i]) ++m;
        if (m == t.size() && (!found_ || t.size() > texts_[*found_].size())) found_ = k;
        longest = std::max(longest, m);
      }
      const std::size_t keep = found_ ? texts_[*found_].size() : longest;
      out_.append(held_, 0, held_.size() - keep);
      held_.erase(0, held_.size() - keep);
      if (found_) {
        held_.clear();
        rest_.erase(0, i + 1);
        return out_;
      }
    }
    rest_.clear();
    return out_;
  }
  /// Ends the stream: gives what was held back.
  std::string_view flush() {
    out_.swap(held_);
    held_.clear();
    matched_.assign(texts_.size(), 0);
    return out_;
  }
  /// Which text was found, by its place in the list.
  [[nodiscard]] std::optional<std::size_t> found() const noexcept { return found_; }
  /// What came after the text that was found.
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  /// Goes on after a find: the next push() begins with rest().
  void resume() {
    found_.reset();
    matched_.assign(texts_.size(), 0);
  }

 private:
  std::vector<std::string> texts_;
  std::vector<std::vector<std::size_t>> borders_;  // by text and number of matched bytes
  std::vector<std::size_t> matched_;               // by text: bytes of its beginning that the stream ends with
  std::string held_, out_, rest_;
  std::optional<std::size_t> found_;
};

RETORT_END
