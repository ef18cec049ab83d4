// What is being done, on stderr: a line that is drawn anew on a terminal, one every ten seconds elsewhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fsconv/base/index.hpp>
#include <mutex>
#include <string>
#include <thread>

namespace fsconv {

// How far a piece of work is.
struct ProgressState {
  std::string label, unit;  // unit: what is counted, "images", "checks"
  Index done = 0, total = 1;
  double seconds = 0;  // since it began
};

// "verify [######..................] 1200/2531 geometries, 30/s, 44 s left", or less of it, in `width` columns.
std::string progress_bar(const ProgressState& state, std::size_t width);

// "verify: 1200 of 2531 geometries after 40 s, 30/s, 44 s left"
std::string progress_line(const ProgressState& state);

class Progress {
 public:
  Progress(std::string label, Index total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Counts `done` more; may be called from several threads.
  void advance(Index done = 1);

 private:
  ProgressState state() const;
  void tell_from_time_to_time(const std::stop_token& stop);

  std::string label_;
  std::string unit_;
  Index total_;
  bool redraws_;
  std::atomic<Index> done_{0};
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::chrono::steady_clock::time_point start_, last_drawn_;
  std::jthread teller_;  // the last member: it reads the others
};

}  // namespace fsconv
