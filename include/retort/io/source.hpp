// Where a model's bytes come from: a mapped file, a file read into memory,
// memory the program already has, or a reader the program supplies.
#pragma once

#include <retort/api.hpp>
#include <retort/io/file_handle.hpp>

RETORT_BEGIN

/// The bytes of one file, wherever they are; they do not change or move while
/// it lives, also when it is moved. Paths are UTF-8.
///
/// needs   a mapped file must not be shortened by anyone while it is in use (the
///         system answers that with SIGBUS): read() files that may be
class source {
 public:
  source() = default;
  source(source&& other) noexcept
      : memory_(std::move(other.memory_)),
        name_(std::move(other.name_)),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        mapped_(std::exchange(other.mapped_, false)) {}
  source& operator=(source&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(name_, other.name_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(mapped_, other.mapped_);
    return *this;
  }
  ~source() {
    if (mapped_) detail::file_handle::unmap(data_, bytes_);
  }

  /// Maps a file for reading; nothing is read before it is used. Where the system, or where the file lies, cannot map
  /// it, it is read into memory of the system's.
  /// errors  io (missing, a folder, a FIFO, not readable), bad_file (empty), no_memory
  static result<source> map(const std::string& path) {
    RETORT_TRY(const detail::file_handle file, detail::file_handle::open(path));
    source s;
    s.data_ = file.map();
    if (!s.data_) return read(file, path, system_allocator());
    s.bytes_ = file.size();
    s.mapped_ = true;
    s.name_ = path;
    return s;
  }

  /// Reads a file into memory from `from`.
  /// errors  as map(), and no_memory
  static result<source> read(const std::string& path, allocator& from = system_allocator()) {
    RETORT_TRY(const detail::file_handle file, detail::file_handle::open(path));
    return read(file, path, from);
  }

  /// Reads all that `bytes` has into memory from `from`; the reader is not kept.
  /// errors  io, bad_file (empty), no_memory
  static result<source> read(reader& bytes, allocator& from = system_allocator(), std::string name = "reader") {
    const std::uint64_t size = bytes.size();
    if (size == 0) return error{errc::bad_file, detail::worded(printable(name), ": is empty")};
    if (size > static_cast<std::size_t>(-1) / 2)
      return error{errc::io, detail::worded(printable(name), ": ", size, " bytes do not fit this address space")};
    RETORT_TRY(source s, in_memory(static_cast<std::size_t>(size), std::move(name), from));
    if (!bytes.read(0, {s.memory_.data(), s.bytes_}))
      return error{errc::io, detail::worded(printable(s.name_), ": its ", size, " bytes cannot be read")};
    return s;
  }

  /// Uses the caller's memory in place; it must outlive the source.
  static source view(std::span<const std::byte> bytes, std::string name = "memory") {
    source s;
    s.data_ = bytes.data();
    s.bytes_ = bytes.size();
    s.name_ = std::move(name);
    return s;
  }

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, bytes_}; }
  /// The path, or what the bytes are called in messages.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool mapped() const noexcept { return mapped_; }

  /// Asks the system to read a mapped file ahead; returns at once, a hint only.
  void prefetch() const noexcept {
    if (mapped_) detail::file_handle::read_ahead(data_, bytes_);
  }

 private:
  static result<source> read(const detail::file_handle& file, const std::string& path, allocator& from) {
    RETORT_TRY(source s, in_memory(file.size(), path, from));
    RETORT_CHECK(file.read(path, s.memory_.data()));
    return s;
  }
  static result<source> in_memory(std::size_t size, std::string name, allocator& from) {
    source s;
    RETORT_TRY(s.memory_, buffer::make(size, printable(name), from));
    if (&from == &system_allocator())
      detail::ask_for_large_pages(s.memory_.data(), size);  // a host's memory is the host's
    s.data_ = s.memory_.data();
    s.bytes_ = size;
    s.name_ = std::move(name);
    return s;
  }

  buffer memory_;
  std::string name_;
  const std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  bool mapped_ = false;
};

RETORT_END
