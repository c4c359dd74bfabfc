// The weights of a model by role, each with its shape.
#pragma once

#include <retort/model/hyper.hpp>

RETORT_BEGIN
namespace nn {

/// One decoder layer: h += mix(norm(h)), then h += ffn(norm(h)). What stands where is chosen layer by layer.
struct layer {
  const float* mixer_norm = nullptr;  // [dim]
  std::unique_ptr<mixer> mix;
  const float* ffn_norm = nullptr;  // [dim]
  std::unique_ptr<block> ffn;
};

/// A whole model: immutable after loading, shared by any number of sessions.
struct network {
  nn::hyper hyper;
  weight_matrix embedding;               // [n_vocab, dim]
  std::vector<layer> layers;             // [n_layers]
  const float* output_norm = nullptr;    // [dim]
  weight_matrix output;                  // [n_vocab, dim]; the embedding where tied
  const float* output_bias = nullptr;    // [n_vocab] or none
  std::vector<double> rope_frequencies;  // [dim_rope / 2]
  bool has_bf16 = false;                 ///< some matrix is of that type
  std::vector<buffer> owned;             ///< vectors converted to f32, transposed latent projections
  std::size_t bytes_owned = 0;
};

}  // namespace nn
RETORT_END
