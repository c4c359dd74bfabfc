// Where timelines are computed: one pass over the weights for the next tokens
// of one or of several of them. Next: model/decoder.hpp, the pass itself.
#pragma once

#include <retort/run/prefix_cache.hpp>
#if !defined(RETORT_SPLIT)
#include <retort/simd/select.hpp>
#endif

#include <algorithm>

RETORT_BEGIN
namespace detail {

/// Tokens that should be in a cache, how far that has come, and the scores of what may come next.
struct timeline {
  nn::kv_cache cache;
  fixed_vector<token> tokens;  // what the timeline should hold
  std::size_t n_done = 0;      // what the cache holds
  std::size_t n_tail = 1;      // so many of the last tokens get logits
  std::size_t n_logits = 0;    // rows that are here: of the last tokens before n_done
  buffer logits_memory;        // [1 + max_guesses, n_vocab]
  std::shared_ptr<prefix_store> prefixes;
  std::atomic<bool> cancelled{false};

  /// Nothing is left to compute; of no tokens there are no logits.
  [[nodiscard]] bool ready() const noexcept { return n_done == tokens.size() && (n_logits > 0 || n_done == 0); }
  [[nodiscard]] std::size_t pending() const noexcept { return tokens.size() - n_done; }
};

/// The numbers that follow from a model and options, checked.
struct session_plan {
  std::size_t context = 0, chunk = 0, n_workers = 1;
  std::size_t n_rows = 0;  // of logits that a pass makes besides the sessions' own
  const simd::kernels* kernels = &simd::best();
  nn::kv_layout layout;
  std::size_t bytes_scratch = 0;
  [[nodiscard]] std::size_t n_pages() const noexcept { return (context + nn::page_tokens - 1) / nn::page_tokens; }
};
inline constexpr std::size_t bytes_frames = 64 << 10;

inline result<session_plan> plan_session(const model_impl& m, const session_options& o) {
  const nn::hyper& h = m.net.hyper;
  session_plan p;
  p.context = o.context ? o.context : h.context_length;
  if (p.context > (std::size_t{1} << 24))
    return error{errc::bad_argument, "a context of " + std::to_string(p.context) + " tokens is over 16777216"};
  if (o.chunk > 65536)
    return error{errc::bad_argument, "a chunk has at most 65536 tokens, not " + std::to_string(o.chunk)};
  const std::size_t by_default = h.moe.n_experts ? 512 : 256;  // an expert sees few tokens of a chunk
  p.chunk = std::min(o.chunk ? o.chunk : by_default, p.context);
  if (o.on_logits) {  // a row for every token of a chunk, within 64 MB
    p.chunk = std::clamp<std::size_t>((std::size_t{64} << 20) / (h.n_vocab * sizeof(float)), 1, p.chunk);
    p.n_rows = p.chunk;
  }
  if (o.max_guesses >= p.chunk && o.max_guesses > 0)
    return error{errc::bad_argument, std::to_string(o.max_guesses) + " guesses and a token do not fit a chunk of " +
                                         std::to_string(p.chunk)};
  p.n_workers = o.pool ? o.pool->size() : 1;
  if (!o.target.empty()) {
    RETORT_TRY(const simd::target forced, simd::target_by_name(o.target));
    p.kernels = &simd::kernels_for(forced);
    if (p.kernels->id != forced)
      return error{errc::unsupported, "this CPU or build has no kernels for target " + o.target};
  }
  RETORT_TRY(p.layout, layout_of(m.net, o.cache));
  arena measure = arena::measuring();
  nn::take_workspace(measure, m.net, *p.kernels, p.chunk, p.n_workers, p.context);
  p.bytes_scratch = measure.peak() + buffer::alignment;
  return p;
}

/// Threads, kernels and scratch memory; a session has its own, or shares a batch's.
struct workbench {
  std::shared_ptr<const model_impl> model;
  std::size_t context = 0, max_guesses = 0;
  bool reproducible = false;
  std::function<void(std::size_t, std::span<const float>)> on_logits;
  nn::route_observer on_route;
  calling_thread alone;
  threads* pool = nullptr;
  const simd::kernels* kernels = nullptr;
  arena frames, scratch;
  nn::workspace work;
  std::optional<nn::compute> compute;
  std::size_t n_rows = 0;
  buffer logits_memory;  // [n_rows, n_vocab]: where a pass writes for more than one reader

  /// What a pass does for one timeline.
  struct part {
    timeline* of;
    std::size_t n, n_wanted;
  };
  fixed_vector<part> parts;                 // of the pass in progress
  fixed_vector<token> tokens;               // [n_tokens of the pass]
  fixed_vector<nn::token_row> rows;         // [n_tokens of the pass]
  fixed_vector<std::uint32_t> wanted;       // rows whose logits are computed
  std::vector<timeline*> chosen;            // scratch of batch::step
  std::vector<std::shared_ptr<void>> kept;  // see keeper
  timeline* without_room = nullptr;         // whose tokens did not fit the cache when a pass began
  bool stepping = false;                    // a pass is worked on: its observers must not touch what it stands on
  std::exception_ptr thrown = nullptr;      // by an observer, inside the pass
  task running;                             // destroyed before what it stands in

  /// What a host's callback may destroy while it is stepped lives as long as this.
  class keeper {
   public:
    explicit keeper(workbench& w) noexcept : w_(w), n_(w.kept.size()) {}
    keeper(const keeper&) = delete;
    keeper& operator=(const keeper&) = delete;
    ~keeper() { w_.kept.resize(n_); }
    void alive(std::shared_ptr<void> object) const { w_.kept.push_back(std::move(object)); }

   private:
    workbench& w_;
    const std::size_t n_;
  };

  static result<std::shared_ptr<workbench>> make(std::shared_ptr<const model_impl> m, const session_options& o,
                                                 const session_plan& p, std::size_t n_rows) {
    auto w = std::make_shared<workbench>();
    allocator& memory = o.memory ? *o.memory : system_allocator();
    w->model = std::move(m);
    w->context = p.context;
    w->max_guesses = o.max_guesses;
    w->reproducible = o.reproducible;
    w->on_logits = o.on_logits;
    if (o.on_route) w->on_route = [at = w.get(), observe = o.on_route](const expert_route& r) { at->show(r, observe); };
    w->pool = o.pool ? o.pool : &w->alone;
    w->kernels = p.kernels;
    RETORT_TRY(buffer frames, buffer::make(bytes_frames, "coroutine frames", memory));
    w->frames = arena(std::move(frames));
    RETORT_TRY(buffer scratch, buffer::make(p.bytes_scratch, "the session's workspace", memory));
    w->scratch = arena(std::move(scratch));
    w->work = nn::take_workspace(w->scratch, w->model->net, *p.kernels, p.chunk, p.n_workers, p.context);
    w->n_rows = n_rows;
    if (n_rows) {
      RETORT_TRY(w->logits_memory, buffer::make(n_rows * w->n_vocab() * sizeof(float), "logits", memory));
    }
    w->compute.emplace(*w->pool, w->frames, *w->kernels);
    RETORT_TRY(w->parts, fixed_vector<part>::make(p.chunk, "a pass", memory));
    RETORT_TRY(w->tokens, fixed_vector<token>::make(p.chunk, "a pass", memory));
    RETORT_TRY(w->rows, fixed_vector<nn::token_row>::make(p.chunk, "a pass", memory));
    RETORT_TRY(w->wanted, fixed_vector<std::uint32_t>::make(p.chunk, "a pass", memory));
    return w;
  }
  /// Called by the pass, through which nothing can be thrown.
  void show(const expert_route& route, const std::function<void(const expert_route&)>& observe) {
#if RETORT_EXCEPTIONS
    if (thrown) return;
    try {
      observe(route);
    } catch (...) {
      thrown = std::current_exception();
      compute->stop();
    }
#else
    observe(route);
#endif
  }
  void rethrow() {
#if RETORT_EXCEPTIONS
    if (!thrown) return;
    drop_pass();
    std::rethrow_exception(std::exchange(thrown, nullptr));
#endif
  }

  [[nodiscard]] std::size_t n_vocab() const noexcept { return model->net.hyper.n_vocab; }
  [[nodiscard]] bool works_on(const timeline& t) const noexcept {
    return running && std::any_of(parts.begin(), parts.end(), [&t](const part& p) { return p.of == &t; });
  }
  void drop_pass() noexcept {
    running = {};
    compute->abandon();
  }
  void drop_pass_of(const timeline& t) noexcept {
    if (works_on(t)) drop_pass();
  }

  /// Makes room in a cache, at the cost of remembered beginnings if need be.
  static result<void> prepare(nn::kv_cache& cache, prefix_store* prefixes, std::size_t begin, std::size_t n) {
    for (;;) {
      auto made = cache.prepare(begin, begin + n);
      if (made || made.error().code != errc::no_memory || !prefixes || !prefixes->make_room()) return made;
    }
  }

  /// Takes up to `n` tokens of t into the pass. Tokens that get logits are never parted.
  result<void> take(timeline& t, std::size_t n) {
    const std::size_t left = t.pending(), tail = std::min(t.n_tail, left);
    n = n >= left ? left : std::min(n, left - tail);
    const std::size_t n_wanted = on_logits ? n : n == left ? tail : 0;
    if (n == 0 || (!on_logits && !parts.empty() && wanted.size() + n_wanted > n_rows)) return {};
    RETORT_CHECK(prepare(t.cache, t.prefixes.get(), t.n_done, n));
    for (std::size_t i = 0; i < n; ++i) {
      if (i + n_wanted >= n) wanted.push_back(static_cast<std::uint32_t>(rows.size()));
      tokens.push_back(t.tokens[t.n_done + i]);
      rows.push_back({&t.cache, t.n_done + i});
    }
    parts.push_back({&t, n, n_wanted});
    t.n_logits = 0;
    return {};
  }
  /// Answers in the making come first; prompts share what is left of a chunk.
  result<void> begin_pass(std::span<timeline* const> of) {
    parts.clear();
    tokens.clear();
    rows.clear();
    wanted.clear();
    for (const bool prompts : {false, true})
      for (timeline* t : of)
        if (t->pending() > 0 && (t->pending() > t->n_tail) == prompts && rows.size() < work.most.n_tokens)
          if (auto taken = take(*t, work.most.n_tokens - rows.size()); !taken) {
            without_room = t;
            return taken;
          }
    nn::pass_options how;
    how.reproducible = reproducible;
    how.on_route = on_route ? &on_route : nullptr;
    const std::span<const token> ids(tokens.data(), tokens.size());
    running = nn::forward(*compute, model->net, ids, nn::token_rows{{rows.data(), rows.size()}, {}, {}},
                          {wanted.data(), wanted.size()}, work, how, {logits(), wanted.size(), n_vocab()});
    if (!running) return error{errc::no_memory, "the frames of a forward pass did not fit their arena"};
    return {};
  }
  /// One reader's logits are written where they stay.
  [[nodiscard]] float* logits() const noexcept {
    return parts.size() == 1 && !on_logits ? parts[0].of->logits_memory.as<float>() : logits_memory.as<float>();
  }
  void end_pass() {
    running = {};
    const float* row = logits();
    if (on_logits)  // before anything changes: where it throws, the pass is made again
      for (const part& p : parts)
        for (std::size_t i = 0; i < p.n_wanted; ++i, row += n_vocab())
          on_logits(p.of->n_done + p.n - p.n_wanted + i, {row, n_vocab()});
    row = logits();
    for (const part& p : parts) {
      timeline& t = *p.of;
      t.n_done += p.n;
      if (t.pending() == 0) {
        t.n_logits = std::min(t.n_tail, p.n_wanted);
        const float* last = row + (p.n_wanted - t.n_logits) * n_vocab();
        if (last != t.logits_memory.as<float>())
          std::memcpy(t.logits_memory.data(), last, t.n_logits * n_vocab() * sizeof(float));
      }
      row += p.n_wanted * n_vocab();
    }
  }

  /// Works on one pass for those of these timelines that need one: done when it is finished or none does,
  /// running when the time is over.
  /// errors cancelled, no_memory; `failed` is then the one concerned, the others may go on
  result<status> pass(std::span<timeline* const> of, const work_clock::time_point* deadline, timeline** failed) {
    if (stepping) return is_running("session");
    const raised at_work(stepping);
    (void)compute->take_stop();
    for (timeline* t : of)  // after a rewind the logits are gone: the last token is computed once more for them
      if (t->n_logits == 0 && t->n_done > 0 && t->pending() == 0) {
        --t->n_done;
        t->cache.truncate(t->n_done);
        t->n_tail = 1;
      }
    const auto absent = [of](const part& p) { return std::find(of.begin(), of.end(), p.of) == of.end(); };
    if (running && std::any_of(parts.begin(), parts.end(), absent)) drop_pass();
    for (;;) {
      for (timeline* t : of)
        if (t->cancelled.exchange(false)) {
          drop_pass_of(*t);
          *failed = t;
          return error{errc::cancelled, "the step was cancelled after " + std::to_string(t->n_done) + " tokens"};
        }
      if (!running) {
        if (std::all_of(of.begin(), of.end(), [](const timeline* t) { return t->pending() == 0; })) return status::done;
        if (auto begun = begin_pass(of); !begun) {
          *failed = without_room;
          return begun.error();
        }
      }
      const bool finished = compute->step(running.handle(), deadline);
      rethrow();
      if (finished) {
        end_pass();
        return status::done;
      }
      if (!compute->take_stop()) return status::running;
    }
  }
  /// Passes until all of these are ready or the time is over.
  result<status> step(std::span<timeline* const> of, const work_clock::time_point* deadline) {
    for (;;) {
      timeline* failed = nullptr;
      RETORT_TRY(const status now, pass(of, deadline, &failed));
      if (std::all_of(of.begin(), of.end(), [](const timeline* t) { return t->ready(); })) return status::done;
      if (now == status::running || (deadline && work_clock::now() >= *deadline)) return status::running;
    }
  }
};

}  // namespace detail
RETORT_END
