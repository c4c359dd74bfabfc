// chat: a conversation in the terminal, with tools and schemas.
#include "commands.hpp"
#include "json.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
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

std::atomic<bool> interrupted{false};
extern "C" void on_interrupt(int) { interrupted = true; }

/// Ctrl-C does not end the program any more, it is noted.
#if defined(_WIN32)
void expect_interrupts() { std::signal(SIGINT, on_interrupt); }
#else
void expect_interrupts() {
  struct sigaction a = {};
  a.sa_handler = on_interrupt;
  a.sa_flags = SA_RESTART;  // what is being written goes on; waiting for a line ends all the same
  sigaction(SIGINT, &a, nullptr);
}
#endif

/// Runs a tool's command with the arguments on its standard input; what it prints is the result.
result<std::string> run_command(const std::string& command, std::string_view arguments) {
  std::string quoted = "'";
  for (char c : arguments) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  std::FILE* pipe = popen(("printf %s " + quoted + "' | (" + command + ")").c_str(), "r");
  if (!pipe) return error{errc::io, "cannot run " + command};
  std::string out;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0 && out.size() < most_text;)
    out.append(buffer, n);
  if (out.size() >= most_text) {
    pclose(pipe);
    return error{errc::io, "the command printed more than " + std::to_string(most_text >> 20) + " MB"};
  }
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

/// Shows an answer as it comes.
class printer {
 public:
  explicit printer(bool colour) : colour_(colour) {}
  [[nodiscard]] bool has_printed() const { return has_printed_; }
  /// Whether it may go on: not after Ctrl-C, nor where nobody reads it.
  retort::flow operator()(const retort::piece& p) {
    using kind = retort::piece::kind_type;
    has_printed_ = true;
    if (p.kind != before_) {
      if (colour_) say(p.kind == kind::thought ? "\033[2m" : "\033[0m");
      else say(p.kind == kind::thought ? "<think>\n" : before_ == kind::thought ? "\n</think>\n" : "\n");
    }
    before_ = p.kind;
    if (p.kind == kind::call) sayf("[%s ", std::string(p.name).c_str());
    say(p.text);
    if (p.kind == kind::call) say("]");
    return say_now("") && !interrupted ? retort::flow::go_on : retort::flow::stop;
  }
  /// The answer is over.
  void end() const { say_now(colour_ ? "\033[0m\n" : "\n"); }

 private:
  retort::piece::kind_type before_ = retort::piece::answer;
  bool colour_, has_printed_ = false;
};

/// Ctrl-C keeps what was said of the answer; before its beginning it takes the question back.
/// errors cancelled, those of chat::begin() and job::step()
result<retort::reply> ask(retort::chat& c, const std::string& question, printer& print) {
  RETORT_TRY(retort::job answer, c.begin(question, [&print](const retort::piece& p) { return print(p); }));
  for (;;) {
    RETORT_TRY(const retort::status now, answer.step(std::chrono::milliseconds(50)));
    if (now == retort::status::done) return answer.take();
    if (interrupted && !print.has_printed()) return error{errc::cancelled, "the question was taken back"};
  }
}

void report(const retort::reply& said, double seconds) {
  const char* how = said.why == retort::finish::interrupted ? "stopped; "
                    : said.why == retort::finish::length    ? "cut at the limit; "
                                                            : "";
  std::fprintf(stderr, "%sprompt %zu tokens (%zu cached), answer %zu tokens in %.2f s\n", how, said.n_prompt,
               said.n_cached, said.n_tokens, seconds);
}

/// Questions from the terminal, or a line each.
int converse(retort::chat& c, bool show, bool colour) {
  line_reader lines(&interrupted);
  int code = 0;
  for (bool leaving = false;;) {
    if (show) std::fprintf(stderr, "> ");
    auto line = lines.next();
    if (!line && line.error().code == errc::cancelled) {
      interrupted = false;
      std::fputs(leaving ? "\n" : "\nCtrl-C again, or Ctrl-D, ends.\n", stderr);
      if (leaving) return code;
      leaving = true;
      continue;
    }
    if (!line) return fail(line.error());
    if (!*line) break;
    leaving = false;
    if ((*line)->empty()) continue;
    printer print(colour);
    const auto begin = std::chrono::steady_clock::now();
    const auto said = ask(c, **line, print);
    print.end();
    interrupted = false;
    if (is_lost()) return 1;
    if (said) {
      report(*said, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    } else if (said.error().code == errc::cancelled) {
      std::fprintf(stderr, "stopped: %s\n", said.error().what.c_str());
    } else {
      code = fail(said.error());
      if (said.error().code != errc::full) break;  // a shorter question may fit
    }
  }
  if (show) std::fputs("\n", stderr);
  return code;
}

}  // namespace

int chat(const common_options& o, const run_options& r) {
  CLI_TRY(engine e, start(o, retort::cache_type::f16));
  CLI_TRY(const retort::chat_options options, options_of(e, r));
  CLI_TRY(retort::chat c, retort::chat::make(e.model, options));
  expect_interrupts();
  const bool show = isatty(0) != 0, colour = isatty(1) != 0;
  if (show) std::fprintf(stderr, "%s\nCtrl-C stops an answer, Ctrl-D ends.\n", e.model.info().name.c_str());
  return converse(c, show, colour);
}

}  // namespace cli
