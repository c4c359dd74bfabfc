// The plain arithmetic that the reference stands on: vectors and matrices of
// doubles, one product, one norm. Nothing here is fast and nothing is shared
// with the library but the decoding of stored weights.
#pragma once

#include <retort/tensor/blocks.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ref {

using vec = std::vector<double>;
using rows = std::vector<vec>;  // [n_tokens][n]

/// Row-major numbers of any stored type, exact in double.
struct matrix {
  std::size_t n_out = 0, n_in = 0;
  vec w;
  bool int8 = false;  ///< block-quantized: its inputs are rounded to int8 first, as simd/table.hpp defines

  [[nodiscard]] bool empty() const { return w.empty(); }
  [[nodiscard]] matrix slice(std::size_t first, std::size_t count) const {
    const auto at = w.begin() + static_cast<std::ptrdiff_t>(first * n_in);
    return {count, n_in, vec(at, at + static_cast<std::ptrdiff_t>(count * n_in)), int8};
  }
};

inline matrix decode(retort::dtype type, const std::byte* data, std::size_t n_out, std::size_t n_in) {
  std::vector<float> row(n_in);
  matrix m{n_out, n_in, vec(n_out * n_in), retort::traits(type).quantized};
  for (std::size_t r = 0; r < n_out; ++r) {
    retort::dequantize(type, data + r * retort::row_bytes(type, n_in), n_in, row.data());
    std::copy(row.begin(), row.end(), m.w.begin() + static_cast<std::ptrdiff_t>(r * n_in));
  }
  return m;
}

/// x as the int8 matmul sees it: per 32 numbers, multiples of max|x| / 127.
inline vec int8_form(const vec& x) {
  vec out(x.size());
  for (std::size_t b = 0; b < x.size(); b += 32) {
    double largest = 0;
    for (std::size_t i = b; i < b + 32; ++i) largest = std::max(largest, std::abs(x[i]));
    const double d = largest / 127;
    for (std::size_t i = b; i < b + 32; ++i) out[i] = d > 0 ? std::nearbyint(x[i] / d) * d : 0;
  }
  return out;
}

/// y[r] = sum_k W[r][k] x[k] (+ b[r])
inline vec mul(const matrix& m, const vec& given, const vec& bias = {}) {
  const vec x = m.int8 ? int8_form(given) : given;
  vec y(m.n_out);
  for (std::size_t r = 0; r < m.n_out; ++r) {
    double sum = bias.empty() ? 0 : bias[r];
    for (std::size_t k = 0; k < m.n_in; ++k) sum += m.w[r * m.n_in + k] * x[k];
    y[r] = sum;
  }
  return y;
}

inline double dot(const double* a, const double* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// x[i] / sqrt(mean(x^2) + eps) * w[i] over n numbers, in place
inline void rms(double* x, const double* w, std::size_t n, double eps) {
  const double scale = 1 / std::sqrt(dot(x, x, n) / static_cast<double>(n) + eps);
  for (std::size_t i = 0; i < n; ++i) x[i] = x[i] * scale * w[i];
}
inline vec rms(vec x, const vec& w, double eps) {
  rms(x.data(), w.data(), x.size(), eps);
  return x;
}

inline double sigmoid(double z) { return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z)); }
inline double silu(double z) { return z * sigmoid(z); }

}  // namespace ref
