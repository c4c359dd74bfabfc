// Every architecture, as a tiny random model, against the double-precision reference.
#include "catch.hpp"
#include "model/driver.hpp"
#include "reference/decoder_ref.hpp"
#include "tiny/model.hpp"

using namespace retort;

namespace {

struct loaded {
  std::vector<std::byte> bytes;
  weights file;
  nn::network net;
};
std::unique_ptr<loaded> load(const tiny::recipe& r) {
  auto m = std::make_unique<loaded>();
  m->bytes = tiny::make(r).bytes();
  auto file = weights::view(m->bytes, r.kind);
  if (!file) FAIL(file.error().what);
  m->file = std::move(*file);
  auto net = nn::load_network(m->file);
  if (!net) FAIL(net.error().what);
  m->net = std::move(*net);
  return m;
}
std::unique_ptr<loaded> load(const std::string& kind, dtype type) {
  tiny::recipe r;
  r.kind = kind;
  r.type = type;
  return load(r);
}

// The bounds, relative to the root mean square of all logits.
//
// Float weights: sums of at most 128 terms in about 15 steps a layer, each off
// by a few 2^-24, scores up to about 10, so 3 layers stay near 1e-6 for a typical
// logit; 2e-5 for the worst of 26000. What a wrong formula does is 10^4 times
// larger (leaving out the biases of attention alone: 0.4).
constexpr double float_bound = 2e-5;
// Quantized weights: the reference rounds activations as the int8 form is
// defined, but a number near the middle of two steps may go the other way (1/127
// of the largest of 32), and a router's near-tie then another way as well. That
// hits few rows: a typical logit is bounded, not the worst.
constexpr double quantized_bound = 0.03;
// Latent attention with quantized kv_b: the two forms round different vectors
// (queries and weighted latents, or latents), and one side was turned round,
// which rounds it once more; the reference does it the plain way. Its routed experts
// are scaled by up to 16, so one token whose near-tie goes the other way shows in all.
constexpr double quantized_latent_bound = 0.3;

}  // namespace

TEST_CASE("decoder: float weights of every architecture against the reference") {
  const auto tokens = tiny::tokens(90);  // crosses a page, and the switch to tiled latent attention
  for (const char* kind : tiny::kinds)
    for (dtype type : {dtype::f32, dtype::f16, dtype::bf16}) {
      if (type != dtype::f32 && std::string(kind).find("llama") == std::string::npos &&
          std::string(kind).find("v3") == std::string::npos)
        continue;  // the types meet the architectures in every linear(); two families are enough
      INFO(kind << " " << name(type));
      const auto m = load(kind, type);
      const ref::rows want = ref::logits(m->file, tokens);
      const driver::run run{m->net, simd::scalar::table};
      for (const std::size_t chunk : {90u, 7u, 1u}) {
        INFO("in chunks of " << chunk);
        const driver::distance d = driver::between(run(tokens, chunk), want);
        CHECK(d.largest < float_bound);
      }
    }
}

TEST_CASE("decoder: q8_0 weights of every architecture against the reference") {
  const auto tokens = tiny::tokens(70);
  for (const char* kind : tiny::kinds) {
    INFO(kind);
    const auto m = load(kind, dtype::q8_0);
    const ref::rows want = ref::logits(m->file, tokens);
    const bool latent = m->net.hyper.kind->mix == nn::mixing::latent;
    const driver::run run{m->net, simd::scalar::table};
    for (const std::size_t chunk : {70u, 1u}) {
      const driver::distance d = driver::between(run(tokens, chunk), want);
      CHECK(d.typical < (latent ? quantized_latent_bound : quantized_bound));
    }
  }
}

TEST_CASE("decoder: every type of weight against the reference") {
  const auto tokens = tiny::tokens(12);
  std::size_t n_types = 0;
  for (std::size_t i = 0; i < n_dtypes; ++i) {
    const auto type = static_cast<dtype>(i);
    if (!tiny::can_make(type)) continue;
    INFO(name(type));
    tiny::recipe r;
    r.type = type;
    r.dim = r.dim_ffn = 256;  // a whole block of the widest formats
    r.dim_head = 64;
    r.n_layers = 1;
    const auto m = load(r);
    REQUIRE(static_cast<const nn::gqa&>(*m->net.layers[0].mix).w.wq.type == type);
    const ref::rows want = ref::logits(m->file, tokens);
    const driver::run run{m->net, simd::scalar::table};
    CHECK(driver::between(run(tokens, 12), want).typical < quantized_bound);
    CHECK(driver::between(run(tokens, 1), want).typical < quantized_bound);
    ++n_types;
  }
  CHECK(n_types >= 20);
}

TEST_CASE("decoder: the cache in half precision stays near the reference") {
  // A stored key is off by 2^-12 of itself at most; a score is a sum of 32 such products.
  // As q8_0 it is off by 1/254 of its block's largest, enough to turn a near-tie of a router.
  const auto tokens = tiny::tokens(70);
  for (const char* kind : {"llama", "qwen2_yarn", "gpt-oss", "deepseek2_v3"}) {
    INFO(kind);
    const auto m = load(kind, dtype::f32);
    const ref::rows want = ref::logits(m->file, tokens);
    CHECK(driver::between(driver::run{m->net, simd::scalar::table, dtype::f16}(tokens, 70), want).typical < 2e-3);
    CHECK(driver::between(driver::run{m->net, simd::scalar::table, dtype::q8_0}(tokens, 70), want).typical < 0.15);
  }
}

TEST_CASE("decoder: reproducible passes give the same bits however the prompt is cut") {
  const auto tokens = tiny::tokens(100);
  for (const char* kind : {"llama", "qwen3moe", "deepseek2_v2", "gpt-oss"})
    for (dtype type : {dtype::f32, dtype::q8_0}) {
      INFO(kind << " " << name(type));
      const auto m = load(kind, type);
      driver::run run{m->net, simd::scalar::table};
      run.how.reproducible = true;
      const auto whole = run(tokens, 100);
      for (const std::size_t chunk : {1u, 7u, 64u}) CHECK(run(tokens, chunk) == whole);
    }
}

TEST_CASE("decoder: two timelines in one batch do not see each other") {
  const auto m = load("llama", dtype::f32);
  const auto a = tiny::tokens(3, 1), b = tiny::tokens(3, 2);
  const driver::run alone{m->net, simd::scalar::table};
  const auto want_a = alone(a, 3), want_b = alone(b, 3);

  auto pages = nn::kv_pool::make(nn::cache_layout(m->net, dtype::f32), 2, system_allocator());
  REQUIRE(pages);
  nn::kv_cache cache_a(*pages, 64), cache_b(*pages, 64);
  REQUIRE(cache_a.prepare(0, 3));
  REQUIRE(cache_b.prepare(0, 3));
  arena measure = arena::measuring();
  (void)nn::take_workspace(measure, m->net, simd::scalar::table, 6, 1, 64);
  arena scratch(std::move(*buffer::make(measure.peak() + 64, "scratch")));
  arena frames(std::move(*buffer::make(64 << 10, "frames")));
  nn::workspace work = nn::take_workspace(scratch, m->net, simd::scalar::table, 6, 1, 64);
  calling_thread pool;
  nn::compute c(pool, frames, simd::scalar::table);
  std::vector<std::int32_t> tokens;
  std::vector<nn::token_row> rows;
  for (std::size_t i = 0; i < 3; ++i) {  // interleaved
    tokens.insert(tokens.end(), {a[i], b[i]});
    rows.insert(rows.end(), {nn::token_row{&cache_a, i}, nn::token_row{&cache_b, i}});
  }
  const std::vector<std::uint32_t> wanted = {4, 5};
  std::vector<float> logits(2 * tiny::n_vocab);
  task t =
      nn::forward(c, m->net, tokens, nn::token_rows{rows, {}, {}}, wanted, work, {}, {logits.data(), 2, tiny::n_vocab});
  REQUIRE(c.step(t.handle(), nullptr));
  CHECK(std::equal(want_a[2].begin(), want_a[2].end(), logits.begin()));
  CHECK(std::equal(want_b[2].begin(), want_b[2].end(), logits.begin() + tiny::n_vocab));
}

TEST_CASE("decoder: the observer sees every layer's choice, as the reference makes it") {
  const auto m = load("deepseek2_v3", dtype::f32);
  const auto tokens = tiny::tokens(5);
  std::size_t n_seen = 0;
  const nn::route_observer observer = [&](const expert_route& r) {
    ++n_seen;
    CHECK((r.layer == 1 || r.layer == 2));
    CHECK(r.position < 5);
    REQUIRE(r.experts.size() == 3);
    std::size_t groups = 0;  // bits of the groups of 4 that were used
    float sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      groups |= std::size_t{1} << (r.experts[i] / 4);
      sum += r.weights[i];
    }
    CHECK(std::popcount(groups) <= 2);
    CHECK(sum == Approx(2.5f));
  };
  driver::run run{m->net, simd::scalar::table};
  run.how.on_route = &observer;
  (void)run(tokens, 5);
  CHECK(n_seen == 2 * 5);
}
