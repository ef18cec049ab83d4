// HDF5 1.10 trusts some addresses and lengths that it reads, and a damaged file can crash it. So a child
// process walks through the structure of a file first; if the file takes a process down, it is that one.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/handle.hpp>

namespace fsconv::hdf5 {
namespace {

constexpr unsigned longest_walk = 30;  // seconds; a damaged file can also send HDF5 round in circles

// Does what readers do, except reading numbers, which are only copied. Orderly errors are for the reader to
// find.
void walk_object(const File& file, const std::string& name) {
  try {
    for (const std::string& attribute : file.attributes(name)) try {
        file.attribute(name, attribute);
      } catch (const Error&) {
      }
    if (file.is_group(name))
      file.members(name);
    else if (file.dtype(name) == "str")
      file.read_strings(name);
    else
      file.shape(name);
  } catch (const Error&) {
  }
}

// The child dies quietly: no handler of its parent's speaks, and no core is left.
void prepare_to_die() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM, SIGINT, SIGTERM})
    std::signal(signal, SIG_DFL);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  alarm(longest_walk);
}

}  // namespace

std::vector<std::string> object_names(hid_t file) {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5O_info_t*, void* into) -> herr_t {
    const bool root = std::strcmp(name, ".") == 0;
    static_cast<std::vector<std::string>*>(into)->push_back(root ? "/" : std::string("/") + name);
    return 0;
  };
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, add, &names, H5O_INFO_BASIC);
  return names;
}

void walk_through(const File& file, hid_t id) {
  for (const std::string& name : object_names(id)) walk_object(file, name);
}

void require_survivable(const std::string& path, const std::function<void()>& walk) {
  const pid_t child = fork();
  if (child < 0) return;  // no process to spare: the reader goes without
  if (child == 0) {
    prepare_to_die();
    try {
      walk();
    } catch (...) {
    }
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return;
  if (!WIFSIGNALED(status)) return;
  switch (WTERMSIG(status)) {
    case SIGALRM:
      throw BadData(path, fmt::format("HDF5 has not come to its end in {} seconds", longest_walk));
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGABRT:
      throw BadData(path, "is damaged, so badly that HDF5 crashes on it");
    default:
      return;  // somebody ended it: that says nothing about the file
  }
}

}  // namespace fsconv::hdf5
