// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/numpy/npz.hpp>

namespace fsconv {
namespace {

Array read_only_member(const std::string& path) {
  const NpzReader archive(path);
  return archive.read(archive.only_one());
}

[[noreturn]] void refuse_whole_file(const hdf5::File& file) {
  const std::vector<std::string> names = hdf5::datasets_with_values(file);
  if (names.empty()) throw BadData(file.path(), "holds no dataset");
  throw InvalidArgument(
      "array", fmt::format("{} does not say which dataset", file.path()),
      fmt::format("write {}:/DATASET with one of {}", file.path(), excerpt_of_names(names)));
}

template <class T>
void write_dataset(hdf5::File& file, const std::string& name, const Tensor<T>& values) {
  if (file.is_group(name)) throw InvalidArgument(file.path() + ":" + name, "is a group", "name a dataset");
  if (file.exists(name)) file.remove(name);
  forget(file, name);  // one that somebody removed by himself, too
  if (const auto slash = name.rfind('/'); slash > 0) file.create_group(name.substr(0, slash));
  file.write(name, values);
  seal(file, {{name, hash_of(values)}}, name);
  file.commit();
}

Tensor<float> narrowed(const Tensor<double>& values) {
  for (const double value : values)
    if (std::isfinite(value) && std::isinf(static_cast<float>(value)))
      throw InvalidArgument("dtype f4", fmt::format("cannot hold the value {}", value), "write f8");
  return cast<float>(values);
}

}  // namespace

Array read_array(const std::string& where) {
  const Location location = locate(where);
  switch (location.kind) {
    case FileKind::npy:
      return read_npy(location.path);
    case FileKind::npz:
      return location.inside.empty() ? read_only_member(location.path)
                                     : read_npz(location.path, location.inside);
    case FileKind::hdf5: {
      const auto file = hdf5::File::open(location.path);
      if (location.inside.empty()) refuse_whole_file(file);
      return hdf5::read_values(file, location.inside);
    }
    default:
      if (is_hdf5_file(where)) refuse_whole_file(hdf5::File::open(where));
      throw InvalidArgument(
          "array",
          with_kind(fmt::format("'{}' is no kind of file that holds arrays", where), content_kind_of(where)),
          "name FILE.npy, FILE.npz:NAME or FILE.h5:/DATASET");
  }
}

Array read_finite_array(const std::string& where) {
  Array array = read_array(where);
  require_finite(array, where);
  return array;
}

void require_array_place(const std::string& where) {
  const Location location = locate(where);
  if (location.kind == FileKind::npy) return;
  if (location.kind != FileKind::hdf5 || location.inside.size() < 2)
    throw InvalidArgument("array", fmt::format("'{}' names no place for an array", where),
                          "name FILE.npy or FILE.h5:/DATASET");
  require_hdf5_name(location.path);
  if (!has_content(location.path)) return;
  const auto file = hdf5::File::open(location.path);
  if (file.exists(location.inside) && file.is_group(location.inside))
    throw InvalidArgument(where, "is a group", "name a dataset");
}

template <class T>
void write_array(const std::string& where, const Tensor<T>& values, const std::string& dtype) {
  if (dtype != "f4" && dtype != "f8")
    throw InvalidArgument("dtype", fmt::format("'{}' cannot be written", dtype), "f4 or f8");
  require_array_place(where);
  const Location location = locate(where);
  if (location.kind == FileKind::npy) return write_npy(location.path, values, dtype);
  auto file = hdf5::File::update(location.path);
  if constexpr (std::is_same_v<T, float>) {
    if (dtype == "f4")
      write_dataset(file, location.inside, values);
    else
      write_dataset(file, location.inside, cast<double>(values));
  } else {
    if (dtype == "f4")
      write_dataset(file, location.inside, narrowed(values));
    else
      write_dataset(file, location.inside, values);
  }
}

template void write_array(const std::string&, const Tensor<float>&, const std::string&);
template void write_array(const std::string&, const Tensor<double>&, const std::string&);

}  // namespace fsconv
