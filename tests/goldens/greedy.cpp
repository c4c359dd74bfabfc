// What models write greedily on every machine: ten tiny ones and the built-in one, compared with what is recorded.
//   greedy MODEL.gguf RECORDED.txt     status 0 where all is the same
//   greedy MODEL.gguf                  writes what is to be recorded
#include "golden.hpp"
#include "tiny/model.hpp"

#include <retort/retort.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

using namespace retort;

namespace {

constexpr std::size_t n_written = 24;

result<std::string> ids_of(const std::string& kind, dtype type) {
  const std::vector<std::byte> bytes = tiny::make(kind, type).bytes();
  RETORT_TRY(const model m, model::view(bytes, kind));
  session_options o;
  o.context = 64;
  RETORT_TRY(session s, session::make(m, o));
  RETORT_TRY(sampler greedy, sampler::make({.temperature = 0}, m.info().n_vocab));
  RETORT_CHECK(s.sync(tiny::tokens(17)));
  std::string out;
  for (std::size_t i = 0; i < n_written; ++i) {
    RETORT_CHECK(s.step());
    const token next = greedy(s.logits(), s.tokens());
    out += " " + std::to_string(next);
    RETORT_CHECK(s.push(next));
  }
  return out;
}

result<std::string> answer_of(const std::string& file) {
  RETORT_TRY(const model m, model::load(file));
  chat_options o;
  o.how.temperature = 0;
  o.max_tokens = 48;
  o.session.context = 512;
  RETORT_TRY(chat c, chat::make(m, o));
  reply r;
  double fastest = 0;
  for (int i = 0; i < 8; ++i) {  // several times: machines that compile while they run become faster
    c.clear();
    const auto begin = std::chrono::steady_clock::now();
    RETORT_TRY(r, c.ask("What is 387 + 254?"));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    fastest = std::max(fastest, static_cast<double>(r.n_prompt + r.n_tokens) / took.count());
  }
  std::fprintf(stderr, "built-in model: %.0f tokens/s on one thread, question and answer\n", fastest);
  std::string out = " " + r.thought + " | " + r.answer;
  for (char& letter : out)
    if (letter == '\n') letter = '/';
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: greedy MODEL.gguf [RECORDED.txt]\n"), 2;
  std::string all;
  const auto add = [&all](const std::string& name, const result<std::string>& text) {
    all += name + ":" + (text ? *text : " error: " + text.error().what) + "\n";
  };
  for (const char* kind : {"llama", "qwen2", "qwen3", "qwen3moe", "deepseek2_v3"})
    for (const dtype type : {dtype::f32, dtype::q8_0}) add(std::string(kind) + " " + name(type), ids_of(kind, type));
  add("built in", answer_of(argv[1]));
  if (argc < 3) {
    std::fputs(all.c_str(), stdout);
    return 0;
  }
  const std::vector<char> recorded = read_bytes(argv[2]);
  if (std::equal(all.begin(), all.end(), recorded.begin(), recorded.end()))
    return std::printf("greedy: 11 models, the same ids\n"), 0;
  std::printf("greedy: not what is recorded:\n%s", all.c_str());
  return 1;
}
