// Chat templates: the Jinja that models carry, run exactly as transformers runs it, within bounds.
// Next: engine.hpp runs it, parser.hpp reads it, reply/parser.hpp takes the model's answer apart.
#pragma once

#include <retort/jinja/engine.hpp>
#include <retort/jinja/variables.hpp>

#include <chrono>
#include <memory>
#include <optional>

RETORT_BEGIN

/// A prompt, and which of its bytes came from outside.
struct rendered {
  struct range {
    std::size_t begin, end;  ///< bytes [begin, end)
    bool operator==(const range&) const = default;
  };
  std::string text;
  /// What came from the variables: sorted, disjoint. Tokenize it without special tokens, or a user who writes
  /// "<|im_end|>" ends his turn.
  std::vector<range> input;
};

struct render_options {
  /// What strftime_now() shows, as the clock on the wall; without it templates take their fixed date.
  std::optional<std::chrono::sys_seconds> now;
  /// Treats all variables as part of the template: `rendered::input` stays empty.
  bool trust_variables = false;
};

/// A parsed chat template: immutable, cheap to copy, safe to share between threads.
///
/// language  Jinja2 as chat templates use it, with trim_blocks and lstrip_blocks, loop controls, tojson without HTML
///           escapes, raise_exception and strftime_now; lists and dicts cannot be changed, as in transformers' sandbox
/// errors    bad_template: malformed, or what Python would raise; unsupported: Jinja, but not here; limit: a bound of
///           template_limits; each names the line and the construct
/// cost      parse is linear; render has a budget of steps and bytes and no other bound
/// tested    tests/text/template_*_test.cpp, with renders by Jinja2 itself
class chat_template {
 public:
  static result<chat_template> parse(std::string source, const template_limits& limits = {});

  /// Renders with `variables`: an object with messages, add_generation_prompt, tools, bos_token, eos_token, ...
  /// Values of variables whose name ends in "_token" are trusted, all other strings count as input.
  result<rendered> render(const detail::json& variables, const render_options& options = {}) const;
  /// The same from JSON text, which also keeps integers beyond 64 bits exact.
  result<rendered> render_json(std::string_view variables, const render_options& options = {}) const;

  [[nodiscard]] const std::string& source() const noexcept { return parts_->source; }

 private:
  struct parts {
    std::string source;
    template_limits limits;
    detail::templates::tree tree;
  };
  using runtime = detail::templates::runtime;
  using lookup = detail::templates::engine::lookup_variable;
  result<rendered> run(runtime& rt, lookup variables, const render_options& options) const;

  explicit chat_template(std::shared_ptr<const parts> p) : parts_(std::move(p)) {}
  std::shared_ptr<const parts> parts_;
};

#if RETORT_CARRIES(RETORT_PART_JINJA)

RETORT_INLINE result<chat_template> chat_template::parse(std::string source, const template_limits& limits) {
  using namespace detail::templates;
  if (source.size() > limits.source_bytes)
    return error{errc::limit, "the chat template has " + std::to_string(source.size()) + " bytes, more than " +
                                  std::to_string(limits.source_bytes)};
  auto p = std::make_shared<parts>();
  const std::string lines = normal_lines(source);
  RETORT_TRY(auto tokens, lexer(lines).run());
  RETORT_TRY(p->tree, parser(lines, std::move(tokens), limits).run());
  p->source = std::move(source);
  p->limits = limits;
  return chat_template(std::move(p));
}

RETORT_INLINE result<rendered> chat_template::run(runtime& rt, lookup variables, const render_options& options) const {
  using namespace detail::templates;
  engine e(parts_->tree, rt, options.now);
  text out;
  if (!rt.failed()) e.run(variables, out);
  if (rt.failed()) return rt.take_error();
  rendered r;
  r.text = std::move(out.bytes);
  for (const byte_range& b : out.input) r.input.push_back({b.begin, b.end});
  return r;
}

namespace detail::templates {
inline bool is_trusted_name(std::string_view name) noexcept { return name.ends_with("_token"); }
}  // namespace detail::templates

RETORT_INLINE result<rendered> chat_template::render(const detail::json& variables,
                                                     const render_options& options) const {
  using namespace detail::templates;
  if (!variables.is_object()) return error{errc::bad_argument, "the variables of a chat template are a JSON object"};
  runtime rt(parts_->limits);
  const auto find = [&](std::string_view name, value& out) {
    const detail::json* const at = variables.find(name);
    if (!at) return false;
    out = from_json(rt, *at, !options.trust_variables && !is_trusted_name(name));
    return true;
  };
  return run(rt, find, options);
}

RETORT_INLINE result<rendered> chat_template::render_json(std::string_view variables,
                                                          const render_options& options) const {
  using namespace detail::templates;
  runtime rt(parts_->limits);
  const auto trusted = [&](std::string_view name) { return options.trust_variables || is_trusted_name(name); };
  variables_builder builder(rt, trusted);
  const bool good = detail::read_json(variables, builder);
  if (rt.failed()) return rt.take_error();
  if (!good || !builder.root().is(kind::dict))
    return error{errc::bad_argument, "the variables of a chat template are a JSON object" +
                                         (builder.why().empty() ? std::string() : ": " + builder.why())};
  const auto find = [&](std::string_view name, value& out) {
    const value* v = detail::templates::lookup(rt, builder.root().as<mapping>(), name);
    if (v) out = *v;
    return v != nullptr;
  };
  return run(rt, find, options);
}

#endif

RETORT_END
