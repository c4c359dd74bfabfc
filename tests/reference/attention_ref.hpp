// Attention as it stands in the paper (arXiv:1706.03762 eq. 1), one query at a
// time over all its visible positions; grouped heads, window and sinks.
#pragma once

#include "reference/rope_ref.hpp"

namespace ref {

/// softmax(score) over the visible positions; a sink joins the denominator only.
inline vec softmax(const vec& score, const double* sink = nullptr) {
  double m = *std::max_element(score.begin(), score.end());
  if (sink) m = std::max(m, *sink);
  double sum = sink ? std::exp(*sink - m) : 0;
  vec a(score.size());
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] = std::exp(score[j] - m);
  for (double& x : a) x /= sum;
  return a;
}

struct attention {
  std::size_t n_heads = 0, n_heads_kv = 0, dim_head = 0, dim_v = 0;
  matrix wq, wk, wv, wo;
  vec bq, bk, bv, bo;
  vec q_norm, k_norm;  ///< empty, per head, or over all heads by their length
  vec sinks;
  std::size_t window = 0;
  double scale = 1, eps = 0;
  ref::rope rope;

  [[nodiscard]] rows operator()(const rows& x) const {
    const std::size_t n = x.size();
    rows q(n), k(n), v(n), y(n);
    for (std::size_t p = 0; p < n; ++p) {
      q[p] = ready(mul(wq, x[p], bq), q_norm, p);
      k[p] = ready(mul(wk, x[p], bk), k_norm, p);
      v[p] = mul(wv, x[p], bv);
    }
    for (std::size_t p = 0; p < n; ++p) {
      vec o(n_heads * dim_v, 0.0);
      const std::size_t first = window && p + 1 > window ? p + 1 - window : 0;
      for (std::size_t h = 0; h < n_heads; ++h) {
        const std::size_t kv = h / (n_heads / n_heads_kv);
        vec score;
        for (std::size_t j = first; j <= p; ++j)
          score.push_back(scale * dot(&q[p][h * dim_head], &k[j][kv * dim_head], dim_head));
        const vec a = softmax(score, sinks.empty() ? nullptr : &sinks[h]);
        for (std::size_t j = first; j <= p; ++j)
          for (std::size_t i = 0; i < dim_v; ++i) o[h * dim_v + i] += a[j - first] * v[j][kv * dim_v + i];
      }
      y[p] = mul(wo, o, bo);
    }
    return y;
  }

 private:
  /// Norm, then rotation of every head.
  [[nodiscard]] vec ready(vec x, const vec& norm, std::size_t p) const {
    if (norm.size() == x.size() && norm.size() != dim_head) rms(x.data(), norm.data(), x.size(), eps);
    else if (!norm.empty())
      for (std::size_t h = 0; h < x.size(); h += dim_head) rms(&x[h], norm.data(), dim_head, eps);
    for (std::size_t h = 0; h < x.size(); h += dim_head) rope.turn(&x[h], p);
    return x;
  }
};

}  // namespace ref
