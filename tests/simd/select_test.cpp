#include "catch.hpp"

#include <retort/simd/select.hpp>

using namespace retort;
using namespace retort::simd;

TEST_CASE("simd/select: every available target has every entry") {
  REQUIRE(available().front() == target::scalar);
  for (target t : available()) {
    INFO(name(t));
    const kernels& k = kernels_for(t);
    REQUIRE(k.id == t);
    for (std::size_t i = 0; i < n_dtypes; ++i) {
      const auto d = static_cast<dtype>(i);
      const bool weight =
          traits(d).quantized || d == dtype::f32 || d == dtype::f16 || d == dtype::bf16 || d == dtype::fp8_e4m3;
      REQUIRE((k.matmul[i] != nullptr) == weight);
    }
    REQUIRE((k.dot && k.rms_norm && k.add && k.axpy && k.scale && k.silu_mul && k.max && k.exp_sum));
    REQUIRE((k.rope_halves && k.rope_adjacent && k.quantize));
    for (dtype d : {dtype::f32, dtype::f16, dtype::q8_0}) {
      REQUIRE(k.cache(d));
      REQUIRE((k.cache(d)->scores && k.cache(d)->weighted_sum && k.cache(d)->store_row));
    }
    REQUIRE(k.cache(dtype::q4_0) == nullptr);
  }
}

TEST_CASE("simd/select: targets have names") {
  for (target t : available()) REQUIRE(*target_by_name(name(t)) == t);
  REQUIRE_FALSE(target_by_name("mmx"));
}

#if RETORT_ARM64
TEST_CASE("simd/select: the neon set is the one of the processor") {
  REQUIRE(available().back() == target::neon);
  REQUIRE(&best() == &(cpu().i8mm ? sets::neon_i8mm() : cpu().dotprod ? sets::neon_dotprod() : sets::neon()));
}
// Asked for by scripts/lane alone, which knows the processor.
TEST_CASE("simd/select: there is the int8 dot", "[.dotprod]") { REQUIRE(cpu().dotprod); }
TEST_CASE("simd/select: there is the int8 matrix multiplication", "[.i8mm]") { REQUIRE(cpu().i8mm); }
#endif
