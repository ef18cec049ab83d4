// Trains a model and keeps its file up to date, epoch by epoch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/distributed/communicator.hpp>
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
  Communicator* ranks = nullptr;  // the processes that train together, all with the same run; null: this one
  int processes = 1;              // of them, on this machine: they share its memory
};

struct TrainListener {
  std::function<void(const EpochResult&)> on_epoch = [](const EpochResult&) {
  };  // its file stands complete then
  std::function<void(const std::string&)> on_model = [](const std::string&) {
  };  // in words, before the first step
  std::function<void(const std::string&)> say = [](const std::string&) {
  };  // what a user should know, in a line
  std::function<void(Index epoch, Index step)> on_step = [](Index, Index) {
  };  // the state is the one after it; 1, 2, ... of the epoch
};

// Runs the epochs that are missing and returns all of them, those of the resumed file included. The result depends
// on the configuration alone, bit by bit: not on the number of threads and ranks, and not on how often the run was stopped
// and resumed, in the middle of an epoch, too.
//
// A signal that asks to stop has the state written as it is after the last step, and so has one that asks for a checkpoint,
// after which the run goes on (base/interrupt.hpp). Of several ranks the first one writes, and what reaches one of them counts
// for all. Their first message is agree(): what is thrown before it may be this rank's alone, and is the caller's to
// agree upon; what is thrown after it all have (Agreed, distributed/agreement.hpp).
//
// Throws InvalidArgument, BadData and IoError for a configuration, data or file that cannot be used, before the
// first step is taken, and before images are made where their format alone says so; Error if a file cannot be written
// later or an image in a file not be read, or if a loss, gradient or parameter is no longer finite, naming step and
// parameter, or ranks differ in what they compute; Interrupted, with a message that says how to go on, after a signal. The
// last ones say what is on the disk. Whatever is thrown, the file that was written last stays, and its picture.
//
// A resumed run that has nothing left to do is written again only under another name, and its picture where that is
// missing.
std::vector<EpochResult> train(const TrainRun& run, const TrainListener& listener = {});

// The model that a configuration makes of its data, in words, with the memory and the file that it will take.
std::string summary(const TrainConfig& config);

// 0 where no time has passed: a clock that stands still gives no rate.
double images_per_second(Index images, double seconds);

}  // namespace fsconv
