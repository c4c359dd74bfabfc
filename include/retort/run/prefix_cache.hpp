// Computed beginnings, shared between sessions by reference.
#pragma once

#include <retort/api.hpp>
#include <retort/base/border.hpp>
#include <retort/base/mutex.hpp>
#include <retort/model/model.hpp>
#include <retort/model/workspace.hpp>

#include <algorithm>

RETORT_BEGIN
namespace detail {

/// What prefix_cache holds: sequences of tokens with their pages, the least used one goes first.
struct prefix_store {
  struct beginning {
    std::string owner;
    std::vector<token> tokens;
    nn::kv_cache pages;
    std::uint64_t used = 0;  ///< when, in calls
  };
  std::shared_ptr<nn::kv_pool> pool;
  std::uint64_t model = 0;  ///< fingerprint
  cache_type type = cache_type::f16;
  detail::mutex mutex;
  std::vector<beginning> beginnings;
  std::uint64_t now = 0;

  static std::size_t n_common(std::span<const token> a, std::span<const token> b) noexcept {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  }

  /// Pages for more than the first `n_have` of these tokens, if any are remembered; their number replaces n_have.
  std::optional<nn::kv_cache> find(std::span<const token> tokens, const std::string& owner, std::size_t capacity,
                                   std::size_t& n_have) {
    const detail::locked lock(mutex);
    beginning* best = nullptr;
    for (beginning& b : beginnings)
      if (b.owner == owner)
        if (const std::size_t n = n_common(tokens, b.tokens); n > n_have) {
          best = &b;
          n_have = n;
        }
    if (!best) return std::nullopt;
    best->used = ++now;
    return best->pages.fork(n_have, capacity);
  }

  /// Keeps these pages; a beginning that is continued by them is replaced.
  void keep(std::span<const token> tokens, const nn::kv_cache& pages, const std::string& owner) {
    const detail::locked lock(mutex);
    for (beginning& b : beginnings) {
      if (b.owner != owner) continue;
      const std::size_t n = n_common(tokens, b.tokens);
      if (n < tokens.size() && n < b.tokens.size()) continue;
      if (n < tokens.size()) {
        std::vector<token> all(tokens.begin(), tokens.end());
        b.pages = pages.fork(tokens.size());
        b.tokens = std::move(all);
      }
      b.used = ++now;
      return;
    }
    beginnings.push_back({owner, {tokens.begin(), tokens.end()}, pages.fork(tokens.size()), ++now});
  }

  /// Forgets the beginning that was not used for longest; false when there is none.
  bool make_room() noexcept {
    const detail::locked lock(mutex);
    const auto oldest = std::min_element(beginnings.begin(), beginnings.end(),
                                         [](const beginning& a, const beginning& b) { return a.used < b.used; });
    if (oldest == beginnings.end()) return false;
    std::iter_swap(oldest, std::prev(beginnings.end()));
    beginnings.pop_back();
    return true;
  }
};

}  // namespace detail

#if RETORT_CARRIES(RETORT_PART_RUN)

RETORT_INLINE result<prefix_cache> prefix_cache::make(const model& m, std::uint64_t bytes, cache_type type,
                                                      allocator* memory) {
  return detail::at_border([&]() -> result<prefix_cache> {
    if (!m.impl()) return detail::is_empty("model");
    RETORT_TRY(nn::kv_layout layout, detail::layout_of(m.impl()->net, type));
    const std::uint64_t n_pages = bytes / layout.bytes_page;
    if (n_pages == 0)
      return error{errc::bad_argument, "a prefix cache of " + std::to_string(bytes) +
                                           " bytes is less than one page of " + std::to_string(layout.bytes_page)};
    auto store = std::make_shared<detail::prefix_store>();
    store->model = m.impl()->fingerprint;
    store->type = type;
    RETORT_TRY(store->pool, nn::kv_pool::make(std::move(layout), static_cast<std::size_t>(n_pages),
                                              memory ? *memory : system_allocator(), true));
    return prefix_cache(std::move(store));
  });
}
RETORT_INLINE std::uint64_t prefix_cache::bytes() const noexcept { return impl_ ? impl_->pool->bytes_used() : 0; }
RETORT_INLINE std::size_t prefix_cache::n_beginnings() const noexcept {
  if (!impl_) return 0;
  const detail::locked lock(impl_->mutex);
  return impl_->beginnings.size();
}
RETORT_INLINE void prefix_cache::clear() noexcept {
  if (!impl_) return;
  const detail::locked lock(impl_->mutex);
  impl_->beginnings.clear();
}

#endif

RETORT_END
