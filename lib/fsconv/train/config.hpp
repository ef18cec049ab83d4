// Everything that decides what a training run computes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/data/augment.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/engine/algorithm.hpp>
#include <fsconv/engine/precision.hpp>
#include <fsconv/nn/binarise.hpp>
#include <fsconv/nn/model_words.hpp>
#include <fsconv/nn/models.hpp>
#include <fsconv/nn/optimizer.hpp>
#include <fsconv/nn/schedule.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

// The members are the options of `fsconv train`; options.hpp says what each is for and what is legal.
struct TrainConfig {
  std::string data = "fashion-mnist";  // as load_dataset() takes it
  Index train_images = 0;              // the first so many of the data set; 0: all
  Index test_images = 0;
  Index validation = 0;  // to judge by: of the data's own, or the last of the training images, kept apart
  std::string test_data = {};                      // another data set to test with; empty: that of `data`
  DataFormat data_format = DataFormat::automatic;  // the axes of an array of images
  std::optional<Augment> augment = {};             // of the images that are trained on

  ModelKind model = ModelKind::ae;
  // One entry per convolution, or one for all. No padding: what LayerSpec makes of it.
  std::vector<Index> channels = {32, 64};
  std::vector<Index> kernel = {4};
  std::vector<Stride> stride = {{2, 1}};
  std::vector<Index> padding = {};
  std::vector<Index> dilation = {1};
  std::vector<Index> groups = {1};
  Index latent = 32;  // 0: convolutions only, the code is a feature map
  Activation activation = Activation::relu;
  Decoder decoder = Decoder::transposed;
  std::string tie = "all";  // tied_layers() reads it
  bool gain = false;
  bool gated = false;
  Index residual = 0;
  std::optional<Likelihood> likelihood = {};  // nothing: likelihood_of()
  std::optional<double> variance = 1.0;       // of gaussian; nothing: learned
  std::optional<Binarise> binarise = {};      // nothing: binarise_of()

  double beta = 1;
  double beta_warmup = 0;  // epochs
  double free_bits = 0;    // nats per latent number
  Index draws = 1;
  Bound bound = Bound::elbo;

  OptimizerKind optimizer = OptimizerKind::adam;
  double momentum = 0.9;
  double learning_rate = 1e-3;
  double weight_decay = 0;
  ScheduleKind schedule = ScheduleKind::constant;
  double step_every = 10;  // epochs
  double step_factor = 0.1;
  double warmup = 0;     // epochs
  double clip_norm = 0;  // 0: off
  Index patience = 0;    // epochs; 0: off
  bool skip_nonfinite = false;
  Index epochs = 10;
  Index batch = 128;
  std::uint64_t seed = 0;
  std::string form = "batched";
  Precision precision = Precision::fp32;
  engine::Algorithm algorithm = engine::Algorithm::automatic;

  // How fast, not what: the same bits on any number.
  int threads = 1;
};

// Throws InvalidArgument naming the option, its value and what is legal: numbers out of range, lists whose lengths do
// not agree, and options that contradict each other or would have no effect beside the others.
void check(const TrainConfig& config);

// What is chosen, or what follows from the rest: bce-grey for ae and bernoulli for vae; dynamic for bernoulli, else
// none.
Likelihood likelihood_of(const TrainConfig& config);
Binarise binarise_of(const TrainConfig& config);

// Throws InvalidArgument "patience" where there are no images to judge by: none are kept apart, and the data has `own`
// of its own. check() includes it for data whose name says that it has none.
void check_patience(const TrainConfig& config, Index own);

// Throws InvalidArgument "binarise" where the likelihood is not one of such pixels. check() includes it.
void check_binarise(const TrainConfig& config);

// One entry per convolution. InvalidArgument where the lists do not agree, or make more than 1000.
std::vector<LayerSpec> layers(const TrainConfig& config);

// One entry per convolution and, where latent > 0, one for the linear layer: whether the decoder's is the transpose of
// the encoder's. `all` are those that can be: with the decoders subpixel and resize the linear one only.
// Throws InvalidArgument "tie" for a list that names a layer which is not there, cannot be tied, or stands twice.
std::vector<bool> tied_layers(const TrainConfig& config);

// For images of this format. Throws what layers() and tied_layers() throw.
ModelSpec model_spec(const TrainConfig& config, Index image_channels, const Shape& image_size);
KlWeight kl_weight(const TrainConfig& config);
OptimizerSettings optimizer_settings(const TrainConfig& config);
Schedule schedule(const TrainConfig& config);

// Every option by its name, the chosen likelihood and binarise included; `threads` is left out, and test-data where it
// is empty.
nlohmann::json to_json(const TrainConfig& config);

// Adds to a configuration that was recorded before an option existed what it meant then, where that is not today's default.
void complete_recorded(nlohmann::json& json);

// A recorded one: what is missing is what it meant, or has its default; loss, tied and untied, which older files hold, are understood. Throws BadData naming
// `where` and the entry if one is unknown, of another type, or out of range.
TrainConfig config_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace fsconv
