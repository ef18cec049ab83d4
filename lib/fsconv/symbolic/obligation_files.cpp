// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/symbolic/embedded_proofs.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fstream>
#include <optional>
#include <system_error>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

// The content of a regular file: a pipe would keep us waiting, a device might never end.
std::string content_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error) throw IoError(path.string(), "cannot read: " + error.message());
  if (!fs::is_regular_file(status)) throw IoError(path.string(), "cannot read: not a regular file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError::from_errno(path.string(), "read");
  std::string text(longest_obligation + 1, '\0');  // one byte more tells that it is too long
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw IoError::from_errno(path.string(), "read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// "gather.2.unsat.smt2": a query that `emit` (verify/emit.hpp) composed. It has no blocks, and its original
// lies beside it.
bool composed(const std::string& file_name) {
  const std::vector<std::string> parts = split(file_name, '.');
  const std::size_t count = parts.size();
  return count >= 4 && (parts[count - 2] == "sat" || parts[count - 2] == "unsat") &&
         to_integer(parts[count - 3]);
}

// The names of DIRECTORY/*.smt2, sorted.
std::vector<std::string> file_names(const fs::path& directory) {
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  std::vector<std::string> names;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (name.ends_with(".smt2") && name.front() != '.' && !composed(name)) names.push_back(name);
  }
  if (error) throw IoError(directory.string(), "cannot list: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

void read_folder(const fs::path& directory, const std::string& prefix, std::vector<Obligation>& into) {
  for (const std::string& name : file_names(directory)) {
    const fs::path path = directory / name;
    into.push_back(
        parse_obligation(prefix + fs::path(name).stem().string(), content_of(path), path.string()));
  }
}

}  // namespace

std::vector<Obligation> read_obligations(const std::string& directory) {
  std::vector<Obligation> obligations;
  read_folder(directory, "", obligations);
  const fs::path beliefs = fs::path(directory) / "beliefs";
  std::error_code ignored;
  if (fs::exists(beliefs, ignored)) read_folder(beliefs, "beliefs/", obligations);
  if (obligations.empty())
    throw BadData(directory, "holds no proof obligations", "*.smt2 and beliefs/*.smt2, as in proofs/smt");
  return obligations;
}

const std::vector<Obligation>& built_in_obligations() {
  static const std::vector<Obligation> obligations = [] {
    std::vector<Obligation> list;
    for (const EmbeddedText& embedded : embedded_proofs())
      list.push_back(parse_obligation(std::string(embedded.name), std::string(embedded.text)));
    return list;
  }();
  return obligations;
}

}  // namespace fsconv
