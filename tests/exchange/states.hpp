// States of small models, and files of theirs as bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/state.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "nn/small_models.hpp"

namespace fsconv::test {

inline ModelState state_for(const Model& model) { return state_of(model, parameters_for<float>(model)); }

inline std::string bytes_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace fsconv::test
