// The operator applied to arrays from files, in the layout of a convention.
#pragma once

#include <fsconv/forms/form.hpp>
#include <fsconv/geometry/array_order.hpp>
#include <fsconv/io/array.hpp>
#include <optional>
#include <string>

namespace fsconv {

struct ApplyRequest {
  Op op = Op::conv;
  Convention convention = Convention::native;
  Settings settings;
  ArrayOrder order;  // of the arrays, with the flip the user wants
  std::string form = "im2col";
  std::optional<Shape> kernel;  // weight_gradient only: the filter size, which no array says

  // In the convention's order. weight_gradient reads `input` (the image) and `output_gradient` (the code).
  Array input, weight, output_gradient;
  std::optional<Array> bias;  // one number per channel of the result
};

struct ApplyResult {
  Geometry geometry;
  Tensor<double> values;  // in the convention's order
  std::string dtype;      // "f4" if every array was f4 (the work was done in float), else "f8"
};

// Throws InvalidArgument where arrays and settings do not fit each other, naming the array.
ApplyResult apply(const ApplyRequest& request);

}  // namespace fsconv
