// The shortest whole program: load a model, ask it something, print the answer.
//   example_01_hello model.gguf
#include <retort/retort.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");  // maps the file, copies no weights
  if (!model) return std::puts(model.error().what.c_str()), 1;

  auto prompts = retort::prompt_maker::make(*model).value();                  // the model's own chat template
  auto prompt = prompts.render({{"messages", {{{"role", "user"}, {"content", "Tom has 7 pens and buys 5 more. How many pens does he have?"}}}},
                                {"add_generation_prompt", true}}).value();
  auto session = retort::session::make(*model, {.context = 512}).value();
  auto next = retort::sampler::make({.temperature = 0}, model->info().n_vocab).value();

  session.sync(prompt.tokens).value();
  std::vector<retort::token> answer;
  while (session.tokens().size() < session.context()) {
    session.step().value();
    const retort::token t = next(session.logits(), session.tokens());
    if (model->is_end(t)) break;
    answer.push_back(t);
    session.push(t).value();
  }
  std::puts(model->decode(answer, true).value().c_str());
}
