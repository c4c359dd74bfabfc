// The forward pass, top to bottom. Read this page first; every call below is
// one header further down: nn/gqa.hpp or nn/mla.hpp, nn/moe.hpp or
// nn/ffn.hpp, nn/linear.hpp, simd/scalar.hpp.
#pragma once

#include <retort/model/network.hpp>

RETORT_BEGIN
namespace nn {

/// Everything a forward pass writes besides the cache, for at most n_tokens
/// tokens at once. Made once per session, so that a step allocates nothing.
struct workspace {
  std::size_t n_tokens = 0;          ///< most tokens of one batch
  float* h = nullptr;                // [n_tokens, dim]            the residual stream
  float* x = nullptr;                // [n_tokens, dim]            its norm
  float* y = nullptr;                // [n_tokens, dim]            what a block adds to it
  float* y_shared = nullptr;         // [n_tokens, dim]            what the shared experts add
  float* cos = nullptr;              // [n_tokens, dim_rope / 2]
  float* sin = nullptr;              // [n_tokens, dim_rope / 2]
  rounded_rows x8;                   // [n_tokens, dim]
  gqa_workspace gqa;
  mla_workspace mla;
  ffn_workspace ffn;
  moe_workspace moe;
};

/// What the host may choose about the arithmetic.
struct pass_options {
  bool reproducible = false;         ///< one form of attention for every batch size
  std::size_t tiled_from = 64;       ///< tokens of one timeline from which keys and values are expanded a tile at a time
  const route_observer* on_route = nullptr;
};

namespace detail {

inline void take_gqa(arena& a, const gqa_config& g, std::size_t n, std::size_t n_workers, std::size_t n_splits,
                     bool bf16, gqa_workspace& w) {
  const std::size_t group = g.n_heads / g.n_heads_kv;
  w.q = a.take<float>(n * g.n_heads * g.dim_head);
  w.k = a.take<float>(n * g.n_heads_kv * g.dim_head);
  w.v = a.take<float>(n * g.n_heads_kv * g.dim_head_v);
  w.o = a.take<float>(n * g.n_heads * g.dim_head_v);
  w.o8 = rounded_rows::take(a, n, g.n_heads * g.dim_head_v, bf16);
  w.scratch.worker_floats = align_up(std::max(attention_scratch::floats_per_worker(group, g.dim_head, g.dim_head_v),
                                              tiled_floats_per_worker(group, g.dim_head)), 16);
  w.scratch.worker = a.take<float>(n_workers * w.scratch.worker_floats);
  w.scratch.parts_floats = n_splits * softmax_part::floats(g.n_heads, g.dim_head_v);
  w.scratch.parts = a.take<float>(w.scratch.parts_floats);
  w.tile = attention_tile::take(a, n, g.n_heads, g.n_heads_kv, g.dim_head, g.dim_head_v);
}

inline void take_mla(arena& a, const mla_config& m, std::size_t n, std::size_t n_workers, std::size_t n_splits,
                     mla_workspace& w) {
  const std::size_t H = m.n_heads;
  w.q_a = a.take<float>(n * m.dim_q_latent);
  w.q_a8 = rounded_rows::take(a, n, m.dim_q_latent);
  w.q = a.take<float>(n * H * m.dim_qk());
  w.kv_a = a.take<float>(n * m.dim_row());
  w.o = a.take<float>(n * H * m.dim_v);
  w.o8 = rounded_rows::take(a, n, H * m.dim_v);
  w.jobs = a.take<linear_job>(2 * H);
  w.q_nope = a.take<float>(n * H * m.dim_nope);
  w.q_nope8 = rounded_rows::take(a, n * H, m.dim_nope);
  w.q_row = a.take<float>(n * H * m.dim_row());
  w.o_latent = a.take<float>(n * H * m.dim_latent);
  w.o_latent8 = rounded_rows::take(a, n * H, m.dim_latent);
  const std::size_t absorbed = attention_scratch::floats_per_worker(mla_group(H), m.dim_row(), m.dim_latent);
  const std::size_t tiled = tiled_floats_per_worker(1, m.dim_qk());
  w.scratch.worker_floats = align_up(std::max(absorbed, tiled), 16);
  w.scratch.worker = a.take<float>(n_workers * w.scratch.worker_floats);
  w.scratch.parts_floats = n_splits * softmax_part::floats(H, m.dim_latent);
  w.scratch.parts = a.take<float>(w.scratch.parts_floats);
  w.c = a.take<float>(tile_tokens * m.dim_latent);
  w.c8 = rounded_rows::take(a, tile_tokens, m.dim_latent);
  w.k_pe = a.take<float>(tile_tokens * m.dim_rope);
  w.up = a.take<float>(tile_tokens * H * (m.dim_nope + m.dim_v));
  w.tile = attention_tile::take(a, n, H, H, m.dim_qk(), m.dim_v);
}

inline void take_moe(arena& a, const moe_config& m, std::size_t n, std::size_t n_workers, moe_workspace& w) {
  const std::size_t n_slots = n * m.n_used;
  w.logits = a.take<float>(n * m.n_experts);
  w.scores = a.take<float>(n * m.n_experts);
  w.experts = a.take<std::int32_t>(n_slots);
  w.weights = a.take<float>(n_slots);
  w.slot = a.take<std::int32_t>(n_slots);
  w.begin = a.take<std::int32_t>(m.n_experts + 1);
  w.x = a.take<float>(n_slots * m.dim);
  w.x8 = rounded_rows::take(a, n_slots, m.dim);
  w.hidden = ffn_workspace::take(a, n_slots, m.dim_hidden, n, n_workers, false);
  w.y = a.take<float>(n_slots * m.dim);
  w.gated_jobs = a.take<gated_job>(m.n_experts);
  w.jobs = a.take<linear_job>(m.n_experts);
}

}  // namespace detail

/// Lays the workspace out in an arena; on a measuring arena, peak() is then how much it needs.
inline workspace take_workspace(arena& a, const network& net, const simd::kernels& k, std::size_t n_tokens, std::size_t n_workers,
                                std::size_t context) {
  const bool bf16 = net.has_bf16 && k.round_bf16;
  const hyper& h = net.hyper;
  const std::size_t n_splits = (context + split_tokens - 1) / split_tokens;
  workspace w;
  w.n_tokens = n_tokens;
  w.h = a.take<float>(n_tokens * h.dim);
  w.x = a.take<float>(n_tokens * h.dim);
  w.y = a.take<float>(n_tokens * h.dim);
  w.cos = a.take<float>(n_tokens * h.rope.dim_rope / 2);
  w.sin = a.take<float>(n_tokens * h.rope.dim_rope / 2);
  w.x8 = rounded_rows::take(a, n_tokens, h.dim, bf16);
  if (h.kind->latent)
    detail::take_mla(a, h.mla, n_tokens, n_workers, n_splits, w.mla);
  else
    detail::take_gqa(a, h.gqa, n_tokens, n_workers, n_splits, bf16, w.gqa);
  std::size_t dim_hidden = h.dim_shared;
  for (std::size_t i = 0; i < h.n_layers; ++i)
    if (!h.is_moe(i)) dim_hidden = std::max(dim_hidden, h.dim_ffn[i]);
  if (dim_hidden) w.ffn = ffn_workspace::take(a, n_tokens, dim_hidden, n_tokens, n_workers, bf16);
  if (h.moe.n_experts) {
    detail::take_moe(a, h.moe, n_tokens, n_workers, w.moe);
    w.y_shared = a.take<float>(n_tokens * h.dim);
  }
  return w;
}

/// The rows a model needs in its cache, layer by layer.
inline kv_layout cache_layout(const hyper& h, dtype type) {
  kv_layout layout;
  layout.type = type;
  for (std::size_t i = 0; i < h.n_layers; ++i) {
    if (h.kind->latent)
      layout.add_layer(1, h.mla.dim_row(), 0);
    else
      layout.add_layer(h.gqa.n_heads_kv, h.gqa.dim_head, h.gqa.dim_head_v);
  }
  return layout;
}

/// Adds what the experts, chosen and shared, make of x to y.
inline task feed_forward_moe(compute& c, const hyper& h, const layer_weights& l, std::size_t index, const batch& b,
                             const simd::activations& x, workspace& w, const pass_options& o) {
  const std::size_t n = b.n_tokens();
  co_await mixture_of_experts(c, h.moe, l.moe, b, x, w.moe, index, o.on_route, w.y);
  if (l.shared.gate.data == nullptr) co_return;
  co_await feed_forward(c, l.shared, x, w.ffn, w.y_shared);
  co_await parallel(c, n, static_cast<double>(h.dim), [&](std::size_t t, std::size_t) {
    const float z = l.shared_gate ? c.k.dot(l.shared_gate, x.x + t * h.dim, h.dim) : 0;
    const float share = l.shared_gate ? 1 / (1 + std::exp(-z)) : 1;
    c.k.axpy(share, w.y_shared + t * h.dim, h.dim, w.y + t * h.dim);
  });
}

/// Tokens in, logits out: the whole model on one batch.
///
/// shape   tokens [n_tokens]   wanted: rows of the batch whose logits are needed, ascending
///         logits [n_wanted, n_vocab] out
/// needs   the cache rows of every token prepared for writing; tokens of one timeline in order
/// cost    pauses inside every loop; no allocation
/// tested  tests/model/decoder_test.cpp against the double-precision reference
inline task forward(compute& c, const network& net, std::span<const std::int32_t> tokens, batch b,
                    std::span<const std::uint32_t> wanted, workspace& w, pass_options o, float* logits) {
  const hyper& h = net.hyper;
  const std::size_t n = tokens.size(), dim = h.dim;
  b.cos = w.cos;
  b.sin = w.sin;
  co_await parallel(c, n, static_cast<double>(dim), [&](std::size_t t, std::size_t) {
    const auto row = static_cast<std::size_t>(tokens[t]);
    dequantize(net.embedding.type, net.embedding.data + row * net.embedding.row_bytes, dim, w.h + t * dim);
    const std::size_t half = h.rope.dim_rope / 2;
    rope_angles(net.rope_frequencies, h.rope.amplitude, b.rows[t].position, w.cos + t * half, w.sin + t * half);
  });
  const kv_layout& layout = b.rows[0].cache->layout();
  bool one_timeline = true;
  for (const token_row& r : b.rows) one_timeline = one_timeline && r.cache == b.rows[0].cache;
  const bool tiled = !o.reproducible && one_timeline && n >= o.tiled_from;

  for (std::size_t i = 0; i < h.n_layers; ++i) {
    const layer_weights& l = net.layers[i];
    co_await rms_norm(c, w.h, n, dim, l.attn_norm, h.eps, w.x);                 // x [n, dim]
    co_await round_rows(c, w.x, n, dim, l.attention_reads, w.x8);
    auto x = activations_of(w.x, n, dim, w.x8);
    if (h.kind->latent)
      co_await latent_attention(c, h.mla, l.mla, b, layout.layers[i], x, w.mla, tiled, w.y);
    else
      co_await grouped_query_attention(c, h.gqa, l.gqa, b, layout.layers[i], x, w.gqa, tiled, w.y);
    co_await add(c, w.y, n, dim, w.h);                                          // h [n, dim] += y

    co_await rms_norm(c, w.h, n, dim, l.ffn_norm, h.eps, w.x);                  // x [n, dim]
    co_await round_rows(c, w.x, n, dim, l.ffn_reads, w.x8);
    if (l.is_moe)
      co_await feed_forward_moe(c, h, l, i, b, x, w, o);
    else
      co_await feed_forward(c, l.ffn, x, w.ffn, w.y);
    co_await add(c, w.y, n, dim, w.h);                                          // h [n, dim] += y
  }

  const std::size_t n_wanted = wanted.size();
  co_await parallel(c, n_wanted, static_cast<double>(dim), [&](std::size_t i, std::size_t) {
    c.k.rms_norm(w.h + wanted[i] * dim, net.output_norm, dim, h.eps, w.x + i * dim);   // x [n_wanted, dim]
  });
  co_await round_rows(c, w.x, n_wanted, dim, rounded_forms::of(net.output), w.x8);
  co_await linear(c, linear_job{&net.output, activations_of(w.x, n_wanted, dim, w.x8), logits, h.n_vocab,
                                net.output_bias});                              // logits [n_wanted, n_vocab]
}

}  // namespace nn
RETORT_END
