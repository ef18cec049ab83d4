// What the processes of one run say to each other: the face of one process and of many.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fsconv {

// Processes 0 ... size()-1, the ranks, which all make the same calls in the same order; send and receive pair up one by
// one. Every call returns when its bytes are where they belong or may be overwritten. Bytes are carried as they
// are: what is summed, and in which order, is the caller's affair (tree_sum.hpp), so that no sum depends on the number
// of ranks. One thread at a time. Throws Error (runtime) where another process has gone or the transport fails.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  virtual void send(const void* bytes, std::size_t count, int to) = 0;
  virtual void receive(void* bytes, std::size_t count, int from) = 0;
  // `count` bytes of rank `root` to all the others.
  virtual void broadcast(void* bytes, std::size_t count, int root) = 0;
  // What every rank has, by rank: pieces of different lengths.
  virtual std::vector<std::string> all_gather(const std::string& mine) = 0;
  // The bits that any rank has.
  virtual std::uint64_t all_or(std::uint64_t mine) = 0;
  // Ends all ranks now, with this exit code: for what happens where no rank listens any more. Does not return.
  [[noreturn]] virtual void abort(int code) = 0;
};

// Of a process that is alone: rank 0 of 1.
Communicator& one_process();

}  // namespace fsconv
