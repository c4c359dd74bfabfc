// Values of a chat template: what Python would hold, with strings that remember which bytes came from outside.
// Next: strings.hpp, runtime.hpp (printing, comparing, iterating).
#pragma once

#include <retort/text/utf8.hpp>

#include <vector>

RETORT_BEGIN
namespace detail::templates {

using utf8::byte_range;

enum class kind : std::uint8_t {
  undefined,  ///< a missing variable or attribute; prints nothing, most uses are errors
  none,
  boolean,
  integer,
  real,
  huge,  ///< an integer beyond 64 bits, kept as its decimal text
  string,
  list,
  tuple,
  dict,
  space,  ///< namespace(): the only thing a template can change
  range,
  generator,  ///< what map(), select() or items yield: to be walked once
  view,       ///< dict.items(), .keys(), .values()
  loop,
  macro,
  method,    ///< a method bound to its object
  function,  ///< a global function
};

/// Base of everything on the heap. Counted without atomics: values never leave the render that made them.
struct object {
  object() = default;
  object(const object&) = delete;
  object& operator=(const object&) = delete;
  virtual ~object() = default;
  std::uint32_t users = 0;
};

/// A string whose bytes are trusted (from the template) or input (from the variables).
struct text final : object {
  std::string bytes;
  std::vector<byte_range> input;         ///< sorted, disjoint, not touching
  bool markup = false;                   ///< `|safe`: `+` escapes what is joined to it
  std::size_t points = std::size_t(-1);  ///< code points, counted on demand

  text() = default;
  explicit text(std::string_view trusted) : bytes(trusted) {}

  void mark(std::size_t begin, std::size_t end) {
    if (begin == end) return;
    if (!input.empty() && input.back().end == begin) input.back().end = end;
    else input.push_back({begin, end});
  }
  void append(std::string_view more, bool from_input = false) {
    if (from_input) mark(bytes.size(), bytes.size() + more.size());
    bytes += more;
  }
  /// Bytes [begin, end) of another string, with their origin.
  void append(const text& from, std::size_t begin, std::size_t end) {
    const std::size_t shift = bytes.size();
    std::size_t low = 0;
    for (std::size_t n = from.input.size(); n > 0;) {  // first range that ends after `begin`
      const std::size_t half = n / 2;
      if (from.input[low + half].end <= begin) {
        low += half + 1;
        n -= half + 1;
      } else {
        n = half;
      }
    }
    for (; low < from.input.size() && from.input[low].begin < end; ++low) {
      const byte_range r = from.input[low];
      mark((r.begin < begin ? begin : r.begin) - begin + shift, (r.end > end ? end : r.end) - begin + shift);
    }
    bytes.append(from.bytes, begin, end - begin);
  }
  void append(const text& from) { append(from, 0, from.bytes.size()); }
};

/// Sixteen bytes: a small value, or a counted pointer to an object.
class value {
 public:
  value() noexcept : kind_(kind::undefined) { small_.integer = 0; }
  value(const value& other) noexcept : kind_(other.kind_), small_(other.small_) { hold(); }
  value(value&& other) noexcept : kind_(other.kind_), small_(other.small_) { other.forget(); }
  value& operator=(value other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(small_, other.small_);
    return *this;
  }
  ~value() { release(); }

  static value none() noexcept { return {kind::none, 0}; }
  static value boolean(bool b) noexcept { return {kind::boolean, b ? 1 : 0}; }
  static value integer(std::int64_t i) noexcept { return {kind::integer, i}; }
  static value real(double d) noexcept {
    value v{kind::real, 0};
    v.small_.real = d;
    return v;
  }
  static value function(int which) noexcept { return {kind::function, which}; }
  /// Takes a fresh object (or shares one that is held already).
  static value of(kind k, object* o) noexcept {
    value v{k, 0};
    v.small_.pointer = o;
    ++o->users;
    return v;
  }

  [[nodiscard]] kind type() const noexcept { return kind_; }
  [[nodiscard]] bool is(kind k) const noexcept { return kind_ == k; }
  [[nodiscard]] bool truth() const noexcept { return small_.integer != 0; }
  [[nodiscard]] std::int64_t integer() const noexcept { return small_.integer; }
  [[nodiscard]] double real() const noexcept { return small_.real; }
  [[nodiscard]] bool is_string() const noexcept { return kind_ == kind::string; }
  /// bool counts as an integer, as in Python
  [[nodiscard]] bool is_integer() const noexcept { return kind_ == kind::integer || kind_ == kind::boolean; }
  [[nodiscard]] bool is_number() const noexcept { return is_integer() || kind_ == kind::real; }
  [[nodiscard]] bool is_heap() const noexcept { return heap() && small_.pointer; }
  template <class T>
  [[nodiscard]] T& as() const noexcept {
    return *static_cast<T*>(small_.pointer);
  }
  [[nodiscard]] const text& string() const noexcept { return as<text>(); }
  [[nodiscard]] const std::string& bytes() const noexcept { return as<text>().bytes; }
  [[nodiscard]] const object* address() const noexcept { return heap() ? small_.pointer : nullptr; }

 private:
  value(kind k, std::int64_t i) noexcept : kind_(k) { small_.integer = i; }
  [[nodiscard]] bool heap() const noexcept {
    return kind_ >= kind::huge ? kind_ != kind::function : kind_ == kind::undefined;
  }
  void hold() noexcept {
    if (is_heap()) ++small_.pointer->users;
  }
  void forget() noexcept {
    kind_ = kind::undefined;
    small_.integer = 0;
    small_.pointer = nullptr;
  }
  void release() noexcept {
    if (is_heap() && --small_.pointer->users == 0) delete small_.pointer;
  }

  kind kind_;
  union {
    std::int64_t integer;
    double real;
    object* pointer;
  } small_;
};

/// A missing thing: what to say when it is used after all.
struct absence final : object {
  std::string why;
};

/// list and tuple. `depth` bounds every walk over nested values.
struct sequence final : object {
  std::vector<value> items;
  unsigned depth = 1;
};

struct mapping final : object {
  std::vector<std::pair<value, value>> entries;  ///< in insertion order
  unsigned depth = 1;
};

struct name_space final : object {
  std::vector<std::pair<std::string, value>> entries;
};

struct number_range final : object {
  std::int64_t start = 0, stop = 0, step = 1;
  [[nodiscard]] std::int64_t size() const noexcept {
    if (step > 0) return start < stop ? (stop - 1 - start) / step + 1 : 0;
    return start > stop ? (start - 1 - stop) / -step + 1 : 0;
  }
};

/// Made at once, walked once. Python makes the items one by one, so an error shows up only when it is reached.
struct generator final : object {
  std::vector<value> items;
  std::size_t next = 0;
  std::string error;  ///< raised after the last item, unless empty
  unsigned depth = 1;
};

struct view final : object {
  enum class part : std::uint8_t { items, keys, values } which = part::items;
  value of;  ///< the dict
};

struct macro final : object {
  std::uint32_t node = 0;
  std::uint32_t scope = 0;
};

struct bound_method final : object {
  value self;
  int which = 0;
};

inline value make_text(text* t) { return value::of(kind::string, t); }

inline value undefined(std::string why) {
  auto* a = new absence;
  a->why = std::move(why);
  return value::of(kind::undefined, a);
}

/// How many values lie inside each other.
inline unsigned depth_of(const value& v) noexcept {
  switch (v.type()) {
    case kind::list:
    case kind::tuple: return v.as<sequence>().depth;
    case kind::dict: return v.as<mapping>().depth;
    case kind::generator: return v.as<generator>().depth;
    case kind::view: return 1 + v.as<view>().of.as<mapping>().depth;
    case kind::method: return 1 + depth_of(v.as<bound_method>().self);
    default: return 0;
  }
}

/// `depth` of a container that takes in `item`.
inline unsigned deeper(unsigned depth, const value& item) noexcept {
  const unsigned d = depth_of(item) + 1;
  return d > depth ? d : depth;
}

/// Positional and named arguments of a call.
struct arguments {
  std::vector<value> positional;
  std::vector<std::pair<std::string, value>> named;
};

}  // namespace detail::templates
RETORT_END
