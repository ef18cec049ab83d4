// The batched form against gather, bit for bit on integers, at every isa of this machine; and within bounds on reals.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/engine/block.hpp>
#include <fsconv/forms/batched.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/forms/kept.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/sweep.hpp>
#include <functional>
#include <limits>

#include "support/geometries.hpp"

using namespace fsconv;
using engine::Isa;

namespace {

// The three results of one geometry and batch.
template <class T>
struct Results {
  Tensor<T> code, image, gradient;
  bool operator==(const Results&) const = default;
};

template <class T>
struct Inputs {
  Tensor<T> image, code, weight;
};

template <class T>
Inputs<T> integer_inputs(const Geometry& g, Index batch, Random& random) {
  return {random_integers<T>(g.image_shape(batch), 4, random),
          random_integers<T>(g.code_shape(batch), 4, random),
          random_integers<T>(g.weight_shape(), 4, random)};
}

template <class T>
Results<T> by_gather(const Geometry& g, const Inputs<T>& in) {
  return {gather::conv(g, in.image, in.weight), gather::conv_transpose(g, in.code, in.weight),
          gather::weight_gradient(g, in.code, in.image)};
}

template <class T>
Results<engine::Sum<T>> by_batched(Isa isa, const Geometry& g, const Inputs<engine::Sum<T>>& in) {
  return {batched::conv_in<T>(isa, g, in.image, in.weight),
          batched::conv_transpose_in<T>(isa, g, in.code, in.weight),
          batched::weight_gradient_in<T>(isa, g, in.code, in.image)};
}

template <class T>
void require_equal(const Geometry& g, Index batch, Random& random) {
  using Number = engine::Sum<T>;
  const Inputs<Number> in = integer_inputs<Number>(g, batch, random);
  const Results<Number> expected = by_gather(g, in);
  for (const Isa isa : engine::different_isas<T>()) {
    INFO(print_case(g) << " batch " << batch << " " << name(isa) << " " << sizeof(T) << " bytes");
    const Results<Number> results = by_batched<T>(isa, g, in);
    REQUIRE(results.code == expected.code);
    REQUIRE(results.image == expected.image);
    REQUIRE(results.gradient == expected.gradient);
  }
}

Geometry with_channels(Geometry g, Index image, Index code) {
  g.in_channels = g.groups * image;
  g.out_channels = g.groups * code;
  return g;
}

template <class T>
Tensor<T> absolute(Tensor<T> values) {
  for (T& value : values) value = std::abs(value);
  return values;
}

}  // namespace

TEST_CASE("batched: a case by hand") {
  // two pixels of code over four of image, three taps: the windows are (1,2,3) and (2,3,4)
  const Geometry g = parse_case("i4o2k3");
  const Tensor<float> image({1, 1, 4}, {1, 2, 3, 4}), code({1, 1, 2}, {1, 10}), weight({1, 1, 3}, {1, 2, 4});
  for (const Isa isa : engine::permitted_isas()) {
    CHECK(batched::conv_in<float>(isa, g, image, weight) == Tensor<float>({1, 1, 2}, {17, 24}));
    CHECK(batched::conv_transpose_in<float>(isa, g, code, weight) ==
          Tensor<float>({1, 1, 4}, {1, 12, 24, 40}));
    CHECK(batched::weight_gradient_in<float>(isa, g, code, image) == Tensor<float>({1, 1, 3}, {21, 32, 43}));
  }
}

TEST_CASE("batched: equals gather bit for bit on integers over the sweep") {
  Random random(1);
  for (const Geometry& g : default_sweep(120, 5)) {
    for (const Index batch : {1, 2, 5, 33}) {
      require_equal<float>(g, batch, random);
      require_equal<engine::BFloat16>(g, batch, random);
    }
    require_equal<double>(g, 3, random);
  }
}

TEST_CASE("batched: equals gather for channels that fill no vector, one, or one and a bit") {
  Random random(2);
  std::vector<Geometry> some = fsconv::test::corner_geometries();
  for (const char* text : {"i8x8o4x4k4s2p1", "i7o4k3s2p1", "g2ic2oc2i5x6o3x3k3s2p1", "i4o6k3s2/3p1"})
    some.push_back(parse_case(text));
  for (const Geometry& g : some)
    for (const auto& [image, code] :
         {std::pair<Index, Index>{1, 33}, {33, 1}, {3, 17}, {17, 3}, {2, 64}, {16, 16}}) {
      {
        require_equal<float>(with_channels(g, image, code), 2, random);
        require_equal<engine::BFloat16>(with_channels(g, image, code), 2, random);
      }
      require_equal<double>(with_channels(g, image, code), 9, random);
    }
}

TEST_CASE("batched: equals gather where layers are larger than a band, a panel or a chunk of pixels",
          "[slow]") {
  Random random(8);
  for (const char* text : {"ic12oc70i14x14o7x7k4s2p1", "ic70oc12i14x14o7x7k4s2p1",
                           "ic1oc32i28x28o14x14k4s2p1", "ic32oc3i14x14o28x28k4s1/2p2"}) {
    require_equal<float>(parse_case(text), 33, random);
    require_equal<engine::BFloat16>(parse_case(text), 33, random);
  }
}

TEST_CASE("batched: the windows of a linear layer are the whole image") {
  Random random(3);
  for (const char* text : {"ic5oc33i7x7o1x1k7", "ic33oc2i3x4o1x1k3x4", "ic1oc1i5x5o1x1k5", "ic64oc10i1o1k1"})
    for (const Index batch : {1, 4, 40}) {
      require_equal<float>(parse_case(text), batch, random);
      require_equal<engine::BFloat16>(parse_case(text), batch, random);
    }
}

TEST_CASE("batched: reals are within the bound of any order of summation") {
  // A sum of n products in any order, rounded to precision u at each step, is off by at most n*u/(1-n*u)
  // times the sum of the absolute products (Higham, Accuracy and Stability, section 3.1). The reference is in
  // double: its own error is 2^-29 of that and fits the slack of a factor 1.01.
  Random random(4);
  const double u = std::numeric_limits<float>::epsilon() / 2;
  for (const char* text :
       {"ic8oc16i14x14o7x7k4s2p1", "ic1oc32i12x12o6x6k4s2p1", "ic3oc5i9o5k3s2p1", "ic20oc3i5o9k4s1/2p1"}) {
    const Geometry g = parse_case(text);
    const Index batch = 11;
    Inputs<double> in{random_reals<double>(g.image_shape(batch), random),
                      random_reals<double>(g.code_shape(batch), random),
                      random_reals<double>(g.weight_shape(), random)};
    Inputs<float> single{cast<float>(in.image), cast<float>(in.code), cast<float>(in.weight)};
    in = {cast<double>(single.image), cast<double>(single.code), cast<double>(single.weight)};
    const Results<double> exact = by_gather(g, in);
    const Results<double> size =
        by_gather<double>(g, {absolute(in.image), absolute(in.code), absolute(in.weight)});
    const auto axes = three_axes(g);
    const Index taps = volume(tap_extents(axes));
    const auto check_close = [&](const Tensor<float>& result, const Tensor<double>& wanted,
                                 const Tensor<double>& scale, Index products) {
      const double n = static_cast<double>(products);
      Index wrong = 0;
      for (Index at = 0; at < wanted.size(); ++at)
        wrong += std::abs(result[at] - wanted[at]) > 1.01 * n * u / (1 - n * u) * scale[at];
      CHECK(wrong == 0);
    };
    for (const Isa isa : engine::permitted_isas()) {
      INFO(text << " " << name(isa));
      const Results<float> results = by_batched<float>(isa, g, single);
      check_close(results.code, exact.code, size.code, taps * g.in_channels);
      check_close(results.image, exact.image, size.image, taps * g.out_channels);
      check_close(results.gradient, exact.gradient, size.gradient, batch * volume(out_extents(axes)));
    }
  }
}

TEST_CASE("batched: an image alone and the same image in a batch have the same bits") {
  Random random(6);
  for (const char* text : {"ic8oc16i14x14o7x7k4s2p1", "ic16oc3i9x9o5x5k3s2p1", "ic1oc20i12x12o6x6k4s2p1"}) {
    const Geometry g = parse_case(text);
    const auto images = random_reals<float>(g.image_shape(40), random);
    const auto weight = random_reals<float>(g.weight_shape(), random);
    const auto codes = batched::conv(g, images, weight);
    const Index size = images.size() / 40, code_size = codes.size() / 40;
    for (const Index at : {0, 31, 32, 39}) {
      const Tensor<float> image(g.image_shape(1),
                                {images.begin() + at * size, images.begin() + (at + 1) * size});
      const auto code = batched::conv(g, image, weight);
      CHECK(std::equal(code.begin(), code.end(), codes.begin() + at * code_size));
    }
  }
}

namespace {

template <class T>
Results<engine::Sum<T>> by_algorithm(engine::Algorithm algorithm, Isa isa, const Geometry& g,
                                     const Inputs<engine::Sum<T>>& in) {
  return {batched::conv_in<T>(isa, g, in.image, in.weight, algorithm),
          batched::conv_transpose_in<T>(isa, g, in.code, in.weight, algorithm),
          batched::weight_gradient_in<T>(isa, g, in.code, in.image, algorithm)};
}

// Integers up to 2: verify/tile_growth.hpp says that all sums of these layers stay exact.
template <class T>
void require_tiles_equal(engine::Algorithm algorithm, const Geometry& g, Random& random) {
  using Number = engine::Sum<T>;
  const Index batch = 33;
  const Inputs<Number> in{random_integers<Number>(g.image_shape(batch), 2, random),
                          random_integers<Number>(g.code_shape(batch), 2, random),
                          random_integers<Number>(g.weight_shape(), 2, random)};
  const Results<Number> expected = by_gather(g, in);
  for (const Isa isa : engine::different_isas<T>()) {
    INFO(print_case(g) << " " << name(isa) << " " << name(algorithm) << " " << sizeof(T) << " bytes");
    REQUIRE(by_algorithm<T>(algorithm, isa, g, in) == expected);
  }
}

}  // namespace

TEST_CASE("batched: by tiles, equals gather bit for bit on integers, and rounds reals in another order") {
  Random random(9);
  for (const char* word : {"ic16oc18i14x14o7x7k4s2p1", "ic20oc4i9x9o9x9k3p1", "g2ic4oc8i8x9o4x5k4x5s2p1x2",
                           "ic2oc4i5x5x5o5x5x5k3p1", "ic4oc2i7o14k4s1/2p2"}) {
    const Geometry g = parse_case(word);
    require_tiles_equal<float>(engine::Algorithm::winograd2, g, random);
    require_tiles_equal<engine::BFloat16>(engine::Algorithm::winograd2, g, random);
    require_tiles_equal<double>(engine::Algorithm::winograd2, g, random);
    require_tiles_equal<double>(engine::Algorithm::winograd4, g, random);
  }
  // What is kept for one algorithm is not another's.
  const Geometry g = parse_case("ic16oc18i14x14o7x7k4s2p1");
  const Inputs<float> in{random_reals<float>(g.image_shape(3), random),
                         random_reals<float>(g.code_shape(3), random),
                         random_reals<float>(g.weight_shape(), random)};
  const KeepPrepared keep;
  const Isa isa = engine::best_isa();
  const auto direct = by_algorithm<float>(engine::Algorithm::direct, isa, g, in);
  const auto two = by_algorithm<float>(engine::Algorithm::winograd2, isa, g, in);
  const auto four = by_algorithm<float>(engine::Algorithm::winograd4, isa, g, in);
  CHECK(direct == by_batched<float>(isa, g, in));
  for (const auto map : {&Results<float>::code, &Results<float>::image, &Results<float>::gradient}) {
    CHECK(direct.*map != two.*map);
    CHECK(two.*map != four.*map);
  }
}

TEST_CASE("batched: not a number stays one, through a ReLU's absence and beside zeros of other taps") {
  const Geometry g = parse_case("ic3oc17i6o3k3s2p1");
  Tensor<float> image(g.image_shape(2)), weight(g.weight_shape());
  std::fill(weight.begin(), weight.end(), 1.f);
  image[5] =
      std::numeric_limits<float>::quiet_NaN();  // image 0, channel 0, pixel 5: code pixel 2 alone reads it
  for (const Isa isa : engine::permitted_isas()) {
    const auto code = batched::conv_in<float>(isa, g, image, weight);
    for (Index at = 0; at < code.size(); ++at) CHECK(std::isnan(code[at]) == (at < 17 * 3 && at % 3 == 2));
  }
}

TEST_CASE("batched: an empty batch gives an empty result") {
  const Geometry g = parse_case("i4o2k3");
  CHECK(batched::conv(g, Tensor<float>({0, 1, 4}), Tensor<float>({1, 1, 3})).size() == 0);
  CHECK(batched::weight_gradient(g, Tensor<float>({0, 1, 2}), Tensor<float>({0, 1, 4})) ==
        Tensor<float>({1, 1, 3}));
}

TEST_CASE("batched: the comparison catches results that are wrong in one number") {
  Random random(7);
  const Geometry g = parse_case("ic3oc17i8x8o4x4k4s2p1");
  const Inputs<float> in = integer_inputs<float>(g, 2, random);
  const Results<float> expected = by_gather(g, in);
  Results<float> mutant = by_batched<float>(engine::best_isa(), g, in);
  REQUIRE(mutant == expected);
  mutant.gradient[mutant.gradient.size() - 1] += 1;
  CHECK_FALSE(mutant == expected);
}
