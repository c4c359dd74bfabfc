#include "catch.hpp"
#include "golden.hpp"
#include "gguf_writer.hpp"
#include "temporary.hpp"

#include <retort/io/weights.hpp>

using namespace retort;
using writer = gguf_writer;

namespace {

/// Part `no` of `count`, with one tensor of four floats called `name`.
writer part(std::uint16_t no, std::uint16_t count, const std::string& name, std::int32_t total) {
  writer w;
  w.value("split.no", writer::u16, no).value("split.count", writer::u16, count);
  w.value("split.tensors.count", writer::i32, total);
  if (no == 0) w.text("general.architecture", "llama");
  w.tensor(name, {4}, 0, 16);
  return w;
}

std::string file_name(int number, int count) {
  const auto five = [](int n) { return std::to_string(100000 + n).substr(1); };
  return std::string("m-") + five(number) + "-of-" + five(count) + ".gguf";
}

/// Three parts in a folder.
void write_three(const temporary_folder& folder) {
  const char* names[] = {"a", "b", "c"};
  for (std::uint16_t i = 0; i < 3; ++i) folder.write(file_name(i + 1, 3), part(i, 3, names[i], 3).bytes());
}

void refuses(const result<weights>& w, errc code, const std::string& text) {
  REQUIRE_FALSE(w);
  INFO(w.error().what);
  CHECK(w.error().code == code);
  CHECK(w.error().what.find(text) != std::string::npos);
}

result<weights> of_memory(const std::vector<std::vector<std::byte>>& files) {
  std::vector<source> parts;
  for (std::size_t i = 0; i < files.size(); ++i)
    parts.push_back(source::view(files[i], std::string("part") + std::to_string(i)));
  return weights::from_parts(std::move(parts));
}

}  // namespace

TEST_CASE("io/weights: one file, mapped, read or viewed") {
  const temporary_folder folder;
  writer w;
  w.text("general.architecture", "llama").tensor("a", {4}, 0, 16).tensor("b", {8, 2}, 0, 64);
  const auto bytes = w.bytes();
  const std::string path = folder.write("any name", bytes);
  for (int how = 0; how < 3; ++how) {
    weights m = how == 0   ? weights::open(path).value()
                : how == 1 ? weights::open(path, weights::load::read).value()
                           : weights::view(bytes).value();
    weights moved = std::move(m);
    REQUIRE(moved.n_parts() == 1);
    REQUIRE(moved.tensors().size() == 2);
    REQUIRE(moved.bytes_tensors() == 80);
    REQUIRE(moved.bytes_files() == bytes.size());
    REQUIRE(moved.metadata().string("general.architecture").value() == "llama");
    REQUIRE(moved.find("a")->data[15] == std::byte{15});
    REQUIRE(moved.find("x") == nullptr);
    REQUIRE(moved.tensor("b").value().shape[0] == 2);
    moved.prefetch();
    REQUIRE(moved.tensor("x").error().code == errc::missing);
    REQUIRE(moved.tensor("x").error().what == (how < 2 ? path : "memory") + ": tensor \"x\" is missing");
  }
  REQUIRE(weights::view(bytes).value().find("a")->data >= bytes.data());
}

TEST_CASE("io/weights: any part opens the whole") {
  const temporary_folder folder;
  write_three(folder);
  for (int given = 1; given <= 3; ++given) {
    const weights w = weights::open((folder.path / file_name(given, 3)).string()).value();
    REQUIRE(w.n_parts() == 3);
    REQUIRE(w.tensors().size() == 3);
    REQUIRE(w.tensors()[0].name == "a");
    REQUIRE(w.find("c")->bytes == 16);
    REQUIRE(w.bytes_tensors() == 48);
    REQUIRE(w.metadata().has("general.architecture"));
    REQUIRE(w.name() == (folder.path / file_name(1, 3)).string());
  }
}

TEST_CASE("io/weights: parts are found by the file's name only") {
  const temporary_folder folder;
  write_three(folder);
  const auto first = part(0, 3, "a", 3).bytes();
  refuses(weights::open(folder.write("renamed.gguf", first)), errc::mismatch,
          "name must end like -00001-of-00003.gguf");
  refuses(weights::open(folder.write("m-00001-of-00004.gguf", first)), errc::mismatch, "must end like");
  refuses(weights::open(folder.write("m-00000-of-00003.gguf", first)), errc::mismatch, "must end like");
  refuses(weights::open(folder.write("m-00004-of-00003.gguf", first)), errc::mismatch, "must end like");
  for (const char* name : {"m-0001x-of-00003.gguf", "m_00001-of-00003.gguf", "m-00001_of-00003.gguf",
                           "m-00001-of-0000x.gguf", "m-00001-of-00003.GGUF", "-of-00003.gguf"})
    refuses(weights::open(folder.write(name, first)), errc::mismatch, "must end like");
  refuses(weights::open(folder.write(file_name(2, 3), first)), errc::mismatch, "key \"split.no\": expected 1, found 0");
}

TEST_CASE("io/weights: a part that is missing or foreign") {
  const temporary_folder folder;
  write_three(folder);
  const std::string path = (folder.path / file_name(1, 3)).string();
  std::filesystem::remove(folder.path / file_name(2, 3));
  refuses(weights::open(path), errc::io, file_name(2, 3));
  folder.write(file_name(2, 3), part(1, 2, "b", 3).bytes());
  refuses(weights::open(path), errc::mismatch, "key \"split.count\": expected 3, found 2");
  folder.write(file_name(2, 3), part(2, 3, "b", 3).bytes());
  refuses(weights::open(path), errc::mismatch, "key \"split.no\": expected 1, found 2");
  writer bare;
  bare.tensor("b", {4}, 0, 16);
  folder.write(file_name(2, 3), bare.bytes());
  refuses(weights::open(path), errc::mismatch, "expected 3, found none");
  folder.write(file_name(2, 3), part(1, 3, "a", 3).bytes());
  refuses(weights::open(path), errc::bad_file, "tensor \"a\" is in two parts");
  const auto damaged = std::vector<std::byte>(100, std::byte{'x'});
  folder.write(file_name(2, 3), damaged);
  refuses(weights::open(path), errc::bad_file, file_name(2, 3) + ": not a GGUF file");
}

TEST_CASE("io/weights: what the parts say of themselves") {
  refuses(weights::from_parts({}), errc::bad_argument, "at least one part");
  refuses(of_memory({part(0, 2, "a", 2).bytes()}), errc::mismatch, "key \"split.count\": expected 1, found 2");
  refuses(of_memory({part(1, 1, "a", 1).bytes()}), errc::mismatch, "key \"split.no\": expected 0, found 1");
  REQUIRE(of_memory({part(0, 1, "a", 1).bytes()}));
  REQUIRE(of_memory({part(0, 0, "a", 1).bytes()}));
  REQUIRE(of_memory({part(0, 2, "a", 2).bytes(), part(1, 2, "b", 2).bytes()}));
  refuses(of_memory({part(1, 2, "a", 2).bytes(), part(0, 2, "b", 2).bytes()}), errc::mismatch, "split.no");
  refuses(of_memory({part(0, 2, "a", 3).bytes(), part(1, 2, "b", 3).bytes()}), errc::mismatch,
          "key \"split.tensors.count\": expected 2, the tensors in all parts, found 3");
  refuses(of_memory({part(0, 1, "a", -1).bytes()}), errc::bad_file, "must not be negative");
  refuses(of_memory({part(0, 2, "a", 2).bytes(), part(1, 2, "b", 2).bytes(), part(1, 2, "c", 2).bytes()}),
          errc::mismatch, "expected 3, found 2");

  writer first;  // the first part may hold the metadata alone
  first.value<std::int64_t>("split.no", writer::i64, 0).value<std::uint8_t>("split.count", writer::u8, 2);
  REQUIRE(of_memory({first.bytes(), part(1, 2, "b", 1).bytes()}).value().tensors().size() == 1);
}

TEST_CASE("io/weights: the number of parts is limited") {
  const temporary_folder folder;
  for (std::uint16_t count : {std::uint16_t{1000}, std::uint16_t{65535}})
    refuses(
        weights::open(folder.write("m-00001-of-0" + std::to_string(count) + ".gguf", part(0, count, "a", 1).bytes())),
        errc::bad_file, "claims " + std::to_string(count) + " parts");
  std::vector<source> many;
  for (int i = 0; i < 1000; ++i) many.push_back(source::view({}));
  refuses(weights::from_parts(std::move(many)), errc::bad_argument, "1000 parts");
}

TEST_CASE("io/weights: golden split files are refused", "[golden]") {
  const auto root = golden("text/containers/gguf-bad");
  if (root.empty()) return;
  for (const char* stem : {"split_count_65535", "split_no_ge_count"})
    REQUIRE_FALSE(weights::open((root / (std::string(stem) + ".gguf")).string()));
}

TEST_CASE("io/weights: golden models are opened", "[golden]") {
  const auto root = golden("models");
  if (root.empty()) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.path().extension() == ".gguf") {
      const auto w = weights::open(entry.path().string());
      INFO(entry.path().string() << (w ? "" : w.error().what));
      CHECK(w);
    }
}
