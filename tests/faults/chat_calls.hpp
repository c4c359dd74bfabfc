// Random calls on chats and jobs. An answer is that of a fresh chat which recalls what was said before; whatever was
// refused or thrown, the conversation is as it was.
#pragma once

#include "shape_calls.hpp"

namespace faults {

inline const char* const plain_template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[a]";
inline const char* const tools_template =
    "{# <tool_call> </think> #}{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]"
    "{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}"
    "{% endfor %}{% endfor %}[a]";

/// With an effect: it calls whatever there is.  What it says depends on its arguments alone.
inline tool weather(zoo& z) {
  tool t;
  t.name = "weather";
  t.parameters = R"({"type":"object","properties":{"day":{"enum":["mon","tue"]}},"required":["day"]})";
  t.call = [&z](std::string_view arguments) -> result<std::string> {
    z.called_back();
    if (arguments.find("mon") != std::string_view::npos) return error{errc::missing, "nobody knows"};
    return "rain at " + std::to_string(arguments.size());
  };
  return t;
}
inline chat_options random_chat_options(zoo& z, const model& m) {
  chat_options o;
  o.session.context = z.one_of<std::size_t>({200, 300, 600});
  o.session.chunk = z.one_of<std::size_t>({0, 8, 32});
  o.session.cache = z.one_of({cache_type::f32, cache_type::f16, cache_type::q8_0});
  o.session.memory = &z.memory;
  o.session.reproducible = true;
  o.session.max_guesses = z.one_in(4) ? 2 : 0;
  if (z.one_in(8)) o.session.pool = &zoo::pool();
  if (z.one_in(6)) o.session.on_logits = [&z](std::size_t, std::span<const float>) { z.called_back(); };
  if (z.one_in(2)) o.system = "Be brief.";
  o.how.temperature = 0;
  o.max_tokens = z.one_of<std::size_t>({1, 6, 12, 20});
  o.max_thought = z.one_of<std::size_t>({0, 3});
  o.reserve = z.one_of<std::size_t>({4, 16, 256});
  o.when_full = z.one_of({overflow::error, overflow::drop_oldest, overflow::drop_oldest});
  if (z.one_in(4)) o.stop = {"e", "\xc3\xa9"};
  o.chat_template = z.one_in(2) ? plain_template : tools_template;
  if (o.chat_template == tools_template && z.one_in(2)) {
    o.tools = {weather(z)};
    o.use = z.one_of({tool_use::may, tool_use::may_strictly, tool_use::must});
    o.max_rounds = z.below(3);
    o.max_tokens = 50;
    o.session.context = 900;
  }
  if (z.one_in(5)) {
    o.shape = constraint::json_schema(m, schemas[z.below(3)]).value();
    o.max_tokens = 40;
  }
  if (z.one_in(10)) o.variables = z.one_of({"{\"a\": [1]}", "[1]"});
  if (z.one_in(20)) o.chat_template = z.one_of({"{% for %}", "{{ raise_exception('no') }}", "{{ 1 + 'a' }}"});
  o.now = std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000));
  return o;
}
inline void make_chat(zoo& z) {
  const auto at = any_place(z);
  if (!at) return;
  auto e = std::make_shared<a_chat>();
  e->kind = at->kind;
  e->of = at->m;
  e->o = random_chat_options(z, at->m);
  if (at->in && at->in->of.impl() == at->m.impl() && at->in->o.reproducible && at->in->o.target.empty()) {
    e->in = at->in;
    e->o.session.in = &*at->in->b;
    e->o.session.context = std::min(e->o.session.context, at->in->o.context);
    e->o.session.max_guesses = at->in->o.max_guesses;
  }
  if ((e->prefixes = any_prefixes(z, e->kind))) {
    e->o.session.prefixes = &*e->prefixes->c;
    e->o.session.cache = e->prefixes->type;
  }
  z.say("chat: make");
  auto c = chat::make(at->m, e->o);
  if (!z.worked(c, {errc::bad_template, errc::bad_argument, errc::unsupported, errc::missing})) return;
  e->c.emplace(std::move(*c));
  e->o.session.in = nullptr;
  e->o.session.prefixes = nullptr;
  z.add(z.chats, e, 5);
}
inline std::shared_ptr<a_chat> any_chat(zoo& z) {
  const auto e = z.any(z.chats);
  return e && e->c ? e : nullptr;
}

/// The same messages, calls and all.
inline std::string text_of(std::span<const message> all) { return to_json(all).value(); }
inline std::string text_of(const reply& r) {
  std::string t =
      r.thought + "\n" + r.answer + "\n" + number(static_cast<std::size_t>(r.why)) + " " + number(r.n_tokens);
  for (const call_record& c : r.calls) t += "\n" + c.id + c.name + c.arguments + " -> " + c.result;
  return t;
}
/// What a chat that did nothing else answers.
inline void judge(zoo& z, a_chat& e, const reply& r) {
  if (!e.judged || z.lost) return;
  ++zoo::n_judged;
  const zoo::silence hush(z);
  chat_options o = e.o;
  o.session.chunk = 0;
  o.session.pool = nullptr;
  o.session.on_logits = {};
  o.session.memory = nullptr;
  auto fresh = chat::make(e.of, o);
  if (!z.worked(fresh)) return;
  if (!z.worked(fresh->recall(e.before))) return;
  const auto right = fresh->ask(e.asked);
  if (!z.worked(right)) return;
  if (text_of(*right) != text_of(r))
    z.finding("an answer is not that of a fresh chat:\n---\n" + text_of(r) + "\n---\n" + text_of(*right) + "\n---");
}

inline question random_question(zoo& z) {
  question q;
  q.text = z.one_of({"barley", "oats and rye", "", "the thin thing\n\xf0\x9f\x8c\xbe"});
  if (z.one_in(30)) q.text = std::string(3000, 'x');
  if (z.one_in(6)) q.think = z.one_in(2);
  if (z.one_in(8)) q.about.files.push_back({"a.txt", "wheat"});
  return q;
}
inline const std::initializer_list<errc> asking = {errc::full,      errc::busy,      errc::missing,
                                                   errc::cancelled, errc::no_memory, errc::bad_template};

/// Sets down what the answer to be begun should be.
struct expectation {
  zoo& z;
  a_chat& e;
  unsigned version;
  std::size_t callbacks;
  std::vector<message> before;
  question asked;
  bool known = true;
  expectation(zoo& of, a_chat& chat) : z(of), e(chat), version(++chat.version), callbacks(of.n_called) {
    auto h = e.c->history();
    if (z.worked(h)) before = std::move(*h);
  }
  [[nodiscard]] bool untouched() const {
    return e.c && e.version == version && z.n_called == callbacks && z.depth == 0;
  }
  /// After an error or an exception: as it was.
  void nothing_happened() {
    if (!untouched()) return;
    const auto h = e.c->history();
    if (z.worked(h)) z.must(text_of(*h) == text_of(before), "what failed has changed the conversation");
  }
};
enum class way { ask, retry, edit, go_on };
/// Cuts the expected past to the question that is asked again.
inline way random_way(zoo& z, expectation& x, std::size_t& turn) {
  std::vector<std::size_t> questions;
  for (std::size_t i = 0; i < x.before.size(); ++i)
    if (x.before[i].from == speaker::user) questions.push_back(i);
  if (questions.empty() || z.one_in(2)) return way::ask;
  const way how = z.one_of({way::retry, way::edit, way::go_on});
  turn = how == way::edit ? z.below(questions.size() + 1) : questions.size() - 1;
  x.known = how != way::go_on && turn < questions.size();
  if (!x.known) return how;
  if (how == way::retry) {
    const auto think = x.asked.think;
    x.asked = {x.before[questions[turn]].content, {}, think};
  }
  return how;
}
inline std::vector<message> past(const expectation& x, way how, std::size_t turn) {
  if (how == way::ask) return x.before;
  std::vector<message> p;
  for (const message& m : x.before) {
    if (m.from == speaker::user && turn-- == 0) break;
    p.push_back(m);
  }
  return p;
}
inline on_piece listener(zoo& z, const std::shared_ptr<std::string>& pieces, bool stops) {
  return [&z, pieces, stops](const piece& p) {
    if (p.kind == piece::answer) *pieces += p.text;
    z.called_back();
    return stops && pieces->size() > 3 ? flow::stop : flow::go_on;
  };
}
inline void ask(zoo& z) {
  const auto e = any_chat(z);
  if (!e) return;
  expectation x(z, *e);
  if (z.lost) return;
  x.asked = random_question(z);
  std::size_t turn = 0;
  const way how = random_way(z, x, turn);
  const bool stops = z.one_in(8);
  const auto pieces = std::make_shared<std::string>();
  const auto each = z.one_in(3) ? on_piece() : listener(z, pieces, stops);
  const bool busy = e->j.has_value() && !e->maybe_over;
  z.say("chat: ask in way " + number(static_cast<std::size_t>(how)) + ": " + x.asked.text.substr(0, 20));
  const bool quiet = z.try_to([&] {
    const auto r = how == way::ask     ? e->c->ask(x.asked, each)
                   : how == way::retry ? e->c->retry(each, x.asked.think)
                   : how == way::edit  ? e->c->edit(turn, x.asked, each)
                                       : e->c->go_on(each);
    if (!z.worked(r, asking)) {
      if (r.error().code == errc::busy) z.must(e->j || z.depth > 0, "busy, with nothing to do");
      if (r.error().code == errc::cancelled) z.must(z.n_called != x.callbacks || z.depth > 0, "cancelled by nobody");
      return x.nothing_happened();
    }
    z.must(!busy || z.depth > 0, "a second answer was begun");
    if (!x.untouched()) return;
    if (each && r->calls.empty() && how != way::go_on && r->why != finish::interrupted)
      z.must(*pieces == r->answer, "pieces are not the answer");
    if (r->why == finish::interrupted || !x.known) return;
    e->judged = true;
    e->before = past(x, how, turn);
    e->asked = x.asked;
    judge(z, *e, *r);
  });
  if (!quiet) x.nothing_happened();
}
inline void begin(zoo& z) {
  const auto e = any_chat(z);
  if (!e) return;
  expectation x(z, *e);
  if (z.lost) return;
  x.asked = random_question(z);
  std::size_t turn = 0;
  const way how = random_way(z, x, turn);
  const auto pieces = std::make_shared<std::string>();
  const auto each = z.one_in(3) ? on_piece() : listener(z, pieces, z.one_in(8));
  z.say("chat: begin in way " + number(static_cast<std::size_t>(how)) + ": " + x.asked.text.substr(0, 20));
  auto j = how == way::ask     ? e->c->begin(x.asked, each)
           : how == way::retry ? e->c->begin_retry(each, x.asked.think)
           : how == way::edit  ? e->c->begin_edit(turn, x.asked, each)
                               : e->c->begin_go_on(each);
  if (!z.worked(j, asking)) {
    if (j.error().code == errc::busy) z.must(e->j.has_value() || z.depth > 0, "busy, with nothing to do");
    return x.nothing_happened();
  }
  z.must(!e->j || e->maybe_over || z.depth > 0, "two answers at once");
  if (e->j) {  // of a question that is over
    z.old_jobs.push_back(std::move(*e->j));
    e->j.reset();
  }
  if (z.one_in(3)) e->j.emplace(std::move(*j));
  else e->j = std::move(*j);
  e->maybe_over = false;
  e->judged = x.known && x.untouched();
  e->before = past(x, how, turn);
  e->asked = x.asked;
}
/// After a step with an error, or one that threw: the question is forgotten, and the job is over.
inline void job_is_over(zoo& z, a_chat& e) {
  if (!e.j) return;
  z.refused(e.j->step(z.budget()), {errc::bad_argument});
  e.j.reset();
}
inline void step_job(zoo& z) {
  const auto e = any_chat(z);
  if (!e || !e->j) return;
  const unsigned version = e->version;
  const std::size_t callbacks = z.n_called, n = 1 + z.below(20);
  z.say("job: step, " + number(n) + " times");
  bool going = true;
  for (std::size_t i = 0; i < n && going && e->j && !z.lost; ++i) {
    going = z.try_to([&] {
      const auto r = e->j->step(z.budget());
      if (e->version != version || z.n_called != callbacks) e->maybe_over = true;
      going = z.worked(r, {errc::no_memory, errc::cancelled, e->maybe_over ? errc::bad_argument : errc::cancelled});
      if (z.depth > 0) return;
      if (!going) return job_is_over(z, *e);
      if (*r != status::done || e->maybe_over) return;
      going = false;
      z.must(static_cast<bool>(e->j->step(z.budget())), "a job that is done cannot be stepped");
      if (z.one_in(3)) return;
      const std::string so_far = text_of(e->j->so_far());
      const reply got = e->j->take();
      z.must(text_of(got) == so_far, "what is taken is not what there was");
      z.must(got.why != finish::nothing, "nothing can be taken");
      if (got.why != finish::interrupted) judge(z, *e, got);
      job_is_over(z, *e);
    }) && going;
  }
  if (!going && e->j)
    e->maybe_over = true;  // an observer that throws leaves the answer in the making, a listener does not
}
inline void take(zoo& z) {
  const auto e = any_chat(z);
  if (!e || !e->j) return;
  z.say("job: take");
  const reply r = e->j->take();
  if (r.why == finish::nothing) return z.must(r.answer.empty() && r.calls.empty(), "nothing is not empty");
  z.must(z.depth == 0 || e->j, "an answer is taken in its own callback");
  if (r.why != finish::interrupted && z.depth == 0) judge(z, *e, r);
  e->j.reset();
  ++e->version;
}
inline void drop_job(zoo& z) {
  const auto e = any_chat(z);
  if (!e || !e->j) return;
  const auto h = e->c->history();
  ++e->version;
  if (z.one_in(3)) {
    z.say("job: move away");
    z.old_jobs.push_back(std::move(*e->j));
    z.refused(e->j->step(z.budget()), {errc::bad_argument});
    e->j.emplace(std::move(z.old_jobs.back()));
    z.old_jobs.pop_back();
    return;
  }
  z.say("job: drop");
  e->j.reset();
  if (z.depth == 0 && z.worked(h) && z.worked(e->c->history()))
    z.must(text_of(*e->c->history()) == text_of(*h), "a dropped question was not forgotten");
}
/// Jobs whose chats are gone, or whose questions are over.
inline void use_old_job(zoo& z) {
  if (z.old_jobs.empty()) return;
  z.say("job: an old one");
  job j = std::move(z.old_jobs.back());
  z.old_jobs.pop_back();
  z.refused(j.step(z.budget()), {errc::bad_argument});
  z.must(j.take().why == finish::nothing && j.so_far().answer.empty(), "a job that is over holds something");
}
inline void step_jobs(zoo& z) {
  const auto one = z.any(z.chats);
  const auto b = one && one->in && one->in->b ? one->in : z.any(z.batches);
  if (!b) return;
  herd<a_chat> in;
  std::vector<job*> jobs;
  const bool wrongly = z.one_in(10);
  for (const auto& e : z.chats)
    if (e->c && e->j && (e->in == b || wrongly)) in.push_back(e), jobs.push_back(&*e->j);
  if (!jobs.empty() && z.one_in(4)) jobs.push_back(jobs[0]);
  if (jobs.empty()) return;
  z.say("job: step " + number(jobs.size()) + " in a batch");
  for (const auto& e : in) ++e->version, e->judged = e->judged && z.depth == 0;
  const std::size_t callbacks = z.n_called;
  const bool quiet = z.try_to([&] {
    const auto r = z.one_in(2) ? job::step(*b->b, jobs) : job::step(*b->b, jobs, z.budget());
    const bool good = z.worked(r, {errc::no_memory, errc::cancelled, wrongly ? errc::bad_argument : errc::cancelled});
    for (const auto& e : in) {
      e->judged = e->judged && z.n_called == callbacks;
      e->maybe_over = e->maybe_over || !good || z.n_called != callbacks;
    }
  });
  for (const auto& e : in) e->maybe_over = e->maybe_over || !quiet;
}
inline void cancel_chat(zoo& z) {
  const auto e = any_chat(z);
  if (!e) return;
  z.say("chat: cancel");
  ++e->version;
  e->c->cancel();
}
inline void clear_chat(zoo& z) {
  const auto e = any_chat(z);
  if (!e) return;
  z.say("chat: clear");
  ++e->version;
  e->c->clear();
  e->maybe_over = true;
  if (z.depth > 0) return;
  z.must(e->c->n_turns() == 0, "a cleared chat remembers");
  if (e->j) job_is_over(z, *e);
}
inline void shape_chat(zoo& z) {
  const auto e = any_chat(z);
  if (!e) return;
  z.say("chat: shape");
  std::optional<constraint> shape;
  if (z.one_in(2)) shape = constraint::json_schema(e->of, schemas[z.below(3)]).value();
  e->c->shape(shape);
  e->judged = false;
  ++e->version;
  e->o.shape = shape;
}
inline void recall(zoo& z) {
  const auto e = any_chat(z);
  if (!e) return;
  auto h = e->c->history();
  if (!z.worked(h)) return;
  if (z.one_in(2)) h->resize(z.below(h->size() + 1));
  const bool is_bad = z.one_in(8);
  if (is_bad) h->push_back({speaker::tool, "?", {}, {}, "nobody", "none"});
  z.say("chat: recall " + number(h->size()));
  const auto text = to_json(*h);
  if (!z.worked(text)) return;
  const auto again = messages_from_json(*text);
  if (!z.worked(again)) return;
  z.must(text_of(*again) == *text, "a history is another one after JSON and back");
  const std::size_t n = e->c->n_turns();
  const auto r = e->c->recall(*again);
  if (!z.worked(r, {errc::busy, errc::bad_argument}))
    return z.must(e->c->n_turns() == n, "what was refused changed something");
  z.must(!e->j || e->maybe_over || z.depth > 0, "recalled in the middle of an answer");
  ++e->version;
  e->j.reset();
  if (h->empty() || (*h)[0].from != speaker::system) return;
  e->o.system = (*h)[0].content;
}
inline void fork_chat(zoo& z) {
  const auto e = any_chat(z);
  if (!e) return;
  z.say("chat: fork");
  auto c = e->c->fork();
  if (!z.worked(c, {errc::busy})) return z.must(e->j || z.depth > 0, "busy, with nothing to do");
  auto twin = std::make_shared<a_chat>();
  twin->kind = e->kind, twin->o = e->o, twin->of = e->of, twin->in = e->in, twin->prefixes = e->prefixes;
  twin->c.emplace(std::move(*c));
  z.must(text_of(twin->c->history().value()) == text_of(e->c->history().value()), "a fork remembers something else");
  z.add(z.chats, twin, 5);
}
inline void move_chat(zoo& z) {
  const auto e = any_chat(z);
  if (!e) return;
  ++e->version;
  if (z.one_in(2)) {
    z.say("chat: destroy");
    if (e->j) z.old_jobs.push_back(std::move(*e->j)), e->j.reset();
    e->c.reset();
    return z.remove(z.chats, e);
  }
  z.say("chat: move");
  chat taken = std::move(*e->c);
  z.refused(e->c->ask("x"), {errc::bad_argument});
  z.refused(e->c->begin("x"), {errc::bad_argument});
  z.refused(e->c->history(), {errc::bad_argument});
  e->c->cancel(), e->c->clear(), e->c->shape({});
  z.must(e->c->n_turns() == 0, "what was moved from holds something");
  e->c.emplace(std::move(taken));
}

}  // namespace faults
