// Runs independent pieces of work on several threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <functional>

namespace fsconv {

// The number of threads that this process runs at once: the machine's processors, or those of them that a container, a
// launcher or taskset left it. Of another process: the same, or the machine's where that may not be asked.
int hardware_threads(int process = 0);

// Calls work(0) ... work(count-1), each once, on up to `threads` threads (the caller's among them): on fewer where the
// system refuses some, if need be on the caller's alone. The pieces are handed out in order as threads become free, so
// results must not depend on which thread ran what, and no piece may wait for another one. The first exception ends the
// hand-out and is thrown again here, once every thread has stopped.
// The threads are kept, asleep, for the next call. Calls may be nested and may come from several threads at once: each
// has its threads to itself. Not to be called in a fork of this process that has not become another program.
void parallel_for(Index count, int threads, const std::function<void(Index)>& work);

// The same; work(piece, thread) is told which of the threads 0 ... threads-1 it runs on, for what a thread
// keeps to itself.
void parallel_for(Index count, int threads, const std::function<void(Index, int)>& work);

// Calls work(0) ... work(threads-1), each once, with a thread for each at the same time, so that they may wait for each
// other, however calls of this and the above are nested. Throws Error, before anything runs, if the system refuses a
// thread. The rest is as above.
void run_together(int threads, const std::function<void(int)>& work);

}  // namespace fsconv
