#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fsconv/nn/loss.hpp>
#include <limits>

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

// log(1 + e) for 0 <= e <= 1, by log((1+s)/(1-s)) = 2 (s + s^3/3 + s^5/5 + ...) with s = e/(2+e) <= 1/3. The
// first term left out is below s * 9^-terms / terms: less than half a rounding. No branch and no call, so
// that the compiler takes many pixels at once, which it cannot with std::log1p.
template <class T>
T log_1_plus(T e) {
  constexpr int terms = std::numeric_limits<T>::digits / 3;
  const T s = e / (T(2) + e), square = s * s;
  T sum = 0;
  for (int term = terms; term-- > 0;) sum = sum * square + T(1) / static_cast<T>(2 * term + 1);
  return 2 * s * sum;
}

// log(1 + e^z) - x z, with the larger exponential taken out; where z > 0, z - x z is written so that it keeps
// its digits when x is close to 1.
template <class T>
T bce(T x, T z, T e) {
  return (z > 0 ? T(1) - x : -x) * z + log_1_plus(e);
}

// The sum of bce over `count` pixels. derive(first, length, e) is called for ranges of them, with e =
// exp(-|z|) of the range. The exponential is the only call; in a loop of its own it leaves the others to
// vectors.
template <class T, class F>
double bce_sum(const T* images, const T* outputs, Index count, F&& derive) {
  constexpr Index longest = 256;
  std::array<T, longest> exponentials, losses;
  T* const e = exponentials.data();
  T* const loss = losses.data();
  double sum = 0;
  for (Index first = 0; first < count; first += longest) {
    const Index length = std::min(longest, count - first);
    const T *x = images + first, *z = outputs + first;
    for (Index at = 0; at < length; ++at) e[at] = std::exp(-std::abs(z[at]));
    for (Index at = 0; at < length; ++at) loss[at] = bce(x[at], z[at], e[at]);
    for (Index at = 0; at < length; ++at) sum += static_cast<double>(loss[at]);
    derive(first, length, e);
  }
  return sum;
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
  if (loss == Loss::bce) return bce_sum(images, outputs, count, [](Index, Index, const T*) {});
  double sum = 0;
  for (Index at = 0; at < count; ++at)
    sum += static_cast<double>((outputs[at] - images[at]) * (outputs[at] - images[at]));
  return sum;
}

template <class T>
double replace_by_loss_gradient(Loss loss, const T* images, T* outputs, Index count, T scale) {
  if (loss == Loss::bce)
    return bce_sum(images, outputs, count, [=](Index first, Index length, const T* e) {
      const T* x = images + first;
      T* z = outputs + first;
      for (Index at = 0; at < length; ++at) z[at] = scale * (logistic(z[at], e[at]) - x[at]);
    });
  const double sum = total_loss(loss, images, outputs, count);
  for (Index at = 0; at < count; ++at) outputs[at] = scale * 2 * (outputs[at] - images[at]);
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
