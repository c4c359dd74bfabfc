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
  tensor<float, 4> keys;    // [n_heads_kv, tile_tokens / page_tokens, dim_k, page_tokens]
  tensor<float, 3> values;  // [n_heads_kv, tile_tokens, row(dim_v)]
  softmax_part totals;      // [n_heads_kv, n_tokens, group] queries, values row(dim_v) wide
  std::size_t first = 0, end = 0;

  [[nodiscard]] std::size_t n_heads_kv() const noexcept { return keys.shape(0); }
  [[nodiscard]] std::size_t dim_k() const noexcept { return keys.shape(2); }
  /// A row of values, in whole vectors.
  [[nodiscard]] static std::size_t row(std::size_t dim_v) noexcept { return align_up(dim_v, 16); }

  static attention_tile take(arena& memory, std::size_t n_tokens, std::size_t n_heads, std::size_t n_heads_kv,
                             std::size_t dim_k, std::size_t dim_v) noexcept {
    attention_tile t;
    t.keys = retort::take<float>(memory, n_heads_kv, tile_tokens / page_tokens, dim_k, page_tokens);
    t.values = retort::take<float>(memory, n_heads_kv, tile_tokens, row(dim_v));
    const std::size_t n_q = n_tokens * n_heads;
    t.totals = softmax_part::in(memory.take<float>(softmax_part::floats(n_q, row(dim_v))), n_q, row(dim_v));
    return t;
  }
};

/// Tokens whose queries meet a tile together: about 96 queries.
[[nodiscard]] inline std::size_t tokens_of_block(std::size_t group) noexcept {
  return std::max<std::size_t>(1, 96 / group);
}

/// Scratch of a worker: the queries of a block, scaled, and their scores.
[[nodiscard]] inline std::size_t tiled_floats_per_worker(std::size_t group, std::size_t dim_k) noexcept {
  return group * tokens_of_block(group) * (dim_k + tile_tokens);
}

namespace detail {

/// to(i, j) = x(j, i): rows of x become columns of one page of turned keys.
inline void turn(tensor<const float, 2> x, tensor<float, 2> to) noexcept {
  for (std::size_t j = 0; j < x.shape(0); ++j)
    for (std::size_t i = 0; i < x.shape(1); ++i) to(i, j) = x(j, i);
}

/// The queries of n tokens from t on, of one key-value head, against the tile.
inline void attend_block(const compute& c, const attention_call& a, const token_rows& b, const attention_tile& tile,
                         bool fresh, std::size_t head, std::size_t t, std::size_t n, float* memory) noexcept {
  const std::size_t group = a.group, n_q = n * group, dim_k = tile.dim_k();
  const softmax_part total = tile.totals.rows((head * b.n_tokens() + t) * group, n_q);
  if (fresh) {
    std::fill_n(total.m.data(), n_q, -1e30f);
    std::fill_n(total.l.data(), n_q, 0.0f);
    std::fill_n(total.o.data(), n_q * total.dim_v(), 0.0f);
  }
  /// Places in the tile that a token sees.
  const auto seen = [&](std::size_t token) {
    const auto [first, last] = visible(b.rows[token], a.window);
    const std::size_t from = std::clamp(first, tile.first, tile.end), to = std::clamp(last, from, tile.end);
    return std::pair(from - tile.first, to - tile.first);
  };
  const std::size_t begin = seen(t).first, end = seen(t + n - 1).second;
  if (begin >= end) return;

  const tensor<float, 2> q{memory, n_q, dim_k}, scores{memory + n_q * dim_k, n_q, tile_tokens};
  for (std::size_t i = 0; i < n_q; ++i)
    std::memcpy(q.at(i), a.q.at(t + i / group, head * group + i % group), dim_k * sizeof(float));
  c.k.scale(a.scale, n_q * dim_k, q.data());
  for (std::size_t page = begin / page_tokens; page * page_tokens < end; ++page)
    c.k.gemm(q, tile.keys(head, page), scores.columns(page * page_tokens, page_tokens), false);
  for (std::size_t i = 0; i < n_q; ++i) {
    float* s = scores.at(i);
    const auto [from, to] = seen(t + i / group);
    if (from < to) {
      const float m = std::max(total.m[i], c.k.max(s + from, to - from));
      const float shrunk = std::exp(total.m[i] - m);
      total.m[i] = m;
      total.l[i] = total.l[i] * shrunk + c.k.exp_sum(s + from, to - from, m);
      if (shrunk < 1) c.k.scale(shrunk, total.dim_v(), total.o.at(i));
    }
    std::fill(s + begin, s + std::min(from, end), 0.0f);
    std::fill(s + std::max(begin, to), s + end, 0.0f);
  }
  c.k.gemm(scores.columns(begin, end - begin), tile.values(head).rows(begin, end - begin), total.o, true);
}

}  // namespace detail

/// The first tile that some token of the batch sees.
[[nodiscard]] inline std::size_t first_tile(const token_rows& b, std::size_t window) noexcept {
  return detail::visible(b.rows[0], window).first / tile_tokens * tile_tokens;
}

/// Awaitable: every query of the batch goes on with the positions of the tile.
///
/// needs   rows of one timeline in the order of their positions; group = heads_per_kv; fresh for the first tile of all
/// cost    2 * n_heads * (dim_k + dim_v) operations per token and position
/// source  online softmax, arXiv:1805.02867; blocks of queries and keys: FlashAttention-2 arXiv:2307.08691
/// tested  tests/nn/tiled_attention_test.cpp
[[nodiscard]] inline auto attend_tile(compute& c, const attention_call& a, const token_rows& b, attention_tile tile,
                                      bool fresh, const attention_scratch& scratch) {
  const std::size_t block = tokens_of_block(a.group), n_blocks = (b.n_tokens() + block - 1) / block;
  const double task_ns =
      static_cast<double>(block * a.group * (tile.end - tile.first) * (tile.dim_k() + a.dim_v())) / 64;
  return parallel(c, tile.n_heads_kv() * n_blocks, task_ns,
                  [&c, &a, &b, tile, fresh, &scratch, block, n_blocks](std::size_t i, std::size_t worker) {
                    const std::size_t t = i % n_blocks * block;
                    detail::attend_block(c, a, b, tile, fresh, i / n_blocks, t, std::min(block, b.n_tokens() - t),
                                         scratch.worker.at(worker));
                  });
}

/// Awaitable: the sums of all tiles become what attention gives.
[[nodiscard]] inline auto finish_tiles(compute& c, const attention_call& a, const token_rows& b,
                                       const attention_tile& tile) {
  return parallel(c, b.n_tokens(), static_cast<double>(a.n_heads() * a.dim_v()),
                  [&c, &a, &b, tile](std::size_t t, std::size_t) {
                    for (std::size_t h = 0; h < a.n_heads(); ++h) {
                      const std::size_t i = (h / a.group * b.n_tokens() + t) * a.group + h % a.group;
                      finish(c.k, tile.totals.rows(i, 1), a.sinks_from(h), a.out(t).rows(h, 1));
                    }
                  });
}

}  // namespace nn
RETORT_END
