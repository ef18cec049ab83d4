// What the system has to say about memory: whether an array fits, and how its pages are best laid out.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <string_view>

namespace fsconv {

// Bytes of physical memory, and of those that the system reports as available (Linux: MemAvailable; elsewhere all).
Index total_bytes();
Index available_bytes();

// Throws InvalidArgument naming `what` if `count` elements of `element_bytes` do not fit available_bytes() or a limit.
void require_memory(Index count, std::size_t element_bytes, std::string_view what);

// Whether this process may not have all the memory that there is (ulimit -v, -d).
bool memory_is_limited();

// Whether so many bytes more could be had now. May be called before main().
bool has_room(std::size_t bytes) noexcept;

// Throws std::bad_alloc where such a limit leaves less than `bytes`. For libraries that do not survive an allocation that
// fails: with enough room before a call none will.
void require_room(std::size_t bytes);

// Whether a library's message says no more than that it found no memory: those of libpng and zlib end so.
bool tells_of_no_memory(std::string_view message);

// Keeps some memory aside until `new` finds none for the first time: then it is given back, so that there is room to
// throw, to remove what is half done and to say so. Throws std::bad_alloc.
void keep_memory_for_errors();

// Asks the system to back this memory with large pages where it can: a large array is then written for the first
// time at the speed of memory, not of page faults. A hint; it cannot fail. Call it before the first write.
void prefer_large_pages(void* memory, std::size_t bytes);

}  // namespace fsconv
