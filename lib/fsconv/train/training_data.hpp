// The images of one training run.
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/train/config.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

struct TrainingData {
  std::string source;              // where it was read
  std::vector<std::string> notes;  // how it was read, where a user should know it, one line each
  Tensor<std::uint8_t> train, validation,
      test;                   // [N, C, H, W]; at least one image to train on and one to test with
  std::int64_t checksum = 0;  // CRC-32 over all pixels: a resumed run must see the same ones

  bool has_validation() const { return validation.size() > 0; }
  ImageFormat format() const { return {train.shape()[2], train.shape()[3], train.shape()[1]}; }
};

// The format of a data set's images where its name says it, so that a model can be checked before any is drawn: of
// `generated` and generated:HEIGHTxWIDTHxCHANNELS. InvalidArgument "data" for a format that is not generated.
std::optional<ImageFormat> known_format(const std::string& data);

// The data set that a configuration names. Where `run` is not empty, it is the file that the configuration comes
// from, and an IoError for a relative path says so and what to do.
Dataset load_dataset_of(const TrainConfig& config, const std::string& run = {});

// Throws what load_training_data() throws where a set of `train` and `test` images has too few for a configuration;
// `source` is its name in messages.
void check_counts(const TrainConfig& config, const std::string& source, Index train, Index test);

// Of that data set: of the training images the last `validation` are kept apart, the first train_images of the rest are
// trained on, the first test_images of the test set are tested with. Throws what load_dataset() throws;
// InvalidArgument if more images are asked for than there are; BadData if there are none; Interrupted after Ctrl-C,
// where it is caught.
TrainingData load_training_data(const TrainConfig& config, const std::string& run = {});

}  // namespace fsconv
