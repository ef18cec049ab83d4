#include <fsconv/base/text.hpp>
#include <fsconv/geometry/axis_rules.hpp>
#include <fsconv/geometry/convention.hpp>

namespace fsconv {
namespace {

struct Name {
  Convention convention;
  std::string_view name;
};
constexpr Name names[] = {
    {Convention::native, "native"}, {Convention::pytorch, "pytorch"}, {Convention::tensorflow, "tensorflow"},
    {Convention::keras, "keras"},   {Convention::theano, "theano"},   {Convention::onnx, "onnx"},
    {Convention::jax, "jax"},
};

void refuse(Convention convention, std::string_view field, std::string_view problem,
            std::string_view legal = {}) {
  throw InvalidArgument(field, fmt::format("{} {}", name(convention), problem), legal);
}

// What a system has no words for at all, whatever the sizes.
void check_vocabulary(Convention convention, Direction direction, const Settings& settings) {
  const bool transposed = direction == Direction::conv_transpose;
  const bool jax_conv = convention == Convention::jax && !transposed;
  if (convention != Convention::native && !jax_conv)
    for (const Stride& stride : settings.stride)
      if (stride.up != 1)
        refuse(convention, "stride", fmt::format("has no rational stride {}/{}", stride.down, stride.up),
               "use a whole number, or convention native or jax (conv)");
  if (!transposed && settings.output_padding)
    refuse(convention, "output_padding", "has it for the transposed convolution only");
  if (!transposed && settings.size)
    refuse(convention, "size",
           "names the output of a transposed convolution; a convolution's follows from its input");
  if (transposed && settings.groups != 1 &&
      (convention == Convention::tensorflow || convention == Convention::keras ||
       convention == Convention::jax))
    refuse(convention, "groups", "has no groups in its transposed convolution", "use 1");
  if (settings.output_padding && settings.size && convention != Convention::onnx)
    refuse(convention, "output_padding", "is given together with size", "give one of the two");
  const bool takes_output_padding = convention == Convention::native || convention == Convention::pytorch ||
                                    convention == Convention::keras || convention == Convention::onnx;
  if (settings.output_padding && !takes_output_padding)
    refuse(convention, "output_padding", "has none", "give the size of the image instead");
  if (settings.size && (convention == Convention::keras || convention == Convention::jax))
    refuse(convention, "size", "has no way to name the output's size");
}

}  // namespace

std::span<const Convention> conventions() {
  static constexpr Convention list[] = {Convention::native, Convention::pytorch, Convention::tensorflow,
                                        Convention::keras,  Convention::theano,  Convention::onnx,
                                        Convention::jax};
  return list;
}

std::string_view name(Convention convention) {
  for (const Name& entry : names)
    if (entry.convention == convention) return entry.name;
  return "";
}

Convention convention_named(std::string_view wanted) {
  std::vector<std::string> known;
  for (const Name& entry : names) {
    if (entry.name == wanted) return entry.convention;
    known.emplace_back(entry.name);
  }
  throw InvalidArgument("convention", fmt::format("'{}' is unknown", wanted), "use " + alternatives(known));
}

Geometry geometry_of(Convention convention, Direction direction, const ArraySizes& sizes,
                     const Settings& settings) {
  const std::size_t rank = sizes.kernel.size();
  if (rank < 1 || rank > 3)
    throw InvalidArgument("kernel", fmt::format("has {} axes", rank), "give 1, 2 or 3");
  const auto source = one_per("input size", sizes.source, rank);
  const auto stride = one_per("stride", settings.stride, rank);
  const auto dilation = one_per("dilation", settings.dilation, rank);
  check_vocabulary(convention, direction, settings);

  const bool lists_pads = settings.padding && settings.padding->rule == PaddingRule::listed;
  if (convention == Convention::tensorflow && lists_pads && rank != 2)
    refuse(convention, "padding", "takes numbers in two dimensions only", "use valid or same");
  if (convention == Convention::onnx && settings.size && lists_pads &&
      settings.padding != Padding{PaddingRule::listed, {0}, {0}})
    refuse(convention, "padding", "makes the pads from output_shape", "leave --padding or --size away");
  const Padding padding = settings.padding ? *settings.padding : default_padding(convention, direction);
  check_padding_rule(convention, direction, padding);
  const bool listed = padding.rule == PaddingRule::listed;
  const auto begin = listed ? one_per("padding", padding.begin, rank) : std::vector<Index>(rank, 0);
  const auto end = listed ? one_per("padding", padding.end, rank) : std::vector<Index>(rank, 0);

  Geometry geometry{{}, sizes.image_channels, sizes.code_channels, settings.groups};
  for (std::size_t axis = 0; axis < rank; ++axis) {
    AxisWords words;
    words.name = fmt::format("axis {}", axis);
    words.axis = Axis{1, 1, sizes.kernel[axis], stride[axis].down, stride[axis].up, dilation[axis], 0};
    words.source = source[axis];
    words.padding = padding.rule;
    words.begin = begin[axis];
    words.end = end[axis];
    if (settings.output_padding)
      words.output_padding = one_per("output_padding", *settings.output_padding, rank)[axis];
    if (settings.size) words.size = one_per("size", *settings.size, rank)[axis];
    geometry.axes.push_back(axis_of(convention, direction, words));
  }
  // Keras and TensorFlow's layers refuse the combination even when it is on different axes.
  if (convention == Convention::keras) {
    bool strided = false, dilated = false;
    for (const Axis& axis : geometry.axes) {
      strided |= axis.down > 1;
      dilated |= axis.dilation > 1;
    }
    if (strided && dilated)
      refuse(convention, "dilation", "has no stride and dilation above 1 together", "make one of them 1");
  }
  check(geometry);
  return geometry;
}

}  // namespace fsconv
