// Man pages and completions for shells, printed from the tables of commands and options: what packages install.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fsconv::cli {

struct Command;

// What `fsconv --generate WORDS` asks for: man [COMMAND], bash, zsh or fish. Throws InvalidArgument for anything else.
std::string generated(const std::vector<std::string>& words);

// For man(1), in the macros of man(7); of the program, and of a command.
std::string man_page();
std::string man_page(const Command& command);

// To be sourced, or put where the shell looks for completions: as "fsconv", "_fsconv" and "fsconv.fish".
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace fsconv::cli
