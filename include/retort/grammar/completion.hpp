// What an automaton's states mean for a vocabulary: how few tokens complete them, and which of them no token can
// tell apart.
#pragma once

#include <retort/grammar/automaton.hpp>
#include <retort/tokenizer/trie.hpp>

#include <queue>

RETORT_BEGIN
namespace detail {

/// Tokens that are enough to read a rule to its end from each of its states, or `never`.
///
/// Each number n stands for a text that n tokens of the vocabulary really write, one that comes to n - 1 after its
/// first token; who always keeps to tokens with a number below never can go on, whatever the vocabulary lacks. The
/// texts are shortest in single-byte tokens (and in the tokens that hold bytes which have none); along them longer
/// tokens then shorten the way. Tokens that reach across the end of a rule are not counted on.
class completion {
 public:
  static constexpr std::uint32_t never = 0xffffffffu, longest = 1u << 30;

  /// errors  limit: a vocabulary with many tokens that cannot be put together from shorter ones
  ///         those of the effort
  static result<std::vector<std::uint32_t>> costs(const automaton& a, const token_trie& t, const effort& work) {
    completion c(a, t);
    c.find_units();
    RETORT_CHECK(c.find_ways(work));
    c.settle();
    std::vector<std::uint32_t> out = c.shorten(work);
    if (work.spend(0)) return work.why();
    return out;
  }
  static std::uint32_t add(std::uint32_t x, std::uint32_t y) { return x > longest || y > longest - x ? never : x + y; }

 private:
  static constexpr std::size_t max_unit = 64;  // bytes; longer tokens are not needed to write anything real

  /// A first step of the cheapest way on from a state.
  struct way {
    enum kind_type : std::uint8_t { stay, unit, control, call } is = stay;
    std::uint32_t to = 0, what = 0;  // where it leads; which unit, which rule
  };
  struct use {
    std::uint32_t from;
    way by;
  };
  completion(const automaton& a, const token_trie& t) : a_(a), t_(t) {}

  /// Single bytes that are tokens, and tokens with other bytes unless shorter units make them up.
  void find_units() {
    single_.fill(automaton::none);
    for (std::uint32_t i = 1; i < t_.size(); i = t_.skip(i))
      if (!t_.tokens(i).empty()) {
        single_[t_.byte(i)] = static_cast<std::uint32_t>(units_.size());
        units_.emplace_back(1, static_cast<char>(t_.byte(i)));
      }
    n_single_ = units_.size();
    if (n_single_ == 256) return;
    std::vector<std::string> rare;
    std::string path;
    std::vector<std::uint32_t> ends;
    for (std::uint32_t i = 1; i < t_.size(); ++i) {
      while (!ends.empty() && ends.back() <= i) ends.pop_back(), path.pop_back();
      path += static_cast<char>(t_.byte(i));
      ends.push_back(t_.skip(i));
      if (path.size() > 1 && path.size() <= max_unit && !t_.tokens(i).empty() &&
          std::any_of(path.begin(), path.end(), [&](char c) { return !has(c); }))
        rare.push_back(path);
    }
    std::sort(rare.begin(), rare.end(),
              [](const auto& x, const auto& y) { return x.size() != y.size() ? x.size() < y.size() : x < y; });
    std::unordered_map<std::string_view, bool> known;
    units_.reserve(units_.size() + rare.size());  // known looks into it
    for (const std::string& text : rare) {
      std::vector<bool> reached(text.size() + 1, false);
      reached[0] = true;
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (!reached[i]) continue;
        if (has(text[i])) reached[i + 1] = true;
        for (std::size_t n = 2; i + n <= text.size(); ++n)
          if (!reached[i + n] && known.count(std::string_view(text).substr(i, n)) != 0) reached[i + n] = true;
      }
      if (reached[text.size()]) continue;
      units_.push_back(text);
      known[units_.back()] = true;
    }
  }
  [[nodiscard]] bool has(char c) const { return single_[static_cast<unsigned char>(c)] != automaton::none; }

  /// All steps, by the state they lead to.
  result<void> find_ways(const effort& work) {
    const auto n = static_cast<std::uint32_t>(a_.n_states());
    uses_.resize(n);
    calls_.resize(a_.starts.size());
    std::size_t n_steps = 0;
    std::vector<std::uint32_t> seen(n, automaton::none);
    for (std::uint32_t s = 1; s < n; ++s) {
      for (const auto& e : a_.edges_of(s))
        for (std::uint32_t b = e.first; b <= e.last; ++b)
          if (single_[b] != automaton::none) {
            uses_[e.to].push_back({s, {way::unit, e.to, single_[b]}});
            break;
          }
      for (std::size_t u = n_single_; u < units_.size(); ++u) {
        std::uint32_t to = s;
        for (std::size_t i = 0; i < units_[u].size() && to != automaton::none; ++i, ++n_steps)
          to = a_.next(to, static_cast<std::uint8_t>(units_[u][i]));
        if (to == automaton::none || seen[to] == s) continue;
        seen[to] = s;
        uses_[to].push_back({s, {way::unit, to, static_cast<std::uint32_t>(u)}});
      }
      if (n_steps > determinizer::max_work)
        return error{errc::limit, "the constraint is too large for a vocabulary that lacks single bytes"};
      if (work.spend(8 + units_.size() - n_single_)) return work.why();
      for (const auto& c : a_.controls_of(s)) uses_[c.to].push_back({s, {way::control, c.to, 0}});
      for (const auto& c : a_.calls_of(s)) {
        uses_[c.to].push_back({s, {way::call, c.to, c.rule}});
        calls_[c.rule].push_back({s, {way::call, c.to, c.rule}});
      }
    }
    return {};
  }

  /// Cheapest first; a call costs what it reads and what follows.  source  Knuth 1977, after Dijkstra
  void settle() {
    const auto n = static_cast<std::uint32_t>(a_.n_states());
    cost_.assign(n, never);
    ways_.assign(n, {});
    std::vector<bool> settled(n, false);
    std::vector<std::uint32_t> rule_of(n, automaton::none);
    for (std::uint32_t r = 0; r < a_.starts.size(); ++r) rule_of[a_.starts[r]] = r;
    using entry = std::pair<std::uint32_t, std::uint32_t>;
    std::priority_queue<entry, std::vector<entry>, std::greater<>> next;
    const auto offer = [&](std::uint32_t s, std::uint32_t cost, const way& by) {
      if (cost >= cost_[s]) return;
      cost_[s] = cost;
      ways_[s] = by;
      next.push({cost, s});
    };
    for (std::uint32_t s = 1; s < n; ++s)
      if (a_.states[s].final) offer(s, 0, {});
    while (!next.empty()) {
      const std::uint32_t s = next.top().second;
      next.pop();
      if (settled[s]) continue;
      settled[s] = true;
      order_.push_back(s);
      for (const use& u : uses_[s]) {
        if (u.by.is != way::call) offer(u.from, add(cost_[s], 1), u.by);
        else if (settled[a_.starts[u.by.what]]) offer(u.from, add(cost_[a_.starts[u.by.what]], cost_[s]), u.by);
      }
      if (rule_of[s] == automaton::none) continue;
      for (const use& u : calls_[rule_of[s]])
        if (settled[u.by.to]) offer(u.from, add(cost_[s], cost_[u.by.to]), u.by);
    }
  }

  /// Follows each cheapest way through the whole vocabulary for a token that takes several of its steps at once.
  std::vector<std::uint32_t> shorten(const effort& work) {
    std::vector<std::uint32_t> out(cost_.size(), never);
    for (const std::uint32_t s : order_) {
      if (work.spend(8)) break;
      const way& first = ways_[s];
      if (first.is == way::stay) out[s] = 0;
      if (first.is == way::control) out[s] = add(out[first.to], 1);
      if (first.is == way::call) out[s] = add(out[a_.starts[first.what]], out[first.to]);
      std::uint32_t node = 0, at = s;
      while (ways_[at].is == way::unit) {
        for (const char c : units_[ways_[at].what])
          if (node = t_.child(node, static_cast<std::uint8_t>(c)); node == 0) break;
        if (node == 0) break;
        at = ways_[at].to;
        if (!t_.tokens(node).empty()) out[s] = std::min(out[s], add(out[at], 1));
      }
    }
    return out;
  }

  const automaton& a_;
  const token_trie& t_;
  std::array<std::uint32_t, 256> single_{};
  std::vector<std::string> units_;
  std::size_t n_single_ = 0;
  std::vector<std::vector<use>> uses_, calls_;
  std::vector<std::uint32_t> cost_, order_;
  std::vector<way> ways_;
};

/// Classes of states that all texts of at most `n_bytes` bytes treat alike: they allow the same tokens at the same
/// change of cost, so that one mask serves all. (In a text of at most 1,000 characters these are all but the last.)
/// Where that takes too long every state is its own class.
/// source  Moore 1956, stopped after n_bytes rounds; only what may have changed is looked at again
inline std::vector<std::uint32_t> classes_of(const automaton& a, const std::vector<std::uint32_t>& costs,
                                             std::size_t n_bytes, const effort& work) {
  const auto n = static_cast<std::uint32_t>(a.n_states());
  bool bounded = true;  // a call that may read nothing takes a round but no byte
  for (const auto& c : a.calls) bounded = bounded && !a.nullable[c.rule];
  std::vector<std::uint32_t> cls(n, 0), dirty(n);
  std::vector<std::vector<std::uint32_t>> before(n);
  for (std::uint32_t s = 0; s < n; ++s) {
    dirty[s] = s;
    for (const auto& e : a.edges_of(s)) before[e.to].push_back(s);
    for (const auto& c : a.calls_of(s)) before[c.to].push_back(s);
    for (const auto& c : a.controls_of(s)) before[c.to].push_back(s);
  }
  const auto signature = [&](std::uint32_t s) {
    std::uint64_t h = 0x243f6a8885a308d3u;
    const auto mix = [&h](std::uint64_t x) {
      h = (h ^ x) * 0x9e3779b97f4a7c15u;
      h ^= h >> 31;
      h *= 0xbf58476d1ce4e5b9u;
      h ^= h >> 29;
    };
    const auto target = [&](std::uint32_t to) {
      mix(cls[to]);
      mix(costs[to] == completion::never ? completion::never
                                         : std::uint64_t{costs[to]} - (costs[s] == completion::never ? 0 : costs[s]));
    };
    mix((a.states[s].final ? 1 : 0) + (costs[s] == completion::never ? 2 : 0));
    for (const auto& e : a.edges_of(s)) mix(e.first * 256u + e.last + 1), target(e.to);
    mix(1);
    for (const auto& c : a.calls_of(s)) mix(c.rule), target(c.to);
    mix(2);
    for (const auto& c : a.controls_of(s)) mix(static_cast<std::uint32_t>(c.token)), target(c.to);
    return h;
  };
  struct item {
    std::uint32_t cls;
    std::uint64_t signature;
    std::uint32_t state;
  };
  std::vector<std::uint32_t> size(1, n), moved;
  std::vector<bool> marked(n, false);
  std::vector<item> items;
  std::size_t n_steps = 0;
  for (std::size_t round = 0; !dirty.empty() && (!bounded || round <= n_bytes); ++round) {
    if (work.spend(4 * dirty.size()) || (n_steps += dirty.size()) > determinizer::max_work / 8) {
      for (std::uint32_t s = 0; s < n; ++s) cls[s] = s;
      return cls;
    }
    items.clear();
    for (const std::uint32_t s : dirty) items.push_back({cls[s], signature(s), s});
    std::sort(items.begin(), items.end(), [](const item& x, const item& y) {
      return x.cls != y.cls               ? x.cls < y.cls
             : x.signature != y.signature ? x.signature < y.signature
                                          : x.state < y.state;
    });
    moved.clear();
    for (std::size_t begin = 0, end; begin < items.size(); begin = end) {
      const std::uint32_t c = items[begin].cls;
      std::vector<std::pair<std::size_t, std::size_t>> groups;
      for (end = begin; end < items.size() && items[end].cls == c;) {
        std::size_t last = end;
        while (last < items.size() && items[last].cls == c && items[last].signature == items[end].signature) ++last;
        groups.emplace_back(end, last);
        end = last;
      }
      // members that are not looked at are alike, and differ from those that are: the class stays theirs
      if (size[c] == end - begin)
        groups.erase(std::max_element(groups.begin(), groups.end(), [](const auto& x, const auto& y) {
          return x.second - x.first < y.second - y.first;
        }));
      for (const auto& [first, last] : groups) {
        for (std::size_t i = first; i < last; ++i) {
          cls[items[i].state] = static_cast<std::uint32_t>(size.size());
          moved.push_back(items[i].state);
        }
        size[c] -= static_cast<std::uint32_t>(last - first);
        size.push_back(static_cast<std::uint32_t>(last - first));
      }
    }
    dirty.clear();
    for (const std::uint32_t s : moved)
      for (const std::uint32_t b : before[s])
        if (!marked[b]) {
          marked[b] = true;
          dirty.push_back(b);
        }
    for (const std::uint32_t s : dirty) marked[s] = false;
  }
  return cls;
}

}  // namespace detail
RETORT_END
