// Work that can pause in the middle: a coroutine whose frame lives in the
// session's arena, and the parallel loops it waits for.
//
// A forward pass reads like plain code:
//     co_await parallel(p, n, cost, [&](std::size_t i, std::size_t worker) { ... });
//     co_await attention(p, layer, ...);            // another task
// and step(deadline) drives it. Whenever the deadline passes, the pass pauses
// inside the loop it is in and goes on there at the next step.
#pragma once

#include <retort/base/effort.hpp>
#include <retort/base/memory.hpp>
#include <retort/base/threads.hpp>

#include <coroutine>

RETORT_BEGIN

namespace detail {

/// A loop that a paused pass stands in: run() goes on until it is finished
/// (true) or the time is over (false).
class paused_loop {
 public:
  virtual bool run() noexcept = 0;

 protected:
  ~paused_loop() = default;
};

struct index_range {
  std::size_t begin = 0, end = 0;
};

/// What is left of a worker's share of a loop.
class alignas(64) work_share {
 public:
  void set(std::size_t begin, std::size_t end) noexcept { left_.store(packed(begin, end), std::memory_order_relaxed); }
  [[nodiscard]] bool empty() const noexcept {
    const index_range r = unpacked(left_.load(std::memory_order_relaxed));
    return r.begin == r.end;
  }
  /// Up to n indices.
  index_range take_front(std::size_t n) noexcept { return take(n, true); }
  index_range take_back(std::size_t n) noexcept { return take(n, false); }

 private:
  static std::uint64_t packed(std::size_t begin, std::size_t end) noexcept {
    return std::uint64_t{begin} << 32 | std::uint64_t{end};
  }
  static index_range unpacked(std::uint64_t r) noexcept {
    return {static_cast<std::size_t>(r >> 32), static_cast<std::size_t>(r & 0xffffffffu)};
  }
  index_range take(std::size_t n, bool front) noexcept {
    std::uint64_t seen = left_.load(std::memory_order_relaxed);
    for (;;) {
      const auto [begin, end] = unpacked(seen);
      const std::size_t cut = front ? begin + std::min(n, end - begin) : end - std::min(n, end - begin);
      const std::uint64_t rest = front ? packed(cut, end) : packed(begin, cut);
      if (left_.compare_exchange_weak(seen, rest, std::memory_order_relaxed))
        return front ? index_range{begin, cut} : index_range{cut, end};
    }
  }
  std::atomic<std::uint64_t> left_{0};
};

}  // namespace detail

/// What a pass runs on, and where it stands. One per session; outlives its tasks.
class pass {
 public:
  pass(threads& pool, arena& frames) : pool_(&pool), frames_(&frames), shares_(pool.size()) {}
  pass(const pass&) = delete;
  pass& operator=(const pass&) = delete;

  [[nodiscard]] threads& pool() const noexcept { return *pool_; }
  [[nodiscard]] arena& frames() const noexcept { return *frames_; }
  /// Of the loop that the pass stands in; one for every thread.
  [[nodiscard]] detail::work_share& share(std::size_t i) noexcept { return shares_[i]; }
  /// True once the deadline of this step has passed, or stop() was called.
  [[nodiscard]] bool late() const noexcept {
    return stopped_.load(std::memory_order_relaxed) || (limited_ && work_clock::now() >= deadline_);
  }
  /// The same, where a step that has done nothing yet may still do something.
  [[nodiscard]] bool out_of_time() const noexcept {
    return progressed_ ? late() : stopped_.load(std::memory_order_relaxed);
  }
  /// Makes the step in progress, or the next one, return as soon as every worker has done what it has in hand. From any
  /// thread.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  /// Whether stop() was called since the last time this was asked.
  [[nodiscard]] bool take_stop() noexcept { return stopped_.exchange(false, std::memory_order_relaxed); }
  [[nodiscard]] bool limited() const noexcept { return limited_; }
  void progressed() noexcept { progressed_ = true; }
  void pause_in(detail::paused_loop* source, std::coroutine_handle<> at) noexcept {
    source_ = source;
    at_ = at;
  }

  /// Goes on until the pass is finished (true) or the deadline passed (false).
  bool step(std::coroutine_handle<> root, const work_clock::time_point* deadline) noexcept {
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
  std::vector<detail::work_share> shares_;
  work_clock::time_point deadline_{};
  std::atomic<bool> stopped_{false};
  bool limited_ = false;
  bool progressed_ = false;
  detail::paused_loop* source_ = nullptr;
  std::coroutine_handle<> at_;
};

/// One coroutine of a pass. Its first parameter must be something convertible
/// to `pass&`. Await it from another task, or hand it to pass::step.
/// A default-constructed task, and one whose frame did not fit the arena, is empty.
class [[nodiscard]] task {
 public:
  struct promise_type {
    std::coroutine_handle<> continuation = std::noop_coroutine();

    task get_return_object() noexcept { return task(std::coroutine_handle<promise_type>::from_promise(*this)); }
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

/// Awaitable: f(i, worker) for every i < n. Every worker has a share of consecutive i, in which it goes from front to
/// back, a few at a time, so that it reads on where it stopped; who has finished takes from the back of the others'
/// shares. `task_ns` is a rough cost of one i in nanoseconds; it only decides how many are taken at once.
template <class F>
class parallel final : public detail::paused_loop {
 public:
  parallel(pass& p, std::size_t n, double task_ns, F f)
      : pass_(p),
        n_(n),
        at_once_(several(p, n, task_ns)),
        n_shares_(std::min(p.pool().size(), (n + at_once_ - 1) / at_once_)),
        f_(std::move(f)) {}
  parallel(const parallel&) = delete;

  bool await_ready() noexcept {
    for (std::size_t i = 0; i < n_shares_; ++i) pass_.share(i).set(n_ * i / n_shares_, n_ * (i + 1) / n_shares_);
    return run();
  }
  void await_suspend(std::coroutine_handle<> at) noexcept { pass_.pause_in(this, at); }
  void await_resume() const noexcept {}

  bool run() noexcept override {
    const auto work = [this](std::size_t share, std::size_t worker) {
      do {
        const detail::index_range r = take(share);
        if (r.begin == r.end) return;
        for (std::size_t i = r.begin; i < r.end; ++i) f_(i, worker);
      } while (!pass_.late());
    };
    while (!finished()) {
      if (pass_.out_of_time()) return false;
      pass_.pool().run(n_shares_, work);
      pass_.progressed();
      if (!pass_.late()) return true;  // then nothing is left, if the host's pool does what it promised
    }
    return true;
  }

 private:
  /// About ten microseconds, but at least four turns for every worker.
  [[nodiscard]] static std::size_t several(const pass& p, std::size_t n, double task_ns) noexcept {
    constexpr double turn_ns = 10e3, most = 1e6;
    const auto by_time = static_cast<std::size_t>(std::min(most, turn_ns / std::max(task_ns, turn_ns / most)));
    return std::max<std::size_t>(1, std::min(by_time, n / (4 * p.pool().size())));
  }
  [[nodiscard]] detail::index_range take(std::size_t own) const noexcept {
    detail::index_range r = pass_.share(own).take_front(at_once_);
    for (std::size_t k = 1; r.begin == r.end && k < n_shares_; ++k)
      r = pass_.share((own + k) % n_shares_).take_back(at_once_);
    return r;
  }
  [[nodiscard]] bool finished() const noexcept {
    for (std::size_t i = 0; i < n_shares_; ++i)
      if (!pass_.share(i).empty()) return false;
    return true;
  }

  pass& pass_;
  std::size_t n_, at_once_, n_shares_;
  F f_;
};

RETORT_END
