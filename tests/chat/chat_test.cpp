// Conversations over a tiny random model: what it says is noise, how it is handled is not.
#include "run/support.hpp"

#include <retort/chat/sources.hpp>
#include <retort/retort.hpp>

using namespace retort;
using namespace std::chrono_literals;
using support::model_of;

namespace {

constexpr const char* simple =
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif "
    "%}";
constexpr const char* thinking =
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt "
    "%}[assistant]<think>\n{% endif %}";

chat_options options(const char* source, std::size_t max_tokens = 12) {
  chat_options o;
  o.session = support::small(256);
  o.how.temperature = 0;
  o.max_tokens = max_tokens;
  o.reserve = 16;
  o.chat_template = source;
  return o;
}
chat open(const chat_options& o) {
  auto c = chat::make(model_of("llama"), o);
  if (!c) FAIL(c.error().what);
  return std::move(*c);
}

}  // namespace

TEST_CASE("chat: pieces add up to the answer, and the limit is named") {
  auto c = open(options(simple));
  std::string streamed;
  const auto r = c.ask("hello", [&](const piece& p) {
    CHECK(p.kind == piece::answer);
    streamed += p.text;
    return flow::go_on;
  });
  REQUIRE(r);
  CHECK(streamed == r->answer);
  CHECK(r->thought.empty());
  CHECK(r->n_tokens <= 12);
  CHECK((r->why == finish::length || r->why == finish::stop));
  CHECK(c.n_turns() == 1);
}

TEST_CASE("chat: a prompt that ends inside a thought makes everything thought until it is closed") {
  auto o = options(thinking, 40);
  o.max_thought = 5;  // then it is closed by force
  auto c = open(o);
  const auto r = c.ask("hello");
  REQUIRE(r);
  CHECK_FALSE(r->thought.empty());
  CHECK(r->thought.find("</think>") == std::string::npos);
  CHECK(r->answer.find("</think>") == std::string::npos);
  auto open_end = options(thinking, 6);
  auto d = open(open_end);
  const auto cut = d.ask("hello");
  REQUIRE(cut);
  CHECK(cut->answer.empty());  // an unclosed thought stays a thought
}

TEST_CASE("chat: a stepped job gives the same answer as waiting") {
  auto a = open(options(simple)), b = open(options(simple));
  const auto waited = a.ask("tell me");
  REQUIRE(waited);
  auto j = b.begin("tell me");
  REQUIRE(j);
  CHECK(b.begin("another").error().code == errc::busy);
  int steps = 0;
  for (;; ++steps) {
    const auto s = j->step(0ns);
    REQUIRE(s);
    if (*s == status::done) break;
    REQUIRE(steps < 100000);
  }
  CHECK(steps > 1);
  CHECK(j->take().answer == waited->answer);
  CHECK(b.n_turns() == 1);
}

TEST_CASE("chat: a dropped job, a stop and a cancel leave the conversation as it was or with what was said") {
  auto c = open(options(simple));
  {
    auto j = c.begin("never answered");
    REQUIRE(j);
    REQUIRE(j->step(0ns));
  }
  CHECK(c.n_turns() == 0);
  const auto stopped = c.ask("hello", [](const piece&) { return flow::stop; });
  REQUIRE(stopped);
  CHECK(stopped->why == finish::interrupted);
  CHECK(c.n_turns() == 1);
  auto cancelled = c.begin("cancelled");
  REQUIRE(cancelled);
  c.cancel();
  const auto r = cancelled->step(1h);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::cancelled);
  CHECK(c.n_turns() == 1);
  REQUIRE(c.ask("goes on"));
  CHECK(c.n_turns() == 2);
}

TEST_CASE("chat: later questions reuse the cache; a full context is an error or forgets the oldest turns") {
  auto o = options(simple, 8);
  auto c = open(o);
  REQUIRE(c.ask("one"));
  const auto second = c.ask("two");
  REQUIRE(second);
  CHECK(second->n_cached > 0);
  CHECK(second->n_cached < second->n_prompt);
  const std::string longer(60, 'x');
  result<reply> r = c.ask(longer);
  for (int i = 0; r && i < 20; ++i) r = c.ask(longer);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::full);
  const auto turns = c.n_turns();
  o.when_full = overflow::drop_oldest;
  auto d = open(o);
  for (int i = 0; i < 10; ++i) {
    const auto again = d.ask(longer);
    if (!again) FAIL(again.error().what);
  }
  CHECK(d.n_turns() <= turns + 1);
}

TEST_CASE("chat: a fork shares the past and goes its own way") {
  auto a = open(options(simple));
  REQUIRE(a.ask("shared"));
  auto b = a.fork();
  REQUIRE(b);
  CHECK(b->n_turns() == 1);
  const auto x = a.ask("same question"), y = b->ask("same question");
  REQUIRE(x);
  REQUIRE(y);
  CHECK(x->answer == y->answer);
  a.clear();
  CHECK(a.n_turns() == 0);
  CHECK(b->n_turns() == 2);
}

TEST_CASE("chat: files and web results go with a question, as they would in its text") {
  const sources about{.files = {{"a.txt", "one"}}, .pages = {{"Title", "", "", "Steel."}}, .today = "2026-01-15"};
  const std::string asked = prompt_with(about, "Why?");
  CHECK(asked.find("[file name]: a.txt") > asked.find("[webpage 1 end]"));  // files stand with the question
  CHECK(asked.ends_with("Why?"));
  auto o = options(simple);
  o.session.context = 8192;
  auto a = open(o), b = open(o);
  const auto x = a.ask("Why?", about), y = b.ask(asked);
  REQUIRE(x);
  REQUIRE(y);
  CHECK(x->n_prompt == y->n_prompt);
  CHECK(x->answer == y->answer);
  auto job = a.begin("Why?", sources{});
  REQUIRE(job);
  CHECK(prompt_with(sources{}, "Why?") == "Why?");
}

TEST_CASE("chat: what cannot work is refused when the chat is made") {
  auto o = options("{% for %}");
  CHECK(chat::make(model_of("llama"), o).error().code == errc::bad_template);
  o = options("");
  CHECK(chat::make(model_of("llama"), o).error().code == errc::missing);
  o = options(simple);
  o.variables = "[1]";
  CHECK(chat::make(model_of("llama"), o).error().code == errc::bad_argument);
  o = options(simple);
  o.how.top_p = 2;
  CHECK(chat::make(model_of("llama"), o).error().code == errc::bad_argument);
}

TEST_CASE("chat: templates always have a clock") {
  auto o = options("{{ strftime_now('%Y') }}{% for m in messages %}{{ m.content }}{% endfor %}[assistant]");
  for (const auto now :
       {std::chrono::sys_seconds{}, std::chrono::sys_seconds{std::chrono::sys_days{std::chrono::days{1}}}}) {
    o.now = now;
    auto c = open(o);
    const auto r = c.ask("hello");
    REQUIRE(r);
    CHECK(r->n_prompt == model_of("llama").encode("1970hello[assistant]", false).value().size());
  }
}
