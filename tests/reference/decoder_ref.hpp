// A whole model in double precision, straight from the formulas: no cache, the
// whole sequence at once, every layer from the first token to the last. Reads
// the file's keys and tensors by itself; shares nothing with nn/ and simd/.
#pragma once

#include "reference/mla_ref.hpp"
#include "reference/moe_ref.hpp"

#include <retort/io/weights.hpp>

#include <functional>

namespace ref {

/// logits [n_tokens, n_vocab] of the model in the file
rows logits(const retort::weights& file, const std::vector<std::int32_t>& tokens);

#if defined(REF_IMPLEMENTATION)

/// Outputs [first, first + n) of a weight, or of a vector of them; of nothing nothing.
inline matrix slice(const matrix& m, Index first, Index n) { return {m.w.middleRows(first, n), m.int8}; }
inline vec slice(const vec& v, Index first, Index n) { return v.size() ? vec(v.segment(first, n)) : vec(); }
/// Part i of n equal ones.
inline matrix part(const matrix& m, Index i, Index n) { return slice(m, i * (m.w.rows() / n), m.w.rows() / n); }
inline vec part(const vec& v, Index i, Index n) { return slice(v, i * (v.size() / n), v.size() / n); }

struct layer {
  vec attn_norm, ffn_norm, after_attn, after_ffn;  ///< the latter two: of what is added, or empty
  std::function<rows(const rows&)> mix, feed;      ///< attention of either kind; an MLP or experts
};

class decoder {
 public:
  explicit decoder(const retort::weights& file) : file_(file), arch_(text("general.architecture")) {
    n_heads_ = count("attention.head_count");
    dim_ = count("embedding_length");
    eps_ = real("attention.layer_norm_rms_epsilon", 0);
    const Index n = count("block_count") - count("nextn_predict_layers", 0);
    embedding_ = get("token_embd.weight");
    output_ = has("output.weight") ? get("output.weight") : embedding_;
    output_norm_ = vector("output_norm.weight");
    output_bias_ = vector("output.bias");
    residual_scale_ = real("residual_scale", 1);
    for (Index i = 0; i < n; ++i) layers_.push_back(read_layer(i));
  }

  [[nodiscard]] rows logits(const std::vector<std::int32_t>& tokens) const {
    rows h = real("embedding_scale", 1) * embedding_.w(tokens, Eigen::seqN(0, dim_));
    const auto add = [&](const rows& y, const vec& norm) {
      if (norm.size()) h += residual_scale_ * rms(y, norm, eps_);
      else h += residual_scale_ * y;
    };
    for (const layer& l : layers_) {
      add(l.mix(rms(h, l.attn_norm, eps_)), l.after_attn);
      add(l.feed(rms(h, l.ffn_norm, eps_)), l.after_ffn);
    }
    return mul(output_, rms(h, output_norm_, eps_), output_bias_) / real("logit_scale", 1);
  }

 private:
  // ---- the file --------------------------------------------------------------------------------
  [[nodiscard]] std::string text(const std::string& key, const char* absent = "") const {
    return std::string(*file_.metadata().string_or(key, absent));
  }
  [[nodiscard]] std::string key(const char* k) const { return arch_ + "." + k; }
  [[nodiscard]] bool knows(const char* k) const { return file_.metadata().has(key(k)); }
  [[nodiscard]] Index count(const char* k, Index absent = 0) const {
    return static_cast<Index>(*file_.metadata().uint_or(key(k), static_cast<std::uint64_t>(absent)));
  }
  [[nodiscard]] double real(const char* k, double absent) const { return *file_.metadata().real_or(key(k), absent); }
  [[nodiscard]] bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  /// All dimensions but the innermost taken together as rows; empty where there is no such tensor.
  [[nodiscard]] matrix get(const std::string& name) const {
    const retort::gguf_tensor* t = file_.find(name);
    if (!t) return {};
    return decode(t->type, t->data, static_cast<std::size_t>(t->rows()), static_cast<std::size_t>(t->columns()));
  }
  [[nodiscard]] vec vector(const std::string& name) const { return get(name).w.reshaped<Eigen::RowMajor>(); }

  // ---- parts ---------------------------------------------------------------------------------------
  /// a ln s + 1 for a context stretched s > 1 times
  [[nodiscard]] double stretch(double a) const {
    return 1 + a * std::log(std::max(1.0, real("rope.scaling.factor", 1)));
  }
  [[nodiscard]] ref::rope read_rope(Index dim_key) const {
    ref::rope r;
    r.n = count("rope.dimension_count", dim_key);
    for (const char* name : {"llama", "deepseek", "deepseek2", "smollm3", "glm4", "granite", "granitemoe", "mistral3"})
      r.adjacent = r.adjacent || arch_ == name;
    r.theta = real("rope.freq_base", 10000);
    const std::string type = text(key("rope.scaling.type"), "linear");
    r.factor = type == "none" ? 1 : real("rope.scaling.factor", 1);
    r.yarn = type == "yarn";
    r.original = static_cast<double>(count("rope.scaling.original_context_length", count("context_length")));
    r.beta_fast = real("rope.scaling.yarn_beta_fast", 32);
    r.beta_slow = real("rope.scaling.yarn_beta_slow", 1);
    if (r.yarn && arch_ != "deepseek2") r.amplitude = stretch(0.1) * real("rope.scaling.attn_factor", 1);
    if (arch_ == "mistral3") r.amplitude /= stretch(0.1 * real("rope.scaling.yarn_log_multiplier", 0));
    r.divisors = vector("rope_freqs.weight");
    return r;
  }

  [[nodiscard]] attention read_attention(const std::string& b, Index index) const {
    attention a;
    a.n_heads = n_heads_;
    a.n_heads_kv = count("attention.head_count_kv", n_heads_);
    const Index dim_head = count("attention.key_length", dim_ / n_heads_);
    if (has(b + "attn_qkv.weight")) {
      const matrix all = get(b + "attn_qkv.weight");
      const vec bias = vector(b + "attn_qkv.bias");
      const Index n_q = a.n_heads * dim_head, n_k = a.n_heads_kv * dim_head, n_v = all.w.rows() - n_q - n_k;
      a.wq = slice(all, 0, n_q), a.bq = slice(bias, 0, n_q);
      a.wk = slice(all, n_q, n_k), a.bk = slice(bias, n_q, n_k);
      a.wv = slice(all, n_q + n_k, n_v), a.bv = slice(bias, n_q + n_k, n_v);
    } else {
      a.wq = get(b + "attn_q.weight"), a.bq = vector(b + "attn_q.bias");
      a.wk = get(b + "attn_k.weight"), a.bk = vector(b + "attn_k.bias");
      a.wv = get(b + "attn_v.weight"), a.bv = vector(b + "attn_v.bias");
    }
    a.wo = get(b + "attn_output.weight"), a.bo = vector(b + "attn_output.bias");
    a.q_norm = vector(b + "attn_q_norm.weight");
    a.k_norm = vector(b + "attn_k_norm.weight");
    a.sinks = vector(b + "attn_sinks.weight");
    if (arch_ == "gpt-oss" && index % 2 == 0) a.window = count("attention.sliding_window");
    a.scale = 1 / std::sqrt(static_cast<double>(dim_head));
    if (const double scale = real("attention.scale", 0); scale != 0) a.scale = scale;
    a.eps = eps_;
    a.rope = read_rope(dim_head);
    if (arch_ == "smollm3" && (index + 1) % 4 == 0) a.rope.n = 0;
    if (!*file_.metadata().boolean_or(key("rope.scaling.finetuned"), true)) a.rope.n = 0;
    a.temperature = real("attention.temperature_scale", 0);
    a.period = a.rope.original;
    return a;
  }

  [[nodiscard]] latent_attention read_latent(const std::string& b) const {
    latent_attention a;
    const Index dim_qk = count(knows("attention.key_length_mla") ? "attention.key_length_mla" : "attention.key_length");
    a.rope = read_rope(dim_qk);
    const Index dim_nope = dim_qk - a.rope.n;
    a.wq = get(b + "attn_q.weight");
    a.wq_a = get(b + "attn_q_a.weight");
    a.wq_b = get(b + "attn_q_b.weight");
    a.q_a_norm = vector(b + "attn_q_a_norm.weight");
    a.wkv_a = get(b + "attn_kv_a_mqa.weight");
    a.kv_a_norm = vector(b + "attn_kv_a_norm.weight");
    a.wo = get(b + "attn_output.weight");
    const matrix kv_b = get(b + "attn_kv_b.weight"), k_b = get(b + "attn_k_b.weight"), v_b = get(b + "attn_v_b.weight");
    for (Index h = 0; h < n_heads_; ++h) {
      if (kv_b.empty()) {
        a.w_uk.push_back({part(k_b, h, n_heads_).w.transpose(), k_b.int8});  // stored [dim_latent, dim_nope]
        a.w_uv.push_back(part(v_b, h, n_heads_));
      } else {
        const matrix both = part(kv_b, h, n_heads_);
        a.w_uk.push_back(slice(both, 0, dim_nope));
        a.w_uv.push_back(slice(both, dim_nope, both.w.rows() - dim_nope));
      }
    }
    const double g = a.rope.yarn ? stretch(real("rope.scaling.yarn_log_multiplier", 0)) : 1;
    a.scale = g * g / std::sqrt(static_cast<double>(dim_qk));
    a.eps = eps_;
    return a;
  }

  [[nodiscard]] mlp read_mlp(const std::string& b, const std::string& suffix) const {
    const std::string gate = b + "ffn_gate" + suffix, up = b + "ffn_up" + suffix, down = b + "ffn_down" + suffix;
    const matrix all = get(up + ".weight");
    const bool both = !has(gate + ".weight") && !all.empty();
    return {both ? part(all, 0, 2) : get(gate + ".weight"),
            both ? part(all, 1, 2) : all,
            get(down + ".weight"),
            vector(gate + ".bias"),
            vector(up + ".bias"),
            vector(down + ".bias")};
  }

  [[nodiscard]] ref::moe read_moe(const std::string& b) const {
    ref::moe m;
    ref::router& r = m.router;
    const Index n = count("expert_count");
    r.n_used = count("expert_used_count");
    r.normalize = arch_ == "llama" || arch_ == "qwen3moe" || arch_ == "granitemoe";
    if (arch_ == "gpt-oss") r.gate = router::gating::softmax_of_chosen;
    if (arch_ == "deepseek2" || arch_ == "glm4moe") {
      r.gate = static_cast<router::gating>(count("expert_gating_func", arch_ == "glm4moe" ? 2 : 1));
      r.normalize = *file_.metadata().boolean_or(key("expert_weights_norm"), false);
      r.n_groups = std::max<Index>(1, count("expert_group_count", 1));
      r.n_groups_used = std::max<Index>(1, count("expert_group_used_count", 1));
    }
    if (const double scale = real("expert_weights_scale", 0); scale != 0) r.scale = scale;
    r.selection_bias = vector(b + "exp_probs_b.bias");
    m.w_router = get(b + "ffn_gate_inp.weight");
    m.b_router = vector(b + "ffn_gate_inp.bias");
    const mlp all = read_mlp(b, "_exps");
    const matrix gate_up = get(b + "ffn_gate_up_exps.weight");
    const bool one_by_one = has(b + "ffn_gate.0.weight");
    for (Index e = 0; e < n; ++e)
      m.experts.push_back(one_by_one ? read_mlp(b, "." + std::to_string(e)) : expert(all, gate_up, e, n));
    m.shared = read_mlp(b, "_shexp");
    m.shared_gate = vector(b + "ffn_gate_inp_shexp.weight");
    return m;
  }

  /// Expert e of n whose weights stand one after the other; gate and up may stand in turn in one tensor.
  [[nodiscard]] mlp expert(const mlp& all, const matrix& gate_up, Index e, Index n) const {
    const bool in_turn = !gate_up.empty();
    return {in_turn ? part(gate_up, 2 * e, 2 * n) : part(all.gate, e, n),
            in_turn ? part(gate_up, 2 * e + 1, 2 * n) : part(all.up, e, n),
            part(all.down, e, n),
            part(all.b_gate, e, n),
            part(all.b_up, e, n),
            part(all.b_down, e, n),
            arch_ == "gpt-oss"};
  }

  [[nodiscard]] layer read_layer(Index i) const {
    const std::string b = "blk." + std::to_string(i) + ".";
    layer l;
    l.attn_norm = vector(b + "attn_norm.weight");
    const bool sandwich = has(b + "ffn_norm.weight");  // "post_attention_norm" has two meanings
    l.ffn_norm = vector(b + (sandwich ? "ffn_norm.weight" : "post_attention_norm.weight"));
    if (sandwich) l.after_attn = vector(b + "post_attention_norm.weight");
    l.after_ffn = vector(b + "post_ffw_norm.weight");
    if (arch_ == "deepseek2") l.mix = read_latent(b);
    else l.mix = read_attention(b, i);
    if (count("expert_count") > 0 && i >= count("leading_dense_block_count")) l.feed = read_moe(b);
    else l.feed = read_mlp(b, "");
    return l;
  }

  const retort::weights& file_;
  std::string arch_;
  Index n_heads_ = 0, dim_ = 0;
  double eps_ = 0, residual_scale_ = 1;
  matrix embedding_, output_;
  vec output_norm_, output_bias_;
  std::vector<layer> layers_;
};

rows logits(const retort::weights& file, const std::vector<std::int32_t>& tokens) {
  return decoder(file).logits(tokens);
}

#endif  // REF_IMPLEMENTATION

}  // namespace ref
