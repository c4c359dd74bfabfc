// A grammar made runnable: one deterministic automaton over bytes for each rule, with calls between them.
#pragma once

#include <retort/grammar/grammar.hpp>
#include <retort/text/utf8.hpp>

#include <array>
#include <map>
#include <unordered_map>

RETORT_BEGIN
namespace detail {

/// What runs: states with edges over bytes, calls of rules and edges for single tokens. A call is an edge that is
/// taken when the called rule has been read. State 0 belongs to no rule: it is where the text lies behind.
struct automaton {
  struct edge {
    std::uint8_t first, last;
    std::uint32_t to;
  };
  struct call {
    std::uint32_t rule, to;
  };
  struct control {
    std::int32_t token;  // or ~token: every other one
    std::uint32_t to;
  };
  struct state {
    std::uint32_t edges = 0, calls = 0, controls = 0;  // where they begin; they end where those of the next state begin
    bool final = false;
    std::uint32_t row = 0xffffffffu;  // of rows, for states with many edges
  };
  static constexpr std::uint32_t outside = 0, none = 0xffffffffu;
  static constexpr std::size_t max_rows = 8192;  // 1 KiB each

  std::vector<state> states;  // and one more
  std::vector<edge> edges;    // of a state: sorted, apart
  std::vector<std::array<std::uint32_t, 256>>
      rows;  // where each byte leads: what walks of a vocabulary spend their time on
  std::vector<call> calls;
  std::vector<control> controls;
  std::vector<std::uint32_t> starts;  // by rule
  std::vector<bool> nullable;         // by rule: may be empty
  std::vector<std::uint32_t> rank;    // by rule: who may call without having read a byte has the lower one

  [[nodiscard]] std::size_t n_states() const noexcept { return states.size() - 1; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return states.size() * sizeof(state) + edges.size() * sizeof(edge) + rows.size() * sizeof rows[0] +
           calls.size() * sizeof(call) + controls.size() * sizeof(control) +
           starts.size() * (sizeof starts[0] + sizeof rank[0]) + nullable.size() / 8;
  }
  [[nodiscard]] std::span<const edge> edges_of(std::uint32_t s) const {
    return {edges.data() + states[s].edges, edges.data() + states[s + 1].edges};
  }
  [[nodiscard]] std::span<const call> calls_of(std::uint32_t s) const {
    return {calls.data() + states[s].calls, calls.data() + states[s + 1].calls};
  }
  [[nodiscard]] std::span<const control> controls_of(std::uint32_t s) const {
    return {controls.data() + states[s].controls, controls.data() + states[s + 1].controls};
  }
  /// Whether nothing can be read or called here.
  [[nodiscard]] bool is_end(std::uint32_t s) const {
    return edges_of(s).empty() && calls_of(s).empty() && controls_of(s).empty();
  }
  void make_rows() {
    for (std::uint32_t s = 0; s < n_states() && rows.size() < max_rows; ++s) {
      if (edges_of(s).size() <= 4) continue;
      auto& row = rows.emplace_back();
      row.fill(none);
      for (const edge& e : edges_of(s))
        for (std::uint32_t b = e.first; b <= e.last; ++b) row[b] = e.to;
      states[s].row = static_cast<std::uint32_t>(rows.size() - 1);
    }
  }
  /// Where a byte leads, or none.
  [[nodiscard]] RETORT_ALWAYS_INLINE std::uint32_t next(std::uint32_t s, std::uint8_t byte) const {
    if (states[s].row != none) return rows[states[s].row][byte];
    const edge* low = edges.data() + states[s].edges;
    std::size_t n = states[s + 1].edges - states[s].edges;
    while (n > 4) {
      const std::size_t half = n / 2;
      if (low[half].first <= byte) low += half;
      n -= half;
    }
    for (; n > 0; --n, ++low)
      if (byte <= low->last) return byte >= low->first ? low->to : none;
    return none;
  }
};

/// One rule with choices left open: states with edges that read nothing, made from an expression.
class open_automaton {
 public:
  struct edge {
    std::uint32_t first, last, to;  // bytes; or rule or token and its twin
    enum kind_type : std::uint8_t { nothing, byte, call, control } is;
  };
  open_automaton(const grammar& of, std::size_t max_states) : g_(of), max_(max_states) {}

  std::uint32_t add() {
    if (out_.size() < max_) out_.emplace_back();
    full_ = full_ || out_.size() >= max_;
    return static_cast<std::uint32_t>(out_.size() - 1);
  }
  [[nodiscard]] bool full() const noexcept { return full_; }
  [[nodiscard]] const std::vector<std::vector<edge>>& states() const noexcept { return out_; }

  /// Adds what leads from one state to another by reading the expression. No deeper than grammar::max_depth.
  void build(grammar::expression e, std::uint32_t from, std::uint32_t to) {
    if (full_) return;
    const grammar::node& n = g_[e];
    const auto parts = g_.children(n);
    using kind = grammar::kind;
    switch (n.is) {
      case kind::literal: return literal(g_.text(n.first), from, to);
      case kind::chars: return chars(g_.set(n), from, to);
      case kind::sequence: {
        std::uint32_t at = from;
        for (std::size_t i = 0; i < parts.size(); ++i) {
          const std::uint32_t next = i + 1 == parts.size() ? to : add();
          build(parts[i], at, next);
          at = next;
        }
        if (parts.empty()) skip(from, to);
        return;
      }
      case kind::any_of:
        for (const auto part : parts) build(part, from, to);
        return;
      case kind::repeat: return repeat(parts[0], n.min, n.max, from, to);
      case kind::network: return network(g_.network_of(n), from, to);
      case kind::control: return edge_to(from, {n.first, n.first, to, edge::control});
      case kind::call: return edge_to(from, {n.first, n.first, to, edge::call});
    }
  }

 private:
  void edge_to(std::uint32_t from, const edge& e) { out_[from].push_back(e); }
  void skip(std::uint32_t from, std::uint32_t to) { edge_to(from, {0, 0, to, edge::nothing}); }
  void bytes(std::uint32_t from, std::uint32_t first, std::uint32_t last, std::uint32_t to) {
    edge_to(from, {first, last, to, edge::byte});
  }

  void literal(const std::string& text, std::uint32_t from, std::uint32_t to) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::uint32_t next = i + 1 == text.size() ? to : add();
      const auto byte = static_cast<unsigned char>(text[i]);
      bytes(from, byte, byte, next);
      from = next;
    }
    if (text.empty()) skip(from, to);
  }

  /// The copies that must be there, then a loop or the copies that may.
  void repeat(grammar::expression what, std::uint32_t min, std::uint32_t max, std::uint32_t from, std::uint32_t to) {
    std::uint32_t at = from;
    for (std::uint32_t i = 0; i < min && !full_; ++i) {
      const std::uint32_t next = add();
      build(what, at, next);
      at = next;
    }
    if (max == grammar::unbounded) {
      const std::uint32_t loop = add();
      skip(at, loop);
      build(what, loop, loop);
      skip(loop, to);
      return;
    }
    for (std::uint32_t i = min; i < max && !full_; ++i) {
      const std::uint32_t next = add();
      skip(at, to);
      build(what, at, next);
      at = next;
    }
    skip(at, to);
  }

  void network(const grammar::transitions& n, std::uint32_t from, std::uint32_t to) {
    std::vector<std::uint32_t> states(n.n_states);
    for (std::uint32_t& s : states) s = add();
    skip(from, states[0]);
    for (const auto& e : n.edges) build(e.what, states[e.from], states[e.to]);
    for (const std::uint32_t end : n.ends) skip(states[end], to);
  }

  /// Characters as UTF-8. Tails that read the same are shared.
  void chars(const char_set& set, std::uint32_t from, std::uint32_t to) {
    std::map<std::array<std::uint32_t, 3>, std::uint32_t> tails;
    for (const auto& r : set.ranges()) {
      constexpr char32_t ends[] = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
      char32_t first = r.first;
      for (unsigned n = 1; n <= 4 && first <= r.last; ++n)
        if (first <= ends[n - 1]) {
          const char32_t last = std::min(r.last, ends[n - 1]);
          utf8_range(first, last, n, from, to, tails);
          first = last + 1;
        }
    }
  }
  /// Characters of n bytes: cut so that within a part every byte ranges freely from its first to its last.
  void utf8_range(char32_t first, char32_t last, unsigned n, std::uint32_t from, std::uint32_t to,
                  std::map<std::array<std::uint32_t, 3>, std::uint32_t>& tails) {
    for (unsigned i = 1; i < n; ++i) {
      const char32_t low = (char32_t{1} << (6 * i)) - 1;  // what the last i bytes carry
      if ((first | low) == (last | low)) continue;
      if ((first & low) != 0) {
        utf8_range(first, first | low, n, from, to, tails);
        utf8_range((first | low) + 1, last, n, from, to, tails);
        return;
      }
      if ((last & low) != low) {
        utf8_range(first, (last & ~low) - 1, n, from, to, tails);
        utf8_range(last & ~low, last, n, from, to, tails);
        return;
      }
    }
    constexpr std::uint32_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    std::uint32_t next = to;
    for (unsigned i = 0; i + 1 < n; ++i) {
      const std::uint32_t a = 0x80 | (static_cast<std::uint32_t>(first >> (6 * i)) & 0x3F);
      const std::uint32_t b = 0x80 | (static_cast<std::uint32_t>(last >> (6 * i)) & 0x3F);
      const auto [at, is_new] = tails.try_emplace({a, b, next}, 0);
      if (is_new) {
        at->second = add();
        bytes(at->second, a, b, next);
      }
      next = at->second;
    }
    const unsigned shift = 6 * (n - 1);
    bytes(from, lead[n] | static_cast<std::uint32_t>(first >> shift),
          lead[n] | static_cast<std::uint32_t>(last >> shift), next);
  }

  const grammar& g_;
  std::size_t max_;
  std::vector<std::vector<edge>> out_;
  bool full_ = false;
};

/// Makes choices: a state of the result is a set of open states.
class determinizer {
 public:
  static constexpr std::size_t max_open_states = 1u << 20, max_states = 1u << 17, max_work = 1u << 26;

  static result<automaton> run(const grammar& g) {
    if (g.problem()) return *g.problem();
    determinizer d(g);
    d.out_.states.resize(1);  // outside
    for (std::uint32_t r = 0; r < g.n_rules(); ++r) {
      if (!g.body({r})) return error{errc::bad_grammar, "rule \"" + printable(g.name({r})) + "\" is not defined"};
      RETORT_CHECK(d.rule({r}));
    }
    d.end_state();
    RETORT_CHECK(d.sort_rules());
    d.out_.make_rows();
    return std::move(d.out_);
  }

 private:
  using set = std::vector<std::uint32_t>;
  struct hash {
    std::size_t operator()(const set& s) const noexcept {
      std::uint64_t h = s.size();
      for (const std::uint32_t x : s) h = (h ^ x) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
      return static_cast<std::size_t>(h);
    }
  };
  explicit determinizer(const grammar& g) : g_(g) {}

  static error too_large() {
    return {errc::limit, "the constraint is too large: shorten repetitions, lengths or alternatives"};
  }
  /// A state whose edges are complete; the next one begins behind them.
  void end_state() {
    automaton::state next;
    next.edges = static_cast<std::uint32_t>(out_.edges.size());
    next.calls = static_cast<std::uint32_t>(out_.calls.size());
    next.controls = static_cast<std::uint32_t>(out_.controls.size());
    out_.states.push_back(next);
  }

  result<void> rule(grammar::rule r) {
    open_automaton open(g_, max_open_states - std::min(n_open_, max_open_states - 1));
    const std::uint32_t from = open.add();
    final_ = open.add();
    open.build(*g_.body(r), from, final_);
    if (open.full()) return too_large();
    n_open_ += open.states().size();
    open_ = &open.states();
    mark_.assign(open_->size(), 0);
    epoch_ = 0;
    ids_.clear();
    sets_.clear();
    base_ = static_cast<std::uint32_t>(out_.states.size());
    out_.starts.push_back(intern({from}));
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      const std::size_t before = work_;
      end_state();
      if (out_.states.size() + sets_.size() - i > max_states) return too_large();
      expand(set(sets_[i]));
      if (work_ > max_work) return too_large();
      if (g_.work().spend(1 + work_ - before)) return g_.work().why();
    }
    return {};
  }

  /// The state for a set of open states and all that can be reached from them by reading nothing.
  std::uint32_t intern(set from) {
    ++epoch_;
    set all;
    while (!from.empty()) {
      const std::uint32_t s = from.back();
      from.pop_back();
      if (mark_[s] == epoch_) continue;
      mark_[s] = epoch_;
      bool matters = s == final_;
      for (const auto& e : (*open_)[s]) {
        if (e.is == open_automaton::edge::nothing) from.push_back(e.to);
        else matters = true;
      }
      work_ += 1 + (*open_)[s].size();
      if (matters) all.push_back(s);
    }
    std::sort(all.begin(), all.end());
    const auto [at, is_new] = ids_.try_emplace(all, base_ + static_cast<std::uint32_t>(sets_.size()));
    if (is_new) sets_.push_back(std::move(all));
    return at->second;
  }

  void expand(const set& s) {
    bytes_.clear();
    std::map<std::pair<std::uint32_t, bool>, set> others;
    for (const std::uint32_t open : s) {
      if (open == final_) out_.states.back().final = true;
      for (const auto& e : (*open_)[open]) {
        if (e.is == open_automaton::edge::byte) bytes_.push_back(e);
        if (e.is == open_automaton::edge::call || e.is == open_automaton::edge::control)
          others[{e.first, e.is == open_automaton::edge::call}].push_back(e.to);
      }
    }
    for (auto& [key, to] : others) {
      const std::uint32_t target = intern(std::move(to));
      if (key.second) out_.calls.push_back({key.first, target});
      else out_.controls.push_back({static_cast<std::int32_t>(key.first), target});
    }
    // bytes between two of these ends go the same ways
    std::array<bool, 257> begins{};
    for (const auto& e : bytes_) begins[e.first] = begins[e.last + 1] = true;
    const std::size_t first_edge = out_.edges.size();
    for (std::uint32_t b = 0; b < 256;) {
      std::uint32_t end = b + 1;
      while (!begins[end] && end < 256) ++end;
      set to;
      for (const auto& e : bytes_)
        if (e.first <= b && b <= e.last) to.push_back(e.to);
      work_ += bytes_.size();
      if (!to.empty()) {
        const std::uint32_t target = intern(std::move(to));
        const auto first = static_cast<std::uint8_t>(b), last = static_cast<std::uint8_t>(end - 1);
        if (out_.edges.size() > first_edge && out_.edges.back().to == target && out_.edges.back().last + 1 == first)
          out_.edges.back().last = last;
        else out_.edges.push_back({first, last, target});
      }
      b = end;
    }
  }

  /// The states of a rule that are reached from its start without reading a byte, in here_.
  void find_here(std::uint32_t rule) {
    ++epoch_;
    here_.assign(1, out_.starts[rule]);
    mark_[here_[0]] = epoch_;
    for (std::size_t i = 0; i < here_.size(); ++i)
      for (const auto& c : out_.calls_of(here_[i])) {
        ++work_;
        if (!out_.nullable[c.rule] || mark_[c.to] == epoch_) continue;
        mark_[c.to] = epoch_;
        here_.push_back(c.to);
      }
    ++work_;
  }

  /// Finds which rules may be empty, refuses left recursion and orders the rules.
  result<void> sort_rules() {
    const std::size_t n = out_.starts.size();
    mark_.assign(out_.states.size(), 0);
    epoch_ = 0;
    out_.nullable.assign(n, false);
    for (bool more = true; more;) {
      more = false;
      for (std::uint32_t r = 0; r < n; ++r) {
        if (out_.nullable[r]) continue;
        find_here(r);
        if (work_ > max_work) return too_large();
        if (g_.work().spend(here_.size())) return g_.work().why();
        if (std::any_of(here_.begin(), here_.end(), [&](std::uint32_t s) { return out_.states[s].final; }))
          more = out_.nullable[r] = true;
      }
    }
    std::vector<set> callees(n);
    std::vector<std::size_t> waiting(n, 0);
    for (std::uint32_t r = 0; r < n; ++r) {
      find_here(r);
      for (const std::uint32_t s : here_)
        for (const auto& c : out_.calls_of(s)) callees[r].push_back(c.rule);
      std::sort(callees[r].begin(), callees[r].end());
      callees[r].erase(std::unique(callees[r].begin(), callees[r].end()), callees[r].end());
      for (const std::uint32_t c : callees[r]) ++waiting[c];
    }
    out_.rank.assign(n, 0);
    set ready;
    for (std::uint32_t r = 0; r < n; ++r)
      if (waiting[r] == 0) ready.push_back(r);
    for (std::size_t i = 0; i < ready.size(); ++i) {
      out_.rank[ready[i]] = static_cast<std::uint32_t>(i);
      for (const std::uint32_t c : callees[ready[i]])
        if (--waiting[c] == 0) ready.push_back(c);
    }
    for (std::uint32_t r = 0; r < n; ++r)
      if (waiting[r] != 0)
        return error{errc::bad_grammar, "rule \"" + printable(g_.name({r})) +
                                            "\" can call itself before it has read anything (left recursion)"};
    return {};
  }

  const grammar& g_;
  automaton out_;
  std::size_t n_open_ = 0, work_ = 0;
  set here_;
  // of the rule that is being worked on
  const std::vector<std::vector<open_automaton::edge>>* open_ = nullptr;
  std::uint32_t final_ = 0, base_ = 0;
  std::vector<std::uint32_t> mark_;
  std::uint32_t epoch_ = 0;
  std::unordered_map<set, std::uint32_t, hash> ids_;
  std::vector<set> sets_;
  std::vector<open_automaton::edge> bytes_;
};

}  // namespace detail
RETORT_END
