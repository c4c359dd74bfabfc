#include "catch.hpp"
#include "counting_new.hpp"

TEST_CASE("run: allocations are counted, aligned ones too") {
  auto before = allocations::bytes();
  char* volatile kept = new char[1000];  // volatile: not to be optimised away
  delete[] kept;
  CHECK(allocations::bytes() - before >= 1000);
  before = allocations::bytes();
  struct alignas(128) wide {
    char c[256];
  };
  wide* volatile aligned = new wide;
  delete aligned;
  CHECK(allocations::bytes() - before >= 256);
}
