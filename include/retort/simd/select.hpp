// Which kernel sets this CPU can run, and the best of them.
#pragma once

#include <retort/simd/scalar.hpp>

RETORT_BEGIN
namespace simd {

/// The targets this CPU can run, slowest first; at least scalar.
[[nodiscard]] inline std::span<const target> available() noexcept {
  static constexpr target all[] = {target::scalar};
  return all;
}

/// The kernels of a target; those of the best lower target where this CPU cannot run it.
[[nodiscard]] inline const kernels& kernels_for(target) noexcept { return scalar::table; }

/// The fastest kernels of this CPU.
[[nodiscard]] inline const kernels& best() noexcept { return kernels_for(available().back()); }

}  // namespace simd
RETORT_END
