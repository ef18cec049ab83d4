// Ranks that are threads of one process: for tests of what several processes do, with slow messages and broken ones.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <fsconv/base/error.hpp>
#include <fsconv/distributed/communicator.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fsconv::test {

// What happens to messages.
struct Transport {
  std::chrono::microseconds latency{0};
  double bytes_per_second = 0;  // of each message; 0: at once
  // A rank that fails in its nth send or receive (from 0), as if the network were gone.
  std::optional<std::pair<int, int>> broken = {};
};

// A send waits for its receive, as MPI's may: whoever relies on less hangs here, and after `patience` is told so. A rank
// that has ended is gone: those that wait for it, or come to wait, throw.
class ThreadRanks {
 public:
  explicit ThreadRanks(int size, const Transport& transport = {},
                       std::chrono::seconds patience = std::chrono::seconds(60))
      : size_(size), transport_(transport), patience_(patience), gone_(static_cast<std::size_t>(size)) {}

  // Runs work on a thread for each rank, and returns by rank what it threw, or null.
  std::vector<std::exception_ptr> run(const std::function<void(Communicator&)>& work) {
    std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(size_));
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size_; ++rank)
      threads.emplace_back([&, rank] {
        Rank communicator(*this, rank);
        try {
          work(communicator);
        } catch (...) {
          thrown[static_cast<std::size_t>(rank)] = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        gone_[static_cast<std::size_t>(rank)] = true;
        news_.notify_all();
      });
    for (std::thread& thread : threads) thread.join();
    return thrown;
  }

  // The same of work that must not fail: throws what a rank threw.
  void run_well(const std::function<void(Communicator&)>& work) {
    for (const std::exception_ptr& one : run(work))
      if (one) std::rethrow_exception(one);
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Message {
    const void* bytes;
    std::size_t count;
    Clock::time_point arrives;
  };

  class Rank : public Communicator {
   public:
    Rank(ThreadRanks& all, int rank) : all_(all), rank_(rank) {}

    int rank() const override { return rank_; }
    int size() const override { return all_.size_; }
    void send(const void* bytes, std::size_t count, int to) override {
      const Use use(*this);
      all_.send(bytes, count, rank_, to);
    }
    void receive(void* bytes, std::size_t count, int from) override {
      const Use use(*this);
      all_.receive(bytes, count, from, rank_);
    }
    // From the root to half of the ranks, from both to half of the rest, ...
    void broadcast(void* bytes, std::size_t count, int root) override {
      const int self = (rank_ - root + size()) % size();
      int distance = 1;
      while (distance < size()) distance *= 2;
      for (distance /= 2; distance >= 1; distance /= 2) {
        if (self % (2 * distance) == 0 && self + distance < size())
          send(bytes, count, (self + distance + root) % size());
        else if (self % (2 * distance) == distance)
          receive(bytes, count, (self - distance + root) % size());
      }
    }
    std::vector<std::string> all_gather(const std::string& mine) override {
      std::vector<std::string> all(static_cast<std::size_t>(size()));
      all[static_cast<std::size_t>(rank_)] = mine;
      for (int from = 1; from < size(); ++from) {
        std::string& text = all[static_cast<std::size_t>(from)];
        std::size_t length = text.size();
        if (rank_ == from) {
          send(&length, sizeof length, 0);
          send(text.data(), length, 0);
        } else if (rank_ == 0) {
          receive(&length, sizeof length, from);
          text.resize(length);
          receive(text.data(), length, from);
        }
      }
      for (std::string& text : all) {
        std::size_t length = text.size();
        broadcast(&length, sizeof length, 0);
        text.resize(length);
        broadcast(text.data(), length, 0);
      }
      return all;
    }
    std::uint64_t all_or(std::uint64_t mine) override {
      std::uint64_t bits = 0;
      for (const std::string& text : all_gather(std::to_string(mine))) bits |= std::stoull(text);
      return bits;
    }
    [[noreturn]] void abort(int code) override {
      throw Error(static_cast<ExitCode>(code), "rank " + std::to_string(rank_) + " aborts");
    }

   private:
    // One message: nobody else's meanwhile.
    struct Use {
      explicit Use(Rank& of) : rank(of) {
        if (rank.in_use_.exchange(true)) throw std::logic_error("two threads talk to one communicator");
        if (rank.all_.transport_.broken == std::pair(rank.rank_, rank.calls_++))
          throw Error(ExitCode::runtime, "the network is gone");
      }
      ~Use() { rank.in_use_ = false; }
      Use(const Use&) = delete;
      Use& operator=(const Use&) = delete;
      Rank& rank;
    };

    ThreadRanks& all_;
    int rank_;
    int calls_ = 0;
    std::atomic<bool> in_use_ = false;
  };

  template <class F>
  void wait(std::unique_lock<std::mutex>& lock, int peer, F&& there) {
    const bool in_time =
        news_.wait_for(lock, patience_, [&] { return there() || gone_[static_cast<std::size_t>(peer)]; });
    if (!in_time) throw std::logic_error("a rank waits for ever");
    if (!there()) throw Error(ExitCode::runtime, "rank " + std::to_string(peer) + " has gone");
  }

  void send(const void* bytes, std::size_t count, int from, int to) {
    std::unique_lock lock(mutex_);
    auto travel = Clock::duration(transport_.latency);
    if (transport_.bytes_per_second > 0)
      travel += std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(static_cast<double>(count) / transport_.bytes_per_second));
    std::optional<Message>& slot = messages_[{from, to}];
    slot = Message{bytes, count, Clock::now() + travel};
    news_.notify_all();
    wait(lock, to, [&] { return !slot.has_value(); });
  }

  void receive(void* bytes, std::size_t count, int from, int to) {
    std::unique_lock lock(mutex_);
    std::optional<Message>& slot = messages_[{from, to}];
    wait(lock, from, [&] { return slot.has_value(); });
    const auto arrives = slot->arrives;
    lock.unlock();
    std::this_thread::sleep_until(arrives);
    lock.lock();
    if (slot->count != count) throw std::logic_error("a message of another length than its receiver expects");
    if (count > 0) std::memcpy(bytes, slot->bytes, count);
    slot.reset();
    news_.notify_all();
  }

  int size_;
  Transport transport_;
  std::chrono::seconds patience_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::map<std::pair<int, int>, std::optional<Message>> messages_;
  std::vector<bool> gone_;  // by rank
};

}  // namespace fsconv::test
