// ARM64: int32 lanes, which unpack quantized weights (generic/quant_unpack.inc), for all its dots.
#pragma once

#include <retort/simd/neon/vec.hpp>

#if RETORT_ARM64
RETORT_NEON_BEGIN(RETORT_NEON_FEATURES)
RETORT_BEGIN
namespace simd::neon {

struct ivec {
  static constexpr std::size_t width = 4;
  uint32x4_t v;
  RETORT_ALWAYS_INLINE static ivec of(uint8x16_t b) { return {vreinterpretq_u32_u8(b)}; }
  RETORT_ALWAYS_INLINE static ivec of(int32x4_t b) { return {vreinterpretq_u32_s32(b)}; }
  [[nodiscard]] RETORT_ALWAYS_INLINE uint8x16_t u8() const { return vreinterpretq_u8_u32(v); }
  [[nodiscard]] RETORT_ALWAYS_INLINE int8x16_t s8() const { return vreinterpretq_s8_u32(v); }
  [[nodiscard]] RETORT_ALWAYS_INLINE uint16x8_t u16() const { return vreinterpretq_u16_u32(v); }
  [[nodiscard]] RETORT_ALWAYS_INLINE int16x8_t s16() const { return vreinterpretq_s16_u32(v); }
  [[nodiscard]] RETORT_ALWAYS_INLINE int32x4_t s32() const { return vreinterpretq_s32_u32(v); }

  RETORT_ALWAYS_INLINE static ivec zero() { return {vdupq_n_u32(0)}; }
  RETORT_ALWAYS_INLINE static ivec bytes(int x) { return of(vdupq_n_u8(static_cast<std::uint8_t>(x))); }
  RETORT_ALWAYS_INLINE static ivec dwords(int x) { return of(vdupq_n_s32(x)); }
  RETORT_ALWAYS_INLINE static ivec load(const void* p) { return of(load16(p)); }
  RETORT_ALWAYS_INLINE void store(void* p) const { store16(p, u8()); }
  RETORT_ALWAYS_INLINE static ivec broadcast(const void* p) { return {vdupq_n_u32(load4(p))}; }

  RETORT_ALWAYS_INLINE static void rows16(const std::byte* p, std::size_t stride, ivec (&out)[4]) {
    const auto row = [&](std::size_t r) RETORT_INLINE_LAMBDA { return load(p + r * stride).v; };
    const auto low = [](uint32x4_t a, uint32x4_t b)
                         RETORT_INLINE_LAMBDA { return vreinterpretq_u64_u32(vtrn1q_u32(a, b)); };
    const auto high = [](uint32x4_t a, uint32x4_t b)
                          RETORT_INLINE_LAMBDA { return vreinterpretq_u64_u32(vtrn2q_u32(a, b)); };
    const uint32x4_t a = row(0), b = row(1), c = row(2), d = row(3);
    out[0] = {vreinterpretq_u32_u64(vtrn1q_u64(low(a, b), low(c, d)))};
    out[1] = {vreinterpretq_u32_u64(vtrn1q_u64(high(a, b), high(c, d)))};
    out[2] = {vreinterpretq_u32_u64(vtrn2q_u64(low(a, b), low(c, d)))};
    out[3] = {vreinterpretq_u32_u64(vtrn2q_u64(high(a, b), high(c, d)))};
  }
  RETORT_ALWAYS_INLINE static ivec rows4(const std::byte* p, std::size_t stride) {
    uint32x4_t v = vdupq_n_u32(load4(p));
    v = vsetq_lane_u32(load4(p + stride), v, 1);
    v = vsetq_lane_u32(load4(p + 2 * stride), v, 2);
    return {vsetq_lane_u32(load4(p + 3 * stride), v, 3)};
  }
  template <bool Signed>
  RETORT_ALWAYS_INLINE ivec byte(int g) const {
    const uint32x4_t up = g == 0 ? vshlq_n_u32(v, 24) : g == 1 ? vshlq_n_u32(v, 16) : g == 2 ? vshlq_n_u32(v, 8) : v;
    if constexpr (Signed) return of(vshrq_n_s32(vreinterpretq_s32_u32(up), 24));
    else return {vshrq_n_u32(up, 24)};
  }
};
RETORT_ALWAYS_INLINE ivec operator&(ivec a, ivec b) { return {vandq_u32(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec operator|(ivec a, ivec b) { return {vorrq_u32(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec operator^(ivec a, ivec b) { return {veorq_u32(a.v, b.v)}; }
RETORT_ALWAYS_INLINE ivec add8(ivec a, ivec b) { return ivec::of(vaddq_u8(a.u8(), b.u8())); }
RETORT_ALWAYS_INLINE ivec sub8(ivec a, ivec b) { return ivec::of(vsubq_u8(a.u8(), b.u8())); }
template <int N>
RETORT_ALWAYS_INLINE ivec right16(ivec a) { return {vreinterpretq_u32_u16(vshrq_n_u16(a.u16(), N))}; }
template <int N>
RETORT_ALWAYS_INLINE ivec left16(ivec a) { return {vreinterpretq_u32_u16(vshlq_n_u16(a.u16(), N))}; }
template <int N>
RETORT_ALWAYS_INLINE ivec right32(ivec a) {
  if constexpr (N == 0) return a;  // not among the shifts to the right
  else return {vshrq_n_u32(a.v, N)};
}
template <int N>
RETORT_ALWAYS_INLINE ivec left32(ivec a) { return {vshlq_n_u32(a.v, N)}; }
RETORT_ALWAYS_INLINE ivec mul16(ivec a, ivec b) { return {vreinterpretq_u32_u16(vmulq_u16(a.u16(), b.u16()))}; }
RETORT_ALWAYS_INLINE ivec look_up(const std::int8_t (&levels)[16], int offset, ivec v) {
  return ivec::of(vqtbl1q_u8(vaddq_u8(load16(levels), ivec::bytes(offset).u8()), v.u8()));
}
RETORT_ALWAYS_INLINE ivec spread_bits(ivec v, std::size_t g) {
  static constexpr std::uint8_t byte[] = {0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12};
  const uint8x16_t at = vaddq_u8(load16(byte), vdupq_n_u8(static_cast<std::uint8_t>(g / 2)));
  const ivec bits = {vdupq_n_u32(g % 2 == 0 ? 0x08040201u : 0x80402010u)};
  return ivec::of(vtstq_u8(vqtbl1q_u8(v.u8(), at), bits.u8()));
}
RETORT_ALWAYS_INLINE ivec at_least(ivec v, int x) { return ivec::of(vcgeq_u8(v.u8(), ivec::bytes(x).u8())); }
RETORT_ALWAYS_INLINE vec to_float(ivec a) { return {vcvtq_f32_s32(a.s32())}; }
RETORT_ALWAYS_INLINE vec float_bits(ivec a) { return {vreinterpretq_f32_u32(a.v)}; }
RETORT_ALWAYS_INLINE vec low_half(ivec a) { return vec::halves(vmovn_u32(a.v)); }
RETORT_ALWAYS_INLINE ivec dot_16(ivec acc, ivec a, ivec b) {
  const int32x4_t low = vmull_s16(vget_low_s16(a.s16()), vget_low_s16(b.s16())),
                  high = vmull_high_s16(a.s16(), b.s16());
  return ivec::of(vaddq_s32(acc.s32(), vpaddq_s32(low, high)));
}
template <bool Near>
RETORT_ALWAYS_INLINE void prefetch(const void* p) { __builtin_prefetch(p, 0, Near ? 3 : 2); }

/// to[i] = sum_magic_bits - offset * sums[i] (16 halves of runs), or of the 8 runs.
template <bool Halves>
RETORT_ALWAYS_INLINE void start_values(const std::int16_t* sums, int offset, std::int32_t* to) {
  const std::int32_t factor = -offset;
  const int32x4_t magic = vdupq_n_s32(sum_magic_bits);
  RETORT_UNROLL for (std::size_t i = 0; i < 16; i += 8) {
    const int16x8_t v = vld1q_s16(sums + i);
    if constexpr (Halves) {
      vst1q_s32(to + i, vmlaq_n_s32(magic, vmovl_s16(vget_low_s16(v)), factor));
      vst1q_s32(to + i + 4, vmlaq_n_s32(magic, vmovl_high_s16(v), factor));
    } else {
      vst1q_s32(to + i / 2, vmlaq_n_s32(magic, vpaddlq_s16(v), factor));
    }
  }
}
/// The 16 lows of a tile, or the 8 sums of two (which is one per run), as the pairs of quant_tile::min.
template <bool Halves>
RETORT_ALWAYS_INLINE void low_pairs(const std::int16_t* lows, std::int32_t* to) {
  static constexpr std::uint8_t pairs[] = {0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15};
  const auto put = [&](std::size_t i, int16x8_t v) RETORT_INLINE_LAMBDA {
    store16(to + i, vqtbl1q_u8(vreinterpretq_u8_s16(v), load16(pairs)));
  };
  const int16x8_t first = vld1q_s16(lows), second = vld1q_s16(lows + 8);
  if constexpr (Halves) {
    put(0, first);
    put(4, second);
  } else {
    put(0, vpaddq_s16(first, second));
  }
}

}  // namespace simd::neon
RETORT_END
RETORT_TARGET_END
#endif
