// Ranks that agree: what all throw where one has failed, and whose words are told.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/distributed/measure.hpp>
#include <fsconv/distributed/mpi.hpp>
#include <new>

#include "support/thread_ranks.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

// What all ranks throw where fails(rank) returns null or what is wrong with a rank; they must all throw the same.
std::string thrown_by_all(int ranks, ExitCode code, const std::function<std::exception_ptr(int)>& fails) {
  std::string words;
  const auto all = ThreadRanks(ranks).run([&](Communicator& self) { agree(self, fails(self.rank())); });
  for (const std::exception_ptr& one : all) {
    REQUIRE(one);
    try {
      std::rethrow_exception(one);
    } catch (const Error& error) {
      CHECK(dynamic_cast<const Agreed*>(&error));
      CHECK((dynamic_cast<const Interrupted*>(&error) != nullptr) == (code == ExitCode::interrupted));
      CHECK(error.code() == code);
      if (words.empty()) words = error.what();
      CHECK(error.what() == words);
    }
  }
  return words;
}

template <class E>
std::exception_ptr made(const E& error) {
  return std::make_exception_ptr(error);
}

}  // namespace

TEST_CASE("agreement: wishes of any rank are those of all") {
  for (const int ranks : {1, 2, 5}) {
    std::vector<std::uint64_t> bits(static_cast<std::size_t>(ranks));
    ThreadRanks(ranks).run_well([&](Communicator& self) {
      std::uint64_t mine = 0;
      if (self.rank() == 0) mine = 2 * wish_checkpoint;
      if (self.rank() == ranks - 1) mine = wish_checkpoint;
      bits[static_cast<std::size_t>(self.rank())] = agree(self, nullptr, mine);
    });
    for (const std::uint64_t one : bits)
      CHECK(one == (ranks == 1 ? wish_checkpoint : wish_checkpoint | 2 * wish_checkpoint));
  }
}

TEST_CASE("agreement: the first rank whose failure is no interrupt is the one that is told") {
  CHECK(thrown_by_all(4, ExitCode::io, [](int rank) {
          return rank >= 2 ? made(IoError("FILE" + std::to_string(rank), "disk full")) : nullptr;
        }) == "rank 2: FILE2: disk full");
  CHECK(thrown_by_all(3, ExitCode::bad_data, [](int rank) {
          return rank == 0   ? made(Interrupted("interrupted"))
                 : rank == 1 ? made(BadData("x.npy", "is short"))
                             : nullptr;
        }) == "rank 1: x.npy: is short");
  CHECK(thrown_by_all(3, ExitCode::interrupted, [](int rank) {
          return rank == 2 ? made(Interrupted("interrupted")) : nullptr;
        }) == "interrupted");
  CHECK(thrown_by_all(2, ExitCode::runtime, [](int rank) {
          return rank == 1 ? made(std::bad_alloc()) : nullptr;
        }) == "rank 1: out of memory");
  CHECK(thrown_by_all(2, ExitCode::runtime, [](int rank) {
          return rank == 0 ? made(std::runtime_error("line 1\nline 2")) : nullptr;
        }) == "rank 0: line 1\nline 2");
}

TEST_CASE("agreement: what all ranks say alike is told as one process says it") {
  CHECK(thrown_by_all(3, ExitCode::usage, [](int) {
          return made(InvalidArgument("batch", "is 0", "1 or more"));
        }) == "batch: is 0; 1 or more");
}

TEST_CASE("agreement: of one process a failure stays what it is") {
  CHECK_THROWS_AS(agree(one_process(), made(InvalidArgument("batch", "is 0"))), InvalidArgument);
  CHECK_THROWS_AS(together(one_process(), [] { throw std::bad_alloc(); }), std::bad_alloc);
  CHECK_NOTHROW(together(one_process(), [] {}));
}

TEST_CASE("agreement: work of all, and of rank 0 alone") {
  std::vector<int> done(3);
  ThreadRanks(3).run_well([&](Communicator& self) {
    together(self, [&] { done[static_cast<std::size_t>(self.rank())] += 1; });
    on_first(self, [&] { done[static_cast<std::size_t>(self.rank())] += 10; });
  });
  CHECK(done == std::vector<int>{11, 1, 1});
  for (const std::exception_ptr& one : ThreadRanks(3).run([](Communicator& self) {
         on_first(self, [] { throw IoError("run.h5", "No space left on device"); });
       }))
    CHECK_THROWS_WITH(std::rethrow_exception(one), "rank 0: run.h5: No space left on device");
  // What was agreed inside is not voted on again.
  for (const std::exception_ptr& one : ThreadRanks(3).run([](Communicator& self) {
         together(self, [&] { agree(self, self.rank() == 1 ? made(BadData("a", "b")) : nullptr); });
       }))
    CHECK_THROWS_WITH(std::rethrow_exception(one), "rank 1: a: b");
}

TEST_CASE("agreement: facts that differ are named") {
  const auto thrown = [](const std::function<std::vector<std::pair<std::string, std::string>>(int)>& facts) {
    std::string words;
    for (const std::exception_ptr& one :
         ThreadRanks(3).run([&](Communicator& self) { require_same(self, facts(self.rank())); })) {
      if (!one) return std::string();
      try {
        std::rethrow_exception(one);
      } catch (const AgreedError& error) {
        CHECK(error.code() == ExitCode::runtime);
        words = error.what();
      }
    }
    return words;
  };
  using Facts = std::vector<std::pair<std::string, std::string>>;
  CHECK(thrown([](int) { return Facts{{"version", "1"}, {"isa", "avx2"}}; }) == "");
  CHECK(thrown([](int rank) {
          return Facts{{"version", "1"}, {"isa", rank == 2 ? "avx2" : "avx512"}};
        }) == "rank 2: isa is avx2, on rank 0 it is avx512");
  // One that only some were given is named as that, and not beside the next in the list.
  CHECK(thrown([](int rank) {
          return rank == 1 ? Facts{{"isa", "avx2"}, {"--seed", "9"}, {"step", "0"}}
                           : Facts{{"isa", "avx2"}, {"step", "0"}};
        }) == "rank 1: --seed is 9, on rank 0 it is not given");
  CHECK(thrown([](int rank) {
          return rank == 1 ? Facts{{"isa", "avx2"}, {"step", "0"}}
                           : Facts{{"isa", "avx2"}, {"--seed", "9"}, {"step", "0"}};
        }) == "rank 1: --seed is not given, on rank 0 it is 9");
  // Values that contain what stands between them.
  CHECK(thrown([](int rank) {
          return Facts{{"a", rank == 1 ? "1\n2" : "1"}, {"b", "2"}};
        }) == "rank 1: a is 1\n2, on rank 0 it is 1");
  CHECK(thrown([](int rank) {
          return rank == 1 ? Facts{} : Facts{{"a", "1"}};
        }) == "rank 1: a is not given, on rank 0 it is 1");
}

TEST_CASE("agreement: bytes of all ranks, or the failure of one") {
  std::vector<std::vector<std::string>> all(3);
  ThreadRanks(3).run_well([&](Communicator& self) {
    all[static_cast<std::size_t>(self.rank())] =
        all_gather_or_agree(self, nullptr, std::string(static_cast<std::size_t>(self.rank()), '\0'));
  });
  for (const auto& one : all)
    CHECK(one == std::vector<std::string>{"", std::string(1, '\0'), std::string(2, '\0')});
  for (const std::exception_ptr& one : ThreadRanks(3).run([](Communicator& self) {
         all_gather_or_agree(self, self.rank() == 2 ? made(BadData("a", "b")) : nullptr, "x");
       }))
    CHECK_THROWS_WITH(std::rethrow_exception(one), "rank 2: a: b");
}

TEST_CASE("communicator: alone") {
  Communicator& self = one_process();
  CHECK(self.rank() == 0);
  CHECK(self.size() == 1);
  CHECK(self.all_or(5) == 5);
  CHECK(self.all_gather("a") == std::vector<std::string>{"a"});
  CHECK_NOTHROW(self.broadcast(nullptr, 0, 0));
}

TEST_CASE("measure: latency and bandwidth are those of the messages") {
  std::vector<Link> links(3);
  ThreadRanks(3, {.latency = std::chrono::microseconds(2000), .bytes_per_second = 1e8})
      .run_well(
          [&](Communicator& self) { links[static_cast<std::size_t>(self.rank())] = measure_link(self); });
  for (const Link& link : links) {
    CHECK(link.latency >= 2e-3);
    CHECK(link.bandwidth <= 1.1e8);  // a busy machine makes both worse
    CHECK(link.latency == links[0].latency);
    CHECK(link.bandwidth == links[0].bandwidth);
  }
  CHECK(measure_link(one_process()).latency == 0);
}
