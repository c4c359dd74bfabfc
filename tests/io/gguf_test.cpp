#include "catch.hpp"
#include "golden.hpp"
#include "allocations.hpp"
#include "gguf_writer.hpp"

#include <retort/io/gguf.hpp>

#include <map>

using namespace retort;
using writer = gguf_writer;

namespace {

/// Parses, expects an error of that kind whose message holds `part`.
void refuses(const std::vector<std::byte>& file, errc code, const std::string& part) {
  const auto g = gguf::parse(file, "t.gguf");
  INFO("expected \"" << part << "\"");
  REQUIRE_FALSE(g);
  CHECK(g.error().what.find("t.gguf: ") == 0);
  CHECK(g.error().what.find(part) != std::string::npos);
  CHECK(g.error().code == code);
  if (g.error().what.find(part) == std::string::npos) WARN(g.error().what);
}
void refuses(const writer& w, errc code, const std::string& part) { refuses(w.bytes(), code, part); }

/// Two tensors as most files have them.
writer two() {
  writer w;
  w.text("general.architecture", "llama");
  w.tensor("a", {4, 2}, 0, 32).tensor("b", {32}, 2, 18);
  return w;
}

}  // namespace

TEST_CASE("io/gguf: metadata and tensors of a whole file") {
  writer w;
  w.text("general.architecture", "llama").value<std::uint32_t>("n", writer::u32, 7);
  w.tensor("w", {4, 3, 2}, 0, 96).tensor("q", {64, 2}, 8, 136);
  const auto file = w.bytes();
  const gguf g = gguf::parse(file, "t.gguf").value();
  REQUIRE(g.version() == 3);
  REQUIRE(g.alignment() == 32);
  REQUIRE(g.tensors().size() == 2);
  REQUIRE(g.tensor_bytes() == 96 + 136);
  REQUIRE(g.string("general.architecture").value() == "llama");
  REQUIRE(g.metadata().size() == 2);
  REQUIRE(g.metadata()[1].name == "n");
  const gguf_tensor* t = g.tensor("w");
  REQUIRE(t);
  REQUIRE(t->rank == 3);
  REQUIRE(t->shape == std::array<std::uint64_t, 4>{2, 3, 4, 1});  // GGUF has 4, 3, 2
  REQUIRE(shape_text(*t) == "[2, 3, 4]");
  REQUIRE(t->columns() == 4);
  REQUIRE(t->rows() == 6);
  REQUIRE(t->bytes == 96);
  REQUIRE(t->data[95] == std::byte{95});
  REQUIRE(g.tensor("q")->type == dtype::q8_0);
  REQUIRE(g.tensor("q")->data[135] == std::byte{135});
  REQUIRE(g.tensor("x") == nullptr);
  REQUIRE(g.tensor("") == nullptr);
}

TEST_CASE("io/gguf: no tensors, scalars, empty tensors, no padding at the end") {
  REQUIRE(gguf::parse(writer{}.bytes(), "t.gguf").value().tensors().empty());

  writer w;
  w.tensor("scalar", {}, 0, 4).tensor("none", {0, 5}, 0, 0).tensor("last", {3}, 24, 3);
  const auto file = w.bytes();
  REQUIRE(file.size() % 32 == 3);
  const gguf g = gguf::parse(file, "t.gguf").value();
  REQUIRE(g.tensor("scalar")->rank == 0);
  REQUIRE(g.tensor("scalar")->columns() == 1);
  REQUIRE(g.tensor("scalar")->rows() == 1);
  REQUIRE(g.tensor("scalar")->bytes == 4);
  REQUIRE(g.tensor("none")->bytes == 0);
  REQUIRE(g.tensor("none")->columns() == 0);
  REQUIRE(g.tensor("none")->rows() == 5);
  REQUIRE(g.tensor("last")->type == dtype::i8);
}

TEST_CASE("io/gguf: holes between tensors and any order of them are fine") {
  writer w;
  w.info("b", {8}, 0, 64).info("a", {8}, 0, 0);
  w.data.assign(96, 'x');
  const auto file = w.bytes();
  const gguf g = gguf::parse(file, "t.gguf").value();
  REQUIRE(g.tensor("b")->data - g.tensor("a")->data == 64);
  REQUIRE(g.tensors()[0].name == "b");
}

TEST_CASE("io/gguf: scalars of every type, and the getters' errors") {
  writer w;
  w.value<std::uint8_t>("u8", writer::u8, 200).value<std::int8_t>("i8", writer::i8, -5);
  w.value<std::uint16_t>("u16", writer::u16, 60000).value<std::int16_t>("i16", writer::i16, 300);
  w.value<std::uint32_t>("u32", writer::u32, 4000000000u).value<std::int32_t>("i32", writer::i32, 70000);
  w.value<std::uint64_t>("u64", writer::u64, ~0ull).value<std::int64_t>("i64", writer::i64, 1ll << 40);
  w.value<float>("f32", writer::f32, 0.5f).value<double>("f64", writer::f64, 0.1);
  w.value<std::uint8_t>("yes", writer::boolean, 1).value<std::uint8_t>("no", writer::boolean, 0).text("text", "a\0b");
  const auto file = w.bytes();
  const gguf g = gguf::parse(file, "t.gguf").value();

  REQUIRE(g.uint("u8").value() == 200);
  REQUIRE(g.uint("u16").value() == 60000);
  REQUIRE(g.uint("i16").value() == 300);
  REQUIRE(g.uint("u32").value() == 4000000000u);
  REQUIRE(g.uint("i32").value() == 70000);
  REQUIRE(g.uint("u64").value() == ~0ull);
  REQUIRE(g.uint("i64").value() == 1ull << 40);
  REQUIRE(g.real("f32").value() == 0.5);
  REQUIRE(g.real("f64").value() == 0.1);
  REQUIRE(g.boolean("yes").value());
  REQUIRE_FALSE(g.boolean("no").value());
  REQUIRE(g.string("text").value() == "a");

  REQUIRE(g.uint("i8").error().code == errc::bad_file);
  REQUIRE(g.uint("i8").error().what == "t.gguf: key \"i8\": is -5, must not be negative");
  REQUIRE(g.uint("u8", 200).value() == 200);
  REQUIRE(g.uint("u8", 199).error().what == "t.gguf: key \"u8\": is 200, must be at most 199");
  REQUIRE(g.uint("u64", 9).error().code == errc::bad_file);
  REQUIRE(g.uint("f32").error().code == errc::mismatch);
  REQUIRE(g.uint("yes").error().what == "t.gguf: key \"yes\": expected an integer, found bool");
  REQUIRE(g.real("u8").error().code == errc::mismatch);
  REQUIRE(g.boolean("u8").error().code == errc::mismatch);
  REQUIRE(g.string("u8").error().code == errc::mismatch);
  REQUIRE(g.uint("text").error().code == errc::mismatch);
  REQUIRE(g.ints("u8").error().what == "t.gguf: key \"u8\": expected an array, found u8");
  REQUIRE(g.strings("text").error().code == errc::mismatch);
  REQUIRE(g.uint("gone").error().code == errc::missing);
  REQUIRE(g.uint("go\nne").error().what == "t.gguf: key \"go\\x0ane\" is missing");
  REQUIRE(g.real("gone").error().code == errc::missing);
  REQUIRE(g.boolean("gone").error().code == errc::missing);
  REQUIRE(g.string("gone").error().code == errc::missing);
  REQUIRE(g.reals("gone").error().code == errc::missing);

  REQUIRE(g.uint_or("gone", 3).value() == 3);
  REQUIRE(g.uint_or("u8", 3).value() == 200);
  REQUIRE(g.uint_or("u8", 3, 100).error().code == errc::bad_file);
  REQUIRE(g.uint_or("text", 3).error().code == errc::mismatch);
  REQUIRE(g.real_or("gone", 2.5).value() == 2.5);
  REQUIRE(g.real_or("u8", 2.5).error().code == errc::mismatch);
  REQUIRE(g.boolean_or("gone", true).value());
  REQUIRE(g.boolean_or("u8", true).error().code == errc::mismatch);
  REQUIRE(g.string_or("gone", "z").value() == "z");
  REQUIRE(g.string_or("u8", "z").error().code == errc::mismatch);
}

TEST_CASE("io/gguf: strings keep zero bytes") {
  writer w;
  w.text("k", std::string_view("a\0b", 3));
  const auto file = w.bytes();
  REQUIRE(gguf::parse(file, "t.gguf").value().string("k").value() == std::string_view("a\0b", 3));
}

TEST_CASE("io/gguf: arrays") {
  writer w;
  w.texts("s", {"", "one", std::string("t\0o", 3), "three"}).texts("none", {});
  w.numbers<std::int8_t>("i8", writer::i8, {-1, 2}).numbers<std::uint16_t>("u16", writer::u16, {1, 65535});
  w.numbers<std::uint64_t>("u64", writer::u64, {1, (1ull << 63) - 1})
      .numbers<std::uint64_t>("big", writer::u64, {1, 1ull << 63});
  w.numbers<float>("f32", writer::f32, {0.5f, -1}).numbers<double>("f64", writer::f64, {0.1});
  w.numbers<std::uint8_t>("bools", writer::boolean, {1, 0});
  const auto file = w.bytes();
  const gguf g = gguf::parse(file, "t.gguf").value();

  const gguf_strings s = g.strings("s", 4).value();
  const std::vector<std::string> got(s.begin(), s.end());
  REQUIRE(got == std::vector<std::string>{"", "one", std::string("t\0o", 3), "three"});
  REQUIRE(s.size() == 4);
  REQUIRE(g.strings("none").value().empty());
  REQUIRE(g.strings("none").value().begin() == g.strings("none").value().end());
  REQUIRE(g.ints("i8").value()[0] == -1);
  REQUIRE(g.ints("i8", 2).value()[1] == 2);
  REQUIRE(g.ints("u16").value()[1] == 65535);
  REQUIRE(g.ints("u64").value()[1] == std::numeric_limits<std::int64_t>::max());
  REQUIRE(g.reals("f32").value()[1] == -1);
  REQUIRE(g.reals("f64").value()[0] == 0.1);
  REQUIRE(g.reals("f64").value().size() == 1);

  REQUIRE(g.ints("big").error().what == "t.gguf: key \"big\": element 1 is 2^63 or more");
  REQUIRE(g.strings("s", 5).error().what == "t.gguf: key \"s\": expected 5 elements, found 4");
  REQUIRE(g.ints("i8", 3).error().code == errc::mismatch);
  REQUIRE(g.reals("f32", 3).error().code == errc::mismatch);
  REQUIRE(g.strings("i8").error().what == "t.gguf: key \"i8\": expected an array of strings, found array of i8");
  REQUIRE(g.ints("s").error().code == errc::mismatch);
  REQUIRE(g.ints("f32").error().code == errc::mismatch);
  REQUIRE(g.ints("bools").error().code == errc::mismatch);
  REQUIRE(g.reals("u16").error().code == errc::mismatch);
  REQUIRE(g.uint("i8").error().code == errc::mismatch);
}

TEST_CASE("io/gguf: an array of strings stays inside the file when the file changes under it") {
  writer w;
  w.texts("s", {"abc", "de"});
  auto file = w.bytes();
  const gguf g = gguf::parse(file, "t.gguf").value();
  const gguf_strings s = g.strings("s").value();
  const std::uint64_t huge = ~0ull;
  std::memcpy(file.data() + (file.size() - 2 - 8 - 3 - 8), &huge, 8);
  std::size_t n = 0, total = 0;
  for (std::string_view text : s) ++n, total += text.size();
  REQUIRE(n == 2);
  REQUIRE(total <= 5);
}

TEST_CASE("io/gguf: header") {
  refuses(std::vector<std::byte>{}, errc::bad_file, "0 bytes");
  writer w;
  auto file = w.bytes();
  REQUIRE(file.size() == 24);
  file.pop_back();
  refuses(file, errc::bad_file, "23 bytes");
  w.magic = "GGML";
  refuses(w, errc::bad_file, "does not begin");
  w = {};
  for (std::uint32_t v : {0u, 4u, 0x10000u + 1u}) {
    w.version = v;
    refuses(w, errc::unsupported, "GGUF version " + std::to_string(v));
  }
  w.version = 1;
  refuses(w, errc::unsupported, "obsolete");
  w.version = 0x03000000;
  refuses(w, errc::unsupported, "big-endian");
  w.version = 2;
  REQUIRE(gguf::parse(w.bytes(), "t.gguf"));
}

TEST_CASE("io/gguf: counts are believed only as far as the file is long") {
  writer w = two();
  const std::uint64_t left = w.bytes().size() - 24;
  for (std::uint64_t n : {left / 14 + 1, std::uint64_t{1} << 33, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    w.claimed_values = n;
    refuses(w, errc::bad_file, "claims " + std::to_string(n) + " metadata values");
  }
  w = two();
  for (std::uint64_t n : {left / 25 + 1, std::uint64_t{1} << 33, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    w.claimed_tensors = n;
    refuses(w, errc::bad_file, "claims " + std::to_string(n) + " tensors");
  }
  // The absolute limits, in a file long enough.
  w = {};
  w.data.assign(27u << 20, '\0');
  w.claimed_values = (1u << 16) + 1;
  refuses(w, errc::bad_file, "claims 65537 metadata values");
  w.claimed_values = 0;
  w.claimed_tensors = (1u << 20) + 1;
  refuses(w, errc::bad_file, "claims 1048577 tensors");
}

TEST_CASE("io/gguf: a file cut anywhere is refused, and so is every single byte set to 0xff read safely") {
  writer w = two();
  w.texts("tokens", {"a", "bc"}).numbers<float>("scores", writer::f32, {1, 2}).value<double>("d", writer::f64, 1);
  const auto file = w.bytes();
  REQUIRE(gguf::parse(file, "t.gguf"));
  for (std::size_t n = 0; n < file.size(); ++n) {
    // On the heap at its exact size, so that a sanitizer sees a read past the end.
    const std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n));
    REQUIRE_FALSE(gguf::parse(cut, "t.gguf"));
  }
  for (std::size_t n = 0; n < file.size(); ++n) {
    auto changed = file;
    changed[n] = std::byte{0xff};
    if (const auto g = gguf::parse(changed, "t.gguf"))
      for (const gguf_tensor& t : g->tensors()) {
        REQUIRE(t.data >= changed.data());
        REQUIRE(t.data + t.bytes <= changed.data() + changed.size());
      }
  }
}

TEST_CASE("io/gguf: keys and strings") {
  const auto one = [](const std::string& values) {
    writer w;
    w.values.bytes = values;
    w.n_values = 1;
    w.data.assign(64, '\0');
    return w;
  };
  writer cut;
  cut.n_values = 1;
  cut.values.bytes = byte_writer{}.text("k").put(writer::string).put('x').bytes;
  refuses(cut, errc::bad_file, "key \"k\": the file ends before a string's length");
  refuses(one(byte_writer{}.text("").put(writer::u8).put('x').bytes), errc::bad_file, "key is empty");
  for (std::uint64_t n : {std::uint64_t{1000}, std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 31}) {
    refuses(one(byte_writer{}.put(n).bytes), errc::bad_file,
            "metadata value 0: a string of " + std::to_string(n) + " bytes");
    refuses(one(byte_writer{}.text("k").put(writer::string).put(n).bytes), errc::bad_file,
            "key \"k\": a string of " + std::to_string(n) + " bytes");
  }
  writer w;
  w.text(std::string(65535, 'k'), "v");
  REQUIRE(gguf::parse(w.bytes(), "t.gguf"));
  w = {};
  w.text(std::string(65536, 'k'), "v");
  refuses(w, errc::bad_file, "65536 bytes, at most 65535");
  w = {};
  w.text("same", "1").text("other", "2").value<std::uint8_t>("same", writer::u8, 1);
  refuses(w, errc::bad_file, "key \"same\": appears twice");
  w = {};
  w.text("k", std::string((std::size_t{64} << 20) + 1, 'x'));
  refuses(w, errc::bad_file, "at most 67108864");
}

TEST_CASE("io/gguf: a file that ends inside a field says which") {
  const std::string key(16, 'k'), tensor_name(63, 't');
  const auto value = [&](const byte_writer& rest, const std::string& before) {
    writer w;
    w.values.text(key);
    w.values.bytes += rest.bytes;
    w.n_values = 1;
    refuses(w, errc::bad_file, "key \"" + key + "\": the file ends before " + before + " (at byte");
  };
  value(byte_writer{}.put<std::uint16_t>(0), "its value");
  value(byte_writer{}.put(writer::u32).put<std::uint16_t>(0), "the value");
  value(byte_writer{}.put(writer::u64).put<std::uint32_t>(0), "the value");
  value(byte_writer{}.put(writer::string).put<std::uint32_t>(0), "a string's length");
  value(byte_writer{}.put(writer::array).put<std::uint16_t>(0), "the array's elements");
  value(byte_writer{}.put(writer::array).put(writer::u8).put<std::uint32_t>(0), "the array's length");
  const auto tensor = [&](const byte_writer& rest, const std::string& before) {
    writer w;
    w.infos.text(tensor_name);
    w.infos.bytes += rest.bytes;
    w.n_tensors = 1;
    refuses(w, errc::bad_file, "tensor \"" + tensor_name + "\": the file ends before " + before + " (at byte");
  };
  using u32 = std::uint32_t;
  using u64 = std::uint64_t;
  tensor(byte_writer{}.put<std::uint16_t>(0), "the number of dimensions");
  tensor(byte_writer{}.put<u32>(1).put<u32>(4), "its dimensions");
  tensor(byte_writer{}.put<u32>(2).put<u64>(4).put<u32>(4), "its dimensions");
  tensor(byte_writer{}.put<u32>(1).put<u64>(4).put<std::uint16_t>(0), "its type and offset");
  tensor(byte_writer{}.put<u32>(1).put<u64>(4).put<u32>(0).put<u32>(0), "its type and offset");
}

TEST_CASE("io/gguf: value types and arrays") {
  for (std::uint32_t type : {13u, 0x80000000u, 0xffffffffu, 256u}) {
    writer w;
    w.value<std::uint64_t>("k", type, 0);
    refuses(w, errc::bad_file, "there is no type " + std::to_string(type));
    w = {};
    w.values.text("k").put(writer::array).put(type).put<std::uint64_t>(1).put<std::uint64_t>(0);
    w.n_values = 1;
    refuses(w, errc::bad_file, "there is no type " + std::to_string(type));
  }
  writer nested;
  nested.values.text("k").put(writer::array).put(writer::array).put<std::uint64_t>(0).put<std::uint64_t>(0);
  nested.n_values = 1;
  refuses(nested, errc::bad_file, "arrays of arrays");

  for (std::uint32_t element : {writer::u8, writer::f32, writer::u64, writer::string})
    for (std::uint64_t n : {std::uint64_t{65}, std::uint64_t{1} << 61, std::uint64_t{1} << 62, std::uint64_t{1} << 63,
                            ~std::uint64_t{0}}) {
      writer w;
      w.values.text("k").put(writer::array).put(element).put(n);
      w.n_values = 1;
      w.data.assign(32, '\0');
      refuses(w, errc::bad_file, "key \"k\": an array of " + std::to_string(n) + " elements");
    }
  writer inner;
  inner.values.text("k").put(writer::array).put(writer::string).put<std::uint64_t>(2).text("a").put<std::uint64_t>(99);
  inner.n_values = 1;
  refuses(inner, errc::bad_file, "key \"k\", element 1: a string of 99 bytes");

  writer bools;
  bools.value<std::uint8_t>("k", writer::boolean, 2);
  refuses(bools, errc::bad_file, "a bool is 0 or 1, found 2");
}

TEST_CASE("io/gguf: an array has at most 2^28 elements") {
  writer w;
  w.values.text("k").put(writer::array).put(writer::u8).put<std::uint64_t>((1u << 28) + 1);
  w.values.bytes.resize(w.values.bytes.size() + (1u << 28) + 1);
  w.n_values = 1;
  refuses(w, errc::bad_file, "at most 268435456");
}

TEST_CASE("io/gguf: alignment") {
  for (std::uint32_t n : {0u, 3u, 48u, 1u << 21, 1u << 31, 0xffffffffu}) {
    writer w;
    w.value("general.alignment", writer::u32, n);
    refuses(w, errc::bad_file, "key \"general.alignment\": is " + std::to_string(n));
  }
  writer w;
  w.value<std::uint64_t>("general.alignment", writer::u64, 64);
  refuses(w, errc::bad_file, "expected a u32, found u64");
  w = {};
  w.text("general.alignment", "64");
  refuses(w, errc::bad_file, "expected a u32, found string");
  for (std::uint32_t n : {8u, 64u, 4096u, 1u << 20}) {
    w = {};
    w.alignment = n;
    w.value("general.alignment", writer::u32, n).tensor("a", {4}, 0, 16).tensor("b", {4}, 0, 16);
    const auto file = w.bytes();
    const gguf g = gguf::parse(file, "t.gguf").value();
    REQUIRE(g.alignment() == n);
    REQUIRE(g.tensor("b")->data - g.tensor("a")->data == static_cast<std::ptrdiff_t>(std::max(n, 16u)));
  }
}

TEST_CASE("io/gguf: data at an address that its elements cannot have is refused") {
  writer w;
  w.alignment = 1;
  w.value<std::uint32_t>("general.alignment", writer::u32, 1);
  w.info("bytes", {1}, 24, 0).info("floats", {1}, 0, 1);
  w.data.assign(5, 'x');
  for (int pad = 0; pad < 4; ++pad) {  // whatever the header's length, three of four are odd
    w.values.bytes.clear();
    w.n_values = 0;
    w.value<std::uint32_t>("general.alignment", writer::u32, 1)
        .text("pad", std::string(static_cast<std::size_t>(pad), 'x'));
    const auto file = w.bytes();
    const auto g = gguf::parse(file, "t.gguf");
    const auto address = reinterpret_cast<std::uintptr_t>(file.data()) + file.size() - 4;
    REQUIRE(static_cast<bool>(g) == (address % 4 == 0));
    if (!g) REQUIRE(g.error().code == errc::bad_argument);
  }
}

TEST_CASE("io/gguf: tensor names and dimensions") {
  writer w;
  w.tensor("", {4}, 0, 16);
  refuses(w, errc::bad_file, "name is empty");
  w = {};
  w.tensor(std::string(63, 'n'), {4}, 0, 16);
  REQUIRE(gguf::parse(w.bytes(), "t.gguf"));
  w = {};
  w.tensor(std::string(64, 'n'), {4}, 0, 16);
  refuses(w, errc::bad_file, "64 bytes, at most 63");
  w = {};
  w.tensor("a", {4}, 0, 16).tensor("b", {4}, 0, 16).tensor("a", {4}, 0, 16);
  refuses(w, errc::bad_file, "tensor \"a\": appears twice");
  w = {};
  w.tensor("a", {1, 1, 1, 1, 4}, 0, 16);
  refuses(w, errc::bad_file, "5 dimensions");

  const std::uint64_t half = std::uint64_t{1} << 32;
  const std::uint64_t big = std::uint64_t{1} << 63;
  for (const std::vector<std::uint64_t>& dims : {std::vector<std::uint64_t>{big},
                                                 {~0ull},
                                                 {half, half},
                                                 {4, half, half},
                                                 {half, half, 0},
                                                 {0, half, half},
                                                 {big - 1, 4}}) {
    w = {};
    w.tensor("a", dims, 24, 64);
    refuses(w, errc::bad_file, "multiply to 2^63 or more");
  }
  for (std::uint32_t type : {0u, 28u}) {  // 2^62 elements are countable, their bytes are not
    w = {};
    w.tensor("a", {1ull << 62}, type, 64);
    refuses(w, errc::bad_file, "2^63 bytes or more");
    w = {};
    w.tensor("a", {4, 1ull << 60}, type, 64);
    refuses(w, errc::bad_file, "2^63 bytes or more");
  }
}

TEST_CASE("io/gguf: element types") {
  const std::vector<std::uint32_t> known{0,  1,  2,  3,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                                         20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 34, 35, 39, 40, 41, 42};
  for (std::uint32_t id = 0; id < 300; ++id) {
    writer w;
    w.tensor("a", {256}, id, 2048);
    if (std::find(known.begin(), known.end(), id) != known.end()) {
      const auto file = w.bytes();
      const gguf g = gguf::parse(file, "t.gguf").value();
      REQUIRE(static_cast<std::uint32_t>(g.tensor("a")->type) == id);
    } else {
      refuses(w, errc::unsupported, "tensor \"a\": element type " + std::to_string(id) + " is not known");
    }
  }
  writer w;
  w.tensor("a", {256}, 0xffffffffu, 2048);
  refuses(w, errc::unsupported, "4294967295");
  w = {};
  w.tensor("a", {128, 2}, 12, 144);
  refuses(w, errc::bad_file, "rows of 128 elements, q4_k needs a multiple of 256");
  w = {};
  w.tensor("a", {33}, 2, 36);
  refuses(w, errc::bad_file, "rows of 33 elements, q4_0");
}

TEST_CASE("io/gguf: offsets") {
  const auto one = [](std::uint64_t offset, std::uint64_t n, std::size_t size) {
    writer w;
    w.info("first", {8}, 0, 0).info("a", {n}, 0, offset);
    w.data.assign(size, 'x');
    return w;
  };
  REQUIRE(gguf::parse(one(32, 8, 64).bytes(), "t.gguf"));
  refuses(one(40, 4, 64), errc::bad_file, "offset 40 is not a multiple of 32");
  refuses(one(32, 9, 64), errc::bad_file, "its 36 bytes at offset 32 do not fit the 64 bytes");
  refuses(one(96, 8, 64), errc::bad_file, "do not fit");
  refuses(one(96, 0, 64), errc::bad_file, "do not fit");
  refuses(one(std::uint64_t{1} << 63, 8, 64), errc::bad_file, "do not fit");
  refuses(one(~std::uint64_t{0} - 31, 8, 64), errc::bad_file, "do not fit");  // offset + bytes wraps to 0
  refuses(one(32, 1ull << 60, 64), errc::bad_file, "do not fit");
  refuses(one(0, 8, 64), errc::bad_file, "overlaps tensor");
  writer w;
  w.info("a", {16}, 0, 0).info("b", {8}, 0, 32);
  w.data.assign(64, 'x');
  refuses(w, errc::bad_file, "tensor \"b\": overlaps tensor \"a\"");
  w = {};
  w.info("a", {8}, 0, 32).info("b", {16}, 0, 0);
  w.data.assign(64, 'x');
  refuses(w, errc::bad_file, "tensor \"a\": overlaps tensor \"b\"");
  w = {};  // empty tensors may lie anywhere, inside others too
  w.info("a", {16}, 0, 0).info("b", {0}, 0, 32).info("c", {0}, 0, 0);
  w.data.assign(64, 'x');
  REQUIRE(gguf::parse(w.bytes(), "t.gguf"));

  w = {};  // the data begins beyond the end
  w.info("a", {0}, 0, 0);
  auto file = w.bytes();
  REQUIRE(file.size() % 32 != 0);
  refuses(file, errc::bad_file, "ends before the tensor data");
}

TEST_CASE("io/gguf: old quantization is refused where it matters") {
  for (std::uint32_t version : {1u, 3u}) {
    writer w;
    w.value("general.quantization_version", writer::u32, version).tensor("a", {32}, 2, 18);
    refuses(w, errc::unsupported, "quantization version " + std::to_string(version));
    w = {};
    w.value("general.quantization_version", writer::u32, version).tensor("a", {32}, 0, 128);
    REQUIRE(gguf::parse(w.bytes(), "t.gguf"));
  }
  writer w;
  w.value<std::uint32_t>("general.quantization_version", writer::u32, 2).tensor("a", {32}, 2, 18);
  REQUIRE(gguf::parse(w.bytes(), "t.gguf"));
}

TEST_CASE("io/gguf: text from the file is made fit for messages") {
  writer w;
  w.tensor("a\x1b[2J\n", {4}, 99, 16);
  const auto file = w.bytes();
  const auto g = gguf::parse(file, "dir/\nfile");
  REQUIRE_FALSE(g);
  REQUIRE(g.error().what == "dir/\\x0afile: tensor \"a\\x1b[2J\\x0a\": element type 99 is not known");
  w = {};
  const std::string key(1000, 'k');
  w.value<std::uint8_t>(key, 99, 0);
  REQUIRE(gguf::parse(w.bytes(), "t").error().what.size() < 300);
}

TEST_CASE("io/gguf: names chosen by an enemy cost no more than others") {
  writer w;
  for (int i = 0; i < 60000; ++i) w.info(std::string("t") + std::to_string(i), {0}, 0, 0);
  w.data.assign(32, 'x');
  for (int i = 0; i < 60000; ++i) w.value<std::uint8_t>(std::string("k") + std::to_string(i), writer::u8, 1);
  const auto file = w.bytes();
  const gguf g = gguf::parse(file, "t.gguf").value();  // comparing all pairs would take minutes
  REQUIRE(g.uint("k59999").value() == 1);
  REQUIRE(g.tensor("t0") == &g.tensors()[0]);
}

TEST_CASE("io/gguf: a vocabulary of 150,000 tokens is not copied") {
  writer w;
  std::vector<std::string> tokens(150000);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = std::string("token") + std::to_string(i);
  w.texts("tokenizer.ggml.tokens", tokens).numbers("types", writer::i32, std::vector<std::int32_t>(tokens.size(), 1));
  const auto file = w.bytes();
  const std::uint64_t allocated = allocations::bytes();
  const gguf g = gguf::parse(file, "t.gguf").value();
  const gguf_strings s = g.strings("tokenizer.ggml.tokens").value();
  REQUIRE(allocations::bytes() - allocated < 4096);
  REQUIRE(std::equal(s.begin(), s.end(), tokens.begin(), tokens.end()));
}

// ---- malformed and valid files made by others --------------------------------------------------

namespace {
std::map<std::string, std::pair<std::string, std::string>> expectations(const std::filesystem::path& path) {
  const std::vector<char> raw = read_bytes(path);
  const std::string text(raw.begin(), raw.end());
  std::map<std::string, std::pair<std::string, std::string>> out;
  std::vector<std::string> words;  // quoted strings: name, "expect", verdict, "level", level
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos;) {
    const std::size_t end = text.find('"', at + 1);
    words.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  for (std::size_t i = 0; i + 4 < words.size(); i += 5) out[words[i]] = {words[i + 2], words[i + 4]};
  return out;
}
}  // namespace

TEST_CASE("io/gguf: golden malformed files are refused in little memory", "[golden]") {
  const auto root = golden("text/containers");
  if (root.empty()) return;
  const auto expected = expectations(root / "gguf-bad.expect.json");
  REQUIRE(expected.size() == 83);
  std::uint64_t most = 0;
  for (const auto& [stem, verdict] : expected) {
    INFO(stem);
    const std::vector<char> file = read_bytes(root / "gguf-bad" / (stem + ".gguf"));
    const std::uint64_t allocated = allocations::bytes();
    const auto g = gguf::parse(std::as_bytes(std::span(file)), stem);
    most = std::max(most, allocations::bytes() - allocated);
    // Other levels are refused above the container: weights.hpp, the tokenizer.
    if (verdict.second == "reader" && verdict.first == "reject") CHECK_FALSE(g);
    if (verdict.second != "reader") CHECK(g);
  }
  CHECK(most < 64u << 20);
}

TEST_CASE("io/gguf: golden valid files are read", "[golden]") {
  const auto root = golden("text/containers/gguf-good");
  if (root.empty()) return;
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    INFO(entry.path().string());
    const std::vector<char> file = read_bytes(entry.path());
    const auto g = gguf::parse(std::as_bytes(std::span(file)), entry.path().filename().string());
    if (!g) WARN(g.error().what);
    CHECK(g);
    ++n;
  }
  REQUIRE(n == 10);
}

TEST_CASE("io/gguf: golden models and vocabularies are read", "[golden]") {
  const auto root = golden("");
  if (root.empty()) return;
  std::size_t n = 0;
  for (const char* folder : {"models", "text/gguf-vocab", "stories", "real"}) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".gguf") continue;
      INFO(entry.path().string());
      const std::vector<char> file = read_bytes(entry.path());
      const auto g = gguf::parse(std::as_bytes(std::span(file)), entry.path().string());
      if (!g) WARN(g.error().what);
      CHECK(g);
      ++n;
    }
  }
  CHECK(n > 0);
}
