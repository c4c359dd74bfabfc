// Replaces a program's operator new and delete, in every form, by two functions of its own. For exactly one file of a
// test program, which defines replaced_new::may_take() and replaced_new::taken().
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#if defined(_WIN32)
#include <malloc.h>
#endif

namespace replaced_new {

/// Asked before memory is taken: whether there is any.
bool may_take(std::size_t n) noexcept;
/// Told of memory that was taken, +1, and that came back, -1.
void taken(int blocks, std::size_t bytes) noexcept;

#if defined(_WIN32)
inline void* aligned(std::size_t alignment, std::size_t n) noexcept { return _aligned_malloc(n, alignment); }
inline void free_aligned(void* p) noexcept { _aligned_free(p); }
#else
inline void* aligned(std::size_t alignment, std::size_t n) noexcept { return std::aligned_alloc(alignment, n); }
inline void free_aligned(void* p) noexcept { std::free(p); }
#endif

// A block stands behind its own size, as far as its alignment is.
inline std::size_t head(std::size_t alignment) noexcept { return alignment < 16 ? 16 : alignment; }

inline void* take(std::size_t n, std::size_t alignment) noexcept {
  if (!may_take(n)) return nullptr;
  const std::size_t before = head(alignment), all = (before + n + before - 1) / before * before;
  auto* const p = static_cast<unsigned char*>(aligned(before, all));
  if (!p) return nullptr;
  std::memcpy(p + before - sizeof n, &n, sizeof n);
  taken(1, n);
  return p + before;
}
inline void give_back(void* p, std::size_t alignment = 1) noexcept {
  if (!p) return;
  auto* const at = static_cast<unsigned char*>(p);
  std::size_t n;
  std::memcpy(&n, at - sizeof n, sizeof n);
  taken(-1, n);
  free_aligned(at - head(alignment));
}
inline void* checked(void* p) {
#if defined(__cpp_exceptions)
  if (!p) throw std::bad_alloc();
#else
  if (!p) std::abort();
#endif
  return p;
}

}  // namespace replaced_new

void* operator new(std::size_t n) { return replaced_new::checked(replaced_new::take(n, 1)); }
void* operator new[](std::size_t n) { return replaced_new::checked(replaced_new::take(n, 1)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return replaced_new::take(n, 1); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return replaced_new::take(n, 1); }
void* operator new(std::size_t n, std::align_val_t a) {
  return replaced_new::checked(replaced_new::take(n, static_cast<std::size_t>(a)));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return replaced_new::checked(replaced_new::take(n, static_cast<std::size_t>(a)));
}
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return replaced_new::take(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return replaced_new::take(n, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept { replaced_new::give_back(p); }
void operator delete(void* p, std::size_t) noexcept { replaced_new::give_back(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { replaced_new::give_back(p); }
void operator delete(void* p, std::align_val_t a) noexcept { replaced_new::give_back(p, static_cast<std::size_t>(a)); }
void operator delete(void* p, std::size_t, std::align_val_t a) noexcept {
  replaced_new::give_back(p, static_cast<std::size_t>(a));
}
void operator delete(void* p, std::align_val_t a, const std::nothrow_t&) noexcept {
  replaced_new::give_back(p, static_cast<std::size_t>(a));
}
void operator delete[](void* p) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p, std::size_t) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p, std::align_val_t a) noexcept {
  replaced_new::give_back(p, static_cast<std::size_t>(a));
}
void operator delete[](void* p, std::size_t, std::align_val_t a) noexcept {
  replaced_new::give_back(p, static_cast<std::size_t>(a));
}
void operator delete[](void* p, std::align_val_t a, const std::nothrow_t&) noexcept {
  replaced_new::give_back(p, static_cast<std::size_t>(a));
}
