// A small program over the whole library, built with several sets of flags.
//   SECOND    also runs what second.cpp generates on its own
//   CROSSING  hands a model to second.cpp: links only where both have the same flags
#include "generate.hpp"

#include <cstdio>

std::string second();
std::string second_of(const retort::model& m);

// What the model says on every CPU and with every set of flags.
static constexpr const char* expected = "21 72 78 75 5 14 12 56 16 48 18 31";

int main() {
  bool right = true;
  const auto check = [&](const char* who, const std::string& ids) {
    std::printf("%s: %s\n", who, ids.c_str());
    right = right && ids == expected;
  };
  check("first", generate());
#if defined(SECOND)
#if defined(SECOND_NEEDS_AVX2)
  if (!retort::simd::cpu().avx2)
    std::printf("second: skipped, this CPU has no AVX2\n");
  else
#endif
    check("second", second());
#endif
#if defined(CROSSING)
  const std::vector<std::byte> file = tiny_model::bytes();
  const auto m = retort::model::view(file, "tiny");
  check("crossing", m ? second_of(*m) : m.error().what);
#endif
  return right ? 0 : 1;
}
