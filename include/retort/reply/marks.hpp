// Marks in a text that is still arriving: whether one stands somewhere, or may yet. Next: formats.hpp.
#pragma once

#include <retort/text/json_reader.hpp>
#include <retort/text/json_scanner.hpp>

RETORT_BEGIN
namespace detail::reply {

inline constexpr std::size_t npos = std::string_view::npos;

/// Whether a marker stands somewhere: yes, no, or the text ends before that is clear.
struct match {
  enum class answer : std::uint8_t { no, partly, yes } is = answer::no;
  std::size_t length = 0;
};

inline match literal_at(std::string_view s, std::size_t at, std::string_view wanted) noexcept {
  const std::string_view rest = s.substr(at, wanted.size());
  if (rest == wanted) return {match::answer::yes, wanted.size()};
  return {wanted.starts_with(rest) && rest.size() == s.size() - at ? match::answer::partly : match::answer::no, 0};
}

/// A mark of the tables of formats.hpp. For each ▁ in it, distilled models also write _, \_ or a space.
inline match mark_at(std::string_view s, std::size_t at, std::string_view mark) noexcept {
  constexpr std::string_view separator = "▁";
  std::size_t i = at;
  for (;;) {
    const std::string_view part = mark.substr(0, mark.find(separator));
    const match m = literal_at(s, i, part);
    if (m.is != match::answer::yes) return m;
    i += m.length;
    if (part.size() == mark.size()) return {match::answer::yes, i - at};
    mark.remove_prefix(part.size() + separator.size());
    match best;
    for (const std::string_view written :
         {separator, std::string_view("_"), std::string_view("\\_"), std::string_view(" ")})
      if (const match one = literal_at(s, i, written); one.is > best.is) best = one;
    if (best.is != match::answer::yes) return {best.is, 0};
    i += best.length;
  }
}

/// The better of two answers about the same place.
inline match either(match a, match b) noexcept { return b.is > a.is ? b : a; }

/// A mark without the white space around it, which models write or do not.
[[nodiscard]] constexpr std::string_view core(std::string_view mark) noexcept {
  while (!mark.empty() && is_blank(mark.front())) mark.remove_prefix(1);
  while (!mark.empty() && is_blank(mark.back())) mark.remove_suffix(1);
  return mark;
}

/// As many of the first `n` bytes as end with a whole character, as far as the text goes.
inline std::size_t whole_characters(std::string_view s, std::size_t n) noexcept {
  if (n != s.size()) return n;
  for (std::size_t back = 1; back <= 3 && back <= n; ++back) {
    const auto u = static_cast<unsigned char>(s[n - back]);
    if (u < 0x80 || u >= 0xF8) break;
    if (u < 0xC0) continue;
    return (u >= 0xF0 ? 4u : u >= 0xE0 ? 3u : 2u) > back ? n - back : n;
  }
  return n;
}

}  // namespace detail::reply
RETORT_END
