// chat: a conversation in the terminal, with tools and schemas.
#include "commands.hpp"
#include "json.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#if defined(_WIN32)
#include <io.h>
#define isatty _isatty
#define popen _popen
#define pclose _pclose
#else
#include <unistd.h>
#endif

namespace cli {
namespace {

using retort::errc;
using retort::error;
using retort::result;

std::atomic<retort::chat*> interruptible{nullptr};
extern "C" void on_interrupt(int) {
  if (retort::chat* c = interruptible.load()) c->cancel();
}

/// Runs a tool's command with the arguments on its standard input; what it prints is the result.
result<std::string> run_command(const std::string& command, std::string_view arguments) {
  std::string quoted = "'";
  for (char c : arguments) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  std::FILE* pipe = popen(("printf %s " + quoted + "' | (" + command + ")").c_str(), "r");
  if (!pipe) return error{errc::io, "cannot run " + command};
  std::string out;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  return pclose(pipe) == 0 ? result<std::string>(std::move(out)) : error{errc::io, "the command failed: " + out};
}

result<retort::tool> read_tool(const std::string& path) {
  RETORT_TRY(const std::string text, read_text(path));
  const json j = parsed(text);
  const auto field = [&j](const char* name) { return j[name].get<std::string>(); };
  retort::tool t;
  t.name = field("name");
  t.description = field("description");
  const std::string command = field("command");
  if (t.name.empty() || command.empty()) return error{errc::bad_argument, path + ": a tool needs a name and a command"};
  if (j.contains("parameters")) t.parameters = dump(j["parameters"]);
  t.call = [command](std::string_view arguments) { return run_command(command, arguments); };
  return t;
}

result<retort::chat_options> options_of(const engine& e, const run_options& r) {
  retort::chat_options o;
  o.session = e.options;
  o.session.max_guesses = r.guesses;
  o.system = r.system;
  RETORT_TRY(o.how, sampling_of(e.model, r));
  o.max_tokens = r.n;
  o.max_thought = r.max_thought;
  o.when_full = retort::overflow::drop_oldest;
  o.now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  if (!r.template_file.empty()) {
    RETORT_TRY(o.chat_template, read_text(r.template_file));
  }
  if (!r.schema_file.empty()) {
    RETORT_TRY(const std::string schema, read_text(r.schema_file));
    RETORT_TRY(o.shape, retort::constraint::json_schema(e.model, schema));
  }
  for (const std::string& path : r.tool_files) {
    RETORT_TRY(retort::tool t, read_tool(path));
    o.tools.push_back(std::move(t));
  }
  return o;
}

}  // namespace

int chat(const common_options& o, const run_options& r) {
  CLI_TRY(engine e, start(o, retort::cache_type::f16));
  CLI_TRY(const retort::chat_options options, options_of(e, r));
  CLI_TRY(retort::chat c, retort::chat::make(e.model, options));
  interruptible = &c;
  std::signal(SIGINT, on_interrupt);
  const bool show = isatty(0) != 0, colour = isatty(1) != 0;
  if (show) std::fprintf(stderr, "%s\nCtrl-C stops an answer, Ctrl-D ends.\n", e.model.info().name.c_str());
  for (std::string line;;) {
    if (show) std::fprintf(stderr, "> ");
    if (!std::getline(std::cin, line)) break;
    if (line.empty()) continue;
    using kind = retort::piece::kind_type;
    kind before = kind::answer;
    const auto print = [&](const retort::piece& p) {
      if (colour && p.kind != before) std::fputs(p.kind == kind::thought ? "\033[2m" : "\033[0m", stdout);
      if (!colour && p.kind != before)
        std::fputs(p.kind == kind::thought ? "<think>\n" : before == kind::thought ? "\n</think>\n" : "\n", stdout);
      before = p.kind;
      if (p.kind == kind::call) std::printf("[%.*s ", static_cast<int>(p.name.size()), p.name.data());
      std::fwrite(p.text.data(), 1, p.text.size(), stdout);
      if (p.kind == kind::call) std::fputs("]", stdout);
      std::fflush(stdout);
      return retort::flow::go_on;
    };
    const auto begin = std::chrono::steady_clock::now();
    const auto said = c.ask(line, print);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::fputs(colour ? "\033[0m\n" : "\n", stdout);
    if (!said && said.error().code != errc::cancelled) return fail(said.error());
    if (said)
      std::fprintf(stderr, "prompt %zu tokens (%zu cached), answer %zu tokens in %.2f s\n", said->n_prompt,
                   said->n_cached, said->n_tokens, seconds);
  }
  interruptible = nullptr;
  return 0;
}

}  // namespace cli
