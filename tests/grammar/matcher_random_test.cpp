// Grammars made at random: every mask must agree with accept(), and every output must end in time.
#include "grammar/vocabularies.hpp"

using namespace retort;
using namespace words;

namespace {

class random_grammar {
 public:
  using grammar = detail::grammar;
  random_grammar(std::uint32_t seed, const vocabulary_of_words& v) : random_(seed), v_(v) {}

  grammar make() {
    rules_ = {grammar::root};
    for (std::size_t n = 1 + below(4); n > 0; --n) rules_.push_back(g_.declare("rule"));
    for (const auto rule : rules_) g_.define(rule, any(3));
    return std::move(g_);
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  grammar::rule rule() { return rules_[below(rules_.size())]; }
  grammar::expression word() {
    static const std::vector<std::string> all = {"a",        "ab",           "abc", "\"", "true", "12",
                                                 "\xc3\xa9", "\xe6\x97\xa5", "}",   "aa", "",     " "};
    return g_.literal(all[below(all.size())]);
  }
  std::vector<grammar::expression> some(int depth) {
    std::vector<grammar::expression> out;
    for (std::size_t n = 1 + below(3); n > 0; --n) out.push_back(any(depth));
    return out;
  }
  grammar::expression any(int depth) {
    switch (below(depth > 0 ? 11 : 4)) {
      case 0: return word();
      case 1: return g_.chars({{'a', 'c'}, {'1', '2'}});
      case 2: return below(3) ? word() : g_.chars({{0x80, 0x10FFFF}, {'a', 'b'}});
      case 3: return below(2) ? g_.call(rule()) : g_.sequence({g_.literal("("), g_.call(rule()), g_.literal(")")});
      case 4:
      case 5: return g_.sequence(some(depth - 1));
      case 6:
      case 7: return g_.any_of(some(depth - 1));
      case 8: {
        const auto min = static_cast<std::uint32_t>(below(4));
        return g_.repeat(any(depth - 1), min,
                         below(2) ? grammar::unbounded : min + static_cast<std::uint32_t>(below(20)));
      }
      case 9: {
        std::vector<grammar::item> items;
        for (const auto e : some(depth - 1)) items.push_back({e, static_cast<grammar::item::presence_type>(below(3))});
        return g_.list(items, any(0));
      }
      default:
        return below(3) == 0 ? detail::language::until(below(2) ? "aab" : "ab\xe6\x97\xa5").in(g_)
               : below(2)    ? g_.control(v_.mark)
                             : some_but_not();
    }
  }
  grammar::expression some_but_not() {
    const auto some = detail::language::any({{'a', 'c'}, {0xE9, 0xE9}});
    return detail::language::but_not(some, detail::language::of(std::vector<std::string>{"a", "ab", "\xc3\xa9"}), {})
        ->in(g_);
  }
  std::mt19937 random_;
  const vocabulary_of_words& v_;
  grammar g_;
  std::vector<grammar::rule> rules_;
};

}  // namespace

TEST_CASE("constraint: random grammars") {
  std::size_t n_compiled = 0;
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    const auto& v = seed % 3 == 0 ? full() : seed % 3 == 1 ? poor() : bytes();
    const auto c = compile(random_grammar(seed, v).make(), v);
    if (!c) {  // left recursion, nothing finite, or too many repetitions of repetitions
      CHECK((c.error().code == errc::bad_grammar || c.error().code == errc::missing || c.error().code == errc::limit));
      continue;
    }
    ++n_compiled;
    const std::size_t least = c->impl()->grammar.costs[c->impl()->grammar.code.starts[0]] + 1;
    std::mt19937 random(seed);
    for (int run = 0; run < 2; ++run) {
      matcher m = matcher::make(*c).value();
      bool ended = false;
      for (std::size_t left = least + random() % 40; left > 0 && !ended; --left) {
        const auto limited = m.allowed(left).value();
        const std::vector<std::uint64_t> mask(limited.begin(), limited.end());
        const auto all = m.allowed().value();
        for (std::size_t i = 0; i < v.size(); ++i) {
          const auto id = static_cast<token>(i);
          matcher k = m.fork().value();
          const bool taken{k.accept(id)};
          if (taken != bit(all, id)) FAIL("seed " << seed << ": mask and accept() disagree on token " << id);
          if (bit(mask, id) && !taken) FAIL("seed " << seed << ": a limit adds token " << id);
        }
        const auto ids = ids_of(mask, v.size());
        if (ids.empty()) FAIL("seed " << seed << ": nothing is allowed");
        const token id = ids[random() % ids.size()];
        REQUIRE(m.accept(id));
        ended = id == v.end;
      }
      if (!ended) FAIL("seed " << seed << ": an output was cut");
    }
  }
  CHECK(n_compiled > 150);
}
