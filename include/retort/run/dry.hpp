// DRY: which tokens would lengthen a repetition, and how long it is. sampler.hpp makes them less likely.
#pragma once

#include <retort/api.hpp>

#include <algorithm>

RETORT_BEGIN
namespace detail {

/// For every token that stood after a former occurrence of the last n tokens of `seen`, n >= `least`: the largest n. No
/// repetition goes on across a breaker, and no breaker would lengthen one.
///
/// `breakers` sorted; `matches` is working memory; `out` is sorted by id
/// cost    O(n log n); allocates nothing where `matches` and `out` have room for seen.size()
/// source  Z function of the reversed text (Gusfield, Algorithms on Strings, Trees and Sequences, 1.4)
inline void find_repetitions(std::span<const token> seen, std::span<const token> breakers, std::size_t least,
                             std::vector<std::uint32_t>& matches, std::vector<repetition>& out) {
  const std::size_t n = seen.size();
  const auto back = [&](std::size_t i) { return seen[n - 1 - i]; };
  const auto breaks = [&](token t) { return std::binary_search(breakers.begin(), breakers.end(), t); };
  out.clear();
  std::size_t unbroken = 0;
  while (unbroken < n && !breaks(back(unbroken))) ++unbroken;
  if (unbroken < least) return;
  matches.assign(n, 0);            // [i]: how many of the last tokens end i tokens before the end too
  std::size_t begin = 0, end = 0;  // the match that reaches furthest
  for (std::size_t i = 1; i < n; ++i) {
    std::size_t length = i < end ? std::min<std::size_t>(matches[i - begin], end - i) : 0;
    while (i + length < n && back(length) == back(i + length)) ++length;
    if (i + length > end) begin = i, end = i + length;
    matches[i] = static_cast<std::uint32_t>(length);
    if (length >= least && !breaks(back(i - 1)))
      out.push_back({back(i - 1), static_cast<std::uint32_t>(std::min(length, unbroken))});
  }
  std::sort(out.begin(), out.end(),
            [](const repetition& a, const repetition& b) { return a.id != b.id ? a.id < b.id : a.length > b.length; });
  const auto same = [](const repetition& a, const repetition& b) { return a.id == b.id; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
}

}  // namespace detail
RETORT_END
