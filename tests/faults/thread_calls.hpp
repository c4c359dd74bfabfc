// Calls from several threads at once: cancels, a model that is freed last somewhere else, and what is shared. Each
// leaves what it used as deterministic as it found it.
#pragma once

#include "api_calls.hpp"

#include <thread>

namespace faults {

/// Runs `storm` over and over in another thread while `work` runs in this one.
template <class Storm, class Work>
void in_a_storm(Storm storm, Work work) {
  std::atomic<bool> over{false};
  std::thread other([&] {
    while (!over) {
      storm();
      std::this_thread::yield();
    }
  });
  work();
  over = true;
  other.join();
}

inline void cancel_session_storm(zoo& z) {
  const auto e = any_session(z);
  if (!e || z.depth > 0) return;
  z.say("threads: cancels of a session");
  const zoo::silence hush(z);
  std::vector<token> t = tiny::tokens(e->s->context(), 3);
  (void)e->s->rewind(0);
  e->want.clear();
  ++e->version;
  if (!z.worked(e->s->sync(t))) return;
  e->want = t;
  std::size_t n = 0;
  in_a_storm([&] { e->s->cancel(); },
             [&] {
               for (; n < 20; ++n) {
                 const auto r = e->s->step(std::chrono::microseconds(50));
                 if (!z.worked(r, {errc::cancelled, errc::no_memory}) || *r == status::running) continue;
                 break;
               }
             });
  (void)e->s->step(std::chrono::nanoseconds(0));  // the last cancel
  e->cancelled = a_session::no;
  const auto r = e->s->step();
  const bool may_lack = e->o.prefixes != nullptr;
  if (z.worked(r, {may_lack ? errc::no_memory : errc::cancelled})) judge(z, *e, true);
}
inline void cancel_chat_storm(zoo& z) {
  const auto e = any_chat(z);
  if (!e || e->j || z.depth > 0) return;
  z.say("threads: cancels of a chat");
  const zoo::silence hush(z);
  ++e->version;
  const auto h = e->c->history();
  in_a_storm([&] { e->c->cancel(); },
             [&] {
               for (int i = 0; i < 4; ++i) (void)z.worked(e->c->ask("barley"), asking);
             });
  if (z.worked(h)) (void)z.worked(e->c->recall(*h));  // how many of them were answered is chance
}
inline void cancel_api_storm(zoo& z) {
  const auto e = any_api(z);
  if (!e || z.depth > 0) return;
  z.say("threads: cancels of completions");
  const zoo::silence hush(z);
  ++e->version;
  in_a_storm([&] { e->c->cancel(); },
             [&] {
               for (const request& r : {requests[0], requests[1], requests[2], requests[12]}) {
                 int status = 0;
                 const std::string body = e->c->complete(r.text, r.to, &status);
                 check_body(z, body, status, false);
               }
             });
  e->begun = false;
}
/// Sessions of one model on several threads, with a prefix cache and a pool in common; the model is freed by the last.
inline void share(zoo& z) {
  if (z.depth > 0) return;
  z.say("threads: sessions of one model, which is freed last elsewhere");
  const zoo::silence hush(z);
  const std::size_t kind = z.below(all_species.size());
  in_memory file(all_species[kind].file());
  model_options how;
  how.memory = &z.memory;
  std::optional<model> m = model::read(file, how).value();
  auto prefixes = prefix_cache::make(*m, 1 << 20, cache_type::f16, &z.memory).value();
  session_options o;
  o.context = 100;
  o.memory = &z.memory;
  o.reproducible = true;
  o.prefixes = &prefixes;
  o.pool = z.one_in(2) ? &zoo::pool() : nullptr;
  const std::vector<token> all = tiny::tokens(90, 5);
  const auto shape = std::make_shared<constraint>(constraint::regex(*m, "[ab]+c").value());
  std::vector<std::vector<float>> got(3);
  std::vector<std::thread> threads;
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < got.size(); ++i) lengths.push_back(1 + z.below(all.size()));
  for (std::size_t i = 0; i < got.size(); ++i) {
    auto s = std::make_shared<session>(session::make(*m, o).value());
    threads.emplace_back([&, i, mine = std::move(s)]() mutable {
      auto at = matcher::make(*shape);
      for (const std::size_t n : {std::size_t{3}, lengths[(i + 1) % 3], lengths[i]}) {
        if (!mine->sync(std::span(all).first(n)) || !mine->step()) return;
        mine->remember();
        if (at && at->allowed()) (void)at->accept('a' - '!');
      }
      const auto l = mine->logits();
      got[i].assign(l.begin(), l.end());
      mine.reset();
    });
  }
  m.reset();
  for (std::thread& t : threads) t.join();
  for (std::size_t i = 0; i < got.size(); ++i)
    z.must(same_bits(got[i], right_logits(z, kind, o, std::span(all).first(lengths[i]))),
           "logits of a session among others are not those of one alone");
}

}  // namespace faults
