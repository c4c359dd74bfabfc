#include "catch.hpp"

#include <retort/grammar/numbers.hpp>

using namespace retort::detail;

namespace {

number_demands::bound bound(const char* text, bool strict = false) { return {*decimal::parse(text), strict}; }

}  // namespace

TEST_CASE("numbers: bounds of any size") {
  number_demands d;
  d.fractions = false;
  d.low = bound("-9007199254740991");
  d.high = bound("9007199254740991");
  const language safe = *number_texts::of(d, {});
  for (const char* text : {"0", "-9007199254740991", "9007199254740991", "123"}) CHECK(safe.contains(text));
  for (const char* text : {"9007199254740992", "-9007199254740992", "1.0", "01", "--1"})
    CHECK_FALSE(safe.contains(text));

  number_demands from;
  from.fractions = false;
  from.low = bound("5");
  const language one_bound = *number_texts::of(from, {});
  CHECK(one_bound.contains("9223372036854775807"));
  CHECK(one_bound.contains("18446744073709551615"));
  CHECK_FALSE(one_bound.contains("18446744073709551616"));
  CHECK_FALSE(one_bound.contains("4"));

  number_demands wide;
  wide.low = bound("-1.7976931348623157e308");
  wide.high = bound("3.4e38");
  const language doubles = *number_texts::of(wide, {});
  CHECK(doubles.contains("340000000000000000000000000000000000000"));
  CHECK_FALSE(doubles.contains("340000000000000000000000000000000000001"));
}

TEST_CASE("numbers: a strict bound holds for readers of doubles too") {
  number_demands d;
  d.high = bound("1", true);
  d.low = bound("0", true);
  const language l = *number_texts::of(d, {});
  for (const char* text : {"0.5", "0.99999999999999988", "0.00001"}) CHECK(l.contains(text));
  for (const char* text : {"0", "1", "0.99999999999999999", "0.0"}) CHECK_FALSE(l.contains(text));
  number_demands below;
  below.high = bound("0", true);
  CHECK(number_texts::of(below, {})->contains("-0.5"));
  CHECK_FALSE(number_texts::of(below, {})->contains("-0"));
  number_demands big;
  big.fractions = false;
  big.high = bound("9223372036854775808", true);
  CHECK_FALSE(number_texts::of(big, {})->contains("9223372036854775807"));  // rounds to the bound
  CHECK(number_texts::of(big, {})->contains("9223372036854774784"));
}

TEST_CASE("numbers: multiples") {
  const auto multiples = [](double of, const char* low = nullptr, const char* high = nullptr) {
    number_demands d;
    d.multiples = {of};
    if (low) d.low = bound(low);
    if (high) d.high = bound(high);
    return *number_texts::of(d, {});
  };
  const language sevens = multiples(7, "10", "1000");
  for (int i = -20; i < 1100; ++i) CHECK(sevens.contains(std::to_string(i)) == (i >= 10 && i <= 1000 && i % 7 == 0));
  CHECK_FALSE(multiples(7).contains("9007199254740992000"));  // a reader of doubles would round
  const language quarters = multiples(0.25);
  for (const char* text : {"1", "0.25", "-1.75", "3.50"}) CHECK(quarters.contains(text));
  for (const char* text : {"0.2", "1.125"}) CHECK_FALSE(quarters.contains(text));
  const language cents = multiples(0.01);
  CHECK(cents.contains("0.05"));
  CHECK(cents.contains("19"));
  CHECK_FALSE(cents.contains("19.99"));  // 19.99 / 0.01 is 1998.9999999999998
  CHECK_FALSE(cents.contains("0.005"));

  number_demands odd;
  odd.fractions = false;
  odd.not_multiples = {2};
  odd.excluded = {*decimal::parse("7")};
  const language l = *number_texts::of(odd, {});
  CHECK(l.contains("5"));
  CHECK_FALSE(l.contains("4"));
  CHECK_FALSE(l.contains("7"));
  number_demands whole;
  whole.fractions = false;
  whole.multiples = {0.75};
  CHECK(number_texts::of(whole, {})->contains("3"));
  CHECK_FALSE(number_texts::of(whole, {})->contains("1.5"));
  whole.multiples = {0.3};
  CHECK(number_texts::of(whole, {})->contains("3"));
  CHECK_FALSE(number_texts::of(whole, {})->contains("1.5"));
  number_demands fraction;
  fraction.integers = false;
  CHECK(number_texts::of(fraction, {})->contains("0.5"));
  CHECK_FALSE(number_texts::of(fraction, {})->contains("2.00"));
  CHECK_FALSE(number_texts::of(fraction, {})->contains("2.00000000000000001"));  // rounds to 2
}
