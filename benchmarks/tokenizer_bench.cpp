// Encoding and loading speed of tokenizers, one thread, beside a rival if its numbers are given.
//   tokenizer_corpus.py DIR                                makes DIR/english.txt, arabic.txt, chinese.txt, code.txt
//   tokenizer_rival.mjs DIR NAME=tokenizer.json ... >FILE  measures Hugging Face's engine on the same strings
//   tokenizer_bench DIR [--rival FILE] NAME=tokenizer.json ...
// Times are processor time (the machine may be busy), the median of repetitions with the spread between the first
// and third quartile; the rival's are taken the same way. Both engines get the same strings: each text cut at line
// ends into parts of about 8 KB. Numbers of tokens are compared, so that equal work is compared.
// "hostile" is the slowest of the texts of a million bytes and more that have hung tokenizers.
#include "../tests/hostile_texts.hpp"

#include <retort/tokenizer/tokenizer.hpp>
#include <retort/tokenizer/from_json.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>

using namespace retort;

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

double thread_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Parts of at least 8 KB that end at a line end.
std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 8192 < text.size() ? text.find('\n', at + 8192) : text.npos;
    end = end == text.npos ? text.size() : end + 1;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

struct spread {
  double low, median, high;
};
template <class F>
spread seconds(F f, int times) {
  std::vector<double> all;
  f();
  for (int i = 0; i < times; ++i) {
    const double begin = thread_seconds();
    f();
    all.push_back(thread_seconds() - begin);
  }
  std::sort(all.begin(), all.end());
  return {all[all.size() / 4], all[all.size() / 2], all[all.size() * 3 / 4]};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: tokenizer_bench DIR [--rival FILE] NAME=tokenizer.json ...\n");
    return 2;
  }
  const std::string folder = argv[1];
  int first = 2;
  struct measured {
    double speed = 0;
    std::size_t tokens = 0;
  };
  std::map<std::string, measured> rival;
  if (std::string_view(argv[2]) == "--rival" && argc > 3) {
    std::ifstream in(argv[3]);
    std::string name, language;
    for (measured m; in >> name >> language >> m.speed >> m.tokens;) rival[name + " " + language] = m;
    first = 4;
  }
  const auto hostile = fixtures::hostile_texts();
  std::printf("%-16s %-8s %9s %15s %7s %9s %7s\n", "tokenizer", "text", "MB/s", "quartiles", "B/token", "rival",
              "ratio");
  for (int a = first; a < argc; ++a) {
    const std::string_view argument = argv[a];
    const std::size_t equals = argument.find('=');
    const std::string name(argument.substr(0, equals)), json(contents(std::string(argument.substr(equals + 1))));
    const auto file = read_tokenizer_json(json);
    const auto with = file ? tokenizer::make(file->words) : result<tokenizer>(file.error());
    if (!with) {
      std::fprintf(stderr, "%s: %s\n", name.c_str(), with.error().what.c_str());
      return 1;
    }
    for (const char* language : {"english", "arabic", "chinese", "code"}) {
      const std::string text = contents(folder + "/" + language + ".txt");
      const auto parts = parts_of(text);
      std::vector<token> ids;
      const spread time = seconds(
          [&] {
            ids.clear();
            for (const std::string& part : parts)
              if (!with->encode(part, special::parse, ids)) std::fprintf(stderr, "not encoded\n");
          },
          15);
      const double megabytes = static_cast<double>(text.size()) / 1e6;
      std::printf("%-16s %-8s %9.1f %7.1f-%7.1f %7.2f", name.c_str(), language, megabytes / time.median,
                  megabytes / time.high, megabytes / time.low,
                  static_cast<double>(text.size()) / static_cast<double>(ids.size()));
      if (const auto at = rival.find(name + " " + language); at != rival.end()) {
        std::printf(" %9.1f %6.1fx", at->second.speed, megabytes / time.median / at->second.speed);
        if (at->second.tokens != ids.size())
          std::printf("  (%zu tokens, the rival %zu)", ids.size(), at->second.tokens);
      }
      std::printf("\n");
    }
    double slowest = 0;
    std::string which;
    for (const auto& [what, text] : hostile) {
      std::vector<token> ids;
      const double begin = thread_seconds();
      static_cast<void>(with->encode(text, special::parse, ids));
      const double took = thread_seconds() - begin;
      if (took > slowest) which = what;
      slowest = std::max(slowest, took);
    }
    std::printf("%-16s hostile: %.0f ms (%s)\n", name.c_str(), slowest * 1e3, which.c_str());
    const spread reading = seconds([&] { static_cast<void>(read_tokenizer_json(json)); }, 5);
    const spread making = seconds([&] { static_cast<void>(tokenizer::make(file->words)); }, 5);
    std::printf("%-16s load: %zu tokens, %zu merges; tables from arrays %.0f ms, reading %.1f MB of JSON %.0f ms\n",
                name.c_str(), file->words.texts.size(), file->words.merges.size(), making.median * 1e3,
                static_cast<double>(json.size()) / 1e6, reading.median * 1e3);
  }
}
