// Retort: a distilled language model inside your own process, from one include.
//
// Reading order for a newcomer: chat/chat.hpp, chat/answer.hpp, run/session.hpp,
// run/workbench.hpp, model/decoder.hpp (the forward pass on one page), nn/gqa.hpp
// or nn/mla.hpp, nn/moe.hpp, nn/linear.hpp, simd/scalar.hpp.
//
// On request only: retort/tensor/eigen.hpp (views as Eigen's maps), retort/io/safetensors.hpp (files of Hugging Face),
// retort/tokenizer/from_json.hpp (their vocabularies).
#pragma once

#include <retort/base/macros_off.inc>

#include <retort/api.hpp>

#if !defined(RETORT_SPLIT)
#include <retort/chat/chat.hpp>
#include <retort/deepseek/completions.hpp>
#include <retort/run/saved.hpp>
#elif defined(RETORT_IMPLEMENTATION)
#if RETORT_CARRIES(RETORT_PART_AVX2)
#include <retort/simd/avx2/quant.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_AVXVNNI)
#include <retort/simd/avxvnni/quant.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_AVX512)
#include <retort/simd/avx512/bf16.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_KERNELS)
#include <retort/simd/select.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_TEXT)
#include <retort/text/json_reader.hpp>
#include <retort/text/json_writer.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_TOKENIZER)
#include <retort/tokenizer/from_json.hpp>
#include <retort/tokenizer/trie.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_JINJA)
#include <retort/jinja/chat_template.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_GRAMMAR)
#include <retort/grammar/gbnf.hpp>
#include <retort/grammar/json_schema.hpp>
#include <retort/grammar/matcher.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_MODEL)
#include <retort/model/decoder.hpp>
#include <retort/model/model.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_RUN)
#include <retort/run/constraint.hpp>
#include <retort/run/saved.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_CHAT)
#include <retort/chat/chat.hpp>
#endif
#if RETORT_CARRIES(RETORT_PART_DEEPSEEK)
#include <retort/deepseek/completions.hpp>
#endif
#endif

#include <retort/base/macros_on.inc>
