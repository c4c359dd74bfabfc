// The DeepSeek API as a function: a request becomes a prompt and a shape, an
// answer becomes a response or chunks. Next: request.hpp, chat_form.hpp, chat/answer.hpp.
#pragma once

#include <retort/api.hpp>
#include <retort/base/border.hpp>

#if RETORT_CARRIES(RETORT_PART_DEEPSEEK)  // all of it is code
#include <retort/base/mutex.hpp>
#include <retort/chat/opening.hpp>
#include <retort/chat/tools.hpp>
#include <retort/deepseek/chat_form.hpp>
#include <retort/deepseek/messages_form.hpp>
#include <retort/deepseek/responses_form.hpp>

RETORT_BEGIN
namespace detail {

struct completions_impl {
  using choice = api::chat_request::choice;

  model of;
  completions_options options;
  std::optional<prompt_maker> prompts;  // nothing where the file has no chat template
  std::optional<batch> bench;           // of its own: sessions are made later, too
  std::optional<prefix_cache> prefixes;
  std::optional<session> timeline;  // nothing where there was no memory for it
  detail::mutex replacing;          // of the timeline, which cancel() may want meanwhile
  std::optional<call_wishes> calls_as;
  std::vector<std::pair<std::string, constraint>> shapes;  // compiled ones, the latest used at the end
  std::atomic<bool> working{false};                        // inside stream()
  std::atomic<bool> stepping{false};   // inside step(): what a chunk's callback asks for meanwhile is refused
  std::atomic<bool> cancelled{false};  // since begin()
  std::uint64_t n_requests = 0;
  std::string last_words;  // the body where there is no memory for another one

  // The request in the making.
  bool busy = false, is_read = false;
  std::string request;
  endpoint to = endpoint::chat_completions;
  completions::on_chunk each;
  bool streaming = false, interrupted = false, thinks = false;
  api::chat_request chat;
  api::fim_request fim;
  std::optional<sampler> next;
  std::optional<answer_writer> writer;
  std::size_t n_prompt = 0, n_cached = 0;
  json given;  // the request of a form that repeats it
  std::unique_ptr<api::response> answer;
  std::string body;
  int status_code = 200;

  [[nodiscard]] const api::request& asked() const noexcept {
    return to == endpoint::completions ? static_cast<const api::request&>(fim) : chat;
  }

  // ---- from a request to a session at work

  /// errors no_memory; then the request that was there goes on
  result<void> begin(std::string_view text, endpoint at, completions::on_chunk on) {
    return at_border([&]() -> result<void> {
      std::string copy(text);
      if (last_words.empty()) last_words = std::string(out_of_memory_body);
      end();
      if (timeline) timeline->impl()->line.cancelled.store(false);  // what was cancelled is over
      cancelled.store(false);
      request = std::move(copy);
      to = at;
      each = std::move(on);
      busy = true;
      return {};
    });
  }
  /// As if nothing had been asked.
  void end() noexcept {
    busy = is_read = streaming = interrupted = thinks = false;
    answer.reset();
    writer.reset();
    body.clear();
    request.clear();
    status_code = 200;
  }
  /// There was no memory to answer, nor to say so at length.
  void give_up() noexcept {
    end();
    body = std::exchange(last_words, {});
    status_code = 503;
  }
  /// Memory ran out in the middle of an answer: what there is, is given back.
  void cut_short() noexcept {
    at_border([&] { close(api::ending::no_memory); }, [&] { give_up(); }, [] {});
  }

  void read() {
    const std::string text = std::exchange(request, {});
    is_read = true;
    const std::int64_t created = std::chrono::duration_cast<std::chrono::seconds>(time().time_since_epoch()).count();
    busy = false;
    if (to == endpoint::models) return list_models(text);
    if (auto wrong = to == endpoint::completions ? start_fim(text) : start_chat(text)) return refuse(*wrong);
    const api::request& q = asked();
    streaming = each || q.stream;
    answer = make_answer(
        {name_answer(text, created), q.model.empty() ? of.info().name : q.model, system_fingerprint(), created});
    busy = true;
    if (cancelled) timeline->cancel();
  }
  [[nodiscard]] std::unique_ptr<api::response> make_answer(api::response::identity who) const {
    const api::request& q = asked();
    const bool is_text = to == endpoint::completions;
    const api::response::origin from{*of.text(), &*writer, n_prompt, n_cached};
    api::response::settings how;
    how.thinks = thinks;
    how.chunks = streaming;
    how.usage_in_stream = q.stream_usage;
    how.scores = q.n_top.has_value();
    how.one_call = !is_text && chat.one_call;
    how.echo = is_text && fim.echo ? fim.prompt : "";
    how.stop = q.stop;
    if (to == endpoint::responses) return std::make_unique<api::responses_form>(std::move(who), how, from, given);
    if (to == endpoint::messages) return std::make_unique<api::messages_form>(std::move(who), how, from);
    return std::make_unique<api::chat_form>(std::move(who), how, from, is_text);
  }
  [[nodiscard]] std::chrono::sys_seconds time() const {
    if (options.now) return options.now();
    return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  void refuse(api::refusal why) {
    if (to == endpoint::responses) api::rename_for_responses(why.param);
    body = dump(to == endpoint::messages ? api::messages_error(why) : why.to_json());
    status_code = why.status;
    busy = false;
  }
  std::string name_answer(std::string_view text, std::int64_t created) {
    digest d;
    d.add(text.data(), text.size());
    d.add(&created, sizeof created);
    d.add(&++n_requests, sizeof n_requests);
    return hex(d.value()) + hex(of.impl()->fingerprint + n_requests);
  }
  static std::string hex(std::uint64_t x) {
    std::string out;
    append_hex(out, x, 16);
    return out;
  }

  static std::optional<api::refusal> unreadable(const result<json>& in) {
    if (in && in->is_object()) return std::nullopt;
    const bool is_large = !in && in.error().code == errc::limit;
    return api::refusal{400,
                        is_large ? "the request cannot be read: " + in.error().what : "the request is no JSON object"};
  }
  std::optional<api::refusal> start_chat(std::string_view text) {
    auto in = parse_json(text);
    if (auto wrong = unreadable(in)) return wrong;
    chat = {};
    given = {};
    if (to != endpoint::chat_completions) {
      given = std::move(*in);
      if (auto wrong =
              to == endpoint::responses ? api::chat_of_responses(given, *in) : api::chat_of_messages(given, *in))
        return wrong;
    }
    if (auto wrong = api::read_chat_request(*in, options.hosted, chat)) return wrong;
    if (!prompts) return api::refusal{400, of.info().name + " has no chat template"};
    auto p = render();
    if (!p) return api::refusal_of(p.error());
    answer_settings how;
    std::optional<matcher> shape;
    if (auto wrong = set_shape(how, shape)) return wrong;
    if (auto opened = settle_thought(*p, shape.has_value()); !opened) return api::refusal_of(opened.error());
    how.text.format = syntax().calls;
    how.text.thoughts = syntax().thoughts;
    how.text.start = chat.has_prefix ? reply_start::text : reply_start_of(p->text, syntax());
    how.text.calls = how.text.parts = chat.use != choice::none;
    if (how.text.calls) how.text.tools_json = dump(chat.tools);
    thinks = how.text.start == reply_start::thought ||
             (how.text.start == reply_start::open && !shape && chat.thinking && may_think());
    how.max_thought = chat.max_thought ? chat.max_thought : chat.effort == "low" ? 1024 : 0;
    return start(std::move(how), std::move(shape), chat, p->tokens);
  }

  std::optional<api::refusal> start(answer_settings how, std::optional<matcher> shape, api::request& q,
                                    std::span<const token> tokens) {
    const bool ignores = options.hosted && thinks;  // the hosted service thinks at its own temperature
    q.how.temperature = static_cast<float>(!ignores && q.temperature ? *q.temperature : thinks ? 0.6 : 1.0);
    q.how.top_p = static_cast<float>(!ignores && q.top_p ? *q.top_p : thinks ? 0.95 : 1.0);
    if (ignores) q.how.presence_penalty = q.how.frequency_penalty = 0;
    const std::size_t context = options.session.context ? options.session.context : of.info().context_length;
    q.how.penalty_window = std::min(q.how.penalty_window, context);
    q.how.dry.window = std::min({q.how.dry.window, context, std::size_t{1} << 20});
    for (std::size_t i = 0; q.how.dry.multiplier > 0 && i < q.breakers.size(); ++i) {
      const auto found = of.tokens_with(q.breakers[i]);
      if (found) q.how.dry.breakers.insert(q.how.dry.breakers.end(), found->begin(), found->end());
    }
    auto drawn = sampler::make(q.how, of.info().n_vocab);
    if (!drawn && drawn.error().code == errc::no_memory) return api::refusal_of(drawn.error());
    if (!drawn)
      return api::refusal{422, drawn.error().what, "invalid_request_error", "logit_bias"};  // all else was looked at
    next.emplace(std::move(*drawn));
    how.max_tokens = q.max_tokens;
    how.max_guesses = options.session.max_guesses;
    how.n_top = q.n_top;
    if (auto there = set_timeline(q.owner); !there) return api::refusal_of(there.error());
    if (tokens.size() >= timeline->context())
      return api::refusal{400,
                          "This model's maximum context length is " + std::to_string(timeline->context()) +
                              " tokens. However, you requested " + std::to_string(tokens.size()) + " tokens.",
                          "invalid_request_error", to == endpoint::completions ? "prompt" : "messages",
                          "context_length_exceeded"};
    if (auto synced = timeline->sync(tokens); !synced) return api::refusal_of(synced.error());
    n_prompt = tokens.size();
    n_cached = timeline->n_computed();
    writer.emplace(of, *timeline, *next, std::move(how), std::move(shape));
    if (auto opened = writer->open(); !opened) return api::refusal_of(opened.error());
    return std::nullopt;
  }
  /// Another owner must not profit from what this one has read.
  result<void> set_timeline(const std::string& owner) {
    if (timeline && owner == options.session.owner) return {};
    const detail::locked lock(replacing);
    options.session.owner = owner;
    timeline.reset();
    RETORT_TRY(session fresh, session::make(of, options.session));
    timeline.emplace(std::move(fresh));
    return {};
  }
  void cancel() noexcept {
    cancelled.store(true);
    const detail::locked lock(replacing);
    if (timeline) timeline->cancel();
  }

  [[nodiscard]] reply_syntax syntax() const { return reply_syntax_of(prompts->source().source(), *of.text()); }
  [[nodiscard]] bool may_think() const { return retort::may_think(prompts->source().source(), syntax()); }

  result<prompt> render() {
    json messages = chat.messages;
    if (!calls_as) {
      RETORT_TRY(calls_as, call_wishes_of(*prompts));
    }
    fit_calls(messages, *calls_as);
    json v = {{"thinking", chat.thinking}, {"enable_thinking", chat.thinking}};
    if (!chat.effort.empty() && chat.effort != "none") v["reasoning_effort"] = effort();
    v.update(chat.variables);
    v["messages"] = std::move(messages);
    v["add_generation_prompt"] = true;
    v.erase("tools");
    if (chat.use != choice::none) v["tools"] = chat.tools;
    render_options how;
    how.now = time();
    return prompts->render(std::move(v), how);
  }

  /// As the template calls it: a level that it names is given as it was asked for, and the highest of a template with
  /// three levels is "high".
  [[nodiscard]] std::string effort() const {
    const std::string_view source = prompts->source().source();
    const auto names = [&](const std::string& level) {
      return source.find("'" + level + "'") != std::string_view::npos ||
             source.find("\"" + level + "\"") != std::string_view::npos;
    };
    if (!options.hosted && names(chat.asked_effort)) return chat.asked_effort;
    return chat.effort == "max" && names("medium") && !names("max") ? "high" : chat.effort;
  }

  /// The end of the prompt: thinking or not, and what the answer must go on from.
  result<void> settle_thought(prompt& p, bool has_shape) const {
    opening how{chat.thinking, has_shape, {}, {}};
    if (chat.has_prefix_thought) how.thought = chat.prefix_thought;
    if (chat.has_prefix) how.answer = chat.prefix;
    RETORT_TRY([[maybe_unused]] const reply_start start, open_reply(*prompts, p, syntax(), how));
    return {};
  }

  /// What the answer must look like; a prefix is its beginning.
  std::optional<api::refusal> set_shape(answer_settings& how, std::optional<matcher>& out) {
    const bool of_calls =
        chat.use == choice::required || chat.use == choice::named || (chat.use == choice::automatic && chat.strict);
    const char* const param = of_calls ? "tools" : "response_format";
    const auto shape = shape_of_answer();
    if (!shape) {
      api::refusal why = api::refusal_of(shape.error());
      return why.status == 400 ? api::refusal{400, shape.error().what, why.type, param} : why;
    }
    if (!*shape) return std::nullopt;
    auto follows = matcher::make(**shape);
    if (!follows) return api::refusal_of(follows.error());
    how.shape_of_calls = of_calls;
    const auto ids = of.encode(chat.prefix, false);
    if (!ids) return api::refusal_of(ids.error());
    for (const token t : *ids)
      if (!follows->accept(t))
        return api::refusal{400, std::string("the message to be continued does not begin what ") + param + " asks for",
                            "invalid_request_error", "messages"};
    out.emplace(std::move(*follows));
    return std::nullopt;
  }
  /// Compiled once.
  result<std::optional<constraint>> shape_of_answer() {
    using format = api::chat_request::format;
    const bool must_call = chat.use == choice::required || chat.use == choice::named;
    const bool bound = must_call || (chat.use == choice::automatic && chat.strict);
    if (chat.answer_as == format::text && !bound) return std::optional<constraint>();
    const std::string key = std::to_string(static_cast<int>(chat.use) * 2 + chat.one_call) + chat.function + "\n" +
                            chat.schema + "\n" + std::to_string(static_cast<int>(chat.answer_as)) + "\n" +
                            (bound ? dump(chat.tools) : "");
    const auto known = std::find_if(shapes.begin(), shapes.end(), [&](const auto& s) { return s.first == key; });
    if (known != shapes.end()) {
      std::rotate(known, known + 1, shapes.end());
      make_room(true);
      return std::optional<constraint>(shapes.back().second);
    }
    make_room(false);
    const compile_limits most{options.compile_budget, &cancelled, options.shape_bytes / 2};
    result<constraint> made = bound ? shape_of_calls(must_call, detail::effort(most.budget, most.cancelled), most.bytes)
                              : chat.answer_as == format::object
                                  ? constraint::json_object(of, most)
                                  : constraint::json_schema(of, chat.schema, schema_style::declared, most);
    if (!made && made.error().code == errc::cancelled) return std::optional<constraint>();  // nothing will be written
    if (!made) return made.error();
    shapes.emplace_back(key, *made);
    return std::optional<constraint>(*made);
  }
  /// Leaves half of the room to the shape of this answer, the last one if it `is_known`; of the others those that were
  /// used last stay.
  void make_room(bool is_known) noexcept {
    std::size_t left = options.shape_bytes / 2;
    const auto others = shapes.end() - is_known;
    auto first = others;
    for (; first != shapes.begin(); --first) {
      const std::size_t bytes = std::prev(first)->second.bytes() + std::prev(first)->first.size();
      if (bytes > left) break;
      left -= bytes;
    }
    shapes.erase(shapes.begin(), first);
  }

  /// Tools that are not strict, and whose schemas cannot be kept, take any object.
  result<constraint> shape_of_calls(bool must_call, const detail::effort& work, std::size_t bytes) const {
    const tool_bounds bounds{chat.function, must_call, chat.strict, !chat.one_call};
    auto made = tool_shape(of, syntax(), chat.tools, bounds, work, bytes);
    const auto is_strict = [](const json& t) { return t["function"].value("strict", json()) == true; };
    if (made || std::all_of(chat.tools.begin(), chat.tools.end(), is_strict)) return made;
    json tools = chat.tools;
    for (json& t : tools)
      if (!is_strict(t) && !tool_shape(of, syntax(), json::array({t}), {{}, true, chat.strict}, work, bytes))
        t["function"]["parameters"] = {{"type", "object"}};
    if (tools == chat.tools) return made;
    auto looser = tool_shape(of, syntax(), tools, bounds, work, bytes);
    return looser ? std::move(looser) : std::move(made);
  }

  std::optional<api::refusal> start_fim(std::string_view text) {
    const auto in = parse_json(text);
    if (auto wrong = unreadable(in)) return wrong;
    fim = {};
    if (auto wrong = api::read_fim_request(*in, options.hosted, fim)) return wrong;
    const tokenizer& t = **of.text();
    std::vector<token> ids;
    if (const auto bos = of.bos()) ids.push_back(*bos);
    result<void> put;
    const auto add = [&](const std::string& s) {
      if (put) put = t.encode(s, special::plain, ids);
    };
    if (fim.suffix) {
      if (!t.fim_prefix() || !t.fim_suffix() || !t.fim_middle())
        return api::refusal{400, of.info().name + " has no tokens to fill in the middle; leave suffix out",
                            "invalid_request_error", "suffix"};
      ids.push_back(*t.fim_prefix());
      add(fim.prompt);
      ids.push_back(*t.fim_suffix());
      add(*fim.suffix);
      ids.push_back(*t.fim_middle());
    } else {
      add(fim.prompt);
    }
    if (!put) return api::refusal_of(put.error());
    if (ids.empty()) return api::refusal{400, "prompt must not be empty", "invalid_request_error", "prompt"};
    if (fim.max_tokens == 0) fim.max_tokens = 4096;
    answer_settings how;
    how.text.start = reply_start::text;
    how.text.calls = false;
    return start(std::move(how), {}, fim, ids);
  }

  // ---- from a session to chunks and a response

  /// Where chunks go: to the host, or into the body.
  [[nodiscard]] auto chunks() {
    return [this](const json& c) {
      const std::string text = dump(c);
      if (!each) {
        body += completions::event(text, to);
      } else if (!interrupted && each(text) == flow::stop) {
        interrupted = true;
        writer->interrupt();
      }
    };
  }

  /// A callback is asking: of what is computed in the same batch, or of this object.
  [[nodiscard]] bool in_callback_of_batch() const noexcept {
    return bench && timeline && timeline->impl()->bench->stepping;
  }
  [[nodiscard]] bool in_callback() const noexcept { return stepping || in_callback_of_batch(); }
  status step(const work_clock::time_point* deadline) {
    if (!busy) return status::done;
    if (stepping.exchange(true)) return status::done;
    const raised at_work(stepping);
    if (in_callback_of_batch()) return status::done;
    return at_border([&] { return work(deadline); }, [&] { end(); },
                     [&] {
                       give_up();
                       return status::done;
                     });
  }
  status work(const work_clock::time_point* deadline) {
    if (!is_read) {
      read();
      if (!busy) return status::done;
      if (deadline && work_clock::now() >= *deadline) return status::running;
    }
    answer->open(chunks());
    completions_impl* const self = this;
    const auto now = step_answers<completions_impl>(*timeline->impl()->bench, {&self, 1}, deadline);
    return now ? *now : status::done;
  }
  // What step_answers() asks for.
  [[nodiscard]] retort::detail::timeline* line() noexcept { return busy ? &timeline->impl()->line : nullptr; }
  result<bool> advance() {
    if (writer->n_tokens() == 0) timeline->remember();  // the prompt
    const auto take = [this](const reply_event& e) {
      if (answer->take(e, chunks())) writer->interrupt();
    };
    RETORT_TRY(const bool more, writer->advance(take));
    if (more) return true;
    timeline->remember();
    const finish why = writer->why();
    close(why == finish::length        ? api::ending::length
          : why == finish::interrupted ? api::ending::aborted
                                       : api::ending::stop);
    return false;
  }
  /// Cancelled, or out of memory: what there is, is given back.
  void fail(const error& e) {
    if (e.code == errc::no_memory) return cut_short();
    if (e.code != errc::cancelled) return refuse(api::refusal_of(e));
    close(api::ending::aborted);
  }
  void close(api::ending why) {
    busy = false;
    const json whole = answer->close(why, chunks());
    if (!streaming) body = dump(whole);
    else if (!each) body += completions::event({}, to);
  }
  [[nodiscard]] std::string system_fingerprint() const {
    digest d;
    d.add(&of.impl()->fingerprint, sizeof of.impl()->fingerprint);
    for (const std::string_view s : {std::string_view(timeline->target()), std::string_view(RETORT_VERSION)})
      d.add(s.data(), s.size());
    return "fp_" + hex(d.value()).substr(0, 10);
  }

  /// Any name means the loaded model.
  void list_models(std::string_view text) {
    const auto asked = parse_object(text);
    const bool one = asked && asked->contains("id") && (*asked)["id"].is_string();
    const json m = {{"id", one ? (*asked)["id"] : json(of.info().name)}, {"object", "model"}, {"owned_by", "local"}};
    body = dump(one ? m : json{{"object", "list"}, {"data", json::array({m})}});
  }

  static std::string refused_as_busy(endpoint to, int* http_status) noexcept {
    return refused(429, "another request is being answered", "rate_limit_error", "rate_limit_reached", to, http_status);
  }
  static std::string refused_as_empty(endpoint to, int* http_status) noexcept {
    return refused(400, "there is nobody to answer: the object was moved from", "invalid_request_error",
                   "invalid_request_error", to, http_status);
  }
  /// The body of a refusal; nothing where there is no memory for it.
  static std::string refused(int status, const char* message, const char* type, const char* code, endpoint to,
                             int* http_status) noexcept {
    if (http_status) *http_status = status;
    const auto body = [&] {
      api::refusal why{status, message, type, {}, code};
      return dump(to == endpoint::messages ? api::messages_error(why) : why.to_json());
    };
    return at_border(body, [] {}, [] { return std::string(); });
  }
  std::string take(int* http_status) noexcept {
    if (http_status) *http_status = status_code;
    return std::exchange(body, {});
  }
  static constexpr std::string_view out_of_memory_body =
      R"({"error":{"message":"out of memory","type":"insufficient_system_resource","param":null,"code":null}})";
};

}  // namespace detail

RETORT_INLINE completions::completions(std::shared_ptr<detail::completions_impl> impl) noexcept
    : impl_(std::move(impl)) {}
RETORT_INLINE completions::completions(completions&&) noexcept = default;
RETORT_INLINE completions& completions::operator=(completions&&) noexcept = default;
RETORT_INLINE completions::~completions() = default;

namespace detail {

/// Of the cache that holds the keys and values of all requests.
inline result<std::uint64_t> prefix_bytes_of(const model& m, const completions_options& options) {
  if (options.prefix_bytes) return options.prefix_bytes;
  session_options alone = options.session;
  alone.prefixes = nullptr;
  RETORT_TRY(const memory_quote q, m.quote(alone));
  return 4 * q.cache;
}

}  // namespace detail

RETORT_INLINE result<memory_quote> completions::quote(const model& m, const completions_options& options) {
  return detail::at_border([&]() -> result<memory_quote> {
    session_options alone = options.session;
    alone.prefixes = nullptr;
    RETORT_TRY(memory_quote q, m.quote(alone));
    RETORT_TRY(q.cache, detail::prefix_bytes_of(m, options));
    q.shapes = options.shape_bytes;
    return q;
  });
}
RETORT_INLINE result<completions> completions::make(const model& m, const completions_options& options) {
  return detail::at_border([&]() -> result<completions> {
    RETORT_CHECK(m.text());
    auto c = std::make_shared<detail::completions_impl>();
    c->of = m;
    c->options = options;
    c->last_words = std::string(c->out_of_memory_body);
    if (!options.chat_template.empty() || !m.info().chat_template.empty()) {
      RETORT_TRY(c->prompts, prompt_maker::make(m, options.chat_template));
    }
    session_options& s = c->options.session;
    s.prefixes = nullptr;
    if (s.in) s.in = &c->bench.emplace(*s.in);
    RETORT_TRY(const std::uint64_t prefix_bytes, detail::prefix_bytes_of(m, options));
    RETORT_TRY(c->prefixes, prefix_cache::make(m, prefix_bytes, s.cache, s.memory));
    s.prefixes = &*c->prefixes;
    RETORT_TRY(session timeline, session::make(m, s));
    c->timeline.emplace(std::move(timeline));
    return completions(std::move(c));
  });
}

RETORT_INLINE result<void> completions::begin(std::string_view request, endpoint to, on_chunk each) {
  return detail::at_border([&]() -> result<void> {
    if (!impl_) return detail::is_empty("completions");
    if (impl_->in_callback()) return detail::is_running("completions");
    return impl_->begin(request, to, std::move(each));
  });
}
RETORT_INLINE status completions::step(std::chrono::nanoseconds budget) {
  const work_clock::time_point deadline = deadline_after(budget);
  const auto kept = impl_;
  return kept ? kept->step(&deadline) : status::done;
}
RETORT_INLINE std::string completions::take(int* http_status) {
  if (!impl_) return detail::completions_impl::refused_as_empty(endpoint::chat_completions, http_status);
  return impl_->in_callback() ? impl_->refused_as_busy(impl_->to, http_status) : impl_->take(http_status);
}

RETORT_INLINE std::string completions::complete(std::string_view request, endpoint to, int* http_status) {
  return stream(request, {}, to, http_status);
}
RETORT_INLINE std::string completions::stream(std::string_view request, const on_chunk& each, endpoint to,
                                              int* http_status) {
  const auto kept = impl_;
  if (!kept) return detail::completions_impl::refused_as_empty(to, http_status);
  if (kept->stepping || kept->working.exchange(true)) return kept->refused_as_busy(to, http_status);
  const detail::raised at_work(kept->working);
  if (kept->in_callback_of_batch()) return kept->refused_as_busy(to, http_status);
  if (!detail::at_border([&] { return kept->begin(request, to, each); })) kept->give_up();
  (void)kept->step(nullptr);
  return kept->take(http_status);
}
RETORT_INLINE void completions::cancel() noexcept {
  if (impl_) impl_->cancel();
}
RETORT_INLINE std::string completions::event(std::string_view chunk, endpoint of) {
  const bool is_typed = of == endpoint::responses || of == endpoint::messages;
  std::string out;
  if (is_typed && chunk.empty()) return out;
  std::string type;
  if (is_typed && detail::json_unquoted(detail::member_text(chunk, "type"), type)) out += "event: " + type + "\n";
  return out + "data: " + (chunk.empty() ? "[DONE]" : std::string(chunk)) + "\n\n";
}

RETORT_END
#endif
