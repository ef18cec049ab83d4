// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/bench/scale.hpp>
#include <fsconv/distributed/share.hpp>
#include <fsconv/distributed/tree_plan.hpp>

namespace fsconv::bench {
namespace {

void require_cost(const char* field, double value, bool may_be_zero = true) {
  if (!std::isfinite(value) || value < 0 || (value == 0 && !may_be_zero))
    throw InvalidArgument(field, fmt::format("is {}", value),
                          may_be_zero ? "must be finite and at least 0" : "must be finite and positive");
}

// How late something is, and what of that each thing has cost.
struct Clock {
  double compute = 0, latency = 0, bandwidth = 0;

  double seconds() const { return compute + latency + bandwidth; }
};

Clock later(const Clock& a, const Clock& b) { return a.seconds() < b.seconds() ? b : a; }

// What a rank's threads do before anything is exchanged.
double own_seconds(const StepCosts& costs, Index blocks, Index additions) {
  return static_cast<double>(ceil_div(blocks, Index{costs.threads})) * costs.block +
         static_cast<double>(additions) * costs.addition;
}

// All ranks do the same in the same order, each as soon as it can: what is simulated is when.
class Simulation {
 public:
  Simulation(const StepCosts& costs, const Link& link, const TreePlan& plan, Index blocks, int ranks)
      : costs_(costs), link_(link), plan_(plan), free_(static_cast<std::size_t>(ranks)) {
    for (int rank = 0; rank < ranks; ++rank) {
      const Share share = share_of(blocks, rank, ranks);
      own_.push_back(
          own_seconds(costs, share.size(), share.size() - static_cast<Index>(nodes_of(share).size())));
    }
    for (const PartCosts& part : costs.parts) all_bytes_ += part.bytes;
  }

  // When all ranks have the sums of all parts, and know that nobody failed.
  Clock end(bool overlap) {
    const std::size_t parts = costs_.parts.size(), under_way = 2 * static_cast<std::size_t>(plan_.depth);
    for (std::size_t part = 0; part < parts; ++part) {
      for (std::size_t rank = 0; rank < free_.size(); ++rank) {
        const double early = overlap ? costs_.parts[part].early : 0;
        free_[rank] = later(free_[rank], {.compute = std::max(0.0, own_[rank] - early)});
      }
      sum(costs_.parts[part]);
      if (part >= under_way) publish(costs_.parts[part - under_way]);
    }
    for (std::size_t part = parts - std::min(parts, under_way); part < parts; ++part)
      publish(costs_.parts[part]);
    Clock last;
    for (std::size_t rank = 0; rank < free_.size(); ++rank)
      last = later(last, later(free_[rank], {.compute = own_[rank]}));
    last.latency += rounds() * link_.latency;  // the vote
    return last;
  }

 private:
  double rounds() const { return static_cast<double>(std::bit_width(free_.size() - 1)); }

  // Both ends are busy as long as a message takes.
  void carry(std::size_t from, std::size_t to, double bytes) {
    Clock& arrived = free_[to];
    arrived = later(arrived, free_[from]);
    arrived.latency += link_.latency;
    arrived.bandwidth += bytes / link_.bandwidth;
    free_[from] = arrived;
  }

  // A part's of what a whole gradient costs.
  double share(const PartCosts& part, double whole) const {
    return all_bytes_ > 0 ? whole * part.bytes / all_bytes_ : 0;
  }

  void sum(const PartCosts& part) {
    for (const TreePlan::Move& move : plan_.moves) {
      const auto to = static_cast<std::size_t>(move.to_rank), from = static_cast<std::size_t>(move.from_rank);
      if (to == from) {
        free_[to].compute += share(part, costs_.addition);
        continue;
      }
      carry(from, to, part.bytes);
      free_[to].bandwidth += share(part, costs_.handling);
    }
  }

  // Down a binomial tree: in round k, those that have it tell the rank 2^k further on, far ones first.
  void publish(const PartCosts& part) {
    const auto ranks = free_.size();
    if (ranks == 1) return;
    for (std::size_t step = std::bit_ceil(ranks) / 2; step > 0; step /= 2)
      for (std::size_t from = 0; from + step < ranks; from += 2 * step) carry(from, from + step, part.bytes);
    for (Clock& one : free_) one.bandwidth += share(part, costs_.handling);
  }

  const StepCosts& costs_;
  const Link& link_;
  const TreePlan& plan_;
  double all_bytes_ = 0;
  std::vector<double> own_;  // by rank: seconds until all it computes is there
  std::vector<Clock> free_;  // by rank: when its messages so far are through
};

}  // namespace

Limit ScaleStep::limit() const {
  const std::array<double, 5> pieces = {compute, few_blocks, latency, bandwidth, update};
  return all_values<Limit>()[static_cast<std::size_t>(std::ranges::max_element(pieces) - pieces.begin())];
}

ScaleStep scale_step(const StepCosts& costs, const Link& link, Index blocks, int ranks) {
  if (blocks < 1) throw InvalidArgument("blocks", fmt::format("are {}", blocks), "must be at least 1");
  if (ranks < 1) throw InvalidArgument("ranks", fmt::format("are {}", ranks), "must be at least 1");
  if (costs.threads < 1)
    throw InvalidArgument("threads", fmt::format("are {}", costs.threads), "must be at least 1");
  require_cost("block", costs.block);
  require_cost("addition", costs.addition);
  require_cost("handling", costs.handling);
  require_cost("update", costs.update);
  require_cost("latency", link.latency);
  require_cost("bandwidth", link.bandwidth, false);
  double bytes = 0;
  for (const PartCosts& part : costs.parts) {
    require_cost("bytes", part.bytes);
    require_cost("early", part.early);
    bytes += part.bytes;
  }
  const TreePlan plan = tree_plan(blocks, ranks);
  ScaleStep step{.ranks = ranks,
                 .blocks = blocks,
                 .most_blocks = ceil_div(blocks, Index{ranks}),
                 .messages = plan.messages,
                 .depth = plan.depth,
                 .bytes = static_cast<double>(plan.messages + ranks - 1) * bytes};
  const Clock end = Simulation(costs, link, plan, blocks, ranks).end(true),
              waiting = Simulation(costs, link, plan, blocks, ranks).end(false);
  const double even = own_seconds(costs, blocks, blocks - 1) / ranks;
  step.compute = std::min(end.compute, even);
  step.few_blocks = end.compute - step.compute;
  step.latency = end.latency;
  step.bandwidth = end.bandwidth;
  step.update = costs.update;
  step.without_overlap = waiting.seconds() + costs.update;
  return step;
}

double efficiency(const ScaleStep& one, const ScaleStep& several) {
  const double spent = static_cast<double>(several.ranks) * several.seconds();
  return spent > 0 ? static_cast<double>(one.ranks) * one.seconds() / spent : 0;
}

}  // namespace fsconv::bench
