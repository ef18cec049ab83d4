// Models that no name makes, but that are models: what the engine does in place must not depend on
// how the named ones look.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>

#include "nn/gradient_case.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

constexpr double beta = 0.7;

const Axis high{.in = 6, .out = 6, .taps = 3, .pad = 1}, wide{.in = 5, .out = 5, .taps = 3, .pad = 1};
const Geometry spread{.axes = {high, wide}, .in_channels = 1, .out_channels = 3},
    inner{.axes = {high, wide}, .in_channels = 3, .out_channels = 3};

// A builder with an image of 6 x 5 pixels and a name for each weight.
struct Sketch {
  ModelBuilder m;
  ValueId image = m.image(1, {6, 5});

  ValueId map(ValueId in, const Geometry& geometry, Activation activation) {
    return m.conv(in, geometry, m.weight("w", geometry, 1), m.bias("b", {geometry.out_channels}), activation);
  }
  ValueId back(ValueId in, Activation activation = Activation::linear) {
    return m.conv_transpose(in, spread, m.weight("w", spread, 1), m.bias("b", {1, 6, 5}), activation);
  }
  Model finish(ValueId output, ValueId code, Likelihood likelihood = Likelihood::mse) {
    return m.finish({Reconstruction{output, likelihood}}, OverDraws::mean, code);
  }
};

using Make = std::function<Model(Sketch&)>;

void require_agreement(const std::vector<std::pair<const char*, Make>>& list) {
  for (const auto& [name, make] : list) {
    INFO(name);
    Sketch sketch;
    const GradientCase one(make(sketch));
    const auto parameters = parameters_for<double>(one.model);
    const auto plain = gradient_with(one, parameters, {.form = "gather"}, beta),
               engine = gradient_with(one, parameters, {.form = "batched"}, beta);
    // As in passes_test.cpp.
    CHECK(losses_distance(engine.losses, plain.losses) < 1e-12);
    CHECK(gradient_distance(engine.gradients, plain.gradients) < 1e-11);
    // BFloat16 keeps other places.
    Parameters<float> singles;
    for (const Parameter<double>& parameter : parameters)
      singles.push_back({parameter.name, cast<float>(parameter.value)});
    const auto rounded = gradient_with(one, singles, {.precision = Precision::bf16}, beta);
    CHECK(losses_distance(rounded.losses, plain.losses) < 3e-2);
    CHECK(agreement(rounded.gradients, plain.gradients).distance < 3e-2);
  }
}

}  // namespace

TEST_CASE("unusual models: one value with several readers") {
  require_agreement({
      {"a ReLU that two maps read",
       [](Sketch& s) {
         const ValueId h = s.map(s.image, spread, Activation::relu);
         return s.finish(s.m.add(s.back(h), s.back(h, Activation::elu)), h);
       }},
      {"a value added to itself",
       [](Sketch& s) {
         const ValueId h = s.map(s.image, spread, Activation::relu);
         return s.finish(s.back(s.m.add(h, h)), h);
       }},
      {"a map and a sum read a ReLU",
       [](Sketch& s) {
         const ValueId h = s.map(s.image, spread, Activation::relu);
         return s.finish(s.back(s.m.add(s.map(h, inner, Activation::tanh), h)), h);
       }},
      {"one weight and one bias of three maps",
       [](Sketch& s) {
         const ParameterId w = s.m.weight("w", inner, 1), b = s.m.bias("b", {3});
         ValueId h = s.map(s.image, spread, Activation::relu);
         for (const Activation activation : {Activation::relu, Activation::elu, Activation::linear})
           h = s.m.conv(h, inner, w, b, activation);
         return s.finish(s.back(h), h);
       }},
  });
}

TEST_CASE("unusual models: steps that read the images") {
  require_agreement({
      {"a gain of the images",
       [](Sketch& s) {
         const ValueId h =
             s.map(s.m.gain(s.image, s.m.parameter({"f", {1}, 0, 1})), spread, Activation::relu);
         return s.finish(s.back(h), h);
       }},
      {"the images added to the output",
       [](Sketch& s) {
         const ValueId h = s.map(s.image, spread, Activation::relu);
         return s.finish(s.m.add(s.back(h), s.image), h);
       }},
      {"images that are gated",
       [](Sketch& s) {
         const ValueId h = s.map(s.image, spread, Activation::relu);
         return s.finish(s.m.gate(s.image, s.back(h)), h);
       }},
      {"images enlarged",
       [](Sketch& s) {
         const Geometry down{
             .axes = {{.in = 12, .out = 6, .taps = 2, .down = 2}, {.in = 10, .out = 5, .taps = 2, .down = 2}},
             .in_channels = 1,
             .out_channels = 3};
         const ValueId h = s.map(s.m.resize(s.image, 2), down, Activation::relu);
         return s.finish(s.back(h), h);
       }},
  });
}

TEST_CASE("unusual models: a gate of any activation, with other readers") {
  std::vector<std::pair<const char*, Make>> list = {
      {"a value that is its own gate",
       [](Sketch& s) {
         const ValueId h = s.map(s.image, spread, Activation::linear);
         return s.finish(s.back(s.m.gate(h, h)), h);
       }},
      {"a gate that a map read before",
       [](Sketch& s) {
         const ValueId gate = s.map(s.image, spread, Activation::linear),
                       h = s.map(gate, inner, Activation::linear);
         return s.finish(s.back(s.m.gate(h, gate)), h);
       }},
      {"a gate of two values",
       [](Sketch& s) {
         const ValueId gate = s.map(s.image, spread, Activation::linear),
                       h = s.map(s.image, spread, Activation::linear);
         return s.finish(s.back(s.m.gate(s.m.gate(h, gate), gate)), h);
       }},
  };
  for (const Activation activation :
       {Activation::linear, Activation::relu, Activation::tanh, Activation::softplus})
    list.push_back({name(activation).data(), [activation](Sketch& s) {
                      const ValueId h = s.map(s.image, spread, Activation::linear),
                                    gate = s.map(s.image, spread, activation);
                      return s.finish(s.back(s.m.gate(h, gate)), h);
                    }});
  require_agreement(list);
}

TEST_CASE("unusual models: an output of any activation") {
  std::vector<std::pair<const char*, Make>> list;
  for (const Activation activation :
       {Activation::linear, Activation::relu, Activation::sigmoid, Activation::bounded})
    list.push_back({name(activation).data(), [activation](Sketch& s) {
                      const ValueId h = s.map(s.image, spread, Activation::relu);
                      return s.finish(s.back(h, activation), h);
                    }});
  require_agreement(list);
}

TEST_CASE("unusual models: outputs that no map makes") {
  require_agreement({
      {"a gain",
       [](Sketch& s) {
         const ValueId h = s.map(s.image, spread, Activation::relu);
         return s.finish(s.m.gain(s.back(h, Activation::tanh), s.m.parameter({"f", {1}, 0, 1})), h);
       }},
      {"a gate",
       [](Sketch& s) {
         const ValueId h = s.map(s.image, spread, Activation::relu);
         return s.finish(s.m.gate(s.back(h, Activation::tanh), s.back(h)), h, Likelihood::bce_grey);
       }},
      {"a shuffle",
       [](Sketch& s) {
         const Geometry halves{
             .axes = {{.in = 6, .out = 3, .taps = 2, .down = 2}, {.in = 5, .out = 5, .taps = 1}},
             .in_channels = 1,
             .out_channels = 2};
         const ValueId h = s.map(s.image, halves, Activation::relu);
         // A shuffle enlarges both axes, and a map makes one small again.
         const Geometry four{.axes = {{.in = 3, .out = 3, .taps = 1}, {.in = 5, .out = 5, .taps = 1}},
                             .in_channels = 2,
                             .out_channels = 4},
             narrow{.axes = {{.in = 6, .out = 6, .taps = 1}, {.in = 10, .out = 5, .taps = 2, .down = 2}}};
         const ValueId large = s.m.shuffle(s.map(h, four, Activation::elu), 2);
         return s.finish(s.map(large, narrow, Activation::linear), h);
       }},
  });
}

TEST_CASE("unusual models: draws") {
  const auto variational = [](Sketch& s, ValueId output, ValueId mean, ValueId log_variance) {
    return s.m.finish(
        {Reconstruction{output, Likelihood::mse}, KlToNormal{.mean = mean, .log_variance = log_variance}},
        OverDraws::mean, mean);
  };
  require_agreement({
      {"two draws of one posterior",
       [=](Sketch& s) {
         const ValueId mean = s.map(s.image, spread, Activation::linear),
                       log_variance = s.map(s.image, spread, Activation::bounded);
         const ValueId noise = s.m.noise(s.m[mean], 2), z = s.m.sample(mean, log_variance, noise);
         return variational(s, s.back(s.m.add(s.map(z, inner, Activation::tanh), z)), mean, log_variance);
       }},
      {"a mean that is its own log-variance",
       [=](Sketch& s) {
         const ValueId mean = s.map(s.image, spread, Activation::linear);
         const ValueId z = s.m.sample(mean, mean, s.m.noise(s.m[mean], 1));
         return variational(s, s.back(z), mean, mean);
       }},
      {"noise that a map reads",
       [=](Sketch& s) {
         const ValueId mean = s.map(s.image, spread, Activation::linear),
                       log_variance = s.map(s.image, spread, Activation::bounded);
         const ValueId noise = s.m.noise(s.m[mean], 1), z = s.m.sample(mean, log_variance, noise);
         return variational(s, s.back(s.m.add(z, s.map(noise, inner, Activation::tanh))), mean, log_variance);
       }},
      {"a mean of any activation",
       [=](Sketch& s) {
         const ValueId mean = s.map(s.image, spread, Activation::tanh),
                       log_variance = s.map(s.image, spread, Activation::relu);
         const ValueId z = s.m.sample(mean, log_variance, s.m.noise(s.m[mean], 1));
         return variational(s, s.back(z), mean, log_variance);
       }},
      {"no KL",
       [](Sketch& s) {
         const ValueId mean = s.map(s.image, spread, Activation::linear),
                       log_variance = s.map(s.image, spread, Activation::bounded);
         const ValueId z = s.m.sample(mean, log_variance, s.m.noise(s.m[mean], 3));
         return s.finish(s.back(z), mean);
       }},
  });
}
