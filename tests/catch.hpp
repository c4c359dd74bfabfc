// One name for Catch2 version 2 and version 3, and for what takes its place where it cannot be compiled.
#pragma once
#if defined(__wasi__)
#include "lanes/small_catch.hpp"
#elif __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#include <catch2/catch_session.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
