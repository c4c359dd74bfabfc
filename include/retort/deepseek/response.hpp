// An answer that is told in the words of an API: grown by the events of a reply, given out as one object or chunk by
// chunk. What the forms have in common; next: chat_form.hpp, responses_form.hpp, messages_form.hpp.
#pragma once

#include <retort/chat/answer.hpp>
#include <retort/deepseek/request.hpp>
#include <retort/deepseek/stop.hpp>

RETORT_BEGIN
namespace detail::api {

/// Why an answer is over.
enum class ending : std::uint8_t { stop, length, calls, aborted, no_memory };

/// One answer. What it says of tokens it asks the writer, which must outlive it.
class response {
 public:
  using sink = function_ref<void(const json&)>;

  struct identity {
    std::string id, model, fingerprint;
    std::int64_t created = 0;  ///< seconds since the epoch
  };
  struct settings {
    bool thinks = false;  ///< a thought is expected
    bool chunks = false;  ///< streamed
    bool usage_in_stream = false;
    bool scores = false;    ///< logprobs are wanted
    bool one_call = false;  ///< the answer ends after a call
    std::string echo{};     ///< what a text begins with
    std::vector<std::string> stop{};
  };
  struct origin {
    const tokenizer* words = nullptr;
    const answer_writer* writer = nullptr;
    std::size_t n_prompt = 0, n_cached = 0;
  };
  /// A stretch of the answer of one kind.
  struct part {
    enum class kind : std::uint8_t { thought, content, call } is = kind::content;
    std::string text{};  ///< of a call: its arguments
    std::string name{}, id{};
  };

  response(identity who, settings how, origin from)
      : who_(std::move(who)), how_(std::move(how)), from_(from), stop_(how_.stop) {}
  response(const response&) = delete;
  response& operator=(const response&) = delete;
  virtual ~response() = default;

  /// The first chunks of a stream.
  void open(sink out) {
    if (how_.chunks && !std::exchange(open_, true)) begin(out);
  }
  /// More of the answer; true where it must end here, because a stop text or the only call has come.
  bool take(const reply_event& e, sink out) {
    using kind = reply_event::kind;
    if (over_) return true;
    if (e.is == kind::thought) grow(part::kind::thought, e.text, out);
    if (e.is == kind::answer) grow(part::kind::content, stop_.feed(e.text), out);
    if (e.is == kind::call_begin || e.is == kind::cut_call) grow(part::kind::content, stop_.flush(), out);
    if (!stop_.found()) take_call(e, out);
    over_ = stop_.found() || (how_.one_call && e.is == kind::call);
    return over_;
  }
  /// The rest of the answer; then the last chunks of a stream, or the whole answer.
  /// `why`: what ended it, unless it had to end anyway
  json close(ending why, sink out) {
    grow(part::kind::content, stop_.flush(), out);
    over_ = over_ || stop_.found();
    const bool by_itself = why == ending::stop || (over_ && why != ending::no_memory);
    why = !by_itself ? why : n_calls_ > 0 && !stop_.found() ? ending::calls : ending::stop;
    if (!how_.chunks) return whole(why);
    open(out);
    end_part(out);
    end(why, out);
    return {};
  }

 protected:
  virtual void begin(sink out) = 0;
  virtual void begins(const part& p, sink out) = 0;
  virtual void grows(const part& p, std::string_view more, sink out) = 0;
  virtual void ends(const part& p, sink out) = 0;
  virtual void end(ending why, sink out) = 0;
  [[nodiscard]] virtual json whole(ending why) = 0;

  [[nodiscard]] std::string all(part::kind is) const {
    std::string text;
    for (const part& p : parts_)
      if (p.is == is) text += p.text;
    return text;
  }
  [[nodiscard]] std::string text_of(token t) const { return from_.words->decode({&t, 1}, true); }
  [[nodiscard]] json score(token t, float logprob) const {
    json bytes = json::array();
    for (char c : from_.words->bytes(t)) bytes.push_back(static_cast<unsigned char>(c));
    return {{"token", text_of(t)}, {"logprob", logprob}, {"bytes", std::move(bytes)}};
  }
  /// Of the tokens of the thought, or of the others, that were not told of yet.
  [[nodiscard]] json scores(bool of_thought) const {
    json list = json::array();
    for (const token_score& of : std::span(from_.writer->scores()).subspan(n_scores_told_)) {
      if (of.thought != of_thought) continue;
      json s = score(of.id, of.logprob);
      s["top_logprobs"] = json::array();
      for (const auto& [t, p] : of.top) s["top_logprobs"].push_back(score(t, p));
      list.push_back(std::move(s));
    }
    return list;
  }

  const identity who_;
  const settings how_;
  const origin from_;
  std::vector<part> parts_;
  stop_search stop_;
  std::size_t n_calls_ = 0, n_scores_told_ = 0;

 private:
  void grow(part::kind is, std::string_view more, sink out) {
    if (more.empty()) return;
    if (parts_.empty() || parts_.back().is != is) add(part{is}, out);
    parts_.back().text += more;
    if (how_.chunks) grows(parts_.back(), more, out);
  }
  /// A call grows like a text. One that is none after all, or is cut, is text; in a stream, which has told of it, it
  /// stays what it was.
  void take_call(const reply_event& e, sink out) {
    using kind = reply_event::kind;
    if (e.is == kind::call_begin) {
      add(part{part::kind::call, {}, e.call->name, std::to_string(n_calls_) + "_" + who_.id.substr(0, 16)}, out);
      ++n_calls_;
      in_call_ = true;
    }
    if (e.is == kind::arguments) grow(part::kind::call, e.text, out);
    if (e.is == kind::call) in_call_ = false;
    if (e.is != kind::lost_call && e.is != kind::cut_call) return;
    const bool was_told = std::exchange(in_call_, false);
    if (was_told && !how_.chunks) {
      parts_.pop_back();
      --n_calls_;
    }
    if (e.is == kind::cut_call && !(was_told && how_.chunks)) grow(part::kind::content, e.text, out);
  }
  void add(part p, sink out) {
    open(out);
    end_part(out);
    parts_.push_back(std::move(p));
    if (how_.chunks) begins(parts_.back(), out);
  }
  void end_part(sink out) {
    if (how_.chunks && !parts_.empty()) ends(parts_.back(), out);
  }

  bool open_ = false, over_ = false;
  bool in_call_ = false;  ///< the last part is a call that is being written
};

}  // namespace detail::api
RETORT_END
