// The lower floor: a timeline of tokens that is stepped, forked, rewound and saved.
//   example_07_raw_session model.gguf
#include <retort/retort.hpp>

#include <algorithm>
#include <cstdio>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;
  auto session = retort::session::make(*model, {.context = 512}).value();
  const auto best = [](std::span<const float> logits) {
    return static_cast<retort::token>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  };

  session.sync(model->encode("What is 12 + 30?").value()).value();
  int calls = 1;
  while (session.step(500us).value() == retort::status::running) ++calls;  // a frame's share at a time
  std::printf("prompt of %zu tokens in %d calls\n", session.tokens().size(), calls);

  auto twin = session.fork().value();         // the same past, shared until they part
  const auto saved = session.save().value();  // bytes with version and checksum
  const retort::token first = best(session.logits());
  session.push(first).value();
  session.step().value();
  std::printf("session went on to %zu tokens, its twin still has %zu\n", session.tokens().size(), twin.tokens().size());

  session.rewind(twin.tokens().size()).value();  // forget the token again
  twin.restore(saved).value();
  std::printf("the twin restored from %zu bytes expects token %d, as the session did: %s\n", saved.size(),
              best(twin.logits()), best(twin.logits()) == first ? "yes" : "no");
  return best(twin.logits()) == first ? 0 : 1;
}
