// What may stand as the value of an option: names from the library's tables, files and folders.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <string>
#include <vector>

#include "command.hpp"

namespace fsconv::cli {

struct OptionValues {
  bool taken = false;                   // whether the option has a value at all
  std::vector<std::string> names = {};  // that can be chosen; none where it is a number, say
  bool several = false;                 // names with commas between
  bool file = false;                    // a path
};

// Whether the value of an option may be a list, as its placeholder shows: N[,N...], IMAGE,CODE, all|none|LIST.
bool takes_list(const boost::program_options::option_description& option);

// The same on every machine: sets of instructions are all there are, not those that this processor has.
OptionValues values_of(const Command& command, const boost::program_options::option_description& option);

}  // namespace fsconv::cli
