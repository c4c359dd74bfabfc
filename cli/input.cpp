#include "input.hpp"
#include "json.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <system_error>
#include <thread>
#include <utility>
#if defined(_WIN32)
#include <filesystem>
#include <memory>
#else
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace cli {

using retort::errc;
using retort::error;
using retort::result;

namespace {

error cannot(const std::string& name, const std::string& why) { return {errc::io, name + ": cannot be read: " + why}; }
error cannot(const std::string& name) { return cannot(name, std::system_category().message(errno)); }
error too_long(const std::string& name, std::size_t most) {
  return cannot(name, "holds more than " + std::to_string(most >> 20) + " MB");
}

#if defined(_WIN32)

result<std::string> read_file(const std::string& path, std::size_t most) {
  std::error_code ec;
  const auto what = std::filesystem::status(path, ec);
  if (std::filesystem::is_directory(what)) return cannot(path, "it is a folder");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return cannot(path);
  std::string text;
  char buffer[65536];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file.get())) > 0;) {
    if (text.size() + n > most) return too_long(path, most);
    text.append(buffer, n);
  }
  if (std::ferror(file.get())) return cannot(path);
  return text;
}

#else

/// All that comes, which `first_wait` may pass before.
result<std::string> read_all(int file, const std::string& name, std::size_t most,
                             std::chrono::milliseconds first_wait) {
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + first_wait;
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(file, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot(name);
    if (n == 0 && text.empty() && steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      continue;
    }
    if (n == 0) return text;
    if (text.size() + static_cast<std::size_t>(n) > most) return too_long(name, most);
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

struct open_file {
  int fd;
  ~open_file() {
    if (fd >= 0) close(fd);
  }
};

result<std::string> read_file(const std::string& path, std::size_t most) {
  // Without O_NONBLOCK opening a FIFO that nobody writes to would wait for ever.
  const open_file file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat is;
  if (file.fd < 0 || fstat(file.fd, &is) != 0) return cannot(path);
  if (S_ISDIR(is.st_mode)) return cannot(path, "it is a folder");
  if (S_ISREG(is.st_mode)) {
    if (static_cast<std::uint64_t>(is.st_size) > most) return too_long(path, most);
    return read_all(file.fd, path, most, {});
  }
  if (!S_ISFIFO(is.st_mode)) return cannot(path, "it is a device, not a file");
  fcntl(file.fd, F_SETFL, fcntl(file.fd, F_GETFL) & ~O_NONBLOCK);
  // A writer that waits for its reader takes a moment to begin.
  RETORT_TRY(std::string text, read_all(file.fd, path, most, std::chrono::seconds(1)));
  if (text.empty()) return cannot(path, "nobody writes to this pipe");
  return text;
}

#endif

}  // namespace

#if defined(_WIN32)

result<std::string> read_text(const std::string& path, std::size_t most) {
  if (path != "-") return read_file(path, most);
  std::string text;
  for (char c; std::cin.get(c); text += c)
    if (text.size() == most) return too_long("standard input", most);
  return text;
}

// Here it is not known whether more has come, so it is not looked at while an answer is made.
result<std::optional<std::string>> line_reader::next(bool wait) {
  std::string line;
  if (!wait) return std::optional<std::string>();
  for (char c; std::cin.get(c) && c != '\n'; line += c)
    if (line.size() == most_text) return too_long("a line of standard input", most_text);
  if (line.empty() && !std::cin) return std::optional<std::string>();
  return std::optional(std::move(line));
}

#else

result<std::string> read_text(const std::string& path, std::size_t most) {
  return path == "-" ? read_all(0, "standard input", most, {}) : read_file(path, most);
}

/// Until there is something to read. False: `stop_` came first.
bool line_reader::wait_for_more() const {
  if (!stop_) return true;
  // The signal is let in by ppoll alone, so that none falls between the look at `stop_` and the waiting.
  sigset_t interrupt, before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  pthread_sigmask(SIG_BLOCK, &interrupt, &before);
  pollfd in{0, POLLIN, 0};
  while (!*stop_ && ppoll(&in, 1, nullptr, &before) < 0 && errno == EINTR) {}
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return !*stop_;
}

result<std::optional<std::string>> line_reader::next(bool wait) {
  for (;;) {
    if (const std::size_t end = held_.find('\n', looked_at_); end != std::string::npos) {
      std::string line = held_.substr(0, end);
      held_.erase(0, end + 1);
      looked_at_ = 0;
      return std::optional(std::move(line));
    }
    looked_at_ = held_.size();
    if (held_.size() > most_text) return too_long("a line of standard input", most_text);
    if (ended_) return held_.empty() ? std::optional<std::string>() : std::optional(std::exchange(held_, {}));
    pollfd in{0, POLLIN, 0};
    if (!wait && poll(&in, 1, 0) <= 0) return std::optional<std::string>();
    if (wait && !wait_for_more()) return error{errc::cancelled, "interrupted"};
    char buffer[65536];
    const ssize_t n = read(0, buffer, sizeof buffer);
    if (n > 0) held_.append(buffer, static_cast<std::size_t>(n));
    else if (n == 0) ended_ = true, looked_at_ = 0;
    else if (errno != EINTR) return cannot("standard input");
  }
}

#endif

result<std::vector<retort::token>> read_tokens(const std::string& path) {
  RETORT_TRY(const std::string text, read_text(path));
  json j = parsed(text);
  for (const char* key : {"tokens", "ids"})
    if (j.contains(key)) j = json(std::as_const(j)[key]);
  if (!j.is_array()) return error{errc::bad_file, path + ": holds no JSON array of token ids"};
  std::vector<retort::token> out;
  for (const auto& id : j) {
    if (!id.is_number_integer() || id.get<double>() < 0 || id.get<double>() > 0x7fffffff)
      return error{errc::bad_file, path + ": entry " + std::to_string(out.size()) + " is no token id"};
    out.push_back(id.get<retort::token>());
  }
  if (out.empty()) return error{errc::bad_file, path + ": holds no token"};
  return out;
}

}  // namespace cli
