// The images of one training run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/train/config.hpp>
#include <fsconv/train/image_checksums.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

struct TrainingData {
  std::string source;              // where it was read
  std::vector<std::string> notes;  // how it was read, where a user should know it, one line each
  Images train, validation,
      test;  // [N, C, H, W]; at least one image to train on and one to test with
  ImageChecksums checksums;

  bool has_validation() const { return validation.size() > 0; }
  ImageFormat format() const { return {train.shape()[2], train.shape()[3], train.shape()[1]}; }
};

// The format of a data set's images where its name says it, so that a model can be checked before any is drawn: of
// `generated` and generated:HEIGHTxWIDTHxCHANNELS. InvalidArgument "data" for a format that is not generated.
std::optional<ImageFormat> known_format(const std::string& data);

// The files of runs that a configuration has its names from, or empty where a user gave them. An IoError for a relative
// path from a file says so, and which option names another one.
struct NamedIn {
  std::string data = {}, test_data = {};
  const char* test_option = "test-data";
};

// The data set that a configuration names. Of test_data, where there is one, all images become the test set: those to
// train on, those to validate with, those to test with; of the other data none are cut off for testing then. BadData
// where their size is another one.
Dataset load_dataset_of(const TrainConfig& config, const NamedIn& run = {});

// Throws what load_training_data() throws where a set of `train` and `test` images, and `validation` ones of its own,
// has too few for a configuration; `source` is its name in messages.
void check_counts(const TrainConfig& config, const std::string& source, Index train, Index test,
                  Index validation = 0);

// The images of a data set that are trained on and those that are kept apart to validate with. Of a set with validation
// images of its own these are the first `validation` of them, or all where that is 0; else the last so many of the
// training images. InvalidArgument where there are fewer.
struct TrainingSplit {
  ImageSet train, validation;
};
TrainingSplit split_training(const TrainConfig& config, const Dataset& dataset);

// Of that data set: split_training(); the first train_images are trained on, the first test_images of the test set are
// tested with. Throws what load_dataset() throws; InvalidArgument if more images are asked for than there are, or
// patience without images to validate with, or if test_data leads to the very file or folder that data does and one of them
// was named by a user now; BadData if there are none; Interrupted after Ctrl-C, where it is caught.
TrainingData load_training_data(const TrainConfig& config, const NamedIn& run = {});

}  // namespace fsconv
