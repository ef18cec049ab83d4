// Where a file of results comes from: what its root says of how it was made.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/report/page.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fsconv::report {

struct Origin {
  std::string path;
  std::string label;  // short, and another one for every file of the report
  std::string kind;
  bool dirty = false;  // the source had changes that no commit holds
  // By the attribute's name, in this order: command_line, git_commit, git_dirty, host, cpu, threads, isa, seed, start_time, end_time,
  // schema_version, versions, digest. What a file of an older schema does not have says so.
  std::vector<std::pair<std::string, std::string>> facts;

  const std::string& fact(const std::string& name) const;
};

// IoError; BadData where it is no file of results of fsconv, or of a newer schema.
Origin read_origin(const std::string& path);

// "run" of results/run.h5, or more of the path where two files have the same name.
std::vector<std::string> labels_of(const std::vector<std::string>& paths);

// One column per file, one row per fact; folded for more than a few files.
void add_origins(Page& page, const std::vector<Origin>& origins);
nlohmann::json json_of(const Origin& origin);

// A file with what was read from it.
template <class T>
struct Result {
  Origin origin;
  T of;
};

}  // namespace fsconv::report
