#include "catch.hpp"
#include "counting_new.hpp"

TEST_CASE("io: allocations are counted") {
  const std::uint64_t before = allocations::bytes();
  char* volatile kept = new char[1000];  // volatile: not to be optimised away
  delete[] kept;
  REQUIRE(allocations::bytes() - before >= 1000);
}
