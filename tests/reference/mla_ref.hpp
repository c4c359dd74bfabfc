// Multi-head latent attention in its plain form (DeepSeek-V2 arXiv:2405.04434
// eq. 9-19): every head's keys and values are expanded from the latent.
#pragma once

#include "reference/attention_ref.hpp"

namespace ref {

struct latent_attention {
  matrix wq, wq_a, wq_b, wkv_a, wo;
  vec q_a_norm, kv_a_norm;
  std::vector<matrix> w_uk, w_uv;  ///< per head [dim_nope, dim_latent], [dim_v, dim_latent]
  double scale = 1, eps = 0;
  ref::rope rope;

  [[nodiscard]] rows operator()(const rows& x) const;
};

#if defined(REF_IMPLEMENTATION)

rows latent_attention::operator()(const rows& x) const {
  rows q = wq.empty() ? mul(wq_b, rms(mul(wq_a, x), q_a_norm, eps)) : mul(wq, x);
  const rows kv = mul(wkv_a, x), c = rms(kv.leftCols(kv_a_norm.size()), kv_a_norm, eps);
  rows k_pe = kv.rightCols(rope.n);
  rope.turn(k_pe);
  const Index n_heads = std::ssize(w_uk), dim = q.cols() / n_heads, dim_v = wo.w.cols() / n_heads;
  rows k(x.rows(), dim), o(x.rows(), wo.w.cols());
  for (Index h = 0; h < n_heads; ++h) {
    const auto i = static_cast<std::size_t>(h);
    rows q_h = q.middleCols(h * dim, dim);
    rope.turn(q_h.rightCols(rope.n));
    k << mul(w_uk[i], c), k_pe;
    o.middleCols(h * dim_v, dim_v) = attend(q_h, k, mul(w_uv[i], c), scale);
  }
  return mul(wo, o);
}

#endif  // REF_IMPLEMENTATION

}  // namespace ref
