// Data sets by name, folder and file.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/generator.hpp>
#include <numeric>
#include <set>

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
  std::vector<std::uint8_t> pixels(25);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  put_content(folder / "x", idx_images(25, 1, 1, pixels));
  const Dataset data = load_dataset(folder / "x", 0);
  CHECK(data.train.images.shape() == Shape{23, 1, 1, 1});
  CHECK(data.test.images == Tensor<std::uint8_t>({2, 1, 1, 1}, {23, 24}));
  CHECK(data.test.labels.empty());
  put_content(folder / "y", idx_images(2, 1, 1, {1, 2}));
  CHECK(load_dataset(folder / "y", 0).test.images[0] == 2);
  put_content(folder / "z", idx_images(1, 1, 1, {1}));
  CHECK_THROWS_WITH(load_dataset(folder / "z", 0), Contains("holds one image"));
}

TEST_CASE("data set: an unknown name lists the known ones") {
  CHECK_THROWS_WITH(load_dataset("fashion_mnist", 0), Contains("fashion-mnist, mnist and generated"));
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

TEST_CASE("generated data: the same for a seed, another for another") {
  const Dataset data = load_dataset("generated", 5), again = load_dataset("generated", 5);
  CHECK(data.train.images.shape() == Shape{6000, 1, 28, 28});
  CHECK(data.test.images.shape() == Shape{1000, 1, 28, 28});
  CHECK((data.train.images == again.train.images));
  CHECK(data.test.labels == again.test.labels);
  CHECK_FALSE((generate_shapes(10, 5, 0).images == generate_shapes(10, 6, 0).images));
  CHECK_FALSE((generate_shapes(10, 5, 0).images == generate_shapes(10, 5, 1).images));
  CHECK_THROWS_AS(generate_shapes(0, 5, 0), InvalidArgument);

  // No test image is a training image: the streams are apart.
  std::set<std::vector<std::uint8_t>> train;
  for (Index n = 0; n < 6000; ++n)
    train.emplace(data.train.images.begin() + n * 784, data.train.images.begin() + (n + 1) * 784);
  Index shared = 0;
  for (Index n = 0; n < 1000; ++n)
    shared += train.contains({data.test.images.begin() + n * 784, data.test.images.begin() + (n + 1) * 784});
  CHECK(shared == 0);
}

TEST_CASE("generated data: every image shows one bright shape that keeps off the edge") {
  const ImageSet set = generate_shapes(300, 1, 0);
  std::array<Index, 3> count{};
  for (Index n = 0; n < 300; ++n) {
    const auto first = set.images.begin() + n * 784;
    // The faintest shape has 96; the smallest bar covers whole pixels, so that brightness is reached.
    CHECK(*std::max_element(first, first + 784) >= 96);
    CHECK(std::count(first, first + 784, std::uint8_t{0}) >
          784 / 4);  // the largest, a disc of radius 8, covers 201
    for (Index at = 0; at < 28; ++at)
      if (set.labels[static_cast<std::size_t>(n)] == 0)
        CHECK(first[at] == 0);  // discs: 9 - 8 = 1 pixel is free
    ++count.at(set.labels[static_cast<std::size_t>(n)]);
  }
  // 300 draws of a third each: 100 +- 8.2; all within eight deviations
  for (const Index c : count) CHECK(std::abs(c - 100) < 66);
}
