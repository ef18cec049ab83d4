// Generated images: the same on every machine, in every format that can be asked for.
// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <functional>
#include <set>

#include "data/idx_files.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

std::uint64_t checksum(const Images& images) {
  return crc32_z(0, images.in_place(), static_cast<z_size_t>(images.size()));
}

std::string blamed(const char* format) {
  try {
    image_format(format);
  } catch (const InvalidArgument& error) {
    return error.field();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("generated data: the same for a seed, another for another") {
  const Dataset data = load_dataset("generated", 5), again = load_dataset("generated:28x28x1", 5);
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
    train.emplace(data.train.images.in_place() + n * 784, data.train.images.in_place() + (n + 1) * 784);
  Index shared = 0;
  for (Index n = 0; n < 1000; ++n)
    shared +=
        train.contains({data.test.images.in_place() + n * 784, data.test.images.in_place() + (n + 1) * 784});
  CHECK(shared == 0);
}

// Recorded runs are resumed and repeated with these very pixels.
TEST_CASE("generated data: the pixels of every version and machine") {
  const Dataset data = load_dataset("generated", 5);
  CHECK(checksum(data.train.images) == 0xef028b60);
  CHECK(checksum(data.test.images) == 0x244737fb);
  CHECK(checksum(generate_shapes(50, 5, 0, {64, 64, 3}).images) == 0x35419b31);
  CHECK(checksum(generate_shapes(50, 5, 0, {8, 256, 1}).images) == 0x5800f187);
}

TEST_CASE("generated data: every image shows one bright shape that keeps off the edge") {
  const ImageSet set = generate_shapes(300, 1, 0);
  std::array<Index, 3> count{};
  for (Index n = 0; n < 300; ++n) {
    const auto first = set.images.in_place() + n * 784;
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

TEST_CASE("generated data: coloured shapes on a dark background") {
  constexpr Index side = 64, plane = side * side, count = 100;
  const ImageSet set = generate_shapes(count, 3, 0, {side, side, 3});
  REQUIRE(set.images.shape() == Shape{count, 3, side, side});
  std::array<Index, 3> brightest_in{};  // how often a channel is the brightest of a shape
  std::set<std::array<std::uint8_t, 3>> backgrounds;
  for (Index n = 0; n < count; ++n) {
    std::array<std::uint8_t, 3> background{}, brightest{};
    for (Index c = 0; c < 3; ++c) {
      const auto first = set.images.in_place() + (3 * n + c) * plane;
      background.at(static_cast<std::size_t>(c)) = *first;
      brightest.at(static_cast<std::size_t>(c)) = *std::max_element(first, first + plane);
      CHECK(*first < 64);
      CHECK(std::count(first, first + plane, *first) > plane / 4);  // as in grey
    }
    const auto most = std::max_element(brightest.begin(), brightest.end());
    CHECK(*most >= 96);
    ++brightest_in.at(static_cast<std::size_t>(most - brightest.begin()));
    backgrounds.insert(background);
  }
  CHECK(backgrounds.size() > 95);  // of 64^3
  // 100 draws of a third each: 33 +- 4.7; all within six deviations
  for (const Index c : brightest_in) CHECK(std::abs(c - 33) < 28);
}

// The lit share of the pixels is that of the shapes, which grow with the image, and of pixels at their edges,
// which do not: on average larger images lose some of it, far from half. Shapes that did not grow would light
// a sixteenth.
TEST_CASE("generated data: shapes grow with the image") {
  const auto mean_lit = [](const ImageFormat& format) {
    const ImageSet set = generate_shapes(2000, 1, 0, format);
    const auto dark =
        std::count(set.images.in_place(), set.images.in_place() + set.images.size(), std::uint8_t{0});
    return 1 - static_cast<double>(dark) / static_cast<double>(set.images.size());
  };
  const double small = mean_lit({28, 28, 1}), large = mean_lit({112, 112, 1}), wide = mean_lit({28, 112, 1});
  INFO(small << " " << large << " " << wide);
  CHECK(large < small);  // fewer pixels are lit in part
  CHECK(large > small / 2);
  CHECK(wide < small / 3);  // the shorter side counts: a quarter of the pixels, if none is cut off
}

TEST_CASE("generated data: formats") {
  CHECK(image_format("64x48x3") == ImageFormat{64, 48, 3});
  CHECK(image_format("8x256x1") == ImageFormat{8, 256, 1});
  for (const char* wrong : {"", "64", "64x64", "64x64x", "x64x3", "64x64x3x1", "64x64x2", "64x64x0", "7x64x3",
                            "64x257x3", "-64x64x3", "64 x64x3", "64X64X3", "axbxc", "64x64x3 ",
                            "99999999999999999999x64x3", "9223372036854775807x9223372036854775807x3"}) {
    INFO(wrong);
    CHECK(blamed(wrong) == "data");
  }
  CHECK_THROWS_WITH(image_format("7x64x3"), Contains("7x64") && Contains("8 to 256"));
  CHECK_THROWS_WITH(image_format("64x64x4"), Contains("4 channels") && Contains("1 (grey) or 3"));
  CHECK_THROWS_WITH(load_dataset("generated:64x64", 0), Contains("'64x64'") && Contains("64x64x3"));
  CHECK_THROWS_AS(load_dataset("generated:", 0), InvalidArgument);
  CHECK_THROWS_AS(generate_shapes(1, 0, 0, {28, 28, 2}), InvalidArgument);
  CHECK_THROWS_AS(generate_shapes(1, 0, 0, {28, 257, 1}), InvalidArgument);
  CHECK_THROWS_WITH(generate_shapes(INT64_MAX / 200000, 0, 0, {256, 256, 3}), Contains("images"));
}

TEST_CASE("generator: drawing answers interrupts, and so does reading") {
  const ScratchFolder folder;
  const std::string content = idx_labels({7, 9});
  put_content(folder / "plain", content);
  put_content(folder / "packed.gz", gzipped(content));
  write_npy(folder / "x.npy", Tensor<double>({2}), "f8");
  // In a child: a signal stays seen as long as a process lives.
  const auto is_interrupted = [](const std::function<void()>& work) {
    constexpr rlim_t enough = 1 << 20;
    return exit_status_with_file_limit(enough, [&] {
             work();  // before a signal has come, this ends
             catch_interrupts();
             std::raise(SIGTERM);
             try {
               work();
             } catch (const Interrupted&) {
               return 130;
             }
             return 0;
           }) == 130;
  };
  CHECK(is_interrupted([] { generate_shapes(2, 0, 0); }));
  CHECK(is_interrupted([&] { read_idx_labels(folder / "plain"); }));
  CHECK(is_interrupted([&] { read_idx_labels(folder / "packed.gz"); }));
  CHECK(is_interrupted([&] { read_npy(folder / "x.npy"); }));
  CHECK_FALSE(is_interrupted([] { image_format("8x8x1"); }));
}
