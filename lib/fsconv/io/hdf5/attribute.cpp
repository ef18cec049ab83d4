// Attributes, read and written: what local_file.hpp declares of them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/io/hdf5/local_file.hpp>
#include <limits>

namespace fsconv::hdf5 {
namespace {

struct Stored {
  Handle type;
  const void* bytes;
};

Stored stored(const double& value) { return {Handle(H5Tcopy(H5T_NATIVE_DOUBLE), H5Tclose), &value}; }
Stored stored(const std::int64_t& value) { return {Handle(H5Tcopy(H5T_NATIVE_INT64), H5Tclose), &value}; }
Stored stored(const std::uint64_t& value) { return {Handle(H5Tcopy(H5T_NATIVE_UINT64), H5Tclose), &value}; }

struct OpenAttribute {
  Handle attribute, type, space;
};

// Throws BadData where the object has none of that name.
OpenAttribute open_attribute(const LocalFile& file, const std::string& object_name, const std::string& name) {
  const Handle object = file.open_object(object_name);
  if (!is_yes(H5Aexists(object.id(), name.c_str()), file.where(object_name)))
    throw BadData(file.where(object_name), fmt::format("has no attribute {}", name));
  Handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.valid()) file.fail_to_read(object_name, "read attribute " + name);
  require_plausible_attribute(attribute.id(), file.id(),
                              fmt::format("{}: its attribute {}", file.where(object_name), excerpt(name)));
  Handle type(H5Aget_type(attribute.id()), H5Tclose), space(H5Aget_space(attribute.id()), H5Sclose);
  return {std::move(attribute), std::move(type), std::move(space)};
}

}  // namespace

void LocalFile::set_attribute(const std::string& object_name, const std::string& name, const Value& value) {
  if (!exists(object_name)) throw InvalidArgument(where(object_name), "does not exist");
  if (name.empty() || name.find('\0') != std::string::npos)
    throw InvalidArgument(where(object_name), "an attribute needs a name without zero bytes");
  Handle object = open_object(object_name);
  const std::string label = fmt::format("attribute {} of {}", name, object_name);

  const auto* text = std::get_if<std::string>(&value);
  if (text && text->find('\0') != std::string::npos)
    throw InvalidArgument(label, "the text holds a zero byte");
  const char* characters = text ? text->c_str() : nullptr;
  const Stored content = std::visit(
      [&](const auto& held) -> Stored {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>)
          return {string_type(), &characters};
        else
          return stored(held);
      },
      value);

  if (is_yes(H5Aexists(object.id(), name.c_str()), where(object_name)) &&
      H5Adelete(object.id(), name.c_str()) < 0)
    fail_to_write(label, "replace");
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Handle attribute(
      H5Acreate2(object.id(), name.c_str(), content.type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  if (!attribute.valid() || H5Awrite(attribute.id(), content.type.id(), content.bytes) < 0 ||
      !attribute.close() || !object.close())
    fail_to_write(label, "write");
}

// A damaged list of attributes does not say what is not in it.
bool LocalFile::has_attribute(const std::string& object, const std::string& name) const {
  const Handle opened = open_object(object);
  const htri_t found = H5Aexists(opened.id(), name.c_str());
  if (found < 0) fail_to_read(object, "look for its attribute " + name);
  return found > 0;
}

std::vector<std::string> LocalFile::attributes(const std::string& object_name) const {
  const Handle object = open_object(object_name);
  NameList found;
  const auto add = [](hid_t, const char* name, const H5A_info_t*, void* into) -> herr_t {
    return static_cast<NameList*>(into)->add(name);
  };
  const herr_t walked = H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &found);
  std::vector<std::string> names = found.take();
  if (walked < 0) fail_to_read(object_name, "list the attributes of it");
  return names;
}

Value LocalFile::attribute(const std::string& object_name, const std::string& name) const {
  const std::string place = where(object_name);
  const auto [attribute, type, space] = open_attribute(*this, object_name, name);
  if (H5Sget_simple_extent_npoints(space.id()) != 1)
    throw BadData(place, fmt::format("attribute {} does not hold exactly one value", excerpt(name)));

  auto read = [&, id = attribute.id()](hid_t memory, void* into) {
    const herr_t result = H5Aread(id, memory, into);
    if (result < 0) fail_to_read(object_name, "read attribute " + name);
    return result;
  };
  const std::string kind = type_name(type.id());
  if (kind == "str") return read_texts(type.id(), space.id(), 1, read)->front();
  if (kind == "other" || H5Tget_size(type.id()) > 8)
    throw BadData(place, fmt::format("attribute {} is neither text nor number: it holds {}", excerpt(name),
                                     type_description(type.id())));
  require_numbers(type.id(), fmt::format("{}: its attribute {}", place, excerpt(name)));
  if (kind.front() == 'f') {
    double value = 0;
    read(H5T_NATIVE_DOUBLE, &value);
    return value;
  }
  if (kind.front() == 'u') {
    std::uint64_t value = 0;
    read(H5T_NATIVE_UINT64, &value);
    return value;
  }
  std::int64_t value = 0;
  read(H5T_NATIVE_INT64, &value);
  return value;
}

Numbers LocalFile::numbers_attribute(const std::string& object_name, const std::string& name) const {
  const std::string place = where(object_name);
  const auto [attribute, type, space] = open_attribute(*this, object_name, name);
  require_numbers(type.id(), fmt::format("{}: its attribute {}", place, name));
  const hssize_t count = H5Sget_simple_extent_npoints(space.id());
  require_memory_for(place, count, sizeof(double));
  Numbers numbers{std::vector<double>(static_cast<std::size_t>(std::max<hssize_t>(count, 0))),
                  type_name(type.id())};
  if (numbers.values.empty()) return numbers;  // HDF5 reads no empty ones
  const bool truths = numbers.dtype == "b1";
  std::vector<std::int64_t> integers(truths ? numbers.values.size() : 0);
  const herr_t read = truths ? H5Aread(attribute.id(), H5T_NATIVE_INT64, integers.data())
                             : H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, numbers.values.data());
  if (read < 0) fail_to_read(object_name, "read attribute " + name);
  if (truths) numbers.values.assign(integers.begin(), integers.end());
  return numbers;
}

}  // namespace fsconv::hdf5
