#include "catch.hpp"
#include "temporary.hpp"

#include <retort/io/source.hpp>

#include <algorithm>
#include <vector>

using namespace retort;

namespace {

std::vector<std::byte> some(std::size_t n) {
  std::vector<std::byte> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}
bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// A reader over memory that can be told to fail.
struct memory_reader final : reader {
  std::vector<std::byte> bytes;
  std::uint64_t claimed;
  bool works = true;
  int reads = 0;
  explicit memory_reader(std::vector<std::byte> b) : bytes(std::move(b)), claimed(bytes.size()) {}
  std::uint64_t size() noexcept override { return claimed; }
  bool read(std::uint64_t offset, std::span<std::byte> into) noexcept override {
    ++reads;
    if (!works || offset + into.size() > bytes.size()) return false;
    std::copy_n(bytes.data() + offset, into.size(), into.data());
    return true;
  }
};

/// Counts, and refuses beyond a budget.
struct counting_allocator final : allocator {
  std::size_t held = 0, budget = static_cast<std::size_t>(-1);
  void* allocate(std::size_t bytes, std::size_t alignment) noexcept override {
    if (bytes > budget - held) return nullptr;
    held += bytes;
    return system_allocator().allocate(bytes, alignment);
  }
  void release(void* memory, std::size_t bytes, std::size_t alignment) noexcept override {
    held -= bytes;
    system_allocator().release(memory, bytes, alignment);
  }
};

}  // namespace

TEST_CASE("io/source: a file is mapped or read, and its bytes stay in place when it is moved") {
  const temporary_folder folder;
  const auto bytes = some(10000);
  const std::string path = folder.write("file", bytes);
  for (bool mapped : {true, false}) {
    source a = mapped ? source::map(path).value() : source::read(path).value();
    REQUIRE(a.mapped() == mapped);
    REQUIRE(a.name() == path);
    REQUIRE(same(a.bytes(), bytes));
    REQUIRE(reinterpret_cast<std::uintptr_t>(a.bytes().data()) % 64 == 0);
    a.prefetch();
    const std::byte* at = a.bytes().data();
    source b = std::move(a);
    REQUIRE(b.bytes().data() == at);
    REQUIRE(a.bytes().empty());
    source c;
    c.prefetch();
    c = std::move(b);
    REQUIRE(c.bytes().data() == at);
    REQUIRE(same(c.bytes(), bytes));
    REQUIRE(c.name() == path);
  }
}

TEST_CASE("io/source: a mapping outlives the file's name") {
  const temporary_folder folder;
  const auto bytes = some(5000);
  const std::string path = folder.write("file", bytes);
  const source s = source::map(path).value();
  std::filesystem::remove(path);
  REQUIRE(same(s.bytes(), bytes));
}

TEST_CASE("io/source: a file that shrinks while it is read is an error") {
  const temporary_folder folder;
  const std::string path = folder.write("file", some(5000));
  const auto handle = detail::file_handle::open(path).value();
  std::filesystem::resize_file(path, 100);
  std::vector<std::byte> into(handle.size());
  const auto r = handle.read(path, into.data());
  REQUIRE_FALSE(r);
  REQUIRE(r.error().what == path + ": ended after 100 of 5000 bytes while it was read");
}

TEST_CASE("io/source: what is no file is refused by name") {
  const temporary_folder folder;
  const auto check = [](const std::string& path, errc code, const std::string& part) {
    for (const auto& s : {source::map(path), source::read(path)}) {
      REQUIRE_FALSE(s);
      CHECK(s.error().code == code);
      CHECK(s.error().what.find(part) != std::string::npos);
    }
  };
  const std::string missing = (folder.path / "missing").string();
  check(missing, errc::io, missing + ": cannot be opened: ");
  check(folder.path.string(), errc::io, folder.path.string() + ": is a folder");
  check(folder.write("empty", {}), errc::bad_file, "is empty");
  check("", errc::io, "without a name");
  check(folder.write("ab", some(1)) + std::string("\0c", 2), errc::io, "zero byte");
  check(folder.path.string() + "/no\nsuch", errc::io, "no\\x0asuch");
#if !defined(_WIN32)
  const std::string fifo = (folder.path / "fifo").string();
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  check(fifo, errc::io, "is not a regular file");  // and does not wait for a writer
  check("/dev/null", errc::io, "is not a regular file");
#endif
}

TEST_CASE("io/source: memory is used in place") {
  const auto bytes = some(100);
  const source s = source::view(bytes, "embedded");
  REQUIRE(s.bytes().data() == bytes.data());
  REQUIRE(s.bytes().size() == 100);
  REQUIRE(s.name() == "embedded");
  REQUIRE_FALSE(s.mapped());
  REQUIRE(source::view({}).bytes().empty());
}

TEST_CASE("io/source: a reader is read once, into the given allocator's memory") {
  counting_allocator memory;
  memory_reader r(some(5000));
  {
    const source s = source::read(r, memory, "archive/model").value();
    REQUIRE(same(s.bytes(), r.bytes));
    REQUIRE(s.name() == "archive/model");
    REQUIRE(r.reads == 1);
    REQUIRE(memory.held == 5000);
  }
  REQUIRE(memory.held == 0);

  r.works = false;
  REQUIRE(source::read(r, memory, "archive/model").error().what == "archive/model: its 5000 bytes cannot be read");
  REQUIRE(memory.held == 0);
  r.works = true;
  r.claimed = 0;
  REQUIRE(source::read(r).error().code == errc::bad_file);
  r.claimed = ~0ull;
  REQUIRE(source::read(r).error().what == "reader: 18446744073709551615 bytes do not fit this address space");
  r.claimed = 5000;
  memory.budget = 4999;
  const auto refused = source::read(r, memory, "archive/model");
  REQUIRE(refused.error().code == errc::no_memory);
  REQUIRE(refused.error().what.find("archive/model") != std::string::npos);
}

TEST_CASE("io/source: a file read into memory honours the allocator") {
  const temporary_folder folder;
  const std::string path = folder.write("file", some(3000));
  counting_allocator memory;
  {
    const source s = source::read(path, memory).value();
    REQUIRE(memory.held == 3000);
  }
  REQUIRE(memory.held == 0);
  memory.budget = 100;
  REQUIRE(source::read(path, memory).error().code == errc::no_memory);
}
