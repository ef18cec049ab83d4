// The named models: what their parameters are called and how they start, that every way back ends at the image's
// size, and that every combination of options is a model or says which option is wrong.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/nn/parameter.hpp>
#include <map>
#include <set>

#include "nn/small_models.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

namespace {

Names names_in(const Model& model) {
  Names names;
  for (const ParameterSpec& parameter : model.parameters) names.push_back(parameter.name);
  return names;
}

const ParameterSpec& named(const Model& model, const std::string& name) {
  for (const ParameterSpec& parameter : model.parameters)
    if (parameter.name == name) return parameter;
  throw std::logic_error("no parameter " + name);
}

bool has(const Model& model, const std::string& name) {
  const Names names = names_in(model);
  return std::count(names.begin(), names.end(), name) > 0;
}

// The size that the decoder gives, against that of the images; and what every model promises besides.
void require_sound(const Model& model) {
  CHECK_NOTHROW(check(model));
  const Value &image = model.images(), &output = model.values[model.reconstruction().output];
  CHECK(output.channels == image.channels);
  CHECK(output.size == image.size);
  CHECK(output.draws == model.draws());
  const Names names = names_in(model);
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  // every parameter is used
  std::set<ParameterId> used;
  for (const Step& step : model.steps) {
    if (const auto* affine = std::get_if<Affine>(&step)) {
      used.insert(affine->weight);
      if (affine->bias) used.insert(*affine->bias);
    } else if (const auto* gain = std::get_if<Gain>(&step)) {
      used.insert(gain->factor);
    }
  }
  if (const auto variance = model.reconstruction().log_variance) used.insert(*variance);
  CHECK(used.size() == model.parameters.size());
}

// The option that a refusal names; nothing where the model was made.
std::string refused_option(const ModelSpec& spec) {
  try {
    require_sound(make_model(spec));
    return "";
  } catch (const InvalidArgument& error) {
    return error.field();
  }
}

// The parameters of one model that another has under the same name, all of the encoder among them,
// start with the same bits.
void require_same_encoder(const Model& one, const Model& other, const Names& encoder) {
  const Parameters<float> ours = initial_parameters<float>(one, 4),
                          theirs = initial_parameters<float>(other, 4);
  for (std::size_t at = 0; at < encoder.size(); ++at) {
    INFO(encoder[at]);
    REQUIRE(ours[at].name == encoder[at]);
    REQUIRE(theirs[at].name == encoder[at]);
    CHECK(ours[at].value == theirs[at].value);
  }
}

}  // namespace

TEST_CASE("models: names and order of an autoencoder's parameters") {
  ModelSpec spec = small_spec(ModelKind::ae);
  const Names encoder = {"conv1", "conv1_bias", "conv2", "conv2_bias", "linear", "linear_bias"};
  Names wanted = encoder;
  wanted.insert(wanted.end(), {"linear_transpose_bias", "conv2_transpose_bias", "conv1_transpose_bias"});
  CHECK(names_in(make_model(spec)) == wanted);

  spec.tied = {};
  wanted = encoder;
  wanted.insert(wanted.end(), {"linear_transpose", "linear_transpose_bias", "conv2_transpose",
                               "conv2_transpose_bias", "conv1_transpose", "conv1_transpose_bias"});
  // "each follows its linear_transpose": the weight's place is beside its bias, whichever comes first
  Names found = names_in(make_model(spec));
  CHECK(found == wanted);

  spec.tied = {false, true, false};
  CHECK_FALSE(has(make_model(spec), "conv2_transpose"));
  CHECK(has(make_model(spec), "conv1_transpose"));
  CHECK(has(make_model(spec), "linear_transpose"));
}

TEST_CASE("models: names and order of a variational autoencoder's parameters") {
  ModelSpec spec = small_spec(ModelKind::vae);
  CHECK(names_in(make_model(spec)) == Names{"conv1", "conv1_bias", "conv2", "conv2_bias", "mean", "mean_bias",
                                            "log_variance", "log_variance_bias", "mean_transpose_bias",
                                            "conv2_transpose_bias", "conv1_transpose_bias"});
  spec.gain = true;
  spec.tied = {true, false, true};
  const Model model = make_model(spec);
  CHECK(has(model, "mean_transpose_gain"));
  CHECK_FALSE(has(model, "conv2_transpose_gain"));  // what is not tied needs none
  CHECK(has(model, "conv1_transpose_gain"));
  CHECK(named(model, "conv1_transpose_gain") ==
        ParameterSpec{.name = "conv1_transpose_gain", .shape = {3}, .deviation = 0, .mean = 1});
  CHECK_FALSE(has(model, "output_log_variance"));
  spec.likelihood = Likelihood::gaussian;
  spec.learned_variance = true;
  CHECK(names_in(make_model(spec)).back() == "output_log_variance");
  CHECK(make_model(spec).parameters.back().shape == Shape{1});
}

TEST_CASE("models: what is shared is one parameter of two steps") {
  // Uses of every weight in the steps.
  const auto uses = [](const Model& model) {
    std::map<std::string, int> count;
    for (const Step& step : model.steps)
      if (const auto* affine = std::get_if<Affine>(&step)) ++count[model.parameters[affine->weight].name];
    return count;
  };
  ModelSpec spec = small_spec(ModelKind::vae);
  auto count = uses(make_model(spec));
  CHECK(count == std::map<std::string, int>{{"conv1", 2}, {"conv2", 2}, {"mean", 2}, {"log_variance", 1}});
  spec.tied = {true};  // entries that are missing are not tied
  count = uses(make_model(spec));
  CHECK(count["conv1"] == 2);
  CHECK(count["conv2"] == 1);
  CHECK(count["conv2_transpose"] == 1);
  // Biases are never shared; a transposed use has the geometry of its convolution.
  const Model model = make_model(small_spec(ModelKind::ae));
  std::map<ParameterId, Geometry> geometry;
  std::set<ParameterId> biases;
  for (const Step& step : model.steps)
    if (const auto* affine = std::get_if<Affine>(&step)) {
      CHECK(biases.insert(*affine->bias).second);
      const auto [at, first] = geometry.emplace(affine->weight, affine->geometry);
      CHECK(at->second == affine->geometry);
      CHECK(affine->direction == (first ? Direction::conv : Direction::conv_transpose));
    }
  // Gated and residual maps are shared, too.
  spec = small_spec(ModelKind::ae);
  spec.gated = true;
  spec.residual = 1;
  for (const auto& [name, times] : uses(make_model(spec))) {
    INFO(name);
    // the first layer's gate has no place on the last way out
    CHECK(times == (name == "conv1_gate" ? 1 : name == "linear_transpose_gate" ? 1 : 2));
  }
}

TEST_CASE("models: one seed, one encoder, whatever is tied") {
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae}) {
    ModelSpec spec = small_spec(kind);
    const Model tied = make_model(spec);
    Names encoder = {"conv1", "conv1_bias", "conv2", "conv2_bias"};
    for (const char* name : {"linear", "linear_bias"})
      if (kind == ModelKind::ae) encoder.emplace_back(name);
    for (const char* name : {"mean", "mean_bias", "log_variance", "log_variance_bias"})
      if (kind == ModelKind::vae) encoder.emplace_back(name);
    for (const std::vector<bool>& ties :
         {std::vector<bool>{}, {true}, {false, true, false}, {false, false, true}, {true, true, true}}) {
      spec.tied = ties;
      require_same_encoder(tied, make_model(spec), encoder);
      spec.gain = true;
      require_same_encoder(tied, make_model(spec), encoder);
      spec.gain = false;
    }
    for (const std::vector<bool>& ties : {std::vector<bool>{}, {true, false}, {true, true}}) {
      ModelSpec map = small_spec(kind);
      map.latent = 0;
      map.tied = {};
      const Model untied = make_model(map);
      map.tied = ties;
      require_same_encoder(untied, make_model(map), {"conv1", "conv1_bias", "conv2", "conv2_bias"});
    }
  }
  // Another seed, another start; and a copy does not start as its original.
  const Model untied = make_model([] {
    ModelSpec spec = small_spec(ModelKind::ae);
    spec.tied = {};
    return spec;
  }());
  const Parameters<float> first = initial_parameters<float>(untied, 4),
                          same = initial_parameters<float>(untied, 4),
                          other = initial_parameters<float>(untied, 5);
  CHECK(first[0].value == same[0].value);
  CHECK_FALSE(first[0].value == other[0].value);
  REQUIRE(first[4].name == "linear");
  REQUIRE(first[6].name == "linear_transpose");
  CHECK(first[6].value.shape() == first[4].value.shape());
  CHECK_FALSE(first[6].value == first[4].value);
}

TEST_CASE("models: initial weights have the deviation they should, and biases are 0") {
  ModelSpec spec;
  spec.image_size = {28, 28};
  spec.layers = {{.channels = 32, .kernel = 4, .stride = 2}, {.channels = 64, .kernel = 4, .stride = 2}};
  const Model model = make_model(spec);
  const auto mean_square = [](const Parameter<float>& parameter) {
    double squares = 0;
    for (const float w : parameter.value) squares += static_cast<double>(w) * static_cast<double>(w);
    return squares / static_cast<double>(parameter.value.size());
  };
  // Before an activation that halves the variance 2/fan_in, else 1/fan_in. The way back has the same start.
  const std::map<std::string, double> variances = {{"conv1", 2.0 / 16},
                                                   {"conv2", 2.0 / 512},
                                                   {"linear", 1.0 / 3136},
                                                   {"conv1_transpose", 2.0 / 16},
                                                   {"conv2_transpose", 2.0 / 512}};
  std::size_t seen = 0;
  for (const Parameter<float>& parameter : initial_parameters<float>(model, 1)) {
    INFO(parameter.name);
    if (parameter.name.find("bias") != std::string::npos)
      CHECK(std::all_of(parameter.value.begin(), parameter.value.end(), [](float b) { return b == 0; }));
    // The deviation's estimate from n numbers has the relative deviation 1/sqrt(2n); six of them are never seen.
    if (const auto variance = variances.find(parameter.name); variance != variances.end()) {
      ++seen;
      CHECK(std::sqrt(mean_square(parameter)) ==
            Approx(std::sqrt(variance->second))
                .epsilon(6 / std::sqrt(2 * static_cast<double>(parameter.value.size()))));
      // Half the variance would be seen.
      CHECK(std::sqrt(mean_square(parameter)) !=
            Approx(std::sqrt(variance->second / 2))
                .epsilon(6 / std::sqrt(2 * static_cast<double>(parameter.value.size()))));
    }
  }
  CHECK(seen == variances.size());
  spec.activation = Activation::tanh;
  CHECK(named(make_model(spec), "conv1").deviation == Approx(std::sqrt(1.0 / 16)));
  spec.gain = true;
  spec.tied = {true, true, true};
  for (const Parameter<double>& parameter : initial_parameters<double>(make_model(spec), 1))
    if (parameter.name.find("gain") != std::string::npos)
      CHECK(std::all_of(parameter.value.begin(), parameter.value.end(), [](double g) { return g == 1; }));
}

TEST_CASE("models: the way back ends at the image's size") {
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae})
    for (const Index latent : {Index{0}, Index{2}})
      for (const LayerStride stride : {LayerStride{2}, LayerStride{3}, LayerStride{3, 2}, LayerStride{1, 2}})
        for (const Index dilation : {1, 2})
          for (Index height = 3; height <= 7; ++height)
            for (Index width = 4; width <= 6; ++width) {
              ModelSpec spec = small_spec(kind);
              spec.image_channels = 2;
              spec.image_size = {height, width};
              spec.latent = latent;
              spec.layers = {{.channels = 4, .kernel = 3, .stride = stride},
                             {.channels = 6, .kernel = 2, .stride = 2}};
              spec.layers[0].dilation = dilation;
              spec.layers[0].groups = 2;
              spec.layers[1].groups = 2;
              spec.tied = {true, true, true};
              if (latent == 0) spec.tied.pop_back();
              CAPTURE(latent, stride.down, stride.up, dilation, height, width);
              CHECK(refused_option(spec).empty());
            }
  for (const Shape& size : {Shape{9}, Shape{1}, Shape{4, 5, 3}, Shape{1, 1}}) {
    ModelSpec spec = small_spec(ModelKind::vae);
    spec.image_size = size;
    CHECK(refused_option(spec).empty());
  }
}

TEST_CASE("models: decoders that enlarge by whole factors refuse sizes that they cannot reach") {
  for (const Decoder decoder : {Decoder::subpixel, Decoder::resize})
    for (const Index stride : {1, 2, 3})
      for (Index height = 3; height <= 9; ++height)
        for (Index width = 3; width <= 9; ++width) {
          ModelSpec spec = small_spec(ModelKind::ae);
          spec.image_size = {height, width};
          spec.layers = {{.channels = 3, .kernel = 4, .stride = stride}};
          spec.decoder = decoder;
          spec.tied = {};
          CAPTURE(name(decoder), stride, height, width);
          CHECK(refused_option(spec) == (height % stride == 0 && width % stride == 0 ? "" : "decoder"));
          spec.layers = {
              {.channels = 3,
               .kernel = 4,
               .stride = {stride, stride == 1 ? 2 : 1}}};  // 1/2: the code is larger than the image
          if (stride == 1) CHECK(refused_option(spec) == "decoder");
        }
  // What has no transpose cannot be tied; the linear layer has one.
  ModelSpec spec = small_spec(ModelKind::ae);
  spec.image_size = {8, 4};
  spec.decoder = Decoder::subpixel;
  spec.tied = {false, false, true};
  CHECK(refused_option(spec).empty());
  spec.tied = {false, true, true};
  CHECK_THROWS_WITH(make_model(spec), Contains("tie") && Contains("layer 2") && Contains("subpixel"));
}

TEST_CASE("models: subpixel has the taps of one phase, resize those of the layer") {
  ModelSpec spec = small_spec(ModelKind::ae);
  spec.image_size = {8, 4};
  spec.layers = {{.channels = 3, .kernel = 4, .stride = 2}, {.channels = 4, .kernel = 2, .stride = 2}};
  spec.tied = {};
  spec.decoder = Decoder::subpixel;
  const Model shuffled = make_model(spec);
  // 4 taps with stride 2 are 2 per phase, 3 when made odd; 2 taps are 1. Channels: what comes out, 4 phases of each.
  CHECK(named(shuffled, "conv1_subpixel").shape == Shape{4 * 1, 3, 3, 3});
  CHECK(named(shuffled, "conv2_subpixel").shape == Shape{4 * 3, 4, 1, 1});
  CHECK(named(shuffled, "conv1_subpixel_bias").shape == Shape{4});
  spec.decoder = Decoder::resize;
  const Model resized = make_model(spec);
  CHECK(named(resized, "conv1_resize").shape == Shape{1, 3, 4, 4});
  CHECK(named(resized, "conv2_resize").shape == Shape{3, 4, 2, 2});
}

TEST_CASE("models: the heads of a variational model") {
  const Model model = make_model(small_spec(ModelKind::vae));
  REQUIRE(model.heads());
  CHECK(model.code == model.heads()->mean);
  for (const Step& step : model.steps)
    if (const auto* affine = std::get_if<Affine>(&step)) {
      if (affine->out == model.heads()->mean) CHECK(affine->activation == Activation::linear);
      // cannot run away
      if (affine->out == model.heads()->log_variance) CHECK(affine->activation == Activation::bounded);
      if (affine->out == model.reconstruction().output) CHECK(affine->activation == Activation::linear);
    }
  ModelSpec spec = small_spec(ModelKind::vae);
  spec.free_nats = 0.25;
  CHECK(make_model(spec).free_nats() == 0.25);
  CHECK(make_model(spec).over_draws == OverDraws::mean);
  spec.bound = Bound::iwae;
  spec.draws = 5;
  CHECK(make_model(spec).over_draws == OverDraws::log_mean_exp);
  CHECK(make_model(spec).draws() == 5);
  CHECK(std::holds_alternative<LogRatio>(make_model(spec).terms.at(1)));
}

TEST_CASE("models: every combination of options is a model, or names the option that is wrong") {
  std::map<std::string, int> outcomes;
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae})
    for (const Decoder decoder : {Decoder::transposed, Decoder::subpixel, Decoder::resize})
      for (const bool gain : {false, true})
        for (const bool gated : {false, true})
          for (const Index residual : {0, 1, 2})
            for (const Index latent : {0, 3})
              for (const Index width : {4, 5})
                for (unsigned ties = 0; ties < 16; ++ties) {
                  ModelSpec spec = small_spec(kind);
                  spec.image_size = {8, width};
                  spec.layers = {{.channels = 3, .kernel = 4, .stride = 2},
                                 {.channels = 4, .kernel = 2, .stride = 2}};
                  spec.decoder = decoder;
                  spec.gain = gain;
                  spec.gated = gated;
                  spec.residual = residual;
                  spec.latent = latent;
                  // 0 to 3 entries, all combinations of each
                  spec.tied.clear();
                  for (unsigned rest = ties; rest > 1; rest /= 2) spec.tied.push_back(rest % 2 == 1);
                  CAPTURE(name(kind), name(decoder), gain, gated, residual, latent, width, ties);
                  const bool too_many = spec.tied.size() > (latent > 0 ? 3 : 2);
                  const bool tied_layer =
                      !spec.tied.empty() && (spec.tied[0] || (spec.tied.size() > 1 && spec.tied[1]));
                  const std::string wanted = too_many || (tied_layer && decoder != Decoder::transposed)
                                                 ? "tie"
                                             : decoder != Decoder::transposed && width == 5 ? "decoder"
                                                                                            : "";
                  const std::string found = refused_option(spec);
                  CHECK(found == wanted);
                  ++outcomes[found];
                }
  // none of the outcomes is empty
  CHECK(outcomes.size() == 3);
}

TEST_CASE("models: numbers out of range are refused by name") {
  const auto refusal = [](ModelKind kind, auto change) {
    ModelSpec spec = small_spec(kind);
    change(spec);
    return refused_option(spec);
  };
  CHECK(refusal(ModelKind::vae, [](ModelSpec& s) { s.draws = 0; }) == "draws");
  CHECK(refusal(ModelKind::ae, [](ModelSpec& s) { s.draws = 2; }) == "draws");
  CHECK(refusal(ModelKind::ae, [](ModelSpec& s) { s.bound = Bound::iwae; }) == "draws");
  CHECK(refusal(ModelKind::ae, [](ModelSpec& s) { s.layers.clear(); }) == "layers");
  CHECK(refusal(ModelKind::ae, [](ModelSpec& s) { s.layers[1].channels = 0; }) == "layer 2 channels");
  CHECK(refusal(ModelKind::ae, [](ModelSpec& s) { s.layers[1].groups = 3; }) == "layer 2 groups");
  CHECK(refusal(ModelKind::ae, [](ModelSpec& s) { s.tied.push_back(false); }) == "tie");
}

TEST_CASE("models: numbers below their range are refused, and not taken for 0") {
  const auto refusal = [](ModelKind kind, auto change) {
    ModelSpec spec = small_spec(kind);
    spec.tied = {};
    change(spec);
    return refused_option(spec);
  };
  CHECK(refusal(ModelKind::ae, [](ModelSpec& s) { s.latent = -1; }) == "latent");
  CHECK(refusal(ModelKind::ae, [](ModelSpec& s) { s.residual = -1; }) == "residual");
  CHECK_THAT(refusal(ModelKind::vae, [](ModelSpec& s) { s.free_nats = -1; }), Contains("free"));
  CHECK_THAT(refusal(ModelKind::vae,
                     [](ModelSpec& s) {
                       s.likelihood = Likelihood::gaussian;
                       s.variance = 0;
                     }),
             Contains("variance"));
}

TEST_CASE("models: weights that no memory holds are refused before they are allocated") {
  const auto make = [](auto change) {
    ModelSpec spec = small_spec(ModelKind::ae);
    change(spec);
    initial_parameters<double>(make_model(spec), 0);
  };
  CHECK_THROWS_AS(make([](ModelSpec& s) { s.layers.front().channels = Index{1} << 40; }), InvalidArgument);
  CHECK_THROWS_AS(make([](ModelSpec& s) { s.latent = Index{1} << 40; }), InvalidArgument);
}
