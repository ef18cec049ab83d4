// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/file_lock.hpp>
#include <fsconv/io/patient_calls.hpp>
#include <fsconv/verify/emit.hpp>
#include <fstream>
#include <iterator>
#include <system_error>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

struct OutputFile {
  fs::path path;
  std::string content;
};

std::vector<OutputFile> output_files(const std::vector<Obligation>& obligations, const fs::path& directory) {
  std::vector<OutputFile> files;
  for (const Obligation& obligation : obligations) {
    files.push_back({directory / (obligation.name + ".smt2"), obligation.text});
    for (std::size_t at = 0; at < obligation.queries.size(); ++at) {
      const Query& query = obligation.queries[at];
      const char* const expected = query.expect_sat ? "sat" : "unsat";
      files.push_back(
          {directory / fmt::format("{}.{}.{}.smt2", obligation.name, at + 1, expected), query.text});
    }
  }
  return files;
}

// Whether the file is there as it would be written. Throws IoError where something else has its name.
bool is_there(const OutputFile& file) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(file.path, error);
  if (status.type() == fs::file_type::not_found) return false;
  if (error) throw IoError(file.path.string(), "cannot look at it: " + error.message());
  if (!fs::is_regular_file(fs::status(file.path, error)))  // a pipe would keep us waiting
    throw IoError(file.path.string(), "is there already and is no regular file; give an empty folder");
  if (fs::file_size(file.path, error) == file.content.size() && !error) {
    std::ifstream stream(file.path, std::ios::binary);
    if (std::string(std::istreambuf_iterator<char>(stream), {}) == file.content) return true;
  }
  throw IoError(file.path.string(), "is there already and differs; give an empty folder");
}

void write(const OutputFile& file) {
  std::error_code error;
  const std::string folder = file.path.parent_path().string();
  const bool made = fs::create_directories(folder, error);
  if (error) throw IoError(folder, "cannot make the folder: " + error.message());
  if (made && !sync_folder(folder_of(folder))) throw IoError::from_errno(folder, "make the folder");
  write_whole(file.path.string(), file.content);
}

}  // namespace

void emit(const std::vector<Obligation>& obligations, const std::string& directory) {
  std::vector<OutputFile> files = output_files(obligations, directory);
  std::erase_if(files, is_there);
  for (std::size_t at = 0; at < files.size(); ++at) {
    if (interrupted())
      throw Interrupted(
          fmt::format("interrupted: {} of {} files were written to {}", at, files.size(), directory));
    write(files[at]);
  }
}

}  // namespace fsconv
