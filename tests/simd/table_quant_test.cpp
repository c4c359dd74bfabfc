// Quantized matmul: every type, every target, every batch size and split of rows
// gives the bits of the scalar truth, also for bytes no quantizer would write.
#include "support.hpp"

using namespace simd_test;

namespace {
/// A weight of random bytes whose scales are tamed to finite numbers, at an odd address.
struct quant_weights {
  std::vector<std::byte> memory;
  weight_matrix w;
  quant_weights(dtype d, std::size_t n_out, std::size_t n_in, bool hostile, int fill = -1) {
    random_numbers r{static_cast<std::uint32_t>(1 + n_in * 31 + n_out + static_cast<std::size_t>(d) * 1000)};
    const std::size_t bytes = row_bytes(d, n_in) + 2;
    memory = fill >= 0 ? std::vector<std::byte>(1 + n_out * bytes, static_cast<std::byte>(fill))
                       : r.bytes(1 + n_out * bytes);
    w = {d, memory.data() + 1, n_out, n_in, bytes};
    if (!hostile)
      for (std::size_t o = 0; o < n_out; ++o)
        for (std::size_t b = 0; b < n_in / traits(d).block; ++b)
          tame(d, memory.data() + 1 + o * bytes + b * traits(d).bytes, r);
  }
  static void put(std::byte* at, random_numbers& r) {
    const std::uint16_t h = f32_to_f16(r.number());
    std::memcpy(at, &h, 2);
  }
  static void tame(dtype d, std::byte* b, random_numbers& r) {
    switch (d) {
      case dtype::q4_1:
      case dtype::q5_1:
      case dtype::q4_k:
      case dtype::q5_k:
      case dtype::q8_1:
        put(b, r);
        put(b + 2, r);
        break;
      case dtype::q2_k:
        put(b + 80, r);
        put(b + 82, r);
        break;
      case dtype::q3_k: put(b + 108, r); break;
      case dtype::q6_k: put(b + 208, r); break;
      case dtype::tq1_0: put(b + 52, r); break;
      case dtype::tq2_0: put(b + 64, r); break;
      case dtype::mxfp4: b[0] = static_cast<std::byte>(120 + r.bits() % 8); break;
      case dtype::nvfp4: break;
      case dtype::iq1_m:
        for (int k = 49; k < 56; k += 2) b[k] &= std::byte{0x7f};
        b[55] = (b[55] & std::byte{0x0f}) | std::byte{0x30};
        break;
      case dtype::q8_k: {
        const float v = r.number();
        std::memcpy(b, &v, 4);
        break;
      }
      default: put(b, r);
    }
  }
};

void check(dtype d, std::size_t n_out, std::size_t n_in, std::size_t n_tokens, bool hostile, int fill = -1) {
  INFO(name(d) << " " << n_out << " x " << n_in << ", " << n_tokens << " tokens" << (hostile ? ", hostile" : ""));
  const quant_weights m(d, n_out, n_in, hostile, fill);
  random_numbers r;
  auto x = r.numbers(n_tokens * n_in, 2.0f);
  if (hostile) {
    for (std::size_t i = 0; i < 32; ++i) x[i] *= 1e-40f;
    for (std::size_t i = x.size() - 32; i < x.size(); ++i) x[i] *= 1e31f;
    if (n_tokens > 1) x[n_in] = 1e35f;  // too large: not a number
  }
  const quantized_rows rows(x, n_in);
  const activations a = rows.of(x, n_in);
  const std::size_t stride = n_out + 3;
  std::vector<float> want(n_tokens * stride, -7.0f);
  const auto as_rows = [&](std::vector<float>& y) {
    return tensor<float, 2>::strided(y.data(), n_tokens, n_out, stride);
  };
  scalar::matmul_quantized(m.w, a, as_rows(want), 0, n_out, nullptr);
  for_each_target([&](const kernels& k) {
    std::vector<float> y(n_tokens * stride, -7.0f);
    const auto f = k.matmul[static_cast<std::size_t>(d)];
    const std::size_t cut = n_out / 3;
    f(m.w, a, as_rows(y), cut, n_out, nullptr);
    f(m.w, a, as_rows(y), 0, cut, m.w.data);
    std::size_t differing = 0;
    for (std::size_t i = 0; i < y.size(); ++i) differing += !same_bits(y[i], want[i]);
    CHECK(differing == 0);
  });
}

template <class F>
void for_each_type(F f) {
  for (std::size_t i = 0; i < n_dtypes; ++i)
    if (traits(static_cast<dtype>(i)).quantized) f(static_cast<dtype>(i));
}
}  // namespace

TEST_CASE("simd/table: matmul is bit-equal to the truth at every shape") {
  for_each_type([](dtype d) {
    const std::size_t block = traits(d).block;
    for (std::size_t n_in : {block, 3 * block, 256 + block, 8 * block})
      for (std::size_t n_out : {1u, 7u, 16u, 50u})
        for (std::size_t n_tokens : {1u, 2u, 3u, 8u, 13u}) check(d, n_out, n_in, n_tokens, false);
  });
}

TEST_CASE("simd/table: long rows are cut into pieces and joined without a difference") {
  for (dtype d : {dtype::q4_0, dtype::q8_0, dtype::q4_k, dtype::q5_k, dtype::q6_k, dtype::iq2_xxs, dtype::iq1_m})
    for (std::size_t n_in : {76u * 256u, 77u * 256u, 153u * 256u})
      for (std::size_t n_out : {5u, 33u}) check(d, n_out, n_in, 1, false);
  check(dtype::q8_0, 20, 100 * 256 + 96, 1, false);
}

TEST_CASE("simd/table: any bytes are multiplied alike") {
  for_each_type([](dtype d) {
    for (int fill : {-1, 0x00, 0xff, 0x80, 0x7f, 0x7e, 0x07})
      for (std::size_t n_tokens : {1u, 7u}) check(d, 19, 2 * traits(d).block, n_tokens, true, fill);
  });
}

TEST_CASE("simd/table: the integer dot is exact at its extremes") {
  // every q_x at +-127 and every weight at its largest
  for (dtype d : {dtype::q8_0, dtype::q6_k, dtype::iq4_xs, dtype::iq3_xxs, dtype::q5_k}) {
    const std::size_t n = 256;
    const quant_weights m(d, 16, n, true, 0xff);
    std::vector<float> x(n * 3);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = i < n ? 1.0f : i < 2 * n ? -1.0f : (i % 2 ? 1.0f : -1.0f);
    const quantized_rows rows(x, n);
    const activations a = rows.of(x, n);
    std::vector<float> want(48);
    scalar::matmul_quantized(m.w, a, {want.data(), 3, 16}, 0, 16, nullptr);
    for_each_target([&](const kernels& k) {
      std::vector<float> y(48);
      k.matmul[static_cast<std::size_t>(d)](m.w, a, {y.data(), 3, 16}, 0, 16, nullptr);
      for (std::size_t i = 0; i < 48; ++i) CHECK(same_bits(y[i], want[i]));
    });
  }
}
