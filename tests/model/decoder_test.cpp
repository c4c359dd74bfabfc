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
std::unique_ptr<loaded> load(const tiny::file& f) {
  auto m = std::make_unique<loaded>();
  m->bytes = f.bytes();
  auto file = weights::view(m->bytes, f.arch);
  if (!file) FAIL(file.error().what);
  m->file = std::move(*file);
  auto net = nn::load_network(m->file);
  if (!net) FAIL(net.error().what);
  m->net = std::move(*net);
  return m;
}
std::unique_ptr<loaded> load(const tiny::recipe& r) { return load(tiny::make(r)); }
std::unique_ptr<loaded> load(const std::string& kind, dtype type) {
  tiny::recipe r;
  r.kind = kind;
  r.type = type;
  return load(r);
}

/// Calls f(name without ".weight", tensor, number of matrices in it) for the tensors that products read.
template <class F>
void each_matrix(tiny::file& f, F call) {
  const std::size_t n = f.tensors.size();
  for (std::size_t i = 0; i < n; ++i) {
    tiny::tensor& t = f.tensors[i];
    if (t.dims.size() < 2 || !t.name.ends_with(".weight")) continue;
    const bool experts = t.name.find("_exps.") != std::string::npos;
    call(t.name.substr(0, t.name.size() - 7), i, static_cast<std::size_t>(experts ? t.dims[2] : 1));
  }
}
void add_vector(tiny::file& f, const std::string& name, const std::vector<float>& values) {
  const auto* bytes = reinterpret_cast<const char*>(values.data());
  f.tensors.push_back({name, {values.size()}, dtype::f32, std::string(bytes, values.size() * sizeof(float))});
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

TEST_CASE("decoder: weights with scales beside them are the weights times their scales") {
  // Powers of two: the same numbers throughout, so the same logits to the bit.
  const auto tokens = tiny::tokens(70);
  for (const char* kind : tiny::kinds) {
    INFO(kind);
    tiny::file f = tiny::make(kind);
    std::size_t n_scaled = 0;
    each_matrix(f, [&](const std::string& base, std::size_t at, std::size_t n) {
      std::vector<float> scales, values(f.tensors[at].data.size() / sizeof(float));
      std::memcpy(values.data(), f.tensors[at].data.data(), f.tensors[at].data.size());
      for (std::size_t e = 0; e < n; ++e) {
        scales.push_back(std::ldexp(1.0f, static_cast<int>((n_scaled + e) % 5) - 2));
        for (std::size_t i = 0; i < values.size() / n; ++i) values[e * (values.size() / n) + i] /= scales[e];
      }
      std::memcpy(f.tensors[at].data.data(), values.data(), f.tensors[at].data.size());
      add_vector(f, base + ".scale", scales);
      ++n_scaled;
    });
    CHECK(n_scaled >= 12);
    const auto plain = load(kind, dtype::f32), scaled = load(f);
    for (const std::size_t chunk : {70u, 3u})
      CHECK(driver::run{scaled->net, simd::scalar::table}(tokens, chunk) ==
            driver::run{plain->net, simd::scalar::table}(tokens, chunk));
  }
}

TEST_CASE("decoder: NVFP4 weights as files with scales have them") {
  // Twice the values and half their projection, a quarter of up and four times down: the same to the bit.
  const auto tokens = tiny::tokens(40);
  for (const char* kind : {"llama", "qwen3moe"}) {
    INFO(kind);
    tiny::recipe r;
    r.kind = kind;
    r.type = dtype::nvfp4;
    r.dim_ffn = r.dim_expert = 64;
    const tiny::file plain = tiny::make(r);
    tiny::file scaled = plain;
    std::size_t n_scaled = 0;
    each_matrix(scaled, [&](const std::string& base, std::size_t at, std::size_t n) {
      const auto is = [&](const char* what) { return base.find(what) != std::string::npos; };
      const float scale = is("attn_v")        ? 2.0f
                          : is("attn_output") ? 0.5f
                          : is("ffn_up")      ? 0.25f
                          : is("ffn_down")    ? 4.0f
                                              : 1.0f;
      if (scaled.tensors[at].type != dtype::nvfp4) return;
      add_vector(scaled, base + ".scale", std::vector<float>(n, scale));
      add_vector(scaled, base + ".input_scale", std::vector<float>(n, 0.01f));
      n_scaled += scale != 1;
    });
    CHECK(n_scaled == 8);
    const auto logits = [&](const tiny::file& f, std::size_t chunk) {
      return driver::run{load(f)->net, simd::scalar::table}(tokens, chunk);
    };
    for (const std::size_t chunk : {40u, 1u}) CHECK(logits(scaled, chunk) == logits(plain, chunk));
    tiny::file other = plain;
    add_vector(other, "blk.1.attn_v.scale", {2});
    CHECK(logits(other, 40) != logits(plain, 40));
  }
}
