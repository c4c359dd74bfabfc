// The constants of exp, which every instruction set computes alike.
#pragma once

#include <retort/base/config.hpp>

RETORT_BEGIN
namespace simd::detail {
// exp(r) = 1 + r + r^2 q(r) for |r| <= ln(2)/2: q interpolates at Chebyshev nodes, relative error 1.1e-8.
inline constexpr float exp_q[] = {0.5f, 0.16666576f, 0.041666556f, 0.008363179f, 0.0013926184f};
inline constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f, log2_e = 1.4426950f;
}  // namespace simd::detail
RETORT_END
