// Outputs under a constraint: whatever was compiled can be followed to an end.
#pragma once

#include "grammar/vocabularies.hpp"

namespace fuzz {

inline const words::vocabulary_of_words& vocabulary(unsigned n) {
  switch (n % 4) {
    case 0: return words::full();
    case 1: return words::poor();
    case 2: return words::bytes();
    default: return words::pieces();
  }
}

/// Writes a text at random. Each token of a mask is accepted and leads to a valid end within the limit, others are
/// not; the same text byte by byte is accepted too. Gives the text, or nothing where even the shortest is too long for
/// a run.
inline std::optional<std::string> walk(const retort::constraint& c, const words::vocabulary_of_words& v, random& dice) {
  using namespace retort;
  auto made = matcher::make(c);
  HOLDS(made);
  matcher& m = *made;
  const std::size_t least = m.n_needed();
  std::string text;
  bool ended = false;
  std::size_t left = least > 400 ? 60 : least + dice.below(24);
  for (; left > 0 && !ended; --left) {
    const auto unlimited = m.allowed();
    HOLDS(unlimited);
    const std::vector<std::uint64_t> all(unlimited->begin(), unlimited->end());
    const auto limited = m.allowed(least > 400 ? 0 : left);
    HOLDS(limited);
    const std::vector<token> ids = words::ids_of(*limited, v.size());
    HOLDS(!ids.empty());
    for (const token id : ids) HOLDS(words::bit(all, id));
    for (int i = 0; i < 4; ++i) {
      const auto id = static_cast<token>(dice.below(v.size()));
      auto k = m.fork();
      HOLDS(k && static_cast<bool>(k->accept(id)) == words::bit(all, id));
    }
    HOLDS(words::bit(all, v.end) || !m.complete());  // a grammar may name the end token, too
    const std::string forced = m.forced().value();
    const token id = ids[dice.below(ids.size())];
    HOLDS(m.accept(id));
    ended = id == v.end;
    if (ended) break;
    const std::string_view bytes = v.trie->is_text(id) ? v.text->bytes(id) : std::string_view();
    if (!bytes.empty()) HOLDS(forced.starts_with(bytes.substr(0, forced.size())) || bytes.starts_with(forced));
    text += bytes;
  }
  if (least > 400) return std::nullopt;
  HOLDS(ended);
  return text;
}

/// Whether a matcher of bytes takes the whole text; no control tokens are in it.
inline bool takes(const retort::constraint& c, std::string_view text) {
  auto m = retort::matcher::make(c);
  HOLDS(m);
  for (const char byte : text)
    if (!m->accept(words::full().find(std::string_view(&byte, 1)))) return false;
  return m->complete();
}

}  // namespace fuzz
