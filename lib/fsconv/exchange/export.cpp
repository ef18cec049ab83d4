// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/text.hpp>
#include <fsconv/exchange/export.hpp>
#include <fsconv/exchange/onnx_file.hpp>
#include <fsconv/exchange/rebuild_script.hpp>
#include <fsconv/exchange/safetensors.hpp>
#include <fsconv/exchange/torch_file.hpp>
#include <fsconv/exchange/weights_npz.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/seal.hpp>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

Exported described(const std::string& path, ExportKind kind, const ModelState& state) {
  Exported made{.path = path, .kind = kind};
  for (const NamedTensor& tensor : state.tensors) {
    ++made.tensors;
    if (!tensor.aliases.empty() || !tensor.transposed.empty()) ++made.shared;
  }
  return made;
}

Exported described(const std::string& path, const OnnxGraph& graph, const ModelState& state) {
  Exported made{.path = path, .kind = ExportKind::onnx};
  for (const ParameterId id : graph.parameters) {
    ++made.tensors;
    const auto reads = [&](const OnnxNode& node) {
      return std::count(node.inputs.begin(), node.inputs.end(), state.tensors[id].name) > 0;
    };
    if (std::count_if(graph.nodes.begin(), graph.nodes.end(), reads) > 1) ++made.shared;
  }
  for (const OnnxValue& value : graph.inputs) made.inputs.push_back(value.name);
  for (const OnnxValue& value : graph.outputs) made.outputs.push_back(value.name);
  return made;
}

void write_text(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace

ExportKind export_kind(const std::string& path) {
  const std::string ending = lower_case(fs::path(path).extension().string());
  for (const ExportKind kind : all_values<ExportKind>())
    if (ending == name(kind)) {
      if (kind == ExportKind::onnx) require_onnx();
      return kind;
    }
  throw InvalidArgument("to", fmt::format("is {}", path),
                        fmt::format("end it with {}", alternatives(all_names<ExportKind>())));
}

void require_export(const std::string& path, const std::string& run, bool force) {
  std::error_code none;
  if (fs::equivalent(path, run, none))
    throw InvalidArgument("to", fmt::format("{} is what is read", path), "choose another name");
  if (!force && fs::is_regular_file(path, none) && fs::file_size(path, none) > 0 && !is_sealed(path))
    throw InvalidArgument("to",
                          fmt::format("{} is there already, and is not as fsconv export wrote it", path),
                          "choose another name, or replace it with --force");
  require_writable(path);
}

Exported write_export(const std::string& path, const Model& model, const ModelState& state, ModelPart part) {
  const ExportKind kind = export_kind(path);
  Exported made = described(path, kind, state);
  switch (kind) {
    case ExportKind::npz:
      write_npz(path, state);
      break;
    case ExportKind::safetensors:
      write_safetensors(path, state);
      break;
    case ExportKind::torch:
      write_torch(path, state);
      break;
    case ExportKind::onnx:
      write_onnx(path, model, state, part);
      made = described(path, onnx_graph(model, part), state);
      break;
    case ExportKind::script:
      write_text(path, rebuild_script(model, state));
      made.tensors = made.shared = 0;
      break;
  }
  std::error_code none;
  if (fs::is_regular_file(path, none)) made.bytes = static_cast<Index>(fs::file_size(path, none));
  return made;
}

}  // namespace fsconv
