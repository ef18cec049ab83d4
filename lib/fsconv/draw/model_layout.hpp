// Where the values and steps of a model lie in its picture: the encoder downwards, the decoder upwards beside it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/nn/model.hpp>
#include <optional>
#include <vector>

namespace fsconv::draw {

// What the decoder begins with lies at the bottom. Right is what depends on it, left all else. Both sides have rows, from
// top to bottom; in a row lie the box of a value and, below it, a step: left the next one, right the one that makes it.
// So a layer faces its transpose, and what it reads faces what the transpose makes.
//
// Every value has a row of its own on its side, so that nothing beside it is covered. Lane 0 is the way from the images to
// the output, along what each step reads first; other values are in the first lane, counted outwards, that is free from
// where they branch off to where they are read last.
struct ModelLayout {
  explicit ModelLayout(const Model& model);

  enum class Side { left, right, bottom };
  struct Place {
    Side side = Side::left;
    std::size_t lane = 0;
    std::size_t row = 0;                       // of the box; of the bottom one `rows`
    std::optional<std::size_t> step_row = {};  // of the step that makes it
  };
  std::vector<Place> places;  // by ValueId
  std::size_t rows = 0;
  std::size_t left_lanes = 1, right_lanes = 1;
};

}  // namespace fsconv::draw
