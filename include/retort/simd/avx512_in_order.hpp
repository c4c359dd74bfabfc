// One token times rows in the order of memory, for most formats: a generated
// token reads every weight once, and nothing else keeps the processor's own
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

/// Rows as lanes: what a tile adds to the sums of rows.
template <dtype D>
RETORT_ALWAYS_INLINE vec add_in_order(const in_order_sums<D>& s, std::size_t n_runs, const token_inputs& a, vec acc) {
  ivec dots[8];
  ivec::rows32(reinterpret_cast<const std::byte*>(s.run), sizeof s.run[0], dots);
  const auto floats = [&](const std::uint16_t* p) RETORT_INLINE_LAMBDA { return vec{_mm512_cvtph_ps(avx2::load32(p))}; };
  const auto value = [&](std::size_t run) RETORT_INLINE_LAMBDA { return float_bits(dots[run % 2 * 4 + run / 2]); };
  if constexpr (traits(D).block == 32) {
    RETORT_UNROLL for (std::size_t run = 0; run < 8; ++run)
      if (run < n_runs) acc = fma(floats(s.d[run]), value(run) * vec::set(a.d[run]), acc);
  } else {
    vec part = vec::zero();
    RETORT_UNROLL for (std::size_t run = 0; run < 8; ++run) part = fma(value(run), vec::set(a.d[run]), part);
    vec d = floats(s.d[0]);
    if constexpr (has_grid<D>) d = d * vec::set(grid_row<D>::d_factor);
    acc = fma(d, part, acc);
    if constexpr (block_traits<D>::n_mins != 0) {
      ivec low[4];
      ivec::rows16(reinterpret_cast<const std::byte*>(s.low), sizeof s.low[0], low);
      const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(low[0].v, low[1].v), _mm512_add_epi32(low[2].v, low[3].v));
      acc = fma(vec::zero() - floats(s.dmin), to_float({sum}) * vec::set(*a.d_low), acc);
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
    if constexpr (in_planes<D>) {
      put_in_planes(a.q + at, grid_row<D>::order, x.q);
    } else {
      std::memset(x.q, 0, sizeof x.q);
      std::memcpy(x.q, a.q + at, n);
    }
    for (std::size_t h = 0; h < 16; ++h)
      x.correction[h % 4 * 4 + h / 4] = 16 * h < n ? unpacker<D>::offset * a.sums[at / 16 + h] : 0;
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
        acc = add_in_order<D>(sums[k], inputs_in_tile(w.n_in, at) / 32, inputs_of(a, 0, at), acc);
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
