// Kernels against the machine: GEMV in bytes of weights per second beside a
// measured memory-read ceiling, GEMM in multiply-adds beside a measured ceiling
// of the int8 (or float) multiply instruction. Medians over repetitions.
//   simd_bench [target] [type ...]      one thread; start two at once to see both cores busy
#include <retort/simd/select.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

using namespace retort;
using namespace retort::simd;

namespace {
/// Seconds this thread has computed; waiting for a busy machine does not count where the system can tell.
double thread_seconds() {
#if defined(CLOCK_THREAD_CPUTIME_ID)
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
#else
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

/// Median seconds of one call.
template <class F>
double seconds(F f, double budget = 0.4) {
  std::vector<double> times;
  f();
  const double begin = thread_seconds();
  while (times.size() < 5 || thread_seconds() - begin < budget) {
    const double start = thread_seconds();
    f();
    times.push_back(thread_seconds() - start);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

volatile float sink;

/// Bytes per second of reading far more than the caches hold.
double read_ceiling(const kernels& k, std::vector<float>& memory) {
  const double s = seconds([&] { sink = k.max(memory.data(), memory.size()); });
  return static_cast<double>(memory.size()) * 4 / s;
}

#if RETORT_X86
// Twelve independent chains of the multiply instruction, operands in registers.
#define RETORT_CHAIN(op)                                                                                \
  op " %%ymm15, %%ymm15, %%ymm0\n" op " %%ymm15, %%ymm15, %%ymm1\n" op " %%ymm15, %%ymm15, %%ymm2\n" op \
     " %%ymm15, %%ymm15, %%ymm3\n" op " %%ymm15, %%ymm15, %%ymm4\n" op " %%ymm15, %%ymm15, %%ymm5\n" op \
     " %%ymm15, %%ymm15, %%ymm6\n" op " %%ymm15, %%ymm15, %%ymm7\n" op " %%ymm15, %%ymm15, %%ymm8\n" op \
     " %%ymm15, %%ymm15, %%ymm9\n" op " %%ymm15, %%ymm15, %%ymm10\n" op " %%ymm15, %%ymm15, %%ymm11\n"
#define RETORT_CHAIN512(op)                                                                             \
  op " %%zmm15, %%zmm15, %%zmm0\n" op " %%zmm15, %%zmm15, %%zmm1\n" op " %%zmm15, %%zmm15, %%zmm2\n" op \
     " %%zmm15, %%zmm15, %%zmm3\n" op " %%zmm15, %%zmm15, %%zmm4\n" op " %%zmm15, %%zmm15, %%zmm5\n" op \
     " %%zmm15, %%zmm15, %%zmm6\n" op " %%zmm15, %%zmm15, %%zmm7\n" op " %%zmm15, %%zmm15, %%zmm8\n" op \
     " %%zmm15, %%zmm15, %%zmm9\n" op " %%zmm15, %%zmm15, %%zmm10\n" op " %%zmm15, %%zmm15, %%zmm11\n"
#define RETORT_CLOBBER \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm15"
constexpr int chain_turns = 100000;
template <class F>
double chain(F turn, double per_instruction) {
  const double s = seconds(
      [&] {
        for (int i = 0; i < chain_turns; ++i) turn();
      },
      0.2);
  return chain_turns * 12 * per_instruction / s;
}
#endif

/// Multiply-adds per second of the instruction GEMM is made of; 0 where unknown.
double multiply_ceiling([[maybe_unused]] target t, [[maybe_unused]] bool integers) {
#if RETORT_X86
  if (t == target::avx512 && integers && cpu().avx512_vnni)
    return chain(
        [] {
          __asm__ volatile("vpxord %%zmm15,%%zmm15,%%zmm15\n" RETORT_CHAIN512("vpdpbusd")::: RETORT_CLOBBER);
        },
        64);
  if (t == target::avx512 && !integers)
    return chain(
        [] {
          __asm__ volatile("vpxord %%zmm15,%%zmm15,%%zmm15\n" RETORT_CHAIN512("vfmadd231ps")::: RETORT_CLOBBER);
        },
        16);
  if (t == target::avxvnni && integers)
    return chain(
        [] {
          __asm__ volatile("vpxor %%ymm15,%%ymm15,%%ymm15\n" RETORT_CHAIN("{vex} vpdpbusd")::: RETORT_CLOBBER);
        },
        32);
  if (t == target::avx2 && integers)  // a multiply-add of 32 bytes is two instructions
    return chain(
        [] {
          __asm__ volatile("vpxor %%ymm15,%%ymm15,%%ymm15\n" RETORT_CHAIN("vpmaddubsw")::: RETORT_CLOBBER);
        },
        16);
  if (t == target::avx2 || t == target::avxvnni)
    return chain(
        [] {
          __asm__ volatile("vpxor %%ymm15,%%ymm15,%%ymm15\n" RETORT_CHAIN("vfmadd231ps")::: RETORT_CLOBBER);
        },
        8);
#endif
  return 0;
}

struct inputs {
  arena memory;
  activation_rows a;
  inputs(const kernels& k, std::size_t n_tokens, std::size_t n_in) {
    arena measure = arena::measuring();
    (void)activation_rows::take(measure, n_tokens, n_in);
    memory = arena(std::move(*buffer::make(measure.peak(), "inputs")));
    a = activation_rows::take(memory, n_tokens, n_in);
    for (std::size_t i = 0; i < n_tokens * n_in; ++i)
      a.x[i] = static_cast<float>(i * 2654435761u % 1000) * 1e-3f - 0.5f;
    for (std::size_t t = 0; t < n_tokens; ++t) {
      k.quantize(a.x + t * n_in, n_in, a.rows(t, 1));
      k.quantize_lows(n_in, a.rows(t, 1));
    }
  }
};

struct weights {
  std::vector<std::byte> bytes;
  weight_matrix w;
  weights(dtype d, std::size_t n_out, std::size_t n_in) : bytes(n_out * row_bytes(d, n_in)) {
    std::uint32_t s = 1;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      s = s * 1664525u + 1013904223u;
      const bool exponent = d == dtype::f32    ? i % 4 == 3
                            : d == dtype::bf16 ? i % 2 == 1
                                               : d == dtype::mxfp4 && i % 17 == 0;
      bytes[i] = static_cast<std::byte>(exponent ? 0x3e : s >> 25);  // below 0x80: small positive half floats as scales
    }
    w = {d, bytes.data(), n_out, n_in, row_bytes(d, n_in)};
  }
};

void bench(const kernels& k, dtype d, double read, double int_peak, double float_peak) {
  const std::size_t n_in = 2048, n_tokens = 256;
  const auto f = k.matmul[static_cast<std::size_t>(d)];
  const std::size_t n_out = (std::size_t{192} << 20) / row_bytes(d, n_in);
  const weights w(d, n_out, n_in);
  const inputs one(k, 1, n_in), many(k, n_tokens, n_in);
  std::vector<float> memory(std::max(n_out, n_tokens * 512));
  const tensor<float, 2> y(memory.data(), 1, n_out), ys(memory.data(), n_tokens, 512);
  const double gemv = seconds([&] { f(w.w, one.a, y, 0, n_out, nullptr); });
  constexpr int calls = 50;  // asking for the time of a thread costs a microsecond
  const double cached = seconds(
                            [&] {
                              for (int i = 0; i < calls; ++i) f(w.w, one.a, y, 0, 64, nullptr);
                            },
                            0.1) /
                        calls;
  const double gemm = seconds([&] { f(w.w, many.a, ys, 0, 512, nullptr); });
  const double bytes = static_cast<double>(w.bytes.size()), macs = static_cast<double>(n_in * n_tokens) * 512;
  const double peak = traits(d).quantized ? int_peak : float_peak;
  std::printf("%-9s %6.1f GB/s %4.0f %%   cached %6.1f GB/s %7.1f Gweights/s   GEMM %7.1f GMAC/s %4.0f %%\n", name(d),
              bytes / gemv * 1e-9, 100 * bytes / gemv / read, static_cast<double>(64 * w.w.row_bytes) / cached * 1e-9,
              64 * 2.048e3 / cached * 1e-9, macs / gemm * 1e-9, peak > 0 ? 100 * macs / gemm / peak : 0.0);
}
}  // namespace

int main(int argc, char** argv) {
  target t = available().back();
  if (argc > 1) {
    if (const auto wanted = target_by_name(argv[1])) t = *wanted;
  }
  const kernels& k = kernels_for(t);
  std::vector<float> memory(std::size_t{64} << 20, 1.0f);
  const double read = read_ceiling(k, memory);
  const double int_peak = multiply_ceiling(k.id, true), float_peak = multiply_ceiling(k.id, false);
  std::printf("target %s; memory read %.1f GB/s; int8 %.0f GMAC/s; float %.0f GMAC/s; one thread\n", name(k.id),
              read * 1e-9, int_peak * 1e-9, float_peak * 1e-9);
  memory = {};
  for (std::size_t i = 0; i < n_dtypes; ++i) {
    const auto d = static_cast<dtype>(i);
    if (!k.matmul[i]) continue;
    bool wanted = argc < 3;
    for (int j = 2; j < argc; ++j) wanted |= std::string_view(argv[j]) == name(d);
    if (wanted) bench(k, d, read, int_peak, float_peak);
  }
}
