// What masks of allowed tokens cost, one thread.
//   constraint_bench NAME=tokenizer.json ...
// For each vocabulary and constraint: states, time to compile, and the time of matcher::allowed() and accept() over
// 40 outputs of at most 64 tokens, drawn evenly from what is allowed. "cold" is the first time these outputs are
// made, "warm" the second: median, 99th percentile and worst in microseconds. Wall-clock time: the machine must be
// quiet.
#include <retort/run/constraint.hpp>
#include <retort/tokenizer/from_json.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

using namespace retort;

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

double now() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct times {
  std::vector<double> all;
  void print(const char* what) {
    if (all.empty()) return;
    std::sort(all.begin(), all.end());
    std::printf("  %s %8.1f %8.1f %8.1f", what, all[all.size() / 2], all[all.size() * 99 / 100], all.back());
  }
};

struct named {
  const char* name;
  const char* schema;
};
constexpr named schemas[] = {
    {"any object", R"({"type":"object"})"},
    {"flat record",
     R"({"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},
        "email":{"type":"string","format":"email"},"tags":{"type":"array","items":{"type":"string"}}},"required":["name","age"]})"},
    {"short strings", R"({"type":"array","items":{"type":"string","minLength":3,"maxLength":200}})"},
    {"long string", R"({"type":"string","minLength":100,"maxLength":2000})"},
    {"recursive", R"({"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"v":{"type":"number"},
        "children":{"type":"array","items":{"$ref":"#/$defs/n"}}},"required":["v","children"]}}})"},
    {"choices", R"({"enum":["glad","wary","angry","bored","curious"]})"},
};

void draw(const matcher& start, bool cold, std::size_t n_vocab, times& mask, times& step) {
  std::mt19937 random(1);
  for (int run = 0; run < 40; ++run) {
    matcher m = start.fork().value();
    for (std::size_t left = 64; left > 0; --left) {
      const double begin = now();
      const auto bits = m.allowed(left).value();
      mask.all.push_back(now() - begin);
      std::vector<token> ids;
      for (std::size_t i = 0; i < n_vocab; ++i)
        if (bits[i / 64] >> i % 64 & 1) ids.push_back(static_cast<token>(i));
      const token id = ids[random() % ids.size()];
      const double between = now();
      m.accept(id);
      if (!cold) step.all.push_back(now() - between);
      if (m.finished()) break;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const std::size_t eq = arg.find('=');
    if (eq == arg.npos) return 1;
    auto file = read_tokenizer_json(contents(arg.substr(eq + 1)));
    if (!file) return std::fprintf(stderr, "%s\n", file.error().what.c_str()), 1;
    auto text = tokenizer::make(file->words);
    if (!text) return std::fprintf(stderr, "%s\n", text.error().what.c_str()), 1;
    double begin = now();
    auto made = detail::token_trie::make(*text, text->size());
    if (!made) return std::fprintf(stderr, "%s\n", made.error().what.c_str()), 1;
    const auto trie = std::make_shared<const detail::token_trie>(std::move(*made));
    std::printf("%s: %zu tokens, %u nodes, tree %.0f ms\n", arg.substr(0, eq).c_str(), text->size(), trie->size(),
                (now() - begin) / 1000);
    for (const named& s : schemas) {
      begin = now();
      auto g = detail::json_schema::parse(s.schema);
      if (!g) return std::fprintf(stderr, "%s\n", g.error().what.c_str()), 1;
      auto impl = detail::constraint_impl::make(*g, *text, trie);
      if (!impl) return std::fprintf(stderr, "%s\n", impl.error().what.c_str()), 1;
      const double compile = now() - begin;
      const matcher start = matcher::make(constraint(*impl)).value();
      times cold, warm, step;
      draw(start, true, text->size(), cold, step);
      draw(start, false, text->size(), warm, step);
      std::printf("  %-14s %6zu states, compile %6.1f ms", s.name, (*impl)->grammar.code.n_states(), compile / 1000);
      cold.print("cold");
      warm.print("warm");
      step.print("accept");
      std::printf("\n");
    }
  }
}
