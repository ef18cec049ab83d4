// Data sets by name, folder and file.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/io/hdf5.hpp>
#include <fsconv/io/npy.hpp>
#include <fsconv/io/npz.hpp>
#include <numeric>

#include "data/idx_files.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

void write_folder(const ScratchFolder& folder) {
  put_content(folder / "train-images-idx3-ubyte", idx_images(3, 1, 2, {1, 2, 3, 4, 5, 6}));
  put_gzip(folder / "train-labels-idx1-ubyte.gz", idx_labels({0, 1, 2}));
  put_gzip(folder / "t10k-images-idx3-ubyte.gz", idx_images(1, 1, 2, {7, 8}));
  put_content(folder / "t10k-labels-idx1-ubyte", idx_labels({9}));
}

std::vector<std::uint8_t> counted(std::size_t bytes) {
  std::vector<std::uint8_t> values(bytes);
  std::iota(values.begin(), values.end(), std::uint8_t{0});
  return values;
}

void put_npy(const std::string& path, const std::string& descr, const Shape& shape,
             const std::vector<std::uint8_t>& bytes) {
  put_content(path, npy_header(descr, shape) + std::string(bytes.begin(), bytes.end()));
}

}  // namespace

TEST_CASE("data set: a folder of four files, plain or gzipped") {
  const ScratchFolder folder;
  write_folder(folder);
  const Dataset data = load_dataset(folder.path(), 0);
  CHECK(data.source == folder.path());
  CHECK(data.train.images == Tensor<std::uint8_t>({3, 1, 1, 2}, {1, 2, 3, 4, 5, 6}));
  CHECK(data.train.labels == std::vector<std::uint8_t>{0, 1, 2});
  CHECK(data.test.images == Tensor<std::uint8_t>({1, 1, 1, 2}, {7, 8}));
  CHECK(data.test.labels == std::vector<std::uint8_t>{9});
}

TEST_CASE("data set: files that do not fit each other") {
  const ScratchFolder folder;
  write_folder(folder);
  put_content(folder / "t10k-labels-idx1-ubyte", idx_labels({9, 9}));
  CHECK_THROWS_WITH(load_dataset(folder.path(), 0), Contains("holds 2 labels") && Contains("holds 1 images"));
  put_content(folder / "t10k-labels-idx1-ubyte", idx_labels({9}));
  put_gzip(folder / "t10k-images-idx3-ubyte.gz", idx_images(1, 2, 1, {7, 8}));
  CHECK_THROWS_WITH(load_dataset(folder.path(), 0), Contains("1x2") && Contains("2x1"));
  std::filesystem::remove(folder / "t10k-images-idx3-ubyte.gz");
  CHECK_THROWS_WITH(load_dataset(folder.path(), 0), Contains("holds no t10k-images-idx3-ubyte"));
  CHECK_THROWS_AS(load_dataset(folder.path(), 0), IoError);
}

TEST_CASE("data set: the last tenth of a single file becomes the test set") {
  const ScratchFolder folder;
  put_content(folder / "x", idx_images(25, 1, 1, counted(25)));
  const Dataset data = load_dataset(folder / "x", 0);
  CHECK(data.train.images.shape() == Shape{23, 1, 1, 1});
  CHECK(data.test.images == Tensor<std::uint8_t>({2, 1, 1, 1}, {23, 24}));
  CHECK(data.test.labels.empty());
  put_content(folder / "y", idx_images(2, 1, 1, {1, 2}));
  CHECK(load_dataset(folder / "y", 0).test.images[0] == 2);
  put_content(folder / "z", idx_images(1, 1, 1, {1}));
  CHECK_THROWS_WITH(load_dataset(folder / "z", 0), Contains("holds one image"));
}

TEST_CASE("data set: bytes [N, C, H, W] in a file of NumPy or HDF5") {
  const ScratchFolder folder;
  const Tensor<std::uint8_t> images({3, 3, 2, 2}, counted(36));
  put_npy(folder / "x.npy", "|u1", images.shape(), counted(36));
  NpzWriter npz(folder / "x.npz");
  npz.add("images", images);
  npz.commit();
  auto hdf5_file = hdf5::File::create(folder / "x.h5");
  hdf5_file.write("/images", images);
  hdf5_file.commit();
  for (const char* where : {"x.npy", "x.npz", "x.npz:images", "x.h5:/images"}) {
    INFO(where);
    const Dataset data = load_dataset(folder / where, 0);
    CHECK(data.train.images == part_of(images, 0, 2));
    CHECK(data.test.images == part_of(images, 2, 1));
    CHECK(data.test.images[0] == 24);
    CHECK(data.train.labels.empty());
  }
  put_npy(folder / "grey.npy", "|u1", {2, 1, 1, 3}, counted(6));
  CHECK(load_dataset(folder / "grey.npy", 0).train.images.shape() == Shape{1, 1, 1, 3});
}

TEST_CASE("data set: arrays that are no images") {
  const ScratchFolder folder;
  const auto refused = [&](const char* descr, const Shape& shape, std::size_t bytes, const char* message) {
    INFO(message);
    put_npy(folder / "x.npy", descr, shape, counted(bytes));
    CHECK_THROWS_AS(load_dataset(folder / "x.npy", 0), BadData);
    CHECK_THROWS_WITH(load_dataset(folder / "x.npy", 0), Contains("x.npy") && Contains(message));
  };
  refused("|i1", {2, 3, 2, 2}, 24, "type i1");
  refused("<f4", {2, 1, 1, 1}, 8, "type f4");
  refused("|u1", {24}, 24, "[N, C, H, W]");
  refused("|u1", {6, 2, 2}, 24, "its shape is [6, 2, 2]");
  refused("|u1", {2, 2, 2, 3}, 24, "transpose(0, 3, 1, 2)");
  refused("|u1", {2, 2, 2, 2}, 16, "one or three channels");
  refused("|u1", {0, 3, 2, 2}, 0, "at least one");
  refused("|u1", {1, 3, 2, 2}, 12, "holds one image");
  refused("|u1", {2, 3, 2, 2}, 23, "ends early");

  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/wide", Tensor<std::int64_t>({2, 3, 1, 1}));
  file.write("/flat", Tensor<std::uint8_t>({2, 3, 1}));
  file.commit();
  CHECK_THROWS_WITH(load_dataset(folder / "x.h5:/wide", 0), Contains("type i8"));
  CHECK_THROWS_WITH(load_dataset(folder / "x.h5:/flat", 0), Contains("its shape is [2, 3, 1]"));
  CHECK_THROWS_AS(load_dataset(folder / "x.h5:/none", 0), BadData);
  CHECK_THROWS_WITH(load_dataset(folder / "x.h5", 0), Contains("FILE.h5:/DATASET"));
  CHECK_THROWS_AS(load_dataset(folder / "none.npy", 0), IoError);
  CHECK_THROWS_AS(load_dataset(folder / "none.h5:/images", 0), IoError);
}

TEST_CASE("data set: a part of images") {
  const Tensor<std::uint8_t> images({3, 1, 1, 2}, {0, 1, 2, 3, 4, 5});
  CHECK(part_of(images, 1, 2) == Tensor<std::uint8_t>({2, 1, 1, 2}, {2, 3, 4, 5}));
  CHECK(part_of(images, 3, 0).shape() == Shape{0, 1, 1, 2});
  CHECK_THROWS_AS(part_of(images, 2, 2), InvalidArgument);
  CHECK_THROWS_AS(part_of(images, -1, 1), InvalidArgument);
  CHECK_THROWS_AS(part_of(images, 1, INT64_MAX), InvalidArgument);
  CHECK_THROWS_AS(part_of(Tensor<std::uint8_t>({3, 2}), 0, 1), InvalidArgument);
}

TEST_CASE("data set: an unknown name lists the known ones") {
  CHECK_THROWS_WITH(load_dataset("fashion_mnist", 0),
                    Contains("fashion-mnist, mnist, generated and generated:"));
  CHECK_THROWS_AS(load_dataset("", 0), IoError);
  const ScratchFolder folder;
  CHECK_THROWS_AS(load_dataset(folder.path(), 0), IoError);
}

TEST_CASE("data set: Fashion-MNIST as Debian installs it") {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    WARN("skipped: dataset-fashion-mnist is not installed");
    CHECK_THROWS_WITH(load_dataset("fashion-mnist", 0),
                      Contains("dataset-fashion-mnist") && Contains("generated"));
    return;
  }
  const Dataset data = load_dataset("fashion-mnist", 0);
  CHECK(data.train.images.shape() == Shape{60000, 1, 28, 28});
  CHECK(data.test.images.shape() == Shape{10000, 1, 28, 28});
  for (std::uint8_t label = 0; label < 10; ++label)  // its authors made the classes equally large
    CHECK(std::count(data.test.labels.begin(), data.test.labels.end(), label) == 1000);
}
