// Eight characters with one past: its memory is shared, and one pass over the weights answers all of them.
//   example_09_characters model.gguf
#include <retort/retort.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;

  const retort::session_options room{.context = 512};
  auto batch = retort::batch::make(*model, room, 8).value();         // the one workspace of all
  auto cache = retort::prefix_cache::make(*model, 8 << 20).value();  // and their common memory
  retort::chat_options options{.session = room, .how = {.temperature = 0}, .max_tokens = 100};
  options.session.in = &batch;
  options.session.prefixes = &cache;
  auto first = retort::chat::make(*model, options).value();

  std::vector<retort::chat> characters;
  std::vector<retort::job> jobs;
  for (int i = 0; i < 8; ++i) characters.push_back(first.fork().value());
  for (int i = 0; i < 8; ++i)
    jobs.push_back(
        characters[static_cast<std::size_t>(i)].begin("What is " + std::to_string(20 + 7 * i) + " + 15?").value());

  std::vector<retort::job*> all;
  for (auto& j : jobs) all.push_back(&j);
  int frames = 1;
  while (retort::job::step(batch, all, 4ms).value() == retort::status::running) ++frames;  // the game draws in between
  for (auto& j : jobs) std::printf("%s\n", j.take().answer.c_str());
  std::printf("%d frames of 4 ms; %.2f MB of keys and values\n", frames, static_cast<double>(cache.bytes()) / 1e6);
}
