// libFuzzer's face of the targets: one program for all of them.
//   fsconv_fuzz --target=NAME [libFuzzer's options] CORPUS
//   fsconv_fuzz --list
// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fsconv/base/parallel.hpp>
#include <vector>

#include "target.hpp"

// The counters of covered edges, of all files together: a section that the linker puts borders around.
extern "C" {
[[gnu::weak, gnu::visibility("hidden")]] extern char __start___sancov_cntrs[];
[[gnu::weak, gnu::visibility("hidden")]] extern char __stop___sancov_cntrs[];
}

namespace {

const fsconv::fuzz::Target* chosen = nullptr;

// A forked copy's counters would be lost with it. Those that fill whole pages are shared from now on.
void share_counters_with_copies() {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto first = (reinterpret_cast<std::uintptr_t>(__start___sancov_cntrs) + page - 1) / page * page;
  const auto last = reinterpret_cast<std::uintptr_t>(__stop___sancov_cntrs) / page * page;
  if (last <= first) return;
  void* const where = reinterpret_cast<void*>(first);
  const std::vector<char> kept(reinterpret_cast<const char*>(first), reinterpret_cast<const char*>(last));
  if (mmap(where, last - first, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
      where)
    std::memcpy(where, kept.data(), kept.size());
}

// That HDF5 crashes in the copy is what the copy is for: no finding, and not to be written down as one.
void let_copies_die_unheard() {
  pthread_atfork(nullptr, nullptr, [] { __sanitizer_set_death_callback(nullptr); });
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view choice = "--target=";
  for (int at = 1; at < *count; ++at) {
    const std::string_view argument = (*arguments)[at];
    if (argument == "--list") {
      for (const auto& target : fsconv::fuzz::targets()) std::puts(std::string(target.name).c_str());
      std::exit(0);
    }
    if (argument.starts_with(choice)) chosen = fsconv::fuzz::find_target(argument.substr(choice.size()));
  }
  if (chosen == nullptr) {
    std::fputs("--target=NAME is missing or names none; --list shows them\n", stderr);
    std::exit(2);
  }
  if (chosen->forks) {
    share_counters_with_copies();
    let_copies_die_unheard();
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fsconv::fuzz::run(*chosen, std::as_bytes(std::span(data, size)));
  return 0;
}
