// Attributes, subscripts and methods of template values: Python's str, dict and list as far as a sandbox lets them be
// used. What would change a list or dict is refused, as in transformers.
// Next: filters.hpp.
#pragma once

#include <retort/jinja/runtime.hpp>

#include <algorithm>

RETORT_BEGIN
namespace detail::templates {

// --- arguments

/// A function a template can call by name. `names` lists its parameters; a leading '*' takes any arguments.
struct signature {
  std::string_view name;
  int which;
  unsigned required;
  std::string_view names;
};

inline constexpr std::size_t max_parameters = 4;

/// The arguments of one call in the order of the signature; nullptr where none was given.
struct bound_arguments {
  const value* at[max_parameters] = {};
  const value* operator[](std::size_t i) const noexcept { return at[i]; }
  [[nodiscard]] bool truth(std::size_t i, bool otherwise) const noexcept { return at[i] ? truthy(*at[i]) : otherwise; }
};

inline bool bind(runtime& rt, std::string_view what, const signature& s, const arguments& args, bound_arguments& out) {
  const auto fail = [&](std::string_view why) {
    rt.fail(std::string(what) + " '" + std::string(s.name) + "' " + std::string(why));
    return false;
  };
  std::size_t known = 0;
  for (std::string_view rest = s.names; !rest.empty(); ++known) {
    const std::string_view name = rest.substr(0, rest.find(' '));
    rest.remove_prefix(name.size() + (name.size() < rest.size()));
    if (known < args.positional.size()) out.at[known] = &args.positional[known];
    for (const auto& [given, v] : args.named) {
      if (given != name) continue;
      if (out.at[known]) return fail("got two values for '" + given + "'");
      out.at[known] = &v;
    }
    if (known < s.required && !out.at[known]) return fail("misses its argument '" + std::string(name) + "'");
  }
  if (args.positional.size() > known) return fail("takes at most " + std::to_string(known) + " arguments");
  std::size_t used = 0;
  for (std::size_t i = 0; i < known; ++i) used += out.at[i] != nullptr;
  if (used != args.positional.size() + args.named.size()) return fail("got an unknown named argument");
  return true;
}

template <std::size_t N>
const signature* find_signature(const signature (&table)[N], std::string_view name) noexcept {
  for (const signature& s : table)
    if (s.name == name) return &s;
  return nullptr;
}

/// An integer argument; false (and an error) for anything else.
inline bool integer_argument(runtime& rt, const value* v, std::string_view what, std::int64_t& out) {
  if (!v) return true;
  if (!v->is_integer()) {
    fail_type(rt, *v, what);
    return false;
  }
  out = v->integer();
  return true;
}

// --- methods

// clang-format off
enum class method : int {
  // str
  split, rsplit, strip, lstrip, rstrip, startswith, endswith, replace, upper, lower, title, capitalize, find, rfind,
  index, count, join, splitlines, removeprefix, removesuffix, isdigit, isalpha, isalnum, isspace, isupper, islower,
  partition, zfill, unsupported,
  // dict
  get, items, keys, values, copy,
  // list, tuple
  list_index, list_count, list_copy,
  // what a sandbox refuses
  unsafe,
};
// clang-format on

inline constexpr signature string_methods[] = {
    {"split", int(method::split), 0, "sep maxsplit"},
    {"rsplit", int(method::rsplit), 0, "sep maxsplit"},
    {"strip", int(method::strip), 0, "chars"},
    {"lstrip", int(method::lstrip), 0, "chars"},
    {"rstrip", int(method::rstrip), 0, "chars"},
    {"startswith", int(method::startswith), 1, "prefix"},
    {"endswith", int(method::endswith), 1, "suffix"},
    {"replace", int(method::replace), 2, "old new count"},
    {"upper", int(method::upper), 0, ""},
    {"lower", int(method::lower), 0, ""},
    {"title", int(method::title), 0, ""},
    {"capitalize", int(method::capitalize), 0, ""},
    {"find", int(method::find), 1, "sub"},
    {"rfind", int(method::rfind), 1, "sub"},
    {"index", int(method::index), 1, "sub"},
    {"count", int(method::count), 1, "sub"},
    {"join", int(method::join), 1, "iterable"},
    {"splitlines", int(method::splitlines), 0, "keepends"},
    {"removeprefix", int(method::removeprefix), 1, "prefix"},
    {"removesuffix", int(method::removesuffix), 1, "suffix"},
    {"isdigit", int(method::isdigit), 0, ""},
    {"isnumeric", int(method::isdigit), 0, ""},
    {"isdecimal", int(method::isdigit), 0, ""},
    {"isalpha", int(method::isalpha), 0, ""},
    {"isalnum", int(method::isalnum), 0, ""},
    {"isspace", int(method::isspace), 0, ""},
    {"isupper", int(method::isupper), 0, ""},
    {"islower", int(method::islower), 0, ""},
    {"partition", int(method::partition), 1, "sep"},
    {"zfill", int(method::zfill), 1, "width"},
    {"format", int(method::unsupported), 0, "*"},
    {"format_map", int(method::unsupported), 0, "*"},
    {"encode", int(method::unsupported), 0, "*"},
    {"casefold", int(method::unsupported), 0, "*"},
    {"swapcase", int(method::unsupported), 0, "*"},
    {"center", int(method::unsupported), 0, "*"},
    {"ljust", int(method::unsupported), 0, "*"},
    {"rjust", int(method::unsupported), 0, "*"},
    {"expandtabs", int(method::unsupported), 0, "*"},
    {"rpartition", int(method::unsupported), 0, "*"},
    {"rindex", int(method::unsupported), 0, "*"},
    {"translate", int(method::unsupported), 0, "*"},
    {"isascii", int(method::unsupported), 0, "*"},
    {"isidentifier", int(method::unsupported), 0, "*"},
    {"isprintable", int(method::unsupported), 0, "*"},
    {"istitle", int(method::unsupported), 0, "*"},
};
// clang-format off
inline constexpr signature dict_methods[] = {
    {"get", int(method::get), 1, "key default"},  {"items", int(method::items), 0, ""},
    {"keys", int(method::keys), 0, ""},           {"values", int(method::values), 0, ""},
    {"copy", int(method::copy), 0, ""},           {"pop", int(method::unsafe), 0, "*"},
    {"update", int(method::unsafe), 0, "*"},      {"setdefault", int(method::unsafe), 0, "*"},
    {"clear", int(method::unsafe), 0, "*"},       {"popitem", int(method::unsafe), 0, "*"},
    {"fromkeys", int(method::unsupported), 0, "*"},
};
// clang-format on
inline constexpr signature list_methods[] = {
    {"index", int(method::list_index), 1, "value"}, {"count", int(method::list_count), 1, "value"},
    {"copy", int(method::list_copy), 0, ""},        {"append", int(method::unsafe), 0, "*"},
    {"extend", int(method::unsafe), 0, "*"},        {"insert", int(method::unsafe), 0, "*"},
    {"pop", int(method::unsafe), 0, "*"},           {"remove", int(method::unsafe), 0, "*"},
    {"clear", int(method::unsafe), 0, "*"},         {"sort", int(method::unsafe), 0, "*"},
    {"reverse", int(method::unsafe), 0, "*"},
};

/// The method of that name, or nullptr. (tuples have the first two of the list's)
inline const signature* method_of(const value& v, std::string_view name) noexcept {
  if (v.is_string()) return find_signature(string_methods, name);
  if (v.is(kind::dict)) return find_signature(dict_methods, name);
  if (v.is(kind::list)) return find_signature(list_methods, name);
  if (v.is(kind::tuple) && (name == "index" || name == "count")) return find_signature(list_methods, name);
  return nullptr;
}

inline value bind_method(runtime& rt, const value& self, const signature& s) {
  if (s.which == int(method::unsafe))
    return undefined("method '" + std::string(s.name) + "' would change a " + std::string(type_name(self)) +
                     " and is refused");
  auto* m = new bound_method;
  value v = value::of(kind::method, m);
  m->self = self;
  m->which = s.which;
  rt.produce(64);
  return v;
}

inline value no_attribute(const value& v, std::string_view name) {
  return undefined(std::string(type_name(v)) + " has no attribute '" + printable(name) + "'");
}

inline bool is_private(std::string_view name) noexcept {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

/// v.name: Python's attributes first, then the items of a dict.
inline value attribute_of(runtime& rt, const value& v, std::string_view name) {
  if (v.is(kind::undefined))
    return rt.fail(why_undefined(v) + " (attribute '" + std::string(name) + "' of it was asked for)");
  if (is_private(name)) return undefined("attribute '" + std::string(name) + "' is not safe");
  if (const signature* m = method_of(v, name)) return bind_method(rt, v, *m);
  if (v.is(kind::dict))
    if (const value* found = lookup(rt, v.as<mapping>(), name)) return *found;
  if (v.is(kind::space))
    for (const auto& [key, item] : v.as<name_space>().entries)
      if (key == name) return item;
  return no_attribute(v, name);
}

/// Python's rules for one index; false when it lies outside.
inline bool normal_index(std::int64_t index, std::int64_t size, std::size_t& out) noexcept {
  if (index < 0) index += size;
  out = static_cast<std::size_t>(index);
  return index >= 0 && index < size;
}

inline value element(runtime& rt, const value& v, std::int64_t index, bool& found) {
  std::size_t at = 0;
  found = normal_index(index, length_of(v), at);
  if (!found) return {};
  if (v.is(kind::range)) {
    const auto& r = v.as<number_range>();
    return value::integer(r.start + static_cast<std::int64_t>(at) * r.step);
  }
  if (!v.is_string()) return v.as<sequence>().items[at];
  auto& t = v.as<text>();
  if (t.points != t.bytes.size()) rt.charge(t.bytes.size() / 32);
  const std::size_t begin = offset_of(t, at);
  rt.produce(64);
  return character(v, begin, point_at(t.bytes, begin).length);
}

/// v[key]
inline value item_of(runtime& rt, const value& v, const value& key) {
  if (v.is(kind::undefined)) return rt.fail(why_undefined(v) + " (an item of it was asked for)");
  const bool indexed = v.is_string() || v.is(kind::list) || v.is(kind::tuple) || v.is(kind::range);
  if (indexed && key.is_integer()) {
    bool found = false;
    value e = element(rt, v, key.integer(), found);
    return found ? e : undefined(std::string(type_name(v)) + " has no element " + std::to_string(key.integer()));
  }
  if (v.is(kind::dict) && hashable(key))
    if (const value* found = lookup(rt, v.as<mapping>(), key)) return *found;
  if (key.is_string()) {
    if (is_private(key.bytes())) return undefined("attribute '" + printable(key.bytes()) + "' is not safe");
    if (const signature* m = method_of(v, key.bytes())) return bind_method(rt, v, *m);
    if (v.is(kind::space)) return attribute_of(rt, v, key.bytes());
    return no_attribute(v, key.bytes());
  }
  return undefined(std::string(type_name(v)) + " has no such element");
}

struct slice_bounds {
  std::int64_t start, stop, step, count;
};

/// slice.indices(): a missing bound is none or not given.
inline bool slice_of(runtime& rt, const value& start, const value& stop, const value& step, std::int64_t size,
                     slice_bounds& out) {
  const auto whole = [&](const value& v, std::int64_t& to) {
    if (v.is(kind::none)) return false;
    if (!v.is_integer()) fail_type(rt, v, "a slice");
    to = v.integer();
    return !rt.failed();
  };
  out.step = 1;
  if (whole(step, out.step) && out.step == 0) rt.fail("a slice cannot have step 0");
  if (rt.failed()) return false;
  const std::int64_t low = out.step < 0 ? -1 : 0, high = out.step < 0 ? size - 1 : size;
  const auto bound = [&](const value& v, std::int64_t otherwise) {
    std::int64_t i = 0;
    if (!whole(v, i)) return otherwise;
    if (i < 0) i = i < -size ? low : i + size;
    return i < low ? low : i > high ? high : i;
  };
  out.start = bound(start, out.step < 0 ? high : low);
  out.stop = bound(stop, out.step < 0 ? low : high);
  const std::int64_t distance = out.step < 0 ? out.start - out.stop : out.stop - out.start;
  const std::uint64_t stride =
      out.step < 0 ? 0 - static_cast<std::uint64_t>(out.step) : static_cast<std::uint64_t>(out.step);
  out.count = distance <= 0 ? 0 : static_cast<std::int64_t>((static_cast<std::uint64_t>(distance) - 1) / stride + 1);
  return !rt.failed();
}

/// A string's characters start, start + step, ...
inline value slice_characters(runtime& rt, const value& v, const slice_bounds& b) {
  auto* out = new text;
  value result = make_text(out);
  out->markup = v.string().markup;
  const std::string& s = v.bytes();
  if (!rt.produce(s.size() * 5)) return {};
  std::vector<std::uint32_t> offsets;  // of every code point; strings here are bounded by the budget
  for (std::size_t at = 0; at < s.size(); at += point_at(s, at).length)
    offsets.push_back(static_cast<std::uint32_t>(at));
  for (std::int64_t n = 0; n < b.count && rt.charge(); ++n) {
    const std::size_t at = offsets[static_cast<std::size_t>(b.start + n * b.step)];
    out->append(v.string(), at, at + point_at(s, at).length);
  }
  return result;
}

/// v[start:stop:step] of a string, list, tuple or range
inline value slice(runtime& rt, const value& v, const value& start, const value& stop, const value& step) {
  const bool fits = v.is_string() || v.is(kind::list) || v.is(kind::tuple) || v.is(kind::range);
  if (!fits) return fail_type(rt, v, "a slice");
  slice_bounds b{};
  if (!slice_of(rt, start, stop, step, length_of(v), b)) return {};
  if (v.is_string() && b.step == 1) {
    auto& t = v.as<text>();
    const std::size_t from = offset_of(t, static_cast<std::size_t>(b.start));
    const std::size_t to = b.count == 0 ? from : offset_of(t, static_cast<std::size_t>(b.stop));
    rt.produce(to - from + 64);
    return substring(v, from, to);
  }
  if (v.is(kind::range)) {
    const auto& from = v.as<number_range>();
    auto* r = new number_range;
    r->start = from.start + b.start * from.step;
    r->step = b.count < 2 ? 1 : from.step * b.step;
    r->stop = from.start + b.stop * from.step;
    return value::of(kind::range, r);
  }
  if (v.is_string()) return slice_characters(rt, v, b);
  std::vector<value> items;
  for (std::int64_t n = 0; n < b.count && rt.charge(); ++n)
    items.push_back(v.as<sequence>().items[static_cast<std::size_t>(b.start + n * b.step)]);
  return rt.list(std::move(items), v.type());
}

// --- methods of strings

inline std::vector<value> split_white(const value& self, std::int64_t most) {
  std::vector<value> parts;
  const std::string& s = self.bytes();
  for (std::size_t at = 0;; --most) {
    while (at < s.size() && is_space(point_at(s, at).code)) at += point_at(s, at).length;
    if (at == s.size()) return parts;
    std::size_t end = most == 0 ? s.size() : at;
    while (end < s.size() && !is_space(point_at(s, end).code)) end += point_at(s, end).length;
    parts.push_back(substring(self, at, end));
    at = end;
  }
}

inline std::vector<value> split_at(const value& self, std::string_view sep, std::int64_t most) {
  std::vector<value> parts;
  std::size_t begin = 0;
  for (; most != 0; --most) {
    const std::size_t at = find_bytes(self.bytes(), sep, begin);
    if (at == npos) break;
    parts.push_back(substring(self, begin, at));
    begin = at + sep.size();
  }
  parts.push_back(substring(self, begin, self.bytes().size()));
  return parts;
}

inline std::vector<value> split_at_from_right(const value& self, std::string_view sep, std::int64_t most) {
  std::vector<value> parts;
  std::size_t end = self.bytes().size();
  const std::string_view s = self.bytes();
  for (; most != 0; --most) {
    const std::size_t at = rfind_bytes(s.substr(0, end), sep);
    if (at == npos) break;
    parts.push_back(substring(self, at + sep.size(), end));
    end = at;
  }
  parts.push_back(substring(self, 0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

inline value split(runtime& rt, const value& self, const bound_arguments& args, bool from_right) {
  std::int64_t most = -1;
  if (!integer_argument(rt, args[1], "method 'split'", most)) return {};
  const bool white = !args[0] || args[0]->is(kind::none);
  if (white && from_right && most >= 0) return rt.fail("rsplit() by white space with a limit", errc::unsupported);
  if (!white && !args[0]->is_string()) return fail_type(rt, *args[0], "method 'split'");
  if (!white && args[0]->bytes().empty()) return rt.fail("method 'split' needs a separator that is not empty");
  if (from_right && most < 0) from_right = false;  // the same parts
  if (from_right && self.bytes().size() > 100'000) return rt.fail_limit("bytes for rsplit()", 100'000);
  std::vector<value> parts = white        ? split_white(self, most)
                             : from_right ? split_at_from_right(self, args[0]->bytes(), most)
                                          : split_at(self, args[0]->bytes(), most);
  rt.produce(self.bytes().size() + 64 * parts.size());
  return rt.list(std::move(parts));
}

inline value strip_method(runtime& rt, const value& self, const value* chars, bool left, bool right) {
  if (!chars || chars->is(kind::none)) return substring(self, strip(self.bytes(), left, right));
  if (!chars->is_string()) return fail_type(rt, *chars, "method 'strip'");
  if (!rt.charge(self.bytes().size() / 64 * (chars->bytes().size() / 4 + 1))) return {};
  const std::string_view set = chars->bytes();
  return substring(self, strip(self.bytes(), left, right, &set));
}

inline value starts_or_ends(runtime& rt, const value& self, const value& with, bool starts) {
  const auto test = [&](const value& v) {
    if (!v.is_string()) fail_type(rt, v, starts ? "method 'startswith'" : "method 'endswith'");
    if (rt.failed()) return false;
    return starts ? self.bytes().starts_with(v.bytes()) : self.bytes().ends_with(v.bytes());
  };
  if (!with.is(kind::tuple)) return value::boolean(test(with));
  for (const value& v : with.as<sequence>().items)
    if (test(v)) return value::boolean(true);
  return value::boolean(false);
}

/// str.replace(old, new, count); an empty `old` matches between all characters.
inline value replaced(runtime& rt, const value& self, const value& from, const value& to, std::int64_t count) {
  auto* out = new text;
  value result = make_text(out);
  out->markup = self.string().markup;
  const std::string& s = self.bytes();
  const std::string& needle = from.bytes();
  std::size_t begin = 0;
  for (std::size_t at = 0; count != 0; --count) {
    at = needle.empty() ? (out->bytes.empty() && begin == 0 && at == 0 ? 0 : at) : find_bytes(s, needle, begin);
    if (at == npos || at > s.size()) break;
    out->append(self.string(), begin, at);
    out->append(to.string());
    begin = at + needle.size();
    if (needle.empty()) at += at < s.size() ? point_at(s, at).length : 1;
    if (!rt.charge() || (out->bytes.size() > rt.limits.produced_bytes && !rt.produce(out->bytes.size()))) return {};
  }
  if (begin < s.size()) out->append(self.string(), begin, s.size());
  rt.produce(out->bytes.size() + 64);
  return result;
}

inline value join_items(runtime& rt, const value& separator, std::vector<value> items, bool convert) {
  auto* out = new text;
  value result = make_text(out);
  for (std::size_t i = 0; i < items.size() && !rt.failed(); ++i) {
    if (i > 0) out->append(separator.string());
    if (!convert && !items[i].is_string()) return fail_type(rt, items[i], "method 'join'");
    const value s = to_string(rt, items[i]);
    rt.produce(s.bytes().size() + separator.bytes().size());
    out->append(s.string());
  }
  return result;
}

inline value splitlines(runtime& rt, const value& self, bool keep) {
  std::vector<value> lines;
  const std::string& s = self.bytes();
  for (std::size_t begin = 0, at = 0; at < s.size();) {
    const utf8::step p = point_at(s, at);
    const std::size_t end = at + p.length + (p.code == '\r' && at + 1 < s.size() && s[at + 1] == '\n');
    const bool last = !is_line_end(p.code) && end == s.size();
    if (is_line_end(p.code) || last) {
      lines.push_back(substring(self, begin, keep || last ? end : at));
      begin = end;
    }
    at = end;
  }
  rt.produce(s.size() + 64 * lines.size());
  return rt.list(std::move(lines));
}

/// isdigit() and its kind: some character, and all of them of the class.
inline bool all_of_class(std::string_view s, unsigned flags) noexcept {
  for (std::size_t at = 0; at < s.size();) {
    const utf8::step p = point_at(s, at);
    if (!p.valid || !(flags ? unicode::class_table::get()[p.code] & flags : unsigned(is_space(p.code)))) return false;
    at += p.length;
  }
  return !s.empty();
}

inline bool has_only_case(std::string_view s, unsigned wanted) noexcept {
  bool some = false;
  for (std::size_t at = 0; at < s.size();) {
    const utf8::step p = point_at(s, at);
    const unsigned c = p.valid ? unicode::class_table::get()[p.code] & (unicode::upper | unicode::lower) : 0;
    if (c != 0 && c != wanted) return false;
    some = some || c != 0;
    at += p.length;
  }
  return some;
}

inline std::int64_t count_of(runtime& rt, std::string_view s, std::string_view sub) {
  if (sub.empty()) return static_cast<std::int64_t>(count_points(s)) + 1;
  std::int64_t n = 0;
  for (std::size_t at = find_bytes(s, sub); at != npos && rt.charge(); at = find_bytes(s, sub, at + sub.size())) ++n;
  return n;
}

inline value search(runtime& rt, const value& self, const value& sub, method m) {
  if (!sub.is_string()) return fail_type(rt, sub, "searching a string");
  const std::string_view s = self.bytes();
  if (m == method::count) return value::integer(count_of(rt, s, sub.bytes()));
  const std::size_t at = m == method::rfind ? rfind_bytes(s, sub.bytes()) : find_bytes(s, sub.bytes());
  if (at == npos) return m == method::index ? rt.fail("method 'index': substring not found") : value::integer(-1);
  return value::integer(static_cast<std::int64_t>(count_points(s.substr(0, at))));
}

inline value without_affix(runtime& rt, const value& self, const value& affix, bool prefix) {
  if (!affix.is_string()) return fail_type(rt, affix, prefix ? "method 'removeprefix'" : "method 'removesuffix'");
  const std::string &s = self.bytes(), &a = affix.bytes();
  if (prefix) return s.starts_with(a) ? substring(self, a.size(), s.size()) : self;
  return s.ends_with(a) ? substring(self, 0, s.size() - a.size()) : self;
}

inline value partition(runtime& rt, const value& self, const value& sep) {
  if (!sep.is_string() || sep.bytes().empty()) return fail_type(rt, sep, "method 'partition'");
  const std::size_t at = find_bytes(self.bytes(), sep.bytes()), size = self.bytes().size();
  std::vector<value> parts;
  parts.push_back(substring(self, 0, at == npos ? size : at));
  parts.push_back(at == npos ? rt.string("") : sep);
  parts.push_back(substring(self, at == npos ? size : at + sep.bytes().size(), size));
  return rt.list(std::move(parts), kind::tuple);
}

inline value zero_filled(runtime& rt, const value& self, const value& width) {
  std::int64_t want = 0;
  if (!integer_argument(rt, &width, "method 'zfill'", want)) return {};
  const std::int64_t missing = want - length_of(self);
  if (missing <= 0 || !rt.produce(static_cast<std::uint64_t>(missing))) return self;
  auto* out = new text;
  const std::size_t sign = !self.bytes().empty() && (self.bytes()[0] == '-' || self.bytes()[0] == '+') ? 1 : 0;
  out->append(self.string(), 0, sign);
  out->append(std::string(static_cast<std::size_t>(missing), '0'));
  out->append(self.string(), sign, self.bytes().size());
  return rt.string(out);
}

/// Markup's methods escape their string arguments; plain strings leave them alone.
inline value replace_method(runtime& rt, const value& self, const bound_arguments& args) {
  std::int64_t count = -1;
  if (!integer_argument(rt, args[2], "method 'replace'", count)) return {};
  if (!args[0]->is_string()) return fail_type(rt, *args[0], "method 'replace'");
  if (!args[1]->is_string()) return fail_type(rt, *args[1], "method 'replace'");
  return replaced(rt, self, *args[0], *args[1], count);
}

inline value string_test(const value& self, method m) {
  const std::string_view s = self.bytes();
  switch (m) {
    case method::isdigit: return value::boolean(all_of_class(s, unicode::number));
    case method::isalpha: return value::boolean(all_of_class(s, unicode::letter));
    case method::isalnum: return value::boolean(all_of_class(s, unicode::letter | unicode::number));
    case method::isspace: return value::boolean(all_of_class(s, 0));
    case method::isupper: return value::boolean(has_only_case(s, unicode::upper));
    default: return value::boolean(has_only_case(s, unicode::lower));
  }
}

inline value call_string_method(runtime& rt, const value& self, method m, const bound_arguments& args) {
  if (!rt.produce(self.bytes().size() / 8)) return {};
  switch (m) {
    case method::split: return split(rt, self, args, false);
    case method::rsplit: return split(rt, self, args, true);
    case method::strip: return strip_method(rt, self, args[0], true, true);
    case method::lstrip: return strip_method(rt, self, args[0], true, false);
    case method::rstrip: return strip_method(rt, self, args[0], false, true);
    case method::startswith: return starts_or_ends(rt, self, *args[0], true);
    case method::endswith: return starts_or_ends(rt, self, *args[0], false);
    case method::replace: return replace_method(rt, self, args);
    case method::upper: return recase(self, casing::upper);
    case method::lower: return recase(self, casing::lower);
    case method::title: return recase(self, casing::title);
    case method::capitalize: return recase(self, casing::capital);
    case method::find:
    case method::rfind:
    case method::index:
    case method::count: return search(rt, self, *args[0], m);
    case method::join: return join_items(rt, self, items_of(rt, *args[0], "method 'join'"), false);
    case method::splitlines: return splitlines(rt, self, args.truth(0, false));
    case method::removeprefix: return without_affix(rt, self, *args[0], true);
    case method::removesuffix: return without_affix(rt, self, *args[0], false);
    case method::partition: return partition(rt, self, *args[0]);
    case method::zfill: return zero_filled(rt, self, *args[0]);
    default: return string_test(self, m);
  }
}

// --- methods of dicts and lists

inline value view_of(const value& dict, view::part which) {
  auto* v = new view;
  v->of = dict;
  v->which = which;
  return value::of(kind::view, v);
}

inline value copy_of(runtime& rt, const value& dict) {
  auto* m = new mapping;
  value v = value::of(kind::dict, m);
  m->entries = dict.as<mapping>().entries;
  m->depth = dict.as<mapping>().depth;
  rt.produce(64 + 2 * sizeof(value) * m->entries.size());
  return v;
}

inline value call_dict_method(runtime& rt, const value& self, method m, const bound_arguments& args) {
  rt.produce(32);
  switch (m) {
    case method::get: {
      if (!hashable(*args[0])) return fail_type(rt, *args[0], "method 'get'");
      const value* found = lookup(rt, self.as<mapping>(), *args[0]);
      return found ? *found : args[1] ? *args[1] : value::none();
    }
    case method::items: return view_of(self, view::part::items);
    case method::keys: return view_of(self, view::part::keys);
    case method::values: return view_of(self, view::part::values);
    default: return copy_of(rt, self);
  }
}

inline value call_list_method(runtime& rt, const value& self, method m, const bound_arguments& args) {
  const auto& items = self.as<sequence>().items;
  if (m == method::list_copy) return rt.list(items);
  std::int64_t count = 0;
  for (std::size_t i = 0; i < items.size() && rt.charge(); ++i) {
    if (!equal(rt, items[i], *args[0])) continue;
    if (m == method::list_index) return value::integer(static_cast<std::int64_t>(i));
    ++count;
  }
  return m == method::list_count ? value::integer(count) : rt.fail("method 'index': value not found");
}

inline value call_method(runtime& rt, const bound_method& m, const arguments& args) {
  const auto which = static_cast<method>(m.which);
  const signature* s = nullptr;
  const auto seek = [&](const auto& table) {
    for (const signature& each : table)
      if (!s && each.which == m.which) s = &each;
  };
  m.self.is_string() ? seek(string_methods) : m.self.is(kind::dict) ? seek(dict_methods) : seek(list_methods);
  if (!s || which == method::unsupported)
    return rt.fail("this method of " + std::string(type_name(m.self)) + " is not supported", errc::unsupported);
  bound_arguments bound;
  if (!bind(rt, "method", *s, args, bound)) return {};
  if (m.self.is_string()) return call_string_method(rt, m.self, which, bound);
  if (m.self.is(kind::dict)) return call_dict_method(rt, m.self, which, bound);
  return call_list_method(rt, m.self, which, bound);
}

}  // namespace detail::templates
RETORT_END
