// What a training step costs on several ranks: a model, computed from measured constants and nothing else.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <fsconv/base/names.hpp>
#include <fsconv/distributed/counters.hpp>
#include <vector>

namespace fsconv::bench {

// A part of the gradient that travels by itself: once no later step of the way back adds to it.
struct PartCosts {
  double bytes = 0;
  double early = 0;  // seconds by which it is complete before the end of a block's work
};

// One rank, measured where it ran. Whole gradients; parts take their share.
struct StepCosts {
  int threads = 1;      // of a rank
  double block = 0;     // seconds of a block, on one thread while all of them work
  double addition = 0;  // seconds in which all threads add one gradient to another
  double handling =
      0;  // seconds in which one thread copies a gradient into messages, and one adds it from there
  double update = 0;  // seconds in which all threads take an optimizer's step and load the new numbers
  std::vector<PartCosts> parts;  // in the order in which they travel
};

// What most of a step is. few_blocks: the fullest rank has more than its even share of blocks, others wait for it.
enum class Limit { compute, few_blocks, latency, bandwidth, update };
constexpr auto names_of(Limit) {
  return NameTable<Limit, 5>{"limit",
                             {{{Limit::compute, "compute"},
                               {Limit::few_blocks, "too few blocks"},
                               {Limit::latency, "latency"},
                               {Limit::bandwidth, "bandwidth"},
                               {Limit::update, "update"}}}};
}

// One step. Its seconds are those of the longest way through it, of which each piece is one of five things.
struct ScaleStep {
  int ranks = 1;
  Index blocks = 1;
  Index most_blocks = 1;  // of a rank
  Index messages = 0;     // that one part needs up the tree, on all ranks; as many ranks hear of the root
  Index depth = 0;        // messages up the tree that wait for each other, at most
  double bytes = 0;       // over the link, up and down
  double compute = 0;     // seconds: the even share of blocks and of local sums,
  double few_blocks = 0;  // what the fullest rank has beyond that,
  double latency = 0;     // of messages that something waits for,
  double bandwidth = 0;   // of their bytes, and of packing, adding and unpacking them,
  double update = 0;
  double without_overlap = 0;  // seconds of the step if nothing travelled before all is computed

  double seconds() const { return compute + few_blocks + latency + bandwidth + update; }
  Limit limit() const;
};

// A batch of `blocks` blocks on `ranks` ranks, which sum over the fixed tree of distributed/tree_plan.hpp;
// docs/scale.md derives it. Throws InvalidArgument where a count is below 1 or a cost is negative or not finite (a bandwidth: or 0).
ScaleStep scale_step(const StepCosts& costs, const Link& link, Index blocks, int ranks);

// seconds of one rank over ranks times seconds: 1 where nothing is lost.
double efficiency(const ScaleStep& one, const ScaleStep& several);

}  // namespace fsconv::bench
