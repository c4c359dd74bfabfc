// What random calls are made on: models, sessions, chats and what belongs to them, some of them empty or moved from;
// and how numbers are drawn, callbacks made and findings told.
#pragma once

#include "host.hpp"

#include <retort/base/threads.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>

namespace faults {

using namespace retort;

/// What callbacks of the driver throw; nothing else may ever be thrown.
struct thrown_by_driver {};

struct a_model {
  std::size_t kind = 0;
  model m;
};
struct a_batch {
  std::size_t kind = 0;
  model of;
  session_options o;
  std::optional<batch> b;
};
/// Used only by sessions that are reproducible and of the best target, so that all of them have the same bits.
struct a_prefix_cache {
  std::size_t kind = 0;
  cache_type type = cache_type::f16;
  std::optional<prefix_cache> c;
};
struct a_session {
  std::size_t kind = 0;
  session_options o;
  std::optional<session> s;
  std::vector<token> want;                 ///< what its timeline should hold
  bool exact = true;                       ///< to be judged bit for bit
  enum { no, maybe, yes } cancelled = no;  ///< whether the next step says so
  std::shared_ptr<a_batch> in;             ///< keeps what the options point to
  std::shared_ptr<a_prefix_cache> prefixes;
  unsigned version = 0;  ///< changes with each call that changes it
};
struct a_matcher {
  std::shared_ptr<constraint> of;
  std::string what;
  std::optional<matcher> m;
  std::vector<token> taken;
};
struct a_chat {
  std::size_t kind = 0;
  chat_options o;
  model of;
  std::optional<chat> c;
  std::optional<job> j;
  std::shared_ptr<a_batch> in;
  std::shared_ptr<a_prefix_cache> prefixes;
  unsigned version = 0;
  bool maybe_over = false;  ///< its job: something was thrown, or called in a callback
  // What the answer in the making should be.
  bool judged = false;
  std::vector<message> before;
  question asked;
  std::string pieces;
};
struct an_api {
  std::size_t kind = 0;
  completions_options o;
  model of;
  std::optional<completions> c;
  unsigned version = 0;
  bool begun = false;
};

template <class T>
using herd = std::vector<std::shared_ptr<T>>;

struct zoo {
  explicit zoo(std::uint64_t with) : seed(with), random(with), patience(one_of<std::size_t>({60, 60, 10})) {}

  // ---- who lives here
  herd<a_model> models;
  herd<a_batch> batches;
  herd<a_prefix_cache> prefix_caches;
  herd<a_session> sessions;
  herd<a_matcher> matchers;
  herd<a_chat> chats;
  herd<an_api> apis;
  std::vector<job> old_jobs;
  struct saved_session {
    std::size_t kind;
    std::string target;
    std::vector<std::byte> bytes;
  };
  std::vector<saved_session> saved;
  counted_memory& memory = host();
  static counted_memory& host() {
    static counted_memory m;
    return m;
  }
  static threads& pool() {
    static const std::unique_ptr<thread_pool> two = std::move(thread_pool::make(2).value());
    return *two;
  }

  // ---- draws
  std::uint64_t seed;
  std::mt19937_64 random;
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }
  template <class T>
  T one_of(std::initializer_list<T> all) {
    return all.begin()[below(all.size())];
  }
  template <class T>
  std::shared_ptr<T> any(herd<T>& all) {
    return all.empty() ? nullptr : all[below(all.size())];
  }
  template <class T>
  void add(herd<T>& all, std::shared_ptr<T> one, std::size_t most) {
    if (all.size() >= most) all.erase(all.begin() + static_cast<std::ptrdiff_t>(below(all.size())));
    all.push_back(std::move(one));
  }
  template <class T>
  static void remove(herd<T>& all, const std::shared_ptr<T>& one) {
    all.erase(std::remove(all.begin(), all.end(), one), all.end());
  }
  /// Tokens that many timelines begin with, sometimes with one that is another.
  std::vector<token> timeline(std::size_t most) {
    std::vector<token> t = tiny::tokens(1 + below(one_in(3) ? most : std::min<std::size_t>(most, 24)), 1 + below(2));
    if (one_in(3)) t[below(t.size())] = static_cast<token>(below(tiny::n_vocab));
    return t;
  }
  std::chrono::nanoseconds budget() {
    using namespace std::chrono_literals;
    return one_of<std::chrono::nanoseconds>({-1ns, 0ns, 0ns, 0ns, 1h, std::chrono::nanoseconds::max()});
  }

  // ---- what is told
  std::size_t n_call = 0;  // of this zoo
  static inline std::size_t n_calls = 0, n_judged = 0, n_findings = 0;
  bool lost = false;  // something was found: what follows from it is no finding of its own
  std::vector<std::string> tail;
  void say(std::string what) {
    if (tail.size() >= 24) tail.erase(tail.begin());
    tail.push_back(std::string(depth * 2, ' ') + std::move(what));
  }
  void finding(const std::string& what) {
    if (lost) return;
    lost = true;
    if (++n_findings <= 20) tell(what.c_str());
  }
  void tell(const char* what) const {
    std::printf("seed %llu, call %zu: %s\n", static_cast<unsigned long long>(seed), n_call, what);
    for (const std::string& t : tail) std::printf("    %s\n", t.c_str());
    std::fflush(stdout);
  }
  void must(bool holds, const char* what) {
    if (!holds) finding(what);
  }

  /// Whether it worked; an error must be one of these, and in a callback its object may be busy.
  template <class T>
  bool worked(const result<T>& r, std::initializer_list<errc> may = {}) {
    if (r) return true;
    const error& e = r.error();
    if (e.what.empty()) finding("an error without a sentence");
    const bool expected = std::find(may.begin(), may.end(), e.code) != may.end() || (depth > 0 && e.code == errc::busy);
    if (!expected) finding("error " + std::to_string(static_cast<int>(e.code)) + ": " + e.what);
    return false;
  }
  template <class T>
  void refused(const result<T>& r, std::initializer_list<errc> may) {
    if (r) return finding("it should have been refused");
    (void)worked(r, may);
  }

  // ---- callbacks
  std::size_t patience;      // one in so many callbacks throws, and three call something
  std::size_t depth = 0;     // callbacks in one another
  std::size_t n_thrown = 0;  // by callbacks, not caught yet
  std::size_t n_called = 0;  // callbacks so far that called something
  bool quiet = false;        // a callback does nothing while answers are judged, or threads are at work
  void (*act)(zoo&) = nullptr;
  /// What callbacks of every kind do: mostly nothing, or any call on anything, or throw.
  void called_back() {
    if (quiet || lost || depth >= 2) return;
    const std::size_t what = below(patience);
    if (what > 3) return;
    if (what < 3) {
      ++n_called;
      ++depth;
      act(*this);
      --depth;
    } else {
      say("a callback throws");
      ++n_thrown;
      throw thrown_by_driver{};
    }
  }
  /// Makes a call that may run callbacks, and catches what they throw.  Returns whether nothing was thrown.
  template <class F>
  bool try_to(F&& f) {
    const std::size_t thrown_before = n_thrown, depth_now = depth;
    try {
      f();
    } catch (const thrown_by_driver&) {
      depth = depth_now;
      must(n_thrown > thrown_before, "an exception comes back twice");
      n_thrown = thrown_before;
      return false;
    } catch (const std::exception& e) {
      finding(std::string("an exception leaves: ") + e.what());
    } catch (...) {
      finding("an exception leaves");
    }
    if (n_thrown != thrown_before) finding("what a callback threw has been lost");
    n_thrown = thrown_before;
    return !lost;
  }
  struct silence {
    zoo& z;
    bool before;
    explicit silence(zoo& of) : z(of), before(std::exchange(of.quiet, true)) {}
    ~silence() { z.quiet = before; }
  };
};

}  // namespace faults
