// The GGUF reader, and everything that can be asked of it.
#include "fuzz/fuzz.hpp"
#include "io/gguf_writer.hpp"

#include <retort/io/weights.hpp>

namespace {

volatile unsigned sink;

void touch(const void* data, std::size_t n) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i < n; i += 997) sink = sink + bytes[i];
  if (n != 0) sink = sink + bytes[n - 1];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto g = retort::gguf::parse(file, "fuzz");
  if (!g) {
    HOLDS(!g.error().what.empty());
  } else {
    for (const retort::gguf_tensor& t : g->tensors()) {
      HOLDS(t.data >= file.data() && t.bytes <= size && t.data + t.bytes <= file.data() + size);
      touch(t.data, static_cast<std::size_t>(t.bytes));
      HOLDS(g->tensor(t.name) == &t);
      sink = sink + static_cast<unsigned>(t.rows() + t.columns());
    }
    for (const retort::gguf_value& v : g->metadata()) {
      HOLDS(g->find(v.name) == &v);
      static_cast<void>(g->uint(v.name));
      static_cast<void>(g->real(v.name));
      static_cast<void>(g->boolean(v.name));
      if (const auto s = g->string(v.name)) touch(s->data(), s->size());
      if (const auto s = g->strings(v.name))
        for (std::string_view text : *s) touch(text.data(), text.size());
      if (const auto n = g->ints(v.name))
        for (std::size_t i = 0; i < n->size(); ++i) sink = sink + static_cast<unsigned>((*n)[i]);
      if (const auto n = g->reals(v.name))
        for (std::size_t i = 0; i < n->size(); ++i) sink = sink + ((*n)[i] > 0 ? 1u : 0u);
    }
  }
  static_cast<void>(retort::weights::view(file));
  return 0;
}

fuzz::corpus fuzz::seeds() {
  corpus c;
  const auto keep = [&c](const gguf_writer& w) {
    const std::vector<std::byte> bytes = w.bytes();
    c.inputs.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  gguf_writer w;
  keep(w);
  w.text("general.architecture", "llama").value<std::uint32_t>("llama.block_count", gguf_writer::u32, 2);
  w.numbers("some.reals", gguf_writer::f32, std::vector<float>{1, 2.5f, -3});
  w.texts("tokenizer.ggml.tokens", {"a", "b", "\xc3\xa9"});
  keep(w);
  w.tensor("token_embd.weight", {32, 4}, 0, 32 * 4 * 4);
  w.tensor("output_norm.weight", {32}, 1, 32 * 2);
  w.tensor("blk.0.attn_q.weight", {32, 2}, 8, 34 * 2);
  keep(w);
  for (const char* key : {"general.alignment", "split.count", "split.no", "general.name"}) c.words.push_back(key);
  return c;
}
