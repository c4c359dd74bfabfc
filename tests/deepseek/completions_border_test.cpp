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
