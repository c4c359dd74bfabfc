// A GGUF file that is still in pieces: every key and tensor can be changed,
// dropped or added before the bytes are made.
#pragma once

#include "io/gguf_writer.hpp"

#include <retort/tensor/dtype.hpp>

namespace tiny {

struct tensor {
  std::string name;
  std::vector<std::uint64_t> dims;  // innermost first, as in the file
  retort::dtype type = retort::dtype::f32;
  std::string data;
};

class file {
 public:
  std::string arch;  ///< in front of the keys given to the functions below
  std::vector<tensor> tensors;

  template <class T>
  void put(const std::string& key, std::uint32_t type, T value) {
    byte_writer w;
    w.put(type).put(value);
    set(key, std::move(w.bytes));
  }
  void u32(const std::string& k, std::uint64_t v) {
    put(arch + "." + k, gguf_writer::u32, static_cast<std::uint32_t>(v));
  }
  void f32(const std::string& k, double v) { put(arch + "." + k, gguf_writer::f32, static_cast<float>(v)); }
  void flag(const std::string& k, bool v) { put(arch + "." + k, gguf_writer::boolean, static_cast<std::uint8_t>(v)); }
  void text(const std::string& key, std::string_view v) {
    byte_writer w;
    w.put(gguf_writer::string).text(v);
    set(key, std::move(w.bytes));
  }
  void texts(const std::string& key, const std::vector<std::string>& v) {
    byte_writer w;
    w.put(gguf_writer::array).put(gguf_writer::string).put<std::uint64_t>(v.size());
    for (const std::string& s : v) w.text(s);
    set(key, std::move(w.bytes));
  }
  template <class T>
  void numbers(const std::string& key, std::uint32_t type, const std::vector<T>& v) {
    byte_writer w;
    w.put(gguf_writer::array).put(type).template put<std::uint64_t>(v.size());
    for (const T& x : v) w.put(x);
    set(key, std::move(w.bytes));
  }
  void drop_key(const std::string& key) {
    std::erase_if(values_, [&](const auto& v) { return v.first == key; });
  }
  void drop_tensor(const std::string& name) {
    std::erase_if(tensors, [&](const tensor& t) { return t.name == name; });
  }
  tensor& at(const std::string& name) {
    for (tensor& t : tensors)
      if (t.name == name) return t;
    std::abort();
  }
  [[nodiscard]] std::vector<std::string> keys() const {
    std::vector<std::string> all;
    for (const auto& v : values_) all.push_back(v.first);
    return all;
  }

  [[nodiscard]] std::vector<std::byte> bytes() const {
    gguf_writer w;
    for (const auto& [key, value] : values_) {
      w.values.text(key).bytes += value;
      ++w.n_values;
    }
    for (const tensor& t : tensors) {
      w.tensor(t.name, t.dims, static_cast<std::uint32_t>(t.type), 0);
      w.data += t.data;
    }
    return w.bytes();
  }

 private:
  void set(const std::string& key, std::string value) {
    for (auto& v : values_)
      if (v.first == key) {
        v.second = std::move(value);
        return;
      }
    values_.emplace_back(key, std::move(value));
  }
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace tiny
