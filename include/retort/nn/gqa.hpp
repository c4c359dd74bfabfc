// Grouped-query attention: several query heads share the keys and values of one head.
// Next: nn/tiled_attention.hpp (prompts), nn/attention.hpp (few tokens).
#pragma once

#include <retort/nn/linear.hpp>
#include <retort/nn/norm.hpp>
#include <retort/nn/rope.hpp>
#include <retort/nn/tiled_attention.hpp>

RETORT_BEGIN
namespace nn {

struct gqa_config {
  std::size_t dim = 0;  ///< width of the residual stream
  std::size_t n_heads = 0, n_heads_kv = 0;
  std::size_t dim_head = 0, dim_head_v = 0;
  std::size_t dim_rope = 0;
  pair_style style = pair_style::halves;
  float scale = 1;  ///< of the scores, usually 1 / sqrt(dim_head)
  float eps = 0;    ///< of the q and k norms
  double temperature = 0,
         temperature_length = 1;  ///< queries are multiplied by 1 + temperature ln(1 + floor(p / length))
  [[nodiscard]] std::size_t group() const noexcept { return n_heads / n_heads_kv; }
};

struct gqa_weights {
  weight_matrix wq;           // [n_heads * dim_head, dim]
  weight_matrix wk;           // [n_heads_kv * dim_head, dim]
  weight_matrix wv;           // [n_heads_kv * dim_head_v, dim]
  weight_matrix wo;           // [dim, n_heads * dim_head_v]
  const float* bq = nullptr;  // [n_heads * dim_head] or none
  const float* bk = nullptr;
  const float* bv = nullptr;
  const float* bo = nullptr;
  const float* q_norm = nullptr;  // [dim_head] per head, or [n_heads * dim_head] over all, or none
  const float* k_norm = nullptr;
  bool norm_over_heads = false;  ///< the norm spans all heads (OLMoE), not one (Qwen3)
  const float* sinks = nullptr;  // [n_heads] or none
  std::size_t window = 0;
};

struct gqa_workspace {
  tensor<float, 3> q;  // [n_tokens, n_heads, dim_head]
  tensor<float, 3> k;  // [n_tokens, n_heads_kv, dim_head]
  tensor<float, 3> v;  // [n_tokens, n_heads_kv, dim_head_v]
  activation_rows o;   // [n_tokens, n_heads * dim_head_v]
  attention_scratch scratch;
  attention_tile tile;

  static gqa_workspace take(arena& memory, const gqa_config& g, const pass_size& size) noexcept {
    const std::size_t n = size.n_tokens;
    gqa_workspace s;
    s.q = retort::take<float>(memory, n, g.n_heads, g.dim_head);
    s.k = retort::take<float>(memory, n, g.n_heads_kv, g.dim_head);
    s.v = retort::take<float>(memory, n, g.n_heads_kv, g.dim_head_v);
    s.o = activation_rows::take(memory, n, g.n_heads * g.dim_head_v, size.bf16);
    const std::size_t floats = std::max(attention_scratch::floats_per_worker(g.group(), g.dim_head, g.dim_head_v),
                                        tiled_floats_per_worker(g.group(), g.dim_head));
    s.scratch = attention_scratch::take(memory, floats, g.n_heads, g.dim_head_v, size);
    s.tile = attention_tile::take(memory, n, g.n_heads, g.n_heads_kv, g.dim_head, g.dim_head_v);
    return s;
  }
};

namespace detail {

/// Norm and rotate the queries and keys of one token, then write its cache row.
inline void finish_qkv(const compute& c, const gqa_config& g, const gqa_weights& w, const block_call& io,
                       const gqa_workspace& s, std::size_t t) noexcept {
  const tensor<float, 2> q = s.q(t), k = s.k(t), v = s.v(t);
  const auto normalize = [&](tensor<float, 2> x, const float* weight) {
    if (!weight) return;
    if (w.norm_over_heads) return c.k.rms_norm(x.data(), weight, x.shape(0) * x.shape(1), g.eps, x.data());
    for (std::size_t h = 0; h < x.shape(0); ++h) c.k.rms_norm(x.at(h), weight, x.shape(1), g.eps, x.at(h));
  };
  normalize(q, w.q_norm);
  normalize(k, w.k_norm);
  rope(c.k, g.style, q.columns(0, g.dim_rope), io.b.cos(t), io.b.sin(t));
  rope(c.k, g.style, k.columns(0, g.dim_rope), io.b.cos(t), io.b.sin(t));

  const auto [cache, position] = io.b.rows[t];
  if (g.temperature != 0) {
    const double periods = std::floor(static_cast<double>(position) / g.temperature_length);
    c.k.scale(static_cast<float>(1 + g.temperature * std::log1p(periods)), q.shape(0) * q.shape(1), q.data());
  }
  const auto* kernels = c.k.cache(cache->layout().type);
  const kv_layer& kept = io.kept_in(*cache);
  for (std::size_t h = 0; h < g.n_heads_kv; ++h) {
    kernels->store_row(k.at(h), g.dim_head, cache->key(kept, position, h));
    kernels->store_row(v.at(h), g.dim_head_v, cache->value(kept, position, h));
  }
}

/// A page of the tile: keys and values of one head.   memory [dim_k]
inline void expand_page(const compute& c, const kv_cache& cache, const kv_layer& layer, const attention_tile& tile,
                        std::size_t dim_v, std::size_t head, std::size_t at, float* memory) noexcept {
  const auto* kernels = c.k.cache(cache.layout().type);
  const std::size_t page = (tile.first + at) / page_tokens, n = std::min(page_tokens, tile.end - tile.first - at);
  const auto keys = cache.keys(layer, page, head), values = cache.values(layer, page, head);
  const tensor<float, 2> turned = tile.keys(head, at / page_tokens), row{memory, 1, tile.dim_k()};
  for (std::size_t j = 0; j < n; ++j) {
    kernels->load_row(keys.at(j), tile.dim_k(), memory);
    turn(row, turned.columns(j, 1));
    kernels->load_row(values.at(j), dim_v, tile.values.at(head, at + j));
  }
}

}  // namespace detail

/// out = attention(q) of many tokens of one timeline, a tile of positions after the other.
inline task attend_tiles(compute& c, const block_call& io, const attention_call& a, const gqa_workspace& s) {
  const token_rows& b = io.b;
  attention_tile tile = s.tile;
  const std::size_t n_positions = b.rows[b.n_tokens() - 1].position + 1, first = first_tile(b, a.window);
  for (tile.first = first; tile.first < n_positions; tile.first = tile.end) {
    tile.end = std::min(n_positions, tile.first + tile_tokens);
    const std::size_t n_pages = (tile.end - tile.first + page_tokens - 1) / page_tokens;
    const double page_ns = static_cast<double>(page_tokens * tile.dim_k());
    co_await parallel(c, n_pages * tile.n_heads_kv(), page_ns, [&](std::size_t i, std::size_t worker) {
      detail::expand_page(c, *b.rows[0].cache, io.kept_in(*b.rows[0].cache), tile, a.dim_v(), i / n_pages,
                          i % n_pages * page_tokens, s.scratch.worker.at(worker));
    });
    co_await attend_tile(c, a, b, tile, tile.first == first, s.scratch);
  }
  co_await finish_tiles(c, a, b, tile);
}

/// y = Wo * attention(x), reading and writing the cache.
///
/// shape   x [n_tokens, dim] with its rounded forms   y [n_tokens, dim]
/// source  Attention Is All You Need arXiv:1706.03762 eq. 1; GQA arXiv:2305.13245 (heads grouped in blocks)
/// tested  tests/nn/gqa_test.cpp
inline task grouped_query_attention(compute& c, const gqa_config& g, const gqa_weights& w, const block_call& io) {
  const std::size_t n = io.b.n_tokens();
  const gqa_workspace s = gqa_workspace::take(io.memory, g, io.size);
  const auto as_rows = [n](tensor<float, 3> x) { return tensor<float, 2>(x.data(), n, x.shape(1) * x.shape(2)); };
  co_await linear(c, linear_job{&w.wq, io.x, as_rows(s.q), w.bq}, linear_job{&w.wk, io.x, as_rows(s.k), w.bk},
                  linear_job{&w.wv, io.x, as_rows(s.v), w.bv});
  co_await parallel(c, n, static_cast<double>(g.n_heads * g.dim_head),
                    [&](std::size_t t, std::size_t) { detail::finish_qkv(c, g, w, io, s, t); });

  attention_call a;
  a.q = s.q;  // [n_tokens, n_heads, dim_head]
  a.out = {s.o.x, n, g.n_heads, g.dim_head_v};
  a.group = a.heads_per_kv = g.group();
  a.window = w.window;
  a.sinks = w.sinks;
  a.layer = io.layer;
  a.scale = g.scale;
  if (io.b.tiled) co_await attend_tiles(c, io, a, s);
  else co_await attend_all(c, io.b, a, s.scratch);

  co_await round_rows(c, s.o, rounded_forms::of(w.wo));
  co_await linear(c, linear_job{&w.wo, s.o, io.y, w.bo});
}

/// The mixer of most layers.
class gqa final : public mixer {
 public:
  gqa_config how;
  gqa_weights w;

  [[nodiscard]] task pass(compute& c, const block_call& io) const override {
    return grouped_query_attention(c, how, w, io);
  }
  void measure(arena& memory, const pass_size& size) const override { (void)gqa_workspace::take(memory, how, size); }
  void keep(kv_layout& layout) const override { layout.add_rows(how.n_heads_kv, how.dim_head, how.dim_head_v); }
  [[nodiscard]] std::string summary() const override {
    return std::to_string(how.n_heads) + "/" + std::to_string(how.n_heads_kv) + " heads of " +
           std::to_string(how.dim_head);
  }
};

}  // namespace nn
RETORT_END
