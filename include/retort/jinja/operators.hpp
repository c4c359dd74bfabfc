// Arithmetic, comparison and the global functions of chat templates, with Python's rules.
// Next: engine.hpp.
#pragma once

#include <retort/jinja/filters.hpp>

#include <chrono>

RETORT_BEGIN
namespace detail::templates {

inline value fail_operands(runtime& rt, std::string_view sign, const value& a, const value& b) {
  const value& odd = a.is(kind::undefined) ? a : b;
  if (odd.is(kind::undefined)) return rt.fail(why_undefined(odd) + " (operator " + std::string(sign) + ")");
  if (a.is(kind::huge) || b.is(kind::huge))
    return rt.fail("arithmetic with integers beyond 64 bits", errc::unsupported);
  return rt.fail("operator " + std::string(sign) + " cannot take " + std::string(type_name(a)) + " and " +
                 std::string(type_name(b)));
}

inline value too_big(runtime& rt) { return rt.fail("an integer result beyond 64 bits", errc::unsupported); }

/// base ** exponent in integers; false when it does not fit.
inline bool integer_power(std::int64_t base, std::int64_t exponent, std::int64_t& out) noexcept {
  out = 1;
  if (base == 0 || base == 1 || base == -1) {
    out = exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? 1 : base;
    return true;
  }
  for (; exponent > 0; --exponent) {
    const std::int64_t bound = INT64_MAX / (base < 0 ? -(base + 1) + 1 : base);
    if (out > bound || out < -bound) return false;
    out *= base;
  }
  return true;
}

inline value calculate_integers(runtime& rt, char sign, std::int64_t a, std::int64_t b) {
  switch (sign) {
    case '-':
      if (b < 0 ? a > INT64_MAX + b : a < INT64_MIN + b) return too_big(rt);
      return value::integer(a - b);
    case '*':
      if (a != 0 && b != 0) {
        const bool edge = (a == -1 && b == INT64_MIN) || (b == -1 && a == INT64_MIN);
        const auto product = static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
        if (edge || (a != -1 && product / a != b) || (a == -1 && product != -b)) return too_big(rt);
        return value::integer(product);
      }
      return value::integer(0);
    case '^':
      if (b >= 0) {
        std::int64_t out = 0;
        return integer_power(a, b, out) ? value::integer(out) : too_big(rt);
      }
      if (a == 0) return rt.fail("zero cannot be raised to a negative power");
      return value::real(std::pow(static_cast<double>(a), static_cast<double>(b)));
    default: break;
  }
  if (b == 0) return rt.fail("division by zero");
  if (sign == '/') return value::real(static_cast<double>(a) / static_cast<double>(b));
  if (b == -1) return sign == '%' ? value::integer(0) : calculate_integers(rt, '-', 0, a);
  const std::int64_t rest = a % b;
  const bool down = rest != 0 && (rest < 0) != (b < 0);
  return value::integer(sign == '%' ? (down ? rest + b : rest) : a / b - (down ? 1 : 0));
}

inline value calculate_reals(runtime& rt, char sign, double a, double b) {
  if (b == 0 && (sign == '/' || sign == '%' || sign == 'f')) return rt.fail("division by zero");
  double rest = sign == '%' || sign == 'f' ? std::fmod(a, b) : 0;
  if (rest != 0 && (rest < 0) != (b < 0)) rest += b;
  switch (sign) {
    case '-': return value::real(a - b);
    case '*': return value::real(a * b);
    case '/': return value::real(a / b);
    case '%': return value::real(rest == 0 ? std::copysign(0.0, b) : rest);
    case 'f': return value::real(std::round((a - rest) / b));
    default: break;
  }
  const double power = std::pow(a, b);
  return std::isfinite(power) ? value::real(power) : rt.fail("a power that is not a finite number");
}

/// - * / % and f (floor division), ^ (power) on numbers
inline value calculate(runtime& rt, char sign, const value& a, const value& b) {
  if (!a.is_number() || !b.is_number()) {
    if (sign == '%' && a.is_string()) return rt.fail("'%' formatting is not supported", errc::unsupported);
    return fail_operands(rt, sign == 'f' ? "//" : sign == '^' ? "**" : std::string_view(&sign, 1), a, b);
  }
  if (a.is_integer() && b.is_integer()) return calculate_integers(rt, sign, a.integer(), b.integer());
  return calculate_reals(rt, sign, as_real(a), as_real(b));
}

inline value joined(runtime& rt, const value& a, const value& b) {
  auto* t = new text;
  value v = make_text(t);
  t->markup = a.string().markup || b.string().markup;
  for (const value* part : {&a, &b}) {
    const value s = t->markup && !part->string().markup ? filter_escape(rt, *part, false) : *part;
    if (rt.failed() || !rt.produce(s.bytes().size() + 32)) return {};
    t->append(s.string());
  }
  return v;
}

inline value add(runtime& rt, const value& a, const value& b) {
  if (a.is_string() && b.is_string()) return joined(rt, a, b);
  if (a.is_integer() && b.is_integer()) {
    const std::int64_t x = a.integer(), y = b.integer();
    if (y > 0 ? x > INT64_MAX - y : x < INT64_MIN - y) return too_big(rt);
    return value::integer(x + y);
  }
  if (a.is_number() && b.is_number()) return value::real(as_real(a) + as_real(b));
  if (a.type() == b.type() && (a.is(kind::list) || a.is(kind::tuple))) {
    const auto& more = b.as<sequence>().items;
    if (!rt.produce(sizeof(value) * (a.as<sequence>().items.size() + more.size()))) return {};
    std::vector<value> items = a.as<sequence>().items;
    items.insert(items.end(), more.begin(), more.end());
    return rt.list(std::move(items), a.type());
  }
  return fail_operands(rt, "+", a, b);
}

inline value multiply(runtime& rt, const value& a, const value& b) {
  if (a.is_number() && b.is_number()) return calculate(rt, '*', a, b);
  const value &what = a.is_integer() ? b : a, &times = a.is_integer() ? a : b;
  const bool repeats = (what.is_string() || what.is(kind::list) || what.is(kind::tuple)) && times.is_integer();
  if (!repeats) return fail_operands(rt, "*", a, b);
  const auto n = static_cast<std::uint64_t>(times.integer() < 0 ? 0 : times.integer());
  const std::uint64_t size = what.is_string() ? what.bytes().size() : what.as<sequence>().items.size() * sizeof(value);
  if (size != 0 && n > rt.limits.produced_bytes / size)
    return rt.fail_limit("bytes produced", rt.limits.produced_bytes);
  if (what.is_string()) {
    auto* t = new text;
    value v = make_text(t);
    t->markup = what.string().markup;
    rt.produce(size * n);
    for (std::uint64_t i = 0; i < n && size != 0 && rt.charge(); ++i) t->append(what.string());
    return v;
  }
  std::vector<value> items;
  const auto& from = what.as<sequence>().items;
  for (std::uint64_t i = 0; i < n && size != 0 && rt.charge(); ++i) items.insert(items.end(), from.begin(), from.end());
  return rt.list(std::move(items), what.type());
}

inline value signed_number(runtime& rt, const value& v, bool negative) {
  if (v.is(kind::real)) return value::real(negative ? -v.real() : v.real());
  if (!v.is_integer()) return fail_operands(rt, negative ? "unary -" : "unary +", v, v);
  return negative ? calculate_integers(rt, '-', 0, v.integer()) : value::integer(v.integer());
}

/// One comparison; `sign` as the lexer spells it, "in" and "ni" for `in` and `not in`.
inline bool compare(runtime& rt, std::uint16_t sign, const value& a, const value& b) {
  const char first = static_cast<char>(sign & 0xFF), second = static_cast<char>(sign >> 8);
  if (first == 'i') return contains(rt, b, a);
  if (first == 'n') return !contains(rt, b, a);
  if (first == '=') return equal(rt, a, b);
  if (first == '!') return !equal(rt, a, b);
  if ((a.is(kind::real) && std::isnan(a.real())) || (b.is(kind::real) && std::isnan(b.real()))) return false;
  const int c = order(rt, a, b);
  return first == '<' ? c < 0 || (second == '=' && c == 0) : c > 0 || (second == '=' && c == 0);
}

// --- global functions

/// range(); at most 100,000 long, as in Jinja's sandbox
inline value new_range(runtime& rt, const arguments& args) {
  const auto& p = args.positional;
  if (p.empty() || p.size() > 3 || !args.named.empty()) return rt.fail("range() takes one to three integers");
  auto* r = new number_range;
  value v = value::of(kind::range, r);
  for (const value& x : p)
    if (!integer_argument(rt, &x, "range()", r->stop)) return {};
  r->start = p.size() > 1 ? p[0].integer() : 0;
  r->stop = p.size() > 1 ? p[1].integer() : p[0].integer();
  r->step = p.size() > 2 ? p[2].integer() : 1;
  if (r->step == 0) return rt.fail("range() cannot have step 0");
  constexpr std::int64_t far = std::int64_t(1) << 60;
  for (std::int64_t x : {r->start, r->stop, r->step})
    if (x > far || x < -far) return rt.fail("range() of numbers that big", errc::unsupported);
  if (r->size() > 100'000) return rt.fail_limit("numbers in a range", 100'000);
  rt.produce(64);
  return v;
}

/// dict(): from a mapping or pairs, then named arguments
inline value new_dict(runtime& rt, const arguments& args) {
  auto* m = new mapping;
  value d = value::of(kind::dict, m);
  rt.produce(64);
  if (args.positional.size() > 1) return rt.fail("dict() and namespace() take one mapping at most");
  if (!args.positional.empty()) {
    const value& from = args.positional[0];
    const value pairs = from.is(kind::dict) ? view_of(from, view::part::items) : from;
    for (const value& item : items_of(rt, pairs, "dict()")) {
      const std::vector<value> pair = items_of(rt, item, "dict()");
      if (pair.size() != 2) rt.fail("dict() needs pairs");
      if (rt.failed()) return {};
      assign(rt, *m, pair[0], pair[1]);
    }
  }
  for (const auto& [key, v] : args.named)
    if (!rt.failed()) assign(rt, *m, rt.string(key), v);
  return d;
}

inline void append_padded(std::string& out, long long n, int width, char fill = '0') {
  const std::string digits = std::to_string(n);
  for (int i = static_cast<int>(digits.size()); i < width; ++i) out += fill;
  out += digits;
}

/// strftime with English names; false for a directive that is not known.
inline bool format_time(std::chrono::sys_seconds when, std::string_view format, std::string& out) {
  using namespace std::chrono;
  constexpr std::string_view days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  constexpr std::string_view months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
  const auto day = floor<std::chrono::days>(when);
  const year_month_day date{day};
  const long long seconds = (when - day).count();
  const unsigned week_day = weekday{day}.c_encoding();
  const unsigned month = static_cast<unsigned>(date.month());
  const long long year_day = (day - sys_days{date.year() / January / 1}).count() + 1;
  const long long hour = seconds / 3600, hour12 = (hour + 11) % 12 + 1;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    if (++i == format.size()) return false;
    const bool bare = format[i] == '-' && i + 1 < format.size();  // "%-d": no leading zero
    if (bare) ++i;
    const int two = bare ? 1 : 2;
    switch (format[i]) {
      case 'Y': append_padded(out, static_cast<int>(date.year()), 1); break;
      case 'y': append_padded(out, static_cast<int>(date.year()) % 100, two); break;
      case 'm': append_padded(out, month, two); break;
      case 'd': append_padded(out, static_cast<unsigned>(date.day()), two); break;
      case 'e': append_padded(out, static_cast<unsigned>(date.day()), 2, ' '); break;
      case 'H': append_padded(out, hour, two); break;
      case 'I': append_padded(out, hour12, two); break;
      case 'M': append_padded(out, seconds / 60 % 60, two); break;
      case 'S': append_padded(out, seconds % 60, two); break;
      case 'j': append_padded(out, year_day, bare ? 1 : 3); break;
      case 'w': append_padded(out, week_day, 1); break;
      case 'u': append_padded(out, week_day == 0 ? 7 : week_day, 1); break;
      case 's': append_padded(out, when.time_since_epoch().count(), 1); break;
      case 'p': out += hour < 12 ? "AM" : "PM"; break;
      case 'A': out += days[week_day]; break;
      case 'a': out += days[week_day].substr(0, 3); break;
      case 'B': out += months[month - 1]; break;
      case 'b':
      case 'h': out += months[month - 1].substr(0, 3); break;
      case 'F': format_time(when, "%Y-%m-%d", out); break;
      case 'D':
      case 'x': format_time(when, "%m/%d/%y", out); break;
      case 'T':
      case 'X': format_time(when, "%H:%M:%S", out); break;
      case 'R': format_time(when, "%H:%M", out); break;
      case 'c': format_time(when, "%a %b %e %H:%M:%S %Y", out); break;
      case 'Z':
      case 'z': break;  // a naive time prints nothing here
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '%': out += '%'; break;
      default: return false;
    }
  }
  return true;
}

}  // namespace detail::templates
RETORT_END
