// The tokens that can still be drawn, and the steps that drop some of them or change their weights.
// sampler.hpp takes the steps in their order.
#pragma once

#include <retort/api.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

RETORT_BEGIN
namespace detail {

inline bool is_allowed(std::span<const std::uint64_t> allowed, std::size_t id) {
  return allowed.empty() || (id / 64 < allowed.size() && (allowed[id / 64] >> id % 64 & 1) != 0);
}

/// The allowed token with the largest logit, the first of equals; one that is no number loses to any that is.
inline token best_of(std::span<const float> logits, std::span<const std::uint64_t> allowed) {
  std::size_t best = logits.size();
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (is_allowed(allowed, i) &&
        (best == logits.size() || logits[i] > logits[best] || (logits[best] != logits[best] && logits[i] == logits[i])))
      best = i;
  return static_cast<token>(best == logits.size() ? 0 : best);
}

/// The standard deviation of the allowed logits that are finite.
inline double deviation_of(std::span<const float> logits, std::span<const std::uint64_t> allowed) {
  double sum = 0, squares = 0, n = 0;
  const auto each = [&](auto take) {
    for (std::size_t i = 0; i < logits.size(); ++i)
      if (std::isfinite(logits[i]) && is_allowed(allowed, i)) take(static_cast<double>(logits[i]));
  };
  each([&](double l) { sum += l, ++n; });
  each([&](double l) { squares += (l - sum / n) * (l - sum / n); });
  return n > 0 ? std::sqrt(squares / n) : 0;
}

/// A list in the making, never empty after open(). Weights and order are worked out when a step needs them.
class candidates {
 public:
  /// What has less than 1e-9 of the best's probability cannot matter to any draw.
  static constexpr float negligible = 21;

  /// Keeps its tokens in `all`, which has room for all of them.
  explicit candidates(std::vector<candidate>& all) : all_(all) {}

  /// The allowed tokens whose logit is within `depth` of the best, or all that are finite.
  void open(std::span<const float> logits, std::span<const std::uint64_t> allowed, std::optional<float> depth) {
    const token first = best_of(logits, allowed);
    const float best = logits[static_cast<std::size_t>(first)];
    const float floor = depth ? best - *depth : std::numeric_limits<float>::lowest();
    all_.clear();
    for (std::size_t i = 0; i < logits.size(); ++i)
      if (logits[i] >= floor && is_allowed(allowed, i))
        all_.push_back({logits[i] == best ? 0 : logits[i] - best, 1, static_cast<token>(i)});
    if (all_.empty()) all_.push_back({0, 1, first});  // logits that are no numbers: still an answer
  }

  /// Divides by a temperature above 0.
  void temper(float temperature) {
    for (candidate& c : all_) c.x /= temperature;
    temperature_ *= temperature;
    weighed_ = sorted_ = false;
  }
  void drop_negligible() {
    std::erase_if(all_, [](const candidate& c) { return c.x < -negligible; });
  }
  /// Those whose logit, before any temperature, was within `distance` of the best.
  void keep_near(float distance) {
    std::erase_if(all_, [&](const candidate& c) { return c.x * temperature_ < -distance; });
  }
  void keep_best(std::size_t k) {
    if (k >= all_.size()) return;
    weigh();
    const auto end = all_.begin() + static_cast<std::ptrdiff_t>(k);
    if (!sorted_) std::nth_element(all_.begin(), end - 1, all_.end(), is_better);
    all_.erase(end, all_.end());
  }
  /// The fewest tokens that together reach `p`, the most likely first.
  void keep_mass(float p) {
    sort();
    cut_at(p);
  }
  /// The same, those first whose surprise is closest to the expected one.
  void keep_typical(float p) {
    const double expected = entropy();
    const auto log_sum = static_cast<float>(std::log(sum()));
    const auto oddness = [&](const candidate& c) { return std::abs(log_sum - c.x - static_cast<float>(expected)); };
    std::sort(all_.begin(), all_.end(), [&](const candidate& a, const candidate& b) {
      const float x = oddness(a), y = oddness(b);
      return x != y ? x < y : is_better(a, b);
    });
    sorted_ = false;
    cut_at(p);
  }
  /// Those that have at least this share of the best one's probability.
  void keep_share(float share) {
    weigh();
    float best = 0;
    for (const candidate& c : all_) best = std::max(best, c.p);
    std::erase_if(all_, [&](const candidate& c) { return c.p < share * best; });
  }
  /// Of those with at least the probability `threshold` the least likely, and all below.
  void drop_top(float threshold) {
    sort();
    const double least = static_cast<double>(threshold) * sum();
    std::size_t n = 0;
    while (n < all_.size() && static_cast<double>(all_[n].p) >= least) ++n;
    if (n > 1) all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(n - 1));
  }
  /// Those that surprise by no more than so many bits, and the best one.
  void keep_expected(float bits) {
    sort();
    const double least = sum() * std::exp2(-static_cast<double>(bits));
    std::size_t n = 1;
    while (n < all_.size() && static_cast<double>(all_[n].p) >= least) ++n;
    all_.resize(n);
  }

  /// In nats, of the probabilities as they are; the most it could be is log(size()).
  [[nodiscard]] double entropy() {
    weigh();
    const double total = sum();
    double mean = 0;
    for (const candidate& c : all_)
      if (c.p > 0) mean += static_cast<double>(c.p) * static_cast<double>(c.x);
    return std::log(total) - mean / total;
  }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

  /// The one at the share `u` of all, 0 <= u < 1, and its probability.
  std::pair<token, double> draw(double u) {
    sort();
    const double total = sum();
    double left = u * total;
    for (const candidate& c : all_) {
      left -= static_cast<double>(c.p);
      if (left < 0) return {c.id, static_cast<double>(c.p) / total};
    }
    return {all_.back().id, static_cast<double>(all_.back().p) / total};
  }

 private:
  static bool is_better(const candidate& a, const candidate& b) { return a.p != b.p ? a.p > b.p : a.id < b.id; }

  void weigh() {
    if (std::exchange(weighed_, true)) return;
    for (candidate& c : all_) c.p = std::exp(c.x);
  }
  void sort() {
    weigh();
    if (!std::exchange(sorted_, true)) std::sort(all_.begin(), all_.end(), is_better);
  }
  [[nodiscard]] double sum() const {
    double all = 0;
    for (const candidate& c : all_) all += static_cast<double>(c.p);
    return all;
  }
  /// Drops what comes after the share `p` of all is reached.
  void cut_at(float p) {
    const double enough = static_cast<double>(p) * sum();
    double reached = 0;
    std::size_t n = 0;
    while (n < all_.size() && reached < enough) reached += static_cast<double>(all_[n++].p);
    all_.resize(std::max<std::size_t>(n, 1));
  }

  std::vector<candidate>& all_;
  float temperature_ = 1;
  bool weighed_ = false, sorted_ = false;
};

}  // namespace detail
RETORT_END
