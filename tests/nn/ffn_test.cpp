#include "catch.hpp"
#include "reference/moe_ref.hpp"
#include "tiny/numbers.hpp"

#include <retort/nn/ffn.hpp>
#include <retort/simd/scalar.hpp>

using namespace retort;

namespace {

/// A feed-forward block of f32 weights twice: as the library takes it and as the reference does.
struct scene {
  static constexpr std::size_t dim = 24, dim_hidden = 200;
  std::vector<std::vector<float>> memory;
  nn::ffn_weights w;
  ref::mlp want;
  tiny::random random{7};

  std::vector<float>& numbers(std::size_t n, float reach) {
    std::vector<float> x(n);
    for (float& v : x) v = reach * random.real();
    memory.push_back(std::move(x));
    return memory.back();
  }
  weight_matrix add(std::size_t n_out, std::size_t n_in, ref::matrix& m) {
    const auto& x = numbers(n_out * n_in, 1);
    m = ref::decode(dtype::f32, reinterpret_cast<const std::byte*>(x.data()), n_out, n_in);
    return {dtype::f32, reinterpret_cast<const std::byte*>(x.data()), n_out, n_in, n_in * sizeof(float)};
  }
  scene() {
    memory.reserve(8);
    w.gate = add(dim_hidden, dim, want.gate);
    w.up = add(dim_hidden, dim, want.up);
    w.down = add(dim, dim_hidden, want.down);
  }
};

}  // namespace

#if RETORT_THREADS
TEST_CASE("ffn: the gated block against the reference, any number of tokens and threads") {
  scene s;
  const nn::dense block(s.w);
  CHECK_FALSE(block.reads.int8);
  const auto pool = thread_pool::make(2);
  REQUIRE(pool);
  for (const std::size_t n : {1u, 5u, 70u}) {
    const auto& x = s.numbers(n * s.dim, 2);
    const nn::pass_size size{n, (*pool)->size(), 0, false};
    arena measure = arena::measuring();
    block.measure(measure, size);
    arena memory(std::move(*buffer::make(measure.peak(), "the workspace"))),
        frames(std::move(*buffer::make(1 << 14, "frames")));
    nn::compute c(**pool, frames, simd::scalar::table);
    activations a;
    a.n_tokens = n;
    a.n_in = s.dim;
    a.x = x.data();
    std::vector<float> y(n * s.dim);
    const nn::token_rows b{{}, {}, {}};
    const nn::block_call io{b, 0, a, {y.data(), n, s.dim}, memory, size};
    task t = block.pass(c, io);
    REQUIRE(c.step(t.handle(), nullptr));
    const ref::rows off = ref::of(tensor<const float, 2>{y.data(), n, s.dim}) -
                          s.want(ref::of(tensor<const float, 2>{x.data(), n, s.dim}));
    // gates and ups are sums of 24 products up to 2; their product, up to 48 * 48, is summed 200 times
    CHECK(ref::largest(off) < 200 * 48 * 48 * 0x1p-24);
  }
}
#endif
