// How far several blocks have come on their way back through the steps of a model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <fsconv/base/index.hpp>
#include <mutex>
#include <vector>

namespace fsconv {

// Several threads report; one waits.
class WayBack {
 public:
  // Of a model of so many steps; `blocks` begin.
  WayBack(std::size_t steps, Index blocks) : left_(steps + 1, blocks) {}

  // A block has come down to this step (AfterStep, block_pass.hpp).
  void come_to(std::size_t step) {
    const std::lock_guard lock(mutex_);
    if (--left_[step] == 0) news_.notify_one();
  }
  // There will be no more reports: all blocks are done, or what they hold is worth nothing.
  void end(bool failed) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    failed_ = failed;
    news_.notify_one();
  }

  // Waits until all blocks have come down to the step, or for the end. Both return whether what they hold is good.
  bool wait_for(std::size_t step) {
    return wait([&] { return left_[step] == 0; });
  }
  bool wait_for_end() {
    return wait([] { return false; });
  }

 private:
  template <class F>
  bool wait(F&& there) {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] { return ended_ || there(); });
    return !failed_;
  }

  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<Index> left_;  // by step: blocks that have not come to it
  bool ended_ = false, failed_ = false;
};

}  // namespace fsconv
