// One timeline of tokens: from the tokens a host wants to the logits after
// them, in steps that pause wherever the time is over.
#pragma once

#include <retort/model/model.hpp>
#include <retort/run/sampler.hpp>
#include <retort/simd/select.hpp>

#include <algorithm>

RETORT_BEGIN
namespace detail {

/// The head of a saved session; everything little-endian.
struct saved_head {
  char magic[8];
  std::uint32_t version, type;
  std::uint64_t model, n_tokens, bytes, has_logits;
};
inline constexpr char saved_magic[8] = {'R', 'E', 'T', 'O', 'R', 'T', 'K', 'V'};
inline constexpr std::uint32_t saved_version = 1;

struct session_impl {
  std::shared_ptr<const model_impl> model;
  session_options options;
  calling_thread alone;
  threads* pool = nullptr;
  allocator* memory = nullptr;
  const simd::kernels* kernels = nullptr;
  nn::kv_cache cache;
  arena frames, scratch;
  nn::workspace work;
  std::optional<nn::compute> compute;
  nn::route_observer on_route;
  buffer logits_memory;
  std::vector<token> tokens;             // what the timeline should hold
  std::size_t n_done = 0;                // what the cache holds
  bool has_logits = false;               // of the token before n_done
  std::vector<nn::token_row> rows;       // of the chunk in progress
  std::vector<std::uint32_t> wanted;     // its rows whose logits are computed
  task running;                          // destroyed before what it stands in

  [[nodiscard]] std::size_t n_vocab() const noexcept { return model->net.hyper.n_vocab; }
  [[nodiscard]] std::span<float> logits_row(std::size_t i) noexcept {
    return {logits_memory.as<float>() + i * n_vocab(), n_vocab()};
  }
  /// The row that logits() shows: the last one that was computed.
  [[nodiscard]] std::span<float> last_logits() noexcept {
    return logits_row(wanted.empty() ? 0 : wanted.size() - 1);
  }
  void drop_chunk() noexcept {
    running = {};
    compute->abandon();
  }
  /// Keeps the first n tokens of the cache.
  void keep(std::size_t n) noexcept {
    drop_chunk();
    if (n < n_done) {
      n_done = n;
      cache.truncate(n);
      has_logits = false;
    }
  }

  result<void> begin_chunk() {
    const std::size_t n = std::min(work.n_tokens, tokens.size() - n_done);
    RETORT_CHECK(cache.prepare(n_done, n_done + n));
    rows.clear();
    wanted.clear();
    has_logits = false;
    for (std::size_t i = 0; i < n; ++i) {
      rows.push_back({&cache, n_done + i});
      if (options.on_logits || n_done + i + 1 == tokens.size()) wanted.push_back(static_cast<std::uint32_t>(i));
    }
    nn::pass_options how;
    how.reproducible = options.reproducible;
    how.on_route = on_route ? &on_route : nullptr;
    running = nn::forward(*compute, model->net, std::span(tokens).subspan(n_done, n), nn::batch{rows}, wanted, work, how,
                          logits_memory.as<float>());
    if (!running) return error{errc::no_memory, "the frames of a forward pass did not fit their arena"};
    return {};
  }
  void end_chunk() {
    running = {};
    if (options.on_logits)
      for (std::size_t i = 0; i < wanted.size(); ++i) options.on_logits(n_done + wanted[i], logits_row(i));
    n_done += rows.size();
    has_logits = !wanted.empty() && n_done == tokens.size();
  }

  [[nodiscard]] error cancelled() const {
    return {errc::cancelled, "the step was cancelled after " + std::to_string(n_done) + " tokens"};
  }

  result<status> step(const clock::time_point* deadline) {
    // after a rewind the logits are gone: the last token is computed once more for them
    if (!has_logits && n_done > 0 && n_done == tokens.size()) keep(n_done - 1);
    if (n_done == tokens.size() && compute->take_stop()) return cancelled();
    while (n_done < tokens.size()) {
      if (!running) {
        if (auto begun = begin_chunk(); !begun) return begun.error();
      }
      if (compute->step(running.handle(), deadline)) {
        end_chunk();
      } else if (compute->take_stop()) {
        drop_chunk();
        return cancelled();
      } else {
        return status::running;
      }
      if (n_done < tokens.size() && deadline && clock::now() >= *deadline) return status::running;
    }
    return status::done;
  }
};

inline dtype dtype_of(cache_type t) noexcept {
  return t == cache_type::f32 ? dtype::f32 : t == cache_type::q8_0 ? dtype::q8_0 : dtype::f16;
}

/// The numbers that follow from a model and options, checked.
struct session_plan {
  std::size_t context = 0, chunk = 0, n_logits = 1, n_workers = 1;
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
  if (o.chunk == 0 || o.chunk > 65536)
    return error{errc::bad_argument, "a chunk has 1 to 65536 tokens, not " + std::to_string(o.chunk)};
  p.chunk = std::min(o.chunk, p.context);
  if (o.on_logits) {  // a row for every token of a chunk, within 64 MB
    p.chunk = std::clamp<std::size_t>((std::size_t{64} << 20) / (h.n_vocab * sizeof(float)), 1, p.chunk);
    p.n_logits = p.chunk;
  }
  p.n_workers = o.pool ? o.pool->size() : 1;
  const dtype type = dtype_of(o.cache);
  const bool latent = h.kind->latent;
  for (const std::size_t dim : {latent ? h.mla.dim_latent : h.gqa.dim_head, latent ? h.mla.dim_row() : h.gqa.dim_head_v})
    if (dim % traits(type).block)
      return error{errc::bad_argument, std::string("a ") + name(type) + " cache needs rows of a multiple of 32 channels; " +
                                           "this model has " + std::to_string(dim) + "; use f16"};
  p.layout = nn::cache_layout(h, type);
  arena measure = arena::measuring();
  nn::take_workspace(measure, m.net, p.chunk, p.n_workers, p.context);
  p.bytes_scratch = measure.peak() + buffer::alignment;
  return p;
}

}  // namespace detail

RETORT_INLINE result<memory_quote> model::quote(const session_options& options) const {
  RETORT_TRY(const detail::session_plan p, detail::plan_session(*impl_, options));
  memory_quote q;
  q.cache = p.n_pages() * p.layout.bytes_page;
  q.workspace = p.bytes_scratch + detail::bytes_frames + p.n_logits * impl_->net.hyper.n_vocab * sizeof(float) +
                p.context * sizeof(token) + p.chunk * (sizeof(nn::token_row) + sizeof(std::uint32_t));
  return q;
}

RETORT_INLINE session::session(std::unique_ptr<detail::session_impl> impl) : impl_(std::move(impl)) {}
RETORT_INLINE session::session(session&&) noexcept = default;
RETORT_INLINE session& session::operator=(session&&) noexcept = default;
RETORT_INLINE session::~session() = default;

namespace detail {

inline result<std::unique_ptr<session_impl>> make_session(std::shared_ptr<const model_impl> m, const session_options& o,
                                                          std::shared_ptr<nn::kv_pool> pages) {
  RETORT_TRY(session_plan p, plan_session(*m, o));
  auto s = std::make_unique<session_impl>();
  s->model = std::move(m);
  s->options = o;
  s->options.context = p.context;
  s->pool = o.pool ? o.pool : &s->alone;
  s->memory = o.memory ? o.memory : &system_allocator();
  s->kernels = &simd::best();
  if (!o.target.empty()) {
    RETORT_TRY(const simd::target wanted, simd::target_by_name(o.target));
    s->kernels = &simd::kernels_for(wanted);
    if (s->kernels->id != wanted)
      return error{errc::unsupported, "this CPU or build has no kernels for target " + o.target};
  }
  if (!pages) {
    RETORT_TRY(pages, nn::kv_pool::make(std::move(p.layout), p.n_pages(), *s->memory));
  }
  s->cache = nn::kv_cache(std::move(pages), p.context);
  RETORT_TRY(buffer frames, buffer::make(bytes_frames, "coroutine frames", *s->memory));
  s->frames = arena(std::move(frames));
  RETORT_TRY(buffer scratch, buffer::make(p.bytes_scratch, "the session's workspace", *s->memory));
  s->scratch = arena(std::move(scratch));
  s->work = nn::take_workspace(s->scratch, s->model->net, p.chunk, p.n_workers, p.context);
  RETORT_TRY(s->logits_memory, buffer::make(p.n_logits * s->n_vocab() * sizeof(float), "logits", *s->memory));
  s->compute.emplace(*s->pool, s->frames, *s->kernels);
  s->tokens.reserve(p.context);
  s->rows.reserve(p.chunk);
  s->wanted.reserve(p.chunk);
  if (o.on_route)
    s->on_route = [f = o.on_route](const nn::route& r) { f({r.layer, r.position, r.experts, r.weights}); };
  return s;
}

}  // namespace detail

RETORT_INLINE result<session> session::make(const model& m, const session_options& options) {
  if (!m.impl()) return error{errc::bad_argument, "the model is empty"};
  RETORT_TRY(auto impl, detail::make_session(m.impl(), options, nullptr));
  return session(std::move(impl));
}

RETORT_INLINE result<void> session::sync(std::span<const token> tokens) {
  auto& s = *impl_;
  if (tokens.empty()) return error{errc::bad_argument, "a timeline needs at least one token"};
  if (tokens.size() > s.options.context)
    return error{errc::full, "the context holds " + std::to_string(s.options.context) + " tokens; " +
                                 std::to_string(tokens.size()) + " are needed"};
  for (token t : tokens)
    if (t < 0 || static_cast<std::size_t>(t) >= s.n_vocab())
      return error{errc::bad_argument, "token " + std::to_string(t) + " is outside the vocabulary of " +
                                           std::to_string(s.n_vocab())};
  if (std::equal(tokens.begin(), tokens.end(), s.tokens.begin(), s.tokens.end())) return {};  // a chunk in progress goes on
  const std::size_t limit = std::min(tokens.size(), s.n_done);
  std::size_t same = 0;
  while (same < limit && s.tokens[same] == tokens[same]) ++same;
  const bool nothing_new = same == tokens.size() && s.n_done == same && s.has_logits;
  if (!nothing_new) s.keep(std::min(same, tokens.size() - 1));
  s.tokens.assign(tokens.begin(), tokens.end());
  return {};
}

RETORT_INLINE result<void> session::push(token next) {
  auto& s = *impl_;
  if (next < 0 || static_cast<std::size_t>(next) >= s.n_vocab())
    return error{errc::bad_argument, "token " + std::to_string(next) + " is outside the vocabulary of " +
                                         std::to_string(s.n_vocab())};
  if (s.tokens.size() >= s.options.context)
    return error{errc::full, "the context of " + std::to_string(s.options.context) + " tokens is full"};
  if (s.running) s.drop_chunk();
  s.tokens.push_back(next);
  return {};
}

RETORT_INLINE result<status> session::step(std::chrono::nanoseconds budget) {
  const clock::time_point deadline = clock::now() + budget;
  return impl_->step(&deadline);
}
RETORT_INLINE result<status> session::step() { return impl_->step(nullptr); }

RETORT_INLINE std::span<float> session::logits() noexcept {
  return impl_->has_logits && impl_->n_done == impl_->tokens.size() ? impl_->last_logits() : std::span<float>();
}
RETORT_INLINE std::span<const token> session::tokens() const noexcept { return impl_->tokens; }
RETORT_INLINE std::size_t session::n_computed() const noexcept { return impl_->n_done; }
RETORT_INLINE std::size_t session::context() const noexcept { return impl_->options.context; }
RETORT_INLINE const char* session::target() const noexcept { return simd::name(impl_->kernels->id); }
RETORT_INLINE void session::cancel() noexcept { impl_->compute->stop(); }

RETORT_INLINE result<void> session::rewind(std::size_t n) {
  auto& s = *impl_;
  if (n > s.tokens.size())
    return error{errc::bad_argument, "cannot rewind to " + std::to_string(n) + " tokens; there are " +
                                         std::to_string(s.tokens.size())};
  if (n < s.tokens.size()) {
    s.keep(std::min(n, s.n_done));
    s.tokens.resize(n);
  }
  return {};
}

RETORT_INLINE result<session> session::fork() {
  auto& s = *impl_;
  s.drop_chunk();  // it writes into a page that is shared from now on; the next step begins it again
  RETORT_TRY(auto twin, detail::make_session(s.model, s.options, s.cache.pool()));
  twin->cache = s.cache.fork(s.n_done);
  twin->tokens.assign(s.tokens.begin(), s.tokens.end());
  twin->n_done = s.n_done;
  twin->has_logits = s.has_logits;
  if (s.has_logits) {
    const auto row = s.last_logits();
    std::memcpy(twin->logits_memory.data(), row.data(), row.size_bytes());
  }
  return session(std::move(twin));
}

namespace detail {

/// Calls f(bytes, n) for every stretch of cache rows of the first n_tokens.
template <class F>
void each_cache_row(const nn::kv_cache& cache, std::size_t n_tokens, F f) {
  for (std::size_t page = 0; page * nn::page_tokens < n_tokens; ++page) {
    const std::size_t n = std::min(nn::page_tokens, n_tokens - page * nn::page_tokens);
    for (const nn::kv_layer& l : cache.layout().layers)
      for (std::size_t head = 0; head < l.n_heads_kv; ++head) {
        f(cache.keys(l, page, head), n * l.bytes_k_row);
        if (l.bytes_v_row) f(cache.values(l, page, head), n * l.bytes_v_row);
      }
  }
}

inline std::size_t saved_bytes(const session_impl& s, std::size_t n_tokens, bool has_logits) noexcept {
  std::size_t row = 0;
  for (const nn::kv_layer& l : s.cache.layout().layers) row += l.n_heads_kv * (l.bytes_k_row + l.bytes_v_row);
  return sizeof(saved_head) + n_tokens * (sizeof(token) + row) + (has_logits ? s.n_vocab() * sizeof(float) : 0) +
         sizeof(std::uint64_t);
}

}  // namespace detail

RETORT_INLINE result<std::vector<std::byte>> session::save() const {
  auto& s = *impl_;
  const bool has_logits = s.has_logits && s.n_done == s.tokens.size();
  detail::saved_head head{};
  std::memcpy(head.magic, detail::saved_magic, sizeof head.magic);
  head.version = detail::saved_version;
  head.type = static_cast<std::uint32_t>(s.cache.layout().type);
  head.model = s.model->fingerprint;
  head.n_tokens = s.n_done;
  head.bytes = detail::saved_bytes(s, s.n_done, has_logits);
  head.has_logits = has_logits;
  std::vector<std::byte> out;
  out.reserve(head.bytes);
  const auto put = [&out](const void* data, std::size_t n) {
    const auto* p = static_cast<const std::byte*>(data);
    out.insert(out.end(), p, p + n);
  };
  put(&head, sizeof head);
  put(s.tokens.data(), s.n_done * sizeof(token));
  detail::each_cache_row(s.cache, s.n_done, put);
  if (has_logits) put(s.last_logits().data(), s.n_vocab() * sizeof(float));
  detail::digest d;
  d.add(out.data(), out.size());
  const std::uint64_t sum = d.value();
  put(&sum, sizeof sum);
  return out;
}

RETORT_INLINE result<void> session::restore(std::span<const std::byte> state) {
  auto& s = *impl_;
  const auto bad = [](errc code, const char* what) { return error{code, std::string("a saved session ") + what}; };
  detail::saved_head head;
  if (state.size() < sizeof head + sizeof(std::uint64_t)) return bad(errc::bad_file, "is cut off");
  std::memcpy(&head, state.data(), sizeof head);
  if (std::memcmp(head.magic, detail::saved_magic, sizeof head.magic) != 0) return bad(errc::bad_file, "has no head");
  if (head.version != detail::saved_version) return bad(errc::mismatch, "is of another version");
  if (head.model != s.model->fingerprint) return bad(errc::mismatch, "belongs to another model");
  if (head.type != static_cast<std::uint32_t>(s.cache.layout().type)) return bad(errc::mismatch, "has another cache type");
  if (head.n_tokens > s.options.context) return bad(errc::full, "is longer than this context");
  if (head.has_logits > 1 || head.bytes != state.size() ||
      head.bytes != detail::saved_bytes(s, head.n_tokens, head.has_logits != 0))
    return bad(errc::bad_file, "has the wrong length");
  detail::digest d;
  d.add(state.data(), state.size() - sizeof(std::uint64_t));
  if (d.value() != load_as<std::uint64_t>(state.data() + state.size() - sizeof(std::uint64_t)))
    return bad(errc::bad_file, "is damaged: its checksum does not match");
  const std::byte* at = state.data() + sizeof head;
  std::vector<token> tokens(head.n_tokens);
  std::memcpy(tokens.data(), at, head.n_tokens * sizeof(token));
  at += head.n_tokens * sizeof(token);
  for (token t : tokens)
    if (t < 0 || static_cast<std::size_t>(t) >= s.n_vocab()) return bad(errc::bad_file, "holds an unknown token");
  nn::kv_cache cache(s.cache.pool(), s.options.context);
  RETORT_CHECK(cache.prepare(0, head.n_tokens));
  detail::each_cache_row(cache, head.n_tokens, [&at](std::byte* row, std::size_t n) {
    std::memcpy(row, at, n);
    at += n;
  });
  s.drop_chunk();
  s.cache = std::move(cache);
  s.tokens.assign(tokens.begin(), tokens.end());
  s.n_done = head.n_tokens;
  s.wanted.clear();
  s.has_logits = head.has_logits != 0;
  if (s.has_logits) std::memcpy(s.logits_memory.data(), at, s.n_vocab() * sizeof(float));
  return {};
}

RETORT_END
