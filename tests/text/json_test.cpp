// JSON values: how they are built, looked into and freed; what is read and what is written, beside nlohmann's library.
#include "catch.hpp"
#include "faults/failing_new.hpp"

#include <retort/text/json_reader.hpp>
#include <retort/text/json_writer.hpp>

#include <nlohmann/json.hpp>

#include <random>

using namespace retort;
using detail::dump;
using detail::json;

// ---- memory that runs out ----

namespace {
/// Does something that needs memory with none left after 0, 1, 2, ... allocations, until it goes well.
template <class F, class Check>
void with_too_little_memory(F what, Check still_right) {
  for (long k = 0;; ++k) {
    const long before = failing::live;
    bool failed = false;
    failing::arm(k + 1, true);
    try {
      what();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    failing::disarm();
    if (!failed) {
      REQUIRE(k > 0);
      return;
    }
    REQUIRE(failing::live.load() == before);
    still_right();
  }
}

json parsed(std::string_view text) { return detail::parse_json(text).value(); }

const char* const garden =
    R"({"beds":[{"name":"north","rows":4,"wet":true},{"name":"a bed whose name is longer than any short string",)"
    R"("rows":-2,"seeds":["leek","kale",null,1.5]}],"empty":{},"none":[],"deep":[[[[{"x":[]}]]]]})";

json with_members(std::size_t n) {
  json j;
  for (std::size_t i = 0; i < n; ++i) j["member number " + std::to_string(i * 7919 % n)] = i;
  return j;
}

}  // namespace

TEST_CASE("json: values are what they were made of, and nothing else") {
  CHECK(json().is_null());
  CHECK(json(true).get<bool>());
  CHECK(json(-3).get<int>() == -3);
  CHECK((json(3).is_number_integer() && !json(3).is_number_unsigned() && json(3u).is_number_unsigned()));
  CHECK(json(UINT64_MAX).get<std::uint64_t>() == UINT64_MAX);
  CHECK(json(0.5f).get<double>() == 0.5);
  CHECK(json("leek").text() == "leek");
  CHECK(json(std::string_view("le\0ek", 5)).text().size() == 5);
  CHECK(json(std::vector<int>{1, 2}) == json::array({1, 2}));
  // asked for what they are not
  CHECK(json("4").get<int>() == 0);
  CHECK_FALSE(json(1).get<bool>());
  CHECK(json(1).get<std::string>().empty());
  CHECK(json(1e300).get<int>() == 0);
  CHECK((json(2.9).get<int>() == 2 && json(-1e18).get<std::int64_t>() == -1000000000000000000));
  CHECK((json(1).get_ptr<const std::uint64_t*>() == nullptr && *json(1u).get_ptr<const std::uint64_t*>() == 1));
  CHECK((json(1).find("x") == nullptr && json(1)["x"].is_null() && !json::array({"x"}).contains("x")));
  for (const json& none : {json(), json(7), json("s"), json::object()}) CHECK(none.begin() == none.end());
  for (const json& none : {json(), json(7), json::array({1})}) CHECK(none.items().begin() == none.items().end());
  CHECK((json().empty() && json::array().empty() && json::object().empty() && json("").size() == 1));
}

TEST_CASE("json: braces make objects of pairs, and arrays of everything else") {
  const json j = {{"role", "user"}, {"tags", {"a", 2, nullptr}}, {"more", {{"k", json::array()}, {"l", {{"m", 1}}}}}};
  CHECK(dump(j) == R"({"role":"user","tags":["a",2,null],"more":{"k":[],"l":{"m":1}}})");
  CHECK(dump(json{{"a", 1}, {"b"}}) == R"([["a",1],["b"]])");
  CHECK(dump(json::array({{"a", 1}, {"b", 2}})) == R"([["a",1],["b",2]])");
  CHECK(dump(json::array({json{{"a", 1}}})) == R"([{"a":1}])");
  CHECK(dump(json{{"a", 1}, {"b", 2}, {"a", 3}}) == R"({"a":3,"b":2})");
  json moved = "a text that is too long to be kept in place";
  const char* const at = moved.text().data();
  const json taken = {{"k", std::move(moved)}};
  CHECK((moved.is_null() && taken["k"].text().data() == at));
}

TEST_CASE("json: members keep their order, however many there are") {
  for (const std::size_t n : {std::size_t{3}, std::size_t{16}, std::size_t{17}, std::size_t{500}}) {
    json j = with_members(n);
    REQUIRE(j.size() == n);
    std::size_t i = 0;
    for (const auto& [key, value] : j.items()) {
      CHECK(key == "member number " + std::to_string(i * 7919 % n));
      CHECK(value == i++);
      CHECK(j.find(key) == &value);
    }
    json copy = j;
    CHECK(copy == j);
    copy["member number 1"] = "changed";
    CHECK((copy.size() == n && copy != j));
    // erased down to few and grown again
    for (std::size_t k = 0; k < n; k += 2) CHECK(j.erase("member number " + std::to_string(k)));
    CHECK_FALSE(j.erase("member number 0"));
    CHECK((j.size() == n / 2 && !j.contains("member number 0") && j.contains("member number 1")));
    j.update(copy);
    CHECK(j.size() == n);
    CHECK(j["member number 1"] == "changed");
    std::vector<std::string> odd_first;
    for (const auto& [key, value] : j.items()) odd_first.push_back(key);
    CHECK(odd_first[n / 2 - 1].back() % 2 == 1);
    CHECK(odd_first[n / 2].back() % 2 == 0);
  }
}

TEST_CASE("json: values are changed in place") {
  json j;
  j["a"]["b"].push_back(1);
  j["a"]["b"].push_back(2);
  j["a"]["b"].push_back(3);
  json& list = j["a"]["b"];
  list.erase(1);
  CHECK(dump(j) == R"({"a":{"b":[1,3]}})");
  list.erase(list.begin(), list.end());
  CHECK(list.empty());
  j = j["a"];  // a part of itself
  CHECK(dump(j) == R"({"b":[]})");
  j = std::move(j["b"]);
  CHECK(dump(j) == "[]");
  j.push_back(j);
  j.push_back(j);
  CHECK(dump(j) == "[[],[[]]]");
  j["now"] = "an object";
  CHECK(dump(j) == R"({"now":"an object"})");
  j.update({{"now", 1}, {"then", 2}});
  j.update(json());
  CHECK(dump(j) == R"({"now":1,"then":2})");
  CHECK((j.value("then", 0) == 2 && j.value("never", "x") == "x"));
  j.clear();
  CHECK(dump(j) == "{}");
}

TEST_CASE("json: numbers are equal by value, all else by type and content") {
  CHECK((json(1) == json(1u) && json(1) == json(1.0) && json(1u) == 1));
  CHECK((json(-1) != json(UINT64_MAX) && json(UINT64_MAX) == UINT64_MAX));
  CHECK((json(true) != json(1) && json("1") != json(1) && json() != json(0) && json() != json::array()));
  CHECK((json("a") == "a" && json("a") == std::string("a") && json("a") != "b" && json(1) != "1"));
  CHECK(json::array() != json::object());
  CHECK(parsed(garden) == parsed(garden));
  CHECK(parsed(R"({"a":1,"b":2})") != parsed(R"({"b":2,"a":1})"));
  CHECK(parsed("[1,[2,3]]") != parsed("[1,[2,4]]"));
}

TEST_CASE("json: what is freed, moved or erased needs no memory") {
  json many = parsed(garden);
  many["members"] = with_members(100);
  json other = many, spare = many["beds"];
  std::string key = "members";
  {
    json held = std::move(other);
    failing::arm(1, true);
    held["members"].erase("member number 5");
    held.erase(key);
    held["beds"].erase(0);
    held["beds"].clear();
    other = std::move(held);
    held = std::move(spare);
    many = {};
  }
  other = {};
  const bool asked = failing::fired;
  failing::disarm();
  CHECK_FALSE(asked);
}

TEST_CASE("json: nesting costs no stack where values are freed") {
  json j;
  for (int i = 0; i < 1'000'000; ++i) {
    json outer = i % 2 ? json::array() : json::object();
    i % 2 ? outer.push_back(std::move(j)) : void(outer["k"] = std::move(j));
    j = std::move(outer);
  }
  const long live = failing::live;
  j = {};
  CHECK(failing::live.load() < live - 1'000'000);
}

TEST_CASE("json: where memory runs out, all values stay as they were") {
  json all = parsed(garden);
  all["members"] = with_members(40);
  const std::string before = dump(all);
  const auto unchanged = [&] { REQUIRE(dump(all) == before); };

  with_too_little_memory([&] { const json copy = all; }, unchanged);
  json target = parsed(garden);
  with_too_little_memory([&] { target = all; }, [&] { REQUIRE(dump(target) == garden); });
  with_too_little_memory([&] { (void)dump(all); }, unchanged);
  with_too_little_memory([&] { (void)detail::parse_json(before); }, unchanged);
  with_too_little_memory([&] { const json made = {{"a", {{"b", "more than fits into a short string"}}}, {"c", all}}; },
                         unchanged);

  for (const std::size_t n : {std::size_t{15}, std::size_t{16}, std::size_t{40}}) {
    json grows = with_members(n);
    const std::string small = dump(grows);
    with_too_little_memory([&] { grows["a new one, with a name of some length"] = 1; },
                           [&] {
                             REQUIRE(dump(grows) == small);
                             REQUIRE(grows.contains("member number 3"));
                           });
    REQUIRE(grows.size() == n + 1);
  }
  json list = json::array({1, 2});
  with_too_little_memory([&] { list.push_back(all); }, [&] { REQUIRE(dump(list) == "[1,2]"); });
}

TEST_CASE("json: texts are read within bounds") {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  CHECK(detail::parse_json(nested(256)));
  CHECK(detail::parse_json(nested(257)).error().code == errc::limit);
  CHECK(detail::parse_json(nested(3), {.depth = 2}).error().what.find("2") != std::string::npos);
  CHECK(detail::parse_json(std::string(100'000, '[')).error().code == errc::limit);
  CHECK(detail::parse_json("[1,{\"a\":2},[]]", {.values = 5}));
  CHECK(detail::parse_json("[1,{\"a\":2},[],3]", {.values = 5}).error().code == errc::limit);
  std::string flood = "[";
  for (int i = 0; i < 1'100'000; ++i) flood += "[],";
  const long live = failing::live;
  const auto r = detail::parse_json(flood + "0]");
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::limit);
  CHECK(failing::live.load() < live + 10);
  CHECK(detail::is_json(flood + "0]"));
  for (const char* bad : {"", " ", "{", "[1,]", "nul", "'a'", "{\"a\":1}}", "1e400", "\"\xff\"", "[1] 2", "01", "+1"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(detail::parse_json(bad));
    CHECK(detail::parse_json(bad).error().code == errc::bad_argument);
    CHECK_FALSE(detail::is_json(bad));
  }
  CHECK_FALSE(detail::is_json(std::string_view("[]\0[]", 5)));
  CHECK_FALSE(detail::is_json(std::string_view("[]\0", 3)));
}

TEST_CASE("json: of members with one name the last counts, in the first one's place") {
  CHECK(dump(parsed(R"({"a":1,"b":{"x":1},"a":[2],"b":{"y":2}})")) == R"({"a":[2],"b":{"y":2}})");
  std::string text = "{", last = "{";
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 40; ++i) {
      text += "\"k" + std::to_string(i) + "\":" + std::to_string(100 * round + i) + ",";
      if (round == 1) last += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":" + std::to_string(100 + i);
    }
  text.back() = '}';
  CHECK(dump(parsed(text)) == last + "}");
}

TEST_CASE("json: numbers are written in the fewest digits that are read back") {
  for (const auto& [x, text] : {std::pair(0.0, "0.0"),
                                {-0.0, "-0.0"},
                                {1.0, "1.0"},
                                {-2.5, "-2.5"},
                                {0.1, "0.1"},
                                {1e14, "100000000000000.0"},
                                {1e15, "1e+15"},
                                {1.5e22, "1.5e+22"},
                                {0.0001, "0.0001"},
                                {0.00001, "1e-05"},
                                {1.25e-7, "1.25e-07"},
                                {5e-324, "5e-324"},
                                {1.7976931348623157e308, "1.7976931348623157e+308"},
                                {1234567.125, "1234567.125"}}) {
    CHECK(dump(x) == text);
    CHECK(parsed(text) == json(x));
    CHECK(std::signbit(parsed(text).get<double>()) == std::signbit(x));
  }
  CHECK((dump(std::nan("")) == "null" && dump(-HUGE_VAL) == "null"));
  CHECK((dump(INT64_MIN) == "-9223372036854775808" && dump(UINT64_MAX) == "18446744073709551615"));
  CHECK((parsed("-9223372036854775808") == INT64_MIN && parsed("18446744073709551615") == UINT64_MAX));
  CHECK(parsed("18446744073709551616").is_number_float());
  CHECK((parsed("7").is_number_unsigned() && !parsed("-7").is_number_unsigned() && parsed("-0") == 0));
  std::mt19937_64 random(4);
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::bit_cast<double>(random());
    if (!std::isfinite(x)) continue;
    const std::string ours = dump(x), theirs = nlohmann::json(x).dump();
    CAPTURE(ours, theirs);
    REQUIRE(parsed(ours) == json(x));
    REQUIRE(ours.size() <= theirs.size());
    if (ours.size() == theirs.size()) REQUIRE(ours.substr(0, ours.size() / 2) == theirs.substr(0, ours.size() / 2));
  }
}

TEST_CASE("json: strings are written so that anyone can read them") {
  CHECK(dump("a\"\\/\b\t\n\f\r\x01\x1f\x7f é") == "\"a\\\"\\\\/\\b\\t\\n\\f\\r\\u0001\\u001f\x7f é\"");
  CHECK(dump("\xc3") == "\"\xef\xbf\xbd\"");
  CHECK(dump({{"\xff", 1}}) == "{\"\xef\xbf\xbd\":1}");
  std::mt19937 random(9);
  const auto same_as_theirs = [](const std::string& s) {
    return dump(s) == nlohmann::json(s).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  for (int i = 0; i < 5'000; ++i) {
    std::string s;
    for (auto n = random() % 12; n > 0; --n) {
      constexpr std::string_view likely = "\xe0\xed\xf0\xf4\xc2\x80\xa0\x9f\xbf\"\\\n a";
      s += random() % 2 ? likely[random() % likely.size()] : static_cast<char>(random() % 256);
    }
    REQUIRE(same_as_theirs(s));
  }
}

// ---- beside nlohmann's library ----

namespace {

/// Random texts: JSON, and JSON with something wrong.
class texts {
 public:
  explicit texts(unsigned seed) : random_(seed) {}
  std::string next() {
    std::string s = value(4);
    for (unsigned n = below(3); n > 0 && !s.empty(); --n) {
      constexpr std::string_view odd = "[]{},:\"\\ 0-+.eEtfn\x01\xc3\xa9\t";
      const std::size_t at = below(static_cast<unsigned>(s.size()));
      const unsigned how = below(6);
      if (how == 0) s.erase(at, 1);
      if (how == 1) s.insert(at, 1, odd[below(odd.size())]);
      if (how == 2) s[at] = odd[below(odd.size())];
    }
    return s;
  }

 private:
  unsigned below(std::size_t n) { return static_cast<unsigned>(random_() % n); }
  std::string space() { return std::string(below(4) == 0 ? 1 : 0, " \n\t\r"[below(4)]); }
  std::string text() {
    constexpr const char* parts[] = {"a",       "é", "\\n", "\\\"", "\\u0041",    "\\ud83d\\ude00", "\\ud83d",
                                     "\\u0000", "/", "\\/", " ",    "\U0001F33F", "kale",           "\\\\"};
    std::string s = "\"";
    for (unsigned n = below(4); n > 0; --n) s += parts[below(std::size(parts))];
    return s + "\"";
  }
  std::string value(unsigned depth) {
    constexpr const char* plain[] = {"0",   "-0",   "1",    "-17",  "1.5",   "1e3",  "1E-2", "12345678901234567890",
                                     "-1.", "0.25", "true", "null", "false", "1e99", "-0.0", "99999999999999999999"};
    const unsigned kind = below(depth > 0 ? 5 : 3);
    if (kind < 2) return space() + plain[below(std::size(plain))] + space();
    if (kind == 2) return space() + text() + space();
    std::string s(1, kind == 3 ? '[' : '{');
    for (unsigned i = 0, n = below(5); i < n; ++i) {
      if (i > 0) s += ",";
      if (kind == 4) s += space() + text() + space() + ":";
      s += value(depth - 1);
    }
    return space() + s + (kind == 3 ? "]" : "}") + space();
  }
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("json: random texts are read and written as nlohmann's library does") {
  texts random(26);
  std::size_t n_read = 0;
  for (int i = 0; i < 3'000; ++i) {
    const std::string text = random.next();
    CAPTURE(text);
    const auto theirs = nlohmann::ordered_json::parse(text, nullptr, false);
    const auto ours = detail::parse_json(text);
    REQUIRE(static_cast<bool>(ours) == !theirs.is_discarded());
    REQUIRE(detail::is_json(text) == !theirs.is_discarded());
    if (!ours) continue;
    ++n_read;
    REQUIRE(dump(*ours) == theirs.dump());
    REQUIRE(parsed(dump(*ours)) == *ours);
  }
  CHECK(n_read > 1'000);
  CHECK(n_read < 2'900);
}
