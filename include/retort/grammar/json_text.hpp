// JSON as grammar: strings, numbers and values of any kind, in a compact form that no model can draw out for ever.
#pragma once

#include <retort/grammar/grammar.hpp>

#include <map>

RETORT_BEGIN
namespace detail {

/// Builds what JSON texts are made of into a grammar. At most one space follows a comma or a colon, there is no other
/// white space; numbers have few digits; values of any kind nest at most `max_nesting` deep.
class json_text {
 public:
  static constexpr std::uint32_t max_nesting = 12;  // of values of any kind
  static constexpr std::uint32_t max_digits = 15;   // of integers and before the point: a double holds them exactly
  using expression = grammar::expression;

  explicit json_text(grammar& g) : g_(g) {}

  struct member {
    std::string name;
    expression value;
    bool required = true;
  };

  /// One character of a string, in any of the ways it can be written.
  expression character() {
    const auto hex = g_.chars({{'0', '9'}, {'A', 'F'}, {'a', 'f'}});
    const auto hex2 = g_.repeat(hex, 2, 2);
    const auto d = g_.chars({{'d', 'd'}, {'D', 'D'}});
    const auto unit =
        g_.any_of({g_.sequence({g_.chars({{'0', '9'}, {'A', 'C'}, {'a', 'c'}, {'E', 'F'}, {'e', 'f'}}), hex, hex2}),
                   g_.sequence({d, g_.chars({{'0', '7'}}), hex2})});
    const auto pair = g_.sequence({d, g_.chars({{'8', '9'}, {'A', 'B'}, {'a', 'b'}}), hex2, g_.literal("\\u"), d,
                                   g_.chars({{'C', 'F'}, {'c', 'f'}}), hex2});
    const auto simple =
        g_.chars({{'"', '"'}, {'\\', '\\'}, {'/', '/'}, {'b', 'b'}, {'f', 'f'}, {'n', 'n'}, {'r', 'r'}, {'t', 't'}});
    const auto escaped =
        g_.sequence({g_.literal("\\"), g_.any_of({simple, g_.sequence({g_.literal("u"), g_.any_of({unit, pair})})})});
    return g_.any_of({g_.chars(plain()), escaped});
  }
  /// One character of a set, raw where that is allowed, escaped where it must be.
  expression character_of(const char_set& set) {
    std::vector<expression> ways{g_.chars(set.intersection(plain()))};
    constexpr char hex[] = "0123456789abcdef";
    for (char32_t c = 0; c < 0x80; ++c) {
      if (plain().contains(c) || !set.contains(c)) continue;
      const auto byte = static_cast<char>(c);
      const char* const names = "\bb\ff\nn\rr\tt\"\"\\\\";
      const char* name = names;
      while (*name != '\0' && *name != byte) name += 2;
      ways.push_back(g_.literal(c != 0 && *name != '\0' ? std::string{'\\', name[1]}
                                                        : std::string("\\u00") + hex[c >> 4] + hex[c & 15]));
    }
    return g_.any_of(ways);
  }
  /// A string of `min` to `max` characters.
  expression string(std::uint32_t min = 0, std::uint32_t max = grammar::unbounded) {
    if (min == 0 && max == grammar::unbounded) {
      if (!string_) string_ = g_.define("string", quoted(g_.repeat(character(), 0)));
      return g_.call(*string_);
    }
    return quoted(g_.repeat(character(), min, max));
  }
  expression quoted(expression content) { return g_.sequence({g_.literal("\""), content, g_.literal("\"")}); }

  expression integer() {
    return g_.sequence(
        {g_.optional(g_.literal("-")),
         g_.any_of({g_.literal("0"), g_.sequence({g_.chars({{'1', '9'}}), digits(0, max_digits - 1)})})});
  }
  expression number() {
    const auto fraction = g_.sequence({g_.literal("."), digits(1, max_digits)});
    const auto exponent = g_.sequence(
        {g_.chars({{'E', 'E'}, {'e', 'e'}}), g_.optional(g_.chars({{'+', '+'}, {'-', '-'}})), digits(1, 2)});
    return g_.sequence({integer(), g_.optional(fraction), g_.optional(exponent)});
  }
  expression digits(std::uint32_t min, std::uint32_t max) { return g_.repeat(g_.chars({{'0', '9'}}), min, max); }
  expression boolean() { return g_.any_of({g_.literal("true"), g_.literal("false")}); }
  expression null() { return g_.literal("null"); }

  /// Members in their order, those that are not required skippable; then, with `others`, further members of other
  /// names with values like that.
  expression object(std::span<const member> members, std::optional<expression> others = {}) {
    std::vector<grammar::item> items;
    std::vector<std::string> names;
    for (const member& m : members) {
      const auto key = g_.literal(quote(m.name) + ":");
      items.push_back(
          {g_.sequence({key, space(), m.value}), m.required ? grammar::item::required : grammar::item::optional});
      names.push_back(m.name);
    }
    if (others) {
      const auto key = members.empty() ? string() : quoted(g_.except(plain(), names));
      items.push_back({g_.sequence({key, g_.literal(":"), space(), *others}), grammar::item::repeated});
    }
    return g_.sequence({g_.literal("{"), g_.list(items, comma()), g_.literal("}")});
  }
  /// The first elements each after its own kind, then others alike; at least `min` and at most `max` in all.
  expression array(std::span<const expression> first, std::optional<expression> others, std::uint32_t min = 0,
                   std::uint32_t max = grammar::unbounded) {
    if (min > max || (!others && min > first.size())) return g_.nothing();
    const auto n_first = static_cast<std::uint32_t>(std::min<std::size_t>(first.size(), max));
    // from the back: what may follow the i-th element
    expression rest = g_.empty();
    if (others && max > n_first) {
      const grammar::rule one = g_.define("element", *others);
      const auto more = [&](std::uint32_t least, std::uint32_t most) {
        return g_.repeat(g_.sequence({comma(), g_.call(one)}), least, most);
      };
      const std::uint32_t least = min > n_first ? min - n_first : 0;
      const std::uint32_t most = max == grammar::unbounded ? max : max - n_first;
      if (n_first > 0) {
        rest = more(least, most);
      } else {
        rest =
            g_.sequence({g_.call(one), more(least > 0 ? least - 1 : 0, most == grammar::unbounded ? most : most - 1)});
        if (least == 0) rest = g_.optional(rest);
      }
    }
    for (std::uint32_t i = n_first; i-- > 0;) {
      rest = i == 0 ? g_.sequence({first[i], rest}) : g_.sequence({comma(), first[i], rest});
      if (min <= i) rest = g_.optional(rest);
      if (i % 64 == 0 && i > 0) rest = g_.call(g_.define("elements", rest));  // long ones need not nest deep
    }
    return g_.sequence({g_.literal("["), rest, g_.literal("]")});
  }

  /// A value of any kind.
  expression any() { return any(max_nesting); }
  expression any_object() {
    (void)any();
    return object({}, g_.call(any_[max_nesting - 1]));
  }
  expression any_array() {
    (void)any();
    return array({}, g_.call(any_[max_nesting - 1]));
  }

  /// A number bound in the decimal system, without zeros in front or behind.
  struct decimal {
    bool negative = false;
    std::string whole = "0", fraction;
    [[nodiscard]] bool is_zero() const { return whole == "0" && fraction.empty(); }
  };
  struct bound {
    decimal at;
    bool strict = false;  ///< the bound itself is out
  };
  /// Reads what JSON writes as a number; nothing where it has more than max_digits digits before the point.
  static std::optional<decimal> parse_decimal(std::string_view text) {
    decimal d;
    if ((d.negative = text.starts_with('-'))) text.remove_prefix(1);
    std::string digits;
    std::ptrdiff_t point = 0, exponent = 0;
    bool seen_point = false;
    std::size_t i = 0;
    for (; i < text.size() && (text[i] == '.' || (text[i] >= '0' && text[i] <= '9')); ++i) {
      if (text[i] == '.') {
        seen_point = true;
        continue;
      }
      digits += text[i];
      point += !seen_point;
    }
    if (i < text.size()) {  // e, sign, digits
      const bool down = text.substr(++i).starts_with('-');
      if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
      for (; i < text.size() && exponent < 1000; ++i) exponent = exponent * 10 + (text[i] - '0');
      point += down ? -exponent : exponent;
    }
    const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
    digits.erase(0, zeros);
    point -= static_cast<std::ptrdiff_t>(zeros);
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    if (digits.empty()) return decimal{};
    if (point > static_cast<std::ptrdiff_t>(max_digits) || point < -400) return {};
    const auto size = static_cast<std::ptrdiff_t>(digits.size());
    if (point <= 0) digits.insert(0, static_cast<std::size_t>(-point), '0');
    if (point > size) digits.append(static_cast<std::size_t>(point - size), '0');
    const auto n_whole = static_cast<std::size_t>(std::max<std::ptrdiff_t>(point, 0));
    if (n_whole > 0) d.whole = digits.substr(0, n_whole);
    d.fraction = digits.substr(n_whole);
    return d;
  }
  /// A number from `low` to `high`, an integer or one without exponent; where one is not given, 9 digits before the
  /// point are the most. All digits together are at most max_digits, so that no reader's rounding crosses a bound;
  /// a bound with more is rounded inwards. Nothing where bounds are too large for that.
  std::optional<expression> between(std::optional<bound> low, std::optional<bound> high, bool integers) {
    std::size_t n_whole = low && high ? 1 : 9;
    for (const auto& b : {low, high})
      if (b) n_whole = std::max(n_whole, b->at.whole.size() + (low && high ? 0 : 1));
    n_whole = std::min<std::size_t>(n_whole, integers ? max_digits : max_digits - 1);
    const std::string most(n_whole, '9');
    if (!low) low = {{true, most, {}}, false};
    if (!high) high = {{false, most, {}}, false};
    n_fraction_ = integers ? 0 : max_digits - n_whole;
    if (!integers) {
      round_inwards(*low, low->at.negative);
      round_inwards(*high, !high->at.negative);
    }
    if (low->at.whole.size() > n_whole || high->at.whole.size() > n_whole) return {};
    const auto minus = [](bound b) {
      b.at.negative = !b.at.negative && !b.at.is_zero();
      return b;
    };
    const bound zero;
    std::vector<expression> ways;
    if (!high->at.negative && !(high->at.is_zero() && high->strict))
      ways.push_back(magnitude(low->at.negative ? zero : *low, *high));
    if (low->at.negative) {
      const bool up_to_zero = !high->at.negative && !(high->at.is_zero() && high->strict);
      if (!(integers && up_to_zero))
        ways.push_back(g_.sequence({g_.literal("-"), magnitude(up_to_zero ? zero : minus(*high), minus(*low))}));
      else  // no integer -0
        ways.push_back(g_.sequence({g_.literal("-"), magnitude({{false, "1", {}}, false}, minus(*low))}));
    }
    return g_.any_of(ways);
  }

  expression comma() { return g_.sequence({g_.literal(","), space()}); }
  expression space() { return g_.optional(g_.literal(" ")); }
  /// Characters that stand for themselves in a string.
  static char_set plain() { return char_set{{0, 0x1F}, {'"', '"'}, {'\\', '\\'}}.complement(); }
  /// A text as a JSON string.
  static std::string quote(std::string_view text) {
    constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
      const auto u = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out += {'\\', c};
      } else if (u < 0x20) {
        out += c == '\n'   ? "\\n"
               : c == '\t' ? "\\t"
               : c == '\r' ? "\\r"
                           : std::string("\\u00") + hex[u >> 4] + hex[u & 15];
      } else {
        out += c;
      }
    }
    return out + '"';
  }

 private:
  /// One rule for each depth that is left.
  expression any(std::uint32_t depth) {
    for (auto d = static_cast<std::uint32_t>(any_.size()); d <= depth; ++d) {
      std::vector<expression> kinds{string(), number(), boolean(), null()};
      if (d > 0) {
        kinds.push_back(object({}, g_.call(any_[d - 1])));
        kinds.push_back(array({}, g_.call(any_[d - 1])));
      }
      any_.push_back(g_.define("any value", g_.any_of(kinds)));
    }
    return g_.call(any_[depth]);
  }

  /// Cuts a bound to n_fraction_ digits behind the point; `down` makes its magnitude smaller, otherwise larger.
  void round_inwards(bound& b, bool down) const {
    std::string& f = b.at.fraction;
    if (f.size() <= n_fraction_) return;
    b.strict = false;
    std::string all = b.at.whole + f.substr(0, n_fraction_);
    if (!down) {
      std::size_t i = all.size();
      while (i > 0 && all[i - 1] == '9') all[--i] = '0';
      if (i == 0) all.insert(0, 1, '1');
      else ++all[i - 1];
    }
    b.at.whole = all.substr(0, all.size() - n_fraction_);
    f = all.substr(all.size() - n_fraction_);
    while (!f.empty() && f.back() == '0') f.pop_back();
    if (b.at.is_zero()) b.at.negative = false;
  }

  // Digits that follow a bound closely for a while: `low` and `high` say whether all of them so far are its own.
  struct closeness {
    const bound& a;
    const bound& b;
    bool low, high;
  };
  /// Numbers without sign from a to b.
  expression magnitude(const bound& a, const bound& b) {
    const auto value = [](const std::string& digits) {
      std::uint64_t n = 0;
      for (const char c : digits) n = n * 10 + static_cast<std::uint64_t>(c - '0');
      return n;
    };
    const std::uint64_t from = value(a.at.whole), to = value(b.at.whole);
    if (n_fraction_ == 0) {  // integers: a bound between two of them counts as the inner one
      const std::uint64_t first = from + (a.strict || !a.at.fraction.empty() ? 1 : 0);
      if (b.strict && b.at.fraction.empty()) return to == 0 ? g_.nothing() : whole(first, to - 1);
      return whole(first, to);
    }
    if (from > to) return g_.nothing();
    if (from == to) return g_.sequence({g_.literal(a.at.whole), fraction({a, b, true, true})});
    std::vector<expression> ways{g_.sequence({g_.literal(a.at.whole), fraction({a, b, true, false})}),
                                 g_.sequence({g_.literal(b.at.whole), fraction({a, b, false, true})})};
    if (to - from > 1) ways.push_back(g_.sequence({whole(from + 1, to - 1), fraction({a, b, false, false})}));
    return g_.any_of(ways);
  }
  /// Integers from first to last.
  expression whole(std::uint64_t first, std::uint64_t last) {
    std::vector<expression> ways;
    while (first <= last) {  // those of one length together
      std::string low = std::to_string(first), high(low.size(), '9');
      if (std::to_string(last).size() == low.size()) high = std::to_string(last);
      ways.push_back(same_length(low, high, 0, true, true));
      std::uint64_t next = 1;
      for (std::size_t i = 0; i < low.size(); ++i) next *= 10;
      first = next;
    }
    return g_.any_of(ways);
  }
  expression same_length(const std::string& low, const std::string& high, std::size_t i, bool at_low, bool at_high) {
    const auto left = static_cast<std::uint32_t>(low.size() - i);
    if (left == 0 || (!at_low && !at_high)) return digits(left, left);
    return next_digit(at_low ? low[i] : '0', at_high ? high[i] : '9', at_low, at_high,
                      [&](bool l, bool h) { return same_length(low, high, i + 1, l, h); });
  }
  /// A digit from first to last and what follows it, which depends on whether the digit is still a bound's own.
  template <class F>
  expression next_digit(char first, char last, bool at_low, bool at_high, F follow) {
    const auto range = [this](char a, char b) {
      return g_.chars({{static_cast<char32_t>(a), static_cast<char32_t>(b)}});
    };
    if (first > last) return g_.nothing();
    if (first == last) return g_.sequence({range(first, first), follow(at_low, at_high)});
    std::vector<expression> ways;
    if (at_low) ways.push_back(g_.sequence({range(first, first), follow(true, false)}));
    if (at_high) ways.push_back(g_.sequence({range(last, last), follow(false, true)}));
    const auto from = static_cast<char>(first + at_low), to = static_cast<char>(last - at_high);
    if (from <= to) ways.push_back(g_.sequence({range(from, to), follow(false, false)}));
    return g_.any_of(ways);
  }
  /// What may follow the digits before the point.
  expression fraction(const closeness& c) {
    const expression some = g_.sequence({g_.literal("."), fraction_digits(c, 0)});
    return may_end(c, 0) ? g_.optional(some) : some;
  }
  static char digit(const bound& b, std::size_t i) { return i < b.at.fraction.size() ? b.at.fraction[i] : '0'; }
  /// Whether the number may have no more than i digits behind the point.
  static bool may_end(const closeness& c, std::size_t i) {
    if (c.low && (c.a.strict || i < c.a.at.fraction.size())) return false;
    return !(c.high && c.b.strict && i >= c.b.at.fraction.size());
  }
  expression fraction_digits(const closeness& c, std::size_t i) {
    if (i == n_fraction_) return may_end(c, i) ? g_.empty() : g_.nothing();
    if (!c.low && !c.high) return digits(i == 0 ? 1 : 0, static_cast<std::uint32_t>(n_fraction_ - i));
    const expression more = next_digit(c.low ? digit(c.a, i) : '0', c.high ? digit(c.b, i) : '9', c.low, c.high,
                                       [&](bool l, bool h) { return fraction_digits({c.a, c.b, l, h}, i + 1); });
    return i > 0 && may_end(c, i) ? g_.optional(more) : more;
  }

  grammar& g_;
  std::size_t n_fraction_ = 0;
  std::optional<grammar::rule> string_;
  std::vector<grammar::rule> any_;
};

}  // namespace detail
RETORT_END
