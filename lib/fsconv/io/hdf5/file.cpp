#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/hdf5/handle.hpp>
#include <fsconv/io/input_file.hpp>

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

// Whatever is still open in a file, closing the file closes.
Handle access_properties() {
  Handle properties(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(properties.id(), H5F_CLOSE_STRONG);
  return properties;
}

// Asks the system first: it gives a better reason than HDF5, which would also wait for a pipe.
void require_hdf5(const InputFile& file) {
  if (file.size() == 0) throw BadData(file.path(), "is empty", "an HDF5 file begins with a signature");
  if (H5Fis_hdf5(file.path().c_str()) <= 0) {
    H5Eclear2(H5E_DEFAULT);
    throw BadData(file.path(),
                  with_kind("is no HDF5 file: its signature is missing", content_kind_of(file.path())));
  }
}

void copy(const InputFile& from, AtomicFile& to) {
  std::vector<std::byte> block(std::size_t{1} << 20);
  for (std::uint64_t at = 0; at < from.size(); at += block.size()) {
    block.resize(std::min<std::uint64_t>(block.size(), from.size() - at));
    from.read(at, block);
    to.write(block);
  }
}

}  // namespace

File::File(std::unique_ptr<State> state) : state_(std::move(state)) {}
File::~File() = default;
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;

const std::string& File::path() const { return state_->path; }

File File::create(const std::string& path) {
  initialize();
  auto state = std::make_unique<State>();
  state->path = path;
  state->output = std::make_unique<AtomicFile>(path);
  const Handle creation = group_properties(H5P_FILE_CREATE), access = access_properties();
  const hid_t id =
      H5Fcreate(state->output->temporary_path().c_str(), H5F_ACC_TRUNC, creation.id(), access.id());
  if (id < 0) state->fail_to_write("", "write");
  state->file = Handle(id, H5Fclose);
  return File(std::move(state));
}

File File::modify(const std::string& path) {
  open(path);  // only to see whether it can be
  auto state = std::make_unique<State>();
  state->path = path;
  {
    const InputFile old(path);
    state->output = std::make_unique<AtomicFile>(path);
    copy(old, *state->output);
  }
  const Handle access = access_properties();
  const hid_t id = H5Fopen(state->output->temporary_path().c_str(), H5F_ACC_RDWR, access.id());
  if (id < 0) state->fail_to_read("", "change it");
  state->file = Handle(id, H5Fclose);
  return File(std::move(state));
}

File File::update(const std::string& path) {
  std::error_code none;
  const bool has_content =
      std::filesystem::is_regular_file(path, none) && std::filesystem::file_size(path, none) > 0;
  return has_content ? modify(path) : create(path);
}

File File::open_trusted(const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  const Handle access = access_properties();
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id());
  if (id < 0) state->fail_to_read("", "read it");
  state->file = Handle(id, H5Fclose);
  return File(std::move(state));
}

File File::open(const std::string& path) {
  initialize();
  require_hdf5(InputFile(path));
  require_survivable(path, [&] {
    const File file = open_trusted(path);
    walk_through(file, file.state_->file.id());
  });
  return open_trusted(path);
}

void File::commit() {
  state_->require_writable();
  if (!state_->file.close()) state_->fail_to_write("", "write");
  state_->output->commit();
}

void File::State::require_writable() const {
  if (!output) throw InvalidArgument(path, "is open for reading only");
}

bool File::State::exists(const std::string& name) const {
  initialize();
  if (name.empty() || name.front() != '/') return false;
  // HDF5 answers for a path only if all but its last part exist.
  for (std::size_t end = name.find('/', 1); name.size() > 1; end = name.find('/', end + 1)) {
    if (H5Lexists(file.id(), name.substr(0, end).c_str(), H5P_DEFAULT) <= 0) {
      H5Eclear2(H5E_DEFAULT);
      return false;
    }
    if (end == std::string::npos) break;
  }
  const bool found =
      H5Oexists_by_name(file.id(), name.c_str(), H5P_DEFAULT) > 0;  // false for a link to nothing
  H5Eclear2(H5E_DEFAULT);
  return found;
}

Handle File::State::open_object(const std::string& name) const {
  if (!exists(name)) throw BadData(path, fmt::format("has no object {}", name));
  Handle object(H5Oopen(file.id(), name.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object.valid()) fail_to_read(name, "open it");
  return object;
}

Handle File::State::open_dataset(const std::string& name) const {
  if (!exists(name)) throw BadData(path, fmt::format("has no dataset {}", name));
  Handle object = open_object(name);
  if (H5Iget_type(object.id()) != H5I_DATASET) throw BadData(where(name), "is no dataset");
  return object;
}

bool File::State::is_group(const std::string& name) const {
  return exists(name) && H5Iget_type(open_object(name).id()) == H5I_GROUP;
}

void File::State::require_free(const std::string& name) const {
  require_object_name(name);
  if (exists(name)) throw InvalidArgument(where(name), "is there already");
  if (!is_group(parent_of(name))) throw InvalidArgument(where(name), "its group does not exist");
}

void File::create_group(const std::string& name) {
  state_->require_writable();
  if (state_->is_group(name)) return;
  require_object_name(name);
  if (const std::string parent = parent_of(name); parent != "/") create_group(parent);
  state_->require_free(name);
  const Handle properties = group_properties(H5P_GROUP_CREATE);
  Handle group(H5Gcreate2(state_->file.id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
               H5Gclose);
  if (!group.valid() || !group.close()) state_->fail_to_write(name, "write");
}

void File::remove(const std::string& name) {
  state_->require_writable();
  require_object_name(name);
  if (!exists(name)) throw InvalidArgument(state_->where(name), "does not exist");
  if (!is_group(name)) detach_scales(*state_, name);
  if (H5Ldelete(state_->file.id(), name.c_str(), H5P_DEFAULT) < 0) state_->fail_to_write(name, "remove");
}

bool File::exists(const std::string& name) const { return state_->exists(name); }
bool File::is_group(const std::string& name) const { return state_->is_group(name); }

std::vector<std::string> File::members(const std::string& group_name) const {
  if (!is_group(group_name)) throw BadData(path(), fmt::format("has no group {}", group_name));
  const Handle group = state_->open_object(group_name);
  const Handle properties(H5Gget_create_plist(group.id()), H5Pclose);
  unsigned order = 0;
  H5Pget_link_creation_order(properties.id(), &order);
  const H5_index_t index = order & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;

  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* into) -> herr_t {
    static_cast<std::vector<std::string>*>(into)->emplace_back(name);
    return 0;
  };
  if (H5Literate(group.id(), index, H5_ITER_INC, nullptr, add, &names) < 0)
    state_->fail_to_read(group_name, "list it");
  return names;
}

std::vector<std::string> File::datasets() const {
  std::vector<std::string> names;
  for (const std::string& name : object_names(state_->file.id()))
    if (H5Iget_type(state_->open_object(name).id()) == H5I_DATASET) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  initialize();
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace fsconv::hdf5
