// What every program here does: load the tiny model and generate from it.
#pragma once

#include "tiny_model.hpp"

#include <retort/retort.hpp>

namespace {

/// Ids generated greedily, or what went wrong.
std::string generate(const retort::model& m) {
  const auto run = [&]() -> retort::result<std::string> {
    RETORT_TRY(retort::session s, retort::session::make(m, {.context = 64}));
    const retort::token prompt[] = {1, 5, 9, 2, 6};
    RETORT_CHECK(s.sync(prompt));
    std::string ids;
    for (int i = 0; i < 12; ++i) {
      RETORT_CHECK(s.step());
      const std::span<float> logits = s.logits();
      std::size_t best = 0;
      for (std::size_t t = 0; t < logits.size(); ++t) {
        // By bits: under -ffast-math a NaN compares as the compiler likes.
        std::uint32_t bits = 0;
        std::memcpy(&bits, &logits[t], 4);
        if ((bits & 0x7f800000u) == 0x7f800000u) return retort::error{retort::errc::limit, "a logit is not finite"};
        if (logits[t] > logits[best]) best = t;
      }
      ids += (i ? " " : "") + std::to_string(best);
      RETORT_CHECK(s.push(static_cast<retort::token>(best)));
    }
    return ids;
  };
  auto ids = run();
  return ids ? *ids : "error: " + ids.error().what;
}

std::string generate() {
  const std::vector<std::byte> file = tiny_model::bytes();
  const auto m = retort::model::view(file, "tiny");
  return m ? generate(*m) : "error: " + m.error().what;
}

}  // namespace
