// AVX2: quantized weights.
#pragma once

#include <retort/simd/avx2.hpp>
#include <retort/simd/avx2_unpack.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c")
RETORT_BEGIN
namespace simd::avx2maddubs {

using avx2::vec;
inline constexpr bool wide_needs_care = true;

/// Pairs of products are summed in 16 bits: u up to 129 times |s| up to 127 fits.
/// Wide: u is q + 128; |q| takes its place and s takes q's sign.
template <bool Wide>
RETORT_ALWAYS_INLINE __m256i sum_of_products(__m256i acc, __m256i u, __m256i s) {
  if constexpr (Wide) {
    const __m256i q = _mm256_xor_si256(u, avx2::bytes(128));
    u = _mm256_abs_epi8(q);
    s = _mm256_sign_epi8(s, q);
  }
  return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(u, s), _mm256_set1_epi16(1)));
}

inline constexpr std::size_t few_tokens = 4, gemm_tokens = 4, gemm_tokens_two = 4;

struct ivec {
  static constexpr std::size_t width = 8;
  __m256i v;
  RETORT_ALWAYS_INLINE static ivec zero() { return {_mm256_setzero_si256()}; }
  RETORT_ALWAYS_INLINE static ivec load(const void* p) { return {avx2::load32(p)}; }
  RETORT_ALWAYS_INLINE void store(void* p) const { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }
  RETORT_ALWAYS_INLINE static ivec broadcast(const void* p) { return {_mm256_set1_epi32(load_as<std::int32_t>(p))}; }
  /// Byte g of every dword.
  template <bool Signed>
  RETORT_ALWAYS_INLINE ivec byte(int g) const {
    const __m256i up = _mm256_slli_epi32(v, 24 - 8 * g);
    return {Signed ? _mm256_srai_epi32(up, 24) : _mm256_srli_epi32(up, 24)};
  }
  /// Bytes a and b of every dword as its 16-bit halves.
  RETORT_ALWAYS_INLINE ivec pair(int a, int b) const {
    return {_mm256_or_si256(byte<false>(a).v, _mm256_slli_epi32(byte<false>(b).v, 16))};
  }
};
RETORT_ALWAYS_INLINE vec to_float(ivec a) { return {_mm256_cvtepi32_ps(a.v)}; }
/// UE4M3 in dwords as floats, halved. Read as half floats they are 2^-8 of what they mean.
RETORT_ALWAYS_INLINE vec ue4m3_halved(ivec a) {
  const __m128i v = _mm_packus_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  return {_mm256_mul_ps(_mm256_cvtph_ps(_mm_slli_epi16(v, 7)), _mm256_set1_ps(128.0f))};
}
template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
  return {sum_of_products<Wide>(acc.v, u.v, s.v)};
}
RETORT_ALWAYS_INLINE ivec dot_16(ivec acc, ivec a, ivec b) {
  return {_mm256_add_epi32(acc.v, _mm256_madd_epi16(a.v, b.v))};
}

/// Pairs of dwords of two rows: [a0+a2, b0+b2, a1+a3, b1+b3] in both halves.
RETORT_ALWAYS_INLINE __m256i pair_sums(__m256i a, __m256i b) {
  return _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
}
/// The sums of the four dwords of both halves, for four rows: half g, dword r is row r's group g.
RETORT_ALWAYS_INLINE __m256i lane_sums(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i ab = pair_sums(a, b), cd = pair_sums(c, d);
  return _mm256_add_epi32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd));
}

/// Twice 8 x 8 dwords: dwords k.. of 16 rows become 8 rows of one dword each.
inline void transpose_tile(const quant_tile& t, std::size_t k, std::size_t column, std::uint8_t (*q)[16][4]) {
  for (std::size_t first = 0; first < tile_rows; first += 8) {
    __m256i b[8];
    RETORT_UNROLL for (std::size_t i = 0; i < 2; ++i) {
      const auto row = [&](std::size_t r) RETORT_INLINE_LAMBDA { return avx2::load32(t.q[first + 4 * i + r] + 4 * k); };
      const __m256i x0 = _mm256_unpacklo_epi32(row(0), row(1)), x1 = _mm256_unpackhi_epi32(row(0), row(1));
      const __m256i y0 = _mm256_unpacklo_epi32(row(2), row(3)), y1 = _mm256_unpackhi_epi32(row(2), row(3));
      b[4 * i] = _mm256_unpacklo_epi64(x0, y0);
      b[4 * i + 1] = _mm256_unpackhi_epi64(x0, y0);
      b[4 * i + 2] = _mm256_unpacklo_epi64(x1, y1);
      b[4 * i + 3] = _mm256_unpackhi_epi64(x1, y1);
    }
    RETORT_UNROLL for (std::size_t j = 0; j < 4; ++j) {  // b[4 i + j], half h: dword 4 h + j of rows 4 i ..
      avx2::store32(q[k + j][column + first], _mm256_permute2x128_si256(b[j], b[4 + j], 0x20));
      avx2::store32(q[k + 4 + j][column + first], _mm256_permute2x128_si256(b[j], b[4 + j], 0x31));
    }
  }
}

/// Four rows' scales of one run in the order of lane_sums.  at: 0 or 2, the run's place in 64 inputs
RETORT_ALWAYS_INLINE __m256i scales_of(const std::int8_t (*four_rows)[4], std::size_t at) {
  const __m128i by_half = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m128i v = _mm_shuffle_epi8(avx2::load16(four_rows), by_half);
  return _mm256_cvtepi8_epi32(at == 0 ? v : _mm_unpackhi_epi64(v, v));
}

/// Sums of products times their scales: integers, or the bits of floats for UE4M3.
template <class Kind>
RETORT_ALWAYS_INLINE __m256i scaled(__m256i sums, const std::int8_t (*four_rows)[4], std::size_t at) {
  if constexpr (Kind::scales == 0)
    return sums;
  else if constexpr (Kind::ue4m3)
    return _mm256_castps_si256((to_float(ivec{sums}) * ue4m3_halved(ivec{scales_of(four_rows, at)})).v);
  else
    return _mm256_mullo_epi32(sums, scales_of(four_rows, at));
}
/// Both halves of a run as one float.
template <class Kind>
RETORT_ALWAYS_INLINE vec both_halves(__m256i a, __m256i b) {
  if constexpr (Kind::ue4m3)
    return vec{_mm256_castsi256_ps(a)} + vec{_mm256_castsi256_ps(b)};
  else
    return to_float(ivec{_mm256_add_epi32(a, b)});
}

/// One run of eight rows: the sums of both halves, in lanes of rows.
template <class Kind>
RETORT_ALWAYS_INLINE void run_sums(const quant_tile& t, std::size_t run, std::size_t first, __m256i q,
                                   __m256i correction, __m256i& low, __m256i& high) {
  __m256i v[2];
  RETORT_UNROLL for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t rows = first + 4 * i;
    const auto row = [&](std::size_t r) RETORT_INLINE_LAMBDA {
      return sum_of_products<Kind::wide>(_mm256_setzero_si256(), avx2::load32(t.q[rows + r] + 32 * run), q);
    };
    v[i] = lane_sums(row(0), row(1), row(2), row(3));
    if constexpr (!Kind::wide) v[i] = _mm256_sub_epi32(v[i], correction);
    v[i] = scaled<Kind>(v[i], t.scale[run / 2] + rows, 2 * (run % 2));
  }
  low = _mm256_permute2x128_si256(v[0], v[1], 0x20);
  high = _mm256_permute2x128_si256(v[0], v[1], 0x31);
}

template <class Kind, class Inputs>
RETORT_ALWAYS_INLINE void gemv_tile(const quant_tile& t, const quant_kind& kind, std::size_t n_runs, Inputs x,
                                    float* sums_of_rows) {
  for (std::size_t first = 0; first < tile_rows; first += 8) {
    vec acc = vec::load(sums_of_rows + first), part = vec::zero();
    ivec lows = ivec::zero();
    std::size_t block = 0;
    for (std::size_t run = 0; run < n_runs; ++run) {
      const int sum0 = x.sums[2 * run], sum1 = x.sums[2 * run + 1];
      const __m256i correction =
          _mm256_set_m128i(_mm_set1_epi32(sum1 * kind.offset), _mm_set1_epi32(sum0 * kind.offset));
      __m256i low, high;
      run_sums<Kind>(t, run, first, avx2::load32(x.q + 32 * run), correction, low, high);
      const vec d = vec::set(x.d[run]);
      part = fma(both_halves<Kind>(low, high), d, part);
      if constexpr (Kind::mins != 0 && !Kind::is_short) {
        const int at = static_cast<int>(2 * (run % 2));
        lows = dot_16(lows, ivec::load(t.min[run / 2] + first).pair(at, at + 1), ivec::broadcast(x.lows + 2 * run));
      }
      if (((run + 1) & (kind.runs - 1u)) != 0) continue;
      acc = fma(vec::load(t.d[block] + first), part, acc);
      part = vec::zero();
      if constexpr (Kind::mins != 0) {
        const vec lower = Kind::is_short ? vec::set(x.low(run)) : to_float(lows) * vec::set(*x.d_low);
        acc = fma(vec::zero() - vec::load(t.dmin[block] + first), lower, acc);
      }
      ++block;
    }
    acc.store(sums_of_rows + first);
  }
}

#include <retort/simd/quant_kernels.inc>

inline constexpr kernels table = with_quantized(avx2::table);

}  // namespace simd::avx2maddubs
RETORT_END
RETORT_TARGET_END
#endif
