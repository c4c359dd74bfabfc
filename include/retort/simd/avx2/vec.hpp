// AVX2 + FMA + F16C: the float vector.
#pragma once

#include <retort/simd/scalar.hpp>

#if RETORT_X86
#include <immintrin.h>

RETORT_TARGET_BEGIN("avx,avx2,fma,f16c")
RETORT_BEGIN
namespace simd::avx2 {

struct vec {
  static constexpr std::size_t width = 8;
  static constexpr std::size_t tile_tokens = 3, tile_rows = 3, lone_rows = 8, tile_queries = 2, tile_scores = 8;
  static constexpr std::size_t gemm_rows = 6, gemm_vectors = 2;
  __m256 v;

  RETORT_ALWAYS_INLINE static vec zero() { return {_mm256_setzero_ps()}; }
  RETORT_ALWAYS_INLINE static vec set(float x) { return {_mm256_set1_ps(x)}; }
  RETORT_ALWAYS_INLINE static vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  RETORT_ALWAYS_INLINE static vec load_half(const std::byte* p) { return set(_cvtsh_ss(load_as<std::uint16_t>(p))); }
  RETORT_ALWAYS_INLINE static vec load_f16(const std::byte* p) {
    return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
  }
  RETORT_ALWAYS_INLINE static vec load_bf16(const std::byte* p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(wide, 16))};
  }
  /// Through half: the same bits mean 2^-8 of the value there; then NaN is put in.
  RETORT_ALWAYS_INLINE static vec load_fp8(const std::byte* p) {
    const __m128i wide = _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    const __m128i magnitude = _mm_and_si128(wide, _mm_set1_epi16(0x7f));
    const __m128i nan = _mm_and_si128(_mm_cmpeq_epi16(magnitude, _mm_set1_epi16(0x7f)), _mm_set1_epi16(0x7e00));
    const __m128i sign = _mm_slli_epi16(_mm_and_si128(wide, _mm_set1_epi16(0x80)), 8);
    const __m128i half = _mm_or_si128(_mm_or_si128(_mm_slli_epi16(magnitude, 7), nan), sign);
    return {_mm256_mul_ps(_mm256_cvtph_ps(half), _mm256_set1_ps(256.0f))};
  }
  RETORT_ALWAYS_INLINE static vec load_i8(const std::byte* p) {
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))))};
  }
  RETORT_ALWAYS_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }
  RETORT_ALWAYS_INLINE void store_f16(std::byte* p) const {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
  }
  RETORT_ALWAYS_INLINE void store_i8(std::int8_t* p) const {
    const __m256i i = _mm256_cvtps_epi32(v);
    const __m128i s = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(s, s));
  }
};
RETORT_ALWAYS_INLINE vec operator+(vec a, vec b) { return {_mm256_add_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator-(vec a, vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator*(vec a, vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator/(vec a, vec b) { return {_mm256_div_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec fma(vec a, vec b, vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
RETORT_ALWAYS_INLINE vec max(vec a, vec b) { return {_mm256_max_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec min(vec a, vec b) { return {_mm256_min_ps(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec abs(vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
RETORT_ALWAYS_INLINE vec round(vec a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
RETORT_ALWAYS_INLINE vec keep_if_at_least(vec a, vec x, float limit) {
  return {_mm256_and_ps(a.v, _mm256_cmp_ps(x.v, _mm256_set1_ps(limit), _CMP_GE_OQ))};
}
/// a 2^n for whole n from -126 to 127.
RETORT_ALWAYS_INLINE vec times_power_of_two(vec a, vec n) {
  const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127)), 23);
  return {_mm256_mul_ps(a.v, _mm256_castsi256_ps(power))};
}
#include <retort/simd/generic/exp.inc>
RETORT_ALWAYS_INLINE float sum(vec a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
/// In the order of additions of sum().
RETORT_ALWAYS_INLINE vec sums(const vec* a) {
  __m256 two[2];
  RETORT_UNROLL for (std::size_t i = 0; i < 2; ++i) {
    const auto four = [&](std::size_t k) RETORT_INLINE_LAMBDA {
      return _mm256_castps_pd(_mm256_add_ps(_mm256_permute2f128_ps(a[k].v, a[k + 1].v, 0x20),
                                            _mm256_permute2f128_ps(a[k].v, a[k + 1].v, 0x31)));
    };
    const __m256d x = four(4 * i), y = four(4 * i + 2);
    two[i] = _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(x, y)), _mm256_castpd_ps(_mm256_unpackhi_pd(x, y)));
  }
  const __m256 one = _mm256_add_ps(_mm256_shuffle_ps(two[0], two[1], 0x88), _mm256_shuffle_ps(two[0], two[1], 0xdd));
  return {_mm256_permutevar8x32_ps(one, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))};
}
RETORT_ALWAYS_INLINE float max_of(vec a) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

#include <retort/simd/generic/float_kernels.inc>

inline constexpr kernels table = float_table(target::avx2);

}  // namespace simd::avx2
RETORT_END
RETORT_TARGET_END
#endif
