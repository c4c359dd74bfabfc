#include "catch.hpp"

#include <retort/base/task.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace retort;

namespace {

struct stage {
  calling_thread alone;
  arena frames{std::move(*buffer::make(16 << 10, "frames"))};
  std::vector<int> seen;
};

// A turn is at least one index; with these costs it is exactly one.
constexpr double huge_ns = 1e9;

// A coroutine's frame comes from its first parameter, which must turn into pass&.
struct staged : pass {
  explicit staged(stage& s) : pass(s.alone, s.frames), at(s) {}
  stage& at;
};
task inner(staged& p, int name, std::size_t n) {
  p.at.seen.push_back(name);
  co_await parallel(p, n, huge_ns,
                    [&p, name](std::size_t i, std::size_t) { p.at.seen.push_back(name + static_cast<int>(i) + 1); });
  p.at.seen.push_back(-name);
}
task middle(staged& p) {
  co_await inner(p, 100, 3);
  co_await inner(p, 200, 2);
  p.at.seen.push_back(-1000);
}
task outer(staged& p) {
  co_await middle(p);
  co_await parallel(p, 2, huge_ns,
                    [&p](std::size_t i, std::size_t) { p.at.seen.push_back(300 + static_cast<int>(i)); });
  co_await middle(p);
}
const std::vector<int> once = {100, 101, 102, 103, -100, 200, 201, 202, -200, -1000};
std::vector<int> whole() {
  std::vector<int> all = once;
  all.insert(all.end(), {300, 301});
  all.insert(all.end(), once.begin(), once.end());
  return all;
}
std::size_t drive(staged& p, task& t) {
  const work_clock::time_point past = work_clock::now() - std::chrono::hours(1);
  std::size_t n = 1;
  while (!p.step(t.handle(), &past)) ++n;
  return n;
}
}  // namespace

TEST_CASE("task: nested tasks run in order, without a deadline in one step") {
  stage s;
  staged p(s);
  task t = outer(p);
  REQUIRE(t);
  CHECK(s.seen.empty());  // lazy
  CHECK(p.step(t.handle(), nullptr));
  CHECK(s.seen == whole());
}

TEST_CASE("task: with a deadline that has passed every step does one turn and goes on there") {
  stage s;
  staged p(s);
  task t = outer(p);
  std::size_t n_steps = 1, before = 0;
  const work_clock::time_point past = work_clock::now() - std::chrono::hours(1);
  while (!p.step(t.handle(), &past)) {
    CHECK(s.seen.size() > before);  // something was done
    before = s.seen.size();
    ++n_steps;
  }
  CHECK(s.seen == whole());
  // 12 turns in all, each its own step. A step that ends a loop goes on into the
  // next one and pauses there before its first turn.
  CHECK(n_steps >= 12);
  CHECK(n_steps <= 13);
}

TEST_CASE("task: a generous deadline does not pause") {
  stage s;
  staged p(s);
  task t = outer(p);
  const work_clock::time_point later = work_clock::now() + std::chrono::hours(1);
  CHECK(p.step(t.handle(), &later));
  CHECK(s.seen == whole());
}

TEST_CASE("task: stop pauses a pass that has no deadline, and it can go on") {
  stage s;
  staged p(s);
  task t = outer(p);
  p.stop();
  CHECK_FALSE(p.step(t.handle(), nullptr));
  CHECK(p.take_stop());
  CHECK_FALSE(p.take_stop());
  CHECK(p.step(t.handle(), nullptr));
  CHECK(s.seen == whole());
}

TEST_CASE("task: the frames arena is balanced after a pass, paused or not") {
  stage s;
  const std::size_t mark = s.frames.mark();
  {
    staged p(s);
    task t = outer(p);
    CHECK(s.frames.mark() > mark);
    drive(p, t);
  }
  CHECK(s.frames.mark() == mark);
  const std::size_t peak = s.frames.peak();
  for (int i = 0; i < 5; ++i) {
    staged p(s);
    task t = outer(p);
    drive(p, t);
  }
  CHECK(s.frames.mark() == mark);
  CHECK(s.frames.peak() == peak);
}

TEST_CASE("task: a pass destroyed at any of its pauses gives back its frames and destroys its locals") {
  for (std::size_t n_steps = 0; n_steps < 13; ++n_steps) {
    INFO("after " << n_steps << " steps");
    stage s;
    const std::size_t mark = s.frames.mark();
    staged p(s);
    {
      task t = outer(p);
      const work_clock::time_point past = work_clock::now() - std::chrono::hours(1);
      for (std::size_t i = 0; i < n_steps; ++i)
        if (p.step(t.handle(), &past)) break;
      t = {};
      p.abandon();
    }
    CHECK(s.frames.mark() == mark);
    s.seen.clear();
    task again = outer(p);  // and the pass is as good as new
    CHECK(p.step(again.handle(), nullptr));
    CHECK(s.seen == whole());
  }
}

TEST_CASE("task: a frame that does not fit gives an empty task") {
  stage s;
  s.frames = arena(std::move(*buffer::make(64, "frames")));
  staged p(s);
  const task t = outer(p);
  CHECK_FALSE(t);
  CHECK(s.frames.mark() == 0);
}

TEST_CASE("task: a loop over nothing neither pauses nor calls") {
  stage s;
  staged p(s);
  task t = inner(p, 5, 0);
  const work_clock::time_point past = work_clock::now() - std::chrono::hours(1);
  CHECK(p.step(t.handle(), &past));
  CHECK(s.seen == std::vector<int>{5, -5});
}

namespace {
/// Two workers, one after the other on the calling thread.
struct in_turn final : threads {
  std::size_t n_runs = 0;
  [[nodiscard]] std::size_t size() const noexcept override { return 2; }
  void run(std::size_t n, task f) noexcept override {
    ++n_runs;
    for (std::size_t i = 0; i < n; ++i) f(i, i % 2);
  }
};
retort::task loop(pass& p, std::size_t n, double task_ns, std::vector<std::size_t>& seen) {
  co_await parallel(p, n, task_ns, [&seen](std::size_t i, std::size_t) { seen.push_back(i); });
}
}  // namespace

TEST_CASE("task: a worker goes through its share from the front, then through another's from the back") {
  in_turn pool;
  arena frames{std::move(*buffer::make(16 << 10, "frames"))};
  pass p(pool, frames);
  std::vector<std::size_t> seen;
  retort::task t = loop(p, 9, huge_ns, seen);
  CHECK(p.step(t.handle(), nullptr));
  CHECK(pool.n_runs == 1);
  CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3, 8, 7, 6, 5, 4});
}

TEST_CASE("task: with a deadline that has passed every worker takes one turn of about ten microseconds") {
  const work_clock::time_point past = work_clock::now() - std::chrono::hours(1),
                               later = work_clock::now() + std::chrono::hours(1);
  for (const auto& [task_ns, turn] : {std::pair(20e3, 1u), std::pair(1e3, 10u), std::pair(0.0, 125u)}) {
    in_turn pool;
    arena frames{std::move(*buffer::make(16 << 10, "frames"))};
    pass p(pool, frames);
    std::vector<std::size_t> seen;
    retort::task t = loop(p, 1000, task_ns, seen);
    CHECK_FALSE(p.step(t.handle(), &past));
    CHECK(seen.size() == 2 * turn);
    CHECK(seen[turn] == 500);
    CHECK(p.step(t.handle(), &later));
    CHECK(pool.n_runs == 2);
    std::sort(seen.begin(), seen.end());
    for (std::size_t i = 0; i < 1000; ++i) REQUIRE(seen[i] == i);
  }
}

#if RETORT_THREADS
TEST_CASE("task: threads of any speed do every index once, whatever pauses there are") {
  auto pool = thread_pool::make(4);
  REQUIRE(pool);
  arena frames{std::move(*buffer::make(16 << 10, "frames"))};
  pass p(**pool, frames);
  struct uneven {
    static retort::task run(pass& at, std::vector<std::atomic<int>>& times) {
      co_await parallel(at, times.size(), 5e3, [&times](std::size_t i, std::size_t worker) {
        for (std::size_t k = 0; k < worker; ++k) std::this_thread::yield();
        ++times[i];
      });
    }
  };
  for (const std::size_t n : {1u, 3u, 4u, 5u, 400u}) {
    std::vector<std::atomic<int>> times(n);
    retort::task t = uneven::run(p, times);
    const work_clock::time_point past = work_clock::now() - std::chrono::hours(1);
    while (!p.step(t.handle(), &past)) {}
    for (const auto& count : times) REQUIRE(count == 1);
  }
}
#endif
