// The quantized block formats: their bytes, and one 32-wide view that fits all
// of them. A format is about eight lines: what a run of 32 elements means.
#pragma once

#include <retort/tensor/dtype.hpp>
#include <retort/tensor/iq_grids.hpp>

#include <cmath>

RETORT_BEGIN

/// 32 consecutive elements of a quantized row, h = 0 for the first 16 and 1 for the rest:
///   value[i] = (d * scale[h]) * q[i] - dmin * min[h]
/// Formats without minima leave min and dmin zero. nvfp4 alone has a float scale
/// per 16 (block_format::two_d): d is the first half's and dmin the second's.
struct run32 {
  std::int8_t q[32];
  std::int32_t scale[2];
  std::int32_t min[2];
  float d;
  float dmin;
};

// ---- bytes -------------------------------------------------------------------------------------------
// Every field is made of bytes, so a block may lie at any address.

struct le16 {
  std::uint8_t byte[2];
  [[nodiscard]] constexpr std::uint16_t bits() const noexcept {
    return static_cast<std::uint16_t>(byte[0] | byte[1] << 8);
  }
  [[nodiscard]] constexpr float half() const noexcept { return f16_to_f32(bits()); }
};
struct le32 {
  std::uint8_t byte[4];
  [[nodiscard]] constexpr std::uint32_t bits() const noexcept {
    return static_cast<std::uint32_t>(byte[0]) | static_cast<std::uint32_t>(byte[1]) << 8 |
           static_cast<std::uint32_t>(byte[2]) << 16 | static_cast<std::uint32_t>(byte[3]) << 24;
  }
};

// clang-format off
struct block_q4_0 { le16 d; std::uint8_t qs[16]; };
struct block_q4_1 { le16 d, m; std::uint8_t qs[16]; };
struct block_q5_0 { le16 d; le32 qh; std::uint8_t qs[16]; };
struct block_q5_1 { le16 d, m; le32 qh; std::uint8_t qs[16]; };
struct block_q8_0 { le16 d; std::int8_t qs[32]; };
struct block_q8_1 { le16 d, s; std::int8_t qs[32]; };
struct block_q2_k { std::uint8_t scales[16]; std::uint8_t qs[64]; le16 d, dmin; };
struct block_q3_k { std::uint8_t hmask[32]; std::uint8_t qs[64]; std::uint8_t scales[12]; le16 d; };
struct block_q4_k { le16 d, dmin; std::uint8_t scales[12]; std::uint8_t qs[128]; };
struct block_q5_k { le16 d, dmin; std::uint8_t scales[12]; std::uint8_t qh[32]; std::uint8_t qs[128]; };
struct block_q6_k { std::uint8_t ql[128]; std::uint8_t qh[64]; std::int8_t scales[16]; le16 d; };
struct block_q8_k { le32 d; std::int8_t qs[256]; le16 sums[16]; };
struct block_iq2_xxs { le16 d; struct { std::uint8_t index[4]; le32 signs; } sub[8]; };
struct block_iq2_xs { le16 d; le16 qs[32]; std::uint8_t scales[8]; };
struct block_iq2_s { le16 d; std::uint8_t index[32], signs[32], qh[8], scales[8]; };
struct block_iq3_xxs { le16 d; std::uint8_t index[64]; le32 signs[8]; };
struct block_iq3_s { le16 d; std::uint8_t index[64], qh[8], signs[32], scales[4]; };
struct block_iq1_s { le16 d; std::uint8_t index[32]; le16 qh[8]; };
struct block_iq1_m { std::uint8_t index[32]; std::uint8_t qh[16]; le16 scales[4]; };
struct block_iq4_nl { le16 d; std::uint8_t qs[16]; };
struct block_iq4_xs { le16 d, scales_high; std::uint8_t scales_low[4]; std::uint8_t qs[128]; };
struct block_tq1_0 { std::uint8_t qs[48]; std::uint8_t qh[4]; le16 d; };
struct block_tq2_0 { std::uint8_t qs[64]; le16 d; };
struct block_mxfp4 { std::uint8_t e; std::uint8_t qs[16]; };
struct block_nvfp4 { std::uint8_t d[4]; std::uint8_t qs[32]; };
struct block_q1_0 { le16 d; std::uint8_t bits[16]; };
struct block_q2_0 { le16 d; std::uint8_t qs[16]; };
// clang-format on

// ---- shared small steps ------------------------------------------------------------------------------

/// The signed levels of iq4_nl and iq4_xs.
inline constexpr std::int8_t iq4_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                               1,    13,   25,  38,  53,  69,  89,  113};
/// FP4 E2M1, doubled so that it is whole.
inline constexpr std::int8_t fp4_doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

namespace detail {

constexpr std::int8_t i8(int v) noexcept { return static_cast<std::int8_t>(v); }
constexpr int nibble(int byte, int high) noexcept { return (byte >> (4 * high)) & 15; }
/// The minus signs of 8 elements stored in 7 bits: their number is even.
constexpr unsigned signs_of_7(unsigned s) noexcept { return s | (static_cast<unsigned>(std::popcount(s)) & 1u) << 7; }

/// Unsigned E4M3 without sign bit, halved, for fp4_doubled; 0x7f counts as zero.
constexpr float ue4m3_halved(std::uint8_t v) noexcept {
  return v == 0x7f || v == 0xff ? 0.0f : 0.5f * fp8_e4m3_to_f32(static_cast<std::uint8_t>(v & 0x7f));
}

constexpr void one_scale(run32& r, float d) noexcept {
  r.scale[0] = r.scale[1] = 1;
  r.min[0] = r.min[1] = 0;
  r.d = d;
  r.dmin = 0.0f;
}
constexpr void two_scales(run32& r, float d, int first, int second) noexcept {
  one_scale(r, d);
  r.scale[0] = first;
  r.scale[1] = second;
}
/// value += m, as a minimum of 1 times -m.
constexpr void offset(run32& r, float m) noexcept {
  r.min[0] = r.min[1] = 1;
  r.dmin = -m;
}
/// Six-bit scale and minimum of sub-block k of q4_k and q5_k.
constexpr void k_scale(run32& r, const std::uint8_t* c, int k, float d, float dmin) noexcept {
  const int scale = k < 4 ? c[k] & 63 : (c[k + 4] & 15) | (c[k - 4] >> 6) << 4;
  const int min = k < 4 ? c[k + 4] & 63 : (c[k + 4] >> 4) | (c[k] >> 6) << 4;
  two_scales(r, d, scale, scale);
  r.min[0] = r.min[1] = min;
  r.dmin = dmin;
}
/// 8 (or 4) elements of a grid vector, element j negated where bit j of signs is set.
constexpr void signed_grid(std::int8_t* q, const std::int8_t* grid, int n, unsigned signs) noexcept {
  for (int j = 0; j < n; ++j) q[j] = i8((signs >> j & 1u) != 0 ? -grid[j] : grid[j]);
}
/// 8 elements of iq1: eight times the grid, plus or minus one.
constexpr void shifted_grid(std::int8_t* q, const std::int8_t* grid, bool minus) noexcept {
  for (int j = 0; j < 8; ++j) q[j] = i8(8 * grid[j] + (minus ? -1 : 1));
}
}  // namespace detail

// ---- the formats ---------------------------------------------------------------------------------------

/// How a format is read: block_traits<D>::block, ::n_mins, ::two_d, and
/// view(block, run, r), which fills r with elements [32 run, 32 run + 32) of the block.
template <dtype D>
struct block_traits;

namespace detail {
template <class Block, int Mins = 0, bool TwoD = false>
struct block_base {
  using block = Block;
  static constexpr std::uint8_t n_mins = Mins;
  static constexpr bool two_d = TwoD;
};
}  // namespace detail

template <>
struct block_traits<dtype::q4_0> : detail::block_base<block_q4_0> {
  static void view(const block& b, int, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    for (int i = 0; i < 32; ++i) r.q[i] = detail::i8(detail::nibble(b.qs[i % 16], i / 16) - 8);
  }
};
template <>
struct block_traits<dtype::q4_1> : detail::block_base<block_q4_1, 1> {
  static void view(const block& b, int, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    detail::offset(r, b.m.half());
    for (int i = 0; i < 32; ++i) r.q[i] = detail::i8(detail::nibble(b.qs[i % 16], i / 16));
  }
};
template <>
struct block_traits<dtype::q5_0> : detail::block_base<block_q5_0> {
  static void view(const block& b, int, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    const std::uint32_t high = b.qh.bits();
    for (int i = 0; i < 32; ++i)
      r.q[i] = detail::i8((detail::nibble(b.qs[i % 16], i / 16) | static_cast<int>(high >> i & 1u) << 4) - 16);
  }
};
template <>
struct block_traits<dtype::q5_1> : detail::block_base<block_q5_1, 1> {
  static void view(const block& b, int, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    detail::offset(r, b.m.half());
    const std::uint32_t high = b.qh.bits();
    for (int i = 0; i < 32; ++i)
      r.q[i] = detail::i8(detail::nibble(b.qs[i % 16], i / 16) | static_cast<int>(high >> i & 1u) << 4);
  }
};
template <>
struct block_traits<dtype::q8_0> : detail::block_base<block_q8_0> {
  static void view(const block& b, int, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    std::memcpy(r.q, b.qs, 32);
  }
};
template <>
struct block_traits<dtype::q8_1> : detail::block_base<block_q8_1> {
  static void view(const block& b, int, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    std::memcpy(r.q, b.qs, 32);
  }
};
template <>
struct block_traits<dtype::q2_k> : detail::block_base<block_q2_k, 2> {
  static void view(const block& b, int run, run32& r) noexcept {
    const int first = b.scales[2 * run], second = b.scales[2 * run + 1];
    detail::two_scales(r, b.d.half(), first & 15, second & 15);
    r.min[0] = first >> 4;
    r.min[1] = second >> 4;
    r.dmin = b.dmin.half();
    for (int i = 0; i < 32; ++i) r.q[i] = detail::i8(b.qs[32 * (run / 4) + i] >> 2 * (run % 4) & 3);
  }
};
template <>
struct block_traits<dtype::q3_k> : detail::block_base<block_q3_k> {
  static int scale(const block& b, int k) noexcept {
    return (detail::nibble(b.scales[k % 8], k / 8) | (b.scales[8 + k % 4] >> 2 * (k / 4) & 3) << 4) - 32;
  }
  static void view(const block& b, int run, run32& r) noexcept {
    detail::two_scales(r, b.d.half(), scale(b, 2 * run), scale(b, 2 * run + 1));
    for (int i = 0; i < 32; ++i)
      r.q[i] = detail::i8((b.qs[32 * (run / 4) + i] >> 2 * (run % 4) & 3) - ((b.hmask[i] >> run & 1) != 0 ? 0 : 4));
  }
};
template <>
struct block_traits<dtype::q4_k> : detail::block_base<block_q4_k, 1> {
  static void view(const block& b, int run, run32& r) noexcept {
    detail::k_scale(r, b.scales, run, b.d.half(), b.dmin.half());
    for (int i = 0; i < 32; ++i) r.q[i] = detail::i8(detail::nibble(b.qs[32 * (run / 2) + i], run % 2));
  }
};
template <>
struct block_traits<dtype::q5_k> : detail::block_base<block_q5_k, 1> {
  static void view(const block& b, int run, run32& r) noexcept {
    detail::k_scale(r, b.scales, run, b.d.half(), b.dmin.half());
    for (int i = 0; i < 32; ++i)
      r.q[i] = detail::i8(detail::nibble(b.qs[32 * (run / 2) + i], run % 2) | (b.qh[i] >> run & 1) << 4);
  }
};
template <>
struct block_traits<dtype::q6_k> : detail::block_base<block_q6_k> {
  static void view(const block& b, int run, run32& r) noexcept {
    detail::two_scales(r, b.d.half(), b.scales[2 * run], b.scales[2 * run + 1]);
    const int half = run / 4, quarter = run % 4;
    const std::uint8_t* low = b.ql + 64 * half + 32 * (quarter % 2);
    for (int i = 0; i < 32; ++i)
      r.q[i] = detail::i8((detail::nibble(low[i], quarter / 2) | (b.qh[32 * half + i] >> 2 * quarter & 3) << 4) - 32);
  }
};
template <>
struct block_traits<dtype::q8_k> : detail::block_base<block_q8_k> {
  static void view(const block& b, int run, run32& r) noexcept {
    detail::one_scale(r, std::bit_cast<float>(b.d.bits()));
    std::memcpy(r.q, b.qs + 32 * run, 32);
  }
};
template <>
struct block_traits<dtype::iq2_xxs> : detail::block_base<block_iq2_xxs> {
  static void view(const block& b, int run, run32& r) noexcept {
    const std::uint32_t t = b.sub[run].signs.bits();
    const int scale = static_cast<int>(2 * (t >> 28) + 1);
    detail::two_scales(r, b.d.half() * 0.125f, scale, scale);
    for (int l = 0; l < 4; ++l)
      detail::signed_grid(r.q + 8 * l, grids().iq2_xxs[b.sub[run].index[l]], 8, detail::signs_of_7(t >> 7 * l & 127));
  }
};
template <>
struct block_traits<dtype::iq2_xs> : detail::block_base<block_iq2_xs> {
  static void view(const block& b, int run, run32& r) noexcept {
    const int s = b.scales[run];
    detail::two_scales(r, b.d.half() * 0.125f, 2 * (s & 15) + 1, 2 * (s >> 4) + 1);
    for (int l = 0; l < 4; ++l) {
      const unsigned q = b.qs[4 * run + l].bits();
      detail::signed_grid(r.q + 8 * l, grids().iq2_xs[q & 511], 8, detail::signs_of_7(q >> 9));
    }
  }
};
template <>
struct block_traits<dtype::iq2_s> : detail::block_base<block_iq2_s> {
  static void view(const block& b, int run, run32& r) noexcept {
    const int s = b.scales[run];
    detail::two_scales(r, b.d.half() * 0.125f, 2 * (s & 15) + 1, 2 * (s >> 4) + 1);
    for (int l = 0; l < 4; ++l) {
      const int index = b.index[4 * run + l] | (b.qh[run] >> 2 * l & 3) << 8;
      detail::signed_grid(r.q + 8 * l, grids().iq2_s[index], 8, b.signs[4 * run + l]);
    }
  }
};
template <>
struct block_traits<dtype::iq3_xxs> : detail::block_base<block_iq3_xxs> {
  static void view(const block& b, int run, run32& r) noexcept {
    const std::uint32_t t = b.signs[run].bits();
    const int scale = static_cast<int>(2 * (t >> 28) + 1);
    detail::two_scales(r, b.d.half() * 0.25f, scale, scale);
    for (int l = 0; l < 4; ++l) {
      const unsigned signs = detail::signs_of_7(t >> 7 * l & 127);
      detail::signed_grid(r.q + 8 * l, grids().iq3_xxs[b.index[8 * run + 2 * l]], 4, signs);
      detail::signed_grid(r.q + 8 * l + 4, grids().iq3_xxs[b.index[8 * run + 2 * l + 1]], 4, signs >> 4);
    }
  }
};
template <>
struct block_traits<dtype::iq3_s> : detail::block_base<block_iq3_s> {
  static void view(const block& b, int run, run32& r) noexcept {
    const int scale = 2 * detail::nibble(b.scales[run / 2], run % 2) + 1;
    detail::two_scales(r, b.d.half(), scale, scale);
    for (int l = 0; l < 8; ++l) {
      const int index = b.index[8 * run + l] | (b.qh[run] >> l & 1) << 8;
      const int signs = b.signs[4 * run + l / 2] >> 4 * (l % 2);
      detail::signed_grid(r.q + 4 * l, grids().iq3_s[index], 4, static_cast<unsigned>(signs));
    }
  }
};
template <>
struct block_traits<dtype::iq1_s> : detail::block_base<block_iq1_s> {
  static void view(const block& b, int run, run32& r) noexcept {
    const int h = b.qh[run].bits();
    const int scale = 2 * (h >> 12 & 7) + 1;
    detail::two_scales(r, b.d.half() * 0.125f, scale, scale);
    for (int l = 0; l < 4; ++l)
      detail::shifted_grid(r.q + 8 * l, grids().iq1[b.index[4 * run + l] | (h >> 3 * l & 7) << 8], h >> 15 != 0);
  }
};
template <>
struct block_traits<dtype::iq1_m> : detail::block_base<block_iq1_m> {
  /// The block's half float lies in the top four bits of the four scale words.
  static float d(const block& b) noexcept {
    int bits = 0;
    for (int k = 0; k < 4; ++k) bits |= (b.scales[k].bits() >> 12) << 4 * k;
    return f16_to_f32(static_cast<std::uint16_t>(bits));
  }
  static void view(const block& b, int run, run32& r) noexcept {
    const int s = b.scales[run / 2].bits() >> 6 * (run % 2);
    detail::two_scales(r, d(b) * 0.125f, 2 * (s & 7) + 1, 2 * (s >> 3 & 7) + 1);
    for (int l = 0; l < 4; ++l) {
      const int n = detail::nibble(b.qh[2 * run + l / 2], l % 2);
      detail::shifted_grid(r.q + 8 * l, grids().iq1[b.index[4 * run + l] | (n & 7) << 8], (n & 8) != 0);
    }
  }
};
template <>
struct block_traits<dtype::iq4_nl> : detail::block_base<block_iq4_nl> {
  static void view(const block& b, int, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    for (int i = 0; i < 32; ++i) r.q[i] = iq4_levels[detail::nibble(b.qs[i % 16], i / 16)];
  }
};
template <>
struct block_traits<dtype::iq4_xs> : detail::block_base<block_iq4_xs> {
  static void view(const block& b, int run, run32& r) noexcept {
    const int scale =
        (detail::nibble(b.scales_low[run / 2], run % 2) | (b.scales_high.bits() >> 2 * run & 3) << 4) - 32;
    detail::two_scales(r, b.d.half(), scale, scale);
    for (int i = 0; i < 32; ++i) r.q[i] = iq4_levels[detail::nibble(b.qs[16 * run + i % 16], i / 16)];
  }
};
template <>
struct block_traits<dtype::tq1_0> : detail::block_base<block_tq1_0> {
  /// Digit n of a byte that holds five base-3 digits as a fraction of 256.
  static int digit(int byte, int n) noexcept {
    constexpr int power[] = {1, 3, 9, 27, 81};
    return ((byte * power[n] & 255) * 3 >> 8) - 1;
  }
  static void view(const block& b, int run, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    for (int i = 0; i < 32; ++i) {
      const int e = 32 * run + i;
      r.q[i] = detail::i8(e < 160   ? digit(b.qs[i], run)
                          : e < 240 ? digit(b.qs[32 + e % 16], (e - 160) / 16)
                                    : digit(b.qh[e % 4], (e - 240) / 4));
    }
  }
};
template <>
struct block_traits<dtype::tq2_0> : detail::block_base<block_tq2_0> {
  static void view(const block& b, int run, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    for (int i = 0; i < 32; ++i) r.q[i] = detail::i8((b.qs[32 * (run / 4) + i] >> 2 * (run % 4) & 3) - 1);
  }
};
template <>
struct block_traits<dtype::mxfp4> : detail::block_base<block_mxfp4> {
  static void view(const block& b, int, run32& r) noexcept {
    detail::one_scale(r, 0.5f * e8m0_to_f32(b.e));
    for (int i = 0; i < 32; ++i) r.q[i] = fp4_doubled[detail::nibble(b.qs[i % 16], i / 16)];
  }
};
template <>
struct block_traits<dtype::nvfp4> : detail::block_base<block_nvfp4, 0, true> {
  static void view(const block& b, int run, run32& r) noexcept {
    detail::one_scale(r, detail::ue4m3_halved(b.d[2 * run]));
    r.dmin = detail::ue4m3_halved(b.d[2 * run + 1]);
    for (int i = 0; i < 32; ++i) r.q[i] = fp4_doubled[detail::nibble(b.qs[16 * run + 8 * (i / 16) + i % 8], i / 8 % 2)];
  }
};
template <>
struct block_traits<dtype::q1_0> : detail::block_base<block_q1_0> {
  static void view(const block& b, int run, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    for (int i = 0; i < 32; ++i) r.q[i] = (b.bits[4 * run + i / 8] >> i % 8 & 1) != 0 ? 1 : -1;
  }
};
template <>
struct block_traits<dtype::q2_0> : detail::block_base<block_q2_0> {
  static void view(const block& b, int run, run32& r) noexcept {
    detail::one_scale(r, b.d.half());
    for (int i = 0; i < 32; ++i) r.q[i] = detail::i8((b.qs[8 * run + i / 4] >> 2 * (i % 4) & 3) - 1);
  }
};

/// A type with a 32-wide view.
template <dtype D>
concept quant_block = requires(const typename block_traits<D>::block& b, run32& r) { block_traits<D>::view(b, 0, r); };

// ---- all formats at run time ---------------------------------------------------------------------------

/// A compile-time element type as a value, for visit().
template <dtype D>
struct dtype_tag {
  static constexpr dtype value = D;
};

/// Calls f(dtype_tag<D>{}) for every quantized type.
template <class F>
constexpr void for_each_quantized(F&& f) {
  auto call = [&]<dtype... D>() { (f(dtype_tag<D>{}), ...); };
  using enum dtype;
  call.template
  operator()<q4_0, q4_1, q5_0, q5_1, q8_0, q8_1, q2_k, q3_k, q4_k, q5_k, q6_k, q8_k, iq2_xxs, iq2_xs, iq2_s, iq3_xxs,
             iq3_s, iq1_s, iq1_m, iq4_nl, iq4_xs, tq1_0, tq2_0, mxfp4, nvfp4, q1_0, q2_0>();
}

/// Calls f(dtype_tag<D>{}) for the quantized type d; false if d is none.
template <class F>
constexpr bool visit(dtype d, F&& f) {
  bool found = false;
  for_each_quantized([&](auto tag) {
    if (tag.value == d) {
      f(tag);
      found = true;
    }
  });
  return found;
}

/// A format as run-time facts.
struct block_format {
  void (*view)(const std::byte* block, int run, run32& r) = nullptr;  ///< nullptr: not a quantized type
  std::uint16_t bytes = 0;                                            ///< bytes of a block
  std::uint8_t runs = 0;                                              ///< runs of 32 in a block
  std::uint8_t n_mins = 0;  ///< minima in a run: 0, 1 (both halves share it) or 2
  bool two_d = false;       ///< a float scale per 16: run32::d and dmin
};

namespace detail {
template <dtype D>
void view_at(const std::byte* block, int run, run32& r) noexcept {
  using block_type = typename block_traits<D>::block;
  static_assert(sizeof(block_type) == traits(D).bytes && alignof(block_type) == 1 && traits(D).block % 32 == 0);
  block_traits<D>::view(*reinterpret_cast<const block_type*>(block), run, r);
}
consteval std::array<block_format, n_dtypes> make_formats() {
  std::array<block_format, n_dtypes> table{};
  for_each_quantized([&]<dtype D>(dtype_tag<D>) {
    table[static_cast<std::size_t>(D)] = {&view_at<D>, traits(D).bytes, static_cast<std::uint8_t>(traits(D).block / 32),
                                          block_traits<D>::n_mins, block_traits<D>::two_d};
  });
  return table;
}
inline constexpr auto formats = make_formats();
}  // namespace detail

[[nodiscard]] constexpr const block_format& format(dtype d) noexcept {
  return detail::formats[static_cast<std::size_t>(d)];
}

// ---- rows ------------------------------------------------------------------------------------------------

namespace detail {
inline void run_to_float(const run32& r, const block_format& f, float* out) noexcept {
  for (int h = 0; h < 2; ++h) {
    const float d = f.two_d ? (h == 0 ? r.d : r.dmin) : r.d * static_cast<float>(r.scale[h]);
    const float low = f.n_mins != 0 ? r.dmin * static_cast<float>(r.min[h]) : 0.0f;
    for (int i = 16 * h; i < 16 * h + 16; ++i) {
      const float value = d * static_cast<float>(r.q[i]);  // exact
      out[i] = f.n_mins != 0 ? value - low : value;
    }
  }
}
}  // namespace detail

/// Writes n elements of a row as floats: f32, f16, bf16, fp8_e4m3 and every
/// quantized type, where n is a multiple of the block size. False for other types.
inline bool dequantize(dtype d, const std::byte* row, std::size_t n, float* out) noexcept {
  if (const block_format& f = format(d); f.view) {
    for (std::size_t run = 0; run < n / 32; ++run) {
      run32 r;
      f.view(row + run / f.runs * f.bytes, static_cast<int>(run % f.runs), r);
      detail::run_to_float(r, f, out + 32 * run);
    }
    return true;
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (d == dtype::f32) out[i] = load_as<float>(row + 4 * i);
    else if (d == dtype::f16) out[i] = f16_to_f32(load_as<std::uint16_t>(row + 2 * i));
    else if (d == dtype::bf16) out[i] = bf16_to_f32(load_as<std::uint16_t>(row + 2 * i));
    else if (d == dtype::fp8_e4m3) out[i] = fp8_e4m3_to_f32(load_as<std::uint8_t>(row + i));
    else return false;
  }
  return true;
}

/// n floats as whole numbers up to Limit with one scale: amax = max|x|, d = amax / Limit, q = round-half-even(x *
/// (Limit / amax)). Also for infinities and NaN some q in [-Limit, Limit] comes out, the same everywhere.
template <int Limit, class Int>
float quantize_run(const float* x, std::size_t n, Int* q) noexcept {
  constexpr auto limit = static_cast<float>(Limit);
  float amax = 0.0f;
  for (std::size_t i = 0; i < n; ++i) {
    const float a = std::fabs(x[i]);
    amax = a > amax ? a : amax;
  }
  const float inverse = amax > 0.0f ? limit / amax : 0.0f;
  for (std::size_t i = 0; i < n; ++i) {
    float y = x[i] * inverse;
    y = y > -limit ? y : -limit;
    y = y < limit ? y : limit;
    q[i] = static_cast<Int>(std::nearbyint(y));
  }
  return amax / limit;
}

/// n floats as q8_0 blocks; n a multiple of 32. The integers are rounded with the
/// full scale, the stored scale is rounded to half.
inline void quantize_q8_0(const float* x, std::size_t n, std::byte* row) noexcept {
  for (std::size_t b = 0; b < n / 32; ++b) {
    std::int8_t q[32];
    const std::uint16_t d = f32_to_f16(quantize_run<127>(x + 32 * b, 32, q));
    std::byte* block = row + b * sizeof(block_q8_0);
    std::memcpy(block, &d, 2);
    std::memcpy(block + 2, q, 32);
  }
}

/// What a run adds to its block, before the scale of the inputs. With float scales both products are exact: dots need
/// 15 bits and scales 4, so that only their sum is rounded.
inline float scaled_dots(const block_format& f, const run32& r, const std::int32_t (&dot)[2]) noexcept {
  if (f.two_d) return r.d * static_cast<float>(dot[0]) + r.dmin * static_cast<float>(dot[1]);
  return static_cast<float>(r.scale[0] * dot[0] + r.scale[1] * dot[1]);
}

/// The dot product that every kernel set reproduces bit for bit (simd/table.hpp gives it in words): one row of a
/// quantized weight with one row of int8 activations.  n_in a multiple of the block size
inline float quantized_dot(const block_format& f, const std::byte* row, const std::int8_t* q, const float* d,
                           const std::int16_t* lows, const float* d_low, std::size_t n_in) noexcept {
  float acc = 0.0f;
  for (std::size_t first = 0; first < n_in / 32; first += f.runs, row += f.bytes) {
    run32 r;
    float part = 0.0f;
    std::int32_t low = 0;
    for (std::size_t b = first; b < first + f.runs; ++b) {
      f.view(row, static_cast<int>(b - first), r);
      std::int32_t dot[2] = {0, 0};
      for (std::size_t i = 0; i < 32; ++i) dot[i / 16] += static_cast<std::int32_t>(r.q[i]) * q[32 * b + i];
      part = std::fma(scaled_dots(f, r, dot), d[b], part);
      if (f.n_mins != 0) low += r.min[0] * lows[2 * b] + r.min[1] * lows[2 * b + 1];
    }
    acc = std::fma(f.two_d ? 1.0f : r.d, part, acc);
    if (f.n_mins != 0) acc = std::fma(-r.dmin, static_cast<float>(low) * d_low[first / 8], acc);
  }
  return acc;
}

RETORT_END
