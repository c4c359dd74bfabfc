// OpenAI's Responses API: its requests as chat completions, and its answers. Nothing is stored: what was said before
// comes with the request.
#pragma once

#include <retort/deepseek/response.hpp>

RETORT_BEGIN
namespace detail::api {

/// Reads what is to be read, as text: a string, or parts of the types input_text, output_text and their like.
inline std::optional<std::string> read_item_text(field_reader& r, const json& content, const std::string& where) {
  if (!content.is_array()) return read_content(r, content, where);
  json plain = json::array();
  for (json part : content) {
    const json* type = part.is_object() && part.contains("type") ? &part["type"] : nullptr;
    if (type && *type == "refusal") part = {{"type", "text"}, {"text", part.value("refusal", json(""))}};
    else if (type &&
             (*type == "input_text" || *type == "output_text" || *type == "reasoning_text" || *type == "summary_text"))
      part["type"] = "text";
    plain.push_back(std::move(part));
  }
  return read_content(r, plain, where);
}

/// The items of a conversation as messages: calls and the thought before them join the message they follow.
inline json read_items(field_reader& r, const json& items) {
  json messages = json::array();
  std::optional<std::string> thought;
  const auto said = [&]() -> json& {  // the assistant's message in the making
    if (messages.empty() || messages.back()["role"] != "assistant" || thought)
      messages.push_back({{"role", "assistant"}, {"content", ""}});
    if (thought) messages.back()["reasoning_content"] = *std::exchange(thought, std::nullopt);
    return messages.back();
  };
  for (std::size_t i = 0; i < items.size() && !r.wrong(); ++i) {
    const std::string where = "input[" + std::to_string(i) + "]";
    if (!items[i].is_object()) r.refuse(where, where + " must be an object");
    if (r.wrong()) break;
    field_reader of(items[i]);
    const std::string type = of.text("type").value_or("message");
    const json* content = of.find(type == "function_call_output" ? "output" : "content");
    if (type == "message") {
      const std::string role = of.text("role").value_or("");
      const auto text = content ? read_item_text(of, *content, where + ".content") : std::nullopt;
      if (!content) of.refuse(where + ".content", where + ".content is required");
      if (role == "assistant") {
        if (text) said()["content"] = said()["content"].get<std::string>() + *text;
      } else if (text) {
        messages.push_back({{"role", role}, {"content", *text}});
      }
    } else if (type == "function_call") {
      json call = {{"id", of.text("call_id").value_or("")}, {"type", "function"}};
      call["function"] = {{"name", of.text("name").value_or("")}, {"arguments", of.text("arguments").value_or("{}")}};
      said()["tool_calls"].push_back(std::move(call));
    } else if (type == "function_call_output") {
      const auto text = content ? read_item_text(of, *content, where + ".output") : std::nullopt;
      if (!content) of.refuse(where + ".output", where + ".output is required");
      messages.push_back(
          {{"role", "tool"}, {"tool_call_id", of.text("call_id").value_or("")}, {"content", text.value_or("")}});
    } else if (type == "reasoning") {
      if (!content || content->empty()) content = of.find("summary");
      if (content && content->is_array()) thought = read_item_text(of, *content, where + ".content");
    } else {
      of.refuse(where + ".type", where + ": items of type " + printable(type) + " are not supported");
    }
    if (of.wrong()) r.refuse(of.wrong()->param.starts_with("input") ? of.wrong()->param : where, of.wrong()->message);
  }
  return messages;
}

/// A request as one for chat completions; fields that both have the same keep their places.
inline std::optional<refusal> chat_of_responses(const json& in, json& out) {
  field_reader r(in);
  for (const char* stored : {"previous_response_id", "conversation", "prompt"})
    if (r.find(stored)) r.refuse(stored, std::string(stored) + " is not supported: nothing is stored");
  if (r.boolean("background").value_or(false)) r.refuse("background", "background is not supported");
  out = in;
  for (const char* own : {"input", "instructions", "text", "reasoning", "include", "messages", "stream_options",
                          "response_format", "logprobs", "top_logprobs", "max_tokens"})
    out.erase(own);
  if (const auto n = r.integer("max_output_tokens", 1, 1u << 30)) out["max_tokens"] = *n;
  const json& reasoning = r.object("reasoning");
  if (reasoning.contains("effort")) out["reasoning_effort"] = reasoning["effort"];
  if (const json* include = r.find("include"); include && include->is_array())
    for (const json& what : *include)
      if (what == "message.output_text.logprobs") out["logprobs"] = true;
  if (const json* top = r.find("top_logprobs"); top && out.contains("logprobs")) out["top_logprobs"] = *top;

  const json& text = r.object("text");
  if (text.contains("format") && text["format"].is_object()) {
    const json& format = text["format"];
    out["response_format"] = format;
    if (format.contains("schema")) out["response_format"]["json_schema"] = {{"schema", format["schema"]}};
  }
  if (const json* tools = r.find("tools"); tools && tools->is_array()) {
    json all = json::array();
    for (std::size_t i = 0; i < tools->size(); ++i) {
      const std::string where = "tools[" + std::to_string(i) + "]";
      const json& t = (*tools)[i];
      if (!t.is_object() || t.value("type", json()) != "function") {
        r.refuse(where, where + " must be {\"type\": \"function\", \"name\": ..}", 422);
        break;
      }
      json f = t;
      f.erase("type");
      all.push_back({{"type", "function"}, {"function", std::move(f)}});
    }
    out["tools"] = std::move(all);
  }
  if (const json* use = r.find("tool_choice"); use && use->is_object())
    out["tool_choice"] = {{"type", "function"}, {"function", {{"name", use->value("name", json(""))}}}};

  json messages = json::array();
  if (const auto instructions = r.text("instructions"))
    messages.push_back({{"role", "system"}, {"content", *instructions}});
  const json* input = r.find("input");
  if (!input) r.refuse("input", "input is required", 422);
  else if (input->is_string()) messages.push_back({{"role", "user"}, {"content", *input}});
  else if (!input->is_array()) r.refuse("input", "input must be a string or an array of items", 422);
  else
    for (json& m : read_items(r, *input)) messages.push_back(std::move(m));
  out["messages"] = std::move(messages);
  return r.wrong();
}

/// A field of a chat completion as it is called here.
inline void rename_for_responses(std::string& field) {
  for (const auto& [theirs, ours] :
       {std::pair("messages", "input"), std::pair("response_format", "text.format"),
        std::pair("reasoning_effort", "reasoning.effort"), std::pair("max_tokens", "max_output_tokens")})
    if (field.starts_with(theirs)) field = ours;
}

class responses_form final : public response {
 public:
  /// `asked`: the request, whose settings a response repeats
  responses_form(identity who, settings how, origin from, const json& asked)
      : response(std::move(who), std::move(how), from) {
    const json usual = {{"instructions", nullptr},
                        {"max_output_tokens", nullptr},
                        {"metadata", json::object()},
                        {"parallel_tool_calls", true},
                        {"reasoning", {{"effort", nullptr}, {"summary", nullptr}}},
                        {"temperature", nullptr},
                        {"text", {{"format", {{"type", "text"}}}}},
                        {"tool_choice", "auto"},
                        {"tools", json::array()},
                        {"top_p", nullptr},
                        {"truncation", "disabled"},
                        {"user", nullptr}};
    for (const auto& [key, otherwise] : usual.items())
      settings_[key] = asked.contains(key) && !asked[key].is_null() ? asked[key] : otherwise;
    if (settings_["text"].is_object() && !settings_["text"].contains("format"))
      settings_["text"]["format"] = {{"type", "text"}};
    const json& reasoning = settings_["reasoning"];
    summarizes_ = reasoning.is_object() && reasoning.contains("summary") && !reasoning["summary"].is_null();
  }

 private:
  void begin(sink out) override {
    send("response.created", {{"response", envelope("in_progress")}}, out);
    send("response.in_progress", {{"response", envelope("in_progress")}}, out);
  }
  void begins(const part& p, sink out) override {
    json added = item(p, n_ended_, "in_progress");
    if (p.is != part::kind::call) added[is_summary(p) ? "summary" : "content"] = json::array();
    send("response.output_item.added", {{"output_index", n_ended_}, {"item", std::move(added)}}, out);
    if (p.is != part::kind::call) send_in_part(p, name_of_part(p) + ".added", {{"part", content_of(p)}}, out);
  }
  void grows(const part& p, std::string_view more, sink out) override {
    json delta = {{"delta", more}};
    if (p.is == part::kind::call) return send_in_item("response.function_call_arguments.delta", std::move(delta), out);
    if (p.is == part::kind::content) {
      delta["logprobs"] = how_.scores ? scores(false) : json::array();
      n_scores_told_ = how_.scores ? from_.writer->scores().size() : 0;
    }
    send_in_part(p, name_of_text(p) + ".delta", std::move(delta), out);
  }
  void ends(const part& p, sink out) override {
    if (p.is == part::kind::call) {
      send_in_item("response.function_call_arguments.done", {{"name", p.name}, {"arguments", p.text}}, out);
    } else {
      json done = {{"text", p.text}};
      if (p.is == part::kind::content) done["logprobs"] = json::array();
      send_in_part(p, name_of_text(p) + ".done", std::move(done), out);
      send_in_part(p, name_of_part(p) + ".done", {{"part", content_of(p)}}, out);
    }
    send("response.output_item.done", {{"output_index", n_ended_}, {"item", item(p, n_ended_, "completed")}}, out);
    ++n_ended_;
  }
  void end(ending why, sink out) override {
    n_scores_told_ = 0;  // the whole response lists them all
    json all = whole(why);
    const char* type = why == ending::no_memory                      ? "response.failed"
                       : why == ending::stop || why == ending::calls ? "response.completed"
                                                                     : "response.incomplete";
    send(type, {{"response", std::move(all)}}, out);
  }
  [[nodiscard]] json whole(ending why) override {
    const bool is_whole = why == ending::stop || why == ending::calls;
    json r = envelope(why == ending::no_memory ? "failed"
                      : is_whole               ? "completed"
                      : why == ending::length  ? "incomplete"
                                               : "cancelled");
    if (why == ending::length) r["incomplete_details"] = {{"reason", "max_output_tokens"}};
    if (why == ending::no_memory)
      r["error"] = {{"code", "server_error"}, {"message", "there was no memory for the rest of the answer"}};
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const bool is_cut = !is_whole && i + 1 == parts_.size();
      r["output"].push_back(item(parts_[i], i, is_cut ? "incomplete" : "completed"));
    }
    if (how_.scores)
      for (json& i : r["output"])
        if (i["type"] == "message") {
          i["content"][0]["logprobs"] = scores(false);
          break;
        }
    const std::size_t n = from_.writer->n_tokens();
    r["usage"] = {{"input_tokens", from_.n_prompt},
                  {"input_tokens_details", {{"cached_tokens", from_.n_cached}}},
                  {"output_tokens", n},
                  {"output_tokens_details", {{"reasoning_tokens", from_.writer->n_thought()}}},
                  {"total_tokens", from_.n_prompt + n}};
    return r;
  }

  [[nodiscard]] json envelope(const char* status) const {
    json r = {{"id", "resp_" + who_.id},
              {"object", "response"},
              {"created_at", who_.created},
              {"status", status},
              {"background", false},
              {"error", nullptr},
              {"incomplete_details", nullptr},
              {"model", who_.model},
              {"output", json::array()},
              {"previous_response_id", nullptr},
              {"store", false}};
    r.update(settings_);
    r["usage"] = nullptr;
    return r;
  }
  [[nodiscard]] std::string id_of(const part& p, std::size_t index) const {
    const char* kind = p.is == part::kind::thought ? "rs_" : p.is == part::kind::call ? "fc_" : "msg_";
    return kind + std::to_string(index) + "_" + who_.id;
  }
  /// A thought is told as its summary to those who ask for one.
  [[nodiscard]] bool is_summary(const part& p) const { return summarizes_ && p.is == part::kind::thought; }
  [[nodiscard]] std::string name_of_part(const part& p) const {
    return is_summary(p) ? "response.reasoning_summary_part" : "response.content_part";
  }
  [[nodiscard]] std::string name_of_text(const part& p) const {
    return is_summary(p)                 ? "response.reasoning_summary_text"
           : p.is == part::kind::thought ? "response.reasoning_text"
                                         : "response.output_text";
  }
  [[nodiscard]] json content_of(const part& p) const {
    if (p.is == part::kind::thought)
      return {{"type", summarizes_ ? "summary_text" : "reasoning_text"}, {"text", p.text}};
    return {{"type", "output_text"}, {"text", p.text}, {"annotations", json::array()}, {"logprobs", json::array()}};
  }
  [[nodiscard]] json item(const part& p, std::size_t index, const char* status) const {
    json i = {{"id", id_of(p, index)}};
    if (p.is == part::kind::call) {
      i.update({{"type", "function_call"}, {"call_id", "call_" + p.id}, {"name", p.name}, {"arguments", p.text}});
    } else if (p.is == part::kind::thought) {
      i.update({{"type", "reasoning"}, {"summary", json::array()}});
      i[summarizes_ ? "summary" : "content"] = json::array({content_of(p)});
    } else {
      i.update({{"type", "message"}, {"role", "assistant"}, {"content", json::array({content_of(p)})}});
    }
    i["status"] = status;
    return i;
  }

  void send(const std::string& type, json event, sink out) {
    json e = {{"type", type}, {"sequence_number", n_events_++}};
    e.update(event);
    out(e);
  }
  void send_in_item(const std::string& type, json event, sink out) {
    json e = {{"item_id", id_of(parts_.back(), n_ended_)}, {"output_index", n_ended_}};
    e.update(event);
    send(type, std::move(e), out);
  }
  void send_in_part(const part& p, const std::string& type, json event, sink out) {
    event[is_summary(p) ? "summary_index" : "content_index"] = 0;
    send_in_item(type, std::move(event), out);
  }

  json settings_;
  bool summarizes_ = false;
  std::size_t n_ended_ = 0, n_events_ = 0;
};

}  // namespace detail::api
RETORT_END
