// What a configuration makes of its images: the model, what computes it, and whether both fit the memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/runner.hpp>
#include <fsconv/train/config.hpp>
#include <fsconv/train/model_summary.hpp>
#include <fsconv/train/training_data.hpp>

namespace fsconv {

Model model_for(const TrainConfig& config, const ImageFormat& format);

// `ranks` share a batch; null: one process.
Computing computing(const TrainConfig& config, bool trains, Communicator* ranks = nullptr);

// What computes the losses of test and validation images, of which all have one draw.
Runner<float> evaluator_of(const Model& model, const TrainConfig& config, Communicator* ranks = nullptr);

// As many images as are computed at a time, at the most.
struct ImagesAtOnce {
  Index step, evaluated;
};
ImagesAtOnce images_at_once(const TrainConfig& config, Index train, Index validation, Index test);
ImagesAtOnce drawn_at_once(const TrainConfig& config);  // of generated ones, before any is drawn
ImagesAtOnce images_at_once(const TrainConfig& config, const TrainingData& data);

SummaryContext context_of(const TrainConfig& config, const Runner<float>& runner,
                          const Runner<float>& evaluator, const ImagesAtOnce& images);

// InvalidArgument "model" where a run takes more than this machine has: room is taken when it is first written to, and then it is too
// late to be told. `processes` of them share the machine.
void require_machine_for(const Model& model, const SummaryContext& context, int processes);

// What the format and number of the images say of a run, where they are known before there are any. InvalidArgument.
void check_before_data(const TrainConfig& config);

// The images, once the model is known to fit them and the memory. Throws what load_training_data() does.
TrainingData load_data_for(const TrainConfig& config, const NamedIn& named_in = {});

}  // namespace fsconv
