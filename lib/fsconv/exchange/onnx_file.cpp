// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx.pb.h>

#include <bit>
#include <fsconv/base/base64.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/exchange/onnx_file.hpp>
#include <fsconv/io/seal.hpp>
#include <stdexcept>
#include <utility>

namespace fsconv {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

constexpr int opset = 13, ir_version = 7;
constexpr Index longest_message = (Index{1} << 31) - 1;

void add_shape(onnx::ValueInfoProto& info, const OnnxValue& value) {
  info.set_name(value.name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(onnx::TensorProto::FLOAT);
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  for (const Index extent : value.shape) tensor.mutable_shape()->add_dim()->set_dim_value(extent);
}

struct SetAttribute {
  onnx::AttributeProto& to;

  void operator()(Index value) const {
    to.set_type(onnx::AttributeProto::INT);
    to.set_i(value);
  }
  void operator()(const std::vector<Index>& values) const {
    to.set_type(onnx::AttributeProto::INTS);
    for (const Index value : values) to.add_ints(value);
  }
  void operator()(float value) const {
    to.set_type(onnx::AttributeProto::FLOAT);
    to.set_f(value);
  }
  void operator()(const std::string& value) const {
    to.set_type(onnx::AttributeProto::STRING);
    to.set_s(value);
  }
};

onnx::TensorProto::DataType type_of(Index) { return onnx::TensorProto::INT64; }
onnx::TensorProto::DataType type_of(float) { return onnx::TensorProto::FLOAT; }

template <class T>
void add_initializer(onnx::GraphProto& graph, const std::string& name, const Shape& shape, const T* values,
                     std::size_t count) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  for (const Index extent : shape) tensor.add_dims(extent);
  tensor.set_data_type(type_of(T{}));
  tensor.set_name(name);
  tensor.set_raw_data(values, count * sizeof(T));
}

void add_node(onnx::GraphProto& graph, const OnnxNode& from) {
  onnx::NodeProto& node = *graph.add_node();
  for (const std::string& input : from.inputs) node.add_input(input);
  node.add_output(from.output);
  node.set_name(from.name);
  node.set_op_type(from.operation);
  for (const OnnxAttribute& attribute : from.attributes) {
    onnx::AttributeProto& to = *node.add_attribute();
    to.set_name(attribute.name);
    std::visit(SetAttribute{to}, attribute.value);
  }
}

void add_metadata(onnx::ModelProto& file, const std::string& key, const std::string& value) {
  onnx::StringStringEntryProto& entry = *file.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

const Tensor<float>& in_check(const ModelCheck& check, const std::string& name) {
  for (const auto& [known, member] : check_tensors)
    if (name == known) return check.*member;
  throw std::logic_error("the graph has an input or output that no check has: " + name);
}

void add_check(onnx::ModelProto& file, const ModelCheck& check, const std::string& name) {
  const Tensor<float>& numbers = in_check(check, name);
  if (numbers.size() == 0) return;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(numbers.data());
  add_metadata(file, "check." + name,
               base64({bytes, static_cast<std::size_t>(numbers.size()) * sizeof(float)}));
  add_metadata(file, "check." + name + ".shape", fmt::format("[{}]", fmt::join(numbers.shape(), ", ")));
}

std::string words(ModelPart part, const OnnxGraph& graph) {
  const auto names = [](const std::vector<OnnxValue>& values) {
    std::string list;
    for (const OnnxValue& value : values) list += (list.empty() ? "" : ", ") + value.name;
    return list;
  };
  return fmt::format(
      "The {} of a model trained by fsconv: {} -> {}. Pixels are in 0..1, output is what the likelihood reads{}. "
      "metadata_props check.NAME and check.NAME.shape are numbers to try the inputs and outputs with: float32, "
      "little-endian, base64.",
      part == ModelPart::whole ? "encoder and the decoder" : name(part), names(graph.inputs),
      names(graph.outputs), part == ModelPart::whole ? ", of the code without noise" : "");
}

}  // namespace

std::string onnx_writer() {
  return fmt::format("protobuf {}.{}.{}", GOOGLE_PROTOBUF_VERSION / 1000000,
                     GOOGLE_PROTOBUF_VERSION / 1000 % 1000, GOOGLE_PROTOBUF_VERSION % 1000);
}

void require_onnx() {}

std::string onnx_bytes(const Model& model, const ModelState& state, ModelPart part) {
  const OnnxGraph graph = onnx_graph(model, part);
  Index bytes = 0;
  for (const ParameterId id : graph.parameters)
    bytes += state.tensors[id].value.size() * Index{sizeof(float)};
  if (bytes > longest_message - (Index{1} << 24))  // the rest is small
    throw InvalidArgument("to", fmt::format("is an ONNX file of {} bytes", bytes),
                          "it holds less than 2 GiB: use .safetensors, .npz or .pt");
  require_memory(2 * bytes, 1, "the ONNX file");

  onnx::ModelProto file;
  file.set_ir_version(ir_version);
  file.set_producer_name("fsconv");
  file.set_doc_string(words(part, graph));
  file.add_opset_import()->set_version(opset);

  onnx::GraphProto& to = *file.mutable_graph();
  to.set_name(fmt::format("fsconv_{}", name(part)));
  for (const OnnxValue& value : graph.inputs) add_shape(*to.add_input(), value);
  for (const OnnxValue& value : graph.outputs) add_shape(*to.add_output(), value);
  for (const OnnxValue& value : graph.between) add_shape(*to.add_value_info(), value);
  for (const OnnxNode& node : graph.nodes) add_node(to, node);
  for (const ParameterId id : graph.parameters) {
    const NamedTensor& tensor = state.tensors[id];
    add_initializer(to, tensor.name, tensor.value.shape(), tensor.value.data(),
                    static_cast<std::size_t>(tensor.value.size()));
  }
  for (const OnnxConstant& constant : graph.constants)
    std::visit(
        [&](const auto& values) {
          add_initializer(to, constant.name, constant.shape, values.data(), values.size());
        },
        constant.values);

  add_metadata(file, "part", std::string(name(part)));
  for (const auto& [key, value] : state.metadata) add_metadata(file, key, value);
  for (const OnnxValue& value : graph.inputs) add_check(file, state.check, value.name);
  for (const OnnxValue& value : graph.outputs) add_check(file, state.check, value.name);
  add_metadata(file, "seal", open_seal());  // fields are written by their numbers: this is the file's end

  std::string text;
  if (file.ByteSizeLong() > static_cast<std::size_t>(longest_message) || !file.SerializeToString(&text))
    throw InvalidArgument("to", "is an ONNX file of 2 GiB or more",
                          "it holds less: use .safetensors, .npz or .pt");
  close_seal(text);
  return text;
}

}  // namespace fsconv
