// Constraints on what a model may write, and the outputs that follow them.
// Read on: grammar/grammar.hpp (what can be said), grammar/matcher.hpp (how it becomes tokens).
#pragma once

#include <retort/api.hpp>
#include <retort/base/border.hpp>

#if RETORT_CARRIES(RETORT_PART_RUN)  // all of it is code
#include <retort/grammar/matcher.hpp>
#include <retort/grammar/gbnf.hpp>
#include <retort/grammar/json_schema.hpp>
#include <retort/model/model.hpp>

RETORT_BEGIN

RETORT_INLINE result<constraint> constraint::make(const model& m, const detail::grammar& g, std::size_t bytes) {
  return detail::at_border([&]() -> result<constraint> {
    RETORT_TRY(const tokenizer* text, m.text());
    RETORT_TRY(auto trie, m.impl()->trie());
    RETORT_TRY(auto impl, detail::constraint_impl::make(g, *text, std::move(trie), m.impl(), bytes));
    return constraint(std::move(impl));
  });
}
RETORT_INLINE std::size_t constraint::bytes() const noexcept { return impl_ ? impl_->bytes() : 0; }

RETORT_INLINE result<constraint> constraint::json_schema(const model& m, std::string_view schema, schema_style style,
                                                         const compile_limits& most) {
  return detail::at_border([&]() -> result<constraint> {
    RETORT_TRY(const detail::grammar g, detail::json_schema::parse(schema, style == schema_style::open,
                                                                   detail::effort(most.budget, most.cancelled)));
    return make(m, g, most.bytes);
  });
}
RETORT_INLINE result<constraint> constraint::json_object(const model& m, const compile_limits& most) {
  return detail::at_border([&]() -> result<constraint> {
    detail::grammar g(detail::effort(most.budget, most.cancelled));
    detail::json_text json(g);
    g.define(detail::grammar::root, json.any_object());
    return make(m, g, most.bytes);
  });
}
RETORT_INLINE result<constraint> constraint::regex(const model& m, std::string_view pattern,
                                                   const compile_limits& most) {
  return detail::at_border([&]() -> result<constraint> {
    detail::grammar g(detail::effort(most.budget, most.cancelled));
    RETORT_TRY(const auto texts, detail::regex_language::of(pattern, true, g.work()));
    g.define(detail::grammar::root, texts.in(g));
    return make(m, g, most.bytes);
  });
}
RETORT_INLINE result<constraint> constraint::grammar(const model& m, std::string_view gbnf,
                                                     const compile_limits& most) {
  return detail::at_border([&]() -> result<constraint> {
    RETORT_TRY(const tokenizer* text, m.text());
    RETORT_TRY(const detail::grammar g, detail::gbnf::parse(gbnf, *text, detail::effort(most.budget, most.cancelled)));
    return make(m, g, most.bytes);
  });
}
RETORT_INLINE result<constraint> constraint::choices(const model& m, std::span<const std::string> of,
                                                     const compile_limits& most) {
  return detail::at_border([&]() -> result<constraint> {
    detail::grammar g(detail::effort(most.budget, most.cancelled));
    std::vector<detail::grammar::expression> all;
    for (const std::string& text : of) all.push_back(g.literal(text));
    g.define(detail::grammar::root, g.any_of(all));
    return make(m, g, most.bytes);
  });
}

RETORT_INLINE matcher::matcher(std::unique_ptr<detail::matcher_impl> impl) noexcept : impl_(std::move(impl)) {}
RETORT_INLINE matcher::matcher(matcher&&) noexcept = default;
RETORT_INLINE matcher& matcher::operator=(matcher&&) noexcept = default;
RETORT_INLINE matcher::~matcher() = default;
RETORT_INLINE result<matcher> matcher::make(const constraint& c) {
  return detail::at_border([&]() -> result<matcher> {
    if (!c.impl()) return detail::is_empty("constraint");
    return matcher(std::make_unique<detail::matcher_impl>(c.impl()));
  });
}
RETORT_INLINE result<matcher> matcher::fork() const {
  return detail::at_border([&]() -> result<matcher> {
    if (!impl_) return detail::is_empty("matcher");
    return matcher(std::make_unique<detail::matcher_impl>(*impl_));
  });
}
RETORT_INLINE result<std::span<const std::uint64_t>> matcher::allowed(std::size_t n_left) {
  return detail::at_border([&]() -> result<std::span<const std::uint64_t>> {
    if (!impl_) return detail::is_empty("matcher");
    return impl_->allowed(n_left);
  });
}
RETORT_INLINE result<void> matcher::accept(token id) {
  return detail::at_border([&]() -> result<void> {
    if (!impl_) return detail::is_empty("matcher");
    if (impl_->accept(id)) return {};
    return error{errc::bad_argument, "token " + std::to_string(id) + " is not allowed here"};
  });
}
RETORT_INLINE std::size_t matcher::n_needed() const noexcept {
  if (!impl_ || impl_->ended) return 0;
  std::uint32_t least = impl_->complete ? 1 : detail::completion::never;
  for (const auto& p : impl_->now) least = std::min(least, impl_->stacks.cost(p));  // the end token counted
  return least;
}
RETORT_INLINE bool matcher::complete() const noexcept { return impl_ && impl_->complete; }
RETORT_INLINE bool matcher::finished() const noexcept { return !impl_ || impl_->now.empty(); }
RETORT_INLINE result<std::string> matcher::forced() const {
  return detail::at_border([&]() -> result<std::string> {
    if (!impl_) return detail::is_empty("matcher");
    return impl_->forced();
  });
}

RETORT_END
#endif
