// Where a model's values and gradients lie in a thread's memory, and how gradients meet: pure, computed
// before anything is allocated.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/model.hpp>
#include <vector>

namespace fsconv {

// A pass goes through these moments: the images are fetched (0); step s makes its value (1 + s); the terms (S + 1);
// and, where gradients are wanted, back: step s gives its inputs theirs (2S + 1 - s). S is the number of steps.
//
// A value may be there in two ways: as an *operand*, which is what the engine multiplies, and
// *exactly*, as it was summed.
// They are one unless the engine rounds (BFloat16). Operands of an odd number of channels per group have a zero behind
// each group then, which nobody may overwrite.

// A place in the arena.
struct Place {
  Index offset = 0;  // in bytes, a multiple of a cache line
  Index bytes = 0;
  Index from = 0, to = 0;  // the moments at which it is in use, both included
};

struct ValuePlan {
  std::optional<Place> operand, exact;
  Index operand_groups = 1;  // whose zeros stand in it

  bool wants_gradient = false;
  // The gradient replaces the operand: its one reader's map masks it with what it overwrites and sums it for the bias.
  bool fused = false;
  std::optional<Place> gradient;  // else: exact; may be the place of the value itself
  // What its maker's maps multiply; `gradient` itself where nothing is rounded.
  std::optional<Place> gradient_operand;
};

// How a step or term hands over the gradient of one of its inputs.
enum class Into { nothing, store, add, fused };

struct Plan {
  std::vector<ValuePlan> values;         // by ValueId
  std::vector<std::vector<Into>> steps;  // of each step, for each of its inputs
  std::vector<std::vector<Into>> terms;  // of each term: output | mean, log_variance | sample, log_variance
  std::optional<Place> images;           // as they come, before they are put in the engine's order
  std::optional<Place> targets;          // the images once per draw, where there are several
  std::optional<Place> weights;          // of the losses' derivatives: one per number of an output's pixel
  Index bytes = 0;                       // of the arena
};

struct PlanRequest {
  Index images = 1;        // in a block
  bool trains = false;     // gradients are wanted
  Index number_bytes = 4;  // of an operand
  Index sum_bytes = 4;     // of an exact number
  bool rounds() const { return number_bytes != sum_bytes; }
};

// Throws InvalidArgument "precision" where a value of an odd number of channels is read in groups of different sizes
// and numbers are rounded.
Plan make_plan(const Model& model, const PlanRequest& request);

// Numbers of an operand per image, pixel: channels, with a zero after every group of an odd number
// where they are rounded.
Index operand_channels(Index channels, Index groups, bool rounds);

}  // namespace fsconv
