// A folder of its own for a test, gone with it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>

struct temporary_folder {
  std::filesystem::path path;

  temporary_folder() {
    std::random_device random;
    do path = std::filesystem::temp_directory_path() / (std::string("retort_io_") + std::to_string(random()));
    while (!std::filesystem::create_directory(path));
  }
  temporary_folder(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  /// Writes a file and returns its whole path.
  std::string write(const std::string& name, std::span<const std::byte> bytes) const {
    std::ofstream(path / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return (path / name).string();
  }
};
