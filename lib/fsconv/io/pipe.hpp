// What may wait for somebody else: opening a pipe, and writing into one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <fsconv/base/descriptor.hpp>
#include <span>
#include <string>
#include <string_view>

namespace fsconv {

// What a file is, for messages: "a directory", "a pipe", "a socket", "a device", "a regular file".
std::string_view kind_of_file(mode_t mode);

// Opens a pipe or a device for writing. A pipe that nobody reads yet is waited for. IoError; Interrupted after Ctrl-C,
// where it is caught.
Descriptor open_for_writing(const std::string& path);

// Writes all bytes, however long a reader lets it wait. `path` is for messages. IoError; Interrupted after Ctrl-C,
// where it is caught.
void write_all(int descriptor, std::span<const std::byte> bytes, const std::string& path);

// Lets some milliseconds pass, for those who must look again and again. Interrupted after Ctrl-C, where it is caught.
void pause_or_stop();

}  // namespace fsconv
