// Dimension scales: what gives the axes of a dataset their names and coordinates.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <hdf5_hl.h>

#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/local_file.hpp>
#include <set>

namespace fsconv::hdf5 {
namespace {

// One name per axis: the caller's, or size_n. Two axes of one size stay apart, as xarray wants them.
std::vector<std::string> dimension_names(const std::string& where, const Shape& shape,
                                         const std::vector<std::string>& given) {
  if (!given.empty()) {
    if (given.size() != shape.size())
      throw InvalidArgument(where, fmt::format("{} dimension names for {} axes", given.size(), shape.size()));
    return given;
  }
  std::vector<std::string> names;
  std::set<std::string> used;
  for (const Index extent : shape) {
    std::string name = fmt::format("size_{}", extent);
    for (int again = 2; !used.insert(name).second; ++again) name = fmt::format("size_{}_{}", extent, again);
    names.push_back(name);
  }
  return names;
}

// A scale without coordinates, made as netCDF makes it: its values are never written and take no space.
Handle make_scale(const LocalFile& file, const std::string& name, Index extent) {
  const auto length = static_cast<hsize_t>(extent);
  const Handle space(H5Screate_simple(1, &length, nullptr), H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  Handle scale(H5Dcreate2(file.id(), name.c_str(), H5T_IEEE_F32BE, space.id(), H5P_DEFAULT, properties.id(),
                          H5P_DEFAULT),
               H5Dclose);
  const std::string title = fmt::format("This is a netCDF dimension but not a netCDF variable.{:10}", extent);
  if (!scale.valid() || H5DSset_scale(scale.id(), title.c_str()) < 0) file.fail_to_write(name, "write");
  return scale;
}

Handle open_scale(const LocalFile& file, const std::string& name, Index extent) {
  Handle scale = file.open_dataset(name);
  if (H5DSis_scale(scale.id()) <= 0)
    throw InvalidArgument(file.where(name), "is no dimension scale", "write it with itself as its dimension");
  const Shape shape = shape_of(scale.id(), file.where(name));
  if (shape != Shape{extent})
    throw InvalidArgument(file.where(name), fmt::format("has {} entries", shape.front()),
                          fmt::format("the axis that names it has {}", extent));
  return scale;
}

// A scale lists whoever has it as a dimension in one attribute, and HDF5 1.10 keeps no attribute beyond 64 KiB where
// files shall be read by older readers, too: some 4,000 of them.
bool is_full(const LocalFile& file, const std::string& name) {
  constexpr hssize_t most = 4000;
  const Handle scale = file.open_dataset(name);
  if (!is_yes(H5Aexists(scale.id(), "REFERENCE_LIST"), file.where(name))) return false;
  const Handle list(H5Aopen(scale.id(), "REFERENCE_LIST", H5P_DEFAULT), H5Aclose);
  const Handle space(H5Aget_space(list.id()), H5Sclose);
  return H5Sget_simple_extent_npoints(space.id()) >= most;
}

// The scale that an axis without a name of its own shares with those of its size: the first that has room.
std::string with_room(const LocalFile& file, const std::string& name) {
  std::string chosen = name;
  for (int more = 2; file.exists(chosen) && is_full(file, chosen); ++more)
    chosen = fmt::format("{}_more_{}", name, more);
  return chosen;
}

}  // namespace

void attach_scales(const LocalFile& file, const std::string& name, hid_t dataset, const Shape& shape,
                   const std::vector<std::string>& dimensions) {
  const auto names = dimension_names(file.where(name), shape, dimensions);
  for (std::size_t axis = 0; axis < names.size(); ++axis) {
    if (names[axis] == last_part(name)) {
      if (shape.size() != 1) throw InvalidArgument(file.where(name), "a dimension's scale has one axis");
      if (H5DSset_scale(dataset, names[axis].c_str()) < 0) file.fail_to_write(name, "write");
      continue;
    }
    std::string scale_name = child_of(parent_of(name), names[axis]);
    if (dimensions.empty()) scale_name = with_room(file, scale_name);
    require_object_name(scale_name);
    Handle scale = file.exists(scale_name) ? open_scale(file, scale_name, shape[axis])
                                           : make_scale(file, scale_name, shape[axis]);
    if (H5DSattach_scale(dataset, scale.id(), static_cast<unsigned>(axis)) < 0 || !scale.close())
      file.fail_to_write(name, "write");
  }
}

void detach_scales(const LocalFile& file, const std::string& name) {
  const Handle dataset = file.open_dataset(name);
  if (is_yes(H5Aexists(dataset.id(), "REFERENCE_LIST"), file.where(name)))
    throw InvalidArgument(file.where(name), "other datasets have it as their dimension",
                          "write under another name");
  const Shape shape = shape_of(dataset.id(), file.where(name));
  const auto take_name = [](hid_t, unsigned, hid_t scale, void* into) -> herr_t {
    std::string found(1024, '\0');
    const ssize_t length = H5Iget_name(scale, found.data(), found.size());
    if (length <= 0 || static_cast<std::size_t>(length) >= found.size()) return -1;
    found.resize(static_cast<std::size_t>(length));
    *static_cast<std::string*>(into) = found;
    return 1;  // one at a time: the list changes under the iteration
  };
  for (unsigned axis = 0; axis < shape.size(); ++axis)
    while (H5DSget_num_scales(dataset.id(), axis) > 0) {
      std::string scale_name;
      if (H5DSiterate_scales(dataset.id(), axis, nullptr, take_name, &scale_name) < 0)
        file.fail_to_write(name, "find the dimension scales of");
      const Handle scale = file.open_dataset(scale_name);
      if (H5DSdetach_scale(dataset.id(), scale.id(), axis) < 0) file.fail_to_write(name, "remove");
    }
}

}  // namespace fsconv::hdf5
