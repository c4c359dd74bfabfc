// Conversations: messages become a prompt, tokens become thoughts, answers and
// calls. One answer is a job that can be stepped; ask() is a job that is
// waited for. Next: chat/answer.hpp, run/session.hpp.
#pragma once

#include <retort/api.hpp>
#include <retort/base/border.hpp>

#if RETORT_CARRIES(RETORT_PART_CHAT)  // all of it is code
#include <retort/chat/answer.hpp>
#include <retort/chat/history.hpp>
#include <retort/chat/opening.hpp>
#include <retort/chat/sources.hpp>
#include <retort/chat/tools.hpp>

RETORT_BEGIN
namespace detail {

struct chat_impl {
  model of;
  chat_options options;
  std::optional<prompt_maker> prompts;
  std::optional<session> timeline;
  std::optional<sampler> next;
  reply_syntax syntax;
  call_wishes calls_as;
  json variables = json::object();  // tools among them
  json messages = json::array();    // without the system message; in the form of the API
  std::optional<constraint> calls;  // the shape of an answer that keeps to the tools

  // The answer in the making.
  bool busy = false, done = false;
  bool running = false;           // a step is at work; its callbacks may ask for anything
  bool dropped = false;           // and one of them did away with the question ...
  bool cleared = false;           // ... or with all that was said
  std::uint64_t question = 0;     // which one this is, for jobs
  json before;                    // the messages as they were ...
  std::vector<token> cut_before;  // ... and what follows
  std::vector<token> cut;         // an answer that was cut, with its prompt: it goes on from exactly there
  std::vector<token> resumed;     // the same while it goes on
  std::size_t n_messages = 0;     // before the question
  std::size_t n_forgotten = 0;    // messages that were left out to make room
  std::size_t n_rounds = 0;
  std::size_t first_call = 0, first_thought = 0;  // of this round, in what there is of the reply
  opening how_to_begin;
  reply_start start_of_reply = reply_start::open;
  on_piece each;
  retort::reply now;
  std::optional<answer_writer> writer;

  /// What a template sees. Calls that nothing answers are left out: no template knows what to make of them.
  [[nodiscard]] json context(std::size_t from) const {
    auto all = json::array();
    if (!options.system.empty()) all.push_back({{"role", "system"}, {"content", options.system}});
    for (std::size_t i = from; i < messages.size(); ++i) {
      json m = messages[i];
      const bool answered = i + 1 < messages.size() && messages[i + 1]["role"] == "tool";
      if (m.contains("tool_calls") && !answered) m.erase("tool_calls");
      const bool calls_and_says = m.contains("tool_calls") && m["content"] != "";
      if (m.contains("reasoning_content") && syntax.calls == reply_format::harmony && !calls_and_says)
        m["thinking"] = m["reasoning_content"];  // as gpt-oss's template calls it, where it takes one
      all.push_back(std::move(m));
    }
    fit_calls(all, calls_as);
    auto v = variables;
    v["messages"] = std::move(all);
    if (!v.contains("add_generation_prompt")) v["add_generation_prompt"] = true;
    if (how_to_begin.think) v["thinking"] = v["enable_thinking"] = *how_to_begin.think;
    return v;
  }

  /// The prompt for what was said and the question; drops old turns where that is allowed and needed.
  result<prompt> render() {
    const std::size_t room = timeline->context();
    if (!resumed.empty() && resumed.size() < room) {
      start_of_reply = how_to_begin.answer ? reply_start::text : reply_start::thought;
      return prompt{{}, resumed};
    }
    for (;;) {
      render_options how;
      how.now = options.now;
      RETORT_TRY(prompt p, prompts->render(context(n_forgotten), how));
      RETORT_TRY(start_of_reply, open_reply(*prompts, p, syntax, how_to_begin));
      const std::size_t needed = p.tokens.size() + std::min(options.reserve, room / 2);
      if (needed <= room) return p;
      std::size_t later = n_forgotten + 1;  // the next question
      while (later < n_messages && messages[later]["role"] != "user") ++later;
      if (options.when_full == overflow::error || n_forgotten >= n_messages)
        return error{errc::full, "the conversation needs " + std::to_string(p.tokens.size()) +
                                     " tokens and room for an answer; " + "the context holds " + std::to_string(room)};
      n_forgotten = later;
    }
  }

  // ---- what can be begun

  /// The last question, or nothing where none was asked.
  [[nodiscard]] std::optional<std::size_t> last_question() const {
    for (std::size_t i = messages.size(); i > 0; --i)
      if (messages[i - 1]["role"] == "user") return i - 1;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::size_t> question_number(std::size_t turn) const {
    for (std::size_t i = 0; i < messages.size(); ++i)
      if (messages[i]["role"] == "user" && turn-- == 0) return i;
    return std::nullopt;
  }
  static error nothing_asked() { return {errc::missing, "there is no such question in the conversation"}; }
  static error is_busy() { return {errc::busy, "the chat is in the middle of another answer"}; }

  /// What is asked, before any of it has happened.
  struct plan {
    std::size_t at = 0;  // of the question
    json messages = json::array();
    opening how{};
    retort::reply so_far{};
    std::vector<token> resumed{};
  };

  [[nodiscard]] json first_messages(std::size_t n) const {
    auto all = json::array();
    for (std::size_t i = 0; i < n; ++i) all.push_back(messages[i]);
    return all;
  }
  result<void> begin(const retort::question& asked, on_piece on, std::optional<std::size_t> in_place_of = {}) {
    if (busy) return is_busy();
    plan p;
    p.at = in_place_of.value_or(messages.size());
    p.messages = first_messages(p.at);
    p.messages.push_back({{"role", "user"}, {"content", prompt_with(asked.about, asked.text)}});
    p.how.think = asked.think;
    return begin(std::move(p), std::move(on));
  }
  result<void> begin_edit(std::size_t turn, const retort::question& instead, on_piece on) {
    if (busy) return is_busy();
    const auto at = question_number(turn);
    return at ? begin(instead, std::move(on), at) : result<void>(nothing_asked());
  }
  result<void> begin_retry(on_piece on, std::optional<bool> think) {
    if (busy) return is_busy();
    const auto at = last_question();
    if (!at) return nothing_asked();
    plan p;
    p.at = *at;
    p.messages = first_messages(*at + 1);
    p.how.think = think;
    return begin(std::move(p), std::move(on));
  }
  result<void> begin_go_on(on_piece on) {
    if (busy) return is_busy();
    const auto at = last_question();
    if (!at) return nothing_asked();
    plan p;
    p.at = *at;
    p.resumed = cut;
    const json& last = messages.back();
    const bool was_answered = last["role"] == "assistant";
    if (was_answered) {
      p.so_far.answer = last["content"].get<std::string>();
      p.so_far.thought = last.value("reasoning_content", "").get<std::string>();
      if (!p.so_far.thought.empty()) p.how.thought = p.so_far.thought;
      if (!p.so_far.answer.empty()) p.how.answer = p.so_far.answer;
    }
    p.messages = first_messages(messages.size() - was_answered);
    return begin(std::move(p), std::move(on));
  }
  result<void> begin(plan p, on_piece on) {
    before = std::exchange(messages, std::move(p.messages));
    cut_before = std::exchange(cut, {});
    how_to_begin = std::move(p.how);
    now = std::move(p.so_far);
    resumed = std::move(p.resumed);
    n_messages = p.at;
    n_forgotten = n_rounds = first_call = first_thought = 0;
    busy = true;
    done = false;
    ++question;
    timeline->impl()->line.cancelled.store(false);  // what was cancelled is over
    auto started = at_border([&] { return start(); }, [&] { forget(); });
    if (!started) forget();
    else each = std::move(on);
    return started;
  }

  /// A round: the model reads what there is and writes on.
  result<void> start() {
    answer_settings how;
    const bool keeps_to_tools = calls && (options.use == tool_use::may_strictly || n_rounds == 0);
    std::optional<matcher> shape;
    if (const auto& wanted = keeps_to_tools ? calls : options.shape) {
      RETORT_TRY(shape, matcher::make(*wanted));
    }
    how.shape_of_calls = keeps_to_tools;
    how_to_begin.has_shape = shape.has_value();
    // A model whose messages have headers is used to think in the first of them.
    if (shape && syntax.calls == reply_format::harmony && !how_to_begin.think) how_to_begin.think = true;
    RETORT_TRY(const prompt p, render());
    RETORT_CHECK(timeline->sync(p.tokens));
    now.n_prompt += p.tokens.size();
    now.n_cached += timeline->n_computed();
    how.max_tokens = options.max_tokens;
    how.max_thought = options.max_thought;
    how.max_guesses = options.session.max_guesses;
    how.text.format = syntax.calls;
    how.text.thoughts = syntax.thoughts;
    how.text.start = start_of_reply;
    how.text.goes_on = how_to_begin.thought && !how_to_begin.answer;
    how.text.calls = !options.tools.empty();
    how.text.parts = how.text.calls;
    how.text.stop = options.stop;
    if (variables.contains("tools")) how.text.tools_json = dump(variables["tools"]);
    writer.emplace(of, *timeline, *next, std::move(how), std::move(shape));
    return writer->open();
  }

  void take_event(const reply_event& e) {
    using kind = reply_event::kind;
    if (e.is == kind::hidden || e.is == kind::lost_call) return;
    piece p{piece::answer, e.text, {}};
    if (e.is == kind::thought) {
      p.kind = piece::thought;
      now.thought += e.text;
    } else if (e.is == kind::call) {
      p = {piece::call, e.call->arguments, e.call->name};
      now.calls.push_back({id_of(*e.call), e.call->name, e.call->arguments, {}, false});
    } else if (e.is == kind::call_begin || e.is == kind::arguments) {
      p = {piece::arguments, e.text, e.call->name};
    } else {
      now.answer += e.text;
    }
    if (each && each(p) == flow::stop) writer->interrupt();
  }
  /// As the model wrote it, or numbered through the conversation.
  [[nodiscard]] std::string id_of(const tool_call& call) const {
    if (!call.id.starts_with("call_")) return call.id;
    std::size_t n = now.calls.size() - first_call;
    for (const json& m : messages)
      if (m.contains("tool_calls")) n += m["tool_calls"].size();
    return "call_" + std::to_string(n);
  }

  /// What the assistant said in this round.
  [[nodiscard]] json said() const {
    message m{
        speaker::assistant, now.answer, now.thought.substr(std::min(first_thought, now.thought.size())), {}, {}, {}};
    m.calls.assign(now.calls.begin() + static_cast<std::ptrdiff_t>(first_call), now.calls.end());
    return json_of(m);
  }
  /// What the calls of this round gave, as messages; false when the model cannot go on.
  bool answer_calls() {
    if (first_call == now.calls.size() || writer->why() != finish::stop) return false;
    if (++n_rounds > options.max_rounds) return false;
    for (std::size_t i = first_call; i < now.calls.size(); ++i) {
      call_record& c = now.calls[i];
      const auto called =
          std::find_if(options.tools.begin(), options.tools.end(), [&](const tool& t) { return t.name == c.name; });
      if (called == options.tools.end()) {
        c.result = "error: there is no tool called " + printable(c.name);
      } else if (!called->call) {
        return false;
      } else {
        auto given = called->call(c.arguments);
        c.result = given ? std::move(*given) : "error: " + given.error().what;
      }
      c.answered = true;
    }
    messages.push_back(said());
    for (; first_call < now.calls.size(); ++first_call) {
      const call_record& c = now.calls[first_call];
      messages.push_back(json_of({speaker::tool, c.result, {}, {}, c.id, c.name}));
    }
    how_to_begin.thought.reset();
    how_to_begin.answer.reset();
    resumed.clear();
    now.answer.clear();
    first_thought = now.thought.size();
    return true;
  }

  /// Takes the tokens that follow; false when the answer is over.
  result<bool> advance() {
    return at_border([&] { return take_tokens(); }, [&] { forget(); });
  }
  result<bool> take_tokens() {
    RETORT_TRY(const bool more, writer->advance([this](const reply_event& e) { take_event(e); }));
    if (more) return true;
    now.n_tokens += writer->n_tokens();
    now.n_guessed += writer->n_guessed();
    now.why = writer->why();
    timeline->remember();
    cut.clear();
    if (now.why == finish::length || now.why == finish::interrupted) {
      cut.assign(timeline->tokens().begin(), timeline->tokens().end());
      if (const auto last = writer->unpushed()) cut.push_back(*last);
    }
    if (answer_calls()) {
      RETORT_CHECK(start());
      return true;
    }
    if (first_call < now.calls.size() && now.why == finish::stop) now.why = finish::calls;
    done = true;
    return false;
  }

  // What step_answers() asks for.
  [[nodiscard]] retort::detail::timeline* line() noexcept { return busy && !done ? &timeline->impl()->line : nullptr; }
  void fail(const error&) noexcept { forget(); }

  /// While a step is at work, whatever its callbacks do to the chat or its job.
  class at_work {
   public:
    explicit at_work(std::shared_ptr<chat_impl> of) noexcept : of_(std::move(of)) { of_->running = true; }
    at_work(at_work&&) noexcept = default;
    at_work& operator=(at_work&&) = delete;
    ~at_work() {
      if (!of_) return;
      of_->running = false;
      if (std::exchange(of_->dropped, false)) of_->forget();
      if (std::exchange(of_->cleared, false)) of_->clear();
    }

   private:
    std::shared_ptr<chat_impl> of_;
  };
  static result<status> step(const std::shared_ptr<chat_impl>& of, const work_clock::time_point* deadline) {
    const at_work keep(of);
    chat_impl* const self = of.get();
    return step_answers<chat_impl>(*of->timeline->impl()->bench, {&self, 1}, deadline);
  }

  /// The question was not answered: as if it had never been asked.
  void forget() noexcept {
    if (!busy) return;
    messages = std::exchange(before, {});
    cut = std::exchange(cut_before, {});
    end();
  }
  /// The same, as soon as no callback runs.
  void drop() noexcept {
    if (!running) return forget();
    dropped = true;
    if (writer) writer->interrupt();
  }
  void clear() noexcept {
    if (running) {
      cleared = true;
      return drop();
    }
    forget();
    cut.clear();
    messages.clear();
  }
  void end() noexcept {
    busy = done = false;
    resumed.clear();
    writer.reset();
    each = {};
  }
  retort::reply take() {
    json said_now = said();
    messages.push_back(std::move(said_now));
    messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(n_forgotten));
    before = {};
    cut_before.clear();
    end();
    ++question;  // its job is over
    return std::exchange(now, {});
  }

  [[nodiscard]] result<std::vector<message>> history() const {
    RETORT_TRY(std::vector<message> all, messages_of(busy ? before : messages));
    if (!options.system.empty()) all.insert(all.begin(), {speaker::system, options.system, {}, {}, {}, {}});
    return all;
  }
  result<void> recall(std::span<const message> given) {
    if (busy) return is_busy();
    RETORT_CHECK(check_history(given));
    const bool has_system = !given.empty() && given[0].from == speaker::system;
    auto all = json::array();
    for (const message& m : given.subspan(has_system ? 1 : 0)) all.push_back(json_of(m));
    if (has_system) options.system = std::string(given[0].content);
    messages = std::move(all);
    cut.clear();
    return {};
  }
};

/// Begins an answer with `how` and works on it until it is done. The chat stays meanwhile, whatever callbacks do.
template <class Begin>
result<retort::reply> ask_now(const std::shared_ptr<chat_impl> c, Begin&& how) {
  bool begun = false;
  const auto forget = [&]() noexcept {
    if (begun) c->forget();
  };
  return at_border(
      [&]() -> result<retort::reply> {
        if (!c) return is_empty("chat");
        RETORT_CHECK(how(*c));
        begun = true;
        RETORT_CHECK(chat_impl::step(c, nullptr));
        if (!c->done) return error{errc::cancelled, "the question was forgotten by a callback"};
        return c->take();
      },
      forget);
}

}  // namespace detail

RETORT_INLINE job::job(std::shared_ptr<detail::chat_impl> of) noexcept : chat_(of), question_(of->question) {}
RETORT_INLINE job::job(job&& other) noexcept
    : chat_(std::exchange(other.chat_, {})), question_(std::exchange(other.question_, 0)) {}
RETORT_INLINE job& job::operator=(job&& other) noexcept {
  std::swap(chat_, other.chat_);
  std::swap(question_, other.question_);
  return *this;
}
RETORT_INLINE job::~job() {
  if (const auto c = chat_.lock(); c && c->question == question_) c->drop();
}
/// The chat whose question this still is.
RETORT_INLINE result<std::shared_ptr<detail::chat_impl>> job::of() const {
  auto c = chat_.lock();
  if (!c || c->question != question_ || !c->busy || c->dropped)
    return error{errc::bad_argument, "the job is over: taken, moved from, forgotten, or its chat is gone"};
  if (c->running) return detail::is_running("chat");
  return c;
}
RETORT_INLINE result<status> job::step(std::chrono::nanoseconds budget) {
  return detail::at_border([&]() -> result<status> {
    const work_clock::time_point deadline = deadline_after(budget);
    RETORT_TRY(const auto c, of());
    return detail::chat_impl::step(c, &deadline);
  });
}
RETORT_INLINE const reply& job::so_far() const noexcept {
  const auto c = chat_.lock();
  return c && c->question == question_ ? c->now : none_;
}
RETORT_INLINE reply job::take() {
  const auto none = [] {
    reply r;
    r.why = finish::nothing;
    return r;
  };
  return detail::at_border(
      [&]() -> reply {
        const auto c = of();
        if (!c || !(*c)->done) return none();
        reply r = (*c)->take();
        chat_.reset();
        return r;
      },
      [] {}, none);
}

RETORT_INLINE result<status> job::step(batch& in, std::span<job* const> jobs) { return step(in, jobs, nullptr); }
RETORT_INLINE result<status> job::step(batch& in, std::span<job* const> jobs, std::chrono::nanoseconds budget) {
  const work_clock::time_point deadline = deadline_after(budget);
  return step(in, jobs, &deadline);
}
RETORT_INLINE result<status> job::step(batch& in, std::span<job* const> jobs, const work_clock::time_point* deadline) {
  return detail::at_border([&]() -> result<status> {
    const auto bench = in.impl();
    if (!bench) return detail::is_empty("batch");
    std::vector<detail::chat_impl*> chats;
    std::vector<detail::chat_impl::at_work> keep;
    chats.reserve(jobs.size());
    keep.reserve(jobs.size());
    for (const job* j : jobs) {
      if (!j) return error{errc::bad_argument, "one of the jobs is no job"};
      auto c = j->of();
      if (!c && c.error().code == errc::busy) {
        if (std::find(chats.begin(), chats.end(), j->chat_.lock().get()) != chats.end()) continue;  // named twice
        return c.error();
      }
      if (!c) continue;
      if ((*c)->line() && (*c)->timeline->impl()->bench != bench)
        return error{errc::bad_argument, "a chat that was not made in this batch cannot be stepped with it"};
      chats.push_back(c->get());
      keep.emplace_back(std::move(*c));
    }
    return detail::step_answers<detail::chat_impl>(*bench, chats, deadline);
  });
}

RETORT_INLINE chat::chat(std::shared_ptr<detail::chat_impl> impl) noexcept : impl_(std::move(impl)) {}
RETORT_INLINE chat::chat(chat&&) noexcept = default;
RETORT_INLINE chat& chat::operator=(chat&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}
RETORT_INLINE chat::~chat() {
  if (impl_) impl_->drop();
}

RETORT_INLINE result<chat> chat::make(const model& m, const chat_options& options) {
  return detail::at_border([&]() -> result<chat> {
    auto c = std::make_shared<detail::chat_impl>();
    c->of = m;
    c->options = options;
    if (options.now == std::chrono::sys_seconds{})
      c->options.now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    if (!options.variables.empty()) {
      auto variables = detail::parse_object(options.variables);
      if (!variables) return error{variables.error().code, "chat_options::variables: " + variables.error().what};
      c->variables = std::move(*variables);
    }
    RETORT_TRY(session timeline, session::make(m, options.session));
    c->timeline.emplace(std::move(timeline));
    RETORT_TRY(c->prompts, prompt_maker::make(m, options.chat_template));
    RETORT_TRY(c->next, sampler::make(options.how, m.info().n_vocab));
    RETORT_TRY(const tokenizer* words, m.text());
    c->syntax = reply_syntax_of(c->prompts->source().source(), words);
    RETORT_TRY(c->calls_as, detail::call_wishes_of(*c->prompts));
    if (!options.tools.empty()) {
      if (c->syntax.calls == reply_format::plain)
        return error{errc::unsupported, "the chat template of " + m.info().name + " knows no tools"};
      RETORT_TRY(c->variables["tools"], detail::describe(options.tools));
      if (options.use != tool_use::may) {
        RETORT_TRY(c->calls,
                   detail::tool_shape(m, c->syntax, c->variables["tools"], {{}, options.use == tool_use::must},
                                      detail::effort(options.compiling.budget, options.compiling.cancelled),
                                      options.compiling.bytes));
      }
    }
    return chat(std::move(c));
  });
}

RETORT_INLINE result<job> chat::begin(const question& asked, on_piece each) {
  return detail::at_border([&]() -> result<job> {
    if (!impl_) return detail::is_empty("chat");
    RETORT_CHECK(impl_->begin(asked, std::move(each)));
    return job(impl_);
  });
}
RETORT_INLINE result<job> chat::begin(std::string_view question, on_piece each) {
  return begin(question, sources{}, std::move(each));
}
RETORT_INLINE result<job> chat::begin(std::string_view question, const sources& about, on_piece each) {
  return detail::at_border(
      [&]() -> result<job> { return begin(retort::question{std::string(question), about, {}}, std::move(each)); });
}
RETORT_INLINE result<job> chat::begin_retry(on_piece each, std::optional<bool> think) {
  return detail::at_border([&]() -> result<job> {
    if (!impl_) return detail::is_empty("chat");
    RETORT_CHECK(impl_->begin_retry(std::move(each), think));
    return job(impl_);
  });
}
RETORT_INLINE result<job> chat::begin_edit(std::size_t turn, const question& instead, on_piece each) {
  return detail::at_border([&]() -> result<job> {
    if (!impl_) return detail::is_empty("chat");
    RETORT_CHECK(impl_->begin_edit(turn, instead, std::move(each)));
    return job(impl_);
  });
}
RETORT_INLINE result<job> chat::begin_go_on(on_piece each) {
  return detail::at_border([&]() -> result<job> {
    if (!impl_) return detail::is_empty("chat");
    RETORT_CHECK(impl_->begin_go_on(std::move(each)));
    return job(impl_);
  });
}
RETORT_INLINE result<reply> chat::ask(const question& asked, const on_piece& each) {
  return detail::ask_now(impl_, [&](detail::chat_impl& c) { return c.begin(asked, each); });
}
RETORT_INLINE result<reply> chat::ask(std::string_view question, const on_piece& each) {
  return ask(question, sources{}, each);
}
RETORT_INLINE result<reply> chat::ask(std::string_view question, const sources& about, const on_piece& each) {
  return detail::ask_now(
      impl_, [&](detail::chat_impl& c) { return c.begin(retort::question{std::string(question), about, {}}, each); });
}
RETORT_INLINE result<reply> chat::retry(const on_piece& each, std::optional<bool> think) {
  return detail::ask_now(impl_, [&](detail::chat_impl& c) { return c.begin_retry(each, think); });
}
RETORT_INLINE result<reply> chat::edit(std::size_t turn, const question& instead, const on_piece& each) {
  return detail::ask_now(impl_, [&](detail::chat_impl& c) { return c.begin_edit(turn, instead, each); });
}
RETORT_INLINE result<reply> chat::go_on(const on_piece& each) {
  return detail::ask_now(impl_, [&](detail::chat_impl& c) { return c.begin_go_on(each); });
}
RETORT_INLINE result<std::vector<message>> chat::history() const {
  return detail::at_border([&]() -> result<std::vector<message>> {
    if (!impl_) return detail::is_empty("chat");
    return impl_->history();
  });
}
RETORT_INLINE result<void> chat::recall(std::span<const message> history) {
  return detail::at_border([&]() -> result<void> {
    if (!impl_) return detail::is_empty("chat");
    return impl_->recall(history);
  });
}
RETORT_INLINE void chat::cancel() noexcept {
  if (impl_) impl_->timeline->cancel();
}
RETORT_INLINE void chat::clear() noexcept {
  if (impl_) impl_->clear();
}
RETORT_INLINE void chat::shape(std::optional<constraint> of_answers) noexcept {
  if (impl_) impl_->options.shape = std::move(of_answers);
}
RETORT_INLINE std::size_t chat::n_turns() const noexcept {
  std::size_t n = 0;
  if (impl_)
    for (const auto& m : impl_->messages) n += m["role"] == "user";
  return n;
}

RETORT_INLINE result<chat> chat::fork() {
  return detail::at_border([&]() -> result<chat> {
    if (!impl_) return detail::is_empty("chat");
    if (impl_->busy) return detail::chat_impl::is_busy();
    auto c = std::make_shared<detail::chat_impl>();
    c->of = impl_->of;
    c->options = impl_->options;
    c->variables = impl_->variables;
    c->messages = impl_->messages;
    c->syntax = impl_->syntax;
    c->calls_as = impl_->calls_as;
    c->calls = impl_->calls;
    c->prompts = impl_->prompts;
    c->next = impl_->next;
    RETORT_TRY(session timeline, impl_->timeline->fork());
    c->timeline.emplace(std::move(timeline));
    return chat(std::move(c));
  });
}

RETORT_END
#endif
