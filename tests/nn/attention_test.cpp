#include "nn/attention_scene.hpp"

using namespace attention_test;

namespace {

/// Attention of tokens [first, n), [n_tokens][n_heads * dim_v].
std::vector<std::vector<float>> attend(scene& s, std::size_t first, std::size_t window, bool sinks, threads& pool,
                                       bool split_room = true) {
  std::vector<float> out((s.n - first) * s.n_heads * s.dim_v);
  const auto rows = s.rows(first);
  const nn::attention_call a = s.call(first, window, sinks, out.data());
  const nn::pass_size size{rows.size(), pool.size(), split_room ? 8 * split_tokens : 0, false};
  const std::size_t floats = nn::attention_scratch::floats_per_worker(a.group, s.dim, s.dim_v);
  arena measure = arena::measuring();
  (void)nn::attention_scratch::take(measure, floats, s.n_heads, s.dim_v, size);
  arena memory(std::move(*buffer::make(measure.peak(), "scratch")));
  const nn::attention_scratch scratch = nn::attention_scratch::take(memory, floats, s.n_heads, s.dim_v, size);
  arena frames(std::move(*buffer::make(1 << 14, "frames")));
  nn::compute c(pool, frames, simd::scalar::table);
  const nn::token_rows b{rows, {}, {}};
  task t = nn::attend_all(c, b, a, scratch);
  REQUIRE(c.step(t.handle(), nullptr));
  return split(out, rows.size());
}

}  // namespace

TEST_CASE("attention: lengths around pages and splits, windows, sinks, against the reference") {
  calling_thread alone;
  for (const std::size_t n : {1u, 2u, 63u, 64u, 65u, 511u, 512u, 513u, 1024u, 1025u, 1300u}) {
    scene s(n);
    for (const std::size_t window : {0u, 1u, 24u, 512u, 600u})
      for (const bool sinks : {false, true}) {
        INFO("length " << n << " window " << window << " sinks " << sinks);
        const auto got = attend(s, n - 1, window, sinks, alone)[0];
        const ref::rows want = reference(s, n - 1, window, sinks);
        CHECK(worst(got, want) < bound(n));
      }
  }
}

#if RETORT_THREADS
TEST_CASE("attention: the same bits alone or in a batch, split or whole, on any number of threads") {
  calling_thread alone;
  const auto pool = thread_pool::make(3);
  REQUIRE(pool);
  scene s(1100);
  for (const std::size_t window : {0u, 700u}) {
    const auto batch = attend(s, 1000, window, true, alone);
    CHECK(attend(s, 1000, window, true, **pool) == batch);
    const std::vector<float> last = batch.back();
    CHECK(attend(s, 1099, window, true, alone)[0] == last);
    CHECK(attend(s, 1099, window, true, alone, false)[0] == last);  // no room for parts: one task per head
    CHECK(attend(s, 1099, window, true, **pool)[0] == last);
  }
}
#endif

TEST_CASE("attention: a token sees nothing behind itself") {
  calling_thread alone;
  check_nothing_behind_is_seen([&](scene& s) { return attend(s, 0, 0, false, alone); });
}

TEST_CASE("attention: two parts merged are one softmax, whatever their maxima") {
  const auto& k = simd::scalar::table;
  for (const float far : {0.0f, 5.0f, 60.0f, -60.0f, 300.0f}) {
    // scores 1 | 1 + far with values 3 | 5
    float a[3] = {1, 1, 3}, b[3] = {1 + far, 1, 5}, out = 0;
    const nn::softmax_part into = nn::softmax_part::in(a, 1, 1);
    nn::merge(k, into, nn::softmax_part::in(b, 1, 1));
    nn::finish(k, into, nullptr, {&out, 1, 1});
    const double s = static_cast<double>(far);
    const ref::vec w = ref::softmax(ref::vec{{1, 1 + s}});
    CHECK(static_cast<double>(out) == Approx(3 * w[0] + 5 * w[1]).epsilon(4 * 0x1p-24));
    const float sink[] = {far};
    nn::finish(k, into, sink, {&out, 1, 1});
    const ref::vec ws = ref::softmax(ref::vec{{1, 1 + s}}, s);
    CHECK(static_cast<double>(out) == Approx(3 * ws[0] + 5 * ws[1]).epsilon(8 * 0x1p-24).margin(1e-30));
  }
}
