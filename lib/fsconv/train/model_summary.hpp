// A model in words, for a person: its steps, its objective, its numbers and the memory that they take.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/model_words.hpp>
#include <fsconv/nn/step_algorithms.hpp>
#include <string>
#include <vector>

namespace fsconv {

// What a model does not know about the run that trains it.
struct SummaryContext {
  int threads = 1;
  std::size_t activation_bytes = 0;  // of one thread: Runner::activation_bytes()
  std::size_t gradient_bytes = 0;    // Runner::gradient_bytes()
  std::size_t packed_bytes = 0;      // the parameters as the engine reads them: Runner::parameter_bytes()
  std::size_t evaluation_bytes =
      0;  // a second Runner, for the losses of test and validation images: all that it keeps
  std::size_t optimizer_slots = 2;  // numbers that the optimizer keeps per parameter
  KlWeight kl_weight = {};
  bool keeps_best = false;     // a second copy of the parameters: the best by the validation images
  std::string algorithm = {};  // the option's name
  std::vector<StepAlgorithms> algorithms = {};  // Runner::algorithms(): what it comes to
};

// What a run keeps in memory at a time, without the images.
std::size_t memory_of(const Model& model, const SummaryContext& context);

// Lines of at most 80 columns, or the screen's. One row per step: what it computes of the step above it (or of those that it names by
// their numbers), the sizes of what goes in and comes out, the name of its weight, and how many numbers it is the first
// to learn, biases included. A row without a geometry has that of the weight that it shares. The rows' numbers add
// up to Model::parameter_count(). Below them stands by which algorithm the maps of each step are computed, where that is known. That a run needs more memory than the machine has is said.
std::string summary(const Model& model, const SummaryContext& context);

}  // namespace fsconv
