// What every HDF5 file of fsconv says about itself: schema, configuration and the environment it was made in.
#pragma once

#include <cstdint>
#include <fsconv/io/hdf5/file.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace fsconv {

// Readers take older files, too. 2: the model, the best state and more series of training runs.
constexpr std::int64_t schema_version = 2;

struct RunInfo {
  std::string kind;  // what the file holds: "train", "verify", "bench", ...
  std::string command_line;
  nlohmann::json configuration = nlohmann::json::object();  // every option by its name
  std::uint64_t seed = 0;
  int threads = 1;
  std::string start_time;  // of now(); the end is the moment of writing
};

// The local time in ISO 8601 with seconds and zone: 2025-03-01T14:05:59+01:00.
std::string now();

// Writes the root attributes that docs/file_formats.md lists: schema_version, kind, configuration (one JSON
// string) and each of its entries as "config.NAME", command_line, seed, git_commit, git_dirty, host, cpu,
// threads, the libraries' versions, start_time and end_time. Existing ones are replaced.
void write_environment(hdf5::File& file, const RunInfo& info);

// The configuration of a file written so. BadData if it is no file of fsconv, of a newer schema, or its JSON
// is broken.
nlohmann::json read_configuration(const hdf5::File& file);

// What was built: the commit, and "true" or "false", whether the tree had changes when it was configured; "unknown"
// where it was no git repository.
std::string git_commit();
std::string git_dirty();

std::string cpu_model();  // "unknown" where the system does not say

// "name version" of every library that takes part in computing: for --version and reports.
nlohmann::json library_versions();

}  // namespace fsconv
