// Texts of tokens: the bytes of each, the token for given bytes, and search for tokens inside text.
#pragma once

#include <retort/text/utf8.hpp>
#include <retort/tokenizer/bpe.hpp>

RETORT_BEGIN
namespace detail {

/// Appends a token's text with each character of the byte alphabet turned back into its byte. Text with any other
/// character is appended as it is.
/// source  GPT-2's bytes_to_unicode: printable Latin-1 stands for itself, the other 68 bytes for U+0100 onwards
inline void append_from_alphabet(std::string& out, std::string_view text) {
  static constexpr auto table = [] {
    std::array<std::int16_t, 0x144> byte_of{};
    int next = 0x100;
    for (auto& b : byte_of) b = -1;
    for (int b = 0; b < 256; ++b) {
      const bool itself = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      byte_of[static_cast<std::size_t>(itself ? b : next++)] = static_cast<std::int16_t>(b);
    }
    return byte_of;
  }();
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < text.size();) {
    std::size_t code = static_cast<unsigned char>(text[i++]);
    if (code >= 0x80) {
      const bool two = (code & 0xE0) == 0xC0 && i < text.size();
      code = two ? (code & 0x1F) << 6 | (static_cast<unsigned char>(text[i++]) & 0x3F) : table.size();
    }
    if (code >= table.size() || table[code] < 0) {
      out.resize(before);
      out.append(text);
      return;
    }
    out += static_cast<char>(static_cast<unsigned char>(table[code]));
  }
}

/// Appends text with U+2581, the visible space of SentencePiece, as a space.
inline void append_with_spaces(std::string& out, std::string_view text) {
  constexpr std::string_view mark = "\xE2\x96\x81";
  while (true) {
    const std::size_t at = text.find(mark);
    out.append(text.substr(0, at));
    if (at == text.npos) return;
    out += ' ';
    text.remove_prefix(at + mark.size());
  }
}

/// The byte of "<0x41>", or -1.
inline int byte_of_name(std::string_view text) noexcept {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return -1;
  const int high = hex_digit(text[3]), low = hex_digit(text[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// The bytes of all tokens, and the way back from bytes to a token. About 30 bytes for each token and its text.
class lexicon {
 public:
  struct hit {
    token id = -1;
    bool whole = false;  ///< a piece of text with exactly these bytes is this token
  };

  /// needs   fewer than 2^31 bytes in all
  void reserve(std::size_t n_tokens, std::size_t n_bytes) {
    blob_.reserve(n_bytes);
    begin_.reserve(n_tokens + 1);
    std::size_t size = 64;
    while (size * 2 < n_tokens * 3) size *= 2;
    slots_.assign(size, {});
    mask_ = size - 1;
  }
  /// The next id's bytes.
  void add(std::string_view bytes) {
    blob_.append(bytes);
    begin_.push_back(static_cast<std::uint32_t>(blob_.size()));
  }
  [[nodiscard]] std::size_t size() const noexcept { return begin_.size() - 1; }
  [[nodiscard]] std::string_view operator[](token id) const noexcept {
    const auto i = static_cast<std::size_t>(id);
    return {blob_.data() + begin_[i], begin_[i + 1] - begin_[i]};
  }
  /// Makes a token the one found for its bytes, in place of another if `replace`. False: degenerate table.
  bool index(token id, bool replace) noexcept {
    const std::string_view text = (*this)[id];
    if (text.empty()) return true;
    const std::uint64_t key = key_of(text);
    std::size_t i = slot_of(key, text.size());
    for (unsigned steps = 0; slots_[i].id >= 0; i = (i + 1) & mask_) {
      if (same(slots_[i], key, text)) {
        if (replace) slots_[i].id = id;
        return true;
      }
      if (++steps == 1024 || steps == mask_) return false;
    }
    slots_[i] = {key, id, static_cast<std::uint32_t>(text.size())};
    return true;
  }
  /// Starts loading what index() or find() of this text will look at.
  void prefetch(std::string_view text) const noexcept {
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(&slots_[slot_of(key_of(text), text.size())]);
#else
    static_cast<void>(text);
#endif
  }
  void set_whole(token id) noexcept {
    if (slot* s = const_cast<slot*>(search((*this)[id])); s && s->id == id) s->length |= whole_bit;
  }
  [[nodiscard]] hit find(std::string_view text) const noexcept {
    const slot* s = search(text);
    return s ? hit{s->id, (s->length & whole_bit) != 0} : hit{};
  }

 private:
  struct slot {
    std::uint64_t key = 0;  // up to 8 bytes of text themselves, or their hash
    token id = -1;
    std::uint32_t length = 0;
  };
  static constexpr std::uint32_t whole_bit = 1u << 31;

  static std::uint64_t key_of(std::string_view text) noexcept {
    if (text.size() > 8) return bpe::hash_of(text.data(), text.size());
    std::uint64_t word = 0;
    const char* p = text.data();
    const std::size_t n = text.size();
    if (n >= 4) {
      std::uint32_t low, high;
      std::memcpy(&low, p, 4);
      std::memcpy(&high, p + n - 4, 4);
      word = low | std::uint64_t{high} << 8 * (n - 4);
    } else if (n > 0) {
      const auto at = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])} << 8 * i; };
      word = at(0) | at(n / 2) | at(n - 1);
    }
    return word;
  }
  [[nodiscard]] std::size_t slot_of(std::uint64_t key, std::size_t n) const noexcept {
    return static_cast<std::size_t>(bpe::mix(key, n)) & mask_;
  }
  [[nodiscard]] bool same(const slot& s, std::uint64_t key, std::string_view text) const noexcept {
    return s.key == key && (s.length & ~whole_bit) == text.size() && (text.size() <= 8 || (*this)[s.id] == text);
  }
  [[nodiscard]] const slot* search(std::string_view text) const noexcept {
    if (text.empty() || slots_.empty()) return nullptr;
    const std::uint64_t key = key_of(text);
    for (std::size_t i = slot_of(key, text.size()); slots_[i].id >= 0; i = (i + 1) & mask_)
      if (same(slots_[i], key, text)) return &slots_[i];
    return nullptr;
  }

  std::string blob_;
  std::vector<std::uint32_t> begin_ = {0};
  std::vector<slot> slots_;
  std::size_t mask_ = 0;
};

/// Some of a lexicon's tokens, sorted, to be recognised anywhere in a text.
class token_finder {
 public:
  /// Adds a token; call build() when all are in.
  void add(token id, std::string_view text) {
    if (!text.empty()) list_.push_back({text_offset(text), static_cast<std::uint32_t>(text.size()), id});
  }
  void build() {
    std::sort(list_.begin(), list_.end(), [&](const item& a, const item& b) {
      const int order = text(a).compare(text(b));
      return order != 0 ? order < 0 : a.id < b.id;
    });
    // Of equal texts the highest id stays.
    std::size_t n = 0;
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (i + 1 == list_.size() || text(list_[i]) != text(list_[i + 1])) list_[n++] = list_[i];
    list_.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::string_view t = text(list_[i]);
      auto& range = first_[static_cast<unsigned char>(t[0])];
      if (range.second == 0) range.first = static_cast<std::uint32_t>(i);
      range.second = static_cast<std::uint32_t>(i + 1);
      if (t.size() == 1)
        for (unsigned b = 0; b < 256; ++b) set_second(t[0], static_cast<char>(b));
      else set_second(t[0], t[1]);
    }
  }
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }

  /// Calls `found(id, length)` for each token that stands at `i`, shortest first.
  template <class Found>
  void walk(std::string_view in, std::size_t i, Found found) const {
    auto [low, high] = first_[static_cast<unsigned char>(in[i])];
    for (std::size_t depth = 1; low < high; ++depth) {
      if (list_[low].length == depth) {
        found(list_[low].id, depth);
        ++low;
      }
      if (i + depth == in.size()) return;
      const auto c = static_cast<unsigned char>(in[i + depth]);
      const auto at = [&](const item& t) { return static_cast<unsigned char>(text(t)[depth]); };
      const auto begin = list_.begin();
      const auto less = std::partition_point(begin + low, begin + high, [&](const item& t) { return at(t) < c; });
      const auto more = std::partition_point(less, begin + high, [&](const item& t) { return at(t) == c; });
      low = static_cast<std::uint32_t>(less - begin);
      high = static_cast<std::uint32_t>(more - begin);
    }
  }
  /// The first position from i on where a token may stand; in.size() if there is none.
  [[nodiscard]] std::size_t candidate(std::string_view in, std::size_t i) const noexcept {
    for (; i < in.size(); ++i) {
      if (first_[static_cast<unsigned char>(in[i])].second == 0) continue;
      if (i + 1 == in.size() || has_second(in[i], in[i + 1])) return i;
    }
    return in.size();
  }
  /// The token with exactly this text, or -1.
  [[nodiscard]] token find(std::string_view exact) const noexcept {
    const auto at = std::partition_point(list_.begin(), list_.end(), [&](const item& t) { return text(t) < exact; });
    return at != list_.end() && text(*at) == exact ? at->id : -1;
  }

 private:
  struct item {
    std::uint32_t begin, length;
    token id;
  };
  std::uint32_t text_offset(std::string_view t) {
    const auto at = static_cast<std::uint32_t>(blob_.size());
    blob_.append(t);
    return at;
  }
  [[nodiscard]] std::string_view text(const item& t) const noexcept { return {blob_.data() + t.begin, t.length}; }
  static std::size_t pair_of(char a, char b) noexcept {
    return static_cast<std::size_t>(static_cast<unsigned char>(a)) << 8 | static_cast<unsigned char>(b);
  }
  void set_second(char a, char b) {
    if (second_.empty()) second_.resize(1024);
    second_[pair_of(a, b) / 64] |= std::uint64_t{1} << pair_of(a, b) % 64;
  }
  [[nodiscard]] bool has_second(char a, char b) const noexcept {
    return (second_[pair_of(a, b) / 64] >> pair_of(a, b) % 64 & 1) != 0;
  }
  std::string blob_;
  std::vector<item> list_;
  std::array<std::pair<std::uint32_t, std::uint32_t>, 256> first_{};  // tokens by first byte
  std::vector<std::uint64_t> second_;                                 // a bit for each two first bytes in use
};

}  // namespace detail
RETORT_END
