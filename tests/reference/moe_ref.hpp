// Mixture of experts: DeepSeekMoE arXiv:2401.06066 eq. 9-11, the group limit of
// DeepSeek-V2 section 2.2.2 and of V3 arXiv:2412.19437 eq. 12-16.
#pragma once

#include "reference/attention_ref.hpp"

namespace ref {

/// silu(g) u: arXiv:2002.05202 eq. 6
rows swiglu(const rows& g, const rows& u);
/// gpt-oss: min(g, 7) sigmoid(1.702 min(g, 7)) (clamp(u) + 1)
rows clamped_swiglu(const rows& g, const rows& u);

struct mlp {
  matrix gate, up, down;
  vec b_gate, b_up, b_down;
  bool clamped = false;

  [[nodiscard]] rows operator()(const rows& x) const;
};

struct choice {
  std::vector<Index> experts;  ///< best first
  vec weights;
};

struct router {
  enum class gating { softmax = 1, sigmoid = 2, softmax_of_chosen = 3, sqrt_softplus = 4 };
  Index n_used = 1, n_groups = 1, n_groups_used = 1;
  gating gate = gating::softmax;
  bool normalize = false;
  double scale = 1;
  vec selection_bias;

  [[nodiscard]] choice operator()(const vec& z) const;
};

struct moe {
  ref::router router;
  matrix w_router;
  vec b_router;
  std::vector<mlp> experts;
  mlp shared;  ///< gate.empty() where there is none
  vec shared_gate;

  /// What one token chooses.
  [[nodiscard]] choice choose(const rows& x) const;
  [[nodiscard]] rows operator()(const rows& x) const;
};

#if defined(REF_IMPLEMENTATION)

rows swiglu(const rows& g, const rows& u) { return g.array() * g.array().logistic() * u.array(); }

rows clamped_swiglu(const rows& g, const rows& u) {
  const Eigen::ArrayXXd most = g.array().min(7.0);
  return most * (1.702 * most).logistic() * (u.array().max(-7.0).min(7.0) + 1);
}

rows mlp::operator()(const rows& x) const {
  const rows g = mul(gate, x, b_gate), u = mul(up, x, b_up);
  return mul(down, clamped ? clamped_swiglu(g, u) : swiglu(g, u), b_down);
}

/// Where the n largest are, the largest first, of equals the first.
inline std::vector<Index> best(const vec& x, Index n) {
  std::vector<Index> order(static_cast<std::size_t>(x.size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return x[a] > x[b]; });
  order.resize(static_cast<std::size_t>(n));
  return order;
}

choice router::operator()(const vec& z) const {
  vec p = z;
  if (gate == gating::softmax) p = softmax(z);
  if (gate == gating::sigmoid) p = z.array().logistic();
  if (gate == gating::sqrt_softplus) p = z.array().exp().log1p().sqrt();
  vec s = p;
  if (selection_bias.size()) s += selection_bias;

  // a group counts as its best expert, or as its two best where there is a bias
  const Index size = z.size() / n_groups, n_counted = selection_bias.size() ? std::min<Index>(2, size) : 1;
  vec of_group(n_groups), open = vec::Constant(z.size(), -std::numeric_limits<double>::infinity());
  for (Index g = 0; g < n_groups; ++g) {
    const vec group = s.segment(g * size, size);
    of_group[g] = group(best(group, n_counted)).sum();
  }
  for (Index g : best(of_group, n_groups_used)) open.segment(g * size, size) = s.segment(g * size, size);

  choice c{best(open, n_used), {}};
  c.weights = p(c.experts);
  if (gate == gating::softmax_of_chosen) c.weights = softmax(c.weights);
  c.weights *= scale / (normalize ? std::max(c.weights.sum(), 0x1p-14) : 1);
  return c;
}

choice moe::choose(const rows& x) const { return router(mul(w_router, x, b_router).transpose()); }

rows moe::operator()(const rows& x) const {
  rows y = rows::Zero(x.rows(), x.cols());
  for (Index t = 0; t < x.rows(); ++t) {
    const choice c = choose(x.row(t));
    for (std::size_t i = 0; i < c.experts.size(); ++i)
      y.row(t) += c.weights[static_cast<Index>(i)] * experts[static_cast<std::size_t>(c.experts[i])](x.row(t));
  }
  if (shared.gate.empty()) return y;
  const vec share = shared_gate.size() ? vec((x * shared_gate).array().logistic()) : vec::Ones(x.rows());
  return y + share.asDiagonal() * shared(x);
}

#endif  // REF_IMPLEMENTATION

}  // namespace ref
