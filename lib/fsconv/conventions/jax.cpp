// JAX: jax.lax.conv_general_dilated, whose lhs_dilation is the denominator of a rational
// stride, and jax.lax.conv_transpose.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/conventions/code_text.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <fsconv/conventions/equivalents.hpp>

namespace fsconv {
namespace {

class Jax : public Dialect {
 public:
  Jax() : Dialect(Convention::jax) {}

  void check_words(Direction direction, std::size_t, const Settings& settings) const override {
    refuse_output_padding(settings);
    refuse_size(settings);
    if (direction == Direction::conv_transpose)
      refuse_rational_stride(direction, settings);
    else
      refuse_jax_words(settings);
  }

  Padding default_padding(Direction, std::size_t) const override {
    throw InvalidArgument("padding", "jax has no default", "give it");
  }
  std::vector<PaddingRule> padding_rules(Direction, std::size_t) const override {
    using enum PaddingRule;
    return {listed, valid, same, same_lower};
  }
  void check_numbers(const AxisWords&) const override {}  // a negative padding crops

  // An image on which no window fits has an empty code.
  Axis conv(const AxisWords& words) const override {
    if (words.axis.up != 1 && words.padding != PaddingRule::listed)
      throw InvalidArgument("padding", "jax has no same or valid with a rational stride", "give numbers");
    return conv_or_empty(words);
  }

  // JAX pads the stretched code: before it stand extent-1-pad zeros. SAME: code*stride; VALID: with
  // max(extent-stride, 0) more; listed: natural size with lo+hi in place of 2*(extent-1). Consistent padding is that of
  // the image: lo = extent-1-begin.
  Placed conv_transpose(const AxisWords& words) const override {
    const Index extent = words.axis.extent(), stride = words.axis.down;
    Index low = extent - 1, total;
    switch (words.padding) {
      case PaddingRule::
          same_lower:  // what it does not know itself it hands on, and that wants a code without zeros between
        if (stride != 1)
          throw InvalidArgument("padding", "jax has 'same_lower' here with stride 1 only", "use 'same'");
        [[fallthrough]];
      case PaddingRule::same:
        total = extent + stride - 2;
        if (stride <= extent - 1) low = ceil_div(total, 2);
        break;
      case PaddingRule::valid:
        total = extent + stride - 2 + std::max<Index>(extent - stride, 0);
        break;
      default:
        low = words.consistent ? extent - 1 - words.begin : words.begin;
        total = low + (words.consistent ? extent - 1 - words.end : words.end);
    }
    const Index padded = stretched(words.source, stride) + total;
    if (padded < 0)
      throw InvalidArgument(words.name, fmt::format("the padding leaves a code of {} pixels", padded),
                            "crop less");
    return {std::max<Index>(padded - extent + 1, 0), extent - 1 - low, extent - 1 - (total - low)};
  }

  void check_geometry(Direction direction, const Geometry& geometry, const ArraySizes&,
                      const Settings& settings) const override {
    if (direction == Direction::conv_transpose && geometry.groups != 1)
      refuse("groups", "has no groups in its transposed convolution",
             way_out(*this, geometry, direction, settings));
  }

  // The filter of the transposed operator is correlated with the stretched code: W^T with the filter reversed. With
  // transpose_kernel it is the forward filter, whose I are the image's channels.
  ArrayOrder order(Direction direction, std::size_t rank, const Settings& settings) const override {
    const bool transposed = direction == Direction::conv_transpose;
    const std::string space = space_letters(rank);
    const std::string filter = transposed ? space + "IO" : "OI" + space;
    const std::string read = transposed ? channels_last(rank) : channels_first(rank);
    const bool reads_code = transposed && !settings.transpose_kernel;
    ArrayOrder order =
        order_of_dimension_numbers(settings.data_format.empty() ? read : settings.data_format, direction,
                                   rank, filter, reads_code ? 'I' : 'O', reads_code ? 'O' : 'I');
    order.flip = reads_code;
    return order;
  }

  std::vector<Settings> candidates(const Geometry& geometry, Direction direction) const override {
    using enum PaddingRule;
    const Settings base = words_of(geometry);
    if (direction == Direction::conv)
      return {with(base, same), with(base, valid), with(base, listed_padding(geometry))};
    const Padding of_code{.rule = listed,
                          .begin = each(geometry, [](const Axis& a) { return a.transposed().pad; }),
                          .end = each(geometry, [](const Axis& a) { return a.transposed().pad_end(); })};
    return {with(base, same), with(base, valid), with(base, of_code)};
  }

  // Without transpose_kernel it is reversed against the forward one, and in another order: an array in JAX's order stays so.
  void say(Direction direction, const FilterUse& filter, Settings& settings) const override {
    if (direction == Direction::conv_transpose)
      settings.transpose_kernel = filter.transpose_kernel.value_or(!filter.reversed);
  }
  std::string own_words(const Settings& settings) const override {
    return "padding=" + pads_text(*settings.padding);
  }

  std::string code(const Geometry& geometry, Direction direction, const Settings& settings) const override {
    Arguments words;
    const bool transposed = direction == Direction::conv_transpose;
    words.add(transposed ? "strides" : "window_strides", tuple(downs(settings)));
    words.add("padding", pads_text(*settings.padding));
    if (transposed) {
      words.add_if(!all_are(settings.dilation, 1), "rhs_dilation", tuple(settings.dilation));
      words.add_if(settings.transpose_kernel, "transpose_kernel", "True");
      return fmt::format("jax.lax.conv_transpose(x, w{})", words.python());
    }
    Values ups;
    for (const Stride& stride : settings.stride) ups.push_back(stride.up);
    words.add_if(!all_are(ups, 1), "lhs_dilation", tuple(ups));
    words.add_if(!all_are(settings.dilation, 1), "rhs_dilation", tuple(settings.dilation));
    words.add_if(geometry.groups != 1, "feature_group_count", fmt::format("{}", geometry.groups));
    return fmt::format("jax.lax.conv_general_dilated(x, w{})", words.python());
  }

 private:
  static std::string pads_text(const Padding& padding) {
    return padding.rule == PaddingRule::listed ? fmt::format("[{}]", pairs(padding, '(', ')'))
                                               : fmt::format("'{}'", capitals(padding.rule));
  }
};

}  // namespace

const Dialect& jax_dialect() {
  static const Jax system;
  return system;
}

}  // namespace fsconv
