// Which kernel sets this CPU can run, and the best of them.
#pragma once

#include <retort/simd/avx2_quant.hpp>
#include <retort/simd/avx512_bf16.hpp>
#include <retort/simd/neon.hpp>
#include <retort/simd/portable.hpp>

RETORT_BEGIN
namespace simd {

#if RETORT_X86
namespace detail {
/// Float kernels of one set, quantized products of another.
constexpr kernels joined(kernels floats, const kernels& quantized) {
  for (std::size_t d = 0; d < n_dtypes; ++d)
    if (retort::detail::dtype_table[d].quantized) floats.matmul[d] = quantized.matmul[d];
  return floats;
}
/// For the first AVX-512 processors, which have no int8 dot.
inline constexpr kernels avx512_without_vnni = joined(avx512::table, avx2maddubs::table);
}  // namespace detail
#endif

/// The targets this CPU can run, slowest first; at least scalar and baseline.
[[nodiscard]] inline std::span<const target> available() noexcept {
#if RETORT_ARM64
  static constexpr target all[] = {target::scalar, target::baseline, target::neon};
  return {all, cpu().dotprod ? 3u : 2u};
#else
  static constexpr target all[] = {target::scalar, target::baseline, target::avx2, target::avx512};
  const std::size_t n = !RETORT_X86 || !cpu().avx2 ? 2u : !cpu().avx512 ? 3u : 4u;
  return {all, n};
#endif
}

/// The kernels of a target; the best ones below it where this CPU cannot run it.
[[nodiscard]] inline const kernels& kernels_for(target t) noexcept {
#if RETORT_X86
  if (t >= target::avx512 && cpu().avx512) {
    if (!cpu().avx512_vnni) return detail::avx512_without_vnni;
    return cpu().avx512_bf16 && !cpu().intel ? avx512bf16::table : avx512vnni::table;
  }
  if (t >= target::avx2 && cpu().avx2) return avx2maddubs::table;
#elif RETORT_ARM64
  if (t >= target::neon && cpu().dotprod) return neon::table;
#endif
  return t >= target::baseline ? portable::table : scalar::table;
}

/// The fastest kernels of this CPU.
[[nodiscard]] inline const kernels& best() noexcept { return kernels_for(available().back()); }

}  // namespace simd
RETORT_END
