// What the shapes of calls write, the reader reads back: every row of the table under random choice.
#include "grammar/vocabularies.hpp"
#include "reply/replies.hpp"

#include <retort/reply/shape.hpp>

using namespace retort;
using namespace replies;

namespace {

using detail::json;

json parsed(std::string_view text) { return detail::parse_json(text).value(); }

/// All bytes, and the marks of all formats as control tokens or not at all.
words::vocabulary_of_words vocabulary_with(bool marks) {
  std::vector<std::string> controls;
  const auto add = [&](std::string_view s) {
    for (std::size_t at = 0; marks && at < s.size(); ++at) {
      const std::size_t end = s[at] == '<' ? s.find('>', at + 1) : s[at] == '[' ? s.find(']', at + 1) : s.npos;
      if (end == s.npos) continue;
      const std::string mark(s.substr(at, end + 1 - at));
      if (mark.find("name=") == mark.npos && std::find(controls.begin(), controls.end(), mark) == controls.end())
        controls.push_back(mark);
    }
  };
  for (const auto& row : detail::reply::call_syntaxes)
    for (const std::string_view s : {row.begins, row.also_begins, row.block_end, row.call_begin, row.call_end, row.kind,
                                     row.name_end, row.quote, row.key_end, row.value_open, row.value_end,
                                     row.name_begin, row.header_begins[0], row.text_header, row.message_ends[0]})
      add(s);
  words::vocabulary_of_words v;
  vocabulary from;
  std::vector<std::string> written;
  for (const std::string& t : words::all_bytes()) written.push_back(words::in_alphabet(t));
  from.types.assign(written.size(), token_type::normal);
  written.insert(written.end(), controls.begin(), controls.end());
  written.emplace_back("<end>");
  from.types.resize(written.size(), token_type::control);
  for (const auto& w : written) from.texts.push_back(w);
  v.end = static_cast<token>(written.size() - 1);
  words::compile(from, v);
  return v;
}

const char* const tools = R"([
  {"type": "function", "function": {"name": "sow", "parameters": {"type": "object", "additionalProperties": false,
    "required": ["seed", "rows"], "properties": {"seed": {"type": "string"}, "rows": {"type": "integer", "minimum": 1,
    "maximum": 40}, "wet": {"type": "boolean"}, "bed": {"type": "object", "additionalProperties": false,
    "properties": {"at": {"enum": ["north", "south", null]}}}, "days": {"type": "array", "maxItems": 3, "items": {"type":
    "string", "maxLength": 5}}}}}},
  {"type": "function", "function": {"name": "reap"}}])";

bool is_valid(const tool_call& call) {
  const json a = parsed(call.arguments);
  if (call.name == "reap") return a == json::object();
  if (call.name != "sow" || !a.is_object() || !a.contains("seed") || !a.contains("rows")) return false;
  for (const auto& [key, value] : a.items()) {
    const auto is_day = [](const json& d) { return d.is_string(); };
    const bool right = key == "seed"   ? value.is_string()
                       : key == "rows" ? value.is_number_integer() && value.get<int>() >= 1 && value.get<int>() <= 40
                       : key == "wet"  ? value.is_boolean()
                       : key == "bed"  ? value.is_object() && (value.empty() || value["at"] == "north" ||
                                                              value["at"] == "south" || value["at"].is_null())
                       : key == "days" ? value.is_array() && std::all_of(value.begin(), value.end(), is_day)
                                       : false;
    if (!right) return false;
  }
  return true;
}

/// A text that a shape allows, chosen at random, and as long as `budget` lets it be.
std::string random_text(const detail::grammar& g, const words::vocabulary_of_words& v, std::mt19937& random,
                        std::size_t budget) {
  auto impl = detail::constraint_impl::make(g, *v.text, v.trie);
  if (!impl) FAIL(impl.error().what);
  detail::matcher_impl m(*impl);
  std::string out;
  for (; budget > 0 && !m.now.empty(); --budget) {
    const auto mask = m.allowed(budget);
    std::vector<token> all;
    for (std::size_t i = 0; i < v.size(); ++i)
      if (mask[i / 64] >> i % 64 & 1) all.push_back(static_cast<token>(i));
    REQUIRE_FALSE(all.empty());
    const token t = all[random() % all.size()];
    REQUIRE(m.accept(t));
    if (v.text->is_end(t)) break;
    out += v.text->bytes(t);
  }
  REQUIRE((m.complete || m.ended || m.now.empty()));
  return out;
}

reply_settings reading(reply_format f) {
  auto s = with(f, detail::reply::syntax_of(f).header_end.empty() ? reply_start::answer : reply_start::open);
  s.answers = true;
  s.tools_json = tools;
  return s;
}

}  // namespace

TEST_CASE("reply shapes: what they write is read back, with arguments that satisfy the schemas") {
  std::mt19937 random(11);
  for (const bool marks : {true, false}) {
    const auto v = vocabulary_with(marks);
    for (const auto& row : detail::reply::call_syntaxes) {
      if (row.is == reply_format::plain) continue;
      for (const bool must : {true, false}) {
        detail::tool_shape_maker maker(*v.text, {row.is, thought_format::think}, {{}, must, true, true});
        auto g = maker.make(parsed(tools));
        if (!g) FAIL(g.error().what);
        std::size_t n_calls = 0;
        for (int round = 0; round < 25; ++round) {
          const std::string text = random_text(*g, v, random, 300 + random() % 300);
          CAPTURE(static_cast<int>(row.is), marks, must, text);
          const outcome o = feed(text, reading(row.is), [&] { return text.size(); });
          REQUIRE(o.raw == text);
          REQUIRE_FALSE(o.parts.call_cut);
          REQUIRE(o.lost.empty());
          for (const tool_call& c : o.parts.calls) {
            CAPTURE(c.name, c.arguments);
            REQUIRE(is_valid(c));
          }
          if (must) REQUIRE_FALSE(o.parts.calls.empty());
          if (must) REQUIRE(o.parts.answer.empty());
          n_calls += o.parts.calls.size();
        }
        if (must) REQUIRE(n_calls >= 25);
      }
    }
  }
}

TEST_CASE("reply shapes: one tool, one call at a time") {
  std::mt19937 random(3);
  const auto v = vocabulary_with(true);
  for (const auto& row : detail::reply::call_syntaxes) {
    if (row.is == reply_format::plain) continue;
    for (const bool named : {true, false}) {
      detail::tool_shape_maker maker(*v.text, {row.is}, {named ? "reap" : "", true, true, false});
      auto g = maker.make(parsed(tools));
      if (!g) FAIL(g.error().what);
      for (int round = 0; round < 10; ++round) {
        const std::string text = random_text(*g, v, random, 300);
        CAPTURE(static_cast<int>(row.is), text);
        const outcome o = feed(text, reading(row.is), [&] { return text.size(); });
        REQUIRE(o.parts.calls.size() == 1);
        REQUIRE((!named || o.parts.calls[0].name == "reap"));
      }
    }
  }
}

TEST_CASE("reply shapes: what a format cannot keep is refused by name, unless it need not be kept") {
  const auto v = vocabulary_with(true);
  const json bounded = parsed(R"([{"function": {"name": "f", "parameters": {"type": "object", "properties":
    {"p": {"type": "string", "maxLength": 3}}}}}])");
  const json either = parsed(R"([{"function": {"name": "f", "parameters": {"type": "object", "properties": {"p": {}},
    "anyOf": [{"required": ["p"]}]}}}])");
  for (const reply_format f :
       {reply_format::qwen_coder, reply_format::glm, reply_format::minimax, reply_format::seed}) {
    const auto make = [&](const json& of, bool strict) {
      return detail::tool_shape_maker(*v.text, {f}, {{}, true, strict, true}).make(of);
    };
    CAPTURE(static_cast<int>(f));
    REQUIRE_FALSE(make(bounded, true));
    CHECK(make(bounded, true).error().code == errc::unsupported);
    CHECK(make(bounded, true).error().what.find("\"p\"") != std::string::npos);
    CHECK(make(bounded, false));
    REQUIRE_FALSE(make(either, true));
    CHECK(make(either, true).error().what.find("anyOf") != std::string::npos);
    CHECK(make(either, false));
  }
  CHECK(detail::tool_shape_maker(*v.text, {}, {}).make(bounded).error().code == errc::unsupported);
}
