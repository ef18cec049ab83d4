// Reading with HDF5.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/local_file.hpp>

namespace fsconv::hdf5 {
namespace {

// A file can ask for filters that this HDF5 was built without; its own message for that is about folders of
// plugins.
void require_filters(hid_t dataset, const std::string& where) {
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  for (const Filter& filter : filters_of(properties.id())) {
    if (H5Zfilter_avail(filter.id) > 0) continue;
    H5Eclear2(H5E_DEFAULT);
    throw BadData(
        where,
        fmt::format("is compressed by filter {} ({}), which this HDF5 does not have", filter.id, filter.name),
        "store it with gzip or without compression");
  }
}

}  // namespace

Description LocalFile::describe_numbers(const std::string& name) const {
  const Handle dataset = open_dataset(name);
  const Handle type(H5Dget_type(dataset.id()), H5Tclose);
  require_numbers(type.id(), where(name));
  require_filters(dataset.id(), where(name));
  require_plausible(dataset.id(), where(name));
  return {shape_of(dataset.id(), where(name)), type_name(type.id())};
}

void LocalFile::read_numbers(const std::string& name, NumberType type, std::span<std::byte> into) const {
  const Handle dataset = open_dataset(name);
  const auto stated = static_cast<std::size_t>(element_count(shape_of(dataset.id(), where(name))));
  if (stated * H5Tget_size(memory_type(type)) != into.size())
    throw BadData(where(name), "changes while it is read");
  require_whole_chunks(dataset.id(), where(name));
  if (!into.empty() &&
      H5Dread(dataset.id(), memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, into.data()) < 0)
    fail_to_read(name, "read it");
}

std::optional<std::uint64_t> LocalFile::place(const std::string& name) const {
  const Handle dataset = open_dataset(name);
  const Handle creation(H5Dget_create_plist(dataset.id()), H5Pclose);
  const bool is_plain = H5Pget_layout(creation.id()) == H5D_CONTIGUOUS;
  const haddr_t address = is_plain ? H5Dget_offset(dataset.id()) : HADDR_UNDEF;
  H5Eclear2(H5E_DEFAULT);
  return address == HADDR_UNDEF ? std::nullopt : std::optional<std::uint64_t>(address);
}

std::vector<std::string> LocalFile::read_strings(const std::string& name) const {
  const Handle dataset = open_dataset(name);
  const Handle type(H5Dget_type(dataset.id()), H5Tclose), space(H5Dget_space(dataset.id()), H5Sclose);
  if (type_name(type.id()) != "str") throw BadData(where(name), "holds no texts");
  require_plausible(dataset.id(), where(name));
  require_whole_chunks(dataset.id(), where(name));
  const Shape shape = shape_of(dataset.id(), where(name));
  const Index count = element_count(shape);
  require_memory_for(where(name), count, std::max(sizeof(char*), H5Tget_size(type.id())));
  auto texts = read_texts(type.id(), space.id(), count, [&](hid_t memory, void* into) {
    const herr_t result = H5Dread(dataset.id(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, into);
    if (result < 0) fail_to_read(name, "read it");  // before another call of HDF5 forgets the reason
    return result;
  });
  return *texts;
}

Shape LocalFile::shape(const std::string& name) const {
  return shape_of(open_dataset(name).id(), where(name));
}

std::string LocalFile::dtype(const std::string& name) const {
  const Handle dataset = open_dataset(name);
  return type_name(Handle(H5Dget_type(dataset.id()), H5Tclose).id());
}

std::optional<double> LocalFile::fill_value(const std::string& name) const {
  const Handle dataset = open_dataset(name);
  const Handle creation(H5Dget_create_plist(dataset.id()), H5Pclose);
  H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
  double value = 0;
  const bool stated = H5Pfill_value_defined(creation.id(), &defined) >= 0 &&
                      defined == H5D_FILL_VALUE_USER_DEFINED &&
                      H5Pget_fill_value(creation.id(), H5T_NATIVE_DOUBLE, &value) >= 0;
  H5Eclear2(H5E_DEFAULT);
  return stated ? std::optional(value) : std::nullopt;
}

}  // namespace fsconv::hdf5
