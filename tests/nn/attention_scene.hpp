// A layer of a cache with queries, for the tests of attention, and what is right for them.
#pragma once

#include "catch.hpp"
#include "reference/attention_ref.hpp"
#include "tiny/numbers.hpp"

#include <retort/nn/attention.hpp>
#include <retort/simd/scalar.hpp>

namespace attention_test {

using namespace retort;
using nn::page_tokens;
using nn::split_tokens;

/// One layer of a cache filled with random rows, and queries to put to it.
struct scene {
  static constexpr float scale = 0.25f;
  static constexpr std::size_t n_heads = 4, n_heads_kv = 2, dim = 32, dim_v = 16;
  std::size_t n;
  std::shared_ptr<nn::kv_pool> pool;
  nn::kv_cache cache;
  std::vector<ref::rows> k, v;  // [n_heads_kv][n, dim]
  std::vector<float> q;         // [n][n_heads][dim]
  std::vector<float> sinks;

  explicit scene(std::size_t n_tokens) : n(n_tokens), k(n_heads_kv), v(n_heads_kv) {
    nn::kv_layout l;
    l.type = dtype::f32;
    l.add_rows(n_heads_kv, dim, dim_v);
    pool = *nn::kv_pool::make(std::move(l), (n + page_tokens - 1) / page_tokens, system_allocator());
    cache = nn::kv_cache(pool, n);
    REQUIRE(cache.prepare(0, n));
    tiny::random r(n);
    const nn::kv_layer& layer = pool->layout().layers[0];
    const auto fill = [&](std::size_t n_channels, std::byte* row, float reach) {
      std::vector<float> values(n_channels);
      for (float& x : values) x = reach * r.real();
      std::memcpy(row, values.data(), n_channels * sizeof(float));
      return values;
    };
    for (std::size_t h = 0; h < n_heads_kv; ++h) {
      std::vector<std::vector<float>> keys, values;
      for (std::size_t j = 0; j < n; ++j) {
        keys.push_back(fill(dim, cache.key(layer, j, h), 2));
        values.push_back(fill(dim_v, cache.value(layer, j, h), 1));
      }
      k[h] = ref::of(keys);
      v[h] = ref::of(values);
    }
    for (std::size_t i = 0; i < n * n_heads * dim; ++i) q.push_back(2 * r.real());
    for (std::size_t h = 0; h < n_heads; ++h) sinks.push_back(2 * r.real());
  }
  /// The call that tokens [first, n) make; out [n - first, n_heads * dim_v].
  nn::attention_call call(std::size_t first, std::size_t window, bool with_sinks, float* out) const {
    nn::attention_call a;
    a.q = tensor<const float, 3>{q.data(), n, n_heads, dim}.rows(first, n - first);
    a.out = {out, n - first, n_heads, dim_v};
    a.group = a.heads_per_kv = n_heads / n_heads_kv;
    a.window = window;
    a.sinks = with_sinks ? sinks.data() : nullptr;
    a.scale = scale;
    return a;
  }
  /// The rows of tokens [first, n).
  std::vector<nn::token_row> rows(std::size_t first) {
    std::vector<nn::token_row> all;
    for (std::size_t p = first; p < n; ++p) all.push_back({&cache, p});
    return all;
  }
};

/// Attention of token p, one head a row.
inline ref::rows reference(const scene& s, std::size_t p, std::size_t window, bool sinks) {
  const ref::rows q = ref::of(tensor<const float, 3>{s.q.data(), s.n, s.n_heads, s.dim}(p));
  const auto n = static_cast<ref::Index>(p + 1);
  ref::rows out(s.n_heads, s.dim_v);
  for (std::size_t h = 0; h < s.n_heads; ++h) {
    const auto i = static_cast<ref::Index>(h);
    const double sink = sinks ? static_cast<double>(s.sinks[h]) : ref::no_sink;
    out.row(i) = ref::attend(q.row(i), s.k[h / 2].topRows(n), s.v[h / 2].topRows(n), 0.25,
                             static_cast<ref::Index>(window), sink);
  }
  return out;
}

/// A score is a sum of 32 products of up to 4, times 1/4: off by at most 32 * 32 * 2^-24 (32 being
/// the largest |score|), and a weight by as much relatively; the values are within 1. The sum over
/// weights adds at most n * 2^-24 if done one by one.
inline double bound(std::size_t n) { return (2 * 32 * 32 + static_cast<double>(n)) * 0x1p-24; }

/// The largest difference of `got` to `want`.
inline double worst(const std::vector<float>& got, const ref::rows& want) {
  return ref::largest(ref::of(got) - want.reshaped<Eigen::RowMajor>());
}

/// n rows out of one array.
inline std::vector<std::vector<float>> split(const std::vector<float>& all, std::size_t n) {
  std::vector<std::vector<float>> rows;
  const auto width = static_cast<std::ptrdiff_t>(all.size() / n);
  for (auto at = all.begin(); at != all.end(); at += width) rows.emplace_back(at, at + width);
  return rows;
}

/// attend(scene) gives every token's attention: what the last row of the cache holds changes the last token alone.
template <class Attend>
void check_nothing_behind_is_seen(Attend attend) {
  scene s(130);
  const auto before = attend(s);
  const nn::kv_layer& l = s.pool->layout().layers[0];
  for (std::size_t h = 0; h < s.n_heads_kv; ++h) {  // whatever stands in the last row
    std::memset(s.cache.key(l, 129, h), 0x7f, l.bytes_k_row);
    std::memset(s.cache.value(l, 129, h), 0x7f, l.bytes_v_row);
  }
  const auto after = attend(s);
  for (std::size_t p = 0; p < 129; ++p) CHECK(before[p] == after[p]);
  CHECK(before[129] != after[129]);
}

}  // namespace attention_test
