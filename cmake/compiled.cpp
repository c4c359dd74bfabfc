// The code of Retort, or the part of it that RETORT_PART names: see base/config.hpp.
#define RETORT_IMPLEMENTATION
#include <retort/retort.hpp>
