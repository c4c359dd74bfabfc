// What the commands read: whole files and lines of standard input, never more than they ask for.
#pragma once

#include <retort/base/types.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace cli {

/// Most bytes of a text: of a file that is read whole, and of a line of standard input.
inline constexpr std::size_t most_text = std::size_t{64} << 20;

/// A whole file, "-" for standard input.
/// errors io (missing, unreadable, a folder, a device, a FIFO that nobody writes to, more than `most` bytes)
retort::result<std::string> read_text(const std::string& path, std::size_t most = most_text);
/// A JSON array of ids, or an object that holds one under "tokens" or "ids".
/// errors those of read_text(), bad_file
retort::result<std::vector<retort::token>> read_tokens(const std::string& path);

/// Standard input as lines.
class line_reader {
 public:
  /// `stop`, which a signal handler sets, ends the waiting for a line.
  explicit line_reader(const std::atomic<bool>* stop = nullptr) : stop_(stop) {}
  /// The next one, or nothing: at the end, or where none has come yet and `wait` is false.
  /// errors io (unreadable, a line of more than most_text bytes), cancelled (by `stop`)
  retort::result<std::optional<std::string>> next(bool wait = true);

 private:
  bool wait_for_more() const;
  const std::atomic<bool>* stop_;
  std::string held_;
  std::size_t looked_at_ = 0;
  bool ended_ = false;
};

}  // namespace cli
