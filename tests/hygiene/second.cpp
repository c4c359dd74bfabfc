// The second translation unit of a program.
#include "generate.hpp"

std::string second();
bool second_needs_avx2();
std::string second_of(const retort::model& m);

std::string second() { return generate(); }
std::string second_of(const retort::model& m) { return generate(m); }
bool second_needs_avx2() {
#if defined(__AVX2__)
  return true;
#else
  return false;
#endif
}
