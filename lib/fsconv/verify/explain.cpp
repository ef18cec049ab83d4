#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/forms/matrix_text.hpp>
#include <fsconv/forms/template_forms.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/explain.hpp>
#include <fsconv/verify/trial.hpp>

namespace fsconv {
namespace {

constexpr Index most_pixels = 64, most_products = 400;

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
                          const std::vector<Values>& values, const Names& names, Symbol of,
                          const char* label) {
  ExplainedMap map{.title = std::move(title), .roads = std::move(roads)};
  for (Index at = 0; at < values.front().size(); ++at) {
    // "x3" of the sources becomes "(W^T y)3" of the results.
    ExplainedRow row{.name = label + names(of, at).substr(1)};
    for (const Values& road : values) {
      row.polynomials.push_back(text(road[at], names));
      map.equal = map.equal && equal(road[at], values.front()[at]);
    }
    map.rows.push_back(std::move(row));
  }
  return map;
}

}  // namespace

Explanation explain(const Geometry& geometry) {
  check(geometry);
  const Index pixels = element_count(geometry.image_shape()) + element_count(geometry.code_shape());
  const Index products = nonzeros(geometry);
  if (pixels > most_pixels || products > most_products)
    throw InvalidArgument(
        "symbolic", fmt::format("{} and {}", counted(pixels, "pixel"), counted(products, "product")),
        fmt::format("at most {} pixels and {} products are printed", most_pixels, most_products));

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
                        {definition.conv(x, w), down}, names, Symbol::code, "(W x)");
  e.conv_transpose = side_by_side(
      "transposed convolution: the columns of W",
      {"column of W times y", "conv_transpose (scatter)", "zeros inserted, filter reversed", "dL/dx"},
      {definition.conv_transpose(y, w), scatter::conv_transpose(geometry, y, w),
       zero_insertion::conv_transpose(geometry, y, w), gradient_of(loss, Symbol::image, x.shape())},
      names, Symbol::image, "(W^T y)");
  e.weight_gradient =
      side_by_side("gradient of the weights", {"weight_gradient (gather)", "dL/dw"},
                   {gather::weight_gradient(geometry, y, x), gradient_of(loss, Symbol::weight, w.shape())},
                   names, Symbol::weight, "dL/dw");

  if (geometry.axes.size() == 1 && geometry.in_channels == 1 && geometry.out_channels == 1) {
    const Geometry back = geometry.transposed();
    const auto stretched = zero_insertion::stretched_image(Layout(back), y).values;
    const Values reversed = transposed_weight(geometry, w);
    for (const Polynomial& value : stretched) e.stretched += text(value, names) + "  ";
    for (const Polynomial& value : reversed) e.filter += text(value, names) + "  ";
  }
  return e;
}

}  // namespace fsconv
