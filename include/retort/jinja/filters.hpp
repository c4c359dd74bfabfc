// Jinja's filters and tests, by name.
// Next: parser.hpp, which looks the names up, and engine.hpp, which calls them.
#pragma once

#include <retort/jinja/methods.hpp>

RETORT_BEGIN
namespace detail::templates {

// clang-format off
enum class filter : int {
  absolute, attr, capitalize, default_value, dictsort, escape, first, floating, format, indent, integer, items, join,
  last, length, list, lower, map, maximum, minimum, reject, rejectattr, replace, reverse, round, safe, select,
  selectattr, sort, string, sum, title, tojson, trim, unique, upper, unsupported,
};
// clang-format on

inline constexpr signature filter_table[] = {
    {"abs", int(filter::absolute), 0, ""},
    {"attr", int(filter::attr), 1, "name"},
    {"capitalize", int(filter::capitalize), 0, ""},
    {"count", int(filter::length), 0, ""},
    {"d", int(filter::default_value), 0, "default_value boolean"},
    {"default", int(filter::default_value), 0, "default_value boolean"},
    {"dictsort", int(filter::dictsort), 0, "case_sensitive by reverse"},
    {"e", int(filter::escape), 0, ""},
    {"escape", int(filter::escape), 0, ""},
    {"first", int(filter::first), 0, ""},
    {"float", int(filter::floating), 0, "default"},
    {"format", int(filter::format), 0, "*"},
    {"indent", int(filter::indent), 0, "width first blank"},
    {"int", int(filter::integer), 0, "default base"},
    {"items", int(filter::items), 0, ""},
    {"join", int(filter::join), 0, "d attribute"},
    {"last", int(filter::last), 0, ""},
    {"length", int(filter::length), 0, ""},
    {"list", int(filter::list), 0, ""},
    {"lower", int(filter::lower), 0, ""},
    {"map", int(filter::map), 0, "*"},
    {"max", int(filter::maximum), 0, "case_sensitive attribute"},
    {"min", int(filter::minimum), 0, "case_sensitive attribute"},
    {"reject", int(filter::reject), 0, "*"},
    {"rejectattr", int(filter::rejectattr), 0, "*"},
    {"replace", int(filter::replace), 2, "old new count"},
    {"reverse", int(filter::reverse), 0, ""},
    {"round", int(filter::round), 0, "precision method"},
    {"safe", int(filter::safe), 0, ""},
    {"select", int(filter::select), 0, "*"},
    {"selectattr", int(filter::selectattr), 0, "*"},
    {"sort", int(filter::sort), 0, "reverse case_sensitive attribute"},
    {"string", int(filter::string), 0, ""},
    {"sum", int(filter::sum), 0, "attribute start"},
    {"title", int(filter::title), 0, ""},
    {"tojson", int(filter::tojson), 0, "ensure_ascii indent separators sort_keys"},
    {"trim", int(filter::trim), 0, "chars"},
    {"unique", int(filter::unique), 0, "case_sensitive attribute"},
    {"upper", int(filter::upper), 0, ""},
    // Jinja has these; no chat template seen so far uses them
    {"batch", int(filter::unsupported), 0, "*"},
    {"center", int(filter::unsupported), 0, "*"},
    {"filesizeformat", int(filter::unsupported), 0, "*"},
    {"forceescape", int(filter::unsupported), 0, "*"},
    {"groupby", int(filter::unsupported), 0, "*"},
    {"pprint", int(filter::unsupported), 0, "*"},
    {"random", int(filter::unsupported), 0, "*"},
    {"slice", int(filter::unsupported), 0, "*"},
    {"striptags", int(filter::unsupported), 0, "*"},
    {"truncate", int(filter::unsupported), 0, "*"},
    {"urlencode", int(filter::unsupported), 0, "*"},
    {"urlize", int(filter::unsupported), 0, "*"},
    {"wordcount", int(filter::unsupported), 0, "*"},
    {"wordwrap", int(filter::unsupported), 0, "*"},
    {"xmlattr", int(filter::unsupported), 0, "*"},
};

// clang-format off
enum class test : int {
  boolean, callable, defined, divisibleby, eq, escaped, even, is_false, filter, floating, ge, gt, in, integer, iterable,
  le, lower, lt, mapping, ne, none, number, odd, sameas, sequence, string, test_name, is_true, undefined, upper,
};
// clang-format on

// clang-format off
inline constexpr signature test_table[] = {
    {"!=", int(test::ne), 1, "b"},           {"<", int(test::lt), 1, "b"},
    {"<=", int(test::le), 1, "b"},           {"==", int(test::eq), 1, "b"},
    {">", int(test::gt), 1, "b"},            {">=", int(test::ge), 1, "b"},
    {"boolean", int(test::boolean), 0, ""},  {"callable", int(test::callable), 0, ""},
    {"defined", int(test::defined), 0, ""},  {"divisibleby", int(test::divisibleby), 1, "num"},
    {"eq", int(test::eq), 1, "b"},           {"equalto", int(test::eq), 1, "b"},
    {"escaped", int(test::escaped), 0, ""},  {"even", int(test::even), 0, ""},
    {"false", int(test::is_false), 0, ""},   {"filter", int(test::filter), 0, ""},
    {"float", int(test::floating), 0, ""},   {"ge", int(test::ge), 1, "b"},
    {"greaterthan", int(test::gt), 1, "b"},  {"gt", int(test::gt), 1, "b"},
    {"in", int(test::in), 1, "seq"},         {"integer", int(test::integer), 0, ""},
    {"iterable", int(test::iterable), 0, ""}, {"le", int(test::le), 1, "b"},
    {"lessthan", int(test::lt), 1, "b"},     {"lower", int(test::lower), 0, ""},
    {"lt", int(test::lt), 1, "b"},           {"mapping", int(test::mapping), 0, ""},
    {"ne", int(test::ne), 1, "b"},           {"none", int(test::none), 0, ""},
    {"number", int(test::number), 0, ""},    {"odd", int(test::odd), 0, ""},
    {"sameas", int(test::sameas), 1, "other"}, {"sequence", int(test::sequence), 0, ""},
    {"string", int(test::string), 0, ""},    {"test", int(test::test_name), 0, ""},
    {"true", int(test::is_true), 0, ""},     {"undefined", int(test::undefined), 0, ""},
    {"upper", int(test::upper), 0, ""},
};
// clang-format on

// --- tests

inline bool remainder_is(runtime& rt, const value& v, const value* divisor, std::int64_t by, std::int64_t wanted) {
  if (divisor && !integer_argument(rt, divisor, "test 'divisibleby'", by)) return false;
  if (by == 0) rt.fail("division by zero");
  if (v.is(kind::real) && !rt.failed())
    return std::fmod(v.real(), static_cast<double>(by)) == static_cast<double>(wanted);
  if (!v.is_integer()) fail_type(rt, v, "a test for divisibility");
  if (rt.failed() || by == -1) return wanted == 0;
  const std::int64_t r = v.integer() % by;
  return (r != 0 && (r < 0) != (by < 0) ? r + by : r) == wanted;
}

inline bool is_sequence(const value& v) noexcept {
  return v.is(kind::undefined) || v.is_string() || v.is(kind::list) || v.is(kind::tuple) || v.is(kind::dict) ||
         v.is(kind::range);
}

inline bool is_callable(const value& v) noexcept {
  return v.is(kind::undefined) || v.is(kind::macro) || v.is(kind::method) || v.is(kind::function);
}

inline bool same(const value& a, const value& b) noexcept {
  if (a.type() != b.type()) return false;
  if (a.is(kind::none)) return true;
  if (a.is(kind::boolean) || a.is(kind::integer) || a.is(kind::function)) return a.integer() == b.integer();
  return a.address() != nullptr && a.address() == b.address();
}

inline bool has_case(runtime& rt, const value& v, unsigned wanted) {
  const value s = to_string(rt, v);
  return !rt.failed() && has_only_case(s.bytes(), wanted);
}

inline bool apply_test(runtime& rt, const signature& s, const value& v, const arguments& args) {
  bound_arguments with;
  if (!rt.charge() || !bind(rt, "test", s, args, with)) return false;
  const value* b = with[0];
  switch (static_cast<test>(s.which)) {
    case test::boolean: return v.is(kind::boolean);
    case test::callable: return is_callable(v);
    case test::defined: return !v.is(kind::undefined);
    case test::divisibleby: return remainder_is(rt, v, b, 1, 0);
    case test::eq: return equal(rt, v, *b);
    case test::escaped: return v.is_string() && v.string().markup;
    case test::even: return remainder_is(rt, v, nullptr, 2, 0);
    case test::filter: return v.is_string() && find_signature(filter_table, v.bytes()) != nullptr;
    case test::floating: return v.is(kind::real);
    case test::ge: return order(rt, v, *b) >= 0;
    case test::gt: return order(rt, v, *b) > 0;
    case test::in: return contains(rt, *b, v);
    case test::integer: return v.is(kind::integer) || v.is(kind::huge);
    case test::is_false: return v.is(kind::boolean) && !v.truth();
    case test::is_true: return v.is(kind::boolean) && v.truth();
    case test::iterable: return walker::iterable(v) || v.is(kind::loop);
    case test::le: return order(rt, v, *b) <= 0;
    case test::lower: return has_case(rt, v, unicode::lower);
    case test::lt: return order(rt, v, *b) < 0;
    case test::mapping: return v.is(kind::dict);
    case test::ne: return !equal(rt, v, *b);
    case test::none: return v.is(kind::none);
    case test::number: return v.is_number() || v.is(kind::huge);
    case test::odd: return remainder_is(rt, v, nullptr, 2, 1);
    case test::sameas: return same(v, *b);
    case test::sequence: return is_sequence(v);
    case test::string: return v.is_string();
    case test::test_name: return v.is_string() && find_signature(test_table, v.bytes()) != nullptr;
    case test::undefined: return v.is(kind::undefined);
    case test::upper: return has_case(rt, v, unicode::upper);
  }
  return false;
}

// --- helpers of filters

inline value apply_filter(runtime& rt, const signature& s, const value& v, const arguments& args);

/// "a.b.0": items of items
class attribute_path {
 public:
  attribute_path() = default;
  explicit attribute_path(const value& v) {
    if (!v.is_string()) {
      if (!v.is(kind::none)) parts_.push_back(v);
      return;
    }
    for (value& part : split_at(v, ".", -1)) {
      std::int64_t index = 0;
      const bool number = all_of_class(part.bytes(), unicode::number) && parse_integer(part.bytes(), 10, index);
      parts_.push_back(number ? value::integer(index) : std::move(part));
    }
  }
  value operator()(runtime& rt, value item) const {
    for (const value& part : parts_) {
      if (!rt.charge()) return {};
      item = item_of(rt, item, part);
    }
    return item;
  }

 private:
  std::vector<value> parts_;
};

inline value folded(const value& v, bool case_sensitive) {
  return v.is_string() && !case_sensitive ? recase(v, casing::lower) : v;
}

/// Stable merge sort by keys; `reverse` keeps equal items in their order, as Python does.
inline void sort_by_keys(runtime& rt, std::vector<value>& items, const std::vector<value>& keys, bool reverse) {
  std::vector<std::uint32_t> from(items.size()), to(items.size());
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::uint32_t>(i);
  const std::size_t n = from.size();
  for (std::size_t width = 1; width < n; width *= 2, from.swap(to))
    for (std::size_t low = 0; low < n; low += 2 * width) {
      const std::size_t middle = low + width < n ? low + width : n;
      const std::size_t high = middle + width < n ? middle + width : n;
      for (std::size_t a = low, b = middle, out = low; out < high; ++out) {
        bool second = a == middle;
        if (!second && b < high) {
          if (!rt.charge()) return;
          const int c = order(rt, keys[from[b]], keys[from[a]]);
          second = reverse ? c > 0 : c < 0;
        }
        to[out] = second ? from[b++] : from[a++];
      }
    }
  std::vector<value> sorted;
  for (std::uint32_t i : from) sorted.push_back(std::move(items[i]));
  items = std::move(sorted);
}

// --- filters over sequences

inline value filter_sort(runtime& rt, const value& v, const bound_arguments& args) {
  std::vector<value> items = items_of(rt, v, "filter 'sort'"), keys;
  const bool sensitive = args.truth(1, false);
  std::vector<attribute_path> paths;
  if (args[2] && args[2]->is_string())
    for (const value& one : split_at(*args[2], ",", -1)) paths.emplace_back(one);
  else paths.emplace_back(args[2] ? *args[2] : value::none());
  for (const value& item : items) {
    std::vector<value> key;
    for (const attribute_path& path : paths) key.push_back(folded(path(rt, item), sensitive));
    keys.push_back(rt.list(std::move(key)));
    if (rt.failed()) return {};
  }
  sort_by_keys(rt, items, keys, args.truth(0, false));
  return rt.list(std::move(items));
}

inline value filter_dictsort(runtime& rt, const value& v, const bound_arguments& args) {
  if (!v.is(kind::dict)) return fail_type(rt, v, "filter 'dictsort'");
  std::size_t part = 0;
  if (args[1]) {
    if (!args[1]->is_string() || (args[1]->bytes() != "key" && args[1]->bytes() != "value"))
      return rt.fail("filter 'dictsort' sorts by 'key' or 'value'");
    part = args[1]->bytes() == "value";
  }
  std::vector<value> items = items_of(rt, view_of(v, view::part::items), "filter 'dictsort'"), keys;
  for (const value& item : items) keys.push_back(folded(item.as<sequence>().items[part], args.truth(0, false)));
  sort_by_keys(rt, items, keys, args.truth(2, false));
  return rt.list(std::move(items));
}

inline value filter_extreme(runtime& rt, const value& v, const bound_arguments& args, bool most) {
  const std::vector<value> items = items_of(rt, v, "filter 'min' or 'max'");
  const attribute_path path(args[1] ? *args[1] : value::none());
  value best, best_key;
  for (std::size_t i = 0; i < items.size() && rt.charge(); ++i) {
    value key = folded(path(rt, items[i]), args.truth(0, false));
    const int c = i == 0 || rt.failed() ? 0 : order(rt, key, best_key);
    if (i > 0 && (most ? c <= 0 : c >= 0)) continue;
    best = items[i];
    best_key = std::move(key);
  }
  return items.empty() ? undefined("the sequence was empty (filter 'min' or 'max')") : best;
}

inline value filter_sum(runtime& rt, const value& v, const bound_arguments& args) {
  const attribute_path path(args[0] ? *args[0] : value::none());
  value total = args[1] ? *args[1] : value::integer(0);
  for (const value& item : items_of(rt, v, "filter 'sum'")) {
    const value x = path(rt, item);
    if (rt.failed()) break;
    if (!x.is_number() || !total.is_number()) return fail_type(rt, x.is_number() ? total : x, "filter 'sum'");
    if (x.is(kind::real) || total.is(kind::real)) {
      total = value::real(as_real(total) + as_real(x));
    } else {
      const std::int64_t a = total.integer(), b = x.integer();
      if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b) return rt.fail("integer beyond 64 bits", errc::unsupported);
      total = value::integer(a + b);
    }
  }
  return total;
}

/// An error inside a generator waits until somebody walks that far.
inline void postpone_error(runtime& rt, generator& g) {
  if (rt.failed()) g.error = rt.postpone();
}

inline value filter_unique(runtime& rt, const value& v, const bound_arguments& args) {
  auto* g = new generator;
  value result = value::of(kind::generator, g);
  const attribute_path path(args[1] ? *args[1] : value::none());
  std::vector<value> seen;
  for (value& item : items_of(rt, v, "filter 'unique'")) {
    const value key = folded(path(rt, item), args.truth(0, false));
    if (!hashable(key)) fail_type(rt, key, "filter 'unique'");
    bool known = false;
    for (std::size_t i = 0; i < seen.size() && !known && rt.charge(); ++i) known = equal(rt, seen[i], key);
    if (rt.failed()) break;
    if (known) continue;
    seen.push_back(key);
    g->items.push_back(std::move(item));
  }
  postpone_error(rt, *g);
  return rt.made(g);
}

inline value filter_items(runtime& rt, const value& v) {
  auto* g = new generator;
  value result = value::of(kind::generator, g);
  if (v.is(kind::dict)) g->items = items_of(rt, view_of(v, view::part::items), "filter 'items'");
  else if (!v.is(kind::undefined)) g->error = "filter 'items' needs a mapping, not " + std::string(type_name(v));
  return rt.made(g);
}

/// What map() does to one item.
inline value map_item(runtime& rt, const arguments& args, const arguments& rest, const signature* f,
                      const value& item) {
  if (f) return apply_filter(rt, *f, item, rest);
  value attribute, otherwise;
  for (const auto& [name, v] : args.named) {
    if (name == "attribute") attribute = v;
    else if (name == "default") otherwise = v;
    else return rt.fail("filter 'map' got an unknown named argument");
  }
  value found = attribute_path(attribute)(rt, item);
  return found.is(kind::undefined) && !otherwise.is(kind::undefined) && !otherwise.is(kind::none) ? otherwise : found;
}

inline value filter_map(runtime& rt, const value& v, const arguments& args) {
  auto* g = new generator;
  value result = value::of(kind::generator, g);
  if (!truthy(v)) return result;
  const signature* f = nullptr;
  arguments rest;
  if (args.positional.empty()) {
    if (args.named.empty()) rt.fail("filter 'map' needs a filter or an attribute");
  } else {
    const value& name = args.positional[0];
    f = name.is_string() ? find_signature(filter_table, name.bytes()) : nullptr;
    if (!f) rt.fail("filter 'map': no filter named '" + (name.is_string() ? name.bytes() : std::string()) + "'");
    rest.positional.assign(args.positional.begin() + 1, args.positional.end());
    rest.named = args.named;
  }
  if (!rt.failed())
    for (const value& item : items_of(rt, v, "filter 'map'")) {
      value mapped = map_item(rt, args, rest, f, item);
      if (rt.failed()) break;
      g->items.push_back(std::move(mapped));
    }
  postpone_error(rt, *g);
  return rt.made(g);
}

/// select, reject, selectattr, rejectattr
inline value filter_select(runtime& rt, const value& v, const arguments& args, bool keep, bool by_attribute) {
  auto* g = new generator;
  value result = value::of(kind::generator, g);
  if (!truthy(v)) return result;
  const std::size_t skip = by_attribute ? 1 : 0;
  if (args.positional.size() < skip) rt.fail("filter 'selectattr' needs an attribute name");
  const attribute_path path = by_attribute && !rt.failed() ? attribute_path(args.positional[0]) : attribute_path();
  const signature* t = nullptr;
  arguments rest;
  if (args.positional.size() > skip) {
    const value& name = args.positional[skip];
    t = name.is_string() ? find_signature(test_table, name.bytes()) : nullptr;
    if (!t) rt.fail("no test named '" + (name.is_string() ? name.bytes() : std::string(type_name(name))) + "'");
    rest.positional.assign(args.positional.begin() + static_cast<std::ptrdiff_t>(skip) + 1, args.positional.end());
    rest.named = args.named;
  }
  if (!rt.failed())
    for (value& item : items_of(rt, v, "filter 'select'")) {
      const value subject = path(rt, item);
      const bool good = !rt.failed() && (t ? apply_test(rt, *t, subject, rest) : truthy(subject));
      if (rt.failed()) break;
      if (good == keep) g->items.push_back(std::move(item));
    }
  postpone_error(rt, *g);
  return rt.made(g);
}

inline value filter_join(runtime& rt, const value& v, const bound_arguments& args) {
  const value separator = args[0] ? to_string(rt, *args[0]) : rt.string("");
  std::vector<value> items = items_of(rt, v, "filter 'join'");
  if (args[1] && !args[1]->is(kind::none)) {
    const attribute_path path(*args[1]);
    for (value& item : items) item = path(rt, item);
  }
  return rt.failed() ? value() : join_items(rt, separator, std::move(items), true);
}

inline value filter_first(runtime& rt, const value& v) {
  walker walk(rt, v, "filter 'first'");
  value item;
  if (!rt.failed() && walk.next(rt, item)) return item;
  return undefined("the sequence was empty (filter 'first')");
}

inline value filter_last(runtime& rt, const value& v) {
  if (v.is(kind::dict) || v.is(kind::view)) {
    const std::vector<value> items = items_of(rt, v, "filter 'last'");
    return items.empty() ? undefined("the sequence was empty (filter 'last')") : items.back();
  }
  if (v.is(kind::undefined)) return undefined("the sequence was empty (filter 'last')");
  if (!is_sequence(v)) return fail_type(rt, v, "filter 'last'");
  bool found = false;
  const value item = element(rt, v, -1, found);
  return found ? item : undefined("the sequence was empty (filter 'last')");
}

inline value filter_reverse(runtime& rt, const value& v) {
  if (v.is_string()) return slice(rt, v, value::none(), value::none(), value::integer(-1));
  std::vector<value> items = items_of(rt, v, "filter 'reverse'");
  std::reverse(items.begin(), items.end());
  auto* g = new generator;
  value result = value::of(kind::generator, g);
  g->items = std::move(items);
  return rt.made(g);
}

// --- filters over strings and numbers

inline value filter_escape(runtime& rt, const value& v, bool forced_markup_only) {
  const value s = to_string(rt, v);
  if (rt.failed()) return {};
  auto* out = new text;
  value result = make_text(out);
  out->markup = true;
  if (forced_markup_only || s.string().markup) {
    out->append(s.string());
    return result;
  }
  for (std::size_t at = 0; at < s.bytes().size() && rt.produce(5); ++at) {
    constexpr std::string_view from = "&<>'\"";
    constexpr std::string_view to[] = {"&amp;", "&lt;", "&gt;", "&#39;", "&#34;"};
    const std::size_t which = from.find(s.bytes()[at]);
    if (which == npos) out->append(s.string(), at, at + 1);
    else out->append(to[which], !s.string().input.empty());
  }
  return result;
}

inline value filter_indent(runtime& rt, const value& v, const bound_arguments& args) {
  if (!v.is_string()) return fail_type(rt, v, "filter 'indent'");
  std::int64_t width = 4;
  const bool given_text = args[0] && args[0]->is_string();
  if (!given_text && !integer_argument(rt, args[0], "filter 'indent'", width)) return {};
  if (!given_text && !rt.produce(width > 0 ? static_cast<std::uint64_t>(width) : 0)) return {};
  const value by = given_text ? *args[0] : rt.string(std::string(width > 0 ? static_cast<std::size_t>(width) : 0, ' '));
  auto* extended = new text;  // a final line end makes the last line count
  const value source = make_text(extended);
  extended->append(v.string());
  extended->append("\n");
  const value lines = splitlines(rt, source, false);
  if (rt.failed()) return {};
  auto* out = new text;
  value result = make_text(out);
  out->markup = v.string().markup;
  const auto& all = lines.as<sequence>().items;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const text& line = all[i].string();
    if (i > 0) out->append("\n");
    if (i == 0 ? args.truth(1, false) : args.truth(2, false) || !line.bytes.empty()) out->append(by.string());
    if (!rt.produce(line.bytes.size() + by.bytes().size())) return {};
    out->append(line);
  }
  return result;
}

inline value filter_integer(runtime& rt, const value& v, const bound_arguments& args) {
  value otherwise = args[0] ? *args[0] : value::integer(0);
  std::int64_t base = 10, i = 0;
  if (!integer_argument(rt, args[1], "filter 'int'", base)) return {};
  double d = 0;
  if (v.is_string()) {
    if (base >= 2 && base <= 36 && parse_integer(v.bytes(), static_cast<int>(base), i)) return value::integer(i);
    if (!parse_real(v.bytes(), d)) return otherwise;
  } else if (v.is_integer()) {
    return value::integer(v.integer());
  } else if (v.is(kind::real)) {
    d = v.real();
  } else if (v.is(kind::huge)) {
    return v;
  } else {
    return v.is(kind::undefined) ? fail_type(rt, v, "filter 'int'") : otherwise;
  }
  if (!(std::fabs(d) < 9.2e18)) return otherwise;
  return value::integer(static_cast<std::int64_t>(d));
}

inline value filter_float(runtime& rt, const value& v, const bound_arguments& args) {
  double d = 0;
  if (v.is_number()) return value::real(as_real(v));
  if ((v.is_string() || v.is(kind::huge)) && parse_real(v.bytes(), d)) return value::real(d);
  if (v.is(kind::undefined)) return fail_type(rt, v, "filter 'float'");
  return args[0] ? *args[0] : value::real(0);
}

inline value filter_round(runtime& rt, const value& v, const bound_arguments& args) {
  std::int64_t digits = 0;
  if (!v.is_number()) return fail_type(rt, v, "filter 'round'");
  if (!integer_argument(rt, args[0], "filter 'round'", digits)) return {};
  const std::string how = args[1] && args[1]->is_string() ? args[1]->bytes() : args[1] ? "?" : "common";
  if (digits < 0 || digits > 300) return rt.fail("filter 'round': precision beyond 0 to 300", errc::unsupported);
  if (how == "common") {
    if (v.is_integer()) return value::integer(v.integer());
    if (!std::isfinite(v.real())) return v;
    char buffer[800];
    const auto done =
        std::to_chars(buffer, buffer + sizeof buffer, v.real(), std::chars_format::fixed, static_cast<int>(digits));
    double d = 0;
    parse_real(std::string_view(buffer, static_cast<std::size_t>(done.ptr - buffer)), d);
    return value::real(d);
  }
  const double scale = std::pow(10.0, static_cast<double>(digits));
  if (how == "ceil") return value::real(std::ceil(as_real(v) * scale) / scale);
  if (how == "floor") return value::real(std::floor(as_real(v) * scale) / scale);
  return rt.fail("filter 'round': the method is 'common', 'ceil' or 'floor'");
}

inline value filter_abs(runtime& rt, const value& v) {
  if (v.is(kind::real)) return value::real(std::fabs(v.real()));
  if (!v.is_integer() || v.integer() == INT64_MIN) return fail_type(rt, v, "filter 'abs'");
  return value::integer(v.integer() < 0 ? -v.integer() : v.integer());
}

inline bool json_style_of(runtime& rt, const bound_arguments& args, json_style& style) {
  style.ascii_only = args.truth(0, false);
  style.sorted = args.truth(3, false);
  if (const value* indent = args[1]; indent && !indent->is(kind::none)) {
    std::int64_t width = 0;
    style.pretty = true;
    style.item_separator = ",";
    if (indent->is_string()) style.indent = indent->bytes();
    else if (integer_argument(rt, indent, "filter 'tojson'", width) && rt.produce(width > 0 ? std::uint64_t(width) : 0))
      style.indent.assign(width > 0 ? static_cast<std::size_t>(width) : 0, ' ');
  }
  if (const value* both = args[2]; both && !both->is(kind::none)) {
    const bool fits = (both->is(kind::tuple) || both->is(kind::list)) && both->as<sequence>().items.size() == 2 &&
                      both->as<sequence>().items[0].is_string() && both->as<sequence>().items[1].is_string();
    if (!fits) fail_type(rt, *both, "the separators of filter 'tojson'");
    if (rt.failed()) return false;
    style.item_separator = both->as<sequence>().items[0].bytes();
    style.key_separator = both->as<sequence>().items[1].bytes();
  }
  return true;
}

inline value filter_tojson(runtime& rt, const value& v, const bound_arguments& args) {
  json_style style;
  if (!json_style_of(rt, args, style)) return {};
  auto* out = new text;
  value result = make_text(out);
  json_printer(rt, style, *out).print(v);
  rt.produce(out->bytes.size());
  return result;
}

inline value filter_replace(runtime& rt, const value& v, const bound_arguments& args) {
  std::int64_t count = -1;
  if (args[2] && !args[2]->is(kind::none) && !integer_argument(rt, args[2], "filter 'replace'", count)) return {};
  const value s = to_string(rt, v), from = to_string(rt, *args[0]), to = to_string(rt, *args[1]);
  if (rt.failed()) return {};
  value plain = substring(s, 0, s.bytes().size());  // the filter, unlike the method, forgets `|safe`
  plain.as<text>().markup = false;
  return replaced(rt, plain, from, to, count);
}

inline value filter_text(runtime& rt, filter which, const value& v, const bound_arguments& args) {
  const value s = to_string(rt, v);
  if (!rt.produce(s.is_string() ? s.bytes().size() / 8 : 0)) return {};
  switch (which) {
    case filter::capitalize: return recase(s, casing::capital);
    case filter::lower: return recase(s, casing::lower);
    case filter::title: return recase(s, casing::words);
    case filter::upper: return recase(s, casing::upper);
    case filter::trim: return strip_method(rt, s, args[0], true, true);
    default: return s;
  }
}

inline value apply_bound_filter(runtime& rt, filter which, const value& v, const bound_arguments& args) {
  switch (which) {
    case filter::absolute: return filter_abs(rt, v);
    case filter::attr:
      return args[0]->is_string() ? attribute_of(rt, v, args[0]->bytes()) : fail_type(rt, *args[0], "filter 'attr'");
    case filter::default_value: {
      const bool replace = v.is(kind::undefined) || (args.truth(1, false) && !truthy(v));
      return !replace ? v : args[0] ? *args[0] : rt.string("");
    }
    case filter::dictsort: return filter_dictsort(rt, v, args);
    case filter::escape: return filter_escape(rt, v, false);
    case filter::first: return filter_first(rt, v);
    case filter::floating: return filter_float(rt, v, args);
    case filter::indent: return filter_indent(rt, v, args);
    case filter::integer: return filter_integer(rt, v, args);
    case filter::items: return filter_items(rt, v);
    case filter::join: return filter_join(rt, v, args);
    case filter::last: return filter_last(rt, v);
    case filter::length: return length_of(v) < 0 ? fail_type(rt, v, "filter 'length'") : value::integer(length_of(v));
    case filter::list: return rt.list(items_of(rt, v, "filter 'list'"));
    case filter::maximum: return filter_extreme(rt, v, args, true);
    case filter::minimum: return filter_extreme(rt, v, args, false);
    case filter::replace: return filter_replace(rt, v, args);
    case filter::reverse: return filter_reverse(rt, v);
    case filter::round: return filter_round(rt, v, args);
    case filter::safe: return filter_escape(rt, v, true);
    case filter::sort: return filter_sort(rt, v, args);
    case filter::sum: return filter_sum(rt, v, args);
    case filter::tojson: return filter_tojson(rt, v, args);
    case filter::unique: return filter_unique(rt, v, args);
    default: return filter_text(rt, which, v, args);
  }
}

inline value apply_filter(runtime& rt, const signature& s, const value& v, const arguments& args) {
  if (!rt.charge()) return {};
  switch (static_cast<filter>(s.which)) {
    case filter::map: return filter_map(rt, v, args);
    case filter::select: return filter_select(rt, v, args, true, false);
    case filter::reject: return filter_select(rt, v, args, false, false);
    case filter::selectattr: return filter_select(rt, v, args, true, true);
    case filter::rejectattr: return filter_select(rt, v, args, false, true);
    case filter::unsupported:
    case filter::format: return rt.fail("filter '" + std::string(s.name) + "' is not supported", errc::unsupported);
    default: break;
  }
  bound_arguments bound;
  if (!bind(rt, "filter", s, args, bound)) return {};
  return apply_bound_filter(rt, static_cast<filter>(s.which), v, bound);
}

}  // namespace detail::templates
RETORT_END
