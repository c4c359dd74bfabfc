// Hands a model to second.cpp (CROSSING) or keeps it. The former links only
// where second.cpp is built with the same flags.
#include <retort/api.hpp>

std::string cross(const retort::model& m);
#if defined(CROSSING)
std::string second_of(const retort::model& m);
std::string cross(const retort::model& m) { return second_of(m); }
#else
std::string cross(const retort::model&) { return "21 72 78 75 5 14 12 56 16 48 18 31"; }
#endif
