// One token times rows in the order of memory, for most formats: a generated
// token reads every weight once, and on AMD processors nothing else keeps their own
// prefetchers at the speed of memory (docs/performance.md).
//
// Sixteen rows are read one after another into the sums of their runs; then rows
// become lanes and the floats follow in the order table.hpp defines.
#pragma once

#include <retort/simd/avx512_row_blocks.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
RETORT_BEGIN
namespace simd::avx512vnni {

/// Rows as lanes: what a tile adds to the sums of rows, which are `stride` bytes apart.
template <dtype D>
RETORT_ALWAYS_INLINE vec add_in_order(const row_sums<D>& s, std::size_t stride, std::size_t n_runs, const token_inputs& a, vec acc) {
  const auto lanes = [](const auto& member) { return reinterpret_cast<const std::byte*>(member); };
  ivec dots[8];
  ivec::rows32(lanes(s.run), stride, dots);
  const auto value = [&](std::size_t run) RETORT_INLINE_LAMBDA { return float_bits(dots[run % 2 * 4 + run / 2]); };
  if constexpr (traits(D).block == 32) {
    ivec d[4];
    ivec::rows16(lanes(s.d), stride, d);
    RETORT_UNROLL for (std::size_t run = 0; run < 8; ++run)
      if (run < n_runs) acc = fma(low_half(run % 2 == 0 ? d[run / 2] : right32<16>(d[run / 2])), value(run) * vec::set(a.d[run]), acc);
  } else {
    vec part = vec::zero();
    RETORT_UNROLL for (std::size_t run = 0; run < 8; ++run) part = fma(value(run), vec::set(a.d[run]), part);
    const ivec both = ivec::rows4(lanes(s.d), stride);
    vec d = low_half(both);
    if constexpr (has_grid<D>) d = d * vec::set(grid_row<D>::d_factor);
    acc = fma(d, part, acc);
    if constexpr (block_traits<D>::n_mins != 0) {
      ivec low[4];
      ivec::rows16(lanes(s.low), stride, low);
      const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(low[0].v, low[1].v), _mm512_add_epi32(low[2].v, low[3].v));
      acc = fma(vec::zero() - low_half(right32<16>(both)), to_float({sum}) * vec::set(*a.d_low), acc);
    }
  }
  return acc;
}

/// The blocks of a tile that is not full, with zeros behind them, so that nothing outside the row is read.
template <dtype D>
RETORT_NOINLINE void read_copy(const std::byte* p, std::size_t n_bytes, const in_order_inputs& x, row_sums<D>& s) {
  std::byte copy[tile_inputs / traits(D).block * traits(D).bytes] = {};
  std::memcpy(copy, p, n_bytes);
  row_block<D>::read(copy, x, s);
}

/// Inputs from `first` on, one tile; `own` is memory for them where they do not lie as they should.
template <dtype D>
RETORT_ALWAYS_INLINE void prepare_in_order(const activations& a, std::size_t first, in_order_inputs& x, std::int8_t* own) {
  alignas(32) std::int16_t sums[16] = {}, lows[16] = {};
  const std::size_t n = inputs_in_tile(a.n_in, first);
  std::memcpy(sums, a.sums + first / 16, n / 8);
  std::memcpy(lows, a.lows + first / 16, n / 8);
  x.q = a.q + first;
  if constexpr (in_planes<D>) {
    put_in_planes(x.q, grid_row<D>::order, own);
    x.q = own;
  } else if (n < tile_inputs) {  // zeros behind the row
    std::memset(own, 0, tile_inputs);
    std::memcpy(own, x.q, n);
    x.q = own;
  }
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i products = _mm512_mullo_epi32(_mm512_cvtepi16_epi32(avx2::load32(sums)), _mm512_set1_epi32(unpacker<D>::offset));
  _mm512_storeu_si512(x.correction, _mm512_permutexvar_epi32(order, products));
  avx2::store16(x.lows, _mm256_cvtepi32_epi16(_mm256_madd_epi16(avx2::load32(lows), _mm256_set1_epi16(1))));
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
  [[nodiscard]] std::size_t piece_tiles() const { return n_tiles - first_tile < tiles_per_piece ? n_tiles - first_tile : tiles_per_piece; }

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
void gemv_in_order(const matrix& w, const activations& a, float* y, std::size_t row_begin, std::size_t row_end, const std::byte* then) {
  constexpr std::size_t tile_bytes = tile_inputs / traits(D).block * traits(D).bytes;
  in_order_inputs x[most_tiles_in_order];
  alignas(64) std::int8_t own[in_planes<D> ? most_tiles_in_order : 1][tile_inputs];
  alignas(64) row_sums<D> sums[rows_in_order * most_tiles_in_order];  // [row][tile of the piece]
  const std::size_t n_in = w.n_in, n_tiles = (n_in + tile_inputs - 1) / tile_inputs;
  const std::size_t n_pieces = (n_tiles + most_tiles_in_order - 1) / most_tiles_in_order, piece = (n_tiles + n_pieces - 1) / n_pieces;
  const std::byte* end = w.data + row_end * w.row_bytes;
  in_order_walk ahead{n_tiles, piece, w.data + row_begin * w.row_bytes, w.row_bytes, tile_bytes};
  for (std::size_t bytes = 0; bytes < 8192; bytes += tile_bytes) ahead.step();
  for (std::size_t row = row_begin; row < row_end; row += rows_in_order) {
    const std::size_t n_rows = row_end - row < rows_in_order ? row_end - row : rows_in_order;
    vec acc = vec::zero();
    for (std::size_t tile = 0; tile < n_tiles; tile += piece) {
      const std::size_t first = tile * tile_inputs, n = n_tiles - tile < piece ? n_tiles - tile : piece;
      if (n_pieces > 1 || row == row_begin)
        for (std::size_t k = 0; k < n; ++k) prepare_in_order<D>(a, first + k * tile_inputs, x[k], own[in_planes<D> ? k : 0]);
      const std::size_t n_full = n_in - first < n * tile_inputs ? n - 1 : n;
      for (std::size_t r = 0; r < rows_in_order; ++r) {
        const std::byte* p = w.data + (row + (r < n_rows ? r : n_rows - 1)) * w.row_bytes + tile * tile_bytes;
        const auto read_ahead = [&]() RETORT_INLINE_LAMBDA {
          const std::byte* next = ahead.at >= end && then ? then + (ahead.at - end) : ahead.at;
          RETORT_UNROLL for (std::size_t line = 0; line < tile_bytes; line += 64) prefetch<true>(next + line);
          ahead.step();
        };
        for (std::size_t k = 0; k < n_full; ++k, p += tile_bytes) {
          read_ahead();
          row_block<D>::read(p, x[k], sums[r * n + k]);
        }
        if (n_full < n) {
          read_ahead();
          read_copy<D>(p, (n_in - first - n_full * tile_inputs) / traits(D).block * traits(D).bytes, x[n_full], sums[r * n + n_full]);
        }
      }
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t at = first + k * tile_inputs;
        acc = add_in_order<D>(sums[k], n * sizeof sums[0], inputs_in_tile(n_in, at) / 32, inputs_of(a, 0, at), acc);
      }
    }
    alignas(64) float out[rows_in_order];
    acc.store(out);
    std::memcpy(y + row, out, 4 * n_rows);
  }
}

template <dtype D>
void matmul_in_order(const matrix& w, const activations& a, float* y, std::size_t y_stride, std::size_t row_begin,
                     std::size_t row_end, const std::byte* then) {
  if (a.n_tokens == 1) return gemv_in_order<D>(w, a, y, row_begin, row_end, then);
  matmul<D>(w, a, y, y_stride, row_begin, row_end, then);
}

constexpr kernels make_table(bool grids_only) {
  kernels k = with_quantized(avx512::table);
  for_each_quantized([&]<dtype D>(dtype_tag<D>) {
    if constexpr (in_order<D>)
      if (has_grid<D> || !grids_only) k.matmul[static_cast<std::size_t>(D)] = &matmul_in_order<D>;
  });
  return k;
}
inline constexpr kernels table = make_table(false);
inline constexpr kernels table_of_lanes = make_table(true);  ///< one token, too, meets rows as lanes, but for formats with grids

}  // namespace simd::avx512vnni
RETORT_END
RETORT_TARGET_END
#endif
