// Says whether an array can be allocated at all, before it is.
#pragma once

#include <fsconv/base/index.hpp>
#include <string_view>

namespace fsconv {

// Throws InvalidArgument naming `what` if `count` elements of `element_bytes` do not fit the memory that the
// system reports as available (Linux: MemAvailable; elsewhere the physical memory).
void require_memory(Index count, std::size_t element_bytes, std::string_view what);

}  // namespace fsconv
