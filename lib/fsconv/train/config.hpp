// Everything that decides what a training run computes.
#pragma once

#include <cstdint>
#include <fsconv/nn/loss.hpp>
#include <fsconv/nn/tied_autoencoder.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace fsconv {

struct TrainConfig {
  std::string model = "ae";
  std::string data = "fashion-mnist";  // as load_dataset() takes it
  Index train_images = 0;              // the first so many of the data set; 0: all
  Index test_images = 0;

  // One entry per convolution, or one for all. No padding: what LayerSpec makes of it.
  std::vector<Index> channels = {32, 64};
  std::vector<Index> kernel = {4};
  std::vector<Index> stride = {2};
  std::vector<Index> padding = {};
  Index latent = 32;
  bool tied = true;

  std::string loss = "bce";
  Index epochs = 10;
  Index batch = 128;
  double learning_rate = 1e-3;
  std::uint64_t seed = 0;
  std::string form = "batched";
  std::string precision = "fp32";  // what the form multiplies (Operands)

  // How fast, not what: the same bits on any number.
  int threads = 1;
};

// Throws InvalidArgument naming the option: numbers out of range, unknown names, lists whose lengths do not
// agree.
void check(const TrainConfig& config);

// One entry per convolution. InvalidArgument where the lists do not agree.
std::vector<LayerSpec> layers(const TrainConfig& config);

// By the names of the options of `fsconv train`; `threads` is left out.
nlohmann::json to_json(const TrainConfig& config);

// Throws BadData naming `where` if an entry is missing or of another type.
TrainConfig config_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace fsconv
