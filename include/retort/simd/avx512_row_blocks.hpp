// AVX-512: a tile of one row times one token, for every format that
// avx512_in_order.hpp reads row by row.
#pragma once

#include <retort/simd/avx512_quant.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
RETORT_BEGIN
namespace simd::avx512vnni {

/// Formats that are read so.
template <dtype D>
inline constexpr bool in_order = has_grid<D> || D == dtype::q4_0 || D == dtype::q5_0 || D == dtype::q8_0 || D == dtype::q4_k ||
                                 D == dtype::q5_k || D == dtype::q6_k || D == dtype::iq4_xs;
inline constexpr std::size_t rows_in_order = 16, most_tiles_in_order = 76;

/// What a token brings for a tile.
struct in_order_inputs {
  const std::int8_t* q;         ///< 256; in the planes of avx512_grids.hpp where the format has them
  std::int32_t correction[16];  ///< offset * sum of halves, in the order of sums_of_halves
  std::int16_t lows[8];         ///< of runs
};

template <bool HasMins>
struct row_mins {};
template <>
struct row_mins<true> {
  std::int32_t low[4];                    ///< four summands of what minima are multiplied with
};
/// What a row leaves behind of a tile. Runs stand in the order 0 2 4 6 1 3 5 7.
template <dtype D>
struct row_sums : row_mins<block_traits<D>::n_mins != 0> {
  float run[8];                           ///< sums of runs, times their integer scales
  std::uint16_t d[traits(D).block == 32 ? 8 : 2];  ///< half floats: of blocks, or of the block and its minima
};

/// Lane l, dword j: half 4 j + l of the products of 256 inputs, 64 in a vector.
RETORT_ALWAYS_INLINE __m512i sums_of_halves(__m512i a, __m512i b, __m512i c, __m512i d) {
  const auto pairs = [&](__m512i x, __m512i y) RETORT_INLINE_LAMBDA {
    return _mm512_add_epi32(_mm512_unpacklo_epi32(x, y), _mm512_unpackhi_epi32(x, y));
  };
  const __m512i ab = pairs(a, b), cd = pairs(c, d);
  return _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
}
/// Both halves of runs together: 0 2 4 6 1 3 5 7.
RETORT_ALWAYS_INLINE __m256i sums_of_runs(__m512i halves) {
  const __m512i both = _mm512_add_epi32(halves, _mm512_shuffle_i32x4(halves, halves, 0xb1));
  return _mm512_castsi512_si256(_mm512_shuffle_i32x4(both, both, 0x08));
}
/// Four vectors of unsigned bytes with a token's 256 inputs.
template <class F>
RETORT_ALWAYS_INLINE __m512i dots_of_halves(const in_order_inputs& x, F bytes_of) {
  const auto dot = [&](std::size_t k) RETORT_INLINE_LAMBDA {
    return _mm512_dpbusd_epi32(_mm512_setzero_si512(), bytes_of(k), _mm512_loadu_si512(x.q + 64 * k));
  };
  return sums_of_halves(dot(0), dot(1), dot(2), dot(3));
}
/// Less what the offset of the bytes added.
RETORT_ALWAYS_INLINE __m512i corrected(__m512i halves, const in_order_inputs& x) {
  return _mm512_sub_epi32(halves, _mm512_loadu_si512(x.correction));
}
RETORT_ALWAYS_INLINE __m512i twice(const void* p) { return _mm512_broadcast_i64x4(avx2::load32(p)); }
/// One shift for the lower half of a vector, one for the upper.
RETORT_ALWAYS_INLINE __m512i shifts(int low, int high) {
  return _mm512_inserti64x4(_mm512_set1_epi32(low), _mm256_set1_epi32(high), 1);
}
RETORT_ALWAYS_INLINE void store_runs(__m256i runs, float* to) { _mm256_storeu_ps(to, _mm256_cvtepi32_ps(runs)); }
/// Sums of runs times eight bytes, which stand in the order of runs.
RETORT_ALWAYS_INLINE __m256i scaled(__m256i runs, __m128i scale) {
  const __m128i order = _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, -1, -1, -1, -1, -1, -1, -1, -1);
  return _mm256_mullo_epi32(runs, _mm256_cvtepi8_epi32(_mm_shuffle_epi8(scale, order)));
}

/// row_block<D>::read(p, x, s): the 256 weights at p; for every D that is in_order.
template <dtype D>
struct row_block;

/// The half floats of eight blocks of 32.
template <dtype D>
RETORT_ALWAYS_INLINE void read_eight_d(const std::byte* p, row_sums<D>& s) {
  RETORT_UNROLL for (std::size_t n = 0; n < 8; ++n) s.d[n] = load_as<std::uint16_t>(p + traits(D).bytes * n);
}
template <>
struct row_block<dtype::q8_0> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, row_sums<dtype::q8_0>& s) {
    read_eight_d(p, s);
    const __m512i halves = dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      const __m512i v = _mm512_inserti64x4(_mm512_castsi256_si512(avx2::load32(p + 68 * k + 2)), avx2::load32(p + 68 * k + 36), 1);
      return _mm512_xor_si512(v, bytes64(-128));
    });
    store_runs(sums_of_runs(corrected(halves, x)), s.run);
  }
};

/// Blocks of 32 with 16 bytes of nibbles at their end. change(k, nibbles): the bytes of runs 2 k and 2 k + 1
template <dtype D, class F>
RETORT_ALWAYS_INLINE void read_nibbles(const std::byte* p, const in_order_inputs& x, row_sums<D>& s, F change) {
  read_eight_d(p, s);
  const __m512i shift = _mm512_set_epi64(4, 4, 0, 0, 4, 4, 0, 0);
  const __m512i halves = dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
    const auto run = [&](std::size_t n) RETORT_INLINE_LAMBDA {
      return _mm256_broadcastsi128_si256(avx2::load16(p + traits(D).bytes * (n + 1) - 16));
    };
    const __m512i v = _mm512_inserti64x4(_mm512_castsi256_si512(run(2 * k)), run(2 * k + 1), 1);
    return change(k, _mm512_and_si512(_mm512_srlv_epi64(v, shift), bytes64(15)));
  });
  store_runs(sums_of_runs(corrected(halves, x)), s.run);
}
template <>
struct row_block<dtype::q4_0> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, row_sums<dtype::q4_0>& s) {
    read_nibbles(p, x, s, [](std::size_t, auto v) RETORT_INLINE_LAMBDA { return v; });
  }
};
template <>
struct row_block<dtype::q5_0> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, row_sums<dtype::q5_0>& s) {
    read_nibbles(p, x, s, [p](std::size_t k, auto v) RETORT_INLINE_LAMBDA {
      const auto high = [&](std::size_t n) { return std::uint64_t{load_as<std::uint32_t>(p + 22 * n + 2)}; };
      return _mm512_or_si512(v, _mm512_maskz_mov_epi8(high(2 * k) | high(2 * k + 1) << 32, bytes64(16)));
    });
  }
};
template <>
struct row_block<dtype::iq4_xs> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, row_sums<dtype::iq4_xs>& s) {
    s.d[0] = load_as<std::uint16_t>(p);
    const __m512i twice_each = _mm512_setr_epi64(0, 1, 0, 1, 2, 3, 2, 3), shift = _mm512_set_epi64(4, 4, 0, 0, 4, 4, 0, 0);
    const __m512i halves = dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      const __m512i v = _mm512_permutexvar_epi64(twice_each, _mm512_castsi256_si512(avx2::load32(p + 8 + 32 * k)));
      return look_up(iq4_levels, 128, {_mm512_and_si512(_mm512_srlv_epi64(v, shift), bytes64(15))}).v;
    });
    const __m128i low = _mm_cvtepu8_epi16(nibbles(_mm_cvtsi32_si128(load_as<std::int32_t>(p + 4))));
    const __m128i pairs = _mm_srlv_epi16(_mm_set1_epi16(load_as<std::int16_t>(p + 2)), _mm_setr_epi16(0, 2, 4, 6, 8, 10, 12, 14));
    const __m128i high = _mm_slli_epi16(_mm_and_si128(pairs, _mm_set1_epi16(3)), 4);
    const __m128i scale = _mm_sub_epi16(_mm_or_si128(low, high), _mm_set1_epi16(32));
    store_runs(scaled(sums_of_runs(corrected(halves, x)), _mm_packs_epi16(scale, scale)), s.run);
  }
};

/// d, dmin and the six-bit scales and minima that q4_k and q5_k begin with; `halves` are their dots.
template <dtype D>
RETORT_ALWAYS_INLINE void read_k_header(const std::byte* p, const in_order_inputs& x, row_sums<D>& s, __m512i halves) {
  s.d[0] = load_as<std::uint16_t>(p);
  s.d[1] = load_as<std::uint16_t>(p + 2);
  const auto a = load_as<std::uint32_t>(p + 4), b = load_as<std::uint32_t>(p + 8), c = load_as<std::uint32_t>(p + 12);
  const auto joined = [](std::uint32_t low, std::uint32_t high) { return static_cast<long long>(static_cast<std::uint64_t>(high) << 32 | low); };
  const __m128i scale = _mm_cvtsi64_si128(joined(a & 0x3f3f3f3fu, (c & 0x0f0f0f0fu) | (a >> 2 & 0x30303030u)));
  const __m128i min = _mm_cvtsi64_si128(joined(b & 0x3f3f3f3fu, (c >> 4 & 0x0f0f0f0fu) | (b >> 2 & 0x30303030u)));
  store_runs(scaled(sums_of_runs(halves), scale), s.run);
  const __m128i lows = avx2::load16(x.lows);
  avx2::store16(s.low, _mm_madd_epi16(_mm_cvtepu8_epi16(min), lows));
}
template <>
struct row_block<dtype::q4_k> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, row_sums<dtype::q4_k>& s) {
    read_k_header(p, x, s, dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      return _mm512_and_si512(_mm512_srlv_epi32(twice(p + 16 + 32 * k), shifts(0, 4)), bytes64(15));
    }));
  }
};
template <>
struct row_block<dtype::q5_k> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, row_sums<dtype::q5_k>& s) {
    __m512i high = _mm512_srlv_epi32(twice(p + 16), shifts(0, 1));  // at bit 0 the bits of both runs
    read_k_header(p, x, s, dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      const __m512i low = _mm512_and_si512(_mm512_srlv_epi32(twice(p + 48 + 32 * k), shifts(0, 4)), bytes64(15));
      const __m512i bit = _mm512_slli_epi32(_mm512_and_si512(_mm512_srli_epi32(high, static_cast<unsigned>(2 * k)), _mm512_set1_epi8(1)), 4);
      return _mm512_or_si512(low, bit);
    }));
  }
};
/// Sums of halves, times a signed byte each, as runs.
RETORT_ALWAYS_INLINE __m256i scaled_runs(__m512i halves, __m128i scale_of_halves) {
  const __m128i order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i scale = _mm512_cvtepi8_epi32(_mm_shuffle_epi8(scale_of_halves, order));
  return sums_of_runs(_mm512_mullo_epi32(halves, scale));
}
template <>
struct row_block<dtype::q6_k> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, row_sums<dtype::q6_k>& s) {
    s.d[0] = load_as<std::uint16_t>(p + 208);
    const __m512i top = _mm512_set1_epi8(0x30);
    const __m512i halves = dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      const __m512i low = _mm512_loadu_si512(p + 64 * (k / 2)), high = twice(p + 128 + 32 * (k / 2));
      if (k % 2 == 0) return _mm512_or_si512(_mm512_and_si512(low, bytes64(15)), _mm512_and_si512(_mm512_sllv_epi32(high, shifts(4, 2)), top));
      return _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi32(low, 4), bytes64(15)),
                             _mm512_and_si512(_mm512_srlv_epi32(high, shifts(0, 2)), top));
    });
    store_runs(scaled_runs(corrected(halves, x), avx2::load16(p + 192)), s.run);
  }
};

template <dtype D>
inline constexpr bool in_planes = [] {
  if constexpr (has_grid<D>) return grid_row<D>::in_planes;
  else return false;
}();
template <dtype D>
  requires has_grid<D>
struct row_block<D> {
  using format = grid_row<D>;
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, row_sums<D>& s) {
    s.d[0] = format::d(p);
    grid_block g;
    format::read(p, g);
    const auto dot = [&](std::size_t k, __m512i sum) RETORT_INLINE_LAMBDA {
      __m512i v = _mm512_loadu_si512(x.q + 64 * k);
      if constexpr (format::has_signs) v = _mm512_mask_sub_epi8(v, g.minus[k], _mm512_setzero_si512(), v);
      return _mm512_dpbusd_epi32(sum, g.u[k], v);
    };
    const __m512i zero = _mm512_setzero_si512();
    if constexpr (format::in_planes) {
      __m512i halves = dot(3, dot(2, dot(1, dot(0, zero))));
      if constexpr (format::n_scales == 2) halves = _mm512_mullo_epi32(halves, _mm512_cvtepi8_epi32(g.scales));
      const __m512i both = _mm512_add_epi32(halves, _mm512_shuffle_epi32(halves, _MM_PERM_CDAB));
      const __m512i order = _mm512_castsi256_si512(_mm256_setr_epi32(0, 4, 8, 12, 2, 6, 10, 14));
      const __m256i runs = _mm512_castsi512_si256(_mm512_permutexvar_epi32(order, both));
      store_runs(format::n_scales == 2 ? runs : scaled(runs, g.scales), s.run);
    } else {
      __m512i halves = sums_of_halves(dot(0, zero), dot(1, zero), dot(2, zero), dot(3, zero));
      if constexpr (!format::has_signs) halves = corrected(halves, x);
      store_runs(format::n_scales == 2 ? scaled_runs(halves, g.scales) : scaled(sums_of_runs(halves), g.scales), s.run);
    }
  }
};

}  // namespace simd::avx512vnni
RETORT_END
RETORT_TARGET_END
#endif
