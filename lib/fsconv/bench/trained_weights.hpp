// The numbers that a timed step of training changes, and the update that ends it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/optimizer.hpp>
#include <fsconv/nn/parameter.hpp>
#include <fsconv/nn/runner.hpp>
#include <utility>

namespace fsconv::bench {

struct TrainedWeights {
  explicit TrainedWeights(Parameters<float> start)
      : parameters(std::move(start)), gradients(zeros_like(parameters)), optimizer({}, parameters) {}

  // Adam's step by the gradients; the runner gets the new numbers.
  void update(Runner<float>& runner) {
    constexpr double rate = 1e-3;
    optimizer.step(parameters, gradients, rate, runner.threads());
    runner.load(parameters);
  }

  Parameters<float> parameters;
  Gradients<float> gradients;
  Optimizer<float> optimizer;
};

}  // namespace fsconv::bench
