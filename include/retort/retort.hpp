// Retort: a distilled language model inside your own process, from one include.
//
// Reading order for a newcomer: run/chat.hpp, run/answer.hpp, run/session.hpp,
// run/workbench.hpp, model/decoder.hpp (the forward pass on one page), nn/gqa.hpp
// or nn/mla.hpp, nn/moe.hpp, nn/linear.hpp, simd/scalar.hpp.
#pragma once

#include <retort/api.hpp>

#if !defined(RETORT_SPLIT) || defined(RETORT_IMPLEMENTATION)
#include <retort/run/chat.hpp>
#include <retort/run/completions.hpp>
#include <retort/run/saved.hpp>
#endif
