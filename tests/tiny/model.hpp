// Random models of every architecture, a few hundred kilobytes each, made in
// memory from a seed. They say nothing sensible; they exercise every path.
#pragma once

#include "tiny/file.hpp"
#include "tiny/numbers.hpp"

#include <array>
#include <span>

namespace tiny {

/// What a model is made of; every kind below starts from this.
struct recipe {
  std::string kind = "llama";
  retort::dtype type = retort::dtype::f32;  ///< of the matrices whose rows fit it, f16 for the others
  std::uint64_t seed = 1;
  std::size_t dim = 64, n_heads = 4, n_heads_kv = 2, dim_head = 32, dim_ffn = 96, n_layers = 2;
  std::size_t n_experts = 8, n_used = 3, dim_expert = 32;
  bool tied = false;
  std::vector<std::string> control_tokens{};  // at the end of the vocabulary, which has room for 27
};

/// Every kind: an architecture, or a way to store one.
inline constexpr std::array<const char*, 27> kinds = {"llama",
                                                      "llama_fused",
                                                      "llama3",
                                                      "mixtral",
                                                      "mixtral_legacy",
                                                      "mixtral_gate_up",
                                                      "qwen2",
                                                      "qwen2_yarn",
                                                      "qwen3",
                                                      "qwen2moe",
                                                      "qwen3moe",
                                                      "olmoe",
                                                      "gpt-oss",
                                                      "deepseek",
                                                      "deepseek2_lite",
                                                      "deepseek2_lite_split",
                                                      "deepseek2_v2",
                                                      "deepseek2_v3",
                                                      "deepseek2_v3_both",
                                                      "deepseek2_v3_split",
                                                      "llama_tied",
                                                      "smollm3",
                                                      "glm4",
                                                      "glm4moe",
                                                      "granite",
                                                      "granitemoe",
                                                      "mistral3"};

inline constexpr std::size_t n_vocab = 288;

class builder {
 public:
  explicit builder(const recipe& r) : r_(r), random_(r.seed) {}

  file build() {
    const std::string& k = r_.kind;
    const auto is = [&](const char* prefix) { return k.rfind(prefix, 0) == 0; };
    f_.arch = is("deepseek2") ? "deepseek2" : is("llama") || is("mixtral") ? "llama" : is("qwen2_") ? "qwen2" : k;
    if (f_.arch == "qwen2") r_.n_heads = r_.dim / r_.dim_head, r_.n_heads_kv = 1;
    if (f_.arch == "olmoe" || f_.arch == "deepseek") r_.n_heads_kv = r_.n_heads;
    if (is("deepseek") || k == "glm4moe") r_.n_layers = 3;
    if (k == "smollm3") r_.n_layers = 4;  // the fourth has no rope
    if (k == "llama_tied") r_.tied = true;
    metadata();
    tokenizer();
    matrix("token_embd.weight", n_vocab, r_.dim, 1);
    vector("output_norm.weight", r_.dim, 1, 0.2f);
    if (!r_.tied) matrix("output.weight", n_vocab, r_.dim, 2 / std::sqrt(static_cast<float>(r_.dim)));
    if (k == "llama3") rope_divisors();
    for (std::size_t i = 0; i < r_.n_layers; ++i) layer(i);
    if (k == "deepseek2_v3_both") {  // an extra prediction layer behind, which is not run
      f_.u32("block_count", r_.n_layers + 1);
      f_.u32("nextn_predict_layers", 1);
      vector("blk.3.nextn.enorm.weight", r_.dim, 1, 0.2f);
    }
    return std::move(f_);
  }

 private:
  [[nodiscard]] bool latent() const { return f_.arch == "deepseek2"; }
  [[nodiscard]] bool lite() const { return r_.kind.find("lite") != std::string::npos; }
  [[nodiscard]] bool is_moe(std::size_t layer) const {
    const std::string& k = r_.kind;
    if (k.find("deepseek") == 0 || k == "glm4moe") return layer >= 1;
    return k.find("mixtral") == 0 || k.find("moe") != std::string::npos || k == "gpt-oss";
  }

  void metadata() {
    const std::string& k = r_.kind;
    f_.text("general.architecture", f_.arch);
    f_.text("general.name", "tiny " + k);
    f_.u32("block_count", r_.n_layers);
    f_.u32("context_length", 2048);
    f_.u32("embedding_length", r_.dim);
    f_.u32("feed_forward_length", r_.dim_ffn);
    f_.u32("attention.head_count", r_.n_heads);
    f_.u32("attention.head_count_kv", r_.n_heads_kv);
    f_.f32("attention.layer_norm_rms_epsilon", 1e-5);
    if (latent()) {
      latent_metadata();
    } else if (f_.arch != "qwen2") {  // qwen2 files say neither, the others may
      f_.u32("attention.key_length", r_.dim_head);
      f_.u32("attention.value_length", r_.dim_head);
    }
    if (k == "llama_fused") {
      f_.u32("rope.dimension_count", r_.dim_head / 2);
      f_.text("llama.rope.scaling.type", "linear");
      f_.f32("rope.scaling.factor", 2);
    }
    if (k == "glm4" || k == "glm4moe") f_.u32("rope.dimension_count", r_.dim_head / 2);
    if (k == "granite" || k == "granitemoe") {
      f_.f32("embedding_scale", 3);
      f_.f32("residual_scale", 0.6);
      f_.f32("attention.scale", 0.1);
      f_.f32("logit_scale", 1.7);
    }
    if (k == "granitemoe") f_.flag("rope.scaling.finetuned", false);
    if (k == "mistral3") {
      yarn(4, 24);
      f_.f32("rope.scaling.yarn_log_multiplier", 0.5);
      f_.f32("attention.temperature_scale", 0.3);
    }
    if (k == "llama3") f_.f32("rope.freq_base", 500000);
    if (k == "qwen2_yarn" || k == "gpt-oss") yarn(4, 512);
    if (k == "qwen2_yarn") f_.f32("rope.scaling.attn_factor", 0.9);
    if (k == "gpt-oss") f_.u32("attention.sliding_window", 24);
    if (is_moe(r_.n_layers - 1)) {
      f_.u32("expert_count", r_.n_experts);
      f_.u32("expert_used_count", r_.n_used);
      if (f_.arch == "llama" || f_.arch == "olmoe" || f_.arch == "granitemoe")
        f_.u32("feed_forward_length", r_.dim_expert);
      else f_.u32("expert_feed_forward_length", r_.dim_expert);
    }
    if (k == "qwen2moe" || k == "granitemoe") f_.u32("expert_shared_feed_forward_length", 64);
    if (k == "glm4moe") {  // and no expert_gating_func
      f_.u32("leading_dense_block_count", 1);
      f_.u32("expert_shared_count", 2);
      f_.f32("expert_weights_scale", 2.5);
      f_.flag("expert_weights_norm", true);
    }
    if (f_.arch.find("deepseek") == 0) {
      f_.u32("leading_dense_block_count", 1);
      f_.u32("expert_shared_count", 2);
      f_.f32("expert_weights_scale", k.find("v3") != std::string::npos   ? 2.5
                                     : k.find("v2") != std::string::npos ? 16
                                                                         : 1);
    }
  }

  void yarn(double factor, std::size_t original) {
    f_.text(f_.arch + ".rope.scaling.type", "yarn");
    f_.f32("rope.scaling.factor", factor);
    f_.u32("rope.scaling.original_context_length", original);
  }

  // latent dimensions: rows of 64 fit a q8_0 cache
  static constexpr std::size_t c_kv = 32, d_nope = 32, d_rope = 32, d_v = 32, c_q = 64;

  void latent_metadata() {
    const bool split = r_.kind.find("split") != std::string::npos, v3 = r_.kind.find("v3") != std::string::npos;
    f_.u32("attention.kv_lora_rank", c_kv);
    if (!lite()) f_.u32("attention.q_lora_rank", c_q);
    f_.u32("rope.dimension_count", d_rope);
    f_.u32("attention.key_length", split ? c_kv + d_rope : d_nope + d_rope);
    f_.u32("attention.value_length", split ? c_kv : d_v);
    if (split) {
      f_.u32("attention.head_count_kv", 1);
      f_.u32("attention.key_length_mla", d_nope + d_rope);
      f_.u32("attention.value_length_mla", d_v);
    }
    yarn(40, 256);
    f_.f32("rope.scaling.yarn_log_multiplier", v3 ? 0.1 : 0.0707);
    if (lite()) return;
    r_.n_experts = 16;
    f_.u32("expert_group_count", 4);
    f_.u32("expert_group_used_count", 2);
    f_.u32("expert_gating_func", v3 ? 2 : 1);
    f_.flag("expert_weights_norm", v3);
  }

  /// Byte-level: a token for every byte, a few merges, and two that control.
  void tokenizer() {
    std::vector<std::string> tokens, merges = {"t h", "th e", "i n"};
    std::vector<std::int32_t> types;
    int shifted = 256;
    for (int b = 0; b < 256; ++b) {
      const bool plain = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
      const int c = plain ? b : shifted++;
      std::string s;
      if (c < 0x80) {
        s += static_cast<char>(c);
      } else {
        s += static_cast<char>(0xc0 | (c >> 6));
        s += static_cast<char>(0x80 | (c & 63));
      }
      tokens.push_back(s);
    }
    for (const char* t : {"th", "the", "in"}) tokens.push_back(t);
    types.assign(tokens.size(), 1);
    for (const char* t : {"<bos>", "<end>"}) {
      tokens.push_back(t);
      types.push_back(3);
    }
    const std::size_t begin = tokens.size() - 2;
    for (const std::string& t : r_.control_tokens) {
      tokens.push_back(t);
      types.push_back(3);
    }
    f_.text("tokenizer.ggml.model", "gpt2");
    f_.text("tokenizer.ggml.pre", "gpt-2");
    f_.texts("tokenizer.ggml.tokens", tokens);
    f_.numbers("tokenizer.ggml.token_type", gguf_writer::i32, types);
    f_.texts("tokenizer.ggml.merges", merges);
    f_.put("tokenizer.ggml.bos_token_id", gguf_writer::u32, static_cast<std::uint32_t>(begin));
    f_.put("tokenizer.ggml.eos_token_id", gguf_writer::u32, static_cast<std::uint32_t>(begin + 1));
    f_.put("tokenizer.ggml.add_bos_token", gguf_writer::boolean, std::uint8_t{1});
  }

  // ---- tensors -----------------------------------------------------------------------------------
  void tensor_of(const std::string& name, std::vector<std::uint64_t> dims, retort::dtype type, float rms) {
    tensor t{name, std::move(dims), type, {}};
    std::size_t n_rows = 1;
    for (std::size_t i = 1; i < t.dims.size(); ++i) n_rows *= static_cast<std::size_t>(t.dims[i]);
    for (std::size_t i = 0; i < n_rows; ++i)
      t.data += random_row(random_, type, static_cast<std::size_t>(t.dims[0]), rms);
    f_.tensors.push_back(std::move(t));
  }
  [[nodiscard]] retort::dtype type_for(std::size_t n_in) const {
    return n_in % retort::traits(r_.type).block == 0 ? r_.type : retort::dtype::f16;
  }
  void matrix(const std::string& name, std::size_t n_out, std::size_t n_in, float rms) {
    tensor_of(name, {n_in, n_out}, type_for(n_in), rms);
  }
  /// A projection whose output is about `gain` times as large as its input.
  void project(const std::string& name, std::size_t n_out, std::size_t n_in, float gain = 1) {
    matrix(name, n_out, n_in, gain / std::sqrt(static_cast<float>(n_in)));
  }
  void stack(const std::string& name, std::size_t n, std::size_t n_out, std::size_t n_in, float gain = 1) {
    tensor_of(name, {n_in, n_out, n}, type_for(n_in), gain / std::sqrt(static_cast<float>(n_in)));
  }
  void vector(const std::string& name, std::size_t n, float middle, float spread, std::size_t n_rows = 0) {
    tensor t{name, {n}, retort::dtype::f32, {}};
    if (n_rows) t.dims.push_back(n_rows);
    for (std::size_t i = 0; i < n * std::max<std::size_t>(n_rows, 1); ++i) {
      const float x = middle + spread * random_.real();
      append(t.data, &x, sizeof x);
    }
    f_.tensors.push_back(std::move(t));
  }
  void rope_divisors() {
    tensor t{"rope_freqs.weight", {r_.dim_head / 2}, retort::dtype::f32, {}};
    for (std::size_t i = 0; i < r_.dim_head / 2; ++i) {
      const float g = i < 5 ? 1 : i < 8 ? 1 + static_cast<float>(i) / 3 : 8;
      append(t.data, &g, sizeof g);
    }
    f_.tensors.push_back(std::move(t));
  }

  void layer(std::size_t i) {
    const std::string b = "blk." + std::to_string(i) + ".";
    vector(b + "attn_norm.weight", r_.dim, 1, 0.3f);
    const bool one_name = f_.arch == "gpt-oss" || f_.arch == "glm4moe";
    vector(b + (one_name ? "post_attention_norm.weight" : "ffn_norm.weight"), r_.dim, 1, 0.3f);
    if (f_.arch == "glm4") {
      vector(b + "post_attention_norm.weight", r_.dim, 1, 0.3f);
      vector(b + "post_ffw_norm.weight", r_.dim, 1, 0.3f);
    }
    if (latent()) latent_attention(b);
    else attention(b);
    if (is_moe(i)) moe(b);
    else dense(b);
  }

  void attention(const std::string& b) {
    const std::string& a = f_.arch;
    const std::size_t n_q = r_.n_heads * r_.dim_head, n_k = r_.n_heads_kv * r_.dim_head;
    const bool fused = r_.kind == "llama_fused";
    if (fused) {
      project(b + "attn_qkv.weight", n_q + 2 * n_k, r_.dim, 1.5f);
      vector(b + "attn_qkv.bias", n_q + 2 * n_k, 0, 0.5f);
    } else {
      project(b + "attn_q.weight", n_q, r_.dim, 1.5f);
      project(b + "attn_k.weight", n_k, r_.dim, 1.5f);
      project(b + "attn_v.weight", n_k, r_.dim);
    }
    if (a == "qwen2" || a == "qwen2moe" || a == "gpt-oss" || a == "glm4" || a == "glm4moe") {
      vector(b + "attn_q.bias", n_q, 0, 0.5f);
      vector(b + "attn_k.bias", n_k, 0, 0.5f);
      vector(b + "attn_v.bias", n_k, 0, 0.5f);
    }
    project(b + "attn_output.weight", r_.dim, n_q);
    if (fused || a == "gpt-oss") vector(b + "attn_output.bias", r_.dim, 0, 0.3f);
    if (a == "qwen3" || a == "qwen3moe" || a == "glm4moe") {
      vector(b + "attn_q_norm.weight", r_.dim_head, 1.5f, 0.3f);
      vector(b + "attn_k_norm.weight", r_.dim_head, 1.5f, 0.3f);
    }
    if (a == "olmoe") {
      vector(b + "attn_q_norm.weight", n_q, 1.5f, 0.3f);
      vector(b + "attn_k_norm.weight", n_k, 1.5f, 0.3f);
    }
    if (a == "gpt-oss") vector(b + "attn_sinks.weight", r_.n_heads, 1, 1);
  }

  void latent_attention(const std::string& b) {
    const std::size_t H = r_.n_heads, d_qk = d_nope + d_rope;
    const bool split = r_.kind.find("split") != std::string::npos, both = r_.kind.find("both") != std::string::npos;
    if (lite()) {
      project(b + "attn_q.weight", H * d_qk, r_.dim, 1.5f);
    } else {
      project(b + "attn_q_a.weight", c_q, r_.dim);
      vector(b + "attn_q_a_norm.weight", c_q, 1, 0.3f);
      project(b + "attn_q_b.weight", H * d_qk, c_q, 1.5f);
    }
    project(b + "attn_kv_a_mqa.weight", c_kv + d_rope, r_.dim);
    vector(b + "attn_kv_a_norm.weight", c_kv, 1, 0.3f);
    if (!split) project(b + "attn_kv_b.weight", H * (d_nope + d_v), c_kv);
    if (split) {
      stack(b + "attn_k_b.weight", H, c_kv, d_nope);
      stack(b + "attn_v_b.weight", H, d_v, c_kv);
    }
    if (both) split_of_joined(b);
    project(b + "attn_output.weight", r_.dim, H * d_v);
  }
  /// The same numbers once more as attn_k_b (turned round) and attn_v_b; needs f32 or f16.
  void split_of_joined(const std::string& b) {
    const std::size_t H = r_.n_heads, size = r_.type == retort::dtype::f32 ? 4 : 2;
    const tensor joined = f_.at(b + "attn_kv_b.weight");
    if (joined.type != retort::dtype::f32 && joined.type != retort::dtype::f16 && joined.type != retort::dtype::bf16)
      return;
    tensor k{b + "attn_k_b.weight", {d_nope, c_kv * H}, joined.type, {}};
    tensor v{b + "attn_v_b.weight", {c_kv, d_v * H}, joined.type, {}};
    for (std::size_t h = 0; h < H; ++h) {
      for (std::size_t c = 0; c < c_kv; ++c)
        for (std::size_t i = 0; i < d_nope; ++i)
          k.data += joined.data.substr(((h * (d_nope + d_v) + i) * c_kv + c) * size, size);
      v.data += joined.data.substr((h * (d_nope + d_v) + d_nope) * c_kv * size, d_v * c_kv * size);
    }
    f_.tensors.push_back(std::move(k));
    f_.tensors.push_back(std::move(v));
  }

  void dense(const std::string& b) {
    if (r_.kind == "glm4") {
      project(b + "ffn_up.weight", 2 * r_.dim_ffn, r_.dim, 1.2f);
    } else {
      project(b + "ffn_gate.weight", r_.dim_ffn, r_.dim, 1.5f);
      project(b + "ffn_up.weight", r_.dim_ffn, r_.dim);
    }
    project(b + "ffn_down.weight", r_.dim, r_.dim_ffn);
    if (r_.kind != "llama_fused") return;
    vector(b + "ffn_gate.bias", r_.dim_ffn, 0, 0.3f);
    vector(b + "ffn_up.bias", r_.dim_ffn, 0, 0.3f);
    vector(b + "ffn_down.bias", r_.dim, 0, 0.3f);
  }

  void moe(const std::string& b) {
    const std::size_t E = r_.n_experts, f = r_.dim_expert;
    tensor_of(b + "ffn_gate_inp.weight", {r_.dim, E}, retort::dtype::f32, 1.5f / std::sqrt(static_cast<float>(r_.dim)));
    if (r_.kind == "mixtral_legacy") {
      for (std::size_t e = 0; e < E; ++e) {
        const std::string n = "." + std::to_string(e) + ".weight";
        project(b + "ffn_gate" + n, f, r_.dim, 1.5f);
        project(b + "ffn_up" + n, f, r_.dim);
        project(b + "ffn_down" + n, r_.dim, f);
      }
    } else if (r_.kind == "mixtral_gate_up") {
      stack(b + "ffn_gate_up_exps.weight", E, 2 * f, r_.dim, 1.5f);
      stack(b + "ffn_down_exps.weight", E, r_.dim, f);
    } else {
      stack(b + "ffn_gate_exps.weight", E, f, r_.dim, f_.arch == "gpt-oss" ? 4 : 1.5f);
      stack(b + "ffn_up_exps.weight", E, f, r_.dim, f_.arch == "gpt-oss" ? 4 : 1);
      stack(b + "ffn_down_exps.weight", E, r_.dim, f);
    }
    if (f_.arch == "gpt-oss") {
      vector(b + "ffn_gate_inp.bias", E, 0, 0.5f);
      vector(b + "ffn_gate_exps.bias", f, 0, 0.5f, E);
      vector(b + "ffn_up_exps.bias", f, 0, 0.5f, E);
      vector(b + "ffn_down_exps.bias", r_.dim, 0, 0.5f, E);
    }
    if (r_.kind.find("v3") != std::string::npos || f_.arch == "glm4moe") vector(b + "exp_probs_b.bias", E, 0, 0.2f);
    std::size_t shared = 0;
    if (f_.arch == "qwen2moe" || f_.arch == "granitemoe") shared = 64;
    if (f_.arch.find("deepseek") == 0 || f_.arch == "glm4moe") shared = 2 * f;
    if (shared == 0) return;
    project(b + "ffn_gate_shexp.weight", shared, r_.dim, 1.5f);
    project(b + "ffn_up_shexp.weight", shared, r_.dim);
    project(b + "ffn_down_shexp.weight", r_.dim, shared);
    if (f_.arch == "qwen2moe") vector(b + "ffn_gate_inp_shexp.weight", r_.dim, 0, 0.3f);
  }

  recipe r_;
  random random_;
  file f_;
};

inline file make(const recipe& r) { return builder(r).build(); }
inline file make(const std::string& kind, retort::dtype type = retort::dtype::f32, std::uint64_t seed = 1) {
  recipe r;
  r.kind = kind;
  r.type = type;
  r.seed = seed;
  return make(r);
}

/// n ids below n_vocab, the same for the same seed.
inline std::vector<std::int32_t> tokens(std::size_t n, std::uint64_t seed = 7) {
  random r(seed);
  std::vector<std::int32_t> ids(n);
  for (std::int32_t& t : ids) t = static_cast<std::int32_t>(r.below(n_vocab));
  return ids;
}

}  // namespace tiny
