// Multi-head latent attention (DeepSeek-V2, V3, R1): the cache holds one small
// latent row per token; keys and values of all heads are linear in it.
//
// The two forms below are equal in algebra. Absorbed: fold the up-projections
// into the query and the output, and attend over the latents themselves; best
// for few tokens, since a cache row is read once for all heads. Tiled: expand
// each tile of latents to keys and values of every head; best for many tokens,
// since the expansion is shared by all of them.
#pragma once

#include <retort/nn/tiled_attention.hpp>

RETORT_BEGIN
namespace nn {

struct mla_config {
  std::size_t dim = 0;
  std::size_t n_heads = 0;
  std::size_t dim_latent = 0;        ///< c_kv, kv_lora_rank
  std::size_t dim_nope = 0;          ///< key channels that come from the latent
  std::size_t dim_rope = 0;          ///< key channels that carry the position, shared by all heads
  std::size_t dim_v = 0;
  std::size_t dim_q_latent = 0;      ///< q_lora_rank; 0 = the query has no latent
  pair_style style = pair_style::adjacent;
  float scale = 1;                   ///< magnitude^2 / sqrt(dim_nope + dim_rope)
  float eps = 0;
  [[nodiscard]] std::size_t dim_qk() const noexcept { return dim_nope + dim_rope; }
  [[nodiscard]] std::size_t dim_row() const noexcept { return dim_latent + dim_rope; }
};

/// The per-head slices of the latent up-projections.
struct mla_head {
  simd::matrix w_uk_t;               // [dim_latent, dim_nope]   absorbs the query
  simd::matrix w_uk;                 // [dim_nope, dim_latent]   expands keys
  simd::matrix w_uv;                 // [dim_v, dim_latent]      expands values, or the weighted latent
};

struct mla_weights {
  simd::matrix wq;                   // [n_heads * dim_qk, dim]             without a query latent
  simd::matrix wq_a, wq_b;           // [dim_q_latent, dim], [n_heads * dim_qk, dim_q_latent]
  const float* q_a_norm = nullptr;   // [dim_q_latent]
  simd::matrix wkv_a;                // [dim_latent + dim_rope, dim]
  const float* kv_a_norm = nullptr;  // [dim_latent]
  std::vector<mla_head> heads;       // [n_heads]
  simd::matrix wo;                   // [dim, n_heads * dim_v]
};

struct mla_workspace {
  float* q_a = nullptr;              // [n_tokens, dim_q_latent]
  rounded_rows q_a8;
  float* q = nullptr;                // [n_tokens, n_heads, dim_qk]
  float* kv_a = nullptr;             // [n_tokens, dim_latent + dim_rope]
  float* o = nullptr;                // [n_tokens, n_heads, dim_v]
  rounded_rows o8;
  linear_job* jobs = nullptr;        // [2 * n_heads]
  // absorbed
  float* q_nope = nullptr;           // [n_heads, n_tokens, dim_nope]
  rounded_rows q_nope8;
  float* q_row = nullptr;            // [n_tokens, n_heads, dim_latent + dim_rope]
  float* o_latent = nullptr;         // [n_heads, n_tokens, dim_latent]
  rounded_rows o_latent8;
  attention_scratch scratch;
  // tiled
  float* c = nullptr;                // [tile_tokens, dim_latent]
  rounded_rows c8;
  float* k_pe = nullptr;             // [tile_tokens, dim_rope]
  float* up = nullptr;               // [n_heads, tile_tokens, dim_nope | dim_v]
  attention_tile tile;
};

namespace detail {

/// Query heads that share one walk over the latents in the absorbed form.
inline std::size_t mla_group(std::size_t n_heads) noexcept {
  for (std::size_t g : {8u, 4u, 2u})
    if (n_heads % g == 0 && n_heads > g) return g;
  return 1;
}

/// Rotates q_pe and k_pe of one token, norms its latent, writes its cache row.
inline void finish_latent(const compute& c, const mla_config& g, const mla_weights& w, const batch& b,
                          const kv_layer& layer, const mla_workspace& s, std::size_t t) noexcept {
  const float* cos = b.cos + t * (g.dim_rope / 2);
  const float* sin = b.sin + t * (g.dim_rope / 2);
  rope(c.k, g.style, s.q + t * g.n_heads * g.dim_qk() + g.dim_nope, g.n_heads, g.dim_qk(), cos, sin, g.dim_rope);
  float* a = s.kv_a + t * g.dim_row();
  c.k.rms_norm(a, w.kv_a_norm, g.dim_latent, g.eps, a);
  rope(c.k, g.style, a + g.dim_latent, 1, 0, cos, sin, g.dim_rope);
  const auto [cache, position] = b.rows[t];
  std::byte* row = cache->keys(layer, position / page_tokens, 0) + (position % page_tokens) * layer.bytes_k_row;
  c.k.cache(cache->layout().type)->store_row(a, g.dim_row(), row);
}

}  // namespace detail

/// o = attention(q) with the up-projections folded into q and o.
///
///   q~_h = W_uk_h^T q_nope_h;  score_j = scale (q~_h . c_j + q_pe_h . k_pe_j);  o_h = W_uv_h sum_j a_j c_j
inline task attend_absorbed(compute& c, const mla_config& g, const mla_weights& w, const batch& b,
                            const kv_layer& layer, const mla_workspace& s) {
  const std::size_t n = b.n_tokens(), H = g.n_heads, row = g.dim_row();
  const auto q_of = [&](std::size_t t, std::size_t h) { return s.q + (t * H + h) * g.dim_qk(); };
  co_await parallel(c, n, static_cast<double>(H * g.dim_qk()) / 8, [&](std::size_t t, std::size_t) {
    for (std::size_t h = 0; h < H; ++h) {
      std::memcpy(s.q_nope + (h * n + t) * g.dim_nope, q_of(t, h), g.dim_nope * sizeof(float));
      std::memcpy(s.q_row + (t * H + h) * row + g.dim_latent, q_of(t, h) + g.dim_nope, g.dim_rope * sizeof(float));
    }
  });
  co_await round_rows(c, s.q_nope, H * n, g.dim_nope, rounded_forms::of(w.heads[0].w_uk_t), s.q_nope8);
  const auto rows_of_head = [n](const float* x, std::size_t dim, const rounded_rows& r, std::size_t h) {
    return activations_of(x, n, dim, r, h * n);
  };
  for (std::size_t h = 0; h < H; ++h)
    s.jobs[h] = {&w.heads[h].w_uk_t, rows_of_head(s.q_nope, g.dim_nope, s.q_nope8, h), s.q_row + h * row, H * row};
  co_await linear(c, std::span<const linear_job>(s.jobs, H));

  attention_call a;
  a.q = s.q_row;
  a.q_stride = row;
  a.n_heads = a.heads_per_kv = H;
  a.group = detail::mla_group(H);
  a.out = s.o_latent;
  a.out_stride = n * g.dim_latent;
  a.out_token_stride = g.dim_latent;
  a.view.kernels = c.k.cache(b.rows[0].cache->layout().type);
  a.view.layer = &layer;
  a.view.dim_k = row;
  a.view.dim_v = g.dim_latent;
  a.view.values_in_keys = true;
  a.view.scale = g.scale;
  co_await attend_all(c, b, a, s.scratch);

  co_await round_rows(c, s.o_latent, H * n, g.dim_latent, rounded_forms::of(w.heads[0].w_uv), s.o_latent8);
  for (std::size_t h = 0; h < H; ++h)
    s.jobs[h] = {&w.heads[h].w_uv, rows_of_head(s.o_latent, g.dim_latent, s.o_latent8, h), s.o + h * g.dim_v, H * g.dim_v};
  co_await linear(c, std::span<const linear_job>(s.jobs, H));
}

namespace detail {

/// A page of one head: its keys, those that the latents gave and those all heads share, and its values.
inline void collect_page(const mla_config& g, const mla_workspace& s, const attention_tile& tile, std::size_t head, std::size_t at) noexcept {
  const std::size_t n = std::min(page_tokens, tile.end - tile.first - at), per_head = g.dim_nope + g.dim_v;
  const float* up = s.up + (head * tile_tokens + at) * per_head;
  float* keys = tile.keys_of(head, at / page_tokens);
  turn(up, per_head, n, g.dim_nope, keys);
  turn(s.k_pe + at * g.dim_rope, g.dim_rope, n, g.dim_rope, keys + g.dim_nope * page_tokens);
  for (std::size_t j = 0; j < n; ++j)
    std::memcpy(tile.values_of(head, at + j), up + j * per_head + g.dim_nope, g.dim_v * sizeof(float));
}

}  // namespace detail

/// o = attention(q) with every tile of latents expanded to keys and values.
///
///   k_nope_h = W_uk_h c;  v_h = W_uv_h c;  score_j = scale (q_nope_h . k_nope_hj + q_pe_h . k_pe_j);  o_h = sum_j a_j v_hj
/// needs   all rows of the batch on one timeline
inline task attend_latent_tiles(compute& c, const mla_config& g, const mla_weights& w, const batch& b, const kv_layer& layer,
                                const mla_workspace& s) {
  const std::size_t H = g.n_heads, per_head = g.dim_nope + g.dim_v;
  const kv_cache& cache = *b.rows[0].cache;
  const dtype type = cache.layout().type;
  const std::size_t n_positions = b.rows[b.n_tokens() - 1].position + 1;
  attention_call a;
  a.q = s.q;
  a.q_stride = g.dim_qk();
  a.n_heads = H;
  a.out = s.o;
  a.out_stride = g.dim_v;
  a.out_token_stride = H * g.dim_v;
  a.view.scale = g.scale;
  attention_tile tile = s.tile;
  for (tile.first = 0; tile.first < n_positions; tile.first = tile.end) {
    tile.end = std::min(n_positions, tile.first + tile_tokens);
    const std::size_t n = tile.end - tile.first, n_pages = (n + page_tokens - 1) / page_tokens;
    co_await parallel(c, n, static_cast<double>(g.dim_row()) * 0.2, [&](std::size_t j, std::size_t) {
      const std::size_t at = tile.first + j;
      const std::byte* row = cache.keys(layer, at / page_tokens, 0) + at % page_tokens * layer.bytes_k_row;
      c.k.cache(type)->load_row(row, g.dim_latent, s.c + j * g.dim_latent);
      c.k.cache(type)->load_row(row + row_bytes(type, g.dim_latent), g.dim_rope, s.k_pe + j * g.dim_rope);
    });
    co_await round_rows(c, s.c, n, g.dim_latent, rounded_forms::of(w.heads[0].w_uk) | rounded_forms::of(w.heads[0].w_uv), s.c8);
    const auto latents = activations_of(s.c, n, g.dim_latent, s.c8);
    for (std::size_t h = 0; h < H; ++h) {
      float* up = s.up + h * tile_tokens * per_head;
      s.jobs[2 * h] = {&w.heads[h].w_uk, latents, up, per_head};
      s.jobs[2 * h + 1] = {&w.heads[h].w_uv, latents, up + g.dim_nope, per_head};
    }
    co_await linear(c, std::span<const linear_job>(s.jobs, 2 * H));
    co_await parallel(c, H * n_pages, static_cast<double>(page_tokens * g.dim_qk()), [&](std::size_t i, std::size_t) {
      detail::collect_page(g, s, tile, i / n_pages, i % n_pages * page_tokens);
    });
    co_await attend_tile(c, a, b, tile, tile.first == 0, s.scratch);
  }
  co_await finish_tiles(c, a, b, tile);
}

/// y = Wo * latent attention(x), reading and writing the cache.
///
/// shape   x [n_tokens, dim] with its int8 form   y [n_tokens, dim]
/// source  DeepSeek-V2 arXiv:2405.04434 section 2.1 (eq. 9-19), absorption: end of section 2.1.2
/// tested  tests/nn/mla_test.cpp: both forms against the double-precision reference
inline task latent_attention(compute& c, const mla_config& g, const mla_weights& w, const batch& b,
                             const kv_layer& layer, const simd::activations& x, const mla_workspace& s, bool tiled,
                             float* y) {
  const std::size_t n = b.n_tokens(), dim_q = g.n_heads * g.dim_qk(), dim_o = g.n_heads * g.dim_v;
  if (g.dim_q_latent == 0) {
    co_await linear(c, linear_job{&w.wq, x, s.q, dim_q}, linear_job{&w.wkv_a, x, s.kv_a, g.dim_row()});
  } else {
    co_await linear(c, linear_job{&w.wq_a, x, s.q_a, g.dim_q_latent}, linear_job{&w.wkv_a, x, s.kv_a, g.dim_row()});
    co_await rms_norm(c, s.q_a, n, g.dim_q_latent, w.q_a_norm, g.eps, s.q_a);
    co_await round_rows(c, s.q_a, n, g.dim_q_latent, rounded_forms::of(w.wq_b), s.q_a8);
    co_await linear(c, linear_job{&w.wq_b, activations_of(s.q_a, n, g.dim_q_latent, s.q_a8), s.q, dim_q});
  }
  co_await parallel(c, n, static_cast<double>(dim_q),
                    [&](std::size_t t, std::size_t) { detail::finish_latent(c, g, w, b, layer, s, t); });
  if (tiled)
    co_await attend_latent_tiles(c, g, w, b, layer, s);
  else
    co_await attend_absorbed(c, g, w, b, layer, s);
  co_await round_rows(c, s.o, n, dim_o, rounded_forms::of(w.wo), s.o8);
  co_await linear(c, linear_job{&w.wo, activations_of(s.o, n, dim_o, s.o8), y, g.dim});
}

}  // namespace nn
RETORT_END
