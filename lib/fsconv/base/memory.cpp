#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fstream>
#include <string>

namespace fsconv {

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
