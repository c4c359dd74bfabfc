// What a case of a schema demands of strings, numbers, members and elements; and whether a value satisfies it.
#pragma once

#include <retort/grammar/schema_formats.hpp>
#include <retort/grammar/numbers.hpp>
#include <retort/grammar/schema_cases.hpp>
#include <retort/text/json_writer.hpp>

#include <tuple>

RETORT_BEGIN
namespace detail {

/// Reads the keywords of cases. What it returns may be less than what is valid, never more.
class schema_values {
 public:
  static constexpr std::uint32_t max_count = 1u << 16;    // arrays and objects; longer ones are not written
  static constexpr std::uint32_t max_length = 1u << 20;   // characters that may be demanded
  static constexpr std::uint32_t max_written = 1u << 18;  // characters, where fewer are demanded
  static constexpr std::size_t max_counted = 1u << 14;    // states of a pattern times lengths
  static constexpr std::size_t max_beside = 128;          // characters of formats that have patterns beside them
  static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

  schema_values(const json& root, const effort& work) : cases(root, work), work_(work) {}

  schema_cases cases;

  struct counts {
    std::uint64_t min = 0, max = no_limit;
  };
  /// The tightest counts that keywords such as minItems and maxItems leave.
  result<counts> counts_of(const schema_case& c, const char* least, const char* most) const {
    counts out;
    for (const auto& p : c.parts)
      for (const char* key : {least, most}) {
        const json* n = schema_cases::find(*p.schema, key);
        if (!n) continue;
        const double x = n->is_number() ? n->get<double>() : -1;
        if (!(x >= 0) || std::floor(x) != x) return cases.wrong(std::string(key) + " must be a count", *p.schema);
        const auto limited = static_cast<std::uint64_t>(std::min(x, 1e15));
        if (key == least) out.min = std::max(out.min, limited);
        else out.max = std::min(out.max, limited);
      }
    return out;
  }

  // ---- strings ----
  /// What is demanded of a string; `content` only where there is more than lengths.
  struct text {
    std::uint32_t min = 0, max = grammar::unbounded;
    std::optional<language> content;
  };
  result<text> text_of(const schema_case& c) {
    text out;
    RETORT_TRY(const counts n, counts_of(c, "minLength", "maxLength"));
    if (n.min > max_length)
      return cases.too_large("a string of more than " + std::to_string(max_length) + " characters", first(c));
    out.min = static_cast<std::uint32_t>(n.min);
    if (n.max < n.min) out.content = language();
    else if (n.max != no_limit)
      out.max = static_cast<std::uint32_t>(std::min<std::uint64_t>(n.max, std::max<std::uint64_t>(n.min, max_written)));
    if (out.content) return out;
    const auto narrow = [&](const language& with, bool away) -> result<void> {
      if (!out.content) {
        if (!away) {
          out.content = with;
          return {};
        }
        out.content = language::any();
      }
      RETORT_TRY(out.content,
                 away ? language::but_not(*out.content, with, work_) : language::both(*out.content, with, work_));
      return {};
    };
    if (c.values) {
      std::vector<std::string> texts;
      for (const json* v : *c.values)
        if (v->is_string()) texts.push_back(v->get<std::string>());
      RETORT_CHECK(narrow(language::of(texts), false));
    }
    const bool patterned = std::any_of(c.parts.begin(), c.parts.end(), [](const auto& p) {
      return p.schema->contains("pattern") || p.schema->contains(schema_cases::unlike);
    });
    for (const auto& p : c.parts) {
      const std::size_t most = patterned ? std::min<std::size_t>(out.max, max_beside) : out.max;
      if (const json* format = schema_cases::find(*p.schema, "format"); format && format->is_string())
        if (const auto pattern = schema_formats::pattern_of(format->get<std::string>(), most)) {
          RETORT_TRY(const language* of, known(*pattern, true, false));
          RETORT_CHECK(narrow(*of, false));
        }
    }
    for (const auto& p : c.parts)
      for (const char* key : {"pattern", schema_cases::unlike})
        if (const json* pattern = schema_cases::find(*p.schema, key)) {
          const bool away = key == schema_cases::unlike;
          RETORT_TRY(const language* of, pattern_of(*pattern, *p.schema, away));
          RETORT_CHECK(narrow(*of, away));
        }
    std::vector<std::string> not_these;
    for (const json* v : c.excluded)
      if (v->is_string()) not_these.push_back(v->get<std::string>());
    if (!not_these.empty() && !c.values) RETORT_CHECK(narrow(language::of(not_these), true));
    if (out.content && (out.min > 0 || out.max != grammar::unbounded))
      RETORT_CHECK(count_in(*out.content, out.min, out.max, first(c)));
    return out;
  }
  /// The texts of all cases together: what names an object may have.
  result<language> texts_of(const demands& all) {
    RETORT_TRY(const auto ways, cases.of(all));
    const language every = language::any();
    language none_of = every;
    for (const schema_case& c : ways) {
      if (!(c.kinds & kind_string)) continue;
      RETORT_TRY(text t, text_of(c));
      if (!t.content) {
        if (t.max == grammar::unbounded && t.min == 0) return every;
        t.content = every;
        RETORT_CHECK(count_in(*t.content, t.min, t.max, first(c)));
      }
      RETORT_TRY(none_of, language::but_not(none_of, *t.content, work_));
    }
    return language::but_not(every, none_of, work_);
  }
  /// The texts that contain what a pattern matches; `widely`: whatever an engine may think so of.
  result<const language*> pattern_of(const json& pattern, const json& at, bool widely) {
    const auto* source = pattern.get_ptr<const std::string*>();
    if (!source) return cases.wrong("a pattern must be a string", at);
    const auto texts = known(*source, false, widely);
    if (!texts) return error{texts.error().code, "JSON schema: " + texts.error().what + cases.where(at)};
    return texts;
  }

  // ---- numbers ----
  result<number_demands> numbers_of(const schema_case& c) const {
    number_demands out;
    out.integers = (c.kinds & kind_integer) != 0;
    out.fractions = (c.kinds & kind_fraction) != 0;
    for (const auto& p : c.parts) {
      const json& schema = *p.schema;
      const auto beside = [&](const char* key) {
        const json* v = schema_cases::find(schema, key);
        return v && *v == true;
      };
      for (const std::string_view key : {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}) {
        const json* n = schema_cases::find(schema, key.data());
        if (!n || n->is_boolean()) continue;  // draft 4
        if (!n->is_number()) return cases.wrong(std::string(key) + " must be a number", schema);
        const bool upper = key.ends_with("aximum");
        const bool strict = key.starts_with("ex") || beside(upper ? "exclusiveMaximum" : "exclusiveMinimum");
        if (const auto at = decimal::parse(dump(*n))) out.tighten(upper, {*at, strict});
      }
      for (const char* key : {"multipleOf", schema_cases::uneven})
        if (const json* n = schema_cases::find(schema, key)) {
          if (!n->is_number() || !(n->get<double>() > 0))
            return cases.wrong("multipleOf must be a number over 0", schema);
          (key == schema_cases::uneven ? out.not_multiples : out.multiples).push_back(n->get<double>());
        }
      if (const json* format = schema_cases::find(schema, "format"); format && format->is_string())
        for (const auto& r : number_formats)
          if (r.name == format->text()) {
            out.fractions = false;
            out.tighten(false, {*decimal::parse(r.low), false});
            out.tighten(true, {*decimal::parse(r.high), false});
          }
    }
    for (const json* v : c.excluded)
      if (v->is_number())
        if (const auto x = decimal::parse(dump(*v))) out.excluded.push_back(*x);
    return out;
  }

  // ---- members ----
  /// The names that keywords of a case mention, in their order.
  static std::vector<std::string> names_of(const schema_case& c) {
    std::vector<std::string> out;
    std::set<std::string> known;
    const auto put = [&](const std::string& name) {
      if (known.insert(name).second) out.push_back(name);
    };
    for (const auto& p : c.parts)
      if (const json* properties = schema_cases::find(*p.schema, "properties"); properties && properties->is_object())
        for (const auto& [name, value] : properties->items()) put(name);
    for (const auto& p : c.parts)
      for (const char* key : {"required", schema_cases::absent})
        if (const json* names = schema_cases::find(*p.schema, key); names && names->is_array())
          for (const json& n : *names)
            if (n.is_string()) put(n.get<std::string>());
    return out;
  }
  static bool mentions(const schema_case& c, const char* key, const std::string& name) {
    for (const auto& p : c.parts)
      if (const json* names = schema_cases::find(*p.schema, key); names && names->is_array())
        for (const json& n : *names)
          if (n == name) return true;
    return false;
  }
  /// What a member has to satisfy. `name`: empty where no keyword mentions it; `matches` says of a pattern whether its
  /// name matches.   `declared`: whether some keyword speaks of such a member.
  template <class F>
  result<demands> member_of(const schema_case& c, const std::string* name, F matches, bool* declared = nullptr) {
    demands out;
    std::vector<bool> evaluated(c.parts.size(), false);
    if (declared) *declared = false;
    for (std::size_t i = 0; i < c.parts.size(); ++i) {
      const json& schema = *c.parts[i].schema;
      bool here = false;
      const json* properties = schema_cases::find(schema, "properties");
      if (properties && !properties->is_object()) return cases.wrong("properties must be an object", schema);
      if (name && properties)
        if (const auto at = properties->find(*name); at != properties->end()) {
          out.push_back(&*at);
          here = true;
        }
      if (const json* patterns = schema_cases::find(schema, "patternProperties")) {
        if (!patterns->is_object()) return cases.wrong("patternProperties must be an object", schema);
        for (const auto& [pattern, value] : patterns->items()) {
          RETORT_TRY(const bool does, matches(pattern, schema));
          if (!does) continue;
          out.push_back(&value);
          here = true;
        }
      }
      if (const json* others = schema_cases::find(schema, "additionalProperties"); others && !here) {
        out.push_back(others);
        here = true;
      }
      evaluated[i] = here && !c.parts[i].opposite;
      if (declared) *declared = *declared || here;
    }
    const bool spoken_of = add_unevaluated(c, "unevaluatedProperties", evaluated, out);
    if (declared) *declared = *declared || spoken_of;
    normalise(out);
    return out;
  }
  result<demands> member_of(const schema_case& c, const std::string& name) {
    return member_of(c, &name, [&](const std::string& pattern, const json& at) -> result<bool> {
      RETORT_TRY(const language* surely, pattern_of(pattern, at, false));
      return surely->contains(name);
    });
  }
  /// The schemas of names.
  static demands names_demanded(const schema_case& c) {
    demands out;
    for (const auto& p : c.parts)
      if (const json* names = schema_cases::find(*p.schema, "propertyNames")) out.push_back(names);
    normalise(out);
    return out;
  }

  /// The names, out of some, of the member that the opposite of a schema asks for.
  result<language> names_needed(const json& needed, language of) {
    if (needed.contains("names")) {
      RETORT_TRY(const language wrong, texts_of({&needed["names"]}));
      return language::both(of, wrong, work_);
    }
    const json& schema = *cases.numbered(needed["of"]);
    const json* chosen = schema_cases::find(needed, "pattern");
    if (chosen) {
      RETORT_TRY(const language* in, pattern_of(*chosen, schema, false));
      return language::both(of, *in, work_);
    }
    std::vector<std::string> declared;
    if (const json* properties = schema_cases::find(schema, "properties"); properties && properties->is_object())
      for (const auto& [name, v] : properties->items()) declared.push_back(name);
    RETORT_TRY(of, language::but_not(of, language::of(declared), work_));
    if (const json* patterns = schema_cases::find(schema, "patternProperties"); patterns && patterns->is_object())
      for (const auto& [pattern, v] : patterns->items()) {
        RETORT_TRY(const language* in, pattern_of(json(pattern), schema, true));
        RETORT_TRY(of, language::but_not(of, *in, work_));
      }
    return of;
  }

  // ---- elements ----
  static const json* first_elements(const json& schema) {
    const json* prefix = schema_cases::find(schema, "prefixItems");
    if (prefix && prefix->is_array()) return prefix;
    const json* items = schema_cases::find(schema, "items");  // before 2020
    return items && items->is_array() ? items : nullptr;
  }
  static const json* other_elements(const json& schema) {
    const json* items = schema_cases::find(schema, "items");
    return items && items->is_array() ? schema_cases::find(schema, "additionalItems") : items;
  }
  /// How many elements have schemas of their own.
  static std::size_t n_first(const schema_case& c) {
    std::size_t n = 0;
    for (const auto& p : c.parts)
      if (const json* first = first_elements(*p.schema)) n = std::max(n, first->size());
    return n;
  }
  /// What the i-th element has to satisfy; `declared` as above.
  static demands element_of(const schema_case& c, std::size_t i, bool* declared = nullptr) {
    demands out;
    std::vector<bool> evaluated(c.parts.size(), false);
    for (std::size_t k = 0; k < c.parts.size(); ++k) {
      const json* first = first_elements(*c.parts[k].schema);
      const json* others = other_elements(*c.parts[k].schema);
      if (first && i < first->size()) out.push_back(&(*first)[i]);
      else if (others) out.push_back(others);
      else continue;
      evaluated[k] = !c.parts[k].opposite;
    }
    add_unevaluated(c, "unevaluatedItems", evaluated, out);
    if (declared) *declared = !out.empty();
    normalise(out);
    return out;
  }
  static bool is_unique(const schema_case& c) {
    for (const auto& p : c.parts)
      if (const json* unique = schema_cases::find(*p.schema, "uniqueItems"); unique && *unique == true) return true;
    return false;
  }
  struct contained {
    demands what;
    std::uint64_t min, max;
  };
  result<std::vector<contained>> contained_in(const schema_case& c) const {
    std::vector<contained> out;
    for (const auto& p : c.parts)
      if (const json* what = schema_cases::find(*p.schema, "contains")) {
        schema_case only;
        only.parts.push_back(p);
        RETORT_TRY(const counts n, counts_of(only, "minContains", "maxContains"));
        out.push_back({{what}, p.schema->contains("minContains") ? n.min : 1, n.max});
      }
    return out;
  }

  // ---- values ----
  /// Whether a value satisfies demands, as far as is known.
  result<bool> holds(const demands& all, const json& value) {
    RETORT_TRY(const auto ways, cases.of(all));
    for (const schema_case& c : ways) {
      RETORT_TRY(const bool does, holds(c, value));
      if (does) return true;
    }
    return false;
  }
  result<bool> holds(const schema_case& c, const json& v) {
    if (!(kind_of(v) & c.kinds)) return false;
    const auto is_v = [&v](const json* x) { return same_value(*x, v); };
    if (c.values && std::none_of(c.values->begin(), c.values->end(), is_v)) return false;
    if (std::any_of(c.excluded.begin(), c.excluded.end(), is_v)) return false;
    std::optional<text> strings;
    return fits(c, v, strings);
  }
  /// Those of the listed values of a case that satisfy the rest of it.
  result<std::vector<const json*>> fitting(const schema_case& c) {
    std::vector<const json*> out;
    std::optional<text> strings;
    for (const json* v : *c.values) {
      RETORT_TRY(const bool does, fits(c, *v, strings));
      if (does) out.push_back(v);
    }
    return out;
  }
  static bool has_format(const schema_case& c) {
    return std::any_of(c.parts.begin(), c.parts.end(), [](const auto& p) { return p.schema->contains("format"); });
  }
  static void normalise(demands& all) {
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  static const json& first(const schema_case& c) { return *c.parts.front().schema; }

 private:
  /// What parts demand of a member or element of which nothing within them speaks; true if any does. `evaluated`: the
  /// parts that speak of it.
  static bool add_unevaluated(const schema_case& c, const char* keyword, std::vector<bool>& evaluated, demands& out) {
    bool any = false;
    for (std::size_t i = c.parts.size(); i-- > 0;) {  // inner ones first: what they speak of is evaluated
      const json* others = schema_cases::find(*c.parts[i].schema, keyword);
      bool known = !others;
      for (std::size_t k = 0; k < c.parts.size() && !known; ++k)
        known = evaluated[k] && c.is_within(static_cast<std::ptrdiff_t>(k), static_cast<std::ptrdiff_t>(i));
      if (known) continue;
      out.push_back(others);
      any = evaluated[i] = true;
    }
    return any;
  }

  struct number_format {
    std::string_view name, low, high;
  };
  static constexpr number_format number_formats[] = {{"int8", "-128", "127"},
                                                     {"int16", "-32768", "32767"},
                                                     {"int32", "-2147483648", "2147483647"},
                                                     {"int64", "-9223372036854775808", "9223372036854775807"},
                                                     {"uint8", "0", "255"},
                                                     {"uint16", "0", "65535"},
                                                     {"uint32", "0", "4294967295"},
                                                     {"uint64", "0", "18446744073709551615"}};

  result<void> count_in(language& content, std::uint32_t min, std::uint32_t max, const json& at) const {
    const language::extent now = content.lengths_of();
    if (now.least >= min) min = 0;
    if (now.most <= max) max = grammar::unbounded;
    if (min == 0 && max == grammar::unbounded) return {};
    const std::size_t room = max_counted / std::max<std::size_t>(content.states().size(), 1);
    if (max != grammar::unbounded && max > std::max<std::size_t>(min, room))
      max = static_cast<std::uint32_t>(std::max<std::size_t>(min, room));  // fewer are written than may be
    if (std::max(min, max == grammar::unbounded ? min : max) > language::max_states)
      return cases.too_large("lengths beside a pattern", at);
    RETORT_TRY(content, language::both(content, language::lengths(min, max), work_));
    return {};
  }
  /// Whether a value of the right kind satisfies the keywords of a case; its lists of values are left aside. `strings`:
  /// what the case demands of strings, once it is known.
  result<bool> fits(const schema_case& c, const json& v, std::optional<text>& strings) {
    if (!c.hinted && !has_format(c)) return true;
    if (v.is_string()) {
      if (!strings) {
        schema_case open = c;
        open.values.reset();
        RETORT_TRY(strings, text_of(open));
      }
      const std::string_view s = v.text();
      const std::size_t n = utf8::count_points(s);
      return n >= strings->min && n <= strings->max && (!strings->content || strings->content->contains(s));
    }
    if (v.is_number()) {
      RETORT_TRY(const number_demands d, numbers_of(c));
      const auto x = decimal::parse(dump(v));
      return x && d.holds(*x, v.get<double>());
    }
    if (v.is_array()) return holds_elements(c, v);
    if (v.is_object()) return holds_members(c, v);
    return true;
  }
  result<bool> holds_elements(const schema_case& c, const json& v) {
    RETORT_TRY(const counts n, counts_of(c, "minItems", "maxItems"));
    if (v.size() < n.min || v.size() > n.max) return false;
    for (std::size_t i = 0; i < v.size(); ++i) {
      RETORT_TRY(const bool does, holds(element_of(c, i), v[i]));
      if (!does) return false;
      for (std::size_t k = 0; is_unique(c) && k < i; ++k)
        if (same_value(v[i], v[k])) return false;
    }
    RETORT_TRY(const auto some, contained_in(c));
    for (const contained& x : some) {
      std::uint64_t n_found = 0, n_possible = 0;
      for (const json& element : v) {
        RETORT_TRY(const bool does, holds(x.what, element));
        n_found += does;
        if (x.max == no_limit) continue;
        RETORT_TRY(const bool surely_not, holds({cases.opposite(*x.what.front())}, element));
        n_possible += !surely_not;
      }
      if (n_found < x.min || n_possible > x.max) return false;
    }
    return true;
  }
  result<bool> holds_members(const schema_case& c, const json& v) {
    RETORT_TRY(const counts n, counts_of(c, "minProperties", "maxProperties"));
    if (v.size() < n.min || v.size() > n.max) return false;
    const demands names = names_demanded(c);
    for (const auto& [name, value] : v.items()) {
      RETORT_TRY(const demands all, member_of(c, name));
      RETORT_TRY(const bool does, holds(all, value));
      if (!does || mentions(c, schema_cases::absent, name)) return false;
      if (names.empty()) continue;
      RETORT_TRY(const bool named, holds(names, json(name)));
      if (!named) return false;
    }
    for (const std::string& name : names_of(c))
      if (mentions(c, "required", name) && !v.contains(name)) return false;
    for (const auto& p : c.parts)
      if (const json* needed = schema_cases::find(*p.schema, schema_cases::some)) {
        RETORT_TRY(const bool found, has_needed(*needed, v));
        if (!found) return false;
      }
    return true;
  }

  result<bool> has_needed(const json& needed, const json& v) {
    RETORT_TRY(const language names, names_needed(needed, language::any()));
    for (const auto& [name, value] : v.items()) {
      if (!names.contains(name)) continue;
      const json* as = schema_cases::find(needed, "value");
      RETORT_TRY(const bool does, holds(as ? demands{as} : demands{}, value));
      if (does) return true;
    }
    return false;
  }

  result<const language*> known(const std::string& pattern, bool whole, bool widely) {
    const auto [at, is_new] = languages_.try_emplace({pattern, whole, widely});
    if (is_new) {
      auto texts = regex_language::of(pattern, whole, work_, widely);
      if (!texts) {
        languages_.erase(at);
        return texts.error();
      }
      at->second = std::move(*texts);
    }
    return &at->second;
  }

  const effort& work_;
  std::map<std::tuple<std::string, bool, bool>, language> languages_;  // pattern, whole, widely
};

}  // namespace detail
RETORT_END
