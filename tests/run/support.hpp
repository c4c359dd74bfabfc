// What the tests of sessions share: tiny models, ways to run them, a counting allocator.
#pragma once

#include "catch.hpp"
#include "tiny/model.hpp"

#include <retort/base/memory.hpp>
#include <retort/base/threads.hpp>
#include <retort/retort.hpp>

#include <map>

namespace support {

using logits = std::vector<float>;

/// A tiny model, made once per kind, type and seed; its bytes live as long as the program.
inline const retort::model& model_of(const std::string& kind, retort::dtype type = retort::dtype::f32,
                                     std::uint64_t seed = 1) {
  struct entry {
    std::vector<std::byte> bytes;
    retort::model m;
  };
  static std::map<std::string, entry> all;
  entry& e = all[kind + "/" + retort::name(type) + "/" + std::to_string(seed)];
  if (e.bytes.empty()) {
    e.bytes = tiny::make(kind, type, seed).bytes();
    auto loaded = retort::model::view(e.bytes, kind);
    if (!loaded) FAIL(loaded.error().what);
    e.m = *loaded;
  }
  return e.m;
}

inline retort::session_options small(std::size_t context = 256) {
  retort::session_options o;
  o.context = context;
  o.cache = retort::cache_type::f32;
  return o;
}

/// The same, to be compared bit for bit with a session that came to the same tokens another way.
inline retort::session_options small_reproducible(std::size_t context = 256) {
  retort::session_options o = small(context);
  o.reproducible = true;
  return o;
}

inline retort::session open(const retort::model& m, const retort::session_options& o) {
  auto s = retort::session::make(m, o);
  if (!s) FAIL(s.error().what);
  return std::move(*s);
}

inline logits copy(retort::session& s) {
  const auto l = s.logits();
  return {l.begin(), l.end()};
}

/// The logits after tokens, computed in one step().
inline logits ask(retort::session& s, std::span<const retort::token> tokens) {
  REQUIRE(s.sync(tokens));
  const auto done = s.step();
  if (!done) FAIL(done.error().what);
  REQUIRE(*done == retort::status::done);
  REQUIRE(s.n_computed() == tokens.size());
  REQUIRE_FALSE(s.logits().empty());
  return copy(s);
}
inline logits ask(const retort::model& m, const retort::session_options& o, std::span<const retort::token> tokens) {
  auto s = open(m, o);
  return ask(s, tokens);
}

/// Prompt and then n greedy tokens; every row of logits on the way.
inline std::vector<logits> generate(retort::session& s, std::span<const retort::token> prompt, std::size_t n) {
  std::vector<logits> all = {ask(s, prompt)};
  for (std::size_t i = 0; i < n; ++i) {
    const auto& last = all.back();
    REQUIRE(s.push(static_cast<retort::token>(std::max_element(last.begin(), last.end()) - last.begin())));
    const auto done = s.step();
    REQUIRE(done);
    all.push_back(copy(s));
  }
  return all;
}

/// Largest difference relative to the root mean square of b.
inline double off(const logits& a, const logits& b) {
  REQUIRE(a.size() == b.size());
  double square = 0, most = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    square += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    if (!(d <= most)) most = d;
  }
  return most / std::sqrt(square / static_cast<double>(b.size()));
}

/// The system's memory, counted, and refused at one allocation or from one on.
struct counting_allocator final : retort::allocator {
  static constexpr std::size_t never = static_cast<std::size_t>(-1);
  std::size_t n = 0, bytes = 0, largest = 0, refuse_at = never, refuse_from = never;
  void* allocate(std::size_t b, std::size_t alignment) noexcept override {
    const std::size_t i = n++;
    if (i == refuse_at || i >= refuse_from) return nullptr;
    bytes += b;
    largest = std::max(largest, b);
    return retort::system_allocator().allocate(b, alignment);
  }
  void release(void* memory, std::size_t b, std::size_t alignment) noexcept override {
    bytes -= b;
    retort::system_allocator().release(memory, b, alignment);
  }
};

}  // namespace support
