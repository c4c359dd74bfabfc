// What kind of character: the classes that pre-tokenizers distinguish, as bit flags.
#pragma once

#include <retort/text/unicode_tables.hpp>
#include <retort/text/utf8.hpp>

#include <array>

RETORT_BEGIN
namespace detail::unicode {

/// Classes as flags. `upper` and `lower` come with `letter`; titlecase counts as upper.
enum flag : unsigned {
  letter = 1,
  mark = 2,
  number = 4,
  punctuation = 8,
  symbol = 16,
  white = 32,
  upper = 64,
  lower = 128,
  newline = 256,  ///< CR and LF, which are `white` too
};

/// Reads the numbers of unicode_tables.hpp one after another.
class digits {
 public:
  explicit digits(const char* text) noexcept : at_(text) {}
  [[nodiscard]] bool more() noexcept {
    while (*at_ == '\n') ++at_;
    return *at_ != 0;
  }
  std::uint32_t next() noexcept {
    std::uint32_t value = 0;
    for (unsigned shift = 0; more(); shift += 5) {
      const auto digit = static_cast<std::uint32_t>(*at_++ - '0');
      value |= (digit & 31) << shift;
      if (digit < 32) break;
    }
    return value;
  }
  std::int32_t next_signed() noexcept {
    const auto v = static_cast<std::int32_t>(next());
    return v % 2 ? -(v + 1) / 2 : v / 2;
  }

 private:
  const char* at_;
};

/// A byte per code point, stored once per distinct block of 256.
/// cost  one or two loads a look-up; 4 KB + 256 bytes for each of at most `Blocks` distinct blocks
template <unsigned Blocks>
class byte_map {
 public:
  [[nodiscard]] unsigned operator[](char32_t code) const noexcept { return blocks_[index_[code >> 8]][code & 0xFF]; }

  /// Takes the bytes in order: call add() for consecutive runs from 0 to 10FFFF.
  class filler {
   public:
    explicit filler(byte_map& map) noexcept : map_(map) {}
    void add(std::uint32_t length, std::uint8_t value) noexcept {
      while (length > 0) {
        const std::uint32_t n = length < 256 - fill_ ? length : 256 - fill_;
        for (std::uint32_t i = 0; i < n; ++i) block_[fill_ + i] = value;
        fill_ += n;
        length -= n;
        if (fill_ == 256) flush();
      }
    }

   private:
    void flush() noexcept {
      fill_ = 0;
      unsigned b = 0;
      while (b < used_ && map_.blocks_[b] != block_) ++b;
      if (b == used_) {
        if (used_ == Blocks) return;  // cannot happen with the tables as generated; a test counts the blocks
        map_.blocks_[used_++] = block_;
      }
      if (at_ < map_.index_.size()) map_.index_[at_++] = static_cast<std::uint8_t>(b);
    }
    byte_map& map_;
    std::array<std::uint8_t, 256> block_{};
    std::uint32_t fill_ = 0;
    unsigned used_ = 0;
    std::size_t at_ = 0;
  };

 private:
  static_assert(Blocks <= 256);
  std::array<std::uint8_t, 0x1100> index_{};
  std::array<std::array<std::uint8_t, 256>, Blocks> blocks_{};
};

/// Class flags of every character, Unicode 16.0.
class class_table {
 public:
  /// The one instance: made on the first call (about 1 ms), safe from any thread, never changed.
  static const class_table& get() noexcept {
    static const class_table table;
    return table;
  }
  /// `code` <= 10FFFF
  [[nodiscard]] RETORT_ALWAYS_INLINE unsigned operator[](char32_t code) const noexcept {
    return code < 128 ? ascii_[code] : map_[code];
  }

 private:
  class_table() noexcept {
    constexpr std::uint8_t flags[11] = {0,    letter | upper, letter | lower, letter | upper, letter, letter,
                                        mark, number,         punctuation,    symbol,         white};
    byte_map<200>::filler fill(map_);
    for (digits in(classes); in.more();) {
      const std::uint32_t v = in.next();
      fill.add(v / 11 + 1, flags[v % 11]);
    }
    for (unsigned c = 0; c < 128; ++c) ascii_[c] = static_cast<std::uint16_t>(map_[c]);
    ascii_['\r'] |= newline;
    ascii_['\n'] |= newline;
  }
  std::array<std::uint16_t, 128> ascii_{};
  byte_map<200> map_;
};

}  // namespace detail::unicode
RETORT_END
