// AVX-512 F, BW, DQ, VL: the float vector.
#pragma once

#include <retort/simd/scalar.hpp>

#if RETORT_X86
#include <immintrin.h>

RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")
RETORT_BEGIN
namespace simd::avx512 {

struct vec {
  static constexpr std::size_t width = 16;
  static constexpr std::size_t tile_tokens = 6, tile_rows = 4, lone_rows = 2, tile_queries = 4, tile_scores = 16;
  static constexpr std::size_t gemm_rows = 6, gemm_vectors = 4;
  __m512 v;

  RETORT_ALWAYS_INLINE static vec zero() { return {_mm512_setzero_ps()}; }
  RETORT_ALWAYS_INLINE static vec set(float x) { return {_mm512_set1_ps(x)}; }
  RETORT_ALWAYS_INLINE static vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  RETORT_ALWAYS_INLINE static vec load_half(const std::byte* p) { return set(_cvtsh_ss(load_as<std::uint16_t>(p))); }
  RETORT_ALWAYS_INLINE static vec load_f16(const std::byte* p) {
    return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
  }
  RETORT_ALWAYS_INLINE static vec load_bf16(const std::byte* p) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
  }
  /// Through half: the same bits mean 2^-8 of the value there; then NaN is put in.
  RETORT_ALWAYS_INLINE static vec load_fp8(const std::byte* p) {
    const __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    const __m256i magnitude = _mm256_and_si256(wide, _mm256_set1_epi16(0x7f));
    const __m256i nan =
        _mm256_and_si256(_mm256_cmpeq_epi16(magnitude, _mm256_set1_epi16(0x7f)), _mm256_set1_epi16(0x7e00));
    const __m256i sign = _mm256_slli_epi16(_mm256_and_si256(wide, _mm256_set1_epi16(0x80)), 8);
    const __m256i half = _mm256_or_si256(_mm256_or_si256(_mm256_slli_epi16(magnitude, 7), nan), sign);
    return {_mm512_mul_ps(_mm512_cvtph_ps(half), _mm512_set1_ps(256.0f))};
  }
  RETORT_ALWAYS_INLINE static vec load_i8(const std::byte* p) {
    return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
  }
  RETORT_ALWAYS_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }
  RETORT_ALWAYS_INLINE void store_f16(std::byte* p) const {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
  }
  RETORT_ALWAYS_INLINE void store_i8(std::int8_t* p) const {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(v)));
  }
};
RETORT_ALWAYS_INLINE vec operator+(vec a, vec b) { return {_mm512_add_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator-(vec a, vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator*(vec a, vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator/(vec a, vec b) { return {_mm512_div_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec fma(vec a, vec b, vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
RETORT_ALWAYS_INLINE vec max(vec a, vec b) { return {_mm512_max_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec min(vec a, vec b) { return {_mm512_min_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec abs(vec a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
RETORT_ALWAYS_INLINE vec round(vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
RETORT_ALWAYS_INLINE vec keep_if_at_least(vec a, vec x, float limit) {
  return {_mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x.v, _mm512_set1_ps(limit), _CMP_GE_OQ), a.v)};
}
/// a 2^n for whole n.
RETORT_ALWAYS_INLINE vec times_power_of_two(vec a, vec n) { return {_mm512_scalef_ps(a.v, n.v)}; }
#include <retort/simd/generic/exp.inc>
RETORT_ALWAYS_INLINE __m256 upper_half(vec a) { return _mm512_extractf32x8_ps(a.v, 1); }
RETORT_ALWAYS_INLINE float sum(vec a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.v), upper_half(a));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
/// In the order of additions of sum(), four vectors' halves at a time.
RETORT_ALWAYS_INLINE vec sums(const vec* a) {
  __m512 four[4], two[2];
  RETORT_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    const auto eight = [&](std::size_t k) RETORT_INLINE_LAMBDA {
      return _mm512_add_ps(_mm512_shuffle_f32x4(a[k].v, a[k + 1].v, 0x44),
                           _mm512_shuffle_f32x4(a[k].v, a[k + 1].v, 0xee));
    };
    const __m512 x = eight(4 * i), y = eight(4 * i + 2);
    four[i] = _mm512_add_ps(_mm512_shuffle_f32x4(x, y, 0x88), _mm512_shuffle_f32x4(x, y, 0xdd));
  }
  RETORT_UNROLL for (std::size_t i = 0; i < 2; ++i) {
    const __m512d x = _mm512_castps_pd(four[2 * i]), y = _mm512_castps_pd(four[2 * i + 1]);
    two[i] = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)), _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
  }
  const __m512 one = _mm512_add_ps(_mm512_shuffle_ps(two[0], two[1], 0x88), _mm512_shuffle_ps(two[0], two[1], 0xdd));
  return {_mm512_permutexvar_ps(_mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0), one)};
}
RETORT_ALWAYS_INLINE float max_of(vec a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a.v), upper_half(a));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

#include <retort/simd/generic/float_kernels.inc>

inline constexpr kernels table = float_table(target::avx512);

}  // namespace simd::avx512
RETORT_END
RETORT_TARGET_END
#endif
