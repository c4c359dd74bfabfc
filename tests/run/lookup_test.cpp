// Guesses change nothing but the number of passes: the same tokens, and the same distribution.
#include "run/support.hpp"

#include <retort/run/answer.hpp>

using namespace retort;
using namespace support;

namespace {

struct written {
  std::vector<token> tokens;
  std::size_t n_guessed = 0;
};

/// Up to n tokens after a prompt that repeats itself, so that there is something to guess.
written write(const model& m, std::size_t max_guesses, float temperature, std::uint64_t seed, std::size_t n) {
  auto o = small(256);
  o.reproducible = true;
  o.max_guesses = max_guesses;
  auto s = open(m, o);
  const auto once = tiny::tokens(12);
  std::vector<token> prompt;
  for (int i = 0; i < 3; ++i) prompt.insert(prompt.end(), once.begin(), once.end());
  REQUIRE(s.sync(prompt));
  sampling draw{.temperature = temperature, .top_p = 1, .seed = seed};
  for (token t : once)  // a random model has no favourites; these make some guesses come true
    if (temperature > 0) draw.logit_bias.emplace_back(t, 4.0f);
  auto next = sampler::make(draw, m.info().n_vocab);
  REQUIRE(next);
  detail::answer_settings how;
  how.max_tokens = n;
  how.max_guesses = max_guesses;
  how.text.start = reply_start::answer;
  how.text.calls = false;
  detail::answer_writer writer(m, s, *next, how);
  for (;;) {
    REQUIRE(s.step());
    const auto more = writer.advance([](const reply_event&) {});
    REQUIRE(more);
    if (!*more) break;
  }
  const auto all = s.tokens();
  return {{all.begin() + static_cast<std::ptrdiff_t>(prompt.size()), all.end()}, writer.n_guessed()};
}

}  // namespace

TEST_CASE("guesses: the same tokens at temperature 0, in fewer passes") {
  std::size_t n_guessed = 0;
  for (const char* kind : {"llama", "qwen3moe", "deepseek2_v3"}) {
    const model& m = model_of(kind, dtype::q8_0);
    const auto plain = write(m, 0, 0, 1, 100), guessed = write(m, 5, 0, 1, 100);
    CHECK(plain.tokens == guessed.tokens);
    CHECK(plain.n_guessed == 0);
    n_guessed += guessed.n_guessed;
  }
  CHECK(n_guessed > 0);
}

TEST_CASE("guesses: a seed draws the same tokens with and without") {
  const model& m = model_of("llama", dtype::q8_0);
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    CHECK(write(m, 0, 0.3f, seed, 60).tokens == write(m, 5, 0.3f, seed, 60).tokens);
}

TEST_CASE("guesses: the same distribution at temperature 1, by a chi-square test") {
  // The second and third token after a repeated text: with guesses they are often those that were guessed or
  // refused. Other seeds on each side, so that equal distributions are shown and not equal draws.
  const model& m = model_of("llama");
  constexpr std::size_t n = 1500, n_bins = 16;
  double plain[n_bins] = {}, guessed[n_bins] = {};
  std::size_t n_right = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto a = write(m, 0, 1, 2 * i + 1, 3), b = write(m, 3, 1, 2 * i + 2, 3);
    const auto bin = [](const written& w) { return w.tokens.empty() ? 0 : static_cast<std::size_t>(w.tokens.back()) % n_bins; };
    ++plain[bin(a)];
    ++guessed[bin(b)];
    n_right += b.n_guessed;
  }
  double chi2 = 0;
  std::size_t degrees = 0;
  for (std::size_t i = 0; i < n_bins; ++i) {
    const double sum = plain[i] + guessed[i];
    if (sum < 10) continue;
    chi2 += (plain[i] - guessed[i]) * (plain[i] - guessed[i]) / sum;
    ++degrees;
  }
  INFO("chi-square " << chi2 << " of " << degrees << " bins, " << n_right << " guesses were right");
  REQUIRE(degrees > 5);
  CHECK(n_right > 100);
  // mean degrees - 1, deviation sqrt(2 (degrees - 1)): five deviations; the seeds are fixed, so it never flickers
  CHECK(chi2 < static_cast<double>(degrees - 1) + 5 * std::sqrt(2.0 * static_cast<double>(degrees - 1)));
}
