// The truth: every entry of the table in plain loops. Sums are kept in double,
// so that what the other sets differ from this is their own rounding.
#pragma once

#include <retort/simd/table.hpp>
#include <retort/tensor/blocks.hpp>

RETORT_BEGIN
namespace simd::scalar {

// ---- float vectors ---------------------------------------------------------------------------------

inline float dot(const float* a, const float* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return static_cast<float>(sum);
}

inline void rms_norm(const float* x, const float* w, std::size_t n, float eps, float* y) {
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(n) + static_cast<double>(eps));
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] * static_cast<float>(inverse) * w[i];
}

inline void add(const float* x, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] += x[i];
}
inline void axpy(float a, const float* x, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] += a * x[i];
}
inline void scale(float a, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] *= a;
}

inline void silu_mul(const float* gate, const float* up, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] = gate[i] / (1.0f + std::exp(-gate[i])) * up[i];
}

inline float max(const float* x, std::size_t n) {
  float best = x[0];
  for (std::size_t i = 1; i < n; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

inline float exp_sum(float* x, std::size_t n, float shift) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float z = x[i] - shift;
    x[i] = z < -87.0f ? 0.0f : std::exp(z);
    sum += static_cast<double>(x[i]);
  }
  return static_cast<float>(sum);
}

/// (a, b) <- (a cos - b sin, a sin + b cos)
inline void rotate(float& a, float& b, float c, float s) {
  const float first = a * c - b * s;
  b = a * s + b * c;
  a = first;
}
inline void rope_halves(float* x, const float* c, const float* s, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) rotate(x[i], x[i + n], c[i], s[i]);
}
inline void rope_adjacent(float* x, const float* c, const float* s, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) rotate(x[2 * i], x[2 * i + 1], c[i], s[i]);
}

/// Sums of 16 as int16 with one scale per 256 inputs: what minima are multiplied with.
inline void quantize_lows(std::size_t n, const activation_rows& row) {
  for (std::size_t first = 0; first < n / 32; first += 8) {
    const std::size_t n_sums = 2 * (n / 32 - first < 8 ? n / 32 - first : 8);
    float e[16];
    for (std::size_t h = 0; h < n_sums; ++h) e[h] = static_cast<float>(row.sums[2 * first + h]) * row.d[first + h / 2];
    row.d_low[first / 8] = quantize_run<16383>(e, n_sums, row.lows + 2 * first);
  }
}

/// amax / 127 as the d of a run, see kernels::quantize.
inline float run_scale(float d) {
  const auto bits = std::bit_cast<std::uint32_t>(d);
  return std::bit_cast<float>(bits < 0x71800000u ? bits & ~3u : 0x7fc00000u);
}

inline void quantize(const float* x, std::size_t n, const activation_rows& to) {
  for (std::size_t run = 0; run < n / 32; ++run) {
    to.d[run] = run_scale(quantize_run<127>(x + 32 * run, 32, to.q + 32 * run));
    for (std::size_t h = 2 * run; h < 2 * run + 2; ++h) {
      int sum = 0;
      for (std::size_t i = 16 * h; i < 16 * h + 16; ++i) sum += to.q[i];
      to.sums[h] = static_cast<std::int16_t>(sum);
    }
  }
}

// ---- matmul ------------------------------------------------------------------------------------------

/// Any type: rows as floats, 32 elements at a time where they are not quantized.
inline void matmul_float(const weight_matrix& w, const activations& a, tensor<float, 2> y, std::size_t row_begin,
                         std::size_t row_end, const std::byte*) {
  constexpr std::size_t chunk = 256;
  const std::size_t element = traits(w.type).bytes;
  for (std::size_t r = row_begin; r < row_end; ++r) {
    const std::byte* row = w.row(r);
    for (std::size_t t = 0; t < a.n_tokens; ++t) {
      double sum = 0;
      for (std::size_t i = 0; i < w.n_in; i += chunk) {
        float values[chunk];
        const std::size_t n = w.n_in - i < chunk ? w.n_in - i : chunk;
        dequantize(w.type, row + i * element, n, values);
        for (std::size_t j = 0; j < n; ++j)
          sum += static_cast<double>(values[j]) * static_cast<double>(a.x[t * a.n_in + i + j]);
      }
      y(t, r) = static_cast<float>(sum);
    }
  }
}

/// A quantized type: the defining sequence of table.hpp.
inline void matmul_quantized(const weight_matrix& w, const activations& a, tensor<float, 2> y, std::size_t row_begin,
                             std::size_t row_end, const std::byte*) {
  const block_format& f = format(w.type);
  for (std::size_t t = 0; t < a.n_tokens; ++t) {
    const activations x = a.rows(t, 1);
    for (std::size_t r = row_begin; r < row_end; ++r)
      y(t, r) = quantized_dot(f, w.row(r), x.q, x.d, x.lows, x.d_low, w.n_in);
  }
}

// ---- attention over cache rows -------------------------------------------------------------------------

template <dtype D>
void scores(tensor<const float, 2> q, cache_rows rows, float scale, tensor<float, 2> out) {
  constexpr std::size_t block = traits(D).block, bytes = traits(D).bytes;
  for (std::size_t j = 0; j < rows.shape(0); ++j)
    for (std::size_t i = 0; i < q.shape(0); ++i) {
      double sum = 0;
      for (std::size_t b = 0; b < q.shape(1) / block; ++b) {
        float values[block];
        dequantize(D, rows.at(j) + b * bytes, block, values);
        for (std::size_t k = 0; k < block; ++k)
          sum += static_cast<double>(values[k]) * static_cast<double>(q(i, b * block + k));
      }
      out(i, j) = scale * static_cast<float>(sum);
    }
}

template <dtype D>
void weighted_sum(tensor<const float, 2> p, cache_rows rows, tensor<float, 2> acc) {
  constexpr std::size_t block = traits(D).block, bytes = traits(D).bytes;
  for (std::size_t j = 0; j < rows.shape(0); ++j)
    for (std::size_t b = 0; b < acc.shape(1) / block; ++b) {
      float values[block];
      dequantize(D, rows.at(j) + b * bytes, block, values);
      for (std::size_t i = 0; i < acc.shape(0); ++i)
        for (std::size_t k = 0; k < block; ++k) acc(i, b * block + k) += p(i, j) * values[k];
    }
}

template <dtype D>
void store_row(const float* x, std::size_t n, std::byte* row) {
  if constexpr (D == dtype::q8_0) {
    quantize_q8_0(x, n, row);
  } else if constexpr (D == dtype::f16) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint16_t h = f32_to_f16(x[i]);
      std::memcpy(row + 2 * i, &h, 2);
    }
  } else {
    std::memcpy(row, x, 4 * n);
  }
}

template <dtype D>
void load_row(const std::byte* row, std::size_t n, float* x) {
  dequantize(D, row, n, x);
}

template <dtype D>
constexpr cache_kernels cache_of() {
  return {&scores<D>, &weighted_sum<D>, &store_row<D>, &load_row<D>};
}

inline void gemm(tensor<const float, 2> a, tensor<const float, 2> b, tensor<float, 2> c, bool add) {
  for (std::size_t i = 0; i < c.shape(0); ++i)
    for (std::size_t j = 0; j < c.shape(1); ++j) {
      double sum = add ? static_cast<double>(c(i, j)) : 0;
      for (std::size_t k = 0; k < b.shape(0); ++k) sum += static_cast<double>(a(i, k)) * static_cast<double>(b(k, j));
      c(i, j) = static_cast<float>(sum);
    }
}

constexpr kernels make_table() {
  kernels k;
  k.id = target::scalar;
  for (dtype d : {dtype::f32, dtype::f16, dtype::bf16, dtype::fp8_e4m3})
    k.matmul[static_cast<std::size_t>(d)] = &matmul_float;
  for (std::size_t d = 0; d < n_dtypes; ++d)
    if (format(static_cast<dtype>(d)).bytes != 0) k.matmul[d] = &matmul_quantized;
  k.dot = &dot;
  k.rms_norm = &rms_norm;
  k.add = &add;
  k.axpy = &axpy;
  k.scale = &scale;
  k.silu_mul = &silu_mul;
  k.max = &max;
  k.exp_sum = &exp_sum;
  k.rope_halves = &rope_halves;
  k.rope_adjacent = &rope_adjacent;
  k.quantize = &quantize;
  k.quantize_lows = &quantize_lows;
  k.gemm = &gemm;
  k.cache_f32 = cache_of<dtype::f32>();
  k.cache_f16 = cache_of<dtype::f16>();
  k.cache_q8_0 = cache_of<dtype::q8_0>();
  return k;
}
inline constexpr kernels table = make_table();

}  // namespace simd::scalar
RETORT_END
