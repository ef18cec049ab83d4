// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdlib>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <fsconv/conventions/equivalents.hpp>

namespace fsconv {
namespace {

// A candidate that is not the geometry, and how far it is from it.
struct Miss {
  // From near to far: only the pixels lie elsewhere, the sizes differ, the geometry's own padding is refused, or a rule; some
  // result where there is to be none.
  enum class Kind { shifted, resized, refused_numbers, refused_rule, not_empty };
  Kind kind = Kind::shifted;
  Index pixels = 0;  // by which sizes differ, on all axes
  std::string reason = {};

  bool nearer_than(const Miss& other) const {
    return std::pair(kind, pixels) < std::pair(other.kind, other.pixels);
  }
};

Miss miss_of(const Geometry& wanted, const Geometry& given, Direction direction, const std::string& words) {
  const auto size = [&](const Geometry& of, std::size_t axis) {
    return direction == Direction::conv_transpose ? of.axes[axis].in : of.axes[axis].out;
  };
  Miss miss;
  bool empty = false;
  std::string shift;
  for (std::size_t axis = 0; axis < wanted.axes.size(); ++axis) {
    const Index is = size(given, axis), should = size(wanted, axis);
    if (is != should && miss.reason.empty())
      miss.reason = fmt::format("axis {}: {} gives {}, not {}", axis, words, counted(is, "pixel"), should);
    miss.pixels += std::abs(is - should);
    empty = empty || should == 0;
    const Index pad = given.axes[axis].pad, wanted_pad = wanted.axes[axis].pad;
    if (pad != wanted_pad && shift.empty())
      shift = fmt::format("axis {}: {} pads {} in front, not {}: the pixels would be shifted", axis, words,
                          pad, wanted_pad);
  }
  if (miss.pixels > 0)
    miss.kind = empty ? Miss::Kind::not_empty : Miss::Kind::resized;
  else
    miss.reason = shift;
  return miss;
}

// What the system has no words for, whatever the padding: a stride, a number of axes, groups. Nothing where it has.
std::optional<std::string> refusal_of(const Dialect& system, const Geometry& geometry, Direction direction,
                                      const ArraySizes& sizes, const FilterUse& filter) {
  Settings words = words_of(geometry);
  try {
    system.check_words(direction, geometry.axes.size(), words);
    words.flip = filter.reversed;
    system.check_geometry(direction, geometry, sizes, words);
  } catch (const InvalidArgument& refused) {
    return refused.what();
  }
  return std::nullopt;
}

// One system's words for exactly this geometry in this direction, or why there are none: the reason is that of the
// candidate that comes nearest.
Equivalent equivalent_in(Convention convention, const Geometry& geometry, Direction direction,
                         const FilterUse& filter) {
  const bool transposed = direction == Direction::conv_transpose;
  const Dialect& system = dialect(convention);
  const ArraySizes sizes{.source = each(geometry, [&](const Axis& a) { return transposed ? a.out : a.in; }),
                         .kernel = kernel_size(geometry),
                         .image_channels = geometry.in_channels,
                         .code_channels = geometry.out_channels};
  if (auto refusal = refusal_of(system, geometry, direction, sizes, filter))
    return {.convention = convention, .exists = false, .text = std::move(*refusal)};
  std::optional<Miss> nearest;  // there is one: every system has candidates
  const std::vector<Settings> candidates = system.candidates(geometry, direction);
  for (const Settings& settings : candidates) {
    Miss miss;
    try {
      const Geometry given = geometry_of(convention, direction, sizes, settings);
      if (given == geometry) {
        Settings said = settings;
        system.say(direction, filter, said);
        const bool reverses = array_order(convention, direction, geometry.axes.size(), said).flip;
        return {.convention = convention,
                .exists = true,
                .text = system.code(geometry, direction, said),
                .remark = reverses == filter.reversed ? "" : "with the filter reversed",
                .limits = system.limits(direction, geometry, said)};
      }
      miss = miss_of(geometry, given, direction, system.own_words(settings));
    } catch (const InvalidArgument& refused) {
      miss.kind = settings.padding->rule == PaddingRule::listed ? Miss::Kind::refused_numbers
                                                                : Miss::Kind::refused_rule;
      // A single candidate need not be told from others.
      miss.reason = candidates.size() == 1
                        ? refused.what()
                        : fmt::format("{}: {}", system.own_words(settings), refused.what());
    }
    if (!nearest || miss.nearer_than(*nearest)) nearest = std::move(miss);
  }
  std::string reason = nearest->reason;
  if (convention == Convention::pytorch && reason.find("output_padding: ") != std::string::npos)
    reason += "; its padding is the same on both sides, and output_padding can only add";
  return {.convention = convention, .exists = false, .text = reason};
}

}  // namespace

std::vector<Equivalent> equivalents(const Geometry& geometry, Direction direction, const FilterUse& filter) {
  std::vector<Equivalent> list;
  for (Convention convention : all_values<Convention>()) {
    if (convention == Convention::onnx_reference) continue;  // the same words as onnx
    Equivalent found = equivalent_in(convention, geometry, direction, filter);
    if (!found.exists) {
      // The transposed geometry with the filter reversed is the same operator, so its words in the other direction will do.
      Equivalent turned = equivalent_in(convention, geometry.transposed(), opposite(direction),
                                        {.reversed = !filter.reversed});
      if (turned.exists) {
        turned.remark = turned.remark.empty() ? "with the filter's channels swapped"
                                              : turned.remark + " and its channels swapped";
        if (geometry.groups != 1) turned.remark += " in each group";
        found = std::move(turned);
      }
    }
    list.push_back(std::move(found));
  }
  return list;
}

std::string way_out(const Dialect& system, const Geometry& geometry, Direction direction,
                    const Settings& settings) {
  const std::size_t rank = geometry.axes.size();
  const ArrayOrder order = system.order(direction, rank, settings);
  const FilterUse use{.reversed = settings.flip.value_or(order.flip)};
  const Equivalent torch = equivalent_in(Convention::pytorch, geometry, direction, use);
  if (torch.exists) return "use PyTorch: " + torch.text + (torch.remark.empty() ? "" : ", " + torch.remark);
  std::string text = "use " + equivalent_in(Convention::native, geometry, direction, use).text;
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
  return text;
}

}  // namespace fsconv
