// The weights of one model: the parts of a GGUF file, opened together and
// looked up as one.
#pragma once

#include <retort/io/gguf.hpp>
#include <retort/io/source.hpp>

RETORT_BEGIN

namespace detail {

/// "dir/name-00002-of-00005.gguf" taken apart: everything before "-00002", 2 and 5.
struct part_name {
  std::string_view prefix;
  std::uint32_t number = 0;  ///< from 1
  std::uint32_t count = 0;

  static constexpr std::size_t tail = 20;  // "-00001-of-00005.gguf"

  [[nodiscard]] static bool digits(std::string_view five, std::uint32_t& value) noexcept {
    value = 0;
    for (char c : five) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return true;
  }
  [[nodiscard]] static bool parse(std::string_view path, part_name& out) noexcept {
    if (path.size() < tail) return false;
    const std::string_view t = path.substr(path.size() - tail);
    out.prefix = path.substr(0, path.size() - tail);
    return t[0] == '-' && digits(t.substr(1, 5), out.number) && t.substr(6, 4) == "-of-" &&
           digits(t.substr(10, 5), out.count) && t.substr(15) == ".gguf";
  }
  [[nodiscard]] static std::string make(std::string_view prefix, std::uint32_t number, std::uint32_t count) {
    std::string path(prefix);
    const auto five = [&](std::uint32_t n) {
      const std::string text = std::to_string(n);
      path.append(5 - text.size(), '0');
      path += text;
    };
    path += "-";
    five(number);
    path += "-of-";
    five(count);
    path += ".gguf";
    return path;
  }
};

}  // namespace detail

/// All tensors and metadata of a model, over one file or several parts. Owns
/// the bytes, which stay where they are when it is moved. Immutable.
class weights {
 public:
  static constexpr std::uint64_t max_parts = 999;

  weights() = default;

  /// How open() gets at the bytes.
  enum class load : std::uint8_t {
    map,  ///< mapped, read by the system when first touched; files must not be shortened meanwhile
    read  ///< read into memory at once
  };

  /// Opens a GGUF file. Of a split file any part may be named: the others are
  /// found by its name, in its folder, and by nothing that stands in the file.
  ///
  /// errors  io, bad_file, unsupported, no_memory as source and gguf;
  ///         mismatch (parts that do not belong together)
  /// cost    load::map touches the metadata only
  static result<weights> open(const std::string& path, load how = load::map, allocator& from = system_allocator());

  /// A whole GGUF file in the caller's memory, used in place; it must outlive
  /// the weights and should begin at a multiple of 64. errors as open()
  static result<weights> view(std::span<const std::byte> file, std::string name = "memory") {
    std::vector<source> parts;
    parts.push_back(source::view(file, std::move(name)));
    return from_parts(std::move(parts));
  }

  /// The parts of a model in order, first to last. errors as open()
  static result<weights> from_parts(std::vector<source> parts);

  /// All tensors of all parts, in file order.
  [[nodiscard]] const std::vector<gguf_tensor>& tensors() const noexcept { return tensors_; }
  /// nullptr where there is none
  [[nodiscard]] const gguf_tensor* find(std::string_view name) const noexcept {
    const std::size_t i = index_.find(tensors_, name);
    return i == name_index::none ? nullptr : &tensors_[i];
  }
  /// errors missing, naming the file and the tensor
  [[nodiscard]] result<gguf_tensor> tensor(std::string_view name) const {
    if (const gguf_tensor* t = find(name)) return *t;
    return error{errc::missing,
                 detail::worded(printable(this->name()), ": tensor \"", printable(name), "\" is missing")};
  }
  /// The metadata, which is the first part's.
  [[nodiscard]] const gguf& metadata() const noexcept { return parts_[0]; }
  /// What the first part is called.
  [[nodiscard]] const std::string& name() const noexcept { return parts_[0].file_name(); }
  [[nodiscard]] std::size_t n_parts() const noexcept { return parts_.size(); }
  /// Bytes of all tensors, without padding.
  [[nodiscard]] std::uint64_t bytes_tensors() const noexcept { return bytes_tensors_; }
  /// Bytes of all parts.
  [[nodiscard]] std::uint64_t bytes_files() const noexcept { return bytes_files_; }
  /// Asks the system to read mapped files ahead.
  void prefetch() const noexcept {
    for (const source& s : sources_) s.prefetch();
  }

 private:
  static result<source> get(const std::string& path, load how, allocator& from) {
    return how == load::map ? source::map(path) : source::read(path, from);
  }

  /// Is this part number i of n?
  static result<void> belongs(const gguf& part, std::size_t i, std::size_t n) {
    RETORT_TRY(const std::uint64_t count, part.uint_or("split.count", n == 1 ? 1 : 0));
    RETORT_TRY(const std::uint64_t number, part.uint_or("split.no", n == 1 ? 0 : gguf::any));
    // A single part without the key has count 1; a count of 0 says the same.
    if (count != n && !(count == 0 && n == 1))
      return error{errc::mismatch,
                   detail::worded(printable(part.file_name()), ": key \"split.count\": expected ", n, ", found ",
                                  (part.has("split.count") ? std::to_string(count) : "none"))};
    if (number != i)
      return error{errc::mismatch,
                   detail::worded(printable(part.file_name()), ": key \"split.no\": expected ", i, ", found ",
                                  (part.has("split.no") ? std::to_string(number) : "none"))};
    return {};
  }

  std::vector<source> sources_;
  std::vector<gguf> parts_;
  std::vector<gguf_tensor> tensors_;
  name_index index_;
  std::uint64_t bytes_tensors_ = 0;
  std::uint64_t bytes_files_ = 0;
};

#if RETORT_CARRIES(RETORT_PART_MODEL)

RETORT_INLINE result<weights> weights::open(const std::string& path, load how, allocator& from) {
  RETORT_TRY(source first, get(path, how, from));
  std::uint64_t count = 0;
  {
    RETORT_TRY(const gguf header, gguf::parse(first.bytes(), first.name()));
    RETORT_TRY(count, header.uint_or("split.count", 1));
  }
  std::vector<source> parts;
  if (count <= 1) {
    parts.push_back(std::move(first));
    return from_parts(std::move(parts));
  }
  if (count > max_parts)
    return error{errc::bad_file,
                 detail::worded(printable(path), ": claims ", count, " parts, at most ", max_parts, " are allowed")};
  detail::part_name name;
  if (!detail::part_name::parse(path, name) || name.count != count || name.number < 1 || name.number > count)
    return error{errc::mismatch,
                 detail::worded(printable(path), ": is one of ", count, " parts, so its name must end like ",
                                detail::part_name::make("", 1, static_cast<std::uint32_t>(count)))};
  for (std::uint32_t i = 1; i <= count; ++i) {
    if (i == name.number) {
      parts.push_back(std::move(first));
      continue;
    }
    RETORT_TRY(source part, get(detail::part_name::make(name.prefix, i, name.count), how, from));
    parts.push_back(std::move(part));
  }
  return from_parts(std::move(parts));
}

RETORT_INLINE result<weights> weights::from_parts(std::vector<source> parts) {
  if (parts.empty()) return error{errc::bad_argument, "weights need at least one part"};
  if (parts.size() > max_parts)
    return error{errc::bad_argument, detail::worded(parts.size(), " parts, at most ", max_parts, " are allowed")};
  weights w;
  w.sources_ = std::move(parts);
  std::uint64_t n_tensors = 0;
  for (std::size_t i = 0; i < w.sources_.size(); ++i) {
    const source& s = w.sources_[i];
    RETORT_TRY(gguf part, gguf::parse(s.bytes(), s.name()));
    RETORT_CHECK(belongs(part, i, w.sources_.size()));
    n_tensors += part.tensors().size();
    w.bytes_files_ += s.bytes().size();
    w.bytes_tensors_ += part.tensor_bytes();
    w.parts_.push_back(std::move(part));
  }
  const gguf& head = w.parts_[0];
  RETORT_TRY(const std::uint64_t claimed, head.uint_or("split.tensors.count", n_tensors));
  if (claimed != n_tensors)
    return error{errc::mismatch, detail::worded(printable(head.file_name()), ": key \"split.tensors.count\": expected ",
                                                n_tensors, ", the tensors in all parts, found ", claimed)};
  w.tensors_.reserve(static_cast<std::size_t>(n_tensors));
  for (const gguf& part : w.parts_) w.tensors_.insert(w.tensors_.end(), part.tensors().begin(), part.tensors().end());
  w.index_ = name_index(w.tensors_);
  if (const std::size_t i = w.index_.duplicate(w.tensors_); i != name_index::none)
    return error{errc::bad_file, detail::worded(printable(head.file_name()), ": tensor \"",
                                                printable(w.tensors_[i].name), "\" is in two parts")};
  return w;
}

#endif

RETORT_END
