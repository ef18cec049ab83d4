// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fstream>
#include <new>
#include <string>

namespace fsconv {
namespace {

constexpr std::size_t kept_bytes = 1 << 20;
std::atomic<void*> kept = nullptr;

// Addresses that a limit counts and nobody has written: no pages. MAP_FAILED where there are none.
void* reserve(std::size_t bytes) noexcept {
  return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

bool is_limited(int resource) {
  rlimit limit{};
  return ::getrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0 &&
         limit.rlim_cur != RLIM_INFINITY;
}

bool exceeds_limit(std::size_t bytes) { return memory_is_limited() && !has_room(bytes); }

void give_back_and_throw() {
  if (void* memory = kept.exchange(nullptr)) ::munmap(memory, kept_bytes);
  throw std::bad_alloc();
}

}  // namespace

void keep_memory_for_errors() {
  if (kept != nullptr) return;
  void* memory = reserve(kept_bytes);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  kept = memory;
  std::set_new_handler(give_back_and_throw);
}

bool memory_is_limited() {
  static const bool limited = is_limited(RLIMIT_AS) || is_limited(RLIMIT_DATA);
  return limited;
}

bool has_room(std::size_t bytes) noexcept {
  void* memory = reserve(bytes);
  return memory != MAP_FAILED && ::munmap(memory, bytes) == 0;
}

bool tells_of_no_memory(std::string_view message) {
  return message.ends_with("Out of memory") || message.ends_with("out of memory") ||
         message.ends_with("insufficient memory");
}

void require_room(std::size_t bytes) {
  if (exceeds_limit(bytes)) throw std::bad_alloc();
}

Index total_bytes() { return Index{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE); }

Index available_bytes() {
  std::ifstream meminfo("/proc/meminfo");
  std::string key, unit;
  Index kibibytes = 0;
  while (meminfo >> key >> kibibytes && std::getline(meminfo, unit))
    if (key == "MemAvailable:") return kibibytes * 1024;
  return total_bytes();
}

void require_memory(Index count, std::size_t element_bytes, std::string_view what) {
  // Small arrays are not worth a look at the system; what they could exhaust, the allocator reports.
  constexpr Index always_fits = Index{16} << 20;
  const auto bytes = checked_multiply(count, static_cast<Index>(element_bytes));
  if (bytes && *bytes <= always_fits) return;
  const Index available = available_bytes();
  if (!bytes || *bytes > available) {
    throw InvalidArgument(
        what, fmt::format("{} elements of {} bytes do not fit the {:.1f} GiB of memory that are available",
                          count, element_bytes, static_cast<double>(available) / (1 << 30)));
  }
  if (exceeds_limit(static_cast<std::size_t>(*bytes)))
    throw InvalidArgument(
        what, fmt::format("{} elements of {} bytes do not fit the memory that ulimit -v or -d leaves", count,
                          element_bytes));
}

void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  // madvise wants whole pages: the ones that lie entirely inside the array.
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (address + page - 1) / page * page, end = (address + bytes) / page * page;
  if (end > first) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
#endif
}

}  // namespace fsconv
