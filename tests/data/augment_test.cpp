// Augmented images: moved and mirrored as defined, each as likely, the same for a key and an image.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/data/augment.hpp>
#include <map>
#include <vector>

using namespace fsconv;

namespace {

using Bytes = std::vector<std::uint8_t>;

// By the words of the header: mirror first, then move.
Bytes as_defined(const Move& move, const Shape& chw, const Bytes& from) {
  Bytes mirrored = from, to(from.size());
  const Index height = chw[1], width = chw[2];
  for (Index row = 0; move.flip && row < chw[0] * height; ++row)
    std::reverse(mirrored.begin() + row * width, mirrored.begin() + (row + 1) * width);
  for (Index c = 0; c < chw[0]; ++c)
    for (Index y = 0; y < height; ++y)
      for (Index x = 0; x < width; ++x) {
        const Index source_y = std::clamp<Index>(y - move.down, 0, height - 1),
                    source_x = std::clamp<Index>(x - move.right, 0, width - 1);
        to[static_cast<std::size_t>((c * height + y) * width + x)] =
            mirrored[static_cast<std::size_t>((c * height + source_y) * width + source_x)];
      }
  return to;
}

Bytes augmented(const Augment& how, const NoiseKey& key, Index image, const Shape& chw, const Bytes& from) {
  Bytes to(from.size());
  augment(how, key, image, chw, from.data(), to.data());
  return to;
}

// The first image whose move is this one.
Index image_with(const Augment& how, const NoiseKey& key, const Move& move) {
  for (Index image = 0; image < 10'000; ++image)
    if (move_of(how, key, image) == move) return image;
  FAIL("no image has this move");
  return 0;
}

}  // namespace

TEST_CASE("augment: a hand-computed image") {
  const NoiseKey key{.seed = 7, .stream = 3, .epoch = 1};
  const Bytes image = {1, 2, 3, 4, 5, 6};  // [1, 2, 3]
  const auto made = [&](const Augment& how, const Move& move) {
    return augmented(how, key, image_with(how, key, move), {1, 2, 3}, image);
  };
  CHECK(made({.flip = true}, {.flip = false}) == image);
  CHECK(made({.flip = true}, {.flip = true}) == Bytes{3, 2, 1, 6, 5, 4});
  CHECK(made({.shift = 1}, {.down = 1, .right = 0}) == Bytes{1, 2, 3, 1, 2, 3});
  CHECK(made({.shift = 1}, {.down = 0, .right = 1}) == Bytes{1, 1, 2, 4, 4, 5});
  CHECK(made({.shift = 1}, {.down = -1, .right = -1}) == Bytes{5, 6, 6, 5, 6, 6});
  CHECK(made({.flip = true, .shift = 1}, {.flip = true, .down = 0, .right = 1}) == Bytes{3, 3, 2, 6, 6, 5});
  CHECK(made({.shift = 5}, {.down = 0, .right = 5}) == Bytes{1, 1, 1, 4, 4, 4});
}

TEST_CASE("augment: every plane of every image is moved as defined") {
  for (const Shape& chw : {Shape{1, 1, 1}, Shape{3, 5, 4}, Shape{2, 1, 7}, Shape{1, 6, 1}})
    for (const Augment& how : {Augment{true, 0}, Augment{false, 2}, Augment{true, 3}, Augment{false, 9}}) {
      Bytes image(static_cast<std::size_t>(chw[0] * chw[1] * chw[2]));
      for (std::size_t at = 0; at < image.size(); ++at) image[at] = static_cast<std::uint8_t>(7 * at + 1);
      for (Index n = 0; n < 50; ++n) {
        const NoiseKey key{.seed = 11, .stream = 5, .epoch = static_cast<std::uint32_t>(n % 3)};
        CHECK(augmented(how, key, n, chw, image) == as_defined(move_of(how, key, n), chw, image));
      }
    }
}

// 20,000 images: a number of times is within 6 standard deviations of its mean, but once in 10^8.
TEST_CASE("augment: each move is as likely, and the axes do not follow each other") {
  constexpr Index images = 20'000;
  const auto is_likely = [](Index times, double probability) {
    const double mean = images * probability;
    return std::abs(static_cast<double>(times) - mean) < 6 * std::sqrt(mean * (1 - probability));
  };
  const Augment how{.flip = true, .shift = 2};
  std::map<std::array<Index, 3>, Index> times;
  for (Index n = 0; n < images; ++n) {
    const Move move = move_of(how, {.seed = 1}, n);
    ++times[{move.flip, move.down, move.right}];
  }
  CHECK(times.size() == 50);
  for (const auto& [move, count] : times) {
    CHECK(std::abs(move[1]) <= 2);
    CHECK(std::abs(move[2]) <= 2);
    CHECK(is_likely(count, 1.0 / 50));
  }
  CHECK_FALSE(is_likely(images / 25, 1.0 / 50));  // one that came twice as often would be seen
}

TEST_CASE("augment: a pure function of key and image") {
  const Augment how{.flip = true, .shift = 20};
  const auto moves = [&](const NoiseKey& key) {
    std::vector<std::array<Index, 3>> list;
    for (const Index n : {3, 1, 2, 1})
      if (const Move move = move_of(how, key, n); true) list.push_back({move.flip, move.down, move.right});
    return list;
  };
  const auto some = moves({.seed = 4, .stream = 2, .epoch = 6});
  CHECK(some[1] == some[3]);
  CHECK(some == moves({.seed = 4, .stream = 2, .epoch = 6}));
  CHECK(some != moves({.seed = 5, .stream = 2, .epoch = 6}));
  CHECK(some != moves({.seed = 4, .stream = 3, .epoch = 6}));
  CHECK(some != moves({.seed = 4, .stream = 2, .epoch = 7}));
  // What is not asked for does not happen, and changes nothing of the rest.
  for (Index n = 0; n < 20; ++n) {
    const Move all = move_of({.flip = true, .shift = 4}, {}, n), shifted = move_of({.shift = 4}, {}, n);
    CHECK((shifted == Move{false, all.down, all.right}));
    CHECK((move_of({.flip = true}, {}, n) == Move{all.flip, 0, 0}));
  }
}

TEST_CASE("augment: read from text and written as it") {
  CHECK(parse_augment("flip") == Augment{true, 0});
  CHECK(parse_augment("shift=2") == Augment{false, 2});
  CHECK(parse_augment("flip,shift=2") == Augment{true, 2});
  CHECK(parse_augment("shift=1000,flip") == Augment{true, 1000});
  for (const Augment& augment : {Augment{true, 0}, Augment{false, 3}, Augment{true, 1}})
    CHECK(parse_augment(text(augment)) == augment);
  for (const char* wrong :
       {"", "flips", "flip,", ",flip", "flip,flip", "shift", "shift=", "shift=0", "shift=-1", "shift=1001",
        "shift=2,shift=2", "shift=1.5", "Flip", "flip shift=2", "shift=2x", "none"}) {
    INFO(wrong);
    try {
      parse_augment(wrong);
      FAIL("taken");
    } catch (const InvalidArgument& error) {
      CHECK(error.field() == "augment");
    }
  }
  const Bytes image(12);
  Bytes to(12);
  for (const Shape& shape : {Shape{3, 4}, Shape{1, 3, 4, 1}, Shape{0, 3, 4}, Shape{1, -3, 4}})
    CHECK_THROWS_AS(augment({true, 0}, {}, 0, shape, image.data(), to.data()), InvalidArgument);
}
