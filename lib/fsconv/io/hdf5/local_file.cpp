// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/io/hdf5/local_file.hpp>
#include <utility>

namespace fsconv::hdf5 {
namespace {

// Groups keep their members in the order of creation: netCDF insists, and so people see what was written
// first, first.
Handle group_properties(hid_t kind) {
  Handle properties(H5Pcreate(kind), H5Pclose);
  H5Pset_link_creation_order(properties.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times(properties.id(), false);  // the same content gives the same file
  return properties;
}

// Whatever is still open in a file, closing the file closes. Datasets are read whole, each chunk once, so none is kept; and of chunks
// without filters that it would keep, HDF5 1.10 believes the length that the file says instead of the one that they have.
Handle access_properties(bool reads) {
  Handle properties(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(properties.id(), H5F_CLOSE_STRONG);
  if (reads) H5Pset_cache(properties.id(), 0, 0, 0, 1);
  return properties;
}

// The paths of all objects, each once, however many links lead to it.
std::vector<std::string> object_names(hid_t file, const std::string& path) {
  NameList found;
  const auto add = [](hid_t, const char* name, const H5O_info_t*, void* into) -> herr_t {
    return static_cast<NameList*>(into)->add(name);
  };
  // A damaged file is walked as far as it goes; what is missed then is found to be missing.
  const herr_t walked = H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, add, &found, H5O_INFO_BASIC);
  std::vector<std::string> names = found.take();
  is_yes(walked, path);
  for (std::string& name : names) name = name == "." ? "/" : "/" + name;
  return names;
}

// Numbers of another file are none of this one's: its digest does not know them, HDF5 takes zeros where they are missing,
// and what a name leads to may be a pipe, which has no end.
constexpr const char* numbers_of_others = "numbers are read from the file alone that is named";

void require_link_inside(hid_t file, const std::string& name, const std::string& where) {
  H5L_info_t link{};
  if (H5Lget_info(file, name.c_str(), &link, H5P_DEFAULT) < 0 || link.type < H5L_TYPE_UD_MIN) return;
  throw BadData(where, "is a link to another file",
                fmt::format("{}; h5copy puts into it what the link leads to", numbers_of_others));
}

void require_own_numbers(hid_t dataset, const std::string& where) {
  const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  const bool is_virtual = H5Pget_layout(creation.id()) == H5D_VIRTUAL;
  if (!is_virtual && H5Pget_external_count(creation.id()) <= 0) return;
  throw BadData(where,
                is_virtual ? "is virtual: it consists of parts of others" : "has its numbers in other files",
                fmt::format("{}; h5repack -l CONTI copies them into one", numbers_of_others));
}

}  // namespace

LocalFile::LocalFile(std::string path, const std::string& opened, Mode mode)
    : path_(std::move(path)), mode_(mode) {
  require_room(std::size_t{32} << 20);  // HDF5 1.10 does not survive an allocation that fails
  initialize();
  const Handle creation = group_properties(H5P_FILE_CREATE), access = access_properties(mode == Mode::read);
  const hid_t id =
      mode == Mode::create
          ? H5Fcreate(opened.c_str(), H5F_ACC_TRUNC, creation.id(), access.id())
          : H5Fopen(opened.c_str(), mode == Mode::read ? H5F_ACC_RDONLY : H5F_ACC_RDWR, access.id());
  if (id < 0 && mode == Mode::create) fail_to_write("", "write");
  if (id < 0) fail_to_read("", mode == Mode::read ? "read it" : "change it");
  file_ = Handle(id, H5Fclose);
}

void LocalFile::close() {
  if (!file_.close()) fail_to_write("", "write");
}

void LocalFile::fail_to_read(const std::string& object, const std::string& action) const {
  const ErrorText text = take_error();
  const std::string place = object.empty() ? path_ : where(object);
  // A writer locks its file; some mark it instead, and the mark stays where they were killed.
  if (text.system == std::strerror(EAGAIN))
    throw IoError(place,
                  fmt::format("cannot {}: another program has it open for writing; close it there", action));
  if (text.innermost.find("already open for write") != std::string::npos)
    throw IoError(
        place, fmt::format("cannot {}: another program has it open for writing, or was stopped while it had; "
                           "close it there, or repair it with h5clear -s",
                           action));
  if (!text.system.empty()) throw IoError(place, fmt::format("cannot {}: {}", action, text.system));
  throw BadData(place, fmt::format("cannot {}: HDF5: {}", action, text.innermost));
}

void LocalFile::fail_to_write(const std::string& object, const std::string& action) const {
  const ErrorText text = take_error();
  const std::string failure =
      fmt::format("cannot {}{}{}: {}", action, object.empty() ? "" : " ", object, in_words(text));
  // What HDF5 cannot do to somebody else's file, and the system would have allowed, the file is to blame for.
  if (mode_ == Mode::change && text.system.empty()) throw BadData(path_, failure);
  throw IoError(path_, failure);
}

bool LocalFile::exists(const std::string& name) const {
  if (name.empty() || name.front() != '/') return false;
  // HDF5 answers for a path only if all but its last part exist.
  for (std::size_t end = name.find('/', 1); name.size() > 1; end = name.find('/', end + 1)) {
    if (!is_yes(H5Lexists(id(), name.substr(0, end).c_str(), H5P_DEFAULT), where(name))) {
      H5Eclear2(H5E_DEFAULT);
      return false;
    }
    require_link_inside(id(), name.substr(0, end), where(name));
    if (end == std::string::npos) break;
  }
  // No for a link to nothing, too.
  const bool found = is_yes(H5Oexists_by_name(id(), name.c_str(), H5P_DEFAULT), where(name));
  H5Eclear2(H5E_DEFAULT);
  return found;
}

Handle LocalFile::open_object(const std::string& name) const {
  if (!exists(name)) throw BadData(path_, fmt::format("has no object {}", name));
  Handle object(H5Oopen(id(), name.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object.valid()) fail_to_read(name, "open it");
  return object;
}

Handle LocalFile::open_dataset(const std::string& name) const {
  if (!exists(name)) throw BadData(path_, fmt::format("has no dataset {}", name));
  Handle object = open_object(name);
  if (H5Iget_type(object.id()) != H5I_DATASET) throw BadData(where(name), "is no dataset");
  require_own_numbers(object.id(), where(name));
  return object;
}

bool LocalFile::is_group(const std::string& name) const {
  return exists(name) && H5Iget_type(open_object(name).id()) == H5I_GROUP;
}

void LocalFile::require_free(const std::string& name) const {
  require_object_name(name);
  if (exists(name)) throw InvalidArgument(where(name), "is there already");
  if (!is_group(parent_of(name))) throw InvalidArgument(where(name), "its group does not exist");
}

void LocalFile::create_group(const std::string& name) {
  if (is_group(name)) return;
  require_object_name(name);
  if (const std::string parent = parent_of(name); parent != "/") create_group(parent);
  require_free(name);
  const Handle properties = group_properties(H5P_GROUP_CREATE);
  Handle group(H5Gcreate2(id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Gclose);
  if (!group.valid() || !group.close()) fail_to_write(name, "write");
}

void LocalFile::remove(const std::string& name) {
  require_object_name(name);
  if (!exists(name)) throw InvalidArgument(where(name), "does not exist");
  if (!is_group(name)) detach_scales(*this, name);
  if (H5Ldelete(id(), name.c_str(), H5P_DEFAULT) < 0) fail_to_write(name, "remove");
}

std::vector<std::string> LocalFile::members(const std::string& group_name) const {
  if (!is_group(group_name)) throw BadData(path_, fmt::format("has no group {}", group_name));
  const Handle group = open_object(group_name);
  const Handle properties(H5Gget_create_plist(group.id()), H5Pclose);
  unsigned order = 0;
  H5Pget_link_creation_order(properties.id(), &order);
  const H5_index_t index = order & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;

  NameList found;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* into) -> herr_t {
    return static_cast<NameList*>(into)->add(name);
  };
  const herr_t walked = H5Literate(group.id(), index, H5_ITER_INC, nullptr, add, &found);
  std::vector<std::string> names = found.take();
  if (walked < 0) fail_to_read(group_name, "list it");
  return names;
}

std::vector<std::string> LocalFile::datasets() const {
  std::vector<std::string> names;
  for (const std::string& name : object_names(id(), path_))
    if (H5Iget_type(open_object(name).id()) == H5I_DATASET) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace fsconv::hdf5
