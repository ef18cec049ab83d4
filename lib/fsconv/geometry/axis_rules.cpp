#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/axis_rules.hpp>

namespace fsconv {
namespace {

// The image and its padding, as far as a rule has found them.
struct Placed {
  Index image;
  Index begin;
};

// Of the image: stride*(code-1) + extent, with no padding and no output_padding ([DV16] relation 12).
Index natural_size(const AxisWords& words) {
  return words.axis.down * (words.source - 1) + words.axis.extent();
}

void require_image(const AxisWords& words, Index size) {
  if (size < 1)
    throw InvalidArgument(words.name, fmt::format("the padding leaves an image of {} pixels", size),
                          "pad less or use a larger kernel");
}

std::string size_list(const SizeRange& sizes) {
  if (sizes.empty()) return "no image size has this code size";
  if (sizes.smallest == sizes.largest) return fmt::format("the only legal size is {}", sizes.smallest);
  return fmt::format("legal sizes are {} to {}", sizes.smallest, sizes.largest);
}

void require_size_in(const AxisWords& words, const SizeRange& sizes) {
  if (!sizes.contains(*words.size))
    throw InvalidArgument(words.name + " size",
                          fmt::format("an image of {} does not have a code of {}", *words.size, words.source),
                          size_list(sizes));
}

Index required_size(const AxisWords& words, const char* its_name, const SizeRange& sizes) {
  if (!words.size)
    throw InvalidArgument(words.name + " size", fmt::format("{} must be given", its_name), size_list(sizes));
  require_size_in(words, sizes);
  return *words.size;
}

// The image sizes that the forward rule of a convention maps to this code size.
SizeRange legal_images(const AxisWords& words) {
  if (is_same(words.padding)) return same_image_sizes(words.axis, words.source);
  const Pads pads = words.padding == PaddingRule::listed ? Pads{words.begin, words.end}
                                                         : pads_of(words.padding, words.axis, 1);
  return image_sizes(words.axis, words.source, pads.begin, pads.end);
}

Index begin_for(const AxisWords& words, Index image) {
  return words.padding == PaddingRule::listed ? words.begin : pads_of(words.padding, words.axis, image).begin;
}

// 0 <= output_padding < stride or dilation, whichever is larger: PyTorch's rule, and ONNX's.
Index checked_output_padding(const AxisWords& words, Index limit, const char* limit_name) {
  const Index value = words.output_padding.value_or(0);
  if (value < 0 || value >= limit)
    throw InvalidArgument(words.name + " output_padding", fmt::format("is {}", value),
                          fmt::format("must be at least 0 and smaller than {}, {}", limit_name, limit));
  return value;
}

// native: any image size that conv maps to this code size; the smallest one plus output_padding if none is
// named, under SAME the largest, which is stride times the code.
Placed native_transposed(const AxisWords& words) {
  const SizeRange sizes = legal_images(words);
  if (sizes.empty())
    throw InvalidArgument(words.name, fmt::format("no image size has a code of {} here", words.source),
                          "pad less or change the stride");
  if (words.size) {
    require_size_in(words, sizes);
    return {*words.size, begin_for(words, *words.size)};
  }
  if (is_same(words.padding)) {
    if (words.output_padding)
      throw InvalidArgument(words.name + " output_padding", "does not go with same", "name the size instead");
    return {sizes.largest, begin_for(words, sizes.largest)};
  }
  const Index extra =
      checked_output_padding(words, sizes.largest - sizes.smallest + 1, "the number of legal image sizes");
  return {sizes.smallest + extra, begin_for(words, sizes.smallest + extra)};
}

// Theano and TensorFlow: the image size is an argument, and conv of it must give the code size.
Placed named_size_transposed(const AxisWords& words, const char* its_name) {
  const Index image = required_size(words, its_name, legal_images(words));
  return {image, begin_for(words, image)};
}

// torch: image = natural - 2*padding + output_padding, or output_size within stride of the smallest.
Placed pytorch_transposed(const AxisWords& words) {
  const Index smallest = natural_size(words) - 2 * words.begin;
  if (words.size) {
    const SizeRange sizes{smallest, smallest + words.axis.down - 1};
    require_size_in(words, sizes);
    return {*words.size, words.begin};
  }
  return {smallest + checked_output_padding(words, std::max(words.axis.down, words.axis.dilation),
                                            "the larger of stride and dilation"),
          words.begin};
}

// Keras: output_padding None is not 0. None: same code*stride, valid code*stride + max(extent-stride, 0);
// given: valid natural + output_padding, same natural - 2*floor(extent/2) + output_padding.
Placed keras_transposed(const AxisWords& words) {
  const Index extent = words.axis.extent(), stride = words.axis.down;
  const bool same = words.padding == PaddingRule::same;
  Index image;
  if (!words.output_padding) {
    image = words.source * stride + (same ? 0 : std::max<Index>(extent - stride, 0));
  } else {
    image = natural_size(words) + checked_output_padding(words, stride, "the stride") -
            (same ? extent / 2 * 2 : 0);
  }
  // The padding in front is what a SAME convolution of the natural size would have cut, never below 0.
  return {image, same ? std::max<Index>(natural_size(words) - image, 0) / 2 : 0};
}

// ONNX ConvTranspose: pads as listed; or output_shape, from which the pads are made; or auto_pad SAME, whose
// output_shape is code*stride. The odd pixel of a total goes to the end only with SAME_UPPER.
Placed onnx_transposed(const AxisWords& words) {
  const Index extra = checked_output_padding(words, std::max(words.axis.down, words.axis.dilation),
                                             "the larger of stride and dilation");
  const Index natural = natural_size(words) + extra;
  if (!words.size && !is_same(words.padding)) {
    const Index total = words.padding == PaddingRule::listed ? words.begin + words.end : 0;
    return {natural - total, words.padding == PaddingRule::listed ? words.begin : 0};
  }
  const Index image = words.size ? *words.size : words.source * words.axis.down;
  // Shape inference clamps the total of auto_pad at 0; the formula for an explicit output_shape does not.
  const Index total = words.size ? natural - image : std::max<Index>(natural - image, 0);
  const Index smaller = floor_div(total, 2);
  return {image, words.padding == PaddingRule::same ? smaller : total - smaller};
}

// JAX pads the stretched code: before it stand extent-1-pad zeros. SAME: code*stride; VALID: with
// max(extent-stride, 0) more; listed: natural size with lo+hi in place of 2*(extent-1).
Placed jax_transposed(const AxisWords& words) {
  const Index extent = words.axis.extent(), stride = words.axis.down;
  switch (words.padding) {
    case PaddingRule::same: {
      const Index low = stride > extent - 1 ? extent - 1 : ceil_div(extent + stride - 2, 2);
      return {words.source * stride, extent - 1 - low};
    }
    case PaddingRule::valid:
      return {words.source * stride + std::max<Index>(extent - stride, 0), 0};
    default: {
      const Index stretched = (words.source - 1) * stride + 1;
      return {stretched + words.begin + words.end - extent + 1, extent - 1 - words.begin};
    }
  }
}

Placed transposed(Convention convention, const AxisWords& words) {
  switch (convention) {
    case Convention::native:
      return native_transposed(words);
    case Convention::pytorch:
      return pytorch_transposed(words);
    case Convention::tensorflow:
      return named_size_transposed(words, "TensorFlow's output_shape");
    case Convention::theano:
      return named_size_transposed(words, "Theano's input_shape");
    case Convention::keras:
      return keras_transposed(words);
    case Convention::onnx:
      return onnx_transposed(words);
    case Convention::jax:
      return jax_transposed(words);
  }
  return {};
}

Axis conv_axis(const AxisWords& words) {
  Axis axis = words.axis;
  axis.in = words.source;
  const Pads pads = words.padding == PaddingRule::listed ? Pads{words.begin, words.end}
                                                         : pads_of(words.padding, axis, axis.in);
  axis.pad = pads.begin;
  axis.out =
      is_same(words.padding) ? same_code_size(axis, axis.in) : code_size(axis, axis.in, pads.begin, pads.end);
  if (axis.out < 1)
    throw InvalidArgument(words.name,
                          fmt::format("the kernel covers {} pixels but the padded image has {}",
                                      axis.extent(), axis.up * (axis.in - 1) + 1 + pads.begin + pads.end),
                          "pad more or use a smaller kernel");
  return axis;
}

}  // namespace

Pads pads_of(PaddingRule rule, const Axis& axis, Index in) {
  switch (rule) {
    case PaddingRule::same: {
      const Index total = same_total_padding(axis, in);
      return {total / 2, total - total / 2};
    }
    case PaddingRule::same_lower: {
      const Index total = same_total_padding(axis, in);
      return {total - total / 2, total / 2};
    }
    case PaddingRule::half:
      return {axis.extent() / 2, axis.extent() / 2};
    case PaddingRule::full:
      return {axis.extent() - 1, axis.extent() - 1};
    case PaddingRule::valid:
    case PaddingRule::listed:
      break;
  }
  return {0, 0};
}

Padding default_padding(Convention convention, Direction direction) {
  switch (convention) {
    case Convention::tensorflow:
      if (direction == Direction::conv_transpose) return {PaddingRule::same, {}, {}};
      [[fallthrough]];
    case Convention::jax:
      throw InvalidArgument("padding", fmt::format("{} has no default", name(convention)), "give it");
    case Convention::keras:
    case Convention::theano:
      return {PaddingRule::valid, {}, {}};
    default:
      return {PaddingRule::listed, {0}, {0}};
  }
}

void check_padding_rule(Convention convention, Direction direction, const Padding& padding) {
  using enum PaddingRule;
  std::vector<PaddingRule> known;
  const bool transposed = direction == Direction::conv_transpose;
  switch (convention) {
    case Convention::native:
      known = {listed, valid, same, same_lower, half, full};
      break;
    case Convention::pytorch:
      known = transposed ? std::vector{listed} : std::vector{listed, valid, same};
      break;
    case Convention::tensorflow:
      known = {listed, valid, same};
      break;
    case Convention::keras:
      known = {valid, same};
      break;
    case Convention::theano:
      known = {listed, valid, half, full};
      break;
    case Convention::onnx:
      known = {listed, valid, same, same_lower};
      break;
    case Convention::jax:
      known = transposed ? std::vector{listed, valid, same} : std::vector{listed, valid, same, same_lower};
      break;
  }
  if (std::find(known.begin(), known.end(), padding.rule) == known.end()) {
    std::vector<std::string> names;
    for (PaddingRule rule : known) names.emplace_back(name(rule));
    throw InvalidArgument("padding", fmt::format("{} has no '{}' here", name(convention), name(padding.rule)),
                          "use " + alternatives(names));
  }
  if (padding.rule != listed) return;
  const bool may_crop = convention == Convention::native || convention == Convention::jax;
  for (std::size_t axis = 0; axis < padding.begin.size(); ++axis) {
    const Index begin = padding.begin[axis], end = padding.end[axis];
    if (!may_crop && (begin < 0 || end < 0))
      throw InvalidArgument("padding",
                            fmt::format("{} has no negative padding {}:{}", name(convention), begin, end));
    if (convention == Convention::pytorch && begin != end)
      throw InvalidArgument("padding", fmt::format("pytorch pads both sides alike, not {}:{}", begin, end));
  }
}

Axis axis_of(Convention convention, Direction direction, const AxisWords& words) {
  Axis probe = words.axis;
  (direction == Direction::conv ? probe.in : probe.out) = words.source;
  probe.pad = words.begin;
  check(probe, words.name);  // before any arithmetic: nothing below may overflow
  probe.pad = words.end;
  check(probe, words.name);
  for (const auto& [value, field] :
       {std::pair{words.output_padding, "output_padding"}, std::pair{words.size, "size"}})
    if (value) {
      probe.pad = *value;
      check(probe, words.name + " " + field);
    }

  const bool stretched = words.axis.up != 1;
  if (convention == Convention::jax && stretched && words.padding != PaddingRule::listed)
    throw InvalidArgument("padding", "jax has no same or valid with a rational stride", "give numbers");
  if (convention == Convention::pytorch && words.padding == PaddingRule::same && words.axis.down != 1)
    throw InvalidArgument("padding", "pytorch has 'same' only with stride 1", "give numbers");
  if (direction == Direction::conv) return conv_axis(words);

  Axis axis = words.axis;
  axis.out = words.source;
  const Placed placed = transposed(convention, words);
  require_image(words, placed.image);
  axis.in = placed.image;
  axis.pad = placed.begin;
  return axis;
}

}  // namespace fsconv
