// A model as a picture: what flows through it from left to right, and which weights are shared.
#pragma once

#include <fsconv/draw/scene.hpp>
#include <fsconv/nn/model.hpp>

namespace fsconv::draw {

// A box for every value, in the order in which they are made: the encoder left, the code in the middle, the decoder right.
// Its height grows with the logarithm of the longest side, its width with that of the channels. Below it stands the step
// that makes it and what that step is the first to learn, above it its size. A bracket joins all uses of one weight, each
// marked as W or W^T; branches (gates, residual blocks, a log-variance) lie below the path that leads from the images to
// the output. Every parameter is named in exactly one label of its own. Below all: the objective, and how many numbers
// are learned. The model must be one (check() of nn/model.hpp).
Scene model_figure(const Model& model);

}  // namespace fsconv::draw
