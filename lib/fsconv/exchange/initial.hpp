// Weights from elsewhere put into a model, and what the file says that the model must make of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/state.hpp>
#include <fsconv/train/train.hpp>
#include <functional>
#include <string>

namespace fsconv {

// Every parameter of the model from the tensor of its name: PyTorch's (pytorch_names.hpp), another name of a shared weight,
// or fsconv's own ("conv1", in the model's shape). A file that names a shared weight more than once must hold the same numbers
// under all of its names. BadData naming `where` (the file) and the first few for tensors that are missing, too many, of
// another shape or not finite, and for shared ones that differ.
void put_into(const Model& model, Parameters<float>& parameters, const ModelState& state,
              const std::string& where);

// How a model answers to a file's check.
struct CheckOutcome {
  struct Line {
    std::string name;      // "code", "output", ...
    double off = 0;        // the largest difference
    double tolerance = 0;  // what is allowed
  };
  std::vector<Line> lines;  // none where the file has no check
  // "the file's check holds: output within 1.2e-06 (4e-05 allowed)"; empty without lines
  std::string text() const;
};

// The tolerance is ten times what float32 does to this very model (its distance to double, on the same input), and two
// roundings of the largest number; of weights that all have the bits of half precision, or of bfloat16, what another
// rounding of them does and roundings to that. Another order of sums or other elementary functions stay within, another layout or
// activation does not. BadData naming `where` if the check has other shapes or is missed; before anything is computed, if it
// has more than 64 images or not as many of each tensor.
CheckOutcome require_check(const Model& model, const Parameters<float>& parameters, const ModelCheck& check,
                           const std::string& where);

// Makes a run begin with the weights of a file of any format (read_state.hpp) and record its name and SHA-256. The file is
// read at once; what it holds is compared with the model, and its check run (`on_check`, where it has one), when the
// model is made. BadData, IoError; what require_kept() (saved_run.hpp) throws.
void initialise_from(TrainRun& run, const std::string& path,
                     std::function<void(const CheckOutcome&)> on_check);

}  // namespace fsconv
