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
#include <retort/tensor/rows.hpp>

RETORT_BEGIN
namespace simd {

/// y(t, r) = sum_i w[r][i] * x[t][i]  for every token t and r in [row_begin, row_end).   y [n_tokens, n_out]
/// `then` may name the weights that this thread will probably read next, to be prefetched.
using matmul_fn = void (*)(const weight_matrix& w, const activations& a, tensor<float, 2> y, std::size_t row_begin,
                           std::size_t row_end, const std::byte* then);

/// Rows of the key-value cache as bytes: [n_rows, bytes of a row], which may lie apart.
using cache_rows = tensor<const std::byte, 2>;

/// out(i, j) = scale * dot(q(i), row j).   q [n_q, dim]   out [n_q, n_rows]
using scores_fn = void (*)(tensor<const float, 2> q, cache_rows rows, float scale, tensor<float, 2> out);

/// acc(i) += sum_j p(i, j) * row j, j in order.   p [n_q, n_rows]   acc [n_q, dim]
using weighted_sum_fn = void (*)(tensor<const float, 2> p, cache_rows rows, tensor<float, 2> acc);

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
  /// q, d and sums of a row of activations (or of a part of it) for a quantized matmul, per run of 32:
  ///   amax = max|x|;  d = amax / 127, its last two bits cleared, NaN from 2^100 on;  id = amax > 0 ? 127 / amax : 0;
  ///   q = round-half-even(x * id);  sums per 16
  /// n a multiple of 32; bit-equal in every set. (With 22 bits, 3 * 2^22 * d is exact, which kernels need.)
  void (*quantize)(const float* x, std::size_t n, const activation_rows& to) = nullptr;
  /// Its lows and d_low, which weights with minima read, from its sums and d; per group of 256 (the last may be
  /// shorter), with e = sum * d for each of its sums:
  ///   emax = max|e|;  d_low = emax / 16383;  low = round-half-even(e * (emax > 0 ? 16383 / emax : 0))
  /// n a multiple of 32; bit-equal in every set.
  void (*quantize_lows)(std::size_t n, const activation_rows& row) = nullptr;
  /// to = x as bf16, half to even, denormals as zero; n a multiple of 32. Only in sets whose products with bf16 weights
  /// round their inputs so, because the processor's dots do.
  void (*round_bf16)(const float* x, std::size_t n, std::uint16_t* to) = nullptr;

  /// c = a b, or c += a b: small float matrices. Every number has one accumulator that walks k in order.
  /// a [m, k]   b [k, n]   c [m, n]; n a multiple of 16
  void (*gemm)(tensor<const float, 2> a, tensor<const float, 2> b, tensor<float, 2> c, bool add) = nullptr;

  // ---- attention over cache rows ---------------------------------------------------------------------
  cache_kernels cache_f32, cache_f16, cache_q8_0;

  [[nodiscard]] const cache_kernels* cache(dtype d) const noexcept {
    return d == dtype::f32 ? &cache_f32 : d == dtype::f16 ? &cache_f16 : d == dtype::q8_0 ? &cache_q8_0 : nullptr;
  }
};

// ---- which there are: select.hpp, and a file for each instruction set --------------------------------------

/// The targets this CPU can run, slowest first; at least scalar and baseline.
[[nodiscard]] RETORT_INLINE std::span<const target> available() noexcept;
/// The kernels of a target; the best ones below it where this CPU cannot run it.
[[nodiscard]] RETORT_INLINE const kernels& kernels_for(target t) noexcept;
/// The fastest kernels of this CPU.
[[nodiscard]] RETORT_INLINE const kernels& best() noexcept;

#if RETORT_X86
/// What kernels_for() chooses from; to be called only where the CPU has it.
namespace sets {
RETORT_INLINE const kernels& avx2() noexcept;
RETORT_INLINE const kernels& avxvnni() noexcept;      ///< AVX2, and quantized products by the int8 dot of 256 bits
RETORT_INLINE const kernels& avx512() noexcept;       ///< floats, and quantized products by the int8 dot
RETORT_INLINE const kernels& avx512_bf16() noexcept;  ///< and products with bf16 weights by its dot
RETORT_INLINE const kernels& avx512_without_vnni() noexcept;
}  // namespace sets
#elif RETORT_ARM64
/// Floats are the same in all of them.
namespace sets {
RETORT_INLINE const kernels& neon() noexcept;          ///< quantized products by the multiplication every processor has
RETORT_INLINE const kernels& neon_dotprod() noexcept;  ///< by the int8 dot
RETORT_INLINE const kernels& neon_i8mm() noexcept;     ///< many tokens by the int8 matrix multiplication
}  // namespace sets
#endif

}  // namespace simd
RETORT_END
