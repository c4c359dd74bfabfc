// The safetensors reader, and the index of shards.
#include "fuzz/fuzz.hpp"

#include <retort/io/safetensors.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  std::uint64_t covered = 0;
  if (const auto s = retort::safetensors::parse(file, "fuzz")) {
    for (const retort::safetensor& t : s->tensors()) {
      HOLDS(t.data >= file.data() && t.bytes <= size && t.data + t.bytes <= file.data() + size);
      HOLDS(s->find(t.name) == &t);
      covered += t.bytes;
    }
    HOLDS(covered <= size);
  } else {
    HOLDS(!s.error().what.empty());
  }
  retort::detail::shard_index_events events;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto index = retort::detail::read_header(text, events, "");
  HOLDS(index || !index.error().what.empty());
  return 0;
}

fuzz::corpus fuzz::seeds() {
  corpus c;
  const auto keep = [&c](std::string_view header, std::size_t n_data) {
    const std::uint64_t n = header.size();
    std::string file(reinterpret_cast<const char*>(&n), sizeof n);
    c.inputs.push_back(file + std::string(header) + std::string(n_data, 'x'));
  };
  keep("{}", 0);
  keep(
      R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"F16","shape":[],"data_offsets":[16,18]}})",
      18);
  keep(R"({"__metadata__":{"format":"pt"},"w":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}})", 6);
  c.inputs.push_back(
      R"({"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"two"}})");
  for (const char* word : {"F64", "F32", "F16", "BF16", "I64", "I8", "U8", "BOOL", "F8_E4M3", "__metadata__",
                           "weight_map", "dtype", "shape", "data_offsets"})
    c.words.push_back(word);
  return c;
}
