// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/nn/runner.hpp>
#include <set>

#include "states.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

const ParameterName& named(const Model& model, const std::vector<ParameterName>& names,
                           const std::string& own) {
  for (ParameterId id = 0; id < names.size(); ++id)
    if (model.parameters[id].name == own) return names[id];
  throw std::runtime_error("no parameter " + own);
}

Model model_of(const std::string& name) {
  for (const NamedModel& each : small_models())
    if (each.name == name) return each.model;
  throw std::runtime_error("no model " + name);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("pytorch names: a tied autoencoder, by hand") {
  const Model model = model_of("tied autoencoder");  // 1x6x5 -> 3x3x3 -> 4x2x2 -> 3
  const auto names = pytorch_names(model);
  const auto check = [&](const char* own, const char* name, const Names& aliases, const Names& transposed,
                         const Shape& shape) {
    const ParameterName& found = named(model, names, own);
    INFO(own);
    CHECK(found.name == name);
    CHECK(found.aliases == aliases);
    CHECK(found.transposed == transposed);
    CHECK(found.shape == shape);
    CHECK_FALSE(found.stored_transposed);
  };
  check("conv1", "encoder.0.weight", {"decoder.1.weight"}, {}, {3, 1, 3, 3});
  check("conv1_bias", "encoder.0.bias", {}, {}, {3});
  check("conv2", "encoder.1.weight", {"decoder.0.weight"}, {}, {4, 3, 2, 2});
  check("linear", "fc.weight", {}, {"decoder_input.weight"}, {3, 16});
  check("linear_bias", "fc.bias", {}, {}, {3});
  check("linear_transpose_bias", "decoder_input.bias", {}, {}, {16});
  check("conv2_transpose_bias", "decoder.0.bias", {}, {}, {3});
  check("conv1_transpose_bias", "decoder.1.bias", {}, {}, {1});
  CHECK(names.size() == 9);
}

TEST_CASE("pytorch names: untied, gains, gates, blocks, heads and feature maps") {
  const auto name_of = [](const char* model_name, const char* own) {
    const Model model = model_of(model_name);
    return named(model, pytorch_names(model), own);
  };
  const ParameterName input = name_of("untied autoencoder, mse", "linear_transpose");
  CHECK(input.name == "decoder_input.weight");
  CHECK(input.shape == Shape{16, 3});
  CHECK(input.stored_transposed);
  CHECK(name_of("untied autoencoder, mse", "conv2_transpose").name == "decoder.0.weight");
  CHECK(name_of("some layers tied, with gain", "conv1_transpose_gain").name == "decoder.1.gain");
  CHECK(name_of("some layers tied, with gain", "linear_transpose_gain").name == "decoder_input.gain");
  CHECK(name_of("stride 3/2, colour, dilation, groups", "conv2").shape == Shape{6, 2, 2, 2});
  CHECK(name_of("gated and residual", "conv1_gate").name == "encoder.0.gate.weight");
  CHECK(name_of("gated and residual", "conv2_gate").aliases == Names{"decoder.0.gate.weight"});
  CHECK(name_of("gated and residual", "linear_transpose_gate").name == "decoder_input.gate.weight");
  CHECK(name_of("gated and residual", "linear_transpose_gate").stored_transposed);
  // The decoder begins with the transpose of the last map of the last block.
  CHECK(name_of("gated and residual", "conv2_residual1b").aliases ==
        Names{"decoder.0.blocks.0.conv1.weight"});
  CHECK(name_of("residual, untied", "conv2_residual1a").name == "encoder.1.blocks.0.conv1.weight");
  CHECK(name_of("residual, untied", "conv2_residual2b_transpose").name == "decoder.0.blocks.0.conv1.weight");
  CHECK(name_of("residual, untied", "conv2_residual1a_transpose").name == "decoder.0.blocks.1.conv2.weight");
  CHECK(name_of("subpixel", "conv1_subpixel").name == "decoder.1.weight");
  CHECK(name_of("resize", "conv2_resize").name == "decoder.0.weight");
  CHECK(name_of("tied variational", "mean").name == "fc_mu.weight");
  CHECK(name_of("tied variational", "log_variance").name == "fc_logvar.weight");
  CHECK(name_of("tied variational", "log_variance").transposed.empty());
  const char* map = "variational feature map, continuous Bernoulli";
  CHECK(name_of(map, "conv2").name == "conv_mu.weight");
  CHECK(name_of(map, "conv2").aliases == Names{"decoder.0.weight"});
  CHECK(name_of(map, "log_variance").name == "conv_logvar.weight");
  CHECK(name_of("free nats, tanh, learned variance", "output_log_variance").name == "output_log_variance");
}

TEST_CASE("pytorch names: of every model each is there once, and leads back to the same numbers") {
  for (const NamedModel& each : small_models()) {
    INFO(each.name);
    const auto names = pytorch_names(each.model);
    const auto parameters = parameters_for<float>(each.model);
    std::set<std::string> all;
    std::size_t count = 0;
    for (ParameterId id = 0; id < names.size(); ++id) {
      all.insert(names[id].name);
      all.insert(names[id].aliases.begin(), names[id].aliases.end());
      all.insert(names[id].transposed.begin(), names[id].transposed.end());
      count += 1 + names[id].aliases.size() + names[id].transposed.size();
      const Tensor<float> there = to_pytorch(names[id], parameters[id].value);
      CHECK(there.shape() == names[id].shape);
      CHECK(from_pytorch(names[id], each.model.parameters[id], there) == parameters[id].value);
      if (names[id].stored_transposed && there.shape()[0] > 1 && there.shape()[1] > 1) {
        CHECK(there[1] == parameters[id].value[there.shape()[0]]);  // row 0, column 1
        CHECK_FALSE(std::equal(there.begin(), there.end(), parameters[id].value.begin()));
      }
    }
    CHECK(all.size() == count);
    // Every use of a weight has a name: as many as there are maps.
    std::size_t maps = 0, weights = 0;
    for (const Step& step : each.model.steps) maps += std::holds_alternative<Affine>(step) ? 1 : 0;
    for (const std::string& name : all) weights += name.ends_with(".weight") ? 1 : 0;
    CHECK(weights == maps);
  }
}

TEST_CASE("model state: its check is what the engine makes of the images") {
  for (const NamedModel& each : small_models()) {
    INFO(each.name);
    const Model model = with_draws(each.model, 1);
    const auto parameters = parameters_for<float>(each.model);
    const ModelState state = state_of(each.model, parameters);
    Tensor<std::uint8_t> bytes(state.check.input.shape());
    for (Index at = 0; at < bytes.size(); ++at)
      bytes[at] = static_cast<std::uint8_t>(std::lround(255 * state.check.input[at]));
    Runner<float> runner(model, {});
    runner.load(parameters);
    const auto order = first_images(bytes.shape()[0]);
    const Batch batch = make_batch(bytes, order, Binarise::none, 0, Split::test);
    const Codes<float> codes = runner.encode(batch);
    const Tensor<float> pixels = runner.decode(codes.means);
    const auto near = [](const Tensor<float>& a, const Tensor<float>& b) {
      REQUIRE(a.size() == b.size());
      float most = 1, off = 0;
      for (Index at = 0; at < a.size(); ++at) {
        most = std::max(most, std::abs(a[at]));
        off = std::max(off, std::abs(a[at] - b[at]));
      }
      // Sums of at most a hundred products, in five layers, each rounded to float.
      CHECK(off <= 500 * 1.2e-7F * most);
    };
    near(state.check.code, codes.means);
    near(state.check.pixels, pixels);
    if (model.heads()) near(state.check.log_variance, codes.log_variances);
    CHECK(state.check.log_variance.size() == (model.heads() ? codes.log_variances.size() : 0));
  }
}

TEST_CASE("model state: its code has the axes that the exported graph gives it") {
  for (const NamedModel& each : small_models()) {
    INFO(each.name);
    const Shape code = state_of(each.model, parameters_for<float>(each.model)).check.code.shape();
    CHECK(code.size() == (has_linear_code(each.model) ? 2 : 2 + each.model.images().size.size()));
  }
}

TEST_CASE("model state: the run's name is text, whatever bytes its file is called by") {
  TrainedRun run;
  run.trained.model = make_model(small_spec(ModelKind::ae));
  run.trained.parameters = parameters_for<float>(run.trained.model);
  const auto name_of = [&](const std::string& path) {
    run.path = path;
    return state_of(run).metadata.at("run");
  };
  CHECK(name_of("folder/run 1.h5") == "run 1.h5");
  CHECK(name_of("\xc3\xa9t\xc3\xa9.h5") == "\xc3\xa9t\xc3\xa9.h5");
  CHECK(name_of("r\xff.h5") == "r\\xff.h5");
  CHECK(name_of("\xc3.h5") == "\\xc3.h5");
  CHECK(name_of("a\n\x1b[31m.h5") == "a\\x0a\\x1b[31m.h5");
  const std::string longest = std::string(250, '\xfe') + ".h5";
  CHECK(name_of(longest).size() == 4 * 250 + 3);
}
