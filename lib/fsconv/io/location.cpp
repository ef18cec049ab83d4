#include <fmt/format.h>

#include <array>
#include <fsconv/base/error.hpp>
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

}  // namespace

Location locate(const std::string& where) {
  for (const auto& [extension, kind] : extensions)
    if (where.ends_with(extension)) return {kind, where, ""};
  for (const auto& [extension, kind] : extensions) {
    if (kind != FileKind::npz && kind != FileKind::hdf5) continue;
    const auto found = where.rfind(std::string(extension) + ":");
    if (found == std::string::npos) continue;
    const auto colon = found + extension.size();
    std::string inside = where.substr(colon + 1);
    if (kind == FileKind::hdf5 && !inside.starts_with('/')) inside.insert(0, "/");
    return {kind, where.substr(0, colon), inside};
  }
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
