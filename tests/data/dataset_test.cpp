// Data sets by name, folder and file.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/data_kind.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/data/known_sets.hpp>
#include <fsconv/data/prepare.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/numpy/npz.hpp>
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

// Makes a folder the current one for a while.
class InFolder {
 public:
  explicit InFolder(const std::string& folder) { std::filesystem::current_path(folder); }
  ~InFolder() { std::filesystem::current_path(before_); }

 private:
  std::filesystem::path before_ = std::filesystem::current_path();
};

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

TEST_CASE("data set: MNIST's files under the names with a dot, mixed with the others") {
  struct Names {
    const char *train_images, *train_labels, *test_images, *test_labels;
  };
  for (const Names& names : {Names{"train-images.idx3-ubyte", "train-labels.idx1-ubyte",
                                   "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"},
                             {"train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte.gz",
                              "t10k-images.idx3-ubyte.gz", "t10k-labels.idx1-ubyte.gz"},
                             {"train-images.idx3-ubyte.gz", "train-labels-idx1-ubyte",
                              "t10k-images-idx3-ubyte.gz", "t10k-labels.idx1-ubyte"}}) {
    INFO(names.train_images << " " << names.train_labels);
    const ScratchFolder folder;
    const auto put = [&](const std::string& name, const std::string& content) {
      name.ends_with(".gz") ? put_gzip(folder / name, content) : put_content(folder / name, content);
    };
    put(names.train_images, idx_images(2, 1, 2, {1, 2, 3, 4}));
    put(names.train_labels, idx_labels({5, 6}));
    put(names.test_images, idx_images(1, 1, 2, {7, 8}));
    put(names.test_labels, idx_labels({9}));
    const Dataset data = load_dataset(folder.path(), 0);
    CHECK(data.train.images == Tensor<std::uint8_t>({2, 1, 1, 2}, {1, 2, 3, 4}));
    CHECK(data.train.labels == std::vector<std::uint8_t>{5, 6});
    CHECK(data.test.images == Tensor<std::uint8_t>({1, 1, 1, 2}, {7, 8}));
    CHECK(data.test.labels == std::vector<std::uint8_t>{9});
    CHECK(data.notes.empty());
  }
}

TEST_CASE("data set: folders with a file's name are passed over") {  // archives unpack MNIST so
  const ScratchFolder folder;
  write_folder(folder);
  std::filesystem::rename(folder / "train-images-idx3-ubyte", folder / "train-images.idx3-ubyte");
  std::filesystem::create_directory(folder / "train-images-idx3-ubyte");
  CHECK(load_dataset(folder.path(), 0).train.images.size() == 6);
}

TEST_CASE("data set: labels that are not there are no error, and a note says so") {
  const ScratchFolder folder;
  write_folder(folder);
  std::filesystem::remove(folder / "train-labels-idx1-ubyte.gz");
  const Dataset data = load_dataset(folder.path(), 0);
  CHECK(data.train.images.size() == 6);
  CHECK(data.train.labels.empty());
  CHECK(data.test.labels == std::vector<std::uint8_t>{9});
  REQUIRE(data.notes.size() == 1);
  CHECK_THAT(data.notes[0], Contains("holds no train-labels-idx1-ubyte; training needs no labels"));
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
  CHECK(load_dataset(folder.path(), 0).notes.size() == 2);
  put_content(folder / "train-labels.idx1-ubyte", "<html>");  // a label file that is there must be one
  CHECK_THROWS_AS(load_dataset(folder.path(), 0), BadData);
}

TEST_CASE("data set: files that do not fit each other") {
  const ScratchFolder folder;
  write_folder(folder);
  put_content(folder / "t10k-labels-idx1-ubyte", idx_labels({9, 9}));
  CHECK_THROWS_WITH(load_dataset(folder.path(), 0), Contains("holds 2 labels") && Contains("holds 1 image"));
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
  CHECK(load_dataset(folder / "y", 0).test.images.in_place()[0] == 2);
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
    CHECK(data.train.images == Images(images).part(0, 2));
    CHECK(data.test.images == Images(images).part(2, 1));
    CHECK(data.test.images.in_place()[0] == 24);
    CHECK(data.train.labels.empty());
  }
  put_npy(folder / "grey.npy", "|u1", {2, 1, 1, 3}, counted(6));
  CHECK(load_dataset(folder / "grey.npy", 0).train.images.shape() == Shape{1, 1, 1, 3});
}

TEST_CASE("data set: grey images without an axis of channels") {
  const ScratchFolder folder;
  put_npy(folder / "x.npy", "|u1", {3, 2, 4}, counted(24));
  const Dataset data = load_dataset(folder / "x.npy", 0);
  CHECK(data.train.images == Tensor<std::uint8_t>({2, 1, 2, 4}, counted(16)));
  CHECK(data.test.images.shape() == Shape{1, 1, 2, 4});
  CHECK(data.test.images.in_place()[0] == 16);
  REQUIRE(data.notes.size() == 1);
  CHECK_THAT(data.notes[0], Contains("x.npy: [3, 2, 4] is taken as grey images [N, H, W]"));
}

TEST_CASE("data set: images with their channels last") {
  const ScratchFolder folder;
  const Tensor<std::uint8_t> last({2, 2, 4, 3}, counted(48));
  put_npy(folder / "x.npy", "|u1", last.shape(), counted(48));
  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/images", last);
  file.write("/grey", Tensor<std::uint8_t>({2, 2, 4, 1}, counted(16)));
  file.commit();
  for (const char* where : {"x.npy", "x.h5:/images"}) {
    INFO(where);
    const Dataset data = load_dataset(folder / where, 0);
    REQUIRE(data.train.images.shape() == Shape{1, 3, 2, 4});
    // The first image: its red plane holds every third byte from the first one on, green from the second one on.
    for (Index pixel = 0; pixel < 8; ++pixel)
      for (Index channel = 0; channel < 3; ++channel)
        CHECK(data.train.images.in_place()[channel * 8 + pixel] == 3 * pixel + channel);
    CHECK(data.test.images.in_place()[0] == 24);
    REQUIRE(data.notes.size() == 1);
    CHECK_THAT(data.notes[0], Contains("[2, 2, 4, 3] is taken as [N, H, W, C]"));
  }
  CHECK(load_dataset(folder / "x.h5:/grey", 0).train.images ==
        Tensor<std::uint8_t>({1, 1, 2, 4}, counted(8)));

  // Where both could be meant, it is the documented order, and a note says so.
  put_npy(folder / "y.npy", "|u1", {2, 1, 2, 3}, counted(12));
  const Dataset both = load_dataset(folder / "y.npy", 0);
  CHECK(both.train.images == Tensor<std::uint8_t>({1, 1, 2, 3}, counted(6)));
  REQUIRE(both.notes.size() == 1);
  CHECK_THAT(both.notes[0], Contains("[2, 1, 2, 3] is taken as [N, C, H, W]"));
}

TEST_CASE("data set: floats in 0..1 become bytes, and others are refused with the cure") {
  const ScratchFolder folder;
  const auto put = [&](const std::vector<double>& values, const std::string& dtype) {
    write_npy(folder / "x.npy", Tensor<double>({2, 1, 1, static_cast<Index>(values.size()) / 2}, values),
              dtype);
  };
  const auto bytes = [&] {
    const Dataset data = load_dataset(folder / "x.npy", 0);
    REQUIRE(data.notes.size() == 1);
    CHECK_THAT(data.notes[0], Contains("floats in 0..1 become the bytes round(255 x)"));
    std::vector<std::uint8_t> all(data.train.images.in_place(),
                                  data.train.images.in_place() + data.train.images.size());
    all.insert(all.end(), data.test.images.in_place(), data.test.images.in_place() + data.test.images.size());
    return all;
  };
  put({0, 1, 0.5, 0.1, 0.003, 0.0019, 0.25, 0.75}, "f8");
  CHECK(bytes() == std::vector<std::uint8_t>{0, 255, 128, 26, 1, 0, 64, 191});
  put({-0.0, 0.2f, 1, 0.999f}, "f4");
  CHECK(bytes() == std::vector<std::uint8_t>{0, 51, 255, 255});
  // Bytes that were divided by 255 come back, all of them.
  std::vector<double> fractions;
  for (int byte = 0; byte < 256; ++byte) fractions.push_back(static_cast<float>(byte) / 255.0f);
  put(fractions, "f4");
  CHECK(bytes() == counted(256));

  const auto refused = [&](const std::vector<double>& values, const char* message) {
    INFO(message);
    put(values, "f8");
    CHECK_THROWS_AS(load_dataset(folder / "x.npy", 0), BadData);
    CHECK_THROWS_WITH(load_dataset(folder / "x.npy", 0), Contains(message) &&
                                                             Contains("floats must lie in 0..1") &&
                                                             Contains("astype('uint8')"));
  };
  refused({0, 255, 7, 0}, "holds 255 at [0, 0, 0, 1]");
  refused({0, 1, -1, 0}, "holds -1 at [1, 0, 0, 0]");
  refused({0, 1, 1.0001, 0}, "holds 1.0001 at [1, 0, 0, 0]");
  refused({0, std::nan(""), 1, 0}, "holds nan at [0, 0, 0, 1]");
  refused({0, HUGE_VAL, 1, 0}, "holds inf at [0, 0, 0, 1]");
}

TEST_CASE(
    "data set: floats of HDF5 are the same images in every precision, and refused by their shape first") {
  const ScratchFolder folder;
  std::vector<float> fractions;
  for (int byte = 0; byte < 256; ++byte) fractions.push_back(static_cast<float>(byte) / 255.0f);
  const Tensor<float> images({4, 1, 8, 8}, fractions);
  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/f4", images);
  file.write("/f8", cast<double>(images));
  file.write("/beyond", Tensor<float>({2, 1, 1, 1}, {0.5f, 1.5f}));
  file.write("/flat", Tensor<float>({1, 2}, {0.5f, 1.5f}));
  file.commit();
  for (const std::string place : {"x.h5:/f4", "x.h5:/f8"}) {
    const ImageArray read = read_image_array(folder / place);
    CHECK(read.images == Tensor<std::uint8_t>({4, 1, 8, 8}, counted(256)));
    REQUIRE(read.notes.size() == 1);
    CHECK_THAT(read.notes[0], Contains("floats in 0..1 become the bytes round(255 x)"));
  }
  CHECK_THROWS_WITH(read_image_array(folder / "x.h5:/beyond"),
                    Contains("holds 1.5 at [1, 0, 0, 0]") && Contains("floats must lie in 0..1"));
  CHECK_THROWS_WITH(read_image_array(folder / "x.h5:/flat"), Contains("its shape is [1, 2]"));
}

TEST_CASE("data set: booleans are black and white") {
  const ScratchFolder folder;
  put_npy(folder / "x.npy", "?", {2, 1, 1, 2}, {0, 1, 1, 0});
  const Dataset data = load_dataset(folder / "x.npy", 0);
  CHECK(data.train.images == Tensor<std::uint8_t>({1, 1, 1, 2}, {0, 255}));
  CHECK(data.test.images == Tensor<std::uint8_t>({1, 1, 1, 2}, {255, 0}));
}

TEST_CASE("data set: bytes and booleans are the same images whatever the file, its order and its layout") {
  const ScratchFolder folder;
  const std::vector<std::uint8_t> bytes = counted(std::size_t{10 * 5 * 4 * 3});
  const Tensor<std::uint8_t> last({10, 5, 4, 3}, bytes);
  const Tensor<std::uint8_t> wanted = permute(last, {0, 3, 1, 2});
  const auto read = [&](const std::string& name) {
    const Dataset data = load_undivided(folder / name, 0);
    return data.train.images.in_memory(0, data.train.images.count());
  };
  put_npy(folder / "c.npy", "|u1", {10, 5, 4, 3}, bytes);
  CHECK(read("c.npy") == wanted);
  NpzWriter archive(folder / "c.npz");
  archive.add("a", last);
  archive.commit();
  CHECK(read("c.npz") == wanted);
  CHECK(read("c.npz:a") == wanted);
  const Tensor<std::uint8_t> reversed = permute(last, {3, 2, 1, 0});
  std::string header = npy_header("|u1", {10, 5, 4, 3});
  header.replace(header.find("False"), 5, "True ");
  put_content(folder / "f.npy", header + std::string(reversed.begin(), reversed.end()));
  CHECK(read("f.npy") == wanted);
  // Whatever is not 0 is true.
  put_npy(folder / "b.npy", "|b1", {10, 5, 4, 3}, bytes);
  std::vector<std::uint8_t> white;
  for (const std::uint8_t byte : wanted) white.push_back(byte == 0 ? 0 : 255);
  CHECK(read("b.npy") == Tensor<std::uint8_t>({10, 3, 5, 4}, white));
}

TEST_CASE("data set: bytes of 0 and 1 are nearly black, and that is said") {
  const ScratchFolder folder;
  const auto notes_of = [&](std::uint8_t brightest) {
    std::vector<std::uint8_t> bytes(10 * 8 * 8, 0);
    bytes[7] = brightest;
    put_npy(folder / "x.npy", "|u1", {10, 1, 8, 8}, bytes);
    std::string notes;
    for (const std::string& note : load_undivided(folder / "x.npy", 0).notes) notes += note;
    return notes;
  };
  CHECK(notes_of(1).find("no byte is above 1") != std::string::npos);
  CHECK(notes_of(2).find("no byte") == std::string::npos);
  CHECK(notes_of(0).find("no byte") == std::string::npos);
}

TEST_CASE("data set: what is no array of images is refused before room is made for it") {
  const ScratchFolder folder;
  NpzWriter archive(folder / "x.npz");
  archive.add("images", Tensor<std::uint8_t>({4, 8, 8}));
  archive.add("labels", Tensor<std::uint8_t>({5}));
  archive.add("numbers", Tensor<std::int64_t>({4, 8, 8}));
  archive.commit();
  CHECK_THROWS_WITH(load_dataset(folder / "x.npz", 0), Contains("labels: its shape is [5], and there are 4"));
  CHECK_THROWS_WITH(load_dataset(folder / "x.npz:numbers", 0), Contains("holds numbers of type i8"));
  CHECK_THROWS_WITH(load_dataset(folder / "x.npz:labels", 0), Contains("its shape is [5]"));
}

TEST_CASE("data set: packed images are what they stand for") {
  const ScratchFolder folder;
  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/x", Tensor<std::uint8_t>({2, 1, 1, 2}, {0, 50, 100, 10}));
  file.set_attribute("/x", "scale_factor", 0.01);
  file.write("/masked", Tensor<std::uint8_t>({2, 1, 1, 2}, {0, 50, 100, 10}));
  file.set_attribute("/masked", "_FillValue", 100);
  file.commit();
  const Dataset data = load_dataset(folder / "x.h5:/x", 0);
  CHECK(data.train.images == Tensor<std::uint8_t>({1, 1, 1, 2}, {0, 128}));
  CHECK(data.test.images == Tensor<std::uint8_t>({1, 1, 1, 2}, {255, 26}));
  CHECK(data.notes.size() == 2);
  CHECK_THROWS_WITH(load_dataset(folder / "x.h5:/masked", 0), Contains("holds 100 at [1, 0, 0, 0]"));
}

TEST_CASE("data set: an archive of images and labels under their usual names") {
  const ScratchFolder folder;
  const Tensor<std::uint8_t> images({10, 2, 2}, counted(40)), test({2, 2, 2}, counted(8)),
      labels({10}, counted(10)), test_labels({2, 1}, {8, 9});
  {
    NpzWriter writer(folder / "keras.npz");
    writer.add("x_test", test);
    writer.add("x_train", images);
    writer.add("y_train", labels);
    writer.add("y_test", test_labels);
    writer.commit();
  }
  const Dataset keras = load_dataset(folder / "keras.npz", 0);
  CHECK(keras.train.images == Tensor<std::uint8_t>({10, 1, 2, 2}, counted(40)));
  CHECK(keras.train.labels == counted(10));
  CHECK(keras.test.images == Tensor<std::uint8_t>({2, 1, 2, 2}, counted(8)));
  CHECK(keras.test.labels == std::vector<std::uint8_t>{8, 9});
  REQUIRE(keras.notes.size() == 3);
  CHECK_THAT(keras.notes[0], Contains("x_train, y_train, x_test, y_test are taken"));
  CHECK(load_dataset(folder / "keras.npz:x_test", 0).train.images.size() ==
        4);  // one array, when it is named

  {
    NpzWriter writer(folder / "parts.npz");
    writer.add("images", Tensor<std::uint8_t>({10, 1, 2, 2}, counted(40)));
    writer.add("labels", Tensor<std::int64_t>({10}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 255}));
    writer.add("names", Tensor<double>({1}));
    writer.commit();
  }
  const Dataset parts = load_dataset(folder / "parts.npz", 0);
  CHECK(parts.train.images.shape() == Shape{9, 1, 2, 2});
  CHECK(parts.train.labels == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(parts.test.labels == std::vector<std::uint8_t>{255});
  REQUIRE(parts.notes.size() == 1);
  CHECK_THAT(parts.notes[0], Contains("images, labels are taken, and not names"));

  const auto refused = [&](const Tensor<double>& bad_labels, const char* message) {
    INFO(message);
    NpzWriter writer(folder / "bad.npz");
    writer.add("images", images);
    writer.add("labels", bad_labels);
    writer.commit();
    CHECK_THROWS_AS(load_dataset(folder / "bad.npz", 0), BadData);
    CHECK_THROWS_WITH(load_dataset(folder / "bad.npz", 0),
                      Contains("bad.npz:labels") && Contains(message) &&
                          Contains("bad.npz:images takes the images without"));
  };
  refused(Tensor<double>({9}), "its shape is [9], and there are 10 images");
  refused(Tensor<double>({10, 3}), "its shape is [10, 3]");
  refused(Tensor<double>({10}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 0.5}), "holds 0.5 at [9]");
  refused(Tensor<double>({10}, {0, -1, 2, 3, 4, 5, 6, 7, 8, 9}), "holds -1 at [1]");

  NpzWriter writer(folder / "other.npz");
  writer.add("a", images);
  writer.add("b", images);
  writer.commit();
  CHECK_THROWS_WITH(load_dataset(folder / "other.npz", 0), Contains("holds 2 arrays") && Contains("a, b"));
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
  refused("<i2", {2, 1, 1, 1}, 4, "save x.astype('uint8')");
  refused("|u1", {24}, 24, "[N, C, H, W]");
  refused("|u1", {2, 12}, 24, "reshape(N, H, W)");
  refused("|u1", {4, 2, 3}, 24, "one image in colour, or grey ones?");
  refused("|u1", {6, 4, 1}, 24, "one image in colour, or grey ones?");
  refused("|u1", {0, 2, 2}, 0, "at least one");
  refused("|u1", {2, 1, 2, 2, 3}, 24, "[N, C, H, W]");
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
  CHECK_THROWS_WITH(load_dataset(folder / "x.h5", 0), Contains("x.h5:/DATASET with one of /flat"));
  CHECK_THROWS_AS(load_dataset(folder / "none.npy", 0), IoError);
  CHECK_THROWS_AS(load_dataset(folder / "none.h5:/images", 0), IoError);
}

TEST_CASE("data set: a part of a set, and two joined, have their labels") {
  const ImageSet set{Tensor<std::uint8_t>({3, 1, 1, 2}, {0, 1, 2, 3, 4, 5}), {7, 8, 9}};
  const ImageSet part = part_of(set, 1, 2);
  CHECK(part.images == Tensor<std::uint8_t>({2, 1, 1, 2}, {2, 3, 4, 5}));
  CHECK(part.labels == std::vector<std::uint8_t>{8, 9});
  CHECK(part_of(set, 3, 0).images.shape() == Shape{0, 1, 1, 2});
  CHECK_THROWS_AS(part_of(set, 2, 2), InvalidArgument);
  const ImageSet both = joined(part, part_of(set, 0, 1));
  CHECK(both.images == Tensor<std::uint8_t>({3, 1, 1, 2}, {2, 3, 4, 5, 0, 1}));
  CHECK(both.labels == std::vector<std::uint8_t>{8, 9, 7});
  CHECK(joined(set, ImageSet{set.images, {}}).labels.empty());
}

TEST_CASE("data set: an unknown name lists the known ones") {
  CHECK_THROWS_WITH(load_dataset("fashion_mnist", 0),
                    Contains("fashion-mnist, mnist, cifar-10, cifar-100, celeba, generated, generated:") &&
                        Contains("fsconv data list"));
  CHECK_THROWS_AS(load_dataset("", 0), IoError);
  const ScratchFolder folder;
  CHECK_THROWS_AS(load_dataset(folder.path(), 0), BadData);  // it is there, and empty
}

TEST_CASE("data set: every known name says how to get what is not there, and takes no other data for it") {
  const ScratchFolder folder;
  const InFolder here(folder.path());
  for (const KnownSet& set : known_sets()) {
    const std::string name(set.name);
    INFO(name);
    if (place_of(set)) continue;  // where Debian installs it
    CHECK_THROWS_WITH(load_dataset(name, 0), Contains(name + ": is not there: no folder data/" + name) &&
                                                 Contains("data/fetch " + name) && Contains("generated"));
    std::filesystem::create_directories("data/" + name);
    CHECK_THROWS_WITH(load_dataset(name, 0),
                      Contains("data/" + name + ": is an empty folder, and is where " + name) &&
                          Contains("data/fetch " + name));
  }
  put_content("data/mnist/data_batch_1.bin", "of CIFAR-10");
  CHECK_THROWS_WITH(load_dataset("mnist", 0), Contains("holds the binary version of CIFAR-10"));
  put_content("data/cifar-10/data_batch_1.bin", "too short");
  CHECK_THROWS_WITH(load_dataset("cifar-10", 0), Contains("data_batch_1.bin: holds 9 bytes"));
  CHECK(is_known_name("cifar-10"));
  CHECK_FALSE(is_known_name("celeba"));  // has validation images
}

TEST_CASE("data set: what kind of data a path leads to") {
  const ScratchFolder folder;
  const auto holding = [&](const std::string& name, const std::vector<std::string>& files) {
    std::filesystem::create_directories(folder / name);
    for (const std::string& file : files) put_content(folder / (name + "/" + file), "x");
    return data_kind(folder / name);
  };
  CHECK(data_kind(folder / "none") == DataKind::nothing);
  CHECK(holding("empty", {}) == DataKind::empty_folder);
  CHECK(holding("other", {"readme"}) == DataKind::other_folder);
  for (const char* images : {"train-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz"})
    CHECK(holding(images, {images}) == DataKind::idx_folder);
  CHECK(holding("labels", {"train-labels-idx1-ubyte"}) == DataKind::other_folder);
  CHECK(holding("ten", {"data_batch_1.bin", "x.png", "train-images-idx3-ubyte"}) == DataKind::cifar10_folder);
  CHECK(holding("hundred", {"train.bin"}) == DataKind::other_folder);
  CHECK(holding("hundred", {"test.bin"}) == DataKind::cifar100_folder);
  CHECK(holding("python", {"data_batch_1"}) == DataKind::python_cifar);
  CHECK(holding("python", {"x.png"}) == DataKind::picture_folder);
  CHECK(holding("pictures", {"x.jpg"}) == DataKind::picture_folder);
  CHECK(holding("mixed", {"x.jpg", "t10k-images-idx3-ubyte"}) == DataKind::idx_folder);
  std::filesystem::create_directories(folder / "folders/data_batch_1.bin");
  std::filesystem::create_directories(folder / "folders/train-images-idx3-ubyte");
  CHECK(data_kind(folder / "folders") == DataKind::other_folder);
  put_content(folder / "x", "x");
  CHECK(data_kind(folder / "x") == DataKind::other_file);
  CHECK(data_kind(folder / "x.npy") == DataKind::array);
  CHECK(data_kind(folder / "none.h5:/images") == DataKind::array);
  put_content(folder / "x.npz:images", "x");
  CHECK(data_kind(folder / "x.npz:images") == DataKind::other_file);
  for (const char* name : {"other", "labels", "empty", "folders"})
    CHECK_THROWS_WITH(load_dataset(folder / name, 0),
                      Contains("pictures") && Contains("train-images-idx3-ubyte") && Contains("CIFAR-10"));
}

TEST_CASE(
    "data set: one file of several, packed parts, and HDF5 under other names are told for what they are") {
  const ScratchFolder folder;
  auto file = hdf5::File::create(folder / "x.h5");
  file.write("/images", Tensor<std::uint8_t>({2, 1, 2, 2}));
  file.commit();
  std::filesystem::copy(folder / "x.h5", folder / "x.mat");
  CHECK_THROWS_WITH(load_dataset(folder / "x.mat", 0), Contains("x.mat:/DATASET with one of /images"));
  CHECK(load_dataset(folder / "x.mat:/images", 0).train.images.count() == 1);

  std::filesystem::create_directories(folder / "cifar");
  for (const char* name : {"cifar/data_batch_2.bin", "cifar/test.bin"}) {
    put_content(folder / name, std::string(3073, '\0'));
    CHECK_THROWS_WITH(load_dataset(folder / name, 0), Contains("one of CIFAR's files") && Contains("folder"));
  }
  std::filesystem::create_directories(folder / "packed");
  put_content(folder / "packed/data_batch_1.bin.gz", "x");
  CHECK_THROWS_WITH(load_dataset(folder / "packed", 0), Contains("gunzip"));

  // As other readers call it.
  put_npy(folder / "a.npy", "f4", {1}, {0});
  NpzWriter archive(folder / "a.npz");
  archive.add("x", Tensor<float>({1}));
  archive.commit();
  std::filesystem::rename(folder / "a.npz", folder / "a.zip");
  CHECK_THROWS_WITH(load_dataset(folder / "a.zip", 0), Contains("an archive of NumPy (.npz)"));
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

// Holes of the file are black.
TEST_CASE("data set: large arrays of bytes stay in their file, plain IDX, NumPy and HDF5 alike", "[slow]") {
  const ScratchFolder folder;
  constexpr Index count = 300, height = 600, width = 500;
  constexpr std::uintmax_t grey =
      900 * height * width;  // of grey images, as many bytes as of those in colour
  static_assert(grey > static_cast<std::uintmax_t>(largest_in_memory));
  const auto write = [&](const std::string& name, const std::string& header, std::uintmax_t bytes) {
    put_content(folder / name, header);
    std::filesystem::resize_file(folder / name, header.size() + bytes);
    std::fstream file(folder / name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(header.size() + bytes - 5));
    file << "abcde";  // the last pixels
  };
  const auto last_of = [](const Dataset& data) {
    const Images& test = data.test.images;
    CHECK(test.in_place() == nullptr);
    CHECK(data.train.images.in_place() == nullptr);
    return test.in_memory(test.count() - 1, 1);
  };
  const auto ends_with = [](const Tensor<std::uint8_t>& image, const std::string& end) {
    return std::equal(end.rbegin(), end.rend(), std::make_reverse_iterator(image.end()));
  };
  const std::string idx = idx_images(900, height, width, {});
  write("x.idx", idx, grey);
  const Dataset of_idx = load_dataset(folder / "x.idx", 0);
  CHECK(of_idx.train.images.shape() == Shape{810, 1, height, width});
  CHECK(ends_with(last_of(of_idx), "abcde"));
  put_content(folder / "short.idx", idx);
  std::filesystem::resize_file(folder / "short.idx", idx.size() + grey - 1);
  CHECK_THROWS_AS(load_dataset(folder / "short.idx", 0), BadData);
  std::filesystem::resize_file(folder / "short.idx", idx.size() + grey + 1);
  CHECK_THROWS_WITH(load_dataset(folder / "short.idx", 0), Contains("holds more than the 900 images"));

  write("x.npy", npy_header("|u1", {count, height, width, 3}), grey);
  const Dataset of_numpy = load_dataset(folder / "x.npy", 0);
  CHECK(of_numpy.train.images.shape() == Shape{270, 3, height, width});
  const Tensor<std::uint8_t> last = last_of(of_numpy);  // pixels in colour: (0, a, b), (c, d, e)
  for (Index channel = 0; channel < 3; ++channel)
    CHECK(last[(channel + 1) * height * width - 1] == "cde"[channel]);
  CHECK(last[2 * height * width - 2] == 'a');
  CHECK(last[height * width - 2] == 0);
  REQUIRE(of_numpy.notes.size() == 1);
  CHECK_THAT(of_numpy.notes[0], Contains("is taken as [N, H, W, C]"));

  {
    auto file = hdf5::File::create(folder / "x.h5");
    file.reserve<std::uint8_t>("/images", {900, height, width});
    file.write_part<std::uint8_t>("/images", 899, std::vector<std::uint8_t>(height * width, 'z'));
    file.commit();
  }
  const Dataset of_hdf5 = load_dataset(folder / "x.h5:/images", 0);
  CHECK(of_hdf5.test.images.shape() == Shape{90, 1, height, width});
  CHECK(ends_with(last_of(of_hdf5), "zzzzz"));
}

TEST_CASE("data set: a data format says what a shape leaves open, and is refused where it cannot be") {
  const ScratchFolder folder;
  put_npy(folder / "both.npy", "|u1", {2, 3, 4, 3}, counted(72));
  put_npy(folder / "grey.npy", "|u1", {4, 6, 3}, counted(72));
  const auto first = [&](const char* name, DataFormat format) {
    return load_dataset(folder / name, 0, format).train.images.in_memory(0, 1);
  };
  CHECK(first("both.npy", DataFormat::automatic).shape() == Shape{1, 3, 4, 3});
  CHECK(first("both.npy", DataFormat::nchw).shape() == Shape{1, 3, 4, 3});
  const Tensor<std::uint8_t> last = first("both.npy", DataFormat::nhwc);
  CHECK(last.shape() == Shape{1, 3, 3, 4});
  CHECK(last[0] == 0);
  CHECK(last[1] == 3);   // the next pixel of a row
  CHECK(last[12] == 1);  // the next channel
  CHECK(first("grey.npy", DataFormat::nhw).shape() == Shape{1, 1, 6, 3});
  CHECK_THROWS_WITH(load_dataset(folder / "grey.npy", 0), Contains("say --data-format nhw"));
  for (const DataFormat wrong : {DataFormat::nchw, DataFormat::nhwc})
    CHECK_THROWS_WITH(load_dataset(folder / "grey.npy", 0, wrong),
                      Contains("the data format " + std::string(name(wrong))));
  CHECK_THROWS_WITH(load_dataset(folder / "both.npy", 0, DataFormat::nhw), Contains("the data format nhw"));
}

TEST_CASE("data set: a folder of pictures of one size, and the same prepared") {
  const ScratchFolder folder;
  const auto put_picture = [&](const std::string& name, Index height, std::uint8_t value) {
    std::filesystem::create_directories(std::filesystem::path(folder / name).parent_path());
    Picture picture{.width = 5, .height = height, .channels = 3, .pixels = {}};
    for (Index at = 0; at < 15 * height; ++at)
      picture.pixels.push_back(static_cast<std::uint8_t>(value + 7 * at));
    write_png(folder / name, picture);
  };
  for (int at = 0; at < 10; ++at) {
    put_picture(fmt::format("set/cats/{}.png", at), 4, static_cast<std::uint8_t>(at));
    put_picture(fmt::format("set/dogs/{}.png", at), 4, static_cast<std::uint8_t>(100 + at));
  }
  const Dataset data = load_dataset(folder / "set", 0);
  CHECK(data.train.images.shape() == Shape{18, 3, 4, 5});
  CHECK(data.test.images.shape() == Shape{2, 3, 4, 5});
  for (const int threads : {1, 3}) {
    const Dataset again = load_dataset(folder / "set", 0, DataFormat::automatic, threads);
    CHECK(again.train.images == data.train.images);
    CHECK(again.train.labels == data.train.labels);
    CHECK(again.test.images == data.test.images);
  }
  CHECK(data.test.labels == std::vector<std::uint8_t>{0, 1});  // a tenth of each class
  const Tensor<std::uint8_t> first = data.train.images.in_memory(0, 1);
  CHECK(first[0] == 0);
  CHECK(first[1] == 21);  // the next pixel
  CHECK(first[20] == 7);  // the next channel

  Preparation preparation;
  preparation.folder = folder / "set";
  preparation.output = folder / "set.h5";
  prepare(preparation, [](const std::string&) {});
  const Dataset prepared = load_dataset(folder / "set.h5", 0);
  CHECK(prepared.train.images == data.train.images);
  CHECK(prepared.train.labels == data.train.labels);
  CHECK(prepared.test.images == data.test.images);
  CHECK(prepared.test.labels == data.test.labels);

  put_picture("set/dogs/tall.png", 5, 0);
  CHECK_THROWS_WITH(load_dataset(folder / "set", 0),
                    Contains("tall.png: is 5 pixels high and 5 wide") && Contains("fsconv data prepare"));
  std::filesystem::create_directory(folder / "empty");
  CHECK_THROWS_WITH(load_dataset(folder / "empty", 0), Contains("train-images-idx3-ubyte"));
}
