#include "catch.hpp"

#include <retort/base/task.hpp>

#include <thread>

using namespace retort;

namespace {

struct stage {
  calling_thread alone;
  arena frames{std::move(*buffer::make(16 << 10, "frames"))};
  std::vector<int> seen;
};

// A slice is at least one task per thread; with these costs it is exactly one.
constexpr double huge_ns = 1e9;

// A coroutine's frame comes from its first parameter, which must turn into pass&.
struct staged : pass {
  explicit staged(stage& s) : pass(s.alone, s.frames), at(s) {}
  stage& at;
};
task inner(staged& p, int name, std::size_t n) {
  p.at.seen.push_back(name);
  co_await parallel(p, n, huge_ns, [&p, name](std::size_t i, std::size_t) { p.at.seen.push_back(name + static_cast<int>(i) + 1); });
  p.at.seen.push_back(-name);
}
task middle(staged& p) {
  co_await inner(p, 100, 3);
  co_await inner(p, 200, 2);
  p.at.seen.push_back(-1000);
}
task outer(staged& p) {
  co_await middle(p);
  co_await parallel(p, 2, huge_ns, [&p](std::size_t i, std::size_t) { p.at.seen.push_back(300 + static_cast<int>(i)); });
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
  const clock::time_point past = clock::now() - std::chrono::hours(1);
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
  CHECK(s.seen.empty());   // lazy
  CHECK(p.step(t.handle(), nullptr));
  CHECK(s.seen == whole());
}

TEST_CASE("task: with a deadline that has passed every step does one slice and goes on there") {
  stage s;
  staged p(s);
  task t = outer(p);
  std::size_t n_steps = 1, before = 0;
  const clock::time_point past = clock::now() - std::chrono::hours(1);
  while (!p.step(t.handle(), &past)) {
    CHECK(s.seen.size() > before);   // something was done
    before = s.seen.size();
    ++n_steps;
  }
  CHECK(s.seen == whole());
  // 12 slices in all, each its own step. A step that ends a loop goes on into the
  // next one and pauses there before its first slice.
  CHECK(n_steps >= 12);
  CHECK(n_steps <= 13);
}

TEST_CASE("task: a generous deadline does not pause") {
  stage s;
  staged p(s);
  task t = outer(p);
  const clock::time_point later = clock::now() + std::chrono::hours(1);
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
      const clock::time_point past = clock::now() - std::chrono::hours(1);
      for (std::size_t i = 0; i < n_steps; ++i)
        if (p.step(t.handle(), &past)) break;
      t = {};
      p.abandon();
    }
    CHECK(s.frames.mark() == mark);
    s.seen.clear();
    task again = outer(p);   // and the pass is as good as new
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
  const clock::time_point past = clock::now() - std::chrono::hours(1);
  CHECK(p.step(t.handle(), &past));
  CHECK(s.seen == std::vector<int>{5, -5});
}

TEST_CASE("task: slices of a limited pass are short, of an unlimited one long") {
  struct counting final : threads {
    std::vector<std::size_t> slices;
    [[nodiscard]] std::size_t size() const noexcept override { return 2; }
    void run(std::size_t n, task f) noexcept override {
      slices.push_back(n);
      for (std::size_t i = 0; i < n; ++i) f(i, i % 2);
    }
  };
  counting pool;
  pool.slices.reserve(1000);
  arena frames{std::move(*buffer::make(16 << 10, "frames"))};
  struct loop {
    static task run(pass& p, std::size_t& sum) {
      co_await parallel(p, 1000, 10e3, [&sum](std::size_t i, std::size_t) { sum += i; });
    }
  };
  const clock::time_point later = clock::now() + std::chrono::hours(1);
  for (const bool limited : {false, true}) {
    pass p(pool, frames);
    pool.slices.clear();
    std::size_t sum = 0;
    retort::task t = loop::run(p, sum);
    CHECK(p.step(t.handle(), limited ? &later : nullptr));
    CHECK(sum == 999 * 500);
    // 10 us a task, 2 threads: 50 in a quarter of a millisecond, 200 in a whole one
    CHECK(pool.slices.front() == (limited ? 50u : 200u));
    CHECK(pool.slices.size() == (limited ? 20u : 5u));
  }
}
