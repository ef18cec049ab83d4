// What every HDF5 file of fsconv says about itself: schema, configuration and the environment it was made in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace fsconv {

// Readers take older files, too. 2: the model, the best state and more series of training runs. 3: a digest (digest.hpp).
// 4: part of an epoch; only runs that have one are of it, so that older readers know all others.
constexpr std::int64_t schema_version = 3, schema_with_partial_epoch = 4, newest_schema = 4;

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

// Seals (digest.hpp) and commits a file that write_environment() has begun and that holds all it shall; hashes that are `known`
// save reading its datasets again. IoError.
void commit_sealed(hdf5::File& file, const Hashes& known = {});

// The configuration of a file written so. BadData if it is no file of fsconv, of a newer schema, the digest of its root
// says that it was changed, its JSON is broken, or one of the attributes "config.NAME" says something else.
nlohmann::json read_configuration(const hdf5::File& file);

// Throws BadData unless this is a file of fsconv of that kind; `command` is the one that writes them.
void require_kind(const hdf5::File& file, const std::string& kind, const std::string& command);

// What was built: the commit, and "true" or "false", whether the tree had changes when it was configured; "unknown"
// where it was no git repository.
std::string git_commit();
std::string git_dirty();

std::string cpu_model();  // "unknown" where the system does not say

// "name version" of every library that takes part in computing: for --version and reports.
nlohmann::json library_versions();

}  // namespace fsconv
