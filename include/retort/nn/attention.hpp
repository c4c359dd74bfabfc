// Causal attention over cache pages with grouped queries; the core that latent
// attention shares.
#pragma once

#include <retort/nn/linear.hpp>
#include <retort/nn/rope.hpp>

#include <cmath>

RETORT_BEGIN
namespace nn {

/// Positions whose softmax is computed in one go. Longer contexts are cut at
/// multiples of it and merged in order, the same way for every batch size and
/// thread count: that is what makes the result independent of both.
inline constexpr std::size_t split_tokens = 512;

/// A softmax-weighted sum over some positions, not yet divided.
///
/// m  largest score   l  sum of exp(score - m)   o  sum of exp(score - m) * value
/// source  online softmax, arXiv:1805.02867; FlashAttention-2 arXiv:2307.08691 section 3.1
struct softmax_part {
  float* m = nullptr;   // [n_q]
  float* l = nullptr;   // [n_q]
  float* o = nullptr;   // [n_q, dim_v]

  static std::size_t floats(std::size_t n_q, std::size_t dim_v) noexcept { return n_q * (2 + dim_v); }
  static softmax_part in(float* memory, std::size_t n_q) noexcept { return {memory, memory + n_q, memory + 2 * n_q}; }
};

/// into = into + part, as if both had been one softmax.
inline void merge(const simd::kernels& k, softmax_part into, softmax_part part, std::size_t n_q,
                  std::size_t dim_v) noexcept {
  for (std::size_t i = 0; i < n_q; ++i) {
    const float m = std::max(into.m[i], part.m[i]);
    const float a = std::exp(into.m[i] - m), b = std::exp(part.m[i] - m);
    into.m[i] = m;
    into.l[i] = into.l[i] * a + part.l[i] * b;
    k.scale(a, dim_v, into.o + i * dim_v);
    k.axpy(b, part.o + i * dim_v, dim_v, into.o + i * dim_v);
  }
}

/// out = o / l; with sinks, an extra logit per head that only joins the denominator.
///
/// shape   sinks [n_q] or none   out [n_q, out_stride]
inline void finish(const simd::kernels& k, softmax_part p, std::size_t n_q, std::size_t dim_v, const float* sinks,
                   float* out, std::size_t out_stride) noexcept {
  for (std::size_t i = 0; i < n_q; ++i) {
    float l = p.l[i], a = 1;
    if (sinks) {
      const float m = std::max(p.m[i], sinks[i]);
      a = std::exp(p.m[i] - m);
      l = l * a + std::exp(sinks[i] - m);
    }
    float* y = out + i * out_stride;
    std::memcpy(y, p.o + i * dim_v, dim_v * sizeof(float));
    k.scale(a / l, dim_v, y);
  }
}

/// Which rows of a cache a group of queries looks at, and how.
struct attention_view {
  const simd::cache_kernels* kernels = nullptr;
  const kv_cache* cache = nullptr;
  const kv_layer* layer = nullptr;
  std::size_t head_kv = 0;
  std::size_t dim_k = 0;             ///< channels of a key row that are compared
  std::size_t dim_v = 0;             ///< channels of a value row that are summed
  bool values_in_keys = false;       ///< latent attention: the value is the front of the key row
  float scale = 1;
};

/// Queries of several tokens that look at the same cache rows together, so that a row is read once for all of them.
struct query_block {
  const float* q = nullptr;          // [n_tokens * group, stride]
  std::size_t stride = 0;
  std::size_t group = 1;             ///< queries of a token
  std::size_t n_tokens = 1;
  std::size_t first_end = 0;         ///< the first token sees the positions before this, each later token one more
  [[nodiscard]] std::size_t n_q() const noexcept { return n_tokens * group; }
};

/// The part over positions [begin, end), which lie inside one split; a token sees fewer where its own end comes first.
///
/// shape   scores scratch [n_q, split_tokens]
inline void attend(const simd::kernels& k, const attention_view& v, std::size_t begin, std::size_t end, query_block b,
                   float* scores, softmax_part out) noexcept {
  const kv_layer& l = *v.layer;
  const auto each_page = [&](auto&& f) {
    for (std::size_t j = begin; j < end;) {
      const std::size_t page = j / page_tokens, first = j % page_tokens;
      const std::size_t n = std::min(page_tokens - first, end - j);
      f(page, first, n, j - begin);
      j += n;
    }
  };
  each_page([&](std::size_t page, std::size_t first, std::size_t n, std::size_t at) {
    v.kernels->scores(b.q, b.stride, b.n_q(), v.cache->keys(l, page, v.head_kv) + first * l.bytes_k_row, l.bytes_k_row, n,
                      v.dim_k, v.scale, scores + at, split_tokens);
  });
  for (std::size_t i = 0; i < b.n_q(); ++i) {
    float* s = scores + i * split_tokens;
    const std::size_t n = std::min(end, b.first_end + i / b.group) - begin;
    out.m[i] = k.max(s, n);
    out.l[i] = k.exp_sum(s, n, out.m[i]);
    std::fill(s + n, s + (end - begin), 0.0f);
  }
  std::memset(out.o, 0, b.n_q() * v.dim_v * sizeof(float));
  each_page([&](std::size_t page, std::size_t first, std::size_t n, std::size_t at) {
    const std::byte* rows = v.values_in_keys ? v.cache->keys(l, page, v.head_kv) : v.cache->values(l, page, v.head_kv);
    const std::size_t stride = v.values_in_keys ? l.bytes_k_row : l.bytes_v_row;
    v.kernels->weighted_sum(scores + at, split_tokens, b.n_q(), rows + first * stride, stride, n, v.dim_v, out.o, v.dim_v);
  });
}

/// Tokens of a prompt that look at the cache together.
[[nodiscard]] inline std::size_t tokens_together(std::size_t group) noexcept { return std::max<std::size_t>(1, 16 / group); }

/// Scratch of one attention call: per worker for whole queries, and the parts
/// of a single query whose splits run in parallel.
struct attention_scratch {
  float* worker = nullptr;           // [n_workers, worker_floats]
  std::size_t worker_floats = 0;
  float* parts = nullptr;            // [n_groups, n_splits, part floats]   one token
  std::size_t parts_floats = 0;

  static std::size_t floats_per_worker(std::size_t group, std::size_t dim_k, std::size_t dim_v) noexcept {
    const std::size_t n_q = group * tokens_together(group);
    return n_q * (split_tokens + dim_k) + 2 * softmax_part::floats(n_q, dim_v);
  }
};

/// What one attention call computes: queries in, weighted values out.
struct attention_call {
  const float* q = nullptr;          // [n_tokens, n_heads, q_stride]
  std::size_t q_stride = 0;
  std::size_t n_heads = 0;
  std::size_t group = 1;             ///< query heads that run together on one key-value head
  std::size_t heads_per_kv = 1;      ///< query heads that share a key-value head; a multiple of group
  std::size_t window = 0;            ///< only the last `window` positions are seen; 0 = all
  const float* sinks = nullptr;      // [n_heads] or none
  float* out = nullptr;              // head h of token t begins at h * out_stride + t * out_token_stride
  std::size_t out_stride = 0;
  std::size_t out_token_stride = 0;
  attention_view view;               ///< cache and head_kv are filled in per token
};

namespace detail {

/// The positions token `row` may see: [first, last).
inline std::pair<std::size_t, std::size_t> visible(const token_row& row, std::size_t window) noexcept {
  const std::size_t last = row.position + 1;
  return {window && last > window ? last - window : 0, last};
}

/// How many tokens from t on may look at the cache together: one timeline, one after the other, ends in the same split.
inline std::size_t n_together(const attention_call& a, std::span<const token_row> rows, std::size_t t) noexcept {
  std::size_t n = 1;
  const std::size_t most = a.window ? 1 : std::min(tokens_together(a.group), rows.size() - t);
  while (n < most && rows[t + n].cache == rows[t].cache && rows[t + n].position == rows[t].position + n &&
         rows[t + n].position / split_tokens == rows[t].position / split_tokens)
    ++n;
  return n;
}

/// Some tokens from t on, one group of heads, all splits in order.
inline void attend_together(const compute& c, const attention_call& a, const token_row& row, std::size_t t, std::size_t n,
                            std::size_t group, float* memory) noexcept {
  const std::size_t dim_v = a.view.dim_v, head = group * a.group, n_q = n * a.group;
  const std::size_t part_floats = softmax_part::floats(n_q, dim_v);
  softmax_part total = softmax_part::in(memory, n_q);
  softmax_part part = softmax_part::in(memory + part_floats, n_q);
  float* scores = memory + 2 * part_floats;
  float* copies = scores + n_q * split_tokens;
  attention_view v = a.view;
  v.cache = row.cache;
  v.head_kv = head / a.heads_per_kv;
  const auto [first, end_of_first] = visible(row, a.window);
  const std::size_t last = end_of_first + n - 1;
  query_block b{a.q + (t * a.n_heads + head) * a.q_stride, a.q_stride, a.group, n, end_of_first};
  if (n > 1) {
    for (std::size_t i = 0; i < n_q; ++i)
      std::memcpy(copies + i * v.dim_k, a.q + ((t + i / a.group) * a.n_heads + head + i % a.group) * a.q_stride,
                  v.dim_k * sizeof(float));
    b.q = copies;
    b.stride = v.dim_k;
  }
  bool fresh = true;
  for (std::size_t s = first / split_tokens; s * split_tokens < last; ++s) {
    const std::size_t begin = std::max(first, s * split_tokens), end = std::min(last, (s + 1) * split_tokens);
    attend(c.k, v, begin, end, b, scores, fresh ? total : part);
    if (!fresh) merge(c.k, total, part, n_q, dim_v);
    fresh = false;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const softmax_part of_token{total.m + i * a.group, total.l + i * a.group, total.o + i * a.group * dim_v};
    finish(c.k, of_token, a.group, dim_v, a.sinks ? a.sinks + head : nullptr,
           a.out + (t + i) * a.out_token_stride + head * a.out_stride, a.out_stride);
  }
}

/// One token, one group, one split, into its own part (first step of a single long query).
inline void attend_one_split(const compute& c, const attention_call& a, const token_row& row, std::size_t group,
                             std::size_t split, std::size_t n_splits, const attention_scratch& scratch,
                             std::size_t worker) noexcept {
  const auto [first, last] = visible(row, a.window);
  const std::size_t s = first / split_tokens + split, head = group * a.group;
  attention_view v = a.view;
  v.cache = row.cache;
  v.head_kv = head / a.heads_per_kv;
  const std::size_t part_floats = softmax_part::floats(a.group, a.view.dim_v);
  float* memory = scratch.parts + (group * n_splits + split) * part_floats;
  attend(c.k, v, std::max(first, s * split_tokens), std::min(last, (s + 1) * split_tokens),
         {a.q + head * a.q_stride, a.q_stride, a.group, 1, last}, scratch.worker + worker * scratch.worker_floats,
         softmax_part::in(memory, a.group));
}

inline void merge_splits(const compute& c, const attention_call& a, std::size_t group, std::size_t n_splits,
                         const attention_scratch& scratch) noexcept {
  const std::size_t dim_v = a.view.dim_v, head = group * a.group;
  const std::size_t part_floats = softmax_part::floats(a.group, dim_v);
  float* first = scratch.parts + group * n_splits * part_floats;
  const softmax_part total = softmax_part::in(first, a.group);
  for (std::size_t s = 1; s < n_splits; ++s)
    merge(c.k, total, softmax_part::in(first + s * part_floats, a.group), a.group, dim_v);
  finish(c.k, total, a.group, dim_v, a.sinks ? a.sinks + head : nullptr, a.out + head * a.out_stride, a.out_stride);
}

}  // namespace detail

/// Softmax attention of every token of the batch over its own timeline.
///
/// A single token with a long past runs its splits in parallel; many tokens run
/// one task per few tokens and group. Both do the same sums in the same order.
/// cost    2 * n_heads * (dim_k + dim_v) operations per token and visible position
inline task attend_all(compute& c, const batch& b, const attention_call& a, const attention_scratch& scratch) {
  const std::size_t n_groups = a.n_heads / a.group;
  const auto [first, last] = detail::visible(b.rows[0], a.window);
  const std::size_t n_splits = (last - 1) / split_tokens - first / split_tokens + 1;
  const std::size_t part_floats = softmax_part::floats(a.group, a.view.dim_v);
  const double position_ns = static_cast<double>(a.group * (a.view.dim_k + a.view.dim_v)) / 16;
  if (b.n_tokens() == 1 && n_splits > 1 && n_groups * n_splits * part_floats <= scratch.parts_floats) {
    co_await parallel(c, n_groups * n_splits, position_ns * split_tokens, [&](std::size_t i, std::size_t worker) {
      detail::attend_one_split(c, a, b.rows[0], i / n_splits, i % n_splits, n_splits, scratch, worker);
    });
    co_await parallel(c, n_groups, static_cast<double>(n_splits * part_floats), [&](std::size_t g, std::size_t) {
      detail::merge_splits(c, a, g, n_splits, scratch);
    });
    co_return;
  }
  const std::size_t most = a.window ? 1 : tokens_together(a.group), n_tasks = (b.n_tokens() + most - 1) / most;
  co_await parallel(c, n_groups * n_tasks, position_ns * static_cast<double>(last * most),
                    [&](std::size_t i, std::size_t worker) {
                      const std::size_t end = std::min(b.n_tokens(), (i % n_tasks + 1) * most);
                      for (std::size_t t = i % n_tasks * most, n = 0; t < end; t += n) {
                        n = detail::n_together(a, b.rows.first(end), t);
                        detail::attend_together(c, a, b.rows[t], t, n, i / n_tasks,
                                                scratch.worker + worker * scratch.worker_floats);
                      }
                    });
}

}  // namespace nn
RETORT_END
