// What the quantized kernels work on: a tile of 16 rows x 256 inputs, unpacked
// from whatever format to unsigned bytes with integer scales beside them. Only
// the unpackers know formats; the multiplications know only this.
#pragma once

#include <retort/simd/table.hpp>
#include <retort/tensor/blocks.hpp>

RETORT_BEGIN
namespace simd {

/// Rows and inputs of a tile.
inline constexpr std::size_t tile_rows = 16, tile_inputs = 256;

struct quant_tile {
  alignas(64) std::uint8_t q[tile_rows][tile_inputs];  ///< q + quant_kind::offset
  alignas(64) std::int8_t scale[4][tile_rows][4];      ///< [64 inputs][row][16 inputs], where the kind has scales
  alignas(64) std::uint8_t min[4][tile_rows][4];       ///< the same for minima
  alignas(64) float d[8][tile_rows];                   ///< [block in the tile][row]
  alignas(64) float dmin[8][tile_rows];
  // What unpackers gather from row after row and convert for all rows at once.
  alignas(64) std::uint16_t half_d[8][tile_rows];
  alignas(64) std::uint16_t half_min[8][tile_rows];
  alignas(64) std::uint8_t header[tile_rows][16];
};

/// What the multiplications must know of a format.
struct quant_kind {
  std::uint8_t offset = 0;    ///< added to every q to make it unsigned
  std::uint8_t n_scales = 0;  ///< integer scales in a run: 0 (all are 1), 1 (twice in the tile) or 2
  std::uint8_t n_mins = 0;    ///< minima in a run
  std::uint8_t runs = 0;      ///< runs of 32 in a block
  bool ue4m3 = false;         ///< the two scales are not integers but UE4M3, to be halved
};

/// Fills a tile from n_rows <= 16 rows (the last is repeated) and n_blocks blocks of each.
/// `next` is how far ahead of each row to prefetch.
using unpack_fn = void (*)(const std::byte* rows, std::size_t row_bytes, std::size_t n_rows, std::size_t n_blocks,
                           std::size_t next, quant_tile& t);

struct quant_format {
  quant_kind kind;
  unpack_fn unpack = nullptr;
  std::uint16_t block_bytes = 0;
};

}  // namespace simd
RETORT_END
