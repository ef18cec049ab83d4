// The file of a training run: its curves, its weights, and all that is needed to go on.
#pragma once

#include <fsconv/io/hdf5.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/nn/adam.hpp>
#include <fsconv/train/config.hpp>
#include <fsconv/train/evaluate.hpp>

namespace fsconv {

struct EpochResult {
  Index epoch = 0;               // 1, 2, ...
  double train_loss = 0;         // mean of an image, while the weights were changing
  double test_loss = 0;          // mean of an image, at the end of the epoch
  double seconds = 0;            // of training, without evaluation
  double images_per_second = 0;  // in training

  bool operator==(const EpochResult&) const = default;
};

struct TrainState {
  TiedAutoencoder<float> model;
  Adam adam;
  std::vector<EpochResult> history;
};

// What a file holds besides the state.
struct RunRecord {
  RunInfo info;  // its configuration is a TrainConfig's
  Loss loss = Loss::bce;
  std::string data_source = {};
  std::int64_t data_checksum = 0;
};

//   /epoch                  scale of the series   /train_loss /test_loss /seconds /images_per_second [epoch]
//   /weights/NAME           every parameter by name; weights [out, in, kh, kw]
//   /optimizer              attributes steps, learning_rate, beta1, beta2, epsilon
//   /optimizer/first_moment/NAME, /optimizer/second_moment/NAME
//   /samples/originals, /samples/reconstructions      uint8 [image, row, column, channel]
// and at the root what write_environment() writes, data_source and data_checksum.
// Replaces the file at once, when it is complete. IoError.
void save_checkpoint(const std::string& path, const RunRecord& record, const TrainState& state,
                     const Samples& samples);

// The configuration of a training run's file, without its threads. IoError, BadData.
TrainConfig read_train_config(const hdf5::File& file);

// Puts the file's weights, moments, steps and history into a freshly built state of the same configuration.
// BadData if something is missing, of another shape, not finite, or if the data's checksum is another.
void restore(const hdf5::File& file, std::int64_t data_checksum, TrainState& state);

}  // namespace fsconv
