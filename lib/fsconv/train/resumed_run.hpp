// The run that goes on from a file: its state, and whether that is one of these images and options.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/training_data.hpp>
#include <functional>
#include <string>

namespace fsconv {

// Restores the state from the file at `path`, and into `record` what the run began with; a user should know what is told to `say`.
// `record` has the algorithms that go on. Throws what restore() throws; BadData where the steps are not those of so many images;
// InvalidArgument "epochs" where the file holds more than the configuration wants.
void resume(const std::string& path, const TrainConfig& config, const TrainingData& data, RunRecord& record,
            TrainState& state, const std::function<void(const std::string&)>& say);

}  // namespace fsconv
