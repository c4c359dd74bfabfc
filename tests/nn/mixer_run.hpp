// Runs a mixer over a text without a model: its own cache in f32, any cut of the text, any number of threads.
#pragma once

#include "catch.hpp"

#include <retort/nn/pass.hpp>
#include <retort/nn/rope.hpp>
#include <retort/simd/scalar.hpp>

#include <algorithm>
#include <vector>

namespace mixer_run {

using namespace retort;

/// What the mixer gives for x [n_tokens, dim], `chunk` tokens at a time: [n_tokens, dim].
inline std::vector<float> run(const nn::mixer& layer, std::size_t dim_rope, tensor<const float, 2> x, std::size_t chunk,
                              bool tiled, threads& pool) {
  const std::size_t n = x.shape(0), dim = x.shape(1), half = dim_rope / 2;
  nn::kv_layout layout;
  layout.type = dtype::f32;
  layer.keep(layout);
  const auto pages = *nn::kv_pool::make(layout, (n + 63) / 64, system_allocator());
  nn::kv_cache cache(pages, n);
  REQUIRE(cache.prepare(0, n));
  nn::rope_config rc;
  rc.dim_rope = dim_rope;
  const auto f = nn::rope_frequencies(rc);
  arena measure = arena::measuring();
  layer.measure(measure, {chunk, pool.size(), n, false});
  arena memory(std::move(*buffer::make(measure.peak(), "the workspace")));
  arena frames(std::move(*buffer::make(1 << 14, "frames")));
  nn::compute c(pool, frames, simd::scalar::table);
  std::vector<float> out(n * dim);
  for (std::size_t at = 0; at < n; at += chunk) {
    const std::size_t m = std::min(chunk, n - at);
    std::vector<float> cos(m * half), sin(m * half);
    std::vector<nn::token_row> rows;
    for (std::size_t i = 0; i < m; ++i) {
      rows.push_back({&cache, at + i});
      nn::rope_angles(f, 1, at + i, &cos[i * half], &sin[i * half]);
    }
    nn::token_rows b{rows, {cos.data(), m, half}, {sin.data(), m, half}};
    b.tiled = tiled;
    activations a;
    a.n_tokens = m;
    a.n_in = dim;
    a.x = x.at(at);
    memory.rewind(0);
    const nn::block_call io{b, 0, a, {out.data() + at * dim, m, dim}, memory, {m, pool.size(), n, false}};
    task t = layer.pass(c, io);
    REQUIRE(c.step(t.handle(), nullptr));
  }
  return out;
}

}  // namespace mixer_run
