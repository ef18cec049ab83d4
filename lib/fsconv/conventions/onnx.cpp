// ONNX: the operators Conv and ConvTranspose, as ONNX Runtime 1.30 computes them on a CPU (onnx), and as the operators'
// own formulas say (onnx-reference). They part where the total padding is below 0 and where one of them refuses.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>

namespace fsconv {
namespace {

class Onnx : public Dialect {
 public:
  explicit Onnx(Convention convention) : Dialect(convention) {}

  void check_words(Direction direction, std::size_t rank, const Settings& settings) const override {
    refuse_rational_stride(direction, settings);
    refuse_data_format(rank, settings);
    refuse_jax_words(settings);
    refuse_output_words_of_conv(direction, settings);
  }

  std::vector<PaddingRule> padding_rules(Direction, std::size_t) const override {
    using enum PaddingRule;
    return {listed, valid, same, same_lower};
  }

  bool lists_beginnings_first() const override { return true; }
  bool pads_sized_output() const override { return true; }

  ArrayOrder order(Direction direction, std::size_t rank, const Settings& settings) const override {
    refuse_data_format(rank, settings);
    const bool transposed = direction == Direction::conv_transpose;
    return order_of_letters(rank, channels_first(rank), (transposed ? "IO" : "OI") + space_letters(rank),
                            transposed ? 'I' : 'O', transposed ? 'O' : 'I');
  }

  std::vector<Settings> candidates(const Geometry& geometry, Direction direction) const override {
    using enum PaddingRule;
    const Settings base = words_of(geometry);
    // pads first: ONNX's own evaluator takes a wrong size for auto_pad.
    if (direction == Direction::conv)
      return {with(base, listed_padding(geometry)), with(base, same), with(base, same_lower)};
    // pads behind where something is cut, output_padding where something is added
    Settings cut = with(
        base, Padding{.rule = listed,
                      .begin = listed_padding(geometry).begin,
                      .end = each(geometry, [](const Axis& a) { return std::max<Index>(a.pad_end(), 0); })});
    cut.output_padding = each(geometry, [](const Axis& a) { return std::max<Index>(-a.pad_end(), 0); });
    Settings sized = base;
    sized.size = image_size(geometry);
    return {cut, with(base, same), with(base, same_lower), with(sized, same), with(sized, same_lower)};
  }

  std::string own_words(const Settings& settings) const override {
    const Padding& padding = *settings.padding;
    Arguments words;
    if (padding.rule == PaddingRule::listed)
      words.add("pads", list(beginnings_first(padding)));
    else
      words.add("auto_pad", auto_pad(padding.rule));
    if (settings.output_padding) words.add("output_padding", list(*settings.output_padding));
    if (settings.size) words.add("output_shape", list(*settings.size));
    return words.alone();
  }

  std::string code(const Geometry&, Direction direction, const Settings& settings) const override {
    const Padding& padding = *settings.padding;
    const Values pads = beginnings_first(padding);
    Arguments words;
    words.add_if(!all_are(downs(settings), 1), "strides", list(downs(settings)));
    if (padding.rule != PaddingRule::listed)
      words.add("auto_pad", auto_pad(padding.rule));
    else
      words.add_if(!all_are(pads, 0), "pads", list(pads));
    if (settings.output_padding && !all_are(*settings.output_padding, 0))
      words.add("output_padding", list(*settings.output_padding));
    if (settings.size) words.add("output_shape", list(*settings.size));
    words.add_if(!all_are(settings.dilation, 1), "dilations", list(settings.dilation));
    words.add_if(settings.groups.value_or(1) != 1, "group", fmt::format("{}", settings.groups.value_or(1)));
    return fmt::format("onnx.helper.make_node('{}', ['x', 'w'], ['y']{})",
                       direction == Direction::conv ? "Conv" : "ConvTranspose", words.python());
  }

 private:
  static Values beginnings_first(const Padding& padding) {
    Values pads = padding.begin;
    pads.insert(pads.end(), padding.end.begin(), padding.end.end());
    return pads;
  }
  static const char* auto_pad(PaddingRule rule) {
    return rule == PaddingRule::same ? "'SAME_UPPER'" : "'SAME_LOWER'";
  }
};

class OnnxReference : public Onnx {
 public:
  OnnxReference() : Onnx(Convention::onnx_reference) {}

  // Pads as listed; or output_shape, from which the pads are made; or auto_pad SAME, whose output_shape is
  // code*stride. The odd pixel of a total, which may be below 0, goes to the end only with SAME_UPPER.
  Placed conv_transpose(const AxisWords& words) const override {
    const Index extra = checked_output_padding(words, std::max(words.axis.down, words.axis.dilation),
                                               "the larger of stride and dilation");
    const Index natural = fsconv::natural_size(words) + extra;
    if (!words.size && !is_same(words.padding)) return placed(words, natural - words.begin - words.end);
    const Index image = words.size ? *words.size : words.source * words.axis.down;
    const Index total = natural - image;
    const Index smaller = floor_div(total, 2);
    const Index begin = words.padding == PaddingRule::same ? smaller : total - smaller;
    return {image, begin, total - begin};
  }
};

// Measured with ONNX Runtime 1.30. Divisions of C, which round towards 0, where its own code has them.
class OnnxRuntime : public Onnx {
 public:
  OnnxRuntime() : Onnx(Convention::onnx) {}

  void check_words(Direction direction, std::size_t rank, const Settings& settings) const override {
    Onnx::check_words(direction, rank, settings);
    const bool same = settings.padding && is_same(settings.padding->rule);
    if (direction == Direction::conv && same && !all_are(settings.dilation, 1))
      refuse("dilation", "has no auto_pad SAME with dilation, whatever the axis", "give pads");
  }

  Axis conv(const AxisWords& words) const override {
    Axis axis = Onnx::conv(words);
    if (!is_same(words.padding)) return axis;
    // Where windows leave pixels out, the total is below 0, and the image is cropped in front.
    const Index total = (axis.out - 1) * axis.down + axis.taps - axis.in;
    if (total < 0) axis.pad = (total + (words.padding == PaddingRule::same ? 1 : 2)) / 2;
    return axis;
  }

  // As the formulas, but the total padding is never below 0: then the image begins with the first window, and ends
  // with the last unless output_shape says otherwise. And conv of the image must have the code's size.
  Placed conv_transpose(const AxisWords& words) const override {
    const Axis& axis = words.axis;
    const Index extra = checked_output_padding(words, std::max(axis.down, axis.dilation),
                                               "the larger of stride and dilation");
    const Index natural = fsconv::natural_size(words) + extra;
    Pads pads = pads_of(words, 1);
    Index image = natural - pads.begin - pads.end;
    if (words.size || is_same(words.padding)) {
      if (words.size && words.source < 1)
        refuse(words.name + " input size", "has no output_shape of an empty input");
      const Index total = std::max<Index>(natural - words.size.value_or(words.source * axis.down), 0);
      image = words.size.value_or(natural - total);
      pads.begin = words.padding == PaddingRule::same ? total / 2 : total - total / 2;
      pads.end = total - pads.begin;
    }
    if (image < 1)
      throw InvalidArgument(words.name, fmt::format("the padding leaves an image of {} pixels", image),
                            "pad less or use a larger kernel");
    if ((image + pads.begin + pads.end - axis.extent()) / axis.down + 1 != words.source)
      refuse(
          words.name + (words.size ? " size" : " output_padding"),
          fmt::format("would have an image of {}, whose code does not have {} pixels", image, words.source),
          "add less than a stride; convention onnx-reference takes the formula at its word");
    return {image, pads.begin, pads.end};
  }

  void check_geometry(Direction, const Geometry&, const ArraySizes&, const Settings&) const override {
  }  // a sum of nothing is 0
};

}  // namespace

const Dialect& onnx_dialect() {
  static const OnnxRuntime system;
  return system;
}

const Dialect& onnx_reference_dialect() {
  static const OnnxReference system;
  return system;
}

}  // namespace fsconv
