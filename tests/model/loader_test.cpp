// Every way a file can be wrong for the loader: the right kind of error, and a
// sentence that names the file and the key or tensor. Nothing may crash.
#include "catch.hpp"
#include "tiny/model.hpp"

#include <retort/model/model.hpp>

using namespace retort;

namespace {

/// Loads `f`, which must fail that way and say all these words.
void fails(const tiny::file& f, errc code, std::initializer_list<const char*> words) {
  const auto bytes = f.bytes();
  const auto m = model::view(bytes, "wrong.gguf");
  REQUIRE_FALSE(m);
  INFO(m.error().what);
  CHECK(m.error().code == code);
  CHECK(m.error().what.find("wrong.gguf") != std::string::npos);
  for (const char* w : words) CHECK(m.error().what.find(w) != std::string::npos);
}
bool loads(const tiny::file& f) {
  const auto bytes = f.bytes();
  const auto m = model::view(bytes, "right.gguf");
  if (!m) UNSCOPED_INFO(m.error().what);
  return static_cast<bool>(m);
}

}  // namespace

TEST_CASE("loader: every tiny model loads and says what it is") {
  for (const char* kind : tiny::kinds)
    for (const dtype type : {dtype::f32, dtype::q8_0}) {
      INFO(kind);
      const tiny::file f = tiny::make(kind, type);
      const auto bytes = f.bytes();
      const auto m = model::view(bytes, kind);
      if (!m) FAIL(m.error().what);
      const model_info& i = m->info();
      CHECK(i.architecture == f.arch);
      CHECK(i.name == std::string("tiny ") + kind);
      CHECK(i.n_vocab == tiny::n_vocab);
      CHECK(i.dim == 64);
      CHECK(i.context_length == 2048);
      CHECK(i.types.find(name(type)) != std::string::npos);
      std::uint64_t n = 0, in_file = 0;
      for (const auto& t : f.tensors) {
        std::uint64_t size = 1;
        for (auto d : t.dims) size *= d;
        n += size;
        in_file += t.data.size();
      }
      CHECK(i.n_parameters == n);
      CHECK(i.bytes_tensors == in_file);
      CHECK(i.n_active_parameters <= n);
      if (i.n_experts) CHECK(i.n_active_parameters < n);
      CHECK_FALSE(i.summary.empty());
    }
}

TEST_CASE("loader: the tiny tokenizer encodes, decodes and knows its ends") {
  const auto bytes = tiny::make("llama").bytes();
  const auto m = model::view(bytes);
  REQUIRE(m);
  for (const std::string text : {"in the thin thing", "naïve \xe2\x82\xac\n\t\x01", ""}) {
    const auto ids = m->encode(text);
    REQUIRE(ids);
    const auto back = m->decode(*ids);
    REQUIRE(back);
    CHECK(*back == text);
  }
  const auto the = m->encode("the");
  REQUIRE(the);
  CHECK(*the == std::vector<token>{257});
  CHECK(m->bos() == 259);
  CHECK(m->is_end(260));
  CHECK_FALSE(m->is_end(259));
  const auto with_h = m->tokens_with("h");
  REQUIRE(with_h);
  CHECK(std::find(with_h->begin(), with_h->end(), 257) != with_h->end());
  CHECK(std::find(with_h->begin(), with_h->end(), m->encode("h").value()[0]) != with_h->end());
  for (const token t : *with_h) CHECK(m->decode(std::span(&t, 1), true).value().find('h') != std::string::npos);
  CHECK(std::is_sorted(with_h->begin(), with_h->end()));
  CHECK(m->tokens_with("no such text")->empty());
}

TEST_CASE("loader: a model without a tokenizer loads and says so when asked") {
  tiny::file f = tiny::make("qwen2");
  for (const auto& key : f.keys())
    if (key.find("tokenizer.") == 0) f.drop_key(key);
  const auto bytes = f.bytes();
  const auto m = model::view(bytes, "silent.gguf");
  REQUIRE(m);
  const auto ids = m->encode("x");
  REQUIRE_FALSE(ids);
  CHECK(ids.error().code == errc::missing);
  CHECK(ids.error().what.find("tokenizer.ggml.model") != std::string::npos);
  CHECK_FALSE(m->bos());
  CHECK_FALSE(m->is_end(0));
  CHECK_FALSE(m->tokens_with("x"));
}

TEST_CASE("loader: every key that is needed, missing") {
  for (const char* kind : tiny::kinds) {
    const tiny::file whole = tiny::make(kind);
    std::vector<std::string> needed = {"block_count", "context_length", "embedding_length", "attention.head_count",
                                       "attention.layer_norm_rms_epsilon"};
    if (whole.arch == "deepseek2") needed.insert(needed.end(), {"attention.kv_lora_rank"});
    if (whole.arch == "gpt-oss") needed.emplace_back("attention.sliding_window");
    if (whole.arch.find("moe") != std::string::npos || whole.arch == "gpt-oss")
      needed.emplace_back("expert_used_count");
    for (const std::string& k : needed) {
      INFO(kind << " without " << k);
      tiny::file f = whole;
      f.drop_key(whole.arch + "." + k);
      const auto bytes = f.bytes();
      const auto m = model::view(bytes, "wrong.gguf");
      REQUIRE_FALSE(m);
      INFO(m.error().what);
      // attention.head_count is per layer or not, and so reads as 0
      CHECK((m.error().code == errc::missing || k == "attention.head_count"));
      CHECK(m.error().what.find("wrong.gguf") != std::string::npos);
      CHECK(m.error().what.find(whole.arch + "." + k) != std::string::npos);
    }
    tiny::file f = whole;
    f.drop_key("general.architecture");
    fails(f, errc::missing, {"general.architecture"});
  }
}

TEST_CASE("loader: every tensor, missing") {
  // what may be absent: biases, the head (then tied), the divisors, one half of two ways to store the same
  const auto optional = [](const std::string& n) {
    const bool either = n.find("attn_k_b") != std::string::npos || n.find("attn_v_b") != std::string::npos ||
                        n.find("nextn") != std::string::npos || n.find("ffn_gate_inp_shexp") != std::string::npos;
    return n.ends_with(".bias") || n == "output.weight" || n == "rope_freqs.weight" || either;
  };
  std::size_t n_missing = 0;
  for (const char* kind : tiny::kinds) {
    const tiny::file whole = tiny::make(kind);
    for (const auto& t : whole.tensors) {
      INFO(kind << " without " << t.name);
      tiny::file f = whole;
      f.drop_tensor(t.name);
      const auto bytes = f.bytes();
      const auto m = model::view(bytes, "wrong.gguf");
      if (m) {
        const bool both = std::string(kind) == "deepseek2_v3_both" && t.name.find("_b.weight") != std::string::npos;
        CHECK((optional(t.name) || both));
        continue;
      }
      ++n_missing;
      INFO(m.error().what);
      CHECK((m.error().code == errc::missing || t.name.find("ffn_gate.0") != std::string::npos ||
             t.name.find("ffn_gate_up_exps") != std::string::npos ||
             t.name.find("attn_q.weight") != std::string::npos));
      CHECK(m.error().what.find("wrong.gguf") != std::string::npos);
      CHECK(m.error().what.find("tensor \"") != std::string::npos);
    }
  }
  CHECK(n_missing > 300);
}

TEST_CASE("loader: every tensor with another shape") {
  for (const char* kind : tiny::kinds) {
    const tiny::file whole = tiny::make(kind);
    for (const auto& t : whole.tensors) {
      if (t.name == "token_embd.weight" || t.name.find("nextn") != std::string::npos) continue;
      if (std::string(kind) == "deepseek2_v3_both" && t.name.find("_b.weight") != std::string::npos) continue;
      INFO(kind << " " << t.name);
      tiny::file f = whole;
      tiny::tensor& wrong = f.at(t.name);  // the last dimension one larger: an extra row, or an extra element
      ++wrong.dims.back();
      wrong.data.resize(wrong.data.size() / (wrong.dims.back() - 1) * wrong.dims.back());
      fails(f, errc::mismatch, {t.name.c_str(), "shape", "expected"});
    }
  }
  // an embedding of another width; one row more is only a larger vocabulary, which the head must share
  tiny::file f = tiny::make("llama");
  f.at("token_embd.weight").dims = {32, 2 * tiny::n_vocab};
  fails(f, errc::mismatch, {"token_embd.weight", "64"});
  f = tiny::make("llama");
  f.at("token_embd.weight").dims = {64, tiny::n_vocab - 1};
  fails(f, errc::mismatch, {"output.weight", "287"});
}

TEST_CASE("loader: tensors that nothing reads") {
  for (const char* name : {"blk.0.attn_q_extra.weight", "blk.1.ffn_gate.weight.scale", "blk.0.attn_sinks.weight"}) {
    tiny::file f = tiny::make("llama");
    f.tensors.push_back({name, {4}, dtype::f32, std::string(16, '\0')});
    fails(f, errc::unsupported, {name, "llama"});
  }
}

TEST_CASE("loader: tensors outside the layers, or behind all of them, that nothing reads") {
  for (const char* name : {"token_embd_norm.weight", "output_norm.bias", "rope_factors_short.weight", "cls.weight",
                           "per_layer_token_embd.weight", "v.blk.0.ln1.weight", "something else", "blk.2.attn_q.weight",
                           "blk.x.attn_q.weight", "blk.99999999999999999999.attn_q.weight"}) {
    tiny::file f = tiny::make("llama");
    f.tensors.push_back({name, {4}, dtype::f32, std::string(16, '\0')});
    fails(f, errc::unsupported, {name, "llama"});
  }
  // layers that predict further tokens stand behind those that are run, as many as the file says
  tiny::file f = tiny::make("deepseek2_v3_both");
  f.tensors.push_back({"blk.3.anything.weight", {4}, dtype::f32, std::string(16, '\0')});
  CHECK(loads(f));
  f.tensors.push_back({"blk.4.anything.weight", {4}, dtype::f32, std::string(16, '\0')});
  fails(f, errc::unsupported, {"blk.4.anything.weight"});
  // an output scale belongs to an output matrix, and there is none
  f = tiny::make("llama_tied");
  const float two = 2;
  f.tensors.push_back({"output.scale", {1}, dtype::f32, std::string(reinterpret_cast<const char*>(&two), 4)});
  fails(f, errc::unsupported, {"output.scale"});
}

TEST_CASE("loader: scales that are no positive numbers, or not as many as matrices") {
  const auto with = [](const char* kind, const char* name, std::vector<float> values) {
    tiny::file f = tiny::make(kind);
    f.tensors.push_back({name,
                         {values.size()},
                         dtype::f32,
                         std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float))});
    return f;
  };
  CHECK(loads(with("llama", "blk.0.attn_q.scale", {0.5f})));
  CHECK(loads(with("llama", "blk.0.attn_q.input_scale", {0.0f})));  // not read
  for (const float x : {0.0f, -1.0f, std::nanf(""), INFINITY})
    fails(with("llama", "blk.0.attn_q.scale", {x}), errc::bad_file, {"blk.0.attn_q.scale", "positive"});
  fails(with("llama", "blk.0.attn_q.scale", {1, 2}), errc::mismatch, {"blk.0.attn_q.scale"});
  fails(with("qwen3moe", "blk.0.ffn_up_exps.scale", {1}), errc::mismatch, {"blk.0.ffn_up_exps.scale"});
  fails(with("qwen3moe", "blk.0.ffn_up_exps.scale", {1, 1, 1, 1, 1, 1, 1, -1}), errc::bad_file, {"ffn_up_exps.scale"});
}

TEST_CASE("loader: types that cannot be what they are used for") {
  tiny::file f = tiny::make("llama");
  tiny::tensor& norm = f.at("blk.0.attn_norm.weight");
  norm.type = dtype::q8_0;
  norm.data.resize(row_bytes(dtype::q8_0, 64));
  fails(f, errc::unsupported, {"blk.0.attn_norm.weight", "q8_0"});
  f = tiny::make("llama");
  tiny::tensor& q = f.at("blk.1.attn_q.weight");
  q.type = dtype::i32;
  fails(f, errc::unsupported, {"blk.1.attn_q.weight", "i32"});
  f = tiny::make("llama");
  tiny::tensor& k = f.at("blk.1.attn_k.weight");
  k.type = dtype::q8_k;
  k.dims = {256, 16};
  k.data.resize(16 * row_bytes(dtype::q8_k, 256));
  const auto bytes = f.bytes();
  CHECK_FALSE(model::view(bytes));
  // vectors in half precision are taken and converted
  for (const dtype type : {dtype::f16, dtype::bf16}) {
    f = tiny::make("llama");
    tiny::tensor& v = f.at("blk.0.attn_norm.weight");
    v.type = type;
    v.data.resize(128);
    const auto made = f.bytes();
    const auto m = model::view(made);
    REQUIRE(m);
    CHECK(m->info().bytes_owned == 256);
  }
}

TEST_CASE("loader: architectures and features that are not there") {
  tiny::file f = tiny::make("llama");
  f.text("general.architecture", "mamba\n2");
  fails(f, errc::unsupported, {"mamba\\x0a2", "llama", "deepseek2"});
  f = tiny::make("llama");
  f.text("llama.rope.scaling.type", "longrope");
  fails(f, errc::unsupported, {"llama.rope.scaling.type", "longrope", "yarn"});
  f = tiny::make("deepseek2_v3");
  f.u32("expert_gating_func", 5);
  fails(f, errc::unsupported, {"deepseek2.expert_gating_func", "5"});
  f = tiny::make("llama");
  f.numbers("llama.attention.head_count", gguf_writer::u32, std::vector<std::uint32_t>{4, 2});
  fails(f, errc::unsupported, {"llama.attention.head_count", "differs"});
}

TEST_CASE("loader: numbers per layer") {
  tiny::file f = tiny::make("llama");
  f.numbers("llama.attention.head_count", gguf_writer::i32, std::vector<std::int32_t>{4, 4});
  f.numbers("llama.feed_forward_length", gguf_writer::u32, std::vector<std::uint32_t>{96, 96});
  CHECK(loads(f));
  f.numbers("llama.feed_forward_length", gguf_writer::u32, std::vector<std::uint32_t>{96, 64});
  fails(f, errc::mismatch, {"blk.1.ffn_gate.weight", "64 rows"});
  f.numbers("llama.feed_forward_length", gguf_writer::u32, std::vector<std::uint32_t>{96});
  const auto few = f.bytes();
  const auto m = model::view(few, "wrong.gguf");
  REQUIRE_FALSE(m);
  CHECK(m.error().what.find("llama.feed_forward_length") != std::string::npos);
  f.numbers("llama.feed_forward_length", gguf_writer::i32, std::vector<std::int32_t>{96, -1});
  fails(f, errc::bad_file, {"llama.feed_forward_length"});
}

TEST_CASE("loader: hostile numbers for every numeric key end in an error or a model, never a crash") {
  constexpr std::uint32_t values[] = {
      0, 1, 2, 3, 7, 31, 33, 63, 65, 1000, 1025, 65537, 1u << 20, (1u << 20) + 1, 0x7fffffff, 0x80000000, 0xffffffff};
  std::size_t n_errors = 0, n_tries = 0, n_texts = 0;
  for (const char* kind :
       {"llama", "llama_fused", "mixtral", "qwen2_yarn", "qwen2moe", "qwen3moe", "olmoe", "gpt-oss", "deepseek",
        "deepseek2_lite", "deepseek2_v3", "deepseek2_v3_split", "glm4", "glm4moe", "granitemoe", "mistral3"}) {
    const tiny::file whole = tiny::make(kind);
    for (const auto& key : whole.keys()) {
      if (key.find(whole.arch + ".") != 0 || key.find("scaling.type") != std::string::npos) continue;
      const std::string k = key.substr(whole.arch.size() + 1);
      for (const std::uint32_t v : values) {
        INFO(kind << " " << key << " = " << v);
        tiny::file f = whole;
        f.u32(k, v);
        const auto bytes = f.bytes();
        const auto m = model::view(bytes, "wrong.gguf");
        ++n_tries;
        if (m) continue;
        ++n_errors;
        CHECK(m.error().what.find("wrong.gguf") != std::string::npos);
        const bool right = m.error().code == errc::bad_file || m.error().code == errc::missing ||
                           m.error().code == errc::mismatch || m.error().code == errc::unsupported;
        CHECK(right);
      }
      for (const double v : {0.0, -1.0, 1e-40, 1e38, std::nan(""), static_cast<double>(INFINITY)}) {
        tiny::file f = whole;
        f.f32(k, v);
        const auto bytes = f.bytes();
        const auto m = model::view(bytes, "wrong.gguf");
        ++n_tries;
        if (!m) CHECK(m.error().what.find("wrong.gguf") != std::string::npos);
      }
      tiny::file f = whole;  // another kind of value altogether
      f.text(key, "many");
      const auto bytes = f.bytes();
      const auto m = model::view(bytes, "wrong.gguf");
      n_texts += !m;
      if (!m) CHECK(m.error().what.find(key) != std::string::npos);  // else it is a key this architecture does not read
    }
  }
  CHECK(n_errors > n_tries / 3);
  CHECK(n_texts > 100);
}

TEST_CASE("loader: scaling numbers that make no sense are refused") {
  const auto with = [](const char* kind, const char* key, double v) {
    tiny::file f = tiny::make(kind);
    f.f32(key, v);
    return f;
  };
  const double nan = std::nan("");
  for (const double v : {-1.0, nan, static_cast<double>(INFINITY), 0.5, 1.0})
    fails(with("llama", "rope.freq_base", v), errc::bad_file, {"llama.rope"});
  for (const double v : {-4.0, nan})
    fails(with("qwen2_yarn", "rope.scaling.factor", v), errc::bad_file, {"qwen2.rope"});
  for (const double v : {-1.0, 1.0, nan})
    fails(with("llama", "attention.layer_norm_rms_epsilon", v), errc::bad_file, {"layer_norm_rms_epsilon"});
  for (const float v : {0.0f, -1.0f, std::nanf(""), INFINITY}) {
    tiny::file f = tiny::make("llama3");
    std::memcpy(f.at("rope_freqs.weight").data.data() + 8, &v, sizeof v);
    fails(f, errc::bad_file, {"rope_freqs.weight"});
  }
  // magnitudes go straight into every attention: a NaN there would be a NaN in every logit
  fails(with("qwen2_yarn", "rope.scaling.attn_factor", nan), errc::bad_file, {"attn_factor"});
  fails(with("deepseek2_lite", "rope.scaling.yarn_log_multiplier", nan), errc::bad_file, {"yarn_log_multiplier"});
  fails(with("deepseek2_v3", "expert_weights_scale", nan), errc::bad_file, {"expert_weights_scale"});
}

TEST_CASE("loader: groups and experts that do not fit") {
  const auto with = [](std::initializer_list<std::pair<const char*, std::uint32_t>> keys) {
    tiny::file f = tiny::make("deepseek2_v3");
    for (const auto& [k, v] : keys) f.u32(k, v);
    return f;
  };
  fails(with({{"expert_used_count", 17}}), errc::bad_file, {"expert_used_count", "17"});
  fails(with({{"expert_group_count", 3}}), errc::bad_file, {"expert_group_count"});
  fails(with({{"expert_group_count", 32}}), errc::bad_file, {"expert_group_count"});
  fails(with({{"expert_group_used_count", 5}}), errc::bad_file, {"expert_group_count"});
  fails(with({{"expert_group_used_count", 0}}), errc::bad_file, {"expert_group_count"});
  fails(with({{"expert_group_count", 16}, {"expert_group_used_count", 2}}), errc::bad_file,
        {"expert_group_count"});  // 2 < 3 used
  fails(with({{"leading_dense_block_count", 4}}), errc::bad_file, {"leading_dense_block_count"});
  fails(with({{"nextn_predict_layers", 3}, {"block_count", 3}}), errc::bad_file, {"block_count"});
  tiny::file f = tiny::make("llama");
  f.u32("attention.head_count_kv", 3);
  fails(f, errc::bad_file, {"attention.head_count_kv", "3", "4"});
}

TEST_CASE("loader: a vocabulary larger than the embedding") {
  tiny::file f = tiny::make("llama_tied");
  f.at("token_embd.weight").dims = {64, 100};
  f.at("token_embd.weight").data.resize(64 * 100 * 4);
  const auto bytes = f.bytes();
  const auto m = model::view(bytes, "wrong.gguf");
  REQUIRE(m);  // ids can still be fed
  const auto ids = m->encode("x");
  REQUIRE_FALSE(ids);
  CHECK(ids.error().what.find("261") != std::string::npos);
  CHECK(ids.error().what.find("100") != std::string::npos);
}

TEST_CASE("loader: tensors by name, with shape, type and bytes, and rows as floats") {
  for (const dtype type : {dtype::f32, dtype::q8_0}) {
    const std::vector<std::byte> bytes = tiny::make("qwen3moe", type).bytes();
    auto m = model::view(bytes);
    REQUIRE(m);
    const auto names = m->tensors().value();
    CHECK(std::find(names.begin(), names.end(), "blk.1.ffn_down_exps.weight") != names.end());
    auto found = m->tensor("blk.0.attn_q.weight");
    REQUIRE(found);
    const stored_tensor t = *found;
    m = model{};  // the tensor keeps what it points into, but for the host's own memory
    CHECK(t.type == name(type));
    CHECK(t.shape == std::vector<std::size_t>{128, 64});
    CHECK(t.bytes.size() == 128 * row_bytes(type, 64));
    CHECK(t.n_rows() == 128);
    std::vector<float> x(2 * 64), want(2 * 64);
    REQUIRE(t.read(126, {x.data(), 2, 64}));
    for (std::size_t i = 0; i < 2; ++i)
      dequantize(type, t.bytes.data() + (126 + i) * row_bytes(type, 64), 64, want.data() + i * 64);
    CHECK(x == want);
    CHECK(t.read(127, {x.data(), 2, 64}).error().code == errc::bad_argument);
    CHECK(t.read(0, {x.data(), 2, 32}).error().code == errc::bad_argument);
    CHECK(t.read(129, {x.data(), 0, 64}).error().code == errc::bad_argument);
  }
  const std::vector<std::byte> bytes = tiny::make("llama").bytes();
  const auto m = model::view(bytes);
  REQUIRE(m);
  CHECK(m->tensor("blk.9.attn_q.weight").error().code == errc::missing);
  CHECK(model{}.tensor("token_embd.weight").error().code == errc::missing);
  CHECK(stored_tensor{}.read(0, {}).error().code == errc::bad_argument);
}
