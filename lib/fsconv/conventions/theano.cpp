// Theano 1.0: theano.tensor.nnet's conv2d and conv3d, their conv2d_grad_wrt_inputs, and causal_conv1d.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>

namespace fsconv {
namespace {

class Theano : public Dialect {
 public:
  Theano() : Dialect(Convention::theano) {}

  void check_words(Direction direction, std::size_t rank, const Settings& settings) const override {
    refuse_rational_stride(direction, settings);
    refuse_data_format(rank, settings);
    refuse_jax_words(settings);
    refuse_output_padding(settings);
    refuse_output_words_of_conv(direction, settings);
    if (direction == Direction::conv_transpose && rank == 1)
      refuse("kernel", "has no one-dimensional transposed convolution",
             "give the arrays another axis of space, of size 1 with a kernel of 1");
  }

  Padding default_padding(Direction, std::size_t rank) const override {
    return {.rule = rank == 1 ? PaddingRule::causal : PaddingRule::valid};
  }
  std::vector<PaddingRule> padding_rules(Direction, std::size_t rank) const override {
    using enum PaddingRule;
    if (rank == 1) return {causal};  // all that causal_conv1d does
    return {listed, valid, half, full};
  }

  // conv of the named image must give the code.
  Placed conv_transpose(const AxisWords& words) const override {
    return placed(words, required_size(words, "Theano's input_shape", legal_images(words)));
  }

  // Arrays without channels are summed over nothing.
  void check_geometry(Direction direction, const Geometry& geometry, const ArraySizes& sizes,
                      const Settings& settings) const override {
    Geometry filled = geometry;
    filled.in_channels = filled.out_channels = filled.groups = 1;
    Dialect::check_geometry(direction, filled, sizes, settings);
    // AbstractConv: "Asymmetric padding not implemented for 3D", which pairs of numbers always are to it.
    if (geometry.axes.size() == 3 && settings.padding && settings.padding->begin != settings.padding->end)
      refuse("padding", "pads both sides alike in three dimensions", "give one number per axis");
  }

  // The filters are the forward ones in both directions, applied reversed: a convolution in the mathematical sense.
  ArrayOrder order(Direction, std::size_t rank, const Settings& settings) const override {
    refuse_data_format(rank, settings);
    ArrayOrder order = order_of_letters(rank, channels_first(rank), "OI" + space_letters(rank), 'O', 'I');
    order.flip = true;
    return order;
  }
  bool converts_types() const override { return true; }  // to the larger of the two

  std::vector<Settings> candidates(const Geometry& geometry, Direction direction) const override {
    using enum PaddingRule;
    Settings base = words_of(geometry);
    if (direction == Direction::conv_transpose) base.size = image_size(geometry);
    if (geometry.axes.size() == 1) return {with(base, causal)};
    return {with(base, valid), with(base, half), with(base, full), with(base, listed_padding(geometry))};
  }

  void say(Direction, const FilterUse& filter, Settings& settings) const override {
    settings.flip = filter.reversed;
  }
  std::string own_words(const Settings& settings) const override {
    if (settings.padding->rule == PaddingRule::causal) return "causal_conv1d";
    return "border_mode=" + pads_text(*settings.padding);
  }

  std::string code(const Geometry& geometry, Direction direction, const Settings& settings) const override {
    const bool transposed = direction == Direction::conv_transpose;
    const std::size_t rank = geometry.axes.size();
    const Padding& padding = *settings.padding;
    Arguments words;
    const std::string channels = fmt::format("{}", geometry.in_channels);
    if (rank == 1)
      words.add("filter_shape", tuple(geometry.weight_shape()));
    else if (transposed)
      words.add("input_shape", fmt::format("(None, {}, {})", channels, fmt::join(*settings.size, ", ")));
    if (rank != 1 && padding.rule != PaddingRule::valid) words.add("border_mode", pads_text(padding));
    const Values strides = downs(settings);
    words.add_if(!all_are(strides, 1), "subsample",
                 rank == 1 ? fmt::format("{}", strides[0]) : tuple(strides));
    words.add_if(!all_are(settings.dilation, 1), "filter_dilation",
                 rank == 1 ? fmt::format("{}", settings.dilation[0]) : tuple(settings.dilation));
    words.add_if(geometry.groups != 1, "num_groups", fmt::format("{}", geometry.groups));
    words.add_if(!settings.flip.value_or(true), "filter_flip", "False");
    const std::string function =
        rank == 1 ? "causal_conv1d" : fmt::format("conv{}d{}", rank, transposed ? "_grad_wrt_inputs" : "");
    return fmt::format("theano.tensor.nnet.abstract_conv.{}(x, w{})", function, words.python());
  }

 private:
  static std::string pads_text(const Padding& padding) {
    if (padding.rule != PaddingRule::listed) return fmt::format("'{}'", name(padding.rule));
    const bool single = padding.begin.size() == 3 && padding.begin == padding.end;
    return single ? tuple(padding.begin) : fmt::format("({})", pairs(padding, '(', ')'));
  }
};

}  // namespace

const Dialect& theano_dialect() {
  static const Theano system;
  return system;
}

}  // namespace fsconv
