// One name for Catch2 version 2 and version 3.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#include <catch2/catch_session.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
