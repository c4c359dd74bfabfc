// Reads one block of tool calls while it arrives, by a row of the table in formats.hpp.
// Next: parser.hpp, which finds the blocks.
#pragma once

#include <retort/reply/arguments.hpp>

RETORT_BEGIN
namespace detail::reply {

/// What a reader has to say after it looked at the text so far.
enum class progress : std::uint8_t {
  more,  ///< cannot go on before more text comes
  call,  ///< a call is complete: take it, then go on
  done,  ///< the block ends at `position()`
  bad,   ///< this is no tool call
};

/// Whether a block of tool calls begins at `at`. `first`: nothing but white space stands before it in the message.
inline match opener_at(reply_format format, std::string_view s, std::size_t at, bool first) noexcept {
  const call_syntax& marks = syntax_of(format);
  if (marks.bare_object && first && s[at] == '{') return {match::answer::yes, 1};
  if (marks.bare_list && first && s[at] == '[') {
    std::size_t end = at + 1;
    const auto in_name = [](char c) {
      return c == '_' || c == '.' || c == '-' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    };
    while (end < s.size() && end - at < 65 && in_name(s[end])) ++end;
    if (end == s.size() && end - at < 65) return {match::answer::partly, 0};
    return {end > at + 1 && end < s.size() && s[end] == '(' ? match::answer::yes : match::answer::no, 1};
  }
  match best;
  const auto test = [&](std::string_view mark) {
    if (!core(mark).empty()) best = either(best, mark_at(s, at, core(mark)));
  };
  if (!marks.header_end.empty()) return best;  // a header says it
  const bool alone = marks.begins.empty();
  test(alone ? marks.call_begin : marks.begins);
  test(marks.also_begins);
  if (alone && (marks.unwrapped || marks.call_begin.empty())) test(marks.name_begin);
  if (best.is == match::answer::yes && marks.list) {  // a word is no mark: the list must begin too
    std::size_t next = at + best.length;
    while (next < s.size() && next - at < 64 && is_blank(s[next])) ++next;
    if (next == s.size()) return {match::answer::partly, 0};
    if (s[next] != '[' && s[next] != '{' && s[at] != '<') return {};
  }
  return best;
}

/// A state machine over a growing text. It never looks back further than it must: linear in the block's length.
class call_reader {
 public:
  static constexpr std::size_t longest_name = 256, longest_head = 4096;

  call_reader() = default;
  call_reader(reply_format format, const tool_types& types, std::size_t at)
      : marks_(&syntax_of(format)), types_(&types), at_(at) {}
  /// Of a message whose header, which ends before `at`, named the function.
  call_reader(reply_format format, const tool_types& types, std::size_t at, std::string name)
      : call_reader(format, types, at) {
    call_.name = std::move(name);
    step_ = step::fence;
  }

  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  [[nodiscard]] tool_call take() {
    known_ = false;
    return std::exchange(call_, {});
  }
  /// What is known of the call that is being read.
  [[nodiscard]] tool_call unfinished() {
    if (call_.name.empty() && begun_) {
      call_.name = head_of_object(s_.substr(begin_), *marks_).name;
      if (call_.name.empty()) json_unquoted(member_text(s_.substr(begin_), marks_->name_key), call_.name);
    }
    call_.arguments.clear();
    return take();
  }
  /// Whether the name is known and the arguments have begun, and as much of them as there is, whole characters: the
  /// beginning of what the call will hold, if it is one in the end.
  [[nodiscard]] bool is_known() const noexcept { return known_; }
  [[nodiscard]] const std::string& name() const noexcept { return call_.name; }
  [[nodiscard]] const std::string& id() const noexcept { return call_.id; }
  [[nodiscard]] std::string_view arguments() const noexcept {
    if (!as_written_) return call_.arguments;
    return s_.substr(arguments_begin_, whole_characters(s_, arguments_end_) - arguments_begin_);
  }
  [[nodiscard]] unsigned calls() const noexcept { return calls_; }
  /// Only the end of the reply ends this call, so a reply that was cut cannot be told from one that was not.
  [[nodiscard]] bool ends_with_reply() const noexcept { return step_ == step::python || step_ == step::raw; }

  /// `ended`: no more text will come, so missing end marks are forgiven.
  progress read(std::string_view s, bool ended) {
    s_ = s;
    ended_ = ended;
    for (;;) {
      const progress p = one_step();
      if (p == progress::call) ++calls_;
      if (p != progress::more || !moved_) return p;
      moved_ = false;
    }
  }

 private:
  enum class step : std::uint8_t {
    open,
    next,
    name,
    name_line,
    fence,
    object,
    fence_end,
    element,
    key,
    attributes,
    value_open,
    value,
    loose,
    call_end,
    block_end,
    python,
    raw,
  };
  using answer = match::answer;

  progress go(step next) noexcept {
    step_ = next;
    mark_ = at_;
    moved_ = true;
    return progress::more;
  }
  progress wait() const noexcept { return progress::more; }
  bool skip_blanks() noexcept {
    while (at_ < s_.size() && is_blank(s_[at_])) ++at_;
    return at_ < s_.size();
  }
  /// Moves past a marker; `partly` only counts while more text may come.
  answer take(match m) noexcept {
    if (m.is == answer::yes) at_ += m.length;
    return ended_ && m.is == answer::partly ? answer::no : m.is;
  }
  answer take(std::string_view mark) noexcept {
    return core(mark).empty() ? answer::no : take(mark_at(s_, at_, core(mark)));
  }
  [[nodiscard]] bool is(call_body body) const noexcept { return marks_->body == body; }
  [[nodiscard]] bool is_loose() const noexcept { return is(call_body::python) || is(call_body::bare); }
  [[nodiscard]] bool in_messages() const noexcept { return !marks_->header_end.empty(); }
  /// Fullwidth tags, whose calls are written in two ways.
  [[nodiscard]] bool is_deepseek() const noexcept {
    return marks_->is == reply_format::deepseek || marks_->is == reply_format::deepseek_v31;
  }
  [[nodiscard]] std::string trimmed(std::size_t begin, std::size_t end) const {
    return std::string(core(s_.substr(begin, end - begin)));
  }

  progress one_step() {
    switch (step_) {
      case step::open: return open();
      case step::next: return next();
      case step::name: return name_of_call();
      case step::name_line: return name_line();
      case step::fence: return fence();
      case step::object: return object();
      case step::fence_end: return fence_end();
      case step::element: return element();
      case step::key: return key();
      case step::attributes: return attributes();
      case step::value_open: return value_open();
      case step::value: return value();
      case step::loose: return loose();
      case step::call_end: return call_end();
      case step::block_end: return block_end();
      case step::python: return python();
      case step::raw: return raw();
    }
    return progress::bad;
  }

  // --- a block and what it holds

  progress open() {
    block_end_ = marks_->block_end;
    if (marks_->bare_object) return s_[at_] == '{' ? go(step::object) : (take(marks_->begins), go(step::python));
    in_block_ = take(marks_->begins) == answer::yes;
    if (!in_block_ && !marks_->also_block_end.empty() && take(marks_->also_begins) == answer::yes) {
      in_block_ = true;
      block_end_ = marks_->also_block_end;
    }
    return go(step::next);
  }
  /// A call, or what ends the block.
  progress next() {
    const bool alone = marks_->begins.empty();
    if (calls_ > 0 && alone) return progress::done;
    if (!skip_blanks()) return ended_ && calls_ > 0 ? back(progress::done) : wait();
    if (marks_->list && s_[at_] == '[' && calls_ == 0 && !bracket_) {
      bracket_ = true;
      ++at_;
      return go(step::next);
    }
    if (marks_->list && s_[at_] == ',' && calls_ > 0 && bracket_) {
      ++at_;
      return go(step::next);
    }
    if (bracket_ && s_[at_] == ']' && calls_ > 0) {
      ++at_;
      return go(step::block_end);
    }
    if (!bracket_ && calls_ > 0) {
      const match end = core(block_end_).empty() ? match{} : mark_at(s_, at_, core(block_end_));
      const match begin = core(next_mark()).empty() ? match{} : mark_at(s_, at_, core(next_mark()));
      if (begin.is != answer::yes) {
        const answer found = take(either(end, begin));
        if (found == answer::partly) return wait();
        if (found == answer::yes || core(next_mark()).size() > 0)
          return found == answer::yes ? progress::done : back(progress::done);
      }
    }
    wrapped_ = false;
    if (!core(marks_->call_begin).empty()) {
      const answer found = take(marks_->call_begin);
      if (found == answer::partly) return wait();
      wrapped_ = found == answer::yes;
      if (!wrapped_ && !marks_->unwrapped) return nothing_more();
    }
    return go(step::name);
  }
  [[nodiscard]] std::string_view next_mark() const noexcept {
    return core(marks_->call_begin).empty() ? marks_->name_begin : marks_->call_begin;
  }
  progress back(progress p) noexcept {
    at_ = mark_;
    return p;
  }
  progress nothing_more() noexcept { return calls_ > 0 ? back(progress::done) : progress::bad; }

  /// The name, up to what follows it; or an object, which has it inside.
  progress name_of_call() {
    if (!named_) {
      if (!skip_blanks()) return wait();
      const bool may_be_object = !is(call_body::named) && !is(call_body::bare) && marks_->also_block_end.empty();
      if (s_[at_] == '{' && may_be_object) return go(step::object);
      if ((is(call_body::members) || is(call_body::keyed)) && core(marks_->name_begin).empty()) return nothing_more();
      if (!core(marks_->name_begin).empty()) {
        const answer found = take(marks_->name_begin);
        if (found == answer::partly) return wait();
        if (found == answer::no) return nothing_more();
      }
      named_ = true;
      begin_ = at_;
    }
    if (is(call_body::named)) return name_before_mark();
    const std::string_view stops = is(call_body::python)            ? "("
                                   : is(call_body::bare)            ? "{"
                                   : core(marks_->name_end).empty() ? " \n<"
                                                                    : core(marks_->name_end).substr(0, 1);
    const std::size_t end = s_.find_first_of(stops, at_);
    if (end == npos || end - begin_ > longest_name) {
      at_ = s_.size();
      return s_.size() - begin_ > longest_name ? progress::bad : wait();
    }
    call_.name = trimmed(begin_, end);
    if (call_.name.empty() || call_.name.find('\n') != npos) return progress::bad;
    if (is(call_body::python) && call_.name.find_first_of(" \"'=,[]{}") != npos) return progress::bad;
    at_ = end + (stops.size() == 1 ? 1 : 0);
    named_ = false;
    if (is_loose()) {
      known_ = true;
      loose_ = loose_reader(is(call_body::python), marks_->quote);
      return go(step::loose);
    }
    call_.arguments = "{";
    in_key_ = false;
    return go(stops == "\"" ? step::attributes : step::element);
  }
  /// A name that a mark ends, and after which JSON comes.
  progress name_before_mark() {
    const std::string_view mark = is_deepseek() ? "<｜tool▁sep｜>" : core(marks_->name_end);
    for (; at_ < s_.size(); ++at_) {
      if (at_ - begin_ > longest_name) return progress::bad;
      if (s_[at_] != mark[0]) continue;
      const std::size_t end = at_;
      switch (take(mark)) {
        case answer::partly: return wait();
        case answer::no: continue;
        default: break;
      }
      named_ = false;
      return name_is(trimmed(begin_, end)) ? go(is_deepseek() ? step::name_line : step::fence) : progress::bad;
    }
    return wait();
  }
  bool name_is(std::string_view written) {
    if (const std::size_t id = written.find("[CALL_ID]"); id != npos) {  // of Mistral's
      call_.id = written.substr(id + 9);
      written = written.substr(0, id);
    }
    if (marks_->numbered) {
      call_.id = written;
      const std::size_t colon = written.rfind(':');
      if (colon != npos) written = written.substr(0, colon);
    }
    if (!marks_->kind.empty() && written.starts_with(marks_->kind)) written.remove_prefix(marks_->kind.size());
    call_.name = written;
    return !call_.name.empty();
  }

  // --- JSON: after DeepSeek's separator come the name and a fence, or the arguments

  progress name_line() {
    if (!skip_blanks()) return wait();
    if (s_[at_] == '{') return go(step::object);  // V3.1: the name stood before the separator
    const std::size_t end = s_.find_first_of("\n`{", at_);
    if (end == npos) return s_.size() - at_ > longest_name ? progress::bad : wait();
    if (s_[at_] != '`') call_.name = trimmed(at_, end);
    at_ = end;
    return go(step::fence);
  }
  progress fence() {
    if (!skip_blanks()) return wait();
    if (s_[at_] == '{') return go(step::object);
    const bool is_code = in_messages() && (call_.name == "python" || core(marks_->header_end).size() > 0);
    if (is_code && s_[at_] != '`') {
      begin_ = at_;
      return go(step::raw);
    }
    const std::size_t end = s_.find('{', at_);
    std::string_view mark = s_.substr(at_, end == npos ? npos : end - at_);
    while (!mark.empty() && is_blank(mark.back())) mark.remove_suffix(1);
    if (end == npos) return std::string_view("```json").starts_with(mark) ? wait() : progress::bad;
    if (mark != "```" && mark != "```json") return progress::bad;
    at_ = end;
    return go(step::object);
  }
  progress object() {
    const bool holds_name = call_.name.empty() || (!is(call_body::named) && !in_messages());
    if (!begun_) {
      begun_ = true;
      begin_ = at_;
      json_ = inner_ = {};
      as_written_ = inner_done_ = false;
      if (!holds_name) begin_arguments(at_);
    }
    const json_scanner::state state = json_.scan(s_, at_);
    if (state == json_scanner::state::bad) return progress::bad;
    if (holds_name && !as_written_ && s_.size() - begin_ < longest_head) {
      const call_head head = head_of_object(s_.substr(begin_), *marks_);
      if (head.begin > 0) {
        call_.name = head.name;
        begin_arguments(begin_ + head.begin);
      }
    }
    if (as_written_ && !inner_done_) inner_done_ = inner_.scan(s_, arguments_end_) == json_scanner::state::done;
    if (state == json_scanner::state::more) return wait();
    begun_ = false;
    const std::string_view written = s_.substr(begin_, at_ - begin_);
    if (holds_name) {
      const std::string_view shown = as_written_ ? arguments() : std::string_view();
      if (!call_of_object(written, *marks_, call_) || !std::string_view(call_.arguments).starts_with(shown))
        return progress::bad;
    } else {
      if (!is_json_object(written)) return progress::bad;
      call_.arguments = written;
    }
    as_written_ = false;
    known_ = true;
    if (marks_->bare_object) return after_call();
    return go(!core(marks_->arguments_end).empty() && is_deepseek() ? step::fence_end : step::call_end);
  }
  void begin_arguments(std::size_t at) {
    as_written_ = known_ = true;
    arguments_begin_ = arguments_end_ = at;
  }
  progress fence_end() {
    if (!skip_blanks()) return ended_ ? go(step::call_end) : wait();
    return take("```") == answer::partly ? wait() : go(step::call_end);
  }
  /// The end mark of a call; a call without one is a call too.
  progress call_end() {
    if (core(marks_->call_end).empty() || (!wrapped_ && marks_->unwrapped)) return after_call();
    if (!skip_blanks() && !ended_) return wait();
    const answer found = at_ < s_.size() ? take(marks_->call_end) : answer::no;
    if (found == answer::partly) return wait();
    if (found == answer::no && !is_deepseek()) at_ = mark_;
    return after_call();
  }
  progress after_call() noexcept {
    step_ = marks_->bare_object || in_messages() ? step::block_end : step::next;
    block_end_ = marks_->bare_object || in_messages() ? std::string_view() : block_end_;
    mark_ = at_;
    return progress::call;
  }
  /// What ends a block after its list; it may be missing.
  progress block_end() {
    if (core(block_end_).empty()) return progress::done;
    if (!skip_blanks()) return ended_ ? back(progress::done) : wait();
    const answer found = take(block_end_);
    return found == answer::partly ? wait() : found == answer::yes ? progress::done : back(progress::done);
  }

  // --- each argument by itself

  /// Inside a call: an argument or the end.
  progress element() {
    if (!skip_blanks()) return wait();
    const match opens = literal_at(s_, at_, core(marks_->value_begin));
    const match closes = literal_at(s_, at_, core(marks_->arguments_end));
    known_ = known_ || opens.is == answer::yes || closes.is == answer::yes;
    if (opens.is == answer::yes) {
      take(opens);
      begin_ = at_;
      return go(step::key);
    }
    switch (take(either(closes, opens))) {
      case answer::yes: break;
      case answer::partly: return wait();
      default: return progress::bad;
    }
    call_.arguments += "}";
    return go(step::call_end);
  }
  progress key() {
    const std::string_view mark = core(marks_->key_end);
    const bool quoted = mark[0] == '"';
    const std::size_t end = quoted ? s_.find('"', at_) : s_.find(mark, at_);
    if (end == npos || end - begin_ > longest_name) return s_.size() - begin_ > longest_name ? progress::bad : wait();
    parameter_ = trimmed(begin_, end);
    if (parameter_.empty() || parameter_.find('\n') != npos) return progress::bad;
    at_ = end + (quoted ? 1 : mark.size());
    in_key_ = true;
    return go(quoted ? step::attributes : core(marks_->value_open).empty() ? step::value : step::value_open);
  }
  /// What follows a quoted name up to the '>'. DeepSeek's say whether a value is a string.
  progress attributes() {
    const std::size_t end = s_.find('>', at_);
    if (end == npos) return s_.size() - at_ > longest_name ? progress::bad : wait();
    const std::string_view said = s_.substr(at_, end - at_);
    is_text_ = said.find("string=") != npos ? said.find("string=\"false\"") == npos : std::optional<bool>();
    at_ = end + 1;
    return go(in_key_ ? step::value : step::element);
  }
  progress value_open() {
    if (!skip_blanks()) return wait();
    const answer found = take(marks_->value_open);
    return found == answer::partly ? wait() : found == answer::yes ? go(step::value) : progress::bad;
  }
  progress value() {
    const std::string_view end = core(marks_->value_end);
    const bool on_lines = marks_->on_lines;
    if (!begun_) {
      begun_ = true;
      begin_ = at_;
      text_begin_ = npos;
      const bool given = is_text_.has_value();
      is_string_ = given ? *is_text_ : types_->is_text(call_.name, parameter_);
    }
    if (on_lines && is_string_ && text_begin_ == npos) {
      if (begin_ == s_.size()) return wait();
      if (s_[begin_] == '\n') at_ = std::max(at_, ++begin_);
    }
    if (is_string_ && text_begin_ == npos) {
      begin_member();
      call_.arguments += '"';
      text_begin_ = begin_;
    }
    const std::size_t close = s_.find(end, at_);
    if (close == npos) {
      if (s_.size() > end.size()) at_ = std::max(at_, s_.size() - end.size());
      if (is_string_) give_text(whole_characters(s_.substr(0, at_), at_), on_lines);
      return wait();
    }
    begun_ = false;
    at_ = close + end.size();
    if (is_string_) {
      const bool line_end = on_lines && close > text_begin_ && s_[close - 1] == '\n';
      give_text(close - (line_end ? 1 : 0), false);
      call_.arguments += '"';
      return go(step::element);
    }
    std::string_view written = s_.substr(begin_, close - begin_);
    if (is_text_ && !is_json(written)) return progress::bad;
    if (on_lines && written.starts_with('\n')) written.remove_prefix(1);
    if (on_lines && written.ends_with('\n')) written.remove_suffix(1);
    begin_member();
    call_.arguments += is_text_ ? std::string(written) : types_->value(call_.name, parameter_, written);
    return go(step::element);
  }
  void begin_member() {
    if (call_.arguments.size() > 1) call_.arguments += ", ";
    call_.arguments += json_quoted(parameter_) + ": ";
  }
  /// More of a string that is open, up to `end`; the last line end may belong to the mark that follows.
  void give_text(std::size_t end, bool but_line_end) {
    if (but_line_end && end > text_begin_ && s_[end - 1] == '\n') --end;
    if (end <= text_begin_) return;
    const std::string quoted = json_quoted(s_.substr(text_begin_, end - text_begin_));
    call_.arguments.append(quoted, 1, quoted.size() - 2);
    text_begin_ = end;
  }
  progress loose() {
    switch (loose_.scan(s_, at_, call_.arguments)) {
      case loose_reader::state::more: return wait();
      case loose_reader::state::bad: return progress::bad;
      default: break;
    }
    return is_json_object(call_.arguments) ? go(step::call_end) : progress::bad;
  }

  // --- Llama: everything after <|python_tag|>

  progress python() {
    if (!ended_) return wait();
    std::string_view written = s_.substr(at_);
    for (std::string_view mark : {"<|eom_id|>", "<|eot_id|>"})
      if (written.ends_with(mark)) written.remove_suffix(mark.size());
    const std::size_t first = written.find_first_not_of(" \t\r\n");
    if (first == npos) return progress::bad;
    at_ = s_.size();
    if (!call_of_object(written, *marks_, call_) && !call_of_python(written)) {
      call_.name = "python";
      call_.arguments = "{\"code\": " + json_quoted(written) + "}";
    }
    known_ = true;
    return after_call();
  }
  /// A message to a tool that is no JSON: code, up to the end of the message.
  progress raw() {
    std::size_t end = npos;
    bool maybe = false;
    for (; at_ < s_.size() && end == npos && !maybe; ++at_)
      for (const std::string_view mark : {marks_->message_ends[0], marks_->message_ends[1], marks_->message_ends[2],
                                          marks_->header_begins[0], marks_->header_begins[1]}) {
        if (mark.empty()) continue;
        const match m = literal_at(s_, at_, mark);
        if (m.is == answer::yes) end = at_;
        maybe = maybe || (m.is == answer::partly && !ended_);
      }
    if (end != npos || maybe) --at_;
    if (end == npos && !ended_) return wait();
    if (end == npos) end = at_ = s_.size();
    call_.arguments = "{\"code\": " + json_quoted(s_.substr(begin_, end - begin_)) + "}";
    known_ = true;
    return after_call();
  }
  /// f.call(a="x", n=1), which Llama writes for its built-in tools.
  bool call_of_python(std::string_view s) {
    const std::size_t open = s.find(".call(");
    if (open == npos || open == 0 || s.substr(0, open).find_first_of(" \t\r\n(\"=") != npos) return false;
    std::size_t at = open + 6;
    call_.arguments.clear();
    if (loose_reader(true, {}).scan(s, at, call_.arguments) != loose_reader::state::done || at != s.size())
      return false;
    call_.name = s.substr(0, open);
    return is_json_object(call_.arguments);
  }

  const call_syntax* marks_ = &syntax_of(reply_format::plain);
  const tool_types* types_ = nullptr;
  std::string_view s_;
  std::size_t at_ = 0, begin_ = 0, text_begin_ = npos;
  std::size_t arguments_begin_ = 0, arguments_end_ = 0;  ///< in the text, where they stand as JSON
  std::size_t mark_ = 0;                                 ///< where the current step began
  step step_ = step::open;
  bool ended_ = false, moved_ = false, begun_ = false, known_ = false;
  bool in_block_ = false, bracket_ = false, wrapped_ = false, named_ = false, in_key_ = false;
  bool as_written_ = false, inner_done_ = false, is_string_ = false;
  std::optional<bool> is_text_;  ///< what the text itself says of a value
  std::string_view block_end_;
  std::string parameter_;
  json_scanner json_, inner_;
  loose_reader loose_;
  tool_call call_;
  unsigned calls_ = 0;
};

}  // namespace detail::reply
RETORT_END
