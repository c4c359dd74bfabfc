// Regular languages over characters: what can be said of a string as a whole, and put together: this and that, this
// but not that, of such a length.
#pragma once

#include <retort/grammar/grammar.hpp>
#include <retort/text/utf8.hpp>

#include <deque>
#include <functional>
#include <map>

RETORT_BEGIN
namespace detail {

/// A regular language as a deterministic automaton in which every state leads to an end. State 0 is the start; the
/// empty language has no state.
class language {
 public:
  struct edge {
    char32_t first, last;
    std::uint32_t to;
  };
  struct state {
    std::vector<edge> edges;  // sorted, apart
    bool final = false;
  };
  static constexpr std::size_t max_states = 1u << 16, max_work = 1u << 24;
  static constexpr std::uint32_t unbounded = grammar::unbounded;
  using write_chars = std::function<grammar::expression(const char_set&)>;

  language() = default;
  /// From states that may lead nowhere; those are dropped.
  explicit language(std::vector<state> states) : states_(std::move(states)) { trim(); }

  /// Any number of characters of a set.
  static language any(const char_set& of = char_set::all()) {
    state s;
    s.final = true;
    for (const auto& r : of.ranges()) s.edges.push_back({r.first, r.last, 0});
    return language({s});
  }
  /// Any text of at least `min` and at most `max` characters.
  static language lengths(std::uint32_t min, std::uint32_t max) {
    if (min > max) return {};
    const std::uint32_t last = max == unbounded ? min : max;
    std::vector<state> states(std::size_t{last} + 1);
    const char_set every = char_set::all();
    for (std::uint32_t i = 0; i <= last; ++i) {
      states[i].final = i >= min;
      if (i == last && max != unbounded) break;
      for (const auto& r : every.ranges()) states[i].edges.push_back({r.first, r.last, std::min(i + 1, last)});
    }
    return language(std::move(states));
  }
  /// Exactly these texts.
  static language of(std::span<const std::string> texts) {
    std::vector<std::map<char32_t, std::uint32_t>> next(1);
    std::vector<bool> ends(1, false);
    for (const std::string& text : texts) {
      std::uint32_t at = 0;
      for (const char32_t c : characters(text)) {
        const auto [to, is_new] = next[at].try_emplace(c, static_cast<std::uint32_t>(next.size()));
        at = to->second;
        if (is_new) next.emplace_back(), ends.push_back(false);
      }
      ends[at] = true;
    }
    std::vector<state> states(next.size());
    for (std::size_t i = 0; i < states.size(); ++i) {
      states[i].final = ends[i];
      for (const auto& [c, to] : next[i]) states[i].edges.push_back({c, c, to});
    }
    return language(std::move(states));
  }
  /// Any text up to and with the first occurrence of the marker, which is not empty: a state says how much of the
  /// marker the text ends with.  source  Knuth, Morris, Pratt 1977
  static language until(std::string_view marker) {
    const std::vector<char32_t> m = characters(marker);
    std::vector<std::size_t> border(m.size() + 1, 0);
    for (std::size_t i = 1, k = 0; i < m.size(); ++i) {
      while (k > 0 && m[i] != m[k]) k = border[k];
      border[i + 1] = k += m[i] == m[k];
    }
    std::vector<state> states(m.size() + 1);
    states[m.size()].final = true;
    for (std::size_t i = 0; i < m.size(); ++i) {
      std::map<char32_t, std::uint32_t> to;
      for (std::size_t k = i;; k = border[k]) {
        to.try_emplace(m[k], static_cast<std::uint32_t>(k + 1));
        if (k == 0) break;
      }
      char_set other = char_set::all();
      for (const auto& [c, next] : to) {
        states[i].edges.push_back({c, c, next});
        other.remove(c, c);
      }
      for (const auto& r : other.ranges()) states[i].edges.push_back({r.first, r.last, 0});
      sort(states[i]);
    }
    return language(std::move(states));
  }

  [[nodiscard]] bool is_empty() const noexcept { return states_.empty(); }
  [[nodiscard]] const std::vector<state>& states() const noexcept { return states_; }
  [[nodiscard]] bool contains(std::string_view text) const {
    std::uint32_t at = 0;
    if (is_empty()) return false;
    for (const char32_t c : characters(text)) {
      const edge* next = nullptr;
      for (const edge& e : states_[at].edges)
        if (c >= e.first && c <= e.last) next = &e;
      if (!next) return false;
      at = next->to;
    }
    return states_[at].final;
  }

  /// The fewest characters of a text, and the most; `unbounded` where there is no most.
  struct extent {
    std::uint32_t least = 0, most = 0;
  };
  [[nodiscard]] extent lengths_of() const {
    extent out{unbounded, 0};
    std::vector<std::uint32_t> level{0};  // states a text of so many characters may be in
    std::vector<bool> seen(states_.size(), false);
    std::vector<std::uint32_t> waiting(states_.size(), 0), most(states_.size(), 0);
    if (is_empty()) return {0, 0};
    for (std::uint32_t n = 0; !level.empty() && out.least == unbounded; ++n) {
      std::vector<std::uint32_t> next;
      for (const std::uint32_t s : level) {
        if (states_[s].final) out.least = n;
        for (const edge& e : states_[s].edges)
          if (!seen[e.to]) seen[e.to] = true, next.push_back(e.to);
      }
      level = std::move(next);
    }
    // the longest way, if no way leads back; every state is reached from the first
    for (const state& s : states_)
      for (const edge& e : s.edges) ++waiting[e.to];
    std::vector<std::uint32_t> ready;
    if (waiting[0] == 0) ready.push_back(0);
    std::size_t n_done = 0;
    for (; n_done < ready.size(); ++n_done)
      for (const edge& e : states_[ready[n_done]].edges) {
        most[e.to] = std::max(most[e.to], most[ready[n_done]] + 1);
        if (--waiting[e.to] == 0) ready.push_back(e.to);
      }
    out.most = n_done < states_.size() ? unbounded : *std::max_element(most.begin(), most.end());
    return out;
  }

  /// The texts that are in both.   errors  limit: too many states; those of the effort
  static result<language> both(const language& a, const language& b, const effort& work) {
    return product(a, b, false, work);
  }
  /// The texts of the first that are not in the second.   errors  as above
  static result<language> but_not(const language& a, const language& b, const effort& work) {
    return product(a, b, true, work);
  }

  /// As part of a grammar; `write` says how a character of a set is written.
  [[nodiscard]] grammar::expression in(grammar& g, const write_chars& write) const {
    if (is_empty()) return g.nothing();
    std::vector<grammar::edge> edges;
    std::vector<std::uint32_t> ends;
    for (std::uint32_t s = 0; s < states_.size(); ++s) {
      if (states_[s].final) ends.push_back(s);
      std::map<std::uint32_t, char_set> by_target;
      for (const edge& e : states_[s].edges) by_target[e.to].add(e.first, e.last);
      for (const auto& [to, set] : by_target) edges.push_back({s, to, write(set)});
    }
    return g.network(static_cast<std::uint32_t>(states_.size()), edges, ends);
  }
  [[nodiscard]] grammar::expression in(grammar& g) const {
    return in(g, [&g](const char_set& set) { return g.chars(set); });
  }

  static std::vector<char32_t> characters(std::string_view text) {
    std::vector<char32_t> out;
    while (!text.empty()) {
      const auto s = utf8::next(text.data(), text.data() + text.size());
      out.push_back(s.code);
      text.remove_prefix(s.length);
    }
    return out;
  }
  static void sort(state& s) {
    std::sort(s.edges.begin(), s.edges.end(), [](const edge& a, const edge& b) { return a.first < b.first; });
  }
  static error too_large() { return {errc::limit, "patterns and lengths that are too large together"}; }

 private:
  static constexpr std::uint32_t nowhere = 0xffffffffu;

  /// Pairs of states; with `minus` the second may have been left, and where it ends the pair does not.
  static result<language> product(const language& a, const language& b, bool minus, const effort& work) {
    if (a.is_empty()) return a;
    if (b.is_empty()) return minus ? a : b;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> ids;
    std::deque<std::pair<std::uint32_t, std::uint32_t>> todo;
    std::vector<state> out;
    const std::vector<edge> none;
    std::size_t n_steps = 0;
    const auto id = [&](std::uint32_t x, std::uint32_t y) {
      const auto [at, is_new] = ids.try_emplace({x, y}, static_cast<std::uint32_t>(ids.size()));
      if (is_new) todo.emplace_back(x, y);
      return at->second;
    };
    id(0, 0);
    while (!todo.empty()) {
      const auto [x, y] = todo.front();
      todo.pop_front();
      state s;
      const bool ends = y != nowhere && b.states_[y].final;
      s.final = a.states_[x].final && ends != minus;
      const auto& theirs = y == nowhere ? none : b.states_[y].edges;
      std::size_t k = 0;
      for (const edge& e : a.states_[x].edges) {
        while (k < theirs.size() && theirs[k].last < e.first) ++k;
        char32_t from = e.first;
        for (std::size_t i = k; i < theirs.size() && theirs[i].first <= e.last; ++i, ++n_steps) {
          const char32_t first = std::max(e.first, theirs[i].first), last = std::min(e.last, theirs[i].last);
          if (minus && from < first) s.edges.push_back({from, first - 1, id(e.to, nowhere)});
          s.edges.push_back({first, last, id(e.to, theirs[i].to)});
          from = last + 1;
        }
        if (minus && from <= e.last) s.edges.push_back({from, e.last, id(e.to, nowhere)});
        ++n_steps;
      }
      join(s);
      out.push_back(std::move(s));
      if (ids.size() > max_states || n_steps > max_work) return too_large();
      if (work.spend(1 + a.states_[x].edges.size() + theirs.size())) return work.why();
    }
    return language(std::move(out));
  }

  /// Makes one edge of neighbours that lead to one place.
  static void join(state& s) {
    std::size_t n = 0;
    for (const edge& e : s.edges) {
      if (n > 0 && s.edges[n - 1].to == e.to && s.edges[n - 1].last + 1 == e.first) s.edges[n - 1].last = e.last;
      else s.edges[n++] = e;
    }
    s.edges.resize(n);
  }

  void trim() {
    const std::size_t n = states_.size();
    std::vector<std::vector<std::uint32_t>> before(n);
    std::vector<std::uint32_t> todo;
    std::vector<bool> alive(n, false);
    for (std::uint32_t s = 0; s < n; ++s) {
      for (const edge& e : states_[s].edges) before[e.to].push_back(s);
      if (states_[s].final) alive[s] = true, todo.push_back(s);
    }
    while (!todo.empty()) {
      const std::uint32_t s = todo.back();
      todo.pop_back();
      for (const std::uint32_t b : before[s])
        if (!alive[b]) alive[b] = true, todo.push_back(b);
    }
    if (n == 0 || !alive[0]) return states_.clear();
    std::vector<std::uint32_t> id(n, 0);
    std::uint32_t kept = 0;
    for (std::uint32_t s = 0; s < n; ++s)
      if (alive[s]) id[s] = kept++;
    for (std::uint32_t s = 0; s < n; ++s) {
      if (!alive[s]) continue;
      state moved = std::move(states_[s]);
      std::erase_if(moved.edges, [&](const edge& e) { return !alive[e.to]; });
      for (edge& e : moved.edges) e.to = id[e.to];
      states_[id[s]] = std::move(moved);
    }
    states_.resize(kept);
  }

  std::vector<state> states_;
};

}  // namespace detail
RETORT_END
