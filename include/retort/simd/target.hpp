// Instruction sets: their names, what this CPU has, and the regions in which
// kernels are compiled for one of them without any compile flag.
#pragma once

#include <retort/base/types.hpp>

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(RETORT_NO_SIMD)
#define RETORT_X86 1
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#else
#define RETORT_X86 0
#endif
#if defined(__aarch64__) && !defined(__AARCH64EB__) && !defined(RETORT_NO_SIMD)
#define RETORT_ARM64 1
#if defined(__linux__) && __has_include(<sys/auxv.h>)
#include <sys/auxv.h>
#endif
#else
#define RETORT_ARM64 0
#endif
#if defined(__wasm_simd128__) && !defined(RETORT_NO_SIMD)
#define RETORT_WASM 1
#else
#define RETORT_WASM 0
#endif

// RETORT_TARGET_BEGIN("avx2,fma,f16c") ... RETORT_TARGET_END: every function,
// template and lambda between them may use those instructions. All includes
// must stand before the region. In g++ regions the optimizer is also turned on,
// so that a host built with -O0 still runs at speed, and fast-math is turned off;
// its intrinsics start some results from a deliberately unset register, which
// its own warnings then complain about.
// clang-format off
#define RETORT_PRAGMA(x) _Pragma(#x)
#if defined(__clang__)
#define RETORT_TARGET_BEGIN(features) \
  RETORT_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define RETORT_TARGET_END RETORT_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define RETORT_TARGET_BEGIN(features)                            \
  RETORT_PRAGMA(GCC push_options)                                \
  RETORT_PRAGMA(GCC optimize("O2", "no-fast-math"))              \
  RETORT_PRAGMA(GCC target(features))                            \
  RETORT_PRAGMA(GCC diagnostic push)                             \
  RETORT_PRAGMA(GCC diagnostic ignored "-Wuninitialized")        \
  RETORT_PRAGMA(GCC diagnostic ignored "-Wmaybe-uninitialized")
#define RETORT_TARGET_END         \
  RETORT_PRAGMA(GCC diagnostic pop) \
  RETORT_PRAGMA(GCC pop_options)
#else
#define RETORT_TARGET_BEGIN(features)
#define RETORT_TARGET_END
#endif
// clang-format on

// Before a loop with a constant count that is to disappear.
#if defined(__clang__)
#define RETORT_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define RETORT_UNROLL _Pragma("GCC unroll 8")
#else
#define RETORT_UNROLL
#endif

// After the parameters of a lambda that must be inlined.
#if defined(__GNUC__) || defined(__clang__)
#define RETORT_INLINE_LAMBDA __attribute__((always_inline))
#define RETORT_NOINLINE __attribute__((noinline))
#else
#define RETORT_INLINE_LAMBDA
#define RETORT_NOINLINE
#endif

// Asks for the cache line at p; beyond the end of memory, too.
#if defined(__GNUC__) || defined(__clang__)
#define RETORT_PREFETCH(p) __builtin_prefetch(p)
#else
#define RETORT_PREFETCH(p) static_cast<void>(0)
#endif

RETORT_BEGIN
namespace simd {

/// Kernel sets, slowest first. `scalar` is plain loops and defines what is
/// right; `baseline` is xsimd for whatever the host program is compiled for.
enum class target : std::uint8_t { scalar, baseline, neon, wasm, avx2, avxvnni, avx512 };

inline constexpr const char* target_names[] = {"scalar", "baseline", "neon", "wasm", "avx2", "avxvnni", "avx512"};

[[nodiscard]] constexpr const char* name(target t) noexcept { return target_names[static_cast<std::size_t>(t)]; }

/// errors bad_argument, listing the names
inline result<target> target_by_name(std::string_view wanted) {
  constexpr std::size_t n = std::size(target_names);
  std::string known;
  for (std::size_t i = 0; i < n; ++i) {
    if (wanted == target_names[i]) return static_cast<target>(i);
    known += (i == 0 ? "" : i + 1 < n ? ", " : " and ") + std::string(target_names[i]);
  }
  return error{errc::bad_argument,
               "there is no kernel target called \"" + printable(wanted) + "\"; there are " + known};
}

/// What the CPU and the operating system offer beyond the compile-time baseline.
struct cpu_features {
  bool avx2 = false;         ///< AVX2, FMA and F16C, registers saved by the system
  bool avx512 = false;       ///< AVX-512 F, BW, DQ, VL, CD, registers saved by the system
  bool avx_vnni = false;     ///< int8 dot in 256-bit VEX form
  bool avx512_vnni = false;  ///< int8 dot
  bool avx512_bf16 = false;  ///< bfloat16 dot
  bool intel = false;        ///< its bfloat16 dot and its prefetchers want other kernels (docs/performance.md)
  bool dotprod = false;      ///< ARM int8 dot
  bool i8mm = false;         ///< ARM int8 matrix multiply
};

namespace detail {
#if RETORT_X86
inline void cpuid(unsigned leaf, unsigned subleaf, unsigned (&r)[4]) noexcept {
#if defined(_MSC_VER) && !defined(__clang__)
  int v[4];
  __cpuidex(v, static_cast<int>(leaf), static_cast<int>(subleaf));
  for (int i = 0; i < 4; ++i) r[i] = static_cast<unsigned>(v[i]);
#else
  if (!__get_cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3])) r[0] = r[1] = r[2] = r[3] = 0;
#endif
}
/// XCR0: which register files the operating system saves.
inline std::uint64_t xgetbv0() noexcept {
#if defined(_MSC_VER) && !defined(__clang__)
  return _xgetbv(0);
#else
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
#endif
}
#endif

inline cpu_features detect() noexcept {
  cpu_features f;
#if RETORT_X86
  constexpr auto bit = [](unsigned word, int n) { return ((word >> n) & 1u) != 0; };
  unsigned zero[4], one[4], seven[4], seven1[4];
  cpuid(1, 0, one);
  if (!bit(one[2], 27)) return f;  // OSXSAVE
  const std::uint64_t saved = xgetbv0();
  const bool ymm = (saved & 0x6) == 0x6;
  const bool zmm = (saved & 0xe6) == 0xe6;
  cpuid(0, 0, zero);
  f.intel = zero[1] == 0x756e6547;  // "Genu"
  cpuid(7, 0, seven);
  cpuid(7, 1, seven1);
  f.avx2 = ymm && bit(one[2], 12) && bit(one[2], 28) && bit(one[2], 29) && bit(seven[1], 5);
  f.avx512 = f.avx2 && zmm && bit(seven[1], 16) && bit(seven[1], 17) && bit(seven[1], 28) && bit(seven[1], 30) &&
             bit(seven[1], 31);
  f.avx_vnni = f.avx2 && bit(seven1[0], 4);
  f.avx512_vnni = f.avx512 && bit(seven[2], 11);
  f.avx512_bf16 = f.avx512 && bit(seven1[0], 5);
#elif RETORT_ARM64
#if defined(__linux__) && __has_include(<sys/auxv.h>)
  f.dotprod = (getauxval(AT_HWCAP) >> 20 & 1u) != 0;  // HWCAP_ASIMDDP, which old headers lack
  f.i8mm = (getauxval(AT_HWCAP2) >> 13 & 1u) != 0;    // HWCAP2_I8MM
#elif defined(__APPLE__) || defined(__ARM_FEATURE_DOTPROD)
  f.dotprod = true;
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
  f.i8mm = true;
#endif
#endif
  return f;
}
}  // namespace detail

/// Asked of the CPU once per process; a constant afterwards.
[[nodiscard]] inline const cpu_features& cpu() noexcept {
  static const cpu_features features = detail::detect();
  return features;
}

}  // namespace simd
RETORT_END
