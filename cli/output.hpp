// What the commands write. Nothing is lost in silence: main() asks finish() about everything that went out.
#pragma once

#include <retort/base/types.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace cli {

/// What of an open standard file is missing becomes one that cannot be used, so that no file of ours takes its number.
void hold_standard_files() noexcept;

/// Writes to standard output. False: something was lost, now or before, and going on is of no use.
bool say(std::string_view text);
/// The same, and without delay.
bool say_now(std::string_view text);
/// As printf.
template <class... T>
bool sayf(const char* format, T... values) {
  char line[1024];
  const int n = std::snprintf(line, sizeof line, format, values...);
  return say(std::string_view(line, n < 0 ? 0 : std::min(static_cast<std::size_t>(n), sizeof line - 1)));
}
/// Whether something was lost.
bool is_lost() noexcept;

/// What the process exits with: `code`, or 1 where not all of the output was written; that is told, unless its reader
/// has gone.
int finish(int code);

/// Words for standard error that need no memory.
void complain(std::string_view words) noexcept;

/// A file in the making.
class out_file {
 public:
  /// errors io (a folder, a FIFO that nobody reads, ...)
  static retort::result<out_file> create(const std::string& path);
  out_file(out_file&& other) noexcept;
  out_file& operator=(out_file&&) = delete;
  ~out_file();
  void write(const void* data, std::size_t n);
  /// errors io: not all that was written has arrived
  retort::result<void> close();

 private:
  out_file(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
  std::FILE* file_;
  std::string path_;
  int failure_ = 0;  // errno of the first that failed
};

/// A whole file.  errors those of out_file
retort::result<void> write_bytes(const std::string& path, const void* data, std::size_t n);

}  // namespace cli
