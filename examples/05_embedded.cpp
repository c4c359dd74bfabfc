// A model inside the executable: no file to ship, nothing copied, nothing written.
// CMake:  retort_embed(my_game drop.gguf)
#include <retort/retort.hpp>

#include <drop.hpp>  // made by retort_embed

#include <cstdio>

int main() {
  auto model = retort::model::view(embedded::drop(), "drop");  // used in place, page by page
  if (!model) return std::puts(model.error().what.c_str()), 1;
  std::puts(model->info().summary.c_str());

  auto prompts = retort::prompt_maker::make(*model).value();
  auto prompt = prompts.render({{"messages", {{{"role", "user"}, {"content", "What is 31 + 12?"}}}}, {"add_generation_prompt", true}});
  auto session = retort::session::make(*model, {.context = 512}).value();
  auto next = retort::sampler::make({.temperature = 0}, model->info().n_vocab).value();
  session.sync(prompt.value().tokens).value();
  retort::decoder words(*model->text().value(), true);
  for (;;) {
    session.step().value();
    const retort::token t = next(session.logits(), session.tokens());
    if (model->is_end(t) || session.tokens().size() == session.context()) break;
    const auto piece = words.push(t);  // whole characters only
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    session.push(t).value();
  }
  std::puts("");
}
