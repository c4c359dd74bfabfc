// Where the golden data is, and how a test that needs it is skipped out loud.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#ifndef RETORT_GOLDEN_DEFAULT
#define RETORT_GOLDEN_DEFAULT "../shared/golden"
#endif

/// Whether some test asked for golden data that is not there: main.cpp then says "skipped".
inline bool golden_was_missing = false;

/// The golden folder, or an empty path (after printing why the test is skipped). Tests that need it are tagged
/// [golden], so that the runner tells them from the others.
inline std::filesystem::path golden(const char* below) {
  const char* given = std::getenv("RETORT_GOLDEN");
  const std::filesystem::path root = std::filesystem::path(given ? given : RETORT_GOLDEN_DEFAULT) / below;
#if !defined(__wasi__)  // whose library has no such files
  if (std::filesystem::exists(root)) return root;
#endif
  golden_was_missing = true;
  std::printf("skipped: no golden data at %s (set RETORT_GOLDEN)\n", root.string().c_str());
  return {};
}

inline std::vector<char> read_bytes(const std::filesystem::path& path) {
  std::vector<char> all;
  if (std::FILE* f = std::fopen(path.string().c_str(), "rb")) {
    for (int c; (c = std::fgetc(f)) != EOF;) all.push_back(static_cast<char>(c));
    std::fclose(f);
  }
  return all;
}
