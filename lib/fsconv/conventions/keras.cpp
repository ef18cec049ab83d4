// Keras 3: the layers Conv1D/2D/3D and Conv1D/2D/3DTranspose, and keras.ops.conv, which has
// stride and dilation together.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <fsconv/conventions/equivalents.hpp>

namespace fsconv {
namespace {

class Keras : public Dialect {
 public:
  Keras() : Dialect(Convention::keras) {}

  void check_words(Direction direction, std::size_t, const Settings& settings) const override {
    refuse_rational_stride(direction, settings);
    refuse_jax_words(settings);
    refuse_size(settings);
    refuse_output_words_of_conv(direction, settings);
  }

  Padding default_padding(Direction, std::size_t) const override { return {.rule = PaddingRule::valid}; }
  std::vector<PaddingRule> padding_rules(Direction direction, std::size_t rank) const override {
    using enum PaddingRule;
    if (direction == Direction::conv && rank == 1) return {valid, same, causal};
    return {valid, same};
  }

  // output_padding None is not 0. None: same code*stride, valid code*stride + max(extent-stride, 0); given: valid
  // natural + output_padding, same natural - 2*floor(extent/2) + output_padding.
  Placed conv_transpose(const AxisWords& words) const override {
    const Index extent = words.axis.extent(), stride = words.axis.down;
    const bool same = words.padding == PaddingRule::same;
    const Index image = words.output_padding
                            ? natural_size(words) + checked_output_padding(words, stride, "the stride") -
                                  (same ? extent / 2 * 2 : 0)
                            : words.source * stride + (same ? 0 : std::max<Index>(extent - stride, 0));
    // The padding is what a SAME convolution of the natural size would have cut, never below 0.
    const Index total = same ? std::max<Index>(natural_size(words) - image, 0) : 0;
    return {image, total / 2, total - total / 2};
  }

  void check_geometry(Direction direction, const Geometry& geometry, const ArraySizes& sizes,
                      const Settings& settings) const override {
    Dialect::check_geometry(direction, geometry, sizes, settings);
    if (direction == Direction::conv) {
      if (settings.padding && settings.padding->rule == PaddingRule::causal && strided_and_dilated(geometry))
        refuse("padding", "has no causal padding with stride and dilation above 1 together",
               way_out(*this, geometry, direction, settings));
      return;
    }
    if (geometry.groups != 1)
      refuse("groups", "has no groups in its transposed convolution",
             way_out(*this, geometry, direction, settings));
    if (strided_and_dilated(geometry))  // even on different axes
      refuse("dilation", "has no stride and dilation above 1 together",
             way_out(*this, geometry, direction, settings));
  }

  ArrayOrder order(Direction, std::size_t rank, const Settings& settings) const override {
    const std::string& format = settings.data_format;
    if (!format.empty() && format != "channels_last" && format != "channels_first")
      refuse("data_format", fmt::format("has no '{}'", format), "use channels_last or channels_first");
    return order_of_letters(rank, format == "channels_first" ? channels_first(rank) : channels_last(rank),
                            space_letters(rank) + "IO", 'O', 'I');
  }
  bool converts_types() const override { return true; }
  bool implies_groups() const override { return true; }

  std::string remark(Direction direction, const Geometry& geometry, const Settings& settings) const override {
    if (direction == Direction::conv && strided_and_dilated(geometry))
      return "keras.layers refuses stride and dilation together; keras.ops.conv computes this, " +
             std::string(only_of_late);
    const std::string limited = limits(direction, geometry, settings);
    if (limited.empty()) return {};
    return (limited == elsewhere ? "keras computes this, but " : "keras has ") + limited;
  }

  std::vector<Settings> candidates(const Geometry& geometry, Direction direction) const override {
    using enum PaddingRule;
    const Settings base = words_of(geometry);
    if (direction == Direction::conv) {
      std::vector<Settings> list{with(base, same), with(base, valid)};
      if (geometry.axes.size() == 1 && !strided_and_dilated(geometry)) list.push_back(with(base, causal));
      return list;
    }
    Settings valid_padded = with(base, valid), same_padded = with(base, same);
    valid_padded.output_padding = each(geometry, [](const Axis& a) { return a.in - natural_size(a); });
    same_padded.output_padding =
        each(geometry, [](const Axis& a) { return a.in - natural_size(a) + a.extent() / 2 * 2; });
    return {with(base, same), with(base, valid), valid_padded, same_padded};
  }

  // What TensorFlow refuses where that computes.
  std::string limits(Direction direction, const Geometry& geometry, const Settings& settings) const override {
    if (direction == Direction::conv) return strided_and_dilated(geometry) ? only_of_late : "";
    // Of an image it wants the code to have this size under the same rule; output_padding makes other images, too.
    const bool same = settings.padding && is_same(settings.padding->rule);
    for (const Axis& axis : geometry.axes)
      if (axis.out != ceil_div(same ? axis.in : axis.in - axis.extent() + 1, axis.down)) return elsewhere;
    const std::string limited = gpu_only(geometry);
    return limited.empty() ? limited : limited + ", where TensorFlow computes";
  }

  std::string own_words(const Settings& settings) const override {
    Arguments words;
    add_padding(words, settings);
    return words.alone();
  }

  std::string code(const Geometry& geometry, Direction direction, const Settings& settings) const override {
    const bool transposed = direction == Direction::conv_transpose;
    const std::size_t rank = geometry.axes.size();
    const Values strides = downs(settings);
    Arguments words;
    words.add_if(!all_are(strides, 1), "strides", number_or_tuple(strides));
    add_padding(words, settings);
    words.add_if(!all_are(settings.dilation, 1), "dilation_rate", number_or_tuple(settings.dilation));
    if (!transposed && strided_and_dilated(geometry))  // the number of groups follows from the arrays
      return fmt::format("keras.ops.conv(x, w{})", words.python());
    words.add_if(geometry.groups != 1, "groups", fmt::format("{}", geometry.groups));
    return fmt::format("keras.layers.Conv{}D{}({}, kernel_size={}{})", rank, transposed ? "Transpose" : "",
                       transposed ? geometry.in_channels : geometry.out_channels,
                       number_or_tuple(kernel_size(geometry)), words.python());
  }

 private:
  static constexpr const char* elsewhere = "not where TensorFlow computes";
  // keras-team/keras, issue 23028 and pull request 23181
  static constexpr const char* only_of_late = "where TensorFlow computes only since July 2026";

  static void add_padding(Arguments& words, const Settings& settings) {
    words.add("padding", fmt::format("'{}'", name(settings.padding->rule)));
    if (settings.output_padding) words.add("output_padding", number_or_tuple(*settings.output_padding));
  }

  static bool strided_and_dilated(const Geometry& geometry) {
    return is_dilated(geometry) && std::any_of(geometry.axes.begin(), geometry.axes.end(),
                                               [](const Axis& axis) { return axis.down > 1; });
  }
};

}  // namespace

const Dialect& keras_dialect() {
  static const Keras system;
  return system;
}

}  // namespace fsconv
