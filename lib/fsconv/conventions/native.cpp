// fsconv's own convention: every geometry can be said, and nothing is converted without a word.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/text.hpp>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>

namespace fsconv {
namespace {

class Native : public Dialect {
 public:
  Native() : Dialect(Convention::native) {}

  void check_words(Direction direction, std::size_t, const Settings& settings) const override {
    refuse_jax_words(settings);
    refuse_output_words_of_conv(direction, settings);
  }

  std::vector<PaddingRule> padding_rules(Direction, std::size_t) const override {
    using enum PaddingRule;
    return {listed, valid, same, same_lower, half, full, causal};
  }
  void check_numbers(const AxisWords&) const override {}  // a negative padding crops

  Axis conv(const AxisWords& words) const override { return conv_or_empty(words); }

  // Any image size that conv maps to this code size. If none is named, the smallest one that has pixels (if one has) plus
  // output_padding, under SAME the largest, which is stride times the code.
  Placed conv_transpose(const AxisWords& words) const override {
    SizeRange sizes = legal_images(words);
    const Pads pads = pads_of(words, 0);
    const bool none_too = empty_image_has(words.axis, words.source, pads.begin, pads.end);
    if (none_too && sizes.empty()) sizes = {.smallest = 0, .largest = 0};
    if (sizes.empty())
      throw InvalidArgument(
          words.name, fmt::format("no image size has a code of {} here", words.source),
          pads.begin + pads.end > 0 ? "pad less or change the stride" : "use another size or stride");
    if (words.size) {
      if (none_too) sizes.smallest = 0;
      require_size_in(words, sizes);
      return placed(words, *words.size);
    }
    if (is_same(words.padding)) {
      if (words.output_padding)
        throw InvalidArgument(words.name + " output_padding", "does not go with same",
                              "name the size instead");
      return placed(words, sizes.largest);
    }
    return placed(words, sizes.smallest + checked_output_padding(words, sizes.largest - sizes.smallest + 1,
                                                                 "the number of legal image sizes"));
  }

  void check_geometry(Direction, const Geometry&, const ArraySizes&, const Settings&) const override {
  }  // an empty sum is 0

  // Letters as JAX writes them; the filter is the forward convolution's in both directions.
  ArrayOrder order(Direction direction, std::size_t rank, const Settings& settings) const override {
    const std::string filter = "OI" + space_letters(rank);
    if (settings.data_format.empty()) return order_of_letters(rank, channels_first(rank), filter, 'O', 'I');
    return order_of_dimension_numbers(settings.data_format, direction, rank, filter, 'O', 'I');
  }
  bool converts_types() const override { return true; }

  std::string remark(Direction direction, const Geometry& geometry, const Settings&) const override {
    for (std::size_t axis = 0; axis < geometry.axes.size(); ++axis)
      if (direction == Direction::conv && geometry.axes[axis].out == 0)
        return fmt::format("axis {}: no window fits on the image, so the result is empty", axis);
      else if (direction == Direction::conv_transpose && geometry.axes[axis].in == 0)
        return fmt::format("axis {}: the image is without pixels, so the result is empty", axis);
    return {};
  }

  std::vector<Settings> candidates(const Geometry& geometry, Direction direction) const override {
    Settings settings = words_of(geometry);
    settings.padding = listed_padding(geometry);
    if (direction == Direction::conv_transpose) settings.size = image_size(geometry);
    return {settings};
  }

  void say(Direction, const FilterUse& filter, Settings& settings) const override {
    settings.flip = filter.reversed;
  }
  std::string own_words(const Settings& settings) const override {
    return "--padding " + pads_text(*settings.padding);
  }

  std::string code(const Geometry& geometry, Direction direction, const Settings& settings) const override {
    std::vector<std::string> strides;
    for (const Stride& stride : settings.stride) strides.push_back(text(stride));
    const std::string pads = pads_text(*settings.padding);
    Arguments words;
    words.add_if(one_or_joined(strides, ",") != "1", "--stride", one_or_joined(strides, ","));
    words.add_if(pads != "0", "--padding", pads);
    words.add_if(!all_are(settings.dilation, 1), "--dilation", one_or_joined(texts(settings.dilation), ","));
    words.add_if(geometry.groups != 1, "--groups", fmt::format("{}", geometry.groups));
    words.add_if(settings.size.has_value(), "--size",
                 fmt::format("{}", fmt::join(texts(settings.size.value_or(Shape{})), ",")));
    words.add_if(settings.flip.value_or(false), "--flip", "true");
    return fmt::format("fsconv apply --op {} --input x.npy --weight w.npy --output y.npy{}", name(direction),
                       words.spaced());
  }

 private:
  static std::string pads_text(const Padding& padding) {
    std::vector<std::string> pads;
    for (std::size_t axis = 0; axis < padding.begin.size(); ++axis) {
      const Index begin = padding.begin[axis], end = padding.end[axis];
      pads.push_back(begin == end ? fmt::format("{}", begin) : fmt::format("{}:{}", begin, end));
    }
    return one_or_joined(pads, ",");
  }
};

}  // namespace

const Dialect& native_dialect() {
  static const Native system;
  return system;
}

}  // namespace fsconv
