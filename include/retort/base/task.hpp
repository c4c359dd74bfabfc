// Work that can pause in the middle: a coroutine whose frame lives in the
// session's arena, and the parallel loops it waits for.
//
// A forward pass reads like plain code:
//     co_await parallel(p, n, cost, [&](std::size_t i, std::size_t worker) { ... });
//     co_await attention(p, layer, ...);            // another task
// and step(deadline) drives it. Whenever the deadline passes, the pass pauses
// between two slices of the loop it is in and goes on there at the next step.
#pragma once

#include <retort/base/memory.hpp>
#include <retort/base/threads.hpp>

#include <chrono>
#include <coroutine>

RETORT_BEGIN

using clock = std::chrono::steady_clock;

namespace detail {

/// A loop that a paused pass stands in: run() does slices until it is finished
/// (true) or the time is over (false).
class slice_source {
 public:
  virtual bool run() noexcept = 0;

 protected:
  ~slice_source() = default;
};

}  // namespace detail

/// What a pass runs on, and where it stands. One per session; outlives its tasks.
class pass {
 public:
  pass(threads& pool, arena& frames) noexcept : pool_(&pool), frames_(&frames) {}
  pass(const pass&) = delete;
  pass& operator=(const pass&) = delete;

  [[nodiscard]] threads& pool() const noexcept { return *pool_; }
  [[nodiscard]] arena& frames() const noexcept { return *frames_; }
  /// True once the deadline of this step has passed and at least one slice was done, or stop() was called.
  [[nodiscard]] bool out_of_time() const noexcept {
    if (stopped_.load(std::memory_order_relaxed)) return true;
    return limited_ && progressed_ && clock::now() >= deadline_;
  }
  /// Makes the step in progress, or the next one, return after its slice. From any thread.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  /// Whether stop() was called since the last time this was asked.
  [[nodiscard]] bool take_stop() noexcept { return stopped_.exchange(false, std::memory_order_relaxed); }
  [[nodiscard]] bool limited() const noexcept { return limited_; }
  void progressed() noexcept { progressed_ = true; }
  void pause_in(detail::slice_source* source, std::coroutine_handle<> at) noexcept {
    source_ = source;
    at_ = at;
  }

  /// Goes on until the pass is finished (true) or the deadline passed (false).
  bool step(std::coroutine_handle<> root, const clock::time_point* deadline) noexcept {
    limited_ = deadline != nullptr;
    if (deadline) deadline_ = *deadline;
    progressed_ = false;
    std::coroutine_handle<> next = at_ ? at_ : root;
    if (source_ && !source_->run()) return false;
    source_ = nullptr;
    at_ = nullptr;
    next.resume();
    return source_ == nullptr;
  }
  /// Forgets a pass that will not be finished (its task is destroyed by the caller).
  void abandon() noexcept {
    source_ = nullptr;
    at_ = nullptr;
  }

 private:
  threads* pool_;
  arena* frames_;
  clock::time_point deadline_{};
  std::atomic<bool> stopped_{false};
  bool limited_ = false;
  bool progressed_ = false;
  detail::slice_source* source_ = nullptr;
  std::coroutine_handle<> at_;
};

/// One coroutine of a pass. Its first parameter must be something convertible
/// to `pass&`. Await it from another task, or hand it to pass::step.
/// A default-constructed task, and one whose frame did not fit the arena, is empty.
class [[nodiscard]] task {
 public:
  struct promise_type {
    std::coroutine_handle<> continuation = std::noop_coroutine();

    task get_return_object() noexcept {
      return task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    static task get_return_object_on_allocation_failure() noexcept { return {}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    auto final_suspend() const noexcept {
      struct to_continuation {
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) const noexcept {
          return self.promise().continuation;
        }
        void await_resume() const noexcept {}
      };
      return to_continuation{};
    }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }  // nothing below throws

    // Frames are a stack inside the arena: the innermost task always ends first.
    struct header {
      arena* frames;
      std::size_t mark;
    };
    static constexpr std::size_t header_bytes = 64;
    static_assert(sizeof(header) <= header_bytes);
    template <class Context, class... Rest>
    static void* operator new(std::size_t bytes, Context& context, const Rest&...) noexcept {
      arena& frames = static_cast<pass&>(context).frames();
      const std::size_t mark = frames.mark();
      auto* memory = frames.take<std::byte>(bytes + header_bytes);
      if (!memory) return nullptr;
      new (memory) header{&frames, mark};
      return memory + header_bytes;
    }
    static void operator delete(void* frame, std::size_t) noexcept {
      const auto* h = reinterpret_cast<const header*>(static_cast<std::byte*>(frame) - header_bytes);
      h->frames->rewind(h->mark);
    }
  };

  task() = default;
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~task() {
    if (handle_) handle_.destroy();
  }

  explicit operator bool() const noexcept { return handle_ != nullptr; }
  [[nodiscard]] std::coroutine_handle<> handle() const noexcept { return handle_; }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const noexcept {
    if (!handle_) return caller;  // frames arena too small: sized at session creation, so never
    handle_.promise().continuation = caller;
    return handle_;
  }
  void await_resume() const noexcept {}

 private:
  explicit task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

/// Awaitable: f(i, worker) for every i < n, in slices. `task_ns` is a rough
/// cost of one i in nanoseconds; it only decides how many make a slice.
template <class F>
class parallel final : public detail::slice_source {
 public:
  parallel(pass& p, std::size_t n, double task_ns, F f) : pass_(p), n_(n), task_ns_(task_ns), f_(std::move(f)) {}
  parallel(const parallel&) = delete;

  bool await_ready() noexcept { return run(); }
  void await_suspend(std::coroutine_handle<> at) noexcept { pass_.pause_in(this, at); }
  void await_resume() const noexcept {}

  bool run() noexcept override {
    while (begin_ < n_) {
      if (pass_.out_of_time()) return false;
      const std::size_t count = slice();
      auto shifted = [this](std::size_t i, std::size_t worker) { f_(begin_ + i, worker); };
      pass_.pool().run(count, shifted);
      begin_ += count;
      pass_.progressed();
    }
    return true;
  }

 private:
  /// About a quarter of a millisecond of every thread; four times that when only cancel() can end it.
  [[nodiscard]] std::size_t slice() const noexcept {
    const std::size_t left = n_ - begin_;
    const double slice_ns = (pass_.limited() ? 250e3 : 1e6) * static_cast<double>(pass_.pool().size());
    const double tasks = slice_ns / (task_ns_ > 1 ? task_ns_ : 1);
    const std::size_t at_least = pass_.pool().size();
    return std::min(left, std::max(at_least, static_cast<std::size_t>(std::min(tasks, 1e9))));
  }

  pass& pass_;
  std::size_t n_;
  double task_ns_;
  std::size_t begin_ = 0;
  F f_;
};

RETORT_END
