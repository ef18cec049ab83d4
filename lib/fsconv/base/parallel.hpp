// Runs independent pieces of work on several threads.
#pragma once

#include <fsconv/base/index.hpp>
#include <functional>

namespace fsconv {

// The number of threads that this machine runs at once.
int hardware_threads();

// Calls work(0) ... work(count-1), each once, on up to `threads` threads (the caller's among them). The
// pieces are handed out in order as threads become free, so results must not depend on which thread ran what.
// The first exception ends the hand-out and is thrown again here, once every thread has stopped.
// The threads are kept, asleep, for the next call. Calls may be nested and may come from several threads at
// once: each has its threads to itself, all of them at the same time, so that pieces may wait for each other
// where count <= threads. Throws std::system_error, before anything runs, if the system refuses a thread. Not
// to be called in a fork of this process that has not become another program.
void parallel_for(Index count, int threads, const std::function<void(Index)>& work);

// The same; work(piece, thread) is told which of the threads 0 ... threads-1 it runs on, for what a thread
// keeps to itself.
void parallel_for(Index count, int threads, const std::function<void(Index, int)>& work);

// Keeps OpenBLAS on the calling thread: the threads above share the cores, and two pools that both want all
// of them wait for each other.
void use_one_blas_thread();

}  // namespace fsconv
