// Memory for the engine: aligned to a cache line, zeroed, allocated once and never resized.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/base/index.hpp>
#include <memory>

namespace fsconv::engine {

inline constexpr std::size_t cache_line = 64;

void* allocate_zeroed(Index count, std::size_t element_bytes, const char* what);
void free_aligned(void* memory);

// `count` numbers, all zero. Throws InvalidArgument naming `what` if they do not fit the memory.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(Index count, const char* what = "buffer")
      : size_(count), values_(static_cast<T*>(allocate_zeroed(count, sizeof(T), what))) {}

  T* data() { return values_.get(); }
  const T* data() const { return values_.get(); }
  Index size() const { return size_; }

 private:
  struct Free {
    void operator()(T* memory) const { free_aligned(memory); }
  };
  Index size_ = 0;
  std::unique_ptr<T, Free> values_;
};

}  // namespace fsconv::engine
