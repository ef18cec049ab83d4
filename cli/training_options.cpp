// SPDX-License-Identifier: Apache-2.0
#include "training_options.hpp"

#include <fsconv/train/options.hpp>
#include <optional>

namespace fsconv::cli {

OptionList training_options() {
  std::optional<OptionList> list;
  std::string group;
  for (const TrainOption& option : train_options()) {
    if (!list)
      list.emplace(option.group);
    else if (option.group != group)
      list->group(option.group);
    group = option.group;
    if (option.is_flag())
      list->flag(option.name.c_str(), option.help.c_str());
    else
      list->value(option.name.c_str(), option.placeholder.c_str(), option.help.c_str());
  }
  return *std::move(list);
}

}  // namespace fsconv::cli
