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
  bool normalize = false;            ///< divide the chosen weights by their sum
  float scale = 1;                   ///< then multiply by this
  std::size_t n_groups = 1, n_groups_used = 1;
  gated_activation activation = gated_activation::silu;
};

/// Who was asked for one token, and how much: what an observer sees.
struct route {
  std::size_t layer = 0;
  std::size_t position = 0;
  std::span<const std::int32_t> experts;   // [n_used], best first
  std::span<const float> weights;          // [n_used]
};
using route_observer = std::function<void(const route&)>;

struct moe_weights {
  simd::matrix router;                     // [n_experts, dim] f32
  const float* router_bias = nullptr;      // [n_experts] added to the logits (gpt-oss), or none
  const float* selection_bias = nullptr;   // [n_experts] added to the scores for choosing only (V3), or none
  std::vector<ffn_weights> experts;        // [n_experts]
  rounded_forms reads, down_reads;         ///< what gates and ups take of x, and downs of the hidden rows
  bool reads_float = false;                ///< some gate or up takes x itself
};

struct moe_workspace {
  float* logits = nullptr;                 // [n_tokens, n_experts]
  float* scores = nullptr;                 // [n_tokens, n_experts]
  std::int32_t* experts = nullptr;         // [n_tokens, n_used]
  float* weights = nullptr;                // [n_tokens, n_used]
  std::int32_t* slot = nullptr;            // [n_tokens, n_used]   row of the grouped buffers
  std::int32_t* begin = nullptr;           // [n_experts + 1]      first slot of each expert
  float* x = nullptr;                      // [n_slots, dim]       inputs grouped by expert
  rounded_rows x8;
  ffn_workspace hidden;                    // [n_slots, dim_hidden]
  float* y = nullptr;                      // [n_slots, dim]
  gated_job* gated_jobs = nullptr;         // [n_experts]
  linear_job* jobs = nullptr;              // [n_experts]
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
    case gating::softmax_of_chosen:
      std::copy(z, z + n, p);
      break;
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
inline void group_by_expert(const moe_config& m, std::size_t n_tokens, const moe_workspace& s) noexcept {
  const std::size_t n = n_tokens * m.n_used;
  std::fill(s.begin, s.begin + m.n_experts + 1, 0);
  for (std::size_t i = 0; i < n; ++i) ++s.begin[s.experts[i] + 1];
  for (std::size_t e = 0; e < m.n_experts; ++e) s.begin[e + 1] += s.begin[e];
  for (std::size_t i = 0; i < n; ++i) s.slot[i] = s.begin[s.experts[i]]++;
  for (std::size_t e = m.n_experts; e > 0; --e) s.begin[e] = s.begin[e - 1];
  s.begin[0] = 0;
}

inline void copy_int8_row(const simd::activations& x, std::size_t t, const rounded_rows& to, std::size_t slot) noexcept {
  const std::size_t n = x.n_in, groups = (n + 255) / 256;
  const simd::int8_row row = to.at(slot, n);
  std::memcpy(row.q, x.q + t * n, n);
  std::memcpy(row.d, x.d + t * (n / 32), n / 32 * sizeof(float));
  std::memcpy(row.sums, x.sums + t * (n / 16), n / 16 * sizeof(std::int16_t));
  std::memcpy(row.lows, x.lows + t * (n / 16), n / 16 * sizeof(std::int16_t));
  std::memcpy(row.d_low, x.d_low + t * groups, groups * sizeof(float));
}

}  // namespace detail

/// y = sum over the chosen experts of weight * expert(x).
///
/// Tokens are grouped by expert, so that an expert's weights are read once per batch.
/// shape   x [n_tokens, dim] with its int8 form   y [n_tokens, dim]
/// cost    n_used experts per token; the sum runs in order of choice, best first
inline task mixture_of_experts(compute& c, const moe_config& m, const moe_weights& w, const batch& b,
                               const simd::activations& x, const moe_workspace& s, std::size_t layer,
                               const route_observer* observer, float* y) {
  const std::size_t n = x.n_tokens, k = m.n_used, n_slots = n * k;
  co_await linear(c, linear_job{&w.router, x, s.logits, m.n_experts, w.router_bias});
  co_await parallel(c, n, static_cast<double>(m.n_experts * (k + 10)), [&](std::size_t t, std::size_t) {
    route_token(m, w.selection_bias, s.logits + t * m.n_experts, s.scores + t * m.n_experts, s.experts + t * k,
                s.weights + t * k);
  });
  if (observer && *observer)
    for (std::size_t t = 0; t < n; ++t)
      (*observer)({layer, b.rows[t].position, {s.experts + t * k, k}, {s.weights + t * k, k}});

  detail::group_by_expert(m, n, s);
  co_await parallel(c, n_slots, static_cast<double>(m.dim) / 8, [&](std::size_t i, std::size_t) {
    const auto slot = static_cast<std::size_t>(s.slot[i]);
    if (w.reads.int8) detail::copy_int8_row(x, i / k, s.x8, slot);
    if (w.reads_float) std::memcpy(s.x + slot * m.dim, x.x + (i / k) * m.dim, m.dim * sizeof(float));
  });

  const auto rows_of = [&](const float* rows, std::size_t dim, const rounded_rows& r, std::size_t e) {
    const auto first = static_cast<std::size_t>(s.begin[e]), count = static_cast<std::size_t>(s.begin[e + 1]) - first;
    return activations_of(rows, count, dim, r, first);
  };
  std::size_t n_jobs = 0;
  for (std::size_t e = 0; e < m.n_experts; ++e) {
    const auto in = rows_of(s.x, m.dim, s.x8, e);
    if (in.n_tokens != 0) s.gated_jobs[n_jobs++] = {&w.experts[e], in, static_cast<std::size_t>(s.begin[e])};
  }
  co_await gated(c, m.activation, std::span<const gated_job>(s.gated_jobs, n_jobs), s.hidden);
  if (w.down_reads.lows) co_await round_lows(c, n_slots, m.dim_hidden, s.hidden.hidden8);

  n_jobs = 0;
  for (std::size_t e = 0; e < m.n_experts; ++e) {
    const auto in = rows_of(s.hidden.hidden, m.dim_hidden, s.hidden.hidden8, e);
    if (in.n_tokens == 0) continue;
    s.jobs[n_jobs++] = {&w.experts[e].down, in, s.y + static_cast<std::size_t>(s.begin[e]) * m.dim, m.dim,
                        w.experts[e].b_down};
  }
  co_await linear(c, std::span<const linear_job>(s.jobs, n_jobs));

  co_await parallel(c, n, static_cast<double>(k * m.dim) * 0.1, [&](std::size_t t, std::size_t) {
    float* out = y + t * m.dim;
    std::memset(out, 0, m.dim * sizeof(float));
    for (std::size_t i = 0; i < k; ++i)
      c.k.axpy(s.weights[t * k + i], s.y + static_cast<std::size_t>(s.slot[t * k + i]) * m.dim, m.dim, out);
  });
}

}  // namespace nn
RETORT_END
