// A grammar compiled for one vocabulary, and one text in the making that follows it: which tokens may come next.
// Next: mask.hpp, recognizer.hpp.
#pragma once

#include <retort/api.hpp>
#include <retort/grammar/mask.hpp>

RETORT_BEGIN
namespace detail {

struct constraint_impl {
  std::shared_ptr<const void> owner;  // of the tokenizer
  const tokenizer* text = nullptr;
  std::shared_ptr<const token_trie> trie;
  compiled_grammar grammar;
  mutable std::optional<mask_cache> masks;  // locks itself

  /// `most_bytes`: of the grammar, at most half of them, and of the masks that are kept.
  static result<std::shared_ptr<const constraint_impl>> make(const detail::grammar& g, const tokenizer& text,
                                                             std::shared_ptr<const token_trie> trie,
                                                             std::shared_ptr<const void> owner = {},
                                                             std::size_t most_bytes = compile_limits{}.bytes) {
    auto c = std::make_shared<constraint_impl>();
    RETORT_TRY(c->grammar, compiled_grammar::make(g, *trie));
    const std::size_t bytes = c->grammar.bytes();
    if (bytes > most_bytes / 2)
      return error{errc::limit, "the constraint takes " + std::to_string(bytes) + " bytes, more than half of the " +
                                    std::to_string(most_bytes) + " it may: see compile_limits::bytes"};
    c->owner = std::move(owner);
    c->text = &text;
    c->trie = std::move(trie);
    c->masks.emplace(c->grammar, *c->trie, most_bytes - bytes);
    return std::shared_ptr<const constraint_impl>(std::move(c));
  }
  [[nodiscard]] std::size_t bytes() const { return grammar.bytes() + masks->bytes(); }
};

struct matcher_impl {
  static constexpr std::uint32_t max_depth = 256;     // open calls; deeper texts are steered to close
  static constexpr std::size_t max_nodes = 1u << 14;  // of call stacks, before those out of use are dropped
  static constexpr std::size_t max_forced = 4096;     // bytes
  static constexpr std::size_t max_parts = 4096;      // of a mask; very ambiguous grammars lose tokens that cross rules

  std::shared_ptr<const constraint_impl> of;
  call_stacks stacks;
  std::vector<position> now;  // open
  bool complete = false, ended = false;
  std::vector<std::uint64_t> mask;

  explicit matcher_impl(std::shared_ptr<const constraint_impl> c) : of(std::move(c)), stacks(of->grammar, 1) {
    const position start{of->grammar.code.starts[0], 0};
    settle(std::span(&start, 1));
  }

  /// Takes the positions after a token; those that no token can complete are dropped.
  void settle(std::span<const position> after);

  /// Positions after a token; empty where it is not allowed.
  std::vector<position> after(token id);

  bool accept(token id);

  /// Some tokens that may follow, and what the text costs after them: `cost` plus the change their level says.
  struct part {
    std::shared_ptr<const mask_entry> entry;
    std::int64_t cost, limit;
  };

  std::span<const std::uint64_t> allowed(std::size_t n_left);

  /// The tokens that stay within the rule of a position, and those that leave it for what is open behind.
  void add_parts(const position& p, std::int64_t limit, std::vector<part>& out) const {
    struct piece {
      std::shared_ptr<const mask_entry> entry;
      std::uint32_t calls;
      std::int64_t base;
    };
    std::vector<piece> todo;
    std::vector<std::array<std::uint32_t, 3>> seen;  // exits, state and calls that were returned to
    todo.push_back({of->masks->of(p.state), p.calls, of->masks->base(p.state)});
    while (!todo.empty()) {
      const piece from = std::move(todo.back());
      todo.pop_back();
      if (!from.entry->levels.empty() && stacks.cost(from.calls) != completion::never)
        out.push_back({from.entry, from.base + stacks.cost(from.calls), limit});
      if (from.entry->exits.empty()) continue;
      for (const position& back : stacks.links(from.calls)) {
        if (back.state == automaton::outside || stacks.cost(back.calls) == completion::never) continue;
        const std::array<std::uint32_t, 3> key{from.entry->exits_id, back.state, back.calls};
        if (seen.size() + out.size() > max_parts || std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
        seen.push_back(key);
        todo.push_back({of->masks->behind(*from.entry, back.state), back.calls, of->masks->base(back.state)});
      }
    }
  }

  /// Whether an edge for single tokens is one for this token.
  [[nodiscard]] bool takes(const automaton::control& c, token id) const {
    return c.token >= 0 ? c.token == id : ~c.token != id && of->trie->is_inner(id);
  }
  void take(const automaton::control& c) {
    const auto id = static_cast<std::size_t>(std::max(c.token, ~c.token));
    const std::uint64_t bit = std::uint64_t{1} << id % 64, before = mask[id / 64] & bit;
    if (c.token >= 0) {
      mask[id / 64] |= bit;
      return;
    }
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] |= of->trie->inner()[i];
    mask[id / 64] = (mask[id / 64] & ~bit) | before;
  }
  void take(const part& p) {
    const auto unite = [this](const std::vector<std::uint64_t>& bits) {
      for (std::size_t i = 0; i < bits.size(); ++i) mask[i] |= bits[i];
    };
    if (p.cost + p.entry->levels.back().change <= p.limit) return unite(p.entry->all);
    for (const auto& level : p.entry->levels) {
      if (p.cost + level.change > p.limit) break;
      unite(level.bits);
      for (const std::uint32_t id : level.ids) mask[id / 64] |= std::uint64_t{1} << id % 64;
    }
  }

  /// Bytes that must come next.
  [[nodiscard]] std::string forced() const;
};

#if RETORT_CARRIES(RETORT_PART_GRAMMAR)

RETORT_INLINE void matcher_impl::settle(std::span<const position> after) {
  std::vector<position> next;  // memory may run out up to the last line
  recognizer read(of->grammar, stacks);
  const bool may_end = read.open(after, next);
  std::erase_if(next, [this](const position& p) { return stacks.cost(p) == completion::never; });
  if (stacks.size() > max_nodes) stacks.keep(next);
  now.swap(next);
  complete = may_end;
}

RETORT_INLINE std::vector<position> matcher_impl::after(token id) {
  std::vector<position> to;
  for (const position& p : now)
    for (const auto& c : of->grammar.code.controls_of(p.state))
      if (takes(c, id)) to.push_back({c.to, p.calls});
  if (of->trie->is_text(id)) {
    recognizer read(of->grammar, stacks);
    const std::string_view bytes = of->text->bytes(id);
    std::vector<position> at = now, next;
    for (std::size_t i = 0; i < bytes.size() && !at.empty(); ++i) {
      read.step(at, static_cast<std::uint8_t>(bytes[i]), next);
      if (i + 1 == bytes.size()) break;
      at.clear();
      read.open(next, at);
    }
    if (!at.empty()) to.insert(to.end(), next.begin(), next.end());
  }
  std::erase_if(to, [this](const position& p) { return stacks.cost(p) == completion::never; });
  return to;
}

RETORT_INLINE bool matcher_impl::accept(token id) {
  const std::vector<position> to = ended ? std::vector<position>() : after(id);
  if (!to.empty()) {
    settle(to);
    return true;
  }
  if (!complete || !of->trie->is_end(id)) return false;
  ended = true;
  now.clear();
  return true;
}

RETORT_INLINE std::span<const std::uint64_t> matcher_impl::allowed(std::size_t n_left) {
  constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();
  mask.assign(of->trie->n_words(), 0);
  const auto set = [this](std::size_t id) { mask[id / 64] |= std::uint64_t{1} << id % 64; };
  if (complete)
    for (const token id : of->trie->ends()) set(static_cast<std::size_t>(id));
  if (now.empty()) return mask;
  const std::int64_t limit =
      n_left == 0 ? no_limit : static_cast<std::int64_t>(std::min<std::size_t>(n_left, completion::never)) - 1;
  std::int64_t least = no_limit;  // cost after any token
  std::vector<part> parts;
  for (const position& p : now) {
    const bool deep = stacks.depth(p.calls) > max_depth;
    add_parts(p, deep ? std::min<std::int64_t>(limit, std::int64_t{stacks.cost(p)} - 1) : limit, parts);
  }
  bool any = complete;
  for (const part& p : parts) {
    least = std::min(least, p.cost + p.entry->levels.front().change);
    any = any || p.cost + p.entry->levels.front().change <= p.limit;
  }
  for (const position& p : now)
    for (const auto& c : of->grammar.code.controls_of(p.state))
      if (const std::uint32_t cost = stacks.cost({c.to, p.calls}); cost != completion::never) {
        least = std::min<std::int64_t>(least, cost);
        any = any || cost <= limit;
      }
  // a limit that was too short from the start: the shortest way
  for (part& p : parts) {
    if (!any) p.limit = least;
    take(p);
  }
  for (const position& p : now)
    for (const auto& c : of->grammar.code.controls_of(p.state))
      if (stacks.cost({c.to, p.calls}) <= (any ? std::min<std::int64_t>(limit, completion::longest) : least)) take(c);
  return mask;
}

RETORT_INLINE std::string matcher_impl::forced() const {
  std::string out;
  call_stacks scratch = stacks;
  recognizer read(of->grammar, scratch);
  std::vector<position> at = now, next;
  for (bool end = complete; !end && out.size() < max_forced;) {
    int only = -1;
    for (const position& p : at) {
      if (!of->grammar.code.controls_of(p.state).empty()) return out;
      for (const auto& e : of->grammar.code.edges_of(p.state)) {
        if (e.first != e.last || (only >= 0 && only != e.first)) return out;
        only = e.first;
      }
    }
    if (only < 0) return out;
    out += static_cast<char>(static_cast<unsigned char>(only));
    read.step(at, static_cast<std::uint8_t>(only), next);
    at.clear();
    end = read.open(next, at);
  }
  return out;
}

#endif

}  // namespace detail
RETORT_END
