// Regular expressions: compiled, and followed by texts that are then accepted byte by byte.
#include "fuzz/walk.hpp"

using namespace retort;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in(data, size);
  const std::uint8_t how = in.byte();
  fuzz::random dice(in.take<std::uint16_t>());
  const auto& v = fuzz::vocabulary(how);
  const auto c = words::try_regex(in.rest(), v);
  if (!c) {
    HOLDS(!c.error().what.empty());
    return 0;
  }
  const auto by_bytes = words::try_regex(in.rest());
  HOLDS(by_bytes);  // which can write everything
  for (int run = 0; run < 2; ++run)
    if (const auto text = fuzz::walk(*c, v, dice)) HOLDS(fuzz::takes(*by_bytes, *text));
  return 0;
}

fuzz::corpus fuzz::seeds() {
  corpus c;
  for (const char* pattern : {"[a-c]+x?", "^(?:ab|a(b|c)*)$", "\\d{2,4}-\\w+\\s?", "[^\"\\\\\\x00-\\x1f]*",
                              "(a|b|ab)(c|bcd)(d*)", "\\p{L}+\\P{N}", ".*?z{3}", "a{0,1000}", "(?i)abc", "(?=ab)[a-z]+",
                              "(?!x)[w-z]{1,3}", "\\u00e9|\\u{1F600}|[\\u0400-\\u04ff]", "(?<name>q)+", "[[:alpha:]]",
                              "\\bfoo\\b", "", "x{2}{3}", "[\\w.-]+@[\\w-]+\\.[a-z]{2,}"})
    for (const char how : {'\0', '\1', '\3'}) c.inputs.push_back(std::string(1, how) + "\1\2" + pattern);
  c.words = {
      "(?:",   "(?=",     "(?!",         "(?<=", "(?<!",   "(?<n>", "(?i)", "(?i:",   "[^",      "\\d",
      "\\D",   "\\w",     "\\W",         "\\s",  "\\S",    "\\b",   "\\B",  "\\p{L}", "\\P{Lu}", "\\p{Script=Greek}",
      "\\x41", "\\u00e9", "\\u{1F600}",  "\\cA", "\\0",    "\\1",   "{2,}", "{,3}",   "{0,99}",  "*?",
      "+?",    "??",      "[[:digit:]]", "&&",   "\\k<n>", "$",     "^",    "|"};
  return c;
}
