// Replies: whatever the format and however a reply is cut, nothing is lost and its parts are the same.
#include "reply/replies.hpp"

using namespace retort;

namespace {

constexpr auto n_formats = static_cast<unsigned>(reply_format::command_r) + 1;
constexpr auto n_thoughts = static_cast<unsigned>(thought_format::cohere_text) + 1;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in(data, size);
  reply_settings s;
  s.format = static_cast<reply_format>(in.byte() % n_formats);
  s.thoughts = static_cast<thought_format>(in.byte() % n_thoughts);
  const std::uint8_t how = in.byte(), more = in.byte();
  s.start = static_cast<reply_start>(how % 4);
  s.answers = (how & 4) != 0;
  s.goes_on = (how & 8) != 0;
  s.calls = (how & 16) == 0;
  s.one_call = (how & 32) != 0;
  if (how & 64) s.stop = {"STOP", "\n\n\n"};
  if (more & 1) s.longest_call = 64;
  s.tools_json = R"([{"type": "function", "function": {"name": "sum", "parameters": {"type": "object", "properties": {
    "a": {"type": "integer"}, "b": {"type": "array"}, "c": {"type": "string"}}}}}])";
  const bool at_limit = (more & 2) != 0;
  fuzz::random dice(in.take<std::uint16_t>());
  const std::string text(in.rest());
  const auto whole = replies::feed(text, s, [&] { return std::max<std::size_t>(text.size(), 1); }, at_limit);
  HOLDS(whole.raw == text);
  const auto same = [&](const replies::outcome& cut) {
    HOLDS(cut.raw == text);
    HOLDS(cut == whole);
  };
  same(replies::feed(text, s, [] { return std::size_t{1}; }, at_limit));
  for (int i = 0; i < 2; ++i) same(replies::feed(text, s, [&] { return 1 + dice.below(9); }, at_limit));
  return 0;
}

fuzz::corpus fuzz::seeds() {
  corpus c;
  const auto put = [&c](unsigned format, unsigned thoughts, const std::string& text) {
    c.inputs.push_back(std::string{static_cast<char>(format), static_cast<char>(thoughts), '\0', '\0', '\1', '\2'} +
                       text);
  };
  for (const detail::reply::call_syntax& row : detail::reply::call_syntaxes) {
    const std::string text = std::string(row.begins) + std::string(row.call_begin) + "sum" +
                             std::string(row.name_begin) +
                             R"({"name": "sum", "arguments": {"a": 1, "b": [2], "c": "x\n"}})" +
                             std::string(row.call_end) + std::string(row.block_end);
    const auto format = static_cast<unsigned>(&row - detail::reply::call_syntaxes);
    put(format, 0, "<think>\nhm\n</think>\n\nYes. " + text);
    put(format, format % n_thoughts, text + text + " STOP");
    put(format, 0, text.substr(0, text.size() / 2) + "\"x\\");
    for (const std::string_view word : {row.begins, row.also_begins, row.call_begin, row.name_begin, row.block_end,
                                        row.call_end, row.header_begins[0], row.header_begins[1], row.message_ends[0]})
      if (!word.empty()) c.words.emplace_back(word);
  }
  for (const detail::reply::thought_syntax& t : detail::reply::thought_syntaxes)
    for (const std::string_view word : {t.begin, t.end, t.answer_begin, t.answer_end})
      if (!word.empty()) c.words.emplace_back(word);
  for (const char* word :
       {"{\"name\": \"sum\", ", "\"arguments\": {", "\"parameters\": {", "}}", "```json\n", "\n```", "<function=sum>",
        "</function>", "<parameter=a>", "</parameter>", "<arg_key>a</arg_key>", "<arg_value>1</arg_value>", "\n\n\n",
        "STOP", "</think>", "sum(a=1, c='x')", "\\u00e9", "é😀"})
    c.words.push_back(word);
  return c;
}
