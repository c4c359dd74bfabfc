// The code of the reference, compiled once for all tests that compare with it.
#define REF_IMPLEMENTATION
#include "reference/decoder_ref.hpp"
#include "reference/mla_ref.hpp"
#include "reference/moe_ref.hpp"
