// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/standard_streams.hpp>
#include <new>
#include <utility>

namespace fsconv {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto between_drawings = std::chrono::milliseconds(100);
constexpr auto between_lines = std::chrono::seconds(10);

// When the last line was told, by whatever work: many short pieces are one long run.
std::atomic<Clock::time_point> last_told = Clock::now();

std::string time_text(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", seconds);
  if (seconds < 6000) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

// ", 30/s, 44 s left"; nothing before the first piece is done.
std::string pace(const ProgressState& s) {
  if (s.done <= 0 || s.seconds <= 0) return "";
  const double rate = static_cast<double>(s.done) / s.seconds;
  const double left = static_cast<double>(std::max<Index>(s.total - s.done, 0)) / rate;
  return fmt::format(", {:.{}f}/s, {} left", rate, rate < 10 ? 1 : 0, time_text(left));
}

std::string bar(const ProgressState& s, int width) {
  const auto filled = static_cast<int>(width * std::min(s.done, s.total) / s.total);
  return fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", width - filled);
}

// The work may need the memory more than the words of it do.
template <class Text>
void say_if_memory_lasts(Text&& text) {
  try {
    say(text());
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

std::string progress_bar(const ProgressState& s, std::size_t width) {
  const std::string count = fmt::format("{}/{}", s.done, s.total),
                    percent = fmt::format("{}%", 100 * std::min(s.done, s.total) / s.total);
  for (const std::string& line :
       {fmt::format("{} {} {} {}{}", s.label, bar(s, 24), count, s.unit, pace(s)),
        fmt::format("{} {} {}{}", s.label, bar(s, 10), count, pace(s)),
        fmt::format("{} {}{}", s.label, count, pace(s)), fmt::format("{} {}", s.label, count),
        fmt::format("{} {}", s.label, percent)})
    if (visible_size(line) <= width) return line;
  return percent.substr(0, width);
}

std::string progress_line(const ProgressState& s) {
  return fmt::format("{}: {} of {} {} after {}{}", s.label, s.done, s.total, s.unit, time_text(s.seconds),
                     pace(s));
}

Progress::Progress(std::string label, Index total, std::string unit)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(std::max<Index>(total, 1)),
      redraws_(can_redraw(STDERR_FILENO)),
      start_(Clock::now()),
      last_drawn_(start_) {
  if (redraws_) return;
  try {
    teller_ = std::jthread([this](const std::stop_token& stop) { tell_from_time_to_time(stop); });
  } catch (const std::exception&) {
    // No thread, or no memory for one: the work matters more than what is said of it.
  }
}

Progress::~Progress() {
  if (redraws_) say("\r\033[K");
}

ProgressState Progress::state() const {
  return {label_, unit_, done_, total_, std::chrono::duration<double>(Clock::now() - start_).count()};
}

void Progress::advance(Index done) {
  done_ += done;
  if (!redraws_) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (now - last_drawn_ < between_drawings) return;
  last_drawn_ = now;
  // A line that fills the last column would wrap, and the next drawing would leave it behind.
  const std::size_t width = columns_of(STDERR_FILENO);
  say_if_memory_lasts([&] { return "\r\033[K" + progress_bar(state(), width > 0 ? width - 1 : 0); });
}

void Progress::tell_from_time_to_time(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Clock::time_point due = last_told.load() + between_lines;
    if (ended_.wait_until(lock, stop, due, [] { return false; }) || stop.stop_requested()) return;
    Clock::time_point told = due - between_lines;
    if (last_told.compare_exchange_strong(told, Clock::now()))
      say_if_memory_lasts([&] { return progress_line(state()) + "\n"; });
  }
}

}  // namespace fsconv
