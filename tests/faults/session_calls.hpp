// Random calls on models, sessions, batches and prefix caches. Whatever was computed is, bit for bit, what a fresh
// session gives for the same tokens.
#pragma once

#include "zoo.hpp"

namespace faults {

inline std::string number(std::size_t n) { return std::to_string(n); }

// ---- models

inline void read_model(zoo& z) {
  auto e = std::make_shared<a_model>();
  e->kind = z.below(all_species.size());
  in_memory file(all_species[e->kind].file());
  model_options o;
  o.memory = &z.memory;
  z.say("model: read " + std::string(all_species[e->kind].kind));
  auto m = model::read(file, o);
  if (!z.worked(m)) return;
  e->m = std::move(*m);
  z.add(z.models, e, 4);
}
/// What was made of it keeps it alive.
inline void let_model_go(zoo& z) {
  if (z.models.size() < 2) return;
  z.say("model: let go");
  z.models.erase(z.models.begin() + static_cast<std::ptrdiff_t>(z.below(z.models.size())));
}
inline void ask_model(zoo& z) {
  const auto e = z.any(z.models);
  if (!e) return;
  const model& m = e->m;
  z.say("model: encode, decode, tensors");
  std::string text;
  for (std::size_t n = z.below(30); n > 0; --n)
    text += static_cast<char>(z.one_in(4) ? z.below(256) : 'a' + z.below(26));
  const auto ids = m.encode(text, z.one_in(2));
  if (!z.worked(ids)) return;
  const auto back = m.decode(*ids);
  const bool is_ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < 127; });
  z.must(static_cast<bool>(back) && (!is_ascii || *back == text), "a text is another one after encode and decode");
  const auto names = m.tensors();
  if (!z.worked(names)) return;
  const auto t = m.tensor(z.one_of(*names));
  if (!z.worked(t)) return;
  std::vector<float> row(t->n_columns());
  z.must(static_cast<bool>(t->read(z.below(t->n_rows()), {row.data(), 1, row.size()})), "a row cannot be read");
  z.refused(t->read(t->n_rows(), {row.data(), 1, row.size()}), {errc::bad_argument});
  z.refused(m.tensor("nothing"), {errc::missing});
  z.must(static_cast<bool>(m.tokens_with(text.substr(0, 1))), "tokens_with fails");
}

// ---- what is right

/// The logits after these tokens, by a session that did nothing else.
inline const std::vector<float>& right_logits(zoo& z, std::size_t kind, const session_options& like,
                                              std::span<const token> tokens) {
  static std::map<std::string, std::vector<float>> known;
  if (known.size() > 4000) known.clear();
  std::string key = number(kind) + "/" + number(static_cast<std::size_t>(like.cache)) + like.target + "/";
  key.append(reinterpret_cast<const char*>(tokens.data()), tokens.size_bytes());
  ++zoo::n_judged;
  auto& logits = known[key];
  if (!logits.empty()) return logits;
  const zoo::silence hush(z);
  static std::map<std::size_t, model> models;
  model& m = models[kind];
  if (!m.impl()) m = model::view(all_species[kind].file(), "right").value();
  session_options o;
  o.context = tokens.size();
  o.cache = like.cache;
  o.target = like.target;
  o.reproducible = true;
  auto s = session::make(m, o).value();
  s.sync(tokens).value();
  s.step().value();
  const auto l = s.logits();
  return logits = {l.begin(), l.end()};
}
inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}
inline std::string description(const a_session& e) {
  return std::string(all_species[e.kind].kind) + " " + retort::name(all_species[e.kind].type) + ", cache " +
         number(static_cast<std::size_t>(e.o.cache)) + ", chunk " + number(e.o.chunk) + ", context " +
         number(e.o.context) + ", guesses " + number(e.o.max_guesses) + (e.o.target.empty() ? "" : ", " + e.o.target) +
         (e.o.pool ? ", pool" : "") + (e.in ? ", batch" : "") + (e.prefixes ? ", prefixes" : "") +
         (e.o.on_logits ? ", on_logits" : "");
}
/// That a session stands where it should; `done`: and has computed all of it.
inline void judge(zoo& z, a_session& e, bool done) {
  session& s = *e.s;
  z.must(std::equal(s.tokens().begin(), s.tokens().end(), e.want.begin(), e.want.end()),
         "the timeline is not what was asked for");
  z.must(s.n_computed() <= s.tokens().size(), "more was computed than asked for");
  const auto all = s.all_logits();
  z.must(all.shape(0) == 0 || all.shape(1) == tiny::n_vocab, "logits of another width");
  if (done) z.must(s.n_computed() == e.want.size() && (e.want.empty() || all.shape(0) > 0), "done, but not computed");
  z.must(all.shape(0) <= e.want.size(), "more logits than tokens");
  if (z.lost) return;
  for (std::size_t back = 0; back < all.shape(0); ++back) {
    const auto l = s.logits(back);
    if (!std::all_of(l.begin(), l.end(), [](float x) { return std::isfinite(x); })) z.finding("logits are no numbers");
    if (e.exact &&
        !same_bits({l.begin(), l.end()}, right_logits(z, e.kind, e.o, std::span(e.want).first(e.want.size() - back))))
      z.finding("logits " + number(back) + " back of " + number(e.want.size()) +
                " are not those of a fresh session: " + description(e));
  }
}

// ---- batches and prefix caches

inline session_options random_options(zoo& z) {
  session_options o;
  o.context = z.one_of<std::size_t>({24, 64, 100, 200});
  o.cache = z.one_of({cache_type::f32, cache_type::f16, cache_type::q8_0});
  o.chunk = z.one_of<std::size_t>({0, 1, 3, 8, 32});
  o.pool = z.one_in(6) ? &zoo::pool() : nullptr;
  o.memory = &z.memory;
  o.reproducible = !z.one_in(8);
  o.target = z.one_in(6) ? "scalar" : "";
  o.max_guesses = z.one_in(3) && o.chunk != 1 ? 2 : 0;
  if (z.one_in(4)) o.on_logits = [&z](std::size_t, std::span<const float>) { z.called_back(); };
  if (z.one_in(6)) o.on_route = [&z](const expert_route&) { z.called_back(); };
  return o;
}
inline void make_batch(zoo& z) {
  const auto m = z.any(z.models);
  if (!m) return;
  auto e = std::make_shared<a_batch>();
  e->kind = m->kind;
  e->of = m->m;
  e->o = random_options(z);
  e->o.context = z.one_of<std::size_t>({24, 200, 1000});
  const std::size_t most = z.one_of<std::size_t>({1, 2, 5, 16, 0});
  z.say("batch: make for " + number(most));
  auto b = batch::make(m->m, e->o, most);
  if (most == 0) return z.refused(b, {errc::bad_argument});
  if (!z.worked(b)) return;
  e->b.emplace(std::move(*b));
  z.add(z.batches, e, 3);
}
/// Its sessions go on.
inline void let_batch_go(zoo& z) {
  const auto e = z.any(z.batches);
  if (!e) return;
  z.say("batch: let go");
  e->b.reset();
  z.remove(z.batches, e);
}
inline void make_prefix_cache(zoo& z) {
  const auto m = z.any(z.models);
  if (!m) return;
  auto e = std::make_shared<a_prefix_cache>();
  e->kind = m->kind;
  e->type = z.one_of({cache_type::f32, cache_type::f16, cache_type::q8_0});
  const std::uint64_t bytes = z.one_of<std::uint64_t>({100, 200000, 1 << 20});
  const std::size_t before = z.memory.bytes;
  z.say("prefix cache: make with " + number(bytes));
  auto c = prefix_cache::make(m->m, bytes, e->type, &z.memory);
  if (!z.worked(c, {errc::bad_argument})) return;
  z.must(z.memory.bytes - before <= bytes, "a prefix cache takes more than it was given");
  e->c.emplace(std::move(*c));
  z.add(z.prefix_caches, e, 3);
}
inline void clear_prefix_cache(zoo& z) {
  const auto e = z.any(z.prefix_caches);
  if (!e) return;
  if (z.one_in(3)) {
    z.say("prefix cache: let go");
    e->c.reset();
    return z.remove(z.prefix_caches, e);
  }
  z.say("prefix cache: clear");
  e->c->clear();
  z.must(e->c->n_beginnings() == 0, "a prefix cache that was cleared remembers");
}

// ---- sessions

/// A model with the batch that is made of it, or without one.
struct place {
  std::size_t kind = 0;
  model m;
  std::shared_ptr<a_batch> in;
};
inline std::optional<place> any_place(zoo& z) {
  const auto b = z.one_in(2) ? z.any(z.batches) : nullptr;
  const auto m = z.any(z.models);
  if (!m) return std::nullopt;
  if (!b || z.one_in(10)) return place{m->kind, m->m, b};
  return place{b->kind, b->of, b};
}
inline std::shared_ptr<a_prefix_cache> any_prefixes(zoo& z, std::size_t kind) {
  herd<a_prefix_cache> fitting;
  for (const auto& p : z.prefix_caches)
    if (p->kind == kind) fitting.push_back(p);
  return z.one_in(2) ? z.any(fitting) : nullptr;
}

inline void make_session(zoo& z) {
  const auto at = any_place(z);
  if (!at) return;
  auto e = std::make_shared<a_session>();
  e->kind = at->kind;
  e->o = random_options(z);
  bool is_bad = false;
  if ((e->in = at->in)) {
    e->o.in = &*e->in->b;
    const auto& of = e->in->o;
    if (!z.one_in(10)) {
      e->o.context = std::min(e->o.context, of.context);
      e->o.max_guesses = of.max_guesses;
    }
    is_bad = e->in->of.impl() != at->m.impl() || of.context < e->o.context || of.max_guesses < e->o.max_guesses ||
             (e->o.max_guesses > 0 && e->o.chunk == 1);
    e->o.reproducible = of.reproducible;
    e->o.target = of.target;
  }
  if (e->o.reproducible && e->o.target.empty())
    if ((e->prefixes = z.one_in(10) ? z.any(z.prefix_caches) : any_prefixes(z, e->kind))) {
      e->o.prefixes = &*e->prefixes->c;
      e->o.owner = z.one_of({"", "a"});
      if (!z.one_in(10)) e->o.cache = e->prefixes->type;
      is_bad = is_bad || e->prefixes->kind != e->kind || e->prefixes->type != e->o.cache;
    }
  if (z.one_in(20)) {
    is_bad = true;
    switch (z.below(4)) {
      case 0: e->o.context = (1u << 24) + 1; break;
      case 1: e->o.chunk = 70000; break;
      case 2: e->o.target = "abacus"; break;
      default: e->o.max_guesses = 300;
    }
  }
  auto quote = at->m.quote(e->o);
  const std::size_t before = z.memory.bytes;
  z.say("session: make" + std::string(e->o.in ? " in a batch" : "") + (e->o.prefixes ? " with prefixes" : ""));
  auto s = session::make(at->m, e->o);
  if (is_bad) return z.refused(s, {errc::bad_argument, errc::mismatch, errc::unsupported});
  if (!z.worked(s)) return;
  z.must(z.memory.bytes - before <= (*quote).total(), "a session takes more than was quoted");
  e->exact = e->o.reproducible;
  e->s.emplace(std::move(*s));
  z.must(e->s->tokens().empty() && e->s->n_computed() == 0 && e->s->logits().empty(), "a new session is not empty");
  z.add(z.sessions, e, 7);
}
inline std::shared_ptr<a_session> any_session(zoo& z) {
  const auto e = z.any(z.sessions);
  return e && e->s ? e : nullptr;
}

inline void sync(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  const std::size_t n_before = e->s->n_computed();
  std::vector<token> t = z.timeline(e->s->context());
  if (!e->want.empty() && z.one_in(3)) {  // what is there, and more
    const std::size_t n = std::min(e->s->context(), e->want.size() + 1 + z.below(6));
    t = e->want;
    while (t.size() < n) t.push_back(static_cast<token>(z.below(tiny::n_vocab)));
  }
  errc wrong{};
  if (z.one_in(12)) {
    wrong = z.one_in(3) ? errc::full : errc::bad_argument;
    if (wrong == errc::full) t.resize(e->s->context() + 1, 1);
    else if (z.one_in(2)) t.clear();
    else t.back() = z.one_of<token>({-1, static_cast<token>(tiny::n_vocab), 1 << 30});
  }
  z.say("session: sync " + number(t.size()) + (wrong == errc{} ? "" : ", wrongly"));
  const auto r = e->s->sync(t);
  if (wrong != errc{}) {
    z.refused(r, {wrong});
    z.must(e->s->n_computed() == n_before, "what was refused changed something");
  } else if (z.worked(r)) {
    e->want = t;
    ++e->version;
  }
  if (z.depth == 0) judge(z, *e, false);
}
inline void push(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  const std::size_t most = 1 + e->o.max_guesses;
  std::vector<token> t = tiny::tokens(z.one_in(2) ? 1 : 1 + z.below(most + 1), z.below(50));
  if (z.one_in(15)) t[0] = -5;
  z.say("session: push " + number(t.size()));
  const auto r = t.size() == 1 && z.one_in(2) ? e->s->push(t[0]) : e->s->guess(t);
  if (t.size() > most || t[0] < 0) return z.refused(r, {errc::bad_argument});
  if (e->want.size() + t.size() > e->s->context()) return z.refused(r, {errc::full});
  if (!z.worked(r)) return;
  e->want.insert(e->want.end(), t.begin(), t.end());
  ++e->version;
}
inline void rewind(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  const std::size_t n = z.below(e->want.size() + 2);
  z.say("session: rewind to " + number(n));
  const auto r = e->s->rewind(n);
  if (n > e->want.size()) return z.refused(r, {errc::bad_argument});
  if (!z.worked(r)) return;
  e->want.resize(n);
  ++e->version;
  if (z.depth == 0) judge(z, *e, false);
}
/// What a step came to, of a session that nothing else has touched since `version`.
inline void stepped(zoo& z, const std::shared_ptr<a_session>& e, const result<status>& r, unsigned version,
                    std::size_t callbacks) {
  const bool touched = e->version != version || z.n_called != callbacks;
  const bool may_be_cancelled = touched || e->cancelled != a_session::no;
  if (!z.worked(r, {errc::no_memory, may_be_cancelled ? errc::cancelled : errc::no_memory})) {
    if (r.error().code == errc::no_memory) z.must(e->o.prefixes != nullptr, "no memory, although there is");
    if (r.error().code == errc::cancelled) e->cancelled = touched ? a_session::maybe : a_session::no;
  } else {
    z.must(*r == status::done || *r == status::running, "a status that is none");
    z.must(touched || e->cancelled != a_session::yes, "a cancelled step was not");
    e->cancelled = touched ? a_session::maybe : a_session::no;
  }
  if (e->s && z.depth == 0 && !touched) judge(z, *e, r && *r == status::done);
}
inline void step(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  const unsigned version = e->version;
  const std::size_t callbacks = z.n_called;
  const std::size_t n = z.one_in(3) ? 1 + z.below(12) : 1;
  for (std::size_t i = 0; i < n && e->s && !z.lost; ++i) {
    const auto budget = z.budget();
    const bool whole = n == 1 && z.one_in(2);
    z.say(whole ? "session: step" : "session: step for " + std::to_string(budget.count()));
    bool over = true;
    if (!z.try_to([&] {
          const auto r = whole ? e->s->step() : e->s->step(budget);
          if (whole && r && e->version == version) z.must(*r == status::done, "a step without a budget is not done");
          stepped(z, e, r, version, callbacks);
          over = !r || *r == status::done;
        })) {
      if (e->cancelled == a_session::yes) e->cancelled = a_session::maybe;
      return;
    }
    if (over) return;
  }
}
inline void step_batch(zoo& z) {
  const auto one = z.any(z.sessions);
  const auto b = one && one->in && one->in->b ? one->in : z.any(z.batches);
  if (!b) return;
  herd<a_session> in;
  std::vector<session*> all;
  const bool wrongly = z.one_in(12);
  for (const auto& e : z.sessions)
    if (e->s && (e->in == b ? !z.one_in(4) : wrongly && z.one_in(3)) && e->s->impl()) {
      in.push_back(e);
      all.push_back(&*e->s);
      if (z.one_in(5)) all.push_back(&*e->s);
    }
  if (wrongly && z.one_in(2)) all.push_back(nullptr);
  const bool is_bad = std::any_of(all.begin(), all.end(), [](session* s) { return !s; }) ||
                      std::any_of(in.begin(), in.end(), [&](const auto& e) { return e->in != b; });
  const std::size_t callbacks = z.n_called;
  const auto budget = z.budget();
  const bool whole = z.one_in(2);
  z.say("batch: step of " + number(all.size()) + (whole ? "" : ", for " + std::to_string(budget.count())));
  const bool quiet = z.try_to([&] {
    const auto r = whole ? b->b->step(all) : b->b->step(all, budget);
    if (is_bad) return z.refused(r, {errc::bad_argument, errc::mismatch});
    const auto flagged =
        std::find_if(in.begin(), in.end(), [](const auto& e) { return e->cancelled != a_session::no; });
    const bool touched = z.n_called != callbacks || z.depth > 0;
    const bool may_be_cancelled = touched || flagged != in.end();
    const bool good = z.worked(r, {errc::no_memory, may_be_cancelled ? errc::cancelled : errc::no_memory});
    for (const auto& e : in)
      if (touched || !good) e->cancelled = e->cancelled == a_session::no && !touched ? a_session::no : a_session::maybe;
    if (!good || touched) return;
    for (std::size_t i = 0; i < in.size(); ++i) {
      z.must(in[i]->cancelled != a_session::yes, "a cancelled session of a batch was stepped");
      in[i]->cancelled = a_session::no;
      judge(z, *in[i], *r == status::done);
    }
  });
  for (const auto& e : in)
    if (!quiet && e->cancelled == a_session::yes) e->cancelled = a_session::maybe;
}
inline void cancel(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  z.say("session: cancel");
  e->s->cancel();
  e->cancelled = z.depth == 0 ? a_session::yes : a_session::maybe;
  ++e->version;
}
inline void fork(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  z.say("session: fork");
  auto s = e->s->fork();
  if (!z.worked(s)) return;
  auto twin = std::make_shared<a_session>(
      a_session{e->kind, e->o, {}, e->want, e->exact, a_session::no, e->in, e->prefixes, 0});
  twin->s.emplace(std::move(*s));
  judge(z, *twin, false);
  if (z.depth == 0) judge(z, *e, false);
  z.add(z.sessions, twin, 7);
}
inline void remember(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  z.say("session: remember");
  e->s->remember();
  if (z.depth == 0) judge(z, *e, false);
}
inline void save(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  z.say("session: save");
  auto bytes = e->s->save();
  if (!z.worked(bytes)) return;
  if (!e->exact) return;  // its numbers are not those of others
  if (z.saved.size() >= 4) z.saved.erase(z.saved.begin());
  z.saved.push_back({e->kind, e->o.target, std::move(*bytes)});
}
inline void restore(zoo& z) {
  const auto e = any_session(z);
  if (!e || z.saved.empty()) return;
  auto [kind, target, bytes] = z.one_of(z.saved);
  const bool damaged = z.one_in(4);
  if (damaged) bytes[z.below(bytes.size())] ^= std::byte{1};
  z.say("session: restore" + std::string(damaged ? ", damaged" : ""));
  const auto r = e->s->restore(bytes);
  if (!z.worked(r, {errc::mismatch, errc::full, errc::no_memory, damaged ? errc::bad_file : errc::mismatch})) {
    if (z.depth == 0) judge(z, *e, false);
    return;
  }
  z.must(!damaged, "what was damaged was restored");
  z.must(kind == e->kind, "another model's session was restored");
  e->want.assign(e->s->tokens().begin(), e->s->tokens().end());
  ++e->version;
  if (target != e->o.target) e->exact = false;  // another instruction set adds in another order
  judge(z, *e, false);
}
inline void use_empty(zoo& z) {
  const auto e = any_session(z);
  if (!e) return;
  if (z.one_in(2)) {
    z.say("session: destroy");
    ++e->version;
    e->s.reset();
    return z.remove(z.sessions, e);
  }
  z.say("session: move");
  ++e->version;
  session taken = std::move(*e->s);
  const std::vector<token> t = {1};
  z.refused(e->s->sync(t), {errc::bad_argument});
  z.refused(e->s->step(z.budget()), {errc::bad_argument});
  z.refused(e->s->fork(), {errc::bad_argument});
  e->s->cancel();
  z.must(e->s->logits().empty() && e->s->tokens().empty(), "what was moved from holds something");
  e->s.emplace(std::move(taken));
}

}  // namespace faults
