// The maps on blocks: their endings, their scratch, small batches, threads.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <numeric>
#include <thread>

using namespace fsconv;
using namespace fsconv::engine;

namespace {

template <class T>
Buffer<T> integers(Index count, Random& random) {
  Buffer<T> values(count);
  for (Index at = 0; at < count; ++at)
    values.data()[at] = rounded<T>(static_cast<Sum<T>>(random.integer(-4, 4)));
  return values;
}

template <class T>
std::vector<T> copy(const Buffer<T>& values) {
  return {values.data(), values.data() + values.size()};
}

// One map with all that it works on, every buffer exactly as long as the map says.
template <class T>
struct Work {
  Work(const Geometry& geometry, Index block, Isa isa, Random& random)
      : map(geometry, isa),
        images(block),
        image(padded_block(geometry.in_per_group(), map.image_size(images), random)),
        code(padded_block(geometry.out_per_group(), map.code_size(images), random)),
        weight(integers<Sum<T>>(map.weight_size(), random)),
        packed(map.packed_size()),
        scratch(map.scratch_size(images)) {
    map.pack(weight.data(), packed.data());
  }

  // With zeros behind groups of channels that BFloat16 cannot pair.
  static Buffer<T> padded_block(Index channels, Index size, Random& random) {
    Buffer<T> values = integers<T>(size, random);
    if (const Index padded = padded_channels<T>(channels); padded > channels)
      for (Index at = channels; at < size; at += padded) values.data()[at] = {};
    return values;
  }

  void run(bool to_code, const Ending<T>& ending, Result<T> result) {
    if (to_code)
      map.conv(images, image.data(), packed.data(), result, ending, scratch.data());
    else
      map.conv_transpose(images, code.data(), packed.data(), result, ending, scratch.data());
  }

  BatchedMap<T> map;
  Index images;
  Buffer<T> image, code;
  Buffer<Sum<T>> weight;
  Buffer<Step<T>> packed;
  Buffer<Sum<T>> scratch;
};

// The channels, and pixels, of what a direction results in.
std::pair<Index, Index> result_extents(const Geometry& g, bool to_code) {
  const auto axes = three_axes(g);
  return to_code ? std::pair{g.out_channels, volume(out_extents(axes))}
                 : std::pair{g.in_channels, volume(in_extents(axes))};
}

// Every ending on the map's own plain result, which is not rounded.
template <class T>
void check_endings(const char* text, Index images, Isa isa) {
  const Geometry g = parse_case(text);
  Random random(1);
  Work<T> work(g, images, isa, random);
  for (const bool to_code : {true, false}) {
    const auto [channels, pixels] = result_extents(g, to_code);
    const Index in_group = channels / g.groups, padded = padded_channels<T>(in_group);
    const Index size = to_code ? work.map.code_size(images) : work.map.image_size(images);
    REQUIRE(size == pixels * images * g.groups * padded);
    Buffer<Sum<T>> plain(pixels * images * channels);
    work.run(to_code, {}, plain.data());
    for (int bits = 0; bits < 64; ++bits) {
      const bool per_pixel = bits & 32;
      const auto bias = integers<Sum<T>>(pixels * channels, random);
      const Buffer<T> mask = integers<T>(size, random), before = integers<T>(size, random);
      auto sums = integers<Sum<T>>(pixels * channels, random);
      Buffer<T> result(size);
      std::copy(before.data(), before.data() + before.size(), result.data());

      std::vector<T> expected = copy(before);
      std::vector<Sum<T>> expected_sums = copy(sums);
      for (Index pixel = 0; pixel < pixels; ++pixel)
        for (Index row = 0; row < images; ++row)
          for (Index channel = 0; channel < channels; ++channel) {
            const Index image = pixel * images + row;
            const Index at = (image * g.groups + channel / in_group) * padded + channel % in_group;
            const Index per_channel = (per_pixel ? pixel * channels : 0) + channel;
            Sum<T> value = plain.data()[image * channels + channel];
            if (bits & 1) value += bias.data()[per_channel];
            if (bits & 2) value = std::max(value, Sum<T>(0));
            if (bits & 4) value = number(mask.data()[at]) > 0 ? value : Sum<T>(0);
            if (bits & 8) expected_sums[static_cast<std::size_t>(per_channel)] += value;
            if (bits & 16) value += number(before.data()[at]);
            expected[static_cast<std::size_t>(at)] = rounded<T>(value);
          }
      work.run(to_code,
               {.bias = bits & 1 ? bias.data() : nullptr,
                .relu = (bits & 2) != 0,
                .mask = bits & 4 ? mask.data() : nullptr,
                .sums = bits & 8 ? sums.data() : nullptr,
                .add = (bits & 16) != 0,
                .per_pixel = per_pixel},
               result.data());
      INFO(text << " images " << images << " " << name(isa) << " to code " << to_code << " ending " << bits);
      const auto same = [](T a, T b) { return number(a) == number(b); };  // beside the result nothing changes
      REQUIRE(std::equal(expected.begin(), expected.end(), result.data(), same));
      REQUIRE(copy(sums) == expected_sums);
    }
  }
}

// Wide and narrow sides in both directions, groups, a linear layer.
constexpr const char* layers[] = {"ic3oc17i6x6o3x3k4s2p1", "ic20oc1i7o4k3s2p1", "g2ic4oc34i5o5k3p1",
                                  "ic5oc9i3x3o1x1k3"};

}  // namespace

TEST_CASE("batched map: endings do to the results what they say") {
  for (const char* text : layers)
    for (const Index images : {1, 19})
      for (const Isa isa : permitted_isas()) {
        check_endings<float>(text, images, isa);
        check_endings<BFloat16>(text, images, isa);
      }
  check_endings<double>(layers[0], 3, best_isa());
}

TEST_CASE("batched map: a mask may be the result itself, which it then gives way to") {
  Random random(2);
  for (const char* text : layers)
    for (const bool to_code : {true, false}) {
      INFO(text << " to code " << to_code);
      Work<float> work(parse_case(text), 9, best_isa(), random);
      const Buffer<float>& size_of = to_code ? work.code : work.image;
      Buffer<float> plain(size_of.size()), in_place = integers<float>(size_of.size(), random);
      work.run(to_code, {}, plain.data());
      std::vector<float> expected = copy(plain);
      for (std::size_t at = 0; at < expected.size(); ++at)
        if (in_place.data()[at] <= 0) expected[at] = 0;
      work.run(to_code, {.mask = in_place.data()}, in_place.data());
      CHECK(copy(in_place) == expected);
    }
}

TEST_CASE("batched map: the engine's order is a permutation, and gradients are in it") {
  Random random(3);
  for (const char* text : layers) {
    INFO(text);
    const BatchedMap<double> map(parse_case(text));
    std::vector<double> weight(static_cast<std::size_t>(map.weight_size())), engine(weight), back(weight);
    std::iota(weight.begin(), weight.end(), 1);
    map.import_weight(weight.data(), engine.data());
    map.export_weight(engine.data(), back.data());
    CHECK(back == weight);
    std::sort(engine.begin(), engine.end());
    CHECK(engine == weight);
  }
}

TEST_CASE("batched map: the weight gradient is added to what is there") {
  Random random(4);
  for (const char* text : layers) {
    INFO(text);
    Work<float> work(parse_case(text), 5, best_isa(), random);
    Buffer<float> once(work.map.weight_size()), thrice(work.map.weight_size());
    const auto add = [&](Buffer<float>& gradient) {
      work.map.weight_gradient(5, work.code.data(), work.image.data(), gradient.data(), work.scratch.data());
    };
    add(once);
    for (int time = 0; time < 3; ++time) add(thrice);
    for (Index at = 0; at < once.size(); ++at) REQUIRE(thrice.data()[at] == 3 * once.data()[at]);
  }
}

TEST_CASE("batched map: the three maps are the derivatives of one trilinear form") {
  // <code, conv(image)> = <conv_transpose(code), image> = <weight_gradient(code, image), weight>, exactly on integers
  Random random(5);
  for (const char* text : layers)
    for (const Index images : {1, 2, 6, 33})
      for (const Isa isa : permitted_isas()) {
        INFO(text << " images " << images << " " << name(isa));
        Work<double> work(parse_case(text), images, isa, random);
        Buffer<double> code(work.code.size()), image(work.image.size()), gradient(work.weight.size());
        work.run(true, {}, code.data());
        work.run(false, {}, image.data());
        work.map.weight_gradient(images, work.code.data(), work.image.data(), gradient.data(),
                                 work.scratch.data());
        const auto inner = [](const Buffer<double>& a, const Buffer<double>& b) {
          return std::inner_product(a.data(), a.data() + a.size(), b.data(), 0.0);
        };
        const double form = inner(work.code, code);
        CHECK(inner(work.image, image) == form);
        CHECK(inner(work.weight, gradient) == form);
      }
}

TEMPLATE_TEST_CASE("batched map: a scratch for a block serves every smaller block", "", float, double,
                   BFloat16) {
  for (const Algorithm algorithm : {Algorithm::direct, Algorithm::winograd2, Algorithm::winograd4})
    for (const char* text : layers) {
      INFO(text << " " << name(algorithm));
      const BatchedMap<TestType> map(parse_case(text), current_isa(), algorithm);
      bool grows = true;
      for (Index images = 1; images < 70; ++images)
        grows &= map.scratch_size(images) <= map.scratch_size(images + 1);
      CHECK(grows);
    }
}

TEST_CASE("batched map: threads that share a map get the same bits as one") {
  Random random(6);
  const Geometry g = parse_case("ic3oc20i12x12o6x6k4s2p1");
  const BatchedMap<float> map(g);
  const Index images = 7;
  Buffer<float> image(map.image_size(images)), weight(map.weight_size()), packed(map.packed_size());
  for (Index at = 0; at < image.size(); ++at) image.data()[at] = static_cast<float>(random.normal());
  for (Index at = 0; at < weight.size(); ++at) weight.data()[at] = static_cast<float>(random.normal());
  map.pack(weight.data(), packed.data());
  struct Results {
    explicit Results(const BatchedMap<float>& map)
        : code(map.code_size(7)),
          image(map.image_size(7)),
          gradient(map.weight_size()),
          scratch(map.scratch_size(7)) {}
    Buffer<float> code, image, gradient, scratch;
  };
  const auto compute = [&](Results& r) {
    map.conv(images, image.data(), packed.data(), r.code.data(), {}, r.scratch.data());
    map.conv_transpose(images, r.code.data(), packed.data(), r.image.data(), {}, r.scratch.data());
    map.weight_gradient(images, r.code.data(), r.image.data(), r.gradient.data(), r.scratch.data());
  };
  Results alone(map);
  compute(alone);
  std::vector<Results> together;
  for (int at = 0; at < 4; ++at) together.emplace_back(map);
  std::vector<std::thread> threads;
  for (Results& results : together) threads.emplace_back([&] { compute(results); });
  for (std::thread& thread : threads) thread.join();
  for (const Results& results : together) {
    CHECK(copy(results.code) == copy(alone.code));
    CHECK(copy(results.image) == copy(alone.image));
    CHECK(copy(results.gradient) == copy(alone.gradient));
  }
}

TEST_CASE("batched map: a geometry that is none is rejected") {
  CHECK_THROWS_AS(BatchedMap<float>(Geometry{}), InvalidArgument);
  CHECK_THROWS_AS(BatchedMap<float>(Geometry{.axes = {{.in = 4, .out = 2, .taps = 3, .down = 0}}}),
                  InvalidArgument);
  // Sides without pixels or channels are legal geometries, and nothing that trains.
  CHECK_THROWS_AS(BatchedMap<float>(Geometry{.axes = {{.in = 0, .out = 2, .taps = 3, .pad = 2}}}),
                  InvalidArgument);
  CHECK_THROWS_AS(BatchedMap<float>(Geometry{.axes = {{.in = 4, .out = 0, .taps = 3}}}), InvalidArgument);
  CHECK_THROWS_AS(BatchedMap<float>(Geometry{.axes = {{.in = 4, .out = 2, .taps = 3}}, .in_channels = 0}),
                  InvalidArgument);
  CHECK_THROWS_AS(BatchedMap<float>(Geometry{.axes = {{.in = 4, .out = 2, .taps = 3}}, .out_channels = 0}),
                  InvalidArgument);
}

TEST_CASE("batched map: a packed weight with one number wrong breaks the trilinear form") {
  Random random(7);
  Work<double> work(parse_case(layers[0]), 2, best_isa(), random);
  Buffer<double> code(work.code.size()), image(work.image.size());
  std::fill(work.image.data(), work.image.data() + work.image.size(), 1.0);
  std::fill(work.code.data(), work.code.data() + work.code.size(), 1.0);
  const auto forms = [&] {
    work.run(true, {}, code.data());
    work.run(false, {}, image.data());
    return std::pair{std::accumulate(code.data(), code.data() + code.size(), 0.0),
                     std::accumulate(image.data(), image.data() + image.size(), 0.0)};
  };
  const auto [right, also_right] = forms();
  CHECK(right == also_right);
  work.packed.data()[0] += 1;
  const auto [wrong, still_right] = forms();
  CHECK(wrong != still_right);
}
