// Rotary position embedding: the angles of every variant, once per token.
#pragma once

#include <retort/simd/table.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

RETORT_BEGIN
namespace nn {

/// Which channels form a pair: (i, i + n/2) or (2i, 2i + 1).
enum class pair_style : std::uint8_t { halves, adjacent };

/// How positions beyond the trained context are squeezed in.
enum class rope_scaling : std::uint8_t { none, linear, yarn };

/// Everything that decides the angles of one model.
struct rope_config {
  std::size_t dim_rope = 0;    ///< rotated channels, even
  double freq_base = 10000.0;  ///< theta
  pair_style style = pair_style::halves;
  rope_scaling scaling = rope_scaling::none;
  double factor = 1.0;                   ///< s
  double original_context = 0;           ///< C, yarn only
  double beta_fast = 32, beta_slow = 1;  ///< yarn only
  double amplitude = 1.0;                ///< multiplies cos and sin
  std::vector<float> divisors;           ///< llama3 factors g_i, [dim_rope / 2] or empty
};

/// 0.1 ln(s) + 1: how much yarn strengthens attention; 1 for s <= 1.
[[nodiscard]] inline double yarn_magnitude(double s, double multiplier = 0.1) noexcept {
  return s > 1 ? 1 + multiplier * std::log(s) : 1;
}

/// Angle per position of every pair.
///
/// shape   returns [dim_rope / 2], radians per token, in double
/// source  RoFormer arXiv:2104.09864; YaRN arXiv:2309.00071 section 3.2 (ramp between beta_fast and beta_slow)
inline std::vector<double> rope_frequencies(const rope_config& c) {
  const std::size_t n = c.dim_rope / 2;
  const double dim = static_cast<double>(c.dim_rope);
  std::vector<double> f(n);
  for (std::size_t i = 0; i < n; ++i) f[i] = std::pow(c.freq_base, -2.0 * static_cast<double>(i) / dim);
  if (c.scaling == rope_scaling::linear)
    for (double& x : f) x /= c.factor;
  if (c.scaling == rope_scaling::yarn) {
    // the pair that turns r times over the original context
    const auto pair_of = [&](double r) {
      return dim * std::log(c.original_context / (2 * std::numbers::pi * r)) / (2 * std::log(c.freq_base));
    };
    const double low = std::max(0.0, std::floor(pair_of(c.beta_fast)));
    const double high = std::min(dim - 1, std::ceil(pair_of(c.beta_slow)));
    for (std::size_t i = 0; i < n; ++i) {
      const double ramp = std::clamp((static_cast<double>(i) - low) / std::max(0.001, high - low), 0.0, 1.0);
      f[i] = f[i] * (1 - ramp) + f[i] / c.factor * ramp;
    }
  }
  for (std::size_t i = 0; i < c.divisors.size() && i < n; ++i) f[i] /= static_cast<double>(c.divisors[i]);
  return f;
}

/// cos and sin of one position, amplitude included.
///
/// shape   frequencies [n]; cos, sin [n] out
/// cost    n sincos in double: angles at position 131071 need more than float
inline void rope_angles(const std::vector<double>& frequencies, double amplitude, std::size_t position, float* cos,
                        float* sin) noexcept {
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const double angle = static_cast<double>(position) * frequencies[i];
    cos[i] = static_cast<float>(std::cos(angle) * amplitude);
    sin[i] = static_cast<float>(std::sin(angle) * amplitude);
  }
}

/// Rotates the heads of one token in place.
///
/// shape   x [n_heads, dim_rope]: the rotated channels of each head   cos, sin [dim_rope / 2]
inline void rope(const simd::kernels& k, pair_style style, tensor<float, 2> x, tensor<const float, 1> cos,
                 tensor<const float, 1> sin) noexcept {
  const auto rotate = style == pair_style::halves ? k.rope_halves : k.rope_adjacent;
  for (std::size_t h = 0; h < x.shape(0); ++h) rotate(x.at(h), cos.data(), sin.data(), x.shape(1) / 2);
}

}  // namespace nn
RETORT_END
