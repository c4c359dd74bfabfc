// JSON values, as every room builds them, looks into them and hands them on. Freeing one never needs memory.
// Next: json_reader.hpp makes them of text, json_writer.hpp makes text of them.
#pragma once

#include <retort/base/types.hpp>

#include <cmath>
#include <concepts>
#include <initializer_list>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

RETORT_BEGIN
namespace detail {

enum class json_type : std::uint8_t { null, boolean, integer, natural, real, string, array, object };

/// Nesting of a value that is read from outside; deeper ones would cost stack wherever they are walked.
inline constexpr std::size_t json_depth = 256;

class json_part;
struct json_members;
struct json_array;
struct json_object;

/// A value of JSON: null, a boolean, a number (64 bits, with or without sign, or a double), a string, an array or an
/// object. Written in braces it is an object where all parts are pairs that begin with a string, else an array:
/// {{"role", "user"}, {"content", text}}.
///
/// errors  none: what is asked of the wrong type is null, empty or zero. Making and copying may throw std::bad_alloc
///         and then leaves all values as they were; moving, erasing and freeing need no memory and never throw
/// cost    finding a member takes log n of their number; freeing and copying take the same stack for any nesting,
///         comparing takes some for each level
/// tested  tests/text/json_test.cpp
class json {
 public:
  constexpr json() noexcept = default;
  constexpr json(std::nullptr_t) noexcept {}
  template <std::same_as<bool> T>
  json(T b) noexcept : type_(json_type::boolean), is_{.boolean = b} {}
  template <std::signed_integral T>
  json(T i) noexcept : type_(json_type::integer), is_{.integer = i} {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  json(T n) noexcept : type_(json_type::natural), is_{.natural = n} {}
  template <std::floating_point T>
  json(T x) noexcept : type_(json_type::real), is_{.real = static_cast<double>(x)} {}
  json(std::string s) : is_{.string = new std::string(std::move(s))} { type_ = json_type::string; }
  json(std::string_view s) : json(std::string(s)) {}
  json(const char* s) : json(std::string(s)) {}
  template <class T>
  json(const std::vector<T>& elements) : json(array()) {
    for (const T& e : elements) push_back(e);
  }
  json(std::initializer_list<json_part> parts);
  static json array(std::initializer_list<json_part> parts = {});
  static json object();

  json(const json& other) : json(other.type_ < json_type::string ? json(other.type_, other.is_) : copy_of(other)) {}
  json(json&& other) noexcept : type_(std::exchange(other.type_, json_type::null)), is_(other.is_) {}
  json& operator=(const json& other) { return *this = json(other); }
  json& operator=(json&& other) noexcept {
    json old(std::move(*this));  // of which `other` may be a part
    type_ = std::exchange(other.type_, json_type::null);
    is_ = other.is_;
    return *this;
  }
  constexpr ~json() {
    if (type_ >= json_type::string) free();
  }

  // ---- what it is

  [[nodiscard]] json_type type() const noexcept { return type_; }
  [[nodiscard]] bool is_null() const noexcept { return type_ == json_type::null; }
  [[nodiscard]] bool is_boolean() const noexcept { return type_ == json_type::boolean; }
  [[nodiscard]] bool is_number() const noexcept { return type_ >= json_type::integer && type_ <= json_type::real; }
  [[nodiscard]] bool is_number_integer() const noexcept { return is_number() && !is_number_float(); }
  [[nodiscard]] bool is_number_float() const noexcept { return type_ == json_type::real; }
  [[nodiscard]] bool is_number_unsigned() const noexcept { return type_ == json_type::natural; }
  [[nodiscard]] bool is_string() const noexcept { return type_ == json_type::string; }
  [[nodiscard]] bool is_array() const noexcept { return type_ == json_type::array; }
  [[nodiscard]] bool is_object() const noexcept { return type_ == json_type::object; }

  /// The value as a bool, a number or a std::string; false, 0 or "" where it is none. A real beyond what an integer
  /// holds is 0.
  template <class T>
    requires(std::is_arithmetic_v<T> || std::same_as<T, std::string>)
  [[nodiscard]] T get() const {
    if constexpr (std::same_as<T, bool>) return is_boolean() && is_.boolean;
    else if constexpr (std::same_as<T, std::string>) return std::string(text());
    else return number<T>();
  }
  /// The value where it is just of this type, otherwise null: const bool*, std::uint64_t* or std::string*.
  template <class T>
  [[nodiscard]] T get_ptr() const noexcept;
  /// A string's content, or "".
  [[nodiscard]] std::string_view text() const noexcept { return is_string() ? *is_.string : std::string_view(); }

  // ---- arrays and objects

  /// What is no array and no object stays as it is.
  void clear() noexcept;
  /// Elements or members; 0 of null, 1 of anything else.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// The elements of an array; none of anything else.
  [[nodiscard]] json* begin() noexcept;
  [[nodiscard]] json* end() noexcept { return begin() + n_elements(); }
  [[nodiscard]] const json* begin() const noexcept { return const_cast<json*>(this)->begin(); }
  [[nodiscard]] const json* end() const noexcept { return begin() + n_elements(); }
  /// needs  an array with such an element
  template <std::integral I>
  [[nodiscard]] json& operator[](I i) noexcept {
    return begin()[static_cast<std::size_t>(i)];
  }
  template <std::integral I>
  [[nodiscard]] const json& operator[](I i) const noexcept {
    return begin()[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] const json& front() const noexcept { return *begin(); }
  [[nodiscard]] json& back() noexcept { return end()[-1]; }
  [[nodiscard]] const json& back() const noexcept { return end()[-1]; }
  /// What was no array becomes one.
  void push_back(json element);
  void erase(std::size_t i) noexcept { erase(begin() + i, begin() + i + 1); }
  /// Elements [from, to).
  void erase(json* from, json* to) noexcept;

  /// The members of an object; none of anything else.
  [[nodiscard]] json_members items() const noexcept;
  /// A member's value; null where there is none.
  [[nodiscard]] json* find(std::string_view key) noexcept;
  [[nodiscard]] const json* find(std::string_view key) const noexcept { return const_cast<json*>(this)->find(key); }
  [[nodiscard]] bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
  /// A member's value, a new one where there was none; what was no object becomes one.
  json& operator[](std::string_view key);
  [[nodiscard]] const json& operator[](std::string_view key) const noexcept;
  [[nodiscard]] json value(std::string_view key, const json& otherwise) const {
    const json* const found = find(key);
    return found ? *found : otherwise;
  }
  /// Takes over all members of another object.
  void update(json with);
  bool erase(std::string_view key) noexcept;

  /// Numbers are equal by value, objects where their members are equal and in the same order.
  friend bool operator==(const json& a, const json& b) noexcept { return are_equal(a, b); }
  template <class T>
    requires(std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>)
  friend bool operator==(const json& a, const T& text) noexcept {
    return a.is_string() && *a.is_.string == std::string_view(text);
  }

 private:
  union content {
    std::uint64_t natural = 0;
    std::int64_t integer;
    bool boolean;
    double real;
    std::string* string;
    json_array* array;
    json_object* object;
  };
  json(json_type type, content is) noexcept : type_(type), is_(is) {}
  static json copy_of(const json& other);
  static bool are_equal(const json& a, const json& b) noexcept;
  void free() noexcept;
  [[nodiscard]] std::size_t n_elements() const noexcept { return is_array() ? size() : 0; }
  template <class T>
  [[nodiscard]] T number() const noexcept {
    if (type_ == json_type::integer) return static_cast<T>(is_.integer);
    if (type_ == json_type::natural) return static_cast<T>(is_.natural);
    if (type_ != json_type::real) return {};
    if constexpr (std::floating_point<T>) return static_cast<T>(is_.real);
    else return std::abs(is_.real) < 0x1p63 ? static_cast<T>(static_cast<std::int64_t>(is_.real)) : T{};
  }

  json_type type_ = json_type::null;
  content is_{};
};

struct json_member {
  std::string key;
  json value;
};

/// The members of an object in the order they came.
struct json_members {
  using iterator = std::list<json_member>::const_iterator;
  iterator first{}, last{};
  [[nodiscard]] iterator begin() const noexcept { return first; }
  [[nodiscard]] iterator end() const noexcept { return last; }
};

/// What stands between braces.
class json_part {
 public:
  template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, json_part> && std::constructible_from<json, T>)
  json_part(T&& value) : value_(std::forward<T>(value)) {}
  json_part(std::initializer_list<json_part> parts) : value_(parts) {}
  [[nodiscard]] const json& value() const noexcept { return value_; }
  /// The braces give their parts away: each is read once.
  [[nodiscard]] json take() const noexcept { return std::move(value_); }

 private:
  mutable json value_;
};

template <class T>
[[nodiscard]] T json::get_ptr() const noexcept {
  if constexpr (std::same_as<T, const bool*>) return is_boolean() ? &is_.boolean : nullptr;
  else if constexpr (std::same_as<T, const std::uint64_t*>) return is_number_unsigned() ? &is_.natural : nullptr;
  else {
    static_assert(std::same_as<T, const std::string*>);
    return is_string() ? is_.string : nullptr;
  }
}

#if RETORT_CARRIES(RETORT_PART_TEXT)

struct json_array {
  std::vector<json> elements{};
  json_array* next = nullptr;  // of those that are about to be freed
};

/// Members in the order they came. Where there are many, a tree finds them by their names: nothing that a stranger
/// writes into an object makes it slow.
struct json_object {
  static constexpr std::size_t few = 16;
  using list = std::list<json_member>;

  list members{};
  std::map<std::string_view, list::iterator> by_key{};  // where there are more than a few
  json_object* next = nullptr;                          // of those that are about to be freed

  [[nodiscard]] list::iterator find(std::string_view key) noexcept {
    if (!by_key.empty()) {
      const auto at = by_key.find(key);
      return at == by_key.end() ? members.end() : at->second;
    }
    auto at = members.begin();
    while (at != members.end() && at->key != key) ++at;
    return at;
  }
  /// A member that was not there. All that can fail comes before anything is changed for good.
  json& add(std::string_view key, json value) {
    list one;
    one.push_back({std::string(key), std::move(value)});
    if (members.size() > few) by_key.emplace(one.front().key, one.begin());
    if (members.size() == few) {
      decltype(by_key) all{{one.front().key, one.begin()}};
      for (auto at = members.begin(); at != members.end(); ++at) all.emplace(at->key, at);
      by_key.swap(all);
    }
    members.splice(members.end(), one);
    return members.back().value;
  }
  void erase(list::iterator at) noexcept {
    by_key.erase(at->key);
    members.erase(at);
    if (members.size() <= few) by_key.clear();
  }
};

RETORT_INLINE json::json(std::initializer_list<json_part> parts) {
  bool pairs = true;
  for (const json_part& p : parts) {
    const json& pair = p.value();
    pairs = pairs && pair.is_array() && pair.size() == 2 && pair[0].is_string();
  }
  if (!pairs) {
    *this = array(parts);
    return;
  }
  json made = object();
  for (const json_part& p : parts) {
    json pair = p.take();
    made[pair[0].text()] = std::move(pair[1]);
  }
  *this = std::move(made);
}

RETORT_INLINE json json::array(std::initializer_list<json_part> parts) {
  json made(json_type::array, {.array = new json_array});
  made.is_.array->elements.reserve(parts.size());
  for (const json_part& p : parts) made.is_.array->elements.push_back(p.take());
  return made;
}

RETORT_INLINE json json::object() { return {json_type::object, {.object = new json_object}}; }

/// Part by part, those that wait in a list: no nesting costs stack.
RETORT_INLINE json json::copy_of(const json& other) {
  json made;
  std::vector<std::pair<const json*, json*>> todo{{&other, &made}};
  while (!todo.empty()) {
    const auto [from, to] = todo.back();
    todo.pop_back();
    const auto copy = [&todo](const json& part, json& in) {
      if (part.type_ >= json_type::string) todo.emplace_back(&part, &in);
      else in = part;
    };
    if (from->is_string()) {
      *to = *from->is_.string;
    } else if (from->is_array()) {
      *to = array();
      std::vector<json>& all = to->is_.array->elements;
      all.resize(from->size());
      for (std::size_t i = 0; i < all.size(); ++i) copy((*from)[i], all[i]);
    } else {
      *to = object();
      for (const json_member& m : from->is_.object->members) copy(m.value, to->is_.object->add(m.key, {}));
    }
  }
  return made;
}

/// Containers go one after another: the next to go are linked to one another, so that no nesting costs stack.
RETORT_INLINE void json::free() noexcept {
  json_array* arrays = nullptr;
  json_object* objects = nullptr;
  const auto take = [&](json& j) {
    if (j.is_string()) delete j.is_.string;
    if (j.is_array()) arrays = (j.is_.array->next = arrays, j.is_.array);
    if (j.is_object()) objects = (j.is_.object->next = objects, j.is_.object);
    j.type_ = json_type::null;
  };
  take(*this);
  while (arrays || objects) {
    if (arrays) {
      json_array* const one = std::exchange(arrays, arrays->next);
      for (json& j : one->elements) take(j);
      delete one;
    } else {
      json_object* const one = std::exchange(objects, objects->next);
      for (json_member& m : one->members) take(m.value);
      delete one;
    }
  }
}

RETORT_INLINE std::size_t json::size() const noexcept {
  if (is_array()) return is_.array->elements.size();
  if (is_object()) return is_.object->members.size();
  return is_null() ? 0 : 1;
}

RETORT_INLINE void json::clear() noexcept {
  if (is_array()) is_.array->elements.clear();
  if (is_object()) is_.object->by_key.clear(), is_.object->members.clear();
}

RETORT_INLINE json* json::begin() noexcept { return is_array() ? is_.array->elements.data() : nullptr; }

RETORT_INLINE void json::push_back(json element) {
  if (!is_array()) *this = array();
  is_.array->elements.push_back(std::move(element));
}

RETORT_INLINE void json::erase(json* from, json* to) noexcept {
  if (!is_array()) return;
  std::vector<json>& all = is_.array->elements;
  all.erase(all.begin() + (from - all.data()), all.begin() + (to - all.data()));
}

RETORT_INLINE json_members json::items() const noexcept {
  if (!is_object()) return {};
  return {is_.object->members.cbegin(), is_.object->members.cend()};
}

RETORT_INLINE json* json::find(std::string_view key) noexcept {
  if (!is_object()) return nullptr;
  const auto at = is_.object->find(key);
  return at == is_.object->members.end() ? nullptr : &at->value;
}

RETORT_INLINE json& json::operator[](std::string_view key) {
  if (!is_object()) *this = object();
  json* const found = find(key);
  return found ? *found : is_.object->add(key, {});
}

RETORT_INLINE const json& json::operator[](std::string_view key) const noexcept {
  static constexpr json nothing;
  const json* const found = find(key);
  return found ? *found : nothing;
}

RETORT_INLINE void json::update(json with) {
  if (!with.is_object()) return;
  for (json_member& m : with.is_.object->members) (*this)[m.key] = std::move(m.value);
}

RETORT_INLINE bool json::erase(std::string_view key) noexcept {
  if (!contains(key)) return false;
  is_.object->erase(is_.object->find(key));
  return true;
}

RETORT_INLINE bool json::are_equal(const json& a, const json& b) noexcept {
  if (a.is_number() && b.is_number()) {
    if (!a.is_number_integer() || !b.is_number_integer()) return a.number<double>() == b.number<double>();
    const auto is_negative = [](const json& j) { return j.type_ == json_type::integer && j.is_.integer < 0; };
    return a.number<std::uint64_t>() == b.number<std::uint64_t>() && is_negative(a) == is_negative(b);
  }
  if (a.type_ != b.type_ || a.size() != b.size()) return false;
  switch (a.type_) {
    case json_type::boolean: return a.is_.boolean == b.is_.boolean;
    case json_type::string: return *a.is_.string == *b.is_.string;
    case json_type::array: {
      for (std::size_t i = 0; i < a.size(); ++i)
        if (!are_equal(a[i], b[i])) return false;
      return true;
    }
    case json_type::object: {
      auto other = b.is_.object->members.begin();
      for (const json_member& m : a.is_.object->members) {
        if (m.key != other->key || !are_equal(m.value, other->value)) return false;
        ++other;
      }
      return true;
    }
    default: return true;
  }
}

#endif

}  // namespace detail
RETORT_END
