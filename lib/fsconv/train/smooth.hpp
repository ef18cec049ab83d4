// A trained model without checkerboards: its strided transposed convolutions moved onto equal phase sums.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/screen.hpp>
#include <fsconv/forms/checkerboard.hpp>
#include <fsconv/train/evaluation_report.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fsconv {

// A weight that a transposed convolution with a stride uses, and what was done to it.
struct SmoothedLayer {
  std::string weight;    // its parameter's name
  Geometry geometry;     // of the step
  bool encodes = false;  // whether a convolution of the encoder shares it, and so is changed, too
  checkerboard::Unevenness before, after;
  double change = 0;  // ||after - before|| / ||before||, 0 of a filter of zeros
};

// The weights that can be smoothed: of the steps of direction conv_transpose whose stride makes several phases, in the
// order of the model, each once.
std::vector<std::string> smoothable_weights(const Model& model);

// Projects these weights (none named: all that can be). InvalidArgument "layers" for a name that is none of them, and
// "run" where the model has none: one that enlarges by sub-pixel shuffles or nearest neighbours, or not at all.
std::vector<SmoothedLayer> smooth(const Model& model, Parameters<float>& parameters, checkerboard::Onto onto,
                                  const std::vector<std::string>& layers = {});

// The run of a file with the weights of both its states, the last and the best, smoothed, as a file of the kind "train"
// that all commands take. Curves and the optimizer's memory stay those of the training, and so does the choice of the
// best epoch; the samples' reconstructions are made anew. `command_line` is recorded. IoError; BadData, also of a
// run of schema 1, which lacks some of the curves.
void write_smoothed_run(const std::string& output, const std::string& run, checkerboard::Onto onto,
                        const std::vector<std::string>& layers, const std::string& command_line, int threads);

// What smoothing did to a model's weights and, where it was evaluated, to its losses.
struct SmoothReport {
  std::string run;
  Index epoch = 0, partial_step = 0;  // whose weights, as TrainedModel has it
  bool is_best = false;
  checkerboard::Onto onto = checkerboard::Onto::equal_sums;
  std::vector<SmoothedLayer> layers;
  std::optional<EvaluationReport> before, after;  // of the same images
};

// Tables that fit `width` columns; and for machines. An infinite unevenness is null in JSON.
std::string text(const SmoothReport& report, std::size_t width = page_width());
nlohmann::json json_of(const SmoothReport& report);

}  // namespace fsconv
