// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/dialect.hpp>

namespace fsconv {
namespace {

// Where batch and channels stand in a list of all axes, and where space does.
struct Places {
  std::vector<Index> order;  // of the image: batch, channels, space
  std::size_t at(std::size_t axis) const { return static_cast<std::size_t>(order[axis]); }
};

// The entries for space of a list that has one for every axis of the array, as TensorFlow's strides have. Those for
// batch and channels must be `neutral`.
template <class T>
std::vector<T> space_of_whole(const std::string& field, const std::vector<T>& list, const Places& places,
                              const T& neutral) {
  for (std::size_t axis : {0, 1})
    if (!(list[places.at(axis)] == neutral))
      throw InvalidArgument(field, "does something to batch or channels", "give one entry per axis of space");
  std::vector<T> space;
  for (std::size_t axis = 2; axis < list.size(); ++axis) space.push_back(list[places.at(axis)]);
  return space;
}

// One entry per axis of space, whichever way they were given.
template <class T>
std::vector<T> per_axis(const Dialect& system, const std::string& field, const std::vector<T>& list,
                        std::size_t rank, const Places& places, const T& neutral) {
  if (system.lists_whole_arrays() && list.size() == rank + 2)
    return space_of_whole(field, list, places, neutral);
  return one_per(field, list, rank);
}

// The image size of every axis: as given, or out of the shape of a whole array, whose other entries must fit.
std::vector<Index> space_of_size(const Dialect& system, const std::vector<Index>& list,
                                 const ArraySizes& sizes, const Places& places) {
  const std::size_t rank = sizes.kernel.size();
  const auto agree = [](std::string_view what, Index said, std::optional<Index> is) {
    if (is && said != *is)
      throw InvalidArgument("size", fmt::format("names {} {}", said, what),
                            fmt::format("the arrays have {}", *is));
  };
  const bool is_image = list.size() == rank + 1 && system.sizes_may_lack_batch(sizes.batch_axes),
             is_batch = list.size() == rank + 2 && system.sizes_may_have_batch(sizes.batch_axes);
  if (!is_image && !is_batch) return one_per("size", list, rank);
  if (is_batch) agree("images", list[places.at(0)], sizes.batch);
  // Who leaves the batch away has it in front otherwise.
  const auto entry = [&](std::size_t axis) { return list[places.at(axis) - (is_batch ? 0 : 1)]; };
  agree("channels", entry(1), sizes.image_channels);
  std::vector<Index> space;
  for (std::size_t axis = 0; axis < rank; ++axis) space.push_back(entry(axis + 2));
  return space;
}

// Begin and end of every axis.
Padding per_axis(const Dialect& system, const Padding& padding, std::size_t rank, const Places& places) {
  if (padding.rule != PaddingRule::listed)
    return {.rule = padding.rule, .begin = std::vector<Index>(rank, 0), .end = std::vector<Index>(rank, 0)};
  if (system.lists_beginnings_first() && padding.begin.size() == 2 * rank && padding.begin == padding.end) {
    const auto middle = padding.begin.begin() + static_cast<std::ptrdiff_t>(rank);
    return {
        .rule = padding.rule, .begin = {padding.begin.begin(), middle}, .end = {middle, padding.begin.end()}};
  }
  return {.rule = padding.rule,
          .begin = per_axis<Index>(system, "padding", padding.begin, rank, places, 0),
          .end = per_axis<Index>(system, "padding", padding.end, rank, places, 0)};
}

// A system without numbers may have a rule that means these numbers: Keras's causal is extent-1:0, its valid 0:0.
PaddingRule rule_of_numbers(const std::vector<AxisWords>& axes, const std::vector<PaddingRule>& known,
                            Direction direction) {
  for (PaddingRule rule : known) {
    if (direction == Direction::conv_transpose && rule != PaddingRule::valid) continue;
    if (std::all_of(axes.begin(), axes.end(), [&](const AxisWords& words) {
          const Pads pads = pads_of(rule, words.axis, words.source);
          return pads.begin == words.begin && pads.end == words.end;
        }))
      return rule;
  }
  return PaddingRule::listed;
}

void require_rule(Convention convention, PaddingRule rule, const std::vector<PaddingRule>& known) {
  if (std::find(known.begin(), known.end(), rule) != known.end()) return;
  throw InvalidArgument("padding", fmt::format("{} has no '{}' here", name(convention), name(rule)),
                        known.empty() ? "" : "use " + alternatives(names_in(known)));
}

// Numbers that the equation can be asked with: nothing below may overflow.
void check_numbers(Direction direction, const AxisWords& words) {
  constexpr Index most = Index{1} << 30;  // as check() has it
  Axis probe = words.axis;
  (direction == Direction::conv ? probe.in : probe.out) = words.source;
  for (const Index pad : {words.begin, words.end}) {
    probe.pad = pad;
    check(probe, words.name);
  }
  for (const auto& [value, field] :
       {std::pair{words.output_padding, "output_padding"}, std::pair{words.size, "size"}})
    if (value && (*value < -most || *value > most))
      throw InvalidArgument(words.name + " " + field, fmt::format("is {}", *value),
                            "must be between -2^30 and 2^30");
}

Axis axis_of(const Dialect& system, Direction direction, const AxisWords& words) {
  if (direction == Direction::conv) return system.conv(words);
  Axis axis = words.axis;
  axis.out = words.source;
  const Placed placed = system.conv_transpose(words);
  if (placed.image < 0)
    throw InvalidArgument(words.name, fmt::format("the padding leaves an image of {} pixels", placed.image),
                          "pad less or use a larger kernel");
  axis.in = placed.image;
  axis.pad = placed.begin;
  return axis;
}

Padding padding_in_force(const Dialect& system, Direction direction, std::size_t rank,
                         const Settings& settings) {
  return settings.padding ? *settings.padding : system.default_padding(direction, rank);
}

// What the words say of every axis; refused where the system has no such words, whatever the sizes.
std::vector<AxisWords> axes_in_words(Convention convention, Direction direction, const ArraySizes& sizes,
                                     const Settings& settings) {
  const std::size_t rank = sizes.kernel.size();
  if (rank < 1 || rank > 3)
    throw InvalidArgument("kernel", fmt::format("has {} axes", rank), "give 1, 2 or 3");
  const Dialect& system = dialect(convention);
  const Places places{array_order(convention, direction, rank, settings).image};
  const auto source = one_per("input size", sizes.source, rank);
  const auto stride = per_axis<Stride>(system, "stride", settings.stride, rank, places, {1, 1});
  const auto dilation = per_axis<Index>(system, "dilation", settings.dilation, rank, places, 1);
  system.check_words(direction, rank, settings);
  if (settings.output_padding && settings.size && !system.pads_sized_output())
    throw InvalidArgument("output_padding", "is given together with size", "give one of the two");
  const Padding padding = per_axis(system, padding_in_force(system, direction, rank, settings), rank, places);

  std::vector<AxisWords> axes(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    AxisWords& words = axes[axis];
    words.name = fmt::format("axis {}", axis);
    words.axis = {.taps = sizes.kernel[axis],
                  .down = stride[axis].down,
                  .up = stride[axis].up,
                  .dilation = dilation[axis]};
    words.source = source[axis];
    words.padding = padding.rule;
    words.begin = padding.begin[axis];
    words.end = padding.end[axis];
    words.consistent = settings.consistent_padding;
    words.empty_batch = sizes.batch == 0;
    if (settings.output_padding)
      words.output_padding = one_per("output_padding", *settings.output_padding, rank)[axis];
    if (settings.size) words.size = space_of_size(system, *settings.size, sizes, places)[axis];
    check_numbers(direction, words);
  }

  const std::vector<PaddingRule> known = system.padding_rules(direction, rank);
  PaddingRule rule = padding.rule;
  if (rule == PaddingRule::listed && std::find(known.begin(), known.end(), rule) == known.end())
    rule = rule_of_numbers(axes, known, direction);
  require_rule(convention, rule, known);
  for (AxisWords& words : axes) words.padding = rule;
  return axes;
}

}  // namespace

Geometry geometry_of(Convention convention, Direction direction, const ArraySizes& sizes,
                     const Settings& settings) {
  const Dialect& system = dialect(convention);
  const std::vector<AxisWords> axes = axes_in_words(convention, direction, sizes, settings);
  Geometry geometry{.axes = {},
                    .in_channels = sizes.image_channels,
                    .out_channels = sizes.code_channels,
                    .groups = settings.groups.value_or(1)};
  for (const AxisWords& words : axes) {
    if (words.padding == PaddingRule::listed) system.check_numbers(words);
    geometry.axes.push_back(axis_of(system, direction, words));
  }
  check(geometry);
  system.check_geometry(direction, geometry, sizes, settings);
  return geometry;
}

std::string remark(Convention convention, Direction direction, const Geometry& geometry,
                   const Settings& settings) {
  return dialect(convention).remark(direction, geometry, settings);
}

std::vector<SaidPadding> said_padding(Convention convention, Direction direction, const Geometry& geometry,
                                      const Settings& settings) {
  const Dialect& system = dialect(convention);
  const bool transposed = direction == Direction::conv_transpose;
  const PaddingRule rule = padding_in_force(system, direction, geometry.axes.size(), settings).rule;
  ArraySizes sizes{.source = {},
                   .kernel = {},
                   .image_channels = geometry.in_channels,
                   .code_channels = geometry.out_channels};
  for (const Axis& axis : geometry.axes) {
    sizes.source.push_back(transposed ? axis.out : axis.in);
    sizes.kernel.push_back(axis.taps);
  }
  std::vector<SaidPadding> list;
  for (const AxisWords& words : axes_in_words(convention, direction, sizes, settings)) {
    const Axis& axis = geometry.axes[list.size()];
    const Placed image = transposed ? system.conv_transpose(words) : placed(words, axis.in);
    const bool kept = image.begin == axis.pad &&
                      std::max<Index>(code_size(axis, axis.in, image.begin, image.end), 0) == axis.out;
    SaidPadding said{.rule = rule};
    if (kept) said.behind = image.end;
    // A size that is named may move the image under a rule.
    const Pads ruled = pads_of(rule, axis, axis.in);
    const bool moved = rule != PaddingRule::listed && (image.begin != ruled.begin || image.end != ruled.end);
    if (is_same(rule) ? same_code_size(axis, axis.in) != axis.out : !kept || moved)
      said.rule = PaddingRule::listed;
    list.push_back(said);
  }
  return list;
}

}  // namespace fsconv
