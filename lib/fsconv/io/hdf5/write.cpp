#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/handle.hpp>

namespace fsconv::hdf5 {
namespace {

constexpr hsize_t chunk_bytes = hsize_t{1} << 20;  // HDF5 keeps one such chunk in its cache, netCDF several

// How a type lies in memory and in the file (little endian on every machine).
template <class T>
struct Types;
template <>
struct Types<double> {
  static hid_t memory() { return H5T_NATIVE_DOUBLE; }
  static hid_t file() { return H5T_IEEE_F64LE; }
};
template <>
struct Types<float> {
  static hid_t memory() { return H5T_NATIVE_FLOAT; }
  static hid_t file() { return H5T_IEEE_F32LE; }
};
template <>
struct Types<std::int64_t> {
  static hid_t memory() { return H5T_NATIVE_INT64; }
  static hid_t file() { return H5T_STD_I64LE; }
};
template <>
struct Types<std::uint8_t> {
  static hid_t memory() { return H5T_NATIVE_UINT8; }
  static hid_t file() { return H5T_STD_U8LE; }
};

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

void write_dataset(File& file, const File::State& state, const std::string& name, hid_t memory_type,
                   hid_t file_type, const void* values, const Shape& shape, const Layout& layout) {
  state.require_writable();
  state.require_free(name);
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const bool empty = element_count(shape) == 0;
  const Handle space(shape.empty()
                         ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                     H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  if (layout.compressed && !shape.empty() && !empty) {
    const auto chunk = chunk_extents(extents, H5Tget_size(file_type));
    H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data());
    H5Pset_shuffle(properties.id());  // brings the similar bytes of neighbours together
    H5Pset_deflate(properties.id(), 4);
  }
  Handle dataset(H5Dcreate2(state.file.id(), name.c_str(), file_type, space.id(), H5P_DEFAULT,
                            properties.id(), H5P_DEFAULT),
                 H5Dclose);
  if (!dataset.valid()) state.fail_to_write(name, "write");
  if (!empty && H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    state.fail_to_write(name, "write");
  if (!layout.plain) attach_scales(state, name, dataset.id(), shape, layout.dimensions);
  if (!dataset.close()) state.fail_to_write(name, "write");
  if (!layout.units.empty()) file.set_attribute(name, "units", layout.units);
  if (!layout.long_name.empty()) file.set_attribute(name, "long_name", layout.long_name);
}

}  // namespace

template <class T>
void File::write(const std::string& name, std::span<const T> values, const Shape& shape,
                 const Layout& layout) {
  if (static_cast<Index>(values.size()) != element_count(shape, name.c_str()))
    throw InvalidArgument(state_->where(name), fmt::format("{} values do not fill its shape", values.size()));
  write_dataset(*this, *state_, name, Types<T>::memory(), Types<T>::file(), values.data(), shape, layout);
}

template <class T>
void File::write(const std::string& name, const Tensor<T>& values, const Layout& layout) {
  write(name, std::span<const T>(values.data(), static_cast<std::size_t>(values.size())), values.shape(),
        layout);
}

void File::write_strings(const std::string& name, const std::vector<std::string>& values,
                         const Layout& layout) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) {
    if (value.find('\0') != std::string::npos)
      throw InvalidArgument(state_->where(name), "a text holds a zero byte");
    pointers.push_back(value.c_str());
  }
  const Handle type = string_type();
  write_dataset(*this, *state_, name, type.id(), type.id(), pointers.data(),
                {static_cast<Index>(values.size())}, layout);
}

template void File::write(const std::string&, std::span<const double>, const Shape&, const Layout&);
template void File::write(const std::string&, std::span<const float>, const Shape&, const Layout&);
template void File::write(const std::string&, std::span<const std::int64_t>, const Shape&, const Layout&);
template void File::write(const std::string&, std::span<const std::uint8_t>, const Shape&, const Layout&);
template void File::write(const std::string&, const Tensor<double>&, const Layout&);
template void File::write(const std::string&, const Tensor<float>&, const Layout&);
template void File::write(const std::string&, const Tensor<std::int64_t>&, const Layout&);
template void File::write(const std::string&, const Tensor<std::uint8_t>&, const Layout&);

}  // namespace fsconv::hdf5
