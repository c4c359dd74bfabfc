// Writes small GGUF files into memory, right or wrong as a test wants them.
#pragma once

#include <retort/base/types.hpp>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

/// Little-endian bytes one after another.
struct byte_writer {
  std::string bytes;

  template <class T>
  byte_writer& put(T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    bytes.append(raw, sizeof(T));
    return *this;
  }
  byte_writer& text(std::string_view s) {
    put<std::uint64_t>(s.size());
    bytes += s;
    return *this;
  }
};

/// Fields may be changed freely before bytes() is called.
struct gguf_writer {
  static constexpr std::uint32_t u8 = 0, i8 = 1, u16 = 2, i16 = 3, u32 = 4, i32 = 5, f32 = 6, boolean = 7, string = 8,
                                 array = 9, u64 = 10, i64 = 11, f64 = 12;

  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::optional<std::uint64_t> claimed_tensors, claimed_values;
  std::uint64_t alignment = 32;  // of the data; say it in a key too if it is not 32
  std::uint64_t n_values = 0, n_tensors = 0;
  byte_writer values, infos;
  std::string data;

  template <class T>
  gguf_writer& value(std::string_view key, std::uint32_t type, T v) {
    values.text(key).put(type).put(v);
    ++n_values;
    return *this;
  }
  gguf_writer& text(std::string_view key, std::string_view v) {
    values.text(key).put(string).text(v);
    ++n_values;
    return *this;
  }
  template <class T>
  gguf_writer& numbers(std::string_view key, std::uint32_t type, const std::vector<T>& v) {
    values.text(key).put(array).put(type).template put<std::uint64_t>(v.size());
    for (const T& x : v) values.put(x);
    ++n_values;
    return *this;
  }
  gguf_writer& texts(std::string_view key, const std::vector<std::string>& v) {
    values.text(key).put(array).put(string).put<std::uint64_t>(v.size());
    for (const std::string& s : v) values.text(s);
    ++n_values;
    return *this;
  }
  /// A tensor's description as it stands in the file: dimensions innermost first.
  gguf_writer& info(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type,
                    std::uint64_t offset) {
    infos.text(name).put(static_cast<std::uint32_t>(dims.size()));
    for (std::uint64_t d : dims) infos.put(d);
    infos.put(type).put(offset);
    ++n_tensors;
    return *this;
  }
  /// A tensor of `bytes` bytes at the next place.
  gguf_writer& tensor(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type,
                      std::size_t bytes) {
    data.resize((data.size() + alignment - 1) / alignment * alignment, '\0');
    info(name, dims, type, data.size());
    for (std::size_t i = 0; i < bytes; ++i) data += static_cast<char>(i);
    return *this;
  }

  /// The file, at an address fit for every element type.
  [[nodiscard]] std::vector<std::byte> bytes() const {
    byte_writer w;
    w.bytes = magic;
    w.put(version).put(claimed_tensors.value_or(n_tensors)).put(claimed_values.value_or(n_values));
    w.bytes += values.bytes + infos.bytes;
    if (!data.empty()) w.bytes.resize((w.bytes.size() + alignment - 1) / alignment * alignment, '\0');
    w.bytes += data;
    std::vector<std::byte> out(w.bytes.size());
    if (!out.empty()) std::memcpy(out.data(), w.bytes.data(), out.size());
    return out;
  }
};
