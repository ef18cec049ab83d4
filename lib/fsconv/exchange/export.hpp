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

// Whether all of the files may be written: InvalidArgument "to" if one of them is `run` or another of them, under this name
// or another one, or, unless `force`, is there and not as fsconv export wrote it (io/seal.hpp); IoError if the system does
// not let it be written.
void require_exports(const std::vector<std::string>& paths, const std::string& run, bool force);

struct Exported {
  std::string path;
  ExportKind kind;
  Index tensors = 0;                                   // of the model, each once; none in a script
  Index shared = 0;                                    // of them, that more than one module uses
  Index bytes = 0;                                     // 0 of what is no regular file
  std::vector<std::string> inputs = {}, outputs = {};  // of an ONNX graph
};

// Writes the files, each whole or not at all, and none of them before the model is known to have each of these kinds. `part`
// is of ONNX. IoError; BadData where a check that one of them would hold is not finite; InvalidArgument that onnx_bytes() and rebuild_script() throw.
std::vector<Exported> write_exports(const std::vector<std::string>& paths, const Model& model,
                                    const ModelState& state, ModelPart part);

}  // namespace fsconv
