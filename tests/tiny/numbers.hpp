// Random weights in every stored type, the same on every machine.
#pragma once

#include <retort/tensor/blocks.hpp>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace tiny {

/// splitmix64
class random {
 public:
  explicit random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// in [-1, 1)
  float real() { return static_cast<float>(static_cast<std::int64_t>(bits() >> 40) - (1 << 23)) * 0x1p-23f; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() % n); }

 private:
  std::uint64_t state_;
};

inline void append(std::string& to, const void* data, std::size_t n) { to.append(static_cast<const char*>(data), n); }

/// Where a block keeps its f16 scale, and what belongs to it; -1 = nothing.
struct scale_place {
  int d = -1, low = -1;
  float low_per_d = 0;  ///< the second scale as a multiple of the first
};
inline scale_place scale_place_of(retort::dtype t) {
  using retort::dtype;
  switch (t) {
    case dtype::q4_0:
    case dtype::q5_0:
    case dtype::iq4_nl:
    case dtype::iq4_xs:
    case dtype::iq2_xxs:
    case dtype::iq2_xs:
    case dtype::iq2_s:
    case dtype::iq3_xxs:
    case dtype::iq3_s:
    case dtype::iq1_s: return {0, -1, 0};
    case dtype::q4_1: return {0, 2, -7.5f};
    case dtype::q5_1: return {0, 2, -15.5f};
    case dtype::q2_k: return {80, 82, 1.5f};
    case dtype::q3_k: return {108, -1, 0};
    case dtype::q4_k: return {0, 2, 7.5f};
    case dtype::q5_k: return {0, 2, 15.5f};
    case dtype::q6_k: return {208, -1, 0};
    case dtype::tq1_0: return {52, -1, 0};
    case dtype::tq2_0: return {64, -1, 0};
    default: return {};
  }
}

/// One block of random bytes whose values have about the given root mean square.
inline void random_block(random& r, retort::dtype type, float wanted, std::string& out) {
  const auto& t = retort::traits(type);
  std::string block(t.bytes, '\0');
  for (char& c : block) c = static_cast<char>(r.bits() & 0xff);
  const scale_place at = scale_place_of(type);
  std::vector<float> values(t.block);
  const auto put_f16 = [&](int where, float x) {
    const std::uint16_t h = retort::f32_to_f16(x);
    if (where >= 0) std::memcpy(block.data() + where, &h, 2);
  };
  const auto set = [&](float d) {
    if (type == retort::dtype::mxfp4) {  // a power of two in the first byte
      block[0] = static_cast<char>(127 + static_cast<int>(std::lround(std::log2(d))));
      return;
    }
    put_f16(at.d, d);
    put_f16(at.low, d * at.low_per_d);
  };
  set(1);
  retort::dequantize(type, reinterpret_cast<const std::byte*>(block.data()), t.block, values.data());
  double square = 0;
  for (float x : values) square += static_cast<double>(x) * static_cast<double>(x);
  const auto rms = static_cast<float>(std::sqrt(square / t.block));
  set(rms > 0 ? wanted / rms : wanted);
  out += block;
}

/// Types that random_block or rounding can make.
inline bool can_make(retort::dtype t) {
  using retort::dtype;
  return t == dtype::f32 || t == dtype::f16 || t == dtype::bf16 || t == dtype::q8_0 || t == dtype::mxfp4 ||
         scale_place_of(t).d >= 0;
}

/// n numbers of about the given root mean square; n a multiple of the type's block.
inline std::string random_row(random& r, retort::dtype type, std::size_t n, float wanted) {
  using retort::dtype;
  std::string out;
  const float reach = wanted * std::sqrt(3.0f);
  const auto each = [&](auto convert) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto v = convert(r.real() * reach);
      append(out, &v, sizeof v);
    }
  };
  if (type == dtype::f32) {
    each([](float x) { return x; });
  } else if (type == dtype::f16) {
    each([](float x) { return retort::f32_to_f16(x); });
  } else if (type == dtype::bf16) {
    each([](float x) { return retort::f32_to_bf16(x); });
  } else if (type == dtype::q8_0) {
    for (std::size_t b = 0; b < n; b += 32) {
      const std::uint16_t d = retort::f32_to_f16(reach / 127);
      append(out, &d, 2);
      for (int i = 0; i < 32; ++i) out += static_cast<char>(std::lround(r.real() * 127));
    }
  } else {
    for (std::size_t b = 0; b < n; b += retort::traits(type).block) random_block(r, type, wanted, out);
  }
  return out;
}

}  // namespace tiny
