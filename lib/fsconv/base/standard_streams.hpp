// stdin, stdout and stderr as other people's shells set them up: closed, full, or with nobody at the other end.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace fsconv {

// Gives each of the descriptors 0, 1 and 2 that is closed to /dev/null, opened the wrong way round: to read or write it
// stays an error, but no file that is opened later gets its number, and with it what is meant for stdout or stderr.
void occupy_standard_descriptors();

// Writes `text` to stderr as it is. That it cannot be written is no error: nothing that was asked for is lost with it.
void say(std::string_view text) noexcept;

// From now on nobody who prints on stdout is told that it cannot be written: the first reason is remembered, what comes
// after it is dropped, and the work goes on. To be called once, before anything is printed. Throws std::bad_alloc.
void remember_lost_output();

// Writes what is still to be written on stdout and closes it; nothing can be printed afterwards. Returns 0 where
// everything that was printed since remember_lost_output() has arrived, else the reason, a value of errno: EPIPE where
// the reader had gone.
int finish_output() noexcept;

}  // namespace fsconv
