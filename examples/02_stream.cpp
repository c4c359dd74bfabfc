// Words as they come: thoughts dimmed, answers plain; never half a character or half a tag.
//   example_02_stream model.gguf
#include <retort/retort.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;
  auto chat = retort::chat::make(*model, {.session = {.context = 512}, .how = {.temperature = 0}}).value();

  for (const char* question : {"What is 478 + 256?", "كم يساوي 45 + 32؟"}) {
    std::printf("> %s\n", question);
    auto reply = chat.ask(question, [](const retort::piece& p) {
      std::printf(p.kind == retort::piece::thought ? "\033[2m%.*s\033[0m" : "%.*s", static_cast<int>(p.text.size()),
                  p.text.data());
      std::fflush(stdout);
      return retort::flow::go_on;  // flow::stop ends the answer early
    });
    if (!reply) return std::puts(reply.error().what.c_str()), 1;
    std::printf("\n(%zu tokens read, %zu of them cached; %zu written)\n", reply->n_prompt, reply->n_cached,
                reply->n_tokens);
  }
}
