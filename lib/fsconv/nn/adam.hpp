// Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1), with PyTorch's order of operations.
#pragma once

#include <fsconv/nn/parameter.hpp>

namespace fsconv {

//     m <- beta1 m + (1-beta1) g          v <- beta2 v + (1-beta2) g^2
//     w <- w - rate/(1-beta1^t) * m / (sqrt(v)/sqrt(1-beta2^t) + epsilon)          t = 1, 2, ...
struct Adam {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  Index steps = 0;  // taken so far; with the parameters' moments, the whole state

  // Takes one step from the parameters' gradients. The same bits on any number of threads.
  template <class T>
  void step(Parameters<T>& parameters, int threads = 1);
};

}  // namespace fsconv
