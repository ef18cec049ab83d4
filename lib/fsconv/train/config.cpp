// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/data/dataset.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/option_text.hpp>
#include <fsconv/nn/runner.hpp>
#include <fsconv/train/options.hpp>

namespace fsconv {
namespace {

std::string quoted(Likelihood likelihood) { return fmt::format("--likelihood {}", name(likelihood)); }

// Neither is tested with what it was trained on, nor are there axes where no array is.
void check_data(const TrainConfig& config) {
  if (config.test_data == config.data)
    throw InvalidArgument("test-data", fmt::format("is '{}', as --data is", config.test_data),
                          "name another one, or leave it out");
  const auto names_array = [](const std::string& data) {
    const Location at = locate(data);
    return at.kind == FileKind::npy || at.kind == FileKind::npz || !at.inside.empty();
  };
  if (!names_array(config.data) && !names_array(config.test_data))
    require_default(config, "data-format", fmt::format("with --data {}, which is no array", config.data));
}

void check_likelihood(const TrainConfig& config) {
  check_binarise(config);
  const Likelihood likelihood = likelihood_of(config);
  if (likelihood != Likelihood::gaussian) require_default(config, "variance", "with " + quoted(likelihood));
}

// What would be asked for and used nowhere.
void check_layers(const TrainConfig& config) {
  if (config.gated && config.residual == 0)
    require_default(config, "activation", "with --gated, where nothing but residual blocks would have it");
  if (config.latent == 0 && config.residual == 0 && layers(config).size() == 1)
    require_default(config, "activation",
                    "with one layer, which makes the code, and the one that makes the image");
  if (config.latent == 0 && config.residual > 0 && layers(config).size() == 1)
    throw InvalidArgument("residual",
                          fmt::format("is {}, and the only layer makes the code", config.residual),
                          "leave it at 0, or give more layers or a latent size");
}

void check_variational(const TrainConfig& config) {
  if (config.model != ModelKind::vae)
    for (const char* option : {"beta", "beta-warmup", "free-bits", "draws", "bound"})
      require_default(config, option, fmt::format("with --model {}", name(config.model)));
  if (config.beta == 0)
    for (const char* option : {"beta-warmup", "free-bits"})
      require_default(config, option, "with --beta 0, which leaves the KL out");
  if (config.bound == Bound::iwae && config.free_bits > 0)
    throw InvalidArgument("free-bits",
                          fmt::format("is {} with --bound iwae, which has no KL", config.free_bits),
                          "leave it at 0, or use --bound elbo");
}

void check_training(const TrainConfig& config) {
  if (static_cast<float>(config.learning_rate) == 0)
    throw InvalidArgument("learning-rate", fmt::format("is {}, which is 0 as a float", config.learning_rate),
                          "at least 1e-38");
  if (config.optimizer != OptimizerKind::sgd)
    require_default(config, "momentum", fmt::format("with --optimizer {}", name(config.optimizer)));
  if (config.schedule != ScheduleKind::step)
    for (const char* option : {"step-every", "step-factor"})
      require_default(config, option, fmt::format("with --schedule {}", name(config.schedule)));
  if (is_known_name(config.data)) check_patience(config, 0);
  form_named<float>(config.form);
  if (config.precision == Precision::bf16 && config.form != "batched")
    throw InvalidArgument("precision", fmt::format("is bf16, which the form {} lacks", config.form),
                          "use --form batched, or fp32");
  if (config.form != "batched" && !every_form_has(config.algorithm))
    throw InvalidArgument("algorithm",
                          fmt::format("is {}, which the form {} lacks", name(config.algorithm), config.form),
                          "use --form batched, or direct");
}

void check_tying(const TrainConfig& config) {
  const std::vector<bool> tied = tied_layers(config);
  if (config.gain && std::find(tied.begin(), tied.end(), true) == tied.end())
    throw InvalidArgument("gain", "is there for tied layers, of which there are none", "tie one with --tie");
}

}  // namespace

void check_patience(const TrainConfig& config, Index own) {
  if (config.patience > 0 && config.validation == 0 && own == 0)
    throw InvalidArgument("patience", fmt::format("is {}, without images to judge by", config.patience),
                          "give --validation, or leave it at 0");
}

void check_binarise(const TrainConfig& config) {
  const Likelihood likelihood = likelihood_of(config);
  const Binarise binarise = binarise_of(config);
  if (likelihood == Likelihood::bernoulli && binarise == Binarise::none)
    throw InvalidArgument("binarise", "is none, but bernoulli is a likelihood of the pixels 0 and 1",
                          "choose dynamic or fixed, or another likelihood");
  if (likelihood != Likelihood::bernoulli && likelihood != Likelihood::bce_grey && binarise != Binarise::none)
    throw InvalidArgument("binarise", fmt::format("is {} with {}", name(binarise), quoted(likelihood)),
                          "choose none, or the likelihood bernoulli or bce-grey");
}

void check(const TrainConfig& config) {
  for (const TrainOption& option : train_options())
    if (option.check_range) option.check_range(config);
  check_data(config);
  check_likelihood(config);
  check_layers(config);
  check_variational(config);
  check_training(config);
  check_tying(config);
}

Likelihood likelihood_of(const TrainConfig& config) {
  return config.likelihood.value_or(config.model == ModelKind::vae ? Likelihood::bernoulli
                                                                   : Likelihood::bce_grey);
}

Binarise binarise_of(const TrainConfig& config) {
  return config.binarise.value_or(likelihood_of(config) == Likelihood::bernoulli ? Binarise::dynamic
                                                                                 : Binarise::none);
}

std::vector<LayerSpec> layers(const TrainConfig& config) {
  constexpr std::size_t most_layers = 1000;  // what they become takes time with their square
  const std::size_t count = std::max({config.channels.size(), config.kernel.size(), config.stride.size(),
                                      config.padding.size(), config.dilation.size(), config.groups.size()});
  if (count > most_layers)
    throw InvalidArgument("channels", fmt::format("and the other lists make {} layers", count),
                          fmt::format("{} at most", most_layers));
  const auto channels = one_per("channels", config.channels, count, "layer");
  const auto kernel = one_per("kernel", config.kernel, count, "layer");
  const auto stride = one_per("stride", config.stride, count, "layer");
  const auto dilation = one_per("dilation", config.dilation, count, "layer");
  const auto groups = one_per("groups", config.groups, count, "layer");
  std::vector<LayerSpec> specs;
  for (std::size_t at = 0; at < count; ++at)
    specs.push_back({.channels = channels[at],
                     .kernel = kernel[at],
                     .stride = stride[at],
                     .dilation = dilation[at],
                     .groups = groups[at]});
  if (!config.padding.empty()) {
    const auto padding = one_per("padding", config.padding, count, "layer");
    for (std::size_t at = 0; at < count; ++at) specs[at].padding = padding[at];
  }
  return specs;
}

std::vector<bool> tied_layers(const TrainConfig& config) {
  const std::size_t convolutions = layers(config).size();
  const bool has_linear = config.latent > 0, transposed = config.decoder == Decoder::transposed;
  std::vector<bool> tied(convolutions + (has_linear ? 1 : 0), false);
  if (config.tie == "none") return tied;
  if (config.tie == "all") {
    std::fill(tied.begin() + static_cast<std::ptrdiff_t>(transposed ? 0 : convolutions), tied.end(), true);
    return tied;
  }
  const std::string legal = fmt::format("use all, none, or a list of the numbers 1 to {}{}", convolutions,
                                        has_linear ? " and linear" : "");
  for (const std::string& word : split(config.tie, ',')) {
    const auto number = to_integer(word);
    const bool is_linear = word == "linear";
    if (is_linear && !has_linear)
      throw InvalidArgument("tie", "names linear, which is not there with --latent 0", legal);
    if (!is_linear && (!number || *number < 1 || *number > static_cast<Index>(convolutions)))
      throw InvalidArgument("tie", fmt::format("names '{}', which is no layer", word), legal);
    if (!is_linear && !transposed)
      throw InvalidArgument(
          "tie", fmt::format("names '{}', but --decoder {} does not use W^T", word, name(config.decoder)),
          "use linear, or none");
    const std::size_t at = is_linear ? convolutions : static_cast<std::size_t>(*number - 1);
    if (tied[at]) throw InvalidArgument("tie", fmt::format("names '{}' twice", word), legal);
    tied[at] = true;
  }
  return tied;
}

ModelSpec model_spec(const TrainConfig& config, Index image_channels, const Shape& image_size) {
  return {.kind = config.model,
          .image_channels = image_channels,
          .image_size = image_size,
          .layers = layers(config),
          .latent = config.latent,
          .activation = config.activation,
          .decoder = config.decoder,
          .tied = tied_layers(config),
          .gain = config.gain,
          .gated = config.gated,
          .residual = config.residual,
          .likelihood = likelihood_of(config),
          .variance = config.variance.value_or(ModelSpec().variance),
          .learned_variance = !config.variance,
          .draws = config.draws,
          .bound = config.bound,
          .free_nats = config.free_bits};
}

KlWeight kl_weight(const TrainConfig& config) {
  if (config.model != ModelKind::vae) return {};
  return {.beta = config.beta, .warmup = config.beta_warmup};
}

OptimizerSettings optimizer_settings(const TrainConfig& config) {
  return {.kind = config.optimizer, .momentum = config.momentum, .weight_decay = config.weight_decay};
}

Schedule schedule(const TrainConfig& config) {
  return {.kind = config.schedule,
          .rate = config.learning_rate,
          .epochs = static_cast<double>(config.epochs),
          .every = config.step_every,
          .factor = config.step_factor,
          .warmup = config.warmup};
}

nlohmann::json to_json(const TrainConfig& config) {
  nlohmann::json json;
  for (const TrainOption& option : train_options())
    if (option.recorded && option.spells.empty())
      if (nlohmann::json value = option.write(config); !value.is_null()) json[option.name] = std::move(value);
  return json;
}

void complete_recorded(nlohmann::json& json) {
  for (const TrainOption& option : train_options())
    if (!option.meant_before.is_null() && !json.contains(option.name))
      json[option.name] = option.meant_before;
}

TrainConfig config_from_json(const nlohmann::json& recorded, const std::string& where) {
  if (!recorded.is_object()) throw BadData(where, "its configuration is no JSON object");
  nlohmann::json json = recorded;
  complete_recorded(json);
  OptionTexts texts;
  for (const auto& [key, value] : json.items()) {
    const TrainOption* option = find_train_option(key);
    if (option == nullptr || !option->recorded)
      throw BadData(where,
                    fmt::format("its configuration is not one of a training run: '{}' is no option", key));
    if (!option->fits(value))
      throw BadData(where, fmt::format("its configuration says {} for {}, which is of another type",
                                       value.dump(), key));
    texts.emplace(key, *option_text(value));
  }
  TrainConfig config;
  try {
    resolve_spellings(texts);
    set_options(config, texts);
  } catch (const InvalidArgument& error) {
    throw BadData(where, fmt::format("its configuration is wrong: {}", error.what()));
  }
  return config;
}

}  // namespace fsconv
