// The double-precision reference, on cases small enough to do by hand.
#include "catch.hpp"
#include "reference/mla_ref.hpp"
#include "reference/moe_ref.hpp"

namespace {
ref::matrix matrix(std::size_t n_out, std::size_t n_in, ref::vec w) { return {n_out, n_in, std::move(w), false}; }
const double e1 = std::exp(1.0);
}  // namespace

TEST_CASE("reference: product, norm, int8 form") {
  CHECK(ref::mul(matrix(2, 3, {1, 2, 3, 4, 5, 6}), {1, 0, -1}) == ref::vec{-2, -2});
  CHECK(ref::mul(matrix(1, 2, {1, 2}), {3, 4}, {0.5}) == ref::vec{11.5});
  const ref::vec n = ref::rms(ref::vec{3, 4}, ref::vec{1, 2}, 0.5);  // mean of squares 12.5, eps .5: root of 13
  CHECK(n[0] == Approx(3 / std::sqrt(13.0)));
  CHECK(n[1] == Approx(8 / std::sqrt(13.0)));
  ref::vec x(32, 0.0);
  x[0] = 127, x[1] = 1.4, x[2] = 2.5;  // step 1: 1.4 -> 1, 2.5 -> 2 (to even)
  const ref::vec q = ref::int8_form(x);
  CHECK(q[0] == 127);
  CHECK(q[1] == 1);
  CHECK(q[2] == 2);
}

TEST_CASE("reference: rotation of both pairings") {
  ref::rope r;
  r.n = 4;
  r.theta = 100;  // frequencies 1 and 0.1
  CHECK(r.frequency(0) == Approx(1));
  CHECK(r.frequency(1) == Approx(0.1));
  double x[4] = {1, 2, 3, 4};
  r.turn(x, 2);
  CHECK(x[0] == Approx(std::cos(2) - 3 * std::sin(2)));
  CHECK(x[2] == Approx(std::sin(2) + 3 * std::cos(2)));
  CHECK(x[1] == Approx(2 * std::cos(0.2) - 4 * std::sin(0.2)));
  r.adjacent = true;
  double y[4] = {1, 2, 3, 4};
  r.turn(y, 2);
  CHECK(y[0] == Approx(std::cos(2) - 2 * std::sin(2)));
  CHECK(y[3] == Approx(3 * std::sin(0.2) + 4 * std::cos(0.2)));
}

TEST_CASE("reference: softmax with and without a sink") {
  const ref::vec a = ref::softmax({0, 1});
  CHECK(a[1] == Approx(e1 / (1 + e1)));
  const double sink = 1;
  const ref::vec b = ref::softmax({0, 1}, &sink);
  CHECK(b[0] == Approx(1 / (1 + 2 * e1)));
  CHECK(b[1] == Approx(e1 / (1 + 2 * e1)));
}

TEST_CASE("reference: attention of two tokens, two heads on one") {
  ref::attention a;
  a.n_heads = 2, a.n_heads_kv = 1, a.dim_head = 2, a.dim_v = 2;
  a.rope.n = 0;                                   // no rotation
  a.wq = matrix(4, 2, {1, 0, 0, 1, 0, 1, 1, 0});  // head 0 the input, head 1 the input swapped
  a.wk = matrix(2, 2, {1, 0, 0, 1});
  a.wv = matrix(2, 2, {10, 0, 0, 10});
  a.wo = matrix(4, 4, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  const ref::rows y = a({{1, 0}, {0, 1}});
  CHECK(y[0] == ref::vec{10, 0, 10, 0});    // the first token sees itself alone
  CHECK(y[1][0] == Approx(10 / (1 + e1)));  // head 0: scores 0 and 1
  CHECK(y[1][1] == Approx(10 * e1 / (1 + e1)));
  CHECK(y[1][2] == Approx(10 * e1 / (1 + e1)));  // head 1: scores 1 and 0
  a.window = 1;
  CHECK(a({{1, 0}, {0, 1}})[1] == ref::vec{0, 10, 0, 10});
}

TEST_CASE("reference: latent attention with one head and identity projections") {
  ref::latent_attention a;
  a.n_heads = 1, a.dim_latent = 2, a.dim_nope = 2, a.dim_rope = 0, a.dim_v = 2;
  const ref::matrix one = matrix(2, 2, {1, 0, 0, 1});
  a.wq = one, a.wkv_a = one, a.wo = one;
  a.kv_a_norm = {1, 1};
  a.w_uk = {matrix(2, 2, {0.5, 0, 0, 0.5})};
  a.w_uv = {matrix(2, 2, {0, 1, 1, 0})};  // values are the latent swapped
  // latents: (1, 0) and (0, 1) normed to root 2; keys half of it; scores of token 1: 0 and root 1/2
  const double s = std::exp(std::sqrt(0.5));
  const ref::rows y = a({{1, 0}, {0, 1}});
  CHECK(y[0][0] == Approx(0));
  CHECK(y[0][1] == Approx(std::sqrt(2.0)));
  CHECK(y[1][0] == Approx(std::sqrt(2.0) * s / (1 + s)));
  CHECK(y[1][1] == Approx(std::sqrt(2.0) / (1 + s)));
}

TEST_CASE("reference: a gated MLP in both forms") {
  ref::mlp m;
  m.gate = matrix(1, 1, {2}), m.up = matrix(1, 1, {3}), m.down = matrix(1, 1, {1});
  CHECK(m({1})[0] == Approx(2 / (1 + std::exp(-2.0)) * 3));
  m.clamped = true;
  CHECK(m({1})[0] == Approx(2 / (1 + std::exp(-1.702 * 2)) * 4));
  CHECK(m({10})[0] == Approx(7 / (1 + std::exp(-1.702 * 7)) * 8));  // gate and up clamped to 7
}

TEST_CASE("reference: experts are weighted after their last projection") {
  ref::moe m;
  m.router.n_used = 1;
  m.w_router = matrix(2, 1, {0, std::log(3.0)});  // probabilities 1/4 and 3/4
  ref::mlp expert;
  expert.gate = matrix(1, 1, {1}), expert.up = matrix(1, 1, {1}), expert.down = matrix(1, 1, {4});
  m.experts = {ref::mlp{}, expert};
  ref::choice c;
  CHECK(m({1}, &c)[0] == Approx(0.75 * 4 / (1 + std::exp(-1.0))));
  CHECK(c.experts == std::vector<std::size_t>{1});
  m.shared = expert;
  m.shared_gate = {0};  // half of the shared expert
  CHECK(m({1})[0] == Approx((0.75 + 0.5) * 4 / (1 + std::exp(-1.0))));
}
