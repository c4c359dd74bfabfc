// The kernel table: every operation that touches many numbers, as function
// pointers, one set per instruction set. nn/ calls only through it; which set
// is an argument from outside, never a global.
//
// What is bit-equal between the sets, and what is not:
//   * matmul with a quantized weight is DEFINED as a sequence, so every set, every
//     batch size and every split of rows gives the same bits. For row r, token t:
//       acc = 0
//       for each block of the weight's type, in order:
//         part = 0, low = 0
//         for each run b of 32 inputs in the block, in order:
//           I    = scale0 * dot(q_w[0..15], q_x[0..15]) + scale1 * dot(q_w[16..31], q_x[16..31])   (exact, < 2^24)
//           part = fma(float(I), d_x[b], part)
//           if the type has minima:
//             low += min0 * lows_x[0..15] + min1 * lows_x[16..31]                                  (exact, < 2^24)
//         acc = fma(d_w, part, acc)
//         if the type has minima: acc = fma(-dmin_w, float(low) * d_low_x, acc)
//     with the 32-wide view of a block given by tensor/blocks.hpp. (nvfp4 has a
//     float scale per 16 and d_w = 1: both products of I are exact, their sum is
//     rounded to float once.)
//     Scaling the inputs before the weights leaves one multiplication per run and
//     row beside the integer dots; the sums that minima need are int16 with one scale
//     per 256 inputs, so that minima cost half an integer instruction per run.
//   * quantize() is exact by its definition below.
//   * everything else is float: equal within the rounding bound each test derives,
//     and independent of batch size and row split inside one set.
#pragma once

#include <retort/simd/target.hpp>
#include <retort/tensor/dtype.hpp>

RETORT_BEGIN
namespace simd {

/// The inputs of a matmul: float rows, and the same rows as int8 when a
/// quantized weight will read them. Rows are dense.
struct activations {
  std::size_t n_tokens = 0;
  std::size_t n_in = 0;                  ///< row length; a multiple of 32 where q is used
  const float* x = nullptr;              // [n_tokens, n_in]
  const std::int8_t* q = nullptr;        // [n_tokens, n_in]       in [-127, 127]
  const float* d = nullptr;              // [n_tokens, n_in / 32]  x is about d * q
  const std::int16_t* sums = nullptr;    // [n_tokens, n_in / 16]  sum of 16 q's
  const std::int16_t* lows = nullptr;    // [n_tokens, n_in / 16]  sum of 16 x's is about d_low * low
  const float* d_low = nullptr;          // [n_tokens, n_in / 256] rounded up
  const std::uint16_t* bf16 = nullptr;   // [n_tokens, n_in]       x rounded; may be left out
};

/// Where one row's int8 form is written.
struct int8_row {
  std::int8_t* q = nullptr;
  float* d = nullptr;
  std::int16_t* sums = nullptr;
  std::int16_t* lows = nullptr;
  float* d_low = nullptr;
};

/// A weight matrix where it lies in the file: rows of blocks, no gaps beyond row_bytes.
struct matrix {
  dtype type = dtype::f32;
  const std::byte* data = nullptr;       // [n_out, n_in], 1-byte aligned
  std::size_t n_out = 0;
  std::size_t n_in = 0;
  std::size_t row_bytes = 0;

  /// The rows [first, first + n) of it.
  [[nodiscard]] matrix rows(std::size_t first, std::size_t n) const noexcept {
    return {type, data + first * row_bytes, n, n_in, row_bytes};
  }
};

/// y[t * y_stride + r] = sum_i w[r][i] * x[t][i]  for every token t and r in [row_begin, row_end).
/// `then` may name the weights that this thread will probably read next, to be prefetched.
using matmul_fn = void (*)(const matrix& w, const activations& a, float* y, std::size_t y_stride,
                           std::size_t row_begin, std::size_t row_end, const std::byte* then);

/// out[i * out_stride + j] = scale * dot(q_i, row_j)   i < n_q, j < n_rows.  Rows of the cache are row_stride bytes apart.
using scores_fn = void (*)(const float* q, std::size_t q_stride, std::size_t n_q, const std::byte* rows,
                           std::size_t row_stride, std::size_t n_rows, std::size_t dim, float scale, float* out,
                           std::size_t out_stride);

/// acc_i[0..dim) += sum_j p[i * p_stride + j] * row_j, j in order.
using weighted_sum_fn = void (*)(const float* p, std::size_t p_stride, std::size_t n_q, const std::byte* rows,
                                 std::size_t row_stride, std::size_t n_rows, std::size_t dim, float* acc,
                                 std::size_t acc_stride);

/// Writes x[0..n) as one cache row. q8_0 rows: n a multiple of 32, blocks of tensor/blocks.hpp.
using store_row_fn = void (*)(const float* x, std::size_t n, std::byte* row);

/// x[0..n) = the cache row, exactly.
using load_row_fn = void (*)(const std::byte* row, std::size_t n, float* x);

/// The three cache formats' operations (f32, f16, q8_0).
struct cache_kernels {
  scores_fn scores = nullptr;
  weighted_sum_fn weighted_sum = nullptr;
  store_row_fn store_row = nullptr;
  load_row_fn load_row = nullptr;
};

/// A product of small float matrices with the names of BLAS: c = a b, or c += a b. Rows are lda, ldb, ldc floats apart.
struct float_product {
  const float* a = nullptr;              // [m, k]
  std::size_t lda = 0;
  const float* b = nullptr;              // [k, n]
  std::size_t ldb = 0;
  float* c = nullptr;                    // [m, n]
  std::size_t ldc = 0;
  std::size_t m = 0, n = 0, k = 0;       ///< n a multiple of 16
  bool add = false;
};

struct kernels {
  target id = target::scalar;

  // ---- weights x activations; entry [size_t(dtype)], nullptr where a type is no weight -----------
  std::array<matmul_fn, n_dtypes> matmul{};

  // ---- float vectors; x and y may be the same unless said ------------------------------------------
  /// sum a[i] * b[i]
  float (*dot)(const float* a, const float* b, std::size_t n) = nullptr;
  /// y = x * w / sqrt(mean(x^2) + eps); the sum of squares in at least pairwise float
  void (*rms_norm)(const float* x, const float* w, std::size_t n, float eps, float* y) = nullptr;
  /// y += x
  void (*add)(const float* x, std::size_t n, float* y) = nullptr;
  /// y += a * x
  void (*axpy)(float a, const float* x, std::size_t n, float* y) = nullptr;
  /// y *= a
  void (*scale)(float a, std::size_t n, float* y) = nullptr;
  /// y = silu(gate) * up,  silu(z) = z / (1 + exp(-z))
  void (*silu_mul)(const float* gate, const float* up, std::size_t n, float* y) = nullptr;
  /// largest element; n >= 1
  float (*max)(const float* x, std::size_t n) = nullptr;
  /// x[i] = exp(x[i] - shift); returns the sum. Arguments below -87 give 0.
  float (*exp_sum)(float* x, std::size_t n, float shift) = nullptr;
  /// Rotates pairs of x[0..2n) in place: halves (i, i + n) or adjacent (2i, 2i + 1).  cos, sin [n]
  void (*rope_halves)(float* x, const float* cos, const float* sin, std::size_t n) = nullptr;
  void (*rope_adjacent)(float* x, const float* cos, const float* sin, std::size_t n) = nullptr;
  /// q, d and sums of int8 rows for a quantized matmul, per run of 32:
  ///   amax = max|x|;  d = amax / 127, its last two bits cleared, NaN from 2^100 on;  id = amax > 0 ? 127 / amax : 0;  q = round-half-even(x * id);  sums per 16
  /// n a multiple of 32; bit-equal in every set. (With 22 bits, 3 * 2^22 * d is exact, which kernels need.)
  void (*quantize)(const float* x, std::size_t n, int8_row to) = nullptr;
  /// Its lows and d_low, which weights with minima read, from its sums and d; per group of 256 (the last may be shorter),
  /// with e = sum * d for each of its sums:
  ///   emax = max|e|;  d_low = emax / 16383;  low = round-half-even(e * (emax > 0 ? 16383 / emax : 0))
  /// n a multiple of 32; bit-equal in every set.
  void (*quantize_lows)(std::size_t n, int8_row row) = nullptr;
  /// to = x as bf16, half to even, denormals as zero; n a multiple of 32. Only in sets whose products with bf16 weights
  /// round their inputs so, because the processor's dots do.
  void (*round_bf16)(const float* x, std::size_t n, std::uint16_t* to) = nullptr;

  /// Every number has one accumulator that walks k in order.
  void (*gemm)(const float_product& p) = nullptr;

  // ---- attention over cache rows ---------------------------------------------------------------------
  cache_kernels cache_f32, cache_f16, cache_q8_0;

  [[nodiscard]] const cache_kernels* cache(dtype d) const noexcept {
    return d == dtype::f32 ? &cache_f32 : d == dtype::f16 ? &cache_f16 : d == dtype::q8_0 ? &cache_q8_0 : nullptr;
  }
};

}  // namespace simd
RETORT_END
