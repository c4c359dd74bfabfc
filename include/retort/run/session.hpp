// One timeline of tokens: from the tokens a host wants to the logits after
// them, in steps that pause wherever the time is over. Next: run/workbench.hpp,
// which computes them.
#pragma once

#include <retort/base/border.hpp>
#include <retort/run/sampler.hpp>
#include <retort/run/workbench.hpp>

RETORT_BEGIN
namespace detail {

struct session_impl {
  session_options options;
  std::shared_ptr<workbench> bench;
  timeline line;  // destroyed before the bench

  ~session_impl() {
    if (bench) bench->drop_pass_of(line);
  }
  [[nodiscard]] std::size_t n_vocab() const noexcept { return bench->n_vocab(); }
  /// The rows of logits that are here, of the last tokens before n_done.
  [[nodiscard]] tensor<float, 2> logits() noexcept {
    return {line.logits_memory.as<float>(), line.n_logits, n_vocab()};
  }
  /// Keeps the first n tokens of the cache, and their logits where they are here.
  void keep(std::size_t n) noexcept {
    bench->drop_pass_of(line);
    if (n >= line.n_done) return;
    const std::size_t dropped = line.n_done - n;
    line.n_logits = line.n_logits > dropped ? line.n_logits - dropped : 0;
    line.n_done = n;
    line.cache.truncate(n);
  }
  [[nodiscard]] result<void> check(token t) const {
    if (t >= 0 && static_cast<std::size_t>(t) < n_vocab()) return {};
    return error{errc::bad_argument,
                 "token " + std::to_string(t) + " is outside the vocabulary of " + std::to_string(n_vocab())};
  }
  /// Starts from what the prefix cache knows of these tokens, if that is more than the first `n` that are here.
  /// Returns how many there are.
  std::size_t adopt(std::span<const token> tokens, std::size_t n) {
    if (!line.prefixes) return n;
    if (auto pages = line.prefixes->find(tokens, options.owner, options.context, n)) {
      bench->drop_pass_of(line);
      line.cache = std::move(*pages);
      line.n_done = n;
      line.n_logits = 0;
    }
    return n;
  }
};

}  // namespace detail

#if RETORT_CARRIES(RETORT_PART_RUN)

RETORT_INLINE result<memory_quote> model::quote(const session_options& options) const {
  return detail::at_border([&]() -> result<memory_quote> {
    if (!impl_) return detail::is_empty("model");
    RETORT_TRY(const detail::session_plan p, detail::plan_session(*impl_, options));
    memory_quote q;
    const std::size_t n_vocab = impl_->net.hyper.n_vocab;
    q.cache = options.prefixes ? 0 : p.n_pages() * p.layout.bytes_page;
    q.workspace = (1 + options.max_guesses) * n_vocab * sizeof(float) + p.context * sizeof(token);
    if (!options.in)
      q.workspace +=
          p.bytes_scratch + detail::bytes_frames + p.n_rows * n_vocab * sizeof(float) +
          p.chunk * (sizeof(nn::token_row) + sizeof(detail::workbench::part) + sizeof(std::uint32_t) + sizeof(token));
    return q;
  });
}

namespace detail {

/// What a new session has in common with others; all may be empty.
struct session_shares {
  std::shared_ptr<workbench> bench;
  std::shared_ptr<prefix_store> prefixes;
  std::shared_ptr<nn::kv_pool> pages;
};

inline result<std::shared_ptr<session_impl>> make_session(const std::shared_ptr<const model_impl>& m,
                                                          const session_options& o, session_shares with) {
  RETORT_TRY(session_plan p, plan_session(*m, o));
  auto s = std::make_shared<session_impl>();
  s->options = o;
  s->options.context = p.context;
  allocator& memory = o.memory ? *o.memory : system_allocator();
  if (!with.bench) {
    RETORT_TRY(with.bench, workbench::make(m, o, p, p.n_rows));
  }
  const workbench& w = *with.bench;
  if (w.model != m) return error{errc::mismatch, "the batch belongs to another model"};
  if (p.context > w.context || o.max_guesses > w.max_guesses)
    return error{errc::bad_argument, "the batch was made for sessions of " + std::to_string(w.context) +
                                         " tokens and " + std::to_string(w.max_guesses) + " guesses; asked for " +
                                         std::to_string(p.context) + " and " + std::to_string(o.max_guesses)};
  if (with.prefixes) {
    if (with.prefixes->model != m->fingerprint)
      return error{errc::mismatch, "the prefix cache belongs to another model"};
    if (with.prefixes->type != o.cache) return error{errc::mismatch, "the prefix cache is of another cache type"};
    with.pages = with.prefixes->pool;
  }
  if (!with.pages) {
    RETORT_TRY(with.pages, nn::kv_pool::make(std::move(p.layout), p.n_pages(), memory));
  }
  s->bench = std::move(with.bench);
  s->line.prefixes = std::move(with.prefixes);
  s->line.cache = nn::kv_cache(std::move(with.pages), p.context);
  RETORT_TRY(s->line.logits_memory, buffer::make((1 + o.max_guesses) * s->n_vocab() * sizeof(float), "logits", memory));
  RETORT_TRY(s->line.tokens, fixed_vector<token>::make(p.context, "a timeline", memory));
  return s;
}

/// What a call of the host meets: a session that is there, and not in the middle of a step.
inline result<void> check_usable(const std::shared_ptr<session_impl>& s) {
  if (!s) return is_empty("session");
  if (s->bench->stepping) return is_running("session");
  return {};
}

}  // namespace detail

RETORT_INLINE result<session> session::make(const model& m, const session_options& options) {
  return detail::at_border([&]() -> result<session> {
    if (!m.impl()) return detail::is_empty("model");
    detail::session_shares with;
    if (options.in && !options.in->impl()) return detail::is_empty("batch");
    if (options.prefixes && !options.prefixes->impl()) return detail::is_empty("prefix cache");
    if (options.in) with.bench = options.in->impl();
    if (options.prefixes) with.prefixes = options.prefixes->impl();
    RETORT_TRY(auto impl, detail::make_session(m.impl(), options, std::move(with)));
    return session(std::move(impl));
  });
}

RETORT_INLINE result<void> session::sync(std::span<const token> tokens) {
  return detail::at_border([&]() -> result<void> {
    RETORT_CHECK(detail::check_usable(impl_));
    auto& s = *impl_;
    auto& line = s.line;
    if (tokens.empty()) return error{errc::bad_argument, "a timeline needs at least one token"};
    if (tokens.size() > s.options.context)
      return error{errc::full, "the context holds " + std::to_string(s.options.context) + " tokens; " +
                                   std::to_string(tokens.size()) + " are needed"};
    for (token t : tokens) RETORT_CHECK(s.check(t));
    if (std::equal(tokens.begin(), tokens.end(), line.tokens.begin(), line.tokens.end()))
      return {};  // a pass in progress goes on
    const std::size_t limit = std::min(tokens.size(), line.n_done);
    std::size_t same = 0;
    while (same < limit && line.tokens[same] == tokens[same]) ++same;
    s.keep(s.adopt(tokens, same));
    if (line.n_done == tokens.size() && line.n_logits == 0) s.keep(tokens.size() - 1);
    line.tokens.assign(tokens);
    line.n_tail = 1;
    return {};
  });
}

RETORT_INLINE result<void> session::push(token next) { return guess({&next, 1}); }

RETORT_INLINE result<void> session::guess(std::span<const token> next) {
  return detail::at_border([&]() -> result<void> {
    RETORT_CHECK(detail::check_usable(impl_));
    auto& s = *impl_;
    auto& line = s.line;
    if (next.empty() || next.size() > 1 + s.options.max_guesses)
      return error{errc::bad_argument, std::to_string(next.size()) + " tokens at once; this session takes 1 to " +
                                           std::to_string(1 + s.options.max_guesses)};
    for (token t : next) RETORT_CHECK(s.check(t));
    if (next.size() > s.options.context - line.tokens.size())
      return error{errc::full, "the context of " + std::to_string(s.options.context) + " tokens is full"};
    s.bench->drop_pass_of(line);
    // logits are wanted after every token that is pushed, and nowhere else
    line.n_tail = line.pending() == 0 ? next.size() : std::min(line.n_tail + next.size(), 1 + s.options.max_guesses);
    line.tokens.append(next);
    return {};
  });
}

namespace detail {
/// The session stays while it is worked on, even if a callback destroys the object that the host holds.
inline result<status> step_session(const std::shared_ptr<session_impl> s, const work_clock::time_point* deadline) {
  return at_border([&]() -> result<status> {
    RETORT_CHECK(check_usable(s));
    timeline* line = &s->line;
    return s->bench->step({&line, 1}, deadline);
  });
}
}  // namespace detail
RETORT_INLINE result<status> session::step(std::chrono::nanoseconds budget) {
  const work_clock::time_point deadline = deadline_after(budget);
  return detail::step_session(impl_, &deadline);
}
RETORT_INLINE result<status> session::step() { return detail::step_session(impl_, nullptr); }

RETORT_INLINE tensor<float, 2> session::all_logits() noexcept {
  return impl_ && impl_->line.n_done == impl_->line.tokens.size() ? impl_->logits() : tensor<float, 2>();
}
RETORT_INLINE tensor<float, 1> session::logits(std::size_t back) noexcept {
  const tensor<float, 2> all = all_logits();
  if (back >= all.shape(0)) return {};
  return all(all.shape(0) - 1 - back);
}
RETORT_INLINE std::span<const token> session::tokens() const noexcept {
  return impl_ ? std::span<const token>(impl_->line.tokens) : std::span<const token>();
}
RETORT_INLINE std::size_t session::n_computed() const noexcept { return impl_ ? impl_->line.n_done : 0; }
RETORT_INLINE std::size_t session::context() const noexcept { return impl_ ? impl_->options.context : 0; }
RETORT_INLINE const char* session::target() const noexcept {
  return impl_ ? simd::name(impl_->bench->kernels->id) : "none";
}
RETORT_INLINE void session::cancel() noexcept {
  if (!impl_) return;
  impl_->line.cancelled.store(true);
  impl_->bench->compute->stop();
}

RETORT_INLINE result<void> session::rewind(std::size_t n) {
  return detail::at_border([&]() -> result<void> {
    RETORT_CHECK(detail::check_usable(impl_));
    auto& s = *impl_;
    if (n > s.line.tokens.size())
      return error{errc::bad_argument, "cannot rewind to " + std::to_string(n) + " tokens; there are " +
                                           std::to_string(s.line.tokens.size())};
    if (n < s.line.tokens.size()) {
      s.keep(std::min(n, s.line.n_done));
      s.line.tokens.truncate(n);
    }
    return {};
  });
}

RETORT_INLINE result<session> session::fork() {
  return detail::at_border([&]() -> result<session> {
    RETORT_CHECK(detail::check_usable(impl_));
    auto& s = *impl_;
    s.bench->drop_pass_of(s.line);  // it writes into a page that is shared from now on; the next step begins it again
    detail::session_shares with{s.options.in ? s.bench : nullptr, s.line.prefixes, s.line.cache.pool()};
    RETORT_TRY(auto twin, detail::make_session(s.bench->model, s.options, std::move(with)));
    twin->line.cache = s.line.cache.fork(s.line.n_done);
    twin->line.tokens.assign(s.line.tokens);
    twin->line.n_done = s.line.n_done;
    twin->line.n_tail = s.line.n_tail;
    twin->line.n_logits = s.line.n_logits;
    std::memcpy(twin->line.logits_memory.data(), s.line.logits_memory.data(),
                s.line.n_logits * s.n_vocab() * sizeof(float));
    return session(std::move(twin));
  });
}

RETORT_INLINE void session::remember() noexcept {
  if (!impl_ || impl_->bench->stepping) return;
  auto& line = impl_->line;
  const auto keep = [&] {
    if (line.prefixes && line.n_done > 0)
      line.prefixes->keep(std::span<const token>(line.tokens).first(line.n_done), line.cache, impl_->options.owner);
  };
  detail::at_border(keep, [] {}, [] {});  // without memory for it, nothing is remembered
}

RETORT_INLINE result<batch> batch::make(const model& m, const session_options& options, std::size_t most) {
  return detail::at_border([&]() -> result<batch> {
    if (!m.impl()) return detail::is_empty("model");
    if (most == 0 || most > 4096)
      return error{errc::bad_argument, "a batch has 1 to 4096 sessions, not " + std::to_string(most)};
    RETORT_TRY(const detail::session_plan p, detail::plan_session(*m.impl(), options));
    const std::size_t n_rows = std::max(p.n_rows, most * (1 + options.max_guesses));
    RETORT_TRY(auto bench, detail::workbench::make(m.impl(), options, p, n_rows));
    return batch(std::move(bench));
  });
}
RETORT_INLINE result<status> batch::step(std::span<session* const> of, std::chrono::nanoseconds budget) {
  const work_clock::time_point deadline = deadline_after(budget);
  return step(of, &deadline);
}
RETORT_INLINE result<status> batch::step(std::span<session* const> of) { return step(of, nullptr); }
RETORT_INLINE result<status> batch::step(std::span<session* const> of,
                                         const std::chrono::steady_clock::time_point* deadline) {
  return detail::at_border([&]() -> result<status> {
    const std::shared_ptr<detail::workbench> bench = impl_;
    if (!bench) return detail::is_empty("batch");
    if (bench->stepping) return detail::is_running("batch");
    auto& lines = bench->chosen;
    lines.clear();
    const detail::workbench::keeper keep(*bench);
    for (session* s : of) {
      if (!s || !s->impl()) return detail::is_empty("session");
      if (s->impl()->bench != bench)
        return error{errc::bad_argument, "a session that was not made in this batch cannot be stepped with it"};
      if (std::find(lines.begin(), lines.end(), &s->impl()->line) != lines.end()) continue;
      keep.alive(s->impl());
      lines.push_back(&s->impl()->line);
    }
    return bench->step(lines, deadline);
  });
}

#endif

RETORT_END
