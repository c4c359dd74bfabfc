// What a host program sees: the objects, their options and their contracts.
// Includes no dependency and none of the code; a program that defines
// RETORT_SPLIT includes only this, and one of its source files the rest.
#pragma once

#include <retort/base/macros_off.inc>

#include <retort/base/memory.hpp>
#include <retort/base/threads.hpp>
#include <retort/base/types.hpp>
#include <retort/tensor/view.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <vector>

RETORT_BEGIN

class tokenizer;  // tokenizer/tokenizer.hpp
class batch;
class prefix_cache;
namespace detail {
struct model_impl;
struct workbench;
struct session_impl;
struct prefix_store;
struct chat_impl;
struct completions_impl;
struct constraint_impl;
struct matcher_impl;
class grammar;  // grammar/grammar.hpp
}  // namespace detail

// What a host may bring: allocator (base/memory.hpp), threads (base/threads.hpp), and a reader.

/// A program's own way to the bytes of a model: an archive, an asset store, the network.
class reader {
 public:
  virtual ~reader() = default;
  /// How many bytes there are. Asked once.
  virtual std::uint64_t size() noexcept = 0;
  /// Fills all of `into` from `offset` on; false when that fails.
  virtual bool read(std::uint64_t offset, std::span<std::byte> into) noexcept = 0;
};

// ---- model ----------------------------------------------------------------------------------------

struct model_options {
  bool map = true;              ///< map the file; false reads it into memory (safe against truncation by others)
  allocator* memory = nullptr;  ///< for what is not mapped; nullptr = the system's
};

/// What a file holds, for people and for programs that decide by it.
struct model_info {
  std::string name;          ///< general.name, or the file's name
  std::string architecture;  ///< general.architecture
  std::string types;         ///< element types by share of bytes, "q4_k 78%, q6_k 22%"
  std::uint64_t n_parameters = 0;
  std::uint64_t n_active_parameters = 0;  ///< read per token: without the experts that are not chosen
  std::uint64_t bytes_tensors = 0;
  std::uint64_t bytes_active = 0;  ///< of weights, read to generate one token
  std::uint64_t bytes_owned = 0;   ///< made at load beside the mapped file
  std::size_t context_length = 0;  ///< trained context, tokens
  std::size_t n_layers = 0, dim = 0, n_vocab = 0, n_heads = 0, n_heads_kv = 0;
  std::size_t n_experts = 0, n_experts_used = 0;
  std::string summary;        ///< one line: sizes, rope, scale, routing as they will be used
  std::string chat_template;  ///< tokenizer.chat_template, empty where the file has none
};

/// Bytes a session or completions will take, before anything is allocated.
struct memory_quote {
  std::uint64_t cache = 0;      ///< keys and values of the whole context; committed page by page
  std::uint64_t workspace = 0;  ///< activations, logits, everything else
  std::uint64_t shapes = 0;     ///< of completions: compiled answer shapes, at most
  [[nodiscard]] std::uint64_t total() const noexcept { return cache + workspace + shapes; }
};

struct session_options;

/// A tensor of a model's file where it lies. Keeps the model alive.
class stored_tensor {
 public:
  std::string name;
  std::string type;                  ///< of its elements, "q4_k"
  std::vector<std::size_t> shape;    ///< outermost first
  std::span<const std::byte> bytes;  ///< as stored, row after row

  [[nodiscard]] std::size_t n_rows() const noexcept;  ///< all indices but the innermost taken together
  [[nodiscard]] std::size_t n_columns() const noexcept;
  /// The rows [first, first + out.shape(0)) as floats.   out [n, n_columns()]
  /// errors bad_argument (rows that are not there, another width), unsupported (a type that is no number)
  /// cost   O(elements), no allocation
  result<void> read(std::size_t first, tensor<float, 2> out) const;

 private:
  friend class model;
  std::shared_ptr<const detail::model_impl> of_;
};

/// A loaded model: immutable, cheap to copy, safe to share between threads.
class model {
 public:
  /// Maps a GGUF file (any part of a split one) and checks all of it but the
  /// numbers. Copies no weights.
  /// errors io, bad_file, unsupported, missing, mismatch, no_memory: file, tensor or key, expected, found
  static result<model> load(const std::string& path, const model_options& options = {});
  /// A GGUF file in memory, used in place: `file` must outlive every copy of the model.
  static result<model> view(std::span<const std::byte> file, const std::string& name = "memory");
  /// A GGUF file from the host's own storage, read once into memory.
  static result<model> read(reader& from, const model_options& options = {});

  model() = default;  ///< empty: everything is an error, or nothing
  [[nodiscard]] const model_info& info() const noexcept;
  [[nodiscard]] result<memory_quote> quote(const session_options& options) const;

  /// Text to ids, without BOS. `special`: whether control tokens in the text are recognised.
  /// errors missing (the file holds no tokenizer Retort can read; says why)
  [[nodiscard]] result<std::vector<token>> encode(std::string_view text, bool special = true) const;
  /// Ids to text; bytes that are no UTF-8 become U+FFFD.
  [[nodiscard]] result<std::string> decode(std::span<const token> ids, bool special = false) const;
  [[nodiscard]] bool is_end(token id) const noexcept;       ///< whether generation stops at it
  [[nodiscard]] std::optional<token> bos() const noexcept;  ///< the begin token if the model wants one in front
  /// The tokens in whose text this occurs, in their order: breakers for sampling::dry, say.
  /// errors missing   cost O(vocabulary)
  [[nodiscard]] result<std::vector<token>> tokens_with(std::string_view text) const;
  /// errors missing
  [[nodiscard]] result<const tokenizer*> text() const;

  /// A tensor by its name in the file, "blk.0.attn_q.weight".  errors missing
  [[nodiscard]] result<stored_tensor> tensor(std::string_view name) const;
  /// The names of all tensors, in the order of the file.
  [[nodiscard]] result<std::vector<std::string>> tensors() const;

  [[nodiscard]] const std::shared_ptr<const detail::model_impl>& impl() const noexcept { return impl_; }

 private:
  explicit model(std::shared_ptr<const detail::model_impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const detail::model_impl> impl_;
};

// ---- session ----------------------------------------------------------------------------------------

enum class cache_type : std::uint8_t { f32, f16, q8_0 };

struct session_options {
  std::size_t context = 4096;  ///< most tokens; 0 = what the model was trained for
  cache_type cache = cache_type::f16;
  std::size_t chunk = 0;        ///< prompt tokens that are worked on together; 0 = 256, for mixtures of experts 512
  threads* pool = nullptr;      ///< where work runs; nullptr = the thread that calls step()
  allocator* memory = nullptr;  ///< nullptr = the system's
  bool reproducible = false;    ///< same bits whatever the chunk and the neighbours; see docs/performance.md
  std::string target{};         ///< kernel set by name ("avx2"); empty = the best
  std::size_t max_guesses = 0;  ///< most tokens that guess() may take at once
  batch* in = nullptr;          ///< computed on this one's workspace (its chunk, pool, target); nullptr = its own
  prefix_cache* prefixes = nullptr;  ///< where beginnings are found and remembered; nullptr = nowhere
  std::string owner{};               ///< only beginnings remembered by the same owner are found
  std::function<void(const expert_route&)> on_route{};  ///< called during step()
  std::function<void(std::size_t position, std::span<const float>)>
      on_logits{};  ///< every token's logits, during step()
};

enum class status : std::uint8_t { running, done };

/// One timeline of tokens: sync() says what it should hold, step() gets there,
/// logits() tells what may come next. Not for two threads at once, but for
/// cancel(). Every call that returns a result may fail with bad_argument where the session was moved from, with busy
/// inside a callback of its own step, and with no_memory; then nothing has changed.
class session {
 public:
  /// errors bad_argument, no_memory
  static result<session> make(const model& m, const session_options& options = {});

  /// The timeline becomes `tokens`. What it shares with the present one from
  /// the start is kept; the rest is computed by step().
  /// errors bad_argument (empty, unknown id), full; then nothing has changed
  result<void> sync(std::span<const token> tokens);
  /// One more token: sync() with tokens() and `next`, without the comparison.
  result<void> push(token next);
  /// Tokens that may come next, computed in one pass together with what was pushed before: afterwards logits(i)
  /// tells what comes when the last i of them are not there, and rewind() takes the wrong ones back.
  /// errors bad_argument (empty, unknown id, more than 1 + max_guesses), full; then nothing has changed
  result<void> guess(std::span<const token> next);

  /// Computes until done, or until `budget` has passed: then it returns after
  /// what every thread has in hand, a fraction of a millisecond as a rule, in
  /// prompts as in generation, and the next call goes on from there.
  /// errors cancelled, full, no_memory; finished tokens stay, step() may be called again
  result<status> step(std::chrono::nanoseconds budget);
  /// Computes until done.
  result<status> step();

  /// [n_vocab] scores of the token after the last one but `back`; empty before step() returned done, and
  /// where guess() did not ask for them.
  [[nodiscard]] tensor<float, 1> logits(std::size_t back = 0) noexcept;
  /// All of them that are here: [n, n_vocab], logits() last.
  [[nodiscard]] tensor<float, 2> all_logits() noexcept;
  [[nodiscard]] std::span<const token> tokens() const noexcept;
  [[nodiscard]] std::size_t n_computed() const noexcept;  ///< tokens in the cache
  [[nodiscard]] std::size_t context() const noexcept;

  /// Forgets all but the first n tokens.  errors bad_argument
  result<void> rewind(std::size_t n);
  /// A second timeline with the same computed past, sharing its memory until they part.  errors no_memory
  result<session> fork();
  /// Gives the prefix cache, if there is one and memory for it, what has been computed. Copies nothing.
  void remember() noexcept;
  /// Makes the step() in progress, or the next one, return errc::cancelled. From any thread.
  void cancel() noexcept;

  /// The timeline with its cache, as bytes with version and checksum.
  result<std::vector<std::byte>> save() const;
  /// errors bad_file (damaged), mismatch (another model or cache type), full; then nothing has changed
  result<void> restore(std::span<const std::byte> state);

  [[nodiscard]] const char* target() const noexcept;  ///< the kernel set in use
  [[nodiscard]] const std::shared_ptr<detail::session_impl>& impl() const noexcept { return impl_; }

 private:
  explicit session(std::shared_ptr<detail::session_impl> impl) noexcept : impl_(std::move(impl)) {}
  std::shared_ptr<detail::session_impl> impl_;  // shared with a step in progress alone
};

/// A workspace for several sessions of one model: what they need next is
/// computed in one pass, so that the weights are read once for all of them.
/// Sessions join by session_options::in, and their forks with them; it and its
/// sessions are one thread's business at a time, but for cancel().
class batch {
 public:
  /// `options`: context (the longest of any session), chunk, pool, memory, target, observers;
  /// `most`: sessions in one pass.
  /// errors bad_argument, no_memory
  static result<batch> make(const model& m, const session_options& options = {}, std::size_t most = 16);
  /// Computes until all of these have their logits, or until `budget` has passed; see session::step.
  /// errors bad_argument (a session of another workspace), cancelled, no_memory: of one session, the others may go on
  result<status> step(std::span<session* const> of, std::chrono::nanoseconds budget);
  result<status> step(std::span<session* const> of);

  [[nodiscard]] const std::shared_ptr<detail::workbench>& impl() const noexcept { return impl_; }

 private:
  explicit batch(std::shared_ptr<detail::workbench> impl) : impl_(std::move(impl)) {}
  result<status> step(std::span<session* const> of, const std::chrono::steady_clock::time_point* deadline);
  std::shared_ptr<detail::workbench> impl_;
};

/// Computed beginnings that later sessions of the same model start from: a
/// system prompt, a persona, a document. Pages of the key-value cache are
/// shared, not copied. Safe to share between threads.
class prefix_cache {
 public:
  /// Takes `bytes` at once; sessions that use it have their pages in it too, and the beginnings that were not
  /// used for longest make room for them.
  /// errors bad_argument (less than a page, a cache type that does not fit the model), no_memory
  static result<prefix_cache> make(const model& m, std::uint64_t bytes, cache_type type = cache_type::f16,
                                   allocator* memory = nullptr);
  [[nodiscard]] std::uint64_t bytes() const noexcept;  ///< of the pages in use
  [[nodiscard]] std::size_t n_beginnings() const noexcept;
  void clear() noexcept;

  [[nodiscard]] const std::shared_ptr<detail::prefix_store>& impl() const noexcept { return impl_; }

 private:
  explicit prefix_cache(std::shared_ptr<detail::prefix_store> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<detail::prefix_store> impl_;
};

// ---- sampling ---------------------------------------------------------------------------------------

/// What happens between the penalties and the draw. Each drops tokens, but for the temperature.
enum class sampling_step : std::uint8_t { temperature, top_n_sigma, top_k, typical_p, min_p, top_p, xtc };

/// How the next token is chosen from logits: logit bias and penalties change them, then the steps of `order` are taken
/// on the tokens that are left, then one is drawn. What is not asked for costs nothing.
struct sampling {
  float temperature = 0.6f;         ///< 0 = the most likely token, whatever the steps; below 0 is refused
  std::size_t top_k = 0;            ///< keep the k most likely; 0 = all
  float top_p = 0.95f;              ///< keep the fewest tokens that together reach p; 1 = all
  float min_p = 0;                  ///< drop tokens less likely than this share of the best; 0 = none
  float repetition_penalty = 1;     ///< divide positive, multiply negative logits of tokens seen; arXiv:1909.05858
  float presence_penalty = 0;       ///< subtract from tokens seen
  float frequency_penalty = 0;      ///< subtract per time seen
  std::size_t penalty_window = 64;  ///< how many last tokens count as seen; 0 = none
  std::vector<std::pair<token, float>> logit_bias{};
  std::uint64_t seed = 0;  ///< same seed, same tokens, whatever the thread count

  float typical_p = 1;    ///< keep the tokens closest to the expected surprise that reach p; 1 = all; arXiv:2202.00666
  float top_n_sigma = 0;  ///< keep logits within n standard deviations of the best; 0 = all; arXiv:2411.07641
  /// Exclude top choices: now and then, all tokens at or above the threshold but the least likely of them are dropped.
  struct xtc_settings {
    float probability = 0;   ///< of doing so; 0 = never
    float threshold = 0.1f;  ///< a probability; above 0.5 nothing is dropped
  } xtc{};
  /// The temperature follows the entropy, from `temperature - range` where the model is sure to `temperature + range`.
  struct dynamic_settings {
    float range = 0;     ///< 0 = the temperature stays
    float exponent = 1;  ///< of the entropy's share of its maximum
  } dynamic{};
  /// Don't repeat yourself: subtracts multiplier * base^(n - allowed) from a token that would lengthen a repetition of
  /// the last n tokens, n >= allowed.
  struct dry_settings {
    float multiplier = 0;  ///< 0 = off
    float base = 1.75f;
    std::size_t allowed = 2;        ///< longest repetition that costs nothing
    std::size_t window = 1024;      ///< how many last tokens are searched, at most 2^20
    std::vector<token> breakers{};  ///< no repetition goes on across these; see model::tokens_with()
  } dry{};
  /// Mirostat 2: keeps the surprise of what is drawn near tau, in place of all steps but the temperature.
  /// arXiv:2007.14966
  struct mirostat_settings {
    float tau = 0;     ///< bits for each token; 0 = off
    float eta = 0.1f;  ///< how fast it learns
  } mirostat{};
  /// Each at most once; what is left out is not done. Empty = as sampling_step lists them.
  std::vector<sampling_step> order{};
};
namespace detail {
struct candidate {
  float x;  ///< its logit less the best one, tempered
  float p;  ///< e^x
  token id;
};
struct repetition {
  token id;              ///< what would lengthen it
  std::uint32_t length;  ///< without that
};
class candidates;  // run/candidates.hpp
}  // namespace detail

/// Draws tokens. Copy it to branch a conversation.
class sampler {
 public:
  /// errors bad_argument, naming the field; no_memory
  static result<sampler> make(const sampling& how, std::size_t n_vocab);
  sampler(const sampler& other);
  sampler& operator=(const sampler& other);
  sampler(sampler&&) noexcept = default;
  sampler& operator=(sampler&&) noexcept = default;

  /// The next token; -1 where there are no logits. `logits` are changed meanwhile and put back, and those beyond
  /// n_vocab are left out; `seen` is the timeline so far; `allowed` has a bit for each token that may be chosen (see
  /// matcher), nothing = all: whatever biases, penalties and logits say, no other is.
  /// cost    O(n_vocab), a sort of the kept tokens only; no allocation
  token operator()(std::span<float> logits, std::span<const token> seen,
                   std::span<const std::uint64_t> allowed = {}) noexcept;

 private:
  sampler() = default;
  void reserve();
  void change(std::span<float> logits, token id, float to);
  void penalize(std::span<float> logits, std::span<const token> seen);
  void penalize_repetitions(std::span<float> logits, std::span<const token> seen);
  token draw(std::span<const float> logits, std::span<const std::uint64_t> allowed);
  void take(sampling_step step, detail::candidates& kept, std::span<const float> logits,
            std::span<const std::uint64_t> allowed);
  double uniform();
  sampling how_;
  std::size_t n_vocab_ = 0;
  std::array<std::uint64_t, 4> state_{};
  float most_surprise_ = 0;  // of mirostat, bits
  std::vector<detail::candidate> kept_;
  std::vector<token> last_;  // the window of the penalties, sorted
  std::vector<std::uint32_t> matches_;
  std::vector<detail::repetition> repetitions_;
  std::vector<std::pair<token, float>> changed_;  // logits, and what they were
};

// ---- constraints ------------------------------------------------------------------------------------

/// How much is written of what a schema leaves open: members it does not declare, types it does not name.
enum class schema_style : std::uint8_t {
  declared,  ///< what it speaks of: what an application that wrote the schema means
  open,      ///< all of it
};

/// What compiling a constraint may take: what it compiles may come from a stranger.
struct compile_limits {
  std::chrono::nanoseconds budget = std::chrono::nanoseconds::max();  ///< then errc::limit, within a millisecond or so
  const std::atomic<bool>* cancelled = nullptr;                       ///< once true, from any thread: errc::cancelled
  std::size_t bytes = std::size_t{64} << 20;                          ///< of what is kept; see constraint::bytes()
};

/// What an answer may look like, compiled for one vocabulary. Immutable, cheap to copy, shared between threads.
/// docs/constraints.md lists the keywords and the syntax.
class constraint {
 public:
  /// A JSON value that satisfies a JSON schema; properties come in the order they are declared.
  /// cost    milliseconds; seconds for schemas whose patterns are large: compile once and keep. The first constraint of
  ///         a model sorts its vocabulary, about 0.1 s for 150,000 tokens
  /// errors  bad_argument (no JSON, or no schema), unsupported (names the keyword and its JSON pointer),
  ///         missing (no value satisfies it that the vocabulary can write), limit, cancelled
  static result<constraint> json_schema(const model& m, std::string_view schema,
                                        schema_style style = schema_style::declared, const compile_limits& most = {});
  /// Any JSON object.  errors missing
  static result<constraint> json_object(const model& m, const compile_limits& most = {});
  /// A text that the regular expression matches as a whole.
  /// errors  bad_grammar, unsupported, missing, limit, cancelled
  static result<constraint> regex(const model& m, std::string_view pattern, const compile_limits& most = {});
  /// A text of the rule "root" of a grammar in llama.cpp's GBNF.
  /// errors  bad_grammar, unsupported, missing, limit, cancelled
  static result<constraint> grammar(const model& m, std::string_view gbnf, const compile_limits& most = {});
  /// One of these texts.  errors missing, limit, cancelled
  static result<constraint> choices(const model& m, std::span<const std::string> of, const compile_limits& most = {});
  /// A text of the rule root of a grammar that was built by hand.
  /// errors  bad_grammar, bad_argument, missing, limit, cancelled
  static result<constraint> make(const model& m, const detail::grammar& g, std::size_t bytes = compile_limits{}.bytes);

  /// What it takes now: the automaton, and the masks that were computed so far. No more than compile_limits::bytes.
  [[nodiscard]] std::size_t bytes() const noexcept;

  explicit constraint(std::shared_ptr<const detail::constraint_impl> impl) : impl_(std::move(impl)) {}
  [[nodiscard]] const std::shared_ptr<const detail::constraint_impl>& impl() const noexcept { return impl_; }

 private:
  std::shared_ptr<const detail::constraint_impl> impl_;
};

/// One output in the making under a constraint; not for two threads at once. Each call that returns a result may fail
/// with no_memory, or with bad_argument after the matcher was moved from; then nothing has changed.
class matcher {
 public:
  /// errors bad_argument (a constraint that was moved from), no_memory
  static result<matcher> make(const constraint& c);
  /// A second output that begins like this one: for forks, and to look ahead.
  [[nodiscard]] result<matcher> fork() const;
  matcher(matcher&&) noexcept;
  matcher& operator=(matcher&&) noexcept;
  ~matcher();

  /// The tokens that may come next, a bit for each of the vocabulary; never empty, and each of them leaves a way to
  /// the end. End tokens are among them when the text is complete. Lives until the next call.
  ///
  /// `n_left` is how many tokens may still be written, the next and the end token counted (0 = no limit): then only
  /// tokens after which the rest still fits are left, so that an output with room at its start is never cut. Where
  /// even the shortest rest does not fit, those that lead there most directly are left.
  result<std::span<const std::uint64_t>> allowed(std::size_t n_left = 0);
  /// Takes the token that was chosen.  errors bad_argument (it is not allowed)
  result<void> accept(token id);
  /// Whether the text so far is a whole value and may end here.
  [[nodiscard]] bool complete() const noexcept;
  /// Whether nothing but the end may follow.
  [[nodiscard]] bool finished() const noexcept;
  /// Tokens of the shortest text that completes this one, the end token counted.
  [[nodiscard]] std::size_t n_needed() const noexcept;
  /// The bytes that must come next, as far as there is no choice; often none.
  [[nodiscard]] result<std::string> forced() const;

 private:
  explicit matcher(std::unique_ptr<detail::matcher_impl> impl) noexcept;
  std::unique_ptr<detail::matcher_impl> impl_;
};

// ---- chat -------------------------------------------------------------------------------------------

/// What to do when a conversation no longer fits its context.
enum class overflow : std::uint8_t {
  error,        ///< ask() and begin() return errc::full and change nothing
  drop_oldest,  ///< forget the oldest question and its answer, as often as needed
};

/// A function the model may call while it answers.
struct tool {
  std::string name;  ///< letters, digits, _ and -, at most 64
  std::string description{};
  std::string parameters{};  ///< JSON schema of the arguments; empty = an object without any
  /// Called during step() with the arguments, a JSON object. What it returns goes back to the model; an error's
  /// sentence does too.
  std::function<result<std::string>(std::string_view arguments)> call{};
};

/// Whether a model must keep to its tools.
enum class tool_use : std::uint8_t {
  may,           ///< it calls when it likes, with the arguments it likes
  may_strictly,  ///< it calls when it likes, with arguments that satisfy the schema
  must,          ///< it calls before it answers, with arguments that satisfy the schema
};

struct chat_options {
  session_options session{};    ///< context, cache, threads, memory, batch, ...
  std::string system{};         ///< system message; empty = none
  sampling how{};               ///< temperature 0.6 and top-p 0.95 suit reasoning models
  std::size_t max_tokens = 0;   ///< of one answer, thought included; 0 = what the context leaves
  std::size_t max_thought = 0;  ///< tokens after which a thought is closed by force; 0 = no limit
  std::size_t reserve = 256;    ///< room that must be left for an answer when a question is asked
  overflow when_full = overflow::error;
  std::vector<std::string> stop{};  ///< texts that end an answer
  std::vector<tool> tools{};        ///< functions the model may call; needs a chat template that knows tools
  tool_use use = tool_use::may;
  std::size_t max_rounds = 8;         ///< of calls in one answer; then it ends with finish::calls
  compile_limits compiling{};         ///< of the schemas of tools that must be kept to
  std::optional<constraint> shape{};  ///< what every answer looks like, the thought apart; see constraint
  std::string chat_template{};        ///< Jinja source; empty = the model's own
  std::string variables{};            ///< JSON object with more template variables, as {"enable_thinking": false}
  std::chrono::sys_seconds now{};     ///< what templates see as the time; the epoch = the clock when the chat is made
};

/// A stretch of an answer as it comes: whole characters, never part of a tag.
struct piece {
  enum kind_type : std::uint8_t {
    thought,
    answer,
    call,       ///< a whole call: `text` is its arguments, a JSON object
    arguments,  ///< a call that is being written: `text` is more of its arguments, at first nothing. Should it turn
                ///< out to be no call, its text comes as an answer and no piece::call does
  } kind = answer;
  std::string_view text;    ///< lives during the callback only
  std::string_view name{};  ///< of the tool that is called
};
enum class flow : std::uint8_t { go_on, stop };
using on_piece = std::function<flow(const piece&)>;

/// Why an answer ended.
enum class finish : std::uint8_t {
  stop,         ///< the model ended it, or a stop text came
  length,       ///< a limit on tokens, or the context is full
  interrupted,  ///< the callback returned flow::stop
  calls,        ///< with calls that nobody answered: max_rounds, or a tool without a function
  nothing,      ///< there was none: see job::take()
};

/// One call of a tool and what came of it.
struct call_record {
  std::string id, name;
  std::string arguments;  ///< a JSON object
  std::string result;     ///< what the model was told
  bool answered = false;
};

struct reply {
  std::string thought;  ///< what stood between <think> and </think>
  std::string answer;
  std::vector<call_record> calls;
  finish why = finish::stop;
  std::size_t n_prompt = 0;   ///< tokens the model read ...
  std::size_t n_cached = 0;   ///< ... of which so many were still in a cache
  std::size_t n_tokens = 0;   ///< tokens the model wrote
  std::size_t n_guessed = 0;  ///< ... of which so many were guessed and came for free
};

/// A file the user gives to the model.
struct source_file {
  std::string name;
  std::string content;
};

/// One result of a web search.
struct source_page {
  std::string title, url, date;  ///< may be empty
  std::string content;
};

/// The language of the instructions around web results.
enum class source_language : std::uint8_t { english, chinese, arabic };

/// What a question is about. The model reads it as R1 was trained to; it cites page N (from 1) as [citation:N].
struct sources {
  std::vector<source_file> files{};
  std::vector<source_page> pages{};
  std::string today{};  ///< a date as the user would read it; empty leaves it out
  source_language language = source_language::english;
};

/// Who says a message.
enum class speaker : std::uint8_t { system, user, assistant, tool };

/// One message of a conversation. A tool's message stands behind the assistant's that called it.
struct message {
  speaker from = speaker::user;
  std::string content{};
  std::string thought{};             ///< an assistant's
  std::vector<call_record> calls{};  ///< an assistant's: id, name and arguments; results are messages of their own
  std::string call_id{};             ///< a tool's: the call that it answers
  std::string name{};                ///< of the tool
};

/// A history as a JSON array of messages, as the OpenAI and DeepSeek APIs take it, thoughts as reasoning_content.
/// errors no_memory
result<std::string> to_json(std::span<const message> history);
/// And back.
/// errors bad_argument (no such array; names the message), limit (nested too deep)
result<std::vector<message>> messages_from_json(std::string_view text);

/// A question with what belongs to it.
struct question {
  std::string text;
  sources about{};              ///< what it is about; see sources
  std::optional<bool> think{};  ///< whether the model thinks before it answers; nothing = as its template has it
};

class chat;

/// One answer in the making: step it when there is time. A chat has one job at a time. Dropping an unfinished job
/// forgets its question; a job whose chat is gone, or whose question was forgotten, can do nothing but be dropped.
class job {
 public:
  job(job&&) noexcept;
  job& operator=(job&&) noexcept;
  ~job();
  /// Works until the answer is done or `budget` has passed; see session::step for how exactly.
  /// errors cancelled, no_memory; the chat is then as it was before begin(), and the job is over
  ///        bad_argument (the job is over: taken, moved from, forgotten, or its chat is gone)
  ///        busy (called from a callback of this answer, or of a pass in its batch)
  /// What a callback of the chat throws ends the job likewise; after what an observer of the session throws, it goes on
  /// with the next step.
  result<status> step(std::chrono::nanoseconds budget);
  /// The answer so far, or the whole one after status::done; empty when the job is over. Lives as long as the chat.
  [[nodiscard]] const reply& so_far() const noexcept;
  /// The finished answer; the conversation keeps it, and the job is over. An empty reply, whose end is
  /// finish::nothing, where there is none: before status::done, a second time, or without the memory to keep it.
  reply take();
  /// Works on several answers at once, in the passes of the batch that their chats were made in: N characters cost
  /// little more than one. Done when all are; jobs that are over count as done.
  /// errors bad_argument (a chat that is not in the batch); cancelled, no_memory of one of them: its chat is then as
  ///        it was before begin(), the others go on with the next call; busy (called from a callback of one of them, or
  ///        of the batch)
  static result<status> step(batch& in, std::span<job* const> jobs, std::chrono::nanoseconds budget);
  static result<status> step(batch& in, std::span<job* const> jobs);

 private:
  friend class chat;
  explicit job(std::shared_ptr<detail::chat_impl> of) noexcept;
  result<std::shared_ptr<detail::chat_impl>> of() const;
  static result<status> step(batch& in, std::span<job* const> jobs,
                             const std::chrono::steady_clock::time_point* deadline);
  std::weak_ptr<detail::chat_impl> chat_;
  std::uint64_t question_ = 0;  // which of the chat's
  reply none_;
};

/// A conversation: questions in, thoughts and answers out. Every call that returns a result may fail with bad_argument
/// where the chat was moved from, with busy while an answer is in the making, its callbacks included, and with
/// no_memory; then the conversation is as it was. So it is when a callback throws, and the exception passes through.
class chat {
 public:
  /// errors missing (no chat template), bad_template, bad_argument, no_memory,
  ///        unsupported (tools for a template without; a schema that cannot be kept to)
  static result<chat> make(const model& m, const chat_options& options = {});
  chat(chat&&) noexcept;
  chat& operator=(chat&&) noexcept;
  ~chat();

  /// Asks and waits; `each` sees every piece as it comes and may end the answer.
  /// errors busy, full, cancelled, bad_template, no_memory; then the conversation is as it was
  result<reply> ask(std::string_view question, const on_piece& each = {});
  /// Asks without waiting.
  /// errors busy, full, bad_template
  result<job> begin(std::string_view question, on_piece each = {});
  /// The same for a question about files, web results or both.
  result<reply> ask(std::string_view question, const sources& about, const on_piece& each = {});
  result<job> begin(std::string_view question, const sources& about, on_piece each = {});
  /// The same with thinking on or off for this question.
  result<reply> ask(const question& asked, const on_piece& each = {});
  result<job> begin(const question& asked, on_piece each = {});

  /// Answers the last question once more; the answer that was there is forgotten. What the question and all before it
  /// cost is still in the cache.
  /// errors missing (nothing was asked), and those of ask(); then the conversation is as it was
  result<reply> retry(const on_piece& each = {}, std::optional<bool> think = {});
  result<job> begin_retry(on_piece each = {}, std::optional<bool> think = {});
  /// Asks question `turn` (from 0) in other words; it and all that followed are forgotten, what came before it is
  /// still in the cache.
  /// errors missing (there is no such question), and those of ask(); then the conversation is as it was
  result<reply> edit(std::size_t turn, const question& instead, const on_piece& each = {});
  result<job> begin_edit(std::size_t turn, const question& instead, on_piece each = {});
  /// Goes on where the last answer ended, because of a limit or of `each`; the pieces are what is new, the reply is the
  /// whole. After a history that ends with a question or with what tools gave, answers that.
  /// errors missing (nothing was asked), and those of ask(); then the conversation is as it was
  result<reply> go_on(const on_piece& each = {});
  result<job> begin_go_on(on_piece each = {});

  /// All that was said, the system message first if there is one; without the answer in the making.
  [[nodiscard]] result<std::vector<message>> history() const;
  /// Takes a history for its own, in place of what was said; a system message in front replaces the chat's. The model
  /// reads it with the next question.
  /// errors busy, bad_argument (naming the message); then the conversation is as it was
  result<void> recall(std::span<const message> history);
  /// Ends the answer in the making, if there is one, with errc::cancelled. From any thread.
  void cancel() noexcept;
  /// Forgets everything said, an answer in the making too; in one of its callbacks: when that has returned.
  void clear() noexcept;
  /// What the answers from now on look like; nothing = as the model likes.
  void shape(std::optional<constraint> of_answers) noexcept;
  /// A second conversation with the same past; its memory is shared until they part.  errors busy, no_memory
  result<chat> fork();
  /// Questions and answers so far.
  [[nodiscard]] std::size_t n_turns() const noexcept;

 private:
  explicit chat(std::shared_ptr<detail::chat_impl> impl) noexcept;
  std::shared_ptr<detail::chat_impl> impl_;  // jobs look at it; an answer that is worked on keeps it
};

// ---- completions --------------------------------------------------------------------------------------

struct completions_options {
  session_options session{};       ///< context, cache, threads, memory, ...; prefixes is made by completions
  std::uint64_t prefix_bytes = 0;  ///< memory for the key-value cache and remembered beginnings; 0 = four contexts
  bool hosted = false;             ///< true: as the hosted service, which ignores temperature while thinking and
                                   ///< refuses some requests; false: what Retort can do, it does
  /// Memory for compiled answer shapes, schemas and tools: a shape may take half of it, and those that were not used
  /// for longest make room for others.
  std::size_t shape_bytes = std::size_t{128} << 20;
  std::chrono::nanoseconds compile_budget = std::chrono::nanoseconds::max();  ///< of a request's shape; then status 400
  std::string chat_template{};                                                ///< Jinja source; empty = the model's own
  std::function<std::chrono::sys_seconds()> now{};  ///< what `created` and templates see; empty = the system's clock
};

/// Which address a request is meant for.
enum class endpoint : std::uint8_t {
  chat_completions,  ///< /chat/completions
  completions,       ///< /completions
  models,            ///< /models, and /models/NAME for the request {"id": "NAME"}
  responses,         ///< /responses, OpenAI's newer form
  messages,          ///< /messages, Anthropic's form
};

/// The DeepSeek API as a function: the JSON that would go over the network goes
/// in, the JSON that would come back comes out. Remembers the beginnings of what it has read. One request
/// at a time: another one meanwhile gets the error object of status 429. Where a callback throws, the request is over
/// and the exception passes through.
class completions {
 public:
  using on_chunk = std::function<flow(std::string_view chunk)>;

  /// errors missing (no tokenizer), bad_template, bad_argument, no_memory
  static result<completions> make(const model& m, const completions_options& options = {});
  /// What they will take; the model's vocabulary as a tree, made for its first constraint, and the texts of the request
  /// in the making are apart.
  static result<memory_quote> quote(const model& m, const completions_options& options = {});
  completions(completions&&) noexcept;
  completions& operator=(completions&&) noexcept;
  ~completions();

  /// A response object, or an error object; never anything else. Of a request with stream: true the whole
  /// event stream as text. `http_status` is what the service would have answered with.
  std::string complete(std::string_view request, endpoint to = endpoint::chat_completions, int* http_status = nullptr);
  /// Streams: `each` gets every chunk object as JSON and may end the answer. Returns nothing, or an error object.
  std::string stream(std::string_view request, const on_chunk& each, endpoint to = endpoint::chat_completions,
                     int* http_status = nullptr);

  /// The same in steps: begin(), step() until done, take(). A begun request that is not finished gives way to the
  /// next. begin() looks at nothing: the request is read, and schemas are compiled, by the first step.
  /// errors busy (called from a callback of its own), bad_argument (moved from), no_memory
  result<void> begin(std::string_view request, endpoint to = endpoint::chat_completions, on_chunk each = {});
  /// In a callback of its own, or of its batch, it does nothing, and is done.
  status step(std::chrono::nanoseconds budget);
  std::string take(int* http_status = nullptr);

  /// Ends the answer in the making, if there is one, with finish_reason "aborted", also while its schema is being
  /// compiled. From any thread.
  void cancel() noexcept;
  /// A chunk as a server would send it: "data: ...\n\n", in the newer forms after a line with its type. Nothing makes
  /// the end: "data: [DONE]\n\n", or nothing where the form has none.
  static std::string event(std::string_view chunk, endpoint of = endpoint::chat_completions);

 private:
  explicit completions(std::shared_ptr<detail::completions_impl> impl) noexcept;
  std::shared_ptr<detail::completions_impl> impl_;  // a request that is worked on keeps it
};

RETORT_END

#include <retort/base/macros_on.inc>
