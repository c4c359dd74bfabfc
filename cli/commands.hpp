// What the subcommands share: options that are common to them and how they end.
#pragma once

#include "input.hpp"
#include "output.hpp"

#include <retort/api.hpp>
#include <retort/base/threads.hpp>

#include <memory>
#include <string>

namespace cli {

/// -m, -t and friends.
struct common_options {
  std::string model;          ///< empty = the built-in one
  bool no_map = false;        ///< read the file instead of mapping it
  std::size_t n_threads = 0;  ///< 0 = one per core
  std::string target;         ///< kernel set by name, empty = the best
  std::string cache;          ///< f32, f16 or q8_0; empty = the command's default
  std::size_t context = 0;    ///< 0 = what the command needs
  std::size_t chunk = 0;      ///< prompt tokens at once, 0 = the library's default
  bool reproducible = false;
};

/// A model with what its sessions run on.
struct engine {
  retort::model model;
  std::unique_ptr<retort::thread_pool> pool;
  retort::session_options options;
};

/// Loads the model and prepares session options. `cache` is the command's default cache type.
retort::result<engine> start(const common_options& o, retort::cache_type cache);
/// "f32", "f16" or "q8_0" as the command line has checked it; empty = `otherwise`.
retort::cache_type cache_of(const std::string& name, retort::cache_type otherwise);
/// The model alone.
retort::result<retort::model> load(const common_options& o);

// Each returns what the process exits with; errors go to standard error as one sentence.
struct run_options {
  std::string prompt, system, template_file;
  std::size_t n = 0;
  retort::sampling how;
  std::vector<std::string> breakers = {"\n", ":", "\"", "*"};  ///< of sampling::dry, as texts
  bool raw = false, jsonl = false;
  std::string schema_file;              ///< what answers look like
  std::vector<std::string> tool_files;  ///< JSON: name, description, parameters, command
  std::size_t max_thought = 0;
  std::size_t guesses = 0;  ///< most tokens guessed at once
};
/// With the tokens of `breakers`.  errors missing
retort::result<retort::sampling> sampling_of(const retort::model& m, const run_options& r);
int run(const common_options&, const run_options&);
int chat(const common_options&, const run_options&);
int api(const common_options&, bool hosted, bool envelopes, const std::string& template_file);
int inspect(const common_options&, bool json, std::size_t context);
struct tokenize_options {
  std::string tokenizer;  ///< GGUF, tokenizer.json or a folder; empty = the model
  bool from_ids = false, no_special = false, no_bos = false;
};
int tokenize(const common_options&, const tokenize_options&);
int render(const common_options&, const std::string& template_file, const std::string& now);
int logits(const common_options&, const std::string& tokens, bool last, const std::string& out);
int greedy(const common_options&, const std::string& tokens, std::size_t n);
int perplexity(const common_options&, const std::string& tokens, const std::string& out);
int dequant(const std::string& type, const std::string& in, const std::string& out);
struct bench_options {
  std::size_t prompt = 512, n = 128, depth = 0, repeats = 3;
  bool json = false;
};
int bench(const common_options&, const bench_options&);

/// Prints "retort: sentence" and gives 1.
inline int fail(const retort::error& e) {
  std::fprintf(stderr, "retort: %s\n", e.what.c_str());
  return 1;
}
#define CLI_TRY(decl, expr)                                                                        \
  auto RETORT_CAT(cli_try_, __LINE__) = (expr);                                                    \
  if (!RETORT_CAT(cli_try_, __LINE__)) return ::cli::fail(RETORT_CAT(cli_try_, __LINE__).error()); \
  decl = std::move(*RETORT_CAT(cli_try_, __LINE__))
#define CLI_CHECK(expr)                                                                  \
  do {                                                                                   \
    if (auto&& cli_check_ = (expr); !cli_check_) return ::cli::fail(cli_check_.error()); \
  } while (0)

}  // namespace cli
