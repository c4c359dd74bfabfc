// Models so small that a run of one takes a moment.
#pragma once

#include "catch.hpp"
#include "tiny/model.hpp"

#include <retort/retort.hpp>

namespace fuzz {

inline tiny::recipe small(const std::string& kind, retort::dtype type = retort::dtype::f32) {
  tiny::recipe r;
  r.kind = kind;
  r.type = type;
  r.dim_ffn = 64;
  r.n_layers = 1;
  r.n_experts = 4;
  r.n_used = 2;
  return r;
}

/// The model that targets ask; its bytes live as long as the program.
inline const retort::model& some_model() {
  static const std::vector<std::byte> bytes = tiny::make(small("llama")).bytes();
  static const retort::model m = [] {
    auto loaded = retort::model::view(bytes, "tiny");
    HOLDS(loaded);
    return *loaded;
  }();
  return m;
}

inline retort::session_options options(std::size_t context) {
  retort::session_options o;
  o.context = context;
  o.chunk = 32;
  return o;
}

}  // namespace fuzz
