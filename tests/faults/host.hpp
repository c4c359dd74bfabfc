// What a host has for the drivers: memory that is counted, and files of tiny models.
#pragma once

#include "tiny/model.hpp"

#include <retort/base/memory.hpp>
#include <retort/io/source.hpp>
#include <retort/retort.hpp>

namespace faults {

using namespace retort;

/// The host's memory, counted.
struct counted_memory final : allocator {
  std::atomic<std::size_t> bytes{0}, n{0};
  void* allocate(std::size_t b, std::size_t alignment) noexcept override {
    bytes += b, ++n;
    return system_allocator().allocate(b, alignment);
  }
  void release(void* memory, std::size_t b, std::size_t alignment) noexcept override {
    bytes -= b;
    system_allocator().release(memory, b, alignment);
  }
};

/// A kind of model, made once; what is read from it is a model of its own each time.
struct species {
  const char* kind;
  dtype type;
  std::vector<std::byte> bytes{};

  const std::vector<std::byte>& file() {
    if (bytes.empty()) {
      tiny::recipe r;
      r.kind = kind;
      r.type = type;
      r.dim_ffn = 64;
      r.n_layers = 1;
      r.n_experts = 4;
      r.n_used = 2;
      bytes = tiny::make(r).bytes();
    }
    return bytes;
  }
};
inline std::array<species, 9> all_species = {{{"llama", dtype::f32},
                                              {"llama", dtype::q8_0},
                                              {"llama_fused", dtype::q4_0},
                                              {"qwen2moe", dtype::f32},
                                              {"gpt-oss", dtype::mxfp4},
                                              {"deepseek2_v3", dtype::f32},
                                              {"deepseek2_lite_split", dtype::q8_0},
                                              {"qwen3", dtype::bf16},
                                              {"mixtral", dtype::q5_1}}};

/// A file in the host's hands.
struct in_memory final : reader {
  std::span<const std::byte> bytes;
  explicit in_memory(std::span<const std::byte> b) : bytes(b) {}
  std::uint64_t size() noexcept override { return bytes.size(); }
  bool read(std::uint64_t offset, std::span<std::byte> into) noexcept override {
    if (offset > bytes.size() || into.size() > bytes.size() - offset) return false;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return true;
  }
};

}  // namespace faults
