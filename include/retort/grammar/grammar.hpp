// A language as rules over bytes and characters: what JSON schemas, regular expressions and grammars become, and
// what formats of answers are put together from. automaton.hpp makes it runnable.
#pragma once

#include <retort/base/effort.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

RETORT_BEGIN
namespace detail {

/// A set of characters (Unicode scalar values; surrogates are never in it).
class char_set {
 public:
  struct range {
    char32_t first, last;
    bool operator==(const range&) const = default;
  };
  static constexpr char32_t last_character = 0x10FFFF;

  char_set() = default;
  char_set(std::initializer_list<range> of) {
    for (const range& r : of) add(r.first, r.last);
  }
  static char_set all() { return {{0, last_character}}; }

  /// Adds first..last; the part over 10FFFF and the surrogates are left out.
  void add(char32_t first, char32_t last) {
    last = std::min(last, last_character);
    if (first < 0xD800 && last > 0xDFFF) {
      add(first, 0xD7FF);
      first = 0xE000;
    }
    if (first >= 0xD800 && first <= 0xDFFF) first = 0xE000;
    if (last >= 0xD800 && last <= 0xDFFF) last = 0xD7FF;
    if (first > last) return;
    // everything that touches the new range is swallowed by it
    auto at = std::find_if(ranges_.begin(), ranges_.end(), [&](const range& r) { return r.last + 1 >= first; });
    auto end = at;
    for (; end != ranges_.end() && end->first <= last + 1; ++end) {
      first = std::min(first, end->first);
      last = std::max(last, end->last);
    }
    at = ranges_.erase(at, end);
    ranges_.insert(at, {first, last});
  }
  void add(const char_set& other) {
    for (const range& r : other.ranges_) add(r.first, r.last);
  }
  void remove(char32_t first, char32_t last) {
    char_set gone{{first, last}};
    *this = intersection(gone.complement());
  }
  [[nodiscard]] char_set complement() const {
    char_set out;
    char32_t next = 0;
    for (const range& r : ranges_) {
      if (r.first > next) out.add(next, r.first - 1);
      next = r.last + 1;
    }
    if (next <= last_character) out.add(next, last_character);
    return out;
  }
  [[nodiscard]] char_set intersection(const char_set& other) const {
    char_set out;
    for (const range& a : ranges_)
      for (const range& b : other.ranges_)
        if (std::max(a.first, b.first) <= std::min(a.last, b.last))
          out.add(std::max(a.first, b.first), std::min(a.last, b.last));
    return out;
  }
  [[nodiscard]] bool contains(char32_t c) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [c](const range& r) { return c >= r.first && c <= r.last; });
  }
  [[nodiscard]] const std::vector<range>& ranges() const noexcept { return ranges_; }
  bool operator==(const char_set&) const = default;

 private:
  std::vector<range> ranges_;  // sorted, apart
};

/// Rules and the expressions they are made of. Expressions are made bottom-up, each from ones made before; a rule
/// may be called before it is defined, which makes recursion:
///
///   grammar g;
///   const auto name = g.chars({{'a', 'z'}});
///   g.define(g.root, g.sequence({g.literal("<"), g.repeat(name, 1, 8), g.literal(">")}));
///
/// Building cannot fail; what was wrong (too deep, too large) is kept and compiling returns it.
class grammar {
 public:
  struct expression {
    std::uint32_t index;
  };
  struct rule {
    std::uint32_t index;
  };
  static constexpr rule root{0};  ///< where a text begins; every grammar has it
  static constexpr std::uint32_t unbounded = 0xffffffffu;
  static constexpr std::uint32_t max_depth = 512, max_nodes = 1u << 18, max_rules = 1u << 16;

  /// An element of a list.
  struct item {
    expression what;
    enum presence_type : std::uint8_t { required, optional, repeated } presence = required;
  };

  grammar() : grammar(effort()) {}
  /// With so much work for all that is made of it.
  explicit grammar(const effort& work) : work_(work) { declare("root"); }

  /// Exactly these bytes.
  expression literal(std::string_view bytes) {
    texts_.emplace_back(bytes);
    return add({kind::literal, 1, static_cast<std::uint32_t>(texts_.size() - 1), 0, 0, 0});
  }
  expression empty() { return literal({}); }
  /// No text at all matches.
  expression nothing() { return any_of({}); }
  /// One character of the set, as UTF-8.
  expression chars(const char_set& set) {
    sets_.push_back(set);
    return add({kind::chars, 1, static_cast<std::uint32_t>(sets_.size() - 1), 0, 0, 0});
  }
  expression sequence(std::span<const expression> parts) { return parent(kind::sequence, parts); }
  expression sequence(std::initializer_list<expression> parts) {
    return sequence(std::span(parts.begin(), parts.size()));
  }
  expression any_of(std::span<const expression> parts) { return parent(kind::any_of, parts); }
  expression any_of(std::initializer_list<expression> parts) { return any_of(std::span(parts.begin(), parts.size())); }
  expression repeat(expression what, std::uint32_t min, std::uint32_t max = unbounded) {
    const expression e = parent(kind::repeat, std::span(&what, 1));
    nodes_[e.index].min = min;
    nodes_[e.index].max = max;
    if (min > max)
      fail(errc::bad_grammar,
           "a repetition of at least " + std::to_string(min) + " and at most " + std::to_string(max));
    return e;
  }
  expression optional(expression what) { return repeat(what, 0, 1); }
  /// A transition network: texts that lead from state 0 to one of the ends, read along its edges.
  struct edge {
    std::uint32_t from, to;
    expression what;
  };
  expression network(std::uint32_t n_states, std::span<const edge> edges, std::span<const std::uint32_t> ends) {
    std::vector<expression> parts;
    for (const edge& e : edges) parts.push_back(e.what);
    const expression made = parent(kind::network, parts);
    if (problem_) return made;
    nodes_[made.index].min = static_cast<std::uint32_t>(networks_.size());
    networks_.push_back({n_states, {edges.begin(), edges.end()}, {ends.begin(), ends.end()}});
    return made;
  }
  /// The items in their order with the separator between any two that are there; optional ones may be left out,
  /// repeated ones may come any number of times.
  expression list(std::span<const item> items, expression separator) {
    // two states before each item: nothing has been written yet (even), or something has and a separator is due (odd)
    std::vector<edge> edges;
    const expression none = empty();
    const auto n = static_cast<std::uint32_t>(items.size());
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t first = 2 * i, later = first + 1, begin = 2 * n + 2 + i;
      const bool again = items[i].presence == item::repeated;
      edges.push_back({first, begin, none});
      edges.push_back({later, begin, separator});
      edges.push_back({begin, again ? later : later + 2, items[i].what});
      if (items[i].presence == item::required) continue;
      edges.push_back({first, first + 2, none});
      edges.push_back({later, later + 2, none});
    }
    return network(3 * n + 2, edges, std::array{2 * n, 2 * n + 1});
  }
  /// Exactly this token, whatever its text: for tokens that mean structure.
  expression control(std::int32_t token) { return add({kind::control, 1, static_cast<std::uint32_t>(token), 0, 0, 0}); }
  /// One token, whatever its text, that is not this one and does not end the text.
  expression any_control_but(std::int32_t token) { return control(~token); }
  /// What the rule stands for.
  expression call(rule which) { return add({kind::call, 1, which.index, 0, 0, 0}); }

  rule declare(std::string name) {
    if (rules_.size() == max_rules) {
      fail(errc::limit, "the grammar has more than " + std::to_string(max_rules) + " rules");
      return root;
    }
    rules_.push_back({std::move(name), std::nullopt});
    return {static_cast<std::uint32_t>(rules_.size() - 1)};
  }
  void define(rule which, expression as) { rules_[which.index].body = as; }
  rule define(std::string name, expression as) {
    const rule r = declare(std::move(name));
    define(r, as);
    return r;
  }
  [[nodiscard]] bool is_defined(rule which) const { return rules_[which.index].body.has_value(); }

  /// Keeps the first thing that went wrong.
  void fail(errc code, std::string what) {
    if (!problem_) problem_ = error{code, std::move(what)};
  }
  [[nodiscard]] const std::optional<error>& problem() const noexcept { return problem_; }
  [[nodiscard]] const effort& work() const noexcept { return work_; }

  // ---- for automaton.hpp ----
  enum class kind : std::uint8_t { literal, chars, sequence, any_of, repeat, network, control, call };
  struct node {
    kind is;
    std::uint32_t depth;         // 1 without children
    std::uint32_t first, count;  // children; or an index of texts, sets, rules; or a token
    std::uint32_t min, max;      // of a repetition; which network
  };
  struct transitions {
    std::uint32_t n_states;
    std::vector<edge> edges;
    std::vector<std::uint32_t> ends;
  };
  [[nodiscard]] const node& operator[](expression e) const { return nodes_[e.index]; }
  [[nodiscard]] std::span<const expression> children(const node& n) const {
    return std::span(children_).subspan(n.count ? n.first : 0, n.count);  // without children, first is something else
  }
  [[nodiscard]] const std::string& text(std::size_t i) const { return texts_[i]; }
  [[nodiscard]] const char_set& set(const node& n) const { return sets_[n.first]; }
  [[nodiscard]] const transitions& network_of(const node& n) const { return networks_[n.min]; }
  [[nodiscard]] std::size_t n_rules() const noexcept { return rules_.size(); }
  [[nodiscard]] const std::string& name(rule r) const { return rules_[r.index].name; }
  [[nodiscard]] const std::optional<expression>& body(rule r) const { return rules_[r.index].body; }

 private:
  struct named_rule {
    std::string name;
    std::optional<expression> body;
  };
  expression add(const node& n) {
    if (nodes_.size() >= max_nodes) {
      fail(errc::limit, "the grammar has more than " + std::to_string(max_nodes) + " parts");
      return {static_cast<std::uint32_t>(nodes_.size() - 1)};
    }
    nodes_.push_back(n);
    return {static_cast<std::uint32_t>(nodes_.size() - 1)};
  }
  expression parent(kind is, std::span<const expression> parts) {
    std::uint32_t depth = 0;
    for (const expression e : parts) depth = std::max(depth, nodes_[e.index].depth);
    if (depth >= max_depth) {
      fail(errc::limit, "the grammar is nested deeper than " + std::to_string(max_depth));
      depth = 0;
      parts = {};
      is = kind::any_of;
    }
    const auto first = static_cast<std::uint32_t>(children_.size());
    children_.insert(children_.end(), parts.begin(), parts.end());
    return add({is, depth + 1, first, static_cast<std::uint32_t>(parts.size()), 0, 0});
  }

  effort work_;
  std::vector<node> nodes_;
  std::vector<expression> children_;
  std::vector<std::string> texts_;
  std::vector<char_set> sets_;
  std::vector<transitions> networks_;
  std::vector<named_rule> rules_;
  std::optional<error> problem_;
};

}  // namespace detail
RETORT_END
