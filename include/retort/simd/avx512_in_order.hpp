// One token times rows in the order of memory, for the formats that most files
// have: a generated token reads every weight once, and nothing else keeps the
// processor's own prefetchers at the speed of memory (docs/performance.md).
//
// Sixteen rows are read one after another into the sums of their runs; then rows
// become lanes and the floats follow in the order table.hpp defines.
#pragma once

#include <retort/simd/avx512_quant.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
RETORT_BEGIN
namespace simd::avx512vnni {

inline constexpr std::size_t rows_in_order = 16, most_tiles_in_order = 40;

/// What a token brings for a tile.
struct in_order_inputs {
  alignas(64) std::int8_t q[tile_inputs];
  alignas(64) std::int32_t correction[16];  ///< offset * sum of halves, in the order of sums_of_halves
  alignas(16) std::int16_t lows[8];         ///< of runs
};

/// What rows leave behind for a tile. Runs stand in the order 0 2 4 6 1 3 5 7.
template <dtype D>
struct in_order_sums {
  static constexpr bool has_mins = block_traits<D>::n_mins != 0;
  alignas(64) float run[rows_in_order][8];                            ///< sums of runs, times their integer scales
  alignas(64) std::int32_t low[has_mins ? rows_in_order : 1][4];      ///< four summands of what minima are multiplied with
  std::uint16_t d[tile_inputs / traits(D).block][rows_in_order];      ///< half floats; [block][row]
  std::uint16_t dmin[has_mins ? rows_in_order : 1];
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
    return _mm512_dpbusd_epi32(_mm512_setzero_si512(), bytes_of(k), _mm512_load_si512(x.q + 64 * k));
  };
  return sums_of_halves(dot(0), dot(1), dot(2), dot(3));
}
/// Less what the offset of the bytes added.
RETORT_ALWAYS_INLINE __m512i corrected(__m512i halves, const in_order_inputs& x) {
  return _mm512_sub_epi32(halves, _mm512_load_si512(x.correction));
}
RETORT_ALWAYS_INLINE __m512i twice(const void* p) { return _mm512_broadcast_i64x4(avx2::load32(p)); }
/// One shift for the lower half of a vector, one for the upper.
RETORT_ALWAYS_INLINE __m512i shifts(int low, int high) {
  return _mm512_inserti64x4(_mm512_set1_epi32(low), _mm256_set1_epi32(high), 1);
}
RETORT_ALWAYS_INLINE __m512i fifteens() { return _mm512_set1_epi8(15); }
RETORT_ALWAYS_INLINE void store_runs(__m256i runs, float* to) { _mm256_store_ps(to, _mm256_cvtepi32_ps(runs)); }

/// row_block<D>::read(p, x, s, row): the 256 weights at p; for every D that is in_order.
template <dtype D>
struct row_block;

template <>
struct row_block<dtype::q8_0> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, in_order_sums<dtype::q8_0>& s, std::size_t row) {
    RETORT_UNROLL for (std::size_t n = 0; n < 8; ++n) s.d[n][row] = load_as<std::uint16_t>(p + 34 * n);
    const __m512i halves = dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      const __m512i v = _mm512_inserti64x4(_mm512_castsi256_si512(avx2::load32(p + 68 * k + 2)), avx2::load32(p + 68 * k + 36), 1);
      return _mm512_xor_si512(v, _mm512_set1_epi8(-128));
    });
    store_runs(sums_of_runs(corrected(halves, x)), s.run[row]);
  }
};
template <>
struct row_block<dtype::q4_0> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, in_order_sums<dtype::q4_0>& s, std::size_t row) {
    RETORT_UNROLL for (std::size_t n = 0; n < 8; ++n) s.d[n][row] = load_as<std::uint16_t>(p + 18 * n);
    const __m512i shift = _mm512_set_epi64(4, 4, 0, 0, 4, 4, 0, 0);
    const __m512i halves = dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      const auto run = [&](std::size_t n) RETORT_INLINE_LAMBDA { return _mm256_broadcastsi128_si256(avx2::load16(p + 18 * n + 2)); };
      const __m512i v = _mm512_inserti64x4(_mm512_castsi256_si512(run(2 * k)), run(2 * k + 1), 1);
      return _mm512_and_si512(_mm512_srlv_epi64(v, shift), fifteens());
    });
    store_runs(sums_of_runs(corrected(halves, x)), s.run[row]);
  }
};

/// d, dmin and the six-bit scales and minima that q4_k and q5_k begin with; `halves` are their dots.
template <dtype D>
RETORT_ALWAYS_INLINE void read_k_header(const std::byte* p, const in_order_inputs& x, in_order_sums<D>& s, std::size_t row, __m512i halves) {
  s.d[0][row] = load_as<std::uint16_t>(p);
  s.dmin[row] = load_as<std::uint16_t>(p + 2);
  const auto a = load_as<std::uint32_t>(p + 4), b = load_as<std::uint32_t>(p + 8), c = load_as<std::uint32_t>(p + 12);
  const auto joined = [](std::uint32_t low, std::uint32_t high) { return static_cast<long long>(static_cast<std::uint64_t>(high) << 32 | low); };
  const __m128i scale = _mm_cvtsi64_si128(joined(a & 0x3f3f3f3fu, (c & 0x0f0f0f0fu) | (a >> 2 & 0x30303030u)));
  const __m128i min = _mm_cvtsi64_si128(joined(b & 0x3f3f3f3fu, (c >> 4 & 0x0f0f0f0fu) | (b >> 2 & 0x30303030u)));
  const __m128i order = _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, -1, -1, -1, -1, -1, -1, -1, -1);
  store_runs(_mm256_mullo_epi32(sums_of_runs(halves), _mm256_cvtepu8_epi32(_mm_shuffle_epi8(scale, order))), s.run[row]);
  const __m128i lows = _mm_load_si128(reinterpret_cast<const __m128i*>(x.lows));
  avx2::store16(s.low[row], _mm_madd_epi16(_mm_cvtepu8_epi16(min), lows));
}
template <>
struct row_block<dtype::q4_k> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, in_order_sums<dtype::q4_k>& s, std::size_t row) {
    read_k_header(p, x, s, row, dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      return _mm512_and_si512(_mm512_srlv_epi32(twice(p + 16 + 32 * k), shifts(0, 4)), fifteens());
    }));
  }
};
template <>
struct row_block<dtype::q5_k> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, in_order_sums<dtype::q5_k>& s, std::size_t row) {
    __m512i high = _mm512_srlv_epi32(twice(p + 16), shifts(0, 1));  // at bit 0 the bits of both runs
    read_k_header(p, x, s, row, dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      const __m512i low = _mm512_and_si512(_mm512_srlv_epi32(twice(p + 48 + 32 * k), shifts(0, 4)), fifteens());
      const __m512i bit = _mm512_slli_epi32(_mm512_and_si512(_mm512_srli_epi32(high, static_cast<unsigned>(2 * k)), _mm512_set1_epi8(1)), 4);
      return _mm512_or_si512(low, bit);
    }));
  }
};
/// Corrected sums of halves, times a scale each, as runs.
RETORT_ALWAYS_INLINE __m256i scaled_runs(__m512i halves, const in_order_inputs& x, __m128i scale_of_halves) {
  const __m128i order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i scale = _mm512_cvtepi8_epi32(_mm_shuffle_epi8(scale_of_halves, order));
  return sums_of_runs(_mm512_mullo_epi32(corrected(halves, x), scale));
}
template <>
struct row_block<dtype::q6_k> {
  RETORT_ALWAYS_INLINE static void read(const std::byte* p, const in_order_inputs& x, in_order_sums<dtype::q6_k>& s, std::size_t row) {
    s.d[0][row] = load_as<std::uint16_t>(p + 208);
    const __m512i top = _mm512_set1_epi8(0x30);
    const __m512i halves = dots_of_halves(x, [&](std::size_t k) RETORT_INLINE_LAMBDA {
      const __m512i low = _mm512_loadu_si512(p + 64 * (k / 2)), high = twice(p + 128 + 32 * (k / 2));
      if (k % 2 == 0) return _mm512_or_si512(_mm512_and_si512(low, fifteens()), _mm512_and_si512(_mm512_sllv_epi32(high, shifts(4, 2)), top));
      return _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi32(low, 4), fifteens()),
                             _mm512_and_si512(_mm512_srlv_epi32(high, shifts(0, 2)), top));
    });
    store_runs(scaled_runs(halves, x, avx2::load16(p + 192)), s.run[row]);
  }
};

/// Rows as lanes: what a tile adds to the sums of rows.
template <dtype D>
RETORT_ALWAYS_INLINE vec add_in_order(const in_order_sums<D>& s, std::size_t n_runs, const float* d_x, float d_low, vec acc) {
  ivec dots[8];
  ivec::rows32(reinterpret_cast<const std::byte*>(s.run), sizeof s.run[0], dots);
  const auto floats = [&](const std::uint16_t* p) RETORT_INLINE_LAMBDA { return vec{_mm512_cvtph_ps(avx2::load32(p))}; };
  const auto value = [&](std::size_t run) RETORT_INLINE_LAMBDA { return float_bits(dots[run % 2 * 4 + run / 2]); };
  if constexpr (traits(D).block == 32) {
    RETORT_UNROLL for (std::size_t run = 0; run < 8; ++run)
      if (run < n_runs) acc = fma(floats(s.d[run]), value(run) * vec::set(d_x[run]), acc);
  } else {
    vec part = vec::zero();
    RETORT_UNROLL for (std::size_t run = 0; run < 8; ++run) part = fma(value(run), vec::set(d_x[run]), part);
    acc = fma(floats(s.d[0]), part, acc);
    if constexpr (block_traits<D>::n_mins != 0) {
      ivec low[4];
      ivec::rows16(reinterpret_cast<const std::byte*>(s.low), sizeof s.low[0], low);
      const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(low[0].v, low[1].v), _mm512_add_epi32(low[2].v, low[3].v));
      acc = fma(vec::zero() - floats(s.dmin), to_float({sum}) * vec::set(d_low), acc);
    }
  }
  return acc;
}

/// The blocks of a tile that is not full, with zeros behind them, so that nothing outside the row is read.
template <dtype D>
RETORT_NOINLINE void read_copy(const std::byte* p, std::size_t n_bytes, const in_order_inputs& x, in_order_sums<D>& s, std::size_t row) {
  std::byte copy[tile_inputs / traits(D).block * traits(D).bytes] = {};
  std::memcpy(copy, p, n_bytes);
  row_block<D>::read(copy, x, s, row);
}

/// Inputs of tiles from `first` on: zeros where the row ends.
template <dtype D>
RETORT_NOINLINE void prepare_in_order(const activations& a, std::size_t first, std::size_t n_tiles, in_order_inputs* to) {
  for (std::size_t k = 0; k < n_tiles; ++k) {
    const std::size_t at = first + k * tile_inputs, n = a.n_in - at < tile_inputs ? a.n_in - at : tile_inputs;
    in_order_inputs& x = to[k];
    std::memset(x.q, 0, sizeof x.q);
    std::memcpy(x.q, a.q + at, n);
    for (std::size_t h = 0; h < 16; ++h) x.correction[h % 4 * 4 + h / 4] = 16 * h < n ? unpacker<D>::offset * a.sums[at / 16 + h] : 0;
    for (std::size_t run = 0; run < 8; ++run)
      x.lows[run] = 32 * run < n ? static_cast<std::int16_t>(a.lows[at / 16 + 2 * run] + a.lows[at / 16 + 2 * run + 1]) : std::int16_t{0};
  }
}

/// One token. Rows too long for the sums to stay in the first cache are cut into as few pieces as possible.
template <dtype D>
void gemv_in_order(const matrix& w, const activations& a, float* y, std::size_t row_begin, std::size_t row_end, const std::byte* then) {
  constexpr std::size_t tile_bytes = tile_inputs / traits(D).block * traits(D).bytes, ahead = 8192;
  alignas(64) in_order_inputs x[most_tiles_in_order];
  alignas(64) in_order_sums<D> sums[most_tiles_in_order];
  const std::size_t n_tiles = (w.n_in + tile_inputs - 1) / tile_inputs;
  const std::size_t n_pieces = (n_tiles + most_tiles_in_order - 1) / most_tiles_in_order;
  const std::size_t piece = (n_tiles + n_pieces - 1) / n_pieces;
  const std::byte* end = w.data + row_end * w.row_bytes;
  for (std::size_t tile = 0; tile < n_tiles; tile += piece) {
    const std::size_t first = tile * tile_inputs, n = n_tiles - tile < piece ? n_tiles - tile : piece;
    const std::size_t skipped = w.row_bytes - (n * tile_bytes < w.row_bytes ? n * tile_bytes : w.row_bytes);
    prepare_in_order<D>(a, first, n, x);
    for (std::size_t row = row_begin; row < row_end; row += rows_in_order) {
      const std::size_t n_rows = row_end - row < rows_in_order ? row_end - row : rows_in_order;
      for (std::size_t r = 0; r < rows_in_order; ++r) {
        const std::byte* p = w.data + (row + (r < n_rows ? r : n_rows - 1)) * w.row_bytes + tile * tile_bytes;
        for (std::size_t k = 0; k < n; ++k, p += tile_bytes) {
          const std::byte* next = p + ahead;  // of the walk: over the rest of a row that is no part of this piece
          for (std::size_t past = k * tile_bytes + ahead; skipped != 0 && past >= n * tile_bytes; past -= n * tile_bytes) next += skipped;
          if (next >= end && then) next = then + (next - end);
          RETORT_UNROLL for (std::size_t line = 0; line < tile_bytes; line += 64) prefetch<true>(next + line);
          const std::size_t left = w.n_in - first - k * tile_inputs;
          if (left >= tile_inputs) {
            row_block<D>::read(p, x[k], sums[k], r);
          } else {
            read_copy<D>(p, left / traits(D).block * traits(D).bytes, x[k], sums[k], r);
          }
        }
      }
      alignas(64) float out[rows_in_order] = {};
      if (tile != 0) std::memcpy(out, y + row, 4 * n_rows);
      vec acc = vec::load(out);
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t at = first + k * tile_inputs;
        acc = add_in_order<D>(sums[k], inputs_in_tile(w.n_in, at) / 32, a.d + at / 32, a.d_low[at / tile_inputs], acc);
      }
      acc.store(out);
      std::memcpy(y + row, out, 4 * n_rows);
    }
  }
}

template <dtype D>
void matmul_in_order(const matrix& w, const activations& a, float* y, std::size_t y_stride, std::size_t row_begin,
                     std::size_t row_end, const std::byte* then) {
  if (a.n_tokens == 1) return gemv_in_order<D>(w, a, y, row_begin, row_end, then);
  matmul<D>(w, a, y, y_stride, row_begin, row_end, then);
}

constexpr kernels make_table() {
  kernels k = with_quantized(avx512::table);
  for_each_quantized([&]<dtype D>(dtype_tag<D>) {
    if constexpr (in_order<D>) k.matmul[static_cast<std::size_t>(D)] = &matmul_in_order<D>;
  });
  return k;
}
inline constexpr kernels table = make_table();

}  // namespace simd::avx512vnni
RETORT_END
RETORT_TARGET_END
#endif
