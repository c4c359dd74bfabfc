// Where a text stands in an automaton: the states it may be in, each with the calls that are open.
#pragma once

#include <retort/grammar/completion.hpp>

#include <unordered_set>

RETORT_BEGIN
namespace detail {

/// A grammar compiled for a vocabulary; nothing in it changes.
struct compiled_grammar {
  automaton code;
  std::vector<std::uint32_t> costs;    // by state: tokens that complete its rule
  std::vector<std::uint32_t> classes;  // by state: one mask serves a class
  std::vector<bool> plain;             // by state: neither final nor calling
  std::vector<std::uint8_t> loops;     // by state, if plain: kinds of bytes of which each leads back to it

  /// errors  bad_grammar, limit, unsupported (what the grammar could not say); missing: the vocabulary cannot write any
  /// of it
  static result<compiled_grammar> make(const grammar& g, const token_trie& t);
  [[nodiscard]] std::size_t bytes() const noexcept {
    const std::size_t n = code.states.size();
    return code.bytes() + n * (sizeof costs[0] + sizeof classes[0] + sizeof loops[0]) + n / 8;
  }

 private:
  [[nodiscard]] std::uint8_t loops_of(std::uint32_t s) const {
    if (code.states[s].row == automaton::none) return 0;
    std::uint8_t kinds = 255;
    for (unsigned b = 0; b < 256; ++b)
      if (code.next(s, static_cast<std::uint8_t>(b)) != s)
        kinds = static_cast<std::uint8_t>(kinds & ~kind_of_byte(static_cast<std::uint8_t>(b)));
    return kinds;
  }
};

/// A state, and the calls that return where it ends.
struct position {
  std::uint32_t state, calls;
  bool operator==(const position&) const = default;
};

/// Open calls: nodes of links to where a call returns and the calls open there. Equal nodes are one node, and calls
/// of one rule from several places share one, so that ambiguity does not multiply. Node 0 is outside all rules.
class call_stacks {
 public:
  call_stacks(const compiled_grammar& g, std::uint32_t cost_outside) : g_(&g) {
    links_.push_back({automaton::outside, 0});
    nodes_.push_back({0, 1, cost_outside, 0});
    ids_.emplace(hash_of(links_), 0);
  }
  [[nodiscard]] std::span<const position> links(std::uint32_t node) const {
    return {links_.data() + nodes_[node].first, nodes_[node].count};
  }
  /// Tokens that are enough to end everything that is open.
  [[nodiscard]] std::uint32_t cost(std::uint32_t node) const { return nodes_[node].cost; }
  [[nodiscard]] std::uint32_t cost(const position& p) const {
    return p.state == automaton::outside ? nodes_[0].cost : completion::add(g_->costs[p.state], nodes_[p.calls].cost);
  }
  [[nodiscard]] std::uint32_t depth(std::uint32_t node) const { return nodes_[node].depth; }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

  /// The node with these links. A return to where nothing is left to read is left out: what is behind it takes its
  /// place.
  std::uint32_t node(std::vector<position>& to) {
    for (std::size_t i = 0, n = to.size(); i < n; ++i)
      if (to[i].state != automaton::outside && g_->code.states[to[i].state].final && g_->code.is_end(to[i].state)) {
        const auto behind = links(to[i].calls);
        to[i] = behind[0];
        to.insert(to.end(), behind.begin() + 1, behind.end());
      }
    std::sort(to.begin(), to.end(), [](const position& a, const position& b) {
      return a.state != b.state ? a.state < b.state : a.calls < b.calls;
    });
    to.erase(std::unique(to.begin(), to.end()), to.end());
    const std::uint64_t h = hash_of(to);
    for (auto [at, end] = ids_.equal_range(h); at != end; ++at)
      if (std::ranges::equal(links(at->second), to)) return at->second;
    entry e{static_cast<std::uint32_t>(links_.size()), static_cast<std::uint32_t>(to.size()), completion::never, 0};
    for (const position& p : to) {
      e.cost = std::min(e.cost, cost(p));
      e.depth = std::max(e.depth, nodes_[p.calls].depth + 1);
    }
    links_.insert(links_.end(), to.begin(), to.end());
    nodes_.push_back(e);
    const auto id = static_cast<std::uint32_t>(nodes_.size() - 1);
    ids_.emplace(h, id);
    return id;
  }

  /// Forgets the nodes that are not behind any of these positions, and renumbers those.
  void keep(std::span<position> in_use) {
    std::vector<std::uint32_t> id(nodes_.size(), 0);
    id[0] = 1;
    for (const position& p : in_use) id[p.calls] = 1;
    for (std::size_t i = nodes_.size(); i-- > 1;)  // a node is younger than those it links to
      if (id[i])
        for (const position& p : links(static_cast<std::uint32_t>(i))) id[p.calls] = 1;
    call_stacks kept(*g_, nodes_[0].cost);
    id[0] = 0;
    for (std::uint32_t i = 1; i < nodes_.size(); ++i) {
      if (!id[i]) continue;
      std::vector<position> to;
      for (const position& p : links(i)) to.push_back({p.state, id[p.calls]});
      id[i] = kept.node(to);
    }
    for (position& p : in_use) p.calls = id[p.calls];
    *this = std::move(kept);
  }

 private:
  struct entry {
    std::uint32_t first, count, cost, depth;
  };
  static std::uint64_t hash_of(std::span<const position> to) {
    std::uint64_t h = to.size();
    for (const position& p : to) {
      h = (h ^ (std::uint64_t{p.state} << 32 | p.calls)) * 0x9e3779b97f4a7c15u;
      h ^= h >> 32;
    }
    return h;
  }
  const compiled_grammar* g_;
  std::vector<position> links_;
  std::vector<entry> nodes_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> ids_;
};

/// Moves sets of positions over bytes.
class recognizer {
 public:
  recognizer(const compiled_grammar& g, call_stacks& stacks) : g_(g), stacks_(stacks) {}

  /// Where one byte leads. `from` is open (see below), `to` is not.
  void step(std::span<const position> from, std::uint8_t byte, std::vector<position>& to) const {
    to.clear();
    for (const position& p : from)
      if (const std::uint32_t next = g_.code.next(p.state, byte); next != automaton::none) put(to, {next, p.calls});
  }

  /// Appends to `out` all positions that have edges and are reached from these without reading: through calls and
  /// returns. True if one way leads outside.
  bool open(std::span<const position> from, std::vector<position>& out) {
    if (from.size() == 1 && g_.plain[from[0].state]) {
      if (!g_.code.is_end(from[0].state)) out.push_back(from[0]);
      return false;
    }
    bool left = false;
    todo_.assign(from.begin(), from.end());
    seen_.clear();
    called_.clear();
    while (true) {
      while (!todo_.empty()) {
        const position p = todo_.back();
        todo_.pop_back();
        if (p.state == automaton::outside) {
          left = true;
          continue;
        }
        if (!insert(p)) continue;
        if (!g_.code.edges_of(p.state).empty() || !g_.code.controls_of(p.state).empty()) out.push_back(p);
        if (g_.code.states[p.state].final)
          for (const position& back : stacks_.links(p.calls)) todo_.push_back(back);
        for (const auto& c : g_.code.calls_of(p.state)) {
          called_.push_back({g_.code.rank[c.rule], c.rule, {c.to, p.calls}});
          if (g_.code.nullable[c.rule]) todo_.push_back({c.to, p.calls});
        }
      }
      if (called_.empty()) break;
      // by rank, so that all calls of a rule at this place are known when it is opened
      const auto lowest = std::min_element(called_.begin(), called_.end(),
                                           [](const auto& a, const auto& b) { return a.rank < b.rank; });
      const std::uint32_t rule = lowest->rule;
      returns_.clear();
      std::erase_if(called_, [&](const opened& o) {
        if (o.rule == rule) returns_.push_back(o.back);
        return o.rule == rule;
      });
      todo_.push_back({g_.code.starts[rule], stacks_.node(returns_)});
    }
    return left;
  }

  /// The least cost of these positions.
  [[nodiscard]] std::uint32_t cost(std::span<const position> of) const {
    std::uint32_t least = completion::never;
    for (const position& p : of) least = std::min(least, stacks_.cost(p));
    return least;
  }

 private:
  struct opened {
    std::uint32_t rank, rule;
    position back;
  };
  static void put(std::vector<position>& to, const position& p) {
    if (to.size() < 16 && std::find(to.begin(), to.end(), p) != to.end()) return;  // open() drops the other twins
    to.push_back(p);
  }
  /// False if it was there before.
  bool insert(const position& p) {
    constexpr std::size_t few = 24;
    if (seen_.size() < few) {
      if (std::find(seen_.begin(), seen_.end(), p) != seen_.end()) return false;
      seen_.push_back(p);
      return true;
    }
    const auto key = [](const position& x) { return std::uint64_t{x.state} << 32 | x.calls; };
    if (seen_.size() == few) {
      many_.clear();
      for (const position& x : seen_) many_.insert(key(x));
    }
    if (!many_.insert(key(p)).second) return false;
    seen_.push_back(p);
    return true;
  }
  const compiled_grammar& g_;
  call_stacks& stacks_;
  std::vector<position> todo_, seen_, returns_;
  std::vector<opened> called_;
  std::unordered_set<std::uint64_t> many_;
};

#if RETORT_CARRIES(RETORT_PART_GRAMMAR)

RETORT_INLINE result<compiled_grammar> compiled_grammar::make(const grammar& g, const token_trie& t) {
  compiled_grammar c;
  RETORT_TRY(c.code, determinizer::run(g));
  for (const auto& e : c.code.controls)
    if (const auto id = static_cast<std::size_t>(std::max(e.token, ~e.token)); id >= t.n_vocab())
      return error{errc::bad_argument, "token " + std::to_string(id) + " is not in the vocabulary"};
  RETORT_TRY(c.costs, completion::costs(c.code, t, g.work()));
  if (c.costs[c.code.starts[0]] == completion::never)
    return error{errc::missing, "nothing satisfies the constraint, or the vocabulary lacks tokens to write it"};
  c.classes = classes_of(c.code, c.costs, t.longest(), g.work());
  if (g.work().spend(c.code.n_states())) return g.work().why();
  for (std::uint32_t s = 0; s < c.code.n_states(); ++s) {
    c.plain.push_back(s != automaton::outside && !c.code.states[s].final && c.code.calls_of(s).empty());
    c.loops.push_back(c.plain[s] ? c.loops_of(s) : std::uint8_t{0});
  }
  return c;
}

#endif

}  // namespace detail
RETORT_END
