// The options of a command as its help shows them: under headings, in their order.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <string>
#include <vector>

namespace fsconv::cli {

struct OptionGroup {
  std::string title;  // "Options", "Files", "Of every command"
  std::vector<const boost::program_options::option_description*>
      options;  // of the list, which must outlive this
};

std::vector<OptionGroup> groups_of(const boost::program_options::options_description& list);

}  // namespace fsconv::cli
