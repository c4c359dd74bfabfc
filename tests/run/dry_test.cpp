#include "catch.hpp"

#include <retort/run/dry.hpp>

#include <map>
#include <random>

using namespace retort;

namespace {

std::map<token, std::uint32_t> found(const std::vector<token>& seen, const std::vector<token>& breakers = {},
                                     std::size_t least = 1) {
  std::vector<std::uint32_t> matches;
  std::vector<detail::repetition> all;
  detail::find_repetitions(seen, breakers, least, matches, all);
  std::map<token, std::uint32_t> out;
  token last = -1000;
  for (const auto& [id, length] : all) {
    CHECK(id > last);
    last = id;
    out[id] = length;
  }
  return out;
}

/// By the definition: every former place, compared token by token.
std::map<token, std::uint32_t> expected(const std::vector<token>& seen, const std::vector<token>& breakers,
                                        std::size_t least) {
  const auto breaks = [&](token t) { return std::find(breakers.begin(), breakers.end(), t) != breakers.end(); };
  std::map<token, std::uint32_t> out;
  for (std::size_t at = 0; at < seen.size(); ++at) {  // what stands here followed the tokens before it
    std::size_t n = 0;
    while (n < at && seen[at - 1 - n] == seen[seen.size() - 1 - n] && !breaks(seen[at - 1 - n])) ++n;
    if (n >= least && !breaks(seen[at])) out[seen[at]] = std::max(out[seen[at]], static_cast<std::uint32_t>(n));
  }
  return out;
}

}  // namespace

TEST_CASE("dry: what followed the last tokens before") {
  using all = std::map<token, std::uint32_t>;
  CHECK(found({}).empty());
  CHECK(found({1}).empty());
  CHECK(found({1, 2, 3}).empty());
  CHECK(found({1, 2, 3, 9, 1, 2, 3}) == all{{9, 3}});
  CHECK(found({1, 2, 3, 9, 2, 3, 8, 3, 7, 1, 2, 3}) == all{{9, 3}, {8, 2}, {7, 1}});
  CHECK(found({1, 2, 3, 9, 2, 3, 8, 3, 7, 1, 2, 3}, {}, 2) == all{{9, 3}, {8, 2}});
  CHECK(found({5, 5, 5, 5}) == all{{5, 3}});
  CHECK(found({1, 2, 1, 2, 1, 2}) == all{{1, 4}});
  // the longest for each token
  CHECK(found({3, 9, 2, 3, 9, 1, 2, 3}) == all{{9, 2}});
}

TEST_CASE("dry: breakers end repetitions and are never part of one") {
  using all = std::map<token, std::uint32_t>;
  CHECK(found({1, 2, 3, 9, 1, 2, 3}, {2}) == all{{9, 1}});
  CHECK(found({1, 2, 3, 9, 1, 2, 3}, {2}, 2).empty());
  CHECK(found({1, 2, 3, 9, 1, 2, 3}, {3}).empty());
  CHECK(found({1, 2, 3, 9, 1, 2, 3}, {9}).empty());
  CHECK(found({1, 2, 3, 9, 1, 2, 3}, {7}) == all{{9, 3}});
}

TEST_CASE("dry: the same as a comparison of everything with everything") {
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    const unsigned n_ids = 1 + random() % 4;
    std::vector<token> seen(random() % 40);
    for (token& t : seen) t = static_cast<token>(random() % n_ids);
    std::vector<token> breakers;
    if (random() % 2) breakers.push_back(static_cast<token>(random() % n_ids));
    const std::size_t least = 1 + random() % 3;
    CHECK(found(seen, breakers, least) == expected(seen, breakers, least));
  }
}
