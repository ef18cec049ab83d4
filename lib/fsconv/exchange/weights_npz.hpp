// A model's tensors as NumPy's .npz: one array per tensor, and the names that share one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/state.hpp>
#include <string>

namespace fsconv {

// Arrays "encoder.0.weight", "check.input", ... in float32, and the text __fsconv__ (uint8, UTF-8), JSON: "aliases" and
// "transposed", of every other name the tensor that it is or is the transpose of; "metadata", the state's. The file appears
// whole or not at all (IoError). numpy.load() reads it without pickle.
void write_npz(const std::string& path, const ModelState& state);

// The same back, and .npz of others: every array of floats is a tensor (float64 is rounded to float32). BadData for
// integers, a damaged archive or text; IoError.
ModelState read_npz_state(const std::string& path);

}  // namespace fsconv
