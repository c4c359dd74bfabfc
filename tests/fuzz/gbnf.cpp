// Grammars in GBNF: compiled, and followed.
#include "fuzz/walk.hpp"

using namespace retort;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in(data, size);
  const std::uint8_t how = in.byte();
  fuzz::random dice(in.take<std::uint16_t>());
  const auto& v = fuzz::vocabulary(how);
  const auto c = words::try_gbnf(in.rest(), v);
  if (!c) {
    HOLDS(!c.error().what.empty());
    return 0;
  }
  for (int run = 0; run < 2; ++run) static_cast<void>(fuzz::walk(*c, v, dice));
  return 0;
}

fuzz::corpus fuzz::seeds() {
  corpus c;
  for (const char* grammar :
       {"root ::= \"a\" | \"b\" root", "root ::= pair (\",\" pair)*\npair ::= [a-z]+ \"=\" [0-9]{1,3} # a comment\n",
        "root ::= value\nvalue ::= \"[\" (value (\",\" value)*)? \"]\" | \"1\"",
        "root ::= [^\\x00-\\x1f\"\\\\]* \"\\\"\" \"\\u00e9\"",
        "root ::= (\"x\" | (\"y\" \"z\")?){2,5} .\nws ::= [ \\t\\n]*", "root ::= <[3]> \"a\" !<[4]>",
        "root ::= a b\na ::= \"q\"?\nb ::= a a \"r\"", "root ::= <end> | \"k\"+"})
    for (const char how : {'\0', '\1', '\3'}) c.inputs.push_back(std::string(1, how) + "\1\2" + grammar);
  c.words = {"root ::= ", "::=",     "\"\\\"\"",    "[^", "[a-z]", "{2}", "{1,3}", "{0,}", "<[5]>", "!<[5]>", "<end>",
             "\\x41",     "\\u00e9", "\\U0001F600", "\n", "#",     " | ", "(",     ")*",   ")+",    ")?",     "."};
  return c;
}
