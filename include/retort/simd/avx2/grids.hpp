// AVX2: what is done row by row, blocks of the formats with grids (tensor/iq_grids.hpp) to bytes, and what a tile needs
// of the inputs. AVX-512 uses the same.
#pragma once

#include <retort/simd/generic/quant_tile.hpp>

#if RETORT_X86
#include <immintrin.h>

RETORT_TARGET_BEGIN("avx,avx2,fma,f16c")
RETORT_BEGIN
namespace simd::avx2 {

RETORT_ALWAYS_INLINE __m256i load32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
RETORT_ALWAYS_INLINE __m128i load16(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
RETORT_ALWAYS_INLINE void store32(std::uint8_t* p, __m256i v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
RETORT_ALWAYS_INLINE void store16(void* p, __m128i v) { _mm_storeu_si128(static_cast<__m128i*>(p), v); }
RETORT_ALWAYS_INLINE __m256i bytes(int v) { return _mm256_set1_epi8(static_cast<char>(v)); }
RETORT_ALWAYS_INLINE float half(le16 h) { return _cvtsh_ss(h.bits()); }

// ---- inputs of a tile ------------------------------------------------------------------------------------

/// to[i] = sum_magic_bits - offset * sums[i] (16 halves of runs), or of the 8 runs.
template <bool Halves>
RETORT_ALWAYS_INLINE void start_values(const std::int16_t* sums, int offset, std::int32_t* to) {
  const __m256i v = load32(sums), factor = _mm256_set1_epi16(static_cast<short>(-offset)),
                magic = _mm256_set1_epi32(sum_magic_bits);
  if constexpr (Halves) {
    const __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(v));
    const __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(v, 1));
    const __m256i wide = _mm256_set1_epi32(-offset);
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm256_add_epi32(magic, _mm256_mullo_epi32(low, wide)));
    _mm256_store_si256(reinterpret_cast<__m256i*>(to + 8), _mm256_add_epi32(magic, _mm256_mullo_epi32(high, wide)));
  } else {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm256_add_epi32(magic, _mm256_madd_epi16(v, factor)));
  }
}
/// The 16 lows of a tile, or the 8 sums of two (which is one per run), as the pairs of quant_tile::min.
template <bool Halves>
RETORT_ALWAYS_INLINE void low_pairs(const std::int16_t* lows, std::int32_t* to) {
  const __m256i v = load32(lows),
                pairs =
                    _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15));
  if constexpr (Halves) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm256_shuffle_epi8(v, pairs));
  } else {
    const __m256i runs = _mm256_madd_epi16(v, _mm256_set1_epi16(1));
    const __m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(runs), _mm256_extracti128_si256(runs, 1));
    _mm_store_si128(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(packed, _mm256_castsi256_si128(pairs)));
  }
}

// ---- bytes of a block --------------------------------------------------------------------------------------

/// Bit i of a word as byte i: 0xff or 0.
RETORT_ALWAYS_INLINE __m256i spread_bits(std::uint32_t word) {
  const __m256i which = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201u));
  const __m256i copies = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(word)), which);
  return _mm256_cmpeq_epi8(_mm256_and_si256(copies, bit), bit);
}
/// Four 8-byte grid entries.
RETORT_ALWAYS_INLINE __m256i entries(const std::int8_t* a, const std::int8_t* b, const std::int8_t* c,
                                     const std::int8_t* d) {
  return _mm256_setr_epi64x(load_as<long long>(a), load_as<long long>(b), load_as<long long>(c), load_as<long long>(d));
}
/// Magnitudes with a sign bit each, plus the offset 64 of these formats.
RETORT_ALWAYS_INLINE __m256i with_signs(__m256i magnitude, std::uint32_t signs) {
  const __m256i minus = spread_bits(signs);
  return _mm256_add_epi8(_mm256_sub_epi8(_mm256_xor_si256(magnitude, minus), minus), bytes(64));
}
/// Eight signs of seven bits, the eighth making the number of minuses even, as factors 1 and -1.
inline constexpr auto even_signs = [] {
  std::array<std::array<std::int8_t, 8>, 128> all{};
  for (unsigned s = 0; s < 128; ++s)
    for (unsigned j = 0; j < 8; ++j)
      all[s][j] = (retort::detail::signs_of_7(s) >> j & 1u) != 0 ? std::int8_t{-1} : std::int8_t{1};
  return all;
}();
/// Magnitudes with the signs of four groups of seven bits, plus 64.
RETORT_ALWAYS_INLINE __m256i with_even_signs(__m256i magnitude, std::uint32_t a, std::uint32_t b, std::uint32_t c,
                                             std::uint32_t d) {
  const __m256i signs = entries(even_signs[a & 127].data(), even_signs[b & 127].data(), even_signs[c & 127].data(),
                                even_signs[d & 127].data());
  return _mm256_add_epi8(_mm256_sign_epi8(magnitude, signs), bytes(64));
}
/// Scale 2 s + 1 of eight runs from eight bytes.
RETORT_ALWAYS_INLINE __m128i odd_scales(std::uint64_t s) {
  return _mm_cvtsi64_si128(static_cast<long long>(2 * s + 0x0101010101010101u));
}
/// The same from eight bytes with a nibble for each half of a run.
RETORT_ALWAYS_INLINE __m128i odd_nibble_scales(const void* p) {
  const auto s = load_as<std::uint64_t>(p);
  return _mm_unpacklo_epi8(odd_scales(s & 0x0f0f0f0f0f0f0f0fu), odd_scales(s >> 4 & 0x0f0f0f0f0f0f0f0fu));
}

// ---- formats: grid_unpacker<D>::row(p, q, scale) writes the 256 numbers of the block at p, plus offset, and its
// scales; the scale of the block is returned.

template <std::uint8_t Offset, std::uint8_t Scales>
struct grid_base {
  static constexpr std::uint8_t offset = Offset, n_scales = Scales;
  /// Which four inputs of the block lie at place k of q.
  static constexpr std::size_t group(std::size_t k) { return k; }
};
template <dtype D>
struct grid_unpacker;

template <>
struct grid_unpacker<dtype::iq2_xxs> : grid_base<64, 1> {
  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    const auto& b = *reinterpret_cast<const block_iq2_xxs*>(p);
    const auto& g = grids().iq2_xxs;
    std::uint64_t scales = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const auto& s = b.sub[k];
      const std::uint32_t word = s.signs.bits();
      scales |= static_cast<std::uint64_t>(word >> 28) << 8 * k;
      const __m256i v = entries(g[s.index[0]], g[s.index[1]], g[s.index[2]], g[s.index[3]]);
      store32(q + 32 * k, with_even_signs(v, word, word >> 7, word >> 14, word >> 21));
    }
    _mm_storel_epi64(reinterpret_cast<__m128i*>(scale), odd_scales(scales));
    return half(b.d) * 0.125f;
  }
};
template <>
struct grid_unpacker<dtype::iq2_xs> : grid_base<64, 2> {
  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    const auto& b = *reinterpret_cast<const block_iq2_xs*>(p);
    const auto& g = grids().iq2_xs;
    store16(scale, odd_nibble_scales(b.scales));
    for (std::size_t k = 0; k < 8; ++k) {
      const auto w = load_as<std::uint64_t>(b.qs + 4 * k);
      const __m256i v = entries(g[w & 511], g[w >> 16 & 511], g[w >> 32 & 511], g[w >> 48 & 511]);
      const auto low = static_cast<std::uint32_t>(w), high = static_cast<std::uint32_t>(w >> 32);
      store32(q + 32 * k, with_even_signs(v, low >> 9, low >> 25, high >> 9, high >> 25));
    }
    return half(b.d) * 0.125f;
  }
};
template <>
struct grid_unpacker<dtype::iq2_s> : grid_base<64, 2> {
  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    const auto& b = *reinterpret_cast<const block_iq2_s*>(p);
    const auto& g = grids().iq2_s;
    store16(scale, odd_nibble_scales(b.scales));
    for (std::size_t k = 0; k < 8; ++k) {
      const unsigned h = b.qh[k];
      const std::uint8_t* i = b.index + 4 * k;
      const __m256i v =
          entries(g[i[0] | (h & 3) << 8], g[i[1] | (h & 12) << 6], g[i[2] | (h & 48) << 4], g[i[3] | (h & 192) << 2]);
      store32(q + 32 * k, with_signs(v, load_as<std::uint32_t>(b.signs + 4 * k)));
    }
    return half(b.d) * 0.125f;
  }
};

/// Eight 4-byte grid entries.
template <class Grid, class Index>
RETORT_ALWAYS_INLINE __m256i eight_entries(const Grid& g, Index index) {
  const auto at = [&](std::size_t l) RETORT_INLINE_LAMBDA { return load_as<std::int32_t>(g[index(l)]); };
  return _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
}
template <>
struct grid_unpacker<dtype::iq3_xxs> : grid_base<64, 1> {
  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    const auto& b = *reinterpret_cast<const block_iq3_xxs*>(p);
    std::uint64_t scales = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const std::uint32_t word = b.signs[k].bits();
      scales |= static_cast<std::uint64_t>(word >> 28) << 8 * k;
      const std::uint8_t* i = b.index + 8 * k;
      const __m256i v = eight_entries(grids().iq3_xxs, [i](std::size_t l) { return i[l]; });
      store32(q + 32 * k, with_even_signs(v, word, word >> 7, word >> 14, word >> 21));
    }
    _mm_storel_epi64(reinterpret_cast<__m128i*>(scale), odd_scales(scales));
    return half(b.d) * 0.25f;
  }
};
template <>
struct grid_unpacker<dtype::iq3_s> : grid_base<64, 1> {
  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    const auto& b = *reinterpret_cast<const block_iq3_s*>(p);
    std::uint64_t scales = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      scales |= static_cast<std::uint64_t>(b.scales[k / 2] >> 4 * (k % 2) & 15) << 8 * k;
      const std::uint8_t* i = b.index + 8 * k;
      const unsigned h = b.qh[k];
      const __m256i v = eight_entries(grids().iq3_s, [i, h](std::size_t l) { return i[l] | (h >> l & 1) << 8; });
      store32(q + 32 * k, with_signs(v, load_as<std::uint32_t>(b.signs + 4 * k)));
    }
    _mm_storel_epi64(reinterpret_cast<__m128i*>(scale), odd_scales(scales));
    return half(b.d);
  }
};

/// 8 (G + 1) + (0 or 2): q + 9 of iq1.  minus: 0xff where one is taken away
RETORT_ALWAYS_INLINE __m256i shifted(__m256i ternary, __m256i minus) {
  const __m256i eights = _mm256_slli_epi16(_mm256_add_epi8(ternary, bytes(1)), 3);
  return _mm256_add_epi8(eights, _mm256_andnot_si256(minus, bytes(2)));
}
template <>
struct grid_unpacker<dtype::iq1_s> : grid_base<9, 1> {
  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    const auto& b = *reinterpret_cast<const block_iq1_s*>(p);
    const auto& g = grids().iq1;
    std::uint64_t scales = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const unsigned h = b.qh[k].bits();
      scales |= static_cast<std::uint64_t>(h >> 12 & 7) << 8 * k;
      const std::uint8_t* i = b.index + 4 * k;
      const __m256i v = entries(g[i[0] | (h & 7) << 8], g[i[1] | (h & 56) << 5], g[i[2] | (h & 448) << 2],
                                g[i[3] | (h >> 9 & 7) << 8]);
      store32(q + 32 * k, shifted(v, bytes((h & 0x8000) != 0 ? 255 : 0)));
    }
    _mm_storel_epi64(reinterpret_cast<__m128i*>(scale), odd_scales(scales));
    return half(b.d) * 0.125f;
  }
};
template <>
struct grid_unpacker<dtype::iq1_m> : grid_base<9, 2> {
  /// Four scales of three bits as 2 s + 1 in bytes.
  RETORT_ALWAYS_INLINE static std::uint64_t four_scales(le16 word) {
    const std::uint32_t w = word.bits();
    return 2 * ((w & 7) | (w & 0x38) << 5 | (w & 0x1c0) << 10 | (w & 0xe00) << 15) + 0x01010101u;
  }
  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    const auto& b = *reinterpret_cast<const block_iq1_m*>(p);
    const auto& g = grids().iq1;
    const int top = (b.scales[0].bits() >> 12) | (b.scales[1].bits() >> 12) << 4 | (b.scales[2].bits() >> 12) << 8 |
                    (b.scales[3].bits() >> 12) << 12;
    store16(scale, _mm_set_epi64x(static_cast<long long>(four_scales(b.scales[2]) | four_scales(b.scales[3]) << 32),
                                  static_cast<long long>(four_scales(b.scales[0]) | four_scales(b.scales[1]) << 32)));
    for (std::size_t k = 0; k < 8; ++k) {
      const unsigned h = static_cast<unsigned>(b.qh[2 * k] | b.qh[2 * k + 1] << 8);
      const std::uint8_t* i = b.index + 4 * k;
      const __m256i v =
          entries(g[i[0] | (h & 7) << 8], g[i[1] | (h & 0x70) << 4], g[i[2] | (h & 0x700)], g[i[3] | (h >> 4 & 0x700)]);
      const std::uint32_t minus = (h >> 3 & 1) | (h >> 7 & 1) << 8 | (h >> 11 & 1) << 16 | (h >> 15) << 24;
      store32(q + 32 * k, shifted(v, spread_bits(minus * 255)));
    }
    return _cvtsh_ss(static_cast<std::uint16_t>(top)) * 0.125f;
  }
};

}  // namespace simd::avx2
RETORT_END
RETORT_TARGET_END
#endif
