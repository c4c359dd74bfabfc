// JSON schemas as logic: what a value must satisfy is a set of schemas, and it does so in one of several cases, in
// which only plain demands are left: types, names, elements, lengths, bounds.
#pragma once

#include <retort/base/effort.hpp>
#include <retort/base/stack.hpp>
#include <retort/grammar/schema_document.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <set>

RETORT_BEGIN
namespace detail {

/// Kinds of JSON values, as flags. Numbers are integers or fractions.
inline constexpr unsigned kind_null = 1, kind_boolean = 2, kind_integer = 4, kind_fraction = 8, kind_string = 16,
                          kind_array = 32, kind_object = 64, kind_number = kind_integer | kind_fraction,
                          all_kinds = 127;
inline unsigned kind_of(const json& value) {
  if (value.is_null()) return kind_null;
  if (value.is_boolean()) return kind_boolean;
  if (value.is_number_integer()) return kind_integer;
  if (value.is_number()) return std::floor(value.get<double>()) == value.get<double>() ? kind_integer : kind_fraction;
  return value.is_string() ? kind_string : value.is_array() ? kind_array : kind_object;
}
/// Equal as JSON: 1 is 1.0, and members have no order.
inline bool same_value(const json& a, const json& b) {
  if (a.is_object() && b.is_object()) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a.items()) {
      const json* const at = b.find(key);
      if (!at || !same_value(value, *at)) return false;
    }
    return true;
  }
  if (a.is_array() && b.is_array())
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](const json& x, const json& y) { return same_value(x, y); });
  return a == b;
}

/// Schemas that a value has to satisfy all: sorted, each once. What they point to lives in a schema_cases.
using demands = std::vector<const json*>;

/// One way to satisfy demands: the keywords of all `parts` that speak of values, but none that combine schemas.
struct schema_case {
  struct part {
    const json* schema;
    std::ptrdiff_t within;  // the part whose schema led here; -1 for a demand itself
    bool opposite = false;  // of a schema that must not hold: it evaluates no member and no element
  };
  unsigned kinds = all_kinds;
  bool typed = false;   // some part says which kinds are meant, and need not be guessed
  unsigned hinted = 0;  // kinds of which parts speak
  std::vector<part> parts;
  std::optional<std::vector<const json*>> values;  // none but these
  std::vector<const json*> excluded;               // not these

  /// Whether part i was led to by the schema of part `scope`, or is it.
  [[nodiscard]] bool is_within(std::ptrdiff_t i, std::ptrdiff_t scope) const {
    while (i >= 0 && i != scope) i = parts[static_cast<std::size_t>(i)].within;
    return i == scope;
  }
};

/// Takes schemas apart: references, allOf, anyOf, oneOf, not, if, dependencies. A schema that must not hold is made
/// into schemas of which one must; where that cannot be said, this way of not holding is left out: what is written is
/// then less than what is allowed.
///
/// cost  exponential in the number of independent alternatives, and cut: the first max_cases are what is written
class schema_cases {
 public:
  static constexpr std::size_t max_cases = 64, max_steps = 1u << 12, max_work = 1u << 18;

  schema_cases(const json& root, const effort& work) : document_(root), effort_(work) {}

  /// errors  bad_argument: a malformed keyword or a reference that leads nowhere; limit: a schema that takes too long
  result<std::vector<schema_case>> of(const demands& all) {
    bool cut = false;
    return of(all, cut);
  }
  /// Whether surely no value satisfies them.
  bool is_impossible(const demands& all, std::size_t depth = 0) {
    if (depth > 4 || probing_ > 16) return false;
    const auto [known, is_new] = impossible_.try_emplace(all, false);  // what leads back to itself is not known
    if (!is_new) return known->second;
    ++probing_;
    bool cut = false;
    const auto cases = of(all, cut);
    --probing_;
    const bool never = cases && !cut && std::all_of(cases->begin(), cases->end(), [&](const schema_case& c) {
                         return is_impossible(c, depth);
                       });
    impossible_[all] = never;
    return never;
  }

  /// The opposite of a schema, as a schema.
  const json* opposite(const json& schema) {
    if (const auto at = opposites_.find(&schema); at != opposites_.end()) return at->second;
    const json* made = keep(opposite_of(schema));
    opposites_[&schema] = made;
    are_opposites_.insert(made);
    return made;
  }
  /// A schema that belongs to no document.
  const json* keep(json schema) { return &kept_.emplace_back(std::move(schema)); }

  // ---- keywords of our own, which no text of JSON can hold ----
  static constexpr const char* is = "\xff is";          // a schema, by number
  static constexpr const char* is_not = "\xff is not";  // the same, and it must not hold
  static constexpr const char* kinds = "\xff kinds";    // a set of kinds
  static constexpr const char* absent = "\xff absent";  // names of members
  static constexpr const char* unlike = "\xff unlike";  // patterns that a string must not match
  static constexpr const char* uneven = "\xff uneven";  // a number must be no multiple
  static constexpr const char* except = "\xff except";  // a schema by number whose enum or const is excluded
  static constexpr const char* some = "\xff some";      // a member of certain names: {"of", "pattern", "value"}

  static const json* find(const json& schema, const char* key) { return schema.find(key); }
  const json* numbered(const json& number) const { return numbered_[number.get<std::size_t>()]; }

  error wrong(const std::string& what, const json& at) const {
    return {errc::bad_argument, "JSON schema: " + printable(what) + where(at)};
  }
  error unsupported(const std::string& what, const json& at) const {
    return {errc::unsupported, "JSON schema: " + printable(what) + where(at) + " is not supported"};
  }
  error too_large(const std::string& what, const json& at) const {
    return {errc::limit, "JSON schema: " + printable(what) + where(at)};
  }
  std::string where(const json& at) const { return " at \"#" + printable(document_.pointer_of(at)) + "\""; }

 private:
  using step = schema_case::part;
  struct choice {
    std::vector<demands> ways;
    std::ptrdiff_t within;
  };
  struct unfinished {
    schema_case so_far;
    std::vector<step> todo;
    std::vector<choice> choices;
    std::set<const json*> seen;
  };

  // ---- cases ----
  /// `cut`: there are more.
  result<std::vector<schema_case>> of(const demands& all, bool& cut) {
    if (stack_.is_spent()) return error{errc::limit, "JSON schema: nested too deep"};
    unfinished first;
    for (const json* schema : all) first.todo.push_back({schema, -1});
    std::vector<schema_case> out;
    std::vector<unfinished> open;
    open.push_back(std::move(first));
    for (std::size_t n_steps = 0; !open.empty(); ++n_steps) {
      if (out.size() == max_cases || n_steps == max_steps) {
        cut = true;
        break;
      }
      unfinished u = std::move(open.back());
      open.pop_back();
      RETORT_TRY(const bool possible, read(u));
      if (!possible) continue;
      if (u.choices.empty()) {
        if (!is_impossible(u.so_far, 0)) out.push_back(std::move(u.so_far));
        continue;
      }
      const choice c = std::move(u.choices.back());
      u.choices.pop_back();
      for (auto way = c.ways.rbegin(); way != c.ways.rend(); ++way) {
        open.push_back(u);
        for (auto schema = way->rbegin(); schema != way->rend(); ++schema)
          open.back().todo.push_back({*schema, c.within});
      }
    }
    return out;
  }
  /// Reads all that is to be read before the next choice; false where nothing satisfies it.
  result<bool> read(unfinished& u) {
    while (!u.todo.empty()) {
      const step next = u.todo.back();
      u.todo.pop_back();
      RETORT_TRY(const bool possible, take(next, u));
      if (!possible) return false;
      ++work_;
      if (effort_.spend(16)) return effort_.why();
      if (is_too_much()) return too_large("too many cases", *next.schema);
    }
    return keep_possible_values(u.so_far);
  }
  /// Drops the values of kinds that are out or excluded; false if nothing is left.
  static bool keep_possible_values(schema_case& c) {
    if (c.values) {
      std::erase_if(*c.values, [&](const json* v) {
        return !(kind_of(*v) & c.kinds) ||
               std::any_of(c.excluded.begin(), c.excluded.end(), [v](const json* x) { return same_value(*v, *x); });
      });
      unsigned left = 0;
      for (const json* v : *c.values) left |= kind_of(*v);
      c.kinds &= left;
    }
    return c.kinds != 0;
  }

  /// Reads one schema into an unfinished case; false where nothing satisfies it.
  result<bool> take(const step& s, unfinished& u) {
    const json& schema = *s.schema;
    if (schema.is_boolean()) return schema.get<bool>();
    if (!schema.is_object()) return wrong("neither an object nor a boolean", schema);
    if (!u.seen.insert(&schema).second) return true;
    schema_case& c = u.so_far;
    const auto here = static_cast<std::ptrdiff_t>(c.parts.size());
    c.parts.push_back(s);
    c.parts.back().opposite =
        are_opposites_.count(&schema) != 0 || (s.within >= 0 && c.parts[static_cast<std::size_t>(s.within)].opposite);
    std::vector<step> inner;
    const auto lead = [&](const json& to) { inner.push_back({&to, here}); };
    for (const auto& [key, value] : schema.items()) {
      if (key == "type") {
        RETORT_TRY(const unsigned named, kinds_named(schema));
        c.kinds &= named;
        c.typed = true;
      } else if (key == kinds) {
        c.kinds &= value.get<unsigned>();
        c.typed = true;
      } else if (key == "enum" || key == "const") {
        RETORT_CHECK(take_values(schema, key, value, c));
      } else if (key == except) {
        for (const json* v : listed(*numbered(value))) c.excluded.push_back(v);
      } else if (key == "$ref" || key == "$dynamicRef" || key == "$recursiveRef") {
        RETORT_TRY(const json* target, referred(schema, key, value));
        lead(*target);
      } else if (key == "allOf" || key == "anyOf" || key == "oneOf") {
        if (!value.is_array() || value.empty()) return wrong(key + " must be a list that is not empty", schema);
        if (key == "allOf") std::for_each(value.begin(), value.end(), lead);
        else if (key == "anyOf") u.choices.push_back({ways_of(value), here});
        else {
          RETORT_TRY(auto ways, exactly_one(value));
          u.choices.push_back({std::move(ways), here});
        }
      } else if (key == "not") {
        lead(*opposite(value));
      } else if (key == is) {
        lead(*numbered(value));
      } else if (key == is_not) {
        lead(*opposite(*numbered(value)));
      } else if (key == "if") {
        choice both{{}, here};
        both.ways.push_back({&value});
        if (const json* then = find(schema, "then")) both.ways.back().push_back(then);
        both.ways.push_back({opposite(value)});
        if (const json* otherwise = find(schema, "else")) both.ways.back().push_back(otherwise);
        if (schema.contains("then") || schema.contains("else")) u.choices.push_back(std::move(both));
      } else if (key == "dependentRequired" || key == "dependentSchemas" || key == "dependencies") {
        RETORT_CHECK(take_dependencies(schema, value, here, u));
      } else {
        c.hinted |= kinds_of_keyword(key);
      }
    }
    u.todo.insert(u.todo.end(), inner.rbegin(), inner.rend());
    return c.kinds != 0;
  }
  result<const json*> referred(const json& schema, const std::string& key, const json& value) const {
    const auto* text = value.get_ptr<const std::string*>();
    if (!text) return wrong(key + " must be a string", schema);
    const bool dynamic = key != "$ref";
    if (dynamic && document_.is_ambiguous(std::string_view(*text).substr(std::min(text->find('#') + 1, text->size()))))
      return unsupported(key + " \"" + *text + "\" with several meanings", schema);
    const json* target = document_.resolve(schema, *text);
    if (target) return target;
    const bool within = text->starts_with('#');
    return within ? wrong(key + " \"" + *text + "\" leads nowhere", schema)
                  : unsupported(key + " \"" + *text + "\", which is not in this document,", schema);
  }
  result<void> take_values(const json& schema, const std::string& key, const json& value, schema_case& c) {
    if (key == "enum" && !value.is_array()) return wrong("enum must be a list", schema);
    std::vector<const json*> these;
    if (key == "const") these.push_back(&value);
    else
      for (const json& v : value) these.push_back(&v);
    c.typed = true;
    if (!c.values) {
      c.values = std::move(these);
      return {};
    }
    if ((work_ += c.values->size() * these.size() / 16) > max_work) return too_large("too many values", schema);
    std::erase_if(*c.values, [&](const json* v) {
      return std::none_of(these.begin(), these.end(), [v](const json* x) { return same_value(*v, *x); });
    });
    return {};
  }
  static std::vector<demands> ways_of(const json& parts) {
    std::vector<demands> out;
    for (const json& part : parts) out.push_back({&part});
    return out;
  }
  /// One of them, and none of the others, as far as they could hold with it.
  result<std::vector<demands>> exactly_one(const json& parts) {
    std::vector<demands> out = ways_of(parts);
    const json* objects = keep({{kinds, kind_object}});
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (std::size_t k = 0; k < i; ++k) {
        if (is_too_much()) return too_large("too many ways of oneOf", parts);
        if (are_apart({&parts[i], &parts[k]})) continue;
        // schemas that speak of objects without saying so: other values satisfy both, and are not meant
        const bool meant = hints(parts[i]) == kind_object && hints(parts[k]) == kind_object &&
                           are_apart({&parts[i], &parts[k], objects});
        out[i].push_back(meant ? objects : opposite(parts[k]));
        out[k].push_back(meant ? objects : opposite(parts[i]));
      }
    return out;
  }
  [[nodiscard]] bool is_too_much() const noexcept { return work_ > max_work; }
  bool are_apart(demands together) {
    std::sort(together.begin(), together.end());
    return is_impossible(together);
  }
  /// The kinds that a schema speaks of in all of its cases.
  unsigned hints(const json& schema) {
    const auto cases = of({&schema});
    unsigned out = 0;
    if (cases)
      for (const schema_case& c : *cases) out |= c.typed ? c.kinds : c.hinted;
    return out;
  }
  result<void> take_dependencies(const json& schema, const json& value, std::ptrdiff_t here, unfinished& u) {
    if (!value.is_object()) return wrong("dependencies must be an object", schema);
    auto& made = dependencies_[&value];
    if (made.empty())
      for (const auto& [name, then] : value.items()) {
        const json* without = keep({{absent, json::array({name})}});
        json names = json::array({name});
        if (then.is_string()) names.push_back(then);
        if (then.is_array())
          for (const json& n : then) names.push_back(n);
        demands with{keep({{"required", names}})};
        if (then.is_object() || then.is_boolean()) with.push_back(&then);
        made.push_back({{without}, with});
      }
    for (const auto& ways : made) u.choices.push_back({ways, here});
    return {};
  }

  // ---- kinds ----
  static unsigned kind_named(const json& name) {
    const auto* n = name.get_ptr<const std::string*>();
    if (!n) return 0;
    return *n == "null"      ? kind_null
           : *n == "boolean" ? kind_boolean
           : *n == "integer" ? kind_integer
           : *n == "number"  ? kind_number
           : *n == "string"  ? kind_string
           : *n == "array"   ? kind_array
           : *n == "object"  ? kind_object
           : *n == "any"     ? all_kinds  // draft 3
                             : 0u;
  }
  /// `nullable` of OpenAPI 3.0 adds null to the types that stand beside it.
  result<unsigned> kinds_named(const json& schema) const {
    const json& type = schema["type"];
    unsigned out = 0;
    if (!type.is_array() && !type.is_string()) return wrong("type must be a name or a list of names", schema);
    for (const json& one : type.is_array() ? type : json::array({type})) {
      const unsigned k = kind_named(one);
      if (k == 0) return wrong("an unknown type", schema);
      out |= k;
    }
    const json* nullable = find(schema, "nullable");
    return nullable && *nullable == true ? out | kind_null : out;
  }
  static unsigned kinds_of_keyword(std::string_view key) {
    struct row {
      unsigned kinds;
      std::string_view keys[12];
    };
    static constexpr row rows[] = {
        {kind_object,
         {"properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
          "maxProperties", "unevaluatedProperties", absent, some}},
        {kind_array,
         {"items", "prefixItems", "additionalItems", "contains", "minItems", "maxItems", "uniqueItems",
          "unevaluatedItems"}},
        {kind_string, {"minLength", "maxLength", "pattern", unlike}},
        {kind_number, {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", uneven}}};
    for (const row& r : rows)
      for (const std::string_view k : r.keys)
        if (!k.empty() && k == key) return r.kinds;
    return 0;
  }

  // ---- opposites ----
  json number_of(const json& schema) {
    numbered_.push_back(&schema);
    return numbered_.size() - 1;
  }
  json it(const json& schema) { return {{is, number_of(schema)}}; }
  json its_opposite(const json& schema) { return {{is_not, number_of(schema)}}; }

  /// A schema that holds where this one does not: one keyword of it is broken.
  json opposite_of(const json& schema) {
    json ways = json::array();
    if (schema.is_boolean()) return !schema.get<bool>();
    if (!schema.is_object()) return false;
    const auto way = [&](json of) { ways.push_back(std::move(of)); };
    const auto all_not = [&](const json& parts) {
      json none = json::array();
      for (const json& p : parts) none.push_back(its_opposite(p));
      return json{{"allOf", std::move(none)}};
    };
    for (const auto& [key, v] : schema.items()) {
      if (key == "type") {
        const auto named = kinds_named(schema);
        if (named && *named != all_kinds) way({{kinds, all_kinds & ~*named}});
      } else if (key == kinds) {
        way({{kinds, all_kinds & ~v.get<unsigned>()}});
      } else if (key == "enum" || key == "const") {
        way({{except, number_of(schema)}});
      } else if (key == "$ref") {
        if (const auto target = referred(schema, key, v)) way(its_opposite(**target));
      } else if (key == is) {
        way(its_opposite(*numbered(v)));
      } else if (key == is_not) {
        way(it(*numbered(v)));
      } else if (key == "not") {
        way(it(v));
      } else if (key == "allOf") {
        if (v.is_array())
          for (const json& p : v) way(its_opposite(p));
      } else if (key == "anyOf") {
        if (v.is_array()) way(all_not(v));
      } else if (key == "oneOf" && v.is_array()) {
        way(all_not(v));
        for (std::size_t i = 0; i < v.size(); ++i)
          for (std::size_t k = 0; k < i && !is_too_much(); ++k)
            if (!are_apart({&v[i], &v[k]})) way({{"allOf", json::array({it(v[i]), it(v[k])})}});
      } else if (key == "if") {
        if (const json* then = find(schema, "then")) way({{"allOf", json::array({it(v), its_opposite(*then)})}});
        if (const json* otherwise = find(schema, "else"))
          way({{"allOf", json::array({its_opposite(v), its_opposite(*otherwise)})}});
      } else if (kinds_of_keyword(key) == kind_object || key.starts_with("depend")) {
        opposite_of_members(schema, key, v, way);
      } else if (kinds_of_keyword(key) == kind_array) {
        opposite_of_elements(schema, key, v, way);
      } else if (kinds_of_keyword(key) == kind_string) {
        if (key == unlike) way({{kinds, kind_string}, {"pattern", v}});
        if (key == "pattern" && v.is_string()) way({{kinds, kind_string}, {unlike, v}});
        if (const auto n = count(v); n && key == "minLength" && *n > 0)
          way({{kinds, kind_string}, {"maxLength", *n - 1}});
        if (const auto n = count(v); n && key == "maxLength") way({{kinds, kind_string}, {"minLength", *n + 1}});
      } else if (kinds_of_keyword(key) == kind_number) {
        opposite_of_numbers(schema, key, v, way);
      }
    }
    if (ways.empty()) return false;
    return {{"anyOf", std::move(ways)}};
  }
  static std::optional<std::uint64_t> count(const json& v) {
    if (!v.is_number()) return {};
    const double x = v.get<double>();
    return x >= 0 && std::floor(x) == x && x < 1e15 ? std::optional(static_cast<std::uint64_t>(x)) : std::nullopt;
  }
  template <class Way>
  void opposite_of_members(const json& schema, const std::string& key, const json& v, Way way) {
    const auto n = count(v);
    const auto one_of = [&](const json& value) {
      return json{{"of", number_of(schema)}, {"value", its_opposite(value)}};
    };
    if (key == "properties" && v.is_object()) {
      for (const auto& [name, value] : v.items())
        way({{kinds, kind_object}, {"required", json::array({name})}, {"properties", {{name, its_opposite(value)}}}});
    } else if (key == "required" && v.is_array()) {
      for (const json& name : v)
        if (name.is_string()) way({{kinds, kind_object}, {absent, json::array({name})}});
    } else if (key == absent) {
      for (const json& name : v) way({{kinds, kind_object}, {"required", json::array({name})}});
    } else if (key == "minProperties" && n && *n > 0) {
      way({{kinds, kind_object}, {"maxProperties", *n - 1}});
    } else if (key == "maxProperties" && n) {
      way({{kinds, kind_object}, {"minProperties", *n + 1}});
    } else if (key == "patternProperties" && v.is_object()) {
      for (const auto& [pattern, value] : v.items()) {
        json member = one_of(value);
        member["pattern"] = pattern;
        way({{kinds, kind_object}, {some, std::move(member)}});
      }
    } else if (key == "additionalProperties") {
      way({{kinds, kind_object}, {some, one_of(v)}});
    } else if (key == "propertyNames") {
      way({{kinds, kind_object}, {some, {{"names", its_opposite(v)}}}});
    } else if (key.starts_with("depend") && v.is_object()) {
      for (const auto& [name, then] : v.items()) {
        if (then.is_array()) {
          for (const json& other : then)
            if (other.is_string())
              way({{kinds, kind_object}, {"required", json::array({name})}, {absent, json::array({other})}});
        } else {
          way({{kinds, kind_object}, {"required", json::array({name})}, {"allOf", json::array({its_opposite(then)})}});
        }
      }
    }
  }
  template <class Way>
  void opposite_of_elements(const json& schema, const std::string& key, const json& v, Way way) {
    const auto n = count(v);
    const bool tail = schema.contains("prefixItems");  // of `items`; that some of the tail is wrong is not said
    const auto least = schema.contains("minContains") ? count(schema["minContains"]) : 1;
    if ((key == "items" && v.is_array()) || (key == "prefixItems" && v.is_array())) {
      for (std::size_t i = 0; i < v.size(); ++i) {
        json first = json::array();
        while (first.size() < i) first.push_back(true);
        first.push_back(its_opposite(v[i]));
        way({{kinds, kind_array}, {"minItems", i + 1}, {"prefixItems", std::move(first)}});
      }
    } else if (key == "items" && !tail) {
      way({{kinds, kind_array}, {"contains", its_opposite(v)}});
    } else if (key == "minItems" && n && *n > 0) {
      way({{kinds, kind_array}, {"maxItems", *n - 1}});
    } else if (key == "maxItems" && n) {
      way({{kinds, kind_array}, {"minItems", *n + 1}});
    } else if (key == "contains") {
      if (least == 1) way({{kinds, kind_array}, {"items", its_opposite(v)}});
      else if (least && *least > 1)
        way({{kinds, kind_array}, {"contains", it(v)}, {"minContains", 0}, {"maxContains", *least - 1}});
      if (const auto most = schema.contains("maxContains") ? count(schema["maxContains"]) : std::nullopt)
        way({{kinds, kind_array}, {"contains", it(v)}, {"minContains", *most + 1}});
    }
  }
  template <class Way>
  void opposite_of_numbers(const json& schema, const std::string& key, const json& v, Way way) {
    if (key == uneven) way({{kinds, kind_number}, {"multipleOf", v}});
    if (key == "multipleOf") way({{kinds, kind_number}, {uneven, v}});
    if (!v.is_number()) return;
    // draft 4 says whether a bound is strict beside it
    const auto strict = [&](const char* beside) { return schema.contains(beside) && schema[beside] == true; };
    if (key == "minimum") way({{kinds, kind_number}, {strict("exclusiveMinimum") ? "maximum" : "exclusiveMaximum", v}});
    if (key == "maximum") way({{kinds, kind_number}, {strict("exclusiveMaximum") ? "minimum" : "exclusiveMinimum", v}});
    if (key == "exclusiveMinimum") way({{kinds, kind_number}, {"maximum", v}});
    if (key == "exclusiveMaximum") way({{kinds, kind_number}, {"minimum", v}});
  }
  /// The values of enum and const.
  static std::vector<const json*> listed(const json& schema) {
    std::vector<const json*> out;
    if (const json* only = find(schema, "const")) return {only};
    if (const json* list = find(schema, "enum"); list && list->is_array())
      for (const json& v : *list) out.push_back(&v);
    return out;
  }

  // ---- what cannot be ----
  bool is_impossible(const schema_case& c, std::size_t depth) {
    if (c.kinds != kind_object) return false;
    if (c.values) return false;
    std::set<std::string> needed;
    for (const auto& p : c.parts)
      if (const json* names = find(*p.schema, "required"); names && names->is_array())
        for (const json& n : *names)
          if (n.is_string()) needed.insert(n.get<std::string>());
    for (const std::string& name : needed) {
      demands all;
      for (const auto& p : c.parts) {
        if (const json* gone = find(*p.schema, absent))
          for (const json& n : *gone)
            if (n == name) return true;
        const json* properties = find(*p.schema, "properties");
        if (properties && properties->is_object() && properties->contains(name)) {
          all.push_back(&(*properties)[name]);
        } else if (const json* others = find(*p.schema, "additionalProperties");
                   others && *others == false && !p.schema->contains("patternProperties")) {
          return true;
        }
      }
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
      if (is_impossible(all, depth + 1)) return true;
    }
    return false;
  }

  schema_document document_;
  std::deque<json> kept_;
  std::vector<const json*> numbered_;
  std::unordered_map<const json*, const json*> opposites_;
  std::set<const json*> are_opposites_;
  std::unordered_map<const json*, std::vector<std::vector<demands>>> dependencies_;
  std::map<demands, bool> impossible_;
  const effort& effort_;
  const stack_budget stack_;
  std::size_t work_ = 0, probing_ = 0;
};

}  // namespace detail
RETORT_END
