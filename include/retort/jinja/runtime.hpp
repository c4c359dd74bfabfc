// What every operation on template values shares: budgets, the first error, printing, comparing, iterating.
// Next: methods.hpp, filters.hpp (with the tests), operators.hpp.
#pragma once

#include <retort/jinja/strings.hpp>

RETORT_BEGIN

/// Bounds on one template, so that a hostile one ends in an error: `errc::limit` names the bound.
struct template_limits {
  std::size_t source_bytes = std::size_t(1) << 20;     ///< the template itself
  unsigned nesting = 200;                              ///< statements and brackets inside each other; nested values
  unsigned calls = 100;                                ///< macros inside each other
  std::uint64_t iterations = 1'000'000;                ///< of all loops together
  std::uint64_t steps = 10'000'000;                    ///< small operations, about 50 ns each
  std::size_t produced_bytes = std::size_t(64) << 20;  ///< all strings and lists that a render makes, together
};

namespace detail::templates {

/// The budgets and the error of one render. After a failure every operation may return anything: callers look at
/// failed() before they go on, and the first error stays.
class runtime {
 public:
  explicit runtime(const template_limits& l) : limits(l) {}
  const template_limits& limits;
  std::uint32_t line = 0;  ///< of the construct being evaluated

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  value fail(std::string_view why, errc code = errc::bad_template) {
    if (!failed_) {
      failed_ = true;
      error_ = {code, "template line " + std::to_string(line) + ": " + printable(why)};
    }
    return {};
  }
  value fail_limit(std::string_view what, std::uint64_t bound) {
    return fail("more than " + std::to_string(bound) + " " + std::string(what), errc::limit);
  }
  /// Forgets an ordinary error and returns its text, to be raised later; limits stay.
  std::string postpone() {
    if (error_.code == errc::limit) return {};
    failed_ = false;
    return error_.what.substr(error_.what.find(": ") + 2);
  }
  [[nodiscard]] error take_error() { return std::move(error_); }

  /// Counts work; false when the budget is used up (and from then on).
  bool charge(std::uint64_t steps = 1) {
    steps_ += steps;
    if (steps_ > limits.steps) fail_limit("steps", limits.steps);
    return !failed_;
  }
  /// Counts bytes about to be made.
  bool produce(std::uint64_t bytes) {
    produced_ += bytes;
    if (produced_ > limits.produced_bytes) fail_limit("bytes produced", limits.produced_bytes);
    return charge(bytes / 64);
  }
  bool iterate() {
    if (++iterations_ > limits.iterations) fail_limit("loop iterations", limits.iterations);
    return charge();
  }

  value string(std::string_view trusted) { return string(new text(trusted)); }
  value string(text* t) {
    value v = make_text(t);
    produce(t->bytes.size() + 64);
    return v;
  }
  value list(std::vector<value> items, kind k = kind::list) {
    auto* s = new sequence;
    value v = value::of(k, s);
    for (const value& i : items) s->depth = deeper(s->depth, i);
    s->items = std::move(items);
    produce(64 + sizeof(value) * s->items.size());
    if (s->depth > limits.nesting) return fail_limit("values inside each other", limits.nesting);
    return v;
  }
  value pair(value a, value b) {
    std::vector<value> items;
    items.push_back(std::move(a));
    items.push_back(std::move(b));
    return list(std::move(items), kind::tuple);
  }
  value made(generator* g) {
    value v = value::of(kind::generator, g);
    for (const value& i : g->items) g->depth = deeper(g->depth, i);
    produce(64 + sizeof(value) * g->items.size());
    if (g->depth > limits.nesting) return fail_limit("values inside each other", limits.nesting);
    return v;
  }

 private:
  bool failed_ = false;
  error error_{errc::bad_template, {}};
  std::uint64_t steps_ = 0;
  std::uint64_t produced_ = 0;
  std::uint64_t iterations_ = 0;
};

/// Python's name of a type, for messages.
inline std::string_view type_name(const value& v) noexcept {
  constexpr std::string_view names[] = {"Undefined", "None",      "bool",        "int",   "float",     "int",
                                        "str",       "list",      "tuple",       "dict",  "Namespace", "range",
                                        "generator", "dict view", "LoopContext", "Macro", "method",    "function"};
  return names[static_cast<std::size_t>(v.type())];
}

inline std::string why_undefined(const value& v) {
  return v.is_heap() ? v.as<absence>().why : std::string("an undefined value");
}

/// Fails with "why undefined" if `v` is undefined, else with the type error given.
inline value fail_type(runtime& rt, const value& v, std::string_view what) {
  if (v.is(kind::undefined)) return rt.fail(why_undefined(v) + " (" + std::string(what) + ")");
  if (v.is(kind::huge)) return rt.fail(std::string(what) + " with an integer beyond 64 bits", errc::unsupported);
  return rt.fail(std::string(what) + " cannot take " + std::string(type_name(v)));
}

inline bool truthy(const value& v) noexcept {
  switch (v.type()) {
    case kind::undefined:
    case kind::none: return false;
    case kind::boolean:
    case kind::integer: return v.integer() != 0;
    case kind::real: return v.real() != 0;
    case kind::string: return !v.bytes().empty();
    case kind::list:
    case kind::tuple: return !v.as<sequence>().items.empty();
    case kind::dict: return !v.as<mapping>().entries.empty();
    case kind::range: return v.as<number_range>().size() != 0;
    case kind::view: return !v.as<view>().of.as<mapping>().entries.empty();
    default: return true;
  }
}

/// len(), or -1 for what has none
inline std::int64_t length_of(const value& v) noexcept {
  switch (v.type()) {
    case kind::undefined: return 0;
    case kind::string: return static_cast<std::int64_t>(points_of(v.as<text>()));
    case kind::list:
    case kind::tuple: return static_cast<std::int64_t>(v.as<sequence>().items.size());
    case kind::dict: return static_cast<std::int64_t>(v.as<mapping>().entries.size());
    case kind::range: return v.as<number_range>().size();
    case kind::view: return static_cast<std::int64_t>(v.as<view>().of.as<mapping>().entries.size());
    default: return -1;
  }
}

// --- comparing

inline double as_real(const value& v) noexcept {
  return v.is(kind::real) ? v.real() : static_cast<double>(v.integer());
}

inline bool equal(runtime& rt, const value& a, const value& b);

inline const value* lookup(runtime& rt, const mapping& m, const value& key) {
  rt.charge(m.entries.size() / 16);
  for (const auto& [k, v] : m.entries)
    if (equal(rt, k, key)) return &v;
  return nullptr;
}

inline const value* lookup(runtime& rt, const mapping& m, std::string_view key) {
  rt.charge(m.entries.size() / 16);
  for (const auto& [k, v] : m.entries)
    if (k.is_string() && k.bytes() == key) return &v;
  return nullptr;
}

inline bool equal_sequences(runtime& rt, const sequence& a, const sequence& b) {
  if (a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!rt.charge() || !equal(rt, a.items[i], b.items[i])) return false;
  return true;
}

inline bool equal_mappings(runtime& rt, const mapping& a, const mapping& b) {
  if (a.entries.size() != b.entries.size()) return false;
  for (const auto& [k, v] : a.entries) {
    const value* other = rt.charge() ? lookup(rt, b, k) : nullptr;
    if (!other || !equal(rt, v, *other)) return false;
  }
  return true;
}

/// a == b
inline bool equal(runtime& rt, const value& a, const value& b) {
  if (a.is_number() && b.is_number())
    return a.is_integer() && b.is_integer() ? a.integer() == b.integer() : as_real(a) == as_real(b);
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case kind::undefined:
    case kind::none: return true;
    case kind::huge: return a.bytes() == b.bytes();
    case kind::string: rt.charge(a.bytes().size() / 256); return a.bytes() == b.bytes();
    case kind::list:
    case kind::tuple: return a.address() == b.address() || equal_sequences(rt, a.as<sequence>(), b.as<sequence>());
    case kind::dict: return a.address() == b.address() || equal_mappings(rt, a.as<mapping>(), b.as<mapping>());
    case kind::range: {
      const auto &x = a.as<number_range>(), &y = b.as<number_range>();
      return x.size() == y.size() && (x.size() == 0 || (x.start == y.start && (x.size() == 1 || x.step == y.step)));
    }
    case kind::function: return a.integer() == b.integer();
    default: return a.address() == b.address();
  }
}

/// A big integer beside another number, as reals: enough to order them.
inline int order_huge(const value& a, const value& b) {
  const auto real = [](const value& v) {
    double d = 0;
    if (v.is(kind::huge)) return parse_real(v.bytes(), d), d;
    return as_real(v);
  };
  const double x = real(a), y = real(b);
  return x < y ? -1 : x > y;
}

/// -1, 0, 1 as a < b, a == b, a > b; fails where Python refuses to order them.
inline int order(runtime& rt, const value& a, const value& b) {
  if ((a.is(kind::huge) || a.is_number()) && (b.is(kind::huge) || b.is_number()) &&
      (a.is(kind::huge) || b.is(kind::huge)))
    return order_huge(a, b);
  if (a.is_number() && b.is_number()) {
    if (a.is_integer() && b.is_integer()) return a.integer() < b.integer() ? -1 : a.integer() > b.integer();
    const double x = as_real(a), y = as_real(b);
    return x < y ? -1 : x > y;
  }
  if (a.is_string() && b.is_string()) {
    rt.charge(a.bytes().size() / 256);
    const int c = a.bytes().compare(b.bytes());
    return c < 0 ? -1 : c > 0;
  }
  if (a.type() == b.type() && (a.is(kind::list) || a.is(kind::tuple))) {
    const auto &x = a.as<sequence>().items, &y = b.as<sequence>().items;
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
      if (!rt.charge()) return 0;
      if (!equal(rt, x[i], y[i])) return order(rt, x[i], y[i]);
    }
    return x.size() < y.size() ? -1 : x.size() > y.size();
  }
  const value& odd = a.is(kind::undefined) ? a : b;
  if (odd.is(kind::undefined)) rt.fail(why_undefined(odd) + " (ordering)");
  else rt.fail("ordering is not defined between " + std::string(type_name(a)) + " and " + std::string(type_name(b)));
  return 0;
}

inline bool hashable(const value& v) noexcept {
  if (v.is(kind::tuple)) {
    for (const value& i : v.as<sequence>().items)
      if (!hashable(i)) return false;
    return true;
  }
  return !v.is(kind::list) && !v.is(kind::dict) && !v.is(kind::view);
}

/// dict[key] = v
inline void assign(runtime& rt, mapping& m, const value& key, value v) {
  if (!hashable(key)) {
    rt.fail("a dict key cannot be " + std::string(type_name(key)));
    return;
  }
  m.depth = deeper(deeper(m.depth, v), key);
  if (m.depth > rt.limits.nesting) rt.fail_limit("values inside each other", rt.limits.nesting);
  if (const value* old = lookup(rt, m, key)) {
    const_cast<value&>(*old) = std::move(v);
    return;
  }
  if (rt.produce(2 * sizeof(value))) m.entries.emplace_back(key, std::move(v));
}

// --- iterating

/// One character of a string, `length` bytes long.
inline value character(const value& s, std::size_t at, std::size_t length) { return substring(s, at, at + length); }

/// Walks what Python's iter() takes: strings by code point, dicts by key, generators once.
class walker {
 public:
  walker() = default;
  /// Fails when `v` is not iterable; `what` is named in the message.
  walker(runtime& rt, value v, std::string_view what) : source_(std::move(v)) {
    if (!iterable(source_)) rt.fail(std::string(what) + ": " + std::string(type_name(source_)) + " is not iterable");
  }
  static bool iterable(const value& v) noexcept {
    switch (v.type()) {
      case kind::undefined:
      case kind::string:
      case kind::list:
      case kind::tuple:
      case kind::dict:
      case kind::range:
      case kind::generator:
      case kind::view: return true;
      default: return false;
    }
  }

  bool next(runtime& rt, value& out) {
    if (!rt.charge()) return false;
    switch (source_.type()) {
      case kind::string: return next_character(rt, out);
      case kind::list:
      case kind::tuple: {
        const auto& items = source_.as<sequence>().items;
        if (at_ >= items.size()) return false;
        out = items[at_++];
        return true;
      }
      case kind::dict:
      case kind::view: return next_entry(rt, out);
      case kind::range: {
        const auto& r = source_.as<number_range>();
        if (at_ >= static_cast<std::size_t>(r.size())) return false;
        out = value::integer(r.start + r.step * static_cast<std::int64_t>(at_++));
        return true;
      }
      case kind::generator: return next_made(rt, out);
      default: return false;
    }
  }

 private:
  bool next_character(runtime& rt, value& out) {
    const std::string& s = source_.bytes();
    if (at_ >= s.size() || !rt.produce(64)) return false;
    const std::size_t n = point_at(s, at_).length;
    out = character(source_, at_, n);
    out.as<text>().markup = false;
    at_ += n;
    return true;
  }
  bool next_entry(runtime& rt, value& out) {
    const bool keys = source_.is(kind::dict);
    const auto part = keys ? view::part::keys : source_.as<view>().which;
    const auto& entries = keys ? source_.as<mapping>().entries : source_.as<view>().of.as<mapping>().entries;
    if (at_ >= entries.size()) return false;
    const auto& [k, v] = entries[at_++];
    out = part == view::part::keys ? k : part == view::part::values ? v : rt.pair(k, v);
    return true;
  }
  bool next_made(runtime& rt, value& out) {
    auto& g = source_.as<generator>();
    if (g.next < g.items.size()) {
      out = std::move(g.items[g.next++]);
      return true;
    }
    if (!g.error.empty()) rt.fail(g.error);
    return false;
  }

  value source_;
  std::size_t at_ = 0;
};

/// list(v)
inline std::vector<value> items_of(runtime& rt, const value& v, std::string_view what) {
  std::vector<value> items;
  walker walk(rt, v, what);
  for (value item; !rt.failed() && walk.next(rt, item);) items.push_back(std::move(item));
  return items;
}

/// needle in haystack
inline bool contains(runtime& rt, const value& haystack, const value& needle) {
  if (haystack.is_string()) {
    if (!needle.is_string()) {
      fail_type(rt, needle, "'in' a string");
      return false;
    }
    rt.charge((haystack.bytes().size() + needle.bytes().size()) / 32);
    return find_bytes(haystack.bytes(), needle.bytes()) != npos;
  }
  if (haystack.is(kind::dict)) {
    if (!hashable(needle)) fail_type(rt, needle, "'in' a dict");
    return lookup(rt, haystack.as<mapping>(), needle) != nullptr;
  }
  walker walk(rt, haystack, "'in'");
  for (value item; !rt.failed() && walk.next(rt, item);)
    if (equal(rt, item, needle)) return true;
  return false;
}

// --- printing

inline void append_repr(runtime& rt, text& out, const value& v);

inline void append_items(runtime& rt, text& out, const std::vector<value>& items, bool is_tuple) {
  out.append(is_tuple ? "(" : "[");
  for (std::size_t i = 0; i < items.size() && !rt.failed(); ++i) {
    if (i > 0) out.append(", ");
    append_repr(rt, out, items[i]);
  }
  out.append(is_tuple ? items.size() == 1 ? ",)" : ")" : "]");
}

inline void append_entries(runtime& rt, text& out, const std::vector<std::pair<value, value>>& entries) {
  out.append("{");
  for (std::size_t i = 0; i < entries.size() && !rt.failed(); ++i) {
    if (i > 0) out.append(", ");
    append_repr(rt, out, entries[i].first);
    out.append(": ");
    append_repr(rt, out, entries[i].second);
  }
  out.append("}");
}

inline void append_view(runtime& rt, text& out, const value& v) {
  constexpr std::string_view names[] = {"dict_items(", "dict_keys(", "dict_values("};
  out.append(names[static_cast<std::size_t>(v.as<view>().which)]);
  append_items(rt, out, items_of(rt, v, "printing"), false);
  out.append(")");
}

inline void append_range(text& out, const number_range& r) {
  out.append("range(");
  append_integer(out.bytes, r.start);
  out.append(", ");
  append_integer(out.bytes, r.stop);
  if (r.step != 1) {
    out.append(", ");
    append_integer(out.bytes, r.step);
  }
  out.append(")");
}

/// str() of everything but strings
inline void append_plain(runtime& rt, text& out, const value& v) {
  switch (v.type()) {
    case kind::undefined: break;
    case kind::none: out.append("None"); break;
    case kind::boolean: out.append(v.truth() ? "True" : "False"); break;
    case kind::integer: append_integer(out.bytes, v.integer()); break;
    case kind::real: append_real(out.bytes, v.real()); break;
    case kind::huge: out.append(v.string()); break;
    case kind::string: out.append(v.string()); break;
    case kind::list:
    case kind::tuple: append_items(rt, out, v.as<sequence>().items, v.is(kind::tuple)); break;
    case kind::dict: append_entries(rt, out, v.as<mapping>().entries); break;
    case kind::range: append_range(out, v.as<number_range>()); break;
    case kind::view: append_view(rt, out, v); break;
    default: rt.fail("printing a " + std::string(type_name(v)) + " is not supported", errc::unsupported);
  }
}

inline void append_repr(runtime& rt, text& out, const value& v) {
  const std::size_t before = out.bytes.size();
  if (v.is(kind::undefined)) {
    out.append("Undefined");
  } else if (v.is_string()) {
    if (v.string().markup) out.bytes += "Markup(";
    append_repr(out.bytes, v.bytes());
    if (v.string().markup) out.bytes += ")";
    if (!v.string().input.empty()) out.mark(before, out.bytes.size());
    rt.produce(out.bytes.size() - before);
  } else {
    append_plain(rt, out, v);
  }
  rt.charge();
}

/// str(v): the string itself where it is one
inline value to_string(runtime& rt, const value& v) {
  if (v.is_string()) return v;
  auto* t = new text;
  value s = make_text(t);
  append_plain(rt, *t, v);
  rt.produce(t->bytes.size() + 64);
  return s;
}

/// json.dumps
struct json_style {
  bool ascii_only = false;
  bool sorted = false;
  bool pretty = false;
  std::string indent;
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

class json_printer {
 public:
  json_printer(runtime& rt, const json_style& style, text& out) : rt_(rt), style_(style), out_(out) {}

  void print(const value& v) {
    rt_.charge();
    switch (v.type()) {
      case kind::none: out_.append("null"); break;
      case kind::boolean: out_.append(v.truth() ? "true" : "false"); break;
      case kind::integer: append_integer(out_.bytes, v.integer()); break;
      case kind::real: append_real(out_.bytes, v.real(), true); break;
      case kind::huge: out_.append(v.string()); break;
      case kind::string: quoted(v); break;
      case kind::list:
      case kind::tuple: array(v.as<sequence>().items); break;
      case kind::dict: object(v.as<mapping>().entries); break;
      default: fail_type(rt_, v, "filter 'tojson'");
    }
  }

 private:
  void quoted(const value& v) {
    const std::size_t before = out_.bytes.size();
    append_json_string(out_.bytes, v.bytes(), style_.ascii_only);
    if (!v.string().input.empty()) out_.mark(before, out_.bytes.size());
    rt_.produce(out_.bytes.size() - before);
  }
  void line_break() {
    if (!style_.pretty) return;
    out_.append("\n");
    for (unsigned i = 0; i < depth_ && rt_.produce(style_.indent.size()); ++i) out_.append(style_.indent);
  }
  void array(const std::vector<value>& items) {
    if (items.empty()) return out_.append("[]");
    out_.append("[");
    ++depth_;
    for (std::size_t i = 0; i < items.size() && !rt_.failed(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      line_break();
      print(items[i]);
    }
    --depth_;
    line_break();
    out_.append("]");
  }
  void object(std::vector<std::pair<value, value>> entries) {
    if (entries.empty()) return out_.append("{}");
    if (style_.sorted) sort(entries);
    out_.append("{");
    ++depth_;
    for (std::size_t i = 0; i < entries.size() && !rt_.failed(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      line_break();
      key(entries[i].first);
      out_.append(style_.key_separator);
      print(entries[i].second);
    }
    --depth_;
    line_break();
    out_.append("}");
  }
  void key(const value& k) {
    if (k.is_string()) return quoted(k);
    if (k.is(kind::none) || k.is_number()) {
      out_.append("\"");
      print(k);
      return out_.append("\"");
    }
    fail_type(rt_, k, "a key for filter 'tojson'");
  }
  void sort(std::vector<std::pair<value, value>>& entries) {
    for (std::size_t i = 1; i < entries.size(); ++i)
      for (std::size_t j = i; j > 0 && rt_.charge() && order(rt_, entries[j].first, entries[j - 1].first) < 0; --j)
        std::swap(entries[j], entries[j - 1]);
  }

  runtime& rt_;
  const json_style& style_;
  text& out_;
  unsigned depth_ = 0;
};

}  // namespace detail::templates
RETORT_END
