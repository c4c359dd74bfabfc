// AVX2: from every block format to the tile of quant_tile.hpp. AVX-512 uses the same.
#pragma once

#include <retort/simd/quant_tile.hpp>

#if RETORT_X86
#include <immintrin.h>

RETORT_TARGET_BEGIN("avx,avx2,fma,f16c")
RETORT_BEGIN
namespace simd::avx2 {

// ---- small steps ---------------------------------------------------------------------------------------

RETORT_ALWAYS_INLINE __m256i load32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
RETORT_ALWAYS_INLINE __m128i load16(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
RETORT_ALWAYS_INLINE void store32(std::uint8_t* p, __m256i v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
RETORT_ALWAYS_INLINE __m256i bytes(int v) { return _mm256_set1_epi8(static_cast<char>(v)); }
RETORT_ALWAYS_INLINE float half(le16 h) { return _cvtsh_ss(h.bits()); }

/// Low nibbles of 16 bytes, then their high nibbles.
RETORT_ALWAYS_INLINE __m256i nibbles(const std::uint8_t* p) {
  const __m256i twice = _mm256_broadcastsi128_si256(load16(p));
  return _mm256_and_si256(_mm256_srlv_epi32(twice, _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4)), bytes(15));
}
/// (v >> Shift) & mask in every byte.
template <int Shift>
RETORT_ALWAYS_INLINE __m256i bits_at(__m256i v, int mask) {
  return _mm256_and_si256(Shift == 0 ? v : _mm256_srli_epi16(v, Shift), bytes(mask));
}
/// Bit `From` of every byte moved to bit `To`, all else zero.
template <int From, int To>
RETORT_ALWAYS_INLINE __m256i move_bit(__m256i v) {
  const __m256i moved = From >= To ? _mm256_srli_epi16(v, From >= To ? From - To : 0)
                                   : _mm256_slli_epi16(v, From >= To ? 0 : To - From);
  return _mm256_and_si256(moved, bytes(1 << To));
}
/// Bit i of a word as byte i: 0xff or 0.
RETORT_ALWAYS_INLINE __m256i spread_bits(std::uint32_t word) {
  const __m256i which = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201u));
  const __m256i copies = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(word)), which);
  return _mm256_cmpeq_epi8(_mm256_and_si256(copies, bit), bit);
}
/// 16 table entries looked up by the nibbles in v.
RETORT_ALWAYS_INLINE __m256i look_up(const std::int8_t (&levels)[16], int offset, __m256i v) {
  const __m128i t = _mm_add_epi8(load16(levels), _mm_set1_epi8(static_cast<char>(offset)));
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(t), v);
}
/// 16 bytes, one per 16 inputs, into a row's place.
template <class T>
RETORT_ALWAYS_INLINE void put_16(T (&to)[4][tile_rows][4], std::size_t row, __m128i v) {
  const std::uint64_t low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(v));
  const std::uint64_t high = static_cast<std::uint64_t>(_mm_extract_epi64(v, 1));
  std::memcpy(to[0][row], &low, 4);
  std::memcpy(to[2][row], &high, 4);
  const std::uint64_t low4 = low >> 32, high4 = high >> 32;
  std::memcpy(to[1][row], &low4, 4);
  std::memcpy(to[3][row], &high4, 4);
}
/// 8 bytes, one per 32 inputs, into a row's place.
template <class T>
RETORT_ALWAYS_INLINE void put_8(T (&to)[4][tile_rows][4], std::size_t row, __m128i v) {
  put_16(to, row, _mm_unpacklo_epi8(v, v));
}

// ---- activations of a tile -------------------------------------------------------------------------------

/// to[i] = - offset * sums[i] (16 halves of runs), or of the 8 runs; None: zeros.
template <bool Halves, bool None>
RETORT_ALWAYS_INLINE void start_values(const std::int16_t* sums, int offset, std::int32_t* to) {
  const __m256i v = load32(sums), factor = _mm256_set1_epi16(static_cast<short>(None ? 0 : -offset));
  if constexpr (Halves) {
    const __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(v));
    const __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(v, 1));
    const __m256i wide = _mm256_set1_epi32(None ? 0 : -offset);
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm256_mullo_epi32(low, wide));
    _mm256_store_si256(reinterpret_cast<__m256i*>(to + 8), _mm256_mullo_epi32(high, wide));
  } else {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm256_madd_epi16(v, factor));
  }
}
/// The 16 lows of a tile as pairs of int16, or pairs of the sums of two (which is one per run).
template <bool Halves>
RETORT_ALWAYS_INLINE void low_pairs(const std::int16_t* lows, std::int32_t* to) {
  const __m256i v = load32(lows);
  if constexpr (Halves) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), v);
  } else {
    const __m256i runs = _mm256_madd_epi16(v, _mm256_set1_epi16(1));
    _mm_store_si128(reinterpret_cast<__m128i*>(to),
                    _mm_packs_epi32(_mm256_castsi256_si128(runs), _mm256_extracti128_si256(runs, 1)));
  }
}

// ---- formats ---------------------------------------------------------------------------------------------

/// unpacker<D>::block(b, t, row, n): block n of a row into the tile; ::finish(t): what is done for all rows at once.
template <dtype D>
struct unpacker;

/// Halves gathered in half_d (and half_min) as floats, times a power of two.
RETORT_ALWAYS_INLINE void widen_halves(const std::uint16_t (&from)[8][tile_rows], std::size_t n, float factor,
                                       float (&to)[8][tile_rows]) {
  const __m256 f = _mm256_set1_ps(factor);
  for (std::size_t b = 0; b < n; ++b)
    for (std::size_t r = 0; r < tile_rows; r += 8)
      _mm256_store_ps(to[b] + r, _mm256_mul_ps(_mm256_cvtph_ps(load16(from[b] + r)), f));
}
/// The four dwords of every header, as vectors of four rows: f(first row, dwords 0, 1, 2, 3).
template <class F>
RETORT_ALWAYS_INLINE void for_headers(const quant_tile& t, F f) {
  for (std::size_t r = 0; r < tile_rows; r += 4) {
    const __m128i a = load16(t.header[r]), b = load16(t.header[r + 1]), c = load16(t.header[r + 2]), d = load16(t.header[r + 3]);
    const __m128i ab0 = _mm_unpacklo_epi32(a, b), ab1 = _mm_unpackhi_epi32(a, b);
    const __m128i cd0 = _mm_unpacklo_epi32(c, d), cd1 = _mm_unpackhi_epi32(c, d);
    f(r, _mm_unpacklo_epi64(ab0, cd0), _mm_unpackhi_epi64(ab0, cd0), _mm_unpacklo_epi64(ab1, cd1),
      _mm_unpackhi_epi64(ab1, cd1));
  }
}
RETORT_ALWAYS_INLINE void store16(void* p, __m128i v) { _mm_storeu_si128(static_cast<__m128i*>(p), v); }

/// 64 bytes of two-bit numbers, each bit pair of 32 bytes being a run of 32, as 256 bytes.
RETORT_ALWAYS_INLINE void store_two_bits(const std::uint8_t* qs, std::uint8_t* to) {
  RETORT_UNROLL for (std::size_t h = 0; h < 2; ++h) {
    const __m256i v = load32(qs + 32 * h);
    std::uint8_t* q = to + 128 * h;
    store32(q, bits_at<0>(v, 3));
    store32(q + 32, bits_at<2>(v, 3));
    store32(q + 64, bits_at<4>(v, 3));
    store32(q + 96, bits_at<6>(v, 3));
  }
}

/// Shift: d becomes 2^-Shift of what is gathered; Mins: half_min is gathered too.
template <std::uint8_t Offset, std::uint8_t Scales = 0, int Shift = 0, bool Mins = false>
struct unpacker_base {
  static constexpr std::uint8_t offset = Offset, n_scales = Scales;
  static void finish(quant_tile& t, std::size_t n_blocks) {
    widen_halves(t.half_d, n_blocks, 1.0f / static_cast<float>(1 << Shift), t.d);
    if constexpr (Mins) widen_halves(t.half_min, n_blocks, 1.0f, t.dmin);
  }
};

template <>
struct unpacker<dtype::q4_0> : unpacker_base<8> {
  RETORT_ALWAYS_INLINE static void block(const block_q4_0& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    store32(t.q[row] + 32 * n, nibbles(b.qs));
  }
};

/// Formats with an offset instead of minima: the minimum is 1.
struct unit_minima : unpacker_base<0> {
  static void finish(quant_tile& t, std::size_t n_blocks) {
    widen_halves(t.half_d, n_blocks, 1.0f, t.d);
    widen_halves(t.half_min, n_blocks, -1.0f, t.dmin);
  }
};
template <>
struct unpacker<dtype::q4_1> : unit_minima {
  RETORT_ALWAYS_INLINE static void block(const block_q4_1& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    t.half_min[n][row] = b.m.bits();
    store32(t.q[row] + 32 * n, nibbles(b.qs));
  }
};

RETORT_ALWAYS_INLINE __m256i five_bits(const std::uint8_t* qs, le32 high) {
  return _mm256_or_si256(nibbles(qs), _mm256_and_si256(spread_bits(high.bits()), bytes(16)));
}
template <>
struct unpacker<dtype::q5_0> : unpacker_base<16> {
  RETORT_ALWAYS_INLINE static void block(const block_q5_0& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    store32(t.q[row] + 32 * n, five_bits(b.qs, b.qh));
  }
};
template <>
struct unpacker<dtype::q5_1> : unit_minima {
  RETORT_ALWAYS_INLINE static void block(const block_q5_1& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    t.half_min[n][row] = b.m.bits();
    store32(t.q[row] + 32 * n, five_bits(b.qs, b.qh));
  }
};

template <>
struct unpacker<dtype::q8_0> : unpacker_base<128> {
  RETORT_ALWAYS_INLINE static void block(const block_q8_0& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    store32(t.q[row] + 32 * n, _mm256_xor_si256(load32(b.qs), bytes(128)));
  }
};
template <>
struct unpacker<dtype::q8_1> : unpacker_base<128> {
  RETORT_ALWAYS_INLINE static void block(const block_q8_1& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    store32(t.q[row] + 32 * n, _mm256_xor_si256(load32(b.qs), bytes(128)));
  }
};
template <>
struct unpacker<dtype::q8_k> : unpacker_base<128> {
  static void finish(quant_tile&, std::size_t) {}
  static void block(const block_q8_k& b, quant_tile& t, std::size_t row, std::size_t) {
    t.d[0][row] = std::bit_cast<float>(b.d.bits());
    for (std::size_t i = 0; i < 256; i += 32)
      store32(t.q[row] + i, _mm256_xor_si256(load32(b.qs + i), bytes(128)));
  }
};

template <>
struct unpacker<dtype::q2_k> : unpacker_base<0, 2, 0, true> {
  static void finish(quant_tile& t, std::size_t n_blocks) {
    unpacker_base::finish(t, n_blocks);
    for_headers(t, [&t](std::size_t r, auto... dwords) RETORT_INLINE_LAMBDA {
      const __m128i low = _mm_set1_epi8(15);
      std::size_t c = 0;
      ((store16(t.scale[c][r], _mm_and_si128(dwords, low)), store16(t.min[c++][r], _mm_and_si128(_mm_srli_epi16(dwords, 4), low))), ...);
    });
  }
  RETORT_ALWAYS_INLINE static void block(const block_q2_k& b, quant_tile& t, std::size_t row, std::size_t) {
    t.half_d[0][row] = b.d.bits();
    t.half_min[0][row] = b.dmin.bits();
    store16(t.header[row], load16(b.scales));
    store_two_bits(b.qs, t.q[row]);
  }
};

/// Formats with 16 scales of a byte each.
template <std::uint8_t Offset, int Shift = 0>
struct sixteen_scales : unpacker_base<Offset, 2, Shift> {
  static void finish(quant_tile& t, std::size_t n_blocks) {
    unpacker_base<Offset, 2, Shift>::finish(t, n_blocks);
    for_headers(t, [&t](std::size_t r, auto... dwords) RETORT_INLINE_LAMBDA {
      std::size_t c = 0;
      (store16(t.scale[c++][r], dwords), ...);
    });
  }
};
template <>
struct unpacker<dtype::q3_k> : sixteen_scales<4> {
  template <int Run>
  RETORT_ALWAYS_INLINE static void run(__m256i low, __m256i high, std::uint8_t* q) {
    store32(q + 32 * Run, _mm256_or_si256(bits_at<2 * (Run % 4)>(low, 3), move_bit<Run, 2>(high)));
  }
  RETORT_ALWAYS_INLINE static void block(const block_q3_k& b, quant_tile& t, std::size_t row, std::size_t) {
    t.half_d[0][row] = b.d.bits();
    const auto a = load_as<std::uint64_t>(b.scales);
    const auto c = load_as<std::uint32_t>(b.scales + 8);
    const std::uint64_t top0 = (c & 0x03030303u) | static_cast<std::uint64_t>(c >> 2 & 0x03030303u) << 32;
    const std::uint64_t top1 = (c >> 4 & 0x03030303u) | static_cast<std::uint64_t>(c >> 6 & 0x03030303u) << 32;
    const std::uint64_t first = (a & 0x0f0f0f0f0f0f0f0fu) | top0 << 4, second = (a >> 4 & 0x0f0f0f0f0f0f0f0fu) | top1 << 4;
    const __m128i six = _mm_set_epi64x(static_cast<long long>(second), static_cast<long long>(first));
    store16(t.header[row], _mm_sub_epi8(six, _mm_set1_epi8(32)));
    const __m256i high = load32(b.hmask), low0 = load32(b.qs), low1 = load32(b.qs + 32);
    std::uint8_t* q = t.q[row];
    run<0>(low0, high, q);
    run<1>(low0, high, q);
    run<2>(low0, high, q);
    run<3>(low0, high, q);
    run<4>(low1, high, q);
    run<5>(low1, high, q);
    run<6>(low1, high, q);
    run<7>(low1, high, q);
  }
};

/// q4_k and q5_k begin with d, dmin and twelve bytes of six-bit scales and minima.
struct k_header : unpacker_base<0, 1> {
  /// Four bytes of each of four rows, every byte twice.
  template <class T>
  RETORT_ALWAYS_INLINE static void put_twice(T (&to)[4][tile_rows][4], std::size_t c, std::size_t row, __m128i v) {
    store16(to[c][row], _mm_shuffle_epi8(v, _mm_setr_epi8(0, 0, 1, 1, 4, 4, 5, 5, 8, 8, 9, 9, 12, 12, 13, 13)));
    store16(to[c + 1][row], _mm_shuffle_epi8(v, _mm_setr_epi8(2, 2, 3, 3, 6, 6, 7, 7, 10, 10, 11, 11, 14, 14, 15, 15)));
  }
  RETORT_ALWAYS_INLINE static __m128i halves_to_float(__m128i in_dwords) {
    return _mm_castps_si128(_mm_cvtph_ps(_mm_packus_epi32(in_dwords, in_dwords)));
  }
  static void finish(quant_tile& t, std::size_t) {
    for_headers(t, [&t](std::size_t r, __m128i ds, __m128i c0, __m128i c1, __m128i c2) RETORT_INLINE_LAMBDA {
      const __m128i six = _mm_set1_epi8(0x3f), four = _mm_set1_epi8(0x0f), top = _mm_set1_epi8(0x30);
      store16(t.d[0] + r, halves_to_float(_mm_and_si128(ds, _mm_set1_epi32(0xffff))));
      store16(t.dmin[0] + r, halves_to_float(_mm_srli_epi32(ds, 16)));
      put_twice(t.scale, 0, r, _mm_and_si128(c0, six));
      put_twice(t.scale, 2, r, _mm_or_si128(_mm_and_si128(c2, four), _mm_and_si128(_mm_srli_epi16(c0, 2), top)));
      put_twice(t.min, 0, r, _mm_and_si128(c1, six));
      put_twice(t.min, 2, r, _mm_or_si128(_mm_and_si128(_mm_srli_epi16(c2, 4), four), _mm_and_si128(_mm_srli_epi16(c1, 2), top)));
    });
  }
};
template <>
struct unpacker<dtype::q4_k> : k_header {
  RETORT_ALWAYS_INLINE static void block(const block_q4_k& b, quant_tile& t, std::size_t row, std::size_t) {
    store16(t.header[row], load16(&b));
    RETORT_UNROLL for (std::size_t i = 0; i < 4; ++i) {
      const __m256i v = load32(b.qs + 32 * i);
      store32(t.q[row] + 64 * i, bits_at<0>(v, 15));
      store32(t.q[row] + 64 * i + 32, bits_at<4>(v, 15));
    }
  }
};
template <>
struct unpacker<dtype::q5_k> : k_header {
  template <int Pair>
  RETORT_ALWAYS_INLINE static void pair(const block_q5_k& b, __m256i high, std::uint8_t* q) {
    const __m256i v = load32(b.qs + 32 * Pair);
    store32(q + 64 * Pair, _mm256_or_si256(bits_at<0>(v, 15), move_bit<2 * Pair, 4>(high)));
    store32(q + 64 * Pair + 32, _mm256_or_si256(bits_at<4>(v, 15), move_bit<2 * Pair + 1, 4>(high)));
  }
  RETORT_ALWAYS_INLINE static void block(const block_q5_k& b, quant_tile& t, std::size_t row, std::size_t) {
    store16(t.header[row], load16(&b));
    const __m256i high = load32(b.qh);
    pair<0>(b, high, t.q[row]);
    pair<1>(b, high, t.q[row]);
    pair<2>(b, high, t.q[row]);
    pair<3>(b, high, t.q[row]);
  }
};
template <>
struct unpacker<dtype::q6_k> : sixteen_scales<32> {
  RETORT_ALWAYS_INLINE static void block(const block_q6_k& b, quant_tile& t, std::size_t row, std::size_t) {
    t.half_d[0][row] = b.d.bits();
    store16(t.header[row], load16(b.scales));
    RETORT_UNROLL for (std::size_t h = 0; h < 2; ++h) {
      const __m256i low0 = load32(b.ql + 64 * h), low1 = load32(b.ql + 64 * h + 32), high = load32(b.qh + 32 * h);
      std::uint8_t* q = t.q[row] + 128 * h;
      store32(q, _mm256_or_si256(bits_at<0>(low0, 15), _mm256_slli_epi16(bits_at<0>(high, 3), 4)));
      store32(q + 32, _mm256_or_si256(bits_at<0>(low1, 15), _mm256_slli_epi16(bits_at<0>(high, 12), 2)));
      store32(q + 64, _mm256_or_si256(bits_at<4>(low0, 15), bits_at<0>(high, 48)));
      store32(q + 96, _mm256_or_si256(bits_at<4>(low1, 15), bits_at<2>(high, 48)));
    }
  }
};

template <>
struct unpacker<dtype::iq4_nl> : unpacker_base<128> {
  RETORT_ALWAYS_INLINE static void block(const block_iq4_nl& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    store32(t.q[row] + 32 * n, look_up(iq4_levels, 128, nibbles(b.qs)));
  }
};
template <>
struct unpacker<dtype::iq4_xs> : unpacker_base<128, 1> {
  RETORT_ALWAYS_INLINE static void block(const block_iq4_xs& b, quant_tile& t, std::size_t row, std::size_t) {
    t.half_d[0][row] = b.d.bits();
    std::uint64_t scales = 0;
    const std::uint32_t low = load_as<std::uint32_t>(b.scales_low), high = b.scales_high.bits();
    for (unsigned k = 0; k < 8; ++k)
      scales |= static_cast<std::uint64_t>((low >> 4 * k & 15) | (high >> 2 * k & 3) << 4) << 8 * k;
    put_8(t.scale, row, _mm_sub_epi8(_mm_cvtsi64_si128(static_cast<long long>(scales)), _mm_set1_epi8(32)));
    RETORT_UNROLL for (std::size_t k = 0; k < 8; ++k)
      store32(t.q[row] + 32 * k, look_up(iq4_levels, 128, nibbles(b.qs + 16 * k)));
  }
};
template <>
struct unpacker<dtype::mxfp4> : unpacker_base<12> {
  static void finish(quant_tile&, std::size_t) {}
  RETORT_ALWAYS_INLINE static void block(const block_mxfp4& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.d[n][row] = 0.5f * e8m0_to_f32(b.e);
    store32(t.q[row] + 32 * n, look_up(fp4_doubled, 12, nibbles(b.qs)));
  }
};
template <>
struct unpacker<dtype::nvfp4> : unpacker_base<12, 2> {
  /// Scales without their sign bit, 0x7f as 0; no scale of blocks.
  static void finish(quant_tile& t, std::size_t n_blocks) {
    const __m128i none = _mm_set1_epi8(0x7f);
    for (std::size_t n = 0; n < n_blocks; ++n)
      for (std::size_t r = 0; r < tile_rows; r += 4) {
        const __m128i v = _mm_and_si128(load16(t.scale[n][r]), none);
        store16(t.scale[n][r], _mm_andnot_si128(_mm_cmpeq_epi8(v, none), v));
        _mm_store_ps(t.d[n] + r, _mm_set1_ps(1.0f));
      }
  }
  RETORT_ALWAYS_INLINE static void block(const block_nvfp4& b, quant_tile& t, std::size_t row, std::size_t n) {
    std::memcpy(t.scale[n][row], b.d, 4);
    RETORT_UNROLL for (std::size_t k = 0; k < 2; ++k) {  // 8 low nibbles, then their high ones
      const __m256i twice = _mm256_permute4x64_epi64(_mm256_castsi128_si256(load16(b.qs + 16 * k)), 0x50);
      const __m256i v = _mm256_and_si256(_mm256_srlv_epi64(twice, _mm256_setr_epi64x(0, 4, 0, 4)), bytes(15));
      store32(t.q[row] + 64 * n + 32 * k, look_up(fp4_doubled, 12, v));
    }
  }
};
// ---- grids -------------------------------------------------------------------------------------------------

/// Four 8-byte grid entries.
RETORT_ALWAYS_INLINE __m256i entries(const std::int8_t* a, const std::int8_t* b, const std::int8_t* c, const std::int8_t* d) {
  return _mm256_setr_epi64x(load_as<long long>(a), load_as<long long>(b), load_as<long long>(c), load_as<long long>(d));
}
/// Magnitudes with signs, plus the offset 64 of these formats.
RETORT_ALWAYS_INLINE __m256i with_signs(__m256i magnitude, std::uint32_t signs) {
  const __m256i minus = spread_bits(signs);
  return _mm256_add_epi8(_mm256_sub_epi8(_mm256_xor_si256(magnitude, minus), minus), bytes(64));
}
/// Four groups of 7 sign bits to 8 each: the eighth makes their number even.
RETORT_ALWAYS_INLINE std::uint32_t even_signs(std::uint32_t t) {
  const std::uint32_t s = (t & 0x7fu) | (t << 1 & 0x7f00u) | (t << 2 & 0x7f0000u) | (t << 3 & 0x7f000000u);
  std::uint32_t parity = s ^ (s >> 4 & 0x0f0f0f0fu);
  parity ^= parity >> 2 & 0x3f3f3f3fu;
  parity ^= parity >> 1 & 0x7f7f7f7fu;
  return s | (parity & 0x01010101u) << 7;
}
/// Scale 2 s + 1 of eight runs from eight bytes.
RETORT_ALWAYS_INLINE __m128i odd_scales(std::uint64_t s) {
  return _mm_cvtsi64_si128(static_cast<long long>(2 * s + 0x0101010101010101u));
}
/// The same from eight bytes with a nibble for each half of a run.
RETORT_ALWAYS_INLINE __m128i odd_nibble_scales(const std::uint8_t* p) {
  const auto s = load_as<std::uint64_t>(p);
  return _mm_unpacklo_epi8(odd_scales(s & 0x0f0f0f0f0f0f0f0fu), odd_scales(s >> 4 & 0x0f0f0f0f0f0f0f0fu));
}

template <>
struct unpacker<dtype::iq2_xxs> : unpacker_base<64, 1, 3> {
  static void block(const block_iq2_xxs& b, quant_tile& t, std::size_t row, std::size_t) {
    const auto& g = grids().iq2_xxs;
    t.half_d[0][row] = b.d.bits();
    std::uint64_t scales = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const auto& s = b.sub[k];
      const std::uint32_t word = s.signs.bits();
      scales |= static_cast<std::uint64_t>(word >> 28) << 8 * k;
      const __m256i v = entries(g[s.index[0]], g[s.index[1]], g[s.index[2]], g[s.index[3]]);
      store32(t.q[row] + 32 * k, with_signs(v, even_signs(word)));
    }
    put_8(t.scale, row, odd_scales(scales));
  }
};
template <>
struct unpacker<dtype::iq2_xs> : sixteen_scales<64, 3> {
  static void block(const block_iq2_xs& b, quant_tile& t, std::size_t row, std::size_t) {
    const auto& g = grids().iq2_xs;
    t.half_d[0][row] = b.d.bits();
    store16(t.header[row], odd_nibble_scales(b.scales));
    for (std::size_t k = 0; k < 8; ++k) {
      const auto w = load_as<std::uint64_t>(b.qs + 4 * k);
      const __m256i v = entries(g[w & 511], g[w >> 16 & 511], g[w >> 32 & 511], g[w >> 48 & 511]);
      const std::uint64_t s = (w >> 9 & 127) | (w >> 18 & 127 << 7) | (w >> 27 & 127 << 14) | (w >> 36 & 127 << 21);
      store32(t.q[row] + 32 * k, with_signs(v, even_signs(static_cast<std::uint32_t>(s))));
    }
  }
};
template <>
struct unpacker<dtype::iq2_s> : sixteen_scales<64, 3> {
  static void block(const block_iq2_s& b, quant_tile& t, std::size_t row, std::size_t) {
    const auto& g = grids().iq2_s;
    t.half_d[0][row] = b.d.bits();
    store16(t.header[row], odd_nibble_scales(b.scales));
    for (std::size_t k = 0; k < 8; ++k) {
      const unsigned h = b.qh[k];
      const std::uint8_t* i = b.index + 4 * k;
      const __m256i v =
          entries(g[i[0] | (h & 3) << 8], g[i[1] | (h & 12) << 6], g[i[2] | (h & 48) << 4], g[i[3] | (h & 192) << 2]);
      store32(t.q[row] + 32 * k, with_signs(v, load_as<std::uint32_t>(b.signs + 4 * k)));
    }
  }
};

/// Eight 4-byte grid entries.
template <class Grid, class Index>
RETORT_ALWAYS_INLINE __m256i eight_entries(const Grid& g, Index index) {
  const auto at = [&](std::size_t l) RETORT_INLINE_LAMBDA { return load_as<std::int32_t>(g[index(l)]); };
  return _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
}
template <>
struct unpacker<dtype::iq3_xxs> : unpacker_base<64, 1, 2> {
  static void block(const block_iq3_xxs& b, quant_tile& t, std::size_t row, std::size_t) {
    t.half_d[0][row] = b.d.bits();
    std::uint64_t scales = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const std::uint32_t word = b.signs[k].bits();
      scales |= static_cast<std::uint64_t>(word >> 28) << 8 * k;
      const std::uint8_t* i = b.index + 8 * k;
      const __m256i v = eight_entries(grids().iq3_xxs, [i](std::size_t l) { return i[l]; });
      store32(t.q[row] + 32 * k, with_signs(v, even_signs(word)));
    }
    put_8(t.scale, row, odd_scales(scales));
  }
};
template <>
struct unpacker<dtype::iq3_s> : unpacker_base<64, 1> {
  static void block(const block_iq3_s& b, quant_tile& t, std::size_t row, std::size_t) {
    t.half_d[0][row] = b.d.bits();
    std::uint64_t scales = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      scales |= static_cast<std::uint64_t>(b.scales[k / 2] >> 4 * (k % 2) & 15) << 8 * k;
      const std::uint8_t* i = b.index + 8 * k;
      const unsigned h = b.qh[k];
      const __m256i v = eight_entries(grids().iq3_s, [i, h](std::size_t l) { return i[l] | (h >> l & 1) << 8; });
      store32(t.q[row] + 32 * k, with_signs(v, load_as<std::uint32_t>(b.signs + 4 * k)));
    }
    put_8(t.scale, row, odd_scales(scales));
  }
};

/// 8 (G + 1) + (0 or 2): q + 9 of iq1.  minus: 0xff where one is taken away
RETORT_ALWAYS_INLINE __m256i shifted(__m256i ternary, __m256i minus) {
  const __m256i eights = _mm256_slli_epi16(_mm256_add_epi8(ternary, bytes(1)), 3);
  return _mm256_add_epi8(eights, _mm256_andnot_si256(minus, bytes(2)));
}
template <>
struct unpacker<dtype::iq1_s> : unpacker_base<9, 1, 3> {
  static void block(const block_iq1_s& b, quant_tile& t, std::size_t row, std::size_t) {
    const auto& g = grids().iq1;
    t.half_d[0][row] = b.d.bits();
    std::uint64_t scales = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const unsigned h = b.qh[k].bits();
      scales |= static_cast<std::uint64_t>(h >> 12 & 7) << 8 * k;
      const std::uint8_t* i = b.index + 4 * k;
      const __m256i v =
          entries(g[i[0] | (h & 7) << 8], g[i[1] | (h & 56) << 5], g[i[2] | (h & 448) << 2], g[i[3] | (h >> 9 & 7) << 8]);
      store32(t.q[row] + 32 * k, shifted(v, bytes((h & 0x8000) != 0 ? 255 : 0)));
    }
    put_8(t.scale, row, odd_scales(scales));
  }
};
template <>
struct unpacker<dtype::iq1_m> : sixteen_scales<9, 3> {
  /// Four scales of three bits as 2 s + 1 in bytes.
  RETORT_ALWAYS_INLINE static std::uint64_t four_scales(le16 word) {
    const std::uint32_t w = word.bits();
    return 2 * ((w & 7) | (w & 0x38) << 5 | (w & 0x1c0) << 10 | (w & 0xe00) << 15) + 0x01010101u;
  }
  static void block(const block_iq1_m& b, quant_tile& t, std::size_t row, std::size_t) {
    const auto& g = grids().iq1;
    const int top = (b.scales[0].bits() >> 12) | (b.scales[1].bits() >> 12) << 4 | (b.scales[2].bits() >> 12) << 8 |
                    (b.scales[3].bits() >> 12) << 12;
    t.half_d[0][row] = static_cast<std::uint16_t>(top);
    store16(t.header[row], _mm_set_epi64x(static_cast<long long>(four_scales(b.scales[2]) | four_scales(b.scales[3]) << 32),
                                          static_cast<long long>(four_scales(b.scales[0]) | four_scales(b.scales[1]) << 32)));
    for (std::size_t k = 0; k < 8; ++k) {
      const unsigned h = static_cast<unsigned>(b.qh[2 * k] | b.qh[2 * k + 1] << 8);
      const std::uint8_t* i = b.index + 4 * k;
      const __m256i v = entries(g[i[0] | (h & 7) << 8], g[i[1] | (h & 0x70) << 4], g[i[2] | (h & 0x700)], g[i[3] | (h >> 4 & 0x700)]);
      const std::uint32_t minus = (h >> 3 & 1) | (h >> 7 & 1) << 8 | (h >> 11 & 1) << 16 | (h >> 15) << 24;
      store32(t.q[row] + 32 * k, shifted(v, spread_bits(minus * 255)));
    }
  }
};

// ---- one and two bits ----------------------------------------------------------------------------------------

template <>
struct unpacker<dtype::tq1_0> : unpacker_base<1> {
  RETORT_ALWAYS_INLINE static __m256i triple(__m256i v) { return _mm256_add_epi8(v, _mm256_add_epi8(v, v)); }
  /// floor(3 v / 256): how many of v >= 86, v >= 171 hold.
  RETORT_ALWAYS_INLINE static __m256i digit(__m256i v) {
    const __m256i one = _mm256_cmpeq_epi8(_mm256_max_epu8(v, bytes(86)), v);
    const __m256i two = _mm256_cmpeq_epi8(_mm256_max_epu8(v, bytes(171)), v);
    return _mm256_sub_epi8(_mm256_setzero_si256(), _mm256_add_epi8(one, two));
  }
  static void block(const block_tq1_0& b, quant_tile& t, std::size_t row, std::size_t) {
    t.half_d[0][row] = b.d.bits();
    std::uint8_t* q = t.q[row];
    __m256i v = load32(b.qs);
    for (std::size_t n = 0; n < 5; ++n, v = triple(v)) store32(q + 32 * n, digit(v));
    // 16 bytes of five digits, then 4 bytes of four
    const __m256i rest = _mm256_broadcastsi128_si256(load16(b.qs + 32));
    const __m256i pair = _mm256_blend_epi32(rest, triple(rest), 0xf0), next = triple(triple(pair));
    const __m256i last = _mm256_set1_epi32(load_as<std::int32_t>(b.qh)), last3 = triple(last), last9 = triple(last3);
    const __m256i tail = _mm256_blend_epi32(_mm256_blend_epi32(last, last3, 0x22), _mm256_blend_epi32(last9, triple(last9), 0x88), 0xcc);
    store32(q + 160, digit(pair));
    store32(q + 192, digit(next));
    store32(q + 224, digit(_mm256_blend_epi32(triple(triple(next)), tail, 0xf0)));
  }
};
template <>
struct unpacker<dtype::tq2_0> : unpacker_base<1> {
  RETORT_ALWAYS_INLINE static void block(const block_tq2_0& b, quant_tile& t, std::size_t row, std::size_t) {
    t.half_d[0][row] = b.d.bits();
    store_two_bits(b.qs, t.q[row]);
  }
};
template <>
struct unpacker<dtype::q1_0> : unpacker_base<1> {
  RETORT_ALWAYS_INLINE static void block(const block_q1_0& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    for (std::size_t k = 0; k < 4; ++k)
      store32(t.q[row] + 128 * n + 32 * k, _mm256_and_si256(spread_bits(load_as<std::uint32_t>(b.bits + 4 * k)), bytes(2)));
  }
};
template <>
struct unpacker<dtype::q2_0> : unpacker_base<1> {
  RETORT_ALWAYS_INLINE static void block(const block_q2_0& b, quant_tile& t, std::size_t row, std::size_t n) {
    t.half_d[n][row] = b.d.bits();
    for (std::size_t k = 0; k < 2; ++k) {
      __m256i v = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(load_as<long long>(b.qs + 8 * k)));
      v = _mm256_or_si256(v, _mm256_slli_epi32(v, 6));
      v = _mm256_or_si256(v, _mm256_slli_epi32(v, 12));
      store32(t.q[row] + 64 * n + 32 * k, _mm256_and_si256(v, bytes(3)));
    }
  }
};

// ---- all rows of a tile ------------------------------------------------------------------------------------------

template <dtype D>
void unpack(const std::byte* rows, std::size_t row_bytes, std::size_t n_rows, std::size_t n_blocks, std::size_t next,
            quant_tile& t) {
  using block_type = typename block_traits<D>::block;
  constexpr std::size_t all = tile_inputs / traits(D).block;
  for (std::size_t r = 0; r < tile_rows; ++r) {
    const std::byte* row = rows + (r < n_rows ? r : n_rows - 1) * row_bytes;
    RETORT_UNROLL for (std::size_t line = 0; line < all * sizeof(block_type); line += 64)
      _mm_prefetch(reinterpret_cast<const char*>(row + next + line), _MM_HINT_T0);
    const auto one = [&](std::size_t n) RETORT_INLINE_LAMBDA {
      unpacker<D>::block(*reinterpret_cast<const block_type*>(row + n * sizeof(block_type)), t, r, n);
    };
    if (all == 1 || n_blocks == all) {
      RETORT_UNROLL for (std::size_t n = 0; n < all; ++n) one(n);
    } else {
      for (std::size_t n = 0; n < n_blocks; ++n) one(n);
    }
  }
  unpacker<D>::finish(t, n_blocks);
}

consteval std::array<quant_format, n_dtypes> make_quant_formats() {
  std::array<quant_format, n_dtypes> all{};
  for_each_quantized([&]<dtype D>(dtype_tag<D>) {
    constexpr auto runs = static_cast<std::uint8_t>(traits(D).block / 32);
    all[static_cast<std::size_t>(D)] = {
        {unpacker<D>::offset, unpacker<D>::n_scales, block_traits<D>::n_mins, runs, block_traits<D>::two_d}, &unpack<D>,
        traits(D).bytes};
  });
  return all;
}
inline constexpr auto quant_formats = make_quant_formats();

}  // namespace simd::avx2
RETORT_END
RETORT_TARGET_END
#endif
