// The forms of /chat/completions and of /completions.
#pragma once

#include <retort/deepseek/response.hpp>

RETORT_BEGIN
namespace detail::api {

class chat_form final : public response {
 public:
  /// `is_text`: /completions, which answers with a text instead of a message
  chat_form(identity who, settings how, origin from, bool is_text)
      : response(std::move(who), std::move(how), from), is_text_(is_text) {}

 private:
  void begin(sink out) override {
    if (is_text_) {
      if (!how_.echo.empty()) out(chunk(how_.echo));
    } else if (how_.thinks) {
      out(chunk({{"role", "assistant"}, {"content", nullptr}, {"reasoning_content", ""}}));
    } else {
      out(chunk({{"role", "assistant"}, {"content", ""}}));
    }
  }
  void begins(const part& p, sink out) override {
    if (p.is != part::kind::call) return;
    json begun = {{"index", n_calls_}};
    begun.update(call(p, ""));
    send({{"tool_calls", json::array({begun})}}, out);
  }
  void grows(const part& p, std::string_view more, sink out) override {
    if (p.is == part::kind::thought) {
      send({{"content", nullptr}, {"reasoning_content", more}}, out);
    } else if (p.is == part::kind::call) {
      send({{"tool_calls", json::array({{{"index", n_calls_ - 1}, {"function", {{"arguments", more}}}}})}}, out);
    } else {
      json delta = {{"content", more}};
      if (how_.thinks) delta["reasoning_content"] = nullptr;
      send(std::move(delta), out);
    }
  }
  void ends(const part&, sink) override {}
  void end(ending why, sink out) override {
    json last = chunk(is_text_ ? json("") : json{{"content", ""}});
    last["choices"][0]["finish_reason"] = name_of(why);
    if (how_.scores) last["choices"][0]["logprobs"] = logprobs();  // of tokens without a text of their own
    out(last);
    if (!how_.usage_in_stream) return;
    json counted = chunk(json());
    counted["choices"] = json::array();
    counted["usage"] = usage();
    out(counted);
  }
  [[nodiscard]] json whole(ending why) override {
    json choice = {{"index", 0}};
    if (is_text_) {
      choice = {{"text", how_.echo + all(part::kind::content)}, {"index", 0}};
    } else {
      json message = {{"role", "assistant"}, {"content", all(part::kind::content)}};
      const std::string thought = all(part::kind::thought);
      if (how_.thinks || !thought.empty()) message["reasoning_content"] = thought;
      for (const part& p : parts_)
        if (p.is == part::kind::call) message["tool_calls"].push_back(call(p, p.text));
      choice["message"] = std::move(message);
    }
    choice["logprobs"] = how_.scores ? logprobs() : json();
    choice["finish_reason"] = name_of(why);
    return {{"id", who_.id},
            {"object", is_text_ ? "text_completion" : "chat.completion"},
            {"created", who_.created},
            {"model", who_.model},
            {"choices", json::array({std::move(choice)})},
            {"usage", usage()},
            {"system_fingerprint", who_.fingerprint}};
  }

  static const char* name_of(ending why) {
    switch (why) {
      case ending::stop: return "stop";
      case ending::length: return "length";
      case ending::calls: return "tool_calls";
      case ending::aborted: return "aborted";
      default: return "insufficient_system_resource";
    }
  }
  static json call(const part& p, const std::string& arguments) {
    return {{"id", "call_" + p.id}, {"type", "function"}, {"function", {{"name", p.name}, {"arguments", arguments}}}};
  }
  /// A chunk around a delta, or around a text.
  [[nodiscard]] json chunk(json delta) const {
    json choice = {{"index", 0},
                   {is_text_ ? "text" : "delta", std::move(delta)},
                   {"logprobs", nullptr},
                   {"finish_reason", nullptr}};
    json c = {{"id", who_.id},
              {"object", is_text_ ? "text_completion" : "chat.completion.chunk"},
              {"created", who_.created},
              {"model", who_.model},
              {"system_fingerprint", who_.fingerprint},
              {"choices", json::array({std::move(choice)})}};
    if (how_.usage_in_stream) c["usage"] = nullptr;
    return c;
  }
  void send(json delta, sink out) {
    json c = chunk(is_text_ ? delta["content"] : std::move(delta));
    if (how_.scores) c["choices"][0]["logprobs"] = logprobs();
    n_scores_told_ = from_.writer->scores().size();
    out(c);
  }

  [[nodiscard]] json usage() const {
    const std::size_t n = from_.writer->n_tokens();
    return {{"prompt_tokens", from_.n_prompt},
            {"completion_tokens", n},
            {"total_tokens", from_.n_prompt + n},
            {"prompt_tokens_details", {{"cached_tokens", from_.n_cached}}},
            {"prompt_cache_hit_tokens", from_.n_cached},
            {"prompt_cache_miss_tokens", from_.n_prompt - from_.n_cached},
            {"completion_tokens_details", {{"reasoning_tokens", from_.writer->n_thought()}}}};
  }

  /// Scores of the tokens that no chunk has told of yet, in the form of the endpoint.
  [[nodiscard]] json logprobs() const {
    if (is_text_) return text_logprobs();
    json thoughts = scores(true);
    json both = {{"content", scores(false)}};
    if (how_.thinks || !thoughts.empty()) both["reasoning_content"] = std::move(thoughts);
    return both;
  }
  [[nodiscard]] json text_logprobs() const {
    const std::span<const token_score> all = from_.writer->scores();
    json out;
    for (const char* column : {"tokens", "token_logprobs", "top_logprobs", "text_offset"}) out[column] = json::array();
    std::size_t offset = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string text = text_of(all[i].id);
      if (i >= n_scores_told_) {
        json top = json::object();
        for (const auto& [t, p] : all[i].top) top[text_of(t)] = p;
        out["tokens"].push_back(text);
        out["token_logprobs"].push_back(all[i].logprob);
        out["top_logprobs"].push_back(std::move(top));
        out["text_offset"].push_back(offset);
      }
      offset += text.size();
    }
    return out;
  }

  const bool is_text_;
};

}  // namespace detail::api
RETORT_END
