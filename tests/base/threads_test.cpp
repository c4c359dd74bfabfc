#include "catch.hpp"

#include <retort/base/threads.hpp>

#include <chrono>
#include <memory>
#include <thread>

using namespace retort;

namespace {
std::unique_ptr<thread_pool> pool_of(std::size_t n) {
  auto p = thread_pool::make(n);
  REQUIRE(p);
  return std::move(*p);
}
/// Runs a region and counts how often each task ran; no worker may be out of range.
void check_once(threads& pool, std::size_t n) {
  const auto count = std::make_unique<std::atomic<unsigned>[]>(n);
  std::atomic<bool> in_range{true};
  const auto task = [&](std::size_t i, std::size_t worker) {
    if (i >= n || worker >= pool.size()) in_range = false;
    else ++count[i];
  };
  pool.run(n, task);
  CHECK(in_range);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < n; ++i) wrong += count[i] != 1;
  CHECK(wrong == 0);
}
}  // namespace

TEST_CASE("threads: every task runs exactly once") {
  calling_thread alone;
  CHECK(alone.size() == 1);
  for (const std::size_t n : {0u, 1u, 2u, 100u}) check_once(alone, n);
  for (const std::size_t size : {1u, 2u, 3u, 7u}) {
    const auto pool = pool_of(size);
    CHECK(pool->size() == size);
    for (const std::size_t n : {0u, 1u, 2u, 3u, 64u, 10007u}) check_once(*pool, n);
  }
}

TEST_CASE("threads: tasks at the same time have different workers") {
  const auto pool = pool_of(4);
  std::atomic<bool> taken[4] = {};
  std::atomic<bool> clash{false};
  for (int round = 0; round < 50; ++round) {
    const auto task = [&](std::size_t, std::size_t worker) {
      if (taken[worker].exchange(true)) clash = true;
      for (int i = 0; i < 200; ++i) taken[worker].store(true);
      taken[worker].store(false);
    };
    pool->run(100, task);
  }
  CHECK_FALSE(clash);
}

TEST_CASE("threads: what tasks wrote is seen after run") {
  const auto pool = pool_of(3);
  std::vector<std::size_t> plain(1000);  // no atomics: run() itself must order it
  for (std::size_t round = 1; round <= 200; ++round) {
    const auto task = [&](std::size_t i, std::size_t) { plain[i] += i * round; };
    pool->run(plain.size(), task);
    REQUIRE(plain[999] == 999 * (round * (round + 1) / 2));
  }
}

TEST_CASE("threads: many tiny regions, also while the workers fall asleep in between") {
  const auto pool = pool_of(3);
  std::atomic<std::size_t> sum{0};
  const auto task = [&](std::size_t i, std::size_t) { sum += i + 1; };
  constexpr std::size_t n_regions = 20000;
  for (std::size_t r = 0; r < n_regions; ++r) pool->run(3, task);
  CHECK(sum == n_regions * 6);
  sum = 0;
  for (int r = 0; r < 20; ++r) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));  // long past their patience
    pool->run(5, task);
  }
  CHECK(sum == 20 * 15);
}

TEST_CASE("threads: two and three callers at once") {
  const auto pool = pool_of(3);
  std::atomic<std::size_t> total{0};
  const auto caller = [&] {
    for (int r = 0; r < 2000; ++r) {
      std::atomic<std::size_t> mine{0};
      const auto task = [&](std::size_t i, std::size_t) { mine += i; };
      pool->run(10, task);
      total += mine == 45;  // every one of this region, done when run() returns
    }
  };
  std::thread a(caller), b(caller);
  caller();
  a.join();
  b.join();
  CHECK(total == 6000);
}

TEST_CASE("threads: a region inside a task runs on that task's thread") {
  const auto pool = pool_of(3);
  std::atomic<std::size_t> inner{0};
  const auto leaf = [&](std::size_t, std::size_t) { ++inner; };
  const auto task = [&](std::size_t, std::size_t) { pool->run(4, leaf); };
  pool->run(6, task);
  CHECK(inner == 24);
}

TEST_CASE("threads: a pool may be destroyed unused, just used, or asleep") {
  for (int round = 0; round < 30; ++round) {
    const auto pool = pool_of(4);
  }
  for (int round = 0; round < 30; ++round) check_once(*pool_of(4), 9);
  for (int round = 0; round < 3; ++round) {
    const auto pool = pool_of(4);
    check_once(*pool, 9);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST_CASE("threads: impossible sizes are refused") {
  for (const std::size_t n : {0u, 1025u}) {
    const auto p = thread_pool::make(n);
    REQUIRE_FALSE(p);
    CHECK(p.error().code == errc::bad_argument);
    CHECK(p.error().what.find(std::to_string(n)) != std::string::npos);
  }
}
