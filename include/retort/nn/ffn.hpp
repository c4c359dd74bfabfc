// The gated feed-forward block: a dense layer, one expert, the shared experts.
#pragma once

#include <retort/nn/linear.hpp>

#include <algorithm>
#include <cmath>

RETORT_BEGIN
namespace nn {

/// What joins gate and up: silu(gate) * up, or gpt-oss's clamped form.
enum class gated_activation : std::uint8_t { silu, clamped_swiglu };

struct ffn_weights {
  simd::matrix gate, up;             // [dim_hidden, dim]
  simd::matrix down;                 // [dim, dim_hidden]
  const float* b_gate = nullptr;     // [dim_hidden] or none
  const float* b_up = nullptr;
  const float* b_down = nullptr;     // [dim] or none
};

struct ffn_workspace {
  float* gate = nullptr;             // [n_rows, dim_hidden]; holds the joined hidden rows afterwards
  float* up = nullptr;               // [n_rows, dim_hidden]
  int8_rows hidden8;                 // [n_rows, dim_hidden]
};

/// hidden = activation(gate) * up for one row; hidden may be gate.
///
/// shape   gate, up, hidden [n]
/// source  SwiGLU arXiv:2002.05202; clamped: g = min(g, 7), u = clamp(u, -7, 7), g sigmoid(1.702 g) (u + 1)
inline void join(const simd::kernels& k, gated_activation activation, const float* gate, const float* up,
                 std::size_t n, float* hidden) noexcept {
  if (activation == gated_activation::silu) {
    k.silu_mul(gate, up, n, hidden);
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const float g = std::min(gate[i], 7.0f), u = std::clamp(up[i], -7.0f, 7.0f);
    hidden[i] = g / (1 + std::exp(-1.702f * g)) * (u + 1);
  }
}

/// y = Wdown * (silu(Wgate x) * (Wup x)).
///
/// shape   x [n_tokens, dim] with its rounded forms   y [n_tokens, dim]
/// tested  tests/nn/moe_test.cpp
inline task feed_forward(compute& c, const ffn_weights& w, const simd::activations& x, const ffn_workspace& s,
                         float* y) {
  const std::size_t n = x.n_tokens, dim_hidden = w.gate.n_out;
  co_await linear(c, linear_job{&w.gate, x, s.gate, dim_hidden, w.b_gate},
                  linear_job{&w.up, x, s.up, dim_hidden, w.b_up});
  co_await parallel(c, n, static_cast<double>(dim_hidden) * 0.3, [&](std::size_t t, std::size_t) {
    join(c.k, gated_activation::silu, s.gate + t * dim_hidden, s.up + t * dim_hidden, dim_hidden,
         s.gate + t * dim_hidden);
  });
  if (wants_rounding(w.down, s.hidden8)) co_await quantize(c, s.gate, n, dim_hidden, s.hidden8);
  co_await linear(c, linear_job{&w.down, activations_of(s.gate, n, dim_hidden, s.hidden8), y, w.down.n_out, w.b_down});
}

}  // namespace nn
RETORT_END
