// One answer in the making: tokens are drawn from a session's logits, and
// their text is taken apart into thought, answer and tool calls. What chat and
// completions have in common.
#pragma once

#include <retort/run/constraint.hpp>
#include <retort/run/lookup.hpp>
#include <retort/run/session.hpp>
#include <retort/reply/parser.hpp>

RETORT_BEGIN
namespace detail {

struct answer_settings {
  std::size_t max_tokens = 0;        ///< thought included; 0 = what the context leaves
  std::size_t max_thought = 0;       ///< tokens after which a thought is closed by force; 0 = no limit
  std::size_t max_guesses = 0;       ///< tokens guessed from what was written before; 0 = none
  std::optional<std::size_t> n_top;  ///< scores are kept: of the token and so many of the likeliest
  bool shape_of_calls = false;       ///< the shape is that of calls, which begin in the way of their format
  reply_settings text;
};

/// What the model thought of a token before anything was done to its logits.
struct token_score {
  token id = 0;
  float logprob = 0;
  bool thought = false;
  std::vector<std::pair<token, float>> top;
};

class answer_writer {
 public:
  using sink = function_ref<void(const reply_event&)>;

  /// `shape`: of the answer, not of the thought; has taken what the prompt holds of it. Then open() it.
  answer_writer(const model& of, session& timeline, sampler& next, answer_settings how,
                std::optional<matcher> shape = {})
      : of_(of),
        timeline_(timeline),
        next_(next),
        how_(begin_at_once(std::move(how), shape.has_value())),
        words_(**of.text(), true),
        phrases_(phrases_of({how_.text.format, how_.text.thoughts}, shape && how_.shape_of_calls)),
        parser_(how_.text),
        shape_(std::move(shape)) {
    guesses_.reserve(how_.max_guesses);
  }
  /// errors no_memory
  result<void> open() {
    const bool begins = how_.text.answers || (how_.text.start == reply_start::answer && phrases_.open_thought.size());
    return shape_ && begins ? force(phrases_.at_once) : result<void>();
  }

  /// Takes what follows the tokens that were just computed: one token, and the guesses that were right.
  /// Returns false when the answer is over; the timeline then ends with its last token.
  /// errors full, bad_argument, no_memory: of the session and the matcher; the answer cannot go on then
  result<bool> advance(sink out) {
    const std::size_t k = guesses_.size(), n = timeline_.tokens().size();
    for (std::size_t i = 0;; ++i) {
      const auto seen = timeline_.tokens().first(n - k + i);
      RETORT_TRY(const token t, choose(timeline_.logits(k - i), seen));
      RETORT_TRY(const bool over, take(t, seen.size(), out));
      if (!over && i < k && t == guesses_[i]) {
        ++n_guessed_;
        continue;
      }
      if (i < k) RETORT_CHECK(timeline_.rewind(n - k + i));
      guesses_.clear();
      if (over) return false;
      RETORT_CHECK(push(t));
      return true;
    }
  }

  [[nodiscard]] finish why() const noexcept { return why_; }
  [[nodiscard]] std::size_t n_tokens() const noexcept { return n_tokens_; }
  [[nodiscard]] std::size_t n_thought() const noexcept { return n_thought_; }
  [[nodiscard]] std::size_t n_guessed() const noexcept { return n_guessed_; }  ///< guesses that were right
  [[nodiscard]] unsigned n_calls() const noexcept { return parser_.calls(); }
  [[nodiscard]] const std::vector<token_score>& scores() const noexcept { return scores_; }
  /// The last token, where a limit or the host ended the answer with it: it is not on the timeline.
  [[nodiscard]] std::optional<token> unpushed() const noexcept { return unpushed_; }
  /// Ends the answer after the event in progress.
  void interrupt() noexcept { interrupted_ = true; }

 private:
  /// With a shape, a model that was not asked to think answers at once.
  static answer_settings begin_at_once(answer_settings how, bool has_shape) {
    if (has_shape && how.text.start == reply_start::open) how.text.answers = true;
    return how;
  }

  [[nodiscard]] std::size_t n_left(std::size_t n_seen) const noexcept {
    const std::size_t room = timeline_.context() - n_seen;
    return how_.max_tokens ? std::min(room, how_.max_tokens - n_tokens_) : room;
  }

  /// Text that must come next, whatever the model would rather say.
  result<void> force(std::string_view text) {
    RETORT_TRY(const std::vector<token> ids, of_.encode(text));
    forced_.assign(ids.rbegin(), ids.rend());
    return {};
  }

  /// The token after `seen`: drawn, or forced when a thought has had its share.
  result<token> choose(std::span<float> logits, std::span<const token> seen) {
    if (parser_.in_thought() && forced_.empty()) {
      const bool had_its_share = how_.max_thought && n_thought_ >= how_.max_thought;
      const bool leaves_no_room = shape_ && n_left(seen.size()) <= shape_->n_needed() + thought_end_tokens;
      if (had_its_share || leaves_no_room) RETORT_CHECK(force(phrases_.close_thought));
    }
    was_forced_ = !forced_.empty();
    if (was_forced_) return next_forced(logits);
    std::span<const std::uint64_t> allowed;
    if (shape_ && parser_.in_answer()) {
      RETORT_TRY(allowed, shape_->allowed(n_left(seen.size())));
    }
    const token t = next_(logits, seen, allowed);
    if (shape_ && !parser_.in_answer() && of_.is_end(t)) {  // an answer is owed
      RETORT_CHECK(force(phrases_.close_thought));
      was_forced_ = !forced_.empty();
      if (was_forced_) return next_forced(logits);
    }
    score(logits, t);
    return t;
  }
  token next_forced(std::span<const float> logits) {
    const token t = forced_.back();
    forced_.pop_back();
    score(logits, t);
    return t;
  }

  void score(std::span<const float> logits, token t) {
    if (!how_.n_top) return;
    const float best = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (float l : logits) sum += std::exp(static_cast<double>(l - best));
    const float log_sum = best + static_cast<float>(std::log(sum));
    token_score s;
    s.id = t;
    s.logprob = logits[static_cast<std::size_t>(t)] - log_sum;
    s.thought = !parser_.in_answer();
    std::vector<token> order(logits.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<token>(i);
    const std::size_t n = std::min(*how_.n_top, order.size());
    const auto value = [&](token id) { return logits[static_cast<std::size_t>(id)]; };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.end(),
                      [&](token a, token b) { return value(a) != value(b) ? value(a) > value(b) : a < b; });
    for (std::size_t i = 0; i < n; ++i) s.top.emplace_back(order[i], value(order[i]) - log_sum);
    scores_.push_back(std::move(s));
  }

  /// One more token of the answer, after n_seen; true when it was the last.
  result<bool> take(token t, std::size_t n_seen, sink out) {
    ++n_tokens_;
    if (!parser_.in_answer()) ++n_thought_;
    if (of_.is_end(t)) return end(finish::stop, out);
    const bool was_answer = parser_.in_answer();
    if (shape_ && was_answer && !was_forced_)
      if (auto taken = shape_->accept(t); !taken && taken.error().code == errc::no_memory) return taken.error();
    feed(words_.push(t), out);
    unpushed_ = t;
    if (interrupted_) return end(finish::interrupted, out);
    if (parser_.stopped()) return end(finish::stop, out);
    if (shape_ && was_answer && shape_->finished()) return end(finish::stop, out);
    if (shape_ && !was_answer && parser_.in_answer() && forced_.empty()) RETORT_CHECK(force(phrases_.after_thought));
    const bool at_limit = how_.max_tokens && n_tokens_ >= how_.max_tokens;
    if (at_limit || n_seen >= timeline_.context()) return end(finish::length, out);
    return false;
  }
  void feed(std::string_view text, sink out) {
    using kind = reply_event::kind;
    parser_.feed(text, [&](const reply_event& e) {
      has_thought_ = has_thought_ || e.is == kind::thought;
      if (!has_thought_ && e.is != kind::hidden) nothing_was_thought();
      out(e);
    });
  }
  /// The first tokens, which might have opened a thought, belong to the answer.
  void nothing_was_thought() {
    if (n_thought_ == 0) return;
    n_thought_ = 0;
    for (token_score& s : scores_) s.thought = false;
  }
  bool end(finish why, sink out) {
    feed(words_.flush(), out);
    parser_.finish(out, why == finish::length);
    if (!has_thought_) nothing_was_thought();
    why_ = interrupted_ ? finish::interrupted : why;
    return true;
  }

  /// The token that was drawn, and guesses of what follows it.
  result<void> push(token t) {
    RETORT_CHECK(timeline_.push(t));
    const std::size_t room = timeline_.context() - timeline_.tokens().size();
    guesses_.resize(forced_.empty() ? std::min(how_.max_guesses, room) : 0);
    guesses_.resize(look_up(timeline_.tokens(), guesses_));
    return guesses_.empty() ? result<void>() : timeline_.guess(guesses_);
  }

  static constexpr std::size_t thought_end_tokens = 12;  // of "\n</think>\n\n", by a tokenizer without such a token
  const model& of_;
  session& timeline_;
  sampler& next_;
  const answer_settings how_;
  decoder words_;
  const reply_phrases phrases_;
  reply_parser parser_;
  std::optional<matcher> shape_;
  std::optional<token> unpushed_;
  std::vector<token> forced_;   // in reverse
  std::vector<token> guesses_;  // that stand at the end of the timeline, unchecked
  std::vector<token_score> scores_;
  std::size_t n_tokens_ = 0, n_thought_ = 0, n_guessed_ = 0;
  finish why_ = finish::stop;
  bool interrupted_ = false, was_forced_ = false, has_thought_ = false;
};

/// The loop in which answers are worked on: one pass over the weights for the next tokens of all of them, then each
/// takes what came, until all are over or the time is. An answer is what has
///   timeline* line()         where its tokens are computed; nullptr: nothing is left to do
///   result<bool> advance()   takes the tokens that follow; false at the end
///   void fail(const error&)  what it does about an error, its own or of its line
/// errors  of the answer concerned, after its fail(); the others may go on
///         busy: called from a callback of a pass on this bench
template <class Answer>
result<status> step_answers(workbench& bench, std::span<Answer* const> all, const work_clock::time_point* deadline) {
  if (bench.stepping) return is_running("batch");  // and what it works on stands in `chosen`
  auto& lines = bench.chosen;
  for (bool first = true;; first = false) {
    lines.clear();
    for (Answer* a : all)
      if (timeline* line = a->line(); line && std::find(lines.begin(), lines.end(), line) == lines.end())
        lines.push_back(line);
    if (lines.empty()) return status::done;
    if (!first && deadline && work_clock::now() >= *deadline) return status::running;
    timeline* failed = nullptr;
    const auto computed = bench.pass(lines, deadline, &failed);
    if (computed && *computed == status::running) return status::running;
    for (Answer* a : all) {
      timeline* const line = a->line();
      if (!line || (computed ? !line->ready() : line != failed)) continue;
      const result<bool> more = computed ? a->advance() : result<bool>(computed.error());
      if (more) continue;
      a->fail(more.error());
      return more.error();
    }
  }
}

}  // namespace detail
RETORT_END
