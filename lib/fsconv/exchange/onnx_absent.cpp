// What stands in for onnx_file.cpp where fsconv is built without Protocol Buffers.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/exchange/onnx_file.hpp>

namespace fsconv {

std::string onnx_writer() { return {}; }

void require_onnx() {
  throw InvalidArgument("to", "is an ONNX file, and this fsconv was built without ONNX",
                        "install libonnx-dev, libprotobuf-dev and protobuf-compiler and build again; or use "
                        ".safetensors, .npz or .pt");
}

std::string onnx_bytes(const Model&, const ModelState&, ModelPart) {
  require_onnx();
  return {};
}

}  // namespace fsconv
