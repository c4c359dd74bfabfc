// The shortest whole program: load a model, ask it, print what it thought and said.
//   example_01_hello model.gguf
#include <retort/retort.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");  // maps the file, copies no weights
  if (!model) return std::puts(model.error().what.c_str()), 1;

  auto chat = retort::chat::make(*model, {.session = {.context = 512}, .how = {.temperature = 0}}).value();
  auto reply = chat.ask("Tom has 7 pens and buys 5 more. How many pens does Tom have?");
  if (!reply) return std::puts(reply.error().what.c_str()), 1;
  std::printf("thought: %s\nanswer: %s\n", reply->thought.c_str(), reply->answer.c_str());
}
