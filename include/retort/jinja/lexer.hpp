// From the source of a chat template to tokens, with Jinja's white space rules (trim_blocks and lstrip_blocks on).
// Next: parser.hpp.
#pragma once

#include <retort/jinja/strings.hpp>

RETORT_BEGIN
namespace detail::templates {

// clang-format off
enum class token_type : std::uint8_t {
  data, print_begin, print_end, block_begin, block_end, name, string, integer, real, sign, end,
};
// clang-format on

/// A piece of the source. `sign` tokens carry their one or two characters in `sign`.
struct token {
  token_type type;
  std::uint16_t sign;
  std::uint32_t line;
  std::uint32_t begin, end;
};

constexpr std::uint16_t sign(char a, char b = 0) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(a) | static_cast<unsigned char>(b) << 8);
}

/// Line ends become "\n", and one of them is dropped at the end, as Jinja does.
inline std::string normal_lines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
    out += source[i] == '\r' ? '\n' : source[i];
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

/// source  Jinja 3.1's documented behaviour; checked against it in tests/jinja/filters_test.cpp
class lexer {
 public:
  explicit lexer(std::string_view source) : s_(source) {}

  result<std::vector<token>> run() {
    while (at_ < s_.size() && good_) text_until_tag();
    if (!good_) return std::move(error_);
    add(token_type::end, at_, at_);
    return std::move(tokens_);
  }

 private:
  enum class trim : std::uint8_t { normal, strip, keep };

  void fail(std::string why) {
    if (!good_) return;
    good_ = false;
    count_lines(at_);
    error_ = {errc::bad_template, "template line " + std::to_string(line_) + ": " + why};
  }
  void count_lines(std::size_t upto) {
    for (; counted_ < upto && counted_ < s_.size(); ++counted_) line_ += s_[counted_] == '\n';
  }
  void add(token_type type, std::size_t begin, std::size_t end, std::uint16_t which = 0) {
    count_lines(begin);
    tokens_.push_back({type, which, line_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  }
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < s_.size() ? s_[at_ + ahead] : '\0';
  }

  void skip_space() {
    while (at_ < s_.size() && is_space(point_at(s_, at_).code)) at_ += point_at(s_, at_).length;
  }
  trim trim_mark() {
    const char c = peek();
    if (c != '-' && c != '+') return trim::normal;
    ++at_;
    return c == '-' ? trim::strip : trim::keep;
  }

  /// Template data [begin, end) in front of a tag. `lstrip`: the tag takes the blanks of its line with it.
  void add_data(std::size_t begin, std::size_t end, trim mark, bool lstrip) {
    const std::string_view data = s_.substr(begin, end - begin);
    if (mark == trim::strip) {
      end = begin + strip(data, false, true).end;
    } else if (mark == trim::normal && lstrip) {
      const std::size_t line_end = data.rfind('\n');
      const std::size_t from = line_end == npos ? 0 : line_end + 1;
      const bool line_start = from > 0 || begin == 0 || s_[begin - 1] == '\n';
      if (line_start && strip(data.substr(from), true, false).begin == data.size() - from) end = begin + from;
    }
    if (begin < end) add(token_type::data, begin, end);
  }

  void text_until_tag() {
    const std::size_t begin = at_;
    std::size_t tag = s_.find('{', begin);
    while (tag != npos && tag + 1 < s_.size() && s_[tag + 1] != '{' && s_[tag + 1] != '%' && s_[tag + 1] != '#')
      tag = s_.find('{', tag + 1);
    if (tag == npos || tag + 1 >= s_.size()) {
      add(token_type::data, begin, s_.size());
      at_ = s_.size();
      return;
    }
    at_ = tag + 2;
    const char which = s_[tag + 1];
    const trim mark = trim_mark();
    add_data(begin, tag, mark, which != '{');
    if (which == '#') return comment();
    if (which == '%' && raw()) return;
    add(which == '{' ? token_type::print_begin : token_type::block_begin, tag, at_);
    inside(which == '{');
  }

  /// After "%}" or "#}": one line end goes too, unless the mark says otherwise.
  void after_block(trim mark) {
    if (mark == trim::strip) skip_space();
    else if (mark == trim::normal && peek() == '\n') ++at_;
  }

  void comment() {
    const std::size_t close = s_.find("#}", at_);
    if (close == npos) return fail("a comment is not closed");
    const char mark = close > at_ ? s_[close - 1] : '\0';
    at_ = close + 2;
    after_block(mark == '-' ? trim::strip : mark == '+' ? trim::keep : trim::normal);
  }

  bool word_follows(std::string_view word) {
    skip_space();
    if (s_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    skip_space();
    return true;
  }
  /// "%}" with its mark; false (and no move) where something else stands.
  bool block_closes(trim& mark) {
    const char c = peek();
    const std::size_t skip = c == '-' || c == '+' ? 1 : 0;
    if (peek(skip) != '%' || peek(skip + 1) != '}') return false;
    at_ += skip + 2;
    mark = c == '-' ? trim::strip : c == '+' ? trim::keep : trim::normal;
    return true;
  }
  /// {% raw %} ... {% endraw %}; called after "{%". False (and no move) if it is another tag.
  bool raw() {
    const std::size_t start = at_;
    trim mark = trim::normal;
    if (!word_follows("raw") || !block_closes(mark) || mark == trim::keep) {
      at_ = start;
      return false;
    }
    if (mark == trim::strip) skip_space();
    const std::size_t begin = at_;
    for (std::size_t tag = s_.find("{%", begin); tag != npos; tag = s_.find("{%", tag + 1)) {
      at_ = tag + 2;
      const trim before = trim_mark();
      if (!word_follows("endraw") || !block_closes(mark)) continue;
      const std::size_t after = at_;
      add_data(begin, tag, before, true);
      at_ = after;
      after_block(mark);
      return true;
    }
    at_ = begin;
    fail("a raw block is not closed");
    return true;
  }

  void inside(bool print) {
    open_.clear();
    while (good_) {
      if (at_ >= s_.size()) return;  // the parser reports what is missing
      if (open_.empty() && closes(print)) return;
      lex_one();
    }
  }
  bool closes(bool print) {
    const std::size_t begin = at_;
    if (!print) {
      trim mark = trim::normal;
      if (!block_closes(mark)) return false;
      add(token_type::block_end, begin, at_);
      after_block(mark);
      return true;
    }
    const std::size_t skip = peek() == '-' ? 1 : 0;
    if (peek(skip) != '}' || peek(skip + 1) != '}') return false;
    at_ += skip + 2;
    add(token_type::print_end, begin, at_);
    if (skip == 1) skip_space();
    return true;
  }

  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  static bool is_word(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<signed char>(c) < 0;
  }
  void lex_one() {
    const char c = peek();
    if (is_space(point_at(s_, at_).code)) return skip_space();
    if (is_digit(c)) return number();
    if (is_word(c)) return name();
    if (c == '\'' || c == '"') return quoted(c);
    punctuation(c);
  }
  void name() {
    const std::size_t begin = at_;
    while (is_word(peek())) ++at_;
    add(token_type::name, begin, at_);
  }
  void digits() {
    while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)))) ++at_;
  }
  bool exponent_follows() const noexcept {
    if ((peek() | 32) != 'e') return false;
    return is_digit(peek(1)) || ((peek(1) == '+' || peek(1) == '-') && is_digit(peek(2)));
  }
  void number() {
    const std::size_t begin = at_;
    const bool after_dot = begin > 0 && s_[begin - 1] == '.';
    const char kind = peek() == '0' ? static_cast<char>(peek(1) | 32) : '\0';
    if (kind == 'x' || kind == 'o' || kind == 'b') {
      at_ += 2;
      while (is_word(peek()) && static_cast<signed char>(peek()) >= 0) ++at_;
      return add(token_type::integer, begin, at_);
    }
    digits();
    bool real = false;
    if (!after_dot && peek() == '.' && is_digit(peek(1))) {
      ++at_;
      digits();
      real = true;
    }
    if (!after_dot && exponent_follows()) {
      at_ += is_digit(peek(1)) ? 1 : 2;
      digits();
      real = true;
    }
    if (!real && s_[begin] == '0') {  // no leading zeros, but any number of zeros
      std::size_t zeros = begin;
      while (zeros < at_ && (s_[zeros] == '0' || s_[zeros] == '_')) ++zeros;
      at_ = zeros;
    }
    add(real ? token_type::real : token_type::integer, begin, at_);
  }
  void quoted(char quote) {
    const std::size_t begin = at_++;
    while (at_ < s_.size() && s_[at_] != quote) at_ += s_[at_] == '\\' ? 2 : 1;
    if (at_ >= s_.size()) {
      at_ = begin;
      return fail("a string is not closed");
    }
    ++at_;
    add(token_type::string, begin, at_);
  }
  void punctuation(char c) {
    constexpr std::string_view pairs[] = {"//", "**", "==", "!=", ">=", "<="};
    const std::size_t begin = at_;
    for (std::string_view pair : pairs) {
      if (s_.substr(at_, 2) != pair) continue;
      at_ += 2;
      return add(token_type::sign, begin, at_, sign(pair[0], pair[1]));
    }
    if (c == '\0' || std::string_view("+-/*%~[](){}><=.:|,;").find(c) == npos)
      return fail("unexpected character '" + printable(s_.substr(at_, 1)) + "'");
    if (c == '(' || c == '[' || c == '{') open_ += c == '(' ? ')' : c == '[' ? ']' : '}';
    if (c == ')' || c == ']' || c == '}') {
      if (open_.empty() || open_.back() != c) return fail(std::string("unexpected '") + c + "'");
      open_.pop_back();
    }
    ++at_;
    add(token_type::sign, begin, at_, sign(c));
  }

  std::string_view s_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  std::uint32_t line_ = 1;
  std::string open_;  ///< the brackets that wait to be closed
  std::vector<token> tokens_;
  bool good_ = true;
  error error_{errc::bad_template, {}};
};

/// The value of a string token: Python's escapes. False for one that Python refuses.
class unescaper {
 public:
  explicit unescaper(std::string_view quoted) : s_(quoted.substr(1, quoted.size() - 2)) {}

  bool run(std::string& out) {
    while (at_ < s_.size()) {
      if (s_[at_] != '\\' || at_ + 1 == s_.size()) {
        out += s_[at_++];
      } else {
        at_ += 2;
        if (!escape(s_[at_ - 1], out)) return false;
      }
    }
    return true;
  }

 private:
  bool escape(char c, std::string& out) {
    constexpr std::string_view from = "abfnrtv\\'\"", to = "\a\b\f\n\r\t\v\\'\"";
    if (const std::size_t i = from.find(c); i != npos) {
      out += to[i];
      return true;
    }
    if (c == '\n') return true;
    if (c >= '0' && c <= '7') {
      --at_;
      return code(8, 3, false, out);
    }
    if (c == 'x') return code(16, 2, true, out);
    if (c == 'u') return code(16, 4, true, out);
    if (c == 'U') return code(16, 8, true, out);
    if (c == 'N') return false;
    (out += '\\') += c;
    return true;
  }
  bool code(unsigned base, unsigned most, bool exactly, std::string& out) {
    char32_t c = 0;
    unsigned n = 0;
    for (; n < most && at_ < s_.size(); ++n, ++at_) {
      const auto v = static_cast<unsigned>(hex_digit(s_[at_]));  // of what is none, the largest number
      if (v >= base) break;
      c = c * base + v;
    }
    if ((exactly && n < most) || c > 0x10FFFF) return false;
    utf8::append(out, c);
    return true;
  }

  std::string_view s_;
  std::size_t at_ = 0;
};

}  // namespace detail::templates
RETORT_END
