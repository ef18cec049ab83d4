// Takes apart the names by which users point into files: x.npy, x.npz:name, file.h5:/dataset.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace fsconv {

enum class FileKind { npy, npz, hdf5, matrix_market, other };

struct Location {
  FileKind kind;
  std::string path;    // of the file
  std::string inside;  // what follows the colon, or nothing; in HDF5 with a leading '/'
};

// The kind is the path's extension, in upper or lower case: .npy, .npz, .h5 (.hdf5, .nc), .mtx. The first colon right
// after .npz or one of HDF5's extensions parts the path from what is inside; behind .mat, .keras, .hdf, .he5, .nc4 and
// .cdf it does too. PATH:/NAME is a place in an HDF5 file whatever the extension, unless that is one of the others:
// whether it is one, its content says.
Location locate(const std::string& where);

// Whether the path ends as the HDF5 files do that fsconv writes, and names nothing inside.
bool names_hdf5(const std::string& path);

// Throws InvalidArgument unless it does: .h5, .hdf5 or .nc.
void require_hdf5_name(const std::string& path);

}  // namespace fsconv
