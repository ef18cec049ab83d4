// The operator applied to arrays, in the layout of a convention.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/array.hpp>
#include <fsconv/conventions/convention.hpp>
#include <fsconv/conventions/fixed_filter.hpp>
#include <fsconv/forms/form.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

struct ApplyRequest {
  Op op = Op::conv;
  Convention convention = Convention::native;
  Settings settings;
  std::string form = "im2col";
  std::optional<Shape> kernel;  // weight_gradient only: the filter size, which no array says

  // In the convention's order. weight_gradient reads `input` (the image) and `output_gradient` (the code).
  Array input, weight, output_gradient;
  // In place of a weight: each channel is mapped to itself with this filter. What the settings do not say is the
  // filter's (filter_call()).
  std::optional<FixedFilter> filter;
  std::optional<Array> bias;  // [channels of the result]
};

struct ApplyResult {
  Geometry geometry;
  Tensor<double> values;           // in the convention's order, with as many batch axes as the input
  std::string dtype;               // "f4" if every array was f4 (the work was done in float), else "f8"
  std::vector<std::string> notes;  // what a user should know: one sentence each
};

// Throws InvalidArgument where arrays and settings do not fit each other, or the system would refuse
// them, naming the array.
ApplyResult apply(const ApplyRequest& request);

}  // namespace fsconv
