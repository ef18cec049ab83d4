// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/handle.hpp>
#include <limits>

namespace fsconv::hdf5 {
namespace {

// "... errno = 28, error message = 'No space left on device', buf = ..." -> "No space left on device"
std::string system_reason(const std::string& message) {
  constexpr std::string_view mark = "error message = '";
  const auto start = message.find(mark);
  if (start == std::string::npos) return {};
  const auto first = start + mark.size();
  return message.substr(first, message.find('\'', first) - first);
}

// Where something stood in memory is another place each time, and nobody's news:
// "ran off the end of the buffer: current p = 0x55c7411589b8, p_size = 80, ..." -> "ran off the end of the buffer"
std::string without_pointers(std::string message) {
  if (const auto pointer = message.find(" = 0x"); pointer != std::string::npos)
    message.resize(std::min(message.rfind(": ", pointer), message.size()));
  return message;
}

// Without memory for the words there are none; no exception may go through HDF5, which is C.
herr_t collect(unsigned depth, const H5E_error2_t* error, void* into) noexcept try {
  auto& text = *static_cast<ErrorText*>(into);
  const std::string message = error->desc ? error->desc : "";
  if (depth == 0) text.innermost = without_pointers(message);
  if (text.system.empty()) text.system = system_reason(message);
  return 0;
} catch (...) {
  return -1;
}

}  // namespace

bool is_yes(htri_t answer, const std::string& where) {
  if (answer < 0)
    if (const ErrorText text = take_error(); !text.system.empty())
      throw IoError(where, fmt::format("cannot read it: {}", text.system));
  return answer > 0;
}

ErrorText take_error() {
  ErrorText text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &text);
  H5Eclear2(H5E_DEFAULT);
  return text;
}

void initialize() {
  static const bool once = H5dont_atexit() >= 0;
  thread_local const bool silent = once && H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  static_cast<void>(silent);
}

std::string in_words(const ErrorText& text) {
  if (!text.system.empty()) return text.system;
  return text.innermost.empty() ? "HDF5 gives no reason" : "HDF5: " + text.innermost;
}

std::vector<Filter> filters_of(hid_t creation) {
  std::vector<Filter> filters;
  for (int at = 0; at < H5Pget_nfilters(creation); ++at) {
    Filter filter{};
    std::size_t count = 0;
    std::array<char, 64> name{};
    const auto number = static_cast<unsigned>(at);
    filter.id = H5Pget_filter2(creation, number, &filter.flags, &count, nullptr, name.size() - 1, name.data(),
                               nullptr);
    filter.name = name.data();
    filter.values.resize(count);
    if (count > 0)
      H5Pget_filter2(creation, number, &filter.flags, &count, filter.values.data(), 0, nullptr, nullptr);
    filters.push_back(std::move(filter));
  }
  return filters;
}

Shape shape_of(hid_t dataset, const std::string& where) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  if (!space.valid() || H5Sget_simple_extent_type(space.id()) == H5S_NULL)
    throw BadData(where, "holds no values");
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if (rank < 0) throw BadData(where, "has no shape: " + in_words(take_error()));
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr);
  Shape shape;
  for (const hsize_t extent : extents)
    shape.push_back(static_cast<Index>(std::min<hsize_t>(extent, std::numeric_limits<Index>::max())));
  stated_count(where, shape);
  return shape;
}

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

std::optional<std::vector<std::string>> read_texts(hid_t stored_type, hid_t space, Index count,
                                                   const std::function<herr_t(hid_t, void*)>& read) {
  std::vector<std::string> texts;
  const auto size = static_cast<std::size_t>(count);
  if (size == 0) return texts;
  if (H5Tis_variable_str(stored_type) > 0) {
    Handle type = string_type();
    H5Tset_cset(type.id(), H5Tget_cset(stored_type));
    std::vector<char*> pointers(size, nullptr);
    if (read(type.id(), pointers.data()) < 0) return std::nullopt;
    for (const char* pointer : pointers) texts.emplace_back(pointer ? pointer : "");
    H5Dvlen_reclaim(type.id(), space, H5P_DEFAULT, pointers.data());
    return texts;
  }
  const std::size_t width = H5Tget_size(stored_type);
  std::vector<char> bytes(size * width);
  if (read(stored_type, bytes.data()) < 0) return std::nullopt;
  const bool padded_with_spaces = H5Tget_strpad(stored_type) == H5T_STR_SPACEPAD;
  for (std::size_t at = 0; at < size; ++at) {
    const char* first = bytes.data() + at * width;
    std::string text(first, strnlen(first, width));
    if (padded_with_spaces) text.erase(text.find_last_not_of(' ') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

void require_object_name(const std::string& name) {
  bool legal =
      name.size() > 1 && name.front() == '/' && name.back() != '/' && name.find('\0') == std::string::npos;
  legal = legal && name.find("//") == std::string::npos;
  for (const char* part : {"/./", "/../"}) legal = legal && (name + "/").find(part) == std::string::npos;
  if (!legal)
    throw InvalidArgument("HDF5 name", fmt::format("'{}' names no dataset or group", name),
                          "write /name or /group/name");
}

std::string parent_of(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == 0 ? "/" : name.substr(0, slash);
}

std::string last_part(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::string child_of(const std::string& group, const std::string& name) {
  return group == "/" ? "/" + name : group + "/" + name;
}

}  // namespace fsconv::hdf5
