// Byte-pair merging: the table of pairs and the engine that applies it, lowest rank first, leftmost among equals.
#pragma once

#include <retort/base/types.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

RETORT_BEGIN

namespace detail::bpe {

/// What a pair of neighbours becomes, and when. Rank `never` means: not at all.
struct merge {
  static constexpr std::uint32_t never = ~std::uint32_t{0};
  std::uint32_t rank = never;
  token id = -1;
};

/// 64 well mixed bits of two words.
RETORT_ALWAYS_INLINE std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t h = (a ^ 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
  h ^= h >> 32;
  h = (h ^ b) * 0xCA5A826395121157u;
  return h ^ h >> 29;
}

/// Hash of a byte string.
inline std::uint64_t hash_of(const char* p, std::size_t n) noexcept {
  std::uint64_t h = n;
  for (; n > 8; n -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    h = mix(h, word);
  }
  std::uint64_t word = 0;
  if (n == 8) {
    std::memcpy(&word, p, 8);
  } else if (n >= 4) {
    std::uint32_t low, high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + n - 4, 4);
    word = low | std::uint64_t{high} << 32;
  } else if (n > 0) {
    const auto at = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])}; };
    word = at(0) | at(n / 2) << 8 | at(n - 1) << 16;
  }
  return mix(h, word);
}

/// Pair of token ids -> merge. Open addressing, at most half full; most pairs asked for do not merge, and a filter
/// of 8 to 16 bits for each entry, small enough for the cache, answers for nearly all of those.
class pair_table {
 public:
  /// Room for `n` pairs; drops what was there.
  void reserve(std::size_t n) {
    std::size_t size = 64;
    while (size < 2 * n) size *= 2;
    slots_.assign(size, {});
    filter_.assign(size * 4 / 64, 0);
    mask_ = size - 1;
  }
  /// Keeps the first of two entries for one pair. False: the table is degenerate (only a file made for it is).
  bool insert(token left, token right, merge m) noexcept {
    const std::uint64_t h = hash(left, right);
    std::size_t i = static_cast<std::size_t>(h) & mask_;
    for (unsigned steps = 0; slots_[i].what.rank != merge::never; i = (i + 1) & mask_) {
      if (slots_[i].left == left && slots_[i].right == right) return true;
      if (++steps == max_steps) return false;
    }
    slots_[i] = {left, right, m};
    filter_[bit(h) / 64] |= std::uint64_t{1} << bit(h) % 64;
    return true;
  }
  [[nodiscard]] RETORT_ALWAYS_INLINE merge find(token left, token right) const noexcept {
    const std::uint64_t h = hash(left, right);
    if (!(filter_[bit(h) / 64] >> bit(h) % 64 & 1)) return {};
    for (std::size_t i = static_cast<std::size_t>(h) & mask_;; i = (i + 1) & mask_) {
      const entry& e = slots_[i];
      if ((e.left == left && e.right == right) || e.what.rank == merge::never) return e.what;
    }
  }
  /// Calls `f(left, right, merge)` for every pair.
  template <class F>
  void each(F f) const {
    for (const entry& e : slots_)
      if (e.what.rank != merge::never) f(e.left, e.right, e.what);
  }

 private:
  struct entry {
    token left = -1, right = -1;
    merge what;
  };
  static constexpr unsigned max_steps = 1024;
  static std::uint64_t hash(token left, token right) noexcept {
    const std::uint64_t key = std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
    const std::uint64_t h = (key ^ key >> 29) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
  }
  [[nodiscard]] std::size_t bit(std::uint64_t h) const noexcept {
    return static_cast<std::size_t>(h >> 30) & (mask_ * 4 + 3);
  }
  std::vector<entry> slots_ = std::vector<entry>(64);
  std::vector<std::uint64_t> filter_ = std::vector<std::uint64_t>(4);
  std::size_t mask_ = 63;
};

/// Finds the lowest of many ranks, leftmost first, and follows changes: levels of minima over 16.
/// cost  set() and lowest() O(log16 n); 4.3 bytes for each rank
class rank_heap {
 public:
  /// Takes the first n of `ranks()`, filled by the caller after resize(n).
  void resize(std::size_t n) {
    levels_ = 0;
    std::size_t total = 0;
    for (std::size_t m = n;; m = (m + 15) / 16) {
      const std::size_t padded = (m + 15) / 16 * 16;
      begin_[levels_++] = total;
      total += padded;
      if (padded <= 16) break;
    }
    if (at_.size() < total) at_.resize(total);
    std::fill_n(at_.begin(), total, merge::never);
    size_ = total;
  }
  [[nodiscard]] std::uint32_t* ranks() noexcept { return at_.data(); }
  void build() noexcept {
    for (unsigned l = 1; l < levels_; ++l) {
      const std::size_t n = (l + 1 < levels_ ? begin_[l + 1] : size_) - begin_[l];
      const std::size_t below = (begin_[l] - begin_[l - 1]) / 16;
      for (std::size_t i = 0; i < n && i < below; ++i) at_[begin_[l] + i] = lowest_of(&at_[begin_[l - 1] + i * 16]);
    }
  }
  void set(std::size_t i, std::uint32_t rank) noexcept {
    at_[i] = rank;
    for (unsigned l = 1; l < levels_; ++l) {
      i /= 16;
      const std::uint32_t low = lowest_of(&at_[begin_[l - 1] + i * 16]);
      if (at_[begin_[l] + i] == low) return;
      at_[begin_[l] + i] = low;
    }
  }
  /// Index of the lowest rank; `never` if none is left.
  [[nodiscard]] std::size_t lowest(std::uint32_t& rank) const noexcept {
    std::size_t i = 0;
    for (unsigned l = levels_; l-- > 0;) {
      const std::uint32_t* p = &at_[begin_[l] + i * 16];
      rank = lowest_of(p);
      if (rank == merge::never) return 0;
      std::size_t k = 0;
      while (p[k] != rank) ++k;
      i = i * 16 + k;
    }
    return i;
  }

 private:
  static std::uint32_t lowest_of(const std::uint32_t* p) noexcept {
    std::uint32_t low[4] = {p[0], p[1], p[2], p[3]};
    for (unsigned i = 4; i < 16; i += 4)
      for (unsigned k = 0; k < 4; ++k) low[k] = p[i + k] < low[k] ? p[i + k] : low[k];
    const std::uint32_t a = low[0] < low[1] ? low[0] : low[1], b = low[2] < low[3] ? low[2] : low[3];
    return a < b ? a : b;
  }
  std::vector<std::uint32_t> at_;
  std::array<std::size_t, 9> begin_{};  // 16^8 ranks
  unsigned levels_ = 0;
  std::size_t size_ = 0;
};

/// Working memory of one encode() call, reused from piece to piece.
struct scratch {
  std::vector<token> symbols;
  std::vector<token> merged;        // by position: what the symbol and its right neighbour become
  std::vector<std::uint32_t> next;  // by position: where the right neighbour starts
  std::vector<std::uint32_t> prev;
  rank_heap heap;
};

/// Merges n symbols in place and returns how many are left.
///
/// needs   n < 2^31; a symbol of -1 never merges       errors none
/// cost    O(n^2) moves of 12 bytes up to n = 48, O(n log n) above; about 17 n bytes of scratch
/// source  Sennrich et al. 2016 (arXiv:1508.07909), algorithm 1, with the order of the merge list
template <class First>
std::size_t merge_all(token* symbols, std::size_t n, const pair_table& pairs, scratch& work, First first_pair) {
  constexpr std::size_t small = 48;
  if (n < 2) return n;
  if (n <= small) {
    std::uint32_t rank[small];
    token id[small];
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const merge m = first_pair(i);
      rank[i] = m.rank;
      id[i] = m.id;
    }
    while (n > 1) {
      std::size_t best = 0;
      for (std::size_t i = 1; i + 1 < n; ++i)
        if (rank[i] < rank[best]) best = i;
      if (rank[best] == merge::never) break;
      symbols[best] = id[best];
      --n;
      for (std::size_t i = best + 1; i < n; ++i) symbols[i] = symbols[i + 1];
      for (std::size_t i = best; i + 1 < n; ++i) {
        rank[i] = rank[i + 1];
        id[i] = id[i + 1];
      }
      const auto renew = [&](std::size_t i) {
        const merge m = pairs.find(symbols[i], symbols[i + 1]);
        rank[i] = m.rank;
        id[i] = m.id;
      };
      if (best > 0) renew(best - 1);
      if (best + 1 < n) renew(best);
    }
    return n;
  }
  if (work.next.size() < n) {
    work.next.resize(n);
    work.prev.resize(n);
    work.merged.resize(n);
  }
  auto& heap = work.heap;
  heap.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    work.next[i] = static_cast<std::uint32_t>(i + 1);
    work.prev[i] = static_cast<std::uint32_t>(i - 1);
    const merge m = i + 1 < n ? first_pair(i) : merge{};
    heap.ranks()[i] = m.rank;
    work.merged[i] = m.id;
  }
  heap.build();
  const auto renew = [&](std::size_t i) {
    const std::size_t k = work.next[i];
    const merge m = k < n ? pairs.find(symbols[i], symbols[k]) : merge{};
    work.merged[i] = m.id;
    heap.set(i, m.rank);
  };
  constexpr token gone = -2;
  while (true) {
    std::uint32_t rank = merge::never;
    const std::size_t i = heap.lowest(rank);
    if (rank == merge::never) break;
    const std::size_t k = work.next[i];
    symbols[i] = work.merged[i];
    symbols[k] = gone;
    heap.set(k, merge::never);
    work.next[i] = work.next[k];
    if (work.next[k] < n) work.prev[work.next[k]] = static_cast<std::uint32_t>(i);
    renew(i);
    if (i > 0) renew(work.prev[i]);
  }
  std::size_t left = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (symbols[i] != gone) symbols[left++] = symbols[i];
  return left;
}

}  // namespace detail::bpe
RETORT_END
