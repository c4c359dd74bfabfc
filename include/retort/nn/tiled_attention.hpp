// Attention of many tokens of one timeline, as products of matrices. Positions
// are taken a tile at a time: keys and values of the tile become floats once, keys
// turned so that positions are lanes, and every query of the batch meets them there.
// A query keeps a running softmax from tile to tile.
#pragma once

#include <retort/nn/attention.hpp>

RETORT_BEGIN
namespace nn {

/// Positions of a tile.
inline constexpr std::size_t tile_tokens = 2 * page_tokens;

/// Keys and values of the positions [first, end) as floats, and what the queries have summed so far.
struct attention_tile {
  std::size_t n_heads_kv = 0, dim_k = 0, dim_v = 0;
  float* keys = nullptr;             // [n_heads_kv, tile_tokens / page_tokens, dim_k, page_tokens]
  float* values = nullptr;           // [n_heads_kv, tile_tokens, dim_v_row()]
  float* totals = nullptr;           // softmax_part of [n_heads_kv, n_tokens, group] queries, values dim_v_row() wide
  std::size_t first = 0, end = 0;

  /// A row of values, in whole vectors.
  [[nodiscard]] static std::size_t row(std::size_t dim_v) noexcept { return align_up(dim_v, 16); }
  [[nodiscard]] std::size_t dim_v_row() const noexcept { return row(dim_v); }
  [[nodiscard]] float* keys_of(std::size_t head, std::size_t page) const noexcept {
    return keys + (head * (tile_tokens / page_tokens) + page) * dim_k * page_tokens;
  }
  [[nodiscard]] float* values_of(std::size_t head, std::size_t at) const noexcept {
    return values + (head * tile_tokens + at) * dim_v_row();
  }

  static attention_tile take(arena& from, std::size_t n_tokens, std::size_t n_heads, std::size_t n_heads_kv, std::size_t dim_k,
                             std::size_t dim_v) {
    attention_tile t;
    t.n_heads_kv = n_heads_kv;
    t.dim_k = dim_k;
    t.dim_v = dim_v;
    t.keys = from.take<float>(n_heads_kv * tile_tokens * dim_k);
    t.values = from.take<float>(n_heads_kv * tile_tokens * row(dim_v));
    t.totals = from.take<float>(softmax_part::floats(n_tokens * n_heads, row(dim_v)));
    return t;
  }
};

/// Tokens whose queries meet a tile together: about 96 queries.
[[nodiscard]] inline std::size_t tokens_of_block(std::size_t group) noexcept { return std::max<std::size_t>(1, 96 / group); }

/// Scratch of a worker: the queries of a block, scaled, and their scores.
[[nodiscard]] inline std::size_t tiled_floats_per_worker(std::size_t group, std::size_t dim_k) noexcept {
  return group * tokens_of_block(group) * (dim_k + tile_tokens);
}

namespace detail {

/// to[i, j] = x[j, i]: n rows of x become columns of one page of turned keys.
inline void turn(const float* x, std::size_t x_stride, std::size_t n, std::size_t dim, float* to) noexcept {
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < dim; ++i) to[i * page_tokens + j] = x[j * x_stride + i];
}

/// The queries of n tokens from t on, of one key-value head, against the tile.
inline void attend_block(const compute& c, const attention_call& a, const batch& b, const attention_tile& tile, bool fresh,
                         std::size_t head, std::size_t t, std::size_t n, float* memory) noexcept {
  const std::size_t group = a.group, n_q = n * group, dim_k = tile.dim_k, dim_v = tile.dim_v_row();
  const softmax_part all = softmax_part::in(tile.totals, b.n_tokens() * a.n_heads);
  const std::size_t at = (head * b.n_tokens() + t) * group;
  const softmax_part total{all.m + at, all.l + at, all.o + at * dim_v};
  if (fresh) {
    std::fill_n(total.m, n_q, -1e30f);
    std::fill_n(total.l, n_q, 0.0f);
    std::fill_n(total.o, n_q * dim_v, 0.0f);
  }
  /// Places in the tile that a token sees.
  const auto seen = [&](std::size_t token) {
    const auto [first, last] = visible(b.rows[token], a.window);
    const std::size_t from = std::clamp(first, tile.first, tile.end), to = std::clamp(last, from, tile.end);
    return std::pair(from - tile.first, to - tile.first);
  };
  const std::size_t begin = seen(t).first, end = seen(t + n - 1).second;
  if (begin >= end) return;

  float* q = memory;                                      // [n_q, dim_k]
  float* scores = memory + n_q * dim_k;                   // [n_q, tile_tokens]
  for (std::size_t i = 0; i < n_q; ++i)
    std::memcpy(q + i * dim_k, a.q + ((t + i / group) * a.n_heads + head * group + i % group) * a.q_stride, dim_k * sizeof(float));
  c.k.scale(a.view.scale, n_q * dim_k, q);
  for (std::size_t page = begin / page_tokens; page * page_tokens < end; ++page)
    c.k.gemm({q, dim_k, tile.keys_of(head, page), page_tokens, scores + page * page_tokens, tile_tokens, n_q, page_tokens, dim_k, false});
  for (std::size_t i = 0; i < n_q; ++i) {
    float* s = scores + i * tile_tokens;
    const auto [from, to] = seen(t + i / group);
    if (from < to) {
      const float m = std::max(total.m[i], c.k.max(s + from, to - from));
      const float shrunk = std::exp(total.m[i] - m);
      total.m[i] = m;
      total.l[i] = total.l[i] * shrunk + c.k.exp_sum(s + from, to - from, m);
      if (shrunk < 1) c.k.scale(shrunk, dim_v, total.o + i * dim_v);
    }
    std::fill(s + begin, s + std::min(from, end), 0.0f);
    std::fill(s + std::max(begin, to), s + end, 0.0f);
  }
  c.k.gemm({scores + begin, tile_tokens, tile.values_of(head, begin), dim_v, total.o, dim_v, n_q, dim_v, end - begin, true});
}

}  // namespace detail

/// The first tile that some token of the batch sees.
[[nodiscard]] inline std::size_t first_tile(const batch& b, std::size_t window) noexcept {
  return detail::visible(b.rows[0], window).first / tile_tokens * tile_tokens;
}

/// Awaitable: every query of the batch goes on with the positions of the tile.
///
/// needs   rows of one timeline in the order of their positions; group = heads_per_kv; fresh for the first tile of all
/// cost    2 * n_heads * (dim_k + dim_v) operations per token and position
/// source  online softmax, arXiv:1805.02867; blocks of queries and keys: FlashAttention-2 arXiv:2307.08691
/// tested  tests/nn/tiled_attention_test.cpp
[[nodiscard]] inline auto attend_tile(compute& c, const attention_call& a, const batch& b, attention_tile tile, bool fresh,
                                      const attention_scratch& scratch) {
  const std::size_t block = tokens_of_block(a.group), n_blocks = (b.n_tokens() + block - 1) / block;
  const double task_ns = static_cast<double>(block * a.group * (tile.end - tile.first) * (tile.dim_k + tile.dim_v)) / 64;
  return parallel(c, tile.n_heads_kv * n_blocks, task_ns,
                  [&c, &a, &b, tile, fresh, &scratch, block, n_blocks](std::size_t i, std::size_t worker) {
                    const std::size_t t = i % n_blocks * block;
                    detail::attend_block(c, a, b, tile, fresh, i / n_blocks, t, std::min(block, b.n_tokens() - t),
                                         scratch.worker + worker * scratch.worker_floats);
                  });
}

/// Awaitable: the sums of all tiles become what attention gives.
[[nodiscard]] inline auto finish_tiles(compute& c, const attention_call& a, const batch& b, const attention_tile& tile) {
  return parallel(c, b.n_tokens(), static_cast<double>(a.n_heads * tile.dim_v), [&c, &a, &b, tile](std::size_t t, std::size_t) {
    const std::size_t n = b.n_tokens(), dim_v = tile.dim_v_row();
    const softmax_part all = softmax_part::in(tile.totals, n * a.n_heads);
    for (std::size_t h = 0; h < a.n_heads; ++h) {
      const std::size_t i = (h / a.group * n + t) * a.group + h % a.group;
      finish(c.k, {all.m + i, all.l + i, all.o + i * dim_v}, 1, tile.dim_v, a.sinks ? a.sinks + h : nullptr,
             a.out + t * a.out_token_stride + h * a.out_stride, 0);
    }
  });
}

}  // namespace nn
RETORT_END
