#include <algorithm>
#include <atomic>
#include <exception>
#include <fsconv/base/parallel.hpp>
#include <mutex>
#include <thread>
#include <vector>

extern "C" void openblas_set_num_threads(int threads);

namespace fsconv {

int hardware_threads() { return static_cast<int>(std::max(1u, std::thread::hardware_concurrency())); }

void parallel_for(Index count, int threads, const std::function<void(Index)>& work) {
  parallel_for(count, threads, [&work](Index piece, int) { work(piece); });
}

void parallel_for(Index count, int threads, const std::function<void(Index, int)>& work) {
  std::atomic<Index> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  auto run = [&](int thread) {
    for (Index piece = next++; piece < count; piece = next++) {
      try {
        work(piece, thread);
      } catch (...) {
        next = count;
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (int thread = 1; thread < std::min<Index>(threads, count); ++thread) others.emplace_back(run, thread);
    run(0);
  }
  if (failure) std::rethrow_exception(failure);
}

void use_one_blas_thread() { openblas_set_num_threads(1); }

}  // namespace fsconv
