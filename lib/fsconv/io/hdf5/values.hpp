// The numbers that a dataset of HDF5 or netCDF stands for, which need not be those that are stored.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/array.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <string>
#include <vector>

namespace fsconv::hdf5 {

// The values of a dataset as its attributes tell how to take them:
//   _Unsigned = "true"                  signed integers are read as unsigned ones of the same width
//   _FillValue, missing_value           such numbers (of the stored ones) stand where there is no value
//   valid_range, valid_min, valid_max   the smallest and largest stored number that is one
//   scale_factor, add_offset            value = stored * scale_factor + add_offset
// in this order, as the CF conventions (sections 2.5.1 and 8.1), the NetCDF User's Guide and netCDF4-python do.
// Where there is no _FillValue, netCDF's own one of the type is missing too, if the file says that unwritten
// elements hold it (not of bytes). A MATLAB array (MATLAB_class) is stored with its axes reversed: it is turned
// back into what MATLAB shows. `notes` say what was done.
//
// dtype is the stored one; of scaled numbers "f4" where both attributes are f4 and no stored one is wider than i2,
// u2 or f4, else "f8"; they are computed in that type.
//
// BadData: as File::read; a value that is missing or not valid, with its first position, for every value must be a
// number; attributes that contradict each other or the type, or could be meant in two ways (limits of another type
// than packed numbers); MATLAB's texts and empty arrays; netCDF's dimensions without coordinates. The datasets of
// the file are listed where this one is not there.
Array read_values(const File& file, const std::string& name);

// The paths of the datasets that can hold any: not netCDF's dimensions without coordinates. Sorted; those of `within`, a
// group, or that dataset itself.
std::vector<std::string> datasets_with_values(const File& file, const std::string& within = "/");

// Of a dataset of numbers: whether the attributes leave the stored numbers as they are, and allow all of them.
bool is_plain(const File& file, const std::string& name);

}  // namespace fsconv::hdf5
