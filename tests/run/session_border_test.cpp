// Sessions, batches and models in the hands of a host that makes mistakes: an error each, and nothing is lost.
#include "run/support.hpp"

using namespace retort;
using namespace std::chrono_literals;
using support::model_of;

namespace {

const std::vector<token> prompt = {1, 5, 9, 2};

}  // namespace

TEST_CASE("session: without tokens there is nothing to compute") {
  auto s = support::open(model_of("llama"), support::small());
  CHECK(s.step().value() == status::done);
  CHECK(s.step(1ms).value() == status::done);
  CHECK(s.logits().empty());
  support::ask(s, prompt);
  s.rewind(0).value();
  CHECK(s.step().value() == status::done);
  CHECK(s.logits().empty());
  auto b = batch::make(model_of("llama"), support::small()).value();
  auto o = support::small();
  o.in = &b;
  auto one = support::open(model_of("llama"), o), other = support::open(model_of("llama"), o);
  other.sync(prompt).value();
  session* const both[] = {&one, &other};
  CHECK(b.step(both).value() == status::done);
  CHECK_FALSE(other.logits().empty());
}

TEST_CASE("session: a budget without end is none") {
  auto s = support::open(model_of("llama"), support::small());
  s.sync(prompt).value();
  CHECK(s.step(std::chrono::nanoseconds::max()).value() == status::done);
  CHECK_FALSE(s.logits().empty());
}

TEST_CASE("session: moved from, every call is an error or nothing") {
  auto s = support::open(model_of("llama"), support::small());
  const session taken = std::move(s);
  CHECK(s.sync(prompt).error().code == errc::bad_argument);
  CHECK(s.push(1).error().code == errc::bad_argument);
  CHECK(s.step().error().code == errc::bad_argument);
  CHECK(s.step(1ms).error().code == errc::bad_argument);
  CHECK(s.rewind(0).error().code == errc::bad_argument);
  CHECK(s.fork().error().code == errc::bad_argument);
  CHECK(s.save().error().code == errc::bad_argument);
  CHECK(s.restore({}).error().code == errc::bad_argument);
  CHECK(s.tokens().empty());
  CHECK(s.logits().empty());
  CHECK(s.all_logits().shape(0) == 0);
  CHECK(s.n_computed() == 0);
  CHECK(s.context() == 0);
  CHECK(s.target() == std::string_view("none"));
  s.cancel();
  s.remember();

  auto b = batch::make(model_of("llama"), support::small()).value();
  const batch also = b;
  auto moved = std::move(b);
  session* const gone[] = {&s};
  CHECK(moved.step(gone).error().code == errc::bad_argument);
  session* const none[] = {nullptr};
  CHECK(moved.step(none).error().code == errc::bad_argument);
  CHECK(b.step({}).error().code == errc::bad_argument);
  auto o = support::small();
  o.in = &b;
  CHECK(session::make(model_of("llama"), o).error().code == errc::bad_argument);
}

TEST_CASE("model: of the empty one everything is an error, or nothing") {
  const model m;
  CHECK(m.info().name.empty());
  CHECK(m.info().n_vocab == 0);
  CHECK(m.quote({}).error().code == errc::bad_argument);
  CHECK(m.encode("x").error().code == errc::bad_argument);
  CHECK(m.decode({}).error().code == errc::bad_argument);
  CHECK(m.text().error().code == errc::bad_argument);
  CHECK(m.tokens_with("x").error().code == errc::bad_argument);
  CHECK(m.tensors().error().code == errc::bad_argument);
  CHECK_FALSE(m.tensor("x"));
  CHECK_FALSE(m.is_end(0));
  CHECK_FALSE(m.bos());
  CHECK(session::make(m).error().code == errc::bad_argument);
  CHECK(batch::make(m).error().code == errc::bad_argument);
  CHECK(prefix_cache::make(m, 1 << 20).error().code == errc::bad_argument);
  CHECK(constraint::json_object(m).error().code == errc::bad_argument);
  CHECK(constraint::regex(m, "a").error().code == errc::bad_argument);
  CHECK(constraint::grammar(m, "root ::= \"a\"").error().code == errc::bad_argument);
  CHECK(completions::make(m).error().code == errc::bad_argument);
  CHECK(chat::make(m).error().code == errc::bad_argument);
  CHECK(stored_tensor().read(0, {}).error().code == errc::bad_argument);
}

TEST_CASE("sampler: without logits there is no token, and unknown ids of a bias are left out") {
  sampling how;
  how.logit_bias = {{7, 5.0f}};
  auto next = sampler::make(how, 8).value();
  CHECK(next({}, {}) == -1);
  std::vector<float> few = {0, 1, 2, 3};  // fewer than was said
  for (int i = 0; i < 20; ++i) {
    const token t = next(few, {});
    CHECK((t >= 0 && t < 4));
  }
  CHECK(few == std::vector<float>{0, 1, 2, 3});
}

TEST_CASE("session: inside an observer of its step every call is refused, and what it throws passes through") {
  for (const bool by_route : {false, true}) {
    INFO(by_route);
    session* self = nullptr;
    int n_seen = 0;
    bool throws = false;
    auto o = support::small();
    const auto observe = [&] {
      ++n_seen;
      CHECK(self->step().error().code == errc::busy);
      CHECK(self->step(1ms).error().code == errc::busy);
      CHECK(self->sync(prompt).error().code == errc::busy);
      CHECK(self->push(1).error().code == errc::busy);
      CHECK(self->rewind(0).error().code == errc::busy);
      CHECK(self->fork().error().code == errc::busy);
      CHECK(self->save().error().code == errc::busy);
      if (throws) throw 7;
    };
    if (by_route) o.on_route = [&](const expert_route&) { observe(); };
    else o.on_logits = [&](std::size_t, std::span<const float>) { observe(); };
    const model& m = model_of(by_route ? "qwen2moe" : "llama");
    auto s = support::open(m, o);
    self = &s;
    const auto right = support::ask(s, prompt);
    CHECK(n_seen > 0);
    CHECK(right == support::ask(m, support::small(), prompt));

    s.rewind(0).value();
    s.sync(prompt).value();
    throws = true;
    CHECK_THROWS_AS(s.step(), int);
    throws = false;
    CHECK(s.tokens().size() == prompt.size());
    CHECK(s.step().value() == status::done);
    CHECK(support::copy(s) == right);
  }
}

TEST_CASE("session: destroyed by an observer of its own step, it ends with the step") {
  std::optional<session> s;
  auto o = support::small();
  o.on_logits = [&](std::size_t, std::span<const float>) { s.reset(); };
  s.emplace(support::open(model_of("llama"), o));
  s->sync(prompt).value();
  CHECK(s->step().value() == status::done);
  CHECK_FALSE(s);
}
