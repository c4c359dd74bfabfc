#include "catch.hpp"
#include "nn/mixer_run.hpp"
#include "reference/mla_ref.hpp"
#include "tiny/numbers.hpp"

#include <retort/nn/mla.hpp>

using namespace retort;

namespace {

struct shape {
  std::size_t n_heads = 4, dim_latent = 32, dim_nope = 16, dim_rope = 8, dim_v = 24, dim_q_latent = 0;
};

/// A layer of latent attention twice: as the library takes it and as the reference does.
struct scene {
  static constexpr std::size_t dim = 48;
  std::vector<std::vector<float>> memory;
  nn::mla layer;
  ref::latent_attention want;
  tiny::random random{3};

  weight_matrix add(std::size_t n_out, std::size_t n_in, ref::matrix& m, float gain = 1) {
    std::vector<float> x(n_out * n_in);
    for (float& v : x) v = random.real() * gain * std::sqrt(3.0f / static_cast<float>(n_in));
    m = {ref::of(tensor<const float, 2>{x.data(), n_out, n_in}), false};
    memory.push_back(std::move(x));
    return {dtype::f32, reinterpret_cast<const std::byte*>(memory.back().data()), n_out, n_in, n_in * sizeof(float)};
  }
  const float* ones(std::size_t n, ref::vec& v) {
    std::vector<float> x(n);
    for (float& f : x) f = 1 + 0.3f * random.real();
    v = ref::of(x);
    memory.push_back(std::move(x));
    return memory.back().data();
  }
  explicit scene(const shape& s) {
    nn::mla_config& g = layer.how;
    nn::mla_weights& w = layer.w;
    g.dim = dim;
    g.n_heads = s.n_heads;
    g.dim_latent = s.dim_latent;
    g.dim_nope = s.dim_nope;
    g.dim_rope = s.dim_rope;
    g.dim_v = s.dim_v;
    g.dim_q_latent = s.dim_q_latent;
    g.eps = 1e-5f;
    want.eps = static_cast<double>(g.eps);
    g.scale = 0.5f;
    want.scale = 0.5;
    want.rope.n = static_cast<ref::Index>(s.dim_rope);
    want.rope.adjacent = true;
    if (s.dim_q_latent) {
      w.wq_a = add(s.dim_q_latent, dim, want.wq_a);
      w.wq_b = add(g.n_heads * g.dim_qk(), s.dim_q_latent, want.wq_b);
      w.q_a_norm = ones(s.dim_q_latent, want.q_a_norm);
    } else {
      w.wq = add(g.n_heads * g.dim_qk(), dim, want.wq);
    }
    w.wkv_a = add(g.dim_row(), dim, want.wkv_a);
    w.kv_a_norm = ones(g.dim_latent, want.kv_a_norm);
    w.wo = add(dim, g.n_heads * g.dim_v, want.wo);
    want.w_uk.resize(s.n_heads);
    want.w_uv.resize(s.n_heads);
    for (std::size_t h = 0; h < s.n_heads; ++h) {
      nn::mla_head head;
      head.w_uk = add(s.dim_nope, s.dim_latent, want.w_uk[h]);
      head.w_uv = add(s.dim_v, s.dim_latent, want.w_uv[h]);
      std::vector<float> turned(s.dim_latent * s.dim_nope);
      eigen(tensor<float, 2>{turned.data(), s.dim_latent, s.dim_nope}) = want.w_uk[h].w.transpose().cast<float>();
      memory.push_back(std::move(turned));
      head.w_uk_t = {dtype::f32, reinterpret_cast<const std::byte*>(memory.back().data()), s.dim_latent, s.dim_nope,
                     s.dim_nope * sizeof(float)};
      w.heads.push_back(head);
    }
  }
};

/// Either form on x [n_tokens, dim] in chunks of m.
std::vector<float> run(const scene& s, const std::vector<float>& x, std::size_t m, bool tiled, threads& pool) {
  return mixer_run::run(s.layer, s.layer.how.dim_rope, {x.data(), x.size() / s.dim, s.dim}, m, tiled, pool);
}

std::vector<float> inputs(std::size_t n) {
  tiny::random r(17);
  std::vector<float> x(n * scene::dim);
  for (float& v : x) v = 1.7f * r.real();
  return x;
}
ref::rows rows_of(const std::vector<float>& x) {
  return ref::of(tensor<const float, 2>{x.data(), x.size() / scene::dim, scene::dim});
}
double worst(const std::vector<float>& got, const ref::rows& want) { return ref::largest(rows_of(got) - want); }

/// Queries, keys and latents are about 1, up to 6, over at most 48 channels; each of the four sums in a
/// row (projection, score, weights, output) is off by at most 48 * 2^-24 of its largest partial sum,
/// which stays under 60; the weights follow the scores.
constexpr double bound = 4 * 48 * 60 * 0x1p-24;

}  // namespace

#if RETORT_THREADS
TEST_CASE("mla: both forms against the reference, and so against each other") {
  calling_thread alone;
  for (const shape& s :
       {shape{}, shape{1, 16, 8, 4, 8, 0}, shape{3, 32, 16, 8, 16, 20}, shape{16, 64, 16, 16, 16, 0}}) {
    INFO(s.n_heads << " heads, query latent " << s.dim_q_latent);
    scene layer(s);
    const auto x = inputs(140);
    const ref::rows want = layer.want(rows_of(x));
    const auto absorbed = run(layer, x, 140, false, alone), tiled = run(layer, x, 140, true, alone);
    CHECK(worst(absorbed, want) < bound);
    CHECK(worst(tiled, want) < bound);
    CHECK(absorbed != tiled);  // two ways indeed
    CHECK(worst(run(layer, x, 70, true, alone), want) < bound);
    CHECK(run(layer, x, 1, false, alone) == absorbed);  // bit for bit, whatever the chunk
    CHECK(run(layer, x, 33, false, alone) == absorbed);
    const auto pool = thread_pool::make(3);
    REQUIRE(pool);
    CHECK(run(layer, x, 140, false, **pool) == absorbed);
    CHECK(run(layer, x, 140, true, **pool) == tiled);
  }
}
#endif

#if RETORT_THREADS
TEST_CASE("mla: a single query over several splits equals the same query in a batch") {
  calling_thread alone;
  scene layer(shape{4, 16, 8, 4, 8, 0});
  const auto x = inputs(1030);
  const auto batch = run(layer, x, 515, false, alone);
  const auto pool = thread_pool::make(2);
  REQUIRE(pool);
  CHECK(run(layer, x, 1, false, **pool) == batch);
}
#endif

TEST_CASE("mla: the group of heads divides the heads") {
  for (std::size_t h = 1; h <= 256; ++h) CHECK(h % nn::detail::mla_group(h) == 0);
  CHECK(nn::detail::mla_group(128) == 8);
}
