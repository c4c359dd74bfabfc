// TARGET --seeds=FOLDER writes what the target begins with: its inputs, and its words as FOLDER.dict.
#include "fuzz/fuzz.hpp"

#include <fstream>

namespace {

std::string quoted(const std::string& word) {
  std::string out = "\"";
  for (const char c : word) {
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    const bool plain = c > ' ' && c < 0x7F && c != '"' && c != '\\';
    out += plain ? std::string(1, c) : escape;
  }
  return out + "\"\n";
}

int write(const std::string& folder) {
  const fuzz::corpus all = fuzz::seeds();
  bool good = true;
  for (std::size_t i = 0; i < all.inputs.size(); ++i) {
    std::ofstream out(folder + "/seed" + std::to_string(i), std::ios::binary);
    out << all.inputs[i];
    good = good && out.flush();
  }
  std::ofstream words(folder + ".dict", std::ios::binary);
  for (const std::string& word : all.words) words << quoted(word);
  return good && words.flush() ? 0 : 1;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view option = "--seeds=";
  for (int i = 1; i < *argc; ++i)
    if (const std::string_view a = (*argv)[i]; a.starts_with(option))
      std::exit(write(std::string(a.substr(option.size()))));
  return 0;
}
