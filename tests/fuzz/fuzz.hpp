// What the fuzz targets share. Each is one file with LLVMFuzzerTestOneInput() and seeds(); scripts/torture runs them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// Where a target begins: inputs that are right, and words that its inputs are made of.
struct corpus {
  std::vector<std::string> inputs, words;
};
corpus seeds();

/// Ends the process, which is how libFuzzer learns of a finding.
[[noreturn]] inline void broken(const char* promise) {
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}
#define HOLDS(promise)                        \
  do {                                        \
    if (!(promise)) ::fuzz::broken(#promise); \
  } while (0)

/// An input that is taken apart from its front; behind its end there are zeros.
class reader {
 public:
  reader(const std::uint8_t* data, std::size_t size) : left_(reinterpret_cast<const char*>(data), size) {}
  template <class T>
  T take() {
    T value{};
    const std::size_t n = std::min(sizeof value, left_.size());
    std::memcpy(&value, left_.data(), n);
    left_.remove_prefix(n);
    return value;
  }
  std::uint8_t byte() { return take<std::uint8_t>(); }
  [[nodiscard]] std::string_view rest() const { return left_; }
  [[nodiscard]] bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

inline std::span<const std::byte> bytes_of(std::string_view s) {
  return {reinterpret_cast<const std::byte*>(s.data()), s.size()};
}

/// Numbers from a seed, for what an input does not say.
class random {
 public:
  explicit random(std::uint64_t seed) : x_(seed) {}
  std::size_t below(std::size_t n) {
    x_ = x_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((x_ >> 33) % n);
  }

 private:
  std::uint64_t x_;
};

}  // namespace fuzz
