// Hyper-parameters: what a model file says about its own shape, checked before
// anything is built from it. Nothing here is a constant of a family.
#pragma once

#include <retort/io/weights.hpp>
#include <retort/nn/gqa.hpp>
#include <retort/nn/mla.hpp>
#include <retort/nn/moe.hpp>

RETORT_BEGIN
namespace nn {

/// Whether and where queries and keys are normalised.
enum class qk_norm : std::uint8_t { none, per_head, per_head_if_stored, over_heads };

/// Which mixer a layer has.
enum class mixing : std::uint8_t { grouped, latent };

/// What distinguishes one architecture name from another, beyond the numbers in the file.
struct family {
  const char* name = nullptr;  ///< general.architecture
  pair_style style = pair_style::halves;
  mixing mix = mixing::grouped;  ///< of every layer
  qk_norm norm = qk_norm::none;
  enum class experts : std::uint8_t { never, if_counted, always, after_dense } moe = experts::never;
  gating gate = gating::softmax;  ///< where the file does not say
  bool normalize = false;         ///< of the chosen weights, where the file does not say
  bool gate_in_file = false;      ///< expert_gating_func, expert_weights_norm and the groups are read
  const char* ffn_norm = "ffn_norm";
  gated_activation activation = gated_activation::silu;
  bool windowed = false;            ///< every second layer sees only sliding_window positions
  bool gate_in_up = false;          ///< "ffn_up" of dense layers holds the gate, too
  bool sandwich = false;            ///< a norm behind each half of a layer, too
  bool scaled = false;              ///< embedding_scale, residual_scale, attention.scale and logit_scale are read
  bool tempered = false;            ///< attention.temperature_scale is read
  std::size_t unrotated_every = 0;  ///< every so manieth layer has no rope
};

/// Every architecture that loads.
/// source  the published modelling code of each family; pairing is that of GGUF weights
inline constexpr family families[] = {
    {.name = "llama", .style = pair_style::adjacent, .moe = family::experts::if_counted, .normalize = true},
    {.name = "qwen2"},
    {.name = "qwen3", .norm = qk_norm::per_head},
    {.name = "qwen2moe", .moe = family::experts::always},
    {.name = "qwen3moe", .norm = qk_norm::per_head, .moe = family::experts::always, .normalize = true},
    {.name = "olmoe", .norm = qk_norm::over_heads, .moe = family::experts::always},
    {.name = "gpt-oss",
     .moe = family::experts::always,
     .gate = gating::softmax_of_chosen,
     .ffn_norm = "post_attention_norm",
     .activation = gated_activation::clamped_swiglu,
     .windowed = true},
    {.name = "deepseek", .style = pair_style::adjacent, .moe = family::experts::after_dense},
    {.name = "deepseek2",
     .style = pair_style::adjacent,
     .mix = mixing::latent,
     .moe = family::experts::after_dense,
     .gate_in_file = true},
    {.name = "smollm3", .style = pair_style::adjacent, .unrotated_every = 4},
    {.name = "glm4", .style = pair_style::adjacent, .gate_in_up = true, .sandwich = true},
    {.name = "glm4moe",
     .norm = qk_norm::per_head_if_stored,
     .moe = family::experts::after_dense,
     .gate = gating::sigmoid,
     .gate_in_file = true,
     .ffn_norm = "post_attention_norm"},
    {.name = "granite", .style = pair_style::adjacent, .scaled = true},
    {.name = "granitemoe",
     .style = pair_style::adjacent,
     .moe = family::experts::always,
     .normalize = true,
     .scaled = true},
    {.name = "mistral3", .style = pair_style::adjacent, .tempered = true},
};

/// The shape of a model. Comments name the GGUF key behind "{arch}.".
struct hyper {
  const family* kind = nullptr;
  std::size_t n_layers = 0;          ///< block_count without nextn_predict_layers
  std::size_t n_layers_extra = 0;    ///< nextn_predict_layers: stored behind, not run
  std::size_t context_length = 0;    ///< context_length
  std::size_t dim = 0;               ///< embedding_length
  std::size_t n_vocab = 0;           ///< rows of the embedding, not the token list
  float eps = 0;                     ///< attention.layer_norm_rms_epsilon
  gqa_config gqa;                    ///< attention.head_count, head_count_kv, key_length, value_length
  mla_config mla;                    ///< attention.q_lora_rank, kv_lora_rank, key_length(_mla), value_length(_mla)
  float scale = 1;                   ///< of attention scores
  rope_config rope;                  ///< rope.*
  std::size_t window = 0;            ///< attention.sliding_window
  std::vector<std::size_t> dim_ffn;  ///< feed_forward_length, one per layer
  moe_config moe;                    ///< expert_count, expert_used_count, expert_feed_forward_length, ...
  std::size_t n_layers_dense = 0;    ///< leading_dense_block_count
  std::size_t dim_shared = 0;        ///< width of the shared experts together
  float embedding_scale = 1;         ///< embedding_scale: multiplies the embedding
  float residual_scale = 1;          ///< residual_scale: multiplies what a half of a layer adds
  float logit_scale = 1;             ///< logit_scale: divides the logits

  [[nodiscard]] mixing mixing_of(std::size_t) const noexcept { return kind->mix; }
  [[nodiscard]] bool is_moe(std::size_t layer) const noexcept { return moe.n_experts > 0 && layer >= n_layers_dense; }
};

/// Reads "{arch}.key" values with sane upper bounds.
class hyper_reader {
 public:
  hyper_reader(const gguf& file, std::string_view arch) : file_(file), prefix_(std::string(arch) + ".") {}

  static constexpr std::uint64_t largest = std::uint64_t{1} << 20;
  [[nodiscard]] std::string key(std::string_view k) const { return prefix_ + std::string(k); }
  [[nodiscard]] bool has(std::string_view k) const { return file_.has(key(k)); }
  /// A count that must be there and be 1 or more.
  [[nodiscard]] result<std::size_t> count(std::string_view k) const {
    RETORT_TRY(const std::uint64_t n, file_.uint(key(k), largest));
    if (n == 0) return fail(errc::bad_file, k, "is 0");
    return static_cast<std::size_t>(n);
  }
  [[nodiscard]] result<std::size_t> count_or(std::string_view k, std::size_t absent) const {
    RETORT_TRY(const std::uint64_t n, file_.uint_or(key(k), absent, std::uint64_t{1} << 32));
    return static_cast<std::size_t>(n);
  }
  /// A finite number.
  [[nodiscard]] result<double> real_or(std::string_view k, double absent) const {
    RETORT_TRY(const double x, file_.real_or(key(k), absent));
    if (!(x > -1e30 && x < 1e30)) return fail(errc::bad_file, k, "is not a finite number");
    return x;
  }
  /// One number, or one per layer.
  [[nodiscard]] result<std::vector<std::size_t>> per_layer(std::string_view k, std::size_t n_layers) const {
    const gguf_value* v = file_.find(key(k));
    if (v && v->type == gguf_type::array) {
      RETORT_TRY(const gguf_ints values, file_.ints(key(k), n_layers));
      std::vector<std::size_t> out(n_layers);
      for (std::size_t i = 0; i < n_layers; ++i) {
        if (values[i] < 0 || static_cast<std::uint64_t>(values[i]) > largest)
          return fail(errc::bad_file, k, "has an entry out of range");
        out[i] = static_cast<std::size_t>(values[i]);
      }
      return out;
    }
    RETORT_TRY(const std::uint64_t n, file_.uint_or(key(k), 0, largest));
    return std::vector<std::size_t>(n_layers, static_cast<std::size_t>(n));
  }
  /// One number for all layers, even where the file stores an array.
  [[nodiscard]] result<std::size_t> uniform(std::string_view k, std::size_t n_layers, std::size_t absent) const {
    if (!has(k)) return absent;
    RETORT_TRY(const std::vector<std::size_t> all, per_layer(k, n_layers));
    for (std::size_t n : all)
      if (n != all[0]) return fail(errc::unsupported, k, "differs between layers");
    return all[0];
  }
  [[nodiscard]] error fail(errc code, std::string_view k, const std::string& what) const {
    return {code, printable(file_.file_name()) + ": key \"" + printable(key(k)) + "\" " + what};
  }

 private:
  const gguf& file_;
  std::string prefix_;
};

namespace detail {

inline result<const family*> family_of(const gguf& file) {
  RETORT_TRY(const std::string_view arch, file.string("general.architecture"));
  std::string known;
  for (const family& f : families) {
    if (arch == f.name) return &f;
    known += (known.empty() ? "" : ", ") + std::string(f.name);
  }
  return error{errc::unsupported,
               printable(file.file_name()) + ": architecture \"" + printable(arch) + "\" is not one of " + known};
}

/// rope.*: base, scaling and magnitude. dim_key is the width of a whole key head.
inline result<void> read_rope(const hyper_reader& r, const family& f, std::size_t dim_key, std::size_t context,
                              const gguf& file, rope_config& rope) {
  RETORT_TRY(rope.dim_rope, r.count_or("rope.dimension_count", dim_key));
  if (rope.dim_rope == 0 || rope.dim_rope % 2 || rope.dim_rope > dim_key)
    return r.fail(errc::bad_file, "rope.dimension_count",
                  "is " + std::to_string(rope.dim_rope) + "; it must be even and at most " + std::to_string(dim_key));
  rope.style = f.style;
  RETORT_TRY(rope.freq_base, r.real_or("rope.freq_base", 10000.0));
  RETORT_TRY(const std::string_view type, file.string_or(r.key("rope.scaling.type"), "linear"));
  RETORT_TRY(rope.factor, r.real_or("rope.scaling.factor", 0.0));
  if (rope.factor == 0) {
    RETORT_TRY(rope.factor, r.real_or("rope.scale_linear", 1.0));
  }
  if (rope.factor == 0) rope.factor = 1;
  if (type == "none") {
    rope.factor = 1;
  } else if (type == "linear") {
    rope.scaling = rope.factor == 1 ? rope_scaling::none : rope_scaling::linear;
  } else if (type == "yarn") {
    rope.scaling = rope_scaling::yarn;
  } else {
    return r.fail(errc::unsupported, "rope.scaling.type",
                  "is \"" + printable(type) + "\"; none, linear and yarn are known");
  }
  RETORT_TRY(const std::size_t original, r.count_or("rope.scaling.original_context_length", context));
  rope.original_context = static_cast<double>(original);
  RETORT_TRY(rope.beta_fast, r.real_or("rope.scaling.yarn_beta_fast", 32.0));
  RETORT_TRY(rope.beta_slow, r.real_or("rope.scaling.yarn_beta_slow", 1.0));
  const auto positive = [](double x) { return x > 0 && x < 1e30; };
  if (!positive(rope.freq_base) || rope.freq_base <= 1 || !positive(rope.factor) || original == 0 ||
      !positive(rope.beta_fast) || !positive(rope.beta_slow))
    return r.fail(errc::bad_file, "rope", "values must be positive and the base over 1");
  return {};
}

/// The yarn magnitude that multiplies cos and sin (not for latent attention, where it joins the scale).
///
/// `attn_factor` multiplies the usual magnitude. Files that carry only
/// `yarn_attn_factor` mean it to replace it, unless it just cancels it. One
/// published model (Qwen3, factor 4) was trained with 1 but lost its key.
inline result<double> rope_amplitude(const hyper_reader& r, const family& f, const rope_config& rope,
                                     std::size_t context) {
  if (rope.scaling != rope_scaling::yarn) return r.real_or("rope.scaling.attn_factor", 1.0);
  double usual = yarn_magnitude(rope.factor);
  if (f.tempered) {
    RETORT_TRY(const double multiplier, r.real_or("rope.scaling.yarn_log_multiplier", 0.0));
    usual /= yarn_magnitude(rope.factor, 0.1 * multiplier);
  }
  if (r.has("rope.scaling.attn_factor")) {
    RETORT_TRY(const double factor, r.real_or("rope.scaling.attn_factor", 1.0));
    return usual * factor;
  }
  if (r.has("rope.scaling.yarn_attn_factor")) {
    RETORT_TRY(const double factor, r.real_or("rope.scaling.yarn_attn_factor", 1.0));
    return std::abs(factor * usual - 1) < 1e-3 ? 1.0 : factor == 1.0 ? usual : factor;
  }
  const bool lost_key = std::string_view(f.name) == "qwen3" && rope.factor == 4 && rope.original_context == 32768 &&
                        context == 131072 && rope.freq_base == 1e6;
  return lost_key ? 1.0 : usual;
}

inline result<void> read_gqa(const hyper_reader& r, const gguf& file, hyper& h) {
  gqa_config& g = h.gqa;
  g.dim = h.dim;
  g.eps = h.eps;
  RETORT_TRY(g.n_heads_kv, r.uniform("attention.head_count_kv", h.n_layers + h.n_layers_extra, g.n_heads));
  if (g.n_heads_kv == 0 || g.n_heads % g.n_heads_kv)
    return r.fail(
        errc::bad_file, "attention.head_count_kv",
        "is " + std::to_string(g.n_heads_kv) + ", which does not divide " + std::to_string(g.n_heads) + " heads");
  RETORT_TRY(g.dim_head, r.count_or("attention.key_length", h.dim / g.n_heads));
  RETORT_TRY(g.dim_head_v, r.count_or("attention.value_length", h.dim / g.n_heads));
  if (g.dim_head == 0 || g.dim_head_v == 0 || g.dim_head > 4096 || g.dim_head_v > 4096)
    return r.fail(errc::bad_file, "attention.key_length", "is outside 1 to 4096");
  RETORT_CHECK(read_rope(r, *h.kind, g.dim_head, h.context_length, file, h.rope));
  RETORT_TRY(h.rope.amplitude, rope_amplitude(r, *h.kind, h.rope, h.context_length));
  g.dim_rope = h.rope.dim_rope;
  g.style = h.rope.style;
  g.scale = h.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(g.dim_head)));
  if (h.kind->windowed) {
    RETORT_TRY(h.window, r.count("attention.sliding_window"));
  }
  if (h.kind->tempered) {
    RETORT_TRY(g.temperature, r.real_or("attention.temperature_scale", 0.0));
    g.temperature_length = h.rope.original_context;
  }
  if (h.kind->scaled) {
    RETORT_TRY(const bool rotated, file.boolean_or(r.key("rope.scaling.finetuned"), true));
    if (!rotated) g.dim_rope = 0;
  }
  return {};
}

/// The scalars of Granite.
inline result<void> read_scales(const hyper_reader& r, hyper& h) {
  const auto positive = [&](std::string_view k, float& to) -> result<void> {
    RETORT_TRY(const double x, r.real_or(k, to));
    if (!(x > 1e-30)) return r.fail(errc::bad_file, k, "must be positive");
    to = static_cast<float>(x);
    return {};
  };
  if (!r.has("logit_scale")) return r.fail(errc::missing, "logit_scale", "is missing");
  RETORT_CHECK(positive("logit_scale", h.logit_scale));
  RETORT_CHECK(positive("embedding_scale", h.embedding_scale));
  RETORT_CHECK(positive("residual_scale", h.residual_scale));
  RETORT_TRY(const double scale, r.real_or("attention.scale", 0.0));
  if (scale < 0) return r.fail(errc::bad_file, "attention.scale", "is negative");
  if (scale > 0) h.gqa.scale = h.scale = static_cast<float>(scale);
  return {};
}

inline result<void> read_mla(const hyper_reader& r, const gguf& file, hyper& h) {
  mla_config& m = h.mla;
  m.dim = h.dim;
  m.eps = h.eps;
  m.n_heads = h.gqa.n_heads;
  h.gqa.n_heads_kv = 1;
  RETORT_TRY(m.dim_latent, r.count("attention.kv_lora_rank"));
  RETORT_TRY(m.dim_q_latent, r.count_or("attention.q_lora_rank", 0));
  RETORT_TRY(const std::size_t dim_qk,
             r.count(r.has("attention.key_length_mla") ? "attention.key_length_mla" : "attention.key_length"));
  RETORT_TRY(m.dim_v,
             r.count(r.has("attention.value_length_mla") ? "attention.value_length_mla" : "attention.value_length"));
  RETORT_CHECK(read_rope(r, *h.kind, dim_qk, h.context_length, file, h.rope));
  m.dim_rope = h.rope.dim_rope;
  if (m.dim_rope >= dim_qk || dim_qk > 4096 || m.dim_v > 4096 || m.dim_latent > 65536 || m.dim_q_latent > 65536)
    return r.fail(errc::bad_file, "attention.key_length", "does not fit rope.dimension_count and the latent ranks");
  m.dim_nope = dim_qk - m.dim_rope;
  m.style = h.rope.style;
  // The yarn magnitude of both query and key goes into the softmax scale; cos and sin stay 1.
  RETORT_TRY(const double multiplier, r.real_or("rope.scaling.yarn_log_multiplier", 0.0));
  const double magnitude = h.rope.scaling == rope_scaling::yarn ? yarn_magnitude(h.rope.factor, multiplier) : 1.0;
  m.scale = h.scale = static_cast<float>(magnitude * magnitude / std::sqrt(static_cast<double>(dim_qk)));
  return {};
}

/// Group limits that older files leave out: V3/R1 and V2/V2.5 by their shapes.
inline void default_groups(const hyper& h, bool selection_bias, moe_config& m) noexcept {
  if (h.dim == 7168 && m.n_experts == 256 && selection_bias) {
    m.n_groups = 8;
    m.n_groups_used = 4;
  } else if (h.dim == 5120 && m.n_experts == 160 && m.gate == gating::softmax) {
    m.n_groups = 8;
    m.n_groups_used = 3;
  }
}

inline result<void> read_moe(const hyper_reader& r, const gguf& file, bool selection_bias, hyper& h) {
  const family& f = *h.kind;
  moe_config& m = h.moe;
  RETORT_TRY(m.n_experts, r.count_or("expert_count", 0));
  if (f.moe == family::experts::never || (f.moe == family::experts::if_counted && m.n_experts == 0)) {
    m.n_experts = 0;
    return {};
  }
  RETORT_TRY(m.n_used, r.count("expert_used_count"));
  if (m.n_experts == 0 || m.n_experts > 1024 || m.n_used > m.n_experts)
    return r.fail(
        errc::bad_file, "expert_used_count",
        "is " + std::to_string(m.n_used) + " of " + std::to_string(m.n_experts) + " experts; at most 1024 exist");
  m.dim = h.dim;
  m.activation = f.activation;
  const std::size_t width = h.dim_ffn.empty() ? 0 : h.dim_ffn.back();
  const bool by_share = f.name == std::string_view("qwen2moe") || f.name == std::string_view("qwen3moe");
  RETORT_TRY(m.dim_hidden, r.count_or("expert_feed_forward_length", by_share ? width / m.n_used : width));
  if (m.dim_hidden == 0 || m.dim_hidden > hyper_reader::largest)
    return r.fail(errc::bad_file, "expert_feed_forward_length", "is out of range");
  m.gate = f.gate;
  m.normalize = f.normalize;
  if (f.gate_in_file) {
    RETORT_TRY(const std::size_t gate, r.count_or("expert_gating_func", 0));
    if (gate > 4) return r.fail(errc::unsupported, "expert_gating_func", "is " + std::to_string(gate));
    // absent: softmax, as all V2-era files mean it; a relative without DeepSeek's sizes means sigmoid
    const bool sigmoid_relative = gate == 0 && h.n_vocab == 154880 && (h.n_layers == 47 || h.n_layers == 48);
    m.gate = gate ? static_cast<gating>(gate) : sigmoid_relative ? gating::sigmoid : f.gate;
    RETORT_TRY(m.normalize, file.boolean_or(r.key("expert_weights_norm"), f.normalize));
    RETORT_TRY(m.n_groups, r.count_or("expert_group_count", 0));
    RETORT_TRY(m.n_groups_used, r.count_or("expert_group_used_count", 0));
    if (m.n_groups == 0) {
      m.n_groups = m.n_groups_used = 1;
      default_groups(h, selection_bias, m);
    }
    if (m.n_groups > m.n_experts || m.n_experts % m.n_groups || m.n_groups_used == 0 || m.n_groups_used > m.n_groups ||
        m.n_groups_used * (m.n_experts / m.n_groups) < m.n_used)
      return r.fail(errc::bad_file, "expert_group_count", "and expert_group_used_count do not fit the experts");
  }
  RETORT_TRY(const double scale, r.real_or("expert_weights_scale", 0.0));
  m.scale = scale == 0 ? 1.0f : static_cast<float>(scale);
  RETORT_TRY(const std::size_t n_shared, r.count_or("expert_shared_count", 0));
  if (n_shared > 1024) return r.fail(errc::bad_file, "expert_shared_count", "is over 1024");
  h.dim_shared = n_shared * m.dim_hidden;
  if (f.name == std::string_view("qwen2moe")) {
    RETORT_TRY(h.dim_shared, r.count_or("expert_shared_feed_forward_length", width));
  } else if (f.scaled) {
    RETORT_TRY(h.dim_shared, r.count_or("expert_shared_feed_forward_length", 0));
  }
  if (f.moe == family::experts::after_dense) {
    RETORT_TRY(h.n_layers_dense, r.count_or("leading_dense_block_count", 0));
  }
  if (h.n_layers_dense > h.n_layers)
    return r.fail(errc::bad_file, "leading_dense_block_count", "is over the layer count");
  return {};
}

}  // namespace detail

/// errors missing, bad_file, unsupported; each names the file and the key
inline result<hyper> read_hyper(const weights& w) {
  const gguf& file = w.metadata();
  hyper h;
  RETORT_TRY(h.kind, detail::family_of(file));
  const hyper_reader r(file, h.kind->name);
  RETORT_TRY(const std::size_t n_blocks, r.count("block_count"));
  RETORT_TRY(h.n_layers_extra, r.count_or("nextn_predict_layers", 0));
  if (n_blocks > 1024 || h.n_layers_extra >= n_blocks)
    return r.fail(errc::bad_file, "block_count",
                  "is " + std::to_string(n_blocks) + ", outside 1 to 1024 or all extra layers");
  h.n_layers = n_blocks - h.n_layers_extra;
  RETORT_TRY(h.context_length, r.count_or("context_length", 0));
  if (h.context_length == 0) return r.fail(errc::missing, "context_length", "is missing or 0");
  RETORT_TRY(h.dim, r.count("embedding_length"));
  if (h.dim > 131072) return r.fail(errc::bad_file, "embedding_length", "is over 131072");
  RETORT_TRY(const double eps, file.real(r.key("attention.layer_norm_rms_epsilon")));
  if (!(eps >= 0 && eps < 1)) return r.fail(errc::bad_file, "attention.layer_norm_rms_epsilon", "is outside 0 to 1");
  h.eps = static_cast<float>(eps);
  RETORT_TRY(h.dim_ffn, r.per_layer("feed_forward_length", n_blocks));
  RETORT_TRY(const gguf_tensor embedding, w.tensor("token_embd.weight"));
  h.n_vocab = static_cast<std::size_t>(embedding.rows());
  RETORT_TRY(h.gqa.n_heads, r.uniform("attention.head_count", n_blocks, 0));
  if (h.gqa.n_heads == 0 || h.gqa.n_heads > 4096)
    return r.fail(errc::bad_file, "attention.head_count", "is missing or outside 1 to 4096");
  if (h.kind->mix == mixing::latent) {
    RETORT_CHECK(detail::read_mla(r, file, h));
  } else {
    RETORT_CHECK(detail::read_gqa(r, file, h));
  }
  if (h.kind->scaled) RETORT_CHECK(detail::read_scales(r, h));
  bool selection_bias = false;
  for (const gguf_tensor& t : w.tensors()) selection_bias = selection_bias || t.name.ends_with("exp_probs_b.bias");
  RETORT_CHECK(detail::read_moe(r, file, selection_bias, h));
  return h;
}

}  // namespace nn
RETORT_END
