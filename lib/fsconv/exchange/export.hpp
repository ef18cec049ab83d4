// A trained run written for other programs: which file a name asks for, whether it may be replaced, and what was written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/onnx_graph.hpp>
#include <string>
#include <vector>

namespace fsconv {

enum class ExportKind { npz, safetensors, torch, onnx, script };
constexpr auto names_of(ExportKind) {
  return NameTable<ExportKind, 5>{"to",
                                  {{{ExportKind::npz, ".npz"},
                                    {ExportKind::safetensors, ".safetensors"},
                                    {ExportKind::torch, ".pt"},
                                    {ExportKind::onnx, ".onnx"},
                                    {ExportKind::script, ".py"}}}};
}

// By the path's ending, in upper or lower case. InvalidArgument "to" that lists them; so, too, .onnx where fsconv was built
// without.
ExportKind export_kind(const std::string& path);

// Whether the file may be written: InvalidArgument "to" if it is `run`, or, unless `force`, if it is there and not
// as fsconv export wrote it (io/seal.hpp); IoError if the system does not let it be written.
void require_export(const std::string& path, const std::string& run, bool force);

struct Exported {
  std::string path;
  ExportKind kind;
  Index tensors = 0;                                   // of the model, each once; none in a script
  Index shared = 0;                                    // of them, that more than one module uses
  Index bytes = 0;                                     // 0 of what is no regular file
  std::vector<std::string> inputs = {}, outputs = {};  // of an ONNX graph
};

// Writes the file whole or not at all. `part` is of ONNX. IoError; what the writers of the kinds throw.
Exported write_export(const std::string& path, const Model& model, const ModelState& state, ModelPart part);

}  // namespace fsconv
