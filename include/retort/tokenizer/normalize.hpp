// Canonical composition (NFC), which the Qwen tokenizers apply before they cut text.
#pragma once

#include <retort/text/unicode.hpp>

#include <algorithm>
#include <vector>

RETORT_BEGIN
namespace detail::unicode {

/// Normalization data of Unicode 15.0, expanded on first use (about 70 KB); Hangul is computed.
class composition_table {
 public:
  static const composition_table& get() noexcept {
    static const composition_table table;
    return table;
  }

  /// Canonical combining class.
  [[nodiscard]] unsigned combining(char32_t c) const noexcept { return class_of_[map_[c] & index_mask]; }
  /// Nothing to do for this character wherever it stands: class 0, never changed by composition.
  [[nodiscard]] bool inert(char32_t c) const noexcept { return map_[c] == 0; }
  /// Whether composition may change the character, or the one before it (NFC_Quick_Check is No or Maybe).
  [[nodiscard]] bool suspect(char32_t c) const noexcept { return (map_[c] & suspect_bit) != 0; }

  /// Appends the full canonical decomposition of c.
  void decompose(char32_t c, std::vector<char32_t>& out) const {
    if (c >= hangul && c < hangul + 11172) {
      const char32_t s = c - hangul;
      out.push_back(hangul_l + s / 588);
      out.push_back(hangul_v + s % 588 / 28);
      if (s % 28) out.push_back(hangul_t + s % 28);
      return;
    }
    char32_t tail[8];  // no chain is longer than 3 in Unicode 15
    unsigned depth = 0;
    for (const entry* e = find(c); e; e = find(c)) {
      if (e->second && depth < 8) tail[depth++] = e->second;
      c = e->first;
    }
    out.push_back(c);
    while (depth > 0) out.push_back(tail[--depth]);
  }

  /// The character that the pair composes to, or 0.
  [[nodiscard]] char32_t compose(char32_t a, char32_t b) const noexcept {
    if (a >= hangul_l && a < hangul_l + 19 && b >= hangul_v && b < hangul_v + 21)
      return hangul + ((a - hangul_l) * 21 + (b - hangul_v)) * 28;
    if (a >= hangul && a < hangul + 11172 && (a - hangul) % 28 == 0 && b > hangul_t && b < hangul_t + 28)
      return a + (b - hangul_t);
    const auto at = std::lower_bound(pairs_.begin(), pairs_.end(), std::pair{a, b},
                                     [](const entry& e, std::pair<char32_t, char32_t> p) {
                                       return e.first != p.first ? e.first < p.first : e.second < p.second;
                                     });
    return at != pairs_.end() && at->first == a && at->second == b ? at->code : 0;
  }

 private:
  struct entry {
    char32_t code, first, second;  // second 0: decomposes to one character
  };
  static constexpr char32_t hangul = 0xAC00, hangul_l = 0x1100, hangul_v = 0x1161, hangul_t = 0x11A7;
  static constexpr unsigned index_mask = 63, suspect_bit = 64;

  composition_table() noexcept {
    std::vector<std::pair<char32_t, std::uint8_t>> marks;  // code, flags of map_
    char32_t at = 0;
    for (digits in(unicode::combining); in.more();) {
      at += in.next();
      const std::uint32_t n = in.next() + 1, value = in.next();
      std::uint8_t k = 1;
      while (class_of_[k] != 0 && class_of_[k] != value) ++k;  // 55 classes in use
      class_of_[k] = static_cast<std::uint8_t>(value);
      for (std::uint32_t i = 0; i < n; ++i) marks.emplace_back(at + i, k);
      at += n;
    }
    at = 0;
    std::int64_t first = 0;
    for (digits in(canonical); in.more();) {
      const std::uint32_t v = in.next();
      at += v / 4;
      first += in.next_signed();
      const entry e{at, static_cast<char32_t>(first), v & 2 ? 0 : static_cast<char32_t>(in.next())};
      decompositions_.push_back(e);
      if (v & 1) {
        marks.emplace_back(e.code, suspect_bit);
      } else {
        marks.emplace_back(e.second, suspect_bit);
        pairs_.push_back(e);
      }
    }
    for (char32_t c = hangul_v; c < hangul_v + 21; ++c) marks.emplace_back(c, suspect_bit);
    for (char32_t c = hangul_t + 1; c < hangul_t + 28; ++c) marks.emplace_back(c, suspect_bit);
    std::sort(pairs_.begin(), pairs_.end(), [](const entry& x, const entry& y) {
      return x.first != y.first ? x.first < y.first : x.second < y.second;
    });
    std::sort(marks.begin(), marks.end());
    byte_map<96>::filler fill(map_);
    at = 0;
    for (std::size_t i = 0; i < marks.size();) {
      const char32_t code = marks[i].first;
      unsigned bits = 0;
      for (; i < marks.size() && marks[i].first == code; ++i) bits |= marks[i].second;
      fill.add(code - at, 0);
      fill.add(1, static_cast<std::uint8_t>(bits));
      at = code + 1;
    }
    fill.add(0x110000 - at, 0);
  }

  [[nodiscard]] const entry* find(char32_t c) const noexcept {
    const auto at = std::lower_bound(decompositions_.begin(), decompositions_.end(), c,
                                     [](const entry& e, char32_t code) { return e.code < code; });
    return at != decompositions_.end() && at->code == c ? &*at : nullptr;
  }

  std::array<std::uint8_t, 64> class_of_{};
  byte_map<96> map_;
  std::vector<entry> decompositions_, pairs_;
};

/// Where the first character stands that composition may change, never inside a combining sequence; text.size() if
/// the text is certainly in NFC.
/// needs  valid UTF-8     cost  no allocation, O(bytes); characters below U+0300 are skipped undecoded
inline std::size_t composed_prefix(std::string_view text, const composition_table& table) noexcept {
  const char* const data = text.data();
  std::size_t i = 0, safe = 0;  // `safe`: the last character of class 0 seen
  unsigned last = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(data[i]);
    if (lead < 0xCC || (lead >= 0xE4 && lead <= 0xE9)) {  // below U+0300, or U+4000 to U+9FFF: always inert
      safe = i;
      last = 0;
      i += utf8::length(data[i]);
      continue;
    }
    unsigned n;
    const char32_t c = utf8::decode(data + i, n);
    if (table.inert(c)) {
      safe = i;
      last = 0;
    } else {
      const unsigned k = table.combining(c);
      if (table.suspect(c) || (k != 0 && k < last)) return safe;
      if (k == 0) safe = i;
      last = k;
    }
    i += n;
  }
  return text.size();
}

/// Appends the canonical composition of `text` to `out`.
///
/// needs   valid UTF-8           errors none
/// cost    O(n log n) in the longest run of combining marks, O(n) otherwise; 4 bytes for each character of the
///         longest stretch that is not certainly composed already
/// source  UAX 15, version 15.0; full decomposition, canonical order, composition
/// tested  tests/text/unicode_test.cpp
inline void append_composed(std::string& out, std::string_view text) {
  const composition_table& table = composition_table::get();
  struct mark {
    unsigned order;  // its combining class
    std::size_t place;
    char32_t code;
  };
  std::vector<char32_t> run;
  std::vector<mark> marks;
  while (!text.empty()) {
    const std::size_t good = composed_prefix(text, table);
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) return;
    // The stretch up to the next inert character; that one starts anew.
    std::size_t end = 0;
    run.clear();
    while (end < text.size()) {
      unsigned n;
      const char32_t c = utf8::decode(text.data() + end, n);
      if (end > 0 && table.inert(c)) break;
      table.decompose(c, run);
      end += n;
    }
    for (std::size_t i = 0; i < run.size();) {  // canonical order within each run of marks
      std::size_t e = i;
      marks.clear();
      for (unsigned k; e < run.size() && (k = table.combining(run[e])) != 0; ++e) marks.push_back({k, e, run[e]});
      std::sort(marks.begin(), marks.end(), [](const mark& x, const mark& y) {
        return x.order != y.order ? x.order < y.order : x.place < y.place;
      });
      for (std::size_t j = 0; j < marks.size(); ++j) run[i + j] = marks[j].code;
      i = e + 1;
    }
    std::size_t write = 0, starter = run.size();  // compose in place
    unsigned blocked = 0;                         // class of the last character kept after the starter
    for (std::size_t i = 0; i < run.size(); ++i) {
      const char32_t c = run[i];
      const unsigned k = table.combining(c);
      if (starter < write && (write == starter + 1 || (blocked < k && blocked != 0))) {
        if (const char32_t whole = table.compose(run[starter], c)) {
          run[starter] = whole;
          continue;
        }
      }
      if (k == 0) starter = write;
      blocked = k;
      run[write++] = c;
    }
    run.resize(write);
    for (char32_t c : run) utf8::append(out, c);
    text.remove_prefix(end);
  }
}

}  // namespace detail::unicode
RETORT_END
