#include "catch.hpp"

#include <retort/base/memory.hpp>
#include <retort/base/types.hpp>

using namespace retort;

namespace {
result<int> half(int n) {
  if (n % 2) return error{errc::bad_argument, "odd"};
  return n / 2;
}
result<int> quarter(int n) {
  RETORT_TRY(int h, half(n));
  return half(h);
}
result<void> even(int n) {
  if (n % 2) return error{errc::bad_argument, "odd"};
  return {};
}
}  // namespace

TEST_CASE("base/types: a result is a value or an error") {
  REQUIRE(*half(4) == 2);
  REQUIRE(quarter(8).value() == 2);
  REQUIRE_FALSE(quarter(6));
  REQUIRE(quarter(6).error().code == errc::bad_argument);
  REQUIRE(even(2));
  REQUIRE(even(3).error().what == "odd");
#if RETORT_EXCEPTIONS
  REQUIRE_THROWS_AS(half(1).value(), retort::exception);
#endif
}

TEST_CASE("base/types: text from files is made printable") {
  REQUIRE(printable("a\nb") == "a\\x0ab");
  REQUIRE(printable(std::string(300, 'x')).size() == 203);
}

TEST_CASE("base/memory: an arena is a stack that refuses what does not fit") {
  arena a(buffer::make(1024, "test").value());
  const auto mark = a.mark();
  float* x = a.take<float>(100);
  REQUIRE(x);
  REQUIRE(reinterpret_cast<std::uintptr_t>(x) % 64 == 0);
  REQUIRE(a.take<float>(200) == nullptr);
  REQUIRE(a.take<float>(std::size_t(-1) / 2) == nullptr);
  a.rewind(mark);
  REQUIRE(a.take<float>(200) == x);
}
