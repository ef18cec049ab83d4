// SPDX-License-Identifier: Apache-2.0
#include "generate.hpp"

#include <fsconv/base/error.hpp>
#include <fsconv/base/names.hpp>

#include "commands.hpp"

namespace fsconv::cli {

std::string generated(const std::vector<std::string>& words) {
  const std::string what = words.empty() ? "" : words[0];
  const std::string legal = "give man, man COMMAND, bash, zsh or fish";
  if (words.size() > (what == "man" ? 2u : 1u))
    throw InvalidArgument(fmt::format("'{}'", words.back()), "is a word too many behind fsconv --generate",
                          legal);
  if (what == "man")
    return words.size() == 1 ? man_page() : man_page(entry_named(commands(), "generate man", words[1]));
  if (what == "bash") return bash_completion();
  if (what == "zsh") return zsh_completion();
  if (what == "fish") return fish_completion();
  throw InvalidArgument("generate", words.empty() ? "says not what" : fmt::format("is '{}'", what), legal);
}

}  // namespace fsconv::cli
