// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/forms/checkerboard.hpp>
#include <fsconv/forms/matrix_text.hpp>
#include <fsconv/forms/template_forms.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/explain.hpp>
#include <fsconv/verify/trial.hpp>

namespace fsconv {
namespace {

constexpr Index most_pixels = 64, most_products = 400, most_spread = 2000;

using Values = Tensor<Polynomial>;

Shape without_batch(Shape shape) {
  shape.erase(shape.begin());
  return shape;
}

// Names the symbols of one geometry: x of the image, w of the weight, y of the code.
class Names {
 public:
  explicit Names(const Geometry& geometry)
      : image_(without_batch(geometry.image_shape())),
        code_(without_batch(geometry.code_shape())),
        weight_(geometry.weight_shape()) {}

  std::string operator()(Symbol array, Index element) const {
    if (array == Symbol::image) return element_name("x", image_, 1, element);
    if (array == Symbol::code) return element_name("y", code_, 1, element);
    return element_name("w", weight_, 2, element);
  }

 private:
  Shape image_, code_, weight_;
};

std::string equation(const Axis& a) {
  const auto times = [](Index factor, const char* name) {
    return factor == 1 ? std::string(name) : fmt::format("{}*{}", factor, name);
  };
  const std::string shift = a.pad == 0 ? "" : fmt::format(" {} {}", a.pad > 0 ? '-' : '+', std::abs(a.pad));
  return fmt::format("{} = {} + {}{}    0 <= i < {}, 0 <= o < {}, 0 <= k < {}", times(a.up, "i"),
                     times(a.down, "o"), times(a.dilation, "k"), shift, a.in, a.out, a.taps);
}

ExplainedMap side_by_side(std::string title, std::vector<std::string> roads,
                          const std::vector<Values>& values,
                          const std::function<std::string(Symbol, Index)>& symbol_name, const Names& names,
                          Symbol of, const char* label) {
  ExplainedMap map{.title = std::move(title), .roads = std::move(roads)};
  for (Index at = 0; at < values.front().size(); ++at) {
    // "x3" of the sources becomes "(W^T y)3" of the results.
    ExplainedRow row{.name = label + names(of, at).substr(1)};
    for (const Values& road : values) {
      row.polynomials.push_back(text(road[at], symbol_name));
      map.equal = map.equal && equal(road[at], values.front()[at]);
    }
    map.rows.push_back(std::move(row));
  }
  return map;
}

// Filters with equal phase sums along every axis: q chooses one, and what is left of it behind nearest upsampling is a
// plain filter. On several axes equal sums alone are not enough (beliefs: equal_sums_are_resize).
void explain_resize(const Geometry& geometry, const Values& y, const Values& w, const Names& names,
                    Explanation& e) {
  Shape chosen{geometry.out_channels, geometry.in_per_group()};
  bool several_phases = false;
  for (const Axis& axis : geometry.axes) {
    chosen.push_back(checkerboard::free_taps(axis));
    several_phases = several_phases || axis.image_step() > 1;
  }
  if (!several_phases || element_count(chosen) == 0) return;
  const auto with_q = [&](Symbol array, Index element) {
    return array == Symbol::weight ? element_name("q", chosen, 2, element) : names(array, element);
  };
  const Values even = checkerboard::with_equal_sums(geometry, symbols(Symbol::weight, chosen));
  const Geometry plain = checkerboard::plain_conv(geometry);
  e.plain = print_case(plain);
  e.resize = side_by_side(
      geometry.axes.size() == 1 ? "equal phase sums: nearest upsampling, then a plain conv"
                                : "equal phase sums along every axis: nearest upsampling, then a plain conv",
      {"conv_transpose (gather)", "nearest, then conv (gather)"},
      {gather::conv_transpose(geometry, y, even),
       gather::conv(plain, checkerboard::nearest(geometry, y),
                    checkerboard::plain_weight(geometry, checkerboard::resize_filter(geometry, even)))},
      with_q, names, Symbol::image, "(W^T y)");
  for (Index k = 0; k < even.size(); ++k)
    e.even_filter.push_back(fmt::format("{} = {}", names(Symbol::weight, k), text(even[k], with_q)));
  if (geometry.axes.size() > 1 || w.size() != geometry.axes[0].taps) return;
  const Values sums = checkerboard::phase_sums(geometry, w);
  for (Index r = 0; r < sums.size(); ++r)
    e.phase_sums.push_back(fmt::format("g{} = {}", r, text(sums[r], names)));
}

}  // namespace

Explanation explain(const Geometry& geometry, std::string_view option) {
  check(geometry);
  const Index pixels = element_count(geometry.image_shape()) + element_count(geometry.code_shape());
  const Index products = nonzeros(geometry), weights = element_count(geometry.weight_shape());
  if (pixels > most_pixels || products > most_products)
    throw InvalidArgument(
        option, fmt::format("would print {} and {}", counted(pixels, "pixel"), counted(products, "product")),
        fmt::format("at most {} pixels and {} products are printed", most_pixels, most_products));
  if (weights > most_products)
    throw InvalidArgument(option, fmt::format("would print {}", counted(weights, "weight")),
                          fmt::format("at most {} are printed", most_products));
  for (const Axis& axis : geometry.axes) {
    const Axis back = axis.transposed();
    const Index spread = std::max(axis.extent(), back.stretched_image() + std::max<Index>(back.pad, 0) +
                                                     std::max<Index>(back.pad_end(), 0));
    if (spread > most_spread)
      throw InvalidArgument(option, fmt::format("would print an axis that is {} long with its zeros", spread),
                            fmt::format("at most {} are printed", most_spread));
  }

  const Names names(geometry);
  const Definition definition(geometry);
  const Values x = symbols(Symbol::image, geometry.image_shape()),
               y = symbols(Symbol::code, geometry.code_shape()),
               w = symbols(Symbol::weight, geometry.weight_shape());
  Explanation e;
  e.name = print_case(geometry);
  for (const Axis& axis : geometry.axes) e.equations.push_back(equation(axis));
  e.w = symbolic_matrix(geometry);

  const Values down = gather::conv(geometry, x, w);
  const Polynomial loss = dot(down, y);
  e.conv = side_by_side("conv: the rows of W", {"row of W times x", "conv (gather)"},
                        {definition.conv(x, w), down}, names, names, Symbol::code, "(W x)");
  e.conv_transpose = side_by_side(
      "transposed convolution: the columns of W",
      {"column of W times y", "conv_transpose (scatter)", "zeros inserted, filter reversed", "dL/dx"},
      {definition.conv_transpose(y, w), scatter::conv_transpose(geometry, y, w),
       zero_insertion::conv_transpose(geometry, y, w), gradient_of(loss, Symbol::image, x.shape())},
      names, names, Symbol::image, "(W^T y)");
  e.weight_gradient =
      side_by_side("gradient of the weights", {"weight_gradient (gather)", "dL/dw"},
                   {gather::weight_gradient(geometry, y, x), gradient_of(loss, Symbol::weight, w.shape())},
                   names, names, Symbol::weight, "dL/dw");
  explain_resize(geometry, y, w, names, e);

  if (geometry.axes.size() == 1 && geometry.in_channels == 1 && geometry.out_channels == 1) {
    const Geometry back = geometry.transposed();
    const auto stretched = zero_insertion::stretched_image(Layout(back), y).values;
    const Values reversed = transposed_weight(geometry, w);
    for (const Polynomial& value : stretched) e.stretched += text(value, names) + "  ";
    for (const Polynomial& value : reversed) {
      if (!e.filter.empty())
        for (Index hole = 1; hole < back.axes[0].dilation; ++hole) e.filter += ".  ";
      e.filter += text(value, names) + "  ";
    }
    e.step = back.axes[0].down;
  }
  return e;
}

}  // namespace fsconv
