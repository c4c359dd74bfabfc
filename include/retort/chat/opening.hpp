// The end of a prompt, where a reply begins: thinking or not, or in the middle of an answer that goes on.
#pragma once

#include <retort/chat/prompt.hpp>
#include <retort/reply/formats.hpp>

RETORT_BEGIN
namespace detail {

/// How a reply is to begin.
struct opening {
  std::optional<bool> think{};           ///< nothing: as the template has it
  bool has_shape = false;                ///< the answer has a shape; a model that thinks must say so first
  std::optional<std::string> thought{};  ///< of a reply that goes on: what was thought ...
  std::optional<std::string> answer{};   ///< ... and said; without it the thought goes on
};

/// Writes that to the end of a prompt.  errors of tokenizer::encode
inline result<reply_start> open_reply(const prompt_maker& prompts, prompt& p, reply_syntax syntax, const opening& how) {
  const reply_start start = reply_start_of(p.text, syntax);
  const reply_phrases say = phrases_of(syntax, false);
  const bool open = start == reply_start::open && may_think(prompts.source().source(), syntax);
  if (how.thought || how.answer) {
    std::string before;
    const bool may = start == reply_start::thought || open;
    if (how.thought && may) {
      RETORT_CHECK(prompts.append(p, open ? say.open_thought : "", true));
      RETORT_CHECK(prompts.append(p, *how.thought, false));
      if (!how.answer) return reply_start::thought;
      before = say.close_thought;
    } else {
      before = start == reply_start::thought ? say.close_thought : start == reply_start::open ? say.at_once : "";
    }
    RETORT_CHECK(prompts.append(p, before, true));
    RETORT_CHECK(prompts.append(p, how.answer.value_or(""), false));
    return reply_start::text;
  }
  std::string_view more;
  if (how.think == false && start == reply_start::thought) more = say.close_thought;
  else if (how.think == false && open) more = say.no_thought;
  else if (how.think == true && open && how.has_shape) more = say.open_thought;
  if (more.empty()) return start;
  RETORT_CHECK(prompts.append(p, more, true));
  return how.think == true ? reply_start::thought : reply_start::answer;
}

}  // namespace detail
RETORT_END
