// From a file to a network: every tensor is found by name and checked against the hyper-parameters before one is
// touched.
#pragma once

#include <retort/model/network.hpp>
#include <retort/nn/sandwich.hpp>
#include <retort/simd/scalar.hpp>

#include <unordered_set>

RETORT_BEGIN
namespace nn {

/// Types a matrix may have.
[[nodiscard]] constexpr bool is_weight_type(dtype d) noexcept {
  const bool plain = d == dtype::f32 || d == dtype::f16 || d == dtype::bf16 || d == dtype::fp8_e4m3;
  return plain || (traits(d).quantized && d != dtype::q8_1 && d != dtype::q8_k);
}

namespace detail {

/// Finds tensors by name, checks their shapes, remembers which were used.
class tensor_finder {
 public:
  tensor_finder(const weights& w, network& net, allocator& memory) : w_(w), net_(net), from_(memory) {}

  [[nodiscard]] bool has(const std::string& name) const { return w_.find(name) != nullptr; }

  /// A matrix of that shape; any leading dimensions of the tensor are taken together as rows. It is multiplied by the
  /// tensor `.scale` beside its `.weight`, where there is one.
  result<weight_matrix> matrix(const std::string& name, std::size_t n_out, std::size_t n_in) {
    RETORT_TRY(weight_matrix m, unscaled(name, n_out, n_in));
    RETORT_TRY(const float* scale, scales(name, 1));
    if (scale) m.scale = *scale;
    return m;
  }
  /// An empty matrix where the tensor is absent.
  result<weight_matrix> optional_matrix(const std::string& name, std::size_t n_out, std::size_t n_in) {
    if (!has(name)) return weight_matrix{};
    return matrix(name, n_out, n_in);
  }
  /// n floats, in place where the file holds them aligned, converted once otherwise.
  result<const float*> vector(const std::string& name, std::size_t n) {
    RETORT_TRY(const gguf_tensor t, w_.tensor(name));
    if (t.columns() * t.rows() != n || (t.rows() != 1 && t.columns() != 1)) return wrong_shape(t, 1, n);
    used_.insert(name);
    if (t.type == dtype::f32 && reinterpret_cast<std::uintptr_t>(t.data) % alignof(float) == 0)
      return reinterpret_cast<const float*>(t.data);
    if (t.type != dtype::f32 && t.type != dtype::f16 && t.type != dtype::bf16)
      return fail(errc::unsupported, name,
                  std::string("has type ") + retort::name(t.type) + "; f32, f16 or bf16 is expected");
    RETORT_TRY(std::byte * memory, own(n * sizeof(float), name));
    auto* out = reinterpret_cast<float*>(memory);
    dequantize(t.type, t.data, n, out);
    return static_cast<const float*>(out);
  }
  result<const float*> optional_vector(const std::string& name, std::size_t n) {
    if (!has(name)) return static_cast<const float*>(nullptr);
    return vector(name, n);
  }
  /// m and its bias, or none, times s. The bias becomes a copy where that is another vector.
  result<void> multiply(weight_matrix& m, const float*& bias, float s) {
    m.scale *= s;
    if (!bias || s == 1) return {};
    RETORT_TRY(std::byte * memory, own(m.n_out * sizeof(float), "a scaled bias"));
    auto* out = reinterpret_cast<float*>(memory);
    for (std::size_t i = 0; i < m.n_out; ++i) out[i] = s * bias[i];
    bias = out;
    return {};
  }
  /// n_experts matrices, stacked in one tensor, each with its scale.
  result<std::vector<weight_matrix>> stack(const std::string& name, std::size_t n_experts, std::size_t n_out,
                                           std::size_t n_in) {
    RETORT_TRY(const weight_matrix all, unscaled(name, n_experts * n_out, n_in));
    RETORT_TRY(const float* scale, scales(name, n_experts));
    std::vector<weight_matrix> out;
    for (std::size_t e = 0; e < n_experts; ++e) {
      out.push_back(all.rows(e * n_out, n_out));
      if (scale) out.back().scale = scale[e];
    }
    return out;
  }
  /// Memory that lives as long as the model.  errors no_memory
  result<std::byte*> own(std::size_t bytes, const std::string& what) {
    RETORT_TRY(buffer memory, buffer::make(bytes, what, from_));
    net_.owned.push_back(std::move(memory));
    net_.bytes_owned += bytes;
    return net_.owned.back().data();
  }
  /// A tensor that nothing reads means a feature Retort does not have, and another result without it.
  result<void> check_all_used() const {
    for (const gguf_tensor& t : w_.tensors())
      if (!used_.contains(std::string(t.name)) && !is_extra(t.name))
        return fail(errc::unsupported, std::string(t.name),
                    std::string("is not part of architecture ") + net_.hyper.kind->name + " as Retort knows it");
    return {};
  }
  [[nodiscard]] error fail(errc code, const std::string& name, const std::string& what) const {
    return {code, printable(w_.name()) + ": tensor \"" + printable(name) + "\" " + what};
  }

 private:
  result<weight_matrix> unscaled(const std::string& name, std::size_t n_out, std::size_t n_in) {
    RETORT_TRY(const gguf_tensor t, w_.tensor(name));
    if (t.columns() != n_in || t.rows() != n_out) return wrong_shape(t, n_out, n_in);
    if (!is_weight_type(t.type))
      return fail(errc::unsupported, name,
                  std::string("has type ") + retort::name(t.type) + ", which is no weight type");
    used_.insert(name);
    net_.has_bf16 = net_.has_bf16 || t.type == dtype::bf16;
    return weight_matrix{t.type, t.data, n_out, n_in, row_bytes(t.type, n_in)};
  }
  /// What n stacked matrices are multiplied by, or null. Files with NVFP4 weights have it; their `.input_scale` serves
  /// processors that round inputs to FP4, and is not needed here.
  result<const float*> scales(const std::string& name, std::size_t n) {
    constexpr std::string_view weight = ".weight";
    if (!name.ends_with(weight)) return static_cast<const float*>(nullptr);
    const std::string base = name.substr(0, name.size() - weight.size());
    used_.insert(base + ".input_scale");
    RETORT_TRY(const float* all, optional_vector(base + ".scale", n));
    for (std::size_t i = 0; all && i < n; ++i)
      if (!(all[i] > 0 && all[i] < 1e30f))
        return fail(errc::bad_file, base + ".scale", "holds a value that is not positive");
    return all;
  }
  /// Whether a tensor belongs to the layers behind the last one, which predict further tokens and are not run.
  [[nodiscard]] bool is_extra(std::string_view name) const {
    if (!name.starts_with("blk.")) return false;
    std::size_t layer = 0, i = 4;
    for (; i < name.size() && name[i] >= '0' && name[i] <= '9' && layer < 100000; ++i)
      layer = layer * 10 + static_cast<std::size_t>(name[i] - '0');
    const hyper& h = net_.hyper;
    return layer >= h.n_layers && layer < h.n_layers + h.n_layers_extra;
  }
  [[nodiscard]] error wrong_shape(const gguf_tensor& t, std::size_t n_out, std::size_t n_in) const {
    return fail(errc::mismatch, std::string(t.name),
                "has shape " + shape_text(t) + "; " + std::to_string(n_out) + " rows of " + std::to_string(n_in) +
                    " are expected");
  }
  const weights& w_;
  network& net_;
  allocator& from_;
  std::unordered_set<std::string> used_;
};

/// Copy of m turned round: [n_in, n_out], in f16 or q8_0 where m is quantized, else in m's own type.
inline result<weight_matrix> transposed(tensor_finder& find, const weight_matrix& m, const std::string& what) {
  const bool small = traits(m.type).quantized;
  const dtype type =
      !small ? (m.type == dtype::f32 ? dtype::f32 : dtype::f16) : (m.n_out % 32 == 0 ? dtype::q8_0 : dtype::f16);
  const std::size_t bytes_row = row_bytes(type, m.n_out);
  RETORT_TRY(std::byte * out, find.own(m.n_in * bytes_row, what));
  std::vector<float> rows(m.n_out * m.n_in), column(m.n_out);
  for (std::size_t r = 0; r < m.n_out; ++r)
    dequantize(m.type, m.data + r * m.row_bytes, m.n_in, rows.data() + r * m.n_in);
  const auto* store = simd::scalar::table.cache(type);
  for (std::size_t c = 0; c < m.n_in; ++c) {
    for (std::size_t r = 0; r < m.n_out; ++r) column[r] = rows[r * m.n_in + c];
    store->store_row(column.data(), m.n_out, out + c * bytes_row);
  }
  return weight_matrix{type, out, m.n_in, m.n_out, bytes_row, m.scale};
}

/// The up-projections of the latent per head, from a joined or a split file.
///
/// joined  attn_kv_b [n_heads * (dim_nope + dim_v), dim_latent]: per head first keys, then values
/// split   attn_k_b [n_heads, dim_latent, dim_nope] (turned round) and attn_v_b [n_heads, dim_v, dim_latent]
inline result<void> load_latent_heads(tensor_finder& find, const std::string& blk, const mla_config& m,
                                      mla_weights& w) {
  const std::size_t H = m.n_heads, per_head = m.dim_nope + m.dim_v;
  RETORT_TRY(const weight_matrix kv_b, find.optional_matrix(blk + "attn_kv_b.weight", H * per_head, m.dim_latent));
  RETORT_TRY(const weight_matrix k_b, find.optional_matrix(blk + "attn_k_b.weight", H * m.dim_latent, m.dim_nope));
  RETORT_TRY(const weight_matrix v_b, find.optional_matrix(blk + "attn_v_b.weight", H * m.dim_v, m.dim_latent));
  if (!kv_b && (!k_b || !v_b))
    return find.fail(errc::missing, blk + "attn_kv_b.weight", "is missing, and so is the pair attn_k_b, attn_v_b");
  w.heads.resize(H);
  for (std::size_t h = 0; h < H; ++h) {
    mla_head& head = w.heads[h];
    if (kv_b) head.w_uk = kv_b.rows(h * per_head, m.dim_nope);
    if (k_b) head.w_uk_t = k_b.rows(h * m.dim_latent, m.dim_latent);
    head.w_uv = v_b ? v_b.rows(h * m.dim_v, m.dim_v) : kv_b.rows(h * per_head + m.dim_nope, m.dim_v);
    if (!head.w_uk_t) {
      RETORT_TRY(head.w_uk_t, transposed(find, head.w_uk, "the turned key projections"));
    }
    if (!head.w_uk) {
      RETORT_TRY(head.w_uk, transposed(find, head.w_uk_t, "the turned key projections"));
    }
  }
  return {};
}

inline result<std::unique_ptr<mixer>> load_mla(tensor_finder& find, const std::string& blk, const hyper& h,
                                               std::size_t) {
  auto made = std::make_unique<mla>();
  mla_config& m = made->how = h.mla;
  mla_weights& w = made->w;
  if (find.has(blk + "attn_q.weight")) {
    m.dim_q_latent = 0;
    RETORT_TRY(w.wq, find.matrix(blk + "attn_q.weight", m.n_heads * m.dim_qk(), m.dim));
  } else {
    if (m.dim_q_latent == 0) return find.fail(errc::missing, blk + "attn_q.weight", "is missing");
    RETORT_TRY(w.wq_a, find.matrix(blk + "attn_q_a.weight", m.dim_q_latent, m.dim));
    RETORT_TRY(w.wq_b, find.matrix(blk + "attn_q_b.weight", m.n_heads * m.dim_qk(), m.dim_q_latent));
    RETORT_TRY(w.q_a_norm, find.vector(blk + "attn_q_a_norm.weight", m.dim_q_latent));
  }
  RETORT_TRY(w.wkv_a, find.matrix(blk + "attn_kv_a_mqa.weight", m.dim_row(), m.dim));
  RETORT_TRY(w.kv_a_norm, find.vector(blk + "attn_kv_a_norm.weight", m.dim_latent));
  RETORT_TRY(w.wo, find.matrix(blk + "attn_output.weight", m.dim, m.n_heads * m.dim_v));
  RETORT_CHECK(load_latent_heads(find, blk, m, w));
  made->reads = rounded_forms::of(w.wkv_a) | rounded_forms::of(w.wq ? w.wq : w.wq_a);
  return std::unique_ptr<mixer>(std::move(made));
}

inline result<std::unique_ptr<mixer>> load_gqa(tensor_finder& find, const std::string& blk, const hyper& h,
                                               std::size_t index) {
  auto made = std::make_unique<gqa>();
  const gqa_config& g = made->how = h.gqa;
  gqa_weights& w = made->w;
  const std::size_t n_q = g.n_heads * g.dim_head, n_k = g.n_heads_kv * g.dim_head, n_v = g.n_heads_kv * g.dim_head_v;
  if (find.has(blk + "attn_qkv.weight")) {
    RETORT_TRY(const weight_matrix all, find.matrix(blk + "attn_qkv.weight", n_q + n_k + n_v, g.dim));
    RETORT_TRY(const float* bias, find.optional_vector(blk + "attn_qkv.bias", n_q + n_k + n_v));
    w.wq = all.rows(0, n_q);
    w.wk = all.rows(n_q, n_k);
    w.wv = all.rows(n_q + n_k, n_v);
    if (bias) w.bq = bias, w.bk = bias + n_q, w.bv = bias + n_q + n_k;
  } else {
    RETORT_TRY(w.wq, find.matrix(blk + "attn_q.weight", n_q, g.dim));
    RETORT_TRY(w.wk, find.matrix(blk + "attn_k.weight", n_k, g.dim));
    RETORT_TRY(w.wv, find.matrix(blk + "attn_v.weight", n_v, g.dim));
    RETORT_TRY(w.bq, find.optional_vector(blk + "attn_q.bias", n_q));
    RETORT_TRY(w.bk, find.optional_vector(blk + "attn_k.bias", n_k));
    RETORT_TRY(w.bv, find.optional_vector(blk + "attn_v.bias", n_v));
  }
  RETORT_TRY(w.wo, find.matrix(blk + "attn_output.weight", g.dim, g.n_heads * g.dim_head_v));
  RETORT_TRY(w.bo, find.optional_vector(blk + "attn_output.bias", g.dim));
  RETORT_CHECK(find.multiply(w.wo, w.bo, h.residual_scale));
  if (h.kind->unrotated_every != 0 && (index + 1) % h.kind->unrotated_every == 0) made->how.dim_rope = 0;
  const bool stored = h.kind->norm != qk_norm::per_head_if_stored || find.has(blk + "attn_q_norm.weight") ||
                      find.has(blk + "attn_k_norm.weight");
  if (h.kind->norm != qk_norm::none && stored) {
    w.norm_over_heads = h.kind->norm == qk_norm::over_heads;
    RETORT_TRY(w.q_norm, find.vector(blk + "attn_q_norm.weight", w.norm_over_heads ? n_q : g.dim_head));
    RETORT_TRY(w.k_norm, find.vector(blk + "attn_k_norm.weight", w.norm_over_heads ? n_k : g.dim_head));
  }
  if (h.kind->windowed) {
    RETORT_TRY(w.sinks, find.vector(blk + "attn_sinks.weight", g.n_heads));
    w.window = index % 2 == 0 ? h.window : 0;
  }
  made->reads = rounded_forms::of(w.wq) | rounded_forms::of(w.wk) | rounded_forms::of(w.wv);
  return std::unique_ptr<mixer>(std::move(made));
}

/// How a layer's mixer is loaded, by its kind: one row each.
using mixer_loader = result<std::unique_ptr<mixer>> (*)(tensor_finder& find, const std::string& blk, const hyper& h,
                                                        std::size_t layer);
[[nodiscard]] inline mixer_loader loader_of(mixing kind) noexcept {
  switch (kind) {
    case mixing::grouped: return &load_gqa;
    case mixing::latent: return &load_mla;
  }
  return nullptr;
}

/// joined: the gate's rows stand before those of "up", in one tensor.
inline result<void> load_ffn(tensor_finder& find, const std::string& blk, const std::string& suffix, std::size_t dim,
                             std::size_t dim_hidden, ffn_weights& f, bool joined = false) {
  if (dim_hidden == 0)
    return find.fail(errc::missing, blk + "ffn_gate" + suffix + ".weight", "has no width in the metadata");
  const std::string gate = blk + "ffn_gate" + suffix + ".weight", up = blk + "ffn_up" + suffix + ".weight";
  if (joined) {
    RETORT_TRY(const weight_matrix both, find.matrix(up, 2 * dim_hidden, dim));
    f.gate = both.rows(0, dim_hidden);
    f.up = both.rows(dim_hidden, dim_hidden);
  } else {
    RETORT_TRY(f.gate, find.matrix(gate, dim_hidden, dim));
    RETORT_TRY(f.up, find.matrix(up, dim_hidden, dim));
  }
  RETORT_TRY(f.down, find.matrix(blk + "ffn_down" + suffix + ".weight", dim, dim_hidden));
  RETORT_TRY(f.b_gate, find.optional_vector(blk + "ffn_gate" + suffix + ".bias", dim_hidden));
  RETORT_TRY(f.b_up, find.optional_vector(blk + "ffn_up" + suffix + ".bias", dim_hidden));
  RETORT_TRY(f.b_down, find.optional_vector(blk + "ffn_down" + suffix + ".bias", dim));
  return {};
}

/// The experts' three matrices: stacked, with gate and up in one tensor, or one tensor each (early Mixtral).
inline result<void> load_experts(tensor_finder& find, const std::string& blk, const moe_config& m, moe_weights& w) {
  const std::size_t E = m.n_experts, f = m.dim_hidden;
  w.experts.resize(E);
  if (find.has(blk + "ffn_gate.0.weight")) {
    for (std::size_t e = 0; e < E; ++e) {
      std::string which = ".";
      which += std::to_string(e);
      RETORT_CHECK(load_ffn(find, blk, which, m.dim, f, w.experts[e]));
    }
    return {};
  }
  std::vector<weight_matrix> gate, up;
  if (find.has(blk + "ffn_gate_up_exps.weight")) {
    RETORT_TRY(const auto both, find.stack(blk + "ffn_gate_up_exps.weight", E, 2 * f, m.dim));
    for (const weight_matrix& b : both) {
      gate.push_back(b.rows(0, f));
      up.push_back(b.rows(f, f));
    }
  } else {
    RETORT_TRY(gate, find.stack(blk + "ffn_gate_exps.weight", E, f, m.dim));
    RETORT_TRY(up, find.stack(blk + "ffn_up_exps.weight", E, f, m.dim));
  }
  RETORT_TRY(const auto down, find.stack(blk + "ffn_down_exps.weight", E, m.dim, f));
  const auto bias = [&](const char* part, std::size_t n) -> result<const float*> {
    const std::string name = blk + "ffn_" + part + "_exps.bias";
    if (!find.has(name)) return static_cast<const float*>(nullptr);
    RETORT_TRY(const weight_matrix b, find.matrix(name, E, n));
    if (b.type != dtype::f32 || reinterpret_cast<std::uintptr_t>(b.data) % alignof(float))
      return find.fail(errc::unsupported, name, "is not aligned f32");
    return reinterpret_cast<const float*>(b.data);
  };
  RETORT_TRY(const float* b_gate, bias("gate", f));
  RETORT_TRY(const float* b_up, bias("up", f));
  RETORT_TRY(const float* b_down, bias("down", m.dim));
  for (std::size_t e = 0; e < E; ++e)
    w.experts[e] = {gate[e],
                    up[e],
                    down[e],
                    b_gate ? b_gate + e * f : nullptr,
                    b_up ? b_up + e * f : nullptr,
                    b_down ? b_down + e * m.dim : nullptr};
  return {};
}

inline result<std::unique_ptr<block>> load_moe(tensor_finder& find, const std::string& blk, const hyper& h) {
  auto made = std::make_unique<experts>();
  const moe_config& m = made->how = h.moe;
  made->how.scale *= h.residual_scale;
  moe_weights& w = made->w;
  RETORT_TRY(w.router, find.matrix(blk + "ffn_gate_inp.weight", m.n_experts, m.dim));
  RETORT_TRY(w.router_bias, find.optional_vector(blk + "ffn_gate_inp.bias", m.n_experts));
  RETORT_TRY(w.selection_bias, find.optional_vector(blk + "exp_probs_b.bias", m.n_experts));
  RETORT_CHECK(load_experts(find, blk, m, w));
  for (const ffn_weights& e : w.experts) {
    for (const weight_matrix* in : {&e.gate, &e.up}) {
      w.reads = w.reads | rounded_forms::of(*in);
      w.reads_float = w.reads_float || !traits(in->type).quantized;
    }
    w.down_reads = w.down_reads | rounded_forms::of(e.down);
  }
  made->reads = w.reads | rounded_forms::of(w.router);
  if (h.dim_shared != 0) {
    RETORT_CHECK(load_ffn(find, blk, "_shexp", h.dim, h.dim_shared, made->shared));
    RETORT_CHECK(find.multiply(made->shared.down, made->shared.b_down, h.residual_scale));
    RETORT_TRY(made->shared_gate, find.optional_vector(blk + "ffn_gate_inp_shexp.weight", h.dim));
    made->reads = made->reads | rounded_forms::of(made->shared.gate) | rounded_forms::of(made->shared.up);
  }
  return std::unique_ptr<block>(std::move(made));
}

inline result<layer> load_layer(tensor_finder& find, const hyper& h, std::size_t index) {
  const std::string blk = "blk." + std::to_string(index) + ".";
  layer l;
  RETORT_TRY(l.mixer_norm, find.vector(blk + "attn_norm.weight", h.dim));
  RETORT_TRY(l.ffn_norm, find.vector(blk + h.kind->ffn_norm + ".weight", h.dim));
  RETORT_TRY(l.mix, loader_of(h.mixing_of(index))(find, blk, h, index));
  if (h.is_moe(index)) {
    RETORT_TRY(l.ffn, load_moe(find, blk, h));
  } else {
    ffn_weights w;
    RETORT_CHECK(load_ffn(find, blk, "", h.dim, h.dim_ffn[index], w, h.kind->gate_in_up));
    RETORT_CHECK(find.multiply(w.down, w.b_down, h.residual_scale));
    l.ffn = std::make_unique<dense>(w);
  }
  if (h.kind->sandwich) {
    RETORT_TRY(const float* mixed, find.vector(blk + "post_attention_norm.weight", h.dim));
    RETORT_TRY(const float* fed, find.vector(blk + "post_ffw_norm.weight", h.dim));
    l.mix = std::make_unique<sandwiched_mixer>(std::move(l.mix), mixed, h.eps);
    l.ffn = std::make_unique<sandwiched<block>>(std::move(l.ffn), fed, h.eps);
  }
  return l;
}

}  // namespace detail

/// Every weight of the model, found and checked. Weights stay where they lie;
/// only small vectors that are not f32, and the turned key projections of
/// latent attention, are made anew.
///
/// errors missing, mismatch, unsupported: file, tensor, expected and found
RETORT_INLINE result<network> load_network(const weights& w, allocator& memory = system_allocator());

#if RETORT_CARRIES(RETORT_PART_MODEL)

RETORT_INLINE result<network> load_network(const weights& w, allocator& memory) {
  network net;
  RETORT_TRY(net.hyper, read_hyper(w));
  hyper& h = net.hyper;
  detail::tensor_finder find(w, net, memory);
  RETORT_TRY(net.embedding, find.matrix("token_embd.weight", h.n_vocab, h.dim));
  RETORT_TRY(net.output_norm, find.vector("output_norm.weight", h.dim));
  RETORT_TRY(net.output, find.optional_matrix("output.weight", h.n_vocab, h.dim));
  if (!net.output) net.output = net.embedding;
  net.embedding.scale *= h.embedding_scale;
  RETORT_TRY(net.output_bias, find.optional_vector("output.bias", h.n_vocab));
  RETORT_CHECK(find.multiply(net.output, net.output_bias, 1 / h.logit_scale));
  if (find.has("rope_freqs.weight")) {
    RETORT_TRY(const float* g, find.vector("rope_freqs.weight", h.rope.dim_rope / 2));
    h.rope.divisors.assign(g, g + h.rope.dim_rope / 2);
    for (float x : h.rope.divisors)
      if (!(x > 0 && x < 1e30f))
        return find.fail(errc::bad_file, "rope_freqs.weight", "holds a value that is not positive");
  }
  net.rope_frequencies = rope_frequencies(h.rope);
  for (std::size_t i = 0; i < h.n_layers; ++i) {
    RETORT_TRY(layer made, detail::load_layer(find, h, i));
    net.layers.push_back(std::move(made));
  }
  RETORT_CHECK(find.check_all_used());
  return net;
}

#endif

}  // namespace nn
RETORT_END
