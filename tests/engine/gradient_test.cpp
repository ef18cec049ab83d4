// The weight gradient against sums that anybody can read: bands of pixels, runs, pairs of images, groups.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/geometry/case_string.hpp>

using namespace fsconv;
using namespace fsconv::engine;

namespace {

// What the sums may leave out or mistake: each must be noticed.
enum class Mutant { none, last_image, last_pixel, next_pixel, sides };

// Blocks of a geometry with small integers in them, zeros behind groups of channels that BFloat16 cannot pair.
template <class T>
struct Sides {
  Sides(const Geometry& of, Index block, std::uint64_t seed)
      : geometry(of), lists(of), order(of), images(block) {
    Random random(seed);
    image = numbers(order.image_channels, lists.image_pixels, random);
    code = numbers(order.code_channels, lists.code_pixels, random);
  }

  std::vector<T> numbers(Index channels, Index pixels, Random& random) const {
    const Index padded = padded_channels<T>(channels);
    std::vector<T> values(static_cast<std::size_t>(pixels * images * order.groups * padded));
    for (std::size_t at = 0; at < values.size(); ++at)
      if (static_cast<Index>(at) % padded < channels)
        values[at] = rounded<T>(static_cast<Sum<T>>(random.integer(-4, 4)));
    return values;
  }

  double at(const std::vector<T>& side, Index channels, Index pixel, Index one, Index group,
            Index channel) const {
    const Index padded = padded_channels<T>(channels);
    return static_cast<double>(number(
        side[static_cast<std::size_t>(((pixel * images + one) * order.groups + group) * padded + channel)]));
  }

  // gradient[group][tap][row][column], by the list of the taps' pixels.
  std::vector<double> sums(Mutant mutant = Mutant::none) const {
    std::vector<double> gradient(static_cast<std::size_t>(order.size()));
    for (Index group = 0; group < order.groups; ++group)
      for (Index tap = 0; tap < order.taps; ++tap)
        for (const Factor& pair : lists.by_tap[tap]) {
          if (mutant == Mutant::last_pixel && pair.b + 1 == lists.code_pixels) continue;
          const Index code_pixel =
              mutant == Mutant::next_pixel ? (pair.b + 1) % lists.code_pixels : Index{pair.b};
          const Index all = mutant == Mutant::last_image ? images - 1 : images;
          for (Index i = 0; i < order.image_channels; ++i)
            for (Index o = 0; o < order.code_channels; ++o) {
              double sum = 0;
              for (Index one = 0; one < all; ++one)
                sum += at(image, order.image_channels, pair.a, one, group, i) *
                       at(code, order.code_channels, code_pixel, one, group, o);
              const bool code_columns = order.code_columns() != (mutant == Mutant::sides);
              const Index place = code_columns ? i * order.code_channels + o : o * order.image_channels + i;
              gradient[static_cast<std::size_t>(order.matrix(group, tap) + place)] += sum;
            }
        }
    return gradient;
  }

  // The map's, with a scratch of exactly the size it tells; NaN where it writes behind that.
  std::vector<double> computed(Isa isa) const {
    const BatchedMap<T> map(geometry, isa);
    constexpr Index guard = 64;
    const auto untouched = static_cast<Sum<T>>(-7.25);
    Buffer<Sum<T>> scratch(map.scratch_size(images) + guard), gradient(map.weight_size());
    std::fill_n(scratch.data(), scratch.size(), untouched);
    map.weight_gradient(images, code.data(), image.data(), gradient.data(), scratch.data());
    const Sum<T>* const behind = scratch.data() + map.scratch_size(images);
    if (!std::all_of(behind, behind + guard, [=](Sum<T> value) { return value == untouched; })) return {};
    return {gradient.data(), gradient.data() + gradient.size()};
  }

  Geometry geometry;
  TapLists lists;
  WeightOrder order;
  Index images;
  std::vector<T> image, code;
};

template <class T>
void check(const char* text, Index images) {
  const Sides<T> sides(parse_case(text), images, 1);
  const std::vector<double> expected = sides.sums();
  for (const Isa isa : different_isas<T>()) {
    INFO(text << " images " << images << " " << name(isa));
    REQUIRE(sides.computed(isa) == expected);
  }
}

// Few channels, which go by runs: steps of either side, gaps, three channels, groups, more image channels than code channels,
// more columns than are read where they lie.
constexpr const char* runs[] = {
    "ic1oc5i9x8o4x4k4x3s2p1", "ic3oc18i7x9o3x4k3s2x2p0x0", "ic7oc1i9x11o5x6k3s2p1",  "ic2oc2i12o4k2s3p0",
    "ic4oc6g2i8x6o4x3k4s2p1", "ic1oc33i6x6o6x6k3s1p1",     "ic34oc2i13x7o5x3k2s3p1", "ic3oc3i10o4k3s3d2p0",
    "ic3oc80i5x7o3x4k3s2p1",  "ic96oc4g2i4x5o3x4k2s1p0"};
// Bands: pixels below, at and above one band and several of them; columns that fill a vector, and not.
constexpr const char* bands[] = {"ic4oc70i5x5o5x5k3s1p1", "ic33oc5i8x10o4x5k4s2p1", "ic16oc64i6x6o6x6k1s1p0",
                                 "ic20oc20g2i7x9o4x5k3s2p1", "ic5oc520i1x17o1x17k1x2s1p0x1"};

}  // namespace

TEST_CASE("gradient: runs of pixels with few channels sum up what the taps join") {
  for (const char* text : runs)
    for (const Index images : {1, 2, 7, 32, 33}) {
      check<float>(text, images);
      check<BFloat16>(text, images);
    }
}

TEST_CASE("gradient: bands of pixels sum up what the taps join") {
  for (const char* text : bands)
    for (const Index images : {3, 32}) {
      check<float>(text, images);
      check<BFloat16>(text, images);
    }
  check<double>(bands[1], 32);
}

TEST_CASE("gradient: a sum that leaves out an image or a pixel, or mistakes one, is noticed") {
  for (const char* text : {runs[1], runs[4], bands[0], bands[1]}) {
    const Sides<BFloat16> sides(parse_case(text), 33, 2);
    const std::vector<double> found = sides.computed(best_isa());
    INFO(text);
    REQUIRE(found == sides.sums());
    for (const Mutant mutant : {Mutant::last_image, Mutant::last_pixel, Mutant::next_pixel, Mutant::sides})
      CHECK(found != sides.sums(mutant));
  }
}
