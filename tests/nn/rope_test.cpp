#include "catch.hpp"
#include "reference/rope_ref.hpp"

#include <retort/nn/rope.hpp>
#include <retort/simd/scalar.hpp>

using namespace retort;

namespace {
/// The published constants have ten digits.
void check_digits(double got, double want) {
  INFO(got << " instead of " << want);
  CHECK(std::abs(got - want) <= 6e-10 * std::abs(want));
}
nn::rope_config yarn(std::size_t n, double theta, double s, double c) {
  nn::rope_config r;
  r.dim_rope = n;
  r.freq_base = theta;
  r.scaling = nn::rope_scaling::yarn;
  r.factor = s;
  r.original_context = c;
  return r;
}
ref::rope reference(const nn::rope_config& c) {
  ref::rope r;
  r.n = static_cast<ref::Index>(c.dim_rope);
  r.adjacent = c.style == nn::pair_style::adjacent;
  r.theta = c.freq_base;
  r.yarn = c.scaling == nn::rope_scaling::yarn;
  r.factor = c.factor;
  r.original = c.original_context;
  r.amplitude = c.amplitude;
  r.divisors = ref::of(c.divisors);
  return r;
}
}  // namespace

TEST_CASE("rope: plain and linear frequencies") {
  nn::rope_config c;
  c.dim_rope = 4;
  c.freq_base = 100;
  auto f = nn::rope_frequencies(c);
  REQUIRE(f.size() == 2);
  CHECK(f[0] == 1);
  CHECK(f[1] == Approx(0.1).epsilon(1e-14));
  c.scaling = nn::rope_scaling::linear;
  c.factor = 4;
  f = nn::rope_frequencies(c);
  CHECK(f[0] == 0.25);
  CHECK(f[1] == Approx(0.025).epsilon(1e-14));
}

TEST_CASE("rope: yarn of DeepSeek-V2 and V3 (64 channels, base 10000, factor 40, context 4096)") {
  const auto f = nn::rope_frequencies(yarn(64, 1e4, 40, 4096));
  check_digits(f[0], 1);
  check_digits(f[10], 5.623413252e-2);  // up to pair 10 as trained
  check_digits(f[11], 3.900692657e-2);
  check_digits(f[16], 5.5e-3);
  check_digits(f[22], 1.778279410e-4);
  check_digits(f[23], 3.333803580e-5);  // from pair 23 on divided by 40
  check_digits(f[31], 3.333803580e-6);
  for (std::size_t i = 11; i <= 22; ++i) {  // the ramp between: 12/13 ... 1/13
    const double plain = std::pow(1e4, -2.0 * static_cast<double>(i) / 64);
    const double ramp = (f[i] - plain / 40) / (plain - plain / 40);
    CHECK(ramp == Approx((23.0 - static_cast<double>(i)) / 13).epsilon(1e-10));
  }
}

TEST_CASE("rope: yarn of Qwen3 (128 channels, base 1e6, factor 4, context 32768)") {
  const auto f = nn::rope_frequencies(yarn(128, 1e6, 4, 32768));
  check_digits(f[23], 6.978305849e-3);
  check_digits(f[24], 5.375321491e-3);
  check_digits(f[30], 1.064360981e-3);
  check_digits(f[39], 6.490394321e-5);
  check_digits(f[40], 4.445698525e-5);
  check_digits(f[63], 3.102344402e-7);
  CHECK(nn::yarn_magnitude(4) == Approx(1.1386294361).epsilon(1e-10));
}

TEST_CASE("rope: yarn of gpt-oss (64 channels, base 150000, factor 32, context 4096)") {
  const auto f = nn::rope_frequencies(yarn(64, 150000, 32, 4096));
  const auto plain = [](std::size_t i) { return std::pow(150000.0, -2.0 * static_cast<double>(i) / 64); };
  check_digits(f[8], plain(8));  // low end 8: as trained
  CHECK(f[9] < plain(9) * 0.95);
  CHECK(f[17] > plain(17) / 32 * 1.05);
  check_digits(f[18], plain(18) / 32);  // high end 18
  CHECK(nn::yarn_magnitude(32) == Approx(1.3465735903).epsilon(1e-10));
}

TEST_CASE("rope: magnitudes and the scale of latent attention") {
  CHECK(nn::yarn_magnitude(1) == 1);
  CHECK(nn::yarn_magnitude(0.5) == 1);
  const double v2 = nn::yarn_magnitude(40, 0.0707), v3 = nn::yarn_magnitude(40, 0.1);
  CHECK(v2 == Approx(1.260804).epsilon(1e-6));
  CHECK(v3 == Approx(1.368888).epsilon(1e-6));
  CHECK(v2 * v2 / std::sqrt(192.0) == Approx(0.1147213868).epsilon(1e-9));
  CHECK(v3 * v3 / std::sqrt(192.0) == Approx(0.1352337789).epsilon(1e-9));
}

TEST_CASE("rope: the divisors of Llama 3.1 divide") {
  nn::rope_config c;
  c.dim_rope = 128;
  c.freq_base = 500000;
  const auto plain = nn::rope_frequencies(c);
  const float between[] = {1.2075f, 1.5534f, 2.0263f, 2.6945f, 3.6843f, 5.2573f};
  for (std::size_t i = 0; i < 64; ++i) c.divisors.push_back(i < 29 ? 1 : i < 35 ? between[i - 29] : 8);
  const auto f = nn::rope_frequencies(c);
  for (std::size_t i = 0; i < 64; ++i) CHECK(f[i] == plain[i] / static_cast<double>(c.divisors[i]));
}

TEST_CASE("rope: angles at far positions are exact to a float") {
  nn::rope_config c;
  c.dim_rope = 128;
  const auto f = nn::rope_frequencies(c);
  std::vector<float> cos(64), sin(64);
  nn::rope_angles(f, 1.5, 131071, cos.data(), sin.data());
  const ref::vec at_one = reference(c).frequencies();
  for (std::size_t i = 0; i < 64; ++i) {
    const double angle = 131071 * at_one[static_cast<ref::Index>(i)];
    // a double angle of 1.3e5 is off by 2e-11 after pow and product; then one rounding to float
    CHECK(std::abs(static_cast<double>(cos[i]) - 1.5 * std::cos(angle)) < 1.5 * 0x1p-24 + 1e-9);
    CHECK(std::abs(static_cast<double>(sin[i]) - 1.5 * std::sin(angle)) < 1.5 * 0x1p-24 + 1e-9);
  }
}

TEST_CASE("rope: both pairings turn the right channels and leave the rest") {
  for (const auto style : {nn::pair_style::halves, nn::pair_style::adjacent}) {
    nn::rope_config c = yarn(8, 1e4, 4, 128);
    c.style = style;
    c.amplitude = 1.25;
    const auto f = nn::rope_frequencies(c);
    std::vector<float> cos(4), sin(4), x(3 * 10);  // 3 heads of 10 channels, 8 of them turned
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) * 0.37f - 3;
    ref::rows want = ref::of(tensor<const float, 2>{x.data(), 3, 10});
    const auto before = x;
    nn::rope_angles(f, c.amplitude, 77, cos.data(), sin.data());
    nn::rope(simd::scalar::table, style, tensor<float, 2>{x.data(), 3, 10}.columns(0, 8), {cos.data(), 4},
             {sin.data(), 4});
    for (auto head : want.rowwise()) reference(c).turn(head, 77);
    for (std::size_t i = 0; i < x.size(); ++i) {
      // two products and a sum of numbers up to 8 * 1.25
      CHECK(std::abs(static_cast<double>(x[i]) - want.data()[i]) < 10 * 4 * 0x1p-24);
      if (i % 10 >= 8) CHECK(x[i] == before[i]);
    }
  }
}

TEST_CASE("rope: adjacent pairs on permuted rows are halves on plain ones") {
  const std::size_t order[] = {0, 4, 1, 5, 2, 6, 3, 7};  // what a converter does to a head of 8
  nn::rope_config c;
  c.dim_rope = 8;
  const auto f = nn::rope_frequencies(c);
  std::vector<float> cos(4), sin(4), plain(8), permuted(8);
  nn::rope_angles(f, 1, 13, cos.data(), sin.data());
  for (std::size_t i = 0; i < 8; ++i) plain[i] = static_cast<float>(i * i) - 20;
  for (std::size_t i = 0; i < 8; ++i) permuted[i] = plain[order[i]];
  nn::rope(simd::scalar::table, nn::pair_style::halves, {plain.data(), 1, 8}, {cos.data(), 4}, {sin.data(), 4});
  nn::rope(simd::scalar::table, nn::pair_style::adjacent, {permuted.data(), 1, 8}, {cos.data(), 4}, {sin.data(), 4});
  for (std::size_t i = 0; i < 8; ++i) CHECK(permuted[i] == Approx(plain[order[i]]).epsilon(1e-6));
}
