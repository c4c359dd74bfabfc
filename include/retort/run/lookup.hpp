// Guesses for free: what followed the last time the same words were written.
#pragma once

#include <retort/api.hpp>

#include <algorithm>

RETORT_BEGIN

/// The tokens that followed the latest earlier occurrence of the last few tokens.
///
/// Looks for the last four tokens first, then three, then two, in the latest `window` tokens. A guess costs
/// nothing but its row in the next pass, and is kept only if the sampler draws the very same token, so that it
/// never changes what is written.
///
/// shape   out: at most out.size() tokens; returns how many there are, 0 when nothing was found
/// cost    O(window), no allocation
/// source  prompt lookup decoding; verification as in arXiv:2211.17192 with a draft that is certain of itself
inline std::size_t look_up(std::span<const token> seen, std::span<token> out, std::size_t window = 8192) {
  seen = seen.last(std::min(seen.size(), window));
  for (std::size_t n = 4; n >= 2; --n) {
    if (seen.size() <= n) continue;
    const auto wanted = seen.last(n);
    for (std::size_t at = seen.size() - n; at-- > 0;) {
      if (!std::equal(wanted.begin(), wanted.end(), seen.begin() + static_cast<std::ptrdiff_t>(at))) continue;
      const auto follows = seen.subspan(at + n, std::min(out.size(), seen.size() - at - n));
      std::copy(follows.begin(), follows.end(), out.begin());
      return follows.size();
    }
  }
  return 0;
}

RETORT_END
