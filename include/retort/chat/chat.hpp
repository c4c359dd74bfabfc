// Conversations: messages become a prompt, tokens become thoughts, answers and
// calls. One answer is a job that can be stepped; ask() is a job that is
// waited for. Next: chat/answer.hpp, run/session.hpp.
#pragma once

#include <retort/api.hpp>

#if RETORT_CARRIES(RETORT_PART_CHAT)  // all of it is code
#include <retort/chat/answer.hpp>
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
  json variables = json::object();  // tools among them
  json messages = json::array();    // without the system message
  bool arguments_are_text = false;  // how this template wants those of a call
  std::optional<constraint> calls;  // the shape of an answer that keeps to the tools

  // The answer in the making.
  bool busy = false, done = false;
  std::size_t n_messages = 0;   // before the question
  std::size_t n_forgotten = 0;  // messages that were left out to make room
  std::size_t n_rounds = 0;
  std::size_t first_call = 0;  // of this round, in now.calls
  on_piece each;
  retort::reply now;
  std::optional<answer_writer> writer;

  [[nodiscard]] json context(std::size_t from) const {
    auto all = json::array();
    if (!options.system.empty()) all.push_back({{"role", "system"}, {"content", options.system}});
    for (std::size_t i = from; i < messages.size(); ++i) all.push_back(messages[i]);
    auto v = variables;
    v["messages"] = std::move(all);
    if (!v.contains("add_generation_prompt")) v["add_generation_prompt"] = true;
    return v;
  }

  /// The prompt for what was said and the question; drops old turns where that is allowed and needed.
  result<prompt> render() {
    const std::size_t room = timeline->context();
    for (;;) {
      render_options how;
      if (options.now.time_since_epoch().count() != 0) how.now = options.now;
      RETORT_TRY(prompt p, prompts->render(context(n_forgotten), how));
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

  result<void> begin(std::string_view question, on_piece on) {
    if (busy) return error{errc::busy, "the chat is in the middle of another answer"};
    n_messages = messages.size();
    n_forgotten = n_rounds = first_call = 0;
    now = {};
    messages.push_back({{"role", "user"}, {"content", std::string(question)}});
    busy = true;
    done = false;
    if (auto started = start(); !started) {
      forget();
      return started;
    }
    each = std::move(on);
    return {};
  }

  /// A round: the model reads what there is and writes on.
  result<void> start() {
    RETORT_TRY(const prompt p, render());
    RETORT_CHECK(timeline->sync(p.tokens));
    now.n_prompt += p.tokens.size();
    now.n_cached += timeline->n_computed();
    answer_settings how;
    how.max_tokens = options.max_tokens;
    how.max_thought = options.max_thought;
    how.max_guesses = options.session.max_guesses;
    const bool keeps_to_tools = calls && (options.use == tool_use::may_strictly || n_rounds == 0);
    if (const auto& shape = keeps_to_tools ? calls : options.shape) how.shape.emplace(*shape);
    how.text.format = reply_format_of(prompts->source().source());
    how.text.start = reply_start_of(p.text);
    how.text.calls = !options.tools.empty();
    how.text.stop = options.stop;
    if (variables.contains("tools")) how.text.tools_json = dump(variables["tools"]);
    now.answer.clear();
    first_call = now.calls.size();
    writer.emplace(of, *timeline, *next, std::move(how));
    return {};
  }

  void take_event(const reply_event& e) {
    using kind = reply_event::kind;
    if (e.is == kind::hidden) return;
    piece p{piece::answer, e.text, {}};
    if (e.is == kind::thought) {
      p.kind = piece::thought;
      now.thought += e.text;
    } else if (e.is == kind::call) {
      p = {piece::call, e.call->arguments, e.call->name};
      now.calls.push_back({"call_" + std::to_string(now.calls.size()), e.call->name, e.call->arguments, {}, false});
    } else {
      now.answer += e.text;
    }
    if (each && each(p) == flow::stop) writer->interrupt();
  }

  /// What the calls of this round gave, as messages; false when the model cannot go on.
  bool answer_calls() {
    if (first_call == now.calls.size() || writer->why() != finish::stop) return false;
    if (++n_rounds > options.max_rounds) return false;
    json made = json::array();
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
      made.push_back(
          {{"id", c.id},
           {"type", "function"},
           {"function", {{"name", c.name}, {"arguments", arguments_as_wanted(c.arguments, arguments_are_text)}}}});
    }
    messages.push_back({{"role", "assistant"}, {"content", now.answer}, {"tool_calls", std::move(made)}});
    for (std::size_t i = first_call; i < now.calls.size(); ++i)
      messages.push_back({{"role", "tool"},
                          {"tool_call_id", now.calls[i].id},
                          {"name", now.calls[i].name},
                          {"content", now.calls[i].result}});
    return true;
  }

  /// Takes the tokens that follow; false when the answer is over.
  result<bool> advance() {
    RETORT_TRY(const bool more, writer->advance([this](const reply_event& e) { take_event(e); }));
    if (more) return true;
    now.n_tokens += writer->n_tokens();
    now.n_guessed += writer->n_guessed();
    now.why = writer->why();
    timeline->remember();
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
  void fail(const error&) { forget(); }
  result<status> step(const clock::time_point* deadline) {
    chat_impl* const self = this;
    return step_answers<chat_impl>(*timeline->impl()->bench, {&self, 1}, deadline);
  }

  /// The question was not answered: as if it had never been asked.
  void forget() {
    if (!busy) return;
    messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(n_messages), messages.end());
    busy = done = false;
    writer.reset();
    each = {};
  }
  retort::reply take() {
    if (!done) {
      forget();
      return std::move(now);
    }
    messages.push_back({{"role", "assistant"}, {"content", now.answer}});
    messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(n_forgotten));
    busy = done = false;
    writer.reset();
    each = {};
    return std::move(now);
  }
};

}  // namespace detail

RETORT_INLINE job::job(job&& other) noexcept : chat_(std::exchange(other.chat_, nullptr)) {}
RETORT_INLINE job& job::operator=(job&& other) noexcept {
  std::swap(chat_, other.chat_);
  return *this;
}
RETORT_INLINE job::~job() {
  if (chat_) chat_->forget();
}
RETORT_INLINE result<status> job::step(std::chrono::nanoseconds budget) {
  const clock::time_point deadline = clock::now() + budget;
  return chat_->step(&deadline);
}
RETORT_INLINE const reply& job::so_far() const noexcept { return chat_->now; }
RETORT_INLINE reply job::take() { return std::exchange(chat_, nullptr)->take(); }

RETORT_INLINE result<status> job::step(batch& in, std::span<job* const> jobs) { return step(in, jobs, nullptr); }
RETORT_INLINE result<status> job::step(batch& in, std::span<job* const> jobs, std::chrono::nanoseconds budget) {
  const clock::time_point deadline = clock::now() + budget;
  return step(in, jobs, &deadline);
}
RETORT_INLINE result<status> job::step(batch& in, std::span<job* const> jobs, const clock::time_point* deadline) {
  std::vector<detail::chat_impl*> chats;
  for (const job* j : jobs) {
    if (!j->chat_) continue;
    if (j->chat_->line() && j->chat_->timeline->impl()->bench != in.impl())
      return error{errc::bad_argument, "a chat that was not made in this batch cannot be stepped with it"};
    chats.push_back(j->chat_);
  }
  return detail::step_answers<detail::chat_impl>(*in.impl(), chats, deadline);
}

RETORT_INLINE chat::chat(std::unique_ptr<detail::chat_impl> impl) : impl_(std::move(impl)) {}
RETORT_INLINE chat::chat(chat&&) noexcept = default;
RETORT_INLINE chat& chat::operator=(chat&&) noexcept = default;
RETORT_INLINE chat::~chat() = default;

RETORT_INLINE result<chat> chat::make(const model& m, const chat_options& options) {
  auto c = std::make_unique<detail::chat_impl>();
  c->of = m;
  c->options = options;
  if (!options.variables.empty()) {
    auto variables = detail::parse_object(options.variables);
    if (!variables) return error{errc::bad_argument, "chat_options::variables is no JSON object"};
    c->variables = std::move(*variables);
  }
  RETORT_TRY(session timeline, session::make(m, options.session));
  c->timeline.emplace(std::move(timeline));
  RETORT_TRY(c->prompts, prompt_maker::make(m, options.chat_template));
  RETORT_TRY(c->next, sampler::make(options.how, m.info().n_vocab));
  if (!options.tools.empty()) {
    if (reply_format_of(c->prompts->source().source()) == reply_format::plain)
      return error{errc::unsupported, "the chat template of " + m.info().name + " knows no tools"};
    RETORT_TRY(c->variables["tools"], detail::describe(options.tools));
    c->arguments_are_text = detail::wants_arguments_as_text(*c->prompts);
    if (options.use != tool_use::may) {
      RETORT_TRY(c->calls, detail::tool_shape(m, c->prompts->source().source(), c->variables["tools"], {},
                                              options.use == tool_use::must, true));
    }
  }
  return chat(std::move(c));
}

RETORT_INLINE result<job> chat::begin(std::string_view question, on_piece each) {
  RETORT_CHECK(impl_->begin(question, std::move(each)));
  return job(impl_.get());
}
RETORT_INLINE result<job> chat::begin(std::string_view question, const sources& about, on_piece each) {
  return begin(prompt_with(about, question), std::move(each));
}
RETORT_INLINE result<reply> chat::ask(std::string_view question, const sources& about, const on_piece& each) {
  return ask(prompt_with(about, question), each);
}
RETORT_INLINE result<reply> chat::ask(std::string_view question, const on_piece& each) {
  RETORT_CHECK(impl_->begin(question, each));
  RETORT_CHECK(impl_->step(nullptr));
  return impl_->take();
}
RETORT_INLINE void chat::cancel() noexcept { impl_->timeline->cancel(); }
RETORT_INLINE void chat::clear() {
  impl_->forget();
  impl_->messages.clear();
}
RETORT_INLINE void chat::shape(std::optional<constraint> of_answers) { impl_->options.shape = std::move(of_answers); }
RETORT_INLINE std::size_t chat::n_turns() const noexcept {
  const auto& all = impl_->messages;
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const auto& m) { return m["role"] == "user"; }));
}

RETORT_INLINE result<chat> chat::fork() {
  if (impl_->busy) return error{errc::busy, "the chat is in the middle of an answer"};
  auto c = std::make_unique<detail::chat_impl>();
  c->of = impl_->of;
  c->options = impl_->options;
  c->variables = impl_->variables;
  c->messages = impl_->messages;
  c->arguments_are_text = impl_->arguments_are_text;
  c->calls = impl_->calls;
  c->prompts = impl_->prompts;
  c->next = impl_->next;
  RETORT_TRY(session timeline, impl_->timeline->fork());
  c->timeline.emplace(std::move(timeline));
  return chat(std::move(c));
}

RETORT_END
#endif
