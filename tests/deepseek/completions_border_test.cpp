// The API in the hands of a host that makes mistakes.
#include "deepseek/support.hpp"

using namespace api_checks;
using namespace std::chrono_literals;

namespace {

const char* const asked = R"({"messages":[{"role":"user","content":"barley"}],"max_tokens":6,"temperature":0})";
const char* const asked_as_stream =
    R"({"messages":[{"role":"user","content":"barley"}],"max_tokens":6,"temperature":0,"stream":true})";

std::string content_of(const std::string& body) {
  return json::parse(body)["choices"][0]["message"]["content"].get<std::string>();
}
std::string right_answer() {
  auto c = make(plain);
  return content_of(c.complete(asked));
}

}  // namespace

TEST_CASE("completions: what a callback throws passes through, and the next request is answered") {
  auto c = make(plain);
  CHECK_THROWS_AS(c.stream(asked_as_stream, [](std::string_view) -> flow { throw 5; }), int);
  int status = 0;
  CHECK(content_of(c.complete(asked, endpoint::chat_completions, &status)) == right_answer());
  CHECK(status == 200);
}

TEST_CASE("completions: inside a callback another request is refused, however the first was begun") {
  auto c = make(plain);
  int n = 0;
  const auto each = [&](std::string_view) {
    if (n++ != 0) return flow::go_on;
    int status = 0;
    (void)c.complete(asked, endpoint::chat_completions, &status);
    CHECK(status == 429);
    CHECK(c.begin(asked).error().code == errc::busy);
    CHECK(c.step(1s) == status::done);
    (void)c.take(&status);
    CHECK(status == 429);
    return flow::go_on;
  };
  REQUIRE(c.begin(asked_as_stream, endpoint::chat_completions, each));
  while (c.step(1s) != status::done) {}
  CHECK(n > 1);
  CHECK(content_of(c.complete(asked)) == right_answer());
}

TEST_CASE("completions: a cancel between requests does nothing, one after begin() ends the answer") {
  auto c = make(plain);
  c.cancel();
  CHECK(content_of(c.complete(asked)) == right_answer());
  REQUIRE(c.begin(asked));
  c.cancel();
  while (c.step(1s) != status::done) {}
  CHECK(json::parse(c.take())["choices"][0]["finish_reason"] == "aborted");
  CHECK(content_of(c.complete(asked)) == right_answer());
}

TEST_CASE("completions: in a callback of its batch it is busy; the batch may be let go") {
  std::function<void()> asked;
  auto of_batch = support::small(1024);
  of_batch.reproducible = true;
  of_batch.on_logits = [&](std::size_t, std::span<const float>) {
    if (const auto now = std::exchange(asked, {})) now();
  };
  std::optional<batch> b = batch::make(model_of("llama"), of_batch).value();
  auto o = options(plain);
  o.session.in = &*b;
  auto c = completions::make(model_of("llama"), o).value();
  auto alone = support::small(64);
  alone.in = &*b;
  auto s = support::open(model_of("llama"), alone);
  const std::vector<token> first = {1, 2, 3};
  s.sync(first).value();
  REQUIRE(c.begin(asked_as_stream));
  int n = 0;
  asked = [&] {
    int status = 0;
    CHECK(c.step(1s) == status::done);
    (void)c.take(&status);
    CHECK(status == 429);
    (void)c.complete(asked_as_stream, endpoint::chat_completions, &status);
    CHECK(status == 429);
    CHECK(c.begin(asked_as_stream).error().code == errc::busy);
    ++n;
  };
  CHECK(s.step().value() == status::done);
  CHECK(n == 1);
  b.reset();
  for (const char* who : {"one", "two"}) {  // each has a session of its own, in what was the batch
    std::string text = ::asked;
    text.insert(1, std::string("\"user\":\"") + who + "\",");
    CHECK(content_of(c.complete(text)) == right_answer());
  }
}

TEST_CASE("completions: destroyed by its own callback, it ends with the call") {
  std::optional<completions> c = make(plain);
  (void)c->stream(asked_as_stream, [&](std::string_view) {
    c.reset();
    return flow::stop;
  });
  CHECK_FALSE(c);
}

TEST_CASE("completions: moved from, it answers nobody") {
  auto c = make(plain);
  const auto taken = std::move(c);
  int status = 0;
  CHECK(json::parse(c.complete(asked, endpoint::chat_completions, &status)).contains("error"));
  CHECK(status == 400);
  CHECK(c.begin(asked).error().code == errc::bad_argument);
  CHECK(c.step(1s) == status::done);
  CHECK(json::parse(c.take()).contains("error"));
  c.cancel();
}

namespace {

/// A request for a shape of its own.
std::string shaped(int number) {
  return R"({"messages":[{"role":"user","content":"x"}],"max_tokens":60,"temperature":0,"response_format":{"type":"json_schema",)"
         R"("json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":"string","maxLength":)" +
         std::to_string(number + 1) + R"(}},"required":["a"],"additionalProperties":false}}}})";
}

}  // namespace

TEST_CASE("completions: what shapes may take is in the quote, and those that are asked for again are right") {
  completions_options o = options(plain);
  o.shape_bytes = 256 << 10;
  CHECK(completions::quote(model_of("llama"), o).value().shapes == o.shape_bytes);
  auto c = completions::make(model_of("llama"), o).value();
  std::vector<std::string> first;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 12; ++i) {
      int status = 0;
      const std::string said = content_of(c.complete(shaped(i), endpoint::chat_completions, &status));
      CHECK(status == 200);
      if (round == 0) first.push_back(said);
      else CHECK(said == first[static_cast<std::size_t>(i)]);
    }
  o.shape_bytes = 1000;
  auto tight = completions::make(model_of("llama"), o).value();
  int status = 0;
  const std::string refused = tight.complete(shaped(0), endpoint::chat_completions, &status);
  CHECK(status == 400);
  CHECK(refused.find("compile_limits::bytes") != std::string::npos);
}

TEST_CASE(
    "completions: a shape that takes too long to compile is refused; cancelled meanwhile, the answer is aborted") {
  completions_options o = options(plain);
  o.compile_budget = 0ns;
  auto c = completions::make(model_of("llama"), o).value();
  int status = 0;
  (void)c.complete(shaped(0), endpoint::chat_completions, &status);
  CHECK(status == 400);
  CHECK(content_of(c.complete(asked)) == right_answer());
  auto patient = make(plain);
  REQUIRE(patient.begin(shaped(0)));
  patient.cancel();
  while (patient.step(1s) != status::done) {}
  CHECK(json::parse(patient.take())["choices"][0]["finish_reason"] == "aborted");
}
