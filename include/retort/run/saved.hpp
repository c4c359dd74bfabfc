// A session as bytes, and back: for save games, and for prompts that are computed once.
#pragma once

#include <retort/api.hpp>

#if RETORT_CARRIES(RETORT_PART_RUN)  // all of it is code
#include <retort/run/session.hpp>

RETORT_BEGIN
namespace detail {

/// Calls f(bytes, n) for every stretch of cache rows of the first n_tokens.
template <class F>
void each_cache_row(const nn::kv_cache& cache, std::size_t n_tokens, F f) {
  for (std::size_t page = 0; page * nn::page_tokens < n_tokens; ++page) {
    const std::size_t n = std::min(nn::page_tokens, n_tokens - page * nn::page_tokens);
    for (const nn::kv_layer& l : cache.layout().layers)
      for (std::size_t head = 0; head < l.n_heads_kv; ++head) {
        f(cache.keys(l, page, head).data(), n * l.bytes_k_row);
        if (l.bytes_v_row) f(cache.values(l, page, head).data(), n * l.bytes_v_row);
      }
  }
}

/// The head of a saved session; everything little-endian.
struct saved_head {
  char magic[8];
  std::uint32_t version, type;
  std::uint64_t model, n_tokens, bytes, has_logits;
};
inline constexpr char saved_magic[8] = {'R', 'E', 'T', 'O', 'R', 'T', 'K', 'V'};
inline constexpr std::uint32_t saved_version = 1;

inline std::size_t saved_bytes(const session_impl& s, std::size_t n_tokens, bool has_logits) noexcept {
  std::size_t row = 0;
  for (const nn::kv_layer& l : s.line.cache.layout().layers) row += l.n_heads_kv * (l.bytes_k_row + l.bytes_v_row);
  return sizeof(saved_head) + n_tokens * (sizeof(token) + row) + (has_logits ? s.n_vocab() * sizeof(float) : 0) +
         sizeof(std::uint64_t);
}

}  // namespace detail

RETORT_INLINE result<std::vector<std::byte>> session::save() const {
  return detail::at_border([&]() -> result<std::vector<std::byte>> {
    RETORT_CHECK(detail::check_usable(impl_));
    auto& s = *impl_;
    const bool has_logits = s.line.ready() && s.line.n_logits > 0;
    detail::saved_head head{};
    std::memcpy(head.magic, detail::saved_magic, sizeof head.magic);
    head.version = detail::saved_version;
    head.type = static_cast<std::uint32_t>(s.line.cache.layout().type);
    head.model = s.bench->model->fingerprint;
    head.n_tokens = s.line.n_done;
    head.bytes = detail::saved_bytes(s, s.line.n_done, has_logits);
    head.has_logits = has_logits;
    std::vector<std::byte> out;
    out.reserve(head.bytes);
    const auto put = [&out](const void* data, std::size_t n) {
      const auto* p = static_cast<const std::byte*>(data);
      out.insert(out.end(), p, p + n);
    };
    put(&head, sizeof head);
    put(s.line.tokens.data(), s.line.n_done * sizeof(token));
    detail::each_cache_row(s.line.cache, s.line.n_done, put);
    if (has_logits) put(s.logits().at(s.line.n_logits - 1), s.n_vocab() * sizeof(float));
    detail::digest d;
    d.add(out.data(), out.size());
    const std::uint64_t sum = d.value();
    put(&sum, sizeof sum);
    return out;
  });
}

RETORT_INLINE result<void> session::restore(std::span<const std::byte> state) {
  return detail::at_border([&]() -> result<void> {
    RETORT_CHECK(detail::check_usable(impl_));
    auto& s = *impl_;
    const auto bad = [](errc code, const char* what) { return error{code, std::string("a saved session ") + what}; };
    detail::saved_head head;
    if (state.size() < sizeof head + sizeof(std::uint64_t)) return bad(errc::bad_file, "is cut off");
    std::memcpy(&head, state.data(), sizeof head);
    if (std::memcmp(head.magic, detail::saved_magic, sizeof head.magic) != 0) return bad(errc::bad_file, "has no head");
    if (head.version != detail::saved_version) return bad(errc::mismatch, "is of another version");
    if (head.model != s.bench->model->fingerprint) return bad(errc::mismatch, "belongs to another model");
    if (head.type != static_cast<std::uint32_t>(s.line.cache.layout().type))
      return bad(errc::mismatch, "has another cache type");
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
    if (!tokens.empty()) std::memcpy(tokens.data(), at, head.n_tokens * sizeof(token));
    at += head.n_tokens * sizeof(token);
    for (token t : tokens)
      if (t < 0 || static_cast<std::size_t>(t) >= s.n_vocab()) return bad(errc::bad_file, "holds an unknown token");
    nn::kv_cache cache(s.line.cache.pool(), s.options.context);
    RETORT_CHECK(detail::workbench::prepare(cache, s.line.prefixes.get(), 0, head.n_tokens));
    detail::each_cache_row(cache, head.n_tokens, [&at](std::byte* row, std::size_t n) {
      std::memcpy(row, at, n);
      at += n;
    });
    s.bench->drop_pass_of(s.line);
    s.line.cache = std::move(cache);
    s.line.tokens.assign(tokens);
    s.line.n_tail = 1;
    s.line.n_done = head.n_tokens;
    s.line.n_logits = head.has_logits;
    if (head.has_logits) std::memcpy(s.line.logits_memory.data(), at, s.n_vocab() * sizeof(float));
    return {};
  });
}

RETORT_END
#endif
