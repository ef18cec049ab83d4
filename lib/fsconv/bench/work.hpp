// What is timed: one operation on one set of operands.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/operands.hpp>

namespace fsconv::bench {

// Everything that is done once and not in every step is done when it is made.
class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;
  virtual Tensor<float> result() const = 0;  // of the last run, in the order of form.hpp
};

}  // namespace fsconv::bench
