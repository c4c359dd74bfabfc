// The second translation unit of a program.
#include "generate.hpp"

std::string second();
std::string second_of(const retort::model& m);

std::string second() { return generate(); }
std::string second_of(const retort::model& m) { return generate(m); }
