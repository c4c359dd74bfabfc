// A reply taken apart while it arrives: thought, answer and tool calls.
// Next: calls.hpp reads the tool calls, formats.hpp knows the formats.
#pragma once

#include <retort/reply/calls.hpp>

RETORT_BEGIN

struct reply_settings {
  reply_format format = reply_format::plain;        ///< reply_syntax_of() tells it from the template
  thought_format thoughts = thought_format::think;  ///< likewise
  reply_start start = reply_start::open;            ///< reply_start_of() tells it from the prompt
  bool answers = false;                             ///< no thought is expected, even if the prompt leaves that open
  bool goes_on = false;                             ///< the prompt ends inside the thought: its line ends are kept
  bool calls = true;                                ///< false: nothing is read as a tool call (no tools were offered)
  bool one_call = false;                            ///< the reply ends with its first call
  bool parts = false;                               ///< calls are told of while they are written, too
  std::vector<std::string> stop;                    ///< the reply ends before any of these, outside of tool calls
  std::string tools_json;                           ///< the tools as offered; gives values written as text their types
  std::size_t longest_call = std::size_t(1) << 20;  ///< bytes; a longer block of calls is given back as text
};

/// One step of a reply. The views live until the sink returns.
struct reply_event {
  enum class kind : std::uint8_t {
    thought,     ///< more of the thought
    answer,      ///< more of the answer
    call_begin,  ///< a call has begun: `call` has its name and id, no arguments yet. Only if `parts` were asked for
    arguments,   ///< `text` is more of its arguments; all of them together are those of the call. Likewise
    lost_call,   ///< what had begun is no call after all; its text follows as an answer. Likewise
    call,        ///< a whole tool call
    cut_call,    ///< the reply ended inside a tool call; `text` is what there was of it, `call` has the name if known
    hidden,      ///< tags, the white space around them, and what follows a stop string
  };
  kind is;
  std::string_view text;  ///< what to show
  std::string_view raw;   ///< what the model wrote; all raw texts together are the reply
  const tool_call* call = nullptr;
};

/// Splits a reply that arrives in pieces. The same text gives the same thought, answer and calls however it is cut.
///
/// rules   a thought runs from <think> (or from the start, if the prompt opened it) to </think>; a tool call inside it
///         is one only where it ends the reply, so what is merely mentioned stays thought; the line end after <think>,
///         white space before </think> and two line ends after it are hidden; white space in front of a tool call
///         too; what looks like a tool call but is none is given back as text; a </think> at an end of a line of the
///         answer is hidden; where messages have headers, these say what a text is and are hidden
/// errors  none: every text is a reply
/// cost    linear; holds back only what may still become a tag, a stop string, a tool call or half a character
/// tested  tests/reply/parser_test.cpp
class reply_parser {
 public:
  using sink = function_ref<void(const reply_event&)>;

  explicit reply_parser(reply_settings settings)
      : settings_(std::move(settings)),
        row_(&detail::reply::syntax_of(settings_.format)),
        marks_(&detail::reply::marks_of(settings_.thoughts)),
        types_(settings_.tools_json) {
    for (const std::string_view mark :
         {row_->begins, row_->also_begins, row_->call_begin, row_->name_begin, row_->block_end, row_->call_end,
          marks_->begin, marks_->end, marks_->answer_begin, marks_->answer_end, row_->header_begins[0],
          row_->header_begins[1], row_->message_ends[0], row_->message_ends[1], row_->message_ends[2]})
      may_begin(detail::reply::core(mark));
    if (row_->bare_object) may_begin("{");
    if (row_->bare_list) may_begin("[");
    for (const std::string& s : settings_.stop) may_begin(s);
    between_ = settings_.answers;
    if (settings_.start == reply_start::open && has_headers()) {
      phase_ = phase::header;
    } else if (settings_.start == reply_start::text || (settings_.start == reply_start::answer && has_headers())) {
      phase_ = phase::answer;
    } else if (settings_.start == reply_start::answer || settings_.answers) {
      begin_answer();
    } else if (has_headers() || (settings_.goes_on && settings_.start == reply_start::thought)) {
      phase_ = phase::thought;
    }
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
    at_limit_ = at_limit;
    if (at_limit && phase_ == phase::call && reader_.ends_with_reply()) doubtful_ ? doubt(out) : cut_call(out);
    run(out, true);
    while (phase_ == phase::call && doubtful_) {
      doubt(out);
      run(out, true);
    }
    if (phase_ == phase::call) cut_call(out);
    if (phase_ != phase::stopped) show(held_.size(), held_.size(), out);
  }

  [[nodiscard]] bool stopped() const noexcept { return phase_ == phase::stopped; }  ///< a stop string came
  [[nodiscard]] bool in_thought() const noexcept {  ///< after finish(): the thought was never closed
    return phase_ == phase::thought || (phase_ == phase::call && doubtful_) ||
           (phase_ == phase::stopped && was_thought_);
  }
  [[nodiscard]] bool in_answer() const noexcept {  ///< whether what comes next belongs to the answer or a call
    return phase_ == phase::answer || (phase_ == phase::call && !doubtful_) || (phase_ == phase::header && between_) ||
           (phase_ == phase::stopped && !was_thought_);
  }
  [[nodiscard]] bool call_was_cut() const noexcept { return cut_; }
  [[nodiscard]] unsigned calls() const noexcept { return calls_; }

 private:
  using match = detail::reply::match;
  using yes_no = match::answer;
  using kind = reply_event::kind;
  enum class phase : std::uint8_t { start, header, thought, answer, call, stopped };
  static constexpr std::size_t longest_header = 512;

  void may_begin(std::string_view mark) noexcept {
    if (!mark.empty()) begins_[static_cast<unsigned char>(mark[0])] = true;
  }
  [[nodiscard]] bool has_headers() const noexcept { return !row_->header_end.empty(); }

  void run(sink out, bool ended) {
    bool go_on = true;
    while (go_on) {
      switch (phase_) {
        case phase::start: go_on = start(out, ended); break;
        case phase::header: go_on = header(out, ended); break;
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
      line_begins_ = held_[end - 1] == '\n';
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
    line_begins_ = true;
  }

  /// Optional white space and an optional <think>.
  bool start(sink out, bool ended) {
    std::size_t at = scanned_;
    while (at < held_.size() && detail::is_blank(held_[at])) ++at;
    scanned_ = at;
    const bool opened = settings_.start == reply_start::thought;
    const match m = at < held_.size() ? detail::reply::literal_at(held_, at, detail::reply::core(marks_->begin))
                                      : match{yes_no::partly, 0};
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

  // ---- messages with headers

  /// Functionary's, which no token marks.
  [[nodiscard]] bool headers_are_lines() const noexcept { return detail::reply::core(row_->header_end).empty(); }

  /// Whether a text may yet become a header.
  [[nodiscard]] bool may_be_header(std::string_view s) const noexcept {
    if (headers_are_lines())
      return s.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == s.npos;
    for (const std::string_view begin :
         {std::string_view("<|"), std::string_view("to="), std::string_view("assistant")})
      if (s.starts_with(begin) || begin.starts_with(s)) return true;
    return false;
  }
  /// What the message is that follows: said before it.
  bool header(sink out, bool ended) {
    std::string_view s = held_;
    std::size_t begin = scanned_;
    while (begin < s.size() && detail::is_blank(s[begin])) ++begin;
    scanned_ = begin;
    const match again = begin < s.size() ? detail::reply::literal_at(s, begin, row_->header_begins[0]) : match{};
    if (again.is == yes_no::partly && !ended) return false;
    begin += again.length;
    const std::size_t end = s.find(row_->header_end, begin);
    s = s.substr(begin, end == s.npos ? s.npos : end - begin);
    const bool fits = s.size() <= longest_header && may_be_header(detail::reply::core(s));
    if (end == s.npos || !fits) {
      if (fits && !ended) return false;
      phase_ = phase::answer;
      scanned_ = 0;
      const bool blank = detail::reply::core(s).empty();
      if (fits && (blank || s.find("<|") != s.npos)) {
        hide(held_.size(), out);  // the reply ends inside it
      } else if (headers_are_lines()) {
        shown_ = scanned_ = begin;
      } else {
        const match mark = detail::reply::literal_at(held_, begin, row_->header_begins[1]);
        hide(begin + mark.length, out);
      }
      return true;
    }
    const std::size_t after = end + row_->header_end.size();
    const std::string name = recipient(s);
    if (headers_are_lines() && !name.empty() && !settings_.calls) {  // a line like any other
      phase_ = phase::answer;
      shown_ = scanned_ = after;
      return true;
    }
    if (!name.empty() && settings_.calls) {
      lead_ = 0;
      opener_ = after;
      from_ = phase_ = phase::call;
      doubtful_ = false;
      reader_ = detail::reply::call_reader(settings_.format, types_, after, name);
      return true;
    }
    const bool is_thought = !name.empty() || s.find("analysis") != s.npos;  // what is meant for a tool is no answer
    hide(after, out);
    scanned_ = shown_ = skip_ = 0;
    phase_ = is_thought ? phase::thought : phase::answer;
    return true;
  }
  /// The function that a message is for.
  [[nodiscard]] std::string recipient(std::string_view header) const {
    if (headers_are_lines()) {
      const std::string_view name = detail::reply::core(header);
      return name == detail::reply::core(row_->text_header) ? std::string() : std::string(name);
    }
    const std::size_t to = header.find("to=");
    if (to == header.npos) return {};
    header = header.substr(to + 3);
    header = header.substr(0, header.find_first_of(" <\n"));
    if (header.starts_with(row_->kind)) header.remove_prefix(row_->kind.size());
    return std::string(header);
  }

  // ---- texts

  struct found {
    enum class what : std::uint8_t { nothing, maybe, open, close, mark, message, header, opener, stop };
    what is = what::nothing;
    std::size_t length = 0;
  };
  /// What begins at `at`, the earliest wins; a tag wins over a stop string at the same place.
  [[nodiscard]] found look(std::size_t at, bool ended) const {
    const char c = held_[at];
    if (!begins_[static_cast<unsigned char>(c)]) return {};
    bool maybe = false;
    const auto test = [&](match m) {
      maybe = maybe || (m.is == yes_no::partly && !ended);
      return m.is == yes_no::yes;
    };
    const auto literal = [&](std::string_view mark) {
      return mark.empty() || mark[0] != c ? match{} : detail::reply::literal_at(held_, at, mark);
    };
    for (const std::string_view mark : row_->message_ends)
      if (const match m = literal(mark); test(m)) return {found::what::message, m.length};
    for (const std::string_view mark : row_->header_begins)
      if (const match m = literal(mark); test(m)) return {found::what::header, 0};
    if (phase_ == phase::thought) {
      if (const match m = literal(marks_->end); !has_headers() && test(m)) return {found::what::close, m.length};
    } else if (settings_.start != reply_start::text) {
      const bool is_special = settings_.thoughts != thought_format::think &&  // which are no words that one writes
                              settings_.thoughts != thought_format::thinking &&
                              settings_.thoughts != thought_format::granite;
      if (const match m = is_special ? literal(detail::reply::core(marks_->begin)) : match{}; test(m))
        return {found::what::open, m.length};
      for (const std::string_view mark : {marks_->answer_begin, marks_->answer_end})
        if (const match m = literal(mark); test(m)) return {found::what::mark, m.length};
      if (const match m = stray(at, ended, literal(marks_->end)); test(m)) return {found::what::mark, m.length};
      for (const std::string_view mark : {row_->call_end, row_->block_end})
        if (const match m = stray(at, ended, calls_ > 0 ? literal(detail::reply::core(mark)) : match{}); test(m))
          return {found::what::mark, m.length};
    }
    const bool first = first_ && shown_ == 0 && phase_ == phase::answer;
    if (match m = detail::reply::opener_at(settings_.format, held_, at, first); settings_.calls && test(m))
      return {found::what::opener, m.length};
    for (const std::string& s : settings_.stop)
      if (const match m = literal(s); test(m)) return {found::what::stop, s.size()};
    return {maybe ? found::what::maybe : found::what::nothing, 0};
  }
  /// An end mark that closes nothing, which is hidden at the beginning or the end of a line; within one it is quoted.
  [[nodiscard]] match stray(std::size_t at, bool ended, match m) const noexcept {
    if (m.is != yes_no::yes) return m;
    std::size_t before = at, after = at + m.length;
    while (before > 0 && at - before < 64 && (held_[before - 1] == ' ' || held_[before - 1] == '\t')) --before;
    if (before == 0 ? line_begins_ : held_[before - 1] == '\n') return m;
    constexpr std::size_t longest = 64;  // white space that is looked at again as it grows
    while (after < held_.size() && after - at < longest && (held_[after] == ' ' || held_[after] == '\r')) ++after;
    if (after == held_.size()) return ended ? m : match{yes_no::partly, 0};
    return held_[after] == '\n' ? m : match{};
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
    const std::size_t whole = ended ? shown_ : detail::reply::whole_characters(held_, shown_);
    if (whole > 0) show(whole, whole, out);
    return false;
  }
  bool reached(const found& f, sink out) {
    using what = found::what;
    const std::size_t at = scanned_;
    switch (f.is) {
      case what::open:
        show(shown_, at + f.length, out);
        begin_thought();
        scanned_ = 0;
        return true;
      case what::close:
      case what::mark:
        show(shown_, at + f.length, out);
        first_ = first_ || f.is == what::close;
        begin_answer();
        scanned_ = 0;
        return true;
      case what::message:
      case what::header:
        show(phase_ == phase::thought ? shown_ : at, at + f.length, out);
        phase_ = phase::header;
        between_ = true;
        scanned_ = shown_ = 0;
        return true;
      case what::stop:
        show(at, at, out);
        was_thought_ = phase_ == phase::thought;
        phase_ = phase::stopped;
        return true;
      default: break;
    }
    if (shown_ > 0) show(shown_, shown_, out);
    lead_ = scanned_;  // white space that only counts if this is no call
    opener_ = f.length;
    from_ = phase_;
    doubtful_ = phase_ == phase::thought;
    phase_ = phase::call;
    reader_ = detail::reply::call_reader(settings_.format, types_, lead_);
    return true;
  }

  // ---- calls

  bool read_call(sink out, bool ended) {
    using detail::reply::progress;
    if (settled_ > 0) return settle(out, ended);
    const progress p = held_.size() > settings_.longest_call ? progress::bad : reader_.read(held_, ended);
    if (settings_.parts && !doubtful_ && reader_.is_known() && p != progress::bad) tell(out);
    switch (p) {
      case progress::more: return false;
      case progress::call: {
        tool_call call = reader_.take();
        if (call.id.empty()) call.id = "call_" + std::to_string(calls_ + pending_.size());
        if (doubtful_) {
          pending_.push_back({std::move(call), reader_.position()});
          return true;
        }
        give(call, reader_.position(), out);
        return true;
      }
      case progress::done:
        if (doubtful_) {
          settled_ = reader_.position();
          return true;
        }
        end_calls(reader_.position(), out);
        return true;
      case progress::bad: break;
    }
    doubtful_ ? doubt(out) : give_back(out);
    return true;
  }
  void give(const tool_call& call, std::size_t end, sink out) {
    if (settings_.parts) tell(call, call.arguments, out);
    ++calls_;
    told_.reset();
    out({kind::call, {}, std::string_view(held_).substr(given_, end - given_), &call});
    given_ = end;
    if (!settings_.one_call) return;
    leave_call(end);
    was_thought_ = false;
    phase_ = phase::stopped;
  }
  /// What is known of a call that is being written.
  void tell(sink out) {
    tool_call call{reader_.id(), reader_.name(), {}};
    if (call.id.empty()) call.id = "call_" + std::to_string(calls_);
    tell(call, reader_.arguments(), out);
  }
  void tell(const tool_call& call, std::string_view arguments, sink out) {
    const tool_call head{call.id, call.name, {}};
    if (!told_) out({kind::call_begin, {}, {}, &head});
    if (const std::size_t n = told_.value_or(0); arguments.size() > n)
      out({kind::arguments, arguments.substr(n), {}, &head});
    told_ = std::max(arguments.size(), told_.value_or(0));
  }
  void end_calls(std::size_t end, sink out) {
    if (end > given_) out({kind::hidden, {}, std::string_view(held_).substr(given_, end - given_)});
    leave_call(end);
    phase_ = phase::answer;
    line_begins_ = true;
    skip_ = 1000;  // line ends after calls
  }
  void leave_call(std::size_t n) {
    drop(n);
    given_ = scanned_ = shown_ = settled_ = 0;
    pending_.clear();
    told_.reset();
  }
  /// After calls inside a thought that nothing has closed: they count if they end the reply.
  bool settle(sink out, bool ended) {
    std::size_t next = std::max(settled_, scanned_);
    while (next < held_.size() && detail::is_blank(held_[next])) ++next;
    scanned_ = next;
    if (next < held_.size()) {
      const match m = detail::reply::opener_at(settings_.format, held_, next, false);
      if (m.is == yes_no::partly && !ended) return false;
      if (m.is == yes_no::yes) {
        settled_ = scanned_ = 0;
        reader_ = detail::reply::call_reader(settings_.format, types_, next);
      } else {
        doubt(out);
      }
      return true;
    }
    if (!ended) return false;
    if (at_limit_) {
      doubt(out);
      return true;
    }
    doubtful_ = false;
    const auto calls = std::exchange(pending_, {});
    const std::size_t end = std::exchange(settled_, 0);
    for (const auto& [call, call_end] : calls) {
      give(call, call_end, out);
      if (phase_ == phase::stopped) return true;
    }
    end_calls(end, out);
    return true;
  }
  /// Calls that were only mentioned: all of it is thought.
  void doubt(sink) {
    const std::size_t end = pending_.empty() ? lead_ + opener_ : pending_.back().end;
    leave_call(0);
    phase_ = phase::thought;
    doubtful_ = false;
    shown_ = scanned_ = std::min(end, held_.size());
  }
  /// No call after all: what looked like its opener is text, and the search goes on behind it.
  void give_back(sink out) {
    const bool some = reader_.calls() > 0;
    const std::size_t begin = given_;
    if (told_) out({kind::lost_call, {}, {}});
    phase_ = some || has_headers() ? phase::answer : from_;
    leave_call(begin);
    if (held_.empty()) return;
    if (has_headers() && !headers_are_lines()) return hide(some ? 0 : opener_, out);
    if (!some) {
      first_ = first_ && !row_->bare_object && !row_->bare_list;
      shown_ = scanned_ = lead_ + opener_;
      return;
    }
    const std::size_t n = detail::utf8::point_at(held_, 0).length;  // a later call of the block is malformed
    show(n, n, out);
  }
  void cut_call(sink out) {
    cut_ = true;
    tool_call call = reader_.unfinished();
    if (call.id.empty()) call.id = "call_" + std::to_string(calls_);
    const std::string_view raw = std::string_view(held_).substr(given_);
    out({kind::cut_call, has_headers() ? raw.substr(std::min(opener_, raw.size())) : raw, raw, &call});
    leave_call(held_.size());
    phase_ = phase::answer;
  }

  struct pending_call {
    tool_call call;
    std::size_t end;
  };

  const reply_settings settings_;
  const detail::reply::call_syntax* row_;
  const detail::reply::thought_syntax* marks_;
  const detail::reply::tool_types types_;
  std::array<bool, 256> begins_{};  ///< the bytes with which something begins that is not text
  std::string held_;                ///< what has arrived and is not given out
  std::size_t scanned_ = 0;         ///< no marker begins before this
  std::size_t shown_ = 0;           ///< text up to here can be given out; what follows is white space
  std::size_t lead_ = 0, opener_ = 0, given_ = 0;
  std::size_t settled_ = 0;          ///< where calls in a thought ended, until it is known what they are
  std::optional<std::size_t> told_;  ///< bytes of the arguments that were told of
  unsigned skip_ = 0;                ///< line ends that may still be hidden at the beginning of a part
  unsigned calls_ = 0;
  phase phase_ = phase::start, from_ = phase::answer;
  bool first_ = true, cut_ = false, was_thought_ = false, line_begins_ = true;
  bool doubtful_ = false;  ///< the call that is read stands in a thought
  bool between_ = false;   ///< a message has ended
  bool at_limit_ = false;
  std::vector<pending_call> pending_;
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
