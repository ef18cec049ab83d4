// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>
#include <fsconv/base/memory.hpp>
#include <fsconv/engine/buffer.hpp>
#include <new>

namespace fsconv::engine {

void* allocate_zeroed(Index count, std::size_t element_bytes, const char* what) {
  require_memory(count, element_bytes, what);
  const std::size_t bytes = static_cast<std::size_t>(count) * element_bytes;
  // Not rounded up: a tool that watches memory shall see the first byte past the end.
  void* memory = nullptr;
  if (posix_memalign(&memory, cache_line, bytes) != 0) throw std::bad_alloc();
  prefer_large_pages(memory, bytes);
  std::memset(memory, 0, bytes);
  return memory;
}

void free_aligned(void* memory) { std::free(memory); }

}  // namespace fsconv::engine
