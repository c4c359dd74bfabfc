// Random calls on a zoo of models, sessions, batches, samplers, constraints, chats and completions, some of them in
// callbacks of others. What was computed is what a fresh object computes, errors change nothing, nothing is thrown but
// what the callbacks throw, and in the end all memory is back.
//
// usage: random_calls [SECONDS] [--calls N] [--seed S] [--threads]
//   SECONDS    how long (10), or with --calls so many calls
//   --seed     of the first zoo (1); each zoo lives for 400 calls, and the next one has the next seed
//   --threads  calls from several threads above all
// A finding names the seed of its zoo and the call: random_calls --seed S --calls N makes it again.
#include "thread_calls.hpp"

#include <csignal>
#include <cstdlib>
#include <sys/time.h>
#include <unistd.h>

using namespace faults;

namespace {

struct action {
  const char* name;
  unsigned weight;
  void (*make)(zoo&);
  bool threads = false;
};
const action actions[] = {
    {"read a model", 1, read_model},
    {"let a model go", 1, let_model_go},
    {"ask a model", 2, ask_model},
    {"make a batch", 3, make_batch},
    {"let a batch go", 1, let_batch_go},
    {"make a prefix cache", 3, make_prefix_cache},
    {"clear a prefix cache", 1, clear_prefix_cache},
    {"make a session", 10, make_session},
    {"sync", 16, sync},
    {"push", 12, push},
    {"rewind", 6, rewind},
    {"step", 22, faults::step},
    {"step a batch", 12, step_batch},
    {"cancel", 3, faults::cancel},
    {"fork", 6, faults::fork},
    {"remember", 5, remember},
    {"save", 3, save},
    {"restore", 4, restore},
    {"move or destroy a session", 3, use_empty},
    {"draw", 4, draw},
    {"make a matcher", 2, make_matcher},
    {"accept", 5, faults::accept},
    {"fork a matcher", 2, fork_matcher},
    {"make a chat", 6, make_chat},
    {"ask", 8, ask},
    {"begin", 10, begin},
    {"step a job", 18, step_job},
    {"step jobs", 5, step_jobs},
    {"take", 6, take},
    {"drop a job", 2, drop_job},
    {"use an old job", 2, use_old_job},
    {"cancel a chat", 2, cancel_chat},
    {"clear a chat", 2, clear_chat},
    {"shape a chat", 2, shape_chat},
    {"recall", 3, recall},
    {"fork a chat", 3, fork_chat},
    {"move or destroy a chat", 2, move_chat},
    {"make completions", 3, make_api},
    {"complete", 6, complete},
    {"begin a request", 8, begin_request},
    {"go on with a request", 4, go_on_with_request},
    {"move or destroy completions", 1, move_api},
    {"cancels of a session", 1, cancel_session_storm, true},
    {"cancels of a chat", 1, cancel_chat_storm, true},
    {"cancels of completions", 1, cancel_api_storm, true},
    {"sessions on threads", 1, share, true},
};
constexpr unsigned calls_of_a_zoo = 400;
bool threads_only = false;

unsigned weight_of(const action& a) {
  if (threads_only && a.threads) return 20 * a.weight;
  return a.weight;
}
void act(zoo& z) {
  static const unsigned total = [] {
    unsigned sum = 0;
    for (const action& a : actions) sum += weight_of(a);
    return sum;
  }();
  std::size_t at = z.below(total);
  const action* chosen = actions;
  while (at >= weight_of(*chosen)) at -= weight_of(*chosen++);
  ++zoo::n_calls;
  z.try_to([&] { chosen->make(z); });
}

const zoo* present = nullptr;
void last_words(const char* what) {
  if (present) present->tell(what);
}
void end_by(int signal) {
  last_words(signal == SIGALRM || signal == SIGPROF ? "a call does not end" : "the process is ended by a signal");
  std::_Exit(1);
}

/// A call that goes round for ever is told by the processor's time, for machines are busy; one that waits for ever by
/// the clock's.
void limit_a_call() {
  const itimerval most{{0, 0}, {120, 0}};
  setitimer(ITIMER_PROF, &most, nullptr);
  alarm(1800);
}

/// Calls on one zoo.  Returns whether all was well.
bool live(std::uint64_t seed, unsigned most) {
  const std::size_t before = zoo::host().bytes;
  bool lost = false;
  {
    zoo z(seed);
    z.act = act;
    present = &z;
    for (int i = 0; i < 2; ++i) read_model(z);
    while (z.n_call < most && !z.lost) {
      ++z.n_call;
      limit_a_call();
      act(z);
    }
    lost = z.lost;
    z.say("the end: all is destroyed");
    while (!z.lost && !z.old_jobs.empty()) use_old_job(z);
  }
  zoo after(seed);
  present = &after;
  if (zoo::host().bytes != before && !lost) after.finding("memory of the host is not given back");
  present = nullptr;
  return !lost && !after.lost;
}

}  // namespace

// Of the sanitizers, where they are.
extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

int main(int argc, char** argv) {
  double seconds = 10;
  std::size_t n_calls = 0;
  std::uint64_t seed = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--threads") threads_only = true;
    else if (word == "--calls" && i + 1 < argc) n_calls = static_cast<std::size_t>(std::atoll(argv[++i]));
    else if (word == "--seed" && i + 1 < argc) seed = static_cast<std::uint64_t>(std::atoll(argv[++i]));
    else seconds = std::atof(argv[i]);
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
  std::set_terminate([] {
    last_words("the process is ended by std::terminate");
    std::_Exit(1);
  });
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback([] { last_words("a sanitizer found something"); });
  else
    for (const int s : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS}) std::signal(s, end_by);
  for (const int s : {SIGALRM, SIGPROF}) std::signal(s, end_by);

  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::size_t n_done = 0;
  for (; n_calls ? n_done < n_calls : passed() < seconds; ++seed) {
    const unsigned most =
        n_calls ? static_cast<unsigned>(std::min<std::size_t>(n_calls - n_done, calls_of_a_zoo)) : calls_of_a_zoo;
    live(seed, most);
    n_done += most;
  }
  std::printf("%zu calls, %zu results judged, %zu findings\n", zoo::n_calls, zoo::n_judged, zoo::n_findings);
  return zoo::n_findings == 0 ? 0 : 1;
}
