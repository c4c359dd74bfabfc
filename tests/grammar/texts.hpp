// Texts for and against what a schema, a pattern or a format says.
#pragma once

#include "catch.hpp"

#include <string>
#include <vector>

namespace words {

struct sample {
  const char* what;
  std::vector<std::string> good, bad;
};

/// `accepts_of(what)` makes a predicate of texts.
template <class F>
void check_texts(const std::vector<sample>& samples, F accepts_of) {
  for (const sample& s : samples) {
    INFO(s.what);
    const auto accepts = accepts_of(s.what);
    for (const auto& text : s.good) {
      INFO(text);
      CHECK(accepts(text));
    }
    for (const auto& text : s.bad) {
      INFO(text);
      CHECK_FALSE(accepts(text));
    }
  }
}

}  // namespace words
