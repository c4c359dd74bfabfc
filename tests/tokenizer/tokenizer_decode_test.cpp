#include "catch.hpp"
#include "tokenizer/fixtures.hpp"

using namespace retort;
using ids = std::vector<token>;

namespace {

/// Every byte is a token; after them an end token and a user-defined one.
tokenizer bytes_only() {
  fixtures::trained t = fixtures::train("", 0);
  t.add_special("<|end|>", token_type::control);
  t.add_special("ö", token_type::user_defined);
  return std::move(tokenizer::make(t.words("gpt-2")).value());
}

ids bytes_of(std::string_view text) {
  ids out;
  for (char c : text) out.push_back(static_cast<unsigned char>(c));
  return out;
}

}  // namespace

TEST_CASE("text/decoder: gives whole characters only, and all of them") {
  const tokenizer from = bytes_only();
  const std::string text = "aé的🔥z";
  decoder stream(from);
  std::string out, raw;
  for (token id : bytes_of(text)) {
    const std::string_view piece = stream.push(id);
    CHECK(detail::utf8::valid_prefix(piece) == piece.size());
    CHECK(stream.pending() < 4);
    out += piece;
    raw += stream.raw();
    CHECK(out == text.substr(0, out.size()));
    CHECK(out.size() + stream.pending() == raw.size());
  }
  CHECK(stream.flush().empty());
  CHECK(out == text);
  CHECK(raw == text);
}

TEST_CASE("text/decoder: malformed bytes become U+FFFD as soon as that is certain") {
  const tokenizer from = bytes_only();
  const std::string bad = "\xEF\xBF\xBD";
  decoder stream(from);
  CHECK(stream.push(0xF0) == "");
  CHECK(stream.push(0x9F) == "");
  CHECK(stream.push('a') == bad + "a");
  CHECK(stream.push(0x80) == bad);
  CHECK(stream.push(0xE2) == "");
  CHECK(stream.push(0xE2) == bad);
  CHECK(stream.push(0x82) == "");
  CHECK(stream.flush() == bad);
  CHECK(stream.pending() == 0);
  CHECK(from.decode(bytes_of("\xC0\x80x\xF0\x9F")) == bad + bad + "x" + bad);
}

TEST_CASE("text/decoder: control tokens are left out unless asked for") {
  const tokenizer from = bytes_only();
  const ids list{'a', 256, 257, 0xC3, 256, 0xA9};
  CHECK(from.decode(list) == "aöé");  // a control token does not break a character in two
  CHECK(from.decode(list, true) == "a<|end|>ö\xEF\xBF\xBD<|end|>\xEF\xBF\xBD");
  CHECK(from.decode(ids{'a', -7, 100000, 'b'}) == "ab");
}

TEST_CASE("text/decoder: streaming equals decoding at once, for any tokens") {
  const tokenizer from = bytes_only();
  std::mt19937 random(12);
  for (int i = 0; i < 3000; ++i) {
    ids list;
    std::string raw;
    for (unsigned n = static_cast<unsigned>(random() % 30); n > 0; --n) {
      const unsigned hard[] = {0xF0, 0x9F, 0x80, 0xE2, 0xED, 0xA0, 0xF4, 0x90, 0xC3, 'a'};
      list.push_back(static_cast<token>(random() % 2 ? hard[random() % 10] : random() % 256));
      raw += static_cast<char>(static_cast<unsigned char>(list.back()));
    }
    decoder stream(from);
    std::string out, want;
    for (token id : list) out += stream.push(id);
    out += stream.flush();
    detail::utf8::append_valid(want, raw);
    REQUIRE(out == want);
    REQUIRE(from.decode(list) == want);
  }
}
