// A model as a picture: the encoder goes down, the decoder goes up beside it, and shared weights lie between them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/nn/model.hpp>
#include <fsconv/nn/model_words.hpp>

namespace fsconv::draw {

// A box for every value, with its size in it: the encoder left, downwards; the code at the bottom; the decoder right,
// upwards (model_layout.hpp). A box's width grows with the logarithm of the longest side, its height with that of the
// channels. A dot on an arrow is a step; beside it stands what it does and what it alone learns. A line between two steps is
// a weight that both use, marked as W or W^T where it enters. Branches (gates, residual blocks, a log-variance) lie
// outside of the way from the images to the output. Every parameter is named in exactly one label of its own. Below all:
// the objective, and how many numbers are learned. The model must be one (check() of nn/model.hpp).
// `kl` is what the run gave it in the objective.
Scene model_figure(const Model& model, const KlWeight& kl = {});

}  // namespace fsconv::draw
