// A progress line on stderr with rate and time left, shown only to a person (on a terminal).
#pragma once

#include <atomic>
#include <chrono>
#include <fsconv/base/index.hpp>
#include <mutex>
#include <string>

namespace fsconv {

class Progress {
 public:
  // `unit` names what is counted: "images", "checks".
  Progress(std::string label, Index total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Counts `done` more; may be called from several threads.
  void advance(Index done = 1);

 private:
  void draw(Index done);

  std::string label_;
  std::string unit_;
  Index total_;
  bool shown_;
  std::atomic<Index> done_{0};
  std::mutex mutex_;
  std::chrono::steady_clock::time_point start_, last_drawn_;
};

}  // namespace fsconv
