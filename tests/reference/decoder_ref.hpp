// A whole model in double precision, straight from the formulas: no cache, the
// whole sequence at once, every layer from the first token to the last. Reads
// the file's keys and tensors by itself; shares nothing with nn/ and simd/.
#pragma once

#include "reference/mla_ref.hpp"
#include "reference/moe_ref.hpp"

#include <retort/io/weights.hpp>

namespace ref {

struct layer {
  vec attn_norm, ffn_norm;
  bool latent = false, is_moe = false;
  attention gqa;
  latent_attention mla;
  mlp ffn;
  ref::moe moe;
};

class decoder {
 public:
  explicit decoder(const retort::weights& file) : file_(file), arch_(text("general.architecture")) {
    n_heads_ = count("attention.head_count");
    dim_ = count("embedding_length");
    eps_ = real("attention.layer_norm_rms_epsilon", 0);
    const std::size_t n = count("block_count") - count("nextn_predict_layers", 0);
    embedding_ = get("token_embd.weight");
    output_ = has("output.weight") ? get("output.weight") : embedding_;
    output_norm_ = vector("output_norm.weight");
    output_bias_ = vector("output.bias");
    for (std::size_t i = 0; i < n; ++i) layers_.push_back(read_layer(i));
  }

  /// logits [n_tokens][n_vocab]
  [[nodiscard]] rows logits(const std::vector<std::int32_t>& tokens) const {
    rows h;
    for (std::int32_t t : tokens) {
      const auto at = embedding_.w.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(t) * dim_);
      h.emplace_back(at, at + static_cast<std::ptrdiff_t>(dim_));
    }
    for (const layer& l : layers_) {
      const rows x = normed(h, l.attn_norm);
      add(h, l.latent ? l.mla(x) : l.gqa(x));
      rows y = normed(h, l.ffn_norm);
      for (vec& row : y) row = l.is_moe ? l.moe(row) : l.ffn(row);
      add(h, y);
    }
    rows out = normed(h, output_norm_);
    for (vec& row : out) row = mul(output_, row, output_bias_);
    return out;
  }
  [[nodiscard]] const std::vector<layer>& layers() const { return layers_; }

 private:
  [[nodiscard]] rows normed(rows x, const vec& w) const {
    for (vec& row : x) rms(row.data(), w.data(), row.size(), eps_);
    return x;
  }
  static void add(rows& h, const rows& y) {
    for (std::size_t t = 0; t < h.size(); ++t)
      for (std::size_t i = 0; i < h[t].size(); ++i) h[t][i] += y[t][i];
  }

  // ---- the file --------------------------------------------------------------------------------
  [[nodiscard]] std::string text(const std::string& key, const char* absent = "") const {
    return std::string(*file_.metadata().string_or(key, absent));
  }
  [[nodiscard]] std::string key(const char* k) const { return arch_ + "." + k; }
  [[nodiscard]] bool knows(const char* k) const { return file_.metadata().has(key(k)); }
  [[nodiscard]] std::size_t count(const char* k, std::size_t absent = 0) const {
    return static_cast<std::size_t>(*file_.metadata().uint_or(key(k), absent));
  }
  [[nodiscard]] double real(const char* k, double absent) const { return *file_.metadata().real_or(key(k), absent); }
  [[nodiscard]] bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  /// All dimensions but the innermost taken together as rows; empty where there is no such tensor.
  [[nodiscard]] matrix get(const std::string& name) const {
    const retort::gguf_tensor* t = file_.find(name);
    if (!t) return {};
    return decode(t->type, t->data, static_cast<std::size_t>(t->rows()), static_cast<std::size_t>(t->columns()));
  }
  [[nodiscard]] vec vector(const std::string& name) const { return get(name).w; }

  // ---- parts ---------------------------------------------------------------------------------------
  [[nodiscard]] ref::rope read_rope(std::size_t dim_key) const {
    ref::rope r;
    r.n = count("rope.dimension_count", dim_key);
    r.adjacent = arch_ == "llama" || arch_ == "deepseek" || arch_ == "deepseek2";
    r.theta = real("rope.freq_base", 10000);
    const std::string type = text(key("rope.scaling.type"), "linear");
    r.factor = type == "none" ? 1 : real("rope.scaling.factor", 1);
    r.yarn = type == "yarn";
    r.original = static_cast<double>(count("rope.scaling.original_context_length", count("context_length")));
    r.beta_fast = real("rope.scaling.yarn_beta_fast", 32);
    r.beta_slow = real("rope.scaling.yarn_beta_slow", 1);
    if (r.yarn && arch_ != "deepseek2") r.amplitude = magnitude(r.factor, 1) * real("rope.scaling.attn_factor", 1);
    r.divisors = vector("rope_freqs.weight");
    return r;
  }

  [[nodiscard]] attention read_attention(const std::string& b, std::size_t index) const {
    attention a;
    a.n_heads = n_heads_;
    a.n_heads_kv = count("attention.head_count_kv", n_heads_);
    a.dim_head = count("attention.key_length", dim_ / n_heads_);
    a.dim_v = count("attention.value_length", dim_ / n_heads_);
    if (has(b + "attn_qkv.weight")) {
      const matrix all = get(b + "attn_qkv.weight");
      const std::size_t n_q = a.n_heads * a.dim_head, n_k = a.n_heads_kv * a.dim_head;
      a.wq = all.slice(0, n_q);
      a.wk = all.slice(n_q, n_k);
      a.wv = all.slice(n_q + n_k, a.n_heads_kv * a.dim_v);
      if (const vec bias = vector(b + "attn_qkv.bias"); !bias.empty()) {
        const auto k = bias.begin() + static_cast<std::ptrdiff_t>(n_q), v = k + static_cast<std::ptrdiff_t>(n_k);
        a.bq = vec(bias.begin(), k);
        a.bk = vec(k, v);
        a.bv = vec(v, bias.end());
      }
    } else {
      a.wq = get(b + "attn_q.weight");
      a.wk = get(b + "attn_k.weight");
      a.wv = get(b + "attn_v.weight");
      a.bq = vector(b + "attn_q.bias");
      a.bk = vector(b + "attn_k.bias");
      a.bv = vector(b + "attn_v.bias");
    }
    a.wo = get(b + "attn_output.weight");
    a.bo = vector(b + "attn_output.bias");
    a.q_norm = vector(b + "attn_q_norm.weight");
    a.k_norm = vector(b + "attn_k_norm.weight");
    a.sinks = vector(b + "attn_sinks.weight");
    if (arch_ == "gpt-oss" && index % 2 == 0) a.window = count("attention.sliding_window");
    a.scale = 1 / std::sqrt(static_cast<double>(a.dim_head));
    a.eps = eps_;
    a.rope = read_rope(a.dim_head);
    return a;
  }

  [[nodiscard]] latent_attention read_latent(const std::string& b) const {
    latent_attention a;
    a.n_heads = n_heads_;
    a.dim_latent = count("attention.kv_lora_rank");
    const std::size_t dim_qk =
        count(knows("attention.key_length_mla") ? "attention.key_length_mla" : "attention.key_length");
    a.dim_v = count(knows("attention.value_length_mla") ? "attention.value_length_mla" : "attention.value_length");
    a.rope = read_rope(dim_qk);
    a.dim_rope = a.rope.n;
    a.dim_nope = dim_qk - a.dim_rope;
    a.wq = get(b + "attn_q.weight");
    a.wq_a = get(b + "attn_q_a.weight");
    a.wq_b = get(b + "attn_q_b.weight");
    a.q_a_norm = vector(b + "attn_q_a_norm.weight");
    a.wkv_a = get(b + "attn_kv_a_mqa.weight");
    a.kv_a_norm = vector(b + "attn_kv_a_norm.weight");
    a.wo = get(b + "attn_output.weight");
    const matrix kv_b = get(b + "attn_kv_b.weight"), k_b = get(b + "attn_k_b.weight"), v_b = get(b + "attn_v_b.weight");
    for (std::size_t h = 0; h < n_heads_; ++h) {
      const std::size_t per_head = a.dim_nope + a.dim_v;
      if (!kv_b.empty()) {
        a.w_uk.push_back(kv_b.slice(h * per_head, a.dim_nope));
        a.w_uv.push_back(kv_b.slice(h * per_head + a.dim_nope, a.dim_v));
      } else {
        const matrix turned = k_b.slice(h * a.dim_latent, a.dim_latent);  // [dim_latent, dim_nope]
        matrix w{a.dim_nope, a.dim_latent, vec(a.dim_nope * a.dim_latent), turned.int8};
        for (std::size_t c = 0; c < a.dim_latent; ++c)
          for (std::size_t i = 0; i < a.dim_nope; ++i) w.w[i * a.dim_latent + c] = turned.w[c * a.dim_nope + i];
        a.w_uk.push_back(w);
        a.w_uv.push_back(v_b.slice(h * a.dim_v, a.dim_v));
      }
    }
    const double s = real("rope.scaling.factor", 1), log_multiplier = real("rope.scaling.yarn_log_multiplier", 0);
    const double g = a.rope.yarn && s > 1 ? 1 + log_multiplier * std::log(s) : 1;
    a.scale = g * g / std::sqrt(static_cast<double>(dim_qk));
    a.eps = eps_;
    return a;
  }

  [[nodiscard]] mlp read_mlp(const std::string& b, const std::string& suffix) const {
    mlp m;
    m.gate = get(b + "ffn_gate" + suffix + ".weight");
    m.up = get(b + "ffn_up" + suffix + ".weight");
    m.down = get(b + "ffn_down" + suffix + ".weight");
    m.b_gate = vector(b + "ffn_gate" + suffix + ".bias");
    m.b_up = vector(b + "ffn_up" + suffix + ".bias");
    m.b_down = vector(b + "ffn_down" + suffix + ".bias");
    return m;
  }

  [[nodiscard]] ref::moe read_moe(const std::string& b) const {
    ref::moe m;
    ref::router& r = m.router;
    const std::size_t E = count("expert_count");
    r.n_used = count("expert_used_count");
    r.normalize = arch_ == "llama" || arch_ == "qwen3moe";
    if (arch_ == "gpt-oss") r.gate = router::gating::softmax_of_chosen;
    if (arch_ == "deepseek2") {
      r.gate = static_cast<router::gating>(count("expert_gating_func", 1));
      r.normalize = *file_.metadata().boolean_or(key("expert_weights_norm"), false);
      r.n_groups = std::max<std::size_t>(1, count("expert_group_count", 1));
      r.n_groups_used = std::max<std::size_t>(1, count("expert_group_used_count", 1));
    }
    if (const double scale = real("expert_weights_scale", 0); scale != 0) r.scale = scale;
    r.selection_bias = vector(b + "exp_probs_b.bias");
    m.w_router = get(b + "ffn_gate_inp.weight");
    m.b_router = vector(b + "ffn_gate_inp.bias");
    for (std::size_t e = 0; e < E; ++e) m.experts.push_back(read_expert(b, e, E));
    m.shared = read_mlp(b, "_shexp");
    m.shared_gate = vector(b + "ffn_gate_inp_shexp.weight");
    return m;
  }

  [[nodiscard]] mlp read_expert(const std::string& b, std::size_t e, std::size_t E) const {
    if (has(b + "ffn_gate.0.weight")) return read_mlp(b, "." + std::to_string(e));
    mlp all = read_mlp(b, "_exps"), one;
    const auto part = [&](const vec& v) {
      const auto n = static_cast<std::ptrdiff_t>(v.size() / E), i = static_cast<std::ptrdiff_t>(e);
      return vec(v.begin() + i * n, v.begin() + (i + 1) * n);
    };
    if (const matrix both = get(b + "ffn_gate_up_exps.weight"); !both.empty()) {
      const std::size_t f = both.n_out / E / 2;
      one.gate = both.slice(2 * e * f, f);
      one.up = both.slice((2 * e + 1) * f, f);
    } else {
      const std::size_t f = all.gate.n_out / E;
      one.gate = all.gate.slice(e * f, f);
      one.up = all.up.slice(e * f, f);
    }
    one.down = all.down.slice(e * dim_, dim_);
    one.b_gate = part(all.b_gate);
    one.b_up = part(all.b_up);
    one.b_down = part(all.b_down);
    one.clamped = arch_ == "gpt-oss";
    return one;
  }

  [[nodiscard]] layer read_layer(std::size_t i) const {
    const std::string b = "blk." + std::to_string(i) + ".";
    layer l;
    l.attn_norm = vector(b + "attn_norm.weight");
    l.ffn_norm = vector(b + (arch_ == "gpt-oss" ? "post_attention_norm.weight" : "ffn_norm.weight"));
    l.latent = arch_ == "deepseek2";
    if (l.latent) l.mla = read_latent(b);
    else l.gqa = read_attention(b, i);
    l.is_moe = count("expert_count", 0) > 0 && i >= count("leading_dense_block_count", 0);
    if (l.is_moe) l.moe = read_moe(b);
    else l.ffn = read_mlp(b, "");
    return l;
  }

  const retort::weights& file_;
  std::string arch_;
  std::size_t n_heads_ = 0, dim_ = 0;
  double eps_ = 0;
  matrix embedding_, output_;
  vec output_norm_, output_bias_;
  std::vector<layer> layers_;
};

}  // namespace ref
