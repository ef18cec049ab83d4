// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/location.hpp>
#include <string_view>
#include <utility>

namespace fsconv {
namespace {

constexpr std::array<std::pair<std::string_view, FileKind>, 6> extensions = {
    {{".npy", FileKind::npy},
     {".npz", FileKind::npz},
     {".h5", FileKind::hdf5},
     {".hdf5", FileKind::hdf5},
     {".nc", FileKind::hdf5},
     {".mtx", FileKind::matrix_market}}};

// Other programs' names for files of HDF5: read where a place inside them is named.
constexpr std::array<std::string_view, 6> other_hdf5 = {".mat", ".keras", ".hdf", ".he5", ".nc4", ".cdf"};

// The end of a path, as long as the longest extension: a word may have many colons, and something before each.
std::string ending_of(std::string_view path) {
  constexpr std::size_t longest = 6;  // ".keras"
  return lower_case(path.substr(path.size() - std::min(path.size(), longest)));
}

FileKind kind_by_extension(std::string_view path) {
  const std::string name = ending_of(path);
  for (const auto& [extension, kind] : extensions)
    if (name.ends_with(extension)) return kind;
  return FileKind::other;
}

bool has_other_hdf5_extension(std::string_view path) {
  const std::string name = ending_of(path);
  return std::any_of(other_hdf5.begin(), other_hdf5.end(),
                     [&](std::string_view extension) { return name.ends_with(extension); });
}

Location inside_hdf5(const std::string& where, std::size_t colon) {
  std::string inside = where.substr(colon + 1);
  if (!inside.starts_with('/')) inside.insert(0, "/");
  return {FileKind::hdf5, where.substr(0, colon), inside};
}

}  // namespace

Location locate(const std::string& where) {
  const std::string_view whole = where;
  for (std::size_t colon = where.find(':'); colon != std::string::npos; colon = where.find(':', colon + 1)) {
    const FileKind kind = kind_by_extension(whole.substr(0, colon));
    if (kind == FileKind::npz) return {kind, where.substr(0, colon), where.substr(colon + 1)};
    if (kind == FileKind::hdf5 || has_other_hdf5_extension(whole.substr(0, colon)))
      return inside_hdf5(where, colon);
  }
  if (const FileKind kind = kind_by_extension(where); kind != FileKind::other) return {kind, where, ""};
  // Of another extension: what follows says that an HDF5 file is meant.
  const auto colon = where.find(":/");
  if (colon != std::string::npos && colon > 0 && kind_by_extension(whole.substr(0, colon)) == FileKind::other)
    return inside_hdf5(where, colon);
  return {FileKind::other, where, ""};
}

bool names_hdf5(const std::string& path) {
  const Location location = locate(path);
  return location.kind == FileKind::hdf5 && location.inside.empty();
}

void require_hdf5_name(const std::string& path) {
  if (!names_hdf5(path))
    throw InvalidArgument("output", fmt::format("'{}' is no name of an HDF5 file", path),
                          "end it in .h5, .hdf5 or .nc");
}

}  // namespace fsconv
