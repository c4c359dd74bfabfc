// Requests to the API, at every address: always a JSON object or a stream of them, and afterwards the next request is
// answered as ever.
#include "fuzz/tiny.hpp"

#include <retort/text/json_reader.hpp>
#include <retort/text/json_writer.hpp>

using namespace retort;
using detail::json;

namespace {

completions make() {
  completions_options o;
  o.session = fuzz::options(160);
  o.session.reproducible = true;
  o.chat_template =
      "{# <tool_call> </think> #}{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]{{ "
      "m.content }}{% endfor %}[a]";
  o.now = [] { return std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000)); };
  auto c = completions::make(fuzz::some_model(), o);
  HOLDS(c);
  return std::move(*c);
}

/// What a plain question is answered with, without the name of the answer.
std::string plain_answer(completions& c) {
  int status = 0;
  const auto j =
      detail::parse_json(c.complete(R"({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 3, "seed": 5})",
                                    endpoint::chat_completions, &status));
  HOLDS(status == 200 && j && j->is_object());
  return detail::dump(std::as_const(*j)["choices"]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static completions api = make();
  static const std::string known = plain_answer(api);
  static unsigned n = 0;
  fuzz::reader in(data, size);
  const std::uint8_t how = in.byte();
  const auto to = static_cast<endpoint>(how % 5);
  std::size_t n_chunks = 0;
  completions::on_chunk each;
  if (how & 16)
    each = [&](std::string_view chunk) {
      const auto j = detail::parse_json(chunk, {.depth = 4096});
      HOLDS(j && j->is_object());
      HOLDS(!completions::event(chunk, to).empty());
      return ++n_chunks == 6 && (how & 32) != 0 ? flow::stop : flow::go_on;
    };
  HOLDS(api.begin(in.rest(), to, each));
  // As much as there is time for; the rest is cancelled.
  for (int i = 0; api.step(std::chrono::nanoseconds(1)) == status::running; ++i)
    if (i == 12) api.cancel();
  int status = 0;
  const std::string out = api.take(&status);
  HOLDS(status == 200 || (status >= 400 && status < 600));
  HOLDS(!out.empty() || each);
  if (!out.empty() && !(status == 200 && out.starts_with("data:")) && !out.starts_with("event:")) {
    const auto j = detail::parse_json(out, {.depth = 4096});
    HOLDS(j && j->is_object());
    HOLDS(status == 200 || j->contains("error"));
  }
  if (++n % 16 == 0) HOLDS(plain_answer(api) == known);
  return 0;
}

fuzz::corpus fuzz::seeds() {
  corpus c;
  const auto put = [&c](endpoint to, const char* text) {
    for (const int how : {0, 80, 240})
      c.inputs.push_back(std::string(1, static_cast<char>(static_cast<int>(to) + how)) + text);
  };
  using enum endpoint;
  put(chat_completions,
      R"({"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4, "temperature": 0.5, "top_p": 0.9})");
  put(chat_completions,
      R"({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "é"}]},
    {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
    {"role": "tool", "tool_call_id": "1", "content": "2"}], "stream": true, "stream_options": {"include_usage": true}, "max_tokens": 4})");
  put(chat_completions,
      R"({"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function", "function": {"name": "f",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}}], "tool_choice": "required", "parallel_tool_calls": false})");
  put(chat_completions,
      R"({"messages": [{"role": "user", "content": "x"}], "response_format": {"type": "json_schema", "json_schema":
    {"name": "n", "strict": true, "schema": {"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"]}}}, "logprobs": true,
    "top_logprobs": 3, "n": 1, "seed": 7, "stop": ["a", "b"], "logit_bias": {"5": -3}, "presence_penalty": 1, "thinking": {"type": "disabled"}})");
  put(completions,
      R"({"prompt": "once", "suffix": "end", "max_tokens": 4, "echo": true, "logprobs": 2, "stream": false})");
  put(models, R"({"id": "m"})");
  put(responses,
      R"({"input": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}], "max_output_tokens": 4,
    "reasoning": {"effort": "low"}, "text": {"format": {"type": "json_object"}}, "tools": [{"type": "function", "name": "f", "parameters": {}}]})");
  put(messages,
      R"({"system": "s", "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": [{"type": "tool_use",
    "id": "1", "name": "f", "input": {}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "2"}]}],
    "max_tokens": 4, "stop_sequences": ["z"], "tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "any"}})");
  for (const char* word : {"\"messages\":",
                           "\"role\":",
                           "\"content\":",
                           "\"user\"",
                           "\"assistant\"",
                           "\"tool\"",
                           "\"system\"",
                           "\"developer\"",
                           "\"tool_calls\":",
                           "\"tools\":",
                           "\"tool_choice\":",
                           "\"auto\"",
                           "\"none\"",
                           "\"required\"",
                           "\"stream\":true",
                           "\"max_tokens\":",
                           "\"max_completion_tokens\":",
                           "\"response_format\":",
                           "\"json_object\"",
                           "\"json_schema\"",
                           "\"strict\":true",
                           "\"logprobs\":true",
                           "\"top_logprobs\":",
                           "\"logit_bias\":",
                           "\"stop\":",
                           "\"n\":2",
                           "\"seed\":",
                           "\"temperature\":",
                           "\"prefix\":true",
                           "\"reasoning_content\":",
                           "\"thinking\":",
                           "\"enabled\"",
                           "\"input\":",
                           "\"instructions\":",
                           "\"previous_response_id\":",
                           "\"tool_result\"",
                           "\"tool_use\"",
                           "\"output_text\"",
                           "1e308",
                           "-1",
                           "18446744073709551616",
                           "null",
                           "true",
                           "[]",
                           "{}"})
    c.words.push_back(word);
  return c;
}
