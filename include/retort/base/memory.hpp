// Memory from outside or from the system: never throws, never aborts.
#pragma once

#include <retort/base/types.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

RETORT_BEGIN

/// Where big buffers come from. A host passes its own to keep Retort inside a
/// budget; the default asks the system. Thread-safe if sessions are.
class allocator {
 public:
  virtual ~allocator() = default;
  /// `bytes` aligned to `alignment` (a power of two), or nullptr.
  virtual void* allocate(std::size_t bytes, std::size_t alignment) noexcept = 0;
  virtual void release(void* memory, std::size_t bytes, std::size_t alignment) noexcept = 0;
};

/// The system's allocator: aligned operator new, nothrow.
inline allocator& system_allocator() noexcept {
  struct system final : allocator {
    void* allocate(std::size_t bytes, std::size_t alignment) noexcept override {
      return ::operator new(bytes, std::align_val_t{alignment}, std::nothrow);
    }
    void release(void* memory, std::size_t, std::size_t alignment) noexcept override {
      ::operator delete(memory, std::align_val_t{alignment});
    }
  };
  // Never destroyed: a host's own static models may give memory back after main() has ended.
  alignas(system) static unsigned char storage[sizeof(system)];
  static allocator* const instance = new (storage) system;
  return *instance;
}

/// An allocator with a hard limit: what would go over it is refused, and becomes errc::no_memory.
class limited_allocator final : public allocator {
 public:
  explicit limited_allocator(std::uint64_t most, allocator& from = system_allocator()) noexcept
      : from_(&from), most_(most) {}
  void* allocate(std::size_t bytes, std::size_t alignment) noexcept override {
    if (used_.fetch_add(bytes) + bytes > most_) {
      used_.fetch_sub(bytes);
      return nullptr;
    }
    void* memory = from_->allocate(bytes, alignment);
    if (!memory) used_.fetch_sub(bytes);
    return memory;
  }
  void release(void* memory, std::size_t bytes, std::size_t alignment) noexcept override {
    from_->release(memory, bytes, alignment);
    used_.fetch_sub(bytes);
  }
  [[nodiscard]] std::uint64_t used() const noexcept { return used_.load(); }

 private:
  allocator* from_;
  std::uint64_t most_;
  std::atomic<std::uint64_t> used_{0};
};

/// Owns `bytes` aligned to a cache line. Contents start undefined.
class buffer {
 public:
  static constexpr std::size_t alignment = 64;

  buffer() = default;
  buffer(buffer&& other) noexcept
      : from_(other.from_), data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  buffer& operator=(buffer&& other) noexcept {
    std::swap(from_, other.from_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~buffer() {
    if (data_) from_->release(data_, bytes_, alignment);
  }

  /// errors no_memory, naming `what`
  static result<buffer> make(std::size_t bytes, std::string_view what, allocator& from = system_allocator()) {
    buffer b;
    b.from_ = &from;
    b.data_ = static_cast<std::byte*>(from.allocate(bytes ? bytes : 1, alignment));
    b.bytes_ = bytes ? bytes : 1;
    if (!b.data_)
      return error{errc::no_memory, "cannot allocate " + std::to_string(bytes) + " bytes for " + std::string(what)};
    return b;
  }

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_; }
  template <class T>
  [[nodiscard]] T* as(std::size_t byte_offset = 0) const noexcept {
    return reinterpret_cast<T*>(data_ + byte_offset);
  }

 private:
  allocator* from_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// A vector whose room is taken once, from an allocator, and never grows: nothing it does afterwards can fail.
template <class T>
class fixed_vector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  fixed_vector() = default;
  /// errors no_memory, naming `what`
  static result<fixed_vector> make(std::size_t capacity, std::string_view what, allocator& from = system_allocator()) {
    fixed_vector v;
    if (capacity > static_cast<std::size_t>(-1) / 2 / sizeof(T))
      return error{errc::no_memory, "cannot allocate room for " + std::string(what)};
    RETORT_TRY(v.memory_, buffer::make(capacity * sizeof(T), what, from));
    v.capacity_ = capacity;
    return v;
  }
  fixed_vector(fixed_vector&& other) noexcept
      : memory_(std::move(other.memory_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  fixed_vector& operator=(fixed_vector&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T* data() const noexcept { return memory_.template as<T>(); }
  [[nodiscard]] T* begin() const noexcept { return data(); }
  [[nodiscard]] T* end() const noexcept { return data() + size_; }
  [[nodiscard]] T& operator[](std::size_t i) const noexcept { return data()[i]; }

  void clear() noexcept { size_ = 0; }
  /// Shorter, never longer.
  void truncate(std::size_t n) noexcept { size_ = std::min(size_, n); }
  /// What does not fit is left out: callers know their room.
  void push_back(const T& value) noexcept { append({&value, 1}); }
  void append(std::span<const T> more) noexcept {
    RETORT_ASSERT(more.size() <= capacity_ - size_);
    const std::size_t n = std::min(more.size(), capacity_ - size_);
    if (n != 0) std::memcpy(static_cast<void*>(end()), more.data(), n * sizeof(T));
    size_ += n;
  }
  void assign(std::span<const T> all) noexcept {
    clear();
    append(all);
  }

 private:
  buffer memory_;
  std::size_t size_ = 0, capacity_ = 0;
};

constexpr std::size_t align_up(std::size_t n, std::size_t alignment) noexcept {
  return (n + alignment - 1) & ~(alignment - 1);
}

/// A stack of memory inside one buffer: take() moves the top, rewind() gives
/// back everything taken since mark(). One session owns one; nothing in a step
/// allocates anywhere else.
class arena {
 public:
  arena() = default;
  explicit arena(buffer memory) noexcept : memory_(std::move(memory)) {}
  /// An arena without memory that hands out nullptr and adds up, in peak(), what was asked for.
  static arena measuring() noexcept {
    arena a;
    a.measuring_ = true;
    return a;
  }

  /// n objects of T on a cache line, uninitialised; nullptr when the arena is too small.
  template <class T>
  [[nodiscard]] T* take(std::size_t n) noexcept {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    const std::size_t begin = align_up(top_, buffer::alignment);
    if (measuring_) {
      top_ = begin + n * sizeof(T);
      if (top_ > peak_) peak_ = top_;
      return nullptr;
    }
    if (begin > memory_.size() || n > (memory_.size() - begin) / sizeof(T)) return nullptr;
    top_ = begin + n * sizeof(T);
    if (top_ > peak_) peak_ = top_;
    return memory_.as<T>(begin);
  }
  [[nodiscard]] std::size_t mark() const noexcept { return top_; }
  void rewind(std::size_t mark) noexcept { top_ = mark; }
  [[nodiscard]] std::size_t peak() const noexcept { return peak_; }
  [[nodiscard]] bool is_measuring() const noexcept { return measuring_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return memory_.size(); }

 private:
  buffer memory_;
  std::size_t top_ = 0;
  std::size_t peak_ = 0;
  bool measuring_ = false;
};

/// Unaligned little-endian load (block formats have odd sizes).
template <class T>
[[nodiscard]] RETORT_ALWAYS_INLINE T load_as(const void* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

RETORT_END
