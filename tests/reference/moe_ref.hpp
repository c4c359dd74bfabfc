// Mixture of experts: DeepSeekMoE arXiv:2401.06066 eq. 9-11, the group limit of
// DeepSeek-V2 section 2.2.2 and of V3 arXiv:2412.19437 eq. 12-16.
#pragma once

#include "reference/attention_ref.hpp"

namespace ref {

struct mlp {
  matrix gate, up, down;
  vec b_gate, b_up, b_down;
  bool clamped = false;  ///< gpt-oss: min(g, 7) sigmoid(1.702 g) (clamp(u) + 1)

  [[nodiscard]] vec operator()(const vec& x) const {
    vec g = mul(gate, x, b_gate);
    const vec u = mul(up, x, b_up);
    for (std::size_t i = 0; i < g.size(); ++i) {
      if (clamped) {
        const double gi = std::min(g[i], 7.0), ui = std::clamp(u[i], -7.0, 7.0);
        g[i] = gi * sigmoid(1.702 * gi) * (ui + 1);
      } else {
        g[i] = silu(g[i]) * u[i];
      }
    }
    return mul(down, g, b_down);
  }
};

struct choice {
  std::vector<std::size_t> experts;  ///< best first
  vec weights;
};

struct router {
  enum class gating { softmax = 1, sigmoid = 2, softmax_of_chosen = 3, sqrt_softplus = 4 };
  std::size_t n_used = 1, n_groups = 1, n_groups_used = 1;
  gating gate = gating::softmax;
  bool normalize = false;
  double scale = 1;
  vec selection_bias;

  [[nodiscard]] choice operator()(const vec& z) const {
    const std::size_t n = z.size();
    vec p = z;
    if (gate == gating::softmax) p = softmax(z);
    if (gate == gating::sigmoid) std::transform(z.begin(), z.end(), p.begin(), sigmoid);
    if (gate == gating::sqrt_softplus)
      std::transform(z.begin(), z.end(), p.begin(), [](double x) { return std::sqrt(std::log1p(std::exp(x))); });
    vec s = p;
    for (std::size_t e = 0; e < selection_bias.size(); ++e) s[e] += selection_bias[e];
    std::vector<bool> open(n, true);
    if (n_groups > 1) {
      const std::size_t size = n / n_groups;
      std::vector<std::pair<double, std::size_t>> groups;  // (-score, group): sorts best and lowest first
      for (std::size_t g = 0; g < n_groups; ++g) {
        vec in(s.begin() + static_cast<std::ptrdiff_t>(g * size),
               s.begin() + static_cast<std::ptrdiff_t>((g + 1) * size));
        std::sort(in.rbegin(), in.rend());
        groups.emplace_back(-(selection_bias.empty() || size == 1 ? in[0] : in[0] + in[1]), g);
      }
      std::sort(groups.begin(), groups.end());
      std::fill(open.begin(), open.end(), false);
      for (std::size_t i = 0; i < n_groups_used; ++i)
        for (std::size_t e = 0; e < size; ++e) open[groups[i].second * size + e] = true;
    }
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t e = 0; e < n; ++e)
      if (open[e]) order.emplace_back(-s[e], e);
    std::sort(order.begin(), order.end());
    choice c;
    for (std::size_t i = 0; i < n_used; ++i) {
      c.experts.push_back(order[i].second);
      c.weights.push_back(p[order[i].second]);
    }
    if (gate == gating::softmax_of_chosen) c.weights = softmax(c.weights);
    double sum = 0;
    for (double w : c.weights) sum += w;
    for (double& w : c.weights) w *= scale / (normalize ? std::max(sum, 0x1p-14) : 1);
    return c;
  }
};

struct moe {
  ref::router router;
  matrix w_router;
  vec b_router;
  std::vector<mlp> experts;
  mlp shared;  ///< gate.empty() where there is none
  vec shared_gate;

  [[nodiscard]] vec operator()(const vec& x, choice* seen = nullptr) const {
    const choice c = router(mul(w_router, x, b_router));
    if (seen) *seen = c;
    vec y(x.size(), 0.0);
    for (std::size_t i = 0; i < c.experts.size(); ++i) {
      const vec part = experts[c.experts[i]](x);
      for (std::size_t k = 0; k < y.size(); ++k) y[k] += c.weights[i] * part[k];
    }
    if (shared.gate.empty()) return y;
    const double share = shared_gate.empty() ? 1 : sigmoid(dot(shared_gate.data(), x.data(), x.size()));
    const vec part = shared(x);
    for (std::size_t k = 0; k < y.size(); ++k) y[k] += share * part[k];
    return y;
  }
};

}  // namespace ref
