// The one source file of a RETORT_SPLIT program that carries the code.
#define RETORT_IMPLEMENTATION
#include <retort/retort.hpp>
