// Random calls on samplers, constraints and matchers. A draw is the same for the same state; a mask is that of a fresh
// matcher that took the same tokens.
#pragma once

#include "session_calls.hpp"

namespace faults {

// ---- samplers

inline sampling random_sampling(zoo& z) {
  sampling how;
  how.temperature = z.one_of({0.0f, 0.6f, 1.0f, 3.0f});
  how.top_k = z.one_of<std::size_t>({0, 1, 40});
  how.top_p = z.one_of({1.0f, 0.95f, 0.1f});
  how.min_p = z.one_of({0.0f, 0.1f});
  how.seed = z.below(9);
  if (z.one_in(3)) how.presence_penalty = 1, how.repetition_penalty = 1.2f, how.frequency_penalty = 0.1f;
  if (z.one_in(3)) how.logit_bias = {{static_cast<token>(z.below(tiny::n_vocab)), z.one_of({-100.0f, 3.0f})}};
  if (z.one_in(4)) how.typical_p = 0.8f;
  if (z.one_in(4)) how.top_n_sigma = 1;
  if (z.one_in(4)) how.xtc = {0.5f, 0.1f};
  if (z.one_in(4)) how.dynamic.range = 0.3f;
  if (z.one_in(3)) how.dry.multiplier = 1;
  if (z.one_in(5)) how.mirostat.tau = 3;
  if (z.one_in(4)) how.order = {sampling_step::top_p, sampling_step::temperature};
  return how;
}
inline void draw(zoo& z) {
  const auto e = any_session(z);
  if (!e || e->s->logits().empty()) return;
  sampling how = random_sampling(z);
  const bool is_bad = z.one_in(12);
  if (is_bad) how.temperature = -1;
  z.say("sampler: make and draw");
  auto made = sampler::make(how, tiny::n_vocab);
  if (is_bad) return z.refused(made, {errc::bad_argument});
  if (!z.worked(made)) return;
  sampler twin = *made;
  const auto l = e->s->logits();
  const std::vector<float> before(l.begin(), l.end());
  std::vector<std::uint64_t> allowed((tiny::n_vocab + 63) / 64);
  const bool bound = z.one_in(2);
  if (bound)
    for (int i = 0; i < 5; ++i) {
      const std::size_t id = z.below(tiny::n_vocab);
      allowed[id / 64] |= std::uint64_t{1} << id % 64;
    }
  const std::span<const std::uint64_t> mask =
      bound ? std::span<const std::uint64_t>(allowed) : std::span<const std::uint64_t>();
  for (int i = 0; i < 5; ++i) {
    const token a = (*made)(e->s->logits(), e->s->tokens(), mask), b = twin(e->s->logits(), e->s->tokens(), mask);
    z.must(a == b, "a copy of a sampler draws another token");
    z.must(a >= 0 && static_cast<std::size_t>(a) < tiny::n_vocab, "a token that there is not");
    if (z.lost) return;
    z.must(!bound || (allowed[static_cast<std::size_t>(a) / 64] >> a % 64 & 1) != 0, "a token that is not allowed");
  }
  const auto now = e->s->logits();
  z.must(same_bits({now.begin(), now.end()}, before), "a sampler leaves logits changed");
}

// ---- constraints and matchers

inline const std::vector<const char*> schemas = {
    R"({"type":"object","properties":{"name":{"type":"string","maxLength":4},"age":{"type":"integer","minimum":0}},"required":["age"]})",
    R"({"type":"array","items":{"enum":["a","bc",1.5,null]},"minItems":1,"maxItems":3})",
    R"({"anyOf":[{"type":"boolean"},{"type":"string","pattern":"^x[0-9]{1,3}$"}]})",
    R"({"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"k":{"$ref":"#/$defs/t"}},"additionalProperties":false}}})",
    R"({"not":{}})",
    R"({"type":)",
    R"({"type":"integer","multipleOf":0})",
    "[]"};

inline result<constraint> random_constraint(zoo& z, const model& m, std::string& what) {
  static const std::vector<std::string> words = {"yes", "no", "yesterday"};
  switch (z.below(6)) {
    case 0: what = "any object"; return constraint::json_object(m);
    case 1: return constraint::regex(m, what = z.one_of({"(a|bc){1,3}[^x]*\\d+", "th(e|in)?", "[", "(?=a)b", ""}));
    case 2:
      return constraint::grammar(m, what = z.one_of({"root ::= a* \"x\"\na ::= [a-c] | \"(\" a \")\"", "root ::= root",
                                                     "x", "root ::= \"\""}));
    case 3: return constraint::choices(m, std::span(words).first(z.below(4)));
    default:
      return constraint::json_schema(m, what = z.one_of(schemas),
                                     z.one_of({schema_style::declared, schema_style::open}));
  }
}
inline void make_matcher(zoo& z) {
  const auto m = z.any(z.models);
  if (!m) return;
  auto e = std::make_shared<a_matcher>();
  auto c = random_constraint(z, m->m, e->what);
  z.say("constraint: make of " + e->what);
  if (!z.worked(c, {errc::bad_argument, errc::bad_grammar, errc::unsupported, errc::limit, errc::missing})) return;
  e->of = std::make_shared<constraint>(std::move(*c));
  auto made = matcher::make(*e->of);
  if (!z.worked(made)) return;
  e->m.emplace(std::move(*made));
  z.add(z.matchers, e, 4);
}
using mask_type = std::vector<std::uint64_t>;
inline bool has(const mask_type& mask, std::size_t id) { return (mask[id / 64] >> id % 64 & 1) != 0; }
inline mask_type mask_of(zoo& z, matcher& m, std::size_t n_left = 0) {
  const auto allowed = m.allowed(n_left);
  if (!z.worked(allowed)) return {};
  return {allowed->begin(), allowed->end()};
}
inline std::shared_ptr<a_matcher> any_matcher(zoo& z) {
  const auto e = z.any(z.matchers);
  return e && e->m ? e : nullptr;
}
/// A fresh one that took the same tokens.
inline void judge(zoo& z, a_matcher& e) {
  auto fresh = matcher::make(*e.of);
  if (!z.worked(fresh)) return;
  for (const token t : e.taken)
    z.must(static_cast<bool>(fresh->accept(t)), "a fresh matcher does not take the same tokens");
  z.must(mask_of(z, *fresh) == mask_of(z, *e.m), "a mask is not that of a fresh matcher");
  z.must(fresh->complete() == e.m->complete() && fresh->finished() == e.m->finished() &&
             fresh->n_needed() == e.m->n_needed(),
         "a matcher does not stand where a fresh one does");
}
inline void accept(zoo& z) {
  const auto e = any_matcher(z);
  if (!e) return;
  z.say("matcher: accept after " + number(e->taken.size()) + " of " + e->what);
  for (std::size_t i = 1 + z.below(6); i > 0 && !z.lost; --i) {
    const std::size_t n_needed = e->m->n_needed();
    const std::size_t n_left = z.one_in(2) ? 0 : n_needed + z.below(3);
    const mask_type mask = mask_of(z, *e->m, n_left);
    if (z.lost) return;
    std::vector<token> good, bad;
    for (std::size_t id = 0; id < tiny::n_vocab; ++id) (has(mask, id) ? good : bad).push_back(static_cast<token>(id));
    if (good.empty()) return z.finding("no token is allowed");
    if (n_left == 0 && !bad.empty() && z.one_in(2)) z.refused(e->m->accept(z.one_of(bad)), {errc::bad_argument});
    if (z.one_in(4)) z.refused(e->m->accept(z.one_of<token>({-1, 1 << 30})), {errc::bad_argument});
    const token t = z.one_of(good);
    const bool ends = z.any(z.models)->m.is_end(t);
    if (!z.worked(e->m->accept(t))) return;
    e->taken.push_back(t);
    if (n_left > 0 && !ends && e->m->n_needed() > n_left - 1)
      z.finding("of " + number(n_left) + " tokens that were left, " + number(n_needed) + " were needed; after token " +
                std::to_string(t) + " " + number(e->m->n_needed()) + " are");
    if (ends || e->m->finished()) break;
  }
  judge(z, *e);
  const auto must_come = e->m->forced();
  if (z.worked(must_come) && e->m->complete())
    z.must(must_come->empty() || e->m->finished(), "complete, and something must follow");
  if (e->taken.size() > 40 || e->m->finished()) e->m.reset(), z.remove(z.matchers, e);
}
inline void fork_matcher(zoo& z) {
  const auto e = any_matcher(z);
  if (!e) return;
  z.say("matcher: fork, move");
  auto twin = e->m->fork();
  if (!z.worked(twin)) return;
  auto other = std::make_shared<a_matcher>(a_matcher{e->of, e->what, {}, e->taken});
  matcher taken = std::move(*e->m);
  z.refused(e->m->allowed(), {errc::bad_argument});
  z.refused(e->m->accept(1), {errc::bad_argument});
  z.refused(e->m->fork(), {errc::bad_argument});
  e->m.emplace(std::move(taken));
  other->m.emplace(std::move(*twin));
  judge(z, *other);
  judge(z, *e);
  z.add(z.matchers, other, 4);
}

}  // namespace faults
