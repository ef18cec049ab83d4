// ONNX files: a model, or its encoder or decoder alone, for ONNX Runtime and whatever else reads the format.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/onnx_graph.hpp>
#include <string>

namespace fsconv {

// The library that writes them and its version, "protobuf 3.21.12"; empty where fsconv was built without it (FSCONV_ONNX).
std::string onnx_writer();

// Throws InvalidArgument "to" in that case, and says how to get it.
void require_onnx();

// The part as an ONNX model in bytes: opset 13, IR version 7, a batch of any size N, the shapes of all values, every
// parameter once. metadata_props hold the state's metadata, `part`, and of every input and output of the graph its numbers
// in the check: check.input, check.pixels, ... as float32 in little-endian order as base64, and check.input.shape, ...
// "[2, 1, 28, 28]". The same state makes the same bytes. `state` is that of the model.
// Throws what require_onnx() throws; InvalidArgument "to" where the file would take 2 GiB or more, which
// Protocol Buffers cannot write; what onnx_graph() throws.
std::string onnx_bytes(const Model& model, const ModelState& state, ModelPart part);

}  // namespace fsconv
