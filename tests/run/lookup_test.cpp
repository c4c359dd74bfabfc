// Guesses change nothing but the number of passes: the same tokens, and the same distribution.
#include "run/support.hpp"

#include <retort/chat/answer.hpp>

using namespace retort;
using namespace support;

namespace {

constexpr std::size_t n_words = 4;  // different tokens of the prompt

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
  const auto once = tiny::tokens(n_words);
  std::vector<token> prompt;
  for (int i = 0; i < 6; ++i) prompt.insert(prompt.end(), once.begin(), once.end());
  REQUIRE(s.sync(prompt));
  sampling draw{.temperature = temperature, .top_p = 1, .seed = seed};
  for (token t : once)  // a random model has no favourites; these make some guesses come true
    if (temperature > 0) draw.logit_bias.emplace_back(t, 12.0f);
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
  for (std::uint64_t seed = 0; seed < 300; ++seed)
    CHECK(write(m, 0, 1, seed, 20).tokens == write(m, 5, 1, seed, 20).tokens);
}

TEST_CASE("guesses: the same distribution at temperature 1, by a chi-square test") {
  // The last two of six tokens: with guesses they are often those that were guessed or refused. Other seeds on each
  // side, so that equal distributions are shown and not equal draws.
  const model& m = model_of("llama");
  const auto words = tiny::tokens(n_words);
  constexpr std::size_t n = 4000, n_bins = (n_words + 1) * (n_words + 1);
  double plain[n_bins] = {}, guessed[n_bins] = {};
  std::size_t n_right = 0;
  const auto bin = [&words](const written& w) {
    std::size_t at = 0;
    for (std::size_t back = 1; back <= 2 && back <= w.tokens.size(); ++back)
      at = at * (n_words + 1) +
           static_cast<std::size_t>(std::find(words.begin(), words.end(), w.tokens[w.tokens.size() - back]) -
                                    words.begin());
    return at;
  };
  for (std::size_t i = 0; i < n; ++i) {
    const auto a = write(m, 0, 1, 2 * i + 1, 6), b = write(m, 3, 1, 2 * i + 2, 6);
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
  REQUIRE(degrees > 10);
  CHECK(n_right > 50);
  // mean degrees - 1, deviation sqrt(2 (degrees - 1)): five deviations; the seeds are fixed, so it never flickers
  CHECK(chi2 < static_cast<double>(degrees - 1) + 5 * std::sqrt(2.0 * static_cast<double>(degrees - 1)));
}
