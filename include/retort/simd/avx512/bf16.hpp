// AVX-512 with BF16: weights of that type times inputs rounded to it, as the
// models that are stored so were trained; twice the products of float32.
//
// One (row, token) pair has one accumulator that walks the inputs in order, 32 at a
// time, whatever the tile around it: batch size and row split change no bit.
// Denormal numbers count as zero.
#pragma once

#include <retort/simd/avx512/grid_rows.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")
RETORT_BEGIN
namespace simd::avx512bf16 {

using avx512::vec;

inline constexpr std::size_t inputs_at_once = 9216;  ///< of all tokens of a block, rounded and kept on the stack
inline constexpr std::size_t rows_at_once = 32;

// std::bit_cast is compiled without these instructions
RETORT_ALWAYS_INLINE __m512bh bf16(__m512i v) {
  __m512bh same;
  std::memcpy(&same, &v, sizeof v);
  return same;
}
RETORT_ALWAYS_INLINE __m512i bits(__m512bh v) {
  __m512i same;
  std::memcpy(&same, &v, sizeof v);
  return same;
}

/// n floats, rounded, then zeros up to a multiple of 32.
inline void round_inputs(const float* x, std::size_t n, std::uint16_t* to) {
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32)
    _mm512_storeu_si512(to + i, bits(_mm512_cvtne2ps_pbh(vec::load(x + i + 16).v, vec::load(x + i).v)));
  if (i == n) return;
  float rest[32] = {};
  std::memcpy(rest, x + i, 4 * (n - i));
  _mm512_storeu_si512(to + i, bits(_mm512_cvtne2ps_pbh(vec::load(rest + 16).v, vec::load(rest).v)));
}

/// acc[t, r] += the dot of row r with token t over n inputs; there are zeros in x up to whole vectors.
template <std::size_t Tokens, std::size_t Rows>
RETORT_ALWAYS_INLINE void dot_block(const std::byte* const (&row)[Rows], const std::uint16_t* const (&x)[Tokens],
                                    std::size_t n, vec (&acc)[Tokens][Rows]) {
  const auto step = [&](std::size_t i, __mmask32 mask) RETORT_INLINE_LAMBDA {
    __m512bh w[Rows];
    RETORT_UNROLL for (std::size_t r = 0; r < Rows; ++r) w[r] = bf16(_mm512_maskz_loadu_epi16(mask, row[r] + 2 * i));
    RETORT_UNROLL for (std::size_t t = 0; t < Tokens; ++t) {
      const __m512bh v = bf16(_mm512_loadu_si512(x[t] + i));
      RETORT_UNROLL for (std::size_t r = 0; r < Rows; ++r) acc[t][r].v = _mm512_dpbf16_ps(acc[t][r].v, w[r], v);
    }
  };
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    if constexpr (Tokens == 1) _mm_prefetch(reinterpret_cast<const char*>(row[0] + 2 * i) + 8192, _MM_HINT_T0);
    step(i, ~__mmask32{0});
  }
  if (i < n) step(i, (__mmask32{1} << (n - i)) - 1);
}

/// Up to Tokens tokens from `first_token` on with up to rows_at_once rows; the last ones stand for those that lack.
/// Rows that come rounded are read as they are; others are rounded here, piece by piece.
template <std::size_t Tokens, std::size_t Rows>
void dots(const weight_matrix& w, std::size_t row, std::size_t n_rows, const activations& a, std::size_t first_token,
          tensor<float, 2> y) {
  constexpr std::size_t most = inputs_at_once / Tokens;
  alignas(64) std::uint16_t rounded[Tokens][most + 32];  // tokens must not share places of the first-level cache
  vec sums[rows_at_once / Rows][Tokens][Rows];           // between pieces
  const std::size_t n_tokens = a.n_tokens - first_token < Tokens ? a.n_tokens - first_token : Tokens;
  const std::size_t piece = a.bf16 ? w.n_in : most;
  const std::uint16_t* x[Tokens];
  for (std::size_t first = 0; first < w.n_in; first += piece) {
    const std::size_t n = w.n_in - first < piece ? w.n_in - first : piece;
    for (std::size_t t = 0; t < Tokens; ++t) {
      const std::size_t at = (first_token + (t < n_tokens ? t : n_tokens - 1)) * w.n_in + first;
      x[t] = a.bf16 ? a.bf16 + at : rounded[t];
      if (!a.bf16) round_inputs(a.x + at, n, rounded[t]);
    }
    for (std::size_t r = 0; r < n_rows; r += Rows) {
      vec acc[Tokens][Rows];
      const std::byte* from[Rows];
      RETORT_UNROLL for (std::size_t k = 0; k < Rows; ++k) {
        from[k] = w.data + (row + (r + k < n_rows ? r + k : n_rows - 1)) * w.row_bytes + 2 * first;
        RETORT_UNROLL for (std::size_t t = 0; t < Tokens; ++t)
          acc[t][k] = first == 0 ? vec::zero() : sums[r / Rows][t][k];
      }
      dot_block(from, x, n, acc);
      if (first + n < w.n_in) {
        RETORT_UNROLL for (std::size_t t = 0; t < Tokens; ++t)
          RETORT_UNROLL for (std::size_t k = 0; k < Rows; ++k) sums[r / Rows][t][k] = acc[t][k];
        continue;
      }
      constexpr std::size_t together = vec::width / Rows;
      float lanes[(Tokens + together - 1) / together * together][Rows];
      RETORT_UNROLL for (std::size_t some = 0; some < Tokens; some += together) {
        vec pairs[vec::width];
        RETORT_UNROLL for (std::size_t t = 0; t < together; ++t)
          RETORT_UNROLL for (std::size_t k = 0; k < Rows; ++k)
            pairs[t * Rows + k] = some + t < Tokens ? acc[some + t][k] : vec::zero();
        avx512::sums(pairs).store(lanes[some]);
      }
      for (std::size_t t = 0; t < n_tokens; ++t)
        for (std::size_t k = 0; k < Rows && r + k < n_rows; ++k) y(first_token + t, row + r + k) = lanes[t][k];
    }
  }
}

inline void matmul(const weight_matrix& w, const activations& a, tensor<float, 2> y, std::size_t row_begin,
                   std::size_t row_end, const std::byte*) {
  constexpr std::size_t tokens = 6;
  for (std::size_t row = row_begin; row < row_end; row += rows_at_once) {
    const std::size_t n_rows = row_end - row < rows_at_once ? row_end - row : rows_at_once;
    if (a.n_tokens == 1) {
      dots<1, 1>(w, row, n_rows, a, 0, y);
    } else {
      for (std::size_t t = 0; t < a.n_tokens; t += tokens) dots<tokens, 4>(w, row, n_rows, a, t, y);
    }
  }
}

constexpr kernels make_table() {
  kernels k = avx512vnni::table;
  k.matmul[static_cast<std::size_t>(dtype::bf16)] = &matmul;
  k.round_bf16 = &round_inputs;
  return k;
}
inline constexpr kernels table = make_table();

}  // namespace simd::avx512bf16
RETORT_END
RETORT_TARGET_END

#if RETORT_CARRIES(RETORT_PART_AVX512)
RETORT_BEGIN
RETORT_INLINE const simd::kernels& simd::sets::avx512() noexcept { return avx512vnni::table; }
RETORT_INLINE const simd::kernels& simd::sets::avx512_bf16() noexcept { return avx512bf16::table; }
RETORT_END
#endif
#endif
