// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <filesystem>
#include <fsconv/base/text.hpp>
#include <fsconv/io/leftovers.hpp>
#include <fstream>
#include <mutex>
#include <set>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view beginning = ".fsconv-", ending = ".tmp";

// Empty where the system does not say: then nobody's number can be told from another's, and nothing is removed.
std::string make_mark() {
  std::string start;
  std::error_code unknown;
  const fs::path numbers = fs::read_symlink("/proc/self/ns/pid", unknown);  // of the numbers of processes
  if (unknown || !std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), start)) return {};
  // A machine that was copied while it ran has the start and the numbers of its original, but a name of its own.
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string all = start + numbers.string() + host.data();
  return fmt::format("{:016x}", XXH3_64bits(all.data(), all.size()));
}

const std::string& mark() {
  static const std::string made = make_mark();
  return made;
}

// Whether the name is one of this mark, and nobody has the number of its process.
bool is_left_over(const std::string& name) {
  const std::string begin = fmt::format("{}{}-", beginning, mark());
  if (!name.starts_with(begin) || !name.ends_with(ending)) return false;
  const auto numbers =
      split(std::string_view(name).substr(begin.size(), name.size() - begin.size() - ending.size()), '-');
  if (numbers.size() != 2 || !to_integer(numbers[1])) return false;
  const auto process = to_integer(numbers[0]);
  return process && *process > 0 && *process <= INT_MAX && ::kill(static_cast<pid_t>(*process), 0) != 0 &&
         errno == ESRCH;
}

bool is_own_file(const fs::path& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_uid == ::geteuid();
}

}  // namespace

std::string temporary_name() {
  static std::atomic<unsigned> count{0};
  return fmt::format("{}{}-{}-{}{}", beginning, mark(), ::getpid(), count++, ending);
}

void remove_leftovers(const std::string& folder) noexcept try {
  static std::mutex one_at_a_time;
  static std::set<std::string> seen;
  const std::lock_guard guard(one_at_a_time);
  std::error_code ignored;
  if (mark().empty() || !seen.insert(fs::absolute(folder).string()).second) return;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored))
    if (const fs::path path = entry->path(); is_left_over(path.filename().string()) && is_own_file(path)) {
      std::error_code stays;
      fs::remove(path, stays);
    }
} catch (...) {
}

}  // namespace fsconv
