#include "catch.hpp"
#include "text/tokenizer_fixtures.hpp"

#include <retort/text/stop.hpp>

using namespace retort;
using ids = std::vector<token_id>;

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
  for (token_id id : bytes_of(text)) {
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
      list.push_back(static_cast<token_id>(random() % 2 ? hard[random() % 10] : random() % 256));
      raw += static_cast<char>(static_cast<unsigned char>(list.back()));
    }
    decoder stream(from);
    std::string out, want;
    for (token_id id : list) out += stream.push(id);
    out += stream.flush();
    detail::utf8::append_valid(want, raw);
    REQUIRE(out == want);
    REQUIRE(from.decode(list) == want);
  }
}

TEST_CASE("text/stop: no watched text is given out in parts") {
  stop_watch watch({"</think>", "<tool_call>", "STOP", "OPS"});
  CHECK(watch.push("a < b <") == "a < b ");
  CHECK(watch.push("/th") == "");
  CHECK(watch.push("e") == "</the");
  CHECK_FALSE(watch.found());
  CHECK(watch.push("x</think") == "x");
  CHECK(watch.push(">rest") == "");
  REQUIRE(watch.found());
  CHECK(*watch.found() == 0);
  CHECK(watch.rest() == "rest");
  CHECK(watch.push("more") == "");  // after a find nothing more is given out
  CHECK(watch.rest() == "restmore");
  watch.resume();
  CHECK_FALSE(watch.found());
  CHECK(watch.push("") == "restmore");
  CHECK(watch.push("ST") == "");
  CHECK(watch.flush() == "ST");
}

TEST_CASE("text/stop: a beginning inside a beginning is not lost") {
  stop_watch watch({"aabaaac"});
  CHECK(watch.push("aabaaabaaac!") == "aaba");
  CHECK(watch.found());
  CHECK(watch.rest() == "!");
}

TEST_CASE("text/stop: equals searching the whole text, however it is cut") {
  std::mt19937 random(21);
  const std::vector<std::string> lists[] = {{"aab", "abab", "bb", "baaa"}, {"aabaaa", "", "bbabb"}};
  for (int i = 0; i < 20000; ++i) {
    const std::vector<std::string>& stops = lists[i % 2];
    std::string text;
    for (unsigned n = static_cast<unsigned>(random() % 24); n > 0; --n) text += (i % 2 ? "aab" : "abc")[random() % 3];
    std::size_t first = text.npos, which = 0;
    for (std::size_t k = 0; k < stops.size(); ++k) {
      // the find that ends first counts; of two that end together the longer one
      const std::size_t at = text.find(stops[k]);
      if (at == text.npos || stops[k].empty()) continue;
      const std::size_t end = at + stops[k].size();
      if (first == text.npos || end < first || (end == first && stops[k].size() > stops[which].size())) {
        first = end;
        which = k;
      }
    }
    stop_watch watch(stops);
    std::string out;
    for (std::size_t at = 0; at < text.size() && !watch.found();) {
      const std::size_t n = std::min<std::size_t>(1 + random() % 4, text.size() - at);
      out += watch.push(std::string_view(text).substr(at, n));
      at += n;
    }
    if (first == text.npos) {
      REQUIRE_FALSE(watch.found());
      out += watch.flush();
      REQUIRE(out == text);
    } else {
      REQUIRE(watch.found());
      REQUIRE(*watch.found() == which);
      REQUIRE(out == text.substr(0, first - stops[which].size()));
    }
  }
}
