#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/geometry/equivalents.hpp>
#include <functional>

namespace fsconv {
namespace {

using Values = std::vector<Index>;

Values each(const Geometry& geometry, const std::function<Index(const Axis&)>& value) {
  Values values;
  for (const Axis& axis : geometry.axes) values.push_back(value(axis));
  return values;
}

std::string tuple(const Values& values) {
  return values.size() == 1 ? fmt::format("{}", values[0]) : fmt::format("({})", fmt::join(values, ", "));
}
std::string list(const Values& values) { return fmt::format("[{}]", fmt::join(values, ", ")); }

// "(1, 2), (0, 1)", with these brackets around each pair.
std::string pairs(const Padding& padding, char open, char close) {
  std::vector<std::string> sides;
  for (std::size_t axis = 0; axis < padding.begin.size(); ++axis)
    sides.push_back(fmt::format("{}{}, {}{}", open, padding.begin[axis], padding.end[axis], close));
  return fmt::format("{}", fmt::join(sides, ", "));
}
std::string list_of_pairs(const Padding& padding) { return fmt::format("[{}]", pairs(padding, '(', ')')); }
std::string tuple_of_pairs(const Padding& padding) { return fmt::format("({})", pairs(padding, '(', ')')); }
std::string with_batch_and_channels(const Padding& padding) {
  return fmt::format("[[0, 0], {}, [0, 0]]", pairs(padding, '[', ']'));
}

Index natural(const Axis& axis) { return axis.down * (axis.out - 1) + axis.extent(); }

// A padding behind the image that leaves the code size as it is: not negative if that is possible.
Index pad_behind(const Axis& axis) {
  return std::clamp<Index>(axis.pad, axis.pad_end(), axis.pad_end() + axis.down - 1);
}

// What could be said in a system, the plainest first; each is tried.
class Candidates {
 public:
  Candidates(const Geometry& geometry, Direction direction)
      : geometry_(geometry), transposed_(direction == Direction::conv_transpose) {
    base_.stride.clear();
    for (const Axis& axis : geometry.axes) base_.stride.push_back({axis.down, axis.up});
    base_.dilation = each(geometry, [](const Axis& a) { return a.dilation; });
    base_.groups = geometry.groups;
    if (transposed_) image_ = each(geometry, [](const Axis& a) { return a.in; });
    pads_ = {PaddingRule::listed, each(geometry, [](const Axis& a) { return a.pad; }),
             each(geometry, pad_behind)};
  }

  std::vector<Settings> of(Convention convention) const {
    using enum PaddingRule;
    switch (convention) {
      case Convention::native:
        return {with(pads_, image_)};
      case Convention::pytorch:
        return pytorch();
      case Convention::tensorflow:
        return {with(same, image_), with(valid, image_), with(pads_, image_)};
      case Convention::theano:
        return {with(valid, image_), with(half, image_), with(full, image_), with(pads_, image_)};
      case Convention::keras:
        return keras();
      case Convention::onnx:
        return onnx();
      case Convention::jax:
        return jax();
    }
    return {};
  }

 private:
  using Size = std::optional<Values>;

  Settings with(const Padding& padding, const Size& size = {}, const Size& output_padding = {}) const {
    Settings settings = base_;
    settings.padding = padding;
    settings.size = size;
    settings.output_padding = output_padding;
    return settings;
  }
  Settings with(PaddingRule rule, const Size& size = {}, const Size& output_padding = {}) const {
    return with(Padding{rule, {}, {}}, size, output_padding);
  }
  Values per_axis(const std::function<Index(const Axis&)>& value) const { return each(geometry_, value); }

  std::vector<Settings> pytorch() const {
    const Padding alike{PaddingRule::listed, pads_.begin, pads_.begin};
    if (!transposed_) return {with(PaddingRule::same), with(alike)};
    return {with(alike, {}, per_axis([](const Axis& a) { return a.in - (natural(a) - 2 * a.pad); }))};
  }

  std::vector<Settings> keras() const {
    using enum PaddingRule;
    if (!transposed_) return {with(same), with(valid)};
    return {with(same), with(valid),
            with(valid, {}, per_axis([](const Axis& a) { return a.in - natural(a); })),
            with(same, {}, per_axis([](const Axis& a) { return a.in - natural(a) + a.extent() / 2 * 2; }))};
  }

  std::vector<Settings> onnx() const {
    using enum PaddingRule;
    if (!transposed_) return {with(same), with(same_lower), with(pads_)};
    // pads behind where something is cut, output_padding where something is added
    const Padding cut{listed, pads_.begin,
                      per_axis([](const Axis& a) { return std::max<Index>(a.pad_end(), 0); })};
    return {with(cut, {}, per_axis([](const Axis& a) { return std::max<Index>(-a.pad_end(), 0); })),
            with(same), with(same_lower), with(same, image_), with(same_lower, image_)};
  }

  std::vector<Settings> jax() const {
    using enum PaddingRule;
    if (!transposed_) return {with(same), with(valid), with(pads_)};
    const Padding stretched{listed, per_axis([](const Axis& a) { return a.transposed().pad; }),
                            per_axis([](const Axis& a) { return a.transposed().pad_end(); })};
    return {with(same), with(valid), with(stretched)};
  }

  Geometry geometry_;
  bool transposed_;
  Settings base_;
  Size image_;
  Padding pads_;
};

Values downs(const Settings& settings) {
  Values values;
  for (const Stride& stride : settings.stride) values.push_back(stride.down);
  return values;
}

std::string rule_or(const Padding& padding, const std::function<std::string(const Padding&)>& numbers,
                    bool upper) {
  if (padding.rule == PaddingRule::listed) return numbers(padding);
  std::string word(name(padding.rule));
  if (upper)
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
  return fmt::format("'{}'", word);
}

std::string native_call(const Settings& settings, bool transposed) {
  std::vector<std::string> strides, sides;
  for (const Stride& stride : settings.stride)
    strides.push_back(stride.up == 1 ? fmt::format("{}", stride.down)
                                     : fmt::format("{}/{}", stride.down, stride.up));
  for (std::size_t axis = 0; axis < settings.padding->begin.size(); ++axis)
    sides.push_back(fmt::format("{}:{}", settings.padding->begin[axis], settings.padding->end[axis]));
  return fmt::format("--stride {} --padding {} --dilation {} --groups {}{}", fmt::join(strides, ","),
                     fmt::join(sides, ","), fmt::join(settings.dilation, ","), settings.groups,
                     transposed ? fmt::format(" --size {}", fmt::join(*settings.size, ",")) : "");
}

std::string call(Convention convention, Direction direction, const Geometry& geometry,
                 const Settings& settings) {
  const bool transposed = direction == Direction::conv_transpose;
  const Padding& padding = *settings.padding;
  const std::size_t rank = geometry.axes.size();
  const std::string stride = tuple(downs(settings)), dilation = tuple(settings.dilation);
  switch (convention) {
    case Convention::native:
      return native_call(settings, transposed);
    case Convention::pytorch:
      return transposed
                 ? fmt::format(
                       "ConvTranspose{}d(stride={}, padding={}, output_padding={}, dilation={}, groups={})",
                       rank, stride, tuple(padding.begin), tuple(*settings.output_padding), dilation,
                       settings.groups)
                 : fmt::format("Conv{}d(stride={}, padding={}, dilation={}, groups={})", rank, stride,
                               rule_or(
                                   padding, [](const Padding& p) { return tuple(p.begin); }, false),
                               dilation, settings.groups);
    case Convention::tensorflow: {
      const std::string pads = rule_or(padding, with_batch_and_channels, true);
      return transposed ? fmt::format(
                              "tf.nn.conv{}d_transpose(output_shape=[batch, {}, channels], strides={}, "
                              "padding={}, dilations={})",
                              rank, fmt::format("{}", fmt::join(*settings.size, ", ")), list(downs(settings)),
                              pads, list(settings.dilation))
                        : fmt::format("tf.nn.conv{}d(strides={}, padding={}, dilations={})", rank,
                                      list(downs(settings)), pads, list(settings.dilation));
    }
    case Convention::keras: {
      const std::string head =
          fmt::format("Conv{}D{}(strides={}, padding='{}', dilation_rate={}", rank,
                      transposed ? "Transpose" : "", stride, name(padding.rule), dilation);
      if (!transposed) return head + fmt::format(", groups={})", settings.groups);
      return head + (settings.output_padding
                         ? fmt::format(", output_padding={})", tuple(*settings.output_padding))
                         : ", output_padding=None)");
    }
    case Convention::theano:
      return fmt::format(
          "conv{}d{}({}border_mode={}, subsample={}, filter_dilation={}, num_groups={}, filter_flip=False)",
          rank, transposed ? "_grad_wrt_inputs" : "",
          transposed ? fmt::format("input_shape=(batch, channels, {}), ", fmt::join(*settings.size, ", "))
                     : "",
          rule_or(padding, tuple_of_pairs, false), stride, dilation, settings.groups);
    case Convention::onnx: {
      std::string words =
          fmt::format("{}(strides={}, dilations={}, group={}", transposed ? "ConvTranspose" : "Conv",
                      list(downs(settings)), list(settings.dilation), settings.groups);
      if (padding.rule == PaddingRule::listed) {
        words += fmt::format(", pads=[{}, {}]", fmt::join(padding.begin, ", "), fmt::join(padding.end, ", "));
      } else {
        words += padding.rule == PaddingRule::same ? ", auto_pad=SAME_UPPER" : ", auto_pad=SAME_LOWER";
      }
      if (settings.output_padding)
        words += fmt::format(", output_padding={}", list(*settings.output_padding));
      if (settings.size) words += fmt::format(", output_shape={}", list(*settings.size));
      return words + ")";
    }
    case Convention::jax: {
      const std::string pads = rule_or(padding, list_of_pairs, true);
      if (transposed)
        return fmt::format(
            "lax.conv_transpose(strides={}, padding={}, rhs_dilation={}, transpose_kernel=True)", stride,
            pads, dilation);
      Values ups;
      for (const Stride& s : settings.stride) ups.push_back(s.up);
      return fmt::format(
          "lax.conv_general_dilated(window_strides={}, padding={}, lhs_dilation={}, rhs_dilation={}, "
          "feature_group_count={})",
          stride, pads, tuple(ups), dilation, settings.groups);
    }
  }
  return "";
}

std::string mismatch(const Geometry& wanted, const Geometry& given, bool transposed) {
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
  if (convention == Convention::theano && geometry.axes.size() == 1)
    return {convention, false, "has no one-dimensional convolution"};
  const ArraySizes sizes{each(geometry, [&](const Axis& a) { return transposed ? a.out : a.in; }),
                         each(geometry, [](const Axis& a) { return a.taps; }), geometry.in_channels,
                         geometry.out_channels};
  std::string refusal, difference;  // the second says more: the words are legal but mean something else
  for (const Settings& settings : Candidates(geometry, direction).of(convention)) {
    try {
      const Geometry given = geometry_of(convention, direction, sizes, settings);
      if (given == geometry) return {convention, true, call(convention, direction, geometry, settings)};
      difference = mismatch(geometry, given, transposed);
    } catch (const InvalidArgument& refused) {
      refusal = refused.what();
    }
  }
  Equivalent none{convention, false, difference.empty() ? refusal : difference};
  if (convention == Convention::pytorch && refusal.find("output_padding") != std::string::npos)
    none.text = refusal + "; its padding is the same on both sides, and output_padding can only add";
  return none;
}

}  // namespace

std::vector<Equivalent> equivalents(const Geometry& geometry, Direction direction) {
  std::vector<Equivalent> list;
  for (Convention convention : conventions()) {
    Equivalent found = equivalent_in(convention, geometry, direction);
    if (!found.exists) {
      // The transposed geometry is the same operator, so its words in the other direction will do.
      const Direction other = direction == Direction::conv ? Direction::conv_transpose : Direction::conv;
      const Equivalent turned = equivalent_in(convention, geometry.transposed(), other);
      if (turned.exists)
        found = {convention, true, turned.text + " with the filter reversed and its channels swapped"};
    }
    list.push_back(found);
  }
  return list;
}

}  // namespace fsconv
