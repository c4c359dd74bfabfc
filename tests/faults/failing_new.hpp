// Replaces a program's operator new by one that counts, and fails when it is told to. For one file of a program.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

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
inline void* take(std::size_t n, std::size_t alignment) noexcept {
  if (fails_now()) return nullptr;
  void* p = alignment <= alignof(std::max_align_t)
                ? std::malloc(n ? n : 1)
                : std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment);
  if (p) ++live;
  return p;
}
inline void give_back(void* p) noexcept {
  if (p) --live;
  std::free(p);
}
inline void* taken(void* p) {
  if (!p) throw std::bad_alloc();
  return p;
}

}  // namespace failing

void* operator new(std::size_t n) { return failing::taken(failing::take(n, 1)); }
void* operator new[](std::size_t n) { return failing::taken(failing::take(n, 1)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return failing::take(n, 1); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return failing::take(n, 1); }
void* operator new(std::size_t n, std::align_val_t a) {
  return failing::taken(failing::take(n, static_cast<std::size_t>(a)));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return failing::taken(failing::take(n, static_cast<std::size_t>(a)));
}
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return failing::take(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return failing::take(n, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept { failing::give_back(p); }
void operator delete[](void* p) noexcept { failing::give_back(p); }
void operator delete(void* p, std::size_t) noexcept { failing::give_back(p); }
void operator delete[](void* p, std::size_t) noexcept { failing::give_back(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { failing::give_back(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { failing::give_back(p); }
void operator delete(void* p, std::align_val_t) noexcept { failing::give_back(p); }
void operator delete[](void* p, std::align_val_t) noexcept { failing::give_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { failing::give_back(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { failing::give_back(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { failing::give_back(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { failing::give_back(p); }
