// A fuzzer over the safetensors reader and the index of shards:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude tests/io/safetensors_fuzz.cpp -o
//   safetensors_fuzz
//   ./safetensors_fuzz -max_total_time=120 corpus_folder
#include <retort/io/safetensors.hpp>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  std::uint64_t covered = 0;
  if (const auto s = retort::safetensors::parse(file, "fuzz")) {
    for (const retort::safetensor& t : s->tensors()) {
      if (t.data < file.data() || t.bytes > size || t.data + t.bytes > file.data() + size) std::abort();
      if (s->find(t.name) != &t) std::abort();
      covered += t.bytes;
    }
    if (covered > size) std::abort();
  } else if (s.error().what.empty()) {
    std::abort();
  }
  retort::detail::shard_index_events events;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto index = retort::detail::read_json(text, events, "");
  if (!index && index.error().what.empty()) std::abort();
  return 0;
}
