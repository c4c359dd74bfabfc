// safetensors files and their shards: a reader of names, types, shapes and
// bytes that accepts nothing but what the format allows.
#pragma once

#include <retort/base/macros_off.inc>

#include <retort/io/names.hpp>
#include <retort/io/source.hpp>
#include <retort/tensor/dtype.hpp>
#include <retort/text/json_reader.hpp>

#include <optional>

RETORT_BEGIN

static_assert(std::endian::native == std::endian::little, "Retort reads little-endian files on little-endian machines");

/// What a safetensors element is called and how many bits it takes.
struct safetensors_type {
  const char* name = nullptr;
  std::uint8_t bits = 0;
  std::optional<dtype> known;  ///< Retort's type of the same layout; none where Retort has none
};

namespace detail {
inline constexpr safetensors_type safetensors_types[] = {
    {"F32", 32, dtype::f32},
    {"F16", 16, dtype::f16},
    {"BF16", 16, dtype::bf16},
    {"F8_E4M3", 8, dtype::fp8_e4m3},
    {"F64", 64, dtype::f64},
    {"I8", 8, dtype::i8},
    {"I16", 16, dtype::i16},
    {"I32", 32, dtype::i32},
    {"I64", 64, dtype::i64},
    {"BOOL", 8, {}},
    {"U8", 8, {}},
    {"U16", 16, {}},
    {"U32", 32, {}},
    {"U64", 64, {}},
    {"C64", 64, {}},
    {"F8_E5M2", 8, {}},
    {"F8_E8M0", 8, {}},
    {"F8_E4M3FNUZ", 8, {}},
    {"F8_E5M2FNUZ", 8, {}},
    {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},
    {"F4", 4, {}},
};
}  // namespace detail

/// One tensor of a safetensors file.
///
/// shape   row-major, outermost first; rank 0 is a scalar
/// needs   `data` lives as long as the file's bytes and is not aligned: load with memcpy
struct safetensor {
  std::string name;
  safetensors_type type;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;  ///< of its bytes, counted from the end of the header
  std::uint64_t bytes = 0;
  const std::byte* data = nullptr;
};

/// An entry of `__metadata__`.
struct safetensors_note {
  std::string name;
  std::string text;
};

namespace detail {

struct safetensors_limits {
  static constexpr std::uint64_t header = 100'000'000;
  static constexpr std::size_t tensors = std::size_t{1} << 20;
  static constexpr std::size_t rank = 8;
  static constexpr std::size_t depth = 8;
  static constexpr std::uint64_t number = (std::uint64_t{1} << 63) - 1;
};

/// What the two readers below share.
class header_events : public json_events {
 public:
  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a bool"); }
  bool integer(std::int64_t) override { return unexpected("a negative number"); }
  bool natural(std::uint64_t) override { return unexpected("a number"); }
  bool real(double, const std::string&) override { return unexpected("a number that is not a whole one below 2^63"); }
  void malformed(std::size_t position) override { (void)wrong(worded("is not valid JSON at byte ", position)); }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 protected:
  bool wrong(std::string what) {
    problem_ = std::move(what);
    return false;
  }
  bool unexpected(const char* what) { return wrong(worded(where_, where_.empty() ? "" : ": ", "holds ", what)); }

  std::string where_;  // what the next value belongs to, for messages

 private:
  std::string problem_;
};

/// Runs `events` over one JSON text; the error's text follows `prefix`.
[[nodiscard]] inline result<void> read_header(std::string_view text, header_events& events, const std::string& prefix) {
  if (!read_json(text, events)) return error{errc::bad_file, prefix + events.problem()};
  return {};
}

/// {"name": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]}, "__metadata__": {"key": "text"}}
class safetensors_events final : public header_events {
 public:
  std::vector<safetensor> tensors;
  std::vector<safetensors_note> notes;

  bool start_object() override {
    if (depth_ >= 2) return unexpected("an object");
    ++depth_;
    if (depth_ == 2 && !in_notes_) {
      if (tensors.size() == safetensors_limits::tensors) return wrong("holds too many tensors");
      tensors.emplace_back().name = key_;
      seen_[0] = seen_[1] = seen_[2] = false;
    }
    return true;
  }
  bool end_object() override {
    if (depth_ == 2 && !in_notes_)
      for (int f = 0; f < 3; ++f)
        if (!seen_[f]) return wrong(worded(place(), "\"", fields[f], "\" is missing"));
    --depth_;
    return true;
  }
  bool key(std::string& k) override {
    if (depth_ == 1) {
      key_ = k;
      in_notes_ = k == "__metadata__";
      where_ = in_notes_ ? "__metadata__" : worded("tensor \"", printable(k), "\"");
      if (in_notes_ && std::exchange(had_notes_, true)) return wrong("\"__metadata__\" appears twice");
      return true;
    }
    if (in_notes_) {
      notes.emplace_back().name = k;
      return true;
    }
    for (field_ = 0; field_ < 3 && k != fields[field_];) ++field_;
    if (field_ == 3) return wrong(worded(place(), "there is no field \"", printable(k), "\""));
    if (std::exchange(seen_[field_], true)) return wrong(worded(place(), "\"", k, "\" appears twice"));
    return true;
  }
  bool string(std::string& s) override {
    if (depth_ == 2 && in_notes_) {
      notes.back().text = std::move(s);
      return true;
    }
    if (depth_ != 2 || in_array_ || field_ != 0) return unexpected("a string");
    for (const safetensors_type& t : safetensors_types)
      if (s == t.name) {
        tensors.back().type = t;
        return true;
      }
    return wrong(worded(place(), "there is no type \"", printable(s), "\""));
  }
  bool start_array() override {
    if (depth_ != 2 || in_notes_ || in_array_ || field_ == 0) return unexpected("an array");
    in_array_ = true;
    n_offsets_ = 0;
    return true;
  }
  bool end_array() override {
    in_array_ = false;
    if (field_ == 2 && n_offsets_ != 2) return wrong(worded(place(), "\"data_offsets\" needs two numbers"));
    return true;
  }
  bool natural(std::uint64_t n) override {
    if (!in_array_) return unexpected("a number");
    if (n > safetensors_limits::number) return real(0, {});
    safetensor& t = tensors.back();
    if (field_ == 1) {
      if (t.shape.size() == safetensors_limits::rank) return wrong(worded(place(), "more than 8 dimensions"));
      t.shape.push_back(n);
    } else if (n_offsets_ == 0) {
      t.begin = n;
      n_offsets_ = 1;
    } else if (n_offsets_ == 1) {
      if (n < t.begin) return wrong(worded(place(), "its data ends at ", n, ", before it begins at ", t.begin));
      t.bytes = n - t.begin;
      n_offsets_ = 2;
    } else {
      return wrong(worded(place(), "\"data_offsets\" needs two numbers"));
    }
    return true;
  }

 private:
  static constexpr const char* fields[] = {"dtype", "shape", "data_offsets"};
  [[nodiscard]] std::string place() const { return where_ + ": "; }

  std::string key_;
  std::size_t depth_ = 0;  // of objects
  std::size_t field_ = 0;
  std::size_t n_offsets_ = 0;
  bool seen_[3] = {};
  bool in_notes_ = false;
  bool had_notes_ = false;
  bool in_array_ = false;
};

/// {"metadata": {...}, "weight_map": {"tensor": "file"}}: the map, nothing else.
class shard_index_events final : public header_events {
 public:
  std::vector<safetensors_note> files;  ///< tensor, file

  bool null() override { return value("null"); }
  bool boolean(bool) override { return value("a bool"); }
  bool integer(std::int64_t) override { return value("a number"); }
  bool natural(std::uint64_t) override { return value("a number"); }
  bool real(double, const std::string&) override { return value("a number"); }
  bool start_array() override { return value("an array") && deeper(); }
  bool end_array() override { return --depth_, true; }
  bool start_object() override {
    if (depth_ >= 2 && in_map_) return unexpected("an object");
    return deeper();
  }
  bool end_object() override {
    if (--depth_ == 1) in_map_ = false;
    return true;
  }
  bool key(std::string& k) override {
    if (depth_ == 1) {
      in_map_ = k == "weight_map";
      where_ = printable(k);
      if (in_map_ && std::exchange(had_map_, true)) return wrong("\"weight_map\" appears twice");
    } else if (in_map_) {
      if (files.size() == safetensors_limits::tensors) return wrong("names too many tensors");
      files.emplace_back().name = k;
    }
    return true;
  }
  bool string(std::string& s) override {
    if (in_map_ && depth_ == 1) return unexpected("a string");
    if (in_map_) files.back().text = std::move(s);
    return true;
  }

 private:
  bool value(const char* what) { return depth_ == 0 || in_map_ ? unexpected(what) : true; }
  bool deeper() { return ++depth_ <= safetensors_limits::depth || wrong("is nested too deeply"); }

  std::size_t depth_ = 0;
  bool in_map_ = false;
  bool had_map_ = false;
};

}  // namespace detail

/// A parsed safetensors file. It points into the file's bytes, which must
/// outlive it. Immutable, so safe to share.
class safetensors {
 public:
  safetensors() = default;

  /// Reads and checks everything but the tensors' contents.
  ///
  /// errors  bad_file: damaged, truncated or hostile
  /// cost    one pass over the header, some 150 bytes per tensor
  static result<safetensors> parse(std::span<const std::byte> file, std::string_view file_name) {
    const std::string prefix = detail::worded(printable(file_name), ": ");
    const auto bad = [&](const std::string& what) { return error{errc::bad_file, prefix + what}; };
    if (file.size() < 8) return bad("is too short for a safetensors file");
    const auto n_header = load_as<std::uint64_t>(file.data());
    if (n_header > file.size() - 8 || n_header < 2 || n_header > detail::safetensors_limits::header)
      return bad(detail::worded("is no safetensors file: a header of ", n_header, " bytes in ", file.size()));
    const std::string_view header(reinterpret_cast<const char*>(file.data() + 8), static_cast<std::size_t>(n_header));
    if (header[0] != '{') return bad("is no safetensors file: the header is no JSON object");
    const std::span<const std::byte> data = file.subspan(8 + header.size());

    detail::safetensors_events events;
    RETORT_CHECK(detail::read_header(header, events, prefix + "header: "));
    safetensors s;
    s.tensors_ = std::move(events.tensors);
    s.notes_ = std::move(events.notes);
    const auto name_of = [](const safetensor& t) { return detail::worded("tensor \"", printable(t.name), "\": "); };
    for (safetensor& t : s.tensors_) {
      std::uint64_t bits = t.type.bits;
      for (std::uint64_t n : t.shape)
        if (!detail::multiply_checked(bits, n == 0 ? 1 : n, bits))
          return bad(name_of(t) + "its size is 2^63 bits or more");
      for (std::uint64_t n : t.shape)
        if (n == 0) bits = 0;
      if (bits % 8 != 0) return bad(name_of(t) + "its elements do not fill whole bytes");
      if (bits / 8 != t.bytes)
        return bad(detail::worded(name_of(t), "its shape needs ", bits / 8, " bytes, its data has ", t.bytes));
      if (t.begin > data.size() || t.bytes > data.size() - t.begin)
        return bad(detail::worded(name_of(t), "its ", t.bytes, " bytes at offset ", t.begin, " do not fit the ",
                                  data.size(), " bytes of data"));
      t.data = data.data() + t.begin;
    }
    s.index_ = name_index(s.tensors_);
    if (const std::size_t i = s.index_.duplicate(s.tensors_); i != name_index::none)
      return bad(name_of(s.tensors_[i]) + "appears twice");
    if (const std::size_t i = name_index(s.notes_).duplicate(s.notes_); i != name_index::none)
      return bad(detail::worded("__metadata__: \"", printable(s.notes_[i].name), "\" appears twice"));

    // Nothing may lie between, under or behind the tensors.
    std::vector<const safetensor*> order;
    order.reserve(s.tensors_.size());
    for (const safetensor& t : s.tensors_) order.push_back(&t);
    std::sort(order.begin(), order.end(), [](const safetensor* a, const safetensor* b) {
      return a->begin != b->begin ? a->begin < b->begin : a->bytes < b->bytes;
    });
    std::uint64_t end = 0;
    for (const safetensor* t : order) {
      if (t->begin != end)
        return bad(detail::worded(name_of(*t), "begins at ", t->begin, ", the data before it ends at ", end));
      end += t->bytes;
    }
    if (end != data.size())
      return bad(detail::worded("its tensors end at ", end, ", its data has ", data.size(), " bytes"));
    return s;
  }

  /// All tensors, in the header's order.
  [[nodiscard]] const std::vector<safetensor>& tensors() const noexcept { return tensors_; }
  /// nullptr where there is none
  [[nodiscard]] const safetensor* find(std::string_view name) const noexcept {
    const std::size_t i = index_.find(tensors_, name);
    return i == name_index::none ? nullptr : &tensors_[i];
  }
  /// The entries of `__metadata__`.
  [[nodiscard]] const std::vector<safetensors_note>& metadata() const noexcept { return notes_; }

 private:
  std::vector<safetensor> tensors_;
  std::vector<safetensors_note> notes_;
  name_index index_;
};

/// The tensors of a model in one safetensors file or many. Owns the bytes,
/// which stay where they are when it is moved. Immutable.
class safetensors_set {
 public:
  safetensors_set() = default;

  /// Opens `x.safetensors`, or the shards that an `x.json` index names, or the
  /// model.safetensors.index.json or else the model.safetensors of a folder.
  /// Shards are files beside the index; a name that leads elsewhere is refused.
  /// Links are followed, for caches of downloads are made of them.
  ///
  /// errors  io, bad_file as source and safetensors; missing (a tensor is not in
  ///         the shard that the index names)
  /// cost    touches headers only
  static result<safetensors_set> open(const std::string& path) {
    if (path.ends_with(".safetensors")) return open_files({}, {path}, {});
    std::string index = path;
    if (!path.ends_with(".json")) {
      const std::string folder =
          path.empty() || std::string_view(separators).find(path.back()) != std::string_view::npos ? path : path + "/";
      index = folder + "model.safetensors.index.json";
      if (const auto there = source::map(index); !there && there.error().code == errc::io)
        return open_files({}, {folder + "model.safetensors"}, {});
    }
    RETORT_TRY(const source file, source::map(index));
    if (file.bytes().size() > detail::safetensors_limits::header)
      return error{errc::bad_file, printable(index) + ": is too long for an index"};
    detail::shard_index_events events;
    const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    RETORT_CHECK(detail::read_header(text, events, printable(index) + ": "));
    if (events.files.empty()) return error{errc::bad_file, printable(index) + ": its \"weight_map\" names no tensor"};

    const std::size_t slash = index.find_last_of(separators);
    const std::string folder = slash == std::string::npos ? "" : index.substr(0, slash + 1);
    std::vector<std::string> names;
    for (const safetensors_note& f : events.files) {
      if (!plain(f.text))
        return error{errc::bad_file, detail::worded(printable(index), ": tensor \"", printable(f.name), "\": \"",
                                                    printable(f.text), "\" is no name of a shard")};
      names.push_back(f.text);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return open_files(folder, names, events.files);
  }

  /// All tensors, shard by shard.
  [[nodiscard]] const std::vector<safetensor>& tensors() const noexcept { return tensors_; }
  /// nullptr where there is none
  [[nodiscard]] const safetensor* find(std::string_view name) const noexcept {
    const std::size_t i = index_.find(tensors_, name);
    return i == name_index::none ? nullptr : &tensors_[i];
  }
  [[nodiscard]] std::size_t n_files() const noexcept { return sources_.size(); }

 private:
  static constexpr std::size_t max_files = 1000;
#if defined(_WIN32)
  static constexpr const char* separators = "/\\";
#else
  static constexpr const char* separators = "/";
#endif

  /// A file name and nothing but: no folder, no drive, no stream.
  static bool plain(std::string_view name) noexcept {
    if (!name.ends_with(".safetensors") || name.size() > 255) return false;
    for (char c : name)
      if (c == '/' || c == '\\' || c == ':' || static_cast<unsigned char>(c) < 0x20) return false;
    return name.find("..") == std::string_view::npos;
  }

  static result<safetensors_set> open_files(const std::string& folder, const std::vector<std::string>& names,
                                            const std::vector<safetensors_note>& placed) {
    if (names.size() > max_files)
      return error{errc::bad_file, detail::worded(printable(folder), ": ", names.size(), " shards, at most ", max_files,
                                                  " are allowed")};
    safetensors_set set;
    std::vector<std::size_t> ends;  // of each file's tensors in the list
    for (const std::string& name : names) {
      RETORT_TRY(source file, source::map(folder + name));
      RETORT_TRY(const safetensors part, safetensors::parse(file.bytes(), file.name()));
      set.tensors_.insert(set.tensors_.end(), part.tensors().begin(), part.tensors().end());
      ends.push_back(set.tensors_.size());
      set.sources_.push_back(std::move(file));
    }
    set.index_ = name_index(set.tensors_);
    if (const std::size_t i = set.index_.duplicate(set.tensors_); i != name_index::none)
      return error{errc::bad_file, detail::worded(printable(folder), ": tensor \"", printable(set.tensors_[i].name),
                                                  "\" is in two shards")};
    for (const safetensors_note& p : placed) {
      const std::size_t at = set.index_.find(set.tensors_, p.name);
      const auto file = std::upper_bound(ends.begin(), ends.end(), at) - ends.begin();
      if (at == name_index::none || names[static_cast<std::size_t>(file)] != p.text)
        return error{errc::missing, detail::worded(printable(folder + p.text), ": tensor \"", printable(p.name),
                                                   "\" is missing, though the index names this file")};
    }
    return set;
  }

  std::vector<source> sources_;
  std::vector<safetensor> tensors_;
  name_index index_;
};

RETORT_END

#include <retort/base/macros_on.inc>
