// A reply taken apart while it arrives: thought, answer and tool calls.
// Next: calls.hpp reads the tool calls, formats.hpp knows the formats.
#pragma once

#include <retort/reply/calls.hpp>

RETORT_BEGIN

struct reply_settings {
  reply_format format = reply_format::plain;        ///< reply_format_of() tells it from the template
  reply_start start = reply_start::open;            ///< reply_start_of() tells it from the prompt
  bool calls = true;                                ///< false: nothing is read as a tool call (no tools were offered)
  std::vector<std::string> stop;                    ///< the reply ends before any of these, outside of tool calls
  std::string tools_json;                           ///< the tools as offered; gives Qwen3-Coder's values their types
  std::size_t longest_call = std::size_t(1) << 20;  ///< bytes; a longer block of calls is given back as text
};

/// One step of a reply. The views live until the sink returns.
struct reply_event {
  enum class kind : std::uint8_t {
    thought,   ///< more of the thought
    answer,    ///< more of the answer
    call,      ///< a whole tool call
    cut_call,  ///< the reply ended inside a tool call; `text` is what there was of it, `call` has the name if known
    hidden,    ///< tags, the white space around them, and what follows a stop string
  };
  kind is;
  std::string_view text;  ///< what to show
  std::string_view raw;   ///< what the model wrote; all raw texts together are the reply
  const tool_call* call = nullptr;
};

/// Splits a reply that arrives in pieces. The same text gives the same thought, answer and calls however it is cut.
///
/// rules   a thought runs from <think> (or from the start, if the prompt opened it) to </think> or to a tool call; the
///         line end after <think>, white space before </think> and two line ends after it are hidden; white space in
///         front of a tool call too; what looks like a tool call but is none is given back as text
/// errors  none: every text is a reply
/// cost    linear; holds back only what may still become a tag, a stop string, a tool call or half a character
/// tested  tests/reply/parser_test.cpp
class reply_parser {
 public:
  using sink = function_ref<void(const reply_event&)>;

  explicit reply_parser(reply_settings settings) : settings_(std::move(settings)), types_(settings_.tools_json) {
    if (settings_.start == reply_start::answer) begin_answer();
    if (settings_.start == reply_start::text) phase_ = phase::answer;
  }
  reply_parser(const reply_parser&) = delete;
  reply_parser& operator=(const reply_parser&) = delete;

  /// The next piece, of any size.
  void feed(std::string_view piece, sink out) {
    held_ += piece;
    run(out, false);
  }
  /// The reply is over: gives out what was held back.
  /// `at_limit`: the token limit ended it, not the model.
  void finish(sink out, bool at_limit = false) {
    if (at_limit && phase_ == phase::call && reader_.ends_with_reply()) cut_call(out);
    run(out, true);
    if (phase_ == phase::call) cut_call(out);
    if (phase_ != phase::stopped) show(held_.size(), held_.size(), out);
  }

  [[nodiscard]] bool stopped() const noexcept { return phase_ == phase::stopped; }  ///< a stop string came
  [[nodiscard]] bool in_thought() const noexcept {  ///< after finish(): the thought was never closed
    return phase_ == phase::thought || (phase_ == phase::stopped && was_thought_);
  }
  [[nodiscard]] bool in_answer() const noexcept {  ///< whether what comes next belongs to the answer or a call
    return phase_ == phase::answer || phase_ == phase::call || (phase_ == phase::stopped && !was_thought_);
  }
  [[nodiscard]] bool call_was_cut() const noexcept { return cut_; }
  [[nodiscard]] unsigned calls() const noexcept { return calls_; }

 private:
  using match = detail::reply::match;
  using yes_no = match::answer;
  using kind = reply_event::kind;
  enum class phase : std::uint8_t { start, thought, answer, call, stopped };

  void run(sink out, bool ended) {
    bool go_on = true;
    while (go_on) {
      switch (phase_) {
        case phase::start: go_on = start(out, ended); break;
        case phase::thought:
        case phase::answer: go_on = scan(out, ended); break;
        case phase::call: go_on = read_call(out, ended); break;
        case phase::stopped: hide(held_.size(), out); go_on = false;
      }
    }
  }

  void drop(std::size_t n) {
    held_.erase(0, n);
    scanned_ = scanned_ > n ? scanned_ - n : 0;
    shown_ = shown_ > n ? shown_ - n : 0;
  }
  void hide(std::size_t n, sink out) {
    if (n > 0) out({kind::hidden, {}, std::string_view(held_).substr(0, n)});
    drop(n);
  }
  /// Gives out the first `n` bytes; the text ends at `end`, the rest is hidden.
  void show(std::size_t end, std::size_t n, sink out) {
    const bool thinking = in_thought();
    std::size_t begin = 0;
    while (begin < end && skip_ > 0 && held_[begin] == '\n') {
      ++begin;
      --skip_;
    }
    if (begin < end) {
      skip_ = 0;
      for (std::size_t i = begin; i < end && first_; ++i) first_ = detail::is_blank(held_[i]);
    }
    if (begin > 0) out({kind::hidden, {}, std::string_view(held_).substr(0, begin)});
    const std::string_view text = std::string_view(held_).substr(begin, end - begin);
    if (!text.empty()) out({thinking ? kind::thought : kind::answer, text, text});
    if (n > end) out({kind::hidden, {}, std::string_view(held_).substr(end, n - end)});
    drop(n);
  }
  void begin_thought() {
    phase_ = phase::thought;
    skip_ = 1;
  }
  void begin_answer() {
    phase_ = phase::answer;
    skip_ = 2;
  }

  /// Optional white space and an optional <think>.
  bool start(sink out, bool ended) {
    std::size_t at = 0;
    while (at < held_.size() && detail::is_blank(held_[at])) ++at;
    const bool opened = settings_.start == reply_start::thought;
    const match m = at < held_.size() ? detail::reply::literal_at(held_, at, "<think>") : match{yes_no::partly, 0};
    if (m.is == yes_no::partly && !ended) return false;
    if (m.is == yes_no::yes) hide(at + m.length, out);
    if (opened || m.is == yes_no::yes) {
      begin_thought();
    } else {
      phase_ = phase::answer;  // no thought before it: nothing to skip
    }
    scanned_ = 0;
    return true;
  }

  struct found {
    enum class what : std::uint8_t { nothing, maybe, close, opener, stop } is = what::nothing;
    std::size_t length = 0;
  };
  /// What begins at `at`, the earliest wins; a tag wins over a stop string at the same place.
  [[nodiscard]] found look(std::size_t at, bool ended) const {
    bool maybe = false;
    const auto test = [&](match m) {
      maybe = maybe || (m.is == yes_no::partly && !ended);
      return m.is == yes_no::yes;
    };
    const char c = held_[at];
    if (c == '<' || c == '{') {
      if (match m = detail::reply::literal_at(held_, at, "</think>"); phase_ == phase::thought && test(m))
        return {found::what::close, m.length};
      const bool first = first_ && shown_ == 0 && phase_ == phase::answer;
      if (match m = detail::reply::opener_at(settings_.format, held_, at, first); settings_.calls && test(m))
        return {found::what::opener, m.length};
    }
    for (const std::string& s : settings_.stop)
      if (!s.empty() && s[0] == c && test(detail::reply::literal_at(held_, at, s)))
        return {found::what::stop, s.size()};
    return {maybe ? found::what::maybe : found::what::nothing, 0};
  }

  /// Thought or answer: gives out all that cannot be the beginning of something else.
  bool scan(sink out, bool ended) {
    for (; scanned_ < held_.size(); ++scanned_) {
      const found f = look(scanned_, ended);
      if (f.is == found::what::maybe) break;
      if (f.is == found::what::nothing) {
        if (!detail::is_blank(held_[scanned_])) shown_ = scanned_ + 1;
        continue;
      }
      return reached(f, out);
    }
    const std::size_t whole = whole_characters(shown_, ended);
    if (whole > 0) show(whole, whole, out);
    return false;
  }
  bool reached(const found& f, sink out) {
    const std::size_t at = scanned_;
    if (f.is == found::what::close) {
      show(shown_, at + f.length, out);
      begin_answer();
      scanned_ = 0;
      return true;
    }
    if (f.is == found::what::stop) {
      show(at, at, out);
      was_thought_ = phase_ == phase::thought;
      phase_ = phase::stopped;
      return true;
    }
    if (shown_ > 0) show(shown_, shown_, out);
    lead_ = scanned_;  // white space that only counts if this is no call
    opener_ = f.length;
    from_ = phase_;
    phase_ = phase::call;
    reader_ = detail::reply::call_reader(settings_.format, types_, lead_);
    return true;
  }
  /// At most `n`, but no half of a UTF-8 sequence at the end of what has arrived.
  [[nodiscard]] std::size_t whole_characters(std::size_t n, bool ended) const noexcept {
    if (ended || n != held_.size()) return n;
    for (std::size_t back = 1; back <= 3 && back <= n; ++back) {
      const auto u = static_cast<unsigned char>(held_[n - back]);
      if (u < 0x80 || u >= 0xF8) break;
      if (u < 0xC0) continue;
      return (u >= 0xF0 ? 4u : u >= 0xE0 ? 3u : 2u) > back ? n - back : n;
    }
    return n;
  }

  bool read_call(sink out, bool ended) {
    using detail::reply::progress;
    const progress p = held_.size() > settings_.longest_call ? progress::bad : reader_.read(held_, ended);
    switch (p) {
      case progress::more: return false;
      case progress::call: {
        tool_call call = reader_.take();
        call.id = "call_" + std::to_string(calls_++);
        emitted_ = reader_.position();
        out({kind::call, {}, std::string_view(held_).substr(given_, emitted_ - given_), &call});
        given_ = emitted_;
        return true;
      }
      case progress::done:
        if (reader_.position() > given_)
          out({kind::hidden, {}, std::string_view(held_).substr(given_, reader_.position() - given_)});
        leave_call(reader_.position());
        phase_ = phase::answer;
        skip_ = 1000;  // line ends after calls
        return true;
      case progress::bad: break;
    }
    give_back(out);
    return true;
  }
  void leave_call(std::size_t n) {
    drop(n);
    given_ = emitted_ = scanned_ = shown_ = 0;
  }
  /// No call after all: what looked like its opener is text, and the search goes on behind it.
  void give_back(sink out) {
    const bool some = reader_.calls() > 0;
    const std::size_t begin = given_;
    phase_ = some ? phase::answer : from_;
    leave_call(begin);
    if (held_.empty()) return;
    if (!some) {
      first_ = first_ && settings_.format != reply_format::llama;
      shown_ = scanned_ = lead_ + opener_;
      return;
    }
    const std::size_t n = detail::utf8::point_at(held_, 0).length;  // a later call of the block is malformed
    show(n, n, out);
  }
  void cut_call(sink out) {
    cut_ = true;
    tool_call call = reader_.unfinished();
    call.id = "call_" + std::to_string(calls_);
    const std::string_view raw = std::string_view(held_).substr(given_);
    out({kind::cut_call, raw, raw, &call});
    leave_call(held_.size());
    phase_ = phase::answer;
  }

  const reply_settings settings_;
  const detail::reply::tool_types types_;
  std::string held_;         ///< what has arrived and is not given out
  std::size_t scanned_ = 0;  ///< no marker begins before this
  std::size_t shown_ = 0;    ///< text up to here can be given out; what follows is white space
  std::size_t lead_ = 0, opener_ = 0, given_ = 0, emitted_ = 0;
  unsigned skip_ = 0;  ///< line ends that may still be hidden at the beginning of a part
  unsigned calls_ = 0;
  phase phase_ = phase::start, from_ = phase::answer;
  bool first_ = true, cut_ = false, was_thought_ = false;
  detail::reply::call_reader reader_;
};

/// A whole reply, taken apart.
struct parsed_reply {
  std::string thought, answer;
  std::vector<tool_call> calls;
  bool thought_open = false;  ///< the thought was never closed: the reply was cut
  bool call_cut = false;      ///< the reply ended inside a tool call
  bool stopped = false;
};

inline parsed_reply parse_reply(std::string_view text, reply_settings settings) {
  parsed_reply r;
  reply_parser parser(std::move(settings));
  const auto take = [&](const reply_event& e) {
    if (e.is == reply_event::kind::thought) r.thought += e.text;
    if (e.is == reply_event::kind::answer) r.answer += e.text;
    if (e.is == reply_event::kind::call) r.calls.push_back(*e.call);
  };
  parser.feed(text, take);
  parser.finish(take);
  r.thought_open = parser.in_thought();
  r.call_cut = parser.call_was_cut();
  r.stopped = parser.stopped();
  return r;
}

RETORT_END
