#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/nn/block_pass.hpp>
#include <fsconv/train/config.hpp>

namespace fsconv {
namespace {

void require_range(const char* option, Index value, Index smallest, Index largest) {
  if (value < smallest || value > largest)
    throw InvalidArgument(option, fmt::format("is {}", value),
                          fmt::format("must be {} to {}", smallest, largest));
}

// Reads and writes the members under their options' names, so that the two directions cannot differ.
template <class Config, class Visitor>
void visit_options(Config& config, Visitor&& visit) {
  visit("model", config.model);
  visit("data", config.data);
  visit("train-images", config.train_images);
  visit("test-images", config.test_images);
  visit("channels", config.channels);
  visit("kernel", config.kernel);
  visit("stride", config.stride);
  visit("padding", config.padding);
  visit("latent", config.latent);
  visit("tied", config.tied);
  visit("loss", config.loss);
  visit("epochs", config.epochs);
  visit("batch", config.batch);
  visit("learning-rate", config.learning_rate);
  visit("seed", config.seed);
  visit("form", config.form);
  visit("precision", config.precision);
}

}  // namespace

void check(const TrainConfig& config) {
  constexpr Index many = 1'000'000'000;
  if (config.model != "ae") throw InvalidArgument("model", fmt::format("is '{}'", config.model), "choose ae");
  loss_named(config.loss);
  form_named<float>(config.form);
  if (operands_named(config.precision) == Operands::bf16 && config.form != "batched")
    throw InvalidArgument("precision", fmt::format("is bf16, which the form {} lacks", config.form),
                          "use --form batched, or fp32");
  require_range("epochs", config.epochs, 1, many);
  require_range("batch", config.batch, 1, many);
  require_range("threads", config.threads, 1, 1024);
  require_range("train-images", config.train_images, 0, many);
  require_range("test-images", config.test_images, 0, many);
  if (!std::isfinite(config.learning_rate) || config.learning_rate <= 0)
    throw InvalidArgument("learning-rate", fmt::format("is {}", config.learning_rate),
                          "must be a number larger than 0");
  layers(config);
}

std::vector<LayerSpec> layers(const TrainConfig& config) {
  const std::size_t count =
      std::max({config.channels.size(), config.kernel.size(), config.stride.size(), config.padding.size()});
  const auto channels = one_per("channels", config.channels, count, "layer");
  const auto kernel = one_per("kernel", config.kernel, count, "layer");
  const auto stride = one_per("stride", config.stride, count, "layer");
  std::vector<LayerSpec> specs;
  for (std::size_t at = 0; at < count; ++at) specs.push_back({channels[at], kernel[at], stride[at]});
  if (!config.padding.empty()) {
    const auto padding = one_per("padding", config.padding, count, "layer");
    for (std::size_t at = 0; at < count; ++at) specs[at].padding = padding[at];
  }
  return specs;
}

nlohmann::json to_json(const TrainConfig& config) {
  nlohmann::json json;
  visit_options(config, [&](const char* name, const auto& value) { json[name] = value; });
  return json;
}

TrainConfig config_from_json(const nlohmann::json& json, const std::string& where) {
  TrainConfig config;
  try {
    visit_options(config, [&](const char* name, auto& value) {
      // a file from before there was a choice
      if (name == std::string_view("precision") && !json.contains(name)) return;
      json.at(name).get_to(value);
    });
  } catch (const nlohmann::json::exception& error) {
    throw BadData(where, fmt::format("its configuration is not one of a training run ({})", error.what()));
  }
  return config;
}

}  // namespace fsconv
