// Which kernel sets this CPU can run, and the best of them.
#pragma once

#include <retort/simd/avx2_quant.hpp>
#include <retort/simd/avx512_quant.hpp>
#include <retort/simd/portable.hpp>

RETORT_BEGIN
namespace simd {

/// The targets this CPU can run, slowest first; at least scalar and baseline.
[[nodiscard]] inline std::span<const target> available() noexcept {
  static constexpr target all[] = {target::scalar, target::baseline, target::avx2, target::avx512};
  const std::size_t n = !RETORT_X86 || !cpu().avx2 ? 2u : !cpu().avx512 ? 3u : 4u;
  return {all, n};
}

/// The kernels of a target; the best ones below it where this CPU cannot run it.
[[nodiscard]] inline const kernels& kernels_for(target t) noexcept {
#if RETORT_X86
  if (t >= target::avx512 && cpu().avx512) return cpu().avx512_vnni ? avx512vnni::table : avx512::table;
  if (t >= target::avx2 && cpu().avx2) return avx2maddubs::table;
#endif
  return t >= target::baseline ? portable::table : scalar::table;
}

/// The fastest kernels of this CPU.
[[nodiscard]] inline const kernels& best() noexcept { return kernels_for(available().back()); }

}  // namespace simd
RETORT_END
