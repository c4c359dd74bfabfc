// ARM64: quantized weights, multiplied with what the processor has: the 8-bit multiplication of all, the int8 dot
// (ARMv8.2 dotprod), or the int8 matrix multiplication (i8mm). Both factors are signed: where weights are not, they are
// at most 126 (64 + 62, of iq3_xxs).
#pragma once

#include <retort/simd/neon/lanes.hpp>

#if RETORT_ARM64
RETORT_NEON_BEGIN(RETORT_NEON_FEATURES)
RETORT_BEGIN
namespace simd::neonmul {

#include <retort/simd/neon/common.inc>
inline constexpr std::size_t gemm_tokens = 6, gemm_tokens_two = 5;
using matrix_dots = void;

/// Two products fit 16 bits.
template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
  const int16x8_t low = vmull_s8(vget_low_s8(u.s8()), vget_low_s8(s.s8())), high = vmull_high_s8(u.s8(), s.s8());
  return ivec::of(vpadalq_s16(acc.s32(), vpaddq_s16(low, high)));
}

#include <retort/simd/generic/quant_unpack.inc>
#include <retort/simd/generic/quant_kernels.inc>

inline constexpr kernels table = with_quantized(neon::float_table(target::neon));

}  // namespace simd::neonmul
RETORT_END
RETORT_TARGET_END

#if defined(__clang__)
#define RETORT_NEON_DOTPROD "dotprod"
#elif defined(__ARM_FEATURE_DOTPROD)
#define RETORT_NEON_DOTPROD "+dotprod"
#else  // g++ has the dot only where the architecture is named that brought it; hosts for older ones may have crypto
#define RETORT_NEON_DOTPROD "arch=armv8.2-a+crypto+dotprod"
#endif
RETORT_NEON_BEGIN(RETORT_NEON_DOTPROD)
RETORT_BEGIN
namespace simd::neondot {

#include <retort/simd/neon/common.inc>
inline constexpr std::size_t gemm_tokens = 6, gemm_tokens_two = 5;
using matrix_dots = void;

template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
#if defined(__clang__) && __clang_major__ < 16 && !defined(__ARM_FEATURE_DOTPROD)  // does not declare it for regions
  __asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(acc.v) : "w"(u.v), "w"(s.v));
  return acc;
#else
  return ivec::of(vdotq_s32(acc.s32(), u.s8(), s.s8()));
#endif
}

#include <retort/simd/generic/quant_unpack.inc>
#include <retort/simd/generic/quant_kernels.inc>

inline constexpr kernels table = with_quantized(neon::float_table(target::neon));

}  // namespace simd::neondot
RETORT_END
RETORT_TARGET_END

#if defined(__clang__)
#define RETORT_NEON_I8MM "dotprod,i8mm"
#elif defined(__ARM_FEATURE_DOTPROD)
#define RETORT_NEON_I8MM "+i8mm"
#else
#define RETORT_NEON_I8MM "arch=armv8.2-a+crypto+dotprod+i8mm"
#endif
RETORT_NEON_BEGIN(RETORT_NEON_I8MM)
RETORT_BEGIN
namespace simd::neonmatrix {

#include <retort/simd/neon/common.inc>
inline constexpr std::size_t gemm_tokens = 6, gemm_tokens_two = 4;

template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
  return neondot::dot<Wide>(acc, u, s);
}
struct matrix_dots {
  /// acc[row][token] + eight products each: u holds 8 inputs of two rows, s those of two tokens.
  RETORT_ALWAYS_INLINE static ivec dot_2x2(ivec acc, ivec u, ivec s) {
#if defined(__clang__) && __clang_major__ < 16 && !defined(__ARM_FEATURE_MATMUL_INT8)  // as above
    __asm__("smmla %0.4s, %1.16b, %2.16b" : "+w"(acc.v) : "w"(u.v), "w"(s.v));
    return acc;
#else
    return ivec::of(vmmlaq_s32(acc.s32(), u.s8(), s.s8()));
#endif
  }
  /// Four inputs of every row, and the next four: eight of rows 0 and 1, and of rows 2 and 3.
  RETORT_ALWAYS_INLINE static void by_two_rows(ivec a, ivec b, ivec (&out)[2]) {
    out[0] = {vzip1q_u32(a.v, b.v)};
    out[1] = {vzip2q_u32(a.v, b.v)};
  }
  RETORT_ALWAYS_INLINE static ivec eight_of_two(const std::int8_t* a, const std::int8_t* b) {
    return ivec::of(vcombine_u8(neon::load8(a), neon::load8(b)));
  }
  RETORT_ALWAYS_INLINE static ivec alternating(const std::int32_t* a, const std::int32_t* b) {
    return {vtrn1q_u32(ivec::broadcast(a).v, ivec::broadcast(b).v)};
  }
  /// The sums of two tokens, rows as lanes.
  RETORT_ALWAYS_INLINE static void by_token(const ivec (&m)[2], ivec& a, ivec& b) {
    a = {vuzp1q_u32(m[0].v, m[1].v)};
    b = {vuzp2q_u32(m[0].v, m[1].v)};
  }
};

#include <retort/simd/generic/quant_unpack.inc>
#include <retort/simd/generic/quant_kernels.inc>

inline constexpr kernels table = with_quantized(neon::float_table(target::neon));

}  // namespace simd::neonmatrix
RETORT_END
RETORT_TARGET_END
#undef RETORT_NEON_BEGIN
#undef RETORT_NEON_FEATURES
#undef RETORT_NEON_DOTPROD
#undef RETORT_NEON_I8MM
#endif
