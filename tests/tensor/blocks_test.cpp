#include "catch.hpp"
#include "golden.hpp"

#include <retort/tensor/blocks.hpp>

#include <nlohmann/json.hpp>

using namespace retort;

namespace {
/// Dequantizes a file of blocks and compares bit for bit with the expected floats.
void check_golden(dtype d, const std::filesystem::path& stem) {
  INFO(stem.string());
  const auto blocks = read_bytes(stem.string() + ".blocks");
  const auto expected = read_bytes(stem.string() + ".f32");
  const std::size_t n = expected.size() / 4;
  REQUIRE(n > 0);
  REQUIRE(blocks.size() == row_bytes(d, n));
  std::vector<float> out(n);
  REQUIRE(dequantize(d, reinterpret_cast<const std::byte*>(blocks.data()), n, out.data()));
  std::size_t differing = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float want = load_as<float>(expected.data() + 4 * i);
    const bool both_nan = want != want && out[i] != out[i];
    differing += !both_nan && std::bit_cast<std::uint32_t>(want) != std::bit_cast<std::uint32_t>(out[i]);
  }
  REQUIRE(differing == 0);
}

void check_folder(const char* below, const char* index) {
  const auto folder = golden(below);
  if (folder.empty()) return;
  const auto list = nlohmann::json::parse(read_bytes(folder / index));
  std::size_t n = 0;
  for (const auto& [name, facts] : list.items()) {
    check_golden(dtype_by_name(name).value(), folder / name);
    ++n;
  }
  REQUIRE(n >= 25);
}

std::uint64_t fnv1a(const void* data, std::size_t bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3u;
  return hash;
}
}  // namespace

TEST_CASE("tensor/blocks: every type gives the golden values bit for bit", "[golden]") {
  check_folder("text/quants", "manifest.json");
  check_folder("models/dequant", "index.json");
}

TEST_CASE("tensor/blocks: every quantized type has a view of its declared size") {
  std::size_t n = 0;
  for (std::size_t i = 0; i < n_dtypes; ++i) {
    const auto d = static_cast<dtype>(i);
    REQUIRE((format(d).view != nullptr) == traits(d).quantized);
    REQUIRE(visit(d, [&](auto tag) { REQUIRE(tag.value == d); }) == traits(d).quantized);
    n += traits(d).quantized;
  }
  REQUIRE(n == 27);
}

TEST_CASE("tensor/blocks: hand-made blocks") {
  std::vector<std::byte> b(292, std::byte{0});
  float out[256];
  const auto put16 = [&](std::size_t at, float v) {
    const std::uint16_t h = f32_to_f16(v);
    std::memcpy(b.data() + at, &h, 2);
  };
  SECTION("q4_0: low nibbles first, offset 8") {
    put16(0, 0.5f);
    b[2] = std::byte{0xf1};
    dequantize(dtype::q4_0, b.data(), 32, out);
    REQUIRE(out[0] == -3.5f);
    REQUIRE(out[16] == 3.5f);
    REQUIRE(out[1] == -4.0f);
  }
  SECTION("q4_1: offset is added") {
    put16(0, 2.0f);
    put16(2, -1.0f);
    b[4] = std::byte{0x30};
    dequantize(dtype::q4_1, b.data(), 32, out);
    REQUIRE(out[0] == -1.0f);
    REQUIRE(out[16] == 5.0f);
  }
  SECTION("q4_k: six-bit scales and minima of the upper half") {
    put16(0, 1.0f);
    put16(2, 1.0f);
    b[4] = std::byte{0xc0};        // scale 0 = 0, two high bits for sub-block 4's scale
    b[4 + 4] = std::byte{0x80};    // min 0 = 0, two high bits for sub-block 4's min
    b[4 + 8] = std::byte{0x21};    // low bits: scale 1, min 2
    b[16 + 64] = std::byte{0x05};  // element 128
    dequantize(dtype::q4_k, b.data(), 256, out);
    REQUIRE(out[128] == 5.0f * (1 + 48) - (2 + 32));
    REQUIRE(out[0] == 0.0f);
  }
  SECTION("iq1_s: grid plus delta") {
    put16(0, 1.0f);
    dequantize(dtype::iq1_s, b.data(), 256, out);
    REQUIRE(out[0] == -0.875f);
  }
}

TEST_CASE("tensor/blocks: the grids expand to the known sets") {
  const iq_grids& g = grids();
  // FNV-1a of the expanded bytes, computed from tables whose SHA-256 is the published one.
  REQUIRE(fnv1a(g.iq2_xxs, sizeof g.iq2_xxs) == 0xbb4ee025b5ac6e8eu);
  REQUIRE(fnv1a(g.iq2_xs, sizeof g.iq2_xs) == 0xc9b1ee61e79909bdu);
  REQUIRE(fnv1a(g.iq2_s, sizeof g.iq2_s) == 0x123edd38a3b62b90u);
  REQUIRE(fnv1a(g.iq1, sizeof g.iq1) == 0x6703ed863501ae2eu);
  REQUIRE(fnv1a(g.iq3_xxs, sizeof g.iq3_xxs) == 0xdfa5dc83d6a155d5u);
  REQUIRE(fnv1a(g.iq3_s, sizeof g.iq3_s) == 0xfa37020c25b44829u);
}

TEST_CASE("tensor/blocks: q8_0 rows come back within half a step") {
  float x[64], back[64];
  for (int i = 0; i < 64; ++i) x[i] = std::sin(static_cast<float>(i)) * (i < 32 ? 3.0f : 1e-3f);
  std::byte row[68];
  quantize_q8_0(x, 64, row);
  dequantize(dtype::q8_0, row, 64, back);
  for (int b = 0; b < 2; ++b) {
    float amax = 0;
    for (int i = 32 * b; i < 32 * b + 32; ++i) amax = std::max(amax, std::fabs(x[i]));
    // half a step, plus the rounding of the stored scale (2^-11 of the value)
    for (int i = 32 * b; i < 32 * b + 32; ++i) REQUIRE(std::fabs(x[i] - back[i]) <= amax * (0.5f / 127 + 0x1p-11f));
  }
}

TEST_CASE("tensor/blocks: runs with zeros, infinities and NaN quantize to something defined") {
  float x[32] = {};
  std::int8_t q[32];
  REQUIRE(quantize_run<127>(x, 32, q) == 0.0f);
  REQUIRE(q[0] == 0);
  x[3] = 1e-40f;
  quantize_run<127>(x, 32, q);
  x[4] = std::numeric_limits<float>::infinity();
  REQUIRE(std::isinf(quantize_run<127>(x, 32, q)));
  x[5] = std::numeric_limits<float>::quiet_NaN();
  quantize_run<127>(x, 32, q);
  for (auto v : q) REQUIRE(v >= -127);
}

TEST_CASE("tensor/blocks: any bytes are a block") {
  std::vector<std::byte> b(292 * 4);
  std::vector<float> out(1024);
  std::uint32_t seed = 1;
  for (int round = 0; round < 20; ++round) {
    for (auto& v : b) {
      seed = seed * 1664525u + 1013904223u;
      v = round == 0 ? std::byte{0xff} : static_cast<std::byte>(seed >> 24);
    }
    for (std::size_t i = 0; i < n_dtypes; ++i)
      if (traits(static_cast<dtype>(i)).quantized)
        REQUIRE(dequantize(static_cast<dtype>(i), b.data(), 1024, out.data()));
  }
}
