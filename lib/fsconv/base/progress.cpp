#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fsconv/base/progress.hpp>
#include <utility>

namespace fsconv {

using Clock = std::chrono::steady_clock;

Progress::Progress(std::string label, Index total, std::string unit)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(std::max<Index>(total, 1)),
      shown_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      last_drawn_(start_) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::advance(Index done) {
  const Index so_far = done_ += done;
  if (!shown_) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (now - last_drawn_ < std::chrono::milliseconds(100)) return;
  last_drawn_ = now;
  draw(so_far);
}

void Progress::draw(Index done) {
  constexpr int width = 24;
  const double seconds = std::chrono::duration<double>(last_drawn_ - start_).count();
  const double rate = static_cast<double>(done) / std::max(seconds, 1e-9);
  const double left = static_cast<double>(total_ - done) / std::max(rate, 1e-9);
  const auto filled = static_cast<int>(width * std::min(done, total_) / total_);
  fmt::print(stderr, "\r\033[K{} [{:#<{}}{:.<{}}] {}/{} {:.0f} {}/s, {:.0f} s left", label_, "", filled, "",
             width - filled, done, total_, rate, unit_, left);
  std::fflush(stderr);
}

}  // namespace fsconv
