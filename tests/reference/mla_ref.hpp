// Multi-head latent attention in its plain form (DeepSeek-V2 arXiv:2405.04434
// eq. 9-19): every head's keys and values are expanded from the latent.
#pragma once

#include "reference/attention_ref.hpp"

namespace ref {

struct latent_attention {
  std::size_t n_heads = 0, dim_latent = 0, dim_nope = 0, dim_rope = 0, dim_v = 0;
  matrix wq, wq_a, wq_b, wkv_a, wo;
  vec q_a_norm, kv_a_norm;
  std::vector<matrix> w_uk, w_uv;  ///< per head [dim_nope, dim_latent], [dim_v, dim_latent]
  double scale = 1, eps = 0;
  ref::rope rope;

  [[nodiscard]] rows operator()(const rows& x) const {
    const std::size_t n = x.size(), dim_qk = dim_nope + dim_rope;
    rows q(n), c(n), k_pe(n), y(n);
    for (std::size_t p = 0; p < n; ++p) {
      q[p] = wq.empty() ? mul(wq_b, rms(mul(wq_a, x[p]), q_a_norm, eps)) : mul(wq, x[p]);
      for (std::size_t h = 0; h < n_heads; ++h) rope.turn(&q[p][h * dim_qk + dim_nope], p);
      const vec a = mul(wkv_a, x[p]);
      const auto cut = a.begin() + static_cast<std::ptrdiff_t>(dim_latent);
      c[p] = rms(vec(a.begin(), cut), kv_a_norm, eps);
      k_pe[p] = vec(cut, a.end());
      rope.turn(k_pe[p].data(), p);
    }
    rows o(n, vec(n_heads * dim_v, 0.0));
    for (std::size_t h = 0; h < n_heads; ++h) {
      rows k(n), v(n);
      for (std::size_t j = 0; j < n; ++j) {
        k[j] = mul(w_uk[h], c[j]);
        v[j] = mul(w_uv[h], c[j]);
      }
      for (std::size_t p = 0; p < n; ++p) {
        const double* qh = &q[p][h * dim_qk];
        vec score;
        for (std::size_t j = 0; j <= p; ++j)
          score.push_back(scale * (dot(qh, k[j].data(), dim_nope) + dot(qh + dim_nope, k_pe[j].data(), dim_rope)));
        const vec a = softmax(score);
        for (std::size_t j = 0; j <= p; ++j)
          for (std::size_t i = 0; i < dim_v; ++i) o[p][h * dim_v + i] += a[j] * v[j][i];
      }
    }
    for (std::size_t p = 0; p < n; ++p) y[p] = mul(wo, o[p]);
    return y;
  }
};

}  // namespace ref
