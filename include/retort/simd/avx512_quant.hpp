// AVX-512 with VNNI: quantized weights.
#pragma once

#include <retort/simd/avx2_unpack.hpp>
#include <retort/simd/avx512.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
RETORT_BEGIN
namespace simd::avx512vnni {

using avx512::vec;
inline constexpr std::size_t few_tokens = 4, gemm_tokens = 6, gemm_tokens_two = 5;
inline constexpr bool wide_needs_care = false;

struct ivec {
  static constexpr std::size_t width = 16;
  __m512i v;
  RETORT_ALWAYS_INLINE static ivec zero() { return {_mm512_setzero_si512()}; }
  RETORT_ALWAYS_INLINE static ivec load(const void* p) { return {_mm512_loadu_si512(p)}; }
  RETORT_ALWAYS_INLINE void store(void* p) const { _mm512_storeu_si512(p, v); }
  RETORT_ALWAYS_INLINE static ivec broadcast(const void* p) { return {_mm512_set1_epi32(load_as<std::int32_t>(p))}; }
  /// Byte g of every dword.
  template <bool Signed>
  RETORT_ALWAYS_INLINE ivec byte(int g) const {
    const __m512i up = _mm512_slli_epi32(v, static_cast<unsigned>(24 - 8 * g));
    return {Signed ? _mm512_srai_epi32(up, 24) : _mm512_srli_epi32(up, 24)};
  }
  /// Bytes a and b of every dword as its 16-bit halves.
  RETORT_ALWAYS_INLINE ivec pair(int a, int b) const {
    return {_mm512_or_si512(byte<false>(a).v, _mm512_slli_epi32(byte<false>(b).v, 16))};
  }
};
RETORT_ALWAYS_INLINE vec to_float(ivec a) { return {_mm512_cvtepi32_ps(a.v)}; }
/// UE4M3 in dwords as floats, halved. Read as half floats they are 2^-8 of what they mean.
RETORT_ALWAYS_INLINE vec ue4m3_halved(ivec a) {
  return {_mm512_mul_ps(_mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_slli_epi32(a.v, 7))), _mm512_set1_ps(128.0f))};
}
template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
  return {_mm512_dpbusd_epi32(acc.v, u.v, s.v)};
}
RETORT_ALWAYS_INLINE ivec dot_16(ivec acc, ivec a, ivec b) { return {_mm512_dpwssd_epi32(acc.v, a.v, b.v)}; }

/// Pairs of dwords of two rows: [a0+a2, b0+b2, a1+a3, b1+b3] in every 128-bit lane.
RETORT_ALWAYS_INLINE __m512i pair_sums(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}
/// The sums of the four dwords of every lane, for four rows: lane g, dword r is row r's group g.
RETORT_ALWAYS_INLINE __m512i lane_sums(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i ab = pair_sums(a, b), cd = pair_sums(c, d);
  return _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
}

/// 16 x 16 dwords: dwords k.. of 16 rows become 16 rows of one dword each.
inline void transpose_tile(const quant_tile& t, std::size_t k, std::size_t column, std::uint8_t (*q)[32][4]) {
  __m512i b[16];
  RETORT_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    const auto row = [&](std::size_t r) RETORT_INLINE_LAMBDA { return _mm512_load_si512(t.q[4 * i + r] + 4 * k); };
    const __m512i x0 = _mm512_unpacklo_epi32(row(0), row(1)), x1 = _mm512_unpackhi_epi32(row(0), row(1));
    const __m512i y0 = _mm512_unpacklo_epi32(row(2), row(3)), y1 = _mm512_unpackhi_epi32(row(2), row(3));
    b[4 * i] = _mm512_unpacklo_epi64(x0, y0);
    b[4 * i + 1] = _mm512_unpackhi_epi64(x0, y0);
    b[4 * i + 2] = _mm512_unpacklo_epi64(x1, y1);
    b[4 * i + 3] = _mm512_unpackhi_epi64(x1, y1);
  }
  RETORT_UNROLL for (std::size_t j = 0; j < 4; ++j) {  // b[4 i + j], lane l: dword 4 l + j of rows 4 i ..
    const __m512i x0 = _mm512_shuffle_i32x4(b[j], b[4 + j], 0x88), x1 = _mm512_shuffle_i32x4(b[j], b[4 + j], 0xdd);
    const __m512i y0 = _mm512_shuffle_i32x4(b[8 + j], b[12 + j], 0x88), y1 = _mm512_shuffle_i32x4(b[8 + j], b[12 + j], 0xdd);
    _mm512_store_si512(q[k + j][column], _mm512_shuffle_i32x4(x0, y0, 0x88));
    _mm512_store_si512(q[k + 4 + j][column], _mm512_shuffle_i32x4(x1, y1, 0x88));
    _mm512_store_si512(q[k + 8 + j][column], _mm512_shuffle_i32x4(x0, y0, 0xdd));
    _mm512_store_si512(q[k + 12 + j][column], _mm512_shuffle_i32x4(x1, y1, 0xdd));
  }
}

/// Four rows' scales of 64 inputs in the order of lane_sums.
RETORT_ALWAYS_INLINE __m512i scales_of(const std::int8_t (*four_rows)[4]) {
  const __m128i by_group = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_cvtepi8_epi32(_mm_shuffle_epi8(avx2::load16(four_rows), by_group));
}
/// Sums of products times their scales: integers, or the bits of floats for UE4M3.
template <class Kind>
RETORT_ALWAYS_INLINE __m512i scaled(__m512i sums, const std::int8_t (*four_rows)[4]) {
  if constexpr (Kind::scales == 0)
    return sums;
  else if constexpr (Kind::ue4m3)
    return _mm512_castps_si512((to_float(ivec{sums}) * ue4m3_halved(ivec{scales_of(four_rows)})).v);
  else
    return _mm512_mullo_epi32(sums, scales_of(four_rows));
}
/// Both halves of runs: integers, or the bits of floats for UE4M3.
template <class Kind>
RETORT_ALWAYS_INLINE __m512i both_halves(__m512i a, __m512i b) {
  if constexpr (Kind::ue4m3)
    return _mm512_castps_si512(_mm512_add_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b)));
  else
    return _mm512_add_epi32(a, b);
}
template <class Kind>
RETORT_ALWAYS_INLINE vec run_to_float(__m512i a) {
  if constexpr (Kind::ue4m3)
    return {_mm512_castsi512_ps(a)};
  else
    return {_mm512_cvtepi32_ps(a)};
}

template <class Kind, class Inputs>
RETORT_ALWAYS_INLINE void gemv_tile(const quant_tile& t, const quant_kind& kind, std::size_t n_runs, Inputs x,
                                    float* sums_of_rows) {
  vec acc = vec::load(sums_of_rows), part = vec::zero();
  ivec low = ivec::zero();
  const __mmask16 groups = static_cast<__mmask16>((1u << 2 * n_runs) - 1u);
  const __m512i sums = _mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(groups, x.sums));
  const __m512i corrections = _mm512_mullo_epi32(sums, _mm512_set1_epi32(kind.offset));
  const float *d = t.d[0], *dmin = t.dmin[0];
  for (std::size_t c = 0; 2 * c < n_runs; ++c) {
    const __mmask64 valid = 2 * c + 2 <= n_runs ? ~__mmask64{0} : __mmask64{0xffffffffu};
    const __m512i q = _mm512_maskz_loadu_epi8(valid, x.q + 64 * c);
    const __m512i lane = _mm512_srli_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), 2);
    const __m512i correction =
        _mm512_permutexvar_epi32(_mm512_add_epi32(lane, _mm512_set1_epi32(static_cast<int>(4 * c))), corrections);
    __m512i v[4];
    RETORT_UNROLL for (std::size_t i = 0; i < 4; ++i) {
      const auto row = [&](std::size_t r) RETORT_INLINE_LAMBDA {
        return _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_load_si512(t.q[4 * i + r] + 64 * c), q);
      };
      v[i] = scaled<Kind>(_mm512_sub_epi32(lane_sums(row(0), row(1), row(2), row(3)), correction), t.scale[c] + 4 * i);
    }
    // lanes are groups of 16 inputs, v[i] rows 4 i ..: gather the lanes of one group
    const __m512i even0 = _mm512_shuffle_i32x4(v[0], v[1], 0x88), odd0 = _mm512_shuffle_i32x4(v[0], v[1], 0xdd);
    const __m512i even1 = _mm512_shuffle_i32x4(v[2], v[3], 0x88), odd1 = _mm512_shuffle_i32x4(v[2], v[3], 0xdd);
    const __m512i both0 = both_halves<Kind>(even0, odd0), both1 = both_halves<Kind>(even1, odd1);
    const __m512i run_sums[2] = {_mm512_shuffle_i32x4(both0, both1, 0x88), _mm512_shuffle_i32x4(both0, both1, 0xdd)};
    if constexpr (Kind::mins != 0 && !Kind::is_short) {
      const ivec mins = ivec::load(t.min[c]);
      low = dot_16(low, mins.pair(0, 1), ivec::broadcast(x.lows + 4 * c));
      low = dot_16(low, mins.pair(2, 3), ivec::broadcast(x.lows + 4 * c + 2));
    }
    RETORT_UNROLL for (std::size_t h = 0; h < 2; ++h) {
      const std::size_t run = 2 * c + h;
      if (run >= n_runs) break;
      part = fma(run_to_float<Kind>(run_sums[h]), vec::set(x.d[run]), part);
      if (((run + 1) & (kind.runs - 1u)) != 0) continue;
      acc = fma(vec::load(d), part, acc);
      part = vec::zero();
      if constexpr (Kind::mins != 0) {
        const vec lower = Kind::is_short ? vec::set(x.low(run)) : to_float(low) * vec::set(*x.d_low);
        acc = vec{_mm512_fnmadd_ps(vec::load(dmin).v, lower.v, acc.v)};
      }
      d += tile_rows;
      dmin += tile_rows;
    }
  }
  acc.store(sums_of_rows);
}

#include <retort/simd/quant_kernels.inc>

inline constexpr kernels table = with_quantized(avx512::table);

}  // namespace simd::avx512vnni
RETORT_END
RETORT_TARGET_END
#endif
