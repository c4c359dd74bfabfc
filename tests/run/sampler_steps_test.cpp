// The steps that are off by default, and their order.
#include "catch.hpp"
#include "allocations.hpp"

#include <retort/run/sampler.hpp>

#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>

using namespace retort;
using step = sampling_step;

namespace {

/// A plain draw.
sampling plain() {
  sampling how;
  how.temperature = 1;
  how.top_p = 1;
  return how;
}
sampler make(const sampling& how, std::size_t n_vocab = 8) {
  auto s = sampler::make(how, n_vocab);
  if (!s) FAIL(s.error().what);
  return std::move(*s);
}
std::vector<float> logs(std::vector<double> p) {
  std::vector<float> l;
  for (double x : p) l.push_back(static_cast<float>(std::log(x)));
  return l;
}
/// How often each token comes.
std::map<token, int> counted(const sampling& how, std::vector<float> logits, int n = 500,
                             const std::vector<token>& seen = {}) {
  auto s = make(how, logits.size());
  std::map<token, int> all;
  for (int i = 0; i < n; ++i) ++all[s(logits, seen)];
  return all;
}
std::set<token> drawn(const sampling& how, const std::vector<float>& logits) {
  std::set<token> all;
  for (const auto& [id, n] : counted(how, logits)) all.insert(id);
  return all;
}
/// Within five standard deviations of what the share predicts.
bool is_share(int found, int n, double share) {
  return std::abs(found - n * share) < 5 * std::sqrt(n * share * (1 - share)) + 1;
}
const std::vector<float> eight = logs({0.02, 0.3, 0.05, 0.25, 0.18, 0.1, 0.06, 0.04});

}  // namespace

TEST_CASE("sampler: top-n-sigma keeps what stands out, whatever the temperature") {
  std::vector<float> logits(100);
  for (std::size_t i = 0; i < 100; ++i) logits[i] = i % 2 ? 1.0f : -1.0f;
  logits[10] = 9;
  logits[20] = 8;
  logits[30] = 6;
  double mean = 0, square = 0;
  for (float l : logits) mean += static_cast<double>(l) / 100;
  for (float l : logits) square += (static_cast<double>(l) - mean) * (static_cast<double>(l) - mean) / 100;
  const double sigma = std::sqrt(square);  // about 1.7
  CHECK((sigma > 1.1 && sigma < 2.9));
  for (const float temperature : {0.8f, 1.0f, 5.0f})
    for (const auto& order : {std::vector<step>{}, {step::top_n_sigma, step::temperature}}) {
      auto how = plain();
      how.temperature = temperature;
      how.order = order;
      how.top_n_sigma = static_cast<float>(0.9 / sigma);
      CHECK(drawn(how, logits) == std::set<token>{10});
      how.top_n_sigma = static_cast<float>(1.1 / sigma);
      CHECK(drawn(how, logits) == std::set<token>{10, 20});
    }
  auto how = plain();
  how.temperature = 5;
  how.top_n_sigma = static_cast<float>(3.1 / sigma);
  CHECK(drawn(how, logits) == std::set<token>{10, 20, 30});
  how.top_n_sigma = 100;
  CHECK(drawn(how, logits).size() > 50);
  // a mask changes what the deviation is of
  how.top_n_sigma = 1;
  std::vector<float> two = {5, 4, -100, -100};
  auto s = make(how, 4);
  const std::uint64_t first_two = 3;
  for (int i = 0; i < 100; ++i) CHECK(s(two, {}, std::span(&first_two, 1)) == 0);  // sigma is 0.5 among them
}

TEST_CASE("sampler: typical keeps what surprises as much as expected") {
  const auto logits = logs({0.6, 0.2, 0.1, 0.1});  // 1.57 bits; 0.6 has 0.74, 0.2 has 2.32, 0.1 has 3.32
  auto how = plain();
  how.typical_p = 0.15f;
  CHECK(drawn(how, logits) == std::set<token>{1});
  how.typical_p = 0.5f;
  CHECK(drawn(how, logits) == std::set<token>{0, 1});
  how.typical_p = 0.85f;
  CHECK(drawn(how, logits) == std::set<token>{0, 1, 2});
  how.typical_p = 0.99f;
  CHECK(drawn(how, logits).size() == 4);
  how.typical_p = 0;
  CHECK(drawn(how, logits) == std::set<token>{1});
  // what is kept is drawn by its own shares
  how.typical_p = 0.5f;
  CHECK(is_share(counted(how, logits, 20000)[0], 20000, 0.75));
}

TEST_CASE("sampler: xtc drops the top choices now and then") {
  const auto logits = logs({0.4, 0.3, 0.2, 0.1});
  auto how = plain();
  how.xtc.probability = 1;
  how.xtc.threshold = 0.15f;  // three reach it, the third stays
  CHECK(drawn(how, logits) == std::set<token>{2, 3});
  CHECK(is_share(counted(how, logits, 20000)[2], 20000, 2.0 / 3));
  how.xtc.threshold = 0.35f;  // one reaches it: nothing else would be left to choose well
  CHECK(drawn(how, logits).size() == 4);
  how.xtc.threshold = 0.6f;
  CHECK(drawn(how, logits).size() == 4);
  how.xtc.threshold = 0.05f;
  CHECK(drawn(how, logits) == std::set<token>{3});
  how.xtc.threshold = 0.15f;
  how.xtc.probability = 0.25f;
  auto all = counted(how, logits, 20000);
  CHECK(is_share(all[0], 20000, 0.75 * 0.4));
  CHECK(is_share(all[3], 20000, 0.75 * 0.1 + 0.25 / 3));
}

TEST_CASE("sampler: a dynamic temperature follows the entropy") {
  const auto check = [](double p, float temperature, float range, float exponent) {
    const auto logits = logs({p, 1 - p});
    const double share = -(p * std::log(p) + (1 - p) * std::log(1 - p)) / std::log(2);
    const double low = std::max(0.0, static_cast<double>(temperature) - static_cast<double>(range));
    const double high = static_cast<double>(temperature) + static_cast<double>(range);
    const double t = low + (high - low) * std::pow(share, static_cast<double>(exponent));
    auto how = plain();
    how.temperature = temperature;
    how.dynamic.range = range;
    how.dynamic.exponent = exponent;
    const double a = std::pow(p, 1 / t), b = std::pow(1 - p, 1 / t);
    INFO(p << " at " << t);
    CHECK(is_share(counted(how, logits, 20000)[0], 20000, a / (a + b)));
  };
  check(0.75, 1, 0.5f, 1);
  check(0.9, 1, 0.8f, 1);
  check(0.9, 1, 0.8f, 3);
  check(0.6, 2, 1, 0.5f);
  check(0.75, 0, 1, 1);  // from 0 to 1
  // what is certain stays so
  auto how = plain();
  how.dynamic.range = 1;
  CHECK(drawn(how, {20, 0, 0, 0}) == std::set<token>{0});
}

TEST_CASE("sampler: mirostat keeps the surprise near tau") {
  std::vector<double> p(2000);
  for (std::size_t i = 0; i < p.size(); ++i) p[i] = 1 / static_cast<double>(i + 1);
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& x : p) x /= sum;
  auto logits = logs(p);
  double last = 0;
  for (const float tau : {1.0f, 3.0f, 5.0f}) {
    auto how = plain();
    how.mirostat.tau = tau;
    how.top_k = 1;  // no step but the temperature counts
    auto s = make(how, p.size());
    double bits = 0, mean = 0, bound = 2 * static_cast<double>(tau);
    constexpr int n = 4000;
    for (int i = 0; i < n; ++i) {
      const auto id = static_cast<std::size_t>(s(logits, {}));
      double kept = 0;
      for (std::size_t j = 0; j < p.size() && (j == 0 || -std::log2(p[j]) <= bound + 1e-3); ++j) kept += p[j];
      REQUIRE((id == 0 || -std::log2(p[id]) <= bound + 1e-3));
      const double surprise = -std::log2(p[id] / kept);
      bound -= 0.1 * (surprise - static_cast<double>(tau));
      mean += surprise / n;
      bits -= std::log2(p[id]) / n;
    }
    INFO(tau << " gave " << mean);
    CHECK(std::abs(mean - static_cast<double>(tau)) < 0.05);
    CHECK(bits > last + 0.5);
    last = bits;
  }
  // a branch knows what was learnt
  auto how = plain();
  how.mirostat.tau = 2;
  auto a = make(how, p.size());
  for (int i = 0; i < 50; ++i) (void)a(logits, {});
  auto b = a;
  for (int i = 0; i < 50; ++i) CHECK(a(logits, {}) == b(logits, {}));
}

TEST_CASE("sampler: dry makes the end of a repetition less likely") {
  auto how = plain();
  how.temperature = 0;
  how.dry.multiplier = 1;
  const std::vector<token> seen = {1, 2, 3, 4, 0, 1, 2, 3};  // 4 would make it four
  const auto draws = [&](float best, float other, const std::vector<token>& after) {
    std::vector<float> l = {0, 0, 0, 0, best, other, 0, 0};
    const auto before = l;
    auto s = make(how);
    const token id = s(l, after);
    CHECK(l == before);
    return id;
  };
  CHECK(draws(4, 2.2f, seen) == 4);  // 4 - 1 * 1.75^(3 - 2)
  CHECK(draws(4, 2.3f, seen) == 5);
  how.dry.allowed = 3;
  CHECK(draws(4, 2.9f, seen) == 4);
  CHECK(draws(4, 3.1f, seen) == 5);
  how.dry.allowed = 4;
  CHECK(draws(4, 3.9f, seen) == 4);
  how.dry.allowed = 2;
  how.dry.base = 3;
  how.dry.multiplier = 0.5f;
  CHECK(draws(4, 2.4f, seen) == 4);  // 1.5
  CHECK(draws(4, 2.6f, seen) == 5);
  how.dry.breakers = {2};
  CHECK(draws(4, 3.9f, seen) == 4);
  how.dry.breakers = {6, 4};
  CHECK(draws(4, 3.9f, seen) == 4);
  how.dry.breakers = {};
  how.dry.window = 7;  // the former place begins before it: only two tokens of it are left
  CHECK(draws(4, 3.4f, seen) == 4);
  CHECK(draws(4, 3.6f, seen) == 5);
  how.dry.window = 4;
  CHECK(draws(4, 3.9f, seen) == 4);
  how.dry.window = 1024;
  std::vector<token> many(3000, 4);  // any length, no infinity
  CHECK(draws(1e20f, 1, many) == 5);
  // ids that are not of this vocabulary do no harm
  CHECK(draws(4, 3, {100, -5, 7, 100, -5}) == 4);
  CHECK(draws(4, 3, {-5, 7, 7, 100, -5, 7, 7}) == 4);
}

TEST_CASE("sampler: the steps come in the order that was asked for") {
  auto how = plain();
  how.temperature = 4;
  how.min_p = 0.5f;
  CHECK(drawn(how, eight).size() == 8);  // the temperature first: shares become fourth roots
  how.order = {step::min_p, step::temperature};
  CHECK(drawn(how, eight) == std::set<token>{1, 3, 4});
  how.order = {step::temperature};  // what is left out is not done
  CHECK(drawn(how, eight).size() == 8);
  how = plain();
  how.top_k = 2;
  how.xtc.probability = 1;
  how.xtc.threshold = 0.055f;
  CHECK(drawn(how, eight) == std::set<token>{3});  // of the best two the lesser
  how.order = {step::xtc, step::top_k};
  CHECK(drawn(how, eight) == std::set<token>{2, 6});  // 0.06 is the least above the threshold; the next is 0.05
  how.order = {step::top_k, step::xtc};
  CHECK(drawn(how, eight) == std::set<token>{3});
  how = plain();
  how.temperature = 0.25f;
  how.order = {step::top_k};  // without the temperature it is 1
  CHECK(is_share(counted(how, eight, 20000)[1], 20000, 0.3));
  // far tails are there if a later temperature brings them back
  how = plain();
  how.temperature = 10;
  how.order = {step::top_k, step::temperature};
  CHECK(is_share(counted(how, {30, 0}, 20000)[1], 20000, 1 / (1 + std::exp(3.0))));
}

TEST_CASE("sampler: with everything on, only allowed tokens come, and nothing stays changed or is allocated") {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  const std::vector<std::uint64_t> allowed = {0b01100100};  // 2, 5, 6
  const std::vector<std::vector<float>> cases = {eight,
                                                 {nan, nan, nan, nan, nan, nan, nan, nan},
                                                 {inf, inf, -inf, inf, inf, -inf, -inf, inf},
                                                 {9, 9, nan, 9, 9, -50, nan, 9},
                                                 {-inf, -inf, -inf, -inf, -inf, -inf, -inf, -inf},
                                                 {1, 2, inf, 3, 4, nan, -inf, 5},
                                                 {3e38f, -3e38f, 3e38f, 0, 0, -3e38f, 1, 1}};
  std::vector<step> order = {step::temperature, step::top_n_sigma, step::top_k, step::typical_p,
                             step::min_p,       step::top_p,       step::xtc};
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    sampling how;
    how.order = order;
    how.order.resize(random() % 8);
    how.seed = random();
    how.temperature = round % 3 ? 0.9f : 50;
    how.dynamic.range = round % 2 ? 0.5f : 0;
    how.top_k = 4;
    how.typical_p = 0.7f;
    how.top_n_sigma = 2;
    how.min_p = 0.1f;
    how.xtc = {0.5f, 0.1f};
    how.dry.multiplier = 2;
    how.dry.breakers = {3};
    how.mirostat.tau = round % 5 ? 0 : 3;
    how.repetition_penalty = 1.2f;
    how.logit_bias = {{1, 1e30f}, {5, -1e30f}};
    auto s = make(how);
    std::vector<token> seen = {1, 2, 1, 2, 5, 6, 1, 2};
    std::vector<float> first = cases[0];
    (void)s(first, seen, allowed);
    for (const auto& logits : cases)
      for (int i = 0; i < 20; ++i) {
        auto l = logits;
        const auto before = allocations::bytes();
        const token id = s(l, seen, i % 2 ? std::span<const std::uint64_t>(allowed) : std::span<const std::uint64_t>());
        CHECK(allocations::bytes() == before);
        CHECK((id >= 0 && id < 8));
        if (i % 2) CHECK((id == 2 || id == 5 || id == 6));
        CHECK(std::memcmp(l.data(), logits.data(), l.size() * sizeof(float)) == 0);
      }
  }
}

TEST_CASE("sampler: settings of these steps that are out of range are refused by name") {
  const auto refused = [](auto set, const char* field) {
    sampling how;
    set(how);
    const auto s = sampler::make(how, 8);
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::bad_argument);
    INFO(s.error().what);
    CHECK(s.error().what.find(field) != std::string::npos);
  };
  for (const float bad : {-0.1f, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    refused([&](sampling& s) { s.typical_p = bad; }, "typical_p");
    refused([&](sampling& s) { s.top_n_sigma = bad; }, "top_n_sigma");
    refused([&](sampling& s) { s.xtc.probability = bad; }, "xtc.probability");
    refused([&](sampling& s) { s.xtc.threshold = bad; }, "xtc.threshold");
    refused([&](sampling& s) { s.dynamic.range = bad; }, "dynamic.range");
    refused([&](sampling& s) { s.dynamic.exponent = bad; }, "dynamic.exponent");
    refused([&](sampling& s) { s.dry.multiplier = bad; }, "dry.multiplier");
    refused([&](sampling& s) { s.dry.base = bad; }, "dry.base");
    refused([&](sampling& s) { s.mirostat.tau = bad; }, "mirostat.tau");
    refused([&](sampling& s) { s.mirostat.eta = bad; }, "mirostat.eta");
  }
  refused([](sampling& s) { s.dry.breakers = {8}; }, "dry.breakers");
  refused([](sampling& s) { s.dry.window = std::size_t{1} << 30; }, "dry.window");
  refused([](sampling& s) { s.order = {step::top_k, step::top_k}; }, "order");
  refused([](sampling& s) { s.order = {static_cast<step>(77)}; }, "order");
}
