// From logits to a token: pure functions of logits, history and a seed.
#pragma once

#include <retort/api.hpp>

#include <algorithm>
#include <cmath>

RETORT_BEGIN

#if RETORT_CARRIES(RETORT_PART_RUN)

RETORT_INLINE result<sampler> sampler::make(const sampling& how, std::size_t n_vocab) {
  const auto bad = [](const char* field, const char* range) {
    return error{errc::bad_argument, std::string("sampling: ") + field + " must be " + range};
  };
  const auto within = [](float x, float low, float high) { return x >= low && x <= high; };
  if (!within(how.temperature, 0, 100)) return bad("temperature", "0 to 100");
  if (!within(how.top_p, 0, 1)) return bad("top_p", "0 to 1");
  if (!within(how.min_p, 0, 1)) return bad("min_p", "0 to 1");
  if (!within(how.repetition_penalty, 0.01f, 100)) return bad("repetition_penalty", "0.01 to 100");
  if (!within(how.presence_penalty, -100, 100)) return bad("presence_penalty", "-100 to 100");
  if (!within(how.frequency_penalty, -100, 100)) return bad("frequency_penalty", "-100 to 100");
  for (const auto& [id, bias] : how.logit_bias)
    if (id < 0 || static_cast<std::size_t>(id) >= n_vocab || !within(bias, -1e30f, 1e30f))
      return bad("logit_bias", "of known ids and finite");
  sampler s;
  s.how_ = how;
  std::uint64_t x = how.seed;
  for (auto& word : s.state_) {  // splitmix64 spreads the seed over xoshiro256**'s state
    std::uint64_t z = (x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    word = z ^ (z >> 31);
  }
  return s;
}

/// In [0, 1), 53 bits. source  xoshiro256**, Blackman and Vigna 2018 (public domain)
RETORT_INLINE double sampler::uniform() {
  const auto rotate = [](std::uint64_t v, int n) { return (v << n) | (v >> (64 - n)); };
  auto& s = state_;
  const std::uint64_t out = rotate(s[1] * 5, 7) * 9;
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return static_cast<double>(out >> 11) * 0x1p-53;
}

/// Remembers in changed_ what stood where it writes.
RETORT_INLINE void sampler::penalize(std::span<float> logits, std::span<const token> seen) {
  changed_.clear();
  changed_.reserve(how_.logit_bias.size() + how_.penalty_window);
  const auto change = [&](token id) -> float& {
    float& l = logits[static_cast<std::size_t>(id)];
    changed_.emplace_back(id, l);
    return l;
  };
  for (const auto& [id, bias] : how_.logit_bias) change(id) += bias;
  if (how_.repetition_penalty == 1 && how_.presence_penalty == 0 && how_.frequency_penalty == 0) return;
  counts_.clear();
  counts_.reserve(std::min(how_.penalty_window, logits.size()));
  for (token id : seen.last(std::min(seen.size(), how_.penalty_window))) {
    if (id < 0 || static_cast<std::size_t>(id) >= logits.size()) continue;
    const auto at = std::find_if(counts_.begin(), counts_.end(), [id](const auto& c) { return c.first == id; });
    if (at == counts_.end()) counts_.emplace_back(id, 1);
    else ++at->second;
  }
  for (const auto& [id, n] : counts_) {
    float& l = change(id);
    l = l > 0 ? l / how_.repetition_penalty : l * how_.repetition_penalty;
    l -= how_.presence_penalty + how_.frequency_penalty * static_cast<float>(n);
  }
}

RETORT_INLINE bool sampler::is_allowed(std::span<const std::uint64_t> allowed, std::size_t id) {
  return allowed.empty() || (id / 64 < allowed.size() && (allowed[id / 64] >> id % 64 & 1) != 0);
}

/// The allowed token with the largest logit, the first of equals; one that is no number loses to any that is.
RETORT_INLINE token sampler::best_of(std::span<const float> logits, std::span<const std::uint64_t> allowed) {
  std::size_t best = logits.size();
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (is_allowed(allowed, i) &&
        (best == logits.size() || logits[i] > logits[best] || (logits[best] != logits[best] && logits[i] == logits[i])))
      best = i;
  return static_cast<token>(best == logits.size() ? 0 : best);
}

/// Fills kept_ with the tokens that can still be drawn: p is exp of the
/// tempered logit less the best one, most likely first wherever an order matters.
RETORT_INLINE void sampler::keep_best(std::span<const float> logits, std::span<const std::uint64_t> allowed) {
  const token first = best_of(logits, allowed);
  const float best = logits[static_cast<std::size_t>(first)];
  // what has less than 1e-9 of the best's probability cannot matter to any draw
  const float floor = best - 21 * how_.temperature;
  kept_.clear();
  kept_.reserve(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (logits[i] >= floor && is_allowed(allowed, i))
      kept_.push_back({std::exp((logits[i] - best) / how_.temperature), static_cast<token>(i)});
  if (kept_.empty()) kept_.push_back({1, first});  // logits that are no numbers: still an answer
  const auto better = [](const candidate& a, const candidate& b) { return a.p != b.p ? a.p > b.p : a.id < b.id; };
  if (how_.top_k && how_.top_k < kept_.size()) {
    const auto end = kept_.begin() + static_cast<std::ptrdiff_t>(how_.top_k);
    std::nth_element(kept_.begin(), end - 1, kept_.end(), better);
    kept_.erase(end, kept_.end());
  }
  if (how_.min_p > 0) std::erase_if(kept_, [this](const candidate& c) { return c.p < how_.min_p; });
  std::sort(kept_.begin(), kept_.end(), better);
  if (how_.top_p < 1) {
    double sum = 0, reached = 0;
    for (const candidate& c : kept_) sum += static_cast<double>(c.p);
    std::size_t n = 0;
    while (n < kept_.size() && reached < static_cast<double>(how_.top_p) * sum)
      reached += static_cast<double>(kept_[n++].p);
    kept_.resize(std::max<std::size_t>(n, 1));
  }
}

RETORT_INLINE token sampler::operator()(std::span<float> logits, std::span<const token> seen,
                                        std::span<const std::uint64_t> allowed) {
  penalize(logits, seen);
  const token drawn = draw(logits, allowed);
  for (auto at = changed_.rbegin(); at != changed_.rend(); ++at)
    logits[static_cast<std::size_t>(at->first)] = at->second;
  return drawn;
}

RETORT_INLINE token sampler::draw(std::span<const float> logits, std::span<const std::uint64_t> allowed) {
  if (how_.temperature == 0) return best_of(logits, allowed);
  keep_best(logits, allowed);
  double sum = 0;
  for (const candidate& c : kept_) sum += static_cast<double>(c.p);
  double left = uniform() * sum;
  for (const candidate& c : kept_) {
    left -= static_cast<double>(c.p);
    if (left < 0) return c.id;
  }
  return kept_.back().id;
}

#endif

RETORT_END
