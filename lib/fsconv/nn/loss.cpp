#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/nn/loss.hpp>

namespace fsconv {
namespace {

// e = exp(-|z|) never overflows; both functions of z are made of it.
template <class T>
T logistic(T z, T e) {
  return (z >= 0 ? T(1) : e) / (T(1) + e);
}
template <class T>
T logistic(T z) {
  return logistic(z, std::exp(-std::abs(z)));
}

// log(1 + e^z) - x z, with the larger exponential taken out.
template <class T>
T bce(T x, T z, T e) {
  return std::max(z, T(0)) - x * z + std::log1p(e);
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
double total_loss(Loss loss, const T* images, const T* outputs, Index count) {
  double sum = 0;
  for (Index at = 0; at < count; ++at) {
    const T x = images[at], z = outputs[at];
    sum += static_cast<double>(loss == Loss::bce ? bce(x, z, std::exp(-std::abs(z))) : (z - x) * (z - x));
  }
  return sum;
}

template <class T>
double replace_by_loss_gradient(Loss loss, const T* images, T* outputs, Index count, T scale) {
  double sum = 0;
  for (Index at = 0; at < count; ++at) {
    const T x = images[at], z = outputs[at];
    if (loss == Loss::bce) {
      const T e = std::exp(-std::abs(z));
      sum += static_cast<double>(bce(x, z, e));
      outputs[at] = scale * (logistic(z, e) - x);
    } else {
      sum += static_cast<double>((z - x) * (z - x));
      outputs[at] = scale * 2 * (z - x);
    }
  }
  return sum;
}

template <class T>
void to_pixels(Loss loss, T* outputs, Index count) {
  std::transform(outputs, outputs + count, outputs, [loss](T value) {
    return loss == Loss::bce ? logistic(value) : std::clamp(value, T(0), T(1));
  });
}

template <class T>
double total_loss(Loss loss, const Tensor<T>& images, const Tensor<T>& outputs) {
  return total_loss(loss, images.data(), outputs.data(), images.size());
}

template <class T>
Tensor<T> loss_gradient(Loss loss, const Tensor<T>& images, const Tensor<T>& outputs, T scale) {
  Tensor<T> gradient = outputs;
  replace_by_loss_gradient(loss, images.data(), gradient.data(), gradient.size(), scale);
  return gradient;
}

template <class T>
Tensor<T> to_pixels(Loss loss, const Tensor<T>& outputs) {
  Tensor<T> pixels = outputs;
  to_pixels(loss, pixels.data(), pixels.size());
  return pixels;
}

#define FSCONV_INSTANTIATE(T)                                                    \
  template double total_loss(Loss, const Tensor<T>&, const Tensor<T>&);          \
  template Tensor<T> loss_gradient(Loss, const Tensor<T>&, const Tensor<T>&, T); \
  template Tensor<T> to_pixels(Loss, const Tensor<T>&);                          \
  template double total_loss(Loss, const T*, const T*, Index);                   \
  template double replace_by_loss_gradient(Loss, const T*, T*, Index, T);        \
  template void to_pixels(Loss, T*, Index);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv
