// From logits to a token: pure functions of logits, history and a seed.
// Next: candidates.hpp (the steps), dry.hpp (repetitions).
#pragma once

#include <retort/base/border.hpp>
#include <retort/run/candidates.hpp>
#include <retort/run/dry.hpp>

RETORT_BEGIN

#if RETORT_CARRIES(RETORT_PART_RUN)

RETORT_INLINE result<sampler> sampler::make(const sampling& how, std::size_t n_vocab) {
  return detail::at_border([&]() -> result<sampler> {
    const auto bad = [](const char* field, const char* range) {
      return error{errc::bad_argument, std::string("sampling: ") + field + " must be " + range};
    };
    const auto within = [](float x, float low, float high) { return x >= low && x <= high; };
    const auto is_known = [&](token id) { return id >= 0 && static_cast<std::size_t>(id) < n_vocab; };
    struct limits {
      const char* field;
      float value, low, high;
      const char* range;
    };
    for (const limits& l : {
             limits{"temperature", how.temperature, 0, 100, "0 to 100"},
             limits{"top_p", how.top_p, 0, 1, "0 to 1"},
             limits{"min_p", how.min_p, 0, 1, "0 to 1"},
             limits{"repetition_penalty", how.repetition_penalty, 0.01f, 100, "0.01 to 100"},
             limits{"presence_penalty", how.presence_penalty, -100, 100, "-100 to 100"},
             limits{"frequency_penalty", how.frequency_penalty, -100, 100, "-100 to 100"},
             limits{"typical_p", how.typical_p, 0, 1, "0 to 1"},
             limits{"top_n_sigma", how.top_n_sigma, 0, 1000, "0 to 1000"},
             limits{"xtc.probability", how.xtc.probability, 0, 1, "0 to 1"},
             limits{"xtc.threshold", how.xtc.threshold, 0, 1, "0 to 1"},
             limits{"dynamic.range", how.dynamic.range, 0, 100, "0 to 100"},
             limits{"dynamic.exponent", how.dynamic.exponent, 0, 100, "0 to 100"},
             limits{"dry.multiplier", how.dry.multiplier, 0, 100, "0 to 100"},
             limits{"dry.base", how.dry.base, 1, 100, "1 to 100"},
             limits{"mirostat.tau", how.mirostat.tau, 0, 100, "0 to 100"},
             limits{"mirostat.eta", how.mirostat.eta, 0, 1, "0 to 1"},
         })
      if (!within(l.value, l.low, l.high)) return bad(l.field, l.range);
    if (how.dry.window > std::size_t{1} << 20) return bad("dry.window", "at most 2^20");
    for (const auto& [id, bias] : how.logit_bias)
      if (!is_known(id) || !within(bias, -1e30f, 1e30f)) return bad("logit_bias", "of known ids and finite");
    if (!std::all_of(how.dry.breakers.begin(), how.dry.breakers.end(), is_known))
      return bad("dry.breakers", "of known ids");
    for (const sampling_step step : how.order)
      if (step > sampling_step::xtc || std::count(how.order.begin(), how.order.end(), step) > 1)
        return bad("order", "of known steps, each at most once");
    sampler s;
    s.how_ = how;
    s.n_vocab_ = n_vocab;
    std::sort(s.how_.dry.breakers.begin(), s.how_.dry.breakers.end());
    using step = sampling_step;
    if (how.order.empty())
      s.how_.order = {step::temperature, step::top_n_sigma, step::top_k, step::typical_p,
                      step::min_p,       step::top_p,       step::xtc};
    if (how.mirostat.tau > 0) s.how_.order = {step::temperature};
    s.most_surprise_ = 2 * how.mirostat.tau;
    std::uint64_t x = how.seed;
    for (auto& word : s.state_) {  // splitmix64 spreads the seed over xoshiro256**'s state
      std::uint64_t z = (x += 0x9e3779b97f4a7c15u);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      word = z ^ (z >> 31);
    }
    s.reserve();
    return s;
  });
}

RETORT_INLINE sampler::sampler(const sampler& o)
    : how_(o.how_), n_vocab_(o.n_vocab_), state_(o.state_), most_surprise_(o.most_surprise_) {
  reserve();
}
RETORT_INLINE sampler& sampler::operator=(const sampler& o) {
  if (this != &o) *this = sampler(o);
  return *this;
}
/// All the room that a call needs.
RETORT_INLINE void sampler::reserve() {
  const bool is_greedy = how_.temperature == 0 && how_.dynamic.range == 0;
  const bool penalizes = how_.repetition_penalty != 1 || how_.presence_penalty != 0 || how_.frequency_penalty != 0;
  how_.penalty_window = penalizes ? std::min(how_.penalty_window, std::size_t{1} << 20) : 0;
  const std::size_t n_searched = how_.dry.multiplier > 0 ? how_.dry.window : 0;
  if (!is_greedy) kept_.reserve(n_vocab_);
  last_.reserve(how_.penalty_window);
  matches_.reserve(n_searched);
  repetitions_.reserve(n_searched);
  changed_.reserve(how_.logit_bias.size() + std::min(how_.penalty_window, n_vocab_) + std::min(n_searched, n_vocab_));
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

/// Remembers in changed_ what stood there.
RETORT_INLINE void sampler::change(std::span<float> logits, token id, float to) {
  float& l = logits[static_cast<std::size_t>(id)];
  changed_.emplace_back(id, l);
  l = to;
}

RETORT_INLINE void sampler::penalize(std::span<float> logits, std::span<const token> seen) {
  for (const auto& [id, bias] : how_.logit_bias)
    if (const auto at = static_cast<std::size_t>(id); at < logits.size()) change(logits, id, logits[at] + bias);
  if (how_.repetition_penalty == 1 && how_.presence_penalty == 0 && how_.frequency_penalty == 0) return;
  seen = seen.last(std::min(seen.size(), how_.penalty_window));
  last_.assign(seen.begin(), seen.end());
  std::sort(last_.begin(), last_.end());
  for (std::size_t i = 0, end; i < last_.size(); i = end) {
    const token id = last_[i];
    for (end = i + 1; end < last_.size() && last_[end] == id;) ++end;
    if (id < 0 || static_cast<std::size_t>(id) >= logits.size()) continue;
    float l = logits[static_cast<std::size_t>(id)];
    l = l > 0 ? l / how_.repetition_penalty : l * how_.repetition_penalty;
    change(logits, id, l - (how_.presence_penalty + how_.frequency_penalty * static_cast<float>(end - i)));
  }
}

RETORT_INLINE void sampler::penalize_repetitions(std::span<float> logits, std::span<const token> seen) {
  const auto& dry = how_.dry;
  if (dry.multiplier == 0 || dry.window == 0) return;
  detail::find_repetitions(seen.last(std::min(seen.size(), dry.window)), dry.breakers, dry.allowed, matches_,
                           repetitions_);
  for (const auto& [id, length] : repetitions_) {
    if (id < 0 || static_cast<std::size_t>(id) >= logits.size()) continue;
    const double too_long = static_cast<double>(length) - static_cast<double>(dry.allowed);
    const double penalty = static_cast<double>(dry.multiplier) * std::pow(static_cast<double>(dry.base), too_long);
    change(logits, id, logits[static_cast<std::size_t>(id)] - static_cast<float>(std::min(penalty, 1e30)));
  }
}

RETORT_INLINE token sampler::operator()(std::span<float> logits, std::span<const token> seen,
                                        std::span<const std::uint64_t> allowed) noexcept {
  if (logits.size() > n_vocab_) logits = logits.first(n_vocab_);
  if (logits.empty()) return -1;
  changed_.clear();
  penalize(logits, seen);
  penalize_repetitions(logits, seen);
  const token drawn = draw(logits, allowed);
  for (auto at = changed_.rbegin(); at != changed_.rend(); ++at)
    logits[static_cast<std::size_t>(at->first)] = at->second;
  return drawn;
}

RETORT_INLINE token sampler::draw(std::span<const float> logits, std::span<const std::uint64_t> allowed) {
  const bool is_dynamic = how_.dynamic.range > 0;
  if (how_.temperature == 0 && !is_dynamic) return detail::best_of(logits, allowed);
  detail::candidates kept(kept_);
  std::optional<float> depth;  // a temperature that comes later may bring back what is far off
  if (!is_dynamic)
    depth = detail::candidates::negligible *
            (how_.order[0] == sampling_step::temperature ? how_.temperature : std::max(how_.temperature, 1.0f));
  kept.open(logits, allowed, depth);
  for (const sampling_step step : how_.order) take(step, kept, logits, allowed);
  const auto& [tau, eta] = how_.mirostat;
  if (tau > 0) kept.keep_expected(most_surprise_);
  const auto [drawn, p] = kept.draw(uniform());
  if (tau > 0 && p > 0) most_surprise_ -= eta * (static_cast<float>(-std::log2(p)) - tau);
  return drawn;
}

RETORT_INLINE void sampler::take(sampling_step step, detail::candidates& kept, std::span<const float> logits,
                                 std::span<const std::uint64_t> allowed) {
  switch (step) {
    case sampling_step::temperature: {
      const auto& [range, exponent] = how_.dynamic;
      if (range == 0) return kept.temper(how_.temperature);
      const float low = std::max(how_.temperature - range, 0.0f), high = how_.temperature + range;
      const double share = kept.size() > 1 ? kept.entropy() / std::log(static_cast<double>(kept.size())) : 0;
      const double rise = std::pow(std::clamp(share, 0.0, 1.0), static_cast<double>(exponent));
      kept.temper(std::max(low + (high - low) * static_cast<float>(rise), 1e-6f));
      return kept.drop_negligible();
    }
    case sampling_step::top_n_sigma:
      if (how_.top_n_sigma > 0)
        kept.keep_near(how_.top_n_sigma * static_cast<float>(detail::deviation_of(logits, allowed)));
      return;
    case sampling_step::top_k:
      if (how_.top_k > 0) kept.keep_best(how_.top_k);
      return;
    case sampling_step::typical_p:
      if (how_.typical_p < 1) kept.keep_typical(how_.typical_p);
      return;
    case sampling_step::min_p:
      if (how_.min_p > 0) kept.keep_share(how_.min_p);
      return;
    case sampling_step::top_p:
      if (how_.top_p < 1) kept.keep_mass(how_.top_p);
      return;
    case sampling_step::xtc:
      if (how_.xtc.probability > 0 && uniform() < static_cast<double>(how_.xtc.probability))
        kept.drop_top(how_.xtc.threshold);
      return;
  }
}

#endif

RETORT_END
