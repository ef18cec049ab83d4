// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>

namespace fsconv {
namespace {

volatile std::sig_atomic_t signal_seen = 0;
std::atomic<bool> checkpoint_wanted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal's handler sets it");
std::atomic<int> uninterrupted{0};

void remember(int signal) {
  signal_seen = 1;
  std::signal(signal, SIG_DFL);  // impatience is honoured
}

void remember_request(int) { checkpoint_wanted = true; }

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
  // Who set out to outlive the terminal (nohup) ignores it, and that stays so.
  if (std::signal(SIGHUP, remember) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

bool interrupted() { return signal_seen != 0 && uninterrupted == 0; }

void stop_if_interrupted() {
  if (interrupted()) throw Interrupted("interrupted");
}

Uninterrupted::Uninterrupted() { ++uninterrupted; }
Uninterrupted::~Uninterrupted() { --uninterrupted; }

void catch_checkpoint_requests() { std::signal(SIGUSR1, remember_request); }

bool take_checkpoint_request() { return checkpoint_wanted.exchange(false); }

}  // namespace fsconv
