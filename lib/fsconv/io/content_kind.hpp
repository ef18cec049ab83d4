// What a file is by its first bytes: for messages about files that are something else than was thought.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace fsconv {

// "a web page (HTML)", "an HDF5 file", "a gzip file", "a text", ..., with a cure where there is one: "netCDF in its
// classic format; nccopy -k nc4 OLD NEW makes HDF5 of it". Empty where nothing is known. `bytes` are the first ones,
// a few hundred.
std::string content_kind(std::span<const std::byte> bytes);

// The same of a file; empty as well where it cannot be read.
std::string content_kind_of(const std::string& path);

// Whether a file is of HDF5, whatever its name.
bool is_hdf5_file(const std::string& path);

// "problem; it is KIND", or the problem alone where nothing is known.
std::string with_kind(const std::string& problem, const std::string& kind);

}  // namespace fsconv
