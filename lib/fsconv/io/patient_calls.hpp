// Calls of the system that a signal may break off, made again until they have gone through.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <fsconv/base/descriptor.hpp>
#include <string>

namespace fsconv {

// open(2), for what does not wait for somebody else (pipe.hpp has what does). Not valid, with errno, where it fails.
Descriptor open_patiently(const std::string& path, int flags, mode_t mode = 0);

// fsync(2). What cannot be synced (pipes, some devices, files of systems that are read-only) has nothing to lose: true.
// False, with errno, where it fails.
bool sync_patiently(int descriptor);

// Syncs a folder, and with it the names in it. One that may be written but not read cannot be synced: true.
bool sync_folder(const std::string& path);

// Closes what was synced before. The system closes it even where a signal comes in between; what was written is safe.
bool close_synced(Descriptor& file);

}  // namespace fsconv
