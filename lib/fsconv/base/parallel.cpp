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
  std::atomic<Index> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  auto run = [&] {
    for (Index piece = next++; piece < count; piece = next++) {
      try {
        work(piece);
      } catch (...) {
        next = count;
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (Index thread = 1; thread < std::min<Index>(threads, count); ++thread) others.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

void use_one_blas_thread() { openblas_set_num_threads(1); }

}  // namespace fsconv
