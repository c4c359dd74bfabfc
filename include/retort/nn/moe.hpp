// Mixture of experts: one router for every family, one routine for every batch.
#pragma once

#include <retort/nn/ffn.hpp>

#include <algorithm>
#include <functional>

RETORT_BEGIN
namespace nn {

/// How router logits become scores. The values are GGUF's expert_gating_func.
enum class gating : std::uint8_t { softmax = 1, sigmoid = 2, softmax_of_chosen = 3, sqrt_softplus = 4 };

struct moe_config {
  std::size_t dim = 0, dim_hidden = 0;
  std::size_t n_experts = 0, n_used = 0;
  gating gate = gating::softmax;
  bool normalize = false;  ///< divide the chosen weights by their sum
  float scale = 1;         ///< then multiply by this
  std::size_t n_groups = 1, n_groups_used = 1;
  gated_activation activation = gated_activation::silu;
};

struct moe_weights {
  weight_matrix router;                   // [n_experts, dim] f32
  const float* router_bias = nullptr;     // [n_experts] added to the logits (gpt-oss), or none
  const float* selection_bias = nullptr;  // [n_experts] added to the scores for choosing only (V3), or none
  std::vector<ffn_weights> experts;       // [n_experts]
  rounded_forms reads, down_reads;        ///< what gates and ups take of x, and downs of the hidden rows
  bool reads_float = false;               ///< some gate or up takes x itself
};

struct moe_workspace {
  tensor<float, 2> logits, scores;  // [n_tokens, n_experts]
  tensor<std::int32_t, 2> experts;  // [n_tokens, n_used]
  tensor<float, 2> weights;         // [n_tokens, n_used]
  tensor<std::int32_t, 2> slot;     // [n_tokens, n_used]   row of the grouped buffers
  tensor<std::int32_t, 1> begin;    // [n_experts + 1]      first slot of each expert
  activation_rows x;                // [n_slots, dim]       inputs grouped by expert
  ffn_workspace hidden;             // [n_slots, dim_hidden]
  tensor<float, 2> y;               // [n_slots, dim]
  tensor<gated_job, 1> gated_jobs;  // [n_experts]
  tensor<linear_job, 1> jobs;       // [n_experts]

  static moe_workspace take(arena& memory, const moe_config& m, const pass_size& size) noexcept {
    const std::size_t n = size.n_tokens, n_slots = n * m.n_used;
    moe_workspace s;
    s.logits = retort::take<float>(memory, n, m.n_experts);
    s.scores = retort::take<float>(memory, n, m.n_experts);
    s.experts = retort::take<std::int32_t>(memory, n, m.n_used);
    s.weights = retort::take<float>(memory, n, m.n_used);
    s.slot = retort::take<std::int32_t>(memory, n, m.n_used);
    s.begin = retort::take<std::int32_t>(memory, m.n_experts + 1);
    s.x = activation_rows::take(memory, n_slots, m.dim);
    s.hidden = ffn_workspace::take(memory, n_slots, m.dim_hidden, size, false);
    s.y = retort::take<float>(memory, n_slots, m.dim);
    s.gated_jobs = retort::take<gated_job>(memory, m.n_experts);
    s.jobs = retort::take<linear_job>(memory, m.n_experts);
    return s;
  }
};

namespace detail {

inline void score_experts(gating g, const float* z, std::size_t n, float* p) noexcept {
  switch (g) {
    case gating::softmax: {
      const float m = *std::max_element(z, z + n);
      double sum = 0;
      for (std::size_t e = 0; e < n; ++e) sum += static_cast<double>(p[e] = std::exp(z[e] - m));
      for (std::size_t e = 0; e < n; ++e) p[e] = static_cast<float>(static_cast<double>(p[e]) / sum);
      break;
    }
    case gating::sigmoid:
      for (std::size_t e = 0; e < n; ++e) p[e] = 1 / (1 + std::exp(-z[e]));
      break;
    case gating::softmax_of_chosen: std::copy(z, z + n, p); break;
    case gating::sqrt_softplus:
      for (std::size_t e = 0; e < n; ++e) p[e] = std::sqrt(z[e] > 20 ? z[e] : std::log1p(std::exp(z[e])));
      break;
  }
}

/// What stands for "never": far below any score, finite so that fast-math cannot break it.
inline constexpr float never = -3e38f;

/// Masks the scores of all but the best groups of consecutive experts.
/// A group counts as its two best experts where a selection bias exists (V3), else as its best (V2).
inline void limit_groups(const moe_config& m, bool two_best, float* s) noexcept {
  const std::size_t size = m.n_experts / m.n_groups;
  constexpr std::size_t max_groups = 1024;
  float group_score[max_groups];
  for (std::size_t g = 0; g < m.n_groups; ++g) {
    float first = never, second = never;
    for (std::size_t e = g * size; e < (g + 1) * size; ++e) {
      if (s[e] > first) {
        second = first;
        first = s[e];
      } else if (s[e] > second) {
        second = s[e];
      }
    }
    group_score[g] = two_best && size > 1 ? first + second : first;
  }
  for (std::size_t g = 0; g < m.n_groups; ++g) {
    std::size_t better = 0;  // ties: the lower index wins
    for (std::size_t o = 0; o < m.n_groups; ++o)
      better += group_score[o] > group_score[g] || (group_score[o] == group_score[g] && o < g);
    if (better >= m.n_groups_used) std::fill(s + g * size, s + (g + 1) * size, never);
  }
}

}  // namespace detail

/// Chooses the experts of one token.
///
/// shape   z router logits [n_experts] in   scratch [n_experts]   experts, weights [n_used] out, best first
/// source  DeepSeekMoE arXiv:2401.06066 eq. 9-11; DeepSeek-V2 section 2.2.2; DeepSeek-V3 arXiv:2412.19437 eq. 12-16
/// tested  tests/nn/moe_test.cpp on hand-computed cases
inline void route_token(const moe_config& m, const float* selection_bias, float* z, float* scratch,
                        std::int32_t* experts, float* weights) noexcept {
  float* s = scratch;
  detail::score_experts(m.gate, z, m.n_experts, z);  // z now holds p, the unbiased scores
  for (std::size_t e = 0; e < m.n_experts; ++e) s[e] = z[e] + (selection_bias ? selection_bias[e] : 0);
  if (m.n_groups > 1) detail::limit_groups(m, selection_bias != nullptr, s);
  for (std::size_t i = 0; i < m.n_used; ++i) {
    const auto best = static_cast<std::size_t>(std::max_element(s, s + m.n_experts) - s);
    experts[i] = static_cast<std::int32_t>(best);
    weights[i] = z[best];
    s[best] = detail::never;
  }
  if (m.gate == gating::softmax_of_chosen) detail::score_experts(gating::softmax, weights, m.n_used, weights);
  if (m.normalize) {
    float sum = 0;
    for (std::size_t i = 0; i < m.n_used; ++i) sum += weights[i];
    for (std::size_t i = 0; i < m.n_used; ++i) weights[i] /= std::max(sum, 6.103515625e-5f);
  }
  for (std::size_t i = 0; i < m.n_used; ++i) weights[i] *= m.scale;
}

namespace detail {

/// Gives every (token, choice) a slot so that an expert's slots are consecutive and in token order.
inline void group_by_expert(const moe_config& m, const moe_workspace& s) noexcept {
  const std::size_t n = s.slot.shape(0) * m.n_used;
  const std::int32_t* experts = s.experts.data();
  std::int32_t *slot = s.slot.data(), *begin = s.begin.data();
  std::fill(begin, begin + m.n_experts + 1, 0);
  for (std::size_t i = 0; i < n; ++i) ++begin[experts[i] + 1];
  for (std::size_t e = 0; e < m.n_experts; ++e) begin[e + 1] += begin[e];
  for (std::size_t i = 0; i < n; ++i) slot[i] = begin[experts[i]]++;
  for (std::size_t e = m.n_experts; e > 0; --e) begin[e] = begin[e - 1];
  begin[0] = 0;
}

}  // namespace detail

/// y = sum over the chosen experts of weight * expert(x).
///
/// Tokens are grouped by expert, so that an expert's weights are read once per batch.
/// shape   x [n_tokens, dim] with its int8 form   y [n_tokens, dim]
/// cost    n_used experts per token; the sum runs in order of choice, best first
inline task mixture_of_experts(compute& c, const moe_config& m, const moe_weights& w, const token_rows& b,
                               const activations& x, const moe_workspace& s, std::size_t layer, tensor<float, 2> y) {
  const std::size_t n = x.n_tokens, k = m.n_used, n_slots = n * k;
  co_await linear(c, linear_job{&w.router, x, s.logits, w.router_bias});
  co_await parallel(c, n, static_cast<double>(m.n_experts * (k + 10)), [&](std::size_t t, std::size_t) {
    route_token(m, w.selection_bias, s.logits.at(t), s.scores.at(t), s.experts.at(t), s.weights.at(t));
  });
  if (b.on_route && *b.on_route)
    for (std::size_t t = 0; t < n; ++t) (*b.on_route)({layer, b.rows[t].position, s.experts(t), s.weights(t)});

  detail::group_by_expert(m, s);
  co_await parallel(c, n_slots, static_cast<double>(m.dim) / 8, [&](std::size_t i, std::size_t) {
    const auto slot = static_cast<std::size_t>(s.slot(i / k, i % k));
    const activations from = x.rows(i / k, 1);
    const activation_rows to = s.x.rows(slot, 1);
    if (w.reads.int8) copy_int8_row(from, to);
    if (w.reads_float) std::memcpy(to.x, from.x, m.dim * sizeof(float));
  });

  const auto rows_of = [&](const activation_rows& rows, std::size_t e) {
    const auto first = static_cast<std::size_t>(s.begin[e]);
    return activations(rows.rows(first, static_cast<std::size_t>(s.begin[e + 1]) - first));
  };
  std::size_t n_jobs = 0;
  for (std::size_t e = 0; e < m.n_experts; ++e) {
    const activations in = rows_of(s.x, e);
    if (in.n_tokens != 0) s.gated_jobs[n_jobs++] = {&w.experts[e], in, static_cast<std::size_t>(s.begin[e])};
  }
  co_await gated(c, m.activation, std::span<const gated_job>(s.gated_jobs.data(), n_jobs), s.hidden);
  if (w.down_reads.lows) co_await round_lows(c, s.hidden.hidden.rows(0, n_slots));

  n_jobs = 0;
  for (std::size_t e = 0; e < m.n_experts; ++e) {
    const activations in = rows_of(s.hidden.hidden, e);
    if (in.n_tokens == 0) continue;
    s.jobs[n_jobs++] = {&w.experts[e].down, in, s.y.rows(static_cast<std::size_t>(s.begin[e]), in.n_tokens),
                        w.experts[e].b_down};
  }
  co_await linear(c, std::span<const linear_job>(s.jobs.data(), n_jobs));

  co_await parallel(c, n, static_cast<double>(k * m.dim) * 0.1, [&](std::size_t t, std::size_t) {
    std::memset(y.at(t), 0, m.dim * sizeof(float));
    for (std::size_t i = 0; i < k; ++i) c.k.axpy(s.weights(t, i), s.y.at(s.slot(t, i)), m.dim, y.at(t));
  });
}

/// The feed-forward half of a layer of experts: those that are chosen, and those that all tokens share.
class experts final : public block {
 public:
  moe_config how;
  moe_weights w;
  ffn_weights shared;                  // dim_hidden = dim_shared; empty where there is none
  const float* shared_gate = nullptr;  // [dim] or none: y += sigmoid(shared_gate . x) * shared(x)

  [[nodiscard]] task pass(compute& c, const block_call& io) const override { return run(c, *this, io); }
  void measure(arena& memory, const pass_size& size) const override { (void)workspace(memory, size); }

 private:
  struct both {
    moe_workspace chosen;
    ffn_workspace shared;
    tensor<float, 2> y_shared;  // [n_tokens, dim]
  };
  [[nodiscard]] both workspace(arena& memory, const pass_size& size) const noexcept {
    both s{moe_workspace::take(memory, how, size), {}, {}};
    if (shared.gate) {
      s.shared = ffn_workspace::take(memory, size.n_tokens, shared.gate.n_out, size, size.bf16);
      s.y_shared = take<float>(memory, size.n_tokens, how.dim);
    }
    return s;
  }
  static task run(compute& c, const experts& e, const block_call& io) {
    const both s = e.workspace(io.memory, io.size);
    co_await mixture_of_experts(c, e.how, e.w, io.b, io.x, s.chosen, io.layer, io.y);
    if (!e.shared.gate) co_return;
    co_await feed_forward(c, e.shared, io.x, s.shared, s.y_shared);
    co_await parallel(c, io.x.n_tokens, static_cast<double>(e.how.dim), [&](std::size_t t, std::size_t) {
      const float z = e.shared_gate ? c.k.dot(e.shared_gate, io.x.rows(t, 1).x, e.how.dim) : 0;
      const float share = e.shared_gate ? 1 / (1 + std::exp(-z)) : 1;
      c.k.axpy(share, s.y_shared.at(t), e.how.dim, io.y.at(t));
    });
  }
};

}  // namespace nn
RETORT_END
