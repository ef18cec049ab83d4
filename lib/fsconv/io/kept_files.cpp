// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/seal.hpp>
#include <optional>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

// A file whose name only looks like a place inside another one is what it is.
Location place_of(const std::string& name) {
  std::error_code none;
  return fs::exists(name, none) ? Location{locate(name).kind, name, ""} : locate(name);
}

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

// The steps of a path inside an HDF5 file, which takes "//x" and "/./x" for "/x".
std::vector<std::string> steps_of(const std::string& inside) {
  std::vector<std::string> steps = split(inside, '/');
  std::erase_if(steps, [](const std::string& step) { return step.empty() || step == "."; });
  return steps;
}

// Whether writing the one takes the other away, both in one file.
bool holds(const Location& output, const Location& read) {
  if (output.inside.empty()) return true;
  if (read.inside.empty()) return false;  // a place is added; the file keeps what it holds
  const std::vector<std::string> group = steps_of(output.inside), member = steps_of(read.inside);
  return group.size() <= member.size() && std::equal(group.begin(), group.end(), member.begin());
}

// What the file says that it is; nothing where it is none of fsconv's, or cannot be read.
std::string kind_of(const hdf5::File& file) {
  return file.has_attribute("/", "kind") ? file.string_attribute("/", "kind") : "";
}

// `ask` of the file, or nothing where it is no sound file of HDF5: whoever reads it says why. IoError where a file of that
// name cannot be read: what it holds is not known then.
template <class Ask>
std::string told_by(const std::string& path, const Ask& ask) {
  std::error_code none;
  if (!fs::is_regular_file(path, none)) return "";  // a pipe would be waited for
  try {
    return ask(hdf5::File::open(path));
  } catch (const Interrupted&) {
    throw;
  } catch (const IoError&) {
    if (names_hdf5(path)) throw;
    return "";
  } catch (const Error&) {
    return "";
  }
}

// Whether a place is an array of a stored matrix (sparse_file.hpp), whose others say what it means.
bool is_part_of_matrix(const hdf5::File& file, const std::string& inside) {
  std::vector<std::string> steps = steps_of(inside);
  if (steps.size() < 2) return false;
  steps.pop_back();
  const std::string group = fmt::format("/{}", fmt::join(steps, "/"));
  return file.exists(group) && file.is_group(group) && file.has_attribute(group, "format") &&
         file.exists(group + "/indptr");
}

void require_free_place(const Output& output, const Location& location) {
  const std::string whole = told_by(location.path, [&](const hdf5::File& file) -> std::string {
    if (is_part_of_matrix(file, location.inside)) return "a matrix";
    const std::string kind = file.exists(location.inside) ? kind_of(file) : "";
    return kind.empty() ? "" : "a file of fsconv " + excerpt(kind);
  });
  if (!whole.empty())
    throw InvalidArgument(output.option, fmt::format("{} is part of {}", output.path, whole),
                          "write it under another name");
}

void require_no_other_results(const Output& output, const Location& location) {
  if (!has_content(location.path)) return;
  const std::string kind = told_by(location.path, kind_of);
  const bool is_own = !output.kind.empty() && kind == output.kind;
  if (kind.empty() && is_sealed(location.path))
    throw InvalidArgument(output.option, fmt::format("{} is there already, of fsconv export", output.path),
                          "choose another name, or delete it");
  // Pages, pictures and the like are replaced, as every program does it; HDF5 files are mostly somebody's results.
  if (is_own ? !output.keeps_own : kind.empty() && !names_hdf5(location.path)) return;
  throw InvalidArgument(
      output.option,
      fmt::format("{} is there already{}", output.path, kind.empty() ? "" : ", of fsconv " + excerpt(kind)),
      output.keeps_own ? "choose another name, or replace it with --force"
                       : "choose another name, or delete it");
}

}  // namespace

bool replaces_any(const std::string& output, const std::vector<std::string>& read) {
  const Location written = place_of(output);
  const auto there = status_of(written.path);
  if (!there || !S_ISREG(there->st_mode)) return false;
  return std::any_of(read.begin(), read.end(), [&](const std::string& name) {
    const Location input = place_of(name);
    const auto file = status_of(input.path);
    return file && file->st_dev == there->st_dev && file->st_ino == there->st_ino && holds(written, input);
  });
}

void require_unread(std::string_view option, const std::string& output, const std::vector<std::string>& read,
                    std::string_view what) {
  if (replaces_any(output, read))
    throw InvalidArgument(option, fmt::format("{} is {}", output, what), "choose another name");
}

void require_apart(std::string_view option, const std::string& output, std::string_view other_option,
                   const std::string& other) {
  const Location one = place_of(output), two = place_of(other);
  std::error_code none;
  const auto path = [&](const Location& location) {
    return fs::weakly_canonical(fs::absolute(location.path, none), none);
  };
  if (path(one) == path(two) && (holds(one, two) || holds(two, one)))
    throw InvalidArgument(option, fmt::format("{} and --{} {} are one place", output, other_option, other),
                          "choose another name");
}

void require_output(const Output& output) {
  require_unread(output.option, output.path, output.inputs);
  const Location location = locate(output.path);
  if (!output.force && !location.inside.empty())
    require_free_place(output, location);
  else if (!output.force)
    require_no_other_results(output, location);
  require_writable(location.path);
}

}  // namespace fsconv
