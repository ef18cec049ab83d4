// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/exchange/rebuild_calls.hpp>
#include <fsconv/exchange/rebuild_script.hpp>
#include <fsconv/exchange/rebuild_texts.hpp>
#include <fsconv/exchange/window_words.hpp>
#include <fsconv/io/seal.hpp>
#include <fsconv/nn/steps_between.hpp>
#include <map>
#include <set>

namespace fsconv {
namespace {

std::string activated(Activation activation, const std::string& x) {
  switch (activation) {
    case Activation::linear:
      return x;
    case Activation::relu:
      return fmt::format("F.relu({})", x);
    case Activation::leaky_relu:
      return fmt::format("F.leaky_relu({}, {})", x, leak);
    case Activation::elu:
      return fmt::format("F.elu({})", x);
    case Activation::tanh:
      return fmt::format("torch.tanh({})", x);
    case Activation::sigmoid:
      return fmt::format("torch.sigmoid({})", x);
    case Activation::softplus:
      return fmt::format("F.softplus({}, threshold=40)", x);
    case Activation::bounded:
      return fmt::format("{0} * torch.tanh({1} / {0})", activation_bound, x);
  }
  return x;
}

// "encoder.0.blocks.1.conv1" -> "self.encoder[0].blocks[1].conv1"
std::string python_name(const std::string& module) {
  std::string text = "self";
  std::size_t from = 0;
  while (from <= module.size()) {
    const std::size_t to = std::min(module.find('.', from), module.size());
    const std::string part = module.substr(from, to - from);
    const bool number = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    text += number ? "[" + part + "]" : "." + part;
    from = to + 1;
  }
  return text;
}

constexpr std::size_t comfortable_length = 60, longest_line = 88;

// NAME = CALL, what stands in the parentheses of a long call on a line or two of its own.
std::string assignment(const std::string& name, const std::string& expression) {
  const std::string line = fmt::format("        {} = {}", name, expression);
  const std::size_t open = expression.find('(');
  if (line.size() <= longest_line || open == expression.npos) return line;
  int depth = 1;
  std::size_t close = open + 1;
  for (; close < expression.size(); ++close) {
    if (expression[close] == '(') ++depth;
    if (expression[close] == ')' && --depth == 0) break;
  }
  if (close + 1 != expression.size()) return line;
  std::string inner = expression.substr(open + 1, close - open - 1);
  const std::size_t named = inner.rfind(", ", inner.find('='));  // before the first NAME=VALUE
  if (inner.size() > longest_line && named != inner.npos) inner.replace(named, 2, ",\n            ");
  return fmt::format("        {} = {}\n            {}\n        )", name, expression.substr(0, open + 1),
                     inner);
}

class Writer {
 public:
  Writer(const Model& model, const ModelState& state)
      : model_(model),
        state_(state),
        names_(pytorch_names(model)),
        modules_(pytorch_modules(model)),
        values_(model.values.size()),
        flat_(model.values.size()) {}
  std::string write();

  void operator()(const Affine& step);
  void operator()(const Gain& step) {
    set(step.out, fmt::format("{} * {}", factor(step), at(step.in)), flat_[step.in]);
  }
  void operator()(const Shuffle& step);
  void operator()(const Resize& step) {
    set(step.out,
        fmt::format("F.interpolate({}, scale_factor={}, mode=\"nearest\")", at(step.in), step.factor));
  }
  void operator()(const Gate& step) {
    set(step.out, fmt::format("{} * torch.sigmoid({})", at(step.in), at(step.gate)));
  }
  void operator()(const Add& step) { set(step.out, fmt::format("{} + {}", at(step.in), at(step.other))); }
  void operator()(const Reparameterise&) {}

 private:
  std::string write_modules();
  std::string write_part(const char* head, const std::string& argument, ValueId given,
                         const std::vector<ValueId>& wanted);
  std::string write_pixels() const;
  std::string constructor(std::size_t at) const;
  std::string owner(ParameterId weight) const {
    const std::string& name = names_[weight].name;
    return name.substr(0, name.rfind('.'));
  }
  bool is_linear(const Affine& step) const { return names_[step.weight].shape.size() == 2; }
  std::string factor(const Gain& step) const;
  const std::string& module() const { return modules_[at_]; }  // of the step that is being written
  std::string linear(const Affine& step);
  std::string map(const Affine& step);
  std::string as_map(const std::string& flat, ValueId id) const;

  std::string at(ValueId id) const { return values_[id]; }
  // The next line gives the value a name.
  void set(ValueId id, const std::string& expression, bool flat = false) {
    values_[id] = next_name();
    flat_[id] = flat;
    lines_ += assignment(values_[id], expression) + shape_words(id) + "\n";
  }
  std::string next_name() { return fmt::format("h{}", ++count_); }
  // What would make a long line longer gets one of its own.
  std::string named(const std::string& expression) {
    const std::string name = next_name();
    lines_ += assignment(name, expression) + "\n";
    return name;
  }
  std::string shortened(const std::string& expression) {
    return expression.size() < comfortable_length ? expression : named(expression);
  }
  std::string shape_words(ValueId id) const {
    const Value& value = model_.values[id];
    if (value.pixels() == 1) return fmt::format("  # {}", value.channels);
    return fmt::format("  # {}x{}", value.channels, sizes_text(value.size));
  }

  const Model& model_;
  const ModelState& state_;
  std::vector<ParameterName> names_;
  std::vector<std::string> modules_;
  std::vector<std::string> values_;  // by ValueId: the variable that holds it
  std::string lines_;
  Index count_ = 0;
  std::size_t at_ = 0;      // the step that is being written
  std::vector<bool> flat_;  // by ValueId: whether it is [N, numbers], as a Linear makes it
};

// ---- __init__

std::string Writer::constructor(std::size_t at) const {
  const auto& step = std::get<Affine>(model_.steps[at]);
  const Geometry& geometry = step.geometry;
  const std::string& module = modules_[at];
  if (owner(step.weight) != module) {
    Index biases = 1;
    if (step.bias) biases = element_count(names_[*step.bias].shape);
    return fmt::format("Bias({})", biases);
  }
  const Shape& shape = names_[step.weight].shape;
  if (is_linear(step)) return fmt::format("nn.Linear({}, {})", shape[1], shape[0]);
  const bool conv = step.direction == Direction::conv;
  const Index from = conv ? geometry.in_channels : geometry.out_channels,
              to = conv ? geometry.out_channels : geometry.in_channels;
  return fmt::format("nn.Conv{}{}d({}, {}, {}{})", conv ? "" : "Transpose", geometry.axes.size(), from, to,
                     per_axis_text(per_axis(geometry, [](const Axis& axis) { return axis.taps; })),
                     call_of(geometry, step.direction).options);
}

// The members of encoder and decoder as lists, everything else by its name. MODULE.gate and MODULE.blocks become attributes
// of the module that they belong to.
std::string Writer::write_modules() {
  std::map<std::string, std::string> lists;
  std::string alone, inner;
  std::set<std::string> seen;
  for (std::size_t at = 0; at < model_.steps.size(); ++at) {
    const std::string& module = modules_[at];
    if (const auto* gain = std::get_if<Gain>(&model_.steps[at]))
      inner += fmt::format("        {}.gain = nn.Parameter(torch.ones({}))\n", python_name(module),
                           model_.parameters[gain->factor].shape[0]);
    if (!std::holds_alternative<Affine>(model_.steps[at]) || !seen.insert(module).second) continue;
    const std::string made = constructor(at), list = module.substr(0, module.find('.'));
    const auto dots = std::count(module.begin(), module.end(), '.');
    if (const std::size_t blocks = module.find(".blocks."); blocks != module.npos) {
      const std::string all = python_name(module.substr(0, blocks)) + ".blocks";
      if (seen.insert(all).second) inner += fmt::format("        {} = nn.ModuleList()\n", all);
      if (seen.insert(module.substr(0, module.rfind('.'))).second)
        inner += fmt::format("        {}.append(nn.Module())\n", all);
    }
    if (dots == 0)
      alone += fmt::format("        self.{} = {}\n", module, made);
    else if (dots == 1 && (list == "encoder" || list == "decoder"))
      lists[list] += fmt::format("            {},\n", made);
    else
      inner += fmt::format("        {} = {}\n", python_name(module), made);
  }
  const auto written = [&](const char* name) {
    return lists.contains(name)
               ? fmt::format("        self.{} = nn.ModuleList([\n{}        ])\n", name, lists[name])
               : "";
  };
  return written("encoder") + alone + written("decoder") + inner;
}

// ---- forward

std::string Writer::factor(const Gain& step) const {
  const std::string name = python_name(module()) + ".gain";
  if (flat_[step.in]) return name;
  std::string ones;
  for (std::size_t axis = 0; axis < model_.values[step.in].size.size(); ++axis) ones += ", 1";
  return fmt::format("{}.reshape(-1{})", name, ones);
}

std::string Writer::linear(const Affine& step) {
  const std::string& own = module();
  const bool transposed = step.direction == Direction::conv_transpose;
  const std::string in = flat_[step.in] ? at(step.in) : at(step.in) + ".flatten(1)";
  if (owner(step.weight) == own) return fmt::format("{}({})", python_name(own), in);
  // [out, in] of a Linear: as it is where both have the same direction.
  const bool as_it_is = transposed == names_[step.weight].stored_transposed;
  return fmt::format("F.linear({}, {}.weight{}, {}.bias)", in, python_name(owner(step.weight)),
                     as_it_is ? "" : ".t()", python_name(own));
}

std::string Writer::as_map(const std::string& flat, ValueId id) const {
  const Value& value = model_.values[id];
  return fmt::format("{}.reshape(-1, {}, {})", flat, value.channels, fmt::join(value.size, ", "));
}

std::string Writer::map(const Affine& step) {
  const std::string& own = module();
  const Geometry& geometry = step.geometry;
  const bool conv = step.direction == Direction::conv;
  const PythonCall call = call_of(geometry, step.direction);
  const Integers up = per_axis(geometry, [](const Axis& axis) { return axis.up; });
  std::string in = flat_[step.in] ? as_map(at(step.in), step.in) : at(step.in);
  if (conv && any_other(up, 1))
    in = fmt::format("stretched({}, ({}{}))", in, fmt::join(up, ", "), up.size() == 1 ? "," : "");
  in = pad_text(pad_text(in, call.zero_begin, call.zero_end), call.before_begin, call.before_end);
  if (in.size() > comfortable_length / 2) in = named(in);
  std::string made;
  if (owner(step.weight) == own)
    made = fmt::format("{}({})", python_name(own), in);
  else
    made =
        fmt::format("F.conv{}{}d({}, {}.weight, {}.bias{})", conv ? "" : "_transpose", geometry.axes.size(),
                    in, python_name(owner(step.weight)), python_name(own), call.options);
  if (any_other(call.after_begin, 0) || any_other(call.after_end, 0))
    made = pad_text(shortened(made), call.after_begin, call.after_end);
  if (!conv && any_other(up, 1)) {
    made = shortened(made) + "[..., ";
    for (std::size_t axis = 0; axis < up.size(); ++axis)
      made += fmt::format("{}::{}", axis == 0 ? "" : ", ", up[axis]);
    made += "]";
  }
  return made;
}

void Writer::operator()(const Affine& step) {
  if (!is_linear(step)) {
    const std::string made = map(step);
    set(step.out, step.activation == Activation::linear ? made : activated(step.activation, shortened(made)));
    return;
  }
  const bool flat = step.direction == Direction::conv;
  const std::string made = linear(step);
  set(step.out, activated(step.activation, flat ? made : as_map(shortened(made), step.out)), flat);
}

void Writer::operator()(const Shuffle& step) {
  const Value& in = model_.values[step.in];
  if (in.size.size() == 2) {
    set(step.out, fmt::format("F.pixel_shuffle({}, {})", at(step.in), step.factor));
    return;
  }
  set(step.out, fmt::format("shuffled({}, {})", at(step.in), step.factor));
}

std::string Writer::write_part(const char* head, const std::string& argument, ValueId given,
                               const std::vector<ValueId>& wanted) {
  const std::vector<bool> steps = steps_between(model_, given, wanted);
  values_[given] = argument;
  flat_[given] = given != model_.image_value() && flat_[model_.code];
  lines_.clear();
  count_ = 0;
  for (at_ = 0; at_ < steps.size(); ++at_)
    if (steps[at_]) std::visit(*this, model_.steps[at_]);
  std::string results;
  for (const ValueId id : wanted) results += (results.empty() ? "" : ", ") + values_[id];
  return fmt::format("{}{}        return {}\n\n", head, lines_, results);
}

// ---- The file

std::string Writer::write_pixels() const {
  switch (model_.reconstruction().likelihood) {
    case Likelihood::bernoulli:
    case Likelihood::bce_grey:
      return python_sigmoid_pixels;
    case Likelihood::continuous_bernoulli:
      return python_continuous_bernoulli_pixels;
    case Likelihood::gaussian:
    case Likelihood::mse:
      return python_clamped_pixels;
  }
  return {};
}

std::string Writer::write() {
  if (!decodes_alone(model_))
    throw InvalidArgument("to", "is a script, but this model makes its pictures of more than the code",
                          "use .onnx, .safetensors, .npz or .pt");
  const auto said = [&](const char* key) {
    const auto found = state_.metadata.find(key);
    return found == state_.metadata.end() ? std::string("?") : excerpt(found->second, 80);
  };
  // Names of files are anybody's text: nothing in them may end the string that they stand in.
  const auto quoted = [](std::string text) {
    std::erase_if(text, [](char c) { return c == '"' || c == '\\'; });
    return text;
  };
  const std::string further = state_.metadata.contains("partial_step")
                                  ? fmt::format(" and {} steps of the next", said("partial_step"))
                                  : "";
  std::string text =
      fmt::format("{}: the model of {}, epoch {}{} ({}), in PyTorch.\n{}", rebuild_script_mark,
                  quoted(said("run")), said("epoch"), further, said("weights"), python_introduction);
  const bool stretches = std::any_of(model_.steps.begin(), model_.steps.end(), [](const Step& step) {
    const auto* affine = std::get_if<Affine>(&step);
    return affine && affine->direction == Direction::conv &&
           any_other(per_axis(affine->geometry, [](const Axis& axis) { return axis.up; }), 1);
  });
  const bool shuffles = std::any_of(model_.steps.begin(), model_.steps.end(), [&](const Step& step) {
    const auto* shuffle = std::get_if<Shuffle>(&step);
    return shuffle && model_.values[shuffle->in].size.size() != 2;
  });
  const bool shares = std::any_of(model_.steps.begin(), model_.steps.end(),
                                  [&, at = std::size_t{0}](const Step& step) mutable {
                                    const std::string& module = modules_[at++];
                                    const auto* affine = std::get_if<Affine>(&step);
                                    return affine && owner(affine->weight) != module;
                                  });
  if (stretches) text += python_stretched;
  if (shuffles) text += python_shuffled;
  if (shares) text += python_bias;
  const Value& images = model_.images();
  text += fmt::format(
      "class Model(nn.Module):\n"
      "    \"\"\"Images [N, {}, {}], pixels 0..1, to codes and back.\"\"\"\n\n"
      "    def __init__(self):\n        super().__init__()\n",
      images.channels, fmt::join(images.size, ", "));
  text += write_modules();
  for (ParameterId id = 0; id < names_.size(); ++id)
    if (names_[id].name.find('.') == std::string::npos)
      text += fmt::format("        self.{} = nn.Parameter(torch.zeros({}))\n", names_[id].name,
                          fmt::join(names_[id].shape, ", "));
  text += "\n";
  const auto heads = model_.heads();
  std::vector<ValueId> code = {model_.code};
  if (heads) code.push_back(heads->log_variance);
  text += write_part(heads ? "    def encode(self, x):\n"
                             "        \"\"\"The mean and the log-variance of the code.\"\"\"\n"
                           : "    def encode(self, x):\n",
                     "x", model_.image_value(), code);
  text += write_part(
      "    def decode(self, z):\n"
      "        \"\"\"What the likelihood reads; pixels() makes pictures of it.\"\"\"\n",
      "z", decoder_input(model_), {model_.reconstruction().output});
  text += heads ? python_vae_forward : python_ae_forward;
  text += write_pixels();
  text += python_reading;
  text += heads ? python_vae_results : python_ae_results;
  text += python_main;
  text += fmt::format("# {}\n", open_seal());
  close_seal(text);
  return text;
}

}  // namespace

std::string rebuild_script(const Model& model, const ModelState& state) {
  const Model one = with_draws(model, 1);
  return Writer(one, state).write();
}

}  // namespace fsconv
