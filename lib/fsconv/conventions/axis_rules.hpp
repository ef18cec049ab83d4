// What the size and padding rules of several systems share, for one axis.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/convention.hpp>

namespace fsconv {

// One axis in the user's words. `axis` carries taps, stride and dilation; its sizes and pad are to be found.
struct AxisWords {
  std::string name;  // "axis 0", for messages
  Axis axis;
  Index source = 1;  // the size of the side the operator reads
  PaddingRule padding = PaddingRule::listed;
  Index begin = 0, end = 0;
  bool consistent = false;   // Settings::consistent_padding
  bool empty_batch = false;  // there are arrays, and no images in them
  std::optional<Index> output_padding;
  std::optional<Index> size;
};

// Where the image of a transposed convolution lies: its size, and the padding in front of it and behind.
struct Placed {
  Index image;
  Index begin, end;
};

// The pad in front of, and behind, an image of `in` pixels under a rule that is not `listed`.
struct Pads {
  Index begin, end;
};
Pads pads_of(PaddingRule rule, const Axis& axis, Index in);
Pads pads_of(const AxisWords& words, Index in);      // as listed, or by the rule
Placed placed(const AxisWords& words, Index image);  // between these pads

// Of the image: stride*(code-1) + extent, with no padding and no output_padding ([DV16] relation 12).
Index natural_size(const AxisWords& words);

// 0 <= output_padding < limit, which `limit_name` names. Throws InvalidArgument.
Index checked_output_padding(const AxisWords& words, Index limit, const char* limit_name);

// The image sizes that the forward rule maps to this code size.
SizeRange legal_images(const AxisWords& words);
// Throws InvalidArgument that lists the legal sizes, if words.size is none of them.
void require_size_in(const AxisWords& words, const SizeRange& sizes);
// words.size, which must be given, and be legal. `its_name` is what the system calls it.
Index required_size(const AxisWords& words, const char* its_name, const SizeRange& sizes);

// The axis of a convolution, with an empty code where no window fits. Refuses a padding that crops more than the
// image has. Throws InvalidArgument.
Axis conv_or_empty(const AxisWords& words);

// How many windows fit on the image: negative or 0 where none does.
Index windows(const AxisWords& words);
// For systems that refuse an image on which no window fits. Throws InvalidArgument.
void require_window(const AxisWords& words, Index count);

}  // namespace fsconv
