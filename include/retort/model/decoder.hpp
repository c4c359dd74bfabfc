// The forward pass, top to bottom. Read this page first; every call below is
// one header further down: nn/gqa.hpp or nn/mla.hpp, nn/moe.hpp or
// nn/ffn.hpp, nn/linear.hpp, simd/scalar.hpp.
#pragma once

#include <retort/base/config.hpp>

#if RETORT_CARRIES(RETORT_PART_MODEL)  // all of it is code
#include <retort/model/workspace.hpp>

RETORT_BEGIN
namespace nn {

/// Tokens in, logits out: the whole model on one batch.
///
/// shape   tokens [n_tokens]   wanted: rows of the batch whose logits are needed, ascending
///         logits [n_wanted, n_vocab] out
/// needs   the cache rows of every token prepared for writing; tokens of one timeline in order
/// cost    pauses inside every loop; no allocation
/// tested  tests/model/decoder_test.cpp against the double-precision reference
RETORT_INLINE task forward(compute& c, const network& net, std::span<const token> tokens, token_rows b,
                           std::span<const std::uint32_t> wanted, workspace& w, pass_options o,
                           tensor<float, 2> logits) {
  const std::size_t n = tokens.size(), n_wanted = wanted.size();
  const float eps = net.hyper.eps;
  const tensor<float, 2> h = w.h.rows(0, n), y = w.y.rows(0, n);           // the residual stream; what is added to it
  const activation_rows x = w.x.rows(0, n), last = w.x.rows(0, n_wanted);  // its norm, in the forms that weights read
  b.cos = w.cos.rows(0, n);
  b.sin = w.sin.rows(0, n);
  b.tiled = !o.reproducible && n >= o.tiled_from && b.one_timeline();
  b.on_route = o.on_route;

  co_await embed(c, net, tokens, b, h, w.cos, w.sin);  // h [n, dim]
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    const layer& l = net.layers[i];

    co_await rms_norm(c, h, l.mixer_norm, eps, x.floats());  // x [n, dim]
    co_await round_rows(c, x, l.mix->reads);
    const block_call mixing = w.call(b, i, x, y);
    co_await l.mix->pass(c, mixing);  // y [n, dim]
    co_await add(c, y, h);            // h += y

    co_await rms_norm(c, h, l.ffn_norm, eps, x.floats());  // x [n, dim]
    co_await round_rows(c, x, l.ffn->reads);
    const block_call feeding = w.call(b, i, x, y);
    co_await l.ffn->pass(c, feeding);  // y [n, dim]
    co_await add(c, y, h);             // h += y
  }

  co_await parallel(c, n_wanted, static_cast<double>(last.n_in), [&](std::size_t i, std::size_t) {
    c.k.rms_norm(h.at(wanted[i]), net.output_norm, last.n_in, eps, last.rows(i, 1).x);
  });
  co_await round_rows(c, last, rounded_forms::of(net.output));                 // x [n_wanted, dim]
  co_await linear(c, linear_job{&net.output, last, logits, net.output_bias});  // logits [n_wanted, n_vocab]
}

}  // namespace nn
RETORT_END
#endif
