// Optimizers against numbers that PyTorch computed, by hand, and on several threads.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/nn/optimizer.hpp>
#include <limits>

using namespace fsconv;

namespace {

// Four steps of three numbers.
struct Recorded {
  const char* name;
  OptimizerSettings settings;
  double numbers[4][3];
  double slots[2][3];  // after the last
};

constexpr double start[3] = {0.5, -1.25, 3.0};
constexpr double gradients[4][3] = {
    {0.1, -2.0, 0.0}, {0.3, 0.5, -1e-3}, {-0.2, 1.5, 4.0}, {0.05, -0.75, 0.25}};
constexpr double rates[4] = {0.1, 0.1, 0.05, 0.05};

// Python 3 with PyTorch 1.13.0:
//     torch.set_default_dtype(torch.float64)
//     w = torch.tensor(start, requires_grad=True)
//     optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.04)      (or Adam, AdamW)
//     for g, rate in zip(gradients, rates):
//         optimizer.param_groups[0]["lr"] = rate;  w.grad = torch.tensor(g);  optimizer.step();  print(w.tolist())
//     print(optimizer.state[w])
const Recorded recorded[] = {
    {"SGD(momentum=0.9)",
     {.kind = OptimizerKind::sgd},
     {{0.49, -1.05, 3.0},
      {0.451, -0.92, 3.0001},
      {0.44345, -0.9365, 2.800145},
      {0.434155, -0.9138499999999999, 2.6076855}},
     {{0.1859, -0.4530000000000001, 3.84919}, {}}},
    {"SGD(momentum=0.9, weight_decay=0.04)",
     {.kind = OptimizerKind::sgd, .weight_decay = 0.04},
     {{0.488, -1.045, 2.988},
      {0.445248, -0.9063199999999999, 2.965348},
      {0.435119104, -0.9171013599999999, 2.749223904},
      {0.42263285939199996, -0.8874703812799999, 2.536713769792}},
     {{0.24972489216, -0.5926195744, 4.25020268416}, {}}},
    {"SGD()",
     {.kind = OptimizerKind::sgd, .momentum = 0},
     {{0.49, -1.05, 3.0},
      {0.45999999999999996, -1.1, 3.0001},
      {0.47, -1.175, 2.8001},
      {0.46749999999999997, -1.1375, 2.7876}},
     {{0.05, -0.75, 0.25}, {}}},
    {"Adam()",
     {},
     {{0.400000009999999, -1.1500000005, 3.0},
      {0.3082219022055899, -1.1030531837013349, 3.07441263026631},
      {0.29532671254769144, -1.1071901031740492, 3.042479138084508},
      {0.28100499440898824, -1.1022320103584353, 3.014558762947623}},
     {{0.018589999999999995, -0.04529999999999999, 0.3849189999999999},
      {0.00014225011999000013, 0.007047762246000006, 0.016046500998001013}}},
    {"Adam(weight_decay=0.04)",
     {.weight_decay = 0.04},
     {{0.4000000083333326, -1.1500000004878048, 2.9000000083333326},
      {0.3066516905492333, -1.100678545412193, 2.8001335380936268},
      {0.29062985641085026, -1.1032313058749985, 2.7666611785115682},
      {0.27309214343794486, -1.0965949210487131, 2.7368094394476223}},
     {{0.02361046553862063, -0.06104636798856436, 0.42421012547818326},
      {0.0001530196811557418, 0.0071439874534544425, 0.017049315033371145}}},
    {"Adam(betas=(0.8, 0.95), eps=1e-3)",
     {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3},
     {{0.400990099009901, -1.1500499750124937, 3.0},
      {0.3079439303673992, -1.1076750710815426, 3.0323728652411175},
      {0.2981753918772527, -1.1163589117576085, 2.9977850771889547},
      {0.2862009249523686, -1.1130743815166027, 2.968994862933662}},
     {{0.026639999999999997, -0.05080000000000001, 0.6898719999999998},
      {0.006514937500000005, 0.31775625000000024, 0.7631250451250007}}},
    {"AdamW(weight_decay=0.04)",
     {.kind = OptimizerKind::adamw, .weight_decay = 0.04},
     {{0.398000009999999, -1.1450000005, 2.988},
      {0.30462990216558994, -1.093473183699335, 3.05046063026631},
      {0.29112545270336027, -1.0954231568046506, 3.0124262168239753},
      {0.27622148365925037, -1.0882742176754274, 2.978480989253442}},
     {{0.018589999999999995, -0.04529999999999999, 0.3849189999999999},
      {0.00014225011999000013, 0.007047762246000006, 0.016046500998001013}}},
};

template <class T>
Parameters<T> three_numbers() {
  return {
      {"w", Tensor<T>({3}, {static_cast<T>(start[0]), static_cast<T>(start[1]), static_cast<T>(start[2])})}};
}

// How far the numbers of four steps are from the recorded ones, in terms of eps: of the recorded number, or of the
// start it came from if that is larger.
template <class T>
double roundings(const Recorded& one, const OptimizerSettings& settings,
                 const double (&at_rates)[4] = rates) {
  Parameters<T> parameters = three_numbers<T>();
  Optimizer<T> optimizer(settings, parameters);
  double worst = 0;
  const auto compare = [&](const Tensor<T>& found, const double(&wanted)[3], bool is_slot) {
    for (Index at = 0; at < 3; ++at) {
      const double size = std::max(std::abs(wanted[at]), is_slot ? 1e-4 : std::abs(start[at]));
      worst = std::max(worst, std::abs(static_cast<double>(found[at]) - wanted[at]) / size);
    }
  };
  for (int step = 0; step < 4; ++step) {
    Gradients<T> gradient = zeros_like(parameters);
    for (Index at = 0; at < 3; ++at) gradient[0][at] = static_cast<T>(gradients[step][at]);
    CHECK_FALSE(optimizer.step(parameters, gradient, at_rates[step]));
    CHECK(optimizer.steps() == step + 1);
    compare(parameters[0].value, one.numbers[step], false);
  }
  for (std::size_t slot = 0; slot < optimizer.slots(); ++slot)
    compare(optimizer.slot(slot)[0], one.slots[slot], true);
  return worst / static_cast<double>(std::numeric_limits<T>::epsilon());
}

Parameters<double> one_parameter(double value) { return {{"w", Tensor<double>({1}, {value})}}; }
Gradients<double> one_gradient(double value) { return {Tensor<double>({1}, {value})}; }

// Parameters of very unequal size.
template <class T>
Parameters<T> unequal_parameters(std::uint64_t seed) {
  Random random(seed);
  Parameters<T> parameters;
  for (const Index size : {Index{3}, Index{8192}, Index{1}, Index{40001}, Index{8193}}) {
    parameters.push_back({"w", Tensor<T>({size})});
    for (T& value : parameters.back().value) value = static_cast<T>(random.normal());
  }
  return parameters;
}
template <class T>
Gradients<T> unequal_gradients(std::uint64_t seed) {
  Gradients<T> list;
  for (Parameter<T>& parameter : unequal_parameters<T>(seed)) list.push_back(std::move(parameter.value));
  return list;
}

const std::vector<OptimizerSettings> all_kinds = {{.kind = OptimizerKind::sgd, .weight_decay = 0.01},
                                                  {},
                                                  {.kind = OptimizerKind::adamw, .weight_decay = 0.01}};

}  // namespace

TEST_CASE("optimizer: the numbers that PyTorch computed") {
  for (const Recorded& one : recorded) {
    INFO(one.name);
    // Four steps of some ten operations on numbers no larger than these, each rounded by half an eps; corrections are
    // computed in double on both sides. Slots may cancel to a tenth of what they were.
    CHECK(roundings<double>(one, one.settings) < 40);
    CHECK(roundings<float>(one, one.settings) < 40);
  }
}

TEST_CASE("optimizer: other settings, or another rule, give other numbers") {
  for (const Recorded& one : recorded)
    for (const Recorded& other : recorded)
      if (one.settings != other.settings) {
        INFO(one.name << " is not " << other.name);
        CHECK(roundings<double>(one, other.settings) > 1e6);
      }
  constexpr double other_rates[4] = {0.1, 0.1, 0.1, 0.05};
  for (const Recorded& one : recorded) CHECK(roundings<double>(one, one.settings, other_rates) > 1e6);
}

TEST_CASE("optimizer: two steps of Adam by hand") {
  Parameters<double> parameters = one_parameter(1.0);
  Optimizer<double> adam({}, parameters);
  // Step 1: m = 0.1*2 = 0.2, v = 0.001*4 = 0.004; corrected m/0.1 = 2, v/0.001 = 4: w = 1 - 0.1 * 2/(2 + 1e-8).
  adam.step(parameters, one_gradient(2), 0.1);
  const double first = 1 - 0.1 * 2 / (2 + 1e-8);
  CHECK(parameters[0].value[0] == Approx(first).epsilon(1e-14));
  // Step 2, gradient -1: m = 0.9*0.2 - 0.1 = 0.08, v = 0.999*0.004 + 0.001 = 0.004996;
  // corrected m/(1 - 0.81) and v/(1 - 0.998001).
  adam.step(parameters, one_gradient(-1), 0.1);
  const double second = first - 0.1 * (0.08 / 0.19) / (std::sqrt(0.004996 / 0.001999) + 1e-8);
  CHECK(parameters[0].value[0] == Approx(second).epsilon(1e-12));  // 1 - 0.998001 loses three digits
  // Without the correction the first step would be another.
  const double uncorrected = 1 - 0.1 * 0.2 / (std::sqrt(0.004) + 1e-8);
  CHECK(std::abs(first - uncorrected) > 0.1);
}

TEST_CASE("optimizer: without gradient and decay a parameter stays") {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw}) {
    Parameters<double> parameters = one_parameter(0.5);
    Optimizer<double> optimizer({.kind = kind}, parameters);
    optimizer.step(parameters, one_gradient(0), 0.1);
    CHECK(parameters[0].value[0] == 0.5);
  }
}

TEST_CASE("optimizer: its slots and steps are its whole state") {
  for (const OptimizerSettings& settings : all_kinds) {
    Parameters<float> parameters = unequal_parameters<float>(5);
    Optimizer<float> optimizer(settings, parameters);
    CHECK(optimizer.settings() == settings);
    CHECK(optimizer.slots() == (settings.kind == OptimizerKind::sgd ? 1 : 2));
    CHECK(optimizer.slot_name(0) == (settings.kind == OptimizerKind::sgd ? "velocity" : "first_moment"));
    if (optimizer.slots() == 2) CHECK(optimizer.slot_name(1) == "second_moment");
    for (std::size_t slot = 0; slot < optimizer.slots(); ++slot) {
      REQUIRE(optimizer.slot(slot).size() == parameters.size());
      for (std::size_t at = 0; at < parameters.size(); ++at)
        CHECK(optimizer.slot(slot)[at] == Tensor<float>(parameters[at].value.shape()));
    }
    for (const std::uint64_t seed : {1, 2, 3})
      optimizer.step(parameters, unequal_gradients<float>(seed), 0.01);
    // Copied into another one, it goes on with the same bits.
    Parameters<float> copied = parameters, forgotten = parameters;
    Optimizer<float> other(settings, copied), fresh(settings, forgotten);
    for (std::size_t slot = 0; slot < optimizer.slots(); ++slot) other.slot(slot) = optimizer.slot(slot);
    other.set_steps(optimizer.steps());
    optimizer.step(parameters, unequal_gradients<float>(4), 0.01);
    other.step(copied, unequal_gradients<float>(4), 0.01);
    fresh.step(forgotten, unequal_gradients<float>(4), 0.01);
    for (std::size_t at = 0; at < parameters.size(); ++at) {
      CHECK(copied[at].value == parameters[at].value);
      CHECK_FALSE(forgotten[at].value == parameters[at].value);
    }
  }
}

TEST_CASE("optimizer: the same bits on 1, 2 and 5 threads, and every number its own step") {
  for (const OptimizerSettings& settings : all_kinds) {
    const auto run = [&](int threads) {
      Parameters<float> parameters = unequal_parameters<float>(5);
      Optimizer<float> optimizer(settings, parameters);
      for (const std::uint64_t seed : {1, 2})
        CHECK_FALSE(optimizer.step(parameters, unequal_gradients<float>(seed), 1e-2, threads));
      return std::pair{parameters, optimizer};
    };
    const auto [one, of_one] = run(1);
    for (const int threads : {2, 5}) {
      const auto [many, of_many] = run(threads);
      for (std::size_t at = 0; at < one.size(); ++at) {
        CHECK(many[at].value == one[at].value);
        for (std::size_t slot = 0; slot < of_one.slots(); ++slot)
          CHECK(of_many.slot(slot)[at] == of_one.slot(slot)[at]);
      }
    }
    // Each against a parameter of one number, in double. A float near 1 is rounded by 6e-8, and so is each step.
    const Parameters<float> before = unequal_parameters<float>(5);
    const Gradients<float> first = unequal_gradients<float>(1), second = unequal_gradients<float>(2);
    double worst = 0;
    Index stayed = 0, all = 0;
    for (std::size_t at = 0; at < one.size(); ++at)
      for (Index e = 0; e < one[at].value.size(); ++e, ++all) {
        const auto begin = static_cast<double>(before[at].value[e]),
                   end = static_cast<double>(one[at].value[e]);
        Parameters<double> alone = one_parameter(begin);
        Optimizer<double> single(settings, alone);
        for (const Gradients<float>* gradient : {&first, &second})
          single.step(alone, one_gradient(static_cast<double>((*gradient)[at][e])), 1e-2);
        worst = std::max(worst, std::abs(end - alone[0].value[0]) / (1 + std::abs(begin)));
        stayed += std::abs(end - begin) < 1e-5;
      }
    CHECK(worst < 3e-7);
    CHECK(stayed < all / 100);  // so that one left out, or taken twice, would be seen
  }
}

TEST_CASE("optimizer: it returns the first parameter that is not finite") {
  for (const OptimizerSettings& settings : all_kinds)
    for (const int threads : {1, 5})
      for (const float wrong :
           {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
            -std::numeric_limits<float>::infinity()}) {
        Parameters<float> parameters = unequal_parameters<float>(5);
        Optimizer<float> optimizer(settings, parameters);
        Gradients<float> gradient = unequal_gradients<float>(1);
        CHECK_FALSE(optimizer.step(parameters, gradient, 1e-2, threads));
        gradient[4][8192] = wrong;  // the last of all
        CHECK(optimizer.step(parameters, gradient, 1e-2, threads) == std::size_t{4});
        gradient[4][8192] = 0;
        CHECK(optimizer.step(parameters, gradient, 1e-2, threads) == std::size_t{4});  // and it stays so
        gradient[1][100] = wrong;
        CHECK(optimizer.step(parameters, gradient, 1e-2, threads) == std::size_t{1});
      }
  // A number that runs away.
  Parameters<float> parameters = {{"a", Tensor<float>({1})}, {"b", Tensor<float>({2}, {0, 3e38f})}};
  Optimizer<float> sgd({.kind = OptimizerKind::sgd}, parameters);
  CHECK(sgd.step(parameters, {Tensor<float>({1}, {1}), Tensor<float>({2}, {1, -2e38f})}, 1.0) ==
        std::size_t{1});
}

TEST_CASE("optimizer: the first gradient whose square is not finite") {
  for (const int threads : {1, 2, 5}) {
    Gradients<float> gradient = unequal_gradients<float>(1);
    CHECK_FALSE(first_not_finite(gradient, threads));
    for (const float wrong : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(), 1e20f, -1e20f}) {
      gradient = unequal_gradients<float>(1);
      gradient[3][40000] = wrong;
      CHECK(first_not_finite(gradient, threads) == std::size_t{3});
      gradient[0][0] = wrong;
      CHECK(first_not_finite(gradient, threads) == std::size_t{0});
    }
    gradient[0][0] = 1e19f;  // whose square is
    gradient[3][40000] = -1e-30f;
    CHECK_FALSE(first_not_finite(gradient, threads));
    Gradients<double> doubles = {Tensor<double>({2}, {1e20, 1e150}), Tensor<double>({1}, {1e160})};
    CHECK(first_not_finite(doubles, threads) == std::size_t{1});
    CHECK_FALSE(first_not_finite(Gradients<float>{}, threads));
  }
}

TEST_CASE("optimizer: clip_norm scales what is too long, and nothing else") {
  for (const int threads : {1, 2, 5}) {
    // 3, 4 and 12: 13
    const Gradients<double> triple = {Tensor<double>({2}, {3, -4}), Tensor<double>({1}, {12})};
    Gradients<double> clipped = triple;
    CHECK(clip_norm(clipped, 26.0, threads) == 13);
    CHECK(clipped == triple);
    CHECK(clip_norm(clipped, 13.0, threads) == 13);
    CHECK(clipped == triple);
    CHECK(clip_norm(clipped, 6.5, threads) == 13);  // what it was
    CHECK(clipped == Gradients<double>{Tensor<double>({2}, {1.5, -2}), Tensor<double>({1}, {6})});

    Gradients<float> many = unequal_gradients<float>(1), one = many;
    const double norm = clip_norm(many, 1.0, threads);
    CHECK(norm == clip_norm(one, 1.0, 1));
    CHECK(many == one);
    // about sqrt of how many there are; a second time it is 1, as far as floats are
    CHECK(norm == Approx(std::sqrt(56390.0)).epsilon(0.02));
    CHECK(clip_norm(many, 2.0, threads) == Approx(1).epsilon(1e-6));
    // 1e20 is squared in double
    Gradients<float> large = {Tensor<float>({2}, {3e20f, 4e20f})};
    CHECK(clip_norm(large, 1.0, threads) == Approx(5e20).epsilon(1e-6));
    CHECK(large[0][0] == Approx(0.6).epsilon(1e-6));
  }
}

TEST_CASE("optimizer: ranges are every element once, and the large parameters are cut") {
  const std::vector<Index> sizes = {3, 8192, 1, 40001, 0, 8193};
  for (const int threads : {1, 3}) {
    std::vector<std::vector<int>> seen;
    for (const Index size : sizes) seen.emplace_back(static_cast<std::size_t>(size), 0);
    std::atomic<int> ranges = 0;
    for_each_range(sizes, threads, [&](std::size_t number, Index first, Index last) {
      ++ranges;
      for (Index at = first; at < last; ++at) ++seen[number][static_cast<std::size_t>(at)];
    });
    for (const auto& counts : seen) CHECK(counts == std::vector<int>(counts.size(), 1));
    CHECK(ranges > 5 + 3);
  }
}

TEST_CASE("optimizer: names") {
  CHECK(all_names<OptimizerKind>() == std::vector<std::string>{"sgd", "adam", "adamw"});
  CHECK(named<OptimizerKind>("adamw") == OptimizerKind::adamw);
  CHECK_THROWS_AS(named<OptimizerKind>("lion"), InvalidArgument);
}
