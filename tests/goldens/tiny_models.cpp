// The models whose numbers are recorded in logits.json, and the program that recorded them:
//   tiny_models write FOLDER      the files, NAME.gguf, the same bytes on every machine
//   tiny_models record            logits.json on standard output, by the double-precision reference
#include "reference/decoder_ref.hpp"
#include "tiny/model.hpp"

#include <cstdio>
#include <cstring>
#include <fstream>

namespace {

struct recorded {
  std::string kind;
  retort::dtype type;
  [[nodiscard]] std::string name() const { return kind + "-" + retort::name(type); }
  /// Where inputs are rounded, a router's near-tie may send one token another way: several are recorded.
  [[nodiscard]] ref::Index n_rows() const { return type == retort::dtype::f32 ? 1 : 7; }
};

std::vector<recorded> all() {
  std::vector<recorded> models;
  for (const char* kind : tiny::kinds) models.push_back({kind, retort::dtype::f32});
  for (const char* kind : {"qwen2", "qwen3moe", "deepseek2_v3"})
    for (const auto type : {retort::dtype::bf16, retort::dtype::q8_0, retort::dtype::q4_0, retort::dtype::iq4_nl})
      models.push_back({kind, type});
  return models;
}

int write(const std::string& folder) {
  for (const recorded& r : all()) {
    const std::vector<std::byte> bytes = tiny::make(r.kind, r.type).bytes();
    std::ofstream out(folder + "/" + r.name() + ".gguf", std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out) return std::fprintf(stderr, "cannot write to %s\n", folder.c_str()), 1;
  }
  return 0;
}

int record() {
  const auto tokens = tiny::tokens(40);
  std::printf("{\"tokens\": [");
  for (std::size_t i = 0; i < tokens.size(); ++i) std::printf("%s%d", i ? ", " : "", tokens[i]);
  std::printf("],\n\"last_logits\": {\n");
  const auto models = all();
  for (const recorded& r : models) {
    const std::vector<std::byte> bytes = tiny::make(r.kind, r.type).bytes();
    const auto file = retort::weights::view(bytes);
    if (!file) return std::fprintf(stderr, "%s\n", file.error().what.c_str()), 1;
    const ref::rows last = ref::logits(*file, tokens).bottomRows(r.n_rows());
    std::printf("\"%s\": [", r.name().c_str());
    for (ref::Index t = 0; t < last.rows(); ++t)
      for (ref::Index i = 0; i < last.cols(); ++i)
        std::printf("%s%.*g", i ? "," : t ? "],\n[" : "[", r.n_rows() > 1 ? 4 : 7, last(t, i));
    std::printf("]]%s\n", &r == &models.back() ? "" : ",");
  }
  std::printf("}}\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "write") == 0) return write(argv[2]);
  if (argc == 2 && std::strcmp(argv[1], "record") == 0) return record();
  return std::fprintf(stderr, "usage: tiny_models write FOLDER | record\n"), 2;
}
