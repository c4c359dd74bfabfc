// Regular expressions, in the syntax JSON schemas use (ECMA-262 without what looks around or back), as grammar.
#pragma once

#include <retort/grammar/reader.hpp>

#include <functional>

RETORT_BEGIN
namespace detail {

/// Reads a pattern into an expression. `.` is any character but a line end; \d, \w and \s are ASCII; groups do not
/// capture; a lazy repetition is a repetition. ^ and $ may stand at the ends of the pattern or of its alternatives.
///
/// errors  bad_grammar (malformed), unsupported (what is named), limit (nesting, counts)
class regex : notation_reader {
 public:
  static constexpr std::size_t max_nesting = 64, max_length = 1u << 16;
  using expression = grammar::expression;
  using write_chars = std::function<expression(const char_set&)>;

  /// `whole`: the text is what the pattern matches; otherwise it contains what the pattern matches.
  /// `write`: how a character of a set is written; as it is where nothing is given.
  static result<expression> parse(grammar& g, std::string_view pattern, bool whole, write_chars write = {});
  /// The characters that \s stands for, in ASCII and beyond.
  static char_set spaces(bool all) {
    char_set s{{'\t', '\r'}, {' ', ' '}};
    if (all)
      s.add({{0xA0, 0xA0},
             {0x1680, 0x1680},
             {0x2000, 0x200A},
             {0x2028, 0x2029},
             {0x202F, 0x202F},
             {0x205F, 0x205F},
             {0x3000, 0x3000},
             {0xFEFF, 0xFEFF}});
    return s;
  }
  static char_set words() { return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}; }

 private:
  enum class top { no, whole, search };
  regex(grammar& g, std::string_view pattern, write_chars write)
      : notation_reader(pattern), g_(g), write_(std::move(write)) {}

  char32_t character() {
    unsigned n;
    const char32_t c = utf8::decode(text_.data() + at_, n);
    at_ += n;
    return c;
  }
  [[nodiscard]] error wrong(const std::string& what) const {
    return {errc::bad_grammar,
            "regular expression \"" + printable(text_) + "\": " + what + " at byte " + std::to_string(at_)};
  }
  [[nodiscard]] error not_done(const std::string& what) const {
    return {errc::unsupported,
            "regular expression \"" + printable(text_) + "\": " + what + " at byte " + std::to_string(at_)};
  }

  result<expression> alternatives(top where, std::size_t depth) {
    if (depth > max_nesting)
      return error{errc::limit, "a regular expression nested deeper than " + std::to_string(max_nesting)};
    std::vector<expression> all;
    do {
      RETORT_TRY(const expression e, sequence(where, depth));
      all.push_back(e);
    } while (take("|"));
    return all.size() == 1 ? all[0] : g_.any_of(all);
  }

  result<expression> sequence(top where, std::size_t depth) {
    std::vector<expression> parts;
    const auto anything = [this] { return g_.repeat(write_(char_set::all()), 0); };
    bool open = where == top::search;
    if (where != top::no && take("^")) open = false;
    if (open) parts.push_back(anything());
    open = where == top::search;
    while (!at_end() && peek() != '|' && peek() != ')') {
      if (peek() == '$' && where != top::no && (at_ + 1 == text_.size() || text_[at_ + 1] == '|')) {
        ++at_;
        open = false;
        break;
      }
      RETORT_TRY(expression e, atom(depth));
      RETORT_TRY(e, repetition(e));
      parts.push_back(e);
    }
    if (open) parts.push_back(anything());
    return parts.size() == 1 ? parts[0] : g_.sequence(parts);
  }

  result<expression> atom(std::size_t depth) {
    switch (peek()) {
      case '(': {
        ++at_;
        if (take("?:") || peek() != '?') {
          RETORT_TRY(const expression e, alternatives(top::no, depth + 1));
          if (!take(")")) return wrong("a ( without a )");
          return e;
        }
        return not_done(take("?=") || take("?!")     ? "lookahead"
                        : take("?<=") || take("?<!") ? "lookbehind"
                                                     : "a special group");
      }
      case '[': ++at_; return set();
      case '.': {
        ++at_;
        char_set s{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
        return write_(s.complement());
      }
      case '^':
      case '$': return not_done("an anchor inside the expression");
      case '*':
      case '+':
      case '?': return wrong("nothing to repeat");
      case '{':
        if (std::size_t min, max; count(min, max)) return wrong("nothing to repeat");
        break;
      case '\\': {
        char_set s;
        RETORT_CHECK(escape(s, false));
        return write_(s);
      }
      default: break;
    }
    const char32_t c = character();
    return write_({{c, c}});
  }

  result<expression> repetition(expression what) {
    while (!at_end()) {
      std::size_t min = 0, max = grammar::unbounded;
      if (take("*")) {
      } else if (take("+")) {
        min = 1;
      } else if (take("?")) {
        max = 1;
      } else if (peek() != '{' || !count(min, max)) {
        return what;
      }
      if (too_many(min, max)) return error{errc::limit, "a repetition of more than " + std::to_string(max_count)};
      if (min > max) return wrong("a repetition whose bounds are in the wrong order");
      take("?");  // lazy: the same texts
      if (peek() == '*' || peek() == '+' || peek() == '?') return wrong("a repetition of a repetition");
      what = g_.repeat(what, static_cast<std::uint32_t>(min), static_cast<std::uint32_t>(max));
    }
    return what;
  }
  /// {m}, {m,} or {m,n}; false, and nothing taken, for anything else.
  bool count(std::size_t& min, std::size_t& max) {
    const std::size_t begin = at_++;
    if (number(min)) {
      max = min;
      if (take(",")) {
        max = grammar::unbounded;
        if (peek() != '}') number(max);
      }
      if (take("}")) return true;
    }
    at_ = begin;
    return false;
  }

  result<expression> set() {
    const bool negated = take("^");
    char_set all;
    while (!take("]")) {
      if (at_end()) return wrong("a [ without a ]");
      char32_t first = 0;
      bool single = true;
      const auto one = [&](char32_t& c) -> result<void> {
        if (peek() != '\\') {
          c = character();
          return {};
        }
        char_set s;
        RETORT_CHECK(escape(s, true, negated));
        single = s.ranges().size() == 1 && s.ranges()[0].first == s.ranges()[0].last;
        if (single) c = s.ranges()[0].first;
        else all.add(s);
        return {};
      };
      RETORT_CHECK(one(first));
      if (!single) continue;
      char32_t last = first;
      if (peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        if (at_end()) return wrong("a [ without a ]");
        RETORT_CHECK(one(last));
        if (!single) return wrong("a range that ends in a class");
        if (last < first) return wrong("a range in the wrong order");
      }
      all.add(first, last);
    }
    return write_(negated ? all.complement() : all);
  }

  /// What follows a backslash.
  result<void> escape(char_set& out, bool in_set, bool negated = false) {
    ++at_;
    if (at_end()) return wrong("a \\ at the end");
    const char32_t c = character();
    char32_t value = c;
    switch (c) {
      case 'd': out = {{'0', '9'}}; return {};
      case 'D': out = char_set{{'0', '9'}}.complement(); return {};
      case 'w': out = words(); return {};
      case 'W': out = words().complement(); return {};
      case 's': out = spaces(negated); return {};
      case 'S': out = spaces(!negated).complement(); return {};
      case 'n': value = '\n'; break;
      case 'r': value = '\r'; break;
      case 't': value = '\t'; break;
      case 'f': value = '\f'; break;
      case 'v': value = '\v'; break;
      case '0': value = 0; break;
      case 'b':
        if (!in_set) return not_done("\\b");
        value = '\b';
        break;
      case 'x':
        if (!hex(2, value)) return wrong("\\x without two hexadecimal digits");
        break;
      case 'u':
        if (take("{")) {
          value = 0;
          for (std::size_t n = 0; !take("}"); ++n) {
            char32_t digit;
            if (n == 6 || !hex(1, digit)) return wrong("a malformed \\u{}");
            value = value * 16 + digit;
          }
        } else {
          if (!hex(4, value)) return wrong("\\u without four hexadecimal digits");
          char32_t low = 0;
          if (value >= 0xD800 && value < 0xDC00 && take("\\u") && hex(4, low) && low >= 0xDC00 && low < 0xE000)
            value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
        }
        if (value > char_set::last_character || (value >= 0xD800 && value < 0xE000))
          return wrong("\\u that is no character");
        break;
      default:
        if ((c >= '1' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
          return not_done(std::string("\\") + static_cast<char>(c));
    }
    out = {{value, value}};
    return {};
  }

  grammar& g_;
  write_chars write_;
};

#if RETORT_CARRIES(RETORT_PART_GRAMMAR)

RETORT_INLINE result<regex::expression> regex::parse(grammar& g, std::string_view pattern, bool whole,
                                                     write_chars write) {
  if (pattern.size() > max_length)
    return error{errc::limit, "a regular expression of " + std::to_string(pattern.size()) + " bytes"};
  if (utf8::valid_prefix(pattern) != pattern.size())
    return error{errc::bad_grammar, "the regular expression is not UTF-8"};
  if (!write) write = [&g](const char_set& set) { return g.chars(set); };
  regex r(g, pattern, std::move(write));
  RETORT_TRY(const expression e, r.alternatives(whole ? top::whole : top::search, 0));
  if (!r.at_end()) return r.wrong("a ) without a (");
  return e;
}

#endif

}  // namespace detail
RETORT_END
