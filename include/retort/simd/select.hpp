// Which kernel sets this CPU can run, and the best of them.
#pragma once

#include <retort/simd/portable.hpp>
#if RETORT_CARRIES(RETORT_PART_KERNELS)
#include <retort/simd/neon/quant.hpp>
#include <retort/simd/wasm/quant.hpp>
#endif
#if !defined(RETORT_SPLIT)
#include <retort/simd/avx2/quant.hpp>
#include <retort/simd/avxvnni/quant.hpp>
#include <retort/simd/avx512/bf16.hpp>
#endif

RETORT_BEGIN
namespace simd {

#if RETORT_CARRIES(RETORT_PART_KERNELS)

RETORT_INLINE std::span<const target> available() noexcept {
#if RETORT_ARM64
  static constexpr target all[] = {target::scalar, target::baseline, target::neon};
  return all;
#elif RETORT_WASM
  static constexpr target all[] = {target::scalar, target::baseline, target::wasm};
  return all;
#else
  static constexpr target all[] = {target::scalar, target::baseline, target::avx2, target::avxvnni, target::avx512};
  static constexpr target without_vnni[] = {target::scalar, target::baseline, target::avx2, target::avx512};
  if (!RETORT_X86 || !cpu().avx2) return {all, 2u};
  if (cpu().avx_vnni) return {all, cpu().avx512 ? 5u : 4u};
  return {without_vnni, cpu().avx512 ? 4u : 3u};
#endif
}

RETORT_INLINE const kernels& kernels_for(target t) noexcept {
#if RETORT_X86
  if (t >= target::avx512 && cpu().avx512) {
    if (!cpu().avx512_vnni) return sets::avx512_without_vnni();
    return cpu().avx512_bf16 && !cpu().intel ? sets::avx512_bf16() : sets::avx512();
  }
  if (t >= target::avxvnni && cpu().avx_vnni) return sets::avxvnni();
  if (t >= target::avx2 && cpu().avx2) return sets::avx2();
#elif RETORT_ARM64
  if (t >= target::neon) return cpu().i8mm ? sets::neon_i8mm() : cpu().dotprod ? sets::neon_dotprod() : sets::neon();
#elif RETORT_WASM
  if (t >= target::wasm) return wasm::quantized::table;
#endif
  return t >= target::baseline ? portable::table : scalar::table;
}

RETORT_INLINE const kernels& best() noexcept { return kernels_for(available().back()); }

#if RETORT_X86
/// For the first AVX-512 processors, which have no int8 dot: floats of one set, quantized products of another.
RETORT_INLINE const kernels& sets::avx512_without_vnni() noexcept {
  static const kernels joined = [] {
    kernels k = avx512();
    for (std::size_t d = 0; d < n_dtypes; ++d)
      if (traits(static_cast<dtype>(d)).quantized) k.matmul[d] = avx2().matmul[d];
    return k;
  }();
  return joined;
}
#elif RETORT_ARM64
RETORT_INLINE const kernels& sets::neon() noexcept { return neonmul::table; }
RETORT_INLINE const kernels& sets::neon_dotprod() noexcept { return neondot::table; }
RETORT_INLINE const kernels& sets::neon_i8mm() noexcept { return neonmatrix::table; }
#endif

#endif

}  // namespace simd
RETORT_END
