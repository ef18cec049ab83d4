// Bytes become the numbers of a batch, in the order asked for; what is random follows from the seed, the split, the
// epoch and the image, and from nothing else.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <set>

#include "nn/small_models.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;
using Order = std::vector<Index>;

namespace {

template <class T>
std::vector<T> fetched(const Batch& batch) {
  const Index count = batch.images.size() / std::max<Index>(1, batch.images.shape()[0]);
  std::vector<T> numbers(static_cast<std::size_t>(count * batch.size()));
  fetch(batch, numbers.data());
  return numbers;
}

// Image n of [count, 1, 3, 7] in grey tones that differ.
Tensor<std::uint8_t> greys(Index count) {
  Tensor<std::uint8_t> images({count, 1, 3, 7});
  for (Index at = 0; at < images.size(); ++at) images[at] = static_cast<std::uint8_t>(37 + at * 41 % 190);
  return images;
}

std::vector<float> image_of(const std::vector<float>& batch, std::size_t at) {
  return {batch.begin() + static_cast<std::ptrdiff_t>(21 * at),
          batch.begin() + static_cast<std::ptrdiff_t>(21 * (at + 1))};
}

// Whether an image's bits are the same whatever batch it is in, of this way to draw them.
template <class Draw>
bool depends_on_the_image_alone(Draw&& draw) {
  const Order together = {0, 1, 2, 3, 4, 5}, backwards = {5, 4, 3, 2, 1, 0};
  const std::vector<float> all = draw(together), reversed = draw(backwards), twice = draw(Order{2, 2, 4});
  for (std::size_t at = 0; at < 6; ++at) {
    if (image_of(all, at) != draw(Order{static_cast<Index>(at)})) return false;
    if (image_of(all, at) != image_of(reversed, 5 - at)) return false;
  }
  return image_of(twice, 0) == image_of(all, 2) && image_of(twice, 1) == image_of(all, 2) &&
         image_of(twice, 2) == image_of(all, 4);
}

// Standard deviations that a binarised grey's frequency is off by, over `epochs` of `pixels` pixels.
double off_by(std::uint8_t value, double wanted) {
  constexpr Index pixels = 2000, epochs = 20;
  Tensor<std::uint8_t> images({1, 1, pixels});
  std::fill(images.begin(), images.end(), value);
  const Order order = {0};
  double ones = 0;
  for (Index epoch = 0; epoch < epochs; ++epoch)
    for (const float bit :
         fetched<float>(make_batch(images, order, Binarise::dynamic, 3, Split::train, epoch)))
      ones += static_cast<double>(bit);
  const double n = pixels * epochs;
  return std::abs(ones - n * wanted) / std::sqrt(n * wanted * (1 - wanted));
}

}  // namespace

TEST_CASE("batch: the images in order, divided by 255") {
  const Tensor<std::uint8_t> images({3, 1, 1, 2}, {0, 255, 51, 102, 1, 2});
  const Order two = {0, 1}, three = {2, 2, 0};
  const Batch first = make_batch(images, two, Binarise::none, 1, Split::train);
  CHECK(fetched<float>(first) == std::vector<float>{0, 1, 51 / 255.0f, 102 / 255.0f});
  CHECK(first.size() == 2);
  CHECK_FALSE(first.pixels);
  CHECK(fetched<double>(make_batch(images, three, Binarise::none, 1, Split::train)) ==
        std::vector<double>{1 / 255.0, 2 / 255.0, 1 / 255.0, 2 / 255.0, 0, 1});
  CHECK(fetched<float>(first.part(1, 1)) == std::vector<float>{51 / 255.0f, 102 / 255.0f});
}

TEST_CASE("batch: every byte is its own quotient, in vectors and in what is left over") {
  Tensor<std::uint8_t> images({1, 1, 256 + 3});
  for (Index at = 0; at < images.size(); ++at) images[at] = static_cast<std::uint8_t>(at % 256);
  const Order order = {0};
  const auto singles = fetched<float>(make_batch(images, order, Binarise::none, 0, Split::test));
  const auto doubles = fetched<double>(make_batch(images, order, Binarise::none, 0, Split::test));
  for (std::size_t at = 0; at < singles.size(); ++at) {
    CHECK(singles[at] == static_cast<float>(at % 256) / 255.0f);
    CHECK(doubles[at] == static_cast<double>(at % 256) / 255.0);
  }
}

TEST_CASE("batch: binarised pixels are 0 or 1, black never and white always") {
  Tensor<std::uint8_t> images({2, 1, 1000});
  for (Index at = 0; at < 1000; ++at) images[at] = at % 2 == 0 ? 0 : 255;
  for (Index at = 1000; at < 2000; ++at) images[at] = static_cast<std::uint8_t>(at % 256);
  const Order order = {0, 1};
  for (const Binarise binarise : {Binarise::dynamic, Binarise::fixed})
    for (Index epoch = 0; epoch < 50; ++epoch) {
      const auto bits = fetched<float>(make_batch(images, order, binarise, 9, Split::train, epoch));
      bool legal = true;
      for (std::size_t at = 0; at < bits.size(); ++at)
        legal = legal && (bits[at] == 0 || bits[at] == 1) &&
                (at >= 1000 || bits[at] == static_cast<float>(at % 2));
      CHECK(legal);
      // and the same in double
      const auto doubles = fetched<double>(make_batch(images, order, binarise, 9, Split::train, epoch));
      CHECK(std::equal(bits.begin(), bits.end(), doubles.begin(),
                       [](float a, double b) { return static_cast<double>(a) == b; }));
    }
}

TEST_CASE("batch: a binarised pixel is 1 with probability v/255") {
  // The number of ones is off by six deviations once in 5e8 times; v/255 and v/256, 40000 pixels, are apart by up to
  // 0.8 of one, but 1/2 and 1 - v/255 by far more.
  for (const int value : {1, 26, 64, 127, 200, 254}) {
    CAPTURE(value);
    CHECK(off_by(static_cast<std::uint8_t>(value), value / 255.0) < 6);
  }
  CHECK(off_by(64, 1 - 64 / 255.0) > 6);
  CHECK(off_by(64, 64 / 255.0 + 0.02) > 6);
  CHECK(off_by(254, 0.95) > 6);
}

TEST_CASE("batch: bits follow from seed, split, epoch and image, whatever the batch, order or position") {
  const Tensor<std::uint8_t> images = greys(6);
  for (const Binarise binarise : {Binarise::dynamic, Binarise::fixed})
    for (const Split split : {Split::train, Split::validation, Split::test, Split::other})
      CHECK(depends_on_the_image_alone([&](const Order& order) {
        return fetched<float>(make_batch(images, order, binarise, 5, split, 3));
      }));
  // Other wholes and parts of them are the same.
  const Order order = {3, 1, 4, 1, 5};
  const Batch whole = make_batch(images, order, Binarise::dynamic, 5, Split::train, 3);
  const auto bits = fetched<float>(whole);
  for (Index first = 0; first < 5; ++first)
    for (Index count = 1; first + count <= 5; ++count)
      CHECK(fetched<float>(whole.part(first, count)) ==
            std::vector<float>(bits.begin() + 21 * first, bits.begin() + 21 * (first + count)));
  // Drawing by the position in the batch, as is easily done, is seen.
  CHECK_FALSE(depends_on_the_image_alone([&](const Order& named) {
    Tensor<std::uint8_t> copied({static_cast<Index>(named.size()), 1, 3, 7});
    for (std::size_t at = 0; at < named.size(); ++at)
      std::copy_n(images.data() + 21 * named[at], 21, copied.data() + 21 * static_cast<Index>(at));
    const Order positions = first_images(static_cast<Index>(named.size()));
    return fetched<float>(make_batch(copied, positions, Binarise::dynamic, 5, Split::train, 3));
  }));
}

TEST_CASE("batch: dynamic differs between epochs, fixed does not, and evaluation never") {
  const Tensor<std::uint8_t> images = greys(6);
  const Order order = first_images(6);
  const auto bits = [&](Binarise binarise, Split split, Index epoch, std::uint64_t seed = 5) {
    return fetched<float>(make_batch(images, order, binarise, seed, split, epoch));
  };
  // 126 bits, none of which is nearly certain: two independent sets of them agree once in 2^50 times.
  CHECK(bits(Binarise::dynamic, Split::train, 0) != bits(Binarise::dynamic, Split::train, 1));
  CHECK(bits(Binarise::dynamic, Split::train, 1) != bits(Binarise::dynamic, Split::train, 2));
  CHECK(bits(Binarise::fixed, Split::train, 0) == bits(Binarise::fixed, Split::train, 1));
  for (const Binarise binarise : {Binarise::dynamic, Binarise::fixed})
    for (const Split split : {Split::validation, Split::test, Split::other})
      CHECK(bits(binarise, split, 0) == bits(binarise, split, 7));
  for (const Binarise binarise : {Binarise::dynamic, Binarise::fixed}) {
    std::set<std::vector<float>> different;
    for (const Split split : {Split::train, Split::validation, Split::test, Split::other})
      different.insert(bits(binarise, split, 0));
    CHECK(different.size() == 4);
    CHECK(bits(binarise, Split::train, 0, 5) != bits(binarise, Split::train, 0, 6));
  }
  // the same image, told apart by its number
  Tensor<std::uint8_t> same({6, 1, 3, 7});
  std::fill(same.begin(), same.end(), std::uint8_t{128});
  const auto alike = fetched<float>(make_batch(same, order, Binarise::fixed, 5, Split::train));
  CHECK(image_of(alike, 0) != image_of(alike, 1));
}

TEST_CASE("batch: the noise of codes is anew in every epoch of training, and once for all in evaluation") {
  const Tensor<std::uint8_t> images = greys(1);
  const Order order = {0};
  const auto key = [&](Split split, Index epoch, Binarise binarise = Binarise::none) {
    return make_batch(images, order, binarise, 5, split, epoch).latents;
  };
  CHECK_FALSE(key(Split::train, 0) == key(Split::train, 1));
  CHECK(key(Split::test, 0) == key(Split::test, 1));
  CHECK(key(Split::validation, 4) == key(Split::validation, 1));
  // whatever becomes of the pixels, whose noise is apart
  std::vector<NoiseKey> keys;
  for (const Split split : {Split::train, Split::validation, Split::test, Split::other}) {
    CHECK(key(split, 2, Binarise::fixed) == key(split, 2));
    CHECK(key(split, 2, Binarise::dynamic) == key(split, 2));
    keys.push_back(key(split, 2));
    keys.push_back(*make_batch(images, order, Binarise::dynamic, 5, split, 2).pixels);
    keys.push_back(*make_batch(images, order, Binarise::dynamic, 5, split, 0).pixels);
    if (split != Split::train) keys.pop_back();
  }
  for (std::size_t a = 0; a < keys.size(); ++a)
    for (std::size_t b = a + 1; b < keys.size(); ++b) CHECK_FALSE(keys[a] == keys[b]);
}

TEST_CASE("batch: images of another shape, an empty order and images that are not there are refused") {
  const Model model = make_model(small_spec(ModelKind::ae));  // [1, 6, 5]
  const Order order = {2, 0, 2}, none = {}, negative = {-1}, beyond = {0, 3};
  const auto checked = [&](const Tensor<std::uint8_t>& images, const Order& named) {
    check(make_batch(images, named, Binarise::none, 1, Split::train), model);
  };
  const Tensor<std::uint8_t> images({3, 1, 6, 5});
  CHECK_NOTHROW(checked(images, order));
  for (const Shape& wrong : {Shape{3, 1, 5, 6}, Shape{3, 3, 6, 5}, Shape{3, 1, 60, 50}, Shape{3, 30},
                             Shape{3, 6, 5}, Shape{3, 1, 6, 5, 1}, Shape{3, 1, 6}, Shape{90}}) {
    CAPTURE(wrong);
    const Tensor<std::uint8_t> other(wrong);
    try {
      checked(other, order);
      FAIL_CHECK("is taken");
    } catch (const InvalidArgument& error) {
      CHECK(error.field() == "images");
      CHECK_THAT(error.what(), Contains("[N, 1, 6, 5]"));
    }
  }
  CHECK_THROWS_WITH(checked(Tensor<std::uint8_t>(Shape{}), order), Contains("[N, C, H, W]"));
  CHECK_THROWS_WITH(checked(images, none), Contains("order") && Contains("no image"));
  CHECK_THROWS_WITH(checked(images, negative), Contains("names image -1"));
  CHECK_THROWS_WITH(checked(images, beyond), Contains("names image 3"));
  CHECK_THROWS_WITH(checked(Tensor<std::uint8_t>({0, 1, 6, 5}), order), Contains("names image 2"));
}

TEST_CASE("batch: names of binarise") {
  CHECK(all_names<Binarise>() == std::vector<std::string>{"none", "dynamic", "fixed"});
  CHECK_THROWS_AS(named<Binarise>("static"), InvalidArgument);
}

TEST_CASE(
    "batch: training images are augmented before they are binarised, anew in every epoch, others never") {
  Tensor<std::uint8_t> images({5, 2, 6, 7});
  for (Index at = 0; at < images.size(); ++at) images[at] = static_cast<std::uint8_t>(31 * at + at * at / 7);
  const Augment how{.flip = true, .shift = 2};
  const Order order = {4, 0, 3, 3};
  const auto batch_of = [&](Split split, Index epoch, Binarise binarise = Binarise::none) {
    return make_batch(images, order, binarise, 11, split, epoch, how);
  };
  for (const Split split : {Split::validation, Split::test, Split::other})
    CHECK(fetched<float>(batch_of(split, 2)) ==
          fetched<float>(make_batch(images, order, Binarise::none, 11, split, 2)));
  bool other_epochs_differ = false;
  for (Index epoch = 1; epoch < 4; ++epoch) {
    const Batch batch = batch_of(Split::train, epoch);
    // The images that augment() makes, one by one, and then binarised as images that were so from the start.
    Tensor<std::uint8_t> moved(images.shape());
    for (Index image = 0; image < 5; ++image)
      augment(how, batch.augmentation->key, image, {2, 6, 7}, images.data() + 84 * image,
              moved.data() + 84 * image);
    for (const Binarise binarise : {Binarise::none, Binarise::dynamic})
      CHECK(fetched<float>(batch_of(Split::train, epoch, binarise)) ==
            fetched<float>(make_batch(moved, order, binarise, 11, Split::train, epoch)));
    CHECK(batch.part(1, 2).augmentation.has_value());
    other_epochs_differ =
        other_epochs_differ || fetched<float>(batch) != fetched<float>(batch_of(Split::train, epoch + 1));
    // The noise of what happens to an image is not that of its pixels or latents.
    CHECK(batch.augmentation->key.stream != batch.latents.stream);
    CHECK(batch.augmentation->key.stream != batch_of(Split::train, epoch, Binarise::dynamic).pixels->stream);
  }
  CHECK(other_epochs_differ);
  CHECK(depends_on_the_image_alone([&](const Order& some) {
    return fetched<float>(
        make_batch(greys(6), some, Binarise::dynamic, 5, Split::train, 3, Augment{.flip = true, .shift = 1}));
  }));
}
