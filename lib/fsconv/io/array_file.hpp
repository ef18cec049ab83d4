// Reads and writes one array by the name a user gives: x.npy, x.npz:name, file.h5:/dataset.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/array.hpp>
#include <string>

namespace fsconv {

// `where` is   PATH.npy   |   PATH.npz:NAME (NAME may be left out if the archive holds one array)
//            | PATH.h5:/DATASET   (also .hdf5, .nc, and files of HDF5 with other extensions)
// Extensions in upper or lower case. A dataset is taken as its attributes tell (hdf5/values.hpp); what was done is in
// the array's notes. IoError if the file cannot be read; BadData if its content is broken or no array of real numbers;
// InvalidArgument if the name has none of these forms, or of several arrays names none, which are then listed.
Array read_array(const std::string& where);

// The same, and BadData that names the first NaN or infinity.
Array read_finite_array(const std::string& where);

// Throws InvalidArgument unless `where` is PATH.npy or PATH.h5:/DATASET, where write_array() could put an array.
void require_array_place(const std::string& where);

// Writes PATH.npy or PATH.h5:/DATASET. `dtype` is "f4" or "f8". An existing .h5 file keeps its other content,
// a dataset of that name is replaced, missing groups are made; the file is replaced as a whole, so that a
// failure leaves the old one. InvalidArgument for another form or dtype, or if a finite value overflows "f4".
// T is float or double.
template <class T>
void write_array(const std::string& where, const Tensor<T>& values, const std::string& dtype);

}  // namespace fsconv
