// A loaded model: file, network, tokenizer, and what there is to say about them.
#pragma once

#include <retort/api.hpp>
#include <retort/base/border.hpp>
#if !defined(RETORT_SPLIT)
#include <retort/base/mutex.hpp>
#include <retort/model/decoder.hpp>
#endif
#include <retort/model/gguf_vocabulary.hpp>
#include <retort/model/loader.hpp>
#include <retort/model/workspace.hpp>
#include <retort/tokenizer/trie.hpp>

#include <algorithm>
#include <cstdio>

RETORT_BEGIN
namespace detail {

struct model_impl {
  weights file;
  nn::network net;
  std::optional<tokenizer> text;
  error text_error{errc::missing, ""};  ///< why there is no tokenizer
  model_info info;
  std::uint64_t fingerprint = 0;  ///< of shapes, types and the first bytes of every tensor

  /// The vocabulary as a tree, made when the first constraint needs it.
  result<std::shared_ptr<const token_trie>> trie() const {
    if (!text) return text_error;
    const detail::locked lock(trie_mutex);
    if (!made_trie) {
      RETORT_TRY(auto made, token_trie::make(*text, info.n_vocab));
      made_trie = std::make_shared<const token_trie>(std::move(made));
    }
    return made_trie;
  }
  mutable detail::mutex trie_mutex;
  mutable std::shared_ptr<const token_trie> made_trie;
};

/// A number for a summary: "0.0707", "1e+06".
inline std::string short_number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", x);
  return text;
}

/// The line that makes most loading mistakes visible.
inline std::string summary_of(const nn::network& net) {
  const nn::hyper& h = net.hyper;
  const auto n = [](std::size_t x) { return std::to_string(x); };
  std::string s = std::string(h.kind->name) + ": " + n(h.n_layers) + " layers of " + n(h.dim);
  s += ", " + net.layers[0].mix->summary();
  if (h.moe.n_experts) {
    constexpr const char* gates[] = {"", "softmax", "sigmoid", "softmax of chosen", "sqrt-softplus"};
    s += ", " + n(h.moe.n_used) + " of " + n(h.moe.n_experts) + " experts of " + n(h.moe.dim_hidden) + " (" +
         gates[static_cast<std::size_t>(h.moe.gate)];
    if (h.moe.n_groups > 1) s += ", " + n(h.moe.n_groups_used) + " of " + n(h.moe.n_groups) + " groups";
    s += h.moe.normalize ? ", normalised" : "";
    if (h.moe.scale != 1) s += ", x" + short_number(static_cast<double>(h.moe.scale));
    s += ")";
    if (h.dim_shared) s += " + shared " + n(h.dim_shared);
  }
  s += ", rope " + std::string(h.rope.style == nn::pair_style::halves ? "halves" : "adjacent") + " base " +
       short_number(h.rope.freq_base);
  if (h.rope.scaling == nn::rope_scaling::yarn) s += " yarn x" + short_number(h.rope.factor);
  if (h.rope.scaling == nn::rope_scaling::linear) s += " linear x" + short_number(h.rope.factor);
  if (!h.rope.divisors.empty()) s += " llama3 factors";
  if (h.rope.amplitude != 1) s += " amplitude " + short_number(h.rope.amplitude);
  return s + ", scale " + short_number(static_cast<double>(h.scale)) + ", vocabulary " + n(h.n_vocab);
}

/// "q4_k 78%, q6_k 22%": element types by share of bytes, largest first.
inline std::string types_of(const weights& w) {
  std::vector<std::pair<std::uint64_t, dtype>> bytes;
  for (const gguf_tensor& t : w.tensors()) {
    const auto at = std::find_if(bytes.begin(), bytes.end(), [&](const auto& b) { return b.second == t.type; });
    if (at == bytes.end()) bytes.emplace_back(t.bytes, t.type);
    else at->first += t.bytes;
  }
  std::sort(bytes.begin(), bytes.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out;
  for (const auto& [n, type] : bytes) {
    const std::uint64_t percent = w.bytes_tensors() ? (n * 100 + w.bytes_tensors() / 2) / w.bytes_tensors() : 0;
    out += (out.empty() ? "" : ", ") + std::string(name(type)) + (percent ? " " + std::to_string(percent) + "%" : "");
  }
  return out;
}

inline model_info describe(const weights& w, const nn::network& net) {
  const nn::hyper& h = net.hyper;
  const gguf& file = w.metadata();
  model_info i;
  const auto text = [&file](const char* key) {
    auto found = file.string_or(key, "");
    return found ? std::string(*found) : std::string();
  };
  i.name = text("general.name");
  if (i.name.empty()) i.name = w.name();
  i.architecture = h.kind->name;
  i.types = types_of(w);
  i.chat_template = text("tokenizer.chat_template");
  i.bytes_tensors = w.bytes_tensors();
  i.bytes_owned = net.bytes_owned;
  for (const gguf_tensor& t : w.tensors()) {
    const std::uint64_t n = t.rows() * t.columns();
    i.n_parameters += n;
    const bool routed = t.name.find("_exps.") != std::string_view::npos;
    const bool looked_up = t.name == "token_embd.weight" && net.output.data != net.embedding.data;
    const std::uint64_t used = h.moe.n_used, all = h.moe.n_experts;
    i.n_active_parameters += looked_up ? h.dim : routed && all ? n / all * used : n;
    i.bytes_active += looked_up ? net.embedding.row_bytes : routed && all ? t.bytes / all * used : t.bytes;
  }
  i.context_length = h.context_length;
  i.n_layers = h.n_layers;
  i.dim = h.dim;
  i.n_vocab = h.n_vocab;
  i.n_heads = h.gqa.n_heads;
  i.n_heads_kv = h.gqa.n_heads_kv;
  i.n_experts = h.moe.n_experts;
  i.n_experts_used = h.moe.n_used;
  i.summary = summary_of(net);
  return i;
}

/// A digest of bytes, eight at a time; not cryptographic.
class digest {
 public:
  void add(const void* data, std::size_t n) noexcept {
    const auto* p = static_cast<const std::byte*>(data);
    for (; n >= 8; n -= 8, p += 8) mix(load_as<std::uint64_t>(p));
    std::uint64_t tail = 0;
    if (n != 0) std::memcpy(&tail, p, n);
    mix(tail ^ (static_cast<std::uint64_t>(n) << 56));
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return h_ ^ (h_ >> 29); }

 private:
  void mix(std::uint64_t x) noexcept {
    h_ = (h_ ^ x) * 0x9e3779b97f4a7c15u;
    h_ ^= h_ >> 32;
  }
  std::uint64_t h_ = 0x243f6a8885a308d3u;
};

inline std::uint64_t fingerprint_of(const weights& w) {
  digest d;
  for (const gguf_tensor& t : w.tensors()) {
    d.add(t.name.data(), t.name.size());
    d.add(&t.type, sizeof t.type);
    d.add(t.shape.data(), sizeof t.shape);
    d.add(t.data, static_cast<std::size_t>(std::min<std::uint64_t>(t.bytes, 64)));
  }
  return d.value();
}

inline result<std::shared_ptr<const model_impl>> build_model(weights file, allocator& memory = system_allocator()) {
  auto m = std::make_shared<model_impl>();
  m->file = std::move(file);
  RETORT_TRY(m->net, nn::load_network(m->file, memory));
  m->info = describe(m->file, m->net);
  m->fingerprint = fingerprint_of(m->file);
  const auto build_text = [&]() -> result<tokenizer> {
    RETORT_TRY(const vocabulary v, read_vocabulary(m->file.metadata()));
    if (v.texts.size() > m->net.hyper.n_vocab)
      return error{errc::mismatch, printable(m->file.name()) + ": has " + std::to_string(v.texts.size()) +
                                       " token texts for " + std::to_string(m->net.hyper.n_vocab) + " embedding rows"};
    return tokenizer::make(v);
  };
  if (auto text = build_text()) m->text = std::move(*text);
  else m->text_error = text.error();
  return std::shared_ptr<const model_impl>(std::move(m));
}

}  // namespace detail

#if RETORT_CARRIES(RETORT_PART_MODEL)

RETORT_INLINE result<model> model::load(const std::string& path, const model_options& o) {
  return detail::at_border([&]() -> result<model> {
    allocator& memory = o.memory ? *o.memory : system_allocator();
    RETORT_TRY(weights file, weights::open(path, o.map ? weights::load::map : weights::load::read, memory));
    RETORT_TRY(auto impl, detail::build_model(std::move(file), memory));
    return model(std::move(impl));
  });
}

RETORT_INLINE result<model> model::view(std::span<const std::byte> file, const std::string& name) {
  return detail::at_border([&]() -> result<model> {
    RETORT_TRY(weights w, weights::view(file, name));
    RETORT_TRY(auto impl, detail::build_model(std::move(w)));
    return model(std::move(impl));
  });
}

RETORT_INLINE result<model> model::read(reader& from, const model_options& o) {
  return detail::at_border([&]() -> result<model> {
    allocator& memory = o.memory ? *o.memory : system_allocator();
    RETORT_TRY(source s, source::read(from, memory));
    std::vector<source> parts;
    parts.push_back(std::move(s));
    RETORT_TRY(weights w, weights::from_parts(std::move(parts)));
    RETORT_TRY(auto impl, detail::build_model(std::move(w), memory));
    return model(std::move(impl));
  });
}

RETORT_INLINE std::size_t stored_tensor::n_columns() const noexcept { return shape.empty() ? 1 : shape.back(); }
RETORT_INLINE std::size_t stored_tensor::n_rows() const noexcept {
  std::size_t n = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) n *= shape[i];
  return n;
}
RETORT_INLINE result<void> stored_tensor::read(std::size_t first, retort::tensor<float, 2> out) const {
  return detail::at_border([&]() -> result<void> {
    const gguf_tensor* t = of_ ? of_->file.find(name) : nullptr;
    if (!t) return detail::is_empty("tensor");
    const auto rows = static_cast<std::size_t>(t->rows()), columns = static_cast<std::size_t>(t->columns());
    const std::size_t n = out.shape(0);
    if (n > rows || first > rows - n || out.shape(1) != columns)
      return error{errc::bad_argument, "tensor \"" + printable(name) + "\" has " + std::to_string(rows) + " rows of " +
                                           std::to_string(columns) + "; asked for " + std::to_string(n) + " of " +
                                           std::to_string(out.shape(1)) + " from row " + std::to_string(first) + " on"};
    for (std::size_t i = 0; i < n; ++i)
      if (!dequantize(t->type, t->data + (first + i) * row_bytes(t->type, columns), columns, out.at(i)))
        return error{errc::unsupported,
                     "tensor \"" + printable(name) + "\" has elements of type " + type + ", which are no floats"};
    return {};
  });
}
RETORT_INLINE result<stored_tensor> model::tensor(std::string_view name) const {
  return detail::at_border([&]() -> result<stored_tensor> {
    const gguf_tensor* t = impl_ ? impl_->file.find(name) : nullptr;
    if (!t) return error{errc::missing, "there is no tensor \"" + printable(name) + "\""};
    stored_tensor s;
    s.name = t->name;
    s.type = retort::name(t->type);
    s.shape.assign(t->shape.begin(), t->shape.begin() + t->rank);
    s.bytes = {t->data, static_cast<std::size_t>(t->bytes)};
    s.of_ = impl_;
    return s;
  });
}
RETORT_INLINE result<std::vector<std::string>> model::tensors() const {
  return detail::at_border([&]() -> result<std::vector<std::string>> {
    if (!impl_) return detail::is_empty("model");
    std::vector<std::string> names;
    for (const gguf_tensor& t : impl_->file.tensors()) names.emplace_back(t.name);
    return names;
  });
}

RETORT_INLINE const model_info& model::info() const noexcept {
  if (impl_) return impl_->info;
  // Of the empty model. Never destroyed, like system_allocator().
  alignas(model_info) static unsigned char storage[sizeof(model_info)];
  static const model_info* const none = new (storage) model_info;
  return *none;
}

RETORT_INLINE result<const tokenizer*> model::text() const {
  return detail::at_border([&]() -> result<const tokenizer*> {
    if (!impl_) return detail::is_empty("model");
    if (impl_->text) return &*impl_->text;
    return impl_->text_error;
  });
}

RETORT_INLINE result<std::vector<token>> model::encode(std::string_view text, bool special) const {
  return detail::at_border([&]() -> result<std::vector<token>> {
    RETORT_TRY(const tokenizer* t, this->text());
    std::vector<token> ids;
    RETORT_CHECK(t->encode(text, special ? retort::special::parse : retort::special::plain, ids));
    return ids;
  });
}

RETORT_INLINE result<std::string> model::decode(std::span<const token> ids, bool special) const {
  return detail::at_border([&]() -> result<std::string> {
    RETORT_TRY(const tokenizer* t, text());
    return t->decode(ids, special);
  });
}

RETORT_INLINE bool model::is_end(token id) const noexcept { return impl_ && impl_->text && impl_->text->is_end(id); }

RETORT_INLINE result<std::vector<token>> model::tokens_with(std::string_view text) const {
  return detail::at_border([&]() -> result<std::vector<token>> {
    RETORT_TRY(const tokenizer* t, this->text());
    std::vector<token> all;
    for (std::size_t i = 0; i < std::min(t->size(), info().n_vocab); ++i)
      if (t->bytes(static_cast<token>(i)).find(text) != std::string_view::npos) all.push_back(static_cast<token>(i));
    return all;
  });
}
RETORT_INLINE std::optional<token> model::bos() const noexcept {
  return impl_ && impl_->text && impl_->text->add_bos() ? impl_->text->bos() : std::nullopt;
}

#endif

RETORT_END
