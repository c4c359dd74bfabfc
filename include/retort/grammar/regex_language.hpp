// What a regular expression matches, as a language: nondeterministic states from its tree, deterministic ones from
// those, looking ahead and behind included.
#pragma once

#include <retort/grammar/language.hpp>
#include <retort/grammar/regex.hpp>

#include <set>

RETORT_BEGIN
namespace detail {

/// Runs a regular expression over all texts at once. A thread is one way to match: the state it is in, what it has
/// promised to find ahead (each promise a state of the expression it looks for, of which one way is followed) and what
/// must not be found ahead (all states of all ways). What lies behind is the same for all threads, so it is followed
/// once. A deterministic state is the set of threads, and what lies behind.
///
/// cost  exponential in the worst case and bounded by language::max_states and max_work
class regex_language {
 public:
  /// `whole`: the text is what the expression matches; otherwise it contains it. `widely`: see regex.
  /// errors  those of regex and of the effort; limit: too large; unsupported: looking ahead or behind inside what looks
  ///         ahead or behind
  static result<language> of(std::string_view pattern, bool whole, const effort& work, bool widely = false) {
    RETORT_TRY(const regex_tree tree, regex::parse(pattern, widely));
    regex_language r(tree, whole, work);
    if (r.states_.size() >= max_open) return language::too_large();
    if (!r.nested_.empty()) return error{errc::unsupported, "a regular expression " + r.nested_};
    return r.run();
  }

 private:
  static constexpr std::size_t max_open = 1u << 17;  // states
  using id = std::uint32_t;
  using ids = std::vector<id>;  // sorted

  struct look {
    bool ahead, negated;
    id begin, end;
  };
  struct state {
    ids free;                                       // where it leads without reading
    std::vector<std::pair<std::size_t, id>> looks;  // the same, if what it looks for is there
    ids at_end;                                     // the same, at the end of the text
    const char_set* set = nullptr;
    id to = 0;
  };
  struct thread {
    id at;
    ids promised, forbidden;
    auto operator<=>(const thread&) const = default;
  };
  struct moment {
    std::vector<thread> threads;
    ids behind;  // where the expressions that look behind are
    auto operator<=>(const moment&) const = default;
  };

  regex_language(const regex_tree& tree, bool whole, const effort& work) : tree_(tree), effort_(work) {
    begin_ = add();
    end_ = add();
    id from = begin_;
    if (!whole) {  // anything before, anything behind
      searches_ = true;
      const id skips = add();
      from = add();
      states_[begin_].free = {from, skips};
      states_[skips].set = states_[end_].set = &every_;
      states_[skips].to = begin_;
      states_[end_].to = end_;
    }
    build(tree.root, from, end_);
  }

  // ---- from the tree to states ----
  id add() {
    if (states_.size() < max_open) states_.emplace_back();
    return static_cast<id>(states_.size() - 1);
  }
  void build(id n, id from, id to) {
    const auto& node = tree_.nodes[n];
    using kind = regex_tree::kind;
    if (states_.size() >= max_open) return;
    switch (node.is) {
      case kind::chars: {
        const id reads = add();
        states_[from].free.push_back(reads);
        states_[reads].set = &node.set;
        states_[reads].to = to;
        return;
      }
      case kind::sequence: {
        id at = from;
        for (std::size_t i = 0; i < node.parts.size(); ++i) {
          const id next = i + 1 == node.parts.size() ? to : add();
          build(node.parts[i], at, next);
          at = next;
        }
        if (node.parts.empty()) states_[from].free.push_back(to);
        return;
      }
      case kind::any_of:
        for (const id part : node.parts) build(part, from, to);
        return;
      case kind::repeat: return repeat(node, from, to);
      case kind::ahead:
      case kind::behind: return look_for(node, from, to);
      case kind::end:
        if (inside_ == kind::behind) nested_ = "that looks behind for the end of the text";
        states_[from].at_end.push_back(to);
        return;
    }
  }
  void repeat(const regex_tree::node& node, id from, id to) {
    id at = from;
    const auto once_more = [&] {
      const id next = add();
      build(node.parts[0], at, next);
      at = next;
    };
    for (std::uint32_t i = 0; i < node.min && states_.size() < max_open; ++i) once_more();
    if (node.max == grammar::unbounded) {
      const id loop = add();
      states_[at].free.push_back(loop);
      build(node.parts[0], loop, loop);
      at = loop;
    } else {
      for (std::uint32_t i = node.min; i < node.max && states_.size() < max_open; ++i) {
        states_[at].free.push_back(to);
        once_more();
      }
    }
    states_[at].free.push_back(to);
  }
  void look_for(const regex_tree::node& node, id from, id to) {
    using kind = regex_tree::kind;
    const bool ahead = node.is == kind::ahead;
    // what is forbidden is followed on all ways at once, which has no room for promises
    if (inside_ == kind::behind || (inside_ == kind::ahead && (inside_negated_ && ahead)))
      nested_ = "that looks ahead or behind inside what it looks for";
    const look l{ahead, node.negated, add(), add()};
    const auto inside = std::exchange(inside_, node.is);
    const bool negated = std::exchange(inside_negated_, inside_negated_ || node.negated);
    build(node.parts[0], l.begin, l.end);
    inside_ = inside;
    inside_negated_ = negated;
    states_[from].looks.emplace_back(looks_.size(), to);
    looks_.push_back(l);
  }

  // ---- from states to a language ----
  static void insert(ids& to, id x) {
    const auto at = std::lower_bound(to.begin(), to.end(), x);
    if (at == to.end() || *at != x) to.insert(at, x);
  }
  static bool has(const ids& of, id x) { return std::binary_search(of.begin(), of.end(), x); }

  /// All that is reached from these without reading, where nothing is promised or forbidden on the way.
  ids reached(const ids& from, const ids& behind, bool at_end) {
    ids out, todo = from;
    while (!todo.empty()) {
      const id s = todo.back();
      todo.pop_back();
      ++work_;
      if (has(out, s)) continue;
      insert(out, s);
      const state& of = states_[s];
      todo.insert(todo.end(), of.free.begin(), of.free.end());
      if (at_end) todo.insert(todo.end(), of.at_end.begin(), of.at_end.end());
      for (const auto& [l, to] : of.looks)
        if (!looks_[l].ahead && has(behind, looks_[l].end) != looks_[l].negated) todo.push_back(to);
    }
    return out;
  }
  /// What lies behind, from where it led: expressions that look behind may have begun anywhere.
  ids looked_behind(ids from) {
    for (const look& l : looks_)
      if (!l.ahead) insert(from, l.begin);
    return from.empty() ? from : reached(from, {}, false);
  }

  /// The threads that come from one without reading and whose every state reads or, in `at_end`, has ended.
  void expand(const thread& from, const ids& behind, bool at_end, std::set<thread>& out) {
    std::set<thread> seen;
    std::vector<thread> todo{from};
    while (!todo.empty()) {
      thread t = std::move(todo.back());
      todo.pop_back();
      ++work_;
      t.forbidden = reached(t.forbidden, behind, at_end);
      if (found_forbidden(t) || !seen.insert(t).second || seen.size() > 4096) continue;
      const bool main = t.at != end_ && !states_[t.at].set;
      std::size_t open = 0;  // the first promise that has not come to where it reads
      while (open < t.promised.size() && states_[t.promised[open]].set) ++open;
      if (!main && open == t.promised.size()) {
        out.insert(std::move(t));
        continue;
      }
      const id s = main ? t.at : t.promised[open];
      const auto go = [&](id to, id promise, id forbid) {
        thread next = t;
        if (main) {
          next.at = to;
        } else {
          next.promised.erase(next.promised.begin() + static_cast<std::ptrdiff_t>(open));
          if (!is_look_end(to)) insert(next.promised, to);
        }
        if (promise != none) insert(next.promised, promise);
        if (forbid != none) insert(next.forbidden, forbid);
        todo.push_back(std::move(next));
      };
      for (const id to : states_[s].free) go(to, none, none);
      if (at_end)
        for (const id to : states_[s].at_end) go(to, none, none);
      for (const auto& [l, to] : states_[s].looks) {
        const look& of = looks_[l];
        if (!of.ahead) {
          if (has(behind, of.end) != of.negated) go(to, none, none);
        } else {
          go(to, of.negated ? none : of.begin, of.negated ? of.begin : none);
        }
      }
    }
  }
  [[nodiscard]] bool found_forbidden(const thread& t) const {
    for (const look& l : looks_)
      if (l.ahead && l.negated && has(t.forbidden, l.end)) return true;
    return false;
  }
  [[nodiscard]] bool is_look_end(id s) const {
    for (const look& l : looks_)
      if (l.ahead && l.end == s) return true;
    return false;
  }

  result<language> run() {
    std::vector<language::state> out;
    std::map<moment, id> known;
    std::deque<const moment*> todo;
    const auto intern = [&](moment m) {
      // a search that has found its text is done
      if (searches_)
        for (const thread& t : m.threads)
          if (t.at == end_ && t.promised.empty() && t.forbidden.empty()) {
            m = {{t}, {}};
            break;
          }
      const auto [at, is_new] = known.try_emplace(std::move(m), static_cast<id>(known.size()));
      if (is_new) todo.push_back(&at->first);
      return at->second;
    };
    intern({{thread{begin_, {}, {}}}, looked_behind({})});
    while (!todo.empty()) {
      const moment& now = *todo.front();
      const std::size_t before = work_;
      todo.pop_front();
      language::state s;
      std::set<thread> ready, ended;
      for (const thread& t : now.threads) {
        expand(t, now.behind, false, ready);
        expand(t, now.behind, true, ended);
      }
      s.final =
          std::any_of(ended.begin(), ended.end(), [&](const thread& t) { return t.at == end_ && t.promised.empty(); });
      for (const auto& r : parts_of(ready, now.behind)) {
        moment next;
        std::set<thread> threads;
        for (const thread& t : ready) step(t, r.first, threads);
        if (threads.empty()) continue;
        next.threads.assign(threads.begin(), threads.end());
        ids behind;
        for (const id b : now.behind)
          if (states_[b].set && states_[b].set->contains(r.first)) insert(behind, states_[b].to);
        next.behind = looked_behind(std::move(behind));
        const id to = intern(std::move(next));
        if (!s.edges.empty() && s.edges.back().to == to && s.edges.back().last + 1 == r.first)
          s.edges.back().last = r.last;
        else s.edges.push_back({r.first, r.last, to});
      }
      out.push_back(std::move(s));
      if (known.size() > language::max_states || work_ > language::max_work) return language::too_large();
      if (effort_.spend(1 + work_ - before)) return effort_.why();
    }
    return language(std::move(out));
  }
  /// Where a character leads a thread.
  void step(const thread& t, char32_t c, std::set<thread>& out) {
    ++work_;
    const auto reads = [&](id s) { return states_[s].set && states_[s].set->contains(c); };
    if (!reads(t.at) || !std::all_of(t.promised.begin(), t.promised.end(), reads)) return;
    thread next{states_[t.at].to, {}, {}};
    for (const id p : t.promised)
      if (!is_look_end(states_[p].to)) insert(next.promised, states_[p].to);
    for (const id f : t.forbidden)
      if (reads(f)) insert(next.forbidden, states_[f].to);
    out.insert(std::move(next));
  }
  /// Ranges of characters that no state tells apart.
  std::vector<char_set::range> parts_of(const std::set<thread>& threads, const ids& behind) {
    std::set<const char_set*> sets{&every_};
    const auto put = [&](id s) {
      if (states_[s].set) sets.insert(states_[s].set);
    };
    for (const thread& t : threads) {
      put(t.at);
      std::for_each(t.promised.begin(), t.promised.end(), put);
      std::for_each(t.forbidden.begin(), t.forbidden.end(), put);
    }
    std::for_each(behind.begin(), behind.end(), put);
    std::vector<char32_t> begins;
    for (const char_set* s : sets)
      for (const auto& r : s->ranges()) {
        begins.push_back(r.first);
        begins.push_back(r.last + 1);
      }
    std::sort(begins.begin(), begins.end());
    begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
    work_ += begins.size();
    std::vector<char_set::range> out;
    for (std::size_t i = 0; i + 1 < begins.size(); ++i)
      if (every_.contains(begins[i])) out.push_back({begins[i], begins[i + 1] - 1});
    return out;
  }

  static constexpr id none = 0xffffffffu;
  const regex_tree& tree_;
  const effort& effort_;
  const char_set every_ = char_set::all();
  std::vector<state> states_;
  std::vector<look> looks_;
  id begin_ = 0, end_ = 0;
  bool searches_ = false, inside_negated_ = false;
  regex_tree::kind inside_ = regex_tree::kind::sequence;
  std::string nested_;
  std::size_t work_ = 0;
};

}  // namespace detail
RETORT_END
