// A model inside the executable: no file to ship, nothing copied, nothing written.
// CMake:  retort_embed(my_game drop.gguf)
#include <retort/retort.hpp>

#include <drop.hpp>  // made by retort_embed

#include <cstdio>

int main() {
  auto model = retort::model::view(embedded::drop(), "drop");  // used in place, page by page
  if (!model) return std::puts(model.error().what.c_str()), 1;
  std::puts(model->info().summary.c_str());

  auto chat = retort::chat::make(*model, {.session = {.context = 512}, .how = {.temperature = 0}}).value();
  auto reply = chat.ask("What is 31 + 12?");
  if (!reply) return std::puts(reply.error().what.c_str()), 1;
  std::puts(reply->answer.c_str());
}
