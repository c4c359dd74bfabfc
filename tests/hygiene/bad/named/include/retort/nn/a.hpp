#pragma once
// tested  tests/nn/nowhere_test.cpp
