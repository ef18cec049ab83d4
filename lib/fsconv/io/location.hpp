// Takes apart the names by which users point into files: x.npy, x.npz:name, file.h5:/dataset.
#pragma once

#include <string>

namespace fsconv {

enum class FileKind { npy, npz, hdf5, matrix_market, other };

struct Location {
  FileKind kind;
  std::string path;    // of the file
  std::string inside;  // what follows the colon, or nothing; in HDF5 with a leading '/'
};

// The kind is the path's extension: .npy, .npz, .h5 (.hdf5, .nc), .mtx. A colon counts only right after .npz
// or one of HDF5's extensions.
Location locate(const std::string& where);

// Whether the path ends as HDF5 files do.
bool names_hdf5(const std::string& path);

// Throws InvalidArgument unless the path ends as HDF5 files do: .h5, .hdf5 or .nc.
void require_hdf5_name(const std::string& path);

}  // namespace fsconv
