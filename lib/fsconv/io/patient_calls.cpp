// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fsconv/io/patient_calls.hpp>

namespace fsconv {

Descriptor open_patiently(const std::string& path, int flags, mode_t mode) {
  while (true) {
    Descriptor file(::open(path.c_str(), flags, mode));
    if (file.valid() || errno != EINTR) return file;
  }
}

bool sync_patiently(int descriptor) {
  while (::fsync(descriptor) != 0)
    if (errno != EINTR) return errno == EINVAL || errno == ENOTSUP || errno == EROFS;
  return true;
}

bool sync_folder(const std::string& path) {
  const Descriptor folder = open_patiently(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return !folder.valid() || sync_patiently(folder.value());
}

bool close_synced(Descriptor& file) { return file.close() || errno == EINTR; }

}  // namespace fsconv
