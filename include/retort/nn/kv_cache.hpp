// What attention remembers: keys and values of every token, in pages that
// sessions share until one of them writes.
#pragma once

#include <retort/base/memory.hpp>
#include <retort/base/mutex.hpp>
#include <retort/tensor/blocks.hpp>
#include <retort/tensor/view.hpp>

#include <atomic>
#include <vector>

RETORT_BEGIN
namespace nn {

/// Tokens in a page.
inline constexpr std::size_t page_tokens = 64;

/// What a layer keeps: rows for every token, the only kind so far.
///
/// A page holds, for every layer: keys [n_heads_kv, page_tokens, dim_k], then
/// values [n_heads_kv, page_tokens, dim_v]. Latent attention has one head whose
/// key row is [c_kv | k_pe] and whose value is the front of that row (dim_v = 0).
struct kv_layer {
  std::size_t n_heads_kv = 0;
  std::size_t dim_k = 0, dim_v = 0;  ///< channels
  std::size_t bytes_k_row = 0, bytes_v_row = 0;
  std::size_t offset = 0;  ///< of the layer inside the page, bytes
};

struct kv_layout {
  dtype type = dtype::f16;
  std::vector<kv_layer> layers;
  std::size_t bytes_page = 0;
  std::size_t odd_width = 0;  ///< of a row, or of a part that is read by itself, which is no whole blocks of the type

  /// A layer that keeps rows for every token. `front`: channels of a key that are also read apart from the rest.
  void add_rows(std::size_t n_heads_kv, std::size_t dim_k, std::size_t dim_v, std::size_t front = 0) {
    for (const std::size_t dim : {front, dim_k, dim_v})
      if (dim % traits(type).block) odd_width = dim;
    kv_layer l{n_heads_kv, dim_k, dim_v, row_bytes(type, dim_k), row_bytes(type, dim_v), bytes_page};
    bytes_page = align_up(bytes_page + n_heads_kv * page_tokens * (l.bytes_k_row + l.bytes_v_row), buffer::alignment);
    layers.push_back(l);
  }
};

/// Hands out pages; shared by the sessions that were forked from one another.
/// Thread-safe. The first slab covers a whole context, so that a decode step
/// allocates nothing; the system commits its memory only when it is touched.
class kv_pool {
 public:
  struct page {
    std::byte* data = nullptr;
    std::atomic<std::uint32_t> users{0};
  };

  /// `fixed`: there will never be more pages than these.  errors no_memory
  static result<std::shared_ptr<kv_pool>> make(kv_layout layout, std::size_t n_pages, allocator& from,
                                               bool fixed = false) {
    auto pool = std::make_shared<kv_pool>();
    pool->layout_ = std::move(layout);
    pool->from_ = &from;
    RETORT_CHECK(pool->grow(n_pages));
    pool->fixed_ = fixed;
    return pool;
  }
  [[nodiscard]] const kv_layout& layout() const noexcept { return layout_; }

  /// A page with one user.  errors no_memory
  result<page*> take() {
    const detail::locked lock(mutex_);
    if (free_.empty()) {
      if (fixed_)
        return error{errc::no_memory, "all " + std::to_string(n_pages_) + " pages of the key-value cache are in use"};
      RETORT_CHECK(grow(8));
    }
    page* p = free_.back();
    free_.pop_back();
    p->users.store(1, std::memory_order_relaxed);
    return p;
  }
  void share(page* p) noexcept { p->users.fetch_add(1, std::memory_order_relaxed); }
  void give_back(page* p) noexcept {
    if (p->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const detail::locked lock(mutex_);
    free_.push_back(p);  // capacity was reserved when the slab was made
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return n_pages_ * layout_.bytes_page; }
  [[nodiscard]] std::size_t bytes_used() noexcept {
    const detail::locked lock(mutex_);
    return (n_pages_ - free_.size()) * layout_.bytes_page;
  }

 private:
  struct slab {
    buffer memory;
    std::unique_ptr<page[]> pages;
  };
  result<void> grow(std::size_t n_pages) {
    slab s;
    RETORT_TRY(s.memory, buffer::make(n_pages * layout_.bytes_page, "the key-value cache", *from_));
    s.pages.reset(new page[n_pages]);
    page* const fresh = s.pages.get();
    std::byte* const memory = s.memory.data();
    free_.reserve(n_pages_ + n_pages);
    slabs_.push_back(std::move(s));
    n_pages_ += n_pages;
    for (std::size_t i = n_pages; i-- > 0;) {
      fresh[i].data = memory + i * layout_.bytes_page;
      free_.push_back(&fresh[i]);
    }
    return {};
  }

  kv_layout layout_;
  allocator* from_ = nullptr;
  detail::mutex mutex_;
  std::vector<slab> slabs_;
  std::vector<page*> free_;
  std::size_t n_pages_ = 0;
  bool fixed_ = false;
};

/// One timeline's pages. Copying shares every page; the first write into a
/// shared page copies that page alone.
class kv_cache {
 public:
  kv_cache() = default;
  kv_cache(std::shared_ptr<kv_pool> pool, std::size_t capacity) : pool_(std::move(pool)), capacity_(capacity) {
    pages_.reserve((capacity_ + page_tokens - 1) / page_tokens);
  }
  kv_cache(kv_cache&& other) noexcept { swap(other); }
  kv_cache& operator=(kv_cache&& other) noexcept {
    swap(other);
    return *this;
  }
  ~kv_cache() { truncate(0); }

  [[nodiscard]] const kv_layout& layout() const noexcept { return pool_->layout(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] const std::shared_ptr<kv_pool>& pool() const noexcept { return pool_; }

  /// A timeline with the first n_tokens of this one, sharing its pages; room for as many as this one, or for
  /// `capacity`.
  [[nodiscard]] kv_cache fork(std::size_t n_tokens, std::size_t capacity = 0) const {
    kv_cache copy(pool_, capacity ? capacity : capacity_);
    for (std::size_t i = 0; i * page_tokens < n_tokens; ++i) {
      pool_->share(pages_[i]);
      copy.pages_.push_back(pages_[i]);
    }
    return copy;
  }

  /// Makes the rows [begin, end) writable: takes missing pages, copies shared ones.
  /// errors full, no_memory; then nothing that was visible has changed
  result<void> prepare(std::size_t begin, std::size_t end) {
    if (end > capacity_)
      return error{errc::full, "the context holds " + std::to_string(capacity_) + " tokens; " + std::to_string(end) +
                                   " are needed"};
    for (std::size_t i = begin / page_tokens; i * page_tokens < end; ++i) {
      if (i < pages_.size() && pages_[i]->users.load(std::memory_order_acquire) == 1) continue;
      RETORT_TRY(kv_pool::page * fresh, pool_->take());
      if (i < pages_.size()) {
        std::memcpy(fresh->data, pages_[i]->data, layout().bytes_page);
        pool_->give_back(std::exchange(pages_[i], fresh));
      } else {
        pages_.push_back(fresh);
      }
    }
    return {};
  }
  /// Gives back the pages that hold nothing of the first n_tokens.
  void truncate(std::size_t n_tokens) noexcept {
    while (!pages_.empty() && (pages_.size() - 1) * page_tokens >= n_tokens) {
      pool_->give_back(pages_.back());
      pages_.pop_back();
    }
  }

  /// Keys of one head in a page, as bytes: [page_tokens, bytes_k_row].
  [[nodiscard]] tensor<std::byte, 2> keys(const kv_layer& l, std::size_t page, std::size_t head) const noexcept {
    return {pages_[page]->data + l.offset + head * page_tokens * l.bytes_k_row, page_tokens, l.bytes_k_row};
  }
  /// Values likewise: [page_tokens, bytes_v_row].
  [[nodiscard]] tensor<std::byte, 2> values(const kv_layer& l, std::size_t page, std::size_t head) const noexcept {
    std::byte* first = pages_[page]->data + l.offset + l.n_heads_kv * page_tokens * l.bytes_k_row;
    return {first + head * page_tokens * l.bytes_v_row, page_tokens, l.bytes_v_row};
  }
  /// Where a token's key of one head lies.
  [[nodiscard]] std::byte* key(const kv_layer& l, std::size_t position, std::size_t head) const noexcept {
    return keys(l, position / page_tokens, head).at(position % page_tokens);
  }
  [[nodiscard]] std::byte* value(const kv_layer& l, std::size_t position, std::size_t head) const noexcept {
    return values(l, position / page_tokens, head).at(position % page_tokens);
  }
  [[nodiscard]] std::byte* page_data(std::size_t page) const noexcept { return pages_[page]->data; }

 private:
  void swap(kv_cache& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(pages_, other.pages_);
    std::swap(capacity_, other.capacity_);
  }
  std::shared_ptr<kv_pool> pool_;
  std::vector<kv_pool::page*> pages_;
  std::size_t capacity_ = 0;
};

}  // namespace nn
RETORT_END
