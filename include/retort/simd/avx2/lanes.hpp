// AVX2: int32 lanes, which unpack quantized weights (generic/quant_unpack.inc). AVX-VNNI uses the same.
#pragma once

#include <retort/simd/avx2/vec.hpp>
#include <retort/simd/avx2/grids.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c")
RETORT_BEGIN
namespace simd::avx2 {

struct ivec {
  static constexpr std::size_t width = 8;
  __m256i v;
  RETORT_ALWAYS_INLINE static ivec zero() { return {_mm256_setzero_si256()}; }
  RETORT_ALWAYS_INLINE static ivec bytes(int x) { return {avx2::bytes(x)}; }
  RETORT_ALWAYS_INLINE static ivec dwords(int x) { return {_mm256_set1_epi32(x)}; }
  RETORT_ALWAYS_INLINE static ivec load(const void* p) { return {load32(p)}; }
  RETORT_ALWAYS_INLINE void store(void* p) const { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }
  RETORT_ALWAYS_INLINE static ivec broadcast(const void* p) { return {_mm256_set1_epi32(load_as<std::int32_t>(p))}; }

  RETORT_ALWAYS_INLINE static void rows16(const std::byte* p, std::size_t stride, ivec (&out)[4]) {
    const auto two = [&](std::size_t r) RETORT_INLINE_LAMBDA {  // 16 bytes of rows r and r + 4
      return _mm256_inserti128_si256(_mm256_castsi128_si256(load16(p + r * stride)), load16(p + (r + 4) * stride), 1);
    };
    const __m256i a = two(0), b = two(1), c = two(2), d = two(3);
    const __m256i ab0 = _mm256_unpacklo_epi32(a, b), ab1 = _mm256_unpackhi_epi32(a, b);
    const __m256i cd0 = _mm256_unpacklo_epi32(c, d), cd1 = _mm256_unpackhi_epi32(c, d);
    out[0] = {_mm256_unpacklo_epi64(ab0, cd0)};
    out[1] = {_mm256_unpackhi_epi64(ab0, cd0)};
    out[2] = {_mm256_unpacklo_epi64(ab1, cd1)};
    out[3] = {_mm256_unpackhi_epi64(ab1, cd1)};
  }
  RETORT_ALWAYS_INLINE static ivec rows4(const std::byte* p, std::size_t stride) {
    const auto four = [&](std::size_t r) RETORT_INLINE_LAMBDA {
      const auto at = [&](std::size_t k) RETORT_INLINE_LAMBDA {
        return _mm_cvtsi32_si128(load_as<std::int32_t>(p + (r + k) * stride));
      };
      return _mm_unpacklo_epi64(_mm_unpacklo_epi32(at(0), at(1)), _mm_unpacklo_epi32(at(2), at(3)));
    };
    return {_mm256_inserti128_si256(_mm256_castsi128_si256(four(0)), four(4), 1)};
  }
  template <bool Signed>
  RETORT_ALWAYS_INLINE ivec byte(int g) const {
    const __m256i up = _mm256_slli_epi32(v, 24 - 8 * g);
    return {Signed ? _mm256_srai_epi32(up, 24) : _mm256_srli_epi32(up, 24)};
  }
};
RETORT_ALWAYS_INLINE ivec operator&(ivec a, ivec b) { return {_mm256_and_si256(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec operator|(ivec a, ivec b) { return {_mm256_or_si256(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec operator^(ivec a, ivec b) { return {_mm256_xor_si256(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec add8(ivec a, ivec b) { return {_mm256_add_epi8(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec sub8(ivec a, ivec b) { return {_mm256_sub_epi8(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec sub32(ivec a, ivec b) { return {_mm256_sub_epi32(a.v, b.v)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec right16(ivec a) {
  return {_mm256_srli_epi16(a.v, N)};
}
template <int N>
RETORT_ALWAYS_INLINE ivec left16(ivec a) {
  return {_mm256_slli_epi16(a.v, N)};
}
template <int N>
RETORT_ALWAYS_INLINE ivec right32(ivec a) {
  return {_mm256_srli_epi32(a.v, N)};
}
template <int N>
RETORT_ALWAYS_INLINE ivec left32(ivec a) {
  return {_mm256_slli_epi32(a.v, N)};
}
RETORT_ALWAYS_INLINE ivec mul16(ivec a, ivec b) { return {_mm256_mullo_epi16(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec look_up(const std::int8_t (&levels)[16], int offset, ivec v) {
  const __m128i all = _mm_add_epi8(load16(levels), _mm_set1_epi8(static_cast<char>(offset)));
  return {_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(all), v.v)};
}
RETORT_ALWAYS_INLINE ivec spread_bits(ivec v, std::size_t g) {
  const __m128i byte = _mm_setr_epi8(0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12);
  const __m128i at = _mm_add_epi8(byte, _mm_set1_epi8(static_cast<char>(g / 2)));
  const __m256i bits = _mm256_set1_epi32(g % 2 == 0 ? 0x08040201 : static_cast<int>(0x80402010u));
  return {_mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(v.v, _mm256_broadcastsi128_si256(at)), bits), bits)};
}
RETORT_ALWAYS_INLINE ivec at_least(ivec v, int x) { return {_mm256_cmpeq_epi8(_mm256_max_epu8(v.v, bytes(x)), v.v)}; }
RETORT_ALWAYS_INLINE vec to_float(ivec a) { return {_mm256_cvtepi32_ps(a.v)}; }
RETORT_ALWAYS_INLINE vec float_bits(ivec a) { return {_mm256_castsi256_ps(a.v)}; }
RETORT_ALWAYS_INLINE vec low_half(ivec a) {
  const __m256i low = (a & ivec::dwords(0xffff)).v;
  return {_mm256_cvtph_ps(_mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1)))};
}
template <bool Near>
RETORT_ALWAYS_INLINE void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), Near ? _MM_HINT_T0 : _MM_HINT_T1);
}

}  // namespace simd::avx2
RETORT_END
RETORT_TARGET_END
#endif
