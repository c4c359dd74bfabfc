// The double-precision reference, on cases small enough to do by hand.
#include "catch.hpp"
#include "reference/mla_ref.hpp"
#include "reference/moe_ref.hpp"

namespace {
ref::matrix matrix(std::initializer_list<std::initializer_list<double>> w) { return {ref::rows(w)}; }
ref::matrix identity(ref::Index n) { return {ref::rows::Identity(n, n)}; }
const double e1 = std::exp(1.0);
}  // namespace

TEST_CASE("reference: product, norm, int8 form") {
  CHECK(ref::mul(matrix({{1, 2, 3}, {4, 5, 6}}), ref::rows{{1, 0, -1}}) == ref::rows{{-2, -2}});
  CHECK(ref::mul(matrix({{1, 2}}), ref::rows{{3, 4}}, ref::vec{{0.5}}) == ref::rows{{11.5}});
  const ref::rows n = ref::rms(ref::rows{{3, 4}}, ref::vec{{1, 2}}, 0.5);  // mean of squares 12.5, eps .5: root of 13
  CHECK(n(0, 0) == Approx(3 / std::sqrt(13.0)));
  CHECK(n(0, 1) == Approx(8 / std::sqrt(13.0)));
  ref::rows x = ref::rows::Zero(1, 32);
  x(0, 0) = 127, x(0, 1) = 1.4, x(0, 2) = 2.5;  // step 1: 1.4 -> 1, 2.5 -> 2 (to even)
  const ref::rows q = ref::int8_form(x);
  CHECK(q(0, 0) == 127);
  CHECK(q(0, 1) == 1);
  CHECK(q(0, 2) == 2);
}

TEST_CASE("reference: rotation of both pairings") {
  ref::rope r;
  r.n = 4;
  r.theta = 100;  // frequencies 1 and 0.1
  CHECK(r.frequencies()[0] == Approx(1));
  CHECK(r.frequencies()[1] == Approx(0.1));
  ref::rows x{{1, 2, 3, 4}};
  r.turn(x, 2);
  CHECK(x(0, 0) == Approx(std::cos(2) - 3 * std::sin(2)));
  CHECK(x(0, 2) == Approx(std::sin(2) + 3 * std::cos(2)));
  CHECK(x(0, 1) == Approx(2 * std::cos(0.2) - 4 * std::sin(0.2)));
  r.adjacent = true;
  ref::rows y{{1, 2, 3, 4}};
  r.turn(y, 2);
  CHECK(y(0, 0) == Approx(std::cos(2) - 2 * std::sin(2)));
  CHECK(y(0, 3) == Approx(3 * std::sin(0.2) + 4 * std::cos(0.2)));
}

TEST_CASE("reference: softmax with and without a sink") {
  const ref::vec a = ref::softmax(ref::vec{{0, 1}});
  CHECK(a[1] == Approx(e1 / (1 + e1)));
  const ref::vec b = ref::softmax(ref::vec{{0, 1}}, 1);
  CHECK(b[0] == Approx(1 / (1 + 2 * e1)));
  CHECK(b[1] == Approx(e1 / (1 + 2 * e1)));
}

TEST_CASE("reference: attention of two tokens, two heads on one") {
  ref::attention a;
  a.n_heads = 2, a.n_heads_kv = 1;
  a.rope.n = 0;                                     // no rotation
  a.wq = matrix({{1, 0}, {0, 1}, {0, 1}, {1, 0}});  // head 0 the input, head 1 the input swapped
  a.wk = identity(2);
  a.wv = matrix({{10, 0}, {0, 10}});
  a.wo = identity(4);
  const ref::rows x{{1, 0}, {0, 1}}, y = a(x);
  CHECK(y.row(0) == ref::rows{{10, 0, 10, 0}});  // the first token sees itself alone
  CHECK(y(1, 0) == Approx(10 / (1 + e1)));       // head 0: scores 0 and 1
  CHECK(y(1, 1) == Approx(10 * e1 / (1 + e1)));
  CHECK(y(1, 2) == Approx(10 * e1 / (1 + e1)));  // head 1: scores 1 and 0
  a.window = 1;
  CHECK(a(x).row(1) == ref::rows{{0, 10, 0, 10}});
}

TEST_CASE("reference: latent attention with one head and identity projections") {
  ref::latent_attention a;
  a.wq = a.wkv_a = a.wo = identity(2);
  a.kv_a_norm = ref::vec{{1, 1}};
  a.w_uk = {matrix({{0.5, 0}, {0, 0.5}})};
  a.w_uv = {matrix({{0, 1}, {1, 0}})};  // values are the latent swapped
  // latents: (1, 0) and (0, 1) normed to root 2; keys half of it; scores of token 1: 0 and root 1/2
  const double s = std::exp(std::sqrt(0.5));
  const ref::rows y = a(ref::rows{{1, 0}, {0, 1}});
  CHECK(y(0, 0) == Approx(0));
  CHECK(y(0, 1) == Approx(std::sqrt(2.0)));
  CHECK(y(1, 0) == Approx(std::sqrt(2.0) * s / (1 + s)));
  CHECK(y(1, 1) == Approx(std::sqrt(2.0) / (1 + s)));
}

TEST_CASE("reference: a gated MLP in both forms") {
  ref::mlp m;
  m.gate = matrix({{2}}), m.up = matrix({{3}}), m.down = matrix({{1}});
  CHECK(m(ref::rows{{1}})(0, 0) == Approx(2 / (1 + std::exp(-2.0)) * 3));
  m.clamped = true;
  CHECK(m(ref::rows{{1}})(0, 0) == Approx(2 / (1 + std::exp(-1.702 * 2)) * 4));
  CHECK(m(ref::rows{{10}})(0, 0) == Approx(7 / (1 + std::exp(-1.702 * 7)) * 8));  // gate and up clamped to 7
}

TEST_CASE("reference: experts are weighted after their last projection") {
  ref::moe m;
  m.router.n_used = 1;
  m.w_router = matrix({{0}, {std::log(3.0)}});  // probabilities 1/4 and 3/4
  ref::mlp expert;
  expert.gate = matrix({{1}}), expert.up = matrix({{1}}), expert.down = matrix({{4}});
  m.experts = {ref::mlp{}, expert};
  const ref::rows x{{1}};
  CHECK(m(x)(0, 0) == Approx(0.75 * 4 / (1 + std::exp(-1.0))));
  CHECK(m.choose(x).experts == std::vector<ref::Index>{1});
  m.shared = expert;
  m.shared_gate = ref::vec{{0}};  // half of the shared expert
  CHECK(m(x)(0, 0) == Approx((0.75 + 0.5) * 4 / (1 + std::exp(-1.0))));
}
