// A model as an ONNX graph, still as plain data: nodes, what flows between them, and which tensors they share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/exchange/state.hpp>
#include <string>
#include <variant>
#include <vector>

namespace fsconv {

// Which part of a model a file holds. whole: input -> pixels, by way of the code, of a vae the mean: nothing is random.
enum class ModelPart { whole, encoder, decoder };
constexpr auto names_of(ModelPart) {
  return NameTable<ModelPart, 3>{
      "part",
      {{{ModelPart::whole, "whole"}, {ModelPart::encoder, "encoder"}, {ModelPart::decoder, "decoder"}}}};
}

struct OnnxAttribute {
  std::string name;
  std::variant<Index, std::vector<Index>, float, std::string> value;
};

struct OnnxNode {
  std::string
      name;  // "encoder.0/Conv", which is its output's, too, unless that is one of the graph's outputs
  std::string operation;
  std::vector<std::string> inputs;
  std::string output;
  std::vector<OnnxAttribute> attributes = {};
};

// What flows: of every image an array of this shape. All are float32.
struct OnnxValue {
  std::string name;
  Shape shape;
};

// Numbers that belong to a node and not to the model: sizes, borders, 1/8.
struct OnnxConstant {
  std::string name;
  Shape shape;
  std::variant<std::vector<Index>, std::vector<float>> values;
};

struct OnnxGraph {
  std::vector<OnnxValue> inputs, outputs, between;
  std::vector<OnnxNode> nodes;          // each after those that it reads
  std::vector<ParameterId> parameters;  // those that a node reads, in the model's order
  std::vector<OnnxConstant> constants;
};

// Inputs and outputs are called as the members of ModelCheck are: the encoder makes code (and log_variance) of input, the
// decoder pixels and output of code, the whole all of them of input. Parameters have their PyTorch names.
//
// A weight is one initializer that Conv and ConvTranspose (or two Gemm) read: no flip, no Transpose. Paddings and
// output_padding are written out, never auto_pad. Where ONNX has no word for a geometry,
//     stride down/up        ConvTranspose by ones of one tap puts up-1 zeros between the pixels before Conv; Slice takes
//                           every up-th pixel after ConvTranspose
//     negative padding      Slice cuts the image before Conv; Pad puts zeros around the code before ConvTranspose, whose
//                           pads take away again what is too much
// and sub-pixel shuffles are DepthToSpace of two axes, else Reshape, Transpose, Reshape. `model` is of one draw. Throws
// InvalidArgument "part" for the decoder of a model that makes its pictures of more than the code.
OnnxGraph onnx_graph(const Model& model, ModelPart part);

}  // namespace fsconv
