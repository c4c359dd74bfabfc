// Saving a session and restoring it: the same bits go on, and whatever does not fit is refused.
#include "run/support.hpp"

using namespace retort;
using namespace support;

namespace {
std::vector<std::byte> save(const session& s) {
  auto bytes = s.save();
  if (!bytes) FAIL(bytes.error().what);
  return std::move(*bytes);
}
/// A session with something in it that must survive a refusal.
struct untouched {
  session s;
  logits want;
  explicit untouched(const model& m, const session_options& o = small()) : s(open(m, o)) {
    want = ask(s, tiny::tokens(40, 9));
  }
  void refuses(std::span<const std::byte> state, errc code) {
    const auto r = s.restore(state);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == code);
    CHECK(r.error().what.find("saved session") != std::string::npos);
    check();
  }
  void check() {
    CHECK(s.tokens().size() == 40);
    CHECK(s.n_computed() == 40);
    CHECK(copy(s) == want);
  }
};
}  // namespace

TEST_CASE("saved: another session goes on from the bytes with the same bits") {
  for (const char* kind : {"llama", "deepseek2_v2"})
    for (const cache_type cache : {cache_type::f32, cache_type::f16, cache_type::q8_0}) {
      const model& m = model_of(kind);
      auto o = small();
      o.cache = cache;
      o.reproducible = true;
      auto s = open(m, o);
      const auto a = tiny::tokens(100);
      const logits want = ask(s, a);
      const auto state = save(s);
      auto t = open(m, o);
      (void)ask(t, tiny::tokens(20, 3));
      REQUIRE(t.restore(state));
      CHECK(std::equal(a.begin(), a.end(), t.tokens().begin(), t.tokens().end()));
      CHECK(t.n_computed() == 100);
      CHECK(copy(t) == want);
      auto longer = a;
      longer.insert(longer.end(), {5, 6});
      CHECK(ask(t, longer) == ask(s, longer));
      CHECK(save(t) == save(s));
    }
}

TEST_CASE("saved: an unfinished timeline is saved as far as it is computed") {
  const model& m = model_of("llama");
  auto o = small();
  o.chunk = 16;
  o.reproducible = true;
  auto s = open(m, o);
  const auto a = tiny::tokens(60);
  REQUIRE(s.sync(a));
  while (s.n_computed() < 32) REQUIRE(s.step(std::chrono::nanoseconds(0)));
  const auto state = save(s);
  auto t = open(m, o);
  REQUIRE(t.restore(state));
  CHECK(t.tokens().size() == 32);
  CHECK(t.n_computed() == 32);
  CHECK(t.logits().empty());
  REQUIRE(t.step());  // computes the last one again, for its logits
  CHECK(copy(t) == ask(m, o, std::span(a).first(32)));
  CHECK(ask(t, a) == ask(m, o, a));
  REQUIRE(s.step());  // and saving disturbed nothing
  CHECK(copy(s) == ask(m, o, a));
}

TEST_CASE("saved: an empty session") {
  const model& m = model_of("llama");
  auto s = open(m, small()), t = open(m, small());
  (void)ask(t, tiny::tokens(10));
  REQUIRE(t.restore(save(s)));
  CHECK(t.tokens().empty());
  CHECK(t.logits().empty());
  CHECK(ask(t, tiny::tokens(10)) == ask(s, tiny::tokens(10)));
}

TEST_CASE("saved: cut off at any length") {
  const model& m = model_of("llama");
  auto s = open(m, small());
  (void)ask(s, tiny::tokens(3));
  const auto state = save(s);
  untouched t(m);
  for (std::size_t n = 0; n < state.size(); n += n < 200 ? 1 : 97) t.refuses(std::span(state).first(n), errc::bad_file);
  auto longer = state;
  longer.push_back(std::byte{0});
  t.refuses(longer, errc::bad_file);
}

TEST_CASE("saved: one flipped bit anywhere") {
  const model& m = model_of("llama");
  auto s = open(m, small());
  (void)ask(s, tiny::tokens(3));
  const auto state = save(s);
  untouched t(m);
  for (std::size_t i = 0; i < state.size(); i += i < 200 ? 1 : 41) {
    auto bad = state;
    bad[i] ^= std::byte{static_cast<unsigned char>(1u << (i % 8))};
    const auto r = t.s.restore(bad);
    INFO("byte " << i);
    REQUIRE_FALSE(r);
    CHECK((r.error().code == errc::bad_file || r.error().code == errc::mismatch || r.error().code == errc::full));
  }
  t.check();
  REQUIRE(t.s.restore(state));
}

TEST_CASE("saved: of another model, cache type, version, or longer than the context") {
  const model& m = model_of("llama");
  auto s = open(m, small());
  (void)ask(s, tiny::tokens(50));
  const auto state = save(s);
  {
    untouched other(model_of("llama", dtype::f32, 2));  // same shapes, other weights
    other.refuses(state, errc::mismatch);
    untouched architecture(model_of("qwen3"));
    architecture.refuses(state, errc::mismatch);
  }
  auto o = small();
  o.cache = cache_type::f16;
  untouched type(m, o);
  type.refuses(state, errc::mismatch);
  untouched brief(m, small(45));
  brief.refuses(state, errc::full);
  untouched version(m);
  auto newer = state;
  newer[8] ^= std::byte{0x40};
  version.refuses(newer, errc::mismatch);
  auto nothing = state;
  nothing[0] = std::byte{'X'};
  version.refuses(nothing, errc::bad_file);
}

TEST_CASE("saved: refused in the middle of a step, the step goes on") {
  const model& m = model_of("llama");
  auto s = open(m, small());
  const auto a = tiny::tokens(50);
  REQUIRE(s.sync(a));
  for (int i = 0; i < 9; ++i) REQUIRE(s.step(std::chrono::nanoseconds(0)));
  CHECK_FALSE(s.restore(std::vector<std::byte>(100)));
  REQUIRE(s.step());
  CHECK(copy(s) == ask(m, small(), a));
}
