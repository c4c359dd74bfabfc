// From messages to the tokens a chat model was trained to see.
#pragma once

#include <retort/api.hpp>
#include <retort/jinja/chat_template.hpp>
#include <retort/tokenizer/tokenizer.hpp>

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
  [[nodiscard]] result<prompt> render(detail::json variables, const render_options& options = {}) const {
    const auto name_token = [&](const char* name, std::optional<token> id) {
      if (id && variables.is_object() && !variables.contains(name)) variables[name] = std::string(text_->bytes(*id));
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

  /// The same from JSON text.  errors also bad_argument: no JSON object
  [[nodiscard]] result<prompt> render_json(std::string_view variables, const render_options& options = {}) const {
    RETORT_TRY(detail::json parsed, detail::parse_json(variables));
    return render(std::move(parsed), options);
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

RETORT_END
