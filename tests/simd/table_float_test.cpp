// Float kernels against the scalar truth (which sums in double). A float sum of n
// products differs from the exact one by at most (n + 2) eps sum |a_i b_i|; the
// vector sums are much shorter chains, so that bound is loose but derived.
#include "support.hpp"

using namespace simd_test;

namespace {
constexpr std::size_t lengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 200, 1000, 4097};

/// Two arrays that start at an odd multiple of four bytes.
struct pair_of_rows {
  std::vector<float> a, b;
  std::size_t n;
  pair_of_rows(std::size_t length, std::size_t shift, float scale = 1.0f) : n(length) {
    random_numbers r{static_cast<std::uint32_t>(77 + length)};
    a = r.numbers(length + shift, scale);
    b = r.numbers(length + shift, scale);
  }
  const float* x() const { return a.data() + (a.size() - n); }
  const float* y() const { return b.data() + (b.size() - n); }
};

float magnitude(const float* a, const float* b, std::size_t n) {
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) total += static_cast<double>(std::fabs(a[i] * b[i]));
  return static_cast<float>(total);
}
}  // namespace

TEST_CASE("simd/table: dot, max, rms_norm and exp_sum at every length and shift") {
  for_each_target([](const kernels& k) {
    for (std::size_t n : lengths)
      for (std::size_t shift : {0u, 1u, 3u}) {
        INFO("length " << n << " shift " << shift);
        const pair_of_rows p(n, shift);
        const float count = static_cast<float>(n + 2);
        REQUIRE(std::fabs(k.dot(p.x(), p.y(), n) - scalar::dot(p.x(), p.y(), n)) <=
                count * eps * magnitude(p.x(), p.y(), n));
        REQUIRE(k.max(p.x(), n) == scalar::max(p.x(), n));

        std::vector<float> y(n), want(n);
        k.rms_norm(p.x(), p.y(), n, 1e-6f, y.data());
        scalar::rms_norm(p.x(), p.y(), n, 1e-6f, want.data());
        // half the relative error of the sum of squares, division, root and two products
        for (std::size_t i = 0; i < n; ++i)
          REQUIRE(std::fabs(y[i] - want[i]) <= (0.5f * count + 8) * eps * std::fabs(want[i]));

        y.assign(p.x(), p.x() + n);
        want = y;
        const float top = scalar::max(want.data(), n);
        const float total = k.exp_sum(y.data(), n, top), exact = scalar::exp_sum(want.data(), n, top);
        // exp: argument rounding |z| eps (z < 2), then 4 eps of the function
        for (std::size_t i = 0; i < n; ++i) REQUIRE(std::fabs(y[i] - want[i]) <= 8 * eps * want[i]);
        REQUIRE(std::fabs(total - exact) <= (count + 8) * eps * exact);
      }
  });
}

TEST_CASE("simd/table: exp_sum gives zero far below the shift") {
  for_each_target([](const kernels& k) {
    std::vector<float> x{0, -86.9f, -87.1f, -1000, -1e30f, -3e38f, 0, 0, 0, -200, -88, -87.5f, 0, 0, 0, 0, -90};
    const float total = k.exp_sum(x.data(), x.size(), 0.0f);
    REQUIRE(total == Approx(8.0f));
    REQUIRE(x[1] > 0.0f);
    for (std::size_t i : {2u, 3u, 4u, 5u, 9u, 10u, 11u, 16u}) REQUIRE(x[i] == 0.0f);
  });
}

TEST_CASE("simd/table: elementwise kernels") {
  for_each_target([](const kernels& k) {
    for (std::size_t n : lengths) {
      INFO("length " << n);
      const pair_of_rows p(n, 1, 8.0f);
      const auto check = [&](auto fast, auto truth, float bound) {
        std::vector<float> y(p.y(), p.y() + n), want = y;
        fast(y.data());
        truth(want.data());
        for (std::size_t i = 0; i < n; ++i)
          REQUIRE(std::fabs(y[i] - want[i]) <=
                  bound * eps * (std::fabs(want[i]) + std::fabs(p.y()[i]) + std::fabs(p.x()[i])));
      };
      check([&](float* y) { k.add(p.x(), n, y); }, [&](float* y) { scalar::add(p.x(), n, y); }, 0);
      check([&](float* y) { k.axpy(0.3f, p.x(), n, y); }, [&](float* y) { scalar::axpy(0.3f, p.x(), n, y); }, 2);
      check([&](float* y) { k.scale(0.3f, n, y); }, [&](float* y) { scalar::scale(0.3f, n, y); }, 0);
      // z / (1 + exp(-z)): |z| < 8, so the exponent's argument is good to 8 eps relative in exp
      check([&](float* y) { k.silu_mul(p.x(), y, n, y); }, [&](float* y) { scalar::silu_mul(p.x(), y, n, y); }, 16 * 8);
    }
    // Far out silu is 0 or the identity.
    const std::vector<float> gate{-1000, -100, 100, 1000, 0}, up{1, 1, 1, 1, 1};
    std::vector<float> y(5);
    k.silu_mul(gate.data(), up.data(), 5, y.data());
    REQUIRE(std::fabs(y[0]) < 1e-30f);
    REQUIRE(std::fabs(y[1]) < 1e-30f);
    REQUIRE((y[2] == 100 && y[3] == 1000 && y[4] == 0));
  });
}

TEST_CASE("simd/table: rope turns pairs of both kinds") {
  random_numbers r;
  for_each_target([&](const kernels& k) {
    for (std::size_t n : {1u, 4u, 16u, 31u, 32u, 64u}) {
      auto x = r.numbers(2 * n), angle = r.numbers(n, 3.0f);
      std::vector<float> c(n), s(n);
      for (std::size_t i = 0; i < n; ++i) {
        c[i] = std::cos(angle[i]);
        s[i] = std::sin(angle[i]);
      }
      for (bool adjacent : {false, true}) {
        auto y = x, want = x;
        (adjacent ? k.rope_adjacent : k.rope_halves)(y.data(), c.data(), s.data(), n);
        (adjacent ? scalar::rope_adjacent : scalar::rope_halves)(want.data(), c.data(), s.data(), n);
        for (std::size_t i = 0; i < 2 * n; ++i) REQUIRE(std::fabs(y[i] - want[i]) <= 4 * eps);
      }
    }
  });
}

TEST_CASE("simd/table: quantize is bit-equal to the truth") {
  random_numbers r;
  std::vector<float> x = r.numbers(32 * 40);
  for (std::size_t i = 0; i < 32; ++i) x[i] = 0.0f;
  for (std::size_t i = 32; i < 64; ++i) x[i] = static_cast<float>(i) - 40.5f;  // halves: round to even
  for (std::size_t i = 64; i < 96; ++i) x[i] = 1e-41f * static_cast<float>(i);
  x[100] = 3e38f;
  x[130] = std::numeric_limits<float>::infinity();
  x[170] = std::numeric_limits<float>::quiet_NaN();
  x[200] = 127.0f;
  x[201] = 0.5f;
  x[202] = -1.5f;
  for (std::size_t n_in : {std::size_t{32}, std::size_t{320}, x.size()}) {
    const quantized_rows want(x, n_in);
    for_each_target([&](const kernels& k) {
      const quantized_rows got(x, n_in, k);
      REQUIRE(got.q == want.q);
      REQUIRE(got.sums == want.sums);
      REQUIRE(got.lows == want.lows);
      for (std::size_t i = 0; i < want.d.size(); ++i) REQUIRE(same_bits(got.d[i], want.d[i]));
      for (std::size_t i = 0; i < want.d_low.size(); ++i) REQUIRE(same_bits(got.d_low[i], want.d_low[i]));
    });
  }
}

namespace {
/// Random rows of a float type, stored at an odd address.
struct float_weights {
  std::vector<std::byte> memory;
  weight_matrix w;
  std::vector<float> values;  // [n_out, n_in]
  float_weights(dtype d, std::size_t n_out, std::size_t n_in) {
    random_numbers r;
    const std::size_t bytes = row_bytes(d, n_in);
    memory = r.bytes(1 + n_out * bytes);
    values.resize(n_out * n_in);
    for (std::size_t i = 0; i < n_out * n_in; ++i) {
      const float v = r.number();
      std::byte* at = memory.data() + 1 + i * traits(d).bytes;
      if (d == dtype::f32) std::memcpy(at, &v, 4);
      const std::uint16_t h = d == dtype::f16 ? f32_to_f16(v) : f32_to_bf16(v);
      if (d == dtype::f16 || d == dtype::bf16) std::memcpy(at, &h, 2);
      if (d == dtype::fp8_e4m3 && (*at & std::byte{0x7f}) == std::byte{0x7f}) *at = std::byte{0x08};
    }
    w = {d, memory.data() + 1, n_out, n_in, bytes};
    dequantize(d, w.data, values.size(), values.data());
  }
};
}  // namespace

TEST_CASE("simd/table: matmul of every float type, independent of batch and split") {
  random_numbers r;
  for (dtype d : {dtype::f32, dtype::f16, dtype::bf16, dtype::fp8_e4m3})
    for (std::size_t n_in : {1u, 16u, 37u, 256u, 1700u})
      for (std::size_t n_out : {1u, 9u, 21u, 70u}) {
        INFO(name(d) << " " << n_out << " x " << n_in);
        const float_weights m(d, n_out, n_in);
        const std::size_t n_tokens = 13;
        const auto x = r.numbers(n_tokens * n_in);
        activations a;
        a.n_tokens = n_tokens;
        a.n_in = n_in;
        a.x = x.data();
        std::vector<float> in_float(n_tokens * n_out), rounded(n_tokens * n_out), x16 = x;
        scalar::matmul_float(m.w, a, {in_float.data(), n_tokens, n_out}, 0, n_out, nullptr);
        for (float& v : x16) v = bf16_to_f32(f32_to_bf16(v));
        a.x = x16.data();
        scalar::matmul_float(m.w, a, {rounded.data(), n_tokens, n_out}, 0, n_out, nullptr);
        a.x = x.data();
        for_each_target([&](const kernels& k) {
          const auto& want = d == dtype::bf16 && k.round_bf16 ? rounded : in_float;
          std::vector<float> y(n_tokens * n_out, -1.0f), one(n_tokens * n_out, -1.0f);
          const auto f = k.matmul[static_cast<std::size_t>(d)];
          f(m.w, a, {y.data(), n_tokens, n_out}, 0, n_out / 2, nullptr);
          f(m.w, a, {y.data(), n_tokens, n_out}, n_out / 2, n_out, nullptr);
          for (std::size_t t = 0; t < n_tokens; ++t) {
            activations lone = a;
            lone.n_tokens = 1;
            lone.x = x.data() + t * n_in;
            f(m.w, lone, {one.data() + t * n_out, 1, n_out}, 0, n_out, nullptr);
            for (std::size_t o = 0; o < n_out; ++o) {
              const float bound =
                  static_cast<float>(n_in + 2) * eps * magnitude(m.values.data() + o * n_in, lone.x, n_in);
              REQUIRE(std::fabs(y[t * n_out + o] - want[t * n_out + o]) <= bound);
            }
          }
          REQUIRE(y == one);
          if (d != dtype::bf16 || !k.round_bf16 || n_in % 32 != 0) return;
          std::vector<std::uint16_t> x_bf16(x.size());  // the same when the rows come rounded
          k.round_bf16(x.data(), x.size(), x_bf16.data());
          activations given = a;
          given.bf16 = x_bf16.data();
          f(m.w, given, {one.data(), n_tokens, n_out}, 0, n_out, nullptr);
          REQUIRE(y == one);
        });
      }
}

TEST_CASE("simd/table: all 256 fp8 and some half values come through exactly") {
  for_each_target([](const kernels& k) {
    for (dtype d : {dtype::fp8_e4m3, dtype::f16, dtype::bf16}) {
      const std::size_t n = d == dtype::fp8_e4m3 ? 256 : 65536;
      std::vector<std::byte> rows(n * traits(d).bytes * 32);
      for (std::size_t i = 0; i < n; ++i)  // a row of 32: the value, then zeros
        std::memcpy(rows.data() + i * 32 * traits(d).bytes, &i, traits(d).bytes);
      std::vector<float> y(n), x(32, 0.0f);
      x[0] = 1.0f;
      activations a;
      a.n_tokens = 1;
      a.n_in = 32;
      a.x = x.data();
      k.matmul[static_cast<std::size_t>(d)]({d, rows.data(), n, 32, row_bytes(d, 32)}, a, {y.data(), 1, n}, 0, n,
                                            nullptr);
      std::size_t differing = 0;
      for (std::size_t i = 0; i < n; ++i) {
        float v = 0;
        dequantize(d, rows.data() + i * 32 * traits(d).bytes, 1, &v);
        const bool denormal = d == dtype::bf16 && k.round_bf16 && y[i] == 0.0f && std::fabs(v) < 0x1p-126f;
        differing += !(y[i] == v || (v != v && y[i] != y[i]) || denormal);
      }
      REQUIRE(differing == 0);
    }
  });
}

TEST_CASE("simd/table: gemm of every shape, fresh and added") {
  random_numbers r;
  for (std::size_t m : {1u, 5u, 6u, 7u, 13u})
    for (std::size_t n : {16u, 64u, 80u, 144u})
      for (std::size_t k : {1u, 17u, 128u})
        for (bool add : {false, true}) {
          INFO(m << " x " << n << " x " << k << (add ? " added" : ""));
          const std::size_t lda = k + 3, ldb = n + 1, ldc = n + 5;
          const auto a = r.numbers(m * lda), b = r.numbers(k * ldb), before = r.numbers(m * ldc);
          auto want = before;
          const auto left = tensor<const float, 2>::strided(a.data(), m, k, lda),
                     right = tensor<const float, 2>::strided(b.data(), k, n, ldb);
          scalar::gemm(left, right, tensor<float, 2>::strided(want.data(), m, n, ldc), add);
          for_each_target([&](const kernels& kernels) {
            auto c = before;
            kernels.gemm(left, right, tensor<float, 2>::strided(c.data(), m, n, ldc), add);
            for (std::size_t i = 0; i < c.size(); ++i)  // all numbers are within 1; what lies between the rows stays
              REQUIRE(std::fabs(c[i] - want[i]) <= (i % ldc < n ? static_cast<float>((k + 2) * (k + 1)) * eps : 0));
          });
        }
}

TEST_CASE("simd/table: attention over f32, f16 and q8_0 cache rows") {
  random_numbers r;
  for (dtype d : {dtype::f32, dtype::f16, dtype::q8_0})
    for (std::size_t dim : {32u, 64u, 96u, 128u, 576u, 40u})
      for (std::size_t n_q : {1u, 3u, 8u})
        for (std::size_t n_rows : {1u, 5u, 67u}) {
          if (dim % traits(d).block) continue;
          INFO(name(d) << " dim " << dim << " queries " << n_q << " rows " << n_rows);
          const std::size_t stride = row_bytes(d, dim) + 6;
          const auto q = r.numbers(n_q * dim), values = r.numbers(n_rows * dim), p = r.numbers(n_q * n_rows);
          std::vector<std::byte> rows(n_rows * stride);
          for (std::size_t j = 0; j < n_rows; ++j)
            scalar::table.cache(d)->store_row(values.data() + j * dim, dim, rows.data() + j * stride);
          std::vector<float> want(n_q * n_rows), want_sum(n_q * dim, 0.5f);
          const auto cached = cache_rows::strided(rows.data(), n_rows, row_bytes(d, dim), stride);
          const tensor<const float, 2> queries{q.data(), n_q, dim}, weights{p.data(), n_q, n_rows};
          scalar::table.cache(d)->scores(queries, cached, 0.25f, {want.data(), n_q, n_rows});
          scalar::table.cache(d)->weighted_sum(weights, cached, {want_sum.data(), n_q, dim});
          for_each_target([&](const kernels& k) {
            const cache_kernels& c = *k.cache(d);
            std::vector<std::byte> stored(n_rows * stride);
            for (std::size_t j = 0; j < n_rows; ++j)
              c.store_row(values.data() + j * dim, dim, stored.data() + j * stride);
            REQUIRE(stored == rows);
            std::vector<float> loaded(dim), exact(dim);
            for (std::size_t j = 0; j < n_rows; ++j) {
              c.load_row(rows.data() + j * stride, dim, loaded.data());
              dequantize(d, rows.data() + j * stride, dim, exact.data());
              REQUIRE(loaded == exact);
            }
            std::vector<float> y(n_q * n_rows), total(n_q * dim, 0.5f);
            c.scores(queries, cached, 0.25f, {y.data(), n_q, n_rows});
            c.weighted_sum(weights, cached, {total.data(), n_q, dim});
            // |q| < 1 and |row| < 1.01: sum |q row| <= 1.01 dim
            const float bound = static_cast<float>(dim + 3) * eps * 1.01f * static_cast<float>(dim);
            for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(std::fabs(y[i] - want[i]) <= bound);
            const float sum_bound = 2 * static_cast<float>(n_rows + 3) * eps * 1.01f * static_cast<float>(n_rows + 1);
            for (std::size_t i = 0; i < total.size(); ++i) REQUIRE(std::fabs(total[i] - want_sum[i]) <= sum_bound);
          });
        }
}
