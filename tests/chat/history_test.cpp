// A conversation's past: given, handed out, changed. The tiny model says noise; what it is asked is known.
#include "run/support.hpp"

using namespace retort;
using support::model_of;

namespace {

constexpr const char* source =
    "{# <tool_call> #}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% for c in m.tool_calls or [] %}"
    "{{ c.function.name }}({{ c.function.arguments | tojson }}){% endfor %}{% endfor %}[assistant]";
constexpr const char* thinking =
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% else %}<think>\n{% endif %}";

chat_options options(const char* form = source, std::size_t max_tokens = 10) {
  chat_options o;
  o.session = support::small_reproducible(1024);
  o.how.temperature = 0;
  o.max_tokens = max_tokens;
  o.chat_template = form;
  return o;
}
chat open(const chat_options& o) {
  auto c = chat::make(model_of("llama"), o);
  if (!c) FAIL(c.error().what);
  return std::move(*c);
}
constraint saying(const std::string& text) {
  auto c = constraint::choices(model_of("llama"), std::vector<std::string>{text});
  if (!c) FAIL(c.error().what);
  return *c;
}
std::size_t n_tokens(const std::string& text) { return model_of("llama").encode(text, false).value().size(); }
template <class T>
T value(result<T> r) {
  if (!r) FAIL(r.error().what);
  return std::move(*r);
}

}  // namespace

TEST_CASE("history: what was said is handed out, and survives a restart") {
  auto o = options();
  o.system = "You tend a garden.";
  auto c = open(o);
  const reply first = value(c.ask("Which seeds?"));
  const std::string kept = to_json(c.history().value()).value();
  // another process: a new chat, without even the system message
  auto d = open(options());
  REQUIRE(d.recall(value(messages_from_json(kept))));
  CHECK(d.n_turns() == 1);
  const auto past = d.history().value();
  REQUIRE(past.size() == 3);
  CHECK(past[0].from == speaker::system);
  CHECK(past[0].content == "You tend a garden.");
  CHECK(past[1].content == "Which seeds?");
  CHECK(past[2].content == first.answer);
  const reply a = value(c.ask("And when?")), b = value(d.ask("And when?"));
  CHECK(a.answer == b.answer);
  CHECK(a.n_prompt == b.n_prompt);
  CHECK(a.n_cached > b.n_cached);
}

TEST_CASE("history: thoughts, calls and what they gave are messages, in JSON as in the APIs") {
  const std::string text =
      R"([{"role":"user","content":"Plant."},{"role":"assistant","content":"","reasoning_content":"Which?",)"
      R"("tool_calls":[{"id":"call_7","type":"function","function":{"name":"plant","arguments":"{\"n\": null}"}}]},)"
      R"({"role":"tool","content":"planted","tool_call_id":"call_7"},{"role":"assistant","content":"Planted."}])";
  const auto past = value(messages_from_json(text));
  REQUIRE(past.size() == 4);
  CHECK(past[1].thought == "Which?");
  REQUIRE(past[1].calls.size() == 1);
  CHECK(past[1].calls[0].arguments == R"({"n": null})");
  CHECK(past[2].call_id == "call_7");
  CHECK(to_json(past).value() == text);
  auto c = open(options());
  REQUIRE(c.recall(past));
  CHECK(to_json(c.history().value()).value() == text);
  const reply r = value(c.ask("More."));
  CHECK(r.n_prompt == n_tokens("[user]Plant.[assistant]plant({\"n\": null})[tool]planted[assistant]Planted.[user]More."
                               "[assistant]"));
  // content in parts and arguments as an object are read, too
  const auto parts = value(messages_from_json(
      R"([{"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant",)"
      R"("content":null,"tool_calls":[{"id":"x","function":{"name":"f","arguments":{"k":[1]}}}]}])"));
  CHECK(parts[0].from == speaker::system);
  CHECK(parts[0].content == "ab");
  CHECK(parts[1].calls[0].arguments == R"({"k":[1]})");
}

TEST_CASE("history: what is none is refused, and nothing changes") {
  for (const char* text :
       {"", "{}", "[1]", R"([{"content":"x"}])", R"([{"role":"king","content":"x"}])",
        R"([{"role":"user","content":1}])", R"([{"role":"user","content":[{"type":"image_url"}]}])",
        R"([{"role":"user","content":"","tool_calls":[]}])", R"([{"role":"assistant","content":"","tool_calls":[{}]}])",
        R"([{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":"[1]"}}]}])"}) {
    CAPTURE(text);
    const auto r = messages_from_json(text);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::bad_argument);
  }
  CHECK(messages_from_json(std::string(400, '[')).error().code == errc::limit);
  auto c = open(options());
  value(c.ask("One."));
  const auto before = to_json(c.history().value()).value();
  const auto refused = [&](const message& m) {
    const std::vector<message> all = {{.from = speaker::user, .content = "x"}, m};
    const auto r = c.recall(all);
    return !r && r.error().code == errc::bad_argument && r.error().what.find("message 1") != std::string::npos;
  };
  CHECK(refused({.from = speaker::system, .content = "late"}));
  CHECK(refused({.from = speaker::tool, .content = "x", .call_id = "call_0"}));
  message wrong{.from = speaker::assistant};
  wrong.calls.push_back({"call_0", "f", "no object", {}, false});
  CHECK(refused(wrong));
  CHECK(to_json(c.history().value()).value() == before);
  auto j = c.begin("Two.");
  REQUIRE(j);
  CHECK(c.recall({}).error().code == errc::busy);
  CHECK(c.begin_retry().error().code == errc::busy);
  CHECK(c.begin_go_on().error().code == errc::busy);
  CHECK(to_json(c.history().value()).value() == before);
}

TEST_CASE("history: a turn is retried, and only its answer is computed") {
  auto o = options();
  auto c = open(o);
  CHECK(c.retry().error().code == errc::missing);
  value(c.ask("A question that is rather long, so that it shows what is read twice."));
  const reply first = value(c.ask("And a second one."));
  const reply again = value(c.retry());
  CHECK(again.answer == first.answer);  // at temperature 0
  CHECK(again.n_prompt == first.n_prompt);
  CHECK(again.n_prompt - again.n_cached <= 1);  // its last token has no logits in the cache
  CHECK(c.n_turns() == 2);
  CHECK(c.history().value().size() == 4);
  // one that is given up leaves the old answer
  {
    auto j = c.begin_retry();
    REQUIRE(j);
    REQUIRE(j->step(std::chrono::nanoseconds(0)));
  }
  CHECK(c.history().value().back().content == first.answer);
  c.shape(saying("no"));
  CHECK(value(c.retry()).answer == "no");
  CHECK(c.history().value().back().content == "no");
}

TEST_CASE("history: a turn is edited, and only what is new is computed") {
  auto c = open(options());
  const std::string head = "[user]A question that is rather long, so that it shows what is read twice.[assistant]";
  const reply first = value(c.ask("A question that is rather long, so that it shows what is read twice."));
  value(c.ask("The second."));
  value(c.ask("The third."));
  const reply edited = value(c.edit(1, {.text = "Instead of the second."}));
  CHECK(c.n_turns() == 2);
  const auto past = c.history().value();
  REQUIRE(past.size() == 4);
  CHECK(past[2].content == "Instead of the second.");
  CHECK(past[3].content == edited.answer);
  const std::string prompt = head + first.answer + "[user]Instead of the second.[assistant]";
  CHECK(edited.n_prompt == n_tokens(prompt));
  CHECK(edited.n_cached >= n_tokens(head + first.answer + "[user]") - 1);
  // as if it had been asked so from the beginning
  auto d = open(options());
  value(d.ask("A question that is rather long, so that it shows what is read twice."));
  CHECK(value(d.ask("Instead of the second.")).answer == edited.answer);
  CHECK(c.edit(2, {.text = "x"}).error().code == errc::missing);
  CHECK(c.history().value().size() == 4);
}

TEST_CASE("history: an answer that was cut goes on, and is then whole") {
  auto whole = open(options(source, 24));
  const reply all = value(whole.ask("Tell."));
  auto c = open(options(source, 8));
  CHECK(c.go_on().error().code == errc::missing);
  reply r = value(c.ask("Tell."));
  REQUIRE(r.why == finish::length);
  std::string pieces = r.answer;
  r = value(c.go_on([&](const piece& p) {
    pieces += p.text;
    return flow::go_on;
  }));
  CHECK(pieces == r.answer);
  CHECK(r.n_prompt - r.n_cached <= 4);
  CHECK(c.history().value().size() == 2);
  CHECK(c.history().value().back().content == r.answer);
  CHECK(c.n_turns() == 1);
  CHECK(all.answer.substr(0, 4) == r.answer.substr(0, 4));
  // one that is given up leaves what there was
  {
    auto j = c.begin_go_on();
    REQUIRE(j);
  }
  CHECK(c.history().value().back().content == r.answer);
}

TEST_CASE("history: a thought that was cut goes on as a thought, and an answer after it as an answer") {
  auto c = open(options(thinking, 8));
  reply r = value(c.ask("Think."));
  REQUIRE(r.answer.empty());
  const std::string thought = r.thought;
  r = value(c.go_on());
  CHECK(r.thought.starts_with(thought));
  CHECK(r.thought.size() > thought.size());
  CHECK(r.answer.empty());
  const std::vector<message> past = {
      {.from = speaker::user, .content = "Think."},
      {.from = speaker::assistant, .content = "It is", .thought = "Perhaps."},
  };
  REQUIRE(c.recall(past));
  r = value(c.go_on());
  CHECK(r.thought == "Perhaps.");
  CHECK(r.answer.starts_with("It is"));
  CHECK(r.n_prompt ==
        model_of("llama").encode("[user]Think.[assistant]<think>\nPerhaps.\n</think>\n\nIt is").value().size());
}

TEST_CASE("history: a past that ends with a question, or with what a tool gave, is answered") {
  auto o = options();
  auto c = open(o);
  std::vector<message> past = {{.from = speaker::user, .content = "Plant."}};
  REQUIRE(c.recall(past));
  c.shape(saying("Yes."));
  CHECK(value(c.go_on()).answer == "Yes.");
  message called{.from = speaker::assistant};
  called.calls.push_back({"call_0", "plant", "{}", {}, false});
  past.push_back(called);
  past.push_back({.from = speaker::tool, .content = "planted", .call_id = "call_0", .name = "plant"});
  REQUIRE(c.recall(past));
  const reply r = value(c.go_on());
  CHECK(r.answer == "Yes.");
  CHECK(r.n_prompt == n_tokens("[user]Plant.[assistant]plant({})[tool]planted[assistant]"));
  CHECK(c.history().value().size() == 4);
}

TEST_CASE("history: thinking is turned on and off from question to question") {
  auto o = options(thinking, 12);
  o.max_thought = 3;
  auto c = open(o);
  CHECK_FALSE(value(c.ask({.text = "a", .think = true})).thought.empty());
  CHECK(value(c.ask({.text = "b", .think = false})).thought.empty());
  CHECK_FALSE(value(c.ask("c")).thought.empty());
  CHECK(value(c.retry({}, false)).thought.empty());
  // a template that knows no such wish: the thought that it opens is closed
  o.chat_template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]<think>\n";
  auto d = open(o);
  CHECK(value(d.ask({.text = "b", .think = false})).thought.empty());
}

TEST_CASE("history: sources go with a question, and stay in it") {
  auto c = open(options());
  question asked{.text = "What is in it?", .about = {}, .think = {}};
  asked.about.files.push_back({"a.txt", "barley"});
  value(c.ask(asked));
  CHECK(c.history().value()[0].content.find("barley") != std::string::npos);
  const auto kept = c.history().value()[0].content;
  value(c.retry());
  CHECK(c.history().value()[0].content == kept);
}
