// Replaces a program's operator new by one that counts. For exactly one file of a test program.
#pragma once

#include "allocations.hpp"
#include "replaced_new.hpp"

#include <atomic>

namespace {
std::atomic<std::uint64_t> counted{0};
}

std::uint64_t allocations::bytes() noexcept { return counted; }

bool replaced_new::may_take(std::size_t n) noexcept {
  counted += n;
  return true;
}
void replaced_new::taken(int, std::size_t) noexcept {}
