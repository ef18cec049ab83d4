// A model as data: shapes follow from shapes, and what is no model is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/model.hpp>
#include <functional>

#include "nn/small_models.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;

namespace {

// [1, 4] -> [3, 2], two taps that do not overlap.
const Geometry down{.axes = {{.in = 4, .out = 2, .taps = 2, .down = 2}}, .in_channels = 1, .out_channels = 3};
const Geometry head{.axes = {{.in = 2, .out = 1, .taps = 2}}, .in_channels = 3, .out_channels = 2};

// Values by name, so that a wrong model says what is wrong with it.
struct Ids {
  ValueId image, h, mean, log_variance, noise, z, back, output;
};
constexpr Ids ids{0, 1, 2, 3, 4, 5, 6, 7};
// Steps: 0 h, 1 mean, 2 log_variance, 3 z, 4 back, 5 output. Parameters: 0 conv, 1 its bias, 2 mean, 3 log_variance,
// 4 bias per element of `back`.

Model variational(OverDraws over_draws = OverDraws::mean, Index draws = 2) {
  ModelBuilder m;
  const ValueId image = m.image(1, {4});
  const ParameterId w = m.weight("conv", down, 2), b = m.bias("conv_bias", {3});
  const ParameterId mean_weight = m.weight("mean", head, 1),
                    variance_weight = m.weight("log_variance", head, 1);
  const ParameterId per_element = m.bias("back_bias", {3, 2});
  const ValueId h = m.conv(image, down, w, b, Activation::relu);
  const ValueId mean = m.conv(h, head, mean_weight, std::nullopt, Activation::linear);
  const ValueId log_variance = m.conv(h, head, variance_weight, std::nullopt, Activation::bounded);
  const ValueId noise = m.noise(m[mean], draws);
  const ValueId z = m.sample(mean, log_variance, noise);
  const ValueId back = m.conv_transpose(z, head, mean_weight, per_element, Activation::relu);
  const ValueId output = m.conv_transpose(back, down, w, std::nullopt, Activation::linear);
  const Reconstruction reconstruction{output, Likelihood::bernoulli};
  if (over_draws == OverDraws::mean)
    return m.finish({reconstruction, KlToNormal{.mean = mean, .log_variance = log_variance}}, over_draws,
                    mean);
  return m.finish(
      {reconstruction, LogRatio{.sample = z, .mean = mean, .log_variance = log_variance, .noise = noise}},
      over_draws, mean);
}

template <class S>
S& step(Model& model, std::size_t at) {
  return std::get<S>(model.steps[at]);
}
Reconstruction& reconstruction(Model& model) { return std::get<Reconstruction>(model.terms[0]); }

// What makes it no model, and words of the refusal.
struct Wrong {
  const char* name;
  std::function<void(Model&)> change;
  const char* says;
};

bool refused(const Wrong& wrong, Model model) {
  wrong.change(model);
  try {
    check(model);
  } catch (const InvalidArgument& error) {
    CHECK_THAT(error.what(), Contains(wrong.says));
    return error.field() == "model";
  }
  return false;
}

}  // namespace

TEST_CASE("model: shapes follow from shapes") {
  ModelBuilder m;
  const ValueId image = m.image(2, {4, 6});
  CHECK(m[image] == Value{.source = Value::Source::images, .channels = 2, .size = {4, 6}, .draws = 1});
  const Geometry geometry{
      .axes = {{.in = 4, .out = 2, .taps = 2, .down = 2}, {.in = 6, .out = 2, .taps = 3, .down = 3}},
      .in_channels = 2,
      .out_channels = 8,
      .groups = 2};
  const ParameterId w = m.weight("w", geometry, 2);
  const ValueId h = m.conv(image, geometry, w, std::nullopt, Activation::tanh);
  CHECK(m[h] == Value{.source = Value::Source::step, .channels = 8, .size = {2, 2}, .draws = 1});
  CHECK(m[m.conv_transpose(h, geometry, w, std::nullopt, Activation::tanh)] ==
        Value{.source = Value::Source::step, .channels = 2, .size = {4, 6}, .draws = 1});
  CHECK(m[m.gain(h, m.parameter({"gain", {8}, 0, 1}))] == m[h]);
  CHECK(m[m.shuffle(h, 2)] ==
        Value{.source = Value::Source::step, .channels = 2, .size = {4, 4}, .draws = 1});
  CHECK(m[m.resize(h, 3)] == Value{.source = Value::Source::step, .channels = 8, .size = {6, 6}, .draws = 1});
  CHECK(m[m.gate(h, h)] == m[h]);
  CHECK(m[m.add(h, h)] == m[h]);
  const ValueId noise = m.noise(m[h], 5);
  CHECK(m[noise] == Value{.source = Value::Source::noise, .channels = 8, .size = {2, 2}, .draws = 5});
  const ValueId z = m.sample(h, h, noise);
  CHECK(m[z] == Value{.source = Value::Source::step, .channels = 8, .size = {2, 2}, .draws = 5});
  // draws are handed on
  CHECK(m[m.conv_transpose(z, geometry, w, std::nullopt, Activation::linear)].draws == 5);
  CHECK(m[z].pixels() == 4);
  CHECK(m[z].elements() == 32);
  CHECK(Value{.source = Value::Source::step, .channels = 7, .size = {}, .draws = 1}.elements() == 7);
}

TEST_CASE("model: the builder refuses steps that do not fit") {
  ModelBuilder m;
  const ValueId image = m.image(1, {4});
  const ParameterId w = m.weight("w", down, 1);
  const ValueId h = m.conv(image, down, w, std::nullopt, Activation::linear);
  CHECK_THROWS_AS(m.conv(h, down, w, std::nullopt, Activation::linear), InvalidArgument);
  CHECK_THROWS_AS(m.conv_transpose(image, down, w, std::nullopt, Activation::linear), InvalidArgument);
  CHECK_THROWS_AS(m.shuffle(h, 2), InvalidArgument);  // 3 channels are not pairs
  CHECK_THROWS_AS(m.shuffle(h, 0), InvalidArgument);
  CHECK_THROWS_AS(m.resize(h, 0), InvalidArgument);
  CHECK_THROWS_AS(m.gate(h, image), InvalidArgument);
  CHECK_THROWS_AS(m.add(image, h), InvalidArgument);
  const ValueId noise = m.noise(m[image], 2);
  CHECK_THROWS_AS(m.sample(h, h, noise), InvalidArgument);
  CHECK_THROWS_AS(m.sample(h, h, h), InvalidArgument);  // a value is no noise
  CHECK(m[m.shuffle(h, 3)] == Value{.source = Value::Source::step, .channels = 1, .size = {6}, .draws = 1});
}

TEST_CASE("model: weights start with variance gain/fan_in, biases at 0") {
  ModelBuilder m;
  const ValueId image = m.image(4, {9});
  const Geometry grouped{
      .axes = {{.in = 9, .out = 7, .taps = 3}}, .in_channels = 4, .out_channels = 6, .groups = 2};
  const ParameterId w = m.weight("w", grouped, 2), b = m.bias("b", {6});
  const ValueId code = m.conv(image, grouped, w, b, Activation::relu);
  const ValueId back = m.conv_transpose(code, grouped, w, std::nullopt, Activation::linear);
  const Model model = m.finish({Reconstruction{back, Likelihood::mse}}, OverDraws::mean, code);
  // an output sums 4/2 channels of 3 taps
  CHECK(model.parameters[w] ==
        ParameterSpec{.name = "w", .shape = {6, 2, 3}, .deviation = std::sqrt(2.0 / 6), .mean = 0});
  CHECK(model.parameters[b] == ParameterSpec{.name = "b", .shape = {6}, .deviation = 0, .mean = 0});
}

TEST_CASE("model: what a step reads and makes") {
  const Model model = variational();
  CHECK(inputs(model.steps[0]) == std::vector<ValueId>{ids.image});
  CHECK(inputs(model.steps[3]) == std::vector<ValueId>{ids.mean, ids.log_variance, ids.noise});
  CHECK(inputs(Gate{.in = 3, .gate = 4, .out = 5}) == std::vector<ValueId>{3, 4});
  CHECK(inputs(Add{.in = 3, .other = 4, .out = 5}) == std::vector<ValueId>{3, 4});
  CHECK(inputs(Gain{.in = 3, .out = 5, .factor = 0}) == std::vector<ValueId>{3});
  CHECK(inputs(Shuffle{.in = 3, .out = 5, .factor = 2}) == std::vector<ValueId>{3});
  CHECK(inputs(Resize{.in = 3, .out = 5, .factor = 2}) == std::vector<ValueId>{3});
  CHECK(output(model.steps[3]) == ids.z);
  CHECK(output(Gate{.in = 3, .gate = 4, .out = 5}) == 5);
  CHECK(output(model.steps[5]) == ids.output);
}

TEST_CASE("model: it answers what it is") {
  const Model model = variational();
  CHECK(model.draws() == 2);
  CHECK(model.image_value() == ids.image);
  CHECK(model.images() == Value{.source = Value::Source::images, .channels = 1, .size = {4}, .draws = 1});
  CHECK(model.noise_value() == ids.noise);
  REQUIRE(model.heads());
  CHECK(model.heads()->mean == ids.mean);
  CHECK(model.heads()->log_variance == ids.log_variance);
  const Model weighted = variational(OverDraws::log_mean_exp);
  REQUIRE(weighted.heads());
  CHECK(weighted.heads()->log_variance == ids.log_variance);
  CHECK(model.free_nats() == 0);
  Model freed = model;
  std::get<KlToNormal>(freed.terms[1]).free_nats = 0.5;
  CHECK(freed.free_nats() == 0.5);
  const Model plain = make_model(small_spec(ModelKind::ae));
  CHECK_FALSE(plain.heads());
  CHECK_FALSE(plain.noise_value());
  CHECK(plain.draws() == 1);
  CHECK_THROWS_AS(Model{}.image_value(), InvalidArgument);
  CHECK_THROWS_AS(Model{}.reconstruction(), InvalidArgument);
}

TEST_CASE("model: shared parameters count once") {
  // conv 3*1*2 and 3, the two heads 2*3*2 each, 3*2 of the bias: shared by two steps or not
  CHECK(variational().parameter_count() == 6 + 3 + 12 + 12 + 6);
  ModelSpec spec = small_spec(ModelKind::ae);
  const Index tied = make_model(spec).parameter_count();
  spec.tied = {};
  const Index untied = make_model(spec).parameter_count();
  // layers: 3*1*3*3, 4*3*2*2; codes [3,3,3], [4,2,2]; linear 3*4*2*2
  CHECK(untied - tied == 27 + 48 + 48);
  CHECK(tied == 27 + 3 + 48 + 4 + 48 + 3 + /* the decoder's biases */ 16 + 3 + 1);
}

TEST_CASE("model: with_draws changes the draws of what comes after the noise, and nothing else") {
  const Model two = variational(), five = with_draws(two, 5);
  for (ValueId id = 0; id < two.values.size(); ++id) {
    Value wanted = two.values[id];
    if (wanted.draws == 2) wanted.draws = 5;
    CHECK(five.values[id] == wanted);
  }
  CHECK(five.values[ids.z].draws == 5);
  CHECK(five.values[ids.output].draws == 5);
  CHECK(five.values[ids.mean].draws == 1);
  CHECK(with_draws(five, 2) == two);
  CHECK(with_draws(two, 1) == variational(OverDraws::mean, 1));
  CHECK_THROWS_AS(with_draws(two, 0), InvalidArgument);
  // Nothing is drawn: nothing changes.
  const Model plain = make_model(small_spec(ModelKind::ae));
  CHECK(with_draws(plain, 3) == plain);
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const Index draws = named.model.draws();
    CHECK(with_draws(with_draws(named.model, 7), draws) == named.model);
    CHECK(with_draws(named.model, 7).draws() == (named.model.noise_value() ? 7 : 1));
  }
}

TEST_CASE("model: the check passes every named model") {
  CHECK_NOTHROW(check(variational()));
  CHECK_NOTHROW(check(variational(OverDraws::log_mean_exp)));
  for (const NamedModel& named : small_models()) CHECK_NOTHROW(check(named.model));
}

TEST_CASE("model: the check refuses what is no model") {
  const std::vector<Wrong> list = {
      {"a step reads what is made later", [](Model& m) { step<Affine>(m, 1).in = ids.back; }, "made later"},
      {"a step reads what it makes itself", [](Model& m) { step<Affine>(m, 1).in = ids.mean; }, "made later"},
      {"a step reads a value that is not there", [](Model& m) { step<Affine>(m, 1).in = 99; }, "made later"},
      {"two steps in the wrong order", [](Model& m) { std::swap(m.steps[0], m.steps[1]); }, "made later"},
      {"two steps make one value", [](Model& m) { step<Affine>(m, 2).out = ids.mean; },
       "two steps make one value"},
      {"a step makes the images", [](Model& m) { step<Affine>(m, 0).out = ids.image; },
       "two steps make one value"},
      {"a step makes a value that is not there", [](Model& m) { step<Affine>(m, 0).out = 99; },
       "make one value"},
      {"nobody makes a value",
       [](Model& m) {
         m.values.push_back({Value::Source::step, 1, {4}, 1});
       },
       "no step makes"},
      {"a map of another size", [](Model& m) { step<Affine>(m, 1).geometry.axes[0].in = 3; }, "a map of"},
      {"a map of other channels", [](Model& m) { step<Affine>(m, 1).geometry.in_channels = 4; }, "a map of"},
      {"conv where the size asks for its transpose",
       [](Model& m) { step<Affine>(m, 5).direction = Direction::conv; }, "a map of"},
      {"a value of another size", [](Model& m) { m.values[ids.h].size = {3}; }, "another shape"},
      {"a value of other channels", [](Model& m) { m.values[ids.output].channels = 2; }, "another shape"},
      {"a value that forgets its draws", [](Model& m) { m.values[ids.back].draws = 1; }, "another shape"},
      {"a value with draws that nobody drew", [](Model& m) { m.values[ids.mean].draws = 2; },
       "another shape"},
      {"a value without channels", [](Model& m) { m.values[ids.h].channels = 0; }, "without channels"},
      {"a value without draws", [](Model& m) { m.values[ids.noise].draws = 0; }, "without channels or draws"},
      {"noise of another shape", [](Model& m) { m.values[ids.noise].channels = 3; },
       "noise of another shape"},
      {"mean and log-variance of different shapes",
       [](Model& m) { step<Reparameterise>(m, 3).log_variance = ids.h; }, "different shapes"},
      {"a value in the place of the noise", [](Model& m) { step<Reparameterise>(m, 3).noise = ids.mean; },
       "noise of another shape"},
      {"a weight of another shape",
       [](Model& m) {
         m.parameters[0].shape = {3, 2};
       },
       "a parameter should have"},
      {"another step's weight", [](Model& m) { step<Affine>(m, 1).weight = 0; }, "a parameter should have"},
      {"a weight that is not there", [](Model& m) { step<Affine>(m, 1).weight = 99; },
       "a parameter should have"},
      {"a bias of another shape", [](Model& m) { m.parameters[1].shape = {2}; }, "a parameter should have"},
      {"a bias per element of another size",
       [](Model& m) {
         m.parameters[4].shape = {2, 3};
       },
       "a parameter should have"},
      {"a bias that is not there", [](Model& m) { step<Affine>(m, 0).bias = 99; }, "a parameter should have"},
      {"no reconstruction", [](Model& m) { m.terms.erase(m.terms.begin()); }, "0 reconstructions"},
      {"two reconstructions", [](Model& m) { m.terms.push_back(m.terms[0]); }, "2 reconstructions"},
      {"a reconstruction of another shape", [](Model& m) { reconstruction(m).output = ids.back; },
       "than the images"},
      {"a reconstruction that knows no draws", [](Model& m) { reconstruction(m).output = ids.image; },
       "does not depend on the draws"},
      {"a variance of 0", [](Model& m) { reconstruction(m).variance = 0; }, "larger than 0"},
      {"a variance that is no number", [](Model& m) { reconstruction(m).variance = std::nan(""); },
       "larger than 0"},
      {"a KL of values of different shapes",
       [](Model& m) { std::get<KlToNormal>(m.terms[1]).log_variance = ids.h; }, "different shapes"},
      {"log_mean_exp without log-ratio", [](Model& m) { m.over_draws = OverDraws::log_mean_exp; },
       "log-ratio"},
      {"no images", [](Model& m) { m.values[ids.image].source = Value::Source::noise; },
       "0 values of images"},
      {"a value that nobody reads",
       [](Model& m) {
         m.values.push_back(m.values[ids.mean]);
         m.steps.push_back(Add{.in = ids.mean, .other = ids.log_variance, .out = m.values.size() - 1});
       },
       "nothing reads"},
      {"noise that nobody reads", [](Model& m) { m.values.push_back(m.values[ids.noise]); }, "2 of noise"},
      {"an output that a step reads",
       [](Model& m) {
         // and gives it a reader of its own
         m.values.push_back(m.values[ids.output]);
         m.steps.push_back(Add{.in = ids.output, .other = ids.output, .out = m.values.size() - 1});
       },
       "reads the output"},
  };
  for (const Wrong& wrong : list) {
    INFO(wrong.name);
    CHECK(refused(wrong, variational()));
  }
  const Wrong ratio_without_weights = {"log-ratio without log_mean_exp",
                                       [](Model& m) { m.over_draws = OverDraws::mean; }, "log-ratio"};
  CHECK(refused(ratio_without_weights, variational(OverDraws::log_mean_exp)));
  // The list itself is checked: what changes nothing, or nothing that matters, is not refused.
  CHECK_FALSE(refused({"nothing", [](Model&) {}, ""}, variational()));
  CHECK_FALSE(refused({"a name", [](Model& m) { m.parameters[0].name = "other"; }, ""}, variational()));
  CHECK_FALSE(
      refused({"an activation", [](Model& m) { step<Affine>(m, 0).activation = Activation::elu; }, ""},
              variational()));
}

TEST_CASE("model: the check refuses steps of an autoencoder that do not fit") {
  ModelSpec spec = small_spec(ModelKind::ae);
  spec.gain = true;
  const Model gained = make_model(spec);
  for (const Step& one : gained.steps)
    if (const auto* gain = std::get_if<Gain>(&one)) {
      Model wrong = gained;
      wrong.parameters[gain->factor].shape = {1};
      CHECK_THROWS_AS(check(wrong), InvalidArgument);
    }
  for (const NamedModel& named : small_models())
    for (std::size_t at = 0; at < named.model.steps.size(); ++at) {
      INFO(named.name << ", step " << at);
      // Left out, a step's value has no maker; twice, it has two.
      Model wrong = named.model;
      wrong.steps.erase(wrong.steps.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK_THROWS_AS(check(wrong), InvalidArgument);
      wrong = named.model;
      wrong.steps.insert(wrong.steps.begin() + static_cast<std::ptrdiff_t>(at), named.model.steps[at]);
      CHECK_THROWS_AS(check(wrong), InvalidArgument);
      if (auto* shuffle = std::get_if<Shuffle>(&(wrong = named.model).steps[at])) {
        shuffle->factor = 3;
        CHECK_THROWS_AS(check(wrong), InvalidArgument);
      }
      if (auto* resize = std::get_if<Resize>(&(wrong = named.model).steps[at])) {
        resize->factor = 3;
        CHECK_THROWS_AS(check(wrong), InvalidArgument);
      }
    }
}

TEST_CASE("model: ids that are not there, and terms that do not go together, are refused") {
  const std::vector<Wrong> list = {
      {"a reconstruction of a value that is not there", [](Model& m) { reconstruction(m).output = 99; },
       "not there"},
      {"a KL of a value that is not there", [](Model& m) { std::get<KlToNormal>(m.terms[1]).mean = 99; },
       "not there"},
      {"a variance that is not there",
       [](Model& m) {
         reconstruction(m) = {ids.output, Likelihood::gaussian, 1, 99};
       },
       "variance"},
      {"a variance of several numbers",
       [](Model& m) {
         reconstruction(m) = {ids.output, Likelihood::gaussian, 1, 1};
       },
       "variance"},
      {"a code that is not there", [](Model& m) { m.code = 99; }, "not there"},
      {"a code with draws", [](Model& m) { m.code = ids.z; }, "code"},
      {"a code that is not the mean", [](Model& m) { m.code = ids.h; }, "code"},
      {"two KLs", [](Model& m) { m.terms.push_back(m.terms[1]); }, "several posteriors"},
  };
  for (const Wrong& wrong : list) {
    INFO(wrong.name);
    bool is_refused = false;
    CHECK_NOTHROW(is_refused = refused(wrong, variational()));
    CHECK(is_refused);
  }
  const std::vector<Wrong> weighted = {
      {"a log-ratio of a sample that is not there",
       [](Model& m) { std::get<LogRatio>(m.terms[1]).sample = 99; }, "log-ratio"},
      {"a log-ratio of another shape", [](Model& m) { std::get<LogRatio>(m.terms[1]).sample = ids.output; },
       "log-ratio"},
      {"a log-ratio of another posterior",
       [](Model& m) { std::get<LogRatio>(m.terms[1]).mean = ids.log_variance; }, "log-ratio"},
      {"a log-ratio of other noise", [](Model& m) { std::get<LogRatio>(m.terms[1]).noise = ids.z; },
       "log-ratio"},
      // The objective would count one of them, the gradient both.
      {"a KL beside the log-ratio",
       [](Model& m) { m.terms.push_back(KlToNormal{.mean = ids.mean, .log_variance = ids.log_variance}); },
       "several posteriors"},
  };
  for (const Wrong& wrong : weighted) {
    INFO(wrong.name);
    CHECK(refused(wrong, variational(OverDraws::log_mean_exp)));
  }
}
