// A host with its own job system and its own memory: all work runs in the one,
// all big memory comes from the other, and no thread is started.
#include "allocations.hpp"
#include "run/support.hpp"

#include <retort/retort.hpp>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

using namespace retort;
using namespace support;

namespace {

/// A job queue as a game has one: two workers and whoever waits.
class job_system final : public threads {
 public:
  job_system() {
    for (std::size_t i = 1; i < n_workers; ++i) workers_.emplace_back([this, i] { serve(i); });
  }
  ~job_system() override {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_all();
    for (auto& w : workers_) w.join();
  }
  [[nodiscard]] std::size_t size() const noexcept override { return n_workers; }
  void run(std::size_t n, task f) noexcept override {
    std::unique_lock lock(mutex_);
    f_ = &f;
    n_left_ = n_open_ = n;
    n_jobs += n;
    wake_.notify_all();
    work(0, lock);
    done_.wait(lock, [this] { return n_open_ == 0; });
    f_ = nullptr;
  }
  std::set<std::thread::id> seen;  // who has worked
  std::size_t n_jobs = 0;
  [[nodiscard]] std::set<std::thread::id> mine() const {
    std::set<std::thread::id> all{std::this_thread::get_id()};
    for (const auto& w : workers_) all.insert(w.get_id());
    return all;
  }

 private:
  static constexpr std::size_t n_workers = 3;
  void serve(std::size_t worker) {
    std::unique_lock lock(mutex_);
    while (!closed_) {
      work(worker, lock);
      wake_.wait(lock, [this] { return closed_ || n_left_ > 0; });
    }
  }
  void work(std::size_t worker, std::unique_lock<std::mutex>& lock) {
    while (n_left_ > 0) {
      const std::size_t i = --n_left_;
      const task& f = *f_;
      seen.insert(std::this_thread::get_id());
      lock.unlock();
      f(i, worker);
      lock.lock();
      if (--n_open_ == 0) done_.notify_all();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const task* f_ = nullptr;
  std::size_t n_left_ = 0, n_open_ = 0;
  bool closed_ = false;
  std::vector<std::thread> workers_;
};

/// Memory that operator new does not know of.
struct host_memory final : allocator {
  std::size_t bytes = 0, most = 0;
  void* allocate(std::size_t n, std::size_t alignment) noexcept override {
    bytes += n;
    most = std::max(most, bytes);
    return std::aligned_alloc(alignment, align_up(n, alignment));
  }
  void release(void* memory, std::size_t n, std::size_t) noexcept override {
    bytes -= n;
    std::free(memory);
  }
};

std::size_t n_threads() {
#if defined(__linux__)
  std::size_t n = 0;
  for (const auto& t : std::filesystem::directory_iterator("/proc/self/task")) n += t.exists();
  return n;
#else
  return 0;
#endif
}

}  // namespace

TEST_CASE("host: a chat runs on the host's threads and in the host's memory, and starts no thread") {
  for (const char* kind : {"llama", "deepseek2_v3"}) {
    const model& m = model_of(kind, dtype::q8_0);
    (void)m.text();
    job_system jobs;
    host_memory memory;
    const std::size_t threads_before = n_threads();
    const auto system_before = allocations::bytes();
    {
      chat_options o;
      o.session = small(512);
      o.session.pool = &jobs;
      o.session.memory = &memory;
      o.chat_template = "{% for m in messages %}{{ m.content }}\n{% endfor %}";
      o.max_tokens = 40;
      o.reserve = 64;
      auto c = chat::make(m, o);
      REQUIRE(c);
      const auto made = allocations::bytes() - system_before;
      CHECK(made < 400u << 10);  // a template, a few strings
      CHECK(memory.bytes > made);
      auto j = c->begin("hello there, what is this?");
      REQUIRE(j);
      for (;;) {
        const auto s = j->step(std::chrono::microseconds(500));
        REQUIRE(s);
        CHECK(n_threads() == threads_before);
        if (*s == status::done) break;
      }
      (void)j->take();
      auto twin = c->fork();
      REQUIRE(twin);
      REQUIRE(twin->ask("and now?"));
      CHECK(n_threads() == threads_before);
    }
    CHECK(memory.bytes == 0);
    CHECK(memory.most > 0);
    CHECK(jobs.n_jobs > 1000);
    for (const auto& id : jobs.seen) CHECK(jobs.mine().count(id) == 1);
  }
}
