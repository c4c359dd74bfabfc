// Replaces a program's operator new by one that counts, and fails when it is told to. For one file of a program.
#pragma once

#include "replaced_new.hpp"

#include <atomic>

namespace failing {

inline std::atomic<long> live{0};          // blocks that were not given back
inline std::atomic<long> until{0};         // the allocation that fails, counted from arm(); 0 = none
inline std::atomic<bool> for_good{false};  // and all that follow it
inline std::atomic<bool> fired{false};

/// From now on the k-th allocation fails, or all from it on.
inline void arm(long k, bool all) {
  fired = false;
  for_good = all;
  until = k;
}
inline void disarm() { until = 0; }

inline bool fails_now() noexcept {
  long left = until;
  if (left == 0) return false;
  if (left > 1) {
    until = left - 1;
    return false;
  }
  fired = true;
  if (!for_good) until = 0;
  return true;
}
}  // namespace failing

bool replaced_new::may_take(std::size_t) noexcept { return !failing::fails_now(); }
void replaced_new::taken(int blocks, std::size_t) noexcept { failing::live += blocks; }
