// A conversation with a past: kept as JSON and taken up again, retried, edited, and continued where it was cut.
//   example_11_past model.gguf
#include <retort/retort.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;
  const auto show = [](const char* what, const retort::result<retort::reply>& r) {
    if (!r) return std::printf("%s: %s\n", what, r.error().what.c_str()), false;
    std::printf("%s: %s\n  (read %zu tokens, %zu of them were still computed)\n", what, r->answer.c_str(), r->n_prompt,
                r->n_cached);
    return true;
  };

  std::string kept;  // a file, a row of a database
  {
    auto chat = retort::chat::make(*model, {.session = {.context = 512}, .how = {.temperature = 0}}).value();
    if (!show("asked", chat.ask("What is 12 + 30?"))) return 1;
    kept = retort::to_json(chat.history().value()).value();
  }
  std::printf("kept: %s\n", kept.c_str());

  // The next day.
  retort::chat_options options{.session = {.context = 512}, .how = {.temperature = 0}, .max_tokens = 12};
  auto chat = retort::chat::make(*model, options).value();
  const auto history = retort::messages_from_json(kept);
  if (!history || !chat.recall(*history)) return 1;
  auto reply = chat.ask("What is 25 + 14?");
  while (reply && reply->why == retort::finish::length) reply = chat.go_on();  // twelve tokens are not enough
  if (!show("asked again, and went on", reply)) return 1;
  if (!show("retried without a thought", chat.retry({}, false))) return 1;
  if (!show("edited", chat.edit(1, {.text = "What is 25 + 15?", .think = false}))) return 1;
  return chat.n_turns() == 2 ? 0 : 1;
}
