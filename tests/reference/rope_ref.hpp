// Rotary embedding from its formulas: RoFormer arXiv:2104.09864 eq. 15, YaRN
// arXiv:2309.00071 section 3.2, the divisors of Llama 3.1.
#pragma once

#include "reference/matrix_ref.hpp"

namespace ref {

struct rope {
  std::size_t n = 0;      ///< rotated channels
  bool adjacent = false;  ///< pairs (2i, 2i+1); otherwise (i, i + n/2)
  double theta = 10000;
  bool yarn = false;
  double factor = 1;    ///< s
  double original = 0;  ///< C
  double beta_fast = 32, beta_slow = 1;
  double amplitude = 1;
  vec divisors;  ///< g_i, or empty

  /// The angle of pair i at position 1.
  [[nodiscard]] double frequency(std::size_t i) const {
    const double pi = std::acos(-1.0), half_turns = static_cast<double>(n), x = static_cast<double>(i);
    const double f = std::exp(-2 * x / half_turns * std::log(theta));
    if (!yarn) return f / factor / (divisors.empty() ? 1 : divisors[i]);
    const auto corr = [&](double r) { return half_turns * std::log(original / (2 * pi * r)) / (2 * std::log(theta)); };
    const double lo = std::max(0.0, std::floor(corr(beta_fast)));
    const double hi = std::min(half_turns - 1, std::ceil(corr(beta_slow)));
    double t = (x - lo) / std::max(0.001, hi - lo);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    const double ramp = 1 - t;
    return f / factor * (1 - ramp) + f * ramp;
  }

  /// Turns one head's first n channels to position p.
  void turn(double* x, std::size_t p) const {
    for (std::size_t i = 0; i < n / 2; ++i) {
      const double angle = static_cast<double>(p) * frequency(i);
      const double c = std::cos(angle) * amplitude, s = std::sin(angle) * amplitude;
      double& a = x[adjacent ? 2 * i : i];
      double& b = x[adjacent ? 2 * i + 1 : i + n / 2];
      const double was = a;
      a = was * c - b * s;
      b = was * s + b * c;
    }
  }
};

/// 0.1 a ln s + 1 for s > 1
inline double magnitude(double s, double a) { return s > 1 ? 1 + 0.1 * a * std::log(s) : 1; }

}  // namespace ref
