#include <cmath>
#include <fsconv/nn/adam.hpp>

namespace fsconv {

template <class T>
void Adam::step(Parameters<T>& parameters) {
  ++steps;
  const auto t = static_cast<double>(steps);
  const auto keep1 = static_cast<T>(beta1), add1 = static_cast<T>(1 - beta1);
  const auto keep2 = static_cast<T>(beta2), add2 = static_cast<T>(1 - beta2);
  const auto rate = static_cast<T>(learning_rate / (1 - std::pow(beta1, t)));
  const auto root = static_cast<T>(std::sqrt(1 - std::pow(beta2, t)));
  const auto small = static_cast<T>(epsilon);
  for (Parameter<T>& parameter : parameters) {
    T* value = parameter.value.data();
    T* m = parameter.first_moment.data();
    T* v = parameter.second_moment.data();
    const T* g = parameter.gradient.data();
    for (Index at = 0; at < parameter.value.size(); ++at) {
      m[at] = keep1 * m[at] + add1 * g[at];
      v[at] = keep2 * v[at] + add2 * g[at] * g[at];
      value[at] -= rate * m[at] / (std::sqrt(v[at]) / root + small);
    }
  }
}

template void Adam::step(Parameters<float>&);
template void Adam::step(Parameters<double>&);

}  // namespace fsconv
