// run: a prompt in, text out as it comes.
#include "commands.hpp"
#include "json.hpp"

#include <retort/chat/prompt.hpp>

#include <chrono>
#if defined(_WIN32)
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

namespace cli {
namespace {

using retort::errc;
using retort::error;
using retort::result;
using seconds = std::chrono::duration<double>;
using std::chrono::steady_clock;

/// What one answer cost.
struct answer {
  std::string text;
  std::size_t n_prompt = 0, n = 0;
  double prompt_seconds = 0, seconds = 0;
  bool ended = false;  ///< by the model, not by a limit
};

bool is_terminal(int fd) { return isatty(fd) != 0; }

/// Computes the prompt, with a progress line on a terminal.
result<void> take_prompt(retort::session& s, std::size_t n) {
  const bool show = is_terminal(2);
  for (;;) {
    RETORT_TRY(const retort::status now, s.step(std::chrono::milliseconds(100)));
    if (show) std::fprintf(stderr, "\rprompt %zu of %zu tokens ", s.n_computed(), n);
    if (now == retort::status::done) break;
  }
  if (show) std::fprintf(stderr, "\r%40s\r", "");
  return {};
}

/// Generates after `tokens` and hands every stretch of whole characters to `put`, which tells whether to go on.
template <class Put>
result<answer> generate(const engine& e, retort::session& s, retort::sampler& next,
                        std::span<const retort::token> tokens, std::size_t most, Put put) {
  answer a;
  const auto begin = steady_clock::now();
  RETORT_CHECK(s.sync(tokens));
  a.n_prompt = tokens.size() - s.n_computed();
  RETORT_CHECK(take_prompt(s, tokens.size()));
  const auto start = steady_clock::now();
  a.prompt_seconds = seconds(start - begin).count();
  auto text = e.model.text();
  retort::decoder words(**text, true);
  while (most == 0 || a.n < most) {
    const retort::token t = next(s.logits(), s.tokens());
    ++a.n;
    if (e.model.is_end(t)) {
      a.ended = true;
      break;
    }
    const std::string_view piece = words.push(t);
    a.text += piece;
    if (!put(piece)) return a;
    if (s.tokens().size() == s.context()) break;
    RETORT_CHECK(s.push(t));
    RETORT_CHECK(s.step());
  }
  const std::string_view rest = words.flush();
  a.text += rest;
  put(rest);
  a.seconds = seconds(steady_clock::now() - start).count();
  return a;
}

/// How prompts are made: by a template, or as they are.
struct prompter {
  std::optional<retort::prompt_maker> maker;
  std::string system;

  static result<prompter> make(const engine& e, const run_options& r, bool raw) {
    prompter p;
    p.system = r.system;
    RETORT_CHECK(e.model.text());
    std::string source;
    if (!r.template_file.empty()) {
      RETORT_TRY(source, read_text(r.template_file));
    }
    if (raw || (source.empty() && e.model.info().chat_template.empty())) return p;
    RETORT_TRY(p.maker, retort::prompt_maker::make(e.model, source));
    return p;
  }
  /// messages: [{role, content}, ...], the last one from the user
  result<std::vector<retort::token>> tokens(const engine& e, const json& messages) const {
    if (!maker) {
      std::vector<retort::token> ids;
      if (const auto bos = e.model.bos()) ids.push_back(*bos);
      RETORT_TRY(const auto body, e.model.encode(messages.back()["content"].text()));
      ids.insert(ids.end(), body.begin(), body.end());
      if (ids.empty()) return error{errc::bad_argument, "the prompt is empty"};
      return ids;
    }
    json all = json::array();
    if (!system.empty()) all.push_back({{"role", "system"}, {"content", system}});
    for (const auto& m : messages) all.push_back(m);
    retort::render_options now;
    now.now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    RETORT_TRY(retort::prompt p, maker->render({{"messages", all}, {"add_generation_prompt", true}}, now));
    return std::move(p.tokens);
  }
};

void report(const engine& e, const answer& a) {
  const double speed = a.seconds > 0 ? static_cast<double>(a.n) / a.seconds : 0;
  const double gb_s = speed * static_cast<double>(e.model.info().bytes_active) / 1e9;
  std::fprintf(
      stderr, "prompt %zu tokens in %.2f s (%.1f tokens/s), answer %zu tokens in %.2f s: %.2f tokens/s, %.2f GB/s\n",
      a.n_prompt, a.prompt_seconds, a.prompt_seconds > 0 ? static_cast<double>(a.n_prompt) / a.prompt_seconds : 0, a.n,
      a.seconds, speed, gb_s);
}

/// One {"prompt": ...} a line in, one {"text": ...} a line out.
int run_lines(const engine& e, const prompter& p, retort::session& s, const run_options& r) {
  CLI_TRY(const retort::sampling how, sampling_of(e.model, r));
  for (line_reader lines;;) {
    CLI_TRY(const auto line, lines.next());
    if (!line) return 0;
    if (line->empty()) continue;
    const json in = parsed(*line);
    if (!in.is_object() || !in.contains("prompt") || !in["prompt"].is_string())
      return fail({errc::bad_argument, "a line is no JSON object with a string \"prompt\""});
    CLI_TRY(const auto tokens, p.tokens(e, json::array({{{"role", "user"}, {"content", in["prompt"]}}})));
    CLI_TRY(retort::sampler next, retort::sampler::make(how, e.model.info().n_vocab));
    CLI_TRY(const answer a, generate(e, s, next, tokens, r.n, [](std::string_view) { return true; }));
    const json out = {{"text", a.text}, {"tokens", a.n}, {"ended", a.ended}};
    if (!say_now(dump(out) + "\n")) return 1;
  }
}

}  // namespace

int run(const common_options& o, const run_options& r) {
  if (is_terminal(2)) std::fprintf(stderr, "loading ...");
  CLI_TRY(engine e, start(o, retort::cache_type::f16));
  CLI_TRY(const prompter p, prompter::make(e, r, r.raw));
  CLI_TRY(retort::session s, retort::session::make(e.model, e.options));
  if (is_terminal(2)) std::fprintf(stderr, "\r%12s\r", "");
  if (r.jsonl) return run_lines(e, p, s, r);
  CLI_TRY(const auto tokens, p.tokens(e, json::array({{{"role", "user"}, {"content", r.prompt}}})));
  CLI_TRY(const retort::sampling how, sampling_of(e.model, r));
  CLI_TRY(retort::sampler next, retort::sampler::make(how, e.model.info().n_vocab));
  CLI_TRY(const answer a, generate(e, s, next, tokens, r.n, say_now));
  if (!say_now("\n")) return 1;
  report(e, a);
  return 0;
}

}  // namespace cli
