// What the tests' helpers ask Catch2 for, where a check that fails ends the process.
#pragma once

#include "fuzz/fuzz.hpp"

#include <iostream>

#define FAIL(words) (std::cerr << words << std::endl, std::abort())
#define REQUIRE(...) HOLDS((__VA_ARGS__))
#define REQUIRE_FALSE(...) HOLDS(!(__VA_ARGS__))
#define CHECK(...) HOLDS((__VA_ARGS__))
#define CHECK_FALSE(...) HOLDS(!(__VA_ARGS__))
#define CAPTURE(...) static_cast<void>(0)
#define INFO(words) static_cast<void>(0)
