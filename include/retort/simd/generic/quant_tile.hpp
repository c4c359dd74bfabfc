// What the quantized kernels work on: a tile of weights, 256 inputs of two
// vectors of rows, unpacked from whatever format to unsigned bytes with rows as
// lanes. Only the unpackers know formats; the multiplications know only this.
#pragma once

#include <retort/simd/table.hpp>
#include <retort/tensor/blocks.hpp>

RETORT_BEGIN
namespace simd {

/// Inputs of a tile.
inline constexpr std::size_t tile_inputs = 256;

/// Rows: twice the int32 lanes of a vector. "Half" is 16 inputs, half a run.
template <std::size_t Rows>
struct quant_tile {
  static constexpr std::size_t rows = Rows;
  alignas(64) std::uint8_t q[tile_inputs / 4][rows][4];  ///< [4 inputs][row]: q + the offset of the format
  /// [half][row], or [run][row] where both halves share it. Where pairs of products are scaled as integers
  /// (avx2/quant.hpp), whole numbers stand twice as int16 in place of a float.
  alignas(64) float scale[16][rows];
  alignas(64) std::int32_t min[8][rows];  ///< int16 pairs of halves, or of runs: (0, 2) (1, 3) (4, 6) (5, 7) ...
  alignas(64) float d[8][rows];           ///< [block][row]
  alignas(64) float minus_dmin[8][rows];  ///< [block][row]
};

/// Integer sums begin with the bits of this float: below 2^22 they then count in its last places, so that the lane,
/// read as a float, is it plus the sum, and a fused multiply-add takes it off again for nothing: (f - M) s = f s - M s.
inline constexpr float sum_magic = 0x1.8p23f;
inline constexpr std::int32_t sum_magic_bits = std::bit_cast<std::int32_t>(sum_magic);

/// Formats whose numbers are entries of tensor/iq_grids.hpp.
template <dtype D>
inline constexpr bool has_grid = D == dtype::iq2_xxs || D == dtype::iq2_xs || D == dtype::iq2_s ||
                                 D == dtype::iq3_xxs || D == dtype::iq3_s || D == dtype::iq1_s || D == dtype::iq1_m;

/// The largest magnitude of a number of the format, at most.
constexpr int largest_number(dtype d) {
  switch (d) {
    case dtype::q1_0:
    case dtype::tq1_0:
    case dtype::tq2_0: return 1;
    case dtype::q2_0: return 2;
    case dtype::q2_k: return 3;
    case dtype::q3_k: return 4;
    case dtype::q4_0: return 8;
    case dtype::iq1_s:
    case dtype::iq1_m: return 9;
    case dtype::mxfp4:
    case dtype::nvfp4: return 12;
    case dtype::q4_1:
    case dtype::q4_k:
    case dtype::iq3_s: return 15;
    case dtype::q5_0: return 16;
    case dtype::q5_1:
    case dtype::q5_k: return 31;
    case dtype::q6_k: return 32;
    case dtype::iq2_xxs:
    case dtype::iq2_xs:
    case dtype::iq2_s: return 43;
    case dtype::iq3_xxs: return 62;
    default: return 128;
  }
}

/// What only sets have that sum pairs of products in 16 bits (quant_kernels.inc). Named here, because compilers look
/// for templates in code that is left out, too.
template <bool Wide, class Lanes>
Lanes pairs(Lanes u, Lanes s) = delete;
template <bool Signed, class Lanes>
Lanes twice16(Lanes v, int g) = delete;
template <std::size_t Parts, class Number>
void start_pairs(const Number* q, std::size_t n_runs, int offset, std::int32_t* to) = delete;

/// Blocks of formats with grids in plain C++, for sets that have nothing faster: row(p, q, scale) writes the 256
/// numbers of the block at p, plus offset, and its scales; the scale of the block is returned.
template <dtype D>
struct plain_grid_unpacker {
  static constexpr std::uint8_t offset = D == dtype::iq1_s || D == dtype::iq1_m ? 9 : 64;
  static constexpr std::uint8_t n_scales = D == dtype::iq2_xs || D == dtype::iq2_s || D == dtype::iq1_m ? 2 : 1;
  static constexpr std::size_t group(std::size_t k) { return k; }

  static float row(const std::byte* p, std::uint8_t* q, std::int8_t* scale) {
    run32 r;
    for (std::size_t run = 0; run < 8; ++run) {
      format(D).view(p, static_cast<int>(run), r);
      for (std::size_t i = 0; i < 32; ++i) q[32 * run + i] = static_cast<std::uint8_t>(r.q[i] + offset);
      for (std::size_t h = 0; h < n_scales; ++h) scale[n_scales * run + h] = static_cast<std::int8_t>(r.scale[h]);
    }
    return r.d;
  }
};

}  // namespace simd
RETORT_END
