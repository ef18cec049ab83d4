// The order in which the engine keeps weights and gradients that are not packed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/geometry.hpp>

namespace fsconv::engine {

// [group][tap][rows][columns]: a stack of small matrices, one per tap, between the image channels and the code channels
// of a group. The side with more channels gives the columns (the code side if they are equal), which the register tile
// puts into vectors when it computes gradients. The order depends on the geometry alone, not on the isa.
struct WeightOrder {
  explicit WeightOrder(const Geometry& geometry)
      : groups(geometry.groups),
        taps(filter_size(geometry)),
        image_channels(geometry.in_per_group()),
        code_channels(geometry.out_per_group()) {}

  bool code_columns() const { return code_channels >= image_channels; }
  Index rows() const { return code_columns() ? image_channels : code_channels; }
  Index columns() const { return code_columns() ? code_channels : image_channels; }
  Index size() const { return groups * taps * image_channels * code_channels; }

  // Steps from one image channel, or one code channel, to the next.
  Index image_step() const { return code_columns() ? columns() : 1; }
  Index code_step() const { return code_columns() ? 1 : columns(); }
  // Where the matrix of a tap starts.
  Index matrix(Index group, Index tap) const { return (group * taps + tap) * image_channels * code_channels; }

  Index groups, taps, image_channels, code_channels;

 private:
  static Index filter_size(const Geometry& geometry) {
    Index taps = 1;
    for (const Axis& axis : geometry.axes) taps *= axis.taps;
    return taps;
  }
};

}  // namespace fsconv::engine
