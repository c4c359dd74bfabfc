// Counts the bytes that operator new hands out in this program.
#pragma once
#include <cstdint>

namespace allocations {
/// All bytes asked for since the program began.
std::uint64_t bytes() noexcept;
}  // namespace allocations
