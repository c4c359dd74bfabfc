// The part of Catch2 that our tests use, for machines on which Catch2 itself cannot be compiled (no streams to files,
// no exceptions). A REQUIRE that fails ends the program, tests of exceptions are left out, values are not printed.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace small_catch {

struct test {
  const char *name, *tags;
  void (*run)();
};
struct state {
  std::vector<test> tests;
  std::vector<std::string> infos;
  const char* running = "";
  std::size_t n_checks = 0, n_failed = 0;
  // SECTION: a test is run once for each of them
  std::size_t section = 0, sections_seen = 0;
};
inline state& now() {
  static state s;
  return s;
}
inline bool add(const char* name, const char* tags, void (*run)()) {
  now().tests.push_back({name, tags, run});
  return true;
}
inline bool add(const char* name, void (*run)()) { return add(name, "", run); }

inline void check(bool holds, const char* what, const char* file, int line, bool ends) {
  ++now().n_checks;
  if (holds) return;
  ++now().n_failed;
  std::printf("%s:%d: %s\n  failed: %s\n", file, line, now().running, what);
  for (const std::string& info : now().infos) std::printf("  with: %s\n", info.c_str());
  if (ends) std::exit(1);
}

struct info {
  explicit info(std::string text) { now().infos.push_back(std::move(text)); }
  info(const info&) = delete;
  ~info() { now().infos.pop_back(); }
};

/// Equal to within a part of itself, or a margin.
class Approx {
 public:
  explicit Approx(double value) : value_(value) {}
  Approx& epsilon(double e) { return epsilon_ = e, *this; }
  Approx& margin(double m) { return margin_ = m, *this; }
  [[nodiscard]] bool holds(double x) const {
    return std::fabs(x - value_) <= std::fmax(margin_, epsilon_ * std::fabs(value_)) || x == value_;
  }
  friend bool operator==(double x, const Approx& a) { return a.holds(x); }
  friend bool operator!=(double x, const Approx& a) { return !a.holds(x); }

 private:
  double value_, epsilon_ = 100.0 * static_cast<double>(std::numeric_limits<float>::epsilon()), margin_ = 0;
};

/// Runs all tests whose tags say neither [golden] nor [. ], and whose names begin so.
inline int run(const char* begin) {
  std::size_t n = 0;
  for (const test& t : now().tests) {
    if (std::strstr(t.tags, "[golden]") || std::strstr(t.tags, "[.")) continue;
    if (std::strncmp(t.name, begin, std::strlen(begin)) != 0) continue;
    now().running = t.name;
    ++n;
    now().section = 0;
    do {
      now().sections_seen = 0;
      t.run();
    } while (++now().section < now().sections_seen);
  }
  std::printf("%zu tests, %zu checks, %zu failed\n", n, now().n_checks, now().n_failed);
  return now().n_failed != 0;
}

}  // namespace small_catch

namespace Catch {
using small_catch::Approx;
}
using small_catch::Approx;

#define SMALL_CATCH_JOIN2(a, b) a##b
#define SMALL_CATCH_JOIN(a, b) SMALL_CATCH_JOIN2(a, b)
#define SMALL_CATCH_TEST(name, ...)                                                                        \
  static void name();                                                                                      \
  [[maybe_unused]] static const bool SMALL_CATCH_JOIN(name, _added) = small_catch::add(__VA_ARGS__, name); \
  static void name()
#define TEST_CASE(...) SMALL_CATCH_TEST(SMALL_CATCH_JOIN(small_catch_test_, __COUNTER__), __VA_ARGS__)
#define SECTION(...) if (small_catch::now().sections_seen++ == small_catch::now().section)
#define SMALL_CATCH_CHECK(ends, wanted, ...) \
  small_catch::check(static_cast<bool>(__VA_ARGS__) == wanted, #__VA_ARGS__, __FILE__, __LINE__, ends)
#define CHECK(...) SMALL_CATCH_CHECK(false, true, __VA_ARGS__)
#define CHECK_FALSE(...) SMALL_CATCH_CHECK(false, false, __VA_ARGS__)
#define REQUIRE(...) SMALL_CATCH_CHECK(true, true, __VA_ARGS__)
#define REQUIRE_FALSE(...) SMALL_CATCH_CHECK(true, false, __VA_ARGS__)
#define CHECK_THROWS_AS(...) static_cast<void>(0)
#define REQUIRE_THROWS_AS(...) static_cast<void>(0)
#define FAIL(...) \
  small_catch::check(false, (std::ostringstream() << __VA_ARGS__).str().c_str(), __FILE__, __LINE__, true)
#define WARN(...) std::printf("%s\n", (std::ostringstream() << __VA_ARGS__).str().c_str())
#define INFO(...) \
  const small_catch::info SMALL_CATCH_JOIN(small_catch_info_, __LINE__)((std::ostringstream() << __VA_ARGS__).str())
#define UNSCOPED_INFO(...) static_cast<void>(0)
#define CAPTURE(...) static_cast<void>(0)
