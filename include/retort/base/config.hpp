// Retort: version, compiler requirements, every RETORT_* switch and its default.
// Lowest file of the house: includes nothing of Retort.
#pragma once

#define RETORT_VERSION_MAJOR 0
#define RETORT_VERSION_MINOR 1
#define RETORT_VERSION_PATCH 0
#define RETORT_VERSION "0.1.0"

#if defined(_MSVC_LANG) ? _MSVC_LANG < 202002L : __cplusplus < 202002L
#error "Retort needs C++20: compile with -std=c++20 (or /std:c++20)"
#endif
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#error "Retort needs g++ 12 or newer"
#endif
#if defined(__clang__) && !defined(__apple_build_version__) && __clang_major__ < 14
#error "Retort needs clang 14 or newer"
#endif

// RETORT_SPLIT: define it in the whole program to include only declarations
// (retort.hpp then equals api.hpp) and define RETORT_IMPLEMENTATION in exactly
// one source file, which carries all the code. Or define it in several and
// RETORT_PART in each, one of the names below: then each carries a part of the
// code, and they compile side by side.
#if defined(RETORT_SPLIT)
#define RETORT_INLINE
#else
#define RETORT_INLINE inline
#endif
#define RETORT_PART_AVX2 1
#define RETORT_PART_AVX512 2
#define RETORT_PART_KERNELS 3  // the other kernels, and the choice among all
#define RETORT_PART_TOKENIZER 4
#define RETORT_PART_JINJA 5
#define RETORT_PART_GRAMMAR 6
#define RETORT_PART_MODEL 7  // files and the forward pass
#define RETORT_PART_RUN 8
#define RETORT_PART_CHAT 9
#define RETORT_PART_DEEPSEEK 10
#define RETORT_PART_TEXT 11  // JSON
#define RETORT_PART_AVXVNNI 12
#if !defined(RETORT_SPLIT)
#define RETORT_CARRIES(part) 1
#elif !defined(RETORT_IMPLEMENTATION)
#define RETORT_CARRIES(part) 0
#elif defined(RETORT_PART)
#define RETORT_CARRIES(part) (RETORT_PART == (part))
#else
#define RETORT_CARRIES(part) 1
#endif

// WebAssembly outside browsers has no threads, unless it is asked for them.
#if defined(__wasi__) && !defined(_REENTRANT)
#define RETORT_THREADS 0
#else
#define RETORT_THREADS 1
#endif

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define RETORT_EXCEPTIONS 1
#else
#define RETORT_EXCEPTIONS 0
#endif

// The library lives in an inline namespace whose name holds the version and
// the compile flags that change its code. Two translation units built with
// different flags then get two libraries; handing an object from one to the
// other is a link error and not an illegal instruction at run time.
#if defined(RETORT_SPLIT)
#define RETORT_ISA_TAG split
#elif defined(__AVX512F__)
#define RETORT_ISA_TAG avx512
#elif defined(__AVX2__)
#define RETORT_ISA_TAG avx2
#elif defined(__AVX__)
#define RETORT_ISA_TAG avx
#elif defined(__SSE4_1__)
#define RETORT_ISA_TAG sse4
#elif defined(__ARM_FEATURE_DOTPROD)
#define RETORT_ISA_TAG dotprod
#else
#define RETORT_ISA_TAG base
#endif
#if defined(__FAST_MATH__)
#define RETORT_MATH_TAG fast
#else
#define RETORT_MATH_TAG ieee
#endif
#if RETORT_EXCEPTIONS
#define RETORT_THROW_TAG throws
#else
#define RETORT_THROW_TAG nothrow
#endif
#define RETORT_JOIN3_(a, b, c) v0_1_##a##_##b##_##c
#define RETORT_JOIN3(a, b, c) RETORT_JOIN3_(a, b, c)
#define RETORT_ABI RETORT_JOIN3(RETORT_ISA_TAG, RETORT_MATH_TAG, RETORT_THROW_TAG)

// g++ takes a coroutine's own operator new for a stranger to its operator delete, and the lambdas in its frame for
// types that another file might define otherwise.
#if defined(__GNUC__) && !defined(__clang__)
#define RETORT_WARNINGS_BEGIN                                                                  \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmismatched-new-delete\"") \
      _Pragma("GCC diagnostic ignored \"-Wsubobject-linkage\"")
#define RETORT_WARNINGS_END _Pragma("GCC diagnostic pop")
#else
#define RETORT_WARNINGS_BEGIN
#define RETORT_WARNINGS_END
#endif

#define RETORT_BEGIN    \
  RETORT_WARNINGS_BEGIN \
  namespace retort {    \
  inline namespace RETORT_ABI {
#define RETORT_END \
  }                \
  }                \
  RETORT_WARNINGS_END

// RETORT_CHECKED: views check their indices, for Retort's own tests. A host's NDEBUG or its absence changes nothing.
#if defined(RETORT_CHECKED)
#include <cassert>
#define RETORT_ASSERT(condition) assert(condition)
#else
#define RETORT_ASSERT(condition) static_cast<void>(0)
#endif

#if defined(__GNUC__) || defined(__clang__)
#define RETORT_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define RETORT_ALWAYS_INLINE inline
#endif
