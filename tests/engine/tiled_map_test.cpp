// The maps by tiles against the direct ones: the same bits on integers, whatever the geometry, the endings and the isa; and what
// a number that is not one does.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <limits>

using namespace fsconv;
using namespace fsconv::engine;

namespace {

template <class T>
Buffer<T> integers(Index count, int most, Random& random) {
  Buffer<T> values(count);
  for (Index at = 0; at < count; ++at)
    values.data()[at] = rounded<T>(static_cast<Sum<T>>(random.integer(-most, most)));
  return values;
}

template <class T>
Buffer<T> copy(const Buffer<T>& from) {
  Buffer<T> to(from.size());
  std::copy_n(from.data(), from.size(), to.data());
  return to;
}

template <class T>
bool same(const Buffer<T>& a, const Buffer<T>& b) {
  return std::equal(a.data(), a.data() + a.size(), b.data(),
                    [](const T& x, const T& y) { return number(x) == number(y); });
}

// A map with its weight packed, and scratch in which nothing is a number: exactly as large as the map says.
template <class T>
struct Ready {
  Ready(const Geometry& geometry, Isa isa, Algorithm algorithm, Index images, const Buffer<Sum<T>>& weight)
      : map(geometry, isa, algorithm), packed(map.packed_size()), scratch(map.scratch_size(images)) {
    map.pack(weight.data(), packed.data());
    std::fill_n(scratch.data(), scratch.size(), std::numeric_limits<Sum<T>>::quiet_NaN());
  }

  BatchedMap<T> map;
  Buffer<Step<T>> packed;
  Buffer<Sum<T>> scratch;
};

// What a direction gives with one of the endings that the engine uses, and the sums for a bias.
template <class T, class Number>
struct Ended {
  Buffer<Number> result;
  Buffer<Sum<T>> sums;
};

enum class Kind { plain, bias_and_relu, masked_in_place, added };

template <class T, class Number>
Ended<T, Number> ended(Ready<T>& ready, Direction direction, Kind kind, Index images, const Buffer<T>& source,
                       const Buffer<Sum<T>>& bias, const Buffer<Number>& before) {
  Ended<T, Number> to{copy(before), Buffer<Sum<T>>(bias.size())};
  Ending<T> ending{};
  if (kind != Kind::plain) ending.sums = to.sums.data();
  if (kind == Kind::bias_and_relu) ending.bias = bias.data(), ending.relu = true;
  if (kind == Kind::added) ending.add = true;
  if constexpr (std::is_same_v<T, Number>)
    if (kind == Kind::masked_in_place) ending.mask = to.result.data();
  if (direction == Direction::conv)
    ready.map.conv(images, source.data(), ready.packed.data(), to.result.data(), ending,
                   ready.scratch.data());
  else
    ready.map.conv_transpose(images, source.data(), ready.packed.data(), to.result.data(), ending,
                             ready.scratch.data());
  return to;
}

// Everything that a tiled map gives on integers is what the direct one gives.
template <class T>
void check_against_direct(const Geometry& geometry, Index images, Isa isa, Algorithm algorithm) {
  CAPTURE(print_case(geometry), images, name(isa), name(algorithm));
  Random random(7);
  const Index weights = BatchedMap<T>(geometry, isa).weight_size();
  const Buffer<Sum<T>> weight = integers<Sum<T>>(weights, 2, random);
  Ready<T> direct(geometry, isa, Algorithm::direct, images, weight);
  Ready<T> tiled(geometry, isa, algorithm, images, weight);
  REQUIRE(tiled.map.algorithms().conv != "direct");
  const Buffer<T> image = integers<T>(direct.map.image_size(images), 2, random);
  const Buffer<T> code = integers<T>(direct.map.code_size(images), 2, random);

  for (const Direction direction : {Direction::conv, Direction::conv_transpose}) {
    const bool conv = direction == Direction::conv;
    const Buffer<T>& source = conv ? image : code;
    const Buffer<T>& shape = conv ? code : image;
    const Buffer<Sum<T>> bias =
        integers<Sum<T>>(conv ? geometry.out_channels : geometry.in_channels, 3, random);
    for (const Kind kind : {Kind::plain, Kind::bias_and_relu, Kind::masked_in_place, Kind::added}) {
      CAPTURE(conv, static_cast<int>(kind));
      const Buffer<T> before = integers<T>(shape.size(), 2, random);
      const auto a = ended<T, T>(direct, direction, kind, images, source, bias, before);
      const auto b = ended<T, T>(tiled, direction, kind, images, source, bias, before);
      CHECK(same(a.result, b.result));
      CHECK(same(a.sums, b.sums));
      if constexpr (!std::is_same_v<T, Sum<T>>) {
        const Buffer<Sum<T>> exact = integers<Sum<T>>(shape.size(), 2, random);
        CHECK(same(ended<T, Sum<T>>(direct, direction, kind, images, source, bias, exact).result,
                   ended<T, Sum<T>>(tiled, direction, kind, images, source, bias, exact).result));
      }
    }
  }
  Buffer<Sum<T>> gradient = integers<Sum<T>>(weights, 2, random), other = copy(gradient);
  direct.map.weight_gradient(images, code.data(), image.data(), gradient.data(), direct.scratch.data());
  tiled.map.weight_gradient(images, code.data(), image.data(), other.data(), tiled.scratch.data());
  CHECK(same(gradient, other));
}

void check_all_numbers(const Geometry& geometry, Index images) {
  for (const Isa isa : permitted_isas()) {
    for (const Algorithm algorithm : {Algorithm::winograd2, Algorithm::winograd4}) {
      if (isa_of_kernels<float>(isa) == isa) {
        check_against_direct<float>(geometry, images, isa, algorithm);
        check_against_direct<double>(geometry, images, isa, algorithm);
      }
    }
    if (geometry.in_per_group() % 2 == 0 && geometry.out_per_group() % 2 == 0)
      check_against_direct<BFloat16>(geometry, images, isa, Algorithm::winograd2);
  }
}

}  // namespace

TEST_CASE("tiled map: the direct map's bits on integers, by hand-picked geometries") {
  // strides 1, 2, 3, rational and 2/2; taps 2 to 6; one to three axes; unequal sizes; negative and large padding; dilation;
  // groups; sides that no tile divides; pixels that no tap reaches; channels of whole vectors, and not
  const std::pair<const char*, Index> cases[] = {{"ic32oc64i14o7k4s2p1", 32},
                                                 {"ic4oc6i14x9o7x4k4s2p1x0", 3},
                                                 {"ic2oc2i5o5k3s1p1", 1},
                                                 {"ic6oc4i13x7o6x7k5x3s2x1p1", 5},
                                                 {"ic2oc4i11x4o3x1k6x1s3x1p-1x0", 2},
                                                 {"ic4oc2i6o11k4s1/2p1", 2},
                                                 {"ic4oc4i7x5o8x5k12x3s2/3x1p5x1", 3},
                                                 {"ic2oc2i9x9o5x7k2x3s1p-2x0d2x1", 4},
                                                 {"ic8oc12g4i8o4k4s2p1", 6},
                                                 {"ic2oc2i5x4x6o3x2x4k3x4x3s2x2x1p1x1x0", 2},
                                                 {"ic34oc18i6x6o3x3k4s2p1", 2}};
  for (const auto& [text, images] : cases) check_all_numbers(parse_case(text), images);
}

TEST_CASE("tiled map: the direct map's bits on integers, by random geometries") {
  Random random(3);
  int checked = 0;
  while (checked < 40) {
    Geometry geometry{.axes = {}, .groups = random.integer(1, 2)};
    const Index axes = random.integer(1, 3);
    for (Index axis = 0; axis < axes; ++axis)
      geometry.axes.push_back({.in = random.integer(1, 9),
                               .out = random.integer(1, axes == 3 ? 4 : 9),
                               .taps = random.integer(1, 6),
                               .down = random.integer(1, 3),
                               .up = random.integer(1, 2),
                               .dilation = random.integer(1, 2),
                               .pad = random.integer(-2, 2)});
    geometry.in_channels = geometry.groups * random.integer(1, 6);
    geometry.out_channels = geometry.groups * random.integer(1, 6);
    if (BatchedMap<float>(geometry, Isa::portable, Algorithm::winograd2).algorithms().conv == "direct")
      continue;
    check_all_numbers(geometry, random.integer(1, 4));
    ++checked;
  }
}

TEST_CASE("tiled map: every number, rounded sums included, is the same for any block it stands in") {
  // What a chunk of tiles is depends on the number of images: an image's results must not.
  const Geometry geometry = parse_case("ic16oc32i14x14o7x7k4s2p1");
  Random random(5);
  const Index images = 32;
  const Buffer<float> weight = integers<float>(BatchedMap<float>(geometry).weight_size(), 1000, random);
  Ready<float> many(geometry, best_isa(), Algorithm::winograd4, images, weight);
  Ready<float> one(geometry, best_isa(), Algorithm::winograd4, 1, weight);
  const Buffer<float> block = integers<float>(many.map.image_size(images), 1000, random);
  Buffer<float> code(many.map.code_size(images)), code_of_one(many.map.code_size(1));
  many.map.conv(images, block.data(), many.packed.data(), code.data(), {}, many.scratch.data());
  const Index pixels_in = 14 * 14, pixels_out = 7 * 7, in = 16, out = 32;
  for (const Index image : {Index{0}, Index{17}, images - 1}) {
    Buffer<float> alone(one.map.image_size(1));
    for (Index pixel = 0; pixel < pixels_in; ++pixel)
      std::copy_n(block.data() + (pixel * images + image) * in, in, alone.data() + pixel * in);
    one.map.conv(1, alone.data(), one.packed.data(), code_of_one.data(), {}, one.scratch.data());
    bool equal = true;
    for (Index pixel = 0; pixel < pixels_out; ++pixel)
      equal &= std::equal(code_of_one.data() + pixel * out, code_of_one.data() + (pixel + 1) * out,
                          code.data() + (pixel * images + image) * out);
    CHECK(equal);
  }
}

TEMPLATE_TEST_CASE("tiled map: fewer images stay within the scratch of many", "", float, double, BFloat16) {
  // 31 images go through in chunks of more tiles than 32 do.
  const Geometry geometry = parse_case("ic64oc64i8x8o8x8k3p1");
  const Index most = 32, guard = 64;
  const Sum<TestType> untouched = 12345;
  Random random(9);
  const BatchedMap<TestType> map(geometry, best_isa(), Algorithm::winograd2);
  const Buffer<Sum<TestType>> weight = integers<Sum<TestType>>(map.weight_size(), 2, random);
  Buffer<Step<TestType>> packed(map.packed_size());
  map.pack(weight.data(), packed.data());
  const Index size = map.scratch_size(most);
  Buffer<Sum<TestType>> scratch(size + guard), gradient(map.weight_size());
  Buffer<TestType> image = integers<TestType>(map.image_size(most), 2, random);
  Buffer<TestType> code(map.code_size(most));
  std::fill_n(scratch.data() + size, guard, untouched);
  for (const Index images : {Index{1}, Index{15}, Index{31}, most}) {
    map.conv(images, image.data(), packed.data(), code.data(), {}, scratch.data());
    map.conv_transpose(images, code.data(), packed.data(), image.data(), {}, scratch.data());
    map.weight_gradient(images, code.data(), image.data(), gradient.data(), scratch.data());
    CHECK(std::count(scratch.data() + size, scratch.data() + size + guard, untouched) == guard);
  }
}

TEST_CASE("tiled map: what is not a number spreads over its tile and image, no farther") {
  const Geometry geometry = parse_case("ic4oc4i16o8k4s2p1");
  Random random(2);
  const Index images = 3;
  const Buffer<float> weight = integers<float>(BatchedMap<float>(geometry).weight_size(), 2, random);
  Ready<float> tiled(geometry, best_isa(), Algorithm::winograd4, images, weight);
  Buffer<float> image = integers<float>(tiled.map.image_size(images), 2, random);
  image.data()[(2 * images + 1) * 4] = std::numeric_limits<float>::quiet_NaN();  // pixel 2, image 1
  Buffer<float> code(tiled.map.code_size(images));
  tiled.map.conv(images, image.data(), tiled.packed.data(), code.data(), {}, tiled.scratch.data());
  for (Index pixel = 0; pixel < 8; ++pixel)
    for (Index of = 0; of < images; ++of)
      CHECK(std::isnan(code.data()[(pixel * images + of) * 4]) == (of == 1 && pixel < 4));
}

namespace {

// Zeros in the first two thirds of the pixels, reals of either sign in the others.
template <class T>
Buffer<T> dark_and_bright(Index size, Random& random) {
  Buffer<T> block(size);
  for (Index at = 2 * size / 3; at < size; ++at)
    block.data()[at] = rounded<T>(static_cast<Sum<T>>(2 * random.uniform() - 1));
  return block;
}

// Where the direct map gives 0 of zeros, so do tiles, though the rest of a tile is no integer.
template <class T>
void check_zeros(const Geometry& geometry, Algorithm algorithm, const Buffer<Sum<T>>* bias_of_code) {
  CAPTURE(print_case(geometry), name(algorithm));
  Random random(3);
  const Index images = 5;
  const Index weights = BatchedMap<T>(geometry).weight_size();
  Buffer<Sum<T>> weight(weights);
  for (Index at = 0; at < weights; ++at) weight.data()[at] = static_cast<Sum<T>>(2 * random.uniform() - 1);
  Ready<T> direct(geometry, best_isa(), Algorithm::direct, images, weight);
  Ready<T> tiled(geometry, best_isa(), algorithm, images, weight);
  REQUIRE(tiled.map.algorithms().conv != "direct");
  for (const Direction direction : {Direction::conv, Direction::conv_transpose}) {
    const bool conv = direction == Direction::conv;
    const Index in = conv ? direct.map.image_size(images) : direct.map.code_size(images);
    const Index out = conv ? direct.map.code_size(images) : direct.map.image_size(images);
    const Buffer<T> source = dark_and_bright<T>(in, random);
    Buffer<T> a(out), b(out);
    Ending<T> ending{};
    ending.keep_zeros = true;
    if (conv && bias_of_code) ending.bias = bias_of_code->data();
    if (conv) {
      direct.map.conv(images, source.data(), direct.packed.data(), a.data(), ending, direct.scratch.data());
      tiled.map.conv(images, source.data(), tiled.packed.data(), b.data(), ending, tiled.scratch.data());
    } else {
      direct.map.conv_transpose(images, source.data(), direct.packed.data(), a.data(), ending,
                                direct.scratch.data());
      tiled.map.conv_transpose(images, source.data(), tiled.packed.data(), b.data(), ending,
                               tiled.scratch.data());
    }
    Index zeros = 0, others = 0;
    for (Index at = 0; at < out; ++at)
      if (number(a.data()[at]) == 0) {
        ++zeros;
        if (number(b.data()[at]) != 0) ++others;
      }
    CAPTURE(conv);
    CHECK(zeros > out / 5);
    CHECK(others == 0);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("tiled map: sums of zeros are 0, as the direct map's are, where no bias is added", "",
                   float, double, BFloat16) {
  for (const char* text : {"ic4oc6i16x16o8x8k4s2p1", "g2ic4oc8i13x13o13x13k3p1", "ic6oc4i13x7o6x7k5x3s2x1p1",
                           "ic2oc4i8x8x8o4x4x4k4s2p1", "ic4oc4i40o20k4s2p1"}) {
    const Geometry geometry = parse_case(text);
    for (const Algorithm algorithm : {Algorithm::winograd2, Algorithm::winograd4}) {
      if (std::is_same_v<TestType, BFloat16> && algorithm == Algorithm::winograd4) continue;
      check_zeros<TestType>(geometry, algorithm, nullptr);
      Buffer<Sum<TestType>> bias(geometry.out_channels);  // some are 0, as all are at the start of a training
      for (Index at = 0; at < bias.size(); ++at) bias.data()[at] = at % 2 == 0 ? 0 : Sum<TestType>(1) / 8;
      check_zeros<TestType>(geometry, algorithm, &bias);
    }
  }
}

TEST_CASE("tiling: what is chosen") {
  const auto conv_of = [](const char* text, Algorithm algorithm) {
    return BatchedMap<float>(parse_case(text), Isa::portable, algorithm).algorithms().conv;
  };
  // few channels on one side: not worth it; asked for, they are tiled all the same, but for images of 1 to 3 channels
  CHECK(conv_of("ic8oc32i28x28o14x14k4s2p1", Algorithm::automatic) == "direct");
  CHECK(conv_of("ic8oc32i28x28o14x14k4s2p1", Algorithm::winograd2) != "direct");
  CHECK(conv_of("ic1oc32i28x28o14x14k4s2p1", Algorithm::winograd4) == "direct");
  CHECK(conv_of("ic1oc2i28x28o14x14k4s2p1", Algorithm::winograd4) != "direct");
  // three axes: mostly transforms beside wide vectors, worth it beside narrow ones
  const Geometry volume = parse_case("ic16oc32i16x16x16o8x8x8k4s2p1");
  CHECK(BatchedMap<float>(volume, Isa::portable, Algorithm::automatic).algorithms().conv != "direct");
  if (permitted(Isa::avx512))
    CHECK(BatchedMap<float>(volume, Isa::avx512, Algorithm::automatic).algorithms().conv == "direct");
  CHECK(conv_of("ic64oc128i32x32o16x16k4s2p1", Algorithm::automatic) == "F(2,2) F(3,2)");
  CHECK(conv_of("ic64oc128i32x32o16x16k4s2p1", Algorithm::winograd4) == "F(4,2)");
  CHECK(conv_of("ic64oc64i28x28o28x28k3s1p1", Algorithm::automatic) == "F(2,3)");
  CHECK(conv_of("ic64oc64i28x28o28x28k3s1p1", Algorithm::winograd4) == "F(4,3)");
  CHECK(conv_of("ic64oc128i32x32o16x16k4s2p1", Algorithm::direct) == "direct");
  // no short convolution in it: one tap per phase, or one pixel and many taps
  CHECK(conv_of("ic64oc64i32x32o16x16k2s2p0", Algorithm::winograd4) == "direct");
  CHECK(conv_of("ic3136oc10i7o1k7s1p0", Algorithm::winograd4) == "direct");
  // BFloat16: never 4 results
  const Geometry wide = parse_case("ic64oc128i32x32o16x16k4s2p1");
  CHECK(BatchedMap<BFloat16>(wide, Isa::portable, Algorithm::winograd4).algorithms().conv == "F(2,2) F(3,2)");
}
