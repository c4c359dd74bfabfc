// AVX-512: the formats with grids (tensor/iq_grids.hpp), one block of one row in
// four registers. Entries of large grids are loaded one by one. Small grids are
// searched by permutations, 32 entries at a time, as packed levels; the bits of those
// become bytes in planes: byte 4 h + i of plane p is input 16 h + order[4 p + i] of
// the block, so that the four bytes of a dot's lane h belong to half h in every plane.
#pragma once

#include <retort/simd/avx2/grids.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
RETORT_BEGIN
namespace simd::avx512vnni {

struct grid_block {
  __m512i u[4];        ///< magnitudes; of iq1 q + 9. In planes, or as they come
  __mmask64 minus[4];  ///< none of iq1
  __m128i scales;      ///< bytes: of 8 runs, or of 16 halves
};

// ---- small steps -----------------------------------------------------------------------------------------------

RETORT_ALWAYS_INLINE __m512i words(int v) { return _mm512_set1_epi16(static_cast<short>(v)); }
RETORT_ALWAYS_INLINE __m512i bytes64(int v) { return _mm512_set1_epi8(static_cast<char>(v)); }
RETORT_ALWAYS_INLINE __m512i bytes_as_words(const void* p) { return _mm512_cvtepu8_epi16(avx2::load32(p)); }
/// The same 16 bytes, words, or bytes picked in every lane.
RETORT_ALWAYS_INLINE __m512i everywhere(__m128i v) { return _mm512_broadcast_i32x4(v); }
/// Four words in every qword.
RETORT_ALWAYS_INLINE __m512i four_words(int a, int b, int c, int d) {
  return _mm512_set1_epi64(static_cast<long long>(a) | static_cast<long long>(b) << 16 |
                           static_cast<long long>(c) << 32 | static_cast<long long>(d) << 48);
}
/// Seven bits for every word, from the lower 28 bits of the bytes `first` to first + 3 of every qword.
template <char First>
RETORT_ALWAYS_INLINE __m512i seven_bits(__m512i v) {
  constexpr char f = First, g = First + 8;
  const __m128i pick =
      _mm_setr_epi8(f, f + 1, f, f + 1, f + 1, f + 2, f + 2, f + 3, g, g + 1, g, g + 1, g + 1, g + 2, g + 2, g + 3);
  return _mm512_and_si512(_mm512_srlv_epi16(_mm512_shuffle_epi8(v, everywhere(pick)), four_words(0, 7, 6, 5)),
                          words(127));
}
/// The eighth sign, which makes the number of minuses even.
RETORT_ALWAYS_INLINE __m512i with_eighth_sign(__m512i seven) {
  const __m128i odd = _mm_setr_epi8(0, -128, -128, 0, -128, 0, 0, -128, -128, 0, 0, -128, 0, -128, -128, 0);
  const __m512i folded = _mm512_and_si512(_mm512_xor_si512(seven, _mm512_srli_epi16(seven, 4)), words(15));
  return _mm512_or_si512(seven, _mm512_shuffle_epi8(everywhere(odd), folded));
}
RETORT_ALWAYS_INLINE __m128i odd_scales(__m128i s) { return _mm_or_si128(_mm_add_epi8(s, s), _mm_set1_epi8(1)); }
/// Nibbles in the order of bytes, the lower one first.
RETORT_ALWAYS_INLINE __m128i nibbles(__m128i v) {
  const __m128i mask = _mm_set1_epi8(15);
  return _mm_unpacklo_epi8(_mm_and_si128(v, mask), _mm_and_si128(_mm_srli_epi16(v, 4), mask));
}
RETORT_ALWAYS_INLINE __m128i load8(const void* p) { return _mm_loadl_epi64(static_cast<const __m128i*>(p)); }
/// Bits 28 to 31 of dwords that lie in the lower or upper halves of qwords.
template <unsigned Top>
RETORT_ALWAYS_INLINE __m128i top_nibbles(__m512i v) {
  return odd_scales(_mm512_cvtepi64_epi8(_mm512_srli_epi64(v, Top - 4)));
}

/// Eight entries. Their numbers go through two registers: words stored together and loaded alone would wait for memory.
template <std::size_t N>
RETORT_ALWAYS_INLINE __m512i eight_entries(const std::int8_t (&grid)[N][8], __m128i index) {
  const std::uint64_t four[2] = {static_cast<std::uint64_t>(_mm_cvtsi128_si64(index)),
                                 static_cast<std::uint64_t>(_mm_extract_epi64(index, 1))};
  const auto entry = [&](std::size_t i) RETORT_INLINE_LAMBDA { return grid[four[i / 4] >> 16 * (i % 4) & 0xffff]; };
  const auto two = [&](std::size_t i) RETORT_INLINE_LAMBDA {
    const __m128i first = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(entry(i)));
    return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(first), reinterpret_cast<const __m64*>(entry(i + 1))));
  };
  const __m512i half = _mm512_inserti32x4(_mm512_castsi128_si512(two(0)), two(2), 1);
  return _mm512_inserti32x4(_mm512_inserti32x4(half, two(4), 2), two(6), 3);
}
template <std::size_t N>
RETORT_ALWAYS_INLINE void load_entries(const std::int8_t (&grid)[N][8], __m512i index, __m512i (&out)[4]) {
  out[0] = eight_entries(grid, _mm512_castsi512_si128(index));
  out[1] = eight_entries(grid, _mm512_extracti32x4_epi32(index, 1));
  out[2] = eight_entries(grid, _mm512_extracti32x4_epi32(index, 2));
  out[3] = eight_entries(grid, _mm512_extracti32x4_epi32(index, 3));
}
/// Packed levels of 32 entries.
template <std::size_t N>
RETORT_ALWAYS_INLINE __m512i packed_levels(const std::uint16_t (&table)[N], __m512i index) {
  const __m512i which = _mm512_srli_epi16(index, 6);
  __m512i v = index;  // lanes that are found hold levels, the others still their index
  RETORT_UNROLL for (std::size_t t = 0; t < N / 64; ++t)
    v = _mm512_mask2_permutex2var_epi16(_mm512_load_si512(table + 64 * t), v,
                                        _mm512_cmpeq_epi16_mask(which, words(static_cast<int>(t))),
                                        _mm512_load_si512(table + 64 * t + 32));
  return v;
}

/// Entries of eight, two bits each. signs: a byte for every entry, in words
RETORT_ALWAYS_INLINE void planes_of_eights(__m512i packed, __m512i signs, grid_block& to) {
  const __m512i levels = everywhere(_mm_setr_epi8(8, 25, 43, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m512i both = _mm512_or_si512(signs, _mm512_slli_epi16(signs, 4));  // upper bytes begin with bit 4
  RETORT_UNROLL for (unsigned j = 0; j < 4; ++j) {
    to.u[j] = _mm512_shuffle_epi8(levels, _mm512_and_si512(_mm512_srli_epi16(packed, 2 * j), bytes64(3)));
    to.minus[j] = _mm512_test_epi8_mask(both, bytes64(1 << j));
  }
}
/// Entries of four, four bits each: even and odd ones. signs: a byte for two entries, in words
RETORT_ALWAYS_INLINE void planes_of_fours(__m512i even, __m512i odd, __m128i levels, __m512i signs, grid_block& to) {
  const __m512i both = _mm512_or_si512(signs, _mm512_slli_epi16(signs, 8));
  RETORT_UNROLL for (unsigned p = 0; p < 4; ++p) {
    const __m512i packed = p / 2 == 0 ? even : odd;
    const __m512i level = _mm512_and_si512(p % 2 == 0 ? packed : _mm512_srli_epi16(packed, 4), bytes64(15));
    to.u[p] = _mm512_shuffle_epi8(everywhere(levels), level);
    const int bit = 1 << (4 * (p / 2) + p % 2);
    to.minus[p] = _mm512_test_epi8_mask(both, words(bit | bit << 10));
  }
}

// ---- formats: grid_row<D>::read(p, to) -----------------------------------------------------------------------

using plane_order = std::array<std::int8_t, 16>;
inline constexpr plane_order order_of_eights = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
inline constexpr plane_order order_of_fours = {0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15};

/// 256 inputs as the planes lie.
RETORT_ALWAYS_INLINE void put_in_planes(const std::int8_t* x, const plane_order& order, std::int8_t* to) {
  const __m128i pick = avx2::load16(order.data());
  for (std::size_t h = 0; h < 16; ++h) {
    alignas(16) std::int32_t part[4];
    avx2::store16(part, _mm_shuffle_epi8(avx2::load16(x + 16 * h), pick));
    for (std::size_t p = 0; p < 4; ++p) std::memcpy(to + 64 * p + 4 * h, part + p, 4);
  }
}

/// d_factor: what the half float of a block is multiplied with.
template <bool Planes, bool Signed, std::uint8_t Scales>
struct grid_row_base {
  static constexpr bool in_planes = Planes, has_signs = Signed;
  static constexpr std::uint8_t n_scales = Scales;
  static constexpr plane_order order = order_of_eights;
  static constexpr float d_factor = 0.125f;
  static std::uint16_t d(const std::byte* p) { return load_as<std::uint16_t>(p); }
};
template <dtype D>
struct grid_row;

template <>
struct grid_row<dtype::iq2_xxs> : grid_row_base<true, true, 1> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, grid_block& to) {
    const __m512i v = _mm512_loadu_si512(p + 2);  // qwords: four numbers, signs and scale
    const __m128i numbers = _mm_setr_epi8(0, -1, 1, -1, 2, -1, 3, -1, 8, -1, 9, -1, 10, -1, 11, -1);
    planes_of_eights(packed_levels(grids().packed.iq2_xxs, _mm512_shuffle_epi8(v, everywhere(numbers))),
                     with_eighth_sign(seven_bits<4>(v)), to);
    to.scales = top_nibbles<64>(v);
  }
};
template <>
struct grid_row<dtype::iq2_xs> : grid_row_base<true, true, 2> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, grid_block& to) {
    const __m512i v = _mm512_loadu_si512(p + 2);
    planes_of_eights(packed_levels(grids().packed.iq2_xs, _mm512_and_si512(v, words(511))),
                     with_eighth_sign(_mm512_srli_epi16(v, 9)), to);
    to.scales = avx2::odd_nibble_scales(p + 66);
  }
};
template <>
struct grid_row<dtype::iq2_s> : grid_row_base<false, true, 2> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, grid_block& to) {
    const __m128i first = _mm_setr_epi8(0, -1, 0, -1, 0, -1, 0, -1, 8, -1, 8, -1, 8, -1, 8, -1);
    const __m512i top = _mm512_shuffle_epi8(_mm512_cvtepu8_epi64(load8(p + 66)), everywhere(first));
    const __m512i high = _mm512_and_si512(_mm512_sllv_epi16(top, four_words(8, 6, 4, 2)), words(0x300));
    load_entries(grids().iq2_s, _mm512_or_si512(bytes_as_words(p + 2), high), to.u);
    RETORT_UNROLL for (std::size_t k = 0; k < 4; ++k) to.minus[k] = load_as<std::uint64_t>(p + 34 + 8 * k);
    to.scales = avx2::odd_nibble_scales(p + 74);
  }
};
template <>
struct grid_row<dtype::iq3_xxs> : grid_row_base<true, true, 1> {
  static constexpr plane_order order = order_of_fours;
  static constexpr float d_factor = 0.25f;
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, grid_block& to) {
    const auto& table = grids().packed.iq3_xxs;
    const __m512i v = _mm512_loadu_si512(p + 2), signs = _mm512_cvtepu32_epi64(avx2::load32(p + 66));
    planes_of_fours(packed_levels(table, _mm512_and_si512(v, words(255))),
                    packed_levels(table, _mm512_srli_epi16(v, 8)),
                    _mm_setr_epi8(4, 12, 20, 28, 36, 44, 52, 62, 0, 0, 0, 0, 0, 0, 0, 0),
                    with_eighth_sign(seven_bits<0>(signs)), to);
    to.scales = top_nibbles<32>(signs);
  }
};
template <>
struct grid_row<dtype::iq3_s> : grid_row_base<true, true, 1> {
  static constexpr plane_order order = order_of_fours;
  static constexpr float d_factor = 1.0f;
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, grid_block& to) {
    const auto& table = grids().packed.iq3_s;
    const __m512i v = _mm512_loadu_si512(p + 2), low = words(255);
    const __m512i ninth = _mm512_maskz_mov_epi8(load_as<std::uint64_t>(p + 66), bytes64(1));
    planes_of_fours(packed_levels(table, _mm512_or_si512(_mm512_and_si512(v, low), _mm512_slli_epi16(ninth, 8))),
                    packed_levels(table, _mm512_or_si512(_mm512_srli_epi16(v, 8), _mm512_andnot_si512(low, ninth))),
                    _mm_setr_epi8(1, 3, 5, 7, 9, 11, 13, 15, 0, 0, 0, 0, 0, 0, 0, 0), bytes_as_words(p + 74), to);
    to.scales = odd_scales(nibbles(_mm_cvtsi32_si128(load_as<std::int32_t>(p + 106))));
  }
};
/// iq1: eight times the grid, plus or minus one, plus 9. plus: a bit for every entry that one is added to
RETORT_ALWAYS_INLINE void read_iq1(__m512i index, __mmask32 plus, grid_block& to) {
  load_entries(grids().iq1, index, to.u);
  RETORT_UNROLL for (unsigned k = 0; k < 4; ++k) {
    const __m512i eights = _mm512_slli_epi16(_mm512_add_epi8(to.u[k], bytes64(1)), 3);
    to.u[k] = _mm512_mask_or_epi64(eights, static_cast<__mmask8>(plus >> 8 * k), eights, bytes64(2));
  }
}
template <>
struct grid_row<dtype::iq1_s> : grid_row_base<false, false, 1> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, grid_block& to) {
    const __m512i runs = _mm512_cvtepu16_epi64(avx2::load16(p + 34));
    const __m512i h =
        _mm512_shuffle_epi8(runs, everywhere(_mm_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 8, 9, 8, 9, 8, 9, 8, 9)));
    const __m512i high = _mm512_and_si512(_mm512_srlv_epi16(h, four_words(0, 3, 6, 9)), words(7));
    read_iq1(_mm512_or_si512(bytes_as_words(p + 2), _mm512_slli_epi16(high, 8)), ~_mm512_movepi16_mask(h), to);
    to.scales = odd_scales(_mm512_cvtepi64_epi8(_mm512_and_si512(_mm512_srli_epi64(runs, 12), _mm512_set1_epi64(7))));
  }
};
template <>
struct grid_row<dtype::iq1_m> : grid_row_base<false, false, 2> {
  static std::uint16_t d(const std::byte* p) {  // a nibble in each of the four words of scales
    const auto s = load_as<std::uint64_t>(p + 48);
    return static_cast<std::uint16_t>((s >> 12 & 0xf) | (s >> 24 & 0xf0) | (s >> 36 & 0xf00) | (s >> 48 & 0xf000));
  }
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, grid_block& to) {
    const __m128i qh = avx2::load16(p + 32), mask = _mm_set1_epi8(15);
    const __m128i low = _mm_and_si128(qh, mask), up = _mm_and_si128(_mm_srli_epi16(qh, 4), mask);
    const __m512i n = _mm512_cvtepu8_epi16(
        _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_unpacklo_epi8(low, up)), _mm_unpackhi_epi8(low, up), 1));
    const __m512i high = _mm512_slli_epi16(_mm512_and_si512(n, words(7)), 8);
    read_iq1(_mm512_or_si512(bytes_as_words(p), high), _mm512_testn_epi16_mask(n, words(8)), to);
    const __m256i w =
        _mm256_shuffle_epi8(_mm256_cvtepu16_epi64(load8(p + 48)),
                            _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 8, 9, 8, 9, 8, 9, 8, 9)));
    const __m256i s = _mm256_srlv_epi16(w, _mm512_castsi512_si256(four_words(0, 3, 6, 9)));
    to.scales = odd_scales(_mm256_cvtepi16_epi8(_mm256_and_si256(s, _mm256_set1_epi16(7))));
  }
};

/// As avx2::grid_unpacker, for tiles.
template <dtype D>
struct grid_unpacker {
  static constexpr std::uint8_t offset = grid_row<D>::has_signs ? 64 : 9, n_scales = grid_row<D>::n_scales;
  /// Which four inputs of the block lie at place k.
  static constexpr std::size_t group(std::size_t k) {
    return grid_row<D>::in_planes ? k / 4 % 4 * 16 + k / 16 * 4 + k % 4 : k;
  }

  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    grid_block g;
    grid_row<D>::read(p, g);
    avx2::store16(scale, g.scales);
    if constexpr (grid_row<D>::has_signs) {
      const __m512i zero = bytes64(offset);
      RETORT_UNROLL for (std::size_t k = 0; k < 4; ++k)
        g.u[k] = _mm512_mask_sub_epi8(_mm512_add_epi8(zero, g.u[k]), g.minus[k], zero, g.u[k]);
    }
    const auto put = [&](std::size_t k, __m512i v) RETORT_INLINE_LAMBDA { _mm512_storeu_si512(q + 64 * k, v); };
    const __m512i a = _mm512_unpacklo_epi8(g.u[0], g.u[1]), b = _mm512_unpackhi_epi8(g.u[0], g.u[1]);
    const __m512i c = _mm512_unpacklo_epi8(g.u[2], g.u[3]), d = _mm512_unpackhi_epi8(g.u[2], g.u[3]);
    if constexpr (!grid_row<D>::in_planes) {
      RETORT_UNROLL for (std::size_t k = 0; k < 4; ++k) put(k, g.u[k]);
    } else if constexpr (grid_row<D>::order == order_of_eights) {
      put(0, _mm512_unpacklo_epi16(a, c)), put(1, _mm512_unpackhi_epi16(a, c));
      put(2, _mm512_unpacklo_epi16(b, d)), put(3, _mm512_unpackhi_epi16(b, d));
    } else {
      put(0, _mm512_unpacklo_epi32(a, c)), put(1, _mm512_unpackhi_epi32(a, c));
      put(2, _mm512_unpacklo_epi32(b, d)), put(3, _mm512_unpackhi_epi32(b, d));
    }
    return _cvtsh_ss(grid_row<D>::d(p)) * grid_row<D>::d_factor;
  }
};

}  // namespace simd::avx512vnni
RETORT_END
RETORT_TARGET_END
#endif
