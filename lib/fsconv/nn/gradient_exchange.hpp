// Sums the gradients of blocks that lie on several ranks, while the last of them are still being computed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <fsconv/distributed/communicator.hpp>
#include <fsconv/distributed/counters.hpp>
#include <fsconv/distributed/tree_plan.hpp>
#include <fsconv/distributed/tree_sum.hpp>
#include <fsconv/nn/block_pass.hpp>
#include <fsconv/nn/gradient_parts.hpp>
#include <fsconv/nn/way_back.hpp>
#include <functional>

namespace fsconv {

// What a rank has of the sum over all blocks: gradients and losses, by place, of some of its own.
template <class T>
struct OwnSums {
  std::vector<BlockGradients<T>>& gradients;
  std::vector<Losses>& losses;
  Index blocks = 0;  // that are still to be computed, each into a place of its own;
  std::vector<TreeSum::Addition> additions = {};  // which are to be made then,
  std::vector<TreeSum::Node> nodes = {};          // and what is left after them, from left to right.
};

// The additions between ranks are the tree's (tree_plan.hpp), made for one part of the derivatives after the other. A part
// travels when the way back of all this rank's blocks has completed it; losses ride with the last one. The whole sum goes from
// its root to all ranks.
template <class T>
class GradientExchange {
 public:
  // Of one of several ranks; parts have so many bytes.
  GradientExchange(Communicator& ranks, const Model& model, int threads, bool overlap,
                   std::size_t part_bytes);

  // All ranks call this with the number of all ranks' blocks. Calls compute(after) for the blocks that are left; `failure` is what
  // prevented this rank from coming so far. Returns the place of the whole sum, or throws as agree() does.
  // A rank that has failed takes part to the end, with numbers that mean nothing: nobody waits in vain.
  std::size_t sum(Index all_blocks, OwnSums<T>& own, const std::function<void(const AfterStep&)>& compute,
                  std::exception_ptr failure);

  const ExchangeCounters& counters() const { return counters_; }
  std::size_t bytes() const { return outgoing_.size() + incoming_.size(); }  // of memory

 private:
  // Behind the numbers of the last part.
  struct Trailer {
    Losses losses;
    std::uint64_t failed;
  };
  struct Step;

  void add(const GradientPart& part, Step& step) const;
  void move(std::size_t part, Step& step);
  void publish(std::size_t part, Step& step);
  void travel(Step& step);
  std::size_t pack(std::size_t part, const Step& step, std::size_t place);
  template <class F>
  void unpack(std::size_t part, const std::vector<std::byte>& from, F&& take) const;
  bool is_last(std::size_t part) const { return part + 1 == parts_.size(); }
  std::size_t bytes_of(std::size_t part) const;

  Communicator& ranks_;
  int threads_;
  bool overlap_;
  std::size_t steps_;  // of the model
  std::vector<GradientPart> parts_;
  TreePlan plan_;          // of
  Index plan_blocks_ = 0;  // so many
  std::vector<std::byte> outgoing_, incoming_;
  ExchangeCounters counters_;
};

}  // namespace fsconv
