#include "catch.hpp"

#include <retort/deepseek/stop.hpp>

#include <random>

using retort::detail::api::stop_search;

namespace {

struct searched {
  std::string text;
  std::optional<std::string> found;
  bool operator==(const searched&) const = default;
};

/// With the text cut at every multiple of `step`.
searched search(const std::vector<std::string>& stops, const std::string& text, std::size_t step) {
  stop_search s(stops);
  searched out;
  for (std::size_t at = 0; at < text.size(); at += step) out.text += s.feed(text.substr(at, step));
  out.text += s.flush();
  out.found = s.found();
  return out;
}

}  // namespace

TEST_CASE("stop: a text ends before the first of the texts, however it is cut") {
  for (std::size_t step = 1; step < 12; ++step) {
    INFO(step);
    CHECK(search({}, "all of it", step) == searched{"all of it", {}});
    CHECK(search({"x"}, "all of it", step) == searched{"all of it", {}});
    CHECK(search({"of"}, "all of it", step) == searched{"all ", "of"});
    CHECK(search({"it.", "of no"}, "all of it", step) == searched{"all of it", {}});
    CHECK(search({"\n\n", "it"}, "all\nof it\n\n", step) == searched{"all\nof ", "it"});
    CHECK(search({"aab"}, "aaab", step) == searched{"a", "aab"});
    CHECK(search({"aaab"}, "aabaaab", step) == searched{"aab", "aaab"});
    CHECK(search({"é"}, "caf\xc3\xa8 caf\xc3\xa9!", step) == searched{"caf\xc3\xa8 caf", "é"});
  }
}

TEST_CASE("stop: nothing that could not become one of the texts is held back") {
  stop_search s({"END"});
  CHECK(s.feed("some") == "some");
  CHECK(s.feed(" EN") == " ");
  CHECK(s.feed("VY E") == "ENVY ");
  CHECK(s.feed("N") == "");
  CHECK(s.feed("D and more") == "");
  CHECK(s.found() == "END");
  CHECK(s.feed("END") == "");
  CHECK(s.flush() == "");
}

TEST_CASE("stop: as a search in the whole text") {
  std::mt19937 random(9);
  for (int i = 0; i < 3000; ++i) {
    const auto word = [&](std::size_t n) {
      std::string w;
      for (std::size_t k = 0; k < n; ++k) w += static_cast<char>('a' + random() % 2);
      return w;
    };
    const std::vector<std::string> stops = {word(1 + random() % 6), word(2 + random() % 6)};
    const std::string text = word(random() % 20);
    std::size_t first = std::string::npos;
    for (const std::string& s : stops) first = std::min(first, text.find(s));
    const searched found = search(stops, text, 1 + random() % 4);
    CHECK(found.text == text.substr(0, first));
    CHECK(found.found.has_value() == (first != std::string::npos));
  }
}
