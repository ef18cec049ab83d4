// Images in memory and in a file: the same views, checksums and pixels; damage to a file is found, and named.
// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/data/images.hpp>
#include <fsconv/io/input_file.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index count = 7, size = 2 * 3 * 5;
const Shape shape = {count, 2, 3, 5};

Tensor<std::uint8_t> pixels() {
  Tensor<std::uint8_t> images(shape);
  for (Index at = 0; at < images.size(); ++at) images[at] = static_cast<std::uint8_t>(37 * at + at * at);
  return images;
}

std::vector<std::uint32_t> crcs() {
  const Tensor<std::uint8_t> images = pixels();
  std::vector<std::uint32_t> list;
  for (Index image = 0; image < count; ++image)
    list.push_back(static_cast<std::uint32_t>(crc32_z(0, images.data() + image * size, size)));
  return list;
}

// They lie behind three other bytes.
Images in_file(const std::string& path) {
  const Tensor<std::uint8_t> images = pixels();
  put_content(path, "abc" + std::string(images.begin(), images.end()));
  return images_in_file({std::make_shared<InputFile>(path), 3, "FILE:/images"}, shape, crcs());
}

void overwrite(const std::string& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

}  // namespace

TEST_CASE("images: those of a file are those of the memory, whole, in part and joined") {
  const ScratchFolder folder;
  const Tensor<std::uint8_t> all = pixels();
  const Images memory = all, file = in_file(folder / "x");
  CHECK(memory.in_place() != nullptr);
  CHECK(file.in_place() == nullptr);
  CHECK(file == memory);
  CHECK(file.in_memory() == all);
  CHECK(file.checksum() == crc32_z(0, all.data(), static_cast<z_size_t>(all.size())));
  for (Index first = 0; first <= count; ++first)
    for (Index taken = 0; taken <= count - first; ++taken) {
      const Images some = file.part(first, taken), same = memory.part(first, taken);
      CHECK(some.shape() == Shape{taken, 2, 3, 5});
      CHECK(some == same);
      CHECK(some.checksum() == same.checksum());
      CHECK(some.checksum() == crc32_z(0, all.data() + first * size, static_cast<z_size_t>(taken * size)));
    }
  const Images part = file.part(1, 5).part(2, 2);  // a view of a view: images 3 and 4
  CHECK(part == memory.part(3, 2));
  CHECK(part.crc(1) == crcs()[4]);
  const Images both = joined(part, memory.part(0, 3));
  CHECK(both.shape() == Shape{5, 2, 3, 5});
  CHECK(both.part(0, 2) == memory.part(3, 2));
  CHECK(both.part(2, 3) == memory.part(0, 3));
  CHECK(both.checksum() == Images(both.in_memory()).checksum());
  CHECK(joined(memory.part(1, 2), memory.part(3, 4)).in_place() ==
        memory.in_place() + size);  // neighbours again
  CHECK(joined(file.part(1, 2), file.part(3, 4)) == memory.part(1, 6));
  both.will_read(std::vector<Index>{0, 4});
}

TEST_CASE("images: others are not equal, and none have no checksum") {
  Tensor<std::uint8_t> other = pixels();
  other[size * count - 1] ^= 1;
  CHECK_FALSE(Images(other) == Images(pixels()));
  CHECK_FALSE(Images(pixels()).part(0, 3) == Images(pixels()).part(1, 3));
  CHECK_FALSE(Images(pixels()) == Images(pixels().reshaped({count, 3, 2, 5})));
  CHECK(Images().count() == 0);
  CHECK(Images().size() == 0);
  CHECK(Images().checksum() == 0);
  CHECK(Images() == Images(Tensor<std::uint8_t>()));
}

TEST_CASE("images: what is not there is refused") {
  const Images images = pixels();
  CHECK_THROWS_AS(images.part(6, 2), InvalidArgument);
  CHECK_THROWS_AS(images.part(-1, 1), InvalidArgument);
  CHECK_THROWS_AS(images.part(1, INT64_MAX), InvalidArgument);
  CHECK_THROWS_AS(images.in_memory(0, 8), InvalidArgument);
  CHECK_THROWS_AS(Images(Tensor<std::uint8_t>(Shape{})), InvalidArgument);
  CHECK_THROWS_AS(joined(images, Images(Tensor<std::uint8_t>({1, 2, 5, 3}))), InvalidArgument);
}

TEST_CASE("images: a file that cannot hold them is refused before any is read") {
  const ScratchFolder folder;
  in_file(folder / "x");
  const auto refused = [&](std::uint64_t offset, const Shape& stated, std::size_t sums) {
    CHECK_THROWS_AS(images_in_file({std::make_shared<InputFile>(folder / "x"), offset, "x"}, stated,
                                   std::vector<std::uint32_t>(sums)),
                    BadData);
  };
  refused(4, shape, count);  // one byte too far
  refused(1 << 20, shape, count);
  refused(UINT64_MAX, shape, count);
  refused(3, shape, count - 1);
  refused(3, {count + 1, 2, 3, 5}, count + 1);
  refused(3, {Index{1} << 40, Index{1} << 40, 3, 5}, count);
  refused(3, {-1, 2, 3, 5}, count);
  refused(3, {count, 2, 15}, count);
  refused(3, {count, 0, 3, 5}, count);
}

TEST_CASE("images: any changed bit of an image is found when it is read, and the image named") {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  const Images images = in_file(path);
  const Tensor<std::uint8_t> all = pixels();
  std::vector<std::uint8_t> one(size);
  for (Index image = 0; image < count; ++image)
    for (const Index at : {image * size, (image + 1) * size - 1})
      for (const int bit : {0, 7}) {
        overwrite(path, static_cast<std::size_t>(3 + at), static_cast<char>(all[at] ^ (1 << bit)));
        for (Index other = 0; other < count; ++other)
          if (other == image)
            CHECK_THROWS_WITH(
                images.read(other, one.data()),
                Contains("FILE:/images: image " + std::to_string(image) + " was damaged or changed"));
          else
            CHECK_NOTHROW(images.read(other, one.data()));
        overwrite(path, static_cast<std::size_t>(3 + at), static_cast<char>(all[at]));
      }
  CHECK_THROWS_WITH(([&] {
                      overwrite(path, 3 + 2 * size, static_cast<char>(all[2 * size] ^ 1));
                      images.part(2, 1).read(0, one.data());  // image 0 of the view is image 2 of the file
                    }()),
                    Contains("image 2 was damaged"));
}

TEST_CASE("images: a file that becomes shorter, or is exchanged, while it is read") {
  const ScratchFolder folder;
  const Images images = in_file(folder / "x");
  std::vector<std::uint8_t> one(size);
  std::filesystem::resize_file(folder / "x", 3 + 2 * size + 1);
  CHECK_NOTHROW(images.read(1, one.data()));
  CHECK_THROWS_WITH(images.read(2, one.data()),
                    Contains("image 2 is not there: the file has become shorter"));
  CHECK_THROWS_AS(images.in_memory(), BadData);

  const Images others = in_file(folder / "y");
  put_content(folder / "new", "something else");
  std::filesystem::rename(folder / "new",
                          folder / "y");  // another file of this name: not the one that is open
  CHECK(others.in_memory() == pixels());
  std::filesystem::remove(folder / "y");
  CHECK(others.in_memory() == pixels());
}

TEST_CASE("images: several threads read one file") {
  const ScratchFolder folder;
  const Images file = in_file(folder / "x"), memory = pixels();
  std::vector<int> good(100, 0);
  parallel_for(100, 4, [&](Index piece) {
    const Index image = piece % count;
    std::vector<std::uint8_t> one(size);
    file.read(image, one.data());
    good[static_cast<std::size_t>(piece)] =
        std::equal(one.begin(), one.end(), memory.in_place() + image * size);
  });
  CHECK(std::count(good.begin(), good.end(), 1) == 100);
}
