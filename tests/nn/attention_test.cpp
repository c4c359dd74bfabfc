#include "catch.hpp"
#include "reference/attention_ref.hpp"
#include "tiny/numbers.hpp"

#include <retort/nn/attention.hpp>
#include <retort/simd/scalar.hpp>

using namespace retort;
using nn::page_tokens;
using nn::split_tokens;

namespace {

/// One layer of a cache filled with random rows, and queries to put to it.
struct scene {
  static constexpr std::size_t n_heads = 4, n_heads_kv = 2, dim = 32, dim_v = 16;
  std::size_t n;
  std::shared_ptr<nn::kv_pool> pool;
  nn::kv_cache cache;
  std::vector<ref::rows> k, v;   // [n_heads_kv][n][dim]
  std::vector<float> q;          // [n][n_heads][dim]
  std::vector<float> sinks;

  explicit scene(std::size_t n_tokens) : n(n_tokens), k(n_heads_kv), v(n_heads_kv) {
    nn::kv_layout l;
    l.type = dtype::f32;
    l.add_layer(n_heads_kv, dim, dim_v);
    pool = *nn::kv_pool::make(std::move(l), (n + page_tokens - 1) / page_tokens, system_allocator());
    cache = nn::kv_cache(pool, n);
    REQUIRE(cache.prepare(0, n));
    tiny::random r(n);
    const nn::kv_layer& layer = pool->layout().layers[0];
    const auto fill = [&](std::size_t n_channels, std::byte* row, float reach) {
      ref::vec values;
      for (std::size_t i = 0; i < n_channels; ++i) {
        const float x = reach * r.real();
        std::memcpy(row + i * sizeof x, &x, sizeof x);
        values.push_back(static_cast<double>(x));
      }
      return values;
    };
    for (std::size_t h = 0; h < n_heads_kv; ++h)
      for (std::size_t j = 0; j < n; ++j) {
        const std::size_t at = j % page_tokens;
        k[h].push_back(fill(dim, cache.keys(layer, j / page_tokens, h) + at * layer.bytes_k_row, 2));
        v[h].push_back(fill(dim_v, cache.values(layer, j / page_tokens, h) + at * layer.bytes_v_row, 1));
      }
    for (std::size_t i = 0; i < n * n_heads * dim; ++i) q.push_back(2 * r.real());
    for (std::size_t h = 0; h < n_heads; ++h) sinks.push_back(2 * r.real());
  }
};

constexpr float scale = 0.25f;

/// Attention of tokens [first, n), [n_tokens][n_heads * dim_v].
std::vector<std::vector<float>> attend(scene& s, std::size_t first, std::size_t window, bool sinks, threads& pool,
                                       bool split_room = true) {
  const std::size_t n_tokens = s.n - first, width = s.n_heads * s.dim_v;
  std::vector<float> out(n_tokens * width);
  std::vector<nn::token_row> rows;
  for (std::size_t p = first; p < s.n; ++p) rows.push_back({&s.cache, p});
  nn::attention_call a;
  a.q = s.q.data() + first * s.n_heads * s.dim;
  a.q_stride = s.dim;
  a.n_heads = s.n_heads;
  a.group = a.heads_per_kv = s.n_heads / s.n_heads_kv;
  a.window = window;
  a.sinks = sinks ? s.sinks.data() : nullptr;
  a.out = out.data();
  a.out_stride = s.dim_v;
  a.out_token_stride = width;
  a.view.kernels = &simd::scalar::table.cache_f32;
  a.view.layer = &s.pool->layout().layers[0];
  a.view.dim_k = s.dim;
  a.view.dim_v = s.dim_v;
  a.view.scale = scale;
  nn::attention_scratch scratch;
  scratch.worker_floats = nn::attention_scratch::floats_per_worker(a.group, a.view.dim_k, s.dim_v);
  std::vector<float> worker(pool.size() * scratch.worker_floats);
  scratch.worker = worker.data();
  std::vector<float> parts(split_room ? 8 * nn::softmax_part::floats(s.n_heads, s.dim_v) : 0);
  scratch.parts = parts.data();
  scratch.parts_floats = parts.size();
  arena frames(std::move(*buffer::make(1 << 14, "frames")));
  nn::compute c(pool, frames, simd::scalar::table);
  const nn::batch b{rows};
  task t = nn::attend_all(c, b, a, scratch);
  REQUIRE(c.step(t.handle(), nullptr));
  std::vector<std::vector<float>> all;
  for (std::size_t i = 0; i < n_tokens; ++i)
    all.emplace_back(out.begin() + static_cast<std::ptrdiff_t>(i * width), out.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
  return all;
}

ref::vec reference(const scene& s, std::size_t p, std::size_t window, bool sinks) {
  ref::vec out(s.n_heads * s.dim_v);
  const std::size_t first = window && p + 1 > window ? p + 1 - window : 0;
  for (std::size_t h = 0; h < s.n_heads; ++h) {
    const std::size_t kv = h / 2;
    ref::vec score, q(s.q.begin() + static_cast<std::ptrdiff_t>((p * s.n_heads + h) * s.dim),
                      s.q.begin() + static_cast<std::ptrdiff_t>((p * s.n_heads + h + 1) * s.dim));
    for (std::size_t j = first; j <= p; ++j) score.push_back(0.25 * ref::dot(q.data(), s.k[kv][j].data(), s.dim));
    const double sink = static_cast<double>(s.sinks[h]);
    const ref::vec a = ref::softmax(score, sinks ? &sink : nullptr);
    for (std::size_t j = first; j <= p; ++j)
      for (std::size_t i = 0; i < s.dim_v; ++i) out[h * s.dim_v + i] += a[j - first] * s.v[kv][j][i];
  }
  return out;
}

/// A score is a sum of 32 products of up to 4, times 1/4: off by at most 32 * 32 * 2^-24 (32 being
/// the largest |score|), and a weight by as much relatively; the values are within 1. The sum over
/// weights adds at most n * 2^-24 if done one by one.
double bound(std::size_t n) { return (2 * 32 * 32 + static_cast<double>(n)) * 0x1p-24; }

}  // namespace

TEST_CASE("attention: lengths around pages and splits, windows, sinks, against the reference") {
  calling_thread alone;
  for (const std::size_t n : {1u, 2u, 63u, 64u, 65u, 511u, 512u, 513u, 1024u, 1025u, 1300u}) {
    scene s(n);
    for (const std::size_t window : {0u, 1u, 24u, 512u, 600u})
      for (const bool sinks : {false, true}) {
        INFO("length " << n << " window " << window << " sinks " << sinks);
        const auto got = attend(s, n - 1, window, sinks, alone)[0];
        const ref::vec want = reference(s, n - 1, window, sinks);
        double worst = 0;
        for (std::size_t i = 0; i < want.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(got[i]) - want[i]));
        CHECK(worst < bound(n));
      }
  }
}

TEST_CASE("attention: the same bits alone or in a batch, split or whole, on any number of threads") {
  calling_thread alone;
  const auto pool = thread_pool::make(3);
  REQUIRE(pool);
  scene s(1100);
  for (const std::size_t window : {0u, 700u}) {
    const auto batch = attend(s, 1000, window, true, alone);
    CHECK(attend(s, 1000, window, true, **pool) == batch);
    const std::vector<float> last = batch.back();
    CHECK(attend(s, 1099, window, true, alone)[0] == last);
    CHECK(attend(s, 1099, window, true, alone, false)[0] == last);   // no room for parts: one task per head
    CHECK(attend(s, 1099, window, true, **pool)[0] == last);
  }
}

TEST_CASE("attention: a token sees nothing behind itself") {
  calling_thread alone;
  scene s(130);
  const auto before = attend(s, 0, 0, false, alone);
  const nn::kv_layer& l = s.pool->layout().layers[0];
  for (std::size_t h = 0; h < s.n_heads_kv; ++h) {   // whatever stands in the last row
    std::memset(s.cache.keys(l, 2, h) + l.bytes_k_row, 0x7f, l.bytes_k_row);
    std::memset(s.cache.values(l, 2, h) + l.bytes_v_row, 0x7f, l.bytes_v_row);
  }
  const auto after = attend(s, 0, 0, false, alone);
  for (std::size_t p = 0; p < 129; ++p) CHECK(before[p] == after[p]);
  CHECK(before[129] != after[129]);
}

TEST_CASE("attention: two parts merged are one softmax, whatever their maxima") {
  const auto& k = simd::scalar::table;
  for (const float far : {0.0f, 5.0f, 60.0f, -60.0f, 300.0f}) {
    // scores 1 | 1 + far with values 3 | 5
    float a[3] = {1, 1, 3}, b[3] = {1 + far, 1, 5}, out = 0;
    nn::softmax_part into = nn::softmax_part::in(a, 1);
    nn::merge(k, into, nn::softmax_part::in(b, 1), 1, 1);
    nn::finish(k, into, 1, 1, nullptr, &out, 1);
    const ref::vec w = ref::softmax({1, 1 + static_cast<double>(far)});
    CHECK(static_cast<double>(out) == Approx(3 * w[0] + 5 * w[1]).epsilon(4 * 0x1p-24));
    const float sink[] = {far};
    nn::finish(k, into, 1, 1, sink, &out, 1);
    const double s = static_cast<double>(far);
    const ref::vec ws = ref::softmax({1, 1 + s}, &s);
    CHECK(static_cast<double>(out) == Approx(3 * ws[0] + 5 * ws[1]).epsilon(8 * 0x1p-24).margin(1e-30));
  }
}
