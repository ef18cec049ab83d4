// What tests of files need: a folder of their own, whole files as text, child processes with a full disk, and
// Python.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>

namespace fsconv::testing {

// A new empty folder that is removed with all it holds.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fsconv-test-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no folder for temporary files");
    folder_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string operator/(const std::string& name) const { return (folder_ / name).string(); }
  std::string path() const { return folder_.string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

 private:
  std::filesystem::path folder_;
};

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline void put_content(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// Runs `work` in a child process in which no file may grow beyond `bytes` (writing more fails with EFBIG, as
// a full disk fails with ENOSPC). Returns the child's exit status, or 1000 + the signal that ended it.
inline int exit_status_with_file_limit(rlim_t bytes, const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::_Exit(work());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Debian's Python, which has the readers; another one on the PATH may not.
inline constexpr auto python = "/usr/bin/python3";

inline int run_python(const ScratchFolder& folder, const std::string& script, std::string* output = nullptr) {
  put_content(folder / "script.py", script);
  const std::string command =
      "cd '" + folder.path() + "' && " + python + " -W error::UserWarning script.py > out.txt 2>&1";
  const int status = std::system(command.c_str());
  if (output) *output = content_of(folder / "out.txt");
  return status;
}

inline bool python_has(const std::string& modules) {
  static std::map<std::string, bool> known;
  const auto found = known.find(modules);
  if (found != known.end()) return found->second;
  const std::string command = std::string(python) + " -c 'import " + modules + "' > /dev/null 2>&1";
  return known[modules] = std::system(command.c_str()) == 0;
}

}  // namespace fsconv::testing

// Ends a test case whose Python modules are missing, and says so.
#define FSCONV_NEED_PYTHON(modules)                           \
  if (!fsconv::testing::python_has(modules)) {                \
    WARN("skipped: /usr/bin/python3 cannot import " modules); \
    return;                                                   \
  }

// Runs a Python script that asserts; its output is shown if it fails.
#define FSCONV_CHECK_PYTHON(folder, script)                                                \
  do {                                                                                     \
    std::string python_output;                                                             \
    const int python_status = fsconv::testing::run_python(folder, script, &python_output); \
    INFO(python_output);                                                                   \
    CHECK(python_status == 0);                                                             \
  } while (false)
