// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/half.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/exchange/initial.hpp>
#include <fsconv/exchange/read_state.hpp>
#include <fsconv/io/sha256.hpp>
#include <fsconv/train/saved_run.hpp>
#include <limits>
#include <memory>
#include <set>

namespace fsconv {
namespace {

constexpr std::size_t named_at_most = 4;

std::string shape_text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

// A tensor of the file under one of its names.
struct Found {
  const NamedTensor* tensor = nullptr;
  bool transposed = false;
  bool hinted = false;  // what the model does not know under this name is none of its tensors
};

class Filling {
 public:
  Filling(const Model& model, Parameters<float>& parameters, const ModelState& state,
          const std::string& where)
      : model_(model), parameters_(parameters), where_(where), names_(pytorch_names(model)) {
    for (const NamedTensor& tensor : state.tensors) {
      found_[tensor.name] = {&tensor, false};
      for (const std::string& alias : tensor.aliases) found_[alias] = {&tensor, false};
      for (const std::string& alias : tensor.hinted) found_[alias] = {&tensor, false, true};
      for (const std::string& name : tensor.transposed) found_[name] = {&tensor, true};
    }
  }

  void fill() {
    for (ParameterId id = 0; id < names_.size(); ++id) fill(id);
    refuse_unmatched();
    for (ParameterId id = 0; id < names_.size(); ++id) parameters_[id].value = std::move(values_[id]);
  }

 private:
  enum class Layout { pytorch, transposed, own };

  void fill(ParameterId id);
  // In fsconv's layout; nothing where the file does not have the name, or the shape is another.
  std::optional<Tensor<float>> taken(ParameterId id, const std::string& name, Layout layout);
  void require_same(const std::string& first, const Tensor<float>& a, const std::string& second,
                    const Tensor<float>& b) const;
  void require_finite(const std::string& name, const Tensor<float>& values) const;
  void refuse_unmatched() const;

  const Model& model_;
  Parameters<float>& parameters_;
  const std::string& where_;
  std::vector<ParameterName> names_;
  std::map<std::string, Found> found_;
  std::set<std::string> used_;
  std::vector<Tensor<float>> values_;
  std::vector<std::string> missing_, misshapen_;
};

std::optional<Tensor<float>> Filling::taken(ParameterId id, const std::string& name, Layout layout) {
  const auto at = found_.find(name);
  if (at == found_.end()) return std::nullopt;
  used_.insert(name);
  const ParameterName& wanted = names_[id];
  const ParameterSpec& spec = model_.parameters[id];
  Shape shape = layout == Layout::own ? spec.shape : wanted.shape;
  if (layout == Layout::transposed) std::swap(shape.at(0), shape.at(1));
  Shape held = at->second.tensor->value.shape();
  if (at->second.transposed) std::swap(held.at(0), held.at(1));
  if (held != shape) {
    misshapen_.push_back(fmt::format("{} is {}, not {}", excerpt(name), shape_text(held), shape_text(shape)));
    return std::nullopt;
  }
  require_finite(name, at->second.tensor->value);
  // Two transposes are none.
  const bool transposes = (layout == Layout::transposed) != at->second.transposed;
  Tensor<float> value = transposes ? transposed_matrix(at->second.tensor->value) : at->second.tensor->value;
  if (layout == Layout::own) return value;
  return from_pytorch(wanted, spec, value);
}

void Filling::fill(ParameterId id) {
  const ParameterName& wanted = names_[id];
  std::vector<std::pair<std::string, Layout>> names = {{wanted.name, Layout::pytorch}};
  for (const std::string& alias : wanted.aliases) names.emplace_back(alias, Layout::pytorch);
  for (const std::string& name : wanted.transposed) names.emplace_back(name, Layout::transposed);
  if (model_.parameters[id].name != wanted.name) names.emplace_back(model_.parameters[id].name, Layout::own);
  std::string first;
  values_.emplace_back();
  const std::size_t misshapen = misshapen_.size();
  for (const auto& [name, layout] : names)
    if (auto value = taken(id, name, layout)) {
      if (!first.empty()) {
        require_same(first, values_.back(), name, *value);
        continue;
      }
      first = name;
      values_.back() = std::move(*value);
    }
  if (misshapen_.size() > misshapen) misshapen_.resize(misshapen + 1);  // one tensor, under several names
  if (first.empty() && misshapen == misshapen_.size())
    missing_.push_back(fmt::format("{} {}", wanted.name, shape_text(wanted.shape)));
}

void Filling::require_same(const std::string& first, const Tensor<float>& a, const std::string& second,
                           const Tensor<float>& b) const {
  for (Index at = 0; at < a.size(); ++at)
    if (a[at] != b[at])  // finite, both; 0 and -0 are one number
      throw BadData(where_,
                    fmt::format("holds {} and {}, which differ at {}: {} and {}", first, second,
                                position_text(a.shape(), at), a[at], b[at]),
                    "the model ties them to one weight; --tie says which layers are tied");
}

void Filling::require_finite(const std::string& name, const Tensor<float>& values) const {
  for (Index at = 0; at < values.size(); ++at)
    if (!std::isfinite(values[at]))
      throw BadData(fmt::format("{}:{}", where_, excerpt(name)),
                    fmt::format("holds {} at {}", values[at], position_text(values.shape(), at)),
                    "weights are finite numbers");
}

void Filling::refuse_unmatched() const {
  std::vector<std::string> extra;
  for (const auto& [name, found] : found_)
    if (!used_.contains(name) && !found.hinted) extra.push_back(name);
  if (missing_.empty() && extra.empty() && misshapen_.empty()) return;
  std::vector<std::string> problems;
  const auto add = [&](const char* what, const std::vector<std::string>& of) {
    if (!of.empty())
      problems.push_back(fmt::format("{} {} ({})", what, counted(static_cast<Index>(of.size()), "tensor"),
                                     excerpt_of_names(of, named_at_most)));
  };
  add("lacks", missing_);
  add("has another shape of", misshapen_);
  add("has, and the model does not,", extra);
  throw BadData(where_, fmt::format("{}", fmt::join(problems, "; ")),
                fmt::format("the model has {}", counted(static_cast<Index>(names_.size()), "tensor")));
}

double largest(const Tensor<float>& values) {
  double most = 0;
  for (const float value : values) most = std::max(most, std::abs(static_cast<double>(value)));
  return most;
}

// Infinite where one of the two is no number.
double distance(const Tensor<float>& a, const Tensor<float>& b) {
  double most = 0;
  for (Index at = 0; at < a.size(); ++at) {
    const double off = std::abs(static_cast<double>(a[at]) - static_cast<double>(b[at]));
    most = std::max(most, std::isfinite(off) ? off : std::numeric_limits<double>::infinity());
  }
  return most;
}

bool is_bfloat16(float value) { return (std::bit_cast<std::uint32_t>(value) & 0xffff) == 0; }

bool is_half(float value) { return rounded_to_half(value) == static_cast<double>(value); }

// What weights may have been rounded by, relatively, before they were written: 0 where they have all the bits of a float.
// Files of half precision are read, and files of floats that were once rounded to it.
double rounded_by(const Parameters<float>& parameters) {
  const auto all = [&](bool (*is_one)(float)) {
    return std::all_of(parameters.begin(), parameters.end(), [&](const Parameter<float>& parameter) {
      return std::all_of(parameter.value.begin(), parameter.value.end(), is_one);
    });
  };
  return all(is_bfloat16) ? 0x1p-8 : all(is_half) ? 0x1p-11 : 0;
}

// What the model makes of weights and images that might have been rounded to these.
ModelCheck before_rounding(const Model& model, Parameters<float> parameters, Tensor<float> input, double by) {
  Random random(0);
  const auto move = [&](Tensor<float>& values) {
    for (float& value : values) value = static_cast<float>(value * (1 + by * (2 * random.uniform() - 1)));
  };
  for (Parameter<float>& parameter : parameters) move(parameter.value);
  move(input);
  return check_of<float>(model, parameters, input);
}

// What a file asks to compute is little, and all of it about the same images.
void require_few_images(const ModelCheck& check, const std::string& where) {
  constexpr Index most_images = 64;  // fsconv writes two
  const auto is_absent = [](const Tensor<float>& tensor) { return tensor.shape() == Shape{0}; };
  const auto images_of = [](const Tensor<float>& tensor) {
    return tensor.rank() > 0 ? tensor.shape()[0] : Index{1};
  };
  const Index images = images_of(check.input);
  if (images > most_images)
    throw BadData(where + ":check.input", fmt::format("has {}", counted(images, "image")),
                  fmt::format("a check has {} at most", most_images));
  for (const auto& [name, member] : check_tensors) {
    const Tensor<float>& tensor = check.*member;
    if (!is_absent(tensor) && images_of(tensor) != images)
      throw BadData(fmt::format("{}:check.{}", where, name),
                    fmt::format("has shape {}", shape_text(tensor.shape())),
                    images == 0 ? "check.input is missing or empty, and must have as many images"
                                : fmt::format("check.input has {}", counted(images, "image")));
  }
}

}  // namespace

void put_into(const Model& model, Parameters<float>& parameters, const ModelState& state,
              const std::string& where) {
  Filling(model, parameters, state, where).fill();
}

std::string CheckOutcome::text() const {
  std::vector<std::string> parts;
  for (const Line& line : lines)
    parts.push_back(fmt::format("{} within {:.1e} ({:.1e} allowed)", line.name, line.off, line.tolerance));
  return parts.empty() ? "" : fmt::format("the file's check holds: {}", fmt::join(parts, ", "));
}

CheckOutcome require_check(const Model& model, const Parameters<float>& parameters, const ModelCheck& check,
                           const std::string& where) {
  CheckOutcome outcome;
  require_few_images(check, where);
  if (check.input.size() == 0) return outcome;
  ModelCheck exact, rounded, unrounded;
  const double by = rounded_by(parameters);
  try {
    exact = check_of<double>(model, parameters, check.input);
    rounded = check_of<float>(model, parameters, check.input);
    unrounded = by > 0 ? before_rounding(model, parameters, check.input, by) : rounded;
  } catch (const InvalidArgument& error) {
    throw BadData(where + ":check.input", fmt::format("cannot be shown to the model ({})", error.what()));
  }
  for (const auto& [name, member] : check_tensors) {
    if (member == &ModelCheck::input || (check.*member).size() == 0) continue;
    const std::string tensor = fmt::format("{}:check.{}", where, name);
    const Tensor<float>&stored = check.*member, &made = exact.*member;
    // Files of fsconv before had a feature map of one pixel as a list.
    const bool is_list = stored.rank() == 2 && stored.size() == made.size() && made.rank() > 2 &&
                         std::equal(stored.shape().begin(), stored.shape().end(), made.shape().begin());
    if (!is_list && stored.shape() != made.shape())
      throw BadData(tensor, fmt::format("has shape {}", shape_text(stored.shape())),
                    fmt::format("the model makes {}", shape_text(made.shape())));
    constexpr double epsilon = std::numeric_limits<float>::epsilon();
    const CheckOutcome::Line line{
        .name = name,
        .off = distance(stored, made),
        .tolerance = 10 * std::max(distance(rounded.*member, made), distance(unrounded.*member, made)) +
                     2 * (epsilon + by) * largest(made)};
    if (!std::isfinite(line.tolerance))
      throw BadData(tensor, "says nothing of these weights",
                    "in single precision what they make of check.input is not finite");
    if (!(line.off <= line.tolerance))
      throw BadData(
          tensor, fmt::format("is {:.3g} from what the model makes of these weights", line.off),
          fmt::format("{:.3g} may be: layers, paddings, activations and likelihood must be those that the "
                      "weights were trained with",
                      line.tolerance));
    outcome.lines.push_back(line);
  }
  return outcome;
}

void initialise_from(TrainRun& run, const std::string& path,
                     std::function<void(const CheckOutcome&)> on_check) {
  require_kept(run.output, {path}, "what the weights are taken from");
  const auto state = std::make_shared<const ModelState>(read_state(path));
  run.initial = InitialWeights{path, sha256_of_file(path)};
  run.initialise = [state, path, on_check = std::move(on_check)](const Model& model,
                                                                 Parameters<float>& parameters) {
    put_into(model, parameters, *state, path);
    if (const CheckOutcome outcome = require_check(model, parameters, state->check, path);
        !outcome.lines.empty())
      on_check(outcome);
  };
}

}  // namespace fsconv
