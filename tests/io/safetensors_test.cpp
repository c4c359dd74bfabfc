#include "allocations.hpp"
#include "catch.hpp"
#include "golden.hpp"
#include "temporary.hpp"

#include <retort/io/safetensors.hpp>

using namespace retort;

namespace {

std::vector<std::byte> file_of(const std::string& header, std::size_t n_data) {
  const std::uint64_t n = header.size();
  std::vector<std::byte> file(8 + header.size() + n_data);
  std::memcpy(file.data(), &n, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  for (std::size_t i = 0; i < n_data; ++i) file[8 + header.size() + i] = static_cast<std::byte>(i);
  return file;
}

std::string entry(const std::string& name, const std::string& type, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

void refuses(const std::vector<std::byte>& file, const std::string& part) {
  const auto s = safetensors::parse(file, "t.safetensors");
  INFO("expected \"" << part << "\"");
  REQUIRE_FALSE(s);
  INFO(s.error().what);
  CHECK(s.error().code == errc::bad_file);
  CHECK(s.error().what.find("t.safetensors: ") == 0);
  CHECK(s.error().what.find(part) != std::string::npos);
}
void refuses(const std::string& header, std::size_t n_data, const std::string& part) {
  refuses(file_of(header, n_data), part);
}

template <class T>
void refuses(const result<T>& r, errc code, const std::string& part) {
  REQUIRE_FALSE(r);
  INFO(r.error().what);
  CHECK(r.error().code == code);
  CHECK(r.error().what.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("io/safetensors: tensors, their order, types and metadata") {
  const auto file = file_of(
      std::string("{") + entry("b", "U8", "[2,3]", "[24,30]") + ",\"__metadata__\":{\"format\":\"pt\",\"x\":\"\"}," +
          entry("a\\u0628\\\"", "F32", "[3, 2]", "[0,24]") + "," + entry("s", "BF16", "[]", "[30,32]") + "}   ",
      32);
  const safetensors s = safetensors::parse(file, "t").value();
  REQUIRE(s.tensors().size() == 3);
  REQUIRE(s.tensors()[0].name == "b");
  REQUIRE(s.metadata().size() == 2);
  REQUIRE(s.metadata()[0].name == "format");
  REQUIRE(s.metadata()[0].text == "pt");
  const safetensor* a = s.find("a\xd8\xa8\"");
  REQUIRE(a);
  REQUIRE(a->shape == std::vector<std::uint64_t>{3, 2});
  REQUIRE(a->type.known == dtype::f32);
  REQUIRE(a->bytes == 24);
  REQUIRE(a->data[23] == std::byte{23});
  REQUIRE_FALSE(s.find("b")->type.known);
  REQUIRE(std::string(s.find("b")->type.name) == "U8");
  REQUIRE(s.find("b")->data[0] == std::byte{24});
  REQUIRE(s.find("s")->shape.empty());
  REQUIRE(s.find("x") == nullptr);
  REQUIRE(safetensors::parse(file_of("{}", 0), "t").value().tensors().empty());
}

TEST_CASE("io/safetensors: every type, and the bits it takes") {
  for (const auto& t : detail::safetensors_types) {
    const std::uint64_t bytes = 8u * t.bits / 8u;
    const std::string offsets = std::string("[0,") + std::to_string(bytes) + "]";
    const auto file =
        file_of(std::string("{") + entry("a", t.name, "[8]", offsets) + "}", static_cast<std::size_t>(bytes));
    const auto s = safetensors::parse(file, "t");
    INFO(t.name);
    REQUIRE(s);
    if (t.known) REQUIRE(traits(*t.known).bytes * 8 == t.bits);
  }
  refuses(std::string("{") + entry("a", "F4", "[3]", "[0,1]") + "}", 1, "do not fill whole bytes");
  refuses(std::string("{") + entry("a", "F6_E2M3", "[3]", "[0,2]") + "}", 2, "do not fill whole bytes");
  refuses(std::string("{") + entry("a", "F99", "[3]", "[0,2]") + "}", 2, "there is no type \"F99\"");
}

TEST_CASE("io/safetensors: header length") {
  for (std::size_t n = 0; n < 8; ++n) refuses(std::vector<std::byte>(n), "too short");
  for (std::uint64_t n : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{1} << 63,
                          ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    auto file = file_of("{}", 0);
    std::memcpy(file.data(), &n, 8);
    refuses(file, std::string("a header of ") + std::to_string(n));
  }
  std::string long_header = "{}";
  long_header.resize(100'000'001, ' ');
  refuses(file_of(long_header, 0), "a header of 100000001");
}

TEST_CASE("io/safetensors: only one JSON object") {
  const std::string good = entry("a", "U8", "[8]", "[0,8]");
  REQUIRE(safetensors::parse(file_of("{" + good + "}", 8), "t"));
  refuses(" {" + good + "}", 8, "no JSON object");
  refuses("[]", 0, "no JSON object");
  refuses("{" + good + "}x", 8, "not valid JSON");
  refuses("{" + good + "}{}", 8, "not valid JSON");
  refuses("{" + good, 8, "not valid JSON");
  refuses("{" + good + ",}", 8, "not valid JSON");
  refuses("{/**/" + good + "}", 8, "not valid JSON");
  refuses(std::string("{") + entry("a\xff", "U8", "[8]", "[0,8]") + "}", 8, "not valid JSON");
  refuses(std::string("{") + entry("a\xc0\xaf", "U8", "[8]", "[0,8]") + "}", 8, "not valid JSON");
  refuses(std::string("{") + entry("\\ud800", "U8", "[8]", "[0,8]") + "}", 8, "not valid JSON");
  refuses("{" + good + std::string("}") + std::string("\0rest", 5), 8, "not valid JSON at byte");
  refuses(std::string("{\"a\":") + std::string(50000, '['), 8, "holds an array");
  refuses(std::string("{\"a\":{\"shape\":") + std::string(50000, '['), 8, "holds an array");
  std::string deep = "{";
  for (int i = 0; i < 50000; ++i) deep += "\"a\":{";
  refuses(deep, 8, "there is no field");
}

TEST_CASE("io/safetensors: only the fields there are, each once, each of its type") {
  const std::string good = entry("a", "U8", "[8]", "[0,8]");
  refuses("{\"a\":5}", 0, "tensor \"a\": holds a number");
  refuses("{\"a\":null}", 0, "tensor \"a\": holds null");
  refuses("{\"a\":true}", 0, "holds a bool");
  refuses("{\"a\":\"x\"}", 0, "holds a string");
  refuses("{\"a\":{}}", 0, "\"dtype\" is missing");
  refuses(R"({"a":{"shape":[8],"data_offsets":[0,8]}})", 8, "\"dtype\" is missing");
  refuses(R"({"a":{"dtype":"U8","data_offsets":[0,8]}})", 8, "\"shape\" is missing");
  refuses(R"({"a":{"dtype":"U8","shape":[8]}})", 8, "\"data_offsets\" is missing");
  refuses(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"strides":[1]}})", 8, "there is no field \"strides\"");
  refuses(R"({"a":{"dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8]}})", 8, "\"dtype\" appears twice");
  refuses(R"({"a":{"dtype":"U8","shape":[8],"shape":[8],"data_offsets":[0,8]}})", 8, "\"shape\" appears twice");
  refuses(R"({"a":{"dtype":5,"shape":[8],"data_offsets":[0,8]}})", 8, "holds a number");
  refuses(R"({"a":{"dtype":["U8"],"shape":[8],"data_offsets":[0,8]}})", 8, "holds an array");
  refuses(R"({"a":{"dtype":{},"shape":[8],"data_offsets":[0,8]}})", 8, "holds an object");
  refuses(R"({"a":{"dtype":"U8","shape":8,"data_offsets":[0,8]}})", 8, "holds a number");
  refuses(R"({"a":{"dtype":"U8","shape":"U8","data_offsets":[0,1]}})", 1, "holds a string");
  refuses("{" + good + ",\"b\":[0,8]}", 8, "tensor \"b\": holds an array");
  refuses("{" + good + ",\"b\":\"U8\"}", 8, "tensor \"b\": holds a string");
  refuses("{" + good + ",\"__metadata__\":{\"k\":[0,8]}}", 8, "__metadata__: holds an array");
  refuses(R"({"a":{"dtype":"U8","shape":["8"],"data_offsets":[0,8]}})", 8, "holds a string");
  refuses(R"({"a":{"dtype":"U8","shape":[[8]],"data_offsets":[0,8]}})", 8, "holds an array");
  refuses(R"({"a":{"dtype":"U8","shape":[{}],"data_offsets":[0,8]}})", 8, "holds an object");
  refuses(R"({"a":{"dtype":"U8","shape":[null],"data_offsets":[0,8]}})", 8, "holds null");
  refuses(std::string("{") + entry("a", "U8", "[4]", "[0,4]") + "," + entry("a", "U8", "[4]", "[4,8]") + "}", 8,
          "tensor \"a\": appears twice");
  refuses(std::string("{") + entry("a", "U8", "[4]", "[0,4]") + "," + entry("\\u0061", "U8", "[4]", "[4,8]") + "}", 8,
          "appears twice");
}

TEST_CASE("io/safetensors: metadata is texts") {
  refuses(R"({"__metadata__":{"a":1}})", 0, "__metadata__: holds a number");
  refuses(R"({"__metadata__":{"a":null}})", 0, "__metadata__: holds null");
  refuses(R"({"__metadata__":{"a":{"b":"c"}}})", 0, "__metadata__: holds an object");
  refuses(R"({"__metadata__":{"a":["b"]}})", 0, "__metadata__: holds an array");
  refuses(R"({"__metadata__":"a"})", 0, "__metadata__: holds a string");
  refuses(R"({"__metadata__":{"a":"b","c":"d","a":"b"}})", 0, "\"a\" appears twice");
  refuses(R"({"__metadata__":{},"__metadata__":{}})", 0, "\"__metadata__\" appears twice");
}

TEST_CASE("io/safetensors: numbers are whole and below 2^63") {
  for (const char* n :
       {"-8", "8.0", "8e0", "1e400", "-0", "9223372036854775808", "18446744073709551615", "18446744073709551616"}) {
    const auto file = file_of(std::string("{") + entry("a", "U8", std::string("[") + n + "]", "[0,8]") + "}", 8);
    INFO(n);
    CHECK_FALSE(safetensors::parse(file, "t"));
    const auto offsets = file_of(std::string("{") + entry("a", "U8", "[8]", std::string("[0,") + n + "]") + "}", 8);
    CHECK_FALSE(safetensors::parse(offsets, "t"));
  }
  refuses(std::string("{") + entry("a", "U8", "[9223372036854775808]", "[0,8]") + "}", 8, "not a whole one below 2^63");
  REQUIRE(safetensors::parse(file_of(std::string("{") + entry("a", "U8", "[1,1,1,1,1,1,1,8]", "[0,8]") + "}", 8), "t"));
  refuses(std::string("{") + entry("a", "U8", "[1,1,1,1,1,1,1,1,8]", "[0,8]") + "}", 8, "more than 8 dimensions");
  refuses(std::string("{") + entry("a", "U8", "[8]", "[0]") + "}", 8, "needs two numbers");
  refuses(std::string("{") + entry("a", "U8", "[8]", "[]") + "}", 8, "needs two numbers");
  refuses(std::string("{") + entry("a", "U8", "[8]", "[0,8,8]") + "}", 8, "needs two numbers");
}

TEST_CASE("io/safetensors: sizes and places") {
  const auto one = [](const std::string& shape, const std::string& offsets) {
    return std::string("{") + entry("a", "F32", shape, offsets) + "}";
  };
  refuses(one("[4294967296,4294967296,2]", "[0,32]"), 32, "2^63 bits");
  refuses(one("[0,4294967296,4294967296,2]", "[0,0]"), 0, "2^63 bits");
  refuses(one("[288230376151711744]", "[0,32]"), 32, "2^63 bits");
  refuses(one("[1000,1000]", "[0,32]"), 32, "its shape needs 4000000 bytes, its data has 32");
  refuses(one("[4]", "[0,32]"), 32, "its shape needs 16 bytes");
  refuses(one("[8]", "[32,0]"), 32, "before it begins");
  refuses(one("[16]", "[0,64]"), 32, "its 64 bytes at offset 0 do not fit the 32 bytes");
  refuses(one("[8]", "[32,64]"), 32, "its 32 bytes at offset 32 do not fit the 32 bytes");
  refuses(one("[0]", "[33,33]"), 32, "do not fit");
  refuses(one("[4]", "[16,32]"), 32, "begins at 16, the data before it ends at 0");
  refuses(one("[4]", "[0,16]"), 32, "its tensors end at 16, its data has 32 bytes");
  refuses("{}", 1, "its tensors end at 0");
  const auto two = [](const std::string& a, const std::string& b) {
    return std::string("{") + entry("a", "U8", "[16]", a) + "," + entry("b", "U8", "[16]", b) + "}";
  };
  REQUIRE(safetensors::parse(file_of(two("[16,32]", "[0,16]"), 32), "t"));
  refuses(two("[0,16]", "[8,24]"), 32, "begins at 8, the data before it ends at 16");
  refuses(two("[0,16]", "[0,16]"), 16, "begins at 0, the data before it ends at 16");
  refuses(two("[0,16]", "[24,40]"), 40, "begins at 24");
  const std::string empty = entry("e", "F32", "[0,4]", "[16,16]") + "," + entry("f", "F32", "[0]", "[16,16]");
  REQUIRE(safetensors::parse(file_of("{" + empty + "," + entry("a", "U8", "[16]", "[0,16]") + "}", 16), "t"));
  refuses(std::string("{") + entry("e", "F32", "[0,4]", "[8,8]") + "," + entry("a", "U8", "[16]", "[0,16]") + "}", 16,
          "begins at 8");
}

TEST_CASE("io/safetensors: a file cut anywhere is refused") {
  const auto file = file_of(std::string("{") + entry("a", "F32", "[3]", "[0,12]") + "}", 12);
  for (std::size_t n = 0; n < file.size(); ++n) {
    const std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n));
    REQUIRE_FALSE(safetensors::parse(cut, "t"));
  }
}

TEST_CASE("io/safetensors: text from the file is made fit for messages") {
  refuses(std::string("{") + entry("a\\u001b\\n", "U8", "[8]", "[0,4]") + "}", 4, "tensor \"a\\x1b\\x0a\"");
  const auto s = safetensors::parse(std::vector<std::byte>(3), "a\nb");
  REQUIRE(s.error().what.find("a\\x0ab: ") == 0);
}

// ---- shards ------------------------------------------------------------------------------------

namespace {
void write_text(const temporary_folder& folder, const std::string& name, const std::string& text) {
  folder.write(name, std::as_bytes(std::span(text)));
}
void write_shards(const temporary_folder& folder) {
  folder.write(
      "m-1.safetensors",
      file_of(std::string("{") + entry("a", "U8", "[4]", "[0,4]") + "," + entry("b", "U8", "[4]", "[4,8]") + "}", 8));
  folder.write("m-2.safetensors", file_of(std::string("{") + entry("c", "U8", "[4]", "[0,4]") + "}", 4));
}
constexpr const char* index_name = "model.safetensors.index.json";
}  // namespace

TEST_CASE("io/safetensors: shards by an index, a folder, a file") {
  const temporary_folder folder;
  write_shards(folder);
  const auto path = [&](const char* name) { return (folder.path / name).string(); };
  refuses(safetensors_set::open(folder.path.string()), errc::io, "model.safetensors: cannot be opened");
  folder.write("model.safetensors", file_of(std::string("{") + entry("z", "U8", "[4]", "[0,4]") + "}", 4));
  REQUIRE(safetensors_set::open(folder.path.string()).value().find("z"));
  REQUIRE(safetensors_set::open(path("m-2.safetensors")).value().n_files() == 1);

  write_text(
      folder, index_name,
      R"({"metadata":{"total_size":12,"x":[[null,true,1.5,-1,"s"]]},"weight_map":{"c":"m-2.safetensors","a":"m-1.safetensors","b":"m-1.safetensors"}})");
  for (const std::string& p : {folder.path.string(), folder.path.string() + "/", path(index_name)}) {
    safetensors_set first = safetensors_set::open(p).value();
    const safetensors_set s = std::move(first);
    REQUIRE(s.n_files() == 2);
    REQUIRE(s.tensors().size() == 3);
    REQUIRE(s.find("b")->data[0] == std::byte{4});
    REQUIRE(s.find("c")->data[3] == std::byte{3});
    REQUIRE(s.find("z") == nullptr);
  }
}

TEST_CASE("io/safetensors: an index names shards beside it and what is in them") {
  const temporary_folder folder;
  write_shards(folder);
  const auto with = [&](const std::string& text) {
    write_text(folder, index_name, text);
    return safetensors_set::open(folder.path.string());
  };
  const auto map = [](const std::string& entries) { return "{\"weight_map\":{" + entries + "}}"; };
  REQUIRE(with(map(R"("a":"m-1.safetensors")")));
  for (const char* name :
       {"../m-1.safetensors", "/m-1.safetensors", "x/m-1.safetensors", "..\\\\m-1.safetensors", "C:m-1.safetensors", "",
        "..", "m-1", "m-1.bin", "m-1.safetensors/", "\\u0000.safetensors", "a\\n.safetensors", "..safetensors"})
    refuses(with(map(std::string("\"a\":\"") + std::string(name) + "\"")), errc::bad_file, "is no name of a shard");
  refuses(with(map(R"("a":"gone.safetensors")")), errc::io, "gone.safetensors: cannot be opened");
  refuses(with(map(R"("c":"m-2.safetensors","a":"m-2.safetensors")")), errc::missing,
          "m-2.safetensors: tensor \"a\" is missing");
  refuses(with(map(R"("c":"m-1.safetensors","a":"m-2.safetensors")")), errc::missing, "is missing");
  refuses(with(map(R"("c":"m-2.safetensors","q":"m-2.safetensors")")), errc::missing, "tensor \"q\" is missing");
  refuses(with(map("")), errc::bad_file, "names no tensor");
  refuses(with("{}"), errc::bad_file, "names no tensor");
  refuses(with("\"x\""), errc::bad_file, "names no tensor");
  refuses(with("[]"), errc::bad_file, "holds an array");
  refuses(with("3"), errc::bad_file, "holds a number");
  refuses(with(""), errc::bad_file, "is empty");
  static_cast<void>(with("{}"));
  std::filesystem::resize_file(folder.path / index_name, 100'000'001);
  refuses(safetensors_set::open(folder.path.string()), errc::bad_file, "too long for an index");
  refuses(with("{\"weight_map\":[]}"), errc::bad_file, "weight_map: holds an array");
  refuses(with("{\"weight_map\":\"x\"}"), errc::bad_file, "weight_map: holds a string");
  refuses(with(map("\"a\":1")), errc::bad_file, "weight_map: holds a number");
  refuses(with(map("\"a\":null")), errc::bad_file, "weight_map: holds null");
  refuses(with(map("\"a\":{}")), errc::bad_file, "weight_map: holds an object");
  refuses(with(map("\"a\":[\"m-1.safetensors\"]")), errc::bad_file, "weight_map: holds an array");
  refuses(with("{\"weight_map\":{},\"weight_map\":{}}"), errc::bad_file, "appears twice");
  refuses(with(std::string("{\"x\":") + std::string(50000, '[')), errc::bad_file, "nested too deeply");
  refuses(with(map(R"("a":"m-1.safetensors")") + "x"), errc::bad_file, "not valid JSON");
  folder.write("m-3.safetensors", file_of(std::string("{") + entry("a", "U8", "[4]", "[0,4]") + "}", 4));
  refuses(with(map(R"("a":"m-1.safetensors","b":"m-3.safetensors")")), errc::bad_file, "tensor \"a\" is in two shards");
  std::string many;
  for (int i = 0; i < 1001; ++i)
    many += std::string(i ? ",\"" : "\"") + std::to_string(i) + "\":\"" + std::to_string(i) + ".safetensors\"";
  refuses(with(map(many)), errc::bad_file, "1001 shards");
}

// ---- golden ------------------------------------------------------------------------------------

TEST_CASE("io/safetensors: golden malformed files are refused in little memory", "[golden]") {
  const auto root = golden("text/containers/safetensors-bad");
  if (root.empty()) return;
  std::size_t n = 0;
  for (const auto& file : std::filesystem::directory_iterator(root)) {
    INFO(file.path().string());
    const std::vector<char> bytes = read_bytes(file.path());
    const std::uint64_t allocated = allocations::bytes();
    CHECK_FALSE(safetensors::parse(std::as_bytes(std::span(bytes)), "t"));
    CHECK(allocations::bytes() - allocated < 64u << 20);
    ++n;
  }
  REQUIRE(n == 39);
}

TEST_CASE("io/safetensors: golden valid files and models are read", "[golden]") {
  const auto root = golden("text/containers/safetensors-good");
  if (root.empty()) return;
  std::size_t n = 0;
  for (const auto& file : std::filesystem::directory_iterator(root)) {
    const auto s = safetensors_set::open(file.path().string());
    INFO(file.path().string() << (s ? "" : s.error().what));
    CHECK(s);
    ++n;
  }
  REQUIRE(n == 9);
  const auto models = golden("models");
  if (models.empty()) return;
  for (const auto& file : std::filesystem::recursive_directory_iterator(models))
    if (file.path().extension() == ".safetensors") {
      const auto s = safetensors_set::open(file.path().parent_path().string());
      INFO(file.path().string() << (s ? "" : s.error().what));
      CHECK(s);
    }
}
