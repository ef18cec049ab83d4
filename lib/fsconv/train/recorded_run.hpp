// A training run as its file tells it: what was asked for, what came of it epoch by epoch, and what it looked like.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/checkpoint.hpp>
#include <string>
#include <vector>

namespace fsconv {

// One number per epoch, as it stands in the file.
struct RecordedSeries {
  std::string name;  // "test_loss"
  std::string units, long_name;
  std::vector<double> values;
};

struct RecordedRun {
  TrainedModel trained;          // of the best weights, where the run kept validation images
  nlohmann::json configuration;  // as the file has it
  std::string command_line;      // empty in files that do not say it
  std::string data_source;       // empty in files that do not say it
  ImageChecksums checksums;
  std::optional<InitialWeights> initial;  // nothing where its weights were drawn
  std::string smoothing;                  // as RunRecord has it
  std::vector<double> epochs;             // 1, 2, ...
  std::vector<RecordedSeries> series;
  PartialEpoch partial = {};  // behind them
  ImagePairs samples;         // test images and what the last epoch made of them

  const RecordedSeries* find(const std::string& name) const;  // nothing where the run has none
  bool is_smoothed() const;  // by fsconv smooth: the weights are not those that the training ended with
  bool is_finished() const;  // as is_over() of run_end.hpp, which ends the training, has it
};

// Of the parts by train_checksum, test_checksum, validation_checksum; null where the file does not say one.
nlohmann::json json_of_parts(const ImageChecksums& checksums);
// {source, sha256}, or null.
nlohmann::json json_of(const std::optional<InitialWeights>& initial);

// IoError; BadData as read_trained_model(): whatever contradicts the digest or the rest of the file.
RecordedRun read_recorded_run(const hdf5::File& file);
RecordedRun read_recorded_run(const std::string& path);

}  // namespace fsconv
