// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cmath>
#include <fsconv/nn/optimizer.hpp>

namespace fsconv {
namespace {

// The numbers of one step, the same for all elements. By value into the loops: a number that a loop could overwrite
// would have to be read again for every element.
template <class T>
struct AdamStep {
  T keep1, add1, keep2, add2, rate, root, epsilon, decay, shrink;

  // Returns 0 where all results are finite, and no number otherwise: 0 * x is 0 for a finite number alone.
  T run(T* w, const T* g, T* m, T* v, Index first, Index last) const {
    const AdamStep with = *this;
    T nothing = 0;
    for (Index at = first; at < last; ++at) {
      const T gradient = g[at] + with.decay * w[at];
      m[at] = with.keep1 * m[at] + with.add1 * gradient;
      v[at] = with.keep2 * v[at] + with.add2 * gradient * gradient;
      w[at] = with.shrink * w[at] - with.rate * m[at] / (std::sqrt(v[at]) / with.root + with.epsilon);
      nothing += T(0) * w[at];
    }
    return nothing;
  }
};

template <class T>
struct SgdStep {
  T momentum, rate, decay;

  T run(T* w, const T* g, T* v, Index first, Index last) const {
    const SgdStep with = *this;
    T nothing = 0;
    for (Index at = first; at < last; ++at) {
      v[at] = with.momentum * v[at] + (g[at] + with.decay * w[at]);
      w[at] -= with.rate * v[at];
      nothing += T(0) * w[at];
    }
    return nothing;
  }
};

template <class T>
AdamStep<T> adam_step(const OptimizerSettings& settings, double rate, Index steps) {
  const auto t = static_cast<double>(steps);
  const bool decoupled = settings.kind == OptimizerKind::adamw;
  return {.keep1 = static_cast<T>(settings.beta1),
          .add1 = static_cast<T>(1 - settings.beta1),
          .keep2 = static_cast<T>(settings.beta2),
          .add2 = static_cast<T>(1 - settings.beta2),
          .rate = static_cast<T>(rate / (1 - std::pow(settings.beta1, t))),
          .root = static_cast<T>(std::sqrt(1 - std::pow(settings.beta2, t))),
          .epsilon = static_cast<T>(settings.epsilon),
          .decay = static_cast<T>(decoupled ? 0 : settings.weight_decay),
          .shrink = static_cast<T>(decoupled ? 1 - rate * settings.weight_decay : 1)};
}

// The first gradient, or parameter of its number, for one of whose ranges `holds` is true.
template <class T, class F>
std::optional<std::size_t> first_with(const Gradients<T>& gradients, int threads, F&& holds) {
  std::vector<std::atomic<bool>> found(gradients.size());
  for_each_range(sizes_of(gradients), threads, [&](std::size_t number, Index first, Index last) {
    if (holds(number, first, last)) found[number] = true;
  });
  for (std::size_t number = 0; number < found.size(); ++number)
    if (found[number]) return number;
  return std::nullopt;
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(const OptimizerSettings& settings, const Parameters<T>& parameters)
    : settings_(settings) {
  const std::size_t slots = settings.kind == OptimizerKind::sgd ? 1 : 2;
  for (std::size_t slot = 0; slot < slots; ++slot) slots_.push_back(zeros_like(parameters));
}

template <class T>
std::string_view Optimizer<T>::slot_name(std::size_t slot) const {
  if (settings_.kind == OptimizerKind::sgd) return "velocity";
  return slot == 0 ? "first_moment" : "second_moment";
}

template <class T>
std::optional<std::size_t> Optimizer<T>::step(Parameters<T>& parameters, const Gradients<T>& gradients,
                                              double rate, int threads) {
  ++steps_;
  const bool sgd = settings_.kind == OptimizerKind::sgd;
  const SgdStep<T> with_sgd{.momentum = static_cast<T>(settings_.momentum),
                            .rate = static_cast<T>(rate),
                            .decay = static_cast<T>(settings_.weight_decay)};
  const AdamStep<T> with_adam = adam_step<T>(settings_, rate, steps_);
  return first_with(gradients, threads, [&](std::size_t number, Index first, Index last) {
    T* w = parameters[number].value.data();
    const T* g = gradients[number].data();
    const T nothing =
        sgd ? with_sgd.run(w, g, slots_[0][number].data(), first, last)
            : with_adam.run(w, g, slots_[0][number].data(), slots_[1][number].data(), first, last);
    return !(nothing == T(0));
  });
}

template <class T>
std::optional<std::size_t> first_not_finite(const Gradients<T>& gradients, int threads) {
  return first_with(gradients, threads, [&](std::size_t number, Index first, Index last) {
    const T* values = gradients[number].data();
    T nothing = 0;
    for (Index at = first; at < last; ++at) nothing += T(0) * (values[at] * values[at]);
    return !(nothing == T(0));
  });
}

template <class T>
double clip_norm(Gradients<T>& gradients, double largest, int threads) {
  double squares = 0;
  for (const Tensor<T>& gradient : gradients)
    for (const T value : gradient) squares += static_cast<double>(value) * static_cast<double>(value);
  const double norm = std::sqrt(squares);
  if (!(norm > largest)) return norm;
  const T factor = static_cast<T>(largest / norm);
  for_each_range(sizes_of(gradients), threads, [&](std::size_t number, Index first, Index last) {
    T* values = gradients[number].data();
    for (Index at = first; at < last; ++at) values[at] *= factor;
  });
  return norm;
}

#define FSCONV_INSTANTIATE(T)                                                     \
  template class Optimizer<T>;                                                    \
  template std::optional<std::size_t> first_not_finite(const Gradients<T>&, int); \
  template double clip_norm(Gradients<T>&, double, int);
FSCONV_INSTANTIATE(float)
FSCONV_INSTANTIATE(double)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv
