// How ranks agree: that all go on, or that all stop and why.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <fsconv/base/error.hpp>
#include <fsconv/distributed/communicator.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fsconv {

// Marks an error that every rank throws at the same moment, with the same exit code: rank 0 alone
// tells it, in its words, and all end in order. An error without it, where there are several ranks, is known to this rank only: it
// tells the error itself and calls Communicator::abort().
//   dynamic_cast<const Agreed*>(&error)
struct Agreed {
  virtual ~Agreed() = default;
};
class AgreedError : public Error, public Agreed {
 public:
  using Error::Error;
};
class AgreedInterrupt : public Interrupted, public Agreed {
 public:
  using Interrupted::Interrupted;
};

// What a rank may wish for, as bits; the wishes of any count for all. The highest bit is not free.
inline constexpr std::uint64_t wish_checkpoint = 1;  // a signal asked this rank for a file

// All ranks call this at the same point. Returns the wishes of all if none has failed. Else all throw: AgreedInterrupt if
// every failure is an Interrupted, else AgreedError, with the message and exit code of the first rank whose failure is another.
// The message names the rank ("rank 2: ..."), unless all ranks failed alike. Of one process: a failure is thrown
// again as it is. Costs one all_or, and an all_gather where somebody failed.
std::uint64_t agree(Communicator& ranks, const std::exception_ptr& failure, std::uint64_t wishes = 0);

// What a call throws, or null.
template <class F>
std::exception_ptr failure_of(F&& work) {
  try {
    work();
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

// The bytes of all ranks, by rank, unless one has failed: then all throw as agree() does.
// Costs no more than the all_gather where nobody has.
std::vector<std::string> all_gather_or_agree(Communicator& ranks, const std::exception_ptr& failure,
                                             std::string_view mine);

// Runs `work` on this rank and agrees: returns where it succeeded on all of them. What sends messages must not throw on one
// rank alone, so `work` sends none, or agrees on its own failures by itself (the Runner's functions do): an Agreed
// that it throws is thrown again at once, for all have it.
void together(Communicator& ranks, const std::function<void()>& work);
// The same of work for rank 0 alone (files, progress): all learn how it went.
void on_first(Communicator& ranks, const std::function<void()>& work);

// Names and values that must be the same on all ranks, in the same order. Else all throw AgreedError (runtime), which
// names the first that differs, and the first rank on which it does: "rank 2: isa is avx2, on rank 0 it is avx512".
void require_same(Communicator& ranks, const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace fsconv
