// The binary files of CIFAR-10 and CIFAR-100, whole and broken.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/cifar.hpp>
#include <fsconv/data/data_kind.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

constexpr std::size_t plane = 32 * 32;

// A label, then planes whose first pixel is marked, so that a shift by a byte or swapped planes show.
std::string record(char label, char red, char green, char blue) {
  std::string bytes(1, label);
  for (const char colour : {red, green, blue}) {
    bytes += std::string(plane, colour);
    bytes[bytes.size() - plane] = static_cast<char>(colour + 1);
  }
  return bytes;
}

void write_folder(const ScratchFolder& folder) {
  for (char batch = 1; batch <= 5; ++batch)
    put_content(folder / ("data_batch_" + std::to_string(batch) + ".bin"),
                record(batch, static_cast<char>(10 * batch), 60, 70));
  put_content(folder / "data_batch_3.bin", record(3, 30, 60, 70) + record(9, 31, 61, 71));
  put_content(folder / "test_batch.bin", record(0, 1, 2, 3) + record(5, 4, 5, 6));
}

}  // namespace

TEST_CASE("cifar-10: all batches in order, planes and labels in their places") {
  const ScratchFolder folder;
  write_folder(folder);
  const Dataset data = load_dataset(folder.path(), 0);
  CHECK(data.source == folder.path());
  REQUIRE(data.train.images.shape() == Shape{6, 3, 32, 32});
  REQUIRE(data.test.images.shape() == Shape{2, 3, 32, 32});
  CHECK(data.train.labels == std::vector<std::uint8_t>{1, 2, 3, 9, 4, 5});
  CHECK(data.test.labels == std::vector<std::uint8_t>{0, 5});

  // Each plane: its first pixel is one brighter than all others.
  const std::vector<std::uint8_t> colours = {10, 60, 70, 20, 60, 70, 30, 60, 70,
                                             31, 61, 71, 40, 60, 70, 50, 60, 70};
  std::vector<std::uint8_t> expected;
  for (const std::uint8_t colour : colours) {
    expected.push_back(static_cast<std::uint8_t>(colour + 1));
    expected.insert(expected.end(), plane - 1, colour);
  }
  CHECK((data.train.images == Tensor<std::uint8_t>({6, 3, 32, 32}, expected)));
}

TEST_CASE("cifar-10: broken files say what is wrong") {
  const ScratchFolder folder;
  CHECK(data_kind(folder.path()) == DataKind::empty_folder);
  write_folder(folder);
  CHECK(data_kind(folder.path()) == DataKind::cifar10_folder);

  const auto refused = [&](const std::string& name, const std::string& content, const char* message) {
    INFO(message);
    const std::string good = content_of(folder / name);
    put_content(folder / name, content);
    CHECK_THROWS_AS(load_dataset(folder.path(), 0), BadData);
    CHECK_THROWS_WITH(load_dataset(folder.path(), 0), Contains(name) && Contains(message));
    put_content(folder / name, good);
    CHECK_NOTHROW(load_dataset(folder.path(), 0));
  };
  const std::string good = record(1, 2, 3, 4);
  refused("data_batch_2.bin", "", "holds 0 bytes");
  refused("data_batch_4.bin", good.substr(1), "3073 bytes");
  refused("test_batch.bin", good + "x", "holds 3074 bytes");
  refused("data_batch_5.bin", good + record(10, 2, 3, 4), "image 1 has the label 10");

  std::filesystem::remove(folder / "data_batch_5.bin");
  CHECK_THROWS_AS(load_dataset(folder.path(), 0), IoError);
  CHECK_THROWS_WITH(load_dataset(folder.path(), 0), Contains("data_batch_5.bin"));
}

TEST_CASE("cifar-100: the fine label is the image's, behind the coarse one") {
  const ScratchFolder folder;
  put_content(folder / "train.bin",
              "\x13" + record(99, 10, 60, 70) + std::string(1, '\0') + record(7, 20, 60, 70));
  CHECK(data_kind(folder.path()) == DataKind::other_folder);
  put_content(folder / "test.bin", "\x02" + record(0, 1, 2, 3));
  CHECK(data_kind(folder.path()) == DataKind::cifar100_folder);
  const Dataset data = load_dataset(folder.path(), 0);
  REQUIRE(data.train.images.shape() == Shape{2, 3, 32, 32});
  REQUIRE(data.test.images.shape() == Shape{1, 3, 32, 32});
  CHECK(data.train.labels == std::vector<std::uint8_t>{99, 7});
  CHECK(data.test.labels == std::vector<std::uint8_t>{0});
  CHECK(data.train.images.in_place()[0] == 11);  // the mark of a plane's first pixel
  CHECK(data.train.images.in_place()[1] == 10);
  CHECK(data.train.images.in_place()[3 * static_cast<Index>(plane)] == 21);
  CHECK(data.test.images.in_place()[2 * static_cast<Index>(plane)] == 4);

  const auto refused = [&](const std::string& content, const char* message) {
    INFO(message);
    put_content(folder / "test.bin", content);
    CHECK_THROWS_AS(load_dataset(folder.path(), 0), BadData);
    CHECK_THROWS_WITH(load_dataset(folder.path(), 0), Contains("test.bin") && Contains(message));
  };
  refused(record(0, 1, 2, 3), "CIFAR-100 is a row of records of 3074 bytes");  // of CIFAR-10
  refused("\x14" + record(0, 1, 2, 3), "image 0 has the coarse label 20");
  refused("\x13" + record(100, 1, 2, 3), "image 0 has the fine label 100");
  refused("<html>moved</html>", "a web page (HTML)");
  refused("", "holds 0 bytes");
}

TEST_CASE("cifar: the version for Python is named") {
  const ScratchFolder folder;
  put_content(folder / "data_batch_1", "\x80\x02}q\x01");
  CHECK_THROWS_WITH(load_dataset(folder.path(), 0),
                    Contains("Python version of CIFAR; the binary version is read"));
  const ScratchFolder hundred;
  put_content(hundred / "train", "");
  put_content(hundred / "meta", "");
  CHECK_THROWS_WITH(load_dataset(hundred.path(), 0), Contains("Python version of CIFAR"));
}
