// Recorded cases of other systems' own test suites, and of ONNX Runtime on random ones: what they compute and refuse.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/apply.hpp>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

using namespace fsconv;
using nlohmann::json;

namespace {

Tensor<double> values_of(const json& shape, const json& values) {
  return Tensor<double>(shape.get<Shape>(), values.get<std::vector<double>>());
}

// {shape, type, values} or {shape, type, first, step}.
Array array_of(const json& recorded) {
  Array array{Tensor<double>(recorded["shape"].get<Shape>()), recorded.value("type", "f8")};
  if (recorded.contains("values")) array.values = values_of(recorded["shape"], recorded["values"]);
  if (recorded.contains("first"))
    for (Index at = 0; at < array.values.size(); ++at)
      array.values[at] =
          recorded["first"].get<double>() + recorded["step"].get<double>() * static_cast<double>(at);
  return array;
}

// What a case asks for, and what the system answered: an array, of which only the shape may be known, or an error.
struct Recorded {
  std::function<ApplyRequest()> request;  // throws InvalidArgument where the arguments cannot be read
  bool refused = false;
  Shape shape;
  std::optional<Tensor<double>> values;
  double tolerance = 0;  // of the largest value: sums of other systems' floats, in their own order
};

// The arguments of `fsconv apply`, and its arrays.
ApplyRequest suite_request(const json& line) {
  ApplyRequest r;
  r.op = named<Op>(line["op"].get<std::string>());
  r.convention = named<Convention>(line["convention"].get<std::string>());
  const auto words = line["arguments"].get<std::vector<std::string>>();
  for (std::size_t at = 0; at + 1 < words.size(); at += 2) {
    const std::string &option = words[at], &value = words[at + 1];
    if (option == "--stride")
      r.settings.stride = parse_stride(value);
    else if (option == "--padding")
      r.settings.padding = parse_padding(value);
    else if (option == "--output-padding")
      r.settings.output_padding = to_integers(option, value);
    else if (option == "--dilation")
      r.settings.dilation = to_integers(option, value);
    else if (option == "--groups")
      r.settings.groups = to_integers(option, value).front();
    else if (option == "--size")
      r.settings.size = to_integers(option, value);
    else if (option == "--flip")
      r.settings.flip = value == "true";
    else if (option == "--kernel")
      r.kernel = to_integers(option, value);
    else if (option == "--form")
      r.form = value;
    else
      FAIL("unknown argument " << option);
  }
  for (const auto& [role, array] : line["arrays"].items()) {
    if (role == "input")
      r.input = array_of(array);
    else if (role == "weight")
      r.weight = array_of(array);
    else if (role == "output-gradient")
      r.output_gradient = array_of(array);
    else
      r.bias = array_of(array);
  }
  return r;
}

// tests/vectors/suites: {convention, op, arguments, arrays: {role: array}, expected, exact, tolerance}
Recorded suite_case(const json& line) {
  Recorded recorded;
  recorded.request = [line] { return suite_request(line); };
  const json& expected = line["expected"];
  recorded.refused = expected.is_string();
  if (recorded.refused) return recorded;
  recorded.shape = expected["shape"].get<Shape>();
  if (expected.contains("values") || expected.contains("first")) recorded.values = array_of(expected).values;
  if (!line.value("exact", false)) recorded.tolerance = line.value("tolerance", 1e-5);
  return recorded;
}

// The attributes of a node, and its arrays.
ApplyRequest onnx_request(const json& line) {
  ApplyRequest r;
  r.convention = Convention::onnx;
  r.op = line["op"] == "Conv" ? Op::conv : Op::conv_transpose;
  r.settings.stride.clear();
  for (const json& down : line["strides"]) r.settings.stride.push_back({down.get<Index>(), 1});
  r.settings.dilation = line["dilations"].get<std::vector<Index>>();
  r.settings.groups = line["group"].get<Index>();
  if (line.contains("auto_pad")) r.settings.padding = parse_padding(line["auto_pad"].get<std::string>());
  if (line.contains("pads")) {
    const auto pads = line["pads"].get<std::vector<Index>>();
    r.settings.padding = Padding{PaddingRule::listed, pads, pads};
  }
  if (line.contains("output_padding"))
    r.settings.output_padding = line["output_padding"].get<std::vector<Index>>();
  if (line.contains("output_shape")) r.settings.size = line["output_shape"].get<std::vector<Index>>();
  r.input = {values_of(line["input_shape"], line["input"]), "f4"};
  r.weight = {values_of(line["weight_shape"], line["weight"]), "f4"};
  if (line.contains("bias")) r.bias = Array{values_of(line["bias_shape"], line["bias"]), "f4"};
  return r;
}

// tests/vectors/onnxruntime.jsonl, all exact.
Recorded onnx_case(const json& line) {
  Recorded recorded;
  recorded.request = [line] { return onnx_request(line); };
  recorded.refused = line.contains("error");
  if (recorded.refused) return recorded;
  recorded.shape = line["result_shape"].get<Shape>();
  recorded.values = values_of(line["result_shape"], line["result"]);
  return recorded;
}

// What is wrong with this library's answer, or nothing.
std::string fault(const Recorded& recorded) {
  ApplyResult result;
  try {
    result = apply(recorded.request());
  } catch (const InvalidArgument& refused) {
    return recorded.refused ? "" : std::string("was refused: ") + refused.what();
  }
  if (recorded.refused) return "was not refused";
  if (result.values.shape() != recorded.shape) return "has another shape";
  if (!recorded.values) return "";
  double largest = 0;
  for (double value : *recorded.values) largest = std::max(largest, std::abs(value));
  for (Index at = 0; at < result.values.size(); ++at) {
    const double wanted = (*recorded.values)[at];
    if (!(std::abs(result.values[at] - wanted) <= recorded.tolerance * (std::abs(wanted) + largest)))
      return fmt::format("has {} instead of {} at {}", result.values[at], wanted, at);
  }
  return "";
}

std::vector<json> lines_of(const std::filesystem::path& path) {
  std::vector<json> list;
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) list.push_back(json::parse(line));
  return list;
}

const std::filesystem::path vectors = FSCONV_SOURCE_DIR "/tests/vectors";

std::vector<json> suite_lines() {
  std::vector<json> list;
  for (const auto& file : std::filesystem::directory_iterator(vectors / "suites"))
    for (json& line : lines_of(file.path())) list.push_back(std::move(line));
  return list;
}

}  // namespace

TEST_CASE("suites: recorded cases of the frameworks' own tests are answered as they do") {
  const auto lines = suite_lines();
  CHECK(lines.size() > 100);
  for (const json& line : lines) {
    INFO(line["suite"] << " " << line["name"] << ": " << line["convention"] << " " << line["op"] << " "
                       << line["arguments"]);
    CHECK(fault(suite_case(line)) == "");
  }
}

TEST_CASE("suites: ONNX Runtime's answers on random cases, and its refusals") {
  const auto lines = lines_of(vectors / "onnxruntime.jsonl");
  CHECK(lines.size() > 150);
  for (json line : lines) {
    const Recorded recorded = onnx_case(line);
    for (const char* array : {"input", "weight", "result"}) line.erase(array);
    INFO(line.dump());
    CHECK(fault(recorded) == "");
  }
}

TEST_CASE("suites: a wrong value, shape or verdict is noticed") {
  std::vector<Recorded> cases;
  for (const json& line : suite_lines()) cases.push_back(suite_case(line));
  for (const json& line : lines_of(vectors / "onnxruntime.jsonl")) cases.push_back(onnx_case(line));
  for (Recorded& recorded : cases) {
    if (recorded.refused) {
      recorded.refused = false;
    } else if (!recorded.values || recorded.values->size() == 0) {
      recorded.shape.push_back(1);
    } else {
      double& last = (*recorded.values)[recorded.values->size() - 1];
      last += 1 + std::abs(last);
    }
    CHECK(fault(recorded) != "");
  }
}
