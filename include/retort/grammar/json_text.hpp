// JSON as grammar: strings, numbers and values of any kind, in a compact form that no model can draw out for ever.
#pragma once

#include <retort/grammar/numbers.hpp>
#include <retort/text/json_writer.hpp>

RETORT_BEGIN
namespace detail {

/// Builds what JSON texts are made of into a grammar. At most one space follows a comma or a colon, there is no other
/// white space; integers fit 64 bits; values of any kind nest at most `max_nesting` deep.
class json_text {
 public:
  static constexpr std::uint32_t max_nesting = 12;    // of values of any kind
  static constexpr std::uint32_t block = 256;         // characters, of strings that are counted in blocks
  static constexpr std::uint32_t max_counted = 2048;  // characters with states of their own, in all strings
  static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);
  using expression = grammar::expression;

  explicit json_text(grammar& g) : g_(g) {}

  struct member {
    std::string name;
    expression value;
    bool required = true;
  };
  /// Members whose names are not known before, each kind of names with its values: any number of them, or one that must
  /// be there.
  struct members_like {
    std::vector<std::pair<language, expression>> ways;
    bool one = false;
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
    for (const auto& [known, e] : characters_)
      if (known == set) return e;
    std::vector<expression> ways{g_.chars(set.intersection(plain()))};
    char_set named;             // those with an escape of one letter
    char_set by_high_digit[2];  // the others, by the first of their two hexadecimal digits
    for (char32_t c = 0; c < 0x80; ++c) {
      if (plain().contains(c) || !set.contains(c)) continue;
      constexpr std::string_view short_forms = "btn.fr";  // 8 to 13, without 11
      if (c == '"' || c == '\\') {
        named.add(c, c);
      } else if (c >= 8 && c <= 13 && c != 11) {
        const auto letter = static_cast<unsigned char>(short_forms[c - 8]);
        named.add(letter, letter);
      } else {
        const char32_t low = c & 15, digit = low < 10 ? '0' + low : 'a' + (low - 10);
        by_high_digit[c >> 4].add(digit, digit);
      }
    }
    if (!named.ranges().empty()) ways.push_back(g_.sequence({g_.literal("\\"), g_.chars(named)}));
    for (const char high : {'0', '1'})
      if (const char_set& digits = by_high_digit[high - '0']; !digits.ranges().empty())
        ways.push_back(g_.sequence({g_.literal(std::string("\\u00") + high), g_.chars(digits)}));
    const expression e = ways.size() == 1 ? ways[0] : g_.any_of(ways);
    characters_.emplace_back(set, e);
    return e;
  }
  /// A string with this content.
  expression string(const language& content) {
    return quoted(content.in(g_, [this](const char_set& set) { return character_of(set); }));
  }
  /// A string of `min` to `max` characters.
  expression string(std::uint32_t min = 0, std::uint32_t max = grammar::unbounded) {
    if (min == 0 && max == grammar::unbounded) {
      if (!string_) string_ = g_.define("string", quoted(g_.repeat(character(), 0)));
      return g_.call(*string_);
    }
    return quoted(characters(min, max));
  }
  expression quoted(expression content) { return g_.sequence({g_.literal("\""), content, g_.literal("\"")}); }

  /// An integer of 64 bits.
  expression integer() {
    if (!integer_) {
      number_demands integers;
      integers.fractions = false;
      const auto all = number_texts::of(integers, g_.work());
      integer_ = all ? all->in(g_) : g_.nothing();
    }
    return *integer_;
  }
  expression number() {
    const auto whole = g_.any_of({g_.literal("0"), g_.sequence({g_.chars({{'1', '9'}}), digits(0, 18)})});
    const auto fraction = g_.sequence({g_.literal("."), digits(1, number_texts::max_fraction)});
    const auto exponent = g_.sequence(
        {g_.chars({{'E', 'E'}, {'e', 'e'}}), g_.optional(g_.chars({{'+', '+'}, {'-', '-'}})), digits(1, 2)});
    return g_.sequence({g_.optional(g_.literal("-")), whole, g_.optional(fraction), g_.optional(exponent)});
  }
  expression digits(std::uint32_t min, std::uint32_t max) { return g_.repeat(g_.chars({{'0', '9'}}), min, max); }
  expression boolean() { return g_.any_of({g_.literal("true"), g_.literal("false")}); }
  expression null() { return g_.literal("null"); }

  /// Members in their order, those that are not required skippable, then those of other names; `min` to `max` of them
  /// in all, where each kind of other names counts once towards `min`.
  expression object(std::span<const member> members, std::span<const members_like> others = {}, std::size_t min = 0,
                    std::size_t max = no_limit) {
    std::vector<grammar::item> items;
    std::size_t n_required = 0;
    const auto put = [&](expression what, grammar::item::presence_type presence) {
      items.push_back({what, presence});
      n_required += presence == grammar::item::required;
    };
    const auto named = [this](expression key, expression value) {
      return g_.sequence({key, g_.literal(":"), space(), value});
    };
    for (const member& m : members)
      put(named(g_.literal(quote(m.name)), m.value), m.required ? grammar::item::required : grammar::item::optional);
    for (const members_like& m : others) {
      std::vector<expression> ways;
      for (const auto& [names, value] : m.ways) ways.push_back(named(string(names), value));
      put(ways.size() == 1 ? ways[0] : g_.any_of(ways), m.one ? grammar::item::required : grammar::item::repeated);
    }
    const bool counted = min > n_required || max != no_limit;
    return g_.sequence(
        {g_.literal("{"), counted ? counted_list(items, min, max) : g_.list(items, comma()), g_.literal("}")});
  }
  /// An object whose members are all alike.
  expression object_of(expression value) {
    const grammar::item members{g_.sequence({string(), g_.literal(":"), space(), value}), grammar::item::repeated};
    return g_.sequence({g_.literal("{"), g_.list(std::span(&members, 1), comma()), g_.literal("}")});
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
    return object_of(g_.call(any_[max_nesting - 1]));
  }

  expression comma() { return g_.sequence({g_.literal(","), space()}); }
  expression space() { return g_.optional(g_.literal(" ")); }
  /// Characters that stand for themselves in a string.
  static char_set plain() { return char_set{{0, 0x1F}, {'"', '"'}, {'\\', '\\'}}.complement(); }
  /// A text as a JSON string.
  static std::string quote(std::string_view text) {
    std::string out;
    append_json_string(out, text, false);
    return out;
  }

 private:
  /// One rule for each depth that is left.
  expression any(std::uint32_t depth) {
    for (auto d = static_cast<std::uint32_t>(any_.size()); d <= depth; ++d) {
      std::vector<expression> kinds{string(), number(), boolean(), null()};
      if (d > 0) {
        kinds.push_back(object_of(g_.call(any_[d - 1])));
        kinds.push_back(array({}, g_.call(any_[d - 1])));
      }
      any_.push_back(g_.define("any value", g_.any_of(kinds)));
    }
    return g_.call(any_[depth]);
  }

  /// Characters in any way they can be written. Where there are many in a grammar, whole blocks of them are one rule
  /// that is called again and again, beside the last one, which may end anywhere: fewer states, but where a token may
  /// reach from one block into the next its mask takes long.
  expression characters(std::uint32_t min, std::uint32_t max) {
    const std::uint32_t last = max == grammar::unbounded ? min : max;
    if (last < block || n_counted_ + last <= max_counted) {
      n_counted_ += last;
      return g_.repeat(character(), min, max);
    }
    const auto rule = [this](std::optional<grammar::rule>& r, std::uint32_t least) {
      if (!r) r = g_.define("characters", g_.repeat(character(), least, least == 0 ? block - 1 : block));
      return g_.call(*r);
    };
    const std::uint32_t n_full = min / block, n_blocks = last / block;
    std::vector<grammar::edge> edges;
    for (std::uint32_t i = 0; i < n_blocks; ++i) edges.push_back({i, i + 1, rule(block_, block)});
    const std::uint32_t end = n_blocks + 1;
    if (max == grammar::unbounded) {
      edges.push_back({n_blocks, end, g_.repeat(character(), min % block)});
    } else {
      for (std::uint32_t i = n_full; i <= n_blocks; ++i) {
        const std::uint32_t least = i == n_full ? min % block : 0, most = i == n_blocks ? max % block : block - 1;
        const bool is_rest = least == 0 && most == block - 1;
        edges.push_back({i, end, is_rest ? rule(rest_, 0) : g_.repeat(character(), least, most)});
      }
    }
    return g_.network(end + 1, edges, std::array{end});
  }

  /// A list as grammar::list makes it, with a count of its items; a kind that comes repeatedly counts once towards
  /// `min`, since names that are written twice are one member.
  expression counted_list(std::span<const grammar::item> items, std::size_t min, std::size_t max) {
    struct place {
      std::size_t item, written, towards;
      bool used;
      auto operator<=>(const place&) const = default;
    };
    std::map<place, std::uint32_t> ids;
    std::vector<place> todo;
    const std::size_t most = max == no_limit ? 1 : max;
    const auto id = [&](place p) {
      p.written = std::min(p.written, most);
      p.towards = std::min(p.towards, min);
      const auto [at, is_new] = ids.try_emplace(p, static_cast<std::uint32_t>(ids.size()));
      if (is_new) todo.push_back(p);
      return at->second;
    };
    std::vector<grammar::edge> edges;
    std::vector<std::uint32_t> ends;
    std::vector<std::array<std::optional<expression>, 2>> written(items.size());
    const auto write = [&](std::size_t i, bool first) {
      auto& e = written[i][first];
      if (!e) e = g_.call(g_.define("member", first ? items[i].what : g_.sequence({comma(), items[i].what})));
      return *e;
    };
    id({0, 0, 0, false});
    while (!todo.empty() && edges.size() < grammar::max_nodes) {
      const place p = todo.back();
      todo.pop_back();
      const std::uint32_t from = ids.at(p);
      if (p.item == items.size()) {
        if (p.towards >= min) ends.push_back(from);
        continue;
      }
      const auto presence = items[p.item].presence;
      const bool again = presence == grammar::item::repeated;
      if (presence != grammar::item::required)
        edges.push_back({from, id({p.item + 1, p.written, p.towards, false}), g_.empty()});
      if (max != no_limit && p.written == max) continue;
      const place next{p.item + !again, p.written + 1, p.towards + !p.used, again};
      edges.push_back({from, id(next), write(p.item, p.written == 0)});
    }
    if (edges.size() >= grammar::max_nodes) g_.fail(errc::limit, "counts of properties that are too large together");
    return g_.network(static_cast<std::uint32_t>(ids.size()), edges, ends);
  }

  grammar& g_;
  std::optional<grammar::rule> string_, block_, rest_;
  std::uint32_t n_counted_ = 0;
  std::optional<expression> integer_;
  std::vector<std::pair<char_set, expression>> characters_;
  std::vector<grammar::rule> any_;
};

}  // namespace detail
RETORT_END
