// Multi-head latent attention (DeepSeek-V2, V3, R1): the cache holds one small
// latent row per token; keys and values of all heads are linear in it.
//
// The two forms below are equal in algebra. Absorbed: fold the up-projections
// into the query and the output, and attend over the latents themselves; best
// for few tokens, since a cache row is read once for all heads. Tiled: expand
// each tile of latents to keys and values of every head; best for many tokens,
// since the expansion is shared by all of them.
#pragma once

#include <retort/nn/linear.hpp>
#include <retort/nn/norm.hpp>
#include <retort/nn/rope.hpp>
#include <retort/nn/tiled_attention.hpp>

RETORT_BEGIN
namespace nn {

struct mla_config {
  std::size_t dim = 0;
  std::size_t n_heads = 0;
  std::size_t dim_latent = 0;  ///< c_kv, kv_lora_rank
  std::size_t dim_nope = 0;    ///< key channels that come from the latent
  std::size_t dim_rope = 0;    ///< key channels that carry the position, shared by all heads
  std::size_t dim_v = 0;
  std::size_t dim_q_latent = 0;  ///< q_lora_rank; 0 = the query has no latent
  pair_style style = pair_style::adjacent;
  float scale = 1;  ///< magnitude^2 / sqrt(dim_nope + dim_rope)
  float eps = 0;
  [[nodiscard]] std::size_t dim_qk() const noexcept { return dim_nope + dim_rope; }
  [[nodiscard]] std::size_t dim_row() const noexcept { return dim_latent + dim_rope; }
};

/// The per-head slices of the latent up-projections.
struct mla_head {
  weight_matrix w_uk_t;  // [dim_latent, dim_nope]   absorbs the query
  weight_matrix w_uk;    // [dim_nope, dim_latent]   expands keys
  weight_matrix w_uv;    // [dim_v, dim_latent]      expands values, or the weighted latent
};

struct mla_weights {
  weight_matrix wq;                  // [n_heads * dim_qk, dim]             without a query latent
  weight_matrix wq_a, wq_b;          // [dim_q_latent, dim], [n_heads * dim_qk, dim_q_latent]
  const float* q_a_norm = nullptr;   // [dim_q_latent]
  weight_matrix wkv_a;               // [dim_latent + dim_rope, dim]
  const float* kv_a_norm = nullptr;  // [dim_latent]
  std::vector<mla_head> heads;       // [n_heads]
  weight_matrix wo;                  // [dim, n_heads * dim_v]
};

namespace detail {

/// Query heads that share one walk over the latents in the absorbed form.
inline std::size_t mla_group(std::size_t n_heads) noexcept {
  for (std::size_t g : {8u, 4u, 2u})
    if (n_heads % g == 0 && n_heads > g) return g;
  return 1;
}

}  // namespace detail

struct mla_workspace {
  activation_rows q_a;         // [n_tokens, dim_q_latent]
  tensor<float, 3> q;          // [n_tokens, n_heads, dim_qk]
  tensor<float, 2> kv_a;       // [n_tokens, dim_latent + dim_rope]
  activation_rows o;           // [n_tokens, n_heads * dim_v]
  tensor<linear_job, 1> jobs;  // [2 * n_heads]
  attention_scratch scratch;
  // absorbed
  activation_rows q_nope;    // [n_heads * n_tokens, dim_nope]
  tensor<float, 3> q_row;    // [n_tokens, n_heads, dim_latent + dim_rope]
  activation_rows o_latent;  // [n_heads * n_tokens, dim_latent]
  // tiled
  activation_rows c;      // [tile_tokens, dim_latent]
  tensor<float, 2> k_pe;  // [tile_tokens, dim_rope]
  tensor<float, 3> up;    // [n_heads, tile_tokens, dim_nope | dim_v]
  attention_tile tile;

  static mla_workspace take(arena& memory, const mla_config& m, const pass_size& size) noexcept {
    const std::size_t n = size.n_tokens, H = m.n_heads;
    mla_workspace s;
    s.q_a = activation_rows::take(memory, n, m.dim_q_latent);
    s.q = retort::take<float>(memory, n, H, m.dim_qk());
    s.kv_a = retort::take<float>(memory, n, m.dim_row());
    s.o = activation_rows::take(memory, n, H * m.dim_v);
    s.jobs = retort::take<linear_job>(memory, 2 * H);
    const std::size_t absorbed = attention_scratch::floats_per_worker(detail::mla_group(H), m.dim_row(), m.dim_latent);
    const std::size_t tiled = tiled_floats_per_worker(1, m.dim_qk());
    s.scratch = attention_scratch::take(memory, std::max(absorbed, tiled), H, m.dim_latent, size);
    s.q_nope = activation_rows::take(memory, H * n, m.dim_nope);
    s.q_row = retort::take<float>(memory, n, H, m.dim_row());
    s.o_latent = activation_rows::take(memory, H * n, m.dim_latent);
    s.c = activation_rows::take(memory, tile_tokens, m.dim_latent);
    s.k_pe = retort::take<float>(memory, tile_tokens, m.dim_rope);
    s.up = retort::take<float>(memory, H, tile_tokens, m.dim_nope + m.dim_v);
    s.tile = attention_tile::take(memory, n, H, H, m.dim_qk(), m.dim_v);
    return s;
  }
};

namespace detail {

/// Rotates q_pe and k_pe of one token, norms its latent, writes its cache row.
inline void finish_latent(const compute& c, const mla_config& g, const mla_weights& w, const block_call& io,
                          const mla_workspace& s, std::size_t t) noexcept {
  rope(c.k, g.style, s.q(t).columns(g.dim_nope, g.dim_rope), io.b.cos(t), io.b.sin(t));
  const tensor<float, 2> a = s.kv_a.rows(t, 1);  // [1, dim_latent | dim_rope]
  c.k.rms_norm(a.data(), w.kv_a_norm, g.dim_latent, g.eps, a.data());
  rope(c.k, g.style, a.columns(g.dim_latent, g.dim_rope), io.b.cos(t), io.b.sin(t));
  const auto [cache, position] = io.b.rows[t];
  c.k.cache(cache->layout().type)->store_row(a.data(), g.dim_row(), cache->key(io.kept_in(*cache), position, 0));
}

}  // namespace detail

/// o = attention(q) with the up-projections folded into q and o.
///
///   q~_h = W_uk_h^T q_nope_h;  score_j = scale (q~_h . c_j + q_pe_h . k_pe_j);  o_h = W_uv_h sum_j a_j c_j
inline task attend_absorbed(compute& c, const mla_config& g, const mla_weights& w, const block_call& io,
                            const mla_workspace& s) {
  const std::size_t n = io.b.n_tokens(), H = g.n_heads;
  co_await parallel(c, n, static_cast<double>(H * g.dim_qk()) / 8, [&](std::size_t t, std::size_t) {
    for (std::size_t h = 0; h < H; ++h) {
      const float* q = s.q.at(t, h);  // [dim_nope | dim_rope]
      std::memcpy(s.q_nope.rows(h * n + t, 1).x, q, g.dim_nope * sizeof(float));
      std::memcpy(s.q_row.at(t, h) + g.dim_latent, q + g.dim_nope, g.dim_rope * sizeof(float));
    }
  });
  co_await round_rows(c, s.q_nope, rounded_forms::of(w.heads[0].w_uk_t));
  for (std::size_t h = 0; h < H; ++h) {
    const auto to = tensor<float, 2>::strided(s.q_row.at(0, h), n, g.dim_latent, s.q_row.stride());
    s.jobs[h] = {&w.heads[h].w_uk_t, s.q_nope.rows(h * n, n), to};
  }
  co_await linear(c, std::span<const linear_job>(s.jobs.data(), H));

  attention_call a;
  a.q = s.q_row;  // [n_tokens, n_heads, dim_row]
  a.out = tensor<float, 3>(s.o_latent.x, H, n, g.dim_latent).swapped();
  a.group = detail::mla_group(H);
  a.heads_per_kv = H;
  a.layer = io.layer;
  a.values_in_keys = true;
  a.scale = g.scale;
  co_await attend_all(c, io.b, a, s.scratch);

  co_await round_rows(c, s.o_latent, rounded_forms::of(w.heads[0].w_uv));
  for (std::size_t h = 0; h < H; ++h)
    s.jobs[h] = {&w.heads[h].w_uv, s.o_latent.rows(h * n, n), s.o.floats().columns(h * g.dim_v, g.dim_v)};
  co_await linear(c, std::span<const linear_job>(s.jobs.data(), H));
}

namespace detail {

/// A page of one head: its keys, those that the latents gave and those all heads share, and its values.
inline void collect_page(const mla_config& g, const mla_workspace& s, const attention_tile& tile, std::size_t head,
                         std::size_t at) noexcept {
  const std::size_t n = std::min(page_tokens, tile.end - tile.first - at);
  const tensor<float, 2> up = s.up(head).rows(at, n), keys = tile.keys(head, at / page_tokens);
  turn(up.columns(0, g.dim_nope), keys.rows(0, g.dim_nope));
  turn(s.k_pe.rows(at, n), keys.rows(g.dim_nope, g.dim_rope));
  for (std::size_t j = 0; j < n; ++j)
    std::memcpy(tile.values.at(head, at + j), up.at(j) + g.dim_nope, g.dim_v * sizeof(float));
}

}  // namespace detail

/// o = attention(q) with every tile of latents expanded to keys and values.
///
///   k_nope_h = W_uk_h c;  v_h = W_uv_h c;  score_j = scale (q_nope_h . k_nope_hj + q_pe_h . k_pe_j);  o_h = sum_j a_j
///   v_hj
/// needs   all rows of the batch on one timeline
inline task attend_latent_tiles(compute& c, const mla_config& g, const mla_weights& w, const block_call& io,
                                const mla_workspace& s) {
  const std::size_t H = g.n_heads;
  const kv_cache& cache = *io.b.rows[0].cache;
  const dtype type = cache.layout().type;
  const std::size_t n_positions = io.b.rows[io.b.n_tokens() - 1].position + 1;
  attention_call a;
  a.q = s.q;  // [n_tokens, n_heads, dim_qk]
  a.out = {s.o.x, io.b.n_tokens(), H, g.dim_v};
  a.scale = g.scale;
  attention_tile tile = s.tile;
  for (tile.first = 0; tile.first < n_positions; tile.first = tile.end) {
    tile.end = std::min(n_positions, tile.first + tile_tokens);
    const std::size_t n = tile.end - tile.first, n_pages = (n + page_tokens - 1) / page_tokens;
    const activation_rows latents = s.c.rows(0, n);
    co_await parallel(c, n, static_cast<double>(g.dim_row()) * 0.2, [&](std::size_t j, std::size_t) {
      const std::byte* row = cache.key(io.kept_in(cache), tile.first + j, 0);
      c.k.cache(type)->load_row(row, g.dim_latent, s.c.rows(j, 1).x);
      c.k.cache(type)->load_row(row + row_bytes(type, g.dim_latent), g.dim_rope, s.k_pe.at(j));
    });
    co_await round_rows(c, latents, rounded_forms::of(w.heads[0].w_uk) | rounded_forms::of(w.heads[0].w_uv));
    for (std::size_t h = 0; h < H; ++h) {
      const tensor<float, 2> up = s.up(h).rows(0, n);
      s.jobs[2 * h] = {&w.heads[h].w_uk, latents, up.columns(0, g.dim_nope)};
      s.jobs[2 * h + 1] = {&w.heads[h].w_uv, latents, up.columns(g.dim_nope, g.dim_v)};
    }
    co_await linear(c, std::span<const linear_job>(s.jobs.data(), 2 * H));
    co_await parallel(c, H * n_pages, static_cast<double>(page_tokens * g.dim_qk()), [&](std::size_t i, std::size_t) {
      detail::collect_page(g, s, tile, i / n_pages, i % n_pages * page_tokens);
    });
    co_await attend_tile(c, a, io.b, tile, tile.first == 0, s.scratch);
  }
  co_await finish_tiles(c, a, io.b, tile);
}

/// y = Wo * latent attention(x), reading and writing the cache.
///
/// shape   x [n_tokens, dim] with its rounded forms   y [n_tokens, dim]
/// source  DeepSeek-V2 arXiv:2405.04434 section 2.1 (eq. 9-19), absorption: end of section 2.1.2
/// tested  tests/nn/mla_test.cpp: both forms against the double-precision reference
inline task latent_attention(compute& c, const mla_config& g, const mla_weights& w, const block_call& io) {
  const std::size_t n = io.b.n_tokens(), dim_q = g.n_heads * g.dim_qk();
  const mla_workspace s = mla_workspace::take(io.memory, g, io.size);
  const tensor<float, 2> q{s.q.data(), n, dim_q};
  if (g.dim_q_latent == 0) {
    co_await linear(c, linear_job{&w.wq, io.x, q}, linear_job{&w.wkv_a, io.x, s.kv_a});
  } else {
    co_await linear(c, linear_job{&w.wq_a, io.x, s.q_a.floats()}, linear_job{&w.wkv_a, io.x, s.kv_a});
    co_await rms_norm(c, s.q_a.floats(), w.q_a_norm, g.eps, s.q_a.floats());
    co_await round_rows(c, s.q_a, rounded_forms::of(w.wq_b));
    co_await linear(c, linear_job{&w.wq_b, s.q_a, q});
  }
  co_await parallel(c, n, static_cast<double>(dim_q),
                    [&](std::size_t t, std::size_t) { detail::finish_latent(c, g, w, io, s, t); });
  if (io.b.tiled) co_await attend_latent_tiles(c, g, w, io, s);
  else co_await attend_absorbed(c, g, w, io, s);
  co_await round_rows(c, s.o, rounded_forms::of(w.wo));
  co_await linear(c, linear_job{&w.wo, s.o, io.y});
}

/// The mixer of DeepSeek's layers from V2 on.
class mla final : public mixer {
 public:
  mla_config how;
  mla_weights w;

  [[nodiscard]] task pass(compute& c, const block_call& io) const override { return latent_attention(c, how, w, io); }
  void measure(arena& memory, const pass_size& size) const override { (void)mla_workspace::take(memory, how, size); }
  void keep(kv_layout& layout) const override { layout.add_rows(1, how.dim_row(), 0, how.dim_latent); }
  [[nodiscard]] std::string summary() const override {
    const auto n = [](std::size_t x) { return std::to_string(x); };
    return n(how.n_heads) + " latent heads (c " + n(how.dim_latent) + ", nope " + n(how.dim_nope) + ", rope " +
           n(how.dim_rope) + ", v " + n(how.dim_v) + ")";
  }
};

}  // namespace nn
RETORT_END
