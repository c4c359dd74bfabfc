// Runs a network without a session: one cache, one thread, any cut of the prompt.
#pragma once

#include "reference/matrix_ref.hpp"

#include <retort/model/loader.hpp>
#include <retort/model/workspace.hpp>

#include <vector>

namespace driver {

struct run {
  const retort::nn::network& net;
  const retort::simd::kernels& kernels;
  retort::dtype cache_type = retort::dtype::f32;
  retort::nn::pass_options how{};
  retort::threads* pool = nullptr;

  /// logits [n_tokens][n_vocab] of tokens fed in chunks of that many.
  [[nodiscard]] std::vector<std::vector<float>> operator()(std::span<const std::int32_t> tokens,
                                                           std::size_t chunk) const {
    using namespace retort;
    calling_thread alone;
    threads& workers = pool ? *pool : alone;
    const std::size_t n = tokens.size(), n_vocab = net.hyper.n_vocab;
    auto pages = nn::kv_pool::make(nn::cache_layout(net, cache_type), (n + 63) / 64, system_allocator());
    nn::kv_cache cache(*pages, n);
    arena measure = arena::measuring();
    (void)nn::take_workspace(measure, net, kernels, std::min(chunk, n), workers.size(), n);
    arena scratch(std::move(*buffer::make(measure.peak() + 64, "scratch")));
    arena frames(std::move(*buffer::make(64 << 10, "frames")));
    nn::workspace work = nn::take_workspace(scratch, net, kernels, std::min(chunk, n), workers.size(), n);
    nn::compute c(workers, frames, kernels);
    std::vector<std::vector<float>> out;
    std::vector<float> logits(chunk * n_vocab);
    for (std::size_t at = 0; at < n; at += chunk) {
      const std::size_t m = std::min(chunk, n - at);
      if (!cache.prepare(at, at + m)) return {};
      std::vector<nn::token_row> rows;
      std::vector<std::uint32_t> wanted;
      for (std::size_t i = 0; i < m; ++i) {
        rows.push_back({&cache, at + i});
        wanted.push_back(static_cast<std::uint32_t>(i));
      }
      task t = nn::forward(c, net, tokens.subspan(at, m), nn::token_rows{rows, {}, {}}, wanted, work, how,
                           {logits.data(), m, n_vocab});
      c.step(t.handle(), nullptr);
      for (std::size_t i = 0; i < m; ++i)
        out.emplace_back(logits.begin() + static_cast<std::ptrdiff_t>(i * n_vocab),
                         logits.begin() + static_cast<std::ptrdiff_t>((i + 1) * n_vocab));
    }
    return out;
  }
};

/// How far logits are from the reference: the largest difference and the root
/// mean square of all, both relative to the root mean square of the reference.
struct distance {
  double largest = 0, typical = 0;
};
inline distance between(const std::vector<std::vector<float>>& got, const ref::rows& want) {
  const ref::rows off = ref::of(got) - want;
  const double scale = want.norm() / std::sqrt(static_cast<double>(want.size()));
  return {ref::largest(off) / scale, off.norm() / want.norm()};
}

}  // namespace driver
