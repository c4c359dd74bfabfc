// tests/main.cpp where Catch2 cannot be compiled.
#include "small_catch.hpp"

int main(int argc, char** argv) { return small_catch::run(argc > 1 && argv[1][0] != '~' ? argv[1] : ""); }
