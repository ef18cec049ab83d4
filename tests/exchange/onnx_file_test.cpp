// Needs fsconv with ONNX: reads the files by the messages they were written with.
// SPDX-License-Identifier: Apache-2.0
#include <onnx.pb.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fsconv/exchange/onnx_file.hpp>
#include <fsconv/train/model_json.hpp>

#include "nn/small_models.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

struct Written {
  Model model;
  ModelState state;
};

Written tied_vae() {
  Model model = with_draws(make_model(small_spec(ModelKind::vae)), 1);
  ModelState state = state_of(model, parameters_for<float>(model));
  return {std::move(model), std::move(state)};
}

onnx::ModelProto parsed(const std::string& bytes) {
  onnx::ModelProto file;
  REQUIRE(file.ParseFromString(bytes));
  return file;
}

std::string metadata(const onnx::ModelProto& file, const std::string& key) {
  for (const auto& entry : file.metadata_props())
    if (entry.key() == key) return entry.value();
  return {};
}

bool holds(const onnx::TensorProto& tensor, const Tensor<float>& value) {
  const std::string& raw = tensor.raw_data();
  return raw.size() == static_cast<std::size_t>(value.size()) * sizeof(float) &&
         std::memcmp(raw.data(), value.data(), raw.size()) == 0 &&
         std::equal(tensor.dims().begin(), tensor.dims().end(), value.shape().begin(), value.shape().end());
}

}  // namespace

TEST_CASE("onnx file: parsed back it has every parameter once, bit for bit, and the shapes of all values") {
  const Written written = tied_vae();
  const onnx::ModelProto file = parsed(onnx_bytes(written.model, written.state, ModelPart::whole));
  CHECK(file.ir_version() == 7);
  REQUIRE(file.opset_import_size() == 1);
  CHECK(file.opset_import(0).version() == 13);
  CHECK(file.producer_name() == "fsconv");
  for (const NamedTensor& tensor : written.state.tensors) {
    int found = 0;
    for (const auto& initializer : file.graph().initializer())
      if (initializer.name() == tensor.name) {
        ++found;
        CHECK(holds(initializer, tensor.value));
      }
    INFO(tensor.name);
    CHECK(found == 1);
  }
  int read_twice = 0;
  for (const auto& initializer : file.graph().initializer()) {
    int readers = 0;
    for (const auto& node : file.graph().node())
      readers += static_cast<int>(std::count(node.input().begin(), node.input().end(), initializer.name()));
    CHECK(readers > 0);
    if (readers > 1 && initializer.name().ends_with(".weight")) ++read_twice;
  }
  CHECK(read_twice == 3);  // two convolutions and the linear layer
  CHECK(file.graph().value_info_size() + file.graph().output_size() == file.graph().node_size());
  CHECK(file.graph().input(0).type().tensor_type().shape().dim(0).dim_param() == "N");
  CHECK(metadata(file, "model") == to_json(written.model).dump());
}

TEST_CASE("onnx file: it holds the numbers of the check for its own inputs and outputs") {
  const Written written = tied_vae();
  const onnx::ModelProto decoder = parsed(onnx_bytes(written.model, written.state, ModelPart::decoder));
  CHECK(metadata(decoder, "check.code.shape") == "[2, 3]");
  CHECK(metadata(decoder, "check.pixels.shape") == "[2, 1, 6, 5]");
  // 2 * 3 numbers of 4 bytes: 24 bytes are 32 characters.
  CHECK(metadata(decoder, "check.code").size() == 32);
  CHECK(metadata(decoder, "check.input").empty());
  CHECK(metadata(decoder, "part") == "decoder");
}

TEST_CASE("onnx file: the same state makes the same bytes, another one others") {
  Written written = tied_vae();
  const std::string bytes = onnx_bytes(written.model, written.state, ModelPart::whole);
  CHECK(onnx_bytes(written.model, written.state, ModelPart::whole) == bytes);
  written.state.tensors.front().value[0] += 1;
  CHECK(onnx_bytes(written.model, written.state, ModelPart::whole) != bytes);
}
