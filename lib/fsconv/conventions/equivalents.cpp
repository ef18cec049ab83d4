// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <fsconv/conventions/equivalents.hpp>

namespace fsconv {
namespace {

std::string mismatch(const Geometry& wanted, const Geometry& given, Direction direction) {
  const bool transposed = direction == Direction::conv_transpose;
  for (std::size_t axis = 0; axis < wanted.axes.size(); ++axis) {
    const Axis &w = wanted.axes[axis], &g = given.axes[axis];
    const Index wanted_size = transposed ? w.in : w.out, given_size = transposed ? g.in : g.out;
    if (wanted_size != given_size)
      return fmt::format("axis {}: its sizes end at {}, not {}", axis, given_size, wanted_size);
    if (w.pad != g.pad)
      return fmt::format("axis {}: it pads {} in front, not {}: the pixels would be shifted", axis, g.pad,
                         w.pad);
  }
  return "it computes something else";
}

// One system's words for exactly this geometry in this direction, or why there are none.
Equivalent equivalent_in(Convention convention, const Geometry& geometry, Direction direction) {
  const bool transposed = direction == Direction::conv_transpose;
  const Dialect& system = dialect(convention);
  const ArraySizes sizes{.source = each(geometry, [&](const Axis& a) { return transposed ? a.out : a.in; }),
                         .kernel = kernel_size(geometry),
                         .image_channels = geometry.in_channels,
                         .code_channels = geometry.out_channels};
  std::string refusal, difference;  // the second says more: the words are legal but mean something else
  for (const Settings& settings : system.candidates(geometry, direction)) {
    try {
      const Geometry given = geometry_of(convention, direction, sizes, settings);
      if (given == geometry)
        return {.convention = convention, .exists = true, .text = system.code(geometry, direction, settings)};
      difference = mismatch(geometry, given, direction);
    } catch (const InvalidArgument& refused) {
      refusal = refused.what();
    }
  }
  Equivalent none{
      .convention = convention, .exists = false, .text = difference.empty() ? refusal : difference};
  if (convention == Convention::pytorch && refusal.find("output_padding") != std::string::npos)
    none.text = refusal + "; its padding is the same on both sides, and output_padding can only add";
  return none;
}

}  // namespace

std::vector<Equivalent> equivalents(const Geometry& geometry, Direction direction) {
  std::vector<Equivalent> list;
  for (Convention convention : all_values<Convention>()) {
    if (convention == Convention::onnx_reference) continue;  // the same words as onnx
    Equivalent found = equivalent_in(convention, geometry, direction);
    if (!found.exists) {
      // The transposed geometry is the same operator, so its words in the other direction will do.
      const Equivalent turned = equivalent_in(convention, geometry.transposed(), opposite(direction));
      if (turned.exists)
        found = {.convention = convention,
                 .exists = true,
                 .text = turned.text,
                 .remark = "with the filter reversed and its channels swapped"};
    }
    list.push_back(found);
  }
  return list;
}

std::string way_out(const Dialect& system, const Geometry& geometry, Direction direction,
                    const Settings& settings) {
  const Equivalent torch = equivalent_in(Convention::pytorch, geometry, direction);
  if (torch.exists) return "use PyTorch: " + torch.text;
  const std::size_t rank = geometry.axes.size();
  const ArrayOrder order = system.order(direction, rank, settings);
  std::string text = "use " + equivalent_in(Convention::native, geometry, direction).text;
  const auto letters = [](const std::vector<Index>& places, const std::string& ours) {
    std::string theirs(ours.size(), ' ');
    for (std::size_t axis = 0; axis < ours.size(); ++axis)
      theirs[static_cast<std::size_t>(places[axis])] = ours[axis];
    return theirs;
  };
  const std::string activation = letters(order.image, channels_first(rank)),
                    filter = letters(order.weight, "OI" + space_letters(rank));
  if (activation != channels_first(rank) || filter != "OI" + space_letters(rank))
    text += fmt::format(" --data-format {},{}", activation, filter);
  if (order.flip) text += " --flip true";
  return text;
}

}  // namespace fsconv
