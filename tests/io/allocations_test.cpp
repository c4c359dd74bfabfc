#include "allocations.hpp"
#include "catch.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> counted{0};

void* take(std::size_t n) noexcept {
  counted += n;
  return std::malloc(n ? n : 1);
}
void* take_or_throw(std::size_t n) {
  if (void* p = take(n)) return p;
  throw std::bad_alloc();
}
}  // namespace

std::uint64_t allocations::bytes() noexcept { return counted; }

void* operator new(std::size_t n) { return take_or_throw(n); }
void* operator new[](std::size_t n) { return take_or_throw(n); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return take(n); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return take(n); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }

TEST_CASE("io: allocations are counted") {
  const std::uint64_t before = allocations::bytes();
  delete[] new volatile char[1000];
  REQUIRE(allocations::bytes() - before >= 1000);
}
