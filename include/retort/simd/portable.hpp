// The baseline set: xsimd for whatever the host program is compiled for, and
// plain floats where xsimd knows no vectors or RETORT_NO_XSIMD is defined.
#pragma once

#include <retort/simd/scalar.hpp>

#if !defined(RETORT_NO_XSIMD) && __has_include(<xsimd/xsimd.hpp>)
#include <xsimd/xsimd.hpp>
#if !defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
#define RETORT_XSIMD 1
#endif
#endif
#if !defined(RETORT_XSIMD)
#define RETORT_XSIMD 0
#endif

RETORT_BEGIN
namespace simd::portable {

#if RETORT_XSIMD
struct vec {
  using batch = xsimd::batch<float>;
  static constexpr std::size_t width = batch::size;
  batch v;

  static vec zero() { return {batch(0.0f)}; }
  static vec set(float x) { return {batch(x)}; }
  static vec load(const float* p) { return {batch::load_unaligned(p)}; }
  void store(float* p) const { v.store_unaligned(p); }
  void store_i8(std::int8_t* p) const {
    std::int32_t lanes[width];
    xsimd::nearbyint_as_int(v).store_unaligned(lanes);
    for (std::size_t i = 0; i < width; ++i) p[i] = static_cast<std::int8_t>(lanes[i]);
  }
#else
struct vec {
  static constexpr std::size_t width = 1;
  float v;

  static vec zero() { return {0.0f}; }
  static vec set(float x) { return {x}; }
  static vec load(const float* p) { return {*p}; }
  void store(float* p) const { *p = v; }
  void store_i8(std::int8_t* p) const { *p = static_cast<std::int8_t>(v); }
#endif
  static constexpr std::size_t tile_tokens = 3, tile_rows = 2, lone_rows = 4, tile_queries = 1,
                               tile_scores = width > 4 ? width : 4;
  static constexpr std::size_t gemm_rows = 4, gemm_vectors = 2;

  /// Lanes converted one by one: load_lane(p, i) is lane i.
  template <class F>
  static vec load_lanes(F load_lane) {
    float lanes[width];
    for (std::size_t i = 0; i < width; ++i) lanes[i] = load_lane(i);
    return load(lanes);
  }
  static vec load_half(const std::byte* p) { return set(f16_to_f32(load_as<std::uint16_t>(p))); }
  RETORT_NOINLINE static vec load_f16(const std::byte* p) {
    return load_lanes([p](std::size_t i) { return f16_to_f32(load_as<std::uint16_t>(p + 2 * i)); });
  }
  RETORT_NOINLINE static vec load_bf16(const std::byte* p) {
    return load_lanes([p](std::size_t i) { return bf16_to_f32(load_as<std::uint16_t>(p + 2 * i)); });
  }
  RETORT_NOINLINE static vec load_fp8(const std::byte* p) {
    return load_lanes([p](std::size_t i) { return fp8_e4m3_to_f32(load_as<std::uint8_t>(p + i)); });
  }
  RETORT_NOINLINE static vec load_i8(const std::byte* p) {
    return load_lanes([p](std::size_t i) { return static_cast<float>(load_as<std::int8_t>(p + i)); });
  }
  void store_f16(std::byte* p) const {
    float lanes[width];
    store(lanes);
    scalar::store_row<dtype::f16>(lanes, width, p);
  }
};

#if RETORT_XSIMD
inline vec operator+(vec a, vec b) { return {a.v + b.v}; }
inline vec operator-(vec a, vec b) { return {a.v - b.v}; }
inline vec operator*(vec a, vec b) { return {a.v * b.v}; }
inline vec operator/(vec a, vec b) { return {a.v / b.v}; }
inline vec fma(vec a, vec b, vec c) { return {xsimd::fma(a.v, b.v, c.v)}; }
inline vec max(vec a, vec b) { return {xsimd::select(a.v > b.v, a.v, b.v)}; }
inline vec min(vec a, vec b) { return {xsimd::select(a.v < b.v, a.v, b.v)}; }
inline vec abs(vec a) { return {xsimd::abs(a.v)}; }
inline vec round(vec a) { return {xsimd::to_float(xsimd::nearbyint_as_int(a.v))}; }
inline vec keep_if_at_least(vec a, vec x, float limit) {
  return {xsimd::select(x.v >= vec::batch(limit), a.v, vec::batch(0.0f))};
}
inline vec exp(vec a) { return {xsimd::exp(min(vec::set(88.0f), max(vec::set(-87.0f), a)).v)}; }
#else
inline vec operator+(vec a, vec b) { return {a.v + b.v}; }
inline vec operator-(vec a, vec b) { return {a.v - b.v}; }
inline vec operator*(vec a, vec b) { return {a.v * b.v}; }
inline vec operator/(vec a, vec b) { return {a.v / b.v}; }
inline vec fma(vec a, vec b, vec c) { return {a.v * b.v + c.v}; }
inline vec max(vec a, vec b) { return {a.v > b.v ? a.v : b.v}; }
inline vec min(vec a, vec b) { return {a.v < b.v ? a.v : b.v}; }
inline vec abs(vec a) { return {std::fabs(a.v)}; }
inline vec round(vec a) { return {std::nearbyint(a.v)}; }
inline vec keep_if_at_least(vec a, vec x, float limit) { return {x.v >= limit ? a.v : 0.0f}; }
inline vec exp(vec a) { return {std::exp(min(vec::set(88.0f), max(vec::set(-87.0f), a)).v)}; }
#endif

/// Halves are folded until one lane is left.
template <class F>
inline float fold(vec a, F f) {
  float lanes[vec::width];
  a.store(lanes);
  for (std::size_t n = vec::width / 2; n > 0; n /= 2)
    for (std::size_t i = 0; i < n; ++i) lanes[i] = f(lanes[i], lanes[i + n]);
  return lanes[0];
}
inline float sum(vec a) {
  return fold(a, [](float x, float y) { return x + y; });
}
inline vec sums(const vec* a) {
  float lanes[vec::width];
  for (std::size_t i = 0; i < vec::width; ++i) lanes[i] = sum(a[i]);
  return vec::load(lanes);
}
inline float max_of(vec a) {
  return fold(a, [](float x, float y) { return x > y ? x : y; });
}

#include <retort/simd/generic/float_kernels.inc>

// ---- quantized weights ----------------------------------------------------------------------------------

/// Tokens that share one view of each run.
inline constexpr std::size_t tokens_at_once = 4;

/// Dot of 16 int8 pairs, in a form compilers turn into vector multiplies.
inline std::int32_t dot_16(const std::int8_t* a, const std::int8_t* b) {
  std::int32_t total = 0;
  for (std::size_t i = 0; i < 16; ++i) total += static_cast<std::int16_t>(a[i]) * static_cast<std::int16_t>(b[i]);
  return total;
}

/// The defining sequence of table.hpp for one row and a few tokens.
inline void quantized_row(const block_format& f, const std::byte* row, const activations& a, std::size_t token,
                          std::size_t n_tokens, float* out) {
  float acc[tokens_at_once] = {}, part[tokens_at_once] = {};
  std::int32_t low[tokens_at_once] = {};
  run32 r;
  for (std::size_t b = 0; b < a.n_in / 32; ++b) {
    const std::size_t in_block = b % f.runs;
    f.view(row + b / f.runs * f.bytes, static_cast<int>(in_block), r);
    for (std::size_t t = 0; t < n_tokens; ++t) {
      const std::size_t run = (token + t) * (a.n_in / 32) + b;
      const std::int8_t* q = a.q + 32 * run;
      const std::int16_t* lows = a.lows + 2 * run;
      const std::int32_t dots[2] = {dot_16(r.q, q), dot_16(r.q + 16, q + 16)};
      part[t] = std::fma(scaled_dots(f, r, dots), a.d[run], part[t]);
      if (f.n_mins != 0) low[t] += r.min[0] * lows[0] + r.min[1] * lows[1];
      if (in_block + 1 != f.runs) continue;
      acc[t] = std::fma(f.two_d ? 1.0f : r.d, part[t], acc[t]);
      if (f.n_mins != 0) {
        const float d_low = a.d_low[(token + t) * ((a.n_in + 255) / 256) + b / 8];
        acc[t] = std::fma(-r.dmin, static_cast<float>(low[t]) * d_low, acc[t]);
      }
      part[t] = 0.0f;
      low[t] = 0;
    }
  }
  for (std::size_t t = 0; t < n_tokens; ++t) out[t] = acc[t];
}

inline void matmul_quantized(const weight_matrix& w, const activations& a, tensor<float, 2> y, std::size_t row_begin,
                             std::size_t row_end, const std::byte*) {
  for (std::size_t r = row_begin; r < row_end; ++r)
    for (std::size_t t = 0; t < a.n_tokens; t += tokens_at_once) {
      const std::size_t n = a.n_tokens - t < tokens_at_once ? a.n_tokens - t : tokens_at_once;
      float out[tokens_at_once];
      quantized_row(format(w.type), w.data + r * w.row_bytes, a, t, n, out);
      for (std::size_t i = 0; i < n; ++i) y(t + i, r) = out[i];
    }
}

constexpr kernels make_table() {
  kernels k = float_table(target::baseline);
  for (std::size_t d = 0; d < n_dtypes; ++d)
    if (format(static_cast<dtype>(d)).bytes != 0) k.matmul[d] = &matmul_quantized;
  return k;
}
inline constexpr kernels table = make_table();

}  // namespace simd::portable
RETORT_END
