// The plain arithmetic that the reference stands on, in doubles and with Eigen: rows of tokens, one product, one norm.
// Nothing here is fast and nothing is shared with the library but the decoding of stored weights.
// Every header declares what the tests call; what stands below REF_IMPLEMENTATION is compiled once, by reference.cpp.
#pragma once

#include <retort/tensor/blocks.hpp>
#include <retort/tensor/eigen.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace ref {

using Eigen::Index;
using vec = Eigen::VectorXd;
using rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  ///< [n_tokens, n]
using rows_view = Eigen::Ref<const rows>;                                             ///< or a part of them

/// The same numbers as doubles.
vec of(std::span<const float> x);
rows of(retort::tensor<const float, 2> x);
rows of(const std::vector<std::vector<float>>& x);

/// max|x|; NaN where there is one.
double largest(const rows_view& x);

/// A weight [n_out, n_in] of any stored type, exact in double.
struct matrix {
  rows w;
  bool int8 = false;  ///< block-quantized: its inputs are rounded to int8 first, as simd/table.hpp defines

  [[nodiscard]] bool empty() const { return w.size() == 0; }
};

matrix decode(retort::dtype type, const std::byte* data, std::size_t n_out, std::size_t n_in);

/// x as the int8 matmul sees it: per 32 numbers of a row, multiples of max|x| / 127.
rows int8_form(rows x);

/// Y = X W^T (+ b): every token's W x + b
rows mul(const matrix& m, const rows& x, const vec& bias = {});

/// x / sqrt(mean(x^2) + eps) * w, of every row: arXiv:1910.07467 eq. 4
rows rms(const rows& x, const vec& w, double eps);

#if defined(REF_IMPLEMENTATION)

vec of(std::span<const float> x) {
  return retort::eigen(retort::tensor<const float, 1>{x.data(), x.size()}).cast<double>();
}

rows of(retort::tensor<const float, 2> x) { return retort::eigen(x).cast<double>(); }

rows of(const std::vector<std::vector<float>>& x) {
  rows all(x.size(), x.empty() ? 0 : x[0].size());
  for (std::size_t t = 0; t < x.size(); ++t) all.row(static_cast<Index>(t)) = of(x[t]);
  return all;
}

double largest(const rows_view& x) { return x.cwiseAbs().maxCoeff<Eigen::PropagateNaN>(); }

matrix decode(retort::dtype type, const std::byte* data, std::size_t n_out, std::size_t n_in) {
  std::vector<std::vector<float>> w(n_out, std::vector<float>(n_in));
  for (std::size_t r = 0; r < n_out; ++r)
    retort::dequantize(type, data + r * retort::row_bytes(type, n_in), n_in, w[r].data());
  return {of(w), retort::traits(type).quantized};
}

rows int8_form(rows x) {
  for (auto block : x.reshaped<Eigen::RowMajor>(x.size() / 32, 32).rowwise()) {
    const double d = block.cwiseAbs().maxCoeff() / 127;
    block = (block / (d > 0 ? d : 1)).array().rint() * d;  // to even
  }
  return x;
}

rows mul(const matrix& m, const rows& x, const vec& bias) {
  rows y = (m.int8 ? int8_form(x) : x) * m.w.transpose();
  if (bias.size()) y.rowwise() += bias.transpose();
  return y;
}

rows rms(const rows& x, const vec& w, double eps) {
  const vec scale = (x.array().square().rowwise().mean() + eps).rsqrt();
  return scale.asDiagonal() * x * w.asDiagonal();
}

#endif  // REF_IMPLEMENTATION

}  // namespace ref
