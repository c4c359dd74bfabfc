// Tools as a chat hands them to templates, as it wants their arguments back, and as a shape that a reply must keep to.
#pragma once

#include <retort/chat/prompt.hpp>
#include <retort/reply/shape.hpp>
#include <retort/run/constraint.hpp>

RETORT_BEGIN
namespace detail {

/// The tools as templates want them.  errors bad_argument, naming the tool
inline result<json> describe(std::span<const tool> tools) {
  auto all = json::array();
  for (const tool& t : tools) {
    if (!is_tool_name(t.name))
      return error{errc::bad_argument,
                   "a tool's name has 1 to 64 letters, digits, _ and -, not \"" + printable(t.name) + "\""};
    json parameters = {{"type", "object"}, {"properties", json::object()}};
    if (!t.parameters.empty()) {
      auto given = parse_object(t.parameters);
      if (!given) return error{given.error().code, "the parameters of the tool " + t.name + ": " + given.error().what};
      parameters = std::move(*given);
    }
    all.push_back(
        {{"type", "function"},
         {"function", {{"name", t.name}, {"description", t.description}, {"parameters", std::move(parameters)}}}});
  }
  return all;
}

/// How a template wants the calls of the history.
struct call_wishes {
  bool arguments_as_text = false;  ///< most want the object
  bool ids_of_nine = false;        ///< ids of nine letters and digits, as Mistral's
};
/// A template that wants arguments as text raises an error at an object, or writes it down as Python would.
/// errors no_memory
inline result<call_wishes> call_wishes_of(const prompt_maker& prompts) {
  const auto render = [&prompts](json arguments, const char* id) {
    const json call = {
        {"id", id}, {"type", "function"}, {"function", {{"name", "f"}, {"arguments", std::move(arguments)}}}};
    const json user = {{"role", "user"}, {"content", "x"}};
    const json said = {{"role", "assistant"}, {"content", ""}, {"tool_calls", json::array({call})}};
    const json told = {{"role", "tool"}, {"tool_call_id", id}, {"name", "f"}, {"content", "y"}};
    render_options how;
    how.now.emplace();  // any time will do
    return prompts.render({{"messages", json::array({user, said, told})}, {"add_generation_prompt", true}}, how);
  };
  for (const bool nine : {false, true}) {
    const char* const id = nine ? "abcdefgh1" : "call_0";
    const auto object = render({{"k", 1}}, id);
    if (object) return call_wishes{object->text.find("{'k'") != std::string::npos, nine};
    const auto text = render(R"({"k": 1})", id);
    if (text) return call_wishes{true, nine};
    for (const auto* failed : {&object, &text})
      if (failed->error().code == errc::no_memory) return failed->error();
  }
  return call_wishes{};
}
/// A call's arguments, an object as text, in that form.
inline json arguments_as_wanted(const std::string& arguments, bool as_text) {
  if (as_text) return arguments;
  auto parsed = parse_object(arguments);
  if (!parsed) return arguments.empty() ? json::object() : json(arguments);
  return std::move(*parsed);
}
/// An id of nine letters and digits for any other, always the same.
inline std::string id_of_nine(const std::string& id) {
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (id.size() == 9 && id.find_first_not_of(digits) == std::string::npos) return id;
  std::uint64_t v = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : id) v = (v ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::string out;
  for (; out.size() < 9; v /= 62) out += digits[v % 62];
  return out;
}
/// Messages whose calls have their arguments as text, as the template wants them.
inline void fit_calls(json& messages, call_wishes as) {
  const auto fit_id = [&](json& of, const char* key) {
    if (as.ids_of_nine && of.contains(key) && of[key].is_string()) of[key] = id_of_nine(of[key].get<std::string>());
  };
  for (json& m : messages) {
    fit_id(m, "tool_call_id");
    if (!m.contains("tool_calls")) continue;
    for (json& c : m["tool_calls"]) {
      fit_id(c, "id");
      json& f = c["function"];
      f["arguments"] = arguments_as_wanted(f["arguments"].get<std::string>(), as.arguments_as_text);
    }
  }
}

/// The constraint that makes a reply call tools, as far as `bounds` say; the tools are as templates take them.
///
/// errors unsupported (a format without calls; strict: a schema's keyword), bad_argument, limit, cancelled
inline result<constraint> tool_shape(const model& of, reply_syntax syntax, const json& tools, tool_bounds bounds,
                                     const effort& work, std::size_t most_bytes) {
  RETORT_TRY(const tokenizer* text, of.text());
  tool_shape_maker maker(*text, syntax, std::move(bounds), work);
  RETORT_TRY(const grammar g, maker.make(tools));
  return constraint::make(of, g, most_bytes);
}

}  // namespace detail
RETORT_END
