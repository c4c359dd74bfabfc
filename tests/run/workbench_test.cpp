// Several sessions in one pass, guesses, and beginnings that are shared: none of it may change what is computed.
#include "run/support.hpp"

#include <retort/run/lookup.hpp>

using namespace retort;
using namespace support;
using namespace std::chrono_literals;

namespace {
session_options exact(std::size_t context = 256) {
  auto o = small(context);
  o.reproducible = true;
  return o;
}
}  // namespace

TEST_CASE("batch: sessions stepped together compute what each computes alone") {
  for (const char* kind : {"llama", "qwen3moe", "deepseek2_v3"})
    for (const dtype type : {dtype::f32, dtype::q8_0}) {
      INFO(kind << " " << name(type));
      const model& m = model_of(kind, type);
      auto o = exact();
      o.chunk = 32;
      auto together = batch::make(m, o, 4);
      REQUIRE(together);
      o.in = &*together;
      std::vector<session> sessions;
      std::vector<std::vector<token>> prompts;
      for (std::size_t i = 0; i < 5; ++i) {  // one more than a pass holds; prompts longer and shorter than a chunk
        sessions.push_back(open(m, o));
        prompts.push_back(tiny::tokens(3 + 17 * i, static_cast<unsigned>(i)));
        REQUIRE(sessions[i].sync(prompts[i]));
      }
      std::vector<session*> all;
      for (auto& s : sessions) all.push_back(&s);
      for (int round = 0; round < 3; ++round) {
        const auto done = together->step(all);
        REQUIRE(done);
        CHECK(*done == status::done);
        for (std::size_t i = 0; i < sessions.size(); ++i) {
          CHECK(copy(sessions[i]) == ask(m, exact(), prompts[i]));
          prompts[i].push_back(static_cast<token>(7 * i + 1));
          REQUIRE(sessions[i].push(prompts[i].back()));
        }
      }
    }
}

TEST_CASE("batch: sessions with caches of different types compute what each computes alone") {
  for (const char* kind : {"llama", "deepseek2_v3"}) {
    const model& m = model_of(kind, dtype::q8_0);
    auto o = exact();
    auto together = batch::make(m, o, 4);
    REQUIRE(together);
    const auto tokens = tiny::tokens(70);
    std::vector<session> sessions;
    for (const cache_type type : {cache_type::q8_0, cache_type::f32, cache_type::f16}) {
      auto mine = o;
      mine.in = &*together;
      mine.cache = type;
      sessions.push_back(open(m, mine));
      REQUIRE(sessions.back().sync(tokens));
    }
    session* all[] = {&sessions[0], &sessions[1], &sessions[2]};
    for (int round = 0; round < 3; ++round) {
      REQUIRE(together->step(all));
      for (session* s : all) {
        auto alone = o;
        alone.cache = s == all[0] ? cache_type::q8_0 : s == all[1] ? cache_type::f32 : cache_type::f16;
        CHECK(copy(*s) == ask(m, alone, s->tokens()));
        REQUIRE(s->push(round + 5));
      }
    }
  }
}

TEST_CASE("batch: budgets pause a pass; a session that leaves or goes alone does not disturb the others") {
  const model& m = model_of("llama", dtype::q8_0);
  auto o = exact();
  auto together = batch::make(m, o, 4);
  REQUIRE(together);
  o.in = &*together;
  const auto a = tiny::tokens(40, 1), b = tiny::tokens(50, 2), c = tiny::tokens(60, 3);
  auto x = open(m, o), y = open(m, o);
  REQUIRE(x.sync(a));
  REQUIRE(y.sync(b));
  {
    auto z = open(m, o);
    REQUIRE(z.sync(c));
    session* all[] = {&x, &y, &z};
    const auto first = together->step(all, 0ns);
    REQUIRE(first);
    CHECK(*first == status::running);
  }  // z is gone in the middle of a pass
  session* both[] = {&x, &y};
  REQUIRE(together->step(both, 0ns));
  REQUIRE(x.step());  // alone, in the middle of the common pass
  CHECK(copy(x) == ask(m, exact(), a));
  int steps = 0;
  for (;; ++steps) {
    const auto now = together->step(both, 0ns);
    REQUIRE(now);
    if (*now == status::done) break;
    REQUIRE(steps < 100000);
  }
  CHECK(steps > 1);
  CHECK(copy(y) == ask(m, exact(), b));
  y.cancel();
  REQUIRE(y.push(1));
  REQUIRE(x.push(1));
  const auto stopped = together->step(both);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == errc::cancelled);
  REQUIRE(together->step(both));  // the next call goes on
  CHECK_FALSE(x.logits().empty());
  CHECK_FALSE(y.logits().empty());
}

TEST_CASE("batch: forks stay in it and share their beginning; strangers are refused") {
  const model& m = model_of("llama");
  auto o = exact();
  auto together = batch::make(m, o, 8);
  REQUIRE(together);
  auto stranger = open(m, o);
  o.in = &*together;
  auto first = open(m, o);
  const auto persona = tiny::tokens(150);
  REQUIRE(first.sync(persona));
  REQUIRE(first.step());
  auto twin = first.fork();
  REQUIRE(twin);
  REQUIRE(first.push(1));
  REQUIRE(twin->push(2));
  session* both[] = {&first, &*twin};
  REQUIRE(together->step(both));
  auto longer = persona;
  longer.push_back(2);
  CHECK(copy(*twin) == ask(m, exact(), longer));
  session* wrong[] = {&stranger};
  CHECK(together->step(wrong).error().code == errc::bad_argument);
  auto too_long = o;
  too_long.context = 512;
  CHECK(session::make(m, too_long).error().code == errc::bad_argument);
  CHECK(session::make(model_of("qwen3"), o).error().code == errc::mismatch);
  CHECK(batch::make(m, exact(), 0).error().code == errc::bad_argument);
}

TEST_CASE("guess: the logits after each guess are those of the shorter timeline, and rewinding keeps them") {
  for (const char* kind : {"llama", "deepseek2_v3"}) {
    const model& m = model_of(kind, dtype::q8_0);
    auto o = exact();
    o.max_guesses = 4;
    auto s = open(m, o);
    const auto a = tiny::tokens(40);
    REQUIRE(s.sync(a));
    REQUIRE(s.step());
    CHECK(s.logits(1).empty());
    REQUIRE(s.push(11));
    const token more[] = {12, 13, 14};
    REQUIRE(s.guess(more));
    CHECK(s.logits().empty());
    REQUIRE(s.step());
    auto b = a;
    for (const token t : {11, 12, 13, 14}) {
      b.push_back(t);
      const auto row = s.logits(44 - b.size());
      CHECK(logits(row.begin(), row.end()) == ask(m, exact(), b));
    }
    CHECK(s.logits(4).empty());
    REQUIRE(s.rewind(42));
    b.resize(42);
    CHECK(copy(s) == ask(m, exact(), b));  // without computing
    REQUIRE(s.push(99));
    REQUIRE(s.step());
    b.push_back(99);
    CHECK(copy(s) == ask(m, exact(), b));
    const token many[] = {1, 2, 3, 4, 5, 6};
    CHECK(s.guess(many).error().code == errc::bad_argument);
    CHECK(s.guess({}).error().code == errc::bad_argument);
  }
}

TEST_CASE("look_up: what followed the latest of the longest ends") {
  const std::vector<token> seen = {1, 2, 3, 4, 50, 51, 9, 3, 4, 60, 61, 62, 7, 1, 2, 3, 4};
  std::vector<token> out(3);
  CHECK(look_up(seen, out) == 3);
  CHECK(out == std::vector<token>{50, 51, 9});         // four tokens agree there, only two later on
  CHECK(look_up(std::span(seen).first(9), out) == 3);  // ..., 3, 4: the two were followed by 50, 51, 9
  CHECK(out == std::vector<token>{50, 51, 9});
  CHECK(look_up(std::span(seen).first(5), out) == 0);
  CHECK(look_up({}, out) == 0);
  const std::vector<token> same(10, 5);
  CHECK(look_up(same, out) == 1);
}

TEST_CASE("prefix cache: a beginning is computed once, for everyone of the same owner") {
  const model& m = model_of("llama", dtype::q8_0);
  auto store = prefix_cache::make(m, 1 << 22, cache_type::f32);
  REQUIRE(store);
  auto o = exact();
  o.prefixes = &*store;
  const auto a = tiny::tokens(150, 1);
  {
    auto s = open(m, o);
    (void)ask(s, a);
    s.remember();
    CHECK(store->n_beginnings() == 1);
  }
  CHECK(store->bytes() > 0);
  auto b = a;
  b[120] = (b[120] + 1) % 256;
  auto s = open(m, o);
  REQUIRE(s.sync(b));
  CHECK(s.n_computed() == 120);
  REQUIRE(s.step());
  CHECK(copy(s) == ask(m, exact(), b));
  auto whole = open(m, o);
  REQUIRE(whole.sync(a));
  CHECK(whole.n_computed() == 149);  // the last token is computed for its logits
  REQUIRE(whole.step());
  CHECK(copy(whole) == ask(m, exact(), a));
  auto longer = a;
  longer.push_back(3);
  (void)ask(whole, longer);
  whole.remember();
  CHECK(store->n_beginnings() == 1);  // the longer one took the place of the shorter one
  o.owner = "another";
  auto other = open(m, o);
  REQUIRE(other.sync(a));
  CHECK(other.n_computed() == 0);
  store->clear();
  CHECK(store->n_beginnings() == 0);
  auto wrong = o;
  wrong.cache = cache_type::f16;
  CHECK(session::make(m, wrong).error().code == errc::mismatch);
  CHECK(session::make(model_of("qwen3"), o).error().code == errc::mismatch);
  CHECK(prefix_cache::make(m, 10, cache_type::f32).error().code == errc::bad_argument);
}

TEST_CASE("prefix cache: its memory is a limit; what was not used for longest goes, then steps say no") {
  const model& m = model_of("llama");
  counting_allocator host;
  auto small_store = prefix_cache::make(m, 1, cache_type::f32, &host);
  REQUIRE_FALSE(small_store);
  const auto page = m.quote(exact(64));
  REQUIRE(page);
  auto store = prefix_cache::make(m, 4 * page->cache, cache_type::f32, &host);
  REQUIRE(store);
  const auto taken = host.n;
  auto o = exact();
  o.prefixes = &*store;
  auto s = open(m, o);
  for (unsigned i = 0; i < 10; ++i) {
    const auto a = tiny::tokens(100, i);
    CHECK(ask(s, a) == ask(m, exact(), a));
    s.remember();
    CHECK(store->bytes() <= 4 * page->cache);
  }
  CHECK(host.n == taken);
  auto t = open(m, o);
  REQUIRE(t.sync(tiny::tokens(100, 77)));
  REQUIRE(t.step());  // two pages each
  auto u = open(m, o);
  REQUIRE(u.sync(tiny::tokens(10, 78)));
  const auto full = u.step();
  REQUIRE_FALSE(full);
  CHECK(full.error().code == errc::no_memory);
  REQUIRE(s.rewind(0));
  REQUIRE(u.step());
}
