// The one file of this program that compiles Retort itself.
#define RETORT_IMPLEMENTATION
#include <retort/retort.hpp>
