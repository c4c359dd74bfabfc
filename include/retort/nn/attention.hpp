// Causal attention over cache pages with grouped queries; the core that latent
// attention shares.
#pragma once

#include <retort/nn/pass.hpp>

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
  tensor<float, 1> m, l;  // [n_q]
  tensor<float, 2> o;     // [n_q, dim_v]

  static std::size_t floats(std::size_t n_q, std::size_t dim_v) noexcept { return n_q * (2 + dim_v); }
  static softmax_part in(float* memory, std::size_t n_q, std::size_t dim_v) noexcept {
    const auto at = [memory](std::size_t n) { return memory ? memory + n : nullptr; };  // nothing: it is being measured
    return {{memory, n_q}, {at(n_q), n_q}, {at(2 * n_q), n_q, dim_v}};
  }
  /// The queries [first, first + n).
  [[nodiscard]] softmax_part rows(std::size_t first, std::size_t n) const noexcept {
    return {m.rows(first, n), l.rows(first, n), o.rows(first, n)};
  }
  [[nodiscard]] std::size_t n_q() const noexcept { return m.size(); }
  [[nodiscard]] std::size_t dim_v() const noexcept { return o.shape(1); }
};

/// into = into + part, as if both had been one softmax.
inline void merge(const simd::kernels& k, const softmax_part& into, const softmax_part& part) noexcept {
  for (std::size_t i = 0; i < into.n_q(); ++i) {
    const float m = std::max(into.m[i], part.m[i]);
    const float a = std::exp(into.m[i] - m), b = std::exp(part.m[i] - m);
    into.m[i] = m;
    into.l[i] = into.l[i] * a + part.l[i] * b;
    k.scale(a, into.dim_v(), into.o.at(i));
    k.axpy(b, part.o.at(i), into.dim_v(), into.o.at(i));
  }
}

/// out = o / l; with sinks, an extra logit per head that only joins the denominator.
///
/// shape   sinks [n_q] or none   out [n_q, dim_v], which may be fewer channels than o has
inline void finish(const simd::kernels& k, const softmax_part& p, const float* sinks, tensor<float, 2> out) noexcept {
  for (std::size_t i = 0; i < p.n_q(); ++i) {
    float l = p.l[i], a = 1;
    if (sinks) {
      const float m = std::max(p.m[i], sinks[i]);
      a = std::exp(p.m[i] - m);
      l = l * a + std::exp(sinks[i] - m);
    }
    std::memcpy(out.at(i), p.o.at(i), out.shape(1) * sizeof(float));
    k.scale(a / l, out.shape(1), out.at(i));
  }
}

/// Which rows of a cache a group of queries looks at, and how.
struct attention_view {
  const simd::cache_kernels* kernels = nullptr;
  const kv_cache* cache = nullptr;
  const kv_layer* layer = nullptr;
  std::size_t head_kv = 0;
  bool values_in_keys = false;  ///< latent attention: the value is the front of the key row
  float scale = 1;
};

/// Queries of several tokens that look at the same cache rows together, so that a row is read once for all of them.
struct query_block {
  tensor<const float, 2> q;   // [n_tokens * group, dim_k]
  std::size_t group = 1;      ///< queries of a token
  std::size_t first_end = 0;  ///< the first token sees the positions before this, each later token one more
  [[nodiscard]] std::size_t n_q() const noexcept { return q.shape(0); }
};

/// The part over positions [begin, end), which lie inside one split; a token sees fewer where its own end comes first.
///
/// shape   scores scratch [n_q, split_tokens]
inline void attend(const simd::kernels& k, const attention_view& v, std::size_t begin, std::size_t end,
                   const query_block& b, tensor<float, 2> scores, const softmax_part& out) noexcept {
  const auto each_page = [&](auto&& f) {
    for (std::size_t j = begin; j < end;) {
      const std::size_t page = j / page_tokens, first = j % page_tokens;
      const std::size_t n = std::min(page_tokens - first, end - j);
      f(page, first, n, j - begin);
      j += n;
    }
  };
  each_page([&](std::size_t page, std::size_t first, std::size_t n, std::size_t at) {
    v.kernels->scores(b.q, v.cache->keys(*v.layer, page, v.head_kv).rows(first, n), v.scale, scores.columns(at, n));
  });
  for (std::size_t i = 0; i < b.n_q(); ++i) {
    float* s = scores.at(i);
    const std::size_t n = std::min(end, b.first_end + i / b.group) - begin;
    out.m[i] = k.max(s, n);
    out.l[i] = k.exp_sum(s, n, out.m[i]);
    std::fill(s + n, s + (end - begin), 0.0f);
  }
  std::memset(out.o.data(), 0, b.n_q() * out.dim_v() * sizeof(float));
  each_page([&](std::size_t page, std::size_t first, std::size_t n, std::size_t at) {
    const auto rows =
        v.values_in_keys ? v.cache->keys(*v.layer, page, v.head_kv) : v.cache->values(*v.layer, page, v.head_kv);
    v.kernels->weighted_sum(scores.columns(at, n), rows.rows(first, n), out.o);
  });
}

/// Tokens of a prompt that look at the cache together.
[[nodiscard]] inline std::size_t tokens_together(std::size_t group) noexcept {
  return std::max<std::size_t>(1, 16 / group);
}

/// Scratch of one attention call: per worker for whole queries, and the parts
/// of a single query whose splits run in parallel.
struct attention_scratch {
  tensor<float, 2> worker;  // [n_workers, floats]
  tensor<float, 1> parts;   // [n_groups, n_splits, part floats]   one token

  static std::size_t floats_per_worker(std::size_t group, std::size_t dim_k, std::size_t dim_v) noexcept {
    const std::size_t n_q = group * tokens_together(group);
    return n_q * (split_tokens + dim_k) + 2 * softmax_part::floats(n_q, dim_v);
  }
  /// `floats`: of a worker.
  static attention_scratch take(arena& memory, std::size_t floats, std::size_t n_heads, std::size_t dim_v,
                                const pass_size& size) noexcept {
    const std::size_t n_splits = (size.context + split_tokens - 1) / split_tokens;
    return {retort::take<float>(memory, size.n_workers, align_up(floats, 16)),
            retort::take<float>(memory, n_splits * softmax_part::floats(n_heads, dim_v))};
  }
};

/// What one attention call computes: queries in, weighted values out.
struct attention_call {
  tensor<const float, 3> q;      // [n_tokens, n_heads, dim_k]
  tensor<float, 3> out;          // [n_tokens, n_heads, dim_v]
  std::size_t group = 1;         ///< query heads that run together on one key-value head
  std::size_t heads_per_kv = 1;  ///< query heads that share a key-value head; a multiple of group
  std::size_t window = 0;        ///< only the last `window` positions are seen; 0 = all
  const float* sinks = nullptr;  // [n_heads] or none
  std::size_t layer = 0;         ///< whose rows in the caches
  bool values_in_keys = false;
  float scale = 1;

  [[nodiscard]] std::size_t n_heads() const noexcept { return q.shape(1); }
  [[nodiscard]] std::size_t dim_k() const noexcept { return q.shape(2); }
  [[nodiscard]] std::size_t dim_v() const noexcept { return out.shape(2); }
  [[nodiscard]] const float* sinks_from(std::size_t head) const noexcept { return sinks ? sinks + head : nullptr; }
  /// How a token's heads from `head` on look at its cache.
  [[nodiscard]] attention_view view_of(const simd::kernels& k, const token_row& row, std::size_t head) const noexcept {
    const kv_layout& layout = row.cache->layout();
    return {k.cache(layout.type), row.cache, &layout.layers[layer], head / heads_per_kv, values_in_keys, scale};
  }
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
inline void attend_together(const compute& c, const attention_call& a, const token_row& row, std::size_t t,
                            std::size_t n, std::size_t group, float* memory) noexcept {
  const std::size_t dim_k = a.dim_k(), dim_v = a.dim_v(), head = group * a.group, n_q = n * a.group;
  const std::size_t part_floats = softmax_part::floats(n_q, dim_v);
  const softmax_part total = softmax_part::in(memory, n_q, dim_v);
  const softmax_part part = softmax_part::in(memory + part_floats, n_q, dim_v);
  const tensor<float, 2> scores{memory + 2 * part_floats, n_q, split_tokens};
  const attention_view v = a.view_of(c.k, row, head);
  const auto [first, end_of_first] = visible(row, a.window);
  const std::size_t last = end_of_first + n - 1;
  query_block b{a.q(t).rows(head, a.group), a.group, end_of_first};
  if (n > 1) {
    const tensor<float, 2> copies{scores.data() + n_q * split_tokens, n_q, dim_k};
    for (std::size_t i = 0; i < n_q; ++i)
      std::memcpy(copies.at(i), a.q.at(t + i / a.group, head + i % a.group), dim_k * sizeof(float));
    b.q = copies;
  }
  bool fresh = true;
  for (std::size_t s = first / split_tokens; s * split_tokens < last; ++s) {
    const std::size_t begin = std::max(first, s * split_tokens), end = std::min(last, (s + 1) * split_tokens);
    attend(c.k, v, begin, end, b, scores, fresh ? total : part);
    if (!fresh) merge(c.k, total, part);
    fresh = false;
  }
  for (std::size_t i = 0; i < n; ++i)
    finish(c.k, total.rows(i * a.group, a.group), a.sinks_from(head), a.out(t + i).rows(head, a.group));
}

/// The parts of one group of a single token, one for each split: [n_groups, n_splits].
inline softmax_part part_of_split(const attention_call& a, const attention_scratch& scratch, std::size_t group,
                                  std::size_t split, std::size_t n_splits) noexcept {
  const std::size_t floats = softmax_part::floats(a.group, a.dim_v());
  return softmax_part::in(scratch.parts.data() + (group * n_splits + split) * floats, a.group, a.dim_v());
}

/// One token, one group, one split, into its own part (first step of a single long query).
inline void attend_one_split(const compute& c, const attention_call& a, const token_row& row, std::size_t group,
                             std::size_t split, std::size_t n_splits, const attention_scratch& scratch,
                             std::size_t worker) noexcept {
  const auto [first, last] = visible(row, a.window);
  const std::size_t s = first / split_tokens + split, head = group * a.group;
  attend(c.k, a.view_of(c.k, row, head), std::max(first, s * split_tokens), std::min(last, (s + 1) * split_tokens),
         {a.q(0).rows(head, a.group), a.group, last}, {scratch.worker.at(worker), a.group, split_tokens},
         part_of_split(a, scratch, group, split, n_splits));
}

inline void merge_splits(const compute& c, const attention_call& a, std::size_t group, std::size_t n_splits,
                         const attention_scratch& scratch) noexcept {
  const std::size_t head = group * a.group;
  const softmax_part total = part_of_split(a, scratch, group, 0, n_splits);
  for (std::size_t s = 1; s < n_splits; ++s) merge(c.k, total, part_of_split(a, scratch, group, s, n_splits));
  finish(c.k, total, a.sinks_from(head), a.out(0).rows(head, a.group));
}

}  // namespace detail

/// Softmax attention of every token of the batch over its own timeline.
///
/// A single token with a long past runs its splits in parallel; many tokens run
/// one task per few tokens and group. Both do the same sums in the same order.
/// cost    2 * n_heads * (dim_k + dim_v) operations per token and visible position
/// tested  tests/nn/attention_test.cpp
inline task attend_all(compute& c, const token_rows& b, const attention_call& a, const attention_scratch& scratch) {
  const std::size_t n_groups = a.n_heads() / a.group;
  const auto [first, last] = detail::visible(b.rows[0], a.window);
  const std::size_t n_splits = (last - 1) / split_tokens - first / split_tokens + 1;
  const std::size_t part_floats = softmax_part::floats(a.group, a.dim_v());
  const double position_ns = static_cast<double>(a.group * (a.dim_k() + a.dim_v())) / 16;
  if (b.n_tokens() == 1 && n_splits > 1 && n_groups * n_splits * part_floats <= scratch.parts.size()) {
    co_await parallel(c, n_groups * n_splits, position_ns * split_tokens, [&](std::size_t i, std::size_t worker) {
      detail::attend_one_split(c, a, b.rows[0], i / n_splits, i % n_splits, n_splits, scratch, worker);
    });
    co_await parallel(c, n_groups, static_cast<double>(n_splits * part_floats),
                      [&](std::size_t g, std::size_t) { detail::merge_splits(c, a, g, n_splits, scratch); });
    co_return;
  }
  const std::size_t most = a.window ? 1 : tokens_together(a.group), n_tasks = (b.n_tokens() + most - 1) / most;
  co_await parallel(c, n_groups * n_tasks, position_ns * static_cast<double>(last * most),
                    [&](std::size_t i, std::size_t worker) {
                      const std::size_t end = std::min(b.n_tokens(), (i % n_tasks + 1) * most);
                      for (std::size_t t = i % n_tasks * most, n = 0; t < end; t += n) {
                        n = detail::n_together(a, b.rows.first(end), t);
                        detail::attend_together(c, a, b.rows[t], t, n, i / n_tasks, scratch.worker.at(worker));
                      }
                    });
}

}  // namespace nn
RETORT_END
