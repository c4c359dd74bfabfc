// Views as Eigen maps, for hosts and tests that calculate with Eigen. Nothing else of Retort includes this header:
// Eigen's code depends on compile flags, so a program that mixes flags should include it in one source file only.
#pragma once

#include <retort/base/macros_off.inc>

#include <retort/tensor/view.hpp>

#include <Eigen/Core>

RETORT_BEGIN

namespace detail {
template <class T, class Plain>
using map_of = Eigen::Map<std::conditional_t<std::is_const_v<T>, const Plain, Plain>, 0, Eigen::OuterStride<>>;
template <class T>
using row_major = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using column = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>;
}  // namespace detail

/// The same numbers as a matrix of Eigen: no copy, the map writes where the view points.
template <class T>
[[nodiscard]] detail::map_of<T, detail::row_major<T>> eigen(tensor<T, 2> x) {
  return {x.data(), static_cast<Eigen::Index>(x.shape(0)), static_cast<Eigen::Index>(x.shape(1)),
          Eigen::OuterStride<>(static_cast<Eigen::Index>(x.stride()))};
}
/// As a column vector.
template <class T>
[[nodiscard]] Eigen::Map<std::conditional_t<std::is_const_v<T>, const detail::column<T>, detail::column<T>>> eigen(
    tensor<T, 1> x) {
  return {x.data(), static_cast<Eigen::Index>(x.shape(0))};
}

RETORT_END

#include <retort/base/macros_on.inc>
