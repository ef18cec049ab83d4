// Places in an arena: the lowest that is free, whatever came before; and work that grows with the steps alone.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <fsconv/base/random.hpp>
#include <fsconv/nn/arena.hpp>
#include <fsconv/nn/models.hpp>
#include <fsconv/nn/parameter.hpp>
#include <fsconv/nn/plan.hpp>
#include <fsconv/nn/runner.hpp>
#include <limits>
#include <vector>

using namespace fsconv;

namespace {

struct Placed {
  Index offset, bytes, from, to;
};

bool meet(const Placed& a, const Placed& b) {
  return a.from <= b.to && b.from <= a.to && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

// By trying every offset from 0 on.
Index lowest(const std::vector<Placed>& placed, Placed one) {
  const auto is_free = [&] {
    return std::none_of(placed.begin(), placed.end(), [&](const Placed& other) { return meet(one, other); });
  };
  for (one.offset = 0; !is_free();) ++one.offset;
  return one.offset;
}

// The seconds of the processor that f takes.
template <class F>
double seconds_of(F&& f) {
  const std::clock_t start = std::clock();
  f();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// An autoencoder of so many layers on one pixel.
Model deep_model(Index layers) {
  ModelSpec spec{.image_size = {1, 1}, .latent = 0};
  spec.layers.assign(static_cast<std::size_t>(layers), {.channels = 1, .kernel = 1});
  return make_model(spec);
}

}  // namespace

TEST_CASE("arena: stretches that touch become one, and the first that is met is told") {
  Stretches stretches;
  CHECK(stretches.end_of_meeting(0, 100) == 0);
  stretches.add(10, 20);
  stretches.add(30, 40);
  CHECK(stretches.end_of_meeting(0, 10) == 0);
  CHECK(stretches.end_of_meeting(0, 11) == 20);
  CHECK(stretches.end_of_meeting(19, 20) == 20);
  CHECK(stretches.end_of_meeting(20, 30) == 20);
  CHECK(stretches.end_of_meeting(20, 31) == 40);
  stretches.add(20, 30);
  CHECK(stretches.end_of_meeting(10, 11) == 40);
  stretches.add(5, 50);
  CHECK(stretches.end_of_meeting(0, 6) == 50);
  stretches.add(7, 8);
  CHECK(stretches.end_of_meeting(7, 8) == 50);
}

TEST_CASE("arena: every place is the lowest that is free, in any number of moments") {
  Random random(1);
  for (const Index moments : {1, 2, 3, 7, 8, 9, 40})
    for (int trial = 0; trial < 20; ++trial) {
      Arena arena(moments);
      std::vector<Placed> placed;
      for (int at = 0; at < 60; ++at) {
        const Index a = random.integer(0, moments - 1), b = random.integer(0, moments - 1);
        Placed one{.offset = 0, .bytes = random.integer(1, 9), .from = std::min(a, b), .to = std::max(a, b)};
        const Index wanted = lowest(placed, one);
        one.offset = arena.place(one.bytes, one.from, one.to);
        REQUIRE(one.offset == wanted);
        placed.push_back(one);
      }
    }
}

// What looks at every layer for every layer takes 64 times as long for 8 times as many: 44 to 55 were measured of it, and
// 8 to 12 of what is there now.
TEST_CASE("nn: a model of eight times as many layers takes about eight times as long to plan and to train") {
  constexpr Index few = 500;
  constexpr int times = 8;
  const Tensor<std::uint8_t> images({2, 1, 1, 1}, {0, 255});
  const std::vector<Index> order = {0, 1};
  // Plans for a model and takes one step's gradient of it.
  const auto work_of = [&](const Model& model) {
    return [&, parameters = initial_parameters<float>(model, 1),
            runner = Runner<float>(model, {.trains = true})]() mutable {
      Gradients<float> gradients = zeros_like(parameters);
      make_plan(model, {.images = 32, .trains = true});
      runner.load(parameters);
      runner.gradient(make_batch(images, order, Binarise::none, 1, Split::train), 1, gradients);
    };
  };
  const Model of_few = deep_model(few), of_many = deep_model(times * few);
  auto small = work_of(of_few), large = work_of(of_many);
  // The small model as often as the large one has parts, so that what else the machine does slows the two alike; of some
  // rounds the least, since it may be busier in one half of a round than in the other.
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < 4; ++round) {
    const double seconds_of_small = seconds_of([&] {
      for (int time = 0; time < times; ++time) small();
    });
    least = std::min(least, times * seconds_of(large) / seconds_of_small);
  }
  CHECK(least < 24);
}
