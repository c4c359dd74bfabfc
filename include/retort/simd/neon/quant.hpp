// ARM64 with the int8 dot (ARMv8.2 dotprod): the float vector and quantized weights.
#pragma once

#include <retort/simd/generic/quant_tile.hpp>
#include <retort/simd/scalar.hpp>

#if RETORT_ARM64
#include <arm_neon.h>

// g++ inlines the dot only where the architecture that brought it is named, and into a region only what needs no more
// than the region has: hence crypto, which hosts for older processors are compiled with, and no load_as below.
#if defined(__clang__)
#define RETORT_NEON_FEATURES "dotprod"
#elif defined(__ARM_FEATURE_DOTPROD)
#define RETORT_NEON_FEATURES "+dotprod"
#else
#define RETORT_NEON_FEATURES "arch=armv8.2-a+crypto+dotprod"
#endif
RETORT_TARGET_BEGIN(RETORT_NEON_FEATURES)
#if !defined(__clang__)  // g++ would move loads up until the registers overflow
RETORT_PRAGMA(GCC optimize("no-schedule-insns"))
#endif
RETORT_BEGIN
namespace simd::neon {

// ---- bytes at any address ---------------------------------------------------------------------------------

RETORT_ALWAYS_INLINE std::uint32_t load4(const void* p) {
  std::uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}
RETORT_ALWAYS_INLINE uint8x8_t load8(const void* p) { return vld1_u8(static_cast<const std::uint8_t*>(p)); }
RETORT_ALWAYS_INLINE uint8x16_t load16(const void* p) { return vld1q_u8(static_cast<const std::uint8_t*>(p)); }
RETORT_ALWAYS_INLINE void store16(void* p, uint8x16_t v) { vst1q_u8(static_cast<std::uint8_t*>(p), v); }

// ---- the float vector -----------------------------------------------------------------------------------------

struct vec {
  static constexpr std::size_t width = 4;
  static constexpr std::size_t tile_tokens = 5, tile_rows = 4, lone_rows = 8, tile_queries = 4, tile_scores = 16;
  static constexpr std::size_t gemm_rows = 6, gemm_vectors = 4;
  float32x4_t v;

  RETORT_ALWAYS_INLINE static vec zero() { return {vdupq_n_f32(0.0f)}; }
  RETORT_ALWAYS_INLINE static vec set(float x) { return {vdupq_n_f32(x)}; }
  RETORT_ALWAYS_INLINE static vec load(const float* p) { return {vreinterpretq_f32_u8(load16(p))}; }
  RETORT_ALWAYS_INLINE static vec halves(uint16x4_t bits) { return {vcvt_f32_f16(vreinterpret_f16_u16(bits))}; }
  RETORT_ALWAYS_INLINE static vec load_half(const std::byte* p) {
    std::uint16_t bits;
    std::memcpy(&bits, p, 2);
    return halves(vdup_n_u16(bits));
  }
  RETORT_ALWAYS_INLINE static vec load_f16(const std::byte* p) { return halves(vreinterpret_u16_u8(load8(p))); }
  RETORT_ALWAYS_INLINE static vec load_bf16(const std::byte* p) {
    return {vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(load8(p)), 16))};
  }
  /// Through half: the same bits mean 2^-8 of the value there; then NaN is put in.
  RETORT_ALWAYS_INLINE static vec load_fp8(const std::byte* p) {
    const uint16x4_t wide = vget_low_u16(vmovl_u8(vcreate_u8(load4(p))));
    const uint16x4_t magnitude = vand_u16(wide, vdup_n_u16(0x7f));
    const uint16x4_t nan = vand_u16(vceq_u16(magnitude, vdup_n_u16(0x7f)), vdup_n_u16(0x7e00));
    const uint16x4_t sign = vshl_n_u16(vand_u16(wide, vdup_n_u16(0x80)), 8);
    return {vmulq_n_f32(halves(vorr_u16(vorr_u16(vshl_n_u16(magnitude, 7), nan), sign)).v, 256.0f)};
  }
  RETORT_ALWAYS_INLINE static vec load_i8(const std::byte* p) {
    return {vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(load4(p))))))};
  }
  RETORT_ALWAYS_INLINE void store(float* p) const { store16(p, vreinterpretq_u8_f32(v)); }
  RETORT_ALWAYS_INLINE void store_f16(std::byte* p) const {
    vst1_u8(reinterpret_cast<std::uint8_t*>(p), vreinterpret_u8_f16(vcvt_f16_f32(v)));
  }
  RETORT_ALWAYS_INLINE void store_i8(std::int8_t* p) const {
    const int16x4_t s = vqmovn_s32(vcvtnq_s32_f32(v));
    const std::uint32_t four = vget_lane_u32(vreinterpret_u32_s8(vqmovn_s16(vcombine_s16(s, s))), 0);
    std::memcpy(p, &four, 4);
  }
};
RETORT_ALWAYS_INLINE vec operator+(vec a, vec b) { return {vaddq_f32(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator-(vec a, vec b) { return {vsubq_f32(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator*(vec a, vec b) { return {vmulq_f32(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec operator/(vec a, vec b) { return {vdivq_f32(a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec fma(vec a, vec b, vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
/// b where one is NaN, which the instructions for maxima do not promise.
RETORT_ALWAYS_INLINE vec max(vec a, vec b) { return {vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec min(vec a, vec b) { return {vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v)}; }
RETORT_ALWAYS_INLINE vec abs(vec a) { return {vabsq_f32(a.v)}; }
RETORT_ALWAYS_INLINE vec round(vec a) { return {vrndnq_f32(a.v)}; }
RETORT_ALWAYS_INLINE vec keep_if_at_least(vec a, vec x, float limit) {
  return {vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(a.v), vcgeq_f32(x.v, vdupq_n_f32(limit))))};
}
/// a 2^n for whole n from -126 to 127.
RETORT_ALWAYS_INLINE vec times_power_of_two(vec a, vec n) {
  const int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n.v), vdupq_n_s32(127)), 23);
  return {vmulq_f32(a.v, vreinterpretq_f32_s32(power))};
}
#include <retort/simd/generic/exp.inc>
RETORT_ALWAYS_INLINE float sum(vec a) { return vpadds_f32(vadd_f32(vget_low_f32(a.v), vget_high_f32(a.v))); }
/// In the order of additions of sum().
RETORT_ALWAYS_INLINE vec sums(const vec* a) {
  const auto two = [&](std::size_t k) RETORT_INLINE_LAMBDA {
    return vaddq_f32(vcombine_f32(vget_low_f32(a[k].v), vget_low_f32(a[k + 1].v)),
                     vcombine_f32(vget_high_f32(a[k].v), vget_high_f32(a[k + 1].v)));
  };
  return {vpaddq_f32(two(0), two(2))};
}
RETORT_ALWAYS_INLINE float max_of(vec a) {
  const vec two = max(a, {vextq_f32(a.v, a.v, 2)});
  return vgetq_lane_f32(max(two, {vextq_f32(two.v, two.v, 1)}).v, 0);
}

#include <retort/simd/generic/float_kernels.inc>

// ---- quantized weights --------------------------------------------------------------------------------------

template <dtype D>
using grid_unpacker = plain_grid_unpacker<D>;
inline constexpr std::size_t gemm_tokens = 6, gemm_tokens_two = 5;
inline constexpr bool folds_scales = false;
inline constexpr std::uint8_t signed_offset = 0;
inline constexpr bool sums_pairs = false;

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
/// Both factors are signed: where u is not, it is at most 126 (64 + 62, of iq3_xxs).
template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
#if defined(__clang__) && __clang_major__ < 16 && !defined(__ARM_FEATURE_DOTPROD)  // does not declare it for regions
  __asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(acc.v) : "w"(u.v), "w"(s.v));
  return acc;
#else
  return ivec::of(vdotq_s32(acc.s32(), u.s8(), s.s8()));
#endif
}
RETORT_ALWAYS_INLINE ivec dot_16(ivec acc, ivec a, ivec b) {
  const int32x4_t low = vmull_s16(vget_low_s16(a.s16()), vget_low_s16(b.s16())),
                  high = vmull_high_s16(a.s16(), b.s16());
  return ivec::of(vaddq_s32(acc.s32(), vpaddq_s32(low, high)));
}
template <bool Near>
RETORT_ALWAYS_INLINE void prefetch(const void* p) { __builtin_prefetch(p, 0, Near ? 3 : 2); }

#include <retort/simd/generic/quant_unpack.inc>
#include <retort/simd/generic/quant_kernels.inc>

inline constexpr kernels table = with_quantized(float_table(target::neon));

}  // namespace simd::neon
RETORT_END
RETORT_TARGET_END
#undef RETORT_NEON_FEATURES
#endif
