// A model of a few kilobytes, made on the spot: llama, two layers, q8_0 and f32
// weights from a fixed pseudo-random sequence, no tokenizer.
#pragma once

#include "io/gguf_writer.hpp"

#include <retort/tensor/dtype.hpp>

namespace {

class tiny_model {
 public:
  static constexpr std::uint64_t dim = 64, n_heads = 4, n_heads_kv = 2, dim_ffn = 96, n_vocab = 80, n_layers = 2;

  static std::vector<std::byte> bytes() {
    tiny_model m;
    gguf_writer& w = m.file_;
    constexpr auto u32 = gguf_writer::u32;
    w.text("general.architecture", "llama").text("general.name", "tiny");
    w.value<std::uint32_t>("llama.block_count", u32, n_layers).value<std::uint32_t>("llama.context_length", u32, 128);
    w.value<std::uint32_t>("llama.embedding_length", u32, dim)
        .value<std::uint32_t>("llama.feed_forward_length", u32, dim_ffn);
    w.value<std::uint32_t>("llama.attention.head_count", u32, n_heads);
    w.value<std::uint32_t>("llama.attention.head_count_kv", u32, n_heads_kv);
    w.value<float>("llama.attention.layer_norm_rms_epsilon", gguf_writer::f32, 1e-5f);
    m.floats("token_embd.weight", dim, n_vocab, 1);
    m.floats("output_norm.weight", dim, 0, 0);
    for (std::uint64_t i = 0; i < n_layers; ++i) {
      const std::string blk = std::string("blk.") + std::to_string(i) + ".";
      m.floats(blk + "attn_norm.weight", dim, 0, 0);
      m.floats(blk + "ffn_norm.weight", dim, 0, 0);
      m.blocks(blk + "attn_q.weight", dim, dim);
      m.blocks(blk + "attn_k.weight", dim, dim / n_heads * n_heads_kv);
      m.blocks(blk + "attn_v.weight", dim, dim / n_heads * n_heads_kv);
      m.blocks(blk + "attn_output.weight", dim, dim);
      m.blocks(blk + "ffn_gate.weight", dim, dim_ffn);
      m.blocks(blk + "ffn_up.weight", dim, dim_ffn);
      m.blocks(blk + "ffn_down.weight", dim_ffn, dim);
    }
    m.floats("output.weight", dim, n_vocab, 1);
    return w.bytes();
  }

 private:
  std::uint32_t next() noexcept {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 40);  // 24 bits
  }
  template <class T>
  void put(T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    file_.data.append(raw, sizeof(T));
  }
  /// A matrix in [-spread, spread], or without rows a vector of ones.
  void floats(const std::string& name, std::uint64_t n_in, std::uint64_t n_out, float spread) {
    file_.tensor(name, n_out ? std::vector<std::uint64_t>{n_in, n_out} : std::vector<std::uint64_t>{n_in}, 0, 0);
    for (std::uint64_t i = 0; i < n_in * (n_out ? n_out : 1); ++i)
      put(n_out ? spread * (static_cast<float>(next()) / 8388608.0f - 1) : 1.0f);
  }
  /// A matrix of q8_0 blocks: f16 scale, 32 int8.
  void blocks(const std::string& name, std::uint64_t n_in, std::uint64_t n_out) {
    file_.tensor(name, {n_in, n_out}, 8, 0);
    for (std::uint64_t b = 0; b < n_in / 32 * n_out; ++b) {
      put(retort::f32_to_f16(0.25f / 127));
      for (int i = 0; i < 32; ++i) put(static_cast<std::int8_t>(static_cast<int>(next() % 255) - 127));
    }
  }

  gguf_writer file_;
  std::uint64_t state_ = 2024;
};

}  // namespace
