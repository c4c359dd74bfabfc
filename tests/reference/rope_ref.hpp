// Rotary embedding from its formulas: RoFormer arXiv:2104.09864 eq. 15 and 34,
// YaRN arXiv:2309.00071 section 3.2, the divisors of Llama 3.1.
#pragma once

#include "reference/matrix_ref.hpp"

#include <numbers>
#include <numeric>

namespace ref {

struct rope {
  Index n = 0;            ///< rotated channels
  bool adjacent = false;  ///< pairs (2i, 2i+1); otherwise (i, i + n/2)
  double theta = 10000;
  bool yarn = false;
  double factor = 1;    ///< s
  double original = 0;  ///< C
  double beta_fast = 32, beta_slow = 1;
  double amplitude = 1;
  vec divisors;  ///< g_i, or empty

  /// The angle of every pair at position 1.
  [[nodiscard]] vec frequencies() const;
  /// Turns the first n channels of every row, the first row to position p, the next to p + 1.
  void turn(Eigen::Ref<rows> x, std::size_t p = 0) const;
};

#if defined(REF_IMPLEMENTATION)

/// first, first + 1, ...: n of them
inline vec count(std::size_t first, Index n) {
  vec v(n);
  std::iota(v.begin(), v.end(), static_cast<double>(first));
  return v;
}

vec rope::frequencies() const {
  const auto d = static_cast<double>(n);
  const Eigen::ArrayXd i = count(0, n / 2), f = (-2 * i / d * std::log(theta)).exp();
  if (!yarn && divisors.size()) return f / factor / divisors.array();
  if (!yarn) return f / factor;
  // the pair that turns so often within the original context
  const auto pair = [&](double turns) {
    return d * std::log(original / (2 * std::numbers::pi * turns)) / (2 * std::log(theta));
  };
  const double low = std::max(0.0, std::floor(pair(beta_fast)));
  const double high = std::min(d - 1, std::ceil(pair(beta_slow)));
  const Eigen::ArrayXd ramp = 1 - ((i - low) / std::max(0.001, high - low)).max(0.0).min(1.0);
  return (1 - ramp) * f / factor + ramp * f;
}

void rope::turn(Eigen::Ref<rows> x, std::size_t p) const {
  const Eigen::ArrayXXd angle = count(p, x.rows()) * frequencies().transpose();
  const Eigen::ArrayXXd c = angle.cos() * amplitude, s = angle.sin() * amplitude;
  const auto channels = [&](Index first) {
    return x(Eigen::seqN(0, x.rows()), Eigen::seqN(first, n / 2, adjacent ? 2 : 1)).array();
  };
  auto a = channels(0), b = channels(adjacent ? 1 : n / 2);
  const Eigen::ArrayXXd was = a;
  a = was * c - b * s;
  b = was * s + b * c;
}

#endif  // REF_IMPLEMENTATION

}  // namespace ref
