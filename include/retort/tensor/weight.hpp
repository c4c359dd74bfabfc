// A matrix of a model where it lies in the file, of a type that is known at run time.
#pragma once

#include <retort/tensor/blocks.hpp>

RETORT_BEGIN

/// Rows of blocks, one after another. Its values are `scale` times what the blocks say.
struct weight_matrix {
  dtype type = dtype::f32;
  const std::byte* data = nullptr;  // [n_out, n_in], 1-byte aligned
  std::size_t n_out = 0, n_in = 0;
  std::size_t row_bytes = 0;
  float scale = 1;

  explicit operator bool() const noexcept { return data != nullptr; }
  [[nodiscard]] const std::byte* row(std::size_t i) const noexcept { return data + i * row_bytes; }
  /// The rows [first, first + n) of it.
  [[nodiscard]] weight_matrix rows(std::size_t first, std::size_t n) const noexcept {
    return {type, row(first), n, n_in, row_bytes, scale};
  }
};

/// What products with a weight read of their inputs, beside the floats.
struct rounded_forms {
  bool int8 = false, lows = false, bf16 = false;

  [[nodiscard]] static rounded_forms of(const weight_matrix& w) noexcept {
    const bool quantized = traits(w.type).quantized;
    return {quantized, quantized && format(w.type).n_mins != 0, w.type == dtype::bf16};
  }
  friend rounded_forms operator|(rounded_forms a, rounded_forms b) noexcept {
    return {a.int8 || b.int8, a.lows || b.lows, a.bf16 || b.bf16};
  }
};

RETORT_END
