// PyTorch: torch.nn.functional.conv1d/2d/3d and conv_transpose1d/2d/3d, with the CPU's rules for empty arrays.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>

namespace fsconv {
namespace {

class PyTorch : public Dialect {
 public:
  PyTorch() : Dialect(Convention::pytorch) {}

  void check_words(Direction direction, std::size_t rank, const Settings& settings) const override {
    refuse_rational_stride(direction, settings);
    refuse_data_format(rank, settings);
    refuse_jax_words(settings);
    refuse_output_words_of_conv(direction, settings);
  }

  std::vector<PaddingRule> padding_rules(Direction direction, std::size_t) const override {
    using enum PaddingRule;
    if (direction == Direction::conv_transpose) return {listed};
    return {listed, valid, same};
  }
  bool sizes_may_lack_batch(std::optional<Index> batch_axes) const override { return batch_axes != 1; }
  bool sizes_may_have_batch(std::optional<Index> batch_axes) const override { return batch_axes != 0; }
  void check_numbers(const AxisWords& words) const override {
    Dialect::check_numbers(words);
    if (words.begin != words.end)
      throw InvalidArgument("padding",
                            fmt::format("pytorch pads both sides alike, not {}:{}", words.begin, words.end));
  }

  Axis conv(const AxisWords& words) const override {
    if (words.padding == PaddingRule::same && words.axis.down != 1)
      throw InvalidArgument("padding", "pytorch has 'same' only with stride 1", "give numbers");
    return Dialect::conv(words);
  }

  // image = natural - 2*padding + output_padding, or output_size within stride of the smallest.
  Placed conv_transpose(const AxisWords& words) const override {
    const Index smallest = natural_size(words) - 2 * words.begin;
    if (words.size) {
      require_size_in(words, {smallest, smallest + words.axis.down - 1});
      return placed(words, *words.size);
    }
    // Of an empty batch it only computes the shape.
    if (words.empty_batch) return placed(words, smallest + words.output_padding.value_or(0));
    return placed(words,
                  smallest + checked_output_padding(words, std::max(words.axis.down, words.axis.dilation),
                                                    "the larger of stride and dilation"));
  }

  // "Only zero batch or zero channel inputs are supported", and a filter is never empty in its first axis; in the
  // transposed convolution it is not empty at all.
  void check_geometry(Direction direction, const Geometry& geometry, const ArraySizes& sizes,
                      const Settings& settings) const override {
    Geometry filled = geometry;
    const bool no_channels = direction == Direction::conv && geometry.in_channels == 0;
    for (Axis& axis : filled.axes) {
      Index& source = direction == Direction::conv ? axis.in : axis.out;
      if ((sizes.batch == 0 || no_channels) && source == 0) source = 1;
      if (direction == Direction::conv_transpose && sizes.batch == 0 && axis.in == 0) axis.in = 1;
    }
    if (no_channels) filled.in_channels = filled.groups;
    Dialect::check_geometry(direction, filled, sizes, settings);
  }

  ArrayOrder order(Direction direction, std::size_t rank, const Settings& settings) const override {
    refuse_data_format(rank, settings);
    // [in, out/groups, k...] of the transposed operator, whose input is the code
    const bool transposed = direction == Direction::conv_transpose;
    return order_of_letters(rank, channels_first(rank), (transposed ? "IO" : "OI") + space_letters(rank),
                            transposed ? 'I' : 'O', transposed ? 'O' : 'I');
  }
  // calc_output_size: "Handle empty # of channels".
  Index result_channels(Direction direction, const Geometry& geometry) const override {
    return geometry.in_channels == 0 ? 0 : Dialect::result_channels(direction, geometry);
  }
  std::string remark(Direction direction, const Geometry& geometry, const Settings&) const override {
    if (direction == Direction::conv_transpose || geometry.in_channels != 0) return {};
    return "pytorch gives an image without channels a code without channels; elsewhere the sum of nothing is 0";
  }
  bool accepts_batch_axes(Direction, Index count) const override { return count == 0 || count == 1; }

  std::vector<Settings> candidates(const Geometry& geometry, Direction direction) const override {
    const Settings base = words_of(geometry);
    const Values pad = listed_padding(geometry).begin;
    Settings alike = with(base, Padding{.rule = PaddingRule::listed, .begin = pad, .end = pad});
    if (direction == Direction::conv) return {with(base, PaddingRule::same), alike};
    alike.output_padding = each(geometry, [](const Axis& a) { return a.in - (natural_size(a) - 2 * a.pad); });
    return {alike};
  }

  std::string own_words(const Settings& settings) const override {
    Arguments words;
    words.add("padding", pads_text(*settings.padding));
    if (settings.output_padding) words.add("output_padding", number_or_tuple(*settings.output_padding));
    return words.alone();
  }

  std::string code(const Geometry& geometry, Direction direction, const Settings& settings) const override {
    const bool transposed = direction == Direction::conv_transpose;
    const Padding& padding = *settings.padding;
    Arguments words;
    words.add("kernel_size", number_or_tuple(kernel_size(geometry)));
    words.add_if(!all_are(downs(settings), 1), "stride", number_or_tuple(downs(settings)));
    words.add_if(padding.rule == PaddingRule::same || !all_are(padding.begin, 0), "padding",
                 pads_text(padding));
    if (transposed && !all_are(*settings.output_padding, 0))
      words.add("output_padding", number_or_tuple(*settings.output_padding));
    words.add_if(!all_are(settings.dilation, 1), "dilation", number_or_tuple(settings.dilation));
    words.add_if(geometry.groups != 1, "groups", fmt::format("{}", geometry.groups));
    words.add("bias", "False");  // by default there is one, of random numbers
    return fmt::format("torch.nn.Conv{}{}d({}, {}{})", transposed ? "Transpose" : "", geometry.axes.size(),
                       transposed ? geometry.out_channels : geometry.in_channels,
                       transposed ? geometry.in_channels : geometry.out_channels, words.python());
  }

 private:
  static std::string pads_text(const Padding& padding) {
    return padding.rule == PaddingRule::same ? "'same'" : number_or_tuple(padding.begin);
  }
};

}  // namespace

const Dialect& pytorch_dialect() {
  static const PyTorch system;
  return system;
}

}  // namespace fsconv
