// What a forward pass writes besides the cache, and what its layers keep there: laid out once, so that a step allocates
// nothing.
#pragma once

#include <retort/api.hpp>
#include <retort/model/network.hpp>

RETORT_BEGIN
namespace nn {

/// What the host may choose about the arithmetic.
struct pass_options {
  bool reproducible = false;    ///< one form of attention for every batch size
  std::size_t tiled_from = 64;  ///< tokens of one timeline from which keys and values are expanded a tile at a time
  const route_observer* on_route = nullptr;
};

/// Everything a forward pass writes besides the cache, for at most `most.n_tokens` tokens at once.
struct workspace {
  pass_size most;
  tensor<float, 2> h;         // [n_tokens, dim]            the residual stream
  tensor<float, 2> y;         // [n_tokens, dim]            what a block adds to it
  activation_rows x;          // [n_tokens, dim]            its norm
  tensor<float, 2> cos, sin;  // [n_tokens, dim_rope / 2]
  arena* memory = nullptr;    ///< behind these, blocks take in turn what they need
  std::size_t mark = 0;

  /// The call of a block: the memory that the block before it had is free again.
  [[nodiscard]] block_call call(const token_rows& b, std::size_t layer, const activations& in,
                                tensor<float, 2> out) noexcept {
    memory->rewind(mark);
    pass_size size = most;
    size.n_tokens = b.n_tokens();
    return {b, layer, in, out, *memory, size};
  }
};

/// Lays the workspace out in an arena; on a measuring arena, peak() is then how much it needs.
inline workspace take_workspace(arena& memory, const network& net, const simd::kernels& k, std::size_t n_tokens,
                                std::size_t n_workers, std::size_t context) {
  const hyper& h = net.hyper;
  workspace w;
  w.most = {n_tokens, n_workers, context, net.has_bf16 && k.round_bf16};
  w.h = take<float>(memory, n_tokens, h.dim);
  w.y = take<float>(memory, n_tokens, h.dim);
  w.x = activation_rows::take(memory, n_tokens, h.dim, w.most.bf16);
  w.cos = take<float>(memory, n_tokens, h.rope.dim_rope / 2);
  w.sin = take<float>(memory, n_tokens, h.rope.dim_rope / 2);
  w.memory = &memory;
  w.mark = memory.mark();
  if (!memory.is_measuring()) return w;
  for (const layer& l : net.layers)
    for (const block* half : {static_cast<const block*>(l.mix.get()), static_cast<const block*>(l.ffn.get())}) {
      memory.rewind(w.mark);
      half->measure(memory, w.most);
    }
  return w;
}

/// What the layers of a model keep in a cache of that type.
inline kv_layout cache_layout(const network& net, dtype type) {
  kv_layout layout;
  layout.type = type;
  for (const layer& l : net.layers) l.mix->keep(layout);
  return layout;
}

/// Awaitable: rows of the embedding, and the angles of every position.   h [n, dim] out   cos, sin [n, dim_rope / 2]
/// out
[[nodiscard]] inline auto embed(compute& c, const network& net, std::span<const token> tokens, const token_rows& b,
                                tensor<float, 2> h, tensor<float, 2> cos, tensor<float, 2> sin) {
  return parallel(
      c, tokens.size(), static_cast<double>(h.shape(1)), [&net, tokens, &b, h, cos, sin](std::size_t t, std::size_t) {
        dequantize(net.embedding.type, net.embedding.row(static_cast<std::size_t>(tokens[t])), h.shape(1), h.at(t));
        if (net.embedding.scale != 1)
          for (std::size_t i = 0; i < h.shape(1); ++i) h(t, i) *= net.embedding.scale;
        rope_angles(net.rope_frequencies, net.hyper.rope.amplitude, b.rows[t].position, cos.at(t), sin.at(t));
      });
}

/// The forward pass: decoder.hpp.
RETORT_INLINE task forward(compute& c, const network& net, std::span<const token> tokens, token_rows b,
                           std::span<const std::uint32_t> wanted, workspace& w, pass_options o,
                           tensor<float, 2> logits);

}  // namespace nn

namespace detail {

inline dtype dtype_of(cache_type t) noexcept {
  return t == cache_type::f32 ? dtype::f32 : t == cache_type::q8_0 ? dtype::q8_0 : dtype::f16;
}

/// Rows of a model's cache.  errors bad_argument: its heads have no whole blocks
inline result<nn::kv_layout> layout_of(const nn::network& net, cache_type cache) {
  nn::kv_layout layout = nn::cache_layout(net, dtype_of(cache));
  if (layout.odd_width)
    return error{errc::bad_argument, std::string("a ") + name(layout.type) +
                                         " cache needs rows of a multiple of 32 channels; " + "this model has " +
                                         std::to_string(layout.odd_width) + "; use f16"};
  return layout;
}

}  // namespace detail
RETORT_END
