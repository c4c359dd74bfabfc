// Where work runs: on the calling thread, on the built-in pool, or on the
// host's own job system. Nothing is spawned that the host did not ask for.
#pragma once

#include <retort/base/types.hpp>

#include <atomic>
#include <memory>
#include <vector>
#if RETORT_THREADS
#include <thread>
#if !defined(_WIN32)
#include <pthread.h>
#endif
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX)
#include <condition_variable>
#include <mutex>
#endif
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif
#endif

RETORT_BEGIN

/// A place to run independent tasks. Implement it over a game's job system to
/// keep every cycle of Retort on the host's own threads; 128 KB of stack will do.
/// A task is a share of a loop and helps with the other shares when it is done, so it
/// lasts as long as the loop, or until the budget of the step is over.
class threads {
 public:
  using task = function_ref<void(std::size_t task, std::size_t worker)>;

  virtual ~threads() = default;
  /// How many tasks may run at the same time, the caller included; constant.
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  /// Runs task(i, worker) once for every i < n and returns when all are done.
  /// Tasks running at the same time see different workers < size().
  virtual void run(std::size_t n, task f) noexcept = 0;
};

/// Runs everything on the thread that calls.
class calling_thread final : public threads {
 public:
  [[nodiscard]] std::size_t size() const noexcept override { return 1; }
  void run(std::size_t n, task f) noexcept override {
    for (std::size_t i = 0; i < n; ++i) f(i, 0);
  }
};

#if !RETORT_THREADS

/// A program without threads has a pool of one.
class thread_pool final : public threads {
 public:
  /// errors unsupported (more than one), bad_argument
  static result<std::unique_ptr<thread_pool>> make(std::size_t n) {
    if (n == 0 || n > 1024)
      return error{errc::bad_argument, "a thread pool has 1 to 1024 threads, not " + std::to_string(n)};
    if (n > 1) return error{errc::unsupported, "this program was built without threads"};
    return std::make_unique<thread_pool>();
  }
  [[nodiscard]] std::size_t size() const noexcept override { return 1; }
  void run(std::size_t n, task f) noexcept override {
    for (std::size_t i = 0; i < n; ++i) f(i, 0);
  }
};

#else

namespace detail {

/// What threads sleep at until it rings.
class bell {
 public:
  [[nodiscard]] std::uint32_t rung() const noexcept { return rung_.load(std::memory_order_seq_cst); }
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX)  // whose atomics lose a call that comes too early
  /// Returns once it has rung more often than `seen`.
  void wait(std::uint32_t seen) noexcept {
    std::unique_lock lock(mutex_);
    rings_.wait(lock, [&] { return rung() != seen; });
  }
  void ring() noexcept {
    {
      const std::lock_guard lock(mutex_);
      rung_.fetch_add(1, std::memory_order_seq_cst);
    }
    rings_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable rings_;
#else
  /// Returns once it has rung more often than `seen`.
  void wait(std::uint32_t seen) noexcept { rung_.wait(seen); }
  void ring() noexcept {
    rung_.fetch_add(1, std::memory_order_seq_cst);
    rung_.notify_all();
  }

 private:
#endif
  std::atomic<std::uint32_t> rung_{0};
};

}  // namespace detail

/// A fixed set of threads that spin briefly between regions and then sleep.
///
/// A region costs well under a microsecond while the workers spin; a worker
/// that finds nothing for about 150 us sleeps and burns no core. Both sides
/// yield while they spin, so a busy machine is not starved. Regions from two
/// sessions at once: the second runs on its own caller only.
/// Measurements: docs/performance.md.
class thread_pool final : public threads {
 public:
  /// `n` threads in all; the caller of run() is one of them.  errors no_memory, bad_argument
  static result<std::unique_ptr<thread_pool>> make(std::size_t n) {
    if (n == 0 || n > 1024)
      return error{errc::bad_argument, "a thread pool has 1 to 1024 threads, not " + std::to_string(n)};
    std::unique_ptr<thread_pool> pool(new thread_pool);
    pool->handles_.reserve(n - 1);
    pool->starts_.resize(n - 1);
    for (std::size_t i = 1; i < n; ++i)
      if (!pool->start(i))
        return error{errc::no_memory,
                     "could start only " + std::to_string(i) + " of " + std::to_string(n) + " threads"};
    return pool;
  }
  ~thread_pool() override {
    stop_.store(true, std::memory_order_seq_cst);
    wake_.ring();
#if defined(_WIN32)
    for (auto& h : handles_) h.join();
#else
    for (auto& h : handles_) pthread_join(h, nullptr);
#endif
  }

  [[nodiscard]] std::size_t size() const noexcept override { return handles_.size() + 1; }

  void run(std::size_t n, task f) noexcept override {
    if (n == 0) return;
    if (n == 1 || handles_.empty() || n > max_tasks || busy_.exchange(true, std::memory_order_acquire)) {
      for (std::size_t i = 0; i < n; ++i) f(i, 0);
      return;
    }
    task_ = &f;
    done_.store(0, std::memory_order_relaxed);
    ticket_.store(static_cast<std::uint64_t>(n) << 24, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) != 0) wake_.ring();
    work(0);
    for (unsigned spins = 1; done_.load(std::memory_order_acquire) != n; ++spins) relax(spins);
    busy_.store(false, std::memory_order_release);
  }

 private:
  // A ticket is (number of tasks, next task), so that a worker that comes late
  // can tell from the ticket alone that there is nothing left; it touches task_
  // only while it holds an unfinished task, which keeps the caller of run() waiting.
  static constexpr std::size_t max_tasks = (1u << 23) - 1;
  static constexpr std::uint64_t index_of(std::uint64_t t) noexcept { return t & 0xffffffu; }
  static constexpr std::uint64_t count_of(std::uint64_t t) noexcept { return t >> 24; }
  static constexpr bool open(std::uint64_t t) noexcept { return index_of(t) < count_of(t); }

  void work(std::size_t worker) noexcept {
    while (open(ticket_.load(std::memory_order_acquire))) {
      const std::uint64_t t = ticket_.fetch_add(1, std::memory_order_acq_rel);
      if (!open(t)) return;
      (*task_)(static_cast<std::size_t>(index_of(t)), worker);
      done_.fetch_add(1, std::memory_order_release);
    }
  }

  void loop(std::size_t worker) noexcept {
    constexpr unsigned patience = 4000;
    for (unsigned spins = 1; !stop_.load(std::memory_order_relaxed); ++spins) {
      if (open(ticket_.load(std::memory_order_acquire))) {
        work(worker);
        spins = 0;
      } else if (spins < patience) {
        relax(spins);
      } else {
        sleep();
        spins = 0;
      }
    }
  }

  void sleep() noexcept {
    const std::uint32_t seen = wake_.rung();
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    if (!open(ticket_.load(std::memory_order_seq_cst)) && !stop_.load(std::memory_order_seq_cst)) wake_.wait(seen);
    sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  }

  static void relax(unsigned spins) noexcept {
    if (spins % 64 == 0) {
      std::this_thread::yield();
      return;
    }
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#elif defined(_M_X64)
    _mm_pause();
#elif defined(_M_ARM64)
    __yield();
#endif
  }

  struct start_info {
    thread_pool* pool;
    std::size_t worker;
  };
#if defined(_WIN32)
  bool start(std::size_t worker) {
#if RETORT_EXCEPTIONS
    try {
      handles_.emplace_back([this, worker] { loop(worker); });
    } catch (...) {
      return false;
    }
#else
    handles_.emplace_back([this, worker] { loop(worker); });
#endif
    return true;
  }
  std::vector<std::thread> handles_;
#else
  bool start(std::size_t worker) noexcept {
    starts_[worker - 1] = {this, worker};
    pthread_t handle;
    constexpr auto entry = [](void* p) -> void* {
      const auto* s = static_cast<const start_info*>(p);
      s->pool->loop(s->worker);
      return nullptr;
    };
    if (pthread_create(&handle, nullptr, entry, &starts_[worker - 1]) != 0) return false;
    handles_.push_back(handle);
    return true;
  }
  std::vector<pthread_t> handles_;
#endif
  thread_pool() = default;

  std::vector<start_info> starts_;
  const task* task_ = nullptr;
  alignas(64) std::atomic<std::uint64_t> ticket_{0};
  alignas(64) std::atomic<std::size_t> done_{0};
  alignas(64) detail::bell wake_;
  std::atomic<std::uint32_t> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> busy_{false};
};

#endif

RETORT_END
