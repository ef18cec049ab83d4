// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fsconv/base/text.hpp>
#include <fsconv/exchange/export.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/exchange/onnx_file.hpp>
#include <fsconv/exchange/rebuild_script.hpp>
#include <fsconv/exchange/safetensors.hpp>
#include <fsconv/exchange/torch_file.hpp>
#include <fsconv/exchange/weights_npz.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/seal.hpp>
#include <set>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

Exported described(const std::string& path, ExportKind kind, const ModelState& state) {
  Exported made{.path = path, .kind = kind};
  if (kind == ExportKind::script) return made;
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

// By a check that is not finite nobody could tell whether he has the model.
void require_finite_check(const std::string& path, const ModelCheck& check,
                          const std::set<std::string>& held) {
  for (const auto& [name, member] : check_tensors) {
    const Tensor<float>& values = check.*member;
    if (held.contains(name) &&
        !std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
      throw BadData(path, fmt::format("would hold a check whose {} is not finite", name),
                    "it is what the model makes of random pixels: its weights are too large");
  }
}

// The tensors of the check that a file of this kind holds.
std::set<std::string> held_of_check(ExportKind kind, const Model& model, ModelPart part) {
  std::set<std::string> held;
  if (kind == ExportKind::script) return held;
  if (kind == ExportKind::onnx) {
    const OnnxGraph graph = onnx_graph(model, part);
    for (const OnnxValue& value : graph.inputs) held.insert(value.name);
    for (const OnnxValue& value : graph.outputs) held.insert(value.name);
    return held;
  }
  for (const auto& [name, member] : check_tensors) held.insert(name);
  return held;
}

// What is made in memory before it is written, which is where a model may turn out not to have the kind; nothing of others.
std::string content_of(ExportKind kind, const Model& model, const ModelState& state, ModelPart part) {
  if (kind == ExportKind::onnx) return onnx_bytes(model, state, part);
  if (kind == ExportKind::script) return rebuild_script(model, state);
  return {};
}

void write(const std::string& path, ExportKind kind, const std::string& content, const ModelState& state) {
  switch (kind) {
    case ExportKind::npz:
      return write_npz(path, state);
    case ExportKind::safetensors:
      return write_safetensors(path, state);
    case ExportKind::torch:
      return write_torch(path, state);
    case ExportKind::onnx:
    case ExportKind::script:
      return write_whole(path, content);
  }
}

void require_export(const std::string& path, const std::string& run, bool force) {
  require_unread("to", path, {run});
  if (!force && has_content(path) && !is_sealed(path))
    throw InvalidArgument("to",
                          fmt::format("{} is there already, and is not as fsconv export wrote it", path),
                          "choose another name, or replace it with --force");
  require_writable(path);
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

void require_exports(const std::vector<std::string>& paths, const std::string& run, bool force) {
  for (std::size_t at = 0; at < paths.size(); ++at)
    for (std::size_t other = 0; other < at; ++other)
      if (is_same_output(paths[at], paths[other]))
        throw InvalidArgument("to", fmt::format("names {}, the same file as {}", paths[at], paths[other]),
                              "every file has a name of its own");
  for (const std::string& path : paths) require_export(path, run, force);
}

std::vector<Exported> write_exports(const std::vector<std::string>& paths, const Model& model,
                                    const ModelState& state, ModelPart part) {
  std::vector<std::string> contents;
  for (const std::string& path : paths)
    require_finite_check(path, state.check, held_of_check(export_kind(path), model, part));
  for (const std::string& path : paths) contents.push_back(content_of(export_kind(path), model, state, part));
  std::vector<Exported> all;
  for (std::size_t at = 0; at < paths.size(); ++at) {
    const ExportKind kind = export_kind(paths[at]);
    write(paths[at], kind, contents[at], state);
    Exported made = kind == ExportKind::onnx ? described(paths[at], onnx_graph(model, part), state)
                                             : described(paths[at], kind, state);
    std::error_code none;
    if (fs::is_regular_file(paths[at], none)) made.bytes = static_cast<Index>(fs::file_size(paths[at], none));
    all.push_back(std::move(made));
  }
  return all;
}

}  // namespace fsconv
