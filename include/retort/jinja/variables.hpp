// JSON as template values. Numbers keep what they were: 1.0 stays a float, big integers stay exact.
// Next: chat_template.hpp.
#pragma once

#include <retort/jinja/runtime.hpp>
#include <retort/text/json_reader.hpp>

RETORT_BEGIN
namespace detail::templates {

inline value json_string(std::string s, bool input) {
  auto* t = new text;
  value v = make_text(t);
  t->bytes = std::move(s);
  if (input) t->mark(0, t->bytes.size());
  return v;
}

inline value json_unsigned(std::uint64_t u) {
  if (u <= std::uint64_t(INT64_MAX)) return value::integer(static_cast<std::int64_t>(u));
  return value::of(kind::huge, new text(std::to_string(u)));
}

/// A parsed JSON value. `input`: its strings are marked as coming from outside.
inline value from_json(runtime& rt, const json& j, bool input, unsigned depth = 0) {
  if (depth > rt.limits.nesting) return rt.fail_limit("variables inside each other", rt.limits.nesting);
  switch (j.type()) {
    case json_type::boolean: return value::boolean(j.get<bool>());
    case json_type::integer: return value::integer(j.get<std::int64_t>());
    case json_type::natural: return json_unsigned(j.get<std::uint64_t>());
    case json_type::real: return value::real(j.get<double>());
    case json_type::string: return json_string(j.get<std::string>(), input);
    case json_type::array: {
      std::vector<value> items;
      items.reserve(j.size());
      for (const auto& item : j) items.push_back(from_json(rt, item, input, depth + 1));
      return rt.list(std::move(items));
    }
    case json_type::object: {
      auto* m = new mapping;
      value v = value::of(kind::dict, m);
      rt.produce(64);
      for (const auto& [key, item] : j.items()) {
        if (rt.failed()) break;
        assign(rt, *m, json_string(key, input), from_json(rt, item, input, depth + 1));
      }
      return v;
    }
    default: return value::none();
  }
}

/// Builds a value while a text is read: the reader alone knows how a number was written.
class variables_builder final : public json_events {
 public:
  explicit variables_builder(runtime& rt, function_ref<bool(std::string_view)> is_trusted)
      : rt_(rt), is_trusted_(is_trusted) {}

  [[nodiscard]] const value& root() const noexcept { return root_; }
  [[nodiscard]] const std::string& why() const noexcept { return why_; }

  bool null() override { return take(value::none()); }
  bool boolean(bool b) override { return take(value::boolean(b)); }
  bool integer(std::int64_t i) override { return take(value::integer(i)); }
  bool natural(std::uint64_t u) override { return take(json_unsigned(u)); }
  bool real(double d, const std::string& written) override {
    if (written.find_first_of(".eE") != npos) return take(value::real(d));
    return take(value::of(kind::huge, new text(written)));
  }
  bool string(std::string& s) override { return take(json_string(std::move(s), input_)); }
  bool start_object() override { return open(value::of(kind::dict, new mapping)); }
  bool start_array() override { return open(value::of(kind::list, new sequence)); }
  bool key(std::string& k) override {
    if (open_.size() == 1) input_ = !is_trusted_(k);
    open_.back().key = json_string(std::move(k), input_);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  void malformed(std::size_t position) override { why_ = "malformed JSON near byte " + std::to_string(position); }

 private:
  struct container {
    value what;
    value key;
  };
  bool open(value v) {
    if (open_.size() > rt_.limits.nesting) rt_.fail_limit("variables inside each other", rt_.limits.nesting);
    open_.push_back({std::move(v), {}});
    return rt_.produce(64);
  }
  bool close() {
    value v = std::move(open_.back().what);
    open_.pop_back();
    return take(std::move(v));
  }
  bool take(value v) {
    if (open_.empty()) {
      root_ = std::move(v);
    } else if (open_.back().what.is(kind::dict)) {
      assign(rt_, open_.back().what.as<mapping>(), open_.back().key, std::move(v));
    } else {
      auto& s = open_.back().what.as<sequence>();
      s.depth = deeper(s.depth, v);
      s.items.push_back(std::move(v));
      rt_.produce(sizeof(value));
    }
    return !rt_.failed();
  }

  runtime& rt_;
  function_ref<bool(std::string_view)> is_trusted_;
  std::vector<container> open_;
  value root_;
  std::string why_;
  bool input_ = true;
};

}  // namespace detail::templates
RETORT_END
