// Seeded random numbers that are the same on every machine and compiler.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <fsconv/base/tensor.hpp>
#include <random>
#include <utility>

namespace fsconv {

// The engine is the standard's mt19937_64, whose output is prescribed; the distributions are our own, because
// the standard leaves theirs to the library. `stream` separates the uses of one seed (one per check, epoch or
// layer).
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

  double uniform();                      // [0, 1), 53 bits
  double normal();                       // mean 0, standard deviation 1
  Index integer(Index low, Index high);  // low..high, both included, unbiased

  template <class Container>
  void shuffle(Container& values) {
    for (Index at = static_cast<Index>(values.size()) - 1; at > 0; --at)
      std::swap(values[static_cast<std::size_t>(at)], values[static_cast<std::size_t>(integer(0, at))]);
  }

 private:
  std::mt19937_64 engine_;
};

// Tensors of random reals in [-1, 1) and of random integers in [-bound, bound].
template <class T>
Tensor<T> random_reals(const Shape& shape, Random& random) {
  Tensor<T> values(shape);
  for (T& value : values) value = static_cast<T>(2 * random.uniform() - 1);
  return values;
}
template <class T>
Tensor<T> random_integers(const Shape& shape, Index bound, Random& random) {
  Tensor<T> values(shape);
  for (T& value : values) value = static_cast<T>(random.integer(-bound, bound));
  return values;
}

}  // namespace fsconv
