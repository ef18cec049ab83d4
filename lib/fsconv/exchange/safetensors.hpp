// The safetensors format: a JSON header and the numbers of named tensors behind it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/state.hpp>
#include <string>

namespace fsconv {

// Writes every tensor once, and the check as check.input, check.code, ...; the file appears whole or not at all (IoError).
// The metadata hold "format": "pt", the state's own, of every alias its name and that of the tensor it is (as safetensors'
// save_model does), as JSON, "transposed": of every transposed name the tensor that it is the transpose of, and "fsconv": the
// seal (io/seal.hpp). The same
// state makes the same bytes. Source: github.com/huggingface/safetensors, README and safetensors/src/tensor.rs.
void write_safetensors(const std::string& path, const ModelState& state);

// The strict reader. Dtypes F32, F16, BF16 and F64; offsets ascend without holes or overlaps to the file's end, every
// length is its shape's, every name stands once. Nothing is allocated beyond the file's size (and twice that of F16 and
// BF16). BadData names what is wrong, IoError.
ModelState read_safetensors(const std::string& path);

}  // namespace fsconv
