// The operator's values on small arrays, by one form and again by the others.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/forms/gather.hpp>
#include <fsconv/forms/polyphase.hpp>
#include <fsconv/forms/scatter.hpp>
#include <fsconv/forms/zero_insertion.hpp>
#include <limits>
#include <numeric>

#include "answers.hpp"

namespace fsconv::explorer {
namespace {

constexpr Index most_numbers = 4096, most_products = 200'000;

using Map = Tensor<double> (*)(const Geometry&, const Tensor<double>&, const Tensor<double>&);
struct FormHere {
  const char* name;
  Map conv, conv_transpose;
};
constexpr FormHere other_forms[] = {
    {"scatter", scatter::conv<double>, scatter::conv_transpose<double>},
    {"zero_insertion", zero_insertion::conv<double>, zero_insertion::conv_transpose<double>},
    {"polyphase", polyphase::conv<double>, polyphase::conv_transpose<double>},
};

Tensor<double> tensor_of(const json& options, const char* name, const Shape& shape) {
  Tensor<double> tensor(shape);
  const auto given = options.find(name);
  if (given == options.end()) {
    std::iota(tensor.begin(), tensor.end(), 1.0);
    return tensor;
  }
  if (static_cast<Index>(given->size()) != tensor.size())
    throw InvalidArgument(name, fmt::format("has {} numbers", given->size()),
                          fmt::format("give {}", tensor.size()));
  for (std::size_t at = 0; at < given->size(); ++at)
    tensor[static_cast<Index>(at)] = (*given)[at].get<double>();
  return tensor;
}

json json_of(const Tensor<double>& tensor) {
  return {{"shape", tensor.shape()}, {"values", std::vector<double>(tensor.begin(), tensor.end())}};
}

Tensor<double> magnitudes(Tensor<double> tensor) {
  for (double& value : tensor) value = std::abs(value);
  return tensor;
}

}  // namespace

json numbers_answer(const Request& r, const json& options) {
  const Geometry& geometry = r.geometry;
  const bool transposed = r.direction == Direction::conv_transpose;
  const ArrayOrder order = array_order(r.convention, r.direction, geometry.axes.size(), r.settings);
  const Shape source = transposed ? geometry.code_shape() : geometry.image_shape();
  const Index pixels =
      std::max({element_count(source, "x"), element_count(geometry.image_shape(), "y"),
                element_count(geometry.code_shape(), "y"), element_count(geometry.weight_shape(), "w")});
  if (pixels > most_numbers || nonzeros(geometry) > most_products)
    throw InvalidArgument("numbers", "there are too many for this page",
                          fmt::format("at most {} in an array, {} products; fsconv apply has no such limit",
                                      most_numbers, most_products));
  if (pixels == 0 || element_count(source, "x") == 0) throw InvalidArgument("numbers", "there are none");

  const auto& source_order = transposed ? order.code : order.image;
  const auto& result_order = transposed ? order.image : order.code;
  const Shape x_shape = activation_to(source_order, Tensor<double>(source)).shape(),
              w_shape = weight_to(order, Tensor<double>(geometry.weight_shape())).shape();
  const Tensor<double> x = tensor_of(options, "x", x_shape), w = tensor_of(options, "w", w_shape);
  require_finite(x, "x");
  require_finite(w, "w");
  const Tensor<double> ours = activation_from(source_order, x), weight = weight_from(order, w);
  const auto with_gather = [&](const Tensor<double>& from, const Tensor<double>& by) {
    return transposed ? gather::conv_transpose(geometry, from, by) : gather::conv(geometry, from, by);
  };
  const Tensor<double> y = with_gather(ours, weight);
  require_finite(y, "the result");

  // Two orders of summing n products of which the magnitudes add up to m differ by 2 n u m at most, where u is half of
  // epsilon (and n is below 2^20, so that terms of u^2 do not count).
  const Tensor<double> magnitude = with_gather(magnitudes(ours), magnitudes(weight));
  const Index filter = element_count(geometry.weight_shape(), "w") / geometry.weight_shape()[0];
  const double terms = static_cast<double>(transposed ? filter * geometry.out_channels : filter);
  const double largest = magnitude.size() == 0 ? 0 : *std::max_element(magnitude.begin(), magnitude.end());
  json others = json::array();
  for (const FormHere& form : other_forms) {
    const Tensor<double> again =
        transposed ? form.conv_transpose(geometry, ours, weight) : form.conv(geometry, ours, weight);
    double difference = 0;
    for (Index at = 0; at < y.size(); ++at) difference = std::max(difference, std::abs(y[at] - again[at]));
    others.push_back({{"form", form.name},
                      {"difference", difference},
                      {"bound", terms * std::numeric_limits<double>::epsilon() * largest}});
  }
  return {{"x", json_of(x)},
          {"w", json_of(w)},
          {"y", json_of(activation_to(result_order, y))},
          {"others", others}};
}

}  // namespace fsconv::explorer
