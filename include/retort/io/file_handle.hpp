// Files as the operating systems have them: Windows, the POSIX family, and those of it that map nothing.
#pragma once

#include <retort/base/memory.hpp>
#include <retort/io/names.hpp>

#include <system_error>

#if defined(_WIN32)
#include <retort/io/windows.hpp>
#define RETORT_MAPS_FILES 0
#else
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__wasi__)
#define RETORT_MAPS_FILES 0
#else
#include <sys/mman.h>
#define RETORT_MAPS_FILES 1
#endif
#endif

RETORT_BEGIN
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
  using native = void*;
  static native nothing() noexcept { return reinterpret_cast<void*>(static_cast<std::intptr_t>(-1)); }
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
    constexpr unsigned utf8 = 65001;
    const auto size = static_cast<int>(path.size());
    std::wstring wide(static_cast<std::size_t>(MultiByteToWideChar(utf8, 0, path.data(), size, nullptr, 0)), L'\0');
    MultiByteToWideChar(utf8, 0, path.data(), size, wide.data(), static_cast<int>(wide.size()));
    constexpr unsigned long absent = 0xffffffff, folder = 0x10;
    if (const unsigned long is = GetFileAttributesW(wide.c_str()); is != absent && (is & folder) != 0)
      return error{errc::io, worded(printable(path), ": is a folder, not a file")};
    constexpr unsigned long to_read = 0x80000000, shared = 1 | 2 | 4, existing = 3, normal = 0x80, disk = 1;
    h.file_ = CreateFileW(wide.c_str(), to_read, shared, nullptr, existing, normal, nullptr);
    if (h.file_ == nothing()) return failed(path, "cannot be opened");
    if (GetFileType(h.file_) != disk) return error{errc::io, worded(printable(path), ": is not a regular file")};
    std::int64_t n = 0;
    if (!GetFileSizeEx(h.file_, reinterpret_cast<_LARGE_INTEGER*>(&n))) return failed(path, "has no readable size");
    bytes = static_cast<std::uint64_t>(n);
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

  /// The whole file, mapped for reading, in large pages what is read from now on; the mapping outlives the handle.
  /// Nothing where that cannot be.
  [[nodiscard]] const std::byte* map() const noexcept {
#if defined(_WIN32)
    constexpr unsigned long read_only = 2, to_read = 4;
    void* const mapping = CreateFileMappingW(file_, nullptr, read_only, 0, 0, nullptr);
    if (!mapping) return nullptr;
    const void* const at = MapViewOfFile(mapping, to_read, 0, 0, bytes_);
    CloseHandle(mapping);
    return static_cast<const std::byte*>(at);
#elif RETORT_MAPS_FILES
    void* const at = ::mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file_, 0);
    if (at == MAP_FAILED) return nullptr;
    ask_for_large_pages(at, bytes_);
    return static_cast<const std::byte*>(at);
#else
    return nullptr;
#endif
  }
  static void unmap([[maybe_unused]] const std::byte* at, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(_WIN32)
    UnmapViewOfFile(at);
#elif RETORT_MAPS_FILES
    ::munmap(const_cast<std::byte*>(at), bytes);
#endif
  }
  /// Asks the system to read what is mapped ahead; a hint.
  static void read_ahead([[maybe_unused]] const std::byte* at, [[maybe_unused]] std::size_t bytes) noexcept {
#if RETORT_MAPS_FILES
    static_cast<void>(::posix_madvise(const_cast<std::byte*>(at), bytes, POSIX_MADV_WILLNEED));
#endif
  }

  /// Reads the whole file to `into`, which holds size() bytes. errors io
  [[nodiscard]] result<void> read(const std::string& path, std::byte* into) const {
    std::size_t done = 0;
    while (done < bytes_) {
      const std::size_t left = bytes_ - done;
      const std::size_t piece = left < (std::size_t{1} << 30) ? left : std::size_t{1} << 30;
#if defined(_WIN32)
      unsigned long got = 0;
      if (!ReadFile(file_, into + done, static_cast<unsigned long>(piece), &got, nullptr))
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
RETORT_END
