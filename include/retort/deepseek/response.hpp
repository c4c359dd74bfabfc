// An answer in the words of the DeepSeek API: grown by the events of a reply, given out as one object or chunk by
// chunk.
#pragma once

#include <retort/chat/answer.hpp>
#include <retort/deepseek/request.hpp>

RETORT_BEGIN
namespace detail::api {

/// One answer. What it says of tokens it asks the writer, which must outlive the calls that need it.
class response {
 public:
  using sink = function_ref<void(const json&)>;

  struct identity {
    std::string id, model, fingerprint;
    std::int64_t created = 0;  ///< seconds since the epoch
  };
  struct form {
    bool text = false;    ///< the completions endpoint: a text, not a message
    bool thinks = false;  ///< a thought is expected
    bool chunks = false;  ///< streamed
    bool usage_in_stream = false;
    bool scores = false;  ///< logprobs are wanted
    std::string echo;     ///< what a text begins with
  };

  response() = default;
  response(identity who, form how, const tokenizer& words, std::size_t n_prompt, std::size_t n_cached)
      : who_(std::move(who)), how_(std::move(how)), words_(&words), n_prompt_(n_prompt), n_cached_(n_cached) {}

  [[nodiscard]] bool has_calls() const noexcept { return !calls_.empty(); }

  /// The first chunk of a stream.
  void open(sink out) {
    if (!how_.chunks || std::exchange(open_, true)) return;
    if (how_.text) {
      if (!how_.echo.empty()) out(chunk(how_.echo));
    } else if (how_.thinks) {
      out(chunk({{"role", "assistant"}, {"content", nullptr}, {"reasoning_content", ""}}));
    } else {
      out(chunk({{"role", "assistant"}, {"content", ""}}));
    }
  }
  /// More of the answer.
  void take(const reply_event& e, const answer_writer& from, sink out) {
    using kind = reply_event::kind;
    if (e.is == kind::hidden) return;
    if (e.is == kind::thought) {
      thought_ += e.text;
      send({{"content", nullptr}, {"reasoning_content", std::string(e.text)}}, from, out);
    } else if (e.is == kind::call) {
      const std::size_t index = calls_.size();
      const std::string id = "call_" + std::to_string(index) + "_" + who_.id.substr(0, 16);
      const auto call = [&](const std::string& arguments) {
        return json{{"id", id}, {"type", "function"}, {"function", {{"name", e.call->name}, {"arguments", arguments}}}};
      };
      calls_.push_back(call(e.call->arguments));
      json begun = {{"index", index}};
      begun.update(call(""));
      send({{"tool_calls", json::array({begun})}}, from, out);
      send({{"tool_calls", json::array({{{"index", index}, {"function", {{"arguments", e.call->arguments}}}}})}}, from,
           out);
    } else {
      content_ += e.text;
      json delta = {{"content", std::string(e.text)}};
      if (how_.thinks) delta["reasoning_content"] = nullptr;
      send(std::move(delta), from, out);
    }
  }
  /// The last chunks of a stream.
  void close(const std::string& finish_reason, const answer_writer& from, sink out) {
    open(out);
    json last = chunk(how_.text ? json("") : json{{"content", ""}});
    last["choices"][0]["finish_reason"] = finish_reason;
    if (how_.scores) last["choices"][0]["logprobs"] = logprobs(from);  // of tokens without a text of their own
    out(last);
    if (!how_.usage_in_stream) return;
    json usage_chunk = chunk(json());
    usage_chunk["choices"] = json::array();
    usage_chunk["usage"] = usage(from);
    out(usage_chunk);
  }
  /// The whole answer.
  [[nodiscard]] json whole(const std::string& finish_reason, const answer_writer& from) const {
    json choice = {{"index", 0}};
    if (how_.text) {
      choice = {{"text", how_.echo + content_}, {"index", 0}};
    } else {
      json message = {{"role", "assistant"}, {"content", content_}};
      if (how_.thinks || !thought_.empty()) message["reasoning_content"] = thought_;
      if (!calls_.empty()) message["tool_calls"] = calls_;
      choice["message"] = std::move(message);
    }
    choice["logprobs"] = how_.scores ? logprobs(from) : json();
    choice["finish_reason"] = finish_reason;
    return {{"id", who_.id},
            {"object", how_.text ? "text_completion" : "chat.completion"},
            {"created", who_.created},
            {"model", who_.model},
            {"choices", json::array({std::move(choice)})},
            {"usage", usage(from)},
            {"system_fingerprint", who_.fingerprint}};
  }

 private:
  /// A chunk around a delta, or around a text.
  [[nodiscard]] json chunk(json delta) const {
    json choice = {{"index", 0},
                   {how_.text ? "text" : "delta", std::move(delta)},
                   {"logprobs", nullptr},
                   {"finish_reason", nullptr}};
    json c = {{"id", who_.id},
              {"object", how_.text ? "text_completion" : "chat.completion.chunk"},
              {"created", who_.created},
              {"model", who_.model},
              {"system_fingerprint", who_.fingerprint},
              {"choices", json::array({std::move(choice)})}};
    if (how_.usage_in_stream) c["usage"] = nullptr;
    return c;
  }
  void send(json delta, const answer_writer& from, sink out) {
    if (!how_.chunks) return;
    json c = chunk(how_.text ? delta["content"] : std::move(delta));
    if (how_.scores) c["choices"][0]["logprobs"] = logprobs(from);
    n_scores_sent_ = from.scores().size();
    out(c);
  }

  [[nodiscard]] json usage(const answer_writer& from) const {
    const std::size_t n = from.n_tokens();
    return {{"prompt_tokens", n_prompt_},
            {"completion_tokens", n},
            {"total_tokens", n_prompt_ + n},
            {"prompt_tokens_details", {{"cached_tokens", n_cached_}}},
            {"prompt_cache_hit_tokens", n_cached_},
            {"prompt_cache_miss_tokens", n_prompt_ - n_cached_},
            {"completion_tokens_details", {{"reasoning_tokens", from.n_thought()}}}};
  }

  /// Scores of the tokens that no chunk has told of yet, in the form of the endpoint.
  [[nodiscard]] json logprobs(const answer_writer& from) const {
    return how_.text ? text_logprobs(from.scores()) : message_logprobs(from.scores());
  }
  [[nodiscard]] json text_logprobs(std::span<const token_score> scores) const {
    json out;
    for (const char* column : {"tokens", "token_logprobs", "top_logprobs", "text_offset"}) out[column] = json::array();
    std::size_t offset = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const std::string text = text_of(scores[i].id);
      if (i >= n_scores_sent_) {
        json top = json::object();
        for (const auto& [t, p] : scores[i].top) top[text_of(t)] = p;
        out["tokens"].push_back(text);
        out["token_logprobs"].push_back(scores[i].logprob);
        out["top_logprobs"].push_back(std::move(top));
        out["text_offset"].push_back(offset);
      }
      offset += text.size();
    }
    return out;
  }
  [[nodiscard]] json message_logprobs(std::span<const token_score> scores) const {
    json said = json::array(), thoughts = json::array();
    for (const token_score& of : scores.subspan(n_scores_sent_)) {
      json s = score(of.id, of.logprob);
      s["top_logprobs"] = json::array();
      for (const auto& [t, p] : of.top) s["top_logprobs"].push_back(score(t, p));
      (of.thought ? thoughts : said).push_back(std::move(s));
    }
    json out = {{"content", std::move(said)}};
    if (how_.thinks || !thoughts.empty()) out["reasoning_content"] = std::move(thoughts);
    return out;
  }
  [[nodiscard]] std::string text_of(token t) const { return words_->decode({&t, 1}, true); }
  [[nodiscard]] json score(token t, float logprob) const {
    json bytes = json::array();
    for (char c : words_->bytes(t)) bytes.push_back(static_cast<unsigned char>(c));
    return {{"token", text_of(t)}, {"logprob", logprob}, {"bytes", std::move(bytes)}};
  }

  identity who_;
  form how_;
  const tokenizer* words_ = nullptr;
  std::size_t n_prompt_ = 0, n_cached_ = 0, n_scores_sent_ = 0;
  std::string content_, thought_;
  json calls_ = json::array();
  bool open_ = false;
};

}  // namespace detail::api
RETORT_END
