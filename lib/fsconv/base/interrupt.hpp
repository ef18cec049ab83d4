// Signals as requests that long work answers at its next safe point: to stop, or to write down where it stands.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fsconv {

// From now on SIGINT, SIGTERM and, where it is not ignored, SIGHUP are remembered instead of ending the process; the
// second one of a kind ends it at once.
void catch_interrupts();

// Whether a signal has come, unless an Uninterrupted lives.
bool interrupted();

// Throws Interrupted if so. Long loops call this between steps.
void stop_if_interrupted();

// As long as one lives, on any thread, work goes on: for what is to be written because a signal
// has come. The second signal of a kind ends the process still.
class Uninterrupted {
 public:
  Uninterrupted();
  ~Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;
};

// From now on SIGUSR1 is remembered as a wish that a checkpoint be written, instead of ending the process.
void catch_checkpoint_requests();

// Whether one has come since the last call.
bool take_checkpoint_request();

}  // namespace fsconv
