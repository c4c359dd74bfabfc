// Grouped-query attention: several query heads share the keys and values of one head.
// Next: nn/tiled_attention.hpp (prompts), nn/attention.hpp (few tokens).
#pragma once

#include <retort/nn/tiled_attention.hpp>

RETORT_BEGIN
namespace nn {

struct gqa_config {
  std::size_t dim = 0;               ///< width of the residual stream
  std::size_t n_heads = 0, n_heads_kv = 0;
  std::size_t dim_head = 0, dim_head_v = 0;
  std::size_t dim_rope = 0;
  pair_style style = pair_style::halves;
  float scale = 1;                   ///< of the scores, usually 1 / sqrt(dim_head)
  float eps = 0;                     ///< of the q and k norms
};

struct gqa_weights {
  simd::matrix wq;                   // [n_heads * dim_head, dim]
  simd::matrix wk;                   // [n_heads_kv * dim_head, dim]
  simd::matrix wv;                   // [n_heads_kv * dim_head_v, dim]
  simd::matrix wo;                   // [dim, n_heads * dim_head_v]
  const float* bq = nullptr;         // [n_heads * dim_head] or none
  const float* bk = nullptr;
  const float* bv = nullptr;
  const float* bo = nullptr;
  const float* q_norm = nullptr;     // [dim_head] per head, or [n_heads * dim_head] over all, or none
  const float* k_norm = nullptr;
  bool norm_over_heads = false;      ///< the norm spans all heads (OLMoE), not one (Qwen3)
  const float* sinks = nullptr;      // [n_heads] or none
  std::size_t window = 0;
};

struct gqa_workspace {
  float* q = nullptr;                // [n_tokens, n_heads, dim_head]
  float* k = nullptr;                // [n_tokens, n_heads_kv, dim_head]
  float* v = nullptr;                // [n_tokens, n_heads_kv, dim_head_v]
  float* o = nullptr;                // [n_tokens, n_heads, dim_head_v]
  rounded_rows o8;                      // [n_tokens, n_heads * dim_head_v]
  attention_scratch scratch;
  attention_tile tile;
};

namespace detail {

/// Norm and rotate the queries and keys of one token, then write its cache row.
inline void finish_qkv(const compute& c, const gqa_config& g, const gqa_weights& w, const batch& b,
                       const kv_layer& layer, const gqa_workspace& s, std::size_t t) noexcept {
  float* q = s.q + t * g.n_heads * g.dim_head;
  float* k = s.k + t * g.n_heads_kv * g.dim_head;
  const float* v = s.v + t * g.n_heads_kv * g.dim_head_v;
  const auto normalize = [&](float* x, std::size_t n_heads, const float* weight) {
    if (!weight) return;
    if (w.norm_over_heads) {
      c.k.rms_norm(x, weight, n_heads * g.dim_head, g.eps, x);
    } else {
      for (std::size_t h = 0; h < n_heads; ++h)
        c.k.rms_norm(x + h * g.dim_head, weight, g.dim_head, g.eps, x + h * g.dim_head);
    }
  };
  normalize(q, g.n_heads, w.q_norm);
  normalize(k, g.n_heads_kv, w.k_norm);
  const float* cos = b.cos + t * (g.dim_rope / 2);
  const float* sin = b.sin + t * (g.dim_rope / 2);
  rope(c.k, g.style, q, g.n_heads, g.dim_head, cos, sin, g.dim_rope);
  rope(c.k, g.style, k, g.n_heads_kv, g.dim_head, cos, sin, g.dim_rope);

  const auto [cache, position] = b.rows[t];
  const auto* kernels = c.k.cache(cache->layout().type);
  const std::size_t page = position / page_tokens, at = position % page_tokens;
  for (std::size_t h = 0; h < g.n_heads_kv; ++h) {
    kernels->store_row(k + h * g.dim_head, g.dim_head, cache->keys(layer, page, h) + at * layer.bytes_k_row);
    kernels->store_row(v + h * g.dim_head_v, g.dim_head_v, cache->values(layer, page, h) + at * layer.bytes_v_row);
  }
}

/// A page of the tile: keys and values of one head.
inline void expand_page(const compute& c, const kv_cache& cache, const kv_layer& layer, const attention_tile& tile,
                        std::size_t head, std::size_t at, float* memory) noexcept {
  const auto* kernels = c.k.cache(cache.layout().type);
  const std::size_t page = (tile.first + at) / page_tokens, n = std::min(page_tokens, tile.end - tile.first - at);
  const std::byte *keys = cache.keys(layer, page, head), *values = cache.values(layer, page, head);
  for (std::size_t j = 0; j < n; ++j) {
    kernels->load_row(keys + j * layer.bytes_k_row, tile.dim_k, memory);
    turn(memory, tile.dim_k, 1, tile.dim_k, tile.keys_of(head, at / page_tokens) + j);
    kernels->load_row(values + j * layer.bytes_v_row, tile.dim_v, tile.values_of(head, at + j));
  }
}

}  // namespace detail

/// out = attention(q) of many tokens of one timeline, a tile of positions after the other.
inline task attend_tiles(compute& c, const batch& b, const kv_layer& layer, const attention_call& a, const gqa_workspace& s) {
  attention_tile tile = s.tile;
  const std::size_t n_positions = b.rows[b.n_tokens() - 1].position + 1, first = first_tile(b, a.window);
  for (tile.first = first; tile.first < n_positions; tile.first = tile.end) {
    tile.end = std::min(n_positions, tile.first + tile_tokens);
    const std::size_t n_pages = (tile.end - tile.first + page_tokens - 1) / page_tokens;
    co_await parallel(c, n_pages * tile.n_heads_kv, static_cast<double>(page_tokens * tile.dim_k), [&](std::size_t i, std::size_t worker) {
      detail::expand_page(c, *b.rows[0].cache, layer, tile, i / n_pages, i % n_pages * page_tokens,
                          s.scratch.worker + worker * s.scratch.worker_floats);
    });
    co_await attend_tile(c, a, b, tile, tile.first == first, s.scratch);
  }
  co_await finish_tiles(c, a, b, tile);
}

/// y = Wo * attention(x), reading and writing the cache.
///
/// needs   for tiled: all rows of the batch on one timeline
/// shape   x [n_tokens, dim] with its int8 form   y [n_tokens, dim]
/// source  Attention Is All You Need arXiv:1706.03762 eq. 1; GQA arXiv:2305.13245 (heads grouped in blocks)
/// tested  tests/nn/attention_test.cpp
inline task grouped_query_attention(compute& c, const gqa_config& g, const gqa_weights& w, const batch& b,
                                    const kv_layer& layer, const simd::activations& x, const gqa_workspace& s,
                                    bool tiled, float* y) {
  const std::size_t n_tokens = b.n_tokens();
  co_await linear(c, linear_job{&w.wq, x, s.q, g.n_heads * g.dim_head, w.bq},
                  linear_job{&w.wk, x, s.k, g.n_heads_kv * g.dim_head, w.bk},
                  linear_job{&w.wv, x, s.v, g.n_heads_kv * g.dim_head_v, w.bv});
  co_await parallel(c, n_tokens, static_cast<double>(g.n_heads * g.dim_head),
                    [&](std::size_t t, std::size_t) { detail::finish_qkv(c, g, w, b, layer, s, t); });

  attention_call a;
  a.q = s.q;
  a.q_stride = g.dim_head;
  a.n_heads = g.n_heads;
  a.group = a.heads_per_kv = g.n_heads / g.n_heads_kv;
  a.window = w.window;
  a.sinks = w.sinks;
  a.out = s.o;
  a.out_stride = g.dim_head_v;
  a.out_token_stride = g.n_heads * g.dim_head_v;
  a.view.kernels = c.k.cache(b.rows[0].cache->layout().type);
  a.view.layer = &layer;
  a.view.dim_k = g.dim_head;
  a.view.dim_v = g.dim_head_v;
  a.view.scale = g.scale;
  if (tiled)
    co_await attend_tiles(c, b, layer, a, s);
  else
    co_await attend_all(c, b, a, s.scratch);

  const std::size_t dim_o = g.n_heads * g.dim_head_v;
  co_await round_rows(c, s.o, n_tokens, dim_o, rounded_forms::of(w.wo), s.o8);
  co_await linear(c, linear_job{&w.wo, activations_of(s.o, n_tokens, dim_o, s.o8), y, g.dim, w.bo});
}

}  // namespace nn
RETORT_END
