// Which experts does a mixture-of-experts model ask? Prints a map: one row per
// layer, one column per expert, darker where an expert was asked more often.
//   example_06_moe_map model.gguf
#include <retort/retort.hpp>
#include <retort/chat/prompt.hpp>

#include <algorithm>
#include <cstdio>

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;
  const auto& info = model->info();
  if (info.n_experts == 0) return std::puts("this model has no experts"), 1;

  std::vector<std::vector<double>> heat(info.n_layers, std::vector<double>(info.n_experts));
  retort::session_options options{.context = 512};
  options.on_route = [&heat](const retort::expert_route& r) {  // called while step() runs
    for (std::size_t i = 0; i < r.experts.size(); ++i)
      heat[r.layer][static_cast<std::size_t>(r.experts[i])] += static_cast<double>(r.weights[i]);
  };
  auto session = retort::session::make(*model, options).value();
  auto next = retort::sampler::make({.temperature = 0}, info.n_vocab).value();
  auto prompts = retort::prompt_maker::make(*model).value();

  for (const char* question : {"What is 478 + 256?", "Which day comes after Monday?", "كم يساوي 45 + 32؟"}) {
    auto prompt =
        prompts.render({{"messages", {{{"role", "user"}, {"content", question}}}}, {"add_generation_prompt", true}});
    session.sync(prompt.value().tokens).value();
    for (int i = 0; i < 64; ++i) {
      session.step().value();
      const retort::token t = next(session.logits(), session.tokens());
      if (model->is_end(t) || session.tokens().size() == session.context()) break;
      session.push(t).value();
    }
  }
  for (std::size_t layer = 0; layer < info.n_layers; ++layer) {
    const auto& row = heat[layer];
    const double most = *std::max_element(row.begin(), row.end());
    if (most == 0) continue;  // a dense layer asks nobody
    std::printf("layer %2zu |", layer);
    for (double h : row) std::putchar(" .:-=+*#%@"[static_cast<int>(9.0 * h / most)]);
    std::printf("|\n");
  }
}
