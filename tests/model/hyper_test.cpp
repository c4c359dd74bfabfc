// Hyper-parameters that follow from rules, not from one key: amplitudes, scales,
// defaults of groups, widths.
#include "catch.hpp"
#include "tiny/model.hpp"

#include <retort/model/hyper.hpp>

using namespace retort;

namespace {

nn::hyper read(const tiny::file& f) {
  const auto bytes = f.bytes();
  auto w = weights::view(bytes, "tiny");
  if (!w) FAIL(w.error().what);
  auto h = nn::read_hyper(*w);
  if (!h) FAIL(h.error().what);
  return std::move(*h);
}
tiny::file yarn(const char* kind, double factor, std::uint32_t original) {
  tiny::file f = tiny::make(kind);
  f.text(f.arch + ".rope.scaling.type", "yarn");
  f.f32("rope.scaling.factor", factor);
  f.u32("rope.scaling.original_context_length", original);
  return f;
}
const double g4 = 1 + 0.1 * std::log(4.0);

}  // namespace

TEST_CASE("hyper: scaling is none, linear or yarn; absent means linear with factor 1") {
  tiny::file f = tiny::make("llama");
  CHECK(read(f).rope.scaling == nn::rope_scaling::none);
  f.f32("rope.scaling.factor", 4);
  CHECK(read(f).rope.scaling == nn::rope_scaling::linear);
  CHECK(read(f).rope.factor == 4);
  f.text("llama.rope.scaling.type", "none");  // forces factor 1
  CHECK(read(f).rope.scaling == nn::rope_scaling::none);
  CHECK(read(f).rope.factor == 1);
  f = tiny::make("llama");
  f.f32("rope.scale_linear", 8);  // the old name
  CHECK(read(f).rope.factor == 8);
  f.f32("rope.scaling.factor", 0);  // 0 is absent
  CHECK(read(f).rope.factor == 8);
}

TEST_CASE("hyper: the yarn amplitude") {
  const auto amplitude = [](const tiny::file& f) { return read(f).rope.amplitude; };
  tiny::file f = yarn("qwen2", 4, 512);
  CHECK(amplitude(f) == Approx(g4).epsilon(1e-12));
  f.f32("rope.scaling.attn_factor", 0.5);  // multiplies
  CHECK(amplitude(f) == Approx(0.5 * g4).epsilon(1e-7));
  f.f32("rope.scaling.yarn_attn_factor", 0.25);  // and wins over this one
  CHECK(amplitude(f) == Approx(0.5 * g4).epsilon(1e-7));
  f.drop_key("qwen2.rope.scaling.attn_factor");
  CHECK(amplitude(f) == Approx(0.25).epsilon(1e-7));  // which replaces
  f.f32("rope.scaling.yarn_attn_factor", 0.8782488562869419);
  CHECK(amplitude(f) == 1.0);  // or just cancels
  f.f32("rope.scaling.yarn_attn_factor", 1);
  CHECK(amplitude(f) == Approx(g4).epsilon(1e-12));
  // the published files: Qwen3 8B distilled from R1-0528 with its key, and without
  f = yarn("qwen3", 4, 32768);
  f.u32("context_length", 131072);
  f.f32("rope.freq_base", 1e6);
  CHECK(amplitude(f) == 1.0);
  f.f32("rope.scaling.attn_factor", 0.8782488562869419);
  CHECK(amplitude(f) == Approx(1).epsilon(1e-7));
  f.drop_key("qwen3.rope.scaling.attn_factor");
  f.u32("context_length", 65536);  // another model of the family
  CHECK(amplitude(f) == Approx(g4).epsilon(1e-12));
  // no yarn, no amplitude
  CHECK(amplitude(tiny::make("qwen2")) == 1);
  CHECK(amplitude(yarn("qwen2", 1, 512)) == 1);
}

TEST_CASE("hyper: yarn looks at the original context, not the stretched one") {
  CHECK(read(yarn("qwen2", 4, 512)).rope.original_context == 512);
  tiny::file f = yarn("qwen2", 4, 512);
  f.drop_key("qwen2.rope.scaling.original_context_length");
  CHECK(read(f).rope.original_context == 2048);
}

TEST_CASE("hyper: the scale of latent attention carries the magnitude squared, cos and sin none") {
  tiny::file f = tiny::make("deepseek2_lite");  // factor 40, multiplier .0707, 64 channels compared
  nn::hyper h = read(f);
  const double g = 1 + 0.0707 * std::log(40.0);
  CHECK(h.rope.amplitude == 1);
  CHECK(h.mla.scale == Approx(g * g / 8).epsilon(1e-6));
  CHECK(h.mla.dim_nope == 32);
  CHECK(h.mla.dim_rope == 32);
  CHECK(h.mla.dim_q_latent == 0);
  f.drop_key("deepseek2.rope.scaling.yarn_log_multiplier");
  CHECK(read(f).mla.scale == Approx(0.125).epsilon(1e-7));
  f = tiny::make("deepseek2_lite");
  f.text("deepseek2.rope.scaling.type", "none");
  CHECK(read(f).mla.scale == Approx(0.125).epsilon(1e-7));
}

TEST_CASE("hyper: head sizes of the two ways to write latent attention") {
  const nn::hyper joined = read(tiny::make("deepseek2_v3")), split = read(tiny::make("deepseek2_v3_split"));
  CHECK(joined.mla.dim_nope == split.mla.dim_nope);
  CHECK(joined.mla.dim_v == split.mla.dim_v);
  CHECK(joined.mla.scale == split.mla.scale);
  CHECK(split.mla.dim_q_latent == 64);
}

TEST_CASE("hyper: head sizes come from the keys, else from the width") {
  CHECK(read(tiny::make("qwen3")).gqa.dim_head == 32);  // 4 heads of 32 on a width of 64
  CHECK(read(tiny::make("qwen2")).gqa.dim_head == 32);  // 2 heads, no key
  tiny::file f = tiny::make("llama");
  f.drop_key("llama.attention.key_length");
  CHECK(read(f).gqa.dim_head == 16);
  f.drop_key("llama.attention.head_count_kv");
  CHECK(read(f).gqa.n_heads_kv == 4);
  CHECK(read(tiny::make("llama_fused")).rope.dim_rope == 16);
}

TEST_CASE("hyper: routing of every family") {
  using nn::gating;
  const auto moe = [](const char* kind) { return read(tiny::make(kind)).moe; };
  for (const char* kind : {"mixtral", "qwen3moe"}) {
    CHECK(moe(kind).gate == gating::softmax);
    CHECK(moe(kind).normalize);
  }
  for (const char* kind : {"qwen2moe", "olmoe", "deepseek", "deepseek2_lite", "deepseek2_v2"}) {
    CHECK(moe(kind).gate == gating::softmax);
    CHECK_FALSE(moe(kind).normalize);
  }
  CHECK(moe("gpt-oss").gate == gating::softmax_of_chosen);
  CHECK(moe("gpt-oss").activation == nn::gated_activation::clamped_swiglu);
  CHECK(moe("deepseek2_v3").gate == gating::sigmoid);
  CHECK(moe("deepseek2_v3").normalize);
  CHECK(moe("deepseek2_v3").scale == 2.5f);
  CHECK(moe("deepseek2_v3").n_groups == 4);
  CHECK(moe("deepseek2_v3").n_groups_used == 2);
  CHECK(moe("deepseek2_v2").scale == 16);
  CHECK(moe("deepseek2_lite").n_groups == 1);
  CHECK(moe("llama").n_experts == 0);
  tiny::file f = tiny::make("deepseek2_v3");
  f.f32("expert_weights_scale", 0);  // 0 is absent
  CHECK(read(f).moe.scale == 1);
  f.u32("expert_group_count", 1);  // written, and no grouping
  f.u32("expert_group_used_count", 1);
  CHECK(read(f).moe.n_groups == 1);
}

TEST_CASE("hyper: group limits that older files leave out follow from the shape") {
  nn::hyper h;
  nn::moe_config m;
  h.dim = 7168;
  m.n_experts = 256;
  m.gate = nn::gating::sigmoid;
  nn::detail::default_groups(h, true, m);
  CHECK((m.n_groups == 8 && m.n_groups_used == 4));  // V3, R1
  m = {};
  m.n_experts = 256;
  nn::detail::default_groups(h, false, m);
  CHECK((m.n_groups == 1 && m.n_groups_used == 1));
  h.dim = 5120;
  m = {};
  m.n_experts = 160;
  nn::detail::default_groups(h, false, m);
  CHECK((m.n_groups == 8 && m.n_groups_used == 3));  // V2, V2.5
  h.dim = 2048;
  m = {};
  m.n_experts = 64;
  nn::detail::default_groups(h, false, m);
  CHECK((m.n_groups == 1 && m.n_groups_used == 1));  // V2-Lite
}

TEST_CASE("hyper: widths of experts and shared experts") {
  CHECK(read(tiny::make("mixtral")).moe.dim_hidden == 32);   // feed_forward_length
  CHECK(read(tiny::make("deepseek")).dim_shared == 2 * 32);  // two of an expert's width
  CHECK(read(tiny::make("qwen2moe")).dim_shared == 64);
  tiny::file f = tiny::make("qwen2moe");
  f.drop_key("qwen2moe.expert_feed_forward_length");  // then a share of the dense width
  CHECK(read(f).moe.dim_hidden == 96 / 3);
  f.drop_key("qwen2moe.expert_shared_feed_forward_length");
  CHECK(read(f).dim_shared == 96);
  const nn::hyper h = read(tiny::make("deepseek"));
  CHECK_FALSE(h.is_moe(0));
  CHECK(h.is_moe(1));
}

TEST_CASE("hyper: layers behind the last are counted and not run") {
  const nn::hyper h = read(tiny::make("deepseek2_v3_both"));
  CHECK(h.n_layers == 3);
  CHECK(h.n_layers_extra == 1);
}

TEST_CASE("hyper: pairing comes from the architecture") {
  for (const char* kind : {"llama", "mixtral", "deepseek", "deepseek2_v3"})
    CHECK(read(tiny::make(kind)).rope.style == nn::pair_style::adjacent);
  for (const char* kind : {"qwen2", "qwen3", "qwen2moe", "qwen3moe", "olmoe", "gpt-oss"})
    CHECK(read(tiny::make(kind)).rope.style == nn::pair_style::halves);
}
