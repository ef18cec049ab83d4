// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/io/different_files.hpp>
#include <map>
#include <utility>

namespace fsconv {

void require_different_files(const std::vector<std::string>& files) {
  std::map<std::pair<dev_t, ino_t>, std::string> seen;
  for (const std::string& file : files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) continue;  // reading it says why
    const auto [known, is_new] = seen.emplace(std::pair(status.st_dev, status.st_ino), file);
    if (!is_new)
      throw InvalidArgument("files",
                            known->second == file ? fmt::format("name {} twice", excerpt(file))
                                                  : fmt::format("name {}, the same file as {}", excerpt(file),
                                                                excerpt(known->second)),
                            "once is enough");
  }
}

}  // namespace fsconv
