// Ctrl-C in a test: what a signal has set cannot be taken back in a process, so another one gets it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fsconv/base/interrupt.hpp>
#include <functional>
#include <thread>

namespace fsconv::testing {

// Runs `work` in a child process that catches Ctrl-C and gets it after that time; with none, before it begins. Returns
// its exit status, 1000 + the signal that ended it, or -1 where it had to be killed after 20 seconds.
inline int exit_status_when_interrupted(std::chrono::milliseconds after, const std::function<int()>& work) {
  // What comes before the child catches it waits until then.
  sigset_t interrupt, before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  pthread_sigmask(SIG_BLOCK, &interrupt, &before);
  const pid_t child = fork();
  if (child == 0) {
    catch_interrupts();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (after.count() == 0) std::raise(SIGINT);
    std::_Exit(work());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const auto wait_until = [&](std::chrono::milliseconds time, int& status) {
    for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
      if (waitpid(child, &status, WNOHANG) == child) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  };
  int status = 0;
  bool ended = wait_until(after, status);
  if (!ended && after.count() > 0) kill(child, SIGINT);
  if (!ended) ended = wait_until(std::chrono::seconds(20), status);
  if (!ended) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace fsconv::testing
