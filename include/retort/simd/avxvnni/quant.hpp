// AVX-VNNI, the int8 dot of processors without AVX-512: quantized weights. The rest is AVX2.
#pragma once

#include <retort/simd/avx2/lanes.hpp>

#if RETORT_X86
RETORT_TARGET_BEGIN("avx,avx2,fma,f16c,avxvnni")
RETORT_BEGIN
namespace simd::avxvnni {

using avx2::ivec;
using avx2::look_up;
using avx2::low_pairs;
using avx2::prefetch;
using avx2::start_values;
using avx2::vec;
template <dtype D>
using grid_unpacker = avx2::grid_unpacker<D>;
inline constexpr std::size_t gemm_tokens = 6, gemm_tokens_two = 5;  // eight sums at once would wait for each other
inline constexpr std::uint8_t signed_offset = 128;
inline constexpr bool folds_scales = true, sums_pairs = false;
using matrix_dots = void;

template <bool Wide>
RETORT_ALWAYS_INLINE ivec dot(ivec acc, ivec u, ivec s) {
  return {_mm256_dpbusd_avx_epi32(acc.v, u.v, s.v)};
}
RETORT_ALWAYS_INLINE ivec dot_16(ivec acc, ivec a, ivec b) { return {_mm256_dpwssd_avx_epi32(acc.v, a.v, b.v)}; }

#include <retort/simd/generic/quant_unpack.inc>
#include <retort/simd/generic/quant_kernels.inc>

constexpr kernels make_table() {
  kernels k = with_quantized(avx2::table);
  k.id = target::avxvnni;
  return k;
}
inline constexpr kernels table = make_table();

}  // namespace simd::avxvnni
RETORT_END
RETORT_TARGET_END

#if RETORT_CARRIES(RETORT_PART_AVXVNNI)
RETORT_BEGIN
RETORT_INLINE const simd::kernels& simd::sets::avxvnni() noexcept { return avxvnni::table; }
RETORT_END
#endif
#endif
