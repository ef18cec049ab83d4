// Writing with HDF5.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/local_file.hpp>

namespace fsconv::hdf5 {
namespace {

constexpr hsize_t chunk_bytes = hsize_t{1} << 20;  // HDF5 keeps one such chunk in its cache, netCDF several

// Whole trailing axes where they fit a chunk; the leading ones are cut.
std::vector<hsize_t> chunk_extents(std::vector<hsize_t> extents, std::size_t element_bytes) {
  hsize_t bytes = element_bytes;
  for (const hsize_t extent : extents) bytes *= extent;
  for (hsize_t& extent : extents)
    while (bytes > chunk_bytes && extent > 1) {
      bytes /= extent;
      extent = (extent + 1) / 2;
      bytes *= extent;
    }
  return extents;
}

}  // namespace

hid_t memory_type(NumberType type) {
  switch (type) {
    case NumberType::f8:
      return H5T_NATIVE_DOUBLE;
    case NumberType::f4:
      return H5T_NATIVE_FLOAT;
    case NumberType::i8:
      return H5T_NATIVE_INT64;
    case NumberType::u8:
      return H5T_NATIVE_UINT64;
    case NumberType::u1:
      return H5T_NATIVE_UINT8;
  }
  return H5I_INVALID_HID;
}

hid_t file_type(NumberType type) {
  switch (type) {
    case NumberType::f8:
      return H5T_IEEE_F64LE;
    case NumberType::f4:
      return H5T_IEEE_F32LE;
    case NumberType::i8:
      return H5T_STD_I64LE;
    case NumberType::u8:
      return H5T_STD_U64LE;
    case NumberType::u1:
      return H5T_STD_U8LE;
  }
  return H5I_INVALID_HID;
}

Handle LocalFile::create_dataset(const std::string& name, hid_t file_type, const Shape& shape,
                                 const Storage& storage, bool reserves) {
  require_free(name);
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const Handle space(shape.empty()
                         ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                     H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  if (reserves) {
    H5Pset_alloc_time(properties.id(), H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(properties.id(), H5D_FILL_TIME_NEVER);
  } else if (storage.compressed && !shape.empty() && element_count(shape) > 0) {
    const auto chunk = chunk_extents(extents, H5Tget_size(file_type));
    H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data());
    H5Pset_shuffle(properties.id());  // brings the similar bytes of neighbours together
    H5Pset_deflate(properties.id(), 4);
  }
  Handle dataset(
      H5Dcreate2(id(), name.c_str(), file_type, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
      H5Dclose);
  if (!dataset.valid()) fail_to_write(name, "write");
  return dataset;
}

void LocalFile::describe_dataset(const std::string& name, Handle dataset, const Shape& shape,
                                 const Storage& storage) {
  if (!storage.plain) attach_scales(*this, name, dataset.id(), shape, storage.dimensions);
  if (!dataset.close()) fail_to_write(name, "write");
  if (!storage.units.empty()) set_attribute(name, "units", storage.units);
  if (!storage.long_name.empty()) set_attribute(name, "long_name", storage.long_name);
}

void LocalFile::write_dataset(const std::string& name, hid_t memory_type, hid_t file_type, const void* values,
                              const Shape& shape, const Storage& storage) {
  Handle dataset = create_dataset(name, file_type, shape, storage, false);
  if (element_count(shape) > 0 &&
      H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    fail_to_write(name, "write");
  describe_dataset(name, std::move(dataset), shape, storage);
}

void LocalFile::reserve_numbers(const std::string& name, NumberType type, const Shape& shape,
                                const Storage& storage) {
  describe_dataset(name, create_dataset(name, file_type(type), shape, storage, true), shape, storage);
}

void LocalFile::write_part(const std::string& name, NumberType type, Index first,
                           std::span<const std::byte> values) {
  Handle dataset = open_dataset(name);
  Shape rows = shape_of(dataset.id(), where(name));
  const Index there = rows.empty() ? 0 : rows[0];
  const auto bytes = static_cast<Index>(values.size());
  rows[0] = 1;
  const Index row = element_count(rows) * static_cast<Index>(H5Tget_size(memory_type(type)));
  if (row == 0 || bytes % row != 0 || first < 0 || first > there || bytes / row > there - first)
    throw InvalidArgument(where(name), fmt::format("has no rows of {} bytes from {} on", bytes, first));
  if (bytes == 0) return;
  rows[0] = bytes / row;
  std::vector<hsize_t> from(rows.size(), 0);
  const std::vector<hsize_t> extents(rows.begin(), rows.end());
  from[0] = static_cast<hsize_t>(first);
  const Handle file_space(H5Dget_space(dataset.id()), H5Sclose),
      memory_space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  if (H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, from.data(), nullptr, extents.data(), nullptr) <
          0 ||
      H5Dwrite(dataset.id(), memory_type(type), memory_space.id(), file_space.id(), H5P_DEFAULT,
               values.data()) < 0 ||
      !dataset.close())  // which writes what HDF5 has kept so far, and is asked nowhere else whether it could
    fail_to_write(name, "write");
}

void LocalFile::write_numbers(const std::string& name, NumberType type, std::span<const std::byte> values,
                              const Shape& shape, const Storage& storage) {
  write_dataset(name, memory_type(type), file_type(type), values.data(), shape, storage);
}

void LocalFile::write_strings(const std::string& name, const std::vector<std::string>& values,
                              const Storage& storage) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) {
    if (value.find('\0') != std::string::npos) throw InvalidArgument(where(name), "a text holds a zero byte");
    pointers.push_back(value.c_str());
  }
  const Handle type = string_type();
  write_dataset(name, type.id(), type.id(), pointers.data(), {static_cast<Index>(values.size())}, storage);
}

}  // namespace fsconv::hdf5
