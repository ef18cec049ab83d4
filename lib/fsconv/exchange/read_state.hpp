// Reads a model's tensors from a file of any format that fsconv knows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/state.hpp>
#include <string>

namespace fsconv {

// A .safetensors, .npz or .pt file or fsconv's run: told apart by their first bytes, whatever their name. Of a run the
// best weights where it kept some. BadData, IoError.
ModelState read_state(const std::string& path);

}  // namespace fsconv
