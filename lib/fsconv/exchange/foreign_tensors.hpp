// What the formats have in common: one list of a state's tensors and names for their writers, and a collector for their
// readers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/exchange/state.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fsconv {

// The tensors of a check; in files that know no groups they are "check.input", ...
inline constexpr std::array<std::pair<const char*, Tensor<float> ModelCheck::*>, 5> check_tensors = {
    {{"input", &ModelCheck::input},
     {"code", &ModelCheck::code},
     {"log_variance", &ModelCheck::log_variance},
     {"output", &ModelCheck::output},
     {"pixels", &ModelCheck::pixels}}};

struct NamedValues {
  std::string name;
  const Tensor<float>* values;
};

// Every tensor once, those of the check behind the others, where there is one.
std::vector<NamedValues> all_tensors(const ModelState& state);

// JSON objects: of every other name, or name of the transpose, the tensor's name.
nlohmann::json alias_names(const ModelState& state);
nlohmann::json transposed_names(const ModelState& state);

// Collects what a file holds. Whatever names one thing twice, or a tensor that is not there, is BadData naming the file.
class ForeignTensors {
 public:
  explicit ForeignTensors(std::string path) : path_(std::move(path)) {}

  void add(const std::string& name, Tensor<float> value);  // or a tensor of the check, by its name
  bool has(const std::string& name) const;                 // as a tensor or another name of one
  void add_alias(const std::string& alias, const std::string& name);
  void add_hint(const std::string& alias,
                const std::string& name);     // an alias, or a text that only looks like one
  void add_aliases(const std::string& json);  // as alias_names() wrote them
  void add_transposed(const std::string& transposed, const std::string& name);  // BadData unless a matrix
  void add_transposed(const std::string& json);  // as transposed_names() wrote them
  void add_metadata(const std::string& key, const std::string& text) { state_.metadata[key] = text; }

  ModelState state() &&;

 private:
  NamedTensor& named(const std::string& name);
  void add_name(const std::string& alias, const std::string& name,
                std::vector<std::string> NamedTensor::*list);
  void require_new(const std::string& name) const;
  std::map<std::string, std::string> parsed(const std::string& json) const;

  std::string path_;
  ModelState state_;
  std::map<std::string, std::size_t> numbers_;  // by name and alias, of tensors
  std::map<std::string, std::size_t> transposed_;
};

}  // namespace fsconv
