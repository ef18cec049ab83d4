// Commands that help and documentation show: found in a text, and made short enough for a test.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fsconv::testing {

// The commands of a help's "The examples use fsconv ..., and fsconv ...": what is to be run before them.
std::vector<std::string> preparations_in(const std::string& help);

// The commands below "Examples:" of a help, those on several lines joined, without remarks.
std::vector<std::string> examples_in(const std::string& help);

// One `fsconv ...` of a page in Markdown.
struct DocumentedCommand {
  std::string line;                  // from "fsconv" on, as it can be pasted
  std::vector<std::string> printed;  // what the page says that it prints, where it does
  bool in_text = false;              // between backticks, not in a block
  bool is_pattern = false;  // has no options, names something by a word in capitals, or leaves something out
};

// Those behind "$ " in the page's blocks, and those in its text between backticks.
std::vector<DocumentedCommand> commands_in(const std::string& markdown);

// The files and folders of the project that a page names between backticks, from the root on, or links to. (Not those
// below data/, where the user puts data sets.)
std::vector<std::string> paths_in(const std::string& markdown);

// The arguments of a command, with less work where it means minutes: fewer images, epochs, rounds and geometries, and
// generated images for a data set that is not installed. The options are the same.
std::vector<std::string> shortened(const std::string& line);

// Timings of large layers are no work for sanitizers; tests/cli/bench_test.cpp has small ones.
bool is_too_slow(const std::string& line);

// Whether `printed` is what `out` says, line by line; "[...]" stands for any lines, blanks at the ends for nothing.
bool is_what_it_prints(const std::vector<std::string>& printed, const std::string& out);

}  // namespace fsconv::testing
