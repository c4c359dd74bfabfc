// A mutex where there are threads; nothing where there are none.
#pragma once

#include <retort/base/config.hpp>

#if RETORT_THREADS
#include <mutex>
#endif

RETORT_BEGIN
namespace detail {

#if RETORT_THREADS
using mutex = std::mutex;
#else
struct mutex {
  void lock() noexcept {}
  void unlock() noexcept {}
};
#endif

/// Holds a mutex while a scope lasts.
class locked {
 public:
  explicit locked(mutex& m) : m_(m) { m_.lock(); }
  locked(const locked&) = delete;
  locked& operator=(const locked&) = delete;
  ~locked() { m_.unlock(); }

 private:
  mutex& m_;
};

}  // namespace detail
RETORT_END
