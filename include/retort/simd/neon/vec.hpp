// ARM64, as every such processor has it: the float vector.
#pragma once

#include <retort/simd/generic/quant_tile.hpp>
#include <retort/simd/scalar.hpp>

#if RETORT_ARM64
#include <arm_neon.h>

// g++ inlines into a region only what needs no more than the region has: hence "+", which adds to what the host is
// compiled for, and no load_as in what follows. It would move loads up until the registers overflow, if it were let.
#if defined(__clang__)
#define RETORT_NEON_BEGIN(features) RETORT_TARGET_BEGIN(features)
#define RETORT_NEON_FEATURES "neon"
#else
#define RETORT_NEON_BEGIN(features) \
  RETORT_TARGET_BEGIN(features)     \
  RETORT_PRAGMA(GCC optimize("no-schedule-insns"))
#define RETORT_NEON_FEATURES "+simd"
#endif
RETORT_NEON_BEGIN(RETORT_NEON_FEATURES)
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

}  // namespace simd::neon
RETORT_END
RETORT_TARGET_END
#endif
