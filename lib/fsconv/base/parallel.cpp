// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <fsconv/base/error.hpp>
#include <fsconv/base/parallel.hpp>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace fsconv {
namespace {

using Work = std::function<void(Index, int)>;

// Looks out for `there` for a moment, awake. A training step is a few calls one upon the other, and to fall
// asleep in between and be woken takes longer than most of these gaps. Who has waited in vain sleeps
// afterwards, so that a busy machine loses no more than this moment, nor one whose clock stands still much more.
template <class F>
void look_shortly(F&& there) {
  using Clock = std::chrono::steady_clock;
  constexpr int most_looks = 100'000;
  const auto end = Clock::now() + std::chrono::microseconds(50);
  for (int look = 0; look < most_looks && !there() && Clock::now() < end; ++look) {
  }
}

// One parallel_for: it lives on its caller's stack until no thread works for it any more.
struct Call {
  Call(Index piece_count, const Work& piece_work) : count(piece_count), work(piece_work) {}

  // Takes pieces until none is left.
  void run(int thread) noexcept {
    for (Index piece = next++; piece < count; piece = next++) {
      try {
        work(piece, thread);
      } catch (...) {
        next = count;
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
      }
    }
  }

  const Index count;
  const Work& work;
  std::atomic<Index> next{0};
  std::mutex failure_mutex;
  std::exception_ptr failure;
  // What follows is changed under the pool's mutex.
  int seats = 0;                // threads that may still come
  int taken = 0;                // threads that have come
  std::atomic<int> running{0};  // of them, those that have not left
  std::condition_variable empty;
};

// The threads of this process that help parallel_for. They sleep while there is nothing to do and are never
// more than were wanted at one moment: for every open seat there is a thread that is free to take it, so that
// all `threads` of a call come together however the calls are nested, and a piece may wait for another one.
class Pool {
 public:
  // Runs the call on this thread and on `seats` others. Where the system refuses threads those that there are do the
  // work, or, where it needs them all, none does.
  void run(Call& call, int seats, bool needs_all) {
    open(call, seats, needs_all);
    call.run(0);
    close(call);
  }

 private:
  void open(Call& call, int seats, bool needs_all) {
    const std::lock_guard lock(mutex_);
    const int there = start_threads(open_seats_ + seats) - open_seats_;
    if (there < seats && needs_all)
      throw Error(ExitCode::runtime,
                  fmt::format("the system refuses {} of {} threads that must run at the same time",
                              seats - there, seats + 1));
    seats = std::min(seats, there);
    if (seats == 0) return;
    calls_.push_back(&call);
    call.seats = seats;
    open_seats_ += seats;
    for (int seat = 0; seat < seats; ++seat) work_there_.notify_one();
  }

  // Returns how many threads are free to take a seat, `wanted` where the system gives them.
  int start_threads(int wanted) {
    try {
      for (; free_ < wanted; ++free_) std::thread([this] { serve(); }).detach();
    } catch (const std::system_error&) {
    } catch (const std::bad_alloc&) {
    }
    return std::min(free_, wanted);
  }

  // A thread that has not come by now is not waited for: it may be kept waiting itself by a busy machine.
  void close(Call& call) {
    std::unique_lock lock(mutex_);
    open_seats_ -= call.seats;
    if (call.seats > 0) std::erase(calls_, &call);
    call.seats = 0;
    lock.unlock();
    look_shortly([&] { return call.running == 0; });
    lock.lock();
    call.empty.wait(lock, [&] { return call.running == 0; });
  }

  [[noreturn]] void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_there_.wait(lock, [this] { return !calls_.empty(); });
      Call& call = *calls_.front();
      if (--call.seats == 0) calls_.pop_front();
      const int thread = ++call.taken;
      ++call.running;
      --open_seats_;
      --free_;
      lock.unlock();
      call.run(thread);
      lock.lock();
      ++free_;
      // Notified under the lock: after it the caller may be gone, and the call with it.
      if (--call.running == 0) call.empty.notify_one();
      lock.unlock();
      look_shortly([this] { return open_seats_ > 0; });
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_there_;
  std::deque<Call*> calls_;         // those with open seats, oldest first
  std::atomic<int> open_seats_{0};  // of all calls
  int free_ = 0;                    // threads that take, or will take, a seat
};

// Never destroyed, and its threads never joined: they sleep on it until the process ends, whatever else is
// already gone by then, and a forked copy of the process, which has none of them, ends as well.
Pool& pool() {
  static Pool& only = *new Pool;
  return only;
}

void run_call(Index count, int threads, const Work& work, bool needs_all) {
  Call call(count, work);
  const auto others = static_cast<int>(std::min<Index>(threads, count) - 1);
  if (others > 0)
    pool().run(call, others, needs_all);
  else
    call.run(0);
  if (call.failure) std::rethrow_exception(call.failure);
}

}  // namespace

int hardware_threads(int process) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool is_known =
      ::sched_getaffinity(process == 0 ? ::getpid() : process, sizeof allowed, &allowed) == 0;
  // More processors than a cpu_set_t has bits are not known.
  const unsigned count =
      is_known ? static_cast<unsigned>(CPU_COUNT(&allowed)) : std::thread::hardware_concurrency();
  return static_cast<int>(std::max(1u, count));
}

void parallel_for(Index count, int threads, const std::function<void(Index)>& work) {
  parallel_for(count, threads, [&work](Index piece, int) { work(piece); });
}

void parallel_for(Index count, int threads, const std::function<void(Index, int)>& work) {
  run_call(count, threads, work, false);
}

void run_together(int threads, const std::function<void(int)>& work) {
  run_call(
      threads, threads, [&work](Index piece, int) { work(static_cast<int>(piece)); }, true);
}

}  // namespace fsconv
