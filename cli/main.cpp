// retort: the example command line tool, which is also how the library is measured from outside.
#include "commands.hpp"
#include "numbers.hpp"

#include <exception>
#include <map>
#include <new>

namespace {

constexpr std::uint64_t most_context = std::uint64_t{1} << 24, most_ids = std::uint64_t{1} << 31;

void add_common(CLI::App& app, cli::common_options& o) {
  app.add_option("-m,--model", o.model, "model file (GGUF; any part of a split one); default: the built-in model");
  app.add_flag("--no-map", o.no_map, "read the model into memory of its own instead of mapping the file");
  app.add_option("-t,--threads", o.n_threads, "threads; default: one per core")->check(cli::whole(1, 1024));
  app.add_option("--target", o.target,
                 "kernel set: scalar, baseline, neon, wasm, avx2, avxvnni, avx512; default: the best");
  app.add_option("--cache", o.cache, "cache type")->check(CLI::IsMember({"f32", "f16", "q8_0"}));
  app.add_option("--context", o.context, "most tokens in a conversation")->check(cli::whole(1, most_context));
  app.add_option("--chunk", o.chunk, "prompt tokens worked on together")->check(cli::whole(1, 65536));
  app.add_flag("--reproducible", o.reproducible, "the same bits whatever the chunk");
}

/// What is off unless asked for, under the names that llama.cpp's tools use.
void add_samplers(CLI::App& app, cli::run_options& r) {
  retort::sampling& s = r.how;
  app.add_option("--repeat-penalty", s.repetition_penalty, "divides what was said lately; 1 = off")
      ->check(cli::real(0.01, 100));
  app.add_option("--presence-penalty", s.presence_penalty, "subtracted from what was said lately")
      ->check(cli::real(-100, 100));
  app.add_option("--frequency-penalty", s.frequency_penalty, "the same for each time")->check(cli::real(-100, 100));
  app.add_option("--repeat-last-n", s.penalty_window, "tokens that count as lately")
      ->capture_default_str()
      ->check(cli::whole(0, most_context));
  app.add_option("--typical", s.typical_p, "keep what surprises as much as expected, up to p; 1 = all")
      ->check(cli::real(0, 1));
  app.add_option("--top-nsigma", s.top_n_sigma, "keep logits within n standard deviations of the best; 0 = all")
      ->check(cli::real(0, 1000));
  app.add_option("--xtc-probability", s.xtc.probability, "of dropping the top choices; 0 = never")
      ->check(cli::real(0, 1));
  app.add_option("--xtc-threshold", s.xtc.threshold, "probability of a top choice")
      ->capture_default_str()
      ->check(cli::real(0, 1));
  app.add_option("--dynatemp-range", s.dynamic.range, "the temperature follows the entropy this far; 0 = it stays")
      ->check(cli::real(0, 100));
  app.add_option("--dynatemp-exp", s.dynamic.exponent, "how it follows")
      ->capture_default_str()
      ->check(cli::real(0, 100));
  app.add_option("--dry-multiplier", s.dry.multiplier, "penalty of what lengthens a repetition; 0 = off")
      ->check(cli::real(0, 100));
  app.add_option("--dry-base", s.dry.base, "its growth with each token")
      ->capture_default_str()
      ->check(cli::real(1, 100));
  app.add_option("--dry-allowed-length", s.dry.allowed, "longest repetition for free")
      ->capture_default_str()
      ->check(cli::whole(0, most_context));
  app.add_option("--dry-penalty-last-n", s.dry.window, "tokens that are searched")
      ->capture_default_str()
      ->check(cli::whole(0, 1 << 20));
  app.add_option("--dry-sequence-breaker", r.breakers, "texts no repetition goes on across; default: line end : \" *");
  app.add_option("--mirostat-ent", s.mirostat.tau, "mirostat 2: bits of surprise for each token; 0 = off")
      ->check(cli::real(0, 100));
  app.add_option("--mirostat-lr", s.mirostat.eta, "how fast it learns")->capture_default_str()->check(cli::real(0, 1));
  using step = retort::sampling_step;
  const std::map<std::string, step> steps = {{"temperature", step::temperature},
                                             {"top_n_sigma", step::top_n_sigma},
                                             {"top_k", step::top_k},
                                             {"typ_p", step::typical_p},
                                             {"min_p", step::min_p},
                                             {"top_p", step::top_p},
                                             {"xtc", step::xtc}};
  app.add_option("--samplers", s.order, "the steps and their order, as \"top_k;temperature\"; default: all, as listed")
      ->delimiter(';')
      ->transform(CLI::CheckedTransformer(steps));
}

void add_sampling(CLI::App& app, cli::run_options& r) {
  app.add_option("-n", r.n, "most tokens to generate; default: until the model ends or the context is full")
      ->check(cli::whole(1, most_context));
  app.add_option("--temp", r.how.temperature, "temperature; 0 takes the most likely token")
      ->capture_default_str()
      ->check(cli::real(0, 100));
  app.add_option("--top-k", r.how.top_k, "keep the k most likely tokens, 0 = all")
      ->capture_default_str()
      ->check(cli::whole(0, most_ids));
  app.add_option("--top-p", r.how.top_p, "keep the tokens that together reach p")
      ->capture_default_str()
      ->check(cli::real(0, 1));
  app.add_option("--min-p", r.how.min_p, "drop tokens below this share of the best")
      ->capture_default_str()
      ->check(cli::real(0, 1));
  app.add_option("--seed", r.how.seed, "seed of the draws")
      ->capture_default_str()
      ->check(cli::whole(0, std::numeric_limits<std::uint64_t>::max()));
  add_samplers(app, r);
  app.add_option("--system", r.system, "system message");
  app.add_option("--template", r.template_file, "chat template file instead of the model's own");
}

/// Reads the command line and does what it says.
int run_command(int argc, char** argv) {
  CLI::App app{"Retort: run distilled language models in your own process"};
  app.set_version_flag("--version", std::string(RETORT_VERSION));
  app.require_subcommand(1);
  cli::common_options common;
  cli::run_options generation;
  cli::bench_options bench;
  cli::tokenize_options tok;
  std::string tokens, out, type, in, template_file, now;
  bool last = false, json = false;
  std::size_t n = 32, context = 4096;
  int code = 0;

  auto* run = app.add_subcommand("run", "answer one prompt");
  add_common(*run, common);
  add_sampling(*run, generation);
  run->add_option("-p,--prompt", generation.prompt, "what to ask");
  run->add_flag("--raw", generation.raw, "the prompt as it is, without the chat template");
  run->add_flag("--jsonl", generation.jsonl, "prompts as JSON lines on standard input, {\"text\":...} lines out");
  run->callback([&] {
    if (generation.prompt.empty() && !generation.jsonl)
      throw CLI::ParseError("run needs -p TEXT or --jsonl", CLI::ExitCodes::RequiredError);
    code = cli::run(common, generation);
  });

  auto* chat = app.add_subcommand("chat", "a conversation; Ctrl-C stops an answer, Ctrl-D ends");
  add_common(*chat, common);
  add_sampling(*chat, generation);
  chat->add_option("--schema", generation.schema_file, "JSON schema that every answer satisfies");
  chat->add_option(
      "--tool", generation.tool_files,
      "JSON file of a tool: name, description, parameters and command, which gets the arguments on its standard input");
  chat->add_option("--max-thought", generation.max_thought, "tokens after which a thought is closed; 0 = no limit")
      ->check(cli::whole(0, most_context));
  chat->add_option("--guesses", generation.guesses, "tokens guessed at once from what was written before; 0 = none")
      ->check(cli::whole(0, 65535));
  chat->callback([&] { code = cli::chat(common, generation); });

  bool hosted = false, envelopes = false;
  auto* api = app.add_subcommand("api", "the DeepSeek API: a request JSON a line in, a response JSON a line out");
  add_common(*api, common);
  api->add_option("--template", template_file, "chat template file instead of the model's own");
  api->add_flag("--hosted", hosted, "refuse and ignore what the hosted service does");
  api->add_flag("--envelopes", envelopes, "{\"path\", \"body\"} in, {\"status\", \"body\" or \"chunk\"} out");
  api->callback([&] { code = cli::api(common, hosted, envelopes, template_file); });

  auto* inspect = app.add_subcommand("inspect", "what a model file holds and needs");
  add_common(*inspect, common);
  inspect->add_flag("--json", json, "as JSON");
  inspect->callback([&] { code = cli::inspect(common, json, common.context ? common.context : context); });

  auto* tokenize = app.add_subcommand("tokenize", "JSON lines {\"text\":...} in, {\"ids\":[...]} out");
  add_common(*tokenize, common);
  tokenize->add_option("--tokenizer", tok.tokenizer, "a GGUF, a tokenizer.json or a folder with one");
  tokenize->add_flag("--ids", tok.from_ids, "the other way round");
  tokenize->add_flag("--no-special", tok.no_special, "special tokens in the text are ordinary text");
  tokenize->add_flag("--no-bos", tok.no_bos, "no begin token in front");
  tokenize->callback([&] { code = cli::tokenize(common, tok); });

  auto* render =
      app.add_subcommand("render", "JSON lines of template variables in, {\"text\":...} or {\"error\":...} out");
  add_common(*render, common);
  render->add_option("--template", template_file, "chat template file; default: the model's own");
  render->add_option("--now", now, "the time a template sees, as 2026-01-15T12:00:00");
  render->callback([&] { code = cli::render(common, template_file, now); });

  auto* logits = app.add_subcommand("logits", "little-endian f32 scores for every token of a list");
  add_common(*logits, common);
  logits->add_option("--tokens", tokens, "JSON file with token ids")->required();
  logits->add_flag("--last", last, "only the last row");
  logits->add_option("--out", out, "file to write")->required();
  logits->callback([&] { code = cli::logits(common, tokens, last, out); });

  auto* greedy = app.add_subcommand("greedy", "the most likely continuation, as JSON ids");
  add_common(*greedy, common);
  greedy->add_option("--tokens", tokens, "JSON file with token ids")->required();
  greedy->add_option("-n", n, "tokens to generate")->capture_default_str()->check(cli::whole(1, most_context));
  greedy->callback([&] { code = cli::greedy(common, tokens, n); });

  auto* perplexity = app.add_subcommand("perplexity", "how well the model expects a list of tokens");
  add_common(*perplexity, common);
  perplexity->add_option("--tokens", tokens, "JSON file with token ids")->required();
  perplexity->add_option("--out", out, "file for -log p of every token after the first, f32");
  perplexity->callback([&] { code = cli::perplexity(common, tokens, out); });

  auto* dequant = app.add_subcommand("dequant", "blocks of a quantized type to f32");
  dequant->add_option("--type", type, "element type, as q4_k")->required();
  dequant->add_option("--in", in, "file of blocks")->required();
  dequant->add_option("--out", out, "file of f32 to write")->required();
  dequant->callback([&] { code = cli::dequant(type, in, out); });

  auto* bench_command = app.add_subcommand("bench", "prompt and generation speed");
  add_common(*bench_command, common);
  bench_command->add_option("-p", bench.prompt, "prompt tokens, 0 = none")
      ->capture_default_str()
      ->check(cli::whole(0, most_context));
  bench_command->add_option("-n", bench.n, "tokens to generate, 0 = none")
      ->capture_default_str()
      ->check(cli::whole(0, most_context));
  bench_command->add_option("-d,--depth", bench.depth, "tokens already in the context")
      ->capture_default_str()
      ->check(cli::whole(0, most_context));
  bench_command->add_option("-r", bench.repeats, "repeats")->capture_default_str()->check(cli::whole(1, 1000));
  bench_command->add_flag("--json", bench.json, "as JSON");
  bench_command->callback([&] { code = cli::bench(common, bench); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::ostringstream shown, unused;
    if (app.exit(e, shown, unused) == 0) {
      cli::say(shown.str());
      return 0;
    }
    std::fprintf(stderr, "retort: %s; --help tells more\n", e.what());
    return 2;
  }
  return code;
}

constexpr std::string_view no_memory = "retort: out of memory\n";

/// Where an exception cannot be thrown or caught any more: for want of memory that is no reason to dump a core. Where
/// there is none in hand, there was no memory for it.
[[noreturn]] void on_terminate() noexcept {
  const std::exception_ptr why = std::current_exception();
  try {
    if (why) std::rethrow_exception(why);
  } catch (const std::bad_alloc&) {
  } catch (...) {
    std::abort();
  }
  cli::complain(no_memory);
  std::_Exit(1);
}
/// Before anything else, what runs before main() included.
#if defined(__GNUC__)
[[gnu::constructor(101)]]
#endif
void expect_the_worst() {
  std::set_terminate(on_terminate);
}

}  // namespace

int main(int argc, char** argv) {
  expect_the_worst();
  cli::hold_standard_files();
  int code = 1;
  try {
    code = run_command(argc, argv);
  } catch (const std::bad_alloc&) {
    cli::complain(no_memory);
  } catch (const std::exception& e) {
    cli::complain("retort: ");
    cli::complain(e.what());
    cli::complain("\n");
  } catch (...) {
    cli::complain("retort: an unknown exception\n");
  }
  return cli::finish(code);
}
