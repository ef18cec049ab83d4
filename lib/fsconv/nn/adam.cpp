#include <cmath>
#include <fsconv/nn/adam.hpp>

namespace fsconv {
namespace {

// The numbers of one step, the same for all elements.
template <class T>
struct Coefficients {
  T keep1, add1, keep2, add2, rate, root, epsilon;
};

// By value: a number that the loop could overwrite would have to be read again for every element.
template <class T>
void advance(const Coefficients<T> with, Parameter<T>& parameter, Index first, Index last) {
  T* value = parameter.value.data();
  T* m = parameter.first_moment.data();
  T* v = parameter.second_moment.data();
  const T* g = parameter.gradient.data();
  for (Index at = first; at < last; ++at) {
    m[at] = with.keep1 * m[at] + with.add1 * g[at];
    v[at] = with.keep2 * v[at] + with.add2 * g[at] * g[at];
    value[at] -= with.rate * m[at] / (std::sqrt(v[at]) / with.root + with.epsilon);
  }
}

}  // namespace

template <class T>
void Adam::step(Parameters<T>& parameters, int threads) {
  ++steps;
  const auto t = static_cast<double>(steps);
  const Coefficients<T> with = {.keep1 = static_cast<T>(beta1),
                                .add1 = static_cast<T>(1 - beta1),
                                .keep2 = static_cast<T>(beta2),
                                .add2 = static_cast<T>(1 - beta2),
                                .rate = static_cast<T>(learning_rate / (1 - std::pow(beta1, t))),
                                .root = static_cast<T>(std::sqrt(1 - std::pow(beta2, t))),
                                .epsilon = static_cast<T>(epsilon)};
  for_each_range(parameters, threads, [&](std::size_t number, Index first, Index last) {
    advance(with, parameters[number], first, last);
  });
}

template void Adam::step(Parameters<float>&, int);
template void Adam::step(Parameters<double>&, int);

}  // namespace fsconv
