// WebAssembly with SIMD128: the float vector and quantized weights. Whether there is one is decided when a program is
// compiled (-msimd128); nothing can be asked at run time.
#pragma once

#include <retort/simd/generic/quant_tile.hpp>
#include <retort/simd/scalar.hpp>

#if RETORT_WASM
#include <wasm_simd128.h>

RETORT_BEGIN
namespace simd::wasm {

// ---- the float vector -----------------------------------------------------------------------------------------

struct vec {
  static constexpr std::size_t width = 4;
  static constexpr std::size_t tile_tokens = 3, tile_rows = 2, lone_rows = 4, tile_queries = 2, tile_scores = 8;
  static constexpr std::size_t gemm_rows = 4, gemm_vectors = 2;
  v128_t v;

  RETORT_ALWAYS_INLINE static vec zero() { return {wasm_f32x4_const_splat(0.0f)}; }
  RETORT_ALWAYS_INLINE static vec set(float x) { return {wasm_f32x4_splat(x)}; }
  RETORT_ALWAYS_INLINE static vec load(const float* p) { return {wasm_v128_load(p)}; }
  /// Of half floats in dwords: their bits in the place of a float's mean 2^-112 of them, infinity and NaN excepted.
  RETORT_ALWAYS_INLINE static vec halves(v128_t bits) {
    const v128_t exponent = wasm_i32x4_const_splat(0x7c00), magnitude = wasm_i32x4_const_splat(0x7fff);
    const v128_t wide = wasm_i32x4_shl(wasm_v128_and(bits, magnitude), 13);
    const v128_t scaled = wasm_f32x4_mul(wide, wasm_f32x4_const_splat(0x1p112f));
    const v128_t endless = wasm_i32x4_eq(wasm_v128_and(bits, exponent), exponent);
    const v128_t sign = wasm_i32x4_shl(wasm_v128_andnot(bits, magnitude), 16);
    const v128_t top = wasm_v128_and(endless, wasm_i32x4_const_splat(0x7f800000));
    return {wasm_v128_or(wasm_v128_or(scaled, top), sign)};
  }
  RETORT_ALWAYS_INLINE static vec load_half(const std::byte* p) { return set(f16_to_f32(load_as<std::uint16_t>(p))); }
  RETORT_ALWAYS_INLINE static vec load_f16(const std::byte* p) { return halves(wasm_u32x4_load16x4(p)); }
  RETORT_ALWAYS_INLINE static vec load_bf16(const std::byte* p) {
    return {wasm_i32x4_shl(wasm_u32x4_load16x4(p), 16)};
  }
  /// Through half: the same bits mean 2^-8 of the value there; then NaN is put in.
  RETORT_ALWAYS_INLINE static vec load_fp8(const std::byte* p) {
    const v128_t wide = wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(p)));
    const v128_t magnitude = wasm_v128_and(wide, wasm_i32x4_const_splat(0x7f));
    const v128_t nan = wasm_v128_and(wasm_i32x4_eq(magnitude, wasm_i32x4_const_splat(0x7f)),
                                     wasm_i32x4_const_splat(0x7e00));
    const v128_t sign = wasm_i32x4_shl(wasm_v128_and(wide, wasm_i32x4_const_splat(0x80)), 8);
    const v128_t half = wasm_v128_or(wasm_v128_or(wasm_i32x4_shl(magnitude, 7), nan), sign);
    return {wasm_f32x4_mul(halves(half).v, wasm_f32x4_const_splat(256.0f))};
  }
  RETORT_ALWAYS_INLINE static vec load_i8(const std::byte* p) {
    const v128_t wide = wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(p)));
    return {wasm_f32x4_convert_i32x4(wide)};
  }
  RETORT_ALWAYS_INLINE void store(float* p) const { wasm_v128_store(p, v); }
  void store_f16(std::byte* p) const {
    float lanes[width];
    store(lanes);
    scalar::store_row<dtype::f16>(lanes, width, p);
  }
  RETORT_ALWAYS_INLINE void store_i8(std::int8_t* p) const {
    const v128_t i = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(v));
    const v128_t s = wasm_i16x8_narrow_i32x4(i, i);
    wasm_v128_store32_lane(p, wasm_i8x16_narrow_i16x8(s, s), 0);
  }
};
RETORT_ALWAYS_INLINE vec operator+(vec a, vec b) { return {wasm_f32x4_add(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator-(vec a, vec b) { return {wasm_f32x4_sub(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator*(vec a, vec b) { return {wasm_f32x4_mul(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator/(vec a, vec b) { return {wasm_f32x4_div(a.v, b.v)}; }
/// Rounded twice: the instruction set has no other.
RETORT_ALWAYS_INLINE vec fma(vec a, vec b, vec c) { return a * b + c; }
/// b where one is NaN.
RETORT_ALWAYS_INLINE vec max(vec a, vec b) { return {wasm_f32x4_pmax(b.v, a.v)}; }
RETORT_ALWAYS_INLINE vec min(vec a, vec b) { return {wasm_f32x4_pmin(b.v, a.v)}; }
RETORT_ALWAYS_INLINE vec abs(vec a) { return {wasm_f32x4_abs(a.v)}; }
RETORT_ALWAYS_INLINE vec round(vec a) { return {wasm_f32x4_nearest(a.v)}; }
RETORT_ALWAYS_INLINE vec keep_if_at_least(vec a, vec x, float limit) {
  return {wasm_v128_and(a.v, wasm_f32x4_ge(x.v, wasm_f32x4_splat(limit)))};
}
/// a 2^n for whole n from -126 to 127.
RETORT_ALWAYS_INLINE vec times_power_of_two(vec a, vec n) {
  const v128_t power = wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n.v), wasm_i32x4_const_splat(127));
  return {wasm_f32x4_mul(a.v, wasm_i32x4_shl(power, 23))};
}
#include <retort/simd/generic/exp.inc>
RETORT_ALWAYS_INLINE float sum(vec a) {
  const v128_t two = wasm_f32x4_add(a.v, wasm_i32x4_shuffle(a.v, a.v, 2, 3, 0, 1));
  return wasm_f32x4_extract_lane(two, 0) + wasm_f32x4_extract_lane(two, 1);
}
/// In the order of additions of sum().
RETORT_ALWAYS_INLINE vec sums(const vec* a) {
  const auto two = [&](std::size_t k) RETORT_INLINE_LAMBDA {
    return wasm_f32x4_add(wasm_i64x2_shuffle(a[k].v, a[k + 1].v, 0, 2), wasm_i64x2_shuffle(a[k].v, a[k + 1].v, 1, 3));
  };
  const v128_t ab = two(0), cd = two(2);
  return {wasm_f32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7))};
}
RETORT_ALWAYS_INLINE float max_of(vec a) {
  const vec two = max(a, {wasm_i32x4_shuffle(a.v, a.v, 2, 3, 0, 1)});
  return wasm_f32x4_extract_lane(max(two, {wasm_i32x4_shuffle(two.v, two.v, 1, 0, 3, 2)}).v, 0);
}

#include <retort/simd/generic/float_kernels.inc>

}  // namespace simd::wasm

// ---- quantized weights --------------------------------------------------------------------------------------

namespace simd::wasm::quantized {

/// The same vector, but multiplied and added with one rounding, as the defined product has it.
struct vec : wasm::vec {
  RETORT_ALWAYS_INLINE static vec zero() { return {wasm::vec::zero()}; }
  RETORT_ALWAYS_INLINE static vec set(float x) { return {wasm::vec::set(x)}; }
  RETORT_ALWAYS_INLINE static vec load(const float* p) { return {wasm::vec::load(p)}; }
};
RETORT_ALWAYS_INLINE vec operator+(vec a, vec b) { return {{wasm_f32x4_add(a.v, b.v)}}; }
RETORT_ALWAYS_INLINE vec operator-(vec a, vec b) { return {{wasm_f32x4_sub(a.v, b.v)}}; }
RETORT_ALWAYS_INLINE vec operator*(vec a, vec b) { return {{wasm_f32x4_mul(a.v, b.v)}}; }
RETORT_ALWAYS_INLINE vec max(vec a, vec b) { return {wasm::max(a, b)}; }
/// Lane by lane, where rounding to double first would not do.
RETORT_NOINLINE inline vec fma_of_lanes(vec a, vec b, vec c) {
  float x[4], y[4], z[4];
  a.store(x);
  b.store(y);
  c.store(z);
  for (std::size_t i = 0; i < 4; ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return vec::load(z);
}
/// Products of floats are exact in double; their sum is rounded twice, which shows only where the first rounding ends
/// in the middle between two floats.
RETORT_ALWAYS_INLINE vec fma(vec a, vec b, vec c) {
  const auto wide = [&](auto half) RETORT_INLINE_LAMBDA {
    return wasm_f64x2_add(wasm_f64x2_mul(half(a.v), half(b.v)), half(c.v));
  };
  const v128_t low = wide([](v128_t x) RETORT_INLINE_LAMBDA { return wasm_f64x2_promote_low_f32x4(x); });
  const v128_t high = wide([](v128_t x) RETORT_INLINE_LAMBDA {
    return wasm_f64x2_promote_low_f32x4(wasm_i64x2_shuffle(x, x, 1, 0));
  });
  const auto in_the_middle = [](v128_t x) RETORT_INLINE_LAMBDA {
    return wasm_i64x2_eq(wasm_v128_and(x, wasm_i64x2_const_splat(0x1fffffff)), wasm_i64x2_const_splat(0x10000000));
  };
  if (wasm_v128_any_true(wasm_v128_or(in_the_middle(low), in_the_middle(high)))) return fma_of_lanes(a, b, c);
  return {{wasm_i64x2_shuffle(wasm_f32x4_demote_f64x2_zero(low), wasm_f32x4_demote_f64x2_zero(high), 0, 2)}};
}

template <dtype D>
using grid_unpacker = plain_grid_unpacker<D>;
inline constexpr std::size_t gemm_tokens = 3, gemm_tokens_two = 3;
inline constexpr bool folds_scales = false;
inline constexpr std::uint8_t signed_offset = 0;
inline constexpr bool sums_pairs = false;
using matrix_dots = void;

/// to[i] = sum_magic_bits - offset * sums[i] (16 halves of runs), or of the 8 runs.
template <bool Halves>
RETORT_ALWAYS_INLINE void start_values(const std::int16_t* sums, int offset, std::int32_t* to) {
  const auto put = [&](std::size_t i, v128_t v) RETORT_INLINE_LAMBDA {
    wasm_v128_store(to + i, wasm_i32x4_sub(wasm_i32x4_const_splat(sum_magic_bits),
                                           wasm_i32x4_mul(v, wasm_i32x4_splat(offset))));
  };
  RETORT_UNROLL for (std::size_t i = 0; i < 16; i += 8) {
    const v128_t v = wasm_v128_load(sums + i);
    if constexpr (Halves) {
      put(i, wasm_i32x4_extend_low_i16x8(v));
      put(i + 4, wasm_i32x4_extend_high_i16x8(v));
    } else {
      put(i / 2, wasm_i32x4_extadd_pairwise_i16x8(v));
    }
  }
}
/// The 16 lows of a tile, or the 8 sums of two (which is one per run), as the pairs of quant_tile::min.
template <bool Halves>
RETORT_ALWAYS_INLINE void low_pairs(const std::int16_t* lows, std::int32_t* to) {
  const auto put = [&](std::size_t i, v128_t v) RETORT_INLINE_LAMBDA {
    wasm_v128_store(to + i, wasm_i16x8_shuffle(v, v, 0, 2, 1, 3, 4, 6, 5, 7));
  };
  const v128_t first = wasm_v128_load(lows), second = wasm_v128_load(lows + 8);
  if constexpr (Halves) {
    put(0, first);
    put(4, second);
  } else {
    put(0, wasm_i16x8_add(wasm_i16x8_shuffle(first, second, 0, 2, 4, 6, 8, 10, 12, 14),
                          wasm_i16x8_shuffle(first, second, 1, 3, 5, 7, 9, 11, 13, 15)));
  }
}

struct ivec {
  static constexpr std::size_t width = 4;
  v128_t v;

  RETORT_ALWAYS_INLINE static ivec zero() { return {wasm_i32x4_const_splat(0)}; }
  RETORT_ALWAYS_INLINE static ivec bytes(int x) { return {wasm_i8x16_splat(static_cast<std::int8_t>(x))}; }
  RETORT_ALWAYS_INLINE static ivec dwords(int x) { return {wasm_i32x4_splat(x)}; }
  RETORT_ALWAYS_INLINE static ivec load(const void* p) { return {wasm_v128_load(p)}; }
  RETORT_ALWAYS_INLINE void store(void* p) const { wasm_v128_store(p, v); }
  RETORT_ALWAYS_INLINE static ivec broadcast(const void* p) { return {wasm_v128_load32_splat(p)}; }

  RETORT_ALWAYS_INLINE static void rows16(const std::byte* p, std::size_t stride, ivec (&out)[4]) {
    const auto row = [&](std::size_t r) RETORT_INLINE_LAMBDA { return wasm_v128_load(p + r * stride); };
    const v128_t a = row(0), b = row(1), c = row(2), d = row(3);
    const v128_t ab0 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
    const v128_t cd0 = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd1 = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
    out[0] = {wasm_i64x2_shuffle(ab0, cd0, 0, 2)};
    out[1] = {wasm_i64x2_shuffle(ab0, cd0, 1, 3)};
    out[2] = {wasm_i64x2_shuffle(ab1, cd1, 0, 2)};
    out[3] = {wasm_i64x2_shuffle(ab1, cd1, 1, 3)};
  }
  RETORT_ALWAYS_INLINE static ivec rows4(const std::byte* p, std::size_t stride) {
    v128_t v = wasm_v128_load32_zero(p);
    v = wasm_v128_load32_lane(p + stride, v, 1);
    v = wasm_v128_load32_lane(p + 2 * stride, v, 2);
    return {wasm_v128_load32_lane(p + 3 * stride, v, 3)};
  }
  template <bool Signed>
  RETORT_ALWAYS_INLINE ivec byte(int g) const {
    const v128_t up = wasm_i32x4_shl(v, static_cast<std::uint32_t>(24 - 8 * g));
    return {Signed ? wasm_i32x4_shr(up, 24) : wasm_u32x4_shr(up, 24)};
  }
};
RETORT_ALWAYS_INLINE ivec operator&(ivec a, ivec b) { return {wasm_v128_and(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec operator|(ivec a, ivec b) { return {wasm_v128_or(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec operator^(ivec a, ivec b) { return {wasm_v128_xor(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec add8(ivec a, ivec b) { return {wasm_i8x16_add(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec sub8(ivec a, ivec b) { return {wasm_i8x16_sub(a.v, b.v)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec right16(ivec a) { return {wasm_u16x8_shr(a.v, N)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec left16(ivec a) { return {wasm_i16x8_shl(a.v, N)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec right32(ivec a) { return {wasm_u32x4_shr(a.v, N)}; }
template <int N>
RETORT_ALWAYS_INLINE ivec left32(ivec a) { return {wasm_i32x4_shl(a.v, N)}; }
RETORT_ALWAYS_INLINE ivec mul16(ivec a, ivec b) { return {wasm_i16x8_mul(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec look_up(const std::int8_t (&levels)[16], int offset, ivec v) {
  return {wasm_i8x16_swizzle(add8(ivec::load(levels), ivec::bytes(offset)).v, v.v)};
}
RETORT_ALWAYS_INLINE ivec spread_bits(ivec v, std::size_t g) {
  const v128_t at = wasm_i8x16_add(wasm_i8x16_const(0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12),
                                   wasm_i8x16_splat(static_cast<std::int8_t>(g / 2)));
  const v128_t bits = wasm_i32x4_splat(g % 2 == 0 ? 0x08040201 : static_cast<std::int32_t>(0x80402010u));
  return {wasm_i8x16_eq(wasm_v128_and(wasm_i8x16_swizzle(v.v, at), bits), bits)};
}
RETORT_ALWAYS_INLINE ivec at_least(ivec v, int x) { return {wasm_u8x16_ge(v.v, ivec::bytes(x).v)}; }
RETORT_ALWAYS_INLINE vec to_float(ivec a) { return {{wasm_f32x4_convert_i32x4(a.v)}}; }
RETORT_ALWAYS_INLINE vec float_bits(ivec a) { return {{a.v}}; }
RETORT_ALWAYS_INLINE vec low_half(ivec a) { return {vec::halves((a & ivec::dwords(0xffff)).v)}; }
/// Both factors are signed: where u is not, it is at most 126 (64 + 62, of iq3_xxs). So two products fit 16 bits.
template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
  const auto even = [](v128_t x) RETORT_INLINE_LAMBDA { return wasm_i16x8_shr(wasm_i16x8_shl(x, 8), 8); };
  const auto odd = [](v128_t x) RETORT_INLINE_LAMBDA { return wasm_i16x8_shr(x, 8); };
  const v128_t pairs = wasm_i16x8_add(wasm_i16x8_mul(even(u.v), even(s.v)), wasm_i16x8_mul(odd(u.v), odd(s.v)));
  return {wasm_i32x4_add(acc.v, wasm_i32x4_extadd_pairwise_i16x8(pairs))};
}
RETORT_ALWAYS_INLINE ivec dot_16(ivec acc, ivec a, ivec b) {
  return {wasm_i32x4_add(acc.v, wasm_i32x4_dot_i16x8(a.v, b.v))};
}
template <bool Near>
RETORT_ALWAYS_INLINE void prefetch(const void*) {}

#include <retort/simd/generic/quant_unpack.inc>
#include <retort/simd/generic/quant_kernels.inc>

inline constexpr kernels table = with_quantized(float_table(target::wasm));

}  // namespace simd::wasm::quantized
RETORT_END
#endif
