// What the readers of files share: arithmetic that cannot wrap, the wording of
// messages, finding entries by name.
#pragma once

#include <retort/base/types.hpp>

#include <algorithm>
#include <vector>

RETORT_BEGIN

namespace detail {
/// Texts and integers one after another.
template <class... Parts>
[[nodiscard]] std::string worded(const Parts&... parts) {
  std::string text;
  const auto add = [&](const auto& part) {
    if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(part)>>) text += std::to_string(part);
    else text += part;
  };
  (add(parts), ...);
  return text;
}

/// a * b, or false when it is 2^63 or more
[[nodiscard]] constexpr bool multiply_checked(std::uint64_t a, std::uint64_t b, std::uint64_t& product) noexcept {
  constexpr std::uint64_t limit = (std::uint64_t{1} << 63) - 1;
  if (b != 0 && a > limit / b) return false;
  product = a * b;
  return true;
}
}  // namespace detail

/// Positions in a list of entries, sorted by the entries' `name`. The list must
/// stay as it is. Sorted and not hashed because the names come from files: no
/// choice of names makes building or asking slow.
class name_index {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  name_index() = default;
  /// cost O(n log n) comparisons, 4 bytes an entry; fewer than 2^32 entries
  template <class Entry>
  explicit name_index(const std::vector<Entry>& entries) : order_(entries.size()) {
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      const int c = std::string_view(entries[a].name).compare(entries[b].name);
      return c != 0 ? c < 0 : a < b;
    });
  }

  /// Position of the entry called `name`, or none.
  template <class Entry>
  [[nodiscard]] std::size_t find(const std::vector<Entry>& entries, std::string_view name) const noexcept {
    const auto at = std::lower_bound(order_.begin(), order_.end(), name, [&](std::uint32_t i, std::string_view wanted) {
      return std::string_view(entries[i].name) < wanted;
    });
    return at != order_.end() && std::string_view(entries[*at].name) == name ? *at : none;
  }

  /// Position of an entry whose name an earlier one has, or none.
  template <class Entry>
  [[nodiscard]] std::size_t duplicate(const std::vector<Entry>& entries) const noexcept {
    for (std::size_t i = 1; i < order_.size(); ++i)
      if (std::string_view(entries[order_[i]].name) == std::string_view(entries[order_[i - 1]].name)) return order_[i];
    return none;
  }

 private:
  std::vector<std::uint32_t> order_;
};

RETORT_END
