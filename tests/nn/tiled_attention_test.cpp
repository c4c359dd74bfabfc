#include "nn/attention_scene.hpp"

#include <retort/nn/gqa.hpp>

using namespace attention_test;

namespace {

/// Attention of tokens [first, n), [n_tokens][n_heads * dim_v]. Memory begins as NaN: nothing may be read that was not
/// written.
std::vector<std::vector<float>> attend(scene& s, std::size_t first, std::size_t window, bool sinks, threads& pool,
                                       const simd::kernels& kernels = simd::scalar::table) {
  std::vector<float> out((s.n - first) * s.n_heads * s.dim_v);
  const auto rows = s.rows(first);
  const nn::attention_call a = s.call(first, window, sinks, out.data());
  const nn::pass_size size{rows.size(), pool.size(), 0, false};
  const auto take = [&](arena& memory) {
    nn::gqa_workspace w;
    w.tile = nn::attention_tile::take(memory, rows.size(), s.n_heads, s.n_heads_kv, s.dim, s.dim_v);
    w.scratch =
        nn::attention_scratch::take(memory, nn::tiled_floats_per_worker(a.group, s.dim), s.n_heads, s.dim_v, size);
    return w;
  };
  arena measure = arena::measuring();
  (void)take(measure);
  arena memory(std::move(*buffer::make(measure.peak(), "a tile")));
  const nn::gqa_workspace w = take(memory);
  std::memset(w.tile.keys.data(), 0xff, measure.peak() - buffer::alignment);
  arena frames(std::move(*buffer::make(1 << 14, "frames")));
  nn::compute c(pool, frames, kernels);
  const nn::token_rows b{rows, {}, {}};
  const nn::block_call io{b, 0, {}, {}, memory, size};
  task t = nn::attend_tiles(c, io, a, w);
  REQUIRE(c.step(t.handle(), nullptr));
  return split(out, rows.size());
}

}  // namespace

TEST_CASE("tiled attention: lengths around pages and tiles, windows, sinks, against the reference, on every target") {
  calling_thread alone;
  for (const simd::target target : simd::available())
    for (const std::size_t n : {1u, 63u, 64u, 65u, 127u, 128u, 129u, 300u}) {
      scene s(n);
      for (const std::size_t first : {std::size_t{0}, n / 2, n - 1})
        for (const std::size_t window : {0u, 1u, 24u, 130u})
          for (const bool sinks : {false, true}) {
            INFO(simd::name(target) << " length " << n << " from " << first << " window " << window << " sinks "
                                    << sinks);
            const auto got = attend(s, first, window, sinks, alone, simd::kernels_for(target));
            double most = 0;
            for (std::size_t p = first; p < n; p += 7)
              most = std::max(most, worst(got[p - first], reference(s, p, window, sinks)));
            CHECK(most < bound(n));
          }
    }
}

#if RETORT_THREADS
TEST_CASE("tiled attention: the same bits on any number of threads") {
  calling_thread alone;
  const auto pool = thread_pool::make(3);
  REQUIRE(pool);
  scene s(400);
  for (const std::size_t window : {0u, 150u})
    CHECK(attend(s, 100, window, true, **pool) == attend(s, 100, window, true, alone));
}
#endif

TEST_CASE("tiled attention: a token sees nothing behind itself") {
  calling_thread alone;
  check_nothing_behind_is_seen([&](scene& s) { return attend(s, 0, 0, false, alone); });
}
