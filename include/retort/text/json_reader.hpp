// JSON that is read: as events while the text goes by, or as a value, within bounds.
#pragma once

#include <retort/text/json.hpp>

#if RETORT_CARRIES(RETORT_PART_TEXT)
#include <nlohmann/json.hpp>
#endif

#include <optional>

RETORT_BEGIN
namespace detail {

/// What a text of JSON consists of, one piece after another; false ends the reading. Strings may be moved from. The
/// reader itself needs no stack for nesting.
class json_events {
 public:
  virtual bool null() = 0;
  virtual bool boolean(bool) = 0;
  /// A whole number that fits; others are reals, with the digits as they were written.
  virtual bool integer(std::int64_t) = 0;  ///< below zero, and -0
  virtual bool natural(std::uint64_t) = 0;
  virtual bool real(double, const std::string& written) = 0;
  virtual bool string(std::string&) = 0;
  virtual bool start_array() = 0;
  virtual bool end_array() = 0;
  virtual bool start_object() = 0;
  virtual bool key(std::string&) = 0;
  virtual bool end_object() = 0;
  /// The text is no JSON; no more events follow.
  virtual void malformed(std::size_t position) = 0;

 protected:
  ~json_events() = default;
};

/// Reads a whole text; false where it is no JSON (which includes reals too large for a double), or an event said so.
RETORT_INLINE bool read_json(std::string_view text, json_events& events);

/// What a value that is read from outside may cost.
struct json_bounds {
  std::size_t depth = json_depth;             ///< arrays and objects in one another
  std::size_t values = std::size_t{1} << 20;  ///< of all kinds, at all depths: each costs more memory than text
};

/// A value of JSON. Of members with one name the last counts, in the place of the first.
///
/// errors  bad_argument: no JSON; limit: beyond a bound
RETORT_INLINE result<json> parse_json(std::string_view text, const json_bounds& within = {});

/// A JSON object.   errors  as above
inline result<json> parse_object(std::string_view text) {
  auto j = parse_json(text);
  if (j && !j->is_object()) return error{errc::bad_argument, "no JSON object"};
  return j;
}

RETORT_INLINE bool is_json(std::string_view text);

inline bool is_json_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' && is_json(text);
}

/// A JSON string's content; false for anything else.
inline bool json_unquoted(std::string_view text, std::string& out) {
  if (text.empty() || text[0] != '"') return false;
  const auto j = parse_json(text);
  if (j) out = j->text();
  return static_cast<bool>(j);
}

#if RETORT_CARRIES(RETORT_PART_TEXT)

RETORT_INLINE bool read_json(std::string_view text, json_events& events) {
  if (const std::size_t zero = text.find('\0'); zero != text.npos) {  // which the parser would take for the end
    events.malformed(zero + 1);
    return false;
  }
  using parser = nlohmann::json;
  struct handler {  // as the parser calls it
    json_events& to;
    bool null() { return to.null(); }
    bool boolean(bool b) { return to.boolean(b); }
    bool number_integer(std::int64_t i) { return to.integer(i); }
    bool number_unsigned(std::uint64_t n) { return to.natural(n); }
    bool number_float(double x, const std::string& written) { return to.real(x, written); }
    bool string(std::string& s) { return to.string(s); }
    bool binary(parser::binary_t&) { return false; }  // not in texts
    bool start_array(std::size_t) { return to.start_array(); }
    bool end_array() { return to.end_array(); }
    bool start_object(std::size_t) { return to.start_object(); }
    bool key(std::string& k) { return to.key(k); }
    bool end_object() { return to.end_object(); }
    bool parse_error(std::size_t position, const std::string&, const parser::exception&) {
      to.malformed(position);
      return false;
    }
  } h{events};
  return parser::sax_parse(text.data(), text.data() + text.size(), &h);
}

/// Grows a value.
class json_builder final : public json_events {
 public:
  explicit json_builder(const json_bounds& within) : within_(within) {}

  [[nodiscard]] json take() noexcept { return std::move(root_); }
  [[nodiscard]] bool too_deep() const noexcept { return too_deep_; }
  [[nodiscard]] bool too_many() const noexcept { return n_ > within_.values; }

  bool null() override { return put({}); }
  bool boolean(bool b) override { return put(b); }
  bool integer(std::int64_t i) override { return put(i); }
  bool natural(std::uint64_t n) override { return put(n); }
  bool real(double x, const std::string&) override { return put(x); }
  bool string(std::string& s) override { return put(std::move(s)); }
  bool start_array() override { return open(json::array()); }
  bool end_array() override { return close(); }
  bool start_object() override { return open(json::object()); }
  bool key(std::string& k) override {
    at_ = &(*open_.back())[k];
    return true;
  }
  bool end_object() override { return close(); }
  void malformed(std::size_t) override {}

 private:
  bool put(json j) {
    ++n_;
    if (open_.empty()) {
      root_ = std::move(j);
      at_ = &root_;
    } else if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(j));
      at_ = &open_.back()->back();
    } else {
      *at_ = std::move(j);
    }
    return !too_many();
  }
  bool open(json j) {
    too_deep_ = open_.size() == within_.depth;
    if (too_deep_ || !put(std::move(j))) return false;
    open_.push_back(at_);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  const json_bounds within_;
  json root_;
  json* at_ = nullptr;       // where the next value of an object belongs, or the last value
  std::vector<json*> open_;  // arrays and objects that have begun, from the outside
  std::size_t n_ = 0;
  bool too_deep_ = false;
};

RETORT_INLINE result<json> parse_json(std::string_view text, const json_bounds& within) {
  json_builder value(within);
  if (read_json(text, value)) return value.take();
  if (value.too_deep()) return error{errc::limit, "the JSON is nested deeper than " + std::to_string(within.depth)};
  if (value.too_many())
    return error{errc::limit, "the JSON holds more than " + std::to_string(within.values) + " values"};
  return error{errc::bad_argument, "the text is no JSON"};
}

RETORT_INLINE bool is_json(std::string_view text) {
  struct taker final : json_events {
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool integer(std::int64_t) override { return true; }
    bool natural(std::uint64_t) override { return true; }
    bool real(double, const std::string&) override { return true; }
    bool string(std::string&) override { return true; }
    bool start_array() override { return true; }
    bool end_array() override { return true; }
    bool start_object() override { return true; }
    bool key(std::string&) override { return true; }
    bool end_object() override { return true; }
    void malformed(std::size_t) override {}
  } all;
  return read_json(text, all);
}

#endif

}  // namespace detail
RETORT_END
