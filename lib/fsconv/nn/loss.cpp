#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/nn/loss.hpp>

namespace fsconv {
namespace {

template <class T>
T logistic(T z) {
  return T(1) / (T(1) + std::exp(-z));
}

// log(1 + e^z) - x z, with the larger exponential taken out so that none overflows.
template <class T>
T bce(T x, T z) {
  return std::max(z, T(0)) - x * z + std::log1p(std::exp(-std::abs(z)));
}

template <class T, class F>
Tensor<T> map_pairs(const Tensor<T>& images, const Tensor<T>& outputs, F&& f) {
  Tensor<T> result(outputs.shape());
  std::transform(images.begin(), images.end(), outputs.begin(), result.begin(), f);
  return result;
}

}  // namespace

std::string_view name(Loss loss) { return loss == Loss::bce ? "bce" : "mse"; }

std::string_view units(Loss loss) { return loss == Loss::bce ? "nats per image" : "squared error per image"; }

Loss loss_named(std::string_view name) {
  if (name == "bce") return Loss::bce;
  if (name == "mse") return Loss::mse;
  throw InvalidArgument("loss", fmt::format("is '{}'", name), "choose bce or mse");
}

template <class T>
double total_loss(Loss loss, const Tensor<T>& images, const Tensor<T>& outputs) {
  double sum = 0;
  for (Index at = 0; at < images.size(); ++at) {
    const T x = images[at], z = outputs[at];
    sum += static_cast<double>(loss == Loss::bce ? bce(x, z) : (z - x) * (z - x));
  }
  return sum;
}

template <class T>
Tensor<T> loss_gradient(Loss loss, const Tensor<T>& images, const Tensor<T>& outputs, T scale) {
  if (loss == Loss::bce)
    return map_pairs(images, outputs, [scale](T x, T z) { return scale * (logistic(z) - x); });
  return map_pairs(images, outputs, [scale](T x, T z) { return scale * 2 * (z - x); });
}

template <class T>
Tensor<T> to_pixels(Loss loss, const Tensor<T>& outputs) {
  Tensor<T> pixels = outputs;
  for (T& value : pixels) value = loss == Loss::bce ? logistic(value) : std::clamp(value, T(0), T(1));
  return pixels;
}

template double total_loss(Loss, const Tensor<float>&, const Tensor<float>&);
template double total_loss(Loss, const Tensor<double>&, const Tensor<double>&);
template Tensor<float> loss_gradient(Loss, const Tensor<float>&, const Tensor<float>&, float);
template Tensor<double> loss_gradient(Loss, const Tensor<double>&, const Tensor<double>&, double);
template Tensor<float> to_pixels(Loss, const Tensor<float>&);
template Tensor<double> to_pixels(Loss, const Tensor<double>&);

}  // namespace fsconv
