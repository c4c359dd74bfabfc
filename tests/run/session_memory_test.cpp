// Where a session's memory comes from, that a step takes none, and what happens
// when there is none.
#include "allocations.hpp"
#include "run/support.hpp"

#include <retort/io/source.hpp>

using namespace retort;
using namespace support;

#if RETORT_THREADS
TEST_CASE("memory: generating allocates nothing after warm-up") {
  const auto pool = thread_pool::make(2);
  REQUIRE(pool);
  for (const char* kind : {"llama", "gpt-oss", "qwen2moe", "deepseek2_v3"})
    for (const dtype type : {dtype::f32, dtype::q8_0})
      for (threads* workers : {static_cast<threads*>(nullptr), static_cast<threads*>(pool->get())}) {
        auto o = small();
        o.pool = workers;
        std::size_t n_logits = 0, n_routes = 0;
        o.on_logits = [&n_logits](std::size_t, std::span<const float>) { ++n_logits; };
        o.on_route = [&n_routes](const expert_route&) { ++n_routes; };
        auto s = open(model_of(kind, type), o);
        auto pick = sampler::make(sampling{}, tiny::n_vocab);
        REQUIRE(pick);
        (void)ask(s, tiny::tokens(30));
        const auto next = [&] {
          const token t = (*pick)(s.logits(), s.tokens());
          const auto pushed = s.push(t % 256);
          const auto stepped = s.step();
          return pushed && stepped && *stepped == status::done;
        };
        REQUIRE(next());
        const auto before = allocations::bytes();
        std::size_t n_good = 0;
        for (int i = 0; i < 64; ++i) n_good += next();
        const auto taken = allocations::bytes() - before;
        INFO(kind << " " << name(type) << (workers ? " on two threads" : ""));
        CHECK(n_good == 64);  // across a page of the cache
        CHECK(taken == 0);
      }
}
#endif

TEST_CASE("memory: budgeted steps, rewind and a shared beginning allocate nothing either") {
  auto s = open(model_of("llama", dtype::q8_0), small());
  const auto a = tiny::tokens(100);
  (void)ask(s, a);
  const auto before = allocations::bytes();
  bool good = true;
  for (std::size_t n = 90; n > 50; n -= 10) {
    good = good && s.rewind(n);
    good = good && s.sync(std::span(a).first(n + 5));
    for (;;) {
      const auto r = s.step(std::chrono::nanoseconds(0));
      if (!r || *r == status::done) break;
    }
  }
  CHECK(good);
  CHECK(allocations::bytes() == before);
}

TEST_CASE("memory: the host's allocator gets everything big, and all of it back") {
  for (const char* kind : {"llama", "deepseek2_v3"}) {
    counting_allocator host;
    auto o = small(1024);
    o.memory = &host;
    const model& m = model_of(kind);
    const auto quote = m.quote(o);
    REQUIRE(quote);
    {
      const auto before = allocations::bytes();
      auto s = open(m, o);
      const auto total = allocations::bytes() - before;  // the host's are the system's and counted as well
      CHECK(total - host.bytes < 64 << 10);              // what is not the host's is small
      CHECK(host.bytes <= quote->total() + 4096);
      CHECK(host.bytes > quote->total() * 9 / 10);
      CHECK(host.largest >= quote->cache);
      const std::size_t after_make = host.n;
      (void)ask(s, tiny::tokens(200));
      CHECK(host.n == after_make);
      auto fork = s.fork();
      REQUIRE(fork);
      CHECK(host.bytes <= quote->total() + quote->workspace + 8192);  // no second cache
    }
    CHECK(host.bytes == 0);
  }
}

TEST_CASE("memory: a hard limit is kept, and what was quoted fits it") {
  const model& m = model_of("deepseek2_v3");
  auto o = small(1024);
  const auto quote = m.quote(o);
  REQUIRE(quote);
  limited_allocator enough(quote->total());
  o.memory = &enough;
  {
    auto s = open(m, o);
    (void)ask(s, tiny::tokens(1000));
    CHECK(enough.used() <= quote->total());
    CHECK(enough.used() > quote->total() / 2);
    CHECK(s.fork().error().code == errc::no_memory);
    (void)ask(s, tiny::tokens(900, 2));
  }
  CHECK(enough.used() == 0);
  limited_allocator too_little(quote->total() / 2);
  o.memory = &too_little;
  CHECK(session::make(m, o).error().code == errc::no_memory);
  CHECK(too_little.used() == 0);
}

TEST_CASE("memory: a session that cannot have its memory says so, wherever it fails") {
  const model& m = model_of("deepseek2_v3");
  std::size_t n_failed = 0;
  for (std::size_t at = 0;; ++at) {
    REQUIRE(at < 100);
    counting_allocator host;
    host.refuse_at = at;
    auto o = small();
    o.memory = &host;
    const auto s = session::make(m, o);
    if (s) break;  // past the last allocation
    ++n_failed;
    CHECK(s.error().code == errc::no_memory);
    CHECK(s.error().what.find("bytes for") != std::string::npos);
    CHECK(host.bytes == 0);
  }
  CHECK(n_failed >= 4);
}

TEST_CASE("memory: a fork that cannot have its memory leaves the session as it was") {
  const model& m = model_of("llama");
  const auto a = tiny::tokens(70);
  std::size_t n_failed = 0;
  for (std::size_t at = 0;; ++at) {
    REQUIRE(at < 100);
    counting_allocator host;
    auto o = small_reproducible();
    o.memory = &host;
    auto s = open(m, o);
    const logits want = ask(s, a);
    host.refuse_at = host.n + at;
    const auto fork = s.fork();
    host.refuse_at = counting_allocator::never;
    CHECK(copy(s) == want);
    if (fork) break;
    ++n_failed;
    CHECK(fork.error().code == errc::no_memory);
    auto longer = a;
    longer.push_back(3);
    CHECK(ask(s, longer) == ask(m, small_reproducible(), longer));
  }
  CHECK(n_failed >= 3);
}

TEST_CASE("memory: a step without memory for its page changes nothing and works later") {
  const model& m = model_of("llama");
  counting_allocator host;
  auto o = small_reproducible(128);  // two pages in all
  o.memory = &host;
  auto s = open(m, o);
  const auto a = tiny::tokens(128);
  const logits want = ask(s, a);
  auto fork = s.fork();  // shares both pages, none is left
  REQUIRE(fork);
  REQUIRE(fork->rewind(100));
  host.refuse_from = 0;
  REQUIRE(fork->push(1));  // must copy the second page
  const auto r = fork->step();
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::no_memory);
  CHECK(fork->n_computed() == 100);
  CHECK(fork->tokens().size() == 101);
  CHECK(copy(s) == want);
  host.refuse_from = counting_allocator::never;
  REQUIRE(fork->step());
  auto b = std::vector<token>(a.begin(), a.begin() + 100);
  b.push_back(1);
  CHECK(copy(*fork) == ask(m, small_reproducible(128), b));
  CHECK(ask(s, std::span(a).first(120)) == ask(m, small_reproducible(128), std::span(a).first(120)));
}

TEST_CASE("memory: restore without memory changes nothing") {
  const model& m = model_of("llama");
  counting_allocator host;
  auto o = small(128);
  o.memory = &host;
  auto s = open(m, o);
  (void)ask(s, tiny::tokens(120, 1));
  const auto state = s.save();
  REQUIRE(state);
  const auto a = tiny::tokens(100, 2);
  const logits want = ask(s, a);
  host.refuse_from = 0;
  const auto r = s.restore(*state);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::no_memory);
  CHECK(copy(s) == want);
  CHECK(s.tokens().size() == 100);
  host.refuse_from = counting_allocator::never;
  REQUIRE(s.restore(*state));
  CHECK(s.n_computed() == 120);
}

TEST_CASE("memory: a model read by the host lives in the host's memory, or is refused") {
  struct from_bytes final : reader {
    std::span<const std::byte> bytes;
    std::uint64_t size() noexcept override { return bytes.size(); }
    bool read(std::uint64_t offset, std::span<std::byte> to) noexcept override {
      std::memcpy(to.data(), bytes.data() + offset, to.size());
      return true;
    }
  };
  // a joined kv_b: the turned key projections are made at load
  const auto file = tiny::make("deepseek2_v3", dtype::f16).bytes();
  from_bytes from;
  from.bytes = file;
  std::size_t n_allocations = 0;
  {
    counting_allocator host;
    model_options o;
    o.memory = &host;
    const auto m = model::read(from, o);
    REQUIRE(m);
    CHECK(m->info().bytes_owned > 0);
    CHECK(host.bytes >= file.size() + m->info().bytes_owned);
    n_allocations = host.n;
  }
  for (std::size_t at = 0; at < n_allocations; ++at) {
    counting_allocator host;
    host.refuse_at = at;
    model_options o;
    o.memory = &host;
    const auto m = model::read(from, o);
    REQUIRE_FALSE(m);
    CHECK(m.error().code == errc::no_memory);
    CHECK(host.bytes == 0);
  }
}
