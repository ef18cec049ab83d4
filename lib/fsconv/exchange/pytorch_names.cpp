// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/exchange/pytorch_names.hpp>
#include <fsconv/nn/models.hpp>

namespace fsconv {
namespace {

// Cuts `ending` off the text where it has it.
bool cut(std::string_view& text, std::string_view ending) {
  if (!text.ends_with(ending)) return false;
  text.remove_suffix(ending.size());
  return true;
}

[[noreturn]] void refuse(std::string_view parameter) {
  throw InvalidArgument("model", fmt::format("has a parameter {}", parameter),
                        "PyTorch's names are those of the models that fsconv makes (nn/models.hpp)");
}

// The module that owns a parameter, read from the name that make_model() gave it: conv2_residual1b_transpose_bias.
// Every step has a bias (or factor) of its own, so that the modules of a shared weight are told apart by it.
class Modules {
 public:
  explicit Modules(const Model& model) : model_(model) {
    for (convolutions_ = 0; has(fmt::format("conv{}", convolutions_ + 1));) ++convolutions_;
    is_linear_ = has_linear_code(model);
  }

  // `own`: the bias of an Affine or the factor of a Gain.
  std::string of(ParameterId own) const;
  // Of its weight, whether a Linear has it transposed.
  bool is_decoder_input(ParameterId own) const {
    const std::string_view name = model_.parameters[own].name;
    return name.starts_with("linear_transpose") || name.starts_with("mean_transpose");
  }

 private:
  bool has(const std::string& name) const {
    return std::any_of(model_.parameters.begin(), model_.parameters.end(),
                       [&](const ParameterSpec& spec) { return spec.name == name; });
  }
  Index blocks_of(std::string_view layer) const {
    Index blocks = 0;
    while (has(fmt::format("{}_residual{}a", layer, blocks + 1))) ++blocks;
    return blocks;
  }
  // The number behind "conv".
  Index number_of(std::string_view layer) const {
    const auto number = layer.starts_with("conv") ? to_integer(layer.substr(4)) : std::nullopt;
    if (!number || *number < 1 || *number > convolutions_) refuse(layer);
    return *number;
  }
  std::string base(std::string_view layer, bool decodes) const;

  const Model& model_;
  Index convolutions_ = 0;
  bool is_linear_ = false;
};

std::string Modules::base(std::string_view layer, bool decodes) const {
  if (layer == "linear") return decodes ? "decoder_input" : "fc";
  if (layer == "mean") return decodes ? "decoder_input" : "fc_mu";
  if (layer == "log_variance" && !decodes) return is_linear_ ? "fc_logvar" : "conv_logvar";
  const Index number = number_of(layer);
  if (decodes) return fmt::format("decoder.{}", convolutions_ - number);
  const bool is_mean = !is_linear_ && number == convolutions_ && model_.heads();
  return is_mean ? "conv_mu" : fmt::format("encoder.{}", number - 1);
}

std::string Modules::of(ParameterId own) const {
  const std::string& whole = model_.parameters[own].name;
  std::string_view name = whole;
  if (!cut(name, "_bias") && !name.ends_with("_gain")) refuse(whole);
  cut(name, "_gain");
  const bool gates = cut(name, "_gate");
  const bool decodes = cut(name, "_transpose") || cut(name, "_subpixel") || cut(name, "_resize");
  std::string block;
  if (const auto at = name.find("_residual"); at != name.npos) {
    const std::string_view behind = name.substr(at + std::string_view("_residual").size());
    name = name.substr(0, at);
    const Index count = blocks_of(name);
    const auto number = to_integer(behind.substr(0, behind.empty() ? 0 : behind.size() - 1));
    if (!number || *number < 1 || *number > count) refuse(whole);
    // A decoder computes them backwards, and in each the transpose of the second map first.
    const bool second = (behind.back() == 'b') != decodes;
    block = fmt::format(".blocks.{}.conv{}", decodes ? count - *number : *number - 1, second ? 2 : 1);
  }
  return base(name, decodes) + block + (gates ? ".gate" : "");
}

class Naming {
 public:
  explicit Naming(const Model& model) : model_(model), modules_(model), names_(model.parameters.size()) {}

  std::vector<ParameterName> names();
  std::string module_of(const Step& step) const {
    if (const auto* affine = std::get_if<Affine>(&step)) {
      if (!affine->bias) refuse(model_.parameters[affine->weight].name);
      return modules_.of(*affine->bias);
    }
    if (const auto* gain = std::get_if<Gain>(&step)) return modules_.of(gain->factor);
    return {};
  }

 private:
  void add_weight(const Affine& step, const std::string& module);
  void add(ParameterId id, const std::string& name, Shape shape) {
    names_[id] = {.name = name, .shape = std::move(shape)};
  }
  Shape shape_of(ParameterId id) const { return model_.parameters[id].shape; }

  const Model& model_;
  Modules modules_;
  std::vector<ParameterName> names_;
};

Shape matrix_shape(const Shape& shape) {
  return {shape[0], element_count(shape) / std::max<Index>(1, shape[0])};
}

void Naming::add_weight(const Affine& step, const std::string& module) {
  const std::string name = module + ".weight";
  ParameterName& known = names_[step.weight];
  const bool is_linear = module.starts_with("fc") || module.starts_with("decoder_input");
  const bool transposes = modules_.is_decoder_input(*step.bias);
  if (!known.name.empty()) {
    (transposes ? known.transposed : known.aliases).push_back(name);
    return;
  }
  Shape shape = shape_of(step.weight);
  if (is_linear) shape = matrix_shape(shape);
  if (transposes) std::swap(shape[0], shape[1]);
  add(step.weight, name, shape);
  known.stored_transposed = transposes;
}

std::vector<ParameterName> Naming::names() {
  for (const Step& step : model_.steps) {
    const std::string module = module_of(step);
    if (const auto* affine = std::get_if<Affine>(&step)) {
      add_weight(*affine, module);
      const Shape bias = shape_of(*affine->bias);
      add(*affine->bias, module + ".bias", {element_count(bias)});
    } else if (const auto* gain = std::get_if<Gain>(&step)) {
      add(gain->factor, module + ".gain", shape_of(gain->factor));
    }
  }
  for (ParameterId id = 0; id < names_.size(); ++id)
    if (names_[id].name.empty()) add(id, model_.parameters[id].name, shape_of(id));  // output_log_variance
  return std::move(names_);
}

}  // namespace

std::vector<ParameterName> pytorch_names(const Model& model) { return Naming(model).names(); }

std::vector<std::string> pytorch_modules(const Model& model) {
  const Naming naming(model);
  std::vector<std::string> modules;
  for (const Step& step : model.steps) modules.push_back(naming.module_of(step));
  return modules;
}

Tensor<float> transposed_matrix(const Tensor<float>& matrix) {
  if (matrix.rank() != 2)
    throw InvalidArgument("matrix", fmt::format("has {}", counted(matrix.rank(), "axis", "axes")), "2");
  const Index rows = matrix.shape()[0], columns = matrix.shape()[1];
  Tensor<float> result({columns, rows});
  for (Index row = 0; row < rows; ++row)
    for (Index column = 0; column < columns; ++column)
      result[column * rows + row] = matrix[row * columns + column];
  return result;
}

Tensor<float> to_pytorch(const ParameterName& name, const Tensor<float>& value) {
  Tensor<float> copy = value;
  if (!name.stored_transposed) return std::move(copy).reshaped(name.shape);
  return transposed_matrix(std::move(copy).reshaped({name.shape[1], name.shape[0]}));
}

Tensor<float> from_pytorch(const ParameterName& name, const ParameterSpec& spec, const Tensor<float>& value) {
  if (!name.stored_transposed) {
    Tensor<float> copy = value;
    return std::move(copy).reshaped(spec.shape);
  }
  return transposed_matrix(value).reshaped(spec.shape);
}

}  // namespace fsconv
