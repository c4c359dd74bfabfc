// A window in which something moves smoothly while a character thinks: two milliseconds of every frame.
//   retort_window [model.gguf] [--font FILE] [--shot FILE.bmp]      --shot: save a picture of the last answer and end
#include <retort/retort.hpp>

#include <SDL.h>
#include <SDL_ttf.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

using namespace std::chrono_literals;

namespace {

constexpr int width = 720, height = 405;
constexpr const char* questions[] = {
    "Tom has 7 pens and buys 5 more. How many pens does Tom have?",
    "What is 478 + 256?",
    "A trader has 25 coins and spends 9. How many coins are left?",
};

struct window {
  SDL_Window* frame = nullptr;
  SDL_Renderer* draw = nullptr;
  TTF_Font* font = nullptr;

  bool open(const char* font_file) {
    if (SDL_Init(SDL_INIT_VIDEO) != 0 || TTF_Init() != 0) return false;
    frame = SDL_CreateWindow("Retort", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height, 0);
    if (frame) draw = SDL_CreateRenderer(frame, -1, SDL_RENDERER_PRESENTVSYNC);
    if (frame && !draw) draw = SDL_CreateRenderer(frame, -1, SDL_RENDERER_SOFTWARE);
    font = TTF_OpenFont(font_file, 17);
    return draw && font;
  }
  ~window() {
    if (font) TTF_CloseFont(font);
    if (draw) SDL_DestroyRenderer(draw);
    if (frame) SDL_DestroyWindow(frame);
    TTF_Quit();
    SDL_Quit();
  }
  void disc(double x, double y, double r, SDL_Color c) const {
    SDL_SetRenderDrawColor(draw, c.r, c.g, c.b, 255);
    for (int dy = static_cast<int>(-r); dy <= r; ++dy) {
      const double half = std::sqrt(std::max(0.0, r * r - dy * dy));
      SDL_RenderDrawLine(draw, static_cast<int>(x - half), static_cast<int>(y) + dy, static_cast<int>(x + half),
                         static_cast<int>(y) + dy);
    }
  }
  /// Wrapped text; returns where the next one may begin.
  int text(const std::string& s, int x, int y, int wrap, SDL_Color c) const {
    SDL_Surface* drawn =
        s.empty() ? nullptr : TTF_RenderUTF8_Blended_Wrapped(font, s.c_str(), c, static_cast<Uint32>(wrap));
    if (!drawn) return y;
    SDL_Texture* t = SDL_CreateTextureFromSurface(draw, drawn);
    const SDL_Rect at{x, y, drawn->w, drawn->h};
    SDL_RenderCopy(draw, t, nullptr, &at);
    SDL_DestroyTexture(t);
    SDL_FreeSurface(drawn);
    return y + at.h + 8;
  }
  bool save(const char* path) const {
    SDL_Surface* shot = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
    const bool good = shot &&
                      SDL_RenderReadPixels(draw, nullptr, shot->format->format, shot->pixels, shot->pitch) == 0 &&
                      SDL_SaveBMP(shot, path) == 0;
    SDL_FreeSurface(shot);
    return good;
  }
};

/// A night with a moon, a lantern that swings and a character who speaks.
void paint(const window& w, double seconds, const std::string& question, const retort::reply& said, bool thinking) {
  SDL_SetRenderDrawColor(w.draw, 18, 22, 38, 255);
  SDL_RenderClear(w.draw);
  w.disc(676, 48, 26, {236, 232, 208, 255});
  const double swing = 0.6 * std::sin(2.2 * seconds), x = 110 + 120 * std::sin(swing), y = 40 + 120 * std::cos(swing);
  SDL_SetRenderDrawColor(w.draw, 150, 140, 120, 255);
  SDL_RenderDrawLine(w.draw, 110, 40, static_cast<int>(x), static_cast<int>(y));
  w.disc(x, y, 17 + 1.5 * std::sin(9 * seconds), {255, 190, 80, 255});
  w.disc(110, 330, 42, {90, 120, 170, 255});  // the character
  w.disc(110, 265, 26, {224, 186, 150, 255});
  w.disc(101, 262, 3, {20, 20, 20, 255});
  w.disc(119, 262, 3, {20, 20, 20, 255});
  if (thinking)
    for (int i = 0; i < 3; ++i)
      w.disc(150 + 12 * i, 232 - 6 * i + 3 * std::sin(6 * seconds - i), 4, {180, 190, 220, 255});
  int at = w.text("> " + question, 220, 40, 410, {150, 200, 255, 255});
  at = w.text(said.thought, 220, at, 410, {120, 126, 150, 255});
  w.text(said.answer, 220, at, 410, {255, 240, 210, 255});
  SDL_RenderPresent(w.draw);
}

}  // namespace

int main(int argc, char** argv) {
  const char *file = "models/drop.gguf", *shot = nullptr, *font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--shot") && i + 1 < argc) shot = argv[++i];
    else if (!std::strcmp(argv[i], "--font") && i + 1 < argc) font = argv[++i];
    else file = argv[i];
  }
  auto model = retort::model::load(file);
  if (!model) return std::puts(model.error().what.c_str()), 1;
  auto chat =
      retort::chat::make(*model, {.session = {.context = 512}, .how = {.temperature = 0}, .max_tokens = 120}).value();
  window w;
  if (!w.open(font)) return std::printf("no window: %s\n", SDL_GetError()), 1;

  std::size_t n_asked = 0, n_frames = 0, n_late = 0;
  double longest = 0;
  auto job = chat.begin(questions[0]).value();
  retort::reply said;
  Uint64 answered = 0;
  for (bool open = true; open; ++n_frames) {
    for (SDL_Event e; SDL_PollEvent(&e);) open = open && e.type != SDL_QUIT;
    const Uint64 frame = SDL_GetTicks64();
    if (!answered) {
      const Uint64 before = SDL_GetPerformanceCounter();
      const auto state = job.step(2ms);
      const double ms = 1e3 * static_cast<double>(SDL_GetPerformanceCounter() - before) /
                        static_cast<double>(SDL_GetPerformanceFrequency());
      longest = std::max(longest, ms);
      n_late += ms > 16.7;
      if (!state) return std::puts(state.error().what.c_str()), 1;
      said = job.so_far();
      if (*state == retort::status::done) {
        (void)job.take();
        chat.clear();
        answered = frame;
      }
    } else if (frame > answered + (shot ? 300 : 2500)) {
      if (++n_asked == std::size(questions) && shot) break;
      job = chat.begin(questions[n_asked % std::size(questions)]).value();
      answered = 0;
    }
    paint(w, static_cast<double>(frame) / 1e3, questions[n_asked % std::size(questions)], said, !answered);
    const Uint64 spent = SDL_GetTicks64() - frame;
    if (spent < 16) SDL_Delay(static_cast<Uint32>(16 - spent));
  }
  std::printf("%zu frames; the longest that Retort held one was %.2f ms; %zu were held over 16.7 ms\n", n_frames,
              longest, n_late);
  if (shot) {
    paint(w, 3.3, questions[std::size(questions) - 1], said, false);
    if (!w.save(shot)) return std::printf("no picture: %s\n", SDL_GetError()), 1;
  }
}
