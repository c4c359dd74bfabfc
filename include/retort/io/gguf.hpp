// GGUF files, version 2 and 3: a reader that checks every count, length, offset
// and type before it uses it. Files are hostile until proven otherwise.
#pragma once

#include <retort/io/names.hpp>
#include <retort/tensor/dtype.hpp>

#include <iterator>

RETORT_BEGIN

static_assert(std::endian::native == std::endian::little, "Retort reads little-endian files on little-endian machines");

/// What a metadata value is; the values are GGUF's.
enum class gguf_type : std::uint8_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  string = 8,
  array = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12,
};

[[nodiscard]] constexpr const char* name(gguf_type t) noexcept {
  constexpr const char* names[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                   "bool", "string", "array", "u64", "i64", "f64"};
  return names[static_cast<std::size_t>(t)];
}

/// One tensor of a file.
///
/// shape   row-major, outermost first, 1 beyond `rank`; a matrix is [n_out, n_in]
///         with rows of n_in. GGUF stores dimensions the other way round; that is
///         undone here and nowhere else.
/// needs   `data` lives as long as the file's bytes; it is aligned for the elements
///         of plain types and to 4 bytes for block types, not to more
struct gguf_tensor {
  std::string_view name;
  dtype type = dtype::f32;
  std::uint8_t rank = 0;
  std::array<std::uint64_t, 4> shape{1, 1, 1, 1};
  const std::byte* data = nullptr;
  std::uint64_t bytes = 0;

  /// Elements in a row: the last dimension.
  [[nodiscard]] std::uint64_t columns() const noexcept { return rank == 0 ? 1 : shape[rank - 1u]; }
  /// All dimensions but the last, multiplied.
  [[nodiscard]] std::uint64_t rows() const noexcept {
    std::uint64_t n = 1;
    for (std::size_t i = 0; i + 1 < rank; ++i) n *= shape[i];
    return n;
  }
};

/// "[4096, 14336]"
[[nodiscard]] inline std::string shape_text(const gguf_tensor& t) {
  std::string text = "[";
  for (std::size_t i = 0; i < t.rank; ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(t.shape[i]);
  }
  text += "]";
  return text;
}

/// One metadata value. Scalars are copied when the file is read; strings and
/// arrays point into it.
struct gguf_value {
  std::string_view name;  ///< the key
  gguf_type type = gguf_type::u8;
  gguf_type element = gguf_type::u8;  ///< of an array
  std::uint64_t count = 1;            ///< elements of an array
  std::array<std::byte, 8> scalar{};  ///< a scalar's bytes
  const std::byte* data = nullptr;    ///< a string's bytes, an array's elements
  std::uint64_t bytes = 0;            ///< how many
};

/// The strings of an array, read from the file as they are walked over.
/// cost    nothing to make; a step is one length read
class gguf_strings {
 public:
  class iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using pointer = const std::string_view*;
    using reference = std::string_view;

    iterator() = default;
    std::string_view operator*() const noexcept { return {reinterpret_cast<const char*>(at_ + 8), length()}; }
    iterator& operator++() noexcept {
      at_ += 8 + length();
      --left_;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const noexcept { return left_ == other.left_; }

   private:
    friend gguf_strings;
    iterator(const std::byte* at, const std::byte* end, std::uint64_t left) noexcept
        : at_(at), end_(end), left_(left) {}
    // The lengths were checked when the file was parsed. They are checked again
    // because a mapped file may have been written to since.
    [[nodiscard]] std::size_t length() const noexcept {
      const auto room = static_cast<std::uint64_t>(end_ - at_) - 8 * left_;
      const auto n = load_as<std::uint64_t>(at_);
      return static_cast<std::size_t>(n < room ? n : room);
    }
    const std::byte* at_ = nullptr;
    const std::byte* end_ = nullptr;
    std::uint64_t left_ = 0;  // strings from here on, this one included
  };

  gguf_strings() = default;
  gguf_strings(const std::byte* data, std::uint64_t bytes, std::uint64_t count) noexcept
      : data_(data), end_(data + bytes), count_(count) {}
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(count_); }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] iterator begin() const noexcept { return {data_, end_, count_}; }
  [[nodiscard]] iterator end() const noexcept { return {end_, end_, 0}; }

 private:
  const std::byte* data_ = nullptr;
  const std::byte* end_ = nullptr;
  std::uint64_t count_ = 0;
};

namespace detail {

/// Bytes of a value of that type; 0 for strings and arrays.
[[nodiscard]] constexpr std::uint64_t bytes_of(gguf_type t) noexcept {
  constexpr std::uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return sizes[static_cast<std::size_t>(t)];
}
[[nodiscard]] constexpr bool is_integer(gguf_type t) noexcept {
  return t <= gguf_type::i32 || t == gguf_type::u64 || t == gguf_type::i64;
}
[[nodiscard]] constexpr bool is_real(gguf_type t) noexcept { return t == gguf_type::f32 || t == gguf_type::f64; }

/// An integer of any type; what does not fit (u64 from 2^63 on) comes out negative.
[[nodiscard]] inline std::int64_t integer_at(gguf_type t, const std::byte* at) noexcept {
  switch (t) {
    case gguf_type::u8: return load_as<std::uint8_t>(at);
    case gguf_type::i8: return load_as<std::int8_t>(at);
    case gguf_type::u16: return load_as<std::uint16_t>(at);
    case gguf_type::i16: return load_as<std::int16_t>(at);
    case gguf_type::u32: return load_as<std::uint32_t>(at);
    case gguf_type::i32: return load_as<std::int32_t>(at);
    default: return load_as<std::int64_t>(at);
  }
}
[[nodiscard]] inline double real_at(gguf_type t, const std::byte* at) noexcept {
  return t == gguf_type::f32 ? static_cast<double>(load_as<float>(at)) : load_as<double>(at);
}

struct gguf_parser;
}  // namespace detail

/// The integers of an array of any integer type.
class gguf_ints {
 public:
  gguf_ints() = default;
  gguf_ints(gguf_type type, const std::byte* data, std::uint64_t count) noexcept
      : data_(data), count_(count), type_(type) {}
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(count_); }
  [[nodiscard]] std::int64_t operator[](std::size_t i) const noexcept {
    return detail::integer_at(type_, data_ + i * detail::bytes_of(type_));
  }

 private:
  const std::byte* data_ = nullptr;
  std::uint64_t count_ = 0;
  gguf_type type_ = gguf_type::u8;
};

/// The numbers of an array of f32 or f64.
class gguf_reals {
 public:
  gguf_reals() = default;
  gguf_reals(gguf_type type, const std::byte* data, std::uint64_t count) noexcept
      : data_(data), count_(count), type_(type) {}
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(count_); }
  [[nodiscard]] double operator[](std::size_t i) const noexcept {
    return detail::real_at(type_, data_ + i * detail::bytes_of(type_));
  }

 private:
  const std::byte* data_ = nullptr;
  std::uint64_t count_ = 0;
  gguf_type type_ = gguf_type::f32;
};

/// A parsed GGUF file: its metadata by key, its tensors by name. It points into
/// the file's bytes, which must outlive it. Immutable, so safe to share.
///
/// errors  of the getters: missing (no such key), mismatch (another type or
///         count), bad_file (out of range). Each `_or` getter answers its second
///         argument where the key is absent, and an error where the type is wrong.
class gguf {
 public:
  static constexpr std::uint64_t any = static_cast<std::uint64_t>(-1);

  gguf() = default;

  /// Reads and checks everything but the tensors' contents.
  ///
  /// errors  bad_file (damaged, truncated, hostile), unsupported (version 1,
  ///         big-endian, unknown element types, old quantization),
  ///         bad_argument (`file` itself lies misaligned in memory)
  /// cost    one pass over the metadata, some 100 bytes per tensor and key; a
  ///         vocabulary of 150,000 tokens takes about a millisecond
  static result<gguf> parse(std::span<const std::byte> file, std::string_view file_name);

  /// All tensors, in file order.
  [[nodiscard]] const std::vector<gguf_tensor>& tensors() const noexcept { return tensors_; }
  /// nullptr where there is none
  [[nodiscard]] const gguf_tensor* tensor(std::string_view name) const noexcept {
    const std::size_t i = tensor_index_.find(tensors_, name);
    return i == name_index::none ? nullptr : &tensors_[i];
  }
  /// All metadata, in file order.
  [[nodiscard]] const std::vector<gguf_value>& metadata() const noexcept { return values_; }
  /// nullptr where there is none
  [[nodiscard]] const gguf_value* find(std::string_view key) const noexcept {
    const std::size_t i = value_index_.find(values_, key);
    return i == name_index::none ? nullptr : &values_[i];
  }
  [[nodiscard]] bool has(std::string_view key) const noexcept { return find(key) != nullptr; }

  [[nodiscard]] const std::string& file_name() const noexcept { return file_name_; }
  [[nodiscard]] std::uint32_t version() const noexcept { return version_; }
  [[nodiscard]] std::uint32_t alignment() const noexcept { return alignment_; }
  /// Bytes of all tensors together, without padding.
  [[nodiscard]] std::uint64_t tensor_bytes() const noexcept { return tensor_bytes_; }

  /// An integer of any type, not negative and at most `largest`.
  [[nodiscard]] result<std::uint64_t> uint(std::string_view key, std::uint64_t largest = any) const {
    RETORT_TRY(const gguf_value* v, need(key));
    return uint_of(*v, largest);
  }
  [[nodiscard]] result<std::uint64_t> uint_or(std::string_view key, std::uint64_t absent,
                                              std::uint64_t largest = any) const {
    const gguf_value* v = find(key);
    if (!v) return absent;
    return uint_of(*v, largest);
  }
  /// An f32 or f64; integers are refused.
  [[nodiscard]] result<double> real(std::string_view key) const {
    RETORT_TRY(const gguf_value* v, need(key));
    return real_of(*v);
  }
  [[nodiscard]] result<double> real_or(std::string_view key, double absent) const {
    const gguf_value* v = find(key);
    if (!v) return absent;
    return real_of(*v);
  }
  [[nodiscard]] result<bool> boolean(std::string_view key) const {
    RETORT_TRY(const gguf_value* v, need(key));
    return boolean_of(*v);
  }
  [[nodiscard]] result<bool> boolean_or(std::string_view key, bool absent) const {
    const gguf_value* v = find(key);
    if (!v) return absent;
    return boolean_of(*v);
  }
  /// A view into the file; any bytes, not always UTF-8.
  [[nodiscard]] result<std::string_view> string(std::string_view key) const {
    RETORT_TRY(const gguf_value* v, need(key));
    return string_of(*v);
  }
  [[nodiscard]] result<std::string_view> string_or(std::string_view key, std::string_view absent) const {
    const gguf_value* v = find(key);
    if (!v) return absent;
    return string_of(*v);
  }
  /// Arrays, of exactly `count` elements unless it is `any`.
  [[nodiscard]] result<gguf_strings> strings(std::string_view key, std::uint64_t count = any) const {
    RETORT_TRY(const gguf_value* v, array(key, count));
    if (v->element != gguf_type::string) return wrong_type(*v, "an array of strings");
    return gguf_strings(v->data, v->bytes, v->count);
  }
  [[nodiscard]] result<gguf_ints> ints(std::string_view key, std::uint64_t count = any) const {
    RETORT_TRY(const gguf_value* v, array(key, count));
    if (!detail::is_integer(v->element)) return wrong_type(*v, "an array of integers");
    const gguf_ints all(v->element, v->data, v->count);
    if (v->element == gguf_type::u64)
      for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] < 0) return fail(errc::bad_file, *v, detail::worded("element ", i, " is 2^63 or more"));
    return all;
  }
  [[nodiscard]] result<gguf_reals> reals(std::string_view key, std::uint64_t count = any) const {
    RETORT_TRY(const gguf_value* v, array(key, count));
    if (!detail::is_real(v->element)) return wrong_type(*v, "an array of f32 or f64");
    return gguf_reals(v->element, v->data, v->count);
  }

 private:
  friend detail::gguf_parser;

  [[nodiscard]] error fail(errc code, const gguf_value& v, const std::string& what) const {
    return {code, detail::worded(printable(file_name_), ": key \"", printable(v.name), "\": ", what)};
  }
  [[nodiscard]] error wrong_type(const gguf_value& v, const char* expected) const {
    std::string found = name(v.type);
    if (v.type == gguf_type::array) found += std::string(" of ") + name(v.element);
    return fail(errc::mismatch, v, detail::worded("expected ", expected, ", found ", found));
  }
  [[nodiscard]] result<const gguf_value*> need(std::string_view key) const {
    if (const gguf_value* v = find(key)) return v;
    return error{errc::missing, detail::worded(printable(file_name_), ": key \"", printable(key), "\" is missing")};
  }
  [[nodiscard]] result<const gguf_value*> array(std::string_view key, std::uint64_t count) const {
    RETORT_TRY(const gguf_value* v, need(key));
    if (v->type != gguf_type::array) return wrong_type(*v, "an array");
    if (count != any && v->count != count)
      return fail(errc::mismatch, *v, detail::worded("expected ", count, " elements, found ", v->count));
    return v;
  }
  [[nodiscard]] result<std::uint64_t> uint_of(const gguf_value& v, std::uint64_t largest) const {
    if (!detail::is_integer(v.type)) return wrong_type(v, "an integer");
    const std::int64_t number = detail::integer_at(v.type, v.scalar.data());
    if (number < 0 && v.type != gguf_type::u64)
      return fail(errc::bad_file, v, detail::worded("is ", number, ", must not be negative"));
    const auto unsigned_number = static_cast<std::uint64_t>(number);
    if (unsigned_number > largest)
      return fail(errc::bad_file, v, detail::worded("is ", unsigned_number, ", must be at most ", largest));
    return unsigned_number;
  }
  [[nodiscard]] result<double> real_of(const gguf_value& v) const {
    if (!detail::is_real(v.type)) return wrong_type(v, "an f32 or f64");
    return detail::real_at(v.type, v.scalar.data());
  }
  [[nodiscard]] result<bool> boolean_of(const gguf_value& v) const {
    if (v.type != gguf_type::boolean) return wrong_type(v, "a bool");
    return v.scalar[0] != std::byte{0};
  }
  [[nodiscard]] result<std::string_view> string_of(const gguf_value& v) const {
    if (v.type != gguf_type::string) return wrong_type(v, "a string");
    return std::string_view(reinterpret_cast<const char*>(v.data), static_cast<std::size_t>(v.bytes));
  }

  std::string file_name_;
  std::vector<gguf_value> values_;
  std::vector<gguf_tensor> tensors_;
  name_index value_index_;
  name_index tensor_index_;
  std::uint64_t tensor_bytes_ = 0;
  std::uint32_t version_ = 0;
  std::uint32_t alignment_ = 32;
};

namespace detail {

/// The limits of what is read, beyond what the file's size implies.
struct gguf_limits {
  static constexpr std::uint64_t values = std::uint64_t{1} << 16;
  static constexpr std::uint64_t tensors = std::uint64_t{1} << 20;
  static constexpr std::uint64_t key = 65535;
  static constexpr std::uint64_t tensor_name = 63;
  static constexpr std::uint64_t string = std::uint64_t{64} << 20;
  static constexpr std::uint64_t elements = std::uint64_t{1} << 28;
  static constexpr std::uint64_t alignment = std::uint64_t{1} << 20;
};

/// One pass over the bytes of a file. Sizes are always compared as
/// "needed <= left", so that nothing can wrap.
struct gguf_parser {
  std::span<const std::byte> file;
  gguf& out;
  std::size_t at = 0;

  [[nodiscard]] std::uint64_t left() const noexcept { return file.size() - at; }
  [[nodiscard]] error fail(errc code, const std::string& what) const {
    return {code, worded(printable(out.file_name_), ": ", what)};
  }
  [[nodiscard]] error bad(const std::string& where, const std::string& what) const {
    return fail(errc::bad_file, worded(where, ": ", what));
  }
  [[nodiscard]] error cut(const std::string& where, const char* what) const {
    return bad(where, worded("the file ends before ", what, " (at byte ", file.size(), ")"));
  }
  static std::string key_of(const gguf_value& v) { return worded("key \"", printable(v.name), "\""); }
  static std::string name_of(const gguf_tensor& t) { return worded("tensor \"", printable(t.name), "\""); }

  template <class T>
  [[nodiscard]] bool take(T& into) noexcept {
    if (left() < sizeof(T)) return false;
    into = load_as<T>(file.data() + at);
    at += sizeof(T);
    return true;
  }

  /// A length and that many bytes. `where` is called only to word an error.
  template <class Where>
  [[nodiscard]] result<std::string_view> take_string(std::uint64_t longest, Where&& where) {
    std::uint64_t n = 0;
    if (!take(n)) return cut(where(), "a string's length");
    if (n > left()) return bad(where(), worded("a string of ", n, " bytes, where only ", left(), " are left"));
    if (n > longest) return bad(where(), worded("a string of ", n, " bytes, at most ", longest, " are allowed"));
    const std::string_view text(reinterpret_cast<const char*>(file.data() + at), static_cast<std::size_t>(n));
    at += static_cast<std::size_t>(n);
    return text;
  }

  [[nodiscard]] result<void> header(std::uint64_t& n_tensors, std::uint64_t& n_values) {
    if (file.size() < 24)
      return fail(errc::bad_file, worded("not a GGUF file: ", file.size(), " bytes, the header alone takes 24"));
    if (std::memcmp(file.data(), "GGUF", 4) != 0)
      return fail(errc::bad_file, "not a GGUF file: it does not begin with \"GGUF\"");
    at = 4;
    static_cast<void>(take(out.version_));
    const std::uint32_t version = out.version_;
    if (version != 0 && (version & 0xffffu) == 0)
      return fail(errc::unsupported, "a big-endian GGUF file; convert it to little-endian");
    if (version == 1) return fail(errc::unsupported, "GGUF version 1 is obsolete; versions 2 and 3 are supported");
    if (version != 2 && version != 3)
      return fail(errc::unsupported, worded("GGUF version ", version, "; versions 2 and 3 are supported"));
    static_cast<void>(take(n_tensors));
    static_cast<void>(take(n_values));
    // The smallest value takes 14 bytes, the smallest tensor 25.
    if (n_values > left() / 14 || n_values > gguf_limits::values)
      return fail(errc::bad_file, worded("claims ", n_values, " metadata values in ", file.size(), " bytes"));
    if (n_tensors > left() / 25 || n_tensors > gguf_limits::tensors)
      return fail(errc::bad_file, worded("claims ", n_tensors, " tensors in ", file.size(), " bytes"));
    return {};
  }

  [[nodiscard]] result<gguf_type> type_of(const gguf_value& v, const char* what) {
    std::uint32_t id = 0;
    if (!take(id)) return cut(key_of(v), what);
    if (id > 12) return bad(key_of(v), worded("there is no type ", id, " for ", what));
    return static_cast<gguf_type>(id);
  }

  [[nodiscard]] result<void> value(std::uint64_t i) {
    gguf_value v;
    RETORT_TRY(v.name, take_string(gguf_limits::key, [&] { return worded("metadata value ", i); }));
    if (v.name.empty()) return bad(worded("metadata value ", i), "its key is empty");
    RETORT_TRY(v.type, type_of(v, "its value"));
    if (v.type == gguf_type::string) {
      RETORT_TRY(const std::string_view text, take_string(gguf_limits::string, [&] { return key_of(v); }));
      v.data = reinterpret_cast<const std::byte*>(text.data());
      v.bytes = text.size();
    } else if (v.type == gguf_type::array) {
      RETORT_CHECK(elements(v));
    } else {
      v.bytes = bytes_of(v.type);
      if (v.bytes > left()) return cut(key_of(v), "the value");
      v.data = file.data() + at;
      std::memcpy(v.scalar.data(), v.data, static_cast<std::size_t>(v.bytes));
      at += static_cast<std::size_t>(v.bytes);
      if (v.type == gguf_type::boolean && std::to_integer<unsigned>(v.scalar[0]) > 1)
        return bad(key_of(v), worded("a bool is 0 or 1, found ", std::to_integer<unsigned>(v.scalar[0])));
    }
    out.values_.push_back(v);
    return {};
  }

  [[nodiscard]] result<void> elements(gguf_value& v) {
    RETORT_TRY(v.element, type_of(v, "the array's elements"));
    if (v.element == gguf_type::array) return bad(key_of(v), "arrays of arrays are not allowed");
    if (!take(v.count)) return cut(key_of(v), "the array's length");
    const std::uint64_t smallest = v.element == gguf_type::string ? 8 : bytes_of(v.element);
    if (v.count > left() / smallest)
      return bad(key_of(v), worded("an array of ", v.count, " elements, where only ", left(), " bytes are left"));
    if (v.count > gguf_limits::elements)
      return bad(key_of(v),
                 worded("an array of ", v.count, " elements, at most ", gguf_limits::elements, " are allowed"));
    const std::size_t begin = at;
    if (v.element == gguf_type::string) {
      for (std::uint64_t i = 0; i < v.count; ++i)
        RETORT_CHECK(take_string(gguf_limits::string, [&] { return worded(key_of(v), ", element ", i); }));
    } else {
      at += static_cast<std::size_t>(v.count * smallest);
    }
    v.data = file.data() + begin;
    v.bytes = at - begin;
    return {};
  }

  /// Reads one tensor's description; its `data` is set when all are known.
  [[nodiscard]] result<void> tensor(std::uint64_t i, std::uint64_t& offset) {
    gguf_tensor t;
    const auto position = [&] { return worded("tensor ", i); };
    RETORT_TRY(t.name, take_string(gguf_limits::tensor_name, position));
    if (t.name.empty()) return bad(position(), "its name is empty");
    std::uint32_t rank = 0;
    if (!take(rank)) return cut(name_of(t), "the number of dimensions");
    if (rank > 4) return bad(name_of(t), worded(rank, " dimensions, at most 4 are allowed"));
    t.rank = static_cast<std::uint8_t>(rank);
    std::uint64_t elements = 1;
    for (std::uint32_t d = 0; d < rank; ++d) {
      std::uint64_t n = 0;
      if (!take(n)) return cut(name_of(t), "its dimensions");
      t.shape[rank - 1 - d] = n;
      if (!multiply_checked(elements, n == 0 ? 1 : n, elements))  // also where another dimension is 0
        return bad(name_of(t), "its dimensions multiply to 2^63 or more");
    }
    std::uint32_t id = 0;
    if (!take(id) || !take(offset)) return cut(name_of(t), "its type and offset");
    // 64 and above are Retort's own, for other containers.
    if (id >= 64 || dtype_table[id].name == nullptr)
      return fail(errc::unsupported, worded(name_of(t), ": element type ", id, " is not known"));
    t.type = static_cast<dtype>(id);
    const dtype_traits& type = traits(t.type);
    if (t.columns() % type.block != 0)
      return bad(name_of(t),
                 worded("rows of ", t.columns(), " elements, ", type.name, " needs a multiple of ", type.block));
    std::uint64_t bytes = 0;
    if (!multiply_checked(t.columns() / type.block, type.bytes, bytes) || !multiply_checked(bytes, t.rows(), bytes))
      return bad(name_of(t), "its size is 2^63 bytes or more");
    t.bytes = bytes;
    out.tensors_.push_back(t);
    return {};
  }

  [[nodiscard]] result<void> alignment() {
    const gguf_value* v = out.find("general.alignment");
    if (!v) return {};
    if (v->type != gguf_type::u32) return bad(key_of(*v), std::string("expected a u32, found ") + name(v->type));
    const auto n = load_as<std::uint32_t>(v->scalar.data());
    if (!std::has_single_bit(n) || n > gguf_limits::alignment)
      return bad(key_of(*v), worded("is ", n, ", must be a power of two up to ", gguf_limits::alignment));
    out.alignment_ = n;
    return {};
  }

  /// Places the tensors in the data area: aligned, inside, not overlapping.
  [[nodiscard]] result<void> place(const std::vector<std::uint64_t>& offsets) {
    std::vector<gguf_tensor>& tensors = out.tensors_;
    if (tensors.empty()) return {};
    const std::uint64_t alignment = out.alignment_;
    const std::uint64_t padding = (alignment - at % alignment) % alignment;
    if (padding > left())
      return fail(errc::bad_file, worded("the file ends before the tensor data (at byte ", file.size(), ")"));
    at += static_cast<std::size_t>(padding);
    const std::byte* const data = file.data() + at;
    const std::uint64_t size = left();

    for (std::size_t i = 0; i < tensors.size(); ++i) {
      gguf_tensor& t = tensors[i];
      if (offsets[i] % alignment != 0)
        return bad(name_of(t), worded("its offset ", offsets[i], " is not a multiple of ", alignment));
      if (offsets[i] > size || t.bytes > size - offsets[i])
        return bad(name_of(t), worded("its ", t.bytes, " bytes at offset ", offsets[i], " do not fit the ", size,
                                      " bytes of tensor data"));
      t.data = data + offsets[i];
      out.tensor_bytes_ += t.bytes;
      const std::size_t natural = traits(t.type).quantized ? 4 : traits(t.type).bytes;
      if (t.bytes != 0 && reinterpret_cast<std::uintptr_t>(t.data) % natural != 0)
        return fail(errc::bad_argument,
                    worded(name_of(t),
                           ": its data would lie at an odd address; give the file's bytes at a multiple of 32, "
                           "with general.alignment at least 8"));
    }

    std::vector<std::uint32_t> order;
    order.reserve(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i)
      if (tensors[i].bytes != 0) order.push_back(static_cast<std::uint32_t>(i));
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return offsets[a] < offsets[b]; });
    for (std::size_t i = 1; i < order.size(); ++i) {
      const std::uint32_t before = order[i - 1], after = order[i];
      if (tensors[before].bytes > offsets[after] - offsets[before])
        return bad(name_of(tensors[after]), worded("overlaps ", name_of(tensors[before])));
    }
    return {};
  }

  [[nodiscard]] result<void> quantization() const {
    const gguf_value* v = out.find("general.quantization_version");
    if (!v) return {};
    RETORT_TRY(const std::uint64_t version, out.uint("general.quantization_version"));
    if (version == 2) return {};
    for (const gguf_tensor& t : out.tensors_)
      if (traits(t.type).quantized)
        return fail(errc::unsupported, worded("quantization version ", version, "; only version 2 is supported"));
    return {};
  }

  [[nodiscard]] result<void> run() {
    std::uint64_t n_tensors = 0, n_values = 0;
    RETORT_CHECK(header(n_tensors, n_values));
    for (std::uint64_t i = 0; i < n_values; ++i) RETORT_CHECK(value(i));
    out.value_index_ = name_index(out.values_);
    if (const std::size_t i = out.value_index_.duplicate(out.values_); i != name_index::none)
      return bad(key_of(out.values_[i]), "appears twice");
    RETORT_CHECK(alignment());

    std::vector<std::uint64_t> offsets;
    for (std::uint64_t i = 0; i < n_tensors; ++i) RETORT_CHECK(tensor(i, offsets.emplace_back()));
    out.tensor_index_ = name_index(out.tensors_);
    if (const std::size_t i = out.tensor_index_.duplicate(out.tensors_); i != name_index::none)
      return bad(name_of(out.tensors_[i]), "appears twice");
    RETORT_CHECK(place(offsets));
    return quantization();
  }
};

}  // namespace detail

#if RETORT_CARRIES(RETORT_PART_MODEL)

RETORT_INLINE result<gguf> gguf::parse(std::span<const std::byte> file, std::string_view file_name) {
  gguf g;
  g.file_name_ = file_name;
  RETORT_CHECK((detail::gguf_parser{file, g}.run()));
  return g;
}

#endif

RETORT_END
