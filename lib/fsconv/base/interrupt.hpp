// Ctrl-C as a request that long work answers at its next safe point.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fsconv {

// From now on SIGINT, SIGTERM and, where it is not ignored, SIGHUP are remembered instead of ending the process; the
// second one of a kind ends it at once.
void catch_interrupts();

bool interrupted();

// Throws Interrupted if a signal has come. Long loops call this between steps.
void stop_if_interrupted();

}  // namespace fsconv
