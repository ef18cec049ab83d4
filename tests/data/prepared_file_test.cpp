// Prepared images: what is written comes back, image by image; damage anywhere is an error and never a crash.
// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/io/digest.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

const Shape image = {3, 4, 5};
constexpr Index size = 60;
constexpr std::array<Index, 3> counts = {9, 2, 4};

std::vector<std::uint8_t> pixels_of(DataPart part, Index number) {
  std::vector<std::uint8_t> pixels;
  for (Index at = 0; at < size; ++at)
    pixels.push_back(static_cast<std::uint8_t>(101 * (static_cast<Index>(part) + 1) + 13 * number + 7 * at));
  return pixels;
}

PreparedSource source_of(DataPart part, Index number) {
  return {.name = fmt::format("{}/Größe {}.png", name(part), number),
          .sha256 = std::string(64, 'a'),
          .label = static_cast<std::uint8_t>((number + static_cast<Index>(part)) % 3)};
}

PreparedWriter writer_for(const std::string& path) {
  return PreparedWriter(path, {.kind = "", .command_line = "fsconv data prepare x", .start_time = now()},
                        {.recipe = {{"size", "4x5"}},
                         .decoder = "a decoder 1.2",
                         .classes = {"one", "two", "three"},
                         .notes = {"a note"}},
                        image, counts);
}

void write(const std::string& path) {
  PreparedWriter writer = writer_for(path);
  for (Index number = 0; number < 9; ++number)  // interleaved
    for (const DataPart part : data_parts)
      if (number < counts[static_cast<std::size_t>(part)])
        writer.add(part, pixels_of(part, number), source_of(part, number));
  writer.commit();
}

std::uint64_t place_of(const std::string& path, const std::string& dataset) {
  return hdf5::File::open(path).place(dataset).value();
}

// What becomes of opening it and reading every image. Nothing, where all pixels are right.
std::string fault(const std::string& path) {
  try {
    const PreparedData data = open_prepared(path);
    for (const DataPart part : data_parts) {
      const ImageSet& set = data[part];
      for (Index number = 0; number < set.images.count(); ++number) {
        const Tensor<std::uint8_t> read = set.images.in_memory(number, 1);
        REQUIRE(std::vector<std::uint8_t>(read.begin(), read.end()) == pixels_of(part, number));
        REQUIRE(set.labels[static_cast<std::size_t>(number)] == source_of(part, number).label);
      }
    }
    return "";
  } catch (const BadData& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("prepared: what is written comes back") {
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  write(path);
  CHECK(folder.files() == 1);
  CHECK(is_prepared(path));
  const PreparedData data = open_prepared(path);
  CHECK(data.description.recipe == nlohmann::json{{"size", "4x5"}});
  CHECK(data.description.decoder == "a decoder 1.2");
  CHECK(data.description.classes == std::vector<std::string>{"one", "two", "three"});
  CHECK(data.description.notes == std::vector<std::string>{"a note"});
  for (const DataPart part : data_parts) {
    const Index count = counts[static_cast<std::size_t>(part)];
    const ImageSet& set = data[part];
    CHECK(set.images.shape() == Shape{count, 3, 4, 5});
    CHECK(set.images.in_place() == nullptr);
    const auto sources = prepared_sources(path, part);
    REQUIRE(static_cast<Index>(sources.size()) == count);
    REQUIRE(static_cast<Index>(set.labels.size()) == count);
    for (Index number = 0; number < count; ++number)
      CHECK(sources[static_cast<std::size_t>(number)] == source_of(part, number).name);
    CHECK(set.images.checksum() == Images(set.images.in_memory()).checksum());
  }
  CHECK(fault(path).empty());
  CHECK(verify_prepared(path) == 15);

  // For other programs: one array of bytes, uncompressed, with its scales.
  const auto file = hdf5::File::open(path);
  CHECK(file.read<std::uint8_t>("/test/images") == data[DataPart::test].images.in_memory());
  CHECK(file.read<std::int64_t>("/train/crc32")[8] == data[DataPart::train].images.crc(8));
  CHECK(file.read_strings("/train/sha256")[0] == std::string(64, 'a'));
  CHECK(file.string_attribute("/train/images", "units") == "1");
  CHECK_NOTHROW(check_dataset(file, "/train/images"));
}

TEST_CASE("prepared: more pixels than wait in memory, without labels, sums or validation") {
  const ScratchFolder folder;
  const Shape large = {1, 700, 900};
  const auto pixels = [](Index number) {
    std::vector<std::uint8_t> all(630000);
    for (std::size_t at = 0; at < all.size(); ++at)
      all[at] = static_cast<std::uint8_t>(at * (at >> 9) + static_cast<std::size_t>(number));
    return all;
  };
  PreparedWriter writer(folder / "x.h5", {}, {}, large, {5, 0, 1});
  for (Index number = 0; number < 5; ++number) writer.add(DataPart::train, pixels(number), {.name = "a"});
  writer.add(DataPart::test, pixels(9), {.name = "b"});
  CHECK_FALSE(std::filesystem::exists(folder / "x.h5"));
  writer.commit();
  const PreparedData data = open_prepared(folder / "x.h5");
  CHECK(data[DataPart::validation].images.count() == 0);
  CHECK(data[DataPart::train].labels.empty());
  for (Index number = 0; number < 5; ++number)
    CHECK(data[DataPart::train].images.part(number, 1) ==
          Tensor<std::uint8_t>({1, 1, 700, 900}, pixels(number)));
  CHECK(data[DataPart::test].images == Tensor<std::uint8_t>({1, 1, 700, 900}, pixels(9)));
  CHECK(verify_prepared(folder / "x.h5") == 6);
}

TEST_CASE("prepared: wrong requests are refused, and leave no file") {
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  CHECK_THROWS_AS(PreparedWriter(path, {}, {}, {4, 5}, counts), InvalidArgument);
  CHECK_THROWS_AS(PreparedWriter(path, {}, {}, {3, 0, 5}, counts), InvalidArgument);
  CHECK_THROWS_AS(PreparedWriter(path, {}, {}, image, {0, 0, 1}), InvalidArgument);
  CHECK_THROWS_AS(PreparedWriter(path, {}, {}, image, {1, -1, 1}), InvalidArgument);
  CHECK_THROWS_AS(PreparedWriter(path, {}, {}, {3, Index{1} << 31, Index{1} << 31}, counts), InvalidArgument);
  CHECK_THROWS_WITH(PreparedWriter(path, {}, {}, {3, 1000, 1000}, {Index{1} << 40, 0, 0}),
                    Contains("cannot write: its images take"));
  CHECK_THROWS_AS(PreparedWriter(folder / "none/x.h5", {}, {}, image, counts), IoError);
  {
    PreparedWriter writer = writer_for(path);
    const auto add = [&](PreparedSource source, std::size_t bytes = size) {
      writer.add(DataPart::validation, std::vector<std::uint8_t>(bytes), std::move(source));
    };
    CHECK_THROWS_AS(add({.name = "a"}, size - 1), InvalidArgument);
    add({.name = "a", .sha256 = "b", .label = 1});
    CHECK_THROWS_AS(add({.name = "a", .sha256 = "b"}), InvalidArgument);
    CHECK_THROWS_AS(add({.name = "a", .label = 1}), InvalidArgument);
    CHECK_THROWS_AS(writer.commit(), InvalidArgument);  // 9, 1 and 4 are missing
    add({.name = "a", .sha256 = "b", .label = 1});
    CHECK_THROWS_WITH(add({.name = "a", .sha256 = "b", .label = 1}), Contains("more than 2"));
  }
  {
    PreparedWriter writer(path, {}, {}, image, {1, 0, 1});
    writer.add(DataPart::train, std::vector<std::uint8_t>(size), {.name = "a", .label = 1});
    writer.add(DataPart::test, std::vector<std::uint8_t>(size), {.name = "a"});
    CHECK_THROWS_WITH(writer.commit(), Contains("in only one of train and test"));
  }
  CHECK(folder.files() == 0);
}

TEST_CASE("prepared: a full disk is an error, and leaves no file") {
  const ScratchFolder folder;
  CHECK(exit_status_with_file_limit(20000, [&] {
          try {
            PreparedWriter writer(folder / "x.h5", {}, {}, {1, 100, 100}, {10, 0, 0});
            for (int number = 0; number < 10; ++number)
              writer.add(DataPart::train, std::vector<std::uint8_t>(10000), {.name = "a"});
            writer.commit();
          } catch (const IoError&) {
            return 5;
          }
          return 0;
        }) == 5);
  CHECK(folder.files() == 0);
}

TEST_CASE("prepared: other files are none") {
  const ScratchFolder folder;
  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/images", Tensor<std::uint8_t>({2, 1, 2, 2}));
  file.commit();
  CHECK_FALSE(is_prepared(folder / "x.h5"));
  CHECK_THROWS_AS(open_prepared(folder / "x.h5"), BadData);
  put_content(folder / "y.h5", "no HDF5");
  CHECK_THROWS_AS(is_prepared(folder / "y.h5"), BadData);
  CHECK_THROWS_AS(open_prepared(folder / "none.h5"), IoError);
}

TEST_CASE("prepared: a file that has lost its kind is bad data, and not a question of which array") {
  const ScratchFolder folder;
  const std::string path = folder / "x.h5";
  {
    auto file = hdf5::File::create(path);
    file.create_group("/train");
    file.create_group("/test");
    file.write("/train/images", Tensor<std::uint8_t>({2, 1, 4, 4}));
    file.write("/test/images", Tensor<std::uint8_t>({2, 1, 4, 4}));
    file.set_attribute("/", "kind", "dada");
    file.commit();
  }
  CHECK_THROWS_AS(load_dataset(path, 0), BadData);
  CHECK_THROWS_WITH(load_dataset(path, 0),
                    Contains("is no file of fsconv data prepare") && Contains("x.h5:/DATASET"));
  CHECK(load_dataset(path + ":/train/images", 0).train.images.count() == 1);
}

TEST_CASE("prepared: any flipped bit of the pixels is found and named when its image is read, not before") {
  const ScratchFolder folder;
  write(folder / "x.h5");
  const std::string good = content_of(folder / "x.h5");
  for (const DataPart part : data_parts) {
    const std::string dataset = fmt::format("/{}/images", name(part));
    const std::uint64_t place = place_of(folder / "x.h5", dataset);
    for (const Index at : {Index{0}, size - 1, size, 2 * size - 1}) {
      std::string bad = good;
      bad[place + static_cast<std::size_t>(at)] ^= 16;
      put_content(folder / "bad.h5", bad);
      CHECK_NOTHROW(open_prepared(folder / "bad.h5"));
      CHECK_THAT(fault(folder / "bad.h5"),
                 Contains(fmt::format("bad.h5:{}: image {} was damaged or changed", dataset, at / size)));
      CHECK_THROWS_AS(verify_prepared(folder / "bad.h5"), BadData);
    }
  }
}

// Whatever is not pixels: found by the digest or by what contradicts it, or of no consequence for the images.
TEST_CASE("prepared: a flipped bit anywhere else is an error or changes nothing", "[slow]") {
  const ScratchFolder folder;
  write(folder / "x.h5");
  const std::string good = content_of(folder / "x.h5");
  int errors = 0, others = 0;
  for (std::size_t at = 0; at < good.size(); at += 211) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at / 211 % 8)));
    put_content(folder / "bad.h5", bad);
    INFO("bit " << at / 211 % 8 << " of byte " << at);
    ++(fault(folder / "bad.h5").empty() ? others : errors);
  }
  CHECK(errors > 5);
  CHECK(others > 5);
}

TEST_CASE("prepared: a file cut off anywhere is refused") {
  const ScratchFolder folder;
  write(folder / "x.h5");
  const std::string good = content_of(folder / "x.h5");
  for (int part = 1; part < 20; ++part) {
    put_content(folder / "bad.h5", good.substr(0, good.size() * static_cast<std::size_t>(part) / 20));
    CHECK_FALSE(fault(folder / "bad.h5").empty());
  }
}

// Mutants of the metadata that keep the digest of their own content: somebody who knows the format wrote them.
TEST_CASE("prepared: metadata that contradicts itself is refused") {
  const ScratchFolder folder;
  const auto refused = [&](const std::function<void(hdf5::File&)>& change, const std::string& why) {
    write(folder / "x.h5");
    auto file = hdf5::File::modify(folder / "x.h5");
    change(file);
    seal(file, {{"/train/images", ""}, {"/validation/images", ""}, {"/test/images", ""}});
    file.commit();
    CHECK_THAT(fault(folder / "x.h5"), Contains(why));
  };
  const auto set = [](const char* attribute, const hdf5::Value& value) {
    return [=](hdf5::File& file) { file.set_attribute("/", attribute, value); };
  };
  refused(set("kind", "train"), "is a file of fsconv train");
  refused(set("contents", "{}"), "its attribute contents");
  refused(set("contents", "["), "its attribute contents");
  refused(set("contents", R"({"image":[3,4,5],"labels":1,"test":4,"train":9,"validation":2})"),
          "its attribute contents");
  refused(set("contents", R"({"image":[3,5,4],"labels":true,"test":4,"train":9,"validation":2})"),
          "has shape [9, 3, 4, 5]");
  refused(set("contents", R"({"image":[3,4,5],"labels":true,"test":5,"train":9,"validation":2})"),
          "has shape [4, 3, 4, 5]");
  refused(set("contents", R"({"image":[3,4,5],"labels":true,"test":4,"train":-9,"validation":2})"),
          "its attribute contents");
  refused(set("recipe", "[]"), "its attribute recipe");
  refused(set("classes", "[1]"), "its attribute classes");
  refused(set("notes", "x"), "its attribute notes");
  refused(set("decoder", 1), "attribute decoder is no text");
  const auto replace = [](const char* dataset, auto values) {
    return [=](hdf5::File& file) {
      file.remove(dataset);
      file.write(dataset, values, {.plain = true});
    };
  };
  refused(replace("/train/crc32", std::vector<std::int64_t>(8)), "has shape [9, 3, 4, 5] and 8 checksums");
  refused(replace("/train/crc32", std::vector<std::int64_t>(9, -1)), "holds -1, which is no CRC-32");
  refused(replace("/train/crc32", std::vector<std::int64_t>(9, 1)), "image 0 was damaged or changed");
  refused(replace("/test/label", std::vector<std::uint8_t>(3)), "has shape [3]");
  refused([](hdf5::File& file) { file.remove("/test/label"); }, "/test/label");
  refused([](hdf5::File& file) { file.remove("/validation"); }, "/validation/images");
  refused(replace("/test/images", Tensor<float>({4, 3, 4, 5})), "holds numbers of type f4");
  refused(
      [](hdf5::File& file) {
        file.remove("/test/images");
        file.write("/test/images", Tensor<std::uint8_t>({4, 3, 4, 5}), {.compressed = true});
      },
      "does not lie in the file in one piece");

  write(folder / "x.h5");
  auto file = hdf5::File::modify(folder / "x.h5");
  file.set_attribute("/", "digest", "");
  file.commit();
  CHECK_THAT(fault(folder / "x.h5"), Contains("digest"));
}

// The address of the pixels, wherever its bytes stand in the file (others that are the same number change as well).
TEST_CASE("prepared: an address beyond the file, or of other bytes, is refused") {
  const ScratchFolder folder;
  write(folder / "x.h5");
  const std::string good = content_of(folder / "x.h5");
  const std::uint64_t place = place_of(folder / "x.h5", "/train/images");
  const auto bytes_of = [](const std::uint64_t& number) {  // little endian, as in the file
    return std::string(reinterpret_cast<const char*>(&number), sizeof number);
  };
  for (const std::uint64_t wrong : {good.size() - 100, place + 1}) {
    int blamed = 0;
    for (std::size_t at = good.find(bytes_of(place)); at != std::string::npos;
         at = good.find(bytes_of(place), at + 1)) {
      std::string bad = good;
      bad.replace(at, 8, bytes_of(wrong));
      put_content(folder / "bad.h5", bad);
      blamed += fault(folder / "bad.h5").find("/train/images") != std::string::npos;
    }
    CHECK(blamed >= 1);
  }
}
