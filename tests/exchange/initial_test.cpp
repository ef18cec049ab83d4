// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/exchange/initial.hpp>
#include <fsconv/exchange/safetensors.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <functional>
#include <limits>

#include "io/scratch.hpp"
#include "states.hpp"
#include "train/small_run.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

Parameters<float> zeros_of(const Model& model) {
  Parameters<float> parameters = initial_parameters<float>(model, 1);
  for (auto& parameter : parameters) std::fill(parameter.value.begin(), parameter.value.end(), 0.0F);
  return parameters;
}

bool same(const Parameters<float>& a, const Parameters<float>& b) {
  for (std::size_t at = 0; at < a.size(); ++at)
    if (!(a[at].value == b[at].value)) return false;
  return true;
}

ModelState own_names(const Parameters<float>& parameters) {
  ModelState state;
  for (const auto& parameter : parameters)
    state.tensors.push_back({.name = parameter.name, .value = parameter.value});
  return state;
}

}  // namespace

TEST_CASE("initial weights: every model takes them under PyTorch's names, every alias apart, and its own") {
  for (const NamedModel& each : small_models()) {
    INFO(each.name);
    const auto wanted = parameters_for<float>(each.model);
    const ModelState state = state_of(each.model, wanted);
    auto into = zeros_of(each.model);
    put_into(each.model, into, state, "f");
    CHECK(same(into, wanted));

    ModelState apart;  // as a program writes them that knows no sharing
    for (const NamedTensor& tensor : state.tensors) {
      apart.tensors.push_back({.name = tensor.name, .value = tensor.value});
      for (const auto& alias : tensor.aliases)
        apart.tensors.push_back({.name = alias, .value = tensor.value});
      for (const auto& name : tensor.transposed)
        apart.tensors.push_back({.name = name, .value = transposed_matrix(tensor.value)});
    }
    into = zeros_of(each.model);
    put_into(each.model, into, apart, "f");
    CHECK(same(into, wanted));

    into = zeros_of(each.model);
    put_into(each.model, into, own_names(wanted), "f");
    CHECK(same(into, wanted));
    CHECK_FALSE(require_check(each.model, into, state.check, "f").lines.empty());
  }
}

TEST_CASE("initial weights: a decoder's name alone is enough, and the transpose is turned back") {
  const Model model = small_models().front().model;
  const auto wanted = parameters_for<float>(model);
  ModelState state = state_of(model, wanted);
  for (NamedTensor& tensor : state.tensors) {
    if (!tensor.aliases.empty()) tensor.name = tensor.aliases[0];
    if (!tensor.transposed.empty()) {
      tensor.name = tensor.transposed[0];
      tensor.value = transposed_matrix(tensor.value);
    }
    tensor.aliases = tensor.transposed = {};
  }
  auto into = zeros_of(model);
  put_into(model, into, state, "f");
  CHECK(same(into, wanted));
}

TEST_CASE("initial weights: what does not fit is named") {
  const Model model = small_models().front().model;
  const auto parameters = parameters_for<float>(model);
  const auto says = [&](auto change, const char* what) {
    ModelState state = state_of(model, parameters);
    change(state);
    auto into = zeros_of(model);
    CHECK_THROWS_AS(put_into(model, into, state, "f.pt"), BadData);
    CHECK_THROWS_WITH(put_into(model, into, state, "f.pt"), Catch::Contains(what));
    CHECK(same(into, zeros_of(model)));
  };
  says([](ModelState& s) { s.tensors.erase(s.tensors.begin()); },
       "lacks 1 tensor (encoder.0.weight [3, 1, 3, 3])");
  says([](ModelState& s) { s.tensors.push_back({.name = "extra", .value = Tensor<float>({1})}); },
       "the model does not, 1 tensor (extra)");
  says([](ModelState& s) { s.tensors[0].aliases.push_back("more"); }, "1 tensor (more)");
  {
    // A text of a .safetensors file that only happens to be a tensor's name.
    ModelState hinted = state_of(model, parameters);
    hinted.tensors[0].hinted.push_back("run");
    auto into = zeros_of(model);
    put_into(model, into, hinted, "f.safetensors");
    CHECK(same(into, parameters));
  }
  says(
      [](ModelState& s) {
        s.tensors[0].value = Tensor<float>({3, 3});
      },
      "has another shape of 1 tensor (encoder.0.weight is [3, 3], not [3, 1, 3, 3])");  // once, of its two names
  says([](ModelState& s) { s.tensors[0].value[4] = std::numeric_limits<float>::quiet_NaN(); },
       "encoder.0.weight: holds nan at [0, 0, 1, 1]");
  says(
      [](ModelState& s) {
        Tensor<float> other = s.tensors[0].value;
        other[2] = -other[2];
        s.tensors[0].aliases = {};
        s.tensors.push_back({.name = "decoder.1.weight", .value = other});
      },
      "encoder.0.weight and decoder.1.weight, which differ at [0, 0, 0, 2]");
}

TEST_CASE("initial weights: a file's check is missed by other weights, activations and layouts") {
  for (const NamedModel& each : small_models()) {
    INFO(each.name);
    const auto parameters = parameters_for<float>(each.model);
    const ModelCheck check = state_of(each.model, parameters).check;
    const CheckOutcome outcome = require_check(each.model, parameters, check, "f");
    for (const auto& line : outcome.lines) CHECK(line.off <= line.tolerance);
    CHECK(require_check(each.model, parameters, {}, "f").lines.empty());

    auto flipped = parameters;
    std::reverse(flipped[0].value.begin(), flipped[0].value.end());
    CHECK_THROWS_AS(require_check(each.model, flipped, check, "f"), BadData);
    Model straight = each.model;
    for (Step& step : straight.steps)
      if (auto* affine = std::get_if<Affine>(&step)) affine->activation = Activation::linear;
    if (!(straight == each.model)) CHECK_THROWS_AS(require_check(straight, parameters, check, "f"), BadData);
    ModelCheck nan = check;
    nan.output[0] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(require_check(each.model, parameters, nan, "f"), BadData);
    ModelCheck small = check;
    small.input = Tensor<float>({2, 1, 2, 2});
    CHECK_THROWS_WITH(require_check(each.model, parameters, small, "f"), Catch::Contains("cannot be shown"));
  }
}

TEST_CASE("initial weights: weights and check that were rounded to half precision meet, and others do not") {
  const auto half = [](float value) {  // to 11 bits, enough for what is compared
    int exponent = 0;
    const float fraction = std::frexp(value, &exponent);
    const int bits = std::min(11, exponent + 24);  // fewer of subnormal ones
    return std::ldexp(std::nearbyint(std::ldexp(fraction, bits)), exponent - bits);
  };
  const auto brain = [](float value) {  // to 8 bits
    int exponent = 0;
    const float fraction = std::frexp(value, &exponent);
    return std::ldexp(std::nearbyint(std::ldexp(fraction, 8)), exponent - 8);
  };
  for (const NamedModel& each : small_models())
    for (const auto& rounded : {std::function<float(float)>(half), std::function<float(float)>(brain)}) {
      INFO(each.name);
      auto parameters = initial_parameters<float>(each.model, 5);
      ModelCheck check = state_of(each.model, parameters).check;
      for (const auto& [name, member] : check_tensors)
        for (float& value : check.*member) value = rounded(value);
      CHECK_THROWS_AS(require_check(each.model, parameters, check, "f"), BadData);  // of other weights, then
      for (Parameter<float>& parameter : parameters)
        for (float& value : parameter.value) value = rounded(value);
      CHECK_FALSE(require_check(each.model, parameters, check, "f").lines.empty());
      Model straight = each.model;
      for (Step& step : straight.steps)
        if (auto* affine = std::get_if<Affine>(&step)) affine->activation = Activation::linear;
      const bool gated = std::string_view(each.name).find("gated") != std::string_view::npos;
      if (!(straight == each.model) && !gated)  // gates leave little to an activation
        CHECK_THROWS_AS(require_check(straight, parameters, check, "f"), BadData);
      std::reverse(parameters[0].value.begin(), parameters[0].value.end());
      CHECK_THROWS_AS(require_check(each.model, parameters, check, "f"), BadData);
    }
}

TEST_CASE("initial weights: a check says nothing where single precision overflows on the way") {
  const Geometry g = parse_case("ic1oc1i2x2o1x1k2");
  ModelBuilder m;
  const ParameterId weight = m.weight("w", g, 1);
  const ValueId code = m.conv(m.image(1, {2, 2}), g, weight, {}, Activation::linear);
  const ValueId out = m.conv_transpose(code, g, weight, {}, Activation::linear);
  const Model model =
      m.finish({Reconstruction{.output = out, .likelihood = Likelihood::mse}}, OverDraws::mean, code);
  ModelCheck check;
  check.input = Tensor<float>({1, 1, 2, 2}, {1, 1, 1, 1});
  check.code = Tensor<float>({1, 1}, {7});
  const auto said = [&](float large) -> std::string {
    Parameters<float> parameters = initial_parameters<float>(model, 1);
    parameters[0].value = Tensor<float>({1, 1, 2, 2}, {large, large, -large, -large});  // their sum is 0
    try {
      require_check(model, parameters, check, "f");
    } catch (const BadData& error) {
      return error.what();
    }
    return "none";
  };
  CHECK_THAT(said(1e30F), Catch::Contains("is 7 from what the model makes"));
  CHECK_THAT(said(3e38F), Catch::Contains("f:check.code: says nothing of these weights"));
}

TEST_CASE("initial weights: a check of many images, or of other ones in its tensors, is refused unseen") {
  for (const NamedModel& each : small_models()) {
    INFO(each.name);
    const auto parameters = parameters_for<float>(each.model);
    const ModelCheck check = state_of(each.model, parameters).check;
    const auto refused = [&](auto change) -> std::string {
      ModelCheck changed = check;
      change(changed);
      try {
        require_check(each.model, parameters, changed, "f.npz");
      } catch (const BadData& error) {
        return error.what();
      }
      return "none";
    };
    const auto of_images = [](const Tensor<float>& tensor, Index images) {
      Shape shape = tensor.shape();
      shape[0] = images;
      return Tensor<float>(shape);
    };
    CHECK(refused([](ModelCheck&) {}) == "none");
    const std::string many = refused([&](ModelCheck& c) { c.input = of_images(c.input, 65); });
    CHECK_THAT(many, Catch::Contains("f.npz:check.input: has 65 images") && Catch::Contains("64 at most"));
    CHECK_THAT(
        refused([&](ModelCheck& c) { c.input = of_images(c.input, 3); }),
        Catch::Contains("f.npz:check.code: has shape [2") && Catch::Contains("check.input has 3 images"));
    CHECK_THAT(refused([&](ModelCheck& c) { c.output = of_images(c.output, 0); }),
               Catch::Contains("f.npz:check.output: has shape [0"));
    CHECK_THAT(refused([](ModelCheck& c) { c.pixels = Tensor<float>(Shape{}); }),
               Catch::Contains("f.npz:check.pixels: has shape []"));
    for (const auto& input : {of_images(check.input, 0), Tensor<float>()})
      CHECK_THAT(refused([&](ModelCheck& c) { c.input = input; }),
                 Catch::Contains("check.input is missing or empty"));
    // 64 are few enough to be looked at.
    CHECK(refused([&](ModelCheck& c) {
            c = {};
            c.input = of_images(check.input, 64);
          }) == "none");
  }
}

TEST_CASE("initial weights: a run of no epochs can be used, and goes on as one that began with its weights") {
  const TemporaryFolder folder;
  TrainConfig config = small_vae_config();
  config.epochs = 1;
  run_to(folder.file("first.h5"), config);
  const auto weights = [&](const std::string& file) {
    return read_trained_model(folder.file(file), Weights::last).parameters;
  };
  TrainRun run{
      .config = config, .output = folder.file("imported.h5"), .resume_from = {}, .command_line = "test"};
  int checks = 0;
  initialise_from(run, folder.file("first.h5"), [&](const CheckOutcome&) { ++checks; });
  run.untrained = true;
  CHECK(train(run).empty());
  CHECK(checks == 0);  // a run's file has none
  CHECK(read_trained_model(folder.file("imported.h5"), Weights::best).epoch == 0);
  const Parameters<float> best = read_trained_model(folder.file("first.h5"), Weights::best).parameters;
  CHECK(same(weights("imported.h5"), best));
  const auto initial = read_initial_weights(hdf5::File::open(folder.file("imported.h5")));
  REQUIRE(initial);
  CHECK(initial->source == folder.file("first.h5"));
  CHECK(initial->sha256.size() == 64);

  run_to(folder.file("resumed.h5"), config, folder.file("imported.h5"));
  TrainRun whole = run;
  whole.output = folder.file("whole.h5");
  whole.untrained = false;
  train(whole);
  CHECK(same(weights("resumed.h5"), weights("whole.h5")));
  CHECK_FALSE(same(weights("whole.h5"), best));
  CHECK(read_initial_weights(hdf5::File::open(folder.file("resumed.h5")))->sha256 == initial->sha256);
  CHECK_FALSE(read_initial_weights(hdf5::File::open(folder.file("first.h5"))));

  write_safetensors(folder.file("w.safetensors"), state_of(open_run(folder.file("first.h5"), Weights::best)));
  TrainRun other{
      .config = config, .output = folder.file("other.h5"), .resume_from = {}, .command_line = "test"};
  initialise_from(other, folder.file("w.safetensors"), [&](const CheckOutcome&) { ++checks; });
  other.untrained = true;
  train(other);
  CHECK(checks == 1);
  CHECK(same(weights("other.h5"), best));

  other.output = folder.file("w.safetensors");
  CHECK_THROWS_WITH(initialise_from(other, folder.file("w.safetensors"), {}),
                    Catch::Contains("is what the weights are taken from"));
}
