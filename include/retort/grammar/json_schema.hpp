// JSON schemas as grammar. docs/constraints.md lists what is understood; the rest is refused by name.
// Read on: schema_cases.hpp (what schemas mean), schema_values.hpp (what they demand), json_text.hpp (how it is
// written).
#pragma once

#include <retort/base/stack.hpp>
#include <retort/grammar/json_text.hpp>
#include <retort/grammar/schema_values.hpp>
#include <retort/text/json_reader.hpp>

#include <bit>

RETORT_BEGIN
namespace detail {

/// Adds what satisfies a schema to a grammar. Every text of it is valid; where a schema leaves more open than a
/// grammar should (properties that are not declared, types that are not named), the texts are fewer than the valid
/// ones, unless `open` is asked for.
class json_schema {
 public:
  using expression = grammar::expression;
  static constexpr std::size_t max_bytes = std::size_t{4} << 20, max_nesting = 64, max_demands = 1u << 16;
  static constexpr std::size_t max_cells = 64, max_distinct = 8, max_listed = 1024;

  /// A grammar of its own.
  static result<grammar> parse(std::string_view schema, bool open = false, const effort& work = {});
  /// A part of a grammar, for instance the arguments of a tool.
  /// errors  bad_argument, unsupported, limit: the keyword and its JSON pointer
  static result<expression> add_text(grammar& g, json_text& text, std::string_view schema, bool open = false);
  /// The same of a schema that has been parsed.
  static result<expression> add(grammar& g, json_text& text, const json& schema, bool open = false);

 private:
  json_schema(grammar& g, json_text& text, const json& root, bool open)
      : g_(g), text_(text), values_(root, g.work()), open_(open) {}

  // ---- demands ----
  /// What satisfies demands. Those that go through a reference become rules, so that schemas may be recursive; others
  /// are written where they stand, and become rules when they are met again.
  result<expression> value(const demands& all, std::size_t depth) {
    if (g_.problem()) return *g_.problem();
    if (known_.size() > max_demands || depth > max_nesting || stack_.is_spent())
      return error{errc::limit, "JSON schema: too large or nested too deep"};
    if (g_.work().spend(16)) return g_.work().why();
    demands left;
    for (const json* d : all)
      if (!(d->is_boolean() && d->get<bool>()) && !(d->is_object() && d->empty())) left.push_back(d);
    if (left.empty()) return text_.any();
    if (const auto at = known_.find(left); at != known_.end()) {
      if (!at->second.rule && !at->second.as) at->second.rule = g_.declare("value");  // inside itself
      return again(at->second, "value");
    }
    written& w = known_[left];
    if (std::any_of(left.begin(), left.end(), [](const json* d) { return refers(*d); })) {
      w.rule = g_.declare("reference");
      waiting_.emplace_back(*w.rule, left);
      return g_.call(*w.rule);
    }
    const auto e = cases_of(left, depth);
    if (!e) {
      if (w.rule) g_.define(*w.rule, g_.nothing());
      known_.erase(left);
      return e;
    }
    w.as = *e;
    if (!w.rule) return *w.as;
    g_.define(*w.rule, *w.as);
    return g_.call(*w.rule);
  }
  static bool refers(const json& schema) {
    for (const char* key : {"$ref", "$dynamicRef", "$recursiveRef", schema_cases::is, schema_cases::is_not})
      if (schema.is_object() && schema.contains(key)) return true;
    return false;
  }
  result<void> define_references() {
    while (!waiting_.empty()) {
      const auto [rule, all] = std::move(waiting_.front());
      waiting_.pop_front();
      RETORT_TRY(const expression e, cases_of(all, 0));
      g_.define(rule, e);
    }
    return {};
  }

  result<expression> cases_of(const demands& all, std::size_t depth) {
    RETORT_TRY(const auto cases, values_.cases.of(all));
    std::vector<expression> ways;
    std::optional<error> first_problem;
    for (const schema_case& c : cases) {
      auto e = one_case(c, depth);
      if (!e && e.error().code != errc::unsupported) return e;
      if (e) ways.push_back(*e);
      else if (!first_problem) first_problem = e.error();
    }
    if (ways.empty() && first_problem) return *first_problem;
    return ways.size() == 1 ? ways[0] : g_.any_of(ways);
  }
  result<expression> one_case(const schema_case& c, std::size_t depth) {
    if (c.values) return listed(c);
    unsigned kinds = c.kinds;
    if (!open_ && !c.typed && c.hinted) kinds &= c.hinted;  // a schema that speaks of properties means an object
    if (kinds == all_kinds && !c.hinted && c.excluded.empty() && !schema_values::has_format(c)) return text_.any();
    std::vector<expression> ways;
    const auto add_way = [&ways](result<expression> e) -> result<void> {
      if (!e) return e.error();
      ways.push_back(*e);
      return {};
    };
    if (kinds & kind_object) RETORT_CHECK(add_way(object_of(c, depth)));
    if (kinds & kind_array) RETORT_CHECK(add_way(array_of(c, depth)));
    if (kinds & kind_string) RETORT_CHECK(add_way(string_of(c)));
    if (kinds & kind_number) RETORT_CHECK(add_way(number_of(c, kinds)));
    const auto is_excluded = [&c](const json& v) {
      return std::any_of(c.excluded.begin(), c.excluded.end(), [&v](const json* x) { return same_value(*x, v); });
    };
    if (kinds & kind_boolean)
      for (const bool b : {true, false})
        if (!is_excluded(b)) ways.push_back(g_.literal(b ? "true" : "false"));
    if ((kinds & kind_null) && !is_excluded(nullptr)) ways.push_back(text_.null());
    return ways.size() == 1 ? ways[0] : g_.any_of(ways);
  }

  /// The values of enum and const that satisfy the rest.
  result<expression> listed(const schema_case& c) {
    RETORT_TRY(const auto values, values_.fitting(c));
    std::vector<expression> ways;
    for (const json* v : values) ways.push_back(g_.literal(dump(*v)));
    return g_.any_of(ways);
  }

  // ---- strings and numbers ----
  result<expression> string_of(const schema_case& c) {
    std::string says;  // strings of which the same is said are one rule
    for (const auto& p : c.parts)
      for (const char* key : {"pattern", "format", schema_cases::unlike, "minLength", "maxLength"})
        if (const json* v = schema_cases::find(*p.schema, key)) says += key + dump(*v);
    const bool is_plain =
        std::none_of(c.excluded.begin(), c.excluded.end(), [](const json* x) { return x->is_string(); });
    if (is_plain)
      if (const auto at = strings_.find(says); at != strings_.end()) return again(at->second, "string");
    RETORT_TRY(const schema_values::text t, values_.text_of(c));
    const expression e = t.content ? text_.string(*t.content) : text_.string(t.min, t.max);
    if (is_plain) strings_.emplace(says, written{std::nullopt, e});
    return e;
  }
  result<expression> number_of(const schema_case& c, unsigned kinds) {
    RETORT_TRY(number_demands d, values_.numbers_of(c));
    d.integers = d.integers && (kinds & kind_integer);
    d.fractions = d.fractions && (kinds & kind_fraction);
    if (!d.integers && !d.fractions) return g_.nothing();
    if (d.any()) return d.fractions ? text_.number() : text_.integer();
    auto texts = number_texts::of(d, g_.work());
    if (!texts)
      return error{texts.error().code, "JSON schema: " + texts.error().what + values_.cases.where(values_.first(c))};
    return texts->in(g_);
  }

  // ---- objects ----
  result<expression> object_of(const schema_case& c, std::size_t depth) {
    RETORT_TRY(const auto n, values_.counts_of(c, "minProperties", "maxProperties"));
    for (const json* x : c.excluded)
      if (x->is_object())
        return values_.cases.unsupported("an object that must not be a certain one", values_.first(c));
    const demands naming = values_.names_demanded(c);
    std::optional<language> names;
    if (!naming.empty()) {
      RETORT_TRY(names, values_.texts_of(naming));
    }
    const std::vector<std::string> mentioned = values_.names_of(c);
    std::vector<json_text::member> members;
    for (const std::string& name : mentioned) {
      const bool required = values_.mentions(c, "required", name);
      RETORT_TRY(const demands all, values_.member_of(c, name));
      const bool out = values_.mentions(c, schema_cases::absent, name) || (names && !names->contains(name)) ||
                       values_.cases.is_impossible(all);
      if (out && required) return g_.nothing();
      if (out) continue;
      RETORT_TRY(const expression e, value(all, depth + 1));
      members.push_back({name, e, required});
    }
    RETORT_TRY(const language free,
               language::but_not(names ? *names : language::any(), language::of(mentioned), g_.work()));
    RETORT_TRY(auto others, other_members(c, free, mentioned.empty() || n.min > members.size(), depth));
    RETORT_CHECK(add_needed(c, free, others, depth));
    // each kind of other names counts once: split one until there are enough
    const std::size_t most = n.min > schema_values::max_count ? 0 : static_cast<std::size_t>(n.min);
    if (n.min > 0 && most == 0) return values_.cases.too_large("minProperties", values_.first(c));
    if (!others.empty() && members.size() + others.size() < most)
      RETORT_CHECK(split(others, most - members.size() - others.size() + 1));
    const std::size_t max = n.max == schema_values::no_limit
                                ? json_text::no_limit
                                : static_cast<std::size_t>(std::min<std::uint64_t>(n.max, schema_values::max_count));
    if (max != json_text::no_limit && most > max) return g_.nothing();
    return text_.object(members, others, most, max);
  }
  /// Names that no keyword mentions, by the patterns they match.
  struct cell {
    language names;
    std::set<std::string> matched;
  };
  result<std::vector<cell>> cells_of(const schema_case& c, language free) {
    std::vector<cell> cells;
    cells.push_back({std::move(free), {}});
    for (const auto& p : c.parts) {
      const json* patterns = schema_cases::find(*p.schema, "patternProperties");
      if (!patterns || !patterns->is_object()) continue;
      for (const auto& [pattern, schema] : patterns->items()) {
        RETORT_TRY(const language* surely, values_.pattern_of(json(pattern), *p.schema, false));
        RETORT_TRY(const language* maybe, values_.pattern_of(json(pattern), *p.schema, true));
        std::vector<cell> finer;
        for (const cell& x : cells) {
          if (x.matched.count(pattern) != 0) {
            finer.push_back(x);
            continue;
          }
          cell with = x, without = x;
          RETORT_TRY(with.names, language::both(x.names, *surely, g_.work()));
          RETORT_TRY(without.names, language::but_not(x.names, *maybe, g_.work()));
          with.matched.insert(pattern);
          if (!with.names.is_empty()) finer.push_back(std::move(with));
          if (!without.names.is_empty()) finer.push_back(std::move(without));
        }
        cells = std::move(finer);
        if (cells.size() > max_cells) return values_.cases.too_large("too many patterns of names", *p.schema);
      }
    }
    std::erase_if(cells, [](const cell& x) { return x.names.is_empty(); });
    return cells;
  }
  result<demands> member_in(const schema_case& c, const cell& x, bool& declared) {
    const auto matches = [&x](const std::string& pattern, const json&) -> result<bool> {
      return x.matched.count(pattern) != 0;
    };
    return values_.member_of(c, nullptr, matches, &declared);
  }
  result<std::vector<json_text::members_like>> other_members(const schema_case& c, const language& free,
                                                             bool none_declared, std::size_t depth) {
    std::vector<json_text::members_like> out;
    RETORT_TRY(const auto cells, cells_of(c, free));
    for (const cell& x : cells) {
      bool declared = false;
      RETORT_TRY(const demands all, member_in(c, x, declared));
      if (values_.cases.is_impossible(all) || (!open_ && !declared && !none_declared)) continue;
      RETORT_TRY(const expression e, value(all, depth + 1));
      out.push_back({{{x.names, e}}});
    }
    return out;
  }
  /// Members that the opposite of a schema asks for: one whose name or value is not as that schema says.
  result<void> add_needed(const schema_case& c, const language& free, std::vector<json_text::members_like>& others,
                          std::size_t depth) {
    for (const auto& p : c.parts) {
      const json* needed = schema_cases::find(*p.schema, schema_cases::some);
      if (!needed) continue;
      RETORT_TRY(const language wrong, values_.names_needed(*needed, free));
      RETORT_TRY(const auto cells, cells_of(c, wrong));
      json_text::members_like one{{}, true};
      for (const cell& x : cells) {
        bool declared = false;
        RETORT_TRY(demands all, member_in(c, x, declared));
        if (const json* v = schema_cases::find(*needed, "value")) all.push_back(v);
        schema_values::normalise(all);
        if (values_.cases.is_impossible(all)) continue;
        RETORT_TRY(const expression e, value(all, depth + 1));
        one.ways.emplace_back(x.names, e);
      }
      others.push_back(std::move(one));
    }
    return {};
  }
  /// Makes n kinds of names of the first one, by their lengths.
  result<void> split(std::vector<json_text::members_like>& others, std::size_t n) {
    const json_text::members_like whole = others.front();
    others.erase(others.begin());
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<language::state> lengths(n);
      const char_set every = char_set::all();
      for (std::size_t k = 0; k < n; ++k) {
        lengths[k].final = k == i;
        for (const auto& r : every.ranges())
          lengths[k].edges.push_back({r.first, r.last, static_cast<std::uint32_t>((k + 1) % n)});
      }
      json_text::members_like some = whole;
      const language these(std::move(lengths));
      for (auto& [names, v] : some.ways) {
        RETORT_TRY(names, language::both(names, these, g_.work()));
      }
      others.push_back(std::move(some));
    }
    return {};
  }

  // ---- arrays ----
  result<expression> array_of(const schema_case& c, std::size_t depth) {
    RETORT_TRY(auto n, values_.counts_of(c, "minItems", "maxItems"));
    for (const json* x : c.excluded) {
      if (!x->is_array()) continue;
      if (!x->empty()) return values_.cases.unsupported("an array that must not be a certain one", values_.first(c));
      n.min = std::max<std::uint64_t>(n.min, 1);
    }
    if (n.min > schema_values::max_count)
      return values_.cases.too_large("minItems over " + std::to_string(schema_values::max_count), values_.first(c));
    if (n.min > n.max) return g_.nothing();
    const auto min = static_cast<std::uint32_t>(n.min);
    auto max = n.max > schema_values::max_count ? grammar::unbounded : static_cast<std::uint32_t>(n.max);
    RETORT_TRY(const auto contained, values_.contained_in(c));
    const std::size_t n_first = std::min<std::size_t>(values_.n_first(c), max);
    if (values_.is_unique(c) && max > 1) return distinct(c, min, max);
    if (!contained.empty()) return containing(c, contained, min, max, depth);
    std::vector<expression> first;
    for (std::size_t i = 0; i < n_first; ++i) {
      const demands all = values_.element_of(c, i);
      if (values_.cases.is_impossible(all)) {
        max = std::min(max, static_cast<std::uint32_t>(i));
        break;
      }
      RETORT_TRY(const expression e, value(all, depth + 1));
      first.push_back(e);
    }
    std::optional<expression> others;
    bool declared = false;
    const demands rest = values_.element_of(c, n_first, &declared);
    if (first.size() == n_first && !values_.cases.is_impossible(rest) &&
        (declared || open_ || n_first == 0 || min > n_first)) {
      RETORT_TRY(others, value(rest, depth + 1));
    }
    return text_.array(first, others, min, max);
  }

  /// Elements of which some satisfy other schemas too: a state says how many of each have come.
  result<expression> containing(const schema_case& c, const std::vector<schema_values::contained>& some,
                                std::uint32_t min, std::uint32_t max, std::size_t depth) {
    struct place {
      std::uint32_t element;
      std::vector<std::uint64_t> found;
      auto operator<=>(const place&) const = default;
    };
    const auto n_first = static_cast<std::uint32_t>(values_.n_first(c));
    const std::uint32_t last = max == grammar::unbounded ? std::max(n_first, min) : max;
    std::map<place, std::uint32_t> ids;
    std::vector<place> todo;
    const auto id = [&](place p) {
      p.element = std::min(p.element, max == grammar::unbounded ? std::max(last, 1u) : last + 1);
      const auto [at, is_new] = ids.try_emplace(p, static_cast<std::uint32_t>(ids.size()));
      if (is_new) todo.push_back(std::move(p));
      return at->second;
    };
    std::vector<grammar::edge> edges;
    std::vector<std::uint32_t> ends;
    id({0, std::vector<std::uint64_t>(some.size(), 0)});
    for (std::size_t i = 0; i < todo.size(); ++i) {
      const place p = todo[i];
      const std::uint32_t from = ids.at(p);
      bool enough = p.element >= min;
      for (std::size_t k = 0; k < some.size(); ++k) enough = enough && p.found[k] >= some[k].min;
      if (enough) ends.push_back(from);
      if (max != grammar::unbounded && p.element >= max) continue;
      // every choice of which of them the next element satisfies
      for (unsigned choice = 0; choice < 1u << some.size(); ++choice) {
        demands all = values_.element_of(c, p.element);
        place next{p.element + 1, p.found};
        bool possible = true;
        for (std::size_t k = 0; k < some.size(); ++k) {
          const bool is = (choice >> k & 1) != 0, counted = some[k].max != schema_values::no_limit;
          if (is) {
            all.insert(all.end(), some[k].what.begin(), some[k].what.end());
            next.found[k] = std::min(next.found[k] + 1, counted ? some[k].max + 1 : some[k].min);
            possible = possible && next.found[k] <= some[k].max;
          } else if (counted) {
            all.push_back(values_.cases.opposite(*some[k].what.front()));
          }
        }
        schema_values::normalise(all);
        if (!possible || values_.cases.is_impossible(all)) continue;
        RETORT_TRY(const expression e, value(all, depth + 1));
        edges.push_back({from, id(next), p.element == 0 ? e : g_.sequence({text_.comma(), e})});
      }
      if (some.size() > 4 || edges.size() > 4096)
        return values_.cases.too_large("contains beside too many counts", values_.first(c));
    }
    return g_.sequence(
        {g_.literal("["), g_.network(static_cast<std::uint32_t>(ids.size()), edges, ends), g_.literal("]")});
  }

  /// Elements that are all different, where they are values from a list: in any order where those are few (a state says
  /// which have come), otherwise in the order of the list.
  result<expression> distinct(const schema_case& c, std::uint32_t min, std::uint32_t max) {
    const demands each = values_.element_of(c, 0);
    std::vector<const json*> choices;
    RETORT_TRY(const bool are_listed, list(each, choices));
    RETORT_TRY(const auto some, values_.contained_in(c));
    if (!are_listed || values_.n_first(c) > 0 || !some.empty())
      return values_.cases.unsupported("uniqueItems of values that are not listed", values_.first(c));
    const auto n = static_cast<std::uint32_t>(choices.size());
    if (min > n) return g_.nothing();
    const auto written_as = [&](std::uint32_t i, bool is_first) {
      const expression e = g_.literal(dump(*choices[i]));
      return is_first ? e : g_.sequence({text_.comma(), e});
    };
    std::vector<grammar::edge> edges;
    std::vector<std::uint32_t> ends;
    std::uint32_t n_states = 0;
    if (n <= max_distinct) {
      n_states = 1u << n;
      for (std::uint32_t taken = 0; taken < n_states; ++taken) {
        const auto count = static_cast<std::uint32_t>(std::popcount(taken));
        if (count >= min) ends.push_back(taken);
        if (count >= max) continue;
        for (std::uint32_t i = 0; i < n; ++i)
          if ((taken >> i & 1) == 0) edges.push_back({taken, taken | 1u << i, written_as(i, taken == 0)});
      }
    } else {
      const std::uint32_t most = std::min(max, n), width = most + 1;  // state: which is next, how many have come
      if (std::size_t{n} * width > grammar::max_nodes / 8)
        return values_.cases.too_large("uniqueItems of many values", values_.first(c));
      n_states = (n + 1) * width;
      for (std::uint32_t i = 0; i <= n; ++i)
        for (std::uint32_t count = 0; count <= std::min(i, most); ++count) {
          const std::uint32_t from = i * width + count;
          if (i == n) {
            if (count >= min) ends.push_back(from);
            continue;
          }
          edges.push_back({from, from + width, g_.empty()});
          if (count < most) edges.push_back({from, from + width + 1, written_as(i, count == 0)});
        }
    }
    return g_.sequence({g_.literal("["), g_.network(n_states, edges, ends), g_.literal("]")});
  }
  /// The values that satisfy demands, each once; false where they are not few by what they are.
  result<bool> list(const demands& all, std::vector<const json*>& out) {
    RETORT_TRY(const auto cases, values_.cases.of(all));
    for (const schema_case& c : cases) {
      if (!c.values && (c.kinds & ~(kind_boolean | kind_null)) != 0) return false;
      std::vector<const json*> these;
      if (c.values) {
        RETORT_TRY(these, values_.fitting(c));
      } else {
        for (const json* v : {values_.cases.keep(true), values_.cases.keep(false), values_.cases.keep(nullptr)}) {
          RETORT_TRY(const bool holds, values_.holds(c, *v));
          if (holds) these.push_back(v);
        }
      }
      for (const json* v : these) {
        if (out.size() > max_listed) return false;
        if (std::none_of(out.begin(), out.end(), [v](const json* x) { return same_value(*x, *v); })) out.push_back(v);
      }
    }
    return true;
  }

  /// What has been written before: from the second time on a rule.
  struct written {
    std::optional<grammar::rule> rule;
    std::optional<expression> as;
  };
  expression again(written& w, const char* name) {
    if (!w.rule) w.rule = g_.define(name, *w.as);
    return g_.call(*w.rule);
  }
  grammar& g_;
  json_text& text_;
  schema_values values_;
  const bool open_;
  const stack_budget stack_;
  std::map<demands, written> known_;
  std::map<std::string, written> strings_;
  std::deque<std::pair<grammar::rule, demands>> waiting_;
};

#if RETORT_CARRIES(RETORT_PART_GRAMMAR)

RETORT_INLINE result<grammar> json_schema::parse(std::string_view schema, bool open, const effort& work) {
  grammar g(work);
  json_text text(g);
  RETORT_TRY(const expression e, add_text(g, text, schema, open));
  g.define(grammar::root, e);
  return g;
}

RETORT_INLINE result<json_schema::expression> json_schema::add_text(grammar& g, json_text& text,
                                                                    std::string_view schema, bool open) {
  if (schema.size() > max_bytes)
    return error{errc::limit, "JSON schema: larger than " + std::to_string(max_bytes) + " bytes"};
  auto parsed = parse_json(schema);
  if (!parsed) return error{parsed.error().code, "JSON schema: " + parsed.error().what};
  return add(g, text, *parsed, open);
}

RETORT_INLINE result<json_schema::expression> json_schema::add(grammar& g, json_text& text, const json& schema,
                                                               bool open) {
  json_schema s(g, text, schema, open);
  RETORT_TRY(const expression e, s.value({&schema}, 0));
  RETORT_CHECK(s.define_references());
  if (g.problem()) return *g.problem();
  return e;
}

#endif

}  // namespace detail
RETORT_END
