// A character answers while the game goes on: two milliseconds of every frame.
// Prints how long Retort held each frame, as a histogram.
//   example_03_game_loop model.gguf
#include <retort/retort.hpp>

#include <cstdio>
#include <thread>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  using clock = std::chrono::steady_clock;
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;
  auto chat =
      retort::chat::make(*model, {.session = {.context = 512}, .how = {.temperature = 0}, .max_tokens = 100}).value();

  auto job = chat.begin("A trader has 25 coins and spends 9. How many coins are left?").value();
  std::size_t histogram[6] = {}, frames = 0;  // under 0.5, 1, 2, 3, 4 ms, and over
  for (bool answered = false; !answered; ++frames) {
    const auto frame = clock::now();
    const auto state = job.step(2ms);  // never blocks longer than the slice it is in
    if (!state) return std::puts(state.error().what.c_str()), 1;
    answered = *state == retort::status::done;
    const double ms = std::chrono::duration<double, std::milli>(clock::now() - frame).count();
    ++histogram[ms < 0.5 ? 0 : ms < 1 ? 1 : ms < 2 ? 2 : ms < 3 ? 3 : ms < 4 ? 4 : 5];
    std::this_thread::sleep_until(frame + 4ms);  // here the game would draw
  }
  std::printf("answer after %zu frames: %s\n", frames, job.take().answer.c_str());
  const char* names[] = {"< 0.5 ms", "< 1 ms", "< 2 ms", "< 3 ms", "< 4 ms", "more"};
  for (int i = 0; i < 6; ++i) std::printf("%-9s %5zu frames\n", names[i], histogram[i]);
}
