// Writing with HDF5.
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

void LocalFile::write_dataset(const std::string& name, hid_t memory_type, hid_t file_type, const void* values,
                              const Shape& shape, const Storage& storage) {
  require_free(name);
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const bool empty = element_count(shape) == 0;
  const Handle space(shape.empty()
                         ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                     H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  if (storage.compressed && !shape.empty() && !empty) {
    const auto chunk = chunk_extents(extents, H5Tget_size(file_type));
    H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data());
    H5Pset_shuffle(properties.id());  // brings the similar bytes of neighbours together
    H5Pset_deflate(properties.id(), 4);
  }
  Handle dataset(
      H5Dcreate2(id(), name.c_str(), file_type, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
      H5Dclose);
  if (!dataset.valid()) fail_to_write(name, "write");
  if (!empty && H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    fail_to_write(name, "write");
  if (!storage.plain) attach_scales(*this, name, dataset.id(), shape, storage.dimensions);
  if (!dataset.close()) fail_to_write(name, "write");
  if (!storage.units.empty()) set_attribute(name, "units", storage.units);
  if (!storage.long_name.empty()) set_attribute(name, "long_name", storage.long_name);
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
