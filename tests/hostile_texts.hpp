// Texts that have hung or crashed tokenizers, for tests and benchmarks.
#pragma once

#include <retort/base/types.hpp>

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fixtures {

/// A million of each thing that has hung or crashed tokenizers.
inline std::vector<std::pair<std::string, std::string>> hostile_texts() {
  const auto times = [](std::string_view what, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += what;
    return out;
  };
  std::vector<std::pair<std::string, std::string>> all;
  const std::size_t million = 1000000;
  for (const char* one : {"a", " ", "7", "\n", "=", "\t", "^"})
    all.emplace_back(retort::printable(one), times(one, million));
  all.emplace_back("combining marks", times("\xCC\x81", million));
  all.emplace_back("two marks out of order", times("\xCC\x81\xCC\xA3", million / 2));
  all.emplace_back("a letter with a million marks", std::string("e").append(times("\xCC\x81", million)));
  all.emplace_back("emoji joined", times("👩\xE2\x80\x8D", million / 2));
  all.emplace_back("ideographs", times("的", million));
  all.emplace_back("blanks before a letter", times(" ", million) + "x");
  all.emplace_back("lines and blanks", times("\n ", million / 2));
  all.emplace_back("contractions", times("'s", million / 2));
  all.emplace_back("no-break spaces", times("\xC2\xA0", million / 2) + "x");
  all.emplace_back("malformed bytes", times("\xF0\x9F", million / 2));
  all.emplace_back("capital letters", times("A", million));
  all.emplace_back("beginnings of special tokens", times("<｜", million / 5));
  std::string letters;
  std::mt19937 random(7);
  for (std::size_t i = 0; i < million; ++i) letters += static_cast<char>('a' + random() % 26);
  all.emplace_back("random letters", letters);
  return all;
}

}  // namespace fixtures
