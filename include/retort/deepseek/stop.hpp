// Texts that end an answer, looked for while it arrives.
#pragma once

#include <retort/base/config.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

RETORT_BEGIN
namespace detail::api {

/// Holds back only what may still become one of the texts.
/// cost    for each piece: its length, times the texts that begin like it; as much memory as the longest text
class stop_search {
 public:
  stop_search() = default;
  /// None of them empty.
  explicit stop_search(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  /// What can be given out now that `more` has come. Nothing after a text was found.
  std::string feed(std::string_view more) {
    if (found_) return {};
    held_ += more;
    return take(false);
  }
  /// The rest, where no more comes; one of the texts may still be in it.
  std::string flush() { return take(true); }
  /// The text that came.
  [[nodiscard]] const std::optional<std::string>& found() const noexcept { return found_; }

 private:
  std::string take(bool ended) {
    std::size_t at = 0;
    for (; at < held_.size() && !found_; ++at) {
      const std::string_view rest = std::string_view(held_).substr(at);
      bool maybe = false;
      for (const std::string& text : texts_) {
        if (rest.starts_with(text)) found_ = text;
        maybe = maybe || (!ended && text.starts_with(rest));
      }
      if (found_ || maybe) break;
    }
    std::string out = held_.substr(0, at);
    held_.erase(0, found_ ? held_.size() : at);
    return out;
  }

  std::vector<std::string> texts_;
  std::string held_;
  std::optional<std::string> found_;
};

}  // namespace detail::api
RETORT_END
