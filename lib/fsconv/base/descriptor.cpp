// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <fsconv/base/descriptor.hpp>

namespace fsconv {

bool Descriptor::close() {
  const int value = std::exchange(value_, -1);
  return value < 0 || ::close(value) == 0;
}

Descriptor above_standard_streams(Descriptor file) {
  if (!file.valid() || file.value() > STDERR_FILENO) return file;
  return Descriptor(::fcntl(file.value(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

}  // namespace fsconv
