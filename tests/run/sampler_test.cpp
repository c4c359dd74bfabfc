#include "catch.hpp"
#include "allocations.hpp"

#include <retort/retort.hpp>

#include <limits>
#include <map>
#include <set>

using namespace retort;

namespace {

sampler make(const sampling& how, std::size_t n_vocab = 8) {
  auto s = sampler::make(how, n_vocab);
  if (!s) FAIL(s.error().what);
  return std::move(*s);
}
/// All filters off: a plain draw.
sampling plain() {
  sampling how;
  how.temperature = 1;
  how.top_p = 1;
  return how;
}
token draw(sampler& s, std::vector<float> logits, const std::vector<token>& seen = {}) { return s(logits, seen); }
/// Which tokens come in 500 draws.
std::set<token> drawn(const sampling& how, const std::vector<float>& logits, const std::vector<token>& seen = {}) {
  auto s = make(how, logits.size());
  std::set<token> all;
  for (int i = 0; i < 500; ++i) all.insert(draw(s, logits, seen));
  return all;
}
std::vector<float> logs(std::vector<double> p) {
  std::vector<float> l;
  for (double x : p) l.push_back(static_cast<float>(std::log(x)));
  return l;
}
const std::vector<float> eight = logs({0.02, 0.3, 0.05, 0.25, 0.18, 0.1, 0.06, 0.04});

}  // namespace

TEST_CASE("sampler: greedy takes the largest, the first of equals") {
  auto how = plain();
  how.temperature = 0;
  auto s = make(how);
  CHECK(draw(s, {0, 3, 1, 3}) == 1);
  CHECK(draw(s, {-5, -4, -3, -2}) == 3);
  CHECK(draw(s, {7}) == 0);
}

TEST_CASE("sampler: top-k keeps the k most likely") {
  auto how = plain();
  how.top_k = 3;
  CHECK(drawn(how, eight) == std::set<token>{1, 3, 4});
  how.top_k = 1;
  CHECK(drawn(how, eight) == std::set<token>{1});
  how.top_k = 100;
  CHECK(drawn(how, eight).size() == 8);
  how.top_k = 2;  // of equals the lower ids
  CHECK(drawn(how, {1, 1, 1, 1}) == std::set<token>{0, 1});
}

TEST_CASE("sampler: top-p keeps the fewest that reach p") {
  auto how = plain();
  for (const auto& [p, n] : std::map<float, std::size_t>{
           {0.0f, 1}, {0.29f, 1}, {0.31f, 2}, {0.54f, 2}, {0.56f, 3}, {0.72f, 3}, {0.74f, 4}, {1.0f, 8}}) {
    how.top_p = p;
    INFO(p);
    CHECK(drawn(how, eight).size() == n);
  }
  how.top_p = 0.56f;
  CHECK(drawn(how, eight) == std::set<token>{1, 3, 4});
}

TEST_CASE("sampler: min-p drops what is less than a share of the best") {
  auto how = plain();
  how.min_p = 0.5f;  // below 0.15
  CHECK(drawn(how, eight) == std::set<token>{1, 3, 4});
  how.min_p = 1;
  CHECK(drawn(how, eight) == std::set<token>{1});
}

TEST_CASE("sampler: temperature sharpens before the filters count") {
  auto how = plain();
  how.min_p = 0.5f;
  how.temperature = 4;  // shares become fourth roots: 0.02 / 0.3 -> 0.508
  CHECK(drawn(how, eight).size() == 8);
  how.temperature = 0.25f;  // fourth powers: only 0.3 itself stays above half of it (0.25 -> 0.48)
  CHECK(drawn(how, eight) == std::set<token>{1});
}

TEST_CASE("sampler: logit bias") {
  auto how = plain();
  how.temperature = 0;
  how.logit_bias = {{5, 10.0f}};
  auto s = make(how);
  CHECK(draw(s, eight) == 5);
  how.logit_bias = {{1, -100.0f}, {3, -100.0f}};
  auto t = make(how);
  CHECK(draw(t, eight) == 4);
}

TEST_CASE("sampler: what bias and penalties change is put back, to the bit") {
  auto how = plain();
  how.logit_bias = {{1, 100.0f}, {1, 0.1f}, {3, -7.5f}};
  how.repetition_penalty = 1.3f;
  how.presence_penalty = 0.7f;
  how.frequency_penalty = 0.2f;
  auto s = make(how);
  const std::vector<float> before = {0.1f, -3, 7, 1e-7f, 5};
  std::vector<float> logits = before;
  const token seen[] = {1, 3, 3, 0};
  for (int i = 0; i < 20; ++i) {
    (void)s(logits, seen);
    REQUIRE(logits == before);
  }
}

TEST_CASE("sampler: penalties on hand-made logits") {
  auto how = plain();
  how.temperature = 0;
  SECTION("repetition divides positive and multiplies negative logits") {
    how.repetition_penalty = 2;
    auto s = make(how);
    CHECK(draw(s, {4, 3, 0, 0}, {0}) == 1);  // 4 -> 2
    CHECK(draw(s, {4, 1.9f, 0, 0}, {0}) == 0);
    CHECK(draw(s, {-1, -1.5f, -9, -9}, {0}) == 1);  // -1 -> -2
    CHECK(draw(s, {-1, -2.5f, -9, -9}, {0}) == 0);
    CHECK(draw(s, {4, 3, 0, 0}, {0, 0, 0}) == 1);  // once, however often it came
    CHECK(draw(s, {4, 1.9f, 0, 0}, {0, 0, 0}) == 0);
  }
  SECTION("presence subtracts once, frequency per time") {
    how.presence_penalty = 1;
    auto s = make(how);
    CHECK(draw(s, {4, 3.5f, 0, 0}, {0, 0}) == 1);
    CHECK(draw(s, {4, 2.5f, 0, 0}, {0, 0}) == 0);
    how.presence_penalty = 0;
    how.frequency_penalty = 1;
    auto f = make(how);
    CHECK(draw(f, {4, 2.5f, 0, 0}, {0, 0}) == 1);
    CHECK(draw(f, {4, 2.5f, 0, 0}, {0}) == 0);
  }
  SECTION("only the window counts, and unknown ids do not") {
    how.presence_penalty = 10;
    how.penalty_window = 2;
    auto s = make(how);
    CHECK(draw(s, {4, 3, 2, 1}, {0, 1, 2}) == 0);
    CHECK(draw(s, {4, 3, 2, 1}, {2, 1, 0}) == 2);
    CHECK(draw(s, {4, 3, 2, 1}, {-7, 1000}) == 0);
    how.penalty_window = 0;
    auto none = make(how);
    CHECK(draw(none, {4, 3, 2, 1}, {0}) == 0);
  }
}

TEST_CASE("sampler: the same seed gives the same tokens, another seed others") {
  auto how = plain();
  const auto sequence = [&](std::uint64_t seed) {
    how.seed = seed;
    auto s = make(how);
    std::vector<token> ids;
    for (int i = 0; i < 64; ++i) ids.push_back(draw(s, eight));
    return ids;
  };
  CHECK(sequence(1) == sequence(1));
  CHECK(sequence(1) != sequence(2));
  CHECK(sequence(0) != sequence(1));
  how.seed = 5;
  auto a = make(how);
  for (int i = 0; i < 10; ++i) draw(a, eight);
  auto b = a;  // a branch goes on with the same draws
  for (int i = 0; i < 30; ++i) CHECK(draw(a, eight) == draw(b, eight));
}

TEST_CASE("sampler: draws follow the probabilities (chi-square)") {
  constexpr int n = 40000;
  const double p[] = {0.02, 0.3, 0.05, 0.25, 0.18, 0.1, 0.06, 0.04};
  auto how = plain();
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    how.seed = seed;
    auto s = make(how);
    std::array<int, 8> count{};
    for (int i = 0; i < n; ++i) ++count[static_cast<std::size_t>(draw(s, eight))];
    double chi = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const double want = n * p[i];
      chi += (count[i] - want) * (count[i] - want) / want;
    }
    CHECK(chi < 24.3);  // 7 degrees of freedom: once in a thousand seeds; these seeds are fixed
  }
  // after top-k 3 the rest is shared by the three: 0.3, 0.25, 0.18 of 0.73
  how.top_k = 3;
  auto s = make(how);
  std::map<token, int> count;
  for (int i = 0; i < n; ++i) ++count[draw(s, eight)];
  double chi = 0;
  for (const auto& [id, share] : std::map<token, double>{{1, 0.3}, {3, 0.25}, {4, 0.18}}) {
    const double want = n * share / 0.73;
    chi += (count[id] - want) * (count[id] - want) / want;
  }
  CHECK(chi < 13.8);  // 2 degrees of freedom
}

TEST_CASE("sampler: options out of range are refused by name") {
  const auto refused = [](const sampling& how, const char* field) {
    const auto s = sampler::make(how, 8);
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::bad_argument);
    INFO(s.error().what);
    CHECK(s.error().what.find(field) != std::string::npos);
  };
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  for (const float bad : {-0.1f, nan, inf}) {
    sampling how;
    how.temperature = bad;
    refused(how, "temperature");
  }
  for (const float bad : {-0.1f, 1.1f, nan}) {
    sampling how;
    how.top_p = bad;
    refused(how, "top_p");
    how = {};
    how.min_p = bad;
    refused(how, "min_p");
  }
  for (const float bad : {0.0f, -1.0f, nan, inf}) {
    sampling how;
    how.repetition_penalty = bad;
    refused(how, "repetition_penalty");
  }
  for (const float bad : {nan, inf, -inf}) {
    sampling how;
    how.presence_penalty = bad;
    refused(how, "presence_penalty");
    how = {};
    how.frequency_penalty = bad;
    refused(how, "frequency_penalty");
    how = {};
    how.logit_bias = {{1, bad}};
    refused(how, "logit_bias");
  }
  for (const token bad : {-1, 8}) {
    sampling how;
    how.logit_bias = {{bad, 1.0f}};
    refused(how, "logit_bias");
  }
}

TEST_CASE("sampler: logits that are no numbers still give a token of the vocabulary") {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  const std::vector<std::vector<float>> cases = {{nan, nan, nan, nan}, {nan, 1, 2, 3},           {1, 2, nan, 3},
                                                 {inf, inf, 1, 0},     {-inf, -inf, -inf, -inf}, {inf, nan, -inf, 0},
                                                 {-inf, 2, -inf, nan}};
  for (auto how : {plain(), sampling{}}) {
    for (const float temperature : {0.0f, 0.7f})
      for (const std::size_t k : {0u, 2u}) {
        how.temperature = temperature;
        how.top_k = k;
        how.min_p = 0.1f;
        how.repetition_penalty = 1.5f;
        auto s = make(how, 4);
        for (const auto& logits : cases)
          for (int i = 0; i < 20; ++i) {
            const token id = draw(s, logits, {0, 1});
            CHECK((id >= 0 && id < 4));
          }
      }
  }
  auto how = plain();
  auto s = make(how, 4);
  for (int i = 0; i < 50; ++i) CHECK(draw(s, {-inf, 2, -inf, -inf}) == 1);  // a masked token never comes
}

TEST_CASE("sampler: only allowed tokens come, whatever is asked") {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  const std::vector<std::uint64_t> allowed = {0b01100100};  // 2, 5, 6
  const std::vector<std::vector<float>> cases = {
      logs({0.02, 0.3, 0.05, 0.25, 0.18, 0.1, 0.06, 0.04}), {nan, nan, nan, nan, nan, nan, nan, nan},
      {inf, inf, -inf, inf, inf, -inf, -inf, inf},          {9, 9, nan, 9, 9, -50, nan, 9},
      {-inf, -inf, -inf, -inf, -inf, -inf, -inf, -inf},     {1, 2, inf, 3, 4, nan, -inf, 5}};
  for (const float temperature : {0.0f, 0.7f, 100.0f})
    for (const std::size_t k : {0u, 1u, 3u})
      for (const float p : {0.0f, 0.5f, 1.0f})
        for (const float min : {0.0f, 0.5f, 1.0f}) {
          auto how = plain();
          how.temperature = temperature;
          how.top_k = k;
          how.top_p = p;
          how.min_p = min;
          how.repetition_penalty = 2;
          how.presence_penalty = -100;  // a reward
          how.logit_bias = {{1, 1e30f}, {5, -1e30f}, {7, 1e30f}};
          auto s = make(how);
          for (const auto& logits : cases)
            for (int i = 0; i < 5; ++i) {
              auto l = logits;
              const token id = s(l, std::vector<token>{0, 1, 3, 3}, allowed);
              CHECK((id == 2 || id == 5 || id == 6));
            }
        }
  // filters count the allowed ones only
  auto how = plain();
  const auto drawn_allowed = [&](std::uint64_t bits) {
    auto s = make(how);
    std::set<token> all;
    for (int i = 0; i < 300; ++i) {
      auto l = eight;
      all.insert(s(l, {}, std::span(&bits, 1)));
    }
    return all;
  };
  how.top_k = 2;
  CHECK(drawn_allowed(0b11100101) == std::set<token>{5, 6});  // of 0.02 0.05 0.1 0.06 0.04
  how.top_k = 0;
  how.top_p = 0.5f;
  CHECK(drawn_allowed(0b11100101) == std::set<token>{5, 6});
  how.top_p = 1;
  how.min_p = 0.55f;
  CHECK(drawn_allowed(0b11100101) == std::set<token>{5, 6});
  how.temperature = 0;
  CHECK(drawn_allowed(0b11100101) == std::set<token>{5});
  CHECK(drawn_allowed(0b00000001) == std::set<token>{0});
  // a mask that is short forbids what it does not reach
  auto s = make(how, 100);
  std::vector<float> many(100, 0.0f);
  many[90] = 5;
  CHECK(s(many, {}, std::vector<std::uint64_t>{std::uint64_t{1} << 33}) == 33);
}

TEST_CASE("sampler: no allocation after the first call") {
  sampling how = plain();
  how.repetition_penalty = 1.1f;
  auto s = make(how, 1000);
  std::vector<float> logits(1000, -50.0f);
  logits[3] = 0;
  std::vector<token> seen(64, 1);
  (void)s(logits, std::span(seen).first(1));  // one token stands out: little is kept
  std::fill(logits.begin(), logits.end(), 0.0f);
  for (std::size_t i = 0; i < 64; ++i) seen[i] = static_cast<token>(i);
  const auto before = allocations::bytes();
  for (int i = 0; i < 10; ++i) (void)s(logits, seen);
  CHECK(allocations::bytes() == before);
}
