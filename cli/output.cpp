#include "output.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <fcntl.h>
#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace cli {

using retort::errc;
using retort::error;
using retort::result;

namespace {

int loss = 0;  // errno of the first thing that was not written

bool note(bool written) noexcept {
  if (!written && loss == 0) loss = errno ? errno : EIO;
  return loss == 0;
}

}  // namespace

void hold_standard_files() noexcept {
#if !defined(_WIN32)
  for (int file = 0; file < 3; ++file)
    if (fcntl(file, F_GETFD) == -1) static_cast<void>(open("/dev/null", file == 0 ? O_WRONLY : O_RDONLY));
#endif
}

bool say(std::string_view text) {
  errno = 0;
  return note(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

bool say_now(std::string_view text) {
  say(text);
  errno = 0;
  return note(std::fflush(stdout) == 0);
}

bool is_lost() noexcept { return loss != 0; }

int finish(int code) {
  errno = 0;
  note(std::fflush(stdout) == 0 && !std::ferror(stdout));
  if (loss == 0) return code;
  if (loss != EPIPE)
    std::fprintf(stderr, "retort: the output cannot be written: %s\n", std::system_category().message(loss).c_str());
  return 1;
}

void complain(std::string_view words) noexcept {
#if defined(_WIN32)
  static_cast<void>(_write(2, words.data(), static_cast<unsigned>(words.size())));
#else
  while (!words.empty()) {
    const ssize_t n = write(2, words.data(), words.size());
    if (n <= 0) return;
    words.remove_prefix(static_cast<std::size_t>(n));
  }
#endif
}

result<out_file> out_file::create(const std::string& path) {
#if defined(_WIN32)
  std::FILE* file = std::fopen(path.c_str(), "wb");
#else
  // Without O_NONBLOCK opening a FIFO that nobody reads would wait for ever.
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
  std::FILE* file = nullptr;
  if (fd >= 0) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    file = fdopen(fd, "wb");
  }
#endif
  if (!file) return error{errc::io, path + ": cannot be written: " + std::system_category().message(errno)};
  return out_file(file, path);
}

out_file::out_file(out_file&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)), path_(std::move(other.path_)), failure_(other.failure_) {}

out_file::~out_file() {
  if (file_) std::fclose(file_);
}

void out_file::write(const void* data, std::size_t n) {
  errno = 0;
  if (std::fwrite(data, 1, n, file_) != n && failure_ == 0) failure_ = errno ? errno : EIO;
}

result<void> out_file::close() {
  errno = 0;
  if (std::fclose(std::exchange(file_, nullptr)) != 0 && failure_ == 0) failure_ = errno ? errno : EIO;
  if (failure_) return error{errc::io, path_ + ": cannot be written: " + std::system_category().message(failure_)};
  return {};
}

result<void> write_bytes(const std::string& path, const void* data, std::size_t n) {
  RETORT_TRY(out_file file, out_file::create(path));
  file.write(data, n);
  return file.close();
}

}  // namespace cli
