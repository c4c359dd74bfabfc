#include "catch.hpp"
#include "counting_new.hpp"

TEST_CASE("io: allocations are counted") {
  const std::uint64_t before = allocations::bytes();
  delete[] new volatile char[1000];
  REQUIRE(allocations::bytes() - before >= 1000);
}
