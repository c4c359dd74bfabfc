// Attention as it stands in the paper (arXiv:1706.03762 eq. 1), one query at a
// time over all its visible positions; grouped heads, window and sinks.
#pragma once

#include "reference/rope_ref.hpp"

#include <limits>

namespace ref {

constexpr double no_sink = -std::numeric_limits<double>::infinity();

/// softmax(score) over the visible positions; a sink joins the denominator only.
vec softmax(const vec& score, double sink = no_sink);

/// softmax(scale q K^T) V of one head. The queries are those of the last positions; each sees its own position and
/// those before it, `window` in all where that is not 0.
rows attend(const rows_view& q, const rows_view& k, const rows_view& v, double scale, Index window = 0,
            double sink = no_sink);

struct attention {
  Index n_heads = 0, n_heads_kv = 0;
  matrix wq, wk, wv, wo;  ///< [n_heads * dim, n_in] and so on: they say how wide a head is
  vec bq, bk, bv, bo;
  vec q_norm, k_norm;  ///< empty, per head, or over all heads by their length
  vec sinks;
  Index window = 0;
  double scale = 1, eps = 0;
  double temperature = 0, period = 1;  ///< queries times 1 + temperature ln(1 + floor(position / period))
  ref::rope rope;

  [[nodiscard]] rows operator()(const rows& x) const;

 private:
  /// Norm, then rotation of every head.
  [[nodiscard]] rows ready(rows x, const vec& norm, Index dim) const;
};

#if defined(REF_IMPLEMENTATION)

vec softmax(const vec& score, double sink) {
  const double m = std::max(score.maxCoeff(), sink);
  const vec e = (score.array() - m).exp();
  return e / (e.sum() + std::exp(sink - m));
}

rows attend(const rows_view& q, const rows_view& k, const rows_view& v, double scale, Index window, double sink) {
  rows o(q.rows(), v.cols());
  for (Index i = 0; i < q.rows(); ++i) {
    const Index end = k.rows() - q.rows() + i + 1, n = window ? std::min(window, end) : end;
    const vec a = softmax(scale * k.middleRows(end - n, n) * q.row(i).transpose(), sink);
    o.row(i) = a.transpose() * v.middleRows(end - n, n);
  }
  return o;
}

rows attention::operator()(const rows& x) const {
  const Index dim = wk.w.rows() / n_heads_kv, dim_v = wv.w.rows() / n_heads_kv;
  rows q = ready(mul(wq, x, bq), q_norm, dim);
  const rows k = ready(mul(wk, x, bk), k_norm, dim), v = mul(wv, x, bv);
  for (Index p = 0; p < q.rows(); ++p)
    q.row(p) *= 1 + temperature * std::log(1 + std::floor(static_cast<double>(p) / period));
  rows o(x.rows(), n_heads * dim_v);
  for (Index h = 0; h < n_heads; ++h) {
    const Index kv = h / (n_heads / n_heads_kv);
    o.middleCols(h * dim_v, dim_v) =
        attend(q.middleCols(h * dim, dim), k.middleCols(kv * dim, dim), v.middleCols(kv * dim_v, dim_v), scale, window,
               sinks.size() ? sinks[h] : no_sink);
  }
  return mul(wo, o, bo);
}

rows attention::ready(rows x, const vec& norm, Index dim) const {
  if (norm.size() > dim) x = rms(x, norm, eps);
  for (Index h = 0; h < x.cols(); h += dim) {
    auto head = x.middleCols(h, dim);
    if (norm.size() == dim) head = rms(head, norm, eps);
    rope.turn(head);
  }
  return x;
}

#endif  // REF_IMPLEMENTATION

}  // namespace ref
