// The texts of a vocabulary as a tree of bytes: which tokens can be written where a language allows these bytes.
#pragma once

#include <retort/tokenizer/tokenizer.hpp>

RETORT_BEGIN
namespace detail {

/// One bit for the kind of a byte; languages mostly treat all of a kind alike.
constexpr std::uint8_t kind_of_byte(std::uint8_t b) noexcept {
  if (b >= 0x80) return 128;
  if (b < 0x20 || b == 0x7F) return 64;
  if ((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z')) return 1;
  return b >= '0' && b <= '9' ? 2 : b == ' ' ? 4 : b == '"' ? 16 : b == '\\' ? 32 : 8;
}

/// All tokens that are text, in the order of their bytes. The node at index i stands for the bytes on the way to it;
/// what lies below it are the nodes up to skip(i). Node 0 is the root.
class token_trie {
 public:
  /// Longer tokens are runs of blanks and rules of dashes, which shorter ones write as well.
  static constexpr std::size_t max_token = 32;

  /// Tokens from n_vocab on, control tokens and tokens without bytes or with more than max_token are left out.
  /// errors  missing (no token ends a text)
  /// cost    a sort of the texts: about 0.1 s for 150,000 tokens; 12 bytes for each node
  static result<token_trie> make(const tokenizer& from, std::size_t n_vocab);

  [[nodiscard]] std::size_t n_vocab() const noexcept { return n_vocab_; }
  [[nodiscard]] std::size_t n_words() const noexcept { return (n_vocab_ + 63) / 64; }  ///< of a mask
  [[nodiscard]] bool is_text(token id) const {
    return id >= 0 && static_cast<std::size_t>(id) < n_vocab_ && is_text_[static_cast<std::size_t>(id)];
  }
  /// All tokens that may stand inside a text: those with bytes, control tokens too, that do not end it. One bit each.
  [[nodiscard]] const std::vector<std::uint64_t>& inner() const noexcept { return inner_; }
  [[nodiscard]] bool is_inner(token id) const {
    return id >= 0 && static_cast<std::size_t>(id) < n_vocab_ &&
           (inner_[static_cast<std::size_t>(id) / 64] >> static_cast<unsigned>(id) % 64 & 1) != 0;
  }
  [[nodiscard]] bool is_end(token id) const { return std::find(ends_.begin(), ends_.end(), id) != ends_.end(); }
  [[nodiscard]] const std::vector<token>& ends() const noexcept { return ends_; }
  [[nodiscard]] std::size_t longest() const noexcept { return longest_; }  ///< bytes
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(nodes_.size() - 1); }

  [[nodiscard]] std::uint8_t byte(std::uint32_t at) const { return nodes_[at].byte; }
  [[nodiscard]] std::uint32_t skip(std::uint32_t at) const { return nodes_[at].skip; }
  /// The tokens with exactly these bytes: those that begin here, before those of the next node.
  [[nodiscard]] std::span<const token> tokens(std::uint32_t at) const {
    return {ids_.data() + nodes_[at].first, ids_.data() + nodes_[at + 1].first};
  }
  /// The tokens whose bytes begin like this, these included.
  [[nodiscard]] std::span<const token> tokens_from(std::uint32_t at) const {
    return {ids_.data() + nodes_[at].first, ids_.data() + nodes_[nodes_[at].skip].first};
  }
  /// The kinds of all bytes below a node.
  [[nodiscard]] std::uint8_t kinds_below(std::uint32_t at) const { return nodes_[at].below; }
  /// The node one byte further, or 0.
  [[nodiscard]] std::uint32_t child(std::uint32_t at, std::uint8_t b) const {
    for (std::uint32_t i = at + 1; i < nodes_[at].skip; i = nodes_[i].skip)
      if (nodes_[i].byte == b) return i;
    return 0;
  }

 private:
  struct node {
    std::uint32_t first;  // of ids_
    std::uint32_t skip;
    std::uint8_t byte, below;
  };
  void close(std::vector<std::uint32_t>& path, std::size_t depth) {
    while (path.size() > depth + 1) {
      node& done = nodes_[path.back()];
      done.skip = static_cast<std::uint32_t>(nodes_.size());
      path.pop_back();
      nodes_[path.back()].below =
          static_cast<std::uint8_t>(nodes_[path.back()].below | done.below | kind_of_byte(done.byte));
    }
  }
  std::size_t n_vocab_ = 0, longest_ = 0;
  std::vector<token> ids_, ends_;
  std::vector<bool> is_text_;
  std::vector<std::uint64_t> inner_;
  std::vector<node> nodes_;
};

#if RETORT_CARRIES(RETORT_PART_TOKENIZER)

RETORT_INLINE result<token_trie> token_trie::make(const tokenizer& from, std::size_t n_vocab) {
  token_trie t;
  t.n_vocab_ = n_vocab;
  for (const token id : from.ends())
    if (id >= 0 && static_cast<std::size_t>(id) < n_vocab) t.ends_.push_back(id);
  if (t.ends_.empty()) return error{errc::missing, "the vocabulary has no token that ends a text"};
  t.inner_.assign(t.n_words(), 0);
  for (std::size_t i = 0; i < std::min(n_vocab, from.size()); ++i) {
    const auto id = static_cast<token>(i);
    const token_type type = from.type(id);
    if (type == token_type::unused || from.bytes(id).empty() || from.is_end(id)) continue;
    t.inner_[i / 64] |= std::uint64_t{1} << i % 64;
    const bool text = type == token_type::normal || type == token_type::user_defined || type == token_type::byte;
    if (text && from.bytes(id).size() <= max_token) t.ids_.push_back(id);
  }
  t.is_text_.assign(n_vocab, false);
  for (const token id : t.ids_) t.is_text_[static_cast<std::size_t>(id)] = true;
  std::sort(t.ids_.begin(), t.ids_.end(), [&](token a, token b) {
    const int order = from.bytes(a).compare(from.bytes(b));
    return order != 0 ? order < 0 : a < b;
  });
  std::string_view before;
  std::vector<std::uint32_t> path{0};  // nodes from the root to the last text
  t.nodes_.push_back({0, 0, 0, 0});
  for (std::size_t i = 0; i < t.ids_.size(); ++i) {
    const std::string_view text = from.bytes(t.ids_[i]);
    t.longest_ = std::max(t.longest_, text.size());
    std::size_t same = 0;
    while (same < std::min(before.size(), text.size()) && before[same] == text[same]) ++same;
    t.close(path, same);
    for (std::size_t at = same; at < text.size(); ++at) {
      path.push_back(static_cast<std::uint32_t>(t.nodes_.size()));
      t.nodes_.push_back({static_cast<std::uint32_t>(i), 0, static_cast<std::uint8_t>(text[at]), 0});
    }
    before = text;
  }
  t.close(path, 0);
  t.nodes_[0].skip = static_cast<std::uint32_t>(t.nodes_.size());
  t.nodes_.push_back({static_cast<std::uint32_t>(t.ids_.size()), 0, 0, 0});
  return t;
}

#endif

}  // namespace detail
RETORT_END
