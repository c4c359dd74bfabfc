// Tools in conversations, guessed tokens and jobs in a batch. A shape makes the tiny random model say what a test
// wants.
#include "run/support.hpp"

#include <retort/retort.hpp>

using namespace retort;
using namespace std::chrono_literals;
using support::model_of;

namespace {

// The history is written with all calls and what they gave.
constexpr const char* source =
    "{# <tool_call> #}{% if tools %}{{ tools | map(attribute='function.name') | join(',') }}{% endif %}"
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}({{ c.function.arguments | tojson }}){% endfor %}"
    "{% if m.role == 'tool' and m.content == 'raise' %}{{ raise_exception('no') }}{% endif %}{% endfor %}[assistant]";

std::string call_of(const std::string& name, const std::string& arguments) {
  return "<tool_call>\n{\"name\": \"" + name + "\", \"arguments\": " + arguments + "}\n</tool_call>";
}
constraint saying(const std::string& text) {
  auto c = constraint::choices(model_of("llama"), std::vector<std::string>{text});
  if (!c) FAIL(c.error().what);
  return *c;
}
chat_options options(std::vector<tool> tools) {
  chat_options o;
  o.session = support::small(1024);
  o.session.reproducible = true;
  o.how.temperature = 0;
  o.max_tokens = 200;
  o.chat_template = source;
  o.tools = std::move(tools);
  return o;
}
chat make(const chat_options& o) {
  auto c = chat::make(model_of("llama"), o);
  if (!c) FAIL(c.error().what);
  return std::move(*c);
}

}  // namespace

TEST_CASE("chat tools: a call reaches the function, what it gives reaches the model, and the answer ends it") {
  chat* here = nullptr;
  std::string given;
  auto o = options({{"add", "adds", R"({"type": "object", "properties": {"a": {"type": "integer"}}})",
                     [&](std::string_view arguments) {
                       given = arguments;
                       here->shape(saying("It is 3."));
                       return result<std::string>("3");
                     }}});
  o.shape = saying("I will add. " + call_of("add", R"({"a": 1, "b": 2})"));
  auto c = make(o);
  here = &c;
  std::string pieces, written;
  const auto r = c.ask("What is 1 + 2?", [&](const piece& p) {
    if (p.kind == piece::call) {
      CHECK(p.name == "add");
      CHECK(p.text == written);
      pieces += "{call}";
    } else if (p.kind == piece::arguments) {
      CHECK(p.name == "add");
      written += p.text;
    } else {
      pieces += p.text;
    }
    return flow::go_on;
  });
  REQUIRE(r);
  CHECK(given == R"({"a": 1, "b": 2})");
  CHECK(r->answer == "It is 3.");
  CHECK(r->why == finish::stop);
  CHECK(pieces == "I will add.{call}It is 3.");
  REQUIRE(r->calls.size() == 1);
  CHECK(r->calls[0].name == "add");
  CHECK(r->calls[0].arguments == given);
  CHECK(r->calls[0].result == "3");
  CHECK(r->calls[0].answered);
  CHECK(c.n_turns() == 1);
  // the history holds the question, the call, what it gave and the answer; all of it is still computed
  const auto next = c.ask("And now?");
  REQUIRE(next);
  const std::string history =
      "add[user]What is 1 + 2?[assistant]I will add.add({\"a\": 1, \"b\": 2})[tool]3[assistant]It is 3.[user]And "
      "now?[assistant]";
  CHECK(next->n_prompt == model_of("llama").encode(history, false).value().size());
  CHECK(next->n_cached > 20);
}

TEST_CASE("chat tools: a template sees ids and arguments as it wants them, the history keeps them as they are") {
  chat* here = nullptr;
  auto o = options({{"add", "", "", [&](std::string_view) {
                       here->shape(saying("3"));
                       return result<std::string>("3");
                     }}});
  o.chat_template =
      "{# <tool_call> #}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% for c in m.tool_calls or [] %}"
      "{% if c.id | length != 9 %}{{ raise_exception('nine') }}{% endif %}{{ c.id + c.function.arguments }}{% endfor %}"
      "{% if m.role == 'tool' %}{% if m.tool_call_id | length != 9 %}{{ raise_exception('nine') }}{% endif %}"
      "{{ m.tool_call_id }}{% endif %}{% endfor %}[assistant]";
  o.shape = saying(call_of("add", R"({"a": null})"));
  auto c = make(o);
  here = &c;
  const auto r = c.ask("add");
  if (!r) FAIL(r.error().what);
  CHECK(r->answer == "3");
  const auto past = c.history().value();
  REQUIRE(past.size() == 4);
  CHECK(past[1].calls.at(0).id == "call_0");
  CHECK(past[2].call_id == "call_0");
  CHECK(past[1].calls[0].arguments == R"({"a": null})");
}

TEST_CASE("chat tools: an unknown tool and a failing one are told to the model") {
  chat* here = nullptr;
  auto o = options({{"fails", "", "", [&](std::string_view) -> result<std::string> {
                       here->shape(saying("So be it."));
                       return error{errc::io, "the disk is gone"};
                     }}});
  o.shape = saying(call_of("who", "{}") + "\n" + call_of("fails", "{}"));
  auto c = make(o);
  here = &c;
  const auto r = c.ask("try");
  REQUIRE(r);
  CHECK(r->answer == "So be it.");
  REQUIRE(r->calls.size() == 2);
  CHECK(r->calls[0].result == "error: there is no tool called who");
  CHECK(r->calls[1].result == "error: the disk is gone");
  CHECK((r->calls[0].answered && r->calls[1].answered));
  CHECK(r->calls[0].id != r->calls[1].id);
}

TEST_CASE("chat tools: calls that nobody answers end the answer, and so do too many rounds") {
  auto o = options({{"shown", "", "", {}}});
  o.shape = saying(call_of("shown", R"({"x": [1]})"));
  auto c = make(o);
  const auto r = c.ask("show");
  REQUIRE(r);
  CHECK(r->why == finish::calls);
  REQUIRE(r->calls.size() == 1);
  CHECK(r->calls[0].arguments == R"({"x": [1]})");
  CHECK_FALSE(r->calls[0].answered);
  CHECK(c.n_turns() == 1);

  int n = 0;
  o = options({{"again", "", "", [&](std::string_view) { return result<std::string>(std::to_string(++n)); }}});
  o.shape = saying(call_of("again", "{}"));
  o.max_rounds = 2;
  auto d = make(o);
  const auto last = d.ask("go");
  REQUIRE(last);
  CHECK(n == 2);
  CHECK(last->why == finish::calls);
  REQUIRE(last->calls.size() == 3);
  CHECK(last->calls[1].result == "2");
  CHECK_FALSE(last->calls[2].answered);
}

TEST_CASE("chat tools: what is dropped or cancelled between rounds leaves no trace") {
  int n = 0;
  auto o = options({{"again", "", "", [&](std::string_view) { return result<std::string>(std::to_string(++n)); }}});
  o.shape = saying(call_of("again", "{}"));
  auto c = make(o), fresh = make(o);
  {
    auto j = c.begin("dropped");
    REQUIRE(j);
    while (n == 0) REQUIRE(j->step(0ns));
  }
  CHECK(c.n_turns() == 0);
  auto k = c.begin("cancelled");
  REQUIRE(k);
  while (n < 2) REQUIRE(k->step(0ns));
  c.cancel();
  result<status> s = k->step(0ns);
  while (s && *s == status::running) s = k->step(0ns);
  REQUIRE_FALSE(s);
  CHECK(s.error().code == errc::cancelled);
  CHECK(c.n_turns() == 0);
  c.shape(saying("yes"));
  fresh.shape(saying("yes"));
  const auto a = c.ask("now"), b = fresh.ask("now");
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->n_prompt == b->n_prompt);
  CHECK(a->answer == "yes");
  // a template that refuses what a tool gave
  auto p = options({{"again", "", "", [](std::string_view) { return result<std::string>("raise"); }}});
  p.shape = o.shape;
  auto d = make(p);
  const auto refused = d.ask("go");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::bad_template);
  CHECK(d.n_turns() == 0);
}

TEST_CASE("chat tools: what cannot work is refused when the chat is made") {
  const auto code = [](const chat_options& o) { return chat::make(model_of("llama"), o).error().code; };
  auto o = options({{"bad name", "", "", {}}});
  CHECK(code(o) == errc::bad_argument);
  o = options({{"f", "", "[]", {}}});
  CHECK(code(o) == errc::bad_argument);
  o = options({{"f", "", "", {}}});
  o.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}";
  CHECK(code(o) == errc::unsupported);
  o = options({{"f", "no UTF-8: \xff\xfe", "", {}}});  // is the host's business, and harmless
  auto c = make(o);
  CHECK(c.ask("hello \xff"));
}

TEST_CASE("chat: guessed tokens are the same tokens") {
  for (const float temperature : {0.0f, 1.0f}) {
    auto o = options({});
    o.how.temperature = temperature;
    o.how.seed = 4;
    o.max_tokens = 120;
    auto without = make(o);
    o.session.max_guesses = 5;
    auto with = make(o);
    for (const char* question : {"tick tock tick tock tick tock", "tick"}) {
      const auto a = without.ask(question), b = with.ask(question);
      REQUIRE(a);
      REQUIRE(b);
      CHECK(a->answer == b->answer);
      CHECK(a->n_tokens == b->n_tokens);
      CHECK(a->why == b->why);
      CHECK(a->n_guessed == 0);
    }
  }
  // text that repeats is guessed
  auto o = options({});
  o.session.max_guesses = 5;
  o.shape = saying("abcabcabcabcabcabcabcabcabcabcabcabc");
  auto c = make(o);
  const auto r = c.ask("go");
  REQUIRE(r);
  CHECK(r->answer == "abcabcabcabcabcabcabcabcabcabcabcabc");
  CHECK(r->n_guessed > 10);
}

TEST_CASE("chat: jobs in a batch give the answers they give alone") {
  const std::vector<std::string> questions = {"one", "a longer question than the others", "three", "4"};
  for (const std::size_t guesses : {std::size_t{0}, std::size_t{3}}) {
    auto o = options({});
    o.how.temperature = 1;
    o.how.seed = 6;
    o.max_tokens = 30;
    o.session.max_guesses = guesses;
    std::vector<std::string> alone;
    for (const auto& q : questions) {
      auto c = make(o);
      const auto r = c.ask(q);
      REQUIRE(r);
      alone.push_back(r->answer);
    }
    auto all = batch::make(model_of("llama"), o.session, questions.size());
    REQUIRE(all);
    o.session.in = &*all;
    std::vector<chat> chats;
    for (std::size_t i = 0; i < questions.size(); ++i) chats.push_back(make(o));
    std::vector<job> jobs;
    std::vector<job*> pointers;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      auto j = chats[i].begin(questions[i]);
      REQUIRE(j);
      jobs.push_back(std::move(*j));
    }
    for (job& j : jobs) pointers.push_back(&j);
    if (guesses == 0) {
      REQUIRE(job::step(*all, pointers));
    } else {
      result<status> s = job::step(*all, pointers, 0ns);
      while (s && *s == status::running) s = job::step(*all, pointers, 0ns);
      REQUIRE(s);
    }
    for (std::size_t i = 0; i < questions.size(); ++i) CHECK(jobs[i].take().answer == alone[i]);
  }
}
