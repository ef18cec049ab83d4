// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/io/json_text.hpp>

namespace fsconv {
namespace {

constexpr auto check_prefix = "check.";

template <class Member>
nlohmann::json names_of_each(const ModelState& state, Member names) {
  nlohmann::json json = nlohmann::json::object();
  for (const NamedTensor& tensor : state.tensors)
    for (const std::string& name : tensor.*names) json[name] = tensor.name;
  return json;
}

}  // namespace

std::vector<NamedValues> all_tensors(const ModelState& state) {
  std::vector<NamedValues> tensors;
  for (const NamedTensor& tensor : state.tensors) tensors.push_back({tensor.name, &tensor.value});
  for (const auto& [name, member] : check_tensors)
    if ((state.check.*member).size() > 0)
      tensors.push_back({check_prefix + std::string(name), &(state.check.*member)});
  return tensors;
}

nlohmann::json alias_names(const ModelState& state) { return names_of_each(state, &NamedTensor::aliases); }
nlohmann::json transposed_names(const ModelState& state) {
  return names_of_each(state, &NamedTensor::transposed);
}

void ForeignTensors::require_new(const std::string& name) const {
  if (has(name) || transposed_.contains(name))
    throw BadData(path_, fmt::format("names {} twice", excerpt(name)));
}

bool ForeignTensors::has(const std::string& name) const { return numbers_.contains(name); }

NamedTensor& ForeignTensors::named(const std::string& name) {
  const auto found = numbers_.find(name);
  if (found == numbers_.end())
    throw BadData(path_, fmt::format("gives another name to {}", excerpt(name)), "it has no such tensor");
  return state_.tensors[found->second];
}

void ForeignTensors::add(const std::string& name, Tensor<float> value) {
  require_new(name);
  for (const auto& [check, member] : check_tensors)
    if (name == check_prefix + std::string(check)) {
      state_.check.*member = std::move(value);
      return;
    }
  numbers_[name] = state_.tensors.size();
  state_.tensors.push_back({.name = name, .value = std::move(value)});
}

void ForeignTensors::add_name(const std::string& alias, const std::string& name,
                              std::vector<std::string> NamedTensor::*list) {
  require_new(alias);
  (named(name).*list).push_back(alias);
  numbers_[alias] = numbers_.at(name);
}

void ForeignTensors::add_alias(const std::string& alias, const std::string& name) {
  add_name(alias, name, &NamedTensor::aliases);
}

void ForeignTensors::add_hint(const std::string& alias, const std::string& name) {
  add_name(alias, name, &NamedTensor::hinted);
}

void ForeignTensors::add_aliases(const std::string& json) {
  for (const auto& [alias, name] : parsed(json)) add_alias(alias, name);
}

void ForeignTensors::add_transposed(const std::string& transposed, const std::string& name) {
  require_new(transposed);
  NamedTensor& tensor = named(name);
  if (tensor.value.rank() != 2)
    throw BadData(path_, fmt::format("calls {} the transpose of {}", excerpt(transposed), excerpt(name)),
                  "only a matrix has one");
  tensor.transposed.push_back(transposed);
  transposed_[transposed] = numbers_.at(name);
}

void ForeignTensors::add_transposed(const std::string& json) {
  for (const auto& [transposed, name] : parsed(json)) add_transposed(transposed, name);
}

std::map<std::string, std::string> ForeignTensors::parsed(const std::string& json) const {
  const auto names = parsed_json(json);
  std::map<std::string, std::string> pairs;
  if (!names.is_object()) throw BadData(path_, "has other names of tensors that are no JSON object");
  for (const auto& [name, of] : names.items()) {
    if (!of.is_string()) throw BadData(path_, "has other names of tensors that are no texts");
    pairs[name] = of.get<std::string>();
  }
  return pairs;
}

ModelState ForeignTensors::state() && { return std::move(state_); }

}  // namespace fsconv
