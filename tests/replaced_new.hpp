// Replaces a program's operator new and delete, in every form, by two functions of its own. For exactly one file of a
// test program, which defines replaced_new::may_take() and replaced_new::taken().
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace replaced_new {

/// Asked before memory is taken: whether there is any.
bool may_take(std::size_t n) noexcept;
/// Told of memory that was taken, +1, and that came back, -1.
void taken(int blocks) noexcept;

inline void* take(std::size_t n, std::size_t alignment) noexcept {
  if (n == 0) n = 1;
  if (!may_take(n)) return nullptr;
  void* const p = alignment <= alignof(std::max_align_t)
                      ? std::malloc(n)
                      : std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment);
  if (p) taken(1);
  return p;
}
inline void give_back(void* p) noexcept {
  if (p) taken(-1);
  std::free(p);
}
inline void* checked(void* p) {
  if (!p) throw std::bad_alloc();
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
void operator delete(void* p, std::align_val_t) noexcept { replaced_new::give_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { replaced_new::give_back(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p, std::size_t) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p, std::align_val_t) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { replaced_new::give_back(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { replaced_new::give_back(p); }
