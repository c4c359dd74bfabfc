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
      if (given) parameters = std::move(*given);
      if (!given) return error{errc::bad_argument, "the parameters of the tool " + t.name + " are no JSON schema"};
    }
    all.push_back(
        {{"type", "function"},
         {"function", {{"name", t.name}, {"description", t.description}, {"parameters", std::move(parameters)}}}});
  }
  return all;
}

/// Whether a template wants the arguments of a call as text; most want the object. One that wants text raises an error
/// at an object, or writes it down as Python would.
inline bool wants_arguments_as_text(const prompt_maker& prompts) {
  const auto render = [&prompts](json arguments) {
    const json call = {
        {"id", "call_0"}, {"type", "function"}, {"function", {{"name", "f"}, {"arguments", std::move(arguments)}}}};
    const json user = {{"role", "user"}, {"content", "x"}};
    const json said = {{"role", "assistant"}, {"content", ""}, {"tool_calls", json::array({call})}};
    const json told = {{"role", "tool"}, {"tool_call_id", "call_0"}, {"name", "f"}, {"content", "y"}};
    return prompts.render({{"messages", json::array({user, said, told})}, {"add_generation_prompt", true}});
  };
  const auto object = render({{"k", 1}});
  if (object) return object->text.find("{'k'") != std::string::npos;
  return static_cast<bool>(render(R"({"k": 1})"));
}
/// A call's arguments, an object as text, in that form.
inline json arguments_as_wanted(const std::string& arguments, bool as_text) {
  auto parsed = as_text ? std::nullopt : parse_object(arguments);
  if (!parsed) return arguments.empty() && !as_text ? json::object() : json(arguments);
  return std::move(*parsed);
}

/// The constraint that makes a reply call tools: one of them, or the one called `only`. Without `must_call` the
/// reply may be text, and may end with calls.
///
/// `tools` as templates take them; `template_source` tells between the forms of a format
/// errors unsupported (a format without calls; strict: a schema's keyword), bad_argument, limit
inline result<constraint> tool_shape(const model& of, std::string_view template_source, const json& tools,
                                     const std::string& only, bool must_call, bool strict) {
  RETORT_TRY(const tokenizer* text, of.text());
  const bool fenced = template_source.find("```json") != std::string_view::npos;
  tool_shape_maker maker(*text, reply_format_of(template_source), fenced, strict);
  RETORT_TRY(const grammar g, maker.make(tools, only, must_call));
  return constraint::make(of, g);
}

}  // namespace detail
RETORT_END
