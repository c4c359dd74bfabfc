// Regular expressions in the syntax JSON schemas use (ECMA-262), as trees. regex_language.hpp says what they match.
#pragma once

#include <retort/grammar/reader.hpp>
#include <retort/text/unicode.hpp>

RETORT_BEGIN
namespace detail {

/// A regular expression as a tree. Groups do not capture, and a lazy repetition is a repetition: the texts are the
/// same.
struct regex_tree {
  enum class kind : std::uint8_t { chars, sequence, any_of, repeat, ahead, behind, end };
  struct node {
    kind is;
    bool negated = false;  // of what looks ahead or behind
    char_set set{};
    std::vector<std::uint32_t> parts{};
    std::uint32_t min = 0, max = 0;
  };
  std::vector<node> nodes;  // parts before wholes
  std::uint32_t root = 0;

  std::uint32_t add(node n) {
    nodes.push_back(std::move(n));
    return static_cast<std::uint32_t>(nodes.size() - 1);
  }
  std::uint32_t chars(const char_set& set) { return add({kind::chars, false, set}); }
  std::uint32_t sequence(std::vector<std::uint32_t> parts) {
    return add({kind::sequence, false, {}, std::move(parts)});
  }
  std::uint32_t any_of(std::vector<std::uint32_t> parts) { return add({kind::any_of, false, {}, std::move(parts)}); }
  std::uint32_t look(kind where, bool negated, std::uint32_t at) { return add({where, negated, {}, {at}}); }
  std::uint32_t repeat(std::uint32_t what, std::uint32_t min, std::uint32_t max) {
    return add({kind::repeat, false, {}, {what}, min, max});
  }
};

/// Reads a regular expression. `.` is any character but a line end; \d and \w are ASCII; `^` and `$` are the ends of
/// the text. Engines differ in whether \s knows more blanks than ASCII has: what matches here matches in all of them,
/// or, read `widely`, whatever matches in one of them matches here.
///
/// errors  bad_grammar (malformed), unsupported (what is named), limit (nesting, counts)
class regex : notation_reader {
 public:
  static constexpr std::size_t max_nesting = 64, max_length = 1u << 16;
  using expression = std::uint32_t;

  static result<regex_tree> parse(std::string_view pattern, bool widely = false);
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
  regex(std::string_view pattern, bool widely) : notation_reader(pattern), wide_(widely) {}

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

  result<expression> alternatives(std::size_t depth) {
    if (depth > max_nesting || stack_.is_spent())
      return error{errc::limit, "a regular expression nested deeper than " + std::to_string(depth - 1)};
    std::vector<expression> all;
    do {
      RETORT_TRY(const expression e, sequence(depth));
      all.push_back(e);
    } while (take("|"));
    return all.size() == 1 ? all[0] : tree_.any_of(std::move(all));
  }

  result<expression> sequence(std::size_t depth) {
    std::vector<expression> parts;
    while (!at_end() && peek() != '|' && peek() != ')') {
      RETORT_TRY(expression e, atom(depth));
      RETORT_TRY(e, repetition(e));
      parts.push_back(e);
    }
    return parts.size() == 1 ? parts[0] : tree_.sequence(std::move(parts));
  }

  result<expression> atom(std::size_t depth) {
    switch (peek()) {
      case '(': ++at_; return group(depth);
      case '[': ++at_; return set();
      case '.': {
        ++at_;
        char_set s{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
        return tree_.chars(s.complement());
      }
      case '^': ++at_; return tree_.look(kind::behind, true, tree_.chars(char_set::all()));
      case '$': ++at_; return tree_.add({kind::end});
      case '*':
      case '+':
      case '?': return wrong("nothing to repeat");
      case '{':
        if (std::size_t min, max; count(min, max)) return wrong("nothing to repeat");
        break;
      case '\\': {
        if (take("\\b")) return boundary(true);
        if (take("\\B")) return boundary(false);
        char_set s;
        RETORT_CHECK(escape(s));
        return tree_.chars(s);
      }
      default: break;
    }
    const char32_t c = character();
    return tree_.chars({{c, c}});
  }
  /// What follows a parenthesis.
  result<expression> group(std::size_t depth) {
    struct row {
      std::string_view opens;
      kind is;
      bool negated;
    };
    static constexpr row looks[] = {{"?=", kind::ahead, false},
                                    {"?!", kind::ahead, true},
                                    {"?<=", kind::behind, false},
                                    {"?<!", kind::behind, true}};
    const row* look = nullptr;
    for (const row& r : looks)
      if (take(r.opens)) look = &r;
    if (!look && !take("?:") && peek() == '?') {
      std::size_t end = text_.find('>', at_);  // (?<name> or, as Python writes it, (?P<name>
      if (!(take("?<") || take("?P<")) || end == std::string_view::npos) return not_done("a special group");
      at_ = end + 1;
    }
    RETORT_TRY(const expression e, alternatives(depth + 1));
    if (!take(")")) return wrong("a ( without a )");
    return look ? tree_.look(look->is, look->negated, e) : e;
  }
  /// Where a word begins or ends, or where none does: what stands on one side is of a word, on the other not.
  expression boundary(bool is) {
    const auto side = [this](kind where, bool word) { return tree_.look(where, !word, tree_.chars(words())); };
    const auto both = [&](bool before, bool after) {
      return tree_.sequence({side(kind::behind, before), side(kind::ahead, after)});
    };
    return tree_.any_of({both(true, !is), both(false, is)});
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
      what = tree_.repeat(what, static_cast<std::uint32_t>(min), static_cast<std::uint32_t>(max));
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
        RETORT_CHECK(escape(s, negated));
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
    return tree_.chars(negated ? all.complement() : all);
  }

  /// What follows a backslash.
  result<void> escape(char_set& out, bool negated = false) {
    ++at_;
    if (at_end()) return wrong("a \\ at the end");
    const char32_t c = character();
    char32_t value = c;
    switch (c) {
      case 'd': out = {{'0', '9'}}; return {};
      case 'D': out = char_set{{'0', '9'}}.complement(); return {};
      case 'w': out = words(); return {};
      case 'W': out = words().complement(); return {};
      case 's': out = spaces(negated != wide_); return {};
      case 'S': out = spaces(negated == wide_).complement(); return {};
      case 'p': return property(out, false);
      case 'P': return property(out, true);
      case 'n': value = '\n'; break;
      case 'r': value = '\r'; break;
      case 't': value = '\t'; break;
      case 'f': value = '\f'; break;
      case 'v': value = '\v'; break;
      case '0': value = 0; break;
      case 'b': value = '\b'; break;  // in sets; elsewhere it is a boundary
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

  /// \p{...}: the general categories that hold letters, marks, numbers, punctuation and symbols.
  result<void> property(char_set& out, bool negated) {
    const std::size_t begin = at_, end = text_.find('}', at_);
    if (!take("{") || end == std::string_view::npos) return wrong("a malformed \\p{}");
    std::string_view name = text_.substr(at_, end - at_);
    for (const std::string_view prefix : {"General_Category=", "gc="})
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    at_ = end + 1;
    struct row {
      std::string_view name, longer;
      unsigned flags;
    };
    namespace u = unicode;
    static constexpr row rows[] = {
        {"L", "Letter", u::letter}, {"Lu", "Uppercase_Letter", u::upper}, {"Ll", "Lowercase_Letter", u::lower},
        {"M", "Mark", u::mark},     {"N", "Number", u::number},           {"P", "Punctuation", u::punctuation},
        {"S", "Symbol", u::symbol}};
    for (const row& r : rows)
      if (name == r.name || name == r.longer) {
        out = characters_with(r.flags);
        if (r.flags == u::upper)  // Lu; titlecase letters are not
          for (const auto& t : title) out.remove(t.first, t.last);
        if (negated) out = out.complement();
        return {};
      }
    at_ = begin;
    return not_done("\\p{" + std::string(name) + "}");
  }

  static char_set characters_with(unsigned flags) {
    const unicode::class_table& classes = unicode::class_table::get();
    char_set out;
    for (char32_t c = 0, begin = 0; c <= char_set::last_character; begin = ++c) {
      while (c <= char_set::last_character && (classes[c] & flags) != 0) ++c;
      if (c > begin) out.add(begin, c - 1);
    }
    return out;
  }
  static constexpr char_set::range title[] = {{0x1C5, 0x1C5},   {0x1C8, 0x1C8},   {0x1CB, 0x1CB},   {0x1F2, 0x1F2},
                                              {0x1F88, 0x1F8F}, {0x1F98, 0x1F9F}, {0x1FA8, 0x1FAF}, {0x1FBC, 0x1FBC},
                                              {0x1FCC, 0x1FCC}, {0x1FFC, 0x1FFC}};

  const bool wide_;
  regex_tree tree_;
  using kind = regex_tree::kind;
};

#if RETORT_CARRIES(RETORT_PART_GRAMMAR)

RETORT_INLINE result<regex_tree> regex::parse(std::string_view pattern, bool widely) {
  if (pattern.size() > max_length)
    return error{errc::limit, "a regular expression of " + std::to_string(pattern.size()) + " bytes"};
  if (utf8::valid_prefix(pattern) != pattern.size())
    return error{errc::bad_grammar, "the regular expression is not UTF-8"};
  regex r(pattern, widely);
  RETORT_TRY(r.tree_.root, r.alternatives(0));
  if (!r.at_end()) return r.wrong("a ) without a (");
  return std::move(r.tree_);
}

#endif

}  // namespace detail
RETORT_END
