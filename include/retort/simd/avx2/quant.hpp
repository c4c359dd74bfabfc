// AVX2: quantized weights.
#pragma once

#include <retort/simd/avx2/vec.hpp>
#include <retort/simd/avx2/grids.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c")
RETORT_BEGIN
namespace simd::avx2maddubs {

using avx2::low_pairs;
using avx2::start_values;
using avx2::vec;
template <dtype D>
using grid_unpacker = avx2::grid_unpacker<D>;
inline constexpr std::size_t gemm_tokens = 4, gemm_tokens_two = 4;
inline constexpr bool folds_scales = false;
inline constexpr bool wide_needs_care = true, sums_pairs = true;

struct ivec {
  static constexpr std::size_t width = 8;
  __m256i v;
  RETORT_ALWAYS_INLINE static ivec zero() { return {_mm256_setzero_si256()}; }
  RETORT_ALWAYS_INLINE static ivec bytes(int x) { return {avx2::bytes(x)}; }
  RETORT_ALWAYS_INLINE static ivec dwords(int x) { return {_mm256_set1_epi32(x)}; }
  RETORT_ALWAYS_INLINE static ivec load(const void* p) { return {avx2::load32(p)}; }
  RETORT_ALWAYS_INLINE void store(void* p) const { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }
  RETORT_ALWAYS_INLINE static ivec broadcast(const void* p) { return {_mm256_set1_epi32(load_as<std::int32_t>(p))}; }

  RETORT_ALWAYS_INLINE static void rows16(const std::byte* p, std::size_t stride, ivec (&out)[4]) {
    const auto two = [&](std::size_t r) RETORT_INLINE_LAMBDA {  // 16 bytes of rows r and r + 4
      return _mm256_inserti128_si256(_mm256_castsi128_si256(avx2::load16(p + r * stride)),
                                     avx2::load16(p + (r + 4) * stride), 1);
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
/// v, here and now. Left alone, g++ puts off the additions of a sum to its end, and spills what waits for them.
RETORT_ALWAYS_INLINE ivec now(__m256i v) {
#if defined(__GNUC__) && !defined(__clang__)
  __asm__("" : "+x"(v));
#endif
  return {v};
}
RETORT_ALWAYS_INLINE ivec add16(ivec a, ivec b) { return now(_mm256_add_epi16(a.v, b.v)); }
RETORT_ALWAYS_INLINE ivec sub16(ivec a, ivec b) { return {_mm256_sub_epi16(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec sub32(ivec a, ivec b) { return {_mm256_sub_epi32(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec twice16(ivec a) { return {_mm256_or_si256(_mm256_and_si256(a.v,_mm256_set1_epi32(0xffff)), _mm256_slli_epi32(a.v, 16))}; }
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
  const __m128i table = _mm_add_epi8(avx2::load16(levels), _mm_set1_epi8(static_cast<char>(offset)));
  return {_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), v.v)};
}
RETORT_ALWAYS_INLINE ivec spread_bits(ivec v, std::size_t g) {
  const __m128i byte = _mm_setr_epi8(0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12);
  const __m128i at = _mm_add_epi8(byte, _mm_set1_epi8(static_cast<char>(g / 2)));
  const __m256i bits = _mm256_set1_epi32(g % 2 == 0 ? 0x08040201 : static_cast<int>(0x80402010u));
  return {_mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(v.v, _mm256_broadcastsi128_si256(at)), bits), bits)};
}
RETORT_ALWAYS_INLINE ivec at_least(ivec v, int x) {
  return {_mm256_cmpeq_epi8(_mm256_max_epu8(v.v, avx2::bytes(x)), v.v)};
}
RETORT_ALWAYS_INLINE vec to_float(ivec a) { return {_mm256_cvtepi32_ps(a.v)}; }
RETORT_ALWAYS_INLINE vec float_bits(ivec a) { return {_mm256_castsi256_ps(a.v)}; }
RETORT_ALWAYS_INLINE vec low_half(ivec a) {
  const __m256i low = (a & ivec::dwords(0xffff)).v;
  return {_mm256_cvtph_ps(_mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1)))};
}
/// Pairs of products are summed in 16 bits: u up to 129 times |s| up to 127 fits.
/// Wide: u is q + 128; |q| takes its place and s takes q's sign.
template <bool Wide>
RETORT_ALWAYS_INLINE ivec pairs(ivec u, ivec s) {
  if constexpr (Wide) {
    const __m256i q = _mm256_xor_si256(u.v, avx2::bytes(128));
    u.v = _mm256_abs_epi8(q);
    s.v = _mm256_sign_epi8(s.v, q);
  }
  return {_mm256_maddubs_epi16(u.v, s.v)};
}
RETORT_ALWAYS_INLINE ivec dot_16(ivec acc, ivec a, ivec b) {
  return now(_mm256_add_epi32(acc.v, _mm256_madd_epi16(a.v, b.v)));
}
template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
  return dot_16(acc, pairs<Wide>(u, s), ivec::dwords(0x00010001));
}
/// to[run * Parts + part] = offset times the sums of inputs 0 and 1, and 2 and 3, of all fours of that part.
template <std::size_t Parts>
RETORT_ALWAYS_INLINE void start_pairs(const std::int8_t* q, std::size_t n_runs, int offset, std::int32_t* to) {
  __m256i v[8];
  RETORT_UNROLL for (std::size_t run = 0; run < 8; ++run)
    v[run] = run < n_runs ? _mm256_maddubs_epi16(avx2::bytes(offset), avx2::load32(q + 32 * run)) : _mm256_setzero_si256();
  if constexpr (Parts == 4) {
    RETORT_UNROLL for (std::size_t run = 0; run < 8; run += 2) {
      const __m256 a = _mm256_castsi256_ps(v[run]), b = _mm256_castsi256_ps(v[run + 1]);
      const __m256i sums = _mm256_add_epi16(_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88)),
                                            _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd)));
      ivec{_mm256_permute4x64_epi64(sums, 0xd8)}.store(to + 4 * run);
    }
  } else {
    RETORT_UNROLL for (std::size_t run = 0; run < 8; run += 4) {
      const auto two = [&v](std::size_t k) RETORT_INLINE_LAMBDA {
        return _mm256_add_epi16(_mm256_unpacklo_epi32(v[k], v[k + 1]), _mm256_unpackhi_epi32(v[k], v[k + 1]));
      };
      const __m256i a = two(run), b = two(run + 2);
      const __m256i halves = _mm256_add_epi16(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
      if constexpr (Parts == 2)
        ivec{_mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))}.store(to + 2 * run);
      else
        avx2::store16(to + run, _mm_add_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)));
    }
  }
}
template <bool Near>
RETORT_ALWAYS_INLINE void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), Near ? _MM_HINT_T0 : _MM_HINT_T1);
}

#include <retort/simd/generic/quant_unpack.inc>
#include <retort/simd/generic/quant_kernels.inc>

inline constexpr kernels table = with_quantized(avx2::table);

}  // namespace simd::avx2maddubs
RETORT_END
RETORT_TARGET_END

#if RETORT_CARRIES(RETORT_PART_AVX2)
RETORT_BEGIN
RETORT_INLINE const simd::kernels& simd::sets::avx2() noexcept { return avx2maddubs::table; }
RETORT_END
#endif
#endif
