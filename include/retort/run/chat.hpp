// Conversations: messages become a prompt, tokens become thoughts and answers.
// One answer is a job that can be stepped; ask() is a job that is waited for.
#pragma once

#include <retort/run/prompt.hpp>
#include <retort/run/session.hpp>
#include <retort/text/reply.hpp>

RETORT_BEGIN
namespace detail {

struct chat_impl {
  model of;
  chat_options options;
  std::optional<prompt_maker> prompts;
  std::optional<session> timeline;
  std::optional<sampler> next;
  nlohmann::ordered_json variables = nlohmann::ordered_json::object();
  nlohmann::ordered_json messages = nlohmann::ordered_json::array();  // without the system message

  // The answer in the making.
  bool busy = false, done = false;
  std::size_t n_turns_dropped = 0;
  on_piece each;
  retort::reply now;
  std::optional<decoder> words;
  std::optional<reply_parser> parser;
  std::vector<token> forced;             // tokens that close a thought, in reverse
  std::size_t n_thought = 0;
  bool interrupted = false;

  [[nodiscard]] nlohmann::ordered_json context(const nlohmann::ordered_json& said) const {
    auto all = nlohmann::ordered_json::array();
    if (!options.system.empty()) all.push_back({{"role", "system"}, {"content", options.system}});
    for (const auto& m : said) all.push_back(m);
    auto v = variables;
    v["messages"] = std::move(all);
    if (!v.contains("add_generation_prompt")) v["add_generation_prompt"] = true;
    return v;
  }

  /// The prompt for what was said and the question; drops old turns where that is allowed and needed.
  result<prompt> render(std::size_t& dropped) const {
    const std::size_t room = timeline->context();
    for (dropped = 0;; ++dropped) {
      auto said = messages;
      said.erase(said.begin(), said.begin() + static_cast<std::ptrdiff_t>(2 * dropped));
      render_options how;
      if (options.now.time_since_epoch().count() != 0) how.now = options.now;
      RETORT_TRY(prompt p, prompts->render(context(said), how));
      const std::size_t needed = p.tokens.size() + std::min(options.reserve, room / 2);
      if (needed <= room) return p;
      if (options.when_full == overflow::error || said.size() <= 1)
        return error{errc::full, "the conversation needs " + std::to_string(p.tokens.size()) + " tokens and room for an answer; " +
                                     "the context holds " + std::to_string(room)};
    }
  }

  result<void> begin(std::string_view question, on_piece on) {
    if (busy) return error{errc::busy, "the chat is in the middle of another answer"};
    messages.push_back({{"role", "user"}, {"content", std::string(question)}});
    auto started = start();
    if (!started) {
      messages.erase(messages.size() - 1);
      return started;
    }
    each = std::move(on);
    busy = true;
    return {};
  }

  result<void> start() {
    RETORT_TRY(const prompt p, render(n_turns_dropped));
    RETORT_CHECK(timeline->sync(p.tokens));
    now = {};
    now.n_prompt = p.tokens.size();
    now.n_cached = timeline->n_computed();
    done = interrupted = false;
    n_thought = 0;
    forced.clear();
    words.emplace(**of.text(), true);
    reply_settings how;
    how.format = reply_format_of(prompts->source().source());
    how.start = reply_start_of(p.text);
    how.calls = false;
    how.stop = options.stop;
    parser.emplace(std::move(how));
    return {};
  }

  void take_event(const reply_event& e) {
    using kind = reply_event::kind;
    if (e.is == kind::hidden || interrupted) return;
    const bool thinking = e.is == kind::thought;
    (thinking ? now.thought : now.answer) += e.text;
    if (each && each({thinking ? piece::thought : piece::answer, e.text}) == flow::stop) interrupted = true;
  }

  /// The token after the last one: drawn, or forced when a thought has had its share.
  token choose() {
    if (parser->in_thought()) ++n_thought;
    if (options.max_thought && n_thought == options.max_thought + 1 && forced.empty() && parser->in_thought()) {
      auto ids = of.encode("\n</think>\n\n");
      if (ids) forced.assign(ids->rbegin(), ids->rend());
    }
    if (forced.empty()) return (*next)(timeline->logits(), timeline->tokens());
    const token t = forced.back();
    forced.pop_back();
    return t;
  }

  /// Takes the token that follows; false when the answer is over.
  result<bool> advance() {
    const auto sink = [this](const reply_event& e) { take_event(e); };
    const auto end = [&](finish why) {
      parser->feed(words->flush(), sink);
      parser->finish(sink, why == finish::length);
      now.why = why;
      return false;
    };
    const token t = choose();
    ++now.n_tokens;
    if (of.is_end(t)) return end(finish::stop);
    parser->feed(words->push(t), sink);
    if (interrupted) return end(finish::interrupted);
    if (parser->stopped()) return end(finish::stop);
    const bool at_limit = options.max_tokens && now.n_tokens >= options.max_tokens;
    if (at_limit || timeline->tokens().size() >= timeline->context()) return end(finish::length);
    RETORT_CHECK(timeline->push(t));
    return true;
  }

  result<status> step(const clock::time_point* deadline) {
    if (!busy || done) return status::done;
    for (bool first = true;; first = false) {
      if (!first && deadline && clock::now() >= *deadline) return status::running;
      auto computed = deadline ? timeline->step(*deadline - clock::now()) : timeline->step();
      if (!computed) {
        forget();
        return computed.error();
      }
      if (*computed == status::running) return status::running;
      auto more = advance();
      if (!more) {
        forget();
        return more.error();
      }
      if (!*more) break;
    }
    done = true;
    return status::done;
  }

  /// The question was not answered: as if it had never been asked.
  void forget() {
    if (!busy) return;
    messages.erase(messages.size() - 1);
    busy = done = false;
    each = {};
  }
  retort::reply take() {
    if (!done) {
      forget();
      return std::move(now);
    }
    messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(2 * n_turns_dropped));
    messages.push_back({{"role", "assistant"}, {"content", now.answer}});
    busy = done = false;
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

RETORT_INLINE chat::chat(std::unique_ptr<detail::chat_impl> impl) : impl_(std::move(impl)) {}
RETORT_INLINE chat::chat(chat&&) noexcept = default;
RETORT_INLINE chat& chat::operator=(chat&&) noexcept = default;
RETORT_INLINE chat::~chat() = default;

RETORT_INLINE result<chat> chat::make(const model& m, const chat_options& options) {
  auto c = std::make_unique<detail::chat_impl>();
  c->of = m;
  c->options = options;
  if (!options.variables.empty()) {
    c->variables = nlohmann::ordered_json::parse(options.variables, nullptr, false);
    if (!c->variables.is_object()) return error{errc::bad_argument, "chat_options::variables is no JSON object"};
  }
  RETORT_TRY(session timeline, session::make(m, options.session));
  c->timeline.emplace(std::move(timeline));
  RETORT_TRY(c->prompts, prompt_maker::make(m, options.chat_template));
  RETORT_TRY(c->next, sampler::make(options.how, m.info().n_vocab));
  return chat(std::move(c));
}

RETORT_INLINE result<job> chat::begin(std::string_view question, on_piece each) {
  RETORT_CHECK(impl_->begin(question, std::move(each)));
  return job(impl_.get());
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
RETORT_INLINE std::size_t chat::n_turns() const noexcept { return impl_->messages.size() / 2; }

RETORT_INLINE result<chat> chat::fork() {
  if (impl_->busy) return error{errc::busy, "the chat is in the middle of an answer"};
  auto c = std::make_unique<detail::chat_impl>();
  c->of = impl_->of;
  c->options = impl_->options;
  c->variables = impl_->variables;
  c->messages = impl_->messages;
  c->prompts = impl_->prompts;
  c->next = impl_->next;
  RETORT_TRY(session timeline, impl_->timeline->fork());
  c->timeline.emplace(std::move(timeline));
  return chat(std::move(c));
}

RETORT_END
