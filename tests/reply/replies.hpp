// Replies taken apart in tests: whole, and cut in many ways, which must change nothing.
#pragma once

#include "catch.hpp"

#include <retort/reply/parser.hpp>

#include <random>

namespace replies {

using namespace retort;

struct outcome {
  parsed_reply parts;
  std::string raw, cut_text, cut_name, hidden;
  std::vector<std::string> told;  ///< calls as they were told of while they were written: name, id and arguments
  std::vector<std::string> lost;  ///< those that were none in the end
  bool operator==(const outcome& o) const {
    if (parts.calls.size() != o.parts.calls.size()) return false;
    for (std::size_t i = 0; i < parts.calls.size(); ++i)
      if (parts.calls[i].id != o.parts.calls[i].id || parts.calls[i].name != o.parts.calls[i].name ||
          parts.calls[i].arguments != o.parts.calls[i].arguments)
        return false;
    return parts.thought == o.parts.thought && parts.answer == o.parts.answer && cut_text == o.cut_text &&
           cut_name == o.cut_name && hidden == o.hidden && parts.thought_open == o.parts.thought_open &&
           parts.call_cut == o.parts.call_cut && parts.stopped == o.parts.stopped;
  }
};

/// Feeds pieces whose sizes `next` gives. Every event's text must be whole UTF-8 if the input is; what is told of a
/// call while it is written is the beginning of the call.
template <class Next>
outcome feed(const std::string& text, reply_settings settings, Next next, bool at_limit = false) {
  outcome o;
  settings.parts = true;
  reply_parser parser(settings);
  const bool valid = detail::utf8::valid_prefix(text) == text.size();
  std::optional<tool_call> open;
  const auto take = [&](const reply_event& e) {
    using kind = reply_event::kind;
    o.raw += e.raw;
    if (valid && detail::utf8::valid_prefix(e.text) != e.text.size()) FAIL("half a character");
    switch (e.is) {
      case kind::thought: o.parts.thought += e.text; break;
      case kind::answer: o.parts.answer += e.text; break;
      case kind::call_begin:
        REQUIRE_FALSE(open);
        open = *e.call;
        break;
      case kind::arguments:
        REQUIRE(open);
        REQUIRE(e.call->name == open->name);
        open->arguments += e.text;
        break;
      case kind::lost_call:
        REQUIRE(open);
        o.lost.push_back(open->name);
        open.reset();
        break;
      case kind::call:
        REQUIRE(open);
        REQUIRE(open->id == e.call->id);
        REQUIRE(open->name == e.call->name);
        REQUIRE(open->arguments == e.call->arguments);
        o.told.push_back(open->name + open->arguments);
        open.reset();
        REQUIRE(detail::is_json_object(e.call->arguments));
        o.parts.calls.push_back(*e.call);
        break;
      case kind::cut_call:
        open.reset();
        o.cut_text += e.text;
        o.cut_name = e.call->name;
        break;
      case kind::hidden: o.hidden += e.raw; break;
    }
    if (open && (e.is == kind::thought || e.is == kind::answer)) FAIL("text inside a call");
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = std::min<std::size_t>(next(), text.size() - at);
    parser.feed(std::string_view(text).substr(at, n), take);
    at += n;
  }
  parser.finish(take, at_limit);
  REQUIRE_FALSE(open);
  o.parts.thought_open = parser.in_thought();
  o.parts.call_cut = parser.call_was_cut();
  o.parts.stopped = parser.stopped();
  return o;
}

/// Whole, in ones, in every pair of pieces and in random ones: always the same, and nothing lost.
inline outcome parse(const std::string& text, const reply_settings& settings, bool at_limit = false) {
  const outcome whole = feed(text, settings, [&] { return text.size(); }, at_limit);
  REQUIRE(whole.raw == text);
  const auto same = [&](const outcome& cut) {
    CAPTURE(text, whole.parts.answer, cut.parts.answer, whole.parts.thought, cut.parts.thought, whole.hidden,
            cut.hidden, whole.cut_text, cut.cut_text);
    REQUIRE(cut.raw == text);
    REQUIRE(cut == whole);
  };
  for (std::size_t n : {1, 2, 3, 7}) same(feed(text, settings, [&] { return n; }, at_limit));
  for (std::size_t first = 1; first < text.size(); ++first) {
    std::size_t n = first;
    same(feed(text, settings, [&] { return std::exchange(n, text.size()); }, at_limit));
  }
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) same(feed(text, settings, [&] { return 1 + random() % 9; }, at_limit));
  return whole;
}

inline reply_settings with(reply_format format, reply_start start = reply_start::open) {
  reply_settings s;
  s.format = format;
  s.start = start;
  return s;
}

}  // namespace replies
