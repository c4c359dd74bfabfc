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
  weight_matrix gate, up;         // [dim_hidden, dim]
  weight_matrix down;             // [dim, dim_hidden]
  const float* b_gate = nullptr;  // [dim_hidden] or none
  const float* b_up = nullptr;
  const float* b_down = nullptr;  // [dim] or none
};

struct ffn_workspace {
  activation_rows hidden;   // [n_rows, dim_hidden], floats where down reads them
  tensor<float, 3> worker;  // [n_workers, 2, floats]   gate and up of the rows a worker has in hand

  /// Rows of gate and up that a worker has in hand for n tokens: whole pairs of tiles, to stay in the second-level
  /// cache.
  [[nodiscard]] static std::size_t rows_in_hand(std::size_t n_tokens) noexcept {
    return std::max<std::size_t>(64, in_hand / n_tokens / 64 * 64);
  }
  /// `n_rows`: of all jobs together; size.n_tokens: most of one.
  static ffn_workspace take(arena& memory, std::size_t n_rows, std::size_t dim_hidden, const pass_size& size,
                            bool bf16) noexcept {
    const std::size_t floats = std::max(in_hand, 64 * size.n_tokens);
    return {activation_rows::take(memory, n_rows, dim_hidden, bf16),
            retort::take<float>(memory, size.n_workers, 2, floats)};
  }

 private:
  static constexpr std::size_t in_hand = 4096;
};

/// hidden = activation(gate) * up; hidden may be gate.
///
/// shape   gate, up, hidden [n]
/// source  SwiGLU arXiv:2002.05202; clamped: g = min(g, 7), u = clamp(u, -7, 7), g sigmoid(1.702 g) (u + 1)
inline void join(const simd::kernels& k, gated_activation activation, const float* gate, const float* up, std::size_t n,
                 float* hidden) noexcept {
  if (activation == gated_activation::silu) {
    k.silu_mul(gate, up, n, hidden);
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const float g = std::min(gate[i], 7.0f), u = std::clamp(up[i], -7.0f, 7.0f);
    hidden[i] = g / (1 + std::exp(-1.702f * g)) * (u + 1);
  }
}

/// The hidden rows of some tokens: one dense layer, or one expert.
struct gated_job {
  const ffn_weights* w = nullptr;
  activations a;          // [n_tokens, dim]
  std::size_t first = 0;  // the row of the workspace that the first token has

  [[nodiscard]] const weight_matrix& rows() const noexcept { return w->gate; }
  [[nodiscard]] double cost_ns() const noexcept {
    return product_ns(w->gate, a.n_tokens) + product_ns(w->up, a.n_tokens);
  }
};

namespace detail {

/// Elements [begin, begin + n) of the job's hidden rows.
inline void gate_some(const simd::kernels& k, gated_activation activation, const gated_job& j, const ffn_workspace& s,
                      std::size_t worker, std::size_t begin, std::size_t n, const std::byte* then) noexcept {
  const std::size_t n_tokens = j.a.n_tokens;
  const tensor<float, 2> gate{s.worker.at(worker, 0), n_tokens, n}, up{s.worker.at(worker, 1), n_tokens, n};
  const weight_matrix w_gate = j.w->gate.rows(begin, n), w_up = j.w->up.rows(begin, n);
  multiply(k, {&w_gate, j.a, gate, j.w->b_gate ? j.w->b_gate + begin : nullptr}, 0, n, w_up.data);
  multiply(k, {&w_up, j.a, up, j.w->b_up ? j.w->b_up + begin : nullptr}, 0, n, then);
  join(k, activation, gate.data(), up.data(), n_tokens * n, gate.data());
  const rounded_forms wanted = rounded_forms::of(j.w->down);
  const bool as_floats = s.hidden.leaves_floats_to(j.w->down);
  for (std::size_t t = 0; t < n_tokens; ++t) {
    const activation_rows to = s.hidden.part(j.first + t, begin);
    round_part(k, gate.at(t), n, wanted, to);
    if (as_floats) std::memcpy(to.x, gate.at(t), n * sizeof(float));
  }
}

}  // namespace detail

/// Awaitable: hidden = activation(Wgate x) * (Wup x) for every job, in the forms that its Wdown reads, all but lows. A
/// task makes some rows of both products and all that follows of them, so that gate and up never leave the cache.
template <class Jobs>
[[nodiscard]] auto gated(compute& c, gated_activation activation, Jobs jobs, const ffn_workspace& s) {
  return detail::by_rows(c, std::move(jobs),
                         [&k = c.k, activation, s](const gated_job& j, std::size_t begin, std::size_t end,
                                                   const std::byte* then, std::size_t worker) {
                           const std::size_t in_hand = ffn_workspace::rows_in_hand(j.a.n_tokens);
                           for (std::size_t row = begin; row < end; row += in_hand) {
                             const std::size_t n = std::min(in_hand, end - row);
                             detail::gate_some(k, activation, j, s, worker, row, n,
                                               row + n < end ? j.w->gate.row(row + n) : then);
                           }
                         });
}

/// y = Wdown * (silu(Wgate x) * (Wup x)).
///
/// shape   x [n_tokens, dim] with its rounded forms   y [n_tokens, dim]
/// source  SwiGLU arXiv:2002.05202
/// tested  tests/nn/ffn_test.cpp
inline task feed_forward(compute& c, const ffn_weights& w, const activations& x, const ffn_workspace& s,
                         tensor<float, 2> y) {
  const activation_rows hidden = s.hidden.rows(0, x.n_tokens);
  co_await gated(c, gated_activation::silu, std::array{gated_job{&w, x, 0}}, s);
  if (rounded_forms::of(w.down).lows) co_await round_lows(c, hidden);
  co_await linear(c, linear_job{&w.down, hidden, y, w.b_down});
}

/// The feed-forward half of a dense layer.
class dense final : public block {
 public:
  explicit dense(const ffn_weights& weights) : w(weights) {
    reads = rounded_forms::of(w.gate) | rounded_forms::of(w.up);
  }
  const ffn_weights w;

  [[nodiscard]] task pass(compute& c, const block_call& io) const override { return run(c, w, io); }
  void measure(arena& memory, const pass_size& size) const override { (void)workspace(w, memory, size); }

 private:
  static ffn_workspace workspace(const ffn_weights& w, arena& memory, const pass_size& size) noexcept {
    return ffn_workspace::take(memory, size.n_tokens, w.gate.n_out, size, size.bf16);
  }
  static task run(compute& c, const ffn_weights& w, const block_call& io) {
    const ffn_workspace s = workspace(w, io.memory, io.size);
    co_await feed_forward(c, w, io.x, s, io.y);
  }
};

}  // namespace nn
RETORT_END
