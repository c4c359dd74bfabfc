// A tiny gpt-oss model that follows a script: each token of it has one successor, so that it thinks, answers and calls
// in messages with headers.
#include "run/support.hpp"

#include <cstring>

using namespace retort;

namespace {

constexpr const char* channel = "<|channel|>analysis<|message|>";
constexpr const char* final_message = "<|start|>assistant<|channel|>final<|message|>";

/// What the model writes after the ends of prompts: the token of an end begins each.
const std::vector<std::vector<std::string>> script = {
    {"<|start|>assistant", channel, "Which field?", "<|end|>", final_message, "Barley.", "<|return|>"},
    {"\n<|start|>assistant", "<|channel|>commentary to=functions.sow <|constrain|>json<|message|>",
     "{\"seed\": \"barley\"}", "<|call|>"},
    {"\n\n<|start|>assistant", "<|channel|>final<|message|>", "Sown.", "<|return|>"},
};
constexpr const char* source =
    "{# <|channel|><|message|> #}{% for m in messages %}{% if m.role == 'user' %}<|start|>user<|message|>{{ m.content "
    "}}"
    "<|end|>{% elif m.role == 'tool' %}<|start|>functions.sow to=assistant<|message|>{{ m.content }}<|end|>"
    "{% elif m.tool_calls %}<|start|>assistant to=functions.{{ m.tool_calls[0].function.name }}<|message|>"
    "{{ m.tool_calls[0].function.arguments | tojson }}<|call|>{% else %}<|start|>assistant<|message|>{{ m.content "
    "}}<|end|>"
    "{% endif %}{% endfor %}{% set last = messages[-1] %}{% if last.role == 'tool' %}{{ '\n\n' }}"
    "{% elif last.content == 'Sow.' %}{{ '\n' }}{% endif %}<|start|>assistant";

const model& scripted() {
  static std::vector<std::byte> bytes;
  static model m;
  if (!bytes.empty()) return m;
  tiny::recipe r;
  r.kind = "gpt-oss";
  for (const char* mark : {"<|message|>", "<|channel|>"}) r.control_tokens.emplace_back(mark);
  for (const auto& line : script)
    for (const auto& t : line)
      if (std::find(r.control_tokens.begin(), r.control_tokens.end(), t) == r.control_tokens.end())
        r.control_tokens.push_back(t);
  tiny::file f = tiny::builder(r).build();
  const auto id_of = [&](const std::string& t) {
    return 261 + static_cast<std::size_t>(std::find(r.control_tokens.begin(), r.control_tokens.end(), t) -
                                          r.control_tokens.begin());
  };
  // Nothing is added to a token's embedding, which is a coordinate of its own; the output is its successor's there.
  for (tiny::tensor& t : f.tensors) {
    const bool adds = t.name.find("attn_output") != std::string::npos || t.name.find("ffn_down") != std::string::npos;
    if (adds || t.name == "token_embd.weight" || t.name == "output.weight") t.data.assign(t.data.size(), '\0');
  }
  const auto put = [&](const char* tensor, std::size_t row, std::size_t column) {
    tiny::tensor& t = f.at(tensor);
    const float one = 8;
    std::memcpy(t.data.data() + (row * t.dims[0] + column) * sizeof one, &one, sizeof one);
  };
  std::size_t n = 0;
  for (const auto& line : script)
    for (std::size_t i = 0; i + 1 < line.size(); ++i, ++n) {
      REQUIRE(n < f.at("output.weight").dims[0]);
      put("token_embd.weight", id_of(line[i]), n);
      put("output.weight", id_of(line[i + 1]), n);
    }
  bytes = f.bytes();
  auto loaded = model::view(bytes, "scripted");
  if (!loaded) FAIL(loaded.error().what);
  return m = *loaded;
}

chat_options options() {
  chat_options o;
  o.session = support::small(1024);
  o.how.temperature = 0;
  o.max_tokens = 40;
  o.chat_template = source;
  o.tools = {{"sow", "", R"({"type": "object", "properties": {"seed": {"type": "string"}}})",
              [](std::string_view) { return result<std::string>("done"); }}};
  return o;
}

}  // namespace

TEST_CASE("chat: gpt-oss thinks, answers, calls and has a second turn") {
  auto c = chat::make(scripted(), options());
  if (!c) FAIL(c.error().what);
  std::string pieces;
  const auto each = [&](const piece& p) {
    pieces += p.kind == piece::thought     ? "(" + std::string(p.text) + ")"
              : p.kind == piece::answer    ? std::string(p.text)
              : p.kind == piece::arguments ? "~" + std::string(p.text)
                                           : std::string(p.name) + std::string(p.text);
    return flow::go_on;
  };
  for (int turn = 0; turn < 2; ++turn) {
    pieces.clear();
    const auto r = c->ask("What grows?", each);
    if (!r) FAIL(r.error().what);
    CHECK(r->thought == "Which field?");
    CHECK(r->answer == "Barley.");
    CHECK(r->why == finish::stop);
    CHECK(pieces == "(Which field?)Barley.");
    pieces.clear();
    const auto s = c->ask("Sow.", each);
    if (!s) FAIL(s.error().what);
    REQUIRE(s->calls.size() == 1);
    CHECK(s->calls[0].name == "sow");
    CHECK(s->calls[0].arguments == R"({"seed": "barley"})");
    CHECK(s->calls[0].result == "done");
    CHECK(s->answer == "Sown.");
    CHECK(s->n_cached > 0);
    CHECK(pieces == "~~{\"seed\": \"barley\"}sow{\"seed\": \"barley\"}Sown.");
  }
  const auto past = c->history().value();
  REQUIRE(past.size() == 12);
  CHECK(past[1].thought == "Which field?");
  CHECK(past[3].calls.at(0).id == "call_0");
  CHECK(past[4].call_id == "call_0");
  CHECK(past[9].calls.at(0).id == "call_1");
}

TEST_CASE("chat: gpt-oss is bound to its tools after a thought, and in the form of its calls") {
  auto o = options();
  o.use = tool_use::must;
  o.max_tokens = 300;
  auto c = chat::make(scripted(), o);
  if (!c) FAIL(c.error().what);
  const auto r = c->ask("Do it.");
  if (!r) FAIL(r.error().what);
  REQUIRE(r->calls.size() == 1);
  CHECK(r->calls[0].name == "sow");
  CHECK(r->calls[0].answered);
  CHECK(r->thought.find("<|") == std::string::npos);
  CHECK(r->answer.find("<|") == std::string::npos);
}
