// TensorFlow: tf.nn.conv1d/2d/3d and conv1d/2d/3d_transpose. What it shares with TensorFlow.js is read as that does:
// numbers as padding in one dimension, and arrays without a batch axis.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <fsconv/conventions/equivalents.hpp>

namespace fsconv {
namespace {

class TensorFlow : public Dialect {
 public:
  TensorFlow() : Dialect(Convention::tensorflow) {}

  void check_words(Direction direction, std::size_t, const Settings& settings) const override {
    refuse_rational_stride(direction, settings);
    refuse_jax_words(settings);
    refuse_output_padding(settings);
    refuse_output_words_of_conv(direction, settings);
  }

  Padding default_padding(Direction direction, std::size_t) const override {
    if (direction == Direction::conv_transpose) return {.rule = PaddingRule::same};
    throw InvalidArgument("padding", "tensorflow has no default", "give it");
  }
  bool lists_whole_arrays() const override { return true; }
  bool sizes_may_lack_batch(std::optional<Index> batch_axes) const override { return batch_axes == 0; }
  bool sizes_may_have_batch(std::optional<Index> batch_axes) const override { return batch_axes != 0; }
  std::vector<PaddingRule> padding_rules(Direction, std::size_t rank) const override {
    using enum PaddingRule;
    if (rank == 3) return {valid, same};
    return {listed, valid, same};
  }

  // floor((padded + stride - extent) / stride), but rounded towards 0: a window that lacks less than a stride is none,
  // and the code is empty; one that lacks more is an error.
  Axis conv(const AxisWords& words) const override {
    Axis axis = words.axis;
    axis.in = words.source;
    axis.pad = pads_of(words, axis.in).begin;
    axis.out = windows(words);
    if (axis.out < 0 && missing(words, axis.in) >= 2 * axis.down) require_window(words, axis.out);
    axis.out = std::max<Index>(axis.out, 0);
    return axis;
  }

  // conv of the named image must give the code.
  Placed conv_transpose(const AxisWords& words) const override {
    SizeRange sizes = legal_images(words);
    if (words.source == 0 && !is_same(words.padding)) {
      const Index unpadded = missing(words, 0);  // as many pixels as the first window asks for
      sizes = {std::max<Index>(unpadded - 2 * words.axis.down + 1, 0), unpadded - 1};
    } else if (!is_same(words.padding)) {
      const Pads pads = pads_of(words, 0);
      if (empty_image_has(words.axis, words.source, pads.begin, pads.end))
        sizes = {0, std::max<Index>(sizes.largest, 0)};
    }
    const Index image = required_size(words, "TensorFlow's output_shape", sizes);
    return placed(words, image);
  }

  void check_geometry(Direction direction, const Geometry& geometry, const ArraySizes& sizes,
                      const Settings& settings) const override {
    if (direction == Direction::conv_transpose && geometry.groups != 1 && geometry.axes.size() != 2)
      refuse("groups", "has groups in two dimensions only", way_out(*this, geometry, direction, settings));
    if (sizes.filter_is_result) return;
    for (const auto& [count, side] :
         {std::pair{geometry.in_channels, "image"}, {geometry.out_channels, "code"}})
      if (count == 0) refuse(fmt::format("{} channels", side), "has no empty filter", "must be at least 1");
  }

  // Forward filters are [k..., in/groups, out], those of the transposed operator [k..., out/groups, in]: the same.
  ArrayOrder order(Direction, std::size_t rank, const Settings& settings) const override {
    const std::string& format = settings.data_format;
    const std::string last = channels_last(rank), first = channels_first(rank);
    if (!format.empty() && format != last && format != first)
      refuse("data_format", fmt::format("has no '{}' here", format),
             fmt::format("use {} or {}", last, first));
    return order_of_letters(rank, format.empty() ? last : format, space_letters(rank) + "IO", 'O', 'I');
  }
  bool accepts_batch_axes(Direction direction, Index count) const override {
    return direction == Direction::conv || count <= 1;
  }
  bool implies_groups() const override { return true; }

  std::string remark(Direction direction, const Geometry& geometry, const Settings& settings) const override {
    const std::string limited = limits(direction, geometry, settings);
    if (limited.empty()) return {};
    return fmt::format("tensorflow has {}{}; elsewhere: {}", limited,
                       direction == Direction::conv_transpose && geometry.groups != 1
                           ? " (tf.raw_ops.Conv2DBackpropInput)"
                           : "",
                       way_out(*this, geometry, direction, settings));
  }

  std::vector<Settings> candidates(const Geometry& geometry, Direction direction) const override {
    using enum PaddingRule;
    Settings base = words_of(geometry);
    if (direction == Direction::conv_transpose) base.size = image_size(geometry);
    std::vector<Settings> list{with(base, same), with(base, valid)};
    if (geometry.axes.size() == 2) list.push_back(with(base, listed_padding(geometry)));
    return list;
  }

  // Its kernels for a processor refuse the rest when they run.
  std::string limits(Direction direction, const Geometry& geometry, const Settings&) const override {
    return direction == Direction::conv && geometry.axes.size() < 3 ? "" : gpu_only(geometry);
  }

  std::string own_words(const Settings& settings) const override {
    return "padding=" + pads_text(*settings.padding);
  }

  std::string code(const Geometry& geometry, Direction direction, const Settings& settings) const override {
    const bool transposed = direction == Direction::conv_transpose;
    const std::size_t rank = geometry.axes.size();
    const Padding& padding = *settings.padding;
    const std::string pads = pads_text(padding);
    const std::string shape =
        fmt::format("[x.shape[0], {}, {}]", fmt::join(image_size(geometry), ", "), geometry.in_channels);
    Arguments words;
    const Values strides = downs(settings);
    if (transposed && geometry.groups != 1) {
      Values whole_strides{1}, whole_dilation{1};
      whole_strides.insert(whole_strides.end(), strides.begin(), strides.end());
      whole_dilation.insert(whole_dilation.end(), settings.dilation.begin(), settings.dilation.end());
      whole_strides.push_back(1);
      whole_dilation.push_back(1);
      words.add("strides", list(whole_strides));
      words.add("padding", padding.rule == PaddingRule::listed ? "'EXPLICIT'" : pads);
      if (padding.rule == PaddingRule::listed) {
        Values flat{0, 0};
        for (std::size_t axis = 0; axis < rank; ++axis)
          flat.insert(flat.end(), {padding.begin[axis], padding.end[axis]});
        flat.insert(flat.end(), {0, 0});
        words.add("explicit_paddings", list(flat));
      }
      words.add_if(!all_are(settings.dilation, 1), "dilations", list(whole_dilation));
      return fmt::format("tf.raw_ops.Conv2DBackpropInput(input_sizes={}, filter=w, out_backprop=x{})", shape,
                         words.python());
    }
    if (transposed) words.add("output_shape", shape);
    words.add(rank == 1 && !transposed ? "stride" : "strides",
              rank == 3 ? fmt::format("[1, {}, 1]", fmt::join(strides, ", ")) : number_or_list(strides));
    words.add("padding", pads);
    words.add_if(!all_are(settings.dilation, 1), "dilations",
                 rank == 3 ? fmt::format("[1, {}, 1]", fmt::join(settings.dilation, ", "))
                           : number_or_list(settings.dilation));
    return fmt::format("tf.nn.conv{}d{}(x, w{})", rank, transposed ? "_transpose" : "", words.python());
  }

 private:
  static std::string pads_text(const Padding& padding) {
    return padding.rule == PaddingRule::listed ? fmt::format("[[0, 0], {}, [0, 0]]", pairs(padding, '[', ']'))
                                               : fmt::format("'{}'", capitals(padding.rule));
  }

  // How many pixels an image of `in` is too small for one window.
  static Index missing(const AxisWords& words, Index in) {
    const Pads pads = pads_of(words, in);
    return words.axis.extent() - in - pads.begin - pads.end;
  }
};

}  // namespace

const Dialect& tensorflow_dialect() {
  static const TensorFlow system;
  return system;
}

}  // namespace fsconv
