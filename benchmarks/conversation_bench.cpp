// What a host feels: how long step() and cancel() take, whether frames are lost,
// what several characters cost together, what guesses gain.
//   conversation_bench MODEL [threads] [steps] [frames] [together] [guesses]
#include <retort/retort.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <thread>

using namespace retort;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;
double ms_since(clock_type::time_point t) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - t).count();
}

std::vector<token> some_tokens(std::size_t n, std::size_t n_vocab, std::uint64_t x) {
  std::vector<token> out(n);
  for (auto& t : out) t = static_cast<token>(((x = x * 6364136223846793005u + 1442695040888963407u) >> 33) % n_vocab);
  return out;
}
token best_of(std::span<const float> logits) {
  return static_cast<token>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

struct times {
  std::vector<double> ms;
  void print(const char* what) {
    std::sort(ms.begin(), ms.end());
    const auto at = [this](double share) {
      return ms[std::min(ms.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ms.size())))];
    };
    std::printf("%-34s %6zu: median %.2f, 90 %% %.2f, 99 %% %.2f, 99.9 %% %.2f, longest %.2f ms\n", what, ms.size(),
                at(0.5), at(0.9), at(0.99), at(0.999), ms.back());
  }
  void histogram(std::initializer_list<double> edges) {
    double low = 0;
    for (double edge : edges) {
      const auto n = std::count_if(ms.begin(), ms.end(), [&](double x) { return x >= low && x < edge; });
      std::printf("  %5.1f to %5.1f ms %7td\n", low, edge, n);
      low = edge;
    }
    std::printf("  %5.1f ms and more %6td\n", low,
                std::count_if(ms.begin(), ms.end(), [&](double x) { return x >= low; }));
  }
};

/// A prompt of 512 tokens and 64 tokens of answer in calls of step(budget).
times steps_of(const model& m, const session_options& o, std::chrono::nanoseconds budget) {
  times t;
  auto s = session::make(m, o).value();
  s.sync(some_tokens(512, m.info().n_vocab, 1)).value();
  for (int i = 0; i < 64; ++i) {
    for (bool done = false; !done;) {
      const auto begin = clock_type::now();
      done = s.step(budget).value() == status::done;
      t.ms.push_back(ms_since(begin));
    }
    s.push(best_of(s.logits())).value();
  }
  return t;
}

void steps(const model& m, const session_options& o) {
  times quantum = steps_of(m, o, 0ms);
  quantum.print("a quantum: step(0)");
  times limited = steps_of(m, o, 2ms);
  limited.print("step(2 ms)");
  const double usual =
      quantum.ms[quantum.ms.size() * 99 / 100];  // the longest ones are the system's: a page that is not there yet
  const auto within = std::count_if(limited.ms.begin(), limited.ms.end(), [&](double x) { return x <= 2 + usual; });
  std::printf("%.2f %% of the calls return within 2 ms and a quantum of %.2f ms\n",
              100.0 * static_cast<double>(within) / static_cast<double>(limited.ms.size()), usual);
  times t;
  auto s = session::make(m, o).value();
  for (unsigned i = 0; i < 60; ++i) {
    s.rewind(0).value();
    s.sync(some_tokens(512, m.info().n_vocab, i)).value();
    clock_type::time_point called;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(3000 + 7919 * i % 40000));
      called = clock_type::now();
      s.cancel();
    });
    const auto stopped = s.step();
    const auto now = clock_type::now();
    other.join();
    if (!stopped && stopped.error().code == errc::cancelled)
      t.ms.push_back(std::chrono::duration<double, std::milli>(now - called).count());
  }
  t.print("from cancel() to its return");
}

/// Sixty frames a second, four milliseconds of each for the model, on one thread.
void frames(const model& m, session_options o) {
  o.pool = nullptr;
  auto s = session::make(m, o).value();
  s.sync(some_tokens(512, m.info().n_vocab, 3)).value();
  times in_frame, late;
  std::size_t n_tokens = 0;
  auto next = clock_type::now();
  for (int frame = 0; frame < 1200; ++frame) {
    next += std::chrono::microseconds(16667);
    const auto begin = clock_type::now();
    const bool done = s.step(4ms).value() == status::done;
    in_frame.ms.push_back(ms_since(begin));
    if (done) {
      ++n_tokens;
      s.push(best_of(s.logits())).value();
    }
    std::this_thread::sleep_until(next);
    late.ms.push_back(std::max(0.0, ms_since(next)));
  }
  in_frame.print("a frame's share, 4 ms asked for");
  in_frame.histogram({1, 2, 3, 4, 4.5, 5, 6, 8, 16.7});
  late.print("frame begins late by (the system)");
  std::printf("%zu tokens of answer in 20 s of play\n", n_tokens);
}

/// Eight characters with a common persona of 1,000 tokens: one after another, then in one pass.
void together(const model& m, session_options o) {
  constexpr std::size_t n = 8, n_tokens = 24;
  const std::uint64_t whole = m.quote(o).value().cache;
  auto pages = prefix_cache::make(m, 2 * whole, o.cache).value();
  auto common = batch::make(m, o, n).value();
  o.prefixes = &pages;
  o.in = &common;
  auto first = session::make(m, o).value();
  first.sync(some_tokens(1000, m.info().n_vocab, 4)).value();
  first.step().value();
  const auto bytes_one = pages.bytes();
  std::vector<session> characters;
  for (std::size_t i = 0; i < n; ++i) characters.push_back(first.fork().value());
  const auto bytes_forked = pages.bytes();
  std::vector<session*> all;
  for (auto& c : characters) all.push_back(&c);
  double alone = 0, joined = 0;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < n; ++i) characters[i].push(static_cast<token>(100 + i)).value();
    auto begin = clock_type::now();
    for (auto& c : characters)
      for (std::size_t t = 0; t < n_tokens; ++t) {
        c.step().value();
        c.push(best_of(c.logits())).value();
      }
    alone += ms_since(begin);
    begin = clock_type::now();
    for (std::size_t t = 0; t < n_tokens; ++t) {
      common.step(all).value();
      for (auto& c : characters) c.push(best_of(c.logits())).value();
    }
    joined += ms_since(begin);
  }
  const double tokens = 3.0 * static_cast<double>(n * n_tokens) * 1000;
  std::printf("8 characters: one after another %.1f tokens/s, together %.1f tokens/s, ratio %.2f\n", tokens / alone,
              tokens / joined, alone / joined);
  std::printf("memory of the shared 1,000 tokens: one %.1f MB, with 8 forks %.1f MB, after %zu tokens each %.1f MB\n",
              static_cast<double>(bytes_one) / 1e6, static_cast<double>(bytes_forked) / 1e6, 6 * n_tokens,
              static_cast<double>(pages.bytes()) / 1e6);
}

/// Copying: the prompt holds a text, and the model, random as its weights are, is taken to write it down again. What
/// the sampler would draw is therefore known; what is measured is how often a pass takes more than a token.
void guesses(const model& m, session_options o) {
  const auto text = some_tokens(400, m.info().n_vocab, 5);
  double speed[2] = {};
  for (const std::size_t n : {std::size_t{0}, std::size_t{7}}) {
    o.max_guesses = n;
    auto s = session::make(m, o).value();
    s.sync(text).value();
    s.step().value();
    std::vector<token> room(n);
    std::size_t n_written = 0, n_passes = 0, n_guesses = 0;
    const auto begin = clock_type::now();
    while (n_written < text.size()) {
      s.push(text[n_written++]).value();
      n_guesses = look_up(s.tokens(), room);
      if (n_guesses) s.guess(std::span(room).first(n_guesses)).value();
      s.step().value();
      ++n_passes;
      std::size_t right = 0;
      while (right < n_guesses && n_written < text.size() && room[right] == text[n_written]) ++right, ++n_written;
      s.rewind(s.tokens().size() - (n_guesses - right)).value();
    }
    speed[n != 0] = static_cast<double>(n_written) / ms_since(begin) * 1000;
    std::printf("%zu guesses: %zu tokens in %zu passes, %.1f tokens/s\n", n, n_written, n_passes, speed[n != 0]);
  }
  std::printf("speed-up on copying %.2f\n", speed[1] / speed[0]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::puts("conversation_bench MODEL [threads] [steps] [frames] [together] [guesses]"), 2;
  auto m = model::load(argv[1]);
  if (!m) return std::puts(m.error().what.c_str()), 1;
  const int n_threads = argc > 2 && std::atoi(argv[2]) > 0 ? std::atoi(argv[2]) : 2;
  auto pool = thread_pool::make(static_cast<std::size_t>(n_threads)).value();
  session_options o;
  o.context = 2048;
  o.pool = pool.get();
  std::printf("%s, %d threads\n", m->info().name.c_str(), n_threads);
  const struct {
    const char* name;
    void (*run)(const model&, session_options);
  } all[] = {{"steps", [](const model& of, session_options s) { steps(of, s); }},
             {"frames", frames},
             {"together", together},
             {"guesses", guesses}};
  for (const auto& b : all) {
    bool wanted = argc <= 3;
    for (int i = 3; i < argc; ++i) wanted = wanted || std::strcmp(argv[i], b.name) == 0;
    if (wanted) b.run(*m, o);
  }
}
