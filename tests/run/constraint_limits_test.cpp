// What compiling constraints may take: time, work, memory, and the patience of whoever waits.
#include "run/support.hpp"

#include <retort/retort.hpp>

#include <atomic>
#include <thread>

using namespace retort;

namespace {

const model& some_model() { return support::model_of("llama"); }
const std::string person = R"({"type":"object","properties":{"name":{"type":"string","maxLength":40}}})";

/// Seconds of work: patterns whose products are large.
std::string heavy_schema() {
  std::string all;
  for (int i = 0; i < 40; ++i)
    all += std::string(i ? "," : "") + R"({"type":"string","pattern":"^(.{)" + std::to_string(i + 3) +
           R"(})*[ab]{0,90}$"})";
  return R"({"anyOf":[)" + all + "]}";
}

}  // namespace

TEST_CASE("constraint: a budget ends compiling, and so does who does not want it any more") {
  compile_limits most;
  most.budget = std::chrono::nanoseconds(0);
  const auto late = constraint::json_schema(some_model(), heavy_schema(), schema_style::declared, most);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::limit);
  CHECK(late.error().what.find("compile_limits::budget") != std::string::npos);

  const std::atomic<bool> cancelled{true};
  most = {};
  most.cancelled = &cancelled;
  CHECK(constraint::json_schema(some_model(), person, schema_style::declared, most).error().code == errc::cancelled);
  CHECK(constraint::regex(some_model(), "a*", most).error().code == errc::cancelled);
  CHECK(constraint::grammar(some_model(), "root ::= \"a\"", most).error().code == errc::cancelled);
  CHECK(constraint::json_object(some_model(), most).error().code == errc::cancelled);
  const std::string texts[] = {"yes", "no"};
  CHECK(constraint::choices(some_model(), texts, most).error().code == errc::cancelled);
}

#if RETORT_THREADS
TEST_CASE("constraint: another thread may end compiling") {
  std::atomic<bool> cancelled{false};
  compile_limits most;
  most.cancelled = &cancelled;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    cancelled = true;
  });
  std::string several = R"({"type":"object","properties":{)";
  for (int i = 0; i < 400; ++i) several += (i ? ",\"p" : "\"p") + std::to_string(i) + "\":" + heavy_schema();
  const auto made = constraint::json_schema(some_model(), several + "}}", schema_style::declared, most);
  other.join();
  REQUIRE_FALSE(made);
  CHECK((made.error().code == errc::cancelled || made.error().code == errc::limit));
}
#endif

TEST_CASE("constraint: what strangers list without end is refused") {
  std::string ways = "true";
  for (int i = 0; i < 30000; ++i) ways += ",true";
  const auto made = constraint::json_schema(some_model(), R"({"oneOf":[)" + ways + "]}");
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::limit);
  const auto opposite = constraint::json_schema(some_model(), R"({"not":{"oneOf":[)" + ways + "]}}");
  CHECK_FALSE(opposite);
}

TEST_CASE("constraint: what it keeps is counted, and bounded") {
  const auto c = constraint::json_schema(some_model(), person).value();
  const std::size_t compiled = c.bytes();
  CHECK(compiled > 0);
  auto follows = matcher::make(c).value();
  for (const char letter : std::string("{\"name\":\"")) {
    REQUIRE(follows.allowed());
    REQUIRE(follows.accept(some_model().encode(std::string(1, letter)).value().front()));
  }
  REQUIRE(follows.allowed());
  CHECK(c.bytes() > compiled);  // with masks

  compile_limits most;
  most.bytes = compiled;
  const auto refused = constraint::json_schema(some_model(), person, schema_style::declared, most);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit);

  most.bytes = 2 * compiled;  // room for some masks
  const auto small = constraint::json_schema(some_model(), person, schema_style::declared, most).value();
  auto follows_too = matcher::make(small).value();
  for (std::size_t i = 0; i < 60 && !follows_too.finished(); ++i) {
    const auto mask = follows_too.allowed(60 - i).value();
    std::size_t id = 0;
    while ((mask[id / 64] >> id % 64 & 1) == 0) ++id;
    REQUIRE(follows_too.accept(static_cast<token>(id)));
    CHECK(small.bytes() <= most.bytes);
  }
  CHECK(follows_too.finished());
}
