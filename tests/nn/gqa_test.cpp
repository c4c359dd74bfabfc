#include "catch.hpp"
#include "nn/mixer_run.hpp"
#include "reference/attention_ref.hpp"
#include "tiny/numbers.hpp"

#include <retort/nn/gqa.hpp>

using namespace retort;

namespace {

enum class norm { none, per_head, over_heads };

/// A layer of grouped-query attention twice: as the library takes it and as the reference does.
struct scene {
  static constexpr std::size_t dim = 48, n_heads = 4, n_heads_kv = 2, dim_head = 16, dim_head_v = 8;
  std::vector<std::vector<float>> memory;
  nn::gqa layer;
  ref::attention want;
  tiny::random random{5};

  const std::vector<float>& numbers(std::size_t n, float reach, float middle = 0) {
    std::vector<float> x(n);
    for (float& v : x) v = middle + reach * random.real();
    memory.push_back(std::move(x));
    return memory.back();
  }
  weight_matrix add(std::size_t n_out, std::size_t n_in, ref::matrix& m) {
    const auto& x = numbers(n_out * n_in, std::sqrt(3.0f / static_cast<float>(n_in)));
    const auto* bytes = reinterpret_cast<const std::byte*>(x.data());
    m = ref::decode(dtype::f32, bytes, n_out, n_in);
    return {dtype::f32, bytes, n_out, n_in, n_in * sizeof(float)};
  }
  const float* add(std::size_t n, ref::vec& v, float reach, float middle = 0) {
    const auto& x = numbers(n, reach, middle);
    v = ref::of(x);
    return x.data();
  }

  scene(norm kind, bool biased, std::size_t window, bool sinks) {
    memory.reserve(32);
    nn::gqa_config& g = layer.how;
    nn::gqa_weights& w = layer.w;
    g.dim = dim;
    g.n_heads = want.n_heads = n_heads;
    g.n_heads_kv = want.n_heads_kv = n_heads_kv;
    g.dim_head = dim_head;
    g.dim_head_v = dim_head_v;
    g.dim_rope = want.rope.n = 12;  // not all channels turn
    g.scale = 0.25f;
    want.scale = 0.25;
    g.eps = 1e-5f;
    want.eps = static_cast<double>(g.eps);
    w.window = want.window = window;
    w.wq = add(n_heads * dim_head, dim, want.wq);
    w.wk = add(n_heads_kv * dim_head, dim, want.wk);
    w.wv = add(n_heads_kv * dim_head_v, dim, want.wv);
    w.wo = add(dim, n_heads * dim_head_v, want.wo);
    if (biased) {
      w.bq = add(n_heads * dim_head, want.bq, 1);
      w.bk = add(n_heads_kv * dim_head, want.bk, 1);
      w.bv = add(n_heads_kv * dim_head_v, want.bv, 1);
      w.bo = add(dim, want.bo, 1);
    }
    if (kind != norm::none) {
      w.norm_over_heads = kind == norm::over_heads;
      w.q_norm = add(w.norm_over_heads ? n_heads * dim_head : dim_head, want.q_norm, 0.3f, 1);
      w.k_norm = add(w.norm_over_heads ? n_heads_kv * dim_head : dim_head, want.k_norm, 0.3f, 1);
    }
    if (sinks) w.sinks = add(n_heads, want.sinks, 1);
  }
};

std::vector<float> run(const scene& s, const std::vector<float>& x, std::size_t n, std::size_t chunk, bool tiled,
                       threads& pool) {
  return mixer_run::run(s.layer, s.layer.how.dim_rope, {x.data(), n, s.dim}, chunk, tiled, pool);
}

/// Queries and keys are about 1, up to 6, over at most 48 channels; each of the sums in a row (projection, score,
/// weights, output) is off by at most 48 * 2^-24 of its largest partial sum, which stays under 60; the weights follow
/// the scores.
constexpr double bound = 4 * 48 * 60 * 0x1p-24;

}  // namespace

#if RETORT_THREADS
TEST_CASE("gqa: a whole layer against the reference: norms, biases, windows, sinks, both forms of attention") {
  calling_thread alone;
  const auto pool = thread_pool::make(3);
  REQUIRE(pool);
  constexpr std::size_t n = 140;
  for (const norm kind : {norm::none, norm::per_head, norm::over_heads})
    for (const bool biased : {false, true})
      for (const std::size_t window : {0u, 24u}) {
        INFO("norm " << static_cast<int>(kind) << " biased " << biased << " window " << window);
        scene s(kind, biased, window, window != 0);
        const auto& x = s.numbers(n * s.dim, 1.7f);
        const ref::rows want = s.want(ref::of(tensor<const float, 2>{x.data(), n, s.dim}));
        const auto far_from_want = [&](const std::vector<float>& got) {
          return ref::largest(ref::of(tensor<const float, 2>{got.data(), n, s.dim}) - want);
        };
        const auto whole = run(s, x, n, n, false, alone), tiled = run(s, x, n, n, true, alone);
        CHECK(far_from_want(whole) < bound);
        CHECK(far_from_want(tiled) < bound);
        CHECK(run(s, x, n, 33, false, alone) == whole);  // bit for bit, whatever the chunk
        CHECK(run(s, x, n, 1, false, **pool) == whole);
        CHECK(run(s, x, n, n, true, **pool) == tiled);
      }
}
#endif
