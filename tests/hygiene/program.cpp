// A small program over the whole library, built with several sets of flags.
// With SECOND it also runs what second.cpp generates with its own Retort, and
// goes through crossing.cpp, which may hand second.cpp a model of ours.
#include "generate.hpp"

#include <retort/simd/target.hpp>

#include <cstdio>

#if defined(SECOND)
std::string second();
bool second_needs_avx2();
std::string cross(const retort::model& m);
#endif

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
  if (second_needs_avx2() && !retort::simd::cpu().avx2) std::printf("second: skipped, this CPU has no AVX2\n");
  else check("second", second());
  const std::vector<std::byte> file = tiny_model::bytes();
  const auto m = retort::model::view(file, "tiny");
  check("crossing", m ? cross(*m) : m.error().what);
#endif
  return right ? 0 : 1;
}
