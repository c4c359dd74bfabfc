// Reads one block of tool calls while it arrives, in any of the formats of formats.hpp.
// Next: parser.hpp, which finds the blocks.
#pragma once

#include <retort/reply/formats.hpp>

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
  if (format == reply_format::llama && first && s[at] == '{') return {match::answer::yes, 1};
  const match begins = marks.begins.empty() ? match{} : mark_at(s, at, marks.begins);
  return marks.also_begins.empty() ? begins : either(begins, mark_at(s, at, marks.also_begins));
}

/// A state machine over a growing text. It never looks back further than it must: linear in the block's length.
class call_reader {
 public:
  static constexpr std::size_t longest_name = 256;

  call_reader() = default;
  call_reader(reply_format format, const tool_types& types, std::size_t at)
      : format_(format), marks_(&syntax_of(format)), types_(&types), at_(at) {}

  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  [[nodiscard]] tool_call take() { return std::exchange(call_, {}); }
  /// What is known of the call that is being read.
  [[nodiscard]] tool_call unfinished() {
    if (call_.name.empty() && begun_) json_unquoted(member_text(s_.substr(begin_), "name"), call_.name);
    call_.arguments.clear();
    return take();
  }
  [[nodiscard]] unsigned calls() const noexcept { return calls_; }
  /// Only the end of the reply ends this call, so a reply that was cut cannot be told from one that was not.
  [[nodiscard]] bool ends_with_reply() const noexcept { return step_ == step::python; }

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
    call_begin,
    separator,
    name_line,
    fence,
    object,
    fence_end,
    after_object,
    next_call,
    body,
    element,
    element_name,
    value,
    attributes,
    python,
  };

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
  match::answer take(match m) noexcept {
    if (m.is == match::answer::yes) at_ += m.length;
    return ended_ && m.is == match::answer::partly ? match::answer::no : m.is;
  }
  match::answer take(std::string_view mark) noexcept { return take(mark_at(s_, at_, mark)); }

  progress one_step() {
    switch (step_) {
      case step::open: return open();
      case step::call_begin: return call_begin();
      case step::separator: return separator();
      case step::name_line: return name_line();
      case step::fence: return fence();
      case step::object: return object();
      case step::fence_end: return fence_end();
      case step::after_object: return after_object();
      case step::next_call: return next_call();
      case step::body: return body();
      case step::element: return element();
      case step::element_name: return element_name();
      case step::value: return element_value();
      case step::attributes: return attributes();
      case step::python: return python();
    }
    return progress::bad;
  }

  progress open() {
    switch (format_) {
      case reply_format::deepseek: take(marks_->begins); return go(step::call_begin);
      case reply_format::hermes:
      case reply_format::qwen_coder: wrapped_ = take(marks_->call_begin) == match::answer::yes; return go(step::body);
      case reply_format::llama: return s_[at_] == '{' ? go(step::object) : (take(marks_->begins), go(step::python));
      case reply_format::dsml:
        block_end_ = take(marks_->begins) == match::answer::yes ? marks_->block_end : marks_->also_block_end;
        take(marks_->also_begins);
        return go(step::body);
      default: return progress::bad;
    }
  }

  // --- DeepSeek: <｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME\n```json\nARGS\n```<｜tool▁call▁end｜>, or NAME and
  // ARGS around the separator

  progress call_begin() {
    if (!skip_blanks()) return wait();
    switch (take(marks_->call_begin)) {
      case match::answer::yes: begin_ = at_; return go(step::separator);
      case match::answer::partly: return wait();
      default: return progress::bad;
    }
  }
  progress separator() {
    for (; at_ < s_.size(); ++at_) {
      if (at_ - begin_ > longest_name) return progress::bad;
      if (s_[at_] != '<') continue;
      const std::size_t end = at_;
      switch (take(marks_->separator)) {
        case match::answer::yes: call_.name = trimmed(begin_, end); return go(step::name_line);
        case match::answer::partly: return wait();
        default: break;
      }
    }
    return wait();
  }
  [[nodiscard]] std::string trimmed(std::size_t begin, std::size_t end) const {
    while (begin < end && is_blank(s_[begin])) ++begin;
    while (end > begin && is_blank(s_[end - 1])) --end;
    return std::string(s_.substr(begin, end - begin));
  }
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
    const std::size_t end = s_.find('{', at_);
    std::string_view mark = s_.substr(at_, end == npos ? npos : end - at_);
    while (!mark.empty() && is_blank(mark.back())) mark.remove_suffix(1);
    if (end == npos) return std::string_view("```json").starts_with(mark) ? wait() : progress::bad;
    if (mark != "```" && mark != "```json") return progress::bad;
    at_ = end;
    return go(step::object);
  }

  // --- JSON objects

  progress object() {
    if (!begun_) {
      begun_ = true;
      begin_ = at_;
      json_ = {};
    }
    switch (json_.scan(s_, at_)) {
      case json_scanner::state::more: return wait();
      case json_scanner::state::bad: return progress::bad;
      default: break;
    }
    begun_ = false;
    const std::string_view written = s_.substr(begin_, at_ - begin_);
    if (format_ == reply_format::deepseek) {
      if (call_.name.empty() || !is_json_object(written)) return progress::bad;
      call_.arguments = written;
    } else if (!call_of_object(written, call_)) {
      return progress::bad;
    }
    if (format_ == reply_format::llama) return after_call();
    return go(format_ == reply_format::deepseek ? step::fence_end : step::after_object);
  }
  progress fence_end() {
    if (!skip_blanks()) return ended_ ? go(step::after_object) : wait();
    return take("```") == match::answer::partly ? wait() : go(step::after_object);
  }
  /// The end mark of a call; a call without one is a call too.
  progress after_object() {
    if (!skip_blanks() && !ended_) return wait();
    const bool deepseek = format_ == reply_format::deepseek;
    match end;
    if (at_ < s_.size()) end = mark_at(s_, at_, marks_->call_end);
    const match::answer found = take(end);
    if (found == match::answer::partly) return wait();
    if (found == match::answer::no && !deepseek) at_ = mark_;
    return after_call();
  }
  progress after_call() noexcept {
    step_ = step::next_call;
    mark_ = at_;
    return progress::call;
  }
  /// Another call of the same block, or its end.
  progress next_call() {
    if (format_ != reply_format::deepseek) return progress::done;
    if (!skip_blanks()) return ended_ ? progress::done : wait();
    const match next = mark_at(s_, at_, marks_->call_begin), end = mark_at(s_, at_, marks_->block_end);
    if (next.is == match::answer::yes) return go(step::call_begin);
    const match::answer found = take(either(end, next));
    if (found == match::answer::partly) return wait();
    if (found == match::answer::no) at_ = mark_;
    return progress::done;
  }

  // --- tags around values: <function=f><parameter=p>..</parameter></function>, <｜DSML｜invoke name="f">...

  [[nodiscard]] bool is_dsml() const noexcept { return format_ == reply_format::dsml; }

  /// After the opener of the block: a JSON object, or the first element.
  progress body() {
    if (!skip_blanks()) return ended_ && calls_ > 0 ? progress::done : wait();
    if (s_[at_] == '{' && !is_dsml()) return go(step::object);
    if (is_dsml() && calls_ > 0) {
      const match::answer end = take(block_end_);
      if (end == match::answer::yes) return progress::done;
      if (end == match::answer::partly && literal_at(s_, at_, marks_->function_begin).is != match::answer::yes)
        return wait();
    }
    switch (take(marks_->function_begin)) {
      case match::answer::yes: break;
      case match::answer::partly: return wait();
      default: return calls_ > 0 ? progress::done : progress::bad;
    }
    naming_call_ = true;
    begin_ = at_;
    return go(step::element_name);
  }
  progress element_name() {
    const std::size_t end = s_.find(is_dsml() ? '"' : '>', at_);
    if (end == npos || end - begin_ > longest_name) return s_.size() - begin_ > longest_name ? progress::bad : wait();
    std::string name = trimmed(begin_, end);
    if (name.empty() || name.find('\n') != npos) return progress::bad;
    at_ = end + 1;
    if (naming_call_) {
      call_.name = std::move(name);
      call_.arguments = "{";
    } else {
      parameter_ = std::move(name);
    }
    return go(is_dsml() ? step::attributes : naming_call_ ? step::element : step::value);
  }
  /// DSML: what follows a name up to the '>'.
  progress attributes() {
    const std::size_t end = s_.find('>', at_);
    if (end == npos) return s_.size() - at_ > longest_name ? progress::bad : wait();
    as_text_ = s_.substr(at_, end - at_).find("string=\"false\"") == npos;
    at_ = end + 1;
    begin_ = at_;
    return go(naming_call_ ? step::element : step::value);
  }
  /// Inside a call: a parameter or the end.
  progress element() {
    if (!skip_blanks()) return wait();
    const match opens = literal_at(s_, at_, marks_->value_begin), closes = literal_at(s_, at_, marks_->function_end);
    if (opens.is == match::answer::yes) {
      take(opens);
      naming_call_ = false;
      begin_ = at_;
      return go(step::element_name);
    }
    switch (take(either(closes, opens))) {
      case match::answer::yes: break;
      case match::answer::partly: return wait();
      default: return progress::bad;
    }
    call_.arguments += "}";
    if (is_dsml()) {
      step_ = step::body;
      return progress::call;
    }
    return wrapped_ ? go(step::after_object) : after_call();
  }
  progress element_value() {
    if (!begun_) {
      begun_ = true;
      begin_ = at_;
    }
    const std::string_view end = marks_->value_end;
    const std::size_t close = s_.find(end, at_);
    if (close == npos) {
      if (s_.size() > end.size() && s_.size() - end.size() > at_) at_ = s_.size() - end.size();
      return wait();
    }
    begun_ = false;
    std::string_view written = s_.substr(begin_, close - begin_);
    at_ = close + end.size();
    std::string json;
    if (is_dsml()) {
      if (!as_text_ && !is_json(written)) return progress::bad;
      json = as_text_ ? json_quoted(written) : std::string(written);
    } else {
      if (written.starts_with('\n')) written.remove_prefix(1);
      if (written.ends_with('\n')) written.remove_suffix(1);
      json = types_->value(call_.name, parameter_, written);
    }
    if (call_.arguments.size() > 1) call_.arguments += ", ";
    call_.arguments += json_quoted(parameter_) + ": " + json;
    return go(step::element);
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
    if (!call_of_object(written, call_) && !call_of_python(written, call_)) {
      call_.name = "python";
      call_.arguments = "{\"code\": " + json_quoted(written) + "}";
    }
    return after_call();
  }

  reply_format format_ = reply_format::plain;
  const call_syntax* marks_ = &syntax_of(reply_format::plain);
  const tool_types* types_ = nullptr;
  std::string_view s_;
  std::size_t at_ = 0, begin_ = 0;
  std::size_t mark_ = 0;  ///< where the current step began
  step step_ = step::open;
  bool ended_ = false, moved_ = false, begun_ = false;
  bool wrapped_ = false, naming_call_ = false, as_text_ = true;
  std::string_view block_end_;
  std::string parameter_;
  json_scanner json_;
  tool_call call_;
  unsigned calls_ = 0;
};

}  // namespace detail::reply
RETORT_END
