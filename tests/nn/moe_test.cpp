#include "catch.hpp"
#include "reference/moe_ref.hpp"
#include "tiny/numbers.hpp"

#include <retort/nn/moe.hpp>
#include <retort/simd/scalar.hpp>

using namespace retort;

namespace {

struct routed {
  std::vector<std::int32_t> experts;
  std::vector<float> weights;
};
routed route(const nn::moe_config& m, std::vector<float> z, const std::vector<float>& bias = {}) {
  routed r{std::vector<std::int32_t>(m.n_used), std::vector<float>(m.n_used)};
  std::vector<float> scratch(m.n_experts);
  nn::route_token(m, bias.empty() ? nullptr : bias.data(), z.data(), scratch.data(), r.experts.data(),
                  r.weights.data());
  return r;
}
using ids = std::vector<std::int32_t>;
void check_weights(const routed& r, std::vector<double> want) {
  REQUIRE(r.weights.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    CHECK(std::abs(static_cast<double>(r.weights[i]) - want[i]) < 1.5e-6);  // six digits
}

const std::vector<float> z = {2, -3, 1.3f, 1.25f, 0.9f, 0.8f, 1.9f, -4};
const std::vector<float> bias = {0, 0, 0, 0, 0.35f, 0, -0.2f, 0};

nn::moe_config eight() {
  nn::moe_config m;
  m.n_experts = 8;
  m.n_used = 3;
  return m;
}

}  // namespace

TEST_CASE("moe: softmax routing, without groups") {
  auto m = eight();
  m.scale = 16;
  auto r = route(m, z);
  CHECK(r.experts == ids{0, 6, 2});
  check_weights(r, {4.549240, 4.116322, 2.259086});
  m.scale = 1;
  m.normalize = true;
  check_weights(route(m, z), {0.416420, 0.376792, 0.206788});
}

TEST_CASE("moe: a group counts as its best expert where there is no selection bias") {
  auto m = eight();
  m.scale = 16;
  m.n_groups = 4;
  m.n_groups_used = 2;
  const auto r = route(m, z);
  CHECK(r.experts == ids{0, 6, 1});
  check_weights(r, {4.549240, 4.116322, 0.030653});
}

TEST_CASE("moe: a group counts as its two best experts where there is a selection bias") {
  auto m = eight();
  m.scale = 16;
  m.n_groups = 4;
  m.n_groups_used = 2;
  const auto r = route(m, z, std::vector<float>(8, 0.0f));
  CHECK(r.experts == ids{0, 2, 3});
  check_weights(r, {4.549240, 2.259086, 2.148909});
}

TEST_CASE("moe: sigmoid routing; the bias selects and does not weigh") {
  auto m = eight();
  m.gate = nn::gating::sigmoid;
  m.normalize = true;
  m.scale = 2.5f;
  auto r = route(m, z, bias);
  CHECK(r.experts == ids{4, 0, 2});
  check_weights(r, {0.747555, 0.926148, 0.826297});
  m.n_groups = 4;
  m.n_groups_used = 2;
  r = route(m, z, bias);
  CHECK(r.experts == ids{4, 2, 3});
  check_weights(r, {0.781578, 0.863903, 0.854520});
}

TEST_CASE("moe: softmax of the chosen equals softmax, then normalised") {
  auto m = eight();
  m.gate = nn::gating::softmax_of_chosen;
  const auto r = route(m, z);
  CHECK(r.experts == ids{0, 6, 2});
  check_weights(r, {0.416420, 0.376792, 0.206788});
}

TEST_CASE("moe: ties go to the lower index, of experts and of groups") {
  auto m = eight();
  CHECK(route(m, std::vector<float>(8, 1.0f)).experts == ids{0, 1, 2});
  m.n_groups = 4;
  m.n_groups_used = 2;
  CHECK(route(m, std::vector<float>(8, 1.0f)).experts == ids{0, 1, 2});
}

TEST_CASE("moe: a negative biased score in a kept group still beats every masked expert") {
  auto m = eight();
  m.gate = nn::gating::sigmoid;
  m.n_groups = 4;
  m.n_groups_used = 2;
  // groups 0 and 1 win; three of their four experts are below zero after the bias
  const auto r = route(m, {5, 0, 0, 0, 0, 0, 0, 0}, {3, -2, -0.6f, -0.7f, -3, -3, -3, -3});
  CHECK(r.experts == ids{0, 2, 3});
}

TEST_CASE("moe: extreme logits give finite weights") {
  for (const auto gate :
       {nn::gating::softmax, nn::gating::sigmoid, nn::gating::softmax_of_chosen, nn::gating::sqrt_softplus}) {
    auto m = eight();
    m.gate = gate;
    m.normalize = true;
    for (const float x : {200.0f, -200.0f})
      for (float w : route(m, {x, x / 2, 0, 1, -1, 2, -x, 0}).weights) CHECK(std::isfinite(w));
    for (float w : route(m, std::vector<float>(8, -200.0f)).weights) CHECK(std::isfinite(w));
  }
}

TEST_CASE("moe: random routers of every kind against the reference") {
  tiny::random r(5);
  for (int round = 0; round < 400; ++round) {
    nn::moe_config m;
    m.n_groups = std::size_t{1} << r.below(4);
    m.n_experts = m.n_groups * (1 + r.below(6));
    m.n_groups_used = 1 + r.below(m.n_groups);
    m.n_used = 1 + r.below(m.n_groups_used * (m.n_experts / m.n_groups));
    m.gate = static_cast<nn::gating>(1 + r.below(4));
    m.normalize = r.below(2);
    m.scale = r.below(2) ? 2.5f : 1;
    std::vector<float> logits(m.n_experts), b;
    for (float& x : logits) x = 3 * r.real();
    if (r.below(2))
      for (std::size_t e = 0; e < m.n_experts; ++e) b.push_back(r.real());
    ref::router want;
    want.n_used = static_cast<ref::Index>(m.n_used);
    want.n_groups = static_cast<ref::Index>(m.n_groups);
    want.n_groups_used = static_cast<ref::Index>(m.n_groups_used);
    want.gate = static_cast<ref::router::gating>(m.gate);
    want.normalize = m.normalize;
    want.scale = static_cast<double>(m.scale);
    want.selection_bias = ref::of(b);
    const ref::choice c = want(ref::of(logits));
    const routed got = route(m, logits, b);
    INFO("round " << round);
    CHECK(got.experts == ids(c.experts.begin(), c.experts.end()));
    const ref::vec off = (ref::of(got.weights) - c.weights).cwiseAbs();
    for (ref::Index i = 0; i < off.size(); ++i) CHECK(off[i] < 16 * 0x1p-24 * std::max(1.0, std::abs(c.weights[i])));
  }
}

TEST_CASE("moe: the clamped form of gpt-oss, also far outside") {
  const float gate[] = {-1000, -7, 0, 1, 7, 1000}, up[] = {3, -9, 9, 1, -1, 5};
  float hidden[6];
  nn::join(simd::scalar::table, nn::gated_activation::clamped_swiglu, gate, up, 6, hidden);
  const ref::rows want = ref::clamped_swiglu(ref::of(gate), ref::of(up));
  for (ref::Index i = 0; i < 6; ++i)
    CHECK(std::abs(static_cast<double>(hidden[i]) - want(i)) < 8 * 0x1p-24 * (1 + std::abs(want(i))));
}

TEST_CASE("moe: an expert that nobody asked is not computed, all on one is") {
  // 3 tokens, 4 experts of one weight: expert e multiplies by e + 1 (down), gates are 20 (silu(20) is 20)
  nn::moe_config m;
  m.dim = m.dim_hidden = 1;
  m.n_experts = 4;
  m.n_used = 1;
  m.normalize = true;
  const float twenty = 20, one = 1, nan = std::nanf("");
  float down[] = {1, 2, 3, 4}, router[] = {0, 0, 1, 0};
  const auto matrix = [](const float* w, std::size_t n_out) {
    return weight_matrix{dtype::f32, reinterpret_cast<const std::byte*>(w), n_out, 1, sizeof(float)};
  };
  nn::moe_weights w;
  w.reads_float = true;
  w.router = matrix(router, 4);
  for (std::size_t e = 0; e < 4; ++e)
    w.experts.push_back({matrix(e == 2 ? &twenty : &nan, 1), matrix(&one, 1), matrix(&down[e], 1)});
  arena memory(std::move(*buffer::make(1 << 17, "work")));
  arena frames(std::move(*buffer::make(1 << 16, "frames")));
  const nn::moe_workspace s = nn::moe_workspace::take(memory, m, {3, 1, 0, false});
  calling_thread pool;
  nn::compute c(pool, frames, simd::scalar::table);
  const nn::token_row rows[3] = {{nullptr, 0}, {nullptr, 1}, {nullptr, 2}};
  const float x[] = {1, 2, 3};
  float y[3];
  std::vector<std::size_t> positions;
  const nn::route_observer observer = [&](const expert_route& r) {
    CHECK(r.layer == 9);
    CHECK(r.experts[0] == 2);
    positions.push_back(r.position);
  };
  activations a;
  a.n_tokens = 3;
  a.n_in = 1;
  a.x = x;
  nn::token_rows b{rows, {}, {}};
  b.on_route = &observer;
  task t = nn::mixture_of_experts(c, m, w, b, a, s, 9, {y, 3, 1});
  REQUIRE(c.step(t.handle(), nullptr));
  CHECK(positions == std::vector<std::size_t>{0, 1, 2});
  for (std::size_t i = 0; i < 3; ++i) CHECK(y[i] == Approx(20 * x[i] * x[i] * 3).epsilon(1e-6));
}
