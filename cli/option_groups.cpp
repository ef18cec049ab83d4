// SPDX-License-Identifier: Apache-2.0
#include "option_groups.hpp"

#include <fsconv/base/text.hpp>
#include <sstream>

namespace fsconv::cli {

// The library keeps its groups to itself; what it prints shows them.
std::vector<OptionGroup> groups_of(const boost::program_options::options_description& list) {
  std::ostringstream printed;
  printed << list;
  std::vector<OptionGroup> groups;
  auto next = list.options().begin();
  for (const std::string& line : split(printed.str(), '\n'))
    if (!line.empty() && line.front() != ' ')
      groups.push_back({line.substr(0, line.find_last_not_of(':') + 1), {}});
    else if (line.starts_with("  -"))
      groups.back().options.push_back((next++)->get());
  return groups;
}

}  // namespace fsconv::cli
