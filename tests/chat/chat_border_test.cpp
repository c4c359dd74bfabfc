// Chats in the hands of a host that makes mistakes: jobs that are over, callbacks that call back, exceptions.
#include "run/support.hpp"

#include <retort/retort.hpp>

using namespace retort;
using namespace std::chrono_literals;
using support::model_of;

namespace {

chat_options options(std::size_t max_tokens = 12) {
  chat_options o;
  o.session = support::small(256);
  o.how.temperature = 0;
  o.max_tokens = max_tokens;
  o.reserve = 16;
  o.chat_template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]";
  return o;
}
chat open(const chat_options& o = options()) {
  auto c = chat::make(model_of("llama"), o);
  if (!c) FAIL(c.error().what);
  return std::move(*c);
}
std::string answer_of(chat& c) { return c.ask("hello").value().answer; }
std::string right_answer() {
  auto c = open();
  const std::string a = answer_of(c);
  REQUIRE_FALSE(a.empty());
  return a;
}

}  // namespace

TEST_CASE("job: the variable of a cancelled question takes the next one") {
  auto c = open();
  std::optional<job> j;
  for (int i = 0; i < 3; ++i) {
    j = c.begin("hello").value();
    CHECK(c.n_turns() == 1);
    if (i == 0) c.cancel();
    const auto r = j->step(10s);
    CHECK(static_cast<bool>(r) == (i > 0));
    if (i == 0) CHECK(r.error().code == errc::cancelled);
    if (i == 0) CHECK(j->step(1s).error().code == errc::bad_argument);  // it is over
    if (i > 0) {
      CHECK(j->so_far().answer == right_answer());
      j.reset();  // forgets it
    }
  }
  CHECK(c.n_turns() == 0);
}

TEST_CASE("job: taken, moved from or without a chat it is over") {
  auto c = open();
  auto j = c.begin("hello").value();
  CHECK(j.take().why == finish::nothing);  // not yet
  REQUIRE(j.step(10s));
  CHECK(j.step(1s).value() == status::done);
  CHECK(j.take().answer == right_answer());
  CHECK(j.take().why == finish::nothing);
  CHECK(j.step(1s).error().code == errc::bad_argument);
  CHECK(j.so_far().answer.empty());
  CHECK(c.n_turns() == 1);

  auto k = c.begin("goes on").value();
  auto l = std::move(k);
  CHECK(k.step(1s).error().code == errc::bad_argument);
  CHECK(k.take().why == finish::nothing);
  CHECK(l.step(10s));
  CHECK(l.take().n_tokens > 0);

  auto lost = [] {
    auto gone = open();
    return gone.begin("hello").value();
  }();
  CHECK(lost.step(1s).error().code == errc::bad_argument);
  CHECK(lost.so_far().answer.empty());
  CHECK(lost.take().why == finish::nothing);

  auto forgotten = c.begin("rye").value();
  c.clear();
  CHECK(forgotten.step(1s).error().code == errc::bad_argument);
  CHECK(c.n_turns() == 0);
}

TEST_CASE("chat: moved from, every call is an error or nothing") {
  auto c = open();
  const chat taken = std::move(c);
  CHECK(c.ask("x").error().code == errc::bad_argument);
  CHECK(c.begin("x").error().code == errc::bad_argument);
  CHECK(c.retry().error().code == errc::bad_argument);
  CHECK(c.edit(0, {"x"}).error().code == errc::bad_argument);
  CHECK(c.go_on().error().code == errc::bad_argument);
  CHECK(c.history().error().code == errc::bad_argument);
  CHECK(c.recall({}).error().code == errc::bad_argument);
  CHECK(c.fork().error().code == errc::bad_argument);
  CHECK(c.n_turns() == 0);
  c.cancel();
  c.clear();
  c.shape({});
}

TEST_CASE("chat: a cancel while nothing is in the making does nothing") {
  auto c = open();
  c.cancel();
  CHECK(answer_of(c) == right_answer());
}

TEST_CASE("chat: what a callback throws passes through, and the question was never asked") {
  auto c = open();
  CHECK_THROWS_AS(c.ask("hello", [](const piece&) -> flow { throw 5; }), int);
  CHECK(c.n_turns() == 0);
  CHECK(answer_of(c) == right_answer());
  auto j = c.begin("goes on", [](const piece&) -> flow { throw 5; }).value();
  CHECK_THROWS_AS(j.step(10s), int);
  CHECK(c.n_turns() == 1);
  CHECK(j.step(1s).error().code == errc::bad_argument);
  CHECK(c.ask("goes on"));
}

TEST_CASE("chat: a callback may call anything; its own chat is busy") {
  auto c = open(), other = open();
  std::optional<job> j;
  int n = 0;
  j = c.begin("hello", [&](const piece&) {
         if (n++ > 0) return flow::go_on;
         CHECK(j->step(1s).error().code == errc::busy);
         CHECK(j->take().why == finish::nothing);
         CHECK(c.ask("x").error().code == errc::busy);
         CHECK(c.begin("x").error().code == errc::busy);
         CHECK(c.retry().error().code == errc::busy);
         CHECK(c.go_on().error().code == errc::busy);
         CHECK(c.recall({}).error().code == errc::busy);
         CHECK(c.fork().error().code == errc::busy);
         CHECK(c.history().value().empty());
         CHECK(answer_of(other) == right_answer());
         return flow::go_on;
       }).value();
  REQUIRE(j->step(10s));
  CHECK(j->take().answer == right_answer());
}

TEST_CASE("chat: a callback may do away with the job, what was said, or the chat") {
  auto c = open();
  std::optional<job> j;
  const auto drop = [&](const piece&) {
    j.reset();
    return flow::go_on;
  };
  j = c.begin("hello", drop).value();
  CHECK(j->step(10s));
  CHECK(c.n_turns() == 0);

  REQUIRE(c.ask("goes on"));
  const auto cleared = c.ask("hello", [&](const piece&) {
    c.clear();
    return flow::go_on;
  });
  CHECK(cleared.error().code == errc::cancelled);
  CHECK(c.n_turns() == 0);
  CHECK(answer_of(c) == right_answer());

  std::optional<chat> dies = open();
  const auto r = dies->ask("hello", [&](const piece&) {
    dies.reset();
    return flow::go_on;
  });
  CHECK_FALSE(dies);
  CHECK(r.error().code == errc::cancelled);
}

TEST_CASE("chat: variables that are nested too deep are refused") {
  auto o = options();
  o.variables = "{\"a\":" + std::string(1000000, '[') + std::string(1000000, ']') + "}";
  CHECK(chat::make(model_of("llama"), o).error().code == errc::limit);
}

TEST_CASE("chat: a shape that was moved from is an error") {
  auto shape = constraint::json_object(model_of("llama")).value();
  const constraint taken = std::move(shape);
  CHECK(matcher::make(shape).error().code == errc::bad_argument);
  auto m = matcher::make(taken).value();
  const matcher gone = std::move(m);
  CHECK(m.allowed().error().code == errc::bad_argument);
  CHECK(m.accept(0).error().code == errc::bad_argument);
  CHECK(m.forced().error().code == errc::bad_argument);
  CHECK(m.fork().error().code == errc::bad_argument);
  CHECK(m.n_needed() == 0);
  auto c = open();
  c.shape(shape);
  CHECK(c.ask("hello").error().code == errc::bad_argument);
  c.shape({});
  CHECK(answer_of(c) == right_answer());
}

TEST_CASE("chat: in a callback of a pass all of its batch is busy, and nothing that is computed is lost") {
  std::function<void()> asked;
  auto of_batch = support::small(256);
  of_batch.on_logits = [&](std::size_t, std::span<const float>) {
    if (const auto now = std::exchange(asked, {})) now();
  };
  auto b = batch::make(model_of("llama"), of_batch).value();
  auto o = options();
  o.session.in = &b;
  auto c = open(o);
  auto j = c.begin("hello").value();
  auto alone = support::small(64);
  alone.in = &b;
  auto s = support::open(model_of("llama"), alone), t = support::open(model_of("llama"), alone);
  const std::vector<token> first = {1, 2, 3}, second = {4, 5};
  s.sync(first).value();
  t.sync(second).value();
  asked = [&] {
    job* const jobs[] = {&j};
    CHECK(j.step(10s).error().code == errc::busy);
    CHECK(job::step(b, jobs).error().code == errc::busy);
  };
  session* const both[] = {&s, &t};
  CHECK(b.step(both).value() == status::done);
  CHECK_FALSE(asked);
  CHECK(support::copy(s) == support::ask(model_of("llama"), support::small(64), first));
  CHECK(support::copy(t) == support::ask(model_of("llama"), support::small(64), second));
  CHECK(j.step(10s).value() == status::done);
  CHECK(j.take().answer == right_answer());
}

TEST_CASE("chat: what an observer of the session throws leaves the answer in the making") {
  bool throws = true;
  auto o = options();
  o.session.on_logits = [&](std::size_t, std::span<const float>) {
    if (std::exchange(throws, false)) throw 5;
  };
  auto c = open(o);
  auto j = c.begin("hello").value();
  CHECK_THROWS_AS(j.step(10s), int);
  CHECK(j.step(10s).value() == status::done);
  CHECK(j.take().answer == right_answer());
  throws = true;
  CHECK_THROWS_AS(c.ask("goes on"), int);
  CHECK(c.n_turns() == 1);
}

TEST_CASE("chat: a batch goes on with the others, whatever became of one of its jobs") {
  auto b = batch::make(model_of("llama"), support::small(256)).value();
  auto o = options();
  o.session.in = &b;
  auto one = open(o), two = open(o);
  auto j = one.begin("hello", [](const piece&) -> flow { throw 5; }).value();
  auto k = two.begin("hello").value();
  job* both[] = {&j, &k, &k};
  CHECK_THROWS_AS(job::step(b, both), int);
  CHECK(job::step(b, both).value() == status::done);
  CHECK(k.take().answer == right_answer());
  CHECK(one.n_turns() == 0);
  CHECK(job::step(b, both).value() == status::done);  // both are over
  job* none[] = {nullptr};
  CHECK(job::step(b, none).error().code == errc::bad_argument);
}
