// The foundations: numbers, arrays, random numbers, threads, text.
// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/base/text.hpp>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

using namespace fsconv;

namespace {

// Whether as many threads are in the same place at the same time as are expected. It gives up after a while:
// a test shall fail, not hang.
class Meeting {
 public:
  explicit Meeting(int expected) : expected_(expected) {}
  void join() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    ++here_;
    while (here_ < expected_ && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    if (here_ < expected_) given_up_ = true;
  }
  bool complete() const { return here_ == expected_ && !given_up_; }

 private:
  int expected_;
  std::atomic<int> here_ = 0;
  std::atomic<bool> given_up_ = false;  // somebody left before all had come
};

// While it lives the system refuses every thread: there is no room for the stack that is asked for.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, std::size_t{1} << 46);
    ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
  }
  ~NoMoreThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  pthread_attr_t before_;
};

}  // namespace

TEST_CASE("index: floor_div, ceil_div and positive_mod agree with their definitions on both signs") {
  for (Index a = -20; a <= 20; ++a)
    for (Index b = 1; b <= 7; ++b) {
      const Index floor = floor_div(a, b), ceil = ceil_div(a, b), mod = positive_mod(a, b);
      CHECK((floor * b <= a && a < (floor + 1) * b));
      CHECK((ceil * b >= a && a > (ceil - 1) * b));
      CHECK((mod >= 0 && mod < b && floor * b + mod == a));
    }
  CHECK(floor_div(-1, 2) == -1);  // C++'s -1/2 is 0
}

TEST_CASE("index: shapes that are negative or cannot be counted are refused") {
  CHECK(element_count({}) == 1);
  CHECK(element_count({3, 0, 5}) == 0);
  CHECK_THROWS_AS(element_count({2, -1}), InvalidArgument);
  CHECK_THROWS_AS(element_count({Index{1} << 32, Index{1} << 32}), InvalidArgument);
}

TEST_CASE("tensor: an array larger than the memory is refused before it is allocated") {
  CHECK_THROWS_AS(Tensor<double>({Index{1} << 50}), InvalidArgument);
  CHECK_THROWS_AS(Tensor<double>({2, 2}, {1.0, 2.0, 3.0}), InvalidArgument);
}

TEST_CASE("tensor: permute moves and reverses axes") {
  const Tensor<int> t({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(permute(t, {1, 0}) == Tensor<int>({3, 2}, {1, 4, 2, 5, 3, 6}));
  CHECK(permute(t, {0, 1}, {false, true}) == Tensor<int>({2, 3}, {3, 2, 1, 6, 5, 4}));
  CHECK(permute(t, {1, 0}, {true, false}) == Tensor<int>({3, 2}, {3, 6, 2, 5, 1, 4}));
  CHECK_THROWS_AS(permute(t, {0, 0}), InvalidArgument);
  CHECK_THROWS_AS(permute(t, {0}), InvalidArgument);
}

TEST_CASE("random: a seed gives the same numbers everywhere, another stream different ones") {
  // Written down from the first run; the engine is prescribed by the standard, the rest is ours.
  Random a(1), b(1), c(1, 1);
  std::set<Index> first, other;
  for (int at = 0; at < 50; ++at) {
    const Index value = a.integer(-1000000, 1000000);
    CHECK(value == b.integer(-1000000, 1000000));
    first.insert(value);
    other.insert(c.integer(-1000000, 1000000));
  }
  CHECK(first != other);
  CHECK(first.size() > 45);
}

TEST_CASE("random: integers reach both ends and are even, reals stay in range") {
  Random random(7);
  std::vector<int> counts(5, 0);
  for (int at = 0; at < 5000; ++at) ++counts[static_cast<std::size_t>(random.integer(-2, 2) + 2)];
  // 5000 draws over 5 values: 1000 each with standard deviation 28.3; 6 of them miss once in 5e8 runs.
  for (int count : counts) CHECK(std::abs(count - 1000) < 170);
  for (int at = 0; at < 1000; ++at) {
    const double u = random.uniform();
    CHECK((u >= 0 && u < 1));
    CHECK(std::isfinite(random.normal()));
  }
}

TEST_CASE("random: shuffle is a permutation") {
  Random random(3);
  std::vector<int> values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto sorted = values;
  random.shuffle(values);
  CHECK(values != sorted);
  std::sort(values.begin(), values.end());
  CHECK(values == sorted);
}

TEST_CASE("parallel: threads are for the processors that a process may use, not for all of the machine") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    cpu_set_t all, one;
    CPU_ZERO(&all);
    CPU_ZERO(&one);
    ::sched_getaffinity(0, sizeof all, &all);
    const bool had_all =
        hardware_threads() == CPU_COUNT(&all) && hardware_threads(::getppid()) == CPU_COUNT(&all);
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &all)) --last;
    CPU_SET(last, &one);
    ::sched_setaffinity(0, sizeof one, &one);
    ::_exit(had_all && hardware_threads() == 1 && hardware_threads(::getppid()) == CPU_COUNT(&all) ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("parallel: every piece runs once and the first exception comes out") {
  std::vector<std::atomic<int>> runs(100);
  parallel_for(100, 3, [&](Index piece) { ++runs[static_cast<std::size_t>(piece)]; });
  for (const auto& count : runs) CHECK(count == 1);
  CHECK_THROWS_AS(parallel_for(10, 2,
                               [](Index piece) {
                                 if (piece == 4) throw InvalidArgument("piece", "is 4");
                               }),
                  InvalidArgument);
  parallel_for(0, 2, [](Index) { FAIL("nothing to do"); });
}

TEST_CASE("parallel: pieces are handed out in order, and none after an exception") {
  std::vector<Index> order;
  CHECK_THROWS_AS(parallel_for(10, 1,
                               [&](Index piece) {
                                 order.push_back(piece);
                                 if (piece == 4) throw InvalidArgument("piece", "is 4");
                               }),
                  InvalidArgument);
  CHECK(order == std::vector<Index>{0, 1, 2, 3, 4});
  // Of several threads each sees its own pieces in order.
  std::vector<std::vector<Index>> of_thread(4);
  parallel_for(1000, 4, [&](Index piece, int thread) {
    of_thread[static_cast<std::size_t>(thread)].push_back(piece);
  });
  for (const auto& pieces : of_thread) CHECK(std::is_sorted(pieces.begin(), pieces.end()));
}

TEST_CASE("parallel: those that run together are there at the same time, each with a number of its own") {
  for (const int threads : {2, 5, 3, 9}) {
    Meeting meeting(threads);
    std::vector<std::atomic<int>> seen(static_cast<std::size_t>(threads));
    run_together(threads, [&](int number) {
      ++seen[static_cast<std::size_t>(number)];
      meeting.join();
    });
    CHECK(meeting.complete());
    for (const auto& count : seen) CHECK(count == 1);
  }
  // Threads are fewer where pieces are.
  parallel_for(2, 5, [](Index, int thread) { REQUIRE(thread < 2); });
}

TEST_CASE("parallel: calls within calls, and from several threads at once, get all their threads") {
  std::atomic<int> complete = 0;
  const auto nested = [&](int outer, int inner) {
    Meeting all(outer * inner);
    run_together(outer, [&](int) { run_together(inner, [&](int) { all.join(); }); });
    complete += all.complete();
  };
  nested(3, 2);
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller)
      callers.emplace_back([&] {
        for (int time = 0; time < 50; ++time) nested(2, 3);
      });
  }
  CHECK(complete == 1 + 4 * 50);
  // An exception goes up through both calls, and the threads are there afterwards.
  CHECK_THROWS_AS(
      run_together(3, [](int) { run_together(3, [](int) { throw InvalidArgument("piece", "is bad"); }); }),
      InvalidArgument);
  nested(4, 4);
  CHECK(complete == 2 + 4 * 50);
}

TEST_CASE("parallel: two calls that come at once have all their threads at the same time") {
  // Each time more than there can be from before, and the two together want twice as many as one.
  for (const int threads : {30, 65, 135}) {
    Meeting start(2), all(2 * threads);
    const auto call = [&] {
      start.join();
      run_together(threads, [&](int) { all.join(); });
    };
    std::jthread other(call);
    call();
    other.join();
    CHECK(all.complete());
  }
}

TEST_CASE("parallel: threads are kept from call to call") {
  const auto ids_of = [](int calls) {
    std::mutex mutex;
    std::set<long> ids;
    for (int call = 0; call < calls; ++call) {
      Meeting meeting(3);
      run_together(3, [&](int) {
        meeting.join();
        const std::lock_guard lock(mutex);
        ids.insert(::syscall(SYS_gettid));
      });
    }
    return ids.size();
  };
  ids_of(1);
  // Which of the pool's threads come is open; the tests above have made fewer than 300 of them.
  CHECK(ids_of(200) < 300);
}

TEST_CASE(
    "parallel: where the system refuses threads fewer do the work, and nothing is begun that needs them all") {
  // More than the tests above can have left.
  constexpr int threads = 1000;
  constexpr Index pieces = 5000;
  const NoMoreThreads refusal;
  REQUIRE_THROWS_AS(std::thread([] {}), std::system_error);
  std::vector<std::atomic<int>> runs(pieces);
  std::atomic<bool> in_range = true;
  parallel_for(pieces, threads, [&](Index piece, int thread) {
    ++runs[static_cast<std::size_t>(piece)];
    if (thread < 0 || thread >= threads) in_range = false;
  });
  CHECK(in_range);
  CHECK(std::all_of(runs.begin(), runs.end(), [](const auto& count) { return count == 1; }));
  CHECK_THROWS_AS(parallel_for(pieces, threads,
                               [](Index piece) {
                                 if (piece == 4) throw InvalidArgument("piece", "is 4");
                               }),
                  InvalidArgument);
  std::atomic<int> begun = 0;
  CHECK_THROWS_WITH(run_together(threads, [&](int) { ++begun; }), Catch::Contains("refuses"));
  CHECK(begun == 0);
  run_together(1, [&](int) { ++begun; });
  CHECK(begun == 1);
}

TEST_CASE("text: integers are read whole or not at all") {
  CHECK(to_integer("-12") == -12);
  for (const char* bad : {"", " 1", "1 ", "1x", "+1", "1.0", "99999999999999999999"}) CHECK(!to_integer(bad));
  CHECK(to_integers("size", "3,4") == std::vector<Index>{3, 4});
  CHECK_THROWS_AS(to_integers("size", "3,,4"), InvalidArgument);
  CHECK((integer_in("size", "1", 1, 3) == 1 && integer_in("size", "3", 1, 3) == 3));
  for (const char* bad : {"0", "4", "", "2.0", "two", "99999999999999999999"})
    CHECK_THROWS_AS(integer_in("size", bad, 1, 3), InvalidArgument);
  CHECK(one_per<Index>("size", {5}, 3) == std::vector<Index>{5, 5, 5});
  CHECK_THROWS_AS(one_per<Index>("size", {5, 6}, 3), InvalidArgument);
  CHECK(alternatives({"a", "b", "c"}) == "a, b or c");
  CHECK(enumeration({"a", "b", "c"}) == "a, b and c");
  CHECK((enumeration({"a"}) == "a" && enumeration({}).empty()));
}

TEST_CASE("text: a word as long as a file resembles nothing, and that is seen at once") {
  CHECK(similar("strid", {"stride", "padding"}) == std::vector<std::string>{"stride"});
  CHECK(similar("stridee", {"stride", "padding"}) == std::vector<std::string>{"stride"});
  CHECK(similar("st", {"stride", "padding"}) == std::vector<std::string>{"stride"});
  const std::clock_t start = std::clock();  // of the processor: a busy machine is no fault
  const std::vector<std::string> names(100, "stride");
  CHECK(similar(std::string(10'000'000, 's'), names).empty());
  CHECK(std::clock() - start < 5 * CLOCKS_PER_SEC);
}
