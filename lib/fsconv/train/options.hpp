// The options of a training run, in one table: from it come the command line, its help, the configuration in files and
// what is legal.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/config.hpp>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace fsconv {

struct TrainOption {
  std::string name;
  std::string group;                 // the heading that it stands under
  std::string placeholder;           // of its value; empty for a flag
  std::string help;                  // with the default in brackets
  bool recorded = true;              // in the JSON of a configuration
  nlohmann::json meant_before = {};  // what a configuration without it meant, where that is not the default
  std::string spells = {};  // not empty: another spelling of this option, without a member of its own,
  std::function<std::string(const std::string&)> meaning = {};  // and what a text of it is there
  // Reads a value as the command line gives it, a flag as true or false. Throws InvalidArgument naming the option.
  std::function<void(TrainConfig&, const std::string&)> read = {};
  std::function<nlohmann::json(const TrainConfig&)> write = {};
  std::function<bool(const nlohmann::json&)> fits = {};      // whether JSON has the type that `write` gives
  std::function<void(const TrainConfig&)> check_range = {};  // throws InvalidArgument naming the option

  bool is_flag() const { return placeholder.empty(); }
};

// In the order of the help.
std::span<const TrainOption> train_options();

const TrainOption* find_train_option(std::string_view name);  // null where there is none

// Throws InvalidArgument where this option is not at its default, which has no effect `beside` others ("with ...").
void require_default(const TrainConfig& config, std::string_view name, std::string_view beside);

// Options by name, as text.
using OptionTexts = std::map<std::string, std::string>;

// Replaces the other spellings of an option (loss; tied and untied) by the option itself. Throws InvalidArgument where
// two of them say different things.
void resolve_spellings(OptionTexts& texts);

// Sets the options that stand in `texts` under their own names; other entries are left to others.
void set_options(TrainConfig& config, const OptionTexts& texts);

}  // namespace fsconv
