// A view of numbers that carries its shape. It owns nothing, and checks indices only where RETORT_CHECKED is defined.
#pragma once

#include <retort/base/config.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

RETORT_BEGIN

/// shape   [shape(0), ..., shape(Rank - 1)], outermost first; the last index is contiguous, the others may lie apart
/// needs   what it points to must outlive it; T may be const, and any type: float, a block of quantized numbers, byte
/// cost    2 * Rank words; an index costs what it costs by hand
/// tested  tests/tensor/view_test.cpp
template <class T, std::size_t Rank>
class tensor {
  static_assert(Rank >= 1, "a tensor has at least one index");

 public:
  constexpr tensor() = default;
  /// Dense: tensor<float, 3>(data, n_tokens, n_heads, dim_head).
  constexpr tensor(T* data, std::size_t a) noexcept
    requires(Rank == 1)
      : data_(data), shape_{a} {}
  constexpr tensor(T* data, std::size_t a, std::size_t b) noexcept
    requires(Rank == 2)
      : data_(data), shape_{a, b}, stride_{b} {}
  constexpr tensor(T* data, std::size_t a, std::size_t b, std::size_t c) noexcept
    requires(Rank == 3)
      : data_(data), shape_{a, b, c}, stride_{b * c, c} {}
  constexpr tensor(T* data, std::size_t a, std::size_t b, std::size_t c, std::size_t d) noexcept
    requires(Rank == 4)
      : data_(data), shape_{a, b, c, d}, stride_{b * c * d, c * d, d} {}
  /// Rows that lie `stride` elements apart.
  static constexpr tensor strided(T* data, std::size_t n_rows, std::size_t n, std::size_t stride) noexcept
    requires(Rank == 2)
  {
    tensor t(data, n_rows, n);
    t.stride_[0] = stride;
    return t;
  }
  constexpr operator tensor<const T, Rank>() const noexcept
    requires(!std::is_const_v<T>)
  {
    return {data_, shape_, stride_};
  }

  [[nodiscard]] constexpr T* data() const noexcept { return data_; }
  [[nodiscard]] constexpr std::size_t shape(std::size_t i) const noexcept { return shape_[i]; }
  /// Elements from one value of index i to the next.
  [[nodiscard]] constexpr std::size_t stride(std::size_t i = 0) const noexcept
    requires(Rank >= 2)
  {
    return i + 1 < Rank ? stride_[i] : 1;
  }
  constexpr explicit operator bool() const noexcept { return data_ != nullptr; }

  /// x(i, j, ...): the element; with fewer indices the tensor that is left.
  [[nodiscard]] constexpr decltype(auto) operator()(std::size_t i) const noexcept {
    RETORT_ASSERT(i < shape_[0]);
    if constexpr (Rank == 1) {
      return static_cast<T&>(data_[i]);
    } else {
      tensor<T, Rank - 1> left;
      left.data_ = data_ + i * stride_[0];
      for (std::size_t k = 1; k < Rank; ++k) left.shape_[k - 1] = shape_[k];
      for (std::size_t k = 1; k + 1 < Rank; ++k) left.stride_[k - 1] = stride_[k];
      return left;
    }
  }
  [[nodiscard]] constexpr decltype(auto) operator()(std::size_t i, std::size_t j) const noexcept
    requires(Rank >= 2)
  {
    return (*this)(i)(j);
  }
  [[nodiscard]] constexpr decltype(auto) operator()(std::size_t i, std::size_t j, std::size_t k) const noexcept
    requires(Rank >= 3)
  {
    return (*this)(i)(j)(k);
  }
  /// Where x(i) or x(i, j) begins.
  [[nodiscard]] constexpr T* at(std::size_t i) const noexcept
    requires(Rank >= 2)
  {
    RETORT_ASSERT(i < shape_[0]);
    return data_ + i * stride_[0];
  }
  [[nodiscard]] constexpr T* at(std::size_t i, std::size_t j) const noexcept
    requires(Rank >= 3)
  {
    RETORT_ASSERT(i < shape_[0] && j < shape_[1]);
    return data_ + i * stride_[0] + j * stride_[1];
  }

  /// The outermost [first, first + n).
  [[nodiscard]] constexpr tensor rows(std::size_t first, std::size_t n) const noexcept {
    RETORT_ASSERT(first + n <= shape_[0]);
    tensor t = *this;
    t.data_ += first * (Rank > 1 ? stride_[0] : 1);
    t.shape_[0] = n;
    return t;
  }
  /// The innermost [first, first + n).
  [[nodiscard]] constexpr tensor columns(std::size_t first, std::size_t n) const noexcept {
    RETORT_ASSERT(first + n <= shape_[Rank - 1]);
    tensor t = *this;
    t.data_ += first;
    t.shape_[Rank - 1] = n;
    return t;
  }
  /// [a, b, ...] seen as [b, a, ...]; nothing is moved.
  [[nodiscard]] constexpr tensor swapped() const noexcept
    requires(Rank >= 3)
  {
    tensor t = *this;
    t.shape_[0] = shape_[1];
    t.shape_[1] = shape_[0];
    t.stride_[0] = stride_[1];
    t.stride_[1] = stride_[0];
    return t;
  }
  /// [a, b, c] seen as [a * b, c], where the rows of c lie evenly.
  [[nodiscard]] constexpr tensor<T, 2> flat() const noexcept
    requires(Rank == 3)
  {
    RETORT_ASSERT(stride_[0] == shape_[1] * stride_[1]);
    return tensor<T, 2>::strided(data_, shape_[0] * shape_[1], shape_[2], stride_[1]);
  }

  // One index: a range of numbers, which becomes a span by itself.
  [[nodiscard]] constexpr std::size_t size() const noexcept
    requires(Rank == 1)
  {
    return shape_[0];
  }
  [[nodiscard]] constexpr bool empty() const noexcept
    requires(Rank == 1)
  {
    return shape_[0] == 0;
  }
  [[nodiscard]] constexpr T* begin() const noexcept
    requires(Rank == 1)
  {
    return data_;
  }
  [[nodiscard]] constexpr T* end() const noexcept
    requires(Rank == 1)
  {
    return data_ + shape_[0];
  }
  [[nodiscard]] constexpr T& operator[](std::size_t i) const noexcept
    requires(Rank == 1)
  {
    return data_[i];
  }

 private:
  template <class, std::size_t>
  friend class tensor;
  using strides = std::array<std::size_t, (Rank > 1 ? Rank - 1 : 1)>;
  constexpr tensor(T* data, std::array<std::size_t, Rank> shape, strides stride) noexcept
      : data_(data), shape_(shape), stride_(stride) {}

  T* data_ = nullptr;
  std::array<std::size_t, Rank> shape_{};
  strides stride_{};
};

RETORT_END

template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<retort::tensor<T, 1>> = true;
