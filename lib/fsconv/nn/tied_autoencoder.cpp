#include <fmt/format.h>

#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/nn/tied_autoencoder.hpp>

namespace fsconv {
namespace {

// The streams of random numbers that make weights: apart from those of everything else that uses the seed.
constexpr std::uint64_t first_weight_stream = std::uint64_t{0x77676874} << 32;

// The encoder's maps: the convolutions, then the linear layer on what they leave.
std::vector<Geometry> encoder_geometries(const AutoencoderShape& shape) {
  std::vector<Geometry> stack = plan_stack(shape.image_channels, shape.image_size, shape.convolutions);
  const Shape last = stack.back().code_shape();
  stack.push_back(linear_geometry(last[1], Shape(last.begin() + 2, last.end()), shape.latent));
  return stack;
}

template <class T>
void require_support(const Form<T>& form, const Geometry& geometry) {
  for (const Op op : {Op::conv, Op::conv_transpose, Op::weight_gradient})
    if (const auto problem = form.unsupported(geometry, op))
      throw InvalidArgument("form", fmt::format("{} cannot run this model: {}", form.name, *problem));
}

// One bias per channel of a convolution's image, one per element of what the linear layer reads.
Shape decoder_bias_shape(const Geometry& geometry, bool linear) {
  const Shape image = geometry.image_shape();
  return linear ? Shape(image.begin() + 1, image.end()) : Shape{geometry.in_channels};
}

}  // namespace

template <class T>
TiedAutoencoder<T>::TiedAutoencoder(const AutoencoderShape& shape, const Form<T>& form, std::uint64_t seed)
    : form_name_(form.name) {
  const std::vector<Geometry> geometries = encoder_geometries(shape);
  const std::size_t depth = geometries.size();
  // a ReLU halves the variance (He et al., arXiv 1502.01852); the linear layer has none
  auto gain = [&](std::size_t at) { return at + 1 == depth ? 1.0 : 2.0; };

  for (std::size_t at = 0; at < depth; ++at) {
    const Geometry& geometry = geometries[at];
    const bool linear = at + 1 == depth;
    if (!linear) require_support(form, geometry);
    const std::string name = linear ? "linear" : fmt::format("conv{}", at + 1);
    const std::size_t weight = add_weight(name, geometry, gain(at), seed);
    const std::size_t bias = add_bias(name + "_bias", {geometry.out_channels});
    layers_.push_back({.map = LinearMap<T>(geometry, form),
                       .transposed = false,
                       .weight = weight,
                       .bias = bias,
                       .relu = !linear});
  }
  for (std::size_t at = depth; at-- > 0;) {
    const Geometry& geometry = geometries[at];
    const std::string name = parameters_[layers_[at].weight].name + "_transpose";
    const std::size_t weight = shape.tied ? layers_[at].weight : add_weight(name, geometry, gain(at), seed);
    const std::size_t bias = add_bias(name + "_bias", decoder_bias_shape(geometry, at + 1 == depth));
    layers_.push_back({.map = LinearMap<T>(geometry, form),
                       .transposed = true,
                       .weight = weight,
                       .bias = bias,
                       .relu = at > 0});
  }
}

// `gain` is the factor by which the variance of a sum over the fan-in is to be larger than one.
template <class T>
std::size_t TiedAutoencoder<T>::add_weight(const std::string& name, const Geometry& geometry, double gain,
                                           std::uint64_t seed) {
  Tensor<T> value(geometry.weight_shape(), "weights");
  const auto fan_in = static_cast<double>(value.size() / geometry.out_channels);
  const double deviation = std::sqrt(gain / fan_in);
  Random random(seed, first_weight_stream + parameters_.size());
  for (T& element : value) element = static_cast<T>(deviation * random.normal());
  parameters_.emplace_back(name, std::move(value));
  return parameters_.size() - 1;
}

template <class T>
std::size_t TiedAutoencoder<T>::add_bias(const std::string& name, const Shape& shape) {
  parameters_.emplace_back(name, Tensor<T>(shape, "bias"));
  return parameters_.size() - 1;
}

template <class T>
std::vector<Tensor<T>> TiedAutoencoder<T>::trace(const Tensor<T>& images) const {
  std::vector<Tensor<T>> trace{images};
  for (const Layer<T>& layer : layers_) trace.push_back(layer.forward(parameters_, trace.back()));
  return trace;
}

template <class T>
void TiedAutoencoder<T>::backward(const std::vector<Tensor<T>>& trace, Tensor<T> output_gradient,
                                  Gradients<T>& gradients) const {
  Tensor<T> gradient = std::move(output_gradient);
  for (std::size_t at = layers_.size(); at-- > 0;)
    gradient =
        layers_[at].backward(parameters_, trace[at], trace[at + 1], std::move(gradient), gradients, at > 0);
}

template class TiedAutoencoder<float>;
template class TiedAutoencoder<double>;

}  // namespace fsconv
