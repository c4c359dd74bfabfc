// Rows of activations: floats, and beside them the rounded forms in which weights of some types read them.
#pragma once

#include <retort/base/memory.hpp>
#include <retort/tensor/view.hpp>
#include <retort/tensor/weight.hpp>

#include <cstring>

RETORT_BEGIN

/// Room for a dense tensor: take<float>(memory, n_tokens, n_heads, dim_head). Its data is nullptr where memory is too
/// small.
template <class T, class... N>
[[nodiscard]] tensor<T, sizeof...(N)> take(arena& memory, N... shape) noexcept {
  return tensor<T, sizeof...(N)>(memory.take<T>((std::size_t{1} * ... * static_cast<std::size_t>(shape))), shape...);
}

/// One shape, [n_tokens, n_in], for all seven arrays; rows are dense. What is rounded how: simd/table.hpp, quantize().
template <bool Writable>
struct basic_activations {
  template <class T>
  using array = std::conditional_t<Writable, T*, const T*>;

  std::size_t n_tokens = 0;
  std::size_t n_in = 0;                 ///< a multiple of 32 where q is used
  array<float> x = nullptr;             // [n_tokens, n_in]
  array<std::int8_t> q = nullptr;       // [n_tokens, n_in]       in [-127, 127]
  array<float> d = nullptr;             // [n_tokens, n_in / 32]  x is about d * q
  array<std::int16_t> sums = nullptr;   // [n_tokens, n_in / 16]  sum of 16 q's
  array<std::int16_t> lows = nullptr;   // [n_tokens, n_in / 16]  sum of 16 x's is about d_low * low
  array<float> d_low = nullptr;         // [n_tokens, n_groups()]
  array<std::uint16_t> bf16 = nullptr;  // [n_tokens, n_in]       x rounded; may be left out

  /// Groups of 256 inputs that share a d_low; the last may be shorter.
  [[nodiscard]] std::size_t n_groups() const noexcept { return (n_in + 255) / 256; }
  [[nodiscard]] tensor<std::remove_pointer_t<array<float>>, 2> floats() const noexcept {
    return tensor<std::remove_pointer_t<array<float>>, 2>(x, n_tokens, n_in);
  }
  operator basic_activations<false>() const noexcept
    requires Writable
  {
    return {n_tokens, n_in, x, q, d, sums, lows, d_low, bf16};
  }

  /// The rows [first, first + n).
  [[nodiscard]] basic_activations rows(std::size_t first, std::size_t n) const noexcept {
    basic_activations a = from(first, 0);
    a.n_tokens = n;
    return a;
  }
  /// The row from element `first` on, a multiple of 32: where a part of it is rounded to. Its d_low is that of the row.
  [[nodiscard]] basic_activations part(std::size_t row, std::size_t first) const noexcept { return from(row, first); }

  /// Room for rows; for bf16 only where weights may read it.
  static basic_activations take(arena& memory, std::size_t n_tokens, std::size_t n_in, bool with_bf16 = false) noexcept
    requires Writable
  {
    const std::size_t n = align_up(n_tokens * n_in, 32);
    basic_activations a;
    a.n_tokens = n_tokens;
    a.n_in = n_in;
    a.x = memory.take<float>(n_tokens * n_in);
    a.q = memory.take<std::int8_t>(n);
    a.d = memory.take<float>(n / 32);
    a.sums = memory.take<std::int16_t>(n / 16);
    a.lows = memory.take<std::int16_t>(n / 16);
    a.d_low = memory.take<float>(n_tokens * a.n_groups());
    if (with_bf16 && n_in % 32 == 0) a.bf16 = memory.take<std::uint16_t>(n);
    return a;
  }
  /// Whether a weight reads the floats, for want of a rounded form.
  [[nodiscard]] bool leaves_floats_to(const weight_matrix& w) const noexcept {
    return !traits(w.type).quantized && !(bf16 && w.type == dtype::bf16);
  }

 private:
  [[nodiscard]] basic_activations from(std::size_t row, std::size_t first) const noexcept {
    const std::size_t i = row * n_in + first;
    return {n_tokens,
            n_in,
            x ? x + i : x,
            q + i,
            d + i / 32,
            sums + i / 16,
            lows + i / 16,
            d_low + row * n_groups(),
            bf16 ? bf16 + i : bf16};
  }
};

/// As products read them.
using activations = basic_activations<false>;
/// As they are made.
using activation_rows = basic_activations<true>;

/// The int8 form of one row, whole.
inline void copy_int8_row(const activations& from, const activation_rows& to) noexcept {
  const std::size_t n = from.n_in;
  std::memcpy(to.q, from.q, n);
  std::memcpy(to.d, from.d, n / 32 * sizeof(float));
  std::memcpy(to.sums, from.sums, n / 16 * sizeof(std::int16_t));
  std::memcpy(to.lows, from.lows, n / 16 * sizeof(std::int16_t));
  std::memcpy(to.d_low, from.d_low, from.n_groups() * sizeof(float));
}

RETORT_END
