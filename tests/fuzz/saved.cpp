// Saved sessions: a valid one with edits and, if need be, its checksum put right. It is restored, or nothing changes.
#include "fuzz/tiny.hpp"

#include <retort/model/model.hpp>

using namespace retort;

namespace {

constexpr std::size_t context = 48;

session open() {
  auto s = session::make(fuzz::some_model(), fuzz::options(context));
  HOLDS(s);
  return std::move(*s);
}
std::vector<std::byte> valid() {
  session s = open();
  HOLDS(s.sync(tiny::tokens(5)));
  HOLDS(s.step());
  auto bytes = s.save();
  HOLDS(bytes);
  return *bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::byte> good = valid();
  static session s = open();
  static const std::vector<token> mine = {1, 2, 3};
  fuzz::reader in(data, size);
  std::vector<std::byte> state = good;
  const std::uint8_t how = in.byte();
  if (how & 1) state.resize(in.take<std::uint16_t>() % (2 * good.size()));
  if (how & 2) state.assign(fuzz::bytes_of(in.rest()).begin(), fuzz::bytes_of(in.rest()).end());
  while (!(how & 2) && !in.empty() && !state.empty()) {
    // Most places are numbers of the cache, which may be anything: the head and the tokens are what counts.
    const auto at = in.take<std::uint16_t>() % (how & 4 ? state.size() : std::min<std::size_t>(state.size(), 72));
    state[at] = static_cast<std::byte>(in.byte());
  }
  if ((how & 8) && state.size() >= 8) {
    detail::digest d;
    d.add(state.data(), state.size() - 8);
    const std::uint64_t sum = d.value();
    std::memcpy(state.data() + state.size() - 8, &sum, 8);
  }
  HOLDS(s.sync(mine));
  HOLDS(s.step());
  const auto r = s.restore(state);
  if (!r) {
    HOLDS(!r.error().what.empty());
    HOLDS(std::equal(mine.begin(), mine.end(), s.tokens().begin(), s.tokens().end()));
    HOLDS(s.n_computed() == 3 && s.logits().size() == tiny::n_vocab);
    return 0;
  }
  HOLDS(s.tokens().size() <= context && s.n_computed() == s.tokens().size());
  const auto again = s.save();
  HOLDS(again && *again == state);
  if (s.tokens().size() < context) {
    HOLDS(s.push(7));
    HOLDS(s.step());
    HOLDS(s.logits().size() == tiny::n_vocab);
  }
  return 0;
}

fuzz::corpus fuzz::seeds() {
  const auto edit = [](std::uint8_t how, std::uint16_t at, std::uint8_t value) {
    return std::string{static_cast<char>(how), static_cast<char>(at & 255), static_cast<char>(at >> 8),
                       static_cast<char>(value)};
  };
  corpus c;
  c.inputs = {std::string(1, '\0'), edit(8, 24, 4),   edit(8, 24, 5), edit(8, 40, 0),
              edit(8, 48, 9),       edit(12, 300, 1), edit(9, 60, 0)};
  return c;
}
