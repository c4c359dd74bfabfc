// Where a model's bytes come from: a mapped file, a file read into memory,
// memory the program already has, or a reader the program supplies.
#pragma once

#include <retort/base/memory.hpp>
#include <retort/io/names.hpp>

#include <system_error>

#if defined(_WIN32)
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#else
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

RETORT_BEGIN

/// A program's own way to bytes: an archive, an asset store, the network.
class reader {
 public:
  virtual ~reader() = default;
  /// How many bytes there are. Asked once.
  virtual std::uint64_t size() noexcept = 0;
  /// Fills all of `into` from `offset` on; false when that fails.
  virtual bool read(std::uint64_t offset, std::span<std::byte> into) noexcept = 0;
};

namespace detail {

/// Asks Linux to keep what is read or written there from now on in pages of 2 MB: weights in pages of 4 kB cost an
/// entry of the translation tables, and a fault, for every few rows. What is there already stays as it is. A hint:
/// systems without such pages refuse it.
inline void ask_for_large_pages([[maybe_unused]] void* at, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(MADV_HUGEPAGE)
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE)),
             address = reinterpret_cast<std::uintptr_t>(at);
  const std::uintptr_t begin = (address + page - 1) / page * page;
  if (begin < address + bytes)
    static_cast<void>(::madvise(reinterpret_cast<void*>(begin), address + bytes - begin, MADV_HUGEPAGE));
#endif
}

/// An open file of the operating system: regular, not empty, its size taken once.
class file_handle {
 public:
#if defined(_WIN32)
  using native = HANDLE;
  static native nothing() noexcept { return INVALID_HANDLE_VALUE; }
  static int last_error() noexcept { return static_cast<int>(GetLastError()); }
  void close() noexcept { CloseHandle(file_); }
#else
  using native = int;
  static native nothing() noexcept { return -1; }
  static int last_error() noexcept { return errno; }
  void close() noexcept { ::close(file_); }
#endif

  file_handle() = default;
  file_handle(file_handle&& other) noexcept : file_(std::exchange(other.file_, nothing())), bytes_(other.bytes_) {}
  file_handle& operator=(file_handle&&) = delete;
  ~file_handle() {
    if (file_ != nothing()) close();
  }

  /// errors io, naming the file and the system's reason
  static result<file_handle> open(const std::string& path) {
    if (path.empty()) return error{errc::io, "cannot open a file without a name"};
    if (path.find('\0') != std::string::npos)
      return error{errc::io, worded(printable(path), ": a file name holds no zero byte")};
    file_handle h;
    std::uint64_t bytes = 0;
#if defined(_WIN32)
    const int units = MultiByteToWideChar(CP_UTF8, 0, path.data(), static_cast<int>(path.size()), nullptr, 0);
    std::wstring wide(static_cast<std::size_t>(units), L'\0');
    MultiByteToWideChar(CP_UTF8, 0, path.data(), static_cast<int>(path.size()), wide.data(), units);
    h.file_ = CreateFileW(wide.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
                          nullptr);
    if (h.file_ == nothing()) return failed(path, "cannot be opened");
    if (GetFileType(h.file_) != FILE_TYPE_DISK)
      return error{errc::io, worded(printable(path), ": is not a regular file")};
    LARGE_INTEGER size;
    if (!GetFileSizeEx(h.file_, &size)) return failed(path, "has no readable size");
    bytes = static_cast<std::uint64_t>(size.QuadPart);
#else
    // Without O_NONBLOCK opening a FIFO that nobody writes to would wait for ever.
    do h.file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (h.file_ < 0 && errno == EINTR);
    if (h.file_ < 0) return failed(path, "cannot be opened");
    struct stat status;
    if (::fstat(h.file_, &status) != 0) return failed(path, "has no readable size");
    if (S_ISDIR(status.st_mode)) return error{errc::io, worded(printable(path), ": is a folder, not a file")};
    if (!S_ISREG(status.st_mode)) return error{errc::io, worded(printable(path), ": is not a regular file")};
    bytes = static_cast<std::uint64_t>(status.st_size);
#endif
    if (bytes == 0) return error{errc::bad_file, worded(printable(path), ": is empty")};
    if (bytes > static_cast<std::size_t>(-1) / 2)
      return error{errc::io, worded(printable(path), ": ", bytes, " bytes do not fit this address space")};
    h.bytes_ = static_cast<std::size_t>(bytes);
    return h;
  }

  /// Maps the whole file for reading, in large pages what is read from now on; the mapping outlives the handle. errors
  /// io
  [[nodiscard]] result<const std::byte*> map(const std::string& path) const {
#if defined(_WIN32)
    const HANDLE mapping = CreateFileMappingW(file_, nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (mapping == nullptr) return failed(path, "cannot be mapped");
    const void* at = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, bytes_);
    CloseHandle(mapping);
    if (at == nullptr) return failed(path, "cannot be mapped");
#else
    void* at = ::mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file_, 0);
    if (at == MAP_FAILED) return failed(path, "cannot be mapped");
    ask_for_large_pages(at, bytes_);
#endif
    return static_cast<const std::byte*>(at);
  }

  static void unmap(const std::byte* at, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(_WIN32)
    UnmapViewOfFile(at);
#else
    ::munmap(const_cast<std::byte*>(at), bytes);
#endif
  }

  /// Reads the whole file to `into`, which holds size() bytes. errors io
  [[nodiscard]] result<void> read(const std::string& path, std::byte* into) const {
    std::size_t done = 0;
    while (done < bytes_) {
      const std::size_t left = bytes_ - done;
      const std::size_t piece = left < (std::size_t{1} << 30) ? left : std::size_t{1} << 30;
#if defined(_WIN32)
      DWORD got = 0;
      if (!ReadFile(file_, into + done, static_cast<DWORD>(piece), &got, nullptr))
        return failed(path, "cannot be read");
#else
      const ssize_t got = ::pread(file_, into + done, piece, static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed(path, "cannot be read");
#endif
      if (got == 0)
        return error{errc::io,
                     worded(printable(path), ": ended after ", done, " of ", bytes_, " bytes while it was read")};
      done += static_cast<std::size_t>(got);
    }
    return {};
  }

  [[nodiscard]] std::size_t size() const noexcept { return bytes_; }

 private:
  static error failed(const std::string& path, const char* what) {
    const int code = last_error();
    return {errc::io, worded(printable(path), ": ", what, ": ", std::system_category().message(code))};
  }

  native file_ = nothing();
  std::size_t bytes_ = 0;
};

}  // namespace detail

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

  /// Maps a file for reading; nothing is read before it is used.
  /// errors  io (missing, a folder, a FIFO, not readable), bad_file (empty)
  static result<source> map(const std::string& path) {
    RETORT_TRY(const detail::file_handle file, detail::file_handle::open(path));
    source s;
    RETORT_TRY(s.data_, file.map(path));
    s.bytes_ = file.size();
    s.mapped_ = true;
    s.name_ = path;
    return s;
  }

  /// Reads a file into memory from `from`.
  /// errors  as map(), and no_memory
  static result<source> read(const std::string& path, allocator& from = system_allocator()) {
    RETORT_TRY(const detail::file_handle file, detail::file_handle::open(path));
    RETORT_TRY(source s, in_memory(file.size(), path, from));
    RETORT_CHECK(file.read(path, s.memory_.data()));
    return s;
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
#if !defined(_WIN32)
    if (mapped_) static_cast<void>(::posix_madvise(const_cast<std::byte*>(data_), bytes_, POSIX_MADV_WILLNEED));
#endif
  }

 private:
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
