// Pre-tokenizers: where a text is cut before its pieces are merged into tokens.
//
// Each rule is written by hand as a scanner over character classes that gives what the published pattern of
// the model gives under leftmost matching. None looks back, none recurses, and all are linear in the text.
#pragma once

#include <retort/text/unicode.hpp>

#include <vector>

RETORT_BEGIN

/// The known ways to cut text, each named after the model that brought it.
enum class split_rule : std::uint8_t {
  none,    ///< the whole text is one piece
  llama3,  ///< words with one leading mark, numbers of up to 3 digits
  qwen2,   ///< the same with single digits
  qwen35,  ///< the same with single digits and combining marks inside words
  deepseek_v3,
  deepseek_llm,
  deepseek_coder,
  gpt2,
  starcoder,  ///< single digits, then gpt2
  historic,   ///< the rule called "default" in old GGUF files
  tekken,
  gpt4o,
};

namespace detail::split {

using unicode::flag;

/// Valid UTF-8 between two offsets, read by class.
struct source {
  const char* data;
  std::size_t end;  ///< the text ends here for every look-ahead
  const unicode::class_table& table;

  /// Flags of the character at i < end; `next` is set to where the following one begins.
  RETORT_ALWAYS_INLINE unsigned at(std::size_t i, std::size_t& next) const noexcept {
    unsigned n;
    const char32_t code = utf8::decode(data + i, n);
    next = i + n;
    return table[code];
  }
  [[nodiscard]] std::size_t after(std::size_t i) const noexcept { return i + utf8::length(data[i]); }
  /// First position from i on whose flags do not meet `mask`, looking at `most` characters.
  [[nodiscard]] std::size_t run(std::size_t i, unsigned mask, unsigned most = ~0u) const noexcept {
    for (std::size_t next; most > 0 && i < end && (at(i, next) & mask); --most) i = next;
    return i;
  }
  /// The same for flags that meet none of `mask`.
  [[nodiscard]] std::size_t run_without(std::size_t i, unsigned mask) const noexcept {
    for (std::size_t next; i < end && !(at(i, next) & mask);) i = next;
    return i;
  }
  [[nodiscard]] std::size_t newlines(std::size_t i, bool slash = false) const noexcept {
    while (i < end && (data[i] == '\r' || data[i] == '\n' || (slash && data[i] == '/'))) ++i;
    return i;
  }
  /// Length of 's 't 're 've 'm 'll 'd at i, or 0. Without regard to case, U+017F counts as s.
  [[nodiscard]] std::size_t contraction(std::size_t i, bool any_case) const noexcept {
    if (end - i < 2 || data[i] != '\'') return 0;
    const auto letter = [&](std::size_t k) {
      const char c = i + k < end ? data[i + k] : '\0';
      return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    switch (letter(1)) {
      case 's':
      case 't':
      case 'm':
      case 'd': return 2;
      case 'r':
      case 'v': return letter(2) == 'e' ? 3 : 0;
      case 'l': return letter(2) == 'l' ? 3 : 0;
      case '\xC5': return any_case && letter(2) == '\xBF' ? 3 : 0;
      default: return 0;
    }
  }
  /// White space at i as `\s*[\r\n]+|\s+(?!\S)|\s+` takes it; `stop` is where the run is followed by nothing.
  [[nodiscard]] std::size_t blanks(std::size_t i, bool lines) const noexcept {
    std::size_t last = i, past_line = 0, e = i;
    for (std::size_t next; e < end;) {
      const unsigned f = at(e, next);
      if (!(f & unicode::white)) break;
      last = e;
      e = next;
      if (lines && (f & unicode::newline)) past_line = e;
    }
    if (past_line) return past_line;
    if (e == end || last == i) return e;
    return last;
  }
};

/// llama3 and its kin. source: the pattern in tokenizer.json of Llama 3, Qwen 2 and Qwen 3.5
template <unsigned Digits, unsigned Letters>
std::size_t words(const source& s, std::size_t i) noexcept {
  constexpr unsigned solid = flag::white | flag::number | Letters;
  std::size_t next, after;
  const unsigned f = s.at(i, next);
  if (f & Letters) return s.run(next, Letters);
  if (s.data[i] == '\'')
    if (const std::size_t n = s.contraction(i, true)) return i + n;
  if (!(f & (flag::newline | flag::number | flag::letter)) && next < s.end && (s.at(next, after) & Letters))
    return s.run(after, Letters);
  if (f & flag::number) return s.run(next, flag::number, Digits - 1);
  if (!(f & solid)) return s.newlines(s.run_without(next, solid));
  if (s.data[i] == ' ' && next < s.end && !(s.at(next, after) & solid)) return s.newlines(s.run_without(after, solid));
  return s.blanks(i, true);
}

/// Hiragana, Katakana and the ideographs of the first Unicode: pieces of their own in DeepSeek V3.
constexpr bool v3_ideograph(char32_t c) noexcept {
  return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x3040 && c <= 0x30FF);
}

/// The ideographs of the older DeepSeek tokenizers, with all between U+0800 and U+4E00, and Hangul.
constexpr bool old_ideograph(char32_t c) noexcept {
  return (c >= 0x800 && c <= 0x9FA5) || (c >= 0xAC00 && c <= 0xD7FF);
}

/// The third pattern of deepseek-v3, on what the first two left: end of the piece at i, or i without a match.
inline std::size_t v3_words(const source& s, std::size_t i) noexcept {
  constexpr unsigned word = flag::letter | flag::mark, sign = flag::punctuation | flag::symbol;
  std::size_t next, after;
  const unsigned f = s.at(i, next);
  if (f & word) return s.run(next, word);
  if (f & sign) {
    const auto ascii_letter = [&](std::size_t k) { return (static_cast<unsigned char>(s.data[k]) | 32u) - 'a' < 26u; };
    if (static_cast<unsigned char>(s.data[i]) < 128 && next < s.end && ascii_letter(next)) {
      while (next < s.end && ascii_letter(next)) ++next;
      return next;
    }
    return s.newlines(s.run(next, sign));
  }
  const unsigned g = next < s.end ? s.at(next, after) : 0u;
  if (!(f & flag::newline) && (g & word)) return s.run(after, word);
  if (s.data[i] == ' ' && (g & sign)) return s.newlines(s.run(after, sign));
  return f & flag::white ? s.blanks(i, true) : i;
}

/// The first two patterns of deepseek-v3: three digits, or a run of ideographs.
inline std::size_t v3_numbers_and_ideographs(const source& s, std::size_t i) noexcept {
  std::size_t next;
  if (s.at(i, next) & flag::number) return s.run(next, flag::number, 2);
  unsigned n;
  while (i < s.end && static_cast<unsigned char>(s.data[i]) >= 0xE3 && v3_ideograph(utf8::decode(s.data + i, n)))
    i += n;
  return i;
}

/// gpt2. `Gaps`: the form without the final `\s+`, which leaves a single blank unmatched (returns i).
template <bool Gaps>
std::size_t gpt2(const source& s, std::size_t i) noexcept {
  constexpr unsigned solid = flag::white | flag::letter | flag::number;
  if (const std::size_t n = s.contraction(i, false)) return i + n;
  std::size_t next, after;
  unsigned f = s.at(i, next);
  if (s.data[i] == ' ' && next < s.end) {
    if (const unsigned g = s.at(next, after); !(g & flag::white)) {
      f = g;
      next = after;
    }
  }
  if (f & flag::letter) return s.run(next, flag::letter);
  if (f & flag::number) return s.run(next, flag::number);
  if (!(f & flag::white)) return s.run_without(next, solid);
  if (Gaps && next < s.end && !(s.at(next, after) & flag::white)) return i;
  return s.blanks(i, false);
}

/// tekken and gpt-4o: words are cut where lower case is followed by upper case.
template <unsigned Digits, bool Contractions>
struct cased {
  static bool upper(unsigned f) noexcept { return (f & flag::mark) || ((f & flag::letter) && !(f & flag::lower)); }
  static bool lower(unsigned f) noexcept { return (f & flag::mark) || ((f & flag::letter) && !(f & flag::upper)); }
  /// Upper* Lower+ from j: end, or j if it does not match. `a` is set to the end of the upper run.
  static std::size_t capitalized(const source& s, std::size_t j, std::size_t& a) noexcept {
    std::size_t back = j, next;
    for (a = j; a < s.end;) {
      const unsigned f = s.at(a, next);
      if (!upper(f)) break;
      a = next;
      if (lower(f)) back = a;
    }
    std::size_t b = a;
    while (b < s.end && lower(s.at(b, next))) b = next;
    return b > a ? b : back;
  }
  static std::size_t match(const source& s, std::size_t i) noexcept {
    constexpr unsigned solid = flag::white | flag::letter | flag::number;
    std::size_t next, after;
    const unsigned f = s.at(i, next);
    const bool prefix = !(f & (flag::newline | flag::letter | flag::number));
    const bool inside = (f & (flag::letter | flag::mark)) != 0;
    std::size_t e = i, with = i, without = i;
    if (prefix) e = capitalized(s, next, with);
    if (!(prefix && e > next)) {
      e = i;
      if (inside) e = capitalized(s, i, without);
      if (e == i && prefix && with > next) e = with;
      if (e == i && inside && without > i) e = without;
    }
    if (e > i) return Contractions && e < s.end ? e + s.contraction(e, true) : e;
    if (f & flag::number) return s.run(next, flag::number, Digits - 1);
    if (!(f & solid)) return s.newlines(s.run_without(next, solid), true);
    if (s.data[i] == ' ' && next < s.end && !(s.at(next, after) & solid))
      return s.newlines(s.run_without(after, solid), true);
    return s.blanks(i, true);
  }
};

/// The letters that deepseek-llm lists.
class letter_list {
 public:
  static const letter_list& get() noexcept {
    static const letter_list list;
    return list;
  }
  [[nodiscard]] bool operator[](char32_t c) const noexcept { return map_[c] != 0; }

 private:
  letter_list() noexcept {
    unicode::byte_map<64>::filler fill(map_);
    std::uint32_t at = 0;
    for (unicode::digits in(unicode::deepseek_llm_letters); in.more();) {
      const std::uint32_t gap = in.next(), n = in.next() + 1;
      fill.add(gap, 0);
      fill.add(n, 1);
      at += gap + n;
    }
    fill.add(0x110000 - at, 0);
  }
  unicode::byte_map<64> map_;
};

/// The third set of deepseek-llm; it has the ASCII letters too.
constexpr bool llm_sign(char32_t c) noexcept {
  return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x7E) || (c >= 0xFF01 && c <= 0xFF0F) ||
         (c >= 0xFF1A && c <= 0xFF5E) || (c >= 0x2018 && c <= 0x201F) || (c >= 0x3000 && c <= 0x3002);
}

/// Calls `emit(begin, end)` for what `match` finds in [begin, s.end) and for the text between.
/// `match(s, i)` gives the end of the match at i, or i. Linear if match looks ahead a bounded way when it fails.
template <class Match, class Emit>
void isolate(const source& s, std::size_t begin, Match match, Emit emit) {
  std::size_t i = begin;
  while (i < s.end) {
    const std::size_t e = match(s, i);
    if (e == i) {
      i = s.after(i);
      continue;
    }
    if (begin < i) emit(begin, i);
    emit(i, e);
    begin = i = e;
  }
  if (begin < i) emit(begin, i);
}

/// `\s?X+` where `in(code, flags)` tells X.
template <class In>
auto blank_and_run(In in) {
  return [in](const source& s, std::size_t i) {
    const auto test = [&](std::size_t k, std::size_t& next, unsigned& f) {
      unsigned n;
      const char32_t c = utf8::decode(s.data + k, n);
      next = k + n;
      f = s.table[c];
      return in(c, f);
    };
    std::size_t next, after;
    unsigned f, g;
    const bool first = test(i, next, f);
    std::size_t e = i;
    if ((f & flag::white) && next < s.end && test(next, after, g)) e = after;
    else if (first) e = next;
    else return i;
    while (e < s.end && test(e, after, g)) e = after;
    return e;
  };
}

/// The last two stages of both old DeepSeek rules: ideographs, then single digits.
template <class Emit>
void ideographs_and_digits(const source& s, std::size_t begin, Emit emit) {
  std::size_t plain = begin;  // fast path: letters and signs of ASCII meet neither stage
  while (plain < s.end && static_cast<unsigned char>(s.data[plain]) < 128 &&
         !(s.data[plain] >= '0' && s.data[plain] <= '9'))
    ++plain;
  if (plain == s.end) {
    if (begin < s.end) emit(begin, s.end);
    return;
  }
  const auto ideograph = [](const source& t, std::size_t i) {
    unsigned n;
    while (i < t.end && old_ideograph(utf8::decode(t.data + i, n))) i += n;
    return i;
  };
  const auto digit = [](const source& t, std::size_t i) {
    std::size_t next;
    return (t.at(i, next) & flag::number) ? next : i;
  };
  isolate(s, begin, ideograph,
          [&](std::size_t b, std::size_t e) { isolate(source{s.data, e, s.table}, b, digit, emit); });
}

inline std::size_t one_newline(const source& s, std::size_t i) noexcept {
  return s.data[i] == '\r' || s.data[i] == '\n' ? i + 1 : i;
}

/// Each stage of a cascade cuts the pieces of the one before it, which are its whole world.
template <class Emit>
void deepseek_coder(const source& s, Emit emit) {
  const auto letters = blank_and_run([](char32_t, unsigned f) { return (f & flag::letter) != 0; });
  const auto signs = blank_and_run([](char32_t, unsigned f) { return (f & flag::punctuation) != 0; });
  isolate(s, 0, one_newline, [&](std::size_t b1, std::size_t e1) {
    isolate(source{s.data, e1, s.table}, b1, letters, [&](std::size_t b2, std::size_t e2) {
      isolate(source{s.data, e2, s.table}, b2, signs,
              [&](std::size_t b3, std::size_t e3) { ideographs_and_digits(source{s.data, e3, s.table}, b3, emit); });
    });
  });
}

template <class Emit>
void deepseek_v3(const source& s, Emit emit) {
  isolate(s, 0, v3_numbers_and_ideographs,
          [&](std::size_t b, std::size_t e) { isolate(source{s.data, e, s.table}, b, v3_words, emit); });
}

template <class Emit>
void deepseek_llm(const source& s, Emit emit) {
  const auto& list = letter_list::get();
  const auto letters = blank_and_run([&list](char32_t c, unsigned) { return list[c]; });
  const auto signs = blank_and_run([](char32_t c, unsigned) { return llm_sign(c); });
  isolate(s, 0, one_newline, [&](std::size_t b1, std::size_t e1) {
    isolate(source{s.data, e1, s.table}, b1, letters, [&](std::size_t b2, std::size_t e2) {
      isolate(source{s.data, e2, s.table}, b2, signs, [&](std::size_t b3, std::size_t e3) {
        std::size_t tail = e3;  // `\s+$`
        for (std::size_t i = b3, next; i < e3; i = next)
          if (!(s.at(i, next) & flag::white)) tail = e3;
          else if (tail == e3) tail = i;
        ideographs_and_digits(source{s.data, tail, s.table}, b3, emit);
        ideographs_and_digits(source{s.data, e3, s.table}, tail, emit);
      });
    });
  });
}

template <class Emit>
void historic(const source& s, Emit emit) {
  const auto signs = [](const source& t, std::size_t i) {
    std::size_t next;
    const auto in = [&](std::size_t k) {
      const char c = t.data[k];
      const unsigned f = t.at(k, next);
      return (f & flag::punctuation) || c == '$' || c == '+' || c == '<' || c == '=' || c == '>' || c == '^' ||
             c == '~' || c == '|';
    };
    while (i < t.end && in(i)) i = next;
    return i;
  };
  const auto numbers = [](const source& t, std::size_t i) { return t.run(i, flag::number); };
  const auto threes = [](const source& t, std::size_t i) {
    const auto digit = [&](std::size_t k) { return k < t.end && t.data[k] >= '0' && t.data[k] <= '9'; };
    return digit(i) && digit(i + 1) && digit(i + 2) ? i + 3 : i;
  };
  isolate(s, 0, signs, [&](std::size_t b1, std::size_t e1) {
    isolate(source{s.data, e1, s.table}, b1, gpt2<true>, [&](std::size_t b2, std::size_t e2) {
      isolate(source{s.data, e2, s.table}, b2, numbers,
              [&](std::size_t b3, std::size_t e3) { isolate(source{s.data, e3, s.table}, b3, threes, emit); });
    });
  });
}

template <class Emit>
void starcoder(const source& s, Emit emit) {
  const auto digit = [](const source& t, std::size_t i) { return t.run(i, flag::number, 1); };
  isolate(s, 0, digit,
          [&](std::size_t b, std::size_t e) { isolate(source{s.data, e, s.table}, b, gpt2<false>, emit); });
}

}  // namespace detail::split

/// Cuts `text` by `rule` and calls `emit(begin, end)` with the byte offsets of each piece in order. Pieces are
/// not empty and cover the whole text.
///
/// needs   text is valid UTF-8          errors none
/// cost    no allocation; O(bytes), one to five passes
/// source  patterns of the models' tokenizer.json; classes of Unicode 16.0
/// tested  tests/tokenizer/split_test.cpp
template <class Emit>
void split_text(split_rule rule, std::string_view text, Emit emit) {
  using unicode_flag = detail::unicode::flag;
  constexpr unsigned L = unicode_flag::letter, LM = unicode_flag::letter | unicode_flag::mark;
  const detail::split::source s{text.data(), text.size(), detail::unicode::class_table::get()};
  using namespace detail::split;
  switch (rule) {
    case split_rule::none:
      if (!text.empty()) emit(std::size_t{0}, text.size());
      return;
    case split_rule::llama3: return isolate(s, 0, words<3, L>, emit);
    case split_rule::qwen2: return isolate(s, 0, words<1, L>, emit);
    case split_rule::qwen35: return isolate(s, 0, words<1, LM>, emit);
    case split_rule::deepseek_v3: return deepseek_v3(s, emit);
    case split_rule::deepseek_llm: return deepseek_llm(s, emit);
    case split_rule::deepseek_coder: return deepseek_coder(s, emit);
    case split_rule::gpt2: return isolate(s, 0, gpt2<false>, emit);
    case split_rule::starcoder: return starcoder(s, emit);
    case split_rule::historic: return historic(s, emit);
    case split_rule::tekken: return isolate(s, 0, cased<1, false>::match, emit);
    case split_rule::gpt4o: return isolate(s, 0, cased<3, true>::match, emit);
  }
}

RETORT_END
