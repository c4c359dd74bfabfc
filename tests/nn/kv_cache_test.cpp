#include "catch.hpp"

#include <retort/nn/kv_cache.hpp>

#include <set>
#include <thread>

using namespace retort;
using nn::page_tokens;

namespace {

/// Counts bytes; refuses after a number of allocations.
struct counting final : allocator {
  std::size_t bytes = 0, n = 0, refuse_from = 1000;
  void* allocate(std::size_t b, std::size_t alignment) noexcept override {
    if (n++ >= refuse_from) return nullptr;
    bytes += b;
    return system_allocator().allocate(b, alignment);
  }
  void release(void* memory, std::size_t b, std::size_t alignment) noexcept override {
    bytes -= b;
    system_allocator().release(memory, b, alignment);
  }
};

nn::kv_layout layout(dtype type = dtype::f32) {
  nn::kv_layout l;
  l.type = type;
  l.add_rows(2, 32, 64);
  l.add_rows(1, 96, 0);  // a latent layer
  return l;
}
std::shared_ptr<nn::kv_pool> pool_of(std::size_t n_pages, allocator& from = system_allocator()) {
  auto p = nn::kv_pool::make(layout(), n_pages, from);
  REQUIRE(p);
  return std::move(*p);
}
/// Writes what position `at` holds; reads it back.
void write(nn::kv_cache& c, std::size_t at, float x) {
  const auto& l = c.layout().layers[0];
  std::memcpy(c.key(l, at, 1), &x, sizeof x);
}
float read(const nn::kv_cache& c, std::size_t at) {
  const auto& l = c.layout().layers[0];
  return load_as<float>(c.key(l, at, 1));
}

}  // namespace

TEST_CASE("kv_cache: rows of a page do not overlap and fill it") {
  for (const dtype type : {dtype::f32, dtype::f16, dtype::q8_0}) {
    auto pool = nn::kv_pool::make(layout(type), 1, system_allocator());
    REQUIRE(pool);
    nn::kv_cache c(*pool, page_tokens);
    REQUIRE(c.prepare(0, page_tokens));
    std::set<std::pair<const std::byte*, const std::byte*>> ranges;
    std::size_t total = 0;
    const auto add = [&](const std::byte* first, std::size_t row) {
      ranges.emplace(first, first + page_tokens * row);
      total += page_tokens * row;
    };
    for (const nn::kv_layer& l : c.layout().layers)
      for (std::size_t h = 0; h < l.n_heads_kv; ++h) {
        add(c.keys(l, 0, h).data(), l.bytes_k_row);
        if (l.bytes_v_row) add(c.values(l, 0, h).data(), l.bytes_v_row);
      }
    CHECK(ranges.size() == 5);
    const std::byte* end = c.page_data(0);
    for (const auto& [first, last] : ranges) {
      CHECK(first >= end);
      end = last;
    }
    CHECK(end <= c.page_data(0) + c.layout().bytes_page);
    CHECK(total <= c.layout().bytes_page);
    CHECK(c.layout().bytes_page < total + 2 * buffer::alignment);
    CHECK(c.layout().layers[0].bytes_k_row == row_bytes(type, 32));
  }
}

TEST_CASE("kv_cache: a full cache refuses, naming its size") {
  nn::kv_cache c(pool_of(2), 100);
  CHECK(c.capacity() == 100);
  REQUIRE(c.prepare(0, 100));
  const auto full = c.prepare(100, 101);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == errc::full);
  CHECK(full.error().what.find("100") != std::string::npos);
}

TEST_CASE("kv_cache: a fork shares pages until one side writes") {
  counting memory;
  const auto pool = pool_of(8, memory);
  nn::kv_cache a(pool, 256);
  REQUIRE(a.prepare(0, 150));
  for (std::size_t i = 0; i < 150; ++i) write(a, i, static_cast<float>(i));
  nn::kv_cache b = a.fork(130);  // three pages, the last with two tokens
  for (std::size_t page = 0; page < 3; ++page) CHECK(a.page_data(page) == b.page_data(page));
  REQUIRE(b.prepare(130, 140));
  CHECK(a.page_data(0) == b.page_data(0));
  CHECK(a.page_data(1) == b.page_data(1));
  CHECK(a.page_data(2) != b.page_data(2));
  CHECK(read(b, 129) == 129);  // copied with the page
  write(b, 130, -1);
  CHECK(read(a, 130) == 130);
  // a's page now has one user: writing needs no copy
  const std::byte* before = a.page_data(2);
  REQUIRE(a.prepare(150, 151));
  CHECK(a.page_data(2) == before);
  CHECK(memory.n == 1);  // the slab of the beginning was enough
}

TEST_CASE("kv_cache: writing into a shared first page copies that page alone") {
  const auto pool = pool_of(8);
  nn::kv_cache a(pool, 256);
  REQUIRE(a.prepare(0, 128));
  write(a, 0, 5);
  nn::kv_cache b = a.fork(128);
  REQUIRE(a.prepare(0, 1));
  CHECK(a.page_data(0) != b.page_data(0));
  CHECK(a.page_data(1) == b.page_data(1));
  write(a, 0, 6);
  CHECK(read(b, 0) == 5);
}

TEST_CASE("kv_cache: truncate gives pages back and keeps the one in use") {
  const auto pool = pool_of(4);
  nn::kv_cache c(pool, 256);
  REQUIRE(c.prepare(0, 256));
  write(c, 63, 1);
  c.truncate(64);
  nn::kv_cache other(pool, 192);
  REQUIRE(other.prepare(0, 192));  // the three pages that came back
  CHECK(read(c, 63) == 1);
  std::set<const std::byte*> pages = {c.page_data(0), other.page_data(0), other.page_data(1), other.page_data(2)};
  CHECK(pages.size() == 4);
  c.truncate(1);
  CHECK(read(c, 63) == 1);
  c.truncate(0);
  nn::kv_cache last(pool, 64);
  REQUIRE(last.prepare(0, 1));
}

TEST_CASE("kv_cache: no page is lost over many forks, writes and truncations") {
  counting memory;
  {
    const auto pool = pool_of(12, memory);
    for (int round = 0; round < 100; ++round) {
      nn::kv_cache a(pool, 256);
      REQUIRE(a.prepare(0, 200));
      nn::kv_cache b = a.fork(200), c = b.fork(70);
      REQUIRE(b.prepare(190, 256));
      REQUIRE(c.prepare(70, 100));
      a.truncate(10);
      a = std::move(b);
      nn::kv_cache moved(std::move(c));
      REQUIRE(moved.prepare(100, 130));
    }
    CHECK(memory.n == 1);  // never more than twelve pages at once, so never a second slab
    CHECK(pool->bytes() == 12 * pool->layout().bytes_page);
  }
  CHECK(memory.bytes == 0);
}

TEST_CASE("kv_cache: it grows beyond the first slab, and a refusal changes nothing visible") {
  counting memory;
  const auto pool = pool_of(2, memory);
  nn::kv_cache a(pool, 640), b(pool, 640);
  REQUIRE(a.prepare(0, 128));
  memory.refuse_from = 1;
  const auto refused = b.prepare(0, 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::no_memory);
  nn::kv_cache twin = a.fork(128);
  write(a, 0, 3);
  CHECK_FALSE(a.prepare(0, 1));  // a copy is needed and cannot be had
  CHECK(read(a, 0) == 3);
  CHECK(a.page_data(0) == twin.page_data(0));
  memory.refuse_from = 1000;
  REQUIRE(a.prepare(0, 1));
  REQUIRE(b.prepare(0, 640));
  CHECK(read(a, 0) == 3);
}

#if RETORT_THREADS
TEST_CASE("kv_cache: forks on several threads") {
  const auto pool = pool_of(4);
  nn::kv_cache root(pool, 256);
  REQUIRE(root.prepare(0, 200));
  for (std::size_t i = 0; i < 200; ++i) write(root, i, static_cast<float>(i));
  std::atomic<int> wrong{0};
  const auto work = [&](float mark) {
    for (int round = 0; round < 200; ++round) {
      nn::kv_cache mine = root.fork(200);
      if (!mine.prepare(150, 210)) ++wrong;
      write(mine, 150, mark);
      if (read(mine, 150) != mark || read(mine, 149) != 149) ++wrong;
    }
  };
  std::thread a(work, -1.0f), b(work, -2.0f);
  work(-3.0f);
  a.join();
  b.join();
  CHECK(wrong == 0);
  CHECK(read(root, 150) == 150);
}
#endif
