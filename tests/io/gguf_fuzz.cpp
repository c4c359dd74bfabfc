// A fuzzer over the GGUF reader and everything that can be asked of it:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude tests/io/gguf_fuzz.cpp -o gguf_fuzz
//   ./gguf_fuzz -max_total_time=120 corpus_folder
#include <retort/io/weights.hpp>

#include <cstdlib>

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
    if (g.error().what.empty()) std::abort();
  } else {
    for (const retort::gguf_tensor& t : g->tensors()) {
      if (t.data < file.data() || t.bytes > size || t.data + t.bytes > file.data() + size) std::abort();
      touch(t.data, static_cast<std::size_t>(t.bytes));
      if (g->tensor(t.name) != &t) std::abort();
      sink = sink + static_cast<unsigned>(t.rows() + t.columns());
    }
    for (const retort::gguf_value& v : g->metadata()) {
      if (g->find(v.name) != &v) std::abort();
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
