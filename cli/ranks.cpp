// SPDX-License-Identifier: Apache-2.0
#include "ranks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/distributed/mpi.hpp>
#include <optional>
#include <thread>

#include "commands.hpp"

namespace fsconv::cli {
namespace {

using Words = std::vector<std::string>;

// Notes whether anything was said: until then, what is wrong may be known to this rank alone, and the others wait for it.
class Watched : public Communicator {
 public:
  explicit Watched(Communicator& of) : of_(of) {}

  bool has_spoken() const { return has_spoken_; }
  int rank() const override { return of_.rank(); }
  int size() const override { return of_.size(); }
  void send(const void* bytes, std::size_t count, int to) override { speaking().send(bytes, count, to); }
  void receive(void* bytes, std::size_t count, int from) override { speaking().receive(bytes, count, from); }
  void broadcast(void* bytes, std::size_t count, int root) override {
    speaking().broadcast(bytes, count, root);
  }
  std::vector<std::string> all_gather(const std::string& mine) override {
    return speaking().all_gather(mine);
  }
  std::uint64_t all_or(std::uint64_t mine) override { return speaking().all_or(mine); }
  [[noreturn]] void abort(int code) override {
    of_.abort(code);
    ::_exit(code);
  }

 private:
  Communicator& speaking() {
    has_spoken_ = true;
    return of_;
  }

  Communicator& of_;
  bool has_spoken_ = false;
};

std::optional<Watched> watched;

// Where a rank that is not heard would have spoken.
int real_stderr = -1;

void fall_silent() {
  std::fflush(stdout);
  real_stderr = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return;
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::close(nowhere);
}

void speak() {
  if (real_stderr >= 0) ::dup2(real_stderr, STDERR_FILENO);
}

// Tells what went wrong before the ranks could agree on it, which may be wrong with all of them, or with this one alone: nobody can be
// asked. So the `first` of them tells it at once, and the launcher ends the others; who is there still is alone with it.
int complain_unasked(const RankedProgram& program, const std::exception_ptr& failure, bool first) {
  constexpr int most_naps = 100;
  constexpr std::chrono::milliseconds nap(50);
  if (first) {
    speak();
    return program.complain(failure);
  }
  for (int naps = 0; naps < most_naps && !interrupted(); ++naps) std::this_thread::sleep_for(nap);
  if (!interrupted()) speak();
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return program.complain(std::make_exception_ptr(
        Error(error.code(), fmt::format("rank {}: {}", launch().rank, error.what()))));
  } catch (...) {
    return program.complain(failure);
  }
}

bool is_command(const std::string& word) {
  const auto all = commands();
  return std::any_of(all.begin(), all.end(), [&](const Command& one) { return one.name == word; });
}

bool asks_for_help(const Words& words) {
  return std::find(words.begin(), words.end(), "--help") != words.end();
}

// `bench` shares one thing that it measures, and says itself what it does not.
bool shares_work(const std::string& command) {
  return command == "train" || command == "evaluate" || command == "encode" || command == "bench";
}

int refuse(const std::string& command) {
  const bool has_shards = command == "verify";
  throw InvalidArgument(
      command, fmt::format("works in one process, and {} were started", launch().ranks),
      std::string(has_shards
                      ? "start one"
                      : "start one (train, evaluate, encode and bench --what scale share their work)") +
          ", or say FSCONV_MPI=none to run each process by itself" +
          (has_shards ? ", with a --shard I/N of its own" : ""));
}

int run_together(const RankedProgram& program, const Words& words) {
  std::exception_ptr failure;
  int code = 0;
  // MPI takes seconds to start. A signal that comes meanwhile is answered at the first step, as one that comes later is.
  catch_interrupts();
  catch_checkpoint_requests();
  try {
    Communicator& all = launched();
    watched.emplace(all);
    require_same(
        all, {{"the command", words[0]}});  // ranks of different ones would wait for each other's messages
    code = program.run(words);
  } catch (...) {
    failure = std::current_exception();
  }
  // MPI itself, which each machine has its own of.
  if (!watched) return complain_unasked(program, failure, launch().rank_of_machine == 0);
  const auto end_all = [&] {
    speak();
    watched->abort(program.complain(std::current_exception()));
  };
  try {
    if (!watched->has_spoken()) agree(*watched, failure);
    if (failure) std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (dynamic_cast<const Agreed*>(&error) == nullptr) end_all();
    code = program.complain(std::current_exception());
  } catch (...) {
    end_all();
  }
  try {
    code = program.after_output(code);
    watched->broadcast(&code, sizeof code, 0);
  } catch (...) {
    end_all();
  }
  return code;
}

}  // namespace

bool is_one_of_many() { return launch().ranks > 1; }

int run_as_one_of_many(const RankedProgram& program, const Words& words) {
  if (launch().rank != 0) fall_silent();
  const bool is_work = !words.empty() && is_command(words[0]) && !asks_for_help(words);
  if (is_work && shares_work(words[0])) return run_together(program, words);
  try {
    return program.after_output(is_work ? refuse(words[0]) : program.run(words));
  } catch (...) {
    return program.after_output(complain_unasked(program, std::current_exception(), launch().rank == 0));
  }
}

Communicator& ranks() { return watched ? static_cast<Communicator&>(*watched) : one_process(); }

int processes_of_machine() { return watched ? launch().ranks_of_machine : 1; }

int usual_threads() {
  const int mine = hardware_threads();
  const Launch of = launch();
  if (of.ranks == 1) return mine;
  if (of.processors_of_rank > 0) return std::min(mine, of.processors_of_rank);
  // The launcher usually has what all ranks of this machine may use together. Where it bound them, mine are a part of that.
  return std::max(1, std::min(mine, hardware_threads(::getppid()) / of.ranks_of_machine));
}

}  // namespace fsconv::cli
