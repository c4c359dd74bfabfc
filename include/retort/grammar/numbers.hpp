// Numbers as texts: which of them lie between bounds, are multiples, are not some values. All of it are languages, and
// what is demanded together is their intersection.
#pragma once

#include <retort/grammar/regex_language.hpp>
#include <retort/text/real.hpp>

#include <charconv>
#include <cmath>

RETORT_BEGIN
namespace detail {

/// A number in the decimal system, without zeros in front or behind.
struct decimal {
  bool negative = false;
  std::string whole = "0", fraction;

  static constexpr std::ptrdiff_t max_digits = 400;  // before the point and behind it; a double has no more
  [[nodiscard]] bool is_zero() const { return whole == "0" && fraction.empty(); }
  [[nodiscard]] bool is_integer() const { return fraction.empty(); }
  /// Reads what JSON writes as a number; nothing where it has more than max_digits digits.
  static std::optional<decimal> parse(std::string_view text) {
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
    if (point > max_digits || point < -max_digits) return {};
    const auto size = static_cast<std::ptrdiff_t>(digits.size());
    if (point <= 0) digits.insert(0, static_cast<std::size_t>(-point), '0');
    if (point > size) digits.append(static_cast<std::size_t>(point - size), '0');
    const auto n_whole = static_cast<std::size_t>(std::max<std::ptrdiff_t>(point, 0));
    if (n_whole > 0) d.whole = digits.substr(0, n_whole);
    d.fraction = digits.substr(n_whole);
    return d;
  }
  static std::optional<decimal> of(double x) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, x).ptr;
    return parse({text, static_cast<std::size_t>(end - text)});
  }
};

/// What is demanded of a number. Bounds belong to the numbers, except where they are strict.
struct number_demands {
  struct bound {
    decimal at;
    bool strict = false;
  };
  bool integers = true, fractions = true;  ///< which of them may be written
  std::optional<bound> low, high;
  std::vector<double> multiples, not_multiples;
  std::vector<decimal> excluded;

  [[nodiscard]] bool any() const {
    return integers && !low && !high && multiples.empty() && not_multiples.empty() && excluded.empty();
  }
  /// Whether a number satisfies them.
  [[nodiscard]] bool holds(const decimal& x, double as_double) const {
    if (x.is_integer() ? !integers : !fractions) return false;
    for (const bool upper : {false, true})
      if (const auto& b = upper ? high : low) {
        const int order = compare(x, b->at);
        if (order == 0 ? b->strict : (order > 0) == upper) return false;
      }
    const auto divides = [as_double](double m) { return as_double / m == std::floor(as_double / m); };
    return std::all_of(multiples.begin(), multiples.end(), divides) &&
           std::none_of(not_multiples.begin(), not_multiples.end(), divides) &&
           std::none_of(excluded.begin(), excluded.end(), [&x](const decimal& e) { return compare(x, e) == 0; });
  }
  /// Keeps the tighter bound.
  void tighten(bool upper, const bound& with) {
    auto& b = upper ? high : low;
    if (!b) {
      b = with;
      return;
    }
    const int order = compare(with.at, b->at);
    if (order == 0) b->strict = b->strict || with.strict;
    else if ((order < 0) == upper) b = with;
  }
  static int compare(const decimal& a, const decimal& b) {
    if (a.negative != b.negative) return a.is_zero() && b.is_zero() ? 0 : a.negative ? -1 : 1;
    int order =
        a.whole.size() != b.whole.size() ? (a.whole.size() < b.whole.size() ? -1 : 1) : a.whole.compare(b.whole);
    if (order == 0) order = a.fraction.compare(b.fraction);
    order = (order > 0) - (order < 0);
    return a.negative ? -order : order;
  }
};

/// The texts of numbers without exponent that satisfy demands. Bounds on one side go to 64 bits on the other.
///
/// A reader that takes numbers for doubles rounds; what is written stays within the bounds for it too: a strict bound
/// is kept by the double before it. Of multiples of what is no sum of powers of two those are written whose quotient
/// such a reader finds whole, one by one, some thousands of them.
class number_texts {
 public:
  static constexpr std::size_t max_fraction = 17;  // digits behind the point
  static constexpr std::uint64_t max_remainders = 20000, max_listed = 4096;
  using edge = language::edge;
  using state = language::state;

  /// errors  unsupported: a multiple that is too large or too fine; limit, and those of the effort
  static result<language> of(const number_demands& demands, const effort& work) {
    number_demands d = demands;
    for (const double m : d.multiples)
      if (m == std::floor(m)) d.fractions = false;
    if (!d.multiples.empty() || !d.not_multiples.empty())  // of larger numbers doubles do not know the remainder
      for (const bool upper : {false, true}) d.tighten(upper, {{!upper, "9007199254740991", {}}, false});
    // a reader of doubles takes 5.00000000000000001 for 5: where that matters fewer digits are written
    const bool coarse = d.fractions && (!d.integers || !d.excluded.empty() || !d.not_multiples.empty());
    if (coarse)
      for (const bool upper : {false, true}) d.tighten(upper, {{!upper, "999999999", {}}, false});
    limit(d);
    const bool listed = std::any_of(d.multiples.begin(), d.multiples.end(), [](double m) { return !is_countable(m); });
    language all;
    if (listed) {
      all = multiples_in(d);
    } else {
      const std::size_t whole = std::max(d.low->at.whole.size(), d.high->at.whole.size());
      RETORT_TRY(all, texts("-?(0|[1-9]\\d{0," + std::to_string(whole - 1) + "})" +
                                (d.fractions ? "(\\.\\d{1," + std::to_string(coarse ? 6 : max_fraction) + "})?" : ""),
                            work));
    }
    RETORT_TRY(all, language::both(all, beyond(*d.low, false), work));
    RETORT_TRY(all, language::both(all, beyond(*d.high, true), work));
    for (const double m : d.multiples) {
      if (listed) break;
      RETORT_TRY(const language fits, multiples_of(m));
      RETORT_TRY(all, language::both(all, fits, work));
    }
    for (const double m : d.not_multiples) {
      RETORT_TRY(const language fits, multiples_of(m));
      RETORT_TRY(all, language::but_not(all, fits, work));
    }
    if (!d.integers) {
      RETORT_TRY(const language integers, texts("-?\\d+(\\.0+)?", work));
      RETORT_TRY(all, language::but_not(all, integers, work));
    }
    for (const decimal& x : d.excluded) {
      const std::string sign = x.is_zero() ? "-?" : x.negative ? "-" : "";
      RETORT_TRY(const language same,
                 texts(sign + x.whole + (x.is_integer() ? "(\\.0+)?" : "\\." + x.fraction + "0*"), work));
      RETORT_TRY(all, language::but_not(all, same, work));
    }
    return all;
  }

 private:
  static result<language> texts(const std::string& pattern, const effort& work) {
    return regex_language::of(pattern, true, work);
  }

  /// Gives both bounds, none of them strict where a double would round across it.
  static void limit(number_demands& d) {
    static constexpr std::string_view least = "-9223372036854775808", most = "18446744073709551615";
    const auto beyond_64_bits = [](const number_demands::bound& b) { return b.at.whole.size() > 19; };
    const std::string nines(40, '9');
    if (!d.low)
      d.low = {d.high && d.high->at.negative && beyond_64_bits(*d.high) ? decimal{true, nines, {}}
                                                                        : *decimal::parse(least)};
    if (!d.high)
      d.high = {!d.low->at.negative && beyond_64_bits(*d.low) ? decimal{false, nines, {}} : *decimal::parse(most)};
    for (const bool upper : {false, true}) {
      auto& b = upper ? *d.high : *d.low;
      if (!b.strict || b.at.is_zero()) continue;
      if (b.at.is_integer() && !d.fractions && b.at.whole.size() < 16) continue;
      const double x = value(b.at), inside = std::nextafter(x, upper ? -HUGE_VAL : HUGE_VAL);
      if (const auto at = decimal::of(inside)) b = {*at, false};
    }
  }
  static double value(const decimal& d) {
    const std::string text = (d.negative ? "-" : "") + d.whole + "." + d.fraction + "0";
    double x = 0;
    read_real(text, x);
    return x;
  }

  /// Numbers of at least a bound, or of at most; strict ones without it.
  static language beyond(const number_demands::bound& b, bool upper) {
    const bool negative = b.at.negative;
    const language none, every = magnitudes(decimal{}, false, b.strict && b.at.is_zero());  // -0 is zero
    const language inner = magnitudes(b.at, upper != negative, b.strict);
    return upper ? with_sign(negative ? none : inner, negative ? inner : every)
                 : with_sign(negative ? every : inner, negative ? inner : none);
  }
  static language with_sign(const language& positive, const language& negative) {
    std::vector<state> states = positive.states();
    if (states.empty()) states.emplace_back();
    const auto first = static_cast<std::uint32_t>(states.size());
    for (state s : negative.states()) {
      for (edge& e : s.edges) e.to += first;
      states.push_back(std::move(s));
    }
    if (!negative.is_empty()) states[0].edges.insert(states[0].edges.begin(), {'-', '-', first});
    return language(std::move(states));
  }
  /// Digits, with a point or without, that make a number over d (`below`: under it), or d itself unless `strict`. A
  /// state says how many digits have been read and how those compare to as many of d.
  static language magnitudes(const decimal& d, bool below, bool strict) {
    const std::size_t n = d.whole.size(), m = d.fraction.size();
    enum order : std::uint32_t { less, equal, greater };
    std::vector<state> states(1 + 3 * (n + 1) + 3 + m + 1);
    const auto whole = [&](std::size_t digits, order o) {
      return static_cast<std::uint32_t>(1 + 3 * (digits - 1) + o);
    };
    const auto decided = [&](order o) { return static_cast<std::uint32_t>(1 + 3 * (n + 1) + o); };
    const auto behind = [&](std::size_t digits) { return static_cast<std::uint32_t>(1 + 3 * (n + 1) + 3 + digits); };
    const auto ends = [&](order o) { return o == equal ? !strict : (o == less) == below; };
    const auto read = [](state& s, char32_t digit, auto to) {  // to(less), to(equal), to(greater)
      if (digit > '0') s.edges.push_back({'0', digit - 1, to(less)});
      s.edges.push_back({digit, digit, to(equal)});
      if (digit < '9') s.edges.push_back({digit + 1, '9', to(greater)});
    };
    read(states[0], static_cast<unsigned char>(d.whole[0]), [&](order o) { return whole(1, o); });
    for (std::size_t c = 1; c <= n + 1; ++c)
      for (const order o : {less, equal, greater}) {
        state& s = states[whole(c, o)];
        const order so_far = c < n ? less : c > n ? greater : o;  // if the whole part ends here
        s.final = ends(so_far == equal && m > 0 ? less : so_far);
        s.edges.push_back({'.', '.', so_far == equal ? behind(0) : decided(so_far)});
        if (c < n && o == equal)
          read(s, static_cast<unsigned char>(d.whole[c]), [&](order next) { return whole(c + 1, next); });
        else s.edges.push_back({'0', '9', whole(std::min(c + 1, n + 1), c < n ? o : greater)});
      }
    for (const order o : {less, equal, greater}) {
      state& s = states[decided(o)];
      s.final = ends(o);
      s.edges.push_back({'0', '9', decided(o)});
    }
    for (std::size_t i = 0; i <= m; ++i) {
      state& s = states[behind(i)];
      s.final = ends(i < m ? less : equal);
      read(s, i < m ? static_cast<unsigned char>(d.fraction[i]) : '0',
           [&](order o) { return o == equal ? behind(std::min(i + 1, m)) : decided(o); });
    }
    return language(std::move(states));
  }

  /// Whether doubles compute with it without rounding, and its remainders are few.
  static bool is_countable(double m) {
    return std::floor(m * 1024) == m * 1024 && std::abs(m) < static_cast<double>(max_remainders / 2) && multiples_of(m);
  }

  /// Texts whose number is a multiple: a state is the remainder of what has been read.
  static result<language> multiples_of(double multiple) {
    const auto d = decimal::of(std::abs(multiple));
    const std::size_t q = d ? d->fraction.size() : 0;
    std::uint64_t p = 0;  // the multiple times 10^q
    const std::string digits = d ? d->whole + d->fraction : "";
    if (digits.empty() || digits.size() > 18) return too_fine();
    for (const char c : digits) p = p * 10 + static_cast<std::uint64_t>(c - '0');
    if (p == 0 || p * (q + 2) > max_remainders) return too_fine();
    // a remainder after the whole digits, after the point, and after each digit behind it
    std::vector<state> states(1 + p * (q + 2));
    const auto at = [&](std::size_t layer, std::uint64_t r) { return static_cast<std::uint32_t>(1 + layer * p + r); };
    const auto read = [&](state& s, std::size_t to, std::uint64_t r) {
      for (char32_t c = '0'; c <= '9'; ++c) s.edges.push_back({c, c, at(to, (r * 10 + (c - '0')) % p)});
    };
    states[0].edges.push_back({'-', '-', 0});
    read(states[0], 0, 0);
    std::uint64_t scale = 1 % p;  // 10 to the digits that are missing
    for (std::size_t layer = q + 2; layer-- > 0;) {
      for (std::uint64_t r = 0; r < p; ++r) {
        state& s = states[at(layer, r)];
        s.final = r * scale % p == 0;
        if (layer == 0) s.edges.push_back({'.', '.', at(1, r)});
        if (layer <= q) read(s, layer + (layer > 0), r);
        else s.edges.push_back({'0', '0', at(layer, r)});
      }
      if (layer > 1) scale = scale * 10 % p;
    }
    return language(std::move(states));
  }
  static error too_fine() { return {errc::unsupported, "this multipleOf"}; }

  /// Multiples between the bounds of which a reader of doubles agrees that they are, from the one next to zero on.
  static language multiples_in(const number_demands& d) {
    const double low = value(d.low->at), high = value(d.high->at);
    std::vector<std::string> out;
    const auto offer = [&](double x) {
      if (!(x >= low && x <= high)) return;
      for (const double m : d.multiples)
        if (const double quotient = x / m; quotient != std::floor(quotient)) return;
      const auto as = decimal::of(x);
      if (!as || as->fraction.size() > max_fraction || !(as->is_integer() ? d.integers : d.fractions)) return;
      out.push_back((as->negative ? "-" : "") + as->whole + (as->fraction.empty() ? "" : "." + as->fraction));
    };
    double step = 0;
    for (const double m : d.multiples) step = std::max(step, std::abs(m));
    const double from = low > 0 ? std::floor(low / step) : high < 0 ? std::ceil(high / step) : 0;
    for (std::uint64_t i = 0; i < max_listed; ++i) {
      const double k = static_cast<double>(i);
      for (const double sign : {1.0, -1.0}) {
        if (i == 0 && sign < 0) continue;
        // the decimal that is meant, not the product that is rounded
        const double product = (from + sign * k) * step;
        const double decimals = std::round(product * 1e9) / 1e9;
        offer(std::abs(decimals - product) <= std::abs(product) * 1e-12 ? decimals : product);
        offer(std::floor(from * step) + sign * k);
      }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return language::of(out);
  }
};

}  // namespace detail
RETORT_END
