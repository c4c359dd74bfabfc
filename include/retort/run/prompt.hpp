// From messages to the tokens a chat model was trained to see.
#pragma once

#include <retort/api.hpp>
#include <retort/text/chat_template.hpp>
#include <retort/text/tokenizer.hpp>

RETORT_BEGIN

/// A rendered conversation: what the model reads, as text and as ids.
struct prompt {
  std::string text;
  std::vector<token> tokens;
};

/// Renders conversations for one model, by its own chat template or another.
/// Immutable and cheap to copy; the model must outlive it.
class prompt_maker {
 public:
  /// `template_source` empty: the model's own.
  /// errors missing (no template, no tokenizer), bad_template, unsupported: line and construct
  static result<prompt_maker> make(const model& m, std::string template_source = {}) {
    if (template_source.empty()) template_source = m.info().chat_template;
    if (template_source.empty())
      return error{errc::missing, m.info().name + " has no chat template; give one, or raw text"};
    RETORT_TRY(const tokenizer* text, m.text());
    RETORT_TRY(chat_template t, chat_template::parse(std::move(template_source)));
    return prompt_maker(std::move(t), text);
  }

  /// `variables` is the template's context (messages, tools, add_generation_prompt, ...); the special
  /// tokens' texts are added. Control tokens count only where the template wrote them: a user who types
  /// one has typed plain text.
  ///
  /// errors bad_template (what the template raises), limit
  /// source transformers' apply_chat_template: the template places BOS, none is added
  [[nodiscard]] result<prompt> render(nlohmann::ordered_json variables, const render_options& options = {}) const {
    const auto name_token = [&](const char* name, std::optional<token_id> id) {
      if (id && !variables.contains(name)) variables[name] = std::string(text_->bytes(*id));
    };
    name_token("bos_token", text_->bos());
    name_token("eos_token", text_->eos());
    RETORT_TRY(rendered r, template_.render(variables, options));
    prompt p;
    std::vector<text_part> parts;
    const std::string_view all = r.text;
    std::size_t at = 0;
    for (const rendered::range& in : r.input) {
      if (in.begin > at) parts.push_back({all.substr(at, in.begin - at), true});
      parts.push_back({all.substr(in.begin, in.end - in.begin), false});
      at = in.end;
    }
    if (at < all.size()) parts.push_back({all.substr(at), true});
    RETORT_CHECK(text_->encode(parts, p.tokens));
    p.text = std::move(r.text);
    return p;
  }

  [[nodiscard]] const chat_template& source() const noexcept { return template_; }

  /// Appends the beginning of the reply, which the model would have to write itself; `trusted`: control tokens count.
  /// errors of tokenizer::encode
  result<void> append(prompt& p, std::string_view text, bool trusted) const {
    const text_part part{text, trusted};
    std::vector<token> ids;
    RETORT_CHECK(text_->encode({&part, 1}, ids));
    p.tokens.insert(p.tokens.end(), ids.begin(), ids.end());
    p.text += text;
    return {};
  }

 private:
  prompt_maker(chat_template t, const tokenizer* text) : template_(std::move(t)), text_(text) {}
  chat_template template_;
  const tokenizer* text_;
};

namespace detail {

/// A JSON object, or nothing; nesting is limited, so that no input exhausts the stack.
inline std::optional<nlohmann::ordered_json> parse_object(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > 256) return std::nullopt;
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
    }
  }
  auto j = nlohmann::ordered_json::parse(text.begin(), text.end(), nullptr, false);
  if (!j.is_object()) return std::nullopt;
  return j;
}

/// Whether a template wants the arguments of a call as text; most want the object. One that wants text raises an error
/// at an object, or writes it down as Python would.
inline bool wants_arguments_as_text(const prompt_maker& prompts) {
  using json = nlohmann::ordered_json;
  const auto render = [&prompts](json arguments) {
    const json call = {{"id", "call_0"}, {"type", "function"}, {"function", {{"name", "f"}, {"arguments", std::move(arguments)}}}};
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
inline nlohmann::ordered_json arguments_as_wanted(const std::string& arguments, bool as_text) {
  auto parsed = as_text ? std::nullopt : parse_object(arguments);
  if (!parsed) return arguments.empty() && !as_text ? nlohmann::ordered_json::object() : nlohmann::ordered_json(arguments);
  return std::move(*parsed);
}

}  // namespace detail
RETORT_END
