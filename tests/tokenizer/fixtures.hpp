// What the tokenizer tests share: golden files, a vocabulary from GGUF, a small trained BPE, a slow reference,
// random text, hostile text, and what memory was used.
#pragma once

#include "golden.hpp"
#include "hostile_texts.hpp"

#include <retort/io/gguf.hpp>
#include <retort/tokenizer/tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <functional>
#include <sstream>

namespace fixtures {

using namespace retort;
using json = nlohmann::json;

/// The bytes of a file; of what gzip makes of it if its name ends in ".gz".
inline std::string contents(const std::filesystem::path& path) {
  if (path.extension() != ".gz") {
    const std::vector<char> bytes = read_bytes(path);
    return {bytes.begin(), bytes.end()};
  }
  std::string out;
  char block[65536];
  if (std::FILE* pipe = popen(("gzip -dc '" + path.string() + "'").c_str(), "r")) {
    for (std::size_t n; (n = std::fread(block, 1, sizeof block, pipe)) > 0;) out.append(block, n);
    pclose(pipe);
  }
  return out;
}

/// One JSON value from each line.
inline std::vector<json> lines(const std::filesystem::path& path) {
  std::vector<json> out;
  std::istringstream in(contents(path));
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(json::parse(line, nullptr, false));
  return out;
}

inline std::vector<token> encode(const tokenizer& with, std::string_view text, special mode = special::parse) {
  std::vector<token> ids;
  if (!with.encode(text, mode, ids)) ids.assign(1, -1);
  return ids;
}

/// The tokenizer part of a GGUF file's metadata.
inline vocabulary vocabulary_of(const gguf& file) {
  vocabulary v;
  const std::string prefix = "tokenizer.ggml.";
  const auto text = [&](const char* key) { return std::string(file.string_or(prefix + key, "").value()); };
  const auto id = [&](const char* key) -> std::optional<token> {
    if (!file.has(prefix + key)) return {};
    return static_cast<token>(file.uint(prefix + key).value());
  };
  const auto flag = [&](const char* key) -> std::optional<bool> {
    if (!file.has(prefix + key)) return {};
    return file.boolean(prefix + key).value();
  };
  v.model = text("model");
  v.pre = text("pre");
  const auto list = [&](const char* key) {
    std::vector<std::string_view> out;
    if (!file.has(prefix + key)) return out;
    const gguf_strings strings = file.strings(prefix + key).value();
    for (std::string_view s : strings) out.push_back(s);
    return out;
  };
  v.texts = list("tokens");
  v.merges = list("merges");
  if (file.has(prefix + "scores")) {
    const auto scores = file.reals(prefix + "scores").value();
    for (std::size_t i = 0; i < scores.size(); ++i) v.scores.push_back(static_cast<float>(scores[i]));
  }
  if (file.has(prefix + "token_type")) {
    const auto types = file.ints(prefix + "token_type").value();
    for (std::size_t i = 0; i < types.size(); ++i) v.types.push_back(static_cast<token_type>(types[i]));
  }
  v.bos = id("bos_token_id");
  v.eos = id("eos_token_id");
  v.eot = id("eot_token_id");
  v.unknown = id("unknown_token_id");
  v.padding = id("padding_token_id");
  v.add_bos = flag("add_bos_token");
  v.add_eos = flag("add_eos_token");
  v.add_space_prefix = flag("add_space_prefix");
  return v;
}

/// A GGUF file and the tokenizer in it; `words` points into `bytes`.
struct gguf_vocabulary {
  std::vector<char> bytes;
  gguf file;
  vocabulary words;
};

inline gguf_vocabulary gguf_at(const std::filesystem::path& path) {
  gguf_vocabulary out;
  const std::string all = contents(path);
  out.bytes.assign(all.begin(), all.end());
  out.file = gguf::parse(std::as_bytes(std::span(out.bytes)), path.string()).value();
  out.words = vocabulary_of(out.file);
  return out;
}

/// A byte in the byte alphabet, written independently of the library's table.
inline std::string alphabet(unsigned byte) {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out(256);
    char32_t next = 256;
    for (unsigned b = 0; b < 256; ++b) {
      const bool itself = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE);
      detail::utf8::append(out[b], itself ? b : next++);
    }
    return out;
  }();
  return all[byte];
}
inline std::string alphabet(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += alphabet(static_cast<unsigned char>(c));
  return out;
}

/// A byte-level BPE vocabulary with its storage.
struct trained {
  std::vector<std::string> texts, merges;
  std::vector<token_type> types;
  std::vector<std::pair<token, token>> pairs;  // by rank
  [[nodiscard]] vocabulary words(const char* pre) const {
    vocabulary v;
    v.model = "gpt2";
    v.pre = pre;
    v.texts.assign(texts.begin(), texts.end());
    v.types = types;
    v.merges.assign(merges.begin(), merges.end());
    return v;
  }
  token add_special(const char* text, token_type type) {
    texts.emplace_back(text);
    types.push_back(type);
    return static_cast<token>(texts.size() - 1);
  }
};

/// Trains `n` merges on the bytes of `sample`, the commonest neighbours first; pieces do not matter for a test.
inline trained train(std::string_view sample, int n) {
  trained out;
  std::vector<std::string> raw(256);
  std::vector<token> ids;
  for (unsigned b = 0; b < 256; ++b) {
    raw[b] = static_cast<char>(static_cast<unsigned char>(b));
    out.texts.push_back(alphabet(b));
  }
  for (char c : sample) ids.push_back(static_cast<unsigned char>(c));
  while (n-- > 0) {
    std::map<std::pair<token, token>, int> count;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) ++count[{ids[i], ids[i + 1]}];
    std::pair<token, token> best;
    int most = 0;
    for (const auto& [pair, times] : count)
      if (times > most) {
        most = times;
        best = pair;
      }
    if (most == 0) break;
    const auto made = static_cast<token>(raw.size());
    const std::string left = raw[static_cast<std::size_t>(best.first)],
                      right = raw[static_cast<std::size_t>(best.second)];
    raw.push_back(left + right);
    out.texts.push_back(alphabet(raw.back()));
    out.merges.push_back(alphabet(left) + " " + alphabet(right));
    out.pairs.push_back(best);
    std::vector<token> next;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const bool here = i + 1 < ids.size() && ids[i] == best.first && ids[i + 1] == best.second;
      next.push_back(here ? made : ids[i]);
      i += here;
    }
    ids = next;
  }
  out.types.assign(out.texts.size(), token_type::normal);
  return out;
}

/// Byte-pair merging as its definition reads: over and over the pair of the lowest rank, leftmost first.
class slow_bpe {
 public:
  explicit slow_bpe(const vocabulary& words) {
    for (std::size_t i = 0; i < words.texts.size(); ++i)
      if (words.types.empty() || words.types[i] == token_type::normal)
        ids_[std::string(words.texts[i])] = static_cast<token>(i);
    for (std::size_t r = 0; r < words.merges.size(); ++r) {
      const std::string text(words.merges[r]);
      const std::size_t space = text.find(' ', 1);
      rank_.emplace(std::pair(text.substr(0, space), text.substr(space + 1)), r);
    }
  }
  [[nodiscard]] std::vector<token> operator()(std::string_view piece) const {
    std::vector<std::string> parts;
    for (char c : piece) parts.push_back(alphabet(static_cast<unsigned char>(c)));
    while (true) {
      std::size_t best = ~std::size_t{0}, where = 0;
      for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        if (const auto at = rank_.find({parts[i], parts[i + 1]}); at != rank_.end() && at->second < best) {
          best = at->second;
          where = i;
        }
      if (best == ~std::size_t{0}) break;
      parts[where] += parts[where + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(where) + 1);
    }
    std::vector<token> out;
    for (const std::string& p : parts) out.push_back(ids_.at(p));
    return out;
  }

 private:
  std::map<std::string, token> ids_;
  std::map<std::pair<std::string, std::string>, std::size_t> rank_;
};

/// Random text that is valid UTF-8: mostly characters that occur together in life, some of any kind.
class random_text {
 public:
  explicit random_text(unsigned seed) : random_(seed) {}
  std::string operator()(unsigned most = 40) {
    static constexpr std::pair<char32_t, char32_t> blocks[] = {
        {0x20, 0x7E},       {0x20, 0x7E},       {0x61, 0x7A},       {0x00, 0x20},     {0x80, 0x24F},
        {0x300, 0x36F},     {0x370, 0x52F},     {0x590, 0x6FF},     {0x621, 0x652},   {0x900, 0xDFF},
        {0xE01, 0xE5B},     {0x1100, 0x11FF},   {0x1E00, 0x1FFF},   {0x2000, 0x206F}, {0x2100, 0x2BFF},
        {0x3000, 0x30FF},   {0x4E00, 0x9FFF},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF}, {0xFE00, 0xFFFF},
        {0x1D400, 0x1D7FF}, {0x1F300, 0x1FAFF}, {0x20000, 0x2FA1F}, {0, 0x10FFFF}};
    std::string out;
    auto block = blocks[below(std::size(blocks))];
    for (unsigned n = below(most + 1); n > 0; --n) {
      if (below(4) == 0) block = blocks[below(std::size(blocks))];
      const char32_t c = block.first + below(block.second - block.first + 1);
      detail::utf8::append(out, c >= 0xD800 && c < 0xE000 ? U' ' : c);
    }
    return out;
  }
  /// A number in [0, n).
  unsigned below(std::size_t n) { return static_cast<unsigned>(random_() % n); }

 private:
  std::mt19937 random_;
};

/// Most memory in use since reset(), in MB; 0 where the system does not say.
struct peak_memory {
  static void reset() {
    if (std::FILE* f = std::fopen("/proc/self/clear_refs", "w")) {
      std::fputs("5", f);
      std::fclose(f);
    }
  }
  static double megabytes(const char* field) {
    std::ifstream in("/proc/self/status");
    for (std::string word; in >> word;)
      if (word == field) {
        double kilobytes = 0;
        in >> kilobytes;
        return kilobytes / 1024;
      }
    return 0;
  }
};

}  // namespace fixtures

inline std::vector<retort::token> operator+(std::vector<retort::token> a, const std::vector<retort::token>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
