// Trains a model and keeps its file up to date, epoch by epoch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/config.hpp>
#include <fsconv/train/saved_run.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

struct TrainRun {
  TrainConfig config;
  std::string output;              // FILE.h5; FILE.png beside it shows test images over their reconstructions
  std::string resume_from;         // empty, or the file of an earlier run of this configuration
  std::string data_named_in = {};  // the run's file that config.data was read from, or empty: for messages
  std::string test_data_named_in = {};  // the same of config.test_data
  std::string command_line;             // recorded in the file
  bool force = false;                   // an existing file that is not resumed from may be replaced
  // Replaces the numbers that were drawn, where a run begins; `initial` is recorded. Throws for weights that do not fit.
  std::function<void(const Model&, Parameters<float>&)> initialise = {};
  std::optional<InitialWeights> initial = {};
  bool untrained =
      false;  // write the file of a run that has not begun, which can be used and resumed, and stop
};

struct TrainListener {
  std::function<void(const EpochResult&)> on_epoch = [](const EpochResult&) {
  };  // its file stands complete then
  std::function<void(const std::string&)> on_model = [](const std::string&) {
  };  // in words, before the first step
  std::function<void(const std::string&)> say = [](const std::string&) {
  };  // what a user should know, in a line
};

// Runs the epochs that are missing and returns all of them, those of the resumed file included. The result depends
// on the configuration alone, bit by bit: not on the number of threads, and not on how often the run was stopped and
// resumed.
//
// Throws InvalidArgument, BadData and IoError for a configuration, data or file that cannot be used, before the
// first step is taken, and before images are made where their format alone says so; Error if a file cannot be written
// later or an image in a file not be read, or if a loss, gradient or parameter is no longer finite, naming step and
// parameter; Interrupted, with a message that says how to go on, after a signal. The last three say what is on the disk.
// Whatever is thrown, the file and the picture of the last finished epoch stay.
//
// A resumed run that has nothing left to do is written again only under another name, and its picture where that is
// missing.
std::vector<EpochResult> train(const TrainRun& run, const TrainListener& listener = {});

// The model that a configuration makes of its data, in words, with the memory and the file that it will take.
std::string summary(const TrainConfig& config);

// 0 where no time has passed: a clock that stands still gives no rate.
double images_per_second(Index images, double seconds);

}  // namespace fsconv
