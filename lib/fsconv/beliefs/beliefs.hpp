// Popular beliefs about transposed convolution that are false, shown to be false on the real kernels.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fsconv {

// The values of a belief's variables for which it fails, as a solver reports them: {{"in", 2}, {"taps", 3}}.
using Counterexample = std::vector<std::pair<std::string, Index>>;

// What one would compute under the belief, and what is computed.
struct Demonstration {
  std::string setting;  // the geometry as a case string, and the numbers put in
  std::string believed_label, true_label;
  Tensor<double> believed, actual;  // [1, 1, pixels...]; no pixels where no window fits
  std::string lesson;               // one line: what is true instead
};

// Replays the counterexample of a belief. Pixels are 1, 10, 100, ... and weights 1, 2, 3, ...: each decimal
// place of a result belongs to one pixel, and its digit is the weight that the pixel met.
// name            as the files in proofs/smt/beliefs are called, without .smt2
// counterexample  the variables of that file's get-value, at most 100 in absolute value; others are ignored
// Throws InvalidArgument where the name is unknown, or a variable is missing, too large or makes no legal
// geometry; Error (claim_failed) where the belief does not fail there: then it was no counterexample.
Demonstration demonstrate(std::string_view name, const Counterexample& counterexample);

// The beliefs that can be shown, in alphabetical order.
std::vector<std::string> demonstrated_beliefs();

// Four lines for the terminal: the setting, both arrays, the lesson.
std::string text(const Demonstration& demonstration);

}  // namespace fsconv
