// What the kernel tests share: random data, guarded memory, every target but the truth.
#pragma once
#include "catch.hpp"

#include <retort/simd/select.hpp>

#include <vector>

namespace simd_test {
using namespace retort;
using namespace retort::simd;

struct random_numbers {
  std::uint32_t state = 12345;
  std::uint32_t bits() {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
  }
  /// uniform in (-1, 1)
  float number() { return static_cast<float>(static_cast<std::int32_t>(bits())) * 0x1p-31f; }
  std::vector<float> numbers(std::size_t n, float scale = 1.0f) {
    std::vector<float> v(n);
    for (float& x : v) x = number() * scale;
    return v;
  }
  std::vector<std::byte> bytes(std::size_t n) {
    std::vector<std::byte> v(n);
    for (auto& b : v) b = static_cast<std::byte>(bits() >> 11);
    return v;
  }
};

/// Calls f(kernels) for every set this CPU can run except scalar, those that are best on other processors included.
template <class F>
void for_each_target(F&& f) {
  for (target t : available()) {
    if (t == target::scalar) continue;
    INFO("target " << name(t));
    f(kernels_for(t));
  }
#if RETORT_X86
  const auto also = [&](bool can_run, const char* what, const kernels& k) {
    if (!can_run || &k == &kernels_for(target::avx512)) return;
    INFO("avx512, " << what);
    f(k);
  };
  also(cpu().avx512, "without VNNI", sets::avx512_without_vnni());
  also(cpu().avx512_vnni, "without BF16", sets::avx512());
  also(cpu().avx512_bf16, "BF16 dots", sets::avx512_bf16());
#elif RETORT_ARM64
  if (cpu().dotprod || cpu().i8mm) {
    INFO("neon, without the int8 dot");
    f(sets::neon());
  }
  if (cpu().i8mm) {
    INFO("neon, without the matrix multiplication");
    f(sets::neon_dotprod());
  }
#endif
}

/// Equal bits, or both NaN (asked in integers, for hosts built with -ffast-math).
inline bool same_bits(float a, float b) {
  const auto x = std::bit_cast<std::uint32_t>(a), y = std::bit_cast<std::uint32_t>(b);
  return x == y || ((x & 0x7fffffffu) > 0x7f800000u && (y & 0x7fffffffu) > 0x7f800000u);
}

constexpr float eps = 0x1p-24f;  // half a unit in the last place of 1

/// Int8 activations of n_tokens rows, made by the truth.
struct quantized_rows {
  std::vector<std::int8_t> q;
  std::vector<float> d;
  std::vector<std::int16_t> sums, lows;
  std::vector<float> d_low;
  quantized_rows(const std::vector<float>& x, std::size_t n_in, const kernels& k = scalar::table)
      : q(x.size()), d(x.size() / 32), sums(x.size() / 16), lows(x.size() / 16), d_low(x.size() / n_in * groups(n_in)) {
    const activation_rows all{x.size() / n_in, n_in,        nullptr,      q.data(), d.data(),
                              sums.data(),     lows.data(), d_low.data(), nullptr};
    for (std::size_t t = 0; t < all.n_tokens; ++t) {
      k.quantize(x.data() + t * n_in, n_in, all.rows(t, 1));
      k.quantize_lows(n_in, all.rows(t, 1));
    }
  }
  static std::size_t groups(std::size_t n_in) { return (n_in + 255) / 256; }
  [[nodiscard]] activations of(const std::vector<float>& x, std::size_t n_in) const {
    return {x.size() / n_in, n_in, x.data(), q.data(), d.data(), sums.data(), lows.data(), d_low.data(), nullptr};
  }
};
}  // namespace simd_test
