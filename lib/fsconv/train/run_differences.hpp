// In what training runs differ: their configurations, models, data and environments, entry by entry.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/run_table.hpp>
#include <string>
#include <vector>

namespace fsconv {

// An option and its value in each run; null where it has none.
struct RunEntry {
  std::string name;
  std::vector<nlohmann::json> values;

  bool differs() const;
};

// Every option that one of the runs has, sorted by name, whether it differs or not. Configurations are those that this
// program reads: what an older file does not say is what it meant. `init` tells weights by their SHA-256, and shows its
// first digits beside the name that the first of these runs has for them. `smooth` is the command line of fsconv smooth by which
// its weights were changed at some time.
std::vector<RunEntry> configuration_entries(const std::vector<const RecordedRun*>& runs);

// An entry that is not the same for all runs.
struct RunDifference {
  std::string section;                 // "configuration", "model", "data" or "environment"
  std::string name;                    // "learning-rate", "conv1", "git_commit"
  std::vector<nlohmann::json> values;  // one per run; null where it has no such entry
};

// In the order of the sections above, sorted by name within one. Of configurations what differs of the entries above. Of models: the number of parameters and every parameter's shape; where these are the
// same, their steps, terms and the rest. Times, command lines and results are no entries: they always differ. The schema of the
// files is of the environment.
std::vector<RunDifference> differences(const std::vector<LoggedRun>& runs);

// Of two runs it is read like a diff: - is the first, + the second. Of more an entry is a line, with the numbers of the runs that
// have each value. A sentence where nothing differs.
std::string differences_text(const std::vector<LoggedRun>& runs, std::size_t width);

// The differences of the configurations alone, and how many entries differ elsewhere; without the names of more
// than two runs, which comparison_text() has.
std::string short_differences_text(const std::vector<LoggedRun>& runs, std::size_t width);

// {section: {name: [value per run]}}
nlohmann::json json_of(const std::vector<RunDifference>& differences);

}  // namespace fsconv
