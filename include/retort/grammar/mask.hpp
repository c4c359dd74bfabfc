// Which tokens may follow: walks of the vocabulary's tree through an automaton, kept for the next time.
#pragma once

#include <retort/base/mutex.hpp>
#include <retort/grammar/recognizer.hpp>

RETORT_BEGIN
namespace detail {

/// The tokens that can be read from a state within its rule (and those it calls), and where the rule is left inside
/// a token. Costs are relative to the state's own, so that one entry serves a class of states.
struct mask_entry {
  struct level {
    std::int32_t change;              // of cost, by any of these tokens
    std::vector<std::uint64_t> bits;  // [n_words], or ...
    std::vector<std::uint32_t> ids;   // ... where they are few
  };
  std::vector<level> levels;         // lowest first
  std::vector<std::uint64_t> all;    // [n_words] their union; empty without levels
  std::vector<std::uint32_t> exits;  // nodes of the tree
  std::uint32_t exits_id = 0;        // equal for equal exits; 0 = none
};

/// The entries of a grammar for a vocabulary. Shared between threads: entries are immutable and computed outside
/// the lock, which is held to look one up.
class mask_cache {
 public:
  mask_cache(const compiled_grammar& g, const token_trie& t, std::size_t most_bytes)
      : g_(g), t_(t), most_bytes_(most_bytes) {}

  /// Of tokens read from a state by its own edges.
  std::shared_ptr<const mask_entry> of(std::uint32_t state) { return find(nullptr, state); }
  /// Of tokens that left a rule at the exits of an entry and go on in the state that was returned to.
  std::shared_ptr<const mask_entry> behind(const mask_entry& left, std::uint32_t state) { return find(&left, state); }

  /// What a change of cost is relative to.
  [[nodiscard]] std::int64_t base(std::uint32_t state) const {
    return g_.costs[state] == completion::never ? 0 : g_.costs[state];
  }
  /// Of the entries that are kept.
  [[nodiscard]] std::size_t bytes() const {
    const detail::locked lock(mutex_);
    return bytes_;
  }

 private:
  std::shared_ptr<const mask_entry> find(const mask_entry* left, std::uint32_t state);

  mask_entry walk(std::span<const std::uint32_t> exits, std::uint32_t state) const {
    mask_entry out;
    call_stacks stacks(g_, 0);
    recognizer read(g_, stacks);
    std::vector<std::pair<std::int32_t, std::vector<std::uint32_t>>> levels;
    const auto record = [&](std::span<const token> tokens, std::uint32_t cost) {
      if (tokens.empty() || cost == completion::never) return;
      const auto change = static_cast<std::int32_t>(cost - base(state));
      auto at = std::find_if(levels.begin(), levels.end(), [&](const auto& l) { return l.first == change; });
      if (at == levels.end()) at = levels.insert(at, {change, {}});
      for (const token id : tokens) at->second.push_back(static_cast<std::uint32_t>(id));
    };
    struct frame {
      std::uint32_t end;
      std::size_t first;  // of positions, up to the next frame's
    };
    std::vector<position> positions, next;
    std::vector<frame> path;
    const auto below = [&](std::uint32_t from) {
      for (std::uint32_t i = from + 1; i < t_.skip(from);) {
        while (path.size() > 1 && path.back().end <= i) {
          positions.resize(path.back().first);
          path.pop_back();
        }
        const std::size_t first = positions.size();
        if (first == path.back().first + 1) {  // one position, as a rule, and nothing to open behind it
          const position p = positions.back();
          const std::uint32_t to = g_.code.next(p.state, t_.byte(i));
          next.clear();
          if (to != automaton::none) next.push_back({to, p.calls});
        } else {
          read.step(std::span(positions).subspan(path.back().first), t_.byte(i), next);
        }
        if (next.empty()) {
          i = t_.skip(i);
          continue;
        }
        if (next.size() == 1 && (t_.kinds_below(i) & ~g_.loops[next[0].state]) == 0) {  // all below stays in this state
          record(t_.tokens_from(i), read.cost(next));
          i = t_.skip(i);
          continue;
        }
        if (!t_.tokens(i).empty()) record(t_.tokens(i), read.cost(next));
        if (t_.skip(i) == i + 1) {
          ++i;
          continue;
        }
        if (read.open(next, positions)) out.exits.push_back(i);
        if (positions.size() == first) {
          i = t_.skip(i);
          continue;
        }
        path.push_back({t_.skip(i), first});
        ++i;
      }
    };
    if (exits.empty()) {
      positions = {{state, 0}};
      path = {{t_.size(), 0}};
      below(0);
    }
    for (const std::uint32_t v : exits) {
      positions.clear();
      const position from{state, 0};
      if (read.open(std::span(&from, 1), positions)) out.exits.push_back(v);
      path = {{t_.skip(v), 0}};
      if (!positions.empty()) below(v);
    }
    std::sort(out.exits.begin(), out.exits.end());
    out.exits.erase(std::unique(out.exits.begin(), out.exits.end()), out.exits.end());
    std::sort(levels.begin(), levels.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (!levels.empty()) out.all.assign(t_.n_words(), 0);
    for (auto& [change, ids] : levels) {
      mask_entry::level l{change, {}, {}};
      for (const std::uint32_t id : ids) out.all[id / 64] |= std::uint64_t{1} << id % 64;
      if (ids.size() > t_.n_words()) {
        l.bits.assign(t_.n_words(), 0);
        for (const std::uint32_t id : ids) l.bits[id / 64] |= std::uint64_t{1} << id % 64;
      } else {
        l.ids = std::move(ids);
      }
      out.levels.push_back(std::move(l));
    }
    return out;
  }

  const compiled_grammar& g_;
  const token_trie& t_;
  const std::size_t most_bytes_;
  mutable detail::mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<const mask_entry>> entries_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> exit_ids_;
  std::size_t bytes_ = 0;
  std::uint32_t last_id_ = 0;
};

#if RETORT_CARRIES(RETORT_PART_GRAMMAR)

RETORT_INLINE std::shared_ptr<const mask_entry> mask_cache::find(const mask_entry* left, std::uint32_t state) {
  const std::uint64_t key = std::uint64_t{left ? left->exits_id : 0} << 32 | g_.classes[state];
  {
    const detail::locked lock(mutex_);
    if (const auto at = entries_.find(key); at != entries_.end()) return at->second;
  }
  auto made = std::make_shared<mask_entry>(left ? walk(left->exits, state) : walk({}, state));
  const detail::locked lock(mutex_);
  std::size_t bytes = made->exits.size() * 8 + made->all.size() * 8 + 256;
  for (const auto& l : made->levels) bytes += l.bits.size() * 8 + l.ids.size() * 4 + sizeof l;
  if (bytes > most_bytes_) {
    made->exits_id = ++last_id_;
    return made;
  }
  if (bytes_ + bytes > most_bytes_) {  // whoever uses an entry keeps it alive
    entries_.clear();
    exit_ids_.clear();  // numbers go on: those of old entries are never given again
    bytes_ = 0;
  }
  if (!made->exits.empty()) {
    const auto [exits, is_first] = exit_ids_.try_emplace(made->exits, last_id_ + 1);
    last_id_ += is_first;
    made->exits_id = exits->second;
  }
  const auto [at, is_new] = entries_.try_emplace(key, std::move(made));
  if (is_new) bytes_ += bytes;
  return at->second;
}

#endif

}  // namespace detail
RETORT_END
