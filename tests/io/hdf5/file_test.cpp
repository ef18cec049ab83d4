// The HDF5 layer: what is written is read back, wrong requests are refused, damage and a full disk are
// errors.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <limits>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

// HDF5 itself forgets a few kilobytes of a file that it could not write; the leak checker must not end the
// test's child.
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace {

const Tensor<double> some_values({2, 3}, {1, 2, 3, -4, 0.1, 1e-300});

// A file with about 1.6 MB of numbers that do not compress, in ten datasets with scales and attributes.
void write_large(const std::string& path) {
  auto file = hdf5::File::create(path);
  std::vector<double> values(20000);
  for (std::size_t at = 0; at < values.size(); ++at) values[at] = std::sin(static_cast<double>(at));
  for (int n = 0; n < 10; ++n) {
    const std::string name = "/group" + std::to_string(n) + "/values";
    file.create_group("/group" + std::to_string(n));
    file.write(name, values, {.compressed = n % 2 == 1, .units = "nats"});
    file.set_attribute(name, "note", std::string(1000, 'x'));
  }
  file.commit();
}

}  // namespace

TEST_CASE("hdf5: numbers, texts and attributes come back") {
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  {
    auto file = hdf5::File::create(path);
    file.create_group("/a/b");
    file.write("/a/b/doubles", some_values);
    file.write("/floats", Tensor<float>({2}, {0.5f, -1}));
    file.write("/integers", std::vector<std::int64_t>{-5, INT64_MAX});
    file.write("/bytes", Tensor<std::uint8_t>({1, 1, 2}, {0, 255}), {.compressed = true});
    file.write_strings("/texts", {"", "Größe", "two words"});
    file.write_scalar("/scalar", 2.5);
    file.write("/empty", Tensor<double>(Shape{0, 4}), {.compressed = true});
    file.set_attribute("/", "text", "");
    file.set_attribute("/", "long", std::string(100000, 'y'));
    file.set_attribute("/a", "integer", 7);
    file.set_attribute("/a/b/doubles", "real", 0.25f);
    file.set_attribute("/a/b/doubles", "real", 0.5);  // replaces
    file.set_attribute("/", "seed", std::uint64_t{UINT64_MAX});
    CHECK_FALSE(std::filesystem::exists(path));
    file.commit();
  }
  const auto file = hdf5::File::open(path);
  CHECK(file.read<double>("/a/b/doubles") == some_values);
  CHECK(file.read<float>("/floats") == Tensor<float>({2}, {0.5f, -1}));
  CHECK(file.read<double>("/floats") == Tensor<double>({2}, {0.5, -1}));
  CHECK(file.read<std::int64_t>("/integers") == Tensor<std::int64_t>({2}, {-5, INT64_MAX}));
  CHECK(file.read<std::uint8_t>("/bytes") == Tensor<std::uint8_t>({1, 1, 2}, {0, 255}));
  CHECK(file.read<float>("/bytes") == Tensor<float>({1, 1, 2}, {0, 255}));
  CHECK(file.read<std::int64_t>("/bytes")[1] == 255);
  CHECK(file.read_strings("/texts") == std::vector<std::string>{"", "Größe", "two words"});
  CHECK(file.read<double>("/scalar") == Tensor<double>({}, {2.5}));
  CHECK(file.shape("/empty") == Shape{0, 4});
  CHECK(file.read<double>("/empty").size() == 0);
  CHECK(file.dtype("/floats") == "f4");
  CHECK(file.dtype("/bytes") == "u1");
  CHECK(file.dtype("/texts") == "str");
  CHECK(file.string_attribute("/", "text").empty());
  CHECK(file.string_attribute("/", "long") == std::string(100000, 'y'));
  CHECK(file.integer_attribute("/a", "integer") == 7);
  CHECK(file.number_attribute("/a", "integer") == 7.0);
  CHECK(file.number_attribute("/a/b/doubles", "real") == 0.5);
  CHECK(std::get<std::uint64_t>(file.attribute("/", "seed")) == UINT64_MAX);
  CHECK(file.exists("/a/b"));
  CHECK(file.is_group("/a/b"));
  CHECK_FALSE(file.is_group("/floats"));
  CHECK_FALSE(file.exists("/a/c/doubles"));
  CHECK_FALSE(file.exists("/floats/x"));
  CHECK(file.exists("/"));
  CHECK_FALSE(file.has_attribute("/", "none"));
  CHECK(file.attributes("/") == std::vector<std::string>{"long", "seed", "text"});
  CHECK(file.members("/a") == std::vector<std::string>{"b"});
}

TEST_CASE("hdf5: members stand in the order of their creation") {
  const ScratchFolder folder;
  auto file = hdf5::File::create(folder / "x.h5");
  for (const char* name : {"/z", "/a", "/m"}) file.create_group(name);
  CHECK(file.members("/") == std::vector<std::string>{"z", "a", "m"});
}

TEST_CASE("hdf5: numbers are not bent silently") {
  const ScratchFolder folder;
  const std::int64_t limit = std::int64_t{1} << 53;
  {
    auto file = hdf5::File::create(folder / "x.h5");
    file.write("/exact", std::vector<std::int64_t>{limit, -limit});
    file.write("/inexact", std::vector<std::int64_t>{0, limit + 1});
    file.write("/negative", std::vector<std::int64_t>{INT64_MIN});
    file.write("/large", std::vector<double>{1, 1e39});
    file.write("/infinite", std::vector<double>{std::numeric_limits<double>::infinity()});
    file.write("/half", std::vector<double>{0.5});
    file.write_strings("/texts", {"1"});
    file.commit();
  }
  const auto file = hdf5::File::open(folder / "x.h5");
  CHECK(file.read<double>("/exact")[1] == -static_cast<double>(limit));
  CHECK_THROWS_WITH(file.read<double>("/inexact"),
                    Contains("/inexact") && Contains("9007199254740993 at [1]"));
  CHECK_THROWS_AS(file.read<double>("/negative"), BadData);
  CHECK_THROWS_AS(file.read<float>("/exact"), BadData);
  CHECK_THROWS_WITH(file.read<float>("/large"), Contains("no float can hold"));
  CHECK(std::isinf(file.read<float>("/infinite")[0]));
  CHECK_THROWS_WITH(file.read<std::int64_t>("/half"), Contains("type f8"));
  CHECK_THROWS_WITH(file.read<std::uint8_t>("/exact"), Contains("type i8") && Contains("u1 is wanted"));
  CHECK_THROWS_WITH(file.read<double>("/texts"), Contains("holds texts"));
  CHECK_THROWS_WITH(file.read_strings("/half"), Contains("holds no texts"));
}

TEST_CASE("hdf5: wrong requests are refused by name") {
  const ScratchFolder folder;
  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/x", some_values);
  CHECK_THROWS_WITH(file.write("/x", some_values), Contains("/x: is there already"));
  CHECK_THROWS_WITH(file.write("/none/x", some_values), Contains("its group does not exist"));
  for (const char* name : {"", "x", "/", "/a/", "//a", "/./a", "/../a"})
    CHECK_THROWS_AS(file.write(name, some_values), InvalidArgument);
  CHECK_THROWS_AS(file.write("/y", std::span<const double>(some_values.data(), 5), {2, 3}), InvalidArgument);
  CHECK_THROWS_AS(file.create_group("/x"), InvalidArgument);
  CHECK_THROWS_AS(file.create_group("/x/y"), InvalidArgument);
  CHECK_THROWS_AS(file.set_attribute("/none", "a", 1), InvalidArgument);
  CHECK_THROWS_AS(file.set_attribute("/", "", 1), InvalidArgument);
  CHECK_THROWS_AS(file.set_attribute("/", "a", std::string("x\0y", 3)), InvalidArgument);
  CHECK_THROWS_AS(file.write_strings("/t", {std::string("x\0y", 3)}), InvalidArgument);
  CHECK_THROWS_WITH(file.read<double>("/none"), Contains("x.h5: has no dataset /none"));
  CHECK_THROWS_WITH(file.read<double>("/"), Contains("is no dataset"));
  CHECK_THROWS_WITH(file.attribute("/", "none"), Contains("has no attribute none"));
  CHECK_THROWS_WITH(file.members("/x"), Contains("has no group /x"));
  file.set_attribute("/", "text", "abc");
  CHECK_THROWS_AS(file.number_attribute("/", "text"), BadData);
  file.set_attribute("/", "number", 1.5);
  CHECK_THROWS_AS(file.string_attribute("/", "number"), BadData);
  CHECK_THROWS_AS(file.integer_attribute("/", "number"), BadData);
  file.commit();
  auto reader = hdf5::File::open(folder / "x.h5");
  CHECK_THROWS_WITH(reader.write("/z", some_values), Contains("reading only"));
  CHECK_THROWS_AS(reader.commit(), InvalidArgument);
}

TEST_CASE("hdf5: an axis and its named dimension must agree") {
  const ScratchFolder folder;
  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/epoch", std::vector<std::int64_t>{1, 2, 3}, {.dimensions = {"epoch"}});
  CHECK_NOTHROW(file.write("/loss", std::vector<double>{3, 2, 1}, {.dimensions = {"epoch"}}));
  CHECK_THROWS_WITH(file.write("/short", std::vector<double>{3, 2}, {.dimensions = {"epoch"}}),
                    Contains("/epoch: has 3 entries"));
  CHECK_THROWS_WITH(file.write("/names", some_values, {.dimensions = {"epoch"}}),
                    Contains("1 dimension names for 2"));
  CHECK_THROWS_WITH(file.write("/other", std::vector<double>{1, 2, 3}, {.dimensions = {"loss"}}),
                    Contains("/loss: is no dimension scale"));
  CHECK_THROWS_WITH(file.write("/own", some_values, {.dimensions = {"own", "x"}}), Contains("one axis"));
  CHECK_THROWS_WITH(file.remove("/epoch"), Contains("other datasets have it as their dimension"));
  CHECK_NOTHROW(file.remove("/loss"));
}

TEST_CASE("hdf5: more datasets of one size than a scale can list are written all the same", "[slow]") {
  const ScratchFolder folder;
  constexpr int count = 4200;  // a scale's list of those who have it ends at 64 KiB, 16 bytes for each
  {
    auto file = hdf5::File::create(folder / "x.h5");
    for (int at = 0; at < count; ++at)
      file.write("/x" + std::to_string(at), std::vector<double>{1.0 * at, 2});
    file.commit();
  }
  const auto file = hdf5::File::open(folder / "x.h5");
  CHECK(file.shape("/size_2") == Shape{2});
  CHECK(file.shape("/size_2_more_2") == Shape{2});
  CHECK(file.datasets().size() == count + 2);
  CHECK(file.read<double>("/x4199") == Tensor<double>({2}, {4199, 2}));
  CHECK(file.has_attribute("/x4199", "DIMENSION_LIST"));
}

TEST_CASE("hdf5: files that are none are named") {
  const ScratchFolder folder;
  put_content(folder / "empty.h5", "");
  put_content(folder / "text.h5", "hello");
  CHECK_THROWS_WITH(hdf5::File::open(folder / "none.h5"), Contains("No such file or directory"));
  CHECK_THROWS_AS(hdf5::File::open(folder / "none.h5"), IoError);
  CHECK_THROWS_AS(hdf5::File::modify(folder / "none.h5"), IoError);
  CHECK_THROWS_WITH(hdf5::File::open(folder.path()), Contains("is a directory"));
  CHECK_THROWS_WITH(hdf5::File::open(folder / "empty.h5"), Contains("is empty"));
  CHECK_THROWS_WITH(hdf5::File::open(folder / "text.h5"), Contains("is no HDF5 file"));
  CHECK_THROWS_AS(hdf5::File::modify(folder / "text.h5"), BadData);
  CHECK_THROWS_WITH(hdf5::File::create(folder / "none/x.h5"), Contains("there is no folder"));
  CHECK_THROWS_AS(hdf5::File::create(folder.path()), IoError);
  CHECK(folder.files() == 2);
}

TEST_CASE("hdf5: a truncated file is an error at every length") {
  const ScratchFolder folder;
  {
    auto file = hdf5::File::create(folder / "x.h5");
    file.write("/x", some_values);
    file.commit();
  }
  const std::string good = content_of(folder / "x.h5");
  for (std::size_t length = 0; length < good.size(); length += good.size() / 20) {
    put_content(folder / "bad.h5", good.substr(0, length));
    CHECK_THROWS_AS(hdf5::File::open(folder / "bad.h5").read<double>("/x"), BadData);
  }
}

TEST_CASE("hdf5: damaged bytes are errors or other values, and crash nothing") {
  const ScratchFolder folder;
  {
    auto file = hdf5::File::create(folder / "x.h5");
    file.create_group("/a");
    file.write("/a/x", some_values);
    file.write_strings("/s", {"a", "bc"});
    file.set_attribute("/", "text", "content");
    file.commit();
  }
  const std::string good = content_of(folder / "x.h5");
  // The first bytes hold the superblock and the root group, whose addresses HDF5 1.10 follows wherever they
  // lead. Later ones are sampled.
  int errors = 0;
  for (std::size_t at = 0; at < good.size(); at += at < 160 ? 5 : 101) {
    std::string broken = good;
    broken[at] = static_cast<char>(~broken[at]);
    put_content(folder / "bad.h5", broken);
    try {
      const auto file = hdf5::File::open(folder / "bad.h5");
      file.members("/");
      file.string_attribute("/", "text");
      file.read_strings("/s");
      file.read<double>("/a/x");
    } catch (const Error&) {
      ++errors;
    }
  }
  CHECK(errors > 10);

  std::string address = good;
  const auto link_info = good.find(std::string(8, '\xff'), 96);  // of the root group: "no index of links"
  REQUIRE(link_info < 160);
  address[link_info] = 0;
  put_content(folder / "bad.h5", address);
  CHECK_THROWS_AS(hdf5::File::open(folder / "bad.h5").members("/"), BadData);
}

TEST_CASE("hdf5: without commit nothing is left and an old file stays") {
  const ScratchFolder folder;
  put_content(folder / "x.h5", "old");
  {
    auto file = hdf5::File::create(folder / "x.h5");
    file.write("/x", some_values);
  }
  CHECK(content_of(folder / "x.h5") == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("hdf5: a full disk is an error at every size, without a crash at exit") {
  const ScratchFolder folder;
  write_large(folder / "x.h5");
  const std::string good = content_of(folder / "x.h5");
  for (const std::size_t percent : {0, 1, 10, 50, 90, 99}) {
    INFO(percent << " percent of the file fit");
    const int status = exit_status_with_file_limit(good.size() * percent / 100, [&] {
      try {
        write_large(folder / "x.h5");
        return 0;
      } catch (const IoError& error) {
        if (std::string(error.what()).find("File too large") == std::string::npos) return 1;
      }
      // The process goes on: a small file elsewhere can still be written and read.
      if (percent == 0) std::exit(5);
      auto small = hdf5::File::create(folder / "small.h5");
      small.write_scalar("/x", 1.0);
      small.commit();
      std::exit(hdf5::File::open(folder / "small.h5").read<double>("/x")[0] == 1
                    ? 5
                    : 2);  // with all exit handlers
    });
    CHECK(status == 5);
    CHECK(content_of(folder / "x.h5") == good);
    std::filesystem::remove(folder / "small.h5");
    CHECK(folder.files() == 1);
  }
}

TEST_CASE("hdf5: the same content gives the same bytes") {
  const ScratchFolder folder;
  write_large(folder / "x.h5");
  write_large(folder / "y.h5");
  CHECK((content_of(folder / "x.h5") == content_of(folder / "y.h5")));
}

TEST_CASE("array file: an array is added to an HDF5 file and replaced, the rest stays") {
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  put_content(path, "");  // as mktemp leaves it
  write_array(path + ":/group/first", some_values, "f8");
  write_array(path + ":second", Tensor<float>({2}, {1, 2}), "f4");
  CHECK(read_array(path + ":/group/first").values == some_values);
  CHECK(read_array(path + ":/second").dtype == "f4");
  write_array(path + ":/group/first", Tensor<double>({1}, {9}), "f4");
  CHECK(read_array(path + ":/group/first").values == Tensor<double>({1}, {9}));
  CHECK(read_array(path + ":/second").values == Tensor<double>({2}, {1, 2}));
  CHECK(folder.files() == 1);

  CHECK_THROWS_WITH(write_array(path + ":/group", some_values, "f8"), Contains("is a group"));
  CHECK_THROWS_AS(write_array(path + ":/second/below", some_values, "f8"), InvalidArgument);
  CHECK_THROWS_AS(write_array(path + ":/third", Tensor<double>({1}, {1e39}), "f4"), InvalidArgument);
  CHECK_THROWS_AS(write_array(path, some_values, "f8"), InvalidArgument);
  CHECK_THROWS_AS(write_array(path + ":/x", some_values, "i8"), InvalidArgument);
  CHECK_THROWS_AS(write_array(folder / "x.txt", some_values, "f8"), InvalidArgument);
  CHECK_THROWS_AS(write_array(folder / "x.npz", some_values, "f8"), InvalidArgument);
  CHECK_THROWS_AS(read_array(path), InvalidArgument);
  CHECK_THROWS_AS(read_array(folder / "x.txt"), InvalidArgument);
  CHECK_THROWS_AS(read_array(path + ":/none"), BadData);
  CHECK(read_array(path + ":/second").values == Tensor<double>({2}, {1, 2}));
}

TEST_CASE(
    "hdf5: a dataset that is written piece by piece lies in the file in one piece, where place() says") {
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  const auto rows = [](Index first, Index count) {
    std::vector<std::uint8_t> bytes;
    for (Index at = 6 * first; at < 6 * (first + count); ++at)
      bytes.push_back(static_cast<std::uint8_t>(11 * at));
    return bytes;
  };
  {
    auto file = hdf5::File::create(path);
    file.create_group("/g");
    file.reserve<std::uint8_t>("/g/x", {7, 2, 3}, {.dimensions = {"image", "row", "column"}, .units = "1"});
    for (const auto& [first, count] : {std::pair<Index, Index>{5, 2}, {0, 1}, {1, 4}, {3, 0}})
      file.write_part<std::uint8_t>("/g/x", first, rows(first, count));
    const auto refused = [&](Index first, std::size_t bytes) {
      CHECK_THROWS_AS(file.write_part<std::uint8_t>("/g/x", first, std::vector<std::uint8_t>(bytes)),
                      InvalidArgument);
    };
    refused(6, 12);
    refused(-1, 6);
    refused(0, 5);
    refused(INT64_MAX, 6);
    CHECK_THROWS_AS(file.reserve<std::uint8_t>("/g/x", {1}), InvalidArgument);
    file.write("/packed", Tensor<std::uint8_t>({100, 100}), {.compressed = true});
    file.write("/floats", some_values);
    file.commit();
  }
  const auto file = hdf5::File::open(path);
  CHECK(file.read<std::uint8_t>("/g/x") == Tensor<std::uint8_t>({7, 2, 3}, rows(0, 7)));
  CHECK(file.string_attribute("/g/x", "units") == "1");
  const std::vector<std::uint8_t> all = rows(0, 7);
  const auto place = file.place("/g/x");
  REQUIRE(place.has_value());
  CHECK(content_of(path).substr(*place, all.size()) == std::string(all.begin(), all.end()));
  CHECK_FALSE(file.place("/packed").has_value());
  CHECK_FALSE(file.place("/g/image").has_value());  // a scale without coordinates
  CHECK(content_of(path).substr(file.place("/floats").value(), 48) ==
        std::string(reinterpret_cast<const char*>(some_values.data()), 48));
  CHECK_THROWS_AS(file.place("/none"), BadData);
  auto changed = hdf5::File::modify(path);
  CHECK_THROWS_AS(changed.reserve<std::uint8_t>("/y", {1}), InvalidArgument);
  CHECK_THROWS_AS(changed.write_part<std::uint8_t>("/g/x", 0, rows(0, 1)), InvalidArgument);
}
