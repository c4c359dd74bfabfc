#include "catch.hpp"
#include "tiny/numbers.hpp"

#include <retort/nn/linear.hpp>
#include <retort/nn/norm.hpp>
#include <retort/simd/scalar.hpp>

using namespace retort;

namespace {

/// A product of random numbers, and what it is in double.
struct product {
  std::size_t n_tokens, n_in, n_out;
  std::vector<float> x, w, bias;
  tiny::random random{11};

  product(std::size_t tokens, std::size_t in, std::size_t out) : n_tokens(tokens), n_in(in), n_out(out) {
    for (std::size_t i = 0; i < tokens * in; ++i) x.push_back(random.real());
    for (std::size_t i = 0; i < out * in; ++i) w.push_back(random.real());
    for (std::size_t i = 0; i < out; ++i) bias.push_back(random.real());
  }
  [[nodiscard]] weight_matrix weight() const {
    return {dtype::f32, reinterpret_cast<const std::byte*>(w.data()), n_out, n_in, n_in * sizeof(float)};
  }
  [[nodiscard]] activations inputs() const {
    activations a;
    a.n_tokens = n_tokens;
    a.n_in = n_in;
    a.x = x.data();
    return a;
  }
  [[nodiscard]] double want(std::size_t t, std::size_t r) const {
    double sum = static_cast<double>(bias[r]);
    for (std::size_t i = 0; i < n_in; ++i)
      sum += static_cast<double>(w[r * n_in + i]) * static_cast<double>(x[t * n_in + i]);
    return sum;
  }
};

task products(nn::compute& c, std::span<const nn::linear_job> jobs) { co_await nn::linear(c, jobs); }

task norm_and_add(nn::compute& c, tensor<const float, 2> x, const float* w, tensor<float, 2> y, tensor<float, 2> h) {
  co_await nn::rms_norm(c, x, w, 0.5f, y);
  co_await nn::add(c, y, h);
}

task rounded(nn::compute& c, const activation_rows& a, rounded_forms wanted) { co_await nn::round_rows(c, a, wanted); }

}  // namespace

#if RETORT_THREADS
TEST_CASE("linear: several products in one loop, with biases, into rows that lie apart, on any number of threads") {
  calling_thread alone;
  const auto pool = thread_pool::make(3);
  REQUIRE(pool);
  arena frames(std::move(*buffer::make(1 << 14, "frames")));
  for (threads* workers : {static_cast<threads*>(&alone), static_cast<threads*>(pool->get())}) {
    nn::compute c(*workers, frames, simd::scalar::table);
    const product a(3, 40, 70), b(3, 40, 33);
    const weight_matrix wa = a.weight(), wb = b.weight();
    std::vector<float> y(3 * 110, -1.0f);
    const auto all = tensor<float, 2>::strided(y.data(), 3, 103, 110);
    std::vector<nn::linear_job> jobs = {{&wa, a.inputs(), all.columns(0, 70), a.bias.data()},
                                        {&wb, b.inputs(), all.columns(70, 33), b.bias.data()}};
    task t = products(c, jobs);
    REQUIRE(c.step(t.handle(), nullptr));
    for (std::size_t token = 0; token < 3; ++token) {
      for (std::size_t r = 0; r < 70; ++r)
        CHECK(std::abs(static_cast<double>(all(token, r)) - a.want(token, r)) < 42 * 40 * 0x1p-24);
      for (std::size_t r = 0; r < 33; ++r)
        CHECK(std::abs(static_cast<double>(all(token, 70 + r)) - b.want(token, r)) < 42 * 40 * 0x1p-24);
      for (std::size_t i = 103; i < 110 && token < 2; ++i) CHECK(y[token * 110 + i] == -1.0f);  // between the rows
    }
  }
}
#endif

TEST_CASE("linear: rows are rounded where a kernel can read them, and in the forms that are wanted") {
  calling_thread alone;
  arena frames(std::move(*buffer::make(1 << 14, "frames")));
  nn::compute c(alone, frames, simd::scalar::table);
  for (const std::size_t n_in : {64u, 40u}) {
    arena measure = arena::measuring();
    (void)activation_rows::take(measure, 2, n_in);
    arena memory(std::move(*buffer::make(measure.peak(), "rows")));
    const activation_rows a = activation_rows::take(memory, 2, n_in);
    for (std::size_t i = 0; i < 2 * n_in; ++i) a.x[i] = static_cast<float>(i % 64) - 20;
    a.q[3] = a.q[n_in + 3] = 99;
    task t = rounded(c, a, {true, true, false});
    REQUIRE(c.step(t.handle(), nullptr));
    if (n_in % 32 != 0) {
      CHECK(a.q[3] == 99);
      continue;
    }
    for (std::size_t i = 0; i < 2 * n_in; ++i)
      CHECK(std::abs(static_cast<float>(a.q[i]) * a.d[i / 32] - a.x[i]) <= 0.51f * a.d[i / 32]);
    for (std::size_t i = 0; i < 2 * n_in / 16; ++i) {
      int sum = 0;
      for (std::size_t k = 0; k < 16; ++k) sum += a.q[16 * i + k];
      CHECK(a.sums[i] == sum);
      const float e = static_cast<float>(sum) * a.d[i / 2];
      CHECK(std::abs(static_cast<float>(a.lows[i]) * a.d_low[i / (n_in / 16)] - e) <= 0.51f * a.d_low[i / (n_in / 16)]);
    }
  }
}

TEST_CASE("norm: every row by itself, then added") {
  calling_thread alone;
  arena frames(std::move(*buffer::make(1 << 14, "frames")));
  nn::compute c(alone, frames, simd::scalar::table);
  const float x[] = {3, 4, 0, 1}, w[] = {1, 2};
  float y[4], h[] = {1, 1, 1, 1};
  task t = norm_and_add(c, {x, 2, 2}, w, {y, 2, 2}, {h, 2, 2});
  REQUIRE(c.step(t.handle(), nullptr));
  CHECK(y[0] == Approx(3 / std::sqrt(13.0)));  // mean of squares 12.5, eps 0.5
  CHECK(y[1] == Approx(8 / std::sqrt(13.0)));
  CHECK(y[3] == Approx(2.0));  // mean of squares 0.5
  for (std::size_t i = 0; i < 4; ++i) CHECK(h[i] == 1 + y[i]);
}
