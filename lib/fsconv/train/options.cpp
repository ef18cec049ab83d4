// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/io/option_text.hpp>
#include <fsconv/train/option_value.hpp>
#include <fsconv/train/options.hpp>

namespace fsconv {
namespace {

constexpr Index many = 1'000'000'000;
constexpr Index largest_step = Index{1} << 20;  // of an axis; geometry/axis.hpp
constexpr OptionValue<double>::Legal positive{.without_least = true};

// As people write it: 1 and not 1.0, nan and not null.
std::string shown(const nlohmann::json& value) {
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return option_text(value).value_or("");
}

template <class T>
TrainOption option(const std::string& name, const char* placeholder, const std::string& help,
                   T TrainConfig::*member, const typename OptionValue<T>::Legal& legal = {}) {
  using Value = OptionValue<T>;
  const std::string otherwise =
      placeholder == std::string() ? "" : shown(Value::write(TrainConfig().*member));
  const auto require = [name, legal](bool good, const std::string& text) {
    if (!good) throw InvalidArgument(name, fmt::format("is '{}'", text), Value::expected(legal));
  };
  TrainOption option{.name = name, .group = {}, .placeholder = placeholder, .help = help};
  if (!otherwise.empty()) option.help += " (" + otherwise + ")";
  option.read = [=](TrainConfig& config, const std::string& text) {
    const auto value = Value::read(text);
    require(value && Value::is_legal(*value, legal), text);
    config.*member = *value;
  };
  option.write = [member](const TrainConfig& config) { return Value::write(config.*member); };
  option.fits = Value::fits;
  option.check_range = [=](const TrainConfig& config) {
    require(Value::is_legal(config.*member, legal), shown(Value::write(config.*member)));
  };
  return option;
}

// With every name that can be chosen in its help.
template <class E>
TrainOption choice(const std::string& name, const std::string& help, E TrainConfig::*member) {
  return option(name, "NAME", help + ": " + fmt::format("{}", fmt::join(OptionValue<E>::offered(), ", ")),
                member);
}

TrainOption flag(const std::string& name, const std::string& help, bool TrainConfig::*member) {
  return option(name, "", help, member);
}

template <class T>
TrainOption spelling(const std::string& name, const char* placeholder, const std::string& help,
                     const std::string& spells, std::string (*meaning)(const std::string&)) {
  return {.name = name,
          .group = {},
          .placeholder = placeholder,
          .help = help,
          .spells = spells,
          .meaning = meaning,
          .fits = OptionValue<T>::fits};
}

bool says_true(const char* name, const std::string& text) {
  const auto value = OptionValue<bool>::read(text);
  if (!value) throw InvalidArgument(name, fmt::format("is '{}'", text), OptionValue<bool>::expected({}));
  return *value;
}

std::string meaning_of_loss(const std::string& text) {
  if (text == "bce") return std::string(name(Likelihood::bce_grey));
  if (OptionValue<Likelihood>::read(text)) return text;
  throw InvalidArgument("loss", fmt::format("is '{}'", text),
                        "choose bce, " + alternatives(all_names<Likelihood>()));
}

// These two follow from others where they are not chosen, and a file shall say what was trained.
TrainOption likelihood_option() {
  TrainOption chosen = option(
      "likelihood", "NAME",
      fmt::format("of the pixels: {} (bce-grey; of vae bernoulli)", alternatives(all_names<Likelihood>())),
      &TrainConfig::likelihood);
  chosen.write = [](const TrainConfig& config) { return std::string(name(likelihood_of(config))); };
  return chosen;
}

TrainOption binarise_option() {
  TrainOption chosen =
      option("binarise", "NAME",
             "a pixel is 1 with its brightness as the probability, else 0: dynamic, drawn in every "
             "epoch anew, fixed, drawn once, or none (dynamic for bernoulli, else none)",
             &TrainConfig::binarise);
  chosen.write = [](const TrainConfig& config) { return std::string(name(binarise_of(config))); };
  return chosen;
}

// No text is no option: it cannot be given, and a file does not hold it.
TrainOption test_data_option() {
  TrainOption chosen =
      option("test-data", "DIR|FILE|NAME", "test with all images of this one, in place of --data's own",
             &TrainConfig::test_data);
  chosen.write = [](const TrainConfig& config) {
    return config.test_data.empty() ? nlohmann::json() : nlohmann::json(config.test_data);
  };
  chosen.check_range = {};
  return chosen;
}

TrainOption threads_option() {
  TrainOption threads = option("threads", "N", "", &TrainConfig::threads, {1, 1024});
  threads.help = "the result does not depend on it (all cores)";
  threads.recorded = false;
  return threads;
}

// Before there were others, all runs were computed directly.
TrainOption algorithm_option() {
  TrainOption algorithm = option(
      "algorithm", "NAME",
      "how the form batched multiplies: direct, a product per tap; winograd2, fewer by small tiles; winograd4, still "
      "fewer, with errors two to five times as large; auto, direct or winograd2, for each layer what is faster",
      &TrainConfig::algorithm);
  algorithm.meant_before = std::string(name(engine::Algorithm::direct));
  return algorithm;
}

std::vector<TrainOption> data_options() {
  using C = TrainConfig;
  return {
      option("data", "DIR|FILE|NAME",
             "fashion-mnist, mnist, generated[:HxWxC|:factors], or files and folders of images", &C::data),
      option("train-images", "N", "use the first N training images only; 0: all", &C::train_images,
             {0, many}),
      option("test-images", "N", "use the first N test images only; 0: all", &C::test_images, {0, many}),
      option(
          "validation", "N",
          "images to judge by: the last N of the training images, kept apart; of data with validation images of its own "
          "the first N of these",
          &C::validation, {0, many}),
      test_data_option(),
      option(
          "augment", "LIST",
          "change each training image in every epoch anew: flip mirrors half of them left-right, shift=N moves them "
          "by up to N pixels, its edge repeated; flip,shift=2 does both",
          &C::augment),
      option("data-format", "NAME", "the axes of an array: nchw, nhwc, nhw, or auto, by its shape",
             &C::data_format)};
}

std::vector<TrainOption> model_options() {
  using C = TrainConfig;
  return {
      option("model", "NAME", "ae, an autoencoder, or vae, a variational one", &C::model),
      option("channels", "C[,C...]", "code channels of each convolution", &C::channels),
      option("kernel", "K[,K...]", "filter sizes", &C::kernel, {1, largest_step}),
      option("stride", "S[,S...]", "strides, whole numbers or fractions", &C::stride),
      option("padding", "P[,P...]",
             "pixels put around the image (as many as make the code the size over the stride, rounded up)",
             &C::padding, {0, Index{1} << 30, true}),
      option("dilation", "D[,D...]", "distances between taps", &C::dilation, {1, largest_step}),
      option("groups", "G[,G...]", "groups of channels", &C::groups),
      option("latent", "N",
             "numbers that an image is reduced to; 0: no linear layer, the code is a feature map", &C::latent,
             {0, many}),
      choice("activation", "of the inner layers", &C::activation),
      option("decoder", "NAME",
             "how it enlarges: transposed, subpixel (convolve to more channels, shuffle them into pixels) or "
             "resize "
             "(repeat pixels, convolve)",
             &C::decoder),
      option("tie", "all|none|LIST",
             "layers whose decoder has the encoder's weights: numbers, 1 at the image, and linear, as in "
             "1,2,linear",
             &C::tie),
      spelling<bool>(
          "tied", "", "the same as --tie all", "tie",
          [](const std::string& text) -> std::string { return says_true("tied", text) ? "all" : "none"; }),
      spelling<bool>(
          "untied", "", "the same as --tie none", "tie",
          [](const std::string& text) -> std::string { return says_true("untied", text) ? "none" : "all"; }),
      flag("gain", "a factor per channel, learned, before every tied layer of the decoder", &C::gain),
      flag("gated", "a * sigmoid(b) in place of the activation", &C::gated),
      option("residual", "N", "blocks x + conv(activation(conv(x))) after each layer", &C::residual, {0, 16}),
      likelihood_option(),
      spelling<std::string>("loss", "NAME", "the older name of --likelihood; bce is bce-grey", "likelihood",
                            meaning_of_loss),
      option("variance", "X|learned", "of gaussian", &C::variance),
      binarise_option()};
}

std::vector<TrainOption> variational_options() {
  using C = TrainConfig;
  return {option("beta", "X", "weight of the KL", &C::beta),
          option("beta-warmup", "EPOCHS", "in which that weight grows from 0", &C::beta_warmup),
          option("free-bits", "NATS", "each latent number counts at least so much of the KL", &C::free_bits),
          option("draws", "N", "samples of the latent numbers for each training image; others get one",
                 &C::draws, {1, 100'000}),
          option("bound", "NAME", "elbo, the mean over the draws, or iwae, their importance-weighted bound",
                 &C::bound)};
}

std::vector<TrainOption> training_options() {
  using C = TrainConfig;
  return {
      option("epochs", "N", "passes over the training images", &C::epochs, {1, many}),
      option("batch", "N", "images per step", &C::batch, {1, many}),
      choice("optimizer", "what takes the steps", &C::optimizer),
      option("learning-rate", "X", "of the optimizer", &C::learning_rate, positive),
      option("momentum", "X", "of sgd", &C::momentum, {.most = 1, .without_most = true}),
      option("weight-decay", "X", "added to the gradient as X * weight; apart from it with adamw",
             &C::weight_decay),
      choice("schedule", "of the learning rate", &C::schedule),
      option("step-every", "EPOCHS", "of the schedule step", &C::step_every, positive),
      option("step-factor", "X", "of the schedule step", &C::step_factor, {.most = 1, .without_least = true}),
      option("warmup", "EPOCHS", "in which the learning rate grows from 0", &C::warmup),
      option("clip-norm", "X", "the gradient's norm is at most that; 0: off", &C::clip_norm),
      option("patience", "EPOCHS", "stop after so many that did not improve the validation loss; 0: off",
             &C::patience, {0, many}),
      flag("skip-nonfinite", "leave a step out whose loss or gradient is no finite number",
           &C::skip_nonfinite),
      option("seed", "N", "of weights, order, noise and generated images", &C::seed),
      threads_option(),
      option("form", "NAME", "how convolutions are computed", &C::form),
      option("precision", "NAME", "what is multiplied: fp32, or bf16, which is summed in fp32",
             &C::precision),
      algorithm_option()};
}

std::vector<TrainOption> make_table() {
  std::vector<TrainOption> table;
  const auto add = [&](const char* group, std::vector<TrainOption> options) {
    for (TrainOption& one : options) {
      one.group = group;
      table.push_back(std::move(one));
    }
  };
  add("Data", data_options());
  add("Model", model_options());
  add("Variational (of vae)", variational_options());
  add("Training", training_options());
  return table;
}

}  // namespace

std::span<const TrainOption> train_options() {
  static const std::vector<TrainOption> table = make_table();
  return table;
}

const TrainOption* find_train_option(std::string_view name) {
  const auto all = train_options();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const TrainOption& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

void resolve_spellings(OptionTexts& texts) {
  std::map<std::string, std::string> spelled;  // by the option: the name that it came under
  for (const TrainOption& option : train_options()) {
    const auto found = texts.find(option.name);
    if (found == texts.end() || option.spells.empty()) continue;
    const std::string text = option.meaning(found->second);
    texts.erase(found);
    const auto [other, is_new] = texts.emplace(option.spells, text);
    const auto [earlier, is_first] = spelled.emplace(option.spells, is_new ? option.name : option.spells);
    if (other->second != text)
      throw InvalidArgument(option.name, fmt::format("contradicts --{}", earlier->second), "choose one");
  }
}

void set_options(TrainConfig& config, const OptionTexts& texts) {
  for (const TrainOption& option : train_options())
    if (const auto found = texts.find(option.name); found != texts.end() && option.spells.empty())
      option.read(config, found->second);
}

void require_default(const TrainConfig& config, std::string_view name, std::string_view beside) {
  const TrainOption& option = *find_train_option(name);
  const nlohmann::json otherwise = option.write(TrainConfig()), value = option.write(config);
  if (value != otherwise)
    throw InvalidArgument(name, fmt::format("is {}, which has no effect {}", shown(value), beside),
                          fmt::format("leave it at {}", shown(otherwise)));
}

}  // namespace fsconv
