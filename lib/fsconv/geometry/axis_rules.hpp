// The size and padding rules of every convention, for one axis.
#pragma once

#include <fsconv/geometry/convention.hpp>

namespace fsconv {

// One axis in the user's words. `axis` carries taps, stride and dilation; its sizes and pad are to be found.
struct AxisWords {
  std::string name;  // "axis 0", for messages
  Axis axis;
  Index source = 1;  // the size of the side the operator reads
  PaddingRule padding = PaddingRule::listed;
  Index begin = 0, end = 0;
  std::optional<Index> output_padding;
  std::optional<Index> size;
};

// What the system pads when it is told nothing. Throws InvalidArgument where it has no default.
Padding default_padding(Convention convention, Direction direction);

// Throws InvalidArgument if the system has no such padding: PyTorch pads both sides alike, only native and
// JAX crop.
void check_padding_rule(Convention convention, Direction direction, const Padding& padding);

// The axis with both sizes and its pad. Throws InvalidArgument where the system would refuse.
Axis axis_of(Convention convention, Direction direction, const AxisWords& words);

// The pad in front of, and behind, an image of `in` pixels under a rule that is not `listed`.
struct Pads {
  Index begin, end;
};
Pads pads_of(PaddingRule rule, const Axis& axis, Index in);

}  // namespace fsconv
