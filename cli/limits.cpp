// SPDX-License-Identifier: Apache-2.0
#include "limits.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/standard_streams.hpp>
#include <fsconv/io/atomic_file.hpp>

namespace fsconv::cli {
namespace {

constexpr std::size_t mebibyte = 1 << 20;
constexpr std::size_t usual_stack = 8 * mebibyte, least_stack = mebibyte;
// What the libraries take when they are loaded, and any command for what cannot be refused later.
constexpr std::size_t least_memory = 16 * mebibyte;

[[noreturn]] void end_with(std::string_view message) {
  say(message);
  remove_unfinished();
  ::_exit(static_cast<int>(ExitCode::runtime));
}

std::terminate_handler usual_end = std::abort;

// A library that finds no memory where it cannot throw comes here; so does a mistake of ours.
void terminated() {
  if (!has_room(mebibyte)) end_with("fsconv: out of memory\n");
  usual_end();
}

// The main thread's stack grows where it is used until the limit, which is the soft one at that moment.
void check_limits(int, char**, char**) {
  usual_end = std::set_terminate(terminated);
  if (!has_room(least_memory))
    end_with("fsconv: out of memory: 16 MiB more than ulimit -v or -d allows are needed\n");
  rlimit stack{};
  if (::getrlimit(RLIMIT_STACK, &stack) != 0) return;
  if (stack.rlim_cur < usual_stack) {
    stack.rlim_cur = std::min<rlim_t>(usual_stack, stack.rlim_max);
    ::setrlimit(RLIMIT_STACK, &stack);
    if (stack.rlim_cur < least_stack)
      end_with("fsconv: the stack is too small: ulimit -s must allow 1024 (KiB)\n");
  }
}

// Before the initializers of the shared libraries, some of which take memory and end the process where there is none.
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)(int, char**,
                                                                             char**) = check_limits;

// Before OpenBLAS starts, which is part of the program: it would start a thread for each further core at once, and take
// the program down where the system refuses one. The threads here share the cores; none of them wants others beside it.
[[gnu::constructor(101)]] void keep_blas_on_its_callers_thread() { ::setenv("OPENBLAS_NUM_THREADS", "1", 1); }

// Grows the stack now, while there is room for it: where there is none later, the process would crash.
[[gnu::noinline]] char grow_stack() {
  volatile char deep[least_stack / 2];
  deep[0] = 0;
  return deep[0];
}

void end_before_processor_time_does() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  std::signal(SIGXCPU,
              [](int) { end_with("fsconv: the processor time that ulimit -t allows is used up\n"); });
  // At the hard limit the system kills without a word, and a shell sets both to the same.
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGXCPU;
  timer_t timer{};
  if (::timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0) return;
  constexpr long tenth = 100'000'000;
  const auto whole = static_cast<time_t>(std::max<rlim_t>(limit.rlim_cur, 1)) - 1;
  const itimerspec due{{0, 0}, {whole, 9 * tenth}};
  ::timer_settime(timer, TIMER_ABSTIME, &due, nullptr);
}

}  // namespace

void prepare_for_limits() {
  grow_stack();
  keep_memory_for_errors();
  // glibc would take the stack's limit at the start of the process, however small or large.
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) == 0) {
    ::pthread_attr_setstacksize(&attributes, usual_stack);
    ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
  }
  end_before_processor_time_does();
}

}  // namespace fsconv::cli
