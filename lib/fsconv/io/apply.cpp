#include <fmt/format.h>

#include <fsconv/io/apply.hpp>

namespace fsconv {
namespace {

void require_rank(const char* what, const Tensor<double>& values, Index least, Index most) {
  if (values.rank() < least || values.rank() > most)
    throw InvalidArgument(
        what, fmt::format("has {} axes", values.rank()),
        fmt::format("needs {} to {}: batch or channels, channels, then 1 to 3 of space", least, most));
}

Shape space_of(const Tensor<double>& ours) { return Shape(ours.shape().begin() + 2, ours.shape().end()); }

template <class T>
void add_bias(Tensor<T>& values, const std::optional<Array>& bias) {
  if (!bias) return;
  const Index channels = values.shape()[1];
  if (bias->values.size() != channels)
    throw InvalidArgument("bias", fmt::format("has {} numbers", bias->values.size()),
                          fmt::format("the result has {} channels", channels));
  if (values.size() == 0) return;
  const Index pixels = values.size() / (values.shape()[0] * channels);
  for (Index at = 0; at < values.size(); ++at)
    values[at] += static_cast<T>(bias->values[at / pixels % channels]);
}

// Channel numbers of a filter [code, image/groups, taps...] that must agree with the side that is read.
void require_channels(const char* what, Index given, Index wanted) {
  if (given != wanted)
    throw InvalidArgument(what, fmt::format("has {} channels", given),
                          fmt::format("the weight and groups ask for {}", wanted));
}

template <class T>
ApplyResult apply_as(const ApplyRequest& r, const char* dtype) {
  const Form<T>& form = form_named<T>(r.form);
  const Tensor<double> input = activation_from(r.order, r.input.values);
  ApplyResult result;
  result.dtype = dtype;

  if (r.op == Op::weight_gradient) {
    const Tensor<double> code = activation_from(r.order, r.output_gradient.values);
    if (!r.kernel) throw InvalidArgument("kernel", "is missing", "no array says how large the filter is");
    result.geometry =
        geometry_of(r.convention, Direction::conv,
                    {space_of(input), *r.kernel, input.shape()[1], code.shape()[1]}, r.settings);
    const Tensor<T> gradient = weight_gradient(form, result.geometry, cast<T>(code), cast<T>(input));
    result.values = cast<double>(weight_to(r.order, gradient));
    return result;
  }

  const Tensor<double> weight = weight_from(r.order, r.weight.values);
  const Index image_channels = weight.shape()[1] * r.settings.groups, code_channels = weight.shape()[0];
  const bool transposed = r.op == Op::conv_transpose;
  require_channels("input", input.shape()[1], transposed ? code_channels : image_channels);
  result.geometry =
      geometry_of(r.convention, transposed ? Direction::conv_transpose : Direction::conv,
                  {space_of(input), space_of(weight), image_channels, code_channels}, r.settings);
  Tensor<T> values = transposed ? conv_transpose(form, result.geometry, cast<T>(input), cast<T>(weight))
                                : conv(form, result.geometry, cast<T>(input), cast<T>(weight));
  add_bias(values, r.bias);
  result.values = cast<double>(activation_to(r.order, values));
  return result;
}

}  // namespace

ApplyResult apply(const ApplyRequest& request) {
  const auto axes = static_cast<Index>(request.order.activation.size());
  require_rank("input", request.input.values, axes, axes);
  bool all_float = request.input.dtype == "f4";
  if (request.op == Op::weight_gradient) {
    require_rank("output-gradient", request.output_gradient.values, axes, axes);
    all_float &= request.output_gradient.dtype == "f4";
  } else {
    require_rank("weight", request.weight.values, axes, axes);
    all_float &= request.weight.dtype == "f4";
  }
  ApplyResult result = all_float ? apply_as<float>(request, "f4") : apply_as<double>(request, "f8");
  require_finite(result.values, "the result");  // finite numbers went in: a sum has overflowed
  return result;
}

}  // namespace fsconv
