// The parts of a model in words, for tables and figures.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/model.hpp>
#include <fsconv/nn/step_algorithms.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

constexpr char glue = '\x1f';  // a blank at which no line is broken

// "1x28x28", and "32" for 32x1x1.
std::string size_text(const Value& value);

// "4x4 stride 2 padding 1": what is as usual (stride 1, no padding, one group) is left out. Paddings that differ before
// and behind are 1:2, axes that differ 2,1: as options say it. A number stands behind glue.
std::string geometry_words(const Geometry& geometry);

// ", relu", and nothing for linear.
std::string activation_words(Activation activation);

// "-log p(x|z), Gaussian: ..."
std::string reconstruction_words(const Reconstruction& term);

// What the KL counts in the objective of a training run, and the epochs in which it rises to that.
struct KlWeight {
  double beta = 1, warmup = 0;
};

// The objective: its terms, what their sum is to the likelihood of the images, and what it is measured in.
std::vector<std::string> objective_lines(const Model& model, const KlWeight& kl = {});

// Of the loss of one image by this model: the KL of a variational one is in nats, whatever its pixels are measured in.
std::string_view loss_units(const Model& model);

// "direct" where all maps of a step are computed so, and else map by map: "conv F(2,2), weight_gradient direct". Nothing for a step
// without a weight.
std::string algorithm_words(const StepAlgorithms& step);

// How many numbers would be learned if every step had its own.
Index count_without_sharing(const Model& model);

}  // namespace fsconv
