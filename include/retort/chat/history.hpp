// Conversations as messages and as JSON in the form of the OpenAI and DeepSeek APIs, in which they outlive a process.
#pragma once

#include <retort/api.hpp>
#include <retort/base/border.hpp>

#if RETORT_CARRIES(RETORT_PART_CHAT)  // all of it is code
#include <retort/text/json_reader.hpp>
#include <retort/text/json_writer.hpp>

RETORT_BEGIN
namespace detail {

inline constexpr std::string_view role_names[] = {"system", "user", "assistant", "tool"};

/// A message as templates and the API take it; the arguments of calls are text.
inline json json_of(const message& m) {
  json j = {{"role", role_names[static_cast<std::size_t>(m.from)]}, {"content", m.content}};
  if (!m.thought.empty()) j["reasoning_content"] = m.thought;
  for (const call_record& c : m.calls)
    j["tool_calls"].push_back(
        {{"id", c.id}, {"type", "function"}, {"function", {{"name", c.name}, {"arguments", c.arguments}}}});
  if (m.from == speaker::tool) j["tool_call_id"] = m.call_id;
  if (!m.name.empty()) j["name"] = m.name;
  return j;
}

/// Reads one message; `at` is its number, for the error.
class message_reader {
 public:
  message_reader(const json& of, std::size_t at) : of_(of), at_(at) {}

  result<message> read() {
    message m;
    if (!of_.is_object()) return wrong("is no object");
    const json* const role = member("role");
    const auto* const name = role ? role->get_ptr<const std::string*>() : nullptr;
    const std::string_view known = name ? std::string_view(*name) : std::string_view();
    const auto found = std::find(std::begin(role_names), std::end(role_names), known == "developer" ? "system" : known);
    if (found == std::end(role_names)) return wrong("has no role, or one that is not known");
    m.from = static_cast<speaker>(found - std::begin(role_names));
    if (!text("content", m.content)) return wrong("has a content that is no text");
    if (!text("reasoning_content", m.thought) || !text("name", m.name) || !text("tool_call_id", m.call_id))
      return wrong("has a reasoning_content, name or tool_call_id that is no text");
    const json* const calls = member("tool_calls");
    if (!calls || calls->is_null()) return m;
    if (!calls->is_array() || m.from != speaker::assistant) return wrong("has tool_calls that cannot be read");
    for (const json& c : *calls) {
      call_record call;
      if (!read(c, call)) return wrong("has tool_calls that cannot be read");
      m.calls.push_back(std::move(call));
    }
    return m;
  }

 private:
  [[nodiscard]] error wrong(const char* what) const {
    return {errc::bad_argument, "message " + std::to_string(at_) + " of the history " + what};
  }
  [[nodiscard]] const json* member(const char* key) const { return of_.find(key); }
  /// A string, parts of text, null or nothing.
  bool text(const char* key, std::string& out) const {
    const json* const j = member(key);
    if (!j || j->is_null()) return true;
    if (const auto* s = j->get_ptr<const std::string*>()) return out = *s, true;
    if (!j->is_array()) return false;
    for (const json& part : *j) {
      const json* const t = part.find("text");
      if (!t || !t->is_string()) return false;
      out += t->text();
    }
    return true;
  }
  static bool read(const json& from, call_record& call) {
    const json *const id = from.find("id"), *const function = from.find("function");
    if (id && id->is_string()) call.id = id->text();
    if (!function) return false;
    const json *const name = function->find("name"), *const arguments = function->find("arguments");
    if (!name || !name->is_string()) return false;
    call.name = name->text();
    call.arguments = !arguments || arguments->is_null() ? "{}"
                     : arguments->is_string()           ? arguments->get<std::string>()
                                                        : dump(*arguments);
    return is_json_object(call.arguments);
  }

  const json& of_;
  std::size_t at_;
};

inline result<std::vector<message>> messages_of(const json& all) {
  if (!all.is_array()) return error{errc::bad_argument, "a history is a JSON array of messages"};
  std::vector<message> out;
  for (const json& j : all) {
    RETORT_TRY(message m, message_reader(j, out.size()).read());
    out.push_back(std::move(m));
  }
  return out;
}

/// What cannot be a conversation is refused: a system message that is not the first one, an answer to no call.
inline result<void> check_history(std::span<const message> all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const message& m = all[i];
    const auto wrong = [i](const std::string& what) {
      return error{errc::bad_argument, "message " + std::to_string(i) + " of the history " + what};
    };
    if (m.from == speaker::system && i > 0) return wrong("is the system's and not the first");
    for (const call_record& c : m.calls)
      if (m.from != speaker::assistant || !is_json_object(c.arguments))
        return wrong("has a call that is not an assistant's, or whose arguments are no JSON object");
    if (m.from != speaker::tool) continue;
    std::size_t asked = i;
    while (asked > 0 && all[asked].from == speaker::tool) --asked;
    const auto& calls = all[asked].calls;
    if (std::none_of(calls.begin(), calls.end(), [&](const call_record& c) { return c.id == m.call_id; }))
      return wrong("answers a call that was not made: \"" + printable(m.call_id) + "\"");
  }
  return {};
}

}  // namespace detail

RETORT_INLINE result<std::string> to_json(std::span<const message> history) {
  return detail::at_border([&]() -> result<std::string> {
    auto all = detail::json::array();
    for (const message& m : history) all.push_back(detail::json_of(m));
    return detail::dump(all);
  });
}
RETORT_INLINE result<std::vector<message>> messages_from_json(std::string_view text) {
  return detail::at_border([&]() -> result<std::vector<message>> {
    auto all = detail::parse_json(text);
    if (!all) return all.error();
    return detail::messages_of(*all);
  });
}

RETORT_END
#endif
