// Norms and sums of rows.
#pragma once

#include <retort/nn/pass.hpp>

RETORT_BEGIN
namespace nn {

/// Awaitable: y = x * w / sqrt(mean(x^2) + eps) for every row; y may be x.
///
/// shape   x, y [n_tokens, n]   w [n]
/// source  RMSNorm arXiv:1910.07467
[[nodiscard]] inline auto rms_norm(compute& c, tensor<const float, 2> x, const float* w, float eps,
                                   tensor<float, 2> y) {
  return parallel(c, x.shape(0), static_cast<double>(x.shape(1)) * 0.2, [&c, x, w, eps, y](std::size_t t, std::size_t) {
    c.k.rms_norm(x.at(t), w, x.shape(1), eps, y.at(t));
  });
}

/// Awaitable: y += x.   shape  x, y [n_tokens, n]
[[nodiscard]] inline auto add(compute& c, tensor<const float, 2> x, tensor<float, 2> y) {
  return parallel(c, x.shape(0), static_cast<double>(x.shape(1)) * 0.1,
                  [&c, x, y](std::size_t t, std::size_t) { c.k.add(x.at(t), x.shape(1), y.at(t)); });
}

}  // namespace nn
RETORT_END
