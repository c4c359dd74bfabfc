#include "catch.hpp"

#include <retort/tensor/eigen.hpp>
#include <retort/tensor/rows.hpp>

#include <numeric>

using namespace retort;

namespace {
std::vector<float> count(std::size_t n) {
  std::vector<float> x(n);
  std::iota(x.begin(), x.end(), 0.0f);
  return x;
}
}  // namespace

TEST_CASE("view: indices go outermost first, fewer of them leave a tensor") {
  auto x = count(2 * 3 * 4);
  const tensor<float, 3> t{x.data(), 2, 3, 4};
  CHECK(t(1, 2, 3) == 23);
  CHECK(t(1, 2)[3] == 23);
  CHECK(t(1).shape(0) == 3);
  CHECK(t(1)(2, 3) == 23);
  CHECK(t.at(1, 1) == x.data() + 16);
  t(0, 1, 2) = -1;
  CHECK(x[6] == -1);
  CHECK_FALSE(tensor<float, 2>());
}

TEST_CASE("view: rows, columns and swapped indices point into the same numbers") {
  auto x = count(2 * 3 * 4);
  const tensor<float, 3> t{x.data(), 2, 3, 4};
  CHECK(t.rows(1, 1)(0, 0, 0) == 12);
  CHECK(t(0).columns(1, 2).shape(1) == 2);
  CHECK(t(0).columns(1, 2)(2, 1) == 10);
  CHECK(t(0).columns(1, 2).stride() == 4);
  const auto s = t.swapped();
  CHECK(s.shape(0) == 3);
  CHECK(s.shape(1) == 2);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j) CHECK(&s(j, i, 1) == &t(i, j, 1));
  CHECK(t.flat().shape(0) == 6);
  CHECK(t.flat()(4, 1) == 17);
  const auto apart = tensor<float, 2>::strided(x.data(), 3, 2, 8);
  CHECK(apart(2, 1) == 17);
  CHECK(apart.rows(1, 2)(1, 0) == 16);
}

TEST_CASE("view: one index is a range and becomes a span; const is added, never taken away") {
  auto x = count(5);
  const tensor<float, 1> t{x.data(), 5};
  CHECK(std::accumulate(t.begin(), t.end(), 0.0f) == 10);
  const std::span<float> s = t;
  const std::span<const float> c = t.rows(1, 3);
  CHECK(s.size() == 5);
  CHECK(c[0] == 1);
  const tensor<const float, 1> fixed = t;
  CHECK(fixed[4] == 4);
  CHECK_FALSE(std::is_convertible_v<tensor<const float, 1>, tensor<float, 1>>);
  CHECK_FALSE(std::is_convertible_v<tensor<const float, 1>, std::span<float>>);
}

TEST_CASE("view: of blocks and of bytes as of floats") {
  block_q8_0 blocks[6] = {};
  const tensor<block_q8_0, 2> t{blocks, 2, 3};
  CHECK(&t(1, 2) == blocks + 5);
  std::byte bytes[12] = {};
  CHECK(tensor<std::byte, 2>{bytes, 3, 4}.at(2) == bytes + 8);
}

TEST_CASE("view: as a map of Eigen it is the same memory, whatever lies between the rows") {
  auto x = count(4 * 6);
  const auto t = tensor<float, 2>::strided(x.data() + 1, 4, 3, 6);
  auto m = eigen(t);
  CHECK(m.rows() == 4);
  CHECK(m.cols() == 3);
  CHECK(m(2, 1) == t(2, 1));
  m.row(3).setConstant(-2);
  CHECK(x[19] == -2);
  CHECK(x[22] == 22);  // between the rows
  const Eigen::VectorXf product = m * eigen(t(0));
  CHECK(product[1] == Approx(t(1, 0) * t(0, 0) + t(1, 1) * t(0, 1) + t(1, 2) * t(0, 2)));
  const tensor<const float, 2> fixed = t;
  CHECK(eigen(fixed).sum() == Approx(m.sum()));
}

TEST_CASE("rows: one shape serves all forms of activations") {
  arena measure = arena::measuring();
  (void)activation_rows::take(measure, 3, 320, true);
  arena memory(std::move(*buffer::make(measure.peak(), "rows")));
  const activation_rows a = activation_rows::take(memory, 3, 320, true);
  REQUIRE(a.bf16);
  CHECK(a.n_groups() == 2);  // the second is shorter
  const activation_rows b = a.rows(1, 2);
  CHECK(b.n_tokens == 2);
  CHECK(b.x == a.x + 320);
  CHECK(b.q == a.q + 320);
  CHECK(b.d == a.d + 10);
  CHECK(b.sums == a.sums + 20);
  CHECK(b.lows == a.lows + 20);
  CHECK(b.d_low == a.d_low + 2);
  CHECK(b.bf16 == a.bf16 + 320);
  const activation_rows part = a.part(2, 64);  // of a row: its d_low stays
  CHECK(part.q == a.q + 2 * 320 + 64);
  CHECK(part.d == a.d + 22);
  CHECK(part.d_low == a.d_low + 4);
  for (std::size_t i = 0; i < 320; ++i) a.q[i] = static_cast<std::int8_t>(i % 100);
  for (std::size_t i = 0; i < 10; ++i) a.d[i] = static_cast<float>(i);
  for (std::size_t i = 0; i < 20; ++i) a.sums[i] = a.lows[i] = static_cast<std::int16_t>(i);
  a.d_low[0] = 5, a.d_low[1] = 6;
  copy_int8_row(activations(a.rows(0, 1)), a.rows(2, 1));
  CHECK(a.q[2 * 320 + 319] == a.q[319]);
  CHECK(a.d[29] == 9);
  CHECK(a.sums[59] == 19);
  CHECK(a.d_low[5] == 6);
}

TEST_CASE("rows: weights of each type say which form they read") {
  const auto of = [](dtype d) { return rounded_forms::of(weight_matrix{d, nullptr, 1, 256, row_bytes(d, 256)}); };
  CHECK_FALSE(of(dtype::f32).int8);
  CHECK(of(dtype::bf16).bf16);
  CHECK(of(dtype::q8_0).int8);
  CHECK_FALSE(of(dtype::q8_0).lows);
  CHECK(of(dtype::q4_k).lows);
  const rounded_forms both = of(dtype::bf16) | of(dtype::q8_0);
  CHECK((both.int8 && both.bf16 && !both.lows));
}
