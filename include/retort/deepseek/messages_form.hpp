// Anthropic's Messages API: its requests as chat completions, its answers and its errors.
#pragma once

#include <retort/deepseek/response.hpp>

RETORT_BEGIN
namespace detail::api {

/// The text of content: a string, or blocks of the types text and document (with a text as its source).
inline std::optional<std::string> read_blocks_text(field_reader& r, const json& content, const std::string& where) {
  if (!content.is_array()) return read_content(r, content, where);
  json plain = json::array();
  for (const json& block : content) {
    const json* source =
        block.is_object() && block.contains("source") && block["source"].is_object() ? &block["source"] : nullptr;
    const bool is_text = source && block.value("type", json()) == "document" && source->value("type", json()) == "text";
    plain.push_back(is_text ? json{{"type", "text"}, {"text", source->value("data", json(""))}} : block);
  }
  return read_content(r, plain, where);
}

/// One message, whose content is blocks, as one or more of a chat. What tools gave comes before what the user says.
inline void read_blocks(field_reader& r, const std::string& role, const json& blocks, const std::string& where,
                        json& messages) {
  json rest = json::array(), said = {{"role", role}};
  std::string thought;
  bool has_thought = false;
  for (const json& b : blocks) {
    if (!b.is_object()) return r.refuse(where, where + ": a block must be an object");
    field_reader of(b);
    const std::string type = of.text("type").value_or("");
    if (type == "tool_result" && role == "user") {
      const json* content = of.find("content");
      const auto text = content ? read_blocks_text(of, *content, where + ".content") : std::string();
      messages.push_back(
          {{"role", "tool"}, {"tool_call_id", of.text("tool_use_id").value_or("")}, {"content", text.value_or("")}});
    } else if (type == "tool_use" && role == "assistant") {
      const json call = {{"name", of.text("name").value_or("")}, {"arguments", dump(of.object("input"))}};
      said["tool_calls"].push_back({{"id", of.text("id").value_or("")}, {"type", "function"}, {"function", call}});
    } else if (type == "thinking" && role == "assistant") {
      thought += of.text("thinking").value_or("");
      has_thought = true;
    } else if (type != "redacted_thinking") {
      rest.push_back(b);
    }
    if (of.wrong()) return r.refuse(where, where + "." + of.wrong()->message);
  }
  if (role == "user" && rest.empty() && !blocks.empty()) return;
  const auto text = read_blocks_text(r, rest, where);
  if (!text) return;
  said["content"] = *text;
  if (has_thought) said["reasoning_content"] = thought;
  messages.push_back(std::move(said));
}

/// A request as one for chat completions; fields that both have the same keep their places.
inline std::optional<refusal> chat_of_messages(const json& in, json& out) {
  field_reader r(in);
  out = in;
  for (const char* own : {"system", "messages", "stop_sequences", "tools", "tool_choice", "thinking", "metadata",
                          "output_config", "output_format", "stream_options", "stop", "response_format"})
    out.erase(own);
  if (const json* stop = r.find("stop_sequences")) out["stop"] = *stop;
  if (const auto user = field_reader(r.object("metadata")).text("user_id")) out["user_id"] = *user;
  if (r.find("thinking")) {
    out["thinking"] = r.object("thinking");
    if (out["thinking"].value("type", json()) == "adaptive") out["thinking"]["type"] = "enabled";
  }
  const json& config = r.object("output_config");
  if (config.contains("effort")) out["reasoning_effort"] = config["effort"];
  const json* const format = config.contains("format") ? &config["format"] : r.find("output_format");
  if (format && format->is_object()) {
    out["response_format"] = *format;
    if (format->contains("schema")) out["response_format"]["json_schema"] = {{"schema", (*format)["schema"]}};
  }
  if (const json* tools = r.find("tools"); tools && tools->is_array()) {
    json all = json::array();
    for (std::size_t i = 0; i < tools->size(); ++i) {
      const std::string where = "tools[" + std::to_string(i) + "]";
      const json& t = (*tools)[i];
      if (!t.is_object() || t.value("type", json("custom")) != "custom") {
        r.refuse(where, where + ": a tool must have a name and an input_schema; none runs on the server");
        break;
      }
      json f = {{"name", t.value("name", json())}};
      if (t.contains("description")) f["description"] = t["description"];
      if (t.contains("input_schema")) f["parameters"] = t["input_schema"];
      if (t.contains("strict")) f["strict"] = t["strict"];
      all.push_back({{"type", "function"}, {"function", std::move(f)}});
    }
    out["tools"] = std::move(all);
  }
  if (r.find("tool_choice")) {
    const json& use = r.object("tool_choice");
    const json type = use.value("type", json());
    if (type == "tool")
      out["tool_choice"] = {{"type", "function"}, {"function", {{"name", use.value("name", json(""))}}}};
    else out["tool_choice"] = type == "any" ? json("required") : type;
    if (use.value("disable_parallel_tool_use", json()) == true) out["parallel_tool_calls"] = false;
  }

  json messages = json::array();
  if (const json* system = r.find("system"))
    if (const auto text = read_blocks_text(r, *system, "system"))
      messages.push_back({{"role", "system"}, {"content", *text}});
  const json* given = r.find("messages");
  if (!given || !given->is_array() || given->empty())
    r.refuse("messages", "messages: at least one message is required");
  for (std::size_t i = 0; given && given->is_array() && i < given->size() && !r.wrong(); ++i) {
    const std::string where = "messages[" + std::to_string(i) + "]";
    const json& m = (*given)[i];
    const std::string role =
        m.is_object() && m.contains("role") && m["role"].is_string() ? m["role"].get<std::string>() : "";
    const json* content = m.is_object() && m.contains("content") ? &m["content"] : nullptr;
    if ((role != "user" && role != "assistant" && role != "system") || !content)
      r.refuse(where, where + " must have a role, user or assistant, and a content");
    else if (content->is_array()) read_blocks(r, role, *content, where, messages);
    else messages.push_back({{"role", role}, {"content", *content}});
  }
  // an assistant's text at the end is to be continued
  if (!messages.empty() && messages.back()["role"] == "assistant" && !messages.back().contains("tool_calls"))
    messages.back()["prefix"] = true;
  out["messages"] = std::move(messages);
  return r.wrong();
}

/// An error as this API gives it, and its status: there is no 422 and no 503.
inline json messages_error(refusal& why) {
  if (why.status == 422) why.status = 400;
  if (why.status == 503) why.status = 529;
  const char* type = why.status == 400   ? "invalid_request_error"
                     : why.status == 404 ? "not_found_error"
                     : why.status == 429 ? "rate_limit_error"
                     : why.status == 529 ? "overloaded_error"
                                         : "api_error";
  return {{"type", "error"}, {"error", {{"type", type}, {"message", why.message}}}, {"request_id", nullptr}};
}

class messages_form final : public response {
 public:
  using response::response;

 private:
  void begin(sink out) override {
    json m = message();
    m["usage"] = usage(0);
    out({{"type", "message_start"}, {"message", std::move(m)}});
  }
  void begins(const part& p, sink out) override {
    json b = block(part{p.is, {}, p.name, p.id});
    out({{"type", "content_block_start"}, {"index", n_ended_}, {"content_block", std::move(b)}});
  }
  void grows(const part& p, std::string_view more, sink out) override {
    if (p.is == part::kind::thought) send({{"type", "thinking_delta"}, {"thinking", more}}, out);
    else if (p.is == part::kind::call) send({{"type", "input_json_delta"}, {"partial_json", more}}, out);
    else send({{"type", "text_delta"}, {"text", more}}, out);
  }
  void ends(const part& p, sink out) override {
    if (p.is == part::kind::thought) send({{"type", "signature_delta"}, {"signature", signature_of(p)}}, out);
    out({{"type", "content_block_stop"}, {"index", n_ended_++}});
  }
  void end(ending why, sink out) override {
    json delta = {{"stop_reason", name_of(why)}, {"stop_sequence", stop_text()}};
    out({{"type", "message_delta"}, {"delta", std::move(delta)}, {"usage", usage(from_.writer->n_tokens())}});
    out({{"type", "message_stop"}});
  }
  [[nodiscard]] json whole(ending why) override {
    json m = message();
    for (const part& p : parts_) m["content"].push_back(block(p));
    m["stop_reason"] = name_of(why);
    m["stop_sequence"] = stop_text();
    m["usage"] = usage(from_.writer->n_tokens());
    return m;
  }

  [[nodiscard]] json message() const {
    return {{"id", "msg_" + who_.id},   {"type", "message"},      {"role", "assistant"},     {"model", who_.model},
            {"content", json::array()}, {"stop_reason", nullptr}, {"stop_sequence", nullptr}};
  }
  [[nodiscard]] json usage(std::size_t n) const {
    return {{"input_tokens", from_.n_prompt - from_.n_cached},
            {"cache_creation_input_tokens", 0},
            {"cache_read_input_tokens", from_.n_cached},
            {"output_tokens", n}};
  }
  /// Clients hand it back with the thought; nothing depends on it.
  [[nodiscard]] static std::string signature_of(const part& p) {
    if (p.text.empty()) return {};
    digest d;
    d.add(p.text.data(), p.text.size());
    std::string out;
    append_hex(out, d.value(), 16);
    return out;
  }
  [[nodiscard]] static json block(const part& p) {
    if (p.is == part::kind::thought)
      return {{"type", "thinking"}, {"thinking", p.text}, {"signature", signature_of(p)}};
    if (p.is == part::kind::content) return {{"type", "text"}, {"text", p.text}};
    auto input = parse_object(p.text);
    return {{"type", "tool_use"},
            {"id", "toolu_" + p.id},
            {"name", p.name},
            {"input", input ? std::move(*input) : json::object()}};
  }
  [[nodiscard]] json stop_text() const { return stop_.found() ? json(*stop_.found()) : json(); }
  [[nodiscard]] const char* name_of(ending why) const {
    switch (why) {
      case ending::stop: return stop_.found() ? "stop_sequence" : "end_turn";
      case ending::length: return "max_tokens";
      case ending::calls: return "tool_use";
      case ending::aborted: return "aborted";
      default: return "insufficient_system_resource";
    }
  }
  void send(json delta, sink out) {
    out({{"type", "content_block_delta"}, {"index", n_ended_}, {"delta", std::move(delta)}});
  }

  std::size_t n_ended_ = 0;
};

}  // namespace detail::api
RETORT_END
