// Every element type a model file may hold: its name, block size and bytes;
// and the conversions of the small floats.
#pragma once

#include <retort/base/memory.hpp>

#include <array>
#include <bit>

RETORT_BEGIN

/// Element types; the values are GGUF's type ids. Quantized types come in
/// blocks that share scales (tensor/blocks.hpp). fp8_e4m3 is safetensors' and
/// has no GGUF id.
enum class dtype : std::uint8_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q8_1 = 9,
  q2_k = 10,
  q3_k = 11,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  q8_k = 15,
  iq2_xxs = 16,
  iq2_xs = 17,
  iq3_xxs = 18,
  iq1_s = 19,
  iq4_nl = 20,
  iq3_s = 21,
  iq2_s = 22,
  iq4_xs = 23,
  i8 = 24,
  i16 = 25,
  i32 = 26,
  i64 = 27,
  f64 = 28,
  iq1_m = 29,
  bf16 = 30,
  tq1_0 = 34,
  tq2_0 = 35,
  mxfp4 = 39,
  nvfp4 = 40,
  q1_0 = 41,
  q2_0 = 42,
  fp8_e4m3 = 64,
};

/// What a type is called, how many elements share a block, how many bytes a block takes.
struct dtype_traits {
  const char* name = nullptr;  ///< GGUF's name in lower case, nullptr for ids that are not known
  std::uint16_t block = 0;     ///< elements in a block
  std::uint16_t bytes = 0;     ///< bytes in a block
  bool quantized = false;      ///< holds block-scaled integers: multiplied with int8 activations
};

inline constexpr std::size_t n_dtypes = 65;  ///< ids are below this

namespace detail {
consteval std::array<dtype_traits, n_dtypes> make_dtype_table() {
  std::array<dtype_traits, n_dtypes> t{};
  auto set = [&](dtype d, const char* name, int block, int bytes, bool quantized) {
    t[static_cast<std::size_t>(d)] = {name, static_cast<std::uint16_t>(block), static_cast<std::uint16_t>(bytes),
                                      quantized};
  };
  set(dtype::f32, "f32", 1, 4, false);
  set(dtype::f16, "f16", 1, 2, false);
  set(dtype::bf16, "bf16", 1, 2, false);
  set(dtype::f64, "f64", 1, 8, false);
  set(dtype::i8, "i8", 1, 1, false);
  set(dtype::i16, "i16", 1, 2, false);
  set(dtype::i32, "i32", 1, 4, false);
  set(dtype::i64, "i64", 1, 8, false);
  set(dtype::fp8_e4m3, "fp8_e4m3", 1, 1, false);
  set(dtype::q4_0, "q4_0", 32, 18, true);
  set(dtype::q4_1, "q4_1", 32, 20, true);
  set(dtype::q5_0, "q5_0", 32, 22, true);
  set(dtype::q5_1, "q5_1", 32, 24, true);
  set(dtype::q8_0, "q8_0", 32, 34, true);
  set(dtype::q8_1, "q8_1", 32, 36, true);
  set(dtype::q2_k, "q2_k", 256, 84, true);
  set(dtype::q3_k, "q3_k", 256, 110, true);
  set(dtype::q4_k, "q4_k", 256, 144, true);
  set(dtype::q5_k, "q5_k", 256, 176, true);
  set(dtype::q6_k, "q6_k", 256, 210, true);
  set(dtype::q8_k, "q8_k", 256, 292, true);
  set(dtype::iq2_xxs, "iq2_xxs", 256, 66, true);
  set(dtype::iq2_xs, "iq2_xs", 256, 74, true);
  set(dtype::iq3_xxs, "iq3_xxs", 256, 98, true);
  set(dtype::iq1_s, "iq1_s", 256, 50, true);
  set(dtype::iq4_nl, "iq4_nl", 32, 18, true);
  set(dtype::iq3_s, "iq3_s", 256, 110, true);
  set(dtype::iq2_s, "iq2_s", 256, 82, true);
  set(dtype::iq4_xs, "iq4_xs", 256, 136, true);
  set(dtype::iq1_m, "iq1_m", 256, 56, true);
  set(dtype::tq1_0, "tq1_0", 256, 54, true);
  set(dtype::tq2_0, "tq2_0", 256, 66, true);
  set(dtype::mxfp4, "mxfp4", 32, 17, true);
  set(dtype::nvfp4, "nvfp4", 64, 36, true);
  set(dtype::q1_0, "q1_0", 128, 18, true);
  set(dtype::q2_0, "q2_0", 64, 18, true);
  return t;
}
inline constexpr auto dtype_table = make_dtype_table();
}  // namespace detail

[[nodiscard]] constexpr const dtype_traits& traits(dtype d) noexcept {
  return detail::dtype_table[static_cast<std::size_t>(d)];
}
[[nodiscard]] constexpr const char* name(dtype d) noexcept { return traits(d).name; }

/// Bytes of a row of n elements; n must be a multiple of the block size.
[[nodiscard]] constexpr std::size_t row_bytes(dtype d, std::size_t n) noexcept {
  return n / traits(d).block * traits(d).bytes;
}

/// The type of that name in lower or upper case ("q4_k", "Q4_K"); errors bad_argument
inline result<dtype> dtype_by_name(std::string_view wanted) {
  std::string lower;
  for (char c : wanted) lower += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  for (std::size_t i = 0; i < n_dtypes; ++i)
    if (detail::dtype_table[i].name && lower == detail::dtype_table[i].name) return static_cast<dtype>(i);
  return error{errc::bad_argument, "there is no element type called \"" + printable(wanted) + "\""};
}

// ---- small floats ------------------------------------------------------------------------------

/// IEEE half to float, exact, subnormals included.
[[nodiscard]] constexpr float f16_to_f32(std::uint16_t h) noexcept {
  const std::uint32_t sign = (h & 0x8000u) << 16;
  const std::uint32_t exponent = (h >> 10) & 31u;
  const std::uint32_t mantissa = h & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

/// Float to IEEE half, round to nearest even, overflow to infinity.
[[nodiscard]] constexpr std::uint16_t f32_to_f16(float x) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t a = bits & 0x7fffffffu;
  if (a > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (a >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);
  if (a < 0x38800000u) {  // below the smallest normal half: let the float adder round at 2^-24
    const std::uint32_t sum = std::bit_cast<std::uint32_t>(std::bit_cast<float>(a) + 0.5f);
    return static_cast<std::uint16_t>(sign | (sum - 0x3f000000u));
  }
  const std::uint32_t rounded = a + 0xfffu + ((a >> 13) & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

[[nodiscard]] constexpr float bf16_to_f32(std::uint16_t b) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(b) << 16);
}

/// Float to bfloat16, round to nearest even; a NaN stays a NaN.
[[nodiscard]] constexpr std::uint16_t f32_to_bf16(float x) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 64u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/// OCP FP8 E4M3 ("fn"): bias 7, no infinities, 0x7f and 0xff are NaN, largest 448.
[[nodiscard]] constexpr float fp8_e4m3_to_f32(std::uint8_t v) noexcept {
  const std::uint32_t sign = (v & 0x80u) << 24;
  const std::uint32_t exponent = (v >> 3) & 15u;
  const std::uint32_t mantissa = v & 7u;
  if (exponent == 15 && mantissa == 7) return std::bit_cast<float>(sign | 0x7fc00000u);
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 120) << 23) | (mantissa << 20));
  const float magnitude = static_cast<float>(mantissa) * 0x1p-9f;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

/// The power of two 2^(e-127) of an E8M0 scale; e = 0 gives the subnormal 2^-127.
[[nodiscard]] constexpr float e8m0_to_f32(std::uint8_t e) noexcept {
  return std::bit_cast<float>(e == 0 ? 0x00400000u : static_cast<std::uint32_t>(e) << 23);
}

RETORT_END
