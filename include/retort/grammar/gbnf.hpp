// Grammars in GBNF, the notation of llama.cpp, as grammar.
#pragma once

#include <retort/grammar/reader.hpp>
#include <retort/tokenizer/tokenizer.hpp>

#include <unordered_map>

RETORT_BEGIN
namespace detail {

/// Reads rules `name ::= alternatives`, one after another; "root" is where a text begins.
///
///   "text"          exactly these characters; \n \r \t \\ \" \' \[ \] \xHH \uHHHH \UHHHHHHHH
///   [a-z] [^"\\]    one character of a set, or of all others;  . is any character
///   name  ( ... )   a rule, a group;  x | y alternatives
///   * + ? {m} {m,} {m,n} {,n}   how often what stands before may come
///   <[123]> <text>  exactly the token with this id, or that this text is as a whole;  !<...> any token but this one
///   # ...           a comment
///
/// A line end ends a rule unless a parenthesis is open or the next line goes on
/// with | (or the line ended with one).
/// errors  bad_grammar (malformed, a rule missing or defined twice, a text that is not one token), limit
class gbnf : notation_reader {
 public:
  static constexpr std::size_t max_bytes = std::size_t{4} << 20, max_nesting = 64;
  using expression = grammar::expression;

  /// `words` is asked for tokens by their text.
  static result<grammar> parse(std::string_view text, const tokenizer& words, const effort& work = {});

 private:
  gbnf(grammar& g, std::string_view text, const tokenizer& words) : notation_reader(text), g_(g), words_(words) {}

  [[nodiscard]] error wrong(const std::string& what) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    return {errc::bad_grammar, "grammar, line " + std::to_string(line) + ": " + what};
  }
  /// Over blanks and comments, and over line ends too.
  void skip(bool lines) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
      } else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))) {
        ++at_;
      } else {
        return;
      }
    }
  }
  static bool in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  }
  std::string_view name() {
    const std::size_t begin = at_;
    while (in_name(peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  grammar::rule rule_named(std::string_view n) {
    const auto at = rules_.find(std::string(n));
    if (at != rules_.end()) return at->second;
    return rules_.emplace(std::string(n), g_.declare(std::string(n))).first->second;
  }

  result<void> rule() {
    const std::string_view n = name();
    if (n.empty()) return wrong("a rule must begin with its name");
    skip(false);
    if (!take("::=")) return wrong("::= expected after \"" + std::string(n) + "\"");
    skip(true);
    const grammar::rule r = rule_named(n);
    if (g_.is_defined(r)) return wrong("rule \"" + std::string(n) + "\" is defined twice");
    RETORT_TRY(const expression e, alternatives(0));
    if (g_.problem()) return *g_.problem();
    g_.define(r, e);
    if (at_ < text_.size() && peek() != '\n' && peek() != '\r')
      return wrong("unexpected \"" + printable(text_.substr(at_, 8)) + "\"");
    return {};
  }

  result<expression> alternatives(std::size_t depth) {
    if (depth > max_nesting || stack_.is_spent())
      return error{errc::limit, "a grammar nested deeper than " + std::to_string(depth - 1)};
    std::vector<expression> all;
    while (true) {
      RETORT_TRY(const expression e, sequence(depth));
      all.push_back(e);
      const std::size_t end = at_;
      skip(true);
      if (!take("|")) {
        if (depth == 0) at_ = end;
        return all.size() == 1 ? all[0] : g_.any_of(all);
      }
      skip(true);
    }
  }

  result<expression> sequence(std::size_t depth) {
    std::vector<expression> parts;
    while (true) {
      skip(depth > 0);
      std::optional<expression> e;
      const char c = peek();
      if (c == '"') {
        RETORT_TRY(e, text());
      } else if (c == '[') {
        RETORT_TRY(e, set());
      } else if (c == '(') {
        ++at_;
        RETORT_TRY(e, alternatives(depth + 1));
        if (!take(")")) return wrong("a ( without a )");
      } else if (c == '.') {
        ++at_;
        e = g_.chars(char_set::all());
      } else if (c == '<' || c == '!') {
        const bool others = take("!");
        RETORT_TRY(const std::int32_t id, token_id());
        e = others ? g_.any_control_but(id) : g_.control(id);
      } else if (in_name(c)) {
        e = g_.call(rule_named(name()));
      } else if (c == '*' || c == '+' || c == '?' || c == '{') {
        return wrong("nothing to repeat");
      } else {
        break;
      }
      RETORT_TRY(const expression repeated, repetition(*e));
      parts.push_back(repeated);
    }
    return parts.size() == 1 ? parts[0] : g_.sequence(parts);
  }

  result<expression> repetition(expression what) {
    while (true) {
      skip(false);
      std::size_t min = 0, max = grammar::unbounded;
      if (take("*")) {
      } else if (take("+")) {
        min = 1;
      } else if (take("?")) {
        max = 1;
      } else if (take("{")) {
        skip(false);
        const bool has_min = number(min);
        skip(false);
        max = min;
        if (take(",")) {
          skip(false);
          if (!number(max)) max = grammar::unbounded;
        } else if (!has_min) {
          return wrong("a count expected after {");
        }
        skip(false);
        if (!take("}")) return wrong("} expected");
        if (too_many(min, max))
          return error{errc::limit, "a grammar with a repetition of more than " + std::to_string(max_count)};
        if (min > max) return wrong("a repetition whose bounds are in the wrong order");
      } else {
        return what;
      }
      what = g_.repeat(what, static_cast<std::uint32_t>(min), static_cast<std::uint32_t>(max));
      if (g_.problem()) return *g_.problem();
    }
  }

  result<expression> text() {
    std::string out;
    ++at_;
    while (!take("\"")) {
      RETORT_TRY(const char32_t c, character());
      utf8::append(out, c);
    }
    return g_.literal(out);
  }
  result<expression> set() {
    ++at_;
    const bool negated = take("^");
    char_set all;
    while (!take("]")) {
      RETORT_TRY(const char32_t first, character());
      char32_t last = first;
      if (peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        RETORT_TRY(last, character());
        if (last < first) return wrong("a range in the wrong order");
      }
      all.add(first, last);
    }
    return g_.chars(negated ? all.complement() : all);
  }
  /// One character of a text or set, perhaps escaped.
  result<char32_t> character() {
    if (at_ >= text_.size()) return wrong("a quote or set that does not end");
    unsigned n;
    const char32_t c = utf8::decode(text_.data() + at_, n);
    at_ += n;
    if (c != '\\') return c;
    if (at_end()) return wrong("a quote or set that does not end");
    const char e = peek();
    ++at_;
    std::size_t n_digits = 0;
    switch (e) {
      case 'n': return U'\n';
      case 'r': return U'\r';
      case 't': return U'\t';
      case '\\':
      case '"':
      case '\'':
      case '[':
      case ']':
      case '-':
      case '^':
      case '/': return static_cast<char32_t>(e);
      case 'x': n_digits = 2; break;
      case 'u': n_digits = 4; break;
      case 'U': n_digits = 8; break;
      default: return wrong("an unknown escape");
    }
    char32_t value = 0;
    if (!hex(n_digits, value)) return wrong("an escape without its hexadecimal digits");
    if (value > char_set::last_character || (value >= 0xD800 && value < 0xE000))
      return wrong("an escape that is no character");
    return value;
  }
  result<std::int32_t> token_id() {
    if (take("<[")) {
      std::size_t id = 0;
      if (!number(id) || !take("]>")) return wrong("a token is written <[id]> or <text>");
      if (id >= 1u << 30) return wrong("a token id out of range");
      return static_cast<std::int32_t>(id);
    }
    const std::size_t end = text_.find('>', at_);
    if (peek() != '<' || end == text_.npos) return wrong("a token is written <[id]> or <text>");
    const std::string_view text = text_.substr(at_, end + 1 - at_);
    std::vector<std::int32_t> ids;
    RETORT_CHECK(words_.encode(text, special::parse, ids));
    if (ids.size() != 1) return wrong("\"" + printable(text.substr(0, 64)) + "\" is not one token of the vocabulary");
    at_ = end + 1;
    return ids[0];
  }

  grammar& g_;
  const tokenizer& words_;
  std::unordered_map<std::string, grammar::rule> rules_;
};

#if RETORT_CARRIES(RETORT_PART_GRAMMAR)

RETORT_INLINE result<grammar> gbnf::parse(std::string_view text, const tokenizer& words, const effort& work) {
  if (text.size() > max_bytes)
    return error{errc::limit, "a grammar larger than " + std::to_string(max_bytes) + " bytes"};
  if (utf8::valid_prefix(text) != text.size()) return error{errc::bad_grammar, "the grammar is not UTF-8"};
  grammar g(work);
  gbnf in(g, text, words);
  in.rules_.emplace("root", grammar::root);
  in.skip(true);
  while (in.at_ < text.size()) {
    RETORT_CHECK(in.rule());
    in.skip(true);
  }
  for (std::uint32_t r = 0; r < g.n_rules(); ++r)
    if (!g.is_defined({r}))
      return error{errc::bad_grammar, "grammar: rule \"" + printable(g.name({r})) + "\" is not defined"};
  if (g.problem()) return *g.problem();
  return g;
}

#endif

}  // namespace detail
RETORT_END
