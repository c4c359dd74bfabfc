// What a forward pass hands from block to block: where it computes, which token each row is, and what a block is.
#pragma once

#include <retort/base/task.hpp>
#include <retort/nn/kv_cache.hpp>
#include <retort/simd/table.hpp>

#include <functional>

RETORT_BEGIN
namespace nn {

/// A pass that computes: where it stands, and the kernels it uses.
class compute : public pass {
 public:
  compute(threads& pool, arena& frames, const simd::kernels& kernels) : pass(pool, frames), k(kernels) {}
  const simd::kernels& k;
};

/// One row of a pass: the timeline that its token belongs to and its place there.
struct token_row {
  kv_cache* cache = nullptr;
  std::size_t position = 0;
};

using route_observer = std::function<void(const expert_route&)>;

/// The rows of a pass.
struct token_rows {
  std::span<const token_row> rows;  // [n_tokens]
  tensor<const float, 2> cos, sin;  // [n_tokens, dim_rope / 2]
  bool tiled = false;               ///< one timeline, many tokens: keys and values are expanded a tile at a time
  const route_observer* on_route = nullptr;

  [[nodiscard]] std::size_t n_tokens() const noexcept { return rows.size(); }
  [[nodiscard]] bool one_timeline() const noexcept {
    for (const token_row& r : rows)
      if (r.cache != rows[0].cache) return false;
    return true;
  }
};

/// How large a pass is, or can become: what memory is laid out for.
struct pass_size {
  std::size_t n_tokens = 1;
  std::size_t n_workers = 1;
  std::size_t context = 0;  ///< most positions that a token sees
  bool bf16 = false;        ///< some weights read their inputs rounded to bf16
};

/// What a block is given, and where its result goes.
struct block_call {
  const token_rows& b;
  std::size_t layer = 0;
  activations x;       // [n_tokens, dim], in the forms that the block reads
  tensor<float, 2> y;  // [n_tokens, dim]
  arena& memory;       ///< for what lives while the block runs; the next one takes it anew
  pass_size size;

  /// Where the layer's rows lie in a cache; timelines of one pass may have caches of different types.
  [[nodiscard]] const kv_layer& kept_in(const kv_cache& cache) const noexcept { return cache.layout().layers[layer]; }
};

/// Half of a layer: y = block(x), to be added to the residual stream.
class block {
 public:
  virtual ~block() = default;
  rounded_forms reads;  ///< what its weights take of x

  /// The work itself; `io` lives until it is done.
  [[nodiscard]] virtual task pass(compute& c, const block_call& io) const = 0;
  /// Takes from a measuring arena what a pass of this size takes.
  virtual void measure(arena& memory, const pass_size& size) const = 0;
};

/// The half that looks at other tokens, by what it keeps in the cache.
class mixer : public block {
 public:
  /// Adds the layer's part to the layout of a cache.
  virtual void keep(kv_layout& layout) const = 0;
  /// For people: "12/2 heads of 128".
  [[nodiscard]] virtual std::string summary() const = 0;
};

}  // namespace nn
RETORT_END
