// PyTorch's own files: what torch.save() makes of a state_dict, written and read without running anything.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/state.hpp>
#include <string>

namespace fsconv {

// A state_dict: torch.load() gives an OrderedDict that load_state_dict() takes. All names are in it, those of one tensor
// over one storage; the transpose of a matrix is a view of it. Two attributes of the OrderedDict hold the rest: `check`,
// tensors input, code, ...; `fsconv`, the metadata. weights_only=True is enough. Storages begin at multiples of 64 bytes.
// The file appears whole or not at all (IoError). The same state makes the same bytes.
void write_torch(const std::string& path, const ModelState& state);

// What torch.save() writes of tensors in (nested) dictionaries, in PyTorch 1.6 and later: tensors and Parameters of float32,
// float16, bfloat16 and float64, contiguous or not; names of inner dictionaries are joined by dots, except that one
// "state_dict" (or "model_state_dict", "model") is taken for all. Names over the same numbers are one tensor's. BadData for
// a tensor without a name (in a list, under a number), one beyond its storage, and a storage of two types or sizes; it
// names an opcode, a class or function, and its offset, that such files do not need; nothing is imported or called. IoError.
ModelState read_torch(const std::string& path);

}  // namespace fsconv
