// AVX-512 with VNNI: quantized weights.
#pragma once

#include <retort/simd/avx512/vec.hpp>
#include <retort/simd/avx512/grids.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
RETORT_BEGIN
namespace simd::avx512vnni {

using avx2::low_pairs;
using avx2::start_values;
using avx512::vec;
inline constexpr std::size_t gemm_tokens = 6, gemm_tokens_two = 5;
inline constexpr bool folds_scales = true;
inline constexpr std::uint8_t signed_offset = 128;
inline constexpr bool sums_pairs = false;
using matrix_dots = void;

/// Where 16 rows begin that are `stride` bytes apart: every fourth address, and the rest by index. Left alone,
/// compilers keep one register for every row, more than there are.
class row_addresses {
 public:
  RETORT_ALWAYS_INLINE row_addresses(const std::byte* p, std::size_t stride)
      : stride_(stride), three_(opaque(3 * stride)) {
    fourth_[0] = p;
    RETORT_UNROLL for (std::size_t k = 1; k < 4; ++k) fourth_[k] = opaque(fourth_[k - 1] + 4 * stride);
  }
  RETORT_ALWAYS_INLINE const std::byte* operator[](std::size_t r) const {
    return fourth_[r / 4] + (r % 4 == 3 ? three_ : r % 4 * stride_);
  }

 private:
  /// x, of which the compiler knows no more how it came about.
  template <class T>
  RETORT_ALWAYS_INLINE static T opaque(T x) {
#if defined(__GNUC__)
    __asm__("" : "+r"(x));
#endif
    return x;
  }
  const std::byte* fourth_[4];
  std::size_t stride_, three_;
};

struct ivec {
  static constexpr std::size_t width = 16;
  __m512i v;
  RETORT_ALWAYS_INLINE static ivec zero() { return {_mm512_setzero_si512()}; }
  RETORT_ALWAYS_INLINE static ivec bytes(int x) { return {_mm512_set1_epi8(static_cast<char>(x))}; }
  RETORT_ALWAYS_INLINE static ivec dwords(int x) { return {_mm512_set1_epi32(x)}; }
  RETORT_ALWAYS_INLINE static ivec load(const void* p) { return {_mm512_loadu_si512(p)}; }
  RETORT_ALWAYS_INLINE void store(void* p) const { _mm512_storeu_si512(p, v); }
  RETORT_ALWAYS_INLINE static ivec broadcast(const void* p) { return {_mm512_set1_epi32(load_as<std::int32_t>(p))}; }

  /// 16 bytes of every fourth row as the four 128-bit lanes.
  RETORT_ALWAYS_INLINE static __m512i fourth_rows(const row_addresses& at, std::size_t r) {
    const __m512i a = _mm512_castsi128_si512(avx2::load16(at[r]));
    const __m512i b = _mm512_inserti32x4(a, avx2::load16(at[r + 4]), 1);
    return _mm512_inserti32x4(_mm512_inserti32x4(b, avx2::load16(at[r + 8]), 2), avx2::load16(at[r + 12]), 3);
  }
  RETORT_ALWAYS_INLINE static void rows16(const std::byte* p, std::size_t stride, ivec (&out)[4]) {
    const row_addresses at(p, stride);
    const __m512i a = fourth_rows(at, 0), b = fourth_rows(at, 1), c = fourth_rows(at, 2), d = fourth_rows(at, 3);
    const __m512i ab0 = _mm512_unpacklo_epi32(a, b), ab1 = _mm512_unpackhi_epi32(a, b);
    const __m512i cd0 = _mm512_unpacklo_epi32(c, d), cd1 = _mm512_unpackhi_epi32(c, d);
    out[0] = {_mm512_unpacklo_epi64(ab0, cd0)};
    out[1] = {_mm512_unpackhi_epi64(ab0, cd0)};
    out[2] = {_mm512_unpacklo_epi64(ab1, cd1)};
    out[3] = {_mm512_unpackhi_epi64(ab1, cd1)};
  }
  RETORT_ALWAYS_INLINE static void rows32(const std::byte* p, std::size_t stride, ivec (&out)[8]) {
    const row_addresses at(p, stride);
    const auto two = [&](std::size_t r) RETORT_INLINE_LAMBDA {  // 32 bytes of rows r and r + 4
      return _mm512_inserti64x4(_mm512_castsi256_si512(avx2::load32(at[r])), avx2::load32(at[r + 4]), 1);
    };
    __m512i of[2][4];  // [eight rows][dword]: lanes are dword k of rows 0 to 3, dword k + 4 of them, the same of rows 4
                       // to 7
    RETORT_UNROLL for (std::size_t h = 0; h < 2; ++h) {
      const __m512i a = two(8 * h), b = two(8 * h + 1), c = two(8 * h + 2), d = two(8 * h + 3);
      const __m512i ab0 = _mm512_unpacklo_epi32(a, b), ab1 = _mm512_unpackhi_epi32(a, b);
      const __m512i cd0 = _mm512_unpacklo_epi32(c, d), cd1 = _mm512_unpackhi_epi32(c, d);
      of[h][0] = _mm512_unpacklo_epi64(ab0, cd0);
      of[h][1] = _mm512_unpackhi_epi64(ab0, cd0);
      of[h][2] = _mm512_unpacklo_epi64(ab1, cd1);
      of[h][3] = _mm512_unpackhi_epi64(ab1, cd1);
    }
    RETORT_UNROLL for (std::size_t k = 0; k < 4; ++k) {
      out[k] = {_mm512_shuffle_i32x4(of[0][k], of[1][k], 0x88)};
      out[k + 4] = {_mm512_shuffle_i32x4(of[0][k], of[1][k], 0xdd)};
    }
  }
  RETORT_ALWAYS_INLINE static ivec rows4(const std::byte* p, std::size_t stride) {
    const row_addresses at(p, stride);
    const auto four = [&](std::size_t r) RETORT_INLINE_LAMBDA {
      const auto dword = [&](std::size_t k)
                             RETORT_INLINE_LAMBDA { return _mm_cvtsi32_si128(load_as<std::int32_t>(at[r + k])); };
      return _mm_unpacklo_epi64(_mm_unpacklo_epi32(dword(0), dword(1)), _mm_unpacklo_epi32(dword(2), dword(3)));
    };
    const __m512i a = _mm512_inserti32x4(_mm512_castsi128_si512(four(0)), four(4), 1);
    return {_mm512_inserti32x4(_mm512_inserti32x4(a, four(8), 2), four(12), 3)};
  }
  RETORT_ALWAYS_INLINE static ivec middle(ivec a, ivec b) {
    return {_mm512_rol_epi32(_mm512_mask_blend_epi16(0x55555555, a.v, b.v), 16)};
  }
  template <bool Signed>
  RETORT_ALWAYS_INLINE ivec byte(int g) const {
    const __m512i up = _mm512_slli_epi32(v, static_cast<unsigned>(24 - 8 * g));
    return {Signed ? _mm512_srai_epi32(up, 24) : _mm512_srli_epi32(up, 24)};
  }
};
RETORT_ALWAYS_INLINE ivec operator&(ivec a, ivec b) { return {_mm512_and_si512(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec operator|(ivec a, ivec b) { return {_mm512_or_si512(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec operator^(ivec a, ivec b) { return {_mm512_xor_si512(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec add8(ivec a, ivec b) { return {_mm512_add_epi8(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec sub8(ivec a, ivec b) { return {_mm512_sub_epi8(a.v, b.v)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec right16(ivec a) { return {_mm512_srli_epi16(a.v, N)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec left16(ivec a) { return {_mm512_slli_epi16(a.v, N)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec right32(ivec a) { return {_mm512_srli_epi32(a.v, N)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec left32(ivec a) { return {_mm512_slli_epi32(a.v, N)}; }
RETORT_ALWAYS_INLINE ivec mul16(ivec a, ivec b) { return {_mm512_mullo_epi16(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec look_up(const std::int8_t (&levels)[16], int offset, ivec v) {
  const __m128i table = _mm_add_epi8(avx2::load16(levels), _mm_set1_epi8(static_cast<char>(offset)));
  return {_mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), v.v)};
}
RETORT_ALWAYS_INLINE ivec spread_bits(ivec v, std::size_t g) {
  const __m128i byte = _mm_setr_epi8(0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12);
  const __m128i at = _mm_add_epi8(byte, _mm_set1_epi8(static_cast<char>(g / 2)));
  const __m512i bits = _mm512_set1_epi32(g % 2 == 0 ? 0x08040201 : static_cast<int>(0x80402010u));
  return {_mm512_movm_epi8(_mm512_test_epi8_mask(_mm512_shuffle_epi8(v.v, _mm512_broadcast_i32x4(at)), bits))};
}
RETORT_ALWAYS_INLINE ivec at_least(ivec v, int x) {
  return {_mm512_movm_epi8(_mm512_cmpge_epu8_mask(v.v, ivec::bytes(x).v))};
}
RETORT_ALWAYS_INLINE vec to_float(ivec a) { return {_mm512_cvtepi32_ps(a.v)}; }
RETORT_ALWAYS_INLINE vec float_bits(ivec a) { return {_mm512_castsi512_ps(a.v)}; }
RETORT_ALWAYS_INLINE vec low_half(ivec a) { return {_mm512_cvtph_ps(_mm512_cvtepi32_epi16(a.v))}; }
template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
  return {_mm512_dpbusd_epi32(acc.v, u.v, s.v)};
}
RETORT_ALWAYS_INLINE ivec dot_16(ivec acc, ivec a, ivec b) { return {_mm512_dpwssd_epi32(acc.v, a.v, b.v)}; }
template <bool Near>
RETORT_ALWAYS_INLINE void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), Near ? _MM_HINT_T0 : _MM_HINT_T1);
}

#include <retort/simd/generic/quant_unpack.inc>
#include <retort/simd/generic/quant_kernels.inc>

}  // namespace simd::avx512vnni
RETORT_END
RETORT_TARGET_END
#endif
