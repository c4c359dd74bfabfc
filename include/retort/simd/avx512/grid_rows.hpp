// AVX-512: one token times rows of the formats with grids. Their look-ups work on
// one row at a time, so sixteen rows are read one after another, in the order of
// memory, into the sums of their runs; then rows become lanes and the floats follow
// in the order table.hpp defines.
#pragma once

#include <retort/simd/avx512/quant.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
RETORT_BEGIN
namespace simd::avx512vnni {

inline constexpr std::size_t rows_in_order = 16, most_tiles_in_order = 76;

/// What a token brings for a block.
struct grid_inputs {
  const std::int8_t* q;         ///< 256; in the planes of grids.hpp where the format has them
  std::int32_t correction[16];  ///< offset * sum of halves, in the order of sums_of_halves
};

/// What a row leaves behind of a block. Runs stand in the order 0 2 4 6 1 3 5 7.
struct row_sums {
  float run[8];                 ///< sums of runs, times their integer scales
  std::uint32_t d;              ///< the block's half float
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
/// Less what the offset of the bytes added.
RETORT_ALWAYS_INLINE __m512i corrected(__m512i halves, const grid_inputs& x) {
  return _mm512_sub_epi32(halves, _mm512_loadu_si512(x.correction));
}
RETORT_ALWAYS_INLINE void store_runs(__m256i runs, float* to) { _mm256_storeu_ps(to, _mm256_cvtepi32_ps(runs)); }
/// Sums of runs times eight bytes, which stand in the order of runs.
RETORT_ALWAYS_INLINE __m256i scaled(__m256i runs, __m128i scale) {
  const __m128i order = _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, -1, -1, -1, -1, -1, -1, -1, -1);
  return _mm256_mullo_epi32(runs, _mm256_cvtepi8_epi32(_mm_shuffle_epi8(scale, order)));
}

/// Sums of halves, times a signed byte each, as runs.
RETORT_ALWAYS_INLINE __m256i scaled_runs(__m512i halves, __m128i scale_of_halves) {
  const __m128i order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i scale = _mm512_cvtepi8_epi32(_mm_shuffle_epi8(scale_of_halves, order));
  return sums_of_runs(_mm512_mullo_epi32(halves, scale));
}
/// The 256 weights at p.
template <dtype D>
RETORT_ALWAYS_INLINE void dot_row_block(const std::byte* p, const grid_inputs& x, row_sums& s) {
  using format = grid_row<D>;
  s.d = format::d(p);
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

/// Rows as lanes: what a block adds to the sums of rows, which are `stride` bytes apart.
template <dtype D>
RETORT_ALWAYS_INLINE vec add_rows(const row_sums& s, std::size_t stride, const token_inputs& a, vec acc) {
  ivec dots[8];
  ivec::rows32(reinterpret_cast<const std::byte*>(s.run), stride, dots);
  vec part = vec::zero();
  RETORT_UNROLL for (std::size_t run = 0; run < 8; ++run)
    part = fma(float_bits(dots[run % 2 * 4 + run / 2]), vec::set(a.d[run]), part);
  const vec d =
      low_half(ivec::rows4(reinterpret_cast<const std::byte*>(&s.d), stride)) * vec::set(grid_row<D>::d_factor);
  return fma(d, part, acc);
}

/// Inputs from `first` on; `own` is memory for them where they do not lie as they should.
template <dtype D>
RETORT_ALWAYS_INLINE void prepare_grid(const activations& a, std::size_t first, grid_inputs& x, std::int8_t* own) {
  x.q = a.q + first;
  if constexpr (grid_row<D>::in_planes) {
    put_in_planes(x.q, grid_row<D>::order, own);
    x.q = own;
  }
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i sums = _mm512_cvtepi16_epi32(avx2::load32(a.sums + first / 16));
  _mm512_storeu_si512(
      x.correction, _mm512_permutexvar_epi32(order, _mm512_mullo_epi32(sums, _mm512_set1_epi32(unpacker<D>::offset))));
}

/// How rows are walked: sixteen together, very wide ones in pieces, for the sums must fit on the stack.
struct in_order_walk {
  std::size_t n_tiles, tiles_per_piece;
  const std::byte* rows;
  std::size_t row_bytes, tile_bytes;
  std::size_t tile = 0, row = 0, first_tile = 0;  ///< in the piece, in the sixteen, of the piece
  const std::byte* at = rows;

  RETORT_ALWAYS_INLINE void step() {
    at += tile_bytes;
    if (++tile == piece_tiles()) next_piece();
  }
  [[nodiscard]] std::size_t piece_tiles() const {
    return n_tiles - first_tile < tiles_per_piece ? n_tiles - first_tile : tiles_per_piece;
  }

 private:
  void next_piece() {
    tile = 0;
    if (++row == rows_in_order) {
      row = 0;
      first_tile += tiles_per_piece;
      if (first_tile >= n_tiles) {
        first_tile = 0;
        rows += rows_in_order * row_bytes;
      }
    }
    at = rows + row * row_bytes + first_tile * tile_bytes;
  }
};

/// One token.
template <dtype D>
void gemv_in_order(const weight_matrix& w, const activations& a, float* y, std::size_t row_begin, std::size_t row_end,
                   const std::byte* then) {
  constexpr std::size_t tile_bytes = traits(D).bytes;
  grid_inputs x[most_tiles_in_order];
  alignas(64) std::int8_t own[grid_row<D>::in_planes ? most_tiles_in_order : 1][tile_inputs];
  alignas(64) row_sums sums[rows_in_order * most_tiles_in_order];  // [row][tile of the piece]
  const std::size_t n_tiles = w.n_in / tile_inputs;
  const std::size_t n_pieces = (n_tiles + most_tiles_in_order - 1) / most_tiles_in_order,
                    piece = (n_tiles + n_pieces - 1) / n_pieces;
  const std::byte* end = w.data + row_end * w.row_bytes;
  in_order_walk ahead{n_tiles, piece, w.data + row_begin * w.row_bytes, w.row_bytes, tile_bytes};
  for (std::size_t bytes = 0; bytes < 8192; bytes += tile_bytes) ahead.step();
  for (std::size_t row = row_begin; row < row_end; row += rows_in_order) {
    const std::size_t n_rows = row_end - row < rows_in_order ? row_end - row : rows_in_order;
    vec acc = vec::zero();
    for (std::size_t tile = 0; tile < n_tiles; tile += piece) {
      const std::size_t first = tile * tile_inputs, n = n_tiles - tile < piece ? n_tiles - tile : piece;
      if (n_pieces > 1 || row == row_begin)
        for (std::size_t k = 0; k < n; ++k)
          prepare_grid<D>(a, first + k * tile_inputs, x[k], own[grid_row<D>::in_planes ? k : 0]);
      for (std::size_t r = 0; r < rows_in_order; ++r) {
        const std::byte* p = w.data + (row + (r < n_rows ? r : n_rows - 1)) * w.row_bytes + tile * tile_bytes;
        for (std::size_t k = 0; k < n; ++k, p += tile_bytes) {
          const std::byte* next = ahead.at >= end && then ? then + (ahead.at - end) : ahead.at;
          RETORT_UNROLL for (std::size_t line = 0; line < tile_bytes; line += 64) prefetch<true>(next + line);
          ahead.step();
          dot_row_block<D>(p, x[k], sums[r * n + k]);
        }
      }
      for (std::size_t k = 0; k < n; ++k)
        acc = add_rows<D>(sums[k], n * sizeof sums[0], inputs_of(a, 0, first + k * tile_inputs), acc);
    }
    alignas(64) float out[rows_in_order];
    acc.store(out);
    std::memcpy(y + row, out, 4 * n_rows);
  }
}

template <dtype D>
void matmul_grid(const weight_matrix& w, const activations& a, tensor<float, 2> y, std::size_t row_begin,
                 std::size_t row_end, const std::byte* then) {
  if (a.n_tokens == 1) return gemv_in_order<D>(w, a, y.data(), row_begin, row_end, then);
  matmul<D>(w, a, y, row_begin, row_end, then);
}

constexpr kernels make_table() {
  kernels k = with_quantized(avx512::table);
  for_each_quantized([&]<dtype D>(dtype_tag<D>) {
    if constexpr (has_grid<D>) k.matmul[static_cast<std::size_t>(D)] = &matmul_grid<D>;
  });
  return k;
}
inline constexpr kernels table = make_table();

}  // namespace simd::avx512vnni
RETORT_END
RETORT_TARGET_END
#endif
