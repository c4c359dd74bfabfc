// When a call is to stop: a moment, or an amount of work where an input decides how much there is.
#pragma once

#include <retort/base/types.hpp>

#include <atomic>
#include <chrono>

RETORT_BEGIN

using work_clock = std::chrono::steady_clock;

/// The moment so much time from now; the end of time where it lies beyond.
inline work_clock::time_point deadline_after(std::chrono::nanoseconds budget) noexcept {
  const work_clock::time_point now = work_clock::now();
  return budget < work_clock::time_point::max() - now ? now + budget : work_clock::time_point::max();
}

namespace detail {

/// Steps in all, until when, and whether anybody still waits for it. Work of a kind says now and then how many steps it
/// took and ends where there are none left. Counts behind a const: whoever may read what is worked on may work.
///
/// cost  an addition and a comparison; the clock and the flag are looked at every `look` steps
class effort {
 public:
  static constexpr std::uint64_t most = std::uint64_t{1} << 28, look = 1u << 14;

  effort() = default;
  /// From now on.
  effort(std::chrono::nanoseconds budget, const std::atomic<bool>* cancelled) noexcept
      : deadline_(deadline_after(budget)), cancelled_(cancelled) {}

  /// Whether it is over, with these steps or before.
  [[nodiscard]] RETORT_ALWAYS_INLINE bool spend(std::size_t steps) const noexcept {
    spent_ += steps;
    return spent_ >= next_ && ask();
  }
  /// Why it is over.
  [[nodiscard]] error why() const {
    if (over_ == errc::cancelled) return {errc::cancelled, "cancelled"};
    return {errc::limit, spent_ >= most ? "it takes more than " + std::to_string(most) + " steps"
                                        : "it takes longer than it may: see compile_limits::budget"};
  }
  [[nodiscard]] std::uint64_t spent() const noexcept { return spent_; }

 private:
  [[nodiscard]] bool ask() const noexcept {
    if (over_ != errc{}) return true;
    next_ = spent_ + look;
    if (cancelled_ && cancelled_->load(std::memory_order_relaxed)) over_ = errc::cancelled;
    else if (spent_ >= most || (deadline_ != work_clock::time_point::max() && work_clock::now() >= deadline_))
      over_ = errc::limit;
    if (over_ == errc{}) return false;
    next_ = 0;
    return true;
  }
  work_clock::time_point deadline_ = work_clock::time_point::max();
  const std::atomic<bool>* cancelled_ = nullptr;
  mutable std::uint64_t spent_ = 0, next_ = 0;
  mutable errc over_{};
};

}  // namespace detail
RETORT_END
