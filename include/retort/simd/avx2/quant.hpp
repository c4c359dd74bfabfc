// AVX2: quantized weights.
#pragma once

#include <retort/simd/avx2/lanes.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c")
RETORT_BEGIN
namespace simd::avx2maddubs {

using avx2::ivec;
using avx2::look_up;
using avx2::low_pairs;
using avx2::prefetch;
using avx2::start_values;
using avx2::vec;
template <dtype D>
using grid_unpacker = avx2::grid_unpacker<D>;
inline constexpr std::size_t gemm_tokens = 4, gemm_tokens_two = 4;
inline constexpr std::uint8_t signed_offset = 0;
inline constexpr bool folds_scales = false, sums_pairs = true;
using matrix_dots = void;

/// v, here and now. Left alone, g++ puts off the additions of a sum to its end, and spills what waits for them.
RETORT_ALWAYS_INLINE ivec now(__m256i v) {
#if defined(__GNUC__) && !defined(__clang__)
  __asm__ volatile("" : "+x"(v));
#endif
  return {v};
}
RETORT_ALWAYS_INLINE ivec add16(ivec a, ivec b) { return now(_mm256_add_epi16(a.v, b.v)); }
RETORT_ALWAYS_INLINE ivec sub16(ivec a, ivec b) { return {_mm256_sub_epi16(a.v, b.v)}; }
/// The byte g of every lane, signed or not, as int16 in both halves.
template <bool Signed>
RETORT_ALWAYS_INLINE ivec twice16(ivec a, int g) {
  const unsigned byte = static_cast<unsigned>(g), at = Signed ? byte << 8 | 0x80u : byte | 0x8000u;  // 0x80: a zero
  const __m256i lanes = _mm256_setr_epi32(0, 0x00040004, 0x00080008, 0x000c000c, 0, 0x00040004, 0x00080008, 0x000c000c);
  const __m256i from = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(at * 0x10001u)),
                                        _mm256_slli_epi32(lanes, Signed ? 8 : 0));
  const __m256i two = _mm256_shuffle_epi8(a.v, from);
  return {Signed ? _mm256_srai_epi16(two, 8) : two};
}
/// Sums of two products in 16 bits: u up to 129 times |s| up to 127 fits.
/// Wide: u is signed; |u| takes its place and s takes its sign.
template <bool Wide>
RETORT_ALWAYS_INLINE ivec pairs(ivec u, ivec s) {
  if constexpr (Wide) {
    s.v = _mm256_sign_epi8(s.v, u.v);
    u.v = _mm256_abs_epi8(u.v);
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
    v[run] = run < n_runs ? _mm256_maddubs_epi16(avx2::bytes(offset), avx2::load32(q + 32 * run))
                          : _mm256_setzero_si256();
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
